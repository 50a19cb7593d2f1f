"""Two-stage one-sample log-rank designs: what is printed, brute force, simulation, laws."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

import icibaseline as ici
from icibaseline.designs.two_stage_laws import both_above

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")
ERRORS = 3.5
PRINTED = ici.Weibull(shape=0.5, scale=3 / math.log(1 / 0.6) ** 2)  # S(3) = 0.6
TRUTH = ici.Scenario(control=PRINTED, effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(rate=5))
UNCERTAIN = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.5, 0.2)))
PROGRAM = ici.OneSampleLogRank(variance="expected", formula="wu2020")


@functools.cache
def found(criterion, statistic):
    design = ici.TwoStageSurvival(
        criterion=criterion, alpha=0.05, benchmark=PRINTED, statistic=statistic, looks=ici.AfterEnrollment(1)
    )
    return ici.sample_size(design, TRUTH, power=0.85)


def without_effect(plan):
    return ici.power(plan.design, plan.scenario.null)


# ---- what is printed -----------------------------------------------------------------------------------


def test_published_optimal_design():
    """OneArm2stage prints 29 of 48 and 37.29 expected, power 0.84997; among its rows one has 28 and 37.279."""
    plan = found("optimal", PROGRAM)
    null = without_effect(plan)
    assert plan.n == 48
    assert math.ceil(null.n_by_look[0]) in (28, 29)
    assert null.expected_n == pytest.approx(37.28, abs=0.005)
    assert null.expected_n <= 37.29
    assert plan.power == pytest.approx(0.85, abs=1e-6)
    assert null.power == pytest.approx(0.05, abs=1e-6)


def test_published_minimax_design():
    """45 patients, as printed; one row with 45 expects 38.98, another 38.77 at power 0.8498."""
    plan = found("minimax", PROGRAM)
    assert plan.n == 45
    assert without_effect(plan).expected_n < 38.9831


def test_law_the_default_needs_fewer_patients():
    """With all patients in the mean at the interim look, and near-exact tails; simulation agrees."""
    plan = found("optimal", ici.OneSampleLogRank())
    null = without_effect(plan)
    assert null.expected_n < 32
    for world, expected in ((TRUTH, 0.85), (TRUTH.null, 0.05)):
        known = world.with_(enrollment=ici.Enrollment(duration=plan.n / 5))  # entries that do not vary in number
        result = ici.simulate(plan.design, known, replicates=20_000, rng=1)
        assert abs(result.power - expected) < ERRORS * result.error + 0.003
        if expected == 0.05:
            assert abs(result.expected_n - null.expected_n) < ERRORS * result.errors.expected_n + 0.1


def test_law_the_program_understates_the_power_of_its_designs():
    design = found("optimal", PROGRAM).design.with_(planned=None)
    right = design.with_(statistic=PROGRAM.with_(formula="wu"))
    assert 0.86 < ici.power(right, TRUTH).power < 0.89


# ---- brute force -----------------------------------------------------------------------------------------


def test_law_no_design_on_a_grid_expects_fewer():
    """Every month and c1 of a fine grid, c by the root finder, for the normal law of "wu", at the best n and beside."""
    plan = found("optimal", ici.OneSampleLogRank(variance="expected", formula="wu"))
    best = without_effect(plan).expected_n
    statistic, seen = plan.design.statistic, []
    for n, part in itertools.product((plan.n - 2, plan.n, plan.n + 2), np.linspace(0.32, 0.52, 11)):
        month = part * n / 5
        arm = ici.SingleArm(
            n,
            benchmark=PRINTED,
            statistic=statistic,
            looks=ici.AtMonths((month, n / 5 + 1)),
            rule=ici.GivenBounds((math.inf, 1.6), futility=(0.0,), alpha=0.05),
        ).plan_for(TRUTH)
        laws = []
        for world in (TRUTH.null, TRUTH):
            at = world.resolved
            held = ici.power(arm, world)
            assert held.n_by_look[0] == pytest.approx(n * part)
            laws.append(_law(arm, at))
        for c1 in np.linspace(-0.3, 0.6, 31):
            c = _second(laws[0], c1, 0.05)
            if c is not None and _both(laws[1], c1, c) >= 0.85:
                stop = norm.cdf((c1 - laws[0].drift[0, 0]) / laws[0].spread[0, 0])
                seen.append(n * part + (1 - stop) * n * (1 - part))
    assert len(seen) > 100
    assert best <= min(seen) + 1e-3
    assert min(seen) < best + 0.15


def _law(arm, world):
    from icibaseline.statistics.one_sample import OneArm

    months = np.array([arm.planned.months])
    return arm.statistic.moments(OneArm(world, PRINTED, arm.n, world.enrollment.accrual(arm.n), months))


def _both(law, c1, c):
    x = (np.array([c1, c]) - law.drift[0]) / law.spread[0]
    rho = math.sqrt(law.information[0, 0] / law.information[0, 1])
    return float(both_above(np.array([x[0]]), np.array([x[1]]), np.array([rho]))[0])


def _second(law, c1, alpha):
    if norm.sf(c1) <= alpha:
        return None
    return ici.solve(lambda c: _both(law, c1, c), alpha, between=(-6, 4)).x


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.67, 0.95])
def test_reference_both_above_by_scipy(rho):
    for x, y in itertools.product((-3.0, -0.5, 0.14, 2.0), (-1.0, 1.6, 3.0)):
        exact = multivariate_normal.cdf([-x, -y], cov=[[1, rho], [rho, 1]], abseps=1e-12, releps=1e-12)
        assert both_above(*(np.array([v]) for v in (x, y, rho)))[0] == pytest.approx(exact, abs=1e-9)


# ---- laws -------------------------------------------------------------------------------------------------


def test_law_optimal_expects_fewer_and_minimax_has_fewer():
    for statistic in (PROGRAM, ici.OneSampleLogRank()):
        optimal, minimax = found("optimal", statistic), found("minimax", statistic)
        assert optimal.n >= minimax.n
        assert without_effect(optimal).expected_n <= without_effect(minimax).expected_n


def test_law_one_stage_is_the_limit_of_two():
    """With c1 so low that no trial stops, power and error are those of one look at the same bound."""
    world = TRUTH.with_(enrollment=ici.Enrollment(duration=9))
    single = ici.SingleArm(
        45,
        benchmark=PRINTED,
        statistic=ici.OneSampleLogRank(),
        looks=ici.AfterEnrollment(1),
        rule=ici.GivenBounds((1.7,), alpha=0.05),
    )
    two = ici.TwoStageSurvival(45, benchmark=PRINTED, looks=ici.AfterEnrollment(1), interim=5, c1=-30, c=1.7)
    for each in (world, world.null):
        assert ici.power(two, each).power == pytest.approx(ici.power(single, each).power, abs=1e-9)


def test_law_minimax_has_as_many_patients_as_one_stage_needs():
    """Its last bound is at most as high as that of one stage, so n is the same or one more where n is whole."""
    design = ici.SingleArm(
        benchmark=PRINTED,
        statistic=PROGRAM.with_(formula="wu"),
        looks=ici.AfterEnrollment(1),
        rule=ici.Fixed(0.05),
    )
    assert found("minimax", PROGRAM).n == ici.sample_size(design, TRUTH, power=0.85).n


def test_law_unit_of_time_does_not_matter():
    twelve = ici.Scenario(
        control=ici.Weibull(shape=0.5, scale=12 * PRINTED.scale),
        effect=ici.HazardRatio(0.5),
        enrollment=ici.Enrollment(rate=5 / 12),
    )
    design = ici.TwoStageSurvival(alpha=0.05, statistic=PROGRAM, looks=ici.AfterEnrollment(12))
    plan = ici.sample_size(design, twelve, power=0.85)
    same = found("optimal", PROGRAM).design
    assert plan.n == same.n
    assert plan.design.interim == pytest.approx(12 * same.interim, rel=1e-6)
    assert plan.design.c1 == pytest.approx(same.c1, abs=1e-6)


def test_law_the_design_is_a_design():
    """Averaging, simulation, comparison and printing, after the search."""
    plan = found("optimal", PROGRAM)
    uncertain = ici.Scenario(
        control=ici.NormalMixture.lognormal(PRINTED.median, 0.2),
        effect=ici.HazardRatio(0.5),
        enrollment=TRUTH.enrollment,
    )
    assert 0.05 < ici.assurance(plan.design, uncertain.null).power < 0.5
    table = ici.compare({"two stages": plan.design}, {"effect": TRUTH, "none": TRUTH.null})
    assert table.power.shape == (1, 2)
    assert "stop if Z is below 0.08978 in month 5.599" in str(plan)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n": 40}, "`interim` must be given with n"),
        ({"criterion": "best"}, "`criterion` must be one of 'optimal', 'minimax'"),
        ({"looks": ici.AfterEnrollment((0, 12))}, "`looks` must be one look after enrolment"),
        ({"looks": ici.AtMonths(12)}, "`looks` must be one look after enrolment"),
        ({"statistic": ici.LogRank()}, "`statistic` must be a one-sample test"),
        ({"benchmark": 4.7}, "`benchmark` must be"),
    ],
)
def test_law_bad_input_is_said(changes, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.TwoStageSurvival(**changes)


@pytest.mark.parametrize("test", [ici.Milestone(6), ici.RestrictedMean(6)])
def test_law_tests_of_the_curve_are_not_searched_for(test):
    with pytest.raises(ici.InvalidInput, match="`statistic` must be a log-rank or exponential test where n, interim"):
        ici.sample_size(ici.TwoStageSurvival(statistic=test), TRUTH, power=0.8)


def test_law_what_cannot_be_searched_for_is_said():
    with pytest.raises(ici.InvalidInput, match="before the last look"):
        ici.TwoStageSurvival(40, benchmark=PRINTED, interim=50, c1=0, c=1.6).plan_for(TRUTH)
    worse = TRUTH.with_(effect=ici.HazardRatio(1.1))
    with pytest.raises(ici.NoSolution, match="`power` must be reachable"):
        ici.sample_size(ici.TwoStageSurvival(statistic=PROGRAM, looks=ici.AfterEnrollment(1)), worse, power=0.8)


# ---- an interim look in another month ------------------------------------------------------------------

STEADY = ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(rate=1.5))


@functools.cache
def steady():
    return ici.sample_size(ici.TwoStageSurvival(alpha=0.025), STEADY, power=0.8)


def test_law_a_look_that_is_not_moved_keeps_its_bound():
    plan = steady()
    again = plan.design.moved(STEADY, interim=plan.design.interim)
    assert again.c == pytest.approx(plan.design.c, abs=1e-6)
    assert again.with_(c=plan.design.c, planned=plan.design.planned) == plan.design


def test_law_a_moved_look_keeps_alpha_in_simulated_trials_too():
    """At twice the month more trials pass c1 that pass c: with the planned c the error is well above alpha."""
    design = steady().design
    month = 2 * design.interim
    late, moved = design.with_(interim=month, planned=None).plan_for(STEADY), design.moved(STEADY, interim=month)
    assert (moved.n, moved.c1, moved.interim) == (design.n, design.c1, month)
    assert moved.c > design.c
    assert ici.power(moved, STEADY.null).power == pytest.approx(0.025, abs=1e-6)
    fixed = STEADY.with_(enrollment=ici.Enrollment(duration=design.n / 1.5))
    null = [ici.simulate(each, fixed.null, replicates=100_000, rng=3) for each in (moved, late)]
    assert abs(null[0].power - 0.025) < ERRORS * null[0].error + 0.0005
    assert null[1].power > 0.025 + 5 * null[1].error


def test_law_enrolment_that_was_slower_counts_in_a_moved_look():
    slow = STEADY.with_(enrollment=ici.Enrollment(rate=1.0))
    moved = steady().design.moved(slow, interim=20)
    assert ici.power(moved, slow.null).power == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "interim", "said"),
    [
        ({}, 100, "`interim` must be before the last look"),
        ({"c1": 2.5}, 20, "`c1` must be a bound that more than 0.025 of the trials without an effect pass in month 20"),
        ({"n": None, "c1": None, "c": None, "interim": None, "planned": None}, 20, "`n` must be given"),
    ],
)
def test_law_a_look_that_cannot_be_moved_is_said(changes, interim, said):
    with pytest.raises(ici.InvalidInput, match=said):
        steady().design.with_(**changes).moved(STEADY, interim=interim)
