"""From a TOML file to a `Document`, strictly.

A document is one file with four tables::

    [document]            # fields of Document: id, title, citation, doi, url, year, source, tumour, n
    [flags]               # a sentence for each flag code that the findings use
    R = "one centre, not randomised"
    [defaults]            # fields that every finding has unless it says otherwise
    tumour = "MCC"
    [[finding]]           # fields of Finding, once per number; `flags` lists codes: ["R"]
    id = "mcc_pfs_primary_median"

Nothing else may stand in it: an unknown or missing key or a wrong type is an error that names the
file, the finding and the key.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, get_origin

import attrs

from icibaseline._values import Value
from icibaseline.errors import InvalidInput, reject
from icibaseline.evidence.records import FLAGS, Finding, digits_after_point, identifier
from icibaseline.evidence.sequences import Document, Findings

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["digest", "load_document"]

_V = TypeVar("_V", bound=Value)
_NUMBERS = ("value", "lower", "upper")


def digest(content: str) -> str:
    """First 16 characters of the SHA-256 of a file's text."""
    from hashlib import sha256

    return sha256(content.encode("utf-8")).hexdigest()[:16]


def load_document(source: Path | str, name: str) -> Document:
    r"""Read a document.

    Parameters
    ----------
    source : Path or str
        A file, or the TOML text itself.
    name : str
        What errors call the file.

    Returns
    -------
    Document
        With all its findings.

    Raises
    ------
    InvalidInput
        If it is not TOML, or a key is unknown, missing or of the wrong type.

    Examples
    --------
    >>> from icibaseline.evidence import load_document
    >>> load_document("[document]\nidentity = 'mine'\n[[finding]]", "mine.toml")
    Traceback (most recent call last):
    icibaseline.errors.InvalidInput: `mine.toml, document, identity` must be a known key; got 'mine'...
    """
    content = source.read_text("utf-8") if isinstance(source, Path) else source
    raw = _tables(content, name)
    if "id" in raw["document"]:
        identifier(f"{name}, document, id", raw["document"]["id"])
    sentences = raw["flags"]
    for code, sentence in sentences.items():
        if not isinstance(sentence, str):
            reject(f"{name}, flags, {code}", "a string", sentence)
    found = [_finding(entry, _place(entry, i, name), raw) for i, entry in enumerate(raw["finding"], start=1)]
    ids = [finding.id for finding in found]
    for i, id in enumerate(ids):
        if id in ids[:i]:
            reject(f"{name}, finding {id}, id", "used once", id)
    computed = {
        "digest": digest(content),
        "flags": tuple(f"{code}: {sentence}" for code, sentence in sentences.items()),
        "findings": Findings(tuple(found)),
    }
    return _structure(Document, {**raw["document"], **computed}, f"{name}, document")


def _tables(content: str, name: str) -> dict[str, Any]:
    """The four tables, each of its kind and with no keys but its own."""
    import tomllib

    try:
        raw: dict[str, Any] = {"flags": {}, "defaults": {}, **tomllib.loads(content, parse_float=_Written)}
    except tomllib.TOMLDecodeError as error:
        hint = "Texts need quotes, and numbers a decimal point."
        raise InvalidInput(f"`{name}` must be valid TOML; got this: {error}. {hint}") from None
    keys = {
        "document": _names(Document, "digest", "flags", "findings"),
        "flags": tuple(FLAGS),
        "defaults": _names(Finding, "id", "document", "printed"),
    }
    _only(raw, (*keys, "finding"), name)
    for table in (*keys, "finding"):
        if table not in raw:
            raise InvalidInput(f"`{name}, {table}` must be given; got nothing.")
    for table, allowed in keys.items():
        if not isinstance(raw[table], dict):
            reject(f"{name}, {table}", "a table", raw[table])
        _only(raw[table], allowed, f"{name}, {table}")
    if not isinstance(raw["finding"], list) or not all(isinstance(entry, dict) for entry in raw["finding"]):
        reject(f"{name}, finding", "an array of tables", raw["finding"], "Write [[finding]].")
    return raw


