"""Whether the passage that a finding quotes is in the text, and carries the numbers that the finding states."""

from __future__ import annotations

import re

from icibaseline.errors import reject
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Document

__all__ = ["check_fragments"]

_NUMBER = re.compile(r"(?<![\w.])\.\d+|\d+(?:[.·]\d+)?")
_RATIO = re.compile(r"(\d+)\s*(?:in|of|out of|/)\s*(\d+)")
_LEVEL = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*(?:CI|CrI|confidence|credible)", re.IGNORECASE)
_N = re.compile(r"\bn\s*=\s*(\d+)|\b\d+ of (\d+) ", re.IGNORECASE)
_COUNTED = "one two three four five six seven eight nine ten eleven twelve"
_WORDS = {word: float(i) for i, word in enumerate(_COUNTED.split(), 1)} | {"double": 2.0, "twice": 2.0, "half": 0.5}


def check_fragments(document: Document, place: str, text: str | None = None) -> None:
    """Refuse a document one of whose fragments lacks a number of its finding, or does not stand in its text.

    Parameters
    ----------
    document : Document
        Whose findings are looked at.
    place : str
        What errors call its file.
    text : str, optional
        The text of the publication; white space does not matter.

    Raises
    ------
    InvalidInput
        If a number is missing from a fragment, or a fragment from the text; the sentence names the finding.
    """
    for finding in document.findings:
        where = f"{place}, finding {finding.id}, printed"
        numbers = _numbers(finding.printed)
        for name in ("value", "lower", "upper", "p"):
            held = getattr(finding, name)
            if held is not None and held not in numbers:
                reject(where, f"a passage that carries the number of `{name}`, {held:g}", finding.printed)
        _check_level(finding, where.removesuffix("printed"))
        _check_patients(finding, where.removesuffix("printed"))
        if text is not None and _plain(finding.printed) not in _plain(text):
            reject(where, "a passage of the text, letter by letter", finding.printed, _nearest(finding, text))


def _check_level(finding: Finding, where: str) -> None:
    """The level that a fragment prints with its interval is the one that the finding states."""
    printed = {float(x) for x in _LEVEL.findall(finding.printed)}
    if finding.level is not None and printed and round(100 * finding.level, 6) not in printed:
        said = " or ".join(f"{x / 100:g}" for x in sorted(printed))
        reject(f"{where}level", f"the level that is printed, {said}", finding.level)


def _check_patients(finding: Finding, where: str) -> None:
    """Patients that a fragment prints are among those that the finding states, unless it says how they follow."""
    known = {finding.n, finding.n_comparator, finding.events, finding.value}
    if finding.n is None or finding.derivation is not None:
        return
    for found in (int(a or b) for a, b in _N.findall(finding.printed)):
        if found not in known:
            hint = "If it is right, say in `derivation` how it follows."
            reject(f"{where}n", f"the number that is printed, {found}", finding.n, hint)


def _numbers(fragment: str) -> set[float]:
    found = {float(token.replace("·", ".")) for token in _NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3}\b)", "", fragment))}
    found |= {int(a) / int(b) for a, b in _RATIO.findall(fragment) if int(b)}
    return found | {number for word, number in _WORDS.items() if re.search(rf"\b{word}\b", fragment, re.IGNORECASE)}


def _plain(passage: str) -> str:
    return " ".join(passage.split())


def _nearest(finding: Finding, text: str) -> str:
    """Where the text starts to differ from the fragment."""
    words, known = finding.printed.split(), _plain(text)
    same = max((i for i in range(len(words) + 1) if " ".join(words[:i]) in known), default=0)
    return f"It differs from the text after {' '.join(words[:same])!r}." if same else "It does not begin in the text."
