"""What a command answers goes to the output; notes and errors, a line each, go to the error stream."""

from __future__ import annotations

import re
import sys
import warnings
from argparse import Namespace
from typing import Any

from icibaseline.cli.base import Command, terminal_width
from icibaseline.cli.numbers import number_or, rewritten
from icibaseline.errors import IcibaselineError, short

__all__ = ["printed"]

_OPTIONS = {"rng": "seed", "duration": "accrual", "design.n": "n"}


def printed(command: Command, options: Namespace) -> int:
    """Run a command and print its answer; 2 if it was refused."""
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            _write(command.run(options), command.verbatim or options.json)
            refused = ""
        except IcibaselineError as error:
            refused = _in_options(str(error), command, vars(options))
        except BrokenPipeError:
            raise
        except OSError as error:
            place = "a file" if error.filename is None else repr(str(error.filename))
            refused = f"{place} cannot be read or written: {error.strerror}."
    if refused:
        print(f"icibaseline {command.name}: {refused}", file=sys.stderr)
    for said in dict.fromkeys(str(note.message) for note in noted):
        print(f"note: {said}", file=sys.stderr)
    return 2 if refused else 0


def _write(text: str, verbatim: bool) -> None:
    """Print what fits the lines of a terminal, if it goes to one, and in any case no letter that the output lacks."""
    out: Any = sys.stdout
    if out is None:  # closed by the caller
        return
    if hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8" if verbatim and not out.isatty() else None, errors="replace")
    if out.isatty() and not verbatim:
        from icibaseline.cli.fitted import fitted

        text = fitted(text, terminal_width())
    print(text, flush=True)


def _in_options(said: str, command: Command, given: dict[str, Any]) -> str:
    """A sentence of the library with the name of the option, where the value refused is the one that was given."""
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
