"""Lines on a screen: none is too long, no word is lost, columns are kept; pipes get them as they are."""

from __future__ import annotations

import sys
from textwrap import fill

import pytest
from hypothesis import given, strategies as st

from icibaseline.cli.fitted import fitted
from icibaseline.cli.run import COMMANDS, made, main
from icibaseline.evidence.tables import aligned

WORDS = st.lists(st.text("abcxyz_,", min_size=1, max_size=12), min_size=1, max_size=40)


@given(WORDS, st.integers(0, 20), st.integers(40, 120))
def test_law_no_line_is_too_long_and_no_word_is_lost(words, indent, width):
    text = " " * indent + " ".join(words)
    lines = fitted(text, width).split("\n")
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == words


@given(st.lists(st.text("ab c", max_size=40), max_size=5))
def test_law_what_fits_stays_as_it_is(lines):
    text = "\n".join(lines)
    assert fitted(text, 40) == text


def test_law_what_is_beside_columns_stays_below_the_last_one():
    assert fitted("id   n  the long text goes on here", 21) == "\n".join(
        ["id   n  the long text", "        goes on here"]
    )
    assert fitted("a column that is too wide  and more of it", 20) == "\n".join(
        ["a column that is too", "    wide  and more", "    of it"]
    )


@pytest.mark.parametrize("columns", ["40", "80", "100", "200"])
@pytest.mark.parametrize("line", ["documents", "evidence list", "documents mcc", "baseline show mcc_pfs_primary"])
def test_law_a_screen_gets_lines_that_fit(capsys, monkeypatch, line, columns):
    assert main(line.split()) == 0
    whole = capsys.readouterr().out
    assert max(map(len, whole.splitlines())) > 100
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(line.split()) == 0
    shown = capsys.readouterr().out
    word = max(map(len, shown.split()))  # an address may be longer than a line
    assert max(map(len, shown.splitlines())) <= max(word, min(int(columns), 100))
    assert len(shown.split()) > 0.5 * len(whole.split())


def test_law_what_is_to_be_copied_is_never_wrapped(capsys, monkeypatch):
    for line in ("template", "completion bash", "documents --json"):
        main(line.split())
        whole = capsys.readouterr().out
        monkeypatch.setenv("COLUMNS", "40")
        with monkeypatch.context() as screen:
            screen.setattr(sys.stdout, "isatty", lambda: True)
            main(line.split())
        assert capsys.readouterr().out == whole


@pytest.mark.parametrize("columns", [80, 100])
def test_law_help_fits_the_screen_and_leaves_examples_whole(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in COMMANDS:
        main([*name.split(), "--help"])
        said = capsys.readouterr().out
        assert made(name).examples in said
        text = said.replace(made(name).examples, "")
        assert max(map(len, text.splitlines())) < columns, name


CELLS = st.text("abc1", min_size=1, max_size=9)
ROWS = st.integers(3, 8).flatmap(lambda k: st.lists(st.lists(CELLS, min_size=k, max_size=k), min_size=2, max_size=6))


@given(ROWS, st.integers(25, 60))
def test_law_a_table_that_is_too_wide_is_cut_into_groups_that_keep_every_cell(rows, width):
    rows = [[f"label{i}", "7", *row] for i, row in enumerate(rows)]
    whole = aligned(rows)
    shown = fitted(whole, width)
    assert max(map(len, shown.splitlines())) <= width
    if max(map(len, whole.splitlines())) <= width:
        assert shown == whole
        return
    found = {row[0]: [row[0]] for row in rows}
    label = ""
    for line in filter(None, shown.splitlines()):
        first, *more = line.split()
        label = first if first in found else label
        found[label] += more if first in found else [first, *more]
    assert [[cell for cell in found[row[0]] if cell != row[0]] for row in rows] == [row[1:] for row in rows]


def test_law_each_group_of_columns_has_the_labels_and_the_rest_stays():
    table = ["plan  scenario   n  power", "a     planned   10    0.8", "b     null       9    0.1"]
    assert fitted("\n".join(["a title", "", *table, "", "below"]), 20).split("\n") == [
        "a title",
        "",
        *("plan  scenario   n", "a     planned   10", "b     null       9", ""),
        *("plan  power", "a       0.8", "b       0.1", ""),
        "below",
    ]


def test_law_a_cell_that_has_no_room_beside_its_label_stands_below():
    rows = [("a long label", "n", "what is said"), ("b", "7", "words words words")]
    said = "a long label\n    what is said\nb\n    words words\n    words"
    assert fitted(aligned(rows), 17) == f"a long label  n\nb             7\n\n{said}"


@given(st.lists(st.text("abcxyz_,", min_size=3, max_size=12), min_size=40, max_size=60), st.integers(40, 99))
def test_law_what_was_wrapped_for_a_page_is_wrapped_anew(words, width):
    line = " ".join(words)
    page = fill(line, 100, subsequent_indent="    ")
    assert fitted(f"{page}\nbelow", width) == f"{fitted(line, width)}\nbelow"
    assert fitted(f"{page}\nbelow", 100) == f"{page}\nbelow"
