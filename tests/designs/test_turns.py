"""Averages over priors within which looks become the last one, against sums over thousands of scenarios."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr

import icibaseline as ici
from icibaseline.designs.turns import finest, movement, split, turning

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

MONTHS = ici.AtMonths((20, 26, 32, 36))
AT_THE_END = ici.Spending(0.025, efficacy=None)
GIVING_UP = ici.Spending(0.025, efficacy_looks=(4,), futility=ici.HwangShihDeCani(-2), beta=0.2)
CONTROL = ici.NormalMixture.lognormal(4.7, 0.4)
EFFECT = ici.NormalMixture.lognormal(0.6, 0.3)
JUMP = 0.3004


def world(control, effect=0.6):
    return ici.Scenario(
        control=ici.Exponential(median=control), effect=ici.HazardRatio(effect), enrollment=ici.Enrollment(duration=24)
    )


def midpoints(count, reach=6.5):
    z = reach * (2 * np.arange(count) + 1 - count) / count
    weights = np.exp(-(z**2) / 2)
    return z, weights / weights.sum()


def ends(design, scenario, values, weights):
    """Power and months when the trial ends, summed over scenarios that were evaluated one by one."""
    found = design.evaluate(scenario.at(values))
    stops, looks = found.reject + found.futility, found.reject.shape[1]
    last = looks - 1 - np.broadcast_to(found.left, (len(stops), 1))
    early = np.where(np.arange(looks) < last, stops, 0.0)
    months = (early * found.months).sum(1)
    months = months + (1 - early.sum(1)) * np.take_along_axis(found.months, last, axis=1)[:, 0]
    return weights @ found.reject.sum(1), weights @ months


@pytest.mark.parametrize(("boundary", "count"), [(AT_THE_END, 20_000), (GIVING_UP, 4000), (ici.Spending(0.025), 4000)])
def test_law_one_prior_within_which_looks_become_the_last(boundary, count):
    scenario = world(CONTROL)
    design = ici.Randomized(150, looks=MONTHS, boundary=boundary).plan_for(scenario)
    z, weights = midpoints(count)
    values = np.split(4.7 * np.exp(0.4 * z), count // 1000)
    parts = zip(values, np.split(weights, count // 1000), strict=True)
    power, months = np.sum([ends(design, scenario, [x], w) for x, w in parts], axis=0)
    result = ici.assurance(design, scenario)
    assert_allclose(result.power, power, rtol=0, atol=0.05 / count)  # a jump lies anywhere between two midpoints
    assert_allclose(result.expected_months, months, rtol=0, atol=8 / count)


@pytest.mark.parametrize("boundary", [GIVING_UP, ici.Spending(0.025)])
def test_law_the_distribution_of_power_has_the_jumps(boundary):
    """With the end only, power jumps from 0.8085 to 0.7961, and is nearly flat on both sides."""
    scenario = world(CONTROL)
    design = ici.Randomized(150, looks=MONTHS, boundary=boundary).plan_for(scenario)
    z, weights = midpoints(4000)
    parts = np.split(4.7 * np.exp(0.4 * z), 4)
    power = np.concatenate([design.evaluate(scenario.at([x])).power for x in parts])
    result = ici.assurance(design, scenario)
    assert_allclose(result.power_at_least, weights @ (power >= 0.8), rtol=0, atol=2e-3)
    order = np.argsort(power)
    known = power[order][np.searchsorted(np.cumsum(weights[order]), [0.1, 0.5, 0.9])]
    assert_allclose(result.power_quantiles, known, rtol=0, atol=3e-4)


def test_law_two_priors_within_which_looks_become_the_last():
    """The sum over the effect, six nodes for each standard deviation, is of averages over the control."""
    scenario = world(CONTROL, EFFECT)
    design = ici.Randomized(150, looks=MONTHS, boundary=AT_THE_END).plan_for(scenario)
    z, weights = midpoints(72, 6.0)
    each = [ici.assurance(design, world(CONTROL, float(0.6 * np.exp(0.3 * x)))) for x in z]
    result = ici.assurance(design, scenario)
    assert_allclose(result.power, weights @ [r.power for r in each], rtol=0, atol=1e-5)
    assert_allclose(result.expected_months, weights @ [r.expected_months for r in each], rtol=0, atol=3e-4)


@pytest.mark.parametrize(
    "design",
    [
        ici.SingleArm(
            40,
            statistic=ici.OneSampleLogRank(),
            rule=ici.Spending(0.05, ici.Pocock()),
            looks=ici.AtMonths((18, 26, 30)),
        ),
        ici.TwoStageSurvival(40, interim=27, c1=0.0, c=1.6),
    ],
    ids=["spending", "two stages"],
)
def test_law_one_arm_in_which_looks_become_the_last(design):
    """Against the benchmark's prior, without an effect."""
    scenario = world(ici.NormalMixture.lognormal(4.7, 0.5), 1.0)
    design = design.with_(benchmark=ici.Exponential(4.7)).plan_for(scenario)
    z, weights = midpoints(1500)
    power, months = ends(design, scenario, [4.7 * np.exp(0.5 * z)], weights)
    result = ici.assurance(design, scenario)
    assert_allclose(result.power, power, rtol=0, atol=2e-4)
    assert_allclose(result.expected_months, months, rtol=0, atol=6e-3)
    turns = design.evaluate(scenario.at([4.7 * np.exp(0.5 * z)])).turns
    assert (turns >= 0).any()
    assert (turns < 0).any()


