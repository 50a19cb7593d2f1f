"""Curves against scipy.stats, quadrature and closed forms, and the laws that every curve obeys."""

from __future__ import annotations

import math
import pickle
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, stats

from icibaseline._values import Value
from icibaseline.survival import (
    Conditional,
    Curve,
    Exponential,
    LogLogistic,
    LogNormal,
    Mixture,
    MixtureCure,
    PiecewiseExponential,
    ScaledHazard,
    Weibull,
)

T = np.array([0.0, 1e-9, 0.3, 1.0, 2.6, 3.0, 7.5, 12.0, 60.0, 400.0])


# ---- every kind of curve ---------------------------------------------------------------------------

positive = partial(st.floats, allow_nan=False, allow_infinity=False)
months, hazards, shapes = positive(0.5, 40), positive(0.005, 0.5), positive(0.3, 4)


@st.composite
def piecewise(draw: st.DrawFn, cured: bool = True) -> PiecewiseExponential:
    widths = draw(st.lists(positive(0.5, 12), max_size=3))
    steps = st.one_of(st.just(0.0), hazards)
    inner = draw(st.lists(steps, min_size=len(widths), max_size=len(widths)))
    last = draw(steps if cured else hazards)
    return PiecewiseExponential((*inner, last), knots=tuple(np.cumsum(widths).tolist()))


smooth = st.one_of(
    st.builds(lambda m: Exponential(median=m), months),
    st.builds(lambda r: Exponential(rate=r), hazards),
    st.builds(lambda k, m: Weibull(shape=k, median=m), shapes, months),
    st.builds(lambda k, s: Weibull(shape=k, scale=s), shapes, months),
    st.builds(lambda k, m: Weibull(joint=(m, k)), shapes, months),
)


heavy = st.one_of(
    st.builds(lambda k, m: LogLogistic(shape=k, median=m), shapes, months),
    st.builds(lambda s, m: LogNormal(sigma=s, median=m), positive(0.2, 2), months),
)


@st.composite
def blended(draw: st.DrawFn, cured: bool = True) -> Curve:
    part = st.one_of(smooth, heavy, piecewise(cured=cured))
    parts = draw(st.lists(part, min_size=2, max_size=3))
    sizes = draw(st.lists(st.integers(1, 50), min_size=len(parts), max_size=len(parts)))
    mixture = Mixture(tuple(size / sum(sizes) for size in sizes), tuple(parts))
    kind = draw(st.sampled_from(["mixture", "part", "cure", "later"][: 4 if cured else 2]))
    if kind == "cure":
        return MixtureCure(parts[0], cured=draw(positive(0.0, 0.9)))
    return parts[1] if kind == "part" else mixture if kind == "mixture" else Conditional(mixture, draw(positive(0, 3)))


def scaled(base: st.SearchStrategy[Curve]) -> st.SearchStrategy[Curve]:
    delays = st.one_of(st.just(0.0), positive(0.1, 20))
    once = st.builds(lambda c, r, d: ScaledHazard(c, r, delay=d), base, positive(0.2, 4), delays)
    return st.one_of(once, st.builds(lambda c, r, d: ScaledHazard(c, r, delay=d), once, positive(0.2, 4), delays))


plain = st.one_of(smooth, piecewise(), blended())
deadly = st.one_of(smooth, piecewise(cured=False), blended(cured=False))
curves, mortal = st.one_of(plain, scaled(plain)), st.one_of(deadly, scaled(deadly))


def area(curve: Curve, end: float) -> float:
    """Integral of the survival curve by adaptive quadrature in log time, knot by knot."""
    marks = sorted({math.log(k) for k in curve.knots if k < end} | {math.log(end)})
    starts = [marks[0] - 40, *marks[:-1]]
    parts = [
        integrate.quad(lambda y: curve.survival(math.exp(y)) * math.exp(y), a, b, epsabs=1e-14, epsrel=1e-12, limit=400)
        for a, b in zip(starts, marks, strict=True)
    ]
    return sum(value for value, _ in parts)


# ---- reference: scipy.stats and quadrature ---------------------------------------------------------


