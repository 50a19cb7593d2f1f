"""Spending functions from symmetric distributions and the beta distribution, also through two points."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np
from scipy.special import betainc, expit, logit, ndtr, ndtri, stdtr, stdtrit

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.errors import NoSolution, reject
from icibaseline.rules.on_quantiles import OnQuantiles, TwoParameters, two_points
from icibaseline.rules.spending import SpendingFunction, shape_parameter

__all__ = ["BetaSpending", "CauchySpending", "LogisticSpending", "NormalSpending", "StudentSpending"]


def _degrees(name: str, held: object) -> float:
    rule = "degrees of freedom, at least 1"
    df = _checks.number(name, held, rule)
    if df < 1:
        reject(name, rule, held, "1 is the Cauchy distribution.")
    return df


@final
@value
class LogisticSpending(TwoParameters):
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

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(expit(x))

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(logit(p))


@final
@value
class NormalSpending(TwoParameters):
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

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(ndtr(x))

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(ndtri(p))


@final
@value
class CauchySpending(TwoParameters):
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

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(np.arctan2(1.0, -x) / np.pi)

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(-1 / np.tan(np.pi * p))


@final
@value
class StudentSpending(OnQuantiles):
    r"""The three-parameter family on the quantiles of Student's t distribution.

    Parameters
    ----------
    a : float
        Shift; a larger one spends earlier.
    b : float
        Slope, above 0; a smaller one spends more evenly at both ends.
    df : float
        Degrees of freedom, 1 or above: 1 is `CauchySpending`, many are `NormalSpending`.

    Raises
    ------
    InvalidInput
        If `b` is not positive, or `df` is below 1.

    Notes
    -----
    :math:`\alpha F(a + b F^{-1}(t))` with F the t distribution [1]_; `through` finds the member through two points
    with given degrees of freedom.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.StudentSpending.through((0.25, 0.1), (0.75, 0.6), df=5)
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.286
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))
    df: float = attrs.field(converter=as_field(_degrees))

    @classmethod
    def through(cls, first: tuple[float, float], second: tuple[float, float], *, df: float) -> StudentSpending:
        """The member with `df` degrees of freedom through two points (t, fraction of the error spent by t).

        Raises
        ------
        InvalidInput
            If a coordinate is outside (0, 1), the points do not rise, or `df` is below 1.
        """
        return cls(a=0.0, b=1.0, df=df)._bent(first, second)

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(stdtr(self.df, x))

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(stdtrit(self.df, p))


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

        t, fractions = two_points(first, second)

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
