"""Writes docs/methods/formula_errors.csv: the power by each log-rank formula, less the simulated power.

``python docs/scripts/formula_errors.py [replicates]``; the published table has a million trials in each row.
"""

from __future__ import annotations

import csv
import sys
import warnings
from pathlib import Path

import icibaseline as ici

TABLE = Path(__file__).parents[1] / "methods" / "formula_errors.csv"
FORMULAS = ("score", "second-order", "schoenfeld", "freedman", "lachin-foulkes")
HEAD = ("setting", "n", "simulated", "error", *FORMULAS)
NONE = "–"  # a hyphen would become a list
REPLICATES = 1_000_000


def scenario(control: object, effect: object, **more: object) -> ici.Scenario:
    return ici.Scenario(control=control, effect=effect, enrollment=ici.Enrollment(duration=24), **more)


def settings() -> list[tuple[str, ici.Randomized, ici.Scenario]]:
    """A name, a design with n and a scenario without priors."""
    median, better = ici.Exponential(median=4.7), ici.HazardRatio(0.6)
    plain = scenario(median, better)
    shares = {"primary": (44 / 75, 4.7), "acquired": (31 / 75, 9.5)}
    strata = ici.Scenario(
        strata=[
            ici.Stratum(name, share=share, control=ici.Exponential(median=m), effect=better)
            for name, (share, m) in shares.items()
        ],
        enrollment=ici.Enrollment(duration=24),
    )
    pooled, margin = ici.LogRank(stratified=False), ici.LogRank(null=1.3)
    weibull, dropout = ici.Weibull(shape=0.73, median=2.6), ici.Exponential(rate=0.03)
    return [
        ("1:1", ici.Randomized(134), plain),
        ("1:1, HR 0.75", ici.Randomized(400), scenario(median, ici.HazardRatio(0.75))),
        ("1:1, HR 0.4", ici.Randomized(60), scenario(median, ici.HazardRatio(0.4))),
        ("2:1", ici.Randomized(150, ratio=2), plain),
        ("3:1", ici.Randomized(180, ratio=3), plain),
        ("3:1, HR 0.5", ici.Randomized(60, ratio=3), scenario(median, ici.HazardRatio(0.5))),
        ("1:1, dropout 3 % a month", ici.Randomized(134), scenario(median, better, dropout=dropout)),
        ("1:1, Weibull shape 0.73", ici.Randomized(134), scenario(weibull, better)),
        ("1:1, effect from month 3", ici.Randomized(400), scenario(median, ici.HazardRatio(0.6, delay=3))),
        ("1:1, 2 strata", ici.Randomized(134), strata),
        ("1:1, 2 strata pooled", ici.Randomized(134, statistic=pooled), strata),
        ("1:1, non-inferiority 1.3", ici.Randomized(400, statistic=margin), scenario(median, ici.HazardRatio(1.0))),
    ]


def by_formula(design: ici.Randomized, truth: ici.Scenario, formula: str) -> float | None:
    """Power by a formula, None where the formula does not cover the scenario."""
    try:
        return ici.power(design.with_(statistic=design.statistic.with_(formula=formula), planned=None), truth).power
    except ici.NoFormula:
        return None


def row(name: str, design: ici.Randomized, truth: ici.Scenario, replicates: int) -> list[str]:
    """One row of the table; power in per cent, and what the formulas are off in percentage points."""
    simulated = ici.simulate(design, truth, replicates=replicates, rng=20_251)
    powers = [by_formula(design, truth, formula) for formula in FORMULAS]
    off = [NONE if p is None else f"{100 * (p - simulated.power):+.2f}" for p in powers]
    power, error = f"{100 * simulated.power:.2f}", f"{100 * simulated.error:.2f}"
    return [name, f"{design.n:g}", power, error, *off]


if __name__ == "__main__":
    warnings.simplefilter("ignore", ici.ApproximationWarning)  # small and unequal trials are what the table is about
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for setting in settings():
            writer.writerow(found := row(*setting, trials))
            print("  ".join(found), flush=True)
