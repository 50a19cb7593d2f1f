"""Tests of the events of an arm against those that the benchmark expects of its follow-up: what they share."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample.approximations import Approximation
from icibaseline.statistics.one_sample.base import Limits, OneArm, OneArmData, OneArmMoments, OneSample, agrees
from icibaseline.statistics.one_sample.cohort import Cohort
from icibaseline.statistics.one_sample.contrasts import Contrast, Inflated
from icibaseline.statistics.one_sample.law import Law
from icibaseline.survival import Curve, HazardRatio

__all__ = ["EventsTest"]

_TINY = float(np.finfo(float).tiny)


class EventsTest(OneSample):
    """A test of O against E, the benchmark's cumulative hazard summed over the follow-up of the patients."""

    formula: str

    @property
    @abstractmethod
    def plain(self) -> Contrast:
        """How O is held against E where the benchmark is known."""

    @property
    @abstractmethod
    def approximation(self) -> Approximation:
        """The formula object of the name in `formula`."""

    @property
    def contrast(self) -> Contrast:
        """How O is held against E."""
        return Inflated(self.plain, self.benchmark_sd) if self.benchmark_sd else self.plain

    # ---- theory face ---------------------------------------------------------------------------------

    def moments(self, arm: OneArm) -> OneArmMoments:
        """The law of Z under a scenario."""
        cohort = Cohort(arm, self.follow_up)
        law, named = Law(self.contrast, arm, cohort), self.approximation
        shape = law.drift.shape
        return OneArmMoments(
            np.broadcast_to(arm.months, shape),
            n=np.broadcast_to(cohort.enrolled, shape),
            events=cohort.events,
            information=named.information(law),
            drift=named.drift(law),
            spread=named.spread(law),
            above=law.above if named.near_exact else None,
        )

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
        m = Cohort(arm, self.follow_up).moments
        benefit = np.log(np.maximum(m.total[..., 1], _TINY) / np.maximum(m.event[..., 0], _TINY))
        if self.benchmark_sd:
            return np.asarray(benefit / self.benchmark_sd)
        return np.asarray(np.where(benefit == 0, 0.0, np.copysign(np.inf, benefit)))

    def unreachable(self, bound: float) -> str:
        """Why no number of patients passes a bound on Z."""
        ratio = math.exp(-bound * self.benchmark_sd)
        return (
            f"The benchmark is known to a standard error of {self.benchmark_sd:.4g} on the log scale only: however "
            f"many patients, a hazard ratio must lie below exp(-{bound:.4g} x {self.benchmark_sd:.4g}) = {ratio:.3g} "
            "for the test to show it."
        )

    def largest_ratio(self, bound: float, benchmark: Curve) -> float:
        """Whatever the benchmark and the follow-up, E / O tends to 1 over the ratio."""
        return math.exp(-bound * self.benchmark_sd)

    @property
    def smooth(self) -> EventsTest:
        """Itself."""
        return self

    def step(self, scenario: Scenario, n: float) -> float:
        """0."""
        return 0.0

    def is_null(self, scenario: Scenario, benchmark: Curve) -> bool:
        """Whether the arm survives as the benchmark does, or as a control that it stands for."""
        same = all(p.effect == HazardRatio(1.0) for p in scenario.resolved.parts)
        return same or agrees(scenario, benchmark, self.follow_up)

    # ---- data face -----------------------------------------------------------------------------------

    def observe(self, data: OneArmData, benchmark: Curve) -> tuple[FloatArray, FloatArray]:
        """Z and the number of events, each (R,)."""
        limit = np.inf if self.follow_up is None else self.follow_up
        seen = data.event & (data.time <= limit)
        observed = np.count_nonzero(seen, axis=1).astype(float)
        expected = np.asarray(benchmark.cumulative_hazard(np.clip(data.time, 0.0, limit))).sum(axis=1)
        return self.contrast.z(observed, expected), observed

    @property
    def earliest(self) -> float:
        """The first event counts."""
        return 0.0

    @property
    def measured(self) -> str:
        """What it estimates, in words."""
        return "hazard ratio against the benchmark"

    def limits(self, data: OneArmData, benchmark: Curve, bound: float) -> Limits:
        """O / E, and the ratios by which E has to be multiplied for Z to be at the bound."""
        limit = np.inf if self.follow_up is None else self.follow_up
        observed = np.count_nonzero(data.event & (data.time <= limit), axis=1).astype(float)
        expected = float(np.asarray(benchmark.cumulative_hazard(np.clip(data.time, 0.0, limit))).sum())
        ends = self.contrast.least(observed, bound), self.contrast.threshold(observed, np.asarray(bound))
        return Limits(*(float(x[0]) / expected for x in (observed, *ends)))
