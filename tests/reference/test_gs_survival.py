"""Sized group sequential survival trials against gsDesign, lrstat and rpact: every row of gs_survival.csv.

The README beside the table gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
import itertools
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr

import icibaseline as ici

TABLE = Path(__file__).parent / "group_sequential_survival" / "gs_survival.csv"


class Source(NamedTuple):
    """A package function: rows used, formula, and how well it agrees."""

    name: str
    used: int
    formula: str
    size: float  # relative: patients, events, expected events
    calendar: float  # relative: months, patients at a look and expected patients
    z: float  # absolute: bounds and hazard ratios at them
    probability: float  # absolute


GS, RPACT, LR = "gsDesign-3.11.0.9003 gsSurv", "rpact-4.5.0.9315 getSampleSizeSurvival", "lrstat-0.3.3 lrsamplesize"
SOURCES = (
    Source(f"{GS} Schoenfeld", 38, "schoenfeld", 5e-6, 5e-6, 1e-5, 3e-6),
    Source(f"{GS} LachinFoulkes", 38, "lachin-foulkes", 5e-6, 5e-6, 1e-5, 3e-6),
    Source(f"{RPACT} Schoenfeld", 38, "schoenfeld", 5e-8, 8e-5, 5e-8, 2e-8),
    Source(f"{RPACT} Freedman", 38, "freedman", 5e-8, 8e-5, 5e-8, 2e-8),
    Source(LR, 22, "schoenfeld", 1e-6, 1e-6, 1e-6, 5e-7),
    Source(f"{LR} schoenfeld", 22, "schoenfeld", 1e-6, 1e-6, 1e-6, 5e-7),
)
H0_INFO, H0_H1_INFO = (f"gsDesign2-1.1.8 gs_design_ahr {scale}" for scale in ("h0_info", "h0_h1_info"))
BY_ARM = {H0_INFO: 38, H0_H1_INFO: 32}
RELATIVE = ("size", "calendar")
FAMILY = {
    "OF": lambda p: ici.OBrienFleming(),
    "P": lambda p: ici.Pocock(),
    "HSD": ici.HwangShihDeCani,
    "KD": ici.KimDeMets,
}


@cache
def table():
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def source_of(row):
    """The function and its variant, without the settings of its search."""
    return row["source"].partition(" r=")[0].strip()


def numbers(cell):
    return tuple(float(x) for x in cell.split(";")) if cell else ()


def exact(fractions):
    """Fractions that were printed with 12 digits: thirds as they were meant."""
    near = (round(x * 60) / 60 for x in fractions)
    return tuple(n if abs(n - x) < 1e-11 else x for n, x in zip(near, fractions, strict=True))


# ---- from a row to a design and a scenario -----------------------------------------------------------


def scenario(row):
    hazards, breaks = numbers(row["lambda_control"]), numbers(row["hazard_breaks"])
    control = ici.PiecewiseExponential(hazards, breaks[1:]) if breaks[1:] else ici.Exponential(rate=hazards[0])
    lengths, lost = numbers(row["accrual_piece_durations"]), float(row["dropout_hazard"])
    enrollment = ici.Enrollment(
        duration=float(row["accrual_duration"]),
        relative_rates=numbers(row["accrual_rates_relative"]),
        knots=tuple(itertools.accumulate(lengths[:-1])),
    )
    dropout = ici.Exponential(rate=lost) if lost else None
    return ici.Scenario(control, ici.HazardRatio(float(row["hr"])), enrollment=enrollment, dropout=dropout)


def family(name, cell):
    return FAMILY[name[2:]](float(cell) if cell else None)


def boundary(row):
    stops = None if row["futility"] == "none" else family(row["futility"], row["futility_param"])
    efficacy = family(row["efficacy"], row["efficacy_param"])
    return ici.Spending(float(row["alpha"]), efficacy, futility=stops, binding=row["binding"] == "1")


def design(row, formula):
    looks = ici.AtInformation(
        exact(numbers(row["information_rates"])), final=ici.AfterEnrollment(float(row["followup"]))
    )
    statistic = ici.LogRank(formula=formula)
    return ici.Randomized(ratio=float(row["ratio"]), statistic=statistic, looks=looks, boundary=boundary(row))


OUTPUTS = {"scenario", "k", "source", "events", "n_at_look", "n_total", "times", "efficacy_bounds", "futility_bounds"}
OUTPUTS |= {"hr_at_efficacy", "hr_at_futility", "accrual_rates", "expected_events_h0", "expected_events_h1"}
OUTPUTS |= {"events_control", "events_exp", "reject_h1", "futility_h1", "reject_h0", "expected_n_h1", "ahr"}


class Answer(NamedTuple):
    """Patients, what the formula says of them, and what follows from the boundary alone."""

    n: float
    here: ici.OperatingCharacteristics
    bounds: ici.Bounds


@cache
def boundary_alone(alpha, power, boundary, rates):
    """Bounds under the drift that gives the power, and its square over that of a fixed design."""
    bounds = boundary.bounds(rates)
    bounds = bounds if boundary.futility is not None else bounds.under(bounds.drift_for(power))
    fixed = float(ici.Spending(alpha).bounds((1.0,)).drift_for(power))
    return bounds, (float(bounds.drift) / fixed) ** 2


@cache
def answer(inputs, formula):
    """Rows with the same inputs, from several packages, share one computation."""
    row = dict(inputs)
    truth, power, unsized = scenario(row), float(row["power"]), design(row, formula)
    aimed = unsized.aimed(power)
    bounds, inflation = boundary_alone(float(row["alpha"]), power, aimed.boundary, aimed.looks.fractions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)  # small trials and 2:1 are wanted here
        if formula == "lachin-foulkes":  # gsSurv: the patients of the fixed design, times the inflation
            fixed = unsized.with_(looks=unsized.looks.final, boundary=ici.Fixed(float(row["alpha"])))
            n = ici.sample_size(fixed, truth, power=power).n_exact * inflation
        else:
            n = ici.sample_size(unsized, truth, power=power).n_exact
        return Answer(n, ici.power(aimed.with_(n=n), truth), bounds)


# ---- comparison --------------------------------------------------------------------------------------


def answered(row, formula):
    """Kind of tolerance, column, and what is found here."""
    found = answer(tuple((name, held) for name, held in row.items() if name not in OUTPUTS), formula)
    here, bounds, interim = found.here, found.bounds, len(found.here.months) - 1
    ratio, stops = float(row["ratio"]), row["futility"] != "none"
    root = np.sqrt(np.array(here.events) * ratio) / (1 + ratio)
    yield "size", "n_total", found.n
    yield "size", "events", here.events
    yield "calendar", "times", here.months
    yield "calendar", "n_at_look", here.n_by_look
    yield "z", "efficacy_bounds", here.efficacy_bounds
    yield "z", "hr_at_efficacy", np.exp(-np.array(here.efficacy_bounds) / root)
    if stops:
        yield "z", "futility_bounds", here.futility_bounds[:interim]
        yield "z", "hr_at_futility", np.exp(-np.array(here.futility_bounds) / root)[:interim]
        yield "probability", "futility_h1", bounds.stop_futility[:interim]
    yield "probability", "reject_h1", bounds.reject
    yield "probability", "reject_h0", bounds.under(0.0).reject
    if formula != "lachin-foulkes":  # which has a variance of its own at each look
        assert_allclose(here.reject_by_look, bounds.reject, rtol=0, atol=1e-9)
        assert_allclose(here.futility_by_look[:interim], bounds.stop_futility[:interim], rtol=0, atol=1e-9)
        yield "size", "expected_events_h1", here.expected_events
        yield "calendar", "expected_n_h1", here.expected_n


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_reference_every_row_agrees_with(source, compared):
    rows = [row for row in table() if source_of(row) == source.name]
    assert len(rows) == source.used
    worst, cases = {}, Counter()
    for row in rows:
        for kind, what, found in answered(row, source.formula):
            found, expected = np.atleast_1d(found), np.array(numbers(row[what]))
            if len(expected):
                gap = np.abs(found - expected[: len(found)]) / (expected[: len(found)] if kind in RELATIVE else 1)
                worst[kind, what] = max(worst.get((kind, what), 0.0), float(gap.max()))
                cases[what] += 1
    for (kind, what), gap in worst.items():
        unit, allowed = "relative" if kind in RELATIVE else "absolute", getattr(source, kind)
        compared(f"{what}, {source.formula}", source.name, cases=cases[what], largest=gap, allowed=allowed, unit=unit)
    assert len(worst) >= 10
    assert {what: gap for (kind, what), gap in worst.items() if gap > getattr(source, kind)} == {}


# ---- gsDesign2: information from the events of both arms -----------------------------------------------


def arm_events(row, n, months):
    """Expected events by each month, (K, 2, J), by arm and by the piece of the hazards that they fall in."""
    hazards, knots = numbers(row["lambda_control"]), numbers(row["hazard_breaks"])[1:]
    whole = scenario(row)
    cut = [ici.PiecewiseExponential((*hazards[:j], 0.0), knots[:j]) for j in range(1, len(hazards))]
    found = []
    for truth in (*(whole.with_(control=curve) for curve in cut), whole):
        trial = ici.Randomized(n, ratio=float(row["ratio"]), looks=ici.AtMonths(months)).plan_for(truth)
        found.append(trial.moments(truth.resolved).course.events[0])
    return np.diff(np.stack(found, axis=-1), axis=-1, prepend=0.0)


class Gaps:
    """The largest differences by what is compared, and how many there are."""

    def __init__(self):
        self.worst, self.cases = {}, Counter()

    def add(self, what, found, expected):
        gap = float(np.max(np.abs(np.asarray(found) - expected)))
        self.worst[what] = max(self.worst.get(what, 0.0), gap)
        self.cases[what] += 1

    def below(self, limits, compared, software):
        for what, largest in self.worst.items():
            unit = "relative" if what in ("events", "n") else "absolute"
            cases, allowed = self.cases[what], limits[what]
            compared(f"{what}, from events by arm", software, cases=cases, largest=largest, allowed=allowed, unit=unit)
        assert {what: gap for what, gap in self.worst.items() if not gap <= limits[what]} == {}
        assert set(self.worst) == set(limits)


def information(row):
    """Effect, events, and information on it under the null and, summed over pieces, under the alternative."""
    ratio = float(row["ratio"])
    by_arm = arm_events(row, float(row["n_total"]), numbers(row["times"]))
    events = by_arm.sum(axis=(1, 2))
    alternative = (1 / (1 / np.maximum(by_arm, 1e-300)).sum(axis=1)).sum(axis=-1)
    return -np.log(float(row["hr"])), events, events * ratio / (1 + ratio) ** 2, alternative


def test_reference_gsdesign2_h0_info(compared):
    """Which is the alternative's information at the end, spread over the looks as the events are."""
    gaps = Gaps()
    for row in (row for row in table() if source_of(row) == H0_INFO):
        effect, events, _, alternative = information(row)
        power, rates = float(row["power"]), exact(numbers(row["information_rates"]))
        bounds, _ = boundary_alone(float(row["alpha"]), power, boundary(row).aimed(power), rates)
        gaps.add("events", events / numbers(row["events"]), 1.0)
        gaps.add("n", (float(bounds.drift) / effect) ** 2 / alternative[-1], 1.0)
        gaps.add("bounds", bounds.efficacy, numbers(row["efficacy_bounds"]))
        at_bounds = np.exp(-bounds.efficacy / np.sqrt(alternative[-1] * np.array(rates)))
        gaps.add("hazard ratios", at_bounds, numbers(row["hr_at_efficacy"]))
        gaps.add("probabilities", bounds.reject, numbers(row["reject_h1"]))
        gaps.add("probabilities", bounds.under(0.0).reject, numbers(row["reject_h0"]))
        if row["futility"] != "none":
            gaps.add("futility bounds", bounds.futility[:-1], numbers(row["futility_bounds"])[:-1])
            gaps.add("probabilities", bounds.stop_futility[:-1], numbers(row["futility_h1"])[:-1])
    limits = {"events": 1e-10, "n": 5e-5, "bounds": 3e-5, "hazard ratios": 3e-6, "probabilities": 1e-5}
    gaps.below(limits | {"futility bounds": 1e-4}, compared, H0_INFO)


