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
from icibaseline.errors import reject
from icibaseline.survival.base import along, numeric, shared_batch, shown
from icibaseline.survival.smooth import LOG2, POSITIVE, SmoothCurve, exactly_one

_REACH = 1e-15  # tail probability that quadrature still reaches
_FAR = 30.0  # cumulative hazard up to which the restricted mean is taken from a series


def _pairs(name: str, given: Any) -> FloatArray | tuple[float, float] | Uncertain:
    """A prior of dimension 2, a pair (median, shape), kept as a tuple, or an array (B, 2) of such pairs."""
    rule = "a prior on (median, shape), a pair of positive numbers or an array (B, 2) of such pairs"
    if isinstance(given, Uncertain):
        if given.dimension != 2:
            reject(name, rule, given)
        if np.min(given.quantile(_REACH)) <= 0:
            reject(name, "a prior on which median and shape stay positive", given, 'For example scales=("log", "log").')
        return given
    try:
        pairs = np.array(given)
    except ValueError:  # ragged
        reject(name, rule, given)
    shaped = pairs.shape == (2,) or (pairs.ndim == 2 and pairs.shape[1] == 2 and len(pairs) > 0)
    if not shaped or pairs.dtype.kind not in "fiu" or not (pairs.min() > 0 and pairs.max() < np.inf):
        reject(name, rule, given)
    if pairs.ndim == 1:
        return float(pairs[0]), float(pairs[1])
    clean: FloatArray = pairs.astype(float)
    clean.flags.writeable = False
    return clean


class _WeibullFormulas(SmoothCurve):
    """The formulas of `Weibull`."""

    @cached_property
    def shape_value(self) -> Floats:
        """The shape as a number, or a batch (B,) of numbers."""
        given = vars(self)
        return numeric("shape", given["shape"]) if given["joint"] is None else self._joint[1]

    @cached_property
    def scale_value(self) -> Floats:
        """The scale in months, by which a share 1 - 1/e has had the event, as a number or a batch (B,)."""
        scale = vars(self)["scale"]
        return self.median / LOG2 ** (1 / self.shape_value) if scale is None else numeric("scale", scale)

    @cached_property
    def _joint(self) -> tuple[Floats, Floats]:
        pairs: Any = numeric("joint", vars(self)["joint"])
        return (pairs[:, 0], pairs[:, 1]) if isinstance(pairs, np.ndarray) else pairs

    def _derived_median(self) -> Floats:
        if vars(self)["joint"] is not None:
            return self._joint[0]
        return self.scale_value * LOG2 ** (1 / self.shape_value)

    @property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        given = vars(self)
        return shared_batch("Weibull", (given["shape"], given["median"], given["scale"], given["joint"]))

    @property
    def origin_power(self) -> float:
        """The shape, or the smallest one of a batch."""
        return float(np.min(self.shape_value))

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
    joint: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_pairs)))

    def __attrs_post_init__(self) -> None:
        if self.joint is None:
            if self.shape is None:
                reject("shape", "given to Weibull with `median` or `scale`, unless `joint` is", None)
            exactly_one(self, "median", "scale")
            self.batch  # noqa: B018  one length for all
        elif not (self.shape is None and vars(self)["median"] is None and self.scale is None):
            reject("joint", "given alone, without shape, median or scale", self.joint)


@_render.text.register
def _(curve: Weibull) -> str:
    given = vars(curve)
    if isinstance(given["joint"], Uncertain):
        return f"Weibull, median and shape {shown(given['joint'])}"
    name = "median" if given["scale"] is None else "scale"
    length, shape = (given[name], given["shape"]) if given["joint"] is None else curve._joint
    return f"Weibull, {name} {shown(length, ' months')}, shape {shown(shape)}"
