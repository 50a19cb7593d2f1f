"""How trials of one arm are shown: their counts, and what the error of their benchmark does to them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from icibaseline._render import text
from icibaseline._values import Uncertain
from icibaseline.baseline import Baseline
from icibaseline.designs import HonestBenchmark, HonestCurve, OperatingCharacteristics, Plan, SingleArm, StagePlan
from icibaseline.designs.references import analysis_set, reference_of
from icibaseline.report.hooks import found_as, honest_lines, own_lines, own_table, promised, size_line
from icibaseline.report.tables import Table
from icibaseline.report.wording import headline
from icibaseline.rules import Boundary, CountRule, Exact, MonitoredRule, Posterior

__all__ = ["benchmark_in_words", "counts_in_words", "plugged_in"]

_SPELLED = 5  # looks whose counts are all named in a sentence
_NONE_SHOWN = "it can show no hazard ratio, however small"
_ROUNDING = 1e-9
_PATIENTS = 1000  # of a count that a rate is taken for
_VISIBLE = 0.05  # of a patient
_FACTORS = (0.5, 1, 1.5, 2, 3, 4, 6)


# ---- designs and rules ---------------------------------------------------------------------------------


@text.register
def _(item: Exact) -> str:
    if item.r is not None:
        return f"success with at least {item.r} responses"
    return f"exact binomial test, one-sided alpha {0.05 if item.alpha is None else item.alpha:g}"


@text.register
def _(item: Posterior) -> str:
    more = f" by more than {item.delta:g}" if item.delta else ""
    return f"success when P(better{more} | data) >= {item.c:g}"


@headline.register
def _(item: SingleArm) -> str:
    if item.statistic is not None:
        looks = "" if item.looks is None else f", {item.looks}"
        return f"Single arm against {benchmark_in_words(item.benchmark)}, {item.statistic}, {item.rule}{looks}"
    counts = (
        f": {counts_in_words(item.planned)}"
        if isinstance(item.planned, StagePlan) and item.rule != _typed(item)
        else ""
    )
    return f"Single arm, responses against {benchmark_in_words(item.benchmark)}, {_as_applied(item)}{counts}"


def _as_applied(item: SingleArm) -> CountRule | Boundary:
    """The rule without looks that this trial does not come to."""
    rule = item.rule
    if item.n is None or not isinstance(rule, MonitoredRule) or rule.looks is None:
        return rule
    return rule.with_(looks=tuple(n for n in rule.looks if n < item.n))


def _typed(item: SingleArm) -> Exact | None:
    """The rule, if it is a count."""
    return item.rule if isinstance(item.rule, Exact) and item.rule.r is not None else None


@text.register
def _(item: SingleArm) -> str:
    size = "unsized" if item.n is None else f"{item.n:g} patients"
    return f"{headline(item)}; {size}"


def benchmark_in_words(benchmark: object) -> str:
    """What an arm is held against."""
    if benchmark is None:
        return "the scenario's control"
    if isinstance(benchmark, float):
        return f"a rate of {benchmark:.4g}"
    if isinstance(benchmark, Baseline) and benchmark.quantity == "response rate":
        reference, counted = reference_of(benchmark), analysis_set(benchmark)
        who = benchmark.id if counted is None else f"{benchmark.id}, {counted} patients"
        if reference.history is None:
            return f"{reference.rate:.3g} ({who})"
        count = f"{reference.history.responses} of {reference.history.patients}"
        if not reference.history.mixed:
            return f"{count}, taken as {reference.rate:.3g} ({who})"
        return f"{count} = {reference.rate:.3g} ({who})"
    if isinstance(benchmark, Baseline):
        return f"{benchmark.id} ({benchmark.typical})"
    return f"uncertain {str(benchmark).splitlines()[0]}" if isinstance(benchmark, Uncertain) else str(benchmark)


# ---- looks -----------------------------------------------------------------------------------------------


@own_table.register
def _(plan: StagePlan, item: OperatingCharacteristics) -> Table:
    timed, waits = not all(map(math.isnan, item.months)), _waits(plan, item)
    head = ["look", *(["month"] if timed else []), "patients", *(["entered"] if waits else [])]
    head += ["responses expected", "success from"]
    stops = plan.overrulable
    head += [*(["stop at most"] if stops else []), "P(success here)", *(["P(stop here)"] if stops else [])]
    rows = []
    for k, size in enumerate(plan.sizes):
        cells = [str(k + 1), *([f"{item.months[k]:.1f}"] if timed else []), str(size)]
        cells += [*([f"{item.n_by_look[k]:.1f}"] if waits else []), f"{item.events[k]:.1f}"]
        cells += [_bound(plan.efficacy_bounds[k]), *([_bound(plan.futility_bounds[k])] if stops else [])]
        cells += [f"{item.reject_by_look[k]:.4f}", *([f"{item.futility_by_look[k]:.4f}"] if stops else [])]
        rows.append(cells)
    return Table(_truth(item) if plan.count > 1 else "", head, rows)


def _waits(plan: StagePlan, item: OperatingCharacteristics) -> bool:
    """Whether patients enter while a look awaits the responses of those whom it counts."""
    return bool(np.max(np.subtract(item.n_by_look, plan.sizes)) > _VISIBLE)


def _truth(item: OperatingCharacteristics) -> str:
    """In what truth the probabilities of a table hold."""
    scenario: Any = item.scenario
    if scenario.unknowns and item.method != "formula":
        return "averaged over the priors"
    rate = scenario.typical.resolved.rates.experimental
    return f"at {_a_rate_of(rate)}" + (", simulated" if item.method == "simulation" else "")


def _a_rate_of(rate: float) -> str:
    return f"a response rate of {rate:.4g}"


@own_lines.register
def _(plan: StagePlan, item: OperatingCharacteristics) -> list[str]:
    if plan.count == 1:
        return []
    scenario: Any = item.scenario
    typical = scenario.typical.resolved
    p0, stages = reference_of(item.design.benchmark).rate, plan.stages  # type: ignore[attr-defined]
    rates = np.array([p0, typical.rates.experimental])
    ends = np.sum(stages.chances(rates), axis=0)
    counted, early = ends @ stages.sizes, 1 - ends[:, -1]
    treated = ends @ typical.entered(plan.n, stages.sizes)[0]
    line = (
        f"at the benchmark's rate of {p0:.4g}, {counted[0]:.2f} patients are expected (EN), and the trial stops early "
        f"with probability {early[0]:.3f} (PET)"
    )
    expected = f"{treated[0]:.1f} patients are expected at {p0:.4g}"
    if not np.isclose(*rates):
        line += f"; at {rates[1]:.4g}, {counted[1]:.2f} and {early[1]:.3f}"
        expected += f" and {treated[1]:.1f} at {rates[1]:.4g}"
    return [line, *_waiting(plan, item, expected)]


def _waiting(plan: StagePlan, item: OperatingCharacteristics, expected: str) -> list[str]:
    """What happens while responses are awaited."""
    scenario: Any = item.scenario
    if not scenario.assessment:
        return []
    if scenario.enrollment is None:
        return ["patients who enter while responses are awaited are not counted: without enrolment they are not known"]
    if scenario.pauses:
        return [f"enrolment pauses for {scenario.assessment:g} months at each interim look; months include the pauses"]
    return [
        f"enrolment goes on while responses are awaited: {item.n_by_look[0]:.1f} have entered by the first look, and "
        f"{expected}; EN is for a trial that pauses at its looks (pauses=True), which takes longer"
    ]


def _bound(bound: float) -> str:
    return str(int(bound)) if math.isfinite(bound) else "-"


def counts_in_words(plan: StagePlan) -> str:
    """The counts of a plan in a clause."""
    last = plan.efficacy_bounds[-1]
    never = (
        ""
        if last < math.inf
        else "no number of responses succeeds" + (" in the end" if min(plan.efficacy_bounds) < math.inf else "")
    )
    if plan.count > _SPELLED:
        end = never or f"success in the end if at least {int(last)} of {plan.n}"
        return f"{plan.count} looks from {plan.sizes[0]} patients on, {end}"
    said = []
    for size, least, most in zip(plan.sizes, plan.efficacy_bounds, plan.futility_bounds, strict=True):
        if size != plan.n and most > -math.inf:
            said.append(f"stop if at most {int(most)} of {size}")
        if least < math.inf:
            said.append(f"success if at least {int(least)} of {size}")
    return ", ".join([*said, *([never] if never else [])])


@size_line.register
def _(plan: StagePlan, item: Plan) -> str:
    kind, target = item.target
    return f"{item.n} patients for {kind} {target:g}{found_as(item.design)}; {item.events:.1f} responses expected"


# ---- the benchmark -------------------------------------------------------------------------------------


@honest_lines.register
def _(found: HonestBenchmark) -> list[str]:
    if not found.known:
        rate = found.reference.rate
        return [
            _error(found),
            *_apart(found),
            f"the benchmark's rate of {rate:.4g} is taken as a law of nature: the count behind it is not known, and so "
            "neither is what its error does: the type I error averaged over what the rate may be is often several "
            f"times the nominal one. Keep benchmark={_typed_rate(rate)} in the design and give the scenario a control "
            "that says how well the rate is known: a Baseline, or BetaMixture.from_counts(responses, patients)",
        ]
    lines = [_law(found), *plugged_in(found), _errors(found), *_apart(found)]
    if not found.design.is_null(found.scenario):
        lines += [_honest(found), *_resampled(found)]
    return lines


def _typed_rate(rate: float) -> str:
    """A rate as it is typed: digits if they are few, else the fraction that it is, or all digits."""
    like = Fraction(rate).limit_denominator(_PATIENTS)
    if float(f"{rate:.4g}") == rate:
        return f"{rate:.4g}"
    return f"{like.numerator}/{like.denominator}" if like.numerator / like.denominator == rate else repr(rate)


def _apart(found: HonestBenchmark | HonestCurve) -> list[str]:
    """The type I error in a scenario whose control is something else than the benchmark."""
    if not found.apart:
        return []
    average = found.scenario_average_error
    more = "" if average is None else f", {average:.3g} averaged over what it may be"
    sets = analysis_set(found.design.benchmark), analysis_set(found.scenario.control)
    unlike = "" if None in sets or sets[0] == sets[1] else f". They count different patients, {sets[0]} and {sets[1]}"
    control = "that of the strata" if found.scenario.control is None else benchmark_in_words(found.scenario.control)
    return [
        f"the scenario's control is not the benchmark, but {control}: in the scenario the type I error is "
        f"{found.scenario_error:.3g}{more}{unlike}"
    ]


def _law(found: HonestBenchmark) -> str:
    law = found.reference.law
    assert law is not None  # it is known
    low, high = law.interval()
    named = benchmark_in_words(found.design.benchmark)
    if found.borrowed:
        control = benchmark_in_words(found.scenario.control)
        named = f"{named}, which has no error of its own; with that of the scenario's control, {control}"
    return f"benchmark {named}: the control rate may be {law.median:.3g} (95 % {low:.3g} to {high:.3g})"


def plugged_in(found: HonestBenchmark) -> list[str]:
    """What stands for a printed rate of 0 or 1."""
    history = found.reference.history
    if history is None or history.mixed:
        return []
    none = history.responses == 0
    return [
        f"{history.responses} of {history.patients} is no rate to hold a trial against, as "
        f"{'any response' if none else 'no number of responses'} would be a success: the median of what the rate may "
        f"be, {found.reference.rate:.3g}, is taken"
    ]


def _error(found: HonestBenchmark) -> str:
    """The exact type I error at the benchmark's rate, and that it passes the nominal one where it does."""
    alpha, level = found.design.alpha, promised(found.design)
    named = "the nominal {:.3g}" if level is not None else "1 - c = {:.3g}, which a posterior rule does not promise"
    above = f", above {named.format(alpha)}" if found.error > alpha + _ROUNDING else ""
    return f"type I error: {found.error:.3g} if the control rate is {found.reference.rate:.3g}{above}"


