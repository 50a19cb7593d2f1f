"""One quantity printed twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import ClassVar

from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.groups import group_of
from icibaseline.evidence.coherence.reading import PROPORTIONS, Range, in_months, proportion, span, time_to_event
from icibaseline.evidence.records import Finding

__all__ = ["PrintedTwice"]

_WITH_OUTCOME = ("median", "landmark", "percentage")
_WITHOUT = ("share", "percentage", "count", "follow-up")


class PrintedTwice(Comparison):
    """One statistic of the same patients, outcome, origin and month has one value."""

    name: ClassVar[str] = "printed twice"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per two findings that no label tells apart."""
        sets: dict[tuple[object, ...], list[Finding]] = {}
        for f in study.findings:
            if f.value is not None and f.endpoint != "AE":  # events of many kinds go by that one name
                kind = "proportion" if f.unit in PROPORTIONS else "time" if time_to_event(f) else f.unit
                key = (f.statistic, kind, f.endpoint, f.origin, f.at, f.n, f.events is None, *group_of(f))
                sets.setdefault(key, []).append(f)
        for held in sets.values():
            for a, b in combinations(sorted(held, key=lambda f: (_range(f), f.id)), 2):
                if _one_quantity(a, b, held):
                    yield self._judge(study, a, b)

    def _judge(self, study: Study, a: Finding, b: Finding) -> Found:
        first, second = _range(a), _range(b)
        same = first.meets(second)
        numbers = {"least": (first.low + first.high) / 2, "most": (second.low + second.high) / 2}
        what = "Both say the same."
        if not same:
            what = (
                f"The same patients, outcome and time are given {numbers['least']:.3g} and {numbers['most']:.3g}, "
                "which rounding does not explain: use neither until it is known what tells them apart."
            )
        named = a.endpoint is not None  # without an outcome, the labels may not say what was counted
        return self.line(study, [a, b], numbers, judged(not same and named, not same), what)


def _range(f: Finding) -> Range:
    if f.unit in PROPORTIONS:
        return proportion(f)
    return in_months(f) if time_to_event(f) else span(f)


def _one_quantity(a: Finding, b: Finding, held: Sequence[Finding]) -> bool:
    """With an outcome, labels name the quantity; without one, it may be the same if two sources print one each."""
    if a.endpoint is not None:
        return a.statistic in _WITH_OUTCOME
    once = all(sum(f.source == x.source for f in held) == 1 for x in (a, b))
    return a.statistic in _WITHOUT and a.source != b.source and once
