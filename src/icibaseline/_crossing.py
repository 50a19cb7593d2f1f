"""Where a sequence of test statistics first leaves a corridor, and the corridors that spend given probabilities.

Z at look k has variance 1, and the correlation of looks j < k is the root of information j over k. Arrays have the
looks as last axis and perhaps one axis over designs before: (K,) or (B, K).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from icibaseline._values import BoolArray, FloatArray, Floats
from icibaseline._walk import OPEN, Walk, by_look, over_looks

__all__ = ["both_bounds", "efficacy_bounds", "exits", "futility_bounds", "in_chunks", "last_bound", "search"]

_NOTHING = 1e-20  # what a look that spends nothing lets go
_STEPS = 100
_SOLVED = 1e-6  # below what a search must have come
_GROWS = 1e3  # information over what a look adds to it, at most, where it tests
_CHUNK = 1 << 19  # numbers in one matrix for a chunk of designs
_ALIKE = 1.25  # times as many nodes as the others of a chunk need, at most

# ---- corridors -------------------------------------------------------------------------------------


def exits(
    information: FloatArray, lower: FloatArray, upper: FloatArray, finer: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Probability of first passing `upper`, and `lower`, at each look: bounds on Z less its mean; all (..., K)."""
    closed, last = lower > -np.inf, lower.shape[-1] - 1
    futile = closed.any()
    walk = Walk(information, closed | (upper < np.inf), finer)
    low = np.where(closed, lower, -OPEN) if futile else _in_reach(information, upper)
    high = np.maximum(np.where(upper < np.inf, upper, OPEN), low)
    above, below = [], []
    for k, (down, up, start, end) in enumerate(zip(*map(by_look, (lower, upper, low, high)), strict=True)):
        above.append(walk.above(k, up))
        below.append(walk.below(k, down) if futile else abs(0.0 * start))
        if k < last:
            walk.step(k, start, end)
    return over_looks(above), over_looks(below)


@np.errstate(invalid="ignore", divide="ignore")  # pairs of looks that are none
def _in_reach(information: FloatArray, upper: FloatArray) -> FloatArray:
    """Z below which paths, where no lower bound is, hardly pass an upper one at a later look, (..., K).

    Given Z = u there, Z at a fraction t of that look's information has mean sqrt(t) u and variance 1 - t.
    """
    t = information[..., :, None] / information[..., None, :]
    later = np.triu(np.ones(t.shape, dtype=bool), 1) & (upper[..., None, :] < np.inf)
    best = np.minimum(np.sqrt(t) * upper[..., None, :], upper[..., :, None])
    found = np.where(later, best - OPEN * np.sqrt(1 - t), np.inf).min(axis=-1)
    return np.where(found < np.inf, np.maximum(found, -OPEN), -OPEN)


def efficacy_bounds(
    information: FloatArray, spend: FloatArray, lower: FloatArray | None = None, two_sided: bool = False
) -> FloatArray:
    """Bounds that Z without drift first passes with the probabilities `spend` at each look; all (..., K).

    Paths end at the bounds `lower` too or, if two-sided, at the mirrored ones. No spend, no test; NaN where so much
    is not left.
    """
    if lower is not None:
        return _efficacy_above(information, spend, lower)
    spends = spend > 0
    every = np.count_nonzero(spends) == spends.size
    walk = Walk(information, None if every else spends)
    told, looks = by_look(spend if every else np.where(spends, spend, _NOTHING)), by_look(information)
    least, end = -ndtri(sum(told)), 1.001 * looks[-1]  # no bound is below, and none is after
    upper = []
    for k, p in enumerate(told):
        upper.append(bound := walk.bound_above(k, p))
        if k < len(told) - 1:
            t = looks[k] / end  # paths from below here hardly pass the least bound at the end, as in `_in_reach`
            walk.step(k, -bound if two_sided else t**0.5 * least - OPEN * (1 - t) ** 0.5, bound)
    found = over_looks(upper)
    return found if every else np.where(spends, found, np.inf)


