"""Trials of one arm that count responses: their frozen plan, and the two faces of carrying it out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from icibaseline._exact import Stages, chances
from icibaseline._values import BoolArray, FloatArray, IntArray
from icibaseline.designs.base import Design, Evaluation, Replicates, check_size, first_stops
from icibaseline.designs.count_power import drift_of
from icibaseline.designs.honest import HonestBenchmark
from icibaseline.designs.references import reference_of
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import Judged, Reference
from icibaseline.scenario import ResponseScenario, one_scenario

__all__ = ["CountDesign", "evaluate_counts", "no_difference", "plan_counts", "replicate_counts"]


def plan_counts(stages: Stages, scenario: ResponseScenario) -> StagePlan:
    """The frozen plan of these looks, in the typical case of a scenario."""
    n = int(stages.sizes[-1])
    check_size(n, one_scenario("scenario", scenario, ResponseScenario))
    months = scenario.typical.resolved.look_months(n, stages.sizes)[0]
    bounds = (tuple(float(x) for x in part) for part in (months, stages.efficacy, stages.futility))
    months_, efficacy, futility = bounds
    sizes = tuple(int(x) for x in stages.sizes)
    return StagePlan(n, sizes=sizes, months=months_, efficacy_bounds=efficacy, futility_bounds=futility)


def evaluate_counts(plan: StagePlan, floor: float, scenario: ResponseScenario) -> Evaluation:
    """Exact probabilities for a resolved scenario or a batch; `floor` is the rate above which power tends to 1."""
    check_size(plan.n, scenario)
    rates = np.atleast_1d(scenario.rates.experimental)
    sizes, efficacy, futility = plan.stages
    months, entered = scenario.look_months(plan.n, sizes), scenario.entered(plan.n, sizes)
    success, stopped = chances(sizes, efficacy, futility, rates)
    last = np.arange(len(sizes)) == len(sizes) - 1
    overruled = chances(sizes, efficacy, np.where(last, futility, -np.inf), rates)[0] if plan.overrulable else success
    rows = max(len(rates), len(months), len(entered))

    def wide(x: Any) -> FloatArray:
        return np.broadcast_to(x, (rows, *np.shape(x)[1:]))

    return Evaluation(
        wide(success),
        futility=wide(np.where(last, 0.0, stopped)),
        months=wide(months),
        events=wide(rates[:, None] * sizes),
        n=wide(entered),
        drift=wide(drift_of(plan.n, rates, floor)),
        information=wide(sizes[None].astype(float)),
        overruled=wide(overruled),
    )


def replicate_counts(
    plan: StagePlan,
    judge: Callable[[IntArray, IntArray], Judged],
    scenario: ResponseScenario,
    rows: int,
    rng: np.random.Generator,
) -> Replicates:
    """Simulated trials, patient by patient; `judge` says of the responses (R, K) at the looks what they mean."""
    check_size(plan.n, scenario)
    sizes, shape = np.array(plan.sizes), (rows, plan.n)
    rates = np.reshape(scenario.rates.experimental, (-1, 1))
    responds: BoolArray = rng.random(shape) < rates
    responses = np.cumsum(responds, axis=1, dtype=np.int64)[:, sizes - 1]
    months, entered = _simulated_looks(plan, scenario, rows, rng)
    rejected, futile, overruled = first_stops(*judge(responses, sizes))
    seen, wide = responses.astype(float), np.broadcast_to(sizes.astype(float), responses.shape)
    return Replicates(rejected, futile, months, seen, entered, seen, wide, overruled)


def _simulated_looks(
    plan: StagePlan, scenario: ResponseScenario, rows: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Months of looks in simulated trials, and the patients who are in by then, (R, K) each."""
    sizes = np.array(plan.sizes)
    if scenario.enrollment is None:
        shape = (rows, len(sizes))
        return np.full(shape, np.nan), np.broadcast_to(sizes.astype(float), shape)
    entries = np.sort(scenario.enrollment.entries((rows, plan.n), rng), axis=1)
    pauses = scenario.paused(len(sizes))
    months = entries[:, sizes - 1] + scenario.assessment + pauses
    if scenario.pauses:  # a patient comes later by the pauses before
        entries += pauses[np.searchsorted(sizes, np.arange(1, plan.n + 1))]
    # who enters at the very time of a look is the last that it counts, which rounding must not take away
    entered = [np.count_nonzero(entries <= at[:, None] + 1e-9, axis=1) for at in months.T]
    return months, np.stack(entered, axis=1).astype(float)


