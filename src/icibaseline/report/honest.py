"""What the error of a benchmark does to a trial, as tables and in short."""

from __future__ import annotations

import math

import numpy as np

from icibaseline.designs import HonestBenchmark, HonestCurve
from icibaseline.report.hooks import TypeOneErrors, honest_tables, type_one_errors
from icibaseline.report.single_arm import benchmark_in_words, plugged_in
from icibaseline.report.tables import Table

__all__ = ["small"]

_FACTORS = (0.5, 1, 1.5, 2, 3, 4, 6)
_LEAST = 5e-5
_TITLE = "what the error of the benchmark does to the trial"


def small(p: float) -> str:
    """A probability with four decimals; one that is not 0 does not look like it."""
    return f"{p:.4f}" if p >= _LEAST or p == 0 else "<0.0001"


@type_one_errors.register
def _(found: HonestBenchmark) -> TypeOneErrors:
    place = f"the control rate is the benchmark's, {found.reference.rate:.3g}"
    return TypeOneErrors(place, found.error, "what the control rate may be", found.average_error)


@type_one_errors.register
def _(found: HonestCurve) -> TypeOneErrors:
    place = "the control curve is the benchmark's"
    return TypeOneErrors(place, found.error, "what the control curve may be", found.average_error, " by the formula")


@honest_tables.register
def _(found: HonestBenchmark) -> list[Table]:
    if not found.known:
        return []
    rows = _errors(found)
    between = small(found.error_between_studies())
    rows.append(["type I error, if studies differ too: log odds by HalfNormal(0.25)", between])
    if found.resampled_error is not None:
        rows.append(["type I error, if another such cohort had been the history", small(found.resampled_error)])
    table = Table(f"{_TITLE}: {_law(found)}", ["", "probability"], rows)
    return [table] if found.design.is_null(found.scenario) else [table, _honest_rule(found), *_by_n(found)]


def _law(found: HonestBenchmark) -> str:
    """What the benchmark is, and what it leaves open."""
    law, named = found.reference.law, benchmark_in_words(found.design.benchmark)
    assert law is not None
    low, high = law.interval()
    whose = "; with the error of the scenario's control" if found.borrowed else "; with its own error"
    said = f"{named}{whose} the control rate may be {law.median:.3g}, 95 % {low:.3g} to {high:.3g}"
    return "; ".join([said, *plugged_in(found)])


def _errors(found: HonestBenchmark | HonestCurve) -> list[list[str]]:
    said = type_one_errors(found)
    assert said is not None
    assert said.average is not None
    rows = [[f"type I error, if {said.place}", small(said.value)]]
    rows.append([f"type I error, averaged over {said.over}", small(said.average)])
    levels = zip((10, 50, 90), found.error_quantiles or (), strict=False)
    return rows + [[f"type I error, {level} % quantile over {said.over}", small(p)] for level, p in levels]


def _honest_rule(found: HonestBenchmark) -> Table:
    title = f"the honest rule at one look, {found.posterior}, which takes that error in, and the naive exact test"
    rows = [["smallest rate that it can ever show", f"{found.floor:.3g}", f"{found.reference.rate:.3g}"]]
    asked = f"power {found.target:.3g} at a rate of {found.rate:.3g}"
    never = "thousands" if found.reachable else "no number"
    sizes = [(never, never) if held is None else held for held in (found.sizes, found.naive_sizes)]
    rows.append([f"patients for {asked}, at least", *(str(least) for least, _ in sizes)])
    rows.append(["every larger number has that power from", *(str(lasting) for _, lasting in sizes)])
    size, limit = found.resampled_size, found.resampled_limit
    if limit is not None:
        again = "if another such cohort had been the history"
        needed = "thousands" if size is None else f"{size:.0f}" if math.isfinite(size) else "no number"
        rows.append([f"patients for that power {again}, about", needed, "-"])
        rows.append([f"power with ever more patients {again}", f"{limit:.3f}", "-"])
    return Table(title, ["", "honest rule", "naive test"], rows)


def _by_n(found: HonestBenchmark) -> list[Table]:
    n = found.design.planned.n
    held = () if found.sizes is None else found.sizes
    sizes = sorted({math.ceil(n * f) for f in _FACTORS} | set(held))
    power = np.atleast_1d(found.power(sizes))
    title = f"power of the honest rule at a rate of {found.rate:.3g}"
    rows = [["patients", *map(str, sizes)], ["power", *(f"{p:.2f}" for p in power)]]
    return [Table(title, rows[0], [rows[1]])]


@honest_tables.register
def _(found: HonestCurve) -> list[Table]:
    if not found.known:
        return []
    of = benchmark_in_words(found.design.benchmark)
    error = f"{of}; the log of its cumulative hazard has a standard error of {found.sd:.3g}"
    tables = [Table(f"{_TITLE}: {error}", ["", "probability"], _errors(found))]
    ratio = found.largest_ratio
    if found.design.is_null(found.scenario) or ratio is None:
        return tables
    own = "" if found.counted else f", benchmark_sd={found.sd:.3g}"
    rows = [["largest hazard ratio that it can ever show", f"{ratio:.3g}" if ratio else "none"]]
    if found.size is not None or found.reason is not None:
        needed = "no number" if found.size is None else str(found.size)
        rows.append([f"patients for power {found.target:.3g}", needed])
    events = found.resampled_events
    if events is not None:
        shown = f"{events:.0f}" if math.isfinite(events) else "no number"
        rows.append(["events for that power if another such cohort had been the history", shown])
    return [*tables, Table(f"the honest test{own}, which counts that error", ["", "honest test"], rows)]
