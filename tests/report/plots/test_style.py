"""Ticks of log axes, and colours that differ in grey."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from icibaseline.report.plots.base import VIEWS
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, LINES, log_ticks

PAGE = Path(__file__).parents[3] / "docs" / "plots.rst"


@pytest.mark.parametrize("limits", [(2.2, 9.9), (0.4, 32), (1.9, 3.3), (0.001, 900), (11, 12), (32, 0.4)])
def test_law_ticks_of_log_axes_are_round_and_apart(limits):
    axes = plt.subplots()[1]
    axes.set(xscale="log", xlim=limits)
    log_ticks(axes)
    ticks = np.array(axes.get_xticks())
    assert len(ticks) >= 3
    assert ((ticks >= min(limits)) & (ticks <= max(limits))).all()
    assert (np.diff(np.log(ticks)) > 0.07 * abs(np.log(limits[1] / limits[0]))).all()
    assert [t.get_text() for t in axes.get_xticklabels()] == [f"{tick:g}" for tick in ticks]
    assert all(len(f"{tick:g}") <= 5 for tick in ticks)


def test_law_arms_differ_in_grey_and_lines_in_dashes():
    def grey(colour):
        return np.dot(to_rgb(colour), (0.299, 0.587, 0.114))

    assert abs(grey(CONTROL) - grey(EXPERIMENTAL)) > 0.15
    assert len({str(dashes) for _, dashes in LINES}) == len(LINES)


def test_law_every_picture_that_has_a_name_is_on_its_page():
    page = PAGE.read_text(encoding="utf-8")
    by_name = {v.name for v in VIEWS}
    assert {name for name in by_name if f'"{name}"' not in page} == set()
