"""The boundary of a planned trial, at the looks that there are."""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np

from icibaseline._values import FloatArray, IntArray
from icibaseline.designs.base import Planned
from icibaseline.rules import Boundary, Bounds
from icibaseline.rules.clocks import Progress

__all__ = ["PlannedBoundary"]

_ROUNDING = 1e-9  # of time


@final
class PlannedBoundary:
    """A boundary with the plan that it is carried out for; arrays are over looks, (K,) or (B, K)."""

    def __init__(self, boundary: Boundary, plan: Planned, share: float) -> None:
        self.boundary, self.plan = boundary, plan
        self._share = share  # of the events that is information: the product of the shares of the arms

    def information_from(self, events: FloatArray) -> FloatArray:
        """Information on the log hazard ratio after numbers of events."""
        return np.asarray(self._share * events)

    @cached_property
    def information(self) -> FloatArray:
        """Information at the planned looks, (K,)."""
        return self.information_from(np.array(self.plan.events))

    def time(self, events: FloatArray, months: FloatArray, numbers: IntArray) -> FloatArray:
        """Fractions of the errors' time at looks, of which `numbers` says which planned ones they are."""
        return np.asarray(np.minimum(self._runs(events, months, numbers), 1.0))

    def _runs(self, events: FloatArray, months: FloatArray, numbers: IntArray) -> FloatArray:
        """The errors' time at looks, which may run over 1."""
        plan = Progress(self.information, np.array(self.plan.months))
        return self.boundary.time.runs(Progress(self.information_from(events), months), plan, numbers)

    @cached_property
    def planned_time(self) -> FloatArray:
        """The same at the planned looks, (K,)."""
        events, months = np.array(self.plan.events), np.array(self.plan.months)
        return self.time(events, months, np.arange(1, len(events) + 1))

    @cached_property
    def aim(self) -> FloatArray:
        """Means of Z at the planned looks that the planned bounds are built for, (K,)."""
        return self.boundary.aim(self.information, self.plan.drift[-1], time=self.planned_time)

    @cached_property
    def planned_bounds(self) -> Bounds:
        """The frozen ones."""
        upper, lower = np.array(self.plan.efficacy_bounds), np.array(self.plan.futility_bounds)
        mean = np.array(self.plan.drift)
        return Bounds(self.information, upper, futility=lower, mean=mean, spread=np.ones(len(mean)))

    def spent(self) -> FloatArray:
        """Type I error that the planned bounds spend at each look, one-sided."""
        return self.spent_by(self.planned_bounds)

    def spent_by(self, bounds: Bounds) -> FloatArray:
        """Type I error that bounds spend at each look, one-sided."""
        obeyed = self.boundary.binding or self.boundary.sided == 2  # part of what keeps alpha
        return bounds.under(0.0, futility=obeyed).reject

    def executed(self, events: FloatArray, months: FloatArray) -> Bounds:
        """Bounds of the whole trial at the events and months that its looks have; the frozen ones where as planned."""
        in_time = not self.boundary.time.by_month or np.all(months == self.plan.months)
        if self.boundary.one_look or (in_time and np.all(events == self.plan.events)):
            return self.planned_bounds
        left, numbers = self.left(events, months), np.arange(1, len(self.plan.events) + 1)
        if not left.any():
            return self.at(events, months, numbers, final=True)
        shape = np.broadcast_shapes(events.shape, months.shape)
        events, months = np.broadcast_to(events, shape), np.broadcast_to(months, shape)
        ends = np.broadcast_to(shape[-1] - left[..., 0], shape[:-1])
        efficacy, futility = np.full(shape, np.inf), np.full(shape, -np.inf)
        for end in np.unique(ends):
            rows = ends == end
            found = self.at(events[rows, :end], months[rows, :end], numbers[:end], final=True)
            efficacy[rows, :end], futility[rows, :end] = found.efficacy, found.futility
        return Bounds.of(self.information_from(events), efficacy, futility, np.zeros(shape))

    def left(self, events: FloatArray, months: FloatArray) -> IntArray:
        """Planned looks after the first one by which all may be spent, which is the end of the trial, (..., 1)."""
        looks = len(self.plan.events)
        ends = self.time(events, months, np.arange(1, looks + 1)) >= 1 - _ROUNDING
        ends[..., -1] = True
        if self.boundary.one_look:
            ends[..., :-1] = False  # they test nothing, and end nothing
        return np.asarray(looks - 1 - np.argmax(ends, axis=-1, keepdims=True))

    def turns(self, events: FloatArray, months: FloatArray) -> FloatArray:
        """What is 0 or above at an interim look by which all may be spent, (..., K - 1), as `left` has it."""
        numbers = np.arange(1, len(self.plan.events) + 1)
        return np.asarray(self._runs(events, months, numbers)[..., :-1] - (1 - _ROUNDING))

    def at(
        self, events: FloatArray, months: FloatArray, numbers: IntArray, *, final: bool, binding: bool = True
    ) -> Bounds:
        """Bounds at looks so far; without `binding`, those that take no advantage of binding futility."""
        boundary = self.boundary
        if boundary.binding and not binding:
            boundary = boundary.with_(binding=False)
        return boundary.at(
            self.information_from(events),
            self.information,
            drift=self.aim,
            time=self.time(events, months, numbers),
            planned_time=self.planned_time,
            numbers=numbers,
            final=final,
        )
