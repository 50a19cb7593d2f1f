"""Spending functions with two parameters, or through two points."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self, final

import attrs
import numpy as np
from scipy.special import betainc, expit, logit, ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.errors import NoSolution, reject
from icibaseline.rules.spending import SpendingFunction, shape_parameter

__all__ = ["BetaSpending", "CauchySpending", "LogisticSpending", "NormalSpending"]


def _two_points(first: Any, second: Any) -> tuple[FloatArray, FloatArray]:
    """Times and fractions spent of two points (t, fraction), which rise."""
    rule = "a pair (t, fraction of the error spent by t), both strictly between 0 and 1"
    points = [
        _checks.pair(name, held, _checks.open_unit, rule) for name, held in (("first", first), ("second", second))
    ]
    for before, after in zip(*points, strict=True):
        if after <= before:
            reject("second", f"later than {points[0]} and of more error", second)
    t, fractions = np.array(points).T
    return t, fractions


class _OnQuantiles(SpendingFunction):
    """Spending that is a straight line when both axes are drawn on the quantiles of a distribution."""

    a: float
    b: float

    @classmethod
    def through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        """The member through two points (t, fraction of the error spent by t).

        Raises
        ------
        InvalidInput
            If a coordinate is outside (0, 1) or the points do not rise.
        """
        t, fractions = _two_points(first, second)
        x, y = cls._quantile(t), cls._quantile(fractions)
        b = float((y[1] - y[0]) / (x[1] - x[0]))
        return cls(a=float(y[0] - b * x[0]), b=b)  # type: ignore[call-arg]  # the fields are in the leaves

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(alpha * self._below(self.a + self.b * self._quantile(t)))

    @staticmethod
    @abstractmethod
    def _below(x: FloatArray) -> FloatArray:
        """Distribution function."""

    @staticmethod
    @abstractmethod
    def _quantile(p: FloatArray) -> FloatArray:
        """Its inverse."""


@final
@value
class LogisticSpending(_OnQuantiles):
    r"""The two-parameter family on the quantiles of the logistic distribution.

    Parameters
    ----------
    a : float
        Shift; a larger one spends earlier.
    b : float
        Slope, above 0; a smaller one spends more evenly at both ends.

    Raises
    ------
    InvalidInput
        If `b` is not positive.

    Notes
    -----
    :math:`\alpha F(a + b F^{-1}(t))` with F the standard logistic distribution [1]_; `through` finds the
    member through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.LogisticSpending.through((0.25, 0.1), (0.75, 0.6))
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.2899
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))

    @staticmethod
    def _below(x: FloatArray) -> FloatArray:
        return np.asarray(expit(x))

    @staticmethod
    def _quantile(p: FloatArray) -> FloatArray:
        return np.asarray(logit(p))


@final
@value
class NormalSpending(_OnQuantiles):
    r"""The two-parameter family on the quantiles of the normal distribution.

    Parameters
    ----------
    a : float
        Shift; a larger one spends earlier.
    b : float
        Slope, above 0; a smaller one spends more evenly at both ends.

    Raises
    ------
    InvalidInput
        If `b` is not positive.

    Notes
    -----
    :math:`\alpha F(a + b F^{-1}(t))` with F the standard normal distribution [1]_; `through` finds the
    member through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.NormalSpending.through((0.25, 0.1), (0.75, 0.6))
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.3036
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))

    @staticmethod
    def _below(x: FloatArray) -> FloatArray:
        return np.asarray(ndtr(x))

    @staticmethod
    def _quantile(p: FloatArray) -> FloatArray:
        return np.asarray(ndtri(p))


@final
@value
class CauchySpending(_OnQuantiles):
    r"""The two-parameter family on the quantiles of the Cauchy distribution.

    Parameters
    ----------
    a : float
        Shift; a larger one spends earlier.
    b : float
        Slope, above 0; a smaller one spends more evenly at both ends.

    Raises
    ------
    InvalidInput
        If `b` is not positive.

    Notes
    -----
    :math:`\alpha F(a + b F^{-1}(t))` with F the standard Cauchy distribution [1]_; `through` finds the
    member through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.CauchySpending.through((0.25, 0.1), (0.75, 0.6))
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.2
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))

    @staticmethod
    def _below(x: FloatArray) -> FloatArray:
        return np.asarray(np.arctan2(1.0, -x) / np.pi)

    @staticmethod
    def _quantile(p: FloatArray) -> FloatArray:
        return np.asarray(-1 / np.tan(np.pi * p))


@final
@value
class BetaSpending(SpendingFunction):
    r"""The distribution function of a beta distribution.

    Parameters
    ----------
    a, b : float
        Parameters of the distribution, above 0.

    Raises
    ------
    InvalidInput
        If a parameter is not positive.

    Notes
    -----
    :math:`\alpha I_t(a, b)` with I the regularised incomplete beta function [1]_; `through` finds the member
    through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.BetaSpending(a=2, b=1).spent(0.5, alpha=0.025), 5)
    0.00625
    """

    a: float = attrs.field(converter=as_field(shape_parameter))
    b: float = attrs.field(converter=as_field(shape_parameter))

    @classmethod
    def through(cls, first: tuple[float, float], second: tuple[float, float]) -> BetaSpending:
        """The member through two points (t, fraction of the error spent by t).

        Raises
        ------
        InvalidInput
            If a coordinate is outside (0, 1) or the points do not rise.
        NoSolution
            If no member goes through them to the precision of floats.
        """
        from scipy.optimize import root

        t, fractions = _two_points(first, second)

        def miss(logs: FloatArray) -> FloatArray:
            return np.asarray(logit(betainc(np.exp(logs[0]), np.exp(logs[1]), t)) - logit(fractions))

        with np.errstate(all="ignore"):
            found = root(miss, np.zeros(2), tol=1e-13)
            missed = np.max(np.abs(miss(found.x)))
        if not missed < 1e-9:
            raise NoSolution(
                f"`first` and `second` must be points that a beta distribution meets; got {first}, {second}."
            )
        a, b = np.exp(found.x)
        return cls(a=float(a), b=float(b))

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(alpha * betainc(self.a, self.b, t))
