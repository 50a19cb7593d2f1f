"""Enrolment: expected accrual, and the entries of simulated patients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose
from scipy.stats import gamma, kstest, poisson

import icibaseline as ici

RATES = ici.Enrollment(rates=(2, 0, 5), knots=(6, 10))
RAMP = ici.Enrollment(duration=24, relative_rates=(1, 2, 4), knots=(6, 12))


def expected(enrollment, n, months):
    return n * enrollment.accrual(n).fraction(np.atleast_2d(np.asarray(months, dtype=float)))[0]


# ---- expected accrual ------------------------------------------------------------------------------


def test_law_uniform_accrual():
    assert_allclose(expected(ici.Enrollment(duration=24), 120, [0, 6, 24, 30]), [0, 30, 120, 120])
    assert ici.Enrollment(rate=5).accrual(120).duration == 24
    assert_allclose(expected(ici.Enrollment(rate=5), 120, [0, 6, 24, 30]), [0, 30, 120, 120])


def test_law_rates_are_patients_per_month():
    """2 a month for six months, none for four, then 5 a month."""
    assert RATES.accrual(112).duration == 30
    assert_allclose(expected(RATES, 112, [3, 6, 8, 10, 20, 30, 40]), [6, 12, 12, 12, 62, 112, 112])
    assert RATES.accrual(10).duration == 5
    assert RATES.accrual(12).duration == 6


def test_law_relative_rates_have_a_shape_and_no_unit():
    """6 + 12 + 48 shares in 24 months."""
    assert_allclose(expected(RAMP, 66, [6, 12, 24]), [6, 18, 66])
    assert_allclose(expected(RAMP.with_(relative_rates=(10, 20, 40)), 66, [6, 12, 24]), [6, 18, 66])


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=5), st.floats(1, 500), st.floats(0.1, 100))
def test_law_density_is_the_slope_of_the_fraction(rates, n, month):
    knots = tuple(7.0 * k for k in range(1, len(rates)))
    accrual = ici.Enrollment(rates=rates, knots=knots).accrual(n)
    ends = np.unique(np.append(accrual.times, np.linspace(0, month, 40)))
    ends = ends[ends <= month]
    middles = (ends[1:] + ends[:-1]) / 2
    total = np.sum(accrual.density(middles[None, :])[0] * np.diff(ends))
    assert_allclose(total, accrual.fraction(ends[None, -1:])[0, 0], rtol=1e-9, atol=1e-12)
    assert_allclose(accrual.fraction(np.array([[accrual.duration]])), 1)


def test_law_a_prior_on_the_rate_makes_a_batch():
    accrual = ici.Enrollment(rate=np.array([2.0, 4.0])).accrual(96)
    assert_allclose(accrual.duration, [48, 24])
    assert_allclose(accrual.fraction(np.array([[12.0]])), [[0.25], [0.5]])


def test_law_rate_and_duration_fix_n():
    both = ici.Enrollment(duration=24, rate=5)
    assert both.fixed_n == 120
    assert ici.Enrollment(duration=24).fixed_n is None
    truth = ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=both)
    with pytest.raises(ici.InvalidInput, match="solve"):
        ici.sample_size(ici.Randomized(), truth, power=0.8)
    with pytest.raises(ici.InvalidInput, match="120 patients"):
        ici.power(ici.Randomized(134), truth)
    assert ici.power(ici.Randomized(120), truth).months == (36,)


# ---- entries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("enrollment", [ici.Enrollment(duration=24), RAMP])
def test_law_entries_within_a_duration_are_independent(enrollment):
    entries = enrollment.entries((400, 50), np.random.default_rng(1))
    accrual = enrollment.accrual(50)
    assert kstest(entries.ravel(), lambda t: accrual.fraction(t[None, :])[0]).pvalue > 0.001
    first = entries.min(axis=1)  # of independent ones
    assert kstest(first, lambda t: 1 - (1 - accrual.fraction(t[None, :])[0]) ** 50).pvalue > 0.001
    assert abs(np.corrcoef(entries[:, 0], entries[:, 1])[0, 1]) < 0.2


@pytest.mark.parametrize("k", [1, 10, 50])
def test_law_entries_at_a_rate_are_the_first_points_of_a_poisson_process(k):
    entries = np.sort(ici.Enrollment(rate=2.5).entries((4000, 50), np.random.default_rng(2)), axis=1)
    assert kstest(entries[:, k - 1], gamma(k, scale=1 / 2.5).cdf).pvalue > 0.001
    gaps = np.diff(entries, axis=1)
    assert_allclose(gaps.mean(axis=0), 1 / 2.5, atol=0.03)
    assert abs(np.corrcoef(gaps[:, 3], gaps[:, 4])[0, 1]) < 0.06


def test_law_entries_at_changing_rates_are_poisson():
    """12 points by month 6 in expectation, none in the next four months, 5 a month from then on."""
    entries = RATES.entries((4000, 200), np.random.default_rng(3))
    by_six = (entries <= 6).sum(axis=1)
    assert np.all((entries <= 6) | (entries >= 10))
    seen = np.bincount(by_six, minlength=40)[:40] / len(entries)
    assert np.max(np.abs(np.cumsum(seen) - poisson(12).cdf(np.arange(40)))) < 1.95 / np.sqrt(len(entries))
    later = ((entries > 10) & (entries <= 20)).sum(axis=1)
    assert_allclose([later.mean(), later.var()], 50, rtol=0.1)
    assert abs(np.corrcoef(by_six, later)[0, 1]) < 0.06


def test_law_entries_are_exchangeable():
    """The arms are the first and the last columns, so no column may come earlier."""
    for enrollment in (ici.Enrollment(rate=2.5), RATES, RAMP):
        entries = enrollment.entries((4000, 20), np.random.default_rng(4))
        spread = entries.std() / np.sqrt(len(entries))
        assert np.all(np.abs(entries.mean(axis=0) - entries.mean()) < 4 * spread)


def test_law_entries_may_reuse_memory():
    for enrollment in (ici.Enrollment(duration=24), ici.Enrollment(rate=2.5), RATES, RAMP):
        fresh = enrollment.entries((5, 7), np.random.default_rng(5))
        reused = enrollment.entries((5, 7), np.random.default_rng(5), out=np.empty((5, 7)))
        assert np.array_equal(fresh, reused)


# ---- what cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"knots": (6,)},
        {"duration": 24, "knots": (6,)},
        {"rates": (2, 5)},
        {"rates": (2, 5), "knots": (6, 12)},
        {"rates": (2, 0), "knots": (6,)},
        {"rates": (0, 0), "knots": (6,)},
        {"rates": (2, 5), "knots": (6,), "duration": 24},
        {"rates": (2, 5), "knots": (6,), "rate": 3},
        {"relative_rates": (1, 2), "knots": (6,)},
        {"relative_rates": (1, 2), "knots": (24,), "duration": 24},
        {"relative_rates": (1, 2), "knots": (6,), "duration": 24, "rate": 3},
        {"rates": (-1, 5), "knots": (6,)},
        {"duration": 0},
        {"rate": np.inf},
    ],
)
def test_law_what_does_not_determine_enrolment_is_refused(arguments):
    with pytest.raises(ici.InvalidInput, match="must be"):
        ici.Enrollment(**arguments)
