"""What the result of a trial with several looks says about the rate.

Results are ordered by stage: success at an earlier look is more extreme than at a later one, futility at an earlier
look less, and at one look more responses are more extreme.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from typing import final

import numpy as np

from icibaseline._exact.binomial import density
from icibaseline._exact.stages import Stages
from icibaseline._values import FloatArray, IntArray
from icibaseline.solve import root

__all__ = ["OffPlan", "Result", "Seen"]

_ROUNDING = 1e-14
_SLACK = 1 + 1e-12  # a probability that equals its limit keeps it


class Result(ABC):
    """A result with its place among all that could have been."""

    @abstractmethod
    def at_least(self, rates: FloatArray) -> FloatArray:
        """Probability of a result at least as extreme, (B,)."""

    @abstractmethod
    def at_most(self, rates: FloatArray) -> FloatArray:
        """Probability of a result at most as extreme, (B,)."""

    @property
    @abstractmethod
    def unbiased(self) -> float:
        """The unbiased estimate of the rate with the least variance."""

    def interval(self, level: float) -> tuple[float, float]:
        """The rates at which neither probability is below half of what the level leaves."""
        tail = (1 - level) / 2
        return _crossing(self.at_least, tail), 1 - _crossing(lambda fails: self.at_most(1 - fails), tail)

    @property
    def median_unbiased(self) -> float:
        """The rate at which results at least and at most as extreme are equally likely."""

        def gap(rates: FloatArray) -> FloatArray:
            return self.at_least(rates) - self.at_most(rates)

        ends = gap(np.array([0.0, 1.0]))
        if ends[0] >= 0 or ends[1] <= 0:
            return 0.0 if ends[0] >= 0 else 1.0
        return float(root(gap, np.zeros(1), np.ones(1), tolerance=_ROUNDING)[0])


@final
class Seen(Result):
    """A count at the look with which the trial ended, as planned."""

    def __init__(self, stages: Stages, look: int, count: int) -> None:
        self.stages, self.look, self.count = stages, look, count
        self._shares = stages.shares()

    def _here(self, rates: FloatArray) -> FloatArray:
        return np.asarray(density(int(self.stages.sizes[self.look]), rates) * self._shares[self.look][0])

    def _earlier(self, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probabilities of earlier success and futility."""
        success, failure = self.stages.chances(rates, self._shares)
        return success[:, : self.look].sum(axis=1), failure[:, : self.look].sum(axis=1)

    def at_least(self, rates: FloatArray) -> FloatArray:
        """Earlier successes, and here as many responses or more, whatever they would have led to."""
        return np.asarray(self._earlier(rates)[0] + self._here(rates)[:, self.count :].sum(axis=1))

    def at_most(self, rates: FloatArray) -> FloatArray:
        """Earlier futility, and here as many responses or fewer."""
        return np.asarray(self._earlier(rates)[1] + self._here(rates)[:, : self.count + 1].sum(axis=1))

    @property
    def unbiased(self) -> float:
        """The share, among the orders of patients that lead here, of those that begin with a response [1].

        [1] Girshick MA, Mosteller F, Savage LJ. Unbiased estimates for certain binomial sampling problems with
            applications. Ann Math Stat 1946; 17: 13-23. Jung SH, Kim KM. On the estimation of the binomial probability
            in multistage clinical trials. Stat Med 2004; 23: 881-896.
        """
        every, first = self._shares[self.look][:, self.count]
        return float(first / every)


