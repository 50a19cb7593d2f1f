"""How the history of a monitored trial is shown."""

from __future__ import annotations

import html as _html
import textwrap

from icibaseline._render import html, text
from icibaseline.monitoring import Monitoring
from icibaseline.monitoring.course import CONTROL, END, FUTILITY, REJECT
from icibaseline.monitoring.remarks import counted
from icibaseline.report.tables import Table, as_html, as_text

__all__ = ["ending", "history_table", "in_words", "legend", "what_is_known"]

_WIDTH = 100


def ending(item: Monitoring) -> str:
    """What the last look leads to, in a line."""
    said = {
        REJECT: f"reject: {item.design.alternative}",
        CONTROL: "reject: the control arm is better",
        FUTILITY: "stop for futility" + ("" if item.design.boundary.binding else ", which may be overruled"),
        END: "the trial ends without rejecting",
    }.get(item.decision, "continue")
    return f"after look {_which(item)}: {said}"


def _which(item: Monitoring) -> str:
    """The last look among those that are planned."""
    taken, number, planned = len(item.looks), item.numbers[-1], item.planned_looks
    if number == taken:
        return f"{taken} of {planned} planned"
    return f"{taken}, " + (f"number {number} of {planned} planned" if number else "which was not planned")


def in_words(item: Monitoring) -> str:
    """The question, and the last look in a sentence or two."""
    k = len(item.looks)
    bound = item.efficacy_bounds[-1]
    rule = "the look tests nothing" if bound == float("inf") else f"the trial rejects from Z = {bound:.3f} on"
    return (
        f"Is the trial to go on after look {k}, and what does it show so far? With {item.events[-1]:g} events, of "
        f"{counted(item.planned_events)} planned for the end, Z is {item.z[-1]:.3f}, and the hazard ratio is estimated "
        f"at {item.hazard_ratios[-1]:.3f}; {rule}. The decision is: {item.decision}."
    )


def what_is_known(item: Monitoring) -> list[str]:
    """Inference at the end of the trial, and the law of the effect."""
    return [*_final(item), *_law(item)]


def _final(item: Monitoring) -> list[str]:
    if item.interval is None:
        return []
    low, high = item.interval
    return [
        f"hazard ratio {item.hazard_ratio:.3f} (median unbiased), {100 * item.level:g} % interval {low:.3f} to "
        f"{high:.3f}, one-sided p {item.p_value:.4g}, by the stagewise ordering"
    ]


def _law(item: Monitoring) -> list[str]:
    if item.prior is None:
        return []
    now = str(item.posterior).splitlines()[0]
    return [
        f"hazard ratio a priori: {str(item.prior).splitlines()[0]}",
        f"after look {len(item.looks)}: {now}; below {item.null:g} with probability {item.probability_better[-1]:.3f}",
    ]


def legend(item: Monitoring) -> str:
    """What the heads of the table stand for."""
    predictive = "" if item.prior is None else "; PP: averaged over the law of the effect"
    bounds = "reject, futile: bounds" if _stops(item) else "reject: bound"
    return (
        f"{bounds} on Z; needed: one-sided p that rejects; CP: conditional power, the effect being as "
        f"planned, or as seen so far{predictive}"
    )


# ---- table -------------------------------------------------------------------------------------------


def history_table(item: Monitoring) -> Table:
    """One row for each look."""
    heads, columns = zip(*_columns(item), strict=True)
    return Table("", list(heads), [list(row) for row in zip(*columns, strict=True)])


def _columns(item: Monitoring) -> list[tuple[str, list[str]]]:
    """Heads and cells."""
    months = item.months
    columns = [("look", [str(k + 1) for k in range(len(months))])]
    if any(month is not None for month in months):
        columns.append(("month", ["-" if m is None else f"{m:.1f}" for m in months]))
    columns += [("events", _numbers(item.events, "g")), ("info", _numbers(item.information_fractions, ".3f"))]
    if not _on_information(item):
        columns.append(("time", _numbers(item.spending_times, ".3f")))
    columns += [("Z", _numbers(item.z, ".3f")), ("reject", _numbers(item.efficacy_bounds, ".3f"))]
    if _stops(item):
        columns.append(("futile", _numbers(_lower(item), ".3f")))
    columns += [
        ("p", _numbers(item.p_values, ".4f")),
        ("needed", ["-" if p == 0 else format(p, ".4g") for p in item.nominal_p]),
        ("HR", _numbers(item.hazard_ratios, ".3f")),
        (f"repeated {100 * item.level:g} %", [_interval(x) for x in item.repeated_intervals]),
        ("CP plan", _numbers(item.conditional_power, ".3f")),
        ("CP trend", _numbers(item.conditional_power_trend, ".3f")),
    ]
    if item.prior is not None:
        columns.append(("PP", _numbers(item.predictive_power, ".3f")))
    return [*columns, ("decision", list(item.decisions))]


def _on_information(item: Monitoring) -> bool:
    """Whether errors were spent as information came in; at the end all is spent."""
    pairs = zip(item.spending_times, item.information_fractions, strict=True)
    return all(spent in (1.0, min(seen, 1.0)) for spent, seen in pairs)


def _stops(item: Monitoring) -> bool:
    return any(abs(bound) < float("inf") for bound in _lower(item))


def _lower(item: Monitoring) -> tuple[float, ...]:
    """Futility bounds that say more than those of efficacy do."""
    pairs = zip(item.futility_bounds, item.efficacy_bounds, strict=True)
    return tuple(-float("inf") if abs(low) == high else low for low, high in pairs)


def _numbers(of: tuple[float, ...], form: str) -> list[str]:
    return [_number(x, form) for x in of]


def _number(x: float, form: str) -> str:
    return "-" if x != x or abs(x) == float("inf") else format(x, form)


def _interval(ends: tuple[float, float]) -> str:
    low, high = ends
    return "-" if high == float("inf") else f"{low:.3f} to {high:.3f}"


# ---- faces -------------------------------------------------------------------------------------------


@text.register
def _(item: Monitoring) -> str:
    table = history_table(item)
    top = [ending(item), *what_is_known(item)]
    below = [legend(item), *item.remarks]
    return "\n".join([*map(_wrapped, top), "", as_text(table.head, table.rows), *map(_wrapped, below)])


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)


@html.register
def _(item: Monitoring) -> str:
    table = history_table(item)
    known = "".join(f"<p>{_html.escape(line)}</p>" for line in what_is_known(item))
    below = "".join(f"<p>{_html.escape(line)}</p>" for line in (legend(item), *item.remarks))
    return as_html(table.head, table.rows, ending(item)) + known + below
