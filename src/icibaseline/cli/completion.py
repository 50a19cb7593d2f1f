"""The command that prints a script for the shell."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, as_json, dumped

__all__ = ["SHELLS", "Completion", "generated"]

SHELLS = ("bash", "fish", "tcsh", "zsh")
_FILES = ("file", "files", "item", "load", "path", "plan")


@final
class Completion(Command):
    """Shell completion."""

    verbatim = True
    about = "Print the script that lets a shell complete commands and options."
    examples = (
        '  eval "$(icibaseline completion bash)"\n'
        "  icibaseline completion zsh > ~/.zsh/completions/_icibaseline\n"
        "  icibaseline completion fish > ~/.config/fish/completions/icibaseline.fish"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("shell", choices=SHELLS)
        as_json(parser, "print JSON: the shell and its script")

    def run(self, options: Namespace) -> str:
        """The script."""
        with open(_place(options.shell), encoding="utf-8") as file:
            script = file.read().rstrip()
        return dumped({"shell": options.shell, "script": script}) if options.json else script


def _place(shell: str) -> str:
    """The file of a script. They are made beforehand, since every new shell may ask for one."""
    return os.path.join(os.path.dirname(__file__), "completions", f"icibaseline.{shell}")


def generated(shell: str) -> str:
    """The script as shtab makes it from the arguments of the commands, of its comments only those at the top."""
    import shtab

    lines = [line.rstrip() for line in shtab.complete(_whole(), shell).strip().splitlines()]
    top = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    return "\n".join([*lines[:top], *(line for line in lines[top:] if not line.lstrip().startswith("#"))]) + "\n"


def _whole() -> ArgumentParser:
    """All commands in one parser, which is only needed here."""
    import shtab

    from icibaseline.cli.run import COMMANDS, made

    top = ArgumentParser("icibaseline")
    places: dict[str, Any] = {"": top.add_subparsers()}
    for name, entry in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in places:
            places[group] = places[""].add_parser(group, help=group).add_subparsers()
        parser = made(name).parser(places[group].add_parser(word, help=entry.help))
        for action in parser._actions:
            if action.dest in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    return top


if __name__ == "__main__":  # after a change of commands or options: python -m icibaseline.cli.completion
    for each in SHELLS:
        with open(_place(each), "w", encoding="utf-8") as target:
            target.write(generated(each))
