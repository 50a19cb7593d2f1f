"""Documents and findings in order: immutable sequences that can be filtered and shown."""

# Annotations are kept as types, not text: the loader hands the classes to cattrs.

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, final, overload

import attrs
import numpy as np

from icibaseline._checks import as_field, choice, instance, optional, sequence, text, whole
from icibaseline._values import Value, value
from icibaseline.errors import MissingOptional, UnknownArgument, reject, short
from icibaseline.evidence.records import SOURCES, Finding, flags
from icibaseline.evidence.tables import aligned

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Document", "Documents", "Findings"]

_T = TypeVar("_T")
_MOST_LISTED = 12


class _Items(Value, Sequence[_T]):
    """A value that is a sequence of its one field, `items`."""

    items: tuple[_T, ...]

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> _T: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> _T | Self:
        return self.with_(items=self.items[index]) if isinstance(index, slice) else self.items[index]


def _each_finding(name: str, given: object) -> tuple[Finding, ...]:
    return sequence(name, given, lambda n, x: instance(n, x, Finding, "a Finding"), least=0)


@final
@value
class Findings(_Items[Finding]):
    """An immutable sequence of findings.

    Parameters
    ----------
    items : tuple of Finding
        The findings, in order.

    Examples
    --------
    >>> import icibaseline as ici
    >>> medians = ici.findings(tumour="MCC", endpoint="PFS").where(statistic="median")
    >>> [finding.value for finding in medians]
    [9.5, 4.7]
    """

    items: tuple[Finding, ...] = attrs.field(converter=as_field(_each_finding))

    def where(self, **fields: Any) -> "Findings":
        """The findings whose fields equal all the values given.

        Parameters
        ----------
        **fields
            Names and values of fields of `Finding`; None asks for a field that is not given.

        Raises
        ------
        UnknownArgument
            If a name is not a field of `Finding`.
        InvalidInput
            If no finding here has that value; the sentence lists those that occur.
        """
        for name, wanted in fields.items():
            _check_filter(self.items, name, wanted)
        kept = [f for f in self.items if all(_equal(getattr(f, name), wanted) for name, wanted in fields.items())]
        return Findings(tuple(kept))

    def table(self) -> str:
        """Aligned text, one line per finding."""
        header = ("id", "statistic", "value", "unit", "n", "group", "endpoint", "supports", "printed")
        return aligned([header, *(_row(f) for f in self.items)], right=(2, 4))

    def to_frame(self) -> "pd.DataFrame":
        """A pandas data frame, one row per finding and one column per field.

        Raises
        ------
        MissingOptional
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingOptional("`to_frame` must find pandas; got ImportError. Install pandas.") from error
        names = [f.name for f in attrs.fields(Finding)]
        return pd.DataFrame([[getattr(f, name) for name in names] for f in self.items], columns=pd.Index(names))


def _equal(held: object, wanted: object) -> bool:
    """Equality that does not take True for 1."""
    if isinstance(wanted, np.ndarray) and wanted.ndim:
        return False
    return bool(held == wanted) and isinstance(held, bool) == isinstance(wanted, (bool, np.bool_))


def check_field(name: str, wanted: object, others: tuple[str, ...] = ()) -> None:
    """Refuse a name that is no field of `Finding`; `others` are names that may have been meant too."""
    names = [f.name for f in attrs.fields(Finding)]
    if name not in names:
        close = difflib.get_close_matches(name, [*names, *others], 1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Its fields are {', '.join(names)}."
        raise UnknownArgument(f"`{name}` must be a field of Finding; got {name}={short(wanted)}. {hint}")


def _check_filter(items: tuple[Finding, ...], name: str, wanted: object) -> None:
    check_field(name, wanted)
    occur = list(dict.fromkeys(getattr(f, name) for f in items))
    if not any(_equal(held, wanted) for held in occur):
        close = difflib.get_close_matches(str(wanted), [str(x) for x in occur], _MOST_LISTED, cutoff=0.5)
        listed = [x for x in occur if str(x) in close] if len(occur) > _MOST_LISTED and close else occur
        shown = ", ".join(repr(x) for x in listed[:_MOST_LISTED]) or "none"
        more = f" and {len(occur) - len(listed[:_MOST_LISTED])} more" if len(occur) > len(listed[:_MOST_LISTED]) else ""
        reject(name, "a value that occurs among these findings", wanted, f"Those that occur: {shown}{more}.")


def _row(finding: Finding) -> tuple[str, ...]:
    group = ", ".join(x for x in (finding.resistance, finding.analysis_set, finding.treatment) if x)
    return (
        finding.id,
        finding.statistic,
        shown_value(finding),
        finding.unit or "-",
        "-" if finding.n is None else str(finding.n),
        group or "-",
        finding.endpoint or "-",
        finding.supports or "refused",
        finding.printed,
    )


def shown_value(finding: Finding) -> str:
    """The value of a finding as short text."""
    if finding.p is not None and finding.value is None:
        return f"{'<' if finding.p_bound else '='} {finding.p:g}"
    return "-" if finding.value is None else f"{finding.value:g}"


@final
@value
class Document(Value):
    """A published document and every number found in it.

    Parameters
    ----------
    id : str
        Name of the document in the library.
    title, citation : str
        As printed.
    doi, url : str, optional
        None where the document does not print one.
    year : int
        Year of publication.
    source : str
        Kind of text that was read, one of "paper", "abstract" and "digest".
    tumour : str
        Tumour type.
    n : int
        Patients in the study.
    digest : str
        First 16 characters of the SHA-256 of the file that encodes it.
    flags : tuple of str
        Cautions used by its findings.
    findings : Findings
        Every number, in the order of the text.

    Examples
    --------
    >>> import icibaseline as ici
    >>> (document,) = (d for d in ici.documents() if d.id == "mcc")
    >>> document.n, document.year, document.doi is None
    (106, 2025, True)
    """

    id: str = attrs.field(converter=as_field(text), kw_only=True)
    title: str = attrs.field(converter=as_field(text), kw_only=True)
    citation: str = attrs.field(converter=as_field(text), kw_only=True)
    doi: str | None = attrs.field(default=None, converter=as_field(optional(text)), kw_only=True)
    url: str | None = attrs.field(default=None, converter=as_field(optional(text)), kw_only=True)
    year: int = attrs.field(converter=as_field(whole), kw_only=True)
    source: str = attrs.field(converter=as_field(lambda name, x: choice(name, x, SOURCES)), kw_only=True)
    tumour: str = attrs.field(converter=as_field(text), kw_only=True)
    n: int = attrs.field(converter=as_field(whole), kw_only=True)
    digest: str = attrs.field(converter=as_field(text), kw_only=True)
    flags: tuple[str, ...] = attrs.field(default=(), converter=as_field(flags), kw_only=True)
    findings: Findings = attrs.field(
        converter=as_field(lambda name, x: instance(name, x, Findings, "Findings")), kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        for finding in self.findings:
            if finding.document != self.id:
                reject("findings", f"findings of document {self.id!r}, which is its `id`", finding.document)
        _distinct(finding.id for finding in self.findings)
        known = {finding.id for finding in self.findings}
        for finding in self.findings:
            for other in finding.read_with:
                if other not in known - {finding.id}:
                    reject(f"{finding.id}, read_with", "ids of other findings of the same document", other)


def _each_document(name: str, given: object) -> tuple[Document, ...]:
    return sequence(name, given, lambda n, x: instance(n, x, Document, "a Document"), least=0)


@final
@value
class Documents(_Items[Document]):
    """An immutable sequence of documents.

    Parameters
    ----------
    items : tuple of Document
        The documents, in order.

    Examples
    --------
    >>> import icibaseline as ici
    >>> len(ici.documents()[:1])
    1
    """

    items: tuple[Document, ...] = attrs.field(converter=as_field(_each_document))

    def __attrs_post_init__(self) -> None:
        _distinct(document.id for document in self.items)
        _distinct(finding.id for document in self.items for finding in document.findings)


def _distinct(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            reject("id", "used once", one)
        seen.add(one)
