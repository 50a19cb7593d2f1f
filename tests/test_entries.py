"""Expected months of entry, against quadrature of the definition and against simulated entries."""

from __future__ import annotations

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
