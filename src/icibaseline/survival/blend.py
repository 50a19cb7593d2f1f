"""The arithmetic of a population of several parts: its hazard, and the month at which a level is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from icibaseline._values import FloatArray, Floats

_NEAR = 1e-8  # Newton step in log time after which the next one is below rounding
_ULPS = 4e-16
_STEPS = 400  # every second step halves the bracket or the residual
_APART = 16.0  # the bracket widens by this factor, squared each time, until it holds the level


def among(weights: Sequence[Floats], values: Sequence[Floats], nowhere: float) -> list[Floats]:
    """The value of each part, `nowhere` if it has no weight."""
    pairs = zip(weights, values, strict=True)
    return [held if np.all(np.greater(w, 0)) else np.where(np.greater(w, 0), held, nowhere) for w, held in pairs]


def blend(weights: Sequence[Floats], levels: Sequence[Floats]) -> tuple[FloatArray, list[FloatArray]]:
    """Cumulative hazard of the parts together, and the share of each among those still without the event.

    Relative to the part with the least cumulative hazard, whatever is far in the tail cancels; near 0 the level is a
    sum of positive numbers, without rounding error that is large beside it.
    """
    least = reduce(np.minimum, among(weights, levels, np.inf))
    shape = np.broadcast_shapes(np.shape(least), *map(np.shape, weights))
    lost, total, shares = np.zeros(shape), np.zeros(shape), []
    for weight, level in zip(weights, levels, strict=True):
        beyond = np.subtract(least, level, out=np.empty(shape))
        np.fmin(beyond, 0.0, out=beyond)  # inf - inf is no difference
        share = np.exp(beyond)
        share *= weight
        total += share
        shares.append(share)
        np.expm1(beyond, out=beyond)
        beyond *= weight
        lost += beyond
    few = lost < -0.5
    np.log1p(lost, out=lost)
    np.copyto(lost, np.log(total), where=few)
    np.subtract(least, lost, out=lost)
    return lost, [share / total for share in shares]


def mixed_hazard(
    weights: Sequence[Floats], level: FloatArray, shares: Sequence[FloatArray], hazards: Sequence[Floats]
) -> FloatArray:
    """Hazard of the parts together; where nobody is left, that of the part which comes to nothing last."""
    total = np.zeros_like(level)
    for share, hazard in zip(shares, hazards, strict=True):
        total += np.fmax(share * hazard, 0.0)  # 0 x inf: nobody is left at an infinite hazard
    if np.isinf(level).any():
        np.copyto(total, reduce(np.minimum, among(weights, hazards, np.inf)), where=np.isinf(level))
    return total


Evaluate = Callable[[FloatArray], tuple[FloatArray, FloatArray]]  # months -> cumulative hazard, hazard


def reach(
    evaluate: Evaluate, target: FloatArray, low: FloatArray, high: FloatArray, guess: FloatArray, separable: bool
) -> FloatArray:
    """Months between `low` and `high` at which the cumulative hazard first reaches `target`, all of one shape.

    Newton's method on log cumulative hazard against log time, in which powers are straight lines, with bisection where
    a step leaves the bracket or does not halve the residual. An empty bracket is its own solution. If `separable`,
    `evaluate` takes any part of the elements, and only those are evaluated that still move.
    """
    done = ~(low < high)
    low, high, t, last = low.copy(), high.copy(), np.where(done, low, guess), np.full(target.shape, np.inf)
    for _ in range(_STEPS):
        left = done.size - np.count_nonzero(done)
        if not left:
            break
        if separable and 2 * left < done.size:
            rest = np.flatnonzero(~done)
            t[rest] = reach(evaluate, target[rest], low[rest], high[rest], t[rest], True)
            break
        level, hazard = evaluate(t)
        residual = np.log(level / target)
        short = residual < 0
        np.copyto(low, t, where=short)
        np.copyto(high, t, where=~short)
        hazard *= t
        level *= residual
        level /= hazard  # the step in log time
        near, size = np.abs(level) <= _NEAR, np.abs(residual, out=residual)
        following = t * np.exp(np.negative(level, out=level), out=level)
        safe = near | ((following > low) & (following < high) & (2 * size <= last))
        if not safe.all():
            following = np.where(safe, following, _middle(low, high))
        np.copyto(t, following, where=~done)
        last = size
        done |= near | (high - low <= _ULPS * high)
    return t


def _middle(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(low > 0, np.sqrt(low) * np.sqrt(high), high * 1e-6)


def widened(evaluate: Evaluate, target: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Upper ends of brackets, finite where `high` is not, given that the target is reached."""
    end, factor = np.where(np.isinf(high) & np.isfinite(low), low, high), _APART
    for _ in range(10):  # 16^(2^10) is beyond every float
        few = np.isfinite(low) & (end < high) & (evaluate(end)[0] < target)
        if not few.any():
            break
        end = np.where(few, np.maximum(end, 1e-300) * factor, end)
        factor = factor * factor
    return end
