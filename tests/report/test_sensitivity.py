"""What matters in a plan: every power is that of the changed scenario, and the largest change comes first."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import beta, binom

import icibaseline as ici
from icibaseline.report.sensitivity import changes, sensitivity_table

LOGNORMAL = ici.NormalMixture.lognormal
ENROLLMENT = ici.Enrollment(duration=24)


def planned(scenario, n=134, **more):
    return ici.Randomized(n=n, **more).plan_for(scenario), scenario


def found(design, scenario):
    return {change.name: change for change in changes(design, scenario)}


def power(design, scenario):
    return ici.power(design, scenario).power


def test_published_hazard_ratio_dominates_in_merkel_cell_carcinoma():
    """methods.md 4.4: 134 patients, sd of the log median 0.2175 and of the log hazard ratio 0.3."""
    effect = ici.HazardRatio(LOGNORMAL(0.6, 0.3))
    scenario = ici.Scenario(control=LOGNORMAL(4.7, 0.2175), effect=effect, enrollment=ENROLLMENT)
    first, *others = changes(*planned(scenario, statistic=ici.LogRank(formula="schoenfeld")))
    assert first.name == "hazard ratio"
    assert (first.low.power, first.high.power) == pytest.approx((0.998, 0.106), abs=0.001)
    median = next(change for change in others if change.name == "control median")
    assert (median.low.power, median.high.power) == pytest.approx((0.821, 0.775), abs=0.001)
    assert all(10 * change.swing(0.8) < first.swing(0.8) for change in others)


def test_reference_priors_go_to_their_10_and_90_percent_points_by_the_formula_of_power():
    law = LOGNORMAL(0.6, 0.3)
    scenario = ici.Scenario(control=LOGNORMAL(4.7, 0.25), effect=ici.HazardRatio(law), enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    seen = found(design, scenario)
    for sign, side in ((-1, "low"), (1, "high")):  # 1.2816 is the normal 90 % point
        ratio, median = 0.6 * np.exp(sign * 1.2815515655 * 0.3), 4.7 * np.exp(sign * 1.2815515655 * 0.25)
        moved = scenario.typical.with_(effect=ici.HazardRatio(ratio))
        assert getattr(seen["hazard ratio"], side).power == pytest.approx(power(design, moved), abs=1e-9)
        moved = scenario.typical.with_(control=ici.Exponential(median))
        assert getattr(seen["control median"], side).power == pytest.approx(power(design, moved), abs=1e-9)
    assert seen["hazard ratio"].low.shown == "0.408"
    assert seen["control median"].high.shown == "6.48 months"
    assert {change.basis for change in seen.values()} == {
        "10 and 90 % of its prior",
        "25 % less and more",
        "none, and some",
    }


def test_reference_numbers_go_to_25_percent_less_and_more():
    control, effect, lost = (
        ici.Weibull(shape=0.8, median=4.7),
        ici.HazardRatio(0.6, delay=2.0),
        ici.Exponential(rate=0.02),
    )
    scenario = ici.Scenario(control, effect, enrollment=ici.Enrollment(rate=6), dropout=lost)
    design, _ = planned(scenario, n=240)
    seen = found(design, scenario)
    for factor, side in ((0.75, "low"), (1.25, "high")):
        worlds = {
            "control median": scenario.with_(control=control.with_(median=4.7 * factor)),
            "control shape": scenario.with_(control=control.with_(shape=0.8 * factor)),
            "hazard ratio": scenario.with_(effect=effect.with_(value=0.6 * factor)),
            "delay of the effect": scenario.with_(effect=effect.with_(delay=2.0 * factor)),
            "enrolment": scenario.with_(enrollment=ici.Enrollment(rate=6 * factor)),
            "dropout hazard": scenario.with_(dropout=ici.Exponential(rate=0.02 * factor)),
        }
        assert worlds.keys() == seen.keys()
        for name, world in worlds.items():
            assert getattr(seen[name], side).power == power(design, world), name
    assert seen["enrolment"].low.shown == "4.5 patients a month"


def test_reference_an_exponential_control_is_bent_and_dropout_added():
    scenario = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    seen = found(design, scenario)
    bent = scenario.with_(control=ici.Weibull(shape=0.75, median=4.7))
    assert seen["control shape (1: exponential)"].low.power == power(design, bent)
    lost = scenario.with_(dropout=ici.Exponential(rate=-np.log(0.9) / 12))  # a tenth in a year
    assert seen["dropout"].high.power == pytest.approx(power(design, lost), abs=1e-12)
    assert seen["dropout"].low.power == power(design, scenario)
    longer = scenario.with_(enrollment=ici.Enrollment(duration=30))
    assert (seen["enrolment"].high.shown, seen["enrolment"].high.power) == ("30 months", power(design, longer))


@pytest.mark.parametrize(
    ("enrollment", "high"),
    [
        (ici.Enrollment(rates=(4, 8), knots=(6,)), ici.Enrollment(rates=(5, 10), knots=(6,))),
        (ici.Enrollment(rate=6.7, duration=20), ici.Enrollment(rate=8.375, duration=16)),
        (
            ici.Enrollment(duration=20, relative_rates=(1, 2), knots=(8,)),
            ici.Enrollment(duration=25, relative_rates=(1, 2), knots=(10,)),
        ),
    ],
)
def test_reference_every_way_of_enrolling(enrollment, high):
    scenario = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=enrollment)
    design, _ = planned(scenario)
    assert found(design, scenario)["enrolment"].high.power == power(design, scenario.with_(enrollment=high))


def test_reference_equal_priors_in_several_strata_move_together():
    effect = ici.HazardRatio(LOGNORMAL(0.6, 0.3))
    strata = [
        ici.Stratum(name, share=0.5, control=ici.Exponential(median), effect=effect)
        for name, median in (("a", 4), ("b", 8))
    ]
    scenario = ici.Scenario(strata=strata, enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    seen = found(design, scenario)
    moved = [s.with_(effect=ici.HazardRatio(0.6 * np.exp(1.2815515655 * 0.3))) for s in strata]
    high = power(design, scenario.with_(strata=moved))
    assert seen["hazard ratio (a, b)"].high.power == pytest.approx(high, abs=1e-9)
    assert {"control median (a)", "control median (b)"} < seen.keys()
    moved = [strata[0].with_(control=ici.Exponential(3.0)), strata[1]]
    assert seen["control median (a)"].low.power == power(design, scenario.with_(strata=moved))


def test_reference_each_number_of_a_joint_prior_and_of_a_mixture():
    joint = ici.BivariateNormal((np.log(4.7), np.log(0.8)), (0.2, 0.1), 0.4, scales=("log", "log"))
    scenario = ici.Scenario(ici.Weibull(joint=joint), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    seen = found(design, scenario)
    steep = scenario.with_(control=ici.Weibull(median=4.7, shape=0.8 * np.exp(1.2815515655 * 0.1)))
    assert seen["control shape"].high.power == pytest.approx(power(design, steep), abs=1e-9)
    parts = (ici.Exponential(4.7), ici.Exponential(9.5), ici.Exponential(7.0))
    shares = ici.Dirichlet((20, 10, 10))
    scenario = ici.Scenario(ici.Mixture(shares, parts), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    seen = found(design, scenario)
    low = float(np.asarray(shares.quantile(0.1))[0])  # the other two keep their proportion, 1 to 1
    mixed = scenario.with_(control=ici.Mixture((low, (1 - low) / 2, (1 - low) / 2), parts))
    assert seen["control share of part 1"].low.power == pytest.approx(power(design, mixed), abs=1e-9)
    assert "control median (part 3)" in seen


def test_law_rows_of_the_table_come_by_their_swing():
    scenario = ici.Scenario(ici.Weibull(shape=0.8, median=4.7), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    design, _ = planned(scenario)
    table, base = sensitivity_table(design, scenario), power(design, scenario)
    assert {len(row) for row in table.rows} == {len(table.head)}
    powers = [(base, float(row[2]), float(row[4])) for row in table.rows]
    swings = [max(row) - min(row) for row in powers]
    assert len(swings) == 5
    assert swings == sorted(swings, reverse=True)


def test_law_a_number_without_an_answer_is_left_open(monkeypatch):
    scenario = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    design, _ = planned(scenario)

    def refuse(design, world):
        if world.dropout is not None:
            raise ici.NoFormula("no formula")
        return ici.power(design, world)

    monkeypatch.setattr(sys.modules[changes.__module__], "formula", refuse)
    row = next(row for row in sensitivity_table(design, scenario).rows if row[0] == "dropout")
    assert row[4] == "-"
    assert row[2] == f"{power(design, scenario):.4f}"


# ---- responses ---------------------------------------------------------------------------------------

LAW = ici.BetaMixture(1.0, 12, 28)


def successes(n, least, rate):
    return binom.sf(least - 1, n, rate)


def test_reference_what_moves_a_trial_of_responses_is_a_binomial_tail():
    scenario = ici.ResponseScenario(0.2, ici.Rate(0.35))
    design = ici.SingleArm(44, benchmark=0.2).plan_for(scenario)
    seen, least = found(design, scenario), design.responses
    ends = seen["experimental rate"]
    assert ends.low.power == pytest.approx(successes(44, least, 0.75 * 0.35), abs=1e-12)
    assert ends.high.power == pytest.approx(successes(44, least, 1.25 * 0.35), abs=1e-12)
    lost = seen["patients not assessed"]
    assert (lost.low.shown, lost.high.shown) == ("none", "10 %, counted as without response")
    assert lost.high.power == pytest.approx(successes(44, least, 0.9 * 0.35), abs=1e-12)
    control = seen[
        "control rate"
    ]  # the benchmark stays as it is, and power with it; the error is that of the arm there
    assert control.low.power == control.high.power == power(design, scenario)
    assert control.low.error == pytest.approx(successes(44, least, 0.15), abs=1e-12)
    assert control.high.error == pytest.approx(successes(44, least, 0.25), abs=1e-12)


def test_reference_priors_of_rates_go_to_their_10_and_90_percent_points():
    scenario = ici.ResponseScenario(0.2, ici.Rate(LAW), enrollment=ici.Enrollment(rate=2))
    design = ici.TwoStage(r1=4, n1=20, r=13, n=49).plan_for(scenario)
    ends = found(design, scenario)["experimental rate"]
    for end, p in ((ends.low, 0.1), (ends.high, 0.9)):
        rate, x = beta(12, 28).ppf(p), np.arange(5, 21)
        assert end.shown == f"{rate:.3g}"
        assert end.power == pytest.approx(binom.pmf(x, 20, rate) @ binom.sf(13 - x, 29, rate), abs=1e-9)


@pytest.mark.parametrize(
    ("effect", "named"),
    [
        (ici.Rate(0.4), "experimental rate"),
        (ici.RiskDifference(0.2), "risk difference"),
        (ici.RiskRatio(2), "risk ratio"),
        (ici.OddsRatio(3), "odds ratio"),
    ],
)
def test_law_the_largest_comes_first_and_every_effect_has_its_name(effect, named):
    scenario = ici.ResponseScenario(0.2, effect)
    design = ici.RandomizedResponse(100, test=ici.Boschloo(), alpha=0.1).plan_for(scenario)
    base, all_of = power(design, scenario), changes(design, scenario)
    assert {change.name for change in all_of} == {named, "control rate", "patients not assessed"}
    widths = [change.swing(base) for change in all_of]
    assert widths == sorted(widths, reverse=True)
    change = found(design, scenario)[named]
    for end, factor in ((change.low, 0.75), (change.high, 1.25)):
        moved = scenario.with_(effect=effect.with_(value=factor * effect.value))
        assert end.power == pytest.approx(power(design, moved), abs=1e-12)


def test_law_a_rate_that_cannot_be_so_high_is_left_out():
    scenario = ici.ResponseScenario(0.6, ici.Rate(0.85))
    seen = found(ici.SingleArm(40, benchmark=0.6).plan_for(scenario), scenario)
    assert "experimental rate" not in seen
    assert "control rate" in seen


def test_law_reports_of_responses_say_what_matters_most(tmp_path):
    plan = ici.sample_size(ici.SingleArm(), ici.ResponseScenario(0.2, ici.Rate(0.4)), power=0.8)
    text = ici.report(plan, tmp_path / "plan.md").read_text("utf-8")
    assert "## What matters most" in text
    assert "| patients not assessed | none |" in text
    assert "responses are expected" in text or "month" not in text.split("##")[1]
    assert "experimental rate" in ici.plot(plan, "sensitivity").get_yticklabels()[0].get_text()
    plt.close("all")


def test_law_scenarios_say_what_they_count_and_how_patients_are_lost():
    survival = ici.Scenario(control=ici.Exponential(6), effect=ici.HazardRatio(0.6), enrollment=ENROLLMENT)
    response = ici.ResponseScenario(0.2, ici.OddsRatio(3))
    both = ici.Outcomes(survival, response)
    assert [s.counted for s in (survival, response, both)] == ["events", "responses", "events and responses"]
    name, words, lost = survival.losing(0.1)
    assert (name, words) == ("dropout", "10 % a year")
    assert lost.dropout.survival(12) == pytest.approx(0.9)
    assert lost.losing(0.1) is None
    rates, fewer = response.rates, response.losing(0.25)[2].rates
    assert (fewer.control, fewer.experimental) == pytest.approx((0.75 * rates.control, 0.75 * rates.experimental))
    assert both.losing(0.1)[2] == ici.Outcomes(lost, response.losing(0.1)[2])
