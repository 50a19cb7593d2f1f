"""Exact tests of two response rates: their type I error is at most alpha whatever the rates are."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar, final

import attrs
import numpy as np
from scipy.special import gammaln, kl_div

from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, value
from icibaseline.errors import InvalidInput
from icibaseline.rates import RateEffect, RiskDifference
from icibaseline.statistics.proportions.asymptotic import FarringtonManning, PooledZ
from icibaseline.statistics.proportions.base import NO_DIFFERENCE, ProportionTest, a_margin, measure_of
from icibaseline.statistics.proportions.measures import Counts2, Difference, Measure, Odds, Ratio
from icibaseline.statistics.proportions.regions import TOLERANCE, Region, table

__all__ = ["Barnard", "Boschloo", "FisherExact"]

_TIED = 1e-9  # statistics that differ by less are the same number
_MOST = 4000  # patients; the tables would fill the memory
_COARSE = 60  # patients, for each of which a rate is left out at first


def fisher_tails(n: int, m: int) -> FloatArray:
    """One-sided p-values of Fisher's exact test, (n + 1, m + 1)."""
    x, total = np.arange(n + 1.0), np.arange(n + m + 1.0)[:, None]
    y = total - x
    inside = (y >= 0) & (y <= m)
    ways = gammaln(n + 1.0) - gammaln(x + 1) - gammaln(n - x + 1)
    held = np.where(inside, y, 0.0)
    ways = ways + gammaln(m + 1.0) - gammaln(held + 1) - gammaln(m - held + 1)
    ways = ways - (gammaln(n + m + 1.0) - gammaln(total + 1) - gammaln(n + m - total + 1))
    tails = np.cumsum(np.exp(np.where(inside, ways, -np.inf))[:, ::-1], axis=1)[:, ::-1]
    rows, columns = np.arange(n + 1)[:, None], np.arange(m + 1)
    return np.asarray(np.minimum(tails[rows + columns, rows], 1.0))


def _check_size(n: int, m: int) -> None:
    if n + m > _MOST:
        raise InvalidInput(
            f"`n` must be at most {_MOST} for an exact test; got {n + m}. PooledZ or FarringtonManning have no limit."
        )


@lru_cache(maxsize=8)
def _tails(n: int, m: int) -> FloatArray:
    _check_size(n, m)
    return fisher_tails(n, m)


def _fisher_surely(seen: Counts2, alpha: float) -> BoolArray:
    """Whether a bound on Fisher's p-value is at most alpha [1]_: exp(-n KL(experimental rate, pooled rate)).

    .. [1] Chvatal V. The tail of the hypergeometric distribution. Discrete Mathematics 1979; 25: 285-287.
    """
    x, n = np.asarray(seen.experimental), seen.n_experimental
    together = (x + seen.control) / (n + seen.n_control)
    distance = kl_div(x / n, together) + kl_div(1 - x / n, 1 - together)
    return np.asarray((x / n > together) & (np.exp(-n * distance) <= alpha))


def _above(order: FloatArray, cut: float) -> Region:
    """Tables whose place in an order, which rises with the experimental count, is at least a cut."""
    return Region(np.sum(order < cut - _TIED / 2, axis=0), len(order) - 1)


def _largest(order: FloatArray, measure: Measure, alpha: float) -> Region:
    """The largest region of an order whose probability is at most alpha everywhere on the null boundary."""
    cuts = np.unique(order)[::-1]
    cuts = cuts[np.concatenate([[True], np.diff(cuts) < -_TIED])]  # one for each group of ties, the highest first
    level = alpha + TOLERANCE
    apart = 1 + sum(order.shape) // _COARSE

    def tried(place: int) -> Region:
        return _above(order, float(cuts[place]) if place >= 0 else np.inf)

    def large(place: int) -> bool:
        return bool(tried(place).seen_at_once(measure, apart).max() > level)

    def small(place: int) -> bool:
        return tried(place).worst(measure, enough=level).value <= level

    high = bisect_left(range(len(cuts)), True, key=large)  # what is too large at one of few rates is too large
    low, step = high - 1, 1
    while low >= 0 and not small(low):
        low, high, step = max(low - step, -1), low, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if small(middle) else (low, middle)
    return tried(low)


