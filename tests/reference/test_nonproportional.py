"""The log-rank test when hazards are not proportional: lrstat and npsurvSS formulas, and lrstat simulations.

The README in nonproportional/ gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
import itertools
import math
from functools import cache
from pathlib import Path

import pytest

import icibaseline as ici

FOLDER = Path(__file__).parent / "nonproportional"
PRINTED = 2e-11  # 12 significant digits; lrstat prints some of them with 10
LRSTAT = 3e-7  # lrstat solves n to about this


@cache
def rows(name, source="", mode=""):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as lines:
        return tuple(r for r in csv.DictReader(lines) if r["source"].startswith(source) and r.get("mode", "") == mode)


def numbers(cell):
    return tuple(float(x) for x in cell.split(";"))


def curve(hazards, breaks):
    return ici.PiecewiseExponential(numbers(hazards), numbers(breaks)[1:])


def scenario(row):
    knots = tuple(itertools.accumulate(numbers(row["accrual_piece_durations"])[:-1]))
    rates = numbers(row.get("accrual_rates") or row["accrual_rates_relative"])
    lost = float(row["dropout_hazard"])
    return ici.Scenario(
        curve(row["lambda_control"], row["hazard_breaks"]),
        curve(row["lambda_exp"], row["hazard_breaks"]),
        enrollment=ici.Enrollment(float(row["accrual_duration"]), relative_rates=rates, knots=knots),
        dropout=ici.Exponential(rate=lost) if lost else None,
    )


def design(row, formula="score"):
    return ici.Randomized(
        float(row["n"]) if row["n"] else None,
        ratio=float(row["ratio"]),
        statistic=ici.LogRank(formula=formula),
        looks=ici.AfterEnrollment(float(row["followup"])),
        boundary=ici.Fixed(alpha=float(row["alpha"])),
    )


@cache
def planned(inputs):
    row = dict(inputs)
    sized = design(row).plan_for(scenario(row))
    return sized.statistic.moments(sized._trial(scenario(row), sized.n, sized.planned.looks))


def power(row, formula="score"):
    with pytest.warns(ici.ApproximationWarning) if float(row["ratio"]) > 1 or float(row["n"]) < 100 else nothing():
        return ici.power(design(row, formula), scenario(row))


def n_exact(row):
    unsized, truth = design(row), scenario(row)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        return ici.sample_size(unsized, truth, power=float(row["power_target"])).n_exact
