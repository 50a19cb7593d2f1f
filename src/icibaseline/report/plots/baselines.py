"""Pictures of published cohorts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from icibaseline.baseline import Baseline
from icibaseline.distributions import BivariateNormal, Dirichlet, Distribution, NormalMixture
from icibaseline.evidence import Finding
from icibaseline.evidence.coherence.reading import in_months, proportion
from icibaseline.report.plots import curves, forest
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.distributions import Law, contours, densities, each_number, shares
from icibaseline.report.plots.forest import OTHER, REJECTED, TAKEN, Row, row_of, scale_of
from icibaseline.report.plots.style import CONTROL, INK, LINES, SOFT, key
from icibaseline.survival import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Joint", "Prior", "Routes", "Survival"]


def _title(item: Baseline) -> str:
    endpoint = item.findings[0].endpoint
    return f"{item.id}{f': {endpoint}' if endpoint else ''}"


def _unit(item: Baseline) -> str:
    return " months" if item.parameters[0] == "median" else ""


def _first(law: Distribution) -> Distribution:
    """The law of the number itself: of several, that of the first."""
    return law.marginal(0) if isinstance(law, BivariateNormal) else law


@view
@final
class Prior(View):
    """The prior of a cohort, and beside it what is expected of the next trial."""

    name, of = "prior", Baseline

    def suits(self, item: Any) -> bool:
        """Whether it is a prior on one number, or its first number is a number of its own."""
        return not isinstance(item.prior, Dirichlet)

    def draw(self, item: Any, axes: Axes) -> None:
        """The densities."""
        densities(axes, _laws(item), scale_of(item.parameters[0]), _title(item), _unit(item))

    def says(self, item: Any) -> str:
        """The laws with their numbers."""
        return f"{_title(item)}, {item.parameters[0]}: {'; '.join(law.numbers(_unit(item)) for law in _laws(item))}."


def _laws(item: Baseline) -> list[Law]:
    own = _first(item.prior)
    laws = [Law("prior of the cohort", own)]
    if item.parameters[0] in ("median", "hazard ratio") and isinstance(own, NormalMixture) and own.scale == "log":
        laws.append(Law("predictive of the next trial", item.predictive()))
    if item.assessment_every is not None:
        laws.append(Law(f"as scans every {item.assessment_every:g} months show it", _first(item.observed)))
    return laws


@view
@final
class Survival(View):
    """The survival curve at the prior median with the band of the prior, what was printed, and other families."""

    name, of, size = "curve", Baseline, (6.4, 4.6)

    def suits(self, item: Any) -> bool:
        """Whether it is a prior of a survival curve."""
        return bool(item.quantity == "survival")

    def draw(self, item: Any, axes: Axes) -> None:
        """The curve, the band, the printed points and the other families."""
        end = max([curves.horizon(item.curve), *(1.2 * point.month for point in _printed(item))])
        t = np.linspace(0, end, curves.POINTS)
        band = curves.band(item.curve, t)
        if band is not None:
            axes.fill_between(t, *band, color=SOFT, alpha=0.55, lw=0, label="95 % of the prior")
        axes.plot(t, item.typical.survival(t), color=CONTROL, lw=2.4, label="at the prior median")
        for (name, curve), (colour, dashes) in zip(_families(item), LINES[1:], strict=False):
            axes.plot(t, curve.survival(t), color=colour, ls=dashes, lw=1.4, label=f"instead: {name}")
        for point in _printed(item):
            axes.plot(point.month, point.alive, point.marker, color=INK, ms=6, label=point.label)
        curves.frame(axes, end, months=_origin(item), endpoint=item.findings[0].endpoint)
        key(axes, f"{item.id}: {item.typical}")

    def says(self, item: Any) -> str:
        """The curve, the printed points and the other families."""
        held = item.typical
        parts = [
            f"Survival curve of {item.id} at the prior median: {held}",
            f"probability of no event at 12 months: {held.survival(12.0):.2g}",
            *(point.label for point in _printed(item)),
        ]
        if item.families:
            parts.append(f"other curves through the same numbers: {', '.join(name for name, _ in item.families)}")
        return "; ".join(parts) + "."


def _families(item: Baseline) -> tuple[tuple[str, Curve], ...]:
    free = item.event_free
    return tuple((name, curve if free is None else curve.after(free)) for name, curve in item.families)


class Point(NamedTuple):
    """A printed number on a survival curve."""

    month: float
    alive: float
    marker: str
    label: str


def _printed(item: Baseline) -> list[Point]:
    """The printed points of the curve; none of those who lived some months without the event."""
    if item.event_free is not None:
        return []
    found = (_point(f) for f in item.findings if f.supports == item.id or f.statistic == "landmark")
    return [point for point in found if point is not None]


def _point(f: Finding) -> Point | None:
    if f.statistic == "median" and f.value is not None:
        month = sum(in_months(f)) / 2
        return Point(month, 0.5, "o", f"printed median, {month:.3g} months")
    if f.statistic == "landmark" and f.value is not None and f.at:
        alive = sum(proportion(f)) / 2
        return Point(f.at, alive, "s", f"printed landmark, {alive:.3g} at month {f.at:g}")
    return None


def _origin(item: Baseline) -> str:
    origin = item.findings[0].origin or "the source's time origin"
    if item.event_free is None:
        return f"months from {origin}"
    return f"months from entry, after {item.event_free:g} without the event from {origin}"


@view
@final
class Routes(View):
    """The prior taken beside what other routes, or other assumptions, make of the same findings; or its classes."""

    name, of, size, row = "routes", Baseline, (7.4, 1.1), 0.36

    def rows(self, item: Any) -> float:
        """One for each route."""
        return forest.height(_routes(item))

    def draw(self, item: Any, axes: Axes) -> None:
        """The routes from above, the one taken first."""
        forest.draw(axes, _routes(item), scale_of(item.parameters[0]), f"{_title(item)}, median and 95 % interval")

    def says(self, item: Any) -> str:
        """Every route with its numbers."""
        label = scale_of(item.parameters[0]).label
        return f"{_title(item)} ({label}), median and 95 % interval: {forest.said(_routes(item))}."


def _routes(item: Baseline) -> list[Row]:
    if isinstance(item.prior, Dirichlet):
        return shares(item.prior)
    others = [other for other in item.alternatives if other.prior is not None]
    rejected = [other.label.startswith("rejected") for other in others]
    return [
        row_of(f"taken: {item.route.splitlines()[0].split(':')[0]}", item.prior, TAKEN),
        *(row_of(o.label, o.prior, REJECTED if r else OTHER) for o, r in zip(others, rejected, strict=True) if o.prior),
    ]


@view
@final
class Joint(View):
    """The prior on both numbers of a curve."""

    name, of, size = "joint", Baseline, (6.0, 4.6)

    def suits(self, item: Any) -> bool:
        """Whether the prior is on two numbers."""
        return isinstance(item.prior, BivariateNormal)

    def draw(self, item: Any, axes: Axes) -> None:
        """The regions and the medians."""
        contours(axes, item.prior, _labels(item), _title(item))

    def says(self, item: Any) -> str:
        """Both numbers, and how they go together."""
        each = "; ".join(each_number(item.prior, _labels(item)))
        return f"{_title(item)}, joint prior: {each}; correlation {item.prior.correlation:.2g}."


def _labels(item: Baseline) -> list[str]:
    return [scale_of(name).label for name in item.parameters]
