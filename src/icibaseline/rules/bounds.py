"""Bounds on Z at the looks, and how likely each is passed first."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import exits, in_chunks, search
from icibaseline._values import BoolArray, FloatArray, Value, value
from icibaseline.errors import reject

__all__ = ["GROWTH", "Bounds"]

GROWTH = 1e-3  # a look that adds less information than this fraction is no further look
_ROUNDING = 1e-9  # by so much it may seem to fall
_FIELDS = ("information", "efficacy", "futility", "mean", "spread")


def numbers_at(name: str, held: Any) -> FloatArray:
    """Numbers over looks (K,), or over designs and looks (B, K), frozen; bounds may be infinite."""
    if isinstance(held, np.ndarray) and not held.flags.writeable and held.dtype == float and held.ndim in (1, 2):
        return held
    rule = "a sequence of numbers over the looks"
    if not isinstance(held, (tuple, list, np.ndarray)):
        reject(name, rule, held)
    try:
        array = np.array(held, dtype=float)
    except (TypeError, ValueError, OverflowError):
        reject(name, rule, held)
    if np.asarray(held).dtype.kind not in "fiu" or array.ndim > 2 or not array.size or _any(np.isnan(array)):
        reject(name, rule, held)
    return frozen(array)


def _any(held: BoolArray) -> bool:
    return bool(np.count_nonzero(held))  # for a few numbers three times as fast as any()


def frozen(array: FloatArray) -> FloatArray:
    """The array, which nobody changes from now on."""
    array.flags.writeable = False
    return array


def information_at(name: str, held: Any) -> FloatArray:
    """Information over the looks: finite, never negative, never falling, above 0 in the end."""
    array = numbers_at(name, held)
    rule = "information that never falls from look to look and ends above 0"
    first, last = array.T[0], array.T[-1]
    falls = array[..., 1:] < array[..., :-1] * (1 - _ROUNDING)
    if _any(falls) or not ((first >= 0) & (last > 0) & (last < np.inf)).all():
        reject(name, rule, held, "For example (0.5, 1.0), or expected numbers of events.")
    return array


@final
@value
class Bounds(Value):
    """Bounds on Z at the looks, and the probabilities of passing them first.

    Parameters
    ----------
    information : array
        Information at the looks, (K,) or for a batch of designs (B, K), as everything below.
    efficacy : array
        Z above which the look rejects; inf where it does not test for efficacy.
    futility : array
        Z below which the look stops without rejecting; -inf where it does not test for futility. In a two-sided
        boundary the mirrored bound.
    mean : array
        Mean of Z at the looks, for which the probabilities are.
    spread : array
        Standard deviation of Z at the looks, by formulas that give one; 1 otherwise.

    Raises
    ------
    InvalidInput
        If an argument is no sequence of numbers, or information falls.

    Examples
    --------
    >>> import icibaseline as ici
    >>> bounds = ici.Spending(0.025).bounds((0.5, 1.0), drift=3.0)
    >>> bounds.efficacy.round(4)
    array([2.9626, 1.9686])
    >>> bounds.reject.round(4)
    array([0.2001, 0.6495])
    """

    information: FloatArray = attrs.field(converter=as_field(information_at))
    efficacy: FloatArray = attrs.field(converter=as_field(numbers_at))
    futility: FloatArray = attrs.field(kw_only=True, converter=as_field(numbers_at))
    mean: FloatArray = attrs.field(kw_only=True, converter=as_field(numbers_at))
    spread: FloatArray = attrs.field(kw_only=True, converter=as_field(numbers_at))

    @classmethod
    def of(cls, information: FloatArray, efficacy: FloatArray, futility: FloatArray, mean: FloatArray) -> Bounds:
        """Bounds of arrays that are known to be sound, with Z of standard deviation 1."""
        arrays = (information, efficacy, futility, mean, np.ones(mean.shape))
        made = object.__new__(cls)
        made.__setstate__(dict(zip(_FIELDS, map(frozen, arrays), strict=True)))
        return made

    @property
    def drift(self) -> FloatArray:
        """Mean of Z at the last look, ()."""
        return np.asarray(self.mean[..., -1])

    @property
    def nominal_p(self) -> FloatArray:
        """One-sided p value at which the look rejects."""
        return np.asarray(ndtr(-self.efficacy))

    @cached_property
    def _exits(self) -> tuple[FloatArray, ...]:
        shape = np.broadcast_shapes(*(getattr(self, name).shape for name in _FIELDS))
        information = np.broadcast_to(self.information, shape)
        tests = _apart(information, np.broadcast_to(np.isfinite(self.efficacy) | np.isfinite(self.futility), shape))
        lower = np.where(tests, (self.futility - self.mean) / self.spread, -np.inf)
        upper = np.where(tests, (self.efficacy - self.mean) / self.spread, np.inf)
        return in_chunks(exits, information, lower, upper)

    @property
    def reject(self) -> FloatArray:
        """Probability of rejecting, first at each look (not cumulative)."""
        return self._exits[0]

    @property
    def stop_futility(self) -> FloatArray:
        """Probability of passing the futility bound first at each look (not cumulative)."""
        return self._exits[1]

    @property
    def power(self) -> FloatArray:
        """Probability of rejecting at any look, ()."""
        return np.asarray(self.reject.sum(axis=-1))

    @property
    def expected_information(self) -> FloatArray:
        """Mean information at the end of the trial, ()."""
        stops = (self.reject + self.stop_futility)[..., :-1]
        last = self.information[..., -1]
        return np.asarray(last - (stops * (last[..., None] - self.information[..., :-1])).sum(axis=-1))

    def under(self, drift: Any, *, spread: Any = 1.0, futility: bool = True) -> Bounds:
        """The same bounds, with the probabilities for another drift.

        Parameters
        ----------
        drift : float or array
            Mean of Z at the last look, in proportion to the root of the information at the others; or means at
            all the looks, (K,) or (B, K).
        spread : float or array, optional
            Standard deviation of Z at the looks.
        futility : bool, optional
            Whether the futility bounds are obeyed; False asks what happens when they are overruled.
        """
        lower = self.futility if _checks.flag("futility", futility) else np.full_like(self.futility, -np.inf)
        mean = means(drift, self.information)
        spreads = _spreads(spread, self.information.shape[-1])
        return Bounds(self.information, self.efficacy, futility=lower, mean=mean, spread=spreads * np.ones_like(mean))

    def drift_for(self, power: float) -> FloatArray:
        """The drift, mean of Z at the last look, at which these bounds reject with a probability, ()."""
        target = ndtri(_checks.open_unit("power", power))

        def excess(drift: FloatArray) -> FloatArray:
            return np.asarray(ndtri(self.under(means_at(drift, self.information)).power) - target)

        return search(excess, target - ndtri(self.under(0.0).power))  # no test of this size can do with less


def _apart(information: FloatArray, tests: BoolArray) -> BoolArray:
    """Whether a look tests and comes clearly before the next that does; of two at once the later one decides."""
    apart = tests.copy()
    following = np.full(information.shape[:-1], np.inf)
    for k in range(information.shape[-1] - 1, -1, -1):
        apart[..., k] &= information[..., k] < (1 - GROWTH) * following
        following = np.where(apart[..., k], information[..., k], following)
    return apart


def means_at(drift: Any, information: FloatArray, end: Any = None) -> FloatArray:
    """Means of Z that grow with the root of the information to `drift` where it is `end`, (..., K)."""
    end = information[..., -1:] if end is None else end
    return np.asarray(np.asarray(drift)[..., None] * np.sqrt(information / end))


def _several(held: Any) -> bool:
    return isinstance(held, (tuple, list)) or (isinstance(held, np.ndarray) and held.ndim > 0)


def _spreads(held: Any, looks: int) -> FloatArray:
    """Standard deviations of Z, one or one for each look."""
    array = numbers_at("spread", held) if _several(held) else np.array([_checks.positive("spread", held)])
    if array.shape[-1] not in (1, looks) or not ((array > 0) & (array < np.inf)).all():
        reject("spread", f"a positive number, or one for each of the {looks} looks", held)
    return array


def means(drift: Any, information: FloatArray) -> FloatArray:
    """Means of Z at the looks, of a drift as users give it."""
    if _several(drift):
        array = numbers_at("drift", drift)
        if array.shape[-1] != information.shape[-1] or not np.isfinite(array).all():
            reject("drift", f"a number, or one for each of the {information.shape[-1]} looks", drift)
        return array
    return means_at(_checks.number("drift", drift), information)
