"""Named approximations of the power of the log-rank test, one class each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
from scipy.special import ndtr

from icibaseline._values import FloatArray
from icibaseline.errors import NoFormula
from icibaseline.statistics.process import covariance
from icibaseline.statistics.risk import RiskSets

if TYPE_CHECKING:
    from icibaseline.statistics.logrank import LogRankMoments

__all__ = ["FORMULAS", "Formula", "SecondOrder"]


class Formula(ABC):
    """How the distribution of Z is approximated."""

    title: ClassVar[str]
    citations: ClassVar[tuple[str, ...]]

    @abstractmethod
    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""

    def exceeds(self, m: LogRankMoments, look: int, bound: float) -> FloatArray:
        """Probability that Z lies above a bound, (B,)."""
        centre, spread = self.margin(m, look, bound)
        return np.asarray(ndtr(centre / spread))

    def margin(self, m: LogRankMoments, look: int, bound: float) -> tuple[FloatArray, FloatArray | float]:
        """Mean and standard deviation of ``Z - bound``, each (B,)."""
        return self.drift(m)[:, look] - bound, 1.0

    def spread(self, m: LogRankMoments) -> FloatArray:
        """Standard deviation of Z, (B, K)."""
        drift = self.drift(m)
        by_look = [np.broadcast_to(self.margin(m, k, 0.0)[1], drift.shape[:1]) for k in range(drift.shape[1])]
        return np.stack(by_look, axis=1)

    def per_root_event(self, m: LogRankMoments) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where it takes the calendar too."""
        return None


def _log_ratios(m: LogRankMoments, formula: str) -> list[FloatArray]:
    """Benefit log(null) - log(hazard ratio) of each stratum, each (B or 1,)."""
    found = []
    for part in m.trial.scenario.parts:
        ratio = part.effect.constant_ratio
        if ratio is None:
            raise NoFormula(
                f'`formula` must be "score" for hazards that are not proportional; got {formula!r}. '
                'Use LogRank(formula="score") or simulate.'
            )
        found.append(np.atleast_1d(np.log(m.statistic.null) - np.log(ratio)))
    return found


def _one_log_ratio(m: LogRankMoments, formula: str) -> FloatArray:
    """The benefit when it is the same in every stratum."""
    ratios = _log_ratios(m, formula)
    if any(not np.array_equal(r, ratios[0]) for r in ratios):
        raise NoFormula(f'`formula` must be "score" or "schoenfeld" when strata differ in effect; got {formula!r}.')
    return ratios[0]


def _unpooled(m: LogRankMoments, formula: str) -> None:
    if len(m.trial.scenario.parts) > 1 and not m.statistic.stratified:
        raise NoFormula(
            f'`formula` must be "score" for a test that pools strata; got {formula!r}. Use LogRank(formula="score").'
        )


@final
class Score(Formula):
    """Expected score over the square root of its expected null variance."""

    title = "score"
    citations = ("schoenfeld1981", "lakatos1988")

    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""
        return m.score / np.sqrt(m.information)


