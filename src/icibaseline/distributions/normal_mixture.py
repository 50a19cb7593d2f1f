"""Mixtures of laws that are normal on a link scale."""

from __future__ import annotations

from functools import cached_property
from typing import final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._values import FloatArray, value
from icibaseline.distributions import _mixtures
from icibaseline.distributions.base import Distribution, Nodes, from_tails, standard_nodes
from icibaseline.distributions.links import LINKS, Link, link_of
from icibaseline.errors import reject

__all__ = ["NormalMixture"]

_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


@final
@value
class NormalMixture(Distribution):
    """A mixture of normal laws on the natural, the log or the logit scale.

    Parameters
    ----------
    weights : float or sequence of float, length K
        Probabilities of the components. They must sum to 1 within 1e-9 and are never rescaled.
    means, sds : float or sequence of float, length K
        Mean and standard deviation of each component on the link scale.
    scale : {"identity", "log", "logit"}
        The scale on which the components are normal.

    Raises
    ------
    InvalidInput
        If the lengths differ, the weights do not sum to 1, or a parameter is out of its range.

    Notes
    -----
    With link g and normal distribution function Phi, the distribution function is

        F(x) = sum_k w_k Phi((g(x) - mu_k) / s_k).

    The quantile is its root, to rounding error in both tails. The moments are exact: in closed form, or for
    "logit" by the trapezoidal rule. Such a mixture is what a meta-analysis over between-study heterogeneity
    yields [1]_, and a vague component makes it robust [2]_.

    References
    ----------
    .. [1] Neuenschwander B, Capkun-Niggli G, Branson M, Spiegelhalter DJ. Summarizing historical information on
       controls in clinical trials. Clin Trials 2010;7:5-18.
    .. [2] Schmidli H, Gsteiger S, Roychoudhury S, O'Hagan A, Spiegelhalter D, Neuenschwander B. Robust
       meta-analytic-predictive priors in clinical trials with historical control information. Biometrics
       2014;70:1023-1032.

    Examples
    --------
    >>> import icibaseline as ici
    >>> prior = ici.NormalMixture.lognormal(median=4.7, sd=0.24)
    >>> print(prior)
    lognormal, median 4.7, 95% 2.94 to 7.52
    >>> print(prior.robust(weight=0.2))
    lognormal mixture of 2, median 4.7, 95% 1.49 to 14.8
      0.8  median 4.7, 95% 2.94 to 7.52
      0.2  median 4.7, 95% 0.662 to 33.4
    """

    weights: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.nonnegative)))
    means: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.number)))
    sds: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.positive)))
    scale: str = attrs.field(
        default="identity", converter=_checks.as_field(lambda name, given: link_of(name, given).name)
    )

    def __attrs_post_init__(self) -> None:
        _mixtures.check_mixture(self.weights, means=self.means, sds=self.sds)

    @classmethod
    @_checks.callable_by_name
    def lognormal(cls, median: float, sd: float) -> NormalMixture:
        """A lognormal law.

        Parameters
        ----------
        median : float
            Positive, in the unit of the quantity (months for a median time).
        sd : float
            Positive; standard deviation of the logarithm.

        Raises
        ------
        InvalidInput
            If either is not a positive number.

        Examples
        --------
        >>> import icibaseline as ici
        >>> print(ici.NormalMixture.lognormal(0.6, 0.3))
        lognormal, median 0.6, 95% 0.333 to 1.08
        """
        return cls(
            (1.0,), (float(np.log(_checks.positive("median", median))),), (_checks.positive("sd", sd),), scale="log"
        )

    @classmethod
    @_checks.callable_by_name
    def normal(cls, mean: float, sd: float) -> NormalMixture:
        """A normal law.

        Parameters
        ----------
        mean : float
            In the unit of the quantity.
        sd : float
            Positive, in the same unit.

        Raises
        ------
        InvalidInput
            If `mean` is not finite or `sd` not positive.

        Examples
        --------
        >>> import icibaseline as ici
        >>> print(ici.NormalMixture.normal(0.0, 1.0))
        normal, median 0, 95% -1.96 to 1.96
        """
        return cls((1.0,), (_checks.number("mean", mean),), (_checks.positive("sd", sd),), scale="identity")

    @classmethod
    @_checks.callable_by_name
    def from_interval(
        cls, lower: float, upper: float, *, level: float = 0.95, scale: str = "log", estimate: float | None = None
    ) -> NormalMixture:
        """The law behind a reported interval.

        Parameters
        ----------
        lower, upper : float
            The limits, on the natural scale.
        level : float
            Confidence level of the interval.
        scale : {"log", "identity", "logit"}
            The scale on which the estimate is taken to be normal.
        estimate : float, optional
            The reported estimate, within the interval: the centre; by default the midpoint on the link scale.

        Raises
        ------
        InvalidInput
            If the limits are not increasing, lie outside the support of the scale, or do not hold the estimate.

        Notes
        -----
        The standard deviation is (g(upper) - g(lower)) / (2 z), z the normal quantile of (1 + level) / 2.

        Examples
        --------
        >>> import icibaseline as ici
        >>> print(ici.NormalMixture.from_interval(0.45, 0.80, estimate=0.6))
        lognormal, median 0.6, 95% 0.45 to 0.8
        """
        link = link_of("scale", scale)
        clean_lower, clean_upper = link.inside("lower", lower), link.inside("upper", upper)
        z = -float(ndtri((1 - _checks.open_unit("level", level)) / 2))
        if clean_lower >= clean_upper:
            reject("upper", f"above `lower`, which is {clean_lower:g}", upper)
        low, high = _forward(link, clean_lower), _forward(link, clean_upper)
        centre = (low + high) / 2
        if estimate is not None:
            clean = link.inside("estimate", estimate)
            if not clean_lower <= clean <= clean_upper:
                reject("estimate", f"within its interval, {clean_lower:g} to {clean_upper:g}", estimate)
            centre = _forward(link, clean)
        return cls((1.0,), (centre,), ((high - low) / (2 * z),), scale=scale)

    def robust(self, weight: float = 0.2, *, center: float | None = None, sd: float = 1.0) -> NormalMixture:
        """A mixture of this law and a vague one: (1 - weight) this + weight N(center, sd^2).

        Parameters
        ----------
        weight : float
            Probability of the vague component, strictly between 0 and 1.
        center : float, optional
            Median of the vague component, on the natural scale; by default the median of this law.
        sd : float
            Its standard deviation on the link scale; 1 for a log hazard or log median time is worth one event.

        Raises
        ------
        InvalidInput
            If an argument is out of its range or `center` outside the support of the scale.
        """
        vague = float(self._link_quantile(np.array(0.5)))
        if center is not None:
            link = LINKS[self.scale]
            vague = _forward(link, link.inside("center", center))
        weights = _mixtures.robust_weights(self.weights, weight)
        return self.with_(weights=weights, means=(*self.means, vague), sds=(*self.sds, _checks.positive("sd", sd)))

    def inflate(self, sd: float = 0.25) -> NormalMixture:
        """A copy with more spread: every component's variance grows by sd^2 on the link scale.

        Parameters
        ----------
        sd : float
            Standard deviation of what is added: a between-study difference, or an allowance for bias; 0 adds nothing.

        Raises
        ------
        InvalidInput
            If `sd` is negative or not finite.

        Examples
        --------
        >>> import icibaseline as ici
        >>> ici.NormalMixture.lognormal(4.7, 0.3).inflate(0.4).link_sd
        0.5
        """
        added = _checks.nonnegative("sd", sd)
        return self.with_(sds=tuple(float(np.hypot(own, added)) for own in self.sds))

    @property
    def mean(self) -> float:
        """Expectation on the natural scale."""
        return self._moments[0]

    @property
    def variance(self) -> float:
        """Variance on the natural scale."""
        return self._moments[1]

    @property
    def link_mean(self) -> float:
        """Expectation on the link scale."""
        return self._link_moments[0]

    @property
    def link_sd(self) -> float:
        """Standard deviation on the link scale."""
        return float(np.sqrt(self._link_moments[1]))

    def components(self) -> tuple[tuple[float, NormalMixture], ...]:
        """The mixture as (weight, component) pairs."""
        parts = zip(_mixtures.shares(self.weights), self.means, self.sds, strict=True)
        return tuple((float(w), NormalMixture((1.0,), (m,), (s,), self.scale)) for w, m, s in parts)

    def from_normal(self, z: FloatArray) -> FloatArray:
        """Values at standard normal numbers z (B, 1)."""
        link, weights, means, sds = self._arrays
        if len(weights) == 1:
            return link.inverse(means[0] + sds[0] * z[:, 0])
        below = from_tails(lambda p: self._lower_tail(p, False), lambda p: -self._lower_tail(p, True), z[:, 0])
        return link.inverse(below)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        link, weights, means, sds = self._arrays
        return _mixtures.pooled_moments(weights, *link.moments(means, sds))

    @cached_property
    def _link_moments(self) -> tuple[float, float]:
        _, weights, means, sds = self._arrays
        return _mixtures.pooled_moments(weights, means, sds**2)

    @cached_property
    def _arrays(self) -> tuple[Link, FloatArray, FloatArray, FloatArray]:
        return LINKS[self.scale], _mixtures.shares(self.weights), np.array(self.means), np.array(self.sds)

    def _pdf(self, x: FloatArray) -> FloatArray:
        link, weights, means, sds = self._arrays
        with np.errstate(over="ignore"):
            exponent = link.log_slope(x)[..., None] - ((link.forward(x)[..., None] - means) / sds) ** 2 / 2
            return np.exp(exponent) @ (weights / sds) / _ROOT_TWO_PI

    def _cdf(self, x: FloatArray) -> FloatArray:
        link, weights, means, sds = self._arrays
        return np.asarray(ndtr((link.forward(x)[..., None] - means) / sds) @ weights)

    def _quantile(self, p: FloatArray) -> FloatArray:
        return LINKS[self.scale].inverse(self._link_quantile(p))

    def _link_quantile(self, p: FloatArray) -> FloatArray:
        return _mixtures.both_tails(self._lower_tail, np.negative, p)

    def _lower_tail(self, p: FloatArray, mirrored: bool) -> FloatArray:
        _, all_weights, all_means, all_sds = self._arrays
        kept = all_weights > 0
        weights, sds = all_weights[kept], all_sds[kept]
        means = -all_means[kept] if mirrored else all_means[kept]

        def cdf_and_pdf(z: FloatArray) -> tuple[FloatArray, FloatArray]:
            t = (z[:, None] - means) / sds
            return ndtr(t) @ weights, np.exp(-(t**2) / 2) @ (weights / sds) / _ROOT_TWO_PI

        ends = means + sds * ndtri(p)[:, None]
        return _mixtures.invert(cdf_and_pdf, p, ends.min(axis=-1), ends.max(axis=-1))

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        link, weights, means, sds = self._arrays
        which = rng.choice(len(weights), size=shape, p=weights)
        return link.inverse(means[which] + sds[which] * rng.standard_normal(shape))

    def _nodes(self, points: int, rule: str) -> Nodes:
        link, weights, means, sds = self._arrays
        z, shares = standard_nodes(points, rule)
        return Nodes(link.inverse(means[:, None] + sds[:, None] * z).ravel(), np.outer(weights, shares).ravel())


def _forward(link: Link, x: float) -> float:
    return float(link.forward(np.array(x)))
