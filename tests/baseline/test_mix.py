"""Mixed populations, and the guard against counting patients twice."""

from __future__ import annotations

import json
import pickle

import pytest

import icibaseline as ici
from icibaseline.baseline import Mix, baseline, mix, shared_patients
from icibaseline.distributions import BetaMixture, Dirichlet, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.priors import Bias, Shares
from icibaseline.survival import Exponential

PRIMARY, ACQUIRED, SHARES = map(baseline, ("mcc_pfs_primary", "mcc_pfs_acquired", "mcc_share_primary"))
ENTRY = ici.Enrollment(duration=24)


@pytest.mark.parametrize(("share", "median"), [(0.8, 5.33), (44 / 75, 6.16), (0.75, 5.51), (31.5 / 75, 7.0)])
def test_published_mixture_medians(share: float, median: float) -> None:
    whole = mix(PRIMARY, ACQUIRED, shares=(share, 1 - share))
    assert whole.typical.median == pytest.approx(median, abs=0.051 if share < 0.5 else 5.1e-3)


def test_published_median_over_the_prior_of_the_share() -> None:
    ends = [mix(PRIMARY, ACQUIRED, shares=(p, 1 - p)).typical.median for p in SHARES.prior.interval()]
    assert ends == pytest.approx([6.68, 5.73], abs=5.1e-3)
    assert mix(PRIMARY, ACQUIRED, shares=SHARES).typical.median == pytest.approx(6.16, abs=0.01)


def test_law_shares_may_be_numbers_a_prior_or_a_baseline() -> None:
    by_prior = mix(PRIMARY, ACQUIRED, shares=SHARES.prior)
    assert by_prior.curve == mix(PRIMARY, ACQUIRED, shares=SHARES).curve
    assert "the shares of the parts are assumed, no source" in by_prior.flags
    assert not any("shares of the parts are assumed" in f for f in mix(PRIMARY, ACQUIRED, shares=SHARES).flags)
    assert any(
        "31 of the 106 patients are in none of the classes" in f for f in mix(PRIMARY, ACQUIRED, shares=SHARES).flags
    )


def test_law_patients_in_neither_class_are_a_third_part() -> None:
    shares = baseline("mcc_share_primary", by=Shares(unclassified=True))
    assert shares.prior == Dirichlet((44.5, 31.5, 31.5), names=("primary", "acquired", "unclassified"))
    medians = []
    for third in (4.7, 9.5):
        whole = mix(PRIMARY, ACQUIRED, Exponential(median=third), shares=shares)
        medians.append(whole.typical.median)
    assert medians == pytest.approx([5.7, 7.0], abs=0.05)  # methods: 5.7 to 7.0 depending on them
    vague = mix(PRIMARY, ACQUIRED, NormalMixture.lognormal(6.7, 0.5), shares=shares)
    assert len(ici.Scenario(control=vague, effect=ici.HazardRatio(0.6), enrollment=ENTRY).unknowns) == 4


def test_law_a_mixture_is_a_control_with_sources_at_every_verb() -> None:
    whole = mix(PRIMARY, ACQUIRED, shares=SHARES)
    truth = ici.Scenario(control=whole, effect=ici.HazardRatio(0.6), enrollment=ENTRY)
    plan = ici.sample_size(ici.Randomized(), truth, power=0.8)
    (control, *_) = ici.sources(plan)
    assert control.baseline == "mcc_pfs_primary + mcc_pfs_acquired + mcc_share_primary"
    assert control.status == "sourced"
    assert truth.typical.control.typical == whole.typical
    assert not truth.typical.unknowns
    error = ici.simulate(plan.design, truth.typical, replicates=4_000, rng=5)
    assert error.power == pytest.approx(plan.power, abs=4 * error.error + 0.005)
    assert "shares assumed" in ici.sources(truth.with_(control=mix(PRIMARY, ACQUIRED, shares=(0.5, 0.5))))[0].status


def test_law_round_trips_and_prints() -> None:
    for whole in (mix(PRIMARY, ACQUIRED, shares=SHARES), mix(PRIMARY, Exponential(median=9), shares=(0.5, 0.5))):
        assert Mix.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole
        assert pickle.loads(pickle.dumps(whole)) == whole
        assert "mcc_pfs_primary" in str(whole)
        assert whole.with_(at_median=True).curve == whole.typical


