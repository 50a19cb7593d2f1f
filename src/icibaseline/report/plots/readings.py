"""Which numbers of a coherence report are the reported ones, which are implied, and how far apart they may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from icibaseline.evidence import CoherenceLine

__all__ = ["Reading", "reading"]

_STANDARD_ERRORS = 2.5  # between a printed landmark and the one that a curve expects
_CENSORING = 1.05  # how much unequal censoring may lengthen the median of the endpoint that comes first

Numbers = Mapping[str, float]


class Reading(NamedTuple):
    """A reported number, what the others imply for it, from `low` to `high`, and what is tolerated of their ratio."""

    reported: float
    low: float
    high: float
    tolerated: tuple[float, float] | None = None
    bound: bool = False

    @property
    def ratios(self) -> tuple[float, float]:
        """What is implied over what is reported."""
        return self.low / self.reported, self.high / self.reported

    @property
    def said(self) -> str:
        """The numbers in words."""
        implied = f"{self.low:.3g}" if self.low == self.high else f"{self.low:.3g} to {self.high:.3g}"
        if self.bound:
            return f"implied {implied}, at most {self.reported:.3g}"
        return f"reported {self.reported:.3g}, implied {implied}"


# Names of the reported number and of the implied one.
_EQUAL = (
    ("percent", "percent computed"),
    ("printed percent", "sum percent"),
    ("count of the whole", "counts added"),
    ("printed ratio", "ratio of the medians"),
    ("hazard ratio", "log middle"),
    ("upper arm", "lower arm"),
    ("whole", "mixture"),
    ("z of p", "z of the interval"),
    ("counted", "followed"),
    ("least", "most"),
)
_AT_MOST = (
    ("events printed", "events implied"),
    ("patients", "events implied"),
    ("patients", "events implied at least"),
    ("events printed", "fewest events"),
    ("patients at most", "fewest events"),
    ("survival then", "survival at the second"),
    ("ORR percent", "CR percent"),
    ("ORR percent", "PR percent"),
    ("DCR percent", "ORR percent"),
    ("DCR percent", "SD percent"),
    ("DCR percent", "CR percent"),
    ("DCR percent", "PR percent"),
    ("n", "count"),
)
_WITHIN = ("point", "proportion")  # the interval that holds it is from `lower` to `upper`
_LATER = (("PFS", "TTP"), ("PFS", "OS"), ("PFS", "DSS"), ("OS", "DSS"))  # the first endpoint is not the longer one


def reading(line: CoherenceLine) -> Reading | None:
    """The reported and the implied number of a line; None where it holds no such pair, or one is not positive."""
    x = dict(line.numbers)
    found = next((made for read in _READERS if (made := read(x)) is not None), None)
    usable = found is not None and found.reported > 0 and found.high > 0 and math.isfinite(found.reported)
    return found if usable else None


def _landmark(x: Numbers) -> Reading | None:
    implied = x.get("exponential", x.get("mixture"))
    if "printed" not in x or implied is None:
        return None
    printed, gap = x["printed"], abs(x["printed"] - implied)
    if not gap or not printed:
        return Reading(printed, implied, implied)
    reach = _STANDARD_ERRORS * gap / abs(x["z"]) / printed
    return Reading(printed, implied, implied, (max(1 - reach, 0.0), 1 + reach))


def _parts(x: Numbers) -> Reading | None:
    parts = [value for name, value in x.items() if name.startswith("part ")]
    return Reading(x["whole"], min(parts), max(parts)) if "whole" in x and parts else None


def _classes(x: Numbers) -> Reading | None:
    held = [value for name, value in x.items() if name.startswith("class ")]
    whole = x.get("patients", x.get("percent"))
    return _at_most(whole, sum(held)) if held and whole is not None else None


def _width(x: Numbers) -> Reading | None:
    """The patients whose exponential curve has an interval of this width: n k^2 for shape k."""
    if "implied shape" not in x:
        return None
    patients = x["n"] * x["implied shape"] ** 2
    tolerated = x["least tolerated"] ** 2, x["most tolerated"] ** 2
    return Reading(x["n"], patients, patients, tolerated)


def _ratio_of_medians(x: Numbers) -> Reading | None:
    """One over the ratio of medians is the hazard ratio of exponential curves."""
    if "ratio of medians" not in x:
        return None
    medians = 1 / x["ratio of medians"]
    if "hazard ratio" in x:
        return Reading(x["hazard ratio"], medians, medians)
    return Reading(medians, x["least hazard ratio"], x["most hazard ratio"])


def _denominators(x: Numbers) -> Reading | None:
    """The nearest percentage that a whole number of patients gives, for any number of patients there may be."""
    sizes = [n for name, n in x.items() if name == "n" or name.startswith("n ")]
    if "percent" not in x or not sizes:
        return None
    printed = x["percent"]
    nearest = min((100 * round(printed * n / 100) / n for n in sizes), key=lambda implied: abs(implied - printed))
    return Reading(printed, nearest, nearest)


def _endpoints(x: Numbers) -> Reading | None:
    for first, second in _LATER:
        for unit, most in (("months", _CENSORING), ("percent", 1.0)):
            if {f"{first} {unit}", f"{second} {unit}"} <= x.keys():
                sooner = x[f"{first} {unit}"]
                return Reading(x[f"{second} {unit}"], sooner, sooner, (0.0, most), True)
    return None


def _interval(x: Numbers) -> Reading | None:
    name = next((name for name in _WITHIN if name in x), None)
    if name is None or not {"lower", "upper"} <= x.keys():
        return None
    return Reading(x[name], x["lower"], x["upper"])


def _limits(x: Numbers) -> Reading | None:
    return next((_at_most(x[most], x[name]) for most, name in _AT_MOST if {most, name} <= x.keys()), None)


def _equals(x: Numbers) -> Reading | None:
    return next((Reading(x[a], x[b], x[b]) for a, b in _EQUAL if {a, b} <= x.keys()), None)


def _at_most(limit: float, implied: float) -> Reading:
    return Reading(limit, implied, implied, (0.0, 1.0), True)


_READERS: tuple[Callable[[Numbers], Reading | None], ...] = (
    _landmark,
    _width,
    _ratio_of_medians,
    _classes,
    _endpoints,
    _interval,
    _equals,
    _parts,
    _limits,
    _denominators,
)
