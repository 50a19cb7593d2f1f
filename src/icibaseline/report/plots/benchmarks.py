"""Pictures of what the error of a benchmark does to a trial: how often it succeeds, and where the truth may be."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import HonestBenchmark, HonestCurve, HonestLevel, OperatingCharacteristics, Plan
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.report.plots import plans as _plans  # noqa: F401 - their default picture comes first in the list
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, SOFT, finish, key, log_ticks
from icibaseline.survival import HazardRatio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AgainstCurve", "AgainstRate", "ErrorByRate"]

_POINTS = 161
_PRIOR = 0.3  # of the height, that the prior takes
_TAIL, _HALF = 0.001, 0.5


class Mark(NamedTuple):
    """A truth of note: where it is, how often the trial succeeds there, its name with the numbers, and its look."""

    x: float
    y: float
    name: str
    colour: str = INK
    style: str = "o"


class Level(NamedTuple):
    """A probability that is no truth's own, with its name and its look."""

    y: float
    name: str
    colour: str
    style: str


class Honest(NamedTuple):
    """What a picture of an honest benchmark shows."""

    x: FloatArray
    y: FloatArray  # probability of success
    law: Distribution | None  # where the truth may be if the treatment does nothing
    marks: tuple[Mark, ...]
    levels: tuple[Level, ...]
    beyond: str  # what else is to be said, a sentence
    limit: tuple[float, str] | None = None  # the last truth that an honest trial can show, and its name


class _Honest(View):
    """Probability of success against a truth, above the prior on where that is without an effect."""

    of: ClassVar[type | tuple[type, ...]] = (Plan, OperatingCharacteristics)
    size = (7.0, 4.6)
    kind: ClassVar[type]
    label: ClassVar[str]
    prior: ClassVar[str]
    height: ClassVar[str] = "probability of success"

    def suits(self, item: Plan | OperatingCharacteristics) -> bool:
        """Whether the design is held against such a benchmark."""
        return isinstance(_found(item), self.kind)

    @abstractmethod
    def shown(self, found: Any) -> Honest:
        """The numbers."""

    def ticks(self, axes: Axes) -> None:
        """Marks along the axis of truths."""

    def draw(self, item: Plan | OperatingCharacteristics, axes: Axes) -> None:
        """The prior, the curve, the truths of note and the levels, all named with their numbers above."""
        found = self.shown(_found(item))
        highest = max(found.y.max(), *(level.y for level in found.levels), 0.0)
        top = 1.05 if highest > _HALF else 1.15 * highest
        axes.set(xlim=(found.x[0], found.x[-1]), ylim=(0, top), xlabel=self.label, ylabel=self.height)
        self.ticks(axes)
        if found.law is not None:
            with np.errstate(divide="ignore"):
                tall = found.law.pdf(found.x)
            tall = np.minimum(tall, tall[np.isfinite(tall)].max())  # where it rises without end it is cut off
            label = f"{self.prior} (density, on a scale of its own)"
            axes.fill_between(found.x, _PRIOR * top * tall / tall.max(), color=SOFT, lw=0, label=label)
        axes.plot(found.x, found.y, color=CONTROL, lw=2.0, label=self.height)
        for level in found.levels:
            axes.axhline(level.y, color=level.colour, lw=1.5, ls=level.style, label=level.name)
        if found.limit is not None:
            axes.axvline(found.limit[0], color=MUTED, lw=1.4, ls=(0, (1, 1.5)), label=found.limit[1])
        for mark in found.marks:
            axes.plot(
                [mark.x], [mark.y], mark.style, color=mark.colour, ms=7, mec="white", mew=0.8, zorder=4, label=mark.name
            )
        finish(axes)
        key(axes)

    def says(self, item: Plan | OperatingCharacteristics) -> str:
        """The probabilities at the truths of note, and the average."""
        found = self.shown(_found(item))
        told = "; ".join([*(mark.name for mark in found.marks), *(level.name for level in found.levels)])
        subject = f"{self.height[0].upper()}{self.height[1:]} against the {self.label}"
        return f"{subject}. {told}. {found.beyond}".strip()


def _found(item: Plan | OperatingCharacteristics) -> Any:
    return item.honest


def _average(error: float | None, where: str) -> tuple[Level, ...]:
    if error is None:
        return ()
    return (Level(error, f"type I error {error:.3f} averaged over {where}", EXPERIMENTAL, "--"),)


def _grid(law: Distribution | None, least: float, most: float) -> FloatArray:
    """Values that hold two others and nearly all of a law."""
    low, high = (least, most) if law is None else (law.quantile(_TAIL), law.quantile(1 - _TAIL))
    return np.linspace(float(min(least, low)), float(max(most, high)), _POINTS)


