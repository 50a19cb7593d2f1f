"""Expected risk sets: integrals over follow-up time of what patients at risk contribute.

For arm a and stratum s, a patient enters by calendar month T - t with probability A(T - t) and is at risk
at follow-up t with probability S(t) G(t). Everything that the statistics expect is an integral of
A(T - t) against functions of t that do not depend on the look; so the functions are evaluated once on a
grid and each look is a weighted sum.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from icibaseline._quadrature import enough_points, make_grid, origin_power
from icibaseline._values import FloatArray, Floats, replace
from icibaseline.enrollment import Accrual
from icibaseline.errors import caution
from icibaseline.scenario import Part
from icibaseline.statistics.base import Course, Trial
from icibaseline.survival import Curve, HazardRatio

__all__ = ["Arm", "RiskSets", "breaks"]

_FAST = 60.0  # cumulative hazard by the horizon above which one panel does not resolve a curve
_SPLITS = (2.0, 10.0, 40.0)  # cumulative hazards at which such a curve is split
_PROBE = 17  # batch elements on which the number of nodes is chosen


class Arm(NamedTuple):
    """One arm of one stratum on the grid."""

    at_risk: FloatArray  # (B, Q) probability of being under observation, times share and allocation
    hazard: FloatArray  # (B, Q)

    @property
    def events(self) -> FloatArray:
        """Density of events over follow-up time, (B, Q)."""
        return self.at_risk * self.hazard


class RiskSets:
    """At-risk probabilities and hazards of every stratum and arm on one grid, and sums over it."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        points = trial.points
        if points is None:
            points, error = enough_points(lambda n: _probe(trial, n))
            if error > 1e-8:
                caution(f"`events` is integrated with a relative error of about {error:.0e}; the curves may jump.")
        self.points = points
        curves = [c for part in trial.scenario.parts for c in (part.control, part.experimental)]
        curves += [c for c in trial.scenario.dropouts if c is not None]
        power = max(origin_power(c.origin_power) for c in curves)
        self.grid = make_grid(breaks(trial.months, trial.accrual, curves), points, power)

    @cached_property
    def strata(self) -> tuple[tuple[Arm, Arm], ...]:
        """(control, experimental) of every stratum."""
        lost = tuple(1.0 if c is None else c.survival(self.grid.t) for c in self.trial.scenario.dropouts)
        return tuple(
            (self._arm(part, part.control, 0, lost[0]), self._arm(part, part.experimental, 1, lost[1]))
            for part in self.trial.scenario.parts
        )

    def _arm(self, part: Part, curve: Curve, arm: int, lost: FloatArray | float) -> Arm:
        at_risk = part.share * self.trial.arms[arm] * curve.survival(self.grid.t) * lost
        return Arm(np.asarray(at_risk), np.asarray(curve.hazard(self.grid.t)))

    def scaled(self, control: Floats, experimental: Floats) -> RiskSets:
        """The same with control hazards times `control`, and experimental ones `experimental` times those."""
        scenario = self.trial.scenario
        if scenario.strata:
            strata = tuple(
                s.with_(control=part.control.scaled(control), effect=HazardRatio(experimental))
                for s, part in zip(scenario.strata, scenario.parts, strict=True)
            )
            changed = scenario.with_(strata=strata)
        else:
            curve = scenario.parts[0].control.scaled(control)
            changed = scenario.with_(control=curve, effect=HazardRatio(experimental), experimental=None)
        return RiskSets(self.trial._replace(scenario=changed, points=None))  # other hazards, other panels

    @cached_property
    def entered(self) -> FloatArray:
        """Probability of having entered early enough for this follow-up by each look, (B, K, Q)."""
        return self.trial.accrual.fraction(self.trial.months[:, :, None] - self.grid.t[:, None, :])

    @cached_property
    def weights(self) -> FloatArray:
        """Quadrature weight times the probability of having entered in time, (B, K, Q)."""
        return self.entered * self.grid.w[:, None, :]

    @cached_property
    def entering(self) -> FloatArray:
        """Quadrature weight times the density of entry at the month that gives this follow-up, (B, K, Q)."""
        accrual, months = self.trial.accrual, self.trial.months
        return accrual.density(months[:, :, None] - self.grid.t[:, None, :]) * self.grid.w[:, None, :]

    def total(self, density: FloatArray) -> FloatArray:
        """Expected total over all patients by each look, (B, K), of `density` (B, Q) over follow-up time."""
        return self.trial.n * weighted(density, self.weights)

    @cached_property
    def course(self) -> Course:
        """Months, patients and events by arm at the looks."""
        arms = [self.total(sum(stratum[a].events for stratum in self.strata)) for a in (0, 1)]  # type: ignore[arg-type]
        events = np.stack(np.broadcast_arrays(*arms), axis=-1)
        shape = events.shape[:2]
        entered = self.trial.n * self.trial.accrual.fraction(self.trial.months)
        return Course(np.broadcast_to(self.trial.months, shape), np.broadcast_to(entered, shape), events)

    @property
    def remaining(self) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""
        at_risk = sum(arm.at_risk for stratum in self.strata for arm in stratum)
        to_come = 1 - self.trial.accrual.fraction(self.trial.months)
        return np.asarray(self.trial.n * (to_come + weighted(np.asarray(at_risk), self.entering)))


