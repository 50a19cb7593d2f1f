"""Writes docs/methods/median_coverage.csv: how well standard errors of a published median cover the true one.

``python docs/scripts/median_coverage.py [samples]``; the published table has 40,000 cohorts in each row. Independent of
the library: cohorts with uniform censoring, Kaplan-Meier medians, intervals of 1.96 standard errors on the log scale.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

TABLE = Path(__file__).parents[1] / "methods" / "median_coverage.csv"
HEAD = ("shape", "n", "censored", "SD x root n", "1.6 / root n", "1.0 / root n", "2.0 / root n", "1 / root events")
SETTINGS = tuple((k, n, c) for k in (1.0, 0.73, 1.5) for n in (18, 44, 147) for c in (0.0, 0.15, 0.3))
SAMPLES, BLOCK, Z = 40_000, 2_000, 1.959964

Array = npt.NDArray[np.float64]


def survival_time(u: Array, shape: float) -> Array:
    """Weibull times with median 1."""
    return (-np.log(u) / np.log(2)) ** (1 / shape)


def latest(shape: float, censored: float) -> float:
    """End of the uniform follow-up that censors this share of the patients."""
    if not censored:
        return np.inf
    x, w = np.polynomial.legendre.leggauss(400)
    times = survival_time((x + 1) / 2, shape)  # one for each node of the probability of survival
    return float(brentq(lambda c: w @ np.minimum(times / c, 1) / 2 - censored, 0.01, 1e4))


def cohorts(shape: float, n: int, end: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Kaplan-Meier medians of a block of cohorts, NaN where not reached, and their numbers of events."""
    failure = survival_time(rng.random((BLOCK, n)), shape)
    censoring = np.full((BLOCK, n), np.inf) if np.isinf(end) else rng.uniform(0, end, (BLOCK, n))
    time, event = np.minimum(failure, censoring), failure <= censoring
    order = np.argsort(time, axis=1)
    time, event = np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1)
    below = np.cumprod(1 - event / np.arange(n, 0, -1), axis=1) <= 0.5 + 1e-12
    first = np.take_along_axis(time, below.argmax(axis=1)[:, None], 1)[:, 0]
    return np.where(below.any(axis=1), first, np.nan), event.sum(axis=1)


def row(shape: float, n: int, censored: float, samples: int) -> list[str]:
    """One row of the table: spread of the log median, and coverage in per cent."""
    rng, end = np.random.default_rng([int(100 * shape), n, int(100 * censored)]), latest(shape, censored)
    parts = [cohorts(shape, n, end, rng) for _ in range(-(-samples // BLOCK))]
    medians, events = (np.concatenate(p) for p in zip(*parts, strict=True))
    log, events = np.log(medians[np.isfinite(medians)]), events[np.isfinite(medians)]
    widths = [1.6 / np.sqrt(n), 1.0 / np.sqrt(n), 2.0 / np.sqrt(n), 1 / np.sqrt(events)]
    coverage = [f"{100 * np.mean(np.abs(log) <= Z * width):.1f}" for width in widths]
    return [f"{shape:g}", str(n), f"{100 * censored:.0f} %", f"{log.std() * np.sqrt(n):.2f}", *coverage]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for setting in SETTINGS:
            writer.writerow(found := row(*setting, count))
            print("  ".join(found), flush=True)
