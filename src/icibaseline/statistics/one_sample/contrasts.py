"""Ways to hold the events of an arm, O, against those that the benchmark expects of its follow-up, E.

Z grows with E, so that given O a test is a threshold on E. Both faces of a test are two functions, inverse to one
another: `z` of (O, E), and `threshold`, the E at which Z reaches a bound.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np
from scipy.special import gammainccinv, ndtr, ndtri, pdtr, pdtrc

from icibaseline._values import FloatArray

__all__ = ["CONTRASTS", "Contrast", "Inflated", "LogRatio"]

_STEPS = 60  # halvings of a bracket, if it comes to that
_NUDGE, _DONE = 1e-6, 1e-12  # relative
_TINY = float(np.finfo(float).tiny)
_LEAST = 1e-300  # probability that a normal quantile still tells apart


class Contrast(ABC):
    """How O is held against E."""

    name: ClassVar[str]
    sd: float = 0.0  # standard error of the log of the benchmark's cumulative hazard

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""

    @abstractmethod
    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z, positive where fewer events are observed than expected; 0 where nothing can have happened."""

    @abstractmethod
    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """The E above which Z exceeds a bound; not above 0 where every E does."""

    @abstractmethod
    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """The E below which so many events are too many, by the test in the other direction; 0 where there is none."""

    @abstractmethod
    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z at the means of O and E: the mean of Z to first order."""

    @abstractmethod
    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """By how much Z changes with O and with E, as the asymptotic law takes it."""

    def shrinkage(self, events: FloatArray) -> FloatArray:
        """Standard deviation of Z after so many events, where it would be 1 if the benchmark were known."""
        return np.asarray(1 / np.sqrt(1 + self.sd**2 * events))


@final
class Expected(Contrast):
    """(E - O) / sqrt(E)."""

    name = "expected"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("finkelstein2003",)

    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z."""
        return _over(expected - observed, np.sqrt(expected))

    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """The square of the root of x^2 - bound x - O = 0 that is not negative."""
        root: FloatArray = (bound + np.sqrt(bound**2 + 4 * observed)) / 2
        return root**2

    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """Where Z is at the bound below 0."""
        return np.maximum(self.threshold(observed, np.asarray(-bound)), 0.0)

    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z at the means."""
        return self.z(observed, expected)

    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of the numerator alone, as in Wu 2015."""
        slope = 1 / np.sqrt(np.maximum(expected, _TINY))
        return -slope, slope


@final
class Average(Contrast):
    """(E - O) / sqrt((E + O) / 2)."""

    name = "average"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("wu2014", "wu2015")

    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z."""
        return _over(expected - observed, np.sqrt((expected + observed) / 2))

    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """O + x with x^2 = bound^2 (O + x / 2)."""
        half = bound**2 / 4
        root = np.sqrt(half**2 + bound**2 * observed)
        return np.asarray(observed + half + np.sign(bound) * root)

    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """Where Z is at the bound below 0."""
        return np.maximum(self.threshold(observed, np.asarray(-bound)), 0.0)

    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z at the means."""
        return self.z(observed, expected)

    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of the numerator alone, as in Wu 2015."""
        slope = 1 / np.sqrt(np.maximum((expected + observed) / 2, _TINY))
        return -slope, slope


@final
class LogRatio(Contrast):
    """log(E / O) sqrt(O): the log of a rate in units of its standard error."""

    name = "log"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("lawless2003",)

    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z; 0 where there is no event, whose rate has no standard error."""
        some = (observed > 0) & (expected > 0)
        ratio = np.where(some, expected, 1.0) / np.where(some, observed, 1.0)
        return np.asarray(np.log(ratio) * np.sqrt(observed))

    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """O exp(bound / sqrt(O))."""
        some = observed > 0
        held = np.where(some, observed, 1.0)
        with np.errstate(over="ignore"):
            return np.where(some, held * np.exp(bound / np.sqrt(held)), np.where(bound < 0, -1.0, np.inf))

    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """Where Z is at the bound below 0."""
        return np.maximum(self.threshold(observed, np.asarray(-bound)), 0.0)

    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z at the means."""
        return self.z(observed, expected)

    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Those of Z."""
        some = np.maximum(observed, _TINY)
        return (self.z(some, expected) / 2 / some - 1 / np.sqrt(some)), np.sqrt(some) / np.maximum(expected, _TINY)


