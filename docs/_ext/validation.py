"""The validation page, made from what the last run of all tests kept: nothing in its tables is typed by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

DOCS = Path(__file__).parents[1]
KEPT = DOCS.parent / "build" / "validation.json"  # tests/conftest.py writes it
PLACE = DOCS / "generated" / "validation.txt"
EVIDENCE = {
    "reference": "numbers of other software",
    "published": "numbers printed in papers and books",
    "law": "laws that must hold: closed forms, symmetries, formula against simulation",
    "regression": "mistakes that were once made",
}


def write(app: object) -> None:
    """The tables, or a line that says how to make them."""
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(tables() if KEPT.exists() else MISSING, encoding="utf-8")


MISSING = ".. note:: These pages were built without a run of the tests; ``python3 dev.py test`` runs them first.\n"


def tables() -> str:
    """All tables."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return "\n\n".join([summary(kept["tests"]), compared(kept), others(kept)]) + "\n"


def summary(tests: list[dict]) -> str:
    """Tests by kind of evidence."""
    rows = []
    for kind, said in EVIDENCE.items():
        ended = Counter(t["outcome"] for t in tests if f"::test_{kind}" in t["test"])
        rows.append((said, str(ended["passed"]), verdict(ended["failed"])))
    return table(("what is tested against", "passed", "failed"), rows, (60, 20, 20))


def compared(kept: dict) -> str:
    """A row for each quantity and software."""
    parts = []
    for place, title in kept["titles"].items():
        rows = [
            (
                row["software"],
                row["quantity"],
                f"{row['cases']:,}",
                f"{row['largest']:.1e} {row['unit']}",
                f"{row['allowed']:.0e}",
                verdict(test["outcome"] == "failed"),
            )
            for test in kept["tests"]
            if test["test"].startswith(f"{place}::")
            for row in test["compared"]
        ]
        if rows:
            head = ("compared with", "what", "cases", "largest difference", "allowed", "failed")
            parts += [escaped(title), table(head, sorted(rows), (34, 22, 10, 16, 10, 8))]
    return "\n\n".join(["With other software, number by number\n" + "-" * 38, *parts])


def others(kept: dict) -> str:
    """Tests against references that keep no differences, by file."""
    rows = []
    for place, title in kept["titles"].items():
        held = [t for t in kept["tests"] if t["test"].startswith(f"{place}::") and not t["compared"]]
        held = [t for t in held if "::test_reference" in t["test"] or "::test_published" in t["test"]]
        if held:
            ended = Counter(t["outcome"] for t in held)
            rows.append((escaped(title), f"``{place}``", str(ended["passed"]), verdict(ended["failed"])))
    head = ("what", "where", "passed", "failed")
    return "\n\n".join(["Printed tables and other references\n" + "-" * 36, table(head, rows, (52, 30, 9, 9))])


def verdict(failed: int) -> str:
    """What stands in the last column."""
    return f":failed:`{int(failed)} FAILED`" if failed else "0"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    """A list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for cells in (head, *rows):
        lines += [f"   {'*' if k == 0 else ' '} - {cell}" for k, cell in enumerate(cells)]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text without marks of reStructuredText, but for its literals."""
    for mark in ("*", "|", "_"):
        text = text.replace(mark, f"\\{mark}")
    return text


def setup(app) -> dict[str, bool]:
    """Write the tables when the builder starts."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
