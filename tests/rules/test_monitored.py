"""Bayesian monitoring: printed designs, the rules by their definitions, and what must hold."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import beta, betabinom

import icibaseline as ici
from icibaseline._exact import chances
from icibaseline.rules import Reference

LEE_LIU = ici.SingleArm(n=36, benchmark=0.2, rule=ici.LeeLiu(0.9, 0.001, prior=ici.BetaMixture(1, 0.2, 0.8)))
TRUTH = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))


def test_published_design_of_lee_and_liu_2008():
    """N = 36, p .2 and .4, Beta(.2, .8), theta_T .9, theta_L .001: their table of stopping bounds and properties."""
    null, alternative = ici.power(LEE_LIU, TRUTH.null), ici.power(LEE_LIU, TRUTH)
    sizes, stop = np.array(null.n_by_look), np.array(null.futility_bounds)
    first = {int(r): int(sizes[stop == r].min()) for r in range(11)}
    printed = "0/10 1/17 2/21 3/24 4/27 5/29 6/31 7/33 8/34 9/35 10/36"
    assert " ".join(f"{r}/{n}" for r, n in first.items()) == printed
    assert null.power == pytest.approx(0.088, abs=5e-4)
    assert alternative.power == pytest.approx(0.906, abs=5e-4)
    assert null.expected_n == pytest.approx(27.7, abs=0.05)
    assert sum(null.futility_by_look) == pytest.approx(0.857, abs=5e-4)


def test_published_predictive_probability_of_lee_and_liu_2008():
    """16 of 23 patients, 40 in all, p0 = .6, theta_T = .9, Beta(.6, .4); to more digits in the tests of phase1b."""
    rule = ici.LeeLiu(0.9, prior=ici.BetaMixture(1, 0.6, 0.4))
    assert rule.predictive_probability(16, 23, n=40, benchmark=0.6) == pytest.approx(0.5655589, abs=5e-8)


@given(st.integers(1, 30), st.integers(2, 40), st.floats(0.05, 0.9), st.data())
def test_reference_predictive_probability_by_the_beta_binomial_law(seen, total, p0, data):
    seen = min(seen, total - 1)
    count, c = data.draw(st.integers(0, seen)), 0.9
    y = np.arange(total - seen + 1)
    success = beta.sf(p0, 0.5 + count + y, 0.5 + total - count - y) >= c
    wanted = (betabinom.pmf(y, total - seen, 0.5 + count, 0.5 + seen - count) * success).sum()
    got = ici.LeeLiu(c).predictive_probability(count, seen, n=total, benchmark=p0)
    assert got == pytest.approx(wanted, abs=1e-9)


def test_law_at_the_end_the_predictive_probability_is_the_decision():
    rule = ici.LeeLiu(0.9)
    found = [rule.predictive_probability(x, 30, n=30, benchmark=0.3) for x in range(31)]
    assert found == [float(beta.sf(0.3, 0.5 + x, 30.5 - x) >= 0.9) for x in range(31)]


@pytest.mark.parametrize("delta", [0.0, 0.1])
def test_reference_bounds_of_thall_and_simon_by_the_posterior_law(delta):
    rule = ici.ThallSimon(0.95, 0.1, early=0.99, stop_delta=delta, first=5, every=5)
    stages = rule.bounds(42, Reference(0.2))
    assert stages.sizes.tolist() == [5, 10, 15, 20, 25, 30, 35, 40, 42]
    for n, most, least in zip(stages.sizes[:-1], stages.futility, stages.efficacy, strict=False):
        x = np.arange(n + 1)
        stop = beta.sf(0.2 + delta, 0.5 + x, 0.5 + n - x) < 0.1
        early = beta.sf(0.2, 0.5 + x, 0.5 + n - x) >= 0.99
        assert (most if np.isfinite(most) else -1) == stop.sum() - 1
        assert least == (x[early].min() if early.any() else np.inf)
    end = beta.sf(0.2, 0.5 + np.arange(43), 0.5 + 42 - np.arange(43)) >= 0.95
    assert stages.efficacy[-1] == np.argmax(end)


def test_law_a_sharp_law_of_the_benchmark_is_that_number():
    sharp = Reference(0.2, ici.BetaMixture(1, 4e6, 16e6))
    for rule in (ici.ThallSimon(0.95, 0.1, early=0.99), ici.LeeLiu(0.9, 0.05, early=0.95)):
        for one, other in zip(rule.bounds(40, sharp), rule.bounds(40, Reference(0.2)), strict=True):
            np.testing.assert_array_equal(one, other)


def test_law_without_thresholds_only_the_end_decides():
    """A look that hardly ever stops leaves the power of the last look alone."""
    rule = ici.ThallSimon(0.95, 1e-12, looks=(10, 20, 30))
    law = ici.BetaMixture.from_counts(7, 38)
    several = ici.power(ici.SingleArm(n=40, benchmark=law, rule=rule), TRUTH)
    alone = ici.power(ici.SingleArm(n=40, benchmark=law, rule=ici.Posterior(0.95)), TRUTH)
    assert several.power == pytest.approx(alone.power, abs=1e-9)
    assert several.efficacy_bounds[-1] == alone.efficacy_bounds[-1]


def test_law_an_uncertain_benchmark_asks_for_more():
    law = ici.BetaMixture.from_counts(7, 38)
    known = ici.ThallSimon().bounds(40, Reference(law.mean))
    uncertain = ici.ThallSimon().bounds(40, Reference(law.mean, law))
    assert uncertain.efficacy[-1] > known.efficacy[-1]


@pytest.mark.parametrize("benchmark", [0.2, ici.BetaMixture.from_counts(7, 38)], ids=["number", "law"])
def test_law_a_hundred_looks_take_less_than_a_second(benchmark):
    """The limit is generous to a busy machine: they take some milliseconds, or a few dozen with a law."""
    rule = ici.LeeLiu(0.9, 0.0123, first=1)
    start = perf_counter()
    design = ici.SingleArm(n=100, benchmark=benchmark, rule=rule)
    stages = design.stages(design.reference)
    assert perf_counter() - start < 1
    assert len(stages.sizes) == 100


def test_law_a_size_is_found_that_reaches_the_power():
    for rule in (ici.LeeLiu(0.9, 0.01), ici.ThallSimon(0.95, 0.05, first=10, every=10), ici.Fleming(0.05, looks=3)):
        plan = ici.sample_size(ici.SingleArm(rule=rule), TRUTH, power=0.8)
        assert plan.power >= 0.8
        fewer = plan.design.with_(n=plan.n - 1)
        assert ici.power(fewer, TRUTH).power < 0.8


def test_law_looks_that_come_too_late_are_refused():
    with pytest.raises(ici.InvalidInput, match="`first` must be before the end, after 8 patients; got 10"):
        ici.power(ici.SingleArm(n=8, benchmark=0.2, rule=ici.LeeLiu()), TRUTH)
    with pytest.raises(ici.InvalidInput, match="`looks` must be left out when `first` or `every` is given"):
        ici.ThallSimon(first=5, looks=(10, 20))


# ---- Fleming -----------------------------------------------------------------------------------------


def test_published_bounds_of_fleming_at_15_and_25_patients():
    """p0 = .2, alpha = .05: at most 3 or at least 7 of 15, in the end 9 of 25."""
    rule = ici.Fleming(0.05, exact=False)
    judged = rule.judge(np.array([[3, 8], [4, 9], [6, 9], [7, 9]]), np.array([15, 25]), Reference(0.2))
    assert judged.success[:, 0].tolist() == [False, False, False, True]
    assert judged.futile[:, 0].tolist() == [True, False, False, False]
    assert judged.success[:, 1].tolist() == [False, True, True, True]


@pytest.mark.parametrize("n", [25, 38, 45, 60])
@pytest.mark.parametrize("looks", [1, 2, 3, 5])
def test_law_an_exact_end_keeps_alpha_and_wastes_none(n, looks):
    design = ici.SingleArm(n=n, benchmark=0.2, rule=ici.Fleming(0.05, looks=looks))
    null = ici.power(design, TRUTH.null)
    assert null.power <= 0.05
    sizes, efficacy, futility = design.stages(design.reference)
    efficacy[-1] -= 1
    futility[-1] -= 1
    assert chances(sizes, efficacy, futility, np.array([0.2]))[0].sum() > 0.05


# ---- thresholds that contradict one another ------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ici.LeeLiu(0.9, stop=0.5, early=0.1), "`stop` must be below `early`, which is 0.1"),
        (lambda: ici.LeeLiu(0.9, stop=0.1, early=0.1), "`stop` must be below `early`, which is 0.1"),
        (lambda: ici.ThallSimon(0.9, stop=0.5, early=0.1), "`stop` must be below `early`, which is 0.1"),
        (lambda: ici.ThallSimon(0.9, stop=0.95), "`stop` must be below `c`, which is 0.9"),
        (lambda: ici.LeeLiu(0.05, stop=0.9), "`c` must be at least 0.5"),
        (lambda: ici.ThallSimon(0.4, stop=0.01), "`c` must be at least 0.5"),
    ],
)
def test_law_thresholds_that_contradict_one_another_are_refused(make, said):
    with pytest.raises(ici.InvalidInput, match=said):
        make()


def test_law_thresholds_on_other_margins_do_not_contradict_one_another():
    ici.ThallSimon(0.6, stop=0.7, delta=0.2, stop_delta=0.0)
    ici.LeeLiu(0.4, stop=0.05, delta=0.1)


def test_law_looks_that_a_trial_does_not_come_to_are_not_named():
    rule = ici.ThallSimon(0.9, looks=(20, 60))
    said = " ".join(str(ici.power(ici.SingleArm(40, benchmark=0.2, rule=rule), TRUTH)).split())
    assert "looks after 20 patients:" in said
    assert "60" not in said.split("look patients")[0]


def test_law_a_rule_that_can_never_succeed_says_so():
    truth = ici.ResponseScenario(control=0.9, effect=ici.Rate(0.95))
    for more in ({}, {"looks": (10, 20)}):
        rule = ici.ThallSimon(0.9, delta=0.2, **more)
        said = " ".join(str(ici.power(ici.SingleArm(40, benchmark=0.9, rule=rule), truth)).split())
        assert "no number of responses succeeds" in said
        assert "at least -" not in said
