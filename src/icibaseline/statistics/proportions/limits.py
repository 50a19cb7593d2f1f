"""Sizes below which no test reaches a power, and from which on a test surely does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from scipy.special import kl_div, logit

from icibaseline._values import FloatArray
from icibaseline.statistics.proportions.base import ProportionTest
from icibaseline.statistics.proportions.measures import Counts2, Measure
from icibaseline.statistics.proportions.regions import binomial

__all__ = ["ceiling_from", "sure_from"]

_MOST = 1_000_000  # patients
_PLACES = np.linspace(0.02, 0.98, 49)
Pair = tuple[FloatArray, FloatArray]


def ceiling_from(measure: Measure, rates: Pair, ratio: Fraction, alpha: float, target: float) -> int:
    """The smallest size, a multiple of the allocation, at which a test of level alpha may have a power.

    A test whose type I error is at most alpha everywhere has no more power than the most powerful one of a single pair
    of rates on the null boundary, by the lemma of Neyman and Pearson. That bound rises with n.
    """
    experimental, control = (float(x[0]) for x in rates)

    def enough(n: int, m: int) -> bool:
        return _most_powerful(measure, (experimental, control), n, m, alpha) >= target

    return _first(enough, ratio) or 0


def _most_powerful(measure: Measure, true: tuple[float, float], n: int, m: int, alpha: float) -> float:
    """Power of the most powerful test of the most likely pair of rates on the boundary."""
    null = measure.restricted(Counts2(n * true[0], n, m * true[1], m))
    x, y = np.arange(n + 1.0)[:, None], np.arange(m + 1.0)
    ratio = x * (logit(true[0]) - logit(null[0])) + y * (logit(true[1]) - logit(null[1]))
    order = np.argsort(-ratio, axis=None)
    level, power = (
        np.cumsum(np.outer(binomial(n, np.atleast_1d(p))[0], binomial(m, np.atleast_1d(q))[0]).ravel()[order])
        for p, q in (null, true)
    )
    return float(np.interp(alpha, np.append(0.0, level), np.append(0.0, power)))


def sure_from(test: ProportionTest, rates: Pair, ratio: Fraction, alpha: float, target: float) -> int | None:
    """A size, a multiple of the allocation, from which on a test surely has a power; None if none is known.

    If all tables with an experimental rate of at least u and a control rate of at most v reject, then power is at least
    P(rate >= u) P(rate <= v), and by Chernoff's bound each is at least 1 - exp(-n KL). Both stay true as n grows.
    """
    experimental, control = (float(x[0]) for x in rates)
    u, v = np.meshgrid(*(control + (experimental - control) * _PLACES,) * 2)
    u, v = u[u > v], v[u > v]

    def enough(n: int, m: int) -> bool:
        surely = test.surely(Counts2(n * u, n, m * v, m), alpha)
        power = np.expm1(-n * divergence(u, experimental)) * np.expm1(-m * divergence(v, control))
        return bool(np.any(surely & (power >= target)))

    return _first(enough, ratio)


def divergence(x: FloatArray, y: FloatArray | float) -> FloatArray:
    """Kullback-Leibler divergence of two Bernoulli laws."""
    return np.asarray(kl_div(x, y) + kl_div(1 - x, 1 - y))


def _first(enough: Callable[[int, int], bool], ratio: Fraction) -> int | None:
    """The first multiple of the allocation from which on something is true."""

    def at(k: int) -> bool:
        return enough(k * ratio.numerator, k * ratio.denominator)

    step, high = ratio.numerator + ratio.denominator, 1
    while not at(high):
        high *= 2
        if high * step > _MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) else (middle, high)
    return high * step
