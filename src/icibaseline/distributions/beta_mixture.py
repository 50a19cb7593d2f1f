"""Mixtures of beta laws, for proportions."""

from __future__ import annotations

from functools import cached_property
from typing import final

import attrs
import numpy as np
from scipy.special import betainc, betaincinv, betaln, xlog1py, xlogy

from icibaseline import _checks
from icibaseline._values import FloatArray, value
from icibaseline.distributions import _mixtures
from icibaseline.distributions.base import Distribution, Nodes, from_tails
from icibaseline.errors import reject

__all__ = ["BetaMixture"]

_LOG_TINY = -745.0  # below the smallest positive float
_SLACK = 1e-6


@final
@value
class BetaMixture(Distribution):
    """A mixture of beta laws on a proportion.

    Parameters
    ----------
    weights : float or sequence of float, length K
        Probabilities of the components. They must sum to 1 within 1e-9 and are never rescaled.
    a, b : float or sequence of float, length K
        Positive parameters of each component: events and non-events, prior ones included.

    Raises
    ------
    InvalidInput
        If the lengths differ, the weights do not sum to 1, or a parameter is not positive.

    Notes
    -----
    The density is sum_k w_k x^(a_k - 1) (1 - x)^(b_k - 1) / B(a_k, b_k). After y events in n patients it stays a
    mixture of beta laws, which is why robust priors on proportions take this form [1]_.

    References
    ----------
    .. [1] Schmidli H, Gsteiger S, Roychoudhury S, O'Hagan A, Spiegelhalter D, Neuenschwander B. Robust
       meta-analytic-predictive priors in clinical trials with historical control information. Biometrics
       2014;70:1023-1032.

    Examples
    --------
    >>> import icibaseline as ici
    >>> print(ici.BetaMixture.from_counts(7, 38))
    beta(7.5, 31.5), median 0.187, 95% 0.0864 to 0.328
    """

    weights: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.nonnegative)))
    a: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.positive)))
    b: tuple[float, ...] = attrs.field(converter=_checks.as_field(_mixtures.components(_checks.positive)))

    def __attrs_post_init__(self) -> None:
        _mixtures.check_mixture(self.weights, a=self.a, b=self.b)

    @classmethod
    def from_counts(cls, events: int, n: int, *, prior: tuple[float, float] = (0.5, 0.5)) -> BetaMixture:
        """The posterior of a proportion after `events` among `n` patients.

        Parameters
        ----------
        events : int
            Patients with the event, 0 to `n`.
        n : int
            Patients in all.
        prior : tuple of two floats
            Beta parameters before the data: (0.5, 0.5) is Jeffreys' prior, (1, 1) the uniform one.

        Raises
        ------
        InvalidInput
            If the counts are not whole, `events` exceeds `n`, or `prior` is not two positive numbers.

        Examples
        --------
        >>> import icibaseline as ici
        >>> ici.BetaMixture.from_counts(7, 38)
        BetaMixture((1.0,), a=(7.5,), b=(31.5,))
        """
        total, count = _checks.whole("n", n), _checks.whole("events", events, 0)
        if count > total:
            reject("events", f"at most `n`, which is {total}", events)
        a, b = _checks.pair("prior", prior, _checks.positive, "two positive numbers")
        return cls((1.0,), (a + count,), (b + total - count,))

    def robust(self, weight: float = 0.2, *, a: float = 1.0, b: float = 1.0) -> BetaMixture:
        """A mixture of this law and a vague one: (1 - weight) this + weight Beta(a, b).

        Parameters
        ----------
        weight : float
            Probability of the vague component, strictly between 0 and 1.
        a, b : float
            Its parameters; the default is the uniform law.

        Raises
        ------
        InvalidInput
            If `weight` is not strictly between 0 and 1, or `a` or `b` not positive.

        Examples
        --------
        >>> import icibaseline as ici
        >>> print(ici.BetaMixture.from_counts(7, 38).robust(0.2))
        beta mixture of 2, median 0.199, 95% 0.0755 to 0.875
          0.8  beta(7.5, 31.5), median 0.187, 95% 0.0864 to 0.328
          0.2  beta(1, 1), median 0.5, 95% 0.025 to 0.975
        """
        weights = _mixtures.robust_weights(self.weights, weight)
        return self.with_(weights=weights, a=(*self.a, _checks.positive("a", a)), b=(*self.b, _checks.positive("b", b)))

    @property
    def mean(self) -> float:
        """Expectation."""
        return self._moments[0]

    @property
    def variance(self) -> float:
        """Variance."""
        return self._moments[1]

    @cached_property
    def _moments(self) -> tuple[float, float]:
        weights, a, b = self._arrays
        means = a / (a + b)
        return _mixtures.pooled_moments(weights, means, means * (b / (a + b)) / (a + b + 1))

    def components(self) -> tuple[tuple[float, BetaMixture], ...]:
        """The mixture as (weight, component) pairs."""
        parts = zip(_mixtures.shares(self.weights), self.a, self.b, strict=True)
        return tuple((float(w), BetaMixture((1.0,), (a,), (b,))) for w, a, b in parts)

    def from_normal(self, z: FloatArray) -> FloatArray:
        """Values at standard normal numbers z (B, 1)."""
        return from_tails(lambda p: self._lower_tail(p, False), lambda p: 1 - self._lower_tail(p, True), z[:, 0])

    @cached_property
    def _arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return _mixtures.shares(self.weights), np.array(self.a), np.array(self.b)

    def _pdf(self, x: FloatArray) -> FloatArray:
        weights, a, b = self._arrays
        inside = (x >= 0) & (x <= 1)
        with np.errstate(over="ignore"):
            return np.where(inside, np.exp(_log_density(a, b, np.where(inside, x, 0.5))) @ weights, 0.0)

    def _cdf(self, x: FloatArray) -> FloatArray:
        weights, a, b = self._arrays
        return np.asarray(betainc(a, b, np.clip(x, 0.0, 1.0)[..., None]) @ weights)

    def _quantile(self, p: FloatArray) -> FloatArray:
        return _mixtures.both_tails(self._lower_tail, lambda x: 1 - x, p)

    def _lower_tail(self, p: FloatArray, mirrored: bool) -> FloatArray:
        all_weights, all_a, all_b = self._arrays
        kept = all_weights > 0
        weights, a, b = all_weights[kept], all_a[kept], all_b[kept]
        if mirrored:
            a, b = b, a

        def cdf_and_pdf(u: FloatArray) -> tuple[FloatArray, FloatArray]:
            x = np.exp(u)  # on the log scale a far lower tail keeps its relative precision
            return betainc(a, b, x[:, None]) @ weights, x * (np.exp(_log_density(a, b, x)) @ weights)

        with np.errstate(divide="ignore"):
            ends = np.log(betaincinv(a, b, p[:, None]))  # good to 1e-11 only, and NaN in some far tails
        lower = np.fmax(np.where(np.isnan(ends), _LOG_TINY, ends).min(axis=-1) - _SLACK, _LOG_TINY)
        upper = np.fmin(np.where(np.isnan(ends), 0.0, ends).max(axis=-1) + _SLACK, 0.0)
        found = np.exp(_mixtures.invert(cdf_and_pdf, p, lower, upper))
        return np.where(p == 0, 0.0, found)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        weights, a, b = self._arrays
        which = rng.choice(len(weights), size=shape, p=weights)
        return np.asarray(rng.beta(a[which], b[which], shape))

    def _nodes(self, points: int, rule: str) -> Nodes:
        weights, a, b = self._arrays
        rules = [_jacobi(points, *pair) for pair in zip(a, b, strict=True)]
        x = np.concatenate([own.x for own in rules])
        return Nodes(x, np.concatenate([w * own.weights for w, own in zip(weights, rules, strict=True)]))


def _log_density(a: FloatArray, b: FloatArray, x: FloatArray) -> FloatArray:
    x = x[..., None]
    return np.asarray(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))


def _jacobi(points: int, a: float, b: float) -> Nodes:
    """Gauss nodes of one beta law: Golub-Welsch, which unlike SciPy's roots does not need B(a, b) to be a float."""
    k = np.arange(1.0, points)
    total = a + b
    step = 2 * k + total
    diagonal = np.empty(points)
    diagonal[0] = a / total
    diagonal[1:] = (1 + (a - b) * (total - 2) / ((step - 2) * step)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = k * (k + a - 1) * (k + b - 1) * (k + total - 2) / ((step - 2) ** 2 * (step - 1) * (step - 3))
    if points > 1:
        squared[0] = a * b / (total**2 * (total + 1))  # 0 / 0 above when a + b = 1
    off = np.sqrt(squared)
    x, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    weights = vectors[0] ** 2
    return Nodes(x, weights / weights.sum())
