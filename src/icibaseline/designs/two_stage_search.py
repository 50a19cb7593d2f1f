"""The search for two-stage designs whose first stage can stop for futility only.

A design is a month of the interim look, a bound c1 that Z must pass there, and a bound c at the end. For given n and
month, c follows from c1 by the type I error, and power falls as c1 rises: the greatest c1 that keeps the power gives
the fewest expected patients without an effect. Months are tried many at a time, around the best again.

The type I error and the power may be averages over worlds, in which the benchmark has an error or the effect a prior.
The average law of Z at two looks is nearly that of two normal numbers, on which bounds are found; what the average
over worlds differs from it there moves the errors that are asked of it, until the average over worlds is as it should.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._values import FloatArray
from icibaseline.designs.two_stage_laws import WIDE, Law, Normal, both_above, falls
from icibaseline.errors import NoSolution, reject
from icibaseline.solve import root

__all__ = [
    "Errors",
    "Stages",
    "Worlds",
    "at_month",
    "best_of",
    "curve",
    "end_bound",
    "least",
    "search",
    "single_power",
]

_MONTHS = (15, 7, 7)  # tried at once, around the best each time
_FITS, _TRIES, _CLOSE, _ROUGH, _SLACK = 30, 2, 1e-7, 1e-4, 1e-6
_NEWTON, _COARSE, _LEAP = 12, 1e-2, 0.5
_STEPS, _TINY = 60, 1e-300
_FIRST, _LAST = 0.08, 0.999  # of enrolment: where the interim look may lie
_AROUND = 0.03  # of enrolment, between the months that are tried around a look that is known to be good
_PATIENCE = 3  # more patients, a step at a time, without fewer expected ones
_STRIDE, _FEW = 20, 100  # so many steps from none to a number of patients; up to so many every one counts
_MOST = 5_000
_EVENTS = 2.0  # fewest expected at an interim look


class Errors(NamedTuple):
    """What a design keeps: at most this type I error, at least this power."""

    alpha: float
    power: float


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

    null: Callable[[float, FloatArray], Law]  # as the benchmark
    alternative: Callable[[float, FloatArray], Law]
    enrolled: Callable[[float, FloatArray], FloatArray]  # patients
    duration: Callable[[float], float]  # of enrolment


class _Pair(NamedTuple):
    """B designs for one n, with their two laws, and what each is to keep."""

    null: Normal
    alternative: Normal
    alpha: FloatArray  # (B,)
    target: FloatArray

    def second(self, x: FloatArray) -> FloatArray:
        """The null quantile at the end that keeps the type I error, from the null quantile x of the first.

        By Newton's method on the log of a probability that is log-concave in y: from above it never passes the root.
        """
        y = -ndtri(self.alpha)
        for _ in range(_STEPS):
            p = both_above(x, y, self.null.rho)
            step = np.log(np.maximum(p, _TINY) / self.alpha) * p / np.maximum(falls(y, x, self.null.rho), _TINY)
            y = np.clip(y + step, -WIDE, WIDE)
            if np.abs(step).max() < _SLACK:
                break
        return y

    def _there(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Quantiles in the alternative of bounds with these null quantiles."""
        bounds = (self.null.bound(look, q) for look, q in enumerate((x, y)))
        first, second = (self.alternative.quantile(look, b) for look, b in enumerate(bounds))
        return first, second

    def power(self, x: FloatArray) -> FloatArray:
        """Power from the null quantile of the first bound."""
        return both_above(*self._there(x, self.second(x)), self.alternative.rho)

    def roughly(self) -> tuple[FloatArray, FloatArray]:
        """Null quantiles of both bounds, the first about the greatest that keeps the power; NaN where none does."""
        low, high = np.full(len(self.alpha), -WIDE), -ndtri(self.alpha) - _SLACK
        able, beyond = self.power(low) >= self.target, self.power(high) >= self.target
        inside = able & ~beyond

        def excess(x: FloatArray) -> FloatArray:
            return np.where(inside, self.power(x) - self.target, high - _SLACK - x)

        x = np.where(able, root(excess, low, high, tolerance=_COARSE), np.nan)
        return x, self.second(np.where(able, x, -WIDE))

    def solved(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Both at once by Newton's method, from a place near by; NaN where that does not settle."""
        slopes = self.null.spread / self.alternative.spread
        for _ in range(_NEWTON):
            there = self._there(x, y)
            p, q = both_above(x, y, self.null.rho), both_above(*there, self.alternative.rho)
            miss = np.log(np.maximum(p, _TINY) / self.alpha), np.log(np.maximum(q, _TINY) / self.target)
            a, b = (-falls(u, v, self.null.rho) / np.maximum(p, _TINY) for u, v in ((x, y), (y, x)))
            c, d = (
                -slopes[:, look] * falls(u, v, self.alternative.rho) / np.maximum(q, _TINY)
                for look, (u, v) in enumerate((there, there[::-1]))
            )
            with np.errstate(all="ignore"):
                steps = [(d * miss[0] - b * miss[1]) / (a * d - b * c), (a * miss[1] - c * miss[0]) / (a * d - b * c)]
            x, y = (np.clip(z - np.clip(s, -_LEAP, _LEAP), -WIDE, WIDE) for z, s in zip((x, y), steps, strict=True))
            far = np.abs(steps).max(axis=0)
            if (far[np.isfinite(far)] < _CLOSE / 10).all():
                break
        settled = far < _CLOSE / 10
        return np.where(settled, x, np.nan), np.where(settled, y, np.nan)


# ---- one n ---------------------------------------------------------------------------------------------


def _at_months(
    worlds: Worlds, n: int, months: FloatArray, errors: Errors, near: Stages | None = None, close: float = _CLOSE
) -> list[Stages]:
    """The best design for each month at which there is one that has the power; `near` is one that is like them."""
    null, alternative = worlds.null(n, months), worlds.alternative(n, months)
    size = len(months)
    start = np.tile((0.0, -float(ndtri(errors.alpha))) if near is None else (near.c1, near.c), (size, 1))
    x, bounds, settled = np.full(size, np.nan if near is None else 0.0), start, np.zeros(size, dtype=bool)
    moved = np.zeros((2, size))
    for fit in range(_FITS):
        laws = null.beyond(bounds), alternative.beyond(bounds)
        if np.isfinite(x).any():  # elsewhere the bounds are nobody's
            moved = np.where(np.isfinite(x), [law.excess(bounds) for law in laws], moved)
        aims = (np.asarray(ndtr(ndtri(aim) - by)) for aim, by in zip(errors, moved, strict=True))
        pair = _Pair(laws[0].whole, laws[1].whole, *aims)
        x, y = _both(pair, bounds, x, fit < _TRIES)
        able, before = np.isfinite(x), bounds
        made = np.stack([pair.null.bound(look, q) for look, q in enumerate((x, y))], axis=1)
        bounds = np.where(able[:, None], made, start)
        settled = (np.abs(bounds - before) < close).all(axis=1)
        if fit >= _TRIES and settled[able].all():
            break
    able &= settled & (null.mean(null.moments.events)[:, 0] >= _EVENTS)
    stop, n1 = ndtr(x), worlds.enrolled(n, months)
    expected = n1 + (1 - stop) * (n - n1)
    columns = zip(months, n1, *bounds.T, stop, expected, strict=True)
    return [Stages(n, *(float(v) for v in column)) for column, can in zip(columns, able, strict=True) if can]


def _both(pair: _Pair, bounds: FloatArray, x: FloatArray, again: bool) -> tuple[FloatArray, FloatArray]:
    """Null quantiles of both bounds, from those of the fit before where there is one."""
    known = np.isfinite(x)
    first, second = (pair.null.quantile(look, bounds[:, look]) for look in (0, 1))
    if again and not known.all():
        rough = pair.roughly()
        first, second = np.where(known, first, rough[0]), np.where(known, second, rough[1])
        known = np.isfinite(first)
    found, y = pair.solved(first, second)
    lost = known & ~np.isfinite(found)
    rough = pair.roughly() if lost.any() else (found, y)
    return np.where(lost, rough[0], np.where(known, found, np.nan)), np.where(lost, rough[1], y)


def _about(worlds: Worlds, n: int, errors: Errors, near: Stages) -> Stages | None:
    """About the best design with n patients, its interim look at about the same fraction of enrolment as another's."""
    length, share = worlds.duration(n), near.interim / worlds.duration(near.n)
    months = length * np.clip(share + _AROUND * np.arange(-2, 3), _FIRST, _LAST)
    return _fewest(_at_months(worlds, n, np.unique(months), errors, near, _ROUGH))


def _fewest(found: list[Stages]) -> Stages | None:
    return min(found, key=lambda stages: stages.expected_n) if found else None


def at_month(worlds: Worlds, n: int, month: float, errors: Errors) -> Stages | None:
    """The best design with n patients and this month of the interim look; None if none has the power."""
    return _fewest(_at_months(worlds, n, np.array([month]), errors))


def best_of(worlds: Worlds, n: int, errors: Errors) -> Stages | None:
    """The design with n patients that expects fewest of them without an effect; None if none has the power."""
    length = worlds.duration(n)
    low, high = _FIRST * length, _LAST * length
    best: Stages | None = None
    for count in _MONTHS:
        found = _at_months(worlds, n, np.linspace(low, high, count), errors, best, _ROUGH)
        best = _fewest(found if best is None else [best, *found])
        if best is None:
            return None
        step = (high - low) / (count - 1)
        low, high = max(best.interim - step, low), min(best.interim + step, high)
    assert best is not None
    return _fewest(_at_months(worlds, n, np.array([best.interim]), errors, best))


def end_bound(worlds: Worlds, n: float, month: float, c1: float, alpha: float) -> float:
    """The bound at the end that keeps the type I error, after an interim look in some month with some bound."""
    null = worlds.null(n, np.array([month]))
    bounds = np.array([[c1, -float(ndtri(alpha))]])
    for _ in range(_FITS):
        law = null.beyond(bounds)
        aim, x = np.asarray(ndtr(ndtri(alpha) - law.excess(bounds))), law.whole.quantile(0, bounds[:, 0])
        if ndtr(-x[0]) <= aim[0]:
            rule = f"a bound that more than {alpha:g} of the trials without an effect pass in month {month:g}"
            reject("c1", rule, c1)
        y = _Pair(law.whole, law.whole, aim, aim).second(x)
        before, bounds = bounds, np.array([[c1, law.whole.bound(1, y)[0]]])
        if abs(bounds - before)[0, 1] < _CLOSE:
            break
    return float(bounds[0, 1])


# ---- every n -------------------------------------------------------------------------------------------


def single_power(worlds: Worlds, n: float, alpha: float) -> float:
    """Power without an interim look."""
    month = np.array([0.5 * worlds.duration(n)])
    null, alternative = worlds.null(n, month), worlds.alternative(n, month)
    z = -float(ndtri(alpha))
    bounds = np.array([[0.0, z]])
    for _ in range(_FITS):
        before, bounds = bounds, np.array([[0.0, null.beyond(bounds).whole.bound(1, np.array([z]))[0]]])
        if abs(bounds - before)[0, 1] < _CLOSE:
            break
    return float(alternative.mean(alternative.tails(bounds))[0, 1])


def least(worlds: Worlds, errors: Errors) -> int:
    """Patients that a trial without an interim look needs."""
    high = 8
    while single_power(worlds, high, errors.alpha) < errors.power:
        high *= 2
        if high > _MOST:
            raise NoSolution(
                f"`power` must be reachable; got {errors.power:g}, but {_MOST} patients have only "
                f"{single_power(worlds, _MOST, errors.alpha):.3g}."
            )
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if single_power(worlds, middle, errors.alpha) >= errors.power else (middle, high)
    return high


class _Tried:
    """The best design for each n that was tried, and what it costs."""

    def __init__(self, worlds: Worlds, errors: Errors, weight: float, start: int) -> None:
        self.worlds, self.errors, self.weight, self.start = worlds, errors, weight, start
        self._about: dict[int, Stages | None] = {}
        self._best: dict[int, Stages | None] = {}
        self._near: Stages | None = None

    def about(self, n: int) -> float:
        """The cost, nearly."""
        if n not in self._about:
            near = self._near
            made = best_of(self.worlds, n, self.errors) if near is None else _about(self.worlds, n, self.errors, near)
            self._about[n], self._near = made, made or near
        return self._cost(self._about[n])

    def exactly(self, n: int) -> float:
        """The cost."""
        if n not in self._best:
            self._best[n] = best_of(self.worlds, n, self.errors) if n >= self.start else None
        return self._cost(self._best[n])

    def best(self, n: int) -> Stages:
        """The best design with n patients."""
        self.exactly(n)
        made = self._best[n]
        assert made is not None  # or n would not have been chosen
        return made

    def _cost(self, made: Stages | None) -> float:
        return math.inf if made is None else self.weight * made.n + (1 - self.weight) * made.expected_n


def search(worlds: Worlds, errors: Errors, weight: float) -> Stages:
    """The design with the least ``weight n + (1 - weight) expected n``; weight 0 is optimal, 1 minimax.

    Of many patients only every few numbers are tried, and then those around the best.
    """
    start = least(worlds, errors)
    tried, stride = _Tried(worlds, errors, weight, start), max(1, start // _STRIDE)
    n = best = start
    worse = 0
    while worse < _PATIENCE:
        better = tried.about(n) < tried.about(best)
        worse = 0 if better or tried.about(n) == math.inf else worse + 1
        best, n = (n if better else best), n + stride
    while stride > 1:
        stride = (stride + 1) // 2
        best = min((n for n in (best, best - stride, best + stride) if n >= start), key=tried.about)
    if best <= _FEW:
        while (n := min((best, best - 1, best + 1), key=tried.exactly)) != best:
            best = n
    return tried.best(best)


def curve(worlds: Worlds, errors: Errors, beyond: int) -> list[Stages]:
    """The best design for each n, from the fewest to some beyond the one with the fewest expected patients."""
    n, worse, found = least(worlds, errors), 0, list[Stages]()
    while worse < beyond:
        made = best_of(worlds, n, errors)
        n += 1
        if made is not None:
            worse = 0 if all(made.expected_n < other.expected_n for other in found) else worse + 1
            found.append(made)
    return found
