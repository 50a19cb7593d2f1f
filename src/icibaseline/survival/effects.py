"""What the experimental treatment does to the control curve."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Floats, Uncertain, Value, value
from icibaseline.distributions import NormalMixture
from icibaseline.errors import caution, reject
from icibaseline.survival.base import Curve, Parameter, a_curve, numeric, shared_batch, shown


def _median_ratio(name: str, held: object) -> Any:
    if isinstance(held, Uncertain) and not (isinstance(held, NormalMixture) and held.scale == "log"):
        reject(
            name, 'a number or a NormalMixture with scale="log"', held, "For example NormalMixture.lognormal(1.6, 0.2)."
        )
    return _checks.parameter(_checks.positive)(name, held)


def _hazard_ratio(name: str, held: object) -> Any:
    if isinstance(held, MedianRatio):
        reject(name, "a hazard ratio", held, "Use its `hazard_ratio(shape=...)`, which says what that assumes.")
    if hasattr(held, "baselines"):  # a population, of a floor above
        reject(
            name, "a number or a prior on a hazard ratio", held, "A published one is an effect: effect=baseline(...)."
        )
    return _checks.parameter(_checks.positive)(name, held)


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

    value: Parameter = attrs.field(converter=as_field(_hazard_ratio))
    delay: Parameter = attrs.field(
        default=0.0, kw_only=True, converter=as_field(_checks.parameter(_checks.nonnegative))
    )

    def __attrs_post_init__(self) -> None:
        shared_batch("HazardRatio", (self.value, self.delay))

    def apply(self, control: Curve) -> Curve:
        """The control curve with its hazard multiplied."""
        return a_curve("control", control).scaled(self.value, self.delay)

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

    curve: Curve = attrs.field(converter=as_field(a_curve))

    def apply(self, control: Curve) -> Curve:
        """The given curve."""
        a_curve("control", control)
        return self.curve

    @property
    def constant_ratio(self) -> Floats | None:
        """None: two curves given apart have no ratio that is known to be constant."""
        return None


@final
@value
class MedianRatio(Value):
    """A ratio of medians, which is no effect: it fixes two points of two curves and leaves the rest open.

    Parameters
    ----------
    value : float, NormalMixture on the log scale, or array of shape (B,)
        Median of the experimental group over that of the control group; above 1 favours experimental.

    Raises
    ------
    InvalidInput
        If the ratio is not positive, or its prior not on the log scale.

    Examples
    --------
    >>> import icibaseline as ici
    >>> print(ici.MedianRatio(1.67))
    ratio of medians 1.67
    """

    value: Parameter = attrs.field(converter=as_field(_median_ratio))

    def hazard_ratio(self, *, shape: float) -> HazardRatio:
        """The hazard ratio, if both groups have Weibull curves of one shape.

        Parameters
        ----------
        shape : float
            The shape k of both curves; 1 is exponential.

        Raises
        ------
        InvalidInput
            If the shape is not positive.

        Warns
        -----
        ApproximationWarning
            Always: under other curves a ratio of medians says little about the hazard ratio.

        Notes
        -----
        ``hazard ratio = (ratio of medians)^(-k)``. Where patients' own data were at hand, ratios of medians were no
        reasonable surrogate for hazard ratios [1]_.

        References
        ----------
        .. [1] Michiels S, Piedbois P, Burdett S, Syz N, Stewart L, Pignon JP. Meta-analysis when only the median
           survival times are known: a comparison with individual patient data results. Int J Technol Assess Health
           Care 2005;21:119-125.
        """
        k = _checks.positive("shape", shape, "1 for exponential curves.")
        caution(
            f"A ratio of medians is a hazard ratio to the power -1/shape only if both groups have Weibull curves of "
            f"that shape, here {k:g}."
        )
        held = self.value
        if isinstance(held, NormalMixture):
            return HazardRatio(
                held.with_(means=tuple(-k * mean for mean in held.means), sds=tuple(k * sd for sd in held.sds))
            )
        return HazardRatio(numeric("value", held) ** -k)


@_render.text.register
def _(effect: HazardRatio) -> str:
    at_once = isinstance(effect.delay, float) and effect.delay == 0
    return f"hazard ratio {shown(effect.value)}" + ("" if at_once else f" from month {shown(effect.delay)}")


@_render.text.register
def _(effect: ExplicitCurve) -> str:
    return f"experimental curve: {effect.curve}"


@_render.text.register
def _(ratio: MedianRatio) -> str:
    return f"ratio of medians {shown(ratio.value)}"
