"""The frozen plan of a trial of one arm that counts responses."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._values import value
from icibaseline.designs.base import BOUNDS, MONTHS, FrozenPlan, one_each
from icibaseline.errors import reject

__all__ = ["StagePlan"]


def _sizes(name: str, held: object) -> tuple[int, ...]:
    return _checks.increasing(name, held, _checks.whole)


@final
@value
class StagePlan(FrozenPlan):
    """The plan of a trial of one arm that counts responses.

    Parameters
    ----------
    n : int
        Patients in all.
    sizes : tuple of int
        Patients at each look, the last one n.
    months : tuple of float
        Expected calendar month of each look in the scenario planned for; NaN without enrolment.
    efficacy_bounds : tuple of float
        Least number of responses that succeeds at each look; infinite where none does.
    futility_bounds : tuple of float
        Greatest number that stops the trial at each look; minus infinity where none does.

    Raises
    ------
    InvalidInput
        If there is not one number for each look, or the last look has other than n patients.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    >>> ici.SingleArm(35).plan_for(truth).planned.efficacy_bounds
    (12.0,)
    """

    n: int = attrs.field(converter=as_field(_checks.whole))
    sizes: tuple[int, ...] = attrs.field(kw_only=True, converter=as_field(_sizes))
    months: tuple[float, ...] = attrs.field(kw_only=True, converter=MONTHS)
    efficacy_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)
    futility_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)

    def __attrs_post_init__(self) -> None:
        one_each(self, ("months", "efficacy_bounds", "futility_bounds"), "sizes", len(self.sizes))
        if self.sizes[-1] != self.n:
            reject("sizes", f"a sequence that ends with n, which is {self.n}", self.sizes)

    @property
    def count(self) -> int:
        """Number of looks."""
        return len(self.sizes)

    @property
    def overrulable(self) -> bool:
        """Whether an interim look may stop for futility."""
        return any(bound > -np.inf for bound in self.futility_bounds[:-1])

    @property
    def stages(self) -> Stages:
        """The looks as arrays."""
        return Stages(np.array(self.sizes), np.array(self.efficacy_bounds), np.array(self.futility_bounds))
