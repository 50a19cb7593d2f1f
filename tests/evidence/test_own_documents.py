"""Documents of one's own: the template, what is read, and every way in which a file can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import icibaseline as ici
from icibaseline import evidence
from icibaseline.baseline import baseline
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import library
from icibaseline.evidence.fragments import check_fragments
from icibaseline.evidence.records import ROUTES, STATISTICS

TEMPLATE = (Path(evidence.__file__).parent / "template.toml").read_text("utf-8")
TEXT = """Background. Drug B after ICI.
Results: Median PFS was 3.8 months (95% CI 2.9 to 5.1) in 61
patients. PFS at 12 months was 14%. Responses were seen in 11 of 55 evaluable patients."""
DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _nothing_stays_loaded(monkeypatch):
    monkeypatch.setattr(library, "_loaded", {})
    yield
    library._gathered.cache_clear()


@pytest.fixture
def write(tmp_path):
    def written(content=TEMPLATE, name="my.toml"):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return written


def test_law_the_template_loads_and_serves_the_same_calls(write):
    known = len(evidence.documents())
    document = evidence.load(write(), text=write(TEXT, "my.txt"))
    assert document.id == "salvage_trial"
    assert [d.id for d in evidence.documents()][-1] == "salvage_trial"
    assert len(evidence.documents()) == known + 1
    assert len(evidence.findings(document="salvage_trial")) == 3
    control = baseline("salvage_trial_pfs")
    assert control.prior.median == pytest.approx(3.8, rel=1e-12)
    assert control.route.startswith("median with interval")
    assert not control.modified
    assert not control.outdated
    assert repr(control) == 'baseline("salvage_trial_pfs")'
    assert baseline("salvage_trial_orr").prior.mean == pytest.approx(11.5 / 56, rel=1e-12)
    assert baseline(document="salvage_trial", endpoint="ORR").id == "salvage_trial_orr"


def examples() -> dict[str, str]:
    """The commented examples of the template by their headings, as they are without the # before each line."""
    parts = re.split(r"^# -+ (.*?) -+$", TEMPLATE, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    return {head: re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE) for head, text in found.items() if "\n#[[" in text}


@pytest.mark.parametrize("head", examples())
def test_law_each_example_of_the_template_loads_without_its_comment_signs(write, head):
    document = evidence.load(write(TEMPLATE + examples()[head]))
    made = [finding for finding in document.findings if f'id = "{finding.id}"' in examples()[head]]
    assert len(made) == examples()[head].count("[[finding]]")
    for id in {finding.supports for finding in made} - {None}:
        bias = {"bias": ici.Bias(0.3, reason="not randomised")} if id == "salvage_trial_loghr_pfs" else {}
        assert baseline(id, **bias).findings


def test_law_the_template_shows_every_statistic_and_every_route(write):
    document = evidence.load(write(TEMPLATE + "\n".join(examples().values())))
    assert {finding.statistic for finding in document.findings} == set(STATISTICS)
    assert {finding.route for finding in document.findings} == {*ROUTES, None}
    assert ici.check(document).worst == "coherent"


def test_law_a_file_that_changed_is_noticed_and_one_that_is_loaded_again_replaces_what_it_gave(write):
    path = write()
    evidence.load(path)
    before = baseline("salvage_trial_pfs")
    write(TEMPLATE.replace("value = 3.8", "value = 3.9").replace("was 3.8", "was 3.9"))
    assert before.outdated
    evidence.load(str(path))
    assert baseline("salvage_trial_pfs").prior.median == pytest.approx(3.9, rel=1e-12)
    assert before.outdated
    assert before.modified
    path.unlink()
    assert baseline("salvage_trial_pfs").outdated
    assert evidence.document_digest("salvage_trial") == "no file"


def test_law_a_baseline_outlives_its_document(write):
    evidence.load(write())
    made = baseline("salvage_trial_pfs")
    held, held_citation = made.to_dict(), tuple(d.citation for d in made.documents)
    library._loaded.clear()
    back = type(baseline("mcc_pfs_primary")).from_dict(held)
    assert back.prior.median == pytest.approx(3.8, rel=1e-12)
    assert back.not_loaded == ("salvage_trial",)
    assert not back.outdated
    assert not back.modified
    assert repr(back) == 'baseline("salvage_trial_pfs")'
    assert back.cited == held_citation
    assert held_citation[0] in str(back)
    (source,) = (s for s in ici.sources(back) if s.role == "control")
    assert (source.status, source.documents) == ("sourced, document not loaded", held_citation)
    assert back.with_(prior=ici.NormalMixture.lognormal(9.0, 0.2)).modified
    with pytest.raises(InvalidInput, match="must be the id of a prior"):
        baseline("salvage_trial_pfs")


