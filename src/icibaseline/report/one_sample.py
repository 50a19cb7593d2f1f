"""How one-sample tests of survival, and two stages of them, are shown."""

from __future__ import annotations

from typing import Any

from icibaseline._render import text
from icibaseline.designs import OperatingCharacteristics, TwoStageSurvival, TwoStageSurvivalDesigns
from icibaseline.designs.base import Planned
from icibaseline.designs.single_arm.survival import curve_of
from icibaseline.report.hooks import own_lines
from icibaseline.report.single_arm import benchmark_in_words
from icibaseline.report.tables import as_text, number
from icibaseline.report.wording import headline
from icibaseline.rules import GivenBounds
from icibaseline.statistics import ExponentialTest, Milestone, OneSample, OneSampleLogRank, RestrictedMean

__all__: list[str] = []

_VARIANCES = {"average": "", "expected": ", variance E", "poisson": ", Poisson reference"}


@text.register
def _(item: OneSampleLogRank) -> str:
    return f"one-sample log-rank test{_VARIANCES[item.variance]}{_more(item)}"


@text.register
def _(item: ExponentialTest) -> str:
    return f"exponential test{_more(item)}"


@text.register
def _(item: Milestone) -> str:
    return f"test of survival at month {number(item.at)}, {item.transform} scale{_more(item)}"


@text.register
def _(item: RestrictedMean) -> str:
    return f"test of the mean up to month {number(item.horizon)}{_more(item)}"


@own_lines.register
def _(plan: Planned, item: OperatingCharacteristics) -> list[str]:
    design: Any = item.design
    test = getattr(design, "statistic", None)
    if not isinstance(test, (Milestone, RestrictedMean)):
        return []
    scenario: Any = item.scenario
    held, hoped = test.value(curve_of(design.benchmark)), test.mixed(scenario.typical.resolved)
    if isinstance(test, Milestone):
        what, digits = f"survival at month {number(test.at)}", ".3f"
    else:
        what, digits = f"mean up to month {number(test.horizon)}", ".2f"
    return [f"{what}: {float(held):{digits}} by the benchmark, {hoped.item():{digits}} in the experimental arm"]


def _more(item: OneSample) -> str:
    until = "" if item.follow_up is None else f", each patient followed for {number(item.follow_up)} months"
    error = f", benchmark's error {number(item.benchmark_sd)} counted" if item.benchmark_sd else ""
    return until + error


@text.register
def _(item: GivenBounds) -> str:
    low = item.futility or (-float("inf"),) * (len(item.efficacy) - 1)
    looks = [_look(a, b) for a, b in zip((*low, -float("inf")), item.efficacy, strict=True)]
    return f"bounds on Z: {'; '.join(looks)}"


def _look(low: float, high: float) -> str:
    said = [f"stop below {low:.4g}"] if low > -float("inf") else []
    said += [f"reject above {high:.4g}"] if high < float("inf") else []
    return ", ".join(said) or "nothing"


@headline.register
def _(item: TwoStageSurvival) -> str:
    against = f"against {benchmark_in_words(item.benchmark)}, {item.statistic}, one-sided alpha {item.alpha:g}"
    if item.interim is None or item.c1 is None or item.c is None:
        return f"Two stages of one arm, {item.criterion}, {against}, {item.looks}"
    stop = f"stop if Z is below {item.c1:.4g} in month {item.interim:.4g}"
    return f"Two stages of one arm, {item.criterion}, {against}: {stop}, success if Z is above {item.c:.4g} at the end"


@text.register
def _(item: TwoStageSurvival) -> str:
    size = "unsized" if item.n is None else f"{item.n:g} patients"
    return f"{headline(item)}; {size}"


@text.register
def _(item: TwoStageSurvivalDesigns) -> str:
    head = ["n1", "n", "month", "c1", "c", "EN", "PET", ""]
    kept = {design.n: pair for design, pair in zip(item.admissible, item.weights, strict=True)}
    columns = (item.n1, item.n, item.interim, item.c1, item.c, item.expected_n, item.stop_early)
    rows = [
        [f"{n1:.1f}", str(n), f"{month:.2f}", f"{c1:.3f}", f"{c:.3f}", f"{en:.2f}", f"{stop:.3f}", _role(kept, n)]
        for n1, n, month, c1, c, en, stop in zip(*columns, strict=True)
    ]
    return (
        f"two-stage designs, {item.design.statistic}, one-sided alpha {item.design.alpha:g}, power {item.power:g}: "
        f"stop if Z < c1 in the month given, success if Z > c at the end\n{as_text(head, rows)}"
    )


def _role(kept: dict[float | None, tuple[float, float]], n: int) -> str:
    if n not in kept:
        return ""
    name = "optimal" if n == max(size or 0 for size in kept) else "minimax" if n == min(s or 0 for s in kept) else ""
    return f"{name or 'admissible'}, q {kept[n][0]:.3f} to {kept[n][1]:.3f}"
