"""Printed looks of group sequential trials: every number against its own definition; fixed designs as they were."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy.stats import norm

import icibaseline as ici
from icibaseline.report.looks import look_tables

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(ici.Exponential(median=4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
LOOKS = ici.AtInformation((0.4, 0.7, 1.0), final=ici.AfterEnrollment(12))
HSD = ici.HwangShihDeCani(-2)
NON_BINDING = ici.Spending(0.025, futility=HSD)


def planned(boundary, looks=LOOKS, **more):
    return ici.sample_size(ici.Randomized(looks=looks, boundary=boundary, **more), TRUTH, power=0.8)


def columns(table):
    return dict(zip(table.head, zip(*table.rows, strict=True), strict=False)), list(zip(*table.rows, strict=True))


def seen(design, events, z):
    """The hazard ratio that monitoring would print of a look with that Z."""
    return f"{ici.monitor(design, ici.Look(events, z=z, final=True)).hazard_ratios[0]:.3f}"


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("margin", [1.0, 1.2])
def test_law_each_number_is_what_its_column_says(ratio, margin):
    plan = planned(NON_BINDING, ratio=ratio, statistic=ici.LogRank(null=margin))
    bounds, stopping, ends = look_tables(plan.characteristics)
    frozen = plan.design.planned
    spent = ici.HwangShihDeCani(-2), ici.OBrienFleming().spent(np.array([0.4, 0.7, 1.0]), alpha=0.025)
    for k, row in enumerate(bounds.rows):
        z, futile, events = frozen.efficacy_bounds[k], frozen.futility_bounds[k], frozen.events[k]
        assert row[4] == f"{(0.4, 0.7, 1.0)[k]:.3f}"
        assert row[5] == f"{z:.3f}"
        assert float(row[6]) == pytest.approx(norm.sf(z), rel=1e-3)
        assert row[7] == seen(plan.design, events, z)
        assert float(row[8]) == pytest.approx(spent[1][k] - (spent[1][k - 1] if k else 0), abs=6e-6)
        assert float(row[9]) == pytest.approx(spent[1][k], abs=6e-6)
        assert row[10] == f"{futile:.3f}"
        assert row[11] == seen(plan.design, events, futile)
    worlds = {
        "null": TRUTH.with_(effect=ici.HazardRatio(margin)),
        "halfway (log hazard ratio halved)": TRUTH.with_(effect=ici.HazardRatio(math.sqrt(0.6 * margin))),
        "alternative": TRUTH,
    }
    for row, (name, scenario) in zip(ends.rows, worlds.items(), strict=True):
        direct = ici.power(plan.design, scenario)
        expected = (direct.expected_n, direct.expected_events, direct.expected_months)
        assert row == [name, *(f"{x:.1f}" for x in expected), f"{direct.power:.4f}", f"{direct.power_overruled:.4f}"]
    for place, scenario in ((1, worlds["null"]), (3, TRUTH)):
        direct = ici.power(plan.design, scenario)
        for k, row in enumerate(stopping.rows):
            assert row[place : place + 2] == [f"{direct.reject_by_look[k]:.4f}", f"{direct.futility_by_look[k]:.4f}"]
    assert [head.partition(":")[0] for head in stopping.head] == ["look", "null", *stopping.head[2:3], "alternative",
                                                                  *stopping.head[4:]]  # fmt: skip


def test_law_both_powers_are_named():
    plan = planned(NON_BINDING)
    assert f"power {plan.power:.4f} at n = {plan.n} by the score log-rank formula; this is with futility" in flat(plan)
    assert f"and {plan.characteristics.power_overruled:.4f} if they are overruled" in flat(plan)
    for without in (ici.Spending(0.025), ici.Spending(0.025, sided=2), ici.Fixed(0.025)):
        assert "overruled" not in str(planned(without))


def flat(item):
    return re.sub(r"\s+", " ", str(item))


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        (ici.Spending(0.025), "Lan-DeMets O'Brien-Fleming spending of one-sided alpha 0.025, look"),
        (NON_BINDING, "0.025, non-binding futility by Hwang-Shih-DeCani spending (gamma -2) of beta 0.2, look"),
        (
            ici.Spending(0.01, ici.Pocock(), sided=2),
            "Lan-DeMets Pocock spending of one-sided alpha 0.01 on each of two sides",
        ),
        (
            ici.Spending(0.025, ici.KimDeMets(3), efficacy_looks=(2, 3)),
            "(rho 3) of one-sided alpha 0.025 (looks 2, 3 only)",
        ),
        (
            ici.Spending(0.025, ici.OBrienFleming(2), futility=HSD, binding=True, futility_looks=(1,)),
            "(rho 2) of one-sided alpha 0.025, binding futility by Hwang-Shih-DeCani spending (gamma -2) of beta 0.2 "
            "(look 1 only)",
        ),
        (ici.Spending(0.025, futility=ici.FutilityZ((0.0, 0.5))), "non-binding futility where Z is below 0/0.5"),
        (ici.Spending(0.025, futility=ici.FutilityPValue(0.6)), "futility where the one-sided p value is above 0.6"),
        (ici.Spending(0.025, futility=ici.FutilityHazardRatio(1.1)), "futility where the hazard ratio is above 1.1"),
        (
            ici.Spending(0.025, futility=ici.FutilityConditionalPower(0.1)),
            "futility where conditional power under the observed trend is below 0.1",
        ),
        (
            ici.Spending(0.025, futility=ici.FutilityConditionalPower(0.1, hazard_ratio=0.6)),
            "futility where conditional power at hazard ratio 0.6 is below 0.1",
        ),
        (ici.WangTsiatis(0.025, 0.0), "O'Brien-Fleming bounds with one-sided alpha 0.025"),
        (ici.WangTsiatis(0.025, 0.5), "Pocock bounds with"),
        (
            ici.WangTsiatis(0.025, 0.25, futility=ici.FutilityZ(0)),
            "Wang-Tsiatis bounds (delta 0.25) with one-sided alpha",
        ),
        (ici.HaybittlePeto(0.025), "Haybittle-Peto bounds (Z = 3 at interim looks) with one-sided alpha 0.025"),
        (ici.Spending(0.025, ici.LogisticSpending(-1, 1.5)), "logistic spending (a -1, b 1.5) of"),
        (
            ici.Spending(0.025, ici.PiecewiseSpending((0.5,), (0.2,))),
            "piecewise linear spending (t 0.5, fractions 0.2) of",
        ),
        (ici.Fixed(0.025), "one-sided alpha 0.025 (two-sided 5 %)"),
    ],
    ids=repr,
)
def test_law_boundaries_in_words(boundary, said):
    plan = planned(boundary)
    assert said in flat(plan)
    assert max(map(len, str(plan).splitlines())) <= 130


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (LOOKS, "looks at 0.4 and 0.7 of the planned information, then look 12 months after enrolment ends"),
        (ici.AtInformation((1.0,), final=ici.AtMonths(36)), "look at month 36"),
        (
            ici.InTurn((ici.AtMonths(12), ici.AtEvents(73), ici.AfterEnrollment(12))),
            "look at month 12, then look at 73 events, then look 12 months after enrolment ends",
        ),
    ],
    ids=repr,
)
def test_law_looks_in_words(looks, said):
    assert str(looks) == said


def test_law_every_face_and_every_result_shows_the_looks(tmp_path):
    plan = planned(NON_BINDING)
    unsure = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.2)))
    results = (
        plan,
        ici.power(plan.design, TRUTH),
        ici.power(plan.design, TRUTH.null),
        ici.assurance(plan.design, unsure),
        ici.simulate(plan.design, TRUTH, replicates=64, rng=1),
    )
    for result in results:
        planned_events = result in results[:2]
        bounds = "for the planned events" if planned_events else "as worked out again for these events"
        titles = (f"looks, and the bounds {bounds}", "probability of stopping", "expected when the trial ends")
        markdown = ici.report(result, tmp_path / "result.md").read_text("utf-8")
        for shown in (str(result), result._repr_html_(), markdown):
            assert all(title in shown for title in titles)
    assert "Pampallona" in markdown
    assert "Hwang IK" in markdown
    assert [row[0] for row in look_tables(results[2])[2].rows] == ["null"]
    assert [row[0] for row in look_tables(results[3])[2].rows] == ["average over the priors"]
    assert [row[0] for row in look_tables(results[4])[2].rows] == ["simulated"]


SLOW = ici.Scenario(ici.Exponential(median=12), ici.HazardRatio(0.7), enrollment=ici.Enrollment(duration=24))


def off_plan(boundary, median):
    """A trial planned for a median of 12 months, where it is another."""
    straight = ici.LogRank(formula="schoenfeld")
    design = ici.Randomized(400, looks=ici.AtMonths((12, 24, 36)), boundary=boundary, statistic=straight).plan_for(SLOW)
    return design, ici.power(design, SLOW.with_(control=ici.Exponential(median=median)))


@pytest.mark.parametrize("median", [5.0, 30.0])
@pytest.mark.parametrize(
    "boundary", [ici.Spending(0.025, ici.Pocock()), ici.Spending(0.025, ici.Pocock(), futility=HSD, beta=0.2)], ids=str
)
def test_law_looks_that_see_other_events_show_the_bounds_that_are_carried_out(boundary, median):
    """Information is over what was planned, and each bound the one whose passing is printed beside it."""
    design, result = off_plan(boundary, median)
    table = look_tables(result)[0]
    assert table.title == "looks, and the bounds as worked out again for these events"
    events, plan = np.array(result.events), np.array(design.planned.events)
    alone = boundary.at(events / 4, plan / 4, drift=None if boundary.futility else 3.0, final=True)
    for k, row in enumerate(table.rows):
        z = alone.efficacy[k]
        assert row[4:7] == [f"{events[k] / plan[-1]:.3f}", f"{z:.3f}", f"{norm.sf(z):.4g}"]
        assert row[7] == f"{math.exp(-z / math.sqrt(events[k] / 4)):.3f}"
        if boundary.futility:
            lower = alone.futility[k]
            assert row[10:] == [f"{lower:.3f}", f"{math.exp(-lower / (events[k] / 4) ** 0.5):.3f}"]
    assert table.rows[-1][9] == "0.02500"


def test_regression_looks_off_plan():
    """Information and bounds that an independent recursion gives."""
    rows = look_tables(off_plan(ici.Spending(0.025, ici.Pocock()), 5.0)[1])[0].rows
    assert [row[4:6] for row in rows] == [["0.345", "2.269"], ["0.990", "2.147"], ["1.366", "3.005"]]
    ended = look_tables(off_plan(ici.Spending(0.025, ici.Pocock()), 3.0)[1])[0]
    assert ended.title.endswith("; all may be spent by look 2, so that it is the last")
    assert [row[5] == "-" for row in ended.rows] == [False, False, True]
    assert ended.rows[1][9] == "0.02500"


def test_law_two_sides_are_named():
    """Without an effect each side rejects in alpha of all trials, 5 % in all."""
    design = planned(ici.Spending(0.025, ici.Pocock(), sided=2)).design
    null = ici.power(design, TRUTH.null)
    assert "type I error (nominal 0.025 on each side) 0.0250" in flat(null)
    _, stopping, ends = look_tables(null)
    assert ends.head[-2:] == ["P(reject for experimental)", "P(reject for control)"]
    assert ends.rows[0][-2:] == ["0.0250", "0.0250"]
    assert stopping.title.endswith("P(reject for experimental) and P(reject for control)")
    assert stopping.head == ["look", "null: experimental", "control"]
    assert all(row[1] == row[2] != "0.0000" for row in stopping.rows)
    assert "each side" not in str(ici.power(planned(ici.Spending(0.025)).design, TRUTH.null))


def test_law_no_two_columns_have_one_name():
    for result in (planned(NON_BINDING).characteristics, planned(ici.Spending(0.025, sided=2)).characteristics):
        head = look_tables(result)[0].head
        assert len(set(head)) == len(head)
    assert {"HR to reject", "HR futile"} <= set(look_tables(planned(NON_BINDING).characteristics)[0].head)


def test_law_where_nothing_is_tested_no_p_value_is_needed():
    design = planned(ici.Spending(0.025)).design
    history = ici.monitor(design, [ici.Look(60, z=1.0), ici.Look(60, z=1.0)])
    head, first, second = (re.split(r"\s{2,}", line.strip()) for line in str(history).splitlines()[2:5])
    assert float(first[head.index("needed")]) == pytest.approx(history.nominal_p[0], rel=1e-3)
    assert second[head.index("needed")] == "-"


def test_law_what_has_no_halfway_is_left_out():
    curve = TRUTH.with_(effect=ici.ExplicitCurve(ici.Exponential(8)))
    plan = ici.sample_size(ici.Randomized(looks=LOOKS, boundary=NON_BINDING), curve, power=0.8)
    assert [row[0] for row in look_tables(plan.characteristics)[2].rows] == ["null", "alternative"]


def test_regression_fixed_designs_print_as_before():
    design = ici.Randomized(134, looks=ici.AfterEnrollment((0, 12)))
    assert str(ici.power(design, TRUTH)) == (
        "n = 134: power 0.7982 by the score log-rank formula\n"
        "Randomised trial, 1:1 (experimental:control), log-rank test, one-sided alpha 0.025 (two-sided 5 %),\n"
        "    looks 0 and 12 months after the planned end of enrolment (months 24.0 and 36.0)\n"
        "\n"
        "look  month  patients  events  Z bound  one-sided p  P(reject here)\n"
        "   1   24.0       134    87.8  none               -          0.0000\n"
        "   2   36.0       134   121.3  1.96           0.025          0.7982"
    )
