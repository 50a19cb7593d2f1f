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


@view
@final
class Dots(View):
    """Power of designs in scenarios, with the Monte Carlo error of what was simulated."""

    name, of, size, row = "dots", Comparison, (6.8, 1.3), 0.24

    def rows(self, item: Comparison) -> int:
        """One for each pair, and one between designs."""
        return len(item.designs) * (len(item.scenarios) + 1)

    def draw(self, item: Comparison, axes: Axes) -> None:
        """A row for each design, a mark for each scenario."""
        designs, scenarios = item.names
        step = _APART / len(scenarios)
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
        self._axes(item, axes)

    def _axes(self, item: Comparison, axes: Axes) -> None:
        designs = item.names[0]
        for i in range(1, len(designs)):
            axes.axhline(i - 0.5, color=MUTED, lw=0.6)
        labels = [textwrap.fill(_named("design", name), _WIDE) for name in designs]
        axes.set_yticks(
            range(len(designs)), [f"{label}\nn = {d.n:g}" for label, d in zip(labels, item.designs, strict=True)]
        )
        highest = max(r.power + _ERROR * r.error for r in item.results)
        axes.set(ylim=(len(designs) - 0.5, -0.5), xlim=(0, min(1.05, 1.2 * highest)), xlabel=_quantity(item))
        axes.tick_params(axis="y", length=0)
        finish(axes, grid="x")
        key(axes, columns=min(len(item.scenarios), 3))

    def says(self, item: Comparison) -> str:
        """Every pair."""
        told = []
        for r in item.rows():
            error = f" (Monte Carlo error {r['error']:.4f})" if r["error"] else ""
            told.append(
                f"{_named('design', r['design'])}, {_named('scenario', r['scenario'])}: {r['power']:.3f}{error}"
            )
        return f"Probability of rejecting: {_quantity(item)}. {'; '.join(told)}."


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
