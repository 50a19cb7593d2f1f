"""Which printed numbers are of the same patients, of the two sides of a comparison, or of a whole and its parts.

All of it is read from labels being equal or not, from numbers of patients and from `read_with`; what a label says
plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from icibaseline.evidence.coherence.base import Study
from icibaseline.evidence.records import Finding
from icibaseline.evidence.relations import same_group, same_quantity, sides

__all__ = ["CLASSES", "GROUP", "Pair", "Parts", "compared", "family", "group_of", "partitions", "same_curve", "tests"]

GROUP = ("tumour", "population", "resistance", "treatment", "analysis_set")
_AXES = ("analysis_set", "resistance", "treatment", "population")
_EVERYBODY = {"resistance": (None, "any", "mixed")}  # what a field says that sorts nobody out; else None only
CLASSES = ("primary", "acquired", "secondary", "durable", "neither")  # no patient is in two of them
_MOST_PARTS = 10


def group_of(finding: Finding) -> tuple[str | None, ...]:
    """The labels that say whose number it is."""
    return tuple(getattr(finding, name) for name in GROUP)


def same_curve(a: Finding, b: Finding) -> bool:
    """Whether two numbers are of one curve: the same patients, outcome and time origin."""
    return same_group(a, b) and same_quantity(a, b)


def family(finding: Finding, axis: str) -> tuple[str | None, ...]:
    """What the parts of a whole share: the outcome, its origin and every label but one."""
    return (finding.endpoint, finding.origin, *(getattr(finding, name) for name in GROUP if name != axis))


# ---- two sides -----------------------------------------------------------------------------------


class Pair(NamedTuple):
    """The medians of the two sides of a comparison; `oriented` if it is known which side is which."""

    group: Finding
    comparator: Finding
    oriented: bool


def tests(study: Study) -> tuple[Finding, ...]:
    """The findings that print a p value."""
    return tuple(f for f in study.findings if f.p is not None)


def compared(test: Finding, study: Study) -> Pair | None:
    """The two medians that a comparison compares, by its labels, by the findings it names, or by its sizes."""
    medians = study.medians
    found = _beside(test, medians) if test in medians else sides(test, medians)
    if found is not None:
        return Pair(*found, oriented=True)
    named = [m for m in medians if m.id in test.read_with]
    pool = named or [m for m in medians if same_quantity(m, test)]
    own, other = ([m for m in pool if n is not None and m.n == n] for n in (test.n, test.n_comparator))
    if len(own) == len(other) == 1 and own != other:
        return Pair(own[0], other[0], oriented=True)
    return Pair(named[0], named[1], oriented=False) if len(named) == 2 else None


def _beside(test: Finding, medians: Sequence[Finding]) -> tuple[Finding, Finding] | None:
    """Where a median carries the p value itself, the other median."""
    if test.comparator is None and not test.read_with:
        return None
    pool = [m for m in medians if m is not test and same_quantity(m, test) and not same_group(m, test)]
    for fits in (
        [m for m in pool if m.id in test.read_with],
        [m for m in pool if test.comparator in (m.resistance, m.treatment, m.analysis_set)],
        [m for m in pool if test.n_comparator is not None and m.n == test.n_comparator],
    ):
        if len(fits) == 1:
            return test, fits[0]
    return None


# ---- a whole and its parts -----------------------------------------------------------------------


class Parts(NamedTuple):
    """A whole, its parts, and what says that they are the parts."""

    whole: Finding
    parts: tuple[Finding, ...]
    because: str


def partitions(among: Sequence[Finding], study: Study) -> Iterator[Parts]:
    """Every whole among these findings with parts that make it up.

    Parts differ from their whole, and from one another, in one label only. They make it up if their sizes add up to
    its size or, within one class of resistance, if a p value compares exactly these two.
    """
    for whole in among:
        for axis in _AXES:
            parts = _candidates(whole, axis, among, study)
            found = _by_size(whole, parts) or (_by_test(whole, parts, study) if axis == "analysis_set" else ())
            if found:
                because = "their sizes add up" if _adds_up(whole, found) else "a p value compares these two"
                yield Parts(whole, tuple(sorted(found, key=lambda f: (f.value or 0.0, f.n or 0, f.id))), because)


def _candidates(whole: Finding, axis: str, among: Iterable[Finding], study: Study) -> list[Finding]:
    unsorted = _EVERYBODY.get(axis, (None,))
    if getattr(whole, axis) not in unsorted and (whole.n is None or whole.n != study.largest):
        return []
    alike = [f for f in among if family(f, axis) == family(whole, axis)]
    labels = [getattr(f, axis) for f in alike]
    return [
        f
        for f, label in zip(alike, labels, strict=True)
        if label not in unsorted and label != getattr(whole, axis) and labels.count(label) == 1
    ]


def _adds_up(whole: Finding, parts: Sequence[Finding]) -> bool:
    sizes = [f.n for f in parts if f.n is not None]
    return whole.n is not None and len(sizes) == len(parts) and sum(sizes) == whole.n


def _by_size(whole: Finding, parts: Sequence[Finding]) -> tuple[Finding, ...]:
    """All parts, or else the only choice of them, whose sizes add up to the whole."""
    if len(parts) >= 2 and _adds_up(whole, parts):
        return tuple(parts)
    sized = [f for f in parts if f.n is not None][: _MOST_PARTS + 1]
    if len(sized) > _MOST_PARTS:
        return ()
    fitting = [choice for k in range(2, len(sized) + 1) for choice in combinations(sized, k) if _adds_up(whole, choice)]
    return fitting[0] if len(fitting) == 1 else ()


def _by_test(whole: Finding, parts: Sequence[Finding], study: Study) -> tuple[Finding, ...]:
    for test in tests(study):
        pair = compared(test, study)
        if pair is None or not (pair.group in parts and pair.comparator in parts):
            continue
        if whole.n is None or pair.group.n is None or pair.comparator.n is None:  # else their sizes decide
            return pair.group, pair.comparator
    return ()
