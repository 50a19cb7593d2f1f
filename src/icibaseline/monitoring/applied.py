"""Rules on the posterior probability after other numbers of patients than planned."""

from __future__ import annotations

from typing import Any

import numpy as np

from icibaseline._exact import Stages
from icibaseline.rules import Posterior

__all__ = ["applied"]


def applied(design: Any, planned: Stages, sizes: tuple[int, ...], places: tuple[int, ...]) -> Stages:
    """What a rule on the posterior probability asks for where patients were counted after other numbers than planned.

    Looks before the end are those of the planned trial: what was to come was not known to be different.
    """
    rule, reference, last = design.rule, design.reference, len(planned.sizes) - 1
    ended = places[-1] == last
    if isinstance(rule, Posterior):
        return rule.bounds(sizes[-1], reference)
    end = rule.end(sizes[-1], reference)
    if len(sizes) == 1 and ended:
        return end  # type: ignore[no-any-return]
    to_come = () if ended else tuple(int(n) for n in planned.sizes[places[-1] + 1 : -1])
    looked = rule.with_(looks=(*(sizes[:-1] if ended else sizes), *to_come), first=None, every=None)
    interim = looked.bounds(int(planned.sizes[-1]), reference)
    if not ended:
        return interim  # type: ignore[no-any-return]
    return Stages(*(np.append(a[:-1], b[-1]) for a, b in zip(interim, end, strict=True)))
