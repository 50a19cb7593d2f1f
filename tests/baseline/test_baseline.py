"""Baselines: which prior and which curve, the next trial's prior, provenance, and what is refused."""

from __future__ import annotations

import importlib
import json
import math
import pickle
import re

import numpy as np
import pytest

import icibaseline as ici
from icibaseline import evidence
from icibaseline._values import unknowns
from icibaseline.baseline import Baseline, baseline, baselines
from icibaseline.distributions import BetaMixture, BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding, UnknownArgument
from icibaseline.evidence import Document, Finding, Findings
from icibaseline.priors import Bias
from icibaseline.survival import Exponential, Weibull

IDS = ("mcc_pfs_primary", "mcc_pfs_acquired", "mcc_dss_primary", "mel_pfs_chemo", "mel_os_chemo")
NAMES = {k.__name__: k for k in (Baseline, Findings, Finding, NormalMixture, BivariateNormal)} | {"baseline": baseline}
NARROW = NormalMixture.lognormal(4.7, 0.2175)


def mcc(**changes: object) -> Baseline:
    return baseline("mcc_pfs_primary").with_(**changes)


# ---- prior and curve ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "median", "n", "sd"),
    [
        ("mcc_pfs_primary", 4.7, 44, 0.241),
        ("mcc_pfs_acquired", 9.5, 31, 0.287),
        ("mcc_dss_primary", 14.3, 44, 0.241),
        ("mel_os_chemo", 7.1, 463, 0.074),
    ],
)
def test_published_priors_and_their_exponential_curves(id: str, median: float, n: int, sd: float) -> None:
    control = baseline(id)
    assert control.prior == NormalMixture.lognormal(median, 1.6 / math.sqrt(n))
    assert control.prior.link_sd == pytest.approx(sd, abs=5.1e-4)
    assert control.curve == Exponential(median=control.prior)
    assert control.typical.median == pytest.approx(median, rel=1e-12)
    assert control.route.splitlines()[0] == f"median with n only: SE of log median = 1.6/sqrt({n}) = {sd:.3f}"
    assert control.route.splitlines()[1:] == [f"  {other}" for other in control.alternatives]


def test_published_joint_prior_and_its_weibull_curve() -> None:
    control = baseline("mel_pfs_chemo")
    assert isinstance(control.prior, BivariateNormal)
    assert control.curve == Weibull(joint=control.prior)
    assert control.typical.survival(np.array([2.6, 12.0])) == pytest.approx([0.5, 0.12], rel=1e-9)
    assert control.route.startswith("median plus landmark: Weibull shape = ")
    assert any("the exponential contradicts the document" in flag for flag in control.flags)


def test_law_a_shape_by_hand_gives_a_weibull_curve_with_the_same_prior() -> None:
    control = baseline("mcc_pfs_primary", shape=0.75)
    assert control == mcc(shape=0.75)
    assert control.curve == Weibull(median=control.prior, shape=0.75)
    assert control.typical == Weibull(median=control.prior.typical, shape=0.75)
    assert "Weibull shape 0.75 given by hand" in control.flags
    assert not any("exponential curve assumed" in flag for flag in control.flags)
    assert not control.modified


def test_law_the_only_unknown_of_the_curve_is_the_prior() -> None:
    for id in IDS:
        assert unknowns(baseline(id).curve) == (baseline(id).prior,)
        assert unknowns(baseline(id).typical) == ()


# ---- one way to ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "id"),
    [
        ({"tumour": "MCC", "endpoint": "PFS", "resistance": "primary"}, "mcc_pfs_primary"),
        ({"tumour": "MCC", "endpoint": "PFS", "resistance": "acquired"}, "mcc_pfs_acquired"),
        ({"tumour": "MCC", "endpoint": "DSS", "resistance": "primary"}, "mcc_dss_primary"),
        ({"tumour": "NSCLC", "resistance": "primary"}, "nsclc_pfs_primary"),
        ({"tumour": "NSCLC", "statistic": "p value"}, "nsclc_loghr_pfs"),
        ({"tumour": "melanoma", "endpoint": "PFS"}, "mel_pfs_chemo"),
        ({"statistic": "landmark", "tumour": "melanoma"}, "mel_pfs_chemo"),
        ({"supports": "mel_os_chemo"}, "mel_os_chemo"),
    ],
)
def test_law_a_description_selects_the_same_as_the_id(where: dict[str, str], id: str) -> None:
    assert baseline(**where) == baseline(id)  # type: ignore[arg-type]


