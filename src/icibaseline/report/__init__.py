"""Text, tables and documents for results, and where their numbers come from."""

from icibaseline.report import monitoring as _monitoring  # noqa: F401 - registers a layout
from icibaseline.report import summary as _summary  # noqa: F401 - registers the layouts
from icibaseline.report.document import report
from icibaseline.report.plots import plot
from icibaseline.report.provenance import References, Source, Sources, references, sources

__all__ = ["References", "Source", "Sources", "plot", "references", "report", "sources"]
