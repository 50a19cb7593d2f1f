"""The frozen plan of a randomised trial whose outcome is a response."""

from __future__ import annotations

from typing import final

import attrs

from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.designs.base import BOUNDS, MONTHS, FrozenPlan, one_each, patients

__all__ = ["ResponsePlan"]


@final
@value
class ResponsePlan(FrozenPlan):
    """The plan of a randomised trial whose outcome is a response: one look, when all responses are known.

    Parameters
    ----------
    n : int
        Patients over both arms.
    months : tuple of float
        Expected month of the look in the scenario planned for; NaN if its enrolment is not known.
    efficacy_bounds, futility_bounds : tuple of float
        The normal quantile of the level, which that of the p-value must pass.
    """

    n: float = attrs.field(converter=as_field(patients))
    months: tuple[float, ...] = attrs.field(kw_only=True, converter=MONTHS)
    efficacy_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)
    futility_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)

    def __attrs_post_init__(self) -> None:
        one_each(self, ("months", "efficacy_bounds", "futility_bounds"), "look", 1)

    @property
    def count(self) -> int:
        """One look."""
        return 1

    @property
    def overrulable(self) -> bool:
        """There is no interim look."""
        return False
