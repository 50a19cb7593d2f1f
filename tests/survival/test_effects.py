"""Effects turn a control curve into an experimental one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from icibaseline._values import Value
from icibaseline.distributions import BetaMixture, NormalMixture
from icibaseline.errors import ApproximationWarning, InvalidInput, UnknownArgument
from icibaseline.survival import (
    Effect,
    ExplicitCurve,
    Exponential,
    HazardRatio,
    MedianRatio,
    PiecewiseExponential,
    Weibull,
)

CONTROLS = [Exponential(median=4.7), Weibull(shape=0.731, median=2.6), PiecewiseExponential((0.1, 0.05), knots=(3,))]
T = np.array([0, 1, 3, 8, 30.0])
PRIOR = NormalMixture.lognormal(0.6, 0.2)


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_law_hazard_ratio_is_a_power_of_survival(control: Exponential) -> None:
    experimental = HazardRatio(0.6).apply(control)
    np.testing.assert_allclose(experimental.survival(T), np.asarray(control.survival(T)) ** 0.6, rtol=1e-13)


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_law_delayed_hazard_ratio_needs_time(control: Exponential) -> None:
    experimental = HazardRatio(0.6, delay=3).apply(control)
    np.testing.assert_allclose(experimental.survival(T[:3]), control.survival(T[:3]), rtol=1e-14)
    ratio = np.asarray(experimental.survival(T[3:])) / experimental.survival(3)
    np.testing.assert_allclose(ratio, (np.asarray(control.survival(T[3:])) / control.survival(3)) ** 0.6, rtol=1e-12)


def test_reference_exponential_medians_divide_by_the_ratio() -> None:
    assert HazardRatio(0.6).apply(Exponential(median=4.7)).median == pytest.approx(4.7 / 0.6, rel=1e-14)


def test_law_null_is_the_control_curve() -> None:
    for effect in (HazardRatio(0.6, delay=3), HazardRatio(PRIOR), ExplicitCurve(Exponential(median=8))):
        assert effect.null.apply(CONTROLS[1]) is CONTROLS[1]
        assert effect.null.constant_ratio == 1


def test_law_constant_ratio() -> None:
    ratios = np.array([0.5, 0.7])
    assert HazardRatio(0.6).constant_ratio == 0.6
    assert HazardRatio(1, delay=3).constant_ratio == 1
    assert HazardRatio(0.6, delay=3).constant_ratio is None
    assert HazardRatio(0.6, delay=np.array([0.0, 3.0])).constant_ratio is None
    assert HazardRatio(ratios).constant_ratio == pytest.approx(ratios)
    assert HazardRatio(ratios, delay=np.zeros(2)).constant_ratio == pytest.approx(ratios)
    assert ExplicitCurve(CONTROLS[0]).constant_ratio is None
    with pytest.raises(InvalidInput, match="`value` must be a number"):
        _ = HazardRatio(PRIOR).constant_ratio


def test_law_explicit_curve_ignores_the_control() -> None:
    curve = Exponential(median=8)
    assert ExplicitCurve(curve).apply(CONTROLS[1]) is curve


def test_law_round_trips() -> None:
    for effect in (HazardRatio(0.6), HazardRatio(0.6, delay=3), HazardRatio(PRIOR), ExplicitCurve(CONTROLS[1])):
        assert eval(repr(effect)) == effect
        assert Value.from_dict(effect.to_dict()) == effect


def test_regression_effect_texts() -> None:
    assert str(HazardRatio(0.6)) == "hazard ratio 0.6"
    assert str(HazardRatio(0.6, delay=3)) == "hazard ratio 0.6 from month 3"
    assert str(ExplicitCurve(Exponential(median=8))) == "experimental curve: exponential, median 8 months"


@pytest.mark.parametrize(
    "bad", [0, -1, math.nan, math.inf, "0.6", None, True, [0.6], np.array([]), np.ones((2, 2))], ids=repr
)
def test_regression_bad_ratios_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`value` must be"):
        HazardRatio(bad)
    with pytest.raises(InvalidInput, match="`ratio` must be"):
        Exponential(median=3).scaled(bad)


@pytest.mark.parametrize(
    "bad", [-1, math.nan, math.inf, "3", None, [3], np.array([-1.0, 2.0]), np.ones((2, 2))], ids=repr
)
def test_regression_bad_delays_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`delay` must be"):
        HazardRatio(0.6, delay=bad)
    with pytest.raises(InvalidInput, match="`delay` must be"):
        Exponential(median=3).scaled(0.6, bad)


@pytest.mark.parametrize("bad", [None, 4.7, "exponential", PRIOR, HazardRatio(0.6)], ids=repr)
def test_regression_what_is_no_curve_is_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`curve` must be a survival curve"):
        ExplicitCurve(bad)
    with pytest.raises(InvalidInput, match="`control` must be a survival curve"):
        HazardRatio(0.6).apply(bad)
    with pytest.raises(InvalidInput, match="`control` must be a survival curve"):
        ExplicitCurve(CONTROLS[0]).apply(bad)


def test_regression_batches_of_two_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one length"):
        HazardRatio(np.array([0.5, 0.6]), delay=np.array([1.0, 2.0, 3.0]))


# ---- ratios of medians -----------------------------------------------------------------------------


@pytest.mark.parametrize(("ratio", "shape"), [(1.67, 1), (2.01, 0.73)])
def test_published_ratio_of_medians_of_a_hazard_ratio(ratio: float, shape: float) -> None:
    with pytest.warns(ApproximationWarning, match="only if both groups have Weibull curves of that shape, here"):
        effect = MedianRatio(ratio).hazard_ratio(shape=shape)
    assert effect.value == pytest.approx(0.6, abs=0.002)


@pytest.mark.filterwarnings("ignore::icibaseline.errors.ApproximationWarning")
@pytest.mark.parametrize("shape", [0.4, 1.0, 2.5])
def test_law_between_weibull_curves_of_one_shape_it_is_exact(shape: float) -> None:
    control = Weibull(shape=shape, median=4.7)
    for ratio in (0.5, 1.0, 3.0):
        experimental = MedianRatio(ratio).hazard_ratio(shape=shape).apply(control)
        assert experimental.median / control.median == pytest.approx(ratio, rel=1e-13)
        np.testing.assert_allclose(
            experimental.survival(T), Weibull(shape=shape, median=4.7 * ratio).survival(T), rtol=1e-12
        )
    batch = MedianRatio(np.array([0.5, 2.0])).hazard_ratio(shape=shape)
    np.testing.assert_allclose(batch.value, [0.5**-shape, 2.0**-shape], rtol=1e-15)


@pytest.mark.filterwarnings("ignore::icibaseline.errors.ApproximationWarning")
def test_law_a_prior_is_turned_on_the_log_scale() -> None:
    prior = NormalMixture((0.8, 0.2), (0.5, 0.0), (0.2, 1.0), scale="log")
    made = MedianRatio(prior).hazard_ratio(shape=0.73).value
    p = np.array([0.01, 0.3, 0.5, 0.9])
    np.testing.assert_allclose(made.quantile(p), np.asarray(prior.quantile(1 - p)) ** -0.73, rtol=1e-12)


def test_law_a_ratio_of_medians_is_no_effect() -> None:
    ratio = MedianRatio(1.67)
    assert not isinstance(ratio, Effect)
    assert eval(repr(ratio)) == ratio == Value.from_dict(ratio.to_dict())
    assert str(ratio) == "ratio of medians 1.67"
    with pytest.raises(
        InvalidInput, match=r"`value` must be a hazard ratio; got MedianRatio\(1.67\). Use its `hazard_r"
    ):
        HazardRatio(ratio)


@pytest.mark.parametrize(
    "bad", [0, -1, math.nan, math.inf, "1.67", None, True, BetaMixture.from_counts(7, 38)], ids=repr
)
def test_regression_bad_ratios_of_medians_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`value` must be a"):
        MedianRatio(bad)
    if not isinstance(bad, BetaMixture):
        with pytest.raises(InvalidInput, match="`shape` must be a positive number"):
            MedianRatio(1.67).hazard_ratio(shape=bad)


def test_regression_the_prior_is_on_the_log_scale_and_the_shape_is_named() -> None:
    with pytest.raises(InvalidInput, match='scale="log"'):
        MedianRatio(NormalMixture.normal(1.67, 0.01))
    with pytest.raises(TypeError):
        MedianRatio(1.67).hazard_ratio()
    with pytest.raises(UnknownArgument):
        MedianRatio(ratio=1.67)