class Unconditional(ProportionTest):
    """Abstract exact test: tables in an order, and the largest type I error of those at least as extreme."""

    @abstractmethod
    def order(self, n_experimental: int, n_control: int) -> FloatArray:
        """How extreme each table is, (n_experimental + 1, n_control + 1)."""

    def find_region(self, n_experimental: int, n_control: int, alpha: float) -> Region:
        """The tables on which the test rejects."""
        return _largest(self.order(n_experimental, n_control), self.measure, alpha)

    def p_values(self, seen: Counts2) -> FloatArray:
        """One-sided p-values of tables; responses (R,)."""
        sizes = int(seen.n_experimental), int(seen.n_control)
        pairs = zip(np.atleast_1d(seen.experimental), np.atleast_1d(seen.control), strict=True)
        return np.array([_unconditional_p(self, *sizes, int(x), int(y)) for x, y in pairs])

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        return self.measure.moments(true)

    @property
    def normal(self) -> bool:
        """There is no normal approximation of it."""
        return False

    @property
    def exact(self) -> bool:
        """Its type I error is at most alpha."""
        return True


@lru_cache(maxsize=65536)
def _unconditional_p(test: Unconditional, n: int, m: int, x: int, y: int) -> float:
    order = test.order(n, m)
    return _above(order, float(order[x, y])).worst(test.measure).value


@lru_cache(maxsize=8)
def _boschloo_order(n: int, m: int) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.minimum(-np.log(_tails(n, m)), 1e6)


@lru_cache(maxsize=8)
def _barnard_order(margin: RateEffect, n: int, m: int) -> FloatArray:
    _check_size(n, m)
    return np.minimum(measure_of(margin).score(table(n, m)), 1e6)


@final
@value
class FisherExact(ProportionTest):
    r"""Fisher's exact test: given the number of responses in both arms together.

    Notes
    -----
    Rejects if :math:`P(X \ge x \mid X + Y = x + y) \le \alpha` with X hypergeometric. Its type I error is at most
    alpha given every total, and in small trials well below it: `Boschloo` rejects whenever it does, and more often.

    Examples
    --------
    >>> import icibaseline as ici
    >>> test = ici.FisherExact()
    >>> round(test.p_value(control=(2, 20), experimental=(8, 20)), 4)
    0.0324
    >>> round(test.worst(20, 20, alpha=0.025).value, 4)
    0.0127
    """

    _elsewhere: ClassVar[Mapping[str, str]] = {"margin": " Barnard takes a margin."}

    @property
    def measure(self) -> Difference:
        """No difference."""
        return NO_DIFFERENCE

    def find_region(self, n_experimental: int, n_control: int, alpha: float) -> Region:
        """The tables on which the test rejects."""
        return Region(np.sum(_tails(n_experimental, n_control) > alpha * (1 + _TIED), axis=0), n_experimental)

    def p_values(self, seen: Counts2) -> FloatArray:
        """One-sided p-values of tables; responses (R,)."""
        from scipy.stats import hypergeom

        n, m = int(seen.n_experimental), int(seen.n_control)
        x, y = np.asarray(seen.experimental), np.asarray(seen.control)
        return np.asarray(hypergeom.sf(x - 1, n + m, n, x + y))

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        return self.measure.moments(true)

    @property
    def normal(self) -> bool:
        """There is no normal approximation of it."""
        return False

    @property
    def exact(self) -> bool:
        """Its type I error is at most alpha."""
        return True

    @property
    def approximation(self) -> ProportionTest:
        """The Z test."""
        return PooledZ(formula="normal")

    @property
    def quicker(self) -> tuple[ProportionTest, ...]:
        """None is needed."""
        return ()

    def surely(self, seen: Counts2, alpha: float) -> BoolArray:
        """A bound on its p-value."""
        return _fisher_surely(seen, alpha)

    @property
    def name(self) -> str:
        """What the test is called."""
        return "Fisher's exact test"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("fisher1935",)


