"""Reads the command line, runs one command, and turns errors of the library into one sentence and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from icibaseline import __version__

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from icibaseline.cli.base import Command

__all__ = ["COMMANDS", "made", "main"]


class _Entry(NamedTuple):
    """Where a command is, so that only the one that is run is loaded."""

    module: str
    name: str
    help: str


COMMANDS = {
    "documents": _Entry("known", "Documents", "the documents, with citation, kind of source and number of patients"),
    "evidence list": _Entry("known", "EvidenceList", "findings in a table"),
    "evidence show": _Entry("known", "EvidenceShow", "a finding with its fragment, its use or why it is refused"),
    "evidence check": _Entry("known", "EvidenceCheck", "whether the numbers of a document agree with one another"),
    "baseline show": _Entry("known", "BaselineShow", "a prior with its route, flags and source; or a list of them"),
    "size": _Entry("trials", "Size", "find the number of patients for a power or an assurance"),
    "power": _Entry("trials", "Power", "power of a trial by formula, in the typical case"),
    "assurance": _Entry("trials", "Assurance", "power averaged over every prior, with its ceiling"),
    "simulate": _Entry("trials", "Simulate", "the same trial, simulated patient by patient"),
    "compare": _Entry("trials", "Compare", "plans in several scenarios, in one table"),
    "report": _Entry("reports", "Report", "write a result to a file to read or to keep"),
    "plot": _Entry("reports", "Plot", "draw a result into a file"),
    "template": _Entry("reports", "Template", "a document of your own to start from"),
    "completion": _Entry("completion", "Completion", "print a script that completes commands in a shell"),
}
ABOUT = """\
usage: icibaseline COMMAND ...

Size trials after immune checkpoint inhibitors from published cohorts.
Times are in months, a hazard ratio is experimental over control, alpha is one-sided.

commands:
{commands}

examples:
  icibaseline documents
  icibaseline baseline show mcc_pfs_primary
  icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --follow-up 12
  icibaseline size --control mcc_pfs_primary --effect 0.6 --accrual 24 --json > plan.json
  icibaseline simulate plan.json --seed 1
  icibaseline report plan.json plan.md

"icibaseline COMMAND --help" explains a command, with examples; "icibaseline --version" says which this is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind the name of the program; by default those of this process.

    Returns
    -------
    int
        0, or 2 if an argument was refused.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(ABOUT.format(commands="\n".join(f"  {name:<16}{entry.help}" for name, entry in COMMANDS.items())))
        return 0
    if words[0] == "--version":
        print(f"icibaseline {__version__}")
        return 0
    name = next((" ".join(words[:k]) for k in (2, 1) if " ".join(words[:k]) in COMMANDS), None)
    if name is None:
        return _unknown(words)
    return _run(name, words[len(name.split()) :])


def made(name: str) -> Command:
    """The command of a name."""
    entry = COMMANDS[name]
    found: Command = getattr(import_module(f"icibaseline.cli.{entry.module}"), entry.name)(name)
    return found


def _unknown(words: list[str]) -> int:
    """Say which commands there are; asking a group for help is no error."""
    group = [name for name in COMMANDS if name.startswith(f"{words[0]} ")]
    if group and words[1:2] in (["-h"], ["--help"]):
        print("\n".join(f"icibaseline {name:<16}{COMMANDS[name].help}" for name in group))
        return 0
    got = " ".join(words[:2] if group else words[:1])
    print(
        f"icibaseline: the command must be one of {', '.join(group or COMMANDS)}; got {got!r}. See icibaseline --help.",
        file=sys.stderr,
    )
    return 2


def _run(name: str, words: list[str]) -> int:
    """Run the command chosen, notes and errors to the error stream."""
    command = made(name)
    parser = command.parser()
    try:
        options, unknown = parser.parse_known_args(words)
        if unknown:
            parser.error(_no_such(unknown[0], parser))
    except SystemExit as end:  # help was printed, or an argument refused
        return int(end.code or 0)
    return _printed(command, options)


def _printed(command: Command, options: Any) -> int:
    """Print what the command answers."""
    import os
    import warnings

    from icibaseline.errors import IcibaselineError

    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            print(_on_screen(command.run(options), command.verbatim or options.json))
            sys.stdout.flush()
            code = 0
        except IcibaselineError as refused:
            print(f"icibaseline {command.name}: {_in_options(str(refused), command, vars(options))}", file=sys.stderr)
            code = 2
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
    for said in dict.fromkeys(str(note.message) for note in noted):
        print(f"note: {said}", file=sys.stderr)
    return code


def _on_screen(text: str, verbatim: bool) -> str:
    """What fits the lines of a terminal, if it goes to one."""
    if verbatim or not sys.stdout.isatty():
        return text
    from icibaseline.cli.base import terminal_width
    from icibaseline.cli.fitted import fitted

    return fitted(text, min(terminal_width(), _WIDEST))


_WIDEST = 100  # characters in a line on a screen
_OPTIONS = {"rng": "seed", "duration": "accrual", "design.n": "n", "follow_up": "follow_up"}


def _in_options(said: str, command: Command, given: dict[str, Any]) -> str:
    """A sentence of the library with the name of the option, where the value refused is the one that was given."""
    import re

    from icibaseline.cli.numbers import number_or, rewritten
    from icibaseline.errors import short

    found = re.match(r"`([\w.]+)` must be (.*?); got (.*?)\.(?= |$)", said)
    name = _OPTIONS.get(found[1], found[1]) if found else ""
    options = {action.dest for action in command.parser()._actions if action.option_strings}
    if found and name in options:
        held = given[name]
        number = number_or(held) if isinstance(held, str) else None
        if found[3] in (short(held), short(number)) and held is not None:
            said = f"`--{name.replace('_', '-')}`{said[len(found[1]) + 2 :]}"
            hint = rewritten(held) if isinstance(held, str) else ""
            said += f" {hint}" if hint and hint not in said else ""
    return re.sub(r"; got None\.( |$)", r".\1", said)


def _no_such(word: str, parser: ArgumentParser) -> str:
    """A sentence on a word that the command does not know."""
    from difflib import get_close_matches

    options = [option for action in parser._actions for option in action.option_strings]
    close = get_close_matches(word.split("=")[0], options, 1)
    return f"`{word}` must be an argument of the command" + (f"; did you mean {close[0]}" if close else "")
