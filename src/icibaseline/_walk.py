"""The density of a sequence of test statistics inside a corridor, carried from look to look.

The statistics have the canonical joint normal distribution: Z at look k has variance 1, and the correlation of
looks j < k is the root of information j over k. Less its mean, Z times the root of the information is a Brownian
motion, and a `Walk` carries its density inside the corridor from look to look on Gauss-Legendre nodes [1].
Arrays have the looks as last axis and perhaps one axis over designs before: (K,) or (B, K).

[1] Armitage P, McPherson CK, Rowe BC. Repeated significance tests on accumulating data. JRSS A 1969; 132: 235-244.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._quadrature import legendre
from icibaseline._values import BoolArray, FloatArray
from icibaseline.errors import InvalidInput

__all__ = ["OPEN", "Walk"]

OPEN = 7.5  # an open side is followed this far out: P(|Z| beyond) = 6e-14
_PER_SD = 2.0  # nodes per standard deviation of the narrowest kernel; 1.5 would lose 1e-9
_LEAST, _PANEL, _MOST = 24, 64, 4096  # nodes in all at least, in one panel at most, in all at most
_STEPS = 100
_ROOT_2PI = float(np.sqrt(2 * np.pi))


class Walk:
    """The density of Z, less its mean, over the paths that have stayed inside the corridor.

    Parameters
    ----------
    information : array of shape (..., K)
        Information at the looks, increasing over the looks that test.
    tests : boolean array of shape (..., K)
        Whether a look tests anything; one that does not is stepped over.
    finer : float
        Factor on the number of nodes.
    """

    def __init__(self, information: FloatArray, tests: BoolArray, finer: float = 1.0) -> None:
        self._skips = None if tests.all() else ~tests
        before: FloatArray = np.zeros(information.shape)
        if self._skips is None:
            before[..., 1:] = information[..., :-1]
            gained = information - before
        else:
            before[..., 1:] = np.maximum.accumulate(np.where(tests, information, 0.0), axis=-1)[..., :-1]
            gained = np.where(tests, information - before, 1.0)
            before, information = np.where(tests, before, 0.0), np.where(tests, information, 1.0)
        self._new = np.sqrt(information / gained)  # new * Z here = standard normal + old * Z before
        self._old = np.sqrt(before / gained)
        self._density = np.sqrt(self._new**2 + self._following() ** 2) * (_PER_SD * finer)
        self._x = np.zeros((*information.shape[:-1], 1))
        self._mass = self._x + 1.0  # of a node: density times weight

    def _following(self) -> FloatArray:
        """`old` of the next look that tests; 0 where there is none."""
        after: FloatArray = np.zeros(self._old.shape)
        if self._skips is None:
            after[..., :-1] = self._old[..., 1:]
            return after
        for k in range(after.shape[-1] - 1, 0, -1):
            after[..., k - 1] = np.where(self._skips[..., k], after[..., k], self._old[..., k])
        return after

    @property
    def inside(self) -> FloatArray:
        """Probability of having stayed inside so far, (...)."""
        return np.asarray(self._mass.sum(axis=-1))

    def above(self, look: int, bound: FloatArray) -> FloatArray:
        """Probability of being above `bound` (...) at a look."""
        return _sum(self._mass, ndtr(self._shift(look) - _column(self._new[..., look] * bound)))

    def below(self, look: int, bound: FloatArray) -> FloatArray:
        """Probability of being below `bound` (...) at a look."""
        return _sum(self._mass, ndtr(_column(self._new[..., look] * bound) - self._shift(look)))

    def bound_above(self, look: int, p: FloatArray) -> FloatArray:
        """The bound (...) above which the walk is with probability p at a look, p below `inside`."""
        return _bound(self._shift(look), self._mass, self._new[..., look], p)

    def bound_below(self, look: int, p: FloatArray) -> FloatArray:
        """The bound (...) below which the walk is with probability p at a look, p below `inside`."""
        return -_bound(-self._shift(look), self._mass, self._new[..., look], p)

    def _shift(self, look: int) -> FloatArray:
        return _column(self._old[..., look]) * self._x

    def step(self, look: int, lower: FloatArray, upper: FloatArray) -> None:
        """Go on inside finite bounds at a look, each (...)."""
        if self._skips is not None and self._skips[..., look].all():
            return
        new, width = self._new[..., look], upper - lower
        count = width * self._density[..., look]
        x, mass = _nodes(_column(lower), _column(width), float(count.max() if count.ndim else count))
        mass *= _column(new / _ROOT_2PI)
        gap = (_column(new) * x)[..., None] - self._shift(look)[..., None, :]
        gap *= gap
        gap *= -0.5
        np.exp(gap, out=gap)
        mass *= gap.dot(self._mass) if gap.ndim == 2 else (gap @ self._mass[..., None])[..., 0]
        if self._skips is not None and self._skips[..., look].any():
            x, mass = _merged(self._skips[..., look], (self._x, self._mass), (x, mass))
        self._x, self._mass = x, mass


def _column(per_design: FloatArray) -> FloatArray:
    """A number for each design, (B,) or a single one, ready to meet the nodes, (B, N) or (N,)."""
    return per_design[:, None] if per_design.ndim else per_design


def _sum(mass: FloatArray, values: FloatArray) -> FloatArray:
    """Sum over the nodes."""
    total: FloatArray = mass.dot(values) if mass.ndim == 1 else np.vecdot(mass, values)
    return total


def _nodes(start: FloatArray, width: FloatArray, count: float) -> tuple[FloatArray, FloatArray]:
    """At least `count` nodes from start (B, 1) on, and their weights, each (B, N)."""
    if count > _MOST:
        raise InvalidInput(
            "`information` must increase clearly over the looks that test, each adding at least a thousandth; "
            f"got an increase that would take {count:.0f} nodes to follow."
        )
    panels = int(count // _PANEL) + 1
    rule = legendre(8 * int(max(count, _LEAST) / panels // 8 + 1))
    half = width / (2 * panels)
    if panels == 1:
        return (rule.x + 1) * half + start, half * rule.w
    unit = (rule.x + 1 + 2 * np.arange(panels)[:, None]).ravel()
    return unit * half + start, half * np.tile(rule.w, panels)


def _merged(
    stay: BoolArray, old: tuple[FloatArray, FloatArray], new: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Nodes and masses of the old where a design stays (B,), else of the new; padded with nodes without mass."""
    width = max(old[0].shape[1], new[0].shape[1])

    def padded(array: FloatArray) -> FloatArray:
        return np.pad(array, ((0, 0), (0, width - array.shape[1])))

    x, mass = (np.where(stay[:, None], padded(a), padded(b)) for a, b in zip(old, new, strict=True))
    return x, mass


def _bound(shift: FloatArray, mass: FloatArray, scale: FloatArray, p: FloatArray) -> FloatArray:
    """The b (...) at which P(N > scale b - shift), summed over masses, is p: Halley's steps on log P.

    Log P is concave in b and the start lies above the solution, from where Newton's steps would not pass it.
    """
    z = -ndtri(p)
    if mass.shape[-1] == 1:
        return np.asarray(z / scale)
    at = np.minimum(scale * z, shift.max(axis=-1) + z)
    for _ in range(_STEPS):
        gap = shift - _column(at)
        tail = _sum(mass, ndtr(gap))
        density = gap * gap
        density *= -0.5
        np.exp(density, out=density)
        slope = _sum(mass, density) / tail / _ROOT_2PI
        density *= gap
        bend = _sum(mass, density) / tail / _ROOT_2PI
        excess = np.log(tail / p)
        move = 2 * excess * slope / (2 * slope * slope + excess * (bend + slope * slope))
        at = at + move
        large = abs(move) > 3e-5  # the error that is left is of the order of its cube
        if not (large.any() if large.ndim else large):
            break
    bound: FloatArray = at / scale
    return bound
