"""The scales on which a normal law may be stated, one small class each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np
from scipy.special import expit, logit, ndtr

from icibaseline import _checks
from icibaseline._values import FloatArray

__all__ = ["LINKS", "Identity", "Link", "Log", "Logit", "link_of"]


class Link(ABC):
    """A monotone map from the natural scale to the scale on which the law is normal."""

    name: ClassVar[str]
    law: ClassVar[str]  # what a normal law on this scale is called on the natural one

    @abstractmethod
    def inside(self, name: str, value: object) -> float:
        """`value` as a number strictly inside the natural support, or the error sentence."""

    @abstractmethod
    def forward(self, x: FloatArray) -> FloatArray:
        """Natural to link scale; outside the support, the nearer infinity."""

    @abstractmethod
    def inverse(self, z: FloatArray) -> FloatArray:
        """Link to natural scale."""

    @abstractmethod
    def log_slope(self, x: FloatArray) -> FloatArray:
        """Log of the derivative of `forward`; -inf outside the support."""

    @abstractmethod
    def moments(self, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance on the natural scale of laws that are normal on the link scale."""


@final
class Identity(Link):
    """The natural scale itself."""

    name = "identity"
    law = "normal"

    def inside(self, name: str, value: object) -> float:
        """Any finite number."""
        return _checks.number(name, value)

    def forward(self, x: FloatArray) -> FloatArray:
        """`x`."""
        return x

    def inverse(self, z: FloatArray) -> FloatArray:
        """`z`."""
        return z

    def log_slope(self, x: FloatArray) -> FloatArray:
        """Zero everywhere."""
        return np.zeros_like(x)

    def moments(self, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The normal moments."""
        return means, sds**2


@final
class Log(Link):
    """Logarithm, for positive quantities: medians, rates, ratios."""

    name = "log"
    law = "lognormal"

    def inside(self, name: str, value: object) -> float:
        """A positive number."""
        return _checks.positive(name, value)

    def forward(self, x: FloatArray) -> FloatArray:
        """The logarithm; -inf at 0 and below."""
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(x, 0.0))

    def inverse(self, z: FloatArray) -> FloatArray:
        """The exponential."""
        with np.errstate(over="ignore"):
            return np.exp(z)

    def log_slope(self, x: FloatArray) -> FloatArray:
        """-log x."""
        return np.where(x > 0, -self.forward(x), -np.inf)

    def moments(self, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The lognormal moments, in closed form; inf beyond the range of floats."""
        with np.errstate(over="ignore"):
            return np.exp(means + sds**2 / 2), np.exp(2 * (means + sds**2)) * -np.expm1(-(sds**2))


@final
class Logit(Link):
    """Log odds, for proportions."""

    name = "logit"
    law = "logit-normal"

    def inside(self, name: str, value: object) -> float:
        """A number strictly between 0 and 1."""
        return _checks.open_unit(name, value)

    def forward(self, x: FloatArray) -> FloatArray:
        """The log odds; -inf at 0 and below, inf at 1 and above."""
        return np.asarray(logit(np.clip(x, 0.0, 1.0)), dtype=float)

    def inverse(self, z: FloatArray) -> FloatArray:
        """1 / (1 + exp(-z))."""
        return np.asarray(expit(z), dtype=float)

    def log_slope(self, x: FloatArray) -> FloatArray:
        """-log x - log(1 - x)."""
        inside = (x > 0) & (x < 1)
        safe = np.where(inside, x, 0.5)
        return np.where(inside, -np.log(safe) - np.log1p(-safe), -np.inf)

    def moments(self, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The logit-normal moments, by the trapezoidal rule to rounding error."""
        wide = sds > 4
        mean_narrow, variance_narrow = _narrow_logit(means, np.minimum(sds, 4.0))
        mean_wide, variance_wide = _wide_logit(means, np.maximum(sds, 4.0))
        return np.where(wide, mean_wide, mean_narrow), np.where(wide, variance_wide, variance_narrow)


# The trapezoidal rule on the whole line errs by exp(-2 pi d / h), d the distance of the nearest pole from
# the line. In z that is pi / sd, so a wide law is integrated by parts instead, over y, where d is pi.


def _narrow_logit(means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
    z = np.arange(-144, 145) / 8
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    x = expit(means[:, None] + sds[:, None] * z)
    mean = x @ weights
    return mean, (x - mean[:, None]) ** 2 @ weights


def _wide_logit(means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
    y = np.arange(-80, 81) / 2
    density = expit(y) * expit(-y) / 2
    above = ndtr((means[:, None] - y) / sds[:, None])
    mean = above @ density
    return mean, above @ (2 * expit(y) * density) - mean**2


LINKS: dict[str, Link] = {link.name: link for link in (Identity(), Log(), Logit())}


def link_of(name: str, value: object) -> Link:
    """The link that `value` names, or the error sentence."""
    return LINKS[_checks.choice(name, value, LINKS)]
