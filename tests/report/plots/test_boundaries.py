"""Pictures of group sequential boundaries: bounds, errors spent, stopping, and monitored trials."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.special import ndtr

import icibaseline as ici
from icibaseline.report.plots import describe

TRUTH = ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
THIRDS = ici.AtInformation((1 / 3, 2 / 3, 1.0), final=ici.AfterEnrollment(12))
BOTH = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2))
REJECT, STOP = "reject: experimental is better", "stop for futility, may be overruled"


@cache
def plan(boundary=BOTH, truth=TRUTH):
    return ici.sample_size(ici.Randomized(looks=THIRDS, boundary=boundary), truth, power=0.8)


def lines(axes):
    return {line.get_label(): np.column_stack(line.get_data()) for line in axes.lines}


def texts(axes):
    return [text.get_text() for text in axes.texts]


# ---- bounds ------------------------------------------------------------------------------------------


def test_published_bounds_of_three_looks():
    """O'Brien-Fleming type spending of 0.025 at thirds: 3.7103, 2.5114, 1.9930 (Jennison and Turnbull; rpact)."""
    axes = ici.plot(ici.Spending(0.025).bounds((1 / 3, 2 / 3, 1)))
    assert lines(axes)[REJECT] == pytest.approx(np.array([[1 / 3, 3.7103], [2 / 3, 2.5114], [1, 1.9930]]), abs=1e-4)
    assert {"3.710", "2.511", "1.993"} <= set(texts(axes))
    assert "look 2, at 0.667 of the information: rejects at 2.511" in describe(
        ici.Spending(0.025).bounds((1 / 3, 2 / 3, 1))
    )


def seen(design, events, z):
    """The hazard ratios that monitoring would see at looks with such Z."""
    looks = (ici.Look(e, z=float(x), final=True) for e, x in zip(events, z, strict=True))
    return np.array([ici.monitor(design, look).hazard_ratios[0] for look in looks])


def test_law_three_scales_show_the_same_bounds():
    held, planned = plan().design, plan().design.planned
    events = np.array(planned.events)
    upper, lower = np.array(planned.efficacy_bounds), np.array(planned.futility_bounds)
    scales = {
        "boundaries": lambda z: z,
        "hazard ratio bounds": lambda z: seen(held, events, z),
        "p value bounds": lambda z: ndtr(-z),
    }
    for view, scale in scales.items():
        for item in (plan(), held):
            drawn = lines(ici.plot(item, view))
            assert drawn[REJECT] == pytest.approx(np.column_stack([events / events[-1], scale(upper)]), rel=1e-9)
            assert drawn[STOP] == pytest.approx(np.column_stack([events / events[-1], scale(lower)]), rel=1e-9)


def test_law_the_ratio_bounds_say_what_the_table_of_the_plan_says():
    printed = str(plan().characteristics).split("probability of stopping")[0]
    for text in texts(ici.plot(plan(), "hazard ratio bounds")):
        assert text in printed
    expected = lines(ici.plot(plan(), "hazard ratio bounds"))["expected as planned"][:, 1]
    assert expected == pytest.approx(np.full(3, 0.6), abs=0.02)


def test_law_a_margin_moves_the_ratio_bounds():
    design = ici.Randomized(looks=THIRDS, boundary=ici.Spending(), statistic=ici.LogRank(null=1.3))
    moved = ici.sample_size(design, TRUTH.with_(effect=ici.HazardRatio(0.9)), power=0.8)
    drawn = lines(ici.plot(moved, "hazard ratio bounds"))[REJECT][:, 1]
    events, bounds = np.array(moved.design.planned.events), np.array(moved.design.planned.efficacy_bounds)
    assert drawn == pytest.approx(seen(moved.design, events, bounds), rel=1e-9)
    assert drawn == pytest.approx(1.3 * np.exp(-2 * bounds / np.sqrt(events)), rel=0.03)  # equal arms: nearly straight


