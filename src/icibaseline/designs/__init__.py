"""Designs and the answers they give."""

from icibaseline.designs.base import Design, Evaluation, Planned, Replicates
from icibaseline.designs.comparison import Comparison
from icibaseline.designs.randomized import Randomized
from icibaseline.designs.results import OperatingCharacteristics, Plan, StandardErrors
from icibaseline.designs.spread import Averaging

__all__ = [
    "Averaging",
    "Comparison",
    "Design",
    "Evaluation",
    "OperatingCharacteristics",
    "Plan",
    "Planned",
    "Randomized",
    "Replicates",
    "StandardErrors",
]
