"""The documents that come with the library, read on first use and kept, and those that the user loads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icibaseline._checks import callable_by_name, choice
from icibaseline.errors import RefusedFinding, reject
from icibaseline.evidence.fragments import check_fragments
from icibaseline.evidence.loading import digest, load_document
from icibaseline.evidence.records import Finding
from icibaseline.evidence.sequences import Document, Documents, Findings

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["document_digest", "documents", "findings", "load", "loaded_from", "lookup", "template"]

_loaded: dict[str, tuple[Path, Document]] = {}  # the user's documents, by id


@callable_by_name
def documents() -> Documents:
    """The documents of the library, and after them those that `load` has read.

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
    return _known()[0]


@callable_by_name
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
    return _known()[1].where(**where)


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
    known = _known()[1]
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
    same = [prior for prior in priors if prior.lower() == str(id).lower()]
    close = same or difflib.get_close_matches(str(id).lower(), priors, 3)
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
    if isinstance(id, str) and id in _loaded:
        path = _loaded[id][0]
        return digest(path.read_text("utf-8")) if path.is_file() else "no file"
    return digest(_files()[choice("id", id, _files())].read_text("utf-8"))


@callable_by_name
def load(path: str | Path, *, text: str | Path | None = None) -> Document:
    """Read a document of your own; from then on it stands beside those of the library.

    Parameters
    ----------
    path : str or Path
        A TOML file, as the guide "Add your own document" describes it. A file that is loaded again replaces what it
        gave before.
    text : str or Path, optional
        A file with the text of the publication, UTF-8. Every fragment must stand in it letter by letter.

    Returns
    -------
    Document
        With its findings; `documents`, `findings`, `check` and `baseline` know them until Python ends.

    Raises
    ------
    InvalidInput
        If there is no such file, a key is unknown, missing or wrong, a fragment does not carry the numbers of its
        finding or is not in the text, or an id is already used; the sentence names file, finding and key.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.load("missing.toml")
    Traceback (most recent call last):
    icibaseline.errors.InvalidInput: `path` must be a file that exists; got 'missing.toml'...
    """
    place = _file("path", path)
    made = load_document(_read(place), place.name)
    check_fragments(made, place.name, None if text is None else _read(_file("text", text)))
    _check_ids(made, place)
    _loaded[made.id] = (place.resolve(), made)
    return made


@callable_by_name
def template(path: str | Path) -> Path:
    """Write a commented example of a document's file, to start from: one of each statistic and route.

    Parameters
    ----------
    path : str or Path
        A new file, such as "my.toml".

    Returns
    -------
    Path
        The file, which `load` reads.

    Raises
    ------
    InvalidInput
        If there is such a file already, or no such folder.

    Examples
    --------
    >>> import icibaseline as ici, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ici.template(pathlib.Path(folder) / "my.toml").read_text("utf-8").split()[1:5]
    ['A', 'document', 'of', 'your']
    """
    from importlib.resources import files

    if not isinstance(path, (str, Path)) or not str(path) or "\0" in str(path):
        reject("path", "the path of a new file", path)
    target = Path(path)
    if target.exists():
        reject("path", "the path of a new file", str(path), "What is there is not replaced.")
    if not target.parent.is_dir():
        reject("path", "in a folder that exists", str(path))
    content = files("icibaseline.evidence").joinpath("template.toml").read_text("utf-8")
    target.write_text(content, "utf-8")
    return target


def loaded_from(used: Iterable[Documents]) -> tuple[Path, ...]:
    """The files of those documents that the user loaded."""
    ids = dict.fromkeys(document.id for held in used for document in held)
    return tuple(_loaded[id][0] for id in ids if id in _loaded)


def _file(name: str, given: object) -> Path:
    if not isinstance(given, (str, Path)):
        reject(name, "the path of a file", given)
    path = Path(given)
    if not path.is_file():
        reject(name, "a file that exists", str(given), f"Paths start from {Path.cwd().name}/, the current folder.")
    return path


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        reject(path.name, "a text in UTF-8", "other bytes")


def _check_ids(made: Document, place: Path) -> None:
    """Refuse ids that other documents use, for documents, findings or priors."""
    if made.id in _files():
        reject(f"{place.name}, document, id", "an id that the library does not use itself", made.id)
    others = [d for d in documents() if d.id != made.id]
    taken = {f.id for d in others for f in d.findings} | {f.supports for d in others for f in d.findings}
    for finding in made.findings:
        for name in ("id", "supports"):
            if getattr(finding, name) in taken - {None}:
                where = f"{place.name}, finding {finding.id}, {name}"
                reject(where, "an id that no other document uses", getattr(finding, name))


@cache
def _files() -> dict[str, Traversable]:
    """The files by document id, which is the file's name."""
    from importlib.resources import files

    held = files("icibaseline.evidence").joinpath("documents").iterdir()
    return {file.name.removesuffix(".toml"): file for file in sorted(held, key=lambda file: file.name)}


@cache
def _documents() -> Documents:
    return Documents(tuple(load_document(file.read_text("utf-8"), file.name) for file in _files().values()))


def _known() -> tuple[Documents, Findings]:
    """All documents and their findings; made anew only after a `load`."""
    return _gathered(tuple(document.digest for _, document in _loaded.values()))


@lru_cache(maxsize=1)
def _gathered(_: tuple[str, ...]) -> tuple[Documents, Findings]:
    held = Documents((*_documents(), *(document for _, document in _loaded.values())))
    return held, Findings(tuple(finding for document in held for finding in document.findings))
