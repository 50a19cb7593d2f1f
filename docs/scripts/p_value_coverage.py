"""Writes docs/methods/p_value_coverage.csv: how well intervals made from a log-rank p value cover the true log HR.

``python docs/scripts/p_value_coverage.py [trials]``; the published table has 20,000 trials in each row. Independent of
the library: exponential times in groups of 44 and 31 patients, follow-up uniform from 0, the log-rank p value, and
intervals of 1.96 standard errors that know p, the numbers of patients and the side, but not the number of events.

"0.7 to 1" takes the share of events as uniform there, the next three as one number. Standard errors are 1/sqrt(V) times
1 + 0.1 (log HR)^2. "Ratio of medians" is the log ratio of the Kaplan-Meier medians with that log ratio over z as its
standard error, in the trials where both are reached.

The columns so far count every trial. A p below 0.001 is mostly printed as a bound, which the route refuses: "trials
with p >= 0.001" is the share of the trials whose p is printed as a number, "0.7 to 1, p >= 0.001" how well the route
covers in those. The last three columns are about the trials with p below 0.05, also those below 0.001: how many they
are, and how well "0.7 to 1" covers there, as it is and with z corrected for having been reported.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

TABLE = Path(__file__).parents[1] / "methods" / "p_value_coverage.csv"
SHARES = {"0.7 to 1": (0.7, 1.0), "0.7": (0.7, 0.7), "0.85": (0.85, 0.85), "1": (1.0, 1.0)}
PRINTED = ("trials with p >= 0.001", "0.7 to 1, p >= 0.001")
SIGNIFICANT = ("trials with p < 0.05", "0.7 to 1, p < 0.05", "corrected, p < 0.05")
HEAD = ("hazard ratio", "events", *SHARES, "ratio of medians", *PRINTED, *SIGNIFICANT)
SETTINGS = tuple((hr, share) for hr in (1.0, 1.5, 2.0, 2.8) for share in (0.55, 0.7, 0.85, 1.0))
GROUP, COMPARATOR, WIDENING = 44, 31, 0.1
TRIALS, BLOCK, Z = 20_000, 2_000, 1.959964
LARGEST = 3.290527  # z of p = 0.001

Array = npt.NDArray[np.float64]


def latest(ratio: float, share: float) -> float:
    """End of the uniform follow-up by which this share of all patients has had the event; comparator's hazard 1."""
    if share == 1:
        return np.inf
    arms = ((GROUP, ratio), (COMPARATOR, 1.0))
    lived = lambda end: sum(n * -np.expm1(-h * end) / (h * end) for n, h in arms) / (GROUP + COMPARATOR)  # noqa: E731
    return float(brentq(lambda end: 1 - lived(end) - share, 1e-3, 1e5))


def median(time: Array, event: Array) -> Array:
    """Kaplan-Meier medians of a block of groups, NaN where not reached."""
    order = np.argsort(time, axis=1)
    time, event = np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1)
    below = np.cumprod(1 - event / np.arange(time.shape[1], 0, -1), axis=1) <= 0.5 + 1e-12
    first = np.take_along_axis(time, below.argmax(axis=1)[:, None], 1)[:, 0]
    return np.where(below.any(axis=1), first, np.nan)


def trials(ratio: float, end: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Log-rank z of a block of trials, positive where the group did worse, and their log ratios of medians."""
    patients = GROUP + COMPARATOR
    failure = rng.exponential(size=(BLOCK, patients))
    failure[:, :GROUP] /= ratio
    censoring = np.full((BLOCK, patients), np.inf) if np.isinf(end) else rng.uniform(0, end, (BLOCK, patients))
    time, event = np.minimum(failure, censoring), (failure <= censoring).astype(float)
    medians = [median(time[:, part], event[:, part]) for part in (slice(GROUP), slice(GROUP, None))]
    order = np.argsort(time, axis=1)
    event, grouped = np.take_along_axis(event, order, 1), order < GROUP
    share = (GROUP - np.cumsum(grouped, axis=1) + grouped) / np.arange(patients, 0, -1)
    z = (event * (grouped - share)).sum(axis=1) / np.sqrt((event * share * (1 - share)).sum(axis=1))
    return z, np.log(medians[1] / medians[0])


def read(z: Array, low: float, high: float) -> tuple[Array, Array]:
    """Location and standard error of log HR from z, with the share of events uniform between two numbers."""
    x, w = np.polynomial.legendre.leggauss(32)
    share = (low + high) / 2 + (high - low) / 2 * x
    root = np.sqrt(share * GROUP * COMPARATOR / (GROUP + COMPARATOR))
    means = z[:, None] / root
    location = means @ w / 2
    spread = (((1 + WIDENING * means**2) / root) ** 2 + means**2) @ w / 2 - location**2
    return location, np.sqrt(spread)


def corrected(z: Array) -> Array:
    """The mean of z that is likeliest if only absolute values above 1.96 are seen."""
    low, high = np.zeros_like(z), np.abs(z)
    for _ in range(60):
        mu = (low + high) / 2
        density = np.exp(-((Z - mu) ** 2) / 2) - np.exp(-((Z + mu) ** 2) / 2)
        below = mu + density / np.sqrt(2 * np.pi) / (ndtr(mu - Z) + ndtr(-mu - Z)) < np.abs(z)
        low, high = np.where(below, mu, low), np.where(below, high, mu)
    return np.sign(z) * (low + high) / 2


def covered(truth: float, location: Array, error: Array) -> str:
    """Per cent of the intervals that hold the truth."""
    return f"{100 * np.mean(np.abs(location - truth) <= Z * error):.1f}"


def row(ratio: float, share: float, count: int) -> list[str]:
    """One row of the table, in per cent."""
    rng, end, truth = np.random.default_rng([int(100 * ratio), int(100 * share)]), latest(ratio, share), np.log(ratio)
    blocks = [trials(ratio, end, rng) for _ in range(-(-count // BLOCK))]
    z, log_ratio = (np.concatenate(p) for p in zip(*blocks, strict=True))
    both = np.isfinite(log_ratio)
    printed, seen = z[np.abs(z) <= LARGEST], z[np.abs(z) > Z]
    return [
        f"{ratio:g}",
        f"{100 * share:.0f} %",
        *(covered(truth, *read(z, *ends)) for ends in SHARES.values()),
        covered(truth, log_ratio[both], np.abs(log_ratio / z)[both]),
        f"{100 * len(printed) / len(z):.1f}",
        covered(truth, *read(printed, *SHARES["0.7 to 1"])),
        f"{100 * len(seen) / len(z):.1f}",
        covered(truth, *read(seen, *SHARES["0.7 to 1"])),
        covered(truth, *read(corrected(seen), *SHARES["0.7 to 1"])),
    ]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for setting in SETTINGS:
            writer.writerow(found := row(*setting, count))
            print("  ".join(found), flush=True)
