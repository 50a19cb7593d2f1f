"""Pictures of the errors that a group sequential boundary spends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import Plan, Randomized
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.boundaries import chart, designed, look_axis, sequential
from icibaseline.report.plots.placing import apart, outlined
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, finish, key
from icibaseline.rules import Spending, SpendingFunction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SpendingCurves"]

_NUMBER = 0.1  # of the axis, that a number takes
_INFORMATION = "information, fraction of that planned for the end"
_MONTHS = "months, fraction of those planned up to the end"


class Spent(NamedTuple):
    """An error that is spent: by looks, if there are any, and by a function, if there is one."""

    name: str
    total: float
    by_look: FloatArray  # cumulative
    function: SpendingFunction | None
    looks: list[int]  # places of those that spend

    @property
    def at_once(self) -> bool:
        """Whether one of several looks spends it all, by whatever function."""
        return len(self.looks) == 1 < len(self.by_look)

    @property
    def how(self) -> str:
        """In a clause."""
        if self.at_once:
            return f", all at look {self.looks[0] + 1}"
        return "" if self.function is None else f" by {self.function}"


def spent(item: Plan | Randomized | Spending) -> list[Spent]:
    """Alpha, and beta where it is spent."""
    boundary = item if isinstance(item, Spending) else designed(item).boundary
    function = boundary.efficacy if isinstance(boundary, Spending) else None
    futility = boundary.futility if isinstance(boundary, Spending) else None
    name = "alpha on each of two sides" if boundary.sided == 2 else "alpha"
    if isinstance(item, Spending):
        found = [] if function is None else [Spent(name, item.alpha, np.empty(0), function, [])]
        if isinstance(futility, SpendingFunction) and item.beta is not None:  # else it depends on the trial
            found.append(Spent("beta", item.beta, np.empty(0), futility, []))
        return found
    design = designed(item)
    bounds = design.planned_boundary.planned_bounds
    tests = np.flatnonzero(np.isfinite(bounds.efficacy)).tolist()
    found = [Spent(name, design.alpha, np.cumsum(design.alpha_by_look), function, tests)]
    if isinstance(futility, SpendingFunction):
        planned = design.planned_boundary
        aimed = planned.planned_bounds.under(planned.aim)
        missed = 1 - float(aimed.power)  # at the last look all that does not reject
        by_look = np.append(np.cumsum(aimed.stop_futility)[:-1], missed)
        stops = [*np.flatnonzero(np.isfinite(bounds.futility[:-1])).tolist(), len(by_look) - 1]
        found.append(Spent("beta", missed, by_look, futility, stops))
    return found


@view
@final
class SpendingCurves(View):
    """Type I and type II error spent by each look, with the spending functions; of a boundary alone, only these."""

    name, of, size = "spending", (Plan, Randomized, Spending), (6.8, 4.2)

    def suits(self, item: Any) -> bool:
        """Whether several looks of a planned trial test, or there is a boundary that spends."""
        return bool(spent(item)) if isinstance(item, Spending) else sequential(item)

    def draw(self, item: Plan | Randomized | Spending, axes: Axes) -> None:
        """Shares of each error, so that both have room; the numbers are the errors themselves."""
        design = None if isinstance(item, Spending) else designed(item)
        at = np.empty(0) if design is None else design.planned_boundary.planned_time
        fine = np.linspace(0, 1, 201)
        looks = ((CONTROL, "-", "o", -1), (EXPERIMENTAL, "--", "s", 1))
        for error, (colour, style, marker, up) in zip(spent(item), looks, strict=False):
            label = f"{error.name}, {error.total:.4g} in all"
            if error.at_once:
                axes.plot([], [], color=colour, ls="", marker=marker, ms=5.5, label=f"{label}{error.how}")
            elif error.function is not None:
                curve = 100 * error.function.cumulative(fine, np.asarray(error.total)) / error.total
                axes.plot(fine, curve, color=colour, ls=style, label=f"{label}: {error.function}")
            else:  # between looks in proportion
                share = 100 * error.by_look / error.total
                axes.plot([0, *at], [0, *share], color=colour, ls=style, lw=1.0, label=label)
            share = 100 * error.by_look[error.looks] / error.total
            size = 5.5 if up < 0 else 8.5  # at the end, where they meet, both are seen
            axes.plot(at[error.looks], share, ls="", marker=marker, ms=size, color=colour, zorder=3 if up < 0 else 2.5)
            self._numbers(axes, at, error, up, colour)
        self._axes(item, axes, at)
        key(axes, columns=1)

    @staticmethod
    def _axes(item: Plan | Randomized | Spending, axes: Axes, at: FloatArray) -> None:
        axes.set(ylim=(-13, 108), ylabel="spent, % of the error")
        axes.set_yticks(range(0, 101, 20))
        finish(axes)
        boundary = item if isinstance(item, Spending) else designed(item).boundary
        clock = _MONTHS if boundary.time.by_month else _INFORMATION
        if isinstance(item, Spending):
            axes.set(xlim=(0, 1.07), xlabel=clock)
            return
        plain = tuple(f"{t:.3g}" for t in at)
        look_axis(axes, at, plain if boundary.time.by_month else chart(item).looks, clock)

    @staticmethod
    def _numbers(axes: Axes, at: FloatArray, error: Spent, up: int, colour: str) -> None:
        """The errors spent by interim looks beside their marks: of alpha to the right, of beta to the left."""
        for k in [k for k in apart(at.tolist(), _NUMBER) if k in error.looks[:-1]]:
            axes.annotate(
                f"{error.by_look[k]:.3g}", (at[k], 100 * error.by_look[k] / error.total), xytext=(-6 * up, 6 * up),
                textcoords="offset points", ha="right" if up > 0 else "left", va="bottom" if up > 0 else "top",
                fontsize=8.5, color=colour, path_effects=outlined(),
            )  # fmt: skip

    def says(self, item: Plan | Randomized | Spending) -> str:
        """What is spent by each look."""
        told = []
        for error in spent(item):
            by_look = "" if error.at_once else ", ".join(f"{x:.3g}" for x in error.by_look)
            told.append(f"{error.name}: {error.total:.4g} in all{error.how}{by_look and f', {by_look} by the looks'}")
        return f"Error spent. {'; '.join(told)}."
