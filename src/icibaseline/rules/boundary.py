"""Boundaries: rules that turn information at the looks into bounds on Z."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import in_chunks
from icibaseline._values import FloatArray, IntArray, Value, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.bounds import Bounds, information_at, means, numbers_at
from icibaseline.rules.clocks import InformationTime, Progress, SpendingTime
from icibaseline.rules.schedule import Schedule, Solved, counted, grows, plan_of
from icibaseline.rules.spending import SpendingFunction

__all__ = ["Boundary", "Fixed"]

_ROUNDING = 1e-9  # by so much time may seem to fall
_UNKNOWN = np.full(1, np.nan)  # months, where nobody has told


class Boundary(Value):
    """A rule that turns information at the looks into bounds on Z.

    Attributes
    ----------
    binding : bool
        Whether futility must be obeyed: whether the efficacy bounds count on it.
    sided : int
        2 where the lower bounds reject too, in favour of control; else 1.
    time : SpendingTime
        The clock on which errors are spent.
    """

    binding: bool = False
    sided: int = 1
    time: SpendingTime = InformationTime()

    @property
    @abstractmethod
    def one_sided_alpha(self) -> float:
        """Type I error that the rule is built for, one-sided."""

    @property
    @abstractmethod
    def one_look(self) -> bool:
        """Whether only the last look tests, at a bound that depends on nothing."""

    def bounds(self, information: Any, drift: Any = None, *, time: Any = None) -> Bounds:
        """Bounds for looks at planned information, and the probabilities of passing them.

        Parameters
        ----------
        information : array
            Information at the looks in any unit, (K,) or for a batch of designs (B, K).
        drift : float or array, optional
            Mean of Z at the last look, or at each, for which the probabilities are. None takes the drift that
            the futility bounds are built for, and 0 if there is none.
        time : array, optional
            Fractions of the errors' time at the looks, the last one 1, such as months over the last month. By default
            those of the information; calendar time must be given.

        Returns
        -------
        Bounds
            With `efficacy` and `futility`, `reject` and `stop_futility` for each look.

        Raises
        ------
        InvalidInput
            If information does not increase from look to look, time falls or does not end in 1, or efficacy and
            futility bounds cross.
        """
        held = information_at("information", information)
        plan = plan_of(held, self._planned_time("time", time, held))
        mean = None if drift is None else means(drift, plan.planned)
        solved = self._solved(plan, mean)
        _check_apart(solved, isinstance(getattr(self, "futility", None), SpendingFunction))
        return _bounds(plan, solved, solved.mean if mean is None else mean)

    def at(
        self,
        realised: Any,
        planned: Any,
        *,
        drift: Any = None,
        time: Any = None,
        planned_time: Any = None,
        numbers: Any = None,
        final: bool | None = None,
    ) -> Bounds:
        """Bounds at the information that the looks had, of a trial that was planned for other information.

        Parameters
        ----------
        realised : array
            Information at the looks so far, (M,) or (B, M). A look that adds next to nothing tests nothing, and
            what it would have spent waits for the next one.
        planned : array
            Information at the planned looks, (K,).
        drift : float, optional
            Mean of Z at the planned end for which a trial with beta spending was planned; None finds it again.
        time : array, optional
            Fractions of the errors' time at the looks, such as months over the planned last month. By default those of
            the information; calendar time must be given.
        planned_time : array, optional
            The same at the planned looks.
        numbers : sequence of int, optional
            Which of the planned looks these are, the first being 1, and 0 for one that was not planned; what a
            boundary says of single looks follows them. By default 1, 2 and so on; of more looks than planned, the last
            is the last planned one.
        final : bool, optional
            Whether the last look is the end, at which all that is left is spent; None means that it is if its number
            is that of the last planned look.

        Returns
        -------
        Bounds
            Of the looks so far, under the planned drift.

        Raises
        ------
        InvalidInput
            If information or time falls, a time is above 1, or there is no planned look of a number.
        """
        seen, plan = information_at("realised", realised), information_at("planned", planned)
        which = _numbers(numbers, seen.shape[-1], plan.shape[-1])
        ended = bool(which[-1] >= plan.shape[-1]) if final is None else _checks.flag("final", final)
        there = self._planned_time("planned_time", planned_time, plan)
        spent = self._time("time", time, seen, plan, which) + 0.0
        if ended:
            spent[..., -1] = 1.0
        exact = ended and _same(seen, plan) and _same(spent, there) and _same(which, counted(plan.shape[-1]))
        schedule = Schedule(seen, spent, plan, there, which, ended, exact, grows(seen, ended))
        solved = self._solved(schedule, None if drift is None else means(drift, plan))
        return _bounds(schedule, solved, None if solved.mean is None else schedule.means(solved.mean))

    def _planned_time(self, name: str, held: Any, plan: FloatArray) -> FloatArray:
        """Fractions of the errors' time at the planned looks."""
        time = self._time(name, held, plan, plan, counted(plan.shape[-1]))
        if held is not None and not ((time[..., -1] == 1).all() and (time[..., :-1] < 1).all()):
            reject(name, "fractions of which the last one is 1, and no other", held)
        return time

    def _time(self, name: str, held: Any, seen: FloatArray, plan: FloatArray, numbers: IntArray) -> FloatArray:
        """Fractions of the errors' time at looks, as given or those of the information."""
        if held is not None:
            return _times(name, held, seen)
        if self.time.by_month:
            hint = "For example (0.4, 1.0): months over the last planned month."
            reject(name, "given to a boundary that spends in calendar time", None, hint)
        return self.time.fractions(Progress(seen, _UNKNOWN), Progress(plan, _UNKNOWN), numbers)

    def aim(self, information: Any, drift: Any, *, time: Any = None) -> FloatArray:
        """Means of Z at planned looks that futility bounds are built for: by beta if it is given, else by the drift."""
        held = information_at("information", information)
        plan = plan_of(held, self._planned_time("time", time, held))
        mean = means(drift, plan.planned)
        solved = self._solved(plan, mean)
        return mean if solved.mean is None else solved.mean

    def aimed(self, power: float) -> Boundary:
        """The boundary as it stands in a trial that is sized for a power."""
        return self

    def _solved(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        """`_solve`, for a batch by few designs at a time."""
        if schedule.information.ndim == schedule.planned.ndim == 1 and (mean is None or mean.ndim == 1):
            return self._solve(schedule, mean)
        arrays = [schedule.information, schedule.time, schedule.planned, schedule.planned_time]
        arrays += [] if mean is None else [mean]
        rows = np.broadcast_shapes(*(a.shape[:-1] for a in arrays))

        def run(information: FloatArray, *arrays: FloatArray) -> tuple[FloatArray, ...]:
            time, planned, planned_time = arrays[:3]
            part = schedule._replace(
                information=information,
                time=time,
                planned=planned,
                planned_time=planned_time,
                grows=grows(information, schedule.ended),
            )
            solved = self._solve(part, arrays[3] if mean is not None else None)
            return solved[:2] if solved.mean is None else (*solved[:2], solved.mean)

        arrays = [np.broadcast_to(a, (*rows, a.shape[-1])) for a in arrays]
        return Solved(*in_chunks(run, *arrays))

    @abstractmethod
    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        """Bounds at the looks; futility built for means of Z at the planned looks, None if they are not known."""


def _bounds(schedule: Schedule, solved: Solved, mean: FloatArray | None) -> Bounds:
    mean = np.zeros(solved.efficacy.shape) if mean is None else mean
    return Bounds.of(schedule.information, solved.efficacy, solved.futility, mean)


def _check_apart(solved: Solved, spends: bool) -> None:
    """Refuse a plan that must end at an interim look."""
    met = (solved.futility >= solved.efficacy)[..., :-1]
    if met.any():
        row = np.argwhere(met)[0]
        z, cure = solved.efficacy[..., :-1][tuple(row)], "Spend less" if spends else "Lower the bound"
        raise InvalidInput(
            f"`futility` must stay below the efficacy bounds before the last look; got bounds that meet at look "
            f"{row[-1] + 1}, where efficacy is at Z = {z:.3f}. {cure} there, or plan fewer looks."
        )


def _same(some: FloatArray | IntArray, others: FloatArray | IntArray) -> bool:
    return some.shape == others.shape and bool((some == others).all())


def _numbers(held: Any, looks: int, planned: int) -> IntArray:
    """Numbers of planned looks that rise, with 0 for looks that were not planned."""
    if held is None:
        found = counted(looks)
        if looks > planned:
            found[planned - 1 :], found[-1] = 0, planned
        return found
    rule = f"rising numbers of planned looks, from 1 to {planned}, or 0 for one that was not planned"
    found = np.array(_checks.sequence("numbers", held, lambda name, x: _checks.whole(name, x, 0), rule=rule))
    if (np.diff(found[found > 0]) <= 0).any() or found.max() > planned:
        reject("numbers", rule, held)
    if len(found) != looks:
        reject("numbers", f"one number for each of the {looks} looks", held)
    return found


def _times(name: str, held: Any, information: FloatArray) -> FloatArray:
    times = numbers_at(name, held)
    rule = f"fractions from 0 to 1 that never fall, one for each of the {information.shape[-1]} looks"
    wrong = times.shape[-1] != information.shape[-1] or (np.diff(times) < -_ROUNDING).any()
    if wrong or (times < 0).any() or (times > 1).any():
        reject(name, rule, held)
    return np.maximum.accumulate(np.broadcast_to(times, information.shape), axis=-1)


def level(name: str, held: object) -> float:
    """A one-sided type I error."""
    rule, hint = "a number above 0 and below 0.5", "It is one-sided: 0.025 for the usual two-sided 5 %."
    alpha = _checks.number(name, held, rule, hint)
    if not 0 < alpha < 0.5:
        reject(name, rule, held, hint)
    return alpha


@final
@value
class Fixed(Boundary):
    r"""One test, at the last look, at one-sided level `alpha`.

    Parameters
    ----------
    alpha : float, optional
        One-sided type I error, in (0, 0.5).

    Raises
    ------
    InvalidInput
        If `alpha` is outside (0, 0.5).

    Notes
    -----
    Reject when Z at the last look exceeds :math:`\Phi^{-1}(1 - \alpha)`. Earlier looks report events
    and months; they test nothing.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Fixed(alpha=0.025).bounds([121.0]).efficacy
    array([1.95996398])
    """

    alpha: float = attrs.field(default=0.025, converter=as_field(level))

    @property
    def one_sided_alpha(self) -> float:
        """Type I error of the test, one-sided."""
        return self.alpha

    @property
    def one_look(self) -> bool:
        """True."""
        return True

    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        efficacy = np.full(schedule.information.shape, np.inf)
        if schedule.ended:
            efficacy[..., -1] = -ndtri(self.alpha)
        return Solved(efficacy, np.full_like(efficacy, -np.inf))
