"""Survival curves with the bands of their priors, labelled where they end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from icibaseline._values import FloatArray, replace_unknowns, unknowns
from icibaseline.report.plots.style import LINES, finish
from icibaseline.survival import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_BANDS", "POINTS", "Line", "band", "draw", "frame", "horizon", "median", "said_median", "typical"]

POINTS = 301
_DRAWS = 2048
_LEFT = 0.04  # of the patients at the end of the axis
_LONGEST = 5.0  # medians
_WITHOUT_MEDIAN = 60.0  # months of the axis where no median is reached
_LABEL_GAP = 0.032  # of the axis, half the height of a line of a label and a little more
_PASSES = 200
MOST_BANDS = 3  # more would cover one another


class Line(NamedTuple):
    """A curve, perhaps with priors in it, and what it is called."""

    name: str
    curve: Curve


def typical(curve: Curve) -> Curve:
    """The curve at the medians of its priors."""
    return replace_unknowns(curve, lambda prior: prior.typical)


def median(curve: Curve) -> float:
    """Median of the curve at the medians of its priors, months."""
    return float(typical(curve).median)


def said_median(months: float) -> str:
    """A median in words."""
    return f"median {months:.3g} months" if np.isfinite(months) else "median not reached"


def horizon(curve: Curve) -> float:
    """Months to the end of an axis that shows a curve well."""
    held = typical(curve)
    latest, middle = float(held.quantile(1 - _LEFT)), float(held.median)
    if np.isfinite(middle):
        return min(latest, _LONGEST * middle)
    return min(latest, _WITHOUT_MEDIAN)


def band(curve: Curve, t: FloatArray, level: float = 0.95) -> tuple[FloatArray, FloatArray] | None:
    """At each month, the interval that holds `level` of survival under the priors; None without priors."""
    priors: Any = unknowns(curve)
    if not priors:
        return None
    z = ndtri(_spread(sum(prior.dimension for prior in priors)))
    drawn, start = {}, 0
    for prior in priors:
        drawn[prior] = prior.from_normal(z[:, start : start + prior.dimension])
        start += prior.dimension
    alive = np.asarray(replace_unknowns(curve, drawn.__getitem__).survival(t))
    low, high = np.quantile(alive, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return low, high


def _spread(dimension: int) -> FloatArray:
    """Points (B, dimension) that fill the unit cube evenly, the same at each call: multiples of powers of a root."""
    root = 2.0
    for _ in range(40):
        root = (1 + root) ** (1 / (dimension + 1))
    steps = root ** -np.arange(1.0, dimension + 1)
    return (0.5 + np.arange(1, _DRAWS + 1)[:, None] * steps) % 1.0


def frame(axes: Axes, end: float, *, months: str = "months", endpoint: str | None = None) -> None:
    """Axes of survival curves."""
    event = f", {endpoint}" if endpoint else ""
    axes.set(xlim=(0, end), ylim=(0, 1), xlabel=months, ylabel=f"probability of no event{event}")
    finish(axes)


def draw(axes: Axes, lines: Sequence[Line], end: float, *, beside: Sequence[Line] = ()) -> None:
    """The curves at their prior medians, few with bands, and others beside; each told by name where it ends."""
    t = np.linspace(0, end, POINTS)
    ends = []
    for line, (colour, dashes) in zip((*lines, *beside), cycle(LINES), strict=False):
        held = band(line.curve, t) if line in lines and len(lines) <= MOST_BANDS else None
        if held is not None:
            axes.fill_between(t, *held, color=colour, alpha=0.15, lw=0)
        alive = np.asarray(typical(line.curve).survival(t))
        axes.plot(t, alive, color=colour, ls=dashes, lw=2.2 if line in lines else 1.5, label=line.name)
        ends.append((float(alive[-1]), line.name, colour, dashes))
    _label(axes, end, ends)


def _label(axes: Axes, end: float, ends: Sequence[tuple[float, str, str, Any]]) -> None:
    """Names to the right of the axes, in the order of their curves, moved apart where they would touch."""
    ordered = sorted(ends, key=lambda x: x[0])
    halves = [_LABEL_GAP * (1 + name.count("\n")) for _, name, _, _ in ordered]
    places = _apart([at for at, *_ in ordered], halves)
    for (at, name, colour, dashes), place in zip(ordered, places, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "ls": dashes, "lw": 1.4, "shrinkA": 2, "shrinkB": 0}
        axes.annotate(
            name, (end, at), xytext=(1.07, place), textcoords="axes fraction", va="center", color=colour,
            annotation_clip=False, arrowprops={**leader, "relpos": (0, 0.5)},
        )  # fmt: skip


def _apart(wanted: Sequence[float], halves: Sequence[float]) -> list[float]:
    """Ascending places near those wanted, none within the half heights of another, the lowest above the axis."""
    places = list(wanted)
    for _ in range(_PASSES):
        places[0] = max(places[0], halves[0])
        for k in range(len(places) - 1):
            short = halves[k] + halves[k + 1] - (places[k + 1] - places[k])
            if short > 0:
                places[k], places[k + 1] = places[k] - short / 2, places[k + 1] + short / 2
    return places
