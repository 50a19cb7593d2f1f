"""What a kind of plan shows in its own way; a module for each kind registers it."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.report.tables import Table

__all__ = ["found_as", "honest_lines", "own_lines", "own_table", "size_line"]


@singledispatch
def own_table(plan: Any, item: OperatingCharacteristics) -> Table | None:
    """The table of looks of a trial with such a frozen plan; None for the usual one."""
    return None


@singledispatch
def size_line(plan: Any, item: Plan) -> str:
    """Size and events of a sized trial with such a frozen plan, in a line."""
    kind, target = item.target
    return (
        f"{item.n} patients (exactly {item.n_exact:.2f}) for {kind} {target:g}; "
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