@final
class Poisson(Contrast):
    """The normal quantile of the probability of more than O events among E expected ones."""

    name = "poisson"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("breslow1987",)

    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z."""
        below, above = (np.maximum(tail(observed, expected), _LEAST) for tail in (pdtr, pdtrc))
        return np.where(expected > 0, np.where(below < above, -ndtri(below), ndtri(above)), 0.0)

    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """The mean of a Poisson law that has at most O with the probability beyond the bound."""
        return np.asarray(gammainccinv(observed + 1, ndtr(-bound)))

    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """The mean of a Poisson law that has at least O with the probability beyond the bound."""
        return np.where(observed > 0, gammainccinv(np.maximum(observed, 1.0), ndtr(bound)), 0.0)

    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Of the average, which it tends to."""
        return Average().drift(observed, expected)

    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of the average, which it tends to."""
        return Average().slopes(observed, expected)


@final
class Inflated(Contrast):
    """A contrast whose variance is that of log(E / O) and of the log of the benchmark's cumulative hazard together.

    1 / Z^2 is 1 / Z0^2, of the contrast itself, plus (sd / log(E / O))^2.
    """

    name = "inflated"

    def __init__(self, plain: Contrast, sd: float) -> None:
        self.plain, self.sd = plain, sd

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return (*self.plain.citations, "danzer2022")

    def z(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z."""
        plain = self.plain.z(observed, expected)
        return np.asarray(plain / np.sqrt(1 + self.sd**2 * self._events(plain, observed, expected)))

    def _events(self, plain: FloatArray, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """(Z0 / log(E / O))^2: information on the log ratio."""
        some = (observed > 0) & (expected > 0)
        x = np.log(np.where(some, expected, 1.0) / np.where(some, observed, 1.0))
        near = np.abs(x) < 1e-7
        return np.where(near, observed, (plain / np.where(near, 1.0, x)) ** 2)

    def threshold(self, observed: FloatArray, bound: FloatArray) -> FloatArray:
        """By Newton's method in a bracket: the plain threshold, and one far enough for both parts of the variance."""
        observed, bound = np.broadcast_arrays(observed, bound)
        wide = np.sqrt(2) * bound
        near = self.plain.threshold(observed, bound)
        with np.errstate(over="ignore"):
            ratio = np.where(observed > 0, observed * np.exp(np.minimum(wide * self.sd, 600.0)), near)
        far = self.plain.threshold(observed, wide)
        low, high = np.minimum(near, np.minimum(far, ratio)), np.maximum(near, np.maximum(far, ratio))
        low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
        x = np.clip(self.plain.threshold(observed, bound * np.sqrt(1 + self.sd**2 * observed)), low, high)
        for _ in range(_STEPS):
            seen = self.z(observed, x)
            beyond = seen > bound
            low, high = np.where(beyond, low, x), np.where(beyond, x, high)
            with np.errstate(all="ignore"):
                step = (seen - bound) * _NUDGE * x / (self.z(observed, x * (1 + _NUDGE)) - seen)
                done = np.abs(step) <= _DONE * x
                x = np.where(done | ((x - step > low) & (x - step < high)), x - step, (low + high) / 2)
            if done[np.isfinite(near) & (near > 0)].all():
                break
        return np.where(np.isfinite(near), x, near)

    def least(self, observed: FloatArray, bound: float) -> FloatArray:
        """Where Z is at the bound below 0, times what the plain contrast is lower there in the other direction."""
        other = np.maximum(self.plain.threshold(observed, np.asarray(-bound)), 0.0)
        lower = np.divide(self.plain.least(observed, bound), other, out=np.zeros_like(other), where=other > 0)
        return np.maximum(self.threshold(observed, np.asarray(-bound)), 0.0) * lower

    def drift(self, observed: FloatArray, expected: FloatArray) -> FloatArray:
        """Z at the means."""
        return self.z(observed, expected)

    def slopes(self, observed: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of 1 / Z^2, which is a sum of two parts."""
        plain = self.plain.z(observed, expected)
        events = self._events(plain, observed, expected)
        shrunk = (1 + self.sd**2 * events) ** -1.5
        of_log = self.sd**2 * shrunk * events**1.5
        observed, expected = np.maximum(observed, _TINY), np.maximum(expected, _TINY)
        by_observed, by_expected = self.plain.slopes(observed, expected)
        return by_observed * shrunk - of_log / observed, by_expected * shrunk + of_log / expected


def _over(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """`top / bottom`, 0 where there is neither."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom > 0)


CONTRASTS: dict[str, Contrast] = {c.name: c for c in (Average(), Expected(), Poisson())}
