"""Tests of one arm against a benchmark curve."""

from icibaseline.statistics.one_sample.base import Limits, OneArm, OneArmData, OneArmMoments, OneSample
from icibaseline.statistics.one_sample.curve_test import CurveTest
from icibaseline.statistics.one_sample.exponential import ExponentialTest
from icibaseline.statistics.one_sample.log_rank import OneSampleLogRank
from icibaseline.statistics.one_sample.milestone import Milestone
from icibaseline.statistics.one_sample.restricted_mean import RestrictedMean

__all__ = [
    "CurveTest",
    "ExponentialTest",
    "Limits",
    "Milestone",
    "OneArm",
    "OneArmData",
    "OneArmMoments",
    "OneSample",
    "OneSampleLogRank",
    "RestrictedMean",
]
