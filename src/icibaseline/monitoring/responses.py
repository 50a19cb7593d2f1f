"""What the responses of a trial of one arm say, when its looks are taken into account."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._exact.attained import attained, stood_for
from icibaseline._exact.results import OffPlan, Result, Seen
from icibaseline._values import Value, value
from icibaseline.designs import Design, Plan, StagePlan
from icibaseline.errors import InvalidInput, reject
from icibaseline.monitoring.applied import applied
from icibaseline.rules import Exact, MonitoredRule, Posterior, Reference
from icibaseline.rules.hurdle import law_after
from icibaseline.scenario import ResponseScenario

__all__ = ["AfterTrial", "after_trial"]

_USUAL, _WIDE = 0.9, 0.25  # level of an interval where the design has no alpha, or one from which on it is too large


class Counting(Protocol):
    """What is asked of a design."""

    planned: StagePlan | None
    alpha: float

    @property
    def reference(self) -> Reference:
        """The benchmark's rate."""

    def stages(self, reference: Reference) -> Stages:
        """Looks and counts."""


def _design(name: str, held: Any) -> Any:
    design = held.design if isinstance(held, Plan) else held
    rule = "a plan or design of one arm that counts responses, with its n"
    counted = isinstance(design, Design) and design.scenario_kind is ResponseScenario and hasattr(design, "stages")
    if not counted:
        reject(name, rule, held, "For example TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1).")
    if design.n is None:
        reject(name, rule, held, "sample_size(design, scenario, power=0.8) finds it.")
    return design


def _counts(least: int) -> Any:
    def one(name: str, held: object) -> int:
        return _checks.whole(name, held, least)

    def check(name: str, held: Any) -> tuple[int, ...]:
        alone = isinstance(held, numbers.Real) and not isinstance(held, (bool, np.bool_))
        return _checks.sequence(name, (held,) if alone else held, one)

    return check


