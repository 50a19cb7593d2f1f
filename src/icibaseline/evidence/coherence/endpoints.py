"""Medians and landmarks of two endpoints of the same patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.curves import landmarks
from icibaseline.evidence.coherence.groups import group_of
from icibaseline.evidence.coherence.reading import Range, in_months, proportion
from icibaseline.evidence.records import Finding

__all__ = ["EndpointOrder"]

# Every event of the second endpoint is one of the first too, or comes after one.
_SOONER = (("PFS", "TTP"), ("PFS", "OS"), ("PFS", "DSS"), ("OS", "DSS"))
_CENSORING = 0.05  # how far unequal censoring may carry them: of a median, and in survival at a landmark


class EndpointOrder(Comparison):
    """Progression or death comes no later than either alone, and death no later than death of the disease."""

    name: ClassVar[str] = "order of endpoints"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per two medians, and per two landmarks of one month."""
        marks = landmarks(study)
        for first, second in _SOONER:
            for a, b in _pairs(study.medians, first, second):
                low, high = in_months(a), in_months(b)
                over = max(low.low / high.high - 1, 0.0)
                yield self._judge(study, (a, b), (low, high), "months", over)
            for a, b in _pairs(marks, first, second):
                low, high = proportion(a).times(100), proportion(b).times(100)
                yield self._judge(study, (a, b), (low, high), "percent", max(low.low - high.high, 0.0) / 100)

    def _judge(
        self, study: Study, both: tuple[Finding, Finding], held: tuple[Range, Range], unit: str, over: float
    ) -> Found:
        a, b = both
        first, second = ((x.low + x.high) / 2 for x in held)
        one_size = None in (a.n, b.n) or a.n == b.n
        what = f"{a.endpoint} is not longer than {b.endpoint}, as it must be."
        if over:
            what = (
                f"{a.endpoint} of {first:.4g} {unit} is longer than {b.endpoint} of {second:.4g}, but comes first in "
                f"every patient: {'endpoints, groups or dates' if one_size else 'the patients counted or the dates'} "
                "are mixed up, so ask before either becomes a control."
            )
        numbers = {f"{a.endpoint} {unit}": first, f"{b.endpoint} {unit}": second}
        return self.line(study, both, numbers, judged(over > _CENSORING and one_size, over > 0), what)


def _pairs(among: Sequence[Finding], first: str, second: str) -> Iterator[tuple[Finding, Finding]]:
    """Numbers of the two endpoints with the same labels, origin and month."""
    for a in (f for f in among if f.endpoint == first):
        for b in (f for f in among if f.endpoint == second):
            if group_of(a) == group_of(b) and (a.origin, a.at) == (b.origin, b.at):
                yield a, b
