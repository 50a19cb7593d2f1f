"""From the median of one study to that of the next."""

from __future__ import annotations

import math

import numpy as np

from icibaseline.distributions import HalfNormal, NormalMixture

__all__ = ["next_study"]

_TAU_NODES = 48  # quantiles of the predictive law within 3e-8
_BOTH = math.sqrt(2)  # the old study and the new one differ from their common mean, by tau each


def next_study(own: NormalMixture, heterogeneity: HalfNormal) -> NormalMixture:
    """N(m, s^2 + 2 tau^2) for every component, averaged over the prior of tau."""
    tau, shares = heterogeneity.nodes(_TAU_NODES)
    parts = (np.outer(own.weights, shares), np.repeat(own.means, _TAU_NODES), np.hypot.outer(own.sds, _BOTH * tau))
    weights, means, sds = (tuple(part.ravel().tolist()) for part in parts)
    return NormalMixture(weights, means, sds, scale=own.scale)
