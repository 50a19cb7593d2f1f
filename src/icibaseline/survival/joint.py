"""What the curves of a median and a second number share: the two may be given apart, or together as `joint`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from icibaseline import _checks
from icibaseline._checks import Check
from icibaseline._values import FloatArray, Floats, Uncertain
from icibaseline.errors import reject
from icibaseline.survival.base import numeric, shared_batch
from icibaseline.survival.smooth import SmoothCurve

_REACH = 1e-15  # tail probability that quadrature still reaches


def pairs_of(second: str, kind: str, fits: Callable[[FloatArray], Any], hint: str) -> Check:
    """A check of `joint`: a prior of dimension 2, a pair (median, second), kept as a tuple, or an array (B, 2)."""
    rule = f"a prior on (median, {second}), a pair of {kind} or an array (B, 2) of such pairs"

    def check(name: str, given: Any) -> FloatArray | tuple[float, float] | Uncertain:
        if isinstance(given, Uncertain):
            if given.dimension != 2:
                reject(name, rule, given)
            if not all(np.all(fits(np.asarray(given.quantile(tail)))) for tail in (_REACH, 1 - _REACH)):
                reject(name, f"a prior on which median and {second} stay {kind}", given, hint)
            return given
        try:
            pairs = np.array(given)
        except ValueError:  # ragged
            reject(name, rule, given)
        shaped = pairs.shape == (2,) or (pairs.ndim == 2 and pairs.shape[1] == 2 and len(pairs) > 0)
        if not shaped or pairs.dtype.kind not in "fiu" or not (pairs.max() < np.inf and np.all(fits(pairs))):
            reject(name, rule, given)
        if pairs.ndim == 1:
            first, other = (_checks.number(f"{name}[{i}]", held) for i, held in enumerate(given))  # True is no number
            return first, other
        clean: FloatArray = pairs.astype(float)
        clean.flags.writeable = False
        return clean

    return check


def positive_pairs(second: str) -> Check:
    """`pairs_of` positive numbers."""
    return pairs_of(second, "positive numbers", lambda pairs: pairs > 0, 'For example scales=("log", "log").')


def pair_in(joint: Any) -> tuple[Floats, Floats]:
    """Median and second number: two numbers, or two batches (B,)."""
    pairs: Any = numeric("joint", joint)
    return (pairs[:, 0], pairs[:, 1]) if isinstance(pairs, np.ndarray) else pairs


def joint_or(curve: SmoothCurve, second: str, lengths: str = "`median`") -> bool:
    """Whether `joint` was given, which then must be all; else `second` must be there."""
    others = {name: held for name, held in vars(curve).items() if name != "joint"}
    if vars(curve)["joint"] is None:
        if others[second] is None:
            reject(second, f"given to {type(curve).__name__} with {lengths}, unless `joint` is", None)
        return False
    if any(held is not None for held in others.values()):
        *some, last = others
        reject("joint", f"given alone, without {', '.join(some)} or {last}", vars(curve)["joint"])
    return True


class PairedCurve(SmoothCurve):
    """A curve without knots of a median and a second number, which decides on its shape."""

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch(type(self).__name__, tuple(self._arguments().values()))

    @cached_property
    def _pair(self) -> tuple[Floats, Floats]:
        return pair_in(vars(self)["joint"])

    def _second(self, name: str) -> Floats:
        given = vars(self)
        return numeric(name, given[name]) if given["joint"] is None else self._pair[1]
