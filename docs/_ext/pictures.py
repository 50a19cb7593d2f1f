"""Pictures of the evidence pages: what a route gives and what others would have given, curves, simulated coverage."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt
import matplotlib.ticker

import icibaseline as ici

INK, TAKEN, OTHER, SOFT = "#222222", "#0b5394", "#6b6b6b", "#9dc3e6"
# After Okabe and Ito, told apart by those who do not see all colours; the dashes tell them apart in grey.
FAMILIES = (
    ("#d55e00", "--"),
    ("#009e73", ":"),
    ("#7b3294", "-."),
    ("#b8860b", (0, (6, 2))),
    ("#555555", (0, (2, 2))),
    ("#111111", (0, (1, 1))),
)
AXES = {
    "median": ("months", "log"),
    "hazard ratio": ("hazard ratio", "log"),
    "rate": ("response rate", "linear"),
    "share": ("share of the patients", "linear"),
}
FIXED = {"median": (), "hazard ratio": (1.0,), "rate": (0.0,), "share": (0.0,)}  # always on the axis, and drawn
TICKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200)
LABEL = 38  # characters in a line of a label
INCHES = {
    "labels": 2.85,
    "forest": 2.4,
    "numbers": 1.85,
    "row": 0.36,
    "foot": 0.6,
    "head": 0.12,
    "curves": 3.3,
    "tall": 2.5,
}
SCALES = {"axes.labelsize": 10, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5, "text.color": INK, "font.size": 9.5}

Row = tuple[str, float, float, float]


def draw(item: ici.Baseline, path: Path) -> str:
    """Draw a baseline into a file; what the picture shows, in words for those who do not see it."""
    rows, size = intervals(item), INCHES
    survival = item.quantity == "survival"
    width = size["labels"] + size["forest"] + size["numbers"]
    high = size["row"] * sum(1 + 0.5 * label.count("\n") for label, *_ in rows)
    below = survival * (size["tall"] + size["foot"] + size["head"])
    height = high + size["foot"] + size["head"] + below
    with mpl.rc_context(SCALES):
        figure = plt.figure(figsize=(width, height))
        left, bottom = size["labels"] / width, (size["foot"] + below) / height
        forest(figure.add_axes((left, bottom, size["forest"] / width, high / height)), item, rows)
        if survival:
            place = (0.7 / width, size["foot"] / height, size["curves"] / width, size["tall"] / height)
            curves(figure.add_axes(place), item)
        figure.savefig(path, dpi=140)
        plt.close(figure)
    return "; ".join(f"{' '.join(label.split())}: {m:.3g}, {low:.3g} to {high:.3g}" for label, m, low, high in rows)


def intervals(item: ici.Baseline) -> list[Row]:
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


def forest(axes: plt.Axes, item: ici.Baseline, rows: list[Row]) -> None:
    """One line for each way from the findings to a prior, the numbers to the right of it."""
    classes, place = isinstance(item.prior, ici.Dirichlet), 0.0
    label, scale = AXES[item.parameters[0]]
    ends = [*(x for _, _, *pair in rows for x in pair), *FIXED[item.parameters[0]]]
    pad = (max(ends) / min(ends)) ** 0.04 if scale == "log" else 0.04 * (max(ends) - min(ends))
    limits = (min(ends) / pad, max(ends) * pad) if scale == "log" else (min(ends), max(ends) + pad)
    axes.set(xscale=scale, xlim=limits)
    for mark in FIXED[item.parameters[0]]:
        axes.axvline(mark, color=INK, lw=0.8)
    places = []
    for k, (name, middle, low, high) in enumerate(rows):
        half = (1 + 0.5 * name.count("\n")) / 2
        places.append(at := place + half)
        place += 2 * half
        taken, rejected = k == 0 or classes, name.startswith("rejected")
        colour = TAKEN if taken else OTHER
        axes.plot([low, high], [at, at], color=colour, lw=3.2 if taken else 1.5, ls=":" if rejected else "-")
        face = "white" if rejected else colour
        axes.plot(middle, at, "o" if taken else "D", color=colour, mfc=face, ms=7 if taken else 5)
        text = f"{middle:.3g}  ({low:.3g} to {high:.3g})"
        axes.annotate(
            text, (1.03, at), xycoords=("axes fraction", "data"), va="center", weight="bold" if taken else None
        )
    if scale == "log":
        shown = ticks(limits)
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.minorticks_off()
    axes.grid(axis="x", color="#e3e3e3", lw=0.8)
    axes.set_axisbelow(True)
    axes.set_yticks(places, [name for name, *_ in rows])
    axes.set(ylim=(place, 0), xlabel=f"{label}: median and 95 % interval")
    bare(axes, "top", "right", "left")
    axes.tick_params(axis="y", length=0, pad=8)


def ticks(limits: tuple[float, float]) -> list[float]:
    """Round numbers that stand far enough apart to be read; those a month or less apart where the axis is short."""
    least, kept = 0.11 * np.log(limits[1] / limits[0]), []
    short = limits[1] / limits[0] < 2.5
    candidates = mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(*limits).tolist() if short else TICKS
    for tick in reversed([x for x in candidates if limits[0] <= x <= limits[1]]):
        if not kept or np.log(kept[0] / tick) > least:
            kept.insert(0, tick)
    return kept


def bare(axes: plt.Axes, *sides: str) -> None:
    """Take frame lines away."""
    for side in sides:
        axes.spines[side].set_visible(False)


def curves(axes: plt.Axes, item: ici.Baseline) -> None:
    """The survival curve at the prior median with the band of the prior, and other families through the numbers."""
    marks = [f for f in item.findings if f.statistic == "landmark"]
    end = max([3.5 * item.typical.median, *(1.25 * f.at for f in marks)])
    t = np.linspace(0, end, 300)
    x = item.prior.rvs(2000, rng=1)
    made = ici.Weibull(joint=x) if item.prior.dimension == 2 else ici.Exponential(median=x)
    low, high = np.quantile(made.survival(t), (0.025, 0.975), axis=0)
    axes.fill_between(t, low, high, color=SOFT, alpha=0.5, lw=0, label="95 % of the prior")
    axes.plot(t, item.typical.survival(t), color=TAKEN, lw=2.4, label=str(item.typical).split(",")[0])
    for (name, curve), (colour, style) in zip(item.families, FAMILIES, strict=False):
        axes.plot(t, curve.survival(t), color=colour, ls=style, lw=1.3, label=name)
    axes.plot(item.typical.median, 0.5, "o", color=TAKEN, ms=7, label="median")
    for finding in marks:
        share = finding.value / (100 if finding.unit == "percent" else 1)
        axes.plot(finding.at, share, "s", color=INK, ms=6, label="printed landmark")
    axes.set(xlim=(0, end), ylim=(0, 1), xlabel="months", ylabel=f"without the event ({item.findings[0].endpoint})")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0)
    bare(axes, "top", "right")


# ---- simulated coverage ----------------------------------------------------------------------------------------------

KINDS = {
    "Wald": "Wald",
    "Wald, at least 1.25 / root n": "Wald, at least 1.25/√n",
    "log width, natural": "Brookmeyer-Crowley on S",
    "log width, log": "… on log S",
    "log width, log(-log)": "… on log(-log S)",
    "upper limit open, lower half alone, log": "upper limit open, lower half",
    "upper limit open, at least 1.6 / root n, log": "… at least 1.6/√n",
    "1.6 / root n": "n only, 1.6/√n",
    "1 / root events": "1/√events",
}
SIZES = {"18": ("o", "#d55e00"), "44": ("s", "#009e73"), "141": ("D", "#0b5394"), "229": ("^", "#222222")}


def coverage(table: Path, path: Path) -> str:
    """Draw the table of simulated coverage; the range of each kind of standard error, in words."""
    with table.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    censored = list(dict.fromkeys(row["censored"] for row in found))
    with mpl.rc_context(SCALES):
        figure, panels = plt.subplots(1, len(censored), figsize=(8.0, 4.3), sharey=True)
        for axes, share in zip(panels, censored, strict=True):
            dots(axes, [row for row in found if row["censored"] == share], share)
        panels[0].set_yticks(range(len(KINDS)), KINDS.values())
        panels[0].set_ylim(len(KINDS) - 0.5, -0.5)
        panels[1].set_xlabel("coverage of an interval that claims 95 %, in per cent")
        handles = [plt.Line2D([], [], ls="", marker=m, color=c, label=f"{n} patients") for n, (m, c) in SIZES.items()]
        figure.legend(handles=handles, loc="upper center", ncols=len(SIZES), frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 0.93))
        figure.savefig(path, dpi=140)
        plt.close(figure)
    said = []
    for kind, label in KINDS.items():
        values = [float(row["coverage"]) for row in found if row["standard error"] == kind]
        said.append(f"{label} {min(values):.0f} to {max(values):.0f} %")
    return "; ".join(said)


def dots(axes: plt.Axes, rows: list[dict[str, str]], share: str) -> None:
    """One panel: a row for each kind of standard error, a mark for each number of patients."""
    axes.axvline(95, color=INK, lw=1)
    for place, kind in enumerate(KINDS):
        for k, (n, (mark, colour)) in enumerate(SIZES.items()):
            values = [float(row["coverage"]) for row in rows if (row["standard error"], row["n"]) == (kind, n)]
            axes.plot(values, [place + 0.16 * (k - 1.5)] * len(values), mark, color=colour, ms=5.5)
    axes.set(xlim=(79, 100), xticks=(80, 85, 90, 95, 100), title=f"{share} censored")
    axes.title.set_fontsize(10)
    axes.grid(axis="x", color="#e3e3e3", lw=0.8)
    axes.set_axisbelow(True)
    bare(axes, "top", "right", "left")
    axes.tick_params(axis="y", length=0)
