"""What reports of single arms say of the type I error, wherever they say the power."""

from __future__ import annotations

from functools import cache

import pytest
from scipy.stats import betabinom, binom

import icibaseline as ici
from icibaseline.report.families import family_tables
from icibaseline.report.honest import small
from icibaseline.report.hooks import exactly
from icibaseline.report.overview import overview_tables
from icibaseline.report.plain import answer, operating_table, protocol
from icibaseline.report.sensitivity import Change, End, changes, sensitivity_table

RATES = ici.ResponseScenario(
    control=ici.baseline("promit_orr"), effect=ici.Rate(0.35), enrollment=ici.Enrollment(rate=2), assessment=3
)
CURVES = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
AT_BENCHMARK = float(binom.sf(12, 44, 7 / 38))  # 13 of 44 succeed
AVERAGED = float(betabinom.sf(12, 44, 7.5, 31.5))


@cache
def responses(**more):
    return ici.sample_size(ici.SingleArm(rule=ici.Exact(alpha=0.05), **more), RATES, power=0.8)


@cache
def survival():
    design = ici.SingleArm(statistic=ici.OneSampleLogRank(), rule=ici.Fixed(alpha=0.05))
    return ici.sample_size(design, CURVES, power=0.8)


def written(result, folder) -> str:
    return ici.report(result, folder / "report.md").read_text("utf-8")


# ---- where the power is said, the errors are said ------------------------------------------------------


@pytest.mark.parametrize("words", [answer, protocol])
def test_reference_lead_and_protocol_say_both_errors(words) -> None:
    said = words(responses())
    assert f"with {100 * AT_BENCHMARK:.3g} % probability if the control rate is the benchmark's, 0.184" in said
    assert f"averaged over what the control rate may be, with {100 * AVERAGED:.3g} %" in said
    curve = words(survival())
    assert f"with {100 * survival().honest.average_error:.3g} %" in curve
    assert "if the control curve is the benchmark's" in curve


def test_reference_the_table_of_success_tells_benchmark_median_and_average_apart() -> None:
    rows = {row[0]: row[2] for row in operating_table(responses()).rows}
    median = ici.baseline("promit_orr").prior.median
    assert rows["no effect, the control rate is the benchmark's, 0.184"] == f"{AT_BENCHMARK:.4f}" == "0.0495"
    assert rows["no effect, the control rate is 0.187, the median of its prior"] == f"{binom.sf(12, 44, median):.4f}"
    assert rows["no effect, averaged over what the control rate may be"] == f"{AVERAGED:.4f}"


def test_reference_an_honest_rule_has_an_error_that_can_be_read() -> None:
    plan = ici.sample_size(ici.SingleArm(rule=ici.Posterior(0.95), conservative=True), RATES, power=0.8)
    errors = [row[2] for row in operating_table(plan).rows if row[1] == "type I error"]
    assert errors == ["<0.0001", "<0.0001", f"{betabinom.sf(49, 156, 7.5, 31.5):.4f}"]
    assert "0.0000" not in str(operating_table(plan).rows)


def test_reference_another_control_than_the_benchmark_is_said_with_what_it_does() -> None:
    plan = ici.sample_size(
        ici.SingleArm(benchmark=ici.baseline("promit_orr_enrolled"), rule=ici.Exact(alpha=0.05)), RATES, power=0.8
    )
    (least,) = plan.design.planned.efficacy_bounds
    inside = float(betabinom.sf(least - 1, plan.n, 7.5, 31.5))
    unlike = "one counts evaluable patients, the other enrolled ones"
    assert f"is not the benchmark: {unlike}. With that control it is {100 * inside:.3g} %" in answer(plan)
    rows = {row[0]: row[2] for row in operating_table(plan).rows}
    assert rows["no effect, averaged over what the control rate may be in the scenario"] == f"{inside:.4f}"
    assert "is not the benchmark" not in answer(responses())


@pytest.mark.parametrize(("median", "least"), [(3.5, 0.25), (4.7, 0.1)])
def test_law_a_typed_curve_against_an_uncertain_control_shows_the_error_in_the_scenario(median, least) -> None:
    rule, test = ici.Fixed(alpha=0.05), ici.OneSampleLogRank()
    design = ici.SingleArm(benchmark=ici.Exponential(median=median), statistic=test, rule=rule)
    plan = ici.sample_size(design, CURVES, power=0.8)
    inside = ici.assurance(plan.design, CURVES.null).power
    assert inside > least
    assert f"With that control it is {100 * inside:.3g} %, averaged over what it may be." in answer(plan)
    rows = {row[0]: row[2] for row in operating_table(plan).rows}
    assert rows["no effect, averaged over what the control curve may be in the scenario"] == f"{inside:.4f}"


