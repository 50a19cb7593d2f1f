"""Spending through points of the user."""

from __future__ import annotations

from itertools import pairwise
from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.errors import reject
from icibaseline.rules.spending import SpendingFunction

__all__ = ["PiecewiseSpending"]


def _time(name: str, held: object) -> float:
    return _checks.open_unit(name, held, "The start, 0, and the end, 1, are known.")


def _fraction(name: str, held: object) -> float:
    rule = "a fraction of the error, from 0 to 1"
    clean = _checks.number(name, held, rule)
    if not 0 <= clean <= 1:
        reject(name, rule, held, _checks.fraction_hint(clean) or "No more than all can be spent.")
    return clean


@final
@value
class PiecewiseSpending(SpendingFunction):
    """Straight lines between points of the user.

    Parameters
    ----------
    t : sequence of float
        Fractions of the planned information, increasing, strictly between 0 and 1.
    fractions : sequence of float
        Fraction of the error spent by each, from 0 to 1, never falling.

    Raises
    ------
    InvalidInput
        If the two differ in length, a time or fraction is out of range, or they do not rise.

    Notes
    -----
    The lines begin in (0, 0) and end in (1, 1); at a point, what is spent is exactly what is asked for.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.PiecewiseSpending(t=(0.5,), fractions=(0.2,)).spent(0.5, alpha=0.025), 6)
    0.005
    """

    t: tuple[float, ...] = attrs.field(converter=as_field(lambda n, v: _checks.increasing(n, v, _time)))
    fractions: tuple[float, ...] = attrs.field(converter=as_field(lambda n, v: _checks.sequence(n, v, _fraction)))

    def __attrs_post_init__(self) -> None:
        if len(self.fractions) != len(self.t):
            reject("fractions", f"as many fractions as `t` has times, {len(self.t)}", self.fractions)
        if any(after < before for before, after in pairwise(self.fractions)):
            reject("fractions", "never falling", self.fractions)

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(alpha * np.interp(t, (0.0, *self.t, 1.0), (0.0, *self.fractions, 1.0)))