@pytest.mark.parametrize(
    ("curve", "same"),
    [
        (Exponential(median=4.7), stats.expon(scale=4.7 / math.log(2))),
        (Exponential(rate=0.01), stats.expon(scale=100)),
        (Weibull(shape=0.731, scale=4.2925), stats.weibull_min(0.731, scale=4.2925)),
        (Weibull(shape=2.5, median=9), stats.weibull_min(2.5, scale=9 / math.log(2) ** 0.4)),
        (Weibull(joint=(2.6, 0.731)), stats.weibull_min(0.731, scale=2.6 / math.log(2) ** (1 / 0.731))),
    ],
    ids=lambda x: str(x) if isinstance(x, Curve) else "",
)
def test_reference_scipy_stats(curve: Curve, same: stats.rv_continuous) -> None:
    np.testing.assert_allclose(curve.survival(T), same.sf(T), rtol=1e-12)
    np.testing.assert_allclose(curve.cumulative_hazard(T), -same.logsf(T), rtol=1e-12)
    np.testing.assert_allclose(curve.density(T[1:]), same.pdf(T[1:]), rtol=1e-12)
    np.testing.assert_allclose(curve.hazard(T[1:]), np.exp(same.logpdf(T[1:]) - same.logsf(T[1:])), rtol=1e-11)
    p = np.array([0, 1e-12, 0.1, 0.5, 0.999, 1])
    np.testing.assert_allclose(curve.quantile(p), same.ppf(p), rtol=1e-12)
    assert curve.median == pytest.approx(same.median(), rel=1e-14)
    assert curve.restricted_mean(math.inf) == pytest.approx(same.mean(), rel=1e-12)


def test_published_melanoma_weibull() -> None:
    """Median 2.6 months and 12 % at one year give shape 0.731, 3 % at two years."""
    shape = (math.log(-math.log(0.12)) - math.log(math.log(2))) / math.log(12 / 2.6)
    curve = Weibull(shape=shape, median=2.6)
    assert shape == pytest.approx(0.731, abs=5e-4)
    assert curve.survival(12) == pytest.approx(0.12, abs=1e-12)
    assert curve.survival(24) == pytest.approx(0.030, abs=5e-4)


def test_reference_tails_keep_their_digits() -> None:
    curve = Exponential(rate=0.1)
    assert curve.survival(7000) == pytest.approx(math.exp(-700), rel=1e-12, abs=0)
    assert curve.quantile(1e-18) == pytest.approx(1e-17, rel=1e-12, abs=0)
    assert Weibull(shape=0.5, scale=1).survival(490_000) == pytest.approx(math.exp(-700), rel=1e-12, abs=0)
    assert curve.survival(math.inf) == curve.density(math.inf) == 0
    assert curve.quantile(0) == 0
    assert curve.quantile(1) == math.inf


def test_reference_weibull_at_its_ends() -> None:
    falling, rising = Weibull(shape=0.5, median=3), Weibull(shape=2, median=3)
    assert (falling.hazard(0), rising.hazard(0)) == (math.inf, 0)
    assert (falling.hazard(math.inf), rising.hazard(math.inf)) == (0, math.inf)
    assert (rising.density(math.inf), rising.survival(math.inf)) == (0, 0)


@pytest.mark.parametrize("shape", [0.001, 0.0055, 0.02, 0.2, 0.731, 1, 3, 12])
@pytest.mark.parametrize("horizon", [1e-3, 2.6, 24, 1e4])
def test_reference_weibull_restricted_mean_quadrature(shape: float, horizon: float) -> None:
    curve = Weibull(shape=shape, median=2.6)
    assert curve.restricted_mean(horizon) == pytest.approx(
        area(curve, min(horizon, 3000 if shape > 1 else 1e4)), rel=1e-9
    )


def test_reference_piecewise_by_hand() -> None:
    curve = PiecewiseExponential((0.1, 0.0, 0.2), knots=(3, 7))
    np.testing.assert_array_equal(curve.hazard([0, 2.999, 3, 6.9, 7, 100]), [0.1, 0.1, 0, 0, 0.2, 0.2])
    np.testing.assert_allclose(curve.cumulative_hazard([1, 3, 5, 7, 9]), [0.1, 0.3, 0.3, 0.3, 0.7], rtol=1e-15)
    np.testing.assert_allclose(curve.inverse_cumulative_hazard([0, 0.1, 0.4, 0.7]), [0, 1, 7.5, 9], rtol=1e-14)
    by_hand = -math.expm1(-0.3) / 0.1 + math.exp(-0.3) * (4 - math.expm1(-0.4) / 0.2)
    assert curve.restricted_mean(9) == pytest.approx(by_hand, rel=1e-14)