def test_law_a_description_of_several_lists_them() -> None:
    with pytest.raises(InvalidInput, match=r"which selects mcc_pfs_acquired, mcc_pfs_primary.$"):
        baseline(tumour="MCC", endpoint="PFS")


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: baseline(), InvalidInput, "`id` must be given, or a description; .*mcc_pfs_primary"),
        (lambda: baseline("mcc_pfs_primary", tumour="MCC"), InvalidInput, "`id` must be left out beside a description"),
        (lambda: baseline(44), InvalidInput, "`id` must be a non-empty string; got 44"),
        (lambda: baseline("mcc_pfs_primry"), InvalidInput, "Did you mean 'mcc_pfs_primary'"),
        (lambda: baseline("mcc_pfs_primary_median"), InvalidInput, "That finding supports 'mcc_pfs_primary'"),
        (lambda: baseline(tumor="MCC"), UnknownArgument, "Did you mean `tumour`"),
        (lambda: baseline(tumour="lung"), InvalidInput, "Those that occur: 'HCC', 'MCC', 'melanoma', 'NSCLC'"),
        (lambda: baseline("mcc_pfs_primary", shape=0), InvalidInput, "`shape` must be a positive number; got 0"),
        (lambda: baseline("mel_pfs_chemo", shape=0.7), InvalidInput, "`shape` must be left out"),
        (lambda: mcc(prior=4.7), InvalidInput, "`prior` must be a distribution; got 4.7"),
        (lambda: mcc(prior=NormalMixture.normal(4.7, 2)), InvalidInput, "`prior` must be a prior on positive numbers"),
        (
            lambda: mcc(prior=baseline("mel_pfs_chemo").prior),
            InvalidInput,
            "`prior` must be a prior on the median; got",
        ),
        (
            lambda: baseline("mel_pfs_chemo").with_(prior=NARROW),
            InvalidInput,
            "`prior` must be a prior on the median and the shape; got",
        ),
        (lambda: mcc(id=""), InvalidInput, "`id` must be a non-empty string"),
        (lambda: mcc(findings=3), InvalidInput, "`findings` must be a sequence"),
        (lambda: mcc(findings=("x",)), InvalidInput, r"`findings\[0\]` must be a Finding"),
        (lambda: mcc(findings=Findings(())), RefusedFinding, "got none"),
        (lambda: mcc(findings=evidence.lookup("mcc_pfs_primary") * 2), RefusedFinding, "exactly one median"),
        (lambda: mcc(evidence=(("mcc",),)), InvalidInput, r"`evidence\[0\]` must be"),
        (lambda: mcc(median=4), UnknownArgument, "`median` must be an argument of Baseline"),
    ],
)
def test_law_bad_input_is_refused(call: object, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()  # type: ignore[operator]


def test_law_every_prior_of_the_library_can_be_made() -> None:
    ids = list(dict.fromkeys(f.supports for f in evidence.findings() if f.supports is not None))
    made = {b.id: b for b in baselines()}
    assert set(ids) - set(made) == {"mcc_ahr_icirt"}
    with pytest.raises(RefusedFinding, match=r"`bias` must be given for a comparison that was not randomised"):
        baseline("mcc_ahr_icirt")
    made["mcc_ahr_icirt"] = baseline("mcc_ahr_icirt", bias=Bias(0.3, reason="confounding by indication"))
    assert made["mcc_ahr_icirt"].prior.link_sd == pytest.approx(math.hypot(0.478, 0.3), abs=1e-3)
    for control in made.values():
        assert str(control)
        assert control.findings[: len(evidence.lookup(control.id))].items == evidence.lookup(control.id)


def test_law_every_refused_finding_is_refused_with_its_reason() -> None:
    for finding in (f for f in evidence.findings() if f.refused is not None):
        with pytest.raises(RefusedFinding, match=re.escape(str(finding.refused))):
            baseline(finding.id)
        with pytest.raises(RefusedFinding, match=re.escape(str(finding.refused))):
            Baseline("mine", findings=(finding,))


def test_law_descriptions_of_what_cannot_be_a_baseline_are_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match=r"which selects mcc_dss_acquired, mcc_dss_primary"):
        baseline(tumour="MCC", endpoint="DSS")
    with pytest.raises(RefusedFinding, match=r"mel_sd: How many patients are stable"):
        baseline(endpoint="SD")
    with pytest.raises(RefusedFinding, match=r"No finding fits it"):
        baseline(tumour="MCC", endpoint="OS")


