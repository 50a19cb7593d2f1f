"""Spending functions: how much of the type I error, or of the type II error, is used up by when."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Value, value
from icibaseline.errors import reject

__all__ = ["ExponentialSpending", "HwangShihDeCani", "KimDeMets", "OBrienFleming", "Pocock", "SpendingFunction"]

_STEEPEST = 40.0
_EARLIEST, _LATEST = 1e-100, 1 - 2**-53  # times between 0 and 1 that the formulas take


class SpendingFunction(Value):
    """A rising function of time, from 0 at the start to the whole error at the planned end.

    Time is a fraction: of the planned information, or of whatever else the looks are spent on.
    """

    def spent(self, t: Floats, alpha: Floats) -> Floats:
        """The error spent by time t.

        Parameters
        ----------
        t : float or array
            Fraction of the planned information, 0 or above; from 1 on everything is spent.
        alpha : float or array
            The error to spend in all, one-sided, in (0, 1).

        Returns
        -------
        float or array
            Cumulative error spent, of the common shape of t and alpha.

        Raises
        ------
        InvalidInput
            If t is negative or alpha is outside (0, 1).
        """
        time = _array("t", t, "0 or a positive number", lambda x: x >= 0)
        level = _array("alpha", alpha, "a number strictly between 0 and 1", lambda x: (x > 0) & (x < 1))
        found = self.cumulative(time, level)
        return float(found) if found.ndim == 0 else found

    def cumulative(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        """The error spent by time t, of arrays that are known to be sound."""
        with np.errstate(divide="ignore", over="ignore"):  # so early that nothing is spent
            between = self._between(np.minimum(np.maximum(t, _EARLIEST), _LATEST), alpha)
        return np.where(t < 1, between * (t > 0), alpha)

    @abstractmethod
    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        """The error spent by time t strictly between 0 and 1."""


def _array(name: str, held: Any, rule: str, sound: Any) -> FloatArray:
    if isinstance(held, (list, tuple)) or (isinstance(held, np.ndarray) and held.ndim):
        try:
            array = np.asarray(held, dtype=float)
        except (TypeError, ValueError):
            reject(name, rule, held)
    else:
        array = np.asarray(_checks.number(name, held, rule))
    if (isinstance(held, np.ndarray) and held.dtype.kind not in "fiu") or not np.all(sound(array)):
        reject(name, rule, held)
    return array


def shape_parameter(name: str, held: object) -> float:
    """A positive parameter of a family."""
    return _checks.positive(name, held)


@final
@value
class OBrienFleming(SpendingFunction):
    r"""Spends very little early, as the bounds of O'Brien and Fleming do (Lan and DeMets).

    Parameters
    ----------
    rho : float, optional
        Power of time; 1 is what is usually meant.

    Raises
    ------
    InvalidInput
        If `rho` is not positive.

    Notes
    -----
    :math:`2 - 2\Phi(z_{1-\alpha/2} / t^{\rho/2})`, with one-sided :math:`\alpha` [1]_.

    References
    ----------
    .. [1] Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983; 70: 659-663.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.OBrienFleming().spent(0.5, alpha=0.025), 6)
    0.001525
    """

    rho: float = attrs.field(default=1.0, converter=as_field(shape_parameter))

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        root = np.sqrt(t) if self.rho == 1 else t ** (self.rho / 2)
        return np.asarray(2 * ndtr(ndtri(alpha / 2) / root))


@final
@value
class Pocock(SpendingFunction):
    r"""Spends evenly, as the bounds of Pocock do (Lan and DeMets).

    Notes
    -----
    :math:`\alpha \log(1 + (e - 1) t)` [1]_.

    References
    ----------
    .. [1] Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983; 70: 659-663.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.Pocock().spent(0.5, alpha=0.025), 6)
    0.015503
    """

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(alpha * np.log1p(np.expm1(1.0) * t))


def _steepness(name: str, held: object) -> float:
    rule = f"a number between -{_STEEPEST:g} and {_STEEPEST:g}"
    gamma = _checks.number(name, held, rule)
    if abs(gamma) > _STEEPEST:
        reject(name, rule, held, "-4 resembles O'Brien-Fleming, 1 resembles Pocock.")
    return gamma


@final
@value
class HwangShihDeCani(SpendingFunction):
    r"""The one-parameter family of Hwang, Shih and DeCani.

    Parameters
    ----------
    gamma : float
        -4 resembles O'Brien-Fleming, 1 resembles Pocock, 0 is linear; between -40 and 40.

    Raises
    ------
    InvalidInput
        If `gamma` is outside [-40, 40].

    Notes
    -----
    :math:`\alpha (1 - e^{-\gamma t}) / (1 - e^{-\gamma})` [1]_.

    References
    ----------
    .. [1] Hwang IK, Shih WJ, DeCani JS. Group sequential designs using a family of type I error probability spending
       functions. Stat Med 1990; 9: 1439-1445.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.HwangShihDeCani(-4).spent(0.5, alpha=0.025), 6)
    0.00298
    """

    gamma: float = attrs.field(converter=as_field(_steepness))

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        if abs(self.gamma) < 1e-300:
            return np.asarray(alpha * t)
        return np.asarray(alpha * (np.expm1(-self.gamma * t) / np.expm1(-self.gamma)))


@final
@value
class KimDeMets(SpendingFunction):
    r"""The power family of Kim and DeMets.

    Parameters
    ----------
    rho : float
        Power of time, above 0; 3 resembles O'Brien-Fleming, 1 is linear.

    Raises
    ------
    InvalidInput
        If `rho` is not positive.

    Notes
    -----
    :math:`\alpha t^\rho` [1]_.

    References
    ----------
    .. [1] Kim K, DeMets DL. Design and analysis of group sequential tests based on the type I error spending rate
       function. Biometrika 1987; 74: 149-154.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.KimDeMets(3).spent(0.5, alpha=0.025), 6)
    0.003125
    """

    rho: float = attrs.field(converter=as_field(shape_parameter))

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(alpha * t**self.rho)


@final
@value
class ExponentialSpending(SpendingFunction):
    r"""The exponential family of Anderson and Clark.

    Parameters
    ----------
    nu : float
        Above 0; 0.75 resembles O'Brien-Fleming.

    Raises
    ------
    InvalidInput
        If `nu` is not positive.

    Notes
    -----
    :math:`\alpha^{t^{-\nu}}` [1]_.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.ExponentialSpending(0.75).spent(0.5, alpha=0.025), 6)
    0.002021
    """

    nu: float = attrs.field(converter=as_field(shape_parameter))

    def _between(self, t: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.asarray(np.exp(np.log(alpha) * t**-self.nu))