CHANGES = [
    # what is replaced, by what, and what the sentence must name
    ("value = 3.8", 'value = "3.8"', ["my.toml, finding salvage_trial_pfs_median, value", "a number", "'3.8'"]),
    ("value = 3.8", "value = nan", ["my.toml, finding salvage_trial_pfs_median, value", "a finite number"]),
    ("value = 3.8", "value = 4.8", ["finding salvage_trial_pfs_median, printed", "carries the number of `value`, 4.8"]),
    ("upper = 5.1", "upper = 2.1", ["finding salvage_trial_pfs_median, upper", "above `lower`"]),
    ("level = 0.95", "levl = 0.95", ["finding salvage_trial_pfs_median, levl", "a known key", "Did you mean `level`?"]),
    ("level = 0.95", "level = 0.90", ["finding salvage_trial_pfs_median, level", "the level that is printed, 0.95"]),
    ("n = 55", "n = 61", ["finding salvage_trial_orr_count, n", "the number that is printed, 55", "`derivation`"]),
    ("level = 0.95\n", "", ["finding salvage_trial_pfs_median, level", "given exactly with"]),
    ('statistic = "median"', 'statistic = "mean"', ["finding salvage_trial_pfs_median, statistic", "one of 'median'"]),
    ('unit = "months" ', 'unit = "month" ', ["finding salvage_trial_pfs_median, unit", "'months'"]),
    ('route = "counts"', "", ["finding salvage_trial_orr_count, route", "given exactly with `supports`"]),
    ('flags = ["R", "S"]', 'flags = ["R", "Q"]', ["finding salvage_trial_orr_count, flags", "[flags] explains", "'Q'"]),
    (
        'flags = ["R", "S"]',
        'read_with = ["nobody"]',
        ["salvage_trial_orr_count, read_with", "other findings", "'nobody'"],
    ),
    ("year = 2024", "year = 2024.5", ["my.toml, document, year", "a whole number", "2024.5"]),
    ("n = 61      ", "n = 0      ", ["my.toml, document, n", "whole number"]),
    ('id = "salvage_trial" ', 'id = "mcc" ', ["my.toml, document, id", "does not use itself", "'mcc'"]),
    (
        "salvage_trial_pfs_12",
        "salvage_trial_pfs_median",
        ["my.toml, finding salvage_trial_pfs_median, id", "used once"],
    ),
    (
        'supports = "salvage_trial_orr"',
        'supports = "promit_orr"',
        ["salvage_trial_orr_count, supports", "no other doc"],
    ),
    ('id = "salvage_trial_orr_count"', 'id = "mcc_cohort"', ["finding mcc_cohort, id", "no other document uses"]),
    ("[defaults]", "[default]", ["my.toml, default", "a known key", "Did you mean `defaults`?"]),
    ("[[finding]]\nid", "[finding]\nid", ["`my.toml` must be valid TOML"]),
    ("year = 2024", "year = ", ["`my.toml` must be valid TOML"]),
]


@pytest.mark.parametrize(("old", "new", "said"), CHANGES, ids=[f"{a} -> {b}".strip() for a, b, _ in CHANGES])
def test_law_a_wrong_file_is_refused_with_file_finding_and_key_and_nothing_is_loaded(write, old, new, said):
    assert old in TEMPLATE
    with pytest.raises(InvalidInput) as error:
        evidence.load(write(TEMPLATE.replace(old, new, 1)))
    for words in said:
        assert words in str(error.value)
    assert "salvage_trial" not in {d.id for d in evidence.documents()}


def test_law_a_fragment_that_is_not_in_the_text_is_refused_and_the_place_is_said(write):
    text = write(TEXT.replace("(95% CI", "(95 % CI"), "my.txt")
    with pytest.raises(InvalidInput, match="letter by letter") as error:
        evidence.load(write(), text=text)
    assert "differs from the text after 'Median PFS was 3.8 months'" in str(error.value)


@pytest.mark.parametrize("path", [3, None, "no/such/file.toml", "", "."])
def test_law_a_path_that_is_no_file_is_refused(path):
    with pytest.raises(InvalidInput, match=r"^`path` must be"):
        evidence.load(path)


def test_law_a_text_that_is_no_file_or_no_text_is_refused(write, tmp_path):
    with pytest.raises(InvalidInput, match=r"^`text` must be"):
        evidence.load(write(), text="none.txt")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="UTF-8"):
        evidence.load(write(), text=tmp_path / "bad.txt")


def test_law_without_n_a_median_supports_nothing_and_the_sentence_says_so(write):
    evidence.load(write(TEMPLATE.replace("level = 0.95\nn = 61\n", "level = 0.95\n")))
    with pytest.raises(RefusedFinding, match="has no n"):
        baseline("salvage_trial_pfs")


@pytest.mark.parametrize("document", evidence.documents(), ids=lambda d: d.id)
def test_published_fragments_of_the_library_pass_the_same_check(document):
    check_fragments(document, "file", (DATA / f"{document.id}.txt").read_text("utf-8"))


@pytest.mark.parametrize(
    ("fragment", "numbers"),
    [
        ("3 in 10 patients", {3, 10, 0.3}),
        ("p <.001", {0.001}),
        ("7 of 38 (18%)", {7, 38, 18, 7 / 38}),
        ("one or two; Twice as long", {1, 2}),
        ("1,024 patients, 5·2 months", {1024, 5.2}),
        ("fewer than 6", {6}),
    ],
)
def test_law_numbers_are_read_as_they_are_written(fragment, numbers):
    from icibaseline.evidence.fragments import _numbers

    assert _numbers(fragment) == numbers


def test_law_ids_are_suggested_whatever_their_case_and_only_those_of_priors():
    with pytest.raises(InvalidInput, match=r"Did you mean 'mcc_pfs_primary'\?$"):
        baseline("MCC_PFS_PRIMARY")
    refused = [f.id for f in evidence.findings() if f.refused is not None]
    priors = {f.supports for f in evidence.findings()}
    for id in refused:
        with pytest.raises(InvalidInput) as error:
            baseline(f"{id}x")
        assert not {f"'{other}'" for other in set(refused) - priors} & set(str(error.value).split())
