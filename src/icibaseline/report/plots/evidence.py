"""Pictures of evidence: whether the numbers of a document agree with one another."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, final

from icibaseline.evidence import Coherence, CoherenceLine
from icibaseline.evidence.coherence.results import VERDICTS
from icibaseline.report.plots.base import View, view
from icibaseline.report.plots.readings import Reading, reading
from icibaseline.report.plots.style import CONTROL, EXPERIMENTAL, INK, MUTED, finish, key, log_ticks, right_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Implied"]

_MARKS = {"impossible": ("X", EXPERIMENTAL, 8.0), "tense": ("^", "#8a6d00", 7.5), "coherent": ("o", CONTROL, 5.5)}
_BAND = "#dddddd"
_LEAST, _MOST = 0.5, 2.0  # always on the axis
_FARTHEST = 10.0  # that a range stretches it; a number may be farther
_LABEL = 46  # characters in a line of a label
_HEAD = 0.85  # height of the row that names a verdict


class Entry(NamedTuple):
    """A row: lines of one verdict, one alone or, where all is well, those of one comparison."""

    label: str
    verdict: str
    readings: tuple[Reading, ...]
    said: str

    @property
    def tall(self) -> float:
        """Height in rows."""
        return 1 + 0.45 * self.label.count("\n")


@view
@final
class Implied(View):
    """Every comparison of a report: what the other numbers imply over what is reported, by verdict."""

    name, of, size, row = "implied", Coherence, (9.2, 1.5), 0.36

    def rows(self, item: Any) -> float:
        """One for each row, and one for each verdict."""
        made = _entries(item)
        return sum(x.tall for x in made) + _HEAD * len({x.verdict for x in made})

    def draw(self, item: Any, axes: Axes) -> None:
        """The verdicts from the worst, each with its comparisons."""
        entries = _entries(item)
        low, high = _limits(entries)
        axes.set(xscale="log", xlim=(low, high), xlabel="implied by the other numbers / reported, ratio")
        log_ticks(axes)
        top, places, labels, heads = 0.0, list[float](), list[str](), list[bool]()
        for verdict in (v for v in VERDICTS if any(x.verdict == v for x in entries)):
            places.append(top + _HEAD / 2)
            labels.append(verdict)
            heads.append(True)
            top += _HEAD
            for entry in (x for x in entries if x.verdict == verdict):
                places.append(at := top + entry.tall / 2)
                labels.append(entry.label)
                heads.append(False)
                top += entry.tall
                _row(axes, entry, at)
        axes.axvline(1, color=INK, lw=0.9, zorder=1.5)
        axes.set_yticks(places, labels)
        axes.set_ylim(max(top, 1.0), 0)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0, pad=8, labelsize=9)
        finish(axes, grid="x")
        for label, head in zip(axes.get_yticklabels(), heads, strict=True):
            label.set_fontweight("bold" if head else "normal")
        _explain(axes)
        key(axes, _title(item), columns=3)

    def says(self, item: Any) -> str:
        """The verdicts, and the numbers of those that are not coherent."""
        tally = ", ".join(f"{len(item.where(verdict=v))} {v}" for v in VERDICTS)
        worst = [f"{x.label.replace(chr(10), ': ')}: {x.said}" for x in _entries(item) if x.verdict != "coherent"]
        return "; ".join([f"Numbers held against one another: {tally}", *worst]) + "."


def _entries(item: Coherence) -> list[Entry]:
    several = len({line.document for line in item}) > 1
    return [_entry(lines, several) for verdict in VERDICTS for lines in _together(item.where(verdict=verdict))]


def _together(report: Coherence) -> Iterator[tuple[CoherenceLine, ...]]:
    """Each line alone, but coherent ones of one document and comparison as one."""
    groups: dict[tuple[str, ...], list[CoherenceLine]] = {}
    for k, line in enumerate(report):
        own = "" if line.verdict == "coherent" else str(k)
        groups.setdefault((line.document, line.compared, own), []).append(line)
    yield from map(tuple, groups.values())


def _entry(lines: tuple[CoherenceLine, ...], several: bool) -> Entry:
    first = lines[0]
    under = (
        f"{len(lines)} comparisons"
        if len(lines) > 1
        else textwrap.shorten(", ".join(first.findings), _LABEL, placeholder=" …")
    )
    label = f"{f'{first.document}: ' if several else ''}{first.compared}\n{under}"
    found = tuple(made for line in lines if (made := reading(line)) is not None)
    return Entry(label, first.verdict, found, _told(found, len(lines)))


def _told(found: Sequence[Reading], lines: int) -> str:
    if not found:
        return "no ratio: see the line"
    if lines == 1:
        return found[0].said
    ends = [end for made in found for end in made.ratios]
    return "ratios " + " to ".join(dict.fromkeys(f"{end:.3g}" for end in (min(ends), max(ends))))


def _row(axes: Axes, entry: Entry, at: float) -> None:
    """What is tolerated, what is implied, and the numbers beside it."""
    marker, colour, size = _MARKS[entry.verdict]
    low, high = axes.get_xlim()
    for made in entry.readings[:1] if len(entry.readings) > 1 else entry.readings:
        if made.tolerated is not None:
            left, right = max(made.tolerated[0], low), min(made.tolerated[1], high)
            axes.fill_betweenx([at - 0.32, at + 0.32], left, right, color=_BAND, lw=0)
    for made in entry.readings:
        first, last = made.ratios
        if first == last:
            axes.plot(first, at, marker, color=colour, ms=size, mec="white", mew=0.5)
        else:
            ends = max(first, low / 2), min(last, high * 2)  # beyond the axis where it has no end on it
            axes.plot(ends, [at, at], "-", color=colour, lw=3, solid_capstyle="butt")
    right_of(axes, entry.said, at)


def _explain(axes: Axes) -> None:
    """What the marks are, for the key."""
    axes.plot([], [], "o", color=MUTED, ms=6, label="implied")
    axes.plot([], [], "-", color=MUTED, lw=3, label="implied, a range")
    axes.fill_between([], [], color=_BAND, label="tolerated")


def _title(item: Coherence) -> str:
    documents = list(dict.fromkeys(line.document for line in item))
    if not documents:
        return "nothing to compare"
    whose = documents[0] if len(documents) == 1 else f"{len(documents)} documents"
    return f"{whose}: numbers held against one another"


def _limits(entries: Sequence[Entry]) -> tuple[float, float]:
    found = [made for entry in entries for made in entry.readings]
    points = [made.ratios[0] for made in found if made.low == made.high]
    ends = [end for made in found if made.low != made.high for end in made.ratios]
    ends += [end for made in found for end in made.tolerated or ()]
    near = [min(max(end, 1 / _FARTHEST), _FARTHEST) for end in ends]
    low, high = min([_LEAST, *points, *near]), max([_MOST, *points, *near])
    pad = (high / low) ** 0.04
    return low / pad, high * pad
