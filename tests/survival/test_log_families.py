"""The log-logistic and the log-normal curve."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, stats

from icibaseline._values import Value
from icibaseline.distributions import BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput
from icibaseline.survival import Curve, Exponential, LogLogistic, LogNormal

INF = math.inf
T = np.array([0.0, 1e-9, 0.3, 1.0, 2.6, 3.0, 7.5, 12.0, 60.0, 400.0])
FAMILIES = [LogLogistic, LogNormal]
SECOND = {LogLogistic: "shape", LogNormal: "sigma"}


@pytest.mark.parametrize(
    ("curve", "same"),
    [
        (LogLogistic(shape=1.3, median=4.7), stats.fisk(1.3, scale=4.7)),
        (LogLogistic(shape=0.7, median=2.6), stats.fisk(0.7, scale=2.6)),
        (LogLogistic(joint=(9, 4)), stats.fisk(4, scale=9)),
        (LogNormal(sigma=1.3, median=4.7), stats.lognorm(1.3, scale=4.7)),
        (LogNormal(sigma=0.3, median=2.6), stats.lognorm(0.3, scale=2.6)),
        (LogNormal(joint=(9, 2)), stats.lognorm(2, scale=9)),
    ],
    ids=lambda x: str(x) if isinstance(x, Curve) else "",
)
def test_reference_scipy_stats(curve: Curve, same: stats.rv_continuous) -> None:
    np.testing.assert_allclose(curve.survival(T), same.sf(T), rtol=1e-12, atol=1e-15)  # fisk's is 1 - cdf
    np.testing.assert_allclose(-np.expm1(-np.asarray(curve.cumulative_hazard(T))), same.cdf(T), rtol=1e-12)
    np.testing.assert_allclose(curve.density(T[1:]), same.pdf(T[1:]), rtol=1e-11, atol=1e-300)
    p = np.array([0, 1e-12, 0.1, 0.5, 0.999, 1])
    np.testing.assert_allclose(curve.quantile(p), same.ppf(p), rtol=1e-11)
    assert curve.quantile(0.5) == pytest.approx(curve.median, rel=1e-14)
    if math.isfinite(same.mean()):
        assert curve.restricted_mean(INF) == pytest.approx(same.mean(), rel=1e-12)


DIGITS = [  # curve, month, cumulative hazard, hazard; 50 digits by mpmath
    (LogLogistic(shape=0.7, median=2.6), 1e-9, 2.5675481728590752e-7, 179.72834902707454),
    (LogLogistic(shape=1.3, median=2.6), 2.6, 0.69314718055994531, 0.25),
    (LogLogistic(shape=1.3, median=2.6), 60, 4.0972411482278764, 0.021306600031509035),
    (LogLogistic(shape=4, median=2.6), 1e6, 51.439996451747351, 4.0e-6),
    (LogNormal(sigma=0.7, median=2.6), 0.01, 9.8015394981229118e-16, 1.1294186340928654e-12),
    (LogNormal(sigma=1.3, median=2.6), 2.6, 0.69314718055994531, 0.23606052094759328),
    (LogNormal(sigma=1.3, median=2.6), 60, 4.8435933348043253, 0.035192306218385194),
    (LogNormal(sigma=0.3, median=2.6), 400, 144.6364966767932, 0.14038055401300071),
]


@pytest.mark.parametrize(("curve", "month", "level", "hazard"), DIGITS)
def test_reference_fifty_digits(curve: Curve, month: float, level: float, hazard: float) -> None:
    assert curve.cumulative_hazard(month) == pytest.approx(level, rel=1e-13, abs=0)
    assert curve.hazard(month) == pytest.approx(hazard, rel=1e-13, abs=0)
    assert curve.inverse_cumulative_hazard(level) == pytest.approx(month, rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("shape", "horizon", "mean"),
    [
        (0.7, 24, 7.4029714346428185),
        (1, 24, 6.0460394039765644),
        (1.3, 0.5, 0.47626545600274627),
        (4, 1000, 2.8878738945704048),
    ],
)
def test_reference_log_logistic_mean_to_a_horizon(shape: float, horizon: float, mean: float) -> None:
    """L 2F1(1, 1/k; 1 + 1/k; -(L/m)^k) by mpmath."""
    assert LogLogistic(shape=shape, median=2.6).restricted_mean(horizon) == pytest.approx(mean, rel=1e-13)


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.3, 3])
@pytest.mark.parametrize("horizon", [0.01, 2.6, 24, 1e4])
def test_reference_log_normal_mean_to_a_horizon(sigma: float, horizon: float) -> None:
    curve = LogNormal(sigma=sigma, median=2.6)
    ends = [math.log(horizon) - 40, *(y for y in (0.0, math.log(2.6)) if y < math.log(horizon)), math.log(horizon)]
    known = sum(
        integrate.quad(
            lambda y: curve.survival(math.exp(y)) * math.exp(y), a, b, epsabs=1e-15, epsrel=1e-13, limit=300
        )[0]
        for a, b in pairwise(ends)
    )
    assert curve.restricted_mean(horizon) == pytest.approx(known, rel=1e-11)


def test_published_other_families_through_median_and_landmark() -> None:
    """Median 2.6 months and 12 % at one year: at two years 5.2 % if log-logistic, 4.4 % if log-normal."""
    shape = math.log(1 / 0.12 - 1) / math.log(12 / 2.6)
    sigma = math.log(12 / 2.6) / -stats.norm.ppf(0.12)
    for curve, later in ((LogLogistic(shape=shape, median=2.6), 0.052), (LogNormal(sigma=sigma, median=2.6), 0.044)):
        assert curve.survival(12) == pytest.approx(0.12, rel=1e-13)
        assert curve.survival(24) == pytest.approx(later, abs=6e-4)


def test_reference_ends() -> None:
    for curve in (LogLogistic(shape=1.3, median=3), LogNormal(sigma=1.3, median=3)):
        assert (curve.hazard(0), curve.hazard(INF), curve.survival(0), curve.survival(INF)) == (0, 0, 1, 0)
        assert (curve.quantile(0), curve.quantile(1), curve.density(INF)) == (0, INF, 0)
        assert curve.inverse_cumulative_hazard(300.0) < INF  # far beyond the smallest float that survival may be
    assert LogLogistic(shape=0.5, median=3).hazard(0) == INF
    assert LogLogistic(shape=1, median=4).hazard(0) == 0.25
    assert LogLogistic(shape=1, median=3).restricted_mean(INF) == INF
    assert LogNormal(sigma=0.01, median=3).hazard(1e-3) == 0  # 800 standard deviations below


@pytest.mark.parametrize(
    ("shape", "ratio"), [(3.0, 0.5), (1.6, 0.9), (0.8, 2.0), (1.2, 1.0 + 1e-9), (0.5, 1.5), (2, 0.5)]
)
def test_reference_mean_of_a_scaled_heavy_tail(shape: float, ratio: float) -> None:
    """(1 + x^k)^-r has the mean B(1/k, r - 1/k) / k, and none if r k is not above 1."""
    mean = LogLogistic(shape=shape, median=2.6).scaled(ratio).restricted_mean(INF)
    if ratio * shape <= 1:
        assert mean == INF
    else:
        known = 2.6 / shape * math.exp(math.lgamma(1 / shape) + math.lgamma(ratio - 1 / shape) - math.lgamma(ratio))
        assert mean == pytest.approx(known, rel=1e-11)


@given(st.sampled_from(FAMILIES), st.floats(0.1, 8), st.floats(0.5, 40), st.floats(0.01, 100))
def test_law_shape_is_a_power_of_time_and_median_its_unit(
    family: type[Curve], second: float, median: float, factor: float
) -> None:
    """T of a median m and a shape k is m T0^(1/k), T0 of both 1."""
    curve = family(**{SECOND[family]: second, "median": median})
    unit = family(**{SECOND[family]: 1.0, "median": 1.0})
    power = 1 / second if family is LogLogistic else second
    p = np.array([1e-6, 0.01, 0.5, 0.99])
    np.testing.assert_allclose(curve.quantile(p), median * np.asarray(unit.quantile(p)) ** power, rtol=1e-12)
    other = curve.with_(median=median * factor)
    np.testing.assert_allclose(other.survival(T * factor), curve.survival(T), rtol=1e-11, atol=1e-300)


@given(st.floats(0.2, 8), st.floats(0.5, 40))
def test_law_odds_and_normal_scores_are_straight_in_log_time(second: float, median: float) -> None:
    z = np.linspace(-4, 4, 9)
    alive = np.asarray(LogLogistic(shape=second, median=median).survival(median * np.exp(z / second)))
    np.testing.assert_allclose(np.log(1 / alive - 1), z, rtol=0, atol=1e-11)
    alive = np.asarray(LogNormal(sigma=second, median=median).survival(median * np.exp(z * second)))
    np.testing.assert_allclose(stats.norm.isf(alive), z, rtol=0, atol=1e-11)


@pytest.mark.parametrize("family", FAMILIES)
def test_regression_arguments(family: type[Curve]) -> None:
    second = SECOND[family]
    apart, together = family(**{second: 0.7, "median": 2.6}), family(joint=(2.6, 0.7))
    assert together.median == 2.6
    np.testing.assert_array_equal(apart.survival(T), together.survival(T))
    assert apart != together
    for curve in (apart, together):
        assert eval(repr(curve)) == curve
        assert Value.from_dict(curve.to_dict()) == curve
    assert str(apart) == str(together)
    assert str(apart).endswith(f"median 2.6 months, {second} 0.7")
    pair = BivariateNormal((math.log(2.6), -0.3), (0.09, 0.05), 0.6, scales=("log", "log"))
    assert f"median and {second} uncertain" in str(family(joint=pair))
    name = family.__name__
    for arguments, said in (
        ({}, f"`{second}` must be given to {name} with `median`, unless `joint` is"),
        ({"median": 3}, f"`{second}` must be given"),
        ({second: 3}, f"`median` must be given to {name} with `{second}`, unless `joint` is"),
        ({second: 0, "median": 3}, f"`{second}` must be a positive number"),
        ({second: 1, "median": NormalMixture.normal(3, 1)}, "`median` must be a prior that stays"),
        ({"joint": (3, 1), second: 1}, rf"`joint` must be given alone, without {second} or median"),
        ({"joint": (3, 0)}, rf"`joint` must be a prior on \(median, {second}\), a pair of positive numbers"),
        ({"joint": BivariateNormal((1, 1), (1, 1), 0)}, f"`joint` must be a prior on which median and {second} stay"),
        ({second: np.ones(2), "median": np.ones(3)}, "one length"),
    ):
        with pytest.raises(InvalidInput, match=said):
            family(**arguments)


def test_law_a_log_normal_is_not_scaled_to_one_of_another_median() -> None:
    """Hazards are not proportional between log-normal curves: what is scaled keeps its own formula."""
    scaled = LogNormal(sigma=1, median=5).scaled(0.6)
    np.testing.assert_allclose(scaled.survival(T), np.asarray(LogNormal(sigma=1, median=5).survival(T)) ** 0.6)
    assert isinstance(Exponential(5).scaled(0.6).median, float)
