"""Sizing of salvage trials for cancers that resist immune checkpoint inhibitors.

Published documents become findings, findings become priors, and priors size, average and simulate trials.
Times are in months, hazard ratios are experimental over control, alpha is one-sided.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

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


class _Package(ModuleType):
    """Loads the library when a public name is first used, so that importing it alone takes no time.

    Functions named like the submodule that holds them (`baseline`, `report`, `solve`) stay the functions,
    although importing a submodule binds its name here.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'icibaseline' has no attribute {name!r}")
        public = import_module("icibaseline._public")
        for each in __all__:
            super().__setattr__(each, getattr(public, each))
        return getattr(public, name)

    def __setattr__(self, name: str, held: Any) -> None:
        if not (name in __all__ and isinstance(held, ModuleType)):
            super().__setattr__(name, held)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
