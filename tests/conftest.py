"""Hypothesis profiles (``ICIBASELINE_HYPOTHESIS_PROFILE=deep``), and what the tests compared with what."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadlines: a shared machine may pause at any moment. Fixed examples unless one goes looking for new ones.
settings.register_profile("dev", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=5_000, deadline=None, derandomize=False)
settings.load_profile(os.environ.get("ICIBASELINE_HYPOTHESIS_PROFILE", "dev"))


# ---- what the validation page shows --------------------------------------------------------------------------------

KEPT = Path(__file__).parents[1] / "build" / "validation.json"  # docs/_ext/validation.py makes the page of it
_seen: list[dict[str, object]] = []


@pytest.fixture
def compared(request):
    """Keeps what is compared with what, and how far apart they are, for the validation page; the test asserts."""

    def keep(quantity: str, software: str, *, cases: int, largest: float, allowed: float, unit: str = "relative"):
        row = {"quantity": quantity, "software": software, "cases": cases, "largest": float(largest)}
        request.node.user_properties.append(("compared", row | {"allowed": float(allowed), "unit": unit}))

    return keep


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep how each test ended, whichever process ran it."""
    if report.when == "call" or report.failed:
        rows = [held for name, held in report.user_properties if name == "compared"]
        _seen.append({"test": report.nodeid, "outcome": report.outcome, "compared": rows})


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write it down after a run of all tests, and only then."""
    some = config.getoption("keyword") or config.getoption("markexpr") or config.args != config.getini("testpaths")
    if hasattr(config, "workerinput") or some:
        return
    titles = {}
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem
        titles[path.relative_to(KEPT.parents[1]).as_posix()] = " ".join(said.split("\n\n")[0].split())
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps({"titles": titles, "tests": _seen}, indent=0), encoding="utf-8")
