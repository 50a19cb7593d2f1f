"""The tables of the documentation are current: the formulas' part exactly, the simulated part in law."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.special import ndtr

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


def close_in_law(now: str, printed: str, trials: float) -> None:
    """Two shares in per cent, one from so many trials, agree within Monte Carlo error."""
    p = min(max(float(printed) / 100, 0.005), 0.995)
    assert float(now) == pytest.approx(float(printed), abs=0.1 + 400 * math.sqrt(p * (1 - p) / trials))


def per_cent(text: str) -> float:
    return float(text.rstrip(" %")) / 100


def test_regression_the_table_of_routes_from_a_median_is_current():
    route = script("route_coverage")
    head, *table = rows("route_coverage")
    assert tuple(head) == route.HEAD
    assert {(int(row[1]), per_cent(row[2])) for row in table} == set(route.SETTINGS)
    for n, censored in ((18, 0.4), (44, 0.15), (229, 0.0)):
        again = {row[0]: row for row in route.rows(n, censored, TRIALS)}
        printed = {row[0]: row for row in table if (int(row[1]), per_cent(row[2])) == (n, censored)}
        assert len(printed) >= 6
        for name in again.keys() & printed.keys():
            used = TRIALS * per_cent(printed[name][3])
            close_in_law(again[name][3].rstrip(" %"), printed[name][3].rstrip(" %"), TRIALS)
            close_in_law(again[name][7], printed[name][7], used)


def test_regression_the_table_of_routes_from_a_p_value_is_current():
    p_value = script("p_value_coverage")
    head, *table = rows("p_value_coverage")
    assert tuple(head) == p_value.HEAD
    assert [(float(row[0]), per_cent(row[1])) for row in table] == list(p_value.SETTINGS)
    for setting, line in list(zip(p_value.SETTINGS, table, strict=True))[2::3]:
        again, printed = (dict(zip(head[2:], x[2:], strict=True)) for x in (p_value.row(*setting, TRIALS), line))
        for column, now in again.items():
            share = f"trials with {column.split(', ')[-1]}"  # a coverage is of these trials, if the table has them
            used = per_cent(printed[share]) if share in printed else 0.9  # not all print both medians
            close_in_law(now, printed[column], TRIALS * used)


def test_law_selection_by_a_printable_p_lowers_the_coverage_of_a_large_ratio():
    p_value = script("p_value_coverage")
    assert 2 * ndtr(-p_value.LARGEST) == pytest.approx(0.001, rel=1e-6)
    _, *table = rows("p_value_coverage")
    for row in table:  # every trial with p above 0.05 has one above 0.001
        assert 100 - float(row[9]) <= float(row[7]) <= 100
    kept = {(row[0], row[1]): (float(row[2]), float(row[8])) for row in table}
    for events in ("55 %", "70 %", "85 %", "100 %"):
        every, printable = kept["2.8", events]
        assert printable < min(every, 94)  # selection by p, at the ratio that it pulls most


def test_regression_the_table_of_a_median_with_a_landmark_is_current():
    landmark = script("landmark_coverage")
    head, *table = rows("landmark_coverage")
    assert tuple(head) == landmark.HEAD
    assert [(float(row[0]), int(row[1]), per_cent(row[2])) for row in table] == list(landmark.SETTINGS)
    for setting, row in list(zip(landmark.SETTINGS, table, strict=True))[:18:4]:
        again, used = landmark.row(*setting, TRIALS), per_cent(row[3])
        close_in_law(again[3].rstrip(" %"), row[3].rstrip(" %"), TRIALS)
        for now, printed in zip(again[4:], row[4:], strict=True):
            close_in_law(now, printed, TRIALS * used)


MADE_UP = {"document": "made_up", "n": 463, "supports": "made_up", "endpoint": "PFS"}


def test_law_the_landmark_table_reads_as_the_library_does():
    landmark = script("landmark_coverage")
    what = MADE_UP | {"route": "median plus landmark"}
    median = ici.Finding(id="m", printed="2.6 months", statistic="median", value=2.6, unit="months", **what)
    late = ici.Finding(id="s", printed="12 %", statistic="landmark", value=12, unit="percent", at=12, **what)
    prior = ici.MedianPlusLandmark().prior(ici.Findings((median, late)))
    k, se_median, se_shape = (float(x) for x in landmark.read(np.array(1.0), np.array(0.12), 463))
    assert (k, se_median) == pytest.approx((prior.means[1], prior.sds[0]), rel=1e-12)
    assert se_shape * landmark.ALLOWANCE == pytest.approx(prior.sds[1], rel=1e-12)


def test_law_the_p_value_table_reads_as_the_library_does():
    p_value = script("p_value_coverage")
    what = MADE_UP | {"route": "p value with n", "n": p_value.GROUP, "n_comparator": p_value.COMPARATOR}
    p, z = 0.0123456789012, 2.5021064765302756
    found = ici.Finding(
        id="p", printed=f"p = {p}", statistic="p value", p=p, comparator="others", favours="comparator", **what
    )
    for share in p_value.SHARES.values():
        prior = ici.PValueWithN(event_share=share).prior(ici.Findings((found,)))
        location, error = (float(x[0]) for x in p_value.read(np.array([z]), *share))
        assert (prior.means[0], prior.sds[0]) == pytest.approx((location, error), rel=1e-7)
