"""Simulation in fixed blocks, one random stream each, so that no executor changes the result."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs.base import Design, Evaluation, Replicates
from icibaseline.designs.results import OperatingCharacteristics, StandardErrors, stopping, stops_early
from icibaseline.errors import reject
from icibaseline.scenario import BaseScenario

__all__ = ["BLOCK", "run"]

BLOCK = 256  # part of what a seed means: another size gives other numbers
_TASK = 16  # blocks a task, to keep the executors' overhead small
_ENDS = 5  # columns before those by look
_SILENT = 2.0  # seconds before a progress bar appears


class Task(NamedTuple):
    """Consecutive blocks for one worker."""

    design: Design
    scenario: BaseScenario
    seeds: tuple[np.random.SeedSequence, ...]
    rows: tuple[int, ...]


class Sums(NamedTuple):
    """Sums over replicates and sums of squares of the columns in `_columns`."""

    trials: int
    total: FloatArray
    square: FloatArray


def run(
    design: Design, scenario: BaseScenario, replicates: int, rng: Any, executor: Any, progress: bool | None
) -> OperatingCharacteristics:
    """Simulate a planned design."""
    tasks = _tasks(design, scenario, replicates, rng)
    if executor is not None and not callable(getattr(executor, "map", None)):
        reject("executor", "a concurrent.futures.Executor", executor, "For example ThreadPoolExecutor(2).")
    parts = map(_work, tasks) if executor is None else executor.map(_work, tasks)
    parts = list(_shown(parts, len(tasks), progress))
    count = sum(p.trials for p in parts)
    # added in the order of the blocks, so the last bits do not depend on the executor either
    total, square = sum(p.total for p in parts), sum(p.square for p in parts)
    return _summary(design, scenario, count, np.asarray(total), np.asarray(square))


def _tasks(design: Design, scenario: BaseScenario, replicates: int, rng: Any) -> list[Task]:
    try:
        entropy = np.random.default_rng(rng).integers(0, 2**32, size=8, dtype=np.uint32)
    except (TypeError, ValueError):
        reject("rng", "None, a seed or a numpy Generator", rng)
    blocks = -(-replicates // BLOCK)
    seeds = np.random.SeedSequence([int(e) for e in entropy]).spawn(blocks)
    rows = [min(BLOCK, replicates - BLOCK * i) for i in range(blocks)]
    resolved = scenario.resolved
    return [
        Task(design, resolved, tuple(seeds[i : i + _TASK]), tuple(rows[i : i + _TASK])) for i in range(0, blocks, _TASK)
    ]


def _work(task: Task) -> Sums:
    count, total, square = 0, np.zeros(1), np.zeros(1)
    for seed, rows in zip(task.seeds, task.rows, strict=True):
        columns = _columns(block(task.design, task.scenario, rows, np.random.default_rng(seed)))
        count += rows
        total = total + columns.sum(axis=0)
        square = square + (columns**2).sum(axis=0)
    return Sums(count, total, square)


def block(design: Design, scenario: BaseScenario, rows: int, rng: np.random.Generator) -> Replicates:
    """One block of simulated trials; priors are drawn once for each trial."""
    drawn = scenario.draw(rows, rng) if scenario.unknowns else scenario
    return design.replicate(drawn, rows, rng)


def _columns(r: Replicates) -> FloatArray:
    """Everything that is averaged, (replicates, columns): power, three ends, power overruled, then what is by look."""
    as_evaluation = Evaluation(
        r.reject.astype(float),
        r.futility.astype(float),
        r.months,
        r.events,
        r.n,
        r.score[:, -1],
        r.information,
        r.overruled.astype(float),
        r.left,
    )
    ends = np.stack(stopping(as_evaluation), axis=1)
    power, overruled = as_evaluation.power[:, None], as_evaluation.overruled.sum(axis=1, keepdims=True)
    by_look = (as_evaluation.reject, as_evaluation.futility, r.months, r.events, r.n)
    return np.concatenate([power, ends, overruled, *by_look], axis=1)


def _summary(
    design: Design, scenario: BaseScenario, count: int, total: FloatArray, square: FloatArray
) -> OperatingCharacteristics:
    mean = total / count
    error = np.sqrt(np.maximum(square / count - mean**2, 0.0) / max(count - 1, 1))
    (power, n, events, months, overruled), looks = mean[:_ENDS], _by_look(mean)
    errors = _by_look(error)
    planned = design.planned
    return OperatingCharacteristics(
        float(power),
        float(error[0]),
        reject_by_look=looks[0],
        futility_by_look=looks[1],
        months=looks[2],
        events=looks[3],
        n_by_look=looks[4],
        efficacy_bounds=planned.efficacy_bounds if planned else (),
        futility_bounds=planned.futility_bounds if planned else (),
        expected_n=float(n),
        expected_events=float(events),
        expected_months=float(months),
        method="simulation",
        formula="patient-level simulation",
        design=design,
        scenario=scenario,
        errors=StandardErrors(
            errors[0],
            futility_by_look=errors[1],
            months=errors[2],
            events=errors[3],
            n_by_look=errors[4],
            expected_n=float(error[1]),
            expected_events=float(error[2]),
            expected_months=float(error[3]),
        ),
        replicates=count,
        power_overruled=float(overruled) if stops_early(design) else None,
    )


def _by_look(columns: FloatArray) -> list[tuple[float, ...]]:
    return [tuple(float(x) for x in part) for part in np.split(columns[_ENDS:], 5)]


def _shown(parts: Iterable[Sums], tasks: int, progress: bool | None) -> Iterable[Sums]:
    """Pass results on, drawing a bar on stderr for long runs at a terminal (or always, or never)."""
    show: Callable[[], bool] = (lambda: bool(progress)) if progress is not None else (lambda: sys.stderr.isatty())
    start, drawn = time.monotonic(), False
    for done, part in enumerate(parts, 1):
        yield part
        passed = time.monotonic() - start
        if tasks > 1 and show() and (progress or passed > _SILENT):
            drawn = True
            bar = "#" * (30 * done // tasks)
            left = passed / done * (tasks - done)
            sys.stderr.write(f"\rsimulating [{bar:<30}] {100 * done // tasks:3d} %, {left:4.0f} s left")
            sys.stderr.flush()
    if drawn:
        sys.stderr.write("\n")
