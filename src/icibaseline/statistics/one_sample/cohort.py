"""Expected follow-up of one arm: what is at risk, on a grid of follow-up times.

A patient enters by calendar month T - t with probability A(T - t) and is under observation at follow-up t with
probability S(t) G(t), until the follow-up that the protocol gives ends. Everything expected of a look is an integral
of A(T - t) against functions of t, so each look is a weighted sum over one grid.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from icibaseline._quadrature import enough_points, make_grid, origin_power
from icibaseline._values import FloatArray, replace
from icibaseline.errors import caution
from icibaseline.statistics.one_sample.base import OneArm
from icibaseline.statistics.risk import breaks, weighted
from icibaseline.survival import Curve

__all__ = ["Cohort", "PatientMoments"]

_PROBE = 17  # batch elements on which the number of nodes is chosen
_POWERS = 4


class PatientMoments(NamedTuple):
    """Moments of one patient's event D (0 or 1) and benchmark hazard H accumulated by a look, (B, K, 5).

    Patients who have not entered count, with nothing of either.
    """

    event: FloatArray  # mean of D H^k, k = 0 to 4
    total: FloatArray  # mean of H^k


class Cohort:
    """One arm on a grid of follow-up times."""

    def __init__(self, arm: OneArm, follow_up: float | None = None) -> None:
        self.arm, self.follow_up = arm, follow_up
        points = arm.points
        if points is None:
            points, error = enough_points(lambda n: _probe(arm, follow_up, n))
            if error > 1e-8:
                caution(f"`events` is integrated with a relative error of about {error:.0e}; the curves may jump.")
        self.points = points
        self.dropout = arm.scenario.dropouts[1]
        curves = [*(part.experimental for part in arm.scenario.parts), arm.benchmark]
        curves += [] if self.dropout is None else [self.dropout]
        power = max(origin_power(c.origin_power) for c in curves)
        ends = breaks(arm.months, arm.accrual, curves)
        self.grid = make_grid(ends if follow_up is None else np.minimum(ends, follow_up), points, power)

    # ---- one patient ---------------------------------------------------------------------------------

    @cached_property
    def _strata(self) -> list[tuple[FloatArray, FloatArray]]:
        """At-risk probability and hazard of every stratum, each (B, Q)."""
        t = self.grid.t
        stays = 1.0 if self.dropout is None else self.dropout.survival(t)
        curves = ((p.share, p.experimental) for p in self.arm.scenario.parts)
        return [(np.asarray(share * c.survival(t) * stays), np.asarray(c.hazard(t))) for share, c in curves]

    @cached_property
    def at_risk(self) -> FloatArray:
        """Probability of being under observation at a follow-up time, (B, Q)."""
        return np.asarray(sum(at_risk for at_risk, _ in self._strata))

    @cached_property
    def surviving(self) -> FloatArray:
        """Probability of no event by a follow-up time, (B, Q)."""
        return np.asarray(sum(p.share * p.experimental.survival(self.grid.t) for p in self.arm.scenario.parts))

    @cached_property
    def failing(self) -> FloatArray:
        """Density of events over follow-up time, (B, Q)."""
        return np.asarray(sum(at_risk * hazard for at_risk, hazard in self._strata))

    @cached_property
    def benchmark(self) -> tuple[FloatArray, FloatArray]:
        """Hazard and cumulative hazard of the benchmark, each (B, Q)."""
        t = self.grid.t
        return np.asarray(self.arm.benchmark.hazard(t)), np.asarray(self.arm.benchmark.cumulative_hazard(t))

    # ---- looks ---------------------------------------------------------------------------------------

    @cached_property
    def weights(self) -> FloatArray:
        """Quadrature weight times the probability of having entered in time, (B, K, Q)."""
        entered = self.arm.accrual.fraction(self.arm.months[:, :, None] - self.grid.t[:, None, :])
        return np.asarray(entered * self.grid.w[:, None, :])

    @cached_property
    def entering(self) -> FloatArray:
        """Quadrature weight times the density of entry at the month that gives this follow-up, (B, K, Q)."""
        density = self.arm.accrual.density(self.arm.months[:, :, None] - self.grid.t[:, None, :])
        return np.asarray(density * self.grid.w[:, None, :])

    @cached_property
    def moments(self) -> PatientMoments:
        """Moments of one patient's event and accumulated benchmark hazard."""
        rate, sum_of = self.benchmark
        powers = [sum_of**k for k in range(_POWERS + 1)]
        event = [weighted(self.failing * power, self.weights) for power in powers]
        total = [k * weighted(self.at_risk * rate * powers[k - 1], self.weights) for k in range(1, _POWERS + 1)]
        return PatientMoments(np.stack(event, axis=-1), np.stack([np.ones_like(event[0]), *total], axis=-1))

    @cached_property
    def enrolled(self) -> FloatArray:
        """Patients enrolled by the looks, (B or 1, K)."""
        return np.asarray(self.arm.n * self.arm.accrual.fraction(self.arm.months))

    @cached_property
    def events(self) -> FloatArray:
        """Events expected by the looks, (B, K)."""
        return np.asarray(self.arm.n * weighted(self.failing, self.weights))

    @property
    def remaining(self) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""
        to_come = 1 - self.arm.accrual.fraction(self.arm.months)
        return np.asarray(self.arm.n * (to_come + weighted(self.at_risk, self.entering)))


def _probe(arm: OneArm, follow_up: float | None, points: int) -> FloatArray:
    """Moments on a thin slice of the batch, for choosing the number of nodes."""
    cohort = Cohort(_thin(arm)._replace(points=points), follow_up)
    return np.concatenate(cohort.moments, axis=-1)


def _thin(arm: OneArm) -> OneArm:
    sizes = {len(arm.months), len(np.atleast_2d(arm.accrual.times))}
    sizes |= {p.experimental.batch or 1 for p in arm.scenario.parts}
    sizes |= {c.batch or 1 for c in arm.scenario.dropouts if isinstance(c, Curve)}
    batch = max(sizes)
    if batch <= _PROBE:
        return arm
    keep = np.unique(np.linspace(0, batch - 1, _PROBE).astype(int))

    def pick(held: Any) -> Any:
        return held[keep] if held is not None and len(held) == batch else held

    times = arm.accrual.times
    return arm._replace(
        scenario=replace(arm.scenario, np.ndarray, pick),
        accrual=arm.accrual._replace(times=pick(times) if times.ndim == 2 else times),
        months=pick(arm.months),
        driven=pick(arm.driven),
    )