def weighted(density: FloatArray, weights: FloatArray) -> FloatArray:
    """Sums over the grid: `density` (B, Q) against `weights` (B or 1, K, Q), giving (B, K)."""
    if len(weights) == 1:
        return np.asarray(density @ weights[0].T)
    wide = np.broadcast_to(density, (len(weights), density.shape[1]))
    return np.asarray(np.matmul(weights, wide[:, :, None])[:, :, 0])


def _probe(trial: Trial, points: int) -> FloatArray:
    """Events on a thin slice of the batch, for choosing the number of nodes."""
    return RiskSets(_thin(trial)._replace(points=points)).course.events


def _thin(trial: Trial) -> Trial:
    batch = trial.batch
    if batch <= _PROBE:
        return trial
    keep = np.unique(np.linspace(0, batch - 1, _PROBE).astype(int))

    def pick(held: Any) -> Any:
        return held[keep] if len(held) == batch else held

    times = trial.accrual.times
    times = pick(times) if times.ndim == 2 else times
    return trial._replace(
        scenario=replace(trial.scenario, np.ndarray, pick),
        accrual=trial.accrual._replace(times=times),
        months=pick(trial.months),
        driven=pick(trial.driven),
    )


def _levels(curve: Curve, horizon: FloatArray) -> list[FloatArray]:
    """Times (B, 3) that split a curve which falls much faster than the horizon; nothing for others."""
    if np.max(curve.cumulative_hazard(horizon)) < _FAST:
        return []
    times = np.asarray(curve.inverse_cumulative_hazard(np.array(_SPLITS)))
    return [np.atleast_2d(times)]


def breaks(months: FloatArray, accrual: Accrual, curves: list[Curve]) -> FloatArray:
    """Follow-up times between which every integrand is smooth, (B, J + 1), for looks in `months` (B or 1, K)."""
    horizon = months.max(axis=1, keepdims=True)
    times = np.atleast_2d(accrual.times)
    kinks = (months[:, :, None] - times[:, None, :]).reshape(max(len(times), len(months)), -1)
    fixed = sorted({k for c in curves for k in c.knots})
    moving = [c.moving_knots for c in curves if c.moving_knots is not None]
    moving += [levels for c in curves for levels in _levels(c, horizon)]
    columns = [kinks, *moving, np.array([fixed]), horizon]
    rows = max(len(c) for c in columns)
    found = np.concatenate([np.broadcast_to(c, (rows, c.shape[1])) for c in columns], axis=1)
    # empty panels lie at the horizon: at 0, where hazards may be infinite, they would not be harmless
    found = np.where((found > 0) & (found < horizon), found, horizon)
    return np.concatenate([np.zeros((rows, 1)), np.sort(found, axis=1)], axis=1)
