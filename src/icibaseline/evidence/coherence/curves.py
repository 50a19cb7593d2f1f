"""Points of one survival curve: medians, landmarks and medians not reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar, NamedTuple

from icibaseline.evidence.arithmetic import weibull_shape
from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.groups import same_curve
from icibaseline.evidence.coherence.reading import PROPORTIONS, Range, in_months, proportion, time_to_event
from icibaseline.evidence.records import Finding

__all__ = ["MedianLandmark", "OneCurve", "landmarks", "off_landmark"]

_TENSE = 2.5  # standard errors: censoring makes the true ones up to 1.3 times as large


def landmarks(study: Study) -> tuple[Finding, ...]:
    """The landmarks of times to an event."""
    return tuple(
        f
        for f in study.having("landmark")
        if f.unit in PROPORTIONS and f.endpoint is not None and f.at and f.value is not None
    )


class _Point(NamedTuple):
    """A month, and what survival can have been then."""

    finding: Finding
    at: Range
    survival: Range


def _points(study: Study) -> Iterator[_Point]:
    for f in study.findings:
        if time_to_event(f):
            yield _Point(f, in_months(f), Range(0.5, 0.5))
        elif f.statistic == "not reached" and f.endpoint is not None and f.at:
            yield _Point(f, Range(f.at, f.at), Range(0.5, 1.0))
    for f in landmarks(study):
        yield _Point(f, Range(f.at or 0.0, f.at or 0.0), proportion(f))


class OneCurve(Comparison):
    """A survival curve never rises."""

    name: ClassVar[str] = "order along one curve"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per two points of a curve at different times."""
        points = sorted(_points(study), key=lambda x: (x.at, x.survival, x.finding.id))
        for first, second in combinations(points, 2):
            one_kind = first.finding.statistic == second.finding.statistic
            if not same_curve(first.finding, second.finding) or first.at.high >= second.at.low:
                continue
            if not (one_kind and first.survival == second.survival):  # a median printed twice is another matter
                yield self._judge(study, first, second)

    def _judge(self, study: Study, first: _Point, second: _Point) -> Found:
        rises = second.survival.low > first.survival.high
        before, after = _said(first, first.survival.high), _said(second, second.survival.low)
        what = f"The curve falls from {_said(first, _middle(first))} to {_said(second, _middle(second))}, as it must."
        if rises:
            what = (
                f"At most {before} and at least {after}: no curve rises; months, groups or endpoints are mixed up, so "
                "neither number can shape a control."
            )
        numbers = {
            "first month": _middle_of(first.at),
            "survival then": _middle(first),
            "second month": _middle_of(second.at),
            "survival at the second": _middle(second),
        }
        return self.line(study, [first.finding, second.finding], numbers, judged(rises), what)


def _middle_of(held: Range) -> float:
    return (held.low + held.high) / 2


def _middle(point: _Point) -> float:
    return _middle_of(point.survival)


def _said(point: _Point, survival: float) -> str:
    return f"{survival:.3g} at month {_middle_of(point.at):.3g}"


def off_landmark(printed: Range, expected: Range, n: int) -> float:
    """Standard errors between a landmark and what a curve expects of it, after rounding."""
    gap = max(printed.low - expected.high, expected.low - printed.high, 0.0)
    return gap / _binomial_error(printed, expected, n)


def _binomial_error(printed: Range, expected: Range, n: int) -> float:
    middles = (_middle_of(printed), _middle_of(expected))
    return max(math.sqrt(max(max(s * (1 - s) for s in middles), 1e-6) / n), 1e-9)


class MedianLandmark(Comparison):
    """The survival at a landmark that an exponential curve through the median expects."""

    name: ClassVar[str] = "median v landmark"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per median and landmark of one curve."""
        for median in study.medians:
            for mark in landmarks(study):
                if not same_curve(median, mark):
                    continue
                n = mark.n or median.n
                if n is None:
                    yield self.lacks("the number of patients is missing, so the distance has no scale", median, mark)
                else:
                    yield self._judge(study, median, mark, n)

    def _judge(self, study: Study, median: Finding, mark: Finding, n: int) -> Found:
        at, month, printed = float(mark.at or 0), in_months(median), proportion(mark)
        expected = Range(0.5 ** (at / month.low), 0.5 ** (at / month.high))
        tense = off_landmark(printed, expected, n) > _TENSE
        middle, seen = 0.5 ** (at / _middle_of(month)), _middle_of(printed)
        error = math.sqrt(seen * (1 - seen) / n) if 0 < seen < 1 else _binomial_error(printed, expected, n)
        numbers = {"printed": seen, "exponential": middle, "z": (seen - middle) / error}
        shape = _shape(_middle_of(month), at, seen)
        if shape is not None:
            numbers["Weibull shape"] = shape
        what = f"An exponential curve of median {_middle_of(month):.3g} has {middle:.3g} at month {at:g}, near enough."
        if tense:
            instead = f"; a Weibull curve of shape {shape:.3g} passes through both" if shape is not None else ""
            what = f"An exponential curve would have {middle:.3g} at month {at:g}: do not size with one{instead}."
        return self.line(study, [median, mark], numbers, judged(False, tense), what)


def _shape(median: float, at: float, survival: float) -> float | None:
    """The Weibull shape through both points; None where none passes."""
    if not 0 < survival < 1 or at == median or (at > median) != (survival < 0.5):
        return None
    return weibull_shape(median, at, survival)
