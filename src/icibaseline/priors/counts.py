"""Patients with an outcome among those counted: a beta law on the rate."""

from __future__ import annotations

from typing import final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import BetaMixture
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import interval_methods, whole_numbers
from icibaseline.evidence.records import digits_after_point
from icibaseline.priors.base import Alternative, Route

__all__ = ["Counts"]

_PARTS = {"percent": 100, "proportion": 1}  # of the unit in one whole
_DIGITS = {"percent": 2, "proportion": 0}  # more after the point when it is written as a proportion
_NAMED = {(0.5, 0.5): "Jeffreys prior", (1.0, 1.0): "uniform prior"}
_MOST_LISTED = 6


def _before(name: str, given: object) -> tuple[float, float]:
    return _checks.pair(name, given, _checks.positive, "two positive numbers")


@final
@value
class Counts(Route):
    r"""The route "counts": ``rate ~ Beta(a + events, b + n - events)``.

    Parameters
    ----------
    prior_counts : tuple of two floats
        Beta parameters a and b before the data: (0.5, 0.5) is Jeffreys' prior, (1, 1) the uniform one.

    Raises
    ------
    InvalidInput
        If `prior_counts` is not two positive numbers.

    Notes
    -----
    A percentage stands for a count if exactly one whole number of the n patients prints as it; otherwise it is refused
    and the candidates are named. The equal-tailed interval of Jeffreys' prior covers about as often as it says at
    every rate [1]_. A printed interval is compared with those of Clopper and Pearson [2]_, Wilson, Jeffreys and Wald.

    Which patients were counted matters as much as the events: a count of the same document that is read with this one,
    and has more patients, gives another rate in `sensitivity`, in which the others count as without the event.

    References
    ----------
    .. [1] Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci 2001;16:101-133.
    .. [2] Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial.
       Biometrika 1934;26:404-413.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(supports="mel_orr_tmz")
    >>> print(priors.Counts().prior(found))
    beta(2.5, 69.5), median 0.0305, 95% 0.0059 to 0.0873
    >>> print(*priors.Counts().explain(found), sep="\n")
    2 is the only whole number of 71 that prints as 2.8 percent
    Jeffreys prior Beta(0.5, 0.5) and 2 of 71 give Beta(2.5, 69.5)
    """

    name = "counts"
    statistics = ("count", "percentage")
    beside = ("count",)
    quantity = "response rate"
    parameters = ("rate",)
    assumption = "every patient of the denominator was assessed, independently of the others"
    citations = ("brown2001", "clopper1934")

    prior_counts: tuple[float, float] = attrs.field(default=(0.5, 0.5), kw_only=True, converter=as_field(_before))

    def counted(self, findings: Findings) -> tuple[int, int]:
        """Patients with the outcome, and all who were counted.

        Raises
        ------
        RefusedFinding
            As `prior`.
        """
        first = self.checked(findings)[0]
        return _events(first), _patients(first)

    def _missing(self, findings: Findings) -> str | None:
        if not len(findings):
            return "It needs a count with its n."
        first = findings[0]
        if first.refused is not None:
            return f"{first.id} is refused: {first.refused}"
        if any(f.supports is not None and f.supports == first.supports for f in findings[1:]):
            return "It needs exactly one count that supports the prior; others can only be read with it."
        return _uncounted(first)

    def _prior(self, findings: Findings) -> BetaMixture:
        return BetaMixture.from_counts(_events(findings[0]), _patients(findings[0]), prior=self.prior_counts)

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        first, events = findings[0], _events(findings[0])
        others = [(before, _said(before)) for before in _NAMED if before != self.prior_counts]
        return (
            *(Alternative(label, prior=Counts(prior_counts=before)._prior(findings)) for before, label in others),
            *(
                Alternative(
                    f"{events} of the {wider.n} patients of {_set(wider)}, the others counted as without the event",
                    prior=BetaMixture.from_counts(events, _patients(wider), prior=self.prior_counts),
                )
                for wider in findings[1:]
                if _is_wider(wider, first, events)
            ),
        )

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        first, events, n = findings[0], _events(findings[0]), _patients(findings[0])
        (law,) = (part for _, part in self._prior(findings).components())
        steps = []
        if first.unit in _PARTS and len(_candidates(first)) == 1:
            steps.append(f"{events} is the only whole number of {n} that prints as {_printed(first)}")
        given = f"Beta({law.a[0]:g}, {law.b[0]:g})"
        steps.append(f"{_said(self.prior_counts)} and {events} of {n} give {given}")
        methods = _methods(first)
        if methods:
            steps.append(f"the printed interval is that of {' or '.join(methods)}")
        return tuple(steps)

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        first, events = findings[0], _events(findings[0])
        lines = []
        if first.analysis_set is not None:
            lines.append(f"the denominator is the {first.n} patients of {_set(first)}")
        for wider in findings[1:]:
            if _is_wider(wider, first, events):
                rates = f"{events / _patients(wider):.3f} instead of {events / _patients(first):.3f}"
                lines.append(f"of the {wider.n} patients of {_set(wider)} the rate is {rates}")
        if _methods(first) == ():
            lines.append(f"no usual interval of {events} of {first.n} prints as {first.lower:g} to {first.upper:g}")
        return tuple(lines)


