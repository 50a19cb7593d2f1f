"""Bounds, crossing probabilities and spending against gsDesign, lrstat and rpact: every row of group_sequential/*.csv.

The README beside the tables gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from icibaseline import rules
from icibaseline._crossing import exits
from icibaseline.rules import (
    BetaSpending,
    CauchySpending,
    ExponentialSpending,
    ExtremeValue2Spending,
    ExtremeValueSpending,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LogisticSpending,
    NormalSpending,
    OBrienFleming,
    PiecewiseSpending,
    Pocock,
    Spending,
    SpendingFunction,
    StudentSpending,
    WangTsiatis,
)

FOLDER = Path(__file__).parent / "group_sequential"


@cache
def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def numbers(cell):
    return np.array([float(x) for x in cell.split(";")]) if cell else np.array([])


def exact(fractions):
    """Fractions that were printed with 12 digits: thirds and sixths as they were meant."""
    near = np.round(np.asarray(fractions) * 60) / 60
    return np.where(np.abs(near - fractions) < 1e-11, near, fractions)


# ---- spending functions ----------------------------------------------------------------------------


def two_parameters(family):
    return lambda p: family(*p) if len(p) == 2 else family.through((p[0], p[2]), (p[1], p[3]))


SPENDING = {
    **dict.fromkeys(("sfLDOF", "sfOF"), lambda p: OBrienFleming(*p)),
    **dict.fromkeys(("sfLDPocock", "sfP", "asP"), lambda p: Pocock()),
    **dict.fromkeys(("sfHSD", "asHSD"), lambda p: HwangShihDeCani(*p)),
    **dict.fromkeys(("sfKD", "asKD", "sfPower"), lambda p: KimDeMets(*p)),
    "sfExponential": lambda p: ExponentialSpending(*p),
    "sfLogistic": two_parameters(LogisticSpending),
    "sfNormal": two_parameters(NormalSpending),
    "sfCauchy": two_parameters(CauchySpending),
    "sfExtremeValue": two_parameters(ExtremeValueSpending),
    "sfExtremeValue2": two_parameters(ExtremeValue2Spending),
    "sfTDist": lambda p: StudentSpending(*p),
    "sfBetaDist": two_parameters(BetaSpending),
    "sfLinear": lambda p: PiecewiseSpending(p[: len(p) // 2], p[len(p) // 2 :]),
}


def spending_tolerance(row):
    """Relative and absolute: see the README."""
    if row["source"].startswith("rpact"):
        return 0.0, 1.1e-8
    if row["spending"] == "sfBetaDist" and row["param"].count(";") == 3:
        return 5e-9, 0.0
    if row["spending"] == "sfTDist":
        return 5e-10, 1e-15
    return 1e-11, 1e-15


@pytest.mark.parametrize("name", SPENDING)
def test_reference_spending(name, compared):
    rows = [row for row in table("spending") if row["spending"] == name]
    assert rows
    families = {row["param"]: SPENDING[name](tuple(numbers(row["param"]))) for row in rows}
    gaps = {}
    for row in rows:
        found, expected = families[row["param"]].spent(float(exact(float(row["t"]))), float(row["alpha"])), row["spend"]
        relative, absolute = spending_tolerance(row)
        assert found == pytest.approx(float(expected), rel=relative, abs=absolute), row
        gaps.setdefault((row["source"], max(absolute, relative)), []).append(abs(found - float(expected)))
    for (software, allowed), held in gaps.items():
        what = f"{name} spending"
        compared(what, software, cases=len(held), largest=max(held), allowed=allowed, unit="absolute")


def test_reference_every_spending_row_and_every_family_is_used():
    names = Counter(row["spending"] for row in table("spending"))
    print(f"spending.csv: {names.total()} rows used, none skipped")
    assert set(names) == set(SPENDING)
    assert names.total() == 4830
    first = {row["spending"]: tuple(numbers(row["param"])) for row in table("spending")}
    families = {type(made(first[name])) for name, made in SPENDING.items()}
    public = {getattr(rules, name) for name in rules.__all__ if isinstance(getattr(rules, name), type)}
    assert families == {held for held in public if issubclass(held, SpendingFunction)} - {SpendingFunction}


# ---- crossing probabilities ------------------------------------------------------------------------

EXITS = {"gsDesign-3.11.0.9003 gsProbability r=80": 2e-9, "lrstat-0.3.3 exitprob": 5e-7}
EXITS["rpact-4.5.0.9315 getGroupSequentialProbabilities"] = 1e-9


def test_reference_crossing_probabilities(compared):
    gaps = {software: [] for software in EXITS}
    rows = table("gs_exitprob")
    assert Counter(row["source"] for row in rows) == dict.fromkeys(EXITS, 89)
    for row in rows:
        information, mean = numbers(row["information"]), float(row["theta"]) * np.sqrt(numbers(row["information"]))
        above, below = exits(information, numbers(row["lower"]) - mean, numbers(row["upper"]) - mean)
        missed = np.abs([above - numbers(row["p_upper"]), below - numbers(row["p_lower"])])
        gaps[row["source"]].append(missed.max())
        if row["en"]:
            left = 1 - np.cumsum(above + below)[:-1]
            mean_information = information[0] + (left * np.diff(information)).sum()
            assert mean_information == pytest.approx(float(row["en"]), abs=1e-8)
    for software, held in gaps.items():
        what, allowed = "crossing probabilities", EXITS[software]
        compared(what, software, cases=len(held), largest=max(held), allowed=allowed, unit="absolute")
        assert np.max(held) <= allowed


# ---- designs ---------------------------------------------------------------------------------------

FAMILY = {
    "OF": lambda p: OBrienFleming(),
    "P": lambda p: Pocock(),
    "HSD": HwangShihDeCani,
    "KD": KimDeMets,
}
NO_BOUNDS = {"PT": "the boundaries of Pampallona and Tsiatis are not implemented"}


class Tolerance(NamedTuple):
    """Absolute, on bounds and drift, and on probabilities, at K <= 6 and at K = 20."""

    bounds: float
    drift: float
    probability: float
    twenty: float  # factor at 20 looks


TOLERANCES = {
    "rpact": Tolerance(2e-7, 2e-7, 1e-7, 500),
    "gsDesign default": Tolerance(4e-5, 4e-5, 1e-5, 1),
    "gsDesign r=80": Tolerance(4e-6, 4e-6, 1e-6, 1),
    "lrstat": Tolerance(4e-6, 5e-6, 1.5e-6, 4),
}
ROWS = {"rpact": 259, "gsDesign default": 236, "gsDesign r=80": 235, "lrstat": 147}


def tool(row):
    return next(name for name in TOLERANCES if all(word in row["source"] for word in name.split()))


def parameter(cell):
    return float(cell) if cell else None


def futility(row):
    name, cell = row["futility"], row["futility_param"]
    if name == "none":
        return None
    return FutilityZ(tuple(numbers(cell))) if name == "fixedZ" else FAMILY[name.removeprefix("bs")](parameter(cell))


@cache
def design(efficacy, sided, alpha, beta, shape, stops, binding, information):
    """Bounds under the drift that gives the power: packages that ask the same share one answer."""
    common = {"sided": sided, "futility": stops, "binding": binding}
    if efficacy.startswith("as"):
        spends = stops is not None and not isinstance(stops, FutilityZ)
        family = FAMILY[efficacy.removeprefix("as")](shape)
        bounds = Spending(alpha, family, beta=beta if spends else None, **common).bounds(information)
        return bounds if spends else bounds.under(bounds.drift_for(1 - beta))
    classical = {"P": 0.5, "OF": 0.0, "WT": shape}
    boundary = HaybittlePeto(alpha, **common) if efficacy == "HP" else WangTsiatis(alpha, classical[efficacy], **common)
    bounds = boundary.bounds(information)
    return bounds.under(bounds.drift_for(1 - beta))


def bounds_of(row):
    return design(
        row["efficacy"],
        int(row["sided"]),
        float(row["alpha_one_sided"]),
        round(1 - float(row["power"]), 12),
        parameter(row["efficacy_param"]),
        futility(row),
        row["binding"] == "1",
        tuple(exact(numbers(row["information_rates"]))),
    )


def answered(row):
    """Pairs (name, found, expected) of what the row says."""
    bounds, k = bounds_of(row), int(row["k"])
    both = 2 if row["sided"] == "2" and row["source"].startswith("rpact") else 1  # rpact counts both sides
    upper = numbers(row["efficacy_bounds"])
    seen = bounds.nominal_p > 1e-9  # packages differ in how far out they can look
    seen &= np.concatenate([[True], seen[:-1]])  # and with what was before
    yield "bounds", bounds.efficacy[seen], upper[seen]
    if row["futility"] != "none":
        lower = numbers(row["futility_bounds"])[: k - 1]
        yield "bounds", bounds.futility[: k - 1][lower > -6], lower[lower > -6]  # rpact prints -6 for none
    yield "drift", float(bounds.drift), float(row["drift"])
    fixed = bounds_of_fixed(row)
    yield "drift", float(bounds.drift) ** 2 / fixed**2, float(row["inflation"])
    yield "probability", bounds.reject + (bounds.stop_futility if both == 2 else 0), numbers(row["reject_h1"])
    null = bounds.under(0.0)
    if row["reject_h0"]:
        yield "probability", both * null.reject, numbers(row["reject_h0"])
    if row["futility_h1"] and row["futility"] != "none":
        yield "probability", bounds.stop_futility[: k - 1], numbers(row["futility_h1"])[: k - 1]
    if row["asn_h1"]:
        average = float(bounds.expected_information) * (float(bounds.drift) / fixed) ** 2
        yield "drift", average, float(row["asn_h1"])


@cache
def fixed_drift(alpha, power):
    return float(Spending(alpha).bounds((1.0,)).drift_for(power))


def bounds_of_fixed(row):
    return fixed_drift(float(row["alpha_one_sided"]), float(row["power"]))


@pytest.mark.parametrize("name", TOLERANCES)
def test_reference_designs(name, compared):
    gaps = {}
    rows = [row for row in table("gs_bounds") if tool(row) == name]
    assert len(rows) == ROWS[name]
    for row in rows:
        if row["efficacy"] in NO_BOUNDS:
            continue
        factor = TOLERANCES[name].twenty if row["k"] == "20" else 1
        for what, found, expected in answered(row):
            atol = getattr(TOLERANCES[name], what) * factor
            assert_allclose(found, expected, rtol=0, atol=atol, err_msg=f"{what} of design {row['design_id']}, {name}")
            gaps.setdefault((what, atol), []).append(np.max(np.abs(np.subtract(found, expected)), initial=0.0))
    for (what, allowed), held in gaps.items():
        quantity, software = f"{what} of group sequential designs", f"{rows[0]['source'].split()[0]} ({name})"
        compared(quantity, software, cases=len(held), largest=max(held), allowed=allowed, unit="absolute")


def test_reference_every_design_row_is_used_or_skipped_by_name():
    skipped = Counter(row["efficacy"] for row in table("gs_bounds") if row["efficacy"] in NO_BOUNDS)
    print(f"gs_bounds.csv: {877 - skipped.total()} rows used, {dict(skipped)} skipped: {NO_BOUNDS}")
    assert (len(table("gs_bounds")), skipped) == (877, {"PT": 8})
