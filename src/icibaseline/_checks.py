"""Checks that return the clean value or raise the one error sentence.

Each check is a function ``check(name, value) -> clean value``; `as_field` turns one into an
attrs converter that takes the name from its field.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import numbers
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
from attrs import Converter

from icibaseline._values import FloatArray, Uncertain
from icibaseline.errors import InvalidInput, UnknownArgument, reject, short

Check = Callable[[str, Any], Any]
_P = ParamSpec("_P")
_R = TypeVar("_R")
_OTHER_NAMES = {"seed": "rng", "nsim": "replicates", "n_sim": "replicates", "sims": "replicates"}
_UNQUOTE = "Remove the quotes."
_REACH = 1e-15  # tail probability that quadrature still reaches


def as_field(check: Check) -> Any:
    """An attrs converter that applies `check` under the name of the field."""
    return Converter(lambda value, field: check(field.name, value), takes_field=True)


def callable_by_name(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A function that answers a wrong call with the library's own sentence, as the values do."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            _refuse(function.__qualname__, signature, args, kwargs)
        return function(*args, **kwargs)

    return call


def _refuse(name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NoReturn:
    """Say which argument of a call is unknown, one too many or missing."""
    kinds = {p.kind for p in signature.parameters.values()}
    names = [p.name for p in signature.parameters.values() if p.name not in ("self", "cls")]
    named = [p for p in names if signature.parameters[p].kind is not inspect.Parameter.VAR_POSITIONAL]
    for given, held in kwargs.items():
        if given not in named and inspect.Parameter.VAR_KEYWORD not in kinds:
            close = _OTHER_NAMES.get(given) or next(iter(difflib.get_close_matches(given, named, 1)), None)
            some = f"Its arguments are {', '.join(names)}." if names else "It takes none."
            hint = f"Did you mean `{close}`?" if close in named else some
            raise UnknownArgument(
                f"`{given}` must be an argument of {name}; got {given}={short(held)}. {hint}"
            ) from None
    ordinary = [p for p in signature.parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    places = [p.name for p in ordinary if p.kind is not p.KEYWORD_ONLY]
    if len(args) > len(places) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        hidden = len(places) - len([p for p in places if p in names])
        others = [p for p in names if p not in places]
        hint = f"Name the others: {', '.join(others)}." if others else "It has no more."
        raise UnknownArgument(
            f"`{name}` must be given at most {len(places) - hidden} arguments by position; got {len(args) - hidden}. "
            f"{hint}"
        ) from None
    twice = [p for p in places[: len(args)] if p in kwargs]
    if twice:
        raise UnknownArgument(f"`{twice[0]}` must be given to {name} once; got it by position and by name.") from None
    given_names = {*places[: len(args)], *kwargs}
    needed = [p.name for p in ordinary if p.default is p.empty and p.name not in given_names]
    raise UnknownArgument(f"`{needed[0]}` must be given to {name}; got nothing for it.") from None


def number(name: str, value: object, rule: str = "a finite number", hint: str = "") -> float:
    """A finite real number; booleans, strings and arrays are not numbers."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        reject(name, rule, value, _UNQUOTE if _is_number_in_quotes(value) else hint)
    try:
        clean = float(value)
    except OverflowError:  # an integer beyond the range of floats
        reject(name, rule, value, hint)
    if not np.isfinite(clean):
        reject(name, rule, value, hint)
    return clean


def not_nan(name: str, value: object, hint: str = "") -> float:
    """A number, which may be infinite."""
    if isinstance(value, (float, np.floating)) and np.isinf(value):
        return float(value)
    return number(name, value, "a number, not NaN", hint)


def _is_number_in_quotes(value: object) -> bool:
    return isinstance(value, str) and value.strip().replace(",", "").replace(".", "").isdigit()


def positive(name: str, value: object, hint: str = "") -> float:
    """A finite number above 0."""
    clean = number(name, value, "a positive number", hint)
    if clean <= 0:
        reject(name, "a positive number", value, hint)
    return clean


def nonnegative(name: str, value: object, hint: str = "") -> float:
    """A finite number, 0 or above."""
    clean = number(name, value, "0 or a positive number", hint)
    if clean < 0:
        reject(name, "0 or a positive number", value, hint)
    return clean


def open_unit(name: str, value: object, hint: str = "") -> float:
    """A probability strictly between 0 and 1."""
    rule = "a number strictly between 0 and 1"
    clean = number(name, value, rule, hint)
    if not 0 < clean < 1:
        reject(name, rule, value, fraction_hint(clean) or hint)
    return clean


def fraction_hint(value: float) -> str:
    """What to write for a percentage."""
    return f"Write {value / 100:g} for {value:g} %." if 1 < value <= 100 else ""


