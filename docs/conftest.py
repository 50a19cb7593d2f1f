"""The pages that are run as tests see the library's own documents only, whatever another page has loaded."""

from __future__ import annotations

import pytest

from icibaseline.evidence import library

collect_ignore = ["_ext"]  # of Sphinx


@pytest.fixture(autouse=True)
def _nothing_stays_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_loaded", {})
