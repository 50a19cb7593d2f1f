"""What an option means for the outcome of a trial: survival, or counts of responses."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from argparse import Namespace
from typing import TYPE_CHECKING, Any, ClassVar, final

from icibaseline.cli.numbers import number_or, rewritten
from icibaseline.errors import InvalidInput, reject

if TYPE_CHECKING:
    from icibaseline._values import Value
    from icibaseline.scenario import BaseScenario

__all__ = ["RESPONSE", "SURVIVAL", "Outcome", "dashed", "option", "outcome_of", "read", "refuse_foreign"]

_NUMBERS = ("control", "effect", "accrual", "rate", "assessment", "dropout", "n", "ratio", "alpha", "follow_up")
_COUNTING = "For example --design 'SingleArm()' for one arm, or --statistic 'Boschloo()' for two."


class Outcome(ABC):
    """What a number, a law or an id mean in the place of an option."""

    kind: ClassVar[str]  # of its scenarios
    changes: ClassVar[tuple[str, ...]]  # options of nature that a plan may be changed by
    foreign: ClassVar[tuple[str, ...]]  # those of the other outcome
    needed: ClassVar[dict[str, str]]
    timed: ClassVar[bool]  # whether months must be known

    @abstractmethod
    def control(self, number: float) -> Any:
        """A control."""

    @abstractmethod
    def effect(self, size: Any) -> Any:
        """An effect of that size, a number or a law."""

    @abstractmethod
    def scenario(self, parts: dict[str, Any]) -> BaseScenario:
        """A scenario of these parts."""

    @abstractmethod
    def takes_control(self, held: Any) -> bool:
        """Whether something is a control of this outcome and not of the other."""

    @abstractmethod
    def takes_effect(self, held: Any) -> bool:
        """Whether something is an effect on this outcome and not on the other."""

    def usual(self, name: str, number: float) -> Any:
        """What a number means in the place of an option; if it cannot, the sentence names the option."""
        made = {"control": self.control, "effect": self.effect, "dropout": _monthly}.get(name)
        if made is None:
            return number
        try:
            return made(number)
        except InvalidInput as refused:
            raise InvalidInput(re.sub(r"^`\w+`", f"`--{name}`", str(refused))) from None


@final
class _Survival(Outcome):
    kind = "Scenario"
    changes = ("control", "effect", "dropout")
    foreign = ("assessment",)
    needed: ClassVar = {"control": "a baseline, a median in months or a curve", "effect": "a hazard ratio"}
    timed = True

    def control(self, number: float) -> Any:
        import icibaseline as ici

        return ici.Exponential(median=number)

    def effect(self, size: Any) -> Any:
        import icibaseline as ici

        return ici.HazardRatio(size)

    def scenario(self, parts: dict[str, Any]) -> BaseScenario:
        import icibaseline as ici

        for name, takes in (("control", RESPONSE.takes_control), ("effect", RESPONSE.takes_effect)):
            if takes(parts[name]):
                reject(f"--{name}", "one for survival, unless the design counts responses", parts[name], _COUNTING)
        return ici.Scenario(**parts)

    def takes_control(self, held: Any) -> bool:
        return not RESPONSE.takes_control(held)

    def takes_effect(self, held: Any) -> bool:
        return not RESPONSE.takes_effect(held)


@final
class _Response(Outcome):
    kind = "ResponseScenario"
    changes = ("control", "effect", "assessment")
    foreign = ("dropout",)
    needed: ClassVar = {"control": "a baseline or a rate", "effect": "the hoped-for rate"}
    timed = False

    def control(self, number: float) -> Any:
        return number

    def effect(self, size: Any) -> Any:
        import icibaseline as ici

        return ici.Rate(size)

    def scenario(self, parts: dict[str, Any]) -> BaseScenario:
        import icibaseline as ici

        return ici.ResponseScenario(**parts)

    def takes_control(self, held: Any) -> bool:
        import icibaseline as ici

        if isinstance(held, ici.Baseline):
            return held.quantity == "response rate"
        if isinstance(held, ici.Distribution):
            return held.dimension == 1 and float(held.quantile(1.0)) <= 1
        return isinstance(held, float) and held < 1

    def takes_effect(self, held: Any) -> bool:
        import icibaseline as ici

        return isinstance(held, ici.RateEffect)


SURVIVAL, RESPONSE = _Survival(), _Response()


def outcome_of(kind: type[Value]) -> Outcome:
    """The outcome of a class of scenarios."""
    return next(each for each in (SURVIVAL, RESPONSE) if each.kind == kind.__name__)


def _monthly(rate: float) -> Any:
    import icibaseline as ici

    return ici.Exponential(rate=rate)


def option(name: str, text: str, outcome: Outcome) -> Any:
    """An option as a value: a number and an id mean what they usually do in its place."""
    import icibaseline as ici

    number = number_or(text)
    if number is not None:
        return outcome.usual(name, number)
    if name == "dropout" and text.strip().endswith("%") and (share := number_or(text.strip()[:-1])) is not None:
        from math import log

        yearly = f" For {share:g} % lost in a year write {-log(1 - share / 100) / 12:.3g}." if share < 100 else ""
        reject("--dropout", "a rate of loss in a month, or a curve", text, yearly.strip())
    if name in _NUMBERS and rewritten(text):
        reject(f"--{dashed(name)}", "a number or a value that stands for one", text, rewritten(text))
    if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)+", text) and name in ("control", "effect"):
        return ici.baseline(text.lower())
    held = read(f"--{dashed(name)}", text)
    if isinstance(held, (int, float)):
        return outcome.usual(name, held)
    if isinstance(held, str) and name == "control":
        return ici.baseline(held.lower())
    return outcome.effect(held) if name == "effect" and isinstance(held, ici.Distribution) else held


def read(name: str, text: str) -> Any:
    """A value as it is written in Python; what reads it is loaded only for one."""
    from icibaseline.cli.expressions import read as expression

    return expression(name, text)


def dashed(name: str) -> str:
    """The name of an option as it is typed."""
    return name.replace("_", "-")


def refuse_foreign(options: Namespace, outcome: Outcome) -> None:
    """Refuse options of the other outcome."""
    for name in outcome.foreign:
        if getattr(options, name, None) is not None:
            which = "survival is the outcome" if outcome is SURVIVAL else "responses are counted"
            reject(f"--{dashed(name)}", f"left out where {which}", getattr(options, name))
