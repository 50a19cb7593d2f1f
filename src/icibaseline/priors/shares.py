"""Patients counted in each of several classes: the law of the classes' shares."""

from __future__ import annotations

from typing import final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import BetaMixture, Dirichlet, Distribution
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.base import Alternative, Route

__all__ = ["Shares"]

_LABELS = ("resistance", "treatment")  # what may tell the classes apart
_REST = "unclassified"


@final
@value
class Shares(Route):
    """The route "share": shares of the patients who are in one of the classes.

    Parameters
    ----------
    prior_count : float
        Patients in each class before the data: 1/2 is Jeffreys' prior, 1 the uniform one.
    unclassified : bool
        Take the patients who are in none of the classes as one more class, the last.

    Raises
    ------
    InvalidInput
        If `prior_count` is not positive or `unclassified` not a truth value.

    Notes
    -----
    Counts x_1 to x_k of k classes without overlap give the shares the law Dirichlet(x_i + `prior_count`). For two
    classes the prior is that of the first share alone, Beta(x_1 + `prior_count`, x_2 + `prior_count`). Patients of n
    who are in no class are left out, which is what a Dirichlet law with them as one more class implies for the others
    [1]_; `sensitivity` shows that law.

    References
    ----------
    .. [1] Connor RJ, Mosimann JE. Concepts of independence for proportions with a generalization of the Dirichlet
       distribution. J Am Stat Assoc 1969;64:194-206.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(route="share").where(supports="mcc_share_primary")
    >>> print(priors.Shares().prior(found))
    beta(44.5, 31.5), median 0.586, 95% 0.474 to 0.693
    >>> print(*priors.Shares().flags(found))
    31 of the 106 patients are in none of the classes: left out
    """

    name = "share"
    statistics = ("count", "share")
    quantity = "shares"
    parameters = ("share",)
    assumption = "the next trial enrols from the same mixture of classes, as defined in the source"
    citations = ("connor1969",)

    prior_count: float = attrs.field(default=0.5, kw_only=True, converter=as_field(_checks.positive))
    unclassified: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def _missing(self, findings: Findings) -> str | None:
        held = _classes(findings)
        if len(held) < 2:
            return "It needs the counts of two or more classes."
        for f in held:
            if f.refused is not None:
                return f"{f.id} is refused: {f.refused}"
            if f.events is None or f.n is None:
                return f"{f.id} has no count with its n, which is needed."
        for name in ("document", "n"):
            if len({getattr(f, name) for f in held}) > 1:
                return f"The counts differ in `{name}`; the classes of one group of patients are needed."
        if not _names(held):
            return f"The counts do not differ in {' or '.join(_LABELS)} throughout; a label for each class is needed."
        if self.unclassified and not _rest(findings):
            return f"Every one of the {held[0].n} patients is in one of the classes; nobody is unclassified."
        return _overlapping(held)

    def _prior(self, findings: Findings) -> Distribution:
        law = self._dirichlet(findings)
        return law if len(law.a) > 2 else BetaMixture((1.0,), (law.a[0],), (law.a[1],))

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        rows = [
            Alternative(f"{label}, {count:g} for each class", prior=self.with_(prior_count=count)._prior(findings))
            for label, count in (("Jeffreys prior", 0.5), ("uniform prior", 1.0))
            if count != self.prior_count
        ]
        rest = _rest(findings)
        if rest:
            other = self.with_(unclassified=not self.unclassified)
            label = f"with the {rest} others as one more class" if other.unclassified else f"without the {rest} others"
            rows.append(Alternative(label, prior=other._prior(findings)))
        return tuple(rows)

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        law, counts = self._dirichlet(findings), self._counts(findings)
        counted = ", ".join(f"{name} {count}" for name, count in zip(law.names, counts, strict=True))
        kind = "Dirichlet" if len(law.a) > 2 else "Beta"
        given = f"{kind}({', '.join(f'{a:g}' for a in law.a)})"
        of = f" on the share of {law.names[0]} among the two" if len(law.a) == 2 else ""
        return (f"{counted}, and {self.prior_count:g} for each class before the data, give {given}{of}",)

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        rest = _rest(findings)
        if not rest:
            return ()
        said = "taken as a class of their own" if self.unclassified else "left out"
        return (f"{rest} of the {findings[0].n} patients are in none of the classes: {said}",)

    def _dirichlet(self, findings: Findings) -> Dirichlet:
        names = (*_names(_classes(findings)), *((_REST,) if self.unclassified else ()))
        return Dirichlet.from_counts(self._counts(findings), prior=self.prior_count, names=names)

    def _counts(self, findings: Findings) -> tuple[int, ...]:
        """Patients in each class."""
        return (*map(_events, _classes(findings)), *((_rest(findings),) if self.unclassified else ()))


def _classes(findings: Findings) -> tuple[Finding, ...]:
    """The findings that support the prior, without those that they are read with."""
    return tuple(f for f in findings if f.supports == findings[0].supports)


def _events(f: Finding) -> int:
    return int(f.events or 0)  # checked: not missing


def _names(held: tuple[Finding, ...]) -> tuple[str, ...]:
    """What the classes are called: the first label that every one has and no two share; empty if there is none."""
    for label in _LABELS:
        found = tuple(str(getattr(f, label)) for f in held if getattr(f, label) is not None)
        if len(set(found)) == len(held) and _REST not in found:
            return found
    return ()


def _rest(findings: Findings) -> int:
    """Patients who are in none of the classes."""
    return int(findings[0].n or 0) - sum(map(_events, _classes(findings)))


def _overlapping(held: tuple[Finding, ...]) -> str | None:
    total, n = sum(map(_events, held)), held[0].n or 0
    if total > n:
        return f"The counts add up to {total} of {n} patients; classes that do not overlap are needed."
    return None
