"""What nature does: outcome and effect, enrolment and dropout, every number of which may be a prior."""

from icibaseline.scenario.base import BaseScenario, one_scenario
from icibaseline.scenario.outcomes import Outcomes
from icibaseline.scenario.response import Rates, ResponseScenario, response_rate
from icibaseline.scenario.survival import Part, Scenario, Stratum, control_outcome

__all__ = [
    "BaseScenario",
    "Outcomes",
    "Part",
    "Rates",
    "ResponseScenario",
    "Scenario",
    "Stratum",
    "control_outcome",
    "one_scenario",
    "response_rate",
]
