"""Sections as one HTML file with its pictures in it, to read on a screen and to print."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import singledispatch
from html import escape
from importlib.resources import files
from typing import Any

from icibaseline.report.plots import plot
from icibaseline.report.sections import Bullets, Code, Numbered, Paragraph, Picture, Section
from icibaseline.report.tables import Table

__all__ = ["html_page"]

_SHORT = 12  # rows of a table that is printed on one page
_NUMBER = re.compile(r"[-+<]?[\d.][\d.,]*( ?%)?|-|")


def html_page(sections: Sequence[Section]) -> str:
    """The text of an HTML file."""
    style = files("icibaseline.report").joinpath("pages.css").read_text(encoding="utf-8")
    body = "\n".join(_section(section) for section in sections)
    title = escape(sections[0].title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    parts = "\n".join(_written(part) for part in section.parts)
    return f"<section>\n<h{section.level}>{escape(section.title)}</h{section.level}>\n{parts}\n</section>"


@singledispatch
def _written(part: object) -> str:
    raise TypeError(f"HTML has no form for {type(part).__name__}")


@_written.register
def _(part: Paragraph) -> str:
    if not part.label:
        return f"<p>{escape(part.text)}</p>"
    return f'<p class="label"><strong>{escape(part.label)}</strong> {escape(part.text)}</p>'


@_written.register
def _(part: Bullets) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in part.lines) + "</ul>"


@_written.register
def _(part: Numbered) -> str:
    return "<ol>" + "".join(f"<li>{escape(line)}</li>" for line in part.lines) + "</ol>"


@_written.register
def _(part: Code) -> str:
    return f"<pre><code>{escape(part.text)}</code></pre>"


@_written.register
def _(part: Table) -> str:
    """Columns of numbers to the right."""
    columns = zip(part.head, *part.rows, strict=True)
    kinds = [" class='number'" if all(_NUMBER.fullmatch(cell) for cell in cells) else "" for _, *cells in columns]
    caption = f"<caption>{escape(part.title)}</caption>" if part.title else ""
    head = "".join(f"<th{kind}>{escape(cell)}</th>" for cell, kind in zip(part.head, kinds, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(c)}</td>" for c, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in part.rows
    )
    size = "wide short" if len(part.rows) <= _SHORT else "wide"
    return f'<div class="{size}"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


@_written.register
def _(part: Picture) -> str:
    """As lines and letters in the page itself; its words stand below it."""
    figure: Any = plot(part.item, part.view).figure
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "icibaseline"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    said = figure.get_label()
    plt.close(figure)
    svg = drawn.getvalue()
    label = f'<svg role="img" aria-label="Picture: {escape(part.view)}"'
    svg = _own_names(svg[svg.index("<svg") :].replace("<svg", label, 1), f"{type(part.item).__name__}-{part.view}")
    return f"<figure>{svg}<figcaption>{escape(str(said))}</figcaption></figure>"


def _own_names(svg: str, name: str) -> str:
    """Names within a picture made its own, since all pictures of a page share one space of names."""
    own = re.sub(r"\W+", "-", name)
    return re.sub(r'(id="|xlink:href="#|href="#|url\(#)', lambda m: f"{m[1]}{own}-", svg)
