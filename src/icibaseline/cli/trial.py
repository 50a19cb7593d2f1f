"""The trial that options describe: a design and a scenario."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from icibaseline.cli.base import held_in
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.outcomes import SURVIVAL, Outcome, dashed, option, outcome_of, read, refuse_foreign
from icibaseline.errors import reject

if TYPE_CHECKING:
    from icibaseline import BaseScenario, Design

__all__ = ["enrollment_of", "nature_options", "scenario_of", "trial", "trial_options"]

_NATURE = ("control", "effect", "accrual", "rate", "assessment", "dropout", "scenario")
_DONE = ("n", "ratio", "alpha", "follow_up", "looks", "boundary", "formula", "statistic", "design")
VALUES = """\
values:
  A control is the id of a baseline, a median in months, or a value of the library as it is written in Python: \
'Weibull(shape=0.73, median=2.6)', 'baseline(mcc_pfs_primary, event_free=1)'.
  An effect is a hazard ratio, 'HazardRatio(0.6, delay=3)', or a prior on the hazard ratio: \
'NormalMixture.lognormal(0.6, 0.3)'.
  Looks are 'AtEvents((80, 121))', 'AtInformation((0.6, 1), final=AfterEnrollment(12))'.
  A boundary is 'Spending(0.025, efficacy=OBrienFleming())'.
  A trial is randomised and its outcome survival, unless a statistic or a design says otherwise. One arm against a \
