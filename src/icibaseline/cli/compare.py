"""The command that puts designs beside one another."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, final

from icibaseline.cli.base import Command, as_json, held_in, shown
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import number_or, whole
from icibaseline.cli.outcomes import RESPONSE, SURVIVAL, Outcome, option, outcome_of, read
from icibaseline.cli.trial import enrollment_of, entry_options
from icibaseline.errors import InvalidInput, reject

if TYPE_CHECKING:
    from icibaseline import BaseScenario, Design

__all__ = ["Compare"]

_LONGEST = 32  # letters of a design that is its own name


@final
class Compare(Command):
    """Comparison."""

    about = (
        "Power of each design in the scenario of the first plan, without an effect, and with each other effect or "
        "control. Plans of survival and plans that count responses stand in one table if their patients enter alike; "
        "--rate or --accrual lets them, and plans their looks anew.\n\n"
        "Beside both kinds an effect says which it is: 'HazardRatio(0.5)', 'Rate(0.4)', or for both "
        "'HazardRatio(0.5), Rate(0.4)'; a control below 1 is a rate."
    )
    examples = (
        "  icibaseline compare plan.json --effects 0.5 0.7 'HazardRatio(0.6, delay=3)'\n"
        "  icibaseline compare small.json large.json --by assurance\n"
        "  icibaseline compare simon.json curve.json plan.json --rate 5 --effects 'HazardRatio(0.7), Rate(0.25)'\n"
        "  icibaseline compare --design 'SingleArm(44)' --design 'Randomized(134)' --rate 5"
        " --scenario 'ResponseScenario(7/38, Rate(0.35))'"
        " --scenario 'Scenario(Exponential(4.7), HazardRatio(0.6), enrollment=Enrollment(rate=5))'"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="*", metavar="file", help="plans made by size --json")
        for name, said in (
            ("design", "another design, with its n; may be repeated"),
            ("scenario", "instead of that of the plans; may be repeated, for the other outcome"),
        ):
            parser.add_argument(f"--{name}", metavar="VALUE", action="append", default=[], help=said)
        parser.add_argument("--effects", nargs="*", default=[], metavar="VALUE", help="other effects")
        parser.add_argument("--controls", nargs="*", default=[], metavar="VALUE", help="other controls")
        entry_options(parser)
        parser.add_argument("--by", default="power", metavar="VERB", help="power, assurance or simulate")
        parser.add_argument("--seed", type=whole, metavar="NUMBER", help="of --by simulate")
        load_files(parser)
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Compare."""
        if not options.files and not options.design:
            reject("file", "given, a plan made by size --json, or --design", None)
        loaded(options)
        verb = _verb(options)
        plans = {file: held_in(file) for file in options.files}
        for file, plan in plans.items():
            if not hasattr(plan, "design") or not hasattr(plan, "scenario"):
                reject(file, "a plan or operating characteristics", type(plan).__name__, "Make one with size --json.")
        entry = enrollment_of(options)
        anew: dict[str, Any] = {"planned": None} if entry else {}  # looks follow the enrolment
        designs = {file: plan.design.with_(**anew) for file, plan in plans.items()} | _typed(options.design)
        worlds = _worlds(options, plans, designs, entry)
        scenarios = {"planned": _whole(worlds), "null": _whole(worlds).null}
        for name, texts in (("effect", options.effects), ("control", options.controls)):
            for text in texts:
                scenarios[f"{name} {text}"] = _whole(_changed(worlds, name, text))
        import icibaseline as ici

        return shown(ici.compare(designs, scenarios, by=verb), options)


def _verb(options: Namespace) -> Any:
    """What finds the results."""
    import icibaseline as ici
    from icibaseline import _checks

    chosen = _checks.choice("--by", options.by, ("power", "assurance", "simulate"))
    if chosen == "simulate":
        return lambda design, scenario: ici.simulate(design, scenario, rng=options.seed)
    if options.seed is not None:
        reject("--seed", "left out unless --by is simulate", options.seed)
    return {"power": ici.power, "assurance": ici.assurance}[chosen]


