"""Designs of one question beside one another."""

from __future__ import annotations

import math

from icibaseline.designs import Comparison
from icibaseline.report.hooks import promised
from icibaseline.report.tables import Table, number

__all__ = ["overview_tables"]

_HEAD = ["design", "n", "expected n", "without effect", "expected months", "alpha", "type I error", "averaged", "power"]


def overview_tables(item: Comparison) -> list[Table]:
    """The designs in the first scenario, where one of them is held against a benchmark; else nothing."""
    if not any(design.roles for design in item.designs):
        return []
    rows, designs = [], dict(zip(item.names[0], item.designs, strict=True))
    for name, found in zip(item.names[0], item.summaries, strict=True):
        months = "-" if math.isnan(found.expected_months) else f"{found.expected_months:.1f}"
        sizes = [number(found.n), f"{found.expected_n:.1f}", f"{found.expected_n_null:.1f}", months]
        level = promised(designs[name])
        alpha = "posterior rule" if level is None else f"{level:.4g}"
        chances = [alpha, *(f"{p:.3f}" for p in (found.error, found.average_error, found.power))]
        rows.append([name, *sizes, *chances, f"{found.assurance:.3f}", found.detectable])
    title = (
        f"the designs in scenario {item.names[1][0]}: patients and months until the trial ends, and what it can show; "
        "type I errors are at the scenario's typical control, not at the benchmark of a design; where power is 0.8 "
        'whatever the effect, even without one, that is "any", and where no effect gives it, "none"'
    )
    return [Table(title, [*_HEAD, "assurance", "effect for power 0.8"], rows)]
