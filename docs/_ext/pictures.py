"""Pictures of priors for the evidence pages: what the route gives, what others would have given, and the curve."""

from __future__ import annotations

import textwrap
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

import icibaseline as ici

INK, TAKEN, OTHER, SOFT = "#222222", "#0b5394", "#767676", "#9dc3e6"
AXES = {
    "median": ("median, months", "log"),
    "hazard ratio": ("hazard ratio", "log"),
    "rate": ("rate", "linear"),
    "share": ("share", "linear"),
}
TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200)
LABEL = 44  # characters in a line of a label


def draw(item: ici.Baseline, path: Path) -> str:
    """Draw a baseline into a file; what the picture shows, in words for those who do not see it."""
    rows = intervals(item)
    height = 1.2 + 0.42 * sum(1 + label.count("\n") for label, *_ in rows)
    survival = item.quantity == "survival"
    figure, axes = plt.subplots(
        1, 2 if survival else 1, figsize=(10.5 if survival else 7.5, max(height, 3.0)), width_ratios=(3, 2) if survival else None
    )
    forest(axes[0] if survival else axes, item, rows)
    if survival:
        curves(axes[1], item)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return "; ".join(f"{' '.join(label.split())}: {m:.3g}, {low:.3g} to {high:.3g}" for label, m, low, high in rows)


def intervals(item: ici.Baseline) -> list[tuple[str, float, float, float]]:
    """Label, median and 95 % limits of the prior taken, by coordinate where it has classes, and of the others."""
    if isinstance(item.prior, ici.Dirichlet):
        laws = [(name, item.prior.marginal(i)) for i, name in enumerate(item.prior.names)]
    else:
        laws = [(f"taken: {item.route.split(':')[0]}", first(item.prior))]
        laws += [(other.label, first(other.prior)) for other in item.alternatives if other.prior is not None]
    made = []
    for label, law in laws:
        low, high = law.interval()
        made.append((textwrap.fill(label, LABEL), float(law.median), float(low), float(high)))
    return made


def first(law: ici.Distribution) -> ici.Distribution:
    """The law of the number itself: of several, that of the first."""
    return law if law.dimension == 1 else law.marginal(0)


def forest(axes: plt.Axes, item: ici.Baseline, rows: list[tuple[str, float, float, float]]) -> None:
    """One line for each way from the findings to a prior."""
    classes = isinstance(item.prior, ici.Dirichlet)
    places, place = [], 0.0
    for label, *_ in rows:
        place += (label.count("\n") + 1) / 2
        places.append(place)
        place += (label.count("\n") + 1) / 2
    for k, (at, (_, middle, low, high)) in enumerate(zip(places, rows, strict=True)):
        taken = k == 0 or classes
        axes.plot([low, high], [at, at], color=TAKEN if taken else OTHER, lw=3 if taken else 1.5, solid_capstyle="butt")
        axes.plot(middle, at, "o" if taken else "D", color=TAKEN if taken else OTHER, ms=7 if taken else 5)
        text = f"{middle:.3g}  ({low:.3g} to {high:.3g})"
        axes.annotate(text, (high, at), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8, color=INK)
    label, scale = AXES[item.parameters[0]]
    axes.set_xscale(scale)
    ends = [x for _, _, *pair in rows for x in pair]
    room = (max(ends) / min(ends)) ** 0.6 if scale == "log" else 0.6 * (max(ends) - min(ends))
    left, right = (min(ends) / 1.1, max(ends) * room * 1.1) if scale == "log" else (min(ends) * 0.8, max(ends) + room)
    axes.set_xlim(left, right)
    if scale == "log":
        shown = [tick for tick in TICKS if left <= tick <= max(ends) * 1.2]
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.minorticks_off()
    axes.set_yticks(places, [label for label, *_ in rows], fontsize=8)
    axes.set_ylim(place, -0.2)
    axes.set_xlabel(f"{label}: median and 95 % interval of each prior", fontsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def curves(axes: plt.Axes, item: ici.Baseline) -> None:
    """The survival curve at the prior median with the band of the prior, and other families through the numbers."""
    end = 3.5 * item.typical.median
    t = np.linspace(0, end, 200)
    x = item.prior.rvs(2000, rng=1)
    made = ici.Weibull(joint=x) if item.prior.dimension == 2 else ici.Exponential(median=x)
    low, high = np.quantile(made.survival(t), (0.025, 0.975), axis=0)
    axes.fill_between(t, low, high, color=SOFT, alpha=0.5, lw=0, label="95 % of the prior")
    for (name, curve), style in zip(item.families, ("--", ":", "-.", (0, (1, 3)), (0, (5, 1)), (0, (3, 1, 1, 1))), strict=False):
        axes.plot(t, curve.survival(t), color=OTHER, ls=style, lw=1.2, label=name)
    axes.plot(t, item.typical.survival(t), color=TAKEN, lw=2, label=str(item.typical).split(",")[0])
    axes.plot(item.typical.median, 0.5, "o", color=TAKEN, ms=6)
    for finding in item.findings:
        if finding.statistic == "landmark":
            share = finding.value / (100 if finding.unit == "percent" else 1)
            axes.plot(finding.at, share, "s", color=INK, ms=5, label="printed landmark")
    axes.set(xlim=(0, end), ylim=(0, 1), xlabel="months", ylabel=f"without the event ({item.findings[0].endpoint})")
    axes.legend(fontsize=7, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
