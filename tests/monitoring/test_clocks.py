"""Monitoring on other clocks than information, and looks beyond, between and without those that were planned.

Bounds are recomputed here by the recursion of Armitage, McPherson and Rowe, written out with Simpson's rule.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import simpson
from scipy.optimize import brentq
from scipy.stats import norm

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
MONTHS, ALPHA = (14.0, 22.0, 36.0), 0.025
OBF, POCOCK, HSD = ici.OBrienFleming(), ici.Pocock(), ici.HwangShihDeCani(-2)
REACH, POINTS = 9.0, 1601


def by_hand(information, spend):
    """Bounds on Z that are first passed with the probabilities `spend`, without drift; nothing is shared with src."""
    bounds, grid, density, before = [], None, None, 0.0
    for seen, alpha in zip(information, spend, strict=True):
        gained, root = np.sqrt(seen - before), np.sqrt(seen)
        if grid is None:
            bound = norm.isf(alpha) * root if alpha > 0 else np.inf
        else:

            def excess(score, grid=grid, density=density, gained=gained, alpha=alpha):
                return simpson(density * norm.sf(score, grid, gained), x=grid) - alpha

            bound = brentq(excess, -5 * root, 12 * root, xtol=1e-13) if alpha > 0 else np.inf
        top = min(bound, REACH * root)
        points = np.linspace(-REACH * root, top, POINTS)
        if grid is None:
            new = norm.pdf(points, 0, gained)
        else:
            new = simpson(density * norm.pdf(points[:, None], grid, gained), x=grid, axis=1)
        bounds.append(bound / root)
        grid, density, before = points, new, seen
    return np.array(bounds)


def test_reference_the_recursion_by_hand_has_the_printed_bounds():
    """Lan-DeMets O'Brien-Fleming, three equal looks: 3.7103, 2.5114, 1.9930 (gsDesign 3.11, r = 80)."""
    spend = np.diff(OBF.spent(np.arange(1, 4) / 3, ALPHA), prepend=0.0)
    assert_allclose(by_hand((1.0, 2.0, 3.0), spend), [3.7103, 2.5114, 1.9930], atol=5.1e-5)


def planned(boundary, looks=None, ratio=1.0, statistic=None):
    statistic = statistic or ici.LogRank()
    design = ici.Randomized(
        150, ratio=ratio, statistic=statistic, looks=looks or ici.AtMonths(MONTHS), boundary=boundary
    )
    return design.plan_for(TRUTH)


def looks(events, z, months=(None,) * 9, **more):
    return [ici.Look(e, z=x, month=m, **more) for e, x, m in zip(events, z, months, strict=False)]


# ---- calendar time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [OBF, POCOCK, ici.KimDeMets(2)], ids=str)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_reference_calendar_spending_at_looks_that_came_otherwise(family, ratio):
    """Months 15, 25 and 34 of 36 spend; 41, 97 and 118 events are how the looks hang together."""
    design = planned(ici.Spending(ALPHA, family, time=ici.CalendarTime()), ratio=ratio)
    events, months = (41, 97, 118), (15.0, 25.0, 34.0)
    history = ici.monitor(design, looks(events, (0.5, 1.0, 1.5), months))
    assert_allclose(history.spending_times, [15 / 36, 25 / 36, 1.0], rtol=1e-14)  # the end spends all
    reached = family.spent(np.array(months[:2]) / 36, ALPHA)
    spend = np.diff([0.0, *reached, ALPHA])  # the last of the planned looks spends what is left
    information = np.array(events) * ratio / (1 + ratio) ** 2
    assert_allclose(history.efficacy_bounds, by_hand(information, spend), atol=2e-8)
    assert history.decision == "do not reject"
    on_information = planned(ici.Spending(ALPHA, family), ratio=ratio)
    assert abs(history.efficacy_bounds[0] - ici.monitor(on_information, history.looks).efficacy_bounds[0]) > 0.01