def _errors(found: HonestBenchmark) -> str:
    low, middle, high = found.error_quantiles or (math.nan,) * 3
    drawn = found.resampled_error
    again = "" if drawn is None else f"; {drawn:.3g} if another such cohort had been the history"
    between = f"; {found.error_between_studies():.3g} if studies differ too (log odds by HalfNormal(0.25))"
    return (
        f"{_error(found)}; {found.average_error:.3g} averaged over what it may be "
        f"(10/50/90 %: {low:.2g}, {middle:.2g}, {high:.2g}){between}{again}"
    )


def _honest(found: HonestBenchmark) -> str:
    rule, rate = found.posterior, found.rate
    level = ", at 0.95 as a count that was typed has no level" if found.typed else ""
    apart = f"above {found.floor:.3g}, a difference of {found.detectable:.3g}"
    shown = f"honest rule{level}, {rule}: it can only show rates {apart}"
    if not found.reachable:
        return (
            f"{shown}; at {rate:.3g} its power does not grow with n, so that no number of patients reaches "
            f"{found.target:.3g}"
        )
    if found.sizes is None:
        return f"{shown}; at {rate:.3g} power {found.target:.3g} takes thousands of patients"
    naive = found.naive_sizes
    beside = "" if naive is None else f", where the naive test needs {naive.smallest} and {naive.lasting}"
    n = found.design.planned.n
    sizes = sorted({math.ceil(n * f) for f in _FACTORS} | set(found.sizes))
    power = "; ".join(f"{size}: {p:.2f}" for size, p in zip(sizes, np.atleast_1d(found.power(sizes)), strict=True))
    return (
        f"{shown}; at {rate:.3g} power {found.target:.3g} takes {found.sizes.smallest} patients, or "
        f"{found.sizes.lasting} after which no larger number misses it{beside}. Its power by n: {power}"
    )


