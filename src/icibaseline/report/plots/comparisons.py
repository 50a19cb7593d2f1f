"""Pictures of comparisons: designs in scenarios."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, final

from icibaseline.designs import Comparison
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.style import INK, LINES, MUTED, finish, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Dots"]

_MARKERS = "osD^vP*X"
_WIDE = 30  # characters in a line of a label
_APART = 0.8  # of a row, that the scenarios share
_ERROR = 1.96
_AVERAGED = "type I error, averaged over the control"


@view
@final
class Dots(View):
    """Power of designs in scenarios, with the Monte Carlo error of what was simulated."""

    name, of, size, row = "dots", Comparison, (6.8, 1.3), 0.24

    def rows(self, item: Comparison) -> int:
        """One for each pair, one for averaged type I errors if they are shown, and one between designs."""
        return len(item.designs) * (len(item.scenarios) + _benchmarked(item) + 1)

    def draw(self, item: Comparison, axes: Axes) -> None:
        """A row for each design, a mark for each scenario, and one for the average type I error."""
        designs, scenarios = item.names
        step = _APART / (len(scenarios) + _benchmarked(item))
        for j, name in enumerate(scenarios):
            results = [item[i, j] for i in range(len(designs))]
            at = [i - _APART / 2 + (j + 0.5) * step for i in range(len(designs))]
            colour = LINES[j % len(LINES)][0]
            error = [_ERROR * r.error for r in results]
            axes.errorbar(
                [r.power for r in results], at, xerr=error if any(error) else None, fmt=_MARKERS[j % len(_MARKERS)],
                color=colour, capsize=3, ms=6, mfc="white" if j % 2 else colour,
                label=textwrap.shorten(_named("scenario", name), _WIDE, placeholder=" ..."),
            )  # fmt: skip
            for y, r, half in zip(at, results, error, strict=True):
                axes.annotate(
                    f"{r.power:.3f}", (r.power + half, y), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=8.5, color=INK,
                )  # fmt: skip
        if _benchmarked(item):
            self._averages(item, axes, step)
        self._axes(item, axes)

    @staticmethod
    def _averages(item: Comparison, axes: Axes, step: float) -> None:
        """Type I errors averaged over what the control may be, which those at one control hide."""
        errors = [found.average_error for found in item.summaries]
        at = [i + _APART / 2 - step / 2 for i in range(len(errors))]
        axes.errorbar(errors, at, fmt="X", color=INK, ms=7.5, label=_AVERAGED)
        for y, error in zip(at, errors, strict=True):
            axes.annotate(
                f"{error:.3f}", (error, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=INK,
            )  # fmt: skip

    def _axes(self, item: Comparison, axes: Axes) -> None:
        designs = item.names[0]
        for i in range(1, len(designs)):
            axes.axhline(i - 0.5, color=MUTED, lw=0.6)
        labels = [textwrap.fill(_named("design", name), _WIDE) for name in designs]
        axes.set_yticks(
            range(len(designs)), [f"{label}\nn = {d.n:g}" for label, d in zip(labels, item.designs, strict=True)]
        )
        highest = max(r.power + _ERROR * r.error for r in item.results)
        if _benchmarked(item):
            highest = max(highest, *(found.average_error for found in item.summaries))
        axes.set(ylim=(len(designs) - 0.5, -0.5), xlim=(0, min(1.05, 1.2 * highest)), xlabel=_quantity(item))
        axes.tick_params(axis="y", length=0)
        finish(axes, grid="x")
        key(axes, columns=min(len(item.scenarios) + _benchmarked(item), 3))

    def says(self, item: Comparison) -> str:
        """Every pair."""
        told = []
        for r in item.rows():
            error = f" (Monte Carlo error {r['error']:.4f})" if r["error"] else ""
            told.append(
                f"{_named('design', r['design'])}, {_named('scenario', r['scenario'])}: {r['power']:.3f}{error}"
            )
        said = f"Probability of success: {_quantity(item)}. {'; '.join(told)}."
        if not _benchmarked(item):
            return said
        pairs = zip(item.names[0], item.summaries, strict=True)
        errors = "; ".join(f"{_named('design', name)} {found.average_error:.3f}" for name, found in pairs)
        return f"{said} {_AVERAGED[0].upper()}{_AVERAGED[1:]}: {errors}."


def _benchmarked(item: Comparison) -> bool:
    """Whether a design is held against a benchmark, so that a type I error at one control is not all."""
    return any(design.roles for design in item.designs)


def _named(kind: str, name: str) -> str:
    """A name that stands alone; a number gets to say what it numbers."""
    return f"{kind} {name}" if name.isdigit() else name


def _quantity(item: Comparison) -> str:
    """What the probabilities of rejecting are."""
    nulls = {r.design.is_null(r.scenario) for r in item.results}
    power = "assurance" if all(r.method == "assurance" for r in item.results) else "power"
    words: dict[tuple[bool, ...], str] = {(True,): "type I error", (False,): power}
    how = f", bars: ± {_ERROR:g} Monte Carlo errors" if any(r.error for r in item.results) else ""
    return words.get(tuple(nulls), f"{power}, or type I error without an effect") + how
