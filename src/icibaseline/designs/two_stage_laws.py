"""The law of Z at the two looks of many designs, in one world or on average over several."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._quadrature import legendre
from icibaseline._values import FloatArray
from icibaseline.statistics.one_sample import OneArmMoments

__all__ = ["WIDE", "Law", "Normal", "both_above", "falls"]

_NODES = 40
_NEAR = 3e-3  # of a bound, where tails are fitted
_TINY, _MOST_LIKELY = 1e-300, 1 - 1e-16
WIDE = 8.0  # beyond every quantile


def both_above(x: FloatArray, y: FloatArray, rho: FloatArray) -> FloatArray:
    """P(X > x, Y > y) of standard normals with correlation rho from 0 to 1, elementwise."""
    rule = legendre(_NODES)
    top = np.arcsin(np.minimum(rho, 1.0))[..., None]
    sine = np.sin(top * (1 + rule.x) / 2)
    x, y = np.clip(x, -WIDE, WIDE), np.clip(y, -WIDE, WIDE)
    square = (x**2 + y**2)[..., None] - 2 * (x * y)[..., None] * sine
    inner = np.exp(-square / (2 * (1 - sine * sine))) @ rule.w
    return np.asarray(ndtr(-x) * ndtr(-y) + (inner * top[..., 0]) / (4 * math.pi))


class Normal(NamedTuple):
    """Z at the two looks of B designs as normal, with the tails that it has beyond two bounds."""

    mean: FloatArray  # (B, 2)
    spread: FloatArray
    rho: FloatArray  # (B,)

    def quantile(self, look: int, bound: FloatArray) -> FloatArray:
        """Standard normal quantile of a bound."""
        return np.asarray((bound - self.mean[:, look]) / self.spread[:, look])

    def bound(self, look: int, quantile: FloatArray) -> FloatArray:
        """The bound of a standard normal quantile."""
        return np.asarray(self.mean[:, look] + self.spread[:, look] * quantile)

    def passes(self, bounds: FloatArray) -> FloatArray:
        """Probability of passing both bounds (B, 2)."""
        return both_above(self.quantile(0, bounds[:, 0]), self.quantile(1, bounds[:, 1]), self.rho)


class Law(NamedTuple):
    """Z at the two looks of B designs in each of J worlds, and how likely each world is."""

    moments: OneArmMoments  # (B J, 2), the world varying fastest
    weights: FloatArray  # (J,)

    def _rows(self, x: FloatArray) -> FloatArray:
        """(B J, ...) as (B, J, ...)."""
        return x.reshape(-1, len(self.weights), *x.shape[1:])

    def mean(self, x: FloatArray) -> FloatArray:
        """Average over worlds of (B J, ...)."""
        return np.asarray(np.einsum("j,bj...->b...", self.weights, self._rows(x)))

    def tails(self, bounds: FloatArray) -> FloatArray:
        """P(Z > bounds) for bounds (B, 2) in each world, (B J, 2)."""
        wide, moments = np.repeat(bounds, len(self.weights), axis=0), self.moments
        if moments.above is None:
            return np.asarray(ndtr((moments.drift - wide) / moments.spread))
        return moments.above(wide)

    def beyond(self, bounds: FloatArray) -> _Average:
        """Each world's law, and the average one, fitted beyond `bounds` (B, 2), or a little to both sides of them."""
        upper, lower = self.tails(bounds + _NEAR), self.tails(bounds - _NEAR)
        information = self.moments.information
        rho = np.sqrt(np.minimum(information[:, 0] / information[:, 1], 1.0))
        wide = np.repeat(bounds, len(self.weights), axis=0)
        each = Normal(*_line(wide, upper, lower, self.moments.spread), rho)
        if len(self.weights) == 1:
            return _Average(each, self.weights, each)
        variance, covariance = self._variance(rho)
        whole = _line(bounds, self.mean(upper), self.mean(lower), np.sqrt(variance))
        correlation = covariance / np.sqrt(variance[:, 0] * variance[:, 1])
        return _Average(each, self.weights, Normal(*whole, np.clip(correlation, 0.0, 1.0)))

    def _variance(self, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Variances (B, 2) and covariance (B,) of Z over worlds and trials, by its asymptotic law in each."""
        drift, spread = self.moments.drift, self.moments.spread
        away = drift - np.repeat(self.mean(drift), len(self.weights), axis=0)
        within = rho * spread[:, 0] * spread[:, 1]
        return self.mean(away**2 + spread**2), self.mean(away[:, 0] * away[:, 1] + within)


class _Average(NamedTuple):
    """The laws of J worlds, and their average as normal."""

    each: Normal  # (B J,)
    weights: FloatArray  # (J,)
    whole: Normal  # (B,)

    def excess(self, bounds: FloatArray) -> FloatArray:
        """By how much the quantile of passing both bounds is larger than for the average as normal, (B,)."""
        if len(self.weights) == 1:
            return np.zeros(len(bounds))
        found = self.each.passes(np.repeat(bounds, len(self.weights), axis=0)).reshape(len(bounds), -1)
        return _probit(found @ self.weights) - _probit(self.whole.passes(bounds))


def falls(x: FloatArray, y: FloatArray, rho: FloatArray) -> FloatArray:
    """By how much P(X > x, Y > y) falls with x."""
    free = np.sqrt(np.maximum(1 - rho**2, _TINY))
    return np.asarray(np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) * ndtr((rho * x - y) / free))


def _probit(p: FloatArray) -> FloatArray:
    return np.asarray(ndtri(np.clip(p, _TINY, _MOST_LIKELY)))


def _line(
    bounds: FloatArray, upper: FloatArray, lower: FloatArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the normal law with tails `upper` and `lower` a little beyond and before."""
    high, low = -_probit(upper), -_probit(lower)
    steep = high > low
    found = np.where(steep, 2 * _NEAR / np.where(steep, high - low, 1.0), spread)
    return bounds + _NEAR - found * high, found
