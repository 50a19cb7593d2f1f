"""The density of a sequence of test statistics inside a corridor, carried from look to look.

The statistics have the canonical joint normal distribution: Z at look k has variance 1, and the correlation of
looks j < k is the root of information j over k. Less its mean, Z times the root of the information is a Brownian
motion, and a `Walk` carries its density inside the corridor from look to look on quadrature nodes [1].
Arrays have the looks as last axis and perhaps one axis over designs before: (K,) or (B, K). What belongs to one look
is a float or, in a batch, a column (B, 1).

[1] Armitage P, McPherson CK, Rowe BC. Repeated significance tests on accumulating data. JRSS A 1969; 132: 235-244.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._values import BoolArray, FloatArray, Floats
from icibaseline.errors import InvalidInput

__all__ = ["OPEN", "Walk", "by_look", "over_looks"]

OPEN = 7.5  # an open side is followed this far out: P(|Z| beyond) = 6e-14
_LEAST, _PER_SD = 8.0, 1.2  # nodes at least, and more for each standard deviation of the narrowest kernel
_PANEL, _MOST = 96, 4096  # nodes in one panel at most, in all at most
_WIDE = 64  # nodes from which on gaps may be so wide that exp underflows, and takes long
_ROUNDING = 1e-13
_STEPS = 100
_CLOSE = 3e-4  # the error that is left after such a step is of the order of its cube
_ROOT_2PI = np.sqrt(2 * np.pi)  # NumPy's own float, which divides by 0 without an exception


def by_look(array: Any) -> list[Any]:
    """What belongs to each look: floats, or columns (B, 1)."""
    return array.tolist() if array.ndim == 1 else list(array.T[..., None])


def over_looks(members: list[Floats]) -> FloatArray:
    """The inverse of `by_look`."""
    return np.array(members) if isinstance(members[0], float) else np.concatenate(members, axis=-1)


class Walk:
    """The density of Z, less its mean, over the paths that have stayed inside the corridor.

    Parameters
    ----------
    information : array of shape (..., K)
        Information at the looks, increasing over the looks that test.
    tests : boolean array of shape (..., K), or None
        Whether a look tests anything, as all do if None; one that does not is stepped over.
    finer : float
        Factor on the number of nodes.
    """

    def __init__(self, information: FloatArray, tests: BoolArray | None, finer: float = 1.0) -> None:
        tests = None if tests is None or tests.all() else tests
        self._skips = None if tests is None else by_look(~tests)
        new, old, after = _increments(information) if tests is None else _increments_between(information, tests)
        self._new, self._old = [x**0.5 for x in new], [x**0.5 for x in old]
        self._density = [_PER_SD * finer * (x + y) ** 0.5 for x, y in zip(new, after, strict=True)]
        self._x = np.zeros((*information.shape[:-1], 1))
        self._mass = self._x + 1.0  # of a node: density times weight
        self._shift = self._x  # times `old` of the coming look
        self._lower: Floats = 0.0
        self._upper: Floats = 0.0
        self._beyond: Floats = np.inf  # how far outside the last corridor the last bound was

    @property
    def inside(self) -> Floats:
        """Probability of having stayed inside so far."""
        return _sums(np.ones(self._mass.shape), self._mass)  # type: ignore[no-any-return]

    def above(self, look: int, bound: Floats) -> Floats:
        """Probability of being above a bound at a look."""
        return _sums(ndtr(self._shift - self._new[look] * bound), self._mass)  # type: ignore[no-any-return]

    def below(self, look: int, bound: Floats) -> Floats:
        """Probability of being below a bound at a look."""
        return _sums(ndtr(self._new[look] * bound - self._shift), self._mass)  # type: ignore[no-any-return]

    def bound_above(self, look: int, p: Floats) -> Floats:
        """The bound above which the walk is with probability p at a look, p below `inside`."""
        return self._bound(look, p, self._shift, self._upper)

    def bound_below(self, look: int, p: Floats) -> Floats:
        """The bound below which the walk is with probability p at a look, p below `inside`."""
        return -self._bound(look, p, -self._shift, -self._lower)

    def _bound(self, look: int, p: Floats, shift: FloatArray, edge: Floats) -> Floats:
        new, z = self._new[look], -ndtri(p)
        if shift.shape[-1] == 1:
            return z / new  # type: ignore[no-any-return]
        edge = self._old[look] * edge
        at = _halley(shift, self._mass, p, _lesser(new * z, edge + _lesser(z, self._beyond)))
        if self._skips is None:
            self._beyond = at - edge
        return at / new  # type: ignore[no-any-return]

    def step(self, look: int, lower: Floats, upper: Floats) -> None:
        """Go on inside finite bounds at a look, which is not the last."""
        stay = None if self._skips is None else self._skips[look]
        if stay is None or not np.all(stay):
            new, width = self._new[look], upper - lower
            unit, weight = _nodes(width * self._density[look])
            x = unit * width
            x += lower
            mass = _carried(new * x, self._shift, self._mass)
            mass *= weight
            mass *= width * new / _ROOT_2PI
            if stay is not None and np.any(stay):
                x, mass = _merged(stay, (self._x, self._mass), (x, mass))
                lower, upper = np.where(stay, self._lower, lower), np.where(stay, self._upper, upper)
            self._x, self._mass, self._lower, self._upper = x, mass, lower, upper
        self._shift = self._old[look + 1] * self._x


def _increments(information: FloatArray) -> tuple[list[Any], list[Any], list[Any]]:
    """Information at each look, and before it, over what is gained there; and the latter at the next look."""
    looks = by_look(information)
    gained = [looks[0], *(now - before for before, now in pairwise(looks))]
    new = [now / gain for now, gain in zip(looks, gained, strict=True)]
    old = [0.0 * looks[0], *(before / gain for before, gain in zip(looks, gained[1:], strict=False))]
    return new, old, [*old[1:], old[0]]


def _increments_between(information: FloatArray, tests: BoolArray) -> tuple[list[Any], list[Any], list[Any]]:
    """The same over looks that test; others gain nothing."""
    before: FloatArray = np.zeros(information.shape)
    before[..., 1:] = np.maximum.accumulate(np.where(tests, information, 0.0), axis=-1)[..., :-1]
    gained = np.where(tests, information - before, np.inf)
    new, old = np.where(tests, information / gained, 1.0), before / gained
    after = np.zeros_like(old)
    for k in range(old.shape[-1] - 1, 0, -1):
        after[..., k - 1] = np.where(tests[..., k], old[..., k], after[..., k])
    return by_look(new), by_look(old), by_look(after)


def _sums(values: FloatArray, mass: FloatArray) -> Any:
    """Sums of values at the nodes, each times its mass."""
    return values.dot(mass).tolist() if mass.ndim == 1 else np.vecdot(values, mass)[..., None]


def _lesser(a: Floats, b: Floats) -> Floats:
    return min(a, b) if isinstance(a, float) else np.minimum(a, b)


def _carried(to: FloatArray, start: FloatArray, mass: FloatArray) -> FloatArray:
    """Sum over `start` (..., M) of exp(-(to - start)^2 / 2) times the mass there, (..., N)."""
    if to.ndim == 1:
        gap = to[:, None] - start
        gap *= gap
        gap *= -0.5
    else:  # in a batch a product of matrices is faster
        square = np.stack([-0.5 * to * to, to, np.ones(to.shape)], axis=-1)
        gap = square @ np.stack([np.ones(start.shape), start, -0.5 * start * start], axis=-2)
    if to.shape[-1] > _WIDE:
        np.maximum(gap, -700.0, out=gap)
    np.exp(gap, out=gap)
    return gap.dot(mass) if to.ndim == 1 else (gap @ mass[..., None])[..., 0]


def _nodes(sds: Floats) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [0, 1], enough for so many standard deviations."""
    count = float(sds if isinstance(sds, float) else sds.max())
    if count > _MOST:
        raise InvalidInput(
            "`information` must increase clearly over the looks that test, each adding at least a thousandth; "
            f"got an increase that would take {count:.0f} nodes to follow."
        )
    panels = int(count // _PANEL) + 1
    return _rule(4 * int((_LEAST + count / panels) / 4 + 1), panels)


@cache
def _rule(points: int, panels: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes drawn apart by an arc sine, so that a third fewer resolve as much [1].

    [1] Kosloff D, Tal-Ezer H. A modified Chebyshev pseudospectral method with an O(N^-1) time step restriction.
        J Comput Phys 1993; 104: 457-469. Hale N, Trefethen LN. New quadrature formulas from conformal maps. SIAM J
        Numer Anal 2008; 46: 930-948.
    """
    x, w = np.polynomial.legendre.leggauss(points)
    stretch = 1 / np.cosh(np.log(_ROUNDING) / (2 * points))
    half = 2 * panels * np.arcsin(stretch)
    unit = np.arcsin(stretch * x) / half + (np.arange(panels)[:, None] + 0.5) / panels
    return unit.ravel(), np.tile(w * stretch / (half * np.sqrt(1 - (stretch * x) ** 2)), panels)


def _merged(
    stay: BoolArray, old: tuple[FloatArray, FloatArray], new: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Nodes and masses of the old where a design stays (B, 1), else of the new; padded with nodes without mass."""
    width = max(old[0].shape[1], new[0].shape[1])

    def padded(array: FloatArray) -> FloatArray:
        return np.pad(array, ((0, 0), (0, width - array.shape[1])))

    x, mass = (np.where(stay, padded(a), padded(b)) for a, b in zip(old, new, strict=True))
    return x, mass


def _halley(shift: FloatArray, mass: FloatArray, p: Floats, at: Any) -> Any:
    """Where P(N > at - shift), summed over masses, is p: Halley's steps on log P.

    Log P is concave in `at`, which starts above the solution, from where Newton's steps would not pass it.
    """
    values = np.empty((3, *shift.shape))
    below, density, moment = values[0], values[1], values[2]  # quicker than taking the array apart
    for _ in range(_STEPS):
        gap = shift - at
        ndtr(gap, below)
        np.multiply(gap, gap, density)
        np.multiply(density, -0.5, density)
        np.exp(density, density)
        np.multiply(density, gap, moment)
        tail, slope, bend = _sums(values, mass)
        whole = _ROOT_2PI * tail
        slope, bend = slope / whole, bend / whole
        excess = np.log(tail / p)
        move = 2 * excess * slope / (2 * slope * slope + excess * (bend + slope * slope))
        at = at + move
        large = abs(move) > _CLOSE
        if not (large.any() if large.ndim else large):
            break
    return at
