"""Expected events, score and information against gsDesign, gsDesign2, lrstat and rpact: every row of
expected_events/expected_events.csv.

The README beside the table gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import icibaseline as ici

TABLE = Path(__file__).parent / "expected_events" / "expected_events.csv"
INPUTS = ("accrual_piece_durations", "accrual_rates", "ratio", "hazard_breaks", "lambda_control", "lambda_exp")
PRINTED = 1e-11  # inputs and outputs have 12 significant digits
RPACT = 1.4e-4  # rpact's numerical integration at its worst ...
RPACT_MOSTLY = 2e-6  # ... and in nine rows of ten

# what a package computes at time t beyond n and the events: of no use here, with the reason
NOT_OURS = {
    "ahr": "gsDesign2's average hazard ratio is not implemented",
    "info": "information about gsDesign2's average hazard ratio",
    "info0": "gsDesign2's events times the product of the allocated shares: nothing that the events do not say",
    "dropouts_control": "dropouts are not an output",
    "dropouts_exp": "dropouts are not an output",
    "hr_cox": "the hazard ratio that a Cox model would estimate is not implemented",
    "vlog_hr": "its variance is not implemented",
    "zlog_hr": "its Z is not implemented",
}


class Source(NamedTuple):
    """Columns of one package function that are compared at time t."""

    rows: int
    columns: tuple[str, ...]
    tolerance: float = PRINTED


ARMS = ("events_control", "events_exp", "events", "n")
AT_TIME = {
    "gsDesign-3.11.0.9003 eEvents": Source(196, ARMS),
    "gsDesign2-1.1.8 expected_event+expected_accrual": Source(196, ARMS),
    "gsDesign2-1.1.8 ahr": Source(196, ("events", "n")),
    "lrstat-0.3.3 lrstat": Source(196, (*ARMS, "uscore", "vscore", "log_rank_z")),
    "rpact-4.5.0.9315 getEventProbabilities": Source(136, ARMS, RPACT),
}
# rows, tolerance of the time at which the target is expected, of the events that the package reports there
OF_TARGET = {"gsDesign2-1.1.8 expected_time": (137, 5e-6), "lrstat-0.3.3 caltime": (137, 1e-7)}


# ---- from a row to a design and a scenario -----------------------------------------------------------


@cache
def table():
    with TABLE.open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


def numbers(cell):
    return tuple(float(x) for x in cell.split(";"))


def curve(hazards, breaks):
    hazards, knots = numbers(hazards), numbers(breaks)[1:]
    return ici.PiecewiseExponential(hazards, knots) if knots else ici.Exponential(rate=hazards[0])


@cache
def moments_once(inputs, looks):
    """Moments of the log-rank score in the month of a look: packages that ask the same share one answer."""
    row = dict(inputs)
    lengths, rates, lost = (numbers(row[c]) for c in ("accrual_piece_durations", "accrual_rates", "dropout_hazard"))
    knots = tuple(itertools.accumulate(lengths[:-1]))
    truth = ici.Scenario(
        curve(row["lambda_control"], row["hazard_breaks"]),
        curve(row["lambda_exp"], row["hazard_breaks"]),
        enrollment=ici.Enrollment(rates=rates, knots=knots),
        dropout=ici.Exponential(rate=lost[0]) if lost[0] else None,
    )
    n = sum(a * b for a, b in zip(lengths, rates, strict=True))
    design = ici.Randomized(n, ratio=float(row["ratio"]), looks=looks).plan_for(truth)
    return design.statistic.moments(design._trial(truth, n, design.planned.looks))


def moments(row, looks):
    return moments_once(tuple((k, row[k]) for k in (*INPUTS, "dropout_hazard")), looks)


def found(row):
    """The columns of a row at time t; scores have the sign of lrstat, negative in favour of experimental."""
    m = moments(row, ici.AtMonths(float(row["t"])))
    control, experimental = m.course.events[0, 0]
    return {
        "events_control": control,
        "events_exp": experimental,
        "events": control + experimental,
        "n": m.course.n[0, 0],
        "uscore": -m.score[0, 0],
        "vscore": m.information[0, 0],
        "log_rank_z": -m.drift[0, 0],
    }


def error(row, column, value):
    """Relative; a score may vanish, and rounded hazards move it by the information times their rounding."""
    information = float(row["vscore"] or 0)
    size = {"uscore": information, "log_rank_z": math.sqrt(information)}.get(column, 0.0)
    truth = float(row[column])
    return float(abs(value - truth) / max(abs(truth), size))


# ---- comparison --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AT_TIME)
def test_reference_what_is_expected_at_a_time(name, compared):
    source, rows = AT_TIME[name], [r for r in table() if r["source"] == name and r["t"]]
    errors = {column: [] for column in source.columns}
    for row in rows:
        here = found(row)
        for column in source.columns:
            errors[column].append(error(row, column, here[column]))
    for column, of_rows in errors.items():
        compared(column, name, cases=len(of_rows), largest=max(of_rows), allowed=source.tolerance)
    for column, of_rows in errors.items():
        assert len(of_rows) == source.rows
        assert max(of_rows) <= source.tolerance, column
        if source.tolerance == RPACT:
            assert sorted(of_rows)[9 * len(of_rows) // 10] <= RPACT_MOSTLY, column


@pytest.mark.parametrize("name", OF_TARGET)
def test_reference_when_events_are_expected(name, compared):
    (count, tolerance), rows = OF_TARGET[name], [r for r in table() if r["source"] == name and r["target_events"]]
    assert len(rows) == count
    times, reached = [], []
    for row in rows:
        months = moments(row, ici.AtEvents(float(row["target_events"]))).course.months[0, 0]
        times.append(abs(months / float(row["time_out"]) - 1))
        if row["events"]:  # reported at the package's own time
            events = moments(row, ici.AtMonths(float(row["time_out"]))).events[0, 0]
            reached.append(abs(events / float(row["events"]) - 1))
    compared("time of the target", name, cases=len(times), largest=max(times), allowed=tolerance)
    if reached:
        compared("events then", name, cases=len(reached), largest=max(reached), allowed=PRINTED)
    assert max(times) <= tolerance
    assert len(reached) == (count if "gsDesign2" in name else 0)
    assert max(reached, default=0.0) <= PRINTED


def test_reference_every_row_is_used():
    held = Counter(row["source"] for row in table())
    used = {name: source.rows for name, source in AT_TIME.items()} | {
        name: rows for name, (rows, _) in OF_TARGET.items()
    }
    print(f"used {sum(used.values())} of {len(table())} rows")
    assert used == held
    assert len(table()) == 1194


def test_reference_every_column_is_compared_or_left_out_for_a_reason():
    compared = {c for source in AT_TIME.values() for c in source.columns} | {"time_out"}
    given = {*INPUTS, "scenario", "t", "dropout_hazard", "target_events", "source"}
    for column, reason in NOT_OURS.items():
        print(f"left out {column}: {reason}")
    assert compared | given | set(NOT_OURS) == set(table()[0])
