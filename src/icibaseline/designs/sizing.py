"""The search for the number of patients that reaches a power or an assurance."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline._values import FloatArray
from icibaseline.designs.averaging import assurance_only, fixed_events
from icibaseline.designs.base import FormulaDesign, Sized
from icibaseline.errors import InvalidInput, NoSolution
from icibaseline.scenario import BaseScenario
from icibaseline.solve import root

__all__ = ["GOALS", "Goal", "events_required", "exact_n", "size_by_formula"]

_START, _LARGEST = 64.0, 10_000_000
_NOTHING = 1e-9  # of a probability
_FAR = (1e3, 1e4, 1e5)  # patients
_MANY = 1000  # patients from which on more of them should still add power
_SPARSE = 6
_SCAN = tuple(float(n) for n in np.unique(np.geomspace(4, 4096, 61).round()))


class Goal(ABC):
    """What n is searched for: a function of n, its limit, and what is said when it cannot be reached."""

    name: ClassVar[str]
    margin: ClassVar[float]  # how close to the limit a target may be

    def __init__(self, design: FormulaDesign, scenario: BaseScenario, beyond: str | None = None) -> None:
        self.design, self.scenario = design, scenario
        self.beyond = beyond  # why the effect of the typical case cannot be shown, where it favours the arm and cannot
        self._known: dict[float, tuple[float, float]] = {}

    @abstractmethod
    def reached(self, n: float) -> tuple[float, float]:
        """The value at n, and its limit as n grows."""

    def value(self, n: float) -> tuple[float, float]:
        """The same, or nothing where so many patients cannot have the looks; worked out once for each n."""
        if n not in self._known:
            try:
                self._known[n] = self.reached(n)
            except InvalidInput:
                self._known[n] = 0.0, 1.0
        return self._known[n]

    @property
    @abstractmethod
    def world(self) -> BaseScenario:
        """The scenario whose priors, if any, the value is averaged over."""

    @abstractmethod
    def hopeless(self, target: float, limit: float) -> str:
        """Why no n reaches a target at or beyond the limit."""

    def unfavourable(self, target: float) -> str:
        """Why no n reaches anything when the effect is on the wrong side of the null, or too small to be shown."""
        if self.beyond is not None:
            return f"`{self.name}` must be reachable; got {target:g}. {self.beyond}"
        typical = self.scenario.typical
        effects = " and ".join(dict.fromkeys(map(str, typical.effects)))
        return (
            f"`{self.name}` must be reachable; got {target:g}, but by the last look the effect ({effects}) does not "
            f"favour the experimental arm. {typical.favourable}"
        )


@final
class Power(Goal):
    """Power in the typical case."""

    name, margin = "power", 0.0

    @cached_property
    def world(self) -> BaseScenario:
        """The scenario without its priors."""
        return self.scenario.typical.resolved

    def reached(self, n: float) -> tuple[float, float]:
        """Power at n, and 1 if it grows to that."""
        evaluation = self.design.sized(n).as_planned(self.world)
        return float(evaluation.power[0]), 1.0 if evaluation.drift[0] > 0 else 0.0

    def hopeless(self, target: float, limit: float) -> str:
        """The effect does not favour the experimental arm."""
        return self.unfavourable(target)


@final
class Assurance(Goal):
    """Power averaged over the priors."""

    name, margin = "assurance", _NOTHING

    @property
    def world(self) -> BaseScenario:
        """The scenario itself."""
        return self.scenario

    def reached(self, n: float) -> tuple[float, float]:
        """Assurance at n, and its ceiling."""
        return assurance_only(self.design.sized(n).plan_for(self.scenario), self.scenario)

    def hopeless(self, target: float, limit: float) -> str:
        """The target lies above the ceiling."""
        if limit < _NOTHING:
            return self.unfavourable(target)
        return (
            f"`assurance` must be below its ceiling {limit:.4g}, the probability under the priors that the alternative "
            f"is true, to which it tends as n grows; got {target:g}. No number of patients reaches it: ask for less, "
            "or state a narrower prior on the effect."
        )


GOALS: dict[str, type[Power] | type[Assurance]] = {goal.name: goal for goal in (Power, Assurance)}


def size_by_formula(
    design: FormulaDesign, scenario: BaseScenario, kind: str, target: float, beyond: str | None = None
) -> Sized:
    """The design with the next multiple of the allocation at or above the continuous solution.

    `beyond` says why no number of patients shows the effect of the typical case, where that is so.
    """
    design = design.aimed(target) if kind == Power.name else design  # an assurance leaves beta to the plan's drift
    goal = GOALS[kind](design, scenario, beyond)
    exact = exact_n(goal, target)
    step = design.size_step()
    n = step * math.ceil(exact / step * (1 - 1e-12))
    return Sized(design.sized(n), exact, events_required(goal, target, exact))


def exact_n(goal: Goal, target: float) -> float:
    """Continuous n at which the goal reaches its target."""
    low, high = _doubled(goal, target)
    while low == 0.0 and high > 2:
        if goal.value(high / 2)[0] < target:
            low = high / 2
        else:
            high /= 2
    if low == 0.0:
        return high
    quantile = float(ndtri(target))

    def gap(n: FloatArray) -> FloatArray:
        return np.array([ndtri(min(max(goal.value(float(n[0]))[0], 1e-300), 1 - 1e-16)) - quantile])

    return float(root(gap, np.array([low]), np.array([high]), tolerance=1e-10, zero=1e-12)[0])


def _doubled(goal: Goal, target: float) -> tuple[float, float]:
    """A bracket of n, found by doubling."""
    low, high, before = 0.0, _START, 0.0
    while True:
        seen, limit = goal.value(high)
        if seen >= target:
            return low, high
        beyond = target >= limit - goal.margin
        still = high > _MANY and seen - before < _NOTHING
        if beyond or still or 2 * high > _LARGEST:
            break
        low, high, before = high, 2 * high, seen
    scan = _SCAN[::_SPARSE] if beyond else _SCAN  # a limit that is known is seldom passed on the way
    tried = [(n, goal.value(n)[0]) for n in scan if n <= max(high, _MANY)] if limit > 0 else []
    for (earlier, _), (n, value) in pairwise([(0.0, 0.0), *tried]):
        if value >= target:  # power need not grow with n at fixed events
            return earlier, n
    if beyond:
        raise NoSolution(goal.hopeless(target, limit))
    if not any(value for _, value in tried):
        goal.reached(_START)  # says why it cannot be
    raise NoSolution(_saturated(goal, target, max([(high, seen), *tried], key=lambda pair: pair[1])))


def _saturated(goal: Goal, target: float, best: tuple[float, float]) -> str:
    step = goal.design.size_step()
    multiples = (step * max(math.floor(best[0] / step), 1), step * math.ceil(best[0] / step))
    n = max(multiples, key=lambda n: goal.value(n)[0])
    seen = f"the best that was seen is {goal.value(n)[0]:.4g}, at n = {n:g}"
    if _forbidden_by_futility(goal, target):
        return (
            f"`{goal.name}` must be a value that some number of patients reaches; got {target:g}, but {seen}: the "
            f"futility bound ({goal.design.boundary.futility}) stops the trials that would reject. "  # type: ignore[attr-defined]
            "Loosen it, or ask for less."
        )
    events = fixed_events(goal.design, goal.world, target)
    needed = "More events are" if events is None else f"About {events:.0f} events are"
    return (
        f"`{goal.name}` must be a value that some number of patients reaches; got {target:g}, but {seen}. "
        f"{needed} needed: look later, at more events, or ask for less."
    )


def _forbidden_by_futility(goal: Goal, target: float) -> bool:
    """Whether the same design without a bound for futility reaches the target."""
    boundary: Any = getattr(goal.design, "boundary", None)
    if not getattr(boundary, "futility", None):
        return False
    names = {"futility", "binding", "beta", "futility_looks"}
    plain = {f.name: f.default for f in attrs.fields(type(boundary)) if f.name in names}
    design: Any = goal.design
    other = type(goal)(design.with_(boundary=boundary.with_(**plain)), goal.scenario)
    return any(other.value(n)[0] >= target for n in _FAR)


def events_required(goal: Goal, target: float, n_exact: float) -> float:
    """Events of the named formula at a look fixed by events, or those expected at the exact n."""
    closed = fixed_events(goal.design, goal.world, target)
    if closed is not None:
        return closed
    exact = goal.design.sized(n_exact).as_planned(goal.scenario)
    return float(exact.events[0, -1])
