"""Commands that write files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, held_in
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import whole

__all__ = ["Plot", "Report"]


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

    def run(self, options: Namespace) -> str:
        """Write."""
        import icibaseline as ici

        loaded(options)
        held = _simulated(held_in(options.file), options)
        return f"written: {ici.report(held, options.path)}"


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

    def run(self, options: Namespace) -> str:
        """Draw."""
        import icibaseline as ici
        from icibaseline.errors import reject

        loaded(options)
        is_file = options.item == "-" or options.item.endswith(".json")
        figure: Any = ici.plot(held_in(options.item) if is_file else ici.baseline(options.item), options.view).figure
        try:
            figure.savefig(options.path)
        except (OSError, ValueError) as failed:
            reject("path", "a file that can be written, such as power.png", options.path, f"{failed}.")
        return f"written: {options.path}"
