"""Looks of different kinds one after another, and looks at fractions of the planned information."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.timing import AtEvents, Executed, Expected, Looks

__all__ = ["AtInformation", "InTurn"]


def _look(name: str, given: object) -> Looks:
    hint = "For example AtEvents(60)."
    return _checks.instance(name, given, Looks, "a look rule", hint)  # type: ignore[no-any-return]


def _parts(name: str, given: object) -> tuple[Looks, ...]:
    parts = _checks.sequence(name, given, _look, 2, "a sequence of two or more look rules")
    nested = next((part for part in parts if isinstance(part, InTurn)), None)
    if nested is not None:
        reject(name, "look rules that are not themselves in turn", nested, "Write all of them in one sequence.")
    return parts


@final
@value
class InTurn(Executed):
    """Looks of several rules, one after another.

    Parameters
    ----------
    parts : sequence of Looks
        Two or more rules in the order of their looks.

    Raises
    ------
    InvalidInput
        If a part is no look rule; when the trial is planned, if a look would come before the one that precedes it.

    Notes
    -----
    Planned, the looks must come in order. In another scenario, or in a simulated trial, a look that has not come by
    the time of a later one is skipped: it then falls on the month of the later one and tests nothing.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.InTurn((ici.AtEvents(73), ici.AfterEnrollment(12))).count
    2
    """

    parts: tuple[Looks, ...] = attrs.field(converter=as_field(_parts))

    @property
    def count(self) -> int:
        """Number of looks."""
        return sum(part.count for part in self.parts)

    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> InTurn:
        """The same looks, each as it is carried out once the trial is planned."""
        frozen: list[Looks] = []
        for part in self.parts:
            made = part.frozen(enrollment_end, expected)
            frozen.extend(made.parts if isinstance(made, InTurn) else (made,))
        return InTurn(tuple(frozen))

    def check_sizable(self) -> None:
        """The last look decides whether more patients give more power."""
        self.parts[-1].check_sizable()

    @property
    def _executed(self) -> tuple[Executed, ...]:
        for part in self.parts:
            if not isinstance(part, Executed):
                raise InvalidInput("`looks` must be planned to have months; got rules that depend on a plan.")
        return tuple(part for part in self.parts if isinstance(part, Executed))

    def months(self, expected: Expected) -> FloatArray:
        """Expected month of each look, (B or 1, K); of a skipped one, that of the next."""
        columns = [part.months(expected) for part in self._executed]
        rows = max(len(column) for column in columns)
        wide = np.concatenate([np.broadcast_to(c, (rows, c.shape[1])) for c in columns], axis=1)
        if expected.reached and np.any(np.diff(wide, axis=1) <= 0):
            listed = tuple(round(float(m), 2) for m in wide[np.any(np.diff(wide, axis=1) <= 0, axis=1)][0])
            reject("looks", "in the order in which they are expected", listed, "These are their months.")
        return _not_after_the_next(wide)

    def cuts(self, events: FloatArray, latest: Callable[[], FloatArray], scratch: FloatArray) -> FloatArray:
        """Month of each look in simulated trials, (replicates, K); of a skipped one, that of the next."""
        columns = [part.cuts(events, latest, scratch) for part in self._executed]
        return _not_after_the_next(np.concatenate(columns, axis=1))

    def cautions(self, expected: Expected, n: float) -> tuple[str, ...]:
        """What the parts say."""
        return tuple(line for part in self._executed for line in part.cautions(expected, n))

    def driven(self, months: FloatArray) -> BoolArray:
        """Whether events trigger the look: as each part says, but not where the look is skipped."""
        at, columns = 0, []
        for part in self._executed:
            columns.append(part.driven(months[:, at : at + part.count]))
            at += part.count
        made = np.concatenate(columns, axis=1)
        made[:, :-1] &= np.diff(months, axis=1) > 0
        return made


def _not_after_the_next(months: FloatArray) -> FloatArray:
    return np.minimum.accumulate(months[:, ::-1], axis=1)[:, ::-1]


def _fractions(name: str, given: object) -> tuple[float, ...]:
    rule = "increasing fractions of the planned information, above 0 and up to 1, the last one 1"
    found = _checks.increasing(name, given, _checks.positive, rule=rule)
    if found[-1] != 1:
        reject(name, rule, given, "The last look has all of the information: write 1.0 last.")
    return tuple(float(x) for x in found)


def _final(name: str, given: object) -> Any:
    look = _look(name, given)
    if isinstance(look, (InTurn, AtInformation)) or look.count != 1:
        reject(name, "a rule for one look", given, "For example AfterEnrollment(12).")
    return look


@final
@value
class AtInformation(Looks):
    """Looks when fractions of the planned information have been collected.

    Parameters
    ----------
    fractions : sequence of float
        Increasing, up to 1, which is the final look.
    final : Looks
        When the final look is taken, such as ``AfterEnrollment(12)`` or ``AtEvents(121, by=48)``.

    Raises
    ------
    InvalidInput
        If the fractions do not increase to 1, or `final` is not a rule for one look.

    Notes
    -----
    Information is that of the log-rank score if the null hypothesis is true: the events times the shares of the two
    arms. So fractions are of the events expected at the final look, in the scenario that the trial is planned for. Once
    planned, the interim looks wait for these numbers of events.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)).count
    2
    """

    fractions: tuple[float, ...] = attrs.field(converter=as_field(_fractions))
    final: Looks = attrs.field(kw_only=True, converter=as_field(_final))

    @property
    def count(self) -> int:
        """Number of looks."""
        return len(self.fractions)

    def check_sizable(self) -> None:
        """As the final look."""
        self.final.check_sizable()

    def frozen(self, enrollment_end: float, expected: Expected | None = None) -> Executed:
        """Interim looks at the events that are expected at their information, then the final look."""
        last = self.final.frozen(enrollment_end, expected)
        if len(self.fractions) == 1:
            return last
        if expected is None:
            raise InvalidInput("`expected` must be given to place looks at fractions of information; got nothing.")
        events = float(expected.events(last.months(expected)[:1, :1])[0, 0])
        return InTurn((AtEvents(tuple(fraction * events for fraction in self.fractions[:-1])), last))