# ---- provenance --------------------------------------------------------------------------------------


def test_law_flags_name_every_choice_of_transport_that_was_not_made() -> None:
    flags = baseline("mcc_pfs_primary").flags
    for start in (
        "cohort only, no between-study heterogeneity",
        "time origin: salvage start, not randomisation",
        "eligibility: ",
        "assessment schedule not stated: scan intervals lengthen observed PFS",
        "treatment mix: salvage",
    ):
        assert any(flag.startswith(start) for flag in flags)
    assert not any("assessment schedule" in flag for flag in baseline("mel_os_chemo").flags)


@pytest.mark.parametrize("id", IDS)
def test_law_everything_leads_back_to_the_documents(id: str) -> None:
    control = baseline(id)
    assert control.findings.items == evidence.lookup(id)
    assert set(control.printed) == {f.printed for f in control.findings}
    assert {d.id for d in control.documents} == {f.document for f in control.findings}
    assert all(isinstance(d, Document) for d in control.documents)
    assert control.evidence == tuple((d.id, evidence.document_digest(d.id)) for d in control.documents)
    assert {flag for f in control.findings for flag in f.flags} <= set(control.flags)
    assert control.citations
    assert len(control.sensitivity) >= 3


@pytest.mark.parametrize("id", IDS)
def test_law_a_baseline_of_the_library_shows_its_lookup(id: str) -> None:
    assert repr(baseline(id)) == f'baseline("{id}")'
    assert not baseline(id).modified
    assert not baseline(id).outdated


@pytest.mark.parametrize(
    "control",
    [
        *map(baseline, IDS),
        baseline("mcc_pfs_primary", shape=0.75),
        mcc(prior=NARROW),
        mcc(prior=NARROW.robust(), shape=1.2),
        baseline("mel_pfs_chemo").with_(prior=NARROW, shape=0.7),
        mcc(evidence=(("mcc", "0123456789abcdef"),)),
        mcc(id="mine"),
    ],
    ids=lambda control: control.id,
)
def test_law_round_trips(control: Baseline) -> None:
    assert Baseline.from_dict(json.loads(json.dumps(control.to_dict()))) == control
    assert pickle.loads(pickle.dumps(control)) == control
    assert eval(repr(control), NAMES) == control
    assert hash(pickle.loads(pickle.dumps(control))) == hash(control)


def test_law_an_altered_baseline_says_so() -> None:
    changed = mcc(prior=NARROW)
    assert changed.modified
    assert changed != mcc()
    assert repr(changed).startswith("Baseline('mcc_pfs_primary', findings=Findings(")
    assert "modified" in str(changed)
    assert "modified" not in str(mcc())
    assert changed.route.startswith("prior given by hand, not by median with n only")
    assert not changed.with_(prior=mcc().prior).modified
    assert mcc(id="mel_os_chemo").modified
    assert mcc(id="mine").modified
    assert mcc(id="mcc_share_primary").modified


def test_law_when_a_document_has_changed_the_stored_prior_stays_and_says_outdated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = mcc().to_dict()
    assert stored["evidence"] == [["mcc", evidence.document_digest("mcc")]]
    (old,) = evidence.lookup("mcc_pfs_primary")
    new = (old.with_(value=5.2),)
    module = importlib.import_module("icibaseline.baseline.cohort")
    monkeypatch.setattr(module, "lookup", lambda id: new)
    monkeypatch.setattr(module, "document_digest", lambda id: "fedcba9876543210")
    again = Baseline.from_dict(stored)
    assert again.prior.median == pytest.approx(4.7, rel=1e-12)
    assert baseline("mcc_pfs_primary").prior.median == pytest.approx(5.2, rel=1e-12)
    assert again.outdated
    assert "outdated" in str(again)
    assert "the document's file has changed since this was written" in str(again)
    assert Baseline.from_dict(again.to_dict()).outdated


