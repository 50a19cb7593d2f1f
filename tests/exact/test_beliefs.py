"""Posterior and predictive probabilities, against closed forms, adaptive quadrature and sums."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad
from scipy.special import betaincc, betaln, comb
from scipy.stats import betabinom

from icibaseline._exact.beliefs import Belief, above, first_count, last_count, predictive


def beta(a: float, b: float) -> Belief:
    return Belief(np.ones(1), np.array([a]), np.array([b]))


def closed(a: int, b: float, c: float, d: float) -> float:
    """P(beta(a, b) > beta(c, d)) for whole a, a sum of a terms."""
    i = np.arange(a)
    return float(np.exp(betaln(c + i, b + d) - np.log(b + i) - betaln(1 + i, b) - betaln(c, d)).sum())


@pytest.mark.parametrize(
    "laws", [(1, 20.5, 0.5, 0.5), (2, 3.5, 0.5, 0.7), (13, 30.5, 7.5, 31.5), (301, 700.5, 7.5, 31.5), (25, 0.5, 0.3, 2)]
)
def test_reference_one_rate_above_another_is_a_closed_sum(laws):
    a, b, c, d = laws
    assert above(beta(a, b), beta(c, d)) == pytest.approx(closed(a, b, c, d), abs=2e-12)  # the sum itself rounds


@given(st.floats(0.2, 60), st.floats(0.2, 60), st.floats(0.2, 60), st.floats(0.2, 60))
def test_law_one_of_two_rates_is_higher(a, b, c, d):
    assert above(beta(a, b), beta(c, d)) + above(beta(c, d), beta(a, b)) == pytest.approx(1, abs=1e-12)
    assert above(beta(a, b), beta(a, b)) == pytest.approx(0.5, abs=1e-12)


@given(st.floats(0.2, 60), st.floats(0.2, 60), st.floats(0.2, 60), st.floats(0.2, 60), st.floats(0.01, 0.9))
def test_law_a_margin_seen_from_the_other_side(a, b, c, d, delta):
    """X > Y + delta unless Y > X - delta."""
    assert above(beta(a, b), beta(c, d), delta) + above(beta(c, d), beta(a, b), -delta) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "case",
    [(20.5, 0.5, 0.5, 0.7, 0.1), (300.5, 700.5, 7.5, 31.5, 0.05), (13.5, 30.5, 7.5, 31.5, 0.15), (3, 4, 0.5, 3, -0.1)],
)
def test_reference_a_margin_by_adaptive_quadrature(case):
    a, b, c, d, delta = case
    low, high = max(0.0, -delta), min(1.0, 1 - delta)

    def part(s: float) -> float:  # u = low + s^2: no pole at 0
        u = low + s * s
        return 2 * s * betaincc(a, b, u + delta) * np.exp((c - 1) * np.log(u) + (d - 1) * np.log1p(-u) - betaln(c, d))

    middle, spread = c / (c + d), np.sqrt(c * d / (c + d + 1)) / (c + d)
    cuts = np.sqrt(np.clip(middle + spread * np.arange(-12, 13, 3) - low, 1e-30, high - low))
    ends = np.unique([0.0, *cuts, np.sqrt(high - low)])
    wanted = sum(quad(part, x, y, epsabs=1e-14, epsrel=1e-12, limit=200)[0] for x, y in pairwise(ends))
    if delta < 0:
        wanted += 1 - betaincc(c, d, low)
    assert above(beta(a, b), beta(c, d), delta) == pytest.approx(wanted, abs=1e-11)


def test_law_a_sharp_belief_about_the_benchmark_is_a_number():
    sharp = above(beta(13.5, 30.5), beta(2e6, 8e6))
    assert sharp == pytest.approx(float(above(beta(13.5, 30.5), 0.2)), abs=1e-6)
    assert above(beta(13.5, 30.5), 0.2, 0.1) == pytest.approx(float(above(beta(13.5, 30.5), 0.3)))


def test_law_a_mixture_is_the_sum_of_its_parts():
    mixed = Belief(np.array([0.3, 0.7]), np.array([2.0, 8.0]), np.array([9.0, 3.0]))
    other = Belief(np.array([0.8, 0.2]), np.array([7.5, 1.0]), np.array([31.5, 1.0]))
    wanted = sum(
        v * w * float(above(beta(a, b), beta(c, d), 0.05))
        for v, a, b in zip(*mixed, strict=True)
        for w, c, d in zip(*other, strict=True)
    )
    assert above(mixed, other, 0.05) == pytest.approx(wanted, abs=1e-14)


def test_reference_posterior_of_a_mixture_by_bayes_rule_on_a_grid():
    mixed = Belief(np.array([0.3, 0.7]), np.array([2.0, 8.0]), np.array([9.0, 3.0]))
    after = mixed.after(4, 11)

    def prior(u: float) -> float:
        parts = zip(*mixed, strict=True)
        return sum(w * np.exp((a - 1) * np.log(u) + (b - 1) * np.log1p(-u) - betaln(a, b)) for w, a, b in parts)

    def likely(u: float) -> float:
        return prior(u) * u**4 * (1 - u) ** 7

    whole = quad(likely, 0, 1, epsabs=1e-15)[0]
    assert after.mean == pytest.approx(quad(lambda u: u * likely(u), 0, 1, epsabs=1e-15)[0] / whole, rel=1e-9)
    assert above(after, 0.45) == pytest.approx(quad(likely, 0.45, 1, epsabs=1e-15)[0] / whole, rel=1e-9)


# ---- predictive probability --------------------------------------------------------------------------


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.integers(2, 40), st.data())
def test_reference_predictive_probability_is_a_beta_binomial_tail(a, b, total, data):
    seen = data.draw(st.integers(1, total))
    least = data.draw(st.integers(0, total + 1))
    (got, last) = predictive(beta(a, b), np.array([seen, total]), least)
    x = np.arange(seen + 1)
    wanted = betabinom.sf(least - x - 1, total - seen, a + x, b + seen - x) if seen < total else x >= least
    np.testing.assert_allclose(got, wanted, atol=1e-10)
    np.testing.assert_array_equal(last, np.arange(total + 1) >= least)


def test_reference_predictive_probability_under_a_mixture_weighs_its_parts():
    mixed = Belief(np.array([0.3, 0.7]), np.array([2.0, 8.0]), np.array([9.0, 3.0]))
    (got, _) = predictive(mixed, np.array([12, 30]), 11)
    for x in range(13):
        weights = [
            w * comb(12, x) * np.exp(betaln(a + x, b + 12 - x) - betaln(a, b)) for w, a, b in zip(*mixed, strict=True)
        ]
        tails = [betabinom.sf(10 - x, 18, a + x, b + 12 - x) for _, a, b in zip(*mixed, strict=True)]
        assert got[x] == pytest.approx(np.dot(weights, tails) / sum(weights), abs=1e-12)


# ---- counts at which something turns -----------------------------------------------------------------


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.data())
def test_law_the_turning_count_is_found(sizes, data):
    sizes = np.array(sizes)
    turn = np.array([data.draw(st.integers(-1, n)) for n in sizes])
    np.testing.assert_array_equal(last_count(lambda x: x <= turn, sizes), turn)
    np.testing.assert_array_equal(first_count(lambda x: x > turn, sizes), turn + 1)


def test_law_more_responses_make_a_higher_rate_more_likely():
    n = np.array([30])
    for prior in (beta(0.5, 0.5), Belief(np.array([0.9, 0.1]), np.array([1.0, 40.0]), np.array([9.0, 4.0]))):
        rising = [float(above(prior.after(np.array([x]), n), beta(7.5, 31.5))[0]) for x in range(31)]
        assert (np.diff(rising) > 0).all()
