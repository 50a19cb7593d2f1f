"""Which findings of the library support which prior, how they relate, and why the others are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from icibaseline import evidence
from icibaseline.errors import InvalidInput, RefusedFinding

FINDINGS = evidence.findings()

# Written from the documents, not from the files: prior -> (value or p, unit, n, endpoint, route) of each finding.
PUBLISHED = {
    "mcc_pfs_primary": [(4.7, "months", 44, "PFS", "median with n only")],
    "mcc_pfs_acquired": [(9.5, "months", 31, "PFS", "median with n only")],
    "mcc_dss_primary": [(14.3, "months", 44, "DSS", "median with n only")],
    "mcc_dss_acquired": [
        (None, "months", 31, "DSS", "not reached with horizon"),
        (0.006, None, 31, "DSS", "not reached with horizon"),
    ],
    "mcc_loghr_pfs": [(0.006, None, 44, "PFS", "p value with n")],
    "mcc_ahr_icirt": [(0.35, "ratio", None, "DSS", "hazard ratio with interval")],
    "mcc_share_primary": [(44, "patients", 106, None, "share"), (31, "patients", 106, None, "share")],
    "mel_pfs_chemo": [
        (2.6, "months", 463, "PFS", "median plus landmark"),
        (12, "percent", 463, "PFS", "median plus landmark"),
    ],
    "mel_os_chemo": [(7.1, "months", 463, "OS", "median with n only")],
    "mel_orr_chemo": [(12.5, "percent", 463, "ORR", "counts")],
    "mel_orr_carbo_pac": [(14.3, "percent", 147, "ORR", "counts")],
    "mel_orr_dtic": [(10.2, "percent", 118, "ORR", "counts")],
    "mel_orr_tmz": [(2.8, "percent", 71, "ORR", "counts")],
    "mel_orr_taxane": [(25.0, "percent", 40, "ORR", "counts")],
    "mel_orr_fotemustine": [(10.3, "percent", 29, "ORR", "counts")],
    "mel_orr_other": [(17.2, "percent", 58, "ORR", "counts")],
    "promit_orr": [(7, "patients", 38, "ORR", "counts")],
    "promit_orr_enrolled": [(53, "patients", 53, "ORR", "counts")],
    "promit_dcr": [(37, "percent", 38, "DCR", "counts")],
    "nsclc_pfs_primary": [(2.1, "months", 18, "PFS", "median with n only")],
    "nsclc_pfs_acquired": [(7.0, "months", 22, "PFS", "median with n only")],
    "nsclc_loghr_pfs": [(0.003, None, 18, "PFS", "p value with n")],
    "hcc_share": [
        (229, "patients", 496, None, "share"),
        (141, "patients", 496, None, "share"),
        (126, "patients", 496, None, "share"),
    ],
}


@pytest.mark.parametrize("prior", PUBLISHED)
def test_published_findings_behind_each_prior(prior):
    found = evidence.lookup(prior)
    assert [(f.p if f.value is None else f.value, f.unit, f.n, f.endpoint, f.route) for f in found] == PUBLISHED[prior]


def test_published_priors_are_exactly_these():
    assert {f.supports for f in evidence.findings() if f.supports} == set(PUBLISHED)


def test_published_comparisons_name_both_groups_and_the_better_one():
    pfs, dss = evidence.lookup("mcc_loghr_pfs")[0], evidence.lookup("mcc_dss_acquired")[1]
    assert (pfs.resistance, pfs.n, pfs.comparator, pfs.n_comparator) == ("primary", 44, "acquired resistance", 31)
    assert (dss.resistance, dss.n, dss.comparator, dss.n_comparator) == ("acquired", 31, "primary resistance", 44)
    assert (pfs.favours, dss.favours) == ("comparator", "group")
    (hr,) = evidence.lookup("mcc_ahr_icirt")
    assert (hr.lower, hr.upper, hr.level, hr.interval_label) == (0.14, 0.91, 0.95, "CI")
    assert (hr.treatment, hr.comparator, hr.favours) == ("ICI+RT", "ICI alone", "group")
    (lung,) = evidence.lookup("nsclc_loghr_pfs")
    assert (lung.resistance, lung.n, lung.comparator, lung.n_comparator) == ("primary", 18, "acquired resistance", 22)
    assert (lung.favours, lung.p_bound) == ("comparator", False)


# p value: the findings that it compares, its own group first, and which side did better.
COMPARED = {
    "mcc_pfs_p": (["mcc_pfs_primary_median", "mcc_pfs_acquired_median"], "comparator"),
    "mcc_dss_p": (["mcc_dss_acquired_not_reached", "mcc_dss_primary_median"], "group"),
    "mel_os_p": (["mel_os_responders", "mel_os_nonresponders"], "group"),
    "nsclc_pfs_p": (["nsclc_pfs_primary_median", "nsclc_pfs_acquired_median"], "comparator"),
    "nsclc_pfs_interval_p": (["nsclc_pfs_interval", "nsclc_pfs_no_interval"], "group"),
    "nsclc_pfs_systemic_p": ([], "comparator"),
    "nsclc_pfs_oligo_p": (["nsclc_pfs_oligo", "nsclc_pfs_systemic"], "group"),
}


def test_published_p_values_are_read_with_the_two_sides_that_they_compare():
    found = {f.id: f for f in FINDINGS if f.statistic == "p value"}
    assert set(found) == set(COMPARED)
    by_id = {f.id: f for f in FINDINGS}
    for id, (ids, better) in COMPARED.items():
        p = found[id]
        assert (list(p.read_with), p.favours) == (ids, better)
        if not ids:
            continue
        own, other = (by_id[x] for x in ids)
        for side in (own, other):
            assert (side.endpoint, side.origin, side.treatment, side.population) == (
                *(p.endpoint, p.origin, p.treatment, p.population),
            )
        assert (own.resistance, own.analysis_set, own.n) == (p.resistance, p.analysis_set, p.n)
        assert other.n == p.n_comparator
        assert p.comparator in (f"{other.resistance} resistance", other.analysis_set)
        months = [float("inf") if side.value is None else side.value for side in (own, other)]
        assert months.index(max(months)) == ("group", "comparator").index(better), (
            "the direction is that of the medians"
        )


# Whole and parts: (document, endpoint, resistance) and the sets of patients whose medians are printed.
SETS = {
    ("nsclc_rechallenge", "PFS", "primary"): {None: (2.1, 18)},
    ("nsclc_rechallenge", "PFS", "acquired"): {
        None: (7.0, 22),
        "oligo-progression": (5.4, None),
        "systemic progression": (1.1, None),
    },
    ("melanoma_chemo", "OS", "any"): {
        None: (7.1, 463),
        "responders to chemotherapy": (16.8, 58),
        "nonresponders to chemotherapy": (6.5, 405),
    },
    ("hcc", "TTP", "primary"): {None: (2.83, 229)},
    ("hcc", "TTP", "secondary"): {None: (11.93, 141)},
    ("hcc", "OS", "primary"): {None: (12.83, 229)},
    ("hcc", "OS", "secondary"): {None: (31.53, 141)},
}


@pytest.mark.parametrize("whole", SETS, ids="-".join)
def test_published_parts_have_the_labels_of_their_whole(whole):
    document, endpoint, resistance = whole
    found = [
        f
        for f in FINDINGS
        if (f.document, f.endpoint, f.resistance, f.statistic) == (document, endpoint, resistance, "median")
    ]
    assert {f.analysis_set: (f.value, f.n) for f in found} == SETS[whole]
    assert len({(f.origin, f.treatment, f.population, f.tumour, f.unit) for f in found}) == 1


# ---- refusals -------------------------------------------------------------------------------------


def test_law_each_finding_supports_a_prior_or_says_why_not():
    for finding in evidence.findings():
        assert (finding.supports is None) != (finding.refused is None)
        if finding.refused is not None:
            reason, needed, what = finding.refused.partition(" Needed: ")
            assert reason.endswith(".")
            assert needed
            assert what.endswith(".")


OUTCOME_DEFINED = {
    "mel_pfs_responders",
    "mel_os_responders",
    "mel_os_nonresponders",
    "mel_os_p",
    "nsclc_first_pfs_median",
    "hcc_ttp_primary_median",
    "hcc_ttp_secondary_median",
    "hcc_os_primary_median",
    "hcc_os_secondary_median",
    "hcc_ttp_durable_not_reached",
    "hcc_os_durable_not_reached",
}


def test_published_groups_defined_by_their_outcome_are_refused():
    assert {f.id for f in evidence.findings(outcome_defined=True)} == OUTCOME_DEFINED
    for id in OUTCOME_DEFINED:
        with pytest.raises(RefusedFinding, match="defined by"):
            evidence.lookup(id)


NOT_SAID = {  # what the document leaves out, by the finding that is refused for it
    "nsclc_os_not_reached": "horizon",
    "nsclc_pfs_interval": "its n",
    "nsclc_pfs_no_interval": "its n",
    "nsclc_pfs_interval_p": "n of both groups",
    "nsclc_pfs_oligo": "n of both parts",
    "nsclc_pfs_systemic": "n of both parts",
    "nsclc_pfs_oligo_p": "n of both groups",
    "nsclc_pfs_systemic_p": "hazard ratio",
    "promit_ae_percent": "the count and the patients at risk",
}


@pytest.mark.parametrize("id", NOT_SAID)
def test_published_refusals_say_what_is_missing(id):
    (f,) = evidence.findings(id=id)
    assert NOT_SAID[id] in f.refused.partition(" Needed: ")[2]
    assert (f.n, f.n_comparator) == ((40, None) if id == "nsclc_os_not_reached" else (None, None))
    assert f.at is None
    assert f.p_bound == (id == "nsclc_pfs_oligo_p")


def test_law_lookup_says_the_reason_of_a_refused_finding():
    for finding in evidence.findings():
        if finding.refused is not None:
            with pytest.raises(RefusedFinding) as error:
                evidence.lookup(finding.id)
            assert finding.id in str(error.value)
            assert finding.refused in str(error.value)


def test_law_lookup_offers_close_ids():
    with pytest.raises(InvalidInput, match="Did you mean 'mcc_pfs_primary'"):
        evidence.lookup("mcc_pfs_primry")
    with pytest.raises(InvalidInput, match="That finding supports 'mcc_pfs_primary'"):
        evidence.lookup("mcc_pfs_primary_median")
    with pytest.raises(InvalidInput, match=r"The ids are .*mcc_ahr_icirt"):
        evidence.lookup("????")


def test_law_every_flag_of_a_document_is_used():
    for document in evidence.documents():
        assert set(document.flags) == {flag for finding in document.findings for flag in finding.flags}


# ---- reading --------------------------------------------------------------------------------------


def test_law_documents_are_read_once_and_not_on_import():
    assert evidence.documents() is evidence.documents()
    late = ("cattrs", "tomllib", "pandas", "scipy.stats", "importlib.resources._common")
    code = (
        "import sys, numpy, scipy.special; before = set(sys.modules); from icibaseline import evidence;"
        f"late = [m for m in {late} if m in sys.modules and m not in before]; assert not late, late;"
        "from icibaseline.evidence import library; assert library._documents.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_law_digest_is_that_of_the_file():
    from hashlib import sha256

    for document in evidence.documents():
        text = (Path(evidence.__file__).parent / "documents" / f"{document.id}.toml").read_text("utf-8")
        assert document.digest == evidence.document_digest(document.id) == sha256(text.encode()).hexdigest()[:16]
    with pytest.raises(InvalidInput, match=r"one of 'mcc'|one of .*'mcc'"):
        evidence.document_digest("mc")
