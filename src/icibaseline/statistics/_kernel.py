"""The log-rank test on many simulated trials at once.

The fast path sorts one packed integer per patient, made of the follow-up time with its two lowest bits replaced by
(event, arm), so that no index is sorted and nothing is gathered. In descending order of time the number at risk is the
position and the experimental patients at risk are a running sum. Rows with a genuine tie are recomputed from the
original times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, final

import numpy as np
import numpy.typing as npt

from icibaseline._checks import positive, whole
from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.errors import reject

__all__ = ["Workspace", "logrank"]

_CODE = 4  # the packed key keeps (event, arm) in two bits: 2 * event + experimental
_ROWS = 256
_INFINITE = int(np.array(np.inf).view(np.int64))


class _Scratch(NamedTuple):
    """The arrays of one block, each (rows, patients), and the positions 1, 2, ... patients."""

    key: IntArray
    spare: IntArray
    label: npt.NDArray[np.int32]
    event: npt.NDArray[np.int32]
    treated: npt.NDArray[np.int32]
    code: npt.NDArray[np.uint8]
    pair: npt.NDArray[np.uint8]
    flag: BoolArray
    position: FloatArray


@final
class Workspace:
    """Memory for `logrank`, to be reused from block to block; one per thread.

    Parameters
    ----------
    rows : int
        Trials handled at a time, 1 to 256. More would leave the processor's cache and gain nothing.
    patients : int
        The largest number of patients in a trial.
    """

    def __init__(self, rows: int, patients: int) -> None:
        self.rows = whole("rows", rows)
        if self.rows > _ROWS:
            reject("rows", f"at most {_ROWS}", rows, "`logrank` walks through longer arrays by itself.")
        self.patients = whole("patients", patients)
        size = self.rows * self.patients
        self._long = np.empty((2, size), np.int64)
        self._short = np.empty((3, size), np.int32)
        self._tiny = np.empty((2, size), np.uint8)
        self._flag = np.empty(size, np.bool_)
        self._position = np.arange(1.0, self.patients + 1)

    def block(self, rows: int, patients: int) -> _Scratch:
        """The first rows x patients places of every buffer."""
        if patients > self.patients:
            reject("workspace", f"for at least {patients} patients", self.patients)
        size, shape = rows * patients, (rows, patients)
        key, spare = (buffer[:size].reshape(shape) for buffer in self._long)
        label, event, treated = (buffer[:size].reshape(shape) for buffer in self._short)
        code, pair = (buffer[:size].reshape(shape) for buffer in self._tiny)
        flag = self._flag[:size].reshape(shape)
        return _Scratch(key, spare, label, event, treated, code, pair, flag, self._position[:patients])


def logrank(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    experimental: npt.ArrayLike,
    *,
    workspace: Workspace | None = None,
    stratum: npt.ArrayLike | None = None,
    null: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    r"""Score and variance of the log-rank test, for each of R trials.

    Parameters
    ----------
    time : array_like of float, shape (R, n)
        Follow-up times, 0 or above, in any unit. A negative time (-1, say) marks a patient who is not in the data:
        never at risk and without an event.
    event : array_like of bool, shape (R, n)
        True where the follow-up ended with an event.
    experimental : array_like of bool, shape (n,) or (R, n)
        True for the experimental arm; one row serves every trial.
    workspace : Workspace, optional
        Memory to reuse; made for this call when not given.
    stratum : array_like of int, shape (n,) or (R, n), optional
        Labels of the strata, 0, 1, 2 and so on. Shared labels, shape (n,), cost one sort in all; labels by trial cost
        one sort per stratum.
    null : float
        Hazard ratio under the null hypothesis; above 1 for non-inferiority.

    Returns
    -------
    score : ndarray, shape (R,)
        Expected minus observed experimental events, summed over strata: above 0 favours experimental.
    variance : ndarray, shape (R,)
        Its variance under the null; 0 where no event compares the arms.

    Raises
    ------
    InvalidInput
        If shapes do not match, a time is NaN, `event` or `experimental` is not boolean, or `null` is not positive.

    Notes
    -----
    With d events, of them d_1 experimental, among Y = Y_0 + Y_1 patients at risk at a distinct event time, and
    p = null Y_1 / (Y_0 + null Y_1),

    .. math:: U = \sum (d p - d_1), \qquad V = \sum d\, p (1 - p) \frac{Y - d}{Y - 1},

    the hypergeometric variance [1]_ when null = 1. For another null the variance is p (1 - p) at an event without
    ties, as in the score test of a Cox model; at tied events the same factor (Y - d) / (Y - 1) is applied, a convention
    and not the exact variance. A patient censored at an event time is at risk. A row depends on its own data only, to
    the last bit, whatever the other rows and the workspace.

    References
    ----------
    .. [1] N. Mantel, "Evaluation of survival data and two new rank order statistics arising in its consideration",
       Cancer Chemotherapy Reports 50, 163-170, 1966.

    Examples
    --------
    >>> score, variance = logrank([[5.0, 3.0, 8.0, 1.0]], [[True, True, False, True]], [True, False, True, False])
    >>> score, variance
    (array([1.16666667]), array([0.47222222]))
    """
    times, events, arms = _checked(time, event, experimental)
    null = positive("null", null)
    if workspace is None:
        workspace = Workspace(min(max(len(times), 1), 128), times.shape[1])
    score, variance = np.zeros(len(times)), np.zeros(len(times))
    for part in _strata(times, events, arms, stratum):
        for start in range(0, len(times), workspace.rows):
            rows = slice(start, start + workspace.rows)
            arm = part[2] if part[2].ndim == 1 else part[2][rows]
            u, v = _block(part[0][rows], part[1][rows], arm, workspace, null)
            score[rows] += u
            variance[rows] += v
    return score, variance


def _checked(
    time: npt.ArrayLike, event: npt.ArrayLike, experimental: npt.ArrayLike
) -> tuple[FloatArray, BoolArray, BoolArray]:
    times, events, arms = np.asarray(time, dtype=np.float64), np.asarray(event), np.asarray(experimental)
    if times.ndim != 2 or not times.shape[1]:
        reject("time", "of shape (trials, patients) with at least one patient", times.shape)
    if events.dtype != np.bool_ or events.shape != times.shape:
        reject("event", f"boolean and of shape {times.shape}, as `time`", (events.dtype, events.shape))
    if arms.dtype != np.bool_ or arms.shape not in (times.shape, times.shape[1:]):
        reject("experimental", f"boolean, of shape {times.shape[1:]} or {times.shape}", (arms.dtype, arms.shape))
    return times, events, arms


def _strata(
    time: FloatArray, event: BoolArray, experimental: BoolArray, stratum: npt.ArrayLike | None
) -> Iterator[tuple[FloatArray, BoolArray, BoolArray]]:
    """The data of each stratum, the other patients left out or marked as not in the data."""
    if stratum is None:
        yield time, event, experimental
        return
    labels = np.asarray(stratum)
    if labels.dtype.kind not in "iu" or labels.shape not in (time.shape, time.shape[1:]):
        reject("stratum", f"integer, of shape {time.shape[1:]} or {time.shape}", (labels.dtype, labels.shape))
    if labels.size and labels.min() < 0:
        reject("stratum", "0, 1, 2 and so on", labels.min())
    for label in np.flatnonzero(np.bincount(labels.ravel())):  # counting is many times faster than np.unique
        member = labels == label
        if member.ndim == 1:
            yield time[:, member], event[:, member], experimental[..., member]
        else:
            yield np.where(member, time, -1.0), event, experimental


def _block(
    time: FloatArray, event: BoolArray, experimental: BoolArray, workspace: Workspace, null: float
) -> tuple[FloatArray, FloatArray]:
    lowest = time.min()
    if np.isnan(lowest):
        reject("time", "a number of months, or negative for a patient not in the data", float(lowest))
    scratch = workspace.block(*time.shape)
    _sort_packed(time, event, experimental, scratch, excluded=bool(lowest < 0))
    tied = _tied_rows(scratch)
    score, variance = _packed_moments(scratch, null)
    if tied.size:
        arm = experimental if experimental.ndim == 1 else experimental[tied]
        score[tied], variance[tied] = _exact_moments(_ordered(time[tied], event[tied], arm), null)
    return score, variance


def _sort_packed(
    time: FloatArray, event: BoolArray, experimental: BoolArray, scratch: _Scratch, *, excluded: bool
) -> None:
    """Fill `key` with the packed patients in descending order of time, and `code` with their two bits.

    The bits of a float >= 0, read as an integer, keep its order, and those of a float < 0 are negative: after the
    change of sign the longest time comes first, time 0 is its code 0..3, and patients not in the data come last.
    """
    key, code = scratch.key, scratch.code
    np.left_shift(event.view(np.uint8), 1, out=code)
    np.bitwise_or(code, experimental.view(np.uint8), out=code)
    if excluded:
        np.greater_equal(time, 0, out=scratch.flag)
        np.multiply(code, scratch.flag, out=code)
    np.bitwise_and(time.view(np.int64), -_CODE, out=key)
    np.subtract(code, key, out=key)
    key.sort(axis=1)
    np.copyto(code, key, casting="unsafe")
    np.bitwise_and(code, _CODE - 1, out=code)


def _tied_rows(scratch: _Scratch) -> IntArray:
    """Rows where an event shares its packed time with a neighbour, or that hold a time of -0.0."""
    rows = scratch.key[:, 0] < -_INFINITE  # -0.0 has the sign of a patient not in the data, and wraps to the front
    key, gap = scratch.key.view(np.uint64), scratch.spare.view(np.uint64)
    np.bitwise_xor(key.ravel()[1:], key.ravel()[:-1], out=gap.ravel()[1:])
    gap[0, 0] = _CODE
    if gap.min() < _CODE:
        near, either = scratch.flag[:, 1:], scratch.pair[:, 1:]
        np.less(gap[:, 1:], _CODE, out=near)
        np.bitwise_or(scratch.code[:, 1:], scratch.code[:, :-1], out=either)
        np.right_shift(either, 1, out=either)
        np.logical_and(near, either, out=near)
        rows |= near.any(axis=1)
    return np.flatnonzero(rows)


def _packed_moments(scratch: _Scratch, null: float) -> tuple[FloatArray, FloatArray]:
    """Score and variance of sorted rows without ties, from forward running sums."""
    label, event, treated = scratch.label, scratch.event, scratch.treated
    np.copyto(label, scratch.code)
    np.bitwise_and(label, 1, out=treated)
    np.cumsum(treated, axis=1, out=treated)
    np.right_shift(label, 1, out=event)
    np.bitwise_and(label, event, out=label)
    observed = np.add.reduce(label, axis=1, dtype=np.int32)
    share, other = scratch.key.view(np.float64), scratch.spare.view(np.float64)
    at_risk = scratch.position
    if null != 1:  # control + null * experimental, in this order: the share is exactly 1 where no control is left
        np.multiply(treated, null, out=share)
        at_risk = np.subtract(scratch.position, treated, out=other)
        np.add(other, share, out=other)
    np.multiply(treated, event, out=treated)
    np.copyto(share, treated)
    if null != 1:
        np.multiply(share, null, out=share)
    np.divide(share, at_risk, out=share)
    score: FloatArray = np.add.reduce(share, axis=1) - observed
    np.subtract(1, share, out=other)
    return score, np.einsum("ij,ij->i", share, other)


class _Ordered(NamedTuple):
    """Rows in descending order of time, and the weight of each position in the score and in the variance."""

    experimental: BoolArray
    event: BoolArray
    in_score: FloatArray
    in_variance: FloatArray


def _ordered(time: FloatArray, event: BoolArray, experimental: BoolArray) -> _Ordered:
    """Ties kept: the d events of a time all weigh at the last position of that time, where the risk set is complete."""
    order = np.argsort(-time, axis=1, kind="stable")
    sorted_time = np.take_along_axis(time, order, axis=1)
    arm = np.take_along_axis(np.broadcast_to(experimental, time.shape), order, axis=1)
    events = np.take_along_axis(event & (time >= 0), order, axis=1)
    last = np.ones(time.shape, np.bool_)
    np.not_equal(sorted_time[:, 1:], sorted_time[:, :-1], out=last[:, :-1])
    cumulative = np.cumsum(events, axis=1)
    before = np.zeros_like(cumulative)
    np.maximum.accumulate(np.where(last, cumulative, 0)[:, :-1], axis=1, out=before[:, 1:])
    tied = np.where(last, cumulative - before, 0).astype(np.float64)
    at_risk = np.arange(1.0, time.shape[1] + 1)
    return _Ordered(arm, events, tied, tied * (at_risk - tied) / np.maximum(at_risk - 1, 1))


def _shares(experimental: BoolArray, null: float = 1.0) -> FloatArray:
    """Share of the hazard that is experimental, at each position of labels in descending order of time."""
    treated = np.cumsum(experimental, axis=1)
    control = np.arange(1, experimental.shape[1] + 1) - treated
    return np.asarray(null * treated / (control + null * treated))


def _exact_moments(rows: _Ordered, null: float) -> tuple[FloatArray, FloatArray]:
    share = _shares(rows.experimental, null)
    score = np.sum(rows.in_score * share, axis=1) - np.sum(rows.event & rows.experimental, axis=1)
    return score, np.sum(rows.in_variance * share * (1 - share), axis=1)
