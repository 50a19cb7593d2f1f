"""Quadrature on panels: integrals and running integrals against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose
from scipy.special import gamma as gamma_function, gammainc

from icibaseline._quadrature import enough_points, legendre, make_grid, origin_power


def grid_of(breaks, points=32, power=1):
    return make_grid(np.atleast_2d(np.array(breaks, dtype=float)), points, power)


@pytest.mark.parametrize("points", [1, 2, 16, 64, 256])
def test_law_exact_for_polynomials(points):
    rule = legendre(points)
    for degree in {0, 1, points, 2 * points - 1}:
        exact = 0 if degree % 2 else 2 / (degree + 1)
        assert rule.w @ rule.x**degree == pytest.approx(exact, abs=1e-13)
    for degree in {0, points // 2, points - 1}:
        running = rule.running @ rule.x**degree
        exact = (rule.x ** (degree + 1) - (-1.0) ** (degree + 1)) / (degree + 1)
        assert_allclose(running, exact, rtol=0, atol=1e-12)


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=6), st.floats(0.01, 1.0), st.sampled_from([1, 6, 9]))
def test_law_running_integrals_of_an_exponential(widths, rate, power):
    grid = grid_of([0, *np.cumsum(widths)], 48, power)
    values = np.exp(-rate * grid.t)
    assert_allclose(grid.running(values), -np.expm1(-rate * grid.t) / rate, rtol=1e-9, atol=1e-11)
    assert_allclose((values * grid.w).sum(), -np.expm1(-rate * sum(widths)) / rate, rtol=1e-10)
    at = np.linspace(0, sum(widths), 23)[None, :]
    assert_allclose(grid.running_at(values, at), -np.expm1(-rate * at) / rate, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("first", [24.0, 3.0, 1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("shape", [0.3, 0.5, 0.73, 0.9, 1.4, 2.5])
def test_law_hazards_that_are_infinite_or_kinked_at_0(shape, first):
    """t^(k - 1) exp(-t / 9), also when the first break lies next to 0, as when a look follows enrolment closely."""
    grid = grid_of([0, first, 36.0], 64, origin_power(shape))
    values = grid.t ** (shape - 1) * np.exp(-grid.t / 9)
    exact = gamma_function(shape) * 9**shape * gammainc(shape, 36 / 9)
    assert (values * grid.w).sum() == pytest.approx(exact, rel=1e-10)
    exact_at = gamma_function(shape) * 9**shape * gammainc(shape, grid.t / 9)
    assert_allclose(grid.running(values), exact_at, rtol=1e-8, atol=1e-11)
    at = np.array([[1e-9, 0.5 * first, first, 2.0, 35.9, 36.0]])
    exact_at = gamma_function(shape) * 9**shape * gammainc(shape, at / 9)
    assert_allclose(grid.running_at(values, at), exact_at, rtol=1e-7, atol=1e-11)


def test_law_jumps_at_breaks_are_integrated_exactly():
    grid = grid_of([0, 3, 9, 30])
    values = np.where(grid.t < 3, 0.2, np.where(grid.t < 9, 0.05, 1.0))
    at = np.array([[0, 1, 3, 5, 9, 10, 30.0]])
    assert_allclose(grid.running_at(values, at)[0], [0, 0.2, 0.6, 0.7, 0.9, 1.9, 21.9], rtol=0, atol=1e-13)


def test_law_empty_panels_at_the_end_add_nothing():
    grid, plain = grid_of([0, 5, 12, 12, 12], power=9), grid_of([0, 5, 12], power=9)
    for g in (grid, plain):
        assert (np.sqrt(g.t) * g.w).sum() == pytest.approx(12**1.5 / 1.5, rel=1e-12)
    values = 1 / np.sqrt(grid.t)
    assert_allclose(grid.running_at(values, np.array([[4.0, 12.0]])), [[4, 2 * np.sqrt(12)]], rtol=1e-9)


def test_law_a_batch_is_its_members():
    breaks = np.array([[0, 3, 10.0], [0, 8, 40.0]])
    both = make_grid(breaks, 24, 9)
    at = np.array([[1.0, 5.0, 10.0], [1.0, 20.0, 40.0]])
    values = both.t**-0.3 * np.cos(both.t / 40)
    for i in range(2):
        one = make_grid(breaks[i : i + 1], 24, 9)
        assert_allclose(both.t[i], one.t[0])
        assert_allclose(both.running(values)[i], one.running(values[i : i + 1])[0], rtol=1e-13)
        found = one.running_at(values[i : i + 1], at[i : i + 1])[0]
        assert_allclose(both.running_at(values, at)[i], found, rtol=1e-13)


@pytest.mark.parametrize(("smoothness", "least"), [(0.5, 12), (0.73, 9), (0.9, 7), (1.5, 6)])
def test_law_the_substitution_leaves_no_singularity(smoothness, least):
    assert origin_power(smoothness) == least
    assert origin_power(1.0) == origin_power(2.0) == 1


def test_law_nodes_are_doubled_until_they_agree():
    def integrals(points):
        grid = grid_of([0, 40.0], points)
        return np.array([(np.exp(-3 * grid.t) * grid.w).sum(), (np.exp(-grid.t) * grid.w).sum()])

    points, error = enough_points(integrals)
    assert error < 1e-11
    assert_allclose(integrals(points), [1 / 3, 1], rtol=1e-10)
    assert abs(integrals(points // 2)[0] - 1 / 3) > 1e-12

    def jump(points):
        grid = grid_of([0, 1.0], points)
        return np.array([((grid.t > 1 / 3) * grid.w).sum()])

    assert enough_points(jump)[1] > 1e-6
