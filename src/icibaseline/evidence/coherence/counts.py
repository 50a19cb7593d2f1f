"""Counts, percentages and denominators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.groups import CLASSES, group_of, same_curve
from icibaseline.evidence.coherence.reading import PROPORTIONS, Range, counts, proportion
from icibaseline.evidence.records import Finding

__all__ = ["CountPercentage", "PercentageSums", "number", "part", "percentages", "possible", "rates"]

_MOST_SHOWN = 4


def percentages(study: Study) -> tuple[Finding, ...]:
    """Percentages and proportions of patients, not read off a curve."""
    return tuple(f for f in study.having("percentage", "share") if f.unit in PROPORTIONS and f.value is not None)


def rates(study: Study) -> tuple[Finding, ...]:
    """What happened to which part of the patients: the one count of them that is printed, or else the percentages."""
    held = [
        f
        for f in study.having("count")
        if f.unit == "patients"
        and f.endpoint is not None
        and f.n is not None
        and (f.events is not None or f.value != f.n)
    ]
    alone = [f for f in held if sum(_one_rate(f, g) for g in held) == 1]
    return (*alone, *(f for f in percentages(study) if not any(_one_rate(f, g) for g in alone)))


def _one_rate(a: Finding, b: Finding) -> bool:
    return same_curve(a, b) and a.at == b.at and (a.n is None or b.n is None or a.n == b.n)


def part(finding: Finding) -> Range:
    """What part of the patients a rate can be."""
    if finding.statistic != "count":
        return proportion(finding)
    exact = (number(finding) or 0) / (finding.n or 1)
    return Range(exact, exact)


def possible(finding: Finding) -> Range | None:
    """The least and the greatest count of its `n` patients that the rate can be; None without one."""
    if finding.n is None:
        return None
    if finding.statistic == "count":
        counted = number(finding) or 0
        return Range(counted, counted)
    held = counts(finding, finding.n)
    return Range(held[0], held[-1]) if held else None


class CountPercentage(Comparison):
    """The count over the patients prints as the percentage; without a count, some whole number does."""

    name: ClassVar[str] = "count v percentage v n"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per count that cannot be one, and per percentage that not every number of patients can print."""
        for f in study.having("count"):
            if f.unit == "patients" and f.value is not None and f.n is not None:
                yield from self._count(study, f, f.value, f.n)
        for f in percentages(study):
            beside = _beside(f, study)
            n = f.n if f.n is not None else (beside.n if beside else None)
            known = [x for x in dict.fromkeys((f.events, number(beside))) if x is not None]
            if n is None:
                yield from self._unknown(study, f, known[0] if known else None)
            elif not known and n < 100 / _unit_of_rounding(f):  # else every percentage can be printed
                yield self._whole(study, f, n)
            else:
                for events in known:
                    yield self._known(study, (f, *([beside] if beside else [])), events, n)

    def _count(self, study: Study, f: Finding, value: float, n: int) -> Iterator[Found]:
        # a count is of patients with a property or, beside `events`, of all who were looked at
        if value > n or value % 1 or (f.events is not None and value not in (f.events, n)):
            what = f"{value:g} patients are counted, {f.events if f.events is not None else '-'} of {n} recorded."
            yield self.line(study, [f], {"count": value, "n": n}, "impossible", f"{what} One is misprinted or misread.")

    def _known(self, study: Study, both: tuple[Finding, ...], events: int, n: int) -> Found:
        f = both[0]
        fitting = counts(f, n)
        numbers = {"count": events, "n": n, "percent": _percent(f), "percent computed": 100 * events / n}
        numbers["counts that fit"] = len(fitting)
        if events in fitting:
            what = f"{events}/{n} prints as {f.value:g}: the count may be used."
            return self.line(study, both, numbers, "coherent", what)
        others = [m for m in _sizes(study, [f]) if m >= events and events in counts(f, m)]
        what = f"{events}/{n} is {100 * events / n:.4g}%, which does not print as {_percent(f):g}%: " + _instead(others)
        return self.line(study, both, numbers, "impossible", what)

    def _whole(self, study: Study, f: Finding, n: int) -> Found:
        found = counts(f, n)
        numbers = {"percent": _percent(f), "n": n, "whole numbers": len(found)}
        if found:
            what = f"{_listed(found)} of {n} print as {_percent(f):g}%."
            if len(found) == 1:
                what = f"Only {found[0]}/{n} prints as {_percent(f):g}%: that count may be used."
            return self.line(study, [f], numbers, "coherent", what)
        others = [m for m in _sizes(study, [f]) if counts(f, m)]
        what = f"No whole number of {n} patients prints as {_percent(f):g}%: " + _instead(others)
        return self.line(study, [f], numbers, "impossible", what)

    def _unknown(self, study: Study, f: Finding, events: int | None) -> Iterator[Found]:
        alike = [g for g in study.findings if (g.tumour, g.population) == (f.tumour, f.population) and g is not f]
        sizes = _sizes(study, alike)
        if not sizes:
            yield self.lacks("the document prints no number of patients of this population", f)
            return
        fitting = [n for n in sizes if (events in counts(f, n) if events is not None else counts(f, n))]
        if fitting and max(sizes) >= 100 / _unit_of_rounding(f):
            return  # of so many patients every percentage can be printed
        numbers = {"percent": _percent(f), **{f"n {i}": n for i, n in enumerate(sizes[:_MOST_SHOWN], start=1)}}
        what = f"Its denominator is not printed and may be {_listed(fitting)}: make no prior of it."
        if not fitting:
            what = (
                f"No whole number of {_listed(sizes)} patients prints as {_percent(f):g}%: its denominator cannot be "
                "known, so it has no precision and becomes no prior."
            )
        yield self.line(study, [f], numbers, judged(not fitting), what)


