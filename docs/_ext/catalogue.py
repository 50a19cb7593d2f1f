"""The evidence catalogue: one page for each document of the library, written from its file before the pages are read."""

from __future__ import annotations

import shutil
import textwrap
import warnings
from pathlib import Path

import pictures

import icibaseline as ici

PLACE = Path(__file__).parents[1] / "evidence" / "generated"
WIDTHS = {"as printed": 40, "reads": 30, "use": 30}
CODES = {"coherent": "coherent", "tense": "**tense**", "impossible": "**impossible**"}


def write(app: object) -> None:
    """All pages and pictures."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for document in ici.documents():
        (PLACE / f"{document.id}.rst").write_text(page(document), encoding="utf-8")


def page(document: ici.Document) -> str:
    """What a document reports, what it supports, what it does not, and whether it agrees with itself."""
    parts = [
        heading(f"{document.tumour}: {document.title}", "="),
        f".. rubric:: {document.id}",
        quoted(document.citation)
        + f"\n\n{document.n} patients. What was read: the {document.source}."
        + ("" if document.doi is None else f" DOI: {document.doi}."),
        "Cautions, by the letter that findings carry:\n\n" + bullets(document.flags),
        heading("What it supports", "-"),
        *(part for item in supported(document) for part in prior(item)),
        heading("Whether it agrees with itself", "-"),
        "Recomputed from the printed numbers alone; see :doc:`/methods/coherence`.",
        coherence(document),
        heading("What it reports, as printed", "-"),
        table(("finding", "as printed", "reads", "use"), [row(f) for f in document.findings], (16, 34, 25, 25)),
        heading("What it cannot support, and what would be needed", "-"),
        refusals(document),
    ]
    return "\n\n".join(parts) + "\n"


def supported(document: ici.Document) -> list[ici.Baseline]:
    """Every prior that the document supports; where a bias must be chosen, with one of sd 0 for the picture."""
    made = []
    for id in dict.fromkeys(f.supports for f in document.findings if f.supports):
        try:
            made.append(ici.baseline(id))
        except ici.RefusedFinding:
            made.append(ici.baseline(id, bias=ici.Bias(0.0, reason="none, to show what is printed")))
    return made


def prior(item: ici.Baseline) -> list[str]:
    """A prior with its picture, route and flags."""
    path = PLACE / f"{item.id}.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = pictures.draw(item, path)
    lines = str(item).splitlines()
    card = "\n".join(textwrap.fill(line, 118, subsequent_indent=" " * 18) for line in lines)
    return [
        heading(item.id, "~"),
        f".. figure:: {path.name}\n   :alt: {said}\n\n   {caption(item)}",
        ".. code-block:: text\n\n" + textwrap.indent(card, "   "),
    ]


def caption(item: ici.Baseline) -> str:
    """What the picture shows and where it comes from."""
    use = "It may be a control arm." if item.not_a_control is None else f"Not a control arm: {lower(item.not_a_control)}"
    return f"{item.id}: {item.quantity}, by the route taken and by the others. {use} Source: {item.documents[0].citation}"


def lower(sentence: str) -> str:
    """A sentence to stand after a colon."""
    return sentence[0].lower() + sentence[1:].rstrip(".") + "."


def coherence(document: ici.Document) -> str:
    """The report of `check` as a table."""
    report = ici.check(document)
    rows = [
        (line.compared, "; ".join(f"{name} {number:.3g}" for name, number in line.numbers), CODES[line.verdict], line.consequence)
        for line in report
    ]
    left = "\n\nNot compared:\n\n" + bullets(report.unchecked) if report.unchecked else ""
    return table(("compared", "numbers", "verdict", "consequence"), rows, (22, 28, 12, 38)) + left


def row(f: ici.Finding) -> tuple[str, ...]:
    """One finding."""
    reads = str(f).split("reads", 1)[1].splitlines()[0].strip()
    use = f"supports {f.supports}, {f.route}" if f.supports else "refused, see below"
    return f.id, f"“{f.printed}”", reads, use


def refusals(document: ici.Document) -> str:
    """Every refused finding with its reason."""
    return "\n".join(
        f"{f.id}\n   {escaped(f.refused)}" for f in document.findings if f.refused
    )


def heading(text: str, mark: str) -> str:
    """A heading with its line."""
    return f"{escaped(text)}\n{mark * (len(escaped(text)) + 1)}"


def bullets(lines: tuple[str, ...]) -> str:
    """A list."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def quoted(text: str) -> str:
    """A paragraph set off from the others."""
    return "    " + escaped(text)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    """A list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for cells in (head, *rows):
        for k, cell in enumerate(cells):
            lines.append(f"   {'*' if k == 0 else ' '} - {cell if cell.startswith('**') else escaped(cell)}")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text without marks of reStructuredText."""
    for mark in ("\\", "*", "`", "|", "_"):
        text = text.replace(mark, f"\\{mark}")
    return text


def setup(app) -> dict[str, bool]:
    """Write the pages when the builder starts."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
