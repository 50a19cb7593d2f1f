"""Survival curves, and effects that turn a control curve into an experimental one."""

from icibaseline.survival.base import Curve
from icibaseline.survival.conditional import Conditional
from icibaseline.survival.cure import MixtureCure
from icibaseline.survival.effects import Effect, ExplicitCurve, HazardRatio, MedianRatio
from icibaseline.survival.exponential import Exponential
from icibaseline.survival.log_logistic import LogLogistic
from icibaseline.survival.log_normal import LogNormal
from icibaseline.survival.mixture import Mixture
from icibaseline.survival.piecewise import PiecewiseExponential
from icibaseline.survival.scaled import ScaledHazard
from icibaseline.survival.weibull import Weibull

__all__ = [
    "Conditional",
    "Curve",
    "Effect",
    "ExplicitCurve",
    "Exponential",
    "HazardRatio",
    "LogLogistic",
    "LogNormal",
    "MedianRatio",
    "Mixture",
    "MixtureCure",
    "PiecewiseExponential",
    "ScaledHazard",
    "Weibull",
]
