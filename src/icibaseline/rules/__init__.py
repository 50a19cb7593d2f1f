"""When the trial is looked at, and what decides at a look."""

from icibaseline.rules.boundary import Boundary, Fixed
from icibaseline.rules.bounds import Bounds
from icibaseline.rules.classical import HaybittlePeto, WangTsiatis
from icibaseline.rules.families import BetaSpending, CauchySpending, LogisticSpending, NormalSpending
from icibaseline.rules.futility import (
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityPValue,
    FutilityRule,
    FutilityZ,
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
    "CauchySpending",
    "Executed",
    "Expected",
    "ExponentialSpending",
    "Fixed",
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityPValue",
    "FutilityRule",
    "FutilityZ",
    "HaybittlePeto",
    "HwangShihDeCani",
    "InTurn",
    "KimDeMets",
    "LogisticSpending",
    "Looks",
    "NormalSpending",
    "OBrienFleming",
    "PiecewiseSpending",
    "Pocock",
    "Spending",
    "SpendingFunction",
    "WangTsiatis",
]
