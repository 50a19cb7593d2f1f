"""What a search for a number of patients asks of its goal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import attrs

__all__ = ["NOTHING", "Goal"]

NOTHING = 1e-9  # of a probability


@attrs.frozen
class Goal(ABC):
    """Abstract: a target of a probability of rejecting, in a world that follows from the scenario."""

    target: float

    name: ClassVar[str]
    averaged: ClassVar[str]  # how a sentence goes on after the probability
    margin: ClassVar[float]  # how close to the limit a target may be

    @abstractmethod
    def world(self, scenario: Any) -> Any:
        """The scenario whose priors, if any, the probability is averaged over."""

    @abstractmethod
    def aimed(self, design: Any) -> Any:
        """The design as it stands in a trial that is sized for the target."""

    @abstractmethod
    def reached(self, design: Any, scenario: Any) -> tuple[float, float]:
        """The probability with the n of a design, and its limit as n grows."""

    def beyond(self, limit: float) -> bool:
        """Whether no number of patients reaches the target, whose limit is given."""
        return self.target >= limit - self.margin

    def hopeless(self, limit: float, alternative: str, against: str) -> str:
        """Why no number of patients reaches the target.

        `alternative` says what must be true for the probability to grow; `against` that it is not, whatever is
        uncertain.
        """
        if limit < NOTHING:
            return f"`{self.name}` must be reachable; got {self.target:g}, but {against}"
        return (
            f"`{self.name}` must be below its ceiling {limit:.4g}, the probability under the priors that "
            f"{alternative}, to which it tends as n grows; got {self.target:g}. No number of patients reaches it: ask "
            "for less, or state a narrower prior."
        )
