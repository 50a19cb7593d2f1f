"""What the library says each document prints, held against the documents themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from icibaseline import evidence
from icibaseline.errors import InvalidInput, RefusedFinding

TEXTS = {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "data").glob("*.txt"))}
DOCUMENTS = [d for d in evidence.documents() if d.id in TEXTS]
FINDINGS = [f for d in DOCUMENTS for f in d.findings]
NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
WORDS = {"double": 2.0, "3 in 10": 0.3}

# Digits that report nothing about patients, by the passage that holds them.
NO_FINDING = {
    "mcc": {
        "September 29, 2025": "date of publication",
        "programmed cell death protein-1/programmed death-ligand 1": "names of molecules",
    },
    "melanoma_chemo": {
        "between 2007 and 2017": "calendar years, told by flag R",
        "BRAF V600": "name of a mutation",
        "M1c": "name of a stage",
        "PD-1": "name of a molecule",
        "December 21, 2021": "date of publication",
        "doi:10.1016/j.ejca.2021.11.022": "DOI",
    },
}


def spans(passage, text):
    return [(m.start(), m.end()) for m in re.finditer(re.escape(passage), text)]


def carried(finding):
    """Every number that a finding states, in the units in which a text may print it."""
    held = [finding.value, finding.lower, finding.upper, finding.p, finding.n, finding.events, finding.at]
    held += [100 * finding.level] if finding.level else []
    held += [finding.at / 12] if finding.at else []
    return {float(x) for x in held if x is not None}


def test_published_every_document_is_held_against_its_text():
    assert {d.id for d in evidence.documents()} == set(TEXTS)
    assert [f"{d.id}.toml" for d in evidence.documents()] == sorted(
        p.name for p in (Path(evidence.__file__).parent / "documents").glob("*.toml")
    )


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda f: f.id)
def test_published_fragment_is_verbatim_short_and_carries_the_number(finding):
    assert len(spans(finding.printed, TEXTS[finding.document])) == 1, "verbatim, and found in one place only"
    assert len(finding.printed.split()) <= 20
    numbers = {float(m) for m in NUMBER.findall(finding.printed)}
    numbers |= {x for word, x in WORDS.items() if word in finding.printed}
    for held in (finding.value, finding.p, finding.lower, finding.upper, finding.level and 100 * finding.level):
        assert held is None or held in numbers
    if finding.statistic == "not reached":
        assert "not reached" in finding.printed
    if finding.unit in ("months", "weeks", "years", "percent") and finding.statistic != "not reached":
        assert (finding.unit if finding.unit != "percent" else "%") in finding.printed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.id)
def test_published_every_number_of_the_document_is_a_finding(document):
    text = TEXTS[document.id]
    excused = {passage: spans(passage, text) for passage in NO_FINDING.get(document.id, {})}
    stated = [(span, f) for f in document.findings for span in spans(f.printed, text)]
    uncovered, used = [], set()
    for token in NUMBER.finditer(text):

        def holds(span, token=token):
            return span[0] <= token.start() and token.end() <= span[1]

        reasons = {passage for passage, places in excused.items() if any(map(holds, places))}
        used |= reasons
        found = any(
            holds(span) and (float(token[0]) in carried(f) or any(w in f.printed and token[0] in w for w in WORDS))
            for span, f in stated
        )
        if not found and not reasons:
            uncovered.append(text[max(0, token.start() - 30) : token.end() + 10])
    print(f"{document.id}: {len(NUMBER.findall(text))} numbers, {len(document.findings)} findings, excused: {excused}")
    assert uncovered == []
    assert used == set(excused), "an excuse that nothing needs"


def test_published_header_of_each_document_is_printed_in_it():
    for document in DOCUMENTS:
        text = TEXTS[document.id]
        assert document.title in text
        assert str(document.year) in text
        assert str(document.n) in text
        assert document.doi is None or f"doi:{document.doi}" in text
    assert "doi" not in TEXTS["mcc"].lower()
    assert next(d for d in DOCUMENTS if d.id == "mcc").doi is None
    chemo = next(d for d in DOCUMENTS if d.id == "melanoma_chemo")
    assert chemo.citation in TEXTS[chemo.id]


# Written from the documents, not from the files: prior -> (value or p, unit, n, endpoint, route) of each finding.
PUBLISHED = {
    "mcc_pfs_primary": [(4.7, "months", 44, "PFS", "median with n only")],
    "mcc_pfs_acquired": [(9.5, "months", 31, "PFS", "median with n only")],
    "mcc_dss_primary": [(14.3, "months", 44, "DSS", "median with n only")],
    "mcc_dss_acquired": [
        (None, "months", 31, "DSS", "not reached with horizon"),
        (0.006, None, 31, "DSS", "p value with n"),
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
}


@pytest.mark.parametrize("prior", PUBLISHED)
def test_published_findings_behind_each_prior(prior):
    found = evidence.lookup(prior)
    assert [(f.p if f.value is None else f.value, f.unit, f.n, f.endpoint, f.route) for f in found] == PUBLISHED[prior]


def test_published_priors_of_these_documents_are_exactly_these():
    assert {f.supports for f in FINDINGS if f.supports and f.document in ("mcc", "melanoma_chemo")} == set(PUBLISHED)


def test_published_comparisons_name_both_groups_and_the_better_one():
    pfs, dss = evidence.lookup("mcc_loghr_pfs")[0], evidence.lookup("mcc_dss_acquired")[1]
    assert (pfs.resistance, pfs.n, pfs.comparator, pfs.n_comparator) == ("primary", 44, "acquired resistance", 31)
    assert (dss.resistance, dss.n, dss.comparator, dss.n_comparator) == ("acquired", 31, "primary resistance", 44)
    assert (pfs.favours, dss.favours) == ("comparator", "group")
    (hr,) = evidence.lookup("mcc_ahr_icirt")
    assert (hr.lower, hr.upper, hr.level, hr.interval_label) == (0.14, 0.91, 0.95, "CI")
    assert (hr.treatment, hr.comparator, hr.favours) == ("ICI+RT", "ICI alone", "group")


def test_published_units_are_those_printed():
    findings = evidence.findings()
    (duration,) = findings.where(id="mel_duration")
    assert (duration.value, duration.unit, duration.lower, duration.upper) == (7.9, "weeks", 0, 108)
    assert duration.interval_label == "range"
    assert duration.level is None
    for finding in findings.where(document="mcc", endpoint="DSS"):
        assert finding.origin == "salvage start (stated for PFS, assumed for DSS)"


# ---- counts recovered from percentages: by enumeration --------------------------------------------


def prints_as(part, whole, percent):
    """Whether part/whole prints as this percentage, by either rule for ties."""
    exact = Decimal(100 * part) / Decimal(whole)
    places = Decimal(1).scaleb(Decimal(percent).as_tuple().exponent)
    return any(exact.quantize(places, rule) == Decimal(percent) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("id", "percent", "count"),
    [("mel_orr", "12.5", 58), ("mel_cr", "0.4", 2), ("mel_pr", "12.1", 56), ("mel_sd", "20.7", 96)],
)
def test_published_response_counts_are_the_only_whole_numbers(id, percent, count):
    (finding,) = evidence.findings(id=id)
    assert [x for x in range(464) if prints_as(x, 463, percent)] == [count]
    assert (finding.value, finding.events, finding.n) == (float(percent), count, 463)
    assert finding.derivation


REGIMENS = {  # regimen: (share of 463 as printed, response rate as printed, responders, patients)
    "carbo_pac": ("32", "14.3", 21, 147),
    "dtic": ("25", "10.2", 12, 118),
    "tmz": ("15", "2.8", 2, 71),
    "taxane": ("9", "25.0", 10, 40),
    "fotemustine": ("6", "10.3", 3, 29),
    "other": ("13", "17.2", 10, 58),
}


@pytest.mark.parametrize("regimen", REGIMENS)
def test_published_regimen_counts_are_the_only_pair(regimen):
    share, rate, events, n = REGIMENS[regimen]
    sizes = [size for size in range(1, 464) if prints_as(size, 463, share)]
    pairs = [(x, size) for size in sizes for x in range(size + 1) if prints_as(x, size, rate)]
    assert pairs == [(events, n)], "unique by itself, before the totals are looked at"
    (response,) = evidence.lookup(f"mel_orr_{regimen}")
    (mix,) = evidence.findings(id=f"mel_share_{regimen}")
    assert (response.value, response.events, response.n) == (float(rate), events, n)
    assert (mix.value, mix.events, mix.n) == (float(share), n, 463)
    assert f"{events}/{n}" in response.derivation


def test_published_regimens_add_up_to_the_cohort():
    found = [evidence.lookup(f"mel_orr_{regimen}")[0] for regimen in REGIMENS]
    assert (sum(f.events for f in found), sum(f.n for f in found)) == (58, 463)
    responses = [evidence.findings(id=id)[0].events for id in ("mel_cr", "mel_pr", "mel_orr")]
    assert responses[0] + responses[1] == responses[2]


def test_published_other_rounded_shares_leave_the_count_open():
    for percent, id in (("60", "mel_men"), ("15", "mel_braf"), ("86", "mel_m1c"), ("29", "mel_brain")):
        assert len([x for x in range(464) if prints_as(x, 463, percent)]) > 1
        assert evidence.findings(id=id)[0].events is None


def test_published_groups_add_up():
    primary, acquired = evidence.lookup("mcc_share_primary")
    assert (primary.events, acquired.events, primary.n) == (44, 31, 106)
    assert prints_as(44, 106, "42")
    assert prints_as(31, 106, "29")
    responders, others = (evidence.findings(id=f"mel_os_{g}")[0].n for g in ("responders", "nonresponders"))
    assert responders + others == 463


# ---- refusals -------------------------------------------------------------------------------------


def test_law_each_finding_supports_a_prior_or_says_why_not():
    for finding in evidence.findings():
        assert (finding.supports is None) != (finding.refused is None)
        if finding.refused is not None:
            reason, needed, what = finding.refused.partition(" Needed: ")
            assert reason.endswith(".")
            assert needed
            assert what.endswith(".")


def test_published_groups_defined_by_their_outcome_are_refused():
    found = {f.id for f in evidence.findings(outcome_defined=True, document="melanoma_chemo")}
    assert found == {"mel_pfs_responders", "mel_os_responders", "mel_os_nonresponders", "mel_os_p"}
    for id in found:
        with pytest.raises(RefusedFinding, match="defined by"):
            evidence.lookup(id)


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