def test_law_simulated_errors_stand_in_the_row_of_their_scenario() -> None:
    plan = responses()
    found = tuple(ici.simulate(plan.design, w, replicates=300, rng=1) for w in (RATES.null.typical, RATES.null))
    rows = {row[0]: row[3] for row in operating_table(plan.with_(simulated=found)).rows}
    assert rows["no effect, the control rate is 0.187, the median of its prior"].startswith(f"{found[0].power:.4f} (")
    assert rows["no effect, averaged over what the control rate may be"].startswith(f"{found[1].power:.4f} (")


def test_law_a_benchmark_without_an_error_says_so() -> None:
    known = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
    plan = ici.sample_size(ici.TwoStage(alpha=0.05, benchmark=0.1), known, power=0.8)
    assert "4.71 % probability if the control rate is the benchmark's, 0.1, which is taken for exact" in answer(plan)
    assert [row[2] for row in operating_table(plan).rows] == ["0.0471", "0.8051"]  # Simon 1989: 1/10, 5/29


def test_law_two_arms_have_no_benchmark_to_speak_of() -> None:
    plan = ici.sample_size(ici.Randomized(), CURVES, power=0.8)
    assert "does nothing" not in answer(plan) + protocol(plan)
    assert operating_table(plan).rows[0][0] == "no effect"


@pytest.mark.filterwarnings("ignore:The type I error of the Z test")
@pytest.mark.parametrize("test", [ici.PooledZ(), ici.Boschloo()])
def test_law_two_arms_of_responses_say_their_exact_errors_and_have_no_benchmark(test) -> None:
    plan = ici.sample_size(ici.RandomizedResponse(test=test, alpha=0.1), RATES, power=0.8)
    (at, over), level = [row for row in operating_table(plan).rows if row[1] == "type I error"], plan.honest
    assert at[:3] == ["no effect, the control rate is 0.187", "type I error", f"{level.error:.4f} (exact)"]
    assert over[2] == f"{level.average_error:.4f} (exact)"
    assert "benchmark" not in answer(plan) + protocol(plan)
    assert f"with {100 * level.average_error:.3g} %" in answer(plan)


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0495, "0.0495"), (4e-6, "<0.0001"), (0.0, "0.0000"), (5e-5, "0.0001"), (4.9e-5, "<0.0001")]
)
def test_law_a_small_probability_is_not_nought(p: float, shown: str) -> None:
    assert small(p) == shown


# ---- the benchmark stays while the control moves -------------------------------------------------------


def test_law_other_curves_show_their_type_one_error_against_the_same_benchmark() -> None:
    plan = survival()
    (table,) = family_tables(plan)
    assert table.head[-2:] == ["power", "type I error"]
    assert "its benchmark staying as it is" in table.title
    for shape, row in zip((None, 0.75, 1.3), table.rows, strict=True):
        null = CURVES.with_(control=ici.baseline("mcc_pfs_primary", shape=shape, at_median=True)).null
        assert row[-1] == small(ici.power(plan.design, null).power)
    errors = [float(row[-1]) for row in table.rows]
    assert errors[1] > 6 * errors[0] > 100 * errors[2]


def test_reference_simulated_patients_have_that_error_under_another_shape() -> None:
    plan = survival()
    null = CURVES.with_(control=ici.baseline("mcc_pfs_primary", shape=0.75, at_median=True)).null
    found = ici.simulate(plan.design, null, replicates=4000, rng=2)
    (table,) = family_tables(plan)
    assert float(table.rows[1][-1]) == pytest.approx(found.power, abs=0.02 + 3 * found.error)


def test_law_what_matters_most_shows_the_error_at_the_same_ends() -> None:
    plan = survival()
    table = sensitivity_table(plan.design, plan.scenario)
    assert {len(row) for row in table.rows} == {len(table.head)} == {8}
    rows = {row[0]: row for row in table.rows}
    prior = ici.baseline("mcc_pfs_primary").prior
    for p, column in ((0.1, 3), (0.9, 6)):
        null = CURVES.with_(control=ici.Exponential(median=float(prior.quantile(p)))).null
        assert rows["control median"][column] == small(ici.power(plan.design, null).power)
    assert rows["hazard ratio"][3] == rows["hazard ratio"][6] == small(plan.honest.error)


def test_law_what_moves_the_error_matters_as_what_moves_the_power() -> None:
    low, high = End("a", 0.8, 0.01), End("b", 0.79, 0.4)
    assert Change("control", "basis", low, high).swing(0.8) == pytest.approx(0.39)
    low, high = End("a", 0.9, 0.05), End("b", 0.3, 0.04)
    assert Change("effect", "basis", low, high).swing(0.8) == pytest.approx(0.6)
    low, high = End("a", 0.9), End("b", None)
    assert Change("effect", "basis", low, high).swing(0.8) == pytest.approx(0.1)


