"""Single-stage designs against clinfun, gsDesign, lrstat and rpact, and against printed tables.

The README beside the table gives origin and definitions.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

import icibaseline as ici

TABLE = Path(__file__).parent / "single_arm" / "single_stage.csv"
SMALLEST = ("clinfun-1.1.5 ph2single", "gsDesign-3.11.0.9003 nBinomial1Sample")
LASTING = (
    "gsDesign-3.11.0.9003 nBinomial1Sample conservative=TRUE",
    "lrstat-0.3.3 samplesizeOnePropExact",
    "rpact-4.5.0.9315 getSampleSizeRates groups=1 normalApproximation=FALSE",
)
SKIPPED = {"rpact-4.5.0.9315 getSampleSizeRates groups=1 normal": (111, "the normal approximation is not implemented")}
USED = 111  # rows of each source


@cache
def rows():
    with TABLE.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@cache
def planned(p0, p1, alpha, power, conservative):
    truth = ici.ResponseScenario(p0, ici.Rate(p1))
    return ici.sample_size(ici.SingleArm(rule=ici.Exact(alpha), conservative=conservative), truth, power=power)


@pytest.mark.parametrize("source", [*SMALLEST, *LASTING])
def test_reference_single_stage_designs(source):
    held = [row for row in rows() if row["source"] == source]
    assert len(held) == USED
    for row in held:
        asked = (float(row[name]) for name in ("p0", "p1", "alpha", "power"))
        plan = planned(*asked, source in LASTING)
        assert plan.n == int(row["n"])
        if row["r"]:
            assert plan.design.responses == int(row["r"]) + 1
            assert_allclose(plan.power, float(row["attained_power"]), rtol=0, atol=1e-10)
            assert_allclose(plan.honest.error, float(row["attained_alpha"]), rtol=0, atol=1e-10)


def test_reference_every_row_is_used_or_skipped_for_a_reason():
    counted = Counter(row["source"] for row in rows())
    assert counted == {**dict.fromkeys((*SMALLEST, *LASTING), USED), **{name: n for name, (n, _) in SKIPPED.items()}}
    for name, (n, reason) in SKIPPED.items():
        print(f"skipped {n} rows of {name}: {reason}")


# (alpha, power), p0, p1: the smallest n and its count of responses, the smallest after which none misses, and its count
PRINTED = [
    (0.05, 0.05, 0.20, 27, 4, 33, 5),
    (0.05, 0.05, 0.25, 16, 3, 21, 4),
    (0.05, 0.10, 0.25, 40, 8, 44, 9),
    (0.05, 0.10, 0.30, 25, 6, 29, 7),
    (0.05, 0.20, 0.40, 35, 12, 38, 13),
    (0.05, 0.30, 0.50, 39, 17, 43, 19),
    (0.025, 0.05, 0.20, 33, 5, 39, 6),
    (0.025, 0.20, 0.40, 41, 14, 44, 15),
]


@pytest.mark.parametrize(("alpha", "p0", "p1", "n", "r", "lasting", "count"), PRINTED)
def test_published_smallest_and_sawtooth_safe_sizes(alpha, p0, p1, n, r, lasting, count):
    found = [planned(p0, p1, alpha, 0.8, conservative) for conservative in (False, True)]
    assert [(plan.n, plan.design.responses) for plan in found] == [(n, r), (lasting, count)]


# East's exact power of the test of one proportion: (p0, p1, alpha, n): power, with its sawtooth between 33 and 35
EAST = {
    (0.05, 0.20, 0.025, 25): 0.57932569,
    (0.05, 0.20, 0.025, 28): 0.6851126,
    (0.05, 0.20, 0.025, 30): 0.74476675,
    (0.05, 0.20, 0.025, 33): 0.81787426,
    (0.05, 0.20, 0.025, 35): 0.72790831,
    (0.05, 0.20, 0.01, 33): 0.67097039,
    (0.05, 0.25, 0.025, 33): 0.94139159,
    (0.15, 0.35, 0.025, 33): 0.77005342,
}


@pytest.mark.parametrize("asked", EAST)
def test_published_exact_power(asked):
    p0, p1, alpha, n = asked
    truth = ici.ResponseScenario(p0, ici.Rate(p1))
    found = ici.power(ici.SingleArm(n, rule=ici.Exact(alpha)), truth).power
    assert_allclose(found, EAST[asked], rtol=0, atol=5e-9)
