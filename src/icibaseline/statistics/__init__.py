"""Test statistics: moments under a scenario, and themselves on data."""

from icibaseline.statistics.base import Course, Moments, Statistic, Trial, TrialData
from icibaseline.statistics.logrank import LogRank
from icibaseline.statistics.one_sample import ExponentialTest, Milestone, OneSample, OneSampleLogRank, RestrictedMean
from icibaseline.statistics.proportions import (
    Barnard,
    Boschloo,
    FarringtonManning,
    FisherExact,
    PooledZ,
    ProportionTest,
    UnpooledZ,
)

__all__ = [
    "Barnard",
    "Boschloo",
    "Course",
    "ExponentialTest",
    "FarringtonManning",
    "FisherExact",
    "LogRank",
    "Milestone",
    "Moments",
    "OneSample",
    "OneSampleLogRank",
    "PooledZ",
    "ProportionTest",
    "RestrictedMean",
    "Statistic",
    "Trial",
    "TrialData",
    "UnpooledZ",
]
