"""What a two-stage design has to keep, and a search that is wide enough to find the best one."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from icibaseline._exact.measure import condensed
from icibaseline._exact.simon import LARGEST, Aim, Search, find
from icibaseline._values import FloatArray
from icibaseline.designs.averaging import assurance_only, grid
from icibaseline.errors import NoSolution
from icibaseline.scenario import ResponseScenario

__all__ = ["aim_of", "search_for"]

_NODES, _LARGEST_AVERAGED = 32, 300  # of power over the priors, where every rate costs a table
_NOTHING = 1e-9  # of a probability


def aim_of(design: Any, scenario: ResponseScenario, *, kind: str, target: float) -> Aim:
    """What a `TwoStage` has to keep: alpha at its benchmark, and a target at the rates of a scenario.

    Raises
    ------
    NoSolution
        If the target is beyond what any number of patients reaches.
    """
    p0, typical = design.reference.rate, float(np.asarray(scenario.typical.resolved.rates.experimental))
    if kind == "power":
        if typical <= p0:
            raise NoSolution(
                f"`power` must be reachable; got {target:g}, but the experimental rate {typical:.4g} is not above "
                f"{p0:.4g}, the benchmark. At or below it no number of patients reaches the target."
            )
        return Aim(p0, typical, None, design.alpha, target)
    some = design.with_(r1=0, n1=50, r=int(100 * p0), n=100).plan_for(scenario)
    ceiling = assurance_only(some, scenario)[1]
    if target >= ceiling - _NOTHING:
        raise NoSolution(
            f"`assurance` must be below its ceiling {ceiling:.4g}, the probability under the priors that the "
            f"experimental rate is above {p0:.4g}, the benchmark, to which it tends as n grows; got {target:g}. "
            "No number of patients reaches it."
        )
    return Aim(p0, *_rates(some, scenario), design.alpha, target)


def _rates(some: Any, scenario: ResponseScenario) -> tuple[FloatArray, FloatArray]:
    """Experimental rates under the priors and their weights, a few that average power as all do."""
    pieces = [(w, np.broadcast_to(s.rates.experimental, len(w))) for w, s in grid(some, scenario)]  # type: ignore[attr-defined]
    weights, rates = (np.concatenate(part) for part in zip(*pieces, strict=True))
    places, masses = condensed(rates, weights, _NODES)
    return places, masses / masses.sum()


def search_for(aim: Aim, n_max: int | None) -> Search:
    """A search in which there is a design; the best of it is the best of all, or of up to `n_max` patients.

    Raises
    ------
    NoSolution
        If there is none; the sentence names the smallest that there is.
    """
    limit = LARGEST if len(aim.rates) == 1 else _LARGEST_AVERAGED
    if n_max is not None:
        search = Search(aim, n_max)
        if search.minimax() is not None:
            return search
    found = find(aim, max(limit, n_max or 0))
    if found is not None and n_max is None:
        return found
    kind = "power" if len(aim.rates) == 1 else "assurance"
    upto = f"{limit}" if n_max is None else f"`n_max` = {n_max}"
    raise NoSolution(
        f"`{kind}` must be reachable by a two-stage design of at most {upto} patients; got {aim.power:g} with alpha = "
        f"{aim.alpha:g} against a rate of {aim.p0:.4g}, but {_nearest(aim, found)}. "
        "Allow more patients or larger errors."
    )


def _nearest(aim: Aim, found: Search | None) -> str:
    smallest = None if found is None else found.minimax()
    if smallest is not None:
        r1, n1, r, n = (int(part[0]) for part in smallest[:4])
        return f"the smallest has r1 = {r1}, n1 = {n1}, r = {r}, n = {n}"
    p0, p1 = aim.p0, aim.mean
    root = ndtri(1 - aim.alpha) * np.sqrt(p0 * (1 - p0)) + ndtri(aim.power) * np.sqrt(p1 * (1 - p1))
    if p1 <= p0:
        return "none was found"
    return f"about {(root / (p1 - p0)) ** 2:.0f} patients are needed at a rate of {p1:.4g} even in one stage"
