"""The curve of a hazard that is a power of time."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy import special

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.survival.base import along, numeric, roughest, shown
from icibaseline.survival.joint import PairedCurve, joint_or, positive_pairs
from icibaseline.survival.smooth import LOG2, POSITIVE, exactly_one

_FAR = 30.0  # cumulative hazard up to which the restricted mean is taken from a series


class _WeibullFormulas(PairedCurve):
    """The formulas of `Weibull`."""

    @cached_property
    def shape_value(self) -> Floats:
        """The shape as a number, or a batch (B,) of numbers."""
        return self._second("shape")

    @cached_property
    def scale_value(self) -> Floats:
        """The scale in months, by which a share 1 - 1/e has had the event, as a number or a batch (B,)."""
        scale = vars(self)["scale"]
        return self.median / LOG2 ** (1 / self.shape_value) if scale is None else numeric("scale", scale)

    def _derived_median(self) -> Floats:
        if vars(self)["joint"] is not None:
            return self._pair[0]
        return self.scale_value * LOG2 ** (1 / self.shape_value)

    @property
    def origin_power(self) -> float:
        """The shape, or the roughest one of a batch."""
        return roughest(np.ravel(self.shape_value).tolist())

    def _at(self, ndim: int) -> tuple[Floats, Floats]:
        return along(self.shape_value, ndim), along(self.scale_value, ndim)

    def _hazard(self, t: FloatArray) -> Floats:
        k, scale = self._at(t.ndim)
        result: Floats = k / scale * (t / scale) ** (k - 1)
        return result

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        k, scale = self._at(t.ndim)
        result: Floats = (t / scale) ** k
        return result

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        k, scale = self._at(h.ndim)
        result: Floats = np.multiply(np.power(h, 1 / k, out=out), scale, out=out)
        return result

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        k, scale = self._at(horizon.ndim)
        a, x = 1 / k, (horizon / scale) ** k
        with np.errstate(invalid="ignore"):  # the gamma function overflows at shapes below 0.006
            far = scale * special.gamma(1 + a) * special.gammainc(a, x)
            near = horizon * np.exp(-x) * special.hyp1f1(1, 1 + a, np.minimum(x, _FAR))
        return np.where(x > _FAR, far, near)


@final
@value
class Weibull(_WeibullFormulas):
    """Survival with a hazard that rises or falls as a power of time.

    Parameters
    ----------
    shape : float, Distribution or array of shape (B,), optional
        Shape k; below 1 the hazard falls, at 1 the curve is exponential.
    median : float, Distribution or array of shape (B,), optional
        Median survival time in months.
    scale : float, Distribution or array of shape (B,), optional
        Months by which a share 1 - 1/e has had the event; exactly one of `median` and `scale` goes with `shape`.
    joint : bivariate prior, pair (median, shape), or array of shape (B, 2), optional
        Median and shape together, instead of the other three.

    Raises
    ------
    InvalidInput
        If the arguments are too few or too many, or not positive; also when a curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = exp(-(t / scale)^k)``, ``median = scale log(2)^(1/k)``. The mean up to a horizon L is
    ``scale Gamma(1 + 1/k) P(1/k, (L / scale)^k)`` with the regularised incomplete gamma function P, near 0 by the
    equal ``L exp(-x) M(1, 1 + 1/k, x)`` at ``x = (L / scale)^k`` with Kummer's function M.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.Weibull(shape=0.731, median=2.6)
    >>> round(curve.survival(12), 3), round(curve.restricted_mean(24), 2)
    (0.12, 4.92)
    """

    shape: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    median: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    scale: Any = attrs.field(default=None, kw_only=True, converter=POSITIVE)
    joint: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(positive_pairs("shape"))))

    def __attrs_post_init__(self) -> None:
        if not joint_or(self, "shape", "`median` or `scale`"):
            exactly_one(self, "median", "scale")
            self.batch  # noqa: B018  one length for all


@_render.text.register
def _(curve: Weibull) -> str:
    given = vars(curve)
    if isinstance(given["joint"], Uncertain):
        return f"Weibull, median and shape {shown(given['joint'])}"
    name = "median" if given["scale"] is None else "scale"
    length, shape = (given[name], given["shape"]) if given["joint"] is None else curve._pair
    return f"Weibull, {name} {shown(length, ' months')}, shape {shown(shape)}"
