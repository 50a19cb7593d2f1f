"""The choices between cohort and trial: a line for each, whether it was made or not."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from icibaseline.baseline.transport import observed_median
from icibaseline.evidence import CoherenceLine, Document, check

if TYPE_CHECKING:
    from icibaseline.baseline.cohort import Baseline

__all__ = ["not_made"]

_SCANNED = ("PFS", "TTP")


def not_made(item: Baseline) -> tuple[str, ...]:
    """What a trial that uses this baseline takes over unseen, and what was chosen instead."""
    first = item.findings[0]
    origin = first.origin or "not stated"
    survival = item.quantity == "survival"
    sources = " and ".join(dict.fromkeys(str(f.source) for f in item.findings if f.source not in ("paper", None)))
    lines = (
        ("cohort only, no between-study heterogeneity", item.as_found),
        ("the prior is not the one that the findings give", not item.as_found),
        (f"time origin: {origin}, not randomisation", survival and origin != "randomisation"),
        (_eligibility(item), survival),
        (_scans(item), survival and first.endpoint in _SCANNED),
        (f"treatment mix: {first.treatment or 'not stated'}, as chosen in the source", first.n_comparator is None),
        (_bias(item), item.bias is not None),
        (f"the route's own assumptions were changed: {item.by!r}", item.by is not None),
        (f"read from the {sources}, not from the paper", bool(sources)),
    )
    return tuple(line for line, holds in lines if holds)


def disputed(item: Baseline) -> tuple[str, ...]:
    """What the documents' own numbers say against the findings; see `check`."""
    ids = {f.id for f in item.findings}
    lines = (line for document in item.documents for line in _verdicts(document) if ids & set(line.findings))
    return tuple(f"{line.verdict}: {line.compared}: {line.consequence}" for line in lines)


@lru_cache(maxsize=64)
def _verdicts(document: Document) -> tuple[CoherenceLine, ...]:
    return tuple(line for line in check(document) if line.verdict != "coherent")


def _bias(item: Baseline) -> str:
    return str(item.bias) if item.as_found else f"{item.bias}; whether the prior given by hand holds it is not known"


def _eligibility(item: Baseline) -> str:
    if item.event_free is None:
        return "eligibility: early events, before a trial could have randomised the patient, are included"
    origin = item.findings[0].origin or "the source's time origin"
    months = "month" if item.event_free == 1 else "months"
    return f"eligibility: patients without the event for {item.event_free:g} {months} after {origin}"


def _scans(item: Baseline) -> str:
    first, every, own = item.findings[0], item.assessment_every, item.assessed_every
    known = "not stated" if own is None else f"every {own:g} months"
    if every is None:
        lengthen = f"scan intervals lengthen observed {first.endpoint}"
        return f"assessment schedule {known}: {lengthen}; that of the trial is not chosen (assessment_every)"
    before, after = (float(np.atleast_1d(prior.median)[0]) for prior in (item.prior, item.observed))
    shown = f"a true median of {before:.3g} months is observed as {observed_median(before, every):.3g}, "
    if own is not None:
        shown = f"the printed median of {before:.3g} months "
    return (
        f"assessment every {every:g} months in the trial, {known} in the source: {shown}"
        f"averaged over the prior {'is observed as ' if own is not None else ''}{after:.3g}"
        + ("; scans are further apart than the median" if every > before else "")
        + f". The curve is not changed: a look sees what had happened about {every / 2:.3g} months before"
    )
