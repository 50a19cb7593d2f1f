"""Reads the command line and runs one command, which alone is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from icibaseline._version import __version__

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from icibaseline.cli.base import Command

__all__ = ["COMMANDS", "made", "main"]


class _Entry:
    """Where a command is, so that only the one that is run is loaded; a named tuple would take longer to make."""

    def __init__(self, module: str, name: str, help: str) -> None:
        self.module, self.name, self.help = module, name, help


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
    "compare": _Entry("compare", "Compare", "designs of any kind in several scenarios, in one table"),
    "admissible": _Entry("admissible", "Admissible", "two-stage designs for a response rate, from minimax to optimal"),
    "after trial": _Entry("after", "AfterTrial", "what the responses of a trial of one arm say"),
    "after follow-up": _Entry("after", "AfterFollowUp", "what the follow-up of a trial of one arm says"),
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
  icibaseline size --design 'TwoStage()' --control 0.1 --effect 0.3

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
        0, 2 if an argument was refused, or 130 if the command was interrupted.
    """
    try:
        code = _answered(list(sys.argv[1:] if arguments is None else arguments))
        if sys.stdout is not None:  # as it is where the caller has closed it
            sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130  # what shells expect of a program that was interrupted
    return code


def _answered(words: list[str]) -> int:
    """Help and the version at once; a command is loaded."""
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help"):
        print(ABOUT.format(commands="\n".join(f"  {name:<17}{entry.help}" for name, entry in COMMANDS.items())))
        return 0
    if words[0] in ("-V", "--version"):
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
        print("\n".join(f"icibaseline {name:<17}{COMMANDS[name].help}" for name in group))
        return 0
    from difflib import get_close_matches

    got = " ".join(words[:2] if group else words[:1])
    close = [] if [got] == words and group else get_close_matches(got.lower(), group or COMMANDS, 1)
    hint = f"Did you mean {close[0]}?" if close else "See icibaseline --help."
    rule = f"the command must be one of {', '.join(group or COMMANDS)}"
    print(f"icibaseline: {rule}; got {got!r}. {hint}", file=sys.stderr)
    return 2


def _run(name: str, words: list[str]) -> int:
    """Run the command chosen."""
    command = made(name)
    parser = command.parser()
    try:
        options, unknown = parser.parse_known_args(words)
        if unknown:
            parser.error(_no_such(unknown[0], parser))
    except SystemExit as end:  # help was printed, or an argument refused
        return int(end.code or 0)
    from icibaseline.cli.answer import printed

    return printed(command, options)


def _no_such(word: str, parser: ArgumentParser) -> str:
    """A sentence on a word that the command does not know."""
    from difflib import get_close_matches

    options = [option for action in parser._actions for option in action.option_strings]
    close = get_close_matches(word.split("=")[0], options, 1)
    return f"`{word}` must be an argument of the command" + (f"; did you mean {close[0]}" if close else "")
