"""The verbs: sizing, comparing, and the frozen plan carried out everywhere."""

from __future__ import annotations

import inspect
import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
SLOW = TRUTH.with_(control=ici.Exponential(median=12))
UNCERTAIN = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.2)))
DESIGN = ici.Randomized(134)


# ---- sizing ----------------------------------------------------------------------------------------


def test_regression_sizes_of_the_contract():
    plan = ici.sample_size(ici.Randomized(), TRUTH, power=0.8)
    assert (plan.n, round(plan.n_exact, 3)) == (136, 134.618)
    schoenfeld = ici.sample_size(ici.Randomized(statistic=ici.LogRank(formula="schoenfeld")), TRUTH, power=0.8)
    assert (schoenfeld.n, round(schoenfeld.n_exact, 3), round(schoenfeld.events_required, 3)) == (134, 132.953, 120.316)
    assert (round(schoenfeld.events, 2), round(schoenfeld.power, 4)) == (121.26, 0.8031)
    assert round(ici.power(DESIGN, TRUTH).power, 4) == 0.7982


def test_law_a_plan_tells_what_it_is():
    plan = ici.sample_size(ici.Randomized(ratio=2), TRUTH, power=0.8)
    assert plan.target == ("power", 0.8)
    assert plan.n % 3 == 0
    assert plan.design.arm_sizes == (plan.n // 3, 2 * plan.n // 3)
    assert plan.design.planned.n == plan.n
    assert plan.characteristics == ici.power(plan.design, TRUTH)
    assert (plan.events, plan.months, plan.power) == (
        plan.characteristics.events[-1],
        plan.characteristics.months,
        plan.characteristics.power,
    )
    assert plan.assurance == plan.power
    assert plan.scenario is TRUTH


def test_law_assurance_is_reached_at_n():
    plan = ici.sample_size(ici.Randomized(), UNCERTAIN, assurance=0.75)
    assert plan.target == ("assurance", 0.75)
    assert plan.assurance >= 0.75 > ici.assurance(ici.Randomized(plan.n - 2), UNCERTAIN).power
    assert_allclose(ici.assurance(ici.Randomized(plan.n_exact), UNCERTAIN).power, 0.75, atol=1e-8)
    assert plan.assurance != plan.power


def test_law_no_solution_names_the_ceiling():
    vague = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.61)))
    ceiling = ici.assurance(DESIGN, vague).ceiling
    assert ceiling < 0.8
    with pytest.raises(ici.NoSolution, match=f"ceiling {ceiling:.4g}"):
        ici.sample_size(ici.Randomized(), vague, assurance=0.8)
    with pytest.raises(ici.NoSolution, match="does not favour the experimental arm"):
        ici.sample_size(ici.Randomized(), TRUTH.null, power=0.8)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((DESIGN, TRUTH, {"power": 0.8}), "design.n"),
        ((ici.Randomized(), TRUTH, {}), "power"),
        ((ici.Randomized(), TRUTH, {"power": 0.8, "assurance": 0.8}), "power"),
        ((ici.Randomized(), TRUTH, {"power": 1.0}), "power"),
        ((ici.Randomized(), TRUTH, {"power": 0.02}), "power"),
        ((ici.Randomized(), TRUTH, {"assurance": "0.8"}), "assurance"),
        ((ici.Fixed(), TRUTH, {"power": 0.8}), "design"),
        ((ici.Randomized(), DESIGN, {"power": 0.8}), "scenario"),
        ((ici.Randomized(looks=ici.AtEvents(100)), TRUTH, {"power": 0.8}), "by"),
    ],
)
def test_law_sizing_refuses_what_it_cannot_mean(arguments, name):
    design, scenario, target = arguments
    with pytest.raises(ici.InvalidInput, match=f"^`{name}"):
        ici.sample_size(design, scenario, **target)


@pytest.mark.parametrize("verb", [ici.power, ici.assurance, ici.simulate, ici.compare])
def test_law_the_other_verbs_need_n(verb):
    with pytest.raises(ici.InvalidInput, match="sample_size"):
        verb(ici.Randomized(), TRUTH)


def test_law_no_formula_is_said():
    late = TRUTH.with_(effect=ici.HazardRatio(0.6, delay=3))
    design = ici.Randomized(134, statistic=ici.LogRank(formula="schoenfeld"))
    with pytest.raises(ici.NoFormula, match="simulate"):
        ici.power(design, late)
    planned = design.plan_for(TRUTH)
    assert ici.simulate(planned, late, replicates=300, rng=1).power > 0


# ---- the frozen plan -------------------------------------------------------------------------------