def _uncounted(f: Finding) -> str | None:
    """Why the count of a finding is not known; None if it is."""
    if f.n is None:
        return f"{f.id} has no n; the number of patients counted is needed."
    if f.statistic == "count" and f.events is not None and f.value not in (f.events, f.n, None):
        return f"{f.id}: its value {f.value:g} is neither its events, {f.events}, nor its n; one of them is needed."
    if f.unit not in _PARTS:
        return f"{f.id} has no events; how many of the {f.n} had the outcome is needed." if f.events is None else None
    found = _candidates(f)
    if f.events is not None and f.events not in found:
        return f"{f.id}: {f.events} of {f.n} does not print as {_printed(f)}; counts that do are needed."
    if len(found) == 1:
        return None
    if not found:
        return f"{f.id}: no whole number of {f.n} prints as {_printed(f)}; the denominator is needed."
    shown = ", ".join(map(str, found[:_MOST_LISTED])) + (" or more" if len(found) > _MOST_LISTED else "")
    return f"{f.id}: {_printed(f)} of {f.n} may be any of {shown}; the count is needed." if f.events is None else None


def _candidates(f: Finding) -> tuple[int, ...]:
    """Every count that prints as the percentage; of a proportion, that of 100 n patients in per cent."""
    n = _patients(f)
    found = whole_numbers(float(f.value or 0), _decimals(f), n * 100 // _PARTS[str(f.unit)])
    return tuple(x for x in found if x <= n)


def _decimals(f: Finding) -> int:
    """Digits of the value itself, which an interval in another unit says nothing of."""
    own = f.interval_unit in (None, f.unit)
    return f.decimals if own else digits_after_point(repr(f.value).removesuffix(".0"))


def _printed(f: Finding) -> str:
    return f"{f.value:.{_decimals(f)}f} {f.unit}"


def _events(f: Finding) -> int:
    return _candidates(f)[0] if f.events is None else f.events


def _patients(f: Finding) -> int:
    return int(f.n or 0)  # checked: not missing


def _set(f: Finding) -> str:
    return repr(f.analysis_set or f.population or f.id)


def _is_wider(other: Finding, first: Finding, events: int) -> bool:
    """Whether a companion counts the same events among more patients, or is the number of those patients."""
    if other.statistic != "count" or other.document != first.document or other.n is None:
        return False
    is_size = other.events is None or other.events == other.n
    return other.n > _patients(first) and (is_size or other.events == events)


def _said(before: tuple[float, float]) -> str:
    return f"{_NAMED.get(before, 'prior')} Beta({before[0]:g}, {before[1]:g})"


def _methods(f: Finding) -> tuple[str, ...] | None:
    """The methods that give the printed interval; None if there is no interval to compare."""
    unit = f.interval_unit or f.unit
    if f.interval_label not in ("CI", "unstated") or unit not in _PARTS or f.lower is None or f.upper is None:
        return None
    lower, upper = f.lower / _PARTS[unit], f.upper / _PARTS[unit]
    level = 0.95 if f.level is None else f.level
    return interval_methods(_events(f), _patients(f), lower, upper, level, f.decimals + _DIGITS[unit])
