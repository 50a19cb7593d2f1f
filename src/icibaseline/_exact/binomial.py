"""The binomial law: tables of it, and its tails."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln, xlog1py, xlogy

from icibaseline._values import FloatArray, IntArray

__all__ = ["at_least", "at_most", "densities", "density", "upper_tails"]


def density(n: int, rates: FloatArray) -> FloatArray:
    """Probabilities of 0 to n responses among n patients, (B, n + 1), at rates (B,)."""
    count = np.arange(n + 1.0)
    ways = gammaln(n + 1.0) - gammaln(count + 1) - gammaln(n - count + 1)
    p = np.asarray(rates, dtype=float)[:, None]
    return np.asarray(np.exp(ways + xlogy(count, p) + xlog1py(n - count, -p)))


def densities(largest: int, rate: float) -> FloatArray:
    """Probabilities of x responses among n patients, as [n, x] for both from 0 to `largest`."""
    table = np.zeros((largest + 1, largest + 1))
    table[0, 0] = 1.0
    for n in range(largest):  # one patient more: sums of positive numbers, so that nothing cancels
        np.multiply(table[n], 1 - rate, out=table[n + 1])
        table[n + 1, 1:] += rate * table[n, :-1]
    return table


def upper_tails(table: FloatArray) -> FloatArray:
    """Probabilities of at least x responses among n patients, as [n, x] for x from 0 to one beyond the table."""
    tails = np.zeros((table.shape[0], table.shape[1] + 1))
    np.cumsum(table[:, ::-1], axis=1, out=tails[:, -2::-1])
    return tails


def at_least(counts: IntArray | FloatArray, sizes: IntArray | FloatArray, rates: FloatArray | float) -> FloatArray:
    """Probability of at least so many responses."""
    x, n, p = np.broadcast_arrays(counts, sizes, rates)
    inside = (x > 0) & (x <= n)
    with np.errstate(invalid="ignore"):
        found = betainc(np.where(inside, x, 1), np.where(inside, n - x + 1, 1), p)
    return np.where(inside, found, np.where(x <= 0, 1.0, 0.0))


def at_most(counts: IntArray | FloatArray, sizes: IntArray | FloatArray, rates: FloatArray | float) -> FloatArray:
    """Probability of at most so many responses."""
    x, n, p = np.broadcast_arrays(counts, sizes, rates)
    return at_least(n - x, n, 1 - p)
