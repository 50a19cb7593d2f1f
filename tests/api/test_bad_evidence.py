"""Findings, routes, mixtures, pools and curves that are each legal and cannot go together."""

from __future__ import annotations

import numpy as np
import pytest
from bad_input import faults

import icibaseline as ici
from icibaseline import InvalidInput, RefusedFinding, UnknownArgument

LOGNORMAL, NORMAL = ici.NormalMixture.lognormal, ici.NormalMixture.normal
MCC, ACQUIRED, DSS, NSCLC, MELANOMA = (
    ici.baseline(id)
    for id in ("mcc_pfs_primary", "mcc_pfs_acquired", "mcc_dss_primary", "nsclc_pfs_primary", "mel_pfs_chemo")
)
RATE, SHARES, CLASSES, NOT_REACHED = (
    ici.baseline(id) for id in ("mel_orr_tmz", "mcc_share_primary", "mcc_loghr_pfs", "mcc_dss_acquired")
)
BIAS = ici.Bias(0.3, reason="confounding")
TREATED = ici.baseline("mcc_ahr_icirt", bias=BIAS)
CURVE, ENTRY, WHY = ici.Exponential(median=4.7), ici.Enrollment(duration=24), "to show how much studies differ"
PAIR = MELANOMA.prior  # on median and shape, the shape on its own scale


def scenario(control=CURVE, effect=0.6):
    effect = ici.HazardRatio(effect) if isinstance(effect, float | ici.NormalMixture) else effect
    return ici.Scenario(control=control, effect=effect, enrollment=ENTRY)


def stratum(name, **changes):
    return ici.Stratum(name, 0.5, **{"control": CURVE, "effect": ici.HazardRatio(0.6), **changes})


def mine(**changes):
    """A median of 5.2 months in 40 patients, changed."""
    median = {"id": "mine", "document": "own", "printed": "5.2 months", "statistic": "median", "value": 5.2, "n": 40}
    return ici.Finding(**{**median, "unit": "months", "supports": "p", "route": "median with n only", **changes})


def made(*findings, **options):
    return ici.Baseline("p", findings=findings, **options)


def with_landmark(value, at, family, n=40):
    landmark = mine(id="later", statistic="landmark", unit="percent", value=value, at=at, n=n)
    return made(mine(n=n), landmark, by=ici.MedianPlusLandmark(family=family))


def compared(**changes):
    p = {"statistic": "p value", "unit": None, "value": None, "p": 0.03, "comparator": "others", "n_comparator": 30}
    return made(mine(**{**p, "favours": "group", "endpoint": "PFS", "route": "p value with n", **changes}))


def counted(value, n):
    return made(mine(statistic="percentage", unit="percent", value=value, n=n, route="counts"))


