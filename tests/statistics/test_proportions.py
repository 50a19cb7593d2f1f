"""Tests of two response rates: regions, sizes, p-values and intervals, against sums and searches of their own."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.optimize import minimize_scalar

import icibaseline as ici
from icibaseline.statistics.proportions import Counts2, ceiling_from, sure_from

MARGINS = (
    ici.RiskDifference(0.0),
    ici.RiskDifference(-0.12),
    ici.RiskDifference(0.2),
    ici.RiskRatio(0.7),
    ici.RiskRatio(1.5),
    ici.OddsRatio(0.5),
    ici.OddsRatio(2.0),
)
EXACT = (ici.FisherExact(), ici.Boschloo(), *(ici.Barnard(margin=MARGINS[i]) for i in (0, 1, 4, 5)))
ALL = (ici.PooledZ(), ici.UnpooledZ(), *(ici.FarringtonManning(margin=m) for m in MARGINS), *EXACT)
sizes = st.integers(1, 25)
levels = st.sampled_from((0.01, 0.025, 0.1, 0.2, 0.4))


def rejects(test, n, m, alpha):
    """The region as a table (n + 1, m + 1)."""
    region = test.region(n, m, alpha)
    return np.arange(n + 1)[:, None] >= region.least


def on_the_margin(margin, control):
    """Experimental rates by hand."""
    if isinstance(margin, ici.RiskDifference):
        return control + margin.value
    if isinstance(margin, ici.RiskRatio):
        return control * margin.value
    return margin.value * control / (1 + (margin.value - 1) * control)


def null_pairs(test, count, rng):
    """Pairs of rates (experimental, control) on the margin or below it."""
    margin = getattr(test, "margin", MARGINS[0])
    control = rng.random(count)
    experimental = on_the_margin(margin, control) * np.where(rng.random(count) < 0.5, 1, rng.random(count))
    inside = (experimental >= 0) & (experimental <= 1)
    return experimental[inside], control[inside]


def chance(table, experimental, control):
    """Probability of a table of tables, from scipy's binomial distribution."""
    n, m = table.shape[0] - 1, table.shape[1] - 1
    own = stats.binom.pmf(np.arange(n + 1)[:, None], n, experimental)
    other = stats.binom.pmf(np.arange(m + 1)[:, None], m, control)
    return np.sum((table.astype(float).T @ own) * other, axis=0)


# ---- regions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", ALL, ids=str)
@given(n=sizes, m=sizes, alpha=levels)
def test_law_the_two_faces_agree(test, n, m, alpha):
    n, m = (min(n, 12), min(m, 12)) if test in EXACT else (n, m)
    x, y = np.divmod(np.arange((n + 1) * (m + 1)), m + 1)
    by_p_value = test.p_values_of(Counts2(x, n, y, m)) <= alpha
    assert np.array_equal(by_p_value.reshape(n + 1, m + 1), rejects(test, n, m, alpha))


@pytest.mark.parametrize("test", ALL, ids=str)
@given(n=sizes, m=sizes, alpha=levels)
def test_law_more_control_responses_need_more_experimental_ones(test, n, m, alpha):
    assert np.all(np.diff(test.region(n, m, alpha).least) >= 0)


@pytest.mark.parametrize("test", ALL, ids=str)
@given(n=sizes, m=sizes, alpha=levels, seed=st.integers(0, 1000))
def test_law_probability_is_the_sum_over_the_tables(test, n, m, alpha, seed):
    rates = np.random.default_rng(seed).random((2, 5))
    rates[:, 0], rates[:, 1] = (0, 1), (1, 0)
    found = test.region(n, m, alpha).probability(*rates)
    assert_allclose(found, chance(rejects(test, n, m, alpha), *rates), rtol=0, atol=1e-12)


@pytest.mark.parametrize("test", [t for t in ALL if not isinstance(t, ici.Barnard)], ids=str)
@given(n=sizes, m=sizes, alpha=levels)
def test_law_responses_and_failures_change_places_with_the_arms(test, n, m, alpha):
    """More responses in one arm are fewer failures in it: for differences and odds ratios it is the same question."""
    if isinstance(getattr(test, "margin", None), ici.RiskRatio):
        return
    there = rejects(test, m, n, alpha)[::-1, ::-1].T
    assert np.array_equal(rejects(test, n, m, alpha), there)


@given(n=sizes, m=sizes, alpha=levels)
def test_law_boschloo_rejects_whenever_fisher_does(n, m, alpha):
    assert np.all(rejects(ici.Boschloo(), n, m, alpha) >= rejects(ici.FisherExact(), n, m, alpha))


