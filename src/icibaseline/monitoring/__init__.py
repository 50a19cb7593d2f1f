"""What the looks of a running trial say: decision, inference, and what may still come."""

from icibaseline.monitoring.follow_up import AfterFollowUp, after_follow_up
from icibaseline.monitoring.history import Monitoring
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.preposterior import Preposterior, preposterior
from icibaseline.monitoring.responses import AfterTrial, after_trial
from icibaseline.monitoring.verb import monitor

__all__ = [
    "AfterFollowUp",
    "AfterTrial",
    "Look",
    "Monitoring",
    "Preposterior",
    "after_follow_up",
    "after_trial",
    "monitor",
    "preposterior",
]
