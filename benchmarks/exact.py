"""Speed and memory of the exact designs of one arm, and their ratio to a plain vectorised search.

Run with ``python benchmarks/exact.py``. Each row is the least of several repeats.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from time import perf_counter

import numpy as np

import icibaseline as ici
from icibaseline._exact.binomial import densities, upper_tails
from icibaseline._exact.simon import Aim, Search

CASES = (
    (0.1, 0.3, 0.05, 0.9),
    (0.05, 0.25, 0.05, 0.8),
    (0.2, 0.4, 0.1, 0.9),
    (0.3, 0.5, 0.05, 0.9),
    (0.6, 0.75, 0.05, 0.9),
)


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Least time of one call."""
    least = np.inf
    for _ in range(repeats):
        start = perf_counter()
        action()
        least = min(least, perf_counter() - start)
    return least


def row(name: str, value: float, unit: str, wanted: str = "") -> None:
    """One line of the table."""
    print(f"{name:<66}{value:>10.3g} {unit:<8}{wanted}", flush=True)


def naive(aim: Aim, largest: int) -> tuple[float, int, int]:
    """Every r1 and r of every n1 of every n, in arrays: the least expected number, its n and the smallest n."""
    laws = [densities(largest, p) for p in (aim.p0, float(aim.p1))]
    tails = [upper_tails(law) for law in laws]
    best, smallest = (np.inf, 0), largest + 1
    for n in range(2, largest + 1):
        r = np.arange(n)
        for n1 in range(1, n):
            x = np.arange(n1 + 1)[:, None]
            asked = np.clip(r + 1 - x, 0, n - n1 + 1)  # responses that the second stage must have
            error, power = (
                np.cumsum((law[n1, x] * tail[n - n1][asked])[::-1], axis=0)
                for law, tail in zip(laws, tails, strict=True)
            )
            kept = ((error <= aim.alpha) & (power >= aim.power)).any(axis=1)[:-1][::-1]  # by r1 from 0
            if kept.any():
                r1 = int(np.flatnonzero(kept)[-1])
                expected = float(n1 + tails[0][n1, r1 + 1] * (n - n1))
                best, smallest = min(best, (expected, n)), min(smallest, n)
    return (*best, smallest)


def both(aim: Aim, largest: int) -> Search:
    """Tables, optimum and minimax."""
    search = Search(aim, largest)
    search.optimal()
    search.minimax()
    return search


def searches() -> None:
    """Simon's designs."""
    for p0, p1, alpha, power in CASES:
        aim = Aim(p0, p1, None, alpha, power)
        name = f"{p0:g} v {p1:g}, alpha {alpha:g}, power {power:g}, n to 100"
        row(f"optimum and minimax, {name}", 1e3 * seconds(lambda aim=aim: both(aim, 100), 20), "ms", "at most 25")
        row(f"whole curve, {name}", 1e3 * seconds(lambda aim=aim: Search(aim, 100).curve(), 10), "ms", "at most 100")
    aim = Aim(0.1, 0.3, None, 0.05, 0.9)
    own, plain = seconds(lambda: both(aim, 100), 20), seconds(lambda: naive(aim, 100), 2)
    found = both(aim, 100)
    assert naive(aim, 100)[1:] == (found.optimal().n[0], found.minimax().n[0])
    row("plain vectorised search / ours, n to 100", plain / own, "x")
    row(
        "plain vectorised search / our whole curve, n to 100",
        plain / seconds(lambda: Search(aim, 100).curve(), 10),
        "x",
    )
    for aim in (Aim(0.3, 0.45, None, 0.05, 0.9), Aim(0.5, 0.6, None, 0.05, 0.9)):
        tracemalloc.start()
        both(aim, 300)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        name = f"{aim.p0:g} v {aim.p1:g}, n to 300"
        row(f"memory, {name}", peak, "MiB", "at most 500")
        row(f"optimum and minimax, {name}", 1e3 * seconds(lambda aim=aim: both(aim, 300), 3), "ms")
    truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
    row("sample_size(TwoStage())", 1e3 * seconds(lambda: ici.sample_size(ici.TwoStage(), truth, power=0.8), 5), "ms")


def monitoring() -> None:
    """A look after each of 100 patients; thresholds change so that nothing is remembered."""
    law = ici.BetaMixture.from_counts(7, 38)
    rng = np.random.default_rng(1)
    for label, benchmark in (("a number", 0.2), ("a law", law)):

        def predictive(benchmark: object = benchmark) -> object:
            design = ici.SingleArm(n=100, benchmark=benchmark, rule=ici.LeeLiu(0.9 + 0.01 * rng.random(), first=1))
            return design.stages(design.reference)

        def posterior(benchmark: object = benchmark) -> object:
            design = ici.SingleArm(n=100, benchmark=benchmark, rule=ici.ThallSimon(0.95, 0.1 * rng.random(), first=1))
            return design.stages(design.reference)

        row(f"predictive-probability bounds, against {label}", 1e3 * seconds(predictive, 5), "ms", "under 1000")
        row(f"posterior bounds, against {label}", 1e3 * seconds(posterior, 5), "ms")
    truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    design = ici.SingleArm(n=100, benchmark=0.2, rule=ici.LeeLiu(0.9, first=1)).plan_for(truth)
    row("power() of 100 looks", 1e3 * seconds(lambda: ici.power(design, truth), 5), "ms")
    uncertain = truth.with_(effect=ici.Rate(ici.BetaMixture(1, 8, 12)))
    row("assurance() of 100 looks", 1e3 * seconds(lambda: ici.assurance(design, uncertain), 3), "ms")


def after() -> None:
    """Inference after the trial."""
    design = ici.TwoStage(r1=8, n1=37, r=22, n=83, benchmark=0.2)
    row(
        "after_trial(), p value, estimates and interval",
        1e3 * seconds(lambda: str(ici.after_trial(design, (10, 25))), 5),
        "ms",
    )
    changed = seconds(lambda: str(ici.after_trial(design, (10, 25), patients=(37, 90))), 3)
    row("the same with another last stage", 1e3 * changed, "ms")


if __name__ == "__main__":
    searches()
    monitoring()
    after()
