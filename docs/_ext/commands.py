"""The help of each command and what some lines print, as they are when the pages are built."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from icibaseline.cli.run import COMMANDS, made

PLACE = Path(__file__).parents[1] / "generated" / "commands"
UTF8 = {**os.environ, "PYTHONUTF8": "1"}
WIDTH = 90  # of a line that is shown unbroken
SHOWN = (
    "icibaseline baseline show",
    "icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --follow-up 12",
    "icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --json > plan.json",
    "icibaseline simulate plan.json --seed 1",
    "icibaseline compare plan.json --effects 0.7 'HazardRatio(0.6, delay=3)'",
    "icibaseline size --control mcc_pfs_primary --effect 1.2 --accrual 24",
)
TRIAL = "--effect 0.6 --accrual 24"
MORE = {
    "look": (
        f"icibaseline size --control mcc_pfs_primary {TRIAL} "
        "--looks 'AtInformation((0.6, 1), final=AfterEnrollment(12))' "
        "--boundary 'Spending(0.025, efficacy=OBrienFleming(), futility=HwangShihDeCani(-2))'",
    ),
    "mixture": (
        "icibaseline size --control 'mix(mcc_pfs_primary, mcc_pfs_acquired, shares=mcc_share_primary)' " + TRIAL,
    ),
    "own": (
        "icibaseline template my.toml",
        "icibaseline evidence check --load my.toml --document salvage_trial",
        f"icibaseline size --load my.toml --control salvage_trial_pfs {TRIAL}",
    ),
    "arm": (
        "icibaseline size --design 'SingleArm(rule=Exact(alpha=0.05))' --control promit_orr --effect 0.35 "
        "--rate 2 --assessment 3",
        "icibaseline size --statistic 'OneSampleLogRank()' --control mcc_pfs_primary --effect 0.5 --accrual 24",
    ),
    "admissible_lines": ("icibaseline admissible --control 0.1 --effect 0.3",),
    "kinds": (
        "icibaseline size --design 'SingleArm()' --control promit_orr --effect 0.35 --rate 2 --json > count.json",
        f"icibaseline size --statistic 'OneSampleLogRank()' --control mcc_pfs_primary {TRIAL} --json > curve.json",
        f"icibaseline size --control mcc_pfs_primary {TRIAL} --json > plan.json",
        "icibaseline compare count.json curve.json plan.json --rate 5 --effects 'HazardRatio(0.7), Rate(0.3)'",
    ),
    "after": (
        "icibaseline size --design 'TwoStage()' --control 0.1 --effect 0.3 --json > simon.json",
        "icibaseline after trial simon.json 3/10 8/29",
        "icibaseline after trial simon.json 3/10 7/27",
    ),
}


def write(app: object) -> None:
    """All texts."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        (PLACE / f"{name.replace(' ', '_')}.txt").write_text(made(name).parser().format_help(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in {"lines": SHOWN, **MORE}.items():
            said = "\n\n".join(f"$ {broken(line)}\n{answer(line, folder)}".strip() for line in lines)
            (PLACE / f"{name}.txt").write_text(said + "\n", encoding="utf-8")
    sections = "\n\n".join(
        f"{name}\n{'~' * len(name)}\n\n.. literalinclude:: generated/commands/{name.replace(' ', '_')}.txt\n"
        "   :language: text"
        for name in COMMANDS
    )
    (PLACE / "sections.txt").write_text(sections + "\n", encoding="utf-8")


def broken(line: str) -> str:
    """A long line over several, each option on its own, as a shell takes it."""
    return line if len(line) <= WIDTH else line.replace(" --", " \\\n    --")


def answer(line: str, folder: str) -> str:
    """What a line prints, on either stream, unless it goes to a file."""
    words, _, file = line.partition(" > ")
    command = [sys.executable, "-m", *shlex.split(words)]  # of its own, so that no document stays loaded
    ran = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=UTF8, check=False)
    if file:
        Path(folder, file).write_text(ran.stdout, encoding="utf-8")
        return ran.stderr
    return ran.stdout + ran.stderr


def setup(app) -> dict[str, bool]:
    """Write the texts when the builder starts."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
