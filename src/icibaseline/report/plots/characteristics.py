"""Pictures of operating characteristics: what happens by each look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.designs.results import stops_early
from icibaseline.report.plots import (
    benchmarks as _benchmarks,  # noqa: F401 - before these pictures in the list
    plans as _plans,  # noqa: F401 - their default picture comes first in the list
)
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, GRID, INK, finish, key
from icibaseline.scenario import ResponseScenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ByLook"]

_SHOWN = 0.08  # a part that is smaller carries no number
_FEW, _MANY = 3, 8  # looks that fill the width, and those beyond which bars carry neither numbers nor months


def by_look(item: OperatingCharacteristics) -> tuple[FloatArray, FloatArray]:
    """Probability of having rejected, and of having stopped for futility, by each look, (K,) each."""
    return np.cumsum(item.reject_by_look), np.cumsum(item.futility_by_look)


@view
@final
class ByLook(View):
    """Share of trials that have rejected, stopped for futility or go on, by each look."""

    name, of, size = "looks", (OperatingCharacteristics, Plan), (6.4, 3.8)

    def draw(self, item: OperatingCharacteristics | Plan, axes: Axes) -> None:
        """Stacked bars, one for each look."""
        held = item.characteristics if isinstance(item, Plan) else item
        rejected, futile = by_look(held)
        open_ = 1 - rejected - futile
        places = np.arange(len(rejected))
        look: Any = {"width": 0.7, "edgecolor": "white", "lw": 0}
        last = places == places[-1]
        axes.bar(places, rejected, width=0.7, color=CONTROL, label="rejected")
        on = np.where(last, 0.0, open_)
        axes.bar(places, on, bottom=rejected, color=GRID, label="going on" if len(places) > 1 else "_", **look)
        ended = np.where(last, open_, 0.0)
        axes.bar(places, ended, bottom=rejected, color="#b0b0b0", hatch="....", label="not rejected at the end", **look)
        if stops_early(held.design):
            label = "stopped for futility"
            axes.bar(places, futile, bottom=1 - futile, color=EXPERIMENTAL, hatch="////", label=label, **look)
        if len(places) <= _MANY:
            self._numbers(axes, rejected, open_, futile)
        axes.set(ylim=(0, 1), xlabel="looks", ylabel="probability by the look")
        axes.set_xticks(places, [self._when(held, k, len(places)) for k in range(len(places))])
        wide = max(len(places), _FEW) / 2 + 0.1
        axes.set_xlim((len(places) - 1) / 2 - wide, (len(places) - 1) / 2 + wide)
        axes.tick_params(axis="x", length=0)
        finish(axes)
        key(axes, _truth(held), columns=4)

    @staticmethod
    def _numbers(axes: Axes, rejected: FloatArray, open_: FloatArray, futile: FloatArray) -> None:
        for k, (low, middle, top) in enumerate(zip(rejected, open_, futile, strict=True)):
            for part, at, colour in ((low, low / 2, "white"), (middle, low + middle / 2, INK), (top, 1 - top / 2, INK)):
                if part >= _SHOWN:
                    patch = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if colour == INK else None
                    axes.text(k, at, f"{part:.3f}", ha="center", va="center", color=colour, bbox=patch)

    @staticmethod
    def _when(item: OperatingCharacteristics, k: int, looks: int) -> str:
        if looks > _MANY:
            return str(k + 1)
        return "\n".join([f"look {k + 1}", *_size(item, k)])

    def says(self, item: OperatingCharacteristics | Plan) -> str:
        """The parts at each look."""
        held = item.characteristics if isinstance(item, Plan) else item
        told, count = [], len(held.reject_by_look)
        kept = range(count) if count <= _MANY else np.unique(np.linspace(0, count - 1, _MANY).round()).astype(int)
        for k, (rejected, futile) in enumerate(zip(*by_look(held), strict=True)):
            stop = f", stopped for futility {futile:.3f}" if stops_early(held.design) else ""
            when = _size(held, k)[0]
            place = f"in {when}" if when.startswith("month") else f"after {when}"
            told.append(f"look {k + 1} {place}: rejected {rejected:.3f}{stop}")
        some = "" if count <= _MANY else f", at {len(kept)} of {count} looks"
        return f"Probability by each look{some}, {_truth(held)}. {'; '.join(told[k] for k in kept)}."


def _truth(item: OperatingCharacteristics) -> str:
    """What is true where the probabilities hold."""
    null = item.design.is_null(item.scenario)
    if item.scenario.unknowns and item.method != "formula":
        how = "averaged over the priors" if item.method == "assurance" else "simulated, priors drawn for each trial"
        return f"{how}, no effect" if null else how
    effects = dict.fromkeys(str(effect).splitlines()[0] for effect in item.scenario.typical.effects)
    simulated = "simulated, " if item.method == "simulation" else ""
    return f"{simulated}if the truth is: {'no effect' if null else ' and '.join(effects)}"


def _size(item: OperatingCharacteristics, k: int) -> list[str]:
    """Month, patients and events or responses of a look, so far as they are known and say something."""
    counted = isinstance(item.scenario, ResponseScenario)
    said = [f"month {item.months[k]:.1f}"] if math.isfinite(item.months[k]) else []
    patients = getattr(item.design.planned, "sizes", item.n_by_look)[k]  # those that the look counts
    said += [f"{patients:.0f} patients"] if counted or not said else []
    return [*said, f"{item.events[k]:.0f} {'responses' if counted else 'events'}"]
