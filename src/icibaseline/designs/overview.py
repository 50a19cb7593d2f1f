"""Designs beside one another, each in the outcome of a question that it asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs.base import Design
from icibaseline.designs.results import averaged, formula
from icibaseline.scenario import BaseScenario
from icibaseline.solve import root

__all__ = ["Summary", "summary_of"]

_POWER = 0.8  # of the effect that can be detected


class Summary(NamedTuple):
    """A planned design in a scenario: what it takes, and what it can show."""

    n: float
    expected_n: float  # in the typical case
    expected_n_null: float
    expected_months: float  # in the typical case; NaN where months are not known
    nominal_error: float
    error: float  # in the typical null
    average_error: float  # over the priors, and over the benchmark's law
    power: float  # in the typical case
    assurance: float  # over the priors
    detectable: str  # the effect that gives a power of 0.8; "any" if even no effect does, "none" if none does


def summary_of(design: Design, scenario: BaseScenario) -> Summary:
    """One row of the overview."""
    truth, null = formula(design, scenario), formula(design, scenario.null)
    return Summary(
        n=design.n or 0,
        expected_n=truth.expected_n,
        expected_n_null=null.expected_n,
        expected_months=truth.expected_months,
        nominal_error=design.alpha,
        error=null.power,
        average_error=_average_error(design, scenario, null.power),
        power=truth.power,
        assurance=averaged(design, scenario, _POWER).power if scenario.unknowns else truth.power,
        detectable=_detectable(design, scenario.typical),
    )


def _average_error(design: Design, scenario: BaseScenario, error: float) -> float:
    honest: Any = design.honest(scenario, _POWER)
    found = None if honest is None else honest.average_error
    if found is not None:
        return float(found)
    return averaged(design, scenario.null, _POWER).power if scenario.null.unknowns else error


def _detectable(design: Design, typical: BaseScenario) -> str:
    """The effect at which the formula gives the power, in words; "any" if all do, "none" if the strongest does not."""

    def gap(sizes: FloatArray) -> FloatArray:
        worlds = (typical.graded(float(size)) for size in sizes)
        return np.array([formula(design, world).power - _POWER for world in worlds])

    ends = gap(np.zeros(1)), gap(np.ones(1))
    if ends[0][0] >= 0:
        return "any"
    if ends[1][0] < 0:
        return "none"
    size = float(root(gap, np.zeros(1), np.ones(1), tolerance=1e-6, ends=ends)[0])
    return str(typical.graded(size).effects[0])
