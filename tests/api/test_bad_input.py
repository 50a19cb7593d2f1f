"""Bad input, generated from the signatures of everything public: every argument x every kind of wrong value."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from bad_input import (
    CALLS,
    LEGAL,
    SUBJECTS,
    Subject,
    arguments,
    called,
    example,
    judged,
    judged_members,
    refusal,
    skipped_methods,
    subject,
    value_classes,
    wrong_values,
)

import icibaseline as ici
from icibaseline import evidence
from icibaseline._values import _same
from icibaseline.evidence import library

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    """With a document to load, after which the library is again as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "_loaded", {})
    mine = evidence.load_document(ici.template("mine.toml"), "mine.toml")
    Path("mine.txt").write_text("\n".join(finding.printed for finding in mine.findings), "utf-8")
    yield
    library._gathered.cache_clear()


@pytest.mark.parametrize("name", SUBJECTS)
def test_law_every_wrong_value_is_refused_in_one_sentence(name):
    it = subject(name)
    for call in it.calls:
        called(it, call)
    assert [fault for argument in arguments(it) for fault in judged(it, *argument)] == []
    assert [fault for argument in arguments(it) for fault in judged_members(it, *argument)] == []


@pytest.mark.parametrize("name", SUBJECTS)
def test_law_unknown_missing_and_too_many_arguments_are_refused(name):
    it = subject(name)
    call = it.calls[0] if it.calls else {}
    for argument, wrong in (("unheard_of", {**call, "unheard_of": 1}), *needed(it, call)):
        try:
            said = refusal(argument, called, it, wrong)
        except TypeError as error:  # Python's own, of a method
            said = str(error)
            assert "." in name
        assert said is not None
        assert argument in said
    if isinstance(it.call, type):
        with pytest.raises(ici.UnknownArgument, match="by position"):
            it.call(*range(len(it.parameters) + 1))


def needed(it: Subject, call: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Arguments that may not be left out, and the call without them."""
    for p in it.parameters:
        if p.default is p.empty and p.kind is not p.VAR_KEYWORD:
            yield p.name, {name: held for name, held in call.items() if name != p.name}


@pytest.mark.parametrize("cls", list(value_classes()), ids=lambda cls: cls.__name__)
def test_law_with_refuses_what_the_constructor_refuses(cls):
    it = subject(cls.__name__)
    for name, call, _ in arguments(it):
        made = cls(**call)
        for label, wrong in wrong_values().items():
            said = refusal(name, cls, **{**call, name: wrong}), refusal(name, made.with_, **{name: wrong})
            assert name in made._derived or said[0] == said[1], label
    with pytest.raises(ici.UnknownArgument, match="`unheard_of` must be an argument"):
        example(cls).with_(unheard_of=1)


# ---- what is accepted in several forms -------------------------------------------------------------


def forms(held: Any) -> Iterator[Any]:
    """The same number or sequence in other types."""
    if isinstance(held, bool):
        yield np.bool_(held)
    elif isinstance(held, int | float):
        yield from (float(held), np.float64(held), np.array(held))
        yield from (int(held), np.int64(held)) if held == int(held) else ()
    elif isinstance(held, tuple) and held:
        yield list(held)
        if all(isinstance(x, int | float) for x in held):
            yield np.array(held)


@pytest.mark.parametrize("name", SUBJECTS)
def test_law_numbers_and_sequences_of_any_type_are_one(name):
    it = subject(name)
    for argument, call, _ in arguments(it):
        if argument in ("rng", "progress", "key"):  # a seed, a choice of three, and a place
            continue
        expected = called(it, call)
        for form in forms(call[argument]):
            found = called(it, {**call, argument: form})
            assert _same(found, expected) or np.array_equal(found, expected), f"{argument}={form!r} of {type(form)}"


# ---- dictionaries ----------------------------------------------------------------------------------

SPOILT = [None, True, "text", -1, math.nan, [], {}, [[]], {"float": "x"}, {"float": []}, {"array": [1.0], "shape": [7]}]
SPOILT += [{"array": ["x"], "shape": [1]}, {"array": [1.0]}, {"type": "Exponential"}, {"type": ["x"]}, {"type": "dict"}]


@pytest.mark.parametrize("cls", list(value_classes()), ids=lambda cls: cls.__name__)
def test_law_a_dictionary_is_read_exactly_or_refused(cls):
    made = example(cls)
    data = made.to_dict()
    assert cls.from_dict(data) == made
    other = ici.HalfNormal(1) if cls is not ici.HalfNormal else ici.Fixed()
    for wrong in [*wrong_values().values(), other.to_dict()]:
        assert refusal("data", cls.from_dict, wrong) is not None
    for key, wrong in [("schema", 2), ("schema", None), ("type", "Unheard"), ("type", 3)]:
        assert refusal("data", cls.from_dict, {**data, key: wrong}) is not None
    with pytest.raises(ici.UnknownArgument, match="`unheard_of` must be an argument"):
        cls.from_dict({**data, "unheard_of": 1})
    for name in data.keys() - {"schema", "type"}:
        lacking = {key: held for key, held in data.items() if key != name}
        said = refusal(name, cls.from_dict, lacking)
        assert said is not None or attrs.fields_dict(cls)[name].default is not attrs.NOTHING
        for wrong in SPOILT:
            refusal("", cls.from_dict, {**data, name: wrong})


# ---- the tables themselves -------------------------------------------------------------------------


def test_law_every_row_is_used():
    places = {f"{name}({argument})" for name in SUBJECTS for argument, _, _ in arguments(subject(name))}
    taken = places | {f"{place[:-1]}[{i}])" for place in places for i in (0, -1)}
    assert [row for row in LEGAL if not any(re.fullmatch(row.where, place) for place in taken)] == []
    ends = {"." + name.rpartition(".")[2] for name in SUBJECTS if "." in name}
    assert [name for name in CALLS if name not in SUBJECTS and name not in ends] == []
    members = {name for cls in value_classes() for name, _ in inspect.getmembers(cls, callable)}
    assert {name.rpartition(".")[2] for name in skipped_methods()} - members == set()


def test_law_a_callable_without_a_known_call_is_noticed(monkeypatch):
    monkeypatch.delitem(CALLS, ".accrual")
    with pytest.raises(pytest.fail.Exception, match=r"no valid call of Enrollment\.accrual is known"):
        subject("Enrollment.accrual")
    monkeypatch.setitem(CALLS, "Exponential", [{"median": 3}])
    with pytest.raises(pytest.fail.Exception, match="no valid call of Exponential gives `rate`"):
        list(arguments(subject("Exponential")))
