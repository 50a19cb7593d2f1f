"""Look rules: when the data are cut.

A rule has a theory face (`months`, from an expected-events function) and a data face (`cuts`, from
simulated calendar times). Rules that depend on the plan freeze into an `Executed` rule, which is
carried out unchanged in every other scenario.
"""

from __future__ import annotations

import numbers
from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple, cast, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, Value, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.waiting import NOW, AtMonth, Bracket, bracket, remembered
from icibaseline.solve import root

__all__ = ["AfterEnrollment", "AtEvents", "AtMonths", "Executed", "Expected", "Looks"]


def _times(check: _checks.Check) -> _checks.Check:
    """One number or an increasing sequence of them, as a tuple."""

    def times_check(name: str, held: object) -> tuple[float, ...]:
        if isinstance(held, numbers.Real) or (isinstance(held, np.ndarray) and held.ndim == 0):
            return (check(name, held),)
        return _checks.increasing(name, held, check, rule="a number or an increasing sequence of numbers")

    return times_check


class Expected(NamedTuple):
    """What a scenario lets a look rule expect."""

    events: AtMonth
    remaining: AtMonth  # patients still to come or under observation
    reached: bool  # whether every look must be reached
    start: float  # a month by which most patients have entered


class Looks(Value):
    """When the data are looked at."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of looks."""

    @abstractmethod
    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> Executed:
        """The rule as it is carried out once the trial is planned; `expected` in the scenario planned for."""

    @abstractmethod
    def check_sizable(self) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power at these looks."""


class Executed(Looks):
    """A look rule that no longer depends on a plan."""

    @abstractmethod
    def months(self, expected: Expected) -> FloatArray:
        """Expected month of each look, (B or 1, K)."""

    @abstractmethod
    def cuts(self, events: FloatArray, latest: Callable[[], FloatArray], scratch: FloatArray) -> FloatArray:
        """Month of each look in simulated trials, (replicates, K).

        `events` (replicates, patients) holds calendar months of events, inf where there is none, and
        `latest` gives the months (replicates,) in which nobody is left under observation. `scratch`, of the
        shape of `events`, may be overwritten.
        """

    @abstractmethod
    def cautions(self, expected: Expected, n: float) -> tuple[str, ...]:
        """What a user should know of these looks when `n` patients are enrolled."""

    @abstractmethod
    def driven(self, months: FloatArray) -> BoolArray:
        """Whether the number of events triggers the look that is expected at `months`, same shape."""


@final
@value
class AtMonths(Executed):
    """Looks at fixed calendar months after the first patient could enter.

    Parameters
    ----------
    at : float or sequence of float
        Calendar months, positive, increasing.

    Raises
    ------
    InvalidInput
        If the months are not positive and increasing.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.AtMonths((12, 24)).count
    2
    """

    at: float | tuple[float, ...] = attrs.field(converter=as_field(_times(_checks.positive)))

    @property
    def _at(self) -> tuple[float, ...]:
        return cast("tuple[float, ...]", self.at)

    @property
    def count(self) -> int:
        """Number of looks."""
        return len(self._at)

    def cautions(self, expected: Expected, n: float) -> tuple[str, ...]:
        """None: the month is certain."""
        return ()

    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> AtMonths:
        """The rule itself: it does not depend on a plan."""
        return self

    def check_sizable(self) -> None:
        """More patients give more events by a month."""

    def months(self, expected: Expected) -> FloatArray:
        """The months, (1, K)."""
        return np.array([self._at])

    def cuts(self, events: FloatArray, latest: Callable[[], FloatArray], scratch: FloatArray) -> FloatArray:
        """The months in every simulated trial, (replicates, K)."""
        return np.broadcast_to(np.array(self._at), (len(events), len(self._at)))

    def driven(self, months: FloatArray) -> BoolArray:
        """Nowhere: the calendar decides."""
        return np.zeros(months.shape, dtype=bool)


@final
@value
class AfterEnrollment(Looks):
    """Looks a number of months after the planned end of enrolment.

    Parameters
    ----------
    follow_up : float or sequence of float
        Months of follow-up after the last patient is planned to enter, 0 or more, increasing.

    Raises
    ------
    InvalidInput
        If the months are negative or not increasing.

    Notes
    -----
    Planned with the scenario for which the trial is sized; once planned, the looks keep their months.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.AfterEnrollment(12).frozen(24.0)
    AtMonths((36.0,))
    """

    follow_up: float | tuple[float, ...] = attrs.field(converter=as_field(_times(_checks.nonnegative)))

    @property
    def _follow_up(self) -> tuple[float, ...]:
        return cast("tuple[float, ...]", self.follow_up)

    @property
    def count(self) -> int:
        """Number of looks."""
        return len(self._follow_up)

    def check_sizable(self) -> None:
        """More patients give more events by a month."""

    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> AtMonths:
        """The same looks at months counted from the start of the trial."""
        end = _checks.positive("enrollment_end", enrollment_end)
        return AtMonths(tuple(end + m for m in self._follow_up))


def _by(name: str, held: object) -> tuple[float, ...] | None:
    return None if held is None else _times(_checks.positive)(name, held)


@final
@value
class AtEvents(Executed):
    """Looks when numbers of events are reached, or at latest by given months.

    Parameters
    ----------
    events : int or sequence of int
        Events over both arms, increasing. A fraction, which a formula may ask for, is rounded in simulated trials.
    by : float or sequence of float, optional
        Latest month of each look; the look happens then if the events have not occurred.

    Raises
    ------
    InvalidInput
        If the events are not positive and increasing, or `by` has another length.

    Notes
    -----
    In expectation the look is the month at which the expected events equal the count.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.AtEvents((80, 121), by=(36, 60)).count
    2
    """

    events: float | tuple[float, ...] = attrs.field(converter=as_field(_times(_checks.positive)))
    by: float | tuple[float, ...] | None = attrs.field(default=None, kw_only=True, converter=as_field(_by))

    def __attrs_post_init__(self) -> None:
        if self._by is not None and len(self._by) != len(self._events):
            reject("by", f"{len(self._events)} months, one for each look", self.by)

    @property
    def _events(self) -> tuple[float, ...]:
        return cast("tuple[float, ...]", self.events)

    @property
    def _by(self) -> tuple[float, ...] | None:
        return cast("tuple[float, ...] | None", self.by)

    @property
    def count(self) -> int:
        """Number of looks."""
        return len(self._events)

    def driven(self, months: FloatArray) -> BoolArray:
        """Everywhere but where the latest month comes first."""
        return np.ones(months.shape, dtype=bool) if self._by is None else months < np.array(self._by)

    def cautions(self, expected: Expected, n: float) -> tuple[str, ...]:
        """Looks whose latest month is as likely to come first as the events."""
        if self._by is None:
            return self._hardly_reached(expected, n)
        found = []
        for count, latest in zip(self._events, self._by, strict=True):
            mean = float(expected.events(np.array([[latest]]))[0, 0])
            if count > n:
                found.append(f"{n:g} patients cannot give {count:g} events: the look falls on month {latest:g}.")
            elif abs(mean - count) < 2 * np.sqrt(mean * (1 - mean / n)):
                found.append(
                    f"By month {latest:g}, {mean:.1f} events are expected, so close to {count:g} that in part of the "
                    "trials the month decides and in part the events; the formula takes one of them and is optimistic. "
                    "Look at simulate()."
                )
        return tuple(found)

    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> AtEvents:
        """The rule itself: event counts are kept."""
        return self

    def check_sizable(self) -> None:
        """The events fix the power; only a latest month leaves something to the number of patients."""
        if self._by is None:
            hint = "It is the month they are wanted by, for example AtEvents(200, by=48)."
            reject("by", "given to size a trial whose looks are at events", None, hint)

    def months(self, expected: Expected) -> FloatArray:
        """Month at which the expected events reach each count, or `by`, (B, K)."""
        known = expected._replace(events=remembered(expected.events), remaining=remembered(expected.remaining))
        return np.concatenate([self._month(known, k) for k in range(self.count)], axis=1)

    def _month(self, expected: Expected, k: int) -> FloatArray:
        def short(months: FloatArray) -> FloatArray:
            return expected.events(months[:, None])[:, 0] - self._events[k]

        due: AtMonth = short
        if self._by is not None:
            last = np.array([self._by[k]])
            missing = short(last)
            if np.all(missing <= 0):  # every look falls on the calendar
                return np.full((len(missing), 1), self._by[k])
            within = Bracket(np.full(missing.shape, NOW), np.full(missing.shape, -self._events[k]), last, missing)
        else:
            due, within = self._reached(short, expected, k)
        high = np.broadcast_to(within.high, within.above.shape)
        late = within.above < 0  # of a batch: those looks that fall on the calendar

        def residual(months: FloatArray) -> FloatArray:
            return np.where(late, months - high, due(months))

        ends = np.where(late, within.low - high, within.below), np.where(late, 0.0, within.above)
        return root(residual, within.low, high, tolerance=1e-11, zero=1e-11 * self._events[k], ends=ends)[:, None]

    def _hardly_reached(self, expected: Expected, n: float) -> tuple[str, ...]:
        """Whether part of the trials runs out of patients before the last look."""
        count = self._events[-1]

        def without(months: FloatArray) -> FloatArray:
            return expected.events(months[:, None])[:, 0] - n

        last = bracket(without, expected.remaining, expected.start).high
        most = float(expected.events(last[:, None])[0, 0])
        if most - count > 2 * np.sqrt(max(most * (1 - most / n), 0.0)):
            return ()
        return (
            f"Of {n:g} patients {most:.1f} are expected to have an event at all, so close to {count:g} that part of "
            "the trials never sees them; the formula is optimistic, and the look comes when nobody is left. "
            "Look at simulate(), or give a latest month with by=.",
        )

    def _reached(self, short: AtMonth, expected: Expected, k: int) -> tuple[AtMonth, Bracket]:
        """What is zero when the look comes, and months around that in every element of the batch."""
        within = bracket(short, expected.remaining, expected.start)
        if np.all(within.above >= 0):
            return short, within
        if expected.reached:
            raise InvalidInput(
                f"`events` must be within what the patients can give; got {self._events[k]:g}, "
                f"but at most {float(within.above.min()) + self._events[k]:.4g} are expected. "
                "Enrol more patients, ask for fewer events, or give a latest month with by=."
            )
        remaining = expected.remaining

        def due(months: FloatArray) -> FloatArray:  # or nobody is left: the median of the last patient's end
            return np.asarray(np.maximum(short(months), np.log(2) - remaining(months[:, None])[:, 0]))

        within = bracket(due, expected.remaining, expected.start)
        if np.any(within.above < 0):
            reject("events", "reached under every draw of the priors", self.events, "Give a latest month with by=.")
        return due, within

    def cuts(self, events: FloatArray, latest: Callable[[], FloatArray], scratch: FloatArray) -> FloatArray:
        """Month of the last event needed in each simulated trial, (replicates, K)."""
        wanted = [max(round(d), 1) for d in self._events]
        counts = [d - 1 for d in wanted if d <= events.shape[1]]
        reached = np.full((len(events), len(wanted)), np.inf)
        if counts:
            np.copyto(scratch, events)
            bits = scratch.view(np.int64)  # of floats >= 0 the bits keep the order, and sort faster
            bits.sort(axis=1) if len(counts) > 1 else bits.partition(counts, axis=1)
            reached[:, : len(counts)] = scratch[:, counts]
        if self._by is not None:
            np.minimum(reached, np.array(self._by), out=reached)
        if np.isinf(reached).any():  # too few events ever: the look comes when nobody is left
            reached = np.where(np.isinf(reached), latest()[:, None], reached)
            if np.isinf(reached).any():
                reject("events", "reached in every simulated trial", self.events, "Give a latest month with by=.")
        return reached
