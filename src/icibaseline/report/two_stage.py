"""How trials of one arm with several looks at responses are shown, and what follows from them."""

from __future__ import annotations

import math

from icibaseline._render import text
from icibaseline.designs import MultiStage, StagePlan, TwoStage, TwoStageDesigns
from icibaseline.monitoring import AfterTrial
from icibaseline.report.hooks import found_as, honest_lines
from icibaseline.report.sections import Bullets, Paragraph, Part
from icibaseline.report.single_arm import benchmark_in_words, counts_in_words
from icibaseline.report.tables import Table, as_text
from icibaseline.report.wording import headline, listed
from icibaseline.rules import Fleming, LeeLiu, MonitoredRule, ThallSimon

__all__ = ["choice", "seen_table"]


# ---- rules ---------------------------------------------------------------------------------------------


@text.register
def _(item: Fleming) -> str:
    end = "exact" if item.exact else "approximate"
    return f"Fleming's bounds, {item.looks} looks, one-sided alpha {item.alpha:g}, {end}"


@text.register
def _(item: ThallSimon) -> str:
    margin = item.delta if item.stop_delta is None else item.stop_delta
    early = f", early if >= {item.early:g}" if item.early is not None else ""
    return (
        f"success when P(better{_more(item.delta)} | data) >= {item.c:g}{early}; "
        f"stop when P(better{_more(margin)} | data) < {item.stop:g}; {_looks(item)}"
    )


@text.register
def _(item: LeeLiu) -> str:
    early = f", success if > {item.early:g}" if item.early is not None else ""
    return (
        f"success when P(better{_more(item.delta)} | data) >= {item.c:g}; stop when its predictive probability is < "
        f"{item.stop:g}{early}; {_looks(item)}"
    )


def _more(delta: float) -> str:
    return f" by more than {delta:g}" if delta else ""


def _looks(item: MonitoredRule) -> str:
    if item.looks is not None:
        return f"looks after {listed(tuple(float(n) for n in item.looks))} patients"
    every = "each patient" if (item.every or 1) == 1 else f"each {item.every} patients"
    return f"looks from {item.first or 10} patients on, after {every}"


# ---- designs -------------------------------------------------------------------------------------------


@headline.register
def _(item: TwoStage) -> str:
    against = f"responses against {benchmark_in_words(item.benchmark)}, one-sided alpha {item.alpha:g}"
    kind = item.criterion if item.weight is None else f"{item.criterion}, weight {item.weight:g}"
    if item.r1 is None or item.r is None:
        return f"Simon's two stages, {kind}, {against}"
    return (
        f"Simon's two stages, {against}: stop if at most {item.r1} of {item.n1}, success if at least {item.r + 1} of "
        f"{item.n}"
    )


@found_as.register
def _(item: TwoStage) -> str:
    weighed = "" if item.weight is None else f" of weight {item.weight:g}"
    return f", Simon's {item.criterion} design{weighed}: r1/n1 = {item.r1}/{item.n1}, r/n = {item.r}/{item.n}"


@headline.register
def _(item: MultiStage) -> str:
    return f"{len(item.sizes)} stages, responses against {benchmark_in_words(item.benchmark)}: {_given(item)}"


def _given(item: MultiStage) -> str:
    looks = range(len(item.sizes))
    stop = (*item.futility, *(None,) * len(item.sizes))
    return counts_in_words(
        StagePlan(
            item.n,
            sizes=item.sizes,
            months=(0.0,) * len(item.sizes),
            efficacy_bounds=tuple(float("inf") if c is None else float(c) for c in item.efficacy),
            futility_bounds=tuple(-float("inf") if stop[k] is None else float(stop[k] or 0) for k in looks),
        )
    )


@text.register(TwoStage)
@text.register(MultiStage)
def _(item: TwoStage | MultiStage) -> str:
    size = "unsized" if item.n is None else f"{item.n} patients"
    return f"{headline(item)}; {size}"


@text.register
def _(item: TwoStageDesigns) -> str:
    return f"{_asked_of(item)}: {_COUNTS}\n{as_text(*_rows(item))}"


_COUNTS = "stop if at most r1 of n1, no success if at most r of n"


def _asked_of(item: TwoStageDesigns) -> str:
    rates = f"{item.rates[0]:.4g} against {item.rates[1]:.4g}"
    return f"two-stage designs for {rates}, one-sided alpha {item.design.alpha:g}, power {item.power:g}"


def _rows(item: TwoStageDesigns) -> tuple[list[str], list[list[str]]]:
    """Head and a row for each n."""
    kept = {design.n: pair for design, pair in zip(item.admissible, item.weights, strict=True)}
    rows = []
    columns = (item.r1, item.n1, item.r, item.n, item.expected_n, item.stop_early)
    for r1, n1, r, n, expected, stop in zip(*columns, strict=True):
        cells = [str(r1), str(n1), str(r), str(n), f"{expected:.2f}", f"{stop:.3f}"]
        rows.append([*cells, _role(item, n, kept.get(n))])
    return ["r1", "n1", "r", "n", "EN", "PET", ""], rows


