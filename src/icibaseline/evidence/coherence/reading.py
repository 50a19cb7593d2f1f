"""What a printed number can have been before it was rounded, in one unit per quantity."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from icibaseline.evidence.arithmetic import rounded_range, two_sided_z, whole_numbers
from icibaseline.evidence.records import TIMES, Finding, digits_after_point

__all__ = [
    "PROPORTIONS",
    "Range",
    "counts",
    "in_months",
    "level",
    "limits",
    "log_ratio",
    "p_range",
    "proportion",
    "span",
    "time_to_event",
    "z_range",
]

PROPORTIONS: Final = {"percent": 100, "proportion": 1}  # what the unit makes of a part that is the whole
_MONTHS = {"months": 1.0, "years": 12.0, "weeks": 84 / 365.25, "days": 12 / 365.25}
_LEAST = 1e-9  # where rounding reaches 0, so that logarithms stay finite


class Range(NamedTuple):
    """All that a number can have been."""

    low: float
    high: float

    def meets(self, other: Range) -> bool:
        """Whether the two have a number in common."""
        return self.low <= other.high and other.low <= self.high

    def times(self, factor: float) -> Range:
        """The range in another unit."""
        return Range(self.low * factor, self.high * factor)


def _digits(x: float) -> int:
    return digits_after_point(repr(x).removesuffix(".0"))


def _held(finding: Finding) -> list[float]:
    return [x for x in (finding.lower, finding.upper) if x is not None]


def span(finding: Finding) -> Range:
    """What the value can have been; digits that only its limits need say nothing of the value."""
    assert finding.value is not None
    own = _digits(finding.value)
    from_limits = _held(finding) and own < finding.decimals == max(map(_digits, _held(finding)))
    return Range(*rounded_range(finding.value, own if from_limits else max(own, finding.decimals)))


def limits(finding: Finding) -> tuple[Range | None, Range | None]:
    """What the two limits can have been, in the unit of the value."""
    most = max(map(_digits, _held(finding)), default=0)
    from_value = finding.value is not None and most < finding.decimals == _digits(finding.value)
    digits = most if from_value else max(most, finding.decimals)
    held = (finding.lower, finding.upper)
    low, high = (None if x is None else Range(*rounded_range(x, digits)) for x in held)
    return low, high


def level(finding: Finding) -> float:
    """The level of the interval; brackets without a name are read as 95%."""
    return 0.95 if finding.level is None else finding.level


def time_to_event(finding: Finding) -> bool:
    """Whether it is the median of a time to an event."""
    timed = finding.statistic == "median" and finding.unit in TIMES and finding.endpoint is not None
    return timed and finding.value is not None and finding.value > 0


def in_months(finding: Finding) -> Range:
    """What a median time can have been, months."""
    low, high = span(finding).times(_MONTHS[str(finding.unit)])
    return Range(max(low, _LEAST), high)


def proportion(finding: Finding) -> Range:
    """What a percentage or proportion can have been, as a part of 1."""
    low, high = span(finding).times(1 / PROPORTIONS[str(finding.unit)])
    return Range(max(low, 0.0), min(high, 1.0))


def counts(finding: Finding, n: int) -> tuple[int, ...]:
    """The whole numbers of n patients that print as this percentage or proportion."""
    half = (span(finding).high - span(finding).low) / 2
    decimals = round(-math.log10(2 * half))
    per = PROPORTIONS[str(finding.unit)]
    assert finding.value is not None
    if per == 100:
        return whole_numbers(finding.value, decimals, n)
    # x/n to so many digits is what 100 x/n percent is, were there 100 n patients
    return tuple(x for x in whole_numbers(finding.value, decimals, 100 * n) if x <= n)


def p_range(finding: Finding) -> Range:
    """What the p value can have been; a bound reaches down to 0."""
    assert finding.p is not None
    digits = max(_digits(finding.p), finding.decimals if finding.value is None else 0)
    low, high = rounded_range(finding.p, digits)
    return Range(0.0, finding.p) if finding.p_bound else Range(max(low, 0.0), min(high, 1.0))


def z_range(finding: Finding) -> Range:
    """The absolute normal statistics that a two-sided p value can stand for."""
    low, high = p_range(finding)
    return Range(two_sided_z(high), two_sided_z(low) if low > 0 else math.inf)


def log_ratio(a: Range, b: Range) -> Range:
    """What the log of a/b can have been."""
    return Range(math.log(max(a.low, _LEAST) / b.high), math.log(a.high / max(b.low, _LEAST)))
