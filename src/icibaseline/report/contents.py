"""What a report says of each kind of result."""

from __future__ import annotations

from functools import singledispatch
from platform import python_version

import numpy
import scipy

from icibaseline._values import Value
from icibaseline._version import __version__
from icibaseline.baseline import Baseline
from icibaseline.designs import Comparison, OperatingCharacteristics, Plan, TwoStageDesigns
from icibaseline.evidence import loaded_from
from icibaseline.evidence.records import FLAGS
from icibaseline.monitoring import AfterFollowUp, AfterTrial, Monitoring
from icibaseline.report.computed import computed_table
from icibaseline.report.families import family_tables
from icibaseline.report.hooks import honest_lines, honest_tables
from icibaseline.report.looks import look_tables, plan_tables, planned_table
from icibaseline.report.monitoring import ending, history_table, in_words, legend, what_is_known
from icibaseline.report.overview import overview_tables
from icibaseline.report.plain import answer, operating_table, protocol, question
from icibaseline.report.plots import views_of
from icibaseline.report.provenance import baselines, benchmarks, one_by_one, references, scenarios_of, sources
from icibaseline.report.sections import Bullets, Code, Numbered, Paragraph, Part, Picture, Section
from icibaseline.report.sensitivity import sensitivity_table
from icibaseline.report.summary import (
    averaging_lines,
    comparison_key,
    comparison_table,
    plan_lines,
    result_headline,
    source_rows,
)
from icibaseline.report.tables import Table
from icibaseline.report.two_stage import choice, seen_table
from icibaseline.report.wording import headline

__all__ = ["REPORTABLE", "Reportable", "contents"]

Reportable = Plan | OperatingCharacteristics | Comparison | Monitoring | AfterTrial | AfterFollowUp | TwoStageDesigns
REPORTABLE = (Plan, OperatingCharacteristics, Comparison, Monitoring, AfterTrial, AfterFollowUp, TwoStageDesigns)


def contents(result: Reportable) -> list[Section]:
    """Question and answer, tables, sources, choices not made, references and the code that rebuilds it."""
    how = [Section("How the numbers were computed", [computed_table(result)])] if isinstance(result, Plan) else []
    return [*_opening(result), *_origins(result), *how, *_closing(result)]


# ---- question and answer -----------------------------------------------------------------------------


@singledispatch
def _opening(result: Value) -> list[Section]:
    """What was asked and what was found."""
    raise TypeError(f"no report of {type(result).__name__}")


@_opening.register
def _(result: Comparison) -> list[Section]:
    rows = [Table("", *comparison_table(result)), *overview_tables(result)]
    return [Section("Comparison", [*rows, *_default(result), Bullets(comparison_key(result))], 1)]


@_opening.register
def _(result: Plan) -> list[Section]:
    families, benchmark = family_tables(result), honest_tables(result.honest)
    moved = sensitivity_table(result.design, result.scenario)
    top: list[Part] = [Paragraph(question(result)), Paragraph(answer(result)), Paragraph(headline(result.design) + ".")]
    return [
        Section(f"Plan: {result.n} patients", [*top, Bullets(plan_lines(result, benchmark=not benchmark))], 1),
        Section("For the protocol", [Paragraph(protocol(result))]),
        Section("How likely is success", [operating_table(result), *_pictures(result, *_SUCCESS)]),
        *([Section("What the benchmark leaves open", benchmark)] if benchmark else []),
        Section("Looks", [*plan_tables(result), *_pictures(result, "timeline", "boundaries", "stopping")]),
        Section("What matters most", [moved, *_pictures(result, "sensitivity")]),
        *([Section("Other control curves", families)] if families else []),
    ]


_SUCCESS = ("power", "benchmark", "type I error", "spread of power")  # pictures of how likely success is


def _pictures(item: Value, *names: str) -> list[Part]:
    """Those of the named pictures that there are of a value."""
    there = views_of(item)
    return [Picture(item, name) for name in names if name in there]


def _default(item: Value) -> list[Part]:
    """The picture that there is of a value, if there is one."""
    return [Picture(item, name) for name in list(views_of(item))[:1]]


@_opening.register
def _(result: OperatingCharacteristics) -> list[Section]:
    benchmark = honest_tables(result.honest)
    told = honest_lines(result.honest) if benchmark else []
    said = [result_headline(result), *(line for line in averaging_lines(result) if line not in told)]
    return [
        Section("Operating characteristics", [Paragraph(headline(result.design) + "."), Bullets(said)], 1),
        *([Section("What the benchmark leaves open", benchmark)] if benchmark else []),
        Section("Looks", [*look_tables(result), *_pictures(result, "looks", "spread of power")]),
    ]


@_opening.register
def _(result: Monitoring) -> list[Section]:
    top: list[Part] = [Paragraph(in_words(result)), Paragraph(headline(result.design) + ".")]
    known = Bullets([ending(result), *what_is_known(result)])
    looks: list[Part] = [history_table(result), Paragraph(legend(result))]
    return [
        Section(f"Monitoring: {result.decision} after look {len(result.looks)}", [*top, known], 1),
        Section("Looks", [*looks, *_default(result), *([Bullets(result.remarks)] if result.remarks else [])]),
        Section("Plan", [planned_table(result.design)]),
    ]


@_opening.register
def _(result: AfterTrial) -> list[Section]:
    top: list[Part] = [Paragraph(headline(result.design) + "."), Bullets(str(result).splitlines())]
    when = f"look {len(result.responses)}" if result.decision == "continue" else "the trial"
    return [
        Section(f"After {when}: {result.decision}", top, 1),
        Section("Looks", [seen_table(result), *_default(result)]),
    ]


