"""Pictures of when a group sequential trial stops, against what is true."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import Plan
from icibaseline.designs.results import stopping
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.boundaries import chart, designed, sequential
from icibaseline.report.plots.placing import outlined
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key
from icibaseline.rules import Bounds
from icibaseline.rules.bounds import means_at
from icibaseline.scenario import Scenario
from icibaseline.survival import HazardRatio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EventsByRatio", "InformationByDrift", "StoppingByDrift", "StoppingByRatio"]

_LEAST, _MOST, _POINTS = -1.0, 5.0, 61  # drifts, means of Z at the planned end, that the pictures span
_KEPT = 4
_NEVER = 1e-12  # a probability that is rounding
_SEVERAL = 4  # looks that each get a line in the key


class Ending(NamedTuple):
    """What happens under several truths, (B,) or (B, K)."""

    truth: FloatArray
    reject: FloatArray
    futility: FloatArray  # at interim looks, (B, K - 1)
    size: FloatArray  # events, or information, when the trial ends
    most: FloatArray  # the same if it does not stop early
    marks: tuple[tuple[float, str], ...]  # truths of note, which are among those above

    def at(self, truth: float) -> int:
        """The place of a truth of note."""
        return int(np.argmin(np.abs(self.truth - truth)))


@lru_cache(maxsize=_KEPT)
def by_ratio(plan: Plan) -> Ending:
    """Stopping under hazard ratios on both sides of the one that is tested, as one batch of scenarios."""
    design, scenario = designed(plan), plan.scenario.typical.resolved
    assert isinstance(scenario, Scenario)
    null, information = design.statistic.null, design.planned_boundary.information[-1]
    grid = null * np.exp(-np.linspace(_LEAST, _MOST, _POINTS) / np.sqrt(information))
    effects = {part.effect.value if isinstance(part.effect, HazardRatio) else None for part in scenario.parts}
    planned = [x for x in effects if isinstance(x, float) and len(effects) == 1 and x != null]
    ratios = np.unique([*grid, null, *planned])
    found = design.evaluate(_under(scenario, ratios))
    marks = ((null, f"no effect, {null:g}"), *((x, f"planned, {x:.3g}") for x in planned))
    return Ending(ratios, found.reject, found.futility[:, :-1], stopping(found)[1], found.events[:, -1], marks)


def _under(scenario: Scenario, ratios: FloatArray) -> Scenario:
    """The scenario under a batch of hazard ratios, the same in all strata; a delay stays."""

    def moved(effect: Any) -> HazardRatio:
        return effect.with_(value=ratios) if isinstance(effect, HazardRatio) else HazardRatio(ratios)

    if scenario.strata:
        return scenario.with_(strata=tuple(s.with_(effect=moved(s.effect)) for s in scenario.strata))
    return scenario.with_(effect=moved(scenario.effect), experimental=None)


@lru_cache(maxsize=_KEPT)
def by_drift(bounds: Bounds) -> Ending:
    """Stopping under drifts; sizes are fractions of the information at the end."""
    own = float(bounds.drift)
    drifts = np.unique([*np.linspace(_LEAST, max(_MOST, 1.2 * own), _POINTS), 0.0, own])
    found = bounds.under(means_at(drifts, bounds.information))
    marks = ((0.0, "no effect, 0"), *([(own, f"of these bounds, {own:.3g}")] if own else []))
    size = found.expected_information / bounds.information[-1]
    return Ending(drifts, found.reject, found.stop_futility[:, :-1], size, np.ones(len(drifts)), marks)


class _AgainstTruth(View):
    """Something against what is true."""

    def suits(self, item: Any) -> bool:
        """Whether several looks test."""
        return sequential(item)

    def ending(self, item: Plan | Bounds) -> Ending:
        """What happens under which truths."""
        return by_drift(item) if isinstance(item, Bounds) else by_ratio(item)

    def truths(self, item: Plan | Bounds) -> str:
        """What the truths are called."""
        if isinstance(item, Bounds):
            return "true drift, mean of Z at the last look"
        return "true hazard ratio, experimental / control" + (
            ", in all strata" if getattr(item.scenario, "strata", ()) else ""
        )

    def frame(self, item: Plan | Bounds, axes: Axes) -> None:
        """The axis of truths, and those of note."""
        found = self.ending(item)
        axes.set(xlim=(found.truth[0], found.truth[-1]), xlabel=self.truths(item))
        for x, text in found.marks:
            axes.axvline(x, color=INK, lw=1.0, ls=(0, (4, 2)))
            axes.annotate(
                text, (x, 0.03), xycoords=("data", "axes fraction"), xytext=(3, 0), textcoords="offset points",
                rotation=90, va="bottom", fontsize=8.5, path_effects=outlined(),
            )  # fmt: skip
        finish(axes)


class _Stopping(_AgainstTruth):
    """Probability of stopping at each look, stacked."""

    name, size = "stopping", (7.0, 4.6)

    def draw(self, item: Plan | Bounds, axes: Axes) -> None:
        """Rejecting from below, futility from above, lighter from look to look."""
        found = self.ending(item)
        axes.set(ylim=(0, 1), ylabel="probability")
        rising, falling = np.cumsum(found.reject, axis=1), 1 - np.cumsum(found.futility, axis=1)
        self._stack(axes, found.truth, rising, 0.0, (CONTROL, "reject", ""))
        if found.futility.any():
            self._stack(axes, found.truth, falling, 1.0, (EXPERIMENTAL, self._below(item), "////"))
        axes.fill_between(
            found.truth, rising[:, -1], falling[:, -1], facecolor="white", edgecolor=MUTED, lw=0.6,
            label="all else" if chart(item).mirrored else "neither, up to the end",
        )  # fmt: skip
        self.frame(item, axes)
        key(axes, columns=2)

    @staticmethod
    def _below(item: Plan | Bounds) -> str:
        return "reject for control" if chart(item).mirrored else "stop for futility"

    @staticmethod
    def _stack(axes: Axes, truth: FloatArray, levels: FloatArray, start: float, look: tuple[str, str, str]) -> None:
        """Bands from a start to the first of the levels (B, J), and between them."""
        from matplotlib.colors import to_rgb

        colour, word, hatch = look
        edges, count = np.column_stack([np.full(len(truth), start), levels]), levels.shape[1]
        possible = np.flatnonzero(np.abs(np.diff(edges, axis=1)).max(axis=0) > _NEVER).tolist()
        for k, (before, after) in enumerate(pairwise(edges.T)):
            light = 0.65 * k / max(count - 1, 1)
            shade = tuple(light + (1 - light) * np.array(to_rgb(colour)))
            told = k in possible and (count <= _SEVERAL or k in (possible[0], possible[-1]))
            axes.fill_between(
                truth, before, after, facecolor=shade, edgecolor="white", lw=0.4, hatch=hatch,
                label=f"{word}, look {k + 1}" if told else "_",
            )  # fmt: skip

    def says(self, item: Plan | Bounds) -> str:
        """Stopping at the truths of note."""
        found, told = self.ending(item), []
        for x, text in found.marks:
            k = found.at(x)
            stops = f", {self._below(item)} {_listed(found.futility[k])}" if found.futility.any() else ""
            told.append(f"{text}: reject {_listed(found.reject[k])}{stops}")
        return f"Probability of stopping, first to last look, against the {self.truths(item)}. {'; '.join(told)}."


def _listed(p: FloatArray) -> str:
    return ", ".join(f"{x:.3f}" for x in p)


@view
@final
class StoppingByRatio(_Stopping):
    """Against the true hazard ratio."""

    of = Plan


@view
@final
class StoppingByDrift(_Stopping):
    """Of bounds without a trial, against the drift."""

    of = Bounds


class _Size(_AgainstTruth):
    """Expected size when the trial ends."""

    label: ClassVar[str]
    never: ClassVar[str]

    def draw(self, item: Plan | Bounds, axes: Axes) -> None:
        """One line, and that of a trial that never stops early."""
        found = self.ending(item)
        axes.plot(found.truth, found.most, color=MUTED, ls=":", lw=1.6, label=self.never)
        axes.plot(found.truth, found.size, color=CONTROL, label="stopped early where the bounds say so")
        for x, _ in found.marks:
            size = found.size[found.at(x)]
            axes.plot([x], [size], "o", color=CONTROL, ms=6)
            axes.annotate(
                f"{size:.3g}", (x, size), xytext=(-5, -5), textcoords="offset points", ha="right", va="top",
                color=CONTROL, path_effects=outlined(),
            )  # fmt: skip
        axes.set(ylim=(0, 1.08 * float(found.most.max())), ylabel=self.label)
        self.frame(item, axes)
        key(axes, columns=2)

    def says(self, item: Plan | Bounds) -> str:
        """Sizes at the truths of note."""
        found = self.ending(item)
        told = [f"{text}: {found.size[found.at(x)]:.3g}, of {found.most[found.at(x)]:.3g}" for x, text in found.marks]
        return f"{self.label.capitalize()}, against the {self.truths(item)}. {'; '.join(told)}."


@view
@final
class EventsByRatio(_Size):
    """Events, against the true hazard ratio."""

    name, of = "expected events", Plan
    label, never = "expected events when the trial ends", "at the last look"


@view
@final
class InformationByDrift(_Size):
    """Information of bounds without a trial, against the drift."""

    name, of = "expected information", Bounds
    label, never = "expected information, fraction", "at the last look"