def _typed(texts: list[str]) -> dict[str, Design]:
    """Designs that are typed; a short one is its own name."""
    import icibaseline as ici

    found = {}
    for k, text in enumerate(texts, 1):
        held = read("--design", text)
        if not isinstance(held, ici.Design):
            reject("--design", "a design", held, "For example 'SingleArm(44)' or 'Randomized(134)'.")
        if held.n is None:
            reject("--design", "one with its n", text, "icibaseline size finds it.")
        found[text if len(text) <= _LONGEST else f"design {k}"] = held
    return found


def _worlds(
    options: Namespace, plans: dict[str, Any], designs: dict[str, Design], entry: dict[str, Any]
) -> dict[Outcome, Any]:
    """The scenario of each outcome that a design asks for."""
    found: dict[Outcome, Any] = {}
    for scenario in _said(options.scenario):
        if outcome_of(type(scenario)) in found:
            reject("--scenario", "given once for each outcome", scenario)
        found[outcome_of(type(scenario))] = scenario
    for file, plan in plans.items():
        outcome = outcome_of(type(plan.scenario))
        found.setdefault(outcome, plan.scenario)
        if not options.scenario and found[outcome].with_(**entry) != plan.scenario.with_(**entry):
            warnings.warn(f"{file} was planned for another scenario than that of the table.", stacklevel=2)
    wanted = dict.fromkeys(outcome_of(design.scenario_kind) for design in designs.values())
    for outcome in wanted:
        if outcome not in found:
            reject("--scenario", f"given with a {outcome.kind}, which a design asks for", options.scenario or None)
    return {outcome: found[outcome].with_(**entry) for outcome in wanted}


def _said(texts: list[str]) -> Iterator[Any]:
    """The scenarios that are typed; one of several outcomes is all of them."""
    from icibaseline.scenario import BaseScenario, Outcomes

    for text in texts:
        held = read("--scenario", text)
        if not isinstance(held, BaseScenario):
            reject("--scenario", "a scenario", held, "For example 'ResponseScenario(0.1, Rate(0.3))'.")
        yield from held.members if isinstance(held, Outcomes) else [held]


def _whole(worlds: dict[Outcome, Any]) -> BaseScenario:
    """One scenario, or that of both outcomes."""
    import icibaseline as ici

    if len(worlds) == 1:
        [only] = worlds.values()
        return only  # type: ignore[no-any-return]
    survival, response = worlds[SURVIVAL], worlds[RESPONSE]
    if response.enrollment not in (None, survival.enrollment):
        raise InvalidInput(
            "`--rate` or `--accrual` must be given for plans whose patients do not enter alike; "
            f"got {survival.enrollment} and {response.enrollment}."
        )
    return ici.Outcomes(survival, response)


def _changed(worlds: dict[Outcome, Any], name: str, text: str) -> dict[Outcome, Any]:
    """The scenarios with another effect or control, on whichever outcome it is."""
    if len(worlds) == 1:
        [(outcome, world)] = worlds.items()
        return {outcome: world.with_(**{name: option(name, text, outcome)})}
    changed = dict(worlds)
    for held in _parts(name, text):
        takes = {outcome: getattr(outcome, f"takes_{name}") for outcome in worlds}
        outcome = next(each for each in (RESPONSE, SURVIVAL) if takes[each](held))
        value = outcome.usual(name, held) if isinstance(held, float) else held
        changed[outcome] = changed[outcome].with_(**{name: value})
    return changed


def _parts(name: str, text: str) -> tuple[Any, ...]:
    """What is typed for one outcome or for both."""
    import icibaseline as ici

    number = number_or(text)
    held = read(f"--{name}s", text) if number is None else number
    parts = held if isinstance(held, tuple) else (held,)
    if name == "effect" and any(isinstance(part, (int, float, ici.Distribution)) for part in parts):
        hint = "For example 'HazardRatio(0.5)', 'Rate(0.4)' or, for both, 'HazardRatio(0.5), Rate(0.4)'."
        reject("--effects", "one that says on which of the two outcomes it is", text, hint)
    return tuple(float(part) if isinstance(part, int) else part for part in parts)
