"""Rules that end a single-arm trial by the number of responses.

A rule has a theory face, the counts at which a trial of so many patients succeeds or stops, and a data face, the rule
as its definition says it, on data. The benchmark is handed to it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import kl_div, ndtr

from icibaseline._exact import Stages
from icibaseline._exact.binomial import at_least, at_most
from icibaseline._values import BoolArray, FloatArray, IntArray, Value
from icibaseline.distributions import BetaMixture, Distribution
from icibaseline.errors import reject

__all__ = [
    "Certainty",
    "CountRule",
    "History",
    "Judged",
    "OneLookRule",
    "Reference",
    "at_least",
    "at_most",
    "countable",
    "least_counts",
]

_MOST = 10_000_000  # patients
_COUNTED, _LOOKED = 1_000_000, 5_000  # patients whose responses are counted once, and at several looks


class History(NamedTuple):
    """The published count behind a benchmark."""

    responses: int
    patients: int
    before: tuple[float, float]  # beta parameters before the count

    @property
    def mixed(self) -> bool:
        """Whether some responded and some did not, so that the share who did is a rate to hold a trial against."""
        return 0 < self.responses < self.patients


class Reference(NamedTuple):
    """What the experimental rate is held against."""

    rate: float  # the plug-in
    law: Distribution | None = None  # of the control rate, given the history; None where that is not known
    history: History | None = None  # behind the law, where it is known

    def had_there_been(self, responses: int) -> Reference:
        """What it would be after another count of as many patients."""
        assert self.history is not None
        patients, before = self.history.patients, self.history.before
        law = BetaMixture.from_counts(responses, patients, prior=before)
        return Reference.after(law, History(responses, patients, before))

    @classmethod
    def after(cls, law: Distribution, history: History) -> Reference:
        """After a count: the share of those who responded, or the law's median where that would be 0 or 1."""
        return cls(history.responses / history.patients if history.mixed else float(law.typical), law, history)


class Judged(NamedTuple):
    """What a rule says of data, (R, K) each."""

    success: BoolArray
    futile: BoolArray


class Certainty(NamedTuple):
    r"""A sufficient condition, by which a number of patients is known from which on a target is always reached.

    x responses of n succeed if :math:`\sum_j w_j P(\mathrm{Bin}(n + e, t_j) < x) \ge c`, with places t, masses w, level
    c and e patients extra. Binomial probabilities are bounded on either side by normal ones [1]_:
    with :math:`C(k) = \Phi(\pm \sqrt{2 n \, KL(k / n, p)})`, of the sign of :math:`k / n - p`,
    :math:`C(k) \le P(X \le k) \le C(k + 1)`. So a share y of n + e is enough, apart from rounding, if
    :math:`\sum_{t_j < y} w_j \Phi(\sqrt{2 (n + e) KL(y, t_j)}) \ge c`. It falls as n grows, and so does the bound on
    the probability that an arm with a rate above it stays below.

    .. [1] Zubkov AM, Serov AA. A complete proof of universal inequalities for the distribution function of the binomial
       law. Theory of Probability and its Applications 2013; 57: 539-544.
    """

    places: FloatArray  # (J,)
    masses: FloatArray  # (J,)
    level: float
    extra: int = 0

    def size(self, rates: FloatArray, weights: FloatArray, target: float) -> int | None:
        """A number of patients from which on power, averaged over rates (B,), reaches a target; None if not known."""
        high = 1
        while self._sure(high, rates, weights) < target:
            high *= 2
            if high > _MOST:
                return None
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._sure(middle, rates, weights) >= target else (middle, high)
        return high

    def _sure(self, n: int, rates: FloatArray, weights: FloatArray) -> float:
        """A bound from below on the average power, which rises with n."""
        all_of = n + self.extra
        low, high = 0.0, 1.0  # shares that are not enough, and enough
        for _ in range(60):
            middle = (low + high) / 2
            below = self.places < middle
            gaps = np.sqrt(2 * all_of * _divergence(middle, self.places[below]))
            low, high = (low, middle) if self.masses[below] @ ndtr(gaps) >= self.level else (middle, high)
        share = (all_of * high + 2) / n
        above = rates > share
        return float(weights[above] @ ndtr(np.sqrt(2 * n * _divergence(share, rates[above])))) if share < 1 else 0.0


