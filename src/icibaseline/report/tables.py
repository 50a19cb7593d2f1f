"""Small tables: aligned text, Markdown and HTML from the same rows."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Table", "as_html", "as_markdown", "as_text", "number"]


class Table(NamedTuple):
    """A table with what it shows."""

    title: str
    head: list[str]
    rows: list[list[str]]


def number(x: float, digits: int = 4) -> str:
    """A number for a table: integers plain, others with `digits` significant ones, infinities in words."""
    if x != x:
        return "-"
    if x in (float("inf"), float("-inf")):
        return "none"
    if x == int(x) and abs(x) < 1e7:
        return str(int(x))
    return f"{x:.{digits}g}"


def as_text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of numbers to the right, columns of words to the left."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    right = [all(not cell or cell[0] in "-+.<0123456789" for cell in column[1:]) for column in columns]
    return "\n".join(
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in (head, *rows)
    )


def as_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join(lines)


def as_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """An HTML table with a caption."""
    cell = 'style="padding: 0.2em 0.8em; text-align: left"'
    top = "".join(f"<th {cell}>{html.escape(h)}</th>" for h in head)
    body = "".join("<tr>" + "".join(f"<td {cell}>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
