"""The course of a monitored trial: the bounds at its looks, what was decided, and the looks to come."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray, IntArray
from icibaseline.designs import Planned, Randomized
from icibaseline.designs.planned_boundary import PlannedBoundary
from icibaseline.monitoring.checks import numbers_of
from icibaseline.monitoring.inference import Ahead, Stop, planned_score
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.scale import Scale, scale_of
from icibaseline.rules import Bounds
from icibaseline.rules.bounds import GROWTH

__all__ = ["CONTINUE", "CONTROL", "END", "FUTILITY", "OVERRULED", "REJECT", "Course"]

CONTINUE, OVERRULED = "continue", "futility overruled"
REJECT, CONTROL, FUTILITY, END = "reject", "reject for control", "stop for futility", "do not reject"
_ROUNDING = 1e-9


class Course(NamedTuple):
    """A planned design and the looks that were taken; they are counted from 0 here."""

    design: Randomized
    looks: tuple[Look, ...]

    @property
    def rule(self) -> PlannedBoundary:
        """The boundary with the frozen plan."""
        return self.design.planned_boundary

    @property
    def plan(self) -> Planned:
        """The frozen plan."""
        return self.rule.plan

    @property
    def scale(self) -> Scale:
        """How Z depends on the hazard ratio."""
        return scale_of(self.design)

    @property
    def numbers(self) -> IntArray:
        """Which of the planned looks they are, from 1 on; 0 is none of them."""
        return numbers_of(self.looks, len(self.plan.events))

    @property
    def events(self) -> FloatArray:
        """Events at the looks that were taken."""
        return np.array([look.events for look in self.looks])

    @property
    def months(self) -> FloatArray:
        """Their months; NaN where they are not known."""
        return np.array([np.nan if look.month is None else look.month for look in self.looks])

    @property
    def planned(self) -> FloatArray:
        """Information at the planned looks."""
        return self.rule.information

    @property
    def information(self) -> FloatArray:
        """Information at the looks that were taken."""
        return self.rule.information_from(self.events)

    @property
    def time(self) -> FloatArray:
        """Fractions of the errors' time at the looks that were taken."""
        return self.rule.time(self.events, self.months, self.numbers)

    @property
    def binding(self) -> bool:
        """Whether futility must be obeyed."""
        return self.rule.boundary.binding

    @property
    def two_sided(self) -> bool:
        """Whether the lower bounds reject too."""
        return self.rule.boundary.sided == 2

    def is_final(self, k: int) -> bool:
        """Whether a look spends all that is left."""
        declared = self.looks[k].final
        if declared is not None:
            return declared
        return bool(self.numbers[k] == len(self.plan.events) or self.time[k] >= 1 - _ROUNDING)

    def why_final(self, k: int) -> str:
        """Why a look is the end of the trial."""
        if self.looks[k].final:
            return "which is marked final"
        if self.numbers[k] == len(self.plan.events):
            return "the last of those that are planned"
        at_end = "is in the last planned month" if self.rule.boundary.time.by_month else "has all of the planned events"
        return f"which {at_end}; give it final=False if the trial goes on"

    # ---- bounds ----------------------------------------------------------------------------------------

    def bounds(self, binding: bool) -> tuple[Bounds, ...]:
        """Of the looks up to each look, as they stood then; False takes no advantage of binding futility."""
        events, months, numbers = self.events, self.months, self.numbers
        return tuple(
            self.rule.at(events[:k], months[:k], numbers[:k], final=self.is_final(k - 1), binding=binding)
            for k in range(1, len(events) + 1)
        )

    def decision(self, k: int, bounds: Bounds) -> str:
        """What a look leads to."""
        z, below = self.looks[k].z, self.looks[k].z <= bounds.futility[-1]
        if z >= bounds.efficacy[-1]:
            return REJECT
        if below and self.two_sided:
            return CONTROL
        if self.is_final(k):
            return END
        if not below:
            return CONTINUE
        return FUTILITY if k + 1 == len(self.looks) else OVERRULED

    def stop(self, bounds: Bounds) -> Stop:
        """The last look as the one at which the trial stops; only bounds that must be obeyed end earlier paths."""
        obeyed = self.binding or self.two_sided
        lower = bounds.futility if obeyed else np.full_like(bounds.futility, -np.inf)
        return Stop(self.information, bounds.efficacy, lower, self.looks[-1].z, self.scale)

    # ---- what is to come -------------------------------------------------------------------------------

    def bounds_ahead(self, k: int) -> Bounds | None:
        """Of the looks up to a look and of those planned after it, if these come as planned; None if none is."""
        seen, now = slice(k + 1), self.information[k]
        later = np.arange(self.numbers[seen].max(), len(self.planned))
        later = later[now < (1 - GROWTH) * self.planned[later]]
        if self.is_final(k) or not later.size:
            return None
        months = np.maximum(np.array(self.plan.months)[later], self.months[k])  # one that is late is not before now
        return self.rule.at(
            np.concatenate([self.events[seen], np.array(self.plan.events)[later]]),
            np.concatenate([self.months[seen], months]),
            np.concatenate([self.numbers[seen], later + 1]),
            final=True,
        )

    def ahead(self, k: int) -> Ahead | None:
        """The looks that are planned after a look, seen from there; None if none is."""
        bounds = self.bounds_ahead(k)
        if bounds is None:
            return None
        return Ahead.of(bounds, k + 1, self.looks[k].z, self.scale)

    def planned_power(self, k: int, ahead: Ahead) -> float:
        """Probability of rejecting at a look to come, if the increments of the score have their planned means."""
        information, drift = self.information[k] + np.concatenate([[0.0], ahead.gained]), np.array(self.plan.drift)
        score = planned_score(information, self.planned, drift)
        effect = self.scale.effect(float(drift[-1]), float(self.planned[-1]))
        return float(ahead.power(np.asarray(score[1:] - score[0]), np.asarray(effect)))
