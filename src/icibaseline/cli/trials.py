"""Commands that size, evaluate, average, simulate and compare trials."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, final

from icibaseline.cli.base import Command, as_json, shown
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import number, whole
from icibaseline.cli.trial import trial, trial_options

if TYPE_CHECKING:
    from icibaseline import Plan

__all__ = ["Assurance", "Compare", "Power", "Simulate", "Size"]

_MCC = "--control mcc_pfs_primary --effect 0.6 --accrual 24"


@final
class Size(Command):
    """Sizing."""

    about = "Find the number of patients that reaches a power in the typical case, or an assurance over the priors."
    examples = (
        f"  icibaseline size {_MCC}\n"
        f"  icibaseline size {_MCC} --follow-up 6 --power 0.9\n"
        "  icibaseline size --control 4.7 --effect 'NormalMixture.lognormal(0.6, 0.2)' --accrual 24 --assurance 0.7\n"
        f"  icibaseline size {_MCC} --json | icibaseline simulate - --seed 1"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        trial_options(parser, file=False, n=False)
        target = parser.add_argument_group("what is to be reached")
        target.add_argument("--power", type=number, metavar="NUMBER", help="0.8 if neither is given")
        target.add_argument("--assurance", type=number, metavar="NUMBER", help="power averaged over the priors")
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Size."""
        import icibaseline as ici

        design, scenario = trial(options)
        power = 0.8 if options.power is None and options.assurance is None else options.power
        plan = ici.sample_size(design, scenario, power=power, assurance=options.assurance)
        if options.json:  # as text, the plan says so itself
            _remark(plan)
        return shown(plan, options)


def _remark(plan: Plan) -> None:
    """What a reader of the plan is told beside it."""
    import warnings

    from icibaseline.report.feasibility import feasibility

    for said in feasibility(plan):
        warnings.warn(f"{said}.", stacklevel=2)


@final
class Power(Command):
    """Power."""

    about = "Operating characteristics by formula, priors at their medians."
    examples = (
        f"  icibaseline power {_MCC} --n 136\n  icibaseline power plan.json\n  icibaseline power plan.json --effect 0.7"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        trial_options(parser)
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Evaluate."""
        import icibaseline as ici

        return shown(ici.power(*trial(options)), options)


@final
class Assurance(Command):
    """Assurance."""

    about = "Operating characteristics averaged over every prior of the scenario."
    examples = (
        "  icibaseline assurance --control mcc_pfs_primary --effect 'NormalMixture.lognormal(0.6, 0.3)' --accrual 24"
        " --n 136\n"
        "  icibaseline assurance plan.json --effect 'NormalMixture.lognormal(0.6, 0.3)'\n"
        "  icibaseline assurance plan.json --null"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        trial_options(parser)
        as_json(parser)
        parser.add_argument("--target", type=number, default=0.8, metavar="NUMBER", help="power of interest")

    def run(self, options: Namespace) -> str:
        """Average."""
        import icibaseline as ici

        return shown(ici.assurance(*trial(options), target=options.target), options)


@final
class Simulate(Command):
    """Simulation."""

    about = "Operating characteristics by simulation, with their Monte Carlo errors."
    examples = (
        "  icibaseline simulate plan.json --seed 1\n"
        "  icibaseline simulate plan.json --null --replicates 100000 --seed 2"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        trial_options(parser)
        as_json(parser)
        parser.add_argument("--replicates", type=whole, default=10_000, metavar="NUMBER", help="trials; 10000")
        parser.add_argument("--seed", type=whole, metavar="NUMBER", help="makes the result repeatable")

    def run(self, options: Namespace) -> str:
        """Simulate."""
        import icibaseline as ici

        return shown(ici.simulate(*trial(options), replicates=options.replicates, rng=options.seed), options)


@final
class Compare(Command):
    """Comparison."""

    about = (
        "Power of each plan in its first scenario, under the null hypothesis, and with each other effect or control."
    )
    examples = (
        "  icibaseline compare plan.json --effects 0.5 0.7 'HazardRatio(0.6, delay=3)'\n"
        "  icibaseline compare small.json large.json --by assurance"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="+", metavar="file", help="plans made by size --json")
        parser.add_argument("--effects", nargs="*", default=[], metavar="VALUE", help="other effects")
        parser.add_argument("--controls", nargs="*", default=[], metavar="VALUE", help="other controls")
        parser.add_argument("--by", default="power", metavar="VERB", help="power, assurance or simulate")
        parser.add_argument("--seed", type=whole, metavar="NUMBER", help="of --by simulate")
        load_files(parser)
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Compare."""
        import icibaseline as ici
        from icibaseline import _checks
        from icibaseline.errors import reject

        loaded(options)
        verb = _checks.choice("--by", options.by, ("power", "assurance", "simulate"))
        verbs = {"power": ici.power, "assurance": ici.assurance, "simulate": _simulated(options.seed)}
        if verb != "simulate" and options.seed is not None:
            reject("--seed", "left out unless --by is simulate", options.seed)
        held = [trial(_only(file=file)) for file in options.files]
        first = held[0][1]
        scenarios = {"planned": first, "null": first.null}
        for name, texts in (("effect", options.effects), ("control", options.controls)):
            for text in texts:
                scenarios[f"{name} {text}"] = trial(_only(file=options.files[0], **{name: text}))[1]
        designs = dict(zip(options.files, (design for design, _ in held), strict=True))
        return shown(ici.compare(designs, scenarios, by=verbs[verb]), options)


def _simulated(seed: int | None) -> Any:
    import icibaseline as ici

    return lambda design, scenario: ici.simulate(design, scenario, rng=seed)


def _only(**given: Any) -> Namespace:
    """Options of a trial of which only these are given."""
    return Namespace(load=[], **{"control": None, "effect": None, "dropout": None} | given)
