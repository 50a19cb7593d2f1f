"""What a command is, and what several of them share."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from icibaseline._values import Value

__all__ = ["Command", "as_json", "dumped", "held_in", "read_text", "shown", "terminal_width", "with_results"]


_USUAL, _WIDEST = 80, 100  # characters in a line


class Command(ABC):
    """One command: its arguments, and what it prints."""

    about: ClassVar[str]
    examples: ClassVar[str]
    verbatim: ClassVar[bool] = False  # nothing is wrapped on a screen, since it is to be copied

    def __init__(self, name: str) -> None:
        self.name = name

    def parser(self, made: ArgumentParser | None = None) -> ArgumentParser:
        """The parser of the command, or the one given with the arguments of the command added."""
        made = made or _Parser(f"icibaseline {self.name}")
        made.formatter_class, made.description = _Help, self.about
        made.epilog = f"examples:\n{self.examples}"
        self.arguments(made)
        return made

    @abstractmethod
    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""

    @abstractmethod
    def run(self, options: Namespace) -> str:
        """Do it; what is to be printed."""


class _Help(RawDescriptionHelpFormatter):
    """As wide as the terminal, found without `shutil`, which takes as long to load as all that help needs."""

    def __init__(self, prog: str, **how: Any) -> None:
        super().__init__(prog, **{"width": terminal_width() - 2} | how)

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """What stands without a name; the options are told below, and to list them here takes long."""
        placed = (action for action in actions if not action.option_strings)
        held = (self._format_args(action, self._get_default_metavar_for_positional(action)) for action in placed)
        super().add_usage(usage or " ".join(("%(prog)s [options]", *held)), actions, groups, prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Each line of the text is a paragraph, except examples, which are to be copied."""
        from textwrap import fill

        lines = [(line, line[: len(line) - len(line.lstrip())]) for line in text.split("\n")]
        return "\n".join(
            line if line.startswith("  icibaseline") else fill(line, width, subsequent_indent=margin)
            for line, margin in lines
        )


def terminal_width() -> int:
    """Characters in a line of the terminal, at most 100: what COLUMNS says, and 80 where nothing does."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return min(int(told), _WIDEST)
    try:
        found = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no stream, a closed one, or no terminal
        found = 0
    return min(found or _USUAL, _WIDEST)


class _Parser(ArgumentParser):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, formatter_class=_Help, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """One sentence instead of the usage."""
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. See {self.prog} --help.\n")


def as_json(parser: ArgumentParser, said: str = "print JSON, which other commands read") -> None:
    """The option to print JSON."""
    parser.add_argument("--json", action="store_true", help=said)


def shown(item: Value, options: Namespace) -> str:
    """A value as text, or as the exact dictionary that other commands read."""
    if not options.json:
        return str(item)
    return dumped(item.to_dict())


def with_results(item: Value, names: tuple[str, ...], options: Namespace) -> str:
    """A value as text, or as JSON: the exact dictionary as "value", and beside it what is worked out from it."""
    if not options.json:
        return str(item)
    from icibaseline._values import encode

    found = {name: getattr(item, name) for name in names}
    results = {name: held._asdict() if hasattr(held, "_asdict") else encode(held) for name, held in found.items()}
    return dumped({"value": item.to_dict()} | results)


def dumped(data: object) -> str:
    """JSON to print."""
    import json

    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)


def read_text(place: str) -> str:
    """What a file holds; ``-`` is the standard input."""
    from icibaseline.errors import reject

    try:
        return _text_of(place)
    except (OSError, UnicodeDecodeError) as failed:
        reject("file", "a file that can be read", place, f"{getattr(failed, 'strerror', None) or failed}.")


def _text_of(place: str) -> str:
    if place != "-":
        with open(place, encoding="utf-8-sig") as file:
            return file.read()
    if sys.stdin is None:  # closed by the caller
        return ""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8-sig")
    return sys.stdin.read()


def held_in(place: str) -> Any:
    """The value in a file written with ``--json`` or by `report`; ``-`` is the standard input."""
    import json

    from icibaseline._values import Value
    from icibaseline.errors import reject

    text = read_text(place)
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        hint = "Write one with --json, for example icibaseline size ... --json > plan.json."
        reject("file", "JSON made by icibaseline", text[:60] if text else "nothing", hint)
    if not isinstance(data, dict):
        reject("file", "one result made by icibaseline", type(data).__name__, "Make one with size --json.")
    data = data.get("value", data) if "type" not in data else data
    import icibaseline.report  # noqa: F401  registers every kind of value

    return Value.from_dict(data)
