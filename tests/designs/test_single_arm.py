"""Single arms that count responses: sizes, exact characteristics, both faces, and what cannot be."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

PROMIT = ici.baseline("promit_orr")
TRUTH = ici.ResponseScenario(PROMIT, ici.Rate(0.35), enrollment=ici.Enrollment(rate=2), assessment=3)
NAIVE = ici.SingleArm(44, benchmark=7 / 38, rule=ici.Exact(0.05))


# ---- the contract --------------------------------------------------------------------------------------


def test_published_seven_of_thirty_eight():
    """Alpha 0.05: 13 of 44, power 0.82, 0.145 averaged over Beta(7.5, 31.5); alpha 0.025: 17 of 56, 0.112."""
    for alpha, n, r, average in ((0.05, 44, 13, 0.145), (0.025, 56, 17, 0.112)):
        plan = ici.sample_size(ici.SingleArm(rule=ici.Exact(alpha)), TRUTH, power=0.8)
        assert (plan.n, plan.design.responses) == (n, r)
        assert plan.design.benchmark == PROMIT  # the control of the scenario, whose printed count is the rate
        assert_allclose(plan.power, stats.binom.sf(r - 1, n, 0.35), rtol=1e-11)
        null = ici.assurance(plan.design, TRUTH.null)
        assert_allclose(null.power, stats.betabinom.sf(r - 1, n, 7.5, 31.5), rtol=1e-8)
        assert round(null.power, 3) == average


def test_published_the_honest_rule_needs_156_patients():
    plan = ici.sample_size(ici.SingleArm(rule=ici.Posterior(0.95), conservative=True), TRUTH, power=0.8)
    assert (plan.n, plan.design.responses) == (156, 50)
    assert_allclose(plan.power, stats.binom.sf(49, 156, 0.35), rtol=1e-11)


def test_law_a_typed_count_has_the_characteristics_of_that_count():
    design = ici.SingleArm(44, benchmark=7 / 38, rule=ici.Exact(r=13))
    assert_allclose(design.alpha, stats.binom.sf(12, 44, 7 / 38), rtol=1e-12)
    assert ici.power(design, TRUTH).power == ici.power(NAIVE, TRUTH).power
    with pytest.raises(ici.InvalidInput, match="A count belongs to one number of patients"):
        ici.sample_size(design.with_(n=None), TRUTH, power=0.8)


def test_law_months_events_and_patients():
    result = ici.power(NAIVE, TRUTH)
    assert (result.months, result.n_by_look) == ((44 / 2 + 3,), (44,))
    assert_allclose([result.events[0], result.expected_events], 44 * 0.35)
    assert (result.efficacy_bounds, result.futility_bounds) == ((13,), (12,))
    dateless = ici.power(NAIVE, TRUTH.with_(enrollment=None))
    assert np.isnan(dateless.months).all()
    assert np.isnan(dateless.expected_months)
    assert "month" not in str(dateless)
    assert "month" in str(result)


def test_law_the_frozen_plan_is_executed_everywhere():
    planned = ici.SingleArm(44).plan_for(TRUTH)
    slow = TRUTH.with_(enrollment=ici.Enrollment(rate=1), control=0.5, effect=ici.Rate(0.2))
    table = ici.compare([planned, ici.SingleArm(44)], [TRUTH, slow, TRUTH.null])
    assert_allclose(table.power[:, 1], stats.binom.sf(12, 44, 0.2), rtol=1e-9)
    assert table[0, 1].months == (47,)
    assert table.results[0].design == table.results[3].design  # unplanned designs are planned for the first scenario


def test_law_enrolment_that_fixes_another_number_is_refused():
    fixed = TRUTH.with_(enrollment=ici.Enrollment(rate=2, duration=20))
    with pytest.raises(ici.InvalidInput, match="the 40 patients that rate x duration give"):
        ici.power(NAIVE, fixed)
    with pytest.raises(ici.InvalidInput, match="Together they fix n at 40"):
        ici.sample_size(ici.SingleArm(), fixed, power=0.8)


# ---- benchmarks ----------------------------------------------------------------------------------------


def test_law_what_the_plug_in_of_a_benchmark_is():
    rates = {
        7 / 38: 7 / 38,
        PROMIT: 7 / 38,
        ici.baseline("promit_orr_enrolled"): 7 / 53,
        ici.baseline("promit_orr", at_median=True): PROMIT.prior.median,
        ici.BetaMixture.from_counts(7, 38): PROMIT.prior.median,
        PROMIT.with_(prior=ici.BetaMixture.from_counts(3, 10)): stats.beta(3.5, 7.5).median(),
    }
    for benchmark, rate in rates.items():
        reference = NAIVE.with_(benchmark=benchmark).reference
        assert_allclose(reference.rate, rate, rtol=1e-9)
        assert (reference.law is None) == (benchmark in (7 / 38, ici.baseline("promit_orr", at_median=True)))


def test_law_a_benchmark_stays_with_the_design():
    other = ici.baseline("promit_orr_enrolled")
    planned = ici.SingleArm(44, benchmark=other).plan_for(TRUTH)
    assert planned.benchmark == other
    assert planned.responses < ici.SingleArm(44).plan_for(TRUTH).responses


def test_law_a_count_whose_patients_are_not_named_is_asked_for_them(tmp_path):
    def made(**more):
        found = {**ici.findings(supports="promit_orr")[0]._arguments(), "supports": "mine", "document": "mine", **more}
        return ici.Baseline("mine", findings=(ici.Finding(**found),))

    assert ici.SingleArm(44, benchmark=made(analysis_set="enrolled")).responses == 13
    with pytest.raises(ici.InvalidInput, match='analysis_set="evaluable"') as caught:
        ici.SingleArm(44, benchmark=made(analysis_set=None))
    assert "must say which patients were counted" in str(caught.value)


@pytest.mark.parametrize(
    ("benchmark", "kind", "said"),
    [
        (18.4, ici.InvalidInput, "Write 0.184 for 18.4 %"),
        (ici.Exponential(4.7), ici.InvalidInput, "a rate strictly between 0 and 1"),
        (ici.baseline("mcc_pfs_primary"), ici.RefusedFinding, "a prior of the survival"),
        (ici.baseline("mcc_share_primary"), ici.RefusedFinding, "a prior of the shares"),
        (ici.NormalMixture.lognormal(4.7, 0.2), ici.InvalidInput, "a prior that stays there"),
    ],
)
def test_law_a_benchmark_that_is_no_rate_is_refused(benchmark, kind, said):
    with pytest.raises(kind, match="`benchmark` must be") as caught:
        ici.SingleArm(44, benchmark=benchmark)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rule": ici.Posterior()}, "Its error is not known"),
        ({"rule": ici.Fixed(0.05)}, "A boundary on Z needs a `statistic`"),
        ({"looks": ici.AfterEnrollment(12)}, "the rule says when they are counted"),
        ({"n": 44.5}, "`n` must be a whole number"),
        ({"rule": ici.Exact(r=45)}, "`r` must be at most n, which is 44"),
    ],
)
def test_law_parts_that_do_not_suit_one_another_are_refused(arguments, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.SingleArm(**{"n": 44, "benchmark": 0.2, **arguments})


def test_law_scenarios_of_another_outcome_are_refused():
    survival = ici.Scenario(
        control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
    )
    for verb in (ici.power, ici.assurance, ici.simulate):
        with pytest.raises(ici.InvalidInput, match="`scenario` must be a ResponseScenario"):
            verb(NAIVE, survival)
        with pytest.raises(ici.InvalidInput, match="`scenario` must be a Scenario"):
            verb(ici.Randomized(100), TRUTH)
    with pytest.raises(ici.InvalidInput, match="a ResponseScenario"):
        ici.compare([NAIVE], [TRUTH, survival])


# ---- sizes -----------------------------------------------------------------------------------------------


def power_at(n, p0, p1, alpha):
    """Power of the exact test by its definition, from binomial tails alone."""
    r = next(r for r in range(n + 2) if stats.binom.sf(r - 1, n, p0) <= alpha)
    return stats.binom.sf(r - 1, n, p1)


@given(p0=st.floats(0.05, 0.6), more=st.floats(0.17, 0.35), alpha=st.sampled_from([0.025, 0.05, 0.1]))
@settings(max_examples=15, deadline=None)
def test_law_both_sizes_by_trying_every_n(p0, more, alpha):
    truth = ici.ResponseScenario(p0, ici.Rate(p0 + more))
    n, x = np.arange(1, 300)[:, None], np.arange(302)
    least = np.argmax(stats.binom.sf(x - 1, n, p0) <= alpha, axis=1)
    power = stats.binom.sf(least - 1, n[:, 0], p0 + more)
    design = ici.SingleArm(rule=ici.Exact(alpha))
    assert ici.sample_size(design, truth, power=0.8).n == np.argmax(power >= 0.8) + 1
    lasting = ici.sample_size(design.with_(conservative=True), truth, power=0.8)
    assert lasting.n == np.flatnonzero(power < 0.8)[-1] + 2


@pytest.mark.parametrize("effect", [0.1, 7 / 38, 0.05])
def test_law_an_experimental_rate_not_above_the_benchmark_is_refused(effect):
    with pytest.raises(ici.NoSolution, match=r"is not above 0\.1842, the benchmark"):
        ici.sample_size(ici.SingleArm(benchmark=7 / 38), TRUTH.with_(effect=ici.Rate(effect)), power=0.8)


def test_law_below_the_floor_no_n_reaches_a_target_and_the_limit_says_so():
    with pytest.raises(ici.NoSolution, match=r"0\.95 quantile of what the benchmark's rate may be") as caught:
        ici.sample_size(ici.SingleArm(rule=ici.Posterior(0.95)), TRUTH.with_(effect=ici.Rate(0.3)), power=0.8)
    assert "0.3033" in str(caught.value)


def test_law_a_limit_on_patients_names_the_nearest():
    power, n = max((power_at(n, 7 / 38, 0.35, 0.05), n) for n in range(1, 41))
    with pytest.raises(ici.NoSolution, match=f"the best that was seen is {power:.4g}, at n = {n}"):
        ici.sample_size(ici.SingleArm(n_max=40), TRUTH, power=0.8)
    with pytest.raises(ici.NoSolution, match="n = 50 is the smallest after which none misses it"):
        ici.sample_size(ici.SingleArm(n_max=45, conservative=True), TRUTH, power=0.8)


def test_law_assurance_by_trying_every_n():
    effect = ici.Rate(ici.BetaMixture((1,), (14,), (26,)))
    truth = ici.ResponseScenario(7 / 38, effect)
    plan = ici.sample_size(ici.SingleArm(), truth, assurance=0.7)

    def assurance(n):
        r = next(r for r in range(n + 2) if stats.binom.sf(r - 1, n, 7 / 38) <= 0.05)
        return stats.betabinom.sf(r - 1, n, 14, 26)

    assert plan.n == next(n for n in range(1, 300) if assurance(n) >= 0.7)
    assert_allclose(plan.assurance, assurance(plan.n), rtol=1e-8)
    assert_allclose(plan.averaged.ceiling, stats.beta(14, 26).sf(7 / 38), atol=2e-5)


def test_law_an_assurance_above_its_ceiling_is_refused():
    truth = ici.ResponseScenario(7 / 38, ici.Rate(ici.BetaMixture((1,), (8,), (22,))))
    ceiling = stats.beta(8, 22).sf(7 / 38)
    with pytest.raises(ici.NoSolution, match="below its ceiling") as caught:
        ici.sample_size(ici.SingleArm(), truth, assurance=ceiling + 0.01)
    assert_allclose(float(str(caught.value).split("ceiling ")[1].split(",")[0]), ceiling, atol=6e-5)


# ---- both faces --------------------------------------------------------------------------------------------

DESIGNS = {
    "exact": ici.SingleArm(44, benchmark=PROMIT, rule=ici.Exact(0.05)),
    "count": ici.SingleArm(44, benchmark=0.2, rule=ici.Exact(r=13)),
    "posterior": ici.SingleArm(80, benchmark=PROMIT, rule=ici.Posterior(0.9)),
    "prior": ici.SingleArm(
        30, benchmark=ici.BetaMixture.from_counts(7, 38).robust(), rule=ici.Posterior(0.8, delta=0.02)
    ),
}
WORLDS = {
    "certain": TRUTH.typical,
    "priors": TRUTH.with_(effect=ici.OddsRatio(ici.NormalMixture.lognormal(2, 0.3))),
    "null": TRUTH.null,
    "spread": TRUTH.with_(enrollment=ici.Enrollment(duration=24, relative_rates=(1, 3), knots=(6,))),
    "dateless": TRUTH.with_(enrollment=None),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", DESIGNS)
def test_law_formula_and_simulation_agree(name, world):
    design, truth = DESIGNS[name].plan_for(TRUTH), WORLDS[world]
    formula, found = ici.assurance(design, truth), ici.simulate(design, truth, replicates=8000, rng=3)
    assert abs(formula.power - found.power) < 3.5 * max(found.error, 1e-4)
    assert abs(formula.events[0] - found.events[0]) < 3.5 * found.errors.events[0]
    if world == "dateless":
        assert np.isnan(found.months[0])
        assert np.isnan(formula.months[0])
    else:
        assert abs(formula.months[0] - found.months[0]) < 3.5 * found.errors.months[0] + 1e-9


def test_law_power_grows_with_the_rate():
    rates = np.linspace(0.01, 0.99, 60)
    for design in DESIGNS.values():
        batch = ici.ResponseScenario(0.2, ici.Rate(ici.BetaMixture((1,), (1,), (1,)))).at([rates])
        power = design.plan_for(TRUTH).evaluate(batch).power
        assert np.all(np.diff(power) >= -1e-14)


def test_law_a_seed_gives_the_same_trials_and_plans_round_trip(tmp_path):
    plan = ici.sample_size(ici.SingleArm(), TRUTH, power=0.8)
    first, second = (ici.simulate(plan.design, TRUTH, replicates=600, rng=7) for _ in range(2))
    assert first == second
    again = ici.Plan.from_dict(json.loads(ici.report(plan, tmp_path / "plan.json").read_text("utf-8")))
    assert again == plan
    assert again.power == plan.power


# ---- reports -------------------------------------------------------------------------------------------------


def test_law_a_report_names_the_benchmark_the_counts_and_the_papers(tmp_path):
    plan = ici.sample_size(ici.SingleArm(rule=ici.Exact(0.05)), TRUTH, power=0.8)
    page = ici.report(plan, tmp_path / "plan.md").read_text("utf-8")
    for wanted in (
        "success if at least 13 of 44",
        "7 of 38",
        "evaluable",
        "benchmark",
    ):
        assert wanted in page
    assert re.search(r"0\.145 averaged|averaged over [^|]*\| 0\.1446", page)
    assert re.search(r"156 after which|has that power from \| 156", page)
    assert [s.baseline for s in ici.sources(plan) if s.role == "benchmark"] == ["promit_orr"]
    assert any("saw-tooth" in paper for paper in ici.references(plan))
    code = page.split("```python\n")[1].split("```")[0]
    scope: dict = {}
    exec(code, scope)
    assert scope["result"] == plan


def test_law_a_bare_number_is_called_a_law_of_nature():
    said = str(ici.power(NAIVE, TRUTH.with_(control=7 / 38)))
    assert "law of nature" in said
    assert "BetaMixture.from_counts" in said
    assert "law of nature" not in str(ici.power(NAIVE.with_(benchmark=PROMIT), TRUTH))


def test_law_a_bare_number_takes_the_error_of_the_control_that_the_scenario_holds():
    found, wanted = ici.power(NAIVE, TRUTH), ici.power(NAIVE.with_(benchmark=PROMIT), TRUTH)
    assert found.honest.borrowed
    assert not wanted.honest.borrowed
    for name in ("average_error", "error_quantiles", "sizes", "resampled_error", "floor"):
        assert getattr(found.honest, name) == getattr(wanted.honest, name)
    in_the_null = ici.assurance(NAIVE, TRUTH.null)
    assert_allclose(found.honest.average_error, in_the_null.power, atol=1e-6)
    said = " ".join(str(found).split())
    assert "law of nature" not in said
    assert "which has no error of its own; with that of the scenario's control, 7 of 38 = 0.184 (promit_orr" in said
    assert "0.145 averaged over what it may be" in said


def test_law_a_count_of_another_rate_is_not_drawn_anew():
    other = ici.power(NAIVE.with_(benchmark=0.25), TRUTH).honest
    assert other.average_error is not None
    assert other.resampled_error is None
    assert other.reference.rate == 0.25


def test_law_a_design_too_large_is_named_beside_the_best_that_was_seen():
    truth, p0 = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.25)), 0.2
    n = next(n for n in range(1, 2000) if power_at(n, p0, 0.25, 0.05) >= 0.8)
    with pytest.raises(ici.NoSolution, match=f"the best that was seen is .*; n = {n} is the smallest that reaches it"):
        ici.sample_size(ici.SingleArm(n_max=100), truth, power=0.8)


@pytest.mark.parametrize("kind", [ici.SingleArm, ici.TwoStage])
def test_law_a_count_for_a_benchmark_is_told_how_to_be_a_rate(kind):
    with pytest.raises(ici.InvalidInput, match=r"`benchmark` must be .*; got 7\. Write 7/n if 7 of n patients"):
        kind(benchmark=7)
    with pytest.raises(ici.InvalidInput, match=r"got 18\.4\. Write 0\.184 for 18\.4 %"):
        kind(benchmark=18.4)
    for wrong in (float("inf"), float("nan"), True, -3, 0):
        with pytest.raises(ici.InvalidInput, match="`benchmark`"):
            kind(benchmark=wrong)
