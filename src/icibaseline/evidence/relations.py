"""Which findings belong together: those read with one another, the two sides of a comparison, the same patients."""

from __future__ import annotations

from collections.abc import Iterable

from icibaseline.evidence.records import Finding

__all__ = ["companions", "compares_classes", "is_comparator", "same_group", "same_patients", "same_quantity", "sides"]

_CLASSES = ("primary", "acquired", "secondary", "durable", "neither")  # no patient is in two of them
_GROUP = ("tumour", "population", "resistance", "treatment", "analysis_set")
_QUANTITY = ("document", "endpoint", "origin")


def same_group(a: Finding, b: Finding) -> bool:
    """Whether two findings of a document are labelled as those of the same patients."""
    return all(getattr(a, name) == getattr(b, name) for name in _GROUP)


def same_quantity(a: Finding, b: Finding) -> bool:
    """Whether two findings measure the same outcome from the same time origin in the same document."""
    return all(getattr(a, name) == getattr(b, name) for name in _QUANTITY)


def companions(findings: Iterable[Finding], among: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that these are read with."""
    held = tuple(findings)
    wanted = {(f.document, id) for f in held for id in f.read_with} - {(f.document, f.id) for f in held}
    return tuple(f for f in among if (f.document, f.id) in wanted)


def sides(comparison: Finding, among: Iterable[Finding], statistic: str = "median") -> tuple[Finding, Finding] | None:
    """The findings of the group and of the comparator of a comparison; None unless there is exactly one of each.

    Those that the comparison names in `read_with` are taken, and otherwise those of the same outcome whose labels or
    numbers of patients are those of the two sides.
    """
    candidates = [f for f in among if f.statistic == statistic and f.id != comparison.id]
    named = [f for f in candidates if f.document == comparison.document and f.id in comparison.read_with]
    pool = named or [f for f in candidates if same_quantity(f, comparison)]
    own = [f for f in pool if same_group(f, comparison)]
    other = [f for f in pool if f not in own and (named or is_comparator(f, comparison))]
    return (own[0], other[0]) if len(own) == len(other) == 1 else None


def is_comparator(candidate: Finding, comparison: Finding) -> bool:
    """Whether a finding has the label or the number of patients of the other side of a comparison."""
    labels = (candidate.resistance, candidate.treatment, candidate.analysis_set)
    if comparison.comparator is not None and comparison.comparator in labels:
        return True
    return comparison.n_comparator is not None and candidate.n == comparison.n_comparator


def compares_classes(comparison: Finding, among: Iterable[Finding]) -> bool:
    """Whether a comparison is known to be one of two classes of resistance, and not of two treatments."""
    if comparison.comparator is None:
        return False
    pair = sides(comparison, among)
    return pair is not None and pair[0].resistance != pair[1].resistance


def same_patients(a: Finding, b: Finding, patients: int) -> bool:
    """Whether two findings may rest on the same patients, of a document that has so many.

    They do unless they are of two documents, of two classes of resistance, or of groups with different labels that
    find room beside each other.
    """
    if a.document != b.document:
        return False
    classed = {a.resistance, b.resistance} <= set(_CLASSES) and a.comparator is None and b.comparator is None
    if classed and a.resistance != b.resistance:
        return False
    if same_group(a, b):
        return True
    sizes = [f.n and f.n + (f.n_comparator or 0) for f in (a, b)]
    return sizes[0] is None or sizes[1] is None or sizes[0] + sizes[1] > patients
