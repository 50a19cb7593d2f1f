"""The log-rank score as a sum over patients: means to second order and covariance over looks.

To first order a score functional is a sum over patients of ``w(X) [event at X] - B(X)``, with X the
follow-up and B the running integral of a rate b: the weight w counts the patient's own event, b what the
patient's presence in the risk set takes from everybody's events. Covariances are integrals of products.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.statistics.risk import Arm, RiskSets, weighted

__all__ = ["Comparison", "Functional", "covariance", "second_order"]

_TINY = 1e-280


class Functional(NamedTuple):
    """Weight w and rate b of one arm's patients, each (B, Q)."""

    weight: FloatArray
    rate: FloatArray


class Comparison:
    """Two arms compared in one risk set, made of one or several strata."""

    def __init__(self, strata: tuple[tuple[Arm, Arm], ...], null: float) -> None:
        self.strata, self.null = strata, null
        self.y0: FloatArray = np.asarray(sum(s[0].at_risk for s in strata) + _TINY)
        self.y1: FloatArray = np.asarray(sum(s[1].at_risk for s in strata) + _TINY)
        self.n0: FloatArray = sum(s[0].events for s in strata)  # type: ignore[assignment]
        self.n1: FloatArray = sum(s[1].events for s in strata)  # type: ignore[assignment]

    @cached_property
    def total(self) -> FloatArray:
        """Null-weighted size of the risk set."""
        return np.asarray(self.y0 + self.null * self.y1)

    @cached_property
    def share(self) -> FloatArray:
        """Share of the experimental arm in the next event under the null."""
        return np.asarray(self.null * self.y1 / self.total)

    @property
    def score(self) -> FloatArray:
        """Density of the expected score."""
        return self.share * self.n0 - (1 - self.share) * self.n1

    @property
    def variance(self) -> FloatArray:
        """Density of its expected variance estimate."""
        return self.share * (1 - self.share) * (self.n0 + self.n1)

    def functional(self, name: str, arm: int) -> Functional:
        """The patient functional behind "score", "variance" or "events" in an arm."""
        return {"score": self._score, "variance": self._variance, "events": self._events}[name](arm)

    def _score(self, arm: int) -> Functional:
        rate = self.null * (self.n0 + self.n1) / self.total
        return Functional(self.share - arm, rate * (-self.y0 if arm else self.y1) / self.total)

    def _variance(self, arm: int) -> Functional:
        own, other = (self.y0, 1.0) if arm else (self.y1, -1.0)
        # each ratio by itself: the product of three numbers that stand for nobody is 0
        slope = self.null * other * (own / self.total) * ((self.y0 - self.null * self.y1) / self.total) / self.total
        return Functional(self.share * (1 - self.share), -slope * (self.n0 + self.n1))

    def _events(self, arm: int) -> Functional:
        return Functional(np.ones_like(self.total), np.zeros_like(self.total))


def second_order(risk: RiskSets, comparisons: tuple[Comparison, ...]) -> tuple[FloatArray, FloatArray]:
    """What binomial variation of the risk sets adds to expected score and variance, each (B, K)."""
    parts = [_second_order(risk, c) for c in comparisons]
    return sum(p[0] for p in parts), sum(p[1] for p in parts)  # type: ignore[return-value]


def _second_order(risk: RiskSets, c: Comparison) -> tuple[FloatArray, FloatArray]:
    entered = risk.entered
    y = [risk.trial.n * entered * part[:, None, :] for part in (c.y0, c.y1)]
    v = [y[a] * (1 - entered * part[:, None, :] / risk.trial.arms[a]) for a, part in enumerate((c.y0, c.y1))]
    y = [part + _TINY for part in y]
    hazard0, hazard1 = (c.n0 / c.y0)[:, None, :], (c.n1 / c.y1)[:, None, :]
    h, s = c.null, y[0] + c.null * y[1]
    some = -np.expm1(-(y[0] + y[1]))  # nobody at risk, nothing to correct
    score = -h * (y[1] / s * (y[1] / s) * v[0] / s + y[0] / s * (y[0] / s) * v[1] / s) * (h * hazard0 - hazard1)
    p, q = h * y[1] / s, y[0] / s
    events = (q * hazard0 + (y[1] / s) * hazard1) * s
    curve0 = (y[1] / s) * (2 * q - 4 * p) / s * events + 2 * (y[1] / s) * (p - q) * hazard0
    curve1 = h * q * (2 * p - 4 * q) / s * events + 2 * q * (q - p) * hazard1
    variance = 0.5 * h * (curve0 * v[0] + curve1 * v[1]) / s
    weight = some * risk.grid.w[:, None, :]
    return (score * weight).sum(-1), (variance * weight).sum(-1)


