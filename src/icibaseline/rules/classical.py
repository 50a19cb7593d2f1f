"""Classical group sequential boundaries, whose shape is fixed beforehand."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import efficacy_bounds, exits, last_bound, search
from icibaseline._values import FloatArray, value
from icibaseline.errors import reject
from icibaseline.rules.boundary import Boundary, level
from icibaseline.rules.futility import FutilityRule, beside, check_binding
from icibaseline.rules.group_sequential import sides
from icibaseline.rules.schedule import Schedule, Solved

__all__ = ["HaybittlePeto", "WangTsiatis"]


def _rule(name: str, held: object) -> FutilityRule | None:
    if held is not None:
        _checks.instance(name, held, FutilityRule, "None or a futility rule", "Such as FutilityZ(0).")
    return held  # type: ignore[return-value]


def _solve(boundary: HaybittlePeto | WangTsiatis, schedule: Schedule) -> Solved:
    schedule.plan().check_growth("information" if schedule.exact else "planned")
    if boundary.futility is not None:
        return beside(boundary.futility, schedule, boundary.binding, boundary._upper)
    upper = boundary._upper(schedule, None)
    return Solved(upper, -upper if boundary.sided == 2 else np.full_like(upper, -np.inf))


def _check(boundary: HaybittlePeto | WangTsiatis) -> None:
    check_binding(boundary.binding, boundary.futility)
    if boundary.sided == 2 and boundary.futility is not None:
        reject("futility", "None in a two-sided boundary", boundary.futility)


def _delta(name: str, held: object) -> float:
    rule = "a number from -2 to 0.5"
    delta = _checks.number(name, held, rule)
    if not -2 <= delta <= 0.5:
        reject(name, rule, held, "0 is O'Brien-Fleming, 0.5 is Pocock.")
    return delta


@final
@value
class WangTsiatis(Boundary):
    r"""Bounds in proportion to a power of information: O'Brien-Fleming, Pocock and what lies between.

    Parameters
    ----------
    alpha : float
        One-sided type I error, in (0, 0.5).
    delta : float
        0 for O'Brien-Fleming, 0.5 for Pocock; from -2 to 0.5.
    sided : {1, 2}, optional
        Two-sided bounds are symmetric, with alpha on each side.
    futility : FutilityRule, optional
        A rule to stop for futility at interim looks.
    binding : bool, optional
        Whether futility must be obeyed. If not, efficacy bounds hold alpha without it.

    Raises
    ------
    InvalidInput
        If an argument is out of range.

    Notes
    -----
    :math:`c\, t_k^{\delta - 1/2}` with c such that the type I error is alpha [1]_. In a trial whose looks turn out
    otherwise than planned, the error spent by the planned looks is spent, on straight lines between them.

    References
    ----------
    .. [1] Wang SK, Tsiatis AA. Approximately optimal one-parameter boundaries for group sequential trials.
       Biometrics 1987; 43: 193-199.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.WangTsiatis(0.025, delta=0.5).bounds((1/3, 2/3, 1)).efficacy.round(4)
    array([2.2895, 2.2895, 2.2895])
    """

    alpha: float = attrs.field(converter=as_field(level))
    delta: float = attrs.field(converter=as_field(_delta))
    sided: int = attrs.field(default=1, kw_only=True, converter=as_field(sides))
    futility: FutilityRule | None = attrs.field(default=None, kw_only=True, converter=as_field(_rule))
    binding: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def __attrs_post_init__(self) -> None:
        _check(self)

    @property
    def one_sided_alpha(self) -> float:
        """Type I error of the boundary, one-sided."""
        return self.alpha

    @property
    def one_look(self) -> bool:
        """False: every look may test."""
        return False

    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        return _solve(self, schedule)

    def _upper(self, schedule: Schedule, lower: FloatArray | None) -> FloatArray:
        if schedule.exact:
            return self._shaped(schedule, lower)
        plan = schedule.plan()
        planned = self._solve(plan, None)
        spent = self._exits(plan, planned.efficacy, planned.futility if self.binding else None).cumsum(axis=-1)
        path = [_interpolated(*rows) for rows in _rows(schedule.time, plan.time, spent)]
        cumulative = np.reshape(path, schedule.time.shape)
        return efficacy_bounds(
            schedule.information, schedule.spend(cumulative, schedule.grows), lower, two_sided=self.sided == 2
        )

    def _shaped(self, plan: Schedule, lower: FloatArray | None) -> FloatArray:
        shape: FloatArray = (plan.information / plan.information[..., -1:]) ** (self.delta - 0.5)

        def excess(c: FloatArray) -> FloatArray:
            error = self._exits(plan, c[..., None] * shape, lower).sum(axis=-1)
            return np.asarray(ndtri(self.alpha) - ndtri(error))

        start = np.full(shape.shape[:-1], -ndtri(self.alpha))
        found = search(excess, start)
        if np.isnan(found).any():
            reject("futility", "low enough to leave alpha to be spent", self.futility)
        return np.asarray(found[..., None] * shape)

    def _exits(self, plan: Schedule, upper: FloatArray, lower: FloatArray | None) -> FloatArray:
        low = -upper if self.sided == 2 else np.full_like(upper, -np.inf) if lower is None else lower
        return exits(plan.information, np.minimum(low, upper), upper)[0]


def _rows(*arrays: FloatArray) -> zip[tuple[FloatArray, ...]]:
    return zip(*(np.atleast_2d(a) for a in arrays), strict=True)


def _interpolated(time: FloatArray, planned: FloatArray, spent: FloatArray) -> FloatArray:
    return np.asarray(np.interp(time, [0.0, *planned], [0.0, *spent]))


@final
@value
class HaybittlePeto(Boundary):
    r"""One high bound at all interim looks, and at the last one what is left of alpha.

    Parameters
    ----------
    alpha : float, optional
        One-sided type I error, in (0, 0.5).
    z : float, optional
        Bound on Z at interim looks.
    sided : {1, 2}, optional
        Two-sided bounds are symmetric, with alpha on each side.
    futility : FutilityRule, optional
        A rule to stop for futility at interim looks.
    binding : bool, optional
        Whether futility must be obeyed. If not, efficacy bounds hold alpha without it.

    Raises
    ------
    InvalidInput
        If an argument is out of range, or the interim looks alone use up alpha.

    Notes
    -----
    The last bound is such that the type I error is alpha [1]_; the original left it as if there had been no look.

    References
    ----------
    .. [1] Peto R, Pike MC, Armitage P, et al. Design and analysis of randomized clinical trials requiring prolonged
       observation of each patient. I. Introduction and design. Br J Cancer 1976; 34: 585-612.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.HaybittlePeto(0.025).bounds((1/3, 2/3, 1)).efficacy.round(4)
    array([3.    , 3.    , 1.9751])
    """

    alpha: float = attrs.field(default=0.025, converter=as_field(level))
    z: float = attrs.field(default=3.0, converter=as_field(_checks.positive))
    sided: int = attrs.field(default=1, kw_only=True, converter=as_field(sides))
    futility: FutilityRule | None = attrs.field(default=None, kw_only=True, converter=as_field(_rule))
    binding: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def __attrs_post_init__(self) -> None:
        _check(self)

    @property
    def one_sided_alpha(self) -> float:
        """Type I error of the boundary, one-sided."""
        return self.alpha

    @property
    def one_look(self) -> bool:
        """False: every look may test."""
        return False

    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        return _solve(self, schedule)

    def _upper(self, schedule: Schedule, lower: FloatArray | None) -> FloatArray:
        upper = np.where(schedule.grows, self.z, np.inf)
        if not schedule.ended:
            return upper
        low = -upper if self.sided == 2 else np.full_like(upper, -np.inf) if lower is None else lower
        upper[..., -1] = last_bound(schedule.information, low, upper, self.alpha)
        if np.isnan(upper).any():
            rule = f"high enough to leave some of alpha = {self.alpha:g} for the last look"
            reject("z", rule, self.z, "Binding futility bounds must leave as much." if self.binding else "")
        return upper
