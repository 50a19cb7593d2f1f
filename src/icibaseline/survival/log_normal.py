"""The curve of a log-normal time."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy import special

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.errors import reject
from icibaseline.survival.base import along, shown
from icibaseline.survival.joint import PairedCurve, joint_or, positive_pairs
from icibaseline.survival.smooth import POSITIVE

_MILLS = math.sqrt(2 / math.pi)


class _LogNormalFormulas(PairedCurve):
    """The formulas of `LogNormal`."""

    @cached_property
    def sigma_value(self) -> Floats:
        """The standard deviation of log time as a number, or a batch (B,) of numbers."""
        return self._second("sigma")

    def _derived_median(self) -> Floats:
        return self._pair[0]

    @property
    def origin_power(self) -> float:
        """1 / (1 + sigma), the largest sigma of a batch: the hazard is below any power, and spreads as sigma does."""
        return 1 / (1 + float(np.max(self.sigma_value)))

    def _at(self, ndim: int) -> tuple[Floats, Floats]:
        return along(self.sigma_value, ndim), along(self.median, ndim)

    def _z(self, t: FloatArray) -> FloatArray:
        sigma, median = self._at(t.ndim)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(t / median) / sigma)

    def _hazard(self, t: FloatArray) -> Floats:
        # exp(-z^2 / 2) cancels with that of the tail, which is exp(-z^2 / 2) erfcx(z / sqrt 2) / 2
        per_z = _MILLS / special.erfcx(self._z(t) / math.sqrt(2))
        within = (t > 0) & np.isfinite(t)  # at either end the hazard is 0
        result: Floats = np.divide(per_z, self._at(t.ndim)[0] * t, out=np.zeros_like(per_z), where=within)
        return result

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        return -np.asarray(special.log_ndtr(-self._z(t)))

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        sigma, median = self._at(h.ndim)
        z = -np.asarray(special.ndtri_exp(-h))
        result: Floats = np.multiply(np.exp(z * sigma), median, out=out)
        return result

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        sigma, median = self._at(horizon.ndim)
        z = self._z(horizon)
        before = median * np.exp(np.square(sigma) / 2 + special.log_ndtr(z - sigma))
        left = np.where(np.isinf(horizon), 0.0, special.ndtr(-z))
        result: Floats = before + np.where(left > 0, horizon, 0.0) * left
        return result


@final
@value
class LogNormal(_LogNormalFormulas):
    """Survival of a time whose logarithm is normal.

    Parameters
    ----------
    sigma : float, Distribution or array of shape (B,), optional
        Standard deviation of the logarithm of time.
    median : float, Distribution or array of shape (B,), optional
        Median survival time in months.
    joint : bivariate prior, pair (median, sigma), or array of shape (B, 2), optional
        Median and sigma together, instead of the other two.

    Raises
    ------
    InvalidInput
        If the arguments are too few or too many, or not positive; also when a curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = Phi(-z)`` with ``z = (log t - log median) / sigma``. The hazard rises from 0 and later falls. The mean up
    to a horizon L is ``L Phi(-z) + median exp(sigma^2 / 2) Phi(z - sigma)`` with z at L.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.LogNormal(sigma=1.3, median=2.6)
    >>> round(curve.survival(12), 3), round(curve.survival(24), 3)
    (0.12, 0.044)
    """

    sigma: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    median: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    joint: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(positive_pairs("sigma"))))

    def __attrs_post_init__(self) -> None:
        if not joint_or(self, "sigma"):
            if vars(self)["median"] is None:
                reject("median", "given to LogNormal with `sigma`, unless `joint` is", None)
            self.batch  # noqa: B018  one length for all


@_render.text.register
def _(curve: LogNormal) -> str:
    given = vars(curve)
    if isinstance(given["joint"], Uncertain):
        return f"log-normal, median and sigma {shown(given['joint'])}"
    median, sigma = (given["median"], given["sigma"]) if given["joint"] is None else curve._pair
    return f"log-normal, median {shown(median, ' months')}, sigma {shown(sigma)}"