def covariance(risk: RiskSets, comparisons: tuple[Comparison, ...], first: str, second: str) -> FloatArray:
    """Covariance over looks, (B, K, K), of two functionals named as in `Comparison.functional`."""
    looks = risk.trial.months.shape[1]
    one, two = _Walk(risk, comparisons, first), _Walk(risk, comparisons, second)
    rows = [[one.product(two, j, k) if j <= k else two.product(one, k, j) for k in range(looks)] for j in range(looks)]
    flat = np.broadcast_arrays(*[cell for row in rows for cell in row])
    return np.stack(flat, axis=-1).reshape(-1, looks, looks)


class _Walk:
    """A functional summed over the patients of each arm, ready for products between looks."""

    def __init__(self, risk: RiskSets, comparisons: tuple[Comparison, ...], name: str) -> None:
        self.risk, self.comparisons, self.name = risk, comparisons, name

    @cached_property
    def slope(self) -> FloatArray:
        """Change of the functional's mean per expected event where events trigger the look, (B, K)."""
        risk = self.risk
        if not risk.trial.driven.any():
            return np.zeros((1, risk.trial.months.shape[1]))
        gain = {
            kind: sum(
                weighted(arm.at_risk * (arm.hazard * f.weight - f.rate), risk.entering)
                for c in self.comparisons
                for stratum in c.strata
                for a, arm in enumerate(stratum)
                for f in (c.functional(kind, a),)
            )
            for kind in (self.name, "events")
        }
        some = gain["events"] > _TINY  # nobody is left where it is 0
        return np.where(risk.trial.driven & some, gain[self.name] / np.where(some, gain["events"], 1.0), 0.0)

    def at(self, look: int, comparison: Comparison, arm: int) -> Functional:
        """The functional at a look; at an event count, its part that is unrelated to the count."""
        f = comparison.functional(self.name, arm)
        return Functional(f.weight - self.slope[:, look : look + 1], f.rate)

    def product(self, other: _Walk, j: int, k: int) -> FloatArray:
        """Covariance of this functional at look j with `other` at look k >= j, (B,)."""
        risk, total = self.risk, np.zeros(1)
        for a, fraction in enumerate(risk.trial.arms):
            mean_f, mean_g, cross = np.zeros(1), np.zeros(1), np.zeros(1)
            for c in self.comparisons:
                f, g = self.at(j, c, a), other.at(k, c, a)
                for stratum in c.strata:
                    arm = Arm(stratum[a].at_risk / fraction, stratum[a].hazard)
                    mean_f = mean_f + _mean(risk, arm, f, j)
                    mean_g = mean_g + _mean(risk, arm, g, k)
                    cross = cross + _cross(risk, arm, f, g, j, k)
            total = total + risk.trial.n * fraction * (cross - mean_f * mean_g)
        return total


def _mean(risk: RiskSets, arm: Arm, f: Functional, look: int) -> FloatArray:
    density = arm.at_risk * (arm.hazard * f.weight - f.rate)
    return weighted(density, risk.weights[:, look : look + 1])[:, 0]


def _cross(risk: RiskSets, arm: Arm, f: Functional, g: Functional, j: int, k: int) -> FloatArray:
    """Mean product of one patient's f by look j and g by look k."""
    run_f, run_g = risk.grid.running(f.rate), risk.grid.running(g.rate)
    own = arm.hazard * (f.weight * g.weight - f.weight * run_g - g.weight * run_f)
    density = arm.at_risk * (own + run_f * g.rate + run_g * f.rate)
    same = weighted(density, risk.weights[:, j : j + 1])[:, 0]
    if j == k:
        return same
    growth = arm.at_risk * (arm.hazard * g.weight - g.rate)
    growth = np.broadcast_to(growth, (max(len(growth), len(risk.grid.t)), growth.shape[1]))
    later = risk.grid.t + (risk.trial.months[:, k] - risk.trial.months[:, j])[:, None]
    later = np.minimum(later, risk.grid.breaks[:, -1:])
    gained = risk.grid.running_at(growth, later) - risk.grid.running(growth)
    return same - weighted(run_f * gained, risk.entering[:, j : j + 1])[:, 0]
