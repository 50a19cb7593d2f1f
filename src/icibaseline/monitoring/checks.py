"""What a history of looks must be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from icibaseline import _checks
from icibaseline._values import IntArray
from icibaseline.designs import Design, Plan, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, reject
from icibaseline.monitoring.look import Look
from icibaseline.statistics import LogRank

__all__ = [
    "check_months",
    "check_null",
    "check_order",
    "law",
    "law_or_none",
    "looks_of",
    "numbers_of",
    "planned",
    "reject_after",
]

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

    rule = "a look, or a sequence of looks that is not empty"
    return _checks.sequence(name, (held,) if isinstance(held, Look) else held, one, rule=rule)


def law(name: str, held: Any, rule: str = 'a NormalMixture with scale="log"') -> NormalMixture:
    """A law of the hazard ratio."""
    if not (isinstance(held, NormalMixture) and held.scale == "log"):
        reject(name, rule, held, "For example NormalMixture.lognormal(0.7, 0.3), for the hazard ratio.")
    return held


def law_or_none(name: str, held: Any) -> NormalMixture | None:
    """A law of the hazard ratio, if any."""
    return None if held is None else law(name, held, 'None or a NormalMixture with scale="log"')


def numbers_of(looks: tuple[Look, ...], planned: int) -> IntArray:
    """Which of the planned looks they are, from 1 on; 0 is none of them."""
    found: list[int] = []
    for k, look in enumerate(looks, 1):
        last = max(found, default=0)
        number = last + 1 if look.number is None else look.number
        if 0 < number <= last:
            reject(f"looks[{k - 1}].number", f"above that of the looks before, {last}", number)
        if number > planned:
            _reject_number(k, look.number, planned)
        found.append(number)
    return np.array(found)


def _reject_number(k: int, given: int | None, planned: int) -> NoReturn:
    """Refuse look k, counted from 1, that is beyond the planned ones."""
    if given is not None:
        reject(f"looks[{k - 1}].number", f"from 1 to {planned}, or 0 for a look that was not planned", given)
    if k > planned:
        hint = "Leave out what was no test; number=0 is a look that was not planned."
        reject("looks", f"no more than the {planned} that are planned", k, hint)
    hint = "0 is a look that was not planned."
    reject(f"looks[{k - 1}].number", "given after the last planned look", None, hint)


def check_order(looks: tuple[Look, ...]) -> None:
    """Refuse looks that are not in the order of events or months."""
    for k, (before, after) in enumerate(pairwise(looks), 2):
        if after.events < before.events:
            raise InvalidInput(
                f"`looks` must have events that never fall; got {after.events:g} at look {k} after "
                f"{before.events:g} at look {k - 1}. Count them from the start of the trial."
            )
    months = [look.month for look in looks if look.month is not None]
    if any(b < a for a, b in pairwise(months)):
        reject("looks", "in the order of their months", tuple(months))


def check_months(looks: tuple[Look, ...]) -> None:
    """Refuse looks without a month, which a boundary that spends in calendar time needs."""
    for k, look in enumerate(looks):
        if look.month is None:
            rule = "given, since the boundary spends in calendar time"
            reject(f"looks[{k}].month", rule, None, "Months count from the start of the trial.")


def check_null(looks: tuple[Look, ...], null: float) -> None:
    """Refuse looks whose Z is of another hypothesis."""
    for k, look in enumerate(looks):
        if look.null is not None and look.null != null:
            hint = f"Look.from_data(..., null={null:g}) works out its Z." if null != 1 else ""
            reject(f"looks[{k}].null", f"the hazard ratio that the design tests, {null:g}", look.null, hint)


def reject_after(k: int, why: str) -> NoReturn:
    """Refuse a look after look k, counted from 0, that ended the trial."""
    raise InvalidInput(f"`looks` must end with the trial; got look {k + 2} after look {k + 1}, {why}.")
