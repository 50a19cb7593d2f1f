"""What every route from findings to a prior can do."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import ClassVar, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.distributions import Distribution
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.evidence import Finding, Findings, compares_classes
from icibaseline.survival import Curve

__all__ = ["Alternative", "CurveRoute", "Route", "own", "reaches_zero", "unusable"]

_TAIL = 1e-16  # the widest quadrature rule reaches 8 standard deviations, which leaves 6e-16


def reaches_zero(prior: Distribution) -> bool:
    """Whether a prior on positive numbers would ask a curve for one that is not positive."""
    return bool(np.any(np.asarray(prior.quantile(_TAIL)) < 0))


def _numbers(name: str, given: object) -> tuple[tuple[str, float], ...]:
    def pair(place: str, item: object) -> tuple[str, float]:
        members = _checks.pair(place, item, lambda _, x: x, "a name and a number")
        return _checks.text(f"{place}[0]", members[0]), _checks.number(f"{place}[1]", members[1])

    return _checks.sequence(name, given, pair, 0)


def _findings(given: object) -> Findings:
    hint = 'For example findings(supports="mcc_pfs_primary").'
    return _checks.instance("findings", given, Findings, "Findings", hint)  # type: ignore[no-any-return]


def _prior(name: str, given: object) -> Distribution:
    return _checks.instance(name, given, Distribution, "a distribution")  # type: ignore[no-any-return]


@final
@value
class Alternative(Value):
    """What a prior, or a number read from it, would be under another assumption.

    Parameters
    ----------
    label : str
        The assumption.
    prior : Distribution, optional
        The prior under it.
    numbers : tuple of (str, float)
        Named numbers under it.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Examples
    --------
    >>> import icibaseline as ici
    >>> print(ici.baseline("mcc_pfs_primary").sensitivity[0])
    narrow end of the band, 1/sqrt(n): lognormal, median 4.7, 95% 3.5 to 6.32
    """

    label: str = attrs.field(converter=as_field(_checks.text))
    prior: Distribution | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_prior)))
    numbers: tuple[tuple[str, float], ...] = attrs.field(default=(), kw_only=True, converter=as_field(_numbers))


@_render.text.register
def _alternative(item: Alternative) -> str:
    said = [] if item.prior is None else ["; ".join(line.strip() for line in str(item.prior).splitlines())]
    return f"{item.label}: " + ", ".join([*said, *(f"{name} = {number:.3g}" for name, number in item.numbers)])


def own(findings: Findings) -> Findings:
    """The findings that support the prior itself, without those that they are read with."""
    return Findings(tuple(f for f in findings if f.supports is not None and f.supports == findings[0].supports))


class Route(Value):
    """A way from published findings to a prior; its own assumptions are its fields.

    Attributes
    ----------
    name : str
        The name that findings carry in their field `route`.
    statistics : tuple of str
        The kinds of finding that it reads.
    beside : tuple of str
        The kinds of finding that it reads too where others are read with those.
    compares : bool
        Whether the prior compares two groups, which a source that is not randomised may do with bias.
    quantity : str
        What kind of number the prior is on, such as "survival" or "response rate".
    parameters : tuple of str
        What the prior is on, in the order of its coordinates; one name stands for any number of coordinates.
    assumption : str
        What is assumed beyond the findings.
    citations : tuple of str
        Keys of the papers behind the method.
    """

    name: ClassVar[str]
    statistics: ClassVar[tuple[str, ...]]
    beside: ClassVar[tuple[str, ...]] = ()
    compares: ClassVar[bool] = False
    quantity: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    assumption: ClassVar[str]
    citations: ClassVar[tuple[str, ...]]

    # ---- what a route must know ------------------------------------------------------------------

    @abstractmethod
    def _missing(self, findings: Findings) -> str | None:
        """What these findings lack, as a clause; None if nothing."""

    @abstractmethod
    def _prior(self, findings: Findings) -> Distribution: ...

    @abstractmethod
    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]: ...

    @abstractmethod
    def _explain(self, findings: Findings) -> tuple[str, ...]: ...

    @abstractmethod
    def _flags(self, findings: Findings) -> tuple[str, ...]: ...

    # ---- what every route does -------------------------------------------------------------------

    def select(self, findings: Findings) -> Findings:
        """Those of the findings that the route reads."""
        held = own(_findings(findings))
        main = [f for f in held if f.statistic in self.statistics]
        return Findings((*main, *(f for f in findings if f not in main and f.statistic in self.beside)))

    def supports(self, findings: Findings) -> bool:
        """Whether the findings carry what the route needs."""
        return self._missing(_findings(findings)) is None

    def checked(self, findings: Findings) -> Findings:
        """The findings, if they carry what the route needs.

        Raises
        ------
        RefusedFinding
            If they lack something; the sentence says what.
        """
        missing = self._missing(_findings(findings))
        if missing is not None:
            ids = ", ".join(f.id for f in findings) or "none that it reads"
            raise RefusedFinding(f"`findings` must suit the route {self.name!r}; got {ids}. {missing}")
        return findings

    def prior(self, findings: Findings) -> Distribution:
        """The prior in the population of the source.

        Raises
        ------
        RefusedFinding
            If the findings lack something that the route needs; the sentence says what.
        """
        return self._prior(self.checked(findings))

    def needs_bias(self, findings: Findings) -> str | None:
        """Why the prior needs an explicit allowance for bias, as a sentence; None if it does not.

        A comparison of treatments does unless the findings say that it was randomised. Classes of resistance cannot be
        randomised.
        """
        held = own(_findings(findings))
        if not self.compares or all(f.randomised for f in held) or any(compares_classes(f, findings) for f in held):
            return None
        return 'The groups are not said to be randomised. For example bias=Bias(0.3, reason="confounding").'

    def sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        """The same under other assumptions, rejected ones included and named so.

        Raises
        ------
        RefusedFinding
            As `prior`.
        """
        return self._sensitivity(self.checked(findings))

    def explain(self, findings: Findings) -> tuple[str, ...]:
        """What was done with the numbers, one clause per step.

        Raises
        ------
        RefusedFinding
            As `prior`.
        """
        return self._explain(self.checked(findings))

    def flags(self, findings: Findings) -> tuple[str, ...]:
        """Cautions that follow from the route and the numbers.

        Raises
        ------
        RefusedFinding
            As `prior`.
        """
        return self._flags(self.checked(findings))


class CurveRoute(Route):
    """A way from published findings to a survival curve.

    Attributes
    ----------
    not_a_control : str, optional
        Why no trial may take the curve for its control arm; None if it may.
    """

    quantity = "survival"
    not_a_control: ClassVar[str | None] = None

    @abstractmethod
    def _curve(self, prior: Distribution) -> Curve: ...

    @abstractmethod
    def _families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]: ...

    def curve(self, prior: Distribution) -> Curve:
        """The survival curve, uncertain as the prior is.

        Raises
        ------
        InvalidInput
            If it is no prior on the `parameters` of the curve, or one on which they leave their range.
        """
        held, wanted = _prior("prior", prior), " and the ".join(self.parameters)
        if held.dimension != len(self.parameters):
            reject("prior", f"a prior on the {wanted}", held)
        try:
            return self._curve(held)
        except InvalidInput as error:  # which names the argument of the curve
            raise InvalidInput(re.sub(r"^`\w+`", "`prior`", str(error))) from None

    def families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]:
        """Curves of other families through the same numbers, by name.

        Raises
        ------
        RefusedFinding
            As `prior`.
        """
        return self._families(self.checked(findings))


def unusable(finding: Finding) -> str | None:
    """Why a median or a landmark cannot be used at all; None if it can."""
    if finding.refused is not None:
        return f"{finding.id} is refused: {finding.refused}"
    if finding.n is None:
        return f"{finding.id} has no n."
    if finding.statistic == "median" and (finding.unit != "months" or finding.value is None or finding.value <= 0):
        return f"{finding.id} is not a positive number of months."
    return None
