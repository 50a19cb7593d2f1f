"""Two-stage designs against clinfun and lrstat, and against Simon's printed tables.

The README beside the tables gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import icibaseline as ici
from icibaseline._exact.simon import Aim, Search, admissible, find
from icibaseline.solve import root

TABLES = Path(__file__).parent / "single_arm"
COUNTS = ("r1", "n1", "r", "n")
CLINFUN, LRSTAT = "clinfun-1.1.5 ph2simon", "lrstat-0.3.3 simon2stage"


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"two_stage{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counts(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in COUNTS)


def aim(row: dict[str, str]) -> Aim:
    return Aim(float(row["p0"]), float(row["p1"]), None, float(row["alpha"]), float(row["power"]))


def design_of(found, i: int = 0) -> tuple[int, ...]:
    return tuple(int(part[i]) for part in found[:4])


def test_reference_every_row_is_used_or_excused():
    used = Counter((row["source"], row["type"]) for row in rows(""))
    skipped = {(LRSTAT, "lrstat_Minimax"): 4}
    print("\nrows used:", {key: n - skipped.get(key, 0) for key, n in used.items()})
    print("rows skipped:", {key: (n, "not the smallest design; clinfun's is") for key, n in skipped.items()})
    assert used == {
        (CLINFUN, "minimax"): 111,
        (CLINFUN, "optimal"): 111,
        (LRSTAT, "lrstat_Optimal"): 79,
        (LRSTAT, "lrstat_Minimax"): 76,
        (LRSTAT, "lrstat_Admissible"): 67,
    }


@pytest.mark.parametrize("kind", ["minimax", "optimal"])
def test_reference_simon_designs_of_clinfun(kind):
    for row in (row for row in rows("") if row["type"] == kind):
        found = getattr(Search(aim(row), int(row["nmax"])), kind)()
        assert design_of(found) == counts(row), row
        assert found.expected[0] == pytest.approx(float(row["en0"]), abs=1e-9)
        assert found.stop[0] == pytest.approx(float(row["pet0"]), abs=1e-9)


def test_reference_without_a_limit_the_same_designs_are_found():
    for row in (row for row in rows("") if row["type"] in ("minimax", "optimal")):
        assert design_of(getattr(find(aim(row)), row["type"])()) == counts(row), row


def test_reference_simon_designs_of_lrstat():
    different = Counter()
    for row in (row for row in rows("") if row["type"].startswith("lrstat")):
        search = find(aim(row))
        if row["type"] == "lrstat_Optimal":
            assert design_of(search.optimal()) == counts(row), row
        elif row["type"] == "lrstat_Admissible":
            kept, _ = admissible(search.curve())
            assert counts(row) in [design_of(kept, i) for i in range(len(kept.n))], row
        else:
            more = int(row["n"]) - int(search.minimax().n[0])
            assert more > 0 or design_of(search.minimax()) == counts(row), row
            different[more] += 1
    assert different == {0: 72, 1: 1, 2: 2, 3: 1}


def test_reference_operating_characteristics_of_every_design():
    for row in rows(""):
        r1, n1, r, n = counts(row)
        p0, p1 = float(row["p0"]), float(row["p1"])
        design = ici.TwoStage(r1=r1, n1=n1, r=r, n=n, alpha=float(row["alpha"]), benchmark=p0)
        truth = ici.ResponseScenario(control=p0, effect=ici.Rate(p1))
        null, power = ici.power(design, truth.null), ici.power(design, truth).power
        assert null.power == pytest.approx(float(row["attained_alpha"]), abs=1e-9)
        assert power == pytest.approx(float(row["attained_power"]), abs=1e-9)
        assert null.expected_n == pytest.approx(float(row["en0"]), abs=1e-9)
        assert null.futility_by_look[0] == pytest.approx(float(row["pet0"]), abs=1e-9)


def test_reference_the_best_design_of_every_n():
    table = rows("_curve")
    print(f"\nrows used: {len(table)}; skipped: none")
    assert len(table) == 244
    for key in dict.fromkeys(aim(row) for row in table):
        curve = Search(key, 100).curve()
        own = {int(n): i for i, n in enumerate(curve.n)}
        wanted = {int(row["n"]): row for row in table if aim(row) == key}
        assert own.keys() == wanted.keys()
        for n, row in wanted.items():
            assert design_of(curve, own[n]) == counts(row)
            assert curve.expected[own[n]] == pytest.approx(float(row["en0"]), abs=1e-9)
            assert curve.stop[own[n]] == pytest.approx(float(row["pet0"]), abs=1e-9)


def test_reference_admissible_designs_and_their_weights():
    table = rows("_admissible")
    print(f"\nrows used: {len(table)}; skipped: none")
    assert len(table) == 11
    for key in dict.fromkeys(aim(row) for row in table):
        wanted = [row for row in table if aim(row) == key]
        truth = ici.ResponseScenario(control=key.p0, effect=ici.Rate(float(key.p1)))
        found = ici.TwoStageDesigns(ici.TwoStage(alpha=key.alpha), truth, power=key.power)
        assert [tuple(getattr(d, name) for name in COUNTS) for d in found.admissible] == [counts(r) for r in wanted]
        for (low, high), row in zip(found.weights, wanted, strict=True):
            assert (low, high) == pytest.approx((float(row["q_low"]), float(row["q_high"])), abs=1e-9)


def test_reference_inference_after_the_trial():
    table = rows("_inference")
    print(f"\nrows used: {len(table)}; skipped: none")
    assert len(table) == 116
    for row in table:
        r1, n1, r, n = counts(row)
        x, alpha = int(row["x"]), float(row["alpha"])
        design = ici.TwoStage(r1=r1, n1=n1, r=r, n=n, alpha=alpha, benchmark=float(row["p0"]))
        first = min(max(r1 + 1, x - (n - n1)), n1)  # any number with which the trial goes on
        seen = ici.after_trial(design, x if x <= r1 else (first, x))
        assert seen.estimate == pytest.approx(float(row["umvue"]), rel=1e-11)
        assert seen.p_value == pytest.approx(float(row["p_value"]), abs=1e-11)
        assert seen.interval[0] == pytest.approx(float(row["lcl"]), abs=1.01e-4)
        upper = root(lambda p, a=alpha, it=seen: it.result.at_least(p) - (1 - a), np.zeros(1), np.ones(1))
        assert float(upper[0]) == pytest.approx(float(row["ucl"]), abs=1.01e-4)
        assert seen.interval[1] >= upper[0] - 1e-9


SIMON = """
.05 .25  O 0/9 2/24 14.5 .63; 0/9 2/17 12.0 .63; 0/9 3/30 16.8 .63
.05 .25  M 0/13 2/20 16.4 .51; 0/12 2/16 13.8 .54; 0/15 3/25 20.4 .46
.30 .50  O 7/22 17/46 29.9 .67; 5/15 18/46 23.6 .72; 8/24 24/63 34.7 .73
.30 .50  M 7/28 15/39 35.0 .36; 6/19 16/39 25.7 .67; 7/24 21/53 36.6 .56
.05 .20  O 0/12 3/37 23.5 .54; 0/10 3/29 17.6 .60; 1/21 4/41 26.7 .72
.05 .20  M 0/18 3/32 26.4 .40; 0/13 3/27 19.8 .51; 1/29 4/38 32.9 .57
.10 .25  O 2/21 7/50 31.2 .65; 2/18 7/43 24.7 .73; 2/21 10/66 36.8 .65
.10 .25  M 2/27 6/40 33.7 .48; 2/22 7/40 28.8 .62; 3/31 9/55 40.0 .62
.20 .35  O 5/27 16/63 43.6 .54; 5/22 19/72 35.4 .73; 8/37 22/83 51.4 .69
.20 .35  M 6/33 15/58 45.5 .50; 6/31 15/53 40.4 .57; 8/42 21/77 58.4 .53
"""


@pytest.mark.parametrize("line", SIMON.strip().splitlines())
def test_published_tables_of_simon_1989(line):
    """Errors (.10, .10), (.05, .20) and (.05, .10); r1/n1 r/n, expected number, probability of stopping early."""
    p0, p1, kind, printed = line.split(maxsplit=3)
    criterion = {"O": "optimal", "M": "minimax"}[kind]
    truth = ici.ResponseScenario(control=float(p0), effect=ici.Rate(float(p1)))
    for (alpha, beta), cell in zip(((0.1, 0.1), (0.05, 0.2), (0.05, 0.1)), printed.split(";"), strict=True):
        design = ici.sample_size(ici.TwoStage(criterion, alpha=alpha), truth, power=1 - beta).design
        null = ici.power(design, truth.null)
        first, last, expected, stop = cell.split()
        assert f"{design.r1}/{design.n1} {design.r}/{design.n}" == f"{first} {last}"
        assert f"{null.expected_n:.1f}" == expected
        assert f"{null.futility_by_look[0]:.2f}" == f"0{stop}"
