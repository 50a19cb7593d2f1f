"""The look of every picture: colours told apart by all and in grey, frames, ticks and the source line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CONTROL",
    "EXPERIMENTAL",
    "GRID",
    "INK",
    "LINES",
    "MUTED",
    "RC",
    "SOFT",
    "finish",
    "key",
    "log_ticks",
    "right_of",
    "source_line",
]

INK, MUTED, GRID = "#222222", "#6b6b6b", "#e3e3e3"
CONTROL, EXPERIMENTAL, SOFT = "#0b5394", "#d55e00", "#9dc3e6"
# After Okabe and Ito; dashes and lightness tell the lines apart in grey.
LINES: tuple[tuple[str, Any], ...] = (
    ("#0b5394", "-"),
    ("#d55e00", "--"),
    ("#009e73", "-."),
    ("#7b3294", ":"),
    ("#b8860b", (0, (6, 2))),
    ("#555555", (0, (2, 2))),
    ("#111111", (0, (1, 1))),
)
RC = {
    "font.size": 9.5,
    "axes.labelsize": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "figure.dpi": 110,
}
_DIGITS = ((1, 1.5, 2, 3, 4, 5, 7), (1, 1.5, 2, 3, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,))  # of ticks on log axes
_APART = 0.11  # of the axis, so that labels do not touch
_SHORT = 2.5  # a log axis that spans less is marked at even steps
_SOURCE_SIZE = 7.5
_CHARACTERS_PER_INCH = 17.0  # of the source line
_ALL_AXES = 0.8  # of the width of a figure, without the labels
_CHARACTERS_OF_KEY = 12.5  # per inch of the figure, besides the lines that it explains


def log_ticks(axes: Axes, which: str = "x") -> None:
    """Round numbers on a log axis, as many as can be read."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axes.get_xlim() if which == "x" else axes.get_ylim())
    kept = [float(tick) for tick in _round(low, high) if low <= tick <= high]
    axis.set_ticks(kept, labels=[f"{tick:g}" for tick in kept])
    axis.set_ticks([], minor=True)


def _round(low: float, high: float) -> Any:
    """Even steps on a short axis, else the most digits of each power of ten that stay apart."""
    if high / low < _SHORT:
        from matplotlib.ticker import MaxNLocator

        return MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for digits in _DIGITS:
        ticks = np.outer(powers, digits).ravel()
        if np.diff(np.log(ticks)).min(initial=np.inf) > _APART * np.log(high / low):
            return ticks
    return powers


def finish(axes: Axes, *, grid: str = "y") -> None:
    """Grid lines along one axis, `"x"`, `"y"` or `"both"`, behind what is drawn."""
    axes.grid(axis=grid, color=GRID, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)  # of axes that were handed in, too


def key(axes: Axes, title: str | None = None, *, columns: int = 2) -> None:
    """A legend above the axes, where it covers nothing, under the title of the picture; in columns if they fit."""
    handles, labels = axes.get_legend_handles_labels()
    wide = int(_width(axes) * _CHARACTERS_OF_KEY)
    longest = max(len(line) for label in labels for line in label.split("\n"))
    fits = (several for several in range(columns, 1, -1) if len(labels) > 2 and (longest + 6) * several <= wide)
    legend = axes.legend(
        handles, [_wrapped(label, wide) for label in labels], title=title and _wrapped(title, int(0.85 * wide)),
        ncols=next(fits, 1), loc="lower left", bbox_to_anchor=(0, 1.01), borderaxespad=0, borderpad=0.2,
        alignment="left", labelspacing=0.35, handlelength=2.4,
    )  # fmt: skip
    legend.get_title().set(fontsize=10.5)


def _width(axes: Axes) -> float:
    """Inches of the axes with their labels, or of the figure if they are alone in it."""
    figure: Any = axes.get_figure(root=True)
    share = 1.0 if len(figure.axes) == 1 else min(axes.get_position().width / _ALL_AXES, 1.0)
    return float(figure.get_figwidth() * share)


def _wrapped(text: str, wide: int) -> str:
    return "\n".join(textwrap.fill(line, wide) for line in text.split("\n"))


def right_of(axes: Axes, text: str, y: float, *, colour: str = INK, bold: bool = False) -> None:
    """A text beside the axes, at a place of the vertical axis."""
    axes.annotate(
        text, (1.02, y), xycoords=("axes fraction", "data"), va="center", color=colour, annotation_clip=False,
        weight="bold" if bold else "normal",
    )  # fmt: skip


def source_line(axes: Axes, text: str, *, own: bool) -> None:
    """A small text that says where the numbers come from: under an `own` figure, or below axes that were handed in."""
    look: dict[str, Any] = {"fontsize": _SOURCE_SIZE, "color": MUTED, "ha": "left"}
    wide = max(int(_width(axes) * _CHARACTERS_PER_INCH), 30)
    if own:
        figure: Any = axes.get_figure(root=True)
        figure.supxlabel(textwrap.fill(text, wide), x=0.012, **look)
        return
    below = axes.xaxis.label  # tied to the label, so that it stays clear of it
    axes.annotate(
        textwrap.fill(text, wide), (0, 0), xycoords=("axes fraction", below), xytext=(0, -6),
        textcoords="offset points", va="top", annotation_clip=False, **look,
    )  # fmt: skip
