"""Search for two-stage designs of Simon's kind.

A design stops after n1 patients with at most r1 responses and succeeds with more than r among all n. Three facts carry
the search. The expected number of patients under p0 is n1 + (1 - PET)(n - n1), in which r does not occur. Power falls
as r1 or r rises, and so does the type I error: for given n, n1 and r the greatest r1 that keeps the power is best, and
for given n, n1 and r1 the greatest r that keeps it errs least. And the first stage alone must keep the power, which
bounds r1, and with it the expected number from below, before anything is summed up.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.special import ndtri

from icibaseline._exact.binomial import densities, upper_tails
from icibaseline._values import BoolArray, FloatArray, IntArray

__all__ = ["LARGEST", "Aim", "Search", "TwoStages", "admissible", "find"]

LARGEST = 1000  # patients to which an unlimited search goes
_SLACK = 1e-12  # a probability that equals its limit keeps it, whatever the rounding
_TIE = 1e-10  # of an expected number
_CELLS = 1 << 17  # of an array, to stay in the cache
_ROWS = 512  # pairs of n and n1 that are tried at a time, the most promising first


class Aim(NamedTuple):
    """What a design has to keep."""

    p0: float
    p1: float | FloatArray  # or rates (J,), over which power is averaged
    weights: FloatArray | None
    alpha: float
    power: float

    @property
    def rates(self) -> FloatArray:
        """The rates at which power is asked for, (J,)."""
        return np.atleast_1d(self.p1)

    @property
    def masses(self) -> FloatArray:
        """Their weights, (J,)."""
        return np.ones(1) if self.weights is None else self.weights

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(self.masses @ self.rates)


class TwoStages(NamedTuple):
    """Designs, one for each element."""

    r1: IntArray
    n1: IntArray
    r: IntArray
    n: IntArray
    expected: FloatArray  # patients under p0
    stop: FloatArray  # probability of stopping after the first stage under p0

    def at(self, picked: object) -> TwoStages:
        """Some of them."""
        return TwoStages(*(part[picked] for part in self))  # type: ignore[call-overload]

    @property
    def best(self) -> TwoStages:
        """The one with the least expected number; of equals that with the fewest patients, then with the smaller n1."""
        close = np.flatnonzero(self.expected <= self.expected.min() + _TIE)
        return self.at(close[np.lexsort((self.n1[close], self.n[close]))[:1]])


class _Rates:
    """Tables of the binomial law, averaged over rates (J,)."""

    def __init__(self, largest: int, rates: FloatArray, weights: FloatArray) -> None:
        self.weights, self._width, self._last = weights, 2 * largest + 2, largest + 1
        self.densities = [densities(largest, float(rate)) for rate in rates]
        self.tails = [upper_tails(table) for table in self.densities]
        self.tail = np.asarray(sum(w * tail for w, tail in zip(weights, self.tails, strict=True)))
        self._flat = [self._backwards(tail) for tail in self.tails]

    def _backwards(self, tail: FloatArray) -> FloatArray:
        """Rows with, at place i, the chance of at least largest + 1 - i, end to end."""
        wide = np.ones((len(tail), self._width))
        wide[:, : tail.shape[1]] = tail[:, ::-1]
        return wide.ravel()

    def goes_on(self, n: IntArray, n1: IntArray, r: IntArray, counts: int) -> FloatArray:
        """Chances, (M, counts + 1), of at least j responses among n1 and more than r among n, j from 0."""
        start = (n - n1) * self._width + self._last - (r + 1)
        step, parts = self._flat[0].itemsize, np.zeros(0)
        for weight, table, flat in zip(self.weights, self.densities, self._flat, strict=True):
            windows = as_strided(flat, (flat.size - counts + 1, counts), (step, step), writeable=False)
            found = windows[start]
            found *= table[n1, :counts]
            found = found if weight == 1.0 else weight * found
            parts = parts + found if parts.size else found
        sums = np.empty((len(n), counts + 1))
        sums[:, counts] = self.tail[n1, counts]
        np.add(np.cumsum(parts[:, ::-1], axis=1)[:, ::-1], sums[:, counts:], out=sums[:, :counts])
        return sums


class Search:
    """All designs of up to so many patients."""

    def __init__(self, aim: Aim, largest: int) -> None:
        self.aim, self.largest = aim, largest
        self.null = _Rates(largest, np.array([aim.p0]), np.ones(1))
        self.other = _Rates(largest, aim.rates, aim.masses)
        self._level, self._power = aim.alpha + _SLACK, aim.power - _SLACK

    # ---- bounds ----------------------------------------------------------------------------------------

    @cached_property
    def single(self) -> IntArray:
        """For each n from 0 the greatest r with which one stage of n patients keeps the power; -1 where none does."""
        return np.asarray(np.count_nonzero(self.other.tail >= self._power, axis=1) - 2)

    @cached_property
    def possible(self) -> BoolArray:
        """For each n from 0 whether such a test of so many patients could do it, by the lemma of Neyman and Pearson.

        At rates below p0 none has more power than its level.
        """
        n, tail = np.arange(self.largest + 1), self.null.tail
        least = np.argmax(tail <= self._level, axis=1)  # above 0, as tail[:, 0] is 1
        part = (self._level - tail[n, least]) / (tail[n, least - 1] - tail[n, least])
        best = np.zeros(len(n))
        for p, weight, other in zip(self.aim.rates, self.aim.masses, self.other.tails, strict=True):
            most = (1 - part) * other[n, least] + part * other[n, least - 1]
            best += weight * (most if p > self.aim.p0 else self._level)
        return np.asarray(best >= self._power)

    @cached_property
    def _goes_on(self) -> FloatArray:
        """For each n1 a lower bound on the probability of a second stage under p0."""
        return self.null.tail[np.arange(self.largest + 1), self.single + 1]

    def least_expected(self, n: IntArray) -> FloatArray:
        """Lower bounds on the expected number, as [n, n1]; inf where there is no design."""
        n1 = np.arange(self.largest + 1)
        sound = (n1 >= 1) & (n1 < n[:, None]) & (self.single >= 0)
        return np.where(sound, n1 + self._goes_on * (n[:, None] - n1), np.inf)

    @cached_property
    def beyond(self) -> float:
        """A lower bound on the expected number of designs that are larger than these."""
        return float(min(self.least_expected(np.array([self.largest + 1])).min(), self.largest + 1))

    # ---- designs ---------------------------------------------------------------------------------------

    def _rows(self, n: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """The pairs of n and n1 that may make a design, and a lower bound on the expected number of each."""
        n = n[self.possible[n]]
        bound = self.least_expected(n)
        line, n1 = np.nonzero(np.isfinite(bound))
        return n[line], n1, bound[line, n1]

    def designs(self, n: IntArray, n1: IntArray) -> TwoStages:
        """The best design of each pair, where there is one."""
        r1, r = np.full(len(n), -1), np.full(len(n), -1)
        size = max(1, _CELLS // (int(self.single[n].max(initial=0)) + 2))
        for first in range(0, len(n), size):
            part = slice(first, first + size)
            self._fill(n[part], n1[part], r1[part], r[part])
        found = r1 >= 0
        r1, n1, r, n = r1[found], n1[found], r[found], n[found]
        on = self.null.tail[n1, r1 + 1]
        return TwoStages(r1, n1, r, n, n1 + on * (n - n1), 1 - on)

    def _fill(self, n: IntArray, n1: IntArray, r1: IntArray, r: IntArray) -> None:
        """Write r1 and r: down from the r of one stage, the candidate is the greatest r1 that keeps the power."""
        rows, limit = np.arange(len(n)), self.single[n]
        while rows.size:
            top, line = self.single[n1[rows]], np.arange(len(rows))
            counts = int(max(limit.max(), top.max())) + 1
            power = self.other.goes_on(n[rows], n1[rows], limit, counts)
            error = self.null.goes_on(n[rows], n1[rows], limit, counts)
            candidate = np.count_nonzero(power >= self._power, axis=1) - 2  # what r1 leaves is at r1 + 1
            better = (candidate > r1[rows]) & (error[line, candidate + 1] <= self._level)
            r1[rows[better]], r[rows[better]] = candidate[better], limit[better]
            still = (candidate < top) & (limit > 0) & (error[line, top + 1] <= self._level)
            rows, limit = rows[still], limit[still] - 1

    def curve(self, n: IntArray | None = None) -> TwoStages:
        """The design with the least expected number for each n that has one."""
        size, first, _ = self._rows(np.arange(2, self.largest + 1) if n is None else n)
        every = self.designs(size, first)
        return _stacked([every.at(every.n == total).best for total in np.unique(every.n)])

    def minimax(self) -> TwoStages | None:
        """The design with the fewest patients; of those the one with the least expected number."""
        for n in np.flatnonzero(self.possible[: self.largest + 1]):
            found = self.curve(np.array([n]))
            if len(found.n):
                return found
        return None

    def optimal(self) -> TwoStages | None:
        """The design with the least expected number."""
        n, n1, bound = self._rows(np.arange(2, self.largest + 1))
        order, best = np.argsort(bound, kind="stable"), None
        for first in range(0, len(order), _ROWS):
            rows = order[first : first + _ROWS]
            if best is not None and bound[rows[0]] > best.expected[0] + _TIE:
                break
            found = _stacked([self.designs(n[rows], n1[rows]), *([] if best is None else [best])])
            best = found.best if len(found.n) else None
        return best


def _stacked(parts: list[TwoStages]) -> TwoStages:
    if not parts:
        nothing, none = np.zeros(0, dtype=int), np.zeros(0)
        return TwoStages(nothing, nothing, nothing, nothing, none, none)
    return TwoStages(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def find(aim: Aim, limit: int = LARGEST) -> Search | None:
    """A search that is wide enough for the optimal design of all; None where none is found up to a limit."""
    p0, p1 = aim.p0, aim.mean
    spread = ndtri(1 - aim.alpha) * np.sqrt(p0 * (1 - p0)) + ndtri(aim.power) * np.sqrt(p1 * (1 - p1))
    size = min(float(1.25 * (spread / (p1 - p0)) ** 2 + 20) if p1 > p0 else limit / 8, limit / 2)
    while True:
        search = Search(aim, int(min(size, limit)))
        best = search.optimal()
        if best is not None and best.expected[0] <= search.beyond:
            return search
        if size >= limit:
            return search if best is not None else None
        size *= 2


def admissible(curve: TwoStages) -> tuple[TwoStages, FloatArray]:
    """The designs of a curve that minimise q n + (1 - q) EN for some q, and for each the least such q, falling to 0."""
    end = int(np.flatnonzero(curve.expected <= curve.expected.min() + _TIE)[0])
    picked = [0]
    while picked[-1] < end:
        later = np.arange(picked[-1] + 1, end + 1)
        slope = (curve.expected[later] - curve.expected[picked[-1]]) / (curve.n[later] - curve.n[picked[-1]])
        picked.append(int(later[np.flatnonzero(slope <= slope.min() + _TIE)[0]]))
    kept = curve.at(np.array(picked))
    gain = -np.diff(kept.expected) / np.diff(kept.n)  # patients of EN saved by one more of n
    return kept, np.append(gain / (1 + gain), 0.0)