def whole(name: str, value: object, least: int = 1, hint: str = "") -> int:
    """A whole number, at least `least`; 134.0 is accepted, 134.5 is not."""
    rule = f"a whole number, at least {least}"
    clean = number(name, value, rule, hint)
    if clean != int(clean) or clean < least:
        reject(name, rule, value, hint)
    return int(clean)


def flag(name: str, value: object, hint: str = "") -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        reject(name, "True or False", value, hint)
    return bool(value)


def text(name: str, value: object, hint: str = "") -> str:
    """A non-empty string."""
    if not isinstance(value, str) or not value.strip():
        reject(name, "a non-empty string", value, hint)
    return str(value)


def choice(name: str, value: object, among: Iterable[str], hint: str = "") -> str:
    """One of a few names."""
    options = tuple(among)
    if not isinstance(value, str) or value not in options:
        reject(name, "one of " + ", ".join(repr(o) for o in options), value, hint)
    return str(value)


def instance(name: str, value: object, kind: type | tuple[type, ...], rule: str, hint: str = "") -> Any:
    """A value of a given class."""
    if not isinstance(value, kind):
        reject(name, rule, value, hint)
    return value


def sequence(name: str, value: object, each: Check, least: int = 1, rule: str = "") -> tuple[Any, ...]:
    """A tuple of clean members, at least `least` of them; a string is no sequence."""
    rule = rule or ("a sequence" if least == 0 else "a sequence that is not empty")
    if isinstance(value, (str, bytes, dict, set)) or not isinstance(value, Iterable):
        reject(name, rule, value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        reject(name, rule, value)
    members = tuple(value)
    if len(members) < least:
        reject(name, rule, value)
    return tuple(each(f"{name}[{i}]", member) for i, member in enumerate(members))


def or_unknown(check: Check) -> Check:
    """`check`, with NaN let through, which stands for a number that is not known."""

    def or_unknown_check(name: str, value: object) -> Any:
        return float("nan") if isinstance(value, (float, np.floating)) and np.isnan(value) else check(name, value)

    return or_unknown_check


def numbers_in(name: str, value: object) -> tuple[float, ...]:
    """A sequence of finite numbers, perhaps none."""
    return sequence(name, value, number, least=0)


def shape(name: str, value: object) -> tuple[int, ...]:
    """The shape of an array: None for a single number, a length, or a sequence of lengths."""
    if value is None:
        return ()
    if isinstance(value, (tuple, list)):
        return sequence(name, value, lambda place, length: whole(place, length, 0), least=0)
    return (whole(name, value, 0, "Several axes are a tuple."),)


def generator(name: str, value: Any) -> np.random.Generator:
    """Whatever `numpy.random.default_rng` takes; a truth value or a text is no seed."""
    rule = "None, a seed (0 or a positive whole number) or a numpy Generator"
    nested = isinstance(value, (list, tuple)) and any(isinstance(part, (list, tuple)) for part in value)
    if nested or isinstance(value, (bool, np.bool_, str)):  # numpy's versions differ in what they make of nests
        reject(name, rule, value)
    try:
        return np.random.default_rng(value)
    except (TypeError, ValueError):
        reject(name, rule, value)


def increasing(name: str, value: object, each: Check = positive, least: int = 1, rule: str = "") -> tuple[Any, ...]:
    """A strictly increasing sequence of clean members."""
    members = sequence(name, value, each, least, rule)
    if any(b <= a for a, b in pairwise(members)):
        reject(name, "strictly increasing", value)
    return members


def pair(name: str, value: object, each: Check, rule: str) -> tuple[Any, Any]:
    """Exactly two clean members."""
    members = sequence(name, value, each, 2, rule)
    if len(members) != 2:
        reject(name, rule, value)
    return members[0], members[1]


def parameter(check: Check) -> Check:
    """`check` for a number that may also be a prior on it or, inside a batch, an array of them."""

    def parameter_check(name: str, value: object) -> float | FloatArray | Uncertain:
        if isinstance(value, Uncertain):
            if value.dimension != 1:
                reject(name, "a number or a prior on one number", value)
            try:
                for tail in (_REACH, 1 - _REACH):
                    check(name, float(value.quantile(tail)))
            except InvalidInput as error:
                rule = str(error).split(" must be ")[1].split("; got ")[0]
                raise InvalidInput(
                    f"`{name}` must be a prior that stays within its range ({rule}); got {short(value)}. "
                    'For example one with scale="log".'
                ) from None
            return value
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.size and value.dtype.kind in "fiu":
            for extreme in (value.min(), value.max()):  # both are NaN if any is
                check(name, float(extreme))
            clean: FloatArray = np.array(value, dtype=float)
            clean.flags.writeable = False
            return clean
        return check(name, value)  # type: ignore[no-any-return]

    return parameter_check


def optional(check: Check) -> Check:
    """`check`, with None let through."""
    return lambda name, value: None if value is None else check(name, value)
