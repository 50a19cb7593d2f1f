"""One arm against a benchmark: responses against a rate, or survival against a curve."""

from icibaseline.designs.single_arm.design import SingleArm
from icibaseline.designs.single_arm.survival import curve_of, executed_bounds

__all__ = ["SingleArm", "curve_of", "executed_bounds"]
