"""Pictures of priors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline.distributions import BivariateNormal, Dirichlet, Distribution
from icibaseline.report.plots import forest
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.forest import TAKEN, Row, Scale
from icibaseline.report.plots.style import CONTROL, INK, LINES, SOFT, finish, key, log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Contours", "Density", "Law", "Shares", "contours", "densities", "each_number", "numbers", "shares"]

_TAILS = 0.001, 0.999  # of the law that is drawn
_POINTS = 401
_UNNAMED = ("first number", "second number")
_REGIONS = ((0.95, "-"), (0.5, "--"))  # of a prior on two numbers


class Law(NamedTuple):
    """A law to be drawn, and what it is called."""

    name: str
    held: Distribution

    def numbers(self, unit: str = "") -> str:
        """Name, median and interval."""
        return f"{self.name}: {numbers(self.held, unit)}"


def numbers(law: Distribution, unit: str = "") -> str:
    """Median and 95 % interval of a law of one number."""
    low, high = law.interval()
    return f"median {law.median:.3g}{unit}, 95 % {low:.3g} to {high:.3g}"


def densities(axes: Axes, laws: Sequence[Law], scale: Scale, title: str | None, unit: str = "") -> None:
    """Densities of laws of one number, the first with its interval shaded, each median marked and printed."""
    ends = [law.held.quantile(p) for law in laws for p in _TAILS]
    link = np.log if scale.log else np.asarray
    grid = np.linspace(link(min(ends)), link(max(ends)), _POINTS)
    tops = []
    for k, law in enumerate(laws):
        middle, low, high = law.held.median, *law.held.interval()
        x = np.sort(np.append(np.exp(grid) if scale.log else grid, (low, middle, high)))
        tall = _density(law.held, x, scale)
        colour, dashes = LINES[k % len(LINES)]
        tops.append(tall[(low <= x) & (x <= high)].max())  # where it rises without end, at the ends, it is cut off
        first = k == 0
        if first:
            axes.fill_between(x, tall, where=((low <= x) & (x <= high)).tolist(), color=SOFT, lw=0)
        label = law.numbers(unit) + (" (shaded)" if first else "")
        axes.plot(x, tall, color=colour, ls=dashes, lw=2.4 if first else 1.8, label=label)
        axes.vlines(middle, 0, tall[x == middle][0], color=colour, ls=dashes, lw=1.2)
    axes.set(xscale="log" if scale.log else "linear", xlim=(min(ends), max(ends)), xlabel=scale.label)
    axes.set(ylabel="density, per unit of its log" if scale.log else "density")
    axes.set_ylim(0, 1.06 * max(tops))
    if scale.log:
        log_ticks(axes)
    finish(axes)
    key(axes, title)


def _density(law: Distribution, x: Any, scale: Scale) -> Any:
    """The density for the axis it is drawn on, so that equal areas are equal probabilities."""
    with np.errstate(divide="ignore"):
        return law.pdf(x) * (x if scale.log else 1.0)


def contours(axes: Axes, law: BivariateNormal, labels: Sequence[str], title: str | None) -> None:
    """Regions of a prior on two numbers, with the median and the interval of each."""
    turn = np.linspace(0, 2 * np.pi, _POINTS)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for part, dashes in _REGIONS:
        x, y = law.from_normal(circle * np.sqrt(-2 * np.log1p(-part))).T
        axes.plot(x, y, color=CONTROL, ls=dashes, label=f"{100 * part:.0f} % of the prior")
        axes.fill(x, y, color=SOFT, alpha=0.45, lw=0)
    axes.plot(*law.median, "o", color=INK, ms=6, ls="", label="\n".join(each_number(law, labels)))
    axes.set(xlabel=labels[0], ylabel=labels[1])
    for which, scale in zip(("x", "y"), law.scales, strict=True):
        if scale == "log":
            axes.set(**{f"{which}scale": "log"})
            log_ticks(axes, which)
    finish(axes, grid="both")
    key(axes, title)


def each_number(law: BivariateNormal, labels: Sequence[str]) -> list[str]:
    """What each number is called, without its unit, with its median and interval."""
    found = []
    for label, middle, low, high in zip(labels, law.median, *law.interval(), strict=True):
        found.append(f"{label.split(',')[0]} {middle:.3g}, 95 % {low:.3g} to {high:.3g}")
    return found


def shares(law: Dirichlet) -> list[Row]:
    """A row for each class."""
    names = law.names or tuple(f"class {i + 1}" for i in range(len(law.median)))
    return [forest.row_of(name, law.marginal(i), TAKEN) for i, name in enumerate(names)]


@view
@final
class Density(View):
    """A prior on one number: its density on the scale on which it is stated, its median and its 95 % interval."""

    name, of = "density", Distribution

    def suits(self, item: Any) -> bool:
        """Whether it is a prior on one number."""
        return bool(item.dimension == 1)

    def draw(self, item: Any, axes: Axes) -> None:
        """The density, the interval shaded."""
        densities(axes, [Law("prior", item)], Scale("value", getattr(item, "scale", None) == "log"), None)

    def says(self, item: Any) -> str:
        """Median and interval."""
        return f"Density of a prior with {numbers(item)}."


@view
@final
class Contours(View):
    """A prior on two numbers: the regions that hold half and 95 % of it, and each number's median and interval."""

    name, of, size = "contours", BivariateNormal, (6.0, 4.6)

    def draw(self, item: Any, axes: Axes) -> None:
        """The regions and the medians."""
        contours(axes, item, _UNNAMED, None)

    def says(self, item: Any) -> str:
        """The medians, intervals and the correlation."""
        return f"Joint prior: {'; '.join(each_number(item, _UNNAMED))}; correlation {item.correlation:.2g}."


@view
@final
class Shares(View):
    """A prior on shares of one whole: each share's median and 95 % interval."""

    name, of, size, row = "shares", Dirichlet, (6.4, 0.9), 0.36

    def rows(self, item: Any) -> float:
        """One for each class."""
        return forest.height(shares(item))

    def draw(self, item: Any, axes: Axes) -> None:
        """The classes from above."""
        forest.draw(axes, shares(item), forest.scale_of("share"), "shares of one whole, median and 95 % interval")

    def says(self, item: Any) -> str:
        """The numbers of each class."""
        return f"Prior on shares, median and 95 % interval: {forest.said(shares(item))}."
