"""The search for the size of a trial whose power goes up and down with n, as that of counts does.

Power by the exact distribution falls wherever one response more is asked for. The smallest n that reaches a target may
therefore be followed by larger ones that do not. Both are found: the smallest n, and the smallest from which on every
larger one reaches the target.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from icibaseline._values import FloatArray
from icibaseline.errors import NoSolution
from icibaseline.statistics.proportions import ProportionTest, ceiling_from, sure_from

__all__ = ["Question", "size_for_assurance", "size_for_power"]

_SCANNED = 1000  # patients up to which every size is tried
_FURTHER, _SOME = 1.5, 20  # how far larger sizes are tried where no bound is known: times n, and at least so many steps


class Question(NamedTuple):
    """What a number of patients is searched for."""

    test: ProportionTest
    ratio: Fraction  # experimental per control
    alpha: float
    rates: tuple[FloatArray, FloatArray]  # (experimental, control) in the typical case, each (1,)
    target: float
    conservative: bool
    about: float  # the number by the normal approximation

    @property
    def step(self) -> int:
        """Patients come in multiples of this number."""
        return self.ratio.numerator + self.ratio.denominator

    def power(self, test: ProportionTest, n: int) -> float:
        """Power of a test with n patients."""
        control = n * self.ratio.denominator // self.step
        return float(test.region(n - control, control, self.alpha).probability(*self.rates)[0])

    def best_power(self, n: int) -> float:
        """Power with n patients, or a bound on it from below that reaches the target."""
        for test in self.test.quicker:
            if (found := self.power(test, n)) >= self.target:
                return found
        return self.power(self.test, n)


def size_for_power(question: Question) -> int:
    """The size that reaches a power."""
    half = _half(question)
    if question.test.exact:
        start = ceiling_from(question.test.measure, question.rates, question.ratio, question.alpha, question.target)
    else:
        start = question.step if half <= _SCANNED else half
    first = _smallest(question, "power", question.best_power, start)
    if not question.conservative:
        return first
    sure = sure_from(question.test, question.rates, question.ratio, question.alpha, question.target)
    return _lasting(question, question.best_power, first, sure)


def size_for_assurance(question: Question, assurance: Callable[[int], float]) -> int:
    """The size at or above half of the approximate one that reaches an assurance."""
    first = _smallest(question, "assurance", assurance, _half(question))
    return _lasting(question, assurance, first, None) if question.conservative else first


def _half(question: Question) -> int:
    return question.step * (1 + int(question.about / 2) // question.step)


def _smallest(question: Question, name: str, value: Callable[[int], float], start: int) -> int:
    """The smallest size at or above a start that reaches the target."""
    limit = start + question.step * (20 + int(4 * question.about) // question.step)
    best, at = 0.0, start
    for n in range(start, limit, question.step):
        found = value(n)
        if found >= question.target:
            return n
        best, at = max((best, at), (found, n))
    raise NoSolution(
        f"`{name}` must be a value that some number of patients reaches; got {question.target:g}, but the best from "
        f"n = {start} to {limit} is {best:.4g}, at n = {at}. Ask for less, or use another test."
    )


def _lasting(question: Question, value: Callable[[int], float], first: int, sure: int | None) -> int:
    """The smallest size from which on every larger one reaches the target, given the smallest that does.

    Beyond `sure` every one is known to. Where that is not known, sizes are tried up to half as many patients again and
    twenty steps.
    """
    if sure is not None:
        above = range(first + (max(0, sure - first) // question.step) * question.step, first, -question.step)
        return next((n for n in above if value(n) < question.target), first - question.step) + question.step
    found, tried = first, first
    while tried <= _FURTHER * found + _SOME * question.step:
        tried += question.step
        if value(tried) < question.target:
            found = tried + question.step
    return found
