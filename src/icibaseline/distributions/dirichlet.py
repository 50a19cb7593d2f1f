"""The Dirichlet law, for several shares of one whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import final

import attrs
import numpy as np
from scipy.special import betaln, ndtr, xlogy

from icibaseline import _checks
from icibaseline._values import FloatArray, value
from icibaseline.distributions import _mixtures
from icibaseline.distributions.base import Distribution, Nodes, _numbers
from icibaseline.distributions.beta_mixture import BetaMixture
from icibaseline.errors import InvalidInput, reject, short

__all__ = ["Dirichlet"]

_OFF = 1e-9  # how far from the simplex a place may be by rounding
_MOST_NODES = 10_000_000


def _parameters(name: str, given: object) -> tuple[float, ...]:
    rule = "a sequence of at least two positive numbers"
    members = _checks.sequence(name, given, _checks.positive, 2, rule)
    if math.isinf(sum(members)):
        reject(name, "numbers with a finite sum", given)
    return members


def _names(name: str, given: object) -> tuple[str, ...]:
    members = _checks.sequence(name, given, _checks.text, 0)
    if len(set(members)) < len(members):
        reject(name, "names that differ", given)
    return members


@final
@value
class Dirichlet(Distribution):
    """Shares of k classes that sum to 1.

    Parameters
    ----------
    a : sequence of float, length k >= 2
        Positive parameters: the patients counted in each class, prior ones included.
    names : sequence of str, length k, optional
        What the shares are of.

    Raises
    ------
    InvalidInput
        If there are fewer than two classes, a parameter is not positive, or the names are not k different ones.

    Notes
    -----
    With A = sum_i a_i, the density of the first k - 1 shares is Gamma(A) prod_i x_i^(a_i - 1) / Gamma(a_i). Each share
    is Beta(a_i, A - a_i). What share 1 takes of the whole, share 2 of the rest, and so on, are independent beta
    variables (`sticks`), and the shares among some of the classes do not depend on the others [1]_ (`among`).

    Moments, quantiles and intervals are those of each share, along a last axis of length k. The nodes are the product
    of the Gauss-Jacobi nodes of the k - 1 sticks: exact for polynomials of degree 2 points - 1 in the shares.

    References
    ----------
    .. [1] Connor RJ, Mosimann JE. Concepts of independence for proportions with a generalization of the Dirichlet
       distribution. J Am Stat Assoc 1969;64:194-206.

    Examples
    --------
    >>> import icibaseline as ici
    >>> shares = ici.Dirichlet.from_counts((229, 141, 126), names=("primary", "secondary", "durable"))
    >>> print(shares)
    Dirichlet(229.5, 141.5, 126.5)
      primary    mean 0.461, 95% 0.418 to 0.505
      secondary  mean 0.284, 95% 0.246 to 0.325
      durable    mean 0.254, 95% 0.217 to 0.293
    """

    a: tuple[float, ...] = attrs.field(converter=_checks.as_field(_parameters))
    names: tuple[str, ...] = attrs.field(default=(), converter=_checks.as_field(_names))

    def __attrs_post_init__(self) -> None:
        if self.names and len(self.names) != len(self.a):
            reject("names", f"as long as `a`, which has {len(self.a)}", self.names)

    @classmethod
    def from_counts(
        cls, counts: Sequence[int], *, prior: float | Sequence[float] = 0.5, names: Sequence[str] = ()
    ) -> Dirichlet:
        """The posterior of the shares after `counts` patients were seen in each class.

        Parameters
        ----------
        counts : sequence of int, length k >= 2
            Patients in each class, 0 or more.
        prior : float or sequence of float, length k
            Parameters before the data: 1/2 for every class is Jeffreys' prior, 1 the uniform one.
        names : sequence of str, length k, optional
            What the classes are called.

        Raises
        ------
        InvalidInput
            If the counts are not whole, or `prior` is not a positive number or one for each class.

        Examples
        --------
        >>> import icibaseline as ici
        >>> ici.Dirichlet.from_counts((229, 141, 126))
        Dirichlet((229.5, 141.5, 126.5))
        """
        rule = "a sequence of at least two whole numbers"
        seen = _checks.sequence("counts", counts, lambda place, n: _checks.whole(place, n, 0), 2, rule)
        before = _mixtures.components(_checks.positive)("prior", prior)
        if np.ndim(prior) == 0 and len(before) == 1:
            before *= len(seen)
        if len(before) != len(seen):
            reject("prior", f"a positive number, or one for each of the {len(seen)} counts", prior)
        return cls(tuple(n + own for n, own in zip(seen, before, strict=True)), names=_names("names", names))

    @property
    def dimension(self) -> int:  # type: ignore[override]  # that of the other laws is one of their class
        """Number of classes, k."""
        return len(self.a)

    @property
    def typical(self) -> FloatArray:
        """The plug-in shares, shape (k,): the means, which sum to 1 as the medians do not."""
        return self.mean

    @property
    def mean(self) -> FloatArray:
        """Expectation of each share, shape (k,)."""
        return np.array([law.mean for law in self._marginals])

    @property
    def variance(self) -> FloatArray:
        """Variance of each share, shape (k,)."""
        return np.array([law.variance for law in self._marginals])

    @property
    def covariance(self) -> FloatArray:
        """Covariance matrix of the shares, shape (k, k); its rows sum to 0."""
        mean = self.mean
        found = -np.outer(mean, mean) / (math.fsum(self.a) + 1)
        np.fill_diagonal(found, self.variance)
        return found

    def marginal(self, i: int | str) -> BetaMixture:
        """The law of one share.

        Parameters
        ----------
        i : int or str
            The class, by its place from 0 or by its name.

        Raises
        ------
        InvalidInput
            If there is no such class.

        Examples
        --------
        >>> import icibaseline as ici
        >>> print(ici.Dirichlet.from_counts((229, 141, 126)).marginal(0))
        beta(229.5, 268), median 0.461, 95% 0.418 to 0.505
        """
        return self._marginals[self._place("i", i)]

    def among(self, *classes: int | str) -> Dirichlet:
        """The law of the shares among some of the classes, as if the others did not exist.

        Parameters
        ----------
        *classes : int or str
            At least two different classes, by place from 0 or by name, in the order wanted.

        Raises
        ------
        InvalidInput
            If there is no such class, or there are fewer than two different ones.

        Notes
        -----
        If X is Dirichlet(a), X_i / sum_j X_j over these classes is Dirichlet with their a_i, whatever the sum.

        Examples
        --------
        >>> import icibaseline as ici
        >>> shares = ici.Dirichlet.from_counts((229, 141, 126), names=("primary", "secondary", "durable"))
        >>> print(shares.among("primary", "secondary").marginal("primary"))
        beta(229.5, 141.5), median 0.619, 95% 0.569 to 0.667
        """
        places = [self._place(f"classes[{n}]", one) for n, one in enumerate(classes)]
        if len(places) < 2 or len(set(places)) < len(places):
            reject("classes", "at least two classes, each given once", classes)
        names = tuple(self.names[i] for i in places) if self.names else ()
        return Dirichlet(tuple(self.a[i] for i in places), names=names)

    @cached_property
    def sticks(self) -> tuple[BetaMixture, ...]:
        """The k - 1 independent laws of what each class but the last takes of what those before it left."""
        return tuple(_beta(own, self.a[i + 1 :]) for i, own in enumerate(self.a[:-1]))

    def components(self) -> tuple[tuple[float, Dirichlet], ...]:
        """The law itself, with weight 1."""
        return ((1.0, self),)

    def from_normal(self, z: FloatArray) -> FloatArray:
        """Values (B, k) at independent standard normal numbers z (B, k); the last column of z is not used.

        Column i sets what class i takes of what the classes before it left, and k - 1 of these set the k shares.
        """
        clean = _numbers("z", z)
        if clean.ndim != 2 or clean.shape[1] != len(self.a):
            reject("z", f"an array of shape (B, {len(self.a)})", z)
        pieces = [_split(law, clean[:, i]) for i, law in enumerate(self.sticks)]
        return _shares(*(np.stack(columns, axis=-1) for columns in zip(*pieces, strict=True)))

    @cached_property
    def _marginals(self) -> tuple[BetaMixture, ...]:
        return tuple(_beta(own, self.a[:i] + self.a[i + 1 :]) for i, own in enumerate(self.a))

    def _place(self, name: str, given: object) -> int:
        if isinstance(given, str) and self.names:
            return self.names.index(_checks.choice(name, given, self.names))
        rule = f"a whole number from 0 to {len(self.a) - 1}" + (" or the name of a class" if self.names else "")
        place = _checks.number(name, given, rule)
        if place not in range(len(self.a)):
            reject(name, rule, given)
        return int(place)

    def _check_places(self, x: FloatArray) -> None:
        if not x.ndim or x.shape[-1] != len(self.a):
            reject("x", f"an array whose last axis has length {len(self.a)}", x)

    def _pdf(self, x: FloatArray) -> FloatArray:
        self._check_places(x)
        powers = np.array(self.a) - 1
        x = np.clip(x, -1.0, 2.0)  # infinities must not meet
        inside = np.all(x >= -_OFF, axis=-1) & (np.abs(x.sum(axis=-1) - 1) <= _OFF)
        shares = np.where(inside[..., None], np.maximum(x, 0.0), 1.0)
        zero = shares == 0  # where several shares are, their powers join: the limit along equal shares
        exponent = xlogy(np.where(zero, 0.0, powers), np.where(zero, 1.0, shares)).sum(axis=-1)
        exponent = exponent + xlogy(np.where(zero, powers, 0.0).sum(axis=-1), 0.0)
        constant = sum(float(betaln(law.a[0], law.b[0])) for law in self.sticks)
        with np.errstate(over="ignore"):
            return np.where(inside, np.exp(exponent - constant), 0.0)

    def _cdf(self, x: FloatArray) -> FloatArray:
        self._check_places(x)
        raise InvalidInput(
            f"`cdf` must be asked of one share, since that of several has no closed form; got x={short(x)}. "
            "Use marginal(i).cdf."
        )

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.stack([np.asarray(law.quantile(p)) for law in self._marginals], axis=-1)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        return np.asarray(rng.dirichlet(self.a, shape))

    def _nodes(self, points: int, rule: str) -> Nodes:
        if points ** len(self.sticks) > _MOST_NODES:
            most = int(_MOST_NODES ** (1 / len(self.sticks)))
            reject("points", f"at most {most} for {len(self.a)} shares", points, "The nodes are points ** (k - 1).")
        rules = [law.nodes(points) for law in self.sticks]
        taken = np.stack(np.meshgrid(*(own.x for own in rules), indexing="ij"), axis=-1).reshape(-1, len(rules))
        weights = np.ones(1)
        for own in rules:
            weights = np.outer(weights, own.weights).ravel()
        return Nodes(_shares(taken, 1 - taken), weights / weights.sum())


def _beta(own: float, others: tuple[float, ...]) -> BetaMixture:
    return BetaMixture((1.0,), (own,), (math.fsum(others),))


def _split(law: BetaMixture, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What is taken and what is left at normal numbers z; each tail from its own end, so that neither is rounded."""
    low = z <= 0
    near = np.empty_like(z)
    near[low] = law.quantile(ndtr(z[low]))
    near[~low] = BetaMixture(law.weights, law.b, law.a).quantile(ndtr(-z[~low]))
    return np.where(low, near, 1 - near), np.where(low, 1 - near, near)


def _shares(taken: FloatArray, left: FloatArray) -> FloatArray:
    """Shares (..., k) from what each stick (..., k - 1) takes and leaves."""
    whole = np.ones((*taken.shape[:-1], 1))
    before = np.cumprod(np.concatenate([whole, left], axis=-1), axis=-1)
    return np.asarray(before * np.concatenate([taken, whole], axis=-1))
