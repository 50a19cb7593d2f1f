"""The root finder, public and batched."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq

import icibaseline as ici
from icibaseline.solve import root

# increasing functions: smooth, flat, steep, kinked, and nearly a step
MONOTONE = [
    lambda x: x,
    lambda x: x**3,
    lambda x: x**9,
    math.exp,
    math.atan,
    lambda x: math.tanh(30 * x),
    lambda x: x if x < 1 else 1 + 100 * (x - 1),
    lambda x: math.copysign(abs(x) ** 0.2, x),
]


@given(st.sampled_from(MONOTONE), st.floats(-3, 3), st.floats(0.001, 5), st.floats(0.001, 5), st.booleans())
def test_law_inverts_a_monotone_function(function, x, below, above, falling):
    sign = -1 if falling else 1
    target, between = sign * function(x), (x - below, x + above)
    found = ici.solve(lambda t: sign * function(t), target, between=between)
    near = [sign * function(v) for v in (found.x * (1 - 1e-10) - 1e-10, found.x * (1 + 1e-10) + 1e-10)]
    assert min(near) <= target <= max(near)
    assert found.value == sign * function(found.x)
    assert between[0] <= found.x <= between[1]
    assert found.evaluations <= (120 if abs(x) > 1e-3 else 205)  # the bracket shrinks relative to the solution


@given(st.floats(0.05, 0.95))
def test_law_agrees_with_brent(target):
    def smooth(x):
        return 1 / (1 + math.exp(-x))

    found = ici.solve(smooth, equals=target, between=(-10, 10))
    assert found.x == pytest.approx(brentq(lambda x: smooth(x) - target, -10, 10, xtol=1e-14), abs=1e-11)
    assert found.evaluations < 25


def test_law_counts_every_call():
    calls = []

    def function(x):
        calls.append(x)
        assert isinstance(x, float)
        return x**3

    found = ici.solve(function, equals=8, between=(0, 5))
    assert found.x == pytest.approx(2, rel=1e-12)
    assert found.evaluations == len(calls)


def test_law_ends_may_be_the_answer():
    assert ici.solve(lambda x: x, 0, between=(0, 1)).x == 0
    assert ici.solve(lambda x: x, 1, between=(0, 1)).x == 1


def test_law_tolerance_is_kept():
    for tolerance in (1e-2, 1e-6):
        found = ici.solve(lambda x: x**3, 8, between=(0, 5), tolerance=tolerance)
        assert abs(found.x - 2) <= 2 * 2 * tolerance
    loose = ici.solve(lambda x: x**3, 8, between=(0, 5), tolerance=1e-2).evaluations
    assert loose < ici.solve(lambda x: x**3, 8, between=(0, 5)).evaluations


def test_law_a_failure_names_range_nearest_and_what_to_change():
    with pytest.raises(ici.NoSolution) as error:
        ici.solve(lambda x: x**2, equals=30, between=(1, 5))
    said = str(error.value)
    for part in (
        "`equals`",
        "between 1 and 5",
        "got 30",
        "1 and 25 at the ends",
        "Nearest: 25 at 5",
        "Widen `between`",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((7, 1, (0, 1)), "function"),
        ((math.exp, math.nan, (0, 1)), "equals"),
        ((math.exp, "1", (0, 1)), "equals"),
        ((math.exp, 1, (1, 0)), "between"),
        ((math.exp, 1, (0, math.inf)), "between"),
        ((math.exp, 1, (0, 1, 2)), "between"),
        ((math.exp, 1, 3), "between"),
        ((lambda x: math.nan, 1, (0, 1)), "function"),
        ((lambda x: "1", 1, (0, 1)), "function"),
        ((lambda x: None, 1, (0, 1)), "function"),
    ],
)
def test_law_bad_input_is_named(arguments, name):
    function, equals, between = arguments
    with pytest.raises(ici.InvalidInput, match=f"`{name}"):
        ici.solve(function, equals, between=between)
    with pytest.raises(ici.InvalidInput, match="`tolerance`"):
        ici.solve(math.exp, 1, between=(-1, 1), tolerance=0)


def test_law_solves_a_design_question():
    """The hazard ratio that 134 patients detect with power 0.9."""
    truth = ici.Scenario(
        control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
    )

    def power(ratio):
        return ici.power(ici.Randomized(134), truth.with_(effect=ici.HazardRatio(ratio))).power

    ratio = ici.solve(power, equals=0.9, between=(0.3, 0.95)).x
    assert power(ratio) == pytest.approx(0.9, abs=1e-10)
    with pytest.raises(ici.NoSolution, match="Nearest"):
        ici.solve(power, equals=0.01, between=(0.3, 0.95))


# ---- a batch ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.1, 3)), min_size=1, max_size=20))
def test_law_a_batch_is_its_members(members):
    centre, slope = map(np.array, zip(*members, strict=True))

    def function(x):
        return np.tanh(slope * (x - centre)) + 0.1 * (x - centre)

    low, high = centre - 3.3, centre + 4.7
    kept = low.copy(), high.copy()
    assert_allclose(root(function, low, high), centre, rtol=1e-9, atol=1e-9)
    assert np.array_equal(low, kept[0])
    assert np.array_equal(high, kept[1])


def test_law_values_close_to_zero_may_be_enough():
    """The others of a batch go on, and those that are done stay."""
    seen = []

    def function(x):
        seen.append(x.copy())
        return np.array([x[0] - 0.3, x[1] ** 9 - 0.2])

    found = root(function, np.zeros(2), np.ones(2), zero=1e-6)
    exact = np.array([0.3, 0.2 ** (1 / 9)])
    assert np.all(np.abs(function(found)) <= 1e-6)
    few = len(seen)
    assert_allclose(root(function, np.zeros(2), np.ones(2)), exact, rtol=1e-12)
    assert few < len(seen) - few


def test_law_a_batch_needs_brackets():
    assume_error = pytest.raises(ici.InvalidInput, match="bracket")
    with assume_error:
        root(lambda x: x, np.array([-1.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(ici.InvalidInput, match="bracket"):
        root(lambda x: np.full_like(x, np.nan), np.array([-1.0]), np.array([1.0]))


@given(st.floats(-1, 1))
def test_law_brackets_may_be_turned_round(x):
    assume(abs(x) > 1e-6)
    assert_allclose(root(lambda t: t - x, np.array([2.0]), np.array([-2.0])), x, rtol=1e-12)
