"""A single arm that counts responses."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from icibaseline import _checks
from icibaseline._exact import Stages
from icibaseline._values import Value
from icibaseline.designs.base import Evaluation, Replicates, Sized
from icibaseline.designs.count_sizing import size_by_counts
from icibaseline.designs.counts import evaluate_counts, no_difference, plan_counts, replicate_counts
from icibaseline.designs.goal import Goal
from icibaseline.designs.honest import HonestBenchmark
from icibaseline.designs.references import a_rate, reference_of
from icibaseline.designs.single_arm.conduct import ArmDesign, Conduct
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import CountRule, OneLookRule, Reference
from icibaseline.rules.counts import at_least, countable
from icibaseline.scenario import ResponseScenario

__all__ = ["Responses"]


@final
class Responses(Conduct):
    """Responses against a rate; every probability is exact."""

    scenario_kind = ResponseScenario
    plan_kind = StagePlan

    def benchmark(self, name: str, held: object) -> Any:
        """A rate, a prior on one or a Baseline of one."""
        return a_rate(name, held)

    def check(self, design: ArmDesign) -> None:
        """A count rule, whole patients, a rate."""
        hint = "For example Exact(alpha=0.05). A boundary on Z needs a `statistic`, such as OneSampleLogRank()."
        rule: CountRule = _checks.instance("rule", design.rule, CountRule, "a rule for counts of responses", hint)
        if design.looks is not None:
            reject("looks", "left out for responses: the rule says when they are counted", design.looks)
        once = 1 if isinstance(rule, OneLookRule) else 2
        countable("n_max", design.n_max, once)
        if design.n is not None and design.n != countable("n", int(design.n), once):
            reject("n", "a whole number", design.n)
        if design.benchmark is None:
            return
        reference = reference_of(design.benchmark)
        rule.check(reference)
        if design.n is not None:
            rule.bounds(int(design.n), reference)

    def default_benchmark(self, scenario: ResponseScenario) -> Any:
        """The control rate, with its law if it has one."""
        return scenario.control

    def least(self, design: ArmDesign) -> int | None:
        """The least number of responses that is a success."""
        found = float(self.stages(design, self.reference(design)).efficacy[-1])
        return int(found) if np.isfinite(found) else None

    def plan(self, design: ArmDesign, scenario: ResponseScenario) -> StagePlan:
        """The counts that succeed or stop."""
        return plan_counts(self.stages(design, self.reference(design)), scenario)

    def evaluate(self, design: ArmDesign, scenario: ResponseScenario) -> Evaluation:
        """Exact probabilities."""
        return evaluate_counts(_executed(design), _rule(design).floor(self.reference(design)), scenario)

    def replicate(
        self, design: ArmDesign, scenario: ResponseScenario, rows: int, rng: np.random.Generator
    ) -> Replicates:
        """Simulated patients, and the rule applied to them."""
        rule, reference = _rule(design), self.reference(design)
        return replicate_counts(_executed(design), lambda x, n: rule.judge(x, n, reference), scenario, rows, rng)

    def find(self, design: ArmDesign, scenario: ResponseScenario, goal: Goal) -> Sized:
        """The smallest n that reaches a goal, or after which none misses it."""
        return size_by_counts(design, _rule(design), self.reference(design), scenario, goal)

    def check_sizable(self, design: ArmDesign) -> None:
        """A count belongs to one number of patients."""
        if not _rule(design).sizable:
            hint = "A count belongs to one number of patients: give n and use power()."
            reject("rule", "one that can be applied to any n, such as Exact(alpha=0.05)", design.rule, hint)

    def is_null(self, design: ArmDesign, scenario: ResponseScenario) -> bool:
        """Experimental equals control."""
        return no_difference(scenario)

    def honest(self, design: ArmDesign, scenario: ResponseScenario, target: float) -> Value | None:
        """The benchmark's error in the type I error, and in the rule."""
        return HonestBenchmark(design, scenario, target=target)

    def alpha(self, design: ArmDesign) -> float:
        """What the rule is built for; for a given count, the type I error at the benchmark's rate."""
        nominal = _rule(design).nominal
        if nominal is not None:
            return nominal
        reference = self.reference(design)
        sizes, efficacy, _ = self.stages(design, reference)
        return float(at_least(efficacy[-1:], sizes[-1:], reference.rate)[0])

    def alternative(self, design: ArmDesign) -> str:
        """The experimental rate lies above what can be shown."""
        return f"the experimental rate is above {_rule(design).floor(self.reference(design)):.3g}"

    def formula_name(self, design: ArmDesign) -> str:
        """Probabilities are exact."""
        return "exact binomial distribution"

    def citations(self, design: ArmDesign) -> tuple[str, ...]:
        """Those of the rule."""
        return _rule(design).citations

    def cautions(self, design: ArmDesign, scenario: ResponseScenario, simulated: bool) -> tuple[str, ...]:
        """None: probabilities are exact."""
        return ()

    def reference(self, design: ArmDesign) -> Reference:
        """The rate and the law that it is held against."""
        if design.benchmark is None:
            reject("benchmark", "given, or taken from a scenario by plan_for", None, "For example benchmark=7/38.")
        return reference_of(design.benchmark)

    def stages(self, design: ArmDesign, reference: Reference) -> Stages:
        """Its looks, and the counts that succeed or stop at them."""
        if design.n is None:
            reject("n", "given", None, "sample_size(design, scenario, power=0.8) finds it.")
        return _rule(design).bounds(int(design.n), reference)


def _rule(design: ArmDesign) -> CountRule:
    assert isinstance(design.rule, CountRule)  # `check` has seen to it
    return design.rule


def _executed(design: ArmDesign) -> StagePlan:
    if not isinstance(design.planned, StagePlan):
        rule = "`design` must be planned to be evaluated; got one without a plan"
        raise InvalidInput(f"{rule}. Use design.plan_for(scenario).")
    return design.planned
