"""Two rates under a null hypothesis: the most likely pair on its boundary, the score statistic, the boundary as a path.

A null hypothesis says that the experimental rate is at most g(control rate); its boundary is the set of pairs on which
the two are equal. `score` tests it with the variance at the most likely pair on the boundary [1]_, [2]_.

.. [1] Farrington CP, Manning G. Test statistics and sample size formulae for comparative binomial trials with null
   hypothesis of non-zero risk difference or non-unity relative risk. Statistics in Medicine 1990; 9: 1447-1454.
.. [2] Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985; 4: 213-226.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Self, final

import numpy as np
from scipy.special import expit

from icibaseline._values import FloatArray, Floats

__all__ = ["Counts2", "Difference", "Measure", "Odds", "Ratio", "quotient"]

_ZERO = 1e-12  # a numerator that is nothing but rounding
_BEYOND = 14.0  # log odds beyond which, but for log n, a rejection has probability below 1e-6


class Counts2(NamedTuple):
    """Responses and patients of the two arms; responses need not be whole."""

    experimental: Floats
    n_experimental: float
    control: Floats
    n_control: float

    @property
    def rates(self) -> tuple[FloatArray, FloatArray]:
        """Observed rates (experimental, control)."""
        return np.asarray(self.experimental / self.n_experimental), np.asarray(self.control / self.n_control)


def quotient(numerator: Floats, variance: Floats) -> FloatArray:
    """Numerator over the root of the variance; 0 where nothing was seen, infinite where nothing varies."""
    above, below = np.asarray(numerator, dtype=float), np.asarray(variance, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = above / np.sqrt(below)
    return np.where(np.abs(above) < _ZERO, 0.0, found)


class Measure(ABC):
    """Abstract null hypothesis: the experimental rate is at most g(control rate)."""

    margin: float
    kind: ClassVar[str]  # what the margin is one of
    ends: ClassVar[tuple[float, float]]  # of the margins

    @abstractmethod
    def at(self, place: float) -> Self:
        """The same kind of hypothesis with another margin, from a scale that is the real line."""

    @abstractmethod
    def experimental(self, control: Floats) -> FloatArray:
        """The experimental rate on the boundary, g(control rate)."""

    @abstractmethod
    def restricted(self, seen: Counts2) -> tuple[FloatArray, FloatArray]:
        """Most likely rates (experimental, control) on the boundary."""

    @abstractmethod
    def score(self, seen: Counts2) -> FloatArray:
        """Z of the score test; above 0 favours the experimental arm."""

    @abstractmethod
    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""

    @abstractmethod
    def boundary(self, n: int) -> tuple[float, float]:
        """Range of the path's parameter outside of which a rejection has probability below 1e-6, if any is outside."""

    @abstractmethod
    def step(self, n: int) -> float:
        """A step along the path that is small enough to begin with."""

    @abstractmethod
    def path(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rates (experimental, control) on the boundary."""

    @abstractmethod
    def curvature(self, ceiling: float, n: int) -> float:
        """Most that the second derivative along the path of a probability below the ceiling can be, n patients."""


class _Linear(Measure):
    """A boundary that is a straight line: a probability is a polynomial of degree n in either rate.

    In theta, with the rate at (1 - cos theta) / 2 of its range, it is a trigonometric polynomial of degree n between 0
    and the ceiling; by Bernstein's inequality its second derivative is at most n^2 ceiling / 2.
    """

    @abstractmethod
    def _range(self) -> tuple[float, float]:
        """Lowest and highest control rate on the boundary."""

    def boundary(self, n: int) -> tuple[float, float]:
        """All of it."""
        return 0.0, math.pi

    def step(self, n: int) -> float:
        """A probability below F rises by at most F / 4 in half of it."""
        return 2.0 / n

    def path(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rates (experimental, control) on the boundary."""
        low, high = self._range()
        control = low + (high - low) * np.sin(t / 2) ** 2
        return self.experimental(control), control

    def curvature(self, ceiling: float, n: int) -> float:
        """Bernstein's inequality."""
        return n**2 * ceiling / 2

    @abstractmethod
    def _weight(self) -> float:
        """What the control rate is multiplied by in the numerator."""

    @abstractmethod
    def _excess(self, rates: tuple[FloatArray, FloatArray]) -> FloatArray:
        """The numerator of Z."""

    def score(self, seen: Counts2) -> FloatArray:
        """Z of the score test; above 0 favours the experimental arm."""
        return quotient(self._excess(seen.rates), self._variance(self.restricted(seen), seen))

    def _variance(self, rates: tuple[FloatArray, FloatArray], seen: Counts2) -> FloatArray:
        experimental, control = rates
        own = experimental * (1 - experimental) / seen.n_experimental
        return np.asarray(own + self._weight() ** 2 * control * (1 - control) / seen.n_control)

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        null = self._variance(self.restricted(true), true)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(self._variance(true.rates, true) / null)
        return quotient(self._excess(true.rates), null), np.where(null > 0, spread, 1.0)


@final
class Difference(_Linear):
    """The experimental rate is at most the control rate plus a margin."""

    kind, ends = "difference of response rates", (-1.0, 1.0)

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def at(self, place: float) -> Difference:
        """The margin is the hyperbolic tangent."""
        return Difference(math.tanh(place))

    def _range(self) -> tuple[float, float]:
        return max(0.0, -self.margin), min(1.0, 1.0 - self.margin)

    def _weight(self) -> float:
        return 1.0

    def _excess(self, rates: tuple[FloatArray, FloatArray]) -> FloatArray:
        return np.asarray(rates[0] - rates[1] - self.margin)

    def experimental(self, control: Floats) -> FloatArray:
        """The control rate plus the margin."""
        return np.clip(np.asarray(control) + self.margin, 0.0, 1.0)

    def restricted(self, seen: Counts2) -> tuple[FloatArray, FloatArray]:
        """The root of a cubic equation."""
        if self.margin == 0:
            together = (seen.experimental + seen.control) / (seen.n_experimental + seen.n_control)
            return np.asarray(together), np.asarray(together)
        control = np.clip(_cubic(self._coefficients(seen)), *self._range())
        return self.experimental(control), control

    def _coefficients(self, seen: Counts2) -> tuple[Any, ...]:
        """Those of the equation for the control rate, highest power first."""
        (experimental, control), d = seen.rates, self.margin
        n, m, a = seen.n_experimental, seen.n_control, experimental - d
        return (
            n + m,
            -n * (a + 1) - m * (control + 1 - 2 * d),
            n * a + m * (control * (1 - 2 * d) - d * (1 - d)),
            m * control * d * (1 - d),
        )


@final
class Ratio(_Linear):
    """The experimental rate is at most a multiple of the control rate."""

    kind, ends = "ratio of response rates", (0.0, math.inf)

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def at(self, place: float) -> Ratio:
        """The margin is the exponential."""
        return Ratio(math.exp(place))

    def _range(self) -> tuple[float, float]:
        return 0.0, min(1.0, 1 / self.margin)

    def _weight(self) -> float:
        return self.margin

    def _excess(self, rates: tuple[FloatArray, FloatArray]) -> FloatArray:
        return np.asarray(rates[0] - self.margin * rates[1])

    def experimental(self, control: Floats) -> FloatArray:
        """The multiple of the control rate."""
        return np.clip(np.asarray(control) * self.margin, 0.0, 1.0)

    def restricted(self, seen: Counts2) -> tuple[FloatArray, FloatArray]:
        """The smaller root of a quadratic equation."""
        n, m, r = seen.n_experimental, seen.n_control, self.margin
        a = (n + m) * r
        b = n * r + seen.experimental + m + seen.control * r
        c = np.asarray(seen.experimental + seen.control, dtype=float)
        control = np.clip(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))), *self._range())
        return self.experimental(control), control


