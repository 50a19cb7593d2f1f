"""The search for the number of patients that reaches a power or an assurance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from icibaseline._values import FloatArray
from icibaseline.designs.averaging import assurance_only, fixed_events
from icibaseline.designs.base import Design
from icibaseline.errors import NoSolution
from icibaseline.scenario import Scenario
from icibaseline.solve import root

__all__ = ["events_required", "exact_n"]

_LARGEST = 10_000_000
_CEILING = 1e-9
_MANY = 1000  # patients from which on more of them should still add power


def _power_of(design: Design, scenario: Scenario) -> Callable[[float], tuple[float, float]]:
    """N -> (power, its limit)."""
    typical = scenario.typical.resolved

    def reached(n: float) -> tuple[float, float]:
        evaluation = design.sized(n).plan_for(typical).evaluate(typical)
        return float(evaluation.power[0]), 1.0 if evaluation.drift[0] > 0 else 0.0

    return reached


def _assurance_of(design: Design, scenario: Scenario) -> Callable[[float], tuple[float, float]]:
    """N -> (assurance, its ceiling)."""
    return lambda n: assurance_only(design.sized(n).plan_for(scenario), scenario)


def exact_n(design: Design, scenario: Scenario, kind: str, target: float) -> float:
    """Continuous n at which "power" or "assurance" reaches its target."""
    reached = {"power": _power_of, "assurance": _assurance_of}[kind](design, scenario)
    low, high = 0.0, 64.0
    seen, ceiling = 0.0, 1.0
    while True:
        before = seen
        seen, ceiling = reached(high)
        if target >= ceiling - (_CEILING if kind == "assurance" else 0):
            raise NoSolution(_hopeless(kind, target, ceiling, scenario))
        if seen >= target:
            break
        if high > _MANY and seen - before < _CEILING:
            raise NoSolution(_saturated(kind, target, seen, fixed_events(design, scenario, target)))
        low, high = high, 2 * high
        if high > _LARGEST:
            raise NoSolution(
                f"`{kind}` must be a value that some n up to {_LARGEST:,} reaches; got {target:g}, "
                f"but n = {low:,.0f} gives {seen:.4g} (ceiling {ceiling:.4g}). "
                "Ask for less, follow patients for longer, or test more events."
            )
    while low == 0.0 and high > 2:
        if reached(high / 2)[0] < target:
            low = high / 2
        else:
            high /= 2
    quantile = float(ndtri(target))

    def gap(n: FloatArray) -> FloatArray:
        return np.array([ndtri(min(max(reached(float(n[0]))[0], 1e-300), 1 - 1e-16)) - quantile])

    if low == 0.0:
        return high
    return float(root(gap, np.array([low]), np.array([high]), tolerance=1e-10)[0])


def _saturated(kind: str, target: float, seen: float, events: float | None) -> str:
    needed = "more events" if events is None else f"about {events:.0f} events"
    return (
        f"`{kind}` must be a value that the events of the last look can give; got {target:g}, "
        f"but they give {seen:.4g} however many patients. {needed[0].upper()}{needed[1:]} are needed."
    )


def _hopeless(kind: str, target: float, ceiling: float, scenario: Scenario) -> str:
    if kind == "power" or ceiling < _CEILING:
        effects = " and ".join(dict.fromkeys(str(part.effect) for part in scenario.typical.resolved.parts))
        return (
            f"`{kind}` must be reachable; got {target:g}, but by the last look the effect ({effects}) does not favour "
            "the experimental arm. A hazard ratio is experimental over control, below 1 favours experimental; "
            "a delay must end before the look."
        )
    return (
        f"`assurance` must be below its ceiling {ceiling:.4g}, the probability under the priors that the experimental "
        f"arm is better; got {target:g}. No number of patients reaches it: ask for less, or state a narrower prior "
        "on the effect."
    )


def events_required(design: Design, scenario: Scenario, kind: str, target: float, n_exact: float) -> float:
    """Events of the named formula at a look fixed by events, or those expected at the exact n."""
    closed = fixed_events(design, scenario if kind == "assurance" else scenario.typical, target)
    if closed is not None:
        return closed
    typical = scenario.typical.resolved
    exact = design.sized(n_exact).plan_for(typical).evaluate(typical)
    return float(exact.events[0, -1])