def test_reference_piecewise_is_exact_at_knots() -> None:
    knots = (0.1, 0.7, 3.3, 6.1, 9.7)
    curve = PiecewiseExponential((0.31, 0.07, 0.0, 0.2, 0.0, 0.013), knots=knots)
    at = np.asarray(curve.cumulative_hazard(knots))
    steps = np.array([0.31, 0.07, 0.0, 0.2, 0.0]) * np.diff([0, *knots])
    assert at.tolist() == np.cumsum(steps).tolist()
    assert np.asarray(curve.inverse_cumulative_hazard(at)).tolist() == pytest.approx(
        [0.1, 0.7, 0.7, 6.1, 6.1], rel=1e-15
    )
    assert curve.inverse_cumulative_hazard(np.nextafter(at[2], 1)) == pytest.approx(3.3, rel=1e-14)


def test_reference_first_period_without_hazard() -> None:
    curve = PiecewiseExponential((0.0, 0.5), knots=(2,))
    assert curve.quantile(0) == 0
    assert curve.quantile(1e-12) == pytest.approx(2, rel=1e-11)
    assert curve.survival(2) == 1


def test_reference_cured_fraction() -> None:
    curve = PiecewiseExponential((0.1, 0.0), knots=(3,))
    share = math.exp(-0.3)
    assert curve.survival(math.inf) == pytest.approx(share, rel=1e-15)
    np.testing.assert_array_equal(curve.quantile([0.9, 1.0]), [math.inf, math.inf])
    assert curve.median == curve.restricted_mean(math.inf) == math.inf
    never = PiecewiseExponential((0.0,))
    assert (never.survival(1e6), never.restricted_mean(24), never.quantile(0.01)) == (1, 24, math.inf)
    assert curve.scaled(0.5).restricted_mean(math.inf) == math.inf
    assert curve.scaled(0.5).median == math.inf


def test_reference_delayed_ratio_by_hand() -> None:
    """From month 3 on, an exponential curve with a delayed ratio is piecewise exponential."""
    rate = math.log(2) / 4.7
    curve, same = Exponential(median=4.7).scaled(0.6, 3), PiecewiseExponential((rate, 0.6 * rate), knots=(3,))
    for method in ("hazard", "cumulative_hazard", "survival", "density"):
        np.testing.assert_allclose(getattr(curve, method)(T), getattr(same, method)(T), rtol=1e-13)
    p = np.linspace(0, 1, 11)
    np.testing.assert_allclose(curve.quantile(p), same.quantile(p), rtol=1e-13)
    for horizon in (0.01, 3, 24, 500, math.inf):
        assert curve.restricted_mean(horizon) == pytest.approx(same.restricted_mean(horizon), rel=1e-12)
    assert curve.knots == same.knots == (3.0,)


@pytest.mark.parametrize("shape", [0.1, 0.3, 0.731, 1, 1.7, 4, 9])
@pytest.mark.parametrize("ratio", [0.3, 2.0])
def test_reference_scaled_weibull_restricted_mean(shape: float, ratio: float) -> None:
    """Weibull curves stay Weibull when their hazard is scaled: quadrature against the closed form."""
    curve = Weibull(shape=shape, scale=5).scaled(ratio)
    same = Weibull(shape=shape, scale=5 * ratio ** (-1 / shape))
    horizon = np.array([1e-3, 0.5, 5, 24, 1e4, math.inf])
    np.testing.assert_allclose(curve.restricted_mean(horizon), same.restricted_mean(horizon), rtol=1e-11)


def test_reference_restricted_mean_of_a_moment() -> None:
    """Up to a short horizon L the mean is L (1 - H(L) / (k + 1)) to second order."""
    for curve, k in ((Exponential(rate=0.1), 1), (PiecewiseExponential((0.1,)), 1), (Weibull(shape=2, scale=10), 2)):
        lost = curve.cumulative_hazard(1e-7) / (k + 1)
        assert curve.restricted_mean(1e-7) == pytest.approx(1e-7 * (1 - lost), rel=1e-15, abs=0)