def test_law_bounds_off_the_scale_stand_at_its_edge_and_are_told():
    bounds = ici.Spending(0.025).bounds(np.linspace(0.05, 1, 20))
    axes = ici.plot(bounds)
    assert bounds.efficacy[0] > 9
    assert lines(axes)["off the scale"][:, 1].tolist() == [6.5, 6.5]
    assert f"{bounds.efficacy[1]:.3f}" in texts(axes)
    assert f"rejects at {bounds.efficacy[0]:.3f}" in describe(bounds)


def test_law_two_sided_bounds_are_mirrored_and_called_what_they_are():
    drawn = lines(ici.plot(plan(ici.Spending(0.025, sided=2)), "boundaries"))
    assert drawn["reject: control is better"][:, 1].tolist() == (-drawn[REJECT][:, 1]).tolist()


def test_law_looks_that_do_not_test_have_no_mark():
    axes = ici.plot(plan(BOTH.with_(efficacy_looks=(2, 3), futility_looks=(1, 2))), "boundaries")
    assert len(lines(axes)[REJECT]) == 2
    assert len(lines(axes)[STOP]) == 3  # and the last, where they meet
    assert "look 1, at 0.333 of the information: stop for futility" in describe(
        plan(BOTH.with_(efficacy_looks=(2, 3), futility_looks=(1, 2))), "boundaries"
    )


def late():
    """A plan whose first look may stop for futility and cannot reject."""
    design = ici.Randomized(
        looks=ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)), boundary=BOTH.with_(efficacy_looks=(2,))
    )
    return ici.sample_size(design, TRUTH, power=0.8)


@pytest.mark.parametrize("view", ["boundaries", "hazard ratio bounds", "p value bounds"])
def test_law_the_last_look_is_marked_as_the_rejection_that_it_is(view):
    axes = ici.plot(late(), view)
    held = {line.get_label(): line for line in axes.lines}
    assert held[STOP].get_markevery() == [0]  # of two looks the first
    assert held[REJECT].get_markevery() == [0]  # of one
    assert held[REJECT].get_zorder() > held[STOP].get_zorder()


def test_law_looks_are_shaded_and_not_what_is_between_them():
    axes = ici.plot(plan(), "boundaries")
    assert not axes.collections
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert len(spans) == 5  # three that reject, two that stop
    assert all(any(low < t < high for t in (1 / 3, 2 / 3, 1)) and high - low < 0.03 for low, high in spans)


# ---- spending ----------------------------------------------------------------------------------------


def test_reference_what_is_spent_lies_on_the_spending_functions():
    axes = ici.plot(plan(), "spending")
    curves = [np.column_stack(line.get_data()) for line in axes.lines if len(line.get_xdata()) > 10]
    marks = [np.column_stack(line.get_data()) for line in axes.lines if len(line.get_xdata()) == 3]
    alpha, beta = ici.OBrienFleming(), ici.HwangShihDeCani(-2)
    for (function, error), curve, mark in zip(((alpha, 0.025), (beta, 0.2)), curves, marks, strict=True):
        t = np.array([1 / 3, 2 / 3, 1])
        assert mark == pytest.approx(np.column_stack([t, 100 * function.spent(t, error) / error]), abs=1e-6)
        middle = np.interp(0.5, *curve.T)
        assert middle == pytest.approx(100 * function.spent(0.5, error) / error, abs=0.05)
    assert f"{alpha.spent(2 / 3, 0.025):.3g}" in texts(axes)
    assert "alpha: 0.025 in all by Lan-DeMets O'Brien-Fleming spending, 0.000104, 0.00605, 0.025" in describe(
        plan(), "spending"
    )


def test_law_what_one_look_spends_has_no_curve():
    axes = ici.plot(late(), "spending")
    drawn = lines(axes)
    assert drawn["alpha, 0.025 in all, all at look 2"].size == 0  # a mark in the key
    marks = [np.column_stack(line.get_data()).tolist() for line in axes.lines if len(line.get_xdata()) == 1]
    assert marks == [[[1.0, pytest.approx(100)]]]
    assert [len(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) > 10] == [201]  # that of beta
    assert "alpha: 0.025 in all, all at look 2; beta" in describe(late(), "spending")


