"""The curve of those who have come so far without the event."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate

from icibaseline._values import Value
from icibaseline.errors import InvalidInput
from icibaseline.survival import (
    Conditional,
    Curve,
    Exponential,
    LogLogistic,
    LogNormal,
    Mixture,
    MixtureCure,
    PiecewiseExponential,
    Weibull,
)

INF = math.inf
T = np.array([0.0, 1e-9, 0.3, 1.0, 2.6, 7.5, 60.0])
STEPS = PiecewiseExponential((0.3, 0.05, 0.12), (2, 6))
BASES = [
    Exponential(4.7),
    Weibull(shape=0.73, median=4.7),
    Weibull(shape=2.5, median=4.7),
    STEPS,
    LogLogistic(shape=1.3, median=4.7),
    LogNormal(sigma=1.1, median=4.7),
    Mixture((0.8, 0.2), (Exponential(4.7), Exponential(9.5))),
    MixtureCure(Exponential(4.7), cured=0.1),
    Exponential(4.7).scaled(0.6, 3),
]


def test_published_a_month_without_the_event_before_randomisation() -> None:
    """With a Weibull shape of 0.73 the median moves from 4.7 to 5.9 months."""
    assert Weibull(shape=0.73, median=4.7).after(1).median == pytest.approx(5.9, abs=0.05)


@pytest.mark.parametrize("base", BASES, ids=str)
@pytest.mark.parametrize("months", [0.5, 4.0])
def test_reference_survival_is_a_ratio(base: Curve, months: float) -> None:
    curve = base.after(months)
    ratio = np.asarray(base.survival(T + months)) / base.survival(months)
    np.testing.assert_allclose(curve.survival(T), ratio, rtol=1e-13)
    np.testing.assert_array_equal(curve.hazard(T), base.hazard(T + months))
    p = np.array([0.0, 0.1, 0.5, 0.8])
    np.testing.assert_allclose(curve.survival(curve.quantile(p)), 1 - p, rtol=1e-13)
    for horizon in (1e-3, 3.0, 24.0):
        marks = [0.0, *(k for k in curve.knots if k < horizon), horizon]
        known = sum(
            integrate.quad(curve.survival, a, b, epsabs=1e-15, epsrel=1e-13, limit=200)[0] for a, b in pairwise(marks)
        )
        assert curve.restricted_mean(horizon) == pytest.approx(known, rel=1e-12)


def test_reference_knots_move_and_those_that_are_past_go() -> None:
    assert STEPS.after(1).knots == (1.0, 5.0)
    assert STEPS.after(2).knots == (4.0,)
    assert STEPS.after(7).knots == ()
    late = Exponential(4.7).scaled(0.6, np.array([1.0, 3.0, 5.0])).after(2)
    assert np.asarray(late.moving_knots).tolist() == [[0.0], [1.0], [3.0]]
    both = Conditional(STEPS, months=np.array([1.0, 3.0]))
    assert both.knots == ()
    assert np.asarray(both.moving_knots).tolist() == [[1.0, 5.0], [0.0, 3.0]]


def test_law_the_exponential_curve_does_not_age() -> None:
    curve, base = Exponential(4.7).after(3), Exponential(4.7)
    for method in ("survival", "hazard", "restricted_mean"):
        np.testing.assert_allclose(getattr(curve, method)(T[2:]), getattr(base, method)(T[2:]), rtol=1e-13)
    assert curve.median == pytest.approx(4.7, rel=1e-14)
    assert curve.restricted_mean(INF) == pytest.approx(base.restricted_mean(INF), rel=1e-12)


def test_law_from_the_start_it_is_the_curve_itself() -> None:
    for base in BASES:
        assert base.after(0) is base
        np.testing.assert_array_equal(Conditional(base, 0.0).cumulative_hazard(T), base.cumulative_hazard(T))


@given(st.sampled_from(BASES), st.floats(0.01, 6), st.floats(0.01, 6), st.floats(0.2, 3))
def test_law_two_waits_are_one_and_scaling_comes_before_or_after(base: Curve, a: float, b: float, r: float) -> None:
    np.testing.assert_allclose(base.after(a).after(b).survival(T), base.after(a + b).survival(T), rtol=1e-12)
    np.testing.assert_allclose(base.scaled(r).after(a).survival(T), base.after(a).scaled(r).survival(T), rtol=1e-12)


@given(st.floats(0.3, 0.95), st.floats(1.05, 4), st.floats(0.05, 12))
def test_law_those_who_come_so_far_do_better_if_the_hazard_falls(falls: float, rises: float, months: float) -> None:
    assert Weibull(shape=falls, median=4.7).after(months).median > 4.7
    assert Weibull(shape=rises, median=4.7).after(months).median < 4.7


def test_law_a_mixture_that_waits_mixes_those_who_are_left() -> None:
    parts, months = (Exponential(4.7), Weibull(shape=0.73, median=9.5)), 3.0
    left = np.array([0.8 * parts[0].survival(months), 0.2 * parts[1].survival(months)])
    same = Mixture(left / left.sum(), tuple(part.after(months) for part in parts))
    curve = Mixture((0.8, 0.2), parts).after(months)
    np.testing.assert_allclose(curve.cumulative_hazard(T[2:]), same.cumulative_hazard(T[2:]), rtol=1e-13)
    np.testing.assert_allclose(curve.hazard(T), same.hazard(T), rtol=1e-13)


def test_regression_nothing_happens_at_once_whatever_the_rounding() -> None:
    curve = Conditional(Mixture((0.5, 0.5), (Exponential(1.5), Exponential(rate=0.5))), months=1.5)
    assert curve.quantile(0) == 0
    assert np.asarray(curve.inverse_cumulative_hazard(np.zeros((2, 3)), out=np.ones((2, 3)))).max() == 0


def test_regression_texts_reprs_and_refusals() -> None:
    curve = STEPS.after(1)
    assert repr(curve) == f"Conditional({STEPS!r}, months=1.0)"
    assert eval(repr(curve)) == curve == Value.from_dict(curve.to_dict())
    said = "exponential, median 4.7 months; of those without the event at month 1, median 4.7 months from then"
    assert str(Exponential(4.7).after(1)) == said
    for bad in (-1, math.nan, INF, "1", None, True):
        with pytest.raises(InvalidInput, match="`months` must be 0 or a positive number"):
            STEPS.after(bad)
    with pytest.raises(InvalidInput, match="`base` must be a survival curve"):
        Conditional(4.7, months=1)
    with pytest.raises(InvalidInput, match="`months` must be a time that some reach without the event; got 1e"):
        Weibull(shape=4, median=3).after(1e100).survival(3)
