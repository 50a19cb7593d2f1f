"""The report of coherence on the five documents, and the laws that it keeps on any."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given, strategies as st

from icibaseline import evidence
from icibaseline._values import Value
from icibaseline.errors import InvalidInput, UnknownArgument
from icibaseline.evidence import Finding, Findings, records as vocabulary
from icibaseline.evidence.coherence import Coherence, CoherenceLine, check

DOCUMENTS = evidence.documents()
REPORT = check(DOCUMENTS)


def line(compared, *findings):
    held = [x for x in REPORT.where(compared=compared) if set(findings) <= set(x.findings)]
    assert len(held) == 1, [x.findings for x in held]
    return held[0]


def numbers(compared, *findings):
    return dict(line(compared, *findings).numbers)


# Everything in the five documents that is not coherent, found by hand: (comparison, findings, verdict).
CONTRADICTIONS = {
    ("interval v n", ("hcc_ttp_primary_median",), "tense"),
    ("interval v n", ("hcc_ttp_secondary_median",), "tense"),
    ("interval v n", ("hcc_os_secondary_median",), "tense"),
    ("printed twice", ("mcc_advanced", "mcc_advanced_summary"), "tense"),
    ("median v landmark", ("mel_pfs_1y", "mel_pfs_median"), "tense"),
    ("mixture v landmark", ("mel_pfs_1y", "mel_pfs_median", "mel_pfs_responders"), "tense"),
    (
        "whole median v its parts",
        ("nsclc_pfs_acquired_median", "nsclc_pfs_oligo", "nsclc_pfs_systemic"),
        "impossible",
    ),
    ("count v percentage v n", ("promit_ae_percent",), "impossible"),
}


def test_published_every_contradiction_is_found_and_nothing_else():
    found = {(x.compared, tuple(sorted(x.findings)), x.verdict) for x in REPORT if x.verdict != "coherent"}
    assert found == CONTRADICTIONS
    assert REPORT.worst == "impossible"


@pytest.mark.parametrize(
    ("id", "shape"),
    [
        ("hcc_ttp_primary_median", 2.0),
        ("hcc_ttp_secondary_median", 1.9),
        ("hcc_os_primary_median", 0.97),
        ("hcc_os_secondary_median", 2.2),
        ("nsclc_first_pfs_median", 1.45),
    ],
)
def test_published_intervals_are_wald_with_these_shapes(id, shape):
    digits = 2 if shape in (0.97, 1.45) else 1
    assert round(numbers("interval v n", id)["implied shape"], digits) == shape
    made = line("median v its interval", id)
    assert made.verdict == "coherent"
    assert "Wald" in made.consequence
    assert ("80 to 90%" in made.consequence) == (id == "nsclc_first_pfs_median")


def test_published_p_values_medians_and_patients():
    mcc = numbers("p v medians v n", "mcc_pfs_p")
    assert (round(mcc["z"], 3), round(mcc["events implied"], 1), mcc["patients"]) == (2.748, 62.9, 75)
    nsclc = numbers("p v medians v n", "nsclc_pfs_p")
    assert (round(nsclc["z"], 2), nsclc["patients"]) == (2.97, 40)
    assert nsclc["events implied"] == pytest.approx(24.5, abs=0.06)
    melanoma = numbers("p v medians v n", "mel_os_p")
    assert round(melanoma["events implied at least"]) == 153
    shapes = numbers("hazard ratio v medians", "mcc_pfs_p")
    assert (round(shapes["least shape"], 2), round(shapes["most shape"], 2)) == (0.92, 1.09)
    shapes = numbers("hazard ratio v medians", "nsclc_pfs_p")
    assert (round(shapes["least shape"], 2), round(shapes["most shape"], 2)) == (0.78, 0.94)


def test_published_curves_and_parts():
    landmark = numbers("median v landmark", "mel_pfs_median")
    assert (round(landmark["z"], 1), round(landmark["Weibull shape"], 3)) == (5.2, 0.731)
    assert round(landmark["exponential"], 3) == 0.041
    assert round(numbers("whole v mixture of parts", "mel_os_median")["mixture"], 2) == 7.18
    mixture = numbers("mixture v landmark", "mel_pfs_responders")
    assert (round(mixture["mixture"], 3), round(mixture["median of the others"], 2)) == (0.071, 2.29)
    parts = numbers("whole median v its parts", "nsclc_pfs_acquired_median")
    assert (parts["whole"], parts["part 1"], parts["part 2"]) == (7.0, 1.1, 5.4)
    assert "a p value compares these two" in line("whole median v its parts", "nsclc_pfs_oligo").consequence


def test_published_counts():
    assert numbers("count v percentage v n", "promit_dcr_percent")["counts that fit"] == 1
    assert numbers("count v percentage v n", "promit_dcr_percent")["count"] == 14
    assert "53 or 38" in line("count v percentage v n", "promit_ae_percent").consequence
    assert round(numbers("count v percentage v n", "mcc_primary_percent")["percent computed"], 1) == 41.5
    assert "31 of 106" in line("classes v all patients", "mcc_primary_count").consequence
    rates = numbers("rates of parts v whole", "mel_orr")
    assert (rates["parts"], rates["counts added"], rates["count of the whole"]) == (6, 58, 58)
    assert rates["parts with one denominator that fits"] == 6
    assert line("classes v all patients", "nsclc_primary_count").verdict == "coherent"
    assert line("classes v all patients", "hcc_primary_percent").verdict == "coherent"
    assert line("parts of response", "mel_orr").verdict == "coherent"
    made = line("proportion v its interval", "promit_orr_count")
    assert (made.verdict, "Clopper-Pearson" in made.consequence) == ("coherent", True)


def test_published_ratios():
    assert round(numbers("ratio of medians v medians", "mcc_pfs_ratio")["ratio of the medians"], 2) == 2.02
    middle = numbers("hazard ratio v its interval", "mcc_dss_icirt_hr")
    assert (round(middle["log middle"], 3), round(middle["standard error"], 4)) == (0.357, 0.4775)
    assert round(numbers("hazard ratio v n", "mcc_dss_icirt_hr")["fewest events"], 1) == 17.5


def test_published_what_cannot_be_checked_is_said():
    (said,) = [x for x in REPORT.unchecked if "nsclc_pfs_interval_p" in x]
    assert said.startswith("p v medians v n")
    assert "at least 102 events" in said  # 4 x 25.5


# ---- laws ----------------------------------------------------------------------------------------

CODES = {*vocabulary.RESISTANCE, *vocabulary.ENDPOINTS, *vocabulary.SOURCES, *vocabulary.ROUTES, *vocabulary.STATISTICS}
FREE = ("tumour", "population", "treatment", "origin", "analysis_set", "comparator")
OPINIONS = ("printed", "derivation", "refused", "flags", "supports", "route", "outcome_defined")


def renamed(findings, rng):
    """Other ids, labels and words, equal where they were equal; opinions of the curator gone."""
    names, ids = {}, {}

    def word(held):
        return held if held is None or held in CODES else names.setdefault(held, f"{rng.random()} word {len(names)}")

    def id_(held):
        return ids.setdefault(held, f"z{rng.randrange(10**9)}x{len(ids)}")

    made = [
        f.with_(
            id=id_(f.id), document=id_(f.document), read_with=tuple(map(id_, f.read_with)), printed="other words",
            derivation=None, refused="other words", flags=(), supports=None, route=None, outcome_defined=False,
            **{name: word(getattr(f, name)) for name in FREE},
        )
        for f in findings
    ]  # fmt: skip
    return made, ids


def content(report, ids=None):
    rename = (lambda x: x) if ids is None else (lambda x: ids[x])
    return sorted(
        (x.compared, x.verdict, tuple(sorted(map(rename, x.findings))), x.numbers, rename(x.document)) for x in report
    )


@given(st.integers(0, 10**6))
def test_law_names_and_words_decide_nothing(seed):
    made, ids = renamed([f for d in DOCUMENTS for f in d.findings], random.Random(seed))
    held = [
        d.with_(id=ids[d.id], findings=Findings(tuple(f for f in made if f.document == ids[d.id]))) for d in DOCUMENTS
    ]
    assert content(check(held)) == content(REPORT, ids)


def test_law_renaming_reaches_every_free_text_field():
    typed = {name for name in Finding.__annotations__ if "str" in str(Finding.__annotations__[name])}
    closed = {"statistic", "unit", "interval_label", "interval_unit", "favours", "resistance", "endpoint", "source"}
    assert typed - closed == {*FREE, *OPINIONS, "id", "document", "read_with"} - {"outcome_defined"}


@given(st.randoms(use_true_random=False))
def test_law_order_is_irrelevant(rng):
    shuffled = [f for d in DOCUMENTS for f in d.findings]
    rng.shuffle(shuffled)
    assert content(check(shuffled)) == content(REPORT)
    assert tuple(check(shuffled)) == tuple(REPORT)


def test_law_documents_are_judged_one_by_one():
    apart = [x for document in DOCUMENTS for x in check(document)]
    assert tuple(sorted(apart, key=lambda x: x.document)) == tuple(REPORT)
    assert tuple(check(evidence.findings())) == tuple(REPORT)
    assert tuple(check(list(DOCUMENTS[0].findings))) == tuple(check(DOCUMENTS[0]))


@given(st.data())
def test_law_a_part_of_a_document_contradicts_itself_nowhere_new(data):
    """Fewer findings allow fewer comparisons; what two findings say of each other stays."""
    document = data.draw(st.sampled_from(list(DOCUMENTS)))
    kept = data.draw(st.lists(st.sampled_from(list(document.findings)), unique=True, max_size=8))
    two = {x.findings for x in check(kept) if x.verdict == "impossible" and x.compared != "count v percentage v n"}
    assert two <= {x.findings for x in REPORT}


@st.composite
def any_finding(draw, id):
    """A finding that the library accepts, whatever it means."""
    number = st.one_of(st.none(), st.sampled_from([0.0, 0.4, 1.0, 2.5, 7.0, 12.0, 50.0, 100.0, 463.0, -1.0, 1e-7, 1e9]))
    patients = st.one_of(st.none(), st.sampled_from([1, 2, 14, 38, 106]))
    label = st.sampled_from([None, "a", "b"])
    fields = {
        "statistic": draw(st.sampled_from(vocabulary.STATISTICS)),
        "value": draw(number),
        "unit": draw(st.sampled_from([None, "months", "weeks", "percent", "proportion", "patients", "ratio"])),
        "lower": draw(number),
        "upper": draw(number),
        "interval_label": draw(st.sampled_from([None, *vocabulary.INTERVALS])),
        "level": draw(st.sampled_from([None, 0.95])),
        "at": draw(st.sampled_from([None, 0.0, 6.0, 12.0])),
        "n": draw(patients),
        "events": draw(st.sampled_from([None, 0, 1, 14])),
        "p": draw(st.sampled_from([None, 1e-9, 0.003, 0.05, 0.9])),
        "p_bound": draw(st.booleans()),
        "comparator": draw(label),
        "n_comparator": draw(patients),
        "favours": draw(st.sampled_from([None, "group", "comparator"])),
        "resistance": draw(st.sampled_from([None, "any", "primary", "acquired"])),
        "treatment": draw(label),
        "endpoint": draw(st.sampled_from([None, "PFS", "ORR", "CR", "PR", "SD", "DCR", "AE"])),
        "analysis_set": draw(label),
        "source": draw(st.sampled_from(["paper", "digest"])),
        "read_with": draw(st.sampled_from([(), ("f0", "f1"), ("f1", "f2")])),
    }
    for _ in range(6):  # put right what two fields must agree in
        try:
            return Finding(id=id, document="made", printed="words", refused="made up", **fields)
        except InvalidInput as error:
            name = str(error).split("`")[1]
            assume(name in fields)
            fields[name] = {
                "value": 7.0,
                "unit": None if fields["statistic"] == "p value" else "months",
                "p": 0.01,
            }.get(name, False if name == "p_bound" else None)
            if name == "value" and fields["statistic"] in ("not reached", "p value"):
                fields[name] = None
            if name == "at":
                fields[name] = 6.0
            if name in ("interval_label", "level", "upper"):
                fields |= {"lower": None, "upper": None, "interval_label": None, "level": None}
    assume(False)
    raise AssertionError


@given(st.data())
def test_law_no_findings_break_it(data):
    held = [data.draw(any_finding(f"f{i}")) for i in range(data.draw(st.integers(0, 7)))]
    report = check(held)
    assert all(math.isfinite(x) for found in report for _, x in found.numbers), report
    assert str(report)
    assert report._repr_html_()
    assert Value.from_dict(report.to_dict()) == report


def test_law_nothing_to_compare():
    empty = check(Findings(()))
    assert (len(empty), empty.worst, empty.unchecked, str(empty)) == (0, None, (), "nothing to compare")
    bare = Finding(
        id="f", document="made", printed="words", refused="made up", statistic="median", value=4.7, unit="months"
    )
    assert len(check([bare])) == 0


# ---- the report ----------------------------------------------------------------------------------


def test_law_where_table_and_rendering():
    tense = REPORT.where(verdict="tense", document="hcc")
    assert isinstance(tense, Coherence)
    assert len(tense) == 3
    assert len(REPORT.where(verdict="impossible", document="hcc")) == 0
    assert len(REPORT.table().splitlines()) == len(REPORT) + 1
    text = str(REPORT)
    assert max(map(len, text.splitlines())) <= 100
    assert [text.index(f"{d.id}: ") for d in DOCUMENTS] == sorted(text.index(f"{d.id}: ") for d in DOCUMENTS)
    block = text[text.index("hcc: ") : text.index("mcc: ")]
    assert block.startswith("hcc: 0 impossible, 3 tense")
    assert block.rindex("  tense ") < block.index("  coherent ")
    assert all(id in text for x in REPORT for id in x.findings)
    assert REPORT._repr_html_().count("<tr>") == len(REPORT) + 1
    assert list(REPORT.to_frame()["verdict"]) == [x.verdict for x in REPORT]
    assert str(REPORT[0]).startswith(REPORT[0].document)


def test_law_misuse_is_answered_in_one_sentence():
    with pytest.raises(UnknownArgument, match="Did you mean `verdict`"):
        REPORT.where(verdikt="tense")
    with pytest.raises(InvalidInput, match="'impossible', 'tense', 'coherent'"):
        REPORT.where(verdict="wrong")
    for wrong in ("mcc", 3, {"mcc": 1}, [1], None):
        with pytest.raises(InvalidInput, match="`findings"):
            check(wrong)
    with pytest.raises(InvalidInput):
        CoherenceLine(document="d", compared="c", findings=(), numbers=(), verdict="fine", consequence="none")


def test_law_a_comparison_has_no_more_patients_than_its_document():
    most = {document.id: document.n for document in DOCUMENTS}
    seen = [(x.document, dict(x.numbers)["patients at most"]) for x in REPORT.where(compared="hazard ratio v n")]
    assert seen
    assert [(id, n) for id, n in seen if n > most[id]] == []
