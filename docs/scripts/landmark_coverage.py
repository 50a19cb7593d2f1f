"""Writes docs/methods/landmark_coverage.csv: how well a median with a landmark covers the curve that it came from.

``python docs/scripts/landmark_coverage.py [samples]``; the published table rests on 20,000 cohorts in each row.
Independent of the library: Weibull cohorts with median 1, uniform censoring, and the Kaplan-Meier estimates of the
median and of survival at 4.615 medians, which is 12 months where the median is 2.6. From the two numbers follow a
Weibull shape and, by the delta method, its standard error, which is widened by 1.1 for censoring; intervals reach 1.96
standard errors from the log median and from the shape, or from its logarithm where 8 standard errors would reach below
0. "n only" is the interval of 1.6 standard errors over root n of the same medians. Cohorts in which the median or the
landmark is not reached, or nobody is left at the landmark, print no such pair; "used" says how many do.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

TABLE = Path(__file__).parents[1] / "methods" / "landmark_coverage.csv"
HEAD = ("shape", "n", "censored", "used", "median", "median, n only", "shape, no allowance", "shape, widened by 1.1")
SETTINGS = tuple((k, n, c) for k in (0.731, 1.0) for n in (44, 141, 229, 463) for c in (0.0, 0.1, 0.2))
LANDMARK, ALLOWANCE = 12 / 2.6, 1.1
SAMPLES, BLOCK, Z, FAR, SLACK = 20_000, 2_000, 1.959964, 8.2, 1e-12
LOG2 = np.log(2)

Array = npt.NDArray[np.float64]


def latest(shape: float, censored: float) -> float:
    """End of the uniform follow-up that censors this share of Weibull patients with median 1."""
    if not censored:
        return np.inf
    x, w = np.polynomial.legendre.leggauss(400)
    times = (-np.log((x + 1) / 2) / LOG2) ** (1 / shape)
    return float(brentq(lambda end: w @ np.minimum(times / end, 1) / 2 - censored, 0.01, 1e4))


def estimates(shape: float, n: int, end: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Kaplan-Meier median and survival at the landmark of a block of cohorts; NaN where not estimated."""
    failure = (rng.standard_exponential((BLOCK, n)) / LOG2) ** (1 / shape)
    censoring = np.full((BLOCK, n), np.inf) if np.isinf(end) else rng.uniform(0, end, (BLOCK, n))
    time, event = np.minimum(failure, censoring), failure <= censoring
    order = np.argsort(time, axis=1)
    time, event = np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1)
    survival = np.cumprod(1 - event / np.arange(n, 0, -1), axis=1)
    below = survival <= 0.5 + SLACK
    median = np.take_along_axis(time, below.argmax(axis=1)[:, None], 1)[:, 0]
    before = (time <= LANDMARK).sum(axis=1)
    at = np.take_along_axis(survival, np.maximum(before - 1, 0)[:, None], 1)[:, 0]
    return np.where(below.any(axis=1), median, np.nan), np.where(before < n, at, np.nan)


def row(shape: float, n: int, censored: float, samples: int) -> list[str]:
    """One row of the table, coverage in per cent."""
    rng, end = np.random.default_rng([int(1000 * shape), n, int(100 * censored)]), latest(shape, censored)
    parts = [estimates(shape, n, end, rng) for _ in range(-(-samples // BLOCK))]
    median, s = (np.concatenate(p) for p in zip(*parts, strict=True))
    with np.errstate(invalid="ignore"):
        used = (s > 0) & (s < 0.5 - SLACK) & (median < LANDMARK)
    m, s = median[used], s[used]
    k, se_m, se_k = read(m, s, n)
    logs = [np.abs(np.log(m)) <= Z * se for se in (se_m, 1.6 / np.sqrt(n))]
    shapes = [near(k, shape, factor * se_k) for factor in (1.0, ALLOWANCE)]
    covered = [f"{100 * np.mean(hit):.1f}" for hit in (*logs, *shapes)]
    return [f"{shape:g}", str(n), f"{100 * censored:.0f} %", f"{100 * used.mean():.1f} %", *covered]


def read(m: Array, s: Array, n: int) -> tuple[Array, Array, Array]:
    """Shape, and the standard errors of the log median and of the shape, from median and survival at the landmark."""
    spread = np.log(LANDMARK / m)
    k = (np.log(-np.log(s)) - np.log(LOG2)) / spread
    a, by_m, by_s = k * LOG2 / 2, k / spread, 1 / (spread * s * np.log(s))
    variance = by_m**2 / (4 * a**2) + by_m * by_s * s / a + by_s**2 * s * (1 - s)
    return k, 1 / (2 * a * np.sqrt(n)), np.sqrt(variance / n)


def near(k: Array, shape: float, se: Array) -> npt.NDArray[np.bool_]:
    """Whether the interval of the shape holds the true one."""
    linear = np.abs(k - shape) <= Z * se
    return np.where(k > FAR * se, linear, np.abs(np.log(k / shape)) <= Z * se / k)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for setting in SETTINGS:
            writer.writerow(found := row(*setting, count))
            print("  ".join(found), flush=True)
