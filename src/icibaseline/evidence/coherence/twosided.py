"""A p value, the two medians and the numbers of patients: whether two curves can give all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np

from icibaseline.evidence.arithmetic import events_implied, two_sided_z
from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.groups import Pair, compared, tests
from icibaseline.evidence.coherence.reading import Range, in_months, log_ratio, z_range
from icibaseline.evidence.records import Finding

__all__ = ["PValueMedians", "PValueShape", "Sizes", "apart", "favoured", "sizes"]

_FEWEST = 0.3  # events per patient; fewer would not bring two curves to their medians
_FRACTIONS = tuple(float(x) for x in np.linspace(_FEWEST, 1, 15))
_EARLY = ("PFS", "TTP")  # most patients have the event
_USUAL = {True: Range(0.7, 1.0), False: Range(0.3, 0.8)}  # events per patient, early and late endpoints
_SHAPES = tuple(float(x) for x in np.linspace(0.5, 2.0, 16))
_CORRELATION = 0.7  # of the logs of the ratio of Kaplan-Meier medians and of the hazard ratio
_TENSE, _IMPOSSIBLE = 2.0, 2.5  # standard errors
_CROSSING = math.log(2)  # what hazards out of proportion may add to the log hazard ratio
_STEEPEST = 2.0


class Sizes(NamedTuple):
    """Patients on the two sides."""

    group: int
    comparator: int

    @property
    def root(self) -> float:
        """Standard error of a difference, per standard deviation of one patient."""
        return math.sqrt(1 / self.group + 1 / self.comparator)


def sizes(test: Finding, pair: Pair | None) -> Sizes | None:
    """The patients on both sides, from the comparison or else from the two medians."""
    n, other = (pair.group.n, pair.comparator.n) if pair is not None else (None, None)
    if test.n_comparator is not None:  # without it, `test.n` may be that of both sides together
        n, other = n if test.n is None else test.n, test.n_comparator
    return None if n is None or other is None else Sizes(n, other)


def favoured(test: Finding, pair: Pair) -> Range:
    """What the log ratio of the medians can have been, positive if the side that did better has the longer one."""
    ratio = log_ratio(in_months(pair.group), in_months(pair.comparator))
    if test.favours is not None and pair.oriented:
        return ratio if test.favours == "group" else Range(-ratio.high, -ratio.low)
    low, high = sorted((abs(ratio.low), abs(ratio.high)))
    return Range(0.0 if ratio.low <= 0 <= ratio.high else low, high)


def apart(ratio: Range, effect: Range, root: float, fraction: float, shape: float) -> float:
    """Standard errors between shape times the log ratio of medians and the log hazard ratio, after rounding.

    `effect` is the absolute log hazard ratio; its standard error is root / sqrt(fraction), that of the log ratio of
    medians is root / (shape log 2), and the two are correlated.
    """
    medians, hazards = 1 / math.log(2), 1 / math.sqrt(fraction)
    error = root * math.sqrt(medians**2 + hazards**2 - 2 * _CORRELATION * medians * hazards)
    return max(shape * ratio.low - effect.high, effect.low - shape * ratio.high, 0.0) / error


def _least_apart(ratio: Range, z: Range, root: float, fractions: tuple[float, ...], shapes: tuple[float, ...]) -> float:
    return min(apart(ratio, z.times(root / math.sqrt(f)), root, f, k) for f in fractions for k in shapes)


def _separated(n: Sizes) -> float:
    """The largest log-rank statistic: every patient of one side has the event before any of the other."""
    return max(_all_first(n.group, n.comparator), _all_first(n.comparator, n.group))


def _all_first(first: int, last: int) -> float:
    at_risk = np.arange(first, 0, -1)
    share = at_risk / (at_risk + last)
    return float((1 - share).sum() / math.sqrt((share * (1 - share)).sum()))


class PValueMedians(Comparison):
    """The events that a p value and two medians imply, beside the patients there are."""

    name: ClassVar[str] = "p v medians v n"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per p value between two printed medians of known numbers of patients."""
        for test in tests(study):
            pair = compared(test, study)
            n = sizes(test, pair)
            if pair is None:
                if test.statistic == "p value":
                    yield self.lacks("the two medians that it compares are not both printed", test)
            elif n is None:
                yield self.lacks(_without_sizes(test, pair), test, pair.group, pair.comparator)
            else:
                yield self._judge(study, test, pair, n)

    def _judge(self, study: Study, test: Finding, pair: Pair, n: Sizes) -> Found:
        z, ratio, patients = z_range(test), favoured(test, pair), sum(n)
        least = _events(z.low, ratio.high, n)
        most = _events(z.high, ratio.low, n)
        steep = _least_apart(ratio, z, n.root, _FRACTIONS, _SHAPES)
        beyond = z.low * n.root - _STEEPEST * max(ratio.high, 0.0) - min(ratio.high, 0.0) / _STEEPEST
        never = z.low > _separated(n) or (steep > _IMPOSSIBLE and beyond > _CROSSING)
        outside = least > patients or most < _FEWEST * patients
        significant = z.low >= two_sided_z(0.05)
        odd = outside and _least_apart(ratio, z, n.root, _FRACTIONS, (1.0,)) > _TENSE
        steeper = significant and least > _STEEPEST**2 * patients
        numbers = {"z": two_sided_z(float(test.p or 0.5)), "log ratio of medians": _log_medians(test, pair)}
        if numbers["log ratio of medians"] > 0:
            point = _events(numbers["z"], numbers["log ratio of medians"], n)
            numbers["events implied at least" if test.p_bound else "events implied"] = point
        numbers["patients"] = patients
        what = _consequence(least, most, patients, ratio, n.root * z.low)
        return self.line(study, [test, pair.group, pair.comparator], numbers, judged(never, odd or steeper), what)


