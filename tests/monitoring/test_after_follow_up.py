"""Data of a single-arm survival trial: against formulas by hand, scipy, lifelines, and the power that was planned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

MEDIAN = 4.7
RATE = math.log(2) / MEDIAN
TRUTH = ici.Scenario(
    control=ici.Exponential(median=MEDIAN), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
MONTHS = (0.7, 1.9, 3.2, 4.4, 5.1, 6.0, 7.7, 9.3, 12.5, 14.0, 18.2, 22.8)
EVENTS = (1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0)
SEEN, EXPECTED = 8, RATE * sum(MONTHS)


def planned(statistic=None, rule=None, n=12, looks=None, scenario=TRUTH, **other):
    statistic = ici.OneSampleLogRank() if statistic is None else statistic
    rule = ici.Fixed(alpha=0.05) if rule is None else rule
    looks = ici.AfterEnrollment(12) if looks is None else looks
    return ici.SingleArm(n, statistic=statistic, rule=rule, looks=looks, **other).plan_for(scenario)


# ---- one look ------------------------------------------------------------------------------------------


def test_reference_log_rank_test_by_hand():
    found = ici.after_follow_up(planned(), MONTHS, EVENTS)
    assert found.observed == SEEN
    assert_allclose(found.expected, EXPECTED, rtol=1e-13)
    z = (EXPECTED - SEEN) / math.sqrt((EXPECTED + SEEN) / 2)
    assert_allclose(found.z, [z], rtol=1e-12)
    assert_allclose(found.p_value, stats.norm.sf(z), rtol=1e-9)
    assert_allclose(found.estimate.value, SEEN / EXPECTED, rtol=1e-9)
    for limit, side in zip(found.estimate[1:], (-1, 1), strict=True):  # what the test would just not reject
        expected = limit * EXPECTED
        assert_allclose((expected - SEEN) / math.sqrt((expected + SEEN) / 2), side * stats.norm.ppf(0.95), rtol=1e-8)


@pytest.mark.parametrize("events", [0, 1, 8])
def test_reference_limits_of_the_poisson_test_are_garwoods(events):
    happened = [1] * events + [0] * (12 - events)
    found = ici.after_follow_up(planned(ici.OneSampleLogRank(variance="poisson")), MONTHS, happened).estimate
    lower = stats.chi2.ppf(0.05, 2 * events) / 2 if events else 0.0
    ends = np.array([events, lower, stats.chi2.ppf(0.95, 2 * (events + 1)) / 2])
    assert_allclose(found, ends / EXPECTED, rtol=1e-9)


@pytest.mark.parametrize("alive", range(11))
def test_reference_limits_of_a_binomial_milestone_are_those_of_clopper_and_pearson(alive, compared):
    months, events = [3.0] * (10 - alive) + [9.0] * alive, [1] * (10 - alive) + [0] * alive
    found = ici.after_follow_up(planned(ici.Milestone(6, transform="binomial"), n=10), months, events).estimate
    exact = stats.binomtest(alive, 10).proportion_ci(0.9, method="exact")
    away = float(np.abs(np.array(found) - [alive / 10, exact.low, exact.high]).max())
    compared(
        "limits of milestone survival", "scipy.stats.binomtest", cases=3, largest=away, allowed=1e-12, unit="absolute"
    )
    assert away < 1e-12


@pytest.mark.parametrize("transform", ["arcsine", "identity", "log", "log-log", "logit"])
def test_reference_limits_of_a_milestone_are_those_of_its_scale(transform):
    """Greenwood's variance by hand; on every scale the limits are the estimate and 1.645 standard errors."""
    found = ici.after_follow_up(planned(ici.Milestone(8, transform=transform)), MONTHS, EVENTS).estimate
    alive, greenwood = 1.0, 0.0
    for month, event, left in zip(MONTHS, EVENTS, range(12, 0, -1), strict=True):
        if event and month <= 8:
            alive, greenwood = alive * (1 - 1 / left), greenwood + 1 / left / (left - 1)
    scale = {
        "arcsine": lambda s: math.asin(math.sqrt(s)),
        "identity": lambda s: s,
        "log": math.log,
        "log-log": lambda s: -math.log(-math.log(s)),
        "logit": lambda s: math.log(s / (1 - s)),
    }[transform]
    slope = (scale(alive + 1e-6) - scale(alive - 1e-6)) / 2e-6
    away = stats.norm.ppf(0.95) * slope * alive * math.sqrt(greenwood)
    assert_allclose(found.value, alive, rtol=1e-12)
    assert_allclose([scale(x) - scale(alive) for x in found[1:]], [-away, away], rtol=1e-6)