def test_law_calendar_looks_keep_their_months_in_every_scenario():
    """Sized where enrolment takes 24 months, carried out where it takes 40."""
    plan = ici.sample_size(ici.Randomized(looks=ici.AfterEnrollment((0, 12))), TRUTH, power=0.8)
    slower = TRUTH.with_(enrollment=ici.Enrollment(duration=40))
    for verb in (ici.power, ici.assurance, lambda d, s: ici.simulate(d, s, replicates=300, rng=1)):
        assert_allclose(verb(plan.design, slower).months, (24, 36), rtol=1e-12)
        assert verb(plan.design, slower).n_by_look[0] < 0.7 * plan.n
    assert ici.power(ici.Randomized(plan.n, looks=ici.AfterEnrollment((0, 12))), slower).months == (40, 52)


def test_law_event_looks_keep_their_counts_in_every_scenario():
    design = ici.Randomized(134, looks=ici.AtEvents((60, 110))).plan_for(TRUTH)
    for scenario in (SLOW, TRUTH.null, TRUTH.with_(effect=ici.HazardRatio(0.4))):
        assert_allclose(ici.power(design, scenario).events, (60, 110), rtol=1e-9)
        assert ici.simulate(design, scenario, replicates=300, rng=1).events == (60, 110)
    assert ici.power(design, SLOW).months[1] > ici.power(design, TRUTH).months[1] + 10


def test_law_planning_again_changes_nothing():
    planned = DESIGN.plan_for(TRUTH)
    assert planned.plan_for(TRUTH) == planned
    assert ici.power(planned, TRUTH) == ici.power(DESIGN, TRUTH)
    assert ici.power(DESIGN, TRUTH).design == planned


@pytest.mark.parametrize(
    "change",
    [{"n": 200}, {"ratio": 1.5}, {"looks": ici.AtMonths(30)}, {"boundary": ici.Fixed(0.05)}],
    ids=lambda change: next(iter(change)),
)
def test_law_a_changed_design_is_planned_anew(change):
    changed = DESIGN.plan_for(TRUTH).with_(**{"n": 140, **change})
    fresh = ici.Randomized(**{"n": 140, **change})
    assert ici.power(changed, TRUTH).power == ici.power(fresh, TRUTH).power


def test_law_bounds_are_those_of_the_plan():
    result = ici.power(ici.Randomized(134, looks=ici.AtMonths((12, 36)), boundary=ici.Fixed(0.05)), TRUTH)
    assert result.efficacy_bounds == (np.inf, pytest.approx(1.6448536269514722))
    assert result.futility_bounds == (-np.inf, -np.inf)
    assert result.reject_by_look == (0, result.power)
    assert (result.expected_n, result.expected_events, result.expected_months) == (
        pytest.approx(result.n_by_look[-1]),
        pytest.approx(result.events[-1]),
        pytest.approx(36),
    )


# ---- comparing -------------------------------------------------------------------------------------


def test_law_compare_is_every_design_in_every_scenario():
    designs, scenarios = [DESIGN, ici.Randomized(200, ratio=3)], [TRUTH, TRUTH.null, SLOW]
    table = ici.compare(designs, scenarios)
    assert table.power.shape == (2, 3)
    for i, design in enumerate(designs):
        planned = design.plan_for(TRUTH)
        for j, scenario in enumerate(scenarios):
            assert table[i, j] == ici.power(planned, scenario)
            assert table.power[i, j] == table[i, j].power
    assert table[-1, -1] == table[1, 2]
    assert_allclose(table.power[:, 1], 0.025, rtol=1e-9)
    for key in ((2, 0), (0, 3), (-3, 0), 1):
        with pytest.raises(ici.InvalidInput, match="`key` must be"):
            table[key]


def test_law_compare_takes_any_verb():
    assert ici.compare(DESIGN, UNCERTAIN, by=ici.assurance)[0, 0] == ici.assurance(DESIGN, UNCERTAIN)
    simulated = ici.compare(DESIGN, [TRUTH], by=lambda d, s: ici.simulate(d, s, replicates=300, rng=1))
    assert simulated[0, 0] == ici.simulate(DESIGN, TRUTH, replicates=300, rng=1)


def test_law_compare_gives_rows_and_a_frame():
    table = ici.compare([DESIGN, ici.Randomized(200)], [TRUTH, SLOW])
    rows, frame = table.rows(), table.to_frame()
    places = [("1", "1", 134), ("1", "2", 134), ("2", "1", 200), ("2", "2", 200)]
    assert [(r["design"], r["scenario"], r["n"]) for r in rows] == places
    assert frame["power"].tolist() == [r["power"] for r in rows] == table.power.ravel().tolist()


def test_law_compare_keeps_names():
    named = ici.compare({"small": DESIGN, "large": ici.Randomized(200)}, {"planned": TRUTH, "slow": SLOW})
    assert named.names == (("small", "large"), ("planned", "slow"))
    assert [r["scenario"] for r in named.rows()] == ["planned", "slow"] * 2
    assert np.array_equal(named.power, ici.compare([DESIGN, ici.Randomized(200)], [TRUTH, SLOW]).power)


