"""Text for a terminal: long lines are wrapped, wide tables are cut into groups of columns that fit."""

from __future__ import annotations

import re
from textwrap import TextWrapper

__all__ = ["fitted"]

_MOST = 0.6  # of the width that may be kept free below columns
_LABELS = 0.5  # of the width that labels may take beside each group of columns
_COLUMNS = 3  # from so many on it is a table, and not names beside texts
_GAP = "  "
_PAGE, _BELOW = 100, "    "  # how the library wraps a line


def fitted(text: str, width: int) -> str:
    """The text with no line longer than the width, as far as its words allow.

    What follows of a line stands below its last column. Where that begins too far to the right it is indented, and a
    table is printed in groups of columns, each beside the labels of its rows.
    """
    lines, said = _joined(text.split("\n"), width), []
    while lines:
        count, columns = _table(lines)
        if count > 1 and not _hangs(lines[:count], columns[-1], width):
            said += _grouped(lines[:count], columns, width)
        else:
            count = 1
            said += _parts(lines[0], width)
        lines = lines[count:]
    return "\n".join(said)


def _joined(lines: list[str], width: int) -> list[str]:
    """The lines, those together again that the library has wrapped for a page, if the page is wider."""
    whole: list[str] = []
    last = ""
    for line in lines:
        first = line.split(maxsplit=1)[:1]
        below = first and line.startswith(_BELOW + first[0])
        if width < _PAGE and below and len(last) <= _PAGE < len(f"{last} {first[0]}"):
            whole[-1] += f" {line.strip()}"
        else:
            whole.append(line)
        last = line
    return whole


def _parts(line: str, width: int) -> list[str]:
    """A line, with what does not fit below it."""
    if len(line) <= width:
        return [line]
    columns = [gap.end() for gap in re.finditer(r"(?:^|(?<=\S)) {2,}(?=\S)", line)]
    longest = max(map(len, line.split()), default=0)
    start = max((c for c in columns if c <= min(_MOST * width, width - longest)), default=0)
    below = " " * (start or min(4, max(0, width - longest)))
    how = TextWrapper(width, line[:start], below, break_long_words=False, break_on_hyphens=False)
    return how.wrap(line[start:])


def _table(lines: list[str]) -> tuple[int, list[int]]:
    """How many of the first lines are one table, and where its columns begin; 0 if none begins here."""
    columns: list[int] = []
    wanted = 0
    for count in range(1, len(lines) + 1):
        found = _columns(lines[:count])
        wanted = wanted or len(found)
        if len(found) < max(wanted, _COLUMNS) or not lines[count - 1].strip():
            return count - 1, columns
        columns = found
    return len(lines), columns


def _columns(lines: list[str]) -> list[int]:
    """Where columns begin: behind two spaces or more that all lines have at the same place."""
    longest = max(map(len, lines))
    shadow = "".join(" " if all(line[i : i + 1] in ("", " ") for line in lines) else "x" for i in range(longest))
    return [part.start() for part in re.finditer(r"(?:(?<= {2})|^)x|(?<=^ )x", shadow)]


def _hangs(lines: list[str], last: int, width: int) -> bool:
    """Whether the lines fit, or do with the rest of each below its last column."""
    if max(map(len, lines)) <= width:
        return True
    longest = max(len(word) for line in lines for word in line[last:].split() or [""])
    return last <= min(_MOST * width, width - longest)


def _grouped(lines: list[str], columns: list[int], width: int) -> list[str]:
    """The table in groups of columns that fit, with an empty line between."""
    cells = [[line[a:b].rstrip() for line in lines] for a, b in zip(columns, [*columns[1:], None], strict=True)]
    labels = _labels(cells, width)
    groups: list[list[list[str]]] = []
    for column in cells[len(labels) :]:
        if groups and _width([*labels, *groups[-1], column]) <= width:
            groups[-1].append(column)
        else:
            groups.append([column])
    return "\n\n".join("\n".join(_rows(labels, group, width)) for group in groups).split("\n")


def _rows(labels: list[list[str]], group: list[list[str]], width: int) -> list[str]:
    """The rows of a group; where one column has no room beside the labels, it is wrapped there or stands below them."""
    widths = [_width([column]) for column in (*labels, *group)]
    rows = [[cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in zip(*labels, *group, strict=True)]
    if _width([*labels, *group]) <= width:
        return [_GAP.join(row).rstrip() for row in rows]
    lines = [_GAP.join(row) for row in rows]
    if _hangs(lines, _width(labels) + len(_GAP), width):
        return [part for line in lines for part in _parts(line.rstrip(), width)]
    below = " " * 2 * len(_GAP)
    return [part for *label, cell in rows for part in (_GAP.join(label).rstrip(), *_parts(below + cell.strip(), width))]


def _labels(cells: list[list[str]], width: int) -> list[list[str]]:
    """The first columns up to one of numbers, as far as there is room; at least one."""
    count = 1
    while count < len(cells) - 1 and not _numeric(cells[count]) and _width(cells[: count + 1]) <= _LABELS * width:
        count += 1
    return cells[:count]


def _numeric(column: list[str]) -> bool:
    return any(cell.strip()[:1].isdigit() for cell in column[1:])


def _width(columns: list[list[str]]) -> int:
    return sum(max(map(len, column)) + len(_GAP) for column in columns) - len(_GAP)
