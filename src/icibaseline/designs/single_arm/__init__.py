"""One arm against a benchmark: responses against a rate, or survival against a curve."""

from icibaseline.designs.single_arm.design import SingleArm

__all__ = ["SingleArm"]
