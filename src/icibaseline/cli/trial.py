"""The trial that options describe: a design and a scenario."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from icibaseline.cli.base import held_in
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import number_or, rewritten
from icibaseline.errors import InvalidInput, reject

if TYPE_CHECKING:
    from icibaseline import Design, Scenario

__all__ = ["trial", "trial_options"]

_NATURE = ("control", "effect", "accrual", "rate", "dropout", "scenario")
_NUMBERS = ("control", "effect", "accrual", "rate", "dropout", "n", "ratio", "alpha", "follow_up")
_DONE = ("n", "ratio", "alpha", "follow_up", "looks", "boundary", "formula", "statistic", "design")
VALUES = """\
values:
  A control is the id of a baseline, a median in months, or a value of the library as it is written in Python: \
'Weibull(shape=0.73, median=2.6)', 'baseline(mcc_pfs_primary, event_free=1)'.
  An effect is a hazard ratio, 'HazardRatio(0.6, delay=3)', or a prior on the hazard ratio: \
'NormalMixture.lognormal(0.6, 0.3)'.
  Looks are 'AtEvents((80, 121))', 'AtInformation((0.6, 1), final=AfterEnrollment(12))'.
  A boundary is 'Spending(0.025, efficacy=OBrienFleming())'."""


def trial_options(parser: ArgumentParser, *, file: bool = True, n: bool = True) -> None:
    """Declare what describes a trial."""
    parser.description = f"{parser.description}\n\n{VALUES}"
    if file:
        parser.add_argument("file", nargs="?", help="a plan made by size --json; - for the standard input")
        parser.add_argument("--null", action="store_true", help="no effect: the experimental arm is as the control")
        parser.add_argument("--typical", action="store_true", help="priors at their medians")
    nature = parser.add_argument_group("what nature does")
    nature.add_argument("--control", metavar="VALUE", help="outcome on control")
    nature.add_argument("--effect", metavar="VALUE", help="effect of the experimental treatment")
    nature.add_argument("--accrual", metavar="MONTHS", help="months in which all patients enter, at an even rate")
    nature.add_argument("--rate", metavar="NUMBER", help="patients who enter in a month, instead of --accrual")
    nature.add_argument("--dropout", metavar="VALUE", help="rate of loss to follow-up in a month, or a curve")
    nature.add_argument("--scenario", metavar="VALUE", help="all of it: 'Scenario(...)'")
    done = parser.add_argument_group("what will be done")
    if n:
        done.add_argument("--n", metavar="NUMBER", help="patients over both arms")
    done.add_argument("--ratio", metavar="NUMBER", help="experimental patients for each on control; 1 if left out")
    done.add_argument("--alpha", metavar="NUMBER", help="one-sided type I error; 0.025 if left out")
    done.add_argument("--follow-up", metavar="MONTHS", help="analysis after the last entry; 12 if left out")
    done.add_argument("--looks", metavar="VALUE", help="when the data are looked at")
    done.add_argument("--boundary", metavar="VALUE", help="what decides at a look")
    done.add_argument("--formula", metavar="NAME", help="score, second-order, schoenfeld, freedman, lachin-foulkes")
    done.add_argument("--statistic", metavar="VALUE", help="what is tested: 'LogRank(null=1.1)'")
    done.add_argument("--design", metavar="VALUE", help="all of it: 'Randomized(...)'")
    load_files(parser)


def trial(options: Namespace) -> tuple[Design, Scenario]:
    """The design and the scenario that the options describe, or those of a plan with other ones put in."""
    loaded(options)
    file = getattr(options, "file", None)
    if file is not None:
        design, scenario = _planned(file, options)
    else:
        scenario, design = _scenario(options), _design(options)
    if getattr(options, "null", False):
        scenario = scenario.null
    return design, scenario.typical if getattr(options, "typical", False) else scenario


def _planned(file: str, options: Namespace) -> tuple[Design, Scenario]:
    """What a file holds, with another control, effect or dropout if one is given."""
    held = held_in(file)
    if not hasattr(held, "design") or not hasattr(held, "scenario"):
        reject("file", "a plan or operating characteristics", type(held).__name__, "Make one with size --json.")
    for name in (*_DONE, "accrual", "rate", "scenario"):
        if getattr(options, name, None) is not None:
            reject(f"--{_dashed(name)}", "left out beside a plan, which fixes it", getattr(options, name))
    return held.design, held.scenario.with_(**_given(options, ("control", "effect", "dropout")))


def _scenario(options: Namespace) -> Scenario:
    import icibaseline as ici

    if options.scenario is not None:
        _alone("scenario", options, _NATURE)
        made: Scenario = _read("--scenario", options.scenario)
        return made
    for name, hint in (("control", "a baseline, a median in months or a curve"), ("effect", "a hazard ratio")):
        if getattr(options, name) is None:
            others = "a file or --scenario" if hasattr(options, "file") else "--scenario"
            reject(f"--{name}", f"given, {hint}, or {others}", None)
    if options.accrual is None and options.rate is None:
        reject("--accrual", "given in months, or --rate in patients a month", None)
    timing = {"duration": _value("accrual", options.accrual), "rate": _value("rate", options.rate)}
    if None not in timing.values() and not hasattr(options, "n"):
        reject("--rate", "left out beside --accrual, since together they fix the number of patients", options.rate)
    enrollment = ici.Enrollment(**{name: held for name, held in timing.items() if held is not None})
    return ici.Scenario(enrollment=enrollment, **_given(options, ("control", "effect", "dropout")))


def _design(options: Namespace) -> Design:
    import icibaseline as ici

    if options.design is not None:
        _alone("design", options, _DONE)
        made: Design = _read("--design", options.design)
        return made
    for one, other in (("alpha", "boundary"), ("follow_up", "looks"), ("formula", "statistic")):
        if getattr(options, one) is not None and getattr(options, other) is not None:
            reject(f"--{_dashed(one)}", f"left out beside --{other}", getattr(options, one), "Put it into the value.")
    if getattr(options, "n", 0) is None:
        reject("--n", "given, or a file or --design", None, "icibaseline size finds it.")
    parts = _given(options, ("n", "ratio", "looks", "boundary", "statistic"))
    if options.alpha is not None:
        parts["boundary"] = ici.Fixed(_value("alpha", options.alpha))
    if options.follow_up is not None:
        parts["looks"] = ici.AfterEnrollment(_value("follow_up", options.follow_up))
    if options.formula is not None:
        parts["statistic"] = ici.LogRank(formula=options.formula)
    return ici.Randomized(**parts)


def _alone(name: str, options: Namespace, others: tuple[str, ...]) -> None:
    for other in others:
        if other != name and getattr(options, other, None) is not None:
            reject(
                f"--{_dashed(other)}", f"left out beside --{name}", getattr(options, other), "Put it into the value."
            )


def _given(options: Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """The options that are given, as values."""
    held = {name: getattr(options, name, None) for name in names}
    return {name: _value(name, text) for name, text in held.items() if text is not None}


def _value(name: str, text: str | None) -> Any:
    """An option as a value: a number and an id mean what they usually do in its place."""
    import icibaseline as ici

    if text is None:
        return None
    number = number_or(text)
    if number is not None:
        return _usual(name, number)
    if name == "dropout" and text.strip().endswith("%") and (share := number_or(text.strip()[:-1])) is not None:
        from math import log

        yearly = f" For {share:g} % lost in a year write {-log(1 - share / 100) / 12:.3g}." if share < 100 else ""
        reject("--dropout", "a rate of loss in a month, or a curve", text, yearly.strip())
    if name in _NUMBERS and rewritten(text):
        reject(f"--{_dashed(name)}", "a number or a value that stands for one", text, rewritten(text))
    if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)+", text) and name in ("control", "effect"):
        return ici.baseline(text.lower())
    held = _read(f"--{_dashed(name)}", text)
    if isinstance(held, str) and name == "control":
        return ici.baseline(held.lower())
    return ici.HazardRatio(held) if name == "effect" and isinstance(held, ici.Distribution) else held


def _read(name: str, text: str) -> Any:
    """A value as it is written in Python; what reads it is loaded only for one."""
    from icibaseline.cli.expressions import read

    return read(name, text)


def _usual(name: str, number: float) -> Any:
    """What a number means in the place of an option; if it cannot, the sentence names the option."""
    if name not in _USUAL:
        return number
    try:
        return _USUAL[name](number)
    except InvalidInput as refused:
        raise InvalidInput(re.sub(r"^`\w+`", f"`--{name}`", str(refused))) from None


def _median(months: float) -> Any:
    import icibaseline as ici

    return ici.Exponential(median=months)


def _hazard_ratio(ratio: float) -> Any:
    import icibaseline as ici

    return ici.HazardRatio(ratio)


def _monthly(rate: float) -> Any:
    import icibaseline as ici

    return ici.Exponential(rate=rate)


_USUAL = {"control": _median, "effect": _hazard_ratio, "dropout": _monthly}


def _dashed(name: str) -> str:
    return name.replace("_", "-")
