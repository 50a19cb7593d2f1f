"""How patients are shared out between two arms: a ratio of small whole numbers."""

from __future__ import annotations

from fractions import Fraction

from icibaseline import _checks
from icibaseline.errors import reject

__all__ = ["allocation_ratio", "arms_of", "parts_of"]

_LARGEST_PART = 20


def allocation_ratio(name: str, held: object) -> float:
    """Experimental patients per control patient."""
    rule = f"a ratio of whole numbers up to {_LARGEST_PART}, experimental per control"
    ratio = _checks.number(name, held, rule, "For example 1, 2 or 3/2.")
    near = parts_of(ratio)
    if ratio <= 0 or near.numerator > _LARGEST_PART or abs(float(near) - ratio) > 1e-9 * ratio:
        reject(name, rule, held, "For example 1, 2 or 3/2.")
    return ratio


def parts_of(ratio: float) -> Fraction:
    """The ratio as a fraction; patients come in multiples of numerator and denominator together."""
    return Fraction(ratio).limit_denominator(_LARGEST_PART)


def arms_of(n: float | None, ratio: float) -> tuple[int, int]:
    """Patients in (control, experimental), of n that must divide by the ratio."""
    parts = parts_of(ratio)
    step = parts.numerator + parts.denominator
    if n is None or n % step:
        reject("n", f"a multiple of {step} to give the ratio {parts}", n, "sample_size rounds up to one.")
    control = int(n) * parts.denominator // step
    return control, int(n) - control