def test_reference_exponential_test_by_hand():
    found = ici.after_follow_up(planned(ici.ExponentialTest()), MONTHS, EVENTS, level=0.95)
    assert_allclose(
        found.estimate,
        SEEN / EXPECTED * np.exp(np.array([0, -1, 1]) * stats.norm.ppf(0.975) / SEEN**0.5),
        rtol=1e-9,
    )


def test_reference_milestone_of_complete_follow_up_is_a_proportion():
    events = (1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0)  # nobody leaves before month 6.5
    found = ici.after_follow_up(planned(ici.Milestone(6.5, transform="arcsine")), MONTHS, events)
    angle = math.asin(math.sqrt(0.5)) + np.array([0, -1, 1]) * stats.norm.ppf(0.95) / math.sqrt(4 * 12)
    assert_allclose(found.estimate, np.sin(angle) ** 2, rtol=1e-8)


def test_reference_milestone_and_restricted_mean_are_those_of_lifelines(compared):
    curve = KaplanMeierFitter().fit(MONTHS, EVENTS)
    at = ici.after_follow_up(planned(ici.Milestone(8)), MONTHS, EVENTS)
    mean = ici.after_follow_up(planned(ici.RestrictedMean(12)), MONTHS, EVENTS)
    theirs = curve.predict(8.0), restricted_mean_survival_time(curve, t=12)
    away = max(abs(one.estimate.value / other - 1) for one, other in zip((at, mean), theirs, strict=True))
    compared("survival at a month, restricted mean", "lifelines", cases=2, largest=away, allowed=1e-9)
    assert away < 1e-9
    assert_allclose(mean.estimate.lower + mean.estimate.upper, 2 * mean.estimate.value, rtol=1e-8)


def test_reference_error_of_the_benchmark_in_the_p_value():
    prior = ici.NormalMixture.lognormal(MEDIAN, 0.25)
    found = ici.after_follow_up(planned(benchmark=ici.Exponential(median=prior)), MONTHS, EVENTS)
    z = (EXPECTED - SEEN) / math.sqrt((EXPECTED + SEEN) / 2)
    both = 1 / math.sqrt(1 / z**2 + 0.25**2 / math.log(EXPECTED / SEEN) ** 2)
    assert_allclose(found.benchmark_sd, 0.25, rtol=1e-6)
    assert_allclose(found.honest_p_value, stats.norm.sf(both), rtol=1e-6)
    assert_allclose(found.p_value, stats.norm.sf(z), rtol=1e-9)
    assert "with the error of the benchmark" in str(found)
    assert ici.after_follow_up(planned(), MONTHS, EVENTS).honest_p_value is None


def test_reference_follow_up_is_cut_where_the_test_cuts_it():
    found = ici.after_follow_up(planned(ici.OneSampleLogRank(follow_up=10)), MONTHS, EVENTS)
    assert found.observed == 6
    assert_allclose(found.expected, RATE * np.minimum(MONTHS, 10).sum(), rtol=1e-13)


@given(st.integers(3, 25), st.integers(0, 2**32 - 1), st.floats(0.2, 2.5))
@settings(max_examples=40, deadline=None)
def test_law_success_p_value_and_interval_say_the_same(n, seed, ratio):
    rng = np.random.default_rng(seed)
    months, ends = rng.exponential(1 / RATE / ratio, n), rng.uniform(5, 30, n)
    found = ici.after_follow_up(planned(), np.minimum(months, ends), months <= ends)
    assert (found.decision == "success") == (found.p_value < 0.05) == (found.estimate.upper < 1)
    low, high = found.estimate.lower, found.estimate.upper
    assert low <= found.estimate.value <= high
    wider = ici.after_follow_up(planned(), np.minimum(months, ends), months <= ends, level=0.99).estimate
    assert wider.lower <= low
    assert high <= wider.upper


# ---- several looks -------------------------------------------------------------------------------------


def two_stages():
    enrollment = ici.Enrollment(rate=1.5)
    scenario = TRUTH.with_(enrollment=enrollment)
    return ici.sample_size(ici.TwoStageSurvival(looks=ici.AfterEnrollment(6)), scenario, power=0.8), scenario


