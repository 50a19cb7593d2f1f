"""The fixed boundary."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

import icibaseline as ici


@pytest.mark.parametrize("alpha", [1e-6, 0.005, 0.025, 0.1, 0.49])
@pytest.mark.parametrize("looks", [1, 2, 5])
def test_law_only_the_last_look_tests(alpha, looks):
    bounds = ici.Fixed(alpha).bounds(np.arange(1.0, looks + 1))
    assert_array_equal(bounds.efficacy[:-1], np.inf)
    assert_array_equal(bounds.futility, -np.inf)
    assert_allclose(bounds.efficacy[-1], norm.isf(alpha), rtol=1e-14)
    assert ici.Fixed(alpha).one_sided_alpha == alpha


def test_law_exits_at_the_last_look():
    boundary = ici.Fixed()
    asked = []

    def exceeds(look, bound):
        asked.append((look, bound))
        return np.array([0.3, 0.9])

    reject, futility = boundary.exits(boundary.bounds(np.ones(3)), exceeds)
    assert asked == [(2, pytest.approx(1.959963984540054))]
    assert_array_equal(reject, [[0, 0, 0.3], [0, 0, 0.9]])
    assert_array_equal(futility, 0)


@pytest.mark.parametrize("alpha", [0, 0.5, 1, -0.1, np.nan, "0.025", None])
def test_law_alpha_is_one_sided(alpha):
    with pytest.raises(ici.InvalidInput, match="`alpha` must be"):
        ici.Fixed(alpha)
