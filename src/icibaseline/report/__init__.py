"""Text, tables and documents for results, and where their numbers come from."""

from icibaseline.report import (
    follow_up as _follow_up,  # noqa: F401
    honest as _honest,  # noqa: F401 - registers tables
    monitoring as _monitoring,  # noqa: F401 - registers a layout
    one_sample as _one_sample,  # noqa: F401 - registers the layouts
    proportions as _proportions,  # noqa: F401
    single_arm as _single_arm,  # noqa: F401
    summary as _summary,  # noqa: F401 - registers the layouts
    two_stage as _two_stage,  # noqa: F401
)
from icibaseline.report.document import report
from icibaseline.report.plots import plot
from icibaseline.report.provenance import References, Source, Sources, references, sources

__all__ = ["References", "Source", "Sources", "plot", "references", "report", "sources"]
