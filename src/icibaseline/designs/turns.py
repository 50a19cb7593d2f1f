"""Quadrature that is split where the trial changes its looks.

In a scenario with more events than planned an interim look may have all of the information, and is then the end. What
is averaged jumps there, or turns with an infinite slope. Along one axis the places are found for every value of the
others, and each stretch between them gets nodes of its own, which crowd towards the places. The average along that
axis is then a smooth function of the others, as steep as the places move.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.designs.spread import FINEST, REACH
from icibaseline.distributions.base import legendre_nodes
from icibaseline.solve import root

__all__ = ["Movement", "finest", "movement", "split", "turning"]

_REACH = 7.0  # standard deviations; beyond lie 3e-12
_NOTHING = 1e-10  # of the weight
_CLOSE = 1e-7  # standard deviations, or of the trial's time
_LEAST, _PER_SD = 8, 2.0  # nodes of a stretch
_PER_MOVE, _MOST = 24.0, 96  # nodes along one other axis, for each standard deviation by which the places move

Turns = Callable[[FloatArray], FloatArray]  # standard normal numbers (B, axes) -> (B, J), 0 at the places


def turning(turns: FloatArray, weights: FloatArray) -> bool:
    """Whether scenarios of some weight differ in their looks; (B, J), weights (B,)."""
    seen = turns[weights > _NOTHING] >= 0
    return bool(np.any(seen.any(axis=0) & ~seen.all(axis=0)))


class Movement(NamedTuple):
    """How the places move along one axis when another one changes."""

    axis: int  # along which to split
    points: tuple[int, ...]  # nodes that each of the others takes then; 1 of the axis itself


def movement(probes: FloatArray, others: list[int]) -> Movement:
    """The axis along which a split takes the fewest nodes.

    `probes` (1 + 2 axes, J) is what is 0 at the places, at the centre and a standard deviation up and down each axis;
    `others` says how many nodes each axis takes anyway when it is not split.
    """
    count = len(others)
    slope = np.abs(probes[1 : 1 + count] - probes[1 + count :]).max(axis=1)
    found = []
    for axis in np.flatnonzero(slope > 0):
        needed = _PER_MOVE / max(count - 1, 1) * slope / slope[axis]
        points = [max(8 * math.ceil(min(x, _MOST) / 8), least) for x, least in zip(needed, others, strict=True)]
        points[axis] = 1
        found.append(Movement(int(axis), tuple(points)))
    return min(found, key=lambda m: math.prod(m.points))


def split(
    turns: Turns, outer: FloatArray, weights: FloatArray, axis: int, steepness: float
) -> tuple[FloatArray, FloatArray]:
    """Nodes (R, axes) and weights (R,): along `axis` split where `turns` are 0.

    `outer` (L, axes) has the nodes of the other axes and anything along `axis`, `weights` (L,) those of the nodes.
    """
    places, held = _places(turns, outer, axis)
    rows, spots, shares = [], [], []
    for line in range(len(outer)):
        z, w = _line(np.sort(places[line, held[line]]), steepness)
        rows.append(np.full(len(z), line))
        spots.append(z)
        shares.append(w * weights[line])
    nodes = outer[np.concatenate(rows)]
    nodes[:, axis] = np.concatenate(spots)
    share = np.concatenate(shares)
    return nodes, share / share.sum()


def finest(values: FloatArray, z: FloatArray, turns: FloatArray) -> FloatArray:
    """Values at the nodes of one axis (J,) on the finest even grid, interpolated between places and not across."""
    from scipy.interpolate import CubicSpline

    even, seen = np.linspace(-REACH, REACH, FINEST), turns >= 0
    new = np.flatnonzero((seen[1:] != seen[:-1]).any(axis=1)) + 1
    parts = zip(*(np.split(x, new) for x in (z, values)), np.split(even, np.searchsorted(even, z[new])), strict=True)
    return np.concatenate([CubicSpline(x, y)(np.clip(at, x[0], x[-1])) for x, y, at in parts])


def _places(turns: Turns, outer: FloatArray, axis: int) -> tuple[FloatArray, BoolArray]:
    """Where `turns` are 0 along the axis, (L, J), and whether they are anywhere."""

    def at(line: IntArray, z: FloatArray) -> FloatArray:
        moved = outer[line]
        moved[:, axis] = z
        return turns(moved)

    every, end = np.arange(len(outer)), np.full(len(outer), _REACH)
    low, high = at(every, -end), at(every, end)
    held = (low < 0) != (high < 0)
    places, (line, which) = np.zeros(low.shape), np.nonzero(held)
    if len(line):

        def one(z: FloatArray) -> FloatArray:
            return at(line, z)[np.arange(len(line)), which]

        ends = low[line, which], high[line, which]
        places[held] = root(one, -end[line], end[line], tolerance=_CLOSE, zero=_CLOSE, ends=ends)
    return places, held


def _line(places: FloatArray, steepness: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a standard normal between places (J,), crowded towards them."""
    edges = np.concatenate([[-_REACH], places, [_REACH]])
    spots, shares = [], []
    for a, b in itertools.pairwise(edges):
        if b - a < _CLOSE:
            continue
        points = 8 * math.ceil((_LEAST + max(_PER_SD, 2 * steepness) * (b - a)) / 8)
        x, w = legendre_nodes(points)
        u = (1 + x) / 2
        z = a + (b - a) * u**2 * (3 - 2 * u)
        spots.append(z)
        shares.append(w * 3 * u * (1 - u) * (b - a) * 2 * np.exp(-(z**2) / 2))
    z, w = np.concatenate(spots), np.concatenate(shares)
    some = w > _NOTHING * 1e-4
    return z[some], w[some]
