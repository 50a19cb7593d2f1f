"""The command that prints a script for the shell."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command

__all__ = ["Completion"]


@final
class Completion(Command):
    """Shell completion."""

    about = "Print the completion script of a shell. Needs shtab: the extra [completion]."
    examples = '  eval "$(icibaseline completion bash)"\n  icibaseline completion zsh > ~/.zsh/completions/_icibaseline'

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))

    def run(self, options: Namespace) -> str:
        """The script."""
        try:
            import shtab
        except ImportError as missing:
            from icibaseline.errors import MissingOptional

            raise MissingOptional("`completion` needs shtab: pip install 'icibaseline[completion]'.") from missing
        script: str = shtab.complete(_whole(), options.shell)
        return script


def _whole() -> ArgumentParser:
    """All commands in one parser, which is only needed here."""
    from icibaseline.cli.run import COMMANDS, made

    top = ArgumentParser("icibaseline")
    places: dict[str, Any] = {"": top.add_subparsers()}
    for name, entry in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in places:
            places[group] = places[""].add_parser(group, help=group).add_subparsers()
        made(name).parser(places[group].add_parser(word, help=entry.help))
    return top
