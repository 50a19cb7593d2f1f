"""Findings and documents as immutable sequences."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, strategies as st

from icibaseline import evidence
from icibaseline.errors import InvalidInput, MissingOptional, UnknownArgument
from icibaseline.evidence import Document, Documents, Finding, Findings

ALL = evidence.findings()


def test_law_findings_are_a_sequence():
    assert isinstance(ALL, Sequence)
    assert list(ALL) == [ALL[i] for i in range(len(ALL))]
    assert ALL[-1] == tuple(ALL)[-1]
    assert ALL[2] in ALL
    assert ALL.index(ALL[2]) == 2
    assert isinstance(ALL[1:3], Findings)
    assert tuple(ALL[1:3]) == tuple(ALL)[1:3]
    with pytest.raises(IndexError):
        ALL[len(ALL)]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ALL.items = ()
    with pytest.raises(TypeError):
        ALL[0] = ALL[1]
    with pytest.raises(InvalidInput):
        Findings((1,))


@given(st.slices(len(ALL)))
def test_law_any_slice_is_equal_hashes_equal_and_comes_back(part):
    some = ALL[part]
    again = Findings(tuple(ALL)[part])
    assert some == again
    assert hash(some) == hash(again)
    assert eval(repr(some), {"Findings": Findings, "Finding": Finding}) == some
    assert Findings.from_dict(json.loads(json.dumps(some.to_dict()))) == some


def test_law_documents_come_back():
    documents = evidence.documents()
    assert Documents.from_dict(json.loads(json.dumps(documents.to_dict()))) == documents
    names = {"Documents": Documents, "Document": Document, "Findings": Findings, "Finding": Finding}
    assert eval(repr(documents), names) == documents
    assert isinstance(documents[:1], Documents)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        documents[0].n = 5


@given(st.sampled_from([f.name for f in attrs.fields(Finding)]), st.sampled_from(list(ALL)))
def test_law_a_filter_keeps_exactly_the_equal_ones_in_order(name, finding):
    wanted = getattr(finding, name)
    assert list(ALL.where(**{name: wanted})) == [f for f in ALL if getattr(f, name) == wanted]


def test_published_filters():
    medians = evidence.findings(tumour="MCC", endpoint="PFS", statistic="median")
    assert [(f.resistance, f.value) for f in medians] == [("acquired", 9.5), ("primary", 4.7)]
    assert [f.value for f in evidence.findings(document="mcc", resistance="primary", endpoint="PFS", n=44, p=None)] == [
        4.7
    ]
    assert len(ALL.where(tumour="MCC").where(statistic="p value")) == 2
    assert len(evidence.findings(tumour="MCC", endpoint="OS")) == 0  # both occur, though never together
    assert evidence.findings() == ALL


def test_law_a_filter_by_an_unknown_name_offers_a_close_one():
    with pytest.raises(UnknownArgument, match=r"`endpont` must be a field of Finding.*Did you mean `endpoint`"):
        evidence.findings(endpont="PFS")
    with pytest.raises(UnknownArgument, match="Its fields are id, document"):
        evidence.findings(zzz=1)


def test_law_a_filter_by_a_value_that_never_occurs_lists_those_that_do():
    with pytest.raises(InvalidInput) as error:
        evidence.findings(document="mcc").where(endpoint="ORR")
    assert str(error.value) == (
        "`endpoint` must be a value that occurs among these findings; got 'ORR'. Those that occur: None, 'PFS', 'DSS'."
    )
    with pytest.raises(InvalidInput, match=r"'mel_orr'.* more"):
        evidence.findings(id="mel_orx")
    with pytest.raises(InvalidInput, match=r"and [0-9]+ more"):
        evidence.findings(value=123456)
    with pytest.raises(InvalidInput, match=r"True, False|False, True"):
        evidence.findings(outcome_defined=1)  # 1 is not True
    with pytest.raises(InvalidInput, match="Those that occur: none"):
        Findings(()).where(tumour="MCC")


def test_law_the_table_is_aligned_and_complete():
    lines = ALL.table().splitlines()
    assert len(lines) == 1 + len(ALL)
    assert str(ALL) == ALL.table()
    start = lines[0].index("printed")
    for line, finding in zip(lines[1:], ALL, strict=True):
        assert line.startswith(finding.id + " ")
        assert line[start:] == finding.printed
        assert (finding.supports or "refused") in line
    assert len(Findings(()).table().splitlines()) == 1


def test_law_the_frame_has_every_field():
    frame = ALL.to_frame()
    assert list(frame.columns) == [f.name for f in attrs.fields(Finding)]
    assert list(frame["id"]) == [f.id for f in ALL]
    assert list(Findings(()).to_frame().columns) == list(frame.columns)


def test_law_without_pandas_the_frame_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingOptional, match="Install pandas"):
        ALL.to_frame()


def test_law_documents_print_as_a_table():
    lines = str(evidence.documents()).splitlines()
    assert lines[0].split() == ["id", "tumour", "n", "source", "year", "DOI", "citation"]
    for line, document in zip(lines[1:], evidence.documents(), strict=True):
        for shown in (document.id, document.tumour, str(document.n), document.source, document.citation):
            assert shown in line
        assert document.title in str(document)


def test_law_a_document_holds_its_own_findings_once():
    document = evidence.documents()[0]
    stranger = document.findings[0].with_(document="other")
    with pytest.raises(InvalidInput, match=f"findings of document '{document.id}'"):
        document.with_(findings=Findings((stranger,)))
    with pytest.raises(InvalidInput, match="`id` must be used once"):
        document.with_(findings=Findings((document.findings[0],) * 2))
    with pytest.raises(InvalidInput, match="`id` must be used once"):
        Documents((document, document))
