"""Text, tables and documents for results, and where their numbers come from."""

from icibaseline.report import summary as _summary  # noqa: F401 - registers the layouts
from icibaseline.report.document import report
from icibaseline.report.provenance import References, Source, Sources, references, sources

__all__ = ["References", "Source", "Sources", "references", "report", "sources"]
