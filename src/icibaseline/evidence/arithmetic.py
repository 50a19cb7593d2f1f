"""What printed numbers imply by themselves: the formulas that routes to priors and checks of coherence share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

__all__ = [
    "events_implied",
    "implied_shape",
    "information",
    "interval_methods",
    "mixture_median",
    "prints_as",
    "rounded_range",
    "selection_corrected",
    "symmetric",
    "symmetric_on_log_scale",
    "two_sided_z",
    "weibull_shape",
    "whole_numbers",
    "z_of_level",
]

_LOG2 = math.log(2)
_PROPORTIONS = {"Clopper-Pearson": "beta", "Wilson": "wilson", "Jeffreys": "jeffreys", "Wald": "normal"}
_TIES = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN)
_STEPS = 200  # of bisection: more than a float has bits


def z_of_level(level: float) -> float:
    """The normal quantile that an interval of this level reaches to either side."""
    from scipy.special import ndtri  # here, so that reading documents loads no SciPy

    return float(ndtri((1 + level) / 2))


def two_sided_z(p: float) -> float:
    """The absolute normal statistic of a two-sided p value."""
    from scipy.special import ndtri

    return float(-ndtri(p / 2))


def rounded_range(value: float, decimals: int) -> tuple[float, float]:
    """The numbers that print as `value` with so many digits after the point."""
    half = 0.5 * 10.0**-decimals
    return value - half, value + half


def symmetric(value: float, lower: float, upper: float, decimals: int) -> bool:
    """Whether the interval has its middle at `value`, as a Wald interval has, but for rounding."""
    rounding = 10.0**-decimals
    return abs((upper - value) - (value - lower)) <= 2 * rounding * (1 + 1e-9)


def symmetric_on_log_scale(value: float, lower: float, upper: float, decimals: int) -> bool:
    """Whether `value` is the geometric middle of its interval, but for the rounding of all three."""
    (low, high), (least, most) = rounded_range(value, decimals), _middle_range(lower, upper, decimals)
    return least <= high and low <= most


def _middle_range(lower: float, upper: float, decimals: int) -> tuple[float, float]:
    (a, b), (c, d) = rounded_range(lower, decimals), rounded_range(upper, decimals)
    return math.sqrt(max(a, 0.0) * c), math.sqrt(b * d)


def implied_shape(n: float, standard_error: float) -> float:
    """The Weibull shape at which the Kaplan-Meier median of n patients has this standard error of its log."""
    return 1 / (_LOG2 * math.sqrt(n) * standard_error)


def weibull_shape(median: float, at: float, survival: float) -> float:
    """The shape of the Weibull curve through the median and the survival at a month."""
    return (math.log(-math.log(survival)) - math.log(_LOG2)) / math.log(at / median)


def information(events: float, n: float, n_comparator: float) -> float:
    """Information on the log hazard ratio, events times the shares of the two groups."""
    return events * n * n_comparator / (n + n_comparator) ** 2


def events_implied(z: float, log_ratio: float, n: float, n_comparator: float) -> float:
    """Events at which a log hazard ratio of this size gives this z: the inverse of `information`."""
    return (z / log_ratio) ** 2 * (n + n_comparator) ** 2 / (n * n_comparator)


def mixture_median(weights: Sequence[float], medians: Sequence[float]) -> float:
    """Median of a mixture of exponential curves; it lies between the least and the largest of their medians."""
    low, high = min(medians), max(medians)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        alive = sum(w * 0.5 ** (middle / m) for w, m in zip(weights, medians, strict=True)) / sum(weights)
        low, high = (middle, high) if alive > 0.5 else (low, middle)
    return (low + high) / 2


def prints_as(part: int, whole: int, percent: float, decimals: int) -> bool:
    """Whether part/whole prints as this percentage, whichever way ties are rounded: floats seldom hold them."""
    exact = Decimal(100 * part) / Decimal(whole)
    printed = Decimal(f"{percent:.{decimals}f}")
    return any(exact.quantize(printed, rule) == printed for rule in _TIES)


def whole_numbers(percent: float, decimals: int, n: int) -> tuple[int, ...]:
    """Every count of n patients that prints as this percentage."""
    half = 0.5 * 10.0**-decimals
    first, last = math.floor((percent - half) * n / 100), math.ceil((percent + half) * n / 100)
    return tuple(x for x in range(max(first, 0), min(last, n) + 1) if prints_as(x, n, percent, decimals))


def selection_corrected(z: float, critical: float = 1.959964) -> float:
    """The normal mean that is likeliest given z, if only an absolute z above `critical` would have been reported.

    The conditional likelihood phi(z - mu) / P(|Z| > critical; mu) is greatest where E(Z | |Z| > critical; mu) = z; that
    mean grows with mu. The answer has the sign of z and is closer to 0; z must lie beyond `critical`.
    """
    from scipy.special import ndtr

    low, high = 0.0, abs(z)
    for _ in range(_STEPS):
        mu = (low + high) / 2
        density = math.exp(-((critical - mu) ** 2) / 2) - math.exp(-((critical + mu) ** 2) / 2)
        reported = float(ndtr(mu - critical) + ndtr(-mu - critical))
        low, high = (mu, high) if mu + density / math.sqrt(2 * math.pi) / reported < abs(z) else (low, mu)
    return math.copysign((low + high) / 2, z)


def interval_methods(events: int, n: int, lower: float, upper: float, level: float, decimals: int) -> tuple[str, ...]:
    """The methods by which the interval of the proportion events/n prints with these limits, as proportions."""
    from statsmodels.stats.proportion import proportion_confint

    half = 0.5 * 10.0**-decimals * (1 + 1e-9)
    limits = {name: proportion_confint(events, n, 1 - level, method=key) for name, key in _PROPORTIONS.items()}
    return tuple(name for name, (low, high) in limits.items() if abs(low - lower) <= half and abs(high - upper) <= half)
