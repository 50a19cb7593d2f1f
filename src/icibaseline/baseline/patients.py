"""Whether two baselines rest on the same patients, which therefore cannot count twice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product

from icibaseline.baseline.cohort import Baseline
from icibaseline.evidence import documents, same_patients

__all__ = ["shared_patients"]


def shared_patients(held: Iterable[Baseline]) -> tuple[Baseline, Baseline] | None:
    """Two different baselines of the same patients, if there are such.

    One that stands twice is one unknown, and how many patients a class has says nothing of how they fare.
    """
    outcomes = [b for b in held if b.quantity != "shares"]
    if len(outcomes) < 2:
        return None
    sizes = {document.id: document.n for document in documents()}
    for a, b in combinations(outcomes, 2):
        if a.id != b.id and any(
            same_patients(f, g, sizes.get(f.document, 0)) for f, g in product(a.findings, b.findings)
        ):
            return a, b
    return None
