"""What a test of one arm against a benchmark curve is: its law under a scenario, and itself on data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from icibaseline._values import BoolArray, FloatArray, Value
from icibaseline.enrollment import Accrual
from icibaseline.errors import InvalidInput
from icibaseline.scenario import Scenario
from icibaseline.survival import Curve

__all__ = ["Limits", "OneArm", "OneArmData", "OneArmMoments", "OneSample", "agrees"]

_LEAST = 1e-300  # probabilities that a normal quantile still tells apart
_MOST = 1 - 1e-16
_APART = 1e-6  # bounds on Z nearer than this are one
_LEVELS = np.linspace(0.02, 0.98, 49)  # of the benchmark, at which a curve is held against it
_SAME = 1e-9


class OneArm(NamedTuple):
    """The theory face's question: n patients of one arm in a (batch of a) scenario, looked at in these months."""

    scenario: Scenario  # resolved, every number a float or a batch array
    benchmark: Curve  # of plain numbers
    n: float
    accrual: Accrual
    months: FloatArray  # (B or 1, K)
    driven: BoolArray | None = None  # (B or 1, K) whether the number of events brings the look; None: nowhere
    points: int | None = None  # nodes for each panel; None chooses them by doubling


class OneArmMoments(NamedTuple):
    """The theory face's answer, each (B, K)."""

    months: FloatArray
    n: FloatArray  # patients enrolled
    events: FloatArray
    information: FloatArray  # what boundaries run on: Z at two looks correlates by the root of its ratio
    drift: FloatArray  # mean of Z by the asymptotic law
    spread: FloatArray  # standard deviation of Z by the asymptotic law
    above: Callable[[FloatArray], FloatArray] | None = None  # bounds (B or 1, K) -> P(Z above them); None: as that law

    def fitted(self, efficacy: FloatArray, futility: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation, (B, K), of the normal law with the tails of Z beyond the finite bounds."""
        if self.above is None:
            return self.drift, self.spread
        upper, lower = (np.atleast_2d(np.asarray(b, dtype=float)) for b in (efficacy, futility))
        upper, lower = np.broadcast_arrays(upper, lower)
        one = np.where(np.isfinite(upper), upper, np.where(np.isfinite(lower), lower, 0.0))
        both = np.isfinite(upper) & np.isfinite(lower)
        width = np.where(both, upper, 0.0) - np.where(both, lower, 0.0)
        two = width > _APART
        x, spread = self._quantile(one), self.spread
        if two.any():
            gap = x - self._quantile(np.where(two, lower, one))
            wide = np.where(two & (gap > 0), width / np.where(two & (gap > 0), gap, 1.0), spread)
            spread = np.where(np.isfinite(wide), wide, spread)
        return one - spread * x, np.broadcast_to(spread, x.shape)

    def _quantile(self, bounds: FloatArray) -> FloatArray:
        """Standard normal quantiles of the probability that Z is below `bounds`."""
        assert self.above is not None
        return np.asarray(-ndtri(np.clip(self.above(bounds), _LEAST, _MOST)))


class OneArmData(NamedTuple):
    """The data face's question: follow-up of simulated patients at one look."""

    time: FloatArray  # (replicates, patients) months on study; negative where the patient has not entered
    event: BoolArray  # (replicates, patients)


class Limits(NamedTuple):
    """An estimate with its confidence limits."""

    value: float
    lower: float
    upper: float


class OneSample(Value):
    """A test of one arm against a benchmark curve; Z above 0 favours the arm."""

    follow_up: float | None  # months after which a patient's follow-up ends; None: at the look
    benchmark_sd: float  # standard error of the log of the benchmark's cumulative hazard

    @abstractmethod
    def moments(self, arm: OneArm) -> OneArmMoments:
        """The law of Z under a scenario."""

    @abstractmethod
    def observe(self, data: OneArmData, benchmark: Curve) -> tuple[FloatArray, FloatArray]:
        """Z and its information on simulated data, each (R,)."""

    @property
    @abstractmethod
    def earliest(self) -> float:
        """Month of follow-up before which it knows nothing."""

    @property
    @abstractmethod
    def measured(self) -> str:
        """What it estimates, in words."""

    @abstractmethod
    def limits(self, data: OneArmData, benchmark: Curve, bound: float) -> Limits:
        """The estimate from one trial, and what the test and its mirror image would just not reject at a bound on Z."""

    @abstractmethod
    def course(self, arm: OneArm) -> FloatArray:
        """Expected events at the looks, (B, K)."""

    @abstractmethod
    def remaining(self, arm: OneArm) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""

    @abstractmethod
    def resolution(self, arm: OneArm) -> int:
        """Nodes for each panel that integrate this arm well enough."""

    @abstractmethod
    def farthest(self, arm: OneArm) -> FloatArray:
        """Where the mean of Z tends as n grows, (B, K): infinite unless the benchmark has an error of its own."""

    @abstractmethod
    def unreachable(self, bound: float) -> str:
        """Why no number of patients passes a bound on Z, where `farthest` is below it."""

    @abstractmethod
    def largest_ratio(self, bound: float, benchmark: Curve) -> float:
        """The hazard ratio at which Z tends to a bound above 0 as n grows: no larger one is ever shown."""

    @property
    @abstractmethod
    def smooth(self) -> OneSample:
        """The test with a formula that grows smoothly with n: itself, unless its power goes up and down."""

    @abstractmethod
    def step(self, scenario: Scenario, n: float) -> float:
        """By how much power may lie off the smooth formula."""

    @abstractmethod
    def is_null(self, scenario: Scenario, benchmark: Curve) -> bool:
        """Whether the null hypothesis of the test holds in the scenario."""

    @property
    @abstractmethod
    def alternative(self) -> str:
        """What the test shows when it rejects, in words."""

    @property
    @abstractmethod
    def formula_name(self) -> str:
        """The formula behind the law of Z, as reports name it."""

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""

    @abstractmethod
    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""

    @abstractmethod
    def check_benchmark(self, curve: Curve) -> None:
        """Raise `InvalidInput` if the curve cannot be the benchmark of this test."""


def agrees(scenario: Scenario, benchmark: Curve, horizon: float | None = None) -> bool:
    """Whether every stratum survives as the benchmark does, up to a horizon; a prior never does."""
    times = np.asarray(benchmark.quantile(_LEVELS))
    times = times[np.isfinite(times)]
    times = times if horizon is None else np.minimum(times, horizon)
    target = np.asarray(benchmark.cumulative_hazard(times))
    for part in scenario.resolved.parts:
        try:
            held = np.asarray(part.experimental.cumulative_hazard(times))
        except InvalidInput:  # a prior
            return False
        if held.shape != target.shape or np.any(np.abs(held - target) > _SAME * (1 + target)):
            return False
    return True
