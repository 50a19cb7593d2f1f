"""What published documents report, as printed: findings, the documents they come from, and their refusals."""

from __future__ import annotations

from icibaseline.evidence import cards as _cards  # noqa: F401  registers how values are printed
from icibaseline.evidence.coherence import Coherence, CoherenceLine, check
from icibaseline.evidence.library import document_digest, documents, findings, load, loaded_from, lookup, template
from icibaseline.evidence.loading import load_document
from icibaseline.evidence.records import Finding
from icibaseline.evidence.relations import companions, compares_classes, same_patients, sides
from icibaseline.evidence.sequences import Document, Documents, Findings, check_field

__all__ = [
    "Coherence",
    "CoherenceLine",
    "Document",
    "Documents",
    "Finding",
    "Findings",
    "check",
    "check_field",
    "companions",
    "compares_classes",
    "document_digest",
    "documents",
    "findings",
    "load",
    "load_document",
    "loaded_from",
    "lookup",
    "same_patients",
    "sides",
    "template",
]
