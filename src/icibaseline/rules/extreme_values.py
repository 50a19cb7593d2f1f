"""Spending functions from the two extreme value distributions."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.rules.on_quantiles import TwoParameters
from icibaseline.rules.spending import shape_parameter

__all__ = ["ExtremeValue2Spending", "ExtremeValueSpending"]


@final
@value
class ExtremeValueSpending(TwoParameters):
    r"""The two-parameter family on the quantiles of the extreme value distribution of maxima.

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
    :math:`\alpha F(a + b F^{-1}(t))` with :math:`F(x) = \exp(-e^{-x})`, that is
    :math:`\alpha \exp(-e^{-a} (-\log t)^b)` [1]_; `through` finds the member through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.ExtremeValueSpending.through((0.25, 0.1), (0.75, 0.6))
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.3055
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-np.exp(-x)))

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(-np.log(-np.log(p)))


@final
@value
class ExtremeValue2Spending(TwoParameters):
    r"""The two-parameter family on the quantiles of the extreme value distribution of minima.

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
    :math:`\alpha F(a + b F^{-1}(t))` with :math:`F(x) = 1 - \exp(-e^x)`, that is
    :math:`\alpha (1 - \exp(-e^a (-\log(1 - t))^b))` [1]_; `through` finds the member through two points.

    References
    ----------
    .. [1] Anderson KM, Clark JB. Fitting spending functions. Stat Med 2010; 29: 321-327.

    Examples
    --------
    >>> import icibaseline as ici
    >>> family = ici.ExtremeValue2Spending.through((0.25, 0.1), (0.75, 0.6))
    >>> round(family.spent(0.5, alpha=0.025) / 0.025, 4)
    0.2975
    """

    a: float = attrs.field(converter=as_field(_checks.number))
    b: float = attrs.field(converter=as_field(shape_parameter))

    def _below(self, x: FloatArray) -> FloatArray:
        return np.asarray(-np.expm1(-np.exp(x)))

    def _quantile(self, p: FloatArray) -> FloatArray:
        return np.asarray(np.log(-np.log1p(-p)))