def _events(z: float, log_medians: float, n: Sizes) -> float:
    return events_implied(z, log_medians, *n) if log_medians > 0 and math.isfinite(z) else math.inf


def _log_medians(test: Finding, pair: Pair) -> float:
    ratio = math.log(_middle(pair.group) / _middle(pair.comparator))
    if test.favours is None or not pair.oriented:
        return abs(ratio)
    return ratio if test.favours == "group" else -ratio


def _middle(median: Finding) -> float:
    low, high = in_months(median)
    return (low + high) / 2


def _without_sizes(test: Finding, pair: Pair) -> str:
    ratio = abs(_log_medians(test, pair))
    lacking = "the patients of both sides are missing"
    if ratio == 0:
        return lacking
    events = 4 * (two_sided_z(float(test.p or 0.5)) / ratio) ** 2
    return f"{lacking}; exponential curves would need at least {events:.0f} events, with equal sides"


def _consequence(least: float, most: float, patients: int, ratio: Range, whole_effect: float) -> str:
    if ratio.high <= 0:
        return (
            "The side that did better has the shorter median: curves that cross, or a misprint; take neither a hazard "
            "ratio nor a ratio of medians from here."
        )
    implied = f"{_whole(least)} to {_whole(most)} events" if math.isfinite(most) else f"at least {_whole(least)} events"
    if least > patients:
        return (
            f"Exponential curves would need {implied} of {patients} patients: with an event for every patient the "
            f"hazard ratio is {math.exp(-whole_effect):.2g}, the ratio of medians {math.exp(-max(ratio.high, 0)):.2g}, "
            f"and only a shape above {whole_effect / ratio.high:.2g} or chance reconciles them; do not plan with both."
        )
    if most < _FEWEST * patients:
        return (
            f"Exponential curves would need {implied} of {patients} patients only: the medians differ more than the p "
            "value supports, so the ratio of medians overstates the effect."
        )
    return f"Exponential curves would need {implied} of {patients} patients, which is possible."


def _whole(x: float) -> str:
    return "more than could be counted" if math.isinf(x) else f"{x:.0f}"


class PValueShape(Comparison):
    """The Weibull shape at which the hazard ratio of a p value has this ratio of medians."""

    name: ClassVar[str] = "hazard ratio v medians"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per p value, not a bound, between two printed medians of known numbers of patients."""
        for test in tests(study):
            pair = compared(test, study)
            n = sizes(test, pair)
            if pair is not None and n is not None and not test.p_bound:
                found = self._judge(study, test, pair, n)
                if found is not None:
                    yield found

    def _judge(self, study: Study, test: Finding, pair: Pair, n: Sizes) -> Found | None:
        log_medians, z = _log_medians(test, pair), two_sided_z(float(test.p or 0.5))
        if log_medians <= 0:
            return None  # no shape; `PValueMedians` says so
        usual = _USUAL[test.endpoint in _EARLY]
        most, least = (z * n.root / math.sqrt(f) for f in usual)
        distance = _least_apart(favoured(test, pair), z_range(test), n.root, tuple(usual), _SHAPES)
        numbers = {
            "ratio of medians": math.exp(log_medians),
            "least hazard ratio": math.exp(-most),
            "most hazard ratio": math.exp(-least),
            "least shape": least / log_medians,
            "most shape": most / log_medians,
        }
        what = (
            f"If {usual.low:.0%} to {usual.high:.0%} of the patients had the event, the p value gives a hazard ratio "
            f"of {math.exp(-most):.2f} to {math.exp(-least):.2f}; one over the ratio of medians is "
            f"{math.exp(-log_medians):.2f}, so the shape is {least / log_medians:.2f} to {most / log_medians:.2f}."
        )
        return self.line(study, [test, pair.group, pair.comparator], numbers, judged(False, distance > _TENSE), what)
