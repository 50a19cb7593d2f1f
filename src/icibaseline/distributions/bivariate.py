"""A bivariate normal law on link scales, a prior on two parameters of one curve."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np
from scipy.special import ndtr, owens_t

from icibaseline import _checks
from icibaseline._values import FloatArray, value
from icibaseline.distributions.base import Distribution, Nodes, standard_nodes
from icibaseline.distributions.links import LINKS, Link, link_of
from icibaseline.distributions.normal_mixture import NormalMixture
from icibaseline.errors import reject

__all__ = ["BivariateNormal"]


def _pair(each: _checks.Check) -> _checks.Check:
    return lambda name, value: _checks.pair(name, value, each, "a sequence of two values")


def _correlation(name: str, value: object) -> float:
    clean = _checks.number(name, value, "a number strictly between -1 and 1")
    if not -1 < clean < 1:
        reject(name, "a number strictly between -1 and 1", value)
    return clean


@final
@value
class BivariateNormal(Distribution):
    """A pair of numbers that are jointly normal, each on its own link scale.

    Parameters
    ----------
    means, sds : sequence of two floats
        Means and standard deviations on the link scales.
    correlation : float
        Correlation on the link scales, strictly between -1 and 1.
    scales : sequence of two of {"identity", "log", "logit"}
        The link scale of each coordinate.

    Raises
    ------
    InvalidInput
        If an argument does not have two members or one is out of its range.

    Notes
    -----
    Moments, quantiles and intervals are those of each coordinate on its natural scale; `covariance` is on the link
    scales. The distribution function is exact, by Owen's T function [1]_.

    References
    ----------
    .. [1] Owen DB. Tables for computing bivariate normal probabilities. Ann Math Stat 1956;27:1075-1090.

    Examples
    --------
    A log median time and a Weibull shape that were fitted together:

    >>> import icibaseline as ici
    >>> joint = ici.BivariateNormal((0.956, 0.731), (0.092, 0.051), 0.6, scales=("log", "identity"))
    >>> print(joint)
    bivariate normal, correlation 0.6
      1  lognormal, median 2.6, 95% 2.17 to 3.12
      2  normal, median 0.731, 95% 0.631 to 0.831
    >>> joint.marginal(1).median
    0.731
    """

    dimension = 2

    means: tuple[float, float] = attrs.field(converter=_checks.as_field(_pair(_checks.number)))
    sds: tuple[float, float] = attrs.field(converter=_checks.as_field(_pair(_checks.positive)))
    correlation: float = attrs.field(converter=_checks.as_field(_correlation))
    scales: tuple[str, str] = attrs.field(
        default=("identity", "identity"),
        converter=_checks.as_field(_pair(lambda name, given: link_of(name, given).name)),
    )

    def marginal(self, i: int) -> NormalMixture:
        """The law of one coordinate.

        Parameters
        ----------
        i : int
            0 for the first coordinate, 1 for the second.

        Raises
        ------
        InvalidInput
            If `i` is neither.
        """
        which = _checks.whole("i", i, 0, "The first coordinate is 0, the second 1.")
        if which > 1:
            reject("i", "0 or 1", i)
        return NormalMixture((1.0,), (self.means[which],), (self.sds[which],), scale=self.scales[which])

    @property
    def mean(self) -> FloatArray:
        """Expectation of each coordinate on the natural scale, shape (2,)."""
        return np.array([self.marginal(i).mean for i in (0, 1)])

    @property
    def variance(self) -> FloatArray:
        """Variance of each coordinate on the natural scale, shape (2,)."""
        return np.array([self.marginal(i).variance for i in (0, 1)])

    @property
    def covariance(self) -> FloatArray:
        """Covariance matrix on the link scales, shape (2, 2)."""
        sds = np.array(self.sds)
        correlations = np.array([[1.0, self.correlation], [self.correlation, 1.0]])
        return np.asarray(sds[:, None] * correlations * sds)

    def components(self) -> tuple[tuple[float, BivariateNormal], ...]:
        """The law itself, with weight 1."""
        return ((1.0, self),)

    def from_normal(self, z: FloatArray) -> FloatArray:
        """Values (B, 2) at independent standard normal numbers z (B, 2)."""
        return self._natural(z[:, 0], z[:, 1])

    @property
    def _links(self) -> tuple[Link, Link]:
        return LINKS[self.scales[0]], LINKS[self.scales[1]]

    @property
    def _remainder(self) -> float:
        """Standard deviation that is left to one standardised coordinate given the other."""
        return float(np.sqrt((1 - self.correlation) * (1 + self.correlation)))

    def _standardised(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not x.ndim or x.shape[-1] != 2:
            reject("x", "an array whose last axis has length 2", x)
        first, second = self._links
        return (
            (first.forward(x[..., 0]) - self.means[0]) / self.sds[0],
            (second.forward(x[..., 1]) - self.means[1]) / self.sds[1],
        )

    def _natural(self, z: FloatArray, other: FloatArray) -> FloatArray:
        """From two independent standard normal coordinates."""
        first, second = self._links
        along = self.correlation * z + self._remainder * other
        pair = first.inverse(self.means[0] + self.sds[0] * z), second.inverse(self.means[1] + self.sds[1] * along)
        return np.stack(pair, axis=-1)

    def _pdf(self, x: FloatArray) -> FloatArray:
        h, k = self._standardised(x)
        slopes = [link.log_slope(x[..., i]) for i, link in enumerate(self._links)]
        infinite = np.isinf(h) | np.isinf(k)
        h, k = np.where(infinite, 0.0, h), np.where(infinite, 0.0, k)
        with np.errstate(over="ignore"):
            exponent = slopes[0] + slopes[1] - (h**2 + ((k - self.correlation * h) / self._remainder) ** 2) / 2
            density = np.exp(exponent) / (2 * np.pi * self._remainder * self.sds[0] * self.sds[1])
        return np.where(infinite, 0.0, density)

    def _cdf(self, x: FloatArray) -> FloatArray:
        h, k = (_away_from_zero(np.clip(z, -40.0, 40.0)) for z in self._standardised(x))
        rho, rest = self.correlation, self._remainder
        with np.errstate(over="ignore"):
            turns = owens_t(h, (k - rho * h) / h / rest) + owens_t(k, (h - rho * k) / k / rest)
        total = (ndtr(h) + ndtr(k)) / 2 - turns - np.where((h < 0) != (k < 0), 0.5, 0.0)
        return np.clip(total, 0.0, np.minimum(ndtr(h), ndtr(k)))  # only rounding error is outside

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.stack([np.asarray(self.marginal(i).quantile(p)) for i in (0, 1)], axis=-1)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        z = rng.standard_normal((*shape, 2))
        return self._natural(z[..., 0], z[..., 1])

    def _nodes(self, points: int, rule: str) -> Nodes:
        z, weights = standard_nodes(points, rule)
        return Nodes(self._natural(np.repeat(z, points), np.tile(z, points)), np.outer(weights, weights).ravel())


def _away_from_zero(z: FloatArray) -> FloatArray:
    """Owen's formula divides by its arguments, and is continuous at 0."""
    return np.where(z == 0, 1e-300, z)
