"""Pictures of one test are closed before the next, and what each looks like can be measured."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def laid_out():
    """Draws a picture, and says what leaves the figure, and which texts run into one another."""

    def faults(axes) -> list[str]:
        figure = axes.figure
        figure.canvas.draw()
        pen = figure.canvas.get_renderer()
        drawn, (wide, high) = figure.get_tightbbox(pen), figure.get_size_inches()
        inside = min(drawn.x0, drawn.y0, wide - drawn.x1, high - drawn.y1) > -0.02
        found = [] if inside else [f"{drawn} leaves the figure of {wide} x {high} inches"]
        legend = axes.get_legend()
        held = [
            axes.xaxis.label,
            axes.yaxis.label,
            axes._left_title,
            *axes.texts,
            *(legend.get_texts() if legend else ()),
        ]
        held += [t for t in figure.texts if t.get_text().startswith("Source: ")]
        boxes = [(t.get_text(), mpl.text.Text.get_window_extent(t, pen)) for t in held if t.get_text().strip()]
        found += [f"{a!r} on {b!r}" for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]
        return found

    return faults
