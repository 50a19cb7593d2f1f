"""What was seen at the looks of a trial of one arm that counted responses."""

from __future__ import annotations

import math

from icibaseline.monitoring import AfterTrial
from icibaseline.report.tables import Table

__all__ = ["seen_table"]


def seen_table(item: AfterTrial) -> Table:
    """Looks that were taken, with what they asked for."""
    head = ["look", "planned after", "patients", "responses", "stop if at most", "success if at least"]
    last = len(item.responses) - 1
    rows = []
    for k, (planned, n, x) in enumerate(zip(item.planned_sizes, item.sizes, item.responses, strict=False)):
        stop = item._stages.futility[k] if k < len(item.planned_sizes) - 1 else -math.inf
        success = item._stages.efficacy[k] if k < last else item.needed or math.inf
        asked = (f"{count:.0f}" if 0 <= count < math.inf else "-" for count in (stop, success))
        rows.append([str(k + 1), str(planned), str(n), str(x), *asked])
    return Table("", head, rows)
