"""Tests of two response rates: rejection regions, exact size and power, p-values, intervals."""

from icibaseline.statistics.proportions.asymptotic import FarringtonManning, PooledZ, UnpooledZ
from icibaseline.statistics.proportions.base import ProportionTest
from icibaseline.statistics.proportions.exact import Barnard, Boschloo, FisherExact
from icibaseline.statistics.proportions.limits import ceiling_from, sure_from
from icibaseline.statistics.proportions.measures import Counts2
from icibaseline.statistics.proportions.regions import Region, Worst

__all__ = [
    "Barnard",
    "Boschloo",
    "Counts2",
    "FarringtonManning",
    "FisherExact",
    "PooledZ",
    "ProportionTest",
    "Region",
    "UnpooledZ",
    "Worst",
    "ceiling_from",
    "sure_from",
]
