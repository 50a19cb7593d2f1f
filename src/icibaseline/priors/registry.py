"""The routes that are built, by the name that findings carry."""

from __future__ import annotations

from icibaseline.errors import RefusedFinding
from icibaseline.evidence import Findings
from icibaseline.priors.base import Route
from icibaseline.priors.median_landmark import MedianPlusLandmark
from icibaseline.priors.median_n import MedianWithN

__all__ = ["is_built", "route_of"]

_BUILT: dict[str | None, Route] = {route.name: route for route in (MedianWithN(), MedianPlusLandmark())}


def is_built(findings: Findings) -> bool:
    """Whether the findings name one route and it is built."""
    names = {f.route for f in findings}
    return len(names) == 1 and names <= _BUILT.keys()


def route_of(findings: Findings) -> Route:
    """The route that the findings name.

    Parameters
    ----------
    findings : Findings
        All the findings behind one prior.

    Returns
    -------
    Route
        With its default assumptions.

    Raises
    ------
    RefusedFinding
        If a finding is refused, there is none, or the route is not yet supported; the sentence says which.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> priors.route_of(evidence.findings(supports="mcc_pfs_primary"))
    MedianWithN()
    """
    if is_built(findings):
        return _BUILT[findings[0].route]
    rule = "`findings` must be able to become a prior"
    refused = next((f for f in findings if f.refused is not None), None)
    if refused is not None:
        raise RefusedFinding(f"{rule}; got {refused.id!r}. {refused.refused}")
    names = " and ".join(dict.fromkeys(repr(f.route) for f in findings))
    if not names:
        raise RefusedFinding(f"{rule}; got none.")
    ids = ", ".join(dict.fromkeys(repr(f.supports) for f in findings))
    several = len({f.route for f in findings}) > 1
    raise RefusedFinding(
        f"{rule}; got those of {ids}. The route{'s' if several else ''} {names} "
        f"{'together are' if several else 'is'} not yet supported."
    )
