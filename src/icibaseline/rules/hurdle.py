"""The counts at which the posterior probability of being better reaches a level."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from icibaseline._exact.beliefs import Belief, above, first_count
from icibaseline._values import BoolArray, IntArray
from icibaseline.distributions import BetaMixture
from icibaseline.rules.counts import Reference
from icibaseline.rules.responses import Posterior

__all__ = ["Hurdle", "belief_of", "law_after"]

_BLOCK = 64  # sizes whose counts are found together and kept


class Hurdle(NamedTuple):
    """Whether the experimental rate is better by more than delta with a posterior probability of at least a level."""

    level: float
    prior: BetaMixture
    delta: float

    def least(self, sizes: IntArray, reference: Reference) -> IntArray:
        """The least counts that pass, (K,); above the size where none does."""
        found = {block: _least(self, block, reference) for block in {int(n) // _BLOCK for n in sizes}}
        return np.array([found[int(n) // _BLOCK][int(n) % _BLOCK] for n in sizes], dtype=int)

    def passed(self, n: int, reference: Reference) -> BoolArray:
        """Which of 0 to n responses pass, (n + 1,), from the posterior law of either rate."""
        counts = np.arange(n + 1)
        if reference.law is not None:
            rule = Posterior(self.level, prior=self.prior, delta=self.delta)
            return rule.judge(counts[:, None], np.array([n]), reference).success[:, 0]
        return (
            np.array([1 - law_after(self.prior, int(x), n).cdf(reference.rate + self.delta) for x in counts])
            >= self.level
        )


@lru_cache(maxsize=256)
def _least(hurdle: Hurdle, block: int, reference: Reference) -> IntArray:
    sizes, law = np.arange(_BLOCK * block, _BLOCK * (block + 1)), reference.law
    if law is not None and not isinstance(law, BetaMixture):
        rule = Posterior(hurdle.level, prior=hurdle.prior, delta=hurdle.delta)
        return rule.least(np.maximum(sizes, 1), reference)
    prior, benchmark = belief_of(hurdle.prior), reference.rate if law is None else belief_of(law)
    return first_count(lambda x: above(prior.after(x, sizes), benchmark, hurdle.delta) >= hurdle.level, sizes)


def belief_of(law: BetaMixture) -> Belief:
    """A law as arrays."""
    return Belief(np.array(law.weights), np.array(law.a), np.array(law.b))


def law_after(prior: BetaMixture, responses: int, n: int) -> BetaMixture:
    """The law of a rate after a count."""
    belief = belief_of(prior).after(responses, n)
    weights, a, b = (tuple(float(x) for x in part) for part in belief)
    return BetaMixture(weights, a, b)
