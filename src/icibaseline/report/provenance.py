"""Where the numbers come from: sources found by walking a result, and the papers behind its methods."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._references import BIBLIOGRAPHY
from icibaseline._values import Uncertain, Value, replace_unknowns, unknowns, value
from icibaseline.baseline import Baseline, Mix, Population
from icibaseline.designs import Comparison, Design, OperatingCharacteristics, Plan, TwoStageDesigns
from icibaseline.distributions import Distribution
from icibaseline.errors import reject
from icibaseline.evidence import loaded_from
from icibaseline.monitoring import AfterFollowUp, AfterTrial, Monitoring, Preposterior
from icibaseline.report.boundaries import papers
from icibaseline.report.interim import asked_before
from icibaseline.scenario import BaseScenario
from icibaseline.survival import Curve, Exponential

__all__ = [
    "References",
    "Source",
    "Sources",
    "baselines",
    "benchmarks",
    "one_by_one",
    "references",
    "scenarios_of",
    "shown_control",
    "sources",
]

_YEAR = 12.0
ASSUMED = "assumed, no source"
_TEXTS = as_field(lambda name, held: _checks.sequence(name, held, _checks.text, least=0))


@final
@value
class Source(Value):
    """Where one part of a scenario comes from.

    Parameters
    ----------
    role : str
        Which part, such as "control" or "control of primary".
    shown : str
        The part in words.
    status : str
        "sourced", "sourced, modified", "sourced, outdated", "sourced, document not loaded" or "assumed, no source".
    baseline : str, optional
        Public id of the prior.
    documents : tuple of str
        Citations of the documents.
    printed : tuple of str
        The fragments that carry the numbers, as printed.
    """

    role: str = attrs.field(converter=as_field(_checks.text))
    shown: str = attrs.field(converter=as_field(_checks.text))
    status: str = attrs.field(kw_only=True, converter=as_field(_checks.text))
    baseline: str | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.text)))
    documents: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_TEXTS)
    printed: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_TEXTS)


def _source(name: str, held: object) -> Source:
    found: Source = _checks.instance(name, held, Source, "a Source")
    return found


@final
@value
class Sources(Value):
    """The sources of a result; iterate over `items`, or print it."""

    items: tuple[Source, ...] = attrs.field(converter=as_field(lambda name, x: _checks.sequence(name, x, _source, 0)))

    def __iter__(self) -> Iterator[Source]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> Source:
        return self.items[i]

    @property
    def assumed(self) -> tuple[Source, ...]:
        """The parts that were typed by hand."""
        return tuple(s for s in self.items if s.status == ASSUMED)


@final
@value
class References(Value):
    """The papers behind the methods of a result."""

    items: tuple[str, ...] = attrs.field(converter=_TEXTS)

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> str:
        return self.items[i]


@_checks.callable_by_name
def sources(result: Value) -> Sources:
    """Find where the numbers behind a result come from.

    Parameters
    ----------
    result : Plan, OperatingCharacteristics, Comparison, Monitoring, AfterTrial, Scenario, Baseline or Mix
        Anything that holds a scenario. A monitored design, which does not, has no sources; what `after_trial` found has
        that of its benchmark.

    Returns
    -------
    Sources
        One entry for each part of the scenario, sourced or assumed.

    Raises
    ------
    InvalidInput
        If the value holds no scenario.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> [(s.role, s.status) for s in ici.sources(truth)]
    [('control', 'sourced'), ('effect', 'assumed, no source'), ('enrollment', 'assumed, no source')]
    """
    found: list[Source] = []
    for scenario in scenarios_of(result):
        found += [
            _entry(*part) for part in ([("control", scenario)] if isinstance(scenario, Population) else scenario.roles)
        ]
    found += [_entry(*part) for design in _designs(result) for part in design.roles]
    return Sources(tuple(dict.fromkeys(found)))


def one_by_one(found: Sources) -> list[tuple[Source, str]]:
    """Each source once, with the parts that it is behind: "control and benchmark"."""
    together: dict[Source, list[str]] = {}
    for source in found:
        together.setdefault(source.with_(role="-"), []).append(source.role)
    return [(source.with_(role=roles[0]), " and ".join(roles)) for source, roles in together.items()]


@_checks.callable_by_name
def references(result: Value) -> References:
    """The papers behind the methods of a result.

    Parameters
    ----------
    result : Plan, OperatingCharacteristics, Comparison, Monitoring, AfterTrial, Scenario, Baseline, Mix or Design
        What was worked out.

    Returns
    -------
    papers : References
        Full references, in alphabetical order.

    Raises
    ------
    InvalidInput
        If the value is of another kind.

    Examples
    --------
    >>> import icibaseline as ici
    >>> print(ici.references(ici.Randomized(statistic=ici.LogRank(formula="freedman")))[0][:13])
    Freedman LS.
    """
    keys: set[str] = set()
    for design in _designs(result):
        keys |= set(design.citations) | papers(design)
    if not isinstance(result, Design):
        for scenario in scenarios_of(result):
            keys |= {key for b in (*baselines(scenario), *benchmarks(result)) for key in b.citations}
        if _averaged(result):
            keys.add("ohagan2005")
        honest = getattr(result, "honest", None)
        keys |= set() if honest is None else set(honest.citations)
    asked = asked_before(result) if isinstance(result, Plan) else result
    if isinstance(asked, (AfterFollowUp, AfterTrial, Monitoring, Preposterior, TwoStageDesigns)):
        keys |= set(asked.citations)
    return References(tuple(sorted(BIBLIOGRAPHY[key] for key in keys)))


def _averaged(result: Any) -> bool:
    scenarios = [s for s in scenarios_of(result) if isinstance(s, BaseScenario)]
    return isinstance(result, (Plan, OperatingCharacteristics)) and any(s.unknowns for s in scenarios)


@singledispatch
def scenarios_of(result: Any) -> tuple[Any, ...]:
    """The scenarios, or populations, that a result is about."""
    kinds = (
        "a plan, operating characteristics, a comparison, a monitoring history, two-stage designs, a scenario or a "
        "baseline"
    )
    reject("result", kinds, result)


@scenarios_of.register(BaseScenario)
@scenarios_of.register(Population)
def _(result: Any) -> tuple[Any, ...]:
    return (result,)


@scenarios_of.register(Plan)
@scenarios_of.register(OperatingCharacteristics)
@scenarios_of.register(TwoStageDesigns)
def _(result: Any) -> tuple[Any, ...]:
    return (result.scenario,)


@scenarios_of.register
def _(result: Comparison) -> tuple[Any, ...]:
    return result.scenarios


@scenarios_of.register(Monitoring)
@scenarios_of.register(Preposterior)
def _(result: Any) -> tuple[Any, ...]:
    return scenarios_of(result.plan) if isinstance(result.plan, Plan) else ()


_OF_A_DESIGN = (Plan, OperatingCharacteristics, Monitoring, Preposterior, AfterTrial, AfterFollowUp, TwoStageDesigns)


def _designs(result: Any) -> tuple[Design, ...]:
    if isinstance(result, Design):
        return (result,)
    if isinstance(result, Comparison):
        return result.designs
    return (result.design,) if isinstance(result, _OF_A_DESIGN) else ()


@scenarios_of.register(AfterTrial)
@scenarios_of.register(AfterFollowUp)
def _(result: Any) -> tuple[Any, ...]:
    return ()


def baselines(scenario: BaseScenario | Population) -> tuple[Baseline, ...]:
    """The baselines that a scenario rests on, each once."""
    return tuple(dict.fromkeys(scenario.baselines))


def benchmarks(result: Any) -> tuple[Baseline, ...]:
    """The baselines that the designs of a result rest on."""
    held = (part for design in _designs(result) for _, part in design.roles)
    return tuple(dict.fromkeys(b for part in held if isinstance(part, Population) for b in part.baselines))


def _entry(role: str, held: Any) -> Source:
    if isinstance(held, Population):
        used = held.baselines
        return Source(
            role,
            shown_control(held),
            status=_status(held),
            baseline=" + ".join(b.id for b in used) or None,
            documents=tuple(dict.fromkeys(citation for b in used for citation in b.cited)),
            printed=tuple(dict.fromkeys(f.printed for b in used for f in b.findings)),
        )
    if role == "dropout":
        both = held if isinstance(held, tuple) else (held,)
        return Source(role, "; ".join(map(_lost, both)), status=ASSUMED)
    if isinstance(held, tuple):
        return Source(role, "; ".join(str(c) for c in held), status=ASSUMED)
    if isinstance(held, float):
        return Source(role, f"{held:.4g}", status=ASSUMED)
    text = shown_control(held) if isinstance(held, Curve) else str(held)
    return Source(role, text.splitlines()[0], status=ASSUMED)


def _lost(curve: Curve) -> str:
    """Loss to follow-up as trials speak of it: a rate, and the share of patients lost in a year."""
    if unknowns(curve):
        return shown_control(curve)
    shown = f"rate {curve.rate:.3g} per month" if isinstance(curve, Exponential) else str(curve)
    return f"{shown} ({100 * (1 - float(curve.survival(_YEAR))):.2g} % lost in a year)"


def _status(held: Population) -> str:
    used = held.baselines
    if not used:
        return ASSUMED
    states = {
        "document not loaded": any(b.not_loaded for b in used),
        "outdated": any(b.outdated for b in used),
        "modified": any(b.modified for b in used),
        "own document": bool(loaded_from(b.documents for b in used)),
        f"part {' and '.join(map(str, held.assumed))} assumed" if isinstance(held, Mix) else "": isinstance(held, Mix)
        and bool(held.assumed),
        "shares assumed": isinstance(held, Mix) and not isinstance(held.shares, Baseline),
        "at its median": held.at_median,
    }
    return ", ".join(["sourced", *(name for name, holds in states.items() if holds)])


def shown_control(held: Population | Curve | Uncertain) -> str:
    """A control outcome in a line, with 95 % intervals of what is uncertain; of what is no curve, its prior."""
    if isinstance(held, Baseline) and held.quantity != "survival":
        return f"{held.quantity}: {'; '.join(str(held.prior).splitlines())}"
    if isinstance(held, Mix):
        names = [part.id if isinstance(part, Baseline) else shown_control(part) for part in held.parts]
        return f"mixture of {' and '.join(names)}, median {held.typical.median:.4g} months"
    curve = held.curve if isinstance(held, Population) else held
    if isinstance(curve, Uncertain):
        curve = Exponential(median=curve)
    priors = unknowns(curve)
    if not priors:
        return str(curve)
    intervals = [np.transpose(np.array(prior.interval())) for prior in priors if isinstance(prior, Distribution)]
    shown = "; ".join(f"{low:.3g} to {high:.3g}" for pair in intervals for low, high in np.atleast_2d(pair))
    return f"{replace_unknowns(curve, lambda prior: prior.typical)} (95% {shown})"
