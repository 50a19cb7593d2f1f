"""A single arm whose survival is held against a curve."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from icibaseline import _checks
from icibaseline._values import FloatArray, IntArray, Value, replace_unknowns
from icibaseline.baseline import Population
from icibaseline.designs.base import (
    NO_TURNS,
    NONE_LEFT,
    Evaluation,
    Planned,
    Replicates,
    Sized,
    check_size,
    first_stops,
    interim,
)
from icibaseline.designs.goal import Goal
from icibaseline.designs.honest_curve import HonestCurve
from icibaseline.designs.patients import Patients, draw_patients
from icibaseline.designs.planned_boundary import PlannedBoundary
from icibaseline.designs.single_arm.conduct import ArmDesign, Conduct
from icibaseline.designs.single_arm.steps import size_by_steps
from icibaseline.designs.sizing import size_by_formula
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import AfterEnrollment, Boundary, Bounds, Executed, Expected, Looks
from icibaseline.scenario import Scenario, control_outcome, one_scenario
from icibaseline.statistics.one_sample import OneArm, OneArmData, OneArmMoments, OneSample
from icibaseline.survival import Curve, Exponential

__all__ = ["Survival", "curve_of", "executed_bounds"]

_LOOKS = AfterEnrollment(12)
_LEAST = 1e-9  # information that stands for none


def curve_of(benchmark: Any) -> Curve:
    """The curve that a benchmark stands for, priors at their medians."""
    if isinstance(benchmark, Population):
        found: Curve = benchmark.typical
        return found
    curve = benchmark if isinstance(benchmark, Curve) else Exponential(median=benchmark)
    return replace_unknowns(curve, lambda prior: prior.typical)


@final
class Survival(Conduct):
    """A test on Z, by the formula of the statistic."""

    scenario_kind = Scenario
    plan_kind = Planned

    def benchmark(self, name: str, held: object) -> Any:
        """A curve, a prior on its median, or a Baseline of survival."""
        return control_outcome(name, held)

    def check(self, design: ArmDesign) -> None:
        """A boundary on Z, and a curve that the statistic can be held against."""
        hint = "For example Fixed(alpha=0.05). The error of a benchmark is an argument of the statistic, benchmark_sd."
        _checks.instance("rule", design.rule, Boundary, "a boundary on Z", hint)
        if design.conservative and _statistic(design).smooth == _statistic(design):
            reject("conservative", "left False for survival, where power grows with n", True)
        if design.benchmark is not None:
            _statistic(design).check_benchmark(curve_of(design.benchmark))

    def default_benchmark(self, scenario: Scenario) -> Any:
        """The control outcome."""
        if scenario.strata:
            reject("benchmark", "given for a scenario with strata", None, "For example benchmark=mix(...).")
        return scenario.control

    # ---- plan ------------------------------------------------------------------------------------------

    def plan(self, design: ArmDesign, scenario: Scenario) -> Planned:
        """Looks, moments and bounds in the typical case."""
        return self._plan(design, scenario)[0]

    def _plan(self, design: ArmDesign, scenario: Scenario) -> tuple[Planned, OneArmMoments]:
        n = _n(design)
        check_size(n, one_scenario("scenario", scenario, Scenario))
        typical = scenario.typical.resolved
        expected = _expected(design, typical)._replace(reached=True)
        looks = _looks(design).frozen(float(typical.enrollment.accrual(n).duration), expected)
        moments = _statistic(design).moments(_arm(design, typical, looks, planning=True))
        if np.any(moments.events[:, 0] <= 0):
            month = float(moments.months[0, 0])
            rule, hint = "late enough for an event to have happened", f"No event is expected by month {month:g}."
            reject("looks", rule, _looks(design), hint)
        information, drift, boundary = moments.information[0], moments.drift[0], _boundary(design)
        time = moments.months[0] / moments.months[0, -1] if boundary.time.by_month else None
        bounds = boundary.bounds(information, drift=float(drift[-1]), time=time)
        numbers = (moments.months[0], moments.events[0], information, drift, bounds.efficacy, bounds.futility)
        months, events, seen, mean, efficacy, futility = (tuple(float(x) for x in part) for part in numbers)
        plan = Planned(
            n,
            looks=looks,
            months=months,
            events=events,
            information=seen,
            drift=mean,
            efficacy_bounds=efficacy,
            futility_bounds=futility,
        )
        return plan, moments

    def evaluate(self, design: ArmDesign, scenario: Scenario) -> Evaluation:
        """The formula of the statistic, at the planned bounds or, where looks see other information, at theirs."""
        plan = _executed(design)
        check_size(plan.n, scenario)
        arm = _arm(design, scenario, plan.looks)
        moments = _statistic(design).moments(arm)
        efficacy, futility, left = executed_bounds(design, moments.information, moments.months)
        mean, spread = moments.fitted(efficacy, futility)
        bounds = Bounds(moments.information, efficacy, futility=futility, mean=mean, spread=spread)
        stopped = np.where(interim(plan.looks.count, left), bounds.stop_futility, 0.0)
        rows = max(len(bounds.reject), len(moments.events))

        def wide(x: Any) -> Any:
            return np.broadcast_to(x, (rows, *x.shape[1:]))

        drift = moments.drift[:, -1:]
        if _statistic(design).benchmark_sd:  # however many patients, Z tends to a limit, not beyond every bound
            last = plan.looks.count - 1 - left
            bound = np.take_along_axis(np.broadcast_to(efficacy, (len(last), plan.looks.count)), last, axis=-1)
            far = _statistic(design).farthest(arm)[:, -1:]
            drift = np.where(np.isfinite(far) & (far != 0), far - bound, drift)
        return Evaluation(
            wide(bounds.reject),
            futility=wide(stopped),
            months=wide(moments.months),
            events=wide(moments.events),
            n=wide(moments.n),
            drift=wide(drift[:, 0]),
            information=wide(moments.information),
            overruled=wide(bounds.under(mean, spread=spread, futility=False).reject),
            left=wide(left),
            turns=wide(_turns(design, moments.information, moments.months)),
        )

    def replicate(self, design: ArmDesign, scenario: Scenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated patients, cut at the looks, and the test applied to them."""
        plan, curve, statistic = _executed(design), curve_of(design.benchmark), _statistic(design)
        check_size(plan.n, scenario)
        if plan.n != int(plan.n):
            reject("n", "a whole number of patients to simulate", plan.n)
        patients = draw_patients(scenario, (0, int(plan.n)), rows, rng)
        _end_follow_up(patients, statistic.follow_up)
        months = plan.looks.cuts(patients.event_months, patients.latest, patients.buffers.time)
        columns = [_seen(patients, months[:, k], statistic, curve) for k in range(months.shape[1])]
        z, information, events, entered = (np.stack(x, axis=1) for x in zip(*columns, strict=True))
        efficacy, futility, left = executed_bounds(design, information, months)
        above, below = z > efficacy, z < futility
        rejected, futile, overruled = first_stops(above, below, left)
        score = z * np.sqrt(np.maximum(information, 0.0))
        return Replicates(rejected, futile, months, events, entered, score, information, overruled, left)

    # ---- size ------------------------------------------------------------------------------------------

    def find(self, design: ArmDesign, scenario: Scenario, goal: Goal) -> Sized:
        """Continuous n at which power or assurance is the target, rounded up; whole n where power is that of counts."""
        some = design.with_(n=100.0).plan_for(scenario)
        arm = _arm(some, scenario.typical.resolved, _executed(some).looks)
        far, bound = float(_statistic(design).farthest(arm)[0, -1]), _executed(some).efficacy_bounds[-1]
        beyond = _statistic(design).unreachable(bound) if np.isfinite(far) and 0 < far <= bound else None
        by = size_by_formula if _statistic(design).smooth == _statistic(design) else size_by_steps
        return by(design, scenario, goal, beyond)

    def check_sizable(self, design: ArmDesign) -> None:
        """The looks must leave something to n."""
        _looks(design).check_sizable()

    # ---- what reports say ------------------------------------------------------------------------------

    def is_null(self, design: ArmDesign, scenario: Scenario) -> bool:
        """The null hypothesis of the statistic."""
        benchmark = scenario.control if design.benchmark is None else design.benchmark
        return _statistic(design).is_null(scenario, curve_of(benchmark))

    def alpha(self, design: ArmDesign) -> float:
        """That of the boundary."""
        return _boundary(design).one_sided_alpha

    def alternative(self, design: ArmDesign) -> str:
        """That of the statistic."""
        return _statistic(design).alternative

    def formula_name(self, design: ArmDesign) -> str:
        """That of the statistic."""
        return _statistic(design).formula_name

    def citations(self, design: ArmDesign) -> tuple[str, ...]:
        """Those of the statistic."""
        return _statistic(design).citations

    def cautions(self, design: ArmDesign, scenario: Scenario, simulated: bool) -> tuple[str, ...]:
        """Those of the statistic, and of looks that may come late."""
        n = _n(design)
        found = _statistic(design).cautions(n, self.alpha(design), simulated)
        if simulated:
            return found
        return (*found, *_executed(design).looks.cautions(_expected(design, scenario.typical.resolved), n))

    def honest(self, design: ArmDesign, scenario: Scenario, target: float) -> Value | None:
        """The benchmark's error in the type I error, and in the statistic."""
        return HonestCurve(design, scenario, target=target)


