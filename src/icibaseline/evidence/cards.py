"""How findings and documents are printed."""

from __future__ import annotations

from icibaseline import _render
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Document, Documents, Findings, shown_value
from icibaseline.evidence.tables import aligned

__all__ = ["reading"]


@_render.text.register
def _finding(item: Finding) -> str:
    who = ", ".join(x for x in (item.tumour, item.population, item.analysis_set, item.treatment) if x)
    lines = [
        ("printed", f'"{item.printed}" ({item.source or "source not given"})'),
        ("reads", reading(item)),
        ("patients", who),
        ("resistance", item.resistance),
        ("compared to", _comparison(item)),
        ("time origin", item.origin),
        ("derivation", item.derivation),
        *(("flag", flag) for flag in item.flags),
        ("supports", f"{item.supports}, by the route {item.route!r}" if item.supports else None),
        ("refused", item.refused),
    ]
    body = aligned([(f"  {name}", content) for name, content in lines if content])
    return f"{item.id} (document {item.document})\n{body}"


def reading(item: Finding) -> str:
    """What a finding says, in a line: endpoint, statistic, number, interval, time and patients."""
    known = item.statistic != "not reached"
    unit = item.unit if known and item.unit != "ratio" else None
    parts = [item.endpoint, item.statistic, shown_value(item) if known else None, unit]
    if item.interval_label is not None:
        parts.append(f"({_interval(item)})")
    if item.at is not None:
        parts.append(f"at {item.at:g} months")
    counted = f"{item.events} of {item.n} patients" if item.events is not None else f"n={item.n}"
    return " ".join(x for x in parts if x) + ("" if item.n is None else f", {counted}")


def _interval(item: Finding) -> str:
    level = "" if item.level is None else f"{100 * item.level:g}% "
    kind = "interval of unstated kind" if item.interval_label == "unstated" else item.interval_label
    low, high = ("not reached" if x is None else f"{x:g}" for x in (item.lower, item.upper))
    unit = "" if item.interval_unit is None else f" as a {item.interval_unit}"
    return f"{level}{kind} {low} to {high}{unit}"


def _comparison(item: Finding) -> str | None:
    if item.comparator is None:
        return None
    n = "" if item.n_comparator is None else f", n={item.n_comparator}"
    return f"{item.comparator}{n}" + (f"; favours the {item.favours}" if item.favours else "")


@_render.text.register
def _findings(item: Findings) -> str:
    return item.table()


@_render.text.register
def _document(item: Document) -> str:
    supporting = sum(f.supports is not None for f in item.findings)
    lines = [
        ("citation", item.citation),
        ("doi", item.doi or "not printed in the document"),
        ("source", f"{item.source}, {item.year}"),
        ("patients", f"{item.n}, {item.tumour}"),
        ("findings", f"{len(item.findings)}: {supporting} support a prior, the others are refused"),
        *(("flag", flag) for flag in item.flags),
    ]
    return f"{item.id}: {item.title}\n" + aligned([(f"  {name}", content) for name, content in lines])


@_render.text.register
def _documents(item: Documents) -> str:
    header = ("id", "tumour", "n", "source", "year", "DOI", "citation")
    rows = [(d.id, d.tumour, str(d.n), d.source, str(d.year), d.doi or "-", d.citation) for d in item]
    return aligned([header, *rows], right=(2,))
