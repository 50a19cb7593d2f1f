"""The routes, by the name that findings carry, and what each would make of the same findings."""

from __future__ import annotations

from icibaseline.errors import RefusedFinding
from icibaseline.evidence import Findings
from icibaseline.priors.base import Alternative, Route
from icibaseline.priors.median_landmark import MedianPlusLandmark
from icibaseline.priors.median_n import MedianWithN

__all__ = ["admissible", "own", "route_named", "route_of"]

_ROUTES: dict[str, Route] = {route.name: route for route in (MedianWithN(), MedianPlusLandmark())}


def route_named(name: str) -> Route:
    """The route of this name, with its default assumptions."""
    return _ROUTES[name]


def own(findings: Findings) -> Findings:
    """The findings that support the prior itself, without those that they are read with."""
    return Findings(tuple(f for f in findings if f.supports is not None and f.supports == findings[0].supports))


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