@pytest.mark.parametrize(
    ("parts", "shares", "sentence"),
    [
        ((PRIMARY, ACQUIRED), (0.5, 0.6), "`shares` must be .* sum to 1"),
        ((PRIMARY, ACQUIRED), (0.5, 0.25, 0.25), "`shares` must"),
        ((PRIMARY,), (1.0,), "`parts` must"),
        ((PRIMARY, 9.5), (0.5, 0.5), "a Baseline, a survival curve or a prior on a median"),
        ((PRIMARY, baseline("promit_orr")), (0.5, 0.5), "a Baseline that can be a control arm"),
        ((ACQUIRED, PRIMARY), SHARES, "in the order of the shares, primary then acquired"),
        ((PRIMARY, ACQUIRED), PRIMARY, "a Baseline of shares"),
        ((PRIMARY, ACQUIRED), "half", "`shares` must"),
        ((PRIMARY, ACQUIRED), NormalMixture.lognormal(0.5, 0.1), "stays between 0 and 1"),
    ],
)
def test_law_bad_mixtures_are_refused(parts: tuple, shares: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        mix(*parts, shares=shares)  # type: ignore[arg-type]


# ---- the same patients -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "same"),
    [
        (("mcc_pfs_primary", "mcc_pfs_acquired"), False),
        (("mcc_pfs_primary", "mcc_dss_primary"), True),
        (("mcc_pfs_primary", "mcc_loghr_pfs"), True),
        (("mcc_pfs_primary", "mel_pfs_chemo"), False),
        (("mel_pfs_chemo", "mel_os_chemo"), True),
        (("mel_orr_dtic", "mel_orr_chemo"), True),
        (("mel_orr_dtic", "mel_orr_tmz"), False),
        (("promit_orr", "promit_orr_enrolled"), True),
        (("nsclc_pfs_primary", "nsclc_pfs_acquired"), False),
        (("mcc_pfs_primary", "mcc_share_primary"), False),  # a share is no outcome
        (("mcc_pfs_primary", "mcc_pfs_primary"), False),  # one unknown that stands twice
    ],
)
def test_law_patients_are_told_apart_by_numbers_and_classes(ids: tuple[str, str], same: bool) -> None:
    assert (shared_patients(map(baseline, ids)) is not None) is same
    assert (shared_patients(map(baseline, ids[::-1])) is not None) is same


def test_law_a_scenario_does_not_use_patients_twice() -> None:
    strata = [
        ici.Stratum(name, share=0.5, control=baseline(id), effect=ici.HazardRatio(0.6))
        for name, id in (("a", "mcc_pfs_primary"), ("b", "mcc_dss_primary"))
    ]
    with pytest.raises(InvalidInput, match=r"same patients .*got mcc_pfs_primary and mcc_dss_primary"):
        ici.Scenario(strata=strata, enrollment=ENTRY)
    published = baseline("mcc_ahr_icirt", bias=Bias(0.3, reason="confounding by indication"))
    with pytest.raises(InvalidInput, match="same patients"):
        ici.Scenario(control=baseline("mcc_dss_primary"), effect=published, enrollment=ENTRY)
    truth = ici.Scenario(control=baseline("mcc_dss_primary").typical, effect=published, enrollment=ENTRY)
    assert truth.unknowns == (published.prior,)
    assert truth.typical.effect == published.with_(at_median=True)
    assert not truth.typical.unknowns
    assert [s.baseline for s in ici.sources(truth)] == [None, "mcc_ahr_icirt", None]


@pytest.mark.parametrize(
    ("field", "id", "error", "sentence"),
    [
        ("control", "promit_orr", RefusedFinding, "a prior of the response rate"),
        ("control", "mcc_dss_acquired", RefusedFinding, "bounded on one side only"),
        ("control", "mcc_loghr_pfs", RefusedFinding, "a prior of the hazard ratio"),
        ("control", "hcc_share", RefusedFinding, "a prior of the shares"),
        ("effect", "mcc_pfs_primary", InvalidInput, "a Baseline of a hazard ratio"),
        ("effect", "mcc_loghr_pfs", InvalidInput, "It compares kinds of patients"),
    ],
)
def test_law_what_is_no_control_or_effect_is_refused(field: str, id: str, error: type, sentence: str) -> None:
    parts = {"control": Exponential(median=4.7), "effect": ici.HazardRatio(0.6), field: baseline(id)}
    with pytest.raises(error, match=sentence):
        ici.Scenario(**parts, enrollment=ENTRY)


