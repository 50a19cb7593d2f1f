"""What a hazard ratio does to the score of the log-rank test: its mean and variance at a number of events.

The effect is the log of the tested hazard ratio over the true one. Information is null information: events times the
shares of the arms. Arrays are over looks as last axis, (..., K).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Final, NamedTuple, final

import numpy as np
from numpy.polynomial import chebyshev

from icibaseline._crossing import search
from icibaseline._values import FloatArray
from icibaseline.designs import Randomized
from icibaseline.statistics import LogRank

__all__ = ["STRAIGHT", "Risk", "Scale", "Straight", "ratios_at", "scale_of"]

_WIDEST = float(np.log(10))  # effect beyond which mean and spread go on as straight lines
_DEGREE, _STEPS = 28, 100  # of polynomials in the effect; of Runge and Kutta
_LEAST = 0.1  # of the information that is gained: the variance that the score gains, at least
_MOST = 0.95  # of the patients with an event: hardly anybody is left to compare


class Scale(ABC):
    """How the score depends on the effect."""

    @abstractmethod
    def score(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Mean of the score for effects (...) at information (K,): (..., K)."""

    @abstractmethod
    def spread(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Standard deviation of Z for effects (...) at information (K,): (..., K)."""

    @abstractmethod
    def effect(self, z: float, information: float, deviations: float = 0.0) -> float:
        """The effect at which z is so many standard deviations of Z above its mean."""

    def gains(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Variance that the score gains from each look to the next for effects (...): (..., K - 1)."""
        variance = self.spread(effect, information) ** 2 * information
        return np.asarray(np.maximum(np.diff(variance), _LEAST * np.diff(information)))

    @abstractmethod
    def known(self, effect: float, information: float) -> float:
        """Information on the effect itself, where that is its estimate."""


@final
class Straight(Scale):
    """Schoenfeld's: the mean of the score is effect times information, and Z has variance 1."""

    def score(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Mean of the score for effects (...) at information (K,): (..., K)."""
        return np.asarray(np.asarray(effect)[..., None] * information)

    def spread(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """One."""
        return np.ones((*np.shape(effect), len(information)))

    def effect(self, z: float, information: float, deviations: float = 0.0) -> float:
        """What is left of Z over the root of the information."""
        return float((z - deviations) / np.sqrt(information))

    def known(self, effect: float, information: float) -> float:
        """The information itself."""
        return information


STRAIGHT: Final = Straight()


@final
class Risk(Scale):
    r"""Mean and variance by the risk sets that a hazard ratio leaves, all patients having entered.

    Of patients at risk :math:`Y_0, Y_1` the next event is experimental with probability :math:`\pi = \theta Y_1 / (Y_0
    + \theta Y_1)`, while the test expects p, the same with the ratio tested. With the fraction of patients with an
    event as time, score, variance estimate and experimental events follow :math:`p - \pi`, :math:`p (1 - p)` and
    :math:`\pi`, and their covariance the linear noise of that [1]. Baseline hazard and calendar do not matter.

    [1] Kurtz TG. Strong approximation theorems for density dependent Markov chains. Stochastic Process Appl 1978; 6:
        223-240.
    """

    def __init__(self, ratio: float, null: float, n: float) -> None:
        self._arms, self._n = (ratio, null), n
        self._share = ratio / (1 + ratio) ** 2

    def _at(self, information: FloatArray) -> _Curves:
        part = np.clip(np.asarray(information) / (self._share * self._n), 1e-9, _MOST)
        each = zip(*(_curves(*self._arms, float(x)) for x in part), strict=True)
        return _Curves(*(np.stack(looks, axis=1) for looks in each))

    def score(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Mean of the score for effects (...) at information (K,): (..., K)."""
        curves, effect = self._at(information), np.asarray(effect)
        inside = np.clip(effect, -_WIDEST, _WIDEST)
        beyond = (effect - inside)[..., None] * _value(curves.slope, inside)
        return np.asarray((_value(curves.drift, inside) + beyond) * information)

    def spread(self, effect: FloatArray, information: FloatArray) -> FloatArray:
        """Standard deviation of Z for effects (...) at information (K,): (..., K)."""
        return _value(self._at(information).spread, np.clip(effect, -_WIDEST, _WIDEST))

    def effect(self, z: float, information: float, deviations: float = 0.0) -> float:
        """The effect at which z is so many standard deviations of Z above its mean."""
        root, at, start = np.sqrt(information), np.array([information]), z - deviations
        if not np.isfinite(start):
            return float(start)

        def excess(effect: FloatArray) -> FloatArray:
            reached = self.score(effect, at)[..., 0] / information + deviations / root * self.spread(effect, at)[..., 0]
            return np.asarray(reached - z / root)

        return float(search(excess, np.asarray(start / root)))

    def known(self, effect: float, information: float) -> float:
        """Information on the effect itself, where that is its estimate."""
        curves, inside = self._at(np.array([information])), np.clip(np.asarray(effect), -_WIDEST, _WIDEST)
        ratio = _value(curves.slope, inside) / _value(curves.spread, inside)
        return float(information * ratio[..., 0] ** 2)


def scale_of(design: Randomized) -> Scale:
    """How the score of a planned design depends on the effect: by risk sets, unless its formula is Schoenfeld's."""
    statistic = design.statistic
    if not isinstance(statistic, LogRank) or design.n is None or statistic.formula == "schoenfeld":
        return STRAIGHT
    return Risk(design.ratio, statistic.null, design.n)


def ratios_at(scale: Scale, null: float, z: FloatArray, information: FloatArray) -> FloatArray:
    """The hazard ratios that Z stands for at looks, each (K,); 0 or inf of an infinite Z."""
    effects = [scale.effect(float(value), float(known)) for value, known in zip(z, information, strict=True)]
    return np.asarray(null * np.exp(-np.array(effects)))


# ---- risk sets ---------------------------------------------------------------------------------------


class _Curves(NamedTuple):
    """Chebyshev coefficients over the effect, (D,) or (D, K)."""

    drift: FloatArray  # of the mean of the score over the information
    slope: FloatArray  # its derivative
    spread: FloatArray  # of the standard deviation of Z


def _value(coefficients: FloatArray, effect: FloatArray) -> FloatArray:
    return np.moveaxis(np.asarray(chebyshev.chebval(np.asarray(effect) / _WIDEST, coefficients)), 0, -1)


@lru_cache(1024)
def _curves(ratio: float, null: float, part: float) -> _Curves:
    """For a look when this part of the patients have had an event."""
    nodes = chebyshev.chebpts1(_DEGREE + 1)
    drift, spread = _followed(ratio, null, np.exp(-nodes * _WIDEST) * null, part)
    mean, deviation = (np.asarray(chebyshev.chebfit(nodes, y, _DEGREE), dtype=float) for y in (drift, spread))
    return _Curves(mean, np.append(chebyshev.chebder(mean), 0.0) / _WIDEST, deviation)


def _followed(ratio: float, null: float, true: FloatArray, part: float) -> tuple[FloatArray, FloatArray]:
    """Mean of the score over the null information, and standard deviation of Z, for each true hazard ratio."""
    state, step = np.zeros((9, len(true))), part / _STEPS

    def rate(at: float, state: FloatArray) -> FloatArray:
        return _rate(1 / (1 + ratio) - at + state[0], ratio / (1 + ratio) - state[0], null, true, state)

    for at in step * np.arange(_STEPS):
        first = rate(at, state)
        second = rate(at + step / 2, state + step / 2 * first)
        third = rate(at + step / 2, state + step / 2 * second)
        last = rate(at + step, state + step * third)
        state = state + step / 6 * (first + 2 * second + 2 * third + last)
    _, u, v, _, _, _, uu, uv, vv = state
    variance = uu / v - u * uv / v**2 + u**2 * vv / (4 * v**3)
    return u / np.sqrt(v * part * ratio) * (1 + ratio), np.sqrt(variance)


def _rate(control: FloatArray, treated: FloatArray, null: float, true: FloatArray, state: FloatArray) -> FloatArray:
    """Change per event of experimental events x, score u and its variance estimate v, and of their covariances."""
    _, _, _, xx, xu, xv, _, _, _ = state
    tested, real, both = control + null * treated, control + true * treated, control + treated
    p, chance = null * treated / tested, true * treated / real
    by_chance = -true * both / real**2  # derivatives by x
    by_p = -null * both / tested**2
    by_u, by_v, noise = by_p - by_chance, (1 - 2 * p) * by_p, chance * (1 - chance)
    return np.stack(
        [
            chance,
            p - chance,
            p * (1 - p),
            2 * by_chance * xx + noise,
            by_chance * xu + by_u * xx - noise,
            by_chance * xv + by_v * xx,
            2 * by_u * xu + noise,
            by_u * xv + by_v * xu,
            2 * by_v * xv,
        ]
    )
