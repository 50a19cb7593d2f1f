"""What other survival curves through the same published numbers would do to a plan."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from icibaseline.baseline import Baseline
from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.errors import ApproximationWarning, NoFormula, NoSolution
from icibaseline.report.honest import small
from icibaseline.report.tables import Table
from icibaseline.scenario import Scenario
from icibaseline.survival import Curve
from icibaseline.verbs import power

__all__ = ["family_tables"]

_MONTH = 12.0


def family_tables(plan: Plan) -> list[Table]:
    """One table for each control outcome whose family of curves was assumed."""
    scenario = plan.scenario
    return [_table(plan, role, held) for role, held in _assumed(scenario)] if isinstance(scenario, Scenario) else []


def _assumed(scenario: Scenario) -> Iterator[tuple[str, Baseline]]:
    for holder in scenario.strata or (scenario,):
        if isinstance(holder.control, Baseline) and holder.control.families:
            yield getattr(holder, "name", ""), holder.control


def _table(plan: Plan, stratum: str, held: Baseline) -> Table:
    head = ["control curve", f"free of the event at {_MONTH:g} months", "events", "months", "power"]
    head += ["type I error"] if plan.design.roles else []
    whose = f" of {stratum}" if stratum else ""
    title = f"the control curve{whose} is assumed: the plan of {plan.n} patients under other curves through {held.id}"
    title += ", its benchmark staying as it is" if plan.design.roles else ""
    curves = {f"{held.typical} (planned)": held.typical} | {
        name: curve if held.event_free is None else curve.after(held.event_free) for name, curve in held.families
    }
    return Table(title, head, [_row(plan, stratum, name, curve) for name, curve in curves.items()])


def _row(plan: Plan, stratum: str, name: str, curve: Curve) -> list[str]:
    free = f"{curve.survival(_MONTH):.3f}"
    scenario: Any = plan.scenario.typical
    world = _with_control(scenario, stratum, curve)
    found = _under(plan, world)
    cells = ["-"] * 3 if found is None else [f"{found.events[-1]:.1f}", f"{found.months[-1]:.1f}", f"{found.power:.4f}"]
    return [name, free, *cells, *([_error(plan, world)] if plan.design.roles else [])]


def _error(plan: Plan, world: Scenario) -> str:
    """How often a trial against a benchmark succeeds where the arm does no better than such a control."""
    found = _under(plan, world.null)
    return "-" if found is None else small(found.power)


def _under(plan: Plan, scenario: Scenario) -> OperatingCharacteristics | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ApproximationWarning)  # said of the plan itself
            return power(plan.design, scenario)
    except (NoFormula, NoSolution):
        return None


def _with_control(scenario: Scenario, stratum: str, curve: Curve) -> Scenario:
    if not scenario.strata:
        return scenario.with_(control=curve)
    strata = (s.with_(control=curve) if s.name == stratum else s for s in scenario.strata)
    return scenario.with_(strata=tuple(strata))
