"""The command that lists two-stage designs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, as_json, dumped
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import number
from icibaseline.cli.outcomes import RESPONSE, option, read
from icibaseline.cli.trial import nature_options, scenario_of
from icibaseline.errors import reject

__all__ = ["Admissible"]

_COLUMNS = ("r1", "n1", "r", "n", "expected_n", "stop_early")


@final
class Admissible(Command):
    """Admissible designs."""

    about = (
        "List Simon's two-stage designs for every number of patients, with the minimax, the optimal and the admissible "
        "ones between them. A control is a rate, 7/38, or the id of one; an effect the hoped-for rate."
    )
    examples = (
        "  icibaseline admissible --control 0.1 --effect 0.3\n"
        "  icibaseline admissible --control promit_orr --effect 0.4 --alpha 0.1 --power 0.9\n"
        "  icibaseline admissible --control 0.1 --effect 0.3 --json > designs.json"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        nature_options(parser)
        done = parser.add_argument_group("what will be done")
        done.add_argument("--alpha", metavar="NUMBER", help="one-sided type I error; 0.05 if left out")
        done.add_argument("--power", type=number, default=0.8, metavar="NUMBER", help="0.8 if left out")
        done.add_argument("--design", metavar="VALUE", help="instead of --alpha: 'TwoStage(benchmark=0.1, n_max=60)'")
        load_files(parser)
        as_json(parser, "print JSON: the value, which plot reads, and the designs")

    def run(self, options: Namespace) -> str:
        """List."""
        loaded(options)
        if options.design is not None and options.alpha is not None:
            reject("--alpha", "left out beside --design", options.alpha, "Put it into the value.")
        scenario: Any = scenario_of(options, RESPONSE)
        import icibaseline as ici

        given = {} if options.alpha is None else {"alpha": option("alpha", options.alpha, RESPONSE)}
        design = ici.TwoStage(**given) if options.design is None else read("--design", options.design)
        found = ici.TwoStageDesigns(design, scenario, power=options.power)
        return dumped({"value": found.to_dict(), "designs": _rows(found)}) if options.json else str(found)


def _rows(found: Any) -> list[dict[str, Any]]:
    """A dictionary for each design, with the weights of n for which it is the best, if there are some."""
    weights = {design.n: list(pair) for design, pair in zip(found.admissible, found.weights, strict=True)}
    rows = zip(*(getattr(found, name) for name in _COLUMNS), strict=True)
    return [row | {"weights": weights.get(row["n"])} for row in (dict(zip(_COLUMNS, r, strict=True)) for r in rows)]
