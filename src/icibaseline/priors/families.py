"""Families of curves through a median and a later landmark, one class for each."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
from scipy.special import ndtri

from icibaseline._values import FloatArray
from icibaseline.distributions import BivariateNormal, Distribution
from icibaseline.distributions.links import LINKS
from icibaseline.evidence.arithmetic import weibull_shape
from icibaseline.priors.base import reaches_zero
from icibaseline.survival import Curve, LogLogistic, LogNormal, MixtureCure, PiecewiseExponential, Weibull

__all__ = ["FAMILIES", "Family", "Points"]

_LOG2 = math.log(2)
_ROOT_TWO_PI = math.sqrt(2 * math.pi)
_STEPS = 200  # of bisection: more than a float has bits


class Points(NamedTuple):
    """What is printed: the median in months, the part still free of the event at a later month, and the patients."""

    median: float
    at: float
    survival: float
    n: int

    @property
    def spread(self) -> float:
        """Log of the month of the landmark over the median."""
        return math.log(self.at / self.median)


class Family(ABC):
    """Curves of two parameters.

    Attributes
    ----------
    name : str
        Name of the family.
    parameters : tuple of str
        Names of its two parameters.
    most : float
        What the second parameter must stay below, for all that a prior allows.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, str]]
    most: ClassVar[float] = math.inf

    @abstractmethod
    def misfit(self, points: Points) -> str | None:
        """Why no curve of the family passes through both points; None if one does."""

    @abstractmethod
    def pair(self, points: Points) -> tuple[float, float]:
        """The parameters of the curve through both points."""

    @abstractmethod
    def curve(self, held: Any) -> Curve:
        """The curve of a prior on the two parameters, or of a pair of them."""

    @abstractmethod
    def prior(self, points: Points, allowance: float) -> BivariateNormal:
        """What the points say of the parameters; the allowance multiplies the standard error of the second."""

    @abstractmethod
    def explain(self, points: Points, allowance: float) -> tuple[str, ...]:
        """What was done, one clause per step."""


class MedianFamily(Family):
    """A family described by its median and a second parameter, which the delta method gives."""

    scales: ClassVar[tuple[str, ...]]  # of the second parameter: the first on which it stays in its range is taken
    formula: ClassVar[str]

    @abstractmethod
    def second(self, points: Points) -> float:
        """The second parameter of the curve through both points."""

    @abstractmethod
    def slopes(self, points: Points, second: float) -> tuple[float, float]:
        """Its derivatives by the log of the median and by the survival at the landmark."""

    @abstractmethod
    def fall(self, points: Points, second: float) -> float:
        """Density at the median, times the median."""

    def pair(self, points: Points) -> tuple[float, float]:
        """Median and second parameter of the curve through both points."""
        return points.median, self.second(points)

    def covariance(self, points: Points) -> FloatArray:
        """Covariance of log median and second parameter, without censoring, shape (2, 2)."""
        second, s = self.second(points), points.survival
        a = self.fall(points, second)
        binomial = np.array([[0.25 / a**2, 0.5 * s / a], [0.5 * s / a, s * (1 - s)]]) / points.n  # of (log m, S)
        slopes = np.array([[1.0, 0.0], self.slopes(points, second)])
        return np.asarray(slopes @ binomial @ slopes.T)

    def prior(self, points: Points, allowance: float) -> BivariateNormal:
        """Log median and second parameter, jointly normal, the second on the first scale that suits."""
        covariance, second = self.covariance(points), self.second(points)
        sd_m, sd = np.sqrt(np.diag(covariance)).tolist()
        for scale in self.scales:
            link = LINKS[scale]
            steep = math.exp(float(link.log_slope(np.array(second))))
            made = BivariateNormal(
                (math.log(points.median), float(link.forward(np.array(second)))),
                (sd_m, sd * steep * allowance),
                covariance[0, 1] / (sd_m * sd) / allowance,
                scales=("log", scale),
            )
            if not reaches_zero(made):
                break
        return made

    def explain(self, points: Points, allowance: float) -> tuple[str, ...]:
        """The second parameter, its standard errors and its scale."""
        second, prior = self.second(points), self.prior(points, allowance)
        name, scale = self.parameters[1], prior.scales[1]
        how = self.formula.format(m=points.median, at=points.at, s=points.survival)
        of = {"identity": name, "log": f"log {name}", "logit": f"logit {name}"}[scale]
        lines = (
            f"{how} = {second:.3f}",
            f"delta method with n = {points.n}: SE of log median = {prior.sds[0]:.4f}, SE of {of} = "
            f"{prior.sds[1] / allowance:.4f} x {allowance:g} for censoring = {prior.sds[1]:.4f}, "
            f"correlation {prior.correlation:.3f}",
        )
        if scale == self.scales[0]:
            return lines
        return (*lines, f"{name} on the {scale} scale: with so few patients it would not be known to be positive")


@final
class _Weibull(MedianFamily):
    name, parameters, scales = "Weibull", ("median", "shape"), ("identity", "log")
    formula = "Weibull shape = [ln(-ln {s:g}) - ln ln 2]/ln({at:g}/{m:g})"

    def misfit(self, points: Points) -> str | None:
        return None

    def second(self, points: Points) -> float:
        return weibull_shape(points.median, points.at, points.survival)

    def slopes(self, points: Points, second: float) -> tuple[float, float]:
        s = points.survival
        return second / points.spread, 1 / (points.spread * s * math.log(s))

    def fall(self, points: Points, second: float) -> float:
        return second * _LOG2 / 2

    def curve(self, held: Any) -> Curve:
        return Weibull(joint=held)


