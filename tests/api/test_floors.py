"""The floors that are checked are the floors that the architecture page shows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_law_the_architecture_page_lists_the_floors_that_are_checked():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    checked = [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    page = (ROOT / "docs" / "architecture.rst").read_text(encoding="utf-8")
    rows = re.findall(r"^   \* - \d\w?\n     - (.*)$", page, flags=re.MULTILINE)
    assert [set(re.findall(r"\w+", row)) for row in rows] == checked
    assert contract["exhaustive"] is True
