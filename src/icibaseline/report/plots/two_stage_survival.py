"""A picture of the two-stage designs of survival among which one may choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from icibaseline.baseline import Population
from icibaseline.designs import TwoStageSurvivalDesigns
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import outlined
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AdmissibleInSurvival"]


@source_of.register
def _designs(item: TwoStageSurvivalDesigns) -> str:
    """The benchmark of the design, if it has one of its own, and the scenario."""
    own = item.design.benchmark
    mine = f"benchmark: {source_of(own)}; " if isinstance(own, Population) else ""
    return mine + source_of(item.scenario)


@view
@final
class AdmissibleInSurvival(View):
    """Expected number of patients without an effect against the number in all, admissible designs marked."""

    name, of, size = "admissible", TwoStageSurvivalDesigns, (7.0, 4.4)

    def draw(self, item: TwoStageSurvivalDesigns, axes: Axes) -> None:
        """A dot for each n, and a line through the admissible ones; the two extremes with their interim looks."""
        expected = dict(zip(item.n, item.expected_n, strict=True))
        kept = [(int(d.n), expected[int(d.n)]) for d in item.admissible if d.n is not None]
        others = [n for n in item.n if n not in dict(kept)]
        axes.plot(others, [expected[n] for n in others], "o", color=MUTED, ms=5, mfc="white", label="best of its n")
        axes.plot(*zip(*kept, strict=True), "-o", color=CONTROL, lw=1.2, ms=5.5, label="admissible")
        ends = {0: ("s", EXPERIMENTAL, "minimax"), -1: ("D", INK, "optimal")}
        for k, (marker, colour, word) in ends.items():
            axes.plot(*kept[k], marker, color=colour, ms=9, ls="", label=word)
        low, high = min(item.expected_n), max(item.expected_n)
        span, wide = max(high - low, 0.02 * high), max(max(item.n) - min(item.n), 6)
        axes.set(xlim=(min(item.n) - 0.08 * wide, max(item.n) + 0.3 * wide), xlabel="patients in all, at most")
        axes.set(ylim=(low - 0.22 * span, high + 0.1 * span), ylabel="patients expected without an effect")
        for k in ends:
            axes.annotate(
                self._look(item, k), kept[k], xytext=(8, 6 if k == 0 else -14), textcoords="offset points",
                fontsize=8.5, path_effects=outlined(),
            )  # fmt: skip
        finish(axes, grid="both")
        key(axes, "interim look: its month, and the patients expected by then", columns=4)

    @staticmethod
    def _look(item: TwoStageSurvivalDesigns, k: int) -> str:
        at = item.n.index(int(item.admissible[k].n or 0))
        return f"month {item.interim[at]:.1f}, {item.n1[at]:.0f} of {item.n[at]}"

    def says(self, item: TwoStageSurvivalDesigns) -> str:
        """The admissible designs."""
        expected = dict(zip(item.n, item.expected_n, strict=True))
        told = [f"{d.n:g} patients, {expected[int(d.n or 0)]:.1f} expected" for d in item.admissible]
        return (
            "Two-stage designs of survival: patients expected without an effect against those in all. Minimax: "
            f"{self._look(item, 0)}. Optimal: {self._look(item, -1)}. Admissible: {'; '.join(told)}."
        )