def test_reference_calendar_spending_with_futility():
    """Beta too is spent by the month: below the bounds lies what the clock gives, under the planned drift."""
    design = planned(ici.Spending(ALPHA, POCOCK, futility=HSD, beta=0.2, time=ici.CalendarTime()))
    history = ici.monitor(design, looks((41, 97), (1.2, 1.3), (15.0, 25.0)))
    assert history.decisions == ("continue", "continue")
    drift, end = design.planned_boundary.aim[-1], design.planned.events[-1]
    low, high = history.futility_bounds, history.efficacy_bounds
    mean = drift * np.sqrt(np.array([41, 97]) / end)
    assert norm.cdf(low[0] - mean[0]) == pytest.approx(HSD.spent(15 / 36, 0.2), rel=1e-8)
    grid = np.linspace(low[0], high[0], POINTS)
    step = np.sqrt(1 - 41 / 97)
    below = simpson(
        norm.pdf(grid - mean[0]) * norm.cdf((low[1] - mean[1] - (grid - mean[0]) * np.sqrt(41 / 97)) / step), x=grid
    )
    spent = HSD.spent(25 / 36, 0.2) - HSD.spent(15 / 36, 0.2)
    assert below == pytest.approx(spent, rel=1e-7)


def test_law_calendar_time_ends_with_the_planned_month_and_not_with_the_planned_events():
    design = planned(ici.Spending(ALPHA, time=ici.CalendarTime()))
    more = design.planned.events[-1] + 5
    over = ici.monitor(design, looks((60, more), (1.0, 1.0), (15.0, 25.0)))
    assert over.decision == "continue"  # all events are there, and a third of the time is to come
    assert over.remarks[:-1] == (
        f"look 2 has {more:.1f} events, {design.planned.events[-1]:.1f} being planned for the end; it spends what its "
        "time of 0.694 gives, and the trial goes on",
    )
    assert over.remarks[-1].startswith("no look is planned for more than the ")
    assert np.isnan(over.conditional_power[-1])
    late = ici.monitor(design, looks((60, 70), (1.0, 1.0), (15.0, 36.0)))
    assert late.ended
    assert late.remarks[-1].startswith("look 2 ends the trial with 70 events, ")


def test_law_looks_to_come_are_at_the_planned_months_or_now():
    """Conditional power with bounds of a look that is two months late for its planned end."""
    straight = ici.LogRank(formula="schoenfeld")
    design = planned(ici.Spending(ALPHA, POCOCK, time=ici.CalendarTime()), statistic=straight)
    events = design.planned.events
    history = ici.monitor(design, looks(events[:2], (1.0, 1.2), (14.0, 22.0)))
    bound = by_hand(np.array(events) / 4, np.diff(POCOCK.spent(np.array([0, 14, 22, 36]) / 36, ALPHA)))[-1]
    t = events[1] / events[2]
    drift = np.log(1 / 0.7) * np.sqrt(events[2] / 4)
    expected = norm.sf((bound - 1.2 * np.sqrt(t) - drift * (1 - t)) / np.sqrt(1 - t))
    assert history.conditional_power_at(0.7) == pytest.approx(expected, abs=1e-7)
    late = ici.monitor(design, looks(events[:1], (1.0,), (30.0,)))  # after the month of the second look
    assert 0 < late.conditional_power_at(0.7) < 1


def test_law_calendar_time_needs_the_month_of_every_look():
    design = planned(ici.Spending(ALPHA, time=ici.CalendarTime()))
    said = r"^`looks\[1\].month` must be given, since the boundary spends in calendar time; got None. Months count from"
    with pytest.raises(ici.InvalidInput, match=said):
        ici.monitor(design, [ici.Look(40, z=1.0, month=14), ici.Look(80, z=1.0)])


# ---- the smaller of planned and actual -------------------------------------------------------------


def test_reference_capped_information_at_looks_that_came_late_and_early():
    design = planned(ici.Spending(ALPHA, POCOCK, time=ici.InformationTime(capped=True)))
    planned_events = np.array(design.planned.events)
    events = (planned_events[0] + 20, planned_events[1] - 10, planned_events[2] + 8)
    history = ici.monitor(design, looks(events, (0.5, 1.0, 1.5)))
    time = np.minimum(np.array(events), planned_events)[:2] / planned_events[-1]
    spend = np.diff([0.0, *POCOCK.spent(time, ALPHA), ALPHA])
    assert_allclose(history.efficacy_bounds, by_hand(np.array(events) / 4, spend), atol=2e-8)


def test_law_an_interim_look_that_runs_over_does_not_end_a_capped_trial():
    design = planned(ici.Spending(ALPHA, POCOCK, time=ici.InformationTime(capped=True)))
    end = design.planned.events[-1]
    history = ici.monitor(design, looks((50, end + 3), (0.5, 1.0)))
    assert history.decision == "continue"
    assert "being planned for the end; it spends what its time of" in history.remarks[0]
    third = ici.monitor(design, looks((50, end + 3, end + 20), (0.5, 1.0, 2.4)))
    assert third.decision == "reject"
    assert third._bounds[-1].under(0.0).power == pytest.approx(ALPHA, abs=1e-9)


