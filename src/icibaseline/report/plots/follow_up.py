"""The picture of what one arm showed beside the curve of its benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.baseline import Population
from icibaseline.designs.single_arm import curve_of
from icibaseline.monitoring import AfterFollowUp
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.curves import POINTS, band, frame
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, MUTED, key
from icibaseline.survival import Curve, Exponential

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ArmAndBenchmark"]

_LEVEL = 0.95
_AT_RISK = 5  # months for which numbers at risk are told, about


@view
@final
class ArmAndBenchmark(View):
    """Kaplan-Meier curve of the patients, and the benchmark with what its prior leaves open."""

    name, of = "arm and benchmark", AfterFollowUp
    size = (6.6, 4.4)

    def draw(self, item: AfterFollowUp, axes: Axes) -> None:
        """Steps with their limits and the patients still followed, and the benchmark's curve with its band."""
        from lifelines import KaplanMeierFitter

        months, events = (np.array(held[-1], dtype=float) for held in (item.months, item.events))
        end = 1.02 * months.max()
        arm = KaplanMeierFitter(alpha=1 - _LEVEL).fit(months, events)
        t = arm.survival_function_.index.to_numpy()
        alive = arm.survival_function_.to_numpy()[:, 0]
        limits = np.clip(np.nan_to_num(arm.confidence_interval_.to_numpy(), nan=1.0), 0.0, 1.0)
        axes.fill_between(t, limits[:, 0], limits[:, 1], step="post", color=EXPERIMENTAL, alpha=0.16, lw=0)
        axes.step(t, alive, where="post", color=EXPERIMENTAL, lw=2.2, label="arm, Kaplan-Meier, 95 % limits")
        lost = np.unique(months[events == 0])
        axes.plot(lost, alive[np.searchsorted(t, lost, "right") - 1], ls="", marker="|", ms=8, color=EXPERIMENTAL)
        grid = np.linspace(0, end, POINTS)
        held = band(_curve(item.design.benchmark), grid, _LEVEL)
        if held is not None:
            axes.fill_between(grid, *held, color=CONTROL, alpha=0.16, lw=0)
        known = "benchmark" if held is None else "benchmark, 95 % of where it may be"
        alone = curve_of(item.design.benchmark).survival(grid)
        axes.plot(grid, alone, color=CONTROL, ls="--", lw=2.0, label=known)
        frame(axes, end, months="months since entry; below, patients at risk")
        _tell_at_risk(axes, months, end)
        key(axes, columns=1)

    def says(self, item: AfterFollowUp) -> str:
        """Counts, the hazard ratio and the decision."""
        found = item.estimate
        return (
            f"Kaplan-Meier curve of {item.patients} patients, {item.observed} with the event where the benchmark "
            f"expects {item.expected:.1f}, beside the benchmark's curve. "
            f"{item.measured.capitalize()} {found.value:.2f}, "
            f"{100 * item.confidence:g} % interval {found.lower:.2f} to {found.upper:.2f}: {item.decision}."
        )


def _curve(benchmark: Any) -> Curve:
    """The benchmark's curve with its priors."""
    if isinstance(benchmark, Population):
        found: Curve = benchmark.curve
        return found
    return benchmark if isinstance(benchmark, Curve) else Exponential(median=benchmark)


def _tell_at_risk(axes: Axes, months: FloatArray, end: float) -> None:
    ticks = [float(t) for t in axes.get_xticks() if 0 <= t <= end]
    ticks = ticks[:: max(1, len(ticks) // _AT_RISK)] if len(ticks) > 2 * _AT_RISK else ticks
    axes.set_xticks(ticks, [f"{t:g}\n{np.count_nonzero(months >= t)}" for t in ticks])
    axes.tick_params(axis="x", labelcolor=MUTED)


@source_of.register
def _(item: AfterFollowUp) -> str:
    held = item.design.benchmark
    return f"follow-up as given; benchmark: {source_of(held) if isinstance(held, Population) else 'assumed, no source'}"
