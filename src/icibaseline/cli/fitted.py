"""Text for a terminal: long lines are wrapped, and what is beside columns stays there."""

from __future__ import annotations

import re
from textwrap import TextWrapper

__all__ = ["fitted"]

_MOST = 0.6  # of the width that may be kept free below columns


def fitted(text: str, width: int) -> str:
    """The text with no line longer than the width, as far as its words allow.

    What follows of a line stands below its last column, or is indented where that begins too far to the right.
    """
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    columns = [gap.end() for gap in re.finditer(r"(?:^|(?<=\S)) {2,}(?=\S)", line)]
    longest = max(map(len, line.split()), default=0)
    start = max((c for c in columns if c <= min(_MOST * width, width - longest)), default=0)
    below = " " * (start or min(4, max(0, width - longest)))
    how = TextWrapper(width, line[:start], below, break_long_words=False, break_on_hyphens=False)
    return how.wrap(line[start:])
