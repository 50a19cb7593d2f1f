"""The tables of the documentation are current: the formulas' part exactly, the simulated part in law."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

import icibaseline as ici

DOCS = Path(__file__).parents[1] / "docs"
TRIALS = 4_000


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def rows(name: str) -> list[list[str]]:
    with (DOCS / "methods" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(autouse=True)
def _small_and_unequal_trials_are_meant():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        yield


ERRORS = script("formula_errors")


@pytest.mark.parametrize("setting", ERRORS.settings(), ids=lambda x: x if isinstance(x, str) else None)
def test_regression_the_table_of_formula_errors_is_current(setting):
    name, design, truth = setting[0], setting[1], setting[2]
    head, *table = rows("formula_errors")
    assert tuple(head) == ERRORS.HEAD
    assert [row[0] for row in table] == [s[0] for s in ERRORS.settings()]
    printed = dict(zip(head, next(row for row in table if row[0] == name), strict=True))
    for formula in ERRORS.FORMULAS:
        power = ERRORS.by_formula(design, truth, formula)
        if power is None:
            assert printed[formula] == ERRORS.NONE
        else:  # two roundings to 0.01
            assert 100 * power == pytest.approx(float(printed["simulated"]) + float(printed[formula]), abs=0.0101)
    simulated = ici.simulate(design, truth, replicates=TRIALS, rng=5)
    assert 100 * simulated.power == pytest.approx(float(printed["simulated"]), abs=400 * simulated.error)


def test_regression_the_table_of_null_rejections_is_current():
    null = script("null_rejection")
    head, *table = rows("null_rejection")
    assert tuple(head) == null.HEAD
    assert [(int(row[0].split(":")[0]), int(row[1])) for row in table] == list(null.TRIALS)
    for (ratio, n), row in zip(null.TRIALS, table, strict=True):
        assert 100 * null.predicted(ratio, n) == pytest.approx(float(row[4]), abs=0.0051)
        assert float(row[5]) == pytest.approx(2.5, abs=4 * float(row[6]))  # the permutation test holds its level
        trials = 10 * TRIALS
        simulated = ici.simulate(ici.Randomized(n, ratio=ratio), null.truth(), replicates=trials, rng=6)
        assert 100 * simulated.power == pytest.approx(float(row[2]), abs=400 * simulated.error)


def test_regression_the_table_of_coverages_is_current():
    median = script("median_coverage")
    head, *table = rows("median_coverage")
    assert tuple(head) == median.HEAD
    assert [(float(row[0]), int(row[1]), float(row[2].rstrip(" %")) / 100) for row in table] == list(median.SETTINGS)
    for setting, row in list(zip(median.SETTINGS, table, strict=True))[::4]:
        again = median.row(*setting, TRIALS)
        for now, printed in zip(again[4:], row[4:], strict=True):
            p = min(max(float(printed) / 100, 0.005), 0.995)
            assert float(now) == pytest.approx(float(printed), abs=0.1 + 400 * math.sqrt(p * (1 - p) / TRIALS))
