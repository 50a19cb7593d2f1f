"""Writes one_sample_errors.csv, one_sample_sizes.csv and milestone_errors.csv: rejection by formula less simulated.

``python docs/scripts/one_sample_errors.py [replicates] [table]``; the published tables of docs/methods have 500,000
trials in each row, one_sample_sizes.csv 200,000.
"""

from __future__ import annotations

import csv
import sys
import warnings
from pathlib import Path

import icibaseline as ici

METHODS = Path(__file__).parents[1] / "methods"
LOG_RANK = ("setting", "n", "effect", "test", "simulated", "error", "conditional", "wu")
MILESTONE = ("scale", "effect", "simulated", "error", "second-order", "normal")
SIZES = ("curve", "n", "effect", "simulated", "error", "conditional", "wu")
REPLICATES = 500_000
LOOKS, RULE = ici.AfterEnrollment(12), ici.Fixed(0.05)


def scenario(control: ici.Curve, ratio: float, duration: float) -> ici.Scenario:
    return ici.Scenario(control, ici.HazardRatio(ratio), enrollment=ici.Enrollment(duration=duration))


def settings() -> list[tuple[str, ici.SingleArm, ici.Scenario]]:
    """A name, a design with n, and a scenario with an effect."""
    median, weibull = ici.Exponential(median=4.7), ici.Weibull(shape=0.5, median=4.7)
    test, follow = ici.OneSampleLogRank(), ici.OneSampleLogRank(follow_up=6)

    def arm(n: int, benchmark: ici.Curve, statistic: ici.OneSample = test, looks: ici.Looks = LOOKS) -> ici.SingleArm:
        return ici.SingleArm(n, benchmark=benchmark, statistic=statistic, looks=looks, rule=RULE)

    return [
        ("90 patients", arm(90, median), scenario(median, 0.75, 24)),
        ("44 patients", arm(44, median), scenario(median, 0.65, 24)),
        ("20 patients", arm(20, median), scenario(median, 0.5, 12)),
        ("12 patients", arm(12, median), scenario(median, 0.4, 12)),
        ("followed for 6 months", arm(30, median, follow), scenario(median, 0.5, 12)),
        ("Weibull shape 0.5", arm(44, weibull), scenario(weibull, 0.6, 24)),
        ("at 30 events", arm(44, median, looks=ici.AtEvents(30)), scenario(median, 0.6, 24)),
    ]


def off(design: ici.SingleArm, truth: ici.Scenario, formula: str, simulated: float) -> str:
    planned = design.with_(statistic=design.statistic.with_(formula=formula)).plan_for(truth)
    return f"{100 * (ici.power(planned, truth).power - simulated):+.2f}"


def compared(design: ici.SingleArm, truth: ici.Scenario, formulas: tuple[str, ...], replicates: int) -> list[str]:
    """Simulated rejection and its error in per cent, and what the formulas are off in percentage points."""
    simulated = ici.simulate(design, truth, replicates=replicates, rng=20_256)
    numbers = [f"{100 * simulated.power:.2f}", f"{100 * simulated.error:.2f}"]
    return numbers + [off(design, truth, formula, simulated.power) for formula in formulas]


def log_rank(replicates: int) -> list[list[str]]:
    rows = []
    for name, design, truth in settings():
        for variance in ("average", "expected"):
            tested = design.with_(statistic=design.statistic.with_(variance=variance))
            for effect, world in ((f"{truth.effect.value:g}", truth), ("none", truth.null)):
                found = compared(tested, world, ("conditional", "wu"), replicates)
                rows.append([name, f"{design.n:g}", effect, variance, *found])
                print("  ".join(rows[-1]), flush=True)
    return rows


def sizes(replicates: int) -> list[list[str]]:
    """The default test from 20 to 90 patients, with hazard ratios that have a power near 0.8."""
    curves = {"exponential": ici.Exponential(median=4.7)}
    curves |= {f"Weibull {shape}": ici.Weibull(shape=shape, median=4.7) for shape in (0.7, 1.5)}
    rows = []
    for name, curve in curves.items():
        for n, ratio in ((20, 0.52), (30, 0.58), (44, 0.64), (60, 0.68), (90, 0.73)):
            design = ici.SingleArm(n, benchmark=curve, statistic=ici.OneSampleLogRank(), looks=LOOKS, rule=RULE)
            truth = scenario(curve, ratio, 24)
            for effect, world in ((f"{ratio:g}", truth), ("none", truth.null)):
                rows.append([name, f"{n}", effect, *compared(design, world, ("conditional", "wu"), replicates)])
                print("  ".join(rows[-1]), flush=True)
    return rows


def milestone(replicates: int) -> list[list[str]]:
    """44 patients, a third of whom are not followed to month 12 when the look comes."""
    median, rows = ici.Exponential(median=4.7), []
    truth = scenario(median, 0.5, 24)
    for scale in ("arcsine", "identity", "log", "log-log", "logit"):
        test = ici.Milestone(12, transform=scale)
        design = ici.SingleArm(44, benchmark=median, statistic=test, looks=ici.AfterEnrollment(6), rule=RULE)
        for effect, world in (("0.5", truth), ("none", truth.null)):
            rows.append([scale, effect, *compared(design, world, ("second-order", "normal"), replicates)])
            print("  ".join(rows[-1]), flush=True)
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore", ici.ApproximationWarning)  # small trials are what the tables are about
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    tables = (
        ("one_sample_errors.csv", LOG_RANK, log_rank),
        ("one_sample_sizes.csv", SIZES, sizes),
        ("milestone_errors.csv", MILESTONE, milestone),
    )
    for file_name, head, rows in tables:
        if len(sys.argv) > 2 and sys.argv[2] not in file_name:
            continue
        with (METHODS / file_name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            writer.writerows(rows(trials))
