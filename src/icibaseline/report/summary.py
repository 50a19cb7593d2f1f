"""Plain text and HTML for results: a headline, one aligned line per look, and where the numbers come from."""

from __future__ import annotations

import html as _html
import math
import textwrap

from icibaseline._render import html, text
from icibaseline._values import shared_priors
from icibaseline.baseline import Baseline, Mix
from icibaseline.designs import Comparison, OperatingCharacteristics, Plan, TwoStageDesigns
from icibaseline.monitoring import AfterFollowUp, AfterTrial, Monitoring
from icibaseline.rates import Rate
from icibaseline.report.families import family_tables
from icibaseline.report.feasibility import feasibility
from icibaseline.report.hooks import honest_lines, own_lines, promised, size_line
from icibaseline.report.looks import look_tables, overruled, plan_tables
from icibaseline.report.overview import overview_tables
from icibaseline.report.provenance import baselines, benchmarks, sources
from icibaseline.report.tables import Table, as_html, as_text, number
from icibaseline.report.wording import headline
from icibaseline.scenario import BaseScenario, ResponseScenario, Scenario
from icibaseline.survival import HazardRatio

__all__ = ["averaging_lines", "comparison_table", "result_headline", "source_rows"]

_WIDTH = 100
_CERTAIN = 1 - 1e-9  # a ceiling above it says nothing
_SAME = 1e-6  # a difference of powers that is rounding
Rows = list[list[str]]
HeadAndRows = tuple[list[str], Rows]


def source_rows(
    item: Plan | OperatingCharacteristics | Monitoring | AfterTrial | AfterFollowUp | TwoStageDesigns,
) -> HeadAndRows:
    """Head and one row for each part of the scenario."""
    rows = [[s.role, s.shown, s.baseline or "-", s.status] for s in sources(item)]
    return ["part", "value", "prior", "source"], rows


def result_headline(item: OperatingCharacteristics) -> str:
    """What was found, in a line."""
    null = item.design.is_null(item.scenario)
    level = promised(item.design)
    nominal = "of a posterior rule" if level is None else f"(nominal {level:g}{_on_sides(item)})"
    word = f"type I error {nominal}" if null else "power"
    uncertain = bool(item.scenario.unknowns)
    mean = f"average {word}" if null else "assurance"
    how = {
        "formula": f"{word} {item.power:.4f} by the {item.formula}"
        + (", priors at their medians" if uncertain else ""),
        "assurance": f"{mean} {item.power:.4f}: the {item.formula}, averaged over the priors",
        "simulation": f"{mean if uncertain else word} {item.power:.4f} (Monte Carlo error {item.error:.4f}) "
        f"in {item.replicates:,} simulated trials" + (", priors drawn for each trial" if uncertain else ""),
    }[item.method]
    return f"n = {number(item.design.n or 0)}: {how}{overruled(item)}"


def _on_sides(item: OperatingCharacteristics) -> str:
    """Of which side the type I error is, where there are two."""
    return " on each side" if getattr(getattr(item.design, "boundary", None), "sided", 1) == 2 else ""


def averaging_lines(item: OperatingCharacteristics) -> list[str]:
    """What averaging over the priors adds, and the error of a benchmark."""
    return [*own_lines(item.design.planned, item), *_averaging(item), *honest_lines(item.honest)]


def _averaging(item: OperatingCharacteristics) -> list[str]:
    extra = item.averaging
    if extra is None:
        return []
    low, middle, high = extra.power_quantiles
    lines = []
    if high - low > _SAME:
        lines.append(
            f"power under the priors: 10 % {low:.3f}, median {middle:.3f}, 90 % {high:.3f}; "
            f"P(power >= {extra.target:g}) = {extra.power_at_least:.3f}"
        )
    if extra.ceiling < _CERTAIN and not item.design.is_null(item.scenario):
        lines.append(
            f"ceiling {extra.ceiling:.4f}: probability under the priors that {item.design.alternative}, "
            "to which assurance tends as n grows"
        )
    lines += _stays(item.scenario)
    if shared_priors(item.scenario):
        lines.append("equal priors in several places of the scenario are one unknown: they vary together")
    if extra.integration_error:
        lines.append(f"integration error of the assurance about {extra.integration_error:.1e}")
    if item.sensitivity:
        cells = [f"sd {sd:g}: {value:.3f} (ceiling {top:.3f})" for sd, value, top in item.sensitivity]
        lines.append("assurance by the sd of the log hazard ratio: " + "; ".join(cells))
    return lines


