"""Bounds that are given as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

import icibaseline as ici

RULE = ici.GivenBounds((float("inf"), 1.6159), futility=(0.1389,), alpha=0.05)


def test_reference_error_of_two_looks_by_the_bivariate_normal_law():
    rho = np.sqrt(0.45)
    both = multivariate_normal.cdf([-0.1389, -1.6159], cov=[[1, rho], [rho, 1]])
    found = RULE.bounds((0.45, 1.0), drift=0)
    assert found.power == pytest.approx(both, abs=1e-7)
    assert found.stop_futility[0] == pytest.approx(norm.cdf(0.1389), abs=1e-12)


def test_law_bounds_stand_whatever_the_information():
    for seen in ((10.0, 31.0), (3.0, 12.0)):
        found = RULE.at(seen, (15.0, 30.0))
        assert found.efficacy.tolist() == [np.inf, 1.6159]
        assert found.futility.tolist() == [0.1389, 1.6159]
    assert RULE.at((10.0,), (15.0, 30.0)).futility.tolist() == [0.1389]
    assert RULE.at((10.0,), (15.0, 30.0), final=True).efficacy.tolist() == [1.6159]


def test_law_a_look_that_adds_nothing_tests_nothing():
    found = RULE.at((30.0, 30.0), (15.0, 30.0))
    assert found.futility[0] == -np.inf
    assert found.efficacy[1] == 1.6159


@pytest.mark.parametrize("looks", [(1.0,), (0.3, 0.6, 1.0)])
def test_law_a_plan_has_as_many_looks_as_bounds(looks):
    with pytest.raises(ici.InvalidInput, match="one number for each look"):
        RULE.bounds(looks)


def test_law_it_is_a_boundary_of_randomised_trials_too():
    truth = ici.Scenario(ici.Exponential(median=4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
    rule = ici.GivenBounds((2.79651, 1.97743), alpha=0.025)  # O'Brien-Fleming, two equal looks
    design = ici.Randomized(300, looks=ici.AtEvents((100, 200)), boundary=rule).plan_for(truth)
    assert ici.power(design, truth.null).power == pytest.approx(0.025, abs=2e-5)
    assert str(rule) == "bounds on Z: reject above 2.797; reject above 1.977"
