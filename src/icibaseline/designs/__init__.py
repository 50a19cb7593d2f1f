"""Designs and the answers they give."""

from icibaseline.designs.base import Design, Evaluation, FrozenPlan, Planned, Replicates
from icibaseline.designs.comparison import Comparison
from icibaseline.designs.counts import CountDesign
from icibaseline.designs.honest import HonestBenchmark
from icibaseline.designs.honest_curve import HonestCurve
from icibaseline.designs.honest_level import HonestLevel
from icibaseline.designs.multi_stage import MultiStage
from icibaseline.designs.randomized import Randomized
from icibaseline.designs.randomized_response import RandomizedResponse
from icibaseline.designs.response_plan import ResponsePlan
from icibaseline.designs.results import OperatingCharacteristics, Plan, StandardErrors
from icibaseline.designs.single_arm import SingleArm
from icibaseline.designs.spread import Averaging
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.designs.two_stage import TwoStage
from icibaseline.designs.two_stage_curve import TwoStageDesigns
from icibaseline.designs.two_stage_survival import TwoStageSurvival
from icibaseline.designs.two_stage_survival_curve import TwoStageSurvivalDesigns

__all__ = [
    "Averaging",
    "Comparison",
    "CountDesign",
    "Design",
    "Evaluation",
    "FrozenPlan",
    "HonestBenchmark",
    "HonestCurve",
    "HonestLevel",
    "MultiStage",
    "OperatingCharacteristics",
    "Plan",
    "Planned",
    "Randomized",
    "RandomizedResponse",
    "Replicates",
    "ResponsePlan",
    "SingleArm",
    "StagePlan",
    "StandardErrors",
    "TwoStage",
    "TwoStageDesigns",
    "TwoStageSurvival",
    "TwoStageSurvivalDesigns",
]
