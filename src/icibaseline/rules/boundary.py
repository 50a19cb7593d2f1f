"""Boundaries: what value of Z at which look stops the trial."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.errors import reject

__all__ = ["Boundary", "Bounds", "Fixed"]

# probability (B,) that Z at look k lies above a bound
Exceeds = Callable[[int, float], FloatArray]


class Bounds(NamedTuple):
    """Z bounds at each look; inf where the look does not test for efficacy, -inf where not for futility."""

    efficacy: FloatArray  # (K,)
    futility: FloatArray  # (K,)


class Boundary(Value):
    """A rule that turns information at the looks into bounds on Z."""

    @property
    @abstractmethod
    def one_sided_alpha(self) -> float:
        """Type I error that the rule is built for, one-sided."""

    @abstractmethod
    def bounds(self, information: FloatArray) -> Bounds:
        """Bounds for looks at `information` (K,)."""

    @abstractmethod
    def exits(self, bounds: Bounds, exceeds: Exceeds) -> tuple[FloatArray, FloatArray]:
        """Probability of rejecting, and of stopping for futility, first at each look; both (B, K)."""


def _alpha(name: str, held: object) -> float:
    rule, hint = "a number above 0 and below 0.5", "It is one-sided: 0.025 for the usual two-sided 5 %."
    alpha = _checks.number(name, held, rule, hint)
    if not 0 < alpha < 0.5:
        reject(name, rule, held, hint)
    return alpha


@final
@value
class Fixed(Boundary):
    r"""One test, at the last look, at one-sided level `alpha`.

    Parameters
    ----------
    alpha : float, optional
        One-sided type I error, in (0, 0.5).

    Raises
    ------
    InvalidInput
        If `alpha` is outside (0, 0.5).

    Notes
    -----
    Reject when Z at the last look exceeds :math:`\Phi^{-1}(1 - \alpha)`. Earlier looks report events
    and months; they test nothing.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Fixed(alpha=0.025).bounds([121.0]).efficacy
    array([1.95996398])
    """

    alpha: float = attrs.field(default=0.025, converter=as_field(_alpha))

    @property
    def one_sided_alpha(self) -> float:
        """Type I error of the test, one-sided."""
        return self.alpha

    def bounds(self, information: FloatArray) -> Bounds:
        """Bounds for looks at `information` (K,): infinite but for the last."""
        looks = len(_checks.sequence("information", information, _checks.nonnegative))
        efficacy = np.full(looks, np.inf)
        efficacy[-1] = -ndtri(self.alpha)
        return Bounds(efficacy, np.full(looks, -np.inf))

    def exits(self, bounds: Bounds, exceeds: Exceeds) -> tuple[FloatArray, FloatArray]:
        """Probability of rejecting, and of stopping for futility, first at each look; both (B, K)."""
        last = len(bounds.efficacy) - 1
        power = exceeds(last, float(bounds.efficacy[last]))
        reject = np.zeros((len(power), last + 1))
        reject[:, last] = power
        return reject, np.zeros_like(reject)
