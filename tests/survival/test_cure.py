"""A population of which a part is cured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import optimize

from icibaseline._values import Value
from icibaseline.distributions import BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput
from icibaseline.survival import Curve, Exponential, LogNormal, Mixture, MixtureCure, PiecewiseExponential, Weibull

INF = math.inf
T = np.array([0.0, 1e-9, 0.3, 2.6, 7.5, 60.0, 4000.0, INF])
BASES = [Exponential(4.7), Weibull(shape=0.731, median=2.6), LogNormal(sigma=1, median=5)]
SAME = [*BASES, PiecewiseExponential((0.3, 0.0, 0.1), (2, 6))]


def test_published_melanoma_cure_model() -> None:
    """Median 2.6 months and 12 % at one year: 9.8 % cured, rate 0.311 for the others, 9.9 % at two years."""

    def excess(cured: float) -> float:
        return MixtureCure(joint=(2.6, cured)).survival(12) - 0.12

    curve = MixtureCure(joint=(2.6, optimize.brentq(excess, 0.01, 0.11, xtol=1e-14)))
    assert curve.joint[1] == pytest.approx(0.098, abs=5e-4)
    assert curve.hazard(0) / (1 - curve.joint[1]) == pytest.approx(0.311, abs=5e-4)
    assert curve.survival(24) == pytest.approx(0.099, abs=5e-4)


@pytest.mark.parametrize("base", SAME, ids=str)
@pytest.mark.parametrize("cured", [0.0, 1e-12, 0.1, 0.7])
def test_reference_survival_is_the_weighted_sum(base: Curve, cured: float) -> None:
    curve = MixtureCure(base, cured=cured)
    alive = cured + (1 - cured) * np.asarray(base.survival(T))
    np.testing.assert_allclose(curve.survival(T), alive, rtol=1e-14)
    np.testing.assert_allclose(curve.density(T[1:]), (1 - cured) * np.asarray(base.density(T[1:])), rtol=1e-12)
    for horizon in (0.01, 5.0, 24.0):
        mean = cured * horizon + (1 - cured) * base.restricted_mean(horizon)
        assert curve.restricted_mean(horizon) == pytest.approx(mean, rel=1e-14)
    assert curve.restricted_mean(INF) == (INF if cured else pytest.approx(base.restricted_mean(INF), rel=1e-14))


@pytest.mark.parametrize("base", BASES, ids=str)
def test_reference_a_part_without_hazard_is_the_cured_one(base: Curve) -> None:
    curve, same = MixtureCure(base, cured=0.2), Mixture((0.8, 0.2), (base, PiecewiseExponential((0.0,))))
    for method in ("cumulative_hazard", "hazard"):
        np.testing.assert_allclose(getattr(curve, method)(T), getattr(same, method)(T), rtol=1e-13)
    p = np.array([0.0, 1e-9, 0.1, 0.5, 0.79, 0.81, 1.0])
    np.testing.assert_allclose(curve.quantile(p), same.quantile(p), rtol=1e-12)


@pytest.mark.parametrize("cured", [0.0, 1e-300, 1e-9, 0.098, 0.49])
def test_law_joint_median_is_that_of_the_whole_population(cured: float) -> None:
    curve = MixtureCure(joint=(2.6, cured))
    assert curve.median == 2.6
    assert curve.survival(2.6) == pytest.approx(0.5, rel=1e-14)
    assert curve.quantile(0.5) == pytest.approx(2.6, rel=1e-13)
    apart = MixtureCure(Exponential(rate=-math.log((0.5 - cured) / (1 - cured)) / 2.6), cured=cured)
    np.testing.assert_allclose(curve.cumulative_hazard(T[:-1]), apart.cumulative_hazard(T[:-1]), rtol=1e-13)
    assert apart.median == pytest.approx(2.6, rel=1e-13)


@given(st.sampled_from(BASES), st.one_of(st.just(0.0), st.floats(1e-15, 0.95)), st.floats(0.001, 0.999))
def test_law_quantile_inverts(base: Curve, cured: float, part: float) -> None:
    curve = MixtureCure(base, cured=cured)
    p = part * (1 - cured)
    assert -np.expm1(-curve.cumulative_hazard(curve.quantile(p))) == pytest.approx(p, rel=1e-11)
    assert curve.quantile(min(1.0, 1 - cured + 1e-9)) == INF


def test_law_nobody_cured_is_the_base_to_the_last_digit_of_the_tail() -> None:
    base, curve = Exponential(rate=0.1), MixtureCure(Exponential(rate=0.1), cured=0.0)
    t = np.array([1e-15, 1.0, 700.0, 7000.0, 1e6])
    np.testing.assert_allclose(curve.cumulative_hazard(t), base.cumulative_hazard(t), rtol=1e-14)
    np.testing.assert_allclose(curve.hazard(t), base.hazard(t), rtol=1e-14)
    h = np.array([1e-18, 0.1, 3.0, 600.0, 800.0, INF])
    np.testing.assert_allclose(curve.inverse_cumulative_hazard(h), base.inverse_cumulative_hazard(h), rtol=1e-13)


def test_law_knots_and_origin_are_those_of_the_base() -> None:
    base = Weibull(shape=0.7, median=5).scaled(0.5, np.array([1.0, 3.0])).scaled(0.8, 6)
    curve = MixtureCure(base, cured=0.1)
    assert (curve.knots, curve.origin_power) == (base.knots, 0.7)
    np.testing.assert_array_equal(curve.moving_knots, base.moving_knots)


def test_regression_texts_and_reprs() -> None:
    shown = {
        "MixtureCure(Exponential(4.7), cured=0.1)": "cured 0.1, the others exponential, median 4.7 months",
        "MixtureCure(joint=(2.6, 0.098))": "cured 0.098, the others exponential, median of all 2.6 months",
    }
    for code, text in shown.items():
        assert repr(eval(code)) == code
        assert str(eval(code)) == text
        assert Value.from_dict(eval(code).to_dict()) == eval(code)


PAIR = BivariateNormal((math.log(2.6), -2.2), (0.09, 0.5), 0, scales=("log", "logit"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`base` must be given to MixtureCure with `cured`, unless `joint` is"),
        ({"cured": 0.1}, "`base` must be given"),
        ({"base": Exponential(3)}, "`cured` must be given to MixtureCure with `base`, unless `joint` is"),
        ({"base": Exponential(3), "cured": 1.0}, "`cured` must be a number from 0 to below 1; got 1.0"),
        ({"base": Exponential(3), "cured": 10}, "Write 0.1 for 10 %"),
        ({"base": Exponential(3), "cured": -0.1}, "`cured` must be a number from 0 to below 1"),
        ({"base": Exponential(3), "cured": np.array([0.1, 1.0])}, "`cured` must be a number from 0 to below 1"),
        ({"base": Exponential(3), "cured": NormalMixture.lognormal(0.1, 0.5)}, "`cured` must be a prior that stays"),
        ({"base": 4.7, "cured": 0.1}, "`base` must be a survival curve"),
        ({"joint": (2.6, 0.5)}, r"`joint` must be a prior on \(median, cured fraction\), a pair of a positive number"),
        ({"joint": (0, 0.1)}, "`joint` must be a prior on"),
        ({"joint": np.array([[2.6, 0.1], [2.6, -0.1]])}, "`joint` must be a prior on"),
        ({"joint": np.ones((2, 3))}, "`joint` must be a prior on"),
        ({"joint": PAIR}, "`joint` must be a prior on which median and cured fraction stay a positive number and one"),
        ({"joint": (2.6, 0.1), "cured": 0.1}, "`joint` must be given alone, without base or cured"),
        ({"joint": (2.6, 0.1), "base": Exponential(3)}, "`joint` must be given alone"),
    ],
    ids=repr,
)
def test_regression_arguments_that_do_not_fit(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        MixtureCure(**arguments)
    assert "\n" not in str(refused.value)
