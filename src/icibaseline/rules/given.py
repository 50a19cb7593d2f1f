"""Bounds on Z that are given as numbers."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.errors import reject
from icibaseline.rules.boundary import Boundary, level
from icibaseline.rules.schedule import Schedule, Solved

__all__ = ["GivenBounds"]

_BOUNDS = as_field(lambda name, held: _checks.sequence(name, held, _checks.not_nan))


@final
@value
class GivenBounds(Boundary):
    """Bounds on Z as a protocol prints them.

    Parameters
    ----------
    efficacy : sequence of float
        Z above which each look rejects; inf where it does not test for efficacy. The last one is finite.
    futility : sequence of float, optional
        Z below which each look but the last stops without rejecting; -inf where it does not.
    alpha : float
        One-sided type I error that the bounds were made for, if futility is obeyed.

    Raises
    ------
    InvalidInput
        If there are not as many futility bounds as looks but the last, one is not below its efficacy bound, or the last
        look has no efficacy bound; later, if there are more looks than bounds.

    Notes
    -----
    The bounds are carried out as they stand, whatever information the looks see, so that the type I error need not be
    `alpha`: ``power(design, scenario.null)`` tells it. A look that adds next to nothing tests nothing.

    Examples
    --------
    >>> import icibaseline as ici
    >>> rule = ici.GivenBounds((float("inf"), 1.6159), futility=(0.1389,), alpha=0.05)
    >>> float(rule.bounds((0.45, 1.0), drift=0).power.round(3))
    0.05
    """

    efficacy: tuple[float, ...] = attrs.field(converter=_BOUNDS)
    futility: tuple[float, ...] = attrs.field(
        default=(), kw_only=True, converter=as_field(lambda n, v: _checks.sequence(n, v, _checks.not_nan, least=0))
    )
    alpha: float = attrs.field(kw_only=True, converter=as_field(level))

    def __attrs_post_init__(self) -> None:
        if not np.isfinite(self.efficacy[-1]):
            reject("efficacy", "finite at the last look", self.efficacy)
        if self.futility and len(self.futility) != len(self.efficacy) - 1:
            rule = f"one bound fewer than `efficacy`, which has {len(self.efficacy)}"
            reject("futility", rule, self.futility, "The last look has none.")
        if any(low >= high for low, high in zip(self.futility, self.efficacy[:-1], strict=bool(self.futility))):
            reject("futility", "below the bounds in `efficacy`", self.futility)

    binding: bool = attrs.field(default=True, init=False)  # the type I error counts on futility being obeyed

    @property
    def one_sided_alpha(self) -> float:
        """Type I error that the bounds were made for, one-sided."""
        return self.alpha

    @property
    def one_look(self) -> bool:
        """Whether there is one look."""
        return len(self.efficacy) == 1

    def _solve(self, schedule: Schedule, mean: FloatArray | None) -> Solved:
        looks, held = schedule.looks, len(self.efficacy)
        if looks > held or (schedule.exact and looks < held):
            rule = f"one number for each look in `information` or `realised`, of which there are {looks}"
            reject("efficacy", rule, self.efficacy)
        below = self.futility or (-np.inf,) * (held - 1)
        efficacy, futility = np.array(self.efficacy[:looks]), np.array([*below, self.efficacy[-1]][:looks])
        if schedule.ended:
            efficacy[-1] = futility[-1] = self.efficacy[-1]
        return Solved(np.where(schedule.grows, efficacy, np.inf), np.where(schedule.grows, futility, -np.inf))
