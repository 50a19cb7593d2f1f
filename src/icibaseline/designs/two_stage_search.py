"""The search for two-stage designs whose first stage can stop for futility only.

A design is a month of the interim look, a bound c1 that Z must pass there, and a bound c at the end. For given n and
month, c follows from c1 by the type I error, and power falls as c1 rises: the greatest c1 that keeps the power gives
the fewest expected patients without an effect. Months are tried many at a time, around the best again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._quadrature import legendre
from icibaseline._values import FloatArray
from icibaseline.errors import NoSolution
from icibaseline.solve import root
from icibaseline.statistics.one_sample import OneArmMoments

__all__ = ["Stages", "Worlds", "both_above", "least", "search", "single_power"]

_NODES = 40
_MONTHS = (15, 7, 7)  # tried at once, around the best each time
_FITS, _CLOSE, _SLACK, _NEAR = 20, 1e-7, 1e-6, 3e-3
_STEPS, _TINY = 60, 1e-300
_FIRST, _LAST = 0.08, 0.999  # of enrolment: where the interim look may lie
_WIDE = 8.0  # beyond every quantile
_PATIENCE = 4  # more patients, one at a time, without fewer expected ones
_MOST = 5_000
_EVENTS = 2.0  # fewest expected at an interim look


class Stages(NamedTuple):
    """A two-stage design."""

    n: int
    interim: float  # month
    n1: float  # patients enrolled by then, in expectation
    c1: float
    c: float
    stop: float  # probability of stopping at the interim look without an effect
    expected_n: float  # without an effect


class Worlds(NamedTuple):
    """What the search asks of a trial with n patients, for months (B,) of the interim look."""

    null: Callable[[float, FloatArray], OneArmMoments]  # two looks, (B, 2), as the benchmark
    alternative: Callable[[float, FloatArray], OneArmMoments]
    enrolled: Callable[[float, FloatArray], FloatArray]  # patients
    duration: Callable[[float], float]  # of enrolment


def both_above(x: FloatArray, y: FloatArray, rho: FloatArray) -> FloatArray:
    """P(X > x, Y > y) of standard normals with correlation rho from 0 to 1, elementwise."""
    rule = legendre(_NODES)
    top = np.arcsin(np.minimum(rho, 1.0))[..., None]
    angle = top * (1 + rule.x) / 2
    x, y = np.clip(x, -_WIDE, _WIDE), np.clip(y, -_WIDE, _WIDE)
    square = (x**2 + y**2)[..., None] - 2 * (x * y)[..., None] * np.sin(angle)
    inner = np.exp(-square / (2 * np.cos(angle) ** 2)) * rule.w
    return np.asarray(ndtr(-x) * ndtr(-y) + (inner.sum(-1) * top[..., 0]) / (4 * math.pi))


class _Normal(NamedTuple):
    """Z at the two looks of B designs as normal, with the tails that it has beyond two bounds."""

    mean: FloatArray  # (B, 2)
    spread: FloatArray
    rho: FloatArray  # (B,)

    @classmethod
    def beyond(cls, moments: OneArmMoments, bounds: FloatArray) -> _Normal:
        """Fitted beyond `bounds` (B, 2), or rather a little to both sides of them."""
        information = moments.information
        rho = np.sqrt(np.minimum(information[:, 0] / information[:, 1], 1.0))
        return cls(*moments.fitted(bounds + _NEAR, bounds - _NEAR), rho)

    def quantile(self, look: int, bound: FloatArray) -> FloatArray:
        """Standard normal quantile of a bound."""
        return np.asarray((bound - self.mean[:, look]) / self.spread[:, look])

    def bound(self, look: int, quantile: FloatArray) -> FloatArray:
        """The bound of a standard normal quantile."""
        return np.asarray(self.mean[:, look] + self.spread[:, look] * quantile)


class _Pair(NamedTuple):
    """B designs for one n, with their two laws."""

    null: _Normal
    alternative: _Normal
    alpha: float
    target: float

    def second(self, x: FloatArray) -> FloatArray:
        """The bound at the end that keeps the type I error, from the null quantile x of the first.

        By Newton's method on the log of a probability that is log-concave in y: from above it never passes the root.
        """
        rho = self.null.rho
        y, free = np.full(len(x), -float(ndtri(self.alpha))), np.sqrt(np.maximum(1 - rho**2, _TINY))
        for _ in range(_STEPS):
            p = both_above(x, y, rho)
            slope = np.exp(-(y**2) / 2) / math.sqrt(2 * math.pi) * ndtr((rho * y - x) / free)
            step = np.log(np.maximum(p, _TINY) / self.alpha) * p / np.maximum(slope, _TINY)
            y = np.clip(y + step, -_WIDE, _WIDE)
            if np.abs(step).max() < 1e-12:
                break
        return self.null.bound(1, y)

    def power(self, x: FloatArray) -> FloatArray:
        """Power from the null quantile of the first bound."""
        first = self.alternative.quantile(0, self.null.bound(0, x))
        return both_above(first, self.alternative.quantile(1, self.second(x)), self.alternative.rho)

    def first(self) -> FloatArray:
        """The greatest null quantile of the first bound that keeps the power; NaN where none does."""
        size = len(self.null.rho)
        low, high = np.full(size, -_WIDE), np.full(size, -float(ndtri(self.alpha)) - _SLACK)
        able, beyond = self.power(low) >= self.target, self.power(high) >= self.target
        inside = able & ~beyond

        def excess(x: FloatArray) -> FloatArray:
            return np.where(inside, self.power(x) - self.target, high - _SLACK - x)

        x = root(excess, low, high, tolerance=1e-8)
        return np.where(able, x, np.nan)


def _at_months(worlds: Worlds, n: int, months: FloatArray, alpha: float, target: float) -> list[Stages]:
    """The best design for each month at which there is one that has the power."""
    null, alternative = worlds.null(n, months), worlds.alternative(n, months)
    bounds = np.tile([0.0, -float(ndtri(alpha))], (len(months), 1))
    for _ in range(_FITS):
        pair = _Pair(_Normal.beyond(null, bounds), _Normal.beyond(alternative, bounds), alpha, target)
        x = pair.first()
        able = np.isfinite(x)
        usable = np.where(able, x, -_WIDE)
        before, bounds = bounds, np.stack([pair.null.bound(0, usable), pair.second(usable)], axis=1)
        settled = (np.abs(bounds - before) < _CLOSE).all(axis=1)
        if settled[able].all():
            break
    able &= settled & (null.events[:, 0] >= _EVENTS)
    stop, n1 = ndtr(x), worlds.enrolled(n, months)
    expected = n1 + (1 - stop) * (n - n1)
    columns = zip(months, n1, *bounds.T, stop, expected, strict=True)
    return [Stages(n, *(float(v) for v in column)) for column, can in zip(columns, able, strict=True) if can]


def _best_months(worlds: Worlds, n: int, alpha: float, target: float) -> Stages | None:
    """The design with n patients that expects fewest of them without an effect; None if none has the power."""
    length = worlds.duration(n)
    low, high = _FIRST * length, _LAST * length
    best: Stages | None = None
    for count in _MONTHS:
        found = _at_months(worlds, n, np.linspace(low, high, count), alpha, target)
        for stages in found:
            best = stages if best is None or stages.expected_n < best.expected_n else best
        if best is None:
            return None
        step = (high - low) / (count - 1)
        low, high = max(best.interim - step, low), min(best.interim + step, high)
    return best


def single_power(worlds: Worlds, n: int, alpha: float) -> tuple[float, float]:
    """Power without an interim look, and the bound that keeps the type I error."""
    month = np.array([0.5 * worlds.duration(n)])
    null, alternative = worlds.null(n, month), worlds.alternative(n, month)
    z = -float(ndtri(alpha))
    bounds = np.array([[0.0, z]])
    for _ in range(_FITS):
        law = _Normal.beyond(null, bounds)
        before, bounds = bounds, np.array([[0.0, law.bound(1, np.array([z]))[0]]])
        if abs(bounds - before)[0, 1] < _CLOSE:
            break
    c = bounds[:, 1]
    return float(ndtr(-_Normal.beyond(alternative, bounds).quantile(1, c))[0]), float(c[0])


def least(worlds: Worlds, alpha: float, target: float) -> int:
    """Patients that a trial without an interim look needs."""
    high = 8
    while single_power(worlds, high, alpha)[0] < target:
        high *= 2
        if high > _MOST:
            raise NoSolution(
                f"`power` must be reachable; got {target:g}, but {_MOST} patients have only "
                f"{single_power(worlds, _MOST, alpha)[0]:.3g}."
            )
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if single_power(worlds, middle, alpha)[0] >= target else (middle, high)
    return high


def search(worlds: Worlds, alpha: float, target: float, weight: float) -> Stages:
    """The design with the least ``weight n + (1 - weight) expected n``; weight 0 is optimal, 1 minimax."""
    n = least(worlds, alpha, target)
    best, cost, worse = None, math.inf, 0
    while worse < _PATIENCE:
        found = _best_months(worlds, n, alpha, target)
        n += 1
        if found is None:
            continue
        paid = weight * found.n + (1 - weight) * found.expected_n
        worse = 0 if paid < cost else worse + 1
        best, cost = (found, paid) if paid < cost else (best, cost)
    assert best is not None
    return best