def test_reference_gsdesign2_h0_h1_info(compared):
    """Alternative's information throughout; but at the first look alone, bounds are scaled to that of the null."""
    gaps, apart = Gaps(), 0.0
    for row in (row for row in table() if source_of(row) == H0_H1_INFO):
        effect, events, null, alternative = information(row)
        upper = np.array(numbers(row["efficacy_bounds"]))
        stops, nothing = row["futility"] != "none", np.zeros(len(upper))
        lower = np.array(numbers(row["futility_bounds"])) if stops else nothing - np.inf
        gaps.add("events", events / numbers(row["events"]), 1.0)
        gaps.add("hazard ratios", np.exp(-upper / np.sqrt(null)), numbers(row["hr_at_efficacy"]))
        if row["binding"] != "1":
            efficacy = ici.Spending(float(row["alpha"]), family(row["efficacy"], row["efficacy_param"]))
            gaps.add("bounds", efficacy.bounds(exact(numbers(row["information_rates"]))).efficacy, upper)
        found = ici.Bounds(alternative, upper, futility=lower, mean=effect * np.sqrt(alternative), spread=nothing + 1)
        apart = max(apart, abs(float(found.power) - float(row["power"])))
        first = np.sqrt(alternative[0]) * (effect - np.array([upper[0], lower[0]]) / np.sqrt(null[0]))
        gaps.add("probabilities", [ndtr(first[0]), *found.reject[1:]], numbers(row["reject_h1"]))
        if stops:
            gaps.add("probabilities", [ndtr(-first[1]), *found.stop_futility[1:]], numbers(row["futility_h1"]))
        under_null = ici.Bounds(null, upper, futility=lower, mean=nothing, spread=nothing + 1)
        gaps.add("probabilities", under_null.reject, numbers(row["reject_h0"]))
    limits = {"events": 1e-10, "bounds": 2e-5, "hazard ratios": 1e-11, "probabilities": 5e-8}
    gaps.below(limits, compared, H0_H1_INFO)
    assert apart == pytest.approx(0.072, abs=5e-4)  # the power that these looks really have is so far from the target


