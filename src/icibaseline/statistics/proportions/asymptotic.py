"""Tests of two response rates by a statistic that is referred to the normal distribution."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, value
from icibaseline.rates import RateEffect, RiskDifference
from icibaseline.solve import root
from icibaseline.statistics.proportions.base import NO_DIFFERENCE, ProportionTest, a_margin, measure_of, seen_counts
from icibaseline.statistics.proportions.measures import Counts2, Difference, Measure, Odds, Ratio, quotient
from icibaseline.statistics.proportions.regions import Region, region_above

__all__ = ["FarringtonManning", "PooledZ", "UnpooledZ"]

_REACH = 15.0  # of the scale on which an interval is looked for


def _formula(name: str, held: object) -> str:
    return _checks.choice(name, held, ("exact", "normal"))


_FORMULA = attrs.field(default="exact", kw_only=True, converter=as_field(_formula))


class ZTest(ProportionTest):
    """Abstract test whose statistic is compared with a quantile of the normal distribution."""

    formula: str

    @abstractmethod
    def z(self, seen: Counts2) -> FloatArray:
        """The statistic of tables."""

    def find_region(self, n_experimental: int, n_control: int, alpha: float) -> Region:
        """The tables on which the test rejects."""
        return region_above(self.z, float(ndtri(1 - alpha)), n_experimental, n_control)

    def p_values(self, seen: Counts2) -> FloatArray:
        """One-sided p-values of tables; responses (R,)."""
        return np.asarray(ndtr(-self.z(seen)))

    @property
    def normal(self) -> bool:
        """Whether power is taken from the normal approximation, not from the exact distribution."""
        return self.formula == "normal"

    @property
    def exact(self) -> bool:
        """Its type I error can be above alpha."""
        return False

    @property
    def approximation(self) -> ProportionTest:
        """Its own normal approximation."""
        return self.with_(formula="normal")

    @property
    def quicker(self) -> tuple[ProportionTest, ...]:
        """None is needed."""
        return ()

    def surely(self, seen: Counts2, alpha: float) -> BoolArray:
        """Z above the bound: it rises with n, with the experimental rate and as the control rate falls."""
        return np.asarray(self.z(seen) > ndtri(1 - alpha))


@final
@value
class PooledZ(ZTest):
    r"""Z test of two response rates with the variance at the pooled rate: the signed root of Pearson's chi-squared.

    Parameters
    ----------
    formula : {"exact", "normal"}
        Whether size and power come from the exact distribution of the two counts or from the normal approximation.

    Notes
    -----
    :math:`Z = (\hat p_1 - \hat p_0) / \sqrt{\bar p (1 - \bar p) (1 / n_1 + 1 / n_0)}`, compared with the normal
    quantile. The type I error can be above alpha; `worst` tells by how much.

    Examples
    --------
    >>> import icibaseline as ici
    >>> test = ici.PooledZ()
    >>> round(test.p_value(control=(2, 20), experimental=(8, 20)), 4)
    0.0142
    >>> round(test.worst(20, 20, alpha=0.025).value, 4)
    0.0267
    """

    formula: str = _FORMULA

    @property
    def measure(self) -> Difference:
        """No difference."""
        return NO_DIFFERENCE

    def z(self, seen: Counts2) -> FloatArray:
        """The statistic of tables."""
        return self.measure.score(seen)

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        return self.measure.moments(true)

    @property
    def name(self) -> str:
        """What the test is called."""
        return "the Z test with pooled variance"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("fleiss1980",) if self.normal else ("suissa1985",)


@final
@value
class UnpooledZ(ZTest):
    r"""Z test of two response rates with the variance at the two observed rates (Wald).

    Parameters
    ----------
    formula : {"exact", "normal"}
        Whether size and power come from the exact distribution of the two counts or from the normal approximation.

    Notes
    -----
    :math:`Z = (\hat p_1 - \hat p_0) / \sqrt{\hat p_1 (1 - \hat p_1) / n_1 + \hat p_0 (1 - \hat p_0) / n_0}`.
    In small trials it rejects too often, more so than `PooledZ`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.UnpooledZ().worst(20, 20, alpha=0.025).value, 4)
    0.0404
    """

    formula: str = _FORMULA

    @property
    def measure(self) -> Difference:
        """No difference."""
        return NO_DIFFERENCE

    def z(self, seen: Counts2) -> FloatArray:
        """The statistic of tables."""
        own, other = seen.rates
        return quotient(own - other, own * (1 - own) / seen.n_experimental + other * (1 - other) / seen.n_control)

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        drift = self.z(true)
        return drift, np.ones_like(drift)

    @property
    def name(self) -> str:
        """What the test is called."""
        return "the Z test with unpooled variance"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("fleiss1980",) if self.normal else ("suissa1985",)


@final
@value
class FarringtonManning(ZTest):
    """Score test of two response rates against a margin, with the variance at the most likely rates on the margin.

    Parameters
    ----------
    margin : RiskDifference, RiskRatio or OddsRatio
        Null hypothesis: the experimental rate is at most this much above (or below) the control rate. A negative
        difference, or a ratio below 1, tests non-inferiority.
    formula : {"exact", "normal"}
        Whether size and power come from the exact distribution of the two counts or from the normal approximation.
    correction : bool
        Whether the variance is multiplied by n / (n - 1), as Miettinen and Nurminen do.

    Raises
    ------
    InvalidInput
        If the margin is of another kind or is uncertain.

    Notes
    -----
    Without a difference it is `PooledZ`. The normal approximation is that of Farrington and Manning [1]_ with their
    restricted maximum likelihood; for odds ratios it is the same for the score of the conditional family [2]_.

    References
    ----------
    .. [1] Farrington CP, Manning G. Test statistics and sample size formulae for comparative binomial trials with null
       hypothesis of non-zero risk difference or non-unity relative risk. Statistics in Medicine 1990; 9: 1447-1454.
    .. [2] Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985; 4: 213-226.

    Examples
    --------
    >>> import icibaseline as ici
    >>> test = ici.FarringtonManning(margin=ici.RiskDifference(-0.1))
    >>> round(test.p_value(control=(20, 50), experimental=(21, 50)), 4)
    0.1102
    >>> low, high = test.interval(control=(20, 50), experimental=(21, 50))
    >>> round(low, 4), round(high, 4)
    (-0.1703, 0.2089)
    """

    margin: RateEffect = attrs.field(factory=lambda: RiskDifference(0.0), kw_only=True, converter=as_field(a_margin))
    formula: str = _FORMULA
    correction: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    @property
    def measure(self) -> Difference | Ratio | Odds:
        """The null hypothesis."""
        return measure_of(self.margin)

    def z(self, seen: Counts2) -> FloatArray:
        """The statistic of tables."""
        return self._z(self.measure, seen)

    def _z(self, measure: Measure, seen: Counts2) -> FloatArray:
        return measure.score(seen) * self._shrink(seen)

    def _shrink(self, seen: Counts2) -> float:
        n = seen.n_experimental + seen.n_control
        return math.sqrt((n - 1) / n) if self.correction else 1.0

    def interval(
        self, *, control: tuple[int, int], experimental: tuple[int, int], level: float = 0.95
    ) -> tuple[float, float]:
        """Margins that the test does not reject, from either side, on the scale of its margin.

        Parameters
        ----------
        control, experimental : (int, int)
            Responses and patients.
        level : float, optional
            Two-sided level; each limit is a one-sided test.

        Returns
        -------
        (float, float)
            Limits of the difference, ratio or odds ratio.

        Raises
        ------
        InvalidInput
            If an arm is not such a pair, or the level no probability.
        """
        bound = float(ndtri((1 + _checks.open_unit("level", level)) / 2))
        seen, measure, reach = seen_counts(control, experimental), self.measure, np.array([_REACH])

        def z(place: FloatArray) -> FloatArray:
            return self._z(measure.at(float(place[0])), seen)

        low, high = measure.ends
        if z(-reach)[0] > bound:
            low = measure.at(float(root(lambda x: z(x) - bound, -reach, reach)[0])).margin
        if z(reach)[0] < -bound:
            high = measure.at(float(root(lambda x: z(x) + bound, -reach, reach)[0])).margin
        return low, high

    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""
        drift, spread = self.measure.moments(true)
        shrink = self._shrink(true)
        return shrink * drift, shrink * spread

    @property
    def name(self) -> str:
        """What the test is called."""
        return "the Miettinen-Nurminen test" if self.correction else "the Farrington-Manning test"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""
        return ("farrington1990", "miettinen1985")
