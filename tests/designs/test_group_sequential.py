"""Boundaries in the verbs: sizing, averaging, skipped and late looks, and one look, which is the fixed design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

import icibaseline as ici
from icibaseline.designs.results import stopping

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
    assert 0.7 <= plan.assurance < 0.71
    assert plan.design.boundary.beta is None  # at no effect that was planned for is it 0.3


@pytest.mark.parametrize("binding", [False, True])
def test_law_an_assurance_plans_futility_for_the_typical_effect(binding):
    """As if n had been typed; at that effect the trial misses by beta what it spends, far below 1 - assurance."""
    boundary = ici.Spending(0.025, futility=HSD, binding=binding)
    design = ici.Randomized(looks=ici.AtInformation((0.5, 1.0), final=AT_END), boundary=boundary)
    unsure = TRUTH.with_(
        control=ici.Exponential(median=6), effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3))
    )
    plan = ici.sample_size(design, unsure, assurance=0.85)
    typed = design.with_(n=plan.n).plan_for(unsure.typical)
    assert plan.design.planned.futility_bounds == pytest.approx(typed.planned.futility_bounds, abs=1e-12)
    aim, z = typed.planned.drift[-1], typed.planned.futility_bounds[0]
    spent = norm.cdf(z - aim * math.sqrt(0.5))  # at the interim look
    beta = spent / (math.expm1(1.0) / math.expm1(2.0))
    bounds = design.boundary.with_(beta=beta).bounds((0.5, 1.0))
    assert float(bounds.drift) == pytest.approx(aim, abs=1e-6)
    assert beta < 0.002


def test_law_without_an_effect_there_is_no_beta_to_spend():
    design = ici.Randomized(n=400, looks=ici.AtEvents((100, 200)), boundary=ici.Spending(0.025, futility=HSD))
    for verb in (ici.power, lambda d, s: ici.simulate(d, s, replicates=8, rng=1)):
        with pytest.raises(ici.InvalidInput, match=r"Plan for the alternative first, design\.plan_for\(scenario\)"):
            verb(design, TRUTH.null)
    with pytest.raises(ici.InvalidInput, match="`drift`"):
        ici.power(design, TRUTH.with_(effect=ici.HazardRatio(1.2)))
    planned = design.plan_for(TRUTH)
    found = ici.power(planned, TRUTH.null)
    assert found.futility_bounds == planned.planned.futility_bounds
    assert found.power < 0.025
    given = design.with_(boundary=ici.Spending(0.025, futility=HSD, beta=0.2))
    assert ici.power(given, TRUTH.null).power < 0.025  # what beta is said to be, it is


# ---- the look by which all may be spent ------------------------------------------------------------

MONTHS = ici.AtMonths((12, 24, 36))
SLOW = ici.Scenario(ici.Exponential(median=12), ici.HazardRatio(0.7), enrollment=ENROLLMENT)


@pytest.mark.parametrize("median", [1.5, 2.0, 3.0])
@pytest.mark.parametrize(
    "boundary",
    [
        ici.Spending(0.025, ici.Pocock()),
        ici.Spending(0.025, ici.Pocock(), sided=2),
        ici.Spending(0.025, futility=HSD),
        ici.Spending(0.025, futility=HSD, binding=True),
        ici.Spending(0.025, efficacy_looks=(1, 3)),
        ici.WangTsiatis(0.025, 0.25),
        ici.HaybittlePeto(0.025, z=2.5),
    ],
    ids=str,
)
def test_law_a_trial_with_all_of_its_information_ends(boundary, median):
    """As in `monitor`: what does not reject at that look ends there, by formula and in simulated trials."""
    design = ici.Randomized(400, looks=MONTHS, boundary=boundary).plan_for(SLOW)
    fast = SLOW.with_(control=ici.Exponential(median=median))
    for world in (fast, fast.null):
        result = ici.power(design, world)
        assert result.events[1] > design.planned.events[-1]  # in month 24 there are more than were planned for month 36
        assert (result.reject_by_look[2], result.futility_by_look[2]) == (0.0, 0.0)
        first = result.reject_by_look[0] + result.futility_by_look[0]
        for name, by_look in (("months", "months"), ("events", "events"), ("n", "n_by_look")):
            each = getattr(result, by_look)
            expected = first * each[0] + (1 - first) * each[1]
            assert getattr(result, f"expected_{name}") == pytest.approx(expected, rel=1e-12)
        simulated = ici.simulate(design, world, replicates=2048, rng=3)
        assert abs(simulated.expected_months - result.expected_months) < 3.5 * simulated.errors.expected_months + 0.15
        assert simulated.reject_by_look[2] == simulated.futility_by_look[2] == 0.0
    if boundary.futility is None:
        assert ici.power(design, fast.null).power == pytest.approx(0.025, abs=1e-9)
    history = ici.monitor(design, [ici.Look(result.events[0], z=1.0), ici.Look(result.events[1], z=1.5)])
    assert history.ended
    executed = design.planned_boundary.executed(np.array(result.events), np.array(result.months))
    assert_allclose(history.efficacy_bounds, executed.efficacy[:2], rtol=1e-9)
    assert executed.efficacy[2] == np.inf


def test_law_months_of_a_trial_that_ends_early():
    """12 p + 24 (1 - p), worked out by hand; other clocks than information go on."""
    fast = SLOW.with_(control=ici.Exponential(median=3))
    plain = ici.Randomized(400, looks=MONTHS, boundary=ici.Spending(0.025, ici.Pocock()))
    for world, expected in ((fast, 19.03), (fast.null, 23.82)):
        assert ici.power(plain.plan_for(SLOW), world).expected_months == pytest.approx(expected, abs=0.006)
    for clock in (ici.CalendarTime(), ici.InformationTime(capped=True)):
        design = plain.with_(boundary=ici.Spending(0.025, ici.Pocock(), time=clock)).plan_for(SLOW)
        assert ici.power(design, fast.null).expected_months > 35


def test_law_looks_that_do_not_take_place_are_so_in_a_batch():
    """Rows of one batch may end at different looks; each as it would alone."""
    design = ici.Randomized(400, looks=MONTHS, boundary=ici.Spending(0.025, futility=HSD)).plan_for(SLOW)
    medians = np.array([2.0, 30.0, 1.0, 12.0, 5.0])
    found = design.evaluate(SLOW.with_(control=ici.NormalMixture.lognormal(12, 0.1)).at([medians]))
    assert found.left.ravel().tolist() == [1, 0, 2 if found.events[2, 0] >= design.planned.events[-1] else 1, 0, 0]
    ends = np.stack(stopping(found), axis=1)
    for k, median in enumerate(medians):
        alone = ici.power(design, SLOW.with_(control=ici.Exponential(median)))
        assert_allclose(found.reject[k], alone.reject_by_look, atol=1e-10)
        assert_allclose(ends[k], (alone.expected_n, alone.expected_events, alone.expected_months), rtol=1e-9)


@pytest.mark.parametrize("looks", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("efficacy", [ici.OBrienFleming(), ici.Pocock(), ici.KimDeMets(2)], ids=str)
def test_law_power_without_an_effect_is_alpha(looks, efficacy):
    fractions = tuple((np.arange(looks) + 1.0) / looks)
    boundary = ici.Spending(0.025, efficacy)
    assert float(boundary.bounds(fractions, drift=0).power) == pytest.approx(0.025, abs=1e-12)
    design = ici.Randomized(200, looks=ici.AtInformation(fractions, final=AT_END), boundary=boundary).plan_for(TRUTH)
    assert ici.power(design, TRUTH.null).power == pytest.approx(0.025, abs=1e-12)


def test_law_two_sided_control_rejections_are_kept_at_the_last_look():
    """Without an effect both sides are alike."""
    design = ici.Randomized(400, looks=MONTHS, boundary=ici.Spending(0.025, ici.Pocock(), sided=2)).plan_for(SLOW)
    null = ici.power(design, SLOW.null)
    assert_allclose(null.futility_by_look, null.reject_by_look, rtol=1e-9)
    assert sum(null.futility_by_look) == pytest.approx(0.025, abs=1e-9)
    worse = SLOW.with_(effect=ici.HazardRatio(1.2))
    simulated, result = ici.simulate(design, worse, replicates=4096, rng=4), ici.power(design, worse)
    errors = np.array(simulated.errors.futility_by_look)
    assert np.all(np.abs(np.subtract(simulated.futility_by_look, result.futility_by_look)) < 3.5 * errors + 0.02)
    assert simulated.futility_by_look[2] > 0.05


def test_law_nothing_is_below_zero_by_its_sign():
    for boundary in (ici.Spending(0.025), ici.Spending(0.025, efficacy_looks=(2,), futility=HSD)):
        result = ici.power(ici.Randomized(140, looks=LOOKS, boundary=boundary), TRUTH)
        assert not np.signbit(result.futility_by_look).any()
    assert not np.signbit(ici.Spending(0.025).bounds((0.5, 1.0), drift=3.0).stop_futility).any()


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
