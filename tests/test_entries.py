"""Expected months of entry, against quadrature of the definition and against simulated entries."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.integrate import quad

import icibaseline as ici

RANKS, N = np.array([1, 7, 20]), 20
WAYS = {
    "duration": ici.Enrollment(duration=24),
    "shape": ici.Enrollment(duration=24, relative_rates=(1, 0, 3), knots=(6, 9)),
    "rate": ici.Enrollment(rate=1.7),
    "rates": ici.Enrollment(rates=(2, 0, 0.5, 3), knots=(2, 4, 9)),
}


def still_to_come(enrollment, rank, month):
    """P(the patient of this rank enters after a month), from the definition of each way to enrol."""
    if enrollment.duration is not None:
        inside = float(enrollment.accrual(N).fraction(np.array([[month]]))[0, 0])
        return stats.binom.cdf(rank - 1, N, inside)
    steps = (0.0, *enrollment.knots, np.inf)
    rates = enrollment.rates or (enrollment.rate,)
    count = sum(r * max(min(month, b) - a, 0) for r, a, b in zip(rates, steps, steps[1:], strict=False))
    return stats.poisson.cdf(rank - 1, count)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rank", RANKS)
def test_reference_the_expected_month_is_the_integral_of_who_is_still_to_come(way, rank):
    found = WAYS[way].expected_entry(N, np.array([rank]))
    exact = sum(
        quad(lambda t: still_to_come(WAYS[way], rank, t), a, b, epsabs=1e-11, limit=200)[0]
        for a, b in [(0, 2), (2, 4), (4, 6), (6, 9), (9, 24), (24, 60), (60, 150)]
    )
    assert_allclose(found, [[exact]], rtol=1e-8)


@pytest.mark.parametrize("way", WAYS)
def test_law_simulated_entries_come_as_expected(way):
    entries = np.sort(WAYS[way].entries((20_000, N), np.random.default_rng(1)), axis=1)[:, RANKS - 1]
    gap = entries.mean(axis=0) - WAYS[way].expected_entry(N, RANKS)[0]
    assert np.all(abs(gap) < 4 * entries.std(axis=0) / np.sqrt(len(entries)))


def test_law_a_batch_of_rates_is_its_members():
    batch = ici.Enrollment(rate=np.array([1.0, 2.0])).expected_entry(N, RANKS)
    assert_allclose(batch, [RANKS / 1.0, RANKS / 2.0])
    lengths = ici.Enrollment(duration=np.array([12.0, 24.0])).expected_entry(N, RANKS)
    assert_allclose(lengths, np.outer([12, 24], RANKS / (N + 1)))


# ---- who enters while a look is awaited ----------------------------------------------------------------


def entered_after(enrollment, rank, months):
    """Patients who are in so many months after the one of a rank, by quadrature over the month of that entry."""
    if enrollment.duration is not None:
        steps, rates = (0.0, *enrollment.knots, 24.0), enrollment.relative_rates or (1.0,)
    else:
        steps, rates = (0.0, *enrollment.knots, np.inf), enrollment.rates or (enrollment.rate,)

    def count(month):
        return sum(r * max(min(month, b) - a, 0) for r, a, b in zip(rates, steps, steps[1:], strict=False))

    def pace(month):
        return next((r for r, b in zip(rates, steps[1:], strict=True) if month < b), 0.0)

    def by_duration(t):
        share, later = (count(x) / count(24) for x in (t, t + months))
        more = (N - rank) * (later - share) / (1 - share)
        return (rank + more) * stats.beta.pdf(share, rank, N - rank + 1) * pace(t) / count(24)

    def by_rate(t):
        coming = count(t + months) - count(t)
        more = sum(stats.poisson.sf(j - 1, coming) for j in range(1, N - rank + 1))
        return (rank + more) * stats.poisson.pmf(rank - 1, count(t)) * pace(t)

    of = by_rate if enrollment.duration is None else by_duration
    ends = sorted({0.0, 24.0, 60.0, 150.0, *enrollment.knots, *(x - months for x in (*enrollment.knots, 24.0))})
    ends = [x for x in ends if x >= 0 and (enrollment.duration is None or x <= 24)]
    return sum(quad(of, a, b, epsabs=1e-11, limit=200)[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rank", [1, 7, 19])
@pytest.mark.parametrize("months", [0.3, 3.0, 11.0])
def test_reference_who_is_in_when_a_look_is_taken_is_an_integral_over_the_entry_that_it_waits_for(way, rank, months):
    found = WAYS[way].expected_entered(N, np.array([rank, N]), months)
    assert_allclose(found, [[entered_after(WAYS[way], rank, months), N]], rtol=1e-8)


@pytest.mark.parametrize("way", WAYS)
def test_law_simulated_patients_are_in_as_expected(way):
    entries = np.sort(WAYS[way].entries((20_000, N), np.random.default_rng(2)), axis=1)
    seen = np.stack([(entries <= entries[:, [k - 1]] + 3).sum(axis=1) for k in RANKS], axis=1)
    gap = seen.mean(axis=0) - WAYS[way].expected_entered(N, RANKS, 3.0)[0]
    assert np.all(abs(gap) <= 4 * seen.std(axis=0) / np.sqrt(len(seen)) + 1e-12)


def test_law_steps_that_do_not_change_are_none():
    for one, other in (
        (ici.Enrollment(rate=2), ici.Enrollment(rates=(2, 2), knots=(3,))),
        (ici.Enrollment(duration=24), ici.Enrollment(duration=24, relative_rates=(5, 5), knots=(10,))),
    ):
        assert_allclose(one.expected_entered(N, RANKS, 2.5), other.expected_entered(N, RANKS, 2.5), rtol=1e-10)


def test_law_at_once_nobody_else_is_in_and_in_the_end_all_are():
    for enrollment in WAYS.values():
        assert_allclose(enrollment.expected_entered(N, RANKS, 0.0), [RANKS], rtol=1e-12)
        assert_allclose(enrollment.expected_entered(N, RANKS, 500.0), [[N] * 3], rtol=1e-12)


def test_law_a_batch_of_ways_to_enter_is_its_members():
    batch = ici.Enrollment(rate=np.array([1.0, 2.0])).expected_entered(N, RANKS, 3.0)
    assert_allclose(batch, [ici.Enrollment(rate=r).expected_entered(N, RANKS, 3.0)[0] for r in (1.0, 2.0)])
    batch = ici.Enrollment(duration=np.array([12.0, 24.0])).expected_entered(N, RANKS, 3.0)
    assert_allclose(batch, [ici.Enrollment(duration=d).expected_entered(N, RANKS, 3.0)[0] for d in (12.0, 24.0)])
