"""The help of each command and what some lines print, as they are when the pages are built."""

from __future__ import annotations

import contextlib
import io
import shlex
import tempfile
from pathlib import Path

from icibaseline.cli.run import COMMANDS, made, main

PLACE = Path(__file__).parents[1] / "generated" / "commands"
SHOWN = (
    "icibaseline baseline show",
    "icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --follow-up 12",
    "icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --json > plan.json",
    "icibaseline simulate plan.json --seed 1",
    "icibaseline compare plan.json --effects 0.7 'HazardRatio(0.6, delay=3)'",
    "icibaseline size --control mcc_pfs_primary --effect 1.2 --accrual 24",
)


def write(app: object) -> None:
    """All texts."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        (PLACE / f"{name.replace(' ', '_')}.txt").write_text(made(name).parser().format_help(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        said = "\n\n".join(f"$ {line}\n{answer(line)}".strip() for line in SHOWN)
    (PLACE / "lines.txt").write_text(said + "\n", encoding="utf-8")
    sections = "\n\n".join(
        f"{name}\n{'~' * len(name)}\n\n.. literalinclude:: generated/commands/{name.replace(' ', '_')}.txt\n"
        "   :language: text"
        for name in COMMANDS
    )
    (PLACE / "sections.txt").write_text(sections + "\n", encoding="utf-8")


def answer(line: str) -> str:
    """What a line prints, on either stream, unless it goes to a file."""
    words, _, file = line.partition(" > ")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        main(shlex.split(words)[1:])
    if file:
        Path(file).write_text(printed.getvalue(), encoding="utf-8")
        return ""
    return printed.getvalue()


def setup(app) -> dict[str, bool]:
    """Write the texts when the builder starts."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
