"""What the follow-up of one arm says, held against the curve of its benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs import Design, Plan, Planned
from icibaseline.designs.honest_curve import HonestCurve
from icibaseline.designs.single_arm import curve_of, executed_bounds
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, reject
from icibaseline.monitoring.inference import Stop
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample import CurveTest, Limits, OneArmData, OneSample
from icibaseline.survival import Curve, HazardRatio

__all__ = ["AfterFollowUp", "after_follow_up"]

_NONE = 1e-9  # information that stands for none
_USUAL, _LENIENT = 0.9, 0.25  # confidence level where alpha says none


def _design(name: str, held: Any) -> Any:
    design = held.design if isinstance(held, Plan) else held
    tests = isinstance(design, Design) and isinstance(getattr(design, "statistic", None), OneSample)
    rule = "a planned design of one arm whose survival is held against a curve"
    if not tests:
        reject(name, rule, held, "after_trial is for counts of responses, monitor for randomised trials.")
    if not isinstance(design.planned, Planned):
        reject(name, rule, held, "design.plan_for(scenario) plans it, sample_size finds n and plans it.")
    return design


def _looks(each: _checks.Check) -> Any:
    """One sequence for each look; a single one is the only look."""

    def one(name: str, held: object) -> tuple[Any, ...]:
        return _checks.sequence(name, held, each)

    def check(name: str, held: Any) -> tuple[tuple[Any, ...], ...]:
        members = tuple(held) if _listed(held) else held
        several = _listed(members) and any(_listed(member) for member in members)
        return _checks.sequence(name, members, one) if several else (one(name, members),)

    return check


def _listed(held: Any) -> bool:
    flat = isinstance(held, (str, bytes, dict, set)) or (isinstance(held, np.ndarray) and held.ndim == 0)
    return isinstance(held, Iterable) and not flat


def _numbers(name: str, held: object) -> tuple[int, ...]:
    """Places among the planned looks, rising."""
    return _checks.increasing(name, held if _listed(held) else (held,), _checks.whole)


def _happened(name: str, held: object) -> bool:
    """True or False, 1 or 0."""
    if isinstance(held, (int, float, np.integer, np.floating)) and held in (0, 1):
        return bool(held)
    return _checks.flag(name, held, "1 is an event, 0 the end of follow-up without one.")


@final
@value
class AfterFollowUp(Value):
    """What `after_follow_up` returns: the follow-up of one arm, and what it says.

    Parameters
    ----------
    design : Design or Plan
        A planned design of one arm with a one-sample test.
    months : sequence of float
        Months from entry to event or end of follow-up, one for each patient; or one such sequence for each look.
    events : sequence of bool
        Whether the event happened, in the same order.
    numbers : int or sequence of int, optional
        Which of the planned looks these are, from 1 on; by default the first, and those that follow it.
    level : float, optional
        Two-sided confidence level of the interval; 1 less twice the design's alpha by default.

    Raises
    ------
    InvalidInput
        If the design is not planned, months and events do not fit one another, or a look comes after the trial ended.

    Notes
    -----
    The methods are those of `after_follow_up`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.5),
    ...                      enrollment=ici.Enrollment(duration=12))
    >>> design = ici.SingleArm(5, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(alpha=0.05)).plan_for(truth)
    >>> found = ici.AfterFollowUp(design, months=[7, 9.5, 14, 20, 24], events=[1, 1, 1, 0, 0])
    >>> found.decision
    'success'
    """

    design: Any = attrs.field(converter=as_field(_design))
    months: tuple[tuple[float, ...], ...] = attrs.field(converter=as_field(_looks(_checks.nonnegative)))
    events: tuple[tuple[bool, ...], ...] = attrs.field(converter=as_field(_looks(_happened)))
    numbers: tuple[int, ...] | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_numbers))
    )
    level: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.open_unit))
    )

    def __attrs_post_init__(self) -> None:
        looks, planned = len(self.months), self.design.planned.count
        if looks > planned:
            rule, hint = f"of at most as many looks as are planned, {planned}", "Give one sequence for each look."
            reject("months", rule, looks, hint)
        if len(self.events) != looks:
            reject("events", f"of as many looks as `months`, {looks}", len(self.events))
        if self.numbers is not None and (len(self.numbers) != looks or self.numbers[-1] > planned):
            reject("numbers", f"{looks}, one for each look, rising to at most {planned}", self.numbers)
        self._check_patients()
        for k, number in enumerate(self.taken[:-1]):
            if self._outcome(k) != "continue":
                raise InvalidInput(
                    f"`months` must end with the trial; got {looks} looks, but Z = {self.z[k]:.4g} at look {number} "
                    "had ended it."
                )

    def _check_patients(self) -> None:
        before = 0, 0, 0.0
        for k, (months, events) in enumerate(zip(self.months, self.events, strict=True)):
            place = "" if len(self.months) == 1 else f"[{k}]"
            if len(months) != len(events):
                reject(f"events{place}", f"one for each of the {len(months)} patients of `months`", len(events))
            seen = len(months), sum(events), sum(months)
            if any(now < then for now, then in zip(seen, before, strict=True)):
                counted = "{} patients, {} events and {:g} months".format
                rule = f"of all patients up to the look, at least the {counted(*before)} of the look before"
                reject(f"months{place}", rule, counted(*seen))
            before = seen
        if not any(self.months[-1]):
            reject("months", "above 0 for some patients", self.months[-1])

    # ---- what was seen -----------------------------------------------------------------------------------

    @property
    def test(self) -> OneSample:
        """The test of the design."""
        held: OneSample = self.design.statistic
        return held

    @cached_property
    def _curve(self) -> Curve:
        return curve_of(self.design.benchmark)

    def _data(self, k: int) -> OneArmData:
        return OneArmData(np.array([self.months[k]]), np.array([self.events[k]]))

    def _seen(self, k: int, test: OneSample) -> tuple[float, float]:
        """Z and its information at a look."""
        z, information = test.observe(self._data(k), self._curve)
        return float(z[0]), float(information[0])

    @cached_property
    def _all(self) -> FloatArray:
        """Z and information at the looks, (K, 2)."""
        return np.array([self._seen(k, self.test) for k in range(len(self.months))])

    @property
    def z(self) -> tuple[float, ...]:
        """Z at the looks; above 0 favours the arm."""
        return tuple(float(z) for z in self._all[:, 0])

    @property
    def information(self) -> tuple[float, ...]:
        """Information at the looks: of a log-rank or exponential test the number of events."""
        return tuple(float(i) for i in self._all[:, 1])

    @property
    def patients(self) -> int:
        """Patients at the last look that was taken."""
        return len(self.months[-1])

    @property
    def observed(self) -> int:
        """Events at the last look that was taken."""
        limit = math.inf if self.test.follow_up is None else self.test.follow_up
        return sum(e and m <= limit for m, e in zip(self.months[-1], self.events[-1], strict=True))

    @property
    def expected(self) -> float:
        """Events that the benchmark's hazard expects of the same follow-up."""
        limit = math.inf if self.test.follow_up is None else self.test.follow_up
        return float(np.sum(self._curve.cumulative_hazard(np.minimum(self.months[-1], limit))))

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        several = ("kwak2014",) if len(self.months) > 1 else ()
        return (*several, *(("danzer2022",) if self.benchmark_sd else ()))

    # ---- the looks ---------------------------------------------------------------------------------------

    @property
    def taken(self) -> tuple[int, ...]:
        """Which of the planned looks were taken, from 1 on."""
        return tuple(range(1, len(self.months) + 1)) if self.numbers is None else self.numbers

    @cached_property
    def _executed(self) -> tuple[FloatArray, FloatArray, int]:
        """Efficacy and futility bounds at the looks that were taken, and the number of the one that is the last.

        Looks to come, and those that were left out, are at their planned information; the latter spend what they would.
        """
        plan: Planned = self.design.planned
        places = np.array(self.taken) - 1
        seen = np.array(plan.information)
        seen[places] = self.information
        for k in range(places[-1], 0, -1):  # one that was left out has seen no more than the next one
            seen[k - 1] = min(seen[k - 1], seen[k])
        efficacy, futility, left = executed_bounds(self.design.arm, seen[None], np.array([plan.months]))
        upper, lower = (np.broadcast_to(b, (1, plan.count))[0][places] for b in (efficacy, futility))
        return upper, lower, plan.count - int(left[0, 0])

    def _outcome(self, k: int) -> str:
        efficacy, futility, last = self._executed
        if self.z[k] > efficacy[k]:
            return "success"
        if self.taken[k] >= last:
            return "no success"
        return "stop for futility" if self.z[k] < futility[k] else "continue"

    @property
    def bound(self) -> float:
        """The bound that Z has to pass for a success at the last look that was taken; infinite where none is tested."""
        return float(self._executed[0][-1])

    @property
    def futility_bound(self) -> float:
        """The bound below which Z stops the trial at the last look that was taken; -inf where none is tested."""
        return float(self._executed[1][-1])

    @property
    def decision(self) -> str:
        """One of "success", "no success", "stop for futility" and "continue"."""
        return self._outcome(len(self.months) - 1)

    # ---- inference ---------------------------------------------------------------------------------------

    @property
    def p_value(self) -> float | None:
        """One-sided p value against the benchmark, after several looks of results ordered by stage.

        None where the trial goes on.
        """
        return None if self.decision == "continue" else self._ordered(self.test)

    @property
    def honest_p_value(self) -> float | None:
        """The p value with the benchmark's error in the test; None where that is not known, or the trial goes on."""
        if self.benchmark_sd is None or self.decision == "continue":
            return None
        return self._ordered(self.test.with_(benchmark_sd=self.benchmark_sd))

    def _ordered(self, test: OneSample) -> float:
        """P value by stage; an error of the benchmark is common to all looks, and takes its part of what they know."""
        z = np.array([self._seen(k, test)[0] for k in range(len(self.months))])
        apart = self._shrunk(z, test.benchmark_sd) / self._shrunk(self._all[:, 0], self.test.benchmark_sd)
        known = self._all[:, 1] * self._shrunk(z, test.benchmark_sd) ** 2
        upper, lower, _ = self._executed
        ends = lower * apart if self.design.arm.rule.binding else np.full(len(z), -np.inf)
        ordered = np.maximum.accumulate(np.maximum(known, _NONE))
        return float(Stop(ordered, upper * apart, ends, float(z[-1])).p_value(np.array(0.0)))

    def _shrunk(self, z: FloatArray, sd: float) -> FloatArray:
        """What is left of Z, at each look, of what it were if the benchmark were known."""
        plain = self.test.with_(benchmark_sd=0.0)
        alone = np.array([self._seen(k, plain)[0] for k in range(len(self.months))])
        near = 1 / np.sqrt(1 + sd**2 * self._all[:, 1])
        return np.asarray(np.where(alone == 0, near, z / np.where(alone == 0, 1.0, alone)))

    @property
    def confidence(self) -> float:
        """Level of the interval."""
        if self.level is not None:
            return self.level
        return 1 - 2 * float(self.design.alpha) if self.design.alpha < _LENIENT else _USUAL

    @cached_property
    def estimate(self) -> Limits:
        """What the test estimates, such as the hazard ratio against the benchmark, with its confidence interval."""
        quantile = float(ndtri((1 + self.confidence) / 2))
        return self.test.limits(self._data(len(self.months) - 1), self._curve, quantile)

    @property
    def measured(self) -> str:
        """What `estimate` is, in words."""
        if not isinstance(self.test, CurveTest):
            return self.test.measured
        return f"{self.test.measured} (benchmark {float(self.test.value(self._curve)):.3g})"

    @cached_property
    def benchmark_sd(self) -> float | None:
        """Standard error of the log of the benchmark's cumulative hazard; None where it is not known."""
        enrollment = Enrollment(duration=1)
        world = Scenario(control=self.design.benchmark, effect=HazardRatio(1.0), enrollment=enrollment)
        return self.test.benchmark_sd or HonestCurve(self.design, world).sd


