"""The curve of a constant hazard."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _render
from icibaseline._values import FloatArray, Floats, value
from icibaseline.survival.base import along, numeric, shared_batch, shown
from icibaseline.survival.smooth import LOG2, POSITIVE, SmoothCurve, exactly_one


class _ConstantHazard(SmoothCurve):
    """The formulas of `Exponential`."""

    @property
    def rate(self) -> Floats:
        """Hazard per month."""
        return self._rate

    @cached_property
    def _rate(self) -> Floats:
        given = vars(self)["rate"]
        return LOG2 / self.median if given is None else numeric("rate", given)

    @cached_property
    def _mean(self) -> Floats:
        return self.median / LOG2 if vars(self)["rate"] is None else 1 / self._rate

    def _derived_median(self) -> Floats:
        return LOG2 / self._rate

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch("Exponential", (vars(self)["median"], vars(self)["rate"]))

    @property
    def origin_power(self) -> float:
        """1: the hazard is constant."""
        return 1.0

    def _hazard(self, t: FloatArray) -> Floats:
        return along(self._rate, t.ndim) + np.zeros_like(t)

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        return along(self._rate, t.ndim) * t

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        result: Floats = np.multiply(h, along(self._mean, h.ndim), out=out)
        return result

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        mean = along(self._mean, horizon.ndim)
        return -np.expm1(-along(self._rate, horizon.ndim) * horizon) * mean


@final
@value
class Exponential(_ConstantHazard):
    """Survival with a constant hazard.

    Parameters
    ----------
    median : float, Distribution or array of shape (B,), optional
        Median survival time in months.
    rate : float, Distribution or array of shape (B,), optional
        Hazard per month; exactly one of `median` and `rate` is given.

    Raises
    ------
    InvalidInput
        If neither or both are given, or one that is not positive; also when a curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = exp(-rate t)`` with ``rate = log(2) / median``. The mean up to a horizon L is
    ``(1 - exp(-rate L)) / rate``.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.Exponential(median=4.7)
    >>> round(curve.survival(12), 4), round(curve.rate, 4), round(curve.restricted_mean(12), 3)
    (0.1704, 0.1475, 5.625)
    """

    median: Any = attrs.field(default=None, converter=POSITIVE)
    rate: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)

    def __attrs_post_init__(self) -> None:
        exactly_one(self, "median", "rate")


@_render.text.register
def _(curve: Exponential) -> str:
    given = vars(curve)
    if given["rate"] is not None:
        return f"exponential, rate {shown(given['rate'], ' per month')}"
    return f"exponential, median {shown(given['median'], ' months')}"
