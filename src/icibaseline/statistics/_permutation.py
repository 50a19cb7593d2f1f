"""The permutation reference distribution of the log-rank test, for many trials at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icibaseline._checks import positive, whole
from icibaseline._values import FloatArray, IntArray
from icibaseline.errors import reject
from icibaseline.statistics._kernel import _checked, _Ordered, _ordered, _shares, _strata, logrank

__all__ = ["permutation_pvalues"]

_TOLERANCE = 1e-12  # permuted statistics that differ from the observed one by rounding only count as equal
_BATCH = 1000  # permutations drawn at a time, which keeps memory flat


def permutation_pvalues(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    experimental: npt.ArrayLike,
    *,
    permutations: int,
    rng: int | np.random.Generator | None,
    stratum: npt.ArrayLike | None = None,
    null: float = 1.0,
) -> FloatArray:
    r"""One-sided p value of the log-rank test against random permutations of the arm labels, for each of R trials.

    Parameters
    ----------
    time, event, experimental, stratum
        As for `logrank`. Patients not in the data keep their labels; the others are permuted within strata.
    permutations : int
        Random permutations behind each p value, whose smallest value is then 1 / (permutations + 1).
    rng : int, Generator or None
        Seed or source of the permutations.
    null : float
        Must be 1: under another hazard ratio the labels are not exchangeable.

    Returns
    -------
    ndarray, shape (R,)
        (1 + number of Z* >= Z) / (permutations + 1), with Z = U / sqrt(V), and 0 where V = 0.

    Raises
    ------
    InvalidInput
        As `logrank`; also if `permutations` is no whole number above 0, or `null` is not 1.

    Notes
    -----
    If the arms do not differ in outcome and censoring, every assignment of the labels to the observed times is equally
    likely, so the p value is valid at any sample size and any allocation [1]_. With the patients in order of time, a
    permutation of the labels is one of the positions, whatever the times. So one set of permutations serves every trial
    with the same number of patients per arm and stratum, by three matrix products. Each p value is as valid as with
    permutations of its own, since those that it uses are uniform and independent of its data. Only the p values of
    different trials become dependent, through a shared Monte Carlo error of variance p (1 - p) / permutations: a
    rejection rate keeps its expectation, and its error gains a part that vanishes with `permutations`.

    Memory grows with R times the smaller of `permutations` and 1000: pass long simulations in blocks.

    References
    ----------
    .. [1] B. Phipson and G. K. Smyth, "Permutation P-values should never be zero", Statistical Applications in Genetics
       and Molecular Biology 9, 39, 2010.

    Examples
    --------
    >>> time, event = [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], [[True] * 6]
    >>> arm = [False, False, False, True, True, True]
    >>> permutation_pvalues(time, event, arm, permutations=9999, rng=1).round(2)  # exactly 1 / 20
    array([0.05])
    """
    times, events, arms = _checked(time, event, experimental)
    if positive("null", null) != 1:
        reject("null", "1 for a permutation test", null, "Use the log-rank test's own variance for non-inferiority.")
    permutations, generator = whole("permutations", permutations), np.random.default_rng(rng)
    observed = _ratio(*logrank(times, events, arms, stratum=stratum))
    parts = [(t, e, np.broadcast_to(a, t.shape)) for t, e, a in _strata(times, events, arms, stratum)]
    sizes = np.concatenate([[(t >= 0).sum(axis=1), ((t >= 0) & a).sum(axis=1)] for t, _, a in parts]).T
    result = np.empty(len(times))
    for size in np.unique(sizes, axis=0):
        rows = np.flatnonzero((sizes == size).all(axis=1))
        ordered = [_ordered(t[rows], e[rows], a[rows]) for t, e, a in parts]
        reached = np.zeros(len(rows))
        for start in range(0, permutations, _BATCH):
            z = _permuted(ordered, size.reshape(-1, 2), min(_BATCH, permutations - start), generator)
            reached += np.sum(z >= observed[rows, np.newaxis] - _TOLERANCE, axis=1)
        result[rows] = (1 + reached) / (permutations + 1)
    return result


def _permuted(strata: list[_Ordered], sizes: IntArray, permutations: int, generator: np.random.Generator) -> FloatArray:
    """Z of each trial (rows) under each permutation (columns); `sizes`: patients, all and experimental, by stratum."""
    score = variance = np.zeros((len(strata[0].event), permutations))
    for rows, (n, treated) in zip(strata, sizes, strict=True):
        labels = generator.permuted(np.tile(np.arange(n) < treated, (permutations, 1)), axis=1)
        share = _shares(labels)
        events = rows.event[:, :n].astype(np.float64)
        score = score + rows.in_score[:, :n] @ share.T - events @ labels.T.astype(np.float64)
        variance = variance + rows.in_variance[:, :n] @ (share * (1 - share)).T
    return _ratio(score, variance)


def _ratio(score: FloatArray, variance: FloatArray) -> FloatArray:
    return np.divide(score, np.sqrt(variance), out=np.zeros_like(score), where=variance > 0)
