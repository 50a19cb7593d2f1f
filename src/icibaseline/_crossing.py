"""Where a sequence of test statistics first leaves a corridor, and the corridors that spend given probabilities.

Z at look k has variance 1, and the correlation of looks j < k is the root of information j over k. Arrays have the
looks as last axis and perhaps one axis over designs before: (K,) or (B, K).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from icibaseline._values import BoolArray, FloatArray
from icibaseline._walk import OPEN, Walk

__all__ = ["both_bounds", "efficacy_bounds", "exits", "futility_bounds", "in_chunks", "last_bound", "search"]

_NOTHING = 1e-20  # what a look that spends nothing lets go
_STEPS = 100
_SOLVED = 1e-6  # below what a search must have come
_GROWS = 1e3  # information over what a look adds to it, at most, where it tests
_CHUNK = 1 << 17  # numbers in one matrix for a chunk of designs, which then stays in the cache

# ---- corridors -------------------------------------------------------------------------------------


def exits(
    information: FloatArray, lower: FloatArray, upper: FloatArray, finer: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Probability of first passing `upper`, and `lower`, at each look: bounds on Z less its mean; all (..., K)."""
    walk = Walk(information, (lower > -np.inf) | (upper < np.inf), finer)
    low = np.where(lower > -np.inf, lower, -OPEN)
    high = np.maximum(np.where(upper < np.inf, upper, OPEN), low)
    above, below = np.empty_like(lower), np.empty_like(lower)
    last = lower.shape[-1] - 1
    for k in range(last + 1):
        above[..., k], below[..., k] = walk.above(k, upper[..., k]), walk.below(k, lower[..., k])
        if k < last:
            walk.step(k, low[..., k], high[..., k])
    return above, below


def efficacy_bounds(
    information: FloatArray, spend: FloatArray, lower: FloatArray | None = None, two_sided: bool = False
) -> FloatArray:
    """Bounds that Z without drift first passes with the probabilities `spend` at each look; all (..., K).

    Paths end at the bounds `lower` too or, if two-sided, at the mirrored ones. No spend, no test; NaN where so much
    is not left.
    """
    spends = spend > 0
    low = np.full(spend.shape, -OPEN) if lower is None else np.maximum(lower, -OPEN)
    walk = Walk(information, spends if lower is None else spends | (lower > -np.inf))
    p = np.where(spends, spend, _NOTHING)
    upper = np.empty_like(spend)
    last = spend.shape[-1] - 1
    for k in range(last + 1):
        if lower is None:
            bound = upper[..., k] = walk.bound_above(k, p[..., k])
            inner = -bound if two_sided else low[..., k]
        else:
            bound = upper[..., k] = _high(walk, k, p)
            bound = np.fmax(bound, inner := low[..., k])
        if k < last:
            walk.step(k, inner, bound)
    return np.where(spends, upper, np.inf)


@np.errstate(invalid="ignore", divide="ignore")
def _high(walk: Walk, look: int, p: FloatArray) -> FloatArray:
    """The bound above which p is; NaN where so much is not left."""
    enough = p[..., look] < walk.inside
    return np.where(enough, walk.bound_above(look, np.where(enough, p[..., look], _NOTHING)), np.nan)


def last_bound(information: FloatArray, lower: FloatArray, upper: FloatArray, alpha: float) -> FloatArray:
    """The last bound, (...), that spends what the ones before leave of alpha; NaN where they leave nothing."""
    before = upper.copy()
    before[..., -1] = np.inf
    left = alpha - exits(information, lower, before)[0].sum(axis=-1)
    spend = np.zeros_like(upper)
    spend[..., -1] = left
    walk = Walk(information, (lower > -np.inf) | (before < np.inf) | (spend > 0))
    low, high = np.where(lower > -np.inf, lower, -OPEN), np.where(before < np.inf, before, OPEN)
    for k in range(upper.shape[-1] - 1):
        walk.step(k, np.minimum(low[..., k], high[..., k]), high[..., k])
    spend[..., -1] = np.where(left > 0, left, np.inf)
    return _high(walk, upper.shape[-1] - 1, spend)


@np.errstate(invalid="ignore", divide="ignore")  # bounds that meet leave nothing inside
def futility_bounds(
    information: FloatArray, spend: FloatArray, upper: FloatArray, mean: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds that Z with a mean first falls below with the probabilities `spend` at the interim looks, all (..., K).

    The last one is that of efficacy; second comes the probability of ending below it, (...).
    """
    spends = _interim(spend)
    walk = Walk(information, spends | (upper < np.inf))
    p, high = np.where(spends, spend, _NOTHING), np.where(upper < np.inf, upper - mean, OPEN)
    lower = np.empty_like(spend)
    last = spend.shape[-1] - 1
    for k in range(last):
        bound = lower[..., k] = np.fmin(_low(walk, k, p), high[..., k])
        walk.step(k, bound, high[..., k])
    lower[..., last] = high[..., last]
    return _bounds_below(lower + mean, upper, spends), walk.below(last, high[..., last])


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
    lower, upper = np.empty_like(spend), np.empty_like(spend)
    last = spend.shape[-1] - 1
    for k in range(last + 1):
        high = upper[..., k] = _high(null, k, alpha)
        if k < last:
            shift = mean[..., k]
            high = np.where(np.isnan(high), -OPEN, high)  # nothing is left to go on with
            low = np.where(futile[..., k], _low(other, k, beta) + shift, -np.inf)
            low = lower[..., k] = np.fmin(low, high)
            null.step(k, np.maximum(low, np.minimum(high, -OPEN)), high)
            stop = np.where(spends[..., k], high - shift, OPEN)
            other.step(k, np.minimum(np.maximum(low - shift, -OPEN), stop), stop)
    upper = np.where(spends, upper, np.inf)
    return _bounds_below(lower, upper, futile), upper, other.below(last, upper[..., last] - mean[..., last])


def _interim(spend: FloatArray) -> BoolArray:
    """Where futility is tested on its own: at the last look all that does not reject is futile."""
    spends: BoolArray = spend > 0
    spends[..., -1] = False
    return spends


def _low(walk: Walk, look: int, p: FloatArray) -> FloatArray:
    """The bound below which p is; inf where so much is not left."""
    enough = p[..., look] < walk.inside
    return np.where(enough, walk.bound_below(look, np.where(enough, p[..., look], _NOTHING)), np.inf)


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
    nodes = 30 * np.sqrt(load.max(axis=1, initial=1.0))
    order = np.argsort(nodes)
    pieces, first = [], 0
    while first < len(order):
        rows = order[first : first + max(1, int(_CHUNK / nodes[order[first]] ** 2))]
        pieces.append(run(information[rows], *(a[rows] for a in arrays)))
        first += len(rows)
    back = np.argsort(order)
    return tuple(np.concatenate(part)[back] for part in zip(*pieces, strict=True))