def test_law_months_that_are_the_clock_turn_nothing():
    """On the calendar no look is the last before its month, however many events it has."""
    boundary = ici.Spending(0.025, time=ici.CalendarTime())
    design = ici.Randomized(150, looks=MONTHS, boundary=boundary).plan_for(world(CONTROL))
    found = design.evaluate(world(np.array([1.0, 4.7, 20.0])))
    assert np.all(found.turns < 0)
    assert not found.left.any()


def test_law_where_turns_are_zero_looks_are_left_out():
    design = ici.Randomized(150, looks=MONTHS, boundary=AT_THE_END).plan_for(world(CONTROL))
    found = design.evaluate(world(np.geomspace(1, 20, 500)))
    at_end = found.turns >= 0
    assert 0 < at_end.sum() < at_end.size
    assert_allclose(found.left[:, 0], at_end.sum(axis=1))


# ---- the rule ----------------------------------------------------------------------------------------


def test_law_a_step_in_a_plane_is_integrated_exactly():
    """P(a + b x + c y > 0) is normal; along y the step is split, and along x it is smooth."""
    a, b, c = 0.3, 0.7, 1.0

    def turns(z):
        return (a + b * z[:, 0] + c * z[:, 1])[:, None]

    x, w = np.polynomial.hermite_e.hermegauss(40)
    outer = np.stack([x, np.zeros(40)], axis=1)
    nodes, weights = split(turns, outer, w / w.sum(), axis=1, steepness=0.1)
    assert_allclose(weights.sum(), 1, rtol=1e-12)
    assert_allclose(weights @ (turns(nodes)[:, 0] > 0), ndtr(a / np.hypot(b, c)), rtol=0, atol=1e-8)
    assert_allclose(weights @ nodes[:, 1] ** 2, 1, rtol=0, atol=1e-8)


def test_law_an_infinite_slope_at_a_place_is_integrated():
    """The root of half a normal number: E sqrt(max(z, 0)) = gamma(3/4) 2^(1/4) / (2 sqrt(pi))."""
    from scipy.special import gamma

    nodes, weights = split(lambda z: z, np.zeros((1, 1)), np.ones(1), axis=0, steepness=0.1)
    exact = gamma(0.75) * 2**0.25 / (2 * np.sqrt(np.pi))
    assert_allclose(weights @ np.sqrt(np.maximum(nodes[:, 0], 0)), exact, rtol=0, atol=1e-6)


def test_law_a_split_takes_the_axis_with_the_fewest_nodes():
    """At 0.1 + x + 0.2 y the places move by 0.2 along x, but by 5 along y."""
    steps = np.array([[0.0, 0.0], [1, 0], [0, 1], [-1, 0], [0, -1]])
    probes = (0.1 + steps @ [1.0, 0.2])[:, None]
    assert movement(probes, [8, 8]) == (0, (1, 8))
    assert movement(probes, [200, 8]).axis == 0
    assert movement(probes, [8, 200]).axis == 1


def test_law_values_are_interpolated_up_to_a_jump_and_not_across():
    """A cosine that jumps by 5 at 0.3004."""
    z = np.concatenate([np.linspace(-7, JUMP - 1e-5, 60), np.linspace(JUMP + 1e-5, 7, 50)])
    found = finest(np.cos(z) + 5 * (z > JUMP), z, (z - JUMP)[:, None])
    even = np.linspace(-8, 8, len(found))
    inside = np.abs(even) < 7
    assert_allclose(found[inside], (np.cos(even) + 5 * (even > JUMP))[inside], rtol=0, atol=1e-4)
    whole = finest(np.cos(z), z, np.ones((len(z), 1)))
    assert_allclose(whole[inside], np.cos(even)[inside], rtol=0, atol=1e-4)


def test_law_scenarios_without_weight_do_not_count():
    turns = np.array([[-1.0], [-1.0], [1.0]])
    assert turning(turns, np.array([0.5, 0.3, 0.2]))
    assert not turning(turns, np.array([0.5, 0.5, 1e-12]))
    assert not turning(np.zeros((3, 0)), np.ones(3))
