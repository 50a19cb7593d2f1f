"""The worlds in which a two-stage trial of survival errs or succeeds, and the law of its two looks in each of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from icibaseline._values import FloatArray
from icibaseline.designs.two_stage_laws import Law
from icibaseline.designs.two_stage_search import Worlds
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample import OneArm, OneSample
from icibaseline.survival import Curve, HazardRatio

__all__ = ["Mixture", "Question", "as_the_benchmark", "worlds_of"]

_POINTS = {0: 1, 1: 32, 2: 14, 3: 7}  # nodes along each uncertain number, by how many there are
_DRAWS, _SEED = 512, 20_256  # of more uncertain numbers
_ENDS = 5.5  # standard deviations
_STEP = 1.1  # of the trapezoidal rule, in standard deviations of the product of a power curve and a normal density


class Mixture(NamedTuple):
    """Scenarios, and how likely each is."""

    at: Callable[[int], Scenario]  # the batch, so many times over
    weights: FloatArray  # (J,)

    @classmethod
    def of(cls, scenario: Scenario) -> Mixture:
        """A scenario at nodes of its priors; one without any is itself."""
        priors = scenario.unknowns
        if not priors:
            return cls(lambda times: scenario.resolved, np.ones(1))
        count = sum(prior.dimension for prior in priors)
        if count not in _POINTS:
            drawn = [prior.rvs(_DRAWS, rng=np.random.default_rng(_SEED + k)) for k, prior in enumerate(priors)]  # type: ignore[attr-defined]
            return cls(_tiled(scenario, drawn), np.full(_DRAWS, 1 / _DRAWS))
        nodes = [prior.nodes(_POINTS[count], rule="hermite") for prior in priors]  # type: ignore[attr-defined]
        places = [m.ravel() for m in np.meshgrid(*(np.arange(len(x.weights)) for x in nodes), indexing="ij")]
        weights = np.prod([x.weights[place] for x, place in zip(nodes, places, strict=True)], axis=0)
        return cls(_tiled(scenario, [x.x[place] for x, place in zip(nodes, places, strict=True)]), weights)


def _tiled(scenario: Scenario, values: list[FloatArray]) -> Callable[[int], Scenario]:
    def at(times: int) -> Scenario:
        return scenario.at([np.tile(x, (times, *(1,) * (x.ndim - 1))) for x in values])

    return at


def as_the_benchmark(scenario: Scenario, curve: Curve, sd: float, n: float) -> Mixture:
    """An arm that does as the benchmark, whose cumulative hazard has a log-normal error.

    The probability of rejecting rises within 1 / (sd sqrt(events)) standard deviations of the error.
    """
    null = scenario.with_(strata=(), control=curve, effect=HazardRatio(1.0), experimental=None, mismatch=None).resolved
    if not sd:
        return Mixture(lambda times: null, np.ones(1))
    count = 1 + 2 * math.ceil(_ENDS * math.sqrt(1 + sd**2 * n) / _STEP)
    u = np.linspace(-_ENDS, _ENDS, count)
    weights = np.exp(-(u**2) / 2)
    ratios = np.exp(sd * u)
    return Mixture(
        lambda times: null.with_(effect=HazardRatio(np.tile(ratios, times))).resolved,
        weights / weights.sum(),
    )


class Question(NamedTuple):
    """What is tested, and when."""

    statistic: OneSample
    curve: Curve  # of the benchmark
    after: float  # months between the end of enrolment and the last look


def worlds_of(question: Question, typical: Scenario, truth: Mixture) -> Worlds:
    """The two looks of a trial with n patients, as the benchmark and as a mixture of scenarios has it."""
    enrollment, sd = typical.enrollment, question.statistic.benchmark_sd

    def law(mixture: Mixture, n: float, months: FloatArray) -> Law:
        worlds = len(mixture.weights)
        world = mixture.at(len(months))
        last = np.full(len(months), float(enrollment.accrual(n).duration) + question.after)
        looks = np.repeat(np.stack([months, last], axis=1), worlds, axis=0)
        arm = OneArm(world, question.curve, n, world.enrollment.accrual(n), looks)
        return Law(question.statistic.moments(arm), mixture.weights)

    return Worlds(
        lambda n, months: law(as_the_benchmark(typical, question.curve, sd, n), n, months),
        lambda n, months: law(truth, n, months),
        enrolled=lambda n, months: np.asarray(n * enrollment.accrual(n).fraction(months)),
        duration=lambda n: float(enrollment.accrual(n).duration),
    )