def _resampled(found: HonestBenchmark) -> list[str]:
    history, limit = found.reference.history, found.resampled_limit
    if history is not None and not history.mixed:
        who = "none" if history.responses == 0 else "all"
        return [
            f"nothing is said of another such cohort as the history: {who} of its {history.patients} patients "
            "responded, which gives no rate to draw one at"
        ]
    if limit is None:
        return []
    said = f"if another such cohort had been the history: power at {found.rate:.3g} tends to {limit:.3f} as n grows"
    if limit < found.target:
        return [
            f"{said}, so that no number of patients reaches {found.target:.3g}; some does at rates above "
            f"{found.resampled_floor:.3g}"
        ]
    size = found.resampled_size
    return [f"{said}; {found.target:.3g} takes {'thousands of' if size is None else f'about {size:.0f}'} patients"]


@honest_lines.register
def _(found: HonestCurve) -> list[str]:
    if not found.known:
        return [
            f"type I error: {found.error:.3g} by the formula if the control curve is the benchmark's",
            *_apart(found),
            "the benchmark's curve is taken as a law of nature: its error is not known, nor what that does. "
            "Give a Baseline, or a prior on the median: the type I error averaged over what the curve may be is often "
            "several times the nominal one",
        ]
    low, middle, high = found.error_quantiles or (math.nan,) * 3
    lines = [
        f"type I error: {found.error:.3g} by the formula if the control curve is the benchmark's; "
        f"{found.average_error:.3g} averaged over what it may be (10/50/90 %: {low:.2g}, {middle:.2g}, {high:.2g}), "
        f"at a standard error of {found.sd:.3g} "
        "of the log of its cumulative hazard",
        *_apart(found),
    ]
    if not found.design.is_null(found.scenario) and found.largest_ratio is not None:
        lines.append(_honest_test(found))
    return lines


def _honest_test(found: HonestCurve) -> str:
    own = "" if found.counted else f", benchmark_sd={found.sd:.3g}"
    limit = f"it can only show hazard ratios below {found.largest_ratio:.3g}" if found.largest_ratio else _NONE_SHOWN
    shown = f"honest test{own}: {limit}"
    if found.size is not None:
        needed = f"power {found.target:.3g} takes {found.size} patients"
    elif found.reason is not None:
        needed = f"no number of patients reaches power {found.target:.3g}"
    else:
        return shown
    events = found.resampled_events
    if events is None:
        return f"{shown}; {needed}"
    again = f"takes {events:.0f} events" if math.isfinite(events) else "is beyond any number of events"
    return f"{shown}; {needed}. With another such cohort as the history that power {again}"
