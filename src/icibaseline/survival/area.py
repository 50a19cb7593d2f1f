"""The area under a survival curve without a closed form."""

from __future__ import annotations

import math

import numpy as np

from icibaseline._quadrature import legendre
from icibaseline._values import FloatArray, Floats
from icibaseline.survival.base import Curve

_NODES = 64
# cumulative hazards between which survival is smooth in log time; the last but one are there for heavy tails
_CUTS = (1e-3, 0.03, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 25.0, 40.0, 70.0, 120.0, 200.0, 350.0)
_NOBODY = 700.0  # cumulative hazard beyond which a float sees nobody left


def integrated_survival(curve: Curve, horizon: FloatArray) -> FloatArray:
    """Integral of the survival curve from 0 to `horizon`, by quadrature between the curve's knots.

    It is in log time, which no tail is too heavy for and in which parts of a mixture on far apart scales are equally
    smooth; up to the first mark in v with ``t = v^m``, in which the survival ``1 - t^k`` near 0 is smooth.
    """
    shape = np.shape(curve.cumulative_hazard(horizon))
    end = np.minimum(np.broadcast_to(horizon, shape), _fit(curve.inverse_cumulative_hazard(_NOBODY), shape))
    last = np.where(np.isinf(end), 1.0, end)
    moving = curve.moving_knots
    marks = [*curve.knots, *(() if moving is None else moving.T), *map(curve.inverse_cumulative_hazard, _CUTS)]
    inner = [np.where((mark > 0) & (mark < last), mark, last) for mark in (_fit(mark, shape) for mark in marks)]
    edges = np.sort(np.stack([*inner, last], axis=-1), axis=-1)
    return _first_panel(curve, edges[..., :1]) + _panels(curve, edges) + _beyond(curve, np.asarray(horizon), end)


def _fit(mark: Floats, shape: tuple[int, ...]) -> FloatArray:
    """A number, or a batch (B,) with the axes of a result that carries the batch first."""
    column = np.asarray(mark)
    return column if column.ndim == 0 else column.reshape(-1, *(1,) * (len(shape) - 1))


def _first_panel(curve: Curve, end: FloatArray) -> FloatArray:
    m, rule = math.ceil(6 / min(curve.origin_power, 6.0)), legendre(_NODES)
    half = end ** (1 / m) / 2
    v = half * (1 + rule.x)
    area: FloatArray = (np.asarray(curve.survival(v**m)) * m * v ** (m - 1) * half * rule.w).sum(-1)
    return area


def _panels(curve: Curve, edges: FloatArray) -> FloatArray:
    rule = legendre(_NODES)
    half = np.diff(np.log(edges), axis=-1)[..., None] / 2
    t = edges[..., :-1, None] * np.exp(half * (1 + rule.x))
    area: FloatArray = (np.asarray(curve.survival(t)) * t * half * rule.w).sum((-2, -1))
    return area


def _beyond(curve: Curve, horizon: FloatArray, end: FloatArray) -> FloatArray:
    """What the mean has beyond the end: survival falls there like ``t^-a``, and has no mean unless a > 1."""
    last = np.where(np.isinf(end), 1.0, end)[..., None]
    a = (last * curve.hazard(last))[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = np.where(np.isfinite(end) & (a > 1), end * np.asarray(curve.survival(last))[..., 0] / (a - 1), np.inf)
    return np.where(np.isinf(horizon), tail, 0.0)