def test_reference_every_row_is_used():
    held = Counter(source_of(row) for row in table())
    print(f"gs_survival.csv: used all {len(table())} rows")
    assert Counter({s.name: s.used for s in SOURCES}) + Counter(BY_ARM) == held
    assert held.total() == 266


def test_published_sas_seqdesign_example_14():
    """Events, months, patients entered and Z at four looks as printed; the follow-up is what reaches the power."""
    control = ici.Exponential(rate=0.03466)
    enrollment = ici.Enrollment(rate=15, duration=18)
    truth = ici.Scenario(control, ici.HazardRatio(0.5), enrollment=enrollment)

    def trial(follow_up):
        looks = ici.AtInformation((0.25, 0.5, 0.75, 1.0), final=ici.AfterEnrollment(follow_up))
        made = ici.Randomized(
            270, statistic=ici.LogRank(formula="schoenfeld"), looks=looks, boundary=ici.Spending(0.025)
        )
        return ici.power(made, truth)

    follow_up = ici.solve(lambda months: trial(months).power, equals=0.9, between=(1, 30)).x
    found = trial(follow_up)
    assert_allclose(follow_up, 7.133226, atol=2e-5)
    assert_allclose(found.events, (22.26962, 44.53924, 66.80886, 89.07847), atol=1e-4)
    assert_allclose(found.months, (11.2631, 16.2875, 20.4926, 25.13323), atol=6e-5)
    assert_allclose(found.n_by_look, (168.95, 244.31, 270, 270), atol=6e-3)
    assert_allclose(found.efficacy_bounds, (4.33263, 2.96333, 2.35902, 2.01409), atol=3e-4)
