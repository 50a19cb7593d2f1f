"""What Z says of a hazard ratio: urns drawn one by one, and simulated patients, as witnesses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

import icibaseline as ici
from icibaseline.monitoring.inference import Ahead, repeated_interval
from icibaseline.monitoring.scale import STRAIGHT, Risk

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")


def truth(ratio):
    return ici.Scenario(ici.Exponential(median=12), ici.HazardRatio(ratio), enrollment=ici.Enrollment(duration=24))


def planned(ratio, hazard_ratio, events=(200, 400), n=600, **more):
    boundary = ici.Spending(0.025, ici.KimDeMets(8))
    return ici.Randomized(n, ratio=ratio, looks=ici.AtEvents(events), boundary=boundary, **more).plan_for(
        truth(hazard_ratio)
    )


def urns(ratio, null, true, looks, n, trials):
    """Z after numbers of events: who is next is drawn by the hazards of those who are left."""
    rng = np.random.default_rng(5)
    treated = np.full(trials, float(round(n * ratio / (1 + ratio))))
    control = n - treated
    score, variance, found = np.zeros(trials), np.zeros(trials), []
    for event in range(1, max(looks) + 1):
        p = null * treated / (control + null * treated)
        is_treated = rng.random(trials) < true * treated / (control + true * treated)
        score += p - is_treated
        variance += p * (1 - p)
        treated -= is_treated
        control -= ~is_treated
        if event in looks:
            found.append(score / np.sqrt(variance))
    return np.array(found)


@pytest.mark.parametrize(
    ("ratio", "null", "true"), [(1, 1.0, 0.5), (2, 1.0, 0.5), (3, 1.0, 0.6), (0.5, 1.0, 0.6), (2, 1.4, 0.9)]
)
def test_reference_mean_and_spread_are_those_of_urns(ratio, null, true):
    looks, trials = (120, 400), 20_000
    z = urns(ratio, null, true, looks, 600, trials)
    information = np.array(looks) * ratio / (1 + ratio) ** 2
    scale, effect = Risk(ratio, null, 600), np.asarray(np.log(null / true))
    mean = scale.score(effect, information) / np.sqrt(information)
    assert_allclose(mean, z.mean(axis=1), atol=0.04)  # the formula is of first order
    assert_allclose(scale.spread(effect, information), z.std(axis=1), rtol=0.025)
    for k in range(2):
        assert scale.effect(float(mean[k]), information[k]) == pytest.approx(float(effect), abs=1e-9)


@pytest.mark.parametrize("ratio", [0.2, 1, 2, 5])
def test_law_near_the_null_it_is_schoenfelds_and_it_always_rises(ratio):
    information, scale = np.array([0.01, 30.0, 70.0]), Risk(ratio, 1.0, 700)
    small = np.array([-1e-4, 0.0, 1e-4])
    assert_allclose(scale.score(small, information), STRAIGHT.score(small, information), atol=2e-6)
    assert_allclose(scale.spread(small, information), 1, atol=1e-4)
    wide = np.linspace(-6, 6, 400)
    assert np.all(np.diff(scale.score(wide, information), axis=0) > 0)
    for z in (-40.0, -3.0, 8.0, 60.0):
        effect = scale.effect(z, 30.0)
        assert scale.score(np.asarray(effect), np.array([30.0]))[0] / np.sqrt(30) == pytest.approx(z, abs=1e-7)


@pytest.mark.parametrize(("ratio", "true"), [(2, 0.5), (3, 0.5)])
def test_law_estimates_and_intervals_of_simulated_patients_at_unequal_allocation(ratio, true):
    """Z taken as proportional to the log hazard ratio would have 6 % and 10 % above, and medians 0.476 and 0.461."""
    design, events, trials = planned(ratio, true), (200, 400), 600
    r = design.replicate(truth(true), trials, np.random.default_rng(1))
    above, below, estimates = 0, 0, []
    for z in r.score / np.sqrt(r.information):
        history = ici.monitor(design, ici.Look(events[0], z=z[0]))
        if not history.ended:
            history = ici.monitor(design, [ici.Look(e, z=x) for e, x in zip(events, z, strict=True)])
        above += true > history.interval[1]
        below += true < history.interval[0]
        estimates.append(history.hazard_ratio)
    assert above <= norm.isf(0.002) * np.sqrt(0.025 * trials) + 0.025 * trials
    assert below <= norm.isf(0.002) * np.sqrt(0.025 * trials) + 0.025 * trials
    assert np.median(estimates) == pytest.approx(true, abs=0.012)


@pytest.mark.parametrize(("ratio", "true"), [(1, 0.65), (2, 0.65), (3, 0.5), (0.5, 0.6)])
@pytest.mark.parametrize("z", [0.3, 1.2])
def test_law_conditional_power_as_planned_is_that_of_the_planned_hazard_ratio(ratio, true, z):
    history = ici.monitor(planned(ratio, true, events=(90, 180), n=400), ici.Look(90, z=z))
    assert history.conditional_power[0] == pytest.approx(history.conditional_power_at(true), abs=0.006)


@pytest.mark.parametrize(("ratio", "true"), [(2, 0.6), (3, 0.5)])
def test_law_predictive_power_is_that_of_the_plan_where_the_prior_is_sure_at_unequal_allocation(ratio, true):
    design = planned(ratio, true, events=(60, 120), n=180)
    sure = ici.NormalMixture.lognormal(true, 1e-3)
    asked = ici.preposterior(design, prior=sure)
    for z in (0.3, 0.8):
        as_planned = ici.monitor(design, ici.Look(60, z=z)).conditional_power[0]
        assert asked.predictive_power_at(z) == pytest.approx(as_planned, abs=0.008)
    middle = asked.z[asked.results.index("prior-predictive median")]
    assert middle == pytest.approx(design.planned.drift[0], abs=0.04)


@pytest.mark.parametrize(("ratio", "true"), [(2, 0.5), (3, 0.5), (1, 0.6)])
def test_law_repeated_intervals_of_simulated_patients_hold_at_both_looks_at_once(ratio, true):
    """With Z of variance 1 they would hold in 93.6 % at 2:1, and in 92.9 % at 3:1. Ends are those of the interval."""
    design, events, trials = ici.Randomized(600, ratio=ratio, looks=ici.AtEvents((200, 400))), (200, 400), 8000
    design = design.with_(boundary=ici.Spending(0.025)).plan_for(truth(true))
    r = design.replicate(truth(true), trials, np.random.default_rng(3))
    seen = r.score / np.sqrt(r.information)
    held = np.ones(trials, dtype=bool)
    for k in range(2):
        at, bound = design.information_from(np.array(float(events[k]))), design.planned.efficacy_bounds[k]
        scale = Risk(ratio, 1.0, 600)
        ends = np.array([repeated_interval(float(at), bound, z, scale) for z in np.linspace(-2, 14, 161)])
        low, high = (np.interp(seen[:, k], np.linspace(-2, 14, 161), end) for end in ends.T)
        held &= (low < -np.log(true)) & (-np.log(true) < high)
    assert np.mean(held) == pytest.approx(0.95, abs=3.5 * np.sqrt(0.05 * 0.95 / trials))


@pytest.mark.parametrize("z", [-1.0, 2.0, 5.0])
def test_law_ends_of_a_repeated_interval_are_a_bound_of_deviations_away(z):
    scale, at, bound = Risk(2, 1.0, 600), 40.0, 3.0
    for effect, sign in zip(repeated_interval(at, bound, z, scale), (1, -1), strict=True):
        mean = float(scale.score(np.asarray(effect), np.array([at]))[0]) / at**0.5
        assert z - mean == pytest.approx(
            sign * bound * float(scale.spread(np.asarray(effect), np.array([at]))[0]), abs=1e-7
        )
    assert repeated_interval(at, np.inf, z, scale) == (-np.inf, np.inf)


def test_law_conditional_power_of_simulated_patients_at_unequal_allocation():
    """With Z of variance 1 it would lie too far from a half: trials at 0.81 would reject in 0.78."""
    trials, true, n = 16_000, 0.5, 300
    design = ici.Randomized(n, ratio=2, looks=ici.AtEvents((30, 60)), boundary=ici.Spending(0.025)).plan_for(
        truth(true)
    )
    r = design.replicate(truth(true), trials, np.random.default_rng(2))
    first, last = (r.score / np.sqrt(r.information)).T
    grid, bounds = np.linspace(-3, 6, 91), design.planned_boundary.planned_bounds
    ahead = (Ahead.of(bounds, 1, z, Risk(2, 1.0, n)) for z in grid)
    given = np.interp(first, grid, [norm.ppf(float(a.power_at(np.asarray(-np.log(true))))) for a in ahead])
    power, weight = norm.cdf(given), given * norm.pdf(given)
    excess = np.mean(((last >= design.planned.efficacy_bounds[1]) - power) * weight)
    assert abs(excess) < 3.5 * np.sqrt(np.mean(power * (1 - power) * weight**2) / trials)


def test_law_schoenfelds_formula_stays_with_the_straight_line_and_says_so():
    history = ici.monitor(planned(2, 0.6, statistic=ici.LogRank(formula="schoenfeld")), ici.Look(200, z=1.0))
    assert history.hazard_ratios[0] == pytest.approx(np.exp(-1 / np.sqrt(200 * 2 / 9)), rel=1e-12)
    assert history.remarks[-1].startswith("by Schoenfeld's formula Z is taken to be proportional to the log hazard")