def no_difference(scenario: ResponseScenario) -> bool:
    """Whether experimental equals control, whatever the control rate is."""
    if scenario.effect == scenario.effect.null:
        return True
    return not scenario.unknowns and bool(np.all(np.equal(*scenario.resolved.rates)))


class CountDesign(Design):
    """Abstract: a trial of one arm that counts responses."""

    benchmark: Any
    planned: StagePlan | None

    # ---- what a design must know ---------------------------------------------------------------------------

    @abstractmethod
    def stages(self, reference: Reference) -> Stages:
        """Its looks, and the counts that succeed or stop at them; n is given."""

    @abstractmethod
    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """What it says of data, by its own definition: responses (R, K) among the first ``sizes[k]`` patients."""

    @abstractmethod
    def floor(self, reference: Reference) -> float:
        """The rate above which power tends to 1 as n grows."""

    # ---- what every such design does -----------------------------------------------------------------------

    @property
    def scenario_kind(self) -> type[ResponseScenario]:
        """A response."""
        return ResponseScenario

    @property
    def reference(self) -> Reference:
        """The plug-in rate and the law of the benchmark.

        Raises
        ------
        InvalidInput
            If there is no benchmark yet.
        """
        if self.benchmark is None:
            reject("benchmark", "given, or taken from a scenario by plan_for", None, "For example benchmark=7/38.")
        return reference_of(self.benchmark)

    def plan_for(self, scenario: ResponseScenario) -> Self:
        """The design with its plan frozen for a scenario, whose control is the benchmark if none was given.

        Raises
        ------
        InvalidInput
            If n is not given, or the benchmark does not suit the rule.
        """
        scenario = one_scenario("scenario", scenario, ResponseScenario)
        if self.n is None:
            hint = "sample_size(design, scenario, power=0.8) finds it."
            reject("n", "given before a design can be evaluated", None, hint)
        design = self.with_(benchmark=scenario.control) if self.benchmark is None else self
        return design.with_(planned=plan_counts(design.stages(design.reference), scenario))

    def evaluate(self, scenario: ResponseScenario) -> Evaluation:
        """Exact probabilities, for a resolved scenario or a batch of them."""
        return evaluate_counts(self._executed(), self.floor(self.reference), scenario)

    def replicate(self, scenario: ResponseScenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials, executed by the frozen plan."""
        reference = self.reference
        return replicate_counts(self._executed(), lambda x, n: self.judge(x, n, reference), scenario, rows, rng)

    def _executed(self) -> StagePlan:
        if self.planned is None:
            rule = "`design` must be planned to be evaluated; got one without a plan"
            raise InvalidInput(f"{rule}. Use design.plan_for(scenario).")
        return self.planned

    def is_null(self, scenario: ResponseScenario) -> bool:
        """Whether experimental equals control in the scenario."""
        return no_difference(scenario)

    @property
    def alternative(self) -> str:
        """What the design shows when it rejects, in words."""
        return f"the experimental rate is above {self.floor(self.reference):.3g}"

    @property
    def formula_name(self) -> str:
        """Probabilities are exact."""
        return "exact binomial distribution"

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """The benchmark."""
        return () if self.benchmark is None else (("benchmark", self.benchmark),)

    def honest(self, scenario: ResponseScenario, target: float) -> HonestBenchmark:
        """What the error of the benchmark does to the design."""
        return HonestBenchmark(self, scenario, target=target)

    def warn(self, scenario: ResponseScenario, *, simulated: bool = False) -> None:
        """Nothing to warn of: probabilities are exact."""
