"""What a kind of plan shows in its own way; a module for each kind registers it."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.report.tables import Table
from icibaseline.rules import MonitoredRule, Posterior

__all__ = [
    "TypeOneErrors",
    "exactly",
    "found_as",
    "honest_lines",
    "honest_tables",
    "own_lines",
    "own_table",
    "promised",
    "size_line",
    "type_one_errors",
]


@singledispatch
def own_table(plan: Any, item: OperatingCharacteristics) -> Table | None:
    """The table of looks of a trial with such a frozen plan; None for the usual one."""
    return None


def exactly(n: float) -> str:
    """A size between whole numbers, in brackets, with digits enough to tell it from one; nothing of a whole number."""
    shown = (f"{n:.{digits}f}" for digits in range(2, 10))
    return next((f" (exactly {text})" for text in shown if not float(text).is_integer()), "")


def promised(design: Any) -> float | None:
    """The one-sided level that a design promises; None where a posterior probability decides, which promises none."""
    posterior = isinstance(getattr(design, "rule", None), (Posterior, MonitoredRule))
    return None if posterior else float(design.alpha)


@singledispatch
def size_line(plan: Any, item: Plan) -> str:
    """Size and events of a sized trial with such a frozen plan, in a line."""
    kind, target = item.target
    return (
        f"{item.n} patients{exactly(item.n_exact)} for {kind} {target:g}; "
        f"{item.events_required:.1f} events required, {item.events:.1f} expected"
    )


@singledispatch
def own_lines(plan: Any, item: OperatingCharacteristics) -> list[str]:
    """What a trial with such a frozen plan says besides its power and its table, a line for each thing."""
    return []


@singledispatch
def found_as(design: Any) -> str:
    """As what a sized design was found, in a clause that begins with a comma; empty where its size is all."""
    return ""


@singledispatch
def honest_lines(found: Any) -> list[str]:
    """What the error of a benchmark does to a trial, a line for each thing."""
    return []


@singledispatch
def honest_tables(found: Any) -> list[Table]:
    """The same as tables, for a report; nothing where the lines say it in short."""
    return []


class TypeOneErrors(NamedTuple):
    """How often a trial succeeds without an effect, at one control and averaged over what the control may be."""

    place: str  # a clause on the one control
    value: float
    over: str  # what is averaged over
    average: float | None  # None where nothing is known of it
    how: str = ""  # a clause on how far to trust them, where they are not exact


@singledispatch
def type_one_errors(found: Any) -> TypeOneErrors | None:
    """What a plan says of its type I error beside the nominal one; None where it says nothing."""
    return None
