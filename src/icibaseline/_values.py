"""Frozen values: equality, `with_`, a repr that rebuilds, an exact dict round trip, and priors found inside.

Every public value of the library derives from `Value` and is declared with the decorator `value`.
A field may hold a prior (an `Uncertain`); `unknowns` lists the distinct ones inside a value and
`replace_unknowns` puts numbers, or a batch of numbers, in their place.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeAlias, TypeVar, dataclass_transform

import attrs
import numpy as np
import numpy.typing as npt

from icibaseline import _render
from icibaseline.errors import InvalidInput, UnknownArgument, reject, short

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = "float | FloatArray"

SCHEMA = 1
_T = TypeVar("_T")
_REGISTRY: dict[str, type[Value]] = {}


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(attrs.field,))
def value(cls: type[_T]) -> type[_T]:
    """Declare a frozen value class; its attrs fields are its arguments."""
    made = attrs.frozen(slots=False, eq=False, repr=False)(cls)
    _REGISTRY[cls.__name__] = made  # type: ignore[assignment]
    return made


class _ValueType(ABCMeta):
    """Turns a wrong argument name into the library's own sentence."""

    @property
    def __signature__(cls) -> inspect.Signature:  # `__call__` below would hide it from help()
        return inspect.signature(functools.partial(cls.__init__, None))  # type: ignore[misc]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if attrs.has(cls):
            _check_names(cls, args, kwargs)
        return super().__call__(*args, **kwargs)


