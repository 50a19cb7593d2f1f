"""Parts that add up: patients sorted into classes, and the rates of parts beside the rate of their whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.counts import number, part, percentages, possible, rates
from icibaseline.evidence.coherence.groups import CLASSES, GROUP, Parts, family, group_of, partitions
from icibaseline.evidence.coherence.reading import PROPORTIONS, Range, counts, proportion
from icibaseline.evidence.records import Finding

__all__ = ["ClassTotals", "GroupSizes", "RatesOfParts"]


class ClassTotals(Comparison):
    """Patients in classes of resistance, of which each is in one at most, beside all patients."""

    name: ClassVar[str] = "classes v all patients"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per statistic that is printed for two classes or more of the same patients."""
        sets: dict[tuple[object, ...], list[Finding]] = {}
        for f in (*study.having("count"), *percentages(study)):
            if f.resistance in CLASSES and f.endpoint is None and (f.n is not None or f.unit in PROPORTIONS):
                key = (f.statistic, f.unit, f.n, f.at, f.source, *family(f, "resistance"))
                sets.setdefault(key, []).append(f)
        for held in sets.values():
            if len(held) > 1 and len({f.resistance for f in held}) == len(held):
                yield self._judge(study, sorted(held, key=lambda f: (-float(f.value or 0), f.id)), held[0].n)

    def _judge(self, study: Study, held: list[Finding], n: int | None) -> Found:
        all_of_them, kind = (n, "patients") if n is not None else (100, "percent")
        ranges = [_patients(f, all_of_them) for f in held]
        least, most = sum(x.low for x in ranges), sum(x.high for x in ranges)
        over = least > all_of_them * (1 + 1e-9)
        printed, whole = _as_printed(held, all_of_them, kind)
        numbers = {**{f"class {i}": x for i, x in enumerate(printed, start=1)}, **whole}
        what = f"The classes hold all {all_of_them} {kind}."
        if over:
            what = f"The classes hold at least {least:.4g} of {all_of_them} {kind}: they overlap."
        elif most < all_of_them:
            rest = f"{all_of_them - most:.4g} of {all_of_them} {kind}"
            what = f"{rest} are in no class: a mix needs a further class for them."
        return self.line(study, held, numbers, judged(over), what)


def _as_printed(held: Sequence[Finding], n: int, kind: str) -> tuple[list[float], dict[str, float]]:
    """The classes in their own unit, patients or percent, and what all of them are in that unit."""
    values = [float(f.value or 0) for f in held]
    unit = PROPORTIONS.get(str(held[0].unit))
    if unit is None:
        return values, {kind: n}
    return [100 * x / unit for x in values], {"percent": 100.0}


def _patients(f: Finding, n: int) -> Range:
    if f.unit in PROPORTIONS:
        return proportion(f).times(n)
    held = float(f.events if f.events is not None else f.value or 0)
    return Range(held, held)


class RatesOfParts(Comparison):
    """The counts behind the rates of parts add up to the count behind the rate of their whole."""

    name: ClassVar[str] = "rates of parts v whole"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per rate of a whole and its parts; each part's size is recovered from its share, if printed."""
        held = [f for f in rates(study) if f.endpoint is not None and f.endpoint != "AE"]
        for found in partitions(held, study):
            if found.whole.n is not None and all(f.n is not None for f in found.parts):
                yield self._judge(study, found, found.whole.n)

    def _judge(self, study: Study, found: Parts, n: int) -> Found:
        whole = possible(found.whole) or part(found.whole).times(n)
        ranges = [possible(f) or part(f).times(f.n or 0) for f in found.parts]
        added = Range(sum(x.low for x in ranges), sum(x.high for x in ranges))
        shares = [_share(f, study) for f in found.parts]
        recovered = [_pairs(f, share, n) for f, share in zip(found.parts, shares, strict=True) if share is not None]
        unique = sum(len(pairs) == 1 for pairs in recovered)
        lost = any(not pairs for pairs in recovered)
        numbers = {"parts": len(found.parts), "patients": n, "counts added": added.low, "count of the whole": whole.low}
        if recovered:
            numbers["parts with one denominator that fits"] = unique
        fits = whole.meets(added)
        what = f"The counts of the parts add up to {_shown(added)} of {n}, as the whole has: each may be used."
        if lost:
            what = (
                "A part's rate is that of no number of patients that prints as its share: its denominator is unknown."
            )
        if not fits:
            what = (
                f"The counts of the parts add up to {_shown(added)}, the whole has {_shown(whole)} of {n}: a rate or a "
                "denominator is misprinted, so no part gives a count."
            )
        beside = [share for share in shares if share is not None]
        return self.line(study, [found.whole, *found.parts, *beside], numbers, judged(not fits or lost), what)


def _share(rate: Finding, study: Study) -> Finding | None:
    """The share of all patients that a part is, printed under the same labels."""
    found = [
        f
        for f in percentages(study)
        if f.statistic == "share" and f.endpoint is None and group_of(f) == group_of(rate) and f.n != rate.n
    ]
    return found[0] if len(found) == 1 else None


def _pairs(rate: Finding, share: Finding, n: int) -> list[tuple[int, int]]:
    """Every size that prints as the share, with every count of it that prints as the rate."""
    sizes = [size for size in counts(share, n) if size]
    if rate.statistic == "count":
        return [(size, number(rate) or 0) for size in sizes if size == rate.n]
    return [(size, x) for size in sizes for x in counts(rate, size)]


def _shown(held: Range) -> str:
    return f"{held.low:.4g}" if held.low == held.high else f"{held.low:.4g} to {held.high:.4g}"


class GroupSizes(Comparison):
    """One group has one size."""

    name: ClassVar[str] = "sizes of one group"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per group that an outcome gives two sizes, and per group that was counted."""
        used: dict[tuple[object, ...], list[Finding]] = {}
        for f in study.findings:
            of_one_side = f.comparator is None or f.n_comparator is not None
            if f.n is not None and f.endpoint is not None and f.endpoint != "AE" and of_one_side:
                used.setdefault((*group_of(f), f.endpoint), []).append(f)
        for held in used.values():
            if len({f.n for f in held}) > 1:
                yield self._differ(study, sorted(held, key=lambda f: (f.n or 0, f.id)))
        for f in study.having("count"):
            labelled = any(getattr(f, name) is not None for name in GROUP)
            users = [g for key, held in used.items() if key[:-1] == group_of(f) for g in held]
            if f.endpoint is None and f.events and labelled and users and f.at is None:
                yield from self._counted(study, f, f.events, users)

    def _differ(self, study: Study, held: Sequence[Finding]) -> Found:
        least, most = held[0].n or 0, held[-1].n or 0
        what = (
            f"One group and outcome is given {least} and {most} patients: take the smaller one, or ask which is meant."
        )
        return self.line(study, held, {"least": least, "most": most}, "tense", what)

    def _counted(self, study: Study, f: Finding, events: int, users: Sequence[Finding]) -> Iterator[Found]:
        sizes = {g.n for g in users if g.n is not None}
        more = sorted(n for n in sizes if n > events and n != f.n)
        if more and (events in sizes or f.n not in sizes):  # else it counts a property of the group, not the group
            what = (
                f"{events} patients are counted, but {more[-1]} are followed: the precision of the outcome is unknown."
            )
            yield self.line(study, [f, *users], {"counted": events, "followed": more[-1]}, "tense", what)
        elif sizes == {events}:
            what = f"{events} patients are counted and {events} are followed."
            yield self.line(study, [f, *users], {"counted": events, "followed": events}, "coherent", what)
