"""What curves keep, show and refuse."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from icibaseline._values import walk
from icibaseline.distributions import BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput, UnknownArgument
from icibaseline.survival import (
    Curve,
    Exponential,
    Mixture,
    MixtureCure,
    PiecewiseExponential,
    ScaledHazard,
    Weibull,
)

NAN, INF = math.nan, math.inf
BASE = "exponential, median 4.7 months"
PRIOR = NormalMixture.lognormal(4.7, 0.3)
PAIR = BivariateNormal((math.log(2.6), 0.731), (0.09, 0.047), 0.6, scales=("log", "identity"))
MAKE = {
    "median": lambda bad: Exponential(median=bad),
    "rate": lambda bad: Exponential(rate=bad),
    "shape": lambda bad: Weibull(shape=bad, median=3),
    "scale": lambda bad: Weibull(shape=1, scale=bad),
}
NO_PARAMETER = [0, -1, NAN, INF, "4.7", True, [4.7], {}, PAIR, np.array([]), np.ones((2, 2)), np.array([1.0, NAN])]


@pytest.mark.parametrize("bad", NO_PARAMETER, ids=repr)
@pytest.mark.parametrize("name", MAKE)
def test_regression_bad_parameters_are_refused(name: str, bad: object) -> None:
    with pytest.raises(InvalidInput, match=rf"^`{name}` must be .*; got ") as refused:
        MAKE[name](bad)
    assert "\n" not in str(refused.value)


NO_PAIRS = [(2.6, 0), (-2.6, 1), (NAN, 1), (INF, 1), (2.6,), (1, 2, 3), 4.7, "ab", ((1, 2), (3,)), (True, False), PRIOR]
NO_HAZARDS = [(), (-0.1,), (NAN,), (INF,), ("a",), "ab", 0.1, None, (PRIOR,), np.ones((0, 2)), -np.ones((2, 1))]


@pytest.mark.parametrize("bad", [*NO_PAIRS, np.ones((3, 3)), np.ones((0, 2)), np.array([["a", "b"]])], ids=repr)
def test_regression_bad_joint_is_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`joint` must be a prior on"):
        Weibull(joint=bad)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Exponential(), "`median` or `rate` must be given to Exponential, and not both; got neither"),
        (lambda: Exponential(3, rate=1), "and not both; got both"),
        (lambda: Exponential(rate=0.01).with_(median=5), "set the other to None"),
        (lambda: Weibull(shape=1), "`median` or `scale` must be given to Weibull, and not both; got neither"),
        (lambda: Weibull(shape=1, median=3, scale=3), "got both"),
        (lambda: Weibull(median=3), "`shape` must be given"),
        (lambda: Weibull(), "`shape` must be given"),
        (lambda: Weibull(joint=(3, 1), shape=1), "`joint` must be given alone"),
        (lambda: Weibull(joint=(3, 1), median=1), "`joint` must be given alone"),
        (lambda: Weibull(joint=(3, 1), scale=1), "`joint` must be given alone"),
        (
            lambda: PiecewiseExponential((0.1, 0.2)),
            "`knots` must be one fewer than the `hazards`, of which there are 2; got",
        ),
        (
            lambda: PiecewiseExponential((0.1,), knots=(3,)),
            "`knots` must be one fewer than the `hazards`, of which there are 1; got",
        ),
        (
            lambda: PiecewiseExponential(np.ones((4, 3)), knots=(3,)),
            "`knots` must be one fewer than the `hazards`, of which there are 3; got",
        ),
        (lambda: PiecewiseExponential((0.1, 0.2, 0.3), knots=(3, 3)), "`knots` must be strictly increasing"),
        (lambda: PiecewiseExponential((0.1, 0.2), knots=(0,)), r"`knots\[0\]` must be a positive number"),
        (lambda: PiecewiseExponential((0.1, 0.2), knots=(INF,)), r"`knots\[0\]` must be a positive number"),
        (lambda: ScaledHazard(3, 0.6), "`base` must be a survival curve"),
        (
            lambda: PiecewiseExponential(PAIR),
            "`knots` must be one fewer than the `hazards`, of which there are 2; got",
        ),
        (lambda: PiecewiseExponential(PRIOR), "`hazards` must be a prior on two hazards or more; .* an Exponential"),
        (
            lambda: PiecewiseExponential(BivariateNormal((0.1, 0.1), (0.1, 0.1), 0), knots=(3,)),
            "`hazards` must be a prior on which no hazard is negative",
        ),
    ],
)
def test_regression_arguments_that_do_not_fit(make: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        make()


@pytest.mark.parametrize("bad", [*NO_HAZARDS, np.full((2, 1), NAN), np.full((2, 1), "a")], ids=repr)
def test_regression_bad_hazards_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match="`hazards"):
        PiecewiseExponential(bad)


def test_regression_unknown_arguments_are_refused() -> None:
    with pytest.raises(UnknownArgument, match="Did you mean `median`"):
        Exponential(medain=3)
    with pytest.raises(UnknownArgument, match="by position"):
        Weibull(0.7, 2.6)


KINDS = [
    Exponential(median=3),
    PiecewiseExponential((0.1,)),
    Weibull(shape=2, scale=1).scaled(0.5),
    Mixture(0.4, (Exponential(3), MixtureCure(Exponential(9), cured=0.1))),
    Exponential(3).after(1),
]


@pytest.mark.parametrize("curve", KINDS, ids=str)
@pytest.mark.parametrize("bad", [-1, NAN, "3", None, [1, -1], [[1], [1, 2]], True, 1j])
def test_regression_bad_times_are_refused(curve: Curve, bad: object) -> None:
    for method in ("hazard", "cumulative_hazard", "survival", "density", "restricted_mean", "quantile"):
        with pytest.raises(InvalidInput, match=r"` must be .*; got ") as refused:
            getattr(curve, method)(bad)
        assert "\n" not in str(refused.value)
    with pytest.raises(InvalidInput, match="`h` must be 0 or positive"):
        curve.inverse_cumulative_hazard(bad)


def test_regression_bad_horizon_probability_and_size() -> None:
    curve = Exponential(median=3)
    with pytest.raises(InvalidInput, match="`horizon` must be a positive number of months; got 0"):
        curve.restricted_mean(0)
    with pytest.raises(InvalidInput, match=r"`p` must be probabilities from 0 to 1; got 1\.5"):
        curve.quantile(1.5)
    for bad in (-1, 1.5, "3", (2, -1)):
        with pytest.raises(InvalidInput, match=r"`size(\[1\])?` must be a whole number"):
            curve.rvs(bad)


# ---- what was given is kept ------------------------------------------------------------------------


def test_law_median_and_rate_answer_whichever_was_given() -> None:
    by_median, by_rate = Exponential(median=4.7), Exponential(rate=0.01)
    assert (by_median.median, by_rate.rate) == (4.7, 0.01)
    assert by_median.rate == pytest.approx(math.log(2) / 4.7, rel=1e-15)
    assert by_rate.median == pytest.approx(100 * math.log(2), rel=1e-15)
    assert by_median.with_(median=5) == Exponential(median=5)
    assert by_rate.with_(median=5, rate=None) == Exponential(median=5)
    assert by_rate != Exponential(median=by_rate.median)
    assert Weibull(shape=0.731, scale=4).median == pytest.approx(4 * math.log(2) ** (1 / 0.731), rel=1e-15)
    assert Weibull(joint=(2.6, 0.731)).median == 2.6
    assert Weibull(joint=(2.6, 0.731)).shape_value == 0.731


def test_regression_reprs_and_texts() -> None:
    shown = {
        "Exponential(4.7)": BASE,
        "Exponential(rate=0.01)": "exponential, rate 0.01 per month",
        "Weibull(shape=0.731, median=2.6)": "Weibull, median 2.6 months, shape 0.731",
        "Weibull(shape=0.731, scale=4.0)": "Weibull, scale 4 months, shape 0.731",
        "PiecewiseExponential((0.1, 0.05), knots=(3.0,))": "piecewise exponential: 0.1 to month 3, 0.05 after",
        "PiecewiseExponential((0.1,))": "piecewise exponential: 0.1 throughout",
        "ScaledHazard(Exponential(4.7), ratio=0.6, delay=3.0)": f"{BASE}; hazard ratio 0.6 from month 3",
        "ScaledHazard(Exponential(4.7), ratio=0.6)": f"{BASE}; hazard ratio 0.6",
    }
    for code, text in shown.items():
        assert repr(eval(code)) == code
        assert str(eval(code)) == text
    assert str(PiecewiseExponential(PAIR, knots=(3,))).startswith("piecewise exponential, knots 3, hazards uncertain")
    assert str(Weibull(joint=(2.6, 0.731))) == "Weibull, median 2.6 months, shape 0.731"


def test_law_values_are_frozen_and_hash_by_what_was_given() -> None:
    curve = Exponential(median=4.7)
    before = hash(curve), repr(curve), curve.to_dict()
    _ = curve.rate, curve.survival(3)
    assert (hash(curve), repr(curve), curve.to_dict()) == before
    assert hash(Exponential(median=4.7)) == hash(curve)
    for name in ("median", "rate", "batch"):
        with pytest.raises(AttributeError):
            setattr(curve, name, 3)
    joint = np.array([2.6, 0.731])
    kept = Weibull(joint=joint)
    joint[0] = 9
    assert kept.median == 2.6


def test_law_priors_are_kept_by_name() -> None:
    curve = Exponential(rate=PRIOR).scaled(0.6, 3)
    assert ("base.rate", PRIOR) in list(walk(curve))
    assert pickle.loads(pickle.dumps(curve)) == curve
    assert eval(repr(Weibull(joint=PAIR))) == Weibull(joint=PAIR)
