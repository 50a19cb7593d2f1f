"""The picture of a trial that is monitored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.monitoring import Monitoring
from icibaseline.monitoring.course import CONTROL as FOR_CONTROL, REJECT
from icibaseline.report.monitoring import ending
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import apart, outlined
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MonitoringChart"]

_LABELS, _PAD = 0.17, 0.12  # of the information that a label takes; of the range of Z, above and below
_HIGHEST = 6.5  # Z beyond which bounds are left out of the picture


class Chart(NamedTuple):
    """Bounds on Z of a monitored trial; NaN where nothing is tested, or it is off the scale."""

    at: FloatArray  # fractions of the planned information: of the looks that were taken
    later: FloatArray  # of those to come
    planned: FloatArray  # of all, as planned
    upper: tuple[FloatArray, FloatArray, FloatArray]  # at each of these
    lower: tuple[FloatArray, FloatArray, FloatArray]


def chart(item: Monitoring) -> Chart:
    """What the picture shows."""
    course, count = item._course, len(item.looks)
    ahead = None if item.decision in (REJECT, FOR_CONTROL) else course.bounds_ahead(count - 1)
    later = np.empty(0) if ahead is None else ahead.information[count:] / course.planned[-1]
    upper = np.empty(0) if ahead is None else ahead.efficacy[count:]
    lower = np.empty(0) if ahead is None else ahead.futility[count:]
    return Chart(
        np.array(item.information_fractions),
        later,
        course.planned / course.planned[-1],
        (_shown(item.efficacy_bounds), _shown(upper), _shown(course.plan.efficacy_bounds)),
        (_shown(item.futility_bounds), _shown(lower), _shown(course.plan.futility_bounds)),
    )


def _shown(bounds: FloatArray | tuple[float, ...]) -> FloatArray:
    found = np.array(bounds, dtype=float)
    return np.where(np.abs(found) <= _HIGHEST, found, np.nan)


@source_of.register
def _looks(item: Monitoring) -> str:
    return f"looks as given; plan: {source_of(item.plan)}"


@view
@final
class MonitoringChart(View):
    """Z at the looks against the bounds that they had, and the bounds of the looks to come."""

    name, of, size = "monitoring", Monitoring, (7.2, 4.8)

    def draw(self, item: Monitoring, axes: Axes) -> None:
        """What was seen as a heavy line; bounds of looks that were taken filled, those to come hollow and dashed."""
        found, seen = chart(item), np.array(item.z)
        self._side(axes, found, seen, 1, (CONTROL, "o", "reject: experimental is better"))
        below = "reject: control is better" if item._course.two_sided else "stop for futility"
        if np.isfinite([*found.lower[0], *found.lower[2][:-1]]).any():
            self._side(axes, found, seen, -1, (EXPERIMENTAL, "s", below))
        axes.plot(found.at, seen, color=INK, lw=2.2, marker="D", ms=7, label="Z that was seen")
        for x, z, away in zip(found.at, seen, self._clear(found, seen), strict=True):
            axes.annotate(
                f"{z:.2f}", (x, z), xytext=(0, 9 * away), textcoords="offset points", weight="bold", ha="center",
                va="bottom" if away > 0 else "top", path_effects=outlined(),
            )  # fmt: skip
        if len(found.later):
            look: Any = {"color": MUTED, "ls": (0, (4, 2)), "marker": "o", "mfc": "white", "lw": 1.2}
            axes.plot([], [], label="looks to come", **look)
        axes.plot(found.planned, found.upper[2], ls="", marker="x", ms=6, color=MUTED, label="bounds as planned")
        axes.plot(found.planned, found.lower[2], ls="", marker="x", ms=6, color=MUTED)
        axes.axhline(0, color=INK, lw=0.8)
        everything = np.concatenate([*found.upper, *found.lower, seen, [0.0]])
        low, high = float(np.nanmin(everything)), float(np.nanmax(everything))
        axes.set_ylim(low - _PAD * (high - low), high + _PAD * (high - low))
        self._ticks(item, axes, found)
        finish(axes)
        key(axes, ending(item), columns=2)

    @staticmethod
    def _clear(found: Chart, z: FloatArray) -> FloatArray:
        """1 where the nearer bound is below what was seen, so that above is room, and -1 where it is above."""
        gaps = np.stack([found.upper[0] - z, found.lower[0] - z])
        nearest = np.take_along_axis(
            gaps, np.nanargmin(np.where(np.isnan(gaps), np.inf, np.abs(gaps)), axis=0)[None], 0
        )[0]
        return np.where(nearest > 0, -1.0, 1.0)

    @staticmethod
    def _side(axes: Axes, found: Chart, z: FloatArray, side: int, look: tuple[str, str, str]) -> None:
        """Filled marks where looks were taken, hollow ones where they are to come; numbers clear of what was seen."""
        colour, marker, label = look
        seen, ahead, _ = found.upper if side > 0 else found.lower
        axes.plot(found.at, seen, color=colour, marker=marker, ms=6, label=label)
        if len(ahead):
            at, bounds = np.append(found.at[-1:], found.later), np.append(seen[-1:], ahead)
            axes.plot(at, bounds, color=colour, ls=(0, (4, 2)), lw=1.2)
            axes.plot(found.later, ahead, color=colour, ls="", marker=marker, ms=6, mfc="white")
        x, told = np.append(found.at, found.later), np.append(seen, ahead)
        passed = np.append(side * (z - seen) > 0, np.zeros(len(ahead), dtype=bool))
        met = (side < 0) & (told == np.append(found.upper[0], found.upper[1]))  # said once
        for k in np.flatnonzero(np.isfinite(told) & ~met):
            up = (side > 0) != passed[k]
            axes.annotate(
                f"{told[k]:.2f}", (x[k], told[k]), xytext=(0, 7 if up else -7), textcoords="offset points",
                ha="center", va="bottom" if up else "top", color=colour, fontsize=8.5, path_effects=outlined(),
            )  # fmt: skip

    @staticmethod
    def _ticks(item: Monitoring, axes: Axes, found: Chart) -> None:
        """Looks with their events and decisions, and those to come."""
        places = [*found.at.tolist(), *found.later.tolist()]
        labels = [
            f"{x:.3g}\n{look.events:g} events\n{decision}"
            for x, look, decision in zip(found.at, item.looks, item.decisions, strict=True)
        ] + [f"{x:.3g}\nto come" for x in found.later]
        kept = apart(places, _LABELS)
        axes.set(xlim=(0, 1.08 * max(1.0, places[-1])), ylabel="Z, above 0 favours experimental")
        axes.set_xticks(places, [label if k in kept else "" for k, label in enumerate(labels)])
        axes.set_xlabel("information, fraction of that planned for the end")

    def says(self, item: Monitoring) -> str:
        """Z, bounds and decision of each look."""
        told = []
        rows = zip(item.looks, item.efficacy_bounds, item.futility_bounds, item.decisions, strict=True)
        for k, (look, upper, lower, decision) in enumerate(rows, 1):
            bounds = [f"rejects at {upper:.3f}"] if np.isfinite(upper) else []
            bounds += [f"stops at {lower:.3f}"] if np.isfinite(lower) and lower < upper else []
            words = f" ({', '.join(bounds)})" if bounds else ""
            told.append(f"look {k} with {look.events:g} events: Z = {look.z:.3f}{words}, {decision}")
        return f"{ending(item)}. {'; '.join(told)}."
