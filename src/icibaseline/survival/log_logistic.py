"""The curve of a log-logistic time."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.errors import reject
from icibaseline.survival.area import integrated_survival
from icibaseline.survival.base import along, roughest, shown
from icibaseline.survival.joint import PairedCurve, joint_or, positive_pairs
from icibaseline.survival.smooth import POSITIVE


class _LogLogisticFormulas(PairedCurve):
    """The formulas of `LogLogistic`."""

    @cached_property
    def shape_value(self) -> Floats:
        """The shape as a number, or a batch (B,) of numbers."""
        return self._second("shape")

    def _derived_median(self) -> Floats:
        return self._pair[0]

    @property
    def origin_power(self) -> float:
        """The shape, or the roughest one of a batch."""
        return roughest(np.ravel(self.shape_value).tolist())

    def _at(self, ndim: int) -> tuple[Floats, Floats]:
        return along(self.shape_value, ndim), along(self.median, ndim)

    def _hazard(self, t: FloatArray) -> Floats:
        k, median = self._at(t.ndim)
        early, late = np.minimum(t / median, 1.0), np.maximum(t / median, 1.0)  # each power stays below 1 or is early's
        result: Floats = k / median * early ** (k - 1) / late / (early**k + late**-k)
        return result

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        k, median = self._at(t.ndim)
        with np.errstate(divide="ignore"):
            result: Floats = np.logaddexp(0.0, k * np.log(t / median))
        return result

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        k, median = self._at(h.ndim)
        with np.errstate(divide="ignore"):
            log_odds = h + np.log(-np.expm1(-h))  # log(exp(h) - 1), which does not overflow
        result: Floats = np.multiply(np.exp(log_odds / k), median, out=out)
        return result

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        k, median = self._at(horizon.ndim)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(np.asarray(k) > 1, median * (math.pi / k) / np.sin(math.pi / k), np.inf)
        finite = np.where(np.isinf(horizon), 1.0, horizon)
        return np.where(np.isinf(horizon), mean, integrated_survival(self, finite))


@final
@value
class LogLogistic(_LogLogisticFormulas):
    """Survival whose odds fall as a power of time.

    Parameters
    ----------
    shape : float, Distribution or array of shape (B,), optional
        Shape k; above 1 the hazard rises first and then falls, else it falls throughout.
    median : float, Distribution or array of shape (B,), optional
        Median survival time in months.
    joint : bivariate prior, pair (median, shape), or array of shape (B, 2), optional
        Median and shape together, instead of the other two.

    Raises
    ------
    InvalidInput
        If the arguments are too few or too many, or not positive; also when a curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = 1 / (1 + (t / median)^k)``. The mean is ``median (pi / k) / sin(pi / k)`` for k above 1, else infinite; up
    to a horizon it is integrated numerically.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.LogLogistic(shape=1.3, median=2.6)
    >>> round(curve.survival(12), 3), round(curve.survival(24), 3)
    (0.12, 0.053)
    """

    shape: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    median: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    joint: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(positive_pairs("shape"))))

    def __attrs_post_init__(self) -> None:
        if not joint_or(self, "shape"):
            if vars(self)["median"] is None:
                reject("median", "given to LogLogistic with `shape`, unless `joint` is", None)
            self.batch  # noqa: B018  one length for all


@_render.text.register
def _(curve: LogLogistic) -> str:
    given = vars(curve)
    if isinstance(given["joint"], Uncertain):
        return f"log-logistic, median and shape {shown(given['joint'])}"
    median, shape = (given["median"], given["shape"]) if given["joint"] is None else curve._pair
    return f"log-logistic, median {shown(median, ' months')}, shape {shown(shape)}"