@final
class Odds(Measure):
    """The experimental odds are at most a multiple of the control odds.

    Along the boundary, in the log odds of the control rate, both arms are one exponential family in the number of
    responses; with variance v of that number, v <= n / 4, the second derivative of a probability below F is at most
    sqrt(F (2 v^2 + v)).
    """

    kind, ends = "odds ratio of responses", (0.0, math.inf)

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def at(self, place: float) -> Odds:
        """The margin is the exponential."""
        return Odds(math.exp(place))

    def experimental(self, control: Floats) -> FloatArray:
        """The rate with the multiple of the odds."""
        rate = np.asarray(control)
        return np.asarray(self.margin * rate / (1 + (self.margin - 1) * rate))

    def restricted(self, seen: Counts2) -> tuple[FloatArray, FloatArray]:
        """The root of a quadratic equation at which the expected number of responses is the observed one."""
        n, m, r = seen.n_experimental, seen.n_control, self.margin
        total = np.asarray(seen.experimental + seen.control, dtype=float)
        b = n * r + m - total * (r - 1)
        control = np.clip(2 * total / (b + np.sqrt(np.maximum(b * b + 4 * m * (r - 1) * total, 0.0))), 0.0, 1.0)
        return self.experimental(control), control

    def score(self, seen: Counts2) -> FloatArray:
        """Z of the score test; above 0 favours the experimental arm."""
        experimental, variance, _ = self._parts(seen)
        return quotient(seen.experimental - seen.n_experimental * experimental, variance)

    def _parts(self, seen: Counts2) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Restricted experimental rate, variance of its score, and the share of that arm in the information."""
        experimental, control = self.restricted(seen)
        a = seen.n_experimental * experimental * (1 - experimental)
        b = seen.n_control * control * (1 - control)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(a + b > 0, a / (a + b), 0.5)
        return experimental, share * b, share

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        restricted, null, share = self._parts(true)
        experimental, control = true.rates
        n, m = true.n_experimental, true.n_control
        variance = (1 - share) ** 2 * n * experimental * (1 - experimental) + share**2 * m * control * (1 - control)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(variance / null)
        return quotient(true.experimental - n * restricted, null), np.where(null > 0, spread, 1.0)

    def boundary(self, n: int) -> tuple[float, float]:
        """Log odds of the control rate between which not all patients, nor none, respond."""
        reach = _BEYOND + math.log(n) + abs(math.log(self.margin))
        return -reach, reach

    def step(self, n: int) -> float:
        """A probability below F rises by at most about sqrt(F) / 20 in half of it."""
        return 1 / math.sqrt(n)

    def path(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rates (experimental, control) on the boundary."""
        return np.asarray(expit(t + math.log(self.margin))), np.asarray(expit(t))

    def curvature(self, ceiling: float, n: int) -> float:
        """The Cauchy-Schwarz inequality, with the fourth moment of a sum of binomial numbers."""
        variance = n / 4
        return math.sqrt(ceiling * (2 * variance**2 + variance))


def _cubic(coefficients: tuple[Any, ...]) -> FloatArray:
    """The middle one of three real roots, polished by Newton's method."""
    a, b, c, d = coefficients
    b, c, d = b / a, c / a, d / a
    v = (b / 3) ** 3 - b * c / 6 + d / 2
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum((b / 3) ** 2 - c / 3, 1e-300))
    w = (math.pi + np.arccos(np.clip(v / u**3, -1.0, 1.0))) / 3
    root = 2 * u * np.cos(w) - b / 3
    for _ in range(2):
        value, slope = ((root + b) * root + c) * root + d, (3 * root + 2 * b) * root + c
        root = root - np.where(np.abs(slope) > 1e-9, value / np.where(slope == 0, 1.0, slope), 0.0)
    return np.asarray(root)