@final
class _LogLogistic(MedianFamily):
    name, parameters, scales = "log-logistic", ("median", "shape"), ("log",)
    formula = "log-logistic shape = ln(1/{s:g} - 1)/ln({at:g}/{m:g})"

    def misfit(self, points: Points) -> str | None:
        return None

    def second(self, points: Points) -> float:
        return math.log(1 / points.survival - 1) / points.spread

    def slopes(self, points: Points, second: float) -> tuple[float, float]:
        s = points.survival
        return second / points.spread, -1 / (points.spread * s * (1 - s))

    def fall(self, points: Points, second: float) -> float:
        return second / 4

    def curve(self, held: Any) -> Curve:
        return LogLogistic(joint=held)


@final
class _LogNormal(MedianFamily):
    name, parameters, scales = "log-normal", ("median", "sigma"), ("log",)
    formula = "log-normal sigma = ln({at:g}/{m:g})/Phi^-1(1 - {s:g})"

    def misfit(self, points: Points) -> str | None:
        return None

    def second(self, points: Points) -> float:
        return points.spread / -float(ndtri(points.survival))

    def slopes(self, points: Points, second: float) -> tuple[float, float]:
        z = points.spread / second
        return -1 / z, second / z * _ROOT_TWO_PI * math.exp(z**2 / 2)

    def fall(self, points: Points, second: float) -> float:
        return 1 / (second * _ROOT_TWO_PI)

    def curve(self, held: Any) -> Curve:
        return LogNormal(joint=held)


@final
class _Cure(MedianFamily):
    name, parameters, scales, most = "cure", ("median", "cured fraction"), ("logit",), 0.5
    formula = "cured fraction c from c + (1 - c) [(1/2 - c)/(1 - c)]^({at:g}/{m:g}) = {s:g}: c"

    def misfit(self, points: Points) -> str | None:
        exponential = 0.5 ** (points.at / points.median)
        if points.survival > exponential * (1 + 1e-9):
            return None
        return (
            f"The curve falls as fast as an exponential one, or faster (S({points.at:g}) = {points.survival:g}, "
            f"exponential {exponential:.3g}): the cured fraction would not be positive."
        )

    def second(self, points: Points) -> float:
        low, high = 0.0, points.survival
        for _ in range(_STEPS):
            c = (low + high) / 2
            reached = c + (1 - c) * ((0.5 - c) / (1 - c)) ** (points.at / points.median)
            low, high = (c, high) if reached < points.survival else (low, c)
        return (low + high) / 2

    def slopes(self, points: Points, second: float) -> tuple[float, float]:
        # of log[(S - c)/(1 - c)] = r log[(1/2 - c)/(1 - c)], r = L/m, which holds along the family
        c, r = second, points.at / points.median
        by_c = -1 / (points.survival - c) + 1 / (1 - c) + r * (1 / (0.5 - c) - 1 / (1 - c))
        return -r * math.log((0.5 - c) / (1 - c)) / by_c, -1 / (points.survival - c) / by_c

    def fall(self, points: Points, second: float) -> float:
        return -math.log((0.5 - second) / (1 - second)) * (0.5 - second)

    def curve(self, held: Any) -> Curve:
        return MixtureCure(joint=held)


@final
class _Piecewise(Family):
    """One hazard to the printed median and another after it."""

    name, parameters = "piecewise", ("hazard to the printed median", "hazard after it")

    def misfit(self, points: Points) -> str | None:
        return None

    def pair(self, points: Points) -> tuple[float, float]:
        after = math.log(0.5 / points.survival) / (points.at - points.median)
        return _LOG2 / points.median, after

    def curve(self, held: Any) -> Curve:
        first = float((held.typical if isinstance(held, Distribution) else held)[0])
        return PiecewiseExponential(held, knots=(_LOG2 / first,))

    def prior(self, points: Points, allowance: float) -> BivariateNormal:
        before, after = self.pair(points)
        # Greenwood: the cumulative hazard to the median has variance 1/n, what is added by the landmark (1/S - 2)/n
        sd_after = math.sqrt((1 / points.survival - 2) / points.n) / math.log(0.5 / points.survival)
        sds = (1 / (_LOG2 * math.sqrt(points.n)), sd_after * allowance)
        return BivariateNormal((math.log(before), math.log(after)), sds, 0.0, scales=("log", "log"))

    def explain(self, points: Points, allowance: float) -> tuple[str, ...]:
        prior, (before, after) = self.prior(points, allowance), self.pair(points)
        return (
            f"hazard ln 2/{points.median:g} = {before:.3f} to month {points.median:g} and "
            f"ln(0.5/{points.survival:g})/({points.at:g} - {points.median:g}) = {after:.3f} after it",
            f"Greenwood with n = {points.n}: SE of log hazard {prior.sds[0]:.4f}, and {prior.sds[1] / allowance:.4f} x "
            f"{allowance:g} for censoring = {prior.sds[1]:.4f}, independent",
        )


FAMILIES: dict[str, Family] = {
    family.name: family for family in (_Weibull(), _Cure(), _Piecewise(), _LogLogistic(), _LogNormal())
}
