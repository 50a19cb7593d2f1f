"""How a single arm is planned, evaluated and simulated: a class for each kind of outcome."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from icibaseline._values import Value
from icibaseline.designs.base import Evaluation, FormulaDesign, FrozenPlan, Replicates, Sized
from icibaseline.designs.goal import Goal
from icibaseline.rules import Boundary, CountRule, Looks
from icibaseline.scenario import BaseScenario
from icibaseline.statistics.one_sample import OneSample

__all__ = ["ArmDesign", "Conduct"]


class ArmDesign(FormulaDesign):
    """Abstract: one arm against a benchmark, as the kinds of outcome see it."""

    statistic: OneSample | None
    benchmark: Any
    rule: CountRule | Boundary
    looks: Looks | None
    conservative: bool
    n_max: int


class Conduct(ABC):
    """Abstract: what a single arm does with one kind of outcome; it holds nothing."""

    scenario_kind: type[BaseScenario]
    plan_kind: type[FrozenPlan]

    @abstractmethod
    def benchmark(self, name: str, held: object) -> Any:
        """A benchmark of its kind."""

    @abstractmethod
    def check(self, design: ArmDesign) -> None:
        """Raise `InvalidInput` if the parts of the design do not suit one another."""

    @abstractmethod
    def default_benchmark(self, scenario: Any) -> Any:
        """The benchmark where none was given: the control of the scenario."""

    @abstractmethod
    def plan(self, design: ArmDesign, scenario: Any) -> FrozenPlan:
        """What is frozen; n and benchmark are given."""

    @abstractmethod
    def evaluate(self, design: ArmDesign, scenario: Any) -> Evaluation:
        """The formula."""

    @abstractmethod
    def replicate(self, design: ArmDesign, scenario: Any, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials."""

    @abstractmethod
    def find(self, design: ArmDesign, scenario: Any, goal: Goal) -> Sized:
        """The size that reaches a goal; the benchmark is given."""

    @abstractmethod
    def check_sizable(self, design: ArmDesign) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power."""

    @abstractmethod
    def is_null(self, design: ArmDesign, scenario: Any) -> bool:
        """Whether there is no effect."""

    @abstractmethod
    def alpha(self, design: ArmDesign) -> float:
        """One-sided type I error that the design is built for."""

    @abstractmethod
    def alternative(self, design: ArmDesign) -> str:
        """What it shows when it rejects."""

    @abstractmethod
    def formula_name(self, design: ArmDesign) -> str:
        """The formula as reports name it."""

    @abstractmethod
    def citations(self, design: ArmDesign) -> tuple[str, ...]:
        """Keys of the papers behind it."""

    @abstractmethod
    def cautions(self, design: ArmDesign, scenario: Any, simulated: bool) -> tuple[str, ...]:
        """What a user should know of it."""

    @abstractmethod
    def honest(self, design: ArmDesign, scenario: Any, target: float) -> Value | None:
        """What the error of the benchmark does to it."""
