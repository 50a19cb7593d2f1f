"""What the control arm of a trial may be taken from."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from icibaseline._values import Value

if TYPE_CHECKING:
    from icibaseline.baseline.cohort import Baseline
    from icibaseline.survival import Curve

__all__ = ["Population"]


class Population(Value):
    """Abstract: patients whose outcome comes from published findings."""

    at_median: bool  # a field of every kind of population

    @property
    @abstractmethod
    def typical(self) -> Any:
        """What it is at the prior medians: a survival curve, or for other priors a number or shares."""

    @property
    @abstractmethod
    def curve(self) -> Curve:
        """The survival curve, uncertain as the priors are, or the one at their medians."""

    @property
    @abstractmethod
    def baselines(self) -> tuple[Baseline, ...]:
        """The cohorts that it rests on."""

    @property
    @abstractmethod
    def flags(self) -> tuple[str, ...]:
        """Cautions, and the choices that were not made."""
