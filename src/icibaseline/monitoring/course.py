"""The course of a monitored trial: the bounds at its looks, what was decided, and the looks to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs import Planned, Randomized
from icibaseline.monitoring.inference import Ahead, Stop, planned_score
from icibaseline.monitoring.look import Look
from icibaseline.rules import Boundary, Bounds
from icibaseline.rules.bounds import GROWTH

__all__ = ["CONTINUE", "CONTROL", "END", "FUTILITY", "OVERRULED", "REJECT", "Course"]

CONTINUE, OVERRULED = "continue", "futility overruled"
REJECT, CONTROL, FUTILITY, END = "reject", "reject for control", "stop for futility", "do not reject"
_ROUNDING = 1e-9


class Course(NamedTuple):
    """A planned design and the looks that were taken; they are numbered from 0 here."""

    design: Randomized
    looks: tuple[Look, ...]

    @property
    def plan(self) -> Planned:
        """The frozen plan."""
        return self.design._executed()

    @property
    def planned(self) -> FloatArray:
        """Information at the planned looks."""
        return self.design.information_from(np.array(self.plan.events))

    @property
    def information(self) -> FloatArray:
        """Information at the looks that were taken."""
        return self.design.information_from(np.array([look.events for look in self.looks]))

    @property
    def binding(self) -> bool:
        """Whether futility must be obeyed."""
        return bool(getattr(self.design.boundary, "binding", False))

    @property
    def two_sided(self) -> bool:
        """Whether the lower bounds reject too."""
        return getattr(self.design.boundary, "sided", 1) == 2

    def is_final(self, k: int) -> bool:
        """Whether a look spends all that is left."""
        look, planned = self.looks[k], self.plan.events
        return look.final or k + 1 == len(planned) or look.events >= planned[-1] * (1 - _ROUNDING)

    # ---- bounds ----------------------------------------------------------------------------------------

    def _at(self, boundary: Boundary, information: Sequence[float] | FloatArray, ended: bool) -> Bounds:
        return boundary.at(np.array(information), self.planned, drift=self.design._aim, final=ended)

    def bounds(self, binding: bool) -> tuple[Bounds, ...]:
        """Of the looks up to each look, as they stood then; False takes no advantage of binding futility."""
        boundary: Boundary = self.design.boundary
        if self.binding and not binding:
            boundary = boundary.with_(binding=False)
        seen = self.information
        return tuple(self._at(boundary, seen[: k + 1], self.is_final(k)) for k in range(len(seen)))

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
        return Stop(self.information, bounds.efficacy, lower, self.looks[-1].z)

    # ---- what is to come -------------------------------------------------------------------------------

    def ahead(self, k: int) -> Ahead | None:
        """The looks that are planned after a look; None if none is."""
        now = self.information[k]
        later = [i for i in self.planned[k + 1 :] if now < (1 - GROWTH) * i]
        if self.is_final(k) or not later:
            return None
        bounds = self._at(self.design.boundary, [*self.information[: k + 1], *later], True)
        return Ahead.of(bounds.information, bounds.efficacy, bounds.futility, k + 1, self.looks[k].z)

    def planned_increments(self, k: int, ahead: Ahead) -> FloatArray:
        """Planned means of the increments of the score from a look to those to come."""
        information = self.information[k] + np.concatenate([[0.0], ahead.gained])
        score = planned_score(information, self.planned, np.array(self.plan.drift))
        return np.asarray(score[1:] - score[0])
