"""Plans in plain words: the question, the answer, and the paragraph on sample size for a protocol."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from icibaseline.baseline import Mix
from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.designs.results import formula
from icibaseline.report.provenance import sources
from icibaseline.report.tables import Table, number
from icibaseline.report.wording import headline

__all__ = ["answer", "operating_table", "protocol", "question"]

_CERTAIN = 1 - 1e-9  # a ceiling above it says nothing


def question(plan: Plan) -> str:
    """What was asked, in a sentence."""
    goal = plan.goal
    return (
        f"How many patients does a trial need to show, with a probability of {_percent(goal.target)}{goal.averaged}, "
        f"that {plan.design.alternative}?"
    )


def answer(plan: Plan) -> str:
    """What was found, in a sentence or three."""
    last = plan.months[-1]
    when = f" The last analysis is expected {last:.0f} months after the first patient enters" if last == last else ""
    events = f", when {plan.events:.0f} {plan.scenario.counted} are expected" if when else ""
    said = f"{plan.n} patients.{when}{events}{'.' if when else ''}"
    if not plan.scenario.unknowns:
        return f"{said} Nothing in the scenario is uncertain: every number is taken for exact."
    averaged = _percent(plan.assurance) + _limit(plan, ", which tends to ", " as n grows")
    return (
        f"{said} If the uncertain numbers are at their medians it succeeds with {_percent(plan.power)} probability; "
        f"averaged over what they may be, with {averaged}."
    )


def protocol(plan: Plan) -> str:
    """A paragraph on the sample size, as a protocol has it."""
    item = plan.characteristics
    held = dict(plan.scenario.roles)
    assumed = "; ".join(f"{s.role}: {s.shown}{_parts(held.get(s.role))}{_from(s.documents)}" for s in sources(plan))
    lines = [
        f"The sample size was calculated for the following design: {_lower(headline(plan.design))}.",
        f"Assumptions: {assumed}.",
        f"With {plan.n} patients the power is {_percent(plan.power)} by the {item.formula}{_uncertain(plan)}"
        f"{_overruled(item)}.",
    ]
    if plan.scenario.unknowns:
        lines.append(
            "Averaged over the prior distributions of the assumptions, the probability of success is "
            f"{_percent(plan.assurance)}{_limit(plan, ' (its limit for large trials: ', ')')}."
        )
    lines += [_simulated(result) for result in plan.simulated]
    lines.append(f"Calculations were done with icibaseline {version('icibaseline')}.")
    return " ".join(lines)


def operating_table(plan: Plan) -> Table:
    """Probability of rejecting without an effect, in the typical case and averaged, by formula and simulated."""
    typical, null = plan.scenario.typical, plan.scenario.null.typical
    rows = [
        ["no effect", "type I error", f"{formula(plan.design, null).power:.4f}", _of(plan, null)],
        ["typical case", "power", f"{plan.power:.4f}", _of(plan, typical)],
    ]
    if plan.scenario.unknowns:
        rows.append(["averaged over the priors", "assurance", f"{plan.assurance:.4f}", _of(plan, plan.scenario)])
    return Table("", ["scenario", "probability of rejecting", "by formula", "simulated (Monte Carlo error)"], rows)


def _of(plan: Plan, scenario: object) -> str:
    """What was simulated in a scenario, if it was."""
    for found in plan.simulated:
        if found.scenario == scenario:
            return f"{found.power:.4f} ({found.error:.4f}; {found.replicates:,} trials)"
    return "not simulated"


def _simulated(result: OperatingCharacteristics) -> str:
    null = result.design.is_null(result.scenario)
    word = "probability of success" if result.scenario.unknowns else "power"
    drawn = " that draw the uncertain assumptions anew" if result.scenario.unknowns else ""
    seed = "" if result.seed is None else f", seed {result.seed}"
    return (
        f"In {result.replicates:,} simulated trials{drawn}{seed}, the {'type I error' if null else word} was "
        f"{result.power:.4f} (Monte Carlo error {result.error:.4f})."
    )


def _parts(held: object) -> str:
    """Shares and medians of the parts of a mixture."""
    if not isinstance(held, Mix):
        return ""
    curve: Any = held.with_(event_free=None).typical
    shown = (
        f"{name} {number(100 * share, 3)} %, median {number(part.median, 3)} months"
        for name, share, part in zip(held.names, curve.weights, curve.curves, strict=True)
    )
    return f" ({'; '.join(shown)})"


def _limit(plan: Plan, before: str, behind: str) -> str:
    """The ceiling of assurance, between words, if it says anything."""
    ceiling = plan.averaged.ceiling
    return "" if ceiling is None or ceiling > _CERTAIN else f"{before}{_percent(ceiling)}{behind}"


def _uncertain(plan: Plan) -> str:
    return ", uncertain assumptions at their medians" if plan.scenario.unknowns else ""


def _overruled(item: OperatingCharacteristics) -> str:
    if item.power_overruled is None:
        return ""
    return f" if futility bounds are obeyed, {_percent(item.power_overruled)} if they are overruled"


def _percent(x: float) -> str:
    return f"{number(100 * x, 3)} %"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _from(documents: tuple[str, ...]) -> str:
    return f" (from: {'; '.join(d.rstrip('.') for d in documents)})" if documents else ""
