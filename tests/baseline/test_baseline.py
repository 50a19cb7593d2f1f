"""Baselines: which prior and which curve, the next trial's prior, provenance, and what is refused."""

from __future__ import annotations

import importlib
import json
import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from icibaseline import evidence
from icibaseline._values import unknowns
from icibaseline.baseline import Baseline, baseline, baselines
from icibaseline.distributions import BetaMixture, BivariateNormal, HalfNormal, NormalMixture
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


# ---- the next trial ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sd", "scale", "lower", "upper", "half"),
    [
        (0.2175, 0.25, 2.00, 11.04, 5.1e-3),
        (0.2175, 0.5, 0.96, 22.90, 5.1e-3),
        (1.6 / math.sqrt(44), 0.25, 1.96, 11.3, 5.1e-2),
        (0.2175, 1.0, 0.21, 105, 0.5),
    ],
)
def test_published_intervals_of_the_next_trial(
    sd: float, scale: float, lower: float, upper: float, half: float
) -> None:
    low, high = mcc(prior=NormalMixture.lognormal(4.7, sd)).predictive(HalfNormal(scale)).interval()
    assert low == pytest.approx(lower, abs=5.1e-3)
    assert high == pytest.approx(upper, abs=half)


@pytest.mark.parametrize("scale", [0.1, 0.25, 0.5])
def test_reference_the_next_trial_against_adaptive_quadrature(scale: float) -> None:
    """The source's mean is integrated out step by step: mu given tau from the source, then the new study given mu."""

    def below(x: float) -> float:
        def given_tau(tau: float) -> float:
            from_source = math.hypot(0.2175, tau)
            new = lambda mu: norm.pdf(mu, 0, from_source) * norm.cdf((x - mu) / tau)  # noqa: E731
            return quad(new, -12 * from_source, 12 * from_source, epsabs=1e-11, limit=200, points=[0.0, x])[0]

        density = halfnorm(scale=scale).pdf
        return quad(lambda t: density(t) * given_tau(t), 1e-7, 8 * scale, epsabs=1e-9, limit=200)[0]

    law = mcc(prior=NormalMixture.lognormal(1.0, 0.2175)).predictive(HalfNormal(scale))
    assert math.log(law.quantile(0.975)) == pytest.approx(-math.log(law.quantile(0.025)), rel=1e-9)
    x = math.log(law.quantile(0.975))
    assert below(x) == pytest.approx(0.975, abs=1e-6)


@given(st.floats(0.02, 1.0), st.floats(0.02, 1.0), st.floats(0.01, 100))
def test_law_the_next_trial_is_less_certain_and_keeps_the_median(sd: float, scale: float, unit: float) -> None:
    control = mcc(prior=NormalMixture.lognormal(4.7, sd))
    law = control.predictive(HalfNormal(scale))
    assert law.median == pytest.approx(4.7, rel=1e-9)
    assert law.link_sd == pytest.approx(math.sqrt(sd**2 + 2 * scale**2), rel=1e-8)  # E tau^2 = scale^2
    assert law.interval()[0] < control.prior.interval()[0] < control.prior.interval()[1] < law.interval()[1]
    other = control.with_(prior=NormalMixture.lognormal(4.7 * unit, sd)).predictive(HalfNormal(scale))
    assert other.quantile(0.1) == pytest.approx(unit * law.quantile(0.1), rel=1e-9)


def test_law_without_heterogeneity_the_next_trial_is_the_source() -> None:
    control = mcc()
    gaps = [control.predictive(HalfNormal(s)).quantile(0.9) - control.prior.quantile(0.9) for s in (0.1, 0.01, 1e-3)]
    assert gaps[0] > 50 * gaps[1] > 50 * 50 * gaps[2] > 0  # of second order
    assert control.predictive() == control.predictive(HalfNormal(0.25))


