"""Plans in plain words: the question, the answer, and the paragraph on sample size for a protocol."""

from __future__ import annotations

import math
from typing import Any

from icibaseline._version import __version__
from icibaseline.baseline import Mix
from icibaseline.designs import OperatingCharacteristics, Plan
from icibaseline.designs.references import analysis_set
from icibaseline.designs.results import averaged, formula
from icibaseline.report.honest import small
from icibaseline.report.hooks import type_one_errors
from icibaseline.report.provenance import one_by_one, sources
from icibaseline.report.tables import Table, number
from icibaseline.report.wording import headline
from icibaseline.scenario import BaseScenario, ResponseScenario

__all__ = ["answer", "operating_table", "protocol", "question"]

_CERTAIN = 1 - 1e-9  # a ceiling above it says nothing
_SAME = 0.05  # relative difference of type I errors that are those of one control
_ROUNDING = 1e-7
_LEAST = 1e-4
_USUAL = 0.8  # power, that an average needs none of
_ERROR = "type I error"
_NAMES = ("Simon's",)  # with which a design may begin


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
        return f"{said} Nothing in the scenario is uncertain: every number is taken for exact.{_without_effect(plan)}"
    mean = _percent(plan.assurance) + _limit(plan, ", which tends to ", " as n grows")
    return (
        f"{said} If the uncertain numbers are at their medians it succeeds with {_percent(plan.power)} probability; "
        f"averaged over what they may be, with {mean}.{_without_effect(plan)}"
    )


def _without_effect(plan: Plan) -> str:
    """How often the trial succeeds without an effect, in a sentence; nothing where only the nominal error is known."""
    said = type_one_errors(plan.honest)
    if said is None:
        return ""
    succeeds = f"the trial still succeeds with {_percent(said.value)} probability{said.how} if {said.place}"
    start = f" If the treatment does nothing, {succeeds}"
    if said.average is not None:
        return f"{start}; averaged over {said.over}, with {_percent(said.average)}.{_elsewhere(plan, said.average)}"
    unknown = ", which is taken for exact: what its error does is not known" if plan.design.roles else ""
    return f"{start}{unknown}.{_elsewhere(plan, said.value)}"


def _elsewhere(plan: Plan, error: float) -> str:
    """The type I error in a scenario whose control is not what the benchmark says; else nothing."""
    found = _in_scenario(plan, error)
    if found is None:
        return ""
    ours, theirs = analysis_set(plan.scenario.control), analysis_set(plan.design.benchmark)  # type: ignore[attr-defined]
    unlike = f": one counts {ours} patients, the other {theirs} ones" if ours and theirs and ours != theirs else ""
    shown = _percent(found) + (", averaged over what it may be" if plan.scenario.null.unknowns else "")
    return f" The control of the scenario is not the benchmark{unlike}. With that control it is {shown}."


def _in_scenario(plan: Plan, error: float) -> float | None:
    """Type I error averaged over the control of the scenario, where that is not what the benchmark says."""
    if not plan.design.roles:
        return None
    null = plan.scenario.null
    found = averaged(plan.design, null, _USUAL).power if null.unknowns else formula(plan.design, null).power
    return None if abs(found - error) <= _SAME * error else found


def protocol(plan: Plan) -> str:
    """A paragraph on the sample size, as a protocol has it."""
    item = plan.characteristics
    lines = [
        f"The sample size was calculated for the following design: {_lower(headline(plan.design))}.",
        f"Assumptions: {_assumptions(plan)}.",
        f"With {plan.n} patients the power is {_percent(plan.power)} by the {item.formula}{_uncertain(plan)}"
        f"{_overruled(item)}.",
    ]
    if plan.scenario.unknowns:
        lines.append(
            "Averaged over the prior distributions of the assumptions, the probability of success is "
            f"{_percent(plan.assurance)}{_limit(plan, ' (its limit for large trials: ', ')')}."
        )
    lines += [sentence for sentence in [_without_effect(plan).strip()] if sentence]
    lines += [_simulated(result) for result in plan.simulated]
    lines.append(f"Calculations were done with icibaseline {__version__}.")
    return " ".join(lines)


def _assumptions(plan: Plan) -> str:
    """Every part of the scenario with where it is from; parts that are one thing once, and a document cited once."""
    held = dict(plan.scenario.roles)
    told, cited = [], set[tuple[str, ...]]()
    for source, roles in one_by_one(sources(plan)):
        documents = ("the same source",) if source.documents in cited else source.documents
        cited |= {source.documents} - {()}
        told.append(f"{roles}: {source.shown}{_parts(held.get(source.role))}{_from(documents)}")
    return "; ".join(told)


def operating_table(plan: Plan) -> Table:
    """Probability of success without an effect, in the typical case and averaged, by formula and simulated."""
    typical = plan.scenario.typical
    rows = [*_errors(plan), ["typical case", "power", f"{plan.power:.4f}", _of(plan, typical)]]
    if plan.scenario.unknowns:
        rows.append(["averaged over the priors", "assurance", f"{plan.assurance:.4f}", _of(plan, plan.scenario)])
    return Table("", ["what is true", "probability of success", "by formula", "simulated (Monte Carlo error)"], rows)


def _errors(plan: Plan) -> list[list[str]]:
    """Rows of type I errors: at the benchmark, at the typical control, and averaged over what the control may be."""
    design, null, said = plan.design, plan.scenario.null, type_one_errors(plan.honest)
    at, simulated = small(formula(design, null.typical).power), _of(plan, null.typical)
    if said is None:
        return [["no effect", _ERROR, at, simulated]]
    if not design.roles:
        rows = [[f"no effect, {said.place}", _ERROR, f"{small(said.value)} (exact)", simulated]]
    elif math.isclose(said.value, formula(design, null.typical).power, rel_tol=_ROUNDING):
        rows = [[f"no effect, {said.place}", _ERROR, at, simulated]]
    else:
        rows = [[f"no effect, {said.place}", _ERROR, small(said.value), "-"]]
        rows.append([f"no effect, {_typical(plan.scenario)}", _ERROR, at, simulated])
    over, inside = f"no effect, averaged over {said.over}", _in_scenario(plan, said.average or said.value)
    if said.average is not None and inside is None:
        exact = "" if design.roles else " (exact)"
        rows.append([over, _ERROR, small(said.average) + exact, _of(plan, null)])
    elif said.average is not None:
        rows.append([f"{over} as the benchmark has it", _ERROR, small(said.average), "-"])
    if inside is not None and null.unknowns:
        rows.append([f"{over} in the scenario", _ERROR, small(inside), _of(plan, null)])
    return rows


def _typical(scenario: BaseScenario) -> str:
    """The control of the typical case, in a clause."""
    if not isinstance(scenario, ResponseScenario):
        return "the control curve is that of the typical case"
    median = ", the median of its prior" if scenario.null.unknowns else ", as in the scenario"
    return f"the control rate is {float(scenario.typical.resolved.rates.control):.3g}{median}"


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
    error = getattr(item.honest, "error_overruled", None)
    with_error = "" if error is None else f", when the type I error at the benchmark is {_percent(error)}"
    return f" if futility bounds are obeyed, {_percent(item.power_overruled)} if they are overruled{with_error}"


def _percent(x: float) -> str:
    return f"{number(100 * x, 3)} %" if x == 0 or x >= _LEAST else "less than 0.01 %"


def _lower(sentence: str) -> str:
    return sentence if sentence.startswith(_NAMES) else sentence[0].lower() + sentence[1:]


def _from(documents: tuple[str, ...]) -> str:
    return f" (from: {'; '.join(d.rstrip('.') for d in documents)})" if documents else ""
