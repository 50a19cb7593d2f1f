"""Spending that is a straight line when both axes are drawn on the quantiles of a distribution."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np

from icibaseline import _checks
from icibaseline._values import FloatArray
from icibaseline.errors import reject
from icibaseline.rules.spending import SpendingFunction

__all__ = ["OnQuantiles", "TwoParameters", "two_points"]


def two_points(first: Any, second: Any) -> tuple[FloatArray, FloatArray]:
    """Times and fractions spent of two points (t, fraction), which rise."""
    rule = "a pair (t, fraction of the error spent by t), both strictly between 0 and 1"
    points = [
        _checks.pair(name, held, _checks.open_unit, rule) for name, held in (("first", first), ("second", second))
    ]
    for before, after in zip(*points, strict=True):
        if after <= before:
            reject("second", f"later than {points[0]} and of more error", second)
    t, fractions = np.array(points).T
    return t, fractions


class OnQuantiles(SpendingFunction):
    """alpha F(a + b F^-1(t)), with F the distribution function that a leaf brings."""

    a: float
    b: float

    @abstractmethod
    def _below(self, x: FloatArray) -> FloatArray:
        """F, the distribution function."""

    @abstractmethod
    def _quantile(self, p: FloatArray) -> FloatArray:
        """Its inverse."""

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):  # so far out F is 0 or 1
            return np.asarray(alpha * self._below(self.a + self.b * self._quantile(t)))

    def _bent(self, first: Any, second: Any) -> Self:
        """The same F, with a and b so that it goes through two points."""
        t, fractions = two_points(first, second)
        x, y = self._quantile(t), self._quantile(fractions)
        b = float((y[1] - y[0]) / (x[1] - x[0]))
        return self.with_(a=float(y[0] - b * x[0]), b=b)


class TwoParameters(OnQuantiles):
    """A family whose F is fixed."""

    @classmethod
    def through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        """The member through two points (t, fraction of the error spent by t).

        Raises
        ------
        InvalidInput
            If a coordinate is outside (0, 1) or the points do not rise.
        """
        return cls(a=0.0, b=1.0)._bent(first, second)  # type: ignore[call-arg]  # the fields are in the leaves
