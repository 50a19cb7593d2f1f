"""Ceilings on length: where they are reached, a split is due."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(p for top in ("src", "tests", "examples", "benchmarks") for p in (ROOT / top).rglob("*.py"))
FILES += [ROOT / "dev.py", ROOT / "docs" / "conf.py"]
LINES_PER_FILE = 400
LINES_PER_FUNCTION = 60  # docstring not counted; ruff holds the statements to 40


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    documented = ast.get_docstring(function) is not None
    docstring = function.body[0].end_lineno - function.body[0].lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def too_long(text: str) -> list[str]:
    found = [f"{len(text.splitlines())} lines"] if len(text.splitlines()) > LINES_PER_FILE else []
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return found + [f"{f.name}: {code_lines(f)} lines" for f in functions if code_lines(f) > LINES_PER_FUNCTION]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_law_files_and_functions_stay_short(path):
    assert too_long(path.read_text(encoding="utf-8")) == []


def test_law_this_check_sees_what_is_too_long():
    body = "    x = 1\n" * 60
    assert too_long("x = 1\n" * 401) == ["401 lines"]
    assert too_long(f"def long():\n{body}") == ["long: 61 lines"]
    assert too_long(f"def documented():\n    '''One\n\n    two.'''\n{body[: -len(body) // 60]}") == []