def _efficacy_above(information: FloatArray, spend: FloatArray, lower: FloatArray) -> FloatArray:
    spends = spend > 0
    walk = Walk(information, spends | (lower > -np.inf))
    told, low = by_look(np.where(spends, spend, _NOTHING)), by_look(np.maximum(lower, -OPEN))
    upper = []
    for k, p in enumerate(told):
        upper.append(bound := _high(walk, k, p))
        if k < len(told) - 1:
            walk.step(k, low[k], np.fmax(bound, low[k]))
    return np.where(spends, over_looks(upper), np.inf)


@np.errstate(invalid="ignore", divide="ignore")
def _high(walk: Walk, look: int, p: Floats) -> Floats:
    """The bound above which p is; NaN where so much is not left."""
    enough = p < walk.inside
    if enough is True:
        return walk.bound_above(look, p)
    return np.where(enough, walk.bound_above(look, np.where(enough, p, _NOTHING)), np.nan)[()]


def last_bound(information: FloatArray, lower: FloatArray, upper: FloatArray, alpha: float) -> FloatArray:
    """The last bound, (...), that spends what the ones before leave of alpha; NaN where they leave nothing."""
    before = upper.copy()
    before[..., -1] = np.inf
    left = alpha - exits(information, lower, before)[0].sum(axis=-1, keepdims=True)
    tests = (lower > -np.inf) | (before < np.inf)
    tests[..., -1:] |= left > 0
    walk = Walk(information, tests)
    low, high = by_look(np.where(lower > -np.inf, lower, -OPEN)), by_look(np.where(before < np.inf, before, OPEN))
    for k in range(len(low) - 1):
        walk.step(k, np.minimum(low[k], high[k]), high[k])
    return np.asarray(_high(walk, len(low) - 1, np.where(left > 0, left, np.inf)))[..., 0]


