"""Ratios of hazards and of medians, beside the medians, p values and patients that belong to them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from icibaseline.evidence.arithmetic import two_sided_z, z_of_level
from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.groups import Pair, compared, tests
from icibaseline.evidence.coherence.intervals import inside
from icibaseline.evidence.coherence.reading import Range, in_months, level, limits, log_ratio, span, z_range
from icibaseline.evidence.coherence.twosided import Sizes, apart, had_events, sizes
from icibaseline.evidence.records import Finding
from icibaseline.evidence.relations import same_group, same_quantity

__all__ = ["HazardRatioMedians", "HazardRatioPValue", "HazardRatioPatients", "RatioOfMedians"]

_TENSE = 2.0  # standard errors
_SHAPES = tuple(0.5 + 0.1 * i for i in range(16))
_TESTS_DIFFER, _TESTS_DIFFER_BY = 0.1, 0.15  # Wald, score and log-rank statistics of the same data: 0.1 + 0.15 z


class RatioOfMedians(Comparison):
    """A printed ratio of medians and the medians themselves."""

    name: ClassVar[str] = "ratio of medians v medians"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per ratio between two printed medians."""
        for f in study.having("ratio of medians"):
            pair = compared(f, study)
            if pair is None:
                yield self.lacks("the two medians are not both printed", f)
            elif f.value is not None and f.value > 0:
                yield self._judge(study, f, pair)

    def _judge(self, study: Study, f: Finding, pair: Pair) -> Found:
        logs = log_ratio(in_months(pair.group), in_months(pair.comparator))
        found = Range(math.exp(logs.low), math.exp(logs.high))
        inverse = Range(1 / found.high, 1 / found.low)
        held = span(f)
        stated = Range(held.low, held.high + 0.5) if f.decimals == 0 else held  # "more than double" stops at three
        fits, turned = stated.meets(found), stated.meets(inverse)
        middle = math.sqrt(found.low * found.high)
        numbers = {"printed ratio": float(f.value or 0), "ratio of the medians": middle}
        what = f"The medians give {found.low:.3g} to {found.high:.3g}; only exponential curves make it a hazard ratio."
        if not fits:
            what = f"The medians give {found.low:.3g} to {found.high:.3g}, not {f.value:g}" + (
                ": it is the ratio of the other side to this one." if turned else ": one of the three is misprinted."
            )
        return self.line(
            study, [f, pair.group, pair.comparator], numbers, judged(not fits and not turned, not fits), what
        )


