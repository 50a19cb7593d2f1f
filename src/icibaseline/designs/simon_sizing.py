"""What a two-stage design has to keep, and a search that is wide enough to find the best one."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from icibaseline._exact.measure import condensed
from icibaseline._exact.simon import LARGEST, Aim, Search, find
from icibaseline.designs.count_sizing import reachable, truth_in
from icibaseline.designs.goal import Goal
from icibaseline.errors import NoSolution
from icibaseline.scenario import ResponseScenario

__all__ = ["aim_of", "search_for"]

_NODES, _LARGEST_AVERAGED = 32, 300  # of power over the priors, where every rate costs a table
_SOME = 100  # patients, for which the rates are dense enough


def aim_of(design: Any, scenario: ResponseScenario, goal: Goal) -> Aim:
    """What a `TwoStage` has to keep: alpha at its benchmark, and a goal at the rates of a scenario.

    Raises
    ------
    NoSolution
        If the goal is beyond what any number of patients reaches.
    """
    p0 = design.reference.rate
    reachable(goal, scenario, p0, "the benchmark")
    truth = truth_in(goal.world(scenario), _SOME, p0)
    places, masses = condensed(truth.rates, truth.weights, _NODES)  # a few that average power as all do
    return Aim(p0, places, masses / masses.sum(), design.alpha, goal.target)


def search_for(aim: Aim, n_max: int | None, name: str) -> Search:
    """A search in which there is a design; the best of it is the best of all, or of up to `n_max` patients.

    `name` is that of the goal.

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
    upto = f"{limit}" if n_max is None else f"`n_max` = {n_max}"
    raise NoSolution(
        f"`{name}` must be reachable by a two-stage design of at most {upto} patients; got {aim.power:g} with alpha = "
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
