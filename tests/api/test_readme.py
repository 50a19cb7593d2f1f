"""The Python in the README runs, and prints what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_regression_readme_example_runs_and_prints_what_it_says(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, README.name, "exec"), names)
    claims = re.findall(r"^print\((.*)\)\s+# (\d.*)$", code, flags=re.MULTILINE)
    assert len(claims) >= 2
    for expression, printed in claims:
        assert f"{expression} -> {eval(expression, names)}" == f"{expression} -> {printed}"
    assert capsys.readouterr().out.strip()
