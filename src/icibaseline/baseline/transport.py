"""Scans lengthen an observed median: what a trial's schedule adds, and what the source's had added."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr

from icibaseline.distributions import BivariateNormal, Distribution, NormalMixture
from icibaseline.errors import reject

__all__ = ["observed_median", "seen_by_scans", "true_median"]

_Shift: TypeAlias = Callable[[float, float], tuple[float, float]]

_FAR = 12.0  # standard deviations of the log median beyond which no scan matters
_MOST_SCANS = 1_000_000  # within reach of the prior; more of them show the median itself
_NODES = 200  # of the uniform law of a scan's delay


def observed_median(median: float, every: float) -> float:
    """The median that scans every so many months show: the month of the first scan not before it."""
    return every * math.ceil(median / every * (1 - 1e-12))


def seen_by_scans(prior: Distribution, every: float) -> Distribution:
    """The prior of the median that scans every so many months show."""
    return _shifted(prior, lambda mean, sd: _shift_seen(mean, sd, every))


def true_median(prior: Distribution, every: float) -> Distribution:
    """The prior of the true median of a cohort that was scanned every so many months: up to one interval before."""

    def shift(mean: float, sd: float) -> tuple[float, float]:
        delay = (np.arange(_NODES) + 0.5) / _NODES * min(every / math.exp(mean), 1 - 1e-9)
        earlier = np.log1p(-delay)
        return float(earlier.mean()), math.hypot(sd, float(earlier.std()))

    return _shifted(prior, shift)


def _shift_seen(mean: float, sd: float, every: float) -> tuple[float, float]:
    """Shift of the mean log median, by the probability of each scan; the spread is not taken to shrink."""
    first = max(0, math.floor(math.exp(mean - _FAR * sd) / every))
    last = math.ceil(math.exp(min(mean + _FAR * sd, 700.0)) / every)
    if last - first > _MOST_SCANS:
        return 0.0, sd
    with np.errstate(divide="ignore"):  # nobody before month 0
        edges = np.log(every * np.arange(first, last + 1))
    chance = np.diff(ndtr((edges - mean) / sd))
    middle = float(chance @ edges[1:])
    return middle - mean, max(sd, math.sqrt(float(chance @ (edges[1:] - middle) ** 2)))


def _shifted(prior: Distribution, shift: _Shift) -> Distribution:
    """A prior whose log median is shifted; of a joint prior, its first coordinate."""
    if isinstance(prior, NormalMixture) and prior.scale == "log":
        by, sds = zip(*map(shift, prior.means, prior.sds), strict=True)
        return prior.with_(means=tuple(map(float.__add__, prior.means, by)), sds=sds)
    if isinstance(prior, BivariateNormal) and prior.scales[0] == "log":
        move, sd = shift(prior.means[0], prior.sds[0])
        kept = prior.correlation * prior.sds[0] / sd  # the covariance stays
        return prior.with_(means=(prior.means[0] + move, prior.means[1]), sds=(sd, prior.sds[1]), correlation=kept)
    reject("prior", "a prior of the median that is normal on the log scale, for `assessment_every`", prior)
