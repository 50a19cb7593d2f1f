"""Commands that write files."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, as_json, dumped, held_in
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import whole

__all__ = ["Plot", "Report", "Template"]


def _written(path: str, options: Namespace, **more: object) -> str:
    """Which file there is now; as JSON with its kind, its size and what else is known."""
    if not options.json:
        return f"written: {path}"
    return dumped({"written": path, "kind": _kind(path), "bytes": os.path.getsize(path), **more})


def _kind(path: str) -> str:
    return os.path.splitext(path)[1].removeprefix(".")


@final
class Report(Command):
    """A report."""

    about = "Write a result made with --json as a report. The suffix chooses the kind: .md, .html or .json."
    examples = (
        "  icibaseline report plan.json plan.html\n"
        "  icibaseline report plan.json plan.md --simulate 10000 --seed 1\n"
        "  icibaseline size ... --json | icibaseline report - plan.md"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", help="a result made with --json; - for the standard input")
        parser.add_argument("path", help="where to write")
        parser.add_argument("--simulate", type=whole, metavar="NUMBER", help="trials to simulate for a plan's table")
        parser.add_argument("--seed", type=whole, metavar="NUMBER", help="of --simulate")
        load_files(parser)
        as_json(parser, "print what was written as JSON")

    def run(self, options: Namespace) -> str:
        """Write."""
        import icibaseline as ici

        loaded(options)
        held = _simulated(held_in(options.file), options)
        return _written(str(ici.report(held, options.path)), options, reports=type(held).__name__)


def _simulated(held: Any, options: Namespace) -> Any:
    """A plan with simulations without an effect and in the typical case, and over the priors if there are some."""
    import icibaseline as ici
    from icibaseline.errors import reject

    if options.simulate is None:
        if options.seed is not None:
            reject("--seed", "left out unless --simulate is given", options.seed)
        return held
    if not isinstance(held, ici.Plan):
        reject("--simulate", "left out where the file holds no plan", options.simulate)
    scenario = held.scenario
    worlds = [scenario.null.typical, scenario.typical, *([scenario] if scenario.unknowns else [])]
    found = (ici.simulate(held.design, w, replicates=options.simulate, rng=options.seed) for w in worlds)
    return held.with_(simulated=(*held.simulated, *found))


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
        load_files(parser)
        as_json(parser, "print what was written as JSON, with the picture in words")

    def run(self, options: Namespace) -> str:
        """Draw."""
        import icibaseline as ici
        from icibaseline.errors import reject

        loaded(options)
        is_file = options.item == "-" or options.item.endswith(".json")
        item = held_in(options.item) if is_file else ici.baseline(options.item.lower())
        figure: Any = ici.plot(item, options.view).figure
        kinds = figure.canvas.get_supported_filetypes()
        if _kind(options.path) not in kinds:
            reject("path", "a file name that ends in .png, .svg or .pdf", options.path)
        try:
            figure.savefig(options.path)
        except (OSError, ValueError) as failed:
            reject(
                "path",
                "a file that can be written, such as power.png",
                options.path,
                f"{getattr(failed, 'strerror', None) or failed}.",
            )
        return _written(options.path, options, draws=type(item).__name__, says=figure.get_label())


@final
class Template(Command):
    """A document to start from."""

    verbatim = True
    about = (
        "Print the template of a document of your own, with an example of everything that is understood, or write it "
        "to a new file. What is written there is then read with --load."
    )
    examples = "  icibaseline template my.toml\n  icibaseline template > my.toml"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", nargs="?", help="a new file; printed if left out")
        as_json(parser, "print JSON: the text, or what was written")

    def run(self, options: Namespace) -> str:
        """Print or write."""
        from icibaseline import evidence

        if options.path is not None:
            return _written(str(evidence.template(options.path)), options)
        from importlib.resources import files

        text = files("icibaseline.evidence").joinpath("template.toml").read_text("utf-8")
        return dumped({"text": text}) if options.json else text.rstrip()
