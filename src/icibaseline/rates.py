"""Rates, such as that of response, and what the experimental treatment does to them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeAlias, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Floats, Uncertain, Value, value
from icibaseline.errors import InvalidInput, reject

__all__ = ["OddsRatio", "Rate", "RateEffect", "RiskDifference", "RiskRatio", "rate"]

Parameter: TypeAlias = "Floats | Uncertain"
_HINT = "For example OddsRatio(2), whose rates stay between 0 and 1 whatever the control rate is."


def rate(name: str, held: object) -> Any:
    """A rate strictly between 0 and 1, a prior on one or, inside a batch, an array of them."""
    if isinstance(held, Uncertain):
        ends = None if held.dimension != 1 else (float(held.quantile(0.0)), float(held.quantile(1.0)))
        if ends is None or ends[0] < 0 or ends[1] > 1:
            hint = 'For example BetaMixture.from_counts(7, 38), or a NormalMixture with scale="logit".'
            reject(name, "a number strictly between 0 and 1, or a prior that stays there", held, hint)
        return held
    if isinstance(held, np.ndarray) and held.ndim == 1 and held.size and held.dtype.kind in "fiu":
        if not np.all((held >= 0) & (held <= 1)):
            reject(name, "an array of numbers between 0 and 1", held)
        clean = np.array(held, dtype=float)
        clean.flags.writeable = False
        return clean
    return _checks.open_unit(name, held)


def _difference(name: str, held: object) -> float:
    rule = "a number strictly between -1 and 1"
    clean = _checks.number(name, held, rule)
    if not -1 < clean < 1:
        reject(name, rule, held, _checks.fraction_hint(abs(clean)))
    return clean


class RateEffect(Value):
    """Abstract: how the experimental rate follows from the control rate."""

    value: Parameter

    measure: ClassVar[str]  # what the value is
    named: ClassVar[str]  # the same, said on its own

    @abstractmethod
    def _applied(self, control: Floats, size: Floats) -> Floats:
        """The experimental rate, were there no limits."""

    def apply(self, control: Floats) -> Floats:
        """The experimental rate.

        Parameters
        ----------
        control : float or array of shape (B,)
            Control rate.

        Returns
        -------
        float or array of shape (B,)

        Raises
        ------
        InvalidInput
            If it would not lie between 0 and 1, or the effect holds a prior.
        """
        if isinstance(self.value, Uncertain):
            reject("value", "a number to work out a rate", self.value, "Put its `typical` in its place.")
        held = rate("control", control)
        if isinstance(held, Uncertain):
            reject("control", "a number to work out a rate", held, "Put its `typical` in its place.")
        made = self._applied(held, self.value)
        outside = np.atleast_1d((np.asarray(made) < 0) | (np.asarray(made) > 1))
        if outside.any():
            at = int(np.argmax(outside))
            start, end = (float(np.broadcast_to(x, outside.shape)[at]) for x in (held, made))
            raise InvalidInput(
                "`control` must be a rate from which the effect leads to one between 0 and 1; got "
                f"{start:.4g}, from which the {self} leads to {end:.4g}. {_HINT}"
            )
        return made if np.ndim(made) else float(made)

    @property
    def null(self) -> RateEffect:
        """No difference: the experimental rate is the control rate."""
        return OddsRatio(1.0)


@final
@value
class Rate(RateEffect):
    """An experimental rate that is given as such, whatever the control rate is.

    Parameters
    ----------
    value : float, Distribution or array of shape (B,)
        The experimental rate, strictly between 0 and 1.

    Raises
    ------
    InvalidInput
        If it is no rate, or a prior that leaves [0, 1].

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Rate(0.35).apply(0.18)
    0.35
    """

    measure, named = "rate", "experimental rate"

    value: Parameter = attrs.field(converter=as_field(rate))

    def _applied(self, control: Floats, size: Floats) -> Floats:
        return size + 0 * control


@final
@value
class RiskDifference(RateEffect):
    """The experimental rate less the control rate.

    Parameters
    ----------
    value : float, Distribution or array of shape (B,)
        The difference, strictly between -1 and 1; above 0 favours experimental where a response is good.

    Raises
    ------
    InvalidInput
        If it is no such number.

    Examples
    --------
    >>> import icibaseline as ici
    >>> round(ici.RiskDifference(0.1).apply(0.18), 10)
    0.28
    """

    measure = named = "risk difference"

    value: Parameter = attrs.field(converter=as_field(_checks.parameter(_difference)))

    def _applied(self, control: Floats, size: Floats) -> Floats:
        return control + size


@final
@value
class RiskRatio(RateEffect):
    """The experimental rate over the control rate.

    Parameters
    ----------
    value : float, Distribution or array of shape (B,)
        The ratio, positive; above 1 favours experimental where a response is good.

    Raises
    ------
    InvalidInput
        If it is not positive.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.RiskRatio(2).apply(0.18)
    0.36
    """

    measure = named = "risk ratio"

    value: Parameter = attrs.field(converter=as_field(_checks.parameter(_checks.positive)))

    def _applied(self, control: Floats, size: Floats) -> Floats:
        return control * size


@final
@value
class OddsRatio(RateEffect):
    """The odds of the experimental rate over those of the control rate.

    Parameters
    ----------
    value : float, Distribution or array of shape (B,)
        The ratio, positive; above 1 favours experimental where a response is good.

    Raises
    ------
    InvalidInput
        If it is not positive.

    Notes
    -----
    With control rate p and odds ratio w the experimental rate is w p / (1 - p + w p), which lies between 0 and 1.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.OddsRatio(2).apply(0.2)
    0.333333
    """

    measure = named = "odds ratio"

    value: Parameter = attrs.field(converter=as_field(_checks.parameter(_checks.positive)))

    def _applied(self, control: Floats, size: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            odds = size * control
            made = odds / (1 - control + odds)
        return np.where(size == 1, control, made) if np.ndim(made) else (control if size == 1 else made)


def _shown(held: Parameter, digits: str = ".4g") -> str:
    if isinstance(held, Uncertain):
        return f"uncertain: {str(held).splitlines()[0]}"
    if isinstance(held, np.ndarray):
        return f"{held.min():{digits}} to {held.max():{digits}} (batch of {len(held)})"
    return f"{held:{digits}}"


@_render.text.register
def _(effect: RateEffect) -> str:
    return f"{effect.measure} {_shown(effect.value)}"