def trial(design, rng, ratio):
    """Follow-up at the two looks of patients who enter at 1.5 a month."""
    n = int(design.n)
    entry, months = rng.uniform(0, n / 1.5, n), rng.exponential(1 / RATE / ratio, n)
    looks = []
    for end in design.planned.months:
        here = entry < end
        looks.append((np.minimum(months, end - entry)[here], (entry + months <= end)[here]))
    return looks


@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_law_decisions_on_data_have_the_power_of_the_plan(ratio):
    plan, scenario = two_stages()
    rng, trials, success, small = np.random.default_rng(11), 3000, 0, 0
    for _ in range(trials):
        looks = trial(plan.design, rng, ratio)
        found = ici.after_follow_up(plan.design, *looks[0])
        if found.decision == "continue":
            found = ici.after_follow_up(plan.design, [x for x, _ in looks], [x for _, x in looks])
            small += found.p_value <= 0.05
        success += found.decision == "success"
    power = ici.power(plan.design, scenario.with_(effect=ici.HazardRatio(ratio))).power
    error = math.sqrt(power * (1 - power) / trials)
    assert abs(success / trials - power) < 4 * error + 0.004  # 0.004: the normal law of the two looks together
    assert abs(small - success) / trials < 0.006  # the p value takes the observed information, the bounds the planned


def test_reference_p_value_after_two_looks_is_of_both_together():
    plan, _ = two_stages()
    rng = np.random.default_rng(2)
    while True:
        looks = trial(plan.design, rng, 0.6)
        if ici.after_follow_up(plan.design, *looks[0]).decision == "continue":
            break
    found = ici.after_follow_up(plan.design, [x for x, _ in looks], [x for _, x in looks])
    d = [int(np.sum(events)) for _, events in looks]
    rho = math.sqrt(d[0] / d[1])
    both = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([-plan.design.c1, -found.z[1]])
    assert_allclose(found.p_value, both, atol=2e-6)
    assert "results ordered by stage" in str(found)


def test_reference_p_value_of_two_honest_looks_counts_the_error_that_they_share():
    """A common error of sd s on the log scale takes D to D / (1 + s^2 D), of which the correlation is the root."""
    later = [1.5 * x for x in MONTHS]
    sd, c1, looks = 0.5, 0.4, ((later[:8], EVENTS[:8]), (later, EVENTS))
    design = ici.TwoStageSurvival(
        12,
        statistic=ici.ExponentialTest(benchmark_sd=sd),
        interim=12,
        c1=c1,
        c=1.6,
    ).plan_for(TRUTH)
    found = ici.after_follow_up(design, [x for x, _ in looks], [x for _, x in looks])
    held = [sum(events) / (1 + sd**2 * sum(events)) for _, events in looks]
    rho = math.sqrt(held[0] / held[1])
    both = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([-c1, -found.z[1]])
    assert_allclose(found.p_value, both, atol=2e-6)
    rho = math.sqrt(sum(looks[0][1]) / sum(looks[1][1]))
    alone = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([-c1, -found.z[1]])
    assert abs(alone - both) > 1e-4  # what an error that is not shared would give
    assert_allclose(found.z[1], math.log(1.5 * EXPECTED / SEEN) * math.sqrt(held[1]), rtol=1e-9)


def test_law_a_spending_boundary_is_solved_for_the_events_that_there_were():
    rule, looks = ici.Spending(alpha=0.05), ici.AtEvents((8, 14))
    design = planned(rule=rule, looks=looks, n=20)
    first = ici.after_follow_up(design, MONTHS, EVENTS)
    assert first.decision == "continue"
    assert first.p_value is None
    fewer = ici.after_follow_up(design, MONTHS[:8], EVENTS[:8])
    assert fewer.bound > first.bound  # less information, less alpha


def test_law_the_error_of_the_benchmark_never_makes_a_p_value_smaller():
    rule, looks = ici.Spending(0.05, ici.Pocock()), ici.AtEvents((5, 8))
    prior = ici.Exponential(median=ici.NormalMixture.lognormal(MEDIAN, 0.05))
    for months in (np.array(MONTHS), 1.25 * np.array(MONTHS), 1.5 * np.array(MONTHS)):
        design = planned(rule=rule, looks=looks, benchmark=prior)
        found = ici.after_follow_up(design, [months[:7], months], [EVENTS[:7], EVENTS])
        assert found.p_value < found.honest_p_value < 0.5
        assert "look 2 of 2" in str(found)


