"""Sizing of salvage trials for cancers that resist immune checkpoint inhibitors.

Published documents become findings, findings become priors, and priors size, average and simulate trials.
Times are in months, hazard ratios are experimental over control, alpha is one-sided.
"""

from typing import TYPE_CHECKING

from icibaseline._lazy import install as _install

if TYPE_CHECKING:
    from icibaseline._public import *  # noqa: F403

__all__ = [
    "AfterEnrollment",
    "ApproximationWarning",
    "AtEvents",
    "AtMonths",
    "Averaging",
    "Baseline",
    "BetaMixture",
    "BivariateNormal",
    "Boundary",
    "Comparison",
    "Curve",
    "Design",
    "Distribution",
    "Document",
    "Documents",
    "Effect",
    "Enrollment",
    "ExplicitCurve",
    "Exponential",
    "Finding",
    "Findings",
    "Fixed",
    "HalfNormal",
    "HazardRatio",
    "IcibaselineError",
    "InvalidInput",
    "LogRank",
    "Looks",
    "MissingOptional",
    "NoFormula",
    "NoSolution",
    "NormalMixture",
    "OperatingCharacteristics",
    "PiecewiseExponential",
    "Plan",
    "Planned",
    "Randomized",
    "References",
    "RefusedFinding",
    "Root",
    "ScaledHazard",
    "Scenario",
    "Source",
    "Sources",
    "StandardErrors",
    "Statistic",
    "Stratum",
    "UnknownArgument",
    "Weibull",
    "assurance",
    "baseline",
    "baselines",
    "compare",
    "documents",
    "findings",
    "power",
    "references",
    "report",
    "sample_size",
    "simulate",
    "solve",
    "sources",
]

_install(__name__)
