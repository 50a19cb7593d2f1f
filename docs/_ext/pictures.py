"""Pictures of the pages: those of `ici.plot` with their words, a directive that makes one, and simulated coverage."""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from docutils.nodes import Node
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import icibaseline as ici

INK = "#222222"
SCALES = {"axes.labelsize": 10, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5, "text.color": INK, "font.size": 9.5}
DOTS_PER_INCH = 140  # of the file
PIXELS_PER_INCH = 100  # of the page
PLACE = Path(__file__).parents[1] / "generated" / "pictures"


def draw(item: object, view: str | None, path: Path) -> list[str]:
    """Draw a value into a file; the options of the directive that shows it."""
    return kept(ici.plot(item, view).figure, path)


def kept(figure: plt.Figure, path: Path) -> list[str]:
    """Write a figure into a file; its width, so that letters are of one size, and its words for who does not see it."""
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)
    wide = round(figure.get_figwidth() * PIXELS_PER_INCH)
    return [f"   :width: {wide}px", f"   :alt: {' '.join(figure.get_label().split())}"]


class Picture(SphinxDirective):
    """Code that ends in a picture: the code, which goes on from that of the page before it, and the picture below."""

    has_content = True

    def run(self) -> list[Node]:
        """Run the code and show it with its figure."""
        names = self.env.temp_data.setdefault("picture names", {"ici": ici})
        exec("\n".join(self.content), names)
        name = f"{self.env.docname.replace('/', '-')}-{self.env.new_serialno('picture')}.png"
        PLACE.mkdir(parents=True, exist_ok=True)
        shown = [".. code-block:: python", "", *(f"   {line}" for line in self.content), ""]
        shown += [f".. figure:: /generated/pictures/{name}", *kept(plt.gcf(), PLACE / name)]
        return self.parse_text_to_nodes("\n".join(shown))


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
        figure.savefig(path, dpi=DOTS_PER_INCH)
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
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True}
