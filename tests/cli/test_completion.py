"""The completion scripts: as their maker writes them now, and complete in a shell."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from icibaseline.cli.completion import SHELLS, generated
from icibaseline.cli.run import COMMANDS, made, main

COMPARE = ["effects", "controls", "design", "scenario", "accrual", "rate", "by", "seed", "load", "json", "help"]
MAKER = "1.13.0"  # the version of shtab that the scripts were made with


def script_of(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_law_a_script_holds_every_command_and_every_option(shell, capsys):
    script = script_of(shell, capsys)
    options = {
        option for name in COMMANDS for action in made(name).parser()._actions for option in action.option_strings
    }
    words = {word for name in COMMANDS for word in name.split()} | {option.lstrip("-") for option in options}
    assert [word for word in words if word not in script] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_reference_a_script_is_what_shtab_makes(shell, capsys):
    shtab = pytest.importorskip("shtab")
    if shtab.__version__ != MAKER:
        pytest.skip(f"shtab {shtab.__version__} may write another script than {MAKER}")
    assert script_of(shell, capsys) == generated(shell), "run python -m icibaseline.cli.completion"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["e"], {"evidence"}),
        (["evidence", ""], {"list", "show", "check"}),
        (["size", "--eff"], {"--effect"}),
        (["compare", "--"], {f"--{word}" for word in COMPARE}),
        (["after", ""], {"trial", "follow-up"}),
        (["after", "follow-up", "pl"], {"plan.json"}),
        (["report", "pl"], {"plan.json"}),
    ],
)
def test_law_bash_completes(typed, wanted, capsys, tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    (tmp_path / "plan.json").touch()
    words = " ".join(f"'{word}'" for word in ["icibaseline", *typed])
    ask = (
        f"COMP_WORDS=({words}); COMP_CWORD={len(typed)}; {{ compopt() {{ :; }}; }}\n"
        "_shtab_icibaseline; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    script = script_of("bash", capsys) + "\n" + ask
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {line.rstrip() for line in done.stdout.splitlines()} == wanted


def test_law_json_holds_the_script(capsys):
    script = script_of("zsh", capsys)
    assert main(["completion", "zsh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"shell": "zsh", "script": script.rstrip()}
