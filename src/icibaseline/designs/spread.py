"""The distribution of power under the priors, from values at quadrature nodes.

Along the steepest standard normal z the values are known at Gauss-Legendre nodes; polynomials through the nearest
nodes interpolate them to a dense grid, where crossings of a level are found linearly.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.distributions.base import standard_nodes
from icibaseline.errors import reject
from icibaseline.solve import root

__all__ = [
    "FINEST",
    "REACH",
    "Averaging",
    "Dense",
    "Sample",
    "as_quantile",
    "dense",
    "probability_above",
    "quantiles_of_power",
]

REACH = 8.0  # standard deviations
_DENSE, FINEST = 801, 16_001
_NEAREST = 6
QUANTILES = (0.1, 0.5, 0.9)

Dense = list[tuple[FloatArray, FloatArray]]  # (weights (outer,), values (outer, dense)) of each sample


def _three(name: str, held: object) -> tuple[float, ...]:
    quantiles = _checks.sequence(name, held, _checks.number)
    if len(quantiles) != len(QUANTILES):
        reject(name, f"{len(QUANTILES)} numbers", held)
    return quantiles


@final
@value
class Averaging(Value):
    """What averaging over the priors adds to the operating characteristics.

    Parameters
    ----------
    ceiling : float
        Probability under the priors that the alternative is true (drift above 0): its limit as n grows.
    power_quantiles : (float, float, float)
        10, 50 and 90 % quantiles of the power that the true parameters give.
    target : float
        The power of `power_at_least`.
    power_at_least : float
        Probability under the priors that the power reaches `target`.
    integration_error : float
        Standard error of the integration rule, 0 for quadrature: exact to 1e-8 where power is a smooth function of
        what is unknown, to 1e-5 where an interim look is the last one in part of the scenarios, and to 1e-4 where looks
        change regime otherwise (a latest month, the end of enrolment).
    """

    ceiling: float = attrs.field(converter=as_field(_checks.number))
    power_quantiles: tuple[float, float, float] = attrs.field(kw_only=True, converter=as_field(_three))
    target: float = attrs.field(kw_only=True, converter=as_field(_checks.number))
    power_at_least: float = attrs.field(kw_only=True, converter=as_field(_checks.number))
    integration_error: float = attrs.field(default=0.0, kw_only=True, converter=as_field(_checks.nonnegative))


class Sample(NamedTuple):
    """Drift and margin of power over the priors, arranged for their distributions."""

    weights: FloatArray  # (outer,)
    power: FloatArray  # (outer, J) as a normal quantile; of FINEST places these are even
    drift: FloatArray  # (outer, J)


def as_quantile(power: FloatArray) -> FloatArray:
    """Power as a normal quantile, on which it varies smoothly."""
    return np.asarray(ndtri(np.clip(power, 1e-300, 1 - 1e-16)))


def dense(samples: list[tuple[float, Sample]], field: str) -> Dense:
    """(weights, values) of a field for each sample, interpolated along the steepest z to (outer, dense)."""
    found = []
    for share, sample in samples:
        values = np.clip(getattr(sample, field), -12, 40)
        points = values.shape[1]
        known = points in (1, FINEST)
        found.append((share * sample.weights, values if known else values @ _interpolation(points)))
    return found


def probability_above(found: Dense, level: float) -> float:
    """Probability that the interpolated values lie above a level."""
    return float(sum(weights @ _above(values, level) for weights, values in found))


@cache
def _interpolation(points: int) -> FloatArray:
    """From values at Legendre nodes to values on the dense grid, (J, dense), each from the nearest nodes.

    Power is cut off where floats cannot tell it from 0 or 1: a series over all nodes would carry that kink everywhere.
    """
    x, at = standard_nodes(points, "legendre").x / REACH, np.linspace(-1, 1, _DENSE)
    first = np.clip(np.searchsorted(x, at) - _NEAREST // 2, 0, points - _NEAREST)
    used = first + np.arange(_NEAREST)[:, None]
    near, out = x[used], np.zeros((points, _DENSE))
    for j in range(_NEAREST):
        others = np.delete(near, j, axis=0)
        out[used[j], np.arange(_DENSE)] = np.prod((at - others) / (near[j] - others), axis=0)
    return out


def _above(values: FloatArray, level: float) -> FloatArray:
    """Probability, for each row, that values on the dense grid of z exceed a level."""
    if values.shape[1] == 1:
        return (values[:, 0] > level).astype(float)
    z = REACH * np.linspace(-1, 1, values.shape[1])
    gap = values - level
    left, right = gap[:, :-1], gap[:, 1:]
    above = np.where(left > 0, 1.0, 0.0) @ np.diff(ndtr(z))
    row, cell = np.nonzero((left > 0) != (right > 0))
    rising = right[row, cell] > 0
    crossing = z[cell] + (z[1] - z[0]) * left[row, cell] / (left[row, cell] - right[row, cell])
    missed = np.where(rising, 1.0, -1.0) * (ndtr(z[cell + 1]) - ndtr(crossing))
    np.add.at(above, row, missed)
    return above


def quantiles_of_power(found: Dense) -> tuple[float, ...]:
    """The reported quantiles of power."""

    def excess(levels: FloatArray) -> FloatArray:
        return np.asarray(1 - np.array(QUANTILES) - [probability_above(found, float(x)) for x in levels])

    low, high = np.full(3, -11.0), np.full(3, 8.0)
    at_low, at_high = excess(low), excess(high)
    inside = (at_low < 0) & (at_high > 0)
    if not inside.any():
        return tuple(np.where(at_low >= 0, 0.0, 1.0).tolist())
    ends = np.where(inside, at_low, -1.0), np.where(inside, at_high, 1.0)
    level = ndtr(root(lambda x: np.where(inside, excess(x), x), low, high, tolerance=1e-7, ends=ends))
    return tuple(np.where(inside, level, np.where(at_low >= 0, 0.0, 1.0)).tolist())
