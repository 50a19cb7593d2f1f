"""The clocks on which errors are spent, numbers of planned looks, and the hazard ratio of a futility rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

import icibaseline as ici
from icibaseline.designs.patients import draw_patients
from icibaseline.rules import for_null

THIRDS = np.arange(1, 4) / 3
HSD = ici.HwangShihDeCani(-2)
CALENDAR = ici.Spending(0.025, ici.Pocock(), time=ici.CalendarTime())
CAPPED = ici.Spending(0.025, ici.Pocock(), time=ici.InformationTime(capped=True))
pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")
TRUTH = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
MONTHS = (14.0, 22.0, 36.0)


def spent_by(bounds):
    return bounds.under(0.0).reject.cumsum()


# ---- clocks ----------------------------------------------------------------------------------------


def test_law_information_is_the_clock_unless_another_is_named():
    for boundary in (ici.Fixed(), ici.WangTsiatis(0.025, 0.5), ici.HaybittlePeto(), ici.Spending()):
        assert boundary.time == ici.InformationTime()
        assert (boundary.binding, boundary.sided) == (False, 1)
    assert ici.Spending(0.025, sided=2).sided == 2
    assert ici.Spending(0.025, futility=HSD, binding=True).binding


def test_law_bounds_in_calendar_time_spend_by_the_months_that_are_given():
    bounds = CALENDAR.bounds((20, 50, 100), time=(0.5, 0.75, 1.0))
    assert_allclose(spent_by(bounds), ici.Pocock().spent([0.5, 0.75, 1.0], 0.025), rtol=1e-10)
    same = ici.Spending(0.025, ici.Pocock()).bounds((50, 75, 100))
    assert bounds.efficacy[0] == pytest.approx(same.efficacy[0], rel=1e-12)  # the first spends the same
    assert bounds.efficacy[2] != pytest.approx(same.efficacy[2], rel=1e-3)  # later ones know of other correlations


@given(seen=st.lists(st.floats(4, 60), min_size=3, max_size=3).map(np.cumsum))
def test_law_capped_information_spends_the_smaller_fraction(seen):
    bounds = CAPPED.at(seen, 40 * THIRDS * 3, final=False)
    time = np.minimum(seen / 120, THIRDS)
    assert_allclose(spent_by(bounds), ici.Pocock().spent(time, 0.025), rtol=1e-9)
    ended = CAPPED.at(seen, 40 * THIRDS * 3)
    assert spent_by(ended)[-1] == pytest.approx(0.025, abs=1e-11)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("futility", [None, HSD])
def test_law_a_design_spends_by_the_months_of_its_looks(ratio, futility):
    boundary = CALENDAR.with_(futility=futility, beta=0.2 if futility else None)
    design = ici.Randomized(150, ratio=ratio, looks=ici.AtMonths(MONTHS), boundary=boundary).plan_for(TRUTH)
    time = np.array(MONTHS) / 36
    assert_allclose(np.cumsum(design.alpha_by_look), ici.Pocock().spent(time, 0.025), rtol=1e-9)
    assert_allclose(design.planned_boundary.planned_time, time)
    if futility:
        drift = float(design.planned_boundary.aim[-1])
        planned = boundary.bounds(design.planned_boundary.information, time=time)
        assert drift == pytest.approx(float(planned.drift), rel=1e-9)
        assert_allclose(planned.stop_futility.cumsum(), HSD.spent(time, 0.2), rtol=1e-7)
    slow = TRUTH.with_(control=ici.Exponential(9.0), effect=ici.HazardRatio(1.0))
    executed = design.planned_boundary.executed(np.array(ici.power(design, slow).events), np.array(MONTHS))
    assert_allclose(spent_by(executed.under(0.0, futility=False)), ici.Pocock().spent(time, 0.025), rtol=1e-9)
    assert executed.efficacy[0] == pytest.approx(design.planned.efficacy_bounds[0], rel=1e-9)  # month 14 is month 14
    again = type(design).from_dict(design.to_dict())
    assert again == design
    assert ici.power(again, slow) == ici.power(design, slow)


def test_law_calendar_time_in_simulated_trials_is_that_of_each_trial():
    """Looks at events come in other months in each trial; those months decide what is spent."""
    design = ici.Randomized(
        150, looks=ici.InTurn((ici.AtEvents(60), ici.AfterEnrollment(12))), boundary=CALENDAR
    ).plan_for(TRUTH)
    patients = draw_patients(TRUTH.null.typical.resolved, design.arm_sizes, 64, np.random.default_rng(4))
    months = design.planned.looks.cuts(patients.event_months, patients.latest, patients.buffers.time)
    assert len(np.unique(months[:, 0])) > 60
    upper, *_ = design._bounds_seen(patients, months)
    spent = ici.Pocock().spent(months[:, 0] / 36, 0.025)
    assert_allclose(norm.sf(upper[:, 0]), spent, rtol=1e-10)
    simulated = ici.simulate(design, TRUTH.null, replicates=20_000, rng=5)
    assert abs(simulated.power - 0.025) < 3.5 * np.sqrt(0.025 / 20_000) + 0.002


# ---- numbers of looks ------------------------------------------------------------------------------


def test_law_what_is_said_of_single_looks_follows_their_numbers():
    boundary = ici.Spending(0.025, ici.Pocock(), efficacy_looks=(2, 3))
    planned = (40, 80, 120)
    skipped = boundary.at((80, 120), planned, numbers=(2, 3))
    assert np.isfinite(skipped.efficacy).all()
    assert spent_by(skipped)[0] == pytest.approx(ici.Pocock().spent(80 / 120, 0.025), rel=1e-10)
    assert boundary.at((80,), planned).efficacy[0] == np.inf  # counted on, it is the first
    extra = boundary.at((40, 60, 80, 120), planned, numbers=(1, 0, 2, 3))
    assert np.isfinite(extra.efficacy).tolist() == [False, False, True, True]
    assert_allclose(extra.efficacy[2:], boundary.at((40, 80, 120), planned).efficacy[1:], rtol=1e-10)


def test_law_a_look_that_was_not_planned_spends_like_any_other_unless_it_is_capped():
    planned = (40, 80, 120)
    plain = ici.Spending(0.025, ici.Pocock()).at((40, 60, 80), planned, numbers=(1, 0, 2))
    assert_allclose(spent_by(plain), ici.Pocock().spent(np.array([40, 60, 80]) / 120, 0.025), rtol=1e-10)
    capped = CAPPED.at((40, 60, 80), planned, numbers=(1, 0, 2))
    assert capped.efficacy[1] == np.inf
    assert_allclose(np.delete(capped.efficacy, 1), CAPPED.at((40, 80), planned).efficacy, rtol=1e-10)


def test_law_futility_given_for_each_look_follows_the_numbers():
    boundary = ici.Spending(0.025, futility=ici.FutilityZ((0.1, 0.5)))
    planned = (40, 80, 120)
    assert_array_equal(boundary.at((80,), planned, numbers=(2,)).futility, [0.5])
    assert_array_equal(boundary.at((40, 60, 80), planned, numbers=(1, 0, 2)).futility, [0.1, -np.inf, 0.5])
    ratios = ici.Spending(0.025, futility=ici.FutilityHazardRatio((1.0, 0.9)))
    assert ratios.at((20.0,), (10, 20, 30), numbers=(2,)).futility[0] == pytest.approx(-np.log(0.9) * np.sqrt(20))


def test_law_the_final_look_tests_whatever_its_number():
    boundary = ici.Spending(0.025, ici.Pocock(), efficacy_looks=(3,), futility=HSD, beta=0.1, futility_looks=(1,))
    early = boundary.at((40, 80), (40, 80, 120), final=True)
    assert early.efficacy.tolist()[0] == np.inf
    assert early.futility[1] == early.efficacy[1]
    assert spent_by(early.under(0.0, futility=False))[-1] == pytest.approx(0.025, abs=1e-10)


def test_law_looks_for_futility_are_those_named_for_rules_on_other_scales_too():
    plain = ici.Spending(0.025, futility=ici.FutilityZ(0.2)).bounds(THIRDS)
    some = ici.Spending(0.025, futility=ici.FutilityZ(0.2), futility_looks=(2,)).bounds(THIRDS)
    assert_array_equal(some.futility[:2], [-np.inf, 0.2])
    assert plain.futility[0] == 0.2
    binding = ici.Spending(0.025, futility=ici.FutilityZ(0.2), futility_looks=(2,), binding=True).bounds(THIRDS)
    assert binding.under(0.0).power == pytest.approx(0.025, abs=1e-10)


def test_law_an_interim_look_beyond_the_planned_end_spends_all_and_leaves_none():
    bounds = ici.Spending(0.025, futility=HSD, beta=0.1).at((60, 130, 150), (40, 80, 120), final=True)
    assert spent_by(bounds.under(0.0, futility=False))[1] == pytest.approx(0.025, abs=1e-10)
    assert bounds.efficacy[2] == np.inf


# ---- the hazard ratio that is tested ---------------------------------------------------------------


@pytest.mark.parametrize("rule", [ici.FutilityHazardRatio(1.2), ici.FutilityConditionalPower(0.3, hazard_ratio=1.0)])
def test_law_futility_is_about_the_ratio_that_the_design_tests(rule):
    margin = ici.LogRank(null=1.3)
    truth = TRUTH.with_(effect=ici.HazardRatio(0.9))
    designs = [
        ici.Randomized(300, looks=ici.AtMonths((20, 36)), statistic=margin, boundary=ici.Spending(0.025, futility=each))
        for each in (rule, rule.with_(null=1.3))
    ]
    left, said = (design.plan_for(truth) for design in designs)
    assert left.planned.futility_bounds == said.planned.futility_bounds
    information = float(left.planned_boundary.information[0])
    if isinstance(rule, ici.FutilityHazardRatio):
        assert left.planned.futility_bounds[0] == pytest.approx(np.log(1.3 / 1.2) * np.sqrt(information), rel=1e-12)
    history = ici.monitor(left, ici.Look(left.planned.events[0], z=1.0))
    assert history.futility_bounds[0] == pytest.approx(left.planned.futility_bounds[0], rel=1e-9)
    slow = truth.with_(control=ici.Exponential(9.0))
    assert ici.power(left, slow).power == ici.power(said, slow).power


@pytest.mark.parametrize("rule", [ici.FutilityHazardRatio(1.2, null=1.1), ici.FutilityConditionalPower(0.3, null=1.1)])
def test_law_a_rule_about_another_ratio_is_refused(rule):
    boundary = ici.Spending(0.025, futility=rule)
    assert for_null(boundary, 1.1) == boundary
    with pytest.raises(
        ici.InvalidInput, match=r"^`futility.null` must be the hazard ratio .* tests, 1.3; got 1.1. Leave"
    ):
        ici.Randomized(300, statistic=ici.LogRank(null=1.3), boundary=boundary)


# ---- refusals --------------------------------------------------------------------------------------

SEEN, PLANNED = (40, 80), (40, 80, 120)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CALENDAR.bounds(THIRDS), "`time` must be given to a boundary that spends in calendar time; got None"),
        (lambda: CALENDAR.at(SEEN, PLANNED), "`planned_time` must be given to a boundary that spends in calendar"),
        (lambda: CALENDAR.at(SEEN, PLANNED, planned_time=THIRDS), "`time` must be given to a boundary"),
        (lambda: CALENDAR.bounds(THIRDS, time=(0.2, 0.5)), "`time` must be fractions from 0 to 1 that never fall, one"),
        (lambda: CALENDAR.bounds(THIRDS, time=(0.2, 0.5, 0.9)), "`time` must be fractions of which the last one is 1"),
        (lambda: CALENDAR.bounds(THIRDS, time=(0.2, 1.0, 1.0)), "`time` must be fractions of which the last one is 1"),
        (lambda: CALENDAR.bounds(THIRDS, time=(0.5, 0.2, 1.0)), "`time` must be fractions from 0 to 1 that never fall"),
        (lambda: ici.Spending(time="calendar"), "`time` must be a clock of spending; got 'calendar'"),
        (lambda: ici.Spending(time=ici.CalendarTime), "`time` must be a clock of spending"),
        (lambda: ici.InformationTime(capped=1), "`capped` must be True or False"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=(1, 4)), "`numbers` must be rising numbers of planned looks, from 1"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=(2, 1)), "`numbers` must be rising numbers"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=(2, 2)), "`numbers` must be rising numbers"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=(1,)), "`numbers` must be one number for each of the 2 looks"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=(1, 1.5)), r"`numbers\[1\]` must be a whole number"),
        (lambda: CAPPED.at(SEEN, PLANNED, numbers=2), "`numbers` must be rising numbers"),
        (lambda: ici.Spending(futility=ici.FutilityZ((0.0, 0.1, 0.2))).bounds(THIRDS), "`bound` must be one number"),
        (lambda: ici.Spending(futility=ici.FutilityZ(0.0), futility_looks=(5,)).bounds(THIRDS), "`futility_looks`"),
        (lambda: ici.Spending(efficacy_looks=(1,)).at((40,), PLANNED), "`efficacy_looks` must be numbers that include"),
    ],
)  # fmt: skip
def test_law_what_cannot_be_is_refused_in_a_sentence(make, said):
    with pytest.raises(ici.InvalidInput, match=f"^{said}"):
        make()


def test_reference_the_first_bound_in_calendar_time_is_a_quantile():
    """One look at month 9 of 36 spends a quarter of Kim-DeMets(1), which is linear."""
    boundary = ici.Spending(0.025, ici.KimDeMets(1), time=ici.CalendarTime())
    assert boundary.bounds((70, 100), time=(0.25, 1.0)).efficacy[0] == pytest.approx(norm.isf(0.025 / 4), abs=1e-12)
