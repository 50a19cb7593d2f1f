"""The exact test and the posterior rule: counts by definition, both faces, and the bound behind `conservative`."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.integrate import quad

import icibaseline as ici
from icibaseline.rules.counts import Certainty, History, Reference, at_least, least_counts

PROMIT = Reference(7 / 38, ici.BetaMixture.from_counts(7, 38), History(7, 38, (0.5, 0.5)))
ROBUST = Reference(0.2, ici.BetaMixture.from_counts(7, 38).robust(0.2))
LOGIT = Reference(0.2, ici.NormalMixture((1,), (-1.4,), (0.4,), scale="logit"))
FLAT = ici.BetaMixture((1,), (1,), (1,))
TWO = ici.BetaMixture((0.3, 0.7), (1, 4), (1, 8))


def better(x, n, a=0.5, b=0.5, delta=0.0):
    """P(Beta(a + x, b + n - x) > p + delta), p ~ Beta(7.5, 31.5), by adaptive quadrature over p."""
    own, law = stats.beta(a + x, b + n - x), stats.beta(7.5, 31.5)
    breaks = sorted(
        {0.0, 1.0, *np.clip(own.ppf([1e-12, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-12]) - delta, 0, 1), *law.ppf([0.01, 0.99])}
    )
    parts = itertools.pairwise(breaks)
    return sum(quad(lambda p: own.sf(p + delta) * law.pdf(p), *ends, epsabs=1e-14, epsrel=1e-13)[0] for ends in parts)


# ---- exact test ------------------------------------------------------------------------------------


@given(p=st.floats(0.01, 0.95), alpha=st.floats(0.001, 0.4), n=st.integers(1, 400))
def test_law_the_exact_count_is_the_least_that_keeps_alpha(p, alpha, n):
    r = int(ici.Exact(alpha).least(np.array([n]), Reference(p))[0])
    assert stats.binom.sf(r - 1, n, p) <= alpha * (1 + 1e-9)
    assert stats.binom.sf(r - 2, n, p) > alpha * (1 - 1e-9) if r > 0 else True


@given(n=st.integers(1, 300), x=st.integers(-1, 301), p=st.floats(0, 1))
def test_law_at_least_is_the_binomial_tail(n, x, p):
    assert_allclose(at_least(np.array(x), np.array(n), p), stats.binom.sf(x - 1, n, p), atol=1e-12)


@given(guess=st.floats(-50, 700), n=st.integers(0, 600), threshold=st.integers(-2, 700))
def test_law_the_least_count_does_not_depend_on_the_guess(guess, n, threshold):
    found = least_counts(lambda x, _: x >= threshold, np.array([n]), np.array([guess]))
    assert found[0] == min(max(threshold, 0), n + 1)


def test_law_a_count_that_equals_alpha_keeps_it():
    assert ici.Exact(0.5).least(np.array([1, 3, 5]), Reference(0.5)).tolist() == [1, 2, 3]  # P = 1/2 exactly


def test_law_no_count_may_succeed():
    assert ici.Exact(0.05).least(np.array([1]), PROMIT) == [2]
    assert np.isinf(ici.Exact(0.05).bounds(1, PROMIT).efficacy)


def test_law_a_typed_count_belongs_to_its_n():
    stages = ici.Exact(r=13).bounds(44, PROMIT)
    assert (stages.sizes, stages.efficacy, stages.futility) == ([44], [13], [12])
    with pytest.raises(ici.InvalidInput, match="`r` must be at most n, which is 12; got 13"):
        ici.Exact(r=13).bounds(12, PROMIT)
    with pytest.raises(ici.InvalidInput, match="left out when `alpha` is given"):
        ici.Exact(0.05, r=13)


# ---- posterior rule --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "n"), [(0, 1), (3, 9), (15, 44), (50, 156), (49, 156), (186, 560), (187, 560), (700, 2000)]
)
def test_reference_the_posterior_probability_against_quadrature(x, n):
    exact = better(x, n)
    found = ici.Posterior().better(np.array([x]), np.array([n]), PROMIT)
    assert_allclose(found, exact, rtol=0, atol=1e-11)


@pytest.mark.parametrize("delta", [-0.1, 0.05, 0.3])
def test_reference_a_margin_and_a_mixture_before_the_data(delta):
    x, n = 20, 44
    weight = [w * stats.betabinom.pmf(x, n, a, b) for w, a, b in zip(TWO.weights, TWO.a, TWO.b, strict=True)]
    parts = [better(x, n, a, b, delta) for a, b in zip(TWO.a, TWO.b, strict=True)]
    exact = np.dot(weight, parts) / sum(weight)
    rule = ici.Posterior(prior=TWO, delta=delta)
    assert_allclose(rule.better(np.array([x]), np.array([n]), PROMIT), exact, rtol=0, atol=1e-11)


def test_reference_the_whole_curve_of_counts_is_where_the_probability_passes_c():
    """r at n = 560 is 187: the two probabilities around 0.975, to 30 digits, are 0.974633 and 0.975892."""
    sizes = np.array([560, 561, 562, 563])
    assert ici.Posterior(0.975).least(sizes, PROMIT).tolist() == [187, 187, 187, 188]
    assert_allclose([better(186, 560), better(187, 560)], [0.97463341748, 0.975891721329], rtol=0, atol=1e-11)


@pytest.mark.parametrize("reference", [PROMIT, ROBUST, LOGIT], ids=["beta", "robust", "logit"])
@pytest.mark.parametrize(
    "rule", [ici.Posterior(), ici.Posterior(0.8, prior=TWO), ici.Posterior(0.975, prior=FLAT, delta=0.05)]
)
def test_law_both_faces_give_one_count(rule, reference):
    for n in (3, 20, 44, 156):
        counts = np.arange(n + 1)[:, None]
        success = rule.judge(counts, np.array([n]), reference).success[:, 0]
        least = int(rule.least(np.array([n]), reference)[0])
        assert success.tolist() == [x >= least for x in range(n + 1)]


@given(n=st.integers(1, 200), alpha=st.floats(0.005, 0.3), p=st.floats(0.02, 0.9))
@settings(max_examples=60)
def test_law_both_faces_of_the_exact_test_give_one_count(n, alpha, p):
    rule, reference, counts = ici.Exact(alpha), Reference(p), np.arange(n + 1)[:, None]
    success = rule.judge(counts, np.array([n]), reference).success[:, 0]
    assert success.tolist() == (counts[:, 0] >= rule.least(np.array([n]), reference)[0]).tolist()


def test_published_floors_of_promit():
    """methods note: 0.303 and 0.328 for 7/38, 0.223 and 0.242 for 7/53."""
    enrolled = Reference(7 / 53, ici.BetaMixture.from_counts(7, 53))
    floors = [ici.Posterior(c).floor(r) for r in (PROMIT, enrolled) for c in (0.95, 0.975)]
    assert [round(f, 3) for f in floors] == [0.303, 0.328, 0.223, 0.242]
    assert_allclose(floors[0], stats.beta(7.5, 31.5).ppf(0.95), rtol=1e-9)


@pytest.mark.parametrize("reference", [PROMIT, ROBUST, LOGIT], ids=["beta", "robust", "logit"])
def test_law_power_tends_to_0_or_1_on_either_side_of_the_floor(reference):
    rule, n = ici.Posterior(0.95), np.array([100_000])
    floor, least = rule.floor(reference), rule.least(n, reference)
    assert at_least(least, n, floor - 0.01)[0] < 1e-6
    assert at_least(least, n, floor + 0.01)[0] > 1 - 1e-6


def test_law_a_posterior_rule_needs_a_law():
    with pytest.raises(ici.InvalidInput, match="Its error is not known"):
        ici.Posterior().check(Reference(0.184))


# ---- from which n on a target is always reached ------------------------------------------------------


@given(n=st.integers(2, 300), p=st.floats(0.02, 0.98), k=st.integers(0, 299))
def test_law_the_bounds_of_zubkov_and_serov(n, p, k):
    """C(k) <= P(X <= k) <= C(k + 1), the inequality on which `Certainty` rests."""
    if not 0 < k < n - 1:
        return

    def c(j):
        x = j / n
        gap = x * np.log(x / p) + (1 - x) * np.log((1 - x) / (1 - p))
        return stats.norm.cdf(np.sign(x - p) * np.sqrt(max(2 * n * gap, 0)))

    assert c(k) - 1e-12 <= stats.binom.cdf(k, n, p) <= c(k + 1) + 1e-12


@pytest.mark.parametrize("rule", [ici.Exact(0.05), ici.Exact(0.2), ici.Posterior(0.95), ici.Posterior(0.8, prior=TWO)])
@pytest.mark.parametrize("reference", [PROMIT, ROBUST, LOGIT], ids=["beta", "robust", "logit"])
@pytest.mark.parametrize(("more", "target"), [(0.06, 0.8), (0.2, 0.9), (0.3, 0.5)])
def test_law_beyond_a_certain_size_no_n_misses_the_target(rule, reference, more, target):
    rate = min(rule.floor(reference) + more, 0.98)
    one = np.array([rate]), np.ones(1)
    sure = rule.certainty(reference, rate).size(*one, target)
    sizes = np.arange(sure, sure + 150)
    assert np.all(at_least(rule.least(sizes, reference), sizes, rate) >= target)


def test_law_no_size_is_certain_below_the_floor():
    below = np.array([PROMIT.rate - 0.01]), np.ones(1)
    assert Certainty(np.array([PROMIT.rate]), np.ones(1), 0.95).size(*below, 0.8) is None
