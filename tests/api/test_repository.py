"""What must not stand in any file of the repository: other people's machines and hosts, and how the work was done."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Patterns are written so that none of them matches itself.
FORBIDDEN = {
    "a package registry": r"\b(?:test\.)?pypi[.]org|pythonhosted[.]org|anaconda[.]org|npmjs[.](?:com|org)|crates[.]io",
    "a path of one machine": r"(?<![\w.>)\]-])/(?:work|root|tmp|opt|Users|home/\w+)(?=/|\b(?![\w-]))|\b[A-Z]:\\Users\b",
    "how the work was done": (
        r"\b(?:[Cc]laud[e]|[Aa]nthropi[c]|[Cc]hatGP[T]|[Cc]opilo[t]|LL[M]s?|AI[ -](?:agent|assistant|model)s?"
        r"|[Ll]anguage[ ]model|(?:AI|machine)[- ]generated|(?<!scope=\")[Ss]ession[s]?)\b"
    ),
}


def files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def found(text: str) -> list[str]:
    return [f"{what}: {m.group()}" for what, rule in FORBIDDEN.items() for m in re.finditer(rule, text)]


def test_law_no_file_names_a_registry_a_machine_or_how_it_was_made():
    seen = {}
    for path in files():
        if b"\0" not in (content := path.read_bytes()):
            seen[path.relative_to(ROOT).as_posix()] = found(content.decode("utf-8"))
    assert len(seen) > 20
    assert {name: what for name, what in seen.items() if what} == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("https://py", "pi.org/simple"),
        ("see /ro", "ot/notes.txt"),
        ("'/tm", "p'"),
        ("cd /wo", "rk/here"),
        ("C:\\Us", "ers\\me"),
        ("in this ses", "sion"),
        ("written by an AI a", "gent"),
    ],
)
def test_law_this_check_sees_what_is_forbidden(parts):
    assert found("".join(parts)) != []


@pytest.mark.parametrize(
    "text", ["a/tmp", "https://doi.org/10.1/work", "share/opt-in", '@pytest.fixture(scope="session")']
)
def test_law_this_check_lets_other_text_through(text):
    assert found(text) == []