def test_law_two_arms_have_no_such_columns() -> None:
    plan = ici.sample_size(ici.Randomized(), CURVES, power=0.8)
    assert "type I error" not in [*family_tables(plan)[0].head, *sensitivity_table(plan.design, CURVES).head]
    assert all(end.error is None for change in changes(plan.design, CURVES) for end in (change.low, change.high))


# ---- once, and explained -------------------------------------------------------------------------------


def test_law_what_is_control_and_benchmark_is_cited_once(tmp_path) -> None:
    text = written(responses(), tmp_path)
    citation = ici.baseline("promit_orr").cited[0]
    assert text.count(citation.rstrip(".")) == 2  # the protocol's paragraph, and the sources
    assert "**control and benchmark: promit_orr** (sourced)" in text
    assert "control and benchmark: response rate: beta(7.5, 31.5)" in protocol(responses())


def test_law_two_priors_of_one_document_cite_it_once_in_the_protocol() -> None:
    plan = ici.sample_size(ici.SingleArm(benchmark=ici.baseline("promit_orr_enrolled")), RATES, power=0.8)
    said = protocol(plan)
    assert said.count(ici.baseline("promit_orr").cited[0].rstrip(".")) == 1
    assert "(from: the same source)" in said


def test_law_letters_of_flags_are_explained_where_they_stand(tmp_path) -> None:
    text = written(responses(), tmp_path)
    (legend,) = (line for line in text.splitlines() if line.startswith("Letters before a note: "))
    letters = {flag[0] for flag in ici.baseline("promit_orr").flags if flag[1] == ":"}
    assert {part[0] for part in legend.removeprefix("Letters before a note: ").split("; ")} == letters
    assert "\n- else" not in text


def test_law_the_report_has_tables_where_the_plan_has_sentences(tmp_path) -> None:
    text = written(responses(), tmp_path)
    assert "## What the benchmark leaves open" in text
    assert "| patients for power 0.8 at a rate of 0.35, at least | 135 | 44 |" in text
    assert f"| type I error, averaged over what the control rate may be | {AVERAGED:.4f} |" in text
    assert "Its power by n" not in text
    assert "Its power by n" in str(responses()).replace("\n    ", " ")


# ---- numbers that are not more than they are -----------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "said"),
    [(134.62, " (exactly 134.62)"), (15.003, " (exactly 15.003)"), (14.99999, " (exactly 14.99999)"), (19.0, "")],
)
def test_law_a_size_between_whole_numbers_is_not_read_as_one(n, said) -> None:
    assert exactly(n) == said


@pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")  # few patients
def test_law_a_size_found_among_whole_numbers_is_not_called_exact() -> None:
    control = ici.Exponential(4.7)
    truth = ici.Scenario(control, ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=12))
    for design in (ici.SingleArm(statistic=ici.Milestone(6)), ici.TwoStageSurvival()):
        plan = ici.sample_size(design, truth, power=0.8)
        assert f"{plan.n} patients for power 0.8" in str(plan)
    smooth = ici.sample_size(ici.SingleArm(statistic=ici.OneSampleLogRank()), truth, power=0.8)
    assert f"{smooth.n} patients (exactly {smooth.n_exact:.2f}) for power 0.8" in str(smooth)


@pytest.mark.parametrize("rule", [ici.LeeLiu(0.9), ici.ThallSimon(0.9, first=10, every=5), ici.Posterior(0.9)])
def test_law_a_posterior_rule_is_not_held_to_a_level(rule) -> None:
    truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    design = ici.SingleArm(40, benchmark=ici.BetaMixture(1, 20, 80), rule=rule)
    rows = overview_tables(ici.compare({"its": design, "exact": design.with_(rule=ici.Exact(0.1))}, {"truth": truth}))
    assert [row[5] for row in rows[0].rows] == ["posterior rule", "0.1"]
    null = ici.power(design, truth.null)
    assert f"type I error of a posterior rule {null.power:.4f}" in str(null)
    assert "nominal" not in str(null)
    said = " ".join(str(ici.power(design, truth)).split())
    assert ("above 1 - c = 0.1, which a posterior rule does not promise" in said) == (null.honest.error > 0.1)


@pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")  # few patients
def test_law_a_type_one_error_by_a_formula_is_called_one() -> None:
    design = ici.SingleArm(statistic=ici.RestrictedMean(6), looks=ici.AfterEnrollment(7))
    plan = ici.sample_size(design, CURVES, power=0.7)
    assert "type I error: 0.05 by the formula if the control curve is the benchmark's" in " ".join(str(plan).split())
    for words in (answer, protocol):
        assert "with 5 % probability by the formula if the control curve is the benchmark's" in words(plan)
