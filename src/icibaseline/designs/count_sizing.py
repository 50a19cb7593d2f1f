"""The search for the size of a single arm that counts responses, whose power goes up and down with n.

Power falls wherever one response more is asked for. The smallest n that reaches a target may therefore be followed by
larger ones that miss it. The smallest n after which none misses it is found by trying every size up to one from which
on the rule is known to reach the target. For rules with several looks no such size is known: every one up to the
greatest that may be is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import numpy as np

from icibaseline._values import FloatArray, IntArray
from icibaseline.designs.averaging import assurance_only, grid
from icibaseline.designs.base import Evaluation, Sized
from icibaseline.designs.count_power import Powers, Truth, drift_of, sure_size
from icibaseline.designs.goal import Goal
from icibaseline.errors import NoSolution
from icibaseline.rules import CountRule, Exact, OneLookRule, Reference
from icibaseline.rules.counts import at_least
from icibaseline.scenario import ResponseScenario

__all__ = ["lasting_size", "reachable", "size_by_counts", "smallest_size", "truth_in"]

_FIRST, _CHUNK = 16, 256  # sizes tried at once, at first and in the end
_TRIED = 200_000  # sizes, times rates, that are tried at most for a message
_SOME = 100  # patients, where any number does
_LARGEST, _NEAR = 1_000_000, 0.02  # patients that a message speaks of, and how near they are to the fewest


# ---- what may be -------------------------------------------------------------------------------------


class _OneLook(NamedTuple):
    """As much of a design as an average over priors needs: it tells rates above a floor from those below."""

    n: int
    floor: float

    def evaluate(self, scenario: ResponseScenario) -> Evaluation:
        """Power and drift; all else is left at 0."""
        rates = np.atleast_1d(scenario.rates.experimental)
        least = np.array([round(self.n * min(max(self.floor, 0.0), 1.0))])
        power, nothing = at_least(least, np.array([self.n]), rates)[:, None], np.zeros((1, 1))
        drift = drift_of(self.n, rates, self.floor)
        return Evaluation(power, nothing, nothing, nothing, nothing, drift, nothing, power)


def truth_in(world: ResponseScenario, n: int, floor: float) -> Truth:
    """Experimental rates that may be in a world, dense enough for the power of n patients to tell them from a floor."""
    if not world.unknowns:
        return Truth.of(float(np.asarray(world.rates.experimental)))
    told_apart: Any = _OneLook(n, floor)
    pieces: list[tuple[FloatArray, Any]] = list(grid(told_apart, world))
    rates = [np.broadcast_to(at.rates.experimental, len(weights)) for weights, at in pieces]
    return Truth(np.concatenate(rates), np.concatenate([weights for weights, _ in pieces]))


def reachable(goal: Goal, scenario: ResponseScenario, floor: float, words: str) -> None:
    """Refuse a goal that no number of patients reaches.

    Raises
    ------
    NoSolution
        If it is at or beyond the probability that the experimental rate is above the floor.
    """
    told_apart: Any = _OneLook(_SOME, floor)
    limit = assurance_only(told_apart, goal.world(scenario))[1]
    if goal.beyond(limit):
        rate = float(np.asarray(scenario.typical.resolved.rates.experimental))
        against = (
            f"the experimental rate {rate:.4g} is not above {floor:.4g}, {words}. "
            f"At or below it {goal.name} does not grow with n: no number of patients reaches the target."
        )
        raise NoSolution(goal.hopeless(limit, f"the experimental rate is above {floor:.4g}, {words}", against))


# ---- searches ----------------------------------------------------------------------------------------


def smallest_size(powers: Powers, target: float, n_max: int) -> tuple[int | None, tuple[int, float]]:
    """The smallest size that reaches a target, None if there is none; and the best that was seen.

    Every size is tried, most of them by the bounds alone.
    """
    best = (1, 0.0)
    for sizes in _chunks(n_max):
        low, high = powers.bracket(sizes)
        for n, least, most in zip(sizes.tolist(), low.tolist(), high.tolist(), strict=True):
            seen = powers.at(n) if least < target <= most else least
            best = max(best, (n, seen), key=lambda pair: pair[1])
            if seen >= target:
                return n, best
    return None, best if best[1] > 0 else (n_max, powers.at(n_max))


def lasting_size(powers: Powers, target: float, last: int) -> int:
    """The smallest size after which none up to the last one misses a target; beyond the last one if that misses it."""
    for sizes in reversed(list(_chunks(last))):
        low, high = powers.bracket(sizes)
        for n, least, most in zip(sizes[::-1].tolist(), low[::-1].tolist(), high[::-1].tolist(), strict=True):
            if least < target and (most < target or powers.at(n) < target):
                return int(n) + 1
    return 1


def _chunks(last: int) -> Iterator[IntArray]:
    start, size = 1, _FIRST
    while start <= last:
        yield np.arange(start, min(start + size, last + 1))
        start, size = start + size, min(2 * size, _CHUNK)


# ---- the size of a design ----------------------------------------------------------------------------


def size_by_counts(design: Any, rule: CountRule, reference: Reference, scenario: ResponseScenario, goal: Goal) -> Sized:
    """The design with the smallest n that reaches a goal or, if conservative, after which none misses it."""
    world, floor, target = goal.world(scenario), rule.floor(reference), goal.target
    reachable(goal, scenario, floor, rule.floor_in_words(reference))

    powers = Powers(rule, reference, lambda n: truth_in(world, n, floor))
    if design.conservative:
        n = _lasting(powers, target, design.n_max)
    else:
        found, best = smallest_size(powers, target, design.n_max)
        n = found or _too_many(goal, design.n_max, _best(powers, best, target, design.n_max))
    if n > design.n_max:
        _too_many(goal, design.n_max, f"n = {n} is the smallest {_after_which(rule)} misses it")
    return Sized(design.with_(n=n), float(n), n * float(np.asarray(scenario.typical.resolved.rates.experimental)))


def _after_which(rule: CountRule) -> str:
    return "after which none" if isinstance(rule, OneLookRule) else "that might be, since the one before it"


def _lasting(powers: Powers, target: float, n_max: int) -> int:
    """The smallest size after which none misses a target: none at all for one look, none up to n_max for several."""
    if not isinstance(powers.rule, OneLookRule):
        return lasting_size(powers, target, n_max)
    sure = sure_size(powers.rule, powers.reference, powers.truth(n_max), target)
    if sure is None:
        raise NoSolution(f"`conservative` must be False for a target so near its limit; got {target:g}.")
    return lasting_size(powers, target, sure)


def _best(powers: Powers, best: tuple[int, float], target: float, n_max: int) -> str:
    """The best that was seen up to n_max, and beyond it a size that is enough, the smallest where quickly found."""
    seen = f"the best that was seen is {best[1]:.4g}, at n = {best[0]}"
    if not isinstance(powers.rule, OneLookRule):
        return seen
    if isinstance(powers.rule, Exact):
        there = powers.truth(best[0])
        sure = sure_size(powers.rule, powers.reference, there, target)
        if sure is not None and sure * len(there.rates) <= _TRIED:
            return f"{seen}; n = {smallest_size(powers, target, sure)[0]} is the smallest that reaches it"
    enough = _enough(powers, n_max, target)
    return f"{seen}; {f'n = {enough}' if enough else 'none below a million that was tried'} reaches it"


def _enough(powers: Powers, n_max: int, target: float) -> int | None:
    """A size above n_max that reaches the target, and is not much larger than it need be; None if none was found."""
    low, high = n_max, 2 * n_max
    while powers.at(high) < target:
        low, high = high, 2 * high
        if high > _LARGEST:
            return None
    while high - low > _NEAR * high:
        middle = (low + high) // 2
        low, high = (low, middle) if powers.at(middle) >= target else (middle, high)
    return high


def _too_many(goal: Goal, n_max: int, seen: str) -> NoReturn:
    raise NoSolution(
        f"`{goal.name}` must be reachable with at most `n_max` = {n_max} patients; got {goal.target:g}, but {seen}. "
        "Ask for less, or raise n_max."
    )
