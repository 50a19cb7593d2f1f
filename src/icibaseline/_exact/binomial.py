"""Tables of the binomial law."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from icibaseline._values import FloatArray

__all__ = ["densities", "density", "upper_tails"]


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