# ---- parts of a design ---------------------------------------------------------------------------------


def _statistic(design: ArmDesign) -> OneSample:
    assert design.statistic is not None  # or the design counts responses
    return design.statistic


def _boundary(design: ArmDesign) -> Boundary:
    assert isinstance(design.rule, Boundary)  # `check` has seen to it
    return design.rule


def _looks(design: ArmDesign) -> Looks:
    return _LOOKS if design.looks is None else design.looks


def _n(design: ArmDesign) -> float:
    assert design.n is not None  # `plan_for` has seen to it
    return design.n


def _executed(design: ArmDesign) -> Planned:
    if not isinstance(design.planned, Planned):
        rule = "`design` must be planned to be evaluated; got one without a plan"
        raise InvalidInput(f"{rule}. Use design.plan_for(scenario).")
    return design.planned


# ---- one arm -------------------------------------------------------------------------------------------


def _arm(design: ArmDesign, scenario: Scenario, looks: Executed, planning: bool = False) -> OneArm:
    expected = _expected(design, scenario)
    months = looks.months(expected._replace(reached=planning))
    return _start(design, scenario)._replace(months=months, driven=looks.driven(months))


def _start(design: ArmDesign, scenario: Scenario) -> OneArm:
    n = _n(design)
    return OneArm(scenario, curve_of(design.benchmark), n, scenario.enrollment.accrual(n), np.ones((1, 1)))