# ---- beyond, between and without the planned looks ---------------------------------------------------

EVENTS = (40.0, 80.0, 120.0)
PLAIN = planned(ici.Spending(ALPHA, POCOCK), ici.AtEvents(EVENTS))


def test_law_an_interim_look_with_all_events_is_the_end_unless_it_is_declared_otherwise():
    ended = ici.monitor(PLAIN, looks((40, 125), (1.0, 1.5)))
    assert (ended.decision, ended.ended) == ("do not reject", True)
    assert ended.remarks == ("look 2 ends the trial with 125 events, 120 being planned: it spends all that is left",)
    on = ici.monitor(PLAIN, [ici.Look(40, z=1.0), ici.Look(125, z=1.5, final=False)])
    assert on.decision == "continue"
    assert on.remarks == (
        "look 2 has 125 events, 120 being planned for the end, and the trial goes on: all of alpha is spent there, and "
        "no later look can reject",
    )
    assert on.efficacy_bounds == ended.efficacy_bounds
    last = ici.monitor(PLAIN, [*on.looks, ici.Look(150, z=5.0)])
    assert (last.decision, last.efficacy_bounds[-1]) == ("do not reject", np.inf)
    assert str(last).endswith("look 3 ends the trial with 150 events, 120 being planned: it spends all that is left")
    with pytest.raises(
        ici.InvalidInput, match=r"after look 2, which has all of the planned events; give it final=False"
    ):
        ici.monitor(PLAIN, looks((40, 125, 130), (1.0, 1.5, 2.0)))


def test_reference_a_look_that_was_not_planned():
    history = ici.monitor(PLAIN, [ici.Look(40, z=1.0), ici.Look(60, z=1.0, number=0), ici.Look(80, z=1.0)])
    spend = np.diff(POCOCK.spent(np.array([0, 40, 60, 80]) / 120, ALPHA))
    assert_allclose(history.efficacy_bounds, by_hand(np.array([10.0, 15.0, 20.0]), spend), atol=2e-8)
    assert history.decision == "continue"  # it is the second of three
    ahead = ici.monitor(PLAIN, history.looks[:2])._course.ahead(1)
    assert_allclose(ahead.gained, [5.0, 15.0])  # the planned looks at 80 and 120 events are still to come
    assert history.remarks[0].startswith("look 2 was not planned: it spends what the boundary gives it at its time")
    final = ici.monitor(PLAIN, [*history.looks, ici.Look(118, z=2.5)])
    assert (final.decision, final.ended) == ("reject", True)
    assert final._bounds[-1].under(0.0).power == pytest.approx(ALPHA, abs=1e-9)


def test_law_a_skipped_look_is_named_by_the_number_of_the_next():
    design = planned(ici.Spending(ALPHA, POCOCK, futility=ici.FutilityZ((0.0, 0.6))), ici.AtEvents(EVENTS))
    counted = ici.monitor(design, ici.Look(80, z=1.0))
    named = ici.monitor(design, ici.Look(80, z=1.0, number=2))
    assert counted.efficacy_bounds == named.efficacy_bounds
    assert (counted.futility_bounds, named.futility_bounds) == ((0.0,), (0.6,))
    assert counted.remarks == ()
    assert named.remarks == ("planned look 1 was not taken: what it would have spent goes to the next one",)
    bound, drift = named._course.bounds_ahead(0).efficacy[-1], np.array(design.planned.drift)
    assert named.conditional_power[0] == pytest.approx(  # the third look alone is to come
        norm.cdf((drift[2] * 120**0.5 - drift[1] * 80**0.5 - bound * 120**0.5 + 80**0.5) / 40**0.5), abs=0.01
    )
    last = ici.monitor(design, [ici.Look(80, z=1.0, number=2), ici.Look(110, z=1.9)])
    assert last.ended  # the third of the planned looks, with fewer events
    both = ici.monitor(design, ici.Look(110, z=1.9, number=3))
    assert both.remarks[0].startswith("planned looks 1 and 2 were not taken")
    assert both.efficacy_bounds[0] == pytest.approx(norm.isf(ALPHA), abs=1e-12)


