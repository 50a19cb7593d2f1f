"""When the trial is looked at, and what decides at a look."""

from icibaseline.rules.boundary import Boundary, Fixed
from icibaseline.rules.bounds import Bounds
from icibaseline.rules.classical import HaybittlePeto, WangTsiatis
from icibaseline.rules.clocks import CalendarTime, InformationTime, SpendingTime
from icibaseline.rules.counts import CountRule, Judged, OneLookRule, Reference
from icibaseline.rules.extreme_values import ExtremeValue2Spending, ExtremeValueSpending
from icibaseline.rules.families import (
    BetaSpending,
    CauchySpending,
    LogisticSpending,
    NormalSpending,
    StudentSpending,
)
from icibaseline.rules.fleming import Fleming
from icibaseline.rules.futility import (
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityPValue,
    FutilityRule,
    FutilityZ,
    for_null,
)
from icibaseline.rules.given import GivenBounds
from icibaseline.rules.group_sequential import Spending
from icibaseline.rules.in_turn import AtInformation, InTurn
from icibaseline.rules.lee_liu import LeeLiu
from icibaseline.rules.monitored import MonitoredRule, ThallSimon
from icibaseline.rules.responses import Exact, Posterior
from icibaseline.rules.spending import (
    ExponentialSpending,
    HwangShihDeCani,
    KimDeMets,
    OBrienFleming,
    Pocock,
    SpendingFunction,
)
from icibaseline.rules.timing import AfterEnrollment, AtEvents, AtMonths, Executed, Expected, Looks
from icibaseline.rules.user_points import PiecewiseSpending

__all__ = [
    "AfterEnrollment",
    "AtEvents",
    "AtInformation",
    "AtMonths",
    "BetaSpending",
    "Boundary",
    "Bounds",
    "CalendarTime",
    "CauchySpending",
    "CountRule",
    "Exact",
    "Executed",
    "Expected",
    "ExponentialSpending",
    "ExtremeValue2Spending",
    "ExtremeValueSpending",
    "Fixed",
    "Fleming",
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityPValue",
    "FutilityRule",
    "FutilityZ",
    "GivenBounds",
    "HaybittlePeto",
    "HwangShihDeCani",
    "InTurn",
    "InformationTime",
    "Judged",
    "KimDeMets",
    "LeeLiu",
    "LogisticSpending",
    "Looks",
    "MonitoredRule",
    "NormalSpending",
    "OBrienFleming",
    "OneLookRule",
    "PiecewiseSpending",
    "Pocock",
    "Posterior",
    "Reference",
    "Spending",
    "SpendingFunction",
    "SpendingTime",
    "StudentSpending",
    "ThallSimon",
    "WangTsiatis",
    "for_null",
]
