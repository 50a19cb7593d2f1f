"""Scans show progression late: the median that a trial observes, beside the one that a source printed."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy.special import ndtri

from icibaseline.distributions import BivariateNormal, Distribution, NormalMixture
from icibaseline.errors import reject

__all__ = ["observed_median", "seen_by_scans"]

_MEDIANS, _DELAYS = 2_000, 50  # equally likely values of the median and, where it is known, of the source's own delay
_ROUNDING = 1 - 1e-12


def observed_median(median: float, every: float) -> float:
    """The median that scans every so many months show: the month of the first scan not before it."""
    return every * math.ceil(median / every * _ROUNDING)


def seen_by_scans(prior: Distribution, every: float, source_every: float | None = None) -> Distribution:
    """The prior of the median that scans every so many months show.

    Parameters
    ----------
    prior : NormalMixture or BivariateNormal
        Of the printed median, on the log scale; of a joint prior, the first coordinate moves.
    every : float
        Months between two scans of the trial.
    source_every : float, optional
        Months between two scans of the source, whose printed median is up to so much later than the true one. None
        takes the printed median for the true one.

    Notes
    -----
    With the true median m, printed less a uniform part of the source's interval, scans show ``w ceil(m / w)``. Mean and
    standard deviation of its log are taken for each normal component; scans make nothing more certain.
    """
    if source_every == every:
        return prior
    moved = partial(_moved, every=every, source_every=source_every)
    if isinstance(prior, NormalMixture) and prior.scale == "log":
        means, sds = zip(*map(moved, prior.means, prior.sds), strict=True)
        return prior.with_(means=means, sds=sds)
    if isinstance(prior, BivariateNormal) and prior.scales[0] == "log":
        mean, sd = moved(prior.means[0], prior.sds[0])
        kept = prior.correlation * prior.sds[0] / sd  # the covariance stays
        return prior.with_(means=(mean, prior.means[1]), sds=(sd, prior.sds[1]), correlation=kept)
    reject("prior", "a prior of the median that is normal on the log scale, for `assessment_every`", prior)


def _moved(mean: float, sd: float, every: float, source_every: float | None) -> tuple[float, float]:
    """Mean and standard deviation of the log of the observed median."""
    printed = np.exp(mean + sd * ndtri((np.arange(_MEDIANS) + 0.5) / _MEDIANS))
    delay = np.zeros(1) if source_every is None else (np.arange(_DELAYS) + 0.5) / _DELAYS * source_every
    true = np.maximum(printed[:, None] - delay, printed[:, None] * 1e-9)
    seen = np.log(every * np.ceil(true / every * _ROUNDING))
    return float(seen.mean()), max(sd, float(seen.std()))