@np.errstate(invalid="ignore", divide="ignore")  # bounds that meet leave nothing inside
def futility_bounds(
    information: FloatArray, spend: FloatArray, upper: FloatArray, mean: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds that Z with a mean first falls below with the probabilities `spend` at the interim looks, all (..., K).

    The last one is that of efficacy; second comes the probability of ending below it, (...).
    """
    spends = _interim(spend)
    walk = Walk(information, spends | (upper < np.inf))
    told, high = by_look(np.where(spends, spend, _NOTHING)), by_look(np.where(upper < np.inf, upper - mean, OPEN))
    lower = []
    last = len(told) - 1
    for k, p in enumerate(told[:last]):
        lower.append(bound := np.fmin(_low(walk, k, p), high[k]))
        walk.step(k, bound, high[k])
    bounds = over_looks([*lower, high[last]]) + mean
    return _bounds_below(bounds, upper, spends), _each(walk.below(last, high[last]))


@np.errstate(invalid="ignore", divide="ignore")
def both_bounds(
    information: FloatArray, spend: FloatArray, futility_spend: FloatArray, mean: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Binding bounds (lower, upper) that spend alpha without drift and beta with a mean, each ending both walks.

    Third comes the probability, with the mean, of ending below the last bound, (...); all else (..., K).
    """
    spends, futile = spend > 0, _interim(futility_spend)
    null, other = Walk(information, spends | futile), Walk(information, spends | futile)
    alpha, beta = np.where(spends, spend, _NOTHING), np.where(futile, futility_spend, _NOTHING)
    lower, upper = [], []
    last = spend.shape[-1] - 1
    for k, (a, b, shift, can, tests) in enumerate(zip(*map(by_look, (alpha, beta, mean, spends, futile)), strict=True)):
        upper.append(high := _high(null, k, a))
        if k < last:
            high = np.where(np.isnan(high), -OPEN, high)[()]  # nothing is left to go on with
            low = np.where(tests, _low(other, k, b) + shift, -np.inf)
            lower.append(low := np.fmin(low, high))
            null.step(k, np.maximum(low, np.minimum(high, -OPEN)), high)
            stop = np.where(can, high - shift, OPEN)[()]
            other.step(k, np.minimum(np.maximum(low - shift, -OPEN), stop), stop)
    bounds = np.where(spends, over_looks(upper), np.inf)
    missed = other.below(last, by_look(bounds - mean)[last])
    return _bounds_below(over_looks([*lower, upper[last]]), bounds, futile), bounds, _each(missed)


def _interim(spend: FloatArray) -> BoolArray:
    """Where futility is tested on its own: at the last look all that does not reject is futile."""
    spends: BoolArray = spend > 0
    spends[..., -1] = False
    return spends


def _low(walk: Walk, look: int, p: Floats) -> Floats:
    """The bound below which p is; inf where so much is not left."""
    enough = p < walk.inside
    if enough is True:
        return walk.bound_below(look, p)
    return np.where(enough, walk.bound_below(look, np.where(enough, p, _NOTHING)), np.inf)[()]


def _each(member: Floats) -> FloatArray:
    """A number for each design, (...)."""
    return np.asarray(over_looks([member])[..., 0])


def _bounds_below(lower: FloatArray, upper: FloatArray, spends: BoolArray) -> FloatArray:
    lower = np.where(spends, lower, -np.inf)
    lower[..., -1] = upper[..., -1]
    return lower


# ---- search ----------------------------------------------------------------------------------------


def search(excess: Callable[[FloatArray], FloatArray], start: FloatArray) -> FloatArray:
    """The x (...) at which `excess`, rising with a slope near 1, is 0; NaN where there is none.

    NaN or infinity of `excess` means that x is too large. Secants, and halves of what is left where they lead outside.
    """
    with np.errstate(all="ignore"):
        known, value = start, excess(start)
        low, high = np.where(value <= 0, start, -np.inf), np.where(value <= 0, np.inf, start)
        step = _inside(known, -value, low, high)
        for _ in range(_STEPS):
            x = np.asarray(known + step)
            found = excess(x)
            low, high = np.where(found <= 0, x, low), np.where(found <= 0, high, x)
            rise = (found - value) / (x - known)
            sound = np.isfinite(found)
            known, value = np.where(sound, x, known), np.where(sound, found, value)
            step = _inside(known, -value / np.where(sound & (rise > 0), rise, 1.0), low, high)
            far = (np.abs(step) > 1e-8) | (np.abs(value) > _SOLVED)  # what is left is far below the square of a step
            if not (far & (np.abs(step) > 1e-14)).any():
                break
        return np.where(np.abs(value) < _SOLVED, known + step, np.nan)


def _inside(known: FloatArray, step: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """The step, or where it leads out of [low, high) one to the middle, or by 1 to the open side."""
    middle = np.where(low == -np.inf, high - 1, np.where(high == np.inf, low + 1, (low + high) / 2))
    return np.where((known + step >= low) & (known + step < high), step, middle - known)


def in_chunks(
    run: Callable[..., tuple[FloatArray, ...]], information: FloatArray, *arrays: FloatArray
) -> tuple[FloatArray, ...]:
    """`run(information, *arrays)`, by few designs at a time, alike ones together; every array is (K,) or (B, ...)."""
    if information.ndim == 1:
        return run(information, *arrays)
    with np.errstate(invalid="ignore", divide="ignore"):
        load = information[:, 1:] / np.diff(information)
    load = np.where((load > 0) & (load < _GROWS), load, 1.0)  # other looks are stepped over
    nodes = 8 + 11 * np.sqrt(load.max(axis=1, initial=1.0))
    order = np.argsort(nodes)
    nodes = nodes[order]
    pieces, first = [], 0
    while first < len(order):
        alike = int(np.searchsorted(nodes, _ALIKE * nodes[first], side="right"))
        rows = order[first : min(alike, first + max(1, int(_CHUNK / nodes[first] ** 2)))]
        pieces.append(run(information[rows], *(a[rows] for a in arrays)))
        first += len(rows)
    back = np.argsort(order)
    return tuple(np.concatenate(part)[back] for part in zip(*pieces, strict=True))
