"""What the follow-up of one arm says, held against the curve of its benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

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
from icibaseline.solve import root
from icibaseline.statistics.one_sample import CurveTest, OneArmData, OneSample
from icibaseline.survival import Curve, HazardRatio

__all__ = ["AfterFollowUp", "Limits", "after_follow_up"]

_LEAST, _MOST = math.exp(-8), math.exp(8)  # hazard ratios between which one is looked for


class Limits(NamedTuple):
    """An estimate with its confidence limits."""

    estimate: float
    lower: float
    upper: float


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
    level : float, optional
        Two-sided confidence level of the intervals; 1 less twice the design's alpha by default.

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
    level: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.open_unit))
    )

    def __attrs_post_init__(self) -> None:
        looks = len(self.months)
        if looks > self.design.planned.count:
            hint = "Give one sequence for each look that was taken."
            rule = f"of at most as many looks as are planned, {self.design.planned.count}"
            reject("months", rule, looks, hint)
        if len(self.events) != looks:
            reject("events", f"of as many looks as `months`, {looks}", len(self.events))
        for k, (months, events) in enumerate(zip(self.months, self.events, strict=True)):
            if len(months) != len(events):
                place = "events" if looks == 1 else f"events[{k}]"
                reject(place, f"one for each of the {len(months)} patients of `months`", len(events))
        if not any(self.months[-1]):
            reject("months", "above 0 for some patients", self.months[-1])
        for k in range(looks - 1):
            if self._outcome(k) != "continue":
                raise InvalidInput(
                    f"`months` must end with the trial; got {looks} looks, but Z = {self.z[k]:.4g} at look {k + 1} "
                    "had ended it."
                )

    # ---- what was seen -----------------------------------------------------------------------------------

    @property
    def test(self) -> OneSample:
        """The test of the design."""
        held: OneSample = self.design.statistic
        return held

    @cached_property
    def _curve(self) -> Curve:
        return curve_of(self.design.benchmark)

    def _seen(self, k: int, test: OneSample, ratio: float = 1.0) -> tuple[float, float]:
        """Z and its information at a look, against the benchmark with another hazard."""
        data = OneArmData(np.array([self.months[k]]), np.array([self.events[k]]))
        z, information = test.observe(data, self._curve.scaled(ratio))
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

    @cached_property
    def _executed(self) -> tuple[FloatArray, FloatArray, int]:
        """Efficacy and futility bounds at all looks, those to come at their planned information; and the last look."""
        plan: Planned = self.design.planned
        seen = np.array([*self.information, *plan.information[len(self.months) :]])
        efficacy, futility, left = executed_bounds(self.design.arm, seen[None], np.array([plan.months]))
        bounds = (np.broadcast_to(b, (1, plan.count))[0] for b in (efficacy, futility))
        return *bounds, plan.count - 1 - int(left[0, 0])

    def _outcome(self, k: int) -> str:
        efficacy, futility, last = self._executed
        if self.z[k] > efficacy[k]:
            return "success"
        if k >= last:
            return "no success"
        return "stop for futility" if self.z[k] < futility[k] else "continue"

    @property
    def bound(self) -> float:
        """The bound that Z has to pass for a success at the last look that was taken; infinite where none is tested."""
        return float(self._executed[0][len(self.months) - 1])

    @property
    def futility_bound(self) -> float:
        """The bound below which Z stops the trial at the last look that was taken; -inf where none is tested."""
        return float(self._executed[1][len(self.months) - 1])

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
        if self.decision == "continue":
            return None
        k = len(self.months)
        information = np.maximum.accumulate(np.maximum(self._information, 1e-9))
        lower = self._executed[1][:k] if self.design.arm.rule.binding else np.full(k, -np.inf)
        return float(Stop(information, self._executed[0][:k], lower, self.z[-1]).p_value(np.array(0.0)))

    @property
    def _information(self) -> FloatArray:
        """Information of which the benchmark's error, common to all looks, has taken its part."""
        plain = self.test.with_(benchmark_sd=0.0)
        shares = np.ones(len(self.months))
        for k, (z, events) in enumerate(self._all):
            alone = self._seen(k, plain)[0]
            shares[k] = (z / alone) ** 2 if alone else 1 / (1 + self.test.benchmark_sd**2 * events)
        return self._all[:, 1] * shares

    @property
    def confidence(self) -> float:
        """Level of the intervals."""
        return 1 - 2 * float(self.design.alpha) if self.level is None else self.level

    @cached_property
    def hazard_ratio(self) -> Limits:
        """Hazard ratio against the benchmark at which Z would be 0, and those that the test would not reject."""
        return Limits(*(0.0 if h <= _LEAST else math.inf if h >= _MOST else h for h in self._ratios(self.test)))

    @cached_property
    def measure(self) -> Limits | None:
        """The arm's survival at the milestone, or restricted mean, with its interval; None for the other tests."""
        if not isinstance(self.test, CurveTest):
            return None
        found = self._ratios(self.test.with_(benchmark_sd=0.0))
        return Limits(*(float(self.test.value(self._curve.scaled(h))) for h in (found[0], found[2], found[1])))

    def _ratios(self, test: OneSample) -> Limits:
        quantile = float(ndtri((1 + self.confidence) / 2))
        return Limits(*(self._ratio(test, bound) for bound in (0.0, -quantile, quantile)))

    def _ratio(self, test: OneSample, bound: float) -> float:
        """The hazard ratio against which Z would be at a bound, at the ends of a long interval if it never is."""
        last = len(self.months) - 1

        def gap(logs: FloatArray) -> FloatArray:
            return np.array([self._seen(last, test, math.exp(float(x)))[0] - bound for x in logs])

        low, high = np.log([_LEAST]), np.log([_MOST])
        ends = gap(low), gap(high)
        if ends[0][0] >= 0 or ends[1][0] <= 0:
            return _LEAST if ends[0][0] >= 0 else _MOST
        return math.exp(float(root(gap, low, high, tolerance=1e-12, ends=ends)[0]))

    @property
    def measured(self) -> str:
        """What `measure` is, in words, with that of the benchmark."""
        if not isinstance(self.test, CurveTest):
            return ""
        return f"{self.test.measured} (benchmark {float(self.test.value(self._curve)):.3g})"

    @cached_property
    def benchmark_sd(self) -> float | None:
        """Standard error of the log of the benchmark's cumulative hazard; None where it is not known."""
        enrollment = Enrollment(duration=1)
        world = Scenario(control=self.design.benchmark, effect=HazardRatio(1.0), enrollment=enrollment)
        return self.test.benchmark_sd or HonestCurve(self.design, world).sd

    @property
    def honest_p_value(self) -> float | None:
        """P value of the last Z with the benchmark's error in the test.

        None where that error is not known, or the trial goes on.
        """
        if self.benchmark_sd is None or self.decision == "continue":
            return None
        test = self.test.with_(benchmark_sd=self.benchmark_sd)
        return float(ndtr(-self._seen(len(self.months) - 1, test)[0]))


