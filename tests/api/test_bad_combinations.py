"""Arguments that are each legal and cannot go together, and arguments that would have no effect."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from bad_input import faults

import icibaseline as ici
from icibaseline import InvalidInput, NoFormula, NoSolution, RefusedFinding, UnknownArgument

CURVE, RATIO, ENTRY = ici.Exponential(median=4.7), ici.HazardRatio(0.6), ici.Enrollment(duration=24)
TRUTH = ici.Scenario(control=CURVE, effect=RATIO, enrollment=ENTRY)
UNSIZED, SIZED = ici.Randomized(), ici.Randomized(n=134)
PLAN = ici.sample_size(UNSIZED, TRUTH, power=0.8)
PLANNED = PLAN.design.planned
PRIOR, BELOW_ZERO = ici.NormalMixture.lognormal(0.6, 0.3), ici.NormalMixture.normal(0.6, 0.3)
SHAPE_BELOW_ZERO = ici.BivariateNormal((0.9, 0.7), (0.1, 0.5), 0.0, ("log", "identity"))
UNSURE = TRUTH.with_(effect=ici.HazardRatio(PRIOR))
DELAYED, WORSE = TRUTH.with_(effect=ici.HazardRatio(0.6, delay=3)), TRUTH.with_(effect=ici.HazardRatio(1.2))
EXPLICIT = TRUTH.with_(effect=ici.Exponential(median=8))
BATCH = TRUTH.with_(control=ici.Exponential(median=np.array([4.0, 5.0])))
FIXED = TRUTH.with_(enrollment=ici.Enrollment(duration=24, rate=5))  # 120 patients
LATE = TRUTH.with_(enrollment=ici.Enrollment(rates=(0, 5), knots=(6,)))
DROPPING = TRUTH.with_(dropout=ici.Exponential(rate=0.05))
HARMLESS = TRUTH.with_(control=ici.PiecewiseExponential((0,)))
CURED = TRUTH.with_(control=ici.PiecewiseExponential((0.1, 0), knots=(3,)))
EARLY, EVENTS = ici.Randomized(n=134, looks=ici.AtMonths(3)), ici.Randomized(n=134, looks=ici.AtEvents(130))
VERBS = (ici.power, ici.assurance, ici.compare, lambda design, scenario: ici.simulate(design, scenario, replicates=10))


def stratum(name, share, **changes):
    return ici.Stratum(name, share, **{"control": CURVE, "effect": RATIO, **changes})


def world(**arguments):
    return ici.Scenario(**{"enrollment": ENTRY, **arguments})


def power_of(scenario, **arguments):
    return ici.power(ici.Randomized(n=134, statistic=ici.LogRank(**arguments)), scenario)


def bounds_of(futility=None, **boundary):
    return ici.Spending(futility=futility, **boundary).bounds((20.0, 40.0))


def planned_at(months):
    return ici.Randomized(n=134, looks=ici.AtMonths(months), boundary=ici.Spending(futility=ici.HwangShihDeCani(-2)))


HALVES = world(strata=(stratum("a", 0.5), stratum("b", 0.5)))

# (what is said of which argument, the call)
INVALID = [
    # size and target
    ("`design.n` must be None: sample_size finds it; got 134.", lambda: ici.sample_size(SIZED, TRUTH, power=0.8)),
    ("`power` or `assurance` must be given, and not both", lambda: ici.sample_size(UNSIZED, TRUTH)),
    ("and not both; got power=0.8", lambda: ici.sample_size(UNSIZED, TRUTH, power=0.8, assurance=0.8)),
    ("`enrollment` must be left with one of", lambda: ici.sample_size(UNSIZED, FIXED, power=0.8)),
    ("`n` must be the 120 patients that rate x", lambda: SIZED.plan_for(FIXED)),
    (
        "`rate` must be a number when `duration`",
        lambda: SIZED.plan_for(world_with(ici.Enrollment(duration=24, rate=PRIOR))),
    ),
    ("`scenario` must be one scenario; got a batch", lambda: SIZED.plan_for(BATCH)),
    ("`scenario` must be one scenario; got a batch", lambda: ici.sample_size(UNSIZED, BATCH, power=0.8)),
    ("`scenarios[1]` must be one scenario; got a batch", lambda: ici.compare(SIZED, [TRUTH, BATCH])),
    ("`n` must be a multiple of 2", lambda: ici.simulate(ici.Randomized(n=135), TRUTH, replicates=10)),
    ("`n` must be a multiple of 2", lambda: ici.simulate(ici.Randomized(n=134.5), TRUTH, replicates=10)),
    ("`n` must be a multiple of 3 to give the ratio 2", lambda: ici.Randomized(n=134, ratio=2).arm_sizes),
    ("`n` must be a multiple of 2", lambda: UNSIZED.arm_sizes),
    ("`ratio` must be a ratio of whole numbers up to 20", lambda: ici.Randomized(ratio=1.23456)),
    ("`ratio` must be a ratio of whole numbers up to 20", lambda: ici.Randomized(ratio=1 / 21)),
    ("`planned` must be a plan for the same n", lambda: ici.Randomized(n=10, planned=PLANNED)),
    (
        "`planned` must be a plan with as many",
        lambda: SIZED.with_(n=PLAN.n, looks=ici.AtMonths((1, 2)), planned=PLANNED),
    ),
    # looks
    ("`by` must be 2 months, one for each look", lambda: ici.AtEvents((80, 121), by=36)),
    ("`by` must be 1 months, one for each look", lambda: ici.AtEvents(80, by=(36, 60))),
    # boundaries and their looks
    ("`futility` must stay below the efficacy bounds before the last look", lambda: bounds_of(ici.FutilityZ(3.0))),
    ("`futility` must leave enough trials going", lambda: bounds_of(ici.FutilityZ(6.0), binding=True)),
    ("`futility` must be None in a two-sided boundary", lambda: ici.Spending(futility=ici.FutilityZ(0), sided=2)),
    ("`binding` must be False where `futility` is None", lambda: ici.Spending(binding=True)),
    ("`beta` must be None where `futility` spends none", lambda: ici.Spending(beta=0.2)),
    ("`beta` must be below 1 - alpha", lambda: ici.Spending(futility=ici.Pocock(), beta=0.98)),
    ("`beta` must be given to Spending, or `drift`", lambda: ici.Spending(futility=ici.Pocock()).bounds((0.5, 1.0))),
    ("`efficacy_looks` must be numbers that include the last look", lambda: bounds_of(efficacy_looks=(1,))),
    ("`efficacy_looks` must be numbers of looks, of which there are 2", lambda: bounds_of(efficacy_looks=(2, 3))),
    ("`futility_looks` must be None where `futility` is None", lambda: ici.Spending(futility_looks=(1,))),
    ("`fractions` must be never falling", lambda: ici.PiecewiseSpending((0.3, 0.6), (0.5, 0.4))),
    ("`fractions[1]` must be a fraction of the error", lambda: ici.PiecewiseSpending((0.3, 0.6), (0.5, 1.2))),
    ("`information` must be increasing from look to look", lambda: ici.Spending().bounds((0.5, 0.5, 1.0))),
    ("`information` must be information that never falls", lambda: ici.Spending().bounds((0.6, 0.5, 1.0))),
    ("`information` must be increasing from look to look", lambda: ici.power(planned_at((300, 400)), TRUTH)),
    ("`z` must be high enough", lambda: ici.HaybittlePeto(0.025, z=1.9).bounds((0.5, 1.0))),
    ("`fractions` must be increasing fractions", lambda: ici.AtInformation((0.6, 1.1), final=ici.AfterEnrollment(12))),
    ("`looks` must be late enough for an event", lambda: ici.power(planned_at((1e-9, 36)), LATE)),
    (
        "`looks` must be in the order in which they are expected; got (36.0, 21.0",
        lambda: ici.sample_size(
            ici.Randomized(looks=ici.InTurn((ici.AfterEnrollment(12), ici.AtMonths(21)))), TRUTH, power=0.8
        ),
    ),
    (
        "`events` must be within what the patients can give; got 200, but at most 134",
        lambda: looking(200).plan_for(TRUTH),
    ),
    (
        "`events` must be within what the patients can give; got 130, but at most 92.85",
        lambda: EVENTS.plan_for(DROPPING),
    ),
    ("`events` must be within what the patients can give", lambda: EVENTS.plan_for(CURED)),
    (
        "`looks` must be late enough for an event to have happened; got AtMonths((3.0,)). Nobody",
        lambda: EARLY.plan_for(LATE),
    ),
    ("Nobody has entered by month 3.", lambda: ici.power(EARLY.plan_for(TRUTH), LATE)),
    ("Nobody has entered by month 3.", lambda: ici.sample_size(EARLY.with_(n=None), LATE, power=0.8)),
    ("No event is expected by month 36.", lambda: SIZED.plan_for(HARMLESS)),
    # tests
    ("`null` must be 1 for a permutation test", lambda: ici.LogRank(reference="permutation", null=1.3)),
    ("`permutations` must be left at 999 unless `reference`", lambda: ici.LogRank(permutations=500)),
    # scenarios
    (
        "`strata` must be strata whose shares sum to 1; got 0.9",
        lambda: world(strata=(stratum("a", 0.5), stratum("b", 0.4))),
    ),
    ("`strata` must be strata whose", lambda: world(strata=(stratum("a", 0.5), stratum("b", 0.5 + 1e-6)))),
    ("`strata` must be strata with different names", lambda: world(strata=(stratum("a", 0.5), stratum("a", 0.5)))),
    ("`control` must be left out when `strata`", lambda: world(strata=(stratum("a", 1),), control=CURVE)),
    ("`effect` must be left out when `strata`", lambda: world(strata=(stratum("a", 1),), effect=RATIO)),
    ("`experimental` must be left out when `strata`", lambda: world(strata=(stratum("a", 1),), experimental=CURVE)),
    ("`experimental` must be left out when `effect`", lambda: TRUTH.with_(experimental=CURVE)),
    ("`effect` must be given, or `experimental`, or", lambda: world(control=CURVE)),
    ("`control` must be given, or `strata`", lambda: world(effect=RATIO)),
    ("`dropout` must be a curve or a pair", lambda: TRUTH.with_(dropout=(CURVE,) * 3)),
    ("`nodes` must be 1 arrays, one for each", lambda: UNSURE.at([])),
    ("`nodes` must be 1 arrays, one for each", lambda: UNSURE.at([np.ones(3)] * 2)),
    ("`nodes` must be arrays of one length B", lambda: UNSURE.at([np.ones((3, 2))])),
    ("`nodes[0]` must be an array of numbers", lambda: UNSURE.at([["a"]])),
    ("`value` must be a positive number; got nan", lambda: UNSURE.at([[0.6, math.nan]])),
    # enrolment
    ("`rates` must be given alone with `knots`", lambda: ici.Enrollment(duration=24, rates=(1, 2), knots=(3,))),
    ("`rates` must be positive in the last period", lambda: ici.Enrollment(rates=(1, 0), knots=(3,))),
    (
        "`relative_rates` must be given with `duration`",
        lambda: ici.Enrollment(duration=24, rate=5, relative_rates=(1,)),
    ),
    (
        "`knots` must be below the duration of 24 months",
        lambda: ici.Enrollment(duration=24, relative_rates=(1, 2), knots=(30,)),
    ),
    ("`knots` must be left out without `rates` or", lambda: ici.Enrollment(duration=24, knots=(3,))),
    ("`knots` must be one fewer than the `rates`", lambda: ici.Enrollment(rates=(1, 2))),
    # priors
    ("`value` must be a prior that stays within its range", lambda: ici.HazardRatio(BELOW_ZERO)),
    ("`control` must be a prior that stays within its range", lambda: TRUTH.with_(control=BELOW_ZERO)),
    ("`control` must be a prior that stays within its range", lambda: stratum("a", 1, control=BELOW_ZERO)),
    ("`joint` must be a prior on which median and shape stay positive", lambda: ici.Weibull(joint=SHAPE_BELOW_ZERO)),
    ("`median` must be a number to evaluate the curve", lambda: ici.Exponential(median=PRIOR).survival(3)),
    ("`rate` must be a number to work out enrolment", lambda: ici.Enrollment(rate=PRIOR).accrual(100)),
    ("`weights` must be numbers that sum to 1", lambda: ici.NormalMixture((0.5, 0.4), (0, 1), (1, 1))),
    ("`upper` must be above `lower`, which is 0.8", lambda: ici.NormalMixture.from_interval(0.8, 0.4)),
    ("`estimate` must be within its interval", lambda: ici.NormalMixture.from_interval(0.4, 0.8, estimate=0.9)),
    ("`lower` must be a positive number", lambda: ici.NormalMixture.from_interval(-1, 0.8)),
    ("`events` must be at most `n`, which is 10", lambda: ici.BetaMixture.from_counts(11, 10)),
    # curves
    ("`median` or `rate` must be given to Exponential, and not both; got neither", lambda: ici.Exponential()),
    ("`median` or `rate` must be given to Exponential, and not both; got both", lambda: CURVE.with_(rate=2)),
    ("`shape` must be given to Weibull", lambda: ici.Weibull(median=1)),
    ("`median` or `scale` must be given to Weibull, and not both", lambda: ici.Weibull(shape=1)),
    ("`median` or `scale` must be given to Weibull, and not both", lambda: ici.Weibull(shape=1, median=1, scale=1)),
    ("`joint` must be given alone", lambda: ici.Weibull(joint=(1, 1), shape=1)),
    ("`knots` must be one fewer than the `hazards`", lambda: ici.PiecewiseExponential((0.1, 0.2))),
    ("`knots` must be strictly increasing", lambda: ici.PiecewiseExponential((0.1, 0.2, 0.3), knots=(5, 3))),
    # baselines
    ("`id` must be the id of a prior; got 'mcc_pfs_primry'. Did you mean", lambda: ici.baseline("mcc_pfs_primry")),
    ("That finding supports 'mcc_pfs_primary'.", lambda: ici.baseline("mcc_pfs_primary_median")),
    ("`id` must be given, or a description", lambda: ici.baseline()),
    ("`id` must be left out beside a description", lambda: ici.baseline("mcc_pfs_primary", tumour="MCC")),
    ("`where` must select one baseline; got tumour='MCC', which selects", lambda: ici.baseline(tumour="MCC")),
    ("`shape` must be left out: the prior is on", lambda: ici.baseline("mel_pfs_chemo", shape=0.7)),
    ("`tumour` must be a value that occurs", lambda: ici.findings(tumour="MC")),
    # comparisons, reports, equations, executors
    (
        "`by` must be a function that returns operating",
        lambda: ici.compare(SIZED, TRUTH, by=lambda design, scenario: 1),
    ),
    ("`scenarios` must be a sequence that is not empty", lambda: ici.compare(SIZED, [])),
    ("`scenarios[0]` must be a Scenario", lambda: ici.compare(SIZED, [SIZED])),
    ("`key` must be [design, scenario]", lambda: ici.compare(SIZED, TRUTH)[1, 0]),
    ("`path` must be a file name that ends in .html or .json or .md", lambda: ici.report(PLAN, "plan.pdf")),
    ("`path` must be in a folder that exists", lambda: ici.report(PLAN, "no such folder/plan.md")),
    ("`result` must be a plan", lambda: ici.report(TRUTH, "plan.md")),
    ("`function` must be a function that returns a", lambda: ici.solve(lambda x: math.nan, equals=5, between=(0, 1))),
    ("`between` must be two increasing numbers", lambda: ici.solve(math.sin, equals=0.5, between=(1, 0))),
    ("`executor` must be a concurrent", lambda: ici.simulate(SIZED, TRUTH, replicates=10, executor=ThreadPoolExecutor)),
]
OTHER = [
    (NoFormula, '`formula` must be "score" for hazards that', lambda: power_of(DELAYED, formula="schoenfeld")),
    (NoFormula, '`formula` must be "score" for hazards that', lambda: power_of(EXPLICIT, formula="lachin-foulkes")),
    (NoFormula, '`formula` must be "score" for a non-inf', lambda: power_of(HALVES, formula="freedman")),
    (NoFormula, '`formula` must be "score" for a non-inf', lambda: power_of(TRUTH, formula="freedman", null=1.3)),
    (
        NoSolution,
        "`assurance` must be below its ceiling 0.9557",
        lambda: ici.sample_size(UNSIZED, UNSURE, assurance=0.96),
    ),
    (NoSolution, "does not favour the experimental arm", lambda: ici.sample_size(UNSIZED, TRUTH.null, power=0.8)),
    (NoSolution, "does not favour the experimental arm", lambda: ici.sample_size(UNSIZED, WORSE, power=0.8)),
    (NoSolution, "`equals` must be a value that the", lambda: ici.solve(math.sin, equals=5, between=(0, 1))),
    (RefusedFinding, "got 'mcc_ici_pfs_3y'. First-line ICI", lambda: ici.baseline("mcc_ici_pfs_3y")),
    (RefusedFinding, "`where` must select a baseline; got", lambda: ici.baseline(tumour="MCC", treatment="ICI")),
    (UnknownArgument, "`enrollment` must be given to Scenario", lambda: ici.Scenario(CURVE, RATIO)),
    (UnknownArgument, "Did you mean `median`?", lambda: ici.Exponential(medain=np.ones((50, 50)))),
    (UnknownArgument, "Did you mean `shape`?", lambda: ici.baseline("mcc_pfs_primary", shap=1)),
    (UnknownArgument, "Did you mean `tumour`?", lambda: ici.baseline(tumor="MCC")),
]


def world_with(enrollment):
    return TRUTH.with_(enrollment=enrollment)


def looking(events):
    return SIZED.with_(looks=ici.AtEvents(events))


@pytest.mark.parametrize(
    ("kind", "said", "call"),
    [*((InvalidInput, *row) for row in INVALID), *OTHER],
    ids=[row[-2] for row in [*INVALID, *OTHER]],
)
def test_law_what_cannot_go_together_is_refused_in_one_sentence(kind, said, call):
    with pytest.raises(kind) as caught:
        call()
    assert said in str(caught.value)
    assert [what for what, holds in faults("", caught.value) if holds] == []
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("said", "design", "scenario"),
    [
        ("`design.n` must be given", UNSIZED, TRUTH),
        ("`n` must be the 120 patients", SIZED, FIXED),
        ("`n` must be the 120 patients", PLAN.design, FIXED),
        ("must be one scenario; got a batch", SIZED, BATCH),
        ("`events` must be within what the patients can give", EVENTS, DROPPING),
        ("`looks` must be late enough", EARLY, LATE),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_law_every_verb_refuses_what_it_cannot_evaluate(verb, said, design, scenario):
    with pytest.raises(InvalidInput, match=said):
        verb(design, scenario)


@pytest.mark.parametrize("target", [0.025, 0.02, 1, 1.5])
@pytest.mark.parametrize("kind", ["power", "assurance"])
def test_law_a_target_lies_between_alpha_and_1(kind, target):
    with pytest.raises(InvalidInput, match=f"`{kind}` must be above alpha = 0.025 and below 1; got {target}"):
        ici.sample_size(UNSIZED, UNSURE, **{kind: target})


def test_law_a_power_just_below_1_is_reached():
    plan = ici.sample_size(UNSIZED, TRUTH, power=1 - 1e-12)
    assert 0 <= 1 - 1e-12 - ici.power(plan.design.with_(n=plan.n - 2), TRUTH).power < 1e-10


@pytest.mark.parametrize(
    "changes",
    [
        {"looks": ici.AfterEnrollment(24)},
        {"boundary": ici.Fixed(0.1)},
        {"statistic": ici.LogRank(null=1.3)},
        {"ratio": 3},
        {"n": 200},
    ],
    ids=str,
)
def test_law_a_change_to_a_planned_design_has_its_effect(changes):
    changed = PLAN.design.with_(**changes)
    fresh = ici.Randomized(**{"n": PLAN.n, **changes})
    assert changed.planned is None
    assert changed == fresh
    assert PLAN.design.with_() == PLAN.design


@pytest.mark.parametrize(
    ("argument", "one", "other"),
    [
        ("enrollment", ici.Enrollment(duration=24, relative_rates=(1, 2), knots=(6,)), ENTRY),
        (
            "enrollment",
            ici.Enrollment(duration=24, relative_rates=(2, 4, 9), knots=(6, 9)),
            ici.Enrollment(duration=24),
        ),
        ("enrollment", ici.Enrollment(rates=(1, 9), knots=(12,)), ici.Enrollment(rates=(1, 9), knots=(9,))),
        ("effect", ici.HazardRatio(0.6, delay=1), RATIO),
        ("dropout", (ici.Exponential(rate=0.01), CURVE), (CURVE, ici.Exponential(rate=0.01))),
        ("statistic", ici.LogRank(null=1.3), ici.LogRank()),
        ("statistic", ici.LogRank(formula="schoenfeld"), ici.LogRank()),
        ("looks", ici.AtEvents(100, by=10), ici.AtEvents(100)),
        ("boundary", ici.Fixed(0.05), ici.Fixed()),
        ("ratio", 0.5, 1),
    ],
    ids=str,
)
def test_law_every_argument_has_an_effect(argument, one, other):
    def power(held):
        if argument in ("enrollment", "effect", "dropout"):
            return ici.power(SIZED, TRUTH.with_(**{argument: held})).power
        return ici.power(SIZED.with_(**{argument: held}).with_(n=300), TRUTH).power

    assert abs(power(one) - power(other)) > 1e-4


def test_law_a_pooled_test_is_not_a_stratified_one():
    mixed = world(strata=(stratum("a", 0.5), stratum("b", 0.5, control=ici.Exponential(median=12))))
    assert power_of(mixed, stratified=False).power < power_of(mixed).power - 0.01
