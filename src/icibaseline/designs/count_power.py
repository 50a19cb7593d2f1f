"""The power of rules that count responses, at many sizes and over the rates that may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from icibaseline._exact import chances
from icibaseline._values import FloatArray, IntArray
from icibaseline.errors import InvalidInput
from icibaseline.rules import CountRule, OneLookRule, Reference
from icibaseline.rules.counts import at_least

__all__ = ["Powers", "Truth", "average_power", "drift_of", "sure_size"]


class Truth(NamedTuple):
    """Experimental rates that may be, and how likely each is."""

    rates: FloatArray  # (B,)
    weights: FloatArray  # (B,)

    @classmethod
    def of(cls, rate: float) -> Truth:
        """One rate."""
        return cls(np.array([rate]), np.ones(1))


def drift_of(n: float, rates: FloatArray, floor: float) -> FloatArray:
    """How far rates (B,) lie above a floor, in standard deviations of n patients, by the arc sine."""
    apart = np.arcsin(np.sqrt(rates)) - np.arcsin(np.sqrt(min(max(floor, 0.0), 1.0)))
    return np.asarray(2 * np.sqrt(n) * apart)


def average_power(rule: CountRule, sizes: IntArray, reference: Reference, truth: Truth) -> FloatArray:
    """Average power at each of the sizes, (N,); 0 where the rule cannot be applied to so few patients."""
    if isinstance(rule, OneLookRule):
        least = rule.least(sizes, reference)
        return np.asarray(truth.weights @ at_least(least, sizes, truth.rates[:, None]))
    return np.array([_power(rule, int(n), reference, truth) for n in sizes])


def _power(rule: CountRule, n: int, reference: Reference, truth: Truth) -> float:
    try:
        stages = rule.bounds(n, reference)
    except InvalidInput:
        return 0.0
    return float(truth.weights @ chances(*stages, truth.rates)[0].sum(axis=1))


class Powers(NamedTuple):
    """Power of a rule at many sizes, over the rates that may be."""

    rule: CountRule
    reference: Reference
    truth: Callable[[int], Truth]  # dense enough for so many patients

    def bracket(self, sizes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Bounds from below and from above, (N,) each; both are the power itself for a rule of one look."""
        truth = self.truth(int(sizes[-1]))
        low, high = self.rule.bracket(sizes, self.reference, truth.rates)
        return np.asarray(truth.weights @ low), np.asarray(truth.weights @ high)

    def at(self, n: int) -> float:
        """Power with n patients."""
        return float(average_power(self.rule, np.array([n]), self.reference, self.truth(n))[0])


def sure_size(rule: CountRule, reference: Reference, truth: Truth, target: float) -> int | None:
    """A size from which on the target is always reached; None if none is known."""
    if not isinstance(rule, OneLookRule):
        return None
    return rule.certainty(reference, float(truth.rates.max())).size(*truth, target)
