"""The curve of those who have reached some month without the event."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, unknowns, value
from icibaseline.errors import reject
from icibaseline.survival.area import integrated_survival
from icibaseline.survival.base import Curve, Parameter, a_curve, along, numeric, shared_batch, shown


@final
@value
class Conditional(Curve):
    """The curve of those without the event at some month, in months from then on.

    Parameters
    ----------
    base : Curve
        The curve from the start.
    months : float, Distribution or array of shape (B,)
        Months without the event, 0 or above: the new origin of time.

    Raises
    ------
    InvalidInput
        If the base is no curve or the months are negative; also when a curve that holds a prior, or months that no one
        reaches, is evaluated.

    Notes
    -----
    ``S(t) = S0(months + t) / S0(months)`` with S0 the survival of `base`. An exponential curve stays as it is; where
    the hazard falls, those who have come so far do better than all did from the start.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.Conditional(ici.Weibull(shape=0.73, median=4.7), months=1)
    >>> round(curve.median, 1)
    5.9
    """

    base: Curve = attrs.field(converter=as_field(a_curve))
    months: Parameter = attrs.field(converter=as_field(_checks.parameter(_checks.nonnegative)))

    def __attrs_post_init__(self) -> None:
        self.batch  # noqa: B018  one length for all

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch("Conditional", (self.base, self.months))

    @property
    def median(self) -> Floats:
        """Median survival time in months from the new origin; inf if fewer than half ever have the event."""
        return self.quantile(0.5)

    @property
    def knots(self) -> tuple[float, ...]:
        """Months at which the hazard jumps, from the new origin, if the whole batch shares it."""
        months = numeric("months", self.months)
        return tuple(k - months for k in self.base.knots if k > months) if isinstance(months, float) else ()

    @cached_property
    def moving_knots(self) -> FloatArray | None:
        """Months (B, m) at which the hazard jumps where they differ within the batch, 0 where there is none."""
        months, moving = numeric("months", self.months), self.base.moving_knots
        columns = [] if moving is None else [moving]
        if not isinstance(months, float) and self.base.knots:
            columns.append(np.broadcast_to(self.base.knots, (len(months), len(self.base.knots))))
        start = months if isinstance(months, float) else months[:, None]
        return np.maximum(np.concatenate(columns, axis=1) - start, 0.0) if columns else None

    @property
    def origin_power(self) -> float:
        """That of the base: soon after its origin the hazard is still steep, and later this does no harm."""
        return self.base.origin_power

    @cached_property
    def _spent(self) -> Floats:
        """Cumulative hazard of the base at the new origin."""
        months = numeric("months", self.months)
        if isinstance(months, float):
            spent = self.base.cumulative_hazard(months)
        else:
            spent = np.asarray(self.base.cumulative_hazard(months[:, None]))[:, 0]
        if not np.all(np.isfinite(spent)):
            reject("months", "a time that some reach without the event", self.months)
        return spent

    def _from_start(self, t: FloatArray) -> FloatArray:
        """Times since the origin of the base; in a batch with its axis, or they would be taken for shared ones."""
        months = numeric("months", self.months)
        if isinstance(months, float):
            return t + months
        return (t + months)[:, None] if t.ndim == 0 else t + along(months, t.ndim)

    def _shaped(self, result: Floats, ndim: int) -> Floats:
        return np.asarray(result)[:, 0] if ndim == 0 and isinstance(self.months, np.ndarray) else result

    def _hazard(self, t: FloatArray) -> Floats:
        return self._shaped(self.base._hazard(self._from_start(t)), t.ndim)

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        level = self._shaped(self.base._cumulative_hazard(self._from_start(t)), t.ndim)
        result: Floats = np.maximum(level - along(self._spent, t.ndim), 0.0)  # below 0 by rounding only
        return result

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        if h.ndim == 0 and self.batch:  # as a column, or the base would take a batch of levels for shared ones
            return np.asarray(self._inverse(h.reshape(1, 1), None))[:, 0]
        at_once = h == 0  # before `out`, which may be `h`, is written; rounding might move it
        level = np.add(h, along(self._spent, h.ndim), out=out)
        reached = self.base.inverse_cumulative_hazard(level, out=out)
        months: Any = np.asarray(np.subtract(reached, along(numeric("months", self.months), h.ndim), out=out))
        np.maximum(months, 0.0, out=months)
        np.copyto(months, 0.0, where=at_once)
        return months  # type: ignore[no-any-return]

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        return integrated_survival(self, horizon)


@_render.text.register
def _(curve: Conditional) -> str:
    known = not unknowns(curve) and curve.batch is None
    then = f", median {curve.median:.4g} months from then" if known else ""
    return f"{curve.base}; of those without the event at month {shown(curve.months)}{then}"
