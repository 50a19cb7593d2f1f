"""A curve whose hazard is multiplied from some month on."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, value
from icibaseline.survival.area import integrated_survival
from icibaseline.survival.base import Curve, Parameter, a_curve, along, numeric, shared_batch, shown


@final
@value
class ScaledHazard(Curve):
    """A curve whose hazard is `ratio` times that of another from `delay` months on.

    Parameters
    ----------
    base : Curve
        The curve before scaling.
    ratio : float, Distribution or array of shape (B,)
        What the hazard is multiplied by, above 0.
    delay : float, Distribution or array of shape (B,)
        Months during which the hazard is still that of `base`, 0 or above.

    Raises
    ------
    InvalidInput
        If the base is no curve, the ratio not positive or the delay negative; also when a curve that holds a prior is
        evaluated.

    Notes
    -----
    ``H(t) = H0(min(t, delay)) + ratio (H0(t) - H0(delay))_+`` with H0 the cumulative hazard of `base`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> curve = ici.ScaledHazard(ici.Exponential(median=4.7), ratio=0.6, delay=3)
    >>> round(curve.median, 3), round(curve.survival(12), 3)
    (5.833, 0.29)
    """

    base: Curve = attrs.field(converter=as_field(a_curve))
    ratio: Parameter = attrs.field(converter=as_field(_checks.parameter(_checks.positive)))
    delay: Parameter = attrs.field(
        default=0.0, kw_only=True, converter=as_field(_checks.parameter(_checks.nonnegative))
    )

    def __attrs_post_init__(self) -> None:
        self.batch  # noqa: B018  one length for all

    @cached_property
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""
        return shared_batch("ScaledHazard", (self.base, self.ratio, self.delay))

    @property
    def median(self) -> Floats:
        """Median survival time in months; inf if fewer than half ever have the event."""
        return self.quantile(0.5)

    @property
    def knots(self) -> tuple[float, ...]:
        """Months at which the hazard jumps: those of the base and a delay that the whole batch shares."""
        delay = numeric("delay", self.delay)
        own = {delay} - {0.0} if isinstance(delay, float) else set()
        return tuple(sorted({*self.base.knots, *own}))

    @cached_property
    def moving_knots(self) -> FloatArray | None:
        """Delays (B, m) that differ within the batch, those of the base included, 0 where there is none."""
        delay = numeric("delay", self.delay)
        own = None if isinstance(delay, float) else delay[:, None]
        columns = [knots for knots in (self.base.moving_knots, own) if knots is not None]
        return np.concatenate(columns, axis=1) if columns else None

    @property
    def origin_power(self) -> float:
        """That of the base."""
        return self.base.origin_power

    @cached_property
    def _lag(self) -> Floats:
        """Cumulative hazard at the delay."""
        delay = numeric("delay", self.delay)
        if isinstance(delay, float):
            return self.base.cumulative_hazard(delay)
        return np.asarray(self.base.cumulative_hazard(delay[:, None]))[:, 0]

    def _parameters(self, ndim: int) -> tuple[Floats, Floats]:
        return along(numeric("ratio", self.ratio), ndim), along(self._lag, ndim)

    def _hazard(self, t: FloatArray) -> Floats:
        ratio, delay = along(numeric("ratio", self.ratio), t.ndim), along(numeric("delay", self.delay), t.ndim)
        late = np.ndim(delay) > 0 or delay > 0
        result: Floats = self.base.hazard(t) * (np.where(t >= delay, ratio, 1.0) if late else ratio)
        return result

    def _cumulative_hazard(self, t: FloatArray) -> Floats:
        ratio, lag = self._parameters(t.ndim)
        h = self.base.cumulative_hazard(t)
        late = np.ndim(lag) > 0 or lag > 0
        result: Floats = np.minimum(h, lag) + ratio * np.maximum(h - lag, 0.0) if late else ratio * h
        return result

    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats:
        if h.ndim == 0 and self.batch:  # as a column, or the base would take a batch of levels for shared ones
            return np.asarray(self._inverse(h.reshape(1, 1), None))[:, 0]
        ratio, lag = self._parameters(h.ndim)
        if np.ndim(lag) == 0 and lag == 0:  # no delay: in place, which simulation needs to be fast
            return self.base.inverse_cumulative_hazard(np.divide(h, ratio, out=out), out=out)
        beyond: Any = np.maximum(h - lag, 0.0) / ratio
        unscaled: Any = np.minimum(h, lag, out=out)  # after the line above: `out` may be `h`
        return self.base.inverse_cumulative_hazard(np.add(unscaled, beyond, out=out), out=out)

    def _restricted_mean(self, horizon: FloatArray) -> Floats:
        return integrated_survival(self, horizon)


@_render.text.register
def _(curve: ScaledHazard) -> str:
    at_once = isinstance(curve.delay, float) and curve.delay == 0
    late = "" if at_once else f" from month {shown(curve.delay)}"
    return f"{curve.base}; hazard ratio {shown(curve.ratio)}{late}"
