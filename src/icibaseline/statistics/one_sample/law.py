"""The law of O, of E, and of a contrast of them, under a scenario."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.statistics.one_sample.base import OneArm
from icibaseline.statistics.one_sample.cohort import Cohort
from icibaseline.statistics.one_sample.conditional import above, above_at_events
from icibaseline.statistics.one_sample.contrasts import Contrast

__all__ = ["Law"]

_TINY = float(np.finfo(float).tiny)


class Law:
    """Z under a scenario."""

    def __init__(self, contrast: Contrast, arm: OneArm, cohort: Cohort) -> None:
        self.contrast, self.arm, self.cohort, self.m = contrast, arm, cohort, cohort.moments
        self.events, self.expected = cohort.events, arm.n * self.m.total[..., 1]
        brought = np.zeros((1, 1), dtype=bool) if arm.driven is None else arm.driven
        self.brought = np.broadcast_to(brought, self.events.shape)
        self.drift = contrast.drift(self.events, self.expected)

    @property
    def enrolled(self) -> FloatArray:
        """Fraction of the patients that has entered, (B or 1, K)."""
        return np.asarray(self.cohort.enrolled / self.arm.n)

    @cached_property
    def spread(self) -> FloatArray:
        """Standard deviation of Z to first order, (B, K)."""
        by_events, by_expected = self.contrast.slopes(self.events, self.expected)
        free = self.variance(by_events, by_expected)
        fixed = by_expected**2 * self._at_events if self.brought.any() else free
        return np.sqrt(np.where(self.brought, fixed, free))

    def variance(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Variance of a O + b E."""
        p, dh, h, hh = self.m.event[..., 0], self.m.event[..., 1], self.m.total[..., 1], self.m.total[..., 2]
        one = a**2 * p + b**2 * hh + 2 * a * b * dh - (a * p + b * h) ** 2
        return np.asarray(self.arm.n * np.maximum(one, 0.0))

    @property
    def _at_events(self) -> FloatArray:
        """Variance of E in the month in which a number of events is reached."""
        gains = [(density * self.cohort.entering).sum(-1) for density in self._growing]
        slope = gains[1] / np.maximum(gains[0], _TINY)
        return np.maximum(self.variance(-slope, np.ones_like(slope)), _TINY)

    @property
    def _growing(self) -> tuple[FloatArray, FloatArray]:
        cohort = self.cohort
        return cohort.failing[:, None, :], (cohort.at_risk * cohort.benchmark[0])[:, None, :]

    def above(self, bound: FloatArray) -> FloatArray:
        """P(Z > bound), (B, K)."""
        bound = np.atleast_2d(bound)
        found = above(self.contrast, self.arm.n, self.m, bound)
        if not self.brought.any():
            return found
        fixed = above_at_events(self.contrast, self.events, self.expected, self._at_events, bound)
        return np.where(self.brought, fixed, found)
