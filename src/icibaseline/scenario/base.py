"""What every scenario is: parts that may be priors, a null, a typical case, and batches of itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from icibaseline import _checks
from icibaseline._values import FloatArray, Uncertain, Value, replace, replace_unknowns, unknowns, walk
from icibaseline.baseline import Baseline, Population
from icibaseline.distributions import Distribution
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, reject

__all__ = ["BaseScenario", "one_scenario"]

_HINTS = {  # where the scenario is one of the other outcome
    "ResponseScenario": "The design counts responses; a SingleArm tests survival with statistic=OneSampleLogRank().",
    "Scenario": "The design tests survival; SingleArm without a statistic and RandomizedResponse count responses.",
}


class BaseScenario(Value):
    """Abstract: what nature does in a trial. Every number may be a prior instead."""

    enrollment: Enrollment | None

    @property
    @abstractmethod
    def resolved(self) -> Self:
        """The same with curves, rates and effects where baselines stood."""

    @property
    @abstractmethod
    def null(self) -> Self:
        """The same with no effect: experimental equals control, draw by draw."""

    @property
    @abstractmethod
    def populations(self) -> tuple[Population, ...]:
        """What its controls and effects are taken from."""

    @property
    @abstractmethod
    def effects(self) -> tuple[Value, ...]:
        """What the experimental treatment changes, in each part of the population."""

    @property
    @abstractmethod
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Each of its parts with the name of its role, for reports."""

    @property
    @abstractmethod
    def favourable(self) -> str:
        """When an effect favours the experimental arm, in a sentence."""

    @property
    @abstractmethod
    def members(self) -> tuple[BaseScenario, ...]:
        """Itself, or the scenarios of several outcomes that it holds."""

    @property
    @abstractmethod
    def counted(self) -> str:
        """What a trial counts, in the plural."""

    @abstractmethod
    def losing(self, share: float) -> tuple[str, str, Self] | None:
        """What it is called if patients are lost, how many in words, and the same with a share of them lost.

        None where it holds already how many are lost.
        """

    @abstractmethod
    def graded(self, size: float) -> Self:
        """The same with an effect of a size from 0, none, to 1, as strong as any."""

    @property
    @abstractmethod
    def _named(self) -> Self:
        """The same with every prior inside a value that a number may stand in."""

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """The cohorts that its controls and effects rest on."""
        return tuple(b for population in self.populations for b in population.baselines)

    @cached_property
    def unknowns(self) -> tuple[Uncertain, ...]:
        """The distinct priors in the scenario, in order."""
        return unknowns(self.resolved)

    @cached_property
    def typical(self) -> Self:
        """The plug-in: every prior replaced by its median."""
        return replace(self._named, (Uncertain, Population), _plugged_in) if self.unknowns else self

    def at(self, nodes: Sequence[FloatArray]) -> Self:
        """A batch: the k-th unknown takes the values ``nodes[k]``, shape (B,), or (B, d) for a prior of dimension d.

        Raises
        ------
        InvalidInput
            If there is not one array for each unknown, all of one length.
        """
        arrays = _checks.sequence("nodes", nodes, _array, least=0)
        if len(arrays) != len(self.unknowns):
            reject("nodes", f"{len(self.unknowns)} arrays, one for each of the `unknowns`", nodes)
        shapes = [a.shape for a in arrays]
        if len({shape[:1] for shape in shapes}) > 1 or any(
            shape[1:] != ((u.dimension,) if u.dimension > 1 else ())
            for shape, u in zip(shapes, self.unknowns, strict=True)
        ):
            reject("nodes", "arrays of one length B, of shape (B,), or (B, d) for a prior on d numbers", shapes)
        return replace_unknowns(self.resolved, lambda prior: arrays[self.unknowns.index(prior)])

    def draw(self, size: int, rng: np.random.Generator) -> Self:
        """A batch of `size` draws from the priors."""
        count, source = _checks.whole("size", size), _checks.generator("rng", rng)
        return self.at([prior.rvs(count, rng=source) for prior in self.unknowns if isinstance(prior, Distribution)])


def one_scenario(name: str, held: object, kind: type[BaseScenario] = BaseScenario) -> Any:
    """A scenario of a kind, or that part of one of several outcomes, that is no batch of them."""
    rule = "a Scenario or a ResponseScenario" if kind is BaseScenario else f"a {kind.__name__}"
    parts = held.members if isinstance(held, BaseScenario) and not isinstance(held, kind) else ()
    found: Any = next((part for part in parts if isinstance(part, kind)), held)
    _checks.instance(name, found, kind, rule, _HINTS.get(kind.__name__, "") if isinstance(held, BaseScenario) else "")
    place = next((path for path, part in walk(found) if isinstance(part, np.ndarray)), None)
    if place is not None:
        raise InvalidInput(
            f"`{name}` must be one scenario; got a batch, with an array for `{place}`. "
            "Use compare() with a list of scenarios, or a prior."
        )
    return found


def _array(name: str, held: object) -> FloatArray:
    try:
        return np.asarray(held, dtype=float)
    except (TypeError, ValueError):
        reject(name, "an array of numbers", held)


def _plugged_in(held: Uncertain | Population) -> Any:
    """The median in the place of a prior; a population stays one, so that it keeps its sources."""
    return held.with_(at_median=True) if isinstance(held, Population) else held.typical