def _stays(scenario: BaseScenario) -> list[str]:
    """That a rate is no effect on an uncertain control rate."""
    if not (isinstance(scenario, ResponseScenario) and isinstance(scenario.effect, Rate)):
        return []
    rate = scenario.effect.value
    if not isinstance(rate, float) or isinstance(scenario.control, float):
        return []
    return [
        f"the experimental rate stays at {rate:.4g} whatever the control rate is; with RiskDifference or OddsRatio it "
        "would move with the control rate"
    ]


@text.register
def _(item: OperatingCharacteristics) -> str:
    tables = look_tables(item)
    top = [result_headline(item), headline(item.design)]
    lines = [*map(_wrapped, top), "", _texts(tables)]
    extra = [_wrapped(line) for line in averaging_lines(item)]
    return "\n".join(lines + (["", *extra] if extra else []))


@html.register
def _(item: OperatingCharacteristics) -> str:
    extra = "".join(f"<p>{_html.escape(line)}</p>" for line in averaging_lines(item))
    design = f"<p>{_html.escape(headline(item.design))}</p>"
    return design + _htmls(look_tables(item), result_headline(item)) + extra


def _texts(tables: list[Table]) -> str:
    """Tables with their titles, if they have one."""
    blocks = (([t.title] if t.title else []) + [as_text(t.head, t.rows)] for t in tables)
    return "\n\n".join("\n".join(block) for block in blocks)


def _htmls(tables: list[Table], caption: str) -> str:
    """Tables with their titles, the first one with a caption."""
    captions = [caption + (f": {tables[0].title}" if tables[0].title else ""), *(t.title for t in tables[1:])]
    return "".join(as_html(t.head, t.rows, shown) for t, shown in zip(tables, captions, strict=True))


def plan_lines(item: Plan, benchmark: bool = True) -> list[str]:
    """Size, events and power of a plan, and the error of its benchmark, if that is wanted."""
    lines = [
        size_line(item.design.planned, item),
        *feasibility(item),
        f"power {item.power:.4f} at n = {item.n} by the {item.characteristics.formula}"
        + (", priors at their medians" if item.scenario.unknowns else "")
        + overruled(item.characteristics),
        *own_lines(item.design.planned, item.characteristics),
    ]
    if item.scenario.unknowns:
        lines.append(f"assurance {item.assurance:.4f}, averaged over the priors")
        lines += _averaging(item.averaged)
    lines += honest_lines(item.honest) if benchmark else []
    lines += [result_headline(result) for result in item.simulated]
    if isinstance(item.scenario, Scenario):
        lines += _survival_lines(item.scenario)
    own = set(benchmarks(item))
    shown = (b for b in baselines(item.scenario) if b.quantity != "response rate" or b not in own)
    return lines + [control_line(b) for b in shown]


def _survival_lines(scenario: Scenario) -> list[str]:
    lines = []
    if isinstance(scenario.control, Mix) and isinstance(scenario.effect, HazardRatio):
        lines.append(
            "the hazard ratio is that of the whole mixture; if it holds within each part, give the parts as strata"
        )
    if scenario.mismatch is not None:
        lines.append(f"unlike cohorts are used together; reason given: {scenario.mismatch}")
    return lines


def control_line(item: Baseline) -> str:
    """How uncertain a control median is, in its own cohort and for the next trial."""
    if item.quantity != "survival":
        return f"{item.quantity} {item.id}: {'; '.join(str(item.prior).splitlines())}"
    who = described(item)
    if item.modified:
        return f"control {item.id} ({who}): the prior was changed by hand, it is not the one that the findings give"
    low, high = item.predictive().interval()
    return (
        f"control {item.id} ({who}): the prior describes the cohort only, no between-study heterogeneity; "
        "with heterogeneity HalfNormal(0.25) the next trial's median has a 95 % interval of "
        f"{low:.3g} to {high:.3g} months"
    )