@final
@value
class AfterTrial(Value):
    """What `after_trial` returns: the responses of a trial of one arm, and what they say.

    Parameters
    ----------
    design : Design or Plan
        A design that counts responses, with its n and benchmark.
    responses : int or sequence of int
        Responses from the start of the trial up to each look that was taken.
    patients : int or sequence of int, optional
        Patients up to each of these looks; the planned ones by default.
    ended : bool, optional
        Whether the trial ended with the last of them, for reasons of its own, although the plan goes on.
    level : float, optional
        Confidence level of the interval; by default 1 less twice the design's alpha, or 0.9 where that is 0.25 or more
        or the rule is a count that was typed.

    Raises
    ------
    InvalidInput
        If the counts do not fit one another or the design, or a look comes after the trial had ended.

    Notes
    -----
    The methods are those of `after_trial`. Where the trial goes on, p value, estimates and interval are None.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
    >>> ici.AfterTrial(design, responses=(3, 7)).decision
    'success'
    """

    design: Any = attrs.field(converter=as_field(_design))
    responses: tuple[int, ...] = attrs.field(converter=as_field(_counts(0)))
    patients: tuple[int, ...] | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_counts(1)))
    )
    ended: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    level: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.open_unit))
    )

    def __attrs_post_init__(self) -> None:
        looks = len(self.responses)
        if looks > len(self.planned_sizes):
            hint = "Give the responses up to each look, not those of each patient."
            reject("responses", f"at most {len(self.planned_sizes)}, one for each look", self.responses, hint)
        if self.patients is not None and len(self.patients) != looks:
            reject("patients", f"of length {looks}, one number for each of the `responses`", self.patients)
        self._check_counts()
        for k in range(looks - 1):
            if self._stages.stops(k)[self.responses[k]]:
                raise InvalidInput(
                    f"`responses` must end with the trial; got {self.responses}, but {self.responses[k]} of "
                    f"{self.sizes[k]} end it at look {k + 1}."
                )

    def _check_counts(self) -> None:
        before = 0, 0
        for x, n in zip(self.responses, self.sizes, strict=True):
            if n <= before[1]:
                reject("patients", "rising from look to look, counted from the start of the trial", self.sizes)
            if not 0 <= x - before[0] <= n - before[1]:
                rule = f"counted from the start of the trial, and at most the patients, {self.sizes}"
                reject("responses", rule, self.responses)
            before = x, n
        if len(self.sizes) > 1 and stood_for(self.planned_sizes, self.sizes)[-2] >= len(self.planned_sizes) - 1:
            rule = f"fewer than the {self.planned_sizes[-1]} of the plan before the last look, which ends the trial"
            reject("patients", rule, self.sizes)

    # ---- the looks ---------------------------------------------------------------------------------------

    @cached_property
    def _planned(self) -> Stages:
        held: Counting = self.design
        return held.planned.stages if held.planned is not None else held.stages(held.reference)

    @property
    def benchmark(self) -> float:
        """The rate that is tested."""
        return float(self.design.reference.rate)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Patients up to each look that was taken."""
        if self.patients is not None:
            return self.patients
        return self.planned_sizes[: len(self.responses)]

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """The planned looks that those taken stand for."""
        *before, last = stood_for(self.planned_sizes, self.sizes)
        return (*before, len(self.planned_sizes) - 1 if self.ended else last)

    @cached_property
    def _stages(self) -> Stages:
        """The plan, its looks after as many patients as there were."""
        if self.as_planned:
            return self._planned
        if self.at_any_size:
            return self.design.rule.bounds(self.sizes[-1], self.design.reference)  # type: ignore[no-any-return]
        if self.by_rule:
            return applied(self.design, self._planned, self.sizes, self._places)
        return attained(self._planned, self.benchmark, self.sizes, self._places)

    @property
    def _last(self) -> int:
        return len(self.responses) - 1

    @property
    def _at_the_end(self) -> bool:
        return self._places[-1] == len(self.planned_sizes) - 1

    @property
    def planned_sizes(self) -> tuple[int, ...]:
        """Patients at each planned look."""
        return tuple(int(n) for n in self._planned.sizes)

    @cached_property
    def planned_error(self) -> float:
        """The type I error of the plan at the benchmark's rate."""
        return float(self._planned.chances(np.array([self.benchmark]))[0].sum())

    @property
    def as_planned(self) -> bool:
        """Whether the looks are those of the plan."""
        looks = len(self.responses)
        return self.sizes == self.planned_sizes[:looks] and self._places == tuple(range(looks))

    @cached_property
    def result(self) -> Result | None:
        """The result in its place among all that could have been; None where the trial goes on."""
        k, count = self._last, self.responses[-1]
        if not self._at_the_end:
            return Seen(self._stages, k, count) if self._stages.stops(k)[count] else None
        if self.sizes[-1] == self._stages.sizes[-1]:
            return Seen(self._stages, k, count)
        before = self.responses[-2]
        return OffPlan(self._stages, before, self.sizes[-1] - self.sizes[-2], count - before)

    @property
    def by_rule(self) -> bool:
        """Whether the design is a rule on the posterior probability, which says of any numbers of patients."""
        return isinstance(getattr(self.design, "rule", None), (Posterior, MonitoredRule))

    @property
    def at_any_size(self) -> bool:
        """Whether the design is the exact test at its level, which is the same at one look after any number."""
        rule = getattr(self.design, "rule", None)
        return isinstance(rule, Exact) and rule.r is None

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        if len(self.planned_sizes) == 1:
            return ("clopper1934",)
        return ("jung2004estimation", "jung2006", *(() if self.as_planned or self.by_rule else ("koyama2008",)))

    # ---- what it says ------------------------------------------------------------------------------------

    @cached_property
    def needed(self) -> int | None:
        """Least number of responses that is a success at the last look that was taken; None where none is."""
        seen = self.result
        if isinstance(seen, OffPlan):
            count = seen.needed(self.benchmark, self.planned_error)
            return None if count is None else seen.before + count
        least = self._stages.efficacy[self._last]
        return int(least) if least <= self.sizes[-1] else None

    @property
    def goes_on_above(self) -> int | None:
        """Greatest number of responses that stops the last look that was taken for futility; None where none does."""
        most = self._stages.futility[self._last]
        return None if self._at_the_end or most < 0 else int(most)

    @property
    def decision(self) -> str:
        """One of "success", "no success", "stop for futility" and "continue"."""
        if self.needed is not None and self.responses[-1] >= self.needed:
            return "success"
        if self._at_the_end:
            return "no success"
        return "continue" if self.result is None else "stop for futility"

    @property
    def p_value(self) -> float | None:
        """One-sided p value against the benchmark's rate."""
        return None if self.result is None else float(self.result.at_least(np.array([self.benchmark]))[0])

    @cached_property
    def better(self) -> float | None:
        """Posterior probability of being better, as the design's rule asks for it; None where it does not."""
        if not self.by_rule:
            return None
        rule, count, n, reference = self.design.rule, self.responses[-1], self.sizes[-1], self.design.reference
        if reference.law is None:
            return float(1 - law_after(rule.prior, count, n).cdf(reference.rate + rule.delta))
        posterior = Posterior(rule.c, prior=rule.prior, delta=rule.delta)
        return float(posterior.better(np.array([count]), np.array([n]), reference)[0])

    @property
    def estimate(self) -> float | None:
        """The unbiased estimate of the response rate with the least variance."""
        return None if self.result is None else self.result.unbiased

    @cached_property
    def median_unbiased(self) -> float | None:
        """The rate at which results at least and at most as extreme are equally likely."""
        return None if self.result is None else self.result.median_unbiased

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """Exact confidence interval of the response rate."""
        return None if self.result is None else self.result.interval(self.confidence)

    @property
    def confidence(self) -> float:
        """Its level: unless given, 1 less twice alpha, or 0.9 where alpha is 0.25 or more or a count was typed."""
        if self.level is not None:
            return self.level
        rule, alpha = getattr(self.design, "rule", None), float(self.design.alpha)
        typed = isinstance(rule, Exact) and rule.r is not None
        return _USUAL if typed or alpha >= _WIDE else 1 - 2 * alpha

    @property
    def at_odds(self) -> bool:
        """Whether the counts that decide say something else than the interval, where that is at its own level."""
        if self.interval is None or self.level is not None or self.by_rule:
            return False
        return (self.decision == "success") != (self.interval[0] >= self.benchmark)

    @property
    def rate(self) -> float:
        """Responses over patients, which takes no account of the looks."""
        return self.responses[-1] / self.sizes[-1]


