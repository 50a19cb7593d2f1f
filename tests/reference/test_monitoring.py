"""Conditional power, repeated and stagewise inference against gsDesign, lrstat, rpact and published examples.

The README beside monitoring/cond_power.csv gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from icibaseline.designs import Planned, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.monitoring import Look, monitor
from icibaseline.monitoring.inference import Stop, posterior
from icibaseline.rules import (
    AtEvents,
    Bounds,
    FutilityZ,
    HwangShihDeCani,
    KimDeMets,
    OBrienFleming,
    Pocock,
    Spending,
    WangTsiatis,
)
from icibaseline.statistics import LogRank

FOLDER = Path(__file__).parent / "monitoring"
FAMILY = {"asOF": lambda p: OBrienFleming(), "asP": lambda p: Pocock(), "asHSD": HwangShihDeCani, "asKD": KimDeMets}
TOLERANCES = {
    "rpact": {"cp": 2e-8, "p": 1e-9, "limits": 1e-6, "repeated": 1e-6, "bound": 2e-4},
    "lrstat": {"cp": 3e-7, "p": 2e-8, "limits": 2e-6, "repeated": 2e-7, "bound": 5e-5},
    "gsDesign": {"cp": 1e-6, "bound": 5e-5},
    "closed": {"cp": 2e-8},
}
CAP = 0.4999  # rpact stops there, and alpha is below 0.5 here


@cache
def table():
    with (FOLDER / "cond_power.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def numbers(cell):
    return np.array([np.nan if x == "NA" else float(x) for x in cell.split(";")]) if cell else np.array([])


def number(cell):
    return float(cell)


def history(events, z, boundary, planned, ratio=1.0, hazard_ratio=0.7):
    """A history of a design whose plan is written by hand."""
    planned = np.asarray(planned, dtype=float)
    information = planned * ratio / (1 + ratio) ** 2
    drift = -np.log(hazard_ratio) * np.sqrt(information)
    bounds = boundary.bounds(information, drift=drift)
    looks = AtEvents(tuple(planned))
    plan = Planned(
        600,
        looks=looks,
        months=np.arange(1.0, len(planned) + 1),
        events=planned,
        information=information,
        drift=drift,
        efficacy_bounds=bounds.efficacy,
        futility_bounds=bounds.futility,
    )
    schoenfeld = LogRank(formula="schoenfeld")  # what all of these programs take
    design = Randomized(600, ratio=ratio, statistic=schoenfeld, looks=looks, boundary=boundary, planned=plan)
    return monitor(design, [Look(e, x) for e, x in zip(events, z, strict=True)])


def read(row):
    """The history of a row."""
    rates = numbers(row["information_rates"])
    rates = np.where(np.abs(np.round(rates * 60) / 60 - rates) < 1e-11, np.round(rates * 60) / 60, rates)
    parameter = number(row["efficacy_param"]) if row["efficacy_param"] else None
    return history(
        numbers(row["events_at_looks"]),
        numbers(row["z_at_looks_positive_favours_exp"]),
        Spending(number(row["alpha"]), FAMILY[row["efficacy"]](parameter)),
        rates * number(row["max_events"]),
        number(row["ratio"]),
        number(row["hr_assumed"]),
    )


# ---- what is compared ------------------------------------------------------------------------------


def conditional(item, row, tool):
    """Pairs (quantity, found, expected)."""
    looks = range(len(item.looks))
    if row["crp"]:
        ahead = [item._course.ahead(k) for k in looks]
        found = [np.nan if a is None else float(a.power_at(np.asarray(0.0))) for a in ahead]
        yield "cp", found, numbers(row["crp"])[: len(found)]
    ahead = item._course.ahead(len(item.looks) - 1)
    if ahead is None:
        return
    effects = {
        "cond_power_total": -np.log(number(row["hr_assumed"])),
        "cond_power_0": 0.0,
        "cond_power_hat": -np.log(item.hazard_ratios[-1]),
    }
    if tool == "closed":  # the final look alone
        interim = np.arange(len(ahead.gained)) < len(ahead.gained) - 1
        ahead = ahead._replace(efficacy=np.where(interim, np.inf, ahead.efficacy))
    for name, effect in effects.items():
        if row[name]:
            yield "cp", float(ahead.power_at(np.asarray(effect))), number(row[name])
    if row["cond_power"]:
        yield "cp", float(ahead.power_at(np.asarray(effects["cond_power_total"]))), numbers(row["cond_power"])[-1]
    if row["cond_power_by_look"]:
        mean = effects["cond_power_total"] * np.sqrt(ahead.gained)
        found = Bounds.of(ahead.gained, ahead.efficacy, ahead.futility, mean).reject
        yield "cp", found, numbers(row["cond_power_by_look"])
    if row["predictive_power"]:
        law = posterior(NormalMixture.lognormal(1, 1e6), np.log(item.hazard_ratios[-1]), item.information[-1])
        yield "cp", ahead.predictive(law, 1.0), number(row["predictive_power"])


def repeated(item, row, tool):
    low, high = np.array(item.repeated_intervals).T
    if not row["repeated_ci_low"]:
        return
    if tool == "rpact":
        yield "repeated", low / numbers(row["repeated_ci_low"]), np.ones(len(low))
        yield "repeated", high / numbers(row["repeated_ci_high"]), np.ones(len(high))
        return
    found = -np.log([high[-1], item.hazard_ratios[-1], low[-1]])
    expected = [number(row[c]) for c in ("repeated_ci_low", "median_unbiased", "repeated_ci_high")]
    yield "repeated", found, expected


def stagewise(item, row, tool):
    if not row["final_p"]:
        return
    stop, alpha = item._course.stop(item._bounds[-1]), number(row["alpha"])
    yield "p", float(stop.p_value(np.asarray(0.0))), number(row["final_p"])
    effects = stop.effects(np.array([alpha, 0.5, 1 - alpha]))
    limits = [number(row[c]) for c in ("final_ci_low", "median_unbiased", "final_ci_high")]
    yield "limits", effects, -np.log(limits[::-1]) if tool == "rpact" else limits
    if item.ended:
        assert (item.p_value, item.hazard_ratio) == (stop.p_value(np.asarray(0.0)), np.exp(-effects[1]))
        assert_allclose(item.interval, np.exp(-effects[[2, 0]]), rtol=1e-15)


def bounds_at(item, alpha):
    """Efficacy bounds at the looks, had the trial had another alpha."""
    course = item._course._replace(design=item.design.with_(boundary=item.design.boundary.with_(alpha=alpha)))
    course = course._replace(design=course.design.with_(planned=item.design.planned))
    return np.array([b.efficacy[-1] for b in course.bounds(binding=True)])


def dual(item, row, tool):
    count = len(item.looks)
    for cell in filter(None, (row["repeated_p"], row["sequential_p"])):
        p = numbers(cell)
        for k, each in enumerate(p, count - len(p)):
            room = bounds_at(item, min(each, CAP)) - item.z
            room = room.min() if tool == "gsDesign" else room[k]
            if each < CAP:
                yield "bound", room, 0.0
            else:
                assert room > 0


COMPARED = {"conditional power": conditional, "repeated": repeated, "stagewise": stagewise, "dual": dual}


def pairs_of(row):
    tool = row["source"].split("-")[0].split()[0]
    item = read(row)
    return tool, [pair for compare in COMPARED.values() for pair in compare(item, row, tool)]


@pytest.mark.parametrize("tool", TOLERANCES)
def test_reference_monitoring(tool):
    worst = Counter()
    for row in table():
        if not row["source"].startswith(tool):
            continue
        for what, found, expected in pairs_of(row)[1]:
            label = f"{what}, scenario {row['scenario']}, {row['source']}"
            assert_allclose(found, expected, rtol=0, atol=TOLERANCES[tool][what], err_msg=label)
            worst[what] = max(worst[what], float(np.nanmax(np.abs(np.asarray(found) - expected))))
    print(f"{tool}: " + ", ".join(f"{what} within {error:.1e}" for what, error in worst.items()))
    assert set(worst) == set(TOLERANCES[tool])


def test_reference_every_monitoring_row_is_used():
    used = Counter()
    for row in table():
        tool, pairs = pairs_of(row)
        capped = [float(x) for cell in (row["repeated_p"], row["sequential_p"]) if cell for x in cell.split(";")]
        assert pairs or any(p >= CAP for p in capped), row
        used[tool] += 1
    print(f"cond_power.csv: {dict(used)} rows used, none skipped")
    assert used == {"rpact": 44, "lrstat": 158, "gsDesign": 70, "closed": 26}


# ---- published -------------------------------------------------------------------------------------

# Wassmer G, Brannath W. Group sequential and confirmatory adaptive designs in clinical trials. Springer, 2016,
# section 4.1: four looks with 22 patients each, stopped at the second with Z = 3; p value, limits and estimate.
WASSMER_BRANNATH = {0.0: (0.0014, 0.157, 0.452, 0.748), 0.5: (0.0098, 0.074, 0.419, 0.729)}


@pytest.mark.parametrize("delta", WASSMER_BRANNATH)
def test_published_stagewise_inference(delta):
    bounds = WangTsiatis(0.025, delta, sided=2).bounds((22.0, 44.0, 66.0, 88.0))
    stop = Stop(np.array([22.0, 44.0]), bounds.efficacy[:2], bounds.futility[:2], 3.0)
    p, *limits = WASSMER_BRANNATH[delta]
    assert float(stop.p_value(np.asarray(0.0))) == pytest.approx(p, abs=6e-5)
    assert_allclose(stop.effects(np.array([0.025, 0.5, 0.975])), limits, rtol=0, atol=6e-4)


def test_published_rpact_test_of_a_binding_design():
    """rpact's test-f_analysis_base_survival.R, two stages; there hazard ratios above 1 favour experimental."""
    boundary = WangTsiatis(0.025, 0.25, futility=FutilityZ(0.0), binding=True)
    item = history((8, 20), (1.92, 2.1), boundary, (8, 20))
    assert item.decisions == ("continue", "reject")
    assert item.conditional_power_at(1.0, look=1) == pytest.approx(0.15200046, abs=1e-7)
    assert item.p_value == pytest.approx(0.021122043, abs=1e-8)
    found = [1 / item.interval[1], 1 / item.hazard_ratio, 1 / item.interval[0]]
    assert_allclose(found, [1.0341796, 2.5476534, 6.2409205], rtol=1e-6)
    # rpact's repeated limits take advantage of binding futility; ours must not (see the law of the repeated interval)
    theirs = (
        np.exp((1.92 - item.efficacy_bounds[0]) / np.sqrt(2.0)),
        np.exp((2.1 - item.efficacy_bounds[1]) / np.sqrt(5)),
    )
    assert_allclose(theirs, [0.65051922, 1.04083], rtol=1e-6)
    assert 1 / item.repeated_intervals[0][1] < theirs[0]


def test_published_rpact_test_of_a_design_with_three_stages():
    """The same file; rpact keeps the planned rates 0.2, 0.4 and 1 there, whatever the events were."""
    bounds = WangTsiatis(0.025, 0.25).bounds((0.2, 0.4, 1.0))
    stop = Stop(np.array([0.2, 0.4, 1.0]), bounds.efficacy, np.full(3, -np.inf), 2.9)
    assert float(stop.p_value(np.asarray(0.0))) == pytest.approx(0.0074535505, abs=1e-9)
    limits = np.exp(stop.effects(np.array([0.025, 0.5, 0.975])) / np.sqrt(38 / 4))
    assert_allclose(limits, [1.222663, 2.4764002, 4.752454], rtol=1e-6)
