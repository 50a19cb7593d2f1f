"""Reads values as they are written in Python, such as ``Weibull(shape=0.73, median=2.6)``; nothing else is run."""

from __future__ import annotations

import ast
import operator
from inspect import isroutine
from typing import Any

from icibaseline.cli.numbers import rewritten
from icibaseline.errors import IcibaselineError, InvalidInput, reject

__all__ = ["read"]

_FUNCTIONS = ("baseline", "mix", "pool")  # and every class with a public name
_SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def read(name: str, text: str) -> Any:
    """The value that a text describes: numbers, tuples, and calls of the library's classes.

    Raises
    ------
    InvalidInput
        If the text is anything else, or the library refuses an argument in it.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        held = _value(tree)
    except IcibaselineError:
        raise
    except (SyntaxError, ValueError, TypeError, AttributeError, ZeroDivisionError, RecursionError):
        hint = rewritten(text) or "For example 'Weibull(shape=0.73, median=2.6)', in quotes."
        reject(name, "a number, an id, or a value of the library as it is written in Python", text, hint)
    if isinstance(held, type) or isroutine(held):
        reject(name, "a value, with its arguments in brackets", text, f"For example {text}(...).")
    return held


def _value(node: ast.expr) -> Any:
    """What a part of the text stands for."""
    match node:
        case ast.Constant():
            return node.value
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand)
        case ast.BinOp() if type(node.op) in _SUMS:
            return _SUMS[type(node.op)](_value(node.left), _value(node.right))
        case ast.Tuple() | ast.List():
            return tuple(_value(part) for part in node.elts)
        case ast.Name():
            return _named(node.id)
        case ast.Attribute() if not node.attr.startswith("_"):
            return getattr(_value(node.value), node.attr)
        case ast.Call():
            return _called(node)
    raise ValueError


def _called(node: ast.Call) -> Any:
    """What a class or a function makes of its arguments; `baseline` takes an id, with or without quotes."""
    import icibaseline

    function = _value(node.func)
    bare = function is icibaseline.baseline
    given = [part.id.lower() if bare and isinstance(part, ast.Name) else _value(part) for part in node.args]
    return function(*given, **{word.arg: _value(word.value) for word in node.keywords if word.arg})


def _named(name: str) -> Any:
    """A class of the library, one of the few functions that make a value, or the baseline of an id."""
    import icibaseline

    held = getattr(icibaseline, name, None) if name in icibaseline.__all__ else None
    if isinstance(held, type) or name in _FUNCTIONS:
        return held
    ids = [finding.supports for finding in icibaseline.findings() if finding.supports]
    if name.lower() in ids:
        return icibaseline.baseline(name.lower())
    from difflib import get_close_matches

    close = get_close_matches(name, [*icibaseline.__all__, *ids], 1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise InvalidInput(f"`{name}` must be a class of icibaseline or the id of a baseline.{hint}")
