"""Futility bounds on other scales than Z or beta spent."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import search
from icibaseline._values import FloatArray, Value, replace, value
from icibaseline.errors import InvalidInput, reject, short
from icibaseline.rules.boundary import Boundary
from icibaseline.rules.schedule import Schedule, Solved

__all__ = [
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityPValue",
    "FutilityRule",
    "FutilityZ",
    "for_null",
]


class FutilityRule(Value):
    """What must be seen at an interim look to go on, on a scale of the user's choice."""

    def z(self, schedule: Schedule, goal: FloatArray, looks: tuple[int, ...] | None = None) -> FloatArray:
        """Bounds on Z at the looks, (..., K), where the planned end asks for Z above `goal`, (...)."""
        scale = np.broadcast_to(self._z(schedule, goal), schedule.information.shape)
        tests = schedule.tests("futility_looks", looks) & ~np.isnan(scale)
        if schedule.ended:
            tests[..., -1] = False
        return np.where(tests, scale, -np.inf)

    @abstractmethod
    def for_null(self, null: float) -> FutilityRule:
        """The rule in a design that tests a hazard ratio."""

    @abstractmethod
    def _z(self, schedule: Schedule, goal: FloatArray) -> FloatArray:
        """Bounds on Z at all looks, that broadcast to (..., K)."""


def per_look(check: _checks.Check) -> Any:
    """A number for all interim looks, or one for each."""

    def checked(name: str, held: Any) -> float | tuple[float, ...]:
        if isinstance(held, (tuple, list)) or (isinstance(held, np.ndarray) and held.ndim):
            return _checks.sequence(name, held, check)
        return check(name, held)  # type: ignore[no-any-return]

    return as_field(checked)


def _over(name: str, held: float | tuple[float, ...], schedule: Schedule) -> FloatArray:
    """The numbers as an array that meets the looks; NaN at one that was not planned, and at the final one."""
    if not isinstance(held, tuple):
        return np.asarray(held)
    interim = schedule.planned_looks - 1
    if len(held) != interim:
        reject(name, f"one number, or as many as there are interim looks, {interim}", held)
    return np.array([np.nan, *held, np.nan])[schedule.numbers]


@final
@value
class FutilityZ(FutilityRule):
    """Stop where Z is below a bound.

    Parameters
    ----------
    bound : float or sequence of float
        Bound on Z, for all interim looks or one for each.

    Raises
    ------
    InvalidInput
        If a bound is no number.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025, futility=ici.FutilityZ(0.0)).bounds((0.5, 1.0)).futility.round(4)
    array([0.    , 1.9686])
    """

    bound: float | tuple[float, ...] = attrs.field(converter=per_look(_checks.number))

    def _z(self, schedule: Schedule, goal: FloatArray) -> FloatArray:
        return _over("bound", self.bound, schedule)

    def for_null(self, null: float) -> FutilityRule:
        """The rule itself: Z is about the ratio that is tested."""
        return self


@final
@value
class FutilityPValue(FutilityRule):
    """Stop where the one-sided p value is above a bound.

    Parameters
    ----------
    p : float or sequence of float
        One-sided p value in (0, 1), for all interim looks or one for each.

    Raises
    ------
    InvalidInput
        If a p value is outside (0, 1).

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025, futility=ici.FutilityPValue(0.5)).bounds((0.5, 1.0)).futility.round(4)
    array([0.    , 1.9686])
    """

    p: float | tuple[float, ...] = attrs.field(converter=per_look(_checks.open_unit))

    def _z(self, schedule: Schedule, goal: FloatArray) -> FloatArray:
        return np.asarray(0.0 - ndtri(_over("p", self.p, schedule)))

    def for_null(self, null: float) -> FutilityRule:
        """The rule itself: Z is about the ratio that is tested."""
        return self


@final
@value
class FutilityHazardRatio(FutilityRule):
    r"""Stop where the estimated hazard ratio is above a bound.

    Parameters
    ----------
    ratio : float or sequence of float
        Hazard ratio, experimental over control, for all interim looks or one for each.
    null : float, optional
        Hazard ratio that is tested. None takes that of the design's statistic, and 1 where there is no design.

    Raises
    ------
    InvalidInput
        If a ratio is not positive.

    Notes
    -----
    :math:`Z = \log(\theta_0 / \theta) \sqrt{I}`. The information I is that on the log hazard ratio, the null
    variance of the score: near a quarter of the events at equal allocation. Fractions will not do. Tables of a design,
    and `monitor`, say by risk sets what hazard ratio Z stands for, which far from the ratio tested is a little else.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025, futility=ici.FutilityHazardRatio(0.9)).bounds((20.0, 40.0)).futility.round(4)
    array([0.4712, 1.9686])
    """

    ratio: float | tuple[float, ...] = attrs.field(converter=per_look(_checks.positive))
    null: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive)))

    def _z(self, schedule: Schedule, goal: FloatArray) -> FloatArray:
        effect = np.log(_tested(self.null) / _over("ratio", self.ratio, schedule))
        return np.asarray(effect * np.sqrt(schedule.information))

    def for_null(self, null: float) -> FutilityRule:
        """The rule about the ratio that is tested."""
        return self.with_(null=_agreed(self.null, null))


