"""The randomised two-arm design."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, IntArray, replace, value
from icibaseline.designs.allocation import allocation_ratio, arms_of, parts_of
from icibaseline.designs.base import (
    NO_TURNS,
    NONE_LEFT,
    Evaluation,
    FormulaDesign,
    Planned,
    Replicates,
    Sized,
    check_size,
    first_stops,
    interim,
    patients,
)
from icibaseline.designs.patients import Patients, draw_patients
from icibaseline.designs.planned_boundary import PlannedBoundary
from icibaseline.designs.sizing import size_by_formula
from icibaseline.errors import ApproximationWarning, InvalidInput, reject
from icibaseline.rules import AfterEnrollment, Boundary, Bounds, Executed, Expected, Fixed, Looks, for_null
from icibaseline.scenario import Scenario, one_scenario
from icibaseline.statistics import LogRank, Statistic
from icibaseline.statistics.base import Moments, Trial
from icibaseline.survival import HazardRatio

__all__ = ["Randomized"]


@final
@value
class Randomized(FormulaDesign):
    """A randomised trial of an experimental arm against a control arm.

    Parameters
    ----------
    n : int, optional
        Patients over both arms; None leaves the size to `sample_size`.
    ratio : float, optional
        Experimental patients per control patient, a ratio of small whole numbers.
    statistic : Statistic, optional
        What is tested.
    looks : Looks, optional
        When the data are looked at.
    boundary : Boundary, optional
        What decides at a look.
    planned : Planned, optional
        The frozen plan; `sample_size` and `plan_for` fill it in.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, or n does not divide by the ratio where it must.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Randomized(n=134, ratio=1, looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025)).arm_sizes
    (67, 67)
    """

    n: float | None = attrs.field(default=None, converter=as_field(_checks.optional(patients)))
    ratio: float = attrs.field(default=1.0, kw_only=True, converter=as_field(allocation_ratio))
    statistic: Statistic = attrs.field(factory=LogRank, kw_only=True)
    looks: Looks = attrs.field(factory=lambda: AfterEnrollment(12), kw_only=True)
    boundary: Boundary = attrs.field(factory=Fixed, kw_only=True)
    planned: Planned | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _checks.instance("statistic", self.statistic, Statistic, "a statistic", "For example LogRank().")
        _checks.instance("looks", self.looks, Looks, "a look rule", "For example AfterEnrollment(12).")
        _checks.instance("boundary", self.boundary, Boundary, "a boundary", "For example Fixed(alpha=0.025).")
        self.statistic.check_level(self.alpha)
        for_null(self.boundary, self.statistic.null)
        if self.planned is not None:
            _checks.instance("planned", self.planned, Planned, "made by plan_for or sample_size")
            if self.planned.n != self.n:
                reject("planned", f"a plan for the same n, which is {self.n}", self.planned.n, "Leave it to plan_for.")
            if self.planned.looks.count != self.looks.count:
                reject("planned", f"a plan with as many looks as `looks`, {self.looks.count}", self.planned.looks)

    # ---- size ------------------------------------------------------------------------------------------

    def size_step(self) -> int:
        """Patients come in multiples of this number, so that the ratio is met."""
        parts = parts_of(self.ratio)
        return parts.numerator + parts.denominator

    @property
    def arm_sizes(self) -> tuple[int, int]:
        """Patients in (control, experimental).

        Raises
        ------
        InvalidInput
            If n is missing or does not divide by the ratio.
        """
        return arms_of(self.n, self.ratio)

    def sized(self, n: float) -> Randomized:
        """The design with n patients, unplanned."""
        return self.with_(n=n, planned=None)

    def aimed(self, target: float) -> Randomized:
        """The design as it stands in a trial that is sized for a power."""
        return self.with_(boundary=self.boundary.aimed(target))

    def find(self, scenario: Scenario, kind: str, target: float) -> Sized:
        """The size that reaches a target, kind "power" in the typical case or "assurance" over the priors."""
        return size_by_formula(self, scenario, kind, target)

    # ---- plan ------------------------------------------------------------------------------------------

    @property
    def scenario_kind(self) -> type[Scenario]:
        """Survival."""
        return Scenario

    def plan_for(self, scenario: Scenario) -> Randomized:
        """The design with its plan frozen under the typical case of `scenario`.

        Raises
        ------
        InvalidInput
            If n is not given, or the scenario cannot give the looks that are asked for.
        """
        return self._planned_for(scenario)[0]

    def as_planned(self, scenario: Scenario) -> Evaluation:
        """The formula in the typical case of the very scenario that the design is planned for."""
        planned, moments = self._planned_for(scenario)
        return planned._evaluation(moments)

    def _planned_for(self, scenario: Scenario) -> tuple[Randomized, Moments]:
        """The planned design, and the moments of its statistic where it is planned for."""
        if self.n is None:
            reject(
                "n",
                "given before a design can be evaluated",
                None,
                "sample_size(design, scenario, power=0.8) finds it.",
            )
        world: Scenario = one_scenario("scenario", scenario, Scenario)
        check_size(self.n, world)
        typical = world.typical.resolved
        accrual = typical.enrollment.accrual(self.n)
        expected = self._expected(typical, self.n)._replace(reached=True)
        looks = self.looks.frozen(float(accrual.duration), expected)
        trial = self._trial(typical, self.n, looks, planning=True)
        moments = self.statistic.moments(trial)
        months, events = moments.course.months[0], moments.events[0]
        _check_looks(self.looks, moments)
        information, drift, time = self.information_from(events), float(moments.drift[0, -1]), None
        if self.boundary.time.by_month:
            time = months / months[-1]
        bounds = self._tested.bounds(information, drift, time=time)
        plan = Planned(
            self.n,
            looks=looks,
            months=_floats(months),
            events=_floats(events),
            information=_floats(moments.information[0]),
            drift=_floats(moments.drift[0]),
            efficacy_bounds=_floats(bounds.efficacy),
            futility_bounds=_floats(bounds.futility),
        )
        return self.with_(planned=plan), moments

    def _trial(self, scenario: Scenario, n: float, looks: Executed, planning: bool = False) -> Trial:
        expected = self._expected(scenario, n)
        months = looks.months(expected._replace(reached=planning))
        return self._start(scenario, n)._replace(months=months, driven=looks.driven(months))

    def _start(self, scenario: Scenario, n: float) -> Trial:
        nowhere = np.zeros((1, 1), dtype=bool)
        return Trial(scenario, n, self.ratio, scenario.enrollment.accrual(n), np.ones((1, 1)), nowhere)

    def _expected(self, scenario: Scenario, n: float) -> Expected:
        start = self._start(scenario, n)
        points: list[int] = []  # chosen at the first call and doubled for safety at later months

        def at(months: FloatArray) -> Trial:
            trial = start._replace(months=months)
            if not points:
                points.append(2 * self.statistic.resolution(trial))
            return trial._replace(points=points[0])

        def events(months: FloatArray) -> FloatArray:
            total: FloatArray = self.statistic.course(at(months)).events.sum(axis=-1)
            return total

        def remaining(months: FloatArray) -> FloatArray:
            return self.statistic.remaining(at(months))

        return Expected(events, remaining, reached=False, start=float(np.max(start.accrual.duration)))

    @cached_property
    def planned_boundary(self) -> PlannedBoundary:
        """The boundary with the frozen plan, its futility rules about the hazard ratio that is tested."""
        return PlannedBoundary(self._tested, self._executed(), self._share)

    @property
    def _tested(self) -> Boundary:
        return for_null(self.boundary, self.statistic.null)

    @property
    def _share(self) -> float:
        return self.ratio / (1 + self.ratio) ** 2

    def information_from(self, events: FloatArray) -> FloatArray:
        """Information on the log hazard ratio that boundaries run on: events times the shares of the two arms."""
        return np.asarray(events * self._share)

    @property
    def alpha_by_look(self) -> tuple[float, ...]:
        """Type I error that the planned bounds spend at each look, one-sided."""
        return _floats(self.planned_boundary.spent())

    def _executed(self) -> Planned:
        if self.planned is None:
            raise InvalidInput(
                "`design` must be planned to be evaluated; got one without a plan. Use design.plan_for(scenario)."
            )
        return self.planned

    # ---- faces -----------------------------------------------------------------------------------------

    def moments(self, scenario: Scenario) -> Moments:
        """Mean and covariance of the statistic at the planned looks, for a resolved scenario or a batch of them."""
        plan = self._executed()
        check_size(plan.n, scenario)
        moments = self.statistic.moments(self._trial(scenario, plan.n, plan.looks))
        _check_looks(self.looks, moments)
        return moments

    def evaluate(self, scenario: Scenario) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them."""
        return self._evaluation(self.moments(scenario))

    def _evaluation(self, moments: Moments) -> Evaluation:
        found = self.planned_boundary.executed(moments.events, moments.course.months)
        bounds = Bounds(
            found.information,
            found.efficacy,
            futility=found.futility,
            mean=moments.drift,
            spread=moments.spread,
        )
        reject_by_look, futility = bounds.reject, bounds.stop_futility
        seen = moments.events, moments.course.months
        left = self.planned_boundary.left(*seen)
        if self.boundary.sided == 1:
            futility = np.where(interim(futility.shape[-1], left), futility, 0.0)
        overruled, stops = reject_by_look, bounds.futility[..., :-1] > -np.inf
        if stops.any():
            overruled = bounds.under(moments.drift, spread=moments.spread, futility=False).reject
        rows = max(len(reject_by_look), len(moments.events))

        def wide(x: FloatArray) -> FloatArray:
            return np.broadcast_to(x, (rows, *x.shape[1:]))

        course = moments.course
        return Evaluation(
            wide(reject_by_look),
            futility=wide(futility),
            months=wide(course.months),
            events=wide(moments.events),
            n=wide(course.n),
            drift=wide(moments.drift[:, -1]),
            information=wide(moments.information),
            overruled=wide(overruled),
            left=np.broadcast_to(left, (rows, 1)),
            turns=NO_TURNS if self.boundary.one_look else wide(self.planned_boundary.turns(*seen)),
        )

    def replicate(self, scenario: Scenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials, executed by the frozen plan."""
        plan, sizes = self._executed(), self.arm_sizes
        check_size(plan.n, scenario)
        patients = draw_patients(scenario, sizes, rows, rng)
        months = plan.looks.cuts(patients.event_months, patients.latest, patients.buffers.time)
        upper, lower, left = self._bounds_seen(patients, months)
        columns = []
        for k in range(months.shape[1]):
            data, events, entered = patients.at(months[:, k])
            seen = self.statistic.observe(data, upper[:, k], rng)
            columns.append((seen.above, events, entered, seen.score, seen.information))
        above, events, entered, score, information = (np.stack(x, axis=1) for x in zip(*columns, strict=True))
        with np.errstate(invalid="ignore"):  # no bound where nothing has happened
            below = score < lower * np.sqrt(information)
        rejected, futile, overruled = first_stops(above, below, left, self.boundary.sided)
        return Replicates(rejected, futile, months, events, entered, score, information, overruled, left)

    def _bounds_seen(self, patients: Patients, months: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
        """Bounds on Z at the events that simulated trials have at their looks, (R, K) each, and looks left (R, 1)."""
        plan, rows = self.planned_boundary, np.zeros(len(months), dtype=np.int64)
        bounds, left = plan.planned_bounds, NONE_LEFT
        if not self.boundary.one_look:
            columns = [np.count_nonzero(patients.event_months <= m[:, None], axis=1) for m in months.T]
            events = np.maximum(np.stack(columns, axis=1), 1e-9)
            when = months if self.boundary.time.by_month else np.zeros_like(months)
            seen, rows = np.unique(np.concatenate([events, when], axis=1), axis=0, return_inverse=True)
            bounds, left = plan.executed(*np.hsplit(seen, 2)), plan.left(*np.hsplit(seen, 2))
        rows = rows.ravel()
        upper, lower = (
            np.broadcast_to(x, (rows.max() + 1, x.shape[-1]))[rows] for x in (bounds.efficacy, bounds.futility)
        )
        left = np.broadcast_to(left, (rows.max() + 1, 1))[rows]
        return upper, lower, left

    # ---- what reports say ------------------------------------------------------------------------------

    def drift_per_root_event(self, scenario: Scenario) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where power takes more than that number."""
        if self.looks.count > 1 and not self.boundary.one_look:
            return None  # earlier looks
        some = 100.0  # neither n nor the month matters where there is an answer
        return self.statistic.drift_per_root_event(self._trial(scenario, some, AfterEnrollment(12.0).frozen(12.0)))

    def is_null(self, scenario: Scenario) -> bool:
        """Whether the null hypothesis of the statistic holds in the scenario."""
        return self.statistic.is_null(scenario)

    def check_sizable(self) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power."""
        self.looks.check_sizable()

    @property
    def alpha(self) -> float:
        """One-sided type I error that the boundary is built for."""
        return self.boundary.one_sided_alpha

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return self.statistic.formula_name

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return self.statistic.citations

    @property
    def alternative(self) -> str:
        """What the design shows when it rejects, in words."""
        return self.statistic.alternative

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Nothing: all that it rests on is in the scenario."""
        return ()

    def honest(self, scenario: Scenario, target: float) -> None:
        """None: the control arm is its benchmark."""

    def warn(self, scenario: Scenario, *, simulated: bool = False) -> None:
        """Warn where the test is known not to hold its level, or the formula to be off."""
        if self.n is None or self.planned is None:
            return
        found = self.statistic.cautions(lambda: self.idle(scenario), (self.n, self.ratio), self.alpha, simulated)
        if not simulated:
            expected = self._expected(scenario.typical.resolved, self.n)
            found = (*found, *self.planned.looks.cautions(expected, self.n))
        for caution in found:
            warnings.warn(caution, ApproximationWarning, stacklevel=4)

    def idle(self, scenario: Scenario) -> Trial:
        """The trial in the planned months, where the tested hazard ratio is the true one."""
        plan, null = self._executed(), HazardRatio(self.statistic.null)
        world = replace(scenario.typical.null, HazardRatio, lambda effect: null).resolved
        months = np.array([plan.months])
        return self._start(world, plan.n)._replace(months=months, driven=np.zeros(months.shape, dtype=bool))


def _check_looks(looks: Looks, moments: Moments) -> None:
    """Refuse a first look at which nothing can have happened."""
    if np.any(moments.events[:, 0] <= 0):
        course = moments.course
        entered = "No event is expected" if np.all(course.n[:, 0] > 0) else "Nobody has entered"
        hint = f"{entered} by month {float(course.months[:, 0].min()):g}."
        reject("looks", "late enough for an event to have happened", looks, hint)


def _floats(array: FloatArray) -> tuple[float, ...]:
    return tuple(float(x) for x in array)
