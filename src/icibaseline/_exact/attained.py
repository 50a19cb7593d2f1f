"""Bounds for looks at other numbers of patients than planned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icibaseline._exact.binomial import density
from icibaseline._exact.fleming import with_exact_end
from icibaseline._exact.stages import Stages
from icibaseline._values import FloatArray

__all__ = ["attained", "stood_for"]

_SLACK = 1 + 1e-12  # a probability that equals its limit keeps it, whatever the rounding


def stood_for(planned: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """The planned looks that looks stand for: the next one, or the last of those that have been passed by then.

    A place beyond the last of the plan is that of a look after its end.
    """
    places, place = [], -1
    for n in sizes:
        place = max(place + 1, sum(k <= n for k in planned) - 1)
        places.append(place)
    return tuple(places)


def attained(stages: Stages, p0: float, sizes: Sequence[int], places: Sequence[int]) -> Stages:
    """The plan with looks after other numbers of patients, and those to come; its errors under p0 do not grow.

    Each look stands for a planned one. From the first off the plan on, the probability under p0 of having stopped by a
    look, for futility and for success, is at most that of the plan by the look that it stands for; the bound of the
    last look is the least that keeps the planned type I error. With planned looks nothing changes. The last look keeps
    its planned size where there is one before it: what is made of another is `OffPlan`.
    """
    spent = [np.cumsum(part[0]) for part in stages.chances(np.array([p0]))]
    last = len(stages.sizes) - 1
    taken = [n for n, place in zip(sizes, places, strict=True) if place < last]
    places = [*places[: len(taken)], *range(places[-1] + 1 if len(taken) == len(places) else last, last + 1)]
    size = [*taken, *(int(stages.sizes[place]) for place in places[len(taken) :])]
    if not taken:
        size[-1] = sizes[-1]
    found, same = _empty(size), True
    for look, place in enumerate(places[:-1]):
        same = same and place == look and size[look] == stages.sizes[look]
        limits = [part[place] * _SLACK for part in spent]
        bounds = (stages.efficacy[look], stages.futility[look]) if same else _bounds(found, look, p0, limits)
        found.efficacy[look], found.futility[look] = bounds
    if same and size == stages.sizes.tolist():
        return stages
    return with_exact_end(found, p0, spent[0][-1] * _SLACK)


def _empty(sizes: list[int]) -> Stages:
    """Looks at which nothing stops."""
    return Stages(np.array(sizes), np.full(len(sizes), np.inf), np.full(len(sizes), -np.inf))


def _bounds(stages: Stages, look: int, p0: float, limits: list[FloatArray]) -> tuple[float, float]:
    """The least count that succeeds and the greatest that stops at a look, given those of the looks before."""
    success, failure = (float(part[0, :look].sum()) for part in stages.chances(np.array([p0])))
    size = int(stages.sizes[look])
    seen = density(size, np.array([p0]))[0] * stages.shares()[look][0]
    above, below = np.cumsum(seen[::-1])[::-1], np.cumsum(seen)
    succeed = size + 1 - np.count_nonzero(success + above <= limits[0])
    futile = np.count_nonzero(failure + below <= limits[1]) - 1
    return (
        float(succeed) if succeed <= size and above[succeed] > 0 else np.inf,
        float(futile) if futile >= 0 and below[futile] > 0 else -np.inf,
    )
