"""The search for the size of a single arm that counts responses, whose power goes up and down with n.

Power falls wherever one response more is asked for. The smallest n that reaches a target may therefore be followed by
larger ones that miss it. The smallest n after which none misses it is found by trying every size up to one from which
on the rule is known to reach the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn

import numpy as np

from icibaseline._exact import chances
from icibaseline._values import FloatArray, IntArray
from icibaseline.designs.averaging import assurance_only, grid
from icibaseline.designs.base import Design, Sized
from icibaseline.errors import InvalidInput, NoSolution, reject
from icibaseline.rules import CountRule, Exact, OneLookRule, Reference
from icibaseline.rules.counts import at_least
from icibaseline.scenario import ResponseScenario

__all__ = ["Truth", "average_power", "lasting_size", "size_by_counts", "smallest_size", "sure_size"]

_FIRST, _CHUNK = 16, 256  # sizes tried at once, at first and in the end
_NOTHING = 1e-9  # of a probability
_TRIED = 200_000  # sizes that are tried at most for a message
Value = Callable[[IntArray], FloatArray]  # sizes (N,) -> what is to reach a target, (N,)


class Truth(NamedTuple):
    """Experimental rates that may be, and how likely each is."""

    rates: FloatArray  # (B,)
    weights: FloatArray  # (B,)

    @classmethod
    def of(cls, rate: float) -> Truth:
        """One rate."""
        return cls(np.array([rate]), np.ones(1))


# ---- what is searched --------------------------------------------------------------------------------


def average_power(rule: CountRule, sizes: IntArray, reference: Reference, truth: Truth) -> FloatArray:
    """Average power at each of the sizes, (N,); 0 where the rule cannot be applied to so few patients."""
    if isinstance(rule, OneLookRule):
        least = rule.least(sizes, reference)
        return np.asarray(truth.weights @ at_least(least, sizes, truth.rates[:, None]))
    return np.array([_power(rule, int(n), reference, truth) for n in sizes])


def _power(rule: CountRule, n: int, reference: Reference, truth: Truth) -> float:
    try:
        stages = rule.bounds(n, reference)
    except InvalidInput:
        return 0.0
    return float(truth.weights @ chances(*stages, truth.rates)[0].sum(axis=1))


def sure_size(rule: CountRule, reference: Reference, truth: Truth, target: float) -> int | None:
    """A size from which on the target is always reached; None if none is known."""
    if not isinstance(rule, OneLookRule):
        return None
    return rule.certainty(reference, float(truth.rates.max())).size(*truth, target)


# ---- searches ----------------------------------------------------------------------------------------


def smallest_size(value: Value, target: float, n_max: int) -> tuple[int | None, tuple[int, float]]:
    """The smallest size that reaches a target, None if there is none; and the best that was seen."""
    best = (1, 0.0)
    for sizes in _chunks(n_max):
        found = value(sizes)
        if np.any(found >= target):
            at = int(np.argmax(found >= target))
            return int(sizes[at]), (int(sizes[at]), float(found[at]))
        at = int(np.argmax(found))
        best = max(best, (int(sizes[at]), float(found[at])), key=lambda pair: pair[1])
    return None, best


def lasting_size(value: Value, target: float, sure: int) -> int:
    """The smallest size after which none misses a target, given one from which on none does."""
    missed = [int(sizes[found < target][-1]) for sizes in _chunks(sure) if np.any((found := value(sizes)) < target)]
    return max(missed, default=0) + 1


def _chunks(last: int) -> Iterator[IntArray]:
    start, size = 1, _FIRST
    while start <= last:
        yield np.arange(start, min(start + size, last + 1))
        start, size = start + size, min(2 * size, _CHUNK)


# ---- the size of a design ----------------------------------------------------------------------------


def size_by_counts(
    design: Any, rule: CountRule, reference: Reference, scenario: ResponseScenario, *, kind: str, target: float
) -> Sized:
    """The design with the smallest n that reaches a target or, if conservative, after which none misses it."""
    typical = float(scenario.typical.resolved.rates.experimental)
    _check_floor(design, rule, reference, scenario, kind=kind, target=target)

    def truth(n: int) -> Truth:
        return Truth.of(typical) if kind == "power" else _truth_under(_planned(design, n, scenario), scenario)

    def value(sizes: IntArray) -> FloatArray:
        return average_power(rule, sizes, reference, truth(int(sizes[-1])))

    if design.conservative:
        n = _lasting(design, rule, reference, value, truth, target)
    else:
        found, best = smallest_size(value, target, design.n_max)
        n = found or _too_many(
            kind, target, design.n_max, _best(rule, reference, truth, best, kind=kind, target=target)
        )
    if n > design.n_max:
        _too_many(kind, target, design.n_max, f"n = {n} is the smallest after which none misses it")
    return Sized(design.with_(n=n), float(n), n * typical)


def _truth_under(design: Design, scenario: ResponseScenario) -> Truth:
    """Experimental rates under the priors, dense enough for the power of a planned design."""
    pieces: list[tuple[FloatArray, Any]] = list(grid(design, scenario))
    rates = [np.broadcast_to(world.rates.experimental, len(weights)) for weights, world in pieces]
    return Truth(np.concatenate(rates), np.concatenate([weights for weights, _ in pieces]))


def _planned(design: Design, n: int, scenario: ResponseScenario) -> Design:
    made: Any = design.with_(n=n)
    planned: Design = made.plan_for(scenario)
    return planned


def _lasting(
    design: Any, rule: CountRule, reference: Reference, value: Value, truth: Callable[[int], Truth], target: float
) -> int:
    if not isinstance(rule, OneLookRule):
        reject("conservative", "False for a rule with several looks", design.conservative)
    sure = sure_size(rule, reference, truth(design.n_max), target)
    if sure is None:
        raise NoSolution(f"`conservative` must be False for a target so near its limit; got {target:g}.")
    return lasting_size(value, target, sure)


def _best(
    rule: CountRule,
    reference: Reference,
    truth: Callable[[int], Truth],
    best: tuple[int, float],
    *,
    kind: str,
    target: float,
) -> str:
    """The best that was seen up to n_max, and beyond it the smallest size that is enough where it is quickly found."""
    seen = f"the best that was seen is {best[1]:.4g}, at n = {best[0]}"
    if kind != "power" or not isinstance(rule, Exact):
        return seen
    there = truth(0)
    sure = sure_size(rule, reference, there, target)
    if sure is None or sure > _TRIED:
        return seen
    n = smallest_size(lambda sizes: average_power(rule, sizes, reference, there), target, sure)[0]
    return f"{seen}; n = {n} is the smallest that reaches it"


def _too_many(kind: str, target: float, n_max: int, seen: str) -> NoReturn:
    raise NoSolution(
        f"`{kind}` must be reachable with at most `n_max` = {n_max} patients; got {target:g}, but {seen}. "
        "Ask for less, or raise n_max."
    )


def _check_floor(
    design: Design, rule: CountRule, reference: Reference, scenario: ResponseScenario, *, kind: str, target: float
) -> None:
    """Refuse a target that no number of patients reaches."""
    floor = f"{rule.floor(reference):.4g}, {rule.floor_in_words(reference)}"
    if kind == "power":
        rate = float(scenario.typical.resolved.rates.experimental)
        if rate > rule.floor(reference):
            return
        raise NoSolution(
            f"`power` must be reachable; got {target:g}, but the experimental rate {rate:.4g} is not above {floor}. "
            "At or below it power does not grow with n: no number of patients reaches the target."
        )
    ceiling = assurance_only(_planned(design, 100, scenario), scenario)[1]
    if target >= ceiling - _NOTHING:
        raise NoSolution(
            f"`assurance` must be below its ceiling {ceiling:.4g}, the probability under the priors that the "
            f"experimental rate is above {floor}, to which it tends as n grows; got {target:g}. "
            "No number of patients reaches it."
        )
