"""How each kind of number in a plan was computed, and where to read about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from icibaseline._references import BIBLIOGRAPHY
from icibaseline._values import Value
from icibaseline.baseline import Baseline
from icibaseline.designs import Plan, Randomized, RandomizedResponse
from icibaseline.report.boundaries import papers
from icibaseline.report.provenance import baselines, benchmarks, references
from icibaseline.report.tables import Table
from icibaseline.scenario import Scenario

__all__ = ["PAGES", "computed_table"]

_ROUTES = {
    "survival": "methods/medians",
    "response rate": "methods/counts",
    "shares": "methods/counts",
    "hazard ratio": "methods/comparisons",
}
_DESIGNS: dict[type[Value], str] = {Randomized: "methods/logrank", RandomizedResponse: "methods/proportions"}
_CURVES, _RATES = "methods/one_sample", "methods/two_stage"  # of trials of one arm
_EVENTS, _MEANS, _BOUNDS = "methods/expected_events", "methods/assurance", "methods/group_sequential"
_NEXT, _MOVED, _SIMULATED = "methods/pooling", "methods/transport", "methods/simulation"
PAGES = (*_ROUTES.values(), *_DESIGNS.values(), _CURVES, _RATES, _EVENTS, _MEANS, _BOUNDS, _NEXT, _MOVED, _SIMULATED)


class _Row(NamedTuple):
    number: str
    method: str
    page: str
    papers: Iterable[str] = ()  # their keys


def computed_table(plan: Plan) -> Table:
    """A row for each kind of number that the plan has; references by their places in the list of the report."""
    listed = list(references(plan))
    rows = []
    for row in _rows(plan):
        places = sorted(listed.index(BIBLIOGRAPHY[key]) + 1 for key in set(row.papers) if BIBLIOGRAPHY[key] in listed)
        rows.append([row.number, row.method, row.page, ", ".join(map(str, places)) or "-"])
    return Table("", ["number", "formula or method", "page of the documentation", "reference"], rows)


def _rows(plan: Plan) -> Iterator[_Row]:
    design, scenario = plan.design, plan.scenario
    survival = design.scenario_kind is Scenario
    page = _DESIGNS.get(type(design), _CURVES if survival else _RATES)
    yield _Row("patients, power", plan.characteristics.formula, page, design.citations)
    if survival:
        yield _Row("expected events and months", "integrals over entry, outcome and dropout", _EVENTS)
    if isinstance(design, Randomized) and not design.boundary.one_look:
        yield _Row("bounds, stopping", str(design.boundary), _BOUNDS, papers(design))
    if scenario.unknowns:
        yield _Row("assurance, ceiling", "power averaged over the priors by quadrature", _MEANS, ("ohagan2005",))
    for item in dict.fromkeys((*baselines(scenario), *benchmarks(plan))):
        yield from _of_baseline(item)
    if plan.simulated:
        yield _Row("simulated probabilities", "trials simulated patient by patient", _SIMULATED)


def _of_baseline(item: Baseline) -> Iterator[_Row]:
    route = item.route.splitlines()[0].split(":")[0]
    yield _Row(f"prior {item.id}", route, _ROUTES[item.quantity], item.citations)
    if item.event_free is not None or item.assessment_every is not None:
        yield _Row(f"curve of {item.id} in the trial", "eligibility and scans", _MOVED)
    if item.quantity == "survival" and not item.modified:
        yield _Row(f"next trial's interval, {item.id}", "heterogeneity between studies", _NEXT)