@final
class OffPlan(Result):
    """A count after a last stage of another size than planned, given the count at the look before.

    What the plan would have made of that count, the conditional error, is kept with the new size [1]. The plan's tests
    are a family: reject from c responses in all, or from c + 1 with a probability of g and from c otherwise. The member
    whose conditional error is the p value of the last stage alone is the one that the result just reaches, and its
    probability over all is that of a result at least as extreme. With the planned size this is the plan's own.

    [1] Koyama T, Chen H. Proper inference from Simon's two-stage designs. Stat Med 2008; 27: 3145-3154. Müller HH,
        Schäfer H. A general statistical principle for changing a design any time during the course of a trial. Stat
        Med 2004; 23: 2497-2508.
    """

    def __init__(
        self, stages: Stages, before: int, patients: int, count: int, shares: list[FloatArray] | None = None
    ) -> None:
        self.stages, self.before, self.patients, self.count = stages, before, patients, count
        self._planned = int(stages.sizes[-1] - stages.sizes[-2])
        self._shares = stages.shares() if shares is None else shares
        self._share = self._shares[-2][0]
        self._on = np.flatnonzero(~stages.stops(len(stages.sizes) - 2) & (self._share > 0))

    def at_least(self, rates: FloatArray) -> FloatArray:
        """Earlier successes, and what the plan's test that this result just reaches would reject at the end."""
        success, _ = self.stages.chances(rates, self._shares)
        family = _Family(density(self._planned, rates), density(self.patients, rates), self.count)
        return np.asarray(success[:, :-1].sum(axis=1) + self._over_paths(rates, family, self.before - self._on))

    def at_most(self, rates: FloatArray) -> FloatArray:
        """The same from the other side, with patients who do not respond."""
        _, failure = self.stages.chances(rates, self._shares)
        others = self.patients - self.count
        family = _Family(density(self._planned, rates)[:, ::-1], density(self.patients, rates)[:, ::-1], others)
        return np.asarray(failure[:, :-1].sum(axis=1) + self._over_paths(rates, family, self._on - self.before))

    def needed(self, rate: float, error: float) -> int | None:
        """Least count of the last stage with a p value of at most the plan's error; None where none has.

        The member of the family with that overall error is the test that the plan's looks allow: with the planned sizes
        it is the plan's own, with another first look one between two counts.
        """

        def reached(count: int) -> bool:
            other = OffPlan(self.stages, self.before, self.patients, count, self._shares)
            return bool(other.at_least(np.array([rate]))[0] <= error * _SLACK)

        least = bisect_left(range(self.patients + 1), True, key=reached)
        return least if least <= self.patients else None

    def _over_paths(self, rates: FloatArray, family: _Family, shift: IntArray) -> FloatArray:
        weight = (density(int(self.stages.sizes[-2]), rates) * self._share)[:, self._on]
        return np.asarray((weight * family.errors(shift)).sum(axis=1))

    @property
    def attained(self) -> Seen:
        """The same result as if the size had been planned so."""
        sizes = self.stages.sizes.copy()
        sizes[-1] = sizes[-2] + self.patients
        return Seen(self.stages._replace(sizes=sizes), len(sizes) - 1, self.before + self.count)

    @property
    def unbiased(self) -> float:
        """That of a trial with the size attained: unbiased if the size did not depend on the responses."""
        return self.attained.unbiased


class _Family:
    """Tests of the last stage that reject from x, or else from x + 1 on, where their error is the p value of a count.

    Laws of the planned and the actual number of responses are (B, n + 1).
    """

    def __init__(self, planned: FloatArray, actual: FloatArray, count: int) -> None:
        self._above, below = _above(planned), _below(planned)  # P(X >= x), P(X < x), x from 0 to n + 1
        p, rest = _above(actual)[:, count], _below(actual)[:, count]
        # where the p value is near 1, what is left of it tells tests apart that have the same error after rounding
        small = p < 0.5
        reaches = np.where(small[:, None], self._above >= p[:, None], below <= rest[:, None])
        self._x = np.clip(np.count_nonzero(reaches, axis=1) - 1, 0, planned.shape[1] - 1)
        rows, x = np.arange(len(planned)), self._x
        with np.errstate(divide="ignore", invalid="ignore"):
            from_above = (self._above[rows, x] - p) / (self._above[rows, x] - self._above[rows, x + 1])
            from_below = (rest - below[rows, x]) / (below[rows, x + 1] - below[rows, x])
        self._part = np.clip(np.nan_to_num(np.where(small, from_above, from_below)), 0.0, 1.0)

    def errors(self, shift: IntArray) -> FloatArray:
        """Errors, (B, S), where the counts before were less by the shifts (S,)."""
        rows, last = np.arange(len(self._x))[:, None], self._above.shape[1] - 1
        places = self._x[:, None] + shift
        here, next_one = (self._above[rows, np.clip(x, 0, last)] for x in (places, places + 1))
        return np.asarray((1 - self._part[:, None]) * here + self._part[:, None] * next_one)


def _below(law: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((len(law), 1)), np.cumsum(law, axis=1)], axis=1)


def _above(law: FloatArray) -> FloatArray:
    return np.asarray(_below(law[:, ::-1])[:, ::-1])


def _crossing(chance: Callable[[FloatArray], FloatArray], level: float) -> float:
    """Where a probability that rises from 0 to 1 takes a level; 0 where it is above that from the start."""
    if float(chance(np.zeros(1))[0]) >= level:
        return 0.0
    return float(root(lambda p: chance(p) - level, np.zeros(1), np.ones(1), tolerance=_ROUNDING)[0])
