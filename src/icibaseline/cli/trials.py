"""Commands that size, evaluate, average, simulate and compare trials."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, final

from icibaseline.cli.base import Command, as_json, shown
from icibaseline.cli.numbers import number, whole
from icibaseline.cli.trial import trial, trial_options

if TYPE_CHECKING:
    from icibaseline import Plan

__all__ = ["Assurance", "Power", "Simulate", "Size"]

_MCC = "--control mcc_pfs_primary --effect 0.6 --accrual 24"


@final
class Size(Command):
    """Sizing."""

    about = "Find the number of patients that reaches a power in the typical case, or an assurance over the priors."
    examples = (
        f"  icibaseline size {_MCC}\n"
        f"  icibaseline size {_MCC} --follow-up 6 --power 0.9\n"
        "  icibaseline size --control 4.7 --effect 'NormalMixture.lognormal(0.6, 0.2)' --accrual 24 --assurance 0.7\n"
        f"  icibaseline size {_MCC} --json | icibaseline simulate - --seed 1\n"
        "  icibaseline size --statistic 'OneSampleLogRank()' --control mcc_pfs_primary --effect 0.5 --accrual 24\n"
        "  icibaseline size --design 'SingleArm(rule=Exact(alpha=0.05))' --control promit_orr --effect 0.35 --rate 2\n"
        "  icibaseline size --design 'TwoStage()' --control 0.1 --effect 0.3\n"
        "  icibaseline size --design 'TwoStage(\"minimax\")' --scenario 'ResponseScenario(0.1, Rate(0.3))'\n"
        "  icibaseline size --statistic 'Boschloo()' --alpha 0.1 --control 7/38 --effect 0.35"
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
