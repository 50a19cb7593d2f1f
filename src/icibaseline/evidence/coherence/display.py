"""How a report of coherence is printed."""

from __future__ import annotations

import html
import textwrap

from icibaseline import _render
from icibaseline.evidence.coherence.results import VERDICTS, Coherence, CoherenceLine, shown_numbers

__all__: list[str] = []

_WIDTH = 100
_VERDICT = 12
_LEFT = 44  # verdict and comparison


@_render.text.register
def _line(item: CoherenceLine) -> str:
    return f"{item.document}\n{_row(item)}"


@_render.text.register
def _coherence(item: Coherence) -> str:
    blocks = [
        "\n".join([f"{document}: {_tally(lines)}", *map(_row, lines)]) for document, lines in _by_document(item).items()
    ]
    if item.unchecked:
        rows = [
            textwrap.fill(x, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
            for x in item.unchecked
        ]
        blocks.append("\n".join(["not checked", *rows]))
    return "\n\n".join(blocks) or "nothing to compare"


def _by_document(item: Coherence) -> dict[str, list[CoherenceLine]]:
    found: dict[str, list[CoherenceLine]] = {}
    for line in item:
        found.setdefault(line.document, []).append(line)
    return found


def _tally(lines: list[CoherenceLine]) -> str:
    return ", ".join(f"{sum(line.verdict == verdict for line in lines)} {verdict}" for verdict in VERDICTS)


def _row(item: CoherenceLine) -> str:
    """Verdict and comparison to the left; findings, numbers and consequence beside them, wrapped."""
    left = f"  {item.verdict:{_VERDICT}}{item.compared}"
    paragraphs = (", ".join(item.findings), shown_numbers(item), item.consequence)
    right = [
        part for text in paragraphs if text for part in textwrap.wrap(text, _WIDTH - _LEFT, break_on_hyphens=False)
    ]
    return "\n".join(f"{left if i == 0 else '':{_LEFT}}{part}" for i, part in enumerate(right))


@_render.html.register
def _coherence_html(item: Coherence) -> str:
    cell = 'style="padding: 0.2em 0.8em; text-align: left; vertical-align: top"'
    names = ("document", "verdict", "compared", "numbers", "consequence", "findings")
    head = "".join(f"<th {cell}>{name}</th>" for name in names)
    rows = [
        (x.document, x.verdict, x.compared, shown_numbers(x), x.consequence, ", ".join(x.findings)) for x in item.items
    ]
    body = "".join("<tr>" + "".join(f"<td {cell}>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    missing = "".join(f"<li>{html.escape(x)}</li>" for x in item.unchecked)
    below = f"<p>not checked</p><ul>{missing}</ul>" if missing else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
