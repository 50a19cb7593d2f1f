"""From findings to priors: one class per route, found by the name that the findings carry."""

from __future__ import annotations

from icibaseline.priors.base import Alternative, Route
from icibaseline.priors.median_landmark import MedianPlusLandmark
from icibaseline.priors.median_n import MedianWithN
from icibaseline.priors.registry import is_built, route_of

__all__ = ["Alternative", "MedianPlusLandmark", "MedianWithN", "Route", "is_built", "route_of"]
