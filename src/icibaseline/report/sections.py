"""What a report is made of, whatever the kind of file: sections of paragraphs, lists, tables and code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from icibaseline.report.tables import Table

__all__ = ["Bullets", "Code", "Numbered", "Paragraph", "Part", "Picture", "Section"]


class Paragraph(NamedTuple):
    """A paragraph, perhaps with a label before it."""

    text: str
    label: str = ""


class Bullets(NamedTuple):
    """A list."""

    lines: Sequence[str]


class Numbered(NamedTuple):
    """A numbered list."""

    lines: Sequence[str]


class Code(NamedTuple):
    """Python that a reader can run."""

    text: str


class Picture(NamedTuple):
    """A picture of a value, for the kinds of files that can show one."""

    item: Any
    view: str


Part = Paragraph | Bullets | Numbered | Code | Table | Picture


class Section(NamedTuple):
    """A title and what stands under it; level 1 is the title of the report."""

    title: str
    parts: Sequence[Part]
    level: int = 2
