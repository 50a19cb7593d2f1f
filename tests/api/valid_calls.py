"""What is public: a valid call of each callable, or several, and the methods that are not tried.

A new public callable needs one valid call in CALLS.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import icibaseline as ici
from icibaseline._values import Value
from icibaseline.baseline.cohort import behind

CURVE, RATIO, ENTRY = ici.Exponential(median=4.7), ici.HazardRatio(0.6), ici.Enrollment(duration=24)
TRUTH = ici.Scenario(control=CURVE, effect=RATIO, enrollment=ENTRY)
WHOLE = ici.Stratum("all", 1, control=CURVE, effect=RATIO)
SIZED = ici.Randomized(n=134)
PLAN = ici.sample_size(ici.Randomized(), TRUTH, power=0.8)
SIMULATED, AVERAGED = ici.simulate(SIZED, TRUTH, replicates=4, rng=1), ici.assurance(SIZED, TRUTH)
FINDING, DOCUMENT = ici.findings(supports="mcc_pfs_primary")[0], ici.documents()[0]
PRIOR = ici.NormalMixture.lognormal(4.7, 0.3)
PRIMARY, ACQUIRED, OTHER = (
    ici.baseline(f"{id}") for id in ("mcc_pfs_primary", "mcc_pfs_acquired", "nsclc_pfs_primary")
)
SEEN = {"realised": (10.0, 31.0), "planned": (15.0, 30.0), "drift": 3.0, "final": True}
REALISED = [SEEN, {**SEEN, "time": (0.3, 1.0), "planned_time": (0.4, 1.0)}, {**SEEN, "numbers": (1, 2)}]
SEQUENTIAL = ici.Randomized(n=136, looks=ici.AtEvents((70, 121)), boundary=ici.Spending(0.025)).plan_for(TRUTH)
LOOK, LAW = ici.Look(70, z=1.2), ici.NormalMixture.lognormal(0.7, 0.3)
AXES = Figure().subplots()
BOUNDS = ici.Spending(0.025).bounds((15.0, 30.0), drift=3.0)
POOLED, REPORT = ici.pool(PRIMARY, OTHER, mismatch="another tumour"), ici.check(DOCUMENT)
RESPONSE = ici.ResponseScenario(ici.baseline("promit_orr"), ici.Rate(0.35), enrollment=ici.Enrollment(rate=2))
ONE_ARM = ici.sample_size(ici.SingleArm(), RESPONSE, power=0.8)
ON_CURVE = ici.sample_size(ici.SingleArm(statistic=ici.OneSampleLogRank()), TRUTH, power=0.8)
FOLLOWED = {"design": ON_CURVE, "months": (3.1, 7.5), "events": (True, False), "numbers": 1, "level": 0.9}
BETA, STAGES = ici.BetaMixture(1, 0.5, 0.5), ici.TwoStage(benchmark=0.1, r1=1, n1=10, r=5, n=29)
RANDOMISED = ici.RandomizedResponse(n=54, test=ici.Boschloo(), alpha=0.1).plan_for(RESPONSE)
ARMS = {"control": (7, 38), "experimental": (13, 38)}
STAGED = ici.TwoStageSurvival(30, benchmark=CURVE, interim=12, c1=0.2, c=1.6)


def given(item: Value) -> dict[str, Any]:
    """The arguments that rebuild a value."""
    return dict(item._arguments())


def printed(item: ici.Finding, **changes: Any) -> dict[str, Any]:
    return {**given(item), **changes}


INTERVAL = printed(FINDING, lower=3.1, upper=6.3, level=0.95, interval_label="CI", route="median with interval")
ROUTES = {  # the findings that each route can read
    "Counts": behind("mel_orr_tmz"),
    "HazardRatioWithInterval": behind("mcc_ahr_icirt"),
    "MedianPlusLandmark": behind("mel_pfs_chemo"),
    "MedianWithInterval": ici.Findings((ici.Finding(**INTERVAL),)),
    "MedianWithN": PRIMARY.findings,
    "NotReached": behind("mcc_dss_acquired"),
    "PValueWithN": behind("mcc_loghr_pfs"),
    "Shares": behind("mcc_share_primary"),
}


def told(route: str) -> list[str]:
    """The methods of a route that take findings."""
    names = ("checked", "explain", "families", "flags", "needs_bias", "prior", "select", "sensitivity", "supports")
    return [name for name in names if hasattr(getattr(ici, route), name)]


# One valid call, or more where arguments exclude one another; each argument is tried in the first call that gives it.
# ".name" stands for the method of that name of any class.
CALLS: dict[str, list[dict[str, Any]]] = {
    "AfterFollowUp": [FOLLOWED],
    "AfterTrial": [{"design": STAGES, "responses": (3, 8), "patients": (10, 33), "ended": True, "level": 0.9}],
    "AfterEnrollment": [{"follow_up": 12}],
    "Alternative": [{"label": "by another route", "prior": PRIOR, "numbers": (("S(24)", 0.1),)}],
    "AtEvents": [{"events": (80, 121), "by": (36, 60)}],
    "AtInformation": [{"fractions": (0.6, 1.0), "final": ici.AfterEnrollment(12)}],
    "AtMonths": [{"at": 36}],
    "Averaging": [given(AVERAGED.averaging)],
    "Barnard": [{"margin": ici.RiskDifference(-0.1)}],
    "Baseline": [
        given(PRIMARY.with_(by=ici.MedianWithN(factor=2), bias=ici.Bias(0.2, reason="one centre"), shape=0.7)),
        given(PRIMARY),
    ],
    "BetaMixture": [{"weights": (0.5, 0.5), "a": (1, 2), "b": (3, 4)}],
    "BetaSpending": [{"a": 2, "b": 1}],
    "Bias": [{"sd": 0.3, "mean": 0.1, "reason": "one centre"}],
    "BivariateNormal": [{"means": (1, 0.7), "sds": (0.1, 0.05), "correlation": 0.5, "scales": ("log", "identity")}],
    "Boschloo": [{}],
    "Bounds": [given(BOUNDS)],
    "CalendarTime": [{}],
    "CauchySpending": [{"a": -0.5, "b": 1.2}],
    "StudentSpending": [{"a": -0.5, "b": 1.2, "df": 5}],
    "ExtremeValueSpending": [{"a": -0.5, "b": 1.2}],
    "ExtremeValue2Spending": [{"a": -0.5, "b": 1.2}],
    "Coherence": [given(REPORT), {"items": REPORT.items, "unchecked": ("one: it has no n.",)}],
    "CoherenceLine": [given(REPORT[0])],
    "Comparison": [given(ici.compare(SIZED, TRUTH))],
    "Conditional": [{"base": ici.Weibull(shape=0.7, median=4.7), "months": 1}],
    "Counts": [{"prior_counts": (0.5, 0.5)}],
    "Dirichlet": [{"a": (3, 4, 5)}, {"a": (3, 4, 5), "names": ("x", "y", "z")}],
    "Document": [given(DOCUMENT)],
    "Documents": [{"items": (DOCUMENT,)}],
    "Enrollment": [
        {"duration": 24, "relative_rates": (1, 2), "knots": (6,)},
        {"rates": (2, 5), "knots": (6,)},
        {"rate": 5},
    ],
    "Exact": [{"alpha": 0.05}, {"r": 13}],
    "ExplicitCurve": [{"curve": CURVE}],
    "ExponentialSpending": [{"nu": 0.75}],
    "ExponentialTest": [{"formula": "events", "follow_up": 12, "benchmark_sd": 0.2}],
    "Exponential": [{"median": 4.7}, {"rate": 0.1}],
    "FarringtonManning": [{"margin": ici.RiskRatio(0.8), "formula": "normal", "correction": True}],
    "Finding": [
        printed(FINDING, lower=3.1, upper=6.2, level=0.95, interval_label="CI", comparator="acquired"),
    ],
    "Findings": [{"items": (FINDING,)}],
    "FisherExact": [{}],
    "Fixed": [{"alpha": 0.025}],
    "Fleming": [{"alpha": 0.05, "looks": 3, "exact": True}],
    "GivenBounds": [{"efficacy": (3.0, 1.7), "futility": (0.2,), "alpha": 0.05}],
    "FutilityConditionalPower": [{"power": 0.1, "hazard_ratio": 0.6, "null": 1.3}, {"power": (0.1, 0.2)}],
    "FutilityHazardRatio": [{"ratio": 0.9, "null": 1.3}, {"ratio": (0.9, 0.8)}],
    "FutilityPValue": [{"p": 0.5}, {"p": (0.5, 0.4)}],
    "FutilityZ": [{"bound": 0.5}, {"bound": (0.0, 0.5)}],
    "HalfNormal": [{"scale": 0.25}],
    "HaybittlePeto": [
        {"alpha": 0.025, "z": 3.0, "futility": ici.FutilityZ(0), "binding": True},
        {"alpha": 0.025, "sided": 2},
    ],
    "HazardRatio": [{"value": 0.6, "delay": 3}],
    "HazardRatioWithInterval": [{}],
    "HonestBenchmark": [given(ONE_ARM.honest)],
    "HonestBenchmark.error_between_studies": [{"heterogeneity": ici.HalfNormal(0.25)}],
    "HonestBenchmark.power": [{"n": 44}],
    "HonestBenchmark.resampled_power": [{"n": 44}],
    "HonestBenchmark.success": [{"rate": 0.3}],
    "HonestCurve": [given(ON_CURVE.honest)],
    "HonestCurve.power": [{"n": 44}],
    "HonestLevel": [given(RANDOMISED.honest(RESPONSE, 0.8))],
    "HwangShihDeCani": [{"gamma": -2}],
    "InformationTime": [{"capped": True}],
    "InTurn": [{"parts": (ici.AtEvents(73), ici.AfterEnrollment(12))}],
    "KimDeMets": [{"rho": 2}],
    "LeeLiu": [
        {"c": 0.9, "stop": 0.01, "early": 0.99, "delta": 0.05, "prior": BETA, "first": 10, "every": 5},
        {"looks": (10, 20)},
    ],
    "LeeLiu.predictive_probability": [{"responses": 16, "patients": 23, "n": 40, "benchmark": 0.6}],
    "LogLogistic": [{"shape": 1.3, "median": 2.6}, {"joint": (2.6, 1.3)}],
    "LogNormal": [{"sigma": 1.3, "median": 2.6}, {"joint": (2.6, 1.3)}],
    "LogRank": [
        {"formula": "score", "stratified": True, "reference": "permutation", "permutations": 500},
        {"null": 1.3},
    ],
    "LogisticSpending": [{"a": -0.5, "b": 1.2}],
    "MedianPlusLandmark": [{"family": "log-normal", "censoring_allowance": 1.2}],
    "MedianRatio": [{"value": 1.7}],
    "Milestone": [{"at": 6, "transform": "logit", "formula": "normal", "follow_up": 12, "benchmark_sd": 0.2}],
    "MedianWithInterval": [{"floor": 1.2, "allowance": 1.5, "unstated_level": 0.9}],
    "MedianWithN": [{"factor": 2}],
    "Mix": [
        {"parts": (PRIMARY, ACQUIRED), "shares": (0.8, 0.2), "at_median": True, "event_free": 2, "mismatch": "why"},
        {"parts": (PRIMARY, ACQUIRED, PRIOR, CURVE), "shares": (0.4, 0.3, 0.2, 0.1)},
        {"parts": (PRIMARY, ACQUIRED), "shares": ici.baseline("mcc_share_primary")},
    ],
    "Mixture": [
        {"weights": (0.8, 0.2), "curves": (CURVE, ici.Weibull(shape=0.7, median=9))},
        {"weights": 0.8, "curves": (CURVE, CURVE)},
    ],
    "MixtureCure": [{"base": CURVE, "cured": 0.1}, {"joint": (2.6, 0.1)}],
    "MultiStage": [
        {"sizes": (15, 25), "efficacy": (7, 9), "futility": (3, 8), "benchmark": 0.2, "alpha": 0.05},
        given(ici.MultiStage((15, 25), efficacy=(7, 9)).plan_for(RESPONSE)),
    ],
    "MultiStage.plan_for": [{"scenario": RESPONSE}],
    "NormalMixture": [{"weights": (0.5, 0.5), "means": (0, 1), "sds": (1, 2), "scale": "log"}],
    "NotReached": [{"at_risk": 0.5, "effect": ici.PValueWithN(), "comparator": ici.MedianWithN()}],
    "NormalSpending": [{"a": -0.5, "b": 1.2}],
    "OBrienFleming": [{"rho": 2.0}],
    "OneSampleLogRank": [{"variance": "poisson", "formula": "wu", "follow_up": 12, "benchmark_sd": 0.2}],
    "OperatingCharacteristics": [given(SIMULATED)],
    "OddsRatio": [{"value": 2.0}],
    "Outcomes": [{"survival": TRUTH, "response": RESPONSE.with_(control=0.2, enrollment=ENTRY)}],
    "PValueWithN": [{"event_share": (0.7, 1), "widening": 0.2, "selected": True}],
    "PiecewiseExponential": [{"hazards": (0.1, 0.2), "knots": (3,)}],
    "PiecewiseSpending": [{"t": (0.25, 0.5), "fractions": (0.1, 0.2)}],
    "Plan": [given(PLAN)],
    "Planned": [given(PLAN.design.planned)],
    "Pocock": [{}],
    "Pool": [
        {"members": (PRIMARY, OTHER), "heterogeneity": ici.HalfNormal(0.3), "mismatch": "why", "at_median": True},
        given(POOLED),
    ],
    "PooledZ": [{"formula": "normal"}],
    "Posterior": [{"c": 0.95, "prior": ici.BetaMixture((1,), (1,), (1,)), "delta": 0.05}],
    "Randomized": [{**given(PLAN.design), "planned": None}, given(PLAN.design)],
    "RandomizedResponse": [
        {**given(RANDOMISED), "ratio": 2, "conservative": True, "planned": None},
        given(RANDOMISED),
    ],
    "Rate": [{"value": 0.35}],
    "References": [{"items": ("A paper.",)}],
    "ResponsePlan": [given(RANDOMISED.planned)],
    "ResponseScenario": [given(RESPONSE.with_(control=0.2, assessment=3)), given(RESPONSE)],
    "RiskDifference": [{"value": 0.1}],
    "RiskRatio": [{"value": 2.0}],
    "RestrictedMean": [{"horizon": 12, "follow_up": 12, "benchmark_sd": 0.2}],
    "Root": [{"x": 1.0, "value": 2.0, "evaluations": 3}],
    "ScaledHazard": [{"base": CURVE, "ratio": 0.6, "delay": 3}],
    "Scenario": [
        {"control": CURVE, "effect": RATIO, "enrollment": ENTRY, "dropout": (CURVE, CURVE), "mismatch": "why"},
        {"control": CURVE, "experimental": CURVE, "enrollment": ENTRY},
        {"strata": (WHOLE,), "enrollment": ENTRY},
    ],
    "Shares": [{"prior_count": 1, "unclassified": True}],
    "SingleArm": [
        {**given(ONE_ARM.design), "conservative": True, "n_max": 500, "planned": None},
        given(ONE_ARM.design),
        {"statistic": ici.OneSampleLogRank(), "looks": ici.AfterEnrollment(12), "rule": ici.Fixed(0.05)},
    ],
    "SingleArm.plan_for": [{"scenario": RESPONSE}],
    "StagePlan": [given(ONE_ARM.design.planned)],
    "Source": [given(ici.sources(TRUTH)[0])],
    "Sources": [given(ici.sources(TRUTH))],
    "Look": [{"events": 60, "z": 1.4, "month": 20, "final": False, "number": 1, "null": 1.3}],
    "Look.from_data": [
        {
            "time": [3.0, 5.0, 7.0, 9.0],
            "event": [1, 1, 0, 1],
            "experimental": [0, 1, 0, 1],
            "stratum": [1, 1, 1, 1],
            "null": 1.1,
            "month": 12,
            "final": True,
            "number": 1,
        },
    ],
    "monitor": [{"plan": SEQUENTIAL, "looks": (LOOK,), "prior": LAW}],
    "UnpooledZ": [{"formula": "normal"}],
    "Monitoring": [given(ici.monitor(SEQUENTIAL, (LOOK,)))],
    "Monitoring.conditional_power_at": [{"hazard_ratio": 0.7, "look": 1}],
    "Preposterior": [{"plan": SEQUENTIAL, "prior": LAW}],
    "Preposterior.posterior_at": [{"z": 1.4, "look": 1}],
    "Preposterior.predictive_power_at": [{"z": 1.4, "look": 1}],
    "Spending": [
        {
            "alpha": 0.025,
            "efficacy": ici.Pocock(),
            "futility": ici.HwangShihDeCani(-2),
            "binding": True,
            "beta": 0.2,
        },
        {"futility": ici.HwangShihDeCani(-2), "efficacy_looks": (1, 2), "futility_looks": (1,)},
        {"alpha": 0.025, "sided": 2, "time": ici.CalendarTime()},
    ],
    "StandardErrors": [given(SIMULATED.errors)],
    "Stratum": [{"name": "all", "share": 1, "control": CURVE, "effect": RATIO}],
    "ThallSimon": [
        {
            "c": 0.95,
            "stop": 0.05,
            "early": 0.99,
            "delta": 0.05,
            "stop_delta": 0.1,
            "prior": BETA,
            "first": 5,
            "every": 5,
        },
        {"looks": (10, 20)},
    ],
    "TwoStage": [
        given(STAGES.with_(criterion="admissible", weight=0.5)),
        given(ici.TwoStage(n_max=100)),
        given(STAGES.plan_for(RESPONSE)),
    ],
    "TwoStage.plan_for": [{"scenario": RESPONSE}],
    "TwoStageDesigns": [{"design": ici.TwoStage(alpha=0.05), "scenario": RESPONSE, "power": 0.8}],
    "TwoStageSurvival": [
        {**given(STAGED.with_(criterion="minimax", alpha=0.1)), "planned": None},
        given(STAGED.plan_for(TRUTH)),
    ],
    "TwoStageSurvival.moved": [{"scenario": TRUTH, "interim": 14}],
    "TwoStageSurvival.plan_for": [{"scenario": TRUTH}],
    "TwoStageSurvivalDesigns": [{"design": ici.TwoStageSurvival(), "scenario": TRUTH, "power": 0.8}],
    "WangTsiatis": [
        {"alpha": 0.025, "delta": 0.25, "futility": ici.FutilityZ(0), "binding": True},
        {"alpha": 0.025, "delta": 0.25, "sided": 2},
    ],
    "Weibull": [{"shape": 0.7, "median": 2.6}, {"shape": 0.7, "scale": 2.6}, {"joint": (2.6, 0.7)}],
    "after_follow_up": [FOLLOWED],
    "after_trial": [{"design": STAGES, "responses": (3, 8), "patients": (10, 33), "ended": True, "level": 0.9}],
    "assurance": [{"design": SIZED, "scenario": TRUTH, "target": 0.8}],
    "baseline": [
        {
            "id": "mcc_pfs_primary",
            "by": ici.MedianWithN(factor=2),
            "bias": ici.Bias(0.3, reason="one centre"),
            "shape": 0.7,
            "assessment_every": 2,
            "event_free": 1,
            "at_median": True,
        },
        {"id": "mel_pfs_chemo", "family": "log-normal"},
        {"tumour": "MCC", "resistance": "primary", "endpoint": "PFS"},
    ],
    "baselines": [{}],
    "check": [{"findings": found} for found in (DOCUMENT.findings, DOCUMENT, ici.documents(), (FINDING,))],
    "compare": [{"designs": (SIZED,), "scenarios": (TRUTH,), "by": ici.power}],
    "documents": [{}],
    "findings": [{"tumour": "MCC", "value": 4.7, "p_bound": False}],
    "load": [{"path": "mine.toml", "text": "mine.txt"}],
    "mix": [
        {"parts": (PRIMARY, ACQUIRED), "shares": (0.8, 0.2), "event_free": 2, "mismatch": "why"},
        {"parts": (CURVE, PRIOR, PRIMARY), "shares": (0.5, 0.3, 0.2)},
    ],
    "plot": [{"item": PRIOR, "ax": AXES}, {"item": PRIOR, "view": "density", "ax": AXES}],
    "pool": [{"members": (PRIMARY, OTHER), "heterogeneity": ici.HalfNormal(0.3), "mismatch": "another tumour"}],
    "preposterior": [{"plan": SEQUENTIAL, "prior": LAW}],
    "power": [{"design": SIZED, "scenario": TRUTH}],
    "references": [{"result": TRUTH}],
    "report": [{"result": PLAN, "path": "plan.md"}],
    "sample_size": [
        {"design": ici.Randomized(), "scenario": TRUTH, "power": 0.8},
        {"design": ici.Randomized(), "scenario": TRUTH, "assurance": 0.8},
    ],
    "simulate": [{"design": SIZED, "scenario": TRUTH, "replicates": 2, "rng": 1, "executor": None, "progress": False}],
    "solve": [{"function": lambda x: x, "equals": 0.5, "between": (0, 1), "tolerance": 1e-9}],
    "sources": [{"result": TRUTH}],
    "template": [{"path": "new.toml"}],
    # methods
    **{f"{route}.{name}": [{"findings": found}] for route, found in ROUTES.items() for name in told(route)},
    ".accrual": [{"n": 100.0}],
    ".after": [{"months": 2.0}],
    ".among": [{"classes": (0, 2)}],
    ".apply": [{"control": CURVE}],
    "OddsRatio.apply": [{"control": 0.2}],
    "Rate.apply": [{"control": 0.2}],
    "RiskDifference.apply": [{"control": 0.2}],
    "RiskRatio.apply": [{"control": 0.2}],
    "Bias.apply": [{"prior": PRIOR}],
    ".at": [{"nodes": ()}],
    ".bounds": [{"information": (15.0, 30.0), "drift": 3.0}, {"information": (15.0, 30.0), "time": (0.4, 1.0)}],
    ".drift_for": [{"power": 0.8}],
    ".spent": [{"t": 0.5, "alpha": 0.025}],
    ".through": [{"first": (0.25, 0.1), "second": (0.75, 0.6)}],
    "StudentSpending.through": [{"first": (0.25, 0.1), "second": (0.75, 0.6), "df": 5}],
    ".under": [{"drift": 3.0, "spread": 1.0, "futility": False}],
    "Fixed.at": REALISED,
    "GivenBounds.at": REALISED,
    "HaybittlePeto.at": REALISED,
    "Spending.at": REALISED,
    "WangTsiatis.at": REALISED,
    ".cdf": [{"x": 0.5}],
    "BivariateNormal.cdf": [{"x": (0.5, 0.5)}],
    "Comparison.__getitem__": [{"key": (0, 0)}],
    "Comparison.to_frame": [{"table": "summaries"}],
    ".curve": [{"prior": PRIOR}],
    "MedianPlusLandmark.curve": [{"prior": ici.BivariateNormal((1.5, 0.2), (0.2, 0.1), 0.5, ("log", "log"))}],
    ".cumulative_hazard": [{"t": 3.0}],
    ".density": [{"t": 3.0}],
    ".draw": [{"size": 3, "rng": 1}],
    ".from_counts": [{"events": 3, "n": 10, "prior": (0.5, 0.5)}],
    "Dirichlet.from_counts": [{"counts": (3, 4, 5)}, {"counts": (3, 4, 5), "prior": (1, 2, 3), "names": tuple("xyz")}],
    ".from_interval": [{"lower": 0.4, "upper": 0.8, "level": 0.95, "scale": "log", "estimate": 0.6}],
    ".hazard": [{"t": 3.0}],
    ".hazard_ratio": [{"shape": 0.8}],
    ".inflate": [{"sd": 0.2}],
    ".interval": [{"level": 0.9}],
    ".inverse_cumulative_hazard": [{"h": 0.5}, {"h": np.array([0.5]), "out": np.empty(1)}],
    ".lognormal": [{"median": 0.6, "sd": 0.3}],
    ".marginal": [{"i": 0}],
    ".nodes": [{"points": 8, "rule": "hermite"}],
    ".normal": [{"mean": 0.6, "sd": 0.3}],
    ".pdf": [{"x": 0.5}],
    "BivariateNormal.pdf": [{"x": (0.5, 0.5)}],
    "Dirichlet.pdf": [{"x": (0.5, 0.25, 0.25)}],
    ".plan_for": [{"scenario": TRUTH}],
    ".predictive": [{"heterogeneity": ici.HalfNormal(0.25)}],
    ".quantile": [{"p": 0.5}],
    ".restricted_mean": [{"horizon": 12.0}],
    "BetaMixture.robust": [{"weight": 0.2, "a": 1.0, "b": 1.0}],
    "NormalMixture.robust": [{"weight": 0.2, "center": 0.5, "sd": 1.0}],
    ".rvs": [{"size": 3, "rng": 1}],
    ".scaled": [{"ratio": 0.6, "delay": 3.0}],
    ".sized": [{"n": 100}],
    ".survival": [{"t": 3.0}],
    ".where": [{"statistic": "median", "value": 4.7}],
    "Coherence.where": [{"verdict": "tense", "compared": "p v medians v n"}],
    "RandomizedResponse.plan_for": [{"scenario": RESPONSE}],
    ".p_value": [ARMS],
    "FarringtonManning.interval": [{**ARMS, "level": 0.95}],
    ".region": [{"n_experimental": 20, "n_control": 20, "alpha": 0.1}],
    ".worst": [{"n_experimental": 20, "n_control": 20, "alpha": 0.1}],
}
