"""A number and the interval printed with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from icibaseline.evidence.arithmetic import (
    implied_shape,
    interval_methods,
    symmetric,
    symmetric_on_log_scale,
    z_of_level,
)
from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.reading import PROPORTIONS, Range, counts, level, limits, span
from icibaseline.evidence.records import Finding

__all__ = ["ImpliedShape", "MedianInterval", "PointInInterval", "ProportionInterval", "RatioInterval", "inside"]

_ESTIMATED = ("CI", "credible interval", "unstated")  # not the spread of the patients
_SHAPES = Range(0.6, 1.6)
_SKEW = 5.0  # the log of the ratio of the arms of an honest interval is rarely beyond 5 n^(-1/3)
_SHAPE_NOISE = 0.85  # one standard error of the log of an implied shape is about 0.85 n^(-1/3),
_WALD_NOISE = 3.2  # and 3.2 n^(-1/2) where a density had to be estimated
_OFF_CENTRE = 0.1  # of half the width
_SMALL = 50


def inside(finding: Finding) -> bool:
    """Whether the value may lie between its limits, as far as these are printed."""
    assert finding.value is not None
    unit = 10.0**-finding.decimals * (1 + 1e-9)
    above = finding.lower is None or finding.lower <= finding.value + unit
    return above and (finding.upper is None or finding.value <= finding.upper + unit)


def _has_interval(finding: Finding, kinds: tuple[str, ...]) -> bool:
    """Whether it has both limits of such an interval, in its own unit, around its value."""
    both = finding.lower is not None and finding.upper is not None and finding.value is not None
    return both and finding.interval_label in kinds and _one_unit(finding) and inside(finding)


def _one_unit(finding: Finding) -> bool:
    return finding.interval_unit is None or finding.interval_unit == finding.unit


class PointInInterval(Comparison):
    """The printed number lies in its interval, of whatever kind."""

    name: ClassVar[str] = "point v its interval"

    def of(self, study: Study) -> Iterator[Found]:
        """Every interval with a point outside, and those that no other comparison reads."""
        for f in study.findings:
            if f.value is None or f.interval_label is None or not _one_unit(f):
                continue
            held = {"point": f.value, "lower": f.lower, "upper": f.upper}
            numbers = {name: x for name, x in held.items() if x is not None}
            if not inside(f):
                what = f"{f.value:g} lies outside its own interval: one of the three is misprinted; use none of them."
                yield self.line(study, [f], numbers, "impossible", what)
            elif f.interval_label in ("range", "IQR") or None in (f.lower, f.upper) or f.statistic == "landmark":
                yield self.line(study, [f], numbers, "coherent", f"{f.value:g} lies in its {f.interval_label}.")


class MedianInterval(Comparison):
    """How the interval of a median was made, from where the median stands in it."""

    name: ClassVar[str] = "median v its interval"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per median of a time to an event with both limits."""
        for f in study.medians:
            if _has_interval(f, _ESTIMATED):
                yield self._judge(study, f)

    def _judge(self, study: Study, f: Finding) -> Found:
        value, lower, upper = float(f.value or 0), float(f.lower or 0), float(f.upper or 0)
        numbers = {"median": value, "lower arm": value - lower, "upper arm": upper - value}
        if symmetric(value, lower, upper, f.decimals):
            return self.line(study, [f], numbers, "coherent", _of_wald(f, value, lower, upper))
        if lower > 0 and symmetric_on_log_scale(value, lower, upper, f.decimals):
            what = "It is symmetric on the log scale: its width there is the standard error to use."
            return self.line(study, [f], numbers, "coherent", what)
        skew = _skew(f)
        if skew > _SKEW * (f.n or 20) ** (-1 / 3):
            numbers["arms on the log scale"] = math.exp(skew)
            what = (
                f"On the log scale the lower arm is at least {math.exp(skew):.2g} times the upper one, which no usual "
                "method gives: check the limits before the width is used as precision."
            )
            return self.line(study, [f], numbers, "tense", what)
        what = (
            "It is neither Wald nor symmetric on the log scale, as intervals read off a curve are: use its log width."
        )
        return self.line(study, [f], numbers, "coherent", what)


def _of_wald(f: Finding, value: float, lower: float, upper: float) -> str:
    error = (upper - lower) / (2 * z_of_level(level(f)) * value)
    made = f"It is symmetric to rounding, a Wald interval with standard error {error:.3g} of the log median"
    read = "" if f.level is not None else ", if the brackets are a 95% interval"
    if f.n is None or f.n >= _SMALL:
        return f"{made}{read}."
    return (
        f"{made}{read}; at n={f.n} such intervals cover 80 to 90% only, so use at least "
        f"1.25/sqrt(n) = {1.25 / math.sqrt(f.n):.3g}."
    )


def _skew(f: Finding) -> float:
    """The least log ratio of the lower to the upper arm on the log scale; rounding favours the upper one."""
    (low, high), own = limits(f), span(f)
    if low is None or high is None or low.low <= 0:
        return 0.0
    below, above = math.log(max(own.low / low.high, 1.0)), math.log(high.high / own.low)
    return math.log(below / above) if below > 0 else -math.inf


