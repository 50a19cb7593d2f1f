"""What the experimental treatment does to the control curve."""

from __future__ import annotations

from abc import abstractmethod
from typing import final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Floats, Value, value
from icibaseline.survival.base import Curve, Parameter, numeric, shared_batch, shown


def _curve(name: str, held: object) -> Curve:
    clean: Curve = _checks.instance(name, held, Curve, "a survival curve", "For example Exponential(median=4.7).")
    return clean


class Effect(Value):
    """Abstract effect: how the experimental curve follows from the control curve."""

    @abstractmethod
    def apply(self, control: Curve) -> Curve:
        """The experimental curve."""

    @property
    @abstractmethod
    def constant_ratio(self) -> Floats | None:
        """The hazard ratio if it is the same at all times; None if it is not, or not known to be."""

    @property
    def null(self) -> Effect:
        """No difference: the experimental curve is the control curve."""
        return HazardRatio(1.0)


@final
@value
class HazardRatio(Effect):
    """Proportional hazards, from the start or after a delay.

    Parameters
    ----------
    value : float, Distribution or array of shape (B,)
        Hazard ratio, experimental over control; below 1 favours experimental.
    delay : float, Distribution or array of shape (B,)
        Months after entry during which the two hazards are still equal.

    Raises
    ------
    InvalidInput
        If the ratio is not positive or the delay negative.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.HazardRatio(0.6).apply(ici.Exponential(median=4.7)).median, 2)
    7.83
    >>> round(ici.HazardRatio(0.6, delay=3).apply(ici.Exponential(median=4.7)).median, 2)
    5.83
    """

    value: Parameter = attrs.field(converter=as_field(_checks.parameter(_checks.positive)))
    delay: Parameter = attrs.field(
        default=0.0, kw_only=True, converter=as_field(_checks.parameter(_checks.nonnegative))
    )

    def __attrs_post_init__(self) -> None:
        shared_batch("HazardRatio", (self.value, self.delay))

    def apply(self, control: Curve) -> Curve:
        """The control curve with its hazard multiplied."""
        return _curve("control", control).scaled(self.value, self.delay)

    @property
    def constant_ratio(self) -> Floats | None:
        """The hazard ratio if there is no delay, else None."""
        ratio, delay = numeric("value", self.value), numeric("delay", self.delay)
        return ratio if not np.any(delay) or (isinstance(ratio, float) and ratio == 1) else None


@final
@value
class ExplicitCurve(Effect):
    """An experimental curve that is given as such, whatever the control curve is.

    Parameters
    ----------
    curve : Curve
        The experimental curve.

    Raises
    ------
    InvalidInput
        If it is no curve.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.ExplicitCurve(ici.Exponential(median=8)).apply(ici.Exponential(median=4.7)).median
    8.0
    """

    curve: Curve = attrs.field(converter=as_field(_curve))

    def apply(self, control: Curve) -> Curve:
        """The given curve."""
        _curve("control", control)
        return self.curve

    @property
    def constant_ratio(self) -> Floats | None:
        """None: two curves given apart have no ratio that is known to be constant."""
        return None


@_render.text.register
def _(effect: HazardRatio) -> str:
    at_once = isinstance(effect.delay, float) and effect.delay == 0
    return f"hazard ratio {shown(effect.value)}" + ("" if at_once else f" from month {shown(effect.delay)}")


@_render.text.register
def _(effect: ExplicitCurve) -> str:
    return f"experimental curve: {effect.curve}"
