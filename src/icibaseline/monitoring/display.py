"""How the history of a monitored trial is printed."""

from __future__ import annotations

import textwrap

from icibaseline import _render
from icibaseline.monitoring.course import CONTROL, END, FUTILITY, REJECT
from icibaseline.monitoring.history import Monitoring

__all__: list[str] = []

_WIDTH = 110


def _number(x: float, form: str) -> str:
    return "-" if x != x or abs(x) == float("inf") else format(x, form)


def _interval(ends: tuple[float, float]) -> str:
    low, high = ends
    return "-" if high == float("inf") else f"{low:.3f} to {high:.3f}"


def _columns(item: Monitoring) -> list[tuple[str, list[str]]]:
    """Heads and cells."""

    def numbers(of: tuple[float, ...], form: str) -> list[str]:
        return [_number(x, form) for x in of]

    months = [look.month for look in item.looks]
    columns = [("look", [str(k + 1) for k in range(len(months))])]
    if any(month is not None for month in months):
        columns.append(("month", ["-" if m is None else f"{m:.1f}" for m in months]))
    columns += [
        ("events", numbers(item.events, "g")),
        ("info", numbers(item.information_fractions, ".3f")),
        ("Z", numbers(item.z, ".3f")),
        ("reject", numbers(item.efficacy_bounds, ".3f")),
    ]
    lower = [
        -float("inf") if abs(a) == b else a for a, b in zip(item.futility_bounds, item.efficacy_bounds, strict=True)
    ]
    if any(abs(bound) < float("inf") for bound in lower):
        columns.append(("futile", numbers(tuple(lower), ".3f")))
    columns += [
        ("p", numbers(item.p_values, ".4f")),
        ("needed", numbers(item.nominal_p, ".4g")),
        ("HR", numbers(item.hazard_ratios, ".3f")),
        (f"repeated {100 * item.level:g} %", [_interval(x) for x in item.repeated_intervals]),
        ("CP plan", numbers(item.conditional_power, ".3f")),
        ("CP trend", numbers(item.conditional_power_trend, ".3f")),
    ]
    if item.prior is not None:
        columns.append(("PP", numbers(item.predictive_power, ".3f")))
    return [*columns, ("decision", list(item.decisions))]


def _table(columns: list[tuple[str, list[str]]]) -> list[str]:
    """Aligned lines: the last column to the left, the others to the right."""
    widths = [max(map(len, (head, *cells))) for head, cells in columns]
    lines = zip(*((head, *cells) for head, cells in columns), strict=True)
    return [
        "  ".join([*(c.rjust(w) for c, w in zip(line[:-1], widths, strict=False)), line[-1]]).rstrip() for line in lines
    ]


def _ending(item: Monitoring) -> str:
    return {
        REJECT: f"reject: {item.design.alternative}",
        CONTROL: "reject: the control arm is better",
        FUTILITY: "stop for futility" + ("" if item._course.binding else ", which may be overruled"),
        END: "the trial ends without rejecting",
    }.get(item.decision, "continue")


def _headline(item: Monitoring) -> str:
    return f"after look {len(item.looks)} of {len(item._course.plan.events)} planned: {_ending(item)}"


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


def _legend(item: Monitoring) -> str:
    predictive = "" if item.prior is None else "; PP: averaged over the law of the effect"
    return (
        "reject, futile: bounds on Z; needed: one-sided p that rejects; CP: conditional power, the effect being as "
        f"planned,\nor as seen so far{predictive}"
    )


@_render.text.register
def _(item: Monitoring) -> str:
    words = [textwrap.fill(line, _WIDTH, subsequent_indent="    ") for line in (*_final(item), *_law(item))]
    return "\n".join([_headline(item), *words, "", *_table(_columns(item)), _legend(item)])
