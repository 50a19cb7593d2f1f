"""The looks of a trial as a boundary sees them: information, and how much of the errors may be spent by each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.errors import reject
from icibaseline.rules.bounds import GROWTH, means_at

__all__ = ["Schedule", "Solved", "counted", "grows", "plan_of"]


class Schedule(NamedTuple):
    """When error is spent: realised looks of a planned trial."""

    information: FloatArray  # (..., K)
    time: FloatArray  # (..., K) fraction of the errors that may be spent by each look
    planned: FloatArray  # (..., J) information at the planned looks
    planned_time: FloatArray  # (..., J) the fraction there
    numbers: IntArray  # (K,) which of the planned looks they are, the first being 1; 0 is none of them
    ended: bool  # whether the last look is the final one
    exact: bool  # whether the looks are the planned ones
    grows: BoolArray  # (..., K) whether a look adds to the information

    @property
    def looks(self) -> int:
        """How many there are."""
        return int(self.information.shape[-1])

    @property
    def planned_looks(self) -> int:
        """How many were planned."""
        return int(self.planned.shape[-1])

    def check_growth(self, name: str = "information") -> None:
        """Raise `InvalidInput` if a planned look adds next to nothing."""
        if not self.grows.all():
            rule = "increasing from look to look, each adding at least a thousandth"
            reject(name, rule, self.information)

    def tests(self, name: str, numbers: tuple[int, ...] | None) -> BoolArray:
        """Whether a look adds information and is among those named, all by default, (..., K)."""
        if numbers is None:
            return self.grows.copy()
        if max(numbers) > self.planned_looks:
            reject(name, f"numbers of looks, of which there are {self.planned_looks}", numbers)
        return np.asarray(self.grows & np.isin(self.numbers, numbers))

    def plan(self) -> Schedule:
        """The looks as planned."""
        return self if self.exact else plan_of(self.planned, self.planned_time)

    def spend(self, spent: FloatArray, tests: BoolArray) -> FloatArray:
        """What each look spends of what may be `spent` by it: one that does not test leaves it to the next."""
        reached = spent if tests.all() else np.maximum.accumulate(np.where(tests, spent, 0.0), axis=-1)
        spends = reached.copy()
        spends[..., 1:] -= reached[..., :-1]
        return spends

    def means(self, planned: FloatArray) -> FloatArray:
        """Means of Z at these looks, of what they are at the planned ones, (..., K)."""
        return planned if self.exact else means_at(planned[..., -1], self.information, self.planned[..., -1:])


def plan_of(planned: FloatArray, time: FloatArray) -> Schedule:
    """Looks that take place as planned."""
    numbers = counted(planned.shape[-1])
    return Schedule(planned, time, planned, time, numbers, ended=True, exact=True, grows=grows(planned, True))


def counted(looks: int) -> IntArray:
    """1, 2, ..."""
    return np.arange(1, looks + 1)


def grows(information: FloatArray, ended: bool) -> BoolArray:
    """Whether a look adds information; of looks that see the same at the end, the last one tests."""
    found = information > 0
    found[..., 1:] = information[..., :-1] < (1 - GROWTH) * information[..., 1:]
    if ended and not found[..., -1].all():
        after = np.cumsum(found[..., ::-1], axis=-1)[..., ::-1]  # looks from here on that do
        found &= (after > 1) | found[..., -1:]
        found[..., -1] = True
    return found


class Solved(NamedTuple):
    """What a boundary makes of a schedule, each (..., K)."""

    efficacy: FloatArray
    futility: FloatArray
    mean: FloatArray | None = None  # of Z at the planned looks, that futility bounds are built for
