"""Named approximations of the law of Z, one class each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.statistics.one_sample.law import Law

__all__ = ["Approximation", "ClosedForm", "Conditional", "ExactVariance", "TwoStageProgram"]


class Approximation(ABC):
    """How the law of Z is approximated."""

    name: ClassVar[str]
    title: ClassVar[str]
    near_exact: ClassVar[bool]  # whether tails are worked out given the number of events, and not from the normal law

    @abstractmethod
    def drift(self, law: Law) -> FloatArray:
        """Mean of Z, (B, K)."""

    @abstractmethod
    def spread(self, law: Law) -> FloatArray:
        """Standard deviation of Z, (B, K)."""

    @abstractmethod
    def information(self, law: Law) -> FloatArray:
        """What two looks correlate by, (B, K)."""


@final
class Conditional(Approximation):
    """Tails given the number of events."""

    name, title, near_exact = "conditional", "formula given the number of events", True

    def drift(self, law: Law) -> FloatArray:
        """Z at the means of O and E."""
        return law.drift

    def spread(self, law: Law) -> FloatArray:
        """By the delta method."""
        return law.spread

    def information(self, law: Law) -> FloatArray:
        """Events."""
        return law.events


@final
class ExactVariance(Approximation):
    """Normal, with the exact variance of E - O under the scenario."""

    name, title, near_exact = "wu", "Wu formula", False

    def drift(self, law: Law) -> FloatArray:
        """Z at the means of O and E."""
        return law.drift

    def spread(self, law: Law) -> FloatArray:
        """That of E - O over the denominator of Z at the means."""
        return law.spread

    def information(self, law: Law) -> FloatArray:
        """The variance of E - O."""
        return _variance(law)


@final
class TwoStageProgram(Approximation):
    """As ExactVariance, with the patients enrolled by a look in the place of all of them in its mean."""

    name, title, near_exact = "wu2020", "Wu formula as in OneArm2stage", False

    def drift(self, law: Law) -> FloatArray:
        """Too small at interim looks, by the root of the fraction enrolled."""
        return np.asarray(law.drift * np.sqrt(law.enrolled))

    def spread(self, law: Law) -> FloatArray:
        """That of E - O over the denominator of Z at the means."""
        return law.spread

    def information(self, law: Law) -> FloatArray:
        """The variance of E - O."""
        return _variance(law)


@final
class ClosedForm(Approximation):
    """Normal, with a standard deviation of 1 where the benchmark is known."""

    name, title, near_exact = "events", "closed form on events", False

    def drift(self, law: Law) -> FloatArray:
        """Z at the means of O and E."""
        return law.drift

    def spread(self, law: Law) -> FloatArray:
        """What is left of 1 if the error of the benchmark is added to that of the test."""
        return law.contrast.shrinkage(law.events)

    def information(self, law: Law) -> FloatArray:
        """Events."""
        return law.events


def _variance(law: Law) -> FloatArray:
    """Variance of E - O; as large as at an earlier look where, far from the benchmark, it falls."""
    one = np.ones_like(law.events)
    return np.maximum.accumulate(law.variance(-one, one), axis=-1)
