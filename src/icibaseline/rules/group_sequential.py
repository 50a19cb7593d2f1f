"""Group sequential boundaries from spending functions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import both_bounds, efficacy_bounds, futility_bounds, search
from icibaseline._values import BoolArray, FloatArray, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.boundary import Boundary, level
from icibaseline.rules.bounds import means_at
from icibaseline.rules.clocks import InformationTime, SpendingTime
from icibaseline.rules.futility import FutilityRule, beside, check_binding
from icibaseline.rules.schedule import Schedule, Solved
from icibaseline.rules.spending import OBrienFleming, SpendingFunction

__all__ = ["Spending"]

_NOTHING = 1e-9  # of a probability


def sides(name: str, held: object) -> int:
    """One or two."""
    clean = _checks.whole(name, held)
    if clean not in (1, 2):
        reject(name, "1 or 2", held)
    return clean


def _look_numbers(name: str, held: Any) -> tuple[int, ...] | None:
    if held is None:
        return None
    rule = "None for all looks, or numbers of looks, the first being 1"
    return _checks.increasing(name, held, _checks.whole, rule=rule)


def _clock(name: str, held: object) -> SpendingTime:
    hint = "Such as CalendarTime()."
    return _checks.instance(name, held, SpendingTime, "a clock of spending", hint)  # type: ignore[no-any-return]


@final
@value
class Spending(Boundary):
    r"""Bounds that spend the type I error, and perhaps the type II error, by functions of information.

    Parameters
    ----------
    alpha : float, optional
        One-sided type I error, in (0, 0.5).
    efficacy : SpendingFunction, optional
        How alpha is spent; None tests for efficacy at the last look only, with all of alpha.
    futility : SpendingFunction or FutilityRule, optional
        How beta is spent, or a rule on another scale; None never stops for futility.
    binding : bool, optional
        Whether futility must be obeyed. If not, efficacy bounds hold alpha without it.
    beta : float, optional
        Type II error that is spent; None takes what is left by the power that the trial is sized for. Where n is typed
        by hand or found for an assurance, the drift of the plan decides: that of its typical case, or what `bounds` is
        given.
    sided : {1, 2}, optional
        Two-sided bounds are symmetric, with alpha on each side.
    efficacy_looks, futility_looks : sequence of int, optional
        Numbers of the planned looks, the first being 1, that test for efficacy and for futility; None is all, with
        those that were not planned. The last look always tests.
    time : SpendingTime, optional
        The clock on which errors are spent: information, perhaps capped by what was planned, or the calendar.

    Raises
    ------
    InvalidInput
        If an argument is out of range or contradicts another.

    Notes
    -----
    At look k the bound is such that Z passes it first with probability
    :math:`\alpha(t_k) - \alpha(t_{k-1})` without drift, t the fraction of the planned information, or of the months if
    that is the clock [1]_. Beta is spent likewise below the futility bounds under the planned drift, whose last bound
    meets that of efficacy [2]_; when `beta` is given, that drift is found.

    References
    ----------
    .. [1] Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983; 70: 659-663.
    .. [2] Pampallona S, Tsiatis AA, Kim K. Interim monitoring of group sequential trials using spending functions for
       the type I and type II error probabilities. Drug Inf J 2001; 35: 1113-1121.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Spending(0.025).bounds((1/3, 2/3, 1)).efficacy.round(4)
    array([3.7103, 2.5114, 1.993 ])
    >>> both = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2), beta=0.1).bounds((1/3, 2/3, 1))
    >>> both.futility.round(4), round(float(both.drift), 4)
    (array([-0.2418,  0.9367,  1.993 ]), 3.3476)
    """

    alpha: float = attrs.field(default=0.025, converter=as_field(level))
    efficacy: SpendingFunction | None = attrs.field(factory=OBrienFleming)
    futility: SpendingFunction | FutilityRule | None = attrs.field(default=None, kw_only=True)
    binding: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    beta: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.open_unit))
    )
    sided: int = attrs.field(default=1, kw_only=True, converter=as_field(sides))
    efficacy_looks: tuple[int, ...] | None = attrs.field(default=None, kw_only=True, converter=as_field(_look_numbers))
    futility_looks: tuple[int, ...] | None = attrs.field(default=None, kw_only=True, converter=as_field(_look_numbers))
    time: SpendingTime = attrs.field(default=InformationTime(), kw_only=True, converter=as_field(_clock))

    def __attrs_post_init__(self) -> None:
        kinds = (SpendingFunction, FutilityRule)
        if self.efficacy is not None:
            rule = "None, or a spending function"
            _checks.instance("efficacy", self.efficacy, SpendingFunction, rule, "Such as OBrienFleming().")
        elif self.efficacy_looks is not None:
            reject("efficacy_looks", "None where `efficacy` is None: the last look only", self.efficacy_looks)
        if self.futility is not None:
            rule = "None, a spending function or a futility rule"
            _checks.instance("futility", self.futility, kinds, rule, "Such as HwangShihDeCani(-2).")
            if self.sided == 2:
                reject("futility", "None in a two-sided boundary", self.futility)
        check_binding(self.binding, self.futility)
        if self.beta is not None and not isinstance(self.futility, SpendingFunction):
            reject("beta", "None where `futility` spends none", self.beta)
        if self.beta is not None and self.beta >= 1 - self.alpha:
            reject("beta", f"below 1 - alpha, {1 - self.alpha:g}", self.beta)
        if self.futility_looks is not None and self.futility is None:
            reject("futility_looks", "None where `futility` is None", self.futility_looks)

    @property
    def one_sided_alpha(self) -> float:
        """Type I error of the boundary, one-sided."""
        return self.alpha

    @property
    def one_look(self) -> bool:
        """False: every look may test."""
        return False

    def aimed(self, power: float) -> Boundary:
        """The boundary that spends, as beta, what a power leaves, unless its beta is given."""
        if self.beta is not None or not isinstance(self.futility, SpendingFunction):
            return self
        return self.with_(beta=float(1 - Decimal(str(_checks.open_unit("power", power)))))  # 0.2 of 0.8

    # ---- solution --------------------------------------------------------------------------------------

    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        if schedule.exact:
            schedule.check_growth()
        if isinstance(self.futility, FutilityRule):
            return beside(self.futility, schedule, self.binding, self._upper, self.futility_looks)
        if self.futility is None:
            upper = self._upper(schedule, None)
            return Solved(upper, -upper if self.sided == 2 else np.full_like(upper, -np.inf))
        plan = schedule.plan()
        mean, beta = self._planned(self.futility, plan, None if self.beta is not None and schedule.exact else mean)
        spend = self._beta_spend(self.futility, schedule, beta)
        lower, upper, _ = self._corridor(schedule)(schedule.means(mean), spend)
        if schedule.exact:
            _sound(upper, self.alpha)
        over = np.isnan(upper)  # all had stopped before
        return Solved(np.where(over, np.inf, upper), np.where(over, -np.inf, lower), mean)

    def _upper(self, schedule: Schedule, lower: FloatArray | None) -> FloatArray:
        return efficacy_bounds(schedule.information, self._alpha_spend(schedule), lower, two_sided=self.sided == 2)

    def _alpha_spend(self, schedule: Schedule) -> FloatArray:
        last = schedule.planned_looks
        if self.efficacy is None:
            spent = np.full_like(schedule.time, self.alpha)
            return schedule.spend(spent, _or_last(schedule, schedule.tests("efficacy_looks", (last,))))
        spent = self.efficacy.cumulative(schedule.time, np.asarray(self.alpha))
        if self.efficacy_looks is not None and last not in self.efficacy_looks:
            reject("efficacy_looks", f"numbers that include the last look, {last}", self.efficacy_looks)
        return schedule.spend(spent, _or_last(schedule, schedule.tests("efficacy_looks", self.efficacy_looks)))

    def _beta_spend(self, futility: SpendingFunction, schedule: Schedule, beta: FloatArray) -> FloatArray:
        spent = futility.cumulative(schedule.time, beta[..., None])
        return schedule.spend(spent, _or_last(schedule, schedule.tests("futility_looks", self.futility_looks)))

    def _corridor(self, schedule: Schedule) -> Callable[[FloatArray, FloatArray], tuple[FloatArray, ...]]:
        """From means of Z and beta to spend, each (..., K), to bounds (lower, upper) and what ends below the last."""
        information, alpha = schedule.information, self._alpha_spend(schedule)
        more = 0 if schedule.ended else 1  # looks to come, so that the last one so far is an interim look
        information, alpha = _longer(information, more, 2 * information[..., -1:]), _longer(alpha, more)
        upper = alpha if self.binding else efficacy_bounds(information, alpha)

        def bounds(mean: FloatArray, spend: FloatArray) -> tuple[FloatArray, ...]:
            mean, spend = _longer(mean, more), _longer(spend, more)
            if self.binding:
                found = both_bounds(information, alpha, spend, mean)
            else:
                lower, missed = futility_bounds(information, spend, upper, mean)
                found = lower, upper, missed
            return found[0][..., : schedule.looks], found[1][..., : schedule.looks], found[2]

        return bounds

    def _planned(
        self, futility: SpendingFunction, plan: Schedule, mean: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """Means of Z at the planned looks, (..., K), and beta, (...): what is not known follows from the rest."""
        shape = plan.planned.shape[:-1]
        if mean is not None and self.beta is not None:
            return mean, np.full(shape, self.beta)
        corridor = self._corridor(plan)
        if self.beta is not None:
            beta = np.full(shape, self.beta)
            spend = self._beta_spend(futility, plan, beta)

            def by_drift(drift: FloatArray) -> FloatArray:
                return _excess(corridor(means_at(drift, plan.planned), spend)[2], spend)

            drift = search(by_drift, -ndtri(self.alpha) - ndtri(beta))
            return _sound(means_at(drift, plan.planned), self.beta), beta
        if mean is None:
            raise InvalidInput(
                "`beta` must be given to Spending, or `drift` to `bounds`, where futility spends beta; got neither."
            )
        means = mean

        def by_beta(quantile: FloatArray) -> FloatArray:
            spend = self._beta_spend(futility, plan, ndtr(quantile))
            return _excess(corridor(means, spend)[2], spend)

        beta = ndtr(search(by_beta, np.asarray(-ndtri(self.alpha) - mean[..., -1])))
        _check_effect(mean[..., -1], beta, self.alpha)
        return mean, _sound(beta, mean[..., -1].min())


def _excess(missed: FloatArray, spend: FloatArray) -> FloatArray:
    """How much more beta is left for the last look than is missed there, on the normal scale."""
    if not (spend[..., -1] > 0).all():
        raise InvalidInput("`futility` must leave some of beta for the last look; got one that spends all before.")
    return np.asarray(ndtri(spend[..., -1]) - ndtri(missed))


def _check_effect(drift: FloatArray, beta: FloatArray, alpha: float) -> None:
    """Refuse a plan that would end in a rejection no more often than without an effect."""
    hopeless = (drift <= 0) | (beta >= 1 - alpha - _NOTHING)
    if hopeless.any():
        raise InvalidInput(
            "`drift`, the mean of Z at the planned end, must be so far above 0 that the beta it leaves to futility is "
            f"below 1 - alpha, {1 - alpha:g}; got {float(np.atleast_1d(drift)[np.atleast_1d(hopeless)][0]):.3g}. Plan "
            "for the alternative first, design.plan_for(scenario), or give beta."
        )


def _sound(found: FloatArray, given: object) -> FloatArray:
    if np.isnan(found).any():
        raise InvalidInput(
            f"`futility` must leave room below the efficacy bounds; got no drift and beta that fit, with {given!s}. "
            "Spend beta later, or aim at a higher power."
        )
    return found


def _or_last(schedule: Schedule, tests: BoolArray) -> BoolArray:
    """The final look spends what is left in any case."""
    if schedule.ended:
        tests[..., -1] = True
    return tests


def _longer(array: FloatArray, more: int, by: Any = 0.0) -> FloatArray:
    """One column more, if any."""
    if not more:
        return array
    return np.concatenate([array, np.broadcast_to(by, (*array.shape[:-1], 1))], axis=-1)
