"""Single arms held against a survival curve: plan, both faces, several looks, and the error of the benchmark."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri

import icibaseline as ici

MCC = ici.baseline("mcc_pfs_primary")
TRUTH = ici.Scenario(control=MCC, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
TEST = ici.SingleArm(40, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05), looks=ici.AfterEnrollment(6))
SEQUENTIAL = ici.Spending(0.025, ici.OBrienFleming(), futility=ici.FutilityZ(0.0))


def test_law_the_benchmark_is_the_control_at_its_median():
    planned = ici.SingleArm(40, statistic=ici.OneSampleLogRank()).plan_for(TRUTH)
    assert planned.benchmark == MCC
    assert planned.rule == ici.Fixed(0.05)
    assert planned.planned.months == (36.0,)  # twelve months after enrolment
    against = [MCC, MCC.typical, ici.Exponential(4.7), ici.NormalMixture.lognormal(4.7, 0.2)]
    powers = [ici.power(TEST.with_(benchmark=b), TRUTH).power for b in against]
    assert_allclose(powers, powers[0], rtol=1e-9)


@pytest.mark.parametrize("looks", [ici.AfterEnrollment(6), ici.AtEvents(25), ici.AfterEnrollment((0, 12))])
@pytest.mark.parametrize("world", [TRUTH.typical, TRUTH.null.typical, TRUTH])
def test_law_formula_and_simulation_agree(looks, world):
    rule = ici.Fixed(0.05) if looks.count == 1 else SEQUENTIAL
    design = TEST.with_(looks=looks, rule=rule).plan_for(TRUTH)
    formula, found = ici.assurance(design, world), ici.simulate(design, world, replicates=6000, rng=5)
    allowed = 0.006 if looks.count == 1 else 0.015  # of the formula, with an interim look at few events
    assert abs(formula.power - found.power) < 3.5 * found.error + allowed
    assert np.all(np.abs(np.subtract(formula.months, found.months)) < 3.5 * np.array(found.errors.months) + 0.35)
    assert np.all(np.abs(np.subtract(formula.events, found.events)) < 3.5 * np.array(found.errors.events) + 0.05)


def test_law_a_spending_boundary_keeps_alpha():
    design = TEST.with_(looks=ici.AfterEnrollment((0, 12)), rule=ici.Spending(0.05, ici.Pocock())).plan_for(TRUTH)
    found = ici.simulate(design, TRUTH.null.typical, replicates=20_000, rng=2)
    assert abs(found.power - 0.05) < 3.5 * found.error + 0.003


def test_law_the_size_is_the_smallest_that_reaches_the_power():
    plan = ici.sample_size(TEST.with_(n=None), TRUTH, power=0.8)
    assert ici.power(TEST.with_(n=plan.n), TRUTH).power >= 0.8 > ici.power(TEST.with_(n=plan.n - 1), TRUTH).power
    assert plan.n == math.ceil(plan.n_exact)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rule": ici.Exact()}, "a boundary on Z"),
        ({"rule": ici.Posterior()}, "benchmark_sd"),
        ({"conservative": True}, "power grows with n"),
        ({"benchmark": 0.2}, "a Baseline, a survival curve or a prior on the median"),
        ({"benchmark": ici.MixtureCure(ici.Exponential(4), cured=0.995)}, "on which events happen"),
    ],
)
def test_law_parts_that_do_not_suit_one_another_are_refused(arguments, said):
    with pytest.raises(ici.InvalidInput, match=said):
        TEST.with_(**arguments)


def test_law_a_baseline_that_is_no_control_is_refused():
    with pytest.raises(ici.RefusedFinding, match="promit_orr"):
        TEST.with_(benchmark=ici.baseline("promit_orr"))


def test_law_strata_need_a_benchmark():
    part = ici.Stratum("all", 1.0, control=MCC, effect=ici.HazardRatio(0.6))
    strata = ici.Scenario(strata=(part,), enrollment=ici.Enrollment(duration=24))
    with pytest.raises(ici.InvalidInput, match="given for a scenario with strata"):
        ici.power(TEST, strata)
    assert_allclose(ici.power(TEST.with_(benchmark=MCC), strata).power, ici.power(TEST, TRUTH).power, rtol=1e-9)


# ---- the benchmark's error -----------------------------------------------------------------------------


def test_law_the_average_error_is_what_assurance_finds_and_near_the_normal_formula():
    """1 - Phi(z / sqrt(1 + D s^2)): methods note 4.6, which is for large D and log-normal E / O."""
    for alpha in (0.025, 0.05):
        design = TEST.with_(rule=ici.Fixed(alpha))
        found = ici.power(design, TRUTH).honest
        null = ici.assurance(found.design, TRUTH.null)
        assert_allclose(found.average_error, null.power, rtol=1e-9)
        assert_allclose(found.sd, MCC.prior.sds[0], rtol=1e-6)
        events = ici.power(design, TRUTH.null).events[0]
        normal = ndtr(ndtri(alpha) / math.sqrt(1 + events * found.sd**2))
        assert abs(found.average_error - normal) < 0.012
        assert abs(found.error - alpha) < 0.002
        assert found.error_quantiles[0] < found.error_quantiles[1] < found.error_quantiles[2]


def test_law_the_sd_of_a_weibull_benchmark_is_shape_times_that_of_the_log_median():
    design = TEST.with_(benchmark=MCC.with_(shape=0.75))
    assert_allclose(ici.power(design, TRUTH).honest.sd, 0.75 * MCC.prior.sds[0], rtol=1e-6)


def test_law_the_honest_size_reaches_the_power_with_the_error_in_the_test():
    truth = TRUTH.with_(effect=ici.HazardRatio(0.45))
    found = ici.sample_size(TEST.with_(n=None), truth, power=0.8).honest
    test = ici.OneSampleLogRank(benchmark_sd=found.sd)
    reached = [ici.power(TEST.with_(n=n, statistic=test), truth).power for n in (found.size - 1, found.size)]
    assert reached[0] < 0.8 <= reached[1]


def test_law_above_the_largest_ratio_no_number_helps():
    found = ici.power(TEST, TRUTH.with_(effect=ici.HazardRatio(0.7))).honest
    assert_allclose(found.largest_ratio, math.exp(ndtri(0.05) * found.sd), rtol=1e-9)
    assert found.largest_ratio < 0.7
    assert found.size is None
    assert "hazard ratio must lie below" in found.reason
    assert found.resampled_events == math.inf
    said = " ".join(str(ici.power(TEST, TRUTH.with_(effect=ici.HazardRatio(0.7)))).split())
    assert "no number of patients reaches power 0.8" in said


@pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")  # few patients
@pytest.mark.parametrize(
    ("test", "limit"),
    [(ici.OneSampleLogRank(), 0.623), (ici.Milestone(6), 0.602), (ici.RestrictedMean(12), 0.614)],
    ids=["log-rank", "milestone", "mean"],
)
def test_law_every_test_has_a_limit_of_its_own(test, limit):
    """At alpha 0.025; and only the log-rank test's formula for a resampled history is known."""
    design = TEST.with_(n=30, statistic=test, rule=ici.Fixed(0.025))
    result = ici.power(design, TRUTH.with_(effect=ici.HazardRatio(0.5)))
    assert_allclose(result.honest.largest_ratio, limit, atol=5e-4)
    said = " ".join(str(result).split())
    assert f"it can only show hazard ratios below {limit}" in said
    assert ("With another such cohort" in said) == (test == ici.OneSampleLogRank())


@pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")  # few patients
def test_law_a_limit_that_no_ratio_reaches_is_said():
    test = ici.Milestone(6, transform="identity", benchmark_sd=3.0)
    result = ici.power(TEST.with_(n=30, statistic=test), TRUTH)
    assert result.honest.largest_ratio == 0
    assert "it can show no hazard ratio, however small" in " ".join(str(result).split())


def test_law_the_type_one_error_of_a_bare_curve_is_printed():
    design = TEST.with_(benchmark=ici.Exponential(4.7))
    result = ici.power(design, TRUTH)
    assert_allclose(result.honest.error, ici.power(design, TRUTH.with_(control=ici.Exponential(4.7)).null).power)
    assert f"type I error: {result.honest.error:.3g} by the formula" in " ".join(str(result).split())


def test_published_resampled_events():
    """1 / D = (log h / (z_a + z_b))^2 - s^2; with s = 0.164 and HR 0.5 at one-sided 0.05, by hand 19.5."""
    benchmark = ici.NormalMixture.lognormal(4.7, 0.164)
    found = ici.power(TEST.with_(benchmark=benchmark), TRUTH.with_(effect=ici.HazardRatio(0.5))).honest
    assert_allclose(found.resampled_events, 1 / ((math.log(0.5) / (1.6448536 + 0.8416212)) ** 2 - 0.164**2), rtol=1e-6)