def test_reference_marks_of_looks_that_test_lie_on_the_curve():
    axes = ici.plot(plan(BOTH.with_(efficacy_looks=(2, 3))), "spending")
    (marks,) = (line for line in axes.lines if len(line.get_xdata()) == 2)
    exact = 100 * ici.OBrienFleming().spent(np.array([2 / 3, 1.0]), 0.025) / 0.025
    assert marks.get_xdata() == pytest.approx(np.array([2 / 3, 1.0]), abs=1e-9)
    assert marks.get_ydata() == pytest.approx(exact, abs=1e-6)


def test_law_on_the_calendar_errors_are_spent_by_months():
    by_month = plan(BOTH.with_(time=ici.CalendarTime()))
    axes = ici.plot(by_month, "spending")
    (months,) = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 3][:1]
    assert months == pytest.approx(np.array(by_month.months) / by_month.months[-1], abs=1e-9)
    assert axes.get_xlabel() == "months, fraction of those planned up to the end"


def test_law_bounds_without_a_spending_function_spend_what_they_spend():
    pocock = plan(ici.WangTsiatis(0.025, delta=0.5))
    (curve, marks) = ici.plot(pocock, "spending").lines
    assert marks.get_ydata() == pytest.approx(100 * np.cumsum(pocock.design.alpha_by_look) / 0.025, abs=1e-9)
    assert curve.get_xdata()[0] == curve.get_ydata()[0] == 0


def test_law_a_boundary_alone_shows_its_functions():
    axes = ici.plot(BOTH.with_(beta=0.1))
    assert [line.get_label().split(",")[0] for line in axes.lines if len(line.get_xdata())] == ["alpha", "beta"]
    assert len([line for line in ici.plot(BOTH).lines if len(line.get_xdata())]) == 1  # beta follows from the trial


# ---- stopping ----------------------------------------------------------------------------------------


def bands(axes):
    """For each label the heights of its band at the marks, from the polygon."""
    found = {}
    for area in axes.collections:
        vertices = area.get_paths()[0].vertices
        half = len(vertices) // 2
        lower, upper = vertices[1:half], vertices[half + 1 : -1][::-1]
        found[area.get_label()] = (lower[:, 0], np.abs(upper[:, 1] - lower[:, 1]))
    return found


@pytest.mark.parametrize("ratio", [0.6, 1.0])
def test_reference_stopping_is_that_of_the_formula_under_every_ratio(ratio):
    drawn = bands(ici.plot(plan(), "stopping"))
    exact = ici.power(plan().design, TRUTH.with_(effect=ici.HazardRatio(ratio)))
    for k in range(3):
        x, height = drawn[f"reject, look {k + 1}"]
        assert np.interp(ratio, x, height) == pytest.approx(exact.reject_by_look[k], abs=1e-6)
    for k in range(2):
        x, height = drawn[f"stop for futility, look {k + 1}"]
        assert np.interp(ratio, x, height) == pytest.approx(exact.futility_by_look[k], abs=1e-6)


def test_law_what_cannot_happen_is_not_in_the_key():
    held = {area.get_label() for area in ici.plot(late(), "stopping").collections}
    assert "reject, look 1" not in held
    assert {"reject, look 2", "stop for futility, look 1"} < held


def test_reference_expected_events_are_those_of_the_formula():
    axes = ici.plot(plan(), "expected events")
    x, y = lines(axes)["stopped early where the bounds say so"].T
    for ratio in (0.6, 0.8, 1.0):
        exact = ici.power(plan().design, TRUTH.with_(effect=ici.HazardRatio(ratio))).expected_events
        assert np.interp(ratio, x, y) == pytest.approx(exact, abs=0.05)
    assert f"no effect, 1: {np.interp(1.0, x, y):.3g}" in describe(plan(), "expected events")