@given(n=sizes, m=sizes)
def test_law_without_a_difference_the_score_test_is_the_pooled_one(n, m):
    x, y = np.divmod(np.arange((n + 1) * (m + 1)), m + 1)
    pooled = ici.PooledZ().p_values(Counts2(x, n, y, m))
    for margin in (ici.RiskDifference(0), ici.RiskRatio(1), ici.OddsRatio(1)):
        score = ici.FarringtonManning(margin=margin).p_values(Counts2(x, n, y, m))
        assert_allclose(score, pooled, rtol=1e-9, atol=1e-13)


def test_law_fishers_region_by_the_hypergeometric_distribution():
    n, m, alpha = 17, 11, 0.05
    for x in range(n + 1):
        for y in range(m + 1):
            p = sum(
                Fraction(math.comb(n, k) * math.comb(m, x + y - k), math.comb(n + m, x + y))
                for k in range(x, min(n, x + y) + 1)
            )
            assert rejects(ici.FisherExact(), n, m, alpha)[x, y] == (p <= Fraction(1, 20))


# ---- size ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", EXACT, ids=str)
@given(n=sizes, m=sizes, alpha=levels, seed=st.integers(0, 1000))
def test_law_exact_tests_keep_their_level_at_all_rates(test, n, m, alpha, seed):
    experimental, control = null_pairs(test, 400, np.random.default_rng(seed))
    assert np.all(chance(rejects(test, n, m, alpha), experimental, control) <= alpha + 1e-9)


@pytest.mark.parametrize("test", ALL, ids=str)
@given(n=sizes, m=sizes, alpha=levels, seed=st.integers(0, 1000))
def test_law_no_rates_have_a_larger_type_one_error_than_the_worst(test, n, m, alpha, seed):
    worst = test.worst(n, m, alpha)
    experimental, control = null_pairs(test, 400, np.random.default_rng(seed))
    table = rejects(test, n, m, alpha)
    assert np.all(chance(table, experimental, control) <= worst.value + worst.error + 1e-12)
    there = np.clip(on_the_margin(getattr(test, "margin", MARGINS[0]), worst.rate), 0, 1)  # rounding at an end
    assert_allclose(chance(table, there, worst.rate), worst.value, rtol=0, atol=1e-11)


