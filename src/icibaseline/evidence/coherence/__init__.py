"""What a document's own numbers imply about one another, recomputed without its words."""

from __future__ import annotations

from icibaseline.evidence.coherence import display as _display  # noqa: F401  registers how reports are printed
from icibaseline.evidence.coherence.registry import check
from icibaseline.evidence.coherence.results import Coherence, CoherenceLine

__all__ = ["Coherence", "CoherenceLine", "check"]