def test_law_looks_without_new_events_say_so():
    history = ici.monitor(PLAIN, looks((60, 60), (1.0, 1.0)))
    assert history.remarks == (
        "look 2 has next to no new events: it tests nothing, and what it would have spent waits",
    )
    assert history.efficacy_bounds[1] == np.inf


def test_law_looks_that_wait_for_months_say_that_the_events_to_come_are_off():
    design = planned(ici.Spending(ALPHA, POCOCK))
    planned_events, end = design.planned.events[1], design.planned.events[2]
    events = (design.planned.events[0], end - 2)
    (said,) = ici.monitor(design, looks(events, (0.5, 1.0), MONTHS)).remarks
    assert said.startswith(
        f"the looks wait for months, and look 2 has {end - 2:.1f} events, {planned_events:.1f} being"
    )
    assert ici.monitor(design, looks(design.planned.events[:2], (0.5, 1.0), MONTHS)).remarks == ()


def test_law_a_permutation_test_is_monitored_by_the_normal_bounds_and_says_so():
    design = planned(ici.Spending(ALPHA), ici.AtEvents(EVENTS), statistic=ici.LogRank(reference="permutation"))
    history, plain = (
        ici.monitor(d, looks((40,), (1.0,))) for d in (design, planned(ici.Spending(ALPHA), ici.AtEvents(EVENTS)))
    )
    assert history.efficacy_bounds == plain.efficacy_bounds
    assert plain.remarks == ()
    (said,) = history.remarks
    assert said.startswith("Z is compared with bounds for a normal statistic, not referred to permutations")


def test_law_the_first_line_names_the_planned_look():
    assert str(ici.monitor(PLAIN, ici.Look(80, z=1.0, number=2))).startswith("after look 1, number 2 of 3 planned: ")
    assert str(ici.monitor(PLAIN, ici.Look(50, z=1.0, number=0))).startswith("after look 1, which was not planned: ")
    assert "futile" not in str(ici.monitor(PLAIN, ici.Look(80, z=1.0)))


def test_law_looks_as_planned_need_no_remark():
    assert ici.monitor(PLAIN, looks(EVENTS, (1.0, 1.1, 1.2))).remarks == ()
    assert ici.monitor(PLAIN, looks((37, 85), (1.0, 1.1))).remarks == ()


# ---- refusals --------------------------------------------------------------------------------------

BAD = {
    "`looks[1].number` must be from 1 to 3, or 0 for a look that was not planned; got 4.": [(1, 40), (4, 80)],
    "`looks[1].number` must be above that of the looks before, 2; got 1.": [(2, 40), (1, 80)],
    "`looks[2].number` must be above that of the looks before, 2; got 2.": [(2, 40), (0, 60), (2, 80)],
    "`looks[1].number` must be given after the last planned look; got None. 0 is a look that was not planned.": [
        (3, 40),
        (None, 80),
    ],
}


@pytest.mark.parametrize("sentence", BAD)
def test_regression_numbers_that_do_not_fit(sentence):
    given = [ici.Look(e, z=1.0, number=n, final=False) for n, e in BAD[sentence]]
    with pytest.raises(ici.InvalidInput) as caught:
        ici.monitor(PLAIN, given)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ici.Look(0, z=1.2), "`events` must be a positive number; got 0. A look without events tests nothing"),
        (lambda: ici.Look(-3, z=1.2), "`events` must be a positive number; got -3."),
        (lambda: ici.Look(float("nan"), z=1.2), "`events` must be a positive number; got nan."),
        (lambda: ici.Look(60, z=float("inf")), "`z` must be a finite number; got inf."),
        (lambda: ici.Look(60, z=1.2, month=-1), "`month` must be 0 or a positive number; got -1."),
        (lambda: ici.Look(60, z=1.2, final="no"), "`final` must be True or False; got 'no'."),
        (lambda: ici.Look(60, z=1.2, number=-1), "`number` must be a whole number, at least 0; got -1. Planned looks"),
        (lambda: ici.Look(60, z=1.2, number=1.5), "`number` must be a whole number, at least 0; got 1.5."),
        (lambda: ici.Look(60, z=1.2, events_total=3), "`events_total` must be an argument of Look"),
    ],
)
def test_regression_looks_that_are_none(make, said):
    with pytest.raises(ici.InvalidInput) as caught:
        make()
    assert str(caught.value).startswith(said)
