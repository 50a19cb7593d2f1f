"""Survival curves, and effects that turn a control curve into an experimental one."""

from icibaseline.survival.base import Curve
from icibaseline.survival.effects import Effect, ExplicitCurve, HazardRatio
from icibaseline.survival.exponential import Exponential
from icibaseline.survival.piecewise import PiecewiseExponential
from icibaseline.survival.scaled import ScaledHazard
from icibaseline.survival.weibull import Weibull

__all__ = [
    "Curve",
    "Effect",
    "ExplicitCurve",
    "Exponential",
    "HazardRatio",
    "PiecewiseExponential",
    "ScaledHazard",
    "Weibull",
]
