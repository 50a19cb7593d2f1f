"""Commands that write files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, held_in

__all__ = ["Plot", "Report"]


@final
class Report(Command):
    """A report."""

    about = "Write a result made with --json as a report. The suffix chooses the kind: .md, .html or .json."
    examples = "  icibaseline report plan.json plan.html\n  icibaseline size ... --json | icibaseline report - plan.md"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", help="a result made with --json; - for the standard input")
        parser.add_argument("path", help="where to write")

    def run(self, options: Namespace) -> str:
        """Write."""
        import icibaseline as ici

        return f"written: {ici.report(held_in(options.file), options.path)}"


@final
class Plot(Command):
    """A picture."""

    about = "Draw a result made with --json, or a baseline by its id. Needs matplotlib: the extra [plot]."
    examples = "  icibaseline plot plan.json power.png\n  icibaseline plot mcc_pfs_primary prior.svg --view curve"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("item", help="a result made with --json, or the id of a baseline")
        parser.add_argument("path", help="where to write; .png, .svg or .pdf")
        parser.add_argument("--view", help="which picture; a wrong name lists them")

    def run(self, options: Namespace) -> str:
        """Draw."""
        import icibaseline as ici
        from icibaseline.errors import reject

        is_file = options.item == "-" or options.item.endswith(".json")
        figure: Any = ici.plot(held_in(options.item) if is_file else ici.baseline(options.item), options.view).figure
        try:
            figure.savefig(options.path)
        except (OSError, ValueError) as failed:
            reject("path", "a file that can be written, such as power.png", options.path, f"{failed}.")
        return f"written: {options.path}"
