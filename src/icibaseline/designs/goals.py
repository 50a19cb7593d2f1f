"""The goals of a search for a number of patients: power in the typical case, and assurance over the priors."""

from __future__ import annotations

from typing import Any, final

import attrs

from icibaseline.designs.averaging import assurance_only
from icibaseline.designs.base import FormulaDesign
from icibaseline.designs.goal import NOTHING, Goal
from icibaseline.scenario import BaseScenario

__all__ = ["GOALS", "Assurance", "Power"]


@final
@attrs.frozen
class Power(Goal):
    """Power in the typical case."""

    name, averaged, margin = "power", "", 0.0

    def world(self, scenario: Any) -> Any:
        """The scenario without its priors."""
        return scenario.typical.resolved

    def aimed(self, design: FormulaDesign) -> FormulaDesign:
        """With a boundary that spends what the target leaves."""
        return design.aimed(self.target)

    def reached(self, design: FormulaDesign, scenario: BaseScenario) -> tuple[float, float]:
        """Power, and 1 if it grows to that."""
        evaluation = design.as_planned(self.world(scenario))
        return float(evaluation.power[0]), 1.0 if evaluation.drift[0] > 0 else 0.0


@final
@attrs.frozen
class Assurance(Goal):
    """Power averaged over the priors."""

    name, averaged, margin = "assurance", " averaged over what is uncertain", NOTHING

    def world(self, scenario: Any) -> Any:
        """The scenario itself."""
        return scenario

    def aimed(self, design: FormulaDesign) -> FormulaDesign:
        """The same: an assurance leaves beta to the plan's drift."""
        return design

    def reached(self, design: FormulaDesign, scenario: BaseScenario) -> tuple[float, float]:
        """Assurance, and its ceiling."""
        return assurance_only(design.plan_for(scenario), scenario)


GOALS: dict[str, type[Power] | type[Assurance]] = {goal.name: goal for goal in (Power, Assurance)}
