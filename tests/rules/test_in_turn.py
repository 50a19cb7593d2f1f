"""Looks of several rules in turn, and looks at fractions of the planned information."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
SLOW = TRUTH.with_(control=ici.Exponential(median=30))
MIXED = ici.InTurn((ici.AtMonths(12), ici.AtEvents(73), ici.AfterEnrollment((6, 12))))
fractions = st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(lambda x: (*sorted(x), 100))


def planned(looks, n=134, scenario=TRUTH):
    return ici.Randomized(n, looks=looks).plan_for(scenario)


# ---- in expectation --------------------------------------------------------------------------------


def test_law_each_part_keeps_its_own_months():
    found = ici.power(planned(MIXED), TRUTH)
    apart = [ici.power(planned(part), TRUTH) for part in MIXED.parts]
    assert MIXED.count == len(found.months) == 4
    assert found.months == tuple(month for each in apart for month in each.months)
    assert_allclose(found.events, [events for each in apart for events in each.events], rtol=1e-12)


@given(fractions, st.sampled_from([1.0, 2.0, 0.5]))
def test_law_information_is_in_the_fractions_that_are_asked_for(percents, ratio):
    looks = ici.AtInformation(tuple(p / 100 for p in percents), final=ici.AfterEnrollment(12))
    design = ici.Randomized(300, ratio=ratio, looks=looks).plan_for(TRUTH)
    events = np.array(design.planned.events)
    assert_allclose(events / events[-1], np.array(percents) / 100, rtol=1e-9)
    alone = ici.Randomized(300, ratio=ratio, looks=ici.AfterEnrollment(12))
    assert_allclose(events[-1], ici.power(alone, TRUTH).events[0], rtol=1e-12)
    assert design.planned.months[-1] == 36


def test_law_one_fraction_is_the_final_look():
    design = planned(ici.AtInformation((1.0,), final=ici.AfterEnrollment(12)))
    assert design.planned.looks == ici.AtMonths(36)


def test_law_a_final_look_at_events_has_a_latest_month():
    looks = ici.AtInformation((0.5, 1.0), final=ici.AtEvents(120, by=60))
    assert_allclose(planned(looks, 200).planned.events, (60, 120), rtol=1e-9)


def test_law_planned_looks_are_carried_out_in_another_scenario():
    design = planned(ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)))
    other = ici.power(design, TRUTH.with_(control=ici.Exponential(median=6)))
    assert_allclose(other.events[0], design.planned.events[0], rtol=1e-9)
    assert other.months[0] > design.planned.months[0]
    assert other.months[1] == 36
    assert other.events[1] < design.planned.events[1]


def test_law_a_look_that_comes_too_late_is_skipped():
    design = planned(ici.InTurn((ici.AtEvents(73), ici.AfterEnrollment(12)))).with_(boundary=ici.Spending(0.025))
    design = design.with_(planned=None).plan_for(TRUTH)
    formula, simulated = ici.power(design, SLOW), ici.simulate(design, SLOW, replicates=500, rng=1)
    assert formula.months == simulated.months == (36, 36)
    fixed = design.with_(boundary=ici.Fixed(0.025), looks=ici.AfterEnrollment(12), planned=None).plan_for(TRUTH)
    assert_allclose(formula.power, ici.power(fixed, SLOW).power, rtol=1e-10)
    assert simulated.power == ici.simulate(fixed, SLOW, replicates=500, rng=1).power


def test_law_looks_of_a_batch_are_those_of_its_members():
    uncertain = TRUTH.with_(control=ici.NormalMixture.lognormal(4.7, 0.8))
    medians = np.array([1.5, 4.7, 9.0, 40.0])
    for looks in (MIXED, ici.AtInformation((0.4, 0.8, 1.0), final=ici.AfterEnrollment(12))):
        design = ici.Randomized(134, looks=looks, boundary=ici.Spending(0.025)).plan_for(TRUTH)
        batch = design.evaluate(uncertain.at([medians]))
        for i, median in enumerate(medians):
            one = design.evaluate(TRUTH.with_(control=ici.Exponential(median)))
            for name in ("months", "events", "n", "reject", "overruled"):
                assert_allclose(getattr(batch, name)[i], getattr(one, name)[0], rtol=1e-8, atol=1e-12)


# ---- in data ---------------------------------------------------------------------------------------


def cuts(looks, events):
    events = np.array(events, dtype=float)
    return looks.cuts(events, lambda: np.full(len(events), 99.0), np.empty_like(events))


def test_law_cuts_are_those_of_the_parts_and_never_fall():
    looks = ici.InTurn((ici.AtMonths(2), ici.AtEvents((2, 3)), ici.AtMonths(8)))
    early = [1.0, 3.0, 5.0]  # in order
    late = [6.0, 9.0, 12.0]  # the events come after the last look
    between = [1.0, 1.5, 7.0]  # and before the first
    assert_array_equal(cuts(looks, [early, late, between]), [[2, 3, 5, 8], [2, 8, 8, 8], [1.5, 1.5, 7, 8]])


# ---- what cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ici.InTurn((ici.AtMonths(12),)), "`parts` must be"),
        (lambda: ici.InTurn((ici.AtMonths(12), 24)), "must be a look rule"),
        (lambda: ici.InTurn((MIXED, ici.AtMonths(50))), "not themselves in turn"),
        (lambda: ici.AtInformation((0.5, 0.9), final=ici.AfterEnrollment(12)), "the last one 1"),
        (lambda: ici.AtInformation((0.5, 1.2), final=ici.AfterEnrollment(12)), "up to 1"),
        (lambda: ici.AtInformation((0.6, 0.5, 1.0), final=ici.AfterEnrollment(12)), "increasing"),
        (lambda: ici.AtInformation((0.0, 1.0), final=ici.AfterEnrollment(12)), "positive"),
        (lambda: ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment((0, 12))), "one look"),
        (lambda: ici.AtInformation((0.5, 1.0), final=MIXED), "one look"),
        (lambda: planned(ici.InTurn((ici.AfterEnrollment(12), ici.AtEvents(73)))), "in the order"),
        (lambda: planned(ici.InTurn((ici.AtMonths(12), ici.AtMonths(12)))), "in the order"),
        (lambda: planned(ici.InTurn((ici.AtEvents(200), ici.AfterEnrollment(12)))), "what the patients can give"),
        (lambda: MIXED.months(None), "must be planned"),
        (lambda: ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment(12)).frozen(24.0), "must be given"),
    ],
)
def test_law_impossible_rules_are_refused(make, said):
    with pytest.raises(ici.InvalidInput, match=said):
        make()


def test_law_one_rule_is_no_sequence():
    with pytest.raises(ici.InvalidInput, match="`parts` must be a sequence of two or more look rules"):
        ici.InTurn((ici.AtEvents(5),))