# ---- laws ------------------------------------------------------------------------------------------


@given(curves)
def test_law_survival_falls_from_one(curve: Curve) -> None:
    alive = np.asarray(curve.survival(T))
    assert alive[0] == 1
    assert np.all(np.diff(alive) <= 0)
    assert np.all((alive >= 0) & (alive <= 1))


@given(curves, positive(0.01, 60), positive(0.01, 60))
def test_law_cumulative_hazard_integrates_the_hazard(curve: Curve, a: float, b: float) -> None:
    start, end = sorted((a, b))
    marks = [start, *(k for k in curve.knots if start < k < end), end]
    parts = [integrate.quad(curve.hazard, x, y, epsabs=1e-13, limit=200)[0] for x, y in pairwise(marks)]
    gained = curve.cumulative_hazard(end) - curve.cumulative_hazard(start)
    assert gained == pytest.approx(sum(parts), rel=1e-8, abs=1e-9)


@given(curves)
def test_law_density_is_hazard_times_survival(curve: Curve) -> None:
    t = T[1:-1]
    np.testing.assert_allclose(curve.density(t), np.asarray(curve.hazard(t)) * curve.survival(t), rtol=1e-14)


@given(mortal, positive(1e-6, 0.999))
def test_law_quantile_inverts_the_failed_share(curve: Curve, p: float) -> None:
    t = curve.quantile(p)
    assert -np.expm1(-curve.cumulative_hazard(t)) == pytest.approx(p, rel=1e-10, abs=0)
    assert curve.median == pytest.approx(curve.quantile(0.5), rel=1e-14)


@given(curves, st.one_of(st.just(0.0), positive(1e-9, 40)))
def test_law_inverse_is_the_first_month_at_a_level(curve: Curve, h: float) -> None:
    t = curve.inverse_cumulative_hazard(h)
    if t == math.inf:
        assert curve.cumulative_hazard(1e300) <= h
    else:
        assert curve.cumulative_hazard(t) == pytest.approx(h, rel=1e-10, abs=1e-12)
        assert curve.cumulative_hazard(t * (1 - 1e-6)) <= h * (1 + 1e-12)
        assert t == 0 or h == 0 or curve.cumulative_hazard(t * (1 - 1e-3)) < h


@given(mortal, positive(0.05, 120))
def test_law_restricted_mean_is_the_area_under_the_curve(curve: Curve, horizon: float) -> None:
    mean = curve.restricted_mean(horizon)
    assert 0 < mean <= horizon * (1 + 1e-12)
    assert mean == pytest.approx(area(curve, horizon), rel=1e-9, abs=0)


@given(scaled(st.one_of(smooth, piecewise(cured=False))))
def test_law_mean_is_the_limit_of_restricted_means(curve: Curve) -> None:
    late = curve.inverse_cumulative_hazard(50.0)
    assert curve.restricted_mean(math.inf) == pytest.approx(curve.restricted_mean(late), rel=1e-10)


def unit(curve: Curve, factor: float) -> Curve:
    """The same curve in another unit of time."""
    if isinstance(curve, Mixture):
        return curve.with_(curves=tuple(unit(part, factor) for part in curve.curves))
    if isinstance(curve, (LogLogistic, LogNormal)):
        return curve.with_(median=curve.median * factor)
    if isinstance(curve, ScaledHazard):
        return curve.with_(base=unit(curve.base, factor), delay=curve.delay * factor)
    if isinstance(curve, PiecewiseExponential):
        knots = tuple(k * factor for k in curve.knots)
        return PiecewiseExponential(tuple(h / factor for h in curve.hazards), knots=knots)
    if isinstance(curve, Weibull):
        return Weibull(shape=curve.shape_value, scale=curve.scale_value * factor)
    return Exponential(median=curve.median * factor)


@given(mortal, positive(0.1, 50))
def test_law_change_of_time_unit(curve: Curve, t: float) -> None:
    days = unit(curve, 30.4375)
    assert days.survival(t * 30.4375) == pytest.approx(curve.survival(t), rel=1e-9, abs=1e-300)
    assert days.median == pytest.approx(curve.median * 30.4375, rel=1e-10)
    assert days.restricted_mean(t * 30.4375) == pytest.approx(curve.restricted_mean(t) * 30.4375, rel=1e-10)


