"""Fleming's bounds, against his formulas in their own words and a printed example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from icibaseline._exact.fleming import equal_sizes, fleming


def test_published_two_looks_at_15_and_25_patients():
    """p0 = .2, alpha = .05: stop at 3 or 7 of 15, in the end 9 of 25."""
    stages = fleming(np.array([15, 25]), 0.2, 0.05)
    assert stages.efficacy.tolist() == [7, 9]
    assert stages.futility.tolist() == [3, 8]


@pytest.mark.parametrize("sizes", [(25,), (20, 40), (15, 30, 45), (10, 20, 30, 40), (5, 40)])
@pytest.mark.parametrize("p0", [0.05, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_reference_bounds_are_those_of_the_formulas(sizes, p0, alpha):
    z, total = norm.isf(alpha), sizes[-1]
    other = ((total * p0) ** 0.5 + (1 - p0) ** 0.5 * z) ** 2 / (total + z**2)
    stages = fleming(np.array(sizes), p0, alpha)
    for n, success, futile in zip(sizes, stages.efficacy, stages.futility, strict=True):
        least = round(n * p0 + z * (total * p0 * (1 - p0)) ** 0.5 + 1e-12) + 1
        greatest = round(n * other - z * (total * other * (1 - other)) ** 0.5 + 1e-12)
        if n == total:
            greatest = least - 1
        assert success == (least if least <= n or n == total else np.inf)
        assert futile == (greatest if greatest >= 0 else -np.inf)


def test_law_looks_are_equally_far_apart_with_halves_up():
    assert equal_sizes(25, 2).tolist() == [13, 25]
    assert equal_sizes(30, 3).tolist() == [10, 20, 30]
    assert equal_sizes(7, 7).tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_law_one_look_has_an_error_near_the_level():
    for n in (40, 80, 160):
        success, _ = fleming(np.array([n]), 0.3, 0.05).chances(np.array([0.3]))
        assert success.sum() == pytest.approx(0.05, abs=0.025)
