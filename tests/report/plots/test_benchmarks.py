"""Pictures of benchmarks, of two-stage designs, and of looks at responses: what they draw has other sources too."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import beta, betabinom, binom, hypergeom

import icibaseline as ici
from icibaseline.report.plots import describe

TRUTH = ici.ResponseScenario(
    control=ici.baseline("promit_orr"), effect=ici.Rate(0.35), enrollment=ici.Enrollment(rate=2), assessment=3
)
BARE = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
SURVIVAL = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=24)
)


@cache
def arm():
    return ici.sample_size(ici.SingleArm(), TRUTH, power=0.8)  # 13 of 44


def drawn(axes):
    return {line.get_label(): np.column_stack(line.get_data()) for line in axes.lines}


# ---- one arm against a rate --------------------------------------------------------------------------


@pytest.mark.parametrize("item", [arm, lambda: arm().characteristics])
def test_reference_success_against_the_rate_is_binomial(item):
    held = drawn(ici.plot(item(), "benchmark"))
    x, y = held["probability of success"].T
    assert y == pytest.approx(binom.sf(12, 44, x), abs=1e-12)
    exact = binom.sf(12, 44, 7 / 38)
    assert held["type I error 0.050 at the benchmark's rate 0.184"] == pytest.approx(np.array([[7 / 38, exact]]))
    assert held["power 0.820 at the rate 0.35"] == pytest.approx(np.array([[0.35, binom.sf(12, 44, 0.35)]]))


def test_reference_the_averaged_error_is_beta_binomial():
    axes = ici.plot(arm(), "benchmark")
    exact = betabinom.sf(12, 44, 7.5, 31.5)
    name = f"type I error {exact:.3f} averaged over where the control rate may be"
    assert drawn(axes)[name][:, 1] == pytest.approx([exact, exact], abs=1e-9)
    assert name in describe(arm(), "benchmark")
    assert "shows no rate below 0.303" in describe(arm(), "benchmark")


def test_reference_the_least_rate_of_an_honest_rule_is_marked():
    held = drawn(ici.plot(arm(), "benchmark"))
    least = float(beta.ppf(0.95, 7.5, 31.5))  # with ever more patients the rule asks for a rate above this quantile
    assert held["an honest rule shows no rate below 0.303"][:, 0] == pytest.approx([least, least], abs=1e-9)


def test_reference_the_largest_hazard_ratio_of_an_honest_test_is_marked():
    plan = ici.sample_size(ici.SingleArm(statistic=ici.OneSampleLogRank()), SURVIVAL, power=0.8)
    held = drawn(ici.plot(plan, "benchmark"))
    largest = np.exp(-1.6448536 * plan.honest.sd)
    (name,) = (name for name in held if name.startswith("an honest test shows no hazard ratio above 0.67"))
    assert held[name][:, 0] == pytest.approx([largest, largest], rel=1e-6)


def test_law_the_prior_stands_beneath_with_its_mode_where_it_is():
    axes = ici.plot(arm(), "benchmark")
    (area,) = axes.collections
    x, y = area.get_paths()[0].vertices.T
    assert x[np.argmax(y)] == pytest.approx(6.5 / 37, abs=0.005)  # of Beta(7.5, 31.5)
    assert area.get_label().startswith("where the control rate may be (density")


def test_law_a_bare_rate_has_no_prior_and_that_is_said():
    plan = ici.sample_size(ici.SingleArm(), BARE, power=0.8)
    axes = ici.plot(plan, "benchmark")
    assert not axes.collections
    assert not any("averaged" in name for name in drawn(axes))
    assert describe(plan, "benchmark").endswith("taken as a law of nature: its error is not known.")


def test_law_without_an_effect_no_power_is_marked():
    assert "power" not in describe(ici.assurance(arm().design, TRUTH.null), "benchmark")


def test_reference_power_goes_up_and_down_at_every_number_of_patients():
    n, power = drawn(ici.plot(arm(), "power"))["power"].T
    assert n.tolist() == list(range(4, 111))
    least = [next(r for r in range(int(k) + 2) if binom.sf(r - 1, k, 7 / 38) <= 0.05) for k in n]
    assert power == pytest.approx(binom.sf(np.array(least) - 1, n, 0.35), abs=1e-12)


# ---- one arm against a curve -------------------------------------------------------------------------


@pytest.mark.parametrize("design", [ici.SingleArm(statistic=ici.OneSampleLogRank()), ici.TwoStageSurvival()])
def test_reference_the_curve_averaged_over_the_prior_is_the_averaged_error(design):
    plan = ici.sample_size(design, SURVIVAL, power=0.8)
    held = drawn(ici.plot(plan, "benchmark"))
    x, y = held["probability of success"].T
    median = ici.baseline("mcc_pfs_primary").prior
    ratios = median.median / median.quantile((np.arange(4000) + 0.5) / 4000)  # exponential curves
    (name,) = (name for name in held if "averaged" in name)
    assert np.interp(ratios, x, y).mean() == pytest.approx(held[name][0, 1], abs=2e-3)
    assert np.interp(1.0, x, y) == pytest.approx(0.05, abs=2e-3)
    assert np.interp(0.5, x, y) == pytest.approx(plan.power, abs=1e-9)


# ---- two randomised arms -----------------------------------------------------------------------------


def test_reference_type_one_error_of_fishers_test():
    truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.35))
    plan = ici.sample_size(ici.RandomizedResponse(test=ici.FisherExact(), alpha=0.1), truth, power=0.8)
    half = plan.n // 2
    e, c = np.meshgrid(np.arange(half + 1), np.arange(half + 1), indexing="ij")
    rejects = hypergeom.sf(e - 1, 2 * half, e + c, half) <= 0.1
    axes = ici.plot(plan, "type I error")
    x, y = drawn(axes)["exact type I error"].T
    for k in (5, 40, 90, 150):
        both = binom.pmf(np.arange(half + 1), half, x[k])
        assert y[k] == pytest.approx(float(both @ rejects @ both), abs=1e-10)
    assert drawn(axes)["level 0.1"][:, 1].tolist() == [0.1, 0.1]
    assert f"{y.max():.4f} at most" in describe(plan, "type I error")


# ---- looks -------------------------------------------------------------------------------------------


def test_law_looks_at_responses_are_told_by_patients_and_responses():
    plan = ici.sample_size(ici.TwoStage(), BARE, power=0.8)
    labels = [label.get_text() for label in ici.plot(plan, "looks").get_xticklabels()]
    assert labels == ["look 1\n10 patients\n3 responses", "look 2\n29 patients\n9 responses"]
    said = describe(plan, "looks")
    assert "look 2 after 29 patients: rejected 0.805" in said
    assert "month" not in said


def test_law_of_many_looks_some_are_told():
    rule = ici.LeeLiu(0.9, stop=0.001, prior=ici.BetaMixture(1, 0.2, 0.8))
    result = ici.power(ici.SingleArm(36, benchmark=0.2, rule=rule), BARE.with_(control=0.2, effect=ici.Rate(0.4)))
    said = describe(result, "looks")
    assert said.startswith(
        "Probability by each look, at 8 of 27 looks, if the truth is: rate 0.4. look 1 after 10 patients"
    )
    assert said.count("rejected") == 8
    assert f"look 27 after 36 patients: rejected {result.power:.3f}" in said


def test_law_a_spread_of_responses_is_called_that():
    plan = ici.sample_size(ici.TwoStage(), TRUTH, power=0.8)
    assert ici.plot(plan, "spread of responses").get_xlabel() == "responses expected when the trial ends"


# ---- two-stage designs -------------------------------------------------------------------------------


def test_published_designs_of_simon():
    """0.1 against 0.3, alpha 0.05, power 0.8: optimal 1/10, 5/29, EN 15.01; minimax 1/15, 5/25, EN 19.51 (1989)."""
    designs = ici.TwoStageDesigns(ici.TwoStage(alpha=0.05), BARE, power=0.8)
    axes = ici.plot(designs)
    held = drawn(axes)
    assert held["optimal"] == pytest.approx(np.array([[29, 15.01]]), abs=0.005)
    assert held["minimax"] == pytest.approx(np.array([[25, 19.51]]), abs=0.005)
    assert {"optimal: 1/10, 5/29", "minimax: 1/15, 5/25"} < {text.get_text() for text in axes.texts}
    assert len(held["admissible"]) + len(held["best of its n"]) == len(designs.n)
    assert "optimal: 1/10, 5/29, 15.01 expected" in describe(designs)


def test_law_other_designs_lie_above_the_admissible_ones():
    held = drawn(ici.plot(ici.TwoStageDesigns(ici.TwoStage(alpha=0.05), TRUTH)))
    hull, others = held["admissible"], held["best of its n"]
    assert np.all(others[:, 1] > np.interp(others[:, 0], *hull.T))


def test_law_sources_are_those_of_benchmark_and_scenario():
    own = ici.TwoStageDesigns(ici.TwoStage(benchmark=ici.baseline("promit_orr")), BARE.with_(effect=ici.Rate(0.4)))
    said = ici.plot(own).figure.get_supxlabel()
    assert said.startswith("Source: benchmark: Haferkamp")
    assert "assumed" in said
