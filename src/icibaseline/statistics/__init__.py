"""Test statistics: moments under a scenario, and themselves on data."""

from icibaseline.statistics.base import Course, Moments, Statistic, Trial, TrialData
from icibaseline.statistics.logrank import LogRank

__all__ = ["Course", "LogRank", "Moments", "Statistic", "Trial", "TrialData"]
