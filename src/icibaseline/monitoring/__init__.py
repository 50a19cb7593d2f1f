"""What the looks of a running trial say: decision, inference, and what may still come."""

from icibaseline.monitoring.history import Monitoring
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.preposterior import Preposterior, preposterior
from icibaseline.monitoring.responses import AfterTrial, after_trial
from icibaseline.monitoring.verb import monitor

__all__ = ["AfterTrial", "Look", "Monitoring", "Preposterior", "after_trial", "monitor", "preposterior"]
