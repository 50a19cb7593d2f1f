"""The median of a whole and those of its parts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from icibaseline.evidence.arithmetic import mixture_median
from icibaseline.evidence.coherence.base import Comparison, Found, Study, judged
from icibaseline.evidence.coherence.curves import landmarks, off_landmark
from icibaseline.evidence.coherence.groups import Parts, family, partitions, same_curve
from icibaseline.evidence.coherence.reading import Range, in_months, proportion
from icibaseline.evidence.records import Finding

__all__ = ["MixtureLandmark", "WholeBetweenParts", "WholeMixture"]

_CENSORING = math.log(1.05)  # how far unequal censoring of the parts may carry the median of a whole beyond theirs
_TENSE_MIXTURE, _LEAST_MIXTURE = 3.0, 0.05  # standard errors, and the difference in survival that a shape near 1 makes
_TENSE_LANDMARK = 2.5


class WholeBetweenParts(Comparison):
    """The median of a whole lies between the medians of its parts."""

    name: ClassVar[str] = "whole median v its parts"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per whole and parts that make it up."""
        curves = [f for f in study.findings if f in study.medians or (f.statistic == "not reached" and f.endpoint)]
        for found in partitions(curves, study):
            if any(f.statistic == "median" for f in (found.whole, *found.parts)):
                yield self._judge(study, found)

    def _judge(self, study: Study, found: Parts) -> Found:
        whole, parts = _reached(found.whole), [_reached(f) for f in found.parts]
        least, most = min(x.low for x in parts), max(x.high for x in parts)
        above = math.log(whole.low / most) if whole.low > most else 0.0
        below = math.log(least / whole.high) if whole.high < least else 0.0
        beyond = max(above, below)
        numbers = {"whole": _middle(whole), **{f"part {i}": _middle(x) for i, x in enumerate(parts, start=1)}}
        what = f"The whole lies between its parts, which they are because {found.because}."
        if beyond:
            side = "longer" if above else "shorter"
            what = (
                f"The median of the whole, {_shown(whole)}, is {side} than that of every part ({found.because}): "
                "groups, endpoints or dates differ, so none of these medians can serve as a control for the parts."
            )
        numbers = {name: x for name, x in numbers.items() if math.isfinite(x)}
        return self.line(study, [found.whole, *found.parts], numbers, judged(beyond > _CENSORING, beyond > 0), what)


def _reached(f: Finding) -> Range:
    """What the median can have been; beyond all follow-up where it was not reached."""
    return in_months(f) if f.statistic == "median" else Range(math.inf, math.inf)


def _middle(held: Range) -> float:
    return (held.low + held.high) / 2


def _shown(held: Range) -> str:
    return "not reached" if math.isinf(held.low) else f"{_middle(held):.3g} months"


class WholeMixture(Comparison):
    """The median of exponential curves mixed as the parts are, and the median printed of the whole."""

    name: ClassVar[str] = "whole v mixture of parts"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per whole and parts of known sizes."""
        for found in partitions(study.medians, study):
            sizes = [f.n for f in found.parts if f.n is not None]
            if len(sizes) == len(found.parts):
                yield self._judge(study, found, sizes)
            else:
                yield self.lacks("the sizes of the parts are missing", found.whole, *found.parts)

    def _judge(self, study: Study, found: Parts, sizes: list[int]) -> Found:
        whole, parts = in_months(found.whole), [in_months(f) for f in found.parts]
        n = sum(sizes)
        low = sum(k * 0.5 ** (whole.high / x.low) for k, x in zip(sizes, parts, strict=True)) / n
        high = sum(k * 0.5 ** (whole.low / x.high) for k, x in zip(sizes, parts, strict=True)) / n
        alive = [0.5 ** (_middle(whole) / _middle(x)) for x in parts]
        error = math.sqrt(sum(k * _bridge(s) for k, s in zip(sizes, alive, strict=True))) / n
        gap = max(low - 0.5, 0.5 - high, 0.0)
        tense = gap > _LEAST_MIXTURE and gap > _TENSE_MIXTURE * error
        mixed = mixture_median(sizes, [_middle(x) for x in parts])
        numbers = {"whole": _middle(whole), "mixture": mixed}
        what = f"Exponential curves mixed {_mix(sizes)} have median {mixed:.3g}, near enough."
        if tense:
            what = (
                f"Exponential curves mixed {_mix(sizes)} have median {mixed:.3g}, not {_middle(whole):.3g}: do not "
                "rebuild the whole from its parts, or the parts from the whole, with exponential curves."
            )
        return self.line(study, [found.whole, *found.parts], numbers, judged(False, tense), what)


def _bridge(survival: float) -> float:
    """Variance, per patient, of survival at a time near the median, given that it is one half at the median."""
    rest = min(survival, 1 - survival)
    return rest * (0.5 - rest) / 0.5


def _mix(sizes: list[int]) -> str:
    return " : ".join(map(str, sizes))


class MixtureLandmark(Comparison):
    """The landmark of a whole that exponential curves of one part and of the others expect."""

    name: ClassVar[str] = "mixture v landmark"

    def of(self, study: Study) -> Iterator[Found]:
        """One line per landmark of a whole whose median and a part's median are printed."""
        for whole in study.medians:
            for mark in (x for x in landmarks(study) if same_curve(whole, x)):
                for part in study.medians:
                    if _is_part(part, whole):
                        found = self._judge(study, whole, part, mark)
                        if found is not None:
                            yield found

    def _judge(self, study: Study, whole: Finding, part: Finding, mark: Finding) -> Found | None:
        assert whole.n is not None
        assert part.n is not None
        share, at = part.n / whole.n, float(mark.at or 0)
        corners = [
            _mixed_survival(share, m, r, at)
            for m in (*in_months(whole), _middle(in_months(whole)))
            for r in (*in_months(part), _middle(in_months(part)))
        ]
        if any(x is None for x in corners):
            return None
        held = [x for x in corners if x is not None]
        others, expected = held[-1]
        printed = proportion(mark)
        everywhere = Range(min(s for _, s in held), max(s for _, s in held))
        tense = off_landmark(printed, everywhere, whole.n) > _TENSE_LANDMARK
        seen = _middle(printed)
        error = math.sqrt(max(seen * (1 - seen), 1e-6) / whole.n)
        numbers = {"printed": seen, "mixture": expected, "z": (seen - expected) / error, "median of the others": others}
        what = f"With the others at {others:.3g} months, two exponential curves have {expected:.3g} at month {at:g}."
        if tense:
            what += (
                " Even the mixture does not reach the printed number: within the parts, hazards change with time too."
            )
        return self.line(study, [whole, part, mark], numbers, judged(False, tense), what)


def _is_part(part: Finding, whole: Finding) -> bool:
    if part.n is None or whole.n is None or part.n >= whole.n:
        return False
    one_label = family(part, "analysis_set") == family(whole, "analysis_set")
    return one_label and whole.analysis_set is None and part.analysis_set is not None


def _mixed_survival(share: float, median: float, of_part: float, at: float) -> tuple[float, float] | None:
    """Median of the others, and survival of the whole at a month, if both are exponential; None if they cannot be."""
    left = (0.5 - share * 0.5 ** (median / of_part)) / (1 - share)
    if not 0 < left < 1:
        return None
    others = median * math.log(2) / -math.log(left)
    return others, share * 0.5 ** (at / of_part) + (1 - share) * 0.5 ** (at / others)