@final
@value
class Boschloo(Unconditional):
    """Boschloo's exact test: Fisher's p-value as the statistic, its largest type I error over all rates as the p-value.

    Notes
    -----
    Rejects whenever `FisherExact` does, so its power is at least as high at every pair of rates [1]_. The largest type
    I error over the common rate is found within 1e-10: steps in which it could be exceeded are halved until it cannot.

    References
    ----------
    .. [1] Boschloo RD. Raised conditional level of significance for the 2 x 2-table when testing the equality of two
       probabilities. Statistica Neerlandica 1970; 24: 1-9.

    Examples
    --------
    >>> import icibaseline as ici
    >>> test = ici.Boschloo()
    >>> round(test.p_value(control=(2, 20), experimental=(8, 20)), 4)
    0.0193
    >>> round(test.worst(20, 20, alpha=0.025).value, 4)
    0.0232
    """

    @property
    def measure(self) -> Difference:
        """No difference."""
        return NO_DIFFERENCE

    def order(self, n_experimental: int, n_control: int) -> FloatArray:
        """How extreme each table is, (n_experimental + 1, n_control + 1)."""
        return _boschloo_order(n_experimental, n_control)

    @property
    def approximation(self) -> ProportionTest:
        """The Z test."""
        return PooledZ(formula="normal")

    @property
    def quicker(self) -> tuple[ProportionTest, ...]:
        """Fisher's exact test."""
        return (FisherExact(),)

    def surely(self, seen: Counts2, alpha: float) -> BoolArray:
        """Where Fisher's exact test does."""
        return _fisher_surely(seen, alpha)

    @property
    def name(self) -> str:
        """What the test is called."""
        return "Boschloo's test"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("boschloo1970",)


@final
@value
class Barnard(Unconditional):
    """Unconditional exact test with the score statistic: its largest type I error over all rates is the p-value.

    Parameters
    ----------
    margin : RiskDifference, RiskRatio or OddsRatio
        Null hypothesis: the experimental rate is at most this much above (or below) the control rate.

    Raises
    ------
    InvalidInput
        If the margin is of another kind or is uncertain.

    Notes
    -----
    Tables are ordered by the statistic of `FarringtonManning`, which without a difference is that of `PooledZ` [1]_;
    with a margin it is the exact test of Chan [2]_. Barnard's own order (CSM) [3]_, built table by table, is not
    offered.

    References
    ----------
    .. [1] Suissa S, Shuster JJ. Exact unconditional sample sizes for the 2 x 2 binomial trial.
       Journal of the Royal Statistical Society A 1985; 148: 317-327.
    .. [2] Chan ISF. Exact tests of equivalence and efficacy with a non-zero lower bound for comparative studies.
       Statistics in Medicine 1998; 17: 1403-1413.
    .. [3] Barnard GA. Significance tests for 2 x 2 tables. Biometrika 1947; 34: 123-138.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.Barnard().p_value(control=(2, 20), experimental=(8, 20)), 4)
    0.0193
    >>> round(ici.Barnard().worst(20, 20, alpha=0.025).value, 4)
    0.0249
    """

    margin: RateEffect = attrs.field(factory=lambda: RiskDifference(0.0), kw_only=True, converter=as_field(a_margin))

    @property
    def measure(self) -> Difference | Ratio | Odds:
        """The null hypothesis."""
        return measure_of(self.margin)

    def order(self, n_experimental: int, n_control: int) -> FloatArray:
        """How extreme each table is, (n_experimental + 1, n_control + 1)."""
        return _barnard_order(self.margin, n_experimental, n_control)

    @property
    def approximation(self) -> ProportionTest:
        """The score test."""
        return FarringtonManning(margin=self.margin, formula="normal")

    @property
    def quicker(self) -> tuple[ProportionTest, ...]:
        """None is known."""
        return ()

    def surely(self, seen: Counts2, alpha: float) -> BoolArray:
        """Nothing is known."""
        return np.zeros(np.shape(seen.experimental), dtype=bool)

    @property
    def name(self) -> str:
        """What the test is called."""
        return "Barnard's test"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("suissa1985", "chan1998")
