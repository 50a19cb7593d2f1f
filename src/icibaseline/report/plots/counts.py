"""Pictures of the counts of responses that end a trial of one arm at its looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline._exact import Stages
from icibaseline._values import FloatArray
from icibaseline.baseline import Population
from icibaseline.designs import MultiStage, Plan, SingleArm, StagePlan, TwoStage
from icibaseline.monitoring import AfterTrial
from icibaseline.report.plots import boundaries as _boundaries  # noqa: F401 - bounds on Z come first in the list
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import apart, outlined
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key
from icibaseline.scenario import ResponseScenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CountBounds", "Seen"]

_APART, _BAR, _MOST_BAR = 0.055, 0.5, 0.02  # of the width: numbers, of a step a bar, and at most
_BELOW = 0.08  # of the height, that the number of a bound of 0 takes
_TOLD = 8  # looks that are all told


class Counts(NamedTuple):
    """What a picture of counts shows; arrays (K,) at the looks."""

    sizes: FloatArray
    efficacy: FloatArray  # least number that succeeds, or infinite
    futility: FloatArray  # greatest number that stops, or minus infinity; at the last look nothing stops
    rates: tuple[tuple[float, str], ...]  # true rates of note, with their names
    seen: tuple[tuple[int, int], ...] = ()  # patients and responses of the looks that were taken


def _counts(stages: Stages, *rates: tuple[float, str], seen: tuple[tuple[int, int], ...] = ()) -> Counts:
    interim = np.append(stages.futility[:-1], -np.inf)
    low = np.where(interim >= 0, interim, -np.inf)
    return Counts(np.asarray(stages.sizes, dtype=float), np.asarray(stages.efficacy, dtype=float), low, rates, seen)


class _Bounds(View):
    """Counts against patients."""

    size = (6.8, 4.3)

    def shown(self, item: Any) -> Counts:
        """The numbers of a plan, or of a design."""
        design: Any = item.design if isinstance(item, Plan) else item
        rates = [(float(design.reference.rate), "expected at the benchmark's rate")]
        if isinstance(item, Plan) and isinstance(item.scenario, ResponseScenario):
            rate = float(np.asarray(item.scenario.typical.resolved.rates.experimental))
            rates += [] if np.isclose(rate, rates[0][0]) else [(rate, "expected with the effect")]
        return _counts(design.planned.stages, *rates)

    def draw(self, item: Any, axes: Axes) -> None:
        """Marks and bars at the looks, lines of what is expected, and what was seen."""
        from matplotlib.ticker import MaxNLocator

        found = self.shown(item)
        last = found.sizes[-1]
        finite = found.efficacy[np.isfinite(found.efficacy)]
        most = max([*finite, *(rate * last for rate, _ in found.rates), *(x for _, x in found.seen), 1.0])
        top = 1.18 * most
        for (rate, name), style in zip(found.rates, (":", "-."), strict=False):
            axes.plot([0, last], [0, rate * last], color=MUTED, ls=style, lw=1.4, label=f"{name}, {rate:.3g}")
        self._side(axes, found, found.efficacy, top, (CONTROL, "o", "success if at least this number"))
        self._side(axes, found, found.futility, -_BELOW * top, (EXPERIMENTAL, "s", "stop if at most this number"))
        if found.seen:
            n, x = zip(*((0, 0), *found.seen), strict=True)
            axes.plot(n, x, color=INK, lw=1.6, marker="D", ms=6, markevery=range(1, len(n)), label="seen", zorder=5)
        axes.set(xlim=(0, 1.06 * max(last, *(n for n, _ in found.seen), 0)), ylim=(-_BELOW * top, top))
        axes.set(xlabel="patients whose response is known", ylabel="responses")
        axes.set_yticks([y for y in MaxNLocator(7, integer=True).tick_values(0, top) if 0 <= y <= top])
        finish(axes)
        key(axes, columns=2)

    @staticmethod
    def _side(axes: Axes, found: Counts, bound: FloatArray, edge: float, look: tuple[str, str, str]) -> None:
        """One side with its numbers, and a bar to the edge of the picture at each of its looks."""
        colour, marker, label = look
        tests = np.isfinite(bound)
        if not tests.any():
            return
        x, y = found.sizes[tests], bound[tests]
        wide = min(_BAR * float(np.diff(found.sizes).min(initial=np.inf)), _MOST_BAR * found.sizes[-1])
        axes.bar(x, edge - y, wide, bottom=y, color=colour, alpha=0.22, lw=0, zorder=1)
        axes.plot(x, y, color=colour, lw=0.9, marker=marker, ms=6 if len(x) <= _TOLD else 4, label=label, zorder=3)
        place, across, up = ((0, 7), "center", "bottom") if edge > 0 else ((0, -7), "center", "top")
        if found.seen:  # which may stand above or below
            place, across, up = (-7, 0), "right", "center"
        for k in apart((x / found.sizes[-1]).tolist(), _APART):
            axes.annotate(
                f"{y[k]:.0f}", (x[k], y[k]), xytext=place, textcoords="offset points", fontsize=8.5, ha=across, va=up,
                color=colour, path_effects=outlined(), zorder=6,
            )  # fmt: skip

    def says(self, item: Any) -> str:
        """The counts at every look, or at some of many."""
        found = self.shown(item)
        count = len(found.sizes)
        kept = range(count) if count <= _TOLD else np.unique(np.linspace(0, count - 1, _TOLD).round()).astype(int)
        told = []
        for k in kept:
            parts = [f"stop if at most {found.futility[k]:.0f}"] if np.isfinite(found.futility[k]) else []
            parts += [f"success if at least {found.efficacy[k]:.0f}"] if np.isfinite(found.efficacy[k]) else []
            told.append(f"after {found.sizes[k]:.0f} patients {', '.join(parts) or 'nothing ends it'}")
        some = "" if count <= _TOLD else f", at {len(kept)} of {count} looks"
        seen = "; ".join(f"{x} of {n}" for n, x in found.seen)
        return f"Counts of responses that end the trial{some}: {'; '.join(told)}." + (f" Seen: {seen}." if seen else "")


@view
@final
class CountBounds(_Bounds):
    """Of a trial that is planned."""

    name, of = "boundaries", (Plan, SingleArm, TwoStage, MultiStage)

    def suits(self, item: Any) -> bool:
        """Whether responses are counted at more than one look."""
        planned = item.design.planned if isinstance(item, Plan) else item.planned
        return isinstance(planned, StagePlan) and planned.count > 1


@view
@final
class Seen(_Bounds):
    """Of a trial that was carried out: the bounds that it had, and the responses up to each look."""

    name, of = "after the trial", AfterTrial

    def shown(self, item: AfterTrial) -> Counts:
        """What was planned for the looks, as it held for the patients that there were."""
        stages, seen = item._stages, tuple(zip(item.sizes, item.responses, strict=True))
        if item.needed is not None and item.sizes[-1] != stages.sizes[len(seen) - 1]:  # the last look, of another size
            sizes, least = np.array(stages.sizes), np.array(stages.efficacy)
            sizes[-1], least[-1] = item.sizes[-1], item.needed
            stages = Stages(sizes, least, stages.futility)
        return _counts(stages, (item.benchmark, "expected at the benchmark's rate"), seen=seen)


@source_of.register(AfterTrial)
@source_of.register(SingleArm)
@source_of.register(TwoStage)
@source_of.register(MultiStage)
def _of_the_benchmark(item: Any) -> str:
    design = item.design if isinstance(item, AfterTrial) else item
    counts = "responses as given; " if isinstance(item, AfterTrial) else ""
    if isinstance(design.benchmark, Population):
        return f"{counts}benchmark: {source_of(design.benchmark)}"
    return f"{counts}benchmark: assumed, no source"