def test_law_shares_of_two_add_up_in_a_prior_of_the_first() -> None:
    curve = mix(PRIMARY, ACQUIRED, shares=BetaMixture.from_counts(44, 75)).typical
    assert curve.survival(0) == 1.0


def test_law_unlike_parts_need_a_reason_and_it_is_repeated() -> None:
    skin = baseline("mel_os_chemo")
    with pytest.raises(InvalidInput, match=r"`mismatch` must say why .* endpoint OS and PFS; tumour MCC and melanoma"):
        mix(PRIMARY, skin, shares=(0.5, 0.5))
    whole = mix(PRIMARY, skin, shares=(0.5, 0.5), mismatch="to show what it does")
    assert any("reason given: to show what it does" in flag for flag in whole.flags)
    strata = [
        ici.Stratum(name, share=0.5, control=control, effect=ici.HazardRatio(0.6))
        for name, control in (("a", PRIMARY), ("b", skin))
    ]
    with pytest.raises(InvalidInput, match=r"`mismatch` must say why"):
        ici.Scenario(strata=strata, enrollment=ENTRY)
    truth = ici.Scenario(strata=strata, enrollment=ENTRY, mismatch="to show what it does")
    assert "reason given: to show what it does" in str(ici.sample_size(ici.Randomized(), truth, power=0.8))


def test_law_typed_parts_are_said_to_be_assumed() -> None:
    third = mix(PRIMARY, ACQUIRED, Exponential(median=6.7), shares=(0.4, 0.3, 0.3))
    assert third.assumed == (3,)
    assert "part 3 of the mixture is assumed, no source" in third.flags
    truth = ici.Scenario(control=third, effect=ici.HazardRatio(0.6), enrollment=ENTRY)
    assert ici.sources(truth)[0].status == "sourced, part 3 assumed, shares assumed"


def test_law_those_who_live_longer_are_a_larger_part_of_those_who_enter() -> None:
    shares = (44 / 75, 31 / 75)
    whole = mix(PRIMARY, ACQUIRED, shares=shares, event_free=3)
    assert whole.typical.median == pytest.approx(6.41, abs=5.1e-3)
    with pytest.raises(InvalidInput, match="a Baseline without `event_free`"):
        mix(PRIMARY.with_(event_free=3), ACQUIRED, shares=shares)


def test_law_shares_at_their_median_are_no_unknown() -> None:
    fixed = mix(PRIMARY, ACQUIRED, shares=SHARES.with_(at_median=True))
    truth = ici.Scenario(control=fixed, effect=ici.HazardRatio(0.6), enrollment=ENTRY)
    assert len(truth.unknowns) == 2


def test_law_the_same_patients_in_a_pool_and_beside_it_are_found() -> None:
    both = ici.pool(PRIMARY, baseline("nsclc_pfs_primary"), mismatch="shown")
    for other in (PRIMARY, ici.pool(PRIMARY, baseline("nsclc_pfs_acquired"), mismatch="shown")):
        strata = [
            ici.Stratum(name, share=0.5, control=control, effect=ici.HazardRatio(0.6))
            for name, control in (("a", both), ("b", other))
        ]
        with pytest.raises(InvalidInput, match="same patients"):
            ici.Scenario(strata=strata, enrollment=ENTRY, mismatch="shown")
    again = PRIMARY.with_(by=ici.MedianWithN(factor=2))
    assert shared_patients([PRIMARY, again]) is not None


def test_law_a_prior_on_a_rate_is_none_on_a_median() -> None:
    rate = BetaMixture.from_counts(7, 38)
    with pytest.raises(InvalidInput, match="a prior on a median in months"):
        mix(PRIMARY, rate, shares=(0.5, 0.5))
    with pytest.raises(InvalidInput, match="a prior on a median in months"):
        ici.Scenario(control=rate, effect=ici.HazardRatio(0.6), enrollment=ENTRY)