@given(curves, positive(0.2, 4), positive(0.2, 4), positive(0, 20))
def test_law_scalings_compose(curve: Curve, a: float, b: float, delay: float) -> None:
    twice, once = curve.scaled(a, delay).scaled(b, delay), curve.scaled(a * b, delay)
    np.testing.assert_allclose(twice.cumulative_hazard(T), once.cumulative_hazard(T), rtol=1e-11)
    np.testing.assert_allclose(twice.quantile([0.1, 0.5]), once.quantile([0.1, 0.5]), rtol=1e-8)


@given(curves, positive(0.2, 4))
def test_law_scaling_by_one_and_from_zero(curve: Curve, ratio: float) -> None:
    assert curve.scaled(1.0, 3) is curve
    same = ScaledHazard(curve, 1.0, delay=3)
    np.testing.assert_allclose(same.cumulative_hazard(T), curve.cumulative_hazard(T), rtol=1e-14)
    at_once = np.asarray(curve.scaled(ratio).survival(T))
    np.testing.assert_allclose(at_once, np.asarray(curve.survival(T)) ** ratio, rtol=1e-9, atol=1e-60)


@given(curves)
def test_law_round_trips(curve: Curve) -> None:
    assert eval(repr(curve)) == curve
    assert Value.from_dict(curve.to_dict()) == curve
    assert pickle.loads(pickle.dumps(curve)) == curve
    assert curve.with_() == curve
    assert "\n" not in str(curve)


KINDS = [
    Exponential(median=4.7),
    Weibull(shape=0.731, median=2.6),
    PiecewiseExponential((0.1, 0.0, 0.2), knots=(3, 6)),
    Weibull(shape=1.4, median=8).scaled(0.6, 3),
    LogLogistic(shape=1.3, median=4.7),
    LogNormal(sigma=1.3, median=4.7),
    Mixture((0.5, 0.3, 0.2), (Exponential(2), LogNormal(sigma=0.5, median=9), PiecewiseExponential((0.1, 0), (3,)))),
    MixtureCure(Weibull(shape=0.731, median=2.6), cured=0.1),
    Conditional(PiecewiseExponential((0.1, 0.0, 0.2), knots=(3, 6)), months=2),
]


@pytest.mark.parametrize("curve", KINDS, ids=str)
def test_law_draws_follow_the_curve(curve: Curve) -> None:
    n = 20_000
    x = np.sort(np.asarray(curve.rvs(n, rng=7)))
    x = x[np.isfinite(x)]  # the others are cured
    failed = -np.expm1(-np.asarray(curve.cumulative_hazard(x)))
    steps = np.arange(len(x) + 1) / n
    assert abs(len(x) / n - (1 - curve.survival(math.inf))) < 3.3 * 0.5 / math.sqrt(n)
    distance = max(np.max(steps[1:] - failed), np.max(failed - steps[:-1]))
    assert distance < 1.95 / math.sqrt(n)  # exceeded with probability 0.001


@pytest.mark.parametrize("curve", KINDS, ids=str)
def test_law_out_is_written_and_may_be_the_input(curve: Curve) -> None:
    h = np.random.default_rng(3).standard_exponential((4, 5))
    expected = np.asarray(curve.inverse_cumulative_hazard(h))
    out = np.empty_like(h)
    assert curve.inverse_cumulative_hazard(h, out=out) is out
    assert curve.inverse_cumulative_hazard(h, out=h) is h
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(h, expected)


def test_law_draws_have_the_shape_asked_for() -> None:
    single, batch = Exponential(median=4.7), Exponential(median=np.array([3.0, 300.0, 30000.0]))
    assert isinstance(single.rvs(rng=1), float)
    assert np.shape(single.rvs(5, rng=1)) == (5,)
    assert np.shape(single.rvs((2, 3), rng=1)) == (2, 3)
    assert np.shape(batch.rvs(rng=1)) == (3,)
    assert np.shape(batch.rvs((2, 5), rng=1)) == (3, 2, 5)
    np.testing.assert_array_equal(single.rvs(5, rng=1), single.rvs(5, rng=np.random.default_rng(1)))
    assert np.all(np.diff(np.median(np.asarray(batch.rvs(200, rng=1)), axis=1)) > 0)
