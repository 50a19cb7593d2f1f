"""Pictures of what the priors let a planned trial come to: its power, its events and its length."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import Design, OperatingCharacteristics, Plan
from icibaseline.designs.averaging import sampled
from icibaseline.designs.base import Evaluation
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.plans import NARROW, spreads  # their default picture comes first in the list
from icibaseline.report.plots.style import CONTROL, INK, SOFT, finish, key
from icibaseline.scenario import BaseScenario, ResponseScenario, Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EventsSpread", "MonthsSpread", "PowerSpread", "ResponsesSpread"]

_MARKS = (0.1, 0.5, 0.9)
_BARS, _KEPT, _VALUES = 28, 4, 2048
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)  # widths of bars of power
_MOST = 24  # bars of power


class Law(NamedTuple):
    """Values with their probabilities, and the three quantiles that are marked."""

    x: FloatArray
    weights: FloatArray
    marks: tuple[float, ...]


def weighted_quantiles(x: FloatArray, weights: FloatArray, p: tuple[float, ...]) -> tuple[float, ...]:
    """The values by which fractions p of the weights are reached."""
    order = np.argsort(x)
    reached = np.cumsum(weights[order]) / weights.sum()
    return tuple(float(x[order][min(int(np.searchsorted(reached, q - 1e-12)), len(x) - 1)]) for q in p)


@lru_cache(maxsize=_KEPT)
def outcomes(design: Design, scenario: BaseScenario) -> Evaluation:
    """The formula at values of the priors that are equally likely."""
    return sampled(design, scenario, _VALUES)


def ends(item: OperatingCharacteristics, what: str) -> tuple[FloatArray, FloatArray]:
    """Events or months of the looks, and how likely the trial ends there: averaged over priors and looks."""
    found = outcomes(item.design, item.scenario)
    chance = found.reject + found.futility
    chance[:, -1] = 1 - chance[:, :-1].sum(axis=1)
    x = np.broadcast_to(getattr(found, what), chance.shape)
    return x.ravel(), np.clip(chance, 0.0, 1.0).ravel() / len(chance)


class _Spread(View):
    """A histogram over the priors, with its 10, 50 and 90 % points."""

    of = (Plan, OperatingCharacteristics)
    what: ClassVar[str]  # is distributed
    room: ClassVar[float] = 0.0  # beside the bars, of their width in all

    def suits(self, item: Plan | OperatingCharacteristics) -> bool:
        """Whether it is uncertain, and averaged over."""
        averaged = isinstance(item, Plan) or item.averaging is not None
        return averaged and spreads(item.design, item.scenario, self.what)

    @abstractmethod
    def law(self, item: OperatingCharacteristics) -> Law:
        """What is distributed, and how."""

    @abstractmethod
    def edges(self, law: Law) -> FloatArray:
        """Where the bars begin and end."""

    @abstractmethod
    def words(self, item: OperatingCharacteristics) -> tuple[str, str, str]:
        """What the axis is called, the form of its numbers, and what is said beside the quantiles."""

    @abstractmethod
    def split(self, item: OperatingCharacteristics) -> float:
        """The value from which on bars are dark."""

    def draw(self, item: Plan | OperatingCharacteristics, axes: Axes) -> None:
        """Bars, dark from a value on, and three lines."""
        held = item.averaged if isinstance(item, Plan) else item
        law, (label, form, more) = self.law(held), self.words(held)
        axes.set(xlabel=label, ylabel="probability in each bar")
        edges, split = self.edges(law), self.split(held)
        late = law.x >= split
        axes.hist(
            [law.x[~late], law.x[late]], bins=edges.tolist(), weights=[law.weights[~late], law.weights[late]],
            stacked=True, color=[SOFT, CONTROL], edgecolor="white", lw=0.6,
            label=["_", more] if more else ["_", "_"],
        )  # fmt: skip
        for q, (x, style) in zip(_MARKS, zip(law.marks, ((0, (4, 2)), "-", (0, (1, 1))), strict=True), strict=True):
            axes.axvline(x, color=INK, lw=1.4, ls=style, label=f"{100 * q:.0f} %: {x:{form}}")
        room = self.room * float(edges[-1] - edges[0])
        axes.set_xlim(float(edges[0]) - room, float(edges[-1]) + room)
        finish(axes)
        key(axes, columns=4)

    def says(self, item: Plan | OperatingCharacteristics) -> str:
        """The three quantiles."""
        held = item.averaged if isinstance(item, Plan) else item
        label, form, more = self.words(held)
        low, middle, high = (f"{x:{form}}" for x in self.law(held).marks)
        return f"Distribution under the priors of the {label}: 10 % {low}, median {middle}, 90 % {high}" + (
            f"; {more}." if more else "."
        )


@view
@final
class PowerSpread(_Spread):
    """The power that the true parameters give."""

    name, what = "spread of power", "power"

    def law(self, item: OperatingCharacteristics) -> Law:
        """Power at equally likely parameters; the quantiles are those of the result."""
        power = outcomes(item.design, item.scenario).power
        marks = item.power_quantiles or (np.nan, np.nan, np.nan)
        return Law(power, np.full(len(power), 1 / len(power)), marks)

    def edges(self, law: Law) -> FloatArray:
        """Bars of a round width that hold all values, of 0.05 from 0 to 1 where they are wide apart."""
        low, high = float(law.x.min()), float(law.x.max())
        step = next((step for step in _STEPS if high - low < (_MOST - 2) * step), _STEPS[-1])
        if step == _STEPS[-1]:
            return np.linspace(0, 1, 21)
        first, last = np.floor(low / step - 1e-9), np.ceil(high / step + 1e-9)
        return np.asarray(np.arange(max(first, 0.0), min(last, 1 / step) + 0.5) * step)

    def split(self, item: OperatingCharacteristics) -> float:
        """The target."""
        return item.averaging.target if item.averaging is not None else np.inf

    def words(self, item: OperatingCharacteristics) -> tuple[str, str, str]:
        """With the probability of reaching the target."""
        word = "type I error" if item.design.is_null(item.scenario) else "power"
        chance = item.power_at_least
        more = "" if chance is None else f"{self.split(item):g} or more: probability {chance:.3f}"
        return word, ".3f", more


def _even(law: Law) -> FloatArray:
    """Bars over most of a law, or over all of it where nearly all is at one place."""
    low, high = weighted_quantiles(law.x, law.weights, (0.002, 0.998))
    if high - low < NARROW * abs(high):
        low, high = float(law.x.min()), float(law.x.max())
    return np.linspace(low, high, _BARS + 1)


class _End(_Spread):
    """Something when the trial ends."""

    room = 0.02

    def split(self, item: OperatingCharacteristics) -> float:
        """No bar is dark."""
        return np.inf

    def edges(self, law: Law) -> FloatArray:
        """Over most of the law."""
        return _even(law)

    def law(self, item: OperatingCharacteristics) -> Law:
        """At the look where it ends."""
        x, weights = ends(item, self.what)
        return Law(x, weights, weighted_quantiles(x, weights, _MARKS))


@view
@final
class EventsSpread(_End):
    """Expected events when the trial ends."""

    name, what = "spread of events", "events"

    def suits(self, item: Plan | OperatingCharacteristics) -> bool:
        """Whether patients are followed for events, and their number is uncertain."""
        return isinstance(item.scenario, Scenario) and super().suits(item)

    def words(self, item: OperatingCharacteristics) -> tuple[str, str, str]:
        """Events."""
        return "events expected when the trial ends", ".1f", ""


@view
@final
class ResponsesSpread(_End):
    """Expected responses when the trial ends."""

    name, what = "spread of responses", "events"

    def suits(self, item: Plan | OperatingCharacteristics) -> bool:
        """Whether responses are counted, and their number is uncertain."""
        return isinstance(item.scenario, ResponseScenario) and super().suits(item)

    def words(self, item: OperatingCharacteristics) -> tuple[str, str, str]:
        """Responses."""
        return "responses expected when the trial ends", ".1f", ""


@view
@final
class MonthsSpread(_End):
    """Expected months until the trial ends."""

    name, what = "spread of months", "months"

    def suits(self, item: Plan | OperatingCharacteristics) -> bool:
        """Whether the months are known, and uncertain."""
        months = (item.characteristics if isinstance(item, Plan) else item).months
        return bool(np.isfinite(months).all()) and super().suits(item)

    def words(self, item: OperatingCharacteristics) -> tuple[str, str, str]:
        """Months."""
        return "months from the start to the end of the trial", ".1f", ""