def test_law_the_ratio_moves_in_all_strata_and_a_delay_stays():
    strata = [
        ici.Stratum(name, share=0.5, control=ici.Exponential(median), effect=ici.HazardRatio(0.55, delay=1.0))
        for name, median in (("a", 4), ("b", 8))
    ]
    scenario = ici.Scenario(strata=strata, enrollment=TRUTH.enrollment)
    held = plan(BOTH, scenario)
    axes = ici.plot(held, "expected events")
    assert axes.get_xlabel().endswith(", in all strata")
    moved = [s.with_(effect=ici.HazardRatio(0.8, delay=1.0)) for s in strata]
    x, y = lines(axes)["stopped early where the bounds say so"].T
    exact = ici.power(held.design, scenario.with_(strata=moved)).expected_events
    assert np.interp(0.8, x, y) == pytest.approx(exact, abs=0.05)


def test_reference_bounds_alone_stop_by_their_drift():
    bounds = BOTH.with_(beta=0.1).bounds((0.5, 1.0))
    drawn = bands(ici.plot(bounds, "stopping"))
    x, height = drawn["reject, look 1"]
    for drift in (0.0, 2.0, float(bounds.drift)):  # the first look alone is a normal probability
        exact = ndtr(drift * np.sqrt(0.5) - bounds.efficacy[0])
        assert np.interp(drift, x, height) == pytest.approx(exact, abs=1e-3)
    x, y = lines(ici.plot(bounds, "expected information"))["stopped early where the bounds say so"].T
    early = 1 - 0.5 * (ndtr(-bounds.efficacy[0]) + ndtr(bounds.futility[0]))
    assert np.interp(0.0, x, y) == pytest.approx(early, abs=1e-6)


# ---- monitoring --------------------------------------------------------------------------------------

LOOKS = (ici.Look(50, z=1.4), ici.Look(90, z=2.9))


def test_law_the_monitoring_chart_shows_what_the_history_holds():
    history = ici.monitor(plan(), LOOKS)
    drawn = lines(ici.plot(history))
    at = np.array(history.information_fractions)
    assert drawn["Z that was seen"].tolist() == np.column_stack([at, history.z]).tolist()
    assert drawn[REJECT].tolist() == np.column_stack([at, history.efficacy_bounds]).tolist()
    assert drawn["stop for futility"].tolist() == np.column_stack([at, history.futility_bounds]).tolist()
    planned = plan().design.planned
    assert drawn["bounds as planned"][:, 1].tolist() == list(planned.efficacy_bounds)
    assert "looks to come" not in drawn  # it has ended
    assert describe(history).startswith("after look 2 of 3 planned: reject")


def test_reference_bounds_to_come_are_those_of_looks_that_come_as_planned():
    axes = ici.plot(ici.monitor(plan(), LOOKS[:1]))
    hollow = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_markerfacecolor() == "white"]
    planned = plan().design.planned
    events = np.array([50.0, *planned.events[1:]])
    later = ici.monitor(plan(), [LOOKS[0], ici.Look(events[1], z=1.0), ici.Look(events[2], z=1.0)])
    for line, bounds in zip(hollow, (later.efficacy_bounds, later.futility_bounds), strict=True):
        assert line.get_xdata() == pytest.approx(events[1:] / events[-1], abs=1e-9)
        assert line.get_ydata() == pytest.approx(list(bounds[1:]), abs=1e-9)
    assert "look 1 with 50 events: Z = 1.400 (rejects at 3." in describe(ici.monitor(plan(), LOOKS[:1]))


def test_law_sources_of_monitored_trials_are_those_of_their_plans():
    sourced = plan(BOTH, TRUTH.with_(control=ici.baseline("mcc_pfs_primary")))
    said = ici.plot(ici.monitor(sourced, LOOKS[:1])).figure.get_supxlabel()
    assert said.startswith("Source: looks as given; plan: control: Real-world outcomes")
    alone = ici.plot(BOTH.with_(beta=0.1).bounds((0.5, 1.0))).figure.get_supxlabel()
    assert alone == "Source: computed from the design alone, no data."
