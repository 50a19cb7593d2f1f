"""The curve of a population of several parts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property, reduce
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.errors import reject
from icibaseline.survival.base import Curve, a_curve, along, numeric, roughest, shared_batch, shown
from icibaseline.survival.blend import among, blend, mixed_hazard, reach, widened
from icibaseline.survival.table import MANY, Table

_SUM, _REACH = 1e-9, 1e-15  # tolerance of a sum; tail probability that quadrature still reaches
_RULE = "positive numbers that sum to 1, the weight of the first of two, or a prior on either"
_NONE = "A part of weight 0 is no part: leave it out."


def _weights(name: str, given: Any) -> Any:
    if isinstance(given, Uncertain):
        return _prior(name, given)
    if isinstance(given, np.ndarray) and given.ndim:
        return _array(name, given)
    if not isinstance(given, Iterable) or isinstance(given, np.ndarray):
        first = _checks.open_unit(name, given, "It is the weight of the first of two.")
        return first, 1 - first
    members = _checks.sequence(name, given, lambda place, w: _checks.positive(place, w, _NONE), 2, _RULE)
    total = math.fsum(members)
    if abs(total - 1) > _SUM:
        reject(name, "numbers that sum to 1", members, f"They sum to {total:.10g}, and are never rescaled.")
    return members


def _prior(name: str, given: Uncertain) -> Uncertain:
    if given.dimension == 1:
        if not (given.quantile(_REACH) >= 0 and given.quantile(1 - _REACH) <= 1):
            reject(name, "a prior that stays between 0 and 1", given, "For example BetaMixture.from_counts(44, 75).")
    elif abs(math.fsum(given.typical) - 1) > _SUM:
        reject(name, "a prior on numbers that sum to 1", given, "For example a Dirichlet.")
    return given


def _array(name: str, given: Any) -> FloatArray | tuple[float, ...]:
    """All weights, if they sum to 1; else a batch of the first of two weights, or one (B, k) of all."""
    if given.ndim > 2 or not given.size or given.dtype.kind not in "fiu":
        reject(name, _RULE, given)
    if not (given.min() >= 0 and given.max() <= 1):  # NaN fails too
        reject(name, "between 0 and 1", given)
    gaps = np.abs(given.sum(axis=-1) - 1)
    if given.ndim == 1 and len(given) > 1 and gaps <= _SUM:
        return _checks.sequence(name, given, lambda place, w: _checks.positive(place, w, _NONE))
    if given.ndim == 2 and gaps.max() > _SUM:
        reject(name, "rows that sum to 1", given, "They are never rescaled.")
    clean: FloatArray = given.astype(float)
    clean.flags.writeable = False
    return clean


def _curves(name: str, given: Any) -> tuple[Curve, ...]:
    return _checks.sequence(name, given, a_curve, least=2, rule="a sequence of two or more survival curves")


@final
@value
class Mixture(Curve):
    """Survival in a population of several parts, each with its own curve.

    Parameters
    ----------
    weights : sequence of float, float, Distribution or array of shape (B,) or (B, k)
        Parts of the population, positive, which sum to 1 within 1e-9 and are never rescaled; or of two parts the
        first one alone. A prior is on that weight, or has as many dimensions as there are curves.
    curves : sequence of Curve
        The curves of the parts, two or more.

    Raises
    ------
    InvalidInput
        If there are not as many weights as curves, or the weights are not positive or do not sum to 1; also when a
        curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = sum_i w_i S_i(t)``. The hazard is the mean of those of the parts among the patients who are still without
    the event, so that it falls although no part's does: those at high risk leave first. There is no formula for its
    quantiles, which Newton's method finds to rounding error.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.Mixture((0.8, 0.2), (ici.Exponential(4.7), ici.Exponential(9.5)))
    >>> round(curve.median, 2), round(curve.survival(12), 3)
    (5.33, 0.22)
    """

    weights: Any = attrs.field(converter=as_field(_weights))
    curves: Any = attrs.field(converter=as_field(_curves))

    def __attrs_post_init__(self) -> None:
        parts, held = len(self.curves), self.weights
        if isinstance(held, Uncertain):
            given = held.dimension
        else:
            given = np.shape(held)[-1] if isinstance(held, tuple) or held.ndim == 2 else 1
        if given != parts and (given, parts) != (1, 2):
            reject("weights", f"as many as `curves`, of which there are {parts}", held)
        self.batch  # noqa: B018  one length for all

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch("Mixture", (self.weights, *self.curves))

    @property
    def median(self) -> Floats:
        """Median survival time in months; inf if fewer than half ever have the event."""
        return self.quantile(0.5)

    @property
    def knots(self) -> tuple[float, ...]:
        """Months at which the hazard of a part jumps."""
        return tuple(sorted({knot for curve in self.curves for knot in curve.knots}))

    @property
    def moving_knots(self) -> FloatArray | None:
        """Months (B, m) at which the hazard of a part jumps where they differ within the batch."""
        columns = [curve.moving_knots for curve in self.curves if curve.moving_knots is not None]
        return np.concatenate(columns, axis=1) if columns else None

    @property
    def origin_power(self) -> float:
        """The roughest of the parts': near 0 the hazard is their weighted sum."""
        return roughest(curve.origin_power for curve in self.curves)

    @cached_property
    def _shares(self) -> list[Floats]:
        """The weight of each part, () or (B,)."""
        held: Any = numeric("weights", self.weights)
        if not isinstance(held, np.ndarray):
            return [weight / math.fsum(held) for weight in held]  # free of the rounding that is tolerated
        return [held, 1 - held] if held.ndim == 1 else list((held / held.sum(axis=1, keepdims=True)).T)

    def _at(self, ndim: int) -> list[Floats]:
        return [along(weight, ndim) for weight in self._shares]

    def _blend(self, t: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return blend(self._at(t.ndim), [curve._cumulative_hazard(t) for curve in self.curves])

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        return self._blend(t)[0]

    def _hazard(self, t: FloatArray) -> Floats:
        return self._both(t)[1]

    def _both(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        level, shares = self._blend(t)
        with np.errstate(invalid="ignore", divide="ignore"):
            return level, mixed_hazard(self._at(t.ndim), level, shares, [curve._hazard(t) for curve in self.curves])

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        if h.ndim <= 1 and self.batch:  # as rows, or the parts would take a batch of levels for shared ones
            months = self._inverse(h.reshape(1, -1), None)
            return np.asarray(months).reshape(self.batch, *h.shape)
        with np.errstate(all="ignore"):
            result = self._months(h) if self.batch else self._many(h.ravel()).reshape(h.shape)
        if out is None:
            return result
        np.copyto(out, result)
        return out

    def _many(self, h: FloatArray) -> FloatArray:
        """Months at levels (N,) of a single curve, by a table if there are many."""
        if len(h) < MANY:
            return self._months(h)
        place = self._table.position(h)
        inside = (place >= 0) & (place <= self._table.last)
        if inside.all():
            return reach(self._both, h, *self._table.look_up(place), separable=True)
        months = np.empty_like(h)
        months[inside] = reach(self._both, h[inside], *self._table.look_up(place[inside]), separable=True)
        months[~inside] = self._months(h[~inside])
        return months

    @cached_property
    def _table(self) -> Table:
        return Table.of(self._months, self._both, float(self._cumulative_hazard(np.array(np.inf))))

    def _months(self, h: FloatArray) -> FloatArray:
        """Months at levels (N,), or (B or 1, ...) in a batch, which lie between those of the first and last part."""
        weights = self._at(h.ndim)
        months = among(weights, [curve._inverse(h, None) for curve in self.curves], np.nan)
        low, high = np.asarray(reduce(np.fmin, months)), np.asarray(reduce(np.fmax, months))
        guess = 1 / sum(map(np.divide, weights, months))
        for weight, curve in zip(weights, self.curves, strict=True):  # when the others are gone
            guess = np.fmax(guess, curve._inverse(np.maximum(h + np.log(weight), 0.0), None))
        if np.isinf(high).any():
            low = np.where(self._reached(h), low, np.inf)
            high = widened(self._both, h, low, high)
        h, low, high, guess, *_ = np.broadcast_arrays(h, low, high, np.fmin(np.fmax(guess, low), high), *weights)
        return reach(self._both, h, low, high, guess, separable=self.batch is None)

    def _reached(self, h: FloatArray) -> Any:
        """Whether the population comes to the levels in finite time."""
        ends = np.reshape([np.inf, self.knots[-1] if self.knots else 0.0], (2, *(1,) * h.ndim))
        most, by_last_knot = map(self._cumulative_hazard, ends)
        return (h < most) | (h <= by_last_knot)

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        weights = self._at(horizon.ndim)
        parts = among(weights, [curve._restricted_mean(horizon) for curve in self.curves], 0.0)
        result: Floats = reduce(np.add, map(np.multiply, weights, parts))
        return result


@_render.text.register
def _(curve: Mixture) -> str:
    parts = [f"({part})" for part in curve.curves]
    if isinstance(curve.weights, Uncertain):
        what = "weight of the first" if curve.weights.dimension == 1 else "weights"
        return f"mixture of {' and '.join(parts)}, {what} {shown(curve.weights)}"
    return "mixture: " + " and ".join(f"{shown(w)} of {part}" for w, part in zip(curve._shares, parts, strict=True))
