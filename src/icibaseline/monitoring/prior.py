"""The law of the hazard ratio that a plan holds."""

from __future__ import annotations

from icibaseline.designs import Plan
from icibaseline.distributions import NormalMixture
from icibaseline.survival import HazardRatio

__all__ = ["effect_prior"]


def effect_prior(plan: Plan) -> NormalMixture | None:
    """The law of the hazard ratio in the scenario, if there is one from the start on."""
    effect = getattr(plan.scenario, "effect", None)
    if not isinstance(effect, HazardRatio) or effect.delay != 0:
        return None
    law = effect.value
    return law if isinstance(law, NormalMixture) and law.scale == "log" else None