def _check_names(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    fields = [f for f in attrs.fields(cls) if f.init]
    names = [f.name for f in fields]
    for name in kwargs:
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            some = f" Its arguments are {', '.join(names)}." if names else " It takes none."
            hint = f" Did you mean `{close[0]}`?" if close else f"{some}{getattr(cls, '_elsewhere', {}).get(name, '')}"
            raise UnknownArgument(
                f"`{name}` must be an argument of {cls.__name__}; got {name}={short(kwargs[name])}.{hint}"
            )
    positional = [f.name for f in fields if not f.kw_only]
    if len(args) > len(positional):
        raise UnknownArgument(
            f"`{cls.__name__}` must be given at most {len(positional)} arguments by position; got {len(args)}. "
            f"Name the others: {', '.join(n for n in names if n not in positional[: len(args)])}."
        )
    given = set(kwargs) | set(positional[: len(args)])
    missing = [f.name for f in fields if f.default is attrs.NOTHING and f.name not in given]
    if missing:
        raise UnknownArgument(f"`{missing[0]}` must be given to {cls.__name__}; got nothing for it.")
    twice = set(kwargs) & set(positional[: len(args)])
    if twice:
        name = sorted(twice)[0]
        raise UnknownArgument(f"`{name}` must be given to {cls.__name__} once; got it by position and by name.")


class Value(ABC, metaclass=_ValueType):
    """Base of every frozen value."""

    __attrs_attrs__: ClassVar[Any] = ()
    _derived: ClassVar[tuple[str, ...]] = ()  # arguments that follow from the others, which a change of those outdates
    _stated: ClassVar[tuple[str, ...]] = ()  # arguments that are written down even where they are the defaults

    def with_(self, **changes: Any) -> Self:
        """A copy with some arguments changed; the original stays as it is."""
        _check_names(type(self), (), {**_arguments(self), **changes})
        outdated = self._derived if changes else ()
        kept = {name: held for name, held in _arguments(self).items() if name not in outdated}
        return type(self)(**{**kept, **changes})

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return _same(_arguments(self), _arguments(other))

    def __hash__(self) -> int:
        return hash((type(self).__name__, _hashable(_arguments(self))))

    def __repr__(self) -> str:
        return _rebuild(self)

    def __str__(self) -> str:
        return _render.text(self)

    def _repr_html_(self) -> str:
        return _render.html(self)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: vars(self)[f.name] for f in attrs.fields(type(self))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def to_dict(self) -> dict[str, Any]:
        """A dictionary that JSON can hold and `from_dict` turns back into an equal value."""
        return {"schema": SCHEMA, **encode(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The value that `to_dict` described.

        Raises
        ------
        InvalidInput
            If the dictionary was not made by `to_dict`, by a newer schema, or of another class.
        """
        if not isinstance(data, Mapping) or "type" not in data:
            reject("data", "a dictionary made by to_dict", data)
        if data.get("schema") != SCHEMA:
            reject(
                "data['schema']", str(SCHEMA), data.get("schema"), "It was written by another version of icibaseline."
            )
        made = decode({k: v for k, v in data.items() if k != "schema"})
        if not isinstance(made, cls):
            reject("data", f"a description of a {cls.__name__}", data["type"])
        return made

    def _arguments(self) -> dict[str, Any]:  # a class whose attribute answers more than was given says so here
        return {f.name: getattr(self, f.name) for f in attrs.fields(type(self)) if f.init}

    def _encode(self) -> dict[str, Any]:
        return {name: encode(item) for name, item in _arguments(self).items()}

    @classmethod
    def _decode(cls, data: Mapping[str, Any]) -> Value:
        return cls(**{name: decode(item) for name, item in data.items()})


class Uncertain(Value):
    """A prior: a value that stands where a number is not known."""

    dimension: ClassVar[int] = 1

    @property
    @abstractmethod
    def typical(self) -> Any:
        """The plug-in: the median, or for two dimensions the pair of them."""

    @abstractmethod
    def quantile(self, p: Any) -> Any:
        """The value below which a fraction p of the prior lies."""


# ---- arguments, equality, repr -------------------------------------------------------------------


def _arguments(item: Value) -> dict[str, Any]:
    return item._arguments()


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    return bool(a == b)


def _hashable(item: Any) -> Any:
    if isinstance(item, np.ndarray):
        return (item.shape, item.tobytes())
    if isinstance(item, dict):
        return tuple(sorted((k, _hashable(v)) for k, v in item.items()))
    if isinstance(item, tuple):
        return tuple(map(_hashable, item))
    if isinstance(item, float) and item != item:
        return "nan"  # Python hashes every NaN differently
    return item


def _rebuild(item: Value) -> str:
    parts: list[str] = []
    given = _arguments(item)
    for i, f in enumerate(f for f in attrs.fields(type(item)) if f.init):
        held = given[f.name]
        fixed = f.default is not attrs.NOTHING and not isinstance(f.default, attrs.Factory)  # type: ignore[arg-type]
        if fixed and f.name not in item._stated and _same(held, f.default):
            continue
        by_position = i == len(parts) and i < 1 and not f.kw_only
        parts.append(_shown(held) if by_position else f"{f.name}={_shown(held)}")
    return f"{type(item).__name__}({', '.join(parts)})"


def _shown(held: Any) -> str:
    if isinstance(held, float) and not np.isfinite(held):
        return f"float('{held}')"
    if isinstance(held, tuple):
        return f"({', '.join(map(_shown, held))}{',' if len(held) == 1 else ''})"
    return repr(held)


# ---- dictionaries --------------------------------------------------------------------------------


def encode(item: Any) -> Any:
    """`item` in terms that JSON can hold, exactly."""
    if isinstance(item, Value):
        return {"type": type(item).__name__, **item._encode()}
    if isinstance(item, np.ndarray):
        return {"array": [encode(float(x)) for x in item.ravel()], "shape": list(item.shape)}
    if isinstance(item, float) and not np.isfinite(item):
        return {"float": repr(item)}
    if isinstance(item, (tuple, list)):
        return [encode(x) for x in item]
    if item is None or isinstance(item, (str, bool, int, float)):
        return item
    raise InvalidInput(f"`to_dict` must be given values that JSON can hold; got {type(item).__name__}.")


def decode(item: Any) -> Any:
    """The inverse of `encode`; lists become tuples."""
    if isinstance(item, Mapping):
        if "array" in item or "float" in item:
            return _decode_numbers(item)
        name = item.get("type")
        if not isinstance(name, str) or name not in _REGISTRY:
            reject("data['type']", "the name of an icibaseline value", name)
        return _REGISTRY[name]._decode({str(k): v for k, v in item.items() if k != "type"})
    if isinstance(item, (list, tuple)):
        return tuple(decode(x) for x in item)
    return item


def _decode_numbers(item: Mapping[str, Any]) -> float | FloatArray:
    try:
        if "float" in item:
            return float(item["float"])
        return np.array([decode(x) for x in item["array"]], dtype=float).reshape(item["shape"])
    except (KeyError, TypeError, ValueError):
        reject("data", "a dictionary made by to_dict, with its numbers intact", dict(item))


# ---- priors inside values ------------------------------------------------------------------------


def walk(item: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field below `item`, depth first, as (dotted path, content); `item` itself comes first."""
    yield path, item
    if isinstance(item, Value):
        for name, held in _arguments(item).items():
            yield from walk(held, f"{path}.{name}" if path else name)
    elif isinstance(item, tuple):
        for i, held in enumerate(item):
            yield from walk(held, f"{path}[{i}]")


def unknowns(item: Any) -> tuple[Uncertain, ...]:
    """The distinct priors inside `item`, in order; equal priors are one unknown."""
    found: list[Uncertain] = []
    for prior in _priors(item):
        if prior not in found:
            found.append(prior)
    return tuple(found)


def shared_priors(item: Any) -> bool:
    """Whether a prior stands in several places of `item`, or of what it resolves to."""
    found = list(_priors(getattr(item, "resolved", item)))
    return any(prior in found[:i] for i, prior in enumerate(found))


def _priors(item: Any) -> Iterator[Uncertain]:
    if isinstance(item, Uncertain):
        yield item
    elif isinstance(item, Value):
        for held in _arguments(item).values():
            yield from _priors(held)
    elif isinstance(item, tuple):
        for held in item:
            yield from _priors(held)


def replace_unknowns(item: _T, by: Callable[[Uncertain], Any]) -> _T:
    """`item` with `by(prior)` in the place of every prior; untouched parts are shared."""
    return replace(item, Uncertain, by)


def replace(item: _T, kind: type | tuple[type, ...], by: Callable[[Any], Any]) -> _T:
    """`item` with `by(part)` in the place of every part of a kind; untouched parts are shared."""
    if isinstance(item, kind):
        return by(item)  # type: ignore[no-any-return]
    if isinstance(item, Value):
        held = _arguments(item)
        new = {name: replace(part, kind, by) for name, part in held.items()}
        return item if all(new[k] is held[k] for k in held) else type(item)(**new)
    if isinstance(item, tuple):
        members = tuple(replace(part, kind, by) for part in item)
        return item if all(a is b for a, b in zip(members, item, strict=True)) else members  # type: ignore[return-value]
    return item
