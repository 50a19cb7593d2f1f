"""When the trial is looked at, and what decides at a look."""

from icibaseline.rules.boundary import Boundary, Bounds, Fixed
from icibaseline.rules.timing import AfterEnrollment, AtEvents, AtMonths, Executed, Expected, Looks

__all__ = ["AfterEnrollment", "AtEvents", "AtMonths", "Boundary", "Bounds", "Executed", "Expected", "Fixed", "Looks"]