@_checks.callable_by_name
def after_trial(
    design: Design | Plan,
    responses: int | Sequence[int],
    *,
    patients: int | Sequence[int] | None = None,
    ended: bool = False,
    level: float | None = None,
) -> AfterTrial:
    r"""Inference after a trial of one arm that counted responses at one or several looks.

    Parameters
    ----------
    design : Design or Plan
        `SingleArm`, `TwoStage` or `MultiStage` with its n and benchmark, or the plan of one.
    responses : int or sequence of int
        Responses from the start of the trial up to each look that was taken, so that (3, 7) is 3 at the first look and
        7 in all. One number is the only look that was taken.
    patients : int or sequence of int, optional
        Patients up to each of these looks, where they are not the planned ones. A look stands for the next one of the
        plan, or for the last of those that have been passed by then; from the planned number of patients on it is the
        last of all.
    ended : bool, optional
        Whether the trial ended with the last of these looks, for reasons of its own, although the plan goes on.
    level : float, optional
        Confidence level of the interval; by default 1 less twice the design's alpha, or 0.9 where that is 0.25 or more
        or the rule is a count that was typed. The lower limit of the exact test at one look then agrees with the
        decision. Other trials are decided by counts whose error is not alpha itself, and a success may go with a lower
        limit below the benchmark or no success with one above it: `at_odds` says so.

    Returns
    -------
    AfterTrial
        With decision, p value, estimates and interval.

    Raises
    ------
    InvalidInput
        If the counts do not fit one another or the design, or a look comes after the trial had ended.

    Notes
    -----
    Results are ordered by stage: success at an earlier look is more extreme than at a later one, futility at an earlier
    look less so, and at one look more responses are more extreme [1]_. The p value is the probability, at the
    benchmark's rate, of a result at least as extreme; the exact interval holds the rates at which neither that
    probability nor that of a result at most as extreme is below half of what the level leaves, as Clopper and Pearson's
    does for one look. The estimate is unbiased, whatever the rate: the share, among the orders of patients that lead to
    the result, of those that begin with a response [2]_.

    If looks before the last came after other numbers of patients than planned, or not at all, for reasons that have
    nothing to do with the responses, then from the first of them on the probability, at the benchmark's rate, of having
    stopped by a look is at most the planned one, for futility and for success, and the last bound is the least that
    keeps the planned type I error. If the last stage has another size, even one chosen after the stage before it, the
    conditional error of a test with the plan's type I error is kept [3]_, [4]_; the p value is the overall error of the
    test that the result would just have reached, and at most the plan's error if and only if the trial succeeds. The
    estimate is then unbiased if the size did not depend on the responses.

    The exact test at its level, ``Exact(alpha)``, is applied to the number of patients that there were; a count that
    was typed keeps the error that it has with the planned number. The rules `Posterior`, `ThallSimon` and `LeeLiu` are
    applied to the numbers of patients that there were too. They make
    no promise of a type I error; `better` is the posterior probability that they ask for.

    References
    ----------
    .. [1] Jung SH, Owzar K, George SL, Lee T. P-value calculation for multistage phase II cancer clinical trials. J
       Biopharm Stat 2006; 16: 765-775.
    .. [2] Jung SH, Kim KM. On the estimation of the binomial probability in multistage clinical trials. Statistics in
       Medicine 2004; 23: 881-896.
    .. [3] Koyama T, Chen H. Proper inference from Simon's two-stage designs. Statistics in Medicine 2008; 27:
       3145-3154.
    .. [4] Müller HH, Schäfer H. A general statistical principle for changing a design any time during the course of a
       trial. Statistics in Medicine 2004; 23: 2497-2508.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
    >>> found = ici.after_trial(design, (3, 7))
    >>> found.decision, round(found.p_value, 4), round(found.estimate, 4)
    ('success', 0.0177, 0.2822)
    >>> found = ici.after_trial(design, (3, 8), patients=(10, 33))
    >>> found.decision, found.needed, round(found.p_value, 4)
    ('success', 7, 0.0113)
    >>> three = ici.SingleArm(45, benchmark=0.2, rule=ici.Fleming(0.05, looks=3))
    >>> found = ici.after_trial(three, (3, 8, 16), patients=(17, 28, 47))  # looks were planned after 15, 30 and 45
    >>> found.decision, found.needed, round(found.p_value, 4), round(found.estimate, 4)
    ('success', 16, 0.0261, 0.3166)
    """
    return AfterTrial(design, responses, patients=patients, ended=ended, level=level)  # type: ignore[arg-type]
