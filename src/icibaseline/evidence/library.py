"""The documents that come with the library, read on first use and kept."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, Any

from icibaseline._checks import choice
from icibaseline.errors import RefusedFinding, reject
from icibaseline.evidence.loading import digest, load_document
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Documents, Findings

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["document_digest", "documents", "findings", "lookup"]


def documents() -> Documents:
    """The documents of the library.

    Returns
    -------
    Documents
        An immutable sequence; printing it shows id, tumour, n, source, year, DOI and citation.

    Examples
    --------
    >>> import icibaseline as ici
    >>> [document.tumour for document in ici.documents() if document.id == "melanoma_chemo"]
    ['melanoma']
    """
    return _documents()


def findings(**where: Any) -> Findings:
    """The findings of all documents, or those whose fields equal the values given.

    Parameters
    ----------
    **where
        Names and values of fields of `Finding`, such as ``tumour="MCC"`` or ``endpoint="PFS"``.

    Returns
    -------
    Findings
        An immutable sequence with `.where(**)`, `.table()` and `.to_frame()`.

    Raises
    ------
    UnknownArgument
        If a name is not a field of `Finding`.
    InvalidInput
        If a value occurs nowhere; the sentence lists those that do.

    Examples
    --------
    >>> import icibaseline as ici
    >>> [finding.value for finding in ici.findings(tumour="MCC", endpoint="PFS", statistic="median")]
    [9.5, 4.7]
    """
    return _findings().where(**where)


def lookup(id: str) -> tuple[Finding, ...]:
    """The findings that support a prior.

    Parameters
    ----------
    id : str
        Public id of the prior, such as "mcc_pfs_primary".

    Returns
    -------
    tuple of Finding
        At least one, in the order of the document.

    Raises
    ------
    RefusedFinding
        If the id is that of a finding that supports no prior; the sentence says why.
    InvalidInput
        If the id is unknown; the sentence lists close ones.

    Examples
    --------
    >>> from icibaseline import evidence
    >>> [finding.value for finding in evidence.lookup("mel_pfs_chemo")]
    [2.6, 12.0]
    """
    known = _findings()
    found = tuple(f for f in known if f.supports is not None and f.supports == id)
    return found or _not_a_prior(id, known)


def _not_a_prior(id: object, known: Findings) -> tuple[Finding, ...]:
    for finding in known:
        if finding.id == id:
            if finding.refused is not None:
                rule = "`id` must be that of a finding that can become a prior"
                raise RefusedFinding(f"{rule}; got {id!r}. {finding.refused}")
            reject("id", "the id of a prior", id, f"That finding supports {finding.supports!r}.")
    priors = tuple(dict.fromkeys(f.supports for f in known if f.supports is not None))
    close = difflib.get_close_matches(str(id), (*priors, *(f.id for f in known if f.refused is not None)), 3)
    hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else f"The ids are {', '.join(priors)}."
    reject("id", "the id of a prior", id, hint)


def document_digest(id: str) -> str:
    """First 16 characters of the SHA-256 of a document's file, as it is now.

    Parameters
    ----------
    id : str
        Id of a document of the library.

    Returns
    -------
    str
        Hexadecimal digits, to tell whether a stored result used the same evidence.

    Raises
    ------
    InvalidInput
        If the library has no such document.

    Examples
    --------
    >>> from icibaseline import evidence
    >>> [evidence.document_digest(document.id) == document.digest for document in evidence.documents()[:1]]
    [True]
    """
    return digest(_files()[choice("id", id, _files())].read_text("utf-8"))


@cache
def _files() -> dict[str, Traversable]:
    """The files by document id, which is the file's name."""
    from importlib.resources import files

    held = files("icibaseline.evidence").joinpath("documents").iterdir()
    return {file.name.removesuffix(".toml"): file for file in sorted(held, key=lambda file: file.name)}


@cache
def _documents() -> Documents:
    return Documents(tuple(load_document(file.read_text("utf-8"), file.name) for file in _files().values()))


@cache
def _findings() -> Findings:
    return Findings(tuple(finding for document in _documents() for finding in document.findings))