def choice(item: TwoStageDesigns) -> list[Part]:
    """The question, the designs with their exact errors, and how one of them is chosen."""
    p0, p1 = item.rates
    head, rows = _rows(item)
    errors = zip(item.error, item.reached, strict=True)
    rows = [
        [*row[:-1], f"{error:.4f}", f"{power:.4f}", row[-1]] for row, (error, power) in zip(rows, errors, strict=True)
    ]
    least, fewest = item.optimal, item.minimax
    expected = dict(zip(item.n, item.expected_n, strict=True))
    asked = (
        f"Which two-stage design shows a response rate above {p0:.4g}, with a probability of at least "
        f"{100 * item.power:g} % if it is {p1:.4g} and of at most {100 * item.design.alpha:g} % if it is {p0:.4g}?"
    )
    found = [
        f"{word}: stop if at most {d.r1} of {d.n1} respond, success if more than {d.r} of {d.n} do; "
        f"{expected[d.n or 0]:.2f} patients expected at {p0:.4g}"
        for word, d in (("fewest expected", least), ("fewest in all", fewest))
    ]
    meaning = (
        f"For each n the design with the fewest expected patients (EN) at a rate of {p0:.4g} of all that keep alpha "
        f"and the power: {_COUNTS}. PET is the probability of stopping after the first stage at that rate. A design is "
        "admissible if it makes q n + (1 - q) EN least for the weights q that are shown: 1 asks for the fewest "
        "patients in all (minimax), 0 for the fewest expected (optimal). All numbers are exact."
    )
    table = Table("", [*head[:-1], "type I error", "power", ""], rows)
    planned = least.plan_for(item.scenario)
    honest = Bullets(honest_lines(planned.honest(item.scenario, item.power)))
    return [Paragraph(asked), Bullets(found), table, Paragraph(meaning), Paragraph("", _OPTIMAL), honest]


_OPTIMAL = "The optimal design, and the error of its benchmark"


def _role(item: TwoStageDesigns, n: int, weights: tuple[float, float] | None) -> str:
    if weights is None:
        return ""
    name = "optimal" if n == item.optimal.n else "minimax" if n == item.minimax.n else "admissible"
    return f"{name}, q {weights[0]:.3f} to {weights[1]:.3f}"


# ---- after the trial -----------------------------------------------------------------------------------


@text.register
def _(item: AfterTrial) -> str:
    seen = ", ".join(f"{x} of {n}" for x, n in zip(item.responses, item.sizes, strict=True))
    lines = [f"{item.decision}: {seen} responded; {_asked(item)}"]
    if item.interval is None or item.p_value is None:
        return "\n".join(lines + ([] if item.as_planned else [_one_of(item)]))
    low, high = item.interval
    several = len(item.planned_sizes) > 1
    lines += [
        f"one-sided p = {item.p_value:.4g} against a rate of {item.benchmark:.4g}"
        + (", results ordered by stage" if several else ""),
        f"response rate {item.estimate:.4f} (unbiased), {item.median_unbiased:.4f} (median unbiased), "
        f"{100 * item.confidence:g} % interval {low:.4f} to {high:.4f}"
        + (f"; {item.rate:.4f} without regard to the looks" if several else ""),
    ]
    if item.better is not None:
        lines.insert(1, f"P(better{_more(item.design.rule.delta)} | data) = {item.better:.4f}")
    if not item.as_planned:
        kept = (
            "what succeeds is what the rule says of the patients that there were"
            if item.by_rule or item.at_any_size
            else f"what succeeds keeps the error of the plan, {item.planned_error:.4f}"
        )
        lines.append(
            f"{'looks were' if several else 'it was'} planned after "
            f"{listed(tuple(float(n) for n in item.planned_sizes))} patients: {kept}; the estimate is unbiased if the "
            f"size{'s' if several else ''} had nothing to do with the responses"
        )
    if item.at_odds:
        lines.append(_at_odds(item))
    return "\n".join(lines)


def _at_odds(item: AfterTrial) -> str:
    """That counts decide, and that the interval alone would have said something else."""
    tail = (1 - item.confidence) / 2
    if item.decision == "success":
        return (
            f"the counts of the design make this a success, although p is above {tail:.4g} and the interval holds the "
            f"benchmark: at its rate the design succeeds with probability {item.planned_error:.4g}"
        )
    return (
        f"the counts of the design make this no success, although p is at most {tail:.4g} and the interval lies above "
        f"the benchmark: at its rate the design succeeds with probability {item.planned_error:.4g} only"
    )


def _one_of(item: AfterTrial) -> str:
    """That a trial which goes on has other looks to come; counts of one that has ended may have been meant."""
    looks, taken = listed(tuple(float(n) for n in item.planned_sizes)), len(item.responses)
    return (
        f"looks are planned after {looks} patients, and this is look {taken} of {len(item.planned_sizes)}; of a trial "
        f"that has ended give the counts up to each look, such as responses=(first, {item.responses[-1]}), "
        f"patients=({item.planned_sizes[0]}, {item.sizes[-1]})"
    )


def seen_table(item: AfterTrial) -> Table:
    """Looks that were taken, with what they asked for."""
    head = ["look", "patients", "responses", "stop if at most", "success if at least"]
    stages, last = item._stages, len(item.responses) - 1
    rows = []
    for k, (n, x) in enumerate(zip(item.sizes, item.responses, strict=True)):
        stop = stages.futility[k] if k < len(stages.sizes) - 1 else -math.inf
        success = stages.efficacy[k] if k < last else item.needed or math.inf
        asked = (f"{count:.0f}" if 0 <= count < math.inf else "-" for count in (stop, success))
        rows.append([str(k + 1), str(n), str(x), *asked])
    return Table("", head, rows)


def _asked(item: AfterTrial) -> str:
    asked = [] if item.needed is None else [f"{item.needed} or more succeed"]
    if item.goes_on_above is not None:
        asked.append(f"at most {item.goes_on_above} stop the trial")
    return f"of {item.sizes[-1]}, {', '.join(asked)}" if asked else "none of the counts ends it here"
