"""A document's file is read strictly: each mistake names file, finding and key in one sentence."""

from __future__ import annotations

import pytest

from icibaseline.errors import InvalidInput
from icibaseline.evidence import load_document

GOOD = """\
[document]
id = "mine"
title = "A title"
citation = "A citation"
year = 2024
source = "paper"
tumour = "MCC"
n = 20

[flags]
R = "one centre"

[defaults]
tumour = "MCC"
source = "paper"

[[finding]]
id = "mine_median"
printed = "median PFS was 4 months"
statistic = "median"
value = 4
unit = "months"
n = 20
outcome_defined = false
flags = ["R"]
supports = "mine_pfs"
route = "median with n only"
"""


def changed(*pairs):
    text = GOOD
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def refusal(text):
    with pytest.raises(InvalidInput) as error:
        load_document(text, "mine.toml")
    sentence = str(error.value)
    assert sentence.startswith("`mine.toml")
    assert "\n" not in sentence
    return sentence


def test_law_a_good_file_is_read(tmp_path):
    document = load_document(GOOD, "mine.toml")
    (finding,) = document.findings
    assert (finding.value, finding.n, finding.tumour, finding.document) == (4.0, 20, "MCC", "mine")
    assert type(finding.value) is float
    assert finding.flags == document.flags == ("R: one centre",)
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_document(path, "mine.toml") == document


def test_law_a_finding_overrides_the_defaults():
    document = load_document(changed(('unit = "months"', 'unit = "months"\ntumour = "HCC"')), "mine.toml")
    assert document.findings[0].tumour == "HCC"


@pytest.mark.parametrize(
    ("old", "new", "place", "rest"),
    [
        # unknown keys
        ("value = 4", "valeu = 4", "finding mine_median, valeu", "a known key; got 4. Did you mean `value`?"),
        ("value = 4", 'value = 4\ndocument = "mcc"', "finding mine_median, document", "a known key; got 'mcc'"),
        ("year = 2024", "yaer = 2024", "document, yaer", "a known key; got 2024. Did you mean `year`?"),
        ("year = 2024", 'year = 2024\ndigest = "0"', "document, digest", "a known key"),
        ('tumour = "MCC"\nsource', 'tumor = "MCC"\nsource', "defaults, tumor", "Did you mean `tumour`?"),
        ("[defaults]", '[defaults]\nid = "x"', "defaults, id", "a known key"),
        ("[flags]", "[flag]", "flag", "a known key"),
        ("R =", "Z =", "flags, Z", "a known key"),
        # missing keys
        ('statistic = "median"\n', "", "finding mine_median, statistic", "must be given; got nothing."),
        ('printed = "median PFS was 4 months"\n', "", "finding mine_median, printed", "must be given; got nothing."),
        ('id = "mine_median"\n', "", "finding number 1, id", "must be given; got nothing."),
        ('title = "A title"\n', "", "document, title", "must be given; got nothing."),
        # wrong types
        ("value = 4", 'value = "4"', "finding mine_median, value", "a number; got '4'."),
        ("value = 4", "value = true", "finding mine_median, value", "a number; got True."),
        ("value = 4", "value = nan", "finding mine_median, value", "a finite number; got nan."),
        ("n = 20\noutcome", "n = 20.0\noutcome", "finding mine_median, n", "a whole number; got 20.0."),
        ("n = 20\noutcome", "n = true\noutcome", "finding mine_median, n", "a whole number; got True."),
        ("= false", "= 0", "finding mine_median, outcome_defined", "true or false; got 0."),
        ('unit = "months"', "unit = 1", "finding mine_median, unit", "a string; got 1."),
        ('unit = "months"', 'unit = ["months"]', "finding mine_median, unit", "a string; got ['months']."),
        ("year = 2024", 'year = "2024"', "document, year", "a whole number; got '2024'."),
        ('R = "one centre"', "R = 1", "flags, R", "a string; got 1."),
        ('flags = ["R"]', 'flags = "R"', "finding mine_median, flags", "a list of flag codes; got 'R'."),
        ('flags = ["R"]', 'flags = ["O"]', "finding mine_median, flags", "codes that the table [flags] explains"),
        ('flags = ["R"]', "flags = [[1]]", "finding mine_median, flags", "codes that the table [flags] explains"),
        ("[defaults]\n", "[[defaults]]\n", "defaults", "a table"),
        ("[[finding]]", "[finding]", "finding", "an array of tables"),
        # values outside the vocabulary, and contradictions
        ('unit = "months"', 'unit = "moons"', "finding mine_median, unit", "one of 'months'"),
        ('statistic = "median"', 'statistic = "mean"', "finding mine_median, statistic", "one of 'median'"),
        ("value = 4\n", "", "finding mine_median, value", "must be given; got None."),
        ('route = "median with n only"', "", "finding mine_median, route", "given exactly with `supports`"),
        ("= false", "= true", "finding mine_median, supports", "a group defined by its outcome"),
        ('id = "mine_median"', 'id = "Mine"', "finding Mine, id", "lower-case letters"),
        ("4 months", "4 months" + " and" * 20, "finding mine_median, printed", "at most 20 words"),
    ],
)
def test_law_each_mistake_names_file_finding_and_key(old, new, place, rest):
    sentence = refusal(changed((old, new)))
    assert sentence.startswith(f"`mine.toml, {place}` must be ")
    assert rest in sentence


def test_law_a_file_that_is_not_toml_is_named():
    assert "must be valid TOML" in refusal("[document")


@pytest.mark.parametrize(("table", "text"), [("document", "[[finding]]"), ("finding", "[document]")])
def test_law_a_missing_table_is_named(table, text):
    assert refusal(text) == f"`mine.toml, {table}` must be given; got nothing."


def test_law_an_id_is_used_once():
    text = GOOD + GOOD[GOOD.index("[[finding]]") :]
    assert refusal(text).startswith("`mine.toml, finding mine_median, id` must be used once; got 'mine_median'.")
