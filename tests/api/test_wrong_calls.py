"""Every public function answers a wrong call with a sentence that names the argument, as the values do."""

from __future__ import annotations

import inspect

import pytest
from bad_input import subject

import icibaseline as ici

FUNCTIONS = [name for name in ici.__all__ if inspect.isfunction(getattr(ici, name))]
NAMED_FIELDS = {"baseline", "findings"}  # any field of a Finding by its name


def parameters(name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(ici, name)).parameters.values())


def test_law_there_are_functions():
    assert {"after_trial", "baselines", "check", "mix", "plot", "pool", "solve", "template"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_law_an_unknown_argument_is_named(name):
    with pytest.raises(ici.UnknownArgument, match="`unheard_of` must be "):
        getattr(ici, name)(unheard_of=1)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in NAMED_FIELDS])
def test_law_a_misspelt_argument_is_recognised(name):
    for p in parameters(name):
        if p.kind is p.VAR_POSITIONAL or len(p.name) < 4:
            continue
        typed = p.name[:-1] + "_" + p.name[-1]
        with pytest.raises(ici.UnknownArgument, match=rf"`{typed}` must be an argument of {name}.*`{p.name}`\?"):
            getattr(ici, name)(**{typed: 1})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_law_missing_arguments_are_named(name):
    needed = [p.name for p in parameters(name) if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if needed:
        with pytest.raises(ici.UnknownArgument, match=f"`({'|'.join(needed)})` must be given to {name}"):
            getattr(ici, name)()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_law_too_many_arguments_are_counted(name):
    if any(p.kind is p.VAR_POSITIONAL for p in parameters(name)):
        return
    places = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters(name))
    said = f"`{name}` must be given at most {places} arguments by position; got 9"
    with pytest.raises(ici.UnknownArgument, match=said):
        getattr(ici, name)(*range(9))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in NAMED_FIELDS])
def test_law_an_argument_that_is_given_twice_is_named(name):
    it = subject(name)
    places = [p for p in it.parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    if places:
        with pytest.raises(ici.UnknownArgument, match=f"`{places[0].name}` must be given to {name} once"):
            getattr(ici, name)(1, **it.calls[0])


@pytest.mark.parametrize(("name", "many"), [("mix", "parts"), ("pool", "members")])
def test_law_what_is_given_in_a_row_has_no_name(name, many):
    with pytest.raises(ici.UnknownArgument, match=f"`{many}` must be an argument of {name}"):
        getattr(ici, name)(**{many: (1, 2)})


def test_law_mixing_says_that_shares_are_missing():
    with pytest.raises(ici.UnknownArgument, match="`shares` must be given to mix; got nothing for it"):
        ici.mix(*(ici.baseline(f"mcc_pfs_{kind}") for kind in ("primary", "acquired")))
