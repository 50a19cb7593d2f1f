"""Baselines of the library, by id or by description."""

from __future__ import annotations

from typing import Any, final

from icibaseline import _checks
from icibaseline.baseline.cohort import Baseline, behind
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.evidence import Findings, check_field, findings as all_findings
from icibaseline.evidence.tables import aligned
from icibaseline.priors import Bias, Route, route_for_family, route_named

__all__ = ["baseline", "baselines"]

_OF_A_COMPARISON = {"comparator", "n_comparator", "favours", "statistic", "route", "supports"}
_OPTIONS = ("by", "family", "bias", "shape", "assessment_every", "event_free", "at_median")


@_checks.callable_by_name
def baseline(
    id: str | None = None,
    /,
    *,
    by: Route | str | None = None,
    family: str | None = None,
    bias: Bias | None = None,
    shape: float | None = None,
    assessment_every: float | None = None,
    event_free: float | None = None,
    at_median: bool = False,
    **where: Any,
) -> Baseline:
    """A baseline of the library, by its id or by a description.

    Parameters
    ----------
    id : str, optional
        Public id, such as "mcc_pfs_primary".
    by : Route or str, optional
        The route with assumptions of one's own, such as ``MedianWithN(factor=2)``, or another one that the findings
        admit, which may be given by its name, such as "median with n only".
    family : str, optional
        Family of the survival curve through a median and a landmark: "Weibull", "cure", "piecewise", "log-logistic",
        "log-normal", or "exponential", which leaves the landmark out.
    bias : Bias, optional
        Allowance for what the findings may be off by; a comparison that was not randomised must have one.
    shape : float, optional
        Weibull shape of the curve, in place of an exponential one.
    assessment_every : float, optional
        Months between two scans of the trial, which lengthen the median that it will observe.
    event_free : float, optional
        Months that a patient must have lived without the event after the source's time origin to enter the trial.
    at_median : bool, optional
        Plug in the prior median instead of the prior.
    **where
        Instead of `id`: names and values of fields of `Finding`, such as ``tumour="MCC"``, ``endpoint="PFS"``,
        ``resistance="primary"``. They must select exactly one baseline; a group of patients is preferred to a
        comparison of it with another.

    Returns
    -------
    Baseline
        Its prior, curve, route, flags and sources.

    Raises
    ------
    InvalidInput
        If both or neither of the two ways are used, the id is unknown, or the description selects more than one
        baseline; the sentence lists them.
    UnknownArgument
        If a name is neither an option nor a field of `Finding`.
    RefusedFinding
        If what is selected cannot become a prior; the sentence says why and what would be needed.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.baseline(tumour="MCC", endpoint="PFS", resistance="primary")
    baseline("mcc_pfs_primary")
    >>> print(ici.baseline("mel_pfs_chemo", family="log-logistic").typical)
    log-logistic, median 2.6 months, shape 1.3
    """
    for name, wanted in where.items():
        check_field(name, wanted, others=_OPTIONS)
    if id is None and not where:
        reject("id", "given, or a description", None, f"The ids are {', '.join(_ids(all_findings()))}.")
    if id is not None and where:
        reject("id", "left out beside a description", id, "Give one of the two.")
    chosen = _selected(where) if id is None else _checks.text("id", id)
    found = behind(chosen)
    if isinstance(by, str):
        by = route_named(by)
    if family is not None:
        if by is not None:
            reject("family", "left out when `by` is given", family, "Give the family to the route.")
        by = route_for_family(family, found)
    return Baseline(
        chosen,
        findings=found,
        by=by,
        bias=bias,
        shape=shape,
        assessment_every=assessment_every,
        event_free=event_free,
        at_median=at_median,
    )


@final
class Baselines(tuple[Baseline, ...]):
    """Baselines in order, which print as a table."""

    def __str__(self) -> str:
        """A line for each: of a prior on two numbers, the first of them."""
        head = ("id", "quantity", "median", "95 % interval", "document")
        return aligned([head, *map(_row, self)], right=(2,))


def _row(item: Baseline) -> tuple[str, ...]:
    held: Any = item.prior
    law = held if held.dimension == 1 else held.marginal(0)
    low, high = law.interval()
    return item.id, item.quantity, f"{law.median:.3g}", f"{low:.3g} to {high:.3g}", item.findings[0].document


@_checks.callable_by_name
def baselines() -> Baselines:
    """Every baseline of the library that needs no choice of one's own.

    Returns
    -------
    tuple of Baseline
        In the order of the documents; comparisons that were not randomised, which need a `Bias`, are left out. It
        prints as a table.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.baselines()[-1].id
    'promit_dcr'
    >>> print(ici.baselines())  # doctest: +ELLIPSIS
    id                   quantity       median  95 % interval     document
    hcc_share            shares          0.461  0.418 to 0.505    hcc
    ...
    """
    made = []
    for id in _ids(all_findings()):
        try:
            made.append(baseline(id))
        except RefusedFinding:  # it needs a bias
            continue
    return Baselines(made)


def _selected(where: dict[str, Any]) -> str:
    """The one id that a description selects."""
    said = ", ".join(f"{name}={wanted!r}" for name, wanted in where.items())
    chosen = all_findings(**where)
    ids = _ids(chosen)
    if len(ids) > 1 and not where.keys() & _OF_A_COMPARISON:
        ids = _ids(Findings(tuple(f for f in chosen if f.comparator is None))) or ids
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise InvalidInput(f"`where` must select one baseline; got {said}, which selects {', '.join(ids)}.")
    reasons = " ".join(f"{f.id}: {f.refused}" for f in chosen) or "No finding fits it."
    raise RefusedFinding(f"`where` must select a baseline; got {said}. {reasons}")


def _ids(chosen: Findings) -> tuple[str, ...]:
    """Ids of the priors that these findings support."""
    return tuple(dict.fromkeys(f.supports for f in chosen if f.supports is not None))
