"""The errors and the warning of the library: a sentence that says what must be and what was given, then perhaps a hint.

::

    IcibaselineError
     ├── InvalidInput (ValueError)
     │    └── UnknownArgument (TypeError)
     ├── RefusedFinding
     ├── NoSolution
     ├── NoFormula
     └── MissingOptional (ImportError)
    ApproximationWarning (UserWarning)
"""

from __future__ import annotations

import sys
import warnings
from reprlib import Repr
from typing import NoReturn

__all__ = [
    "ApproximationWarning",
    "IcibaselineError",
    "InvalidInput",
    "MissingOptional",
    "NoFormula",
    "NoSolution",
    "RefusedFinding",
    "UnknownArgument",
    "caution",
    "reject",
    "short",
]


class IcibaselineError(Exception):
    """Every error that the library raises on purpose."""


class InvalidInput(IcibaselineError, ValueError):
    """An argument that cannot be what was meant."""


class UnknownArgument(InvalidInput, TypeError):
    """An argument name that the callable does not have, or a missing one."""


class RefusedFinding(IcibaselineError):
    """A published finding that cannot become the prior that was asked for."""


class NoSolution(IcibaselineError):
    """No value in the range that was searched reaches the target."""


class NoFormula(IcibaselineError):
    """The design has no formula for this scenario; `simulate` may still answer."""


class MissingOptional(IcibaselineError, ImportError):
    """An optional package is needed for this call and is not installed."""


class ApproximationWarning(UserWarning):
    """The formula or test is used where it is known to be inexact."""


_LIBRARY = __name__.partition(".")[0]
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 70
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 6


def short(value: object) -> str:
    """A value as errors show it: in one line, without the middle of what is long."""
    if type(value).__module__ == "numpy" and not isinstance(value, str):
        shown = " ".join(str(value).split())
        return shown if len(shown) <= 70 else shown[:67] + "..."
    return _SHORT.repr(value)


def reject(name: str, rule: str, value: object, hint: str = "") -> NoReturn:
    """Raise `InvalidInput` with the sentence that names argument, rule and value, and after it the hint, if any."""
    raise InvalidInput(f"`{name}` must be {rule}; got {short(value)}." + (f" {hint}" if hint else "")) from None


def caution(text: str) -> None:
    """Warn that a formula or test is inexact, at the line outside the library that led to it."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _LIBRARY:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, ApproximationWarning, stacklevel=level)
