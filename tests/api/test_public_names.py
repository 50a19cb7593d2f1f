"""The public surface: one literal sorted list, which is what imports and what the API page shows."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import re
import types
from pathlib import Path

import icibaseline as ici

ROOT = Path(__file__).parents[2]

# What the verbs return; their examples show it.
RESULTS = {
    "Averaging",
    "Comparison",
    "OperatingCharacteristics",
    "Plan",
    "Planned",
    "References",
    "ResponsePlan",
    "Root",
    "Source",
    "Sources",
    "StandardErrors",
}


def literal_names() -> list[str]:
    tree = ast.parse(Path(ici.__file__).read_text(encoding="utf-8"))
    targets = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"]
    assert len(targets) == 1, "__init__.py must set __all__ exactly once"
    return ast.literal_eval(targets[0].value)


def public_names() -> list[str]:
    return [name for name in ici.__all__ if not name.startswith("_")]


def documented_names() -> list[str]:
    page = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. autosummary::\n((?:   .*\n|\n)*)", page, flags=re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if re.fullmatch(r"   \w+", line)]


def test_law_the_list_of_names_is_literal_sorted_and_without_repeats():
    names = literal_names()
    assert names == sorted(set(names))
    assert names == ici.__all__


def test_law_the_list_is_what_imports():
    assert callable(ici.power)  # the names are loaded when one is first used
    importable = {
        name
        for name, item in vars(ici).items()
        if not name.startswith("_") and not isinstance(item, types.ModuleType) and name != "TYPE_CHECKING"
    }
    assert importable == set(public_names())


def test_law_the_api_page_shows_each_public_name_once():
    assert sorted(documented_names()) == sorted(public_names())


def test_law_every_public_name_is_explained():
    assert [name for name in public_names() if not (getattr(ici, name).__doc__ or "").strip()] == []


def test_law_what_users_call_or_make_shows_an_example():
    def made_by_users(item: object) -> bool:
        return not isinstance(item, type) or not (inspect.isabstract(item) or issubclass(item, Exception))

    made = [name for name in public_names() if name not in RESULTS and made_by_users(getattr(ici, name))]
    assert [name for name in made if ">>> " not in getattr(ici, name).__doc__] == []


def test_law_the_version_is_the_same_everywhere():
    version = ici.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert importlib.metadata.version("icibaseline") == version
    assert re.findall(r"^version: (.*)$", citation, flags=re.MULTILINE) == [version]
    assert re.findall(r"^## \[(\d.*?)\]", changelog, flags=re.MULTILINE)[0] == version
