"""Pictures of results: one class for each kind of picture, and one verb that chooses."""

from icibaseline.report.plots.base import views_of
from icibaseline.report.plots.verb import describe, plot

__all__ = ["describe", "plot", "views_of"]
