"""The verb `plot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icibaseline import _checks
from icibaseline.errors import MissingOptional, reject
from icibaseline.report.plots import (  # noqa: F401 - each enters its pictures in the list
    baselines,
    benchmarks,
    boundaries,
    characteristics,
    comparisons,
    counts,
    distributions,
    evidence,
    follow_up,
    monitoring,
    plans,
    populations,
    spending,
    spreads,
    stopping,
    two_stage,
    two_stage_survival,
)
from icibaseline.report.plots.base import VIEWS, Several, View, views_of
from icibaseline.report.plots.sourced import source_of
from icibaseline.report.plots.style import RC, source_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe", "plot"]


@_checks.callable_by_name
def plot(item: Any, view: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a value.

    Parameters
    ----------
    item : Value or sequence of Baseline
        What to draw: a prior, a baseline or several, a plan, operating characteristics, a comparison, a boundary,
        a monitoring history, what `after_trial` found, two-stage designs or a coherence report.
    view : str, optional
        Which picture of it; by default the first that there is. A wrong name lists them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with units on each axis and a line that names the source of the numbers. The label of a new figure,
        ``axes.figure.get_label()``, says in words what it shows.

    Raises
    ------
    InvalidInput
        If there is no picture of such a value, or none of that name.
    MissingOptional
        If matplotlib is not installed.

    Examples
    --------
    >>> import icibaseline as ici
    >>> axes = ici.plot(ici.baseline("mcc_pfs_primary"))
    >>> axes.get_xlabel()
    'median, months'
    """
    item, chosen = _chosen(item, view)
    pyplot = _pyplot()
    if ax is not None and not hasattr(ax, "plot"):
        reject("ax", "axes of matplotlib", ax, "For example those of plt.subplots().")
    with pyplot.rc_context(RC):
        axes = _new_axes(pyplot, chosen, item) if ax is None else ax
        chosen.draw(item, axes)
        source_line(axes, f"Source: {source_of(item)}.", own=ax is None)
    if ax is None:
        axes.figure.set_label(chosen.says(item))
    return axes


def describe(item: Any, view: str | None = None) -> str:
    """What a picture of the value shows, in words, for those who do not see it."""
    item, chosen = _chosen(item, view)
    return chosen.says(item)


def _new_axes(pyplot: Any, chosen: View, item: Any) -> Any:
    width, height = chosen.size
    high = height + chosen.row * chosen.rows(item)
    return pyplot.subplots(figsize=(width, high), layout="constrained")[1]


def _chosen(item: Any, name: str | None) -> tuple[Any, View]:
    """The value as it is drawn and the picture of it."""
    held = Several(item) if type(item) in (list, tuple) else item
    there = views_of(held)
    if not there:
        classes = (kind for v in VIEWS for kind in (v.of if isinstance(v.of, tuple) else (v.of,)))
        kinds = ", ".join(dict.fromkeys(kind.__name__ for kind in classes if kind is not Several))
        reject("item", f"something that there is a picture of: {kinds}, or a list of baselines", item)
    if name is None:
        return held, next(iter(there.values()))
    return held, there[_checks.choice("view", name, there)]


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as missing:
        raise MissingOptional("`plot` needs matplotlib: pip install 'icibaseline[plot]'.") from missing
    return pyplot
