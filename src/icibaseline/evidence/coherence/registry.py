"""All comparisons, and the report that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from icibaseline._checks import callable_by_name, instance
from icibaseline.errors import reject
from icibaseline.evidence.coherence.base import Comparison, Study
from icibaseline.evidence.coherence.counts import CountPercentage, PercentageSums
from icibaseline.evidence.coherence.curves import MedianLandmark, OneCurve
from icibaseline.evidence.coherence.endpoints import EndpointOrder
from icibaseline.evidence.coherence.intervals import (
    ImpliedShape,
    MedianInterval,
    PointInInterval,
    ProportionInterval,
    RatioInterval,
)
from icibaseline.evidence.coherence.parts import MixtureLandmark, WholeBetweenParts, WholeMixture
from icibaseline.evidence.coherence.ratios import (
    HazardRatioMedians,
    HazardRatioPatients,
    HazardRatioPValue,
    RatioOfMedians,
)
from icibaseline.evidence.coherence.repeats import PrintedTwice
from icibaseline.evidence.coherence.results import VERDICTS, Coherence, CoherenceLine
from icibaseline.evidence.coherence.sums import ClassTotals, GroupSizes, RatesOfParts
from icibaseline.evidence.coherence.twosided import PValueMedians, PValueShape
from icibaseline.evidence.library import documents
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Document, Documents, Findings

__all__ = ["COMPARISONS", "check"]

COMPARISONS: Final[tuple[Comparison, ...]] = (
    PointInInterval(),
    MedianInterval(),
    ImpliedShape(),
    PValueMedians(),
    MedianLandmark(),
    OneCurve(),
    EndpointOrder(),
    WholeBetweenParts(),
    WholeMixture(),
    MixtureLandmark(),
    CountPercentage(),
    PercentageSums(),
    ClassTotals(),
    RatesOfParts(),
    RatioOfMedians(),
    PValueShape(),
    HazardRatioMedians(),
    RatioInterval(),
    HazardRatioPValue(),
    HazardRatioPatients(),
    ProportionInterval(),
    PrintedTwice(),
    GroupSizes(),
)


@callable_by_name
def check(findings: Findings | Document | Documents | Iterable[Finding]) -> Coherence:
    """Hold the numbers of each document against one another.

    Only numbers, their units, and labels being equal or not are read; what a label, a flag or a refusal says plays no
    part, so a document is judged by its numbers alone.

    Parameters
    ----------
    findings : Findings, Document, Documents or sequence of Finding
        What to check; findings of several documents are compared within each document.

    Returns
    -------
    Coherence
        One line per comparison that could be made, with its verdict and its consequence for a design.

    Raises
    ------
    InvalidInput
        If it is none of these.

    Notes
    -----
    Tolerances follow from how far the printed numbers are rounded and from sampling error, comparison by comparison;
    the page on coherence gives them with their reasons.

    Examples
    --------
    >>> import icibaseline as ici
    >>> report = ici.check(ici.findings(document="melanoma_chemo"))
    >>> for line in report.where(verdict="tense"):
    ...     print(line.compared, dict(line.numbers)["z"])
    median v landmark 5.24
    mixture v landmark 3.23
    """
    held = _findings(findings)
    sizes = {document.id: document.n for document in (*documents(), *_documents(findings))}
    ids = sorted({f.document for f in held})
    studies = [Study(id, (f for f in held if f.document == id), sizes.get(id)) for id in ids]
    found = [(i, x) for study in studies for i, comparison in enumerate(COMPARISONS) for x in comparison.of(study)]
    lines = sorted(((i, x) for i, x in found if isinstance(x, CoherenceLine)), key=_place)
    return Coherence(
        tuple(line for _, line in lines),
        unchecked=tuple(dict.fromkeys(x for _, x in found if isinstance(x, str))),
    )


def _place(entry: tuple[int, CoherenceLine]) -> tuple[object, ...]:
    order, line = entry
    return line.document, VERDICTS.index(line.verdict), order, line.findings, line.numbers


def _documents(given: Any) -> tuple[Document, ...]:
    """The documents among what is checked."""
    if isinstance(given, Document):
        return (given,)
    return () if isinstance(given, Findings) else tuple(x for x in tuple(given) if isinstance(x, Document))


def _findings(given: object) -> tuple[Finding, ...]:
    if isinstance(given, Document):
        return tuple(given.findings)
    if isinstance(given, Findings):
        return tuple(given)
    if isinstance(given, (str, bytes, dict)) or not isinstance(given, Iterable):
        reject("findings", "Findings, a Document, Documents or a sequence of Finding", given)
    return tuple(_each(given))


def _each(given: Iterable[object]) -> Iterator[Finding]:
    for i, item in enumerate(given):
        if isinstance(item, Document):
            yield from item.findings
        else:
            yield instance(f"findings[{i}]", item, Finding, "a Finding")
