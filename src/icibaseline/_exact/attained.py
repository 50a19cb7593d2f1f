"""Bounds for a first look at another number of patients than planned."""

from __future__ import annotations

import numpy as np

from icibaseline._exact.binomial import density
from icibaseline._exact.fleming import with_exact_end
from icibaseline._exact.stages import Stages

__all__ = ["first_look"]

_SLACK = 1 + 1e-12  # a probability that equals its limit keeps it, whatever the rounding


def first_look(stages: Stages, p0: float, patients: int) -> Stages:
    """The plan with another first look; its errors under p0 stay within those of the plan.

    The probability under p0 of ending at the first look, for futility and for success, is at most the planned one; the
    bound of the last look is the least that keeps the planned type I error. With the planned size nothing changes.
    """
    rates = np.array([p0])
    success, failure = stages.chances(rates)
    seen = density(patients, rates)[0]
    below, above = np.cumsum(seen), np.cumsum(seen[::-1])[::-1]
    futile = np.count_nonzero(below <= failure[0, 0] * _SLACK) - 1
    succeed = patients + 1 - np.count_nonzero(above <= success[0, 0] * _SLACK)
    sizes, efficacy, futility = stages.sizes.copy(), stages.efficacy.copy(), stages.futility.copy()
    sizes[0] = patients
    efficacy[0] = succeed if succeed <= patients else np.inf
    futility[0] = futile if futile >= 0 else -np.inf
    futility[-1] = efficacy[-1] - 1
    return with_exact_end(Stages(sizes, efficacy, futility), p0, success.sum() * _SLACK)
