"""The fixed boundary, and what holds for bounds of every boundary."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

import icibaseline as ici
from icibaseline.rules import Bounds


@pytest.mark.parametrize("alpha", [1e-6, 0.005, 0.025, 0.1, 0.49])
@pytest.mark.parametrize("looks", [1, 2, 5])
def test_law_only_the_last_look_tests(alpha, looks):
    bounds = ici.Fixed(alpha).bounds(np.arange(1.0, looks + 1))
    assert_array_equal(bounds.efficacy[:-1], np.inf)
    assert_array_equal(bounds.futility, -np.inf)
    assert_allclose(bounds.efficacy[-1], norm.isf(alpha), rtol=1e-14)
    assert ici.Fixed(alpha).one_sided_alpha == alpha


@pytest.mark.parametrize("looks", [1, 3])
def test_law_exits_at_the_last_look(looks):
    drifts, spread = np.array([0.0, 1.2, 3.0]), np.array([1.0, 1.0, 1.1])
    bounds = ici.Fixed().bounds(np.arange(1.0, looks + 1))
    mean, wide = drifts[:, None] * np.ones(looks), spread[:, None] * np.ones(looks)
    under = bounds.under(mean, spread=wide)
    assert_array_equal(under.reject[:, :-1], 0)
    assert_allclose(under.reject[:, -1], norm.cdf((drifts - norm.isf(0.025)) / spread), rtol=1e-14)
    assert_array_equal(under.stop_futility, 0)
    assert_allclose(under.power, under.reject[:, -1])


def test_law_a_look_before_the_end_decides_nothing():
    assert_array_equal(ici.Fixed().at((30, 60), (40, 80, 120)).efficacy, np.inf)
    assert ici.Fixed().at((30, 60), (40, 80, 120), final=True).efficacy[-1] == pytest.approx(norm.isf(0.025))


@pytest.mark.parametrize("alpha", [0, 0.5, 1, -0.1, np.nan, "0.025", None])
def test_law_alpha_is_one_sided(alpha):
    with pytest.raises(ici.InvalidInput, match="`alpha` must be"):
        ici.Fixed(alpha)


@pytest.mark.parametrize(
    ("information", "drift", "name"),
    [
        ((2.0, 1.0), None, "information"),
        ((0.0,), None, "information"),
        ((-1.0, 1.0), None, "information"),
        ((1.0, np.inf), None, "information"),
        ((1.0, np.nan), None, "information"),
        ((), None, "information"),
        (1.0, None, "information"),
        ("12", None, "information"),
        (("1", "2"), None, "information"),
        (np.ones((2, 2, 2)), None, "information"),
        ((0.5, 1.0), "3", "drift"),
        ((0.5, 1.0), (1.0, 2.0, 3.0), "drift"),
        ((0.5, 1.0), np.inf, "drift"),
        ((0.5, 1.0), (1.0, np.inf), "drift"),
    ],
)
def test_law_information_and_drift_that_cannot_be_are_refused(information, drift, name):
    with pytest.raises(ici.InvalidInput, match=f"`{name}` must be"):
        ici.Fixed().bounds(information, drift)


def test_law_bounds_are_a_value_with_frozen_arrays():
    bounds = ici.Fixed().bounds((0.5, 1.0), drift=3.0)
    assert Bounds.from_dict(bounds.to_dict()) == bounds
    for array in (bounds.information, bounds.efficacy, bounds.futility, bounds.mean, bounds.spread):
        assert not array.flags.writeable
    assert_allclose(bounds.nominal_p, [0.0, 0.025], rtol=1e-14)
    assert_allclose(bounds.mean, 3 * np.sqrt([0.5, 1.0]))
    assert bounds.drift == 3


def test_law_of_two_looks_at_once_the_later_decides():
    given = {"futility": (-np.inf, -np.inf), "mean": (3.0, 3.0), "spread": (1.0, 1.0)}
    bounds = Bounds((1.0, 1.0), (2.5, 2.0), **given)
    assert_allclose(bounds.reject, [0.0, norm.sf(-1.0)], rtol=1e-13)