@view
@final
class AgainstRate(_Honest):
    """Of a trial of responses, against the true rate."""

    name, kind = "benchmark", HonestBenchmark
    label = "true response rate of the arm, probability"
    prior = "where the control rate may be"

    def shown(self, found: HonestBenchmark) -> Honest:
        """Success at every rate; that at the benchmark is the type I error as planned."""
        law, p0, p1 = found.reference.law, found.reference.rate, found.rate
        x = np.unique([*_grid(law, 0.0, min(1.0, max(1.35 * p1, 2 * p0))), p0, p1])
        x = x[(x >= 0) & (x <= 1)]
        y = np.array([found.success(rate) for rate in x])
        marks = [Mark(p0, found.error, f"type I error {found.error:.3f} at the benchmark's rate {p0:.3g}")]
        if not found.design.is_null(found.scenario):
            power = found.success(p1)
            marks.append(Mark(p1, power, f"power {power:.3f} at the rate {p1:.3g}", CONTROL, "s"))
        said, limit = "The benchmark is taken as a law of nature: its error is not known.", None
        if found.floor is not None:
            said = f"The honest rule, {found.posterior}, shows no rate below {found.floor:.3g}."
            limit = found.floor, f"an honest rule shows no rate below {found.floor:.3g}"
        return Honest(x, y, law, tuple(marks), _average(found.average_error, self.prior), said, limit)


@view
@final
class AgainstCurve(_Honest):
    """Of a trial of survival, against the true hazard ratio to the benchmark's curve."""

    name, kind = "benchmark", HonestCurve
    label = "true hazard ratio of the arm to the benchmark's curve"
    prior = "where the control may be"

    def ticks(self, axes: Axes) -> None:
        """A log axis."""
        axes.set_xscale("log")
        log_ticks(axes)

    def shown(self, found: HonestCurve) -> Honest:
        """Success at every hazard ratio; that at 1 is the type I error as planned."""
        world = found.null.typical.resolved
        assumed = {part.constant_ratio for part in found.scenario.typical.resolved.effects}
        planned = [x for x in assumed if isinstance(x, float) and len(assumed) == 1 and x != 1.0]
        law = NormalMixture.lognormal(1.0, found.sd) if found.sd else None
        x = np.exp(_grid(None, *np.log(_ends(law, [0.6, 1.5, *planned]))))
        x = np.unique([*x, 1.0, *planned])
        y = found.design.evaluate(world.with_(effect=HazardRatio(x))).power
        error = found.error
        marks = [Mark(1.0, error, f"type I error {error:.3f} if the arm does as the benchmark")]
        for ratio in planned:
            power = float(y[x == ratio][0])
            marks.append(Mark(ratio, power, f"power {power:.3f} at the hazard ratio {ratio:.3g}", CONTROL, "s"))
        said, limit = "The benchmark is taken as a law of nature: its error is not known.", None
        if found.largest_ratio is not None:
            largest = f"above {found.largest_ratio:.3g}" if found.largest_ratio else "however small"
            said = f"The honest test shows no hazard ratio{' ' if found.largest_ratio else ', '}{largest}."
            limit = found.largest_ratio, f"an honest test shows no hazard ratio {largest}"
        inside = limit if limit is not None and x[0] < limit[0] < x[-1] else None
        return Honest(x, y, law, tuple(marks), _average(found.average_error, self.prior), said, inside)


def _ends(law: Distribution | None, held: list[float]) -> tuple[float, float]:
    """Ends of an axis that holds some ratios and nearly all of a law."""
    more = [] if law is None else [law.quantile(_TAIL), law.quantile(1 - _TAIL)]
    return 0.85 * min(held + more), 1.1 * max(held + more)


@view
@final
class ErrorByRate(_Honest):
    """Exact type I error of a randomised trial of responses, against the control rate."""

    name, kind = "type I error", HonestLevel
    label = "true control rate, probability"
    prior = "where the control rate may be"
    height = "exact type I error"

    def shown(self, found: HonestLevel) -> Honest:
        """The error at every control rate, its largest, and the level."""
        held = found.scenario.resolved.control
        law = held if isinstance(held, Distribution) else None
        worst = found.worst
        x = np.unique([*np.linspace(0.0, 1.0, _POINTS), found.control, worst.rate])
        y = found._errors(x)
        marks = (
            Mark(found.control, found.error, f"{found.error:.4f} at the control rate {found.control:.3g}"),
            Mark(worst.rate, worst.value, f"{worst.value:.4f} at most, at {worst.rate:.3g}", CONTROL, "s"),
        )
        level = Level(found.nominal, f"level {found.nominal:g}", INK, ":")
        levels = (*_average(found.average_error, self.prior), level)
        return Honest(x, y, law, marks, levels, "")