@final
class Schoenfeld(Formula):
    """Log hazard ratio times the root of events times p (1 - p), p the allocated share."""

    title = "Schoenfeld"
    citations = ("schoenfeld1983",)

    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""
        _unpooled(m, "schoenfeld")
        p, q = m.trial.arms
        ratios = _log_ratios(m, "schoenfeld")
        if len(ratios) == 1:
            return ratios[0][:, None] * np.sqrt(p * q * m.events)
        by_stratum = [m.risk.total(s[0].events + s[1].events) for s in m.risk.strata]
        top = sum(r[:, None] * d for r, d in zip(ratios, by_stratum, strict=True))
        return np.asarray(top * np.sqrt(p * q) / np.sqrt(sum(by_stratum)))

    def per_root_event(self, m: LogRankMoments) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,), if the strata share one effect."""
        ratios = _log_ratios(m, "schoenfeld")
        if any(not np.array_equal(r, ratios[0]) for r in ratios):
            return None
        p, q = m.trial.arms
        return np.asarray(np.sqrt(p * q) * ratios[0])


@final
class Freedman(Formula):
    """Freedman's expected log-rank under a constant ratio of risk sets."""

    title = "Freedman"
    citations = ("freedman1982",)

    def per_root_event(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z over the root of the number of events, (B,)."""
        if m.statistic.null != 1 or len(m.trial.scenario.parts) > 1:
            raise NoFormula("`formula` must be \"score\" for a non-inferiority null or strata; got 'freedman'.")
        ratio, r = np.exp(-_one_log_ratio(m, "freedman")), m.trial.ratio
        return np.asarray(np.sqrt(r) * (1 - ratio) / (1 + r * ratio))

    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""
        return self.per_root_event(m)[:, None] * np.sqrt(m.events)


@final
class LachinFoulkes(Formula):
    """Difference in log hazard with separate variances under the null and the alternative."""

    title = "Lachin-Foulkes"
    citations = ("lachin1986",)

    def _spreads(self, m: LogRankMoments) -> tuple[FloatArray, FloatArray]:
        """Standard deviations of the log hazard ratio under null and alternative, each (B, K)."""
        _unpooled(m, "lachin-foulkes")
        ratio, r, null = (
            np.exp(-_one_log_ratio(m, "lachin-foulkes")) * m.statistic.null,
            m.trial.ratio,
            m.statistic.null,
        )
        average = (1 + r * ratio) / (1 + r * null)
        pooled = m.risk.scaled(average if len(average) > 1 else float(average[0]), null)
        return _spread(pooled), _spread(m.risk)

    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""
        return np.asarray(_one_log_ratio(m, "lachin-foulkes")[:, None] / self._spreads(m)[0])

    def margin(self, m: LogRankMoments, look: int, bound: float) -> tuple[FloatArray, FloatArray | float]:
        """Mean and standard deviation of ``Z - bound``, each (B,)."""
        null, alternative = self._spreads(m)
        return self.drift(m)[:, look] - bound, (alternative / null)[:, look]


def _spread(risk: RiskSets) -> FloatArray:
    """Standard deviation of the log hazard ratio estimated within strata; one without events adds nothing."""
    by_arm = [[risk.total(arm.events) for arm in stratum] for stratum in risk.strata]
    information = sum(c * e / np.maximum(c + e, np.finfo(float).tiny) for c, e in by_arm)
    return np.asarray(1 / np.sqrt(information))


@final
class SecondOrder(Formula):
    """Mean and variance of Z itself, with the variation of small risk sets and of the variance estimate."""

    title = "second-order score"
    citations = ("schoenfeld1981", "lin1989")

    def _shape(self, m: LogRankMoments) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of Z, each (B, K), expanded around the mean of score u and variance v."""
        kinds = [("score", "score"), ("variance", "variance"), ("score", "variance")]
        uu, vv, uv = (np.diagonal(covariance(m.risk, m.comparisons, *k), axis1=1, axis2=2) for k in kinds)
        u, v = m.mean, m.information + m.corrections[1]
        mean = u / np.sqrt(v) - uv / (2 * v**1.5) + 3 * u * vv / (8 * v**2.5)
        return mean, uu / v - u * uv / v**2 + u**2 * vv / (4 * v**3)

    def drift(self, m: LogRankMoments) -> FloatArray:
        """Mean of Z, (B, K)."""
        return self._shape(m)[0]

    def margin(self, m: LogRankMoments, look: int, bound: float) -> tuple[FloatArray, FloatArray | float]:
        """Mean and standard deviation of ``Z - bound``, each (B,)."""
        mean, variance = self._shape(m)
        return mean[:, look] - bound, np.sqrt(variance[:, look])

    def skewed(self, m: LogRankMoments, look: int, bound: float) -> FloatArray:
        r"""Probability that Z lies above a bound where the tested hazard ratio is the true one, (B,).

        Given the risk sets an event is experimental with probability p. The third moment of the score is :math:`-\sum
        p (1 - p) (1 - 2 p)` plus three times its covariance with the variance estimate, which dividing by the root of
        that estimate takes away again. So with the first term alone, over :math:`V^{3/2}`, as skewness

            P(Z > c) = 1 - Phi(x) + phi(x) skewness (x^2 - 1) / 6,    x = (c - mean) / sd [1].

        [1] Hall P. The bootstrap and Edgeworth expansion. Springer, 1992, sections 2.3 and 2.6.
        """
        mean, variance = (part[:, look] for part in self._shape(m))
        third = sum(m.risk.total(c.variance * (2 * c.share - 1))[:, look] for c in m.comparisons)
        x = (bound - mean) / np.sqrt(variance)
        normal = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        return np.asarray(ndtr(-x) + normal * third / m.information[:, look] ** 1.5 * (x**2 - 1) / 6)


FORMULAS: dict[str, Formula] = {
    "score": Score(),
    "schoenfeld": Schoenfeld(),
    "freedman": Freedman(),
    "lachin-foulkes": LachinFoulkes(),
    "second-order": SecondOrder(),
}
