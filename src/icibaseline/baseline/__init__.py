"""What is known of a population: published cohorts, how they are carried over to a trial, and mixtures of them."""

from __future__ import annotations

from icibaseline.baseline import cards as _cards  # noqa: F401  registers how values are printed
from icibaseline.baseline.base import Population
from icibaseline.baseline.cohort import Baseline
from icibaseline.baseline.lookup import baseline, baselines
from icibaseline.baseline.mixed import Mix, mix
from icibaseline.baseline.patients import check_alike, shared_patients
from icibaseline.baseline.pooled import Pool, pool

__all__ = [
    "Baseline",
    "Mix",
    "Pool",
    "Population",
    "baseline",
    "baselines",
    "check_alike",
    "mix",
    "pool",
    "shared_patients",
]
