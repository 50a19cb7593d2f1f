"""The Kaplan-Meier curve of one arm: its variance in theory, and itself on simulated data."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from icibaseline._quadrature import enough_points
from icibaseline._values import BoolArray, FloatArray
from icibaseline.errors import reject
from icibaseline.statistics.one_sample.base import OneArm
from icibaseline.statistics.one_sample.cohort import Cohort

__all__ = ["Estimates", "estimates", "hazard_variance", "restricted_mean_variance"]

_Factor: TypeAlias = Callable[[Cohort], FloatArray]
_TINY = float(np.finfo(float).tiny)

# ---- theory ------------------------------------------------------------------------------------------


def hazard_variance(arm: OneArm, at: float) -> FloatArray:
    """Variance of the log of the estimated survival at a month, (B, K): the integral of hazard over numbers at risk."""
    return _integral(arm, at, lambda cohort: np.ones((1, 1)))


def restricted_mean_variance(arm: OneArm, horizon: float) -> FloatArray:
    """Variance of the estimated restricted mean, (B, K)."""

    def left(cohort: Cohort) -> FloatArray:
        """Squared area under the curve from each time on."""
        total = (cohort.surviving * cohort.grid.w).sum(axis=1, keepdims=True)
        return np.asarray((total - cohort.grid.running(cohort.surviving)) ** 2)

    return _integral(arm, horizon, left)


def _integral(arm: OneArm, end: float, factor: _Factor) -> FloatArray:
    if np.any(arm.months <= end):
        reject("looks", f"later than month {end:g}, up to which survival is estimated", float(arm.months.min()))

    def integral(points: int) -> FloatArray:
        cohort = Cohort(arm._replace(points=points), end)
        hazard = cohort.failing / np.maximum(cohort.at_risk, _TINY)
        density = factor(cohort) * hazard / np.maximum(cohort.at_risk, _TINY)
        entered = arm.accrual.fraction(arm.months[:, :, None] - cohort.grid.t[:, None, :])
        weights = cohort.grid.w[:, None, :] / np.maximum(entered, _TINY)
        return np.asarray((density[:, None, :] * weights).sum(-1) / arm.n)

    points = arm.points if arm.points is not None else enough_points(integral)[0]
    return integral(points)


# ---- data --------------------------------------------------------------------------------------------


class Estimates(NamedTuple):
    """What simulated trials show up to a month, each (R,)."""

    survival: FloatArray
    variance: FloatArray  # Greenwood's, of the log of survival
    at_risk: FloatArray  # patients under observation at the month
    mean: FloatArray  # restricted mean
    mean_variance: FloatArray


def estimates(time: FloatArray, event: BoolArray, at: float) -> Estimates:
    """Kaplan-Meier estimates; times (R, n) are negative where the patient has not entered."""
    order = np.argsort(time, axis=1)
    t = np.take_along_axis(time, order, 1)
    died = np.take_along_axis(event, order, 1) & (t <= at)
    left = time.shape[1] - np.arange(float(time.shape[1]))  # at risk at each time
    after = np.cumprod(np.where(died, 1 - 1 / left, 1.0), axis=1, dtype=float)
    greenwood = np.where(died, 1 / (left * np.maximum(left - 1, 1)), 0.0)
    until = np.clip(t, 0.0, at)
    steps = np.diff(until, axis=1, append=at)  # months for which survival stays at `after`
    first = until[:, 0]  # before it nobody has had an event
    area = np.cumsum((after * steps)[:, ::-1], axis=1)[:, ::-1]  # from each time on
    return Estimates(
        after[:, -1],
        variance=greenwood.sum(axis=1),
        at_risk=np.count_nonzero(t >= at, axis=1).astype(float),
        mean=first + area[:, 0],
        mean_variance=(greenwood * area**2).sum(axis=1),
    )