def _expected(design: ArmDesign, scenario: Scenario) -> Expected:
    start, statistic = _start(design, scenario), _statistic(design)
    points: list[int] = []  # chosen at the first call and doubled for safety at later months

    def at(months: FloatArray) -> OneArm:
        arm = start._replace(months=months)
        if not points:
            points.append(2 * statistic.resolution(arm))
        return arm._replace(points=points[0])

    return Expected(
        lambda months: statistic.course(at(months)),
        lambda months: statistic.remaining(at(months)),
        reached=False,
        start=float(np.max(start.accrual.duration)),
    )


def executed_bounds(
    design: ArmDesign, information: FloatArray, months: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Bounds on Z at looks with such information in such months (B, K), and how many looks are left at the end (B, 1).

    The planned bounds where nothing depends on them. A look by which all may be spent is the end.
    """
    plan, boundary = _executed(design), _boundary(design)
    if boundary.one_look:
        return np.array(plan.efficacy_bounds), np.array(plan.futility_bounds), NONE_LEFT
    executed, seen = _planned_boundary(design), _growing(information)
    held, left = executed.executed(seen, months), executed.left(seen, months)
    return held.efficacy, held.futility, left


def _turns(design: ArmDesign, information: FloatArray, months: FloatArray) -> FloatArray:
    """What is 0 or above at an interim look by which all may be spent."""
    if _boundary(design).one_look:
        return NO_TURNS
    return _planned_boundary(design).turns(_growing(information), months)


def _planned_boundary(design: ArmDesign) -> PlannedBoundary:
    """The boundary as planned: of one arm, it runs on the information."""
    plan = _executed(design)
    return PlannedBoundary(_boundary(design), plan.with_(events=plan.information), 1.0)


def _growing(information: FloatArray) -> FloatArray:
    """Information that is never none and never falls."""
    return np.asarray(np.maximum.accumulate(np.maximum(information, _LEAST), axis=-1))


def _end_follow_up(patients: Patients, limit: float | None) -> None:
    """Nothing is seen of a patient later than so many months after entry."""
    if limit is not None:
        np.putmask(patients.event_months, patients.event_months - patients.entry > limit, np.inf)
        np.minimum(patients.follow_up, limit, out=patients.follow_up)


def _seen(
    patients: Patients, cut: FloatArray, statistic: OneSample, curve: Curve
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Z, its information, events and patients at one look, each (R,)."""
    data, events, entered = patients.at(cut)
    z, information = statistic.observe(OneArmData(data.time, data.event), curve)
    return z, information, events, entered
