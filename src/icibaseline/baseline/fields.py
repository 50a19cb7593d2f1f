"""What the arguments of a baseline must be."""

from __future__ import annotations

from icibaseline import _checks
from icibaseline.distributions import Distribution
from icibaseline.errors import reject
from icibaseline.evidence import Finding, Findings
from icibaseline.priors import Bias, Route
from icibaseline.priors.base import reaches_zero

__all__ = ["bias", "citations", "digests", "findings", "prior", "route"]


def findings(name: str, given: object) -> Findings:
    """Findings, or a sequence of them."""
    if isinstance(given, Findings):
        return given
    return Findings(_checks.sequence(name, given, lambda n, x: _checks.instance(n, x, Finding, "a Finding")))


def prior(name: str, given: object) -> Distribution:
    """A prior on positive numbers."""
    prior: Distribution = _checks.instance(name, given, Distribution, "a distribution")
    if reaches_zero(prior):
        reject(name, "a prior on positive numbers", given, 'Use a prior with scale="log".')
    return prior


def route(name: str, given: object) -> Route:
    """A route from findings to a prior."""
    hint = "For example MedianWithN(factor=2)."
    return _checks.instance(name, given, Route, "a route from findings to a prior", hint)  # type: ignore[no-any-return]


def bias(name: str, given: object) -> Bias:
    """An allowance for bias."""
    hint = 'For example Bias(0.3, reason="patients chose").'
    return _checks.instance(name, given, Bias, "a Bias", hint)  # type: ignore[no-any-return]


def citations(name: str, given: object) -> tuple[str, ...]:
    """References in words."""
    return _checks.sequence(name, given, _checks.text, 0)


def digests(name: str, given: object) -> tuple[tuple[str, str], ...]:
    """Pairs of a document's id and its digest."""

    def pair(place: str, item: object) -> tuple[str, ...]:
        return _checks.pair(place, item, _checks.text, "a document's id and its digest")

    return _checks.sequence(name, given, pair, 0)