@pytest.mark.parametrize(
    ("designs", "scenarios", "by"),
    [
        ([], TRUTH, ici.power),
        (DESIGN, [], ici.power),
        (DESIGN, [DESIGN], ici.power),
        ("design", TRUTH, ici.power),
        (DESIGN, TRUTH, "power"),
        (DESIGN, TRUTH, lambda d, s: 0.8),
    ],
)
def test_law_compare_refuses_what_is_no_table(designs, scenarios, by):
    with pytest.raises(ici.InvalidInput, match="must be"):
        ici.compare(designs, scenarios, by=by)


# ---- averaging -------------------------------------------------------------------------------------


def test_law_sensitivity_spreads_the_effect_around_its_median():
    result = ici.assurance(DESIGN, UNCERTAIN)
    assert [row[0] for row in result.sensitivity] == [0.2, 0.3, 0.4]
    assert_allclose(result.sensitivity[0][1:], (result.power, result.ceiling), atol=1e-6)
    assert ici.power(DESIGN, UNCERTAIN).sensitivity == ()
    assert ici.assurance(DESIGN, TRUTH).sensitivity == ()


def test_law_a_certain_scenario_has_no_spread():
    result = ici.assurance(DESIGN, TRUTH)
    assert_allclose(result.power_quantiles, result.power, rtol=1e-6)
    assert (result.ceiling, result.power_at_least) == (1, 0)
    assert ici.assurance(DESIGN, TRUTH, target=0.7).power_at_least == 1


# ---- wrong calls -----------------------------------------------------------------------------------

CALLS = [
    (
        lambda plan: ici.sample_size(ici.Randomized(), TRUTH, 0.8),
        "at most 2 arguments by position; got 3. Name the others",
    ),
    (
        lambda plan: ici.simulate(DESIGN, TRUTH, seed=1),
        "`seed` must be an argument of simulate; got seed=1. Did you mean `rng`",
    ),
    (lambda plan: ici.power(DESIGN), "`scenario` must be given to power; got nothing"),
    (lambda plan: ici.power(DESIGN, TRUTH, design=DESIGN), "`design` must be given to power once"),
    (lambda plan: ici.assurance(DESIGN, TRUTH, nothing=1), "Its arguments are design, scenario, target"),
    (lambda plan: ici.NormalMixture.lognormal(0.6), "`sd` must be given to NormalMixture.lognormal; got nothing"),
    (lambda plan: ici.NormalMixture.lognormal(0.6, 0.2, 1), "at most 2 arguments by position; got 3"),
    (lambda plan: ici.power(plan, TRUTH), "got a Plan of 136 patients. Use plan.design."),
    (lambda plan: ici.simulate(plan, TRUTH), "got a Plan of 136 patients. Use plan.design."),
    (lambda plan: ici.compare(plan, [TRUTH]), "got a Plan of 136 patients. Use plan.design."),
    (lambda plan: ici.compare([plan], [TRUTH]), "got a Plan of 136 patients. Use plan.design."),
    (lambda plan: ici.power(DESIGN, plan), "got a Plan of 136 patients. Use plan.scenario."),
    (lambda plan: ici.HazardRatio(ici.baseline("mcc_pfs_primary")), "effect=baseline"),
]


@pytest.mark.parametrize("k", range(len(CALLS)))
def test_law_a_wrong_call_is_answered_in_the_words_of_the_library(k):
    call, said = CALLS[k]
    plan = ici.sample_size(ici.Randomized(), TRUTH, power=0.8)
    with pytest.raises(ici.InvalidInput) as refused:
        call(plan)
    assert said in str(refused.value)


def test_law_the_verbs_keep_their_signatures_and_warnings_point_to_the_caller():
    assert list(inspect.signature(ici.power).parameters) == ["design", "scenario"]
    assert ici.simulate.__doc__.startswith("Operating characteristics by patient-level simulation.")
    with pytest.warns(ici.ApproximationWarning) as noted:
        ici.power(ici.Randomized(n=60, ratio=2), TRUTH)
    assert noted[0].filename == __file__


@pytest.mark.parametrize(
    ("n", "ratio", "simulated"),  # by a million trials, in per cent, nominally 2.5
    [(60, 3, 3.76), (60, 2, 3.34), (60, 1, 2.78), (480, 3, 2.86), (405, 2, 2.73), (1500, 2, None), (134, 1, None)],
)
def test_reference_the_caution_on_small_and_unequal_trials_says_what_is_simulated(n, ratio, simulated):
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        ici.power(ici.Randomized(n=n, ratio=ratio), TRUTH)
    if simulated is None:
        assert not noted
    else:
        (said,) = (str(note.message) for note in noted)
        number = float(re.search(r"rejects in about ([\d.]+) % of trials without an effect, not in 2.5 %", said)[1])
        assert number == pytest.approx(simulated, abs=0.11)  # printed to 0.1
