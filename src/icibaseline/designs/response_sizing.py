"""The search for the size of a trial whose power goes up and down with n, as that of counts does.

Power by the exact distribution falls wherever one response more is asked for. The smallest n that reaches a target may
therefore be followed by larger ones that do not. Both are found: the smallest n, and the smallest from which on every
larger one reaches the target.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import final

import attrs

from icibaseline._values import FloatArray
from icibaseline.designs.allocation import parts_of
from icibaseline.designs.goal import Goal
from icibaseline.errors import NoSolution
from icibaseline.statistics.proportions import ProportionTest, ceiling_from, sure_from

__all__ = ["AtRates", "OverPriors", "Question", "lasting_size", "smallest_size"]

_SCANNED = 1000  # patients up to which every size is tried
_FURTHER, _SOME = 1.5, 20  # how far larger sizes are tried where no bound is known: times n, and at least so many steps


@attrs.frozen(slots=False)
class Question(ABC):
    """Abstract: what a number of patients is searched for."""

    goal: Goal
    test: ProportionTest
    ratio: float  # experimental per control
    alpha: float
    about: float  # the number by the normal approximation

    @abstractmethod
    def value(self, n: int) -> float:
        """What is to reach the goal's target, or a bound on it from below that reaches it."""

    @property
    @abstractmethod
    def start(self) -> int:
        """The least size that is tried."""

    @property
    @abstractmethod
    def sure(self) -> int | None:
        """A size from which on every larger one is known to reach the target; None where that is not known."""

    @property
    def step(self) -> int:
        """Patients come in multiples of this number."""
        parts = parts_of(self.ratio)
        return parts.numerator + parts.denominator

    @property
    def half(self) -> int:
        """Half of the approximate number."""
        return self.step * (1 + int(self.about / 2) // self.step)


@final
@attrs.frozen(slots=False)
class AtRates(Question):
    """Power at a pair of rates."""

    rates: tuple[FloatArray, FloatArray]  # (experimental, control), each (1,)

    def power(self, test: ProportionTest, n: int) -> float:
        """Power of a test with n patients."""
        control = n * parts_of(self.ratio).denominator // self.step
        return float(test.region(n - control, control, self.alpha).probability(*self.rates)[0])

    def value(self, n: int) -> float:
        """Power with n patients, or of a quicker test that rejects less often and reaches the target."""
        for test in self.test.quicker:
            if (found := self.power(test, n)) >= self.goal.target:
                return found
        return self.power(self.test, n)

    @cached_property
    def start(self) -> int:
        """What no test of the level does without, or for a test that need not keep it every size of a thousand."""
        if self.test.exact:
            return ceiling_from(self.test.measure, self.rates, parts_of(self.ratio), self.alpha, self.goal.target)
        return self.step if self.half <= _SCANNED else self.half

    @property
    def sure(self) -> int | None:
        """By bounds on the binomial law."""
        return sure_from(self.test, self.rates, parts_of(self.ratio), self.alpha, self.goal.target)


@final
@attrs.frozen(slots=False)
class OverPriors(Question):
    """Power averaged over priors."""

    average: Callable[[int], float]

    def value(self, n: int) -> float:
        """The average with n patients."""
        return self.average(n)

    @property
    def start(self) -> int:
        """Half of the approximate number."""
        return self.half

    @property
    def sure(self) -> None:
        """Not known."""
        return


def smallest_size(question: Question) -> int:
    """The smallest size at or above the start that reaches the target."""
    start, step, goal = question.start, question.step, question.goal
    limit = start + step * (20 + int(4 * question.about) // step)
    best, at = 0.0, start
    for n in range(start, limit, step):
        found = question.value(n)
        if found >= goal.target:
            return n
        best, at = max((best, at), (found, n))
    raise NoSolution(
        f"`{goal.name}` must be a value that some number of patients reaches; got {goal.target:g}, but the best from "
        f"n = {start} to {limit} is {best:.4g}, at n = {at}. Ask for less, or use another test."
    )


def lasting_size(question: Question) -> int:
    """The smallest size from which on every larger one reaches the target.

    Beyond `sure` every one is known to. Where that is not known, sizes are tried up to half as many patients again and
    twenty steps.
    """
    first, step, target, sure = smallest_size(question), question.step, question.goal.target, question.sure
    if sure is not None:
        above = range(first + (max(0, sure - first) // step) * step, first, -step)
        return next((n for n in above if question.value(n) < target), first - step) + step
    found, tried = first, first
    while tried <= _FURTHER * found + _SOME * step:
        tried += step
        if question.value(tried) < target:
            found = tried + step
    return found
