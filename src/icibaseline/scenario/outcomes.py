"""One question, asked of two outcomes: what nature does to response and to survival."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.baseline import Population
from icibaseline.enrollment import Enrollment
from icibaseline.errors import reject
from icibaseline.scenario.base import BaseScenario
from icibaseline.scenario.response import ResponseScenario
from icibaseline.scenario.survival import Scenario

__all__ = ["Outcomes"]


def _a(kind: type[Value]) -> Any:
    return as_field(lambda name, held: _checks.instance(name, held, kind, f"a {kind.__name__}"))


@final
@value
class Outcomes(BaseScenario):
    """What nature does to two outcomes of the same patients, for trials of one question that use one or the other.

    Each design takes the outcome that it asks for, so that `compare` puts a trial of response beside one of survival.

    Parameters
    ----------
    survival : Scenario
        The time to an event.
    response : ResponseScenario
        The response. Its enrolment, if it has one, must be that of `survival`.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, or the two enrol differently.

    Examples
    --------
    >>> import icibaseline as ici
    >>> entry = ici.Enrollment(rate=2)
    >>> both = ici.Outcomes(
    ...     ici.Scenario(control=ici.Exponential(2.6), effect=ici.HazardRatio(0.6), enrollment=entry),
    ...     ici.ResponseScenario(0.18, ici.Rate(0.35), enrollment=entry))
    >>> table = ici.compare([ici.SingleArm(44), ici.Randomized(134)], both)
    >>> table.power.round(2)
    array([[0.82],
           [0.82]])
    """

    survival: Scenario = attrs.field(converter=_a(Scenario))
    response: ResponseScenario = attrs.field(converter=_a(ResponseScenario))

    def __attrs_post_init__(self) -> None:
        own = self.response.enrollment
        if own is not None and own != self.survival.enrollment:
            reject("response", "a scenario that enrols as `survival` does", own, f"That is {self.survival.enrollment}.")

    @property
    def enrollment(self) -> Enrollment:  # type: ignore[override]
        """How patients enter."""
        return self.survival.enrollment

    @property
    def members(self) -> tuple[BaseScenario, ...]:
        """The two."""
        return (self.survival, self.response)

    @cached_property
    def resolved(self) -> Outcomes:
        """The same with curves, rates and effects where baselines stood."""
        return Outcomes(self.survival.resolved, self.response.resolved)

    @property
    def null(self) -> Outcomes:
        """The same with no effect on either."""
        return Outcomes(self.survival.null, self.response.null)

    @property
    def populations(self) -> tuple[Population, ...]:
        """What the controls and effects are taken from."""
        return self.survival.populations + self.response.populations

    @property
    def effects(self) -> tuple[Value, ...]:
        """Those on survival, and that on response."""
        return (*self.survival.effects, *self.response.effects)

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Each part with the name of its role."""
        own = [(role, held) for role, held in self.response.roles if role != "enrollment"]
        return (*self.survival.roles, *((f"{role} (response)", held) for role, held in own))

    @property
    def favourable(self) -> str:
        """When the effects favour the experimental arm."""
        return f"{self.survival.favourable} {self.response.favourable}"

    @property
    def counted(self) -> str:
        """Both."""
        return f"{self.survival.counted} and {self.response.counted}"

    def losing(self, share: float) -> tuple[str, str, Outcomes] | None:
        """With either kind of patients lost."""
        found = self.survival.losing(share)
        if found is None:
            return None
        name, words, survival = found
        other, more, response = self.response.losing(share)
        return f"{name}, {other}", f"{words}, {more}", Outcomes(survival, response)

    def graded(self, size: float) -> Outcomes:
        """With effects of a size from 0, none, to 1."""
        return Outcomes(self.survival.graded(size), self.response.graded(size))

    @property
    def _named(self) -> Outcomes:
        return Outcomes(self.survival._named, self.response._named)
