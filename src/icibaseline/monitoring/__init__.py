"""What the looks of a running trial say: decision, inference, and what may still come."""

from icibaseline.monitoring import display as _display  # noqa: F401 - registers the layout
from icibaseline.monitoring.history import Monitoring
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.verb import monitor

__all__ = ["Look", "Monitoring", "monitor"]
