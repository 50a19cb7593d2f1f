"""Pictures of the two-stage designs among which one may choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from icibaseline.baseline import Population
from icibaseline.designs import TwoStage, TwoStageDesigns
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.placing import outlined
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Admissible"]

_LINE = 0.062  # of the height, that a label takes
_LEFT = 0.62  # of the span of n, that labels take left of it


@source_of.register
def _designs(item: TwoStageDesigns) -> str:
    """The benchmark of the design, if it has one of its own, and the scenario."""
    own = item.design.benchmark
    mine = f"benchmark: {source_of(own)}; " if isinstance(own, Population) else ""
    return mine + source_of(item.scenario)


@view
@final
class Admissible(View):
    """Expected number of patients at the benchmark's rate against the number in all, admissible designs named."""

    name, of, size = "admissible", TwoStageDesigns, (7.0, 4.6)

    def draw(self, item: TwoStageDesigns, axes: Axes) -> None:
        """A dot for each n, a line through the admissible ones, and their counts below it, where nothing else is."""
        expected = dict(zip(item.n, item.expected_n, strict=True))
        kept = [(d.n, expected[d.n]) for d in item.admissible if d.n is not None]
        others = [n for n in item.n if n not in dict(kept)]
        axes.plot(others, [expected[n] for n in others], "o", color=MUTED, ms=5, mfc="white", label="best of its n")
        axes.plot(*zip(*kept, strict=True), "-o", color=CONTROL, lw=1.2, ms=5.5, label="admissible")
        for k, (marker, colour, word) in {0: ("s", EXPERIMENTAL, "minimax"), -1: ("D", INK, "optimal")}.items():
            axes.plot(*kept[k], marker, color=colour, ms=9, ls="", label=word)
        low, high = min(item.n), max(item.n)
        p0, p1 = item.rates
        axes.set(xlim=(low - _LEFT * max(high - low, 6), high + 0.8), xlabel="patients in all, at most")
        axes.set_xticks([n for n in axes.get_xticks() if low - 1 <= n <= high])  # labels stand on the rest
        axes.set(ylabel=f"patients expected, if the rate is {p0:.3g}")
        self._labels(item, kept, axes)
        finish(axes, grid="both")
        key(axes, f"{p0:.3g} against {p1:.3g}: r1/n1, then r/n, the greatest numbers that fail", columns=4)

    @staticmethod
    def _labels(item: TwoStageDesigns, kept: list[tuple[int, float]], axes: Axes) -> None:
        """Downwards from the minimax design, none on another."""
        top = max(item.expected_n)
        low = min(item.expected_n)
        for _ in range(20):  # the height of a label depends on the axis, and this on the labels
            step, places = _LINE * (1.06 * top - low), list[float]()
            for _, y in kept:
                places.append(min([y - 0.75 * step, *(place - step for place in places[-1:])]))
            low = min(places) - 1.5 * step
        axes.set_ylim(low, top + 0.06 * (top - low))
        for (n, y), place, design in zip(kept, places, item.admissible, strict=True):
            axes.annotate(
                _counts(item, design), (n, y), xytext=(n - 0.1, place), textcoords="data", ha="right", va="center",
                fontsize=8.5, path_effects=outlined(),
                arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.7, "shrinkA": 0, "shrinkB": 4, "relpos": (1, 1)},
            )  # fmt: skip

    def says(self, item: TwoStageDesigns) -> str:
        """The admissible designs."""
        expected = dict(zip(item.n, item.expected_n, strict=True))
        p0, p1 = item.rates
        told = [f"{_counts(item, d)}, {expected[d.n or 0]:.2f} expected" for d in item.admissible]
        return (
            f"Two-stage designs for {p0:.3g} against {p1:.3g}: patients expected at {p0:.3g} against those in all. "
            f"Admissible (r1/n1, then r/n): {'; '.join(told)}."
        )


def _counts(item: TwoStageDesigns, design: TwoStage) -> str:
    words = [word for word in ("minimax", "optimal") if getattr(item, word) == design]
    return f"{' and '.join(words) or 'admissible'}: {design.r1}/{design.n1}, {design.r}/{design.n}"
