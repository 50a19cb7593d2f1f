"""Writes docs/methods/route_coverage.csv: how well standard errors read from a printed median cover the true one.

``python docs/scripts/route_coverage.py [samples]``; the published table rests on 20,000 cohorts in each setting.
Independent of the library: exponential cohorts with median 1 and uniform censoring, Kaplan-Meier medians, Greenwood
variances, and intervals of 1.96 standard errors about the log median.

Wald limits are those of Collett (Modelling Survival Data in Medical Research, section 2.4), the kind that SPSS prints:
the standard error of the median is SE(S)/f with f = (S(u) - S(l)) / (l - u), where u is the last event at which S is at
least 0.55 and l the first at which it is at most 0.45. Brookmeyer-Crowley limits are the first times at which the lower
and the upper pointwise limit of S reach one half; these are taken on the natural scale of S (as the authors did), on
its log (as R does unless asked otherwise) or on its log(-log) (as SAS does). Not every cohort has them: "used" says how
many do. The denominator of SE/SD is the standard deviation of all log medians of the setting, and "bias" is the mean
log median of the cohorts used.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

TABLE = Path(__file__).parents[1] / "methods" / "route_coverage.csv"
HEAD = ("standard error", "n", "censored", "used", "bias", "SE/SD, median", "SE/SD, rms", "coverage")
SETTINGS = tuple((n, c) for n in (18, 44, 141, 229) for c in (0.0, 0.15, 0.4))
SAMPLES, BLOCK, Z = 20_000, 2_000, 1.959964
SCALES = ("natural", "log", "log(-log)")
SLACK = 1e-12  # a product of fractions that should be one half
FEWEST = 200  # cohorts behind a line of the table

Array = npt.NDArray[np.float64]


class Cohorts(NamedTuple):
    """What would be printed of each cohort; NaN where it does not exist."""

    median: Array
    events: Array
    wald: Array  # standard error of the median, natural scale
    lower: Array  # one row for each of SCALES
    upper: Array


def latest(censored: float) -> float:
    """End of the uniform follow-up that censors this share of exponential patients with median 1."""
    if not censored:
        return np.inf
    rate = np.log(2)
    return float(brentq(lambda c: -np.expm1(-rate * c) / (rate * c) - censored, 0.01, 1e4))


def first(times: Array, where: npt.NDArray[np.bool_]) -> Array:
    """The first time at which something holds, NaN where it never does."""
    found = np.take_along_axis(times, where.argmax(axis=1)[:, None], 1)[:, 0]
    return np.where(where.any(axis=1), found, np.nan)


def slope(times: Array, event: npt.NDArray[np.bool_], survival: Array) -> Array:
    """Density at the median, from the events around it."""
    above = np.where(event & (survival >= 0.55 - SLACK), times, -np.inf).argmax(axis=1)[:, None]
    below = (survival <= 0.45 + SLACK).argmax(axis=1)[:, None]
    start, end = (np.take_along_axis(times, place, 1)[:, 0] for place in (above, below))
    high, low = (np.take_along_axis(survival, place, 1)[:, 0] for place in (above, below))
    return np.where(survival[:, -1] <= 0.45 + SLACK, (high - low) / (end - start), np.nan)


def block(n: int, end: float, rng: np.random.Generator) -> Cohorts:
    """What would be printed of as many random cohorts."""
    failure = rng.exponential(1 / np.log(2), (BLOCK, n))
    censoring = np.full((BLOCK, n), np.inf) if np.isinf(end) else rng.uniform(0, end, (BLOCK, n))
    times, event = np.minimum(failure, censoring), failure <= censoring
    order = np.argsort(times, axis=1)
    return printed(np.take_along_axis(times, order, 1), np.take_along_axis(event, order, 1))


def printed(times: Array, event: npt.NDArray[np.bool_]) -> Cohorts:
    """From the sorted times of each cohort, one row for each."""
    at_risk = np.arange(times.shape[1], 0, -1)
    survival = np.cumprod(1 - event / at_risk, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(event, 1 / (at_risk * (at_risk - 1)), 0.0), axis=1)
        root = np.where(survival > 0, np.sqrt(greenwood), 0.0)
        lower, upper = (bounds(survival, side * Z * root) for side in (-1, 1))
    half = survival <= 0.5 + SLACK
    place = half.argmax(axis=1)[:, None]
    error = np.take_along_axis(survival * root, place, 1)[:, 0]
    return Cohorts(
        first(times, half),
        event.sum(axis=1).astype(float),
        error / slope(times, event, survival),
        *(np.stack([first(times, bound <= 0.5 + SLACK) for bound in side]) for side in (lower, upper)),
    )


def bounds(survival: Array, reach: Array) -> tuple[Array, ...]:
    """Pointwise limits of S on each scale; NaN where a limit does not exist, as at S = 0 on the double log scale."""
    double = np.exp(-np.exp(np.log(-np.log(survival)) - reach / -np.log(survival)))
    return survival * (1 + reach), survival * np.exp(reach), double


def standard_errors(c: Cohorts, n: int) -> dict[str, Array]:
    """On the log scale, by what is printed; NaN where it is not."""
    wald, widest = c.wald / c.median, np.full_like(c.wald, 1.6 / np.sqrt(n))
    found = {"Wald": wald}
    if n < 50:
        found["Wald, at least 1.25 / root n"] = np.maximum(wald, 1.25 / np.sqrt(n))
    for scale, lower, upper in zip(SCALES, c.lower, c.upper, strict=True):
        half = np.where(np.isnan(upper), np.log(c.median / lower) / Z, np.nan)
        found[f"log width, {scale}"] = np.log(upper / lower) / (2 * Z)
        found[f"upper limit open, at least 1.6 / root n, {scale}"] = np.maximum(half, widest)
        found[f"upper limit open, lower half alone, {scale}"] = half
    return {**found, "1.6 / root n": widest, "1 / root events": 1 / np.sqrt(c.events)}


def rows(n: int, censored: float, samples: int) -> list[list[str]]:
    """The lines of the table for one setting."""
    rng, end = np.random.default_rng([n, int(100 * censored)]), latest(censored)
    parts = [block(n, end, rng) for _ in range(-(-samples // BLOCK))]
    cohorts = Cohorts(*(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)))
    log = np.log(cohorts.median)
    sd, lines = np.nanstd(log), []
    for name, error in standard_errors(cohorts, n).items():
        used = np.isfinite(error) & np.isfinite(log)
        if used.sum() < FEWEST:
            continue
        own, ratio = log[used], error[used] / sd
        shown = (np.median(ratio), np.sqrt(np.mean(ratio**2)))
        covered = 100 * np.mean(np.abs(own) <= Z * error[used])
        setting = [name, str(n), f"{100 * censored:.0f} %", f"{100 * used.mean():.1f} %", f"{own.mean():+.2f}"]
        lines.append([*setting, *(f"{x:.2f}" for x in shown), f"{covered:.1f}"])
    return lines


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    found = [line for setting in SETTINGS for line in rows(*setting, count)]
    names = sorted({line[0] for line in found}, key=lambda name: (name[0] == "1", name))
    found.sort(key=lambda line: names.index(line[0]))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *found])
    print("\n".join("  ".join(line) for line in found))
