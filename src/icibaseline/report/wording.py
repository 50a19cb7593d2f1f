"""Short sentences for the parts of scenarios and designs."""

from __future__ import annotations

import textwrap
from fractions import Fraction
from functools import singledispatch
from typing import Any

from icibaseline._render import text
from icibaseline._values import Uncertain
from icibaseline.designs import Randomized
from icibaseline.enrollment import Enrollment
from icibaseline.report.provenance import References, Source, Sources, sources
from icibaseline.report.tables import number
from icibaseline.rules import AfterEnrollment, AtEvents, AtInformation, AtMonths, Fixed, InTurn, Looks
from icibaseline.scenario import BaseScenario, Stratum
from icibaseline.solve import Root
from icibaseline.statistics import LogRank

__all__ = ["headline", "listed", "looks_in_words"]


def listed(values: float | tuple[float, ...]) -> str:
    """Numbers in a sentence: 12, 24 and 36."""
    return _in_turn([number(v) for v in (values if isinstance(values, tuple) else (values,))])


def _in_turn(shown: list[str]) -> str:
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def _quantity(held: object, unit: str) -> str:
    return f"uncertain ({str(held).splitlines()[0]})" if isinstance(held, Uncertain) else f"{held:.4g} {unit}"


@text.register
def _(item: Enrollment) -> str:
    if item.rate is not None and item.duration is not None:
        return f"{_quantity(item.rate, 'patients a month')} over {_quantity(item.duration, 'months')}"
    if item.duration is not None:
        shape = "uniform" if not item.relative_rates else f"at relative rates {listed(item.relative_rates)}"
        changes = f", changing at month {listed(item.knots)}" if item.knots else ""
        return f"over {_quantity(item.duration, 'months')}, {shape}{changes}"
    if item.rate is not None:
        return f"at {_quantity(item.rate, 'patients a month')}"
    changes = f", changing at month {listed(item.knots)}" if item.knots else ""
    return f"at {listed(item.rates)} patients a month{changes}"


@text.register
def _(item: Stratum) -> str:
    return f"{item.name}: share {item.share:.4g}; {item.effect}"


@text.register
def _(item: BaseScenario) -> str:
    rows = [f"{s.role:<20}  {s.shown}  [{_origin(s)}]" for s in sources(item)]
    return "\n".join(rows) + (f"\n{'uncertain numbers':<20}  {len(item.unknowns)}" if item.unknowns else "")


def _origin(source: Source) -> str:
    return source.status if source.baseline is None else f"{source.baseline}; {source.status}"


@text.register
def _(item: Sources) -> str:
    lines = []
    for s in item:
        lines.append(f"{s.role}: {s.shown}")
        lines.append(f"    {_origin(s)}")
        long = (*s.documents, *(f'printed: "{fragment}"' for fragment in s.printed))
        lines += [
            textwrap.fill(x, 100, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
            for x in long
        ]
    return "\n".join(lines)


@text.register
def _(item: References) -> str:
    return "\n".join(f"{i}. {entry}" for i, entry in enumerate(item, 1))


@text.register
def _(item: Root) -> str:
    return f"x = {item.x:.8g}, where the function is {item.value:.8g} ({item.evaluations} evaluations)"


# ---- designs -----------------------------------------------------------------------------------------


@text.register
def _(item: LogRank) -> str:
    kind = "log-rank test" if item.stratified else "unstratified log-rank test"
    margin = "" if item.null == 1 else f", null hazard ratio {item.null:g}"
    permuted = f", permutation reference ({item.permutations})" if item.reference == "permutation" else ""
    return kind + margin + permuted


@text.register
def _(item: AtMonths) -> str:
    return f"look{'s' if item.count > 1 else ''} at month {listed(item.at)}"


@text.register
def _(item: AfterEnrollment) -> str:
    return f"look{'s' if item.count > 1 else ''} {listed(item.follow_up)} months after enrolment ends"


@text.register
def _(item: AtEvents) -> str:
    latest = "" if item.by is None else f", at latest in month {listed(item.by)}"
    return f"look{'s' if item.count > 1 else ''} at {listed(item.events)} events{latest}"


@text.register
def _(item: AtInformation) -> str:
    interim = item.fractions[:-1]
    if not interim:
        return str(item.final)
    return f"look{'s' if len(interim) > 1 else ''} at {listed(interim)} of the planned information, then {item.final}"


@text.register
def _(item: InTurn) -> str:
    return ", then ".join(str(part) for part in item.parts)


@text.register
def _(item: Fixed) -> str:
    return f"one-sided alpha {item.alpha:g} (two-sided {200 * item.alpha:g} %)"


@text.register
def _(item: Randomized) -> str:
    size = "unsized" if item.n is None else f"{item.n:g} patients"
    return f"{headline(item)}; {size}"


@singledispatch
def headline(item: object) -> str:
    """A design in a line, without its size."""
    return str(item)


@headline.register
def _(item: Randomized) -> str:
    ratio = Fraction(item.ratio).limit_denominator(20)
    return (
        f"Randomised trial, {ratio.numerator}:{ratio.denominator} (experimental:control), "
        f"{item.statistic}, {item.boundary}, {looks_in_words(item)}"
    )


def looks_in_words(item: Any) -> str:
    """The looks of a design; once it is planned, those that keep a month with that month."""
    return str(item.looks) if item.planned is None else _planned(item.looks, item.planned.months)


@singledispatch
def _planned(rule: Looks, months: tuple[float, ...]) -> str:
    """A look rule whose looks are planned at these months."""
    return str(rule)


@_planned.register
def _(rule: AfterEnrollment, months: tuple[float, ...]) -> str:
    many = "s" if rule.count > 1 else ""
    after = f"look{many} {listed(rule.follow_up)} months after the planned end of enrolment"
    return f"{after} (month{many} {_in_turn([f'{month:.1f}' for month in months])})"


@_planned.register
def _(rule: AtInformation, months: tuple[float, ...]) -> str:
    return str(rule).removesuffix(str(rule.final)) + _planned(rule.final, months[-1:])


@_planned.register
def _(rule: InTurn, months: tuple[float, ...]) -> str:
    shown, at = [], 0
    for part in rule.parts:
        shown.append(_planned(part, months[at : at + part.count]))
        at += part.count
    return ", then ".join(shown)