def test_law_the_next_trial_of_a_mixture_is_the_mixture_of_next_trials() -> None:
    robust = NARROW.robust(0.2, center=8.0)
    law = mcc(prior=robust).predictive(HalfNormal(0.3))
    parts = [
        mcc(prior=NormalMixture.lognormal(m, s)).predictive(HalfNormal(0.3)) for m, s in ((4.7, 0.2175), (8.0, 1.0))
    ]
    assert law.cdf(6.0) == pytest.approx(0.8 * parts[0].cdf(6.0) + 0.2 * parts[1].cdf(6.0), rel=1e-12)


def test_law_the_next_trial_of_a_joint_prior_is_that_of_its_median() -> None:
    control = baseline("mel_pfs_chemo")
    assert isinstance(control.prior, BivariateNormal)
    alone = mcc(prior=control.prior.marginal(0))
    assert control.predictive(HalfNormal(0.4)) == alone.predictive(HalfNormal(0.4))


@pytest.mark.parametrize("bad", [0.25, NARROW, "HalfNormal", ()], ids=repr)
def test_law_heterogeneity_is_a_half_normal(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`heterogeneity` must be a HalfNormal; got"):
        mcc().predictive(bad)  # type: ignore[arg-type]


def test_law_the_next_trial_needs_a_prior_on_the_log_scale() -> None:
    with pytest.raises(InvalidInput, match=r"^`prior` must be a NormalMixture on the log scale"):
        mcc(prior=NormalMixture.normal(4.7, 0.3)).predictive()


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


# Written from the method notes: mean and sd on the log scale, or the parameters of a beta law.
ENCODED = {
    "mcc_pfs_primary": (1.548, 0.241),
    "mcc_pfs_acquired": (2.251, 0.287),
    "mcc_dss_primary": (2.660, 0.241),
    "mel_os_chemo": (1.960, 0.074),
    "nsclc_pfs_primary": (0.742, 0.377),
    "nsclc_pfs_acquired": (1.946, 0.341),
}
COUNTED = {
    "mel_orr_chemo": (58.5, 405.5),
    "mel_orr_dtic": (12.5, 106.5),
    "mel_orr_carbo_pac": (21.5, 126.5),
    "mel_orr_tmz": (2.5, 69.5),
    "mel_orr_taxane": (10.5, 30.5),
    "mel_orr_fotemustine": (3.5, 26.5),
    "mel_orr_other": (10.5, 48.5),
    "promit_orr": (7.5, 31.5),
    "promit_orr_enrolled": (7.5, 46.5),
    "promit_dcr": (14.5, 24.5),
    "mcc_share_primary": (44.5, 31.5),
}


@pytest.mark.parametrize("id", ENCODED)
def test_published_encodings_of_medians(id: str) -> None:
    prior = baseline(id).prior
    assert isinstance(prior, NormalMixture)
    assert (prior.means[0], prior.sds[0]) == pytest.approx(ENCODED[id], abs=5.1e-4)


@pytest.mark.parametrize("id", COUNTED)
def test_published_encodings_of_counts(id: str) -> None:
    assert baseline(id).prior == BetaMixture((1.0,), (COUNTED[id][0],), (COUNTED[id][1],))


@pytest.mark.parametrize(("id", "mean", "sd"), [("mcc_loghr_pfs", 0.70, 0.27), ("nsclc_loghr_pfs", 1.03, 0.39)])
def test_published_encodings_of_hazard_ratios(id: str, mean: float, sd: float) -> None:
    prior = baseline(id).prior
    assert isinstance(prior, NormalMixture)
    assert (prior.means[0], prior.sds[0]) == pytest.approx((mean, sd), abs=5.1e-3)


def test_published_shares_of_the_liver_cohort() -> None:
    assert baseline("hcc_share").prior.a == (229.5, 141.5, 126.5)  # type: ignore[attr-defined]


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
    assert "the document's file has changed since this was written, or is not loaded" in str(again)
    assert Baseline.from_dict(again.to_dict()).outdated


def test_law_other_digests_and_lost_documents_are_outdated_and_shown_in_full() -> None:
    for pairs in ((("mcc", "0123456789abcdef"),), (("gone", "0123456789abcdef"),)):
        control = mcc(evidence=pairs)
        assert control.outdated
        assert not control.modified
        assert repr(control).startswith("Baseline(")
        assert "outdated" in str(control)


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
