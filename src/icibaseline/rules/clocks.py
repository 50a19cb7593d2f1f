"""The clocks on which boundaries spend their errors."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, IntArray, Value, value

__all__ = ["CalendarTime", "InformationTime", "Progress", "SpendingTime"]


class Progress(NamedTuple):
    """How far a trial is at its looks."""

    information: FloatArray  # (..., K)
    months: FloatArray  # (..., K) of the calendar; NaN where they are not known


class SpendingTime(Value):
    """A clock on which errors are spent: a fraction that is 1 at the planned end."""

    by_month: bool = False  # whether it needs the months of the looks

    @abstractmethod
    def runs(self, seen: Progress, plan: Progress, numbers: IntArray) -> FloatArray:
        """Time at the looks that were seen, (..., K), of a trial that was planned for others; it may run over 1.

        `numbers` (K,) says which of the planned looks they are, the first being 1, and 0 of none.
        """

    def fractions(self, seen: Progress, plan: Progress, numbers: IntArray) -> FloatArray:
        """Fractions at the looks that were seen: the same, at most 1."""
        return np.asarray(np.minimum(self.runs(seen, plan, numbers), 1.0))


@final
@value
class InformationTime(SpendingTime):
    r"""Spend as information comes in.

    Parameters
    ----------
    capped : bool, optional
        Whether a look may spend no more than was planned for it, even if more is known by then: the smaller of the
        planned and the actual fraction counts.

    Raises
    ------
    InvalidInput
        If `capped` is no truth value.

    Notes
    -----
    Time is :math:`t_k = I_k / I_{\max}`, at most 1, with :math:`I_{\max}` the information planned for the end. A look
    that was not planned may, when capped, spend no more than the planned look before it.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025, time=ici.InformationTime(capped=True)).time
    InformationTime(capped=True)
    """

    capped: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def runs(self, seen: Progress, plan: Progress, numbers: IntArray) -> FloatArray:
        """Information over that planned for the end, perhaps capped by what was planned for each look."""
        end = plan.information[..., -1:]
        actual: FloatArray = seen.information / end
        if not self.capped:
            return actual
        planned = np.concatenate([0.0 * end, plan.information / end], axis=-1)
        return np.asarray(np.minimum(actual, planned[..., np.maximum.accumulate(numbers)]))


@final
@value
class CalendarTime(SpendingTime):
    r"""Spend as months go by.

    Notes
    -----
    Time is the calendar month of a look over the month planned for the end, at most 1 [1]_. How much information there
    is at a look then moves its bound through the correlation of the looks only.

    References
    ----------
    .. [1] Lan KKG, DeMets DL. Group sequential procedures: calendar versus information time. Stat Med 1989; 8:
       1191-1198.

    Examples
    --------
    >>> import icibaseline as ici
    >>> boundary = ici.Spending(0.025, ici.Pocock(), time=ici.CalendarTime())
    >>> boundary.bounds((40, 120), time=(0.5, 1.0)).efficacy.round(3)
    array([2.157, 2.254])
    """

    by_month = True

    def runs(self, seen: Progress, plan: Progress, numbers: IntArray) -> FloatArray:
        """Months over the month planned for the end."""
        return np.asarray(seen.months / plan.months[..., -1:])
