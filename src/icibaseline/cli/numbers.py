"""Numbers as they are typed, and how to write those that are typed in another way."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["number", "number_or", "rewritten", "whole"]

_MONTHS = {"month": 1.0, "mo": 1.0, "m": 1.0, "year": 12.0, "yr": 12.0, "y": 12.0} | {
    "week": 12 / 52.1775,
    "wk": 12 / 52.1775,
    "w": 12 / 52.1775,
    "day": 12 / 365.2425,
    "d": 12 / 365.2425,
}


def number_or(text: str) -> float | None:
    """The number that a text is, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def number(text: str) -> Any:
    """A number, or the text itself, which the library then refuses in its own words."""
    found = number_or(text)
    return text if found is None else found


def whole(text: str) -> Any:
    """A whole number, or else what `number` makes of it."""
    try:
        return int(text)
    except ValueError:
        return number(text)


def rewritten(text: str) -> str:
    """How to write what is meant by a percentage, a time with its unit, a ratio or a decimal comma; else nothing."""
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(%|[a-zA-Z]+)\s*", text)
    if found and found[2] == "%":
        return f"Write {float(found[1]) / 100:g}."
    if found and (unit := found[2].lower().rstrip("s")) in _MONTHS:
        return f"Write {float(found[1]) * _MONTHS[unit]:.4g}: times are in months."
    if (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)\s*", text)) and float(found[2]):
        return f"Write {float(found[1]) / float(found[2]):g}: experimental patients for each on control."
    if found := re.fullmatch(r"\s*(\d+),(\d+)\s*", text):
        return f"Write {found[1]}.{found[2]}, with a decimal point."
    return ""