@pytest.mark.parametrize(("control", "ratio"), [(6, 4.7 / 12), (3.5, 4.7 / 7), (2, 4.7 / 4)])
def test_law_resampled_events_are_of_the_ratio_against_the_benchmark(control, ratio):
    """Whatever the scenario's control: events from the medians of arm and benchmark, none where there is no benefit."""
    truth = TRUTH.with_(control=ici.Exponential(control), effect=ici.HazardRatio(0.5))
    benchmark = ici.NormalMixture.lognormal(4.7, 0.241)
    one = ici.power(TEST.with_(benchmark=benchmark), truth)
    two = ici.TwoStageSurvival(30, benchmark=benchmark, interim=12, c1=0.1, c=1.6)
    left = (min(math.log(ratio), 0.0) / (1.6448536 + 0.8416212)) ** 2 - 0.241**2
    for found in (one.honest, ici.power(two, truth).honest):
        assert_allclose(found.resampled_events, 1 / left if left > 0 else math.inf, rtol=1e-6)
    again = "takes 12 events" if left > 0 else "is beyond any number of events"
    assert ("With another such cohort as the history that power " + again in " ".join(str(one).split())) or control == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"control": ici.Weibull(shape=1.5, median=4.7)},
        {"effect": ici.HazardRatio(0.5, delay=3)},
        {"effect": ici.ExplicitCurve(ici.Weibull(shape=0.8, median=9.4))},
    ],
    ids=["shape", "delay", "curve"],
)
def test_law_without_a_constant_ratio_against_the_benchmark_no_resampled_events(changed):
    benchmark = ici.NormalMixture.lognormal(4.7, 0.241)
    result = ici.power(TEST.with_(benchmark=benchmark), TRUTH.with_(effect=ici.HazardRatio(0.5)).with_(**changed))
    assert result.honest.resampled_events is None
    assert "With another such cohort" not in str(result)


def test_law_a_bare_curve_has_no_known_error():
    found = ici.power(TEST.with_(benchmark=ici.Exponential(4.7)), TRUTH).honest
    assert not found.known
    assert (found.sd, found.average_error, found.error_quantiles, found.size, found.largest_ratio) == (None,) * 5
    assert "law of nature" in str(ici.power(TEST.with_(benchmark=ici.Exponential(4.7)), TRUTH))


def test_law_a_test_that_counts_the_error_says_what_it_needs():
    counted = TEST.with_(statistic=ici.OneSampleLogRank(benchmark_sd=0.2))
    found = ici.power(counted, TRUTH.with_(effect=ici.HazardRatio(0.45))).honest
    assert found.counted
    assert_allclose(found.largest_ratio, math.exp(ndtri(0.05) * 0.2), rtol=1e-9)
    assert found.size == ici.sample_size(counted.with_(n=None), TRUTH.with_(effect=ici.HazardRatio(0.45)), power=0.8).n


def test_law_beyond_the_reach_of_the_test_the_reason_is_named():
    counted = TEST.with_(n=None, statistic=ici.OneSampleLogRank(benchmark_sd=0.3))
    with pytest.raises(ici.NoSolution, match="a hazard ratio must lie below") as caught:
        ici.sample_size(counted, TRUTH.with_(effect=ici.HazardRatio(0.65)), power=0.8)
    assert str(caught.value).startswith("`power` must be reachable; got 0.8")


