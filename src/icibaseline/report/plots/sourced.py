"""Where the numbers of a picture come from, in one line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from icibaseline.baseline import Population
from icibaseline.designs import Comparison, OperatingCharacteristics, Plan
from icibaseline.evidence import Coherence, Document, documents
from icibaseline.report.plots.base import Several
from icibaseline.report.provenance import ASSUMED, Source, sources
from icibaseline.scenario import BaseScenario

__all__ = ["source_of"]

_AUTHOR = re.compile(r"([^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+)?),? (?:[A-Z]\.?[ -]?){1,3}(?=([,.&]|$))")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TITLE = 90  # characters of a title that stands for unnamed authors


@singledispatch
def source_of(item: Any) -> str:
    """Where the numbers come from; what no document stands behind was assumed. Other values register their own."""
    return ASSUMED


@source_of.register
def _population(item: Population) -> str:
    return "; ".join(map(_told, sources(item)))


@source_of.register(BaseScenario)
@source_of.register(Plan)
@source_of.register(OperatingCharacteristics)
@source_of.register(Comparison)
def _parts(item: Any) -> str:
    """Each source with the parts that rest on it, what is assumed last."""
    parts: dict[str, list[str]] = {}
    for entry in sorted(sources(item), key=lambda s: s.status == ASSUMED):
        parts.setdefault(_told(entry), []).append(entry.role)
    return "; ".join(f"{_listed(dict.fromkeys(roles))}: {told}" for told, roles in parts.items())


@source_of.register
def _several(item: Several) -> str:
    """Each document once, then what was changed or assumed of the members."""
    held = [member for member in item if isinstance(member, Population)]
    entries = [entry for member in held for entry in sources(member)]
    told = [document for entry in entries for document in _documents(entry)] + [_changed(entry) for entry in entries]
    told += [source_of(member) for member in item if not isinstance(member, Population)]
    return "; ".join(dict.fromkeys(filter(None, told)))


@source_of.register
def _coherence(item: Coherence) -> str:
    known = {document.id: document for document in documents()}
    used = dict.fromkeys(line.document for line in item)
    return "; ".join(_document(known[id]) if id in known else f"document {id}" for id in used) or ASSUMED


def _told(entry: Source) -> str:
    """The documents of one part in short, and what was changed or assumed of it."""
    return ", ".join(filter(None, [*_documents(entry), _changed(entry)]))


def _changed(entry: Source) -> str:
    return entry.status.removeprefix("sourced").lstrip(", ")


def _documents(entry: Source) -> list[str]:
    known = {document.citation: document for document in documents()}
    return [_document(known[c]) if c in known else _short(c) for c in entry.documents]


def _document(document: Document) -> str:
    return f"{_short(document.citation, document.title)} ({document.id})"


def _short(citation: str, title: str = "") -> str:
    """First author and year; without authors, the title."""
    years = _YEAR.findall(citation)
    year = f" {years[-1]}" if years else ""
    author = _AUTHOR.match(citation)
    if author:
        return f"{author[1]}{' et al.' if author[2] in (',', '&') else ''}{year}"
    return textwrap.shorten(title or citation, _TITLE, placeholder=" …") + (f",{year}" if title else "")


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