def _divergence(x: float, y: FloatArray) -> FloatArray:
    """Of the Bernoulli law with rate x from that with rate y."""
    return np.asarray(np.maximum(kl_div(x, y) + kl_div(1 - x, 1 - y), 0.0))


def countable(name: str, n: int, looks: int) -> int:
    """A number of patients whose responses can be counted exactly in a reasonable time.

    Raises
    ------
    InvalidInput
        If there are too many.
    """
    most, when = (_COUNTED, "counted once") if looks == 1 else (_LOOKED, "counted at several looks")
    if n > most:
        reject(name, f"at most {most:,} patients where responses are {when}", n)
    return n


class CountRule(Value):
    """Abstract rule that ends a single-arm trial by the number of responses."""

    @abstractmethod
    def bounds(self, n: int, reference: Reference) -> Stages:
        """The looks of a trial of n patients, and the counts that succeed or stop at them."""

    @abstractmethod
    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """What the rule says of data: responses (R, K) among the first ``sizes[k]`` patients."""

    @abstractmethod
    def bracket(self, sizes: IntArray, reference: Reference, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bounds on power from below and from above, (B, N) each, that are quickly found for many sizes."""

    @abstractmethod
    def floor(self, reference: Reference) -> float:
        """The rate above which power tends to 1 as n grows."""

    @abstractmethod
    def floor_in_words(self, reference: Reference) -> str:
        """What the floor is."""

    @abstractmethod
    def check(self, reference: Reference) -> None:
        """Raise `InvalidInput` if the rule cannot use the benchmark."""

    @property
    @abstractmethod
    def nominal(self) -> float | None:
        """The type I error that the rule is built for, one-sided; None if it is what it happens to be."""

    @property
    @abstractmethod
    def sizable(self) -> bool:
        """Whether the rule can be applied to any number of patients, so that one can be searched."""

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""


class OneLookRule(CountRule):
    """Abstract rule that is applied once, when all responses are known."""

    @abstractmethod
    def least(self, sizes: IntArray, reference: Reference) -> IntArray:
        """The least number of responses that succeeds among so many patients; above that number where none does."""

    @abstractmethod
    def certainty(self, reference: Reference, highest: float) -> Certainty:
        """A condition that suffices for success, for rates up to the highest."""

    def bracket(self, sizes: IntArray, reference: Reference, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Power itself."""
        power = at_least(self.least(sizes, reference), sizes, rates[:, None])
        return power, power

    def bounds(self, n: int, reference: Reference) -> Stages:
        """One look, after all patients."""
        sizes = np.array([n])
        least = self.least(sizes, reference).astype(float)
        return Stages(sizes, np.where(least > n, np.inf, least), np.minimum(least, n + 1) - 1)


def least_counts(enough: Callable[[IntArray, IntArray], BoolArray], sizes: IntArray, guess: FloatArray) -> IntArray:
    """For each size the least count from 0 on that is enough, or size + 1; from a guess.

    ``enough(counts, sizes)`` must hold for every larger count too.
    """
    high = np.clip(np.ceil(guess), 0, sizes + 1).astype(np.int64)
    low = high - 1

    def holds(counts: IntArray, asked: BoolArray) -> BoolArray:
        found = asked.copy()
        if asked.any():
            found[asked] = enough(counts[asked], sizes[asked])
        return found

    step = 1
    while (short := (high <= sizes) & ~holds(high, high <= sizes)).any():  # up to a count that is enough
        low, high, step = (
            np.where(short, high, low),
            np.where(short, np.minimum(high + step, sizes + 1), high),
            2 * step,
        )
    step = 1
    while (still := holds(low, low >= 0)).any():  # down to one that is not
        high, low, step = np.where(still, low, high), np.where(still, np.maximum(low - step, -1), low), 2 * step
    while (apart := high - low > 1).any():
        middle = (low + high) // 2
        found = holds(middle, apart)
        low, high = np.where(apart & ~found, middle, low), np.where(found, middle, high)
    return high
