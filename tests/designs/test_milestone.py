"""Survival at a milestone with everybody followed to it: exact power, and sizes that go up and down with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom, norm

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")
ERRORS = 3.5
BENCHMARK = ici.Exponential(median=4.7)
TRUTH = ici.Scenario(control=BENCHMARK, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
S0 = 0.5 ** (6 / 4.7)
S1 = S0**0.6
Z = norm.isf(0.05)
SCALES = {  # the scale and its derivative, written down anew
    "arcsine": (lambda s: np.arcsin(np.sqrt(s)), lambda s: 0.5 / np.sqrt(s * (1 - s))),
    "identity": (lambda s: s, lambda s: np.ones_like(s)),
    "log": (np.log, lambda s: 1 / s),
    "log-log": (lambda s: -np.log(-np.log(s)), lambda s: -1 / (s * np.log(s))),
    "logit": (lambda s: np.log(s / (1 - s)), lambda s: 1 / (s * (1 - s))),
}


def arm(n, **arguments):
    statistic = ici.Milestone(6, **arguments)
    return ici.SingleArm(
        n, benchmark=BENCHMARK, statistic=statistic, looks=ici.AfterEnrollment(8), rule=ici.Fixed(0.05)
    )


def rejects(scale, n):
    """Which numbers of survivors reject, from the definition of the test."""
    x = np.arange(n + 1)
    if scale == "binomial":
        return binom.sf(x - 1, n, S0) < 0.05
    of, slope = SCALES[scale]
    s = np.clip(x / n, 0.5 / n, 1 - 0.5 / n)
    return (of(s) - of(S0)) / (slope(s) * np.sqrt(s * (1 - s) / n)) > Z


def exact(scale, n, p):
    return float(binom.pmf(np.arange(n + 1), n, p) @ rejects(scale, n))


@pytest.mark.parametrize("scale", [*SCALES, "binomial"])
@pytest.mark.parametrize("n", [3, 12, 20, 44, 97, 200])
def test_reference_power_is_the_binomial_tail(scale, n, compared):
    design = arm(n, transform=scale)
    found = np.array([ici.power(design, world).power for world in (TRUTH, TRUTH.null)])
    away = float(np.abs(found - [exact(scale, n, p) for p in (S1, S0)]).max())
    compared(
        "power and error of a milestone test",
        "scipy.stats.binom",
        cases=2,
        largest=away,
        allowed=1e-12,
        unit="absolute",
    )
    assert away < 1e-12


@pytest.mark.parametrize("scale", ["arcsine", "log", "binomial"])
def test_law_simulated_patients_have_that_power(scale):
    for n, world in ((20, TRUTH), (44, TRUTH.null), (200, TRUTH.with_(effect=ici.HazardRatio(0.85)))):
        design = arm(n, transform=scale)
        result = ici.simulate(design, world, replicates=20_000, rng=n)
        assert abs(ici.power(design, world).power - result.power) < ERRORS * result.error


def test_law_the_smooth_formula_is_points_off_even_with_200_patients():
    weak = TRUTH.with_(effect=ici.HazardRatio(0.85))
    found = [abs(ici.power(arm(n), weak).power - ici.power(arm(n, formula="second-order"), weak).power)
             for n in range(195, 206)]  # fmt: skip
    assert 0.015 < max(found) < 0.04


def test_law_with_dropout_it_is_the_second_order_formula():
    lost = TRUTH.with_(dropout=ici.Exponential(rate=0.02))
    early = arm(44).with_(looks=ici.AfterEnrollment(2))
    for design, world in ((arm(44), lost), (early, TRUTH)):
        smooth = design.with_(statistic=design.statistic.with_(formula="second-order"))
        assert ici.power(design, world).power == ici.power(smooth, world).power


@pytest.mark.parametrize("dropout", [0.02, 0.06])
def test_law_the_exact_test_with_dropout_is_as_simulated(dropout):
    """The estimate as a proportion of the patients that its variance gives."""
    design = arm(60, transform="binomial")
    for world in (TRUTH, TRUTH.null):
        lost = world.with_(dropout=ici.Exponential(rate=dropout))
        result = ici.simulate(design, lost, replicates=20_000, rng=7)
        # 0.003: the second-order formula; 0.0016 is the most in 200,000 trials each
        assert abs(ici.power(design, lost).power - result.power) < ERRORS * result.error + 0.003
    assert result.power < 0.05 + ERRORS * result.error


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 150), st.floats(1.0, 15.0), st.floats(0.005, 0.3))
def test_law_the_exact_test_keeps_its_level(n, median, alpha):
    benchmark = ici.Exponential(median=median)
    design = ici.SingleArm(
        n, benchmark=benchmark, statistic=ici.Milestone(6, transform="binomial"), rule=ici.Fixed(alpha)
    )
    null = TRUTH.with_(control=benchmark).null
    assert ici.power(design, null).power <= alpha * (1 + 1e-9)


def test_law_the_usual_test_need_not():
    assert ici.power(arm(20, transform="arcsine"), TRUTH.null).power > 0.07
    assert ici.power(arm(20), TRUTH.null).power < 0.05  # the default holds its level


# ---- sizes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["arcsine", "log-log", "binomial"])
@pytest.mark.parametrize("target", [0.7, 0.8, 0.9])
def test_reference_sizes_by_brute_force(scale, target):
    """Every n up to 400, by scipy's binomial law."""
    reached = np.array([exact(scale, n, S1) >= target for n in range(1, 401)])
    smallest, lasting = int(np.argmax(reached)) + 1, int(np.max(np.flatnonzero(~reached))) + 2
    design = arm(None, transform=scale)
    plan = ici.sample_size(design, TRUTH, power=target)
    assert (plan.n, plan.n_exact) == (smallest, smallest)
    assert ici.sample_size(design.with_(conservative=True), TRUTH, power=target).n == lasting
    assert plan.power == pytest.approx(exact(scale, smallest, S1), abs=1e-12)