def test_law_other_digests_are_outdated_lost_documents_are_not_loaded_and_both_are_shown_in_full() -> None:
    for id, word in (("mcc", "outdated"), ("gone", "not loaded")):
        control = mcc(evidence=((id, "0123456789abcdef"),))
        assert control.outdated == (id == "mcc")
        assert control.not_loaded == (() if id == "mcc" else ("gone",))
        assert not control.modified
        assert repr(control).startswith("Baseline(")
        assert f"\n  {word} " in str(control)


def test_law_findings_from_elsewhere_make_a_baseline_too() -> None:
    finding = Finding(
        id="mine_pfs",
        document="mine",
        printed="3.1 months",
        statistic="median",
        value=3.1,
        unit="months",
        n=50,
        source="paper",
        origin="randomisation",
        endpoint="PFS",
        supports="mine",
        route="median with n only",
    )
    control = Baseline("mine", findings=(finding,))
    assert control.prior == NormalMixture.lognormal(3.1, 1.6 / math.sqrt(50))
    assert (control.evidence, len(control.documents), control.outdated) == ((), 0, False)
    assert "the prior is not the one that the findings give" not in control.flags
    assert not any("time origin" in flag or "not from the paper" in flag for flag in control.flags)


def test_law_a_share_is_no_prior_on_a_median_but_a_positive_one() -> None:
    assert mcc(prior=BetaMixture.from_counts(7, 38)).typical.median == pytest.approx(0.187, abs=1e-3)


def test_regression_card() -> None:
    lines = str(baseline("mel_pfs_chemo")).splitlines()
    assert lines[0] == "mel_pfs_chemo: PFS, melanoma, any resistance, chemotherapy"
    assert lines[1:4] == [
        "  prior median  2.6 months, 95% 2.17 to 3.11",
        "  prior shape   0.731, 95% 0.631 to 0.832",
        "  typical       Weibull, median 2.6 months, shape 0.731",
    ]
    heads = [line.split()[0] for line in lines[4:]]
    assert heads[: heads.index("flag")] == ["route", *["else"] * (heads.count("else")), "source", "printed", "printed"]
    assert heads.count("else") == len(baseline("mel_pfs_chemo").alternatives)
    assert {line.split()[0] for line in lines[4 + heads.index("flag") :]} == {"flag"}


def test_law_baselines_print_as_a_table_and_stay_a_tuple() -> None:
    held = baselines()
    assert isinstance(held, tuple)
    head, *rows = str(held).splitlines()
    assert head.split() == ["id", "quantity", "median", "95", "%", "interval", "document"]
    assert [row.split()[0] for row in rows] == [b.id for b in held]
    (control,) = (row for row in rows if row.startswith("mcc_pfs_primary "))
    low, high = next(b for b in held if b.id == "mcc_pfs_primary").prior.interval()
    assert f"4.7  {low:.3g} to {high:.3g}" in control


@pytest.mark.parametrize(
    ("id", "use"),
    [
        ("promit_orr", "the control of a ResponseScenario, or the benchmark of a SingleArm or TwoStage"),
        ("mcc_share_primary", "the shares of a mix"),
        ("mcc_loghr_pfs", "none in a scenario: it compares kinds of patients, not treatments"),
    ],
)
def test_regression_a_card_says_what_a_prior_is_used_for(id: str, use: str) -> None:
    card = str(ici.baseline(id))
    assert card.splitlines()[1].split("  ")[-1].strip() == use
    assert "no control" not in card


def test_law_a_rate_may_be_used_as_its_card_says() -> None:
    rate = ici.baseline("promit_orr")
    assert ici.ResponseScenario(rate, ici.Rate(0.35)).control == rate
    assert ici.SingleArm(44, benchmark=rate).benchmark == ici.TwoStage(benchmark=rate).benchmark == rate
    with pytest.raises(ici.RefusedFinding, match="It may be the control of a ResponseScenario"):
        ici.Scenario(control=rate, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=12))


def test_law_a_comparison_of_patients_is_in_no_scenario() -> None:
    with pytest.raises(ici.InvalidInput, match="It compares kinds of patients"):
        ici.Scenario(
            control=ici.baseline("mcc_pfs_primary"),
            effect=ici.baseline("mcc_loghr_pfs"),
            enrollment=ici.Enrollment(duration=12),
        )
