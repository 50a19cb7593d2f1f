"""Every example runs as a reader would run it, and prints something."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from icibaseline.evidence import library

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def test_law_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_law_example_runs(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(path)])
    monkeypatch.setattr(library, "_loaded", {})  # a document that an example loads is not for the tests after it
    runpy.run_path(str(path), run_name="__main__")
    assert len(capsys.readouterr().out.splitlines()) > 5
