"""Short sentences for group sequential boundaries, and the papers behind them."""

from __future__ import annotations

from typing import Any

import attrs

from icibaseline._render import text
from icibaseline._values import Value, walk
from icibaseline.report.tables import number
from icibaseline.rules import (
    BetaSpending,
    CalendarTime,
    CauchySpending,
    ExponentialSpending,
    ExtremeValue2Spending,
    ExtremeValueSpending,
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityPValue,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    InformationTime,
    KimDeMets,
    LogisticSpending,
    NormalSpending,
    OBrienFleming,
    PiecewiseSpending,
    Pocock,
    Spending,
    SpendingFunction,
    StudentSpending,
    WangTsiatis,
)

__all__ = ["papers"]

_FAMILIES: dict[type[SpendingFunction], tuple[str, str]] = {  # name, and the key of the paper
    OBrienFleming: ("Lan-DeMets O'Brien-Fleming", "lan1983"),
    Pocock: ("Lan-DeMets Pocock", "lan1983"),
    HwangShihDeCani: ("Hwang-Shih-DeCani", "hwang1990"),
    KimDeMets: ("Kim-DeMets", "kim1987"),
    ExponentialSpending: ("Anderson-Clark exponential", "anderson2010"),
    LogisticSpending: ("logistic", "anderson2010"),
    NormalSpending: ("normal", "anderson2010"),
    CauchySpending: ("Cauchy", "anderson2010"),
    StudentSpending: ("t-distribution", "anderson2010"),
    ExtremeValueSpending: ("extreme-value", "anderson2010"),
    ExtremeValue2Spending: ("extreme-value (minima)", "anderson2010"),
    BetaSpending: ("beta-distribution", "anderson2010"),
    PiecewiseSpending: ("piecewise linear", "lan1983"),
}
_PAPERS: dict[type[Value], tuple[str, ...]] = {
    Spending: ("armitage1969", "lan1983"),
    WangTsiatis: ("armitage1969", "wang1987"),
    HaybittlePeto: ("armitage1969", "peto1976"),
    FutilityConditionalPower: ("lan1988",),
    CalendarTime: ("lan1989",),
}


def papers(item: object) -> set[str]:
    """Keys of the papers behind the boundaries inside a value."""
    found: set[str] = set()
    for _, part in walk(item):
        found |= set(_PAPERS.get(type(part), ()))
        found |= {key for kind, (_, key) in _FAMILIES.items() if type(part) is kind}
        if isinstance(part, Spending) and isinstance(part.futility, SpendingFunction):
            found.add("pampallona2001")
    return found


@text.register
def _(item: SpendingFunction) -> str:
    fields = {f.name: (getattr(item, f.name), f.default) for f in attrs.fields(type(item))}
    shown = [f"{name} {_each(held)}" for name, (held, default) in fields.items() if held != default]
    return f"{_FAMILIES[type(item)][0]} spending" + (f" ({', '.join(shown)})" if shown else "")


def _each(held: Any) -> str:
    """One number for all looks, or one for each."""
    return "/".join(number(x) for x in held) if isinstance(held, tuple) else number(held)


@text.register
def _(item: InformationTime) -> str:
    return "on information" + (", at no look more than planned for it" if item.capped else "")


@text.register
def _(item: CalendarTime) -> str:
    return "in calendar time"


@text.register
def _(item: FutilityZ) -> str:
    return f"Z is below {_each(item.bound)}"


@text.register
def _(item: FutilityPValue) -> str:
    return f"the one-sided p value is above {_each(item.p)}"


@text.register
def _(item: FutilityHazardRatio) -> str:
    return f"the hazard ratio is above {_each(item.ratio)}"


@text.register
def _(item: FutilityConditionalPower) -> str:
    trend = "under the observed trend" if item.hazard_ratio is None else f"at hazard ratio {number(item.hazard_ratio)}"
    return f"conditional power {trend} is below {_each(item.power)}"


@text.register
def _(item: Spending) -> str:
    last_only = f"no efficacy testing before the last look, {_alpha(item)}"
    spent = f"{item.efficacy} of {_alpha(item)}{_only(item.efficacy_looks)}"
    parts = [last_only if item.efficacy is None else spent]
    if isinstance(item.futility, SpendingFunction):
        beta = "beta" if item.beta is None else f"beta {number(item.beta)}"
        parts.append(f"{_binding(item)} futility by {item.futility} of {beta}{_only(item.futility_looks)}")
    elif item.futility is not None:
        parts.append(f"{_binding(item)} futility where {item.futility}{_only(item.futility_looks)}")
    if item.time != InformationTime():
        parts.append(f"spent {item.time}")
    return ", ".join(parts)


@text.register
def _(item: WangTsiatis) -> str:
    named = {0.0: "O'Brien-Fleming bounds", 0.5: "Pocock bounds"}
    return _classical(item, named.get(item.delta, f"Wang-Tsiatis bounds (delta {number(item.delta)})"))


@text.register
def _(item: HaybittlePeto) -> str:
    return _classical(item, f"Haybittle-Peto bounds (Z = {number(item.z)} at interim looks)")


def _classical(item: WangTsiatis | HaybittlePeto, name: str) -> str:
    stop = "" if item.futility is None else f", {_binding(item)} futility where {item.futility}"
    return f"{name} with {_alpha(item)}{stop}"


def _alpha(item: Spending | WangTsiatis | HaybittlePeto) -> str:
    return f"one-sided alpha {item.alpha:g}" + (" on each of two sides" if item.sided == 2 else "")


def _binding(item: Spending | WangTsiatis | HaybittlePeto) -> str:
    return "binding" if item.binding else "non-binding"


def _only(looks: tuple[int, ...] | None) -> str:
    return "" if looks is None else f" (look{'s' if len(looks) > 1 else ''} {', '.join(map(str, looks))} only)"
