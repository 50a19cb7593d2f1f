"""Time of the batched log-rank test, against the time that NumPy itself needs for the same draws and one row sort.

    python benchmarks/logrank_kernel.py [--repeats 15] [--peers]

10,000 trials of 300 patients: exponential survival, uniform accrual, exponential drop-out, cut at 200 events. The floor
is three draws per patient and one plain float64 row sort. All are measured in turn, and the least time of each is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from icibaseline.statistics._kernel import Workspace, logrank

TRIALS, PATIENTS, EVENTS, BLOCK = 10_000, 300, 200, 256
ACCRUAL, MEDIAN, RATIO, DROPOUT = 24.0, 4.7, 0.6, 0.01
ARM = np.arange(PATIENTS) % 2 == 0
SCALE = np.where(ARM, MEDIAN / np.log(2) / RATIO, MEDIAN / np.log(2))


class Block:
    """Buffers of 256 trials, and the whole trial in them: draw, cut, test."""

    def __init__(self) -> None:
        shape = (BLOCK, PATIENTS)
        self.failure, self.dropout, self.entry = np.empty(shape), np.empty(shape), np.empty(shape)
        self.calendar, self.sorted = np.empty(shape), np.empty(shape)
        self.event = np.empty(shape, np.bool_)
        self.workspace = Workspace(BLOCK, PATIENTS)

    def draw(self, rng: np.random.Generator) -> None:
        rng.standard_exponential(out=self.failure)
        rng.standard_exponential(out=self.dropout)
        rng.random(out=self.entry)

    def cut(self) -> None:
        """Turn the draws into follow-up times (in `dropout`) and events, at the calendar time of the 200th event."""
        np.multiply(self.failure, SCALE, out=self.failure)
        np.multiply(self.dropout, 1 / DROPOUT, out=self.dropout)
        np.multiply(self.entry, ACCRUAL, out=self.entry)
        np.less(self.dropout, self.failure, out=self.event)
        np.minimum(self.failure, self.dropout, out=self.dropout)
        np.putmask(self.failure, self.event, np.inf)  # no event, however late the cut
        np.add(self.entry, self.failure, out=self.calendar)
        np.copyto(self.sorted, self.calendar)
        self.sorted.view(np.int64).partition(EVENTS - 1, axis=1)  # of floats >= 0, the bits keep the order
        cut = self.sorted[:, EVENTS - 1, np.newaxis]
        np.less_equal(self.calendar, cut, out=self.event)  # in calendar time: exactly 200 events, whatever the rounding
        np.subtract(cut, self.entry, out=self.entry)
        np.minimum(self.dropout, self.entry, out=self.dropout)  # below 0 for those who enter after the cut

    def test(self) -> tuple[np.ndarray, np.ndarray]:
        return logrank(self.dropout, self.event, ARM, workspace=self.workspace)

    def floor(self, rng: np.random.Generator) -> None:
        self.draw(rng)
        self.failure.sort(axis=1)


def seconds(action: Callable[[], object], blocks: int) -> float:
    start = perf_counter()
    for _ in range(blocks):
        action()
    return perf_counter() - start


def measure(repeats: int) -> None:
    blocks, block = -(-TRIALS // BLOCK), Block()

    def trial() -> None:
        block.draw(rng)
        block.cut()
        block.test()

    rng = np.random.default_rng(1)
    actions = {
        "floor": lambda: block.floor(rng),
        "trial": trial,
        "kernel": block.test,  # on the block that the trials left
        "draws": lambda: block.draw(rng),
    }
    least = dict.fromkeys(actions, np.inf)
    ratios = []
    for _ in range(repeats):
        now = {name: seconds(action, blocks) for name, action in actions.items()}
        ratios.append(now["trial"] / now["floor"])
        least = {name: min(least[name], now[name]) for name in actions}
    floor = least["floor"]
    print(f"{blocks * BLOCK} trials of {PATIENTS} patients, cut at {EVENTS} events; least of {repeats} rounds")
    for name, time in least.items():
        print(f"  {name:8s}{time * 1e3:8.1f} ms {time / floor:6.2f} x floor")
    print(f"  trial / floor, median of the rounds: {np.median(ratios):.2f}; at most 2.3 wanted")


def peers(trials: int = 20) -> None:
    """Lifelines and statsmodels, called per trial on the same data."""
    from lifelines.statistics import logrank_test
    from statsmodels.duration.survfunc import survdiff

    block = Block()
    block.draw(np.random.default_rng(1))
    block.cut()
    inside = block.dropout >= 0
    rows = [(block.dropout[r][inside[r]], block.event[r][inside[r]], ARM[inside[r]]) for r in range(trials)]
    own = min(seconds(block.test, 1) for _ in range(50)) / BLOCK
    print(f"analysis only, per trial: {own * 1e3:.4f} ms here")

    def every(test: Callable[..., object]) -> None:
        for row in rows:
            test(*row)

    tests: dict[str, Callable[..., object]] = {
        "statsmodels survdiff": lambda t, e, a: survdiff(t, e, a),
        "lifelines logrank_test": lambda t, e, a: logrank_test(t[a], t[~a], e[a], e[~a]),
    }
    for name, test in tests.items():
        each = min(seconds(partial(every, test), 1) for _ in range(3)) / trials
        print(f"  {name:24s}{each * 1e3:9.3f} ms {each / own:8.0f} x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--peers", action="store_true", help="time lifelines and statsmodels too")
    arguments = parser.parse_args()
    measure(arguments.repeats)
    if arguments.peers:
        peers()
