"""What published documents report, as printed: findings, the documents they come from, and their refusals."""

from __future__ import annotations

from icibaseline.evidence import cards as _cards  # noqa: F401  registers how values are printed
from icibaseline.evidence.library import document_digest, documents, findings, load, lookup
from icibaseline.evidence.loading import load_document
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Document, Documents, Findings, check_field

__all__ = [
    "Document",
    "Documents",
    "Finding",
    "Findings",
    "check_field",
    "document_digest",
    "documents",
    "findings",
    "load",
    "load_document",
    "lookup",
]
