"""Months until something is expected, in brackets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray

__all__ = ["NOW", "AtMonth", "Bracket", "bracket", "remembered"]

AtMonth = Callable[[FloatArray], FloatArray]  # months (B or 1, K) -> expected numbers (B, K)
NOW = 1e-9  # months
_HORIZON_STEPS = 40
_SETTLED = 1e-6  # patients
_LITTLE, _QUIET = 1e-3, 4  # fewer events in so many steps, from a month to five times that, and no more will come


class Bracket(NamedTuple):
    """Months around the zero of what rises with them, and its values there, each (B,)."""

    low: FloatArray
    below: FloatArray
    high: FloatArray
    above: FloatArray


def bracket(short: AtMonth, remaining: AtMonth, start: float) -> Bracket:
    """Months at which something is short still and not any more, or after which no more is to come."""
    missing = short(np.array([NOW]))
    low, below = np.full(missing.shape, NOW), missing
    high, above = low, missing
    month, quiet = max(start, 1.0), 0
    for _ in range(_HORIZON_STEPS):
        before, missing = missing, short(np.array([month]))
        is_open, reached = above < 0, missing >= 0
        high, above = np.where(is_open, month, high), np.where(is_open, missing, above)
        gained = np.max(missing - before)
        quiet = quiet + 1 if gained < _LITTLE else 0
        nobody = gained < 1 and np.max(remaining(np.array([[month]]))) < _SETTLED
        if np.all(reached) or nobody or quiet == _QUIET:  # those who are cured stay
            break
        low, below = np.where(reached, low, month), np.where(reached, below, missing)
        month *= 1.5
    return Bracket(low, below, high, above)


def remembered(expect: AtMonth) -> AtMonth:
    """The same, worked out once for each month that is common to a batch."""
    held: dict[float, FloatArray] = {}

    def at(months: FloatArray) -> FloatArray:
        if months.size > 1:
            return expect(months)
        month = float(months[0, 0])
        if month not in held:
            held[month] = expect(months)
        return held[month]

    return at