class ImpliedShape(Comparison):
    """The Weibull shape that would make an interval of a median as narrow as it is."""

    name: ClassVar[str] = "interval v n"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per median of a time to an event with both limits."""
        for f in study.medians:
            if not _has_interval(f, _ESTIMATED) or not f.lower or f.lower < 0:
                continue
            if f.n is None:
                yield self.lacks("the number of patients is missing, so nothing says how wide it should be", f)
            else:
                yield self._judge(study, f, f.n)

    def _judge(self, study: Study, f: Finding, n: int) -> Found:
        value, lower, upper = float(f.value or 0), float(f.lower or 0), float(f.upper or 0)
        wald = symmetric(value, lower, upper, f.decimals)
        shape = implied_shape(n, _log_error(f, wald, lower, upper))
        (low, high) = limits(f)
        assert low is not None
        assert high is not None
        least = implied_shape(n, _log_error(f, wald, max(low.low, lower / 10), high.high))
        most = implied_shape(n, _log_error(f, wald, low.high, max(high.low, low.high * (1 + 1e-9))))
        widest = math.exp(_SHAPE_NOISE * n ** (-1 / 3))
        top = max(_SHAPES.high * widest, math.exp(1.96 * _WALD_NOISE / math.sqrt(n)) if wald else 0.0)
        narrow, wide = least > top, most < _SHAPES.low / widest
        what = f"Its width is what {n} patients give."
        if narrow:
            what = (
                f"It is as narrow as that of {n * shape**2:.0f} patients on an exponential curve: patients were chosen "
                f"by their times or scanned together, so plan with the width that n={n} gives, "
                f"{1 / math.log(2) / math.sqrt(n):.2g} on the log scale."
            )
        if wide:
            what = (
                f"It is as wide as that of {n * shape**2:.0f} patients on an exponential curve: heavy censoring or a "
                "flat curve; use the printed width, not n."
            )
        numbers = {"n": n, "implied shape": shape, "least tolerated": _SHAPES.low / widest, "most tolerated": top}
        return self.line(study, [f], numbers, judged(False, narrow or wide), what)


def _log_error(f: Finding, wald: bool, lower: float, upper: float) -> float:
    """Standard error of the log median, by the scale on which the interval was made."""
    width = (upper - lower) / float(f.value or 1) if wald else math.log(upper / lower)
    return width / (2 * z_of_level(level(f)))


class RatioInterval(Comparison):
    """A hazard ratio stands in the middle of its interval on the log scale."""

    name: ClassVar[str] = "hazard ratio v its interval"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per hazard ratio with both limits."""
        for f in study.having("hazard ratio"):
            if _has_interval(f, _ESTIMATED) and f.value and f.lower and min(f.value, f.lower) > 0:
                yield self._judge(study, f, f.value, f.lower, float(f.upper or 0))
            elif f.interval_label is None:
                yield self.lacks("no interval is printed, so it has no standard error", f)

    def _judge(self, study: Study, f: Finding, value: float, lower: float, upper: float) -> Found:
        middle, half = math.sqrt(lower * upper), math.log(upper / lower) / 2
        (low, high), own = limits(f), span(f)
        assert low is not None
        assert high is not None
        least, most = math.sqrt(max(low.low, 1e-9) * high.low), math.sqrt(low.high * high.high)
        beyond = max(math.log(least / own.high), math.log(max(own.low, 1e-9) / most), 0.0)
        off = beyond > _OFF_CENTRE * half
        error = half / z_of_level(level(f))
        what = f"The standard error of its log is {error:.3g}, as of {4 / error**2:.1f} events at 1:1."
        if off:
            what = (
                f"It stands {beyond / half:.0%} of half the width away from the middle, {middle:.3g}: the estimate, a "
                "limit or the level is misprinted, or the interval is not that of a Cox model; do not take its width."
            )
        numbers = {"hazard ratio": value, "log middle": middle, "standard error": error}
        return self.line(study, [f], numbers, judged(False, off), what)


class ProportionInterval(Comparison):
    """Which method makes this interval from the count."""

    name: ClassVar[str] = "proportion v its interval"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per proportion of patients with both limits."""
        for f in study.having("percentage", "share", "count"):
            unit = f.interval_unit or f.unit
            if f.lower is None or f.upper is None or f.interval_label not in _ESTIMATED or unit not in PROPORTIONS:
                continue
            if f.n is None:
                yield self.lacks("the number of patients is missing", f)
            elif possible := _possible_counts(f, f.n):
                yield self._judge(study, f, f.n, possible)

    def _judge(self, study: Study, f: Finding, n: int, possible: tuple[int, ...]) -> Found:
        per = PROPORTIONS[str(f.interval_unit or f.unit)]
        lower, upper = float(f.lower or 0) / per, float(f.upper or 0) / per
        digits = f.decimals + (2 if per == 100 else 0)
        half = 0.5 * 10.0**-digits
        methods = {x: interval_methods(x, n, lower, upper, level(f), digits) for x in possible}
        made = [(x, name) for x, names in methods.items() for name in names]
        outside = all(not lower - half <= x / n <= upper + half for x in possible)
        events = made[0][0] if made else possible[0]
        numbers = {"events": events, "n": n, "proportion": events / n, "lower": lower, "upper": upper}
        what = f"{events}/{n} gives this interval by {' and '.join(name for x, name in made if x == events)}."
        if outside:
            what = (
                f"{events}/{n} lies outside the interval: count, patients or limits are misprinted; use none of them."
            )
        elif not made:
            what = (
                f"None of Clopper-Pearson, Wilson, Jeffreys and Wald gives it from {events}/{n}: the denominator may "
                "be another one, so a prior made of this count and one made of the interval differ."
            )
        return self.line(study, [f], numbers, judged(outside, not made), what)


def _possible_counts(f: Finding, n: int) -> tuple[int, ...]:
    if f.events is not None:
        return (f.events,)
    if f.unit in PROPORTIONS:
        return counts(f, n)
    return (int(f.value),) if f.value is not None and f.value <= n else ()