class HazardRatioMedians(Comparison):
    """The Weibull shape at which a printed hazard ratio has this ratio of medians."""

    name: ClassVar[str] = "hazard ratio v medians"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per hazard ratio between two printed medians, with an interval or numbers of patients."""
        for f in study.having("hazard ratio"):
            pair = compared(f, study) if f.value is not None and f.value > 0 else None
            if pair is None or not pair.oriented:
                continue
            error, n = _log_error(f), sizes(f, pair)
            if error is None and n is None:
                yield self.lacks("neither an interval nor the patients of both sides are printed", f)
            else:
                yield self._judge(study, f, pair, error, n)

    def _judge(self, study: Study, f: Finding, pair: Pair, error: float | None, n: Sizes | None) -> Found:
        held = span(f)
        effect = Range(-math.log(held.high), -math.log(max(held.low, 1e-9)))
        ratio = log_ratio(in_months(pair.group), in_months(pair.comparator))
        root = n.root if n is not None else float(error or 0)
        events = had_events(f, n) if n is not None else None
        fraction = 1.0 if error is None else min(max((root / error) ** 2, 0.1), 1.0)
        samples = "small samples"
        if events is not None and events.printed:
            (fraction,) = events.fractions
            samples = f"{f.events} events of {events.patients} patients"
        distance = min(apart(ratio, effect, root, fraction, k) for k in _SHAPES)
        medians = (ratio.low + ratio.high) / 2
        numbers = {"hazard ratio": float(f.value or 0), "ratio of medians": math.exp(medians)}
        shape = -math.log(numbers["hazard ratio"]) / medians if medians else math.inf
        if math.isfinite(shape):
            numbers["shape"] = shape
        tense = distance > _TENSE
        what = f"Proportional Weibull curves of shape {shape:.2g} have both, within the error of {samples}."
        if tense:
            what = (
                f"No shape from 0.5 to 2 reconciles them (they ask for {shape:.2g}): hazards are not proportional, or "
                "the hazard ratio is adjusted; size with the ratio of the endpoint that will be tested, not both."
            )
        return self.line(study, [f, pair.group, pair.comparator], numbers, judged(False, tense), what)


def _log_error(f: Finding) -> float | None:
    """Standard error of the log of a ratio, from its interval."""
    if (
        f.lower is None
        or f.upper is None
        or f.lower <= 0
        or f.interval_label not in ("CI", "credible interval", "unstated")
    ):
        return None
    return math.log(f.upper / f.lower) / (2 * z_of_level(level(f)))


class HazardRatioPValue(Comparison):
    """The p value that a hazard ratio and its interval give, and the one printed."""

    name: ClassVar[str] = "hazard ratio v p"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per hazard ratio with an interval and a p value of the same comparison."""
        for f in study.having("hazard ratio"):
            if _log_error(f) is None or f.value is None or f.value <= 0 or not inside(f):
                continue
            if (f.favours == "group" and (f.lower or 0) > 1) or (f.favours == "comparator" and (f.upper or 0) < 1):
                yield self._wrong_way(study, f)
            printed = [t for t in tests(study) if t is f or _same_comparison(f, t)]
            for test in printed if len(printed) == 1 else [t for t in printed if t is f or _linked(f, t)]:
                yield self._judge(study, f, test)

    def _wrong_way(self, study: Study, f: Finding) -> Found:
        what = "The whole interval says that the other side did better: exchange the sides before it is used."
        numbers = {"hazard ratio": float(f.value or 0), "lower": float(f.lower or 0), "upper": float(f.upper or 0)}
        return self.line(study, [f], numbers, "impossible", what)

    def _judge(self, study: Study, f: Finding, test: Finding) -> Found:
        own, printed = _wald(f), z_range(test)
        gap = max(own.low - printed.high, printed.low - own.high, 0.0)
        allowed = _TESTS_DIFFER + _TESTS_DIFFER_BY * own.high
        middle = (own.low + own.high) / 2
        one_sided = Range(two_sided_z(min(2 * float(test.p or 0.5), 1.0)), math.inf if test.p_bound else printed.low)
        halved = own.meets(one_sided)
        error = _log_error(f)
        numbers = {"z of the interval": middle, "z of p": two_sided_z(float(test.p or 0.5)), "error": float(error or 0)}
        what = "Interval and p value are of one test, or of two that agree."
        if gap > allowed:
            what = f"The interval means z = {middle:.2f}, the p value z = {numbers['z of p']:.2f}: " + (
                "the p value is one-sided; double it before it becomes information."
                if halved
                else "adjusted and crude results are mixed, or one is misprinted; use the interval alone."
            )
        # never impossible: an adjusted hazard ratio may stand beside the p value of a crude log-rank test
        return self.line(study, [f, test], numbers, judged(False, gap > allowed), what)


def _wald(f: Finding) -> Range:
    """What the absolute Wald statistic can have been."""
    (low, high), own = limits(f), span(f)
    assert low is not None
    assert high is not None
    double = 2 * z_of_level(level(f))
    narrow = math.log(max(high.low / low.high, 1 + 1e-9)) / double
    wide = math.log(high.high / max(low.low, float(f.lower or 1) / 10)) / double
    ends = sorted(abs(math.log(max(x, 1e-9))) for x in own)
    least = 0.0 if own.low <= 1 <= own.high else ends[0]
    return Range(least / wide, ends[1] / narrow)


def _linked(f: Finding, test: Finding) -> bool:
    return test.id in f.read_with or f.id in test.read_with


def _same_comparison(f: Finding, test: Finding) -> bool:
    if test.statistic != "p value" or not same_quantity(f, test):
        return False
    labelled = same_group(f, test) and (f.comparator, f.n, f.n_comparator) == (
        test.comparator,
        test.n,
        test.n_comparator,
    )
    return labelled or _linked(f, test)


class HazardRatioPatients(Comparison):
    """The fewest events that make an interval of a hazard ratio as narrow, and the patients there are."""

    name: ClassVar[str] = "hazard ratio v n"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per hazard ratio with both limits, in a document that prints numbers of patients."""
        for f in study.having("hazard ratio"):
            error = _log_error(f)
            known = sizes(f, compared(f, study))
            n = sum(known) if known is not None else study.most
            if error is not None and n:
                yield self._judge(study, f, error, n)

    def _judge(self, study: Study, f: Finding, error: float, n: int) -> Found:
        low, high = limits(f)
        assert low is not None
        assert high is not None
        widest = math.log(high.high / max(low.low, float(f.lower or 1) / 10)) / (2 * z_of_level(level(f)))
        needed = 4 / widest**2
        numbers = {"fewest events": 4 / error**2, "patients at most": n}
        known, who = f"there are at most {n} patients", "patients"
        if f.events is not None:
            numbers["events printed"] = f.events
            known, who = f"{f.events} of at most {n} patients had one", "events"
        short = needed > min(n, n if f.events is None else f.events)
        what = f"It is as precise as {numbers['fewest events']:.1f} events at 1:1, and there are {who} enough."
        if short:
            what = f"It needs at least {needed:.0f} events and {known}: it is not the interval of this comparison."
        return self.line(study, [f], numbers, judged(short), what)