def test_law_the_exact_test_is_the_one_that_counts_responses():
    counted = ici.ResponseScenario(control=S0, effect=ici.Rate(S1))
    for conservative in (False, True):
        responses = ici.SingleArm(benchmark=S0, rule=ici.Exact(0.05), conservative=conservative)
        survival = arm(None, transform="binomial").with_(conservative=conservative)
        assert ici.sample_size(survival, TRUTH, power=0.8).n == ici.sample_size(responses, counted, power=0.8).n


def test_law_sized_for_assurance_by_counts():
    unsure = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.5, 0.2)))
    plan = ici.sample_size(arm(None), unsure, assurance=0.8)
    nodes = ici.NormalMixture.lognormal(0.5, 0.2).nodes(80)

    def average(n):
        return float(nodes.weights @ [exact("binomial", n, S0**h) for h in nodes.x])

    assert plan.assurance == pytest.approx(average(plan.n), abs=1e-9)
    assert average(plan.n) >= 0.8 > max(average(n) for n in range(2, plan.n))


def test_law_where_nothing_jumps_n_is_continuous():
    lost = TRUTH.with_(dropout=ici.Exponential(rate=0.02))
    plan = ici.sample_size(arm(None), lost, power=0.8)
    assert plan.n == math.ceil(plan.n_exact) > plan.n_exact


def test_law_conservative_is_for_counts():
    with pytest.raises(ici.InvalidInput, match="power grows with n"):
        arm(None, formula="second-order").with_(conservative=True)


def test_law_the_error_of_the_benchmark_is_counted_in_the_exact_test():
    """However many patients, Z tends to the difference on the arcsine scale over the benchmark's standard error."""
    sd, ratio = 0.2, 0.5
    test = ici.Milestone(6, transform="binomial", benchmark_sd=sd)
    design = arm(2000).with_(statistic=test)
    of, slope = SCALES["arcsine"]
    error = slope(np.array(S0)) * S0 * abs(math.log(S0)) * sd
    limit = (of(S0**ratio) - of(S0)) / error
    bounds = [limit - 0.3, limit + 0.3]
    world = TRUTH.with_(effect=ici.HazardRatio(ratio))
    powers = [ici.power(design.with_(rule=ici.Fixed(float(norm.sf(b)))), world).power for b in bounds]
    assert powers[0] > 0.95
    assert powers[1] < 0.05
    law = ici.Scenario(
        control=ici.NormalMixture.lognormal(4.7, sd), effect=ici.HazardRatio(1.0), enrollment=TRUTH.enrollment
    )
    averaged = ici.assurance(design.plan_for(TRUTH), law).power
    assert averaged == pytest.approx(0.05, abs=0.012)
