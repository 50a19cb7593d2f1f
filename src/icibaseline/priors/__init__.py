"""From findings to priors: one class per route, found by the name that the findings carry."""

from __future__ import annotations

from icibaseline.priors.base import Alternative, CurveRoute, Route
from icibaseline.priors.median_landmark import MedianPlusLandmark
from icibaseline.priors.median_n import MedianWithN
from icibaseline.priors.registry import admissible, own, route_named, route_of

__all__ = [
    "Alternative",
    "CurveRoute",
    "MedianPlusLandmark",
    "MedianWithN",
    "Route",
    "admissible",
    "own",
    "route_named",
    "route_of",
]