def _place(entry: Mapping[str, Any], position: int, name: str) -> str:
    return f"{name}, finding {entry.get('id', f'number {position}')}"


def _finding(entry: Mapping[str, Any], where: str, raw: Mapping[str, Any]) -> Finding:
    _only(entry, _names(Finding, "document"), where)
    merged = {**raw["defaults"], **entry, "document": raw["document"].get("id", "unnamed")}
    codes = merged.get("flags", [])
    if not isinstance(codes, list):
        reject(f"{where}, flags", "a list of flag codes", codes)
    for code in codes:
        if not isinstance(code, str) or code not in raw["flags"]:
            reject(f"{where}, flags", "codes that the table [flags] explains", code)
    merged["flags"] = tuple(f"{code}: {raw['flags'][code]}" for code in codes)
    if not isinstance(merged.get("read_with", []), list):
        reject(f"{where}, read_with", "a list of ids of findings", merged["read_with"])
    merged["read_with"] = tuple(merged.get("read_with", ()))
    rounded = _NUMBERS if "value" in merged else ("p",)
    merged.setdefault("decimals", max(getattr(merged.get(name), "decimals", 0) for name in rounded))
    return _structure(Finding, {name: _plain(held) for name, held in merged.items()}, where)


def _names(kind: type[Value], *computed: str) -> tuple[str, ...]:
    return tuple(f.name for f in attrs.fields(kind) if f.name not in computed)


def _only(table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    """No other keys than these; what the loader computes, a file may not set."""
    allowed = tuple(allowed)
    for key, held in table.items():
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, 1)
            hint = f"Did you mean `{close[0]}`?" if close else f"The keys are {', '.join(allowed)}."
            reject(f"{where}, {key}", "a known key", held, hint)


class _Written(float):
    """A number that remembers with how many digits after the point the file writes it: 25.0 is not 25."""

    decimals: int

    def __new__(cls, written: str) -> _Written:
        made = super().__new__(cls, written)
        made.decimals = digits_after_point(written)
        return made


def _plain(held: Any) -> Any:
    return float(held) if isinstance(held, _Written) else held


class _WrongType(TypeError):
    """What a key should have held, and what it holds."""


@cache
def _converter() -> Converter:
    from cattrs import Converter

    made = Converter(forbid_extra_keys=True)
    for kind, accepted, rule in (
        (str, (str,), "a string"),
        (bool, (bool,), "true or false"),
        (int, (int,), "a whole number"),
        (float, (int, float), "a number"),
    ):
        made.register_structure_hook(kind, _exactly(accepted, rule))
    made.register_structure_hook_func(_made_here, lambda held, _: held)
    return made


def _made_here(kind: Any) -> bool:
    """Whether the loader itself makes values of this type, so that cattrs need not."""
    return kind is Findings or get_origin(kind) is tuple


def _exactly(accepted: tuple[type, ...], rule: str) -> Any:
    def hook(held: object, _: object) -> Any:
        if type(held) not in accepted:  # by type: True is an int, and "4.7" could be read as a number
            raise _WrongType(rule, held)
        return held

    return hook


def _structure(kind: type[_V], table: Mapping[str, Any], where: str) -> _V:
    from cattrs import BaseValidationError

    try:
        return _converter().structure(table, kind)
    except BaseValidationError as group:
        _explain(group.exceptions[0], where)


def _explain(error: Exception, where: str) -> NoReturn:
    key = next((note.name for note in getattr(error, "__notes__", ()) if hasattr(note, "name")), "")
    if isinstance(error, _WrongType):
        reject(f"{where}, {key}", *error.args)
    if isinstance(error, KeyError):
        raise InvalidInput(f"`{where}, {key}` must be given; got nothing.") from None
    if isinstance(error, InvalidInput):  # "`key` must be ...": put the place before the key
        raise InvalidInput(f"`{where}, {str(error)[1:]}") from None
    raise error
