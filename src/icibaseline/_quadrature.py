"""Gauss-Legendre quadrature on panels, batched, with running integrals.

A `Grid` covers [0, end] with panels between break points. Every panel integrates in ``u = t^(1/power)``,
so hazards that behave like ``t^(k-1)`` near 0 become smooth, however close to 0 a panel ends. Nodes are kept
as (B, panels * points), the shape in which curves are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray

_ROOT_START, _MOST_POINTS = 16, 512


class Rule(NamedTuple):
    """Nodes and weights on [-1, 1] and the maps from values to Legendre coefficients and running integrals."""

    x: FloatArray  # (N,)
    w: FloatArray  # (N,)
    coefficients: FloatArray  # (N, N): values at the nodes -> Legendre coefficients
    running: FloatArray  # (N, N): values at the nodes -> integral from -1 to each node


@cache
def legendre(points: int) -> Rule:
    """The Gauss-Legendre rule with `points` nodes."""
    x, w = np.polynomial.legendre.leggauss(points)
    order = np.arange(points)
    coefficients = ((2 * order + 1) / 2)[:, None] * np.polynomial.legendre.legvander(x, points - 1).T * w
    return Rule(x, w, coefficients, integrated(x, points) @ coefficients)


def integrated(x: FloatArray, points: int) -> FloatArray:
    """Integrals of the first `points` Legendre polynomials from -1 to x, shape x.shape + (points,)."""
    p = np.polynomial.legendre.legvander(x, points)
    out = np.empty((*x.shape, points))
    out[..., 0] = x + 1
    order = np.arange(1, points)
    out[..., 1:] = (p[..., 2:] - p[..., :-2]) / (2 * order + 1)
    return out


class Grid(NamedTuple):
    """Quadrature nodes between break points; build one with `make_grid`."""

    breaks: FloatArray  # (B, J + 1), increasing, first 0
    power: int
    points: int
    t: FloatArray  # (B, J * N)
    w: FloatArray  # (B, J * N)

    def running(self, values: FloatArray) -> FloatArray:
        """Integral of `values` (..., J * N) from 0 to each node."""
        rule = legendre(self.points)
        scaled = self._panels(values * self.w) / rule.w  # d(integral)/dx on each panel
        before = np.cumsum((scaled * rule.w).sum(-1), axis=-1)
        start = np.concatenate([np.zeros_like(before[..., :1]), before[..., :-1]], axis=-1)
        total: FloatArray = (scaled @ rule.running.T + start[..., None]).reshape(values.shape)
        return total

    def running_at(self, values: FloatArray, at: FloatArray) -> FloatArray:
        """Integral of `values` (B, J * N) from 0 to times `at` (B, M), all within the grid."""
        rule = legendre(self.points)
        scaled = self._panels(values * self.w) / rule.w
        before = np.cumsum((scaled * rule.w).sum(-1), axis=-1)
        start = np.concatenate([np.zeros_like(before[..., :1]), before[..., :-1]], axis=-1)
        rows, breaks = values.shape[0], np.broadcast_to(self.breaks, (values.shape[0], self.breaks.shape[1]))
        at = np.broadcast_to(at, (rows, at.shape[1]))
        panel = np.clip((at[:, :, None] >= breaks[:, None, 1:]).sum(-1), 0, breaks.shape[1] - 2)
        low, high = np.take_along_axis(breaks, panel, 1), np.take_along_axis(breaks, panel + 1, 1)
        low, high, at = (x ** (1 / self.power) for x in (low, high, at))
        with np.errstate(invalid="ignore", divide="ignore"):
            u = np.where(high > low, (at - low) / (high - low), 0.0)
        series = np.take_along_axis(scaled @ rule.coefficients.T, panel[:, :, None], 1)
        inside = (integrated(np.clip(2 * u - 1, -1, 1), self.points) * series).sum(-1)
        result: FloatArray = inside + np.take_along_axis(start, panel, 1)
        return result

    def _panels(self, values: FloatArray) -> FloatArray:
        return values.reshape(*values.shape[:-1], -1, self.points)


def make_grid(breaks: FloatArray, points: int, power: int = 1) -> Grid:
    """A grid with `points` nodes in each panel between the sorted `breaks` (B, J + 1)."""
    rule = legendre(points)
    ends = breaks ** (1 / power)
    half = np.diff(ends, axis=-1)[..., None] / 2
    u = ends[:, :-1, None] + half * (1 + rule.x)
    t = u**power
    w = half * rule.w * power * u ** (power - 1)
    return Grid(breaks, power, points, t.reshape(len(t), -1), w.reshape(len(w), -1))


def origin_power(smoothness: float) -> int:
    """Power of the substitution that makes ``t^(smoothness - 1)`` and its products smooth at 0."""
    return 1 if smoothness == int(smoothness) else int(np.ceil(6 / min(smoothness, 1.0)))


def enough_points(integrals: Callable[[int], FloatArray], tolerance: float = 1e-11) -> tuple[int, float]:
    """The smallest number of nodes whose integrals agree with twice as many, and the relative difference."""
    points, before = _ROOT_START, integrals(_ROOT_START)
    while True:
        after = integrals(2 * points)
        scale = np.maximum(np.abs(after), 1e-300)
        error = float(np.max(np.abs(after - before) / scale, initial=0.0))
        if error <= tolerance or 2 * points >= _MOST_POINTS:
            return points, error
        points, before = 2 * points, after
