"""The evidence catalogue: a page for each document of the library, written from its file before pages are read."""

from __future__ import annotations

import shutil
import textwrap
import warnings
from pathlib import Path

import pictures

import icibaseline as ici

DOCS = Path(__file__).parents[1]
PLACE = DOCS / "evidence" / "generated"
WIDTH = 78  # characters in a line of a card
TITLES = {
    "hcc": "resistance and outcome after ICI",
    "mcc": "salvage after ICI",
    "melanoma_chemo": "chemotherapy after ICI",
    "nsclc_rechallenge": "ICI rechallenge",
    "promit": "chemotherapy, then ICI again",
}
CODES = {"coherent": "coherent", "tense": "**tense**", "impossible": "**impossible**"}


def write(app: object) -> None:
    """All pages and pictures."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for document in ici.documents():
        (PLACE / f"{document.id}.rst").write_text(page(document), encoding="utf-8")
    (PLACE / "overview.txt").write_text(overview(), encoding="utf-8")
    (PLACE / "route_coverage.txt").write_text(coverage(), encoding="utf-8")


def page(document: ici.Document) -> str:
    """What a document reports, what it supports, what it does not, and whether it agrees with itself."""
    made, report = supported(document), ici.check(document)
    parts = [
        heading(f"{title(document.tumour)}, {TITLES.get(document.id, document.title)}", "="),
        escaped(document.citation),
        facts(document, made, report),
        "Cautions, by the letter that findings carry:\n\n" + cautions(document.flags),
        heading("What it supports", "-"),
        "The thick line is the prior that is taken, with its median and its 95 % interval. The thin ones are what the "
        "other admissible routes, or other assumptions, make of the same findings; dotted ones are rejected.",
        *(part for item in made for part in prior(item)),
        heading("Whether it agrees with itself", "-"),
        "Recomputed from the printed numbers alone; what is compared and how is in :doc:`/methods/coherence`.",
        figure(report, "implied", "What the other numbers imply for each, over what is reported.", document.id),
        coherence(report),
        heading("What it reports, as printed", "-"),
        table(("finding", "as printed", "reads", "use"), [row(f) for f in document.findings], (24, 34, 22, 20)),
        heading("What it cannot support, and what would be needed", "-"),
        refusals(document),
    ]
    return "\n\n".join(parts) + "\n"


def facts(document: ici.Document, made: list[ici.Baseline], report: ici.Coherence) -> str:
    """The document in a few lines."""
    verdicts = [(len(report.where(verdict=name)), name) for name in ("impossible", "tense", "coherent")]
    lines = [
        ("Id", f"``{document.id}``"),
        ("Patients", str(document.n)),
        ("What was read", f"the {document.source}"),
        (
            "Findings",
            f"{len(document.findings)}, of which {sum(f.refused is None for f in document.findings)} support a prior",
        ),
        ("Priors", ", ".join(f":ref:`{item.id}`" for item in made)),
        ("Its own numbers", ", ".join(f"{count} {name}" for count, name in verdicts if count)),
    ]
    return "\n".join(f":{name}: {said}" for name, said in lines)


def overview() -> str:
    """The documents in one table."""
    rows = []
    for document in ici.documents():
        report = ici.check(document)
        found = [f"{len(report.where(verdict=name))} {name}" for name in ("impossible", "tense", "coherent")]
        ids = dict.fromkeys(f.supports for f in document.findings if f.supports)
        page = f":doc:`{title(document.tumour)}, {TITLES.get(document.id, document.id)} <generated/{document.id}>`"
        priors = ", ".join(f":ref:`{id}`" for id in ids)
        rows.append((page, str(document.n), str(len(document.findings)), priors, ", ".join(found)))
    head = ("document", "patients", "findings", "priors", "its own numbers")
    return table(head, rows, (26, 10, 10, 36, 18))


def cautions(flags: tuple[str, ...]) -> str:
    """The flags of a document, their letters set off."""
    return "\n".join(f"- **{flag[0]}** {escaped(flag[3:])}" for flag in flags)


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
    """A prior with its pictures, route and flags."""
    survival = item.quantity == "survival"
    return [
        f".. _{item.id}:",
        heading(item.id, "~"),
        figure(item, "routes", caption(item)),
        *([figure(item, "curve", "The curve that follows, and others through the same numbers.")] if survival else []),
        ".. code-block:: text\n\n" + textwrap.indent(card(item), "   "),
    ]


def figure(item: object, view: str, under: str, name: str = "") -> str:
    """A picture of `plot` with a caption."""
    path = PLACE / f"{name or item.id}_{view}.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        options = pictures.draw(item, view, path)
    return "\n".join([f".. figure:: {path.name}", *options, "", f"   {under}"])


def card(item: ici.Baseline) -> str:
    """The baseline as it prints, without the lines that the picture shows, wrapped under its second column."""
    head, *lines = str(item).splitlines()
    indent = " " * lines[0].index(lines[0][2:].split("  ")[-1].strip()) if lines else ""
    kept = [line for line in lines if not line.startswith(("  else ", "  source "))]
    return "\n".join(
        [
            textwrap.fill(head, WIDTH, subsequent_indent="    "),
            *(textwrap.fill(line, WIDTH, subsequent_indent=indent) for line in kept),
        ]
    )


def caption(item: ici.Baseline) -> str:
    """What the picture of routes shows, and what the prior may be used for."""
    use = (
        "It may be a control arm." if item.not_a_control is None else f"Not a control arm: {lower(item.not_a_control)}"
    )
    return f"{item.quantity.capitalize()} by the route taken and by others. {escaped(use)}"


def title(text: str) -> str:
    """A name to begin a line."""
    return text[0].upper() + text[1:]


def lower(sentence: str) -> str:
    """A sentence to stand after a colon."""
    return sentence[0].lower() + sentence[1:].rstrip(".") + "."


def coherence(report: ici.Coherence) -> str:
    """The report of `check` as a table."""
    rows = [
        (
            line.compared,
            "; ".join(f"{name} {number:.3g}" for name, number in line.numbers),
            CODES[line.verdict],
            line.consequence,
        )
        for line in report
    ]
    left = "\n\nNot compared:\n\n" + bullets(report.unchecked) if report.unchecked else ""
    return table(("compared", "numbers", "verdict", "consequence"), rows, (20, 30, 12, 38)) + left


def coverage() -> str:
    """The picture of simulated coverage, as a figure to be included elsewhere."""
    said = pictures.coverage(DOCS / "methods" / "route_coverage.csv", PLACE / "route_coverage.png")
    caption = (
        "How often the interval for a median holds the true median, by what its standard error is made from. "
        "Exponential curve, 20,000 cohorts in each setting; no mark where fewer than 200 print such an interval. "
        "Source: simulation, ``docs/scripts/route_coverage.py``."
    )
    return f".. figure:: /evidence/generated/route_coverage.png\n   :alt: {said}\n\n   {caption}\n"


def row(f: ici.Finding) -> tuple[str, ...]:
    """One finding."""
    reads = str(f).split("reads", 1)[1].splitlines()[0].strip()
    use = f"supports {f.supports}, {f.route}" if f.supports else "refused, see below"
    return f.id, f"“{f.printed}”", reads, use


def refusals(document: ici.Document) -> str:
    """Every refused finding with its reason."""
    return "\n".join(f"{f.id}\n   {escaped(f.refused)}" for f in document.findings if f.refused)


def heading(text: str, mark: str) -> str:
    """A heading with its line."""
    return f"{escaped(text)}\n{mark * (len(escaped(text)) + 1)}"


def bullets(lines: tuple[str, ...]) -> str:
    """A list."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    """A list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for cells in (head, *rows):
        for k, cell in enumerate(cells):
            lines.append(f"   {'*' if k == 0 else ' '} - {cell if cell.startswith(('**', ':')) else escaped(cell)}")
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
