"""Pictures of plans: what they draw is what the verbs say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.special import ndtr

import icibaseline as ici
from icibaseline.report.plots import describe
from icibaseline.report.plots.base import views_of
from icibaseline.report.plots.placing import apart, spaced
from icibaseline.report.plots.spreads import weighted_quantiles

LOGNORMAL = ici.NormalMixture.lognormal
UNSURE = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"),
    effect=ici.HazardRatio(LOGNORMAL(0.6, 0.3)),
    enrollment=ici.Enrollment(duration=24),
)


@cache
def plan(**target):
    return ici.sample_size(ici.Randomized(), UNSURE, **(target or {"power": 0.8}))


@cache
def interim():
    looks = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
    design = ici.Randomized(looks=looks, boundary=ici.Spending(0.025, futility=ici.HwangShihDeCani(-2)))
    return ici.sample_size(design, UNSURE, power=0.8)


def lines(axes):
    return {line.get_label(): np.column_stack(line.get_data()) for line in axes.lines}


def texts(axes):
    return [text.get_text() for text in axes.texts]


# ---- power -------------------------------------------------------------------------------------------


def test_reference_curves_are_those_of_power_and_assurance():
    drawn = lines(ici.plot(plan(), "power"))
    for n, found in drawn["power, typical case"][[24, 30, -1]]:
        exact = ici.power(ici.Randomized(n=2 * round(n / 2)), UNSURE).power
        near = np.interp(2 * round(n / 2), *drawn["power, typical case"].T)
        assert near == pytest.approx(exact, abs=2e-3), n
        assert 0 < found < 1
    for n in (110, 136, 300):
        near = np.interp(n, *drawn["assurance, over the priors"].T)
        assert near == pytest.approx(ici.assurance(ici.Randomized(n=n), UNSURE).power, abs=3e-3)


def test_law_the_curve_passes_through_the_plan():
    drawn = lines(ici.plot(plan(), "power"))
    (power,) = (y for n, y in drawn["power, typical case"] if n == plan().n)
    (assurance,) = (y for n, y in drawn["assurance, over the priors"] if n == plan().n)
    assert power == pytest.approx(plan().power, abs=1e-12)
    assert assurance == pytest.approx(plan().assurance, abs=1e-3)


def test_reference_target_ceiling_and_sizes_are_marked():
    sized = plan(assurance=0.8)
    said = texts(ici.plot(sized, "power"))
    ceiling = ndtr(-np.log(0.6) / 0.3)  # probability that the log hazard ratio is below 0
    assert {"target 0.8\nof assurance", f"ceiling {ceiling:.3f}\nof assurance", f"plan:\nn = {sized.n}"} < set(said)
    assert f"typical case:\nn = {plan().n}" in said  # that power of 0.8 needs
    assert {f"{sized.power:.3f}", "0.800"} < set(said)
    assert "tends to its ceiling 0.956 as n grows" in describe(sized)
    assert f"reached at n = {plan().n} in the typical case" in describe(sized)


def test_law_nothing_of_priors_is_drawn_where_nothing_is_uncertain():
    certain = ici.sample_size(ici.Randomized(), UNSURE.typical, power=0.8)
    axes = ici.plot(certain)
    assert "power" in lines(axes)
    assert not any("ceiling" in text or "assurance" in text for text in texts(axes))


def test_law_simulations_of_the_alternative_stand_in_the_picture():
    alternative, null = (
        ici.simulate(plan().design, world, replicates=300, rng=1) for world in (UNSURE.typical, UNSURE.typical.null)
    )
    (marks,) = ici.plot(plan().with_(simulated=(alternative, null))).containers
    assert np.column_stack(marks.lines[0].get_data()).tolist() == [[136.0, alternative.power]]


def test_law_sizes_at_which_the_looks_cannot_be_are_left_out():
    looks = ici.InTurn((ici.AtEvents(60), ici.AfterEnrollment(12)))
    sized = ici.sample_size(ici.Randomized(looks=looks, boundary=ici.Spending()), UNSURE.typical, power=0.8)
    n, power = lines(ici.plot(sized))["power"].T
    assert not np.isfinite(power[n < 60]).any()
    assert np.isfinite(power[n >= 80]).all()


# ---- spreads -----------------------------------------------------------------------------------------


def bars(axes):
    return [(patch.get_x(), patch.get_width(), patch.get_height()) for patch in axes.patches]


def test_reference_spread_of_power_sums_to_one_and_marks_the_quantiles_of_the_plan():
    axes = ici.plot(plan(), "spread of power")
    assert sum(height for _, _, height in bars(axes)) == pytest.approx(1, abs=1e-9)
    high = sum(height for x, _, height in bars(axes) if x > 0.79)
    assert high == pytest.approx(plan().averaged.power_at_least, abs=2e-3)
    marks = [line.get_xdata()[0] for line in axes.lines]
    assert marks == pytest.approx(list(plan().averaged.power_quantiles), abs=1e-12)


def test_reference_events_of_a_fixed_trial_spread_as_drawn_medians_do():
    """Independent draws of both priors, and events of exponential patients by the definition of expected events."""
    rng = np.random.default_rng(1)
    control = ici.baseline("mcc_pfs_primary").prior.rvs(4000, rng=rng)
    ratio = np.exp(np.log(0.6) + 0.3 * rng.standard_normal(4000))
    u = (np.arange(200) + 0.5) / 200 * 24  # entries in months
    events = 0.0
    for hazard in (np.log(2) / control, ratio * np.log(2) / control):
        events = events + 68 * (1 - np.exp(-hazard[:, None] * (36 - u))).mean(axis=1)
    marks = [line.get_xdata()[0] for line in ici.plot(plan(), "spread of events").lines]
    assert marks == pytest.approx(np.quantile(events, (0.1, 0.5, 0.9)).tolist(), rel=0.01)


def test_reference_months_of_a_trial_that_may_stop_are_weighted_by_how_often_it_does():
    averaged = interim().averaged
    axes = ici.plot(averaged, "spread of months")
    early = averaged.reject_by_look[0] + averaged.futility_by_look[0]
    found = sum(height for x, width, height in bars(axes) if x + width < 35)
    assert found == pytest.approx(early, abs=0.01)  # bars leave out 0.2 % at either end
    last = [line.get_xdata()[0] for line in axes.lines][-1]
    assert last == pytest.approx(36, abs=1e-9)
    assert "90 % 36.0" in describe(averaged, "spread of months")


def test_law_what_does_not_spread_is_not_offered():
    assert {"spread of power", "spread of events"} < set(views_of(plan()))
    assert "spread of months" not in views_of(plan())  # after enrolment, by the calendar
    assert "spread of months" in views_of(interim())  # it may stop at the first look
    by_events = ici.Randomized(looks=ici.AtEvents(100), n=200).plan_for(UNSURE)
    assert "spread of months" in views_of(ici.assurance(by_events, UNSURE))


def test_law_bars_of_power_that_hardly_spreads_are_narrow_and_hold_it_all():
    precise = UNSURE.with_(control=ici.Exponential(4.7), effect=ici.HazardRatio(LOGNORMAL(0.6, 0.01)))
    axes = ici.plot(ici.sample_size(ici.Randomized(), precise, power=0.8), "spread of power")
    held = bars(axes)
    assert sum(height for _, _, height in held) == pytest.approx(1, abs=1e-9)
    assert len([height for _, _, height in held if height]) >= 8
    low, high = axes.get_xlim()
    assert high - low < 0.2  # of the whole from 0 to 1
    assert all(low < line.get_xdata()[0] < high for line in axes.lines)


def test_law_names_of_sizes_that_are_close_stand_on_either_side(laid_out):
    sized = plan(assurance=0.7)
    axes = ici.plot(sized)
    assert laid_out(axes) == []
    first, second = (text for text in axes.texts if text.get_text().startswith(("plan", "typical")))
    assert {first.get_ha(), second.get_ha()} == {"left", "right"}


def test_law_weighted_quantiles_are_those_of_repeated_values():
    x, weights = np.array([3.0, 1.0, 2.0, 5.0]), np.array([1, 4, 3, 2])
    repeated = np.repeat(x, weights)
    p = (0.05, 0.4, 0.41, 0.7, 0.99)
    expected = np.quantile(repeated, p, method="inverted_cdf").tolist()
    assert list(weighted_quantiles(x, weights.astype(float), p)) == expected


# ---- timeline ----------------------------------------------------------------------------------------


def test_reference_timeline_by_the_definition_of_expected_events():
    axes = ici.plot(interim(), "timeline")
    drawn = lines(axes)
    u = (np.arange(2000) + 0.5) / 2000 * 24
    for arm, hazard in (("control", np.log(2) / 4.7), ("experimental", 0.6 * np.log(2) / 4.7)):
        months, events = drawn[f"events, {arm} arm"].T
        for k in (20, 80, 140):
            exact = interim().n / 2 * (1 - np.exp(-hazard * np.maximum(months[k] - u, 0))).mean()
            assert events[k] == pytest.approx(exact, rel=1e-4)
    both = drawn["events, control arm"][:, 1] + drawn["events, experimental arm"][:, 1]
    at = np.interp(interim().months, drawn["events, control arm"][:, 0], both)
    assert at == pytest.approx(list(interim().characteristics.events), abs=1e-6)
    enrolled = np.interp((12.0, 24.0, 30.0), *drawn["patients enrolled, all 142 by month 24.0"].T)
    assert enrolled == pytest.approx([71, 142, 142], abs=0.2)
    assert "look 1\nmonth 21.0\n77 events" in texts(axes)
    assert "look 2 in month 36.0 with 128.5 events" in describe(interim(), "timeline")


# ---- sensitivity -------------------------------------------------------------------------------------


def test_reference_bars_reach_from_the_power_of_the_plan_to_that_of_the_changed_scenario():
    axes = ici.plot(plan(), "sensitivity")
    low, high = (container.patches for container in axes.containers)
    first = [bar[0] for bar in (low, high)]
    moved = [UNSURE.typical.with_(effect=ici.HazardRatio(0.6 * np.exp(s * 1.2815515655 * 0.3))) for s in (-1, 1)]
    for bar, world in zip(first, moved, strict=True):
        assert bar.get_x() + bar.get_width() == pytest.approx(ici.power(plan().design, world).power, abs=1e-9)
        assert bar.get_x() == plan().power
    assert axes.get_yticklabels()[0].get_text() == "hazard ratio\n10 and 90 % of its prior"
    swings = [
        max(0, a.get_width(), b.get_width()) - min(0, a.get_width(), b.get_width())
        for a, b in zip(low, high, strict=True)
    ]
    assert swings == sorted(swings, reverse=True)
    assert describe(plan(), "sensitivity").startswith("Power, 0.804 as planned, where one number is otherwise. hazard")


# ---- labels ------------------------------------------------------------------------------------------


def test_law_labels_stand_apart_and_stay_within_limits():
    places = [1.0, 1.1, 1.2, 8.0, 9.9]
    found = spaced(places, 1.5, 0.0, 10.0)
    at = [x for _, x in found]
    assert [k for k, _ in found] == [0, 1, 2, 3, 4]
    assert min(np.diff(at)) >= 1.5 - 1e-9
    assert at[0] >= 0
    assert at[-1] <= 10
    few = spaced(np.linspace(0, 10, 50).tolist(), 3.0, 0.0, 10.0)
    assert [k for k, _ in few] == [0, 16, 33, 49]
    assert apart([0.1, 0.2, 0.5, 0.95, 1.0], 0.2) == [1, 2, 4]
