"""Inference after a trial that counted responses, as users ask for it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom, binomtest

import icibaseline as ici

SIMON = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
FLEMING = ici.MultiStage((15, 25), efficacy=(7, 9), futility=(3,), benchmark=0.2)
ON_SURVIVAL = ici.SingleArm(n=40, statistic=ici.OneSampleLogRank(), benchmark=ici.Exponential(median=4.7))


@pytest.mark.parametrize("x", [0, 5, 12, 13, 44])
def test_reference_one_look_is_the_binomial_test(x):
    design = ici.SingleArm(n=44, benchmark=0.2, rule=ici.Exact(0.05))
    found, wanted = ici.after_trial(design, x), binomtest(x, 44, 0.2, alternative="greater")
    limits = binomtest(x, 44).proportion_ci(0.9, method="exact")
    assert found.p_value == pytest.approx(wanted.pvalue, abs=1e-12)
    assert found.interval == pytest.approx((limits.low, limits.high), abs=1e-12)
    assert found.rate == x / 44
    assert found.estimate == pytest.approx(x / 44)
    assert (found.decision == "success") == (wanted.pvalue <= 0.05)


def test_reference_two_stages_by_hand():
    found = ici.after_trial(SIMON, (3, 7))
    p = sum(binom.pmf(x, 10, 0.1) * binom.sf(6 - x, 19, 0.1) for x in range(2, 11))
    assert found.p_value == pytest.approx(p, abs=1e-12)
    assert (found.decision, found.needed, found.sizes, found.as_planned) == ("success", 6, (10, 29), True)
    assert found.confidence == 0.9
    assert found.interval[0] > 0.1


@pytest.mark.parametrize(
    ("responses", "decision"),
    [
        ((0,), "stop for futility"),
        (1, "stop for futility"),
        (2, "continue"),
        ((2, 5), "no success"),
        ((2, 6), "success"),
    ],
)
def test_law_decisions_are_those_of_the_design(responses, decision):
    found = ici.after_trial(SIMON, responses)
    assert found.decision == decision
    ended = decision != "continue"
    assert all((getattr(found, name) is not None) == ended for name in ("p_value", "estimate", "interval"))
    assert (found.median_unbiased is not None) == ended


def test_law_success_may_come_early():
    found = ici.after_trial(FLEMING, 8)
    assert found.decision == "success"
    assert found.p_value == pytest.approx(binom.sf(7, 15, 0.2))
    assert ici.after_trial(FLEMING, (5, 12)).p_value > found.p_value


def test_law_a_monitored_trial_is_read_with_its_own_looks():
    design = ici.SingleArm(n=36, benchmark=0.2, rule=ici.LeeLiu(0.9, 0.01, looks=(12, 20, 30)))
    assert ici.after_trial(design, 0).decision == "stop for futility"
    assert ici.after_trial(design, (2, 4)).decision == "continue"
    assert ici.after_trial(design, (2, 4, 9, 12)).decision == "success"


def test_law_a_plan_and_its_design_say_the_same():
    truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
    plan = ici.sample_size(ici.TwoStage(), truth, power=0.8)
    a, b = ici.after_trial(plan, (3, 7)), ici.after_trial(plan.design, (3, 7))
    assert a == b
    assert a.p_value == ici.after_trial(SIMON, (3, 7)).p_value


# ---- other sizes than planned ------------------------------------------------------------------------


@pytest.mark.parametrize("total", [20, 25, 28, 30, 35, 50])
def test_published_rule_of_koyama_and_chen_at_the_last_look(total):
    for first in range(2, 11):
        needed = ici.after_trial(SIMON, (first, first), patients=(10, total)).needed
        error = binom.sf(5 - first, 19, 0.1)
        x2 = np.arange(total - 10 + 1)
        kept = binom.sf(x2 - 1, total - 10, 0.1) <= error * (1 + 1e-9)
        assert needed == (first + int(np.argmax(kept)) if kept.any() else None)


def test_law_success_and_p_value_agree_off_the_plan():
    size = ici.power(SIMON, ici.ResponseScenario(0.1, ici.Rate(0.3)).null).power
    for total in (24, 33):
        for last in range(3, 3 + total - 10 + 1):
            found = ici.after_trial(SIMON, (3, last), patients=(10, total))
            assert (found.decision == "success") == (found.p_value <= size * (1 + 1e-9))
            assert not found.as_planned


def test_law_another_first_look_keeps_the_errors_of_the_plan():
    for first in (8, 9, 11, 12, 14):
        for x in range(first + 1):
            found = ici.after_trial(SIMON, x, patients=first)
            stopped = found.decision == "stop for futility"
            assert stopped == (binom.cdf(x, first, 0.1) <= binom.cdf(1, 10, 0.1) * (1 + 1e-9))
    assert ici.after_trial(SIMON, (2, 6), patients=(12, 29)).needed == 7


def test_law_both_sizes_may_differ():
    found = ici.after_trial(SIMON, (3, 8), patients=(11, 33))
    assert found.decision == "success"
    assert found.interval[0] < found.median_unbiased < found.interval[1]
    assert "looks were planned after 10 and 29 patients" in str(found)


# ---- refusals and words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("responses", "patients", "said"),
    [
        ((1, 5), None, r"`responses` must end with the trial; got \(1, 5\), but 1 of 10 end it at look 1"),
        ((3, 5, 7), None, "`responses` must be at most 2, one for each look"),
        ((11, 12), None, "`responses` must be counted from the start of the trial, and at most the patients"),
        ((5, 4), None, "`responses` must be counted from the start of the trial"),
        ((3, 25), None, "`responses` must be counted from the start"),
        ((3, 7), (10,), "`patients` must be of length 2, one number for each of the `responses`"),
        ((3, 7), (10, 10), "`patients` must be rising from look to look"),
        ((6, 7), (29, 31), "`patients` must be fewer than the 29 of the plan before the last look"),
    ],
)
def test_law_counts_that_do_not_fit_are_refused(responses, patients, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.after_trial(SIMON, responses, patients=patients)


THREE = ici.MultiStage((8, 15, 22), efficacy=(6, None, 11), futility=(None, 4), benchmark=0.2)


@pytest.mark.parametrize(
    ("given", "stands_for"),
    [
        ({"responses": (3, 6), "patients": (8, 16)}, "continue"),  # the second look, late
        ({"responses": 5, "patients": 16}, "continue"),  # the second one, the first having been passed
        ({"responses": (3, 12), "patients": (9, 24)}, "success"),  # the last one, the second having been passed
        ({"responses": 7, "patients": 22}, "no success"),  # the last one alone
        ({"responses": (3, 6), "patients": (8, 16), "ended": True}, "no success"),
        ({"responses": (3, 5), "ended": True}, "no success"),
    ],
)
def test_law_a_look_stands_for_a_planned_one(given, stands_for):
    found = ici.after_trial(THREE, **given)
    assert found.decision == stands_for
    assert not found.as_planned
    assert "looks were planned after 8, 15 and 22 patients" in str(found) or stands_for == "continue"


@pytest.mark.parametrize("n", [20, 22, 25])
def test_reference_one_look_off_the_plan_is_the_binomial_test_at_the_error_of_the_plan(n):
    """No look before: nothing is left of the plan but its type I error."""
    for x in range(n + 1):
        found, wanted = ici.after_trial(THREE, x, patients=n, ended=True), binomtest(x, n, 0.2, alternative="greater")
        assert found.p_value == pytest.approx(wanted.pvalue, abs=1e-12)
        assert (found.decision == "success") == (wanted.pvalue <= found.planned_error)
        assert found.estimate == pytest.approx(x / n)


@pytest.mark.parametrize("sizes", [(9, 14, 22), (7, 17, 26), (10, 21), (5, 18, 19)])
def test_law_success_at_any_stage_off_the_plan_is_a_p_value_within_its_error(sizes):
    """Over the whole sample space, path by path."""
    planned = ici.after_trial(THREE, 0).planned_error
    error, mean, stack = 0.0, 0.0, [((), 1.0)]
    while stack:
        seen, chance = stack.pop()
        k, before, counted = len(seen), sizes[len(seen) - 1] if seen else 0, seen[-1] if seen else 0
        for x in range(sizes[k] - before + 1):
            path, weight = (*seen, counted + x), chance * binom.pmf(x, sizes[k] - before, 0.2)
            end = len(path) == len(sizes)
            found = ici.after_trial(THREE, path, patients=sizes[: k + 1], ended=end)
            if found.decision == "continue":
                stack.append((path, weight))
                continue
            mean += weight * found.estimate
            if end:
                assert (found.decision == "success") == (found.p_value <= planned * (1 + 1e-9))
            error += weight * (found.decision == "success")
    assert 0 < error <= planned * (1 + 1e-12)
    assert mean == pytest.approx(0.2, abs=1e-12)


def test_reference_monitored_rules_at_the_looks_there_were():
    rule = ici.LeeLiu(0.9, 0.05, looks=(12, 24))
    design = ici.SingleArm(n=36, benchmark=0.2, rule=rule)
    for x in range(3, 17):
        found = ici.after_trial(design, (3, x), patients=(13, 26))
        chance = rule.predictive_probability(x, 26, n=36, benchmark=0.2)
        assert (found.decision == "stop for futility") == (chance < 0.05)
        for patients, ended in ((26, True), (38, False)):
            alone = ici.after_trial(design, x, patients=patients, ended=ended)
            assert (alone.decision == "success") == (_better(x, patients, 0.2) >= 0.9)


@pytest.mark.parametrize("design", [ici.TwoStage(), ici.Randomized(134), ici.SingleArm(benchmark=0.2), ON_SURVIVAL])
def test_law_what_has_no_counts_is_refused(design):
    with pytest.raises(ici.InvalidInput, match="`design` must be a plan or design of one arm that counts responses"):
        ici.after_trial(design, 3)


def test_law_a_result_is_printed_in_sentences():
    said = str(ici.after_trial(SIMON, (3, 7))).splitlines()
    assert said[0] == "success: 3 of 10, 7 of 29 responded; of 29, 6 or more succeed"
    assert said[1].startswith("one-sided p = 0.0177 against a rate of 0.1")
    assert said[2].startswith("response rate 0.2822 (unbiased)")
    assert str(ici.after_trial(SIMON, 3)) == "continue: 3 of 10 responded; of 10, at most 1 stop the trial"


def test_law_one_look_says_nothing_of_looks():
    said = str(ici.after_trial(ici.SingleArm(n=44, benchmark=0.2), 13))
    assert "ordered by stage" not in said
    assert "looks" not in said
    assert "ordered by stage" in str(ici.after_trial(SIMON, (3, 7)))
    off = str(ici.after_trial(ici.SingleArm(n=44, benchmark=0.2), 13, patients=43)).splitlines()[-1]
    assert off.startswith("it was planned after 44 patients: what succeeds is what the rule says of the patients")
    typed = ici.SingleArm(n=44, benchmark=0.2, rule=ici.Exact(r=14))
    off = str(ici.after_trial(typed, 13, patients=43)).splitlines()[3]
    assert off.startswith(
        f"it was planned after 44 patients: what succeeds keeps the error of the plan, {binom.sf(13, 44, 0.2):.4f}"
    )


@pytest.mark.parametrize("n", [21, 25, 28, 29, 31, 40])
@pytest.mark.parametrize("alpha", [0.025, 0.05, 0.1])
def test_law_the_exact_test_after_another_number_is_the_exact_test(n, alpha):
    """Success where p is at most alpha, where the interval lies above the benchmark, where a trial of n succeeds."""
    planned, attained = (ici.SingleArm(size, benchmark=0.2, rule=ici.Exact(alpha=alpha)) for size in (30, n))
    for x in range(n + 1):
        found, p = ici.after_trial(planned, x, patients=n), binomtest(x, n, 0.2, alternative="greater").pvalue
        assert found.needed == attained.responses
        assert (found.decision == "success") == (p <= alpha) == (found.interval[0] >= 0.2)
        assert not found.at_odds


def test_law_an_interval_has_a_level_whatever_the_error_of_a_count():
    typed = ici.after_trial(ici.SingleArm(44, benchmark=7 / 38, rule=ici.Exact(r=5)), 9)
    limits = binomtest(9, 44).proportion_ci(0.9, method="exact")
    assert typed.confidence == 0.9
    assert typed.interval == pytest.approx((limits.low, limits.high), abs=1e-12)
    assert ici.after_trial(ici.SingleArm(44, benchmark=0.2, rule=ici.Exact(0.3)), 9).confidence == 0.9
    assert ici.after_trial(ici.SingleArm(44, benchmark=0.2, rule=ici.Exact(0.2)), 9).confidence == pytest.approx(0.6)
    assert ici.after_trial(ici.SingleArm(44, benchmark=0.2, rule=ici.Exact(0.3)), 9, level=0.8).confidence == 0.8


def test_law_counts_that_the_interval_does_not_confirm_are_remarked_on():
    loose = ici.TwoStage(r1=1, n1=10, r=3, n=29, benchmark=0.1)
    found = ici.after_trial(loose, (2, 4))
    error = sum(binom.pmf(x, 10, 0.1) * binom.sf(3 - x, 19, 0.1) for x in range(2, 11))
    assert found.interval[0] < 0.1 < found.interval[1]
    assert found.at_odds
    assert f"at its rate the design succeeds with probability {error:.4g}" in str(found)
    assert not ici.after_trial(SIMON, (3, 7)).at_odds
    assert "counts of the design" not in str(ici.after_trial(SIMON, (3, 7)))
    strict = ici.after_trial(ici.TwoStage(r1=1, n1=10, r=8, n=29, benchmark=0.1), (3, 7))
    assert (strict.decision, strict.at_odds) == ("no success", True)
    assert "make this no success" in str(strict)
    assert not ici.after_trial(loose, (2, 4), level=0.5).at_odds


# ---- the error of the plan, whichever sizes there were -----------------------------------------------


@pytest.mark.parametrize("first", [8, 9, 11, 12])
@pytest.mark.parametrize("total", [24, 29, 33])
def test_law_success_is_a_p_value_within_the_error_of_the_plan(first, total):
    plan = sum(binom.pmf(x, 10, 0.1) * binom.sf(5 - x, 19, 0.1) for x in range(2, 11))
    error = 0.0
    for x in range(first + 1):
        at_first = ici.after_trial(SIMON, x, patients=first)
        if at_first.decision != "continue":
            continue
        for last in range(x, x + total - first + 1):
            found = ici.after_trial(SIMON, (x, last), patients=(first, total))
            assert found.planned_error == pytest.approx(plan, abs=1e-12)
            assert (found.decision == "success") == (found.p_value <= plan * (1 + 1e-9))
            if found.decision == "success":
                error += binom.pmf(x, first, 0.1) * binom.pmf(last - x, total - first, 0.1)
    assert 0 < error <= plan


def test_law_a_result_that_the_plan_would_take_is_not_overruled():
    found = ici.after_trial(SIMON, (3, 7), patients=(9, 33))
    assert (found.decision, found.needed) == ("success", 7)
    assert found.p_value == pytest.approx(0.03723, abs=5e-6)
    assert "keeps the error of the plan, 0.0471" in str(found)


# ---- rules on the posterior probability --------------------------------------------------------------


def _better(count, n, benchmark, prior=(0.5, 0.5)):
    """P(experimental > control | data) by quadrature; the benchmark is a rate or the beta law of one."""
    law = beta(prior[0] + count, prior[1] + n - count)
    if isinstance(benchmark, float):
        return law.sf(benchmark)
    return quad(lambda p: law.sf(p) * benchmark.pdf(p), 0, 1, epsabs=1e-12)[0]


def test_reference_a_posterior_rule_is_applied_to_the_patients_there_were():
    design = ici.SingleArm(44, benchmark=ici.baseline("promit_orr"), rule=ici.Posterior(0.95))
    truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
    law = ici.baseline("promit_orr").prior
    control = beta(law.a[0], law.b[0])
    for held in (design, ici.power(design, truth).design):
        for n in (38, 43, 44, 47):
            for x in range(12, 20):
                found, wanted = ici.after_trial(held, x, patients=n), _better(x, n, control)
                assert found.better == pytest.approx(wanted, abs=1e-8)
                assert (found.decision == "success") == (wanted >= 0.95)
    said = str(ici.after_trial(design, 15, patients=43))
    assert said.startswith("success: 15 of 43 responded; of 43, 15 or more succeed")
    assert "P(better | data) = 0.9528" in said
    assert "what the rule says of the patients that there were" in said
    assert "error of the plan" not in said


@pytest.mark.parametrize("total", [33, 36, 41])
def test_reference_monitored_rules_are_applied_to_the_patients_there_were(total):
    thall = ici.ThallSimon(0.9, stop=0.1, early=0.99, looks=(12, 24))
    lee = ici.LeeLiu(0.9, 0.01, looks=(12, 24))
    for rule in (thall, lee):
        design = ici.SingleArm(n=36, benchmark=0.2, rule=rule)
        for x in range(6, 6 + total - 24 + 1):
            found = ici.after_trial(design, (4, 6, x), patients=(13, 24, total))
            wanted = _better(x, total, 0.2)
            assert found.better == pytest.approx(wanted, abs=1e-12)
            assert (found.decision == "success") == (wanted >= 0.9)
    for x in range(14):
        found = ici.after_trial(ici.SingleArm(n=36, benchmark=0.2, rule=thall), x, patients=13)
        wanted = _better(x, 13, 0.2)
        assert (found.decision == "stop for futility") == (wanted < 0.1)
        assert (found.decision == "success") == (wanted >= 0.99)


def test_law_a_look_before_the_end_is_judged_as_in_the_planned_trial():
    rule = ici.LeeLiu(0.9, 0.05, looks=(12, 24))
    design = ici.SingleArm(n=36, benchmark=0.2, rule=rule)
    for x in range(14):
        chance = rule.predictive_probability(x, 13, n=36, benchmark=0.2)
        assert (ici.after_trial(design, x, patients=13).decision == "stop for futility") == (chance < 0.05)
    assert ici.after_trial(design, 0).better is not None
    short = ici.SingleArm(n=36, benchmark=0.2, rule=ici.LeeLiu(0.9, 0.05, looks=(12,)))
    assert rule.predictive_probability(3, 13, n=15, benchmark=0.2) < 0.05  # what was to come was not known to be so few
    assert ici.after_trial(short, (3, 4), patients=(13, 15)).decision == "no success"
    with pytest.raises(ici.InvalidInput, match="1 of 13 end it at look 1"):
        ici.after_trial(short, (1, 3), patients=(13, 15))
    assert ici.after_trial(SIMON, (3, 7)).better is None
