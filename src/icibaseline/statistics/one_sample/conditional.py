"""The law of a contrast of O and E, given the number of events.

O is binomial. Given O = d, E is a sum of d values of the benchmark's cumulative hazard at an event and n - d values of
it at the end of follow-up without one, all independent. Its first four cumulants are known, so its tail is an Edgeworth
series; the average over d is a sum.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc, gammaln, ndtr

from icibaseline._values import FloatArray
from icibaseline.statistics.one_sample.cohort import PatientMoments
from icibaseline.statistics.one_sample.contrasts import Contrast

__all__ = ["above", "above_at_events"]

_ALL = 120  # up to so many patients every number of events is summed over
_SIDE, _STEP = 28, 3  # otherwise so many either side of the mean, with so many to a standard deviation
_NEVER = 1e-12  # probability of an event, or of none, below which its conditional moments do not matter
_FLAT = 1e-12  # relative variance of a sum that does not vary
_FAR = 40.0  # standard deviations
_ROOT = math.sqrt(2 * math.pi)


def above(contrast: Contrast, n: float, moments: PatientMoments, bound: FloatArray) -> FloatArray:
    """P(Z > bound) at looks by the calendar, (B, K), for bounds (B or 1, K); between whole n, in proportion."""
    low = math.floor(n)
    parts = [(low + 1 - n, low), (n - low, low + 1)]
    found = [share * _above(contrast, whole, moments, bound) for share, whole in parts if share > 0 and whole > 0]
    return np.asarray(sum(found))


def _above(contrast: Contrast, n: int, moments: PatientMoments, bound: FloatArray) -> FloatArray:
    p = np.clip(moments.event[..., 0], 0.0, 1.0)  # an integral may round beyond
    d = _counts(n, p)  # (B, K, J), or (J,) where they are the same for all
    inside = (d >= 0) & (d <= n)
    d = np.where(inside, d, 0.0)
    weight = np.where(inside, _binomial(n, d, p[..., None]), 0.0)
    with_event, without = _cumulants(moments)
    cumulants = [n * b[..., None] + d * (a - b)[..., None] for a, b in zip(with_event, without, strict=True)]
    tail = _tail(_thresholds(contrast, d, bound), *cumulants)
    return np.asarray((weight * tail).sum(-1) / weight.sum(-1))


def _thresholds(contrast: Contrast, d: FloatArray, bound: FloatArray) -> FloatArray:
    """The E above which Z exceeds bounds (B, K) for each d; a bound that many trials share is asked for once."""
    several, place = np.unique(bound, return_inverse=True)
    place = place.reshape(bound.shape)
    if d.ndim == 1:
        return contrast.threshold(d, several[:, None])[place]
    low, high = int(d.min()), int(d.max())
    if (high - low) * len(several) > d.size:
        return contrast.threshold(d, bound[..., None])
    table = contrast.threshold(np.arange(low, high + 1.0), several[:, None])
    return np.asarray(table[place[..., None], d.astype(int) - low])


def _counts(n: int, p: FloatArray) -> FloatArray:
    """Numbers of events to sum over, (J,) or (B, K, J)."""
    if n <= _ALL:
        return np.arange(n + 1.0)
    step = np.maximum(np.floor(np.sqrt(n * p * (1 - p)) / _STEP), 1.0)
    return np.asarray(np.round(n * p)[..., None] + step[..., None] * np.arange(-_SIDE, _SIDE + 1))


def _binomial(n: int, d: FloatArray, p: FloatArray) -> FloatArray:
    """Binomial probabilities of d among n, up to a factor."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = gammaln(n + 1.0) - gammaln(d + 1) - gammaln(n - d + 1)
        log = log + np.where(d > 0, d * np.log(p), 0.0) + np.where(d < n, (n - d) * np.log1p(-p), 0.0)
    return np.asarray(np.exp(log))


def _cumulants(moments: PatientMoments) -> tuple[list[FloatArray], list[FloatArray]]:
    """Four cumulants of the benchmark's cumulative hazard of a patient with an event, and of one without."""
    p = moments.event[..., :1]
    found = []
    for part, share in ((moments.event, p), (moments.total - moments.event, 1 - p)):
        some = share > _NEVER
        found.append(_of_moments(np.where(some, part / np.where(some, share, 1.0), 0.0)))
    return found[0], found[1]


def _of_moments(m: FloatArray) -> list[FloatArray]:
    _, m1, m2, m3, m4 = np.moveaxis(m, -1, 0)
    second = np.maximum(m2 - m1**2, 0.0)
    third = m3 - 3 * m2 * m1 + 2 * m1**3
    return [m1, second, third, m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4]


def _tail(
    threshold: FloatArray, mean: FloatArray, variance: FloatArray, third: FloatArray, fourth: FloatArray
) -> FloatArray:
    """P(E > threshold) of a sum with these cumulants, by Edgeworth's series to the second order."""
    flat = variance <= _FLAT * (mean * mean + _FLAT)
    scale = 1 / np.where(flat, 1.0, variance)
    root = np.sqrt(scale)
    with np.errstate(invalid="ignore", over="ignore"):
        x = np.clip((threshold - mean) * root, -_FAR, _FAR)
    skew, excess, square = third * scale * root, fourth * scale * scale, x * x
    # Hermite polynomials of order 2, 3 and 5, by multiplication: powers are slow
    series = skew / 6 * (square - 1)
    series += x * (excess / 24 * (square - 3) + skew * skew / 72 * (square * (square - 10) + 15))
    tail = ndtr(-x) + np.exp(-square / 2) / _ROOT * series
    tail = np.clip(tail, 0.0, 1.0, out=tail)
    if flat.any():
        tail = np.where(flat, np.where(threshold < mean, 1.0, 0.0), tail)
    return np.where(threshold <= 0, 1.0, tail)


def above_at_events(
    contrast: Contrast, events: FloatArray, mean: FloatArray, variance: FloatArray, bound: FloatArray
) -> FloatArray:
    """P(Z > bound) at looks that a number of events brings, (B, K): E follows a gamma law.

    With hazards in a constant ratio to the benchmark's that is exact: in the time scale of the arm's accumulated hazard
    events form a Poisson process.
    """
    shape = mean**2 / variance
    return np.asarray(1 - gammainc(shape, np.maximum(contrast.threshold(events, bound), 0.0) * shape / mean))
