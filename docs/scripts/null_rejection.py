"""Writes docs/methods/null_rejection.csv: how often the log-rank test rejects where there is no effect.

``python docs/scripts/null_rejection.py [replicates]``; the published table has a million trials in each row for the
asymptotic test and a fiftieth of that for the permutation test, with 999 permutations in each.
"""

from __future__ import annotations

import csv
import sys
import warnings
from pathlib import Path

import icibaseline as ici

TABLE = Path(__file__).parents[1] / "methods" / "null_rejection.csv"
HEAD = ("allocation", "n", "asymptotic", "error", "second-order", "with skewness", "permutation", "error")
TRIALS = ((1, 60), (1, 134), (2, 60), (3, 60), (3, 120), (3, 240), (3, 480))
REPLICATES = 1_000_000


def truth() -> ici.Scenario:
    return ici.Scenario(
        control=ici.Exponential(median=4.7), effect=ici.HazardRatio(1.0), enrollment=ici.Enrollment(duration=24)
    )


def predicted(ratio: int, n: int) -> float:
    """Rejection by the second-order formula."""
    return ici.power(ici.Randomized(n, ratio=ratio, statistic=ici.LogRank(formula="second-order")), truth()).power


def expanded(ratio: int, n: int) -> float:
    """Rejection by the expansion with skewness, which the warning names."""
    design = ici.Randomized(n, ratio=ratio).plan_for(truth())
    return design.statistic.level(design.idle(truth()), design.alpha)


def row(ratio: int, n: int, replicates: int) -> list[str]:
    """One row of the table, in per cent."""
    design = ici.Randomized(n, ratio=ratio)
    asymptotic = ici.simulate(design, truth(), replicates=replicates, rng=20_252)
    permuted = design.with_(statistic=ici.LogRank(reference="permutation"))
    exact = ici.simulate(permuted, truth(), replicates=replicates // 50, rng=20_253)
    both = predicted(ratio, n), expanded(ratio, n)
    numbers = (asymptotic.power, asymptotic.error, *both, exact.power, exact.error)
    return [f"{ratio}:1", str(n), *(f"{100 * x:.2f}" for x in numbers)]


if __name__ == "__main__":
    warnings.simplefilter("ignore", ici.ApproximationWarning)  # where it is due is what the table is about
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for setting in TRIALS:
            writer.writerow(found := row(*setting, trials))
            print("  ".join(found), flush=True)