@_checks.callable_by_name
def after_follow_up(
    design: Design | Plan,
    months: Sequence[float] | Sequence[Sequence[float]],
    events: Sequence[bool] | Sequence[Sequence[bool]],
    *,
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
    level : float, optional
        Two-sided confidence level of the intervals; 1 less twice the design's alpha by default, so that a limit agrees
        with the test.

    Returns
    -------
    AfterFollowUp
        With decision, Z, p value, hazard ratio and interval.

    Raises
    ------
    InvalidInput
        If the design is not planned, months and events do not fit one another, or a look comes after the trial ended.

    Notes
    -----
    Z is that of the design's test, and the bounds are those of its plan, or of its boundary at the information that
    there was. After several looks the p value is of results ordered by stage, under :math:`\mathrm{Cov}(Z_j, Z_k) =
    \sqrt{I_j / I_k}` [1]_; it is for the benchmark's curve as if it were known. The other p value has the error of the
    benchmark in the variance of the last Z [2]_.

    The hazard ratio is the one by which the benchmark's hazard is multiplied for Z to be 0: of the log-rank test
    observed over expected events. Its limits are those for which Z is at the quantiles of the level, so that interval
    and test agree. Survival at a milestone, and a restricted mean, are those of the benchmark with that hazard. None of
    them takes account of earlier looks.

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
    return AfterFollowUp(design, months, events, level=level)  # type: ignore[arg-type]
