"""Tests of the Kaplan-Meier curve of an arm against a benchmark: what they share."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.errors import InvalidInput, reject
from icibaseline.scenario import Scenario
from icibaseline.solve import root
from icibaseline.statistics.one_sample.base import OneArm, OneArmMoments, OneSample
from icibaseline.statistics.one_sample.cohort import Cohort
from icibaseline.survival import Curve, HazardRatio

__all__ = ["CurveTest"]

_SAME = 1e-9
_SMALLEST = -14.0  # log of a hazard ratio that stands for 0


class CurveTest(OneSample):
    """A test of a number that the Kaplan-Meier curve gives, up to a month."""

    @property
    @abstractmethod
    def end(self) -> float:
        """Month up to which the curve is estimated."""

    @property
    def earliest(self) -> float:
        """The month up to which the curve is estimated."""
        return self.end

    @property
    @abstractmethod
    def measured(self) -> str:
        """What the number is, in words."""

    @abstractmethod
    def value(self, curve: Curve) -> FloatArray:
        """The number that is tested, () or (B,)."""

    @abstractmethod
    def transformed(self, number: FloatArray) -> FloatArray:
        """The number on the scale of the test."""

    @abstractmethod
    def benchmark_error(self, benchmark: Curve) -> float:
        """Standard error of the benchmark's number, on the scale of the test."""

    def mixed(self, scenario: Scenario) -> FloatArray:
        """The number in the arm, over its strata, (B or 1, 1)."""
        total = sum(part.share * np.asarray(self.value(part.experimental)) for part in scenario.parts)
        return np.reshape(np.asarray(total), (-1, 1))

    def distance(self, scenario: Scenario, benchmark: Curve) -> FloatArray:
        """By how much the arm is better, on the scale of the test, (B or 1, 1)."""
        return self.transformed(self.mixed(scenario)) - self.transformed(self.value(benchmark))

    def law(self, arm: OneArm, variance: FloatArray, information: FloatArray) -> OneArmMoments:
        """Z as normal, from the variance of the arm's number on the scale of the test.

        The benchmark's error is in the denominator of Z, and does not vary from trial to trial: the standard deviation
        of Z is what is left of 1.
        """
        cohort = Cohort(arm, self.follow_up)
        total = variance + self.benchmark_error(arm.benchmark) ** 2
        drift, spread = self.distance(arm.scenario, arm.benchmark) / np.sqrt(total), np.sqrt(variance / total)
        shape = np.broadcast_shapes(drift.shape, cohort.events.shape)
        found = (arm.months, cohort.enrolled, cohort.events, information, drift, spread)
        months, n, events, information, drift, spread = (np.broadcast_to(x, shape) for x in found)
        return OneArmMoments(months, n, events, information, drift, spread)

    def course(self, arm: OneArm) -> FloatArray:
        """Expected events at the looks, (B, K)."""
        return Cohort(arm, self.follow_up).events

    def remaining(self, arm: OneArm) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""
        return Cohort(arm, self.follow_up).remaining

    def resolution(self, arm: OneArm) -> int:
        """Nodes for each panel that integrate this arm well enough."""
        return Cohort(arm, self.follow_up).points

    def farthest(self, arm: OneArm) -> FloatArray:
        """Where the mean of Z tends as n grows, (B, K)."""
        gap, error = self.distance(arm.scenario, arm.benchmark), self.benchmark_error(arm.benchmark)
        far = gap / error if error else np.where(np.abs(gap) < _SAME, 0.0, np.copysign(np.inf, gap))
        return np.asarray(far * np.ones(arm.months.shape))

    def largest_ratio(self, bound: float, benchmark: Curve) -> float:
        """The hazard ratio at which Z tends to a bound above 0 as n grows; 0 if it does at none."""
        start, error = float(self.transformed(self.value(benchmark))), self.benchmark_error(benchmark)

        def gap(logs: FloatArray) -> FloatArray:
            found = [float(self.transformed(self.value(benchmark.scaled(float(np.exp(x)))))) for x in logs]
            return bound * error - (np.array(found) - start)

        ends = np.array([_SMALLEST]), np.zeros(1)
        if not gap(ends[0])[0] < 0:
            return 0.0
        return float(np.exp(root(gap, *ends, tolerance=1e-10)[0])) if error else 1.0

    def is_null(self, scenario: Scenario, benchmark: Curve) -> bool:
        """Whether the arm has the benchmark's number, or is a control that it stands for."""
        world = scenario.resolved
        if all(p.effect == HazardRatio(1.0) for p in world.parts):
            return True
        try:
            return bool(np.all(np.abs(self.distance(world, benchmark)) < _SAME))
        except InvalidInput:  # a prior
            return False

    def check_benchmark(self, curve: Curve) -> None:
        """Raise `InvalidInput` if nobody or everybody survives in the benchmark."""
        alive = float(np.asarray(curve.survival(self.end)))
        if not _SAME < alive < 1 - _SAME:
            rule = f"a curve on which some but not all survive to month {self.end:g}"
            reject("benchmark", rule, curve, f"Survival there is {alive:.3g}.")
