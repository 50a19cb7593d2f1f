"""Pictures of group sequential boundaries: bounds on three scales, and the errors that they spend."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, final

import numpy as np
from scipy.special import ndtr

from icibaseline._values import FloatArray
from icibaseline.designs import Plan, Randomized
from icibaseline.monitoring.scale import STRAIGHT, Scale, ratios_at, scale_of
from icibaseline.report.plots import plans as _plans  # noqa: F401 - their default picture comes first in the list
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import apart, outlined
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key, log_ticks
from icibaseline.rules import Boundary, Bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HazardRatioBounds", "PValueBounds", "ZBounds", "designed", "look_axis", "sequential"]

_HIGHEST = 6.5  # Z beyond which bounds are off the scale
_PAD = 0.13  # of the range, above and below, for the numbers
_LABELS = 0.15  # of the information that a label of a look takes
_NUMBERS, _SPARSE, _MANY = 0.09, 0.19, 8  # that a number takes, and where there are many looks
_BAR = 0.024  # of the information, wide
_DECADES = 5  # on an axis of p values, about
_INFORMATION = "information, fraction of that planned for the end"


class Chart(NamedTuple):
    """A boundary at its looks, arrays (K,)."""

    information: FloatArray
    efficacy: FloatArray  # on Z, as the other two
    futility: FloatArray
    mean: FloatArray  # expected as planned; zeros where nothing is planned
    null: float
    looks: tuple[str, ...]  # what is said of each under the axis
    binding: bool  # whether futility must be obeyed
    scale: Scale = STRAIGHT  # of the hazard ratio

    @property
    def mirrored(self) -> bool:
        """Whether the lower bounds reject too."""
        return bool(np.all(self.futility == -self.efficacy))

    @property
    def below(self) -> str:
        """What passing the lower bounds leads to."""
        if self.mirrored:
            return "reject: control is better"
        return "stop for futility" + ("" if self.binding else ", may be overruled")

    @property
    def at(self) -> FloatArray:
        """Fractions of the information at the end."""
        return np.asarray(self.information / self.information[-1])


def chart(item: Plan | Randomized | Bounds) -> Chart:
    """What the pictures of a boundary show."""
    if isinstance(item, Bounds):
        looks = tuple(f"{t:.3g}" for t in item.information / item.information[-1])
        return Chart(item.information, item.efficacy, item.futility, item.mean, 1.0, looks, True)
    design = designed(item)
    bounds, plan = design.planned_boundary.planned_bounds, design.planned_boundary.plan
    triples = zip(bounds.information / bounds.information[-1], plan.events, plan.months, strict=True)
    looks = tuple(f"{t:.3g}\n{events:.0f} events\nmonth {month:.1f}" for t, events, month in triples)
    null, scale = design.statistic.null, scale_of(design)
    held = bounds.information, bounds.efficacy, bounds.futility, bounds.mean
    return Chart(*held, null, looks, design.boundary.binding, scale)


def designed(item: Plan | Randomized) -> Randomized:
    """The design of a plan, or itself."""
    found = item.design if isinstance(item, Plan) else item
    assert isinstance(found, Randomized)
    return found


def sequential(item: Any) -> bool:
    """Whether several looks test, of a planned trial or of bounds without a trial."""
    if isinstance(item, Bounds):
        return item.information.ndim == 1 and len(item.information) > 1
    design = item.design if isinstance(item, Plan) else item
    if not isinstance(design, Randomized) or design.planned is None:
        return False
    return not design.boundary.one_look and design.looks.count > 1


def look_axis(axes: Axes, at: FloatArray, looks: tuple[str, ...], label: str) -> None:
    """A horizontal axis of fractions, marked at the looks; labels that would touch are left out."""
    kept = apart(at.tolist(), _LABELS)
    axes.set(xlim=(0, 1.07), xlabel=label)
    axes.set_xticks(at.tolist(), [text if k in kept else "" for k, text in enumerate(looks)])


@source_of.register(Bounds)
@source_of.register(Boundary)
@source_of.register(Randomized)
def _of_design(item: Any) -> str:
    return "computed from the design alone, no data"


# ---- bounds ------------------------------------------------------------------------------------------


class _OnScale(View):
    """Bounds against information, on a scale that leaves know."""

    of: ClassVar[type | tuple[type, ...]] = (Plan, Randomized, Bounds)
    size = (6.8, 4.4)
    form: ClassVar[str]
    label: ClassVar[str]
    word: ClassVar[str]  # the scale in a sentence
    rising: ClassVar[bool]  # whether what is better for the experimental arm is higher
    scale: ClassVar[str]

    def suits(self, item: Any) -> bool:
        """Whether there is more than one look that tests."""
        return sequential(item)

    @abstractmethod
    def y(self, z: FloatArray, found: Chart) -> FloatArray:
        """The scale, from Z at the looks."""

    @abstractmethod
    def lines(self, found: Chart, axes: Axes) -> None:
        """Lines of reference, and ticks."""

    def draw(self, item: Any, axes: Axes) -> None:
        """Marks, numbers and shades at the looks, thin lines between them to guide the eye."""
        found = chart(item)
        held = [self.y(np.clip(z, -_HIGHEST, _HIGHEST), found) for z in (found.efficacy, found.futility, found.mean)]
        shown = [
            np.where(np.isfinite(z), y, np.nan) for y, z in zip(held, (found.efficacy, found.futility), strict=False)
        ]
        low, high = self._limits(np.concatenate([*shown, held[2], self.y(np.zeros(len(found.at)), found)]))
        axes.set(yscale=self.scale, ylim=(low, high), ylabel=self.label)
        up, down = (high, low) if self.rising else (low, high)
        look = CONTROL, "-", "o", "reject: experimental is better"
        self._side(axes, found, found.efficacy, shown[0], up, look)
        if np.isfinite(found.futility[:-1]).any():
            self._side(axes, found, found.futility, shown[1], down, (EXPERIMENTAL, "--", "s", found.below))
        if found.mean.any():
            axes.plot(found.at, held[2], color=MUTED, ls=":", lw=1.6, label="expected as planned")
        self.lines(found, axes)
        look_axis(axes, found.at, found.looks, _INFORMATION)
        finish(axes)
        key(axes, columns=2)

    def _limits(self, y: FloatArray) -> tuple[float, float]:
        low, high = float(np.nanmin(y)), float(np.nanmax(y))
        if self.scale == "linear":
            return low - _PAD * (high - low), high + _PAD * (high - low)
        return low / (high / low) ** _PAD, high * (high / low) ** _PAD

    def _side(
        self, axes: Axes, found: Chart, z: FloatArray, y: FloatArray, edge: float, look: tuple[str, str, str, str]
    ) -> None:
        """One side of the corridor with its numbers, and a bar to the edge of the picture at each of its looks."""
        colour, style, marker, label = look
        tests, far = np.isfinite(z), np.abs(z) > _HIGHEST
        own = tests & ((z is found.efficacy) | (found.futility < found.efficacy))  # once if they meet
        axes.bar(found.at[own], edge - y[own], _BAR, bottom=y[own], color=colour, alpha=0.22, lw=0, zorder=1)
        marked = np.flatnonzero(own[tests]).tolist()
        axes.plot(
            found.at[tests], y[tests], color=colour, ls=style, lw=1.1, label=label, marker=marker, ms=6,
            markevery=marked, zorder=3 if z is found.efficacy else 2.5,
        )  # fmt: skip
        above = bool(edge > y[tests][0])
        if far[tests].any():
            at, end = found.at[tests & far], y[tests & far]
            axes.plot(
                at, end, ls="", marker="^" if above else "v", ms=9, color=colour, mfc="white", label="off the scale"
            )
        told = np.flatnonzero(own)
        kept = apart(found.at[told].tolist(), _NUMBERS if len(z) <= _MANY else _SPARSE)
        for k in {*told[kept].tolist(), *np.flatnonzero(tests & far).tolist()[-1:]}:
            self._number(axes, found.at[k], y[k], self.y(z, found)[k], above, colour)

    def _number(self, axes: Axes, x: float, y: float, told: float, above: bool, colour: str) -> None:
        axes.annotate(
            f"{told:{self.form}}", (x, y), xytext=(0, 7 if above else -7), textcoords="offset points", fontsize=8.5,
            ha="center", va="bottom" if above else "top", color=colour,
            path_effects=outlined(),
        )  # fmt: skip

    def says(self, item: Any) -> str:
        """The bounds at every look."""
        found = chart(item)
        upper, lower = (self.y(z, found) for z in (found.efficacy, found.futility))
        told = []
        for k, t in enumerate(found.at):
            parts = [f"rejects at {upper[k]:{self.form}}"] if math.isfinite(found.efficacy[k]) else []
            if math.isfinite(found.futility[k]) and found.futility[k] < found.efficacy[k]:
                parts.append(f"{found.below} at {lower[k]:{self.form}}")
            told.append(f"look {k + 1}, at {t:.3g} of the information: {'; '.join(parts) or 'no test'}")
        return f"Bounds on {self.word}. {'. '.join(told)}."


@view
@final
class ZBounds(_OnScale):
    """Bounds on Z."""

    name, form, label = "boundaries", ".3f", "Z, above 0 favours experimental"
    word, rising, scale = "Z", True, "linear"

    def y(self, z: FloatArray, found: Chart) -> FloatArray:
        """Z itself."""
        return z

    def lines(self, found: Chart, axes: Axes) -> None:
        """No effect is at 0."""
        axes.axhline(0, color=INK, lw=0.8)


@view
@final
class HazardRatioBounds(_OnScale):
    """Estimated hazard ratios whose Z, at the planned events, is the bound."""

    name, of = "hazard ratio bounds", (Plan, Randomized)
    form, label = ".3f", "estimated hazard ratio, experimental / control"
    word, rising, scale = "the estimated hazard ratio", False, "log"

    def y(self, z: FloatArray, found: Chart) -> FloatArray:
        """The hazard ratio with that Z."""
        return ratios_at(found.scale, found.null, z, found.information)

    def lines(self, found: Chart, axes: Axes) -> None:
        """No effect is at the ratio that is tested."""
        axes.axhline(found.null, color=INK, lw=0.8)
        log_ticks(axes, "y")


@view
@final
class PValueBounds(_OnScale):
    """One-sided p values at which the looks reject, or stop for futility."""

    name, form, label = "p value bounds", ".2g", "one-sided p value"
    word, rising, scale = "the one-sided p value", False, "log"

    def y(self, z: FloatArray, found: Chart) -> FloatArray:
        """The p value of Z."""
        return np.asarray(ndtr(-z))

    def lines(self, found: Chart, axes: Axes) -> None:
        """Powers of ten, up to 1."""
        least = math.ceil(math.log10(axes.get_ylim()[0]))
        ticks = [10.0**power for power in range(0, least - 1, -max(1, -least // _DECADES))]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
