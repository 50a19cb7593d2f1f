"""A population of several parts against closed forms, brentq and the laws of mixing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, optimize

from icibaseline._values import Value, replace_unknowns
from icibaseline.distributions import BetaMixture, Dirichlet, NormalMixture
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
TWO = (Exponential(4.7), Exponential(9.5))
MIXED = Mixture((0.8, 0.2), TWO)
T = np.array([0.0, 1e-9, 0.3, 2.6, 7.5, 60.0, 400.0])


# ---- reference -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "median"), [(0.75, 5.51), (44 / 75, 6.16), (0.8, 5.33), (1 - 1e-12, 4.70)])
def test_published_medians_of_primary_and_acquired_resistance(share: float, median: float) -> None:
    """Medians of 4.7 and 9.5 months in their parts of one population."""
    assert Mixture(share, TWO).median == pytest.approx(median, abs=0.006)


def test_published_responders_and_others() -> None:
    """58 of 463 with a median of 16.8 months, the others with 6.5: 7.18 together, near the 7.1 that was printed."""
    curve = Mixture((58 / 463, 405 / 463), (Exponential(16.8), Exponential(6.5)))
    assert curve.median == pytest.approx(7.18, abs=0.005)


def test_reference_fifty_digits() -> None:
    """Cumulative hazard and hazard of two exponentials, and two medians, by mpmath."""
    for t, level, hazard in (
        (1e-12, 1.3257507104102829e-13, 0.13257507104102784),
        (5.0, 0.65094337247384598, 0.12763822229426622),
        (5000.0, 366.42374347030005, 0.07296286111157319),
        (1e6, 72964.470549485625, 0.07296286111157319),
    ):
        assert MIXED.cumulative_hazard(t) == pytest.approx(level, rel=1e-15, abs=0)
        assert MIXED.hazard(t) == pytest.approx(hazard, rel=1e-15, abs=0)
        assert MIXED.inverse_cumulative_hazard(level) == pytest.approx(t, rel=1e-14, abs=0)
    assert MIXED.median == pytest.approx(5.3311194852329181, rel=1e-15)
    assert Mixture(44 / 75, TWO).median == pytest.approx(6.1638422126077757, rel=1e-15)


def test_reference_equal_rates_two_steps_by_hand() -> None:
    """Two piecewise curves with different knots: the survival is the weighted sum at every month."""
    a, b = PiecewiseExponential((0.3, 0.0, 0.1), (2, 6)), PiecewiseExponential((0.05, 0.2), (4,))
    curve, t = Mixture((0.3, 0.7), (a, b)), np.linspace(0, 30, 301)
    alive = 0.3 * np.asarray(a.survival(t)) + 0.7 * np.asarray(b.survival(t))
    np.testing.assert_allclose(curve.survival(t), alive, rtol=1e-14)
    np.testing.assert_allclose(
        curve.density(t), 0.3 * np.asarray(a.density(t)) + 0.7 * np.asarray(b.density(t)), rtol=1e-14
    )
    assert curve.knots == (2, 4, 6)
    for horizon in (1.0, 5.0, 24.0, INF):
        means = 0.3 * a.restricted_mean(horizon) + 0.7 * b.restricted_mean(horizon)
        assert curve.restricted_mean(horizon) == pytest.approx(means, rel=1e-14)


def test_reference_ends() -> None:
    falling = Mixture((0.5, 0.5), (Weibull(shape=0.5, median=3), Exponential(3)))
    assert (falling.hazard(0), falling.survival(0), falling.quantile(0), falling.quantile(1)) == (INF, 1, 0, INF)
    assert falling.hazard(INF) == 0  # that of the Weibull curve, which comes to nothing last
    assert MIXED.hazard(INF) == pytest.approx(math.log(2) / 9.5, rel=1e-15)
    assert MIXED.survival(INF) == MIXED.density(INF) == 0


def test_reference_some_are_cured() -> None:
    """A part that never fails bounds the cumulative hazard; the level of a plateau is reached when it begins."""
    curve = Mixture((0.6, 0.4), (PiecewiseExponential((0.3, 0.0), (5,)), Exponential(9.5)))
    left = 0.6 * math.exp(-1.5)
    assert curve.survival(INF) == pytest.approx(left, rel=1e-15)
    assert (curve.quantile(1 - left + 1e-9), curve.restricted_mean(INF)) == (INF, INF)
    assert curve.survival(curve.quantile(1 - left - 1e-9)) == pytest.approx(left + 1e-9, rel=1e-14)
    flat = Mixture((0.5, 0.5), (PiecewiseExponential((0.3, 0.0), (5,)), PiecewiseExponential((0.1, 0.0), (8,))))
    assert flat.inverse_cumulative_hazard(flat.cumulative_hazard(8)) == pytest.approx(8, rel=1e-14)
    assert flat.inverse_cumulative_hazard(flat.cumulative_hazard(8) * (1 + 1e-15)) == INF
    gap = PiecewiseExponential((0.3, 0.0, 0.3), (2, 6))
    pause = Mixture((0.5, 0.5), (gap, gap.scaled(2.0)))
    assert pause.inverse_cumulative_hazard(pause.cumulative_hazard(4)) == pytest.approx(2, rel=1e-14)
    never = Mixture((0.9, 0.1), (PiecewiseExponential((0.0,)), Exponential(3)))
    assert never.quantile(0.05) == pytest.approx(3, rel=1e-14)
    assert never.quantile(0.2) == INF


# ---- the inverse -----------------------------------------------------------------------------------

months = st.floats(0.05, 200)
part = st.one_of(
    st.builds(lambda m: Exponential(m), months),
    st.builds(lambda k, m: Weibull(shape=k, median=m), st.floats(0.3, 8), months),
    st.builds(lambda k, m: LogLogistic(shape=k, median=m), st.floats(0.5, 6), months),
    st.builds(lambda s, m: LogNormal(sigma=s, median=m), st.floats(0.1, 2), months),
    st.builds(lambda a, b, k: PiecewiseExponential((a, b), (k,)), st.floats(0.01, 1), st.floats(0.01, 1), months),
)


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    parts = draw(st.lists(part, min_size=2, max_size=4))
    sizes = [math.exp(draw(st.floats(-7, 0))) for _ in parts]
    return Mixture(tuple(size / math.fsum(sizes) for size in sizes), tuple(parts))


@given(mixtures(), st.floats(-12, 4))
def test_law_inverse_is_brentq(curve: Mixture, exponent: float) -> None:
    h = 10 ** min(exponent, 2.5)
    ends = [part.inverse_cumulative_hazard(h) for part in curve.curves]
    low, high = math.log(min(ends)) - 1e-9, math.log(max(ends)) + 1e-9

    def gap(y: float) -> float:
        return math.log(curve.cumulative_hazard(math.exp(y)) / h)

    root = math.exp(optimize.brentq(gap, low, high, xtol=1e-15, rtol=4 * np.finfo(float).eps))
    assert curve.inverse_cumulative_hazard(h) == pytest.approx(root, rel=1e-12, abs=0)


@given(mixtures(), st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 50)), min_size=1, max_size=30))
def test_law_inverse_of_many_is_the_inverse_of_each(curve: Mixture, levels: list[float]) -> None:
    together = np.asarray(curve.inverse_cumulative_hazard(levels))
    np.testing.assert_allclose(together, [curve.inverse_cumulative_hazard(h) for h in levels], rtol=1e-12)
    in_order = together[np.argsort(levels)]
    assert np.all(in_order[1:] >= in_order[:-1] * (1 - 1e-14))


GAP = PiecewiseExponential((0.3, 0.0, 0.12), (1.5, 9))
MANY = [
    MIXED,
    Mixture((0.3, 0.7), (Exponential(0.5), Exponential(50))),
    Mixture((0.6, 0.4), (Weibull(shape=0.73, median=4.7), Weibull(shape=2.4, median=9.5))),
    Mixture((0.6, 0.4), (LogNormal(sigma=0.2, median=1), LogLogistic(shape=1.4, median=90))),
    Mixture((0.6, 0.4), (GAP, GAP.scaled(0.5))),
    Mixture((0.6, 0.4), (PiecewiseExponential((0.3, 0.0), (5,)), Exponential(9.5))),
    Mixture((0.6, 0.4), (PiecewiseExponential((0.3, 0.0), (5,)), PiecewiseExponential((0.1, 0.0), (8,)))),
    Mixture((0.6, 0.4), (PiecewiseExponential((1e-8, 0.0), (5,)), PiecewiseExponential((0.0,)))),
    Mixture((0.6, 0.4), (PiecewiseExponential((0.0,)), PiecewiseExponential((0.0,)))),
]


@pytest.mark.parametrize("curve", MANY, ids=str)
def test_law_thousands_of_levels_are_inverted_as_few_are(curve: Mixture) -> None:
    """From some thousands on a table says where to look; what it misses must be found all the same."""
    h = np.random.default_rng(5).standard_exponential((50, 100))
    h[0, :9] = 0.0, 1e-300, 1e-9, 1e-7, 3e-8, 50.0, 60.0, 1e5, INF
    together = np.asarray(curve.inverse_cumulative_hazard(h))
    few = np.stack([curve.inverse_cumulative_hazard(row) for row in h])
    np.testing.assert_array_equal(np.isinf(together), np.isinf(few))
    some = np.isfinite(few) & (few > 0)
    t, level = few[some], h[some]
    slope = np.minimum(np.asarray(curve.hazard(t)) * t / level, 1.0)  # where it is small, the month is ill-conditioned
    np.testing.assert_array_less(np.abs(together[some] / t - 1) * slope, 1e-12)
    np.testing.assert_allclose(curve.cumulative_hazard(together[some]), level, rtol=1e-12)
    assert (together[0, 0], together[0, 8]) == (0, INF)


@given(mixtures())
def test_law_survival_lies_between_the_parts_and_hazard_too(curve: Mixture) -> None:
    alive = np.array([part.survival(T[1:]) for part in curve.curves])
    hazard = np.array([part.hazard(T[1:]) for part in curve.curves])
    for found, parts in ((curve.survival(T[1:]), alive), (curve.hazard(T[1:]), hazard)):
        assert np.all(found >= parts.min(axis=0) * (1 - 1e-13))
        assert np.all(found <= parts.max(axis=0) * (1 + 1e-13))


@given(mixtures())
def test_law_parts_in_any_order_and_nested_are_one_curve(curve: Mixture) -> None:
    turned = Mixture(curve.weights[::-1], curve.curves[::-1])
    np.testing.assert_allclose(turned.cumulative_hazard(T), curve.cumulative_hazard(T), rtol=1e-12, atol=1e-300)
    if len(curve.curves) > 2:
        first, *others = curve.weights
        rest = math.fsum(others)
        inner = Mixture(tuple(w / rest for w in others), curve.curves[1:])
        nested = Mixture((first, 1 - first), (curve.curves[0], inner))
        np.testing.assert_allclose(nested.cumulative_hazard(T), curve.cumulative_hazard(T), rtol=1e-9, atol=1e-300)


@given(part, st.floats(0.01, 0.99))
def test_law_equal_parts_are_the_part(curve: Curve, weight: float) -> None:
    same = Mixture(weight, (curve, curve))
    np.testing.assert_allclose(same.cumulative_hazard(T), curve.cumulative_hazard(T), rtol=1e-14)
    np.testing.assert_allclose(same.hazard(T), curve.hazard(T), rtol=1e-14)
    np.testing.assert_allclose(same.quantile([0.1, 0.5, 0.99]), curve.quantile([0.1, 0.5, 0.99]), rtol=1e-13)


@given(part, part)
def test_law_a_weight_near_one_is_that_part(a: Curve, b: Curve) -> None:
    curve = Mixture((1 - 1e-13, 1e-13), (a, b))
    np.testing.assert_allclose(curve.survival(T), a.survival(T), rtol=0, atol=1e-12)
    np.testing.assert_allclose(curve.quantile([0.3, 0.5]), a.quantile([0.3, 0.5]), rtol=1e-9)


def test_law_weights_of_zero_in_a_batch_leave_the_others() -> None:
    curve = Mixture(np.array([0.0, 1.0, 0.5]), (Exponential(3), Weibull(shape=0.5, median=9)))
    t = np.array([0.0, 1e-9, 3.0, 1e4, INF])
    for method in ("hazard", "cumulative_hazard", "survival"):
        found = np.asarray(getattr(curve, method)(t))
        np.testing.assert_allclose(found[0], getattr(curve.curves[1], method)(t), rtol=1e-14)
        np.testing.assert_allclose(found[1], getattr(curve.curves[0], method)(t), rtol=1e-14)
    assert np.asarray(curve.median)[:2].tolist() == pytest.approx([9, 3], rel=1e-14)


def test_law_scaled_mixture_on_far_apart_scales_has_its_area() -> None:
    """The transients are two hundred times as fast as the rest: quadrature must see both."""
    curve = Mixture((0.3, 0.7), (Exponential(0.1), Exponential(20))).scaled(0.6)
    for horizon in (0.5, 24.0, 400.0):
        parts = np.geomspace(1e-4, horizon, 12)
        known = sum(
            integrate.quad(curve.survival, a, b, epsabs=1e-14, epsrel=1e-13)[0]
            for a, b in zip([0.0, *parts[:-1]], parts, strict=True)
        )
        assert curve.restricted_mean(horizon) == pytest.approx(known, rel=1e-12)


def test_law_power_at_the_origin_is_one_that_quadrature_resolves() -> None:
    whole, rough = Exponential(3), Weibull(shape=2.5, median=3)
    assert Mixture(0.5, (whole, whole)).origin_power == 1
    assert Mixture(0.5, (whole, rough)).origin_power == 2.5  # t^1 is smooth, t^2.5 is not
    assert Mixture(0.5, (rough, Weibull(shape=0.4, median=3))).origin_power == 0.4
    assert Weibull(shape=np.array([1.0, 2.5]), median=3).origin_power == 2.5


# ---- priors ----------------------------------------------------------------------------------------

SHARES = Dirichlet((44, 31, 31))
THREE = (*TWO, Weibull(shape=0.73, median=7))


def test_law_a_prior_on_all_weights() -> None:
    curve = Mixture(SHARES, THREE)
    draws = SHARES.rvs(5, rng=1)
    batch = replace_unknowns(curve, lambda _: draws)
    for i, row in enumerate(draws):
        np.testing.assert_allclose(np.asarray(batch.survival(T))[i], Mixture(tuple(row), THREE).survival(T), rtol=1e-13)
    assert replace_unknowns(curve, lambda prior: prior.typical).weights == pytest.approx((44 / 106, 31 / 106, 31 / 106))
    two = Mixture(Dirichlet((44, 31)), TWO)
    assert replace_unknowns(two, lambda prior: prior.typical) == Mixture((44 / 75, 31 / 75), TWO)


# ---- arguments -------------------------------------------------------------------------------------


def test_regression_texts_and_reprs() -> None:
    assert repr(MIXED) == "Mixture((0.8, 0.2), curves=(Exponential(4.7), Exponential(9.5)))"
    assert eval(repr(MIXED)) == MIXED == Value.from_dict(MIXED.to_dict())
    assert str(MIXED) == "mixture: 0.8 of (exponential, median 4.7 months) and 0.2 of (exponential, median 9.5 months)"
    assert Mixture(0.75, TWO) == Mixture((0.75, 0.25), TWO) == Mixture(np.array([0.75, 0.25]), TWO)
    prior = BetaMixture.from_counts(44, 75)
    text = str(Mixture(prior, TWO))
    assert text.startswith(
        "mixture of (exponential, median 4.7 months) and (exponential, median 9.5 months), weight of"
    )
    assert text.endswith(f"the first uncertain: {prior}")
    assert "batch of 3" in str(Mixture(np.array([0.1, 0.2, 0.3]), TWO))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ((0.8, 0.3), r"`weights` must be numbers that sum to 1; got \(0.8, 0.3\). They sum to 1.1, and are never"),
        ((1.0, 0.0), r"`weights\[1\]` must be a positive number; got 0.0. A part of weight 0 is no part: leave it out"),
        ((1.2, -0.2), r"`weights\[1\]` must be a positive number"),
        ((math.nan, 0.5), r"`weights\[0\]` must be a positive number"),
        ((1.0,), "`weights` must be positive numbers that sum to 1"),
        ((0.5, 0.2, 0.3), "`weights` must be as many as `curves`, of which there are 2"),
        (1.0, "`weights` must be a number strictly between 0 and 1; got 1.0. It is the weight of the first of two"),
        (80, "`weights` must be .* Write 0.8 for 80 %"),
        ("0.8", "`weights` must be"),
        (None, "`weights` must be"),
        ([[0.5], [0.1, 0.2]], r"`weights\[0\]` must be"),
        (np.array([0.1, math.nan]), "`weights` must be between 0 and 1"),
        (np.array([[0.5, 0.6], [0.5, 0.5]]), "`weights` must be rows that sum to 1"),
        (np.full((2, 3), 1 / 3), "`weights` must be as many as `curves`"),
        (np.empty((0, 2)), "`weights` must be"),
        (np.array(["a", "b"]), "`weights` must be"),
        (NormalMixture.lognormal(0.5, 0.3), "`weights` must be a prior that stays between 0 and 1"),
        (SHARES, "`weights` must be as many as `curves`"),
    ],
    ids=repr,
)
def test_regression_weights_that_do_not_fit(weights: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        Mixture(weights, TWO)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("curves", [(), (Exponential(3),), Exponential(3), None, "ab", (Exponential(3), 4.7)], ids=repr)
def test_regression_curves_that_are_none(curves: object) -> None:
    with pytest.raises(InvalidInput, match=r"`curves(\[1\])?` must be a"):
        Mixture((0.5, 0.5), curves)


def test_regression_batches_of_two_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one length"):
        Mixture(np.array([0.5, 0.6, 0.7]), (Exponential(np.array([1.0, 2.0])), Exponential(3)))
    with pytest.raises(InvalidInput, match="one length"):
        Conditional(MixtureCure(Exponential(np.array([1.0, 2.0])), cured=0.1), months=np.array([1.0, 2.0, 3.0]))
