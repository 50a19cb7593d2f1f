"""Labels of marks that may stand too close to one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from icibaseline.report.plots.style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["apart", "labels_above", "outlined", "spaced"]


def spaced(places: Sequence[float], apart: float, low: float, high: float) -> list[tuple[int, float]]:
    """Which of increasing places get a label, and where it stands: inside the limits, at least so far apart."""
    room = max(int((high - low) / apart + 1e-9) + 1, 1)
    count = len(places)
    kept = range(count) if count <= room else np.unique(np.linspace(0, count - 1, room).round().astype(int))
    at = [min(max(places[k], low), high) for k in kept]
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + apart)
    limit = high
    for i in reversed(range(len(at))):
        at[i] = limit = min(at[i], limit)
        limit -= apart
    return [(int(k), float(x)) for k, x in zip(kept, at, strict=True)]


def apart(places: Sequence[float], least: float) -> list[int]:
    """Which of increasing places can be labelled where they stand: the last, and those far enough before."""
    kept = list[int]()
    for k in reversed(range(len(places))):
        if not kept or places[kept[0]] - places[k] >= least:
            kept.insert(0, k)
    return kept


def labels_above(axes: Axes, places: Sequence[float], labels: Sequence[str], *, bottom: float, wide: float) -> None:
    """Vertical lines at places up to `bottom` of the height, each with a label above, `wide` in units of the axis."""
    left, right = axes.get_xlim()
    x = axes.get_xaxis_transform()  # data along the axis, fractions of the height
    for place in places:
        axes.plot([place, place], [0, bottom], color=MUTED, lw=1.0, ls=(0, (4, 2)), transform=x, zorder=1)
    step = 0.02
    for k, at in spaced(places, wide, left + wide / 2, right - wide / 2):
        axes.plot([places[k], at], [bottom, bottom + step], color=MUTED, lw=0.8, transform=x, clip_on=False)
        axes.text(at, bottom + step, labels[k], transform=x, ha="center", va="bottom", color=INK, linespacing=1.15)


def outlined() -> list[Any]:
    """A white rim around letters, so that a line behind them does not disturb."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground="white")]
