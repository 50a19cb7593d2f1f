"""How much each number of a scenario matters: the power of a planned trial where one of them is otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np

from icibaseline._values import Uncertain, replace, replace_unknowns, walk
from icibaseline.baseline import Mix
from icibaseline.designs import Design
from icibaseline.designs.results import formula
from icibaseline.distributions import Dirichlet
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, NoFormula, NoSolution
from icibaseline.report.honest import small
from icibaseline.report.tables import Table
from icibaseline.rules import AfterEnrollment
from icibaseline.scenario import BaseScenario
from icibaseline.survival import Curve, Exponential, PiecewiseExponential, Weibull

__all__ = ["Change", "End", "changes", "sensitivity_table"]

QUANTILES, FACTORS = (0.1, 0.9), (0.75, 1.25)
PRIOR, FACTOR, ADDED = "10 and 90 % of its prior", "25 % less and more", "none, and some"
_LOST = 0.1  # of the patients, where no loss was planned
_CONTROL, _EXPERIMENTAL = "control", "experimental"

# Fields that hold a number of nature: what it is called, and its unit.
_FIELDS = {
    "median": ("median", "months"),
    "rate": ("hazard", "a month"),
    "scale": ("scale", "months"),
    "shape": ("shape", ""),
    "sigma": ("sigma", ""),
    "cured": ("cured fraction", ""),
    "weights": ("share of part 1", ""),
    "control": ("control rate", ""),
    "value": ("hazard ratio", ""),
    "ratio": ("hazard ratio", ""),
    "delay": ("delay of the effect", "months"),
    "duration": ("enrolment", "months"),
}
_ENROLLED = {"rate": ("enrolment", "patients a month")}
_SECOND = {"Weibull": "shape", "LogLogistic": "shape", "LogNormal": "sigma", "MixtureCure": "cured"}
_NAMED = {"control", "value", "ratio", "delay", "duration"}  # without whose it is


class End(NamedTuple):
    """One number put in the place of the planned one."""

    shown: str
    power: float | None  # None where no such trial can be run, or no formula covers it
    error: float | None = None  # type I error there, of a trial that is held against a benchmark


class Change(NamedTuple):
    """One number of a scenario, lower and higher than planned, all others being at their typical values."""

    name: str
    basis: str  # what lower and higher mean
    low: End
    high: End

    def swing(self, power: float) -> float:
        """Width of the powers that come of it, that of the plan among them, or of the type I errors if that is more."""
        found = [power, *(end.power for end in (self.low, self.high) if end.power is not None)]
        errors = [end.error for end in (self.low, self.high) if end.error is not None]
        return max(max(found) - min(found), max(errors, default=0.0) - min(errors, default=0.0))


Ends = tuple[tuple[str, BaseScenario], tuple[str, BaseScenario]]
Lever = tuple[str, str, Ends]  # name, basis, and what is shown of both ends with their scenarios


def changes(design: Design, scenario: BaseScenario) -> tuple[Change, ...]:
    """Power of a planned design where one number of the scenario is lower or higher, what matters most first.

    A number with a prior goes to its 10 and 90 % quantiles, another one to 25 % less and more; an exponential control
    curve also becomes a Weibull curve of the same median, and a trial without dropout gets some.
    """
    base = formula(design, scenario).power
    found = [
        Change(name, basis, *(End(shown, _power(design, world), _error(design, world)) for shown, world in ends))
        for name, basis, ends in _levers(scenario)
    ]
    return tuple(sorted(found, key=lambda change: -change.swing(base)))


def sensitivity_table(design: Design, scenario: BaseScenario) -> Table:
    """The same as a table."""
    against = bool(design.roles)
    found = ["power", "type I error"] if against else ["power"]
    head = ["what is otherwise", "lower", *found, "higher", *found, "lower and higher"]
    rows = [
        [change.name, *_cells(change.low, against), *_cells(change.high, against), _basis(change, design)]
        for change in changes(design, scenario)
    ]
    stays = ", and the benchmark staying as it is" if against else ""
    return Table(f"power where one number is otherwise, the plan being carried out as it is{stays}", head, rows)


def _basis(change: Change, design: Any) -> str:
    """What lower and higher mean; of enrolment, what becomes of looks that are planned after its end."""
    if not change.name.startswith("enrolment") or not any(
        isinstance(x, AfterEnrollment) for _, x in walk(getattr(design, "looks", None))
    ):
        return change.basis
    *_, last = design.planned.months
    stays = "looks stay in their months" if design.looks.count > 1 else f"the look stays in month {last:.1f}"
    return f"{change.basis}; {stays}"


def _cells(end: End, against: bool) -> list[str]:
    shown = [end.shown, "-" if end.power is None else f"{end.power:.4f}"]
    return [*shown, "-" if end.error is None else small(end.error)] if against else shown


def _power(design: Design, scenario: BaseScenario) -> float | None:
    try:
        return formula(design, scenario).power
    except (InvalidInput, NoFormula, NoSolution):
        return None


def _error(design: Design, scenario: BaseScenario) -> float | None:
    """How often the trial succeeds if the arm does no better than the control there, which the benchmark is not."""
    return _power(design, scenario.null) if design.roles else None


# ---- what can be otherwise ---------------------------------------------------------------------------


def _levers(scenario: BaseScenario) -> Iterator[Lever]:
    yield from _of_priors(scenario)
    typical = scenario.typical.resolved
    held = [path for path, part in walk(scenario.resolved) if isinstance(part, Uncertain)]
    for path, part in walk(typical):
        if isinstance(part, float) and part > 0 and not any(_below(path, prior) for prior in held):
            yield from _of_number(scenario, typical, path, part)
    yield from _of_enrollment(typical)
    yield from _of_shape(typical)
    if (losing := typical.losing(_LOST)) is not None:
        name, some, lost = losing
        yield name, ADDED, (("none", typical), (some, lost))


def _below(path: str, parent: str) -> bool:
    return path == parent or path.startswith((f"{parent}[", f"{parent}."))


def _of_priors(scenario: BaseScenario) -> Iterator[Lever]:
    for prior in scenario.unknowns:
        places = [path for path, part in walk(scenario.resolved) if isinstance(part, Uncertain) and part == prior]
        for j in range(prior.dimension):
            named = [_name(scenario, path, j) for path in places]
            name, unit = _together(named), named[0].unit
            ends = []
            for p in QUANTILES:
                x = _moved(prior, j, p)
                moved = float(np.atleast_1d(x)[j])
                ends.append((_with_unit(moved, unit), replace_unknowns(scenario.resolved, _instead(prior, x))))
            yield name, PRIOR, (ends[0], ends[1])


def _instead(chosen: Uncertain, x: Any) -> Any:
    return lambda prior: x if prior == chosen else prior.typical


def _moved(prior: Uncertain, j: int, p: float) -> Any:
    """The typical value of a prior, its coordinate j at a quantile; shares still sum to 1."""
    quantile = np.asarray(prior.quantile(p))
    if prior.dimension == 1:
        return float(quantile)
    x = np.array(prior.typical, dtype=float)
    if isinstance(prior, Dirichlet):
        x *= (1 - quantile[j]) / (1 - x[j])
    x[j] = quantile[j]
    return x


def _of_number(given: BaseScenario, scenario: BaseScenario, path: str, number: float) -> Iterator[Lever]:
    found = _name(given, path, 0)
    if not found.what or path.startswith("enrollment"):
        return
    name, unit, ends = _together([found]), found.unit, []
    for factor in FACTORS:
        try:
            ends.append((_with_unit(factor * number, unit), _with(scenario, path, factor * number)))
        except InvalidInput:  # out of range, such as a cured fraction above 1
            return
    yield name, FACTOR, (ends[0], ends[1])


def _of_enrollment(scenario: BaseScenario) -> Iterator[Lever]:
    """Slower and faster, n being what it is."""
    held = scenario.enrollment
    if held is None or any(isinstance(x, Uncertain) for x in (held.rate, held.duration)):
        return
    low, high = (_enrolled(held, factor) for factor in FACTORS)
    yield (
        "enrolment",
        FACTOR,
        ((low[0], scenario.with_(enrollment=low[1])), (high[0], scenario.with_(enrollment=high[1]))),
    )


def _enrolled(held: Enrollment, factor: float) -> tuple[str, Enrollment]:
    """The enrolment with its rates, or else its duration, multiplied, and that number."""
    if held.rates:
        return f"rates x {factor:g}", held.with_(rates=tuple(factor * rate for rate in held.rates))
    rate, duration = cast("float | None", held.rate), cast("float | None", held.duration)
    if rate is not None:
        fixed = None if duration is None else duration / factor  # together they fix n
        return _with_unit(factor * rate, "patients a month"), held.with_(rate=factor * rate, duration=fixed)
    assert duration is not None
    longer = held.with_(duration=factor * duration, knots=tuple(factor * month for month in held.knots))
    return _with_unit(factor * duration, "months"), longer


def _of_shape(scenario: BaseScenario) -> Iterator[Lever]:
    """Exponential controls as Weibull curves of the same medians, and piecewise ones with other hazards."""

    def bent(curve: Exponential, factor: float) -> Weibull:
        return Weibull(shape=factor, median=curve.median)

    def moved(curve: PiecewiseExponential, factor: float) -> PiecewiseExponential:
        return curve.with_(hazards=tuple(factor * hazard for hazard in curve.hazards))

    yield from _of_controls(scenario, "control shape (1: exponential)", "", Exponential, bent)
    yield from _of_controls(scenario, "control hazards", "x ", PiecewiseExponential, moved)


def _of_controls(scenario: BaseScenario, name: str, sign: str, kind: type[Curve], changed: Any) -> Iterator[Lever]:
    """Every control curve of a kind changed by the factors."""
    low, high = (_with_controls(scenario, kind, lambda curve, f=f: changed(curve, f)) for f in FACTORS)
    if low != scenario:
        yield name, FACTOR, ((f"{sign}{FACTORS[0]:g}", low), (f"{sign}{FACTORS[1]:g}", high))


def _with_controls(scenario: Any, kind: type[Curve], changed: Any) -> Any:
    held = getattr(scenario, "strata", ())  # there are none of responses
    if not held:
        return scenario.with_(control=replace(scenario.control, kind, changed))
    strata = (s.with_(control=replace(s.control, kind, changed)) for s in held)
    return scenario.with_(strata=tuple(strata))


# ---- places ------------------------------------------------------------------------------------------


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]


def _with(item: Any, path: str, new: float) -> Any:
    """A value with a number put in a place."""
    return _put(item, _steps(path), new)


def _put(item: Any, steps: list[str | int], new: float) -> Any:
    if not steps:
        return new
    first, rest = steps[0], steps[1:]
    if isinstance(first, int):
        return tuple(_put(part, rest, new) if i == first else part for i, part in enumerate(item))
    return item.with_(**{first: _put(item._arguments()[first], rest, new)})


class Name(NamedTuple):
    """What the number in a place is called; nothing where it is no number of nature."""

    what: str
    unit: str = ""
    where: tuple[str, ...] = ()


def _together(names: list[Name]) -> str:
    """The name of a number that stands in several places."""
    where = dict.fromkeys(", ".join(name.where) for name in names if name.where)
    return " and ".join(dict.fromkeys(name.what for name in names)) + (f" ({', '.join(where)})" if where else "")


def _name(scenario: BaseScenario, path: str, coordinate: int) -> Name:
    steps = _steps(path)
    if isinstance(steps[-1], int):  # of a pair
        coordinate, steps = steps[-1], steps[:-1]
    field = str(steps[-1])
    if field == "joint":
        second = _SECOND[type(_at(scenario.resolved, steps[:-1])).__name__]
        field = ("median", second)[coordinate]
    known = _ENROLLED if steps[0] == "enrollment" and field in _ENROLLED else _FIELDS
    if field not in known:
        return Name("")
    name, unit = known[field]
    name = getattr(_at(scenario.resolved, steps[:-1]), "named", name)  # of an effect on a rate
    if field == "weights":
        name = f"share of {_part(scenario, steps, coordinate)}"
    whose = "" if field in _NAMED or known is _ENROLLED else f"{_arm(steps)} "
    return Name(whose + name, unit, _which(scenario, steps))


def _arm(steps: list[str | int]) -> str:
    """Whose number it is."""
    roles = [step for step in steps if step in ("control", "effect", "experimental", "dropout")]
    return _EXPERIMENTAL if roles[0] == "effect" else str(roles[0])


def _which(scenario: Any, steps: list[str | int]) -> tuple[str, ...]:
    """Which part of a mixture, arm of a pair of curves or stratum it belongs to."""
    found = []
    for step, number in pairwise(steps):
        if step == "curves" and isinstance(number, int):
            found.append(_part(scenario, steps, number))
        if step == "dropout" and isinstance(number, int):
            found.append((_CONTROL, _EXPERIMENTAL)[number])
        if step == "strata" and isinstance(number, int):
            found.append(scenario.strata[number].name)
    return tuple(found)


def _part(scenario: BaseScenario, steps: list[str | int], number: int) -> str:
    """What a part of a mixture is called."""
    held: Any = scenario
    for step in steps:
        if isinstance(held, Mix):
            return held.names[number]
        held = held[step] if isinstance(step, int) and isinstance(held, tuple) else getattr(held, str(step), None)
    return f"part {number + 1}"


def _at(item: Any, steps: list[str | int]) -> Any:
    for step in steps:
        item = item[step] if isinstance(step, int) else getattr(item, step)
    return item


def _with_unit(x: float, unit: str) -> str:
    return f"{x:.3g} {unit}".rstrip()