@pytest.mark.parametrize("test", [ici.PooledZ(), *(ici.FarringtonManning(margin=m) for m in MARGINS[1:])], ids=str)
def test_reference_the_worst_type_one_error_by_a_fine_search(test):
    n, m, alpha = 37, 23, 0.025
    margin = getattr(test, "margin", MARGINS[0])
    control = np.linspace(0, 1, 40_001)
    experimental = on_the_margin(margin, control)
    inside = (experimental >= 0) & (experimental <= 1)
    table = rejects(test, n, m, alpha)
    found = chance(table, experimental[inside], control[inside])
    top = control[inside][found.argmax()]
    refined = minimize_scalar(
        lambda p: -chance(table, on_the_margin(margin, p), p).item(),
        bounds=(max(top - 1e-4, control[inside][0]), min(top + 1e-4, control[inside][-1])),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert_allclose(test.worst(n, m, alpha).value, max(-refined.fun, found.max()), rtol=0, atol=2e-10)


@pytest.mark.parametrize("test", [t for t in EXACT if not isinstance(t, ici.FisherExact)], ids=str)
@given(n=st.integers(1, 12), m=st.integers(1, 12), alpha=levels)
def test_law_no_further_table_fits_into_an_exact_region(test, n, m, alpha):
    """With the next tables of its order the type I error would be above alpha somewhere."""
    table = rejects(test, n, m, alpha)
    outside = test.p_values(Counts2(*(np.nonzero(~table)[0], n, np.nonzero(~table)[1], m)))
    assert outside.size == 0 or outside.min() > alpha


# ---- the most likely rates -----------------------------------------------------------------------------


@pytest.mark.parametrize("margin", MARGINS[1:], ids=str)
@given(n=sizes, m=sizes, data=st.data())
@settings(max_examples=15)
def test_law_restricted_rates_are_the_most_likely_ones(margin, n, m, data):
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    experimental, control = ici.FarringtonManning(margin=margin).measure.restricted(Counts2(float(x), n, float(y), m))

    def likelihood(p):
        return stats.binom.logpmf(x, n, np.clip(on_the_margin(margin, p), 0, 1)) + stats.binom.logpmf(y, m, p)

    assert_allclose(experimental, on_the_margin(margin, control), rtol=0, atol=1e-12)
    grid = np.linspace(1e-9, 1 - 1e-9, 5001)
    grid = grid[(on_the_margin(margin, grid) >= 0) & (on_the_margin(margin, grid) <= 1)]
    assert likelihood(grid).max() <= likelihood(control) + 1e-9


# ---- data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("correction", [False, True])
@pytest.mark.parametrize("margin", [ici.RiskDifference(0), ici.RiskRatio(1), ici.OddsRatio(1)], ids=str)
@given(n=st.integers(2, 60), m=st.integers(2, 60), data=st.data())
def test_law_an_interval_holds_the_margins_that_are_not_rejected(margin, correction, n, m, data):
    arms = {"control": (data.draw(st.integers(0, m)), m), "experimental": (data.draw(st.integers(0, n)), n)}
    test = ici.FarringtonManning(margin=margin, correction=correction)
    low, high = test.interval(**arms, level=0.9)
    ends = (-1, 1) if isinstance(margin, ici.RiskDifference) else (0, math.inf)
    assert ends[0] <= low < high <= ends[1]
    for limit, end, p in ((low, ends[0], 0.05), (high, ends[1], 0.95)):
        if limit != end:
            assert_allclose(test.with_(margin=type(margin)(limit)).p_value(**arms), p, rtol=1e-6)


@pytest.mark.parametrize("name", ["region", "worst"])
@pytest.mark.parametrize("call", [{"alpha": 0}, {"alpha": 2.5}, {"n_control": 0}, {"n_experimental": 10.5}])
def test_law_sizes_and_levels_are_checked(name, call):
    good = {"n_experimental": 10, "n_control": 10, "alpha": 0.1}
    with pytest.raises(ici.InvalidInput, match=next(iter(call))):
        getattr(ici.PooledZ(), name)(**{**good, **call})


@pytest.mark.parametrize("arm", [7, (7,), (39, 38), (-1, 38), (7.5, 38), (7, 0), "7 of 38"])
def test_law_data_are_pairs_of_counts(arm):
    with pytest.raises(ici.InvalidInput, match="control"):
        ici.Boschloo().p_value(control=arm, experimental=(7, 38))


@pytest.mark.parametrize("margin", [0.1, ici.Rate(0.3), ici.RiskRatio(ici.NormalMixture.lognormal(1, 0.1)), None])
@pytest.mark.parametrize("test", [ici.FarringtonManning, ici.Barnard])
def test_law_a_margin_is_a_difference_or_ratio(test, margin):
    with pytest.raises(ici.InvalidInput, match="margin"):
        test(margin=margin)


def test_reference_fishers_p_values_of_a_large_trial():
    region = ici.FisherExact().region(1200, 600, 0.025)
    x = region.least[200]
    p = stats.hypergeom.sf(np.array([x - 2, x - 1]), 1800, 1200, np.array([x - 1, x]) + 200)
    assert p[0] > 0.025 >= p[1]


def test_law_exact_tests_of_thousands_say_what_to_do():
    with pytest.raises(ici.InvalidInput, match="PooledZ"):
        ici.Boschloo().region(2500, 2500, 0.025)


# ---- limits of the search ------------------------------------------------------------------------------

PAIRS = [((0.45,), (0.2,), Fraction(1)), ((0.3,), (0.1,), Fraction(2)), ((0.9,), (0.6,), Fraction(1, 2))]


def power(test, n, rates, ratio, alpha):
    control = n * ratio.denominator // (ratio.numerator + ratio.denominator)
    return float(test.region(n - control, control, alpha).probability(*rates)[0])


@pytest.mark.parametrize("test", [ici.FisherExact(), ici.Boschloo(), ici.Barnard()], ids=str)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_law_no_exact_test_has_the_power_with_fewer_patients(test, pair):
    rates, ratio, step = (np.array(pair[0]), np.array(pair[1])), pair[2], pair[2].numerator + pair[2].denominator
    start = ceiling_from(test.measure, rates, ratio, 0.05, 0.7)
    assert 3 * step < start
    assert all(power(test, n, rates, ratio, 0.05) < 0.7 for n in range(step, start, step))


@pytest.mark.parametrize("test", [ici.PooledZ(), ici.UnpooledZ(), ici.FisherExact()], ids=str)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_law_every_larger_trial_has_the_power(test, pair):
    rates, ratio, step = (np.array(pair[0]), np.array(pair[1])), pair[2], pair[2].numerator + pair[2].denominator
    for alpha in (0.05, 1e-4):
        sure = sure_from(test, rates, ratio, alpha, 0.7)
        assert all(power(test, n, rates, ratio, alpha) >= 0.7 for n in range(sure, sure + 12 * step, step))


def test_law_what_is_known_of_fishers_test_is_true():
    """The bound of Chvatal on its p-value."""
    n, m, alpha = 30, 20, 0.05
    x, y = np.divmod(np.arange((n + 1) * (m + 1)), m + 1)
    surely = ici.FisherExact().surely(Counts2(x, n, y, m), alpha)
    assert surely.any()
    assert np.all(rejects(ici.FisherExact(), n, m, alpha).ravel()[surely])


def test_law_a_margin_for_fisher_s_test_is_sent_to_barnard_s():
    with pytest.raises(ici.UnknownArgument, match=r"got margin=0\.1\. It takes none\. Barnard takes a margin\.$"):
        ici.FisherExact(margin=0.1)
    with pytest.raises(ici.UnknownArgument, match=r"got other=1\. It takes none\.$"):
        ici.FisherExact(other=1)
