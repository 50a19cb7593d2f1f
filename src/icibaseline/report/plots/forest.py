"""A forest: one row for each of several laws of the same number, with median and interval beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from icibaseline.distributions import Distribution
from icibaseline.report.plots.style import CONTROL, INK, MUTED, finish, log_ticks, right_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OTHER", "REJECTED", "TAKEN", "Row", "Scale", "draw", "height", "row_of", "said", "scale_of"]

_LABEL = 38  # characters in a line of a label


class Look(NamedTuple):
    """How a row is drawn; weight, dashes and markers tell the kinds apart in grey."""

    colour: str
    width: float
    dashes: str
    marker: str
    size: float
    filled: bool
    bold: bool


TAKEN = Look(CONTROL, 3.2, "-", "o", 7, True, True)
OTHER = Look(MUTED, 1.5, "-", "D", 5, True, False)
REJECTED = Look(MUTED, 1.5, ":", "D", 5, False, False)


class Row(NamedTuple):
    """A label, a median with its limits, and how they are drawn."""

    label: str
    middle: float
    low: float
    high: float
    look: Look

    @property
    def tall(self) -> float:
        """Height in rows."""
        return 1 + 0.5 * self.label.count("\n")

    @property
    def numbers(self) -> str:
        """The numbers as they stand beside the row."""
        return f"{self.middle:.3g}  ({self.low:.3g} to {self.high:.3g})"


class Scale(NamedTuple):
    """The horizontal axis: what is on it with its unit, whether in logarithms, and what is always on it."""

    label: str
    log: bool
    mark: float | None = None


_SCALES = {
    "median": Scale("median, months", True),
    "hazard ratio": Scale("hazard ratio", True, 1.0),
    "rate": Scale("response rate, proportion of patients", False, 0.0),
    "share": Scale("share, proportion of patients", False, 0.0),
    "shape": Scale("shape of the curve", False),
    "sigma": Scale("sigma of the log time", False),
    "hazard to the printed median": Scale("hazard to the printed median, per month", True),
    "hazard after it": Scale("hazard after it, per month", True),
}


def scale_of(parameter: str) -> Scale:
    """The axis for a parameter of a prior."""
    return _SCALES.get(parameter, Scale(parameter, False))


def row_of(label: str, law: Distribution, look: Look) -> Row:
    """The row of a law; of several numbers, that of the first."""
    held: Any = law if law.dimension == 1 else law.marginal(0)  # type: ignore[attr-defined]
    low, high = held.interval()
    return Row(textwrap.fill(label, _LABEL), float(held.median), float(low), float(high), look)


def height(rows: Sequence[Row]) -> float:
    """Height of all rows."""
    return sum(row.tall for row in rows)


def draw(axes: Axes, rows: Sequence[Row], scale: Scale, title: str) -> None:
    """The rows from above, their labels to the left and their numbers to the right."""
    axes.set(xscale="log" if scale.log else "linear", xlim=_limits(rows, scale), title=title)
    if scale.mark is not None:
        axes.axvline(scale.mark, color=INK, lw=0.8)
    places, top = [], 0.0
    for row in rows:
        at, look = top + row.tall / 2, row.look
        top += row.tall
        places.append(at)
        axes.plot([row.low, row.high], [at, at], color=look.colour, lw=look.width, ls=look.dashes)
        face = look.colour if look.filled else "white"
        axes.plot(row.middle, at, look.marker, color=look.colour, mfc=face, ms=look.size)
        right_of(axes, row.numbers, at, bold=look.bold)
    if scale.log:
        log_ticks(axes)
    else:
        axes.locator_params(axis="x", nbins=6)
    axes.set_yticks(places, [row.label for row in rows])
    axes.set(ylim=(top, 0), xlabel=scale.label)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=8)
    finish(axes, grid="x")


def said(rows: Sequence[Row]) -> str:
    """The rows in words."""
    return "; ".join(f"{' '.join(row.label.split())}: {row.numbers.replace('  ', ' ')}" for row in rows)


def _limits(rows: Sequence[Row], scale: Scale) -> tuple[float, float]:
    ends = [x for row in rows for x in (row.low, row.high)] + ([] if scale.mark is None else [scale.mark])
    low, high = min(ends), max(ends)
    if scale.log:
        pad = max((high / low) ** 0.04, 1.02)
        return low / pad, high * pad
    pad = 0.04 * (high - low)
    return (low if low == scale.mark else low - pad), high + pad
