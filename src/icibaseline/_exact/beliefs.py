"""Posterior and predictive probabilities of a response rate, and the counts at which they pass a threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betainc, betaln, expit, polygamma

from icibaseline._values import BoolArray, FloatArray, IntArray

__all__ = ["Belief", "above", "first_count", "last_count", "predictive"]


class Belief(NamedTuple):
    """A mixture of beta laws of a rate, (J,) each."""

    weights: FloatArray
    a: FloatArray
    b: FloatArray

    def after(self, responses: Any, patients: Any) -> Belief:
        """The posteriors after counts of any shape, (..., J) each."""
        x = np.asarray(responses, dtype=float)[..., None]
        a, b = self.a + x, self.b + (np.asarray(patients, dtype=float)[..., None] - x)
        with np.errstate(divide="ignore"):
            log = np.log(self.weights) + betaln(a, b) - betaln(self.a, self.b)
        share = np.exp(log - log.max(axis=-1, keepdims=True))
        return Belief(share / share.sum(axis=-1, keepdims=True), a, b)

    @property
    def mean(self) -> FloatArray:
        """Mean of each."""
        return np.asarray((self.weights * self.a / (self.a + self.b)).sum(axis=-1))


def above(belief: Belief, benchmark: float | Belief, delta: float = 0.0) -> FloatArray:
    """Probability (...) that a rate is above another, or a number, by more than delta; beliefs (..., J) and (L,)."""
    if not isinstance(benchmark, Belief):
        by_part = betainc(belief.b, belief.a, min(max(1 - benchmark - delta, 0.0), 1.0))
    else:
        laws = zip(*benchmark, strict=True)
        by_part = np.asarray(sum(w * _exceeds(belief.a, belief.b, (float(c), float(d)), delta) for w, c, d in laws))
    return np.asarray((belief.weights * by_part).sum(axis=-1))


_SETTLED = 40.0  # of a logarithm: what is left then is below 1e-17
_NOTHING = 1e-19  # of a probability
_TINY = 1e-8  # of a rate: from there on 1 - rate has lost half its digits
_STEP = 0.25  # between nodes, in spreads of the narrower law, or of 1, as the logistic function has poles at pi i


def _exceeds(a: FloatArray, b: FloatArray, other: tuple[float, float], delta: float) -> FloatArray:
    r"""Probability that beta(a, b) is above beta(c, d) by more than delta.

    The density of the other law times the tail of the first, over where the tail is neither 0 nor 1, on the scale
    :math:`\log(u / (1 - u))` of that interval. There the integrand is analytic and falls exponentially, so that the
    trapezoidal rule, its nodes spread by sinh, converges faster than any power.
    """
    c, d = other
    up, down, width = max(delta, 0.0), max(-delta, 0.0), 1.0 - abs(delta)
    part, rest, slope = _nodes(c, d, float(np.sqrt((polygamma(1, a) + polygamma(1, b)).min())))
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        log = (c - 1) * np.log(down + width * part) + (d - 1) * np.log(up + width * rest) - betaln(c, d)
        weight = np.exp(log) * width * part * rest * slope
    mass = betainc(c, d, down + width) - betainc(c, d, down)
    weight *= mass / weight.sum()  # mends the rounding of the logarithms
    kept = weight > _NOTHING
    near, far = up + width * part[kept], down + width * rest[kept]  # the rate to be above, and what is left of 1
    first, second = a[..., None], b[..., None]
    tail = np.where(near > _TINY, betainc(second, first, far), 1 - betainc(first, second, np.minimum(near, _TINY)))
    return np.asarray(tail @ weight[kept] + betainc(c, d, down))


def _nodes(c: float, d: float, narrow: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The nodes as parts of the interval, what is left of it, and their weights on the logistic scale."""
    centre, spread = float(np.log(c / d)), float(np.sqrt(polygamma(1, c) + polygamma(1, d)))
    scale = 4 * spread  # in the middle of which nodes are evenly spread
    reach = np.arcsinh((_SETTLED / min(c, d, 1.0) + 12 * spread + abs(centre)) / scale)
    half = int(np.ceil(reach * scale / (_STEP * min(spread, narrow, 1.0))))
    t = np.linspace(-reach, reach, 2 * half + 1)
    y = centre + scale * np.sinh(t)
    return expit(y), expit(-y), scale * np.cosh(t) * (t[1] - t[0])


def last_count(holds: Callable[[IntArray], BoolArray], sizes: IntArray) -> IntArray:
    """For each look the greatest count for which something holds that holds for all smaller ones; -1 where none."""
    low, high = np.full(len(sizes), -1), np.asarray(sizes) + 1  # holds at low, does not at high
    while np.any(high - low > 1):
        middle = (low + high) // 2  # -1 only where nothing is left to find
        found = holds(np.maximum(middle, 0)) & (middle >= 0)
        low, high = np.where(found, middle, low), np.where(found, high, np.maximum(middle, low + 1))
    return low


def first_count(holds: Callable[[IntArray], BoolArray], sizes: IntArray) -> IntArray:
    """For each look the least count for which something holds that holds for all larger ones; sizes + 1 where none."""
    return last_count(lambda count: ~holds(count), sizes) + 1


def predictive(belief: Belief, sizes: IntArray, least: int) -> list[FloatArray]:
    """For each look the predictive probabilities (n + 1,) of at least so many responses at the last one.

    Backwards, patient by patient: the next one responds with the mean of the posterior.
    """
    total = int(sizes[-1])
    chance = (np.arange(total + 1) >= least).astype(float)
    found = {total: chance}
    for n in range(total - 1, -1, -1):
        responds = belief.after(np.arange(n + 1), n).mean
        chance = responds * chance[1:] + (1 - responds) * chance[:-1]
        found[n] = chance
    return [found[int(n)] for n in sizes]
