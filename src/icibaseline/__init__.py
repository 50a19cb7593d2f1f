"""Sizing of salvage trials for cancers that resist immune checkpoint inhibitors.

Published documents become findings, findings become priors, and priors size, average and simulate trials.
Times are in months, hazard ratios are experimental over control, alpha is one-sided.
"""

from icibaseline import report as _report
from icibaseline.baseline import Baseline, baseline
from icibaseline.designs import (
    Averaging,
    Comparison,
    Design,
    OperatingCharacteristics,
    Plan,
    Planned,
    Randomized,
    StandardErrors,
)
from icibaseline.distributions import BetaMixture, BivariateNormal, Distribution, HalfNormal, NormalMixture
from icibaseline.enrollment import Enrollment
from icibaseline.errors import (
    ApproximationWarning,
    IcibaselineError,
    InvalidInput,
    MissingOptional,
    NoFormula,
    NoSolution,
    RefusedFinding,
    UnknownArgument,
)
from icibaseline.evidence import Document, Documents, Finding, Findings, documents, findings
from icibaseline.report import References, Source, Sources, references, sources
from icibaseline.rules import AfterEnrollment, AtEvents, AtMonths, Boundary, Fixed, Looks
from icibaseline.scenario import Scenario, Stratum
from icibaseline.solve import Root, solve
from icibaseline.statistics import LogRank, Statistic
from icibaseline.survival import (
    Curve,
    Effect,
    ExplicitCurve,
    Exponential,
    HazardRatio,
    PiecewiseExponential,
    ScaledHazard,
    Weibull,
)
from icibaseline.verbs import assurance, compare, power, sample_size, simulate

report = _report.report

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
