"""Pictures of plans: power against n, the course of the trial, and what matters."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import Design, Plan, Randomized, RandomizedResponse, SingleArm, StagePlan
from icibaseline.designs.averaging import sampled
from icibaseline.designs.base import FormulaDesign
from icibaseline.designs.count_power import Truth, average_power
from icibaseline.designs.goals import Power
from icibaseline.errors import InvalidInput, NoSolution
from icibaseline.report.hooks import type_one_errors
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import labels_above, outlined, spaced
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, LINES, MUTED, SOFT, finish, key, right_of
from icibaseline.report.sensitivity import Change, End, changes
from icibaseline.rules import OneLookRule
from icibaseline.scenario import BaseScenario, ResponseScenario, Scenario
from icibaseline.statistics.base import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NARROW", "PowerAgainstN", "Timeline", "Tornado", "spreads"]

_CERTAIN = 0.9995  # a ceiling above it is printed as 1 and says nothing
_LEAST, _MOST = 0.08, 2.5  # of n, where the curves begin and end
_POINTS, _COSTLY = 41, 17  # of the curve of power, and of that of assurance
_VALUES = 512  # of the priors
_LABEL = 0.22  # of the axis, that the name of a size takes
_FEW, _REMEMBERED = 64, 64  # values of the priors that tell whether there is a spread, and answers
NARROW = 1e-6  # a spread below this fraction is rounding
_COUNTED = 1000  # sizes of a curve of counts, which is not smooth
_KEPT = 8  # plans whose curves are remembered for what is said of them


class Curves(NamedTuple):
    """Power and assurance of a plan at other sizes, and what they are compared with."""

    n: FloatArray
    power: FloatArray
    sizes: FloatArray  # of the assurance; empty where nothing is uncertain
    assurance: FloatArray
    ceiling: float | None
    typical_n: int | None  # that reaches the target in the typical case, if the plan was not sized for that


@lru_cache(maxsize=_REMEMBERED)
def spreads(design: Design, scenario: BaseScenario, what: str) -> bool:
    """Whether the power, events or months of a trial depend on where in the priors the truth lies, or on the looks."""
    if not scenario.unknowns:
        return False
    found = sampled(design, scenario, _FEW)
    x = found.power if what == "power" else getattr(found, what)
    return bool(np.ptp(x) > NARROW * np.abs(x).max())


@lru_cache(maxsize=_KEPT)
def curves(plan: Plan) -> Curves:
    """The curves of a plan; NaN where so few patients cannot have the looks."""
    world = plan.scenario.typical.resolved
    n = _grid(plan, _POINTS)
    power = _power(plan, n, world)
    if not _uncertain(plan):
        return Curves(n, power, np.empty(0), np.empty(0), None, None)
    sizes = _grid(plan, _COSTLY)
    assurance = [_or_nan(lambda x: _assurance(_sized(plan, x), plan.scenario), x) for x in sizes]
    ceiling = plan.averaged.ceiling
    shown = ceiling if ceiling is not None and ceiling < _CERTAIN else None
    return Curves(n, power, sizes, np.array(assurance), shown, _typical_n(plan))


def _power(plan: Plan, n: FloatArray, world: BaseScenario) -> FloatArray:
    """Power in a world without priors at other sizes."""
    design = plan.design
    if isinstance(design, SingleArm) and isinstance(design.rule, OneLookRule):
        assert isinstance(world, ResponseScenario)
        truth = Truth.of(float(np.asarray(world.rates.experimental)))
        return np.asarray(average_power(design.rule, n.astype(int), design.reference, truth))
    return np.array([_or_nan(lambda x: float(_sized(plan, x).plan_for(world).evaluate(world).power[0]), x) for x in n])


def _uncertain(plan: Plan) -> bool:
    """Whether assurance is another thing than power."""
    return spreads(plan.design, plan.scenario, "power")


def _counted(plan: Plan) -> bool:
    """Whether responses are counted and their law is not approximated, so that power goes up and down with n."""
    design = plan.design
    return not design.test.normal if isinstance(design, RandomizedResponse) else isinstance(design.planned, StagePlan)


def _grid(plan: Plan, points: int) -> FloatArray:
    """Sizes around that of the plan, closer together where they are small; that of the plan is one of them."""
    design = plan.design
    if _counted(plan):
        step = float(design.size_step()) if isinstance(design, FormulaDesign) else 1.0
        sizes = step * np.arange(max(2, math.ceil(_LEAST * plan.n / step)), math.floor(_MOST * plan.n / step) + 1)
        several = max(1, math.ceil(len(sizes) / (_COUNTED if points == _POINTS else points)))
        return np.unique(np.append(sizes[::several], float(plan.n)))
    least = max(_LEAST * plan.n, float(design.size_step()) if isinstance(design, FormulaDesign) else 1.0)
    spread = least + (_MOST * plan.n - least) * np.linspace(0, 1, points) ** 1.5
    spread = spread if isinstance(design, FormulaDesign) else np.round(spread)
    return np.unique(np.append(spread, float(plan.n)))


def _sized(plan: Plan, n: float) -> Design:
    """The design of a plan with other patients, unplanned."""
    design = plan.design
    return design.sized(n) if isinstance(design, FormulaDesign) else design.unsized().with_(n=n, planned=None)


def _assurance(design: Design, scenario: BaseScenario) -> float:
    """To 1e-3, which nobody sees; the assurance of the plan itself is printed as it is."""
    return float(sampled(design.plan_for(scenario), scenario, _VALUES).power.mean())


def _or_nan(at: Any, n: float) -> float:
    try:
        return float(at(float(n)))
    except InvalidInput:
        return math.nan


def _typical_n(plan: Plan) -> int | None:
    if not plan.goal.world(plan.scenario).unknowns:
        return None
    try:
        found = plan.design.unsized().find(plan.scenario, Power(plan.goal.target))
    except NoSolution:
        return None
    return None if found.design.n is None else int(found.design.n)


@view
@final
class PowerAgainstN(View):
    """Power against the number of patients, and assurance where something is uncertain, with its ceiling."""

    name, of, size = "power", Plan, (7.2, 4.0)

    def suits(self, item: Plan) -> bool:
        """Whether the design has a number of patients that can be another one by itself."""
        return isinstance(item.design, (FormulaDesign, SingleArm))

    def draw(self, item: Plan, axes: Axes) -> None:
        """Curves, the target, the ceiling, the size of the plan, and what was simulated."""
        found, uncertain = curves(item), _uncertain(item)
        label = "power, typical case" if uncertain else "power"
        axes.plot(found.n, found.power, color=CONTROL, lw=0.9 if _counted(item) else 1.5, label=label)
        self._mark(axes, item.n, item.power, CONTROL, (-5, 4))
        if uncertain:
            axes.plot(found.sizes, found.assurance, color=EXPERIMENTAL, ls="--", label="assurance, over the priors")
            self._mark(axes, item.n, item.assurance, EXPERIMENTAL, (5, -4))
        self._simulated(item, axes)
        word = "success" if item.design.roles else "rejecting"
        axes.set(xlim=(0, float(found.n[-1])), ylim=(0, 1.1), xlabel="patients", ylabel=f"probability of {word}")
        axes.set_yticks(np.linspace(0, 1, 6))
        self._levels(item, found.ceiling, axes)
        sizes = [(item.n, f"plan:\nn = {item.n}")]
        if found.typical_n is not None:
            sizes.append((found.typical_n, f"typical case:\nn = {found.typical_n}"))
        self._sizes(axes, sorted(sizes))
        finish(axes)
        key(axes, columns=3)

    @staticmethod
    def _mark(axes: Axes, n: float, power: float, colour: str, away: tuple[int, int]) -> None:
        """A dot with its number where a rising curve is not: above to the left, below to the right."""
        axes.plot([n], [power], "o", color=colour, ms=6)
        across, up = ("right", "bottom") if away[0] < 0 else ("left", "top")
        axes.annotate(
            f"{power:.3f}", (n, power), xytext=away, textcoords="offset points", color=colour, ha=across, va=up,
            path_effects=outlined(),
        )  # fmt: skip

    @staticmethod
    def _levels(item: Plan, ceiling: float | None, axes: Axes) -> None:
        """Target and ceiling, named beside the axes."""
        kind, target = item.target
        axes.axhline(target, color=INK, lw=1.1, ls=":")
        levels = [(target, f"target {target:g}\nof {kind}")]
        if ceiling is not None:
            axes.axhline(ceiling, color=MUTED, lw=1.2, ls="-.")
            levels.append((ceiling, f"ceiling {ceiling:.3f}\nof assurance"))
        levels.sort()
        for k, place in spaced([level for level, _ in levels], 0.13, 0.0, 1.1):
            right_of(axes, levels[k][1], place)

    @staticmethod
    def _sizes(axes: Axes, sizes: list[tuple[int, str]]) -> None:
        """Lines, named to their right; of two that are close the first is named to its left."""
        near = sizes[-1][0] - sizes[0][0] < _LABEL * axes.get_xlim()[1]
        for k, (n, text) in enumerate(sizes):
            left = near and k < len(sizes) - 1
            axes.axvline(n, color=MUTED, lw=0.9)
            axes.annotate(
                text, (n, 0.02), xytext=(-4 if left else 4, 0), textcoords="offset points", va="bottom", color=MUTED,
                ha="right" if left else "left", path_effects=outlined(),
            )  # fmt: skip

    @staticmethod
    def _simulated(item: Plan, axes: Axes) -> None:
        """Simulations of the alternative that the plan carries, with 95 % limits of Monte Carlo error."""
        shown = [r for r in item.simulated if not r.design.is_null(r.scenario)]
        if shown:
            n, power = [float(r.design.n or 0) for r in shown], [r.power for r in shown]
            error = [1.96 * r.error for r in shown]
            axes.errorbar(n, power, error, fmt="s", ms=5, mfc="white", color=INK, capsize=3, label="simulated")

    def says(self, item: Plan) -> str:
        """Power and assurance at n, target and ceiling."""
        found = curves(item)
        sentence = f"Power against the number of patients: {item.power:.3f} at the n = {item.n} of the plan"
        if _uncertain(item):
            sentence += f", where the assurance is {item.assurance:.3f}"
        if found.ceiling is not None:
            sentence += f" and tends to its ceiling {found.ceiling:.3f} as n grows"
        typical = "" if found.typical_n is None else f", reached at n = {found.typical_n} in the typical case"
        return f"{sentence}. The target is {item.target[0]} {item.target[1]:g}{typical}."


# ---- the course of the trial -------------------------------------------------------------------------


class Course(NamedTuple):
    """What is expected by months of the calendar in the typical case."""

    months: FloatArray
    patients: FloatArray
    events: FloatArray  # (months, 2), control and experimental
    enrolled: float  # month in which the last patient enters


def course(plan: Plan) -> Course:
    """Expected patients and events of a plan from the start to its last look."""
    design, world = plan.design, plan.scenario.typical.resolved
    assert isinstance(design, Randomized)
    assert isinstance(world, Scenario)
    accrual = world.enrollment.accrual(plan.n)
    end = max(plan.months[-1], float(accrual.duration))
    months = np.linspace(0, 1.04 * end, 160)[1:]
    months = np.unique(np.append(months, [*plan.months, float(accrual.duration)]))
    nowhere = np.zeros((1, len(months)), dtype=bool)
    trial = Trial(world, plan.n, design.ratio, accrual, months[None], nowhere)
    found = design.statistic.course(trial)
    start = np.zeros((1, 2))
    return Course(
        np.append(0.0, months),
        np.append(0.0, found.n[0]),
        np.concatenate([start, found.events[0]]),
        float(accrual.duration),
    )


@view
@final
class Timeline(View):
    """Expected patients and events of the arms by calendar month, with the looks."""

    name, of, size = "timeline", Plan, (6.8, 4.3)

    def suits(self, item: Plan) -> bool:
        """Whether the trial has two arms that are followed over time."""
        return isinstance(item.design, Randomized)

    def draw(self, item: Plan, axes: Axes) -> None:
        """Three curves, the end of enrolment, and the looks."""
        found = course(item)
        enrolled = f"patients enrolled, all {item.n} by month {found.enrolled:.1f}"
        axes.plot(found.months, found.patients, color=INK, ls=":", label=enrolled)
        for arm, (colour, style) in enumerate(LINES[:2]):
            label = f"events, {('control', 'experimental')[arm]} arm"
            axes.plot(found.months, found.events[:, arm], color=colour, ls=style, label=label)
        right = float(found.months[-1])
        axes.set(
            xlim=(0, right), ylim=(0, 1.28 * item.n), xlabel="months since the start", ylabel="patients, or events"
        )
        axes.plot([found.enrolled], [item.n], "o", color=INK, ms=4)
        pairs = zip(item.months, item.characteristics.events, strict=True)
        labels = [f"look {k}\nmonth {month:.1f}\n{seen:.0f} events" for k, (month, seen) in enumerate(pairs, 1)]
        labels_above(axes, item.months, labels, bottom=0.82, wide=0.14 * right)
        finish(axes)
        key(axes, columns=3)

    def says(self, item: Plan) -> str:
        """The end of enrolment, and the looks."""
        found = course(item)
        looks = "; ".join(
            f"look {k + 1} in month {month:.1f} with {seen:.1f} events"
            for k, (month, seen) in enumerate(zip(item.months, item.characteristics.events, strict=True))
        )
        return f"{item.n} patients are enrolled by month {found.enrolled:.1f}; {looks}."


# ---- what matters ------------------------------------------------------------------------------------


@lru_cache(maxsize=_KEPT)
def swings(plan: Plan) -> tuple[Change, ...]:
    """What happens to the power where one number is otherwise."""
    return changes(plan.design, plan.scenario)


@view
@final
class Tornado(View):
    """Power where one number of the scenario is lower or higher, what matters most on top."""

    name, of, size, row, last = "sensitivity", Plan, (7.4, 1.3), 0.42, True

    def rows(self, item: Plan) -> int:
        """One for each number."""
        return len(swings(item))

    def draw(self, item: Plan, axes: Axes) -> None:
        """Bars from the power of the plan to that with the lower and with the higher number."""
        found, base = swings(item), item.power
        looks: tuple[dict[str, Any], ...] = (
            {"color": SOFT, "hatch": "////", "edgecolor": "white", "label": "lower"},
            {"color": CONTROL, "label": "higher"},
        )
        for side, look in zip(("low", "high"), looks, strict=True):
            ends = [getattr(change, side).power for change in found]
            widths = [0.0 if end is None else end - base for end in ends]
            axes.barh(range(len(found)), widths, left=base, height=0.62, lw=0, **look)
        for place, change in enumerate(found):
            self._numbers(axes, place, change, base)
        axes.axvline(base, color=INK, lw=1.0)
        self._errors(axes, found)
        axes.set_yticks(range(len(found)), [f"{change.name}\n{change.basis}" for change in found], fontsize=8.5)
        least = -0.025 if item.design.roles else 0  # room for the marks of an error of 0
        axes.set(xlim=(least, 1), ylim=(len(found) - 0.45, -0.55), xlabel=self._label(item))
        axes.tick_params(axis="y", length=0)
        finish(axes, grid="x")
        key(axes, columns=2)

    @staticmethod
    def _label(item: Plan) -> str:
        said = type_one_errors(item.honest) if item.design.roles else None
        if said is None:
            return f"power, {item.power:.3f} as planned"
        return (
            f"bars: power, {item.power:.3f} as planned; diamonds: type I error, {said.value:.3f} against the benchmark"
        )

    @staticmethod
    def _errors(axes: Axes, found: tuple[Change, ...]) -> None:
        """Type I errors at the same ends, of a trial that is held against a benchmark."""
        looks = (("low", "white", INK, "lower"), ("high", EXPERIMENTAL, EXPERIMENTAL, "higher"))
        for side, face, colour, word in looks:
            ends = [(getattr(change, side).error, place) for place, change in enumerate(found)]
            held = [(error, place + 0.38) for error, place in ends if error is not None]
            if held:
                axes.plot(*zip(*held, strict=True), "D", ms=5.5, mfc=face, mec=colour, label=f"error, {word}")

    @staticmethod
    def _numbers(axes: Axes, place: int, change: Change, base: float) -> None:
        """The two numbers beside the bars, at their ends; one of which no trial can be run is left out."""
        ends = sorted((end.power, end.shown) for end in (change.low, change.high) if end.power is not None)
        for k, (power, shown) in enumerate(ends):
            left = k == 0 and (len(ends) == 2 or power < base)
            axes.annotate(
                shown, (min(power, base) if left else max(power, base), place), va="center", fontsize=8.5,
                xytext=(-4 if left else 4, 0), textcoords="offset points", ha="right" if left else "left",
            )  # fmt: skip

    def says(self, item: Plan) -> str:
        """Every number with the powers at its ends."""
        told = []
        for change in swings(item):
            ends = (_told(end) for end in (change.low, change.high) if end.power is not None)
            told.append(f"{change.name}: {' and '.join(ends)}")
        return f"Power, {item.power:.3f} as planned, where one number is otherwise. {'; '.join(told)}."


def _told(end: End) -> str:
    error = "" if end.error is None else f" (type I error {end.error:.3f})"
    return f"{end.power:.3f}{error} at {end.shown}"
