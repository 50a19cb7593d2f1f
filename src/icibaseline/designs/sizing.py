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
_SCAN = tuple(float(n) for n in np.unique(np.geomspace(4, 4096, 61).round()))

Reached = Callable[[float], tuple[float, float]]  # n -> (power or assurance, its limit as n grows)


def _power_of(design: Design, scenario: Scenario) -> Reached:
    """N -> (power, its limit)."""
    typical = scenario.typical.resolved

    def reached(n: float) -> tuple[float, float]:
        evaluation = design.sized(n).plan_for(typical).evaluate(typical)
        return float(evaluation.power[0]), 1.0 if evaluation.drift[0] > 0 else 0.0

    return reached


def _assurance_of(design: Design, scenario: Scenario) -> Reached:
    """N -> (assurance, its ceiling)."""
    return lambda n: assurance_only(design.sized(n).plan_for(scenario), scenario)


def exact_n(design: Design, scenario: Scenario, kind: str, target: float) -> float:
    """Continuous n at which "power" or "assurance" reaches its target."""
    reached = {"power": _power_of, "assurance": _assurance_of}[kind](design, scenario)
    low, high = _doubled(reached, design, scenario, kind, target)
    while low == 0.0 and high > 2:
        if reached(high / 2)[0] < target:
            low = high / 2
        else:
            high /= 2
    if low == 0.0:
        return high
    quantile = float(ndtri(target))

    def gap(n: FloatArray) -> FloatArray:
        return np.array([ndtri(min(max(reached(float(n[0]))[0], 1e-300), 1 - 1e-16)) - quantile])

    return float(root(gap, np.array([low]), np.array([high]), tolerance=1e-10)[0])


def _doubled(reached: Reached, design: Design, scenario: Scenario, kind: str, target: float) -> tuple[float, float]:
    """A bracket of n, found by doubling."""
    low, high = 0.0, 64.0
    before = 0.0
    while True:
        seen, ceiling = reached(high)
        if seen >= target:
            return low, high
        beyond = target >= ceiling - (_CEILING if kind == "assurance" else 0)
        still = high > _MANY and seen - before < _CEILING
        if beyond or still or 2 * high > _LARGEST:
            break
        low, high, before = high, 2 * high, seen
    passed = _scanned(reached, target, high) if ceiling > 0 else None
    if passed is not None:
        return passed
    if beyond:
        raise NoSolution(_hopeless(kind, target, ceiling, scenario))
    best = max(((reached(n)[0], n) for n in _SCAN if n <= high), default=(seen, high))
    raise NoSolution(_saturated(kind, target, best, fixed_events(design, scenario, target)))


def _scanned(reached: Reached, target: float, high: float) -> tuple[float, float] | None:
    """A bracket below `high` where the target is passed all the same: power need not grow with n at fixed events."""
    low = 0.0
    for n in _SCAN:
        if n > max(high, _MANY):
            break
        if reached(n)[0] >= target:
            return low, n
        low = n
    return None


def _saturated(kind: str, target: float, best: tuple[float, float], events: float | None) -> str:
    needed = "More events are" if events is None else f"About {events:.0f} events are"
    return (
        f"`{kind}` must be a value that some number of patients reaches; got {target:g}, "
        f"but the best that was seen is {best[0]:.4g}, at n = {best[1]:.0f}. "
        f"{needed} needed: look later, at more events, or ask for less."
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
        f"`assurance` must be below its ceiling {ceiling:.4g}, the probability under the priors that the alternative "
        f"is true, to which it tends as n grows; got {target:g}. No number of patients reaches it: ask for less, or "
        "state a narrower prior on the effect."
    )


def events_required(design: Design, scenario: Scenario, kind: str, target: float, n_exact: float) -> float:
    """Events of the named formula at a look fixed by events, or those expected at the exact n."""
    closed = fixed_events(design, scenario if kind == "assurance" else scenario.typical, target)
    if closed is not None:
        return closed
    typical = scenario.typical.resolved
    exact = design.sized(n_exact).plan_for(typical).evaluate(typical)
    return float(exact.events[0, -1])
