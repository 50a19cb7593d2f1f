"""Tables of looks: when they come, what they ask for, and how often trials stop there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr

from icibaseline._values import FloatArray, replace
from icibaseline.designs import Design, OperatingCharacteristics, Plan, Randomized
from icibaseline.designs.base import Planned
from icibaseline.designs.results import formula, stops_early
from icibaseline.errors import InvalidInput, NoFormula, NoSolution
from icibaseline.monitoring.scale import ratios_at, scale_of
from icibaseline.report.hooks import own_table
from icibaseline.report.interim import interim_tables
from icibaseline.report.tables import Table, number
from icibaseline.rules import Bounds, InformationTime
from icibaseline.scenario import Scenario
from icibaseline.survival import HazardRatio

__all__ = ["look_tables", "overruled", "plan_tables", "planned_table"]


Worlds = dict[str, OperatingCharacteristics]
_SAME = 1e-9  # relative difference that is rounding
_HALFWAY, _AVERAGE = "halfway (log hazard ratio halved)", "prior average"


def look_tables(item: OperatingCharacteristics) -> list[Table]:
    """One table without a title for a single test; of a group sequential trial, bounds, stopping and expectations."""
    design = _sequential(item.design)
    return [_single_test(item)] if design is None else _tables(item, design, _worlds(item, design))


def plan_tables(plan: Plan) -> list[Table]:
    """Tables of a plan; where it has priors, with what is expected on average, and what interim results would do."""
    item, design = plan.characteristics, _sequential(plan.design)
    if design is None or not plan.scenario.unknowns:
        return look_tables(item)
    return [*_tables(item, design, _worlds(item, design) | {_AVERAGE: plan.averaged}), *interim_tables(plan)]


def _sequential(design: Design) -> Randomized | None:
    """The design, if more looks than the last one test."""
    return design if isinstance(design, Randomized) and not design.boundary.one_look else None


def _tables(item: OperatingCharacteristics, design: Randomized, worlds: Worlds) -> list[Table]:
    two_sided = design.boundary.sided == 2
    return [_bounds(item, design), _stopping(worlds, two_sided), _ends(worlds, two_sided)]


def overruled(item: OperatingCharacteristics) -> str:
    """What else the power is, where bounds for futility may be overruled."""
    if item.power_overruled is None:
        return ""
    error = None if item.design.is_null(item.scenario) else getattr(item.honest, "error_overruled", None)
    with_error = "" if error is None else f", when the type I error at the benchmark is {error:.4f}"
    return f"; this is with futility bounds obeyed, and {item.power_overruled:.4f} if they are overruled{with_error}"


def _single_test(item: OperatingCharacteristics) -> Table:
    own = own_table(item.design.planned, item)
    if own is not None:
        return own
    stops = item.power_overruled is not None
    head = ["look", "month", "patients", "events", "Z bound", "one-sided p", "P(reject here)"]
    head += ["stop below Z", "P(stop here)"] if stops else []
    rows = []
    for k, bound in enumerate(item.efficacy_bounds):
        level = "-" if bound == math.inf else f"{ndtr(-bound):.4g}"
        cells = [number(bound), level, f"{item.reject_by_look[k]:.4f}"]
        cells += [_z(item.futility_bounds[k]), f"{item.futility_by_look[k]:.4f}"] if stops else []
        rows.append([*_when(item, k), *cells])
    return Table("", head, rows)


def _when(item: OperatingCharacteristics, k: int) -> list[str]:
    return [str(k + 1), f"{item.months[k]:.1f}", number(item.n_by_look[k]), f"{item.events[k]:.1f}"]


# ---- bounds ------------------------------------------------------------------------------------------


def _bounds(item: OperatingCharacteristics, design: Randomized) -> Table:
    rule = design.planned_boundary
    if item.design.planned is not None and _as_planned(item, rule.plan):
        title, (head, cells) = "looks, and the bounds for the planned events", _planned_bounds(design)
    else:
        events, months = np.array(item.events), np.array(item.months)
        head, cells = _bound_cells(design, rule.executed(events, months), events, months)
        left = int(rule.left(events, months)[0])
        over = f"; all may be spent by look {len(cells) - left}, so that it is the last" if left else ""
        title = f"looks, and the bounds as worked out again for these events{over}"
    end = rule.plan.events[-1]
    seen = [[*_when(item, k), f"{events / end:.3f}"] for k, events in enumerate(item.events)]
    rows = [[*when, *row] for when, row in zip(seen, cells, strict=True)]
    return Table(title, ["look", "month", "patients", "events", "information", *head], rows)


def _as_planned(item: OperatingCharacteristics, plan: Planned) -> bool:
    """Whether looks see what was planned for them."""
    return np.allclose(item.events, plan.events, rtol=_SAME) and np.allclose(item.months, plan.months, rtol=_SAME)


def planned_table(design: Randomized) -> Table:
    """The looks that are planned, and their bounds."""
    plan, (head, cells) = design.planned_boundary.plan, _planned_bounds(design)
    pairs = zip(plan.months, plan.events, cells, strict=True)
    rows = [
        [str(k), f"{month:.1f}", f"{events:.1f}", f"{events / plan.events[-1]:.3f}", *row]
        for k, (month, events, row) in enumerate(pairs, 1)
    ]
    return Table("", ["look", "month", "events", "information", *head], rows)


def _planned_bounds(design: Randomized) -> tuple[list[str], list[list[str]]]:
    """Head and cells of the frozen bounds."""
    rule = design.planned_boundary
    return _bound_cells(design, rule.planned_bounds, np.array(rule.plan.events), np.array(rule.plan.months))


def _bound_cells(
    design: Randomized, bounds: Bounds, events: FloatArray, months: FloatArray
) -> tuple[list[str], list[list[str]]]:
    """Head and cells of the bounds at looks with such events, and of the errors that they spend."""
    rule = design.planned_boundary
    timed, futile = rule.boundary.time != InformationTime(), stops_early(design)
    head = ["time"] if timed else []
    head += ["Z bound", "nominal p", "HR to reject", "incremental alpha", "cumulative"]
    head += ["futility Z", "HR futile"] if futile else []
    time = rule.time(events, months, np.arange(1, len(events) + 1))
    spent = rule.spent_by(bounds)
    upper, lower = (_on_ratio(design, z, bounds.information) for z in (bounds.efficacy, bounds.futility))
    rows = []
    for k, bound in enumerate(bounds.efficacy):
        cells = [f"{time[k]:.3f}"] if timed else []
        cells += [_z(bound), *([f"{ndtr(-bound):.4g}", _ratio(upper[k])] if bound < math.inf else ["-", "-"])]
        cells += [f"{spent[k]:.5f}", f"{sum(spent[: k + 1]):.5f}"]
        rows.append(cells + ([_z(bounds.futility[k]), _ratio(lower[k])] if futile else []))
    return head, rows


def _on_ratio(design: Randomized, bounds: FloatArray, information: FloatArray) -> FloatArray:
    """Hazard ratios that Z on the bound stands for, as `monitor` has them."""
    return ratios_at(scale_of(design), design.statistic.null, bounds, information)


def _z(bound: float) -> str:
    return f"{bound:.3f}" if math.isfinite(bound) else "-"


def _ratio(ratio: float) -> str:
    return f"{ratio:.3f}" if 0 < ratio < math.inf else "-"


# ---- stopping ----------------------------------------------------------------------------------------


def _worlds(item: OperatingCharacteristics, design: Randomized) -> Worlds:
    """The result, and beside a formula for an alternative the formula without an effect and with half of it."""
    scenario: Any = item.scenario
    if design.is_null(scenario):
        return {"null": item}
    own = {"formula": "alternative", "assurance": "average over the priors", "simulation": "simulated"}[item.method]
    if item.method != "formula":
        return {own: item}
    typical = scenario.typical
    null = replace(typical.null, HazardRatio, lambda effect: HazardRatio(design.statistic.null))
    found = {"null": _found(design, null), _HALFWAY: _found(design, _halfway(typical, design.statistic.null))}
    return {name: result for name, result in found.items() if result is not None} | {own: item}


def _halfway(scenario: Scenario, null: float) -> Scenario | None:
    """With half of the effect on the log hazard ratio; None where an effect is no hazard ratio."""
    effects = [part.effect for part in scenario.parts]
    if not all(isinstance(effect, HazardRatio) for effect in effects):
        return None
    return replace(scenario, HazardRatio, lambda effect: effect.with_(value=math.sqrt(effect.value * null)))


def _found(design: Randomized, scenario: Scenario | None) -> OperatingCharacteristics | None:
    try:
        return None if scenario is None else formula(design, scenario)
    except (InvalidInput, NoFormula, NoSolution):  # a look that never comes there
        return None


def _stopping(worlds: Worlds, two_sided: bool) -> Table:
    shown = {name: result for name, result in worlds.items() if name != _HALFWAY}
    head, columns = ["look"], []
    for name, result in shown.items():
        head.append(f"{name}: experimental" if two_sided else f"{name}: P(reject here)")
        columns.append(result.reject_by_look)
        if two_sided or result.power_overruled is not None:
            head.append("control" if two_sided else "P(futility here)")
            columns.append(result.futility_by_look)
    rows = [[str(k + 1), *(f"{x:.4f}" for x in row)] for k, row in enumerate(zip(*columns, strict=True))]
    title = "probability of stopping" + (": P(reject for experimental) and P(reject for control)" if two_sided else "")
    return Table(title, head, rows)


def _ends(worlds: Worlds, two_sided: bool) -> Table:
    head = ["truth", "patients", "events", "months"]
    head += ["P(reject for experimental)", "P(reject for control)"] if two_sided else ["P(reject)"]
    futile = any(result.power_overruled is not None for result in worlds.values())
    head += ["P(reject), futility overruled"] if futile else []
    rows = []
    for name, result in worlds.items():
        sizes = (result.expected_n, result.expected_events, result.expected_months)
        chances = [result.power] + ([sum(result.futility_by_look)] if two_sided else [])
        chances += [result.power_overruled or 0.0] if futile else []
        rows.append([name, *(f"{x:.1f}" for x in sizes), *(f"{p:.4f}" for p in chances)])
    return Table("expected when the trial ends", head, rows)