def test_reference_a_plan_says_the_two_numbers_that_its_test_compares():
    """Exponential curves: survival 2^(-t/m) to the hazard ratio, and its area."""
    median, ratio = 4.7, 0.6
    world = ici.Scenario(
        control=ici.Exponential(median), effect=ici.HazardRatio(ratio), enrollment=ici.Enrollment(duration=24)
    )
    alive, rate = 2 ** (-6 / median), math.log(2) / median
    areas = [(1 - math.exp(-12 * r)) / r for r in (rate, ratio * rate)]
    for test, said in (
        (ici.Milestone(6), f"survival at month 6: {alive:.3f} by the benchmark, {alive**ratio:.3f} in the"),
        (ici.RestrictedMean(12), f"mean up to month 12: {areas[0]:.2f} by the benchmark, {areas[1]:.2f} in the"),
    ):
        assert said in str(ici.power(ici.SingleArm(150, statistic=test), world))
    assert "by the benchmark," not in str(ici.power(ici.SingleArm(150, statistic=ici.OneSampleLogRank()), world))


# ---- looks by which all may be spent ----------------------------------------------------------------------

FEW = ici.Scenario(control=ici.Exponential(6), effect=ici.HazardRatio(0.25), enrollment=ici.Enrollment(duration=20))


@pytest.mark.parametrize("time", [ici.InformationTime(), ici.CalendarTime()], ids=["information", "calendar"])
@pytest.mark.parametrize("ratio", [0.8, 1.0, 0.25])
def test_law_formula_and_simulation_end_alike_with_many_more_events_than_planned(time, ratio):
    """A plan for few events, 21 by the end; with a ratio of 0.8 there are 29 by the second of three looks."""
    design = ici.SingleArm(
        60,
        benchmark=ici.Exponential(6),
        statistic=ici.OneSampleLogRank(),
        looks=ici.AtMonths((12, 20, 26)),
        rule=ici.Spending(0.05, ici.Pocock(), futility=ici.FutilityZ(-0.5), time=time),
    ).plan_for(FEW)
    world = FEW.with_(effect=ici.HazardRatio(ratio))
    formula, found = ici.power(design, world), ici.simulate(design, world, replicates=20_000, rng=3)
    more = formula.events[1] > 1.2 * design.planned.events[-1]
    assert more == (ratio > 0.5)
    ends = 26.0 if time.by_month or not more else 20.0
    for result in (formula, found):
        assert np.all(np.array(result.reject_by_look[2:]) <= (0 if ends == 20.0 else 1))
        assert 12.0 < result.expected_months < ends
        if ends == 20.0:
            assert result.futility_by_look[1] == 0  # what does not reject at the end is not futile
    assert_allclose(formula.reject_by_look, found.reject_by_look, atol=0.025)
    assert abs(formula.power - found.power) < 0.012
    assert abs(formula.expected_months - found.expected_months) < 0.25
    assert abs(formula.expected_n - found.expected_n) < 0.6


def test_law_given_bounds_end_there_too():
    """The last bound is that of the look that is the end; by hand, a test at 1.7 in month 20 of more events."""
    rule = ici.GivenBounds((2.6, 2.4, 1.7), alpha=0.05)
    looks = ici.AtMonths((12, 20, 26))
    design = ici.SingleArm(60, benchmark=ici.Exponential(6), statistic=ici.OneSampleLogRank(), looks=looks, rule=rule)
    world = FEW.with_(effect=ici.HazardRatio(0.8))
    ended = ici.power(design.plan_for(FEW), world)
    two = design.with_(looks=ici.AtMonths((12, 20)), rule=ici.GivenBounds((2.6, 1.7), alpha=0.05))
    assert_allclose(ended.power, ici.power(two.plan_for(FEW), world).power, rtol=1e-9)
    assert ended.expected_months < 20