curve: --statistic 'OneSampleLogRank()'. One arm that counts responses: --design 'SingleArm()', 'TwoStage()'. Two \
arms that do: --statistic 'Boschloo()'. Where responses are counted a control is a rate, 7/38, a prior on one or the \
id of one, and an effect the hoped-for rate or 'OddsRatio(2)'; the whole is a 'ResponseScenario(0.1, Rate(0.3))'."""


def trial_options(parser: ArgumentParser, *, file: bool = True, n: bool = True) -> None:
    """Declare what describes a trial."""
    parser.description = f"{parser.description}\n\n{VALUES}"
    if file:
        parser.add_argument("file", nargs="?", help="a plan made by size --json; - for the standard input")
        parser.add_argument("--null", action="store_true", help="no effect: the experimental arm is as the control")
        parser.add_argument("--typical", action="store_true", help="priors at their medians")
    nature_options(parser)
    done = parser.add_argument_group("what will be done")
    if n:
        done.add_argument("--n", metavar="NUMBER", help="patients over all arms")
    done.add_argument("--ratio", metavar="NUMBER", help="experimental patients for each on control; 1 if left out")
    done.add_argument(
        "--alpha", metavar="NUMBER", help="one-sided type I error; if left out 0.025, of a single arm 0.05"
    )
    done.add_argument("--follow-up", metavar="MONTHS", help="analysis after the last entry; 12 if left out")
    done.add_argument("--looks", metavar="VALUE", help="when the data are looked at")
    done.add_argument("--boundary", metavar="VALUE", help="what decides at a look")
    done.add_argument("--formula", metavar="NAME", help="score, second-order, schoenfeld, freedman, lachin-foulkes")
    done.add_argument("--statistic", metavar="VALUE", help="what is tested: 'LogRank(null=1.1)', 'OneSampleLogRank()'")
    done.add_argument("--design", metavar="VALUE", help="all of it: 'Randomized(...)', 'SingleArm(...)', 'TwoStage()'")
    load_files(parser)


def nature_options(parser: ArgumentParser) -> None:
    """Declare what describes a scenario."""
    nature = parser.add_argument_group("what nature does")
    nature.add_argument("--control", metavar="VALUE", help="outcome on control")
    nature.add_argument("--effect", metavar="VALUE", help="effect of the experimental treatment")
    entry_options(nature)
    nature.add_argument("--assessment", metavar="MONTHS", help="from entry until a response is known; 0 if left out")
    nature.add_argument("--dropout", metavar="VALUE", help="rate of loss to follow-up in a month, or a curve")
    nature.add_argument("--scenario", metavar="VALUE", help="all of it: 'Scenario(...)', 'ResponseScenario(...)'")


def entry_options(group: Any) -> None:
    """Declare how patients enter."""
    group.add_argument("--accrual", metavar="MONTHS", help="months in which all patients enter, at an even rate")
    group.add_argument("--rate", metavar="NUMBER", help="patients who enter in a month, instead of --accrual")


def trial(options: Namespace) -> tuple[Design, Any]:
    """The design and the scenario that the options describe, or those of a plan with other ones put in."""
    loaded(options)
    file = getattr(options, "file", None)
    if file is not None:
        design, scenario = _planned(file, options)
    else:
        design, scenario = _made(options)
    if getattr(options, "null", False):
        scenario = scenario.null
    return design, scenario.typical if getattr(options, "typical", False) else scenario


def _planned(file: str, options: Namespace) -> tuple[Design, Any]:
    """What a file holds, with another control, effect or the like if one is given."""
    held = held_in(file)
    if not hasattr(held, "design") or not hasattr(held, "scenario"):
        reject("file", "a plan or operating characteristics", type(held).__name__, "Make one with size --json.")
    for name in (*_DONE, "accrual", "rate", "scenario"):
        if getattr(options, name, None) is not None:
            reject(f"--{dashed(name)}", "left out beside a plan, which fixes it", getattr(options, name))
    outcome = outcome_of(type(held.scenario))
    refuse_foreign(options, outcome)
    return held.design, held.scenario.with_(**_given(options, outcome.changes, outcome))


def _made(options: Namespace) -> tuple[Design, BaseScenario]:
    """What the options say. The design comes first where it may ask for another outcome than survival."""
    if options.design is None and options.statistic is None:
        scenario = scenario_of(options, SURVIVAL)
        return _design(options), scenario
    design = _design(options)
    return design, scenario_of(options, outcome_of(design.scenario_kind))


def scenario_of(options: Namespace, outcome: Outcome) -> BaseScenario:
    """The scenario that the options describe."""
    if options.scenario is not None:
        _alone("scenario", options, _NATURE)
        made: BaseScenario = read("--scenario", options.scenario)
        return made
    for name, hint in outcome.needed.items():
        if getattr(options, name) is None:
            others = "a file or --scenario" if hasattr(options, "file") else "--scenario"
            reject(f"--{name}", f"given, {hint}, or {others}", None)
    refuse_foreign(options, outcome)
    if outcome.timed and options.accrual is None and options.rate is None:
        reject("--accrual", "given in months, or --rate in patients a month", None)
    if None not in (options.accrual, options.rate) and not hasattr(options, "n"):
        reject("--rate", "left out beside --accrual, since together they fix the number of patients", options.rate)
    return outcome.scenario(enrollment_of(options, outcome) | _given(options, outcome.changes, outcome))


def enrollment_of(options: Namespace, outcome: Outcome = SURVIVAL) -> dict[str, Any]:
    """How patients enter, if it is said."""
    import icibaseline as ici

    timing = _given(options, ("accrual", "rate"), outcome)
    names = {"accrual": "duration", "rate": "rate"}
    return {"enrollment": ici.Enrollment(**{names[n]: held for n, held in timing.items()})} if timing else {}


def _design(options: Namespace) -> Design:
    """The design that the options describe, of a kind that the statistic asks for."""
    import icibaseline as ici

    if options.design is not None:
        _alone("design", options, _DONE)
        made = read("--design", options.design)
        if not isinstance(made, ici.Design):
            reject("--design", "a design", made, "For example 'SingleArm()', 'TwoStage()' or 'Randomized(ratio=2)'.")
        return made
    for one, other in (("alpha", "boundary"), ("follow_up", "looks"), ("formula", "statistic")):
        if getattr(options, one) is not None and getattr(options, other) is not None:
            reject(f"--{dashed(one)}", f"left out beside --{other}", getattr(options, one), "Put it into the value.")
    if getattr(options, "n", 0) is None:
        reject("--n", "given, or a file or --design", None, "icibaseline size finds it.")
    parts = _given(options, ("n", "ratio", "alpha", "follow_up", "looks", "boundary", "statistic"), SURVIVAL)
    if options.formula is not None:
        parts["statistic"] = ici.LogRank(formula=options.formula)
    if isinstance(parts.get("statistic"), ici.ProportionTest):
        return _two_rates(parts)
    if "follow_up" in parts:
        parts["looks"] = ici.AfterEnrollment(parts.pop("follow_up"))
    if "alpha" in parts:
        parts["boundary"] = ici.Fixed(parts.pop("alpha"))
    return _one_curve(parts) if isinstance(parts.get("statistic"), ici.OneSample) else ici.Randomized(**parts)


def _two_rates(parts: dict[str, Any]) -> Design:
    """A randomised trial that counts responses."""
    import icibaseline as ici

    _without(parts, ("follow_up", "looks", "boundary"), "where responses are counted")
    return ici.RandomizedResponse(test=parts.pop("statistic"), **parts)


def _one_curve(parts: dict[str, Any]) -> Design:
    """One arm against a curve."""
    import icibaseline as ici

    _without(parts, ("ratio",), "in a trial of one arm")
    return ici.SingleArm(**{"rule" if name == "boundary" else name: held for name, held in parts.items()})


def _without(parts: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name in parts:
            reject(f"--{dashed(name)}", f"left out {where}", parts[name])


def _alone(name: str, options: Namespace, others: tuple[str, ...]) -> None:
    for other in others:
        if other != name and getattr(options, other, None) is not None:
            reject(f"--{dashed(other)}", f"left out beside --{name}", getattr(options, other), "Put it into the value.")


def _given(options: Namespace, names: tuple[str, ...], outcome: Outcome) -> dict[str, Any]:
    """The options that are given, as values."""
    held = {name: getattr(options, name, None) for name in names}
    return {name: option(name, text, outcome) for name, text in held.items() if text is not None}
