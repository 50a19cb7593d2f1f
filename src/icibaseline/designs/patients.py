"""Simulated patients, many trials at once: rows are replicates, columns patients.

Every array of a block is reused by the next one of the same thread: fresh memory costs more than the work.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np

from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.scenario import Part, Scenario
from icibaseline.statistics.base import TrialData
from icibaseline.survival import Curve

__all__ = ["Patients", "draw_patients"]

_LOCAL = threading.local()


class _Buffers(NamedTuple):
    """Memory of one block."""

    entry: FloatArray
    failure: FloatArray
    follow_up: FloatArray
    time: FloatArray
    event: BoolArray

    @classmethod
    def of(cls, rows: int, patients: int) -> _Buffers:
        """The buffers of this thread, made anew when the shape changes."""
        held: _Buffers | None = getattr(_LOCAL, "buffers", None)
        if held is None or held.entry.shape != (rows, patients):
            entry, failure, follow_up, time = np.empty((4, rows, patients))
            held = cls(entry, failure, follow_up, time, np.empty((rows, patients), np.bool_))
            _LOCAL.buffers = held
        return held


class Patients(NamedTuple):
    """Complete follow-up of simulated patients, before any cut; valid until the next block is drawn."""

    entry: FloatArray  # (R, n) calendar month of entry
    follow_up: FloatArray  # (R, n) months from entry to event or dropout, whichever is first
    event_months: FloatArray  # (R, n) calendar month of the event, inf where dropout comes first
    experimental: BoolArray  # (n,)
    stratum: IntArray | None  # (R, n)
    buffers: _Buffers

    def latest(self) -> FloatArray:
        """Calendar month in which nobody is left under observation, (R,)."""
        month: FloatArray = (self.entry + self.follow_up).max(axis=1)
        return month

    def at(self, cut: FloatArray) -> tuple[TrialData, FloatArray, FloatArray]:
        """The data as seen in calendar months `cut` (R,), with events and patients entered, each (R,).

        Events are compared in calendar time: a difference would lose the event that triggers the cut. Patients
        who enter later have a negative time. The data are valid until the next call.
        """
        time, event = self.buffers.time, self.buffers.event
        np.less_equal(self.event_months, cut[:, None], out=event)
        np.subtract(cut[:, None], self.entry, out=time)
        entered = np.count_nonzero(time >= 0, axis=1).astype(float)
        np.minimum(time, self.follow_up, out=time)
        data = TrialData(time, event, self.experimental, self.stratum)
        return data, np.count_nonzero(event, axis=1).astype(float), entered


def draw_patients(scenario: Scenario, sizes: tuple[int, int], rows: int, rng: np.random.Generator) -> Patients:
    """Patients of `rows` trials with `sizes` (control, experimental); a batch scenario has one element a row."""
    n = sum(sizes)
    buffers = _Buffers.of(rows, n)
    stratum = _draw_strata(scenario.parts, (rows, n), rng)
    arms = (slice(0, sizes[0]), slice(sizes[0], n))
    failure, follow_up = buffers.failure, buffers.follow_up
    rng.standard_exponential(out=failure)
    for arm, columns in enumerate(arms):
        curves = [part.experimental if arm else part.control for part in scenario.parts]
        _survive(curves, failure[:, columns], None if stratum is None else stratum[:, columns])
    if any(c is not None for c in scenario.dropouts):
        rng.standard_exponential(out=follow_up)
        for curve, columns in zip(scenario.dropouts, arms, strict=True):
            _drop_out(curve, follow_up[:, columns])
        np.less(follow_up, failure, out=buffers.event)
        np.minimum(failure, follow_up, out=follow_up)
        np.putmask(failure, buffers.event, np.inf)  # no event, however late the cut
    else:
        np.copyto(follow_up, failure)
    entry = scenario.enrollment.entries((rows, n), rng, out=buffers.entry)
    np.add(entry, failure, out=failure)
    return Patients(entry, follow_up, failure, np.arange(n) >= sizes[0], stratum, buffers)


def _draw_strata(parts: tuple[Part, ...], shape: tuple[int, int], rng: np.random.Generator) -> IntArray | None:
    if len(parts) == 1:
        return None
    limits = np.cumsum([part.share for part in parts])[:-1]
    return np.searchsorted(limits, rng.random(shape), side="right").astype(np.int64)


def _survive(curves: list[Curve], hazard: FloatArray, stratum: IntArray | None) -> None:
    """Turn standard exponentials into survival times, in place."""
    if stratum is None:
        curves[0].inverse_cumulative_hazard(hazard, out=hazard)
        return
    times = [np.asarray(curve.inverse_cumulative_hazard(hazard)) for curve in curves]
    hazard[...] = np.choose(stratum, times)


def _drop_out(curve: Curve | None, hazard: FloatArray) -> None:
    if curve is None:
        hazard[...] = np.inf
    else:
        curve.inverse_cumulative_hazard(hazard, out=hazard)
