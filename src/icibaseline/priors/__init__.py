"""From findings to priors: one class per route, found by the name that the findings carry."""

from __future__ import annotations

from icibaseline.priors.base import Alternative, CurveRoute, Route, own
from icibaseline.priors.bias import Bias, biased
from icibaseline.priors.counts import Counts
from icibaseline.priors.hazard_ratio import HazardRatioWithInterval
from icibaseline.priors.median_interval import MedianWithInterval
from icibaseline.priors.median_landmark import MedianPlusLandmark, family_curves
from icibaseline.priors.median_n import MedianWithN
from icibaseline.priors.not_reached import NotReached
from icibaseline.priors.p_value import PValueWithN
from icibaseline.priors.registry import admissible, route_for_family, route_named, route_of
from icibaseline.priors.shares import Shares

__all__ = [
    "Alternative",
    "Bias",
    "Counts",
    "CurveRoute",
    "HazardRatioWithInterval",
    "MedianPlusLandmark",
    "MedianWithInterval",
    "MedianWithN",
    "NotReached",
    "PValueWithN",
    "Route",
    "Shares",
    "admissible",
    "biased",
    "family_curves",
    "own",
    "route_for_family",
    "route_named",
    "route_of",
]
