"""When the trial is looked at, and what decides at a look."""

from icibaseline.rules.boundary import Boundary, Fixed
from icibaseline.rules.bounds import Bounds
from icibaseline.rules.classical import HaybittlePeto, WangTsiatis
from icibaseline.rules.clocks import CalendarTime, InformationTime, SpendingTime
from icibaseline.rules.extreme_values import ExtremeValue2Spending, ExtremeValueSpending
from icibaseline.rules.families import (
    BetaSpending,
    CauchySpending,
    LogisticSpending,
    NormalSpending,
    StudentSpending,
)
from icibaseline.rules.futility import (
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityPValue,
    FutilityRule,
    FutilityZ,
    for_null,
)
from icibaseline.rules.group_sequential import Spending
from icibaseline.rules.in_turn import AtInformation, InTurn
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
    "Executed",
    "Expected",
    "ExponentialSpending",
    "ExtremeValue2Spending",
    "ExtremeValueSpending",
    "Fixed",
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityPValue",
    "FutilityRule",
    "FutilityZ",
    "HaybittlePeto",
    "HwangShihDeCani",
    "InTurn",
    "InformationTime",
    "KimDeMets",
    "LogisticSpending",
    "Looks",
    "NormalSpending",
    "OBrienFleming",
    "PiecewiseSpending",
    "Pocock",
    "Spending",
    "SpendingFunction",
    "SpendingTime",
    "StudentSpending",
    "WangTsiatis",
    "for_null",
]
