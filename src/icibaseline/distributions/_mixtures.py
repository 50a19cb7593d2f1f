"""What the mixtures share: their checks, their weights, and the root of their distribution function."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from icibaseline import _checks
from icibaseline._values import FloatArray
from icibaseline.errors import reject

_SUM_TOLERANCE = 1e-9
_NEAR = 1e-13  # relative error in probability; one more Newton step then exhausts the digits
_ULPS = 4e-16
_HALVINGS = 200  # every second step halves the bracket or the residual, so 200 exhausts the digits of a float


def components(each: _checks.Check) -> _checks.Check:
    """A tuple of clean members; a single number is a mixture of one."""

    def check(name: str, value: object) -> tuple[Any, ...]:
        if isinstance(value, numbers.Real) or (isinstance(value, np.ndarray) and value.ndim == 0):
            return (each(name, value),)
        return _checks.sequence(name, value, each, rule="a number or a sequence of numbers")

    return check


def check_mixture(weights: tuple[float, ...], **parameters: tuple[float, ...]) -> None:
    """Refuse parameters of unequal lengths, and weights that do not sum to 1."""
    for name, members in parameters.items():
        if len(members) != len(weights):
            reject(name, f"as long as `weights`, which has {len(weights)}", members)
    total = math.fsum(weights)
    if abs(total - 1) > _SUM_TOLERANCE:
        reject("weights", "numbers that sum to 1", weights, f"They sum to {total:.10g}, and are never rescaled.")


def shares(weights: tuple[float, ...]) -> FloatArray:
    """The weights as an array, freed of the rounding error that `check_mixture` tolerates."""
    return np.array(weights) / math.fsum(weights)


def robust_weights(weights: tuple[float, ...], weight: float) -> tuple[float, ...]:
    """The weights when one more component takes `weight`."""
    clean = _checks.open_unit("weight", weight)
    return (*((1 - clean) * w for w in weights), clean)


def pooled_moments(weights: FloatArray, means: FloatArray, variances: FloatArray) -> tuple[float, float]:
    """Mean and variance of a mixture from those of its components."""
    kept = weights > 0
    mean = float(weights[kept] @ means[kept])
    if math.isinf(mean):
        return mean, math.inf
    return mean, float(weights[kept] @ (variances[kept] + (means[kept] - mean) ** 2))


def both_tails(
    lower_tail: Callable[[FloatArray, bool], FloatArray], reflect: Callable[[FloatArray], FloatArray], p: FloatArray
) -> FloatArray:
    """Quantiles from `lower_tail(p, mirrored)`; above the median, by the mirrored law at 1 - p, which is exact."""
    flat = p.ravel()
    low = flat <= 0.5
    found = np.empty_like(flat)
    found[low] = lower_tail(flat[low], False)
    found[~low] = reflect(lower_tail(1 - flat[~low], True))
    return found.reshape(p.shape)


def invert(
    cdf_and_pdf: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    p: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> FloatArray:
    """Solve cdf(u) = p for every p at once, given brackets.

    Newton's method on log cdf(u) = log p, which keeps its relative precision in the lower tail, with bisection
    wherever a step would leave the bracket or the residual did not halve. An empty bracket is its own solution.
    """
    answer = lower.copy()
    active = np.flatnonzero(lower < upper)
    low, high = lower[active], upper[active]
    u, last = (low + high) / 2, np.full(active.size, np.inf)
    for _ in range(_HALVINGS):
        if not active.size:
            break
        cdf, pdf = cdf_and_pdf(u)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            residual = np.log(cdf / p[active])
            newton = u - residual * cdf / pdf
        low, high = np.where(residual < 0, u, low), np.where(residual < 0, high, u)
        near = np.abs(residual) <= _NEAR
        fast = (newton >= low) & (newton <= high) & (near | (np.abs(residual) <= last / 2))
        following = np.where(fast, newton, np.where(near, u, (low + high) / 2))
        answer[active] = following
        rest = ~near & (high - low > _ULPS * np.abs(u))
        active, u, low, high, last = active[rest], following[rest], low[rest], high[rest], np.abs(residual)[rest]
    return answer
