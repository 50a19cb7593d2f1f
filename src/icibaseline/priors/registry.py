"""The routes, by the name that findings carry, and what each would make of the same findings."""

from __future__ import annotations

from icibaseline import _checks
from icibaseline.errors import RefusedFinding, reject
from icibaseline.evidence import Findings
from icibaseline.priors.base import Alternative, Route, own
from icibaseline.priors.counts import Counts
from icibaseline.priors.families import FAMILIES
from icibaseline.priors.hazard_ratio import HazardRatioWithInterval
from icibaseline.priors.median_interval import MedianWithInterval
from icibaseline.priors.median_landmark import MedianPlusLandmark
from icibaseline.priors.median_n import MedianWithN
from icibaseline.priors.not_reached import NotReached
from icibaseline.priors.p_value import PValueWithN
from icibaseline.priors.shares import Shares

__all__ = ["admissible", "route_for_family", "route_named", "route_of"]

_ROUTES: dict[str, Route] = {
    route.name: route
    for route in (
        MedianWithInterval(),
        MedianWithN(),
        MedianPlusLandmark(),
        Counts(),
        PValueWithN(),
        HazardRatioWithInterval(),
        NotReached(),
        Shares(),
    )
}


def route_named(name: str) -> Route:
    """The route of this name, with its default assumptions."""
    return _ROUTES[_checks.choice("by", name, _ROUTES)]


def route_for_family(family: str, findings: Findings) -> Route:
    """The route that makes a survival curve of this family from the findings."""
    known = ("exponential", *FAMILIES)
    _checks.choice("family", family, known)
    if MedianPlusLandmark.name not in {f.route for f in findings}:
        hint = "For a Weibull curve give its `shape`."
        reject("family", "left out: a median alone does not choose between families", family, hint)
    return MedianWithN() if family == "exponential" else MedianPlusLandmark(family=family)


def route_of(findings: Findings) -> Route:
    """The route that the findings name.

    Parameters
    ----------
    findings : Findings
        All the findings behind one prior, those that support it first.

    Returns
    -------
    Route
        With its default assumptions.

    Raises
    ------
    RefusedFinding
        If there is none, the first is refused, or they name different routes; the sentence says which.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> priors.route_of(evidence.findings(supports="mcc_pfs_primary"))
    MedianWithN()
    """
    rule = "`findings` must be able to become a prior"
    if not len(findings):
        raise RefusedFinding(f"{rule}; got none.")
    first = findings[0]
    if first.refused is not None:
        raise RefusedFinding(f"{rule}; got {first.id!r}. {first.refused}")
    names = tuple(dict.fromkeys(str(f.route) for f in own(findings)))
    if len(names) > 1:
        raise RefusedFinding(f"{rule}; got those of {first.supports!r}, which name several routes: {names}.")
    return _ROUTES[names[0]]


def admissible(findings: Findings, taken: Route) -> tuple[Alternative, ...]:
    """What every other route to the same number makes of the findings that support the prior."""
    held, made = own(findings), []
    for route in _ROUTES.values():
        chosen = route.select(held)
        comparable = route.name != taken.name and route.parameters[0] == taken.parameters[0]
        if comparable and route.supports(chosen):
            made.append(Alternative(f"route {route.name!r}", prior=route.prior(chosen)))
    return tuple(made)
