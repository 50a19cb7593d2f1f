"""Every public value: dictionary, JSON text, repr, pickle, hash and `with_`, on an instance or more of each class."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import subprocess
import sys

import attrs
import numpy as np
import pytest

import icibaseline as ici
from icibaseline._values import Value, encode, walk

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

EFFECT = ici.NormalMixture.lognormal(0.6, 0.3)
ENROLLMENT = ici.Enrollment(duration=24)
TRUTH = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(EFFECT, delay=1), enrollment=ENROLLMENT
)
MIXED = ici.Scenario(
    strata=(
        ici.Stratum("primary", share=44 / 75, control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6)),
        ici.Stratum("acquired", share=31 / 75, control=ici.Weibull(shape=0.73, median=9), effect=ici.HazardRatio(0.7)),
    ),
    enrollment=ici.Enrollment(rates=(2, 5), knots=(6,)),
    dropout=(ici.Exponential(rate=0.01), ici.Exponential(median=40)),
)
DESIGN = ici.Randomized(134, looks=ici.AfterEnrollment((0, 12)))
PLAN = ici.sample_size(ici.Randomized(), MIXED, power=0.8)
LATER = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
BETA = ici.Spending(futility=ici.HwangShihDeCani(-2))
SEQUENTIAL = ici.sample_size(ici.Randomized(looks=LATER, boundary=BETA), MIXED, power=0.8)
BOUNDS = ici.Spending().bounds((1 / 3, 0.5), drift=3.0)
SIMULATED = ici.simulate(DESIGN, TRUTH, replicates=300, rng=1)

PRIMARY, ACQUIRED, OTHER = (ici.baseline(id) for id in ("mcc_pfs_primary", "mcc_pfs_acquired", "nsclc_pfs_primary"))
SHARES = ici.Dirichlet.from_counts((229, 141, 126), names=("primary", "secondary", "durable"))
COHERENCE = ici.check(ici.documents())
JOINT = ici.BivariateNormal((0.1, -0.3), (0.2, 0.3), 0.5, ("log", "log"))

RESPONSE = ici.ResponseScenario(ici.baseline("promit_orr"), ici.Rate(0.35), enrollment=ici.Enrollment(rate=2))
ONE_ARM = ici.sample_size(ici.SingleArm(rule=ici.Exact(0.1)), RESPONSE.with_(enrollment=None), power=0.8)
RANDOMISED = ici.RandomizedResponse(54, ratio=2, test=ici.FisherExact(), alpha=0.1).plan_for(RESPONSE)
ON_CURVE = ici.SingleArm(20, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05)).plan_for(TRUTH)

VALUES = [
    ici.AfterEnrollment((0, 12)),
    ici.AtEvents(40),
    ici.AtEvents((40, 80), by=(20, 30)),
    ici.AtInformation((1 / 3, 1.0), final=ici.AtEvents(80, by=36)),
    ici.AtMonths((1 / 3, 24)),
    ici.assurance(DESIGN, TRUTH).averaging,
    PRIMARY.alternatives[0],
    ici.Alternative("another", numbers=(("S(24)", 0.1 + 0.2), ("median", 1e-320))),
    PRIMARY,
    PRIMARY.with_(prior=ici.NormalMixture.lognormal(5, 0.2)),
    ici.baseline("mcc_ahr_icirt", bias=ici.Bias(0.3, reason="confounding")),
    ici.baseline("mel_pfs_chemo", family="cure"),
    ici.baseline("mcc_pfs_primary", by=ici.MedianWithN(factor=2), assessment_every=2, event_free=1),
    ici.BetaMixture((0.2, 0.8), (1, 7.5), (1, 31.5)),
    ici.BetaSpending(0.1 + 0.2, 1),
    ici.Bias(0.1 + 0.2, mean=-0.1, reason="one centre"),
    BOUNDS,
    BOUNDS.under((0.5, 1 / 3), futility=False),
    ici.CalendarTime(),
    ici.CauchySpending(-0.5, 1 / 3),
    ici.StudentSpending(-0.5, 1 / 3, 2.5),
    ici.ExtremeValueSpending(-0.5, 1 / 3),
    ici.ExtremeValue2Spending(-0.5, 1 / 3),
    JOINT,
    COHERENCE,
    COHERENCE[0],
    ici.Look(70, z=1.2, month=20.0, final=False, number=0, null=1.0),
    ici.InformationTime(capped=True),
    ici.Spending(time=ici.CalendarTime()),
    ici.Preposterior(
        ici.Randomized(n=136, looks=ici.AtEvents((70, 121)), boundary=ici.Spending(0.025)).plan_for(TRUTH),
        prior=EFFECT,
    ),
    ici.monitor(
        ici.Randomized(n=136, looks=ici.AtEvents((70, 121)), boundary=ici.Spending(0.025)).plan_for(TRUTH),
        (ici.Look(70, z=1.2),),
        prior=EFFECT,
    ),
    ici.Conditional(ici.Weibull(shape=0.7, median=4.7), months=1 / 3),
    ici.Conditional(ici.Exponential(4.7), months=np.array([1.0, 1 / 3])),
    ici.Counts(prior_counts=(1, 1 / 3)),
    SHARES,
    ici.compare([DESIGN, DESIGN.with_(n=200)], [TRUTH, TRUTH.null]),
    ici.documents()[0],
    ENROLLMENT,
    ici.Enrollment(rate=EFFECT),
    ici.Enrollment(duration=24, relative_rates=(1, 2), knots=(0.1 + 0.2,)),
    ici.Exact(),
    ici.Exact(0.1 + 0.2),
    ici.Exact(r=13),
    ici.ExplicitCurve(ici.Exponential(8)),
    ici.Exponential(median=4.7),
    ici.Exponential(rate=0.1 + 0.2),
    ici.Exponential(EFFECT),
    ici.Exponential(np.array([1.0, 1 / 3])),
    ici.ExponentialSpending(0.75),
    ici.ExponentialTest(formula="events", follow_up=1 / 3),
    ici.findings()[0],
    ici.Fixed(0.01),
    ici.GivenBounds((float("inf"), 1.6159), futility=(1 / 3,), alpha=0.05),
    ici.FutilityConditionalPower((0.1, 0.2), hazard_ratio=0.6, null=1.3),
    ici.FutilityHazardRatio(1 / 3, null=1.3),
    ici.FutilityPValue(0.5),
    ici.FutilityZ((-0.1, 1 / 3)),
    ici.HaybittlePeto(0.025, z=3.5, futility=ici.FutilityZ(0), binding=True),
    ici.HalfNormal(0.25),
    ici.HazardRatio(0.6, delay=3),
    ici.HazardRatio(EFFECT),
    ici.HazardRatioWithInterval(),
    ONE_ARM.honest,
    ici.power(ON_CURVE, TRUTH).honest,
    ici.HwangShihDeCani(-4),
    ici.InTurn((ici.AtMonths(12), ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)))),
    ici.KimDeMets(1 / 3),
    ici.LogLogistic(shape=1.3, median=EFFECT),
    ici.LogLogistic(joint=(2.6, 1.3)),
    ici.LogNormal(sigma=0.1 + 0.2, median=2.6),
    ici.LogNormal(joint=JOINT),
    ici.LogRank(),
    ici.LogRank(formula="freedman", null=1.0, stratified=False, reference="permutation", permutations=199),
    ici.LogRank(null=1.3),
    ici.LogisticSpending.through((0.25, 0.1), (0.75, 0.6)),
    ici.MedianPlusLandmark(family="piecewise", censoring_allowance=1.3),
    ici.MedianRatio(1 / 3),
    ici.MedianRatio(EFFECT),
    ici.MedianWithInterval(unstated_level=0.9),
    ici.MedianWithN(),
    ici.MedianWithN(factor=2),
    ici.Milestone(1 / 3, transform="log-log", benchmark_sd=0.1 + 0.2),
    ici.Mix((PRIMARY, ACQUIRED), shares=(0.8, 0.2)),
    ici.mix(PRIMARY, ACQUIRED, EFFECT, shares=SHARES),
    ici.mix(PRIMARY, ACQUIRED, shares=ici.baseline("mcc_share_primary")),
    ici.Mixture((0.1, 0.2, 0.7), (ici.Exponential(4.7), ici.Exponential(EFFECT), ici.LogNormal(sigma=1, median=3))),
    ici.Mixture(SHARES, (ici.Exponential(4.7), ici.Exponential(9.5), ici.Exponential(20))),
    ici.Mixture(np.array([[0.2, 0.8], [0.3, 0.7]]), (ici.Exponential(4.7), ici.Exponential(9.5))),
    ici.MixtureCure(ici.Exponential(4.7), cured=0.1),
    ici.MixtureCure(joint=(2.6, 0.098)),
    ici.NotReached(at_risk=1 / 3, effect=ici.PValueWithN(widening=0)),
    ici.NormalSpending(-0.5, 1.5),
    ici.OddsRatio(1 / 3),
    ici.Outcomes(TRUTH, RESPONSE.with_(enrollment=None)),
    ici.OneSampleLogRank(variance="expected", formula="wu", follow_up=6, benchmark_sd=1 / 3),
    ici.OBrienFleming(),
    ici.OBrienFleming(rho=2),
    ici.PiecewiseSpending((0.25, 0.5), (0.1, 1 / 3)),
    ici.Pocock(),
    ici.Posterior(1 / 3, prior=ici.BetaMixture((0.5, 0.5), (1, 2), (1, 3)), delta=0.05),
    ici.PValueWithN(event_share=(0.7, 1), selected=True),
    ici.pool(PRIMARY, OTHER, mismatch="another tumour"),
    ici.Shares(prior_count=1, unclassified=True),
    EFFECT,
    ici.NormalMixture((0.5, 0.5), (0.1, 1e-17), (0.3, 2.0), scale="logit"),
    ici.assurance(DESIGN, TRUTH),
    ici.power(DESIGN, MIXED),
    SIMULATED,
    ici.PiecewiseExponential((0.2, 0.0), knots=(4,)),
    PLAN,
    PLAN.design.planned,
    SEQUENTIAL,
    ici.power(SEQUENTIAL.design, MIXED.null),
    ici.Spending(1 / 3, ici.Pocock(), sided=2, efficacy_looks=(1, 3)),
    ici.Spending(futility=ici.FutilityPValue(0.5), binding=True, futility_looks=(2,)),
    ici.WangTsiatis(0.025, 1 / 3, sided=2),
    PLAN.design,
    DESIGN,
    ici.Randomized(ratio=1.5),
    ici.Rate(ici.BetaMixture.from_counts(7, 38)),
    RESPONSE,
    RESPONSE.null.typical,
    ici.ResponseScenario(0.1, ici.RiskDifference(np.array([0.1, 1 / 3])), assessment=2.5),
    ici.RestrictedMean(1 / 3),
    ici.RiskDifference(0.1 + 0.2),
    ici.RiskRatio(EFFECT),
    ici.Root(1.0, 2.0, evaluations=3),
    ONE_ARM,
    ONE_ARM.characteristics,
    ONE_ARM.design.planned,
    ici.SingleArm(44, benchmark=7 / 38, rule=ici.Exact(r=13), conservative=True, n_max=500),
    ON_CURVE,
    ici.ScaledHazard(ici.Weibull(shape=2, scale=3), 0.5, delay=1),
    TRUTH,
    TRUTH.null,
    MIXED,
    TRUTH.typical,
    ici.sources(PLAN),
    ici.sources(PLAN)[0],
    ici.references(PLAN),
    ici.documents(),
    ici.findings(tumour="MCC", endpoint="PFS"),
    SIMULATED.errors,
    MIXED.strata[0],
    ici.AfterFollowUp(ON_CURVE, [1 / 3, 7.5], [1, 0], level=0.9),
    ici.AfterTrial(ici.TwoStage(benchmark=0.1, r1=1, n1=10, r=5, n=29), (3, 8), patients=(10, 33)),
    ici.Fleming(1 / 30, looks=3, exact=False),
    ici.LeeLiu(0.9, 1 / 3, early=0.99, looks=(10, 20)),
    ici.MultiStage((15, 25), efficacy=(None, 9), futility=(3,), benchmark=0.1 + 0.2),
    ici.ThallSimon(0.95, 0.1, stop_delta=1 / 3, first=5),
    ici.sample_size(ici.TwoStage("admissible", weight=1 / 3), RESPONSE, power=0.8),
    ici.TwoStage(r1=1, n1=10, r=5, n=29, alpha=1 / 30),
    ici.TwoStageSurvivalDesigns(ici.TwoStageSurvival(alpha=0.1), TRUTH, power=0.7),
    ici.TwoStageDesigns(ici.TwoStage(alpha=1 / 30, benchmark=ici.baseline("promit_orr")), RESPONSE, power=0.8),
    ici.PooledZ(formula="normal"),
    ici.UnpooledZ(),
    ici.FarringtonManning(margin=ici.RiskRatio(2 / 3), correction=True),
    ici.FisherExact(),
    ici.Boschloo(),
    ici.Barnard(margin=ici.OddsRatio(1 / 3)),
    ici.RandomizedResponse(test=ici.Boschloo(), alpha=0.1 + 0.2, conservative=True),
    RANDOMISED,
    RANDOMISED.planned,
    RANDOMISED.honest(RESPONSE, 0.8),
    ici.TwoStageSurvival(criterion="minimax", looks=ici.AfterEnrollment(1 / 3)),
    ici.TwoStageSurvival(30, interim=20 / 3, c1=-0.1, c=1.6, benchmark=PRIMARY).plan_for(TRUTH),
    ici.Weibull(joint=JOINT),
]
NAMES = {name: getattr(ici, name) for name in ici.__all__}


def ids(held):
    return f"{type(held).__name__}-{len(repr(held))}"


@pytest.mark.parametrize("held", VALUES, ids=ids)
def test_law_json_gives_back_an_equal_value(held):
    again = type(held).from_dict(json.loads(json.dumps(held.to_dict(), allow_nan=False)))
    assert again == held
    assert hash(again) == hash(held)
    assert again.to_dict() == held.to_dict()


@pytest.mark.parametrize("held", VALUES, ids=ids)
def test_law_repr_rebuilds(held):
    if any(isinstance(part, np.ndarray) for _, part in walk(held)):
        pytest.skip("a batch, which only the library makes")
    again = eval(repr(held), {**NAMES, "inf": np.inf, "nan": np.nan})
    assert again == held
    assert repr(again) == repr(held)


@pytest.mark.parametrize("held", VALUES, ids=ids)
def test_law_copies_are_equal(held):
    for again in (pickle.loads(pickle.dumps(held)), copy.copy(held), copy.deepcopy(held)):
        assert again == held
        assert hash(again) == hash(held)
        assert str(again) == str(held)


@pytest.mark.parametrize("held", VALUES, ids=ids)
def test_law_frozen_and_with_leaves_the_original(held):
    before = encode(held)
    name = next((f.name for f in attrs.fields(type(held)) if f.init), "any")  # a route may have no argument
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(held, name, None)
    again = held.with_()
    assert again == held
    assert again is not held
    with pytest.raises(ici.UnknownArgument):
        held.with_(no_such_argument=1)
    assert encode(held) == before


@pytest.mark.parametrize("held", VALUES, ids=ids)
def test_law_a_wrong_dictionary_is_refused(held):
    good = held.to_dict()
    for bad in ({}, {**good, "schema": 99}, {**good, "type": "Nothing"}, [], None):
        with pytest.raises(ici.InvalidInput):
            type(held).from_dict(bad)
    other = ici.Fixed if not isinstance(held, ici.Fixed) else ici.AtMonths
    with pytest.raises(ici.InvalidInput):
        other.from_dict(good)


def test_law_different_values_differ():
    for i, one in enumerate(VALUES):
        for other in VALUES[:i]:
            assert one != other
            assert repr(one) != repr(other)


def test_law_every_public_value_is_here():
    concrete = {c for c in NAMES.values() if inspect.isclass(c) and issubclass(c, Value) and not inspect.isabstract(c)}
    assert {c.__name__ for c in concrete} <= {type(v).__name__ for v in VALUES}


def test_law_another_process_reads_what_this_one_wrote(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN.to_dict()), encoding="utf-8")
    code = (
        "import json, pathlib, sys, icibaseline as ici\n"
        "print(repr(ici.Plan.from_dict(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')))))"
    )
    made = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == repr(PLAN)
