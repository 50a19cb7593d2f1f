"""The one root finder: a bracketing method that works for one equation or a batch of them.

`root` is the engine (batched, used inside the library); `solve` is the public face for one unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.errors import InvalidInput, NoSolution, reject

__all__ = ["Root", "root", "solve"]

_MAX_STEPS = 200


@final
@value
class Root(Value):
    """The answer of `solve`.

    Parameters
    ----------
    x : float
        The solution.
    value : float
        The function at `x`.
    evaluations : int
        How often the function was called.
    """

    x: float = attrs.field(converter=as_field(_checks.number))
    value: float = attrs.field(converter=as_field(_checks.number))
    evaluations: int = attrs.field(kw_only=True, converter=as_field(_checks.whole))


@_checks.callable_by_name
def solve(
    function: Callable[[float], float], equals: float, *, between: tuple[float, float], tolerance: float = 1e-12
) -> Root:
    """Find where a function of one number takes a given value.

    Parameters
    ----------
    function : callable
        Takes a float, returns a float; continuous on the interval.
    equals : float
        The value to reach.
    between : (float, float)
        The interval to search; the function must pass the target inside it.
    tolerance : float, optional
        Width of the final bracket, relative to the size of the solution.

    Returns
    -------
    Root
        With `x`, `value` and `evaluations`.

    Raises
    ------
    NoSolution
        If the function is on the same side of the target at both ends; the message names the
        range of values that was seen and the nearest end.
    InvalidInput
        If the interval is not two increasing numbers or the function does not return a finite number.

    Notes
    -----
    Bracketing with inverse quadratic interpolation, bisection as the safeguard [1]_.

    References
    ----------
    .. [1] Chandrupatla TR. A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
       function without using derivatives. Advances in Engineering Software 1997; 28: 145-149.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.solve(lambda x: x**3, equals=8, between=(0, 5)).x
    2.0
    """
    if not callable(function):
        reject("function", "a function of one number", function)
    target = _checks.number("equals", equals)
    low, high = _interval(between)
    tol = _checks.positive("tolerance", tolerance)
    calls = 0

    def residual(x: FloatArray) -> FloatArray:
        nonlocal calls
        calls += 1
        y = _checks.number("function", function(float(x[0])), "a function that returns a finite number")
        return np.array([y - target])

    at_low, at_high = residual(np.array([low])), residual(np.array([high]))
    if at_low[0] * at_high[0] > 0:
        x, gap = (low, at_low[0]) if abs(at_low[0]) < abs(at_high[0]) else (high, at_high[0])
        raise NoSolution(
            f"`equals` must be a value that the function takes between {low:g} and {high:g}; got {target:g}, but it is "
            f"{at_low[0] + target:.6g} and {at_high[0] + target:.6g} at the ends. "
            f"Nearest: {gap + target:.6g} at {x:g}. Widen `between` or change the target."
        )
    found = root(residual, np.array([low]), np.array([high]), tolerance=tol, ends=(at_low, at_high))
    return Root(float(found[0]), float(residual(found)[0] + target), evaluations=calls)


def _interval(between: object) -> tuple[float, float]:
    low, high = _checks.pair("between", between, _checks.number, "two increasing numbers")
    if low >= high:
        reject("between", "two increasing numbers", between)
    return low, high


def root(
    function: Callable[[FloatArray], FloatArray],
    low: FloatArray,
    high: FloatArray,
    *,
    tolerance: float = 1e-13,
    zero: float = 0.0,
    ends: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """Zeros of `function`, elementwise, in brackets of shape (B,) whose ends differ in sign.

    A bracket is done when its width over its size is within `tolerance`, or a value at an end within `zero`.
    """
    a, b = np.array(high, dtype=float), np.array(low, dtype=float)
    fb, fa = ends if ends is not None else (function(b), function(a))
    fa, fb = np.array(fa, dtype=float), np.array(fb, dtype=float)
    if np.any(fa * fb > 0) or not np.all(np.isfinite(fa) & np.isfinite(fb)):
        raise InvalidInput(
            "`between` must be a bracket whose ends lie on two sides of the target; got one that does not."
        )
    t = np.full_like(a, 0.5)
    for _ in range(_MAX_STEPS):
        x = a + t * (b - a)
        fx = np.asarray(function(x), dtype=float)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        size_a, size_b = np.abs(fa), np.abs(fb)
        best = np.where(size_a < size_b, a, b)
        width = np.abs(b - a)
        limit = tolerance * np.abs(best) + 4 * math.ulp(0.0)
        done = (width <= 2 * limit) | (np.minimum(size_a, size_b) <= zero)
        if np.all(done):
            break
        t = np.where(done, 0.5, _step(a, b, c, fa, fb, fc, limit / np.where(width > 0, width, 1)))
    return best


def _step(
    a: FloatArray, b: FloatArray, c: FloatArray, fa: FloatArray, fb: FloatArray, fc: FloatArray, least: FloatArray
) -> FloatArray:
    """Fraction of the bracket to move: inverse quadratic where it is safe, else one half."""
    with np.errstate(all="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    least = np.minimum(least, 0.5)
    return np.where(safe & np.isfinite(t), np.clip(t, least, 1 - least), 0.5)
