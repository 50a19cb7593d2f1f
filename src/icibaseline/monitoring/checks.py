"""What a history of looks must be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NoReturn

from icibaseline import _checks
from icibaseline.designs import Design, Plan, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, reject
from icibaseline.monitoring.look import Look
from icibaseline.statistics import LogRank

__all__ = ["check_order", "law", "looks_of", "planned", "reject_after"]

_RANDOMIZED = "a plan from sample_size, or a design from plan_for, of a randomised trial with the log-rank test"


def planned(name: str, held: Any) -> Plan | Design:
    """A plan, or a design with one."""
    design = held.design if isinstance(held, Plan) else held
    if not isinstance(design, Randomized) or not isinstance(design.statistic, LogRank):
        reject(name, _RANDOMIZED, held)
    if design.planned is None:
        hint = "sample_size finds n; " if design.n is None else ""
        reject(name, _RANDOMIZED, held, f"{hint}design.plan_for(scenario) plans the looks.")
    return held  # type: ignore[no-any-return]


def looks_of(name: str, held: Any) -> tuple[Look, ...]:
    """Looks, or a single one."""

    def one(name: str, held: object) -> Any:
        return _checks.instance(name, held, Look, "a look", "For example Look(60, z=1.4).")

    return _checks.sequence(name, (held,) if isinstance(held, Look) else held, one)


def law(name: str, held: Any) -> NormalMixture | None:
    """A law of the hazard ratio, if any."""
    if held is not None and not (isinstance(held, NormalMixture) and held.scale == "log"):
        hint = "For example NormalMixture.lognormal(0.7, 0.3), for the hazard ratio."
        reject(name, 'None or a NormalMixture with scale="log"', held, hint)
    return held


def check_order(looks: tuple[Look, ...], planned: int) -> None:
    """Refuse looks that are too many, or not in the order of events or months."""
    if len(looks) > planned:
        reject("looks", f"no more than the {planned} that are planned", len(looks), "Leave out what was no test.")
    for k, (before, after) in enumerate(pairwise(looks), 2):
        if after.events < before.events:
            raise InvalidInput(
                f"`looks` must have events that never fall; got {after.events:g} at look {k} after "
                f"{before.events:g} at look {k - 1}. Count them from the start of the trial."
            )
    months = [look.month for look in looks if look.month is not None]
    if any(b < a for a, b in pairwise(months)):
        reject("looks", "in the order of their months", tuple(months))


def reject_after(k: int, why: str) -> NoReturn:
    """Refuse a look after look k, counted from 0, that ended the trial."""
    raise InvalidInput(f"`looks` must end with the trial; got look {k + 2} after look {k + 1}, {why}.")
