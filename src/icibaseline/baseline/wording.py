"""The choices between cohort and trial: a line for each, whether it was made or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icibaseline.baseline.transport import observed_median

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
        (f"read from the {sources}, not from the paper", bool(sources)),
    )
    return tuple(line for line, holds in lines if holds)


def _bias(item: Baseline) -> str:
    return str(item.bias) if item.as_found else f"{item.bias}; whether the prior given by hand holds it is not known"


def _eligibility(item: Baseline) -> str:
    if item.event_free is None:
        return "eligibility: early events, before a trial could have randomised the patient, are included"
    origin = item.findings[0].origin or "the source's time origin"
    months = "month" if item.event_free == 1 else "months"
    return f"eligibility: patients without the event for {item.event_free:g} {months} after {origin}"


def _scans(item: Baseline) -> str:
    first = item.findings[0]
    known = "not stated" if first.assessed_every is None else f"every {first.assessed_every:g} months"
    if item.assessment_every is None:
        lengthen = f"scan intervals lengthen observed {first.endpoint}"
        return f"assessment schedule {known}: {lengthen}; that of the trial is not chosen (assessment_every)"
    before, after = (float(np.atleast_1d(prior.median)[0]) for prior in (item.prior, item.observed))
    seen = observed_median(before, item.assessment_every)
    return (
        f"assessment every {item.assessment_every:g} months in the trial, {known} in the source: a true median of "
        f"{before:.3g} months is seen as {seen:.3g}; averaged over the prior the median is {after:.3g}"
    )
