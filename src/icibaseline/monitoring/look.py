"""What was seen at a look: a number of events and Z."""

from __future__ import annotations

from typing import Any, final

import attrs
import numpy as np
import numpy.typing as npt

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, IntArray, Value, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.statistics._kernel import logrank

__all__ = ["Look"]


def _events(name: str, held: object) -> float:
    rule = "a positive number"
    hint = "A look without events tests nothing: leave it out, and give the next one its `number`."
    events = _checks.number(name, held, rule)
    if events <= 0:
        reject(name, rule, held, hint if events == 0 else "")
    return events


def _number(name: str, held: object) -> int:
    return _checks.whole(name, held, 0, "Planned looks count from 1; 0 is a look that was not planned.")


@final
@value
class Look(Value):
    """What was seen at a look.

    Parameters
    ----------
    events : float
        Events so far over both arms, since the start of the trial.
    z : float
        The standardised log-rank statistic on all data so far; above 0 favours experimental.
    month : float, optional
        Calendar month of the look. A boundary that spends in calendar time needs it; for others it is shown only.
    final : bool, optional
        Whether the trial ends here. By default it does at the last of the planned looks, and where the boundary may
        spend all: with all of the planned events or, in calendar time, in the last planned month. True ends it
        earlier, False goes on.
    number : int, optional
        Which of the planned looks it is, the first being 1, and 0 for one that was not planned. By default the one
        after that of the look before.
    null : float, optional
        Hazard ratio against which Z was worked out, if it is known; `monitor` refuses one that the design does not
        test. `from_data` fills it in.

    Raises
    ------
    InvalidInput
        If `events` is not positive, `z` is not finite, or another argument is of another kind.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Look(60, z=1.4).events
    60.0
    """

    events: float = attrs.field(converter=as_field(_events))
    z: float = attrs.field(converter=as_field(_checks.number))
    month: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.nonnegative))
    )
    final: bool | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.flag)))
    number: int | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_number)))
    null: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive)))

    @classmethod
    def from_data(
        cls,
        time: npt.ArrayLike,
        event: npt.ArrayLike,
        experimental: npt.ArrayLike,
        stratum: npt.ArrayLike | None = None,
        *,
        null: float = 1.0,
        month: float | None = None,
        final: bool | None = None,
        number: int | None = None,
    ) -> Look:
        """The look at patient data, by the (stratified) log-rank test.

        Parameters
        ----------
        time : array_like, shape (n,)
            Follow-up of each patient up to the look, in any unit.
        event : array_like of bool, shape (n,)
            Whether the follow-up ended with an event; 0 and 1 will do.
        experimental : array_like of bool, shape (n,)
            Whether the patient is in the experimental arm; 0 and 1 will do.
        stratum : array_like, shape (n,), optional
            Labels of strata, of any kind; the arms are compared within them.
        null : float, optional
            Hazard ratio that is tested. `monitor` refuses the look if the design tests another one.
        month, final, number
            As of the class.

        Returns
        -------
        Look
            With the number of events and Z.

        Raises
        ------
        InvalidInput
            If the columns differ in length, hold anything missing, or no event compares the arms.

        Notes
        -----
        Z is expected less observed experimental events over the root of the hypergeometric variance, each summed
        over strata [1]_.

        References
        ----------
        .. [1] Mantel N. Evaluation of survival data and two new rank order statistics arising in its consideration.
           Cancer Chemother Rep 1966; 50: 163-170.

        Examples
        --------
        >>> import icibaseline as ici
        >>> look = ici.Look.from_data([5, 3, 8, 1], event=[1, 1, 0, 1], experimental=[1, 0, 1, 0])
        >>> look.events, round(look.z, 4)
        (3.0, 1.6977)
        """
        times = _times(time)
        events, arms = _flags("event", event, times), _flags("experimental", experimental, times)
        labels = None if stratum is None else _labels(stratum, times)
        tested = _checks.positive("null", null)
        score, variance = logrank(times[None], events[None], arms, stratum=labels, null=tested)
        if not variance[0] > 0:
            raise InvalidInput(
                f"`event` must hold an event at which both arms are at risk; got {int(events.sum())} events, and none "
                "that compares the arms."
            )
        z = float(score[0] / np.sqrt(variance[0]))
        return cls(float(events.sum()), z, month=month, final=final, number=number, null=tested)


def _times(held: Any) -> FloatArray:
    rule = "a sequence of follow-up times, one for each patient, each 0 or above"
    try:
        times = np.array(held, dtype=float)
    except (TypeError, ValueError, OverflowError):
        reject("time", rule, held)
    if times.ndim != 1 or not times.size or not np.all((times >= 0) & (times < np.inf)):
        reject("time", rule, held)
    return times


def _column(name: str, held: Any, times: FloatArray) -> npt.NDArray[Any]:
    rule = f"a sequence with one entry for each of the {len(times)} patients of `time`"
    try:
        column = np.asarray(held)
    except ValueError:  # ragged
        reject(name, rule, held)
    if column.shape != times.shape:
        reject(name, rule, held)
    return column


def _flags(name: str, held: Any, times: FloatArray) -> BoolArray:
    column = _column(name, held, times)
    if column.dtype.kind not in "biuf" or not np.all((column == 0) | (column == 1)):
        reject(name, "True or False, or 1 or 0, for each patient", held)
    return column.astype(bool)


def _labels(held: Any, times: FloatArray) -> IntArray:
    column = _column("stratum", held, times).tolist()
    if any(label is None or label != label for label in column):
        reject("stratum", "a label for each patient", held, "Those without one need a label of their own.")
    number = {label: i for i, label in enumerate(dict.fromkeys(column))}
    return np.array([number[label] for label in column], dtype=np.int64)
