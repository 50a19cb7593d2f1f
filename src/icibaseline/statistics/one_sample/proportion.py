"""Survival at a milestone as a proportion of so many patients: how it is held against a benchmark's, and its law."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NamedTuple, final

import numpy as np
from scipy.special import betainc, betaincinv, gammaln, ndtr, ndtri, xlog1py, xlogy

from icibaseline._values import BoolArray, FloatArray
from icibaseline.statistics.one_sample.transforms import Transform

__all__ = ["Comparison", "OnScale", "Proportion", "Tail"]

_ROUNDS = 100
_HALVINGS = 55
_EDGE = 1e-9
_COUNTED = 20_000  # patients, beyond whom a step does not matter
_SIDE = 4.5  # nine standard deviations, at most, of a count over the root of n
_LEAST, _MOST = 1e-300, 1 - 1e-16


class Comparison(ABC):
    """Z from an estimate and the number of patients of whom it is a proportion."""

    @abstractmethod
    def z(self, s: FloatArray, patients: FloatArray) -> FloatArray:
        """Z, positive where more survive than in the benchmark."""

    @abstractmethod
    def limits(self, s: float, patients: float, bound: float) -> tuple[float, float]:
        """Confidence limits of an estimate that is a proportion of so many patients, a bound on Z apart."""

    @abstractmethod
    def reached(self, bound: FloatArray, patients: FloatArray) -> FloatArray:
        """The estimate at which Z is a bound."""


@final
class OnScale(Comparison):
    """The difference on a scale over its standard error; with half an event where there is none, or half a survivor."""

    def __init__(self, scale: Transform, benchmark: float, error: float) -> None:
        self.scale, self.error = scale, error
        self.start = scale.of(np.asarray(benchmark))

    def z(self, s: FloatArray, patients: FloatArray) -> FloatArray:
        """Z."""
        s = np.clip(s, 0.5 / patients, 1 - 0.5 / patients)
        return np.asarray((self.scale.of(s) - self.start) / self._spread(s, patients))

    def _spread(self, s: FloatArray, patients: FloatArray) -> FloatArray:
        return np.sqrt(self.scale.slope(s) ** 2 * s * (1 - s) / patients + self.error**2)

    def limits(self, s: float, patients: float, bound: float) -> tuple[float, float]:
        """On the scale, by the standard error at the estimate."""
        held = np.clip(s, 0.5 / patients, 1 - 0.5 / patients)
        spread = self.scale.slope(held) * np.sqrt(held * (1 - held) / patients)
        lower, upper = (float(self.scale.back(self.scale.of(held) + way * bound * spread)) for way in (-1, 1))
        return lower if s > 0 else 0.0, upper if s < 1 else 1.0

    def reached(self, bound: FloatArray, patients: FloatArray) -> FloatArray:
        """By iteration from the benchmark."""
        s = np.broadcast_to(self.scale.back(self.start), np.broadcast_shapes(bound.shape, patients.shape))
        for _ in range(_ROUNDS):
            s = np.clip(self.scale.back(self.start + bound * self._spread(s, patients)), _EDGE, 1 - _EDGE)
        return s


@final
class Tail(Comparison):
    """The normal quantile of the binomial probability of at least so many survivors.

    The error of the benchmark is added as in the contrasts of events, on a scale.
    """

    def __init__(self, scale: Transform, benchmark: float, error: float) -> None:
        self.scale, self.benchmark, self.error = scale, benchmark, error
        self.start = scale.of(np.asarray(benchmark))

    def z(self, s: FloatArray, patients: FloatArray) -> FloatArray:
        """Z."""
        alive = np.asarray(s * patients)
        some = alive > _EDGE
        held = np.where(some, alive, 1.0)
        at_least = np.where(some, betainc(held, np.maximum(patients - held, 0.0) + 1, self.benchmark), 1.0)
        plain = -np.asarray(ndtri(np.clip(at_least, _LEAST, _MOST)))
        if not self.error:
            return plain
        away = np.abs(self.scale.of(np.clip(s, _EDGE, 1 - _EDGE)) - self.start)
        return np.asarray(plain * away / np.sqrt(away**2 + (self.error * plain) ** 2 + _LEAST))

    def limits(self, s: float, patients: float, bound: float) -> tuple[float, float]:
        """Clopper and Pearson's."""
        alive, gone = s * patients, (1 - s) * patients
        lower = float(betaincinv(alive, gone + 1, ndtr(-bound))) if alive > _EDGE else 0.0
        return lower, float(betaincinv(alive + 1, gone, ndtr(bound))) if gone > _EDGE else 1.0

    def reached(self, bound: FloatArray, patients: FloatArray) -> FloatArray:
        """By halving."""
        shape = np.broadcast_shapes(bound.shape, patients.shape)
        low, high = np.zeros(shape), np.ones(shape)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beyond = self.z(middle, patients) > bound
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return np.clip(high, _EDGE, 1 - _EDGE)


class Proportion(NamedTuple):
    """The law of Z at looks (B, K)."""

    test: Comparison
    alive: FloatArray  # (B, 1)
    patients: FloatArray  # (B, K) of whom the estimate is a proportion
    whole: BoolArray  # (B, K) or (1, 1): whether they are all of n, followed to the milestone
    n: float

    def above(self, bound: FloatArray) -> FloatArray:
        """P(Z > bound), (B, K)."""
        bound = np.atleast_2d(bound)
        whole = self.whole & (self.n <= _COUNTED)
        if whole.all():
            return self._exact(bound)
        smooth = self._smooth(np.where(np.isfinite(bound), bound, 0.0))
        return np.where(whole, self._exact(bound), smooth) if whole.any() else smooth

    def _smooth(self, bound: FloatArray) -> FloatArray:
        """By Edgeworth's series to the second order, through the middle of the steps."""
        p, n = self.alive, self.patients
        sd = np.sqrt(p * (1 - p) / n)
        x = (self.test.reached(bound, n) - p) / sd
        skew, excess = (1 - 2 * p) / (n * sd), (1 - 6 * p * (1 - p)) / (n * p * (1 - p))
        series = skew / 6 * (x**2 - 1) + excess / 24 * (x**3 - 3 * x) + skew**2 / 72 * (x**5 - 10 * x**3 + 15 * x)
        density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return np.asarray(np.clip(ndtr(-x) + density * series, 0.0, 1.0))

    def _exact(self, bound: FloatArray) -> FloatArray:
        """Binomial; between whole n in proportion."""
        low = math.floor(self.n)
        parts = [(low + 1 - self.n, low), (self.n - low, low + 1)]
        found = [share * self._binomial(n, bound) for share, n in parts if share > 0 and n > 0]
        shape = np.broadcast_shapes(self.patients.shape, bound.shape)
        return np.broadcast_to(np.asarray(sum(found)), shape)

    def _binomial(self, n: int, bound: FloatArray) -> FloatArray:
        half = math.ceil(_SIDE * math.sqrt(n))
        x = np.arange(n + 1.0)
        z = self.test.z(x / n, np.asarray(float(n)))
        if 2 * half < n:  # only where there is any probability, around the mean of each
            place = np.clip(np.rint(n * self.alive), half, n - half) + np.arange(-half, half + 1)  # (B, W)
            x, z = place, z[place.astype(np.int64)]
        log = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
        chance = np.exp(log + xlogy(x, self.alive) + xlog1py(n - x, -self.alive))  # (B, W)
        wide = np.atleast_2d(z)[:, None, :] > bound[..., None]  # (B or 1, K, W)
        return np.asarray(np.minimum((wide * chance[:, None, :]).sum(-1), 1.0))
