"""Look rules: when, in expectation and in data, and what cannot be."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)


def power(looks, n=134, scenario=TRUTH):
    return ici.power(ici.Randomized(n, looks=looks), scenario)


# ---- in expectation --------------------------------------------------------------------------------


def test_law_calendar_rules_keep_their_months():
    assert power(ici.AtMonths((12, 30.5))).months == (12, 30.5)
    assert power(ici.AfterEnrollment((0, 12))).months == (24, 36)
    assert power(ici.AfterEnrollment(12), 96, TRUTH.with_(enrollment=ici.Enrollment(rate=4))).months == (36,)
    piecewise = TRUTH.with_(enrollment=ici.Enrollment(rates=(2, 5), knots=(6,)))
    assert power(ici.AfterEnrollment(12), 112, piecewise).months == (38,)


@given(st.floats(1, 130), st.floats(0.3, 1.5), st.floats(1, 30))
def test_law_events_are_expected_in_the_month_of_the_look(events, ratio, median):
    scenario = TRUTH.with_(control=ici.Exponential(median=median), effect=ici.HazardRatio(ratio))
    month = power(ici.AtEvents(events), scenario=scenario).months[0]
    assert_allclose(power(ici.AtMonths(month), scenario=scenario).events, events, rtol=1e-9)


@given(st.floats(10, 110), st.floats(5, 60))
def test_law_by_is_the_earlier_of_the_two(events, by):
    alone, capped = power(ici.AtEvents(events)), power(ici.AtEvents(events, by=by))
    assert_allclose(capped.months[0], min(alone.months[0], by), rtol=1e-10)
    assert capped.events[0] <= events * (1 + 1e-9)


def test_law_looks_of_a_batch_are_those_of_its_members():
    prior = ici.NormalMixture.lognormal(4.7, 0.8)
    medians = np.array([1.5, 4.7, 9.0, 25.0])
    uncertain = TRUTH.with_(control=prior)
    for looks in (ici.AtEvents((40, 100)), ici.AtEvents((40, 100), by=(20, 40)), ici.AfterEnrollment((0, 12))):
        design = ici.Randomized(134, looks=looks).plan_for(TRUTH)
        batch = design.evaluate(uncertain.at([medians]))
        for i, median in enumerate(medians):
            one = design.evaluate(TRUTH.with_(control=ici.Exponential(median)))
            assert_allclose(batch.months[i], one.months[0], rtol=1e-9)
            assert_allclose(batch.events[i], one.events[0], rtol=1e-9)
            assert_allclose(batch.power[i], one.power[0], rtol=1e-8)


# ---- in data ---------------------------------------------------------------------------------------


def cuts(looks, events, latest=None):
    events = np.array(events, dtype=float)
    held = events.copy()
    found = looks.cuts(events, lambda: np.array(latest), np.empty_like(events))
    assert_array_equal(events, held)
    return found


def test_law_cuts_are_the_months_of_the_counted_events():
    rng = np.random.default_rng(1)
    events = rng.exponential(10, (50, 30))
    for counts in ((1,), (7,), (30,), (1, 7, 30), (6, 7)):
        expected = np.sort(events, axis=1)[:, [c - 1 for c in counts]]
        assert_array_equal(cuts(ici.AtEvents(counts), events), expected)


def test_law_cuts_by_a_month():
    events = [[1.0, 2.0, 9.0], [4.0, np.inf, np.inf]]
    assert_array_equal(cuts(ici.AtEvents((1, 2), by=(3, 5)), events), [[1, 2], [3, 5]])


def test_law_too_few_events_wait_until_nobody_is_left():
    events = [[1.0, 2.0, 9.0], [4.0, np.inf, np.inf]]
    assert_array_equal(cuts(ici.AtEvents(2), events, [9.5, 12.5]), [[2], [12.5]])


def test_law_cuts_on_the_calendar():
    assert_array_equal(cuts(ici.AtMonths((3, 5)), [[1.0], [2.0]]), [[3, 5], [3, 5]])


def test_law_a_patient_who_leaves_late_has_no_event_before():
    """With dropout, looks wait for events; censored patients are never counted."""
    scenario = TRUTH.with_(dropout=ici.Exponential(median=3))
    design = ici.Randomized(134, looks=ici.AtEvents(70)).plan_for(TRUTH)
    found = design.replicate(scenario.resolved, 500, np.random.default_rng(1))
    assert np.all(found.events <= 70)
    assert np.mean(found.events == 70) < 0.5


# ---- what cannot be --------------------------------------------------------------------------------


def test_law_more_events_than_patients_can_give():
    with pytest.raises(ici.InvalidInput, match=r"`events` must be within what the patients can give; got 140, .*134"):
        power(ici.AtEvents(140))
    cured = TRUTH.with_(control=ici.PiecewiseExponential((0.2, 0.0), knots=(3,)))
    with pytest.raises(ici.InvalidInput, match=r"at most .* are expected.*by="):
        power(ici.AtEvents(100), scenario=cured)
    assert power(ici.AtEvents(100, by=40), scenario=cured).months == (40,)


CURED = TRUTH.with_(control=ici.MixtureCure(ici.Exponential(4.7), cured=0.1))
EVER = 67 * (1 - 0.1) + 67 * (1 - 0.1**0.6)  # of 134 patients, at a hazard ratio of 0.6


def test_law_events_that_are_not_cured():
    """Those who are cured are under observation for ever; the others have their events."""
    assert abs(EVER - 110.47) < 0.01
    with warnings.catch_warnings():
        warnings.simplefilter("error", ici.ApproximationWarning)
        found = power(ici.AtEvents(90), scenario=CURED)
    assert_allclose(found.events, 90, rtol=1e-9)
    with pytest.warns(ici.ApproximationWarning, match=rf"Of 134 patients {EVER:.1f} are expected to have an event"):
        power(ici.AtEvents(105), scenario=CURED)
    with pytest.raises(ici.InvalidInput, match=rf"got 115, but at most {EVER:.4g} are expected"):
        power(ici.AtEvents(115), scenario=CURED)


def test_law_events_that_wait_for_a_late_hazard():
    """Nothing happens for years, and yet more is to come."""
    late = TRUTH.with_(control=ici.PiecewiseExponential((0.2, 0.0, 0.1), knots=(3, 70)))
    found = power(ici.AtEvents(100), scenario=late)
    assert 70 < found.months[0] < 110


def test_law_a_look_before_any_enrolment():
    late = TRUTH.with_(enrollment=ici.Enrollment(rates=(0, 5), knots=(6,)))
    with pytest.raises(ici.InvalidInput, match=r"`looks` must be .* Nobody has entered by month 5"):
        power(ici.AtMonths((5, 30)), scenario=late)
    assert power(ici.AtMonths((7, 30)), scenario=late).events[0] > 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: ici.AtMonths(()),
        lambda: ici.AtMonths((12, 12)),
        lambda: ici.AtMonths((24, 12)),
        lambda: ici.AtMonths(0),
        lambda: ici.AtEvents((10, 20), by=30),
        lambda: ici.AtEvents(10, by=(20, 30)),
        lambda: ici.AtEvents(0),
        lambda: ici.AfterEnrollment(-1),
        lambda: ici.AfterEnrollment("12"),
        lambda: ici.AfterEnrollment(True),
    ],
)
def test_law_impossible_rules_are_refused(make):
    with pytest.raises(ici.InvalidInput, match="must be"):
        make()


def test_law_a_simulated_count_is_whole():
    for events, counted in ((60.4, 60), (59.6, 60), (0.2, 1)):
        found = ici.simulate(ici.Randomized(134, looks=ici.AtEvents(events)), TRUTH, replicates=10)
        assert found.events == (counted,)
