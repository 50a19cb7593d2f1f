"""Where to look for the month of a level: a table from which one Newton step does the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray

_LEVELS, _LEAST, _MOST = 1025, 1e-7, 50.0  # draws that lie beyond are one in ten million
MANY = 2 * _LEVELS  # levels from which on a table is worth while
_SHORT_OF = 1 - 1e-4  # near a level that is never reached months go to infinity, which no cubic follows


class Table(NamedTuple):
    """Months at evenly spaced log levels, and cubics of log month between them that share values and slopes."""

    start: float  # the log of the first level
    step: float
    months: FloatArray  # (J,)
    cubics: FloatArray  # (4, J - 1), lowest power first

    @classmethod
    def of(
        cls,
        solve: Callable[[FloatArray], FloatArray],
        evaluate: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
        most: float,
    ) -> Table:
        """The table of the months that solve for levels, of which those up to `most` exist."""
        end = np.log(min(most * _SHORT_OF, _MOST))
        start = min(np.log(_LEAST), end - 10)
        log_levels, step = np.linspace(start, end, _LEVELS, retstep=True)
        months = solve(np.exp(log_levels))
        level, hazard = evaluate(months)
        slopes = step * level / (months * hazard)
        left, right, rise = slopes[:-1], slopes[1:], np.diff(np.log(months))
        cubics = np.stack([np.log(months[:-1]), left, 3 * rise - 2 * left - right, left + right - 2 * rise])
        return cls(float(start), float(step), months, cubics)

    def position(self, h: FloatArray) -> FloatArray:
        """Place of levels in the table; those within it are from 0 to `last`."""
        x = np.log(h)
        x -= self.start
        x /= self.step
        return x

    @property
    def last(self) -> int:
        """Number of cubics."""
        return _LEVELS - 1

    def look_up(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lower and upper bound of the months at positions within the table, and the value of the cubic."""
        i = np.minimum(x.astype(np.intp), self.last - 1)
        x = x - i
        guess = self.cubics[3].take(i)
        for coefficient in self.cubics[2::-1]:
            guess *= x
            guess += coefficient.take(i)
        low, high = self.months.take(i), self.months[1:].take(i)
        return low, high, np.fmin(np.fmax(np.exp(guess, out=guess), low), high)
