"""Pictures of survival curves, of several baselines, of mixtures and of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from icibaseline._values import unknowns
from icibaseline.baseline import Baseline, Mix, Pool, Population
from icibaseline.distributions import Dirichlet, Distribution
from icibaseline.report.plots import curves, forest
from icibaseline.report.plots.base import Several, View, view
from icibaseline.report.plots.curves import Line, said_median
from icibaseline.report.plots.distributions import numbers
from icibaseline.report.plots.forest import OTHER, TAKEN, Row, row_of, scale_of
from icibaseline.survival import Curve, Exponential

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Members", "OneCurve", "Overlaid", "Parts", "PoolCurve", "Priors"]

_SIZE = (7.0, 4.2)
_LONGEST = 2.2  # medians of the slowest of several curves, so that their ends are apart


def _named(name: str, curve: Curve) -> Line:
    """A curve with its median under its name."""
    return Line(f"{name}\n{said_median(curves.median(curve))}", curve)


def _end(lines: list[Line]) -> float:
    """Months of an axis on which all curves can be told apart."""
    medians = [x for x in (curves.median(line.curve) for line in lines) if np.isfinite(x)]
    longest = max(curves.horizon(line.curve) for line in lines)
    return min(longest, _LONGEST * max(medians)) if medians else longest


def _title(lines: list[Line]) -> str:
    banded = len(lines) <= curves.MOST_BANDS and any(unknowns(line.curve) for line in lines)
    return f"at the prior medians{', with 95 % of the prior' if banded else ''}"


def _said(lines: list[Line]) -> str:
    return "; ".join(line.name.replace("\n", ", ") for line in lines)


@view
@final
class OneCurve(View):
    """A survival curve, with the band of the priors in it."""

    name, of, size = "curve", Curve, _SIZE

    def suits(self, item: Any) -> bool:
        """Whether it is one curve and not a batch."""
        return item.batch is None

    def draw(self, item: Any, axes: Axes) -> None:
        """The curve."""
        curves.draw(axes, [Line(said_median(curves.median(item)), item)], curves.horizon(item))
        curves.frame(axes, curves.horizon(item))
        axes.set_title(str(curves.typical(item)).splitlines()[0])

    def says(self, item: Any) -> str:
        """The curve in words."""
        return f"Survival curve: {item}."


@view
@final
class Overlaid(View):
    """Survival curves of several baselines, mixtures, pools or curves, each with its band."""

    name, of, size = "curves", Several, _SIZE

    def suits(self, item: Any) -> bool:
        """Whether each has a survival curve."""
        return bool(item) and all(map(_has_curve, item))

    def draw(self, item: Any, axes: Axes) -> None:
        """The curves."""
        lines, endpoints = _each(item), {_endpoint(x) for x in item}
        curves.draw(axes, lines, _end(lines))
        curves.frame(axes, _end(lines), endpoint=endpoints.pop() if len(endpoints) == 1 else None)
        axes.set_title(_title(lines))

    def says(self, item: Any) -> str:
        """The medians."""
        return f"Survival curves at the prior medians: {_said(_each(item))}."


def _has_curve(item: Any) -> bool:
    if isinstance(item, Baseline):
        return item.quantity == "survival"
    return isinstance(item, (Mix, Pool)) or (isinstance(item, Curve) and item.batch is None)


def _endpoint(item: Any) -> str | None:
    """The endpoint of all cohorts that the item rests on; None if they differ or there is none."""
    rests_on = item.baselines if isinstance(item, Population) else ()
    found = {b.findings[0].endpoint for b in rests_on if b.quantity == "survival"}
    return found.pop() if len(found) == 1 else None


def _each(items: Several) -> list[Line]:
    return [_named(_name(x, k), x.curve if isinstance(x, Population) else x) for k, x in enumerate(items, start=1)]


def _name(item: Any, k: int) -> str:
    return item.id if isinstance(item, Baseline) else f"{type(item).__name__.lower()} ({k})"


@view
@final
class Priors(View):
    """Priors of several baselines on numbers of one kind."""

    name, of, size, row = "priors", Several, (7.4, 1.1), 0.36

    def suits(self, item: Any) -> bool:
        """Whether they are baselines whose priors are on the same number."""
        kinds = {x.parameters[0] if isinstance(x, Baseline) else None for x in item}
        return len(kinds) == 1 and None not in kinds and not any(isinstance(x.prior, Dirichlet) for x in item)

    def rows(self, item: Any) -> float:
        """One for each baseline."""
        return forest.height(_priors(item))

    def draw(self, item: Any, axes: Axes) -> None:
        """The baselines from above."""
        forest.draw(axes, _priors(item), scale_of(item[0].parameters[0]), "priors, median and 95 % interval")

    def says(self, item: Any) -> str:
        """The numbers of each."""
        return f"Priors, {scale_of(item[0].parameters[0]).label}: {forest.said(_priors(item))}."


def _priors(items: Several) -> list[Row]:
    return [row_of(x.id, x.prior, TAKEN) for x in items]


# ---- mixtures ------------------------------------------------------------------------------------


@view
@final
class Parts(View):
    """The survival curve of a mixture with its band, and the curves of its parts."""

    name, of, size = "curve", Mix, _SIZE

    def draw(self, item: Any, axes: Axes) -> None:
        """The mixture, and its parts under their shares."""
        whole, *parts = _parts(item)
        curves.draw(axes, [whole], _end([whole, *parts]), beside=parts)
        curves.frame(axes, _end([whole, *parts]), endpoint=_endpoint(item))
        axes.set_title(_title([whole]))

    def says(self, item: Any) -> str:
        """The medians and the shares."""
        return f"Survival curves of a mixture and its parts, at the prior medians: {_said(_parts(item))}."


def _parts(item: Mix) -> list[Line]:
    """The mixture first, then its parts; those who live some months without the event, if only they can enter."""
    before: Any = item.with_(event_free=None).typical
    weights = np.atleast_1d(before.weights)
    shares = np.append(weights, 1 - weights[0]) if len(weights) < len(item.parts) else weights
    made = [_named("mixture", item.curve)]
    for k, (part, share) in enumerate(zip(item.parts, shares, strict=True), start=1):
        name, curve = _part(part, k)
        after = curve if item.event_free is None else curve.after(item.event_free)
        made.append(_named(f"{100 * share:.0f} % {name}", after))
    return made


def _part(part: Any, k: int) -> tuple[str, Curve]:
    if isinstance(part, Baseline):
        return part.id, part.curve
    return f"part {k}", Exponential(median=part) if isinstance(part, Distribution) else part


# ---- pools ---------------------------------------------------------------------------------------


@view
@final
class Members(View):
    """The members of a pool, the median about which they vary, and what is expected of the next study."""

    name, of, size, row = "members", Pool, (7.4, 1.1), 0.36

    def rows(self, item: Any) -> float:
        """One for each member, and two of the pool."""
        return forest.height(_members(item))

    def draw(self, item: Any, axes: Axes) -> None:
        """The members from above, the next study last."""
        title = f"pool, median and 95 % interval; tau {item.tau:.2g}"
        forest.draw(axes, _members(item), scale_of("median"), title)

    def says(self, item: Any) -> str:
        """All numbers."""
        return f"Pool, median in months and 95 % interval: {forest.said(_members(item))}; tau {item.tau:.2g}."


def _members(item: Pool) -> list[Row]:
    return [
        *(row_of(member.id, member.prior, OTHER) for member in item.members),
        row_of("median about which studies vary", item.mean, OTHER),
        row_of("next study (the prior)", item.prior, TAKEN),
    ]


@view
@final
class PoolCurve(View):
    """The exponential curve of the next study, with the band of its prior."""

    name, of, size = "curve", Pool, _SIZE

    def draw(self, item: Any, axes: Axes) -> None:
        """The curve."""
        curves.draw(axes, [_named("next study", item.curve)], curves.horizon(item.curve))
        curves.frame(axes, curves.horizon(item.curve), endpoint=_endpoint(item))

    def says(self, item: Any) -> str:
        """The median and its interval."""
        return f"Exponential survival curve of the next study, {numbers(item.prior, ' months')}."
