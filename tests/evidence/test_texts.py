"""What the library says each document prints, held against the documents themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from icibaseline import evidence


def with_plain_spaces(text):
    """The text with one kind of space: no-break and thin spaces are a matter of type, not of wording."""
    return re.sub(r"[^\S\n]", " ", text)


TEXTS = {
    path.stem: with_plain_spaces(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "data").glob("*.txt"))
}
DOCUMENTS = [d for d in evidence.documents() if d.id in TEXTS]
FINDINGS = [f for d in DOCUMENTS for f in d.findings]
# Numbers in figures or in words; ordinals, "first" and "second", count nothing. A phrase may state another number.
WORDS = {word: i for i, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)}
WORDS["double"] = 2
NUMBER = re.compile(rf"\d+(?:\.\d+)?|\.\d+|\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
PHRASES = {"3 in 10": 0.3}
UNITS = {"percent": "%", "mg/m2": "mg m-2"}  # how a unit is printed, where not by its own name
NAMED_UNITS = ("months", "weeks", "years", "days", "lesions", "centres")  # "patients" and "doses" go by other names too

# Digits that report nothing about patients, by the passage that holds them.
NO_FINDING = {
    "mcc": {
        "September 29, 2025": "date of publication",
        "programmed cell death protein-1/programmed death-ligand 1": "names of molecules",
        "grouped into two types": "number of groups, which their names tell",
        "at least one local or systemic salvage therapy": "who is in the cohort, told by its treatment",
    },
    "melanoma_chemo": {
        "between 2007 and 2017": "calendar years, told by flag R",
        "BRAF V600": "name of a mutation",
        "M1c": "name of a stage",
        "PD-1": "name of a molecule",
        "December 21, 2021": "date of publication",
        "doi:10.1016/j.ejca.2021.11.022": "DOI",
    },
    "promit": {
        "(2026)": "year of publication",
        "Publication year: 2026": "year of publication",
        "Book Volume: 194": "volume",
        "Pages Range: 216-224": "pages",
        "Journal Issue: 2": "issue",
        "British Journal of Dermatology, 194(2), 216-224": "volume, issue and pages",
        "British Journal of Dermatology 194.2 (2026): 216-224": "volume, issue and pages",
        "10.1093/bjd/ljaf350": "DOI",
        "NCT04225390": "registration of the trial",
        "mg m-2": "exponent of a unit",
        "grade 3 CTCAE": "name of a class of harm",
    },
    "nsclc_rechallenge": {
        "between March 2016 and December 2022": "calendar years, told by flag R",
        "Fig. 1\nFig. 2\nFig. 3": "names of figures",
        "No.2022KY653": "number of a grant",
        "IRB-2022-187": "number of an approval",
        "432_2023_5490_MOESM1_ESM.pdf": "name of a file",
        "Supplementary file1 Supplementary Fig.1": "names of a file and a figure",
        "(PDF 4 KB)": "size of a file",
        "Supplementary file2 (DOCX 18 KB)": "name and size of a file",
        "J Cancer Res Clin Oncol 149, 17987–17995 (2023)": "volume, pages and year of publication",
        "10.1007/s00432-023-05490-8": "DOI",
    },
    "hcc": {
        "(Jun 2025)": "date of publication",
        "between 2016 and 2021": "calendar years, told by flag R",
    },
}


def spans(passage, text):
    return [(m.start(), m.end()) for m in re.finditer(re.escape(passage), text)]


def in_figures(token):
    """The number that a token is, be it in figures or in words."""
    return float(WORDS.get(token.lower(), token) if token[0].isalpha() else token)


def numbers(passage):
    """The numbers that a passage prints, each with its digits after the point."""
    found = {in_figures(token): len(token.partition(".")[2]) for token in NUMBER.findall(passage)}
    return found | {x: len(str(x).partition(".")[2]) for phrase, x in PHRASES.items() if phrase in passage}


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
    printed = numbers(finding.printed)
    for held in (finding.value, finding.p, finding.lower, finding.upper, finding.level and 100 * finding.level):
        assert held is None or held in printed
    if finding.statistic == "not reached":
        assert "not reached" in finding.printed
    elif finding.unit in (*NAMED_UNITS, *UNITS):
        assert UNITS.get(finding.unit, finding.unit.removesuffix("s")) in finding.printed
    if finding.p is not None:
        assert finding.p_bound == ("<" in finding.printed)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda f: f.id)
def test_published_decimals_are_those_printed(finding):
    printed = numbers(finding.printed)
    held = (finding.value, finding.lower, finding.upper) if finding.value is not None else (finding.p,)
    assert finding.decimals == max((printed[x] for x in held if x is not None), default=0)


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
            holds(span)
            and (in_figures(token[0]) in carried(f) or any(w in f.printed and token[0] in w for w in PHRASES))
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
        assert document.doi is None or document.doi in text
        assert document.url is None or document.url in text
        if document.doi is None:
            assert "doi" not in text.lower()
            assert "DOI not printed" in document.citation
        else:
            assert document.citation in text


def test_published_units_are_those_printed():
    findings = evidence.findings()
    (duration,) = findings.where(id="mel_duration")
    assert (duration.value, duration.unit, duration.lower, duration.upper) == (7.9, "weeks", 0, 108)
    assert duration.interval_label == "range"
    assert duration.level is None
    for finding in findings.where(document="mcc", endpoint="DSS"):
        assert finding.origin == "salvage start (stated for PFS, assumed for DSS)"
    (first,) = findings.where(id="nsclc_first_pfs_median")
    assert (first.value, first.lower, first.upper, first.level, first.interval_label) == (5.2, 3.6, 6.8, 0.95, "CI")
    assert "start" not in TEXTS["nsclc_rechallenge"].lower()
    assert {f.origin for f in findings.where(document="nsclc_rechallenge") if f.endpoint} == {
        "rechallenge start (assumed, not stated)",
        "ICI start (assumed, not stated)",
        "not stated",
    }


INTERVALS = {
    "hcc_ttp_primary_median": (2.83, 2.56, 3.09, 229),
    "hcc_ttp_secondary_median": (11.93, 10.45, 13.40, 141),
    "hcc_os_primary_median": (12.83, 10.36, 15.30, 229),
    "hcc_os_secondary_median": (31.53, 28.09, 34.97, 141),
}


@pytest.mark.parametrize("id", INTERVALS)
def test_published_brackets_without_a_name_have_no_level(id):
    (f,) = evidence.findings(id=id)
    assert (f.value, f.lower, f.upper, f.n) == INTERVALS[id]
    assert (f.unit, f.decimals, f.interval_label, f.level) == ("months", 2, "unstated", None)
    for name in ("confidence", "range", "CI", "IQR"):
        assert not re.search(rf"\b{name}\b", TEXTS["hcc"])


def test_published_interval_of_the_promit_response_is_printed_as_a_proportion():
    (f,) = evidence.lookup("promit_orr")
    assert (f.lower, f.upper, f.level, f.interval_label) == (0.08, 0.34, 0.95, "CI")
    assert (f.unit, f.interval_unit, f.decimals) == ("patients", "proportion", 2)
