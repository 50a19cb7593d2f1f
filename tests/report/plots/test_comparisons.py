"""Pictures of operating characteristics and of comparisons."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import betabinom

import icibaseline as ici
from icibaseline.report.plots import describe

TRUTH = ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))

UNSURE = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
UNKNOWN = TRUTH.with_(control=ici.baseline("mcc_pfs_primary"))


@cache
def designs():
    looks = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
    interim = ici.Randomized(n=142, looks=looks, boundary=ici.Spending(0.025, futility=ici.FutilityZ(0.5)))
    return {"one look": ici.Randomized(n=136).plan_for(TRUTH), "two looks": interim.plan_for(TRUTH)}


def simulated(design, scenario):
    return ici.simulate(design, scenario, replicates=400, rng=1)


def test_law_bars_of_the_looks_add_up_to_one():
    found = ici.power(designs()["two looks"], TRUTH)
    axes = ici.plot(found)
    held = {bars.get_label(): [bar.get_height() for bar in bars] for bars in axes.containers}
    assert held["rejected"] == pytest.approx(np.cumsum(found.reject_by_look).tolist(), abs=1e-12)
    assert held["stopped for futility"] == pytest.approx([found.futility_by_look[0]] * 2, abs=1e-12)
    assert held["going on"][1] == 0
    assert held["not rejected at the end"][0] == 0
    assert np.sum(list(held.values()), axis=0) == pytest.approx([1, 1], abs=1e-12)
    assert f"{found.power:.3f}" in [text.get_text() for text in axes.texts]
    assert f"look 2 in month 36.0: rejected {found.power:.3f}" in describe(found)


def test_law_one_look_goes_nowhere():
    axes = ici.plot(ici.power(designs()["one look"], TRUTH))
    assert {bars.get_label() for bars in axes.containers} == {"rejected", "_", "not rejected at the end"}


def test_law_dots_are_the_powers_of_the_table():
    table = ici.compare(designs(), {"planned": TRUTH, "none": TRUTH.null})
    axes = ici.plot(table)
    for j, marks in enumerate(axes.containers):
        assert marks.get_label() == ("planned", "none")[j]
        assert marks.lines[0].get_xdata() == pytest.approx(table.power[:, j].tolist(), abs=1e-12)
    assert axes.get_xlabel() == "power, or type I error without an effect"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one look\nn = 136", "two looks\nn = 142"]
    assert f"two looks, none: {table.power[1, 1]:.3f}" in describe(table)


def test_law_what_was_simulated_has_bars_of_its_monte_carlo_error():
    table = ici.compare(designs(), TRUTH.null, by=simulated)
    axes = ici.plot(table)
    ((_, _, (bars,)),) = axes.containers
    for bar, result in zip(bars.get_segments(), table.results, strict=True):
        assert bar[:, 0] == pytest.approx([result.power - 1.96 * result.error, result.power + 1.96 * result.error])
    assert axes.get_xlabel() == "type I error, bars: ± 1.96 Monte Carlo errors"
    assert "design 1" not in describe(table)
    assert "scenario 1" in describe(table)


def test_law_averages_are_called_assurance():
    unsure = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
    assert ici.plot(ici.compare(designs(), unsure, by=ici.assurance)).get_xlabel() == "assurance"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda d: ici.power(d, TRUTH), "if the truth is: hazard ratio 0.6"),
        (lambda d: ici.power(d, TRUTH.null), "if the truth is: no effect"),
        (lambda d: simulated(d, TRUTH), "simulated, if the truth is: hazard ratio 0.6"),
        (lambda d: ici.assurance(d, UNSURE), "averaged over the priors"),
        (lambda d: ici.assurance(d, UNKNOWN.null), "averaged over the priors, no effect"),
        (lambda d: simulated(d, UNSURE), "simulated, priors drawn for each trial"),
    ],
)
def test_law_bars_of_the_looks_say_under_which_truth(asked, said):
    found = asked(designs()["two looks"])
    assert ici.plot(found, "looks").get_legend().get_title().get_text() == said
    assert f"Probability by each look, {said}." in describe(found, "looks")


@cache
def against_a_rate():
    truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
    arms = {"one arm": ici.SingleArm(44), "two arms": ici.RandomizedResponse(n=100, test=ici.Boschloo(), alpha=0.15)}
    held = {name: arm.plan_for(truth) for name, arm in arms.items()}
    return ici.compare(held, {"as hoped": truth, "no effect": truth.null})


def test_reference_the_average_type_one_error_stands_beside_that_at_one_control():
    table = against_a_rate()
    exact = float(betabinom.sf(12, 44, 7.5, 31.5))  # 13 of 44 succeed
    axes = ici.plot(table)
    (marks,) = (m for m in axes.containers if m.get_label() == "type I error, averaged over the control")
    assert marks.lines[0].get_xdata()[0] == pytest.approx(exact, abs=1e-9)
    assert f"{exact:.3f}" in [text.get_text() for text in axes.texts]
    assert f"Type I error, averaged over the control: one arm {exact:.3f}; two arms" in describe(table)
    assert table[0, 1].power < 0.06 < 0.14 < exact


def test_law_the_second_table_is_exported():
    pytest.importorskip("pandas")
    table = against_a_rate()
    frame = table.to_frame("summaries")
    assert frame["design"].tolist() == ["one arm", "two arms"]
    assert frame["average_error"].tolist() == [found.average_error for found in table.summaries]
    assert list(table.to_frame().columns) == list(table.rows()[0])
    with pytest.raises(ici.InvalidInput, match="`table` must be one of 'rows', 'summaries'"):
        table.to_frame("second")


def test_law_tables_name_what_is_counted_and_two_kinds_of_months():
    head = str(against_a_rate()).splitlines()[0]
    assert "responses" in head
    assert "last look, month" in head
    assert "expected months" in str(against_a_rate())
    assert "events" in str(ici.compare(designs(), TRUTH)).splitlines()[0]