def test_law_a_look_may_be_left_out():
    plan, _ = two_stages()
    looks = trial(plan.design, np.random.default_rng(4), 0.5)
    end = ici.after_follow_up(plan, *looks[1], numbers=2)
    assert end.bound == plan.design.c
    assert end.decision == "success"
    assert_allclose(end.p_value, stats.norm.sf(end.z[0]), rtol=1e-9)  # nothing was tested before
    first = ici.after_follow_up(plan, *looks[1])
    assert first.decision == "continue"
    assert "look 1 of 2" in str(first)
    for numbers in (3, 0, (2, 1), (1, 2)):
        with pytest.raises(ici.InvalidInput, match="`numbers"):
            ici.after_follow_up(plan, *looks[1], numbers=numbers)


def test_law_what_a_later_look_has_lost_is_refused():
    plan, _ = two_stages()
    early, late = (MONTHS, EVENTS), ([2 * x for x in MONTHS], EVENTS)
    for months, events in ((MONTHS, [0] * 12), (MONTHS[:5], EVENTS[:5]), ([x / 2 for x in MONTHS], EVENTS)):
        with pytest.raises(ici.InvalidInput, match=r"`months\[1\]` must be of all patients up to the look"):
            ici.after_follow_up(plan, [early[0], months], [early[1], events])
    assert ici.after_follow_up(plan, [early[0], late[0]], [early[1], late[1]]).taken == (1, 2)


def test_law_a_p_value_beyond_alpha_beside_a_success_is_explained():
    """The interim look in month 24 instead of 12 knows nearly as much as the last one."""
    design = planned(rule=ici.GivenBounds((np.inf, 1.6), futility=(-5.0,), alpha=0.05), looks=ici.AtMonths((12, 36)))
    months, events = np.array([20.0] * 9), [1, 1, 1, 1, 1, 1, 1, 1, 1]
    scale = 1.6
    while ici.after_follow_up(design, scale * months / 8, events, numbers=2).z[0] < 1.601:
        scale *= 1.001
    found = ici.after_follow_up(design, scale * months / 8, events, numbers=2)
    assert (found.decision, found.p_value > 0.05) == ("success", True)
    assert "the decision and the p value disagree" in str(found)


# ---- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "events", "said"),
    [
        ([3, 4], [1], "`events` must be one for each of the 2 patients"),
        ([3, -4], [1, 1], r"`months\[1\]`"),
        ([3, math.nan], [1, 1], r"`months\[1\]`"),
        ([3, 4], [1, 2], r"`events\[1\]` must be True or False"),
        ([], [], "`months` must be a sequence that is not empty"),
        (3, 1, "`months` must be a sequence"),
        ("ab", [1, 1], "`months` must be a sequence"),
        ([0, 0], [0, 0], "`months` must be above 0 for some patients"),
        ([[1], [2]], [[1], [1]], "at most as many looks as are planned, 1; got 2"),
        ([[1]], [[1, 0]], "`events` must be one for each of the 1 patients"),
    ],
)
def test_law_data_that_do_not_fit_are_refused(months, events, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.after_follow_up(planned(), months, events)


def test_law_a_look_after_the_end_is_refused():
    plan, _ = two_stages()
    bad = ([0.5, 1.0, 1.5], [1, 1, 1])
    with pytest.raises(ici.InvalidInput, match="must end with the trial"):
        ici.after_follow_up(plan, [bad[0], MONTHS], [bad[1], EVENTS])


@pytest.mark.parametrize(
    "design",
    [
        ici.SingleArm(12, statistic=ici.OneSampleLogRank()),
        ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1),
        ici.Randomized(134),
        "SingleArm",
    ],
)
def test_law_only_planned_designs_of_one_arm_are_taken(design):
    with pytest.raises(ici.InvalidInput, match="`design` must be a planned design of one arm"):
        ici.after_follow_up(design, MONTHS, EVENTS)


def test_law_no_event_and_no_wrong_words():
    found = ici.after_follow_up(planned(), [5.0, 2.0], [0, 0])
    assert found.estimate[:2] == (0.0, 0.0)
    assert "12 patients were planned" in str(found)
    with pytest.raises(ici.InvalidInput, match="1 is an event"):
        ici.after_follow_up(planned(), [1], ["x"])