def _beside(f: Finding, study: Study) -> Finding | None:
    """The one count of the same patients and outcome as this one percentage."""
    found = [g for g in study.having("count") if _one_rate(f, g) and number(g) != g.n]
    alone = [g for g in percentages(study) if same_curve(f, g) and f.at == g.at]
    return found[0] if len(found) == len(alone) == 1 and _of_one_thing(f, study) else None


def _of_one_thing(f: Finding, study: Study) -> bool:
    """Whether the labels say what is counted: an outcome, or membership in the class of resistance that they name."""
    if f.endpoint is not None:
        return f.endpoint != "AE"
    within = [g for g in study.findings if g.endpoint is not None and g.n is not None and group_of(f) == group_of(g)]
    classed = f.resistance in CLASSES and len({g.resistance for g in study.findings}) > 1
    return classed and all(g.n != f.n for g in within)


def number(count: Finding | None) -> int | None:
    """The patients that a count counts: beside `events`, its value may be all who were looked at."""
    if count is None:
        return None
    return count.events if count.events is not None else (int(count.value) if count.value is not None else None)


def _sizes(study: Study, among: Iterable[Finding]) -> list[int]:
    """Every number of patients that could be a denominator for one of these, largest first."""
    wanted = {(f.tumour, f.population) for f in among}
    held = [f for f in study.findings if (f.tumour, f.population) in wanted]
    sizes = {n for f in held for n in (f.n, f.n_comparator, f.events, number(f) if f.statistic == "count" else None)}
    return sorted((n for n in sizes if n), reverse=True)


def _unit_of_rounding(f: Finding) -> float:
    """Width of what prints as the same percentage, in percent."""
    low, high = proportion(f)
    return max(100 * (high - low), 1e-9)


def _percent(f: Finding) -> float:
    if f.statistic == "count":
        return 100 * part(f).low
    return 100 * float(f.value or 0) / PROPORTIONS[str(f.unit)]


def _listed(numbers: Iterable[int]) -> str:
    held = list(numbers)
    more = f" or {len(held) - _MOST_SHOWN} others" if len(held) > _MOST_SHOWN else ""
    return " or ".join(map(str, held[:_MOST_SHOWN])) + more


def _instead(others: list[int]) -> str:
    if not others:
        return "no denominator in the document does, so make no prior of it until the count is known."
    return f"of {_listed(others)} patients it could, so ask which denominator is meant before it becomes a prior."


class PercentageSums(Comparison):
    """Complete and partial responses are all responses; with stable disease, all controlled."""

    name: ClassVar[str] = "parts of response"

    _SUMS: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = (("ORR", ("CR", "PR")), ("DCR", ("ORR", "SD")))
    _INSIDE: ClassVar[dict[str, tuple[str, ...]]] = {"ORR": ("CR", "PR"), "DCR": ("ORR", "SD", "CR", "PR")}

    def of(self, study: Study) -> Iterator[Found]:
        """One line per sum, and per part that is printed without the others."""
        held = rates(study)
        for total in held:
            alike = [f for f in held if _same_patients(f, total)]
            summed: set[str] = set()
            for name, parts in self._SUMS:
                found = [[f for f in alike if f.endpoint == part] for part in parts]
                if total.endpoint == name and all(len(x) == 1 for x in found):
                    summed |= set(parts)
                    yield self._sum(study, total, [x[0] for x in found])
            inside = self._INSIDE.get(str(total.endpoint), ())
            for f in alike:
                if f.endpoint in inside and f.endpoint not in summed:
                    yield self._larger(study, total, f)

    def _sum(self, study: Study, total: Finding, parts: list[Finding]) -> Found:
        known = [possible(f) for f in (total, *parts)]
        ranges = [part(f) for f in (total, *parts)]
        if all(x is not None for x in known):
            ranges = [x for x in known if x is not None]
        whole, added = ranges[0], Range(sum(x.low for x in ranges[1:]), sum(x.high for x in ranges[1:]))
        fits = whole.meets(added)
        numbers = {"sum percent": sum(map(_percent, parts)), "printed percent": _percent(total)}
        what = "The parts add up to the whole."
        if not fits:
            what = (
                f"The parts add up to {_added(parts)}, not {_added([total])}: one of them counts other patients, so "
                "none gives a count."
            )
        return self.line(study, [total, *parts], numbers, judged(not fits), what)

    def _larger(self, study: Study, total: Finding, inner: Finding) -> Found:
        fits = part(inner).low <= part(total).high
        numbers = {f"{f.endpoint} percent": _percent(f) for f in (inner, total)}
        what = f"{total.endpoint} includes {inner.endpoint}."
        if not fits:
            what = f"{total.endpoint} includes {inner.endpoint}, but has fewer patients: use neither."
        return self.line(study, [total, inner], numbers, judged(not fits), what)


def _added(parts: Iterable[Finding]) -> str:
    held = list(parts)
    if all(f.statistic == "count" for f in held):
        return f"{sum(number(f) or 0 for f in held)} of {held[0].n} patients"
    return f"{sum(map(_percent, held)):.4g}%"


def _same_patients(a: Finding, b: Finding) -> bool:
    labels = ("tumour", "population", "resistance", "treatment", "analysis_set", "n", "at")
    return all(getattr(a, name) == getattr(b, name) for name in labels)
