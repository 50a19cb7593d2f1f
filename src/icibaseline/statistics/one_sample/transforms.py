"""Scales on which a survival probability is compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np
from scipy.special import expit, logit

from icibaseline._values import FloatArray

__all__ = ["TRANSFORMS", "Transform"]


class Transform(ABC):
    """An increasing function of a probability."""

    name: ClassVar[str]

    @abstractmethod
    def of(self, s: FloatArray) -> FloatArray:
        """The transformed probability."""

    @abstractmethod
    def slope(self, s: FloatArray) -> FloatArray:
        """Its derivative."""

    @abstractmethod
    def back(self, x: FloatArray) -> FloatArray:
        """The probability of a transformed one; at the ends of the scale where there is none."""


@final
class Identity(Transform):
    """S."""

    name = "identity"

    def of(self, s: FloatArray) -> FloatArray:
        """S."""
        return s

    def slope(self, s: FloatArray) -> FloatArray:
        """1."""
        return np.ones_like(s)

    def back(self, x: FloatArray) -> FloatArray:
        """S."""
        return np.clip(x, 0.0, 1.0)


@final
class Log(Transform):
    """The log."""

    name = "log"

    def of(self, s: FloatArray) -> FloatArray:
        """The log."""
        return np.log(s)

    def slope(self, s: FloatArray) -> FloatArray:
        """1 / S."""
        return 1 / s

    def back(self, x: FloatArray) -> FloatArray:
        """The exponential."""
        return np.exp(np.minimum(x, 0.0))


@final
class LogLog(Transform):
    """-log(-log S)."""

    name = "log-log"

    def of(self, s: FloatArray) -> FloatArray:
        """-log(-log S)."""
        return -np.log(-np.log(s))

    def slope(self, s: FloatArray) -> FloatArray:
        """-1 / (S log S)."""
        return -1 / (s * np.log(s))

    def back(self, x: FloatArray) -> FloatArray:
        """exp(-exp(-x))."""
        return np.exp(-np.exp(-x))


@final
class Logit(Transform):
    """log(S / (1 - S))."""

    name = "logit"

    def of(self, s: FloatArray) -> FloatArray:
        """The logit."""
        return np.asarray(logit(s))

    def slope(self, s: FloatArray) -> FloatArray:
        """1 / (S (1 - S))."""
        return 1 / (s * (1 - s))

    def back(self, x: FloatArray) -> FloatArray:
        """The inverse logit."""
        return np.asarray(expit(x))


@final
class Arcsine(Transform):
    """arcsin(sqrt(S))."""

    name = "arcsine"

    def of(self, s: FloatArray) -> FloatArray:
        """The arcsine of the root."""
        return np.arcsin(np.sqrt(s))

    def slope(self, s: FloatArray) -> FloatArray:
        """1 / (2 sqrt(S (1 - S)))."""
        return 0.5 / np.sqrt(s * (1 - s))

    def back(self, x: FloatArray) -> FloatArray:
        """The squared sine."""
        return np.sin(np.clip(x, 0.0, np.pi / 2)) ** 2


TRANSFORMS: dict[str, Transform] = {t.name: t for t in (Arcsine(), Identity(), Log(), LogLog(), Logit())}
