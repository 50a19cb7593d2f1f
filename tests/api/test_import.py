"""`import icibaseline` stays quick: what only some calls need is loaded by those calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import icibaseline

ON_FIRST_USE = [
    "cattrs",
    "distributed",
    "lifelines",
    "matplotlib",
    "pandas",
    "scipy.optimize",
    "scipy.stats",
    "statsmodels",
]


def loaded_by(statement: str) -> list[str]:
    code = f"import sys; {statement}; print([name for name in {ON_FIRST_USE!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return eval(done.stdout)


def test_law_import_loads_only_what_every_call_needs():
    assert loaded_by("import icibaseline") == []


@pytest.mark.parametrize("name", ["scipy.stats", "cattrs"])
def test_law_this_check_sees_what_is_loaded(name):
    assert name in loaded_by(f"import {name}")


def test_law_the_version_is_not_looked_up_among_installed_packages():
    source = Path(icibaseline.__file__).parent
    assert [f.name for f in source.rglob("*.py") if "importlib.metadata" in f.read_text("utf-8")] == []