@_checks.callable_by_name
def after_follow_up(
    design: Design | Plan,
    months: Sequence[float] | Sequence[Sequence[float]],
    events: Sequence[bool] | Sequence[Sequence[bool]],
    *,
    numbers: int | Sequence[int] | None = None,
    level: float | None = None,
) -> AfterFollowUp:
    r"""The test of a single-arm survival trial, on its data: decision, p value, and how the arm did.

    Parameters
    ----------
    design : Design or Plan
        `SingleArm` with a one-sample test or `TwoStageSurvival`, planned, or the plan of one.
    months : sequence of float
        Months from entry to event or end of follow-up, one for each patient. For a trial with several looks one such
        sequence for each look that was taken, with the follow-up as it was then.
    events : sequence of bool
        Whether the event happened, in the same order.
    numbers : int or sequence of int, optional
        Which of the planned looks these are, from 1 on; by default the first, and those that follow it. ``numbers=2``
        is the last of two, the first having been left out.
    level : float, optional
        Two-sided confidence level of the interval; 1 less twice the design's alpha by default, so that a limit agrees
        with the test.

    Returns
    -------
    AfterFollowUp
        With decision, Z, p values, estimate and interval.

    Raises
    ------
    InvalidInput
        If the design is not planned, months and events do not fit one another, or a look comes after the trial ended.

    Notes
    -----
    Z is that of the design's test, and the bounds are those of its plan, or of its boundary at the information that
    there was; one that spends in calendar time does so at its planned months. A look that was left out spends what it
    would have. After several looks the p value is of results ordered by stage, under :math:`\mathrm{Cov}(Z_j, Z_k) =
    \sqrt{I_j / I_k}` [1]_, as if the benchmark's curve were known. The other p value has the benchmark's error in the
    variance of Z [2]_; it is common to all looks, so that with its standard error s D events know
    :math:`1 / (1 / D + s^2)`. Given bounds were found for looks as planned: where the looks saw other information, the
    p value may lie on the other side of alpha than the decision, which is then said.

    A log-rank or exponential test estimates the hazard ratio against the benchmark, observed over expected events, and
    its limits are the ratios that the test, and the same test in the other direction, would just not reject. A
    milestone test estimates survival with limits on its scale, or those of Clopper and Pearson. None of them takes
    account of earlier looks.

    References
    ----------
    .. [1] Kwak M, Jung SH. Phase II clinical trials with time-to-event endpoints: optimal two-stage designs with
       one-sample log-rank test. Statistics in Medicine 2014; 33: 2004-2016.
    .. [2] Danzer MF, Feld J, Faldum A, Schmidt R. Reference curve sampling variability in one-sample log-rank tests.
       PLoS ONE 2022; 17: e0271094.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.5),
    ...                      enrollment=ici.Enrollment(duration=12))
    >>> design = ici.SingleArm(8, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(alpha=0.05)).plan_for(truth)
    >>> found = ici.after_follow_up(design, [3.1, 5, 7, 9.5, 14, 17, 20, 24], [1, 1, 1, 0, 1, 1, 0, 0])
    >>> print(found)
    success: Z = 3.088; above 1.645 is a success
    8 patients, 5 events; 14.7 expected by the benchmark
    one-sided p = 0.0010 against the benchmark as if its curve were known
    hazard ratio against the benchmark 0.34, 90 % interval 0.132 to 0.641
    """
    return AfterFollowUp(design, months, events, numbers=numbers, level=level)  # type: ignore[arg-type]
