"""Curves whose hazard is constant between knots."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, Uncertain, value
from icibaseline.errors import reject
from icibaseline.survival.base import Curve, along, numeric, shown

_REACH = 1e-15  # tail probability that quadrature still reaches


class _Piece(NamedTuple):
    start: float  # months
    width: float  # months; inf for the last
    hazard: Floats  # per month, () or (B,)
    before: Floats  # cumulative hazard at the start, () or (B,)
    entered: Floats  # the least cumulative hazard that is reached in this piece and not before it, () or (B,)


def _hazards(name: str, given: Any) -> tuple[float, ...] | FloatArray | Uncertain:
    if isinstance(given, Uncertain):
        return _prior(name, given)
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.size and given.dtype.kind in "fiu":
        for extreme in (given.min(), given.max()):  # both are NaN if any is
            _checks.nonnegative(name, float(extreme))
        clean: FloatArray = given.astype(float)
        clean.flags.writeable = False
        return clean
    return _checks.sequence(name, given, _checks.nonnegative)


def _prior(name: str, given: Uncertain) -> Uncertain:
    if given.dimension == 1:
        reject(name, "a prior on two hazards or more", given, "A single one is the `rate` of an Exponential.")
    if np.min(given.quantile(_REACH)) < 0:
        reject(name, "a prior on which no hazard is negative", given, 'For example scales=("log", "log").')
    return given


class _PiecewiseFormulas(Curve):
    """The formulas of `PiecewiseExponential`; apart, because `knots` is a property of every curve and a field here."""

    @property
    def _hazards(self) -> Any:
        return vars(self)["hazards"]

    @property
    def knots(self) -> tuple[float, ...]:
        """Months at which one period gives way to the next."""
        knots: tuple[float, ...] = vars(self)["knots"]
        return knots

    @property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return len(self._hazards) if isinstance(self._hazards, np.ndarray) else None

    @property
    def median(self) -> Floats:
        """Median survival time in months; inf if fewer than half ever have the event."""
        return self.quantile(0.5)

    @property
    def moving_knots(self) -> FloatArray | None:
        """None: the knots are those of the whole batch."""
        return None

    @property
    def origin_power(self) -> float:
        """1: the hazard is constant near 0."""
        return 1.0

    @cached_property
    def _pieces(self) -> tuple[_Piece, ...]:
        starts = (0.0, *self.knots)
        widths = (*np.diff(starts).tolist(), math.inf)
        hazards: Any = numeric("hazards", self._hazards)
        columns = hazards.T if self.batch else hazards
        pieces = []
        total = entered = columns[0] * 0.0
        for start, width, hazard in zip(starts, widths, columns, strict=True):
            pieces.append(_Piece(start, width, hazard, total, entered))
            if width < math.inf:
                total = total + hazard * width
                entered = np.where(np.asarray(hazard) > 0, total, np.nextafter(total, np.inf))
        return tuple(pieces)

    def _hazard(self, t: FloatArray) -> Floats:
        result: Any = 0.0
        for piece in self._pieces:
            result = np.where(t >= piece.start, along(piece.hazard, t.ndim), result)
        return result  # type: ignore[no-any-return]

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        result: Any = 0.0
        for piece in self._pieces:
            result = result + _product(_spent(t, piece), along(piece.hazard, t.ndim))
        return result  # type: ignore[no-any-return]

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        shape = np.broadcast_shapes(h.shape, np.shape(along(self._pieces[0].hazard, h.ndim)))
        result, month = np.zeros(shape), np.empty(shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            for piece in self._pieces:
                np.subtract(h, along(piece.before, h.ndim), out=month)
                np.divide(month, along(piece.hazard, h.ndim), out=month)
                np.fmax(month, 0.0, out=month)  # 0/0: a level is reached at the start of a period of hazard 0
                np.add(month, piece.start, out=month)
                np.copyto(result, month, where=h >= along(piece.entered, h.ndim))
        if out is None:
            return result
        np.copyto(out, result)
        return out

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        result: Any = 0.0
        for piece in self._pieces:
            hazard, before = along(piece.hazard, horizon.ndim), along(piece.before, horizon.ndim)
            spent = _spent(horizon, piece)
            gained = _product(spent, hazard)
            with np.errstate(divide="ignore", invalid="ignore"):
                within = np.where(gained > 1e-17, -np.expm1(-gained) / hazard, spent)
            result = result + _product(within, np.exp(-np.asarray(before)))
        return result  # type: ignore[no-any-return]


def _spent(t: FloatArray, piece: _Piece) -> FloatArray:
    """Months before `t` that fall into the piece."""
    return np.minimum(np.maximum(t - piece.start, 0.0), piece.width)


def _product(time: FloatArray, factor: Floats) -> FloatArray:
    """Time x factor, both 0 or above; 0 where the factor is 0 and the time inf."""
    with np.errstate(invalid="ignore"):
        return np.fmax(time * factor, 0.0)


@final
@value
class PiecewiseExponential(_PiecewiseFormulas):
    """Survival with a hazard that is constant between knots.

    Parameters
    ----------
    hazards : sequence of float, Distribution, or array of shape (B, J)
        Hazards per month, 0 or above, one per period; or a prior of as many dimensions as there are periods.
    knots : sequence of float
        The J - 1 months, increasing, at which one period gives way to the next; the last period never ends.

    Raises
    ------
    InvalidInput
        If a hazard is negative, or the knots are not increasing, positive, and one fewer than the hazards; also when a
        curve that holds a prior is evaluated.

    Notes
    -----
    ``S(t) = exp(-sum_j hazard_j * (time spent in period j before t))``. A last hazard of 0 is a cured fraction:
    quantiles beyond it are inf. A quantile that falls on a period of hazard 0 is the month at which the period starts.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.PiecewiseExponential((0.1, 0.05), knots=(3,))
    >>> round(curve.survival(3), 4), round(curve.median, 3)
    (0.7408, 10.863)
    """

    hazards: Any = attrs.field(converter=as_field(_hazards))
    knots: Any = attrs.field(
        default=(), converter=as_field(lambda name, given: _checks.increasing(name, given, least=0))
    )

    def __attrs_post_init__(self) -> None:
        held = self.hazards
        periods = held.dimension if isinstance(held, Uncertain) else np.shape(held)[-1]
        if len(self.knots) != periods - 1:
            reject("knots", f"one fewer than the `hazards`, of which there are {periods}", self.knots)


@_render.text.register
def _(curve: PiecewiseExponential) -> str:
    if isinstance(curve.hazards, Uncertain):
        return f"piecewise exponential, knots {', '.join(map(shown, curve.knots))}, hazards {shown(curve.hazards)}"
    steps = [shown(piece.hazard) for piece in curve._pieces]
    spans = [f" to month {knot:.4g}" for knot in curve.knots] + [" after" if curve.knots else " throughout"]
    return "piecewise exponential: " + ", ".join(map(str.__add__, steps, spans))
