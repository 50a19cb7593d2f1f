"""Exact probabilities of a trial that counts responses at several looks.

Given how many patients of all respond, every order of them is equally likely, whatever the rate. So the share of these
orders that comes to a look without stopping is computed once for a design, and serves any rate.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from icibaseline._exact.binomial import at_least, at_most, density
from icibaseline._values import BoolArray, FloatArray, IntArray

__all__ = ["Stages", "chances"]


class Stages(NamedTuple):
    """Looks at a count of responses; the last one ends the trial."""

    sizes: IntArray  # (K,) patients at each look, rising
    efficacy: FloatArray  # (K,) least counts that succeed; inf where none does
    futility: FloatArray  # (K,) greatest counts that stop for futility; -inf where none does; at the end all others

    def shares(self) -> list[FloatArray]:
        """For each look two rows, (2, n + 1), over the counts that may be seen there.

        The share of the orders of patients with that count that comes to the look; and the share that does so and
        begins with a response.
        """
        first = int(self.sizes[0])
        share, found = np.stack([np.ones(first + 1), np.arange(first + 1) / first]), []  # nothing stops before
        for k, (before, size) in enumerate(zip((first, *self.sizes), self.sizes, strict=False)):
            for n in range(int(before), int(size)):
                share = _one_more(share, n)
            found.append(share)
            share = np.where(self.stops(k), 0.0, share)
        return found

    def counts(self, look: int) -> FloatArray:
        """The counts that are possible at a look."""
        return np.arange(int(self.sizes[look]) + 1.0)

    def succeeds(self, look: int) -> BoolArray:
        """Which counts succeed at a look."""
        return np.asarray(self.counts(look) >= self.efficacy[look])

    def stops(self, look: int) -> BoolArray:
        """Which counts end the trial at a look."""
        if look == len(self.sizes) - 1:
            return np.ones(int(self.sizes[look]) + 1, dtype=bool)
        return np.asarray(self.succeeds(look) | (self.counts(look) <= self.futility[look]))

    def chances(self, rates: FloatArray, shares: list[FloatArray] | None = None) -> tuple[FloatArray, FloatArray]:
        """Probabilities of succeeding, and of ending without, first at each look, (B, K), at rates (B,)."""
        if len(self.sizes) == 1:
            each = np.asarray(rates)[:, None]
            return at_least(self.efficacy, self.sizes, each), at_most(self.efficacy - 1, self.sizes, each)
        success, failure = [], []
        for k, (share, _) in enumerate(self.shares() if shares is None else shares):
            seen = density(int(self.sizes[k]), rates) * share
            success.append(seen @ self.succeeds(k))
            failure.append(seen @ (self.stops(k) & ~self.succeeds(k)))
        return np.stack(success, axis=1), np.stack(failure, axis=1)

    def expected_n(self, rates: FloatArray) -> FloatArray:
        """Expected number of patients, (B,), at rates (B,)."""
        success, failure = self.chances(rates)
        return np.asarray((success + failure) @ self.sizes)


def _one_more(share: FloatArray, n: int) -> FloatArray:
    """The shares after one patient more than n: of s responses among n + 1, the last is one with chance s / (n + 1)."""
    part = np.arange(1.0, n + 2) / (n + 1)
    wider = np.zeros((2, n + 2))
    wider[:, 1:] = share * part
    wider[:, :-1] += share * part[::-1]
    return wider


def chances(sizes: Any, efficacy: Any, futility: Any, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities of stopping first at each look, with success and without, (B, K) each.

    A look succeeds with at least `efficacy` responses and is futile with at most `futility`; the last ends the trial.
    """
    stages = Stages(np.asarray(sizes), np.asarray(efficacy, dtype=float), np.asarray(futility, dtype=float))
    return stages.chances(np.asarray(rates, dtype=float))
