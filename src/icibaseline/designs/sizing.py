"""The search for the number of patients that reaches a power or an assurance."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline._values import FloatArray
from icibaseline.designs.averaging import fixed_events
from icibaseline.designs.base import FormulaDesign, Sized
from icibaseline.designs.goal import Goal
from icibaseline.errors import InvalidInput, NoSolution
from icibaseline.scenario import BaseScenario
from icibaseline.solve import root

__all__ = ["Search", "events_required", "exact_n", "size_by_formula"]

_START, _LARGEST = 64.0, 10_000_000
_NOTHING = 1e-9  # of a probability
_FAR = (1e3, 1e4, 1e5)  # patients
_MANY = 1000  # patients from which on more of them should still add power
_SPARSE = 6
_SCAN = tuple(float(n) for n in np.unique(np.geomspace(4, 4096, 61).round()))


class Search:
    """What n is searched for: the value of a goal as a function of n, worked out once for each."""

    def __init__(self, design: FormulaDesign, scenario: BaseScenario, goal: Goal, beyond: str | None = None) -> None:
        self.design, self.scenario, self.goal = design, scenario, goal
        self.world: BaseScenario = goal.world(scenario)
        self.beyond = beyond  # why the effect of the typical case cannot be shown, where it favours the arm and cannot
        self._known: dict[float, tuple[float, float]] = {}

    def reached(self, n: float) -> tuple[float, float]:
        """The value at n, and its limit as n grows."""
        return self.goal.reached(self.design.sized(n), self.scenario)

    def value(self, n: float) -> tuple[float, float]:
        """The same, or nothing where so many patients cannot have the looks."""
        if n not in self._known:
            try:
                self._known[n] = self.reached(n)
            except InvalidInput:
                self._known[n] = 0.0, 1.0
        return self._known[n]

    def hopeless(self, limit: float) -> str:
        """Why no n reaches the target."""
        if limit < _NOTHING and self.beyond is not None:
            return f"`{self.goal.name}` must be reachable; got {self.goal.target:g}. {self.beyond}"
        typical = self.scenario.typical
        effects = " and ".join(dict.fromkeys(map(str, typical.effects)))
        against = f"by the last look the effect ({effects}) does not favour the experimental arm. {typical.favourable}"
        return self.goal.hopeless(limit, "the alternative is true", against)


def size_by_formula(design: FormulaDesign, scenario: BaseScenario, goal: Goal, beyond: str | None = None) -> Sized:
    """The design with the next multiple of the allocation at or above the continuous solution.

    `beyond` says why no number of patients shows the effect of the typical case, where that is so.
    """
    search = Search(goal.aimed(design), scenario, goal, beyond)
    exact = exact_n(search)
    step = design.size_step()
    n = step * math.ceil(exact / step * (1 - 1e-12))
    return Sized(search.design.sized(n), exact, events_required(search, exact))


def exact_n(search: Search) -> float:
    """Continuous n at which the goal is reached."""
    target = search.goal.target
    low, high = _doubled(search)
    while low == 0.0 and high > 2:
        if search.value(high / 2)[0] < target:
            low = high / 2
        else:
            high /= 2
    if low == 0.0:
        return high
    quantile = float(ndtri(target))

    def gap(n: FloatArray) -> FloatArray:
        return np.array([ndtri(min(max(search.value(float(n[0]))[0], 1e-300), 1 - 1e-16)) - quantile])

    return float(root(gap, np.array([low]), np.array([high]), tolerance=1e-10, zero=1e-12)[0])


def _doubled(search: Search) -> tuple[float, float]:
    """A bracket of n, found by doubling."""
    target = search.goal.target
    low, high, before = 0.0, _START, 0.0
    while True:
        seen, limit = search.value(high)
        if seen >= target:
            return low, high
        beyond = search.goal.beyond(limit)
        still = high > _MANY and seen - before < _NOTHING
        if beyond or still or 2 * high > _LARGEST:
            break
        low, high, before = high, 2 * high, seen
    scan = _SCAN[::_SPARSE] if beyond else _SCAN  # a limit that is known is seldom passed on the way
    tried = [(n, search.value(n)[0]) for n in scan if n <= max(high, _MANY)] if limit > 0 else []
    for (earlier, _), (n, value) in pairwise([(0.0, 0.0), *tried]):
        if value >= target:  # power need not grow with n at fixed events
            return earlier, n
    if beyond:
        raise NoSolution(search.hopeless(limit))
    if not any(value for _, value in tried):
        search.reached(_START)  # says why it cannot be
    raise NoSolution(_saturated(search, max([(high, seen), *tried], key=lambda pair: pair[1])))


def _saturated(search: Search, best: tuple[float, float]) -> str:
    goal, design, target = search.goal, search.design, search.goal.target
    step = design.size_step()
    multiples = (step * max(math.floor(best[0] / step), 1), step * math.ceil(best[0] / step))
    n = max(multiples, key=lambda n: search.value(n)[0])
    seen = f"the best that was seen is {search.value(n)[0]:.4g}, at n = {n:g}"
    if _forbidden_by_futility(search):
        return (
            f"`{goal.name}` must be a value that some number of patients reaches; got {target:g}, but {seen}: the "
            f"futility bound ({design.boundary.futility}) stops the trials that would reject. "  # type: ignore[attr-defined]
            "Loosen it, or ask for less."
        )
    events = fixed_events(search.design, search.world, search.goal.target)
    needed = "More events are" if events is None else f"About {events:.0f} events are"
    return (
        f"`{goal.name}` must be a value that some number of patients reaches; got {target:g}, but {seen}. "
        f"{needed} needed: look later, at more events, or ask for less."
    )


def _forbidden_by_futility(search: Search) -> bool:
    """Whether the same design without a bound for futility reaches the target."""
    boundary: Any = getattr(search.design, "boundary", None)
    if not getattr(boundary, "futility", None):
        return False
    names = {"futility", "binding", "beta", "futility_looks"}
    plain = {f.name: f.default for f in attrs.fields(type(boundary)) if f.name in names}
    design: Any = search.design
    other = Search(design.with_(boundary=boundary.with_(**plain)), search.scenario, search.goal)
    return any(other.value(n)[0] >= search.goal.target for n in _FAR)


def events_required(search: Search, n_exact: float) -> float:
    """Events of the named formula at a look fixed by events, or those expected at the exact n."""
    closed = fixed_events(search.design, search.world, search.goal.target)
    if closed is not None:
        return closed
    exact = search.design.sized(n_exact).as_planned(search.scenario)
    return float(exact.events[0, -1])
