"""Rejection regions on the table of two counts: their exact probability, and the largest one on a null boundary."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple, final

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.statistics.proportions.measures import Counts2, Measure

__all__ = ["Region", "Worst", "region_above", "table"]

Statistic = Callable[[Counts2], FloatArray]
TOLERANCE = 1e-10  # of a largest probability
_LARGE, _ROUGH = 0.5, 1e-5  # above one half, where it may be flat near 1, less is asked for
_CELLS = 1 << 22  # of an array
_KEPT = 1 << 23  # of the laws along a boundary that are kept
_STEPS = 60  # halvings of a step along the boundary


def binomial(n: int, rates: FloatArray) -> FloatArray:
    """Probabilities of 0 to n responses, (B, n + 1), for rates (B,)."""
    x = np.arange(n + 1.0)
    ways = gammaln(n + 1.0) - gammaln(x + 1) - gammaln(n - x + 1)
    p = rates[:, None]
    return np.asarray(np.exp(ways + xlogy(x, p) + xlog1py(n - x, -p)))


def table(n_experimental: int, n_control: int) -> Counts2:
    """Every pair of counts, (n_experimental + 1, n_control + 1)."""
    x, y = np.arange(n_experimental + 1.0)[:, None], np.arange(n_control + 1.0)[None, :]
    return Counts2(x, n_experimental, y, n_control)


class Laws(NamedTuple):
    """Laws of the two counts at pairs of rates."""

    tail: FloatArray  # (B, n_experimental + 2): probability of at least so many experimental responses
    control: FloatArray  # (B, n_control + 1): probability of so many control responses


def _laws(n: int, m: int, experimental: FloatArray, control: FloatArray) -> Laws:
    other = binomial(m, control)
    own = other if n == m and np.array_equal(experimental, control) else binomial(n, experimental)
    tail = np.zeros((len(own), n + 2))
    np.cumsum(own[:, ::-1], axis=1, out=tail[:, -2::-1])
    return Laws(tail, other)


def _grid(measure: Measure, n: int) -> FloatArray:
    """Places along a null boundary, near enough to one another to begin with."""
    low, high = measure.boundary(n)
    return np.linspace(low, high, 8 + int((high - low) / measure.step(n)))


@lru_cache(maxsize=2)
def _laws_along(measure: Measure, n: int, m: int, apart: int) -> Laws:
    return _laws(n, m, *measure.path(_grid(measure, n + m)[::apart]))


class Worst(NamedTuple):
    """The largest probability of a region on a null boundary."""

    value: float  # it is reached at `rate`, and exceeded nowhere by more than `error`
    error: float
    rate: float  # of the control arm


@final
class Region:
    """Tables on which a test rejects: at least so many experimental responses for each number of control responses."""

    def __init__(self, least: IntArray, n_experimental: int) -> None:
        self.least = least  # (n_control + 1,); n_experimental + 1 where nothing rejects
        self.n_experimental, self.n_control = n_experimental, len(least) - 1

    def contains(self, experimental: IntArray, control: IntArray) -> BoolArray:
        """Whether pairs of counts lie in the region."""
        return np.asarray(experimental >= self.least[control])

    @cached_property
    def empty(self) -> bool:
        """Whether no pair of counts rejects."""
        return bool(np.all(self.least > self.n_experimental))

    def probability(self, experimental: FloatArray, control: FloatArray) -> FloatArray:
        """Probability of the region at pairs of rates, each (B,)."""
        rows = max(1, _CELLS // (self.n_experimental + self.n_control + 2))
        cuts = range(rows, len(experimental), rows)
        pairs = zip(np.split(experimental, cuts), np.split(control, cuts), strict=True)
        return np.concatenate([self._probability(p, q) for p, q in pairs])

    def _probability(self, experimental: FloatArray, control: FloatArray) -> FloatArray:
        return self._with(_laws(self.n_experimental, self.n_control, experimental, control))

    def _with(self, laws: Laws) -> FloatArray:
        some = self.least <= self.n_experimental  # where nothing rejects, nothing is added
        found = np.einsum("bm,bm->b", laws.control[:, some], laws.tail[:, self.least[some]])
        return np.asarray(np.minimum(found, 1.0))

    def seen_at_once(self, measure: Measure, apart: int = 1) -> FloatArray:
        """Probabilities at every so many points of the grid along a null boundary from which `worst` starts."""
        n, m = self.n_experimental, self.n_control
        places = _grid(measure, n + m)[::apart]
        if len(places) * (n + m) > _KEPT:
            return self.probability(*measure.path(places))
        return self._with(_laws_along(measure, n, m, apart))

    def worst(self, measure: Measure, enough: float = np.inf) -> Worst:
        """The largest probability on a null boundary; with `enough`, only whether it lies above that.

        Then the value is not the largest one, but one that lies above `enough` if and only if the largest does.

        Between two points of a step h apart a function is at most the larger end plus h^2 / 8 times a bound on its
        second derivative. Steps in which that could exceed what has been seen are halved until none could by more
        than the tolerance.
        """
        if self.empty:
            return Worst(0.0, 0.0, 0.0)
        n = self.n_experimental + self.n_control

        def seen(t: FloatArray) -> FloatArray:
            return self.probability(*measure.path(t))

        t = _grid(measure, n)
        left, right, step = t[:-1], t[1:], float(t[1] - t[0])
        values = self.seen_at_once(measure)
        best, place = float(values.max()), float(t[values.argmax()])
        at_left, at_right = values[:-1], values[1:]
        tolerance = TOLERANCE
        for _ in range(_STEPS):
            tolerance = TOLERANCE if best < _LARGE else _ROUGH
            gap = _gap(measure, best, n, step)
            asked = best + tolerance if enough == np.inf else max(best + tolerance, enough)
            open_ = np.minimum(np.maximum(at_left, at_right) + gap, 1.0) > asked
            if not np.any(open_) or best > enough:
                break
            left, right, at_left, at_right = (x[open_] for x in (left, right, at_left, at_right))
            middle = (left + right) / 2
            at_middle = seen(middle)
            if at_middle.max() > best:
                best, place = float(at_middle.max()), float(middle[at_middle.argmax()])
            left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
            at_left, at_right = np.concatenate([at_left, at_middle]), np.concatenate([at_middle, at_right])
            step /= 2
        return Worst(best, tolerance, float(measure.path(np.array([place]))[1][0]))


def _gap(measure: Measure, best: float, n: int, step: float) -> float:
    """How far a probability can rise between two points, where the largest at any point is `best`."""
    ceiling = 1.0
    for _ in range(40):  # the ceiling is at most the best seen plus the gap, and the gap grows with the ceiling
        ceiling = min(1.0, best + measure.curvature(ceiling, n) * step**2 / 8)
    return measure.curvature(ceiling, n) * step**2 / 8


def region_above(statistic: Statistic, bound: float, n_experimental: int, n_control: int) -> Region:
    """Tables whose statistic, which rises with the experimental count, is above a bound."""
    control = np.arange(n_control + 1.0)
    low = np.full(n_control + 1, -1)
    high = np.full(n_control + 1, n_experimental + 1)  # rejects at high if it is a count, never at low
    while np.any(high - low > 1):
        middle = (low + high) // 2
        inside = (middle >= 0) & (middle <= n_experimental)
        held = np.clip(middle, 0, n_experimental).astype(float)
        above = statistic(Counts2(held, n_experimental, control, n_control)) > bound
        open_ = high - low > 1
        high = np.where(open_ & above & inside, middle, high)
        low = np.where(open_ & ~(above & inside), middle, low)
    return Region(high, n_experimental)
