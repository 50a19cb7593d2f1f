"""What a statistic is: moments under a scenario, and itself on data; the two faces share only the curves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from icibaseline._values import BoolArray, FloatArray, Floats, IntArray, Value
from icibaseline.enrollment import Accrual
from icibaseline.scenario import Scenario

__all__ = ["Course", "Moments", "Observed", "Statistic", "Trial", "TrialData"]


class Trial(NamedTuple):
    """The theory face's question: this many patients, in this (batch of a) scenario, looked at in these months."""

    scenario: Scenario  # resolved, every number a float or a batch array
    n: float
    ratio: float
    accrual: Accrual
    months: FloatArray  # (B or 1, K)
    driven: BoolArray  # (B or 1, K) whether the number of events triggers the look
    points: int | None = None  # nodes for each panel; None chooses them by doubling

    @property
    def arms(self) -> tuple[float, float]:
        """Fraction of patients in (control, experimental)."""
        return 1 / (1 + self.ratio), self.ratio / (1 + self.ratio)

    @property
    def batch(self) -> int:
        """Number of scenarios in the batch."""
        sizes = {len(self.months), len(np.atleast_2d(self.accrual.times))}
        sizes |= {p.control.batch or 1 for p in self.scenario.parts}
        sizes |= {p.experimental.batch or 1 for p in self.scenario.parts}
        sizes |= {c.batch or 1 for c in self.scenario.dropouts if c is not None}
        return max(sizes)


class TrialData(NamedTuple):
    """The data face's question: follow-up of simulated patients at one look."""

    time: FloatArray  # (replicates, patients) months on study; -1 where the patient has not entered
    event: BoolArray  # (replicates, patients)
    experimental: BoolArray  # (patients,)
    stratum: IntArray | None  # (replicates, patients), None when there is one stratum


class Observed(NamedTuple):
    """The data face's answer, each (replicates,)."""

    score: FloatArray  # the statistic
    information: FloatArray  # its estimated variance
    above: BoolArray  # whether Z, referred to the statistic's own null distribution, lies above the bound


class Course(NamedTuple):
    """What is expected to have happened by each look."""

    months: FloatArray  # (B, K)
    n: FloatArray  # (B, K) patients enrolled
    events: FloatArray  # (B, K, 2) by arm


class Moments(ABC):
    """Mean and covariance of a statistic over the looks, in one scenario or a batch of them."""

    @property
    @abstractmethod
    def course(self) -> Course:
        """Months, patients and events at the looks."""

    @property
    @abstractmethod
    def mean(self) -> FloatArray:
        """Mean of the statistic, (B, K)."""

    @property
    @abstractmethod
    def covariance(self) -> FloatArray:
        """Covariance of the statistic over the looks, (B, K, K)."""

    @property
    @abstractmethod
    def information(self) -> FloatArray:
        """Information at the looks: the variance that the test uses, (B, K)."""

    @property
    @abstractmethod
    def drift(self) -> FloatArray:
        """Mean of the standardised statistic Z by the named formula, (B, K)."""

    @property
    @abstractmethod
    def spread(self) -> FloatArray:
        """Standard deviation of the standardised statistic Z by the named formula, (B, K)."""

    @cached_property
    def events(self) -> FloatArray:
        """Expected events over both arms, (B, K)."""
        total: FloatArray = self.course.events.sum(axis=-1)
        return total


class Statistic(Value):
    """A test statistic with a theory face (`moments`) and a data face (`z`)."""

    @abstractmethod
    def moments(self, trial: Trial) -> Moments:
        """Moments under a scenario."""

    @abstractmethod
    def course(self, trial: Trial) -> Course:
        """Months, patients and events alone, where the moments are not needed."""

    @abstractmethod
    def remaining(self, trial: Trial) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""

    @property
    @abstractmethod
    def alternative(self) -> str:
        """What the test shows when it rejects, in words."""

    @abstractmethod
    def cautions(
        self, trial: Callable[[], Trial], size: tuple[float, float], alpha: float, simulated: bool
    ) -> tuple[str, ...]:
        """What a user should know of the test at a level, in a `trial` without an effect; size is (n, ratio)."""

    @abstractmethod
    def check_level(self, alpha: float) -> None:
        """Raise `InvalidInput` if the test cannot reject at a level."""

    @abstractmethod
    def is_null(self, scenario: Scenario) -> bool:
        """Whether the null hypothesis of the test holds in the scenario."""

    @abstractmethod
    def resolution(self, trial: Trial) -> int:
        """Nodes for each panel that integrate this trial well enough."""

    null: float  # hazard ratio that is tested

    @abstractmethod
    def observe(self, data: TrialData, bound: Floats, rng: np.random.Generator) -> Observed:
        """The statistic on simulated data, and whether it passes a bound on Z, one or (R,) (infinite: not tested)."""

    @property
    @abstractmethod
    def formula_name(self) -> str:
        """The formula behind the moments, as reports name it."""

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the statistic and its formula."""

    @abstractmethod
    def drift_per_root_event(self, trial: Trial) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where the formula takes the calendar too."""
