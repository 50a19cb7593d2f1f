"""The curve of a population of which a part is cured."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.errors import reject
from icibaseline.survival.base import Curve, a_curve, along, numeric, shared_batch, shown
from icibaseline.survival.blend import blend, mixed_hazard
from icibaseline.survival.exponential import Exponential
from icibaseline.survival.joint import pair_in, pairs_of

_MOST = 0.5  # with more of them cured there is no median


def _fraction(name: str, given: Any) -> float:
    rule = "a number from 0 to below 1"
    clean = _checks.number(name, given, rule)
    if not 0 <= clean < 1:
        reject(name, rule, given, _checks.fraction_hint(clean))
    return clean


_PAIRS = pairs_of(
    "cured fraction",
    "a positive number and one from 0 to below 0.5",
    lambda pairs: (pairs[..., 0] > 0) & (pairs[..., 1] >= 0) & (pairs[..., 1] < _MOST),
    "If half may be cured there is no median: give the curve of the others and `cured` apart.",
)


@final
@value
class MixtureCure(Curve):
    """Survival in a population of which a part never has the event.

    Parameters
    ----------
    base : Curve, optional
        The curve of those who are not cured.
    cured : float, Distribution or array of shape (B,), optional
        The part that is cured, from 0 to below 1; given with `base`.
    joint : bivariate prior, pair (median, cured), or array of shape (B, 2), optional
        Instead of the other two: the median of the whole population in months together with the part that is cured,
        below 0.5. Those who are not cured then have a constant hazard.

    Raises
    ------
    InvalidInput
        If the arguments are too few or too many or out of their range; also when a curve that holds a prior is
        evaluated.

    Notes
    -----
    ``S(t) = c + (1 - c) S0(t)`` with the cured part c and the curve S0 of the others. With `joint`,
    ``S0(t) = exp(-rate t)`` and ``rate = -log((0.5 - c) / (1 - c)) / median``.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.MixtureCure(joint=(2.6, 0.098))
    >>> round(curve.survival(12), 3), round(curve.survival(24), 3)
    (0.12, 0.099)
    >>> ici.MixtureCure(ici.Exponential(4.7), cured=0.1).quantile(0.95)
    inf
    """

    base: Curve | None = attrs.field(default=None, converter=as_field(_checks.optional(a_curve)))
    cured: Any = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.parameter(_fraction)))
    )
    joint: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_PAIRS)))

    def __attrs_post_init__(self) -> None:
        if self.joint is not None:
            if self.base is not None or self.cured is not None:
                reject("joint", "given alone, without base or cured", self.joint)
        elif self.base is None:
            reject("base", "given to MixtureCure with `cured`, unless `joint` is", None)
        elif self.cured is None:
            reject("cured", "given to MixtureCure with `base`, unless `joint` is", None)
        self.batch  # noqa: B018  one length for all

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch("MixtureCure", (self.base, self.cured, self.joint))

    @property
    def median(self) -> Floats:
        """Median survival time of the whole population in months; inf if half or more are cured."""
        return self.quantile(0.5) if self.joint is None else self._pair[0]

    @property
    def knots(self) -> tuple[float, ...]:
        """Months at which the hazard jumps."""
        return self._uncured.knots

    @property
    def moving_knots(self) -> FloatArray | None:
        """Months (B, m) at which the hazard jumps where they differ within the batch."""
        return self._uncured.moving_knots

    @property
    def origin_power(self) -> float:
        """That of the curve of those who are not cured."""
        return self._uncured.origin_power

    @cached_property
    def _pair(self) -> tuple[Floats, Floats]:
        return pair_in(self.joint)

    @cached_property
    def _uncured(self) -> Curve:
        if self.base is not None:
            return self.base
        median, cured = self._pair
        return Exponential(rate=-np.log((_MOST - cured) / (1 - cured)) / median)

    @cached_property
    def _cured(self) -> Floats:
        return numeric("cured", self.cured) if self.joint is None else self._pair[1]

    def _blend(self, t: FloatArray) -> tuple[list[Floats], FloatArray, list[FloatArray]]:
        cured = along(self._cured, t.ndim)
        weights = [1 - cured, cured]
        return weights, *blend(weights, [self._uncured._cumulative_hazard(t), np.zeros_like(t)])

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._blend(t)[1]

    def _hazard(self, t: FloatArray) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            weights, level, shares = self._blend(t)
            return mixed_hazard(weights, level, shares, [self._uncured._hazard(t), np.zeros_like(t)])

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        if h.ndim == 0 and self.batch:  # as a column, or the curve would take a batch of levels for shared ones
            return np.asarray(self._inverse(h.reshape(1, 1), None))[:, 0]
        cured = along(self._cured, h.ndim)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            lost = np.expm1(-h) / (1 - cured)  # of those who are not cured, -1 or less where no one is left
            late = h + np.log1p(-cured) - np.log1p(-np.fmax(cured * np.exp(h), 0.0))  # 0 x inf: no one is cured
            level = np.where(lost > -0.5, -np.log1p(lost), np.where(np.isnan(late), np.inf, late))
        months = self._uncured._inverse(level, None)
        if out is None:
            return months
        np.copyto(out, months)
        return out

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        cured = along(self._cured, horizon.ndim)
        saved = np.multiply(cured, np.where(np.greater(cured, 0), horizon, 0.0))
        result: Floats = saved + (1 - cured) * self._uncured._restricted_mean(horizon)
        return result


@_render.text.register
def _(curve: MixtureCure) -> str:
    if curve.base is not None:
        return f"cured {shown(curve.cured)}, the others {curve.base}"
    if isinstance(curve.joint, Uncertain):
        return f"cure model, median and cured fraction {shown(curve.joint)}"
    median, cured = curve._pair
    return f"cured {shown(cured)}, the others exponential, median of all {shown(median, ' months')}"