@final
@value
class FutilityConditionalPower(FutilityRule):
    r"""Stop where the power to reject at the end, given what is seen, is below a bound.

    Parameters
    ----------
    power : float or sequence of float
        Conditional power in (0, 1), for all interim looks or one for each.
    hazard_ratio : float, optional
        Hazard ratio from the look on; None takes the observed trend.
    null : float, optional
        Hazard ratio that is tested. None takes that of the design's statistic, and 1 where there is no design.

    Raises
    ------
    InvalidInput
        If a power is outside (0, 1) or a ratio is not positive.

    Notes
    -----
    With t the fraction of the planned information, c the last efficacy bound and D the mean of Z at the end, the
    bound solves :math:`Z \sqrt t + D (1 - t) = c + \sqrt{1 - t}\, \Phi^{-1}(p)`; the observed trend is
    :math:`D = Z / \sqrt t` [1]_. Efficacy at later interim looks is left out. A hazard ratio needs information
    on the log hazard ratio, as `FutilityHazardRatio` does.

    References
    ----------
    .. [1] Lan KKG, Wittes J. The B-value: a tool for monitoring data. Biometrics 1988; 44: 579-585.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025, futility=ici.FutilityConditionalPower(0.1)).bounds((0.5, 1.0)).futility.round(4)
    array([0.7512, 1.9686])
    """

    power: float | tuple[float, ...] = attrs.field(converter=per_look(_checks.open_unit))
    hazard_ratio: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    null: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive)))

    def _z(self, schedule: Schedule, goal: FloatArray) -> FloatArray:
        end = schedule.planned[..., -1:]
        t = np.minimum(schedule.information / end, 1.0)
        asked = goal[..., None] + np.sqrt(1 - t) * ndtri(_over("power", self.power, schedule))
        if self.hazard_ratio is None:
            return np.asarray(np.sqrt(t) * asked)
        drift = np.log(_tested(self.null) / self.hazard_ratio) * np.sqrt(end)
        return np.asarray((asked - drift * (1 - t)) / np.sqrt(np.where(t > 0, t, 1.0)))

    def for_null(self, null: float) -> FutilityRule:
        """The rule about the ratio that is tested."""
        return self.with_(null=_agreed(self.null, null))


def _tested(null: float | None) -> float:
    return 1.0 if null is None else null


def _agreed(held: float | None, null: float) -> float:
    if held is not None and held != null:
        hint = "Leave it out: a design takes that of its statistic."
        reject("futility.null", f"the hazard ratio that the statistic of the design tests, {null:g}", held, hint)
    return null


def for_null(boundary: Boundary, null: float) -> Boundary:
    """The boundary in a design that tests a hazard ratio: its futility rules on that scale are about the same."""
    return replace(boundary, FutilityRule, lambda rule: rule.for_null(null))


def beside(
    rule: FutilityRule,
    schedule: Schedule,
    binding: bool,
    efficacy: Callable[[Schedule, FloatArray | None], FloatArray],
    looks: tuple[int, ...] | None = None,
) -> Solved:
    """Efficacy and futility bounds where a rule gives the latter; binding ones lower the former."""
    plan = schedule.plan()
    goal = efficacy(plan, None)[..., -1]
    if binding:  # a higher goal gives higher futility bounds, and those a lower last bound
        goal = search(lambda g: np.asarray(g - efficacy(plan, rule.z(plan, g, looks))[..., -1]), goal)
    lower = rule.z(schedule, goal, looks)
    upper = efficacy(schedule, lower if binding else None)
    if np.isnan(upper).any():
        raise InvalidInput(
            f"`futility` must leave enough trials going to spend alpha, since it is binding; got {short(rule)}."
        )
    if schedule.ended:
        lower[..., -1] = upper[..., -1]
    return Solved(upper, lower if schedule.exact else np.minimum(lower, upper))


def check_binding(binding: bool, futility: Any) -> None:
    """Raise `InvalidInput` if bounds are binding that do not exist."""
    if binding and futility is None:
        raise InvalidInput("`binding` must be False where `futility` is None; got True, and nothing to bind.")