ROWS = [
    # routes and their options
    ("`bias` must be given for a comparison that was not", RefusedFinding, lambda: ici.baseline("mcc_ahr_icirt")),
    ("It is added to the log of a median or of a", InvalidInput, lambda: ici.baseline("mel_orr_tmz", bias=BIAS)),
    (
        "`bias` must be left out for a prior on the hazard to",
        InvalidInput,
        lambda: ici.baseline("mel_pfs_chemo", family="piecewise", bias=BIAS),
    ),
    (
        "a median alone does not choose between families; got 'cure'.",
        InvalidInput,
        lambda: ici.baseline("mcc_pfs_primary", family="cure"),
    ),
    (
        "`family` must be left out when `by` is given",
        InvalidInput,
        lambda: ici.baseline("mel_pfs_chemo", family="cure", by=ici.MedianPlusLandmark()),
    ),
    (
        "`shape` must be left out for a prior of the response rate",
        InvalidInput,
        lambda: ici.baseline("mel_orr_tmz", shape=0.7),
    ),
    ("`event_free` must be left out for a prior of the", InvalidInput, lambda: RATE.with_(event_free=1)),
    ("`assessment_every` must be left out for a prior of the", InvalidInput, lambda: SHARES.with_(assessment_every=2)),
    (
        "`assessment_every` must be left out for a prior that is not on the median",
        InvalidInput,
        lambda: ici.baseline("mel_pfs_chemo", family="piecewise", assessment_every=2),
    ),
    (
        "must suit the route 'counts'; got none that it reads. It needs a count",
        RefusedFinding,
        lambda: MCC.with_(by=ici.Counts()),
    ),
    ("It needs exactly one median and one landmark.", RefusedFinding, lambda: MCC.with_(by=ici.MedianPlusLandmark())),
    ("has no interval; a confidence interval in", RefusedFinding, lambda: MCC.with_(by=ici.MedianWithInterval())),
    (
        "nobody is unclassified",
        RefusedFinding,
        lambda: ici.baseline("hcc_share", by=ici.Shares(unclassified=True)),
    ),
    ("`prior` must be a prior on the median; got Bivariate", InvalidInput, lambda: MCC.with_(prior=PAIR)),
    ("`prior` must be a prior on positive numbers", InvalidInput, lambda: MCC.with_(prior=NORMAL(5, 1))),
    ("`prior` must be a prior on the median; got", InvalidInput, lambda: ici.MedianWithN().curve(PAIR)),
    ("`prior` must be a prior on the median and the", InvalidInput, lambda: ici.MedianPlusLandmark().curve(MCC.prior)),
    (
        "`prior` must be a prior on which median and cured",
        InvalidInput,
        lambda: ici.MedianPlusLandmark(family="cure").curve(PAIR),
    ),
    ("`baseline` must be that of a survival outcome", RefusedFinding, lambda: RATE.curve),
    # the next study
    ("`prior` must be a prior of the median or of a hazard ratio", InvalidInput, RATE.predictive),
    ("`prior` must be a prior of the median or of a hazard ratio", InvalidInput, SHARES.predictive),
    ("`heterogeneity` must be a HalfNormal; got 0.25", InvalidInput, lambda: MCC.predictive(0.25)),
    # findings that do not go together
    ("which name several routes", RefusedFinding, lambda: made(mine(), mine(id="other", route="counts"))),
    ("mine has no n.", RefusedFinding, lambda: made(mine(n=None))),
    ("mine is not a positive number of months.", RefusedFinding, lambda: made(mine(unit="weeks"))),
    ("later must lie after the median", RefusedFinding, lambda: with_landmark(60, 12, "Weibull")),
    ("the cured fraction would not be positive", RefusedFinding, lambda: with_landmark(1, 30, "cure", n=4000)),
    ("the cured fraction may reach 0.5: there is no median", RefusedFinding, lambda: with_landmark(40, 12, "cure", 9)),
    ("no whole number of 7 prints as 30 percent", RefusedFinding, lambda: counted(30, 7)),
    ("may be any of 207, 208", RefusedFinding, lambda: counted(30, 700)),
    ("mine is a bound: p below 0.03", RefusedFinding, lambda: compared(p_bound=True)),
    ("mine has no favours", RefusedFinding, lambda: compared(favours=None)),
    ("no `event_share` is known for its endpoint ORR", RefusedFinding, lambda: compared(endpoint="ORR")),
    # mixtures
    (
        "numbers that sum to 1; got (0.8, 0.3). They sum to",
        InvalidInput,
        lambda: ici.mix(MCC, CURVE, shares=(0.8, 0.3)),
    ),
    (
        "`shares` must be as many as `parts`, of which there",
        InvalidInput,
        lambda: ici.mix(MCC, CURVE, shares=(1 / 3,) * 3),
    ),
    ("`shares[1]` must be a positive number; got 0", InvalidInput, lambda: ici.mix(MCC, CURVE, shares=(1, 0))),
    ("`shares` must be two or more numbers that sum to 1", InvalidInput, lambda: ici.mix(MCC, CURVE, shares=0.8)),
    ("a prior that stays between 0 and 1", InvalidInput, lambda: ici.mix(MCC, CURVE, shares=LOGNORMAL(0.6, 0.3))),
    ("as many as `parts`", InvalidInput, lambda: ici.mix(MCC, CURVE, shares=ici.Dirichlet((1, 2, 3)))),
    ("`shares` must be a Baseline of shares", InvalidInput, lambda: ici.mix(MCC, CURVE, shares=RATE)),
    ("the order of the shares, primary then acquired", InvalidInput, lambda: ici.mix(ACQUIRED, MCC, shares=SHARES)),
    ("`parts` must be two or more parts", InvalidInput, lambda: ici.mix(MCC, shares=(1,))),
    (
        "`parts[1]` must be a Baseline that can be a control",
        InvalidInput,
        lambda: ici.mix(MCC, RATE, shares=(0.5, 0.5)),
    ),
    ("not the control arm of a trial.", InvalidInput, lambda: ici.mix(MCC, NOT_REACHED, shares=(0.5, 0.5))),
    ("that stays within its range", InvalidInput, lambda: ici.mix(MCC, NORMAL(5, 3), shares=(0.5, 0.5))),
    # pools
    ("the same patients cannot count twice", InvalidInput, lambda: ici.pool(MCC, DSS)),
    ("the same patients cannot count twice", InvalidInput, lambda: ici.pool(MCC, MCC)),
    ("`mismatch` must say why unlike cohorts may be pooled", InvalidInput, lambda: ici.pool(MCC, NSCLC)),
    ("`members` must be two or more Baselines; got ()", InvalidInput, ici.pool),
    ("`members[1]` must be a Baseline that can be a control", InvalidInput, lambda: ici.pool(MCC, RATE, mismatch=WHY)),
    (
        "Its prior is on the hazard to the printed median and",
        InvalidInput,
        lambda: ici.pool(MCC, ici.baseline("mel_pfs_chemo", family="piecewise"), mismatch=WHY),
    ),
    (
        "`members[1]` must be a Baseline with one lognormal prior",
        InvalidInput,
        lambda: ici.pool(MCC, NSCLC.with_(prior=LOGNORMAL(2, 0.2).robust()), mismatch=WHY),
    ),
    # scenarios
    ("`control` must be able to be a control arm; got 'mcc_dss_a", RefusedFinding, lambda: scenario(NOT_REACHED)),
    ("not of a survival curve.", RefusedFinding, lambda: scenario(RATE)),
    ("not of a survival curve.", RefusedFinding, lambda: stratum("a", control=SHARES)),
    ("`effect` must be a Baseline that compares treatments", InvalidInput, lambda: scenario(effect=CLASSES)),
    ("hazard ratio; got 'mcc_pfs_primary'. It is a prior of a", InvalidInput, lambda: scenario(effect=MCC)),
    ("A ratio of medians is not a hazard ratio", InvalidInput, lambda: scenario(effect=ici.MedianRatio(1.7))),
    (
        "`value` must be a hazard ratio; got MedianRatio(1.7)",
        InvalidInput,
        lambda: scenario(effect=ici.HazardRatio(ici.MedianRatio(1.7))),
    ),
    ("two findings of the same patients", InvalidInput, lambda: scenario(MCC, TREATED)),
    (
        "two findings of the same patients",
        InvalidInput,
        lambda: scenario(ici.mix(MCC, DSS, shares=(0.5, 0.5), mismatch=WHY)),
    ),
    (
        "two findings of the same patients",
        InvalidInput,
        lambda: ici.Scenario(strata=(stratum("a", control=MCC), stratum("b", control=DSS)), enrollment=ENTRY),
    ),
    # curves
    ("`weights` must be as many as `curves`", InvalidInput, lambda: ici.Mixture((0.5, 0.3, 0.2), (CURVE, CURVE))),
    ("They sum to 0.9, and are never", InvalidInput, lambda: ici.Mixture((0.5, 0.4), (CURVE, CURVE))),
    ("`weights` must be rows that sum to 1", InvalidInput, lambda: ici.Mixture(np.array([[0.5, 0.4]]), (CURVE,) * 2)),
    (
        "`weights` must be a number to evaluate",
        InvalidInput,
        lambda: ici.Mixture(SHARES.prior, (CURVE,) * 2).survival(3),
    ),
    ("`cured` must be given to MixtureCure with `base`", InvalidInput, lambda: ici.MixtureCure(CURVE)),
    ("`base` must be given to MixtureCure with `cured`", InvalidInput, lambda: ici.MixtureCure(cured=0.1)),
    ("`joint` must be given alone, without base", InvalidInput, lambda: ici.MixtureCure(CURVE, joint=(3, 0.1))),
    ("one from 0 to below 0.5", InvalidInput, lambda: ici.MixtureCure(joint=(3, 0.5))),
    ("`shape` must be given to LogLogistic", InvalidInput, lambda: ici.LogLogistic(median=3)),
    ("`median` must be given to LogNormal", InvalidInput, lambda: ici.LogNormal(sigma=1)),
    ("`joint` must be given alone, without sigma", InvalidInput, lambda: ici.LogNormal(sigma=1, joint=(3, 1))),
    ("`joint[0]` must be a finite number; got True", InvalidInput, lambda: ici.LogLogistic(joint=(True, 1.5))),
    (
        "`months` must be a time that some reach without the event",
        InvalidInput,
        lambda: ici.Conditional(ici.Weibull(shape=9, median=1), months=1e99).survival(1),
    ),
    ("`scenario` must be one scenario; got a batch", InvalidInput, lambda: batched(ici.Conditional(CURVE, np.ones(2)))),
    # shares of a whole
    ("`names` must be as long as `a`", InvalidInput, lambda: ici.Dirichlet((1, 2), names=("x",))),
    ("`names` must be names that differ", InvalidInput, lambda: ici.Dirichlet((1, 2), names=("x", "x"))),
    ("Use marginal(i).cdf.", InvalidInput, lambda: ici.Dirichlet((1, 2)).cdf((0.5, 0.5))),
    ("at least two classes, each given once", InvalidInput, lambda: ici.Dirichlet((1, 2, 3)).among(0, 0)),
    ("`points` must be at most 7 for 9 shares", InvalidInput, lambda: ici.Dirichlet((1,) * 9).nodes(8)),
    # reports
    ("Did you mean `verdict`?", UnknownArgument, lambda: ici.check(ici.findings()).where(verdikt="tense")),
    ("`compared` must be a non-empty string; got 3", InvalidInput, lambda: ici.check(()).where(compared=3)),
    ("`bias` must be a Bias; got 0.3. For example", InvalidInput, lambda: ici.baseline("mcc_ahr_icirt", bias=0.3)),
    ("Did you mean `family`?", UnknownArgument, lambda: ici.baseline("mel_pfs_chemo", famly="cure")),
]


