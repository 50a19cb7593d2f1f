"""Boundaries in the verbs: sizing, averaging, skipped and late looks, and one look, which is the fixed design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

ENROLLMENT = ici.Enrollment(duration=24)
TRUTH = ici.Scenario(ici.Exponential(median=4.7), ici.HazardRatio(0.6), enrollment=ENROLLMENT)
AT_END = ici.AfterEnrollment(12)
LOOKS = ici.AtInformation((0.6, 1.0), final=AT_END)
HSD = ici.HwangShihDeCani(-2)
BOUNDARIES = (
    ici.Spending(0.025),
    ici.Spending(0.025, futility=HSD),
    ici.Spending(0.025, futility=HSD, binding=True),
    ici.Spending(0.025, sided=2),
    ici.Spending(0.025, futility=ici.FutilityHazardRatio(1.0)),
    ici.Spending(0.025, efficacy_looks=(2,), futility=HSD, futility_looks=(1,)),
    ici.Spending(0.025, ici.Pocock(), futility=HSD, time=ici.CalendarTime()),
    ici.Spending(0.025, futility=HSD, time=ici.InformationTime(capped=True)),
    ici.WangTsiatis(0.025, 0.25),
    ici.HaybittlePeto(0.025),
)
RULES = (
    LOOKS,
    ici.AtMonths((18, 36)),
    ici.AfterEnrollment((0, 12)),
    ici.AtEvents((70, 140), by=(30, 48)),
    ici.InTurn((ici.AtEvents(73), AT_END)),
)


@pytest.mark.parametrize("looks", RULES, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_sample_size_reaches_its_target(boundary, looks):
    """At the exact n, found for a boundary that was not told beta; the whole number has more."""
    plan = ici.sample_size(ici.Randomized(looks=looks, boundary=boundary), TRUTH, power=0.8)
    assert plan.design.boundary == boundary.aimed(0.8)
    exact = ici.power(ici.Randomized(plan.n_exact, looks=looks, boundary=plan.design.boundary), TRUTH)
    assert exact.power == pytest.approx(0.8, abs=1e-8)
    assert exact.events[-1] == pytest.approx(plan.events_required, rel=1e-9)
    assert 0.8 <= plan.power < 0.82
    assert plan.n - 2 < plan.n_exact <= plan.n
    assert sum(plan.characteristics.reject_by_look) == pytest.approx(plan.power, abs=1e-12)
    again = ici.Plan.from_dict(plan.to_dict())
    assert again.characteristics == plan.characteristics


def test_law_beta_is_what_the_target_leaves():
    design = ici.Randomized(looks=LOOKS, boundary=ici.Spending(0.025, futility=HSD))
    assert ici.sample_size(design, TRUTH, power=0.8).design.boundary.beta == 0.2
    assert ici.sample_size(design, TRUTH, power=0.9).design.boundary.beta == 0.1
    kept = design.with_(boundary=ici.Spending(0.025, futility=HSD, beta=0.15))
    assert ici.sample_size(kept, TRUTH, power=0.9).design.boundary.beta == 0.15
    unsure = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.2)))
    plan = ici.sample_size(design, unsure, assurance=0.7)
    assert plan.design.boundary.beta == 0.3
    assert 0.7 <= plan.assurance < 0.71


@pytest.mark.parametrize("formula", ["score", "schoenfeld", "second-order"])
@pytest.mark.parametrize("boundary", [ici.Spending(0.025), BOUNDARIES[1], BOUNDARIES[2], *BOUNDARIES[6:]], ids=str)
def test_law_one_look_is_the_fixed_design(boundary, formula):
    fixed = ici.Randomized(statistic=ici.LogRank(formula=formula), looks=AT_END)
    single = fixed.with_(boundary=boundary, looks=ici.AtInformation((1.0,), final=AT_END))
    for scenario in (TRUTH, TRUTH.with_(effect=ici.HazardRatio(0.75))):
        one, other = (ici.sample_size(d, scenario, power=0.8) for d in (fixed, single))
        assert_allclose(
            (other.n_exact, other.events_required, other.power, *other.design.planned.efficacy_bounds),
            (one.n_exact, one.events_required, one.power, *one.design.planned.efficacy_bounds),
            rtol=1e-12,
        )
    unsure = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
    averages = (ici.assurance(d.aimed(0.8).with_(n=134), unsure).power for d in (fixed, single))
    assert_allclose(*averages, rtol=1e-12)
    runs = [ici.simulate(d.aimed(0.8).with_(n=134), TRUTH, replicates=512, rng=1) for d in (fixed, single)]
    assert runs[0].power == runs[1].power


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_the_planned_bounds_are_those_of_the_planned_events(boundary):
    """Continuous: events that differ by next to nothing from the planned ones give next to nothing else."""
    plan = ici.sample_size(ici.Randomized(looks=RULES[1], boundary=boundary), TRUTH, power=0.8)
    for beta in (None, 0.4):  # also of a trial that has not the power that its beta was meant for
        held = boundary.with_(beta=beta) if beta and getattr(plan.design.boundary, "beta", None) else boundary
        design = plan.design.with_(boundary=held, planned=None).plan_for(TRUTH)
        near = design.planned_boundary.executed(
            np.array(design.planned.events) * (1 + 1e-9), np.array(design.planned.months)
        )
        assert_allclose(near.efficacy, design.planned.efficacy_bounds, atol=1e-6)
        assert_allclose(near.futility, design.planned.futility_bounds, atol=1e-6)


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_alpha_by_look_is_what_the_planned_bounds_spend_in_all(boundary):
    """The mirrored bounds of a two-sided boundary, and binding ones, take part in keeping alpha."""
    design = ici.Randomized(140, looks=RULES[1], boundary=boundary).plan_for(TRUTH)
    assert sum(design.alpha_by_look) == pytest.approx(0.025, abs=1e-9)


def test_law_alpha_is_kept_in_every_scenario():
    """Bounds are recomputed from the events that come: without an effect a trial rejects in alpha of all cases."""
    design = ici.Randomized(134, looks=RULES[1], boundary=ici.Spending(0.025)).plan_for(TRUTH)
    for median in (1.0, 2.0, 4.7, 12.0, 40.0):
        null = TRUTH.with_(control=ici.Exponential(median), effect=ici.HazardRatio(1.0))
        assert ici.power(design, null).power == pytest.approx(0.025, abs=1e-9)


def test_law_type_one_error_by_simulation_with_a_permutation_reference():
    """Bounds that are recomputed hold for p values of permutations too; blocks share permutations."""
    design = ici.Randomized(
        60,
        statistic=ici.LogRank(reference="permutation", permutations=499),
        looks=ici.AtMonths((14, 36)),
        boundary=ici.Spending(0.1),
    ).plan_for(TRUTH)
    slow = TRUTH.null.with_(control=ici.Exponential(median=15))
    runs = np.array([ici.simulate(design, slow, replicates=256, rng=k).power for k in range(12)])
    assert abs(runs.mean() - 0.1) < 3.5 * runs.std(ddof=1) / math.sqrt(len(runs))


def test_law_assurance_averages_stopping_over_the_priors():
    """Against a plain Monte Carlo average of the formula over draws of both priors."""
    prior, effect = ici.NormalMixture.lognormal(4.7, 0.4), ici.NormalMixture.lognormal(0.6, 0.3)
    unsure = TRUTH.with_(control=prior, effect=ici.HazardRatio(effect))
    boundary = ici.Spending(0.025, futility=HSD, beta=0.2)
    design = ici.Randomized(150, looks=RULES[1], boundary=boundary).plan_for(unsure)
    result = ici.assurance(design, unsure)
    rng = np.random.default_rng(1)
    draws = 4000
    medians, ratios = 4.7 * np.exp(0.4 * rng.normal(size=draws)), 0.6 * np.exp(0.3 * rng.normal(size=draws))
    found = design.evaluate(unsure.at([medians, ratios]))
    stop = found.reject + found.futility
    stop[:, -1] = 1 - stop[:, :-1].sum(axis=1)
    for x, average in (
        (found.reject, result.reject_by_look),
        (found.futility, result.futility_by_look),
        (found.overruled.sum(axis=1), result.power_overruled),
        ((stop * found.months).sum(axis=1), result.expected_months),
        ((stop * found.events).sum(axis=1), result.expected_events),
        ((stop * found.n).sum(axis=1), result.expected_n),
    ):
        gap = np.abs(x.mean(axis=0) - average)
        assert np.all(gap <= 3.5 * x.std(axis=0) / math.sqrt(draws) + 1e-12)
    one = [ici.power(design, TRUTH.with_(control=ici.Exponential(m), effect=ici.HazardRatio(r)))
           for m, r in zip(medians[:20], ratios[:20], strict=True)]  # fmt: skip
    assert_allclose(found.reject[:20], [each.reject_by_look for each in one], atol=1e-9)
    simulated = ici.simulate(design, unsure, replicates=10_240, rng=2)
    errors = simulated.errors
    assert np.all(
        np.abs(np.subtract(simulated.reject_by_look, result.reject_by_look))
        < 3.5 * np.array(errors.reject_by_look) + 0.01
    )


def test_law_a_narrow_prior_is_a_number():
    narrow = TRUTH.with_(
        control=ici.NormalMixture.lognormal(4.7, 1e-6),
        effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 1e-6)),
    )
    for boundary in BOUNDARIES:
        design = ici.Randomized(134, looks=LOOKS, boundary=boundary.aimed(0.8)).plan_for(TRUTH)
        average, typical = ici.assurance(design, narrow), ici.power(design, TRUTH)
        assert_allclose(average.reject_by_look, typical.reject_by_look, atol=1e-7)
        assert_allclose(average.expected_months, typical.expected_months, rtol=1e-6)


def test_law_compare_carries_out_the_same_plan():
    plan = ici.sample_size(ici.Randomized(looks=LOOKS, boundary=BOUNDARIES[1]), TRUTH, power=0.8)
    table = ici.compare(plan.design, [TRUTH, TRUTH.null])
    assert table[0, 0] == plan.characteristics
    assert table[0, 1].power < 0.025 < table[0, 1].power_overruled + 1e-9
    assert table[0, 1].expected_n < table[0, 0].expected_n


def test_law_both_powers_only_where_there_is_futility():
    for boundary in BOUNDARIES:
        result = ici.power(ici.Randomized(134, looks=LOOKS, boundary=boundary.aimed(0.8)), TRUTH)
        assert (result.power_overruled is not None) == (getattr(boundary, "futility", None) is not None)
        if result.power_overruled is not None:
            assert result.power_overruled >= result.power


def test_law_n_may_be_too_few_or_too_many_for_the_looks():
    """Where few patients cannot give the events of the first look, or many give them too soon, others are tried."""
    strong = TRUTH.with_(effect=ici.HazardRatio(0.4))
    plan = ici.sample_size(ici.Randomized(looks=RULES[4], boundary=ici.Spending()), strong, power=0.8)
    assert plan.power > 0.95  # the smallest trial in which the look can come
    with pytest.raises(ici.InvalidInput, match="in the order"):
        ici.power(plan.design.with_(n=plan.n - 2, planned=None), strong)
    wrong = ici.InTurn((AT_END, ici.AtMonths(12)))
    with pytest.raises(ici.InvalidInput, match="in the order"):
        ici.sample_size(ici.Randomized(looks=wrong, boundary=ici.Spending()), TRUTH, power=0.8)
