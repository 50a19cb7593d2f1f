"""Sections as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from icibaseline.report.sections import Bullets, Code, Numbered, Paragraph, Picture, Section
from icibaseline.report.tables import Table, as_markdown

__all__ = ["markdown"]


def markdown(sections: Sequence[Section]) -> str:
    """The text of a Markdown file, which has no pictures."""
    blocks = []
    for section in sections:
        parts = [part for part in section.parts if not isinstance(part, Picture)]
        if parts:
            blocks += ["#" * section.level + f" {section.title}", *map(_written, parts)]
    return "\n\n".join(blocks) + "\n"


@singledispatch
def _written(part: object) -> str:
    raise TypeError(f"Markdown has no form for {type(part).__name__}")


@_written.register
def _(part: Paragraph) -> str:
    return f"**{part.label}** {part.text}".rstrip() if part.label else part.text


@_written.register
def _(part: Bullets) -> str:
    return "\n".join(f"- {line}" for line in part.lines)


@_written.register
def _(part: Numbered) -> str:
    return "\n".join(f"{i}. {line}" for i, line in enumerate(part.lines, 1))


@_written.register
def _(part: Code) -> str:
    return f"```python\n{part.text}\n```"


@_written.register
def _(part: Table) -> str:
    """With its title, if it has one."""
    return (f"*{part.title}*\n\n" if part.title else "") + as_markdown(part.head, part.rows)