def batched(control):
    return ici.power(ici.Randomized(134), scenario(control))


@pytest.mark.parametrize(("said", "kind", "call"), ROWS, ids=[row[0] for row in ROWS])
def test_law_what_cannot_go_together_is_refused_in_one_sentence(said, kind, call):
    with pytest.raises(kind) as caught:
        call()
    assert said in str(caught.value)
    assert [what for what, holds in faults("", caught.value) if holds] == []
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MCC, MCC.with_(by=ici.MedianWithN(factor=2))),
        (MCC, MCC.with_(bias=ici.Bias(0.0, mean=0.2, reason="scans"))),
        (MCC, MCC.with_(shape=0.7)),
        (MCC.with_(shape=0.7), MCC.with_(shape=0.7, event_free=1)),
        (MELANOMA, ici.baseline("mel_pfs_chemo", family="cure")),
        (ici.mix(MCC, ACQUIRED, shares=(0.8, 0.2)), ici.mix(MCC, ACQUIRED, shares=(0.7, 0.3))),
        (ici.mix(MCC, ACQUIRED, shares=(0.8, 0.2)), ici.mix(MCC, CURVE, shares=(0.8, 0.2))),
        (
            ici.pool(MCC, NSCLC, mismatch=WHY, heterogeneity=ici.HalfNormal(0.1)),
            ici.pool(MCC, NSCLC, mismatch=WHY, heterogeneity=ici.HalfNormal(0.5)),
        ),
    ],
    ids=lambda held: str(len(repr(held))),
)
def test_law_every_choice_has_an_effect(one, other):
    design = ici.Randomized(134)
    first, second = (ici.assurance(design, scenario(held)).power for held in (one, other))
    assert abs(first - second) > 1e-4


def test_law_a_bias_beside_a_prior_given_by_hand_is_said_not_to_be_known():
    by_hand = TREATED.with_(prior=LOGNORMAL(0.5, 0.4))
    assert by_hand.prior == LOGNORMAL(0.5, 0.4)
    assert [flag for flag in by_hand.flags if flag.endswith("whether the prior given by hand holds it is not known")]
    assert not [flag for flag in TREATED.flags if "by hand" in flag]
    assert str(BIAS) in TREATED.flags
