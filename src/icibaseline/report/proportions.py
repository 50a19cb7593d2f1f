"""How randomised trials of responses are shown: the test, and its exact type I error."""

from __future__ import annotations

import math

from scipy.special import ndtr

from icibaseline._render import text
from icibaseline.designs import HonestLevel, OperatingCharacteristics, Plan, RandomizedResponse, ResponsePlan
from icibaseline.designs.allocation import parts_of
from icibaseline.report.hooks import TypeOneErrors, exactly, honest_lines, own_table, size_line, type_one_errors
from icibaseline.report.tables import Table, number
from icibaseline.report.wording import headline
from icibaseline.statistics import ProportionTest

__all__: list[str] = []


@text.register
def _(item: ProportionTest) -> str:
    margin = "" if item.measure.experimental(0.5) == 0.5 else f", margin: {item.measure.kind} {item.measure.margin:g}"
    return f"{item.name.removeprefix('the ')}{margin}"


@headline.register
def _(item: RandomizedResponse) -> str:
    ratio = parts_of(item.ratio)
    arms = f"{ratio.numerator}:{ratio.denominator} (experimental:control)"
    level = f"one-sided alpha {item.alpha:g} (two-sided {200 * item.alpha:g} %)"
    return f"Randomised trial, {arms}, responses, {item.test}, {level}"


@text.register
def _(item: RandomizedResponse) -> str:
    size = "unsized" if item.n is None else f"{item.n:g} patients"
    return f"{headline(item)}; {size}"


@own_table.register
def _(plan: ResponsePlan, item: OperatingCharacteristics) -> Table:
    timed = not math.isnan(item.months[0])
    head = ["look", *(["month"] if timed else []), "patients", "responses expected", "one-sided p at most"]
    cells = ["1", *([f"{item.months[0]:.1f}"] if timed else []), number(item.n_by_look[0]), f"{item.events[0]:.1f}"]
    cells += [f"{ndtr(-plan.efficacy_bounds[0]):.4g}", f"{item.power:.4f}"]
    return Table("", [*head, "P(reject here)"], [cells])


@size_line.register
def _(plan: ResponsePlan, item: Plan) -> str:
    kind, target = item.target
    design: RandomizedResponse = item.design  # type: ignore[assignment]
    control, experimental = design.arm_sizes
    between = exactly(item.n_exact) if design.test.normal else ""
    lasting = ", as every larger number does" if design.conservative else ""
    return (
        f"{item.n} patients{between}, {experimental} experimental and {control} control, for {kind} {target:g}"
        f"{lasting}; {item.events:.1f} responses expected"
    )


@honest_lines.register
def _(found: HonestLevel) -> list[str]:
    average = "" if found.average_error is None else f", {found.average_error:.4f} averaged over what it may be"
    line = (
        f"type I error (nominal {found.nominal:g}): {found.error:.4f} if the control rate is {found.control:.3g}"
        f"{average}; {found.worst.value:.4f} at most, where it is {found.worst.rate:.3g}"
    )
    if found.exact_power is None:
        return [line]
    return [line, f"exact power {found.exact_power:.4f}"]


@type_one_errors.register
def _(found: HonestLevel) -> TypeOneErrors:
    return TypeOneErrors(
        f"the control rate is {found.control:.3g}", found.error, "what the control rate may be", found.average_error
    )
