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

__all__ = ["Events", "PValueMedians", "PValueShape", "Sizes", "apart", "favoured", "had_events", "sizes"]

_FEWEST = 0.3  # events per patient; fewer would not bring two curves to their medians
_FRACTIONS = tuple(float(x) for x in np.linspace(_FEWEST, 1, 15))
_EARLY = ("PFS", "TTP")  # most patients have the event
_USUAL = {True: Range(0.7, 1.0), False: Range(0.3, 0.8)}  # events per patient, early and late endpoints
_SHAPES = tuple(float(x) for x in np.linspace(0.5, 2.0, 16))
_CORRELATION = 0.7  # of the logs of the ratio of Kaplan-Meier medians and of the hazard ratio
_TENSE, _IMPOSSIBLE = 2.0, 2.5  # standard errors
_CROSSING = math.log(2)  # what hazards out of proportion may add to the log hazard ratio
_STEEPEST = 2.0
_OF_TWO_SIDES = ("p value", "hazard ratio", "ratio of medians")  # what their `events` are of; a median's are its own


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


class Events(NamedTuple):
    """How many patients of both sides had the event, as printed or else as they can have had it."""

    held: Range
    patients: int
    printed: bool

    @property
    def fractions(self) -> tuple[float, ...]:
        """Events per patient, each of which is possible."""
        return (min(max(self.held.low, 1) / self.patients, 1.0),) if self.printed else _FRACTIONS

    @property
    def real(self) -> bool:
        """Whether there are events, and no more than patients."""
        return 0 < self.held.high <= self.patients


def had_events(test: Finding, n: Sizes) -> Events:
    """The events that a comparison prints of both sides together, or else all from the fewest to the patients."""
    patients = sum(n)
    if test.events is None or test.statistic not in _OF_TWO_SIDES:
        return Events(Range(_FEWEST * patients, patients), patients, printed=False)
    return Events(Range(test.events, test.events), patients, printed=True)


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


def _separated(n: Sizes, events: float) -> float:
    """The largest log-rank statistic: all patients of one side who have the event have it before any of the other."""
    return max(_all_first(min(a, int(events)), b) for a, b in (n, (n.comparator, n.group)))


def _all_first(first: int, last: int) -> float:
    if not first:
        return 0.0
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
        z, ratio, events = z_range(test), favoured(test, pair), had_events(test, n)
        least = _events(z.low, ratio.high, n)
        most = _events(z.high, ratio.low, n)
        effect = z.low * n.root / math.sqrt(max(events.fractions))
        steep = _least_apart(ratio, z, n.root, events.fractions, _SHAPES)
        beyond = effect - _STEEPEST * max(ratio.high, 0.0) - min(ratio.high, 0.0) / _STEEPEST
        never = z.low > _separated(n, events.held.high) or (steep > _IMPOSSIBLE and beyond > _CROSSING)
        outside = least > events.held.high or most < events.held.low
        significant = z.low >= two_sided_z(0.05)
        odd = outside and _least_apart(ratio, z, n.root, events.fractions, (1.0,)) > _TENSE
        steeper = significant and least > _STEEPEST**2 * events.patients
        what = _consequence(Range(least, most), events, ratio, effect)
        verdict = judged(never or not events.real, odd or steeper)
        return self.line(study, [test, pair.group, pair.comparator], _numbers(test, pair, n, events), verdict, what)


def _numbers(test: Finding, pair: Pair, n: Sizes, events: Events) -> dict[str, float]:
    z, ratio = two_sided_z(float(test.p or 0.5)), _log_medians(test, pair)
    numbers = {"z": z, "log ratio of medians": ratio}
    if ratio > 0:
        numbers["events implied at least" if test.p_bound else "events implied"] = _events(z, ratio, n)
    if events.printed:
        numbers["events printed"] = events.held.high
    return {**numbers, "patients": events.patients}


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


def _consequence(implied: Range, events: Events, ratio: Range, effect: float) -> str:
    if not events.real:
        return f"It prints {_of_patients(events)} with the event, who give no p value: ask whose events they are."
    if ratio.high <= 0:
        return (
            "The side that did better has the shorter median: curves that cross, or a misprint; take neither a hazard "
            "ratio nor a ratio of medians from here."
        )
    needed = f"Exponential curves would need {_implied(implied)}" + (
        f", and {_of_patients(events)} had one" if events.printed else f" of {events.patients} patients"
    )
    if implied.low > events.held.high:
        so = "with so many" if events.printed else "with an event for every patient"
        return (
            f"{needed}: {so} the hazard ratio is {math.exp(-effect):.2g}, the ratio of medians "
            f"{math.exp(-ratio.high):.2g}, and only a shape above {effect / ratio.high:.2g} or chance reconciles them; "
            "do not plan with both."
        )
    if implied.high < events.held.low:
        return (
            f"{needed}{'' if events.printed else ' only'}: the medians differ more than the p value supports, so the "
            "ratio of medians overstates the effect."
        )
    return f"{needed}, which is possible."


def _of_patients(events: Events) -> str:
    return f"{events.held.high:.0f} of {events.patients} patients"


def _implied(events: Range) -> str:
    if math.isfinite(events.high):
        return f"{_whole(events.low)} to {_whole(events.high)} events"
    return f"at least {_whole(events.low)} events"


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
        events = had_events(test, n)
        if log_medians <= 0 or not events.real:
            return None  # no shape; `PValueMedians` says so
        usual = events.fractions if events.printed else tuple(_USUAL[test.endpoint in _EARLY])
        most, least = (z * n.root / math.sqrt(f) for f in (usual[0], usual[-1]))
        distance = _least_apart(favoured(test, pair), z_range(test), n.root, usual, _SHAPES)
        numbers = {
            "ratio of medians": math.exp(log_medians),
            "least hazard ratio": math.exp(-most),
            "most hazard ratio": math.exp(-least),
            "least shape": least / log_medians,
            "most shape": most / log_medians,
        }
        had = (
            f"As {_of_patients(events)}" if events.printed else f"If {usual[0]:.0%} to {usual[-1]:.0%} of the patients"
        )
        what = (
            f"{had} had the event, the p value gives a hazard ratio of {_between(math.exp(-most), math.exp(-least))}; "
            f"one over the ratio of medians is {math.exp(-log_medians):.2f}, so the shape is "
            f"{_between(least / log_medians, most / log_medians)}."
        )
        return self.line(study, [test, pair.group, pair.comparator], numbers, judged(False, distance > _TENSE), what)


def _between(low: float, high: float) -> str:
    return f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
