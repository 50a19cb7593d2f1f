"""Boundaries: rules that turn information at the looks into bounds on Z."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._crossing import in_chunks
from icibaseline._values import BoolArray, FloatArray, Value, value
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.bounds import GROWTH, Bounds, information_at, means, means_at, numbers_at

__all__ = ["Boundary", "Fixed", "Schedule"]


class Schedule(NamedTuple):
    """When error is spent: realised looks of a planned trial."""

    information: FloatArray  # (..., K)
    time: FloatArray  # (..., K) fraction of the errors that may be spent by each look
    planned: FloatArray  # (..., J) information at the planned looks
    ended: bool  # whether the last look is the final one
    exact: bool  # whether the looks are the planned ones
    grows: BoolArray  # (..., K) whether a look adds to the information

    @property
    def looks(self) -> int:
        """How many there are."""
        return int(self.information.shape[-1])

    def check_growth(self, name: str = "information") -> None:
        """Raise `InvalidInput` if a planned look adds next to nothing."""
        if not self.grows.all():
            rule = "increasing from look to look, each adding at least a thousandth"
            reject(name, rule, self.information)

    def plan(self) -> Schedule:
        """The looks as planned."""
        return self if self.exact else plan_of(self.planned)

    def spend(self, spent: FloatArray, tests: BoolArray) -> FloatArray:
        """What each look spends of what may be `spent` by it: one that does not test leaves it to the next."""
        reached = spent if tests.all() else np.maximum.accumulate(np.where(tests, spent, 0.0), axis=-1)
        spends = reached.copy()
        spends[..., 1:] -= reached[..., :-1]
        return spends

    def means(self, planned: FloatArray) -> FloatArray:
        """Means of Z at these looks, of what they are at the planned ones, (..., K)."""
        return planned if self.exact else means_at(planned[..., -1], self.information, self.planned[..., -1:])


def plan_of(planned: FloatArray) -> Schedule:
    """Looks that take place as planned."""
    return Schedule(planned, planned / planned[..., -1:], planned, True, True, _grows(planned, True))


def _grows(information: FloatArray, ended: bool) -> BoolArray:
    """Whether a look adds information; of looks that see the same at the end, the last one tests."""
    grows = information > 0
    grows[..., 1:] = information[..., :-1] < (1 - GROWTH) * information[..., 1:]
    if ended and not grows[..., -1].all():
        after = np.cumsum(grows[..., ::-1], axis=-1)[..., ::-1]  # looks from here on that do
        grows &= (after > 1) | grows[..., -1:]
        grows[..., -1] = True
    return grows


class Solved(NamedTuple):
    """What a boundary makes of a schedule, each (..., K)."""

    efficacy: FloatArray
    futility: FloatArray
    mean: FloatArray | None = None  # of Z at the planned looks, that futility bounds are built for


class Boundary(Value):
    """A rule that turns information at the looks into bounds on Z."""

    @property
    @abstractmethod
    def one_sided_alpha(self) -> float:
        """Type I error that the rule is built for, one-sided."""

    @property
    @abstractmethod
    def one_look(self) -> bool:
        """Whether only the last look tests, at a bound that depends on nothing."""

    def bounds(self, information: Any, drift: Any = None) -> Bounds:
        """Bounds for looks at planned information, and the probabilities of passing them.

        Parameters
        ----------
        information : array
            Information at the looks in any unit, (K,) or for a batch of designs (B, K).
        drift : float or array, optional
            Mean of Z at the last look, or at each, for which the probabilities are. None takes the drift that
            the futility bounds are built for, and 0 if there is none.

        Returns
        -------
        Bounds
            With `efficacy` and `futility`, `reject` and `stop_futility` for each look.

        Raises
        ------
        InvalidInput
            If information does not increase from look to look, or efficacy and futility bounds cross.
        """
        plan = plan_of(information_at("information", information))
        mean = None if drift is None else means(drift, plan.planned)
        solved = self._solved(plan, mean)
        _check_apart(solved)
        return _bounds(plan, solved, solved.mean if mean is None else mean)

    def at(
        self, realised: Any, planned: Any, *, drift: Any = None, time: Any = None, final: bool | None = None
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
            Fractions of the errors' time at the looks, such as calendar time, instead of realised over planned
            information.
        final : bool, optional
            Whether the last look is the end, at which all that is left is spent; None means that it is if there
            are as many looks as planned.

        Returns
        -------
        Bounds
            Of the looks so far, under the planned drift.

        Raises
        ------
        InvalidInput
            If information or time falls, or a time is above 1.
        """
        seen, plan = information_at("realised", realised), information_at("planned", planned)
        ended = seen.shape[-1] >= plan.shape[-1] if final is None else _checks.flag("final", final)
        spent = np.minimum(seen / plan[..., -1:], 1.0) if time is None else _times(time, seen)
        if ended:
            spent = spent + 0.0
            spent[..., -1] = 1.0
        exact = time is None and seen.shape == plan.shape and bool((seen == plan).all())
        schedule = Schedule(seen, spent, plan, ended, exact and ended, _grows(seen, ended))
        solved = self._solved(schedule, None if drift is None else means(drift, plan))
        return _bounds(schedule, solved, None if solved.mean is None else schedule.means(solved.mean))

    def aim(self, information: Any, drift: Any) -> FloatArray:
        """Means of Z at planned looks that futility bounds are built for: by beta if it is given, else by the drift."""
        plan = plan_of(information_at("information", information))
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
        arrays = [schedule.information, schedule.time, schedule.planned, *(() if mean is None else (mean,))]
        rows = np.broadcast_shapes(*(a.shape[:-1] for a in arrays))

        def run(information: FloatArray, *arrays: FloatArray) -> tuple[FloatArray, ...]:
            time, planned = arrays[:2]
            grows = _grows(information, schedule.ended)
            part = Schedule(information, time, planned, schedule.ended, schedule.exact, grows)
            solved = self._solve(part, arrays[2] if mean is not None else None)
            return solved[:2] if solved.mean is None else (*solved[:2], solved.mean)

        arrays = [np.broadcast_to(a, (*rows, a.shape[-1])) for a in arrays]
        return Solved(*in_chunks(run, *arrays))

    @abstractmethod
    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        """Bounds at the looks; futility built for means of Z at the planned looks, None if they are not known."""


def _bounds(schedule: Schedule, solved: Solved, mean: FloatArray | None) -> Bounds:
    mean = np.zeros(solved.efficacy.shape) if mean is None else mean
    return Bounds.of(schedule.information, solved.efficacy, solved.futility, mean)


def _check_apart(solved: Solved) -> None:
    """Refuse a plan that must end at an interim look."""
    met = (solved.futility >= solved.efficacy)[..., :-1]
    if met.any():
        row = np.argwhere(met)[0]
        z = solved.efficacy[..., :-1][tuple(row)]
        raise InvalidInput(
            f"`futility` must stay below the efficacy bounds before the last look; got bounds that meet at look "
            f"{row[-1] + 1}, where efficacy is at Z = {z:.3f}. Spend less there, or plan fewer looks."
        )


def _times(held: Any, information: FloatArray) -> FloatArray:
    times = numbers_at("time", held)
    rule = f"fractions from 0 to 1 that never fall, one for each of the {information.shape[-1]} looks"
    wrong = times.shape[-1] != information.shape[-1] or (np.diff(times) < 0).any()
    if wrong or (times < 0).any() or (times > 1).any():
        reject("time", rule, held)
    return np.array(np.broadcast_to(times, information.shape))


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