@_opening.register
def _(result: AfterFollowUp) -> list[Section]:
    top: list[Part] = [Paragraph(headline(result.design) + "."), Bullets(str(result).splitlines())]
    when = f"look {len(result.months)}" if result.decision == "continue" else "the trial"
    return [Section(f"After {when}: {result.decision}", [*top, *_default(result)], 1)]


@_opening.register
def _(result: TwoStageDesigns) -> list[Section]:
    p0, p1 = result.rates
    return [Section(f"Two-stage designs: {p0:.4g} against {p1:.4g}", [*choice(result), *_default(result)], 1)]


# ---- sources -----------------------------------------------------------------------------------------


def _origins(result: Reportable) -> list[Section]:
    if not len(sources(result)):
        return []
    parts: list[Part] = [] if isinstance(result, Comparison) else [Table("", *source_rows(result))]
    for source, roles in one_by_one(sources(result)):
        if source.baseline is not None:
            quoted = [f"printed: “{fragment}”" for fragment in source.printed]
            parts.append(Paragraph(f"({source.status})", label=f"{roles}: {source.baseline}"))
            parts.append(Bullets([*source.documents, *quoted]))
    parts += [picture for b in _baselines(result) for picture in _default(b)]
    notes: list[Part] = [part for b in _baselines(result) for part in (Paragraph("", label=b.id), Bullets(_notes(b)))]
    notes += [Paragraph(f"Letters before a note: {letters}.")] if (letters := _letters(result)) else []
    known = [Section("What to know about the evidence", notes)] if notes else []
    return [Section("Where the numbers come from", parts), *known]


def _notes(item: Baseline) -> list[str]:
    taken, *others = item.route.splitlines()
    return [taken, *(f"by another route: {other.strip()}" for other in others), *item.flags]


def _letters(result: Reportable) -> str:
    """What the letters of the flags that there are stand for."""
    there = {flag.partition(":")[0] for b in _baselines(result) for flag in b.flags}
    return "; ".join(f"{letter} {meaning}" for letter, meaning in FLAGS.items() if letter in there)


def _baselines(result: Reportable) -> tuple[Baseline, ...]:
    held = (b for scenario in scenarios_of(result) for b in baselines(scenario))
    return tuple(dict.fromkeys((*held, *benchmarks(result))))


# ---- how to get it again -----------------------------------------------------------------------------


def _closing(result: Reportable) -> list[Section]:
    own = [f"load({path.name!r})" for path in loaded_from(b.documents for b in _baselines(result))]
    absent = dict.fromkeys(id for b in _baselines(result) for id in b.not_loaded)
    own += [f"# first load(...) the file of the document {id!r}" for id in absent]
    code = "\n".join(["from icibaseline import *", "", *own, f"result = {_code(result)}"])
    conventions = "Times in months; hazard ratio = experimental / control; alpha is one-sided."
    versions = {"icibaseline": __version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
    made = f"{', '.join(map(' '.join, versions.items()))}; Python {python_version()}. {conventions}"
    return [
        Section("References", [Numbered(list(references(result)))]),
        Section("Code", [Code(code), Paragraph(made)]),
    ]


@singledispatch
def _code(result: Value) -> str:
    """The call that gives the result."""
    raise TypeError(f"no call gives {type(result).__name__}")


@_code.register
def _(result: Plan) -> str:
    kind, target = result.target
    return f"sample_size(\n    {result.design.unsized()!r},\n    {result.scenario!r},\n    {kind}={target!r},\n)"


@_code.register
def _(result: Comparison) -> str:
    return f"compare(\n    {list(result.designs)!r},\n    {list(result.scenarios)!r},\n)"


@_code.register
def _(result: OperatingCharacteristics) -> str:
    verb = {"formula": "power", "assurance": "assurance", "simulation": "simulate"}[result.method]
    options = "" if result.method != "simulation" else f"    replicates={result.replicates},\n"
    if result.seed is not None:
        options += f"    rng={result.seed},\n"
    return f"{verb}(\n    {result.design!r},\n    {result.scenario!r},\n{options})"


@_code.register
def _(result: Monitoring) -> str:
    looks = "".join(f"        {look!r},\n" for look in result.looks)
    plan = _code(result.plan).replace("\n", "\n    ") if isinstance(result.plan, Plan) else repr(result.plan)
    return f"monitor(\n    {plan},\n    [\n{looks}    ],\n    prior={result.prior!r},\n)"


@_code.register
def _(result: AfterTrial) -> str:
    given = {name: held for name, held in result._arguments().items() if name not in ("design", "responses") and held}
    options = "".join(f"    {name}={held!r},\n" for name, held in given.items())
    return f"after_trial(\n    {result.design!r},\n    {result.responses!r},\n{options})"


@_code.register
def _(result: AfterFollowUp) -> str:
    months, events = (held[0] if len(held) == 1 else held for held in (result.months, result.events))
    given = {name: held for name, held in (("numbers", result.numbers), ("level", result.level)) if held is not None}
    options = "".join(f"    {name}={held!r},\n" for name, held in given.items())
    return f"after_follow_up(\n    {result.design!r},\n    {months!r},\n    {events!r},\n{options})"


@_code.register
def _(result: TwoStageDesigns) -> str:
    return f"TwoStageDesigns(\n    {result.design!r},\n    {result.scenario!r},\n    power={result.power!r},\n)"
