"""A comparison of printed numbers, and the findings of one document that it reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, TypeAlias

from icibaseline.evidence.coherence.reading import time_to_event
from icibaseline.evidence.coherence.results import CoherenceLine
from icibaseline.evidence.records import Finding

__all__ = ["Comparison", "Found", "Study", "judged"]

Found: TypeAlias = "CoherenceLine | str"  # a line, or what is missing for one


class Study:
    """The findings of one document, in an order of their own."""

    def __init__(self, document: str, findings: Iterable[Finding], n: int | None = None) -> None:
        self.document, self.n = document, n
        self.findings = tuple(sorted(findings, key=lambda f: f.id))

    def having(self, *statistics: str) -> tuple[Finding, ...]:
        """The findings of these statistics."""
        return tuple(f for f in self.findings if f.statistic in statistics)

    @property
    def medians(self) -> tuple[Finding, ...]:
        """Medians of times to an event."""
        return tuple(f for f in self.findings if time_to_event(f))

    @property
    def largest(self) -> int:
        """The most patients that any finding has, on both sides of a comparison; 0 without one."""
        return max(((f.n or 0) + (f.n_comparator or 0) for f in self.findings), default=0)

    @property
    def most(self) -> int:
        """Patients that two groups can have together: no group is larger than the largest; 0 if nothing is known."""
        return min(2 * self.largest, max(self.n or 2 * self.largest, self.largest))


class Comparison(ABC):
    """One way to hold numbers of a document against each other."""

    name: ClassVar[str]

    @abstractmethod
    def of(self, study: Study) -> Iterator[Found]:
        """A line for each time that the comparison can be made, a sentence where something is missing for it."""

    def line(
        self,
        study: Study,
        findings: Iterable[Finding],
        numbers: Mapping[str, float],
        verdict: str,
        consequence: str,
    ) -> CoherenceLine:
        """A line of this comparison."""
        return CoherenceLine(
            document=study.document,
            compared=self.name,
            findings=tuple(dict.fromkeys(f.id for f in findings)),
            numbers=tuple((name, float(x)) for name, x in numbers.items()),
            verdict=verdict,
            consequence=consequence,
        )

    def lacks(self, what: str, *findings: Finding) -> str:
        """A sentence on a comparison that cannot be made."""
        return f"{self.name}: {', '.join(dict.fromkeys(f.id for f in findings))}: {what}."


def judged(impossible: bool, tense: bool = False) -> str:
    """The verdict, the worse one first."""
    return "impossible" if impossible else "tense" if tense else "coherent"
