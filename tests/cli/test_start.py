"""What a command loads: help and what is mistyped need none of the library, and documents no SciPy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from icibaseline.cli.run import COMMANDS

SLOW = {"ast", "attr", "importlib.metadata", "inspect", "json", "matplotlib", "numpy", "scipy", "shutil", "shtab"}


def loaded_by(words: list[str], code: int = 0) -> set[str]:
    """The modules that a fresh interpreter holds after a command, beyond those that it starts with."""
    script = (
        "import sys; before = set(sys.modules); from icibaseline.cli import main; code = main(sys.argv[1:])\n"
        "print(code, *sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    ended, *names = done.stdout.splitlines()[-1].split()
    assert int(ended) == code, done.stderr
    return set(names)


HELP = [[*name.split(), "--help"] for name in COMMANDS]


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["evidence", "--help"], *HELP])
def test_law_help_loads_only_what_it_prints(words):
    loaded = loaded_by(words)
    assert loaded & SLOW == set()
    own = {name for name in loaded if name.startswith("icibaseline.")}
    assert own <= {
        "icibaseline._lazy",
        "icibaseline._version",
        "icibaseline.errors",
        *(n for n in own if n.startswith("icibaseline.cli")),
    }


@pytest.mark.parametrize(
    "words",
    [
        ["sise"],
        ["evidence"],
        ["size"],
        ["size", "--effct", "0.6"],
        ["size", "--control", "4.7", "--effect", "0.6"],
        ["size", "--control", "4.7", "--effect", "0.6", "--accrual", "24", "--rate", "5"],
        ["compare"],
        ["simulate", "plan.json", "--replicates"],
        ["completion", "cmd"],
    ],
)
def test_law_a_wrong_line_is_refused_before_the_library_is_loaded(words):
    assert loaded_by(words, 2) & SLOW == set()


@pytest.mark.parametrize(
    "words", [["documents"], ["documents", "mcc"], ["evidence", "list"], ["evidence", "show", "mcc_pfs_primary"]]
)
def test_law_documents_are_read_without_scipy(words):
    loaded = loaded_by(words)
    assert loaded & {"scipy", "scipy.special", "statsmodels", "matplotlib", "icibaseline._public"} == set()
