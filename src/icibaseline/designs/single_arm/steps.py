"""The size of a single arm whose power goes up and down with n around a smooth formula.

No step is larger than a known probability: below the smooth formula's n for the target less a step no n reaches it,
and above its n for the target and a step none misses it. Between the two every n is tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from icibaseline.designs.base import Sized
from icibaseline.designs.goal import Goal
from icibaseline.designs.sizing import Search, events_required, size_by_formula

__all__ = ["size_by_steps"]

_MORE = 0.01  # what the smooth formula may be off by on top of a step
_SAME = 1e-12


def size_by_steps(design: Any, scenario: Any, goal: Goal, beyond: str | None) -> Sized:
    """The smallest n that reaches a target or, if conservative, after which no larger one misses it."""
    smooth = design.with_(statistic=design.statistic.smooth, conservative=False)
    about = size_by_formula(smooth, scenario, goal, beyond)
    search, middle = (Search(each, scenario, goal, beyond) for each in (design, smooth))
    target = goal.target
    first = math.ceil(about.n_exact)
    if all(abs(search.value(n)[0] - middle.value(n)[0]) < _SAME for n in (first, first + 1)):
        return about._replace(design=design.with_(n=first))  # there are no steps here

    def off(n: int) -> float:
        return float(design.statistic.step(scenario, n)) + _MORE

    if design.conservative:
        n = _from(first, 1, lambda n: middle.value(n)[0] - off(n) >= target)
        n = _from(n, -1, lambda n: not _reaches(search, n)) + 1
    else:
        n = _from(first, -1, lambda n: n <= 2 or middle.value(n)[0] + off(n) < target)
        n = _from(n, 1, lambda n: _reaches(search, n))
    return Sized(design.sized(n), float(n), events_required(search, float(n)))


def _reaches(search: Search, n: int) -> bool:
    return search.value(n)[0] >= search.goal.target - _SAME


def _from(n: int, step: int, there: Callable[[int], bool]) -> int:
    """The first n from here on at which something is so."""
    while n > 1 and not there(n):
        n += step
    return n
