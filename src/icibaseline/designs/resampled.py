"""What another cohort as the history of a benchmark would do to a trial."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from icibaseline._exact.binomial import density
from icibaseline._values import FloatArray, IntArray
from icibaseline.designs.count_power import Truth, average_power
from icibaseline.rules import Posterior, Reference

__all__ = ["Resampled"]

_START = 16  # patients


class Resampled(NamedTuple):
    """The honest rule where the history, a count of some responders and some others, is drawn at the plug-in rate."""

    rule: Posterior
    reference: Reference
    rate: float  # experimental
    target: float  # power

    @property
    def patients(self) -> int:
        """Of the history."""
        assert self.reference.history is not None
        return self.reference.history.patients

    @property
    def weights(self) -> FloatArray:
        """How likely each count of the history is, (patients + 1,)."""
        return np.asarray(density(self.patients, np.array([self.reference.rate]))[0])

    @property
    def others(self) -> list[Reference]:
        """What the benchmark would be after each count."""
        return [self.reference.had_there_been(x) for x in range(self.patients + 1)]

    @property
    def floors(self) -> FloatArray:
        """What the rule could show after each count, rising."""
        return np.array([self.rule.floor(other) for other in self.others])

    @property
    def limit(self) -> float:
        """Power with ever more patients."""
        return float(self.weights @ (self.rate > self.floors))

    @property
    def floor(self) -> float:
        """The least rate above which power reaches the target with ever more patients."""
        return float(self.floors[np.argmax(np.cumsum(self.weights) >= self.target)])

    def powers(self, sizes: IntArray) -> FloatArray:
        """Exact power with so many patients, (N,)."""
        truth = Truth.of(self.rate)
        return np.asarray(self.weights @ [average_power(self.rule, sizes, other, truth) for other in self.others])

    def power(self, n: int) -> float:
        """Exact power with n patients."""
        return float(self.powers(np.array([n]))[0])

    def size(self, most: int) -> int | float | None:
        """The fewest patients for the target; inf if none do, None if they are more than most.

        Power goes up and down with n, the less the more there are: all that are not much fewer than one that is found
        by halving are tried.
        """
        if self.limit < self.target:
            return float("inf")
        low, high = 0, _START
        while self.power(high) < self.target:
            low, high = high, 2 * high
            if high > most:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.power(middle) >= self.target else (middle, high)
        tried = np.arange(max(1, high - max(_START, high // 8)), high + 1)
        return int(tried[np.argmax(self.powers(tried) >= self.target)])

    # ---- by the normal approximation -----------------------------------------------------------------------

    @property
    def size_normal(self) -> float:
        """Patients for the target; inf if none do. The experimental rate is above the plug-in rate and the margin."""
        p0, p1 = self.reference.rate, self.rate
        left = ((p1 - p0 - self.rule.delta) / self._quantiles) ** 2 - p0 * (1 - p0) / self.patients
        return p1 * (1 - p1) / left if left > 0 else float("inf")

    @property
    def detectable_normal(self) -> float:
        """The least difference that reaches the target with ever more patients."""
        p0 = self.reference.rate
        return self.rule.delta + self._quantiles * float(np.sqrt(p0 * (1 - p0) / self.patients))

    @property
    def _quantiles(self) -> float:
        return float(ndtri(self.rule.c) + ndtri(self.target))