def described(item: Baseline) -> str:
    """Whose outcome a baseline is, from where on, in a clause."""
    first = item.findings[0]
    group = first.resistance and f"{first.resistance} resistance"
    start = first.origin and f"from {first.origin}"
    outcome = " ".join(x for x in (first.endpoint, start) if x)
    sizes = "" if first.n is None else f"n = {first.n}"
    return ", ".join(x for x in (first.tumour, first.population, group, first.treatment, outcome, sizes) if x)


@text.register
def _(item: Plan) -> str:
    lines = [_wrapped(line) for line in (headline(item.design), *plan_lines(item))]
    parts = [*lines, "", _texts(plan_tables(item)), ""]
    families = [line for t in family_tables(item) for line in ("", _wrapped(t.title), as_text(t.head, t.rows))]
    return "\n".join([*parts, as_text(*source_rows(item)), *families])


@html.register
def _(item: Plan) -> str:
    top = "".join(f"<p>{_html.escape(line)}</p>" for line in (headline(item.design), *plan_lines(item)))
    looks = _htmls(plan_tables(item), f"Looks of a trial of {item.n} patients")
    families = "".join(as_html(t.head, t.rows, t.title) for t in family_tables(item))
    return top + looks + as_html(*source_rows(item), "Where the numbers come from") + families


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def comparison_table(item: Comparison) -> HeadAndRows:
    """Head and one row for each pair of design and scenario."""
    head = ["design", "scenario", "n", _counted(item), "last look, month", "power", "error", "method"]
    rows = []
    for r in item.rows():
        error = f"{r['error']:.4f}" if r["error"] else "-"
        months = "-" if math.isnan(r["months"]) else f"{r['months']:.1f}"
        sizes = [number(r["n"]), f"{r['events']:.1f}", months]
        rows.append([r["design"], r["scenario"], *sizes, f"{r['power']:.4f}", error, r["method"]])
    return head, rows


def _counted(item: Comparison) -> str:
    """What is counted in the scenarios."""
    counted = ("responses" if isinstance(r.scenario, ResponseScenario) else "events" for r in item.results)
    return " or ".join(sorted(set(counted)))


def comparison_key(item: Comparison) -> list[str]:
    """What the names of designs and scenarios stand for; of later scenarios, what differs from the first."""
    named_designs, named_scenarios = item.names
    designs = [f"design {name}: {headline(d)}" for name, d in zip(named_designs, item.designs, strict=True)]
    parts = [{s.role: s.shown for s in sources(scenario)} for scenario in item.scenarios]
    worlds = [f"scenario {named_scenarios[0]}: {'; '.join(f'{role} {shown}' for role, shown in parts[0].items())}"]
    first = named_scenarios[0].removeprefix("as ")
    for name, part in zip(named_scenarios[1:], parts[1:], strict=True):
        different = [f"with {role} {shown}" for role, shown in part.items() if parts[0].get(role) != shown]
        different += [f"without {role}" for role in parts[0] if role not in part]
        worlds.append(f"scenario {name}: as {first}" + (f", but {', '.join(different)}" if different else ""))
    return designs + worlds


@text.register
def _(item: Comparison) -> str:
    beside = [line for t in overview_tables(item) for line in ("", _wrapped(t.title), as_text(t.head, t.rows))]
    return "\n".join([as_text(*comparison_table(item)), *beside, "", *map(_wrapped, comparison_key(item))])


@html.register
def _(item: Comparison) -> str:
    key = "".join(f"<p>{_html.escape(line)}</p>" for line in comparison_key(item))
    beside = "".join(as_html(t.head, t.rows, t.title) for t in overview_tables(item))
    return as_html(*comparison_table(item), "Designs in scenarios") + beside + key
