"""Designs and the answers they give."""

from icibaseline.designs.averaging import Averaging
from icibaseline.designs.base import Design, Evaluation, Planned, Replicates
from icibaseline.designs.randomized import Randomized
from icibaseline.designs.results import Comparison, OperatingCharacteristics, Plan, StandardErrors

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
