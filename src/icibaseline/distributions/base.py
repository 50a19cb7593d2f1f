"""What every distribution does: density, distribution function, quantiles, moments, draws, nodes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, overload

import numpy as np
from scipy.special import ndtr, roots_hermitenorm, roots_legendre

from icibaseline import _checks
from icibaseline._values import FloatArray, Floats, Uncertain
from icibaseline.errors import reject

__all__ = ["Distribution", "Nodes"]


class Nodes(NamedTuple):
    """Quadrature nodes of a distribution: E[f(X)] is about ``weights @ f(x)``.

    Attributes
    ----------
    x : ndarray, shape (J,), or (J, 2) in two dimensions
        Places on the natural scale; ascending within each component of a mixture.
    weights : ndarray, shape (J,)
        Their probabilities; the sum is 1.
    """

    x: FloatArray
    weights: FloatArray


class Distribution(Uncertain):
    """A prior on one number or, with ``dimension`` 2, on a pair of numbers.

    All public arguments and results are on the natural scale. In two dimensions the last axis of an `x` has
    length 2, and moments, quantiles and intervals are those of each coordinate, as arrays with last axis 2.
    """

    @overload
    def pdf(self, x: float) -> float: ...
    @overload
    def pdf(self, x: FloatArray | Sequence[float]) -> FloatArray: ...
    def pdf(self, x: float | FloatArray | Sequence[float]) -> Floats:
        """Density.

        Parameters
        ----------
        x : float or array_like
            Places; outside the support the density is 0.

        Returns
        -------
        float or ndarray
            A float for a single place, else an array of the shape of `x`.

        Raises
        ------
        InvalidInput
            If `x` is not numeric or holds NaN.
        """
        return _plain(self._pdf(_numbers("x", x)))

    @overload
    def cdf(self, x: float) -> float: ...
    @overload
    def cdf(self, x: FloatArray | Sequence[float]) -> FloatArray: ...
    def cdf(self, x: float | FloatArray | Sequence[float]) -> Floats:
        """Probability of a value not above `x`.

        Parameters
        ----------
        x : float or array_like
            Places, infinities included.

        Returns
        -------
        float or ndarray
            A float for a single place, else an array of the shape of `x`.

        Raises
        ------
        InvalidInput
            If `x` is not numeric or holds NaN.
        """
        return _plain(self._cdf(_numbers("x", x)))

    @overload
    def quantile(self, p: float) -> Any: ...
    @overload
    def quantile(self, p: FloatArray | Sequence[float]) -> FloatArray: ...
    def quantile(self, p: float | FloatArray | Sequence[float]) -> Any:
        """The inverse of `cdf`; at 0 and 1, the ends of the support.

        Parameters
        ----------
        p : float or array_like
            Probabilities in [0, 1].

        Returns
        -------
        float or ndarray
            A float for a single probability, else an array of the shape of `p`; in two dimensions, the
            quantiles of each coordinate along one more axis of length 2.

        Raises
        ------
        InvalidInput
            If `p` is not numeric, holds NaN, or leaves [0, 1].
        """
        clean = _numbers("p", p)
        if np.any((clean < 0) | (clean > 1)):
            reject("p", "between 0 and 1", p)
        return _plain(self._quantile(clean))

    @property
    @abstractmethod
    def mean(self) -> Any:
        """Expectation: a float, or in two dimensions an array of shape (2,)."""

    @property
    @abstractmethod
    def variance(self) -> Any:
        """Variance: a float, or in two dimensions an array of shape (2,)."""

    @property
    def sd(self) -> Any:
        """Standard deviation: a float, or in two dimensions an array of shape (2,)."""
        return _plain(np.sqrt(np.asarray(self.variance)))

    @property
    def median(self) -> Any:
        """Median: a float, or in two dimensions an array of shape (2,)."""
        return self.quantile(0.5)

    @property
    def typical(self) -> Any:
        """The plug-in value, which is the median."""
        return self.median

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """The equal-tailed interval that holds the fraction `level`.

        Parameters
        ----------
        level : float
            Strictly between 0 and 1.

        Returns
        -------
        tuple of two floats
            Lower and upper limit; in two dimensions, arrays of shape (2,).

        Raises
        ------
        InvalidInput
            If `level` is not strictly between 0 and 1.
        """
        tail = (1 - _checks.open_unit("level", level)) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def rvs(self, size: int | tuple[int, ...] | None = None, *, rng: Any = None) -> Any:
        """Independent draws.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape of the result; without it, a single draw.
        rng : seed or numpy Generator, optional
            Whatever `numpy.random.default_rng` takes.

        Returns
        -------
        float or ndarray
            A float without `size`, else an array of that shape; in two dimensions with one more axis of length 2.

        Raises
        ------
        InvalidInput
            If `size` or `rng` is not one of these.
        """
        return _plain(self._draw(_checks.generator("rng", rng), _checks.shape("size", size)))

    def nodes(self, points: int, *, rule: str = "legendre") -> Nodes:
        """Quadrature nodes, for expectations without simulation.

        Parameters
        ----------
        points : int
            Nodes per component; in two dimensions, per coordinate.
        rule : {"legendre", "hermite"}
            "hermite" is Gauss-Hermite on the link scale: exact to 1e-12 with 16 to 32 points when the function is
            smooth over a standard deviation of the prior. "legendre" is Gauss-Legendre on 8 standard deviations
            either side, which needs 48 points for 1e-12 of a smooth function.

        Returns
        -------
        Nodes
            ``x`` on the natural scale and ``weights`` that sum to 1.

        Raises
        ------
        InvalidInput
            If `points` is not a whole number, at least 1, or `rule` is not one of the two.

        Notes
        -----
        A power curve over a wide prior is steep. If it rises within a fraction 1 / k of a standard deviation of the
        prior, Gauss-Hermite errs by percentage points; use "legendre" with at least max(64, 20 k) points.
        Beyond 8 standard deviations "legendre" sees nothing, which matters for moments of a lognormal with sd above 1.
        A beta prior uses Gauss-Jacobi and a half-normal one Gauss-Legendre whichever rule is named.
        """
        return self._nodes(_checks.whole("points", points), _checks.choice("rule", rule, _STANDARD_RULES))

    @abstractmethod
    def components(self) -> tuple[tuple[float, Distribution], ...]:
        """The mixture as (weight, component) pairs; a law that is no mixture is its own component."""

    @abstractmethod
    def from_normal(self, z: FloatArray) -> FloatArray:
        """Values at independent standard normal numbers.

        Parameters
        ----------
        z : ndarray, shape (B, dimension)
            If they are standard normal, the result follows the law; in one dimension it increases with z.

        Returns
        -------
        ndarray, shape (B,), or (B, 2) in two dimensions
        """

    @abstractmethod
    def _pdf(self, x: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _cdf(self, x: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _quantile(self, p: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray: ...

    @abstractmethod
    def _nodes(self, points: int, rule: str) -> Nodes: ...


def standard_nodes(points: int, rule: str) -> Nodes:
    """Nodes of the standard normal law."""
    return _STANDARD_RULES[rule](points)


@lru_cache(maxsize=64)
def legendre_nodes(points: int) -> Nodes:
    """Gauss-Legendre nodes of the uniform law on (-1, 1)."""
    x, weights = roots_legendre(points)
    return _frozen(x, weights)


@lru_cache(maxsize=64)
def _hermite(points: int) -> Nodes:
    x, weights = roots_hermitenorm(points)
    return _frozen(x, weights)


@lru_cache(maxsize=64)
def _legendre(points: int) -> Nodes:
    x, weights = legendre_nodes(points)
    return _frozen(8 * x, weights * np.exp(-32 * x**2))


_STANDARD_RULES = {"legendre": _legendre, "hermite": _hermite}


def _frozen(x: FloatArray, weights: FloatArray) -> Nodes:
    weights = weights / weights.sum()
    x.flags.writeable = weights.flags.writeable = False  # shared by every caller
    return Nodes(x, weights)


def from_tails(
    lower: Callable[[FloatArray], FloatArray], upper: Callable[[FloatArray], FloatArray], z: FloatArray
) -> FloatArray:
    """Quantiles at normal numbers z (B,) from the quantile functions of either tail, so that neither is rounded."""
    return np.where(z <= 0, lower(ndtr(np.minimum(z, 0.0))), upper(ndtr(-np.maximum(z, 0.0))))


def _plain(result: FloatArray) -> Floats:
    return float(result) if result.ndim == 0 else result


def _numbers(name: str, value: object) -> FloatArray:
    rule = "a number or an array of numbers, without NaN"
    try:
        clean = np.asarray(value)
    except ValueError:  # ragged
        reject(name, rule, value)
    if clean.size and (clean.dtype.kind not in "fiu" or np.isnan(clean).any()):
        reject(name, rule, value)
    return clean.astype(float)
