"""The report: one line for each comparison that the numbers allow."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from icibaseline._checks import as_field, choice, instance, not_nan, pair, sequence, text
from icibaseline._values import Value, value
from icibaseline.errors import MissingOptional, UnknownArgument, short
from icibaseline.evidence.sequences import _Items
from icibaseline.evidence.tables import aligned

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERDICTS", "Coherence", "CoherenceLine", "shown_numbers"]

VERDICTS: Final = ("impossible", "tense", "coherent")  # worst first


def _texts(name: str, given: object) -> tuple[str, ...]:
    return sequence(name, given, text, least=0)


def _named_number(name: str, given: object) -> tuple[str, float]:
    label, number = pair(name, given, lambda _, x: x, "a name and a number")
    return text(f"{name}[0]", label), not_nan(f"{name}[1]", number)


def _numbers(name: str, given: object) -> tuple[tuple[str, float], ...]:
    return sequence(name, given, _named_number)


def _ids(name: str, given: object) -> tuple[str, ...]:
    return sequence(name, given, text)


def _verdict(name: str, given: object) -> str:
    return choice(name, given, VERDICTS)


_FIELDS: Final[dict[str, Any]] = {
    "document": text,
    "compared": text,
    "findings": _ids,
    "numbers": _numbers,
    "verdict": _verdict,
    "consequence": text,
}


@final
@value
class CoherenceLine(Value):
    """One comparison of numbers that a document prints.

    Parameters
    ----------
    document : str
        Id of the document.
    compared : str
        Which comparison it is, such as "p v medians v n".
    findings : tuple of str
        Ids of the findings whose numbers were compared.
    numbers : tuple of (str, float)
        What they print and what follows from it, named.
    verdict : str
        "coherent"; "tense", if the numbers contradict the simplest model that a design would build on them, beyond
        rounding and sampling error; "impossible", if no data could give them.
    consequence : str
        One sentence for whoever sizes a trial on them.

    Examples
    --------
    >>> import icibaseline as ici
    >>> report = ici.check(ici.findings(document="nsclc_rechallenge"))
    >>> (line,) = report.where(verdict="impossible")
    >>> line.compared, line.numbers
    ('whole median v its parts', (('whole', 7.0), ('part 1', 1.1), ('part 2', 5.4)))
    """

    document: str = attrs.field(converter=as_field(text), kw_only=True)
    compared: str = attrs.field(converter=as_field(text), kw_only=True)
    findings: tuple[str, ...] = attrs.field(converter=as_field(_ids), kw_only=True)
    numbers: tuple[tuple[str, float], ...] = attrs.field(converter=as_field(_numbers), kw_only=True)
    verdict: str = attrs.field(converter=as_field(_verdict), kw_only=True)
    consequence: str = attrs.field(converter=as_field(text), kw_only=True)


def _each_line(name: str, given: object) -> tuple[CoherenceLine, ...]:
    return sequence(name, given, lambda n, x: instance(n, x, CoherenceLine, "a CoherenceLine"), least=0)


@final
@value
class Coherence(_Items[CoherenceLine]):
    """An immutable sequence of lines, one per comparison; printing it shows the report.

    Parameters
    ----------
    items : tuple of CoherenceLine
        The lines: by document, impossible ones first.
    unchecked : tuple of str
        Comparisons that could not be made, and what is missing for them.

    Examples
    --------
    >>> import icibaseline as ici
    >>> report = ici.check(ici.findings(document="hcc"))
    >>> report.worst, len(report.where(verdict="tense"))
    ('tense', 3)
    """

    items: tuple[CoherenceLine, ...] = attrs.field(converter=as_field(_each_line))
    unchecked: tuple[str, ...] = attrs.field(default=(), converter=as_field(_texts), kw_only=True)

    @property
    def worst(self) -> str | None:
        """The worst verdict of all lines; None if nothing could be compared."""
        return min((line.verdict for line in self.items), key=VERDICTS.index, default=None)

    def where(self, **fields: Any) -> Coherence:
        """The lines whose fields equal all the values given, perhaps none.

        Parameters
        ----------
        **fields
            Names and values of fields of `CoherenceLine`, such as ``verdict="impossible"``.

        Raises
        ------
        UnknownArgument
            If a name is not a field of `CoherenceLine`.
        InvalidInput
            If a value cannot be that of its field, such as a verdict that is none of the three.
        """
        wanted = {}
        for name, given in fields.items():
            if name not in _FIELDS:
                close = difflib.get_close_matches(name, _FIELDS, 1)
                hint = f"Did you mean `{close[0]}`?" if close else f"Its fields are {', '.join(_FIELDS)}."
                raise UnknownArgument(f"`{name}` must be a field of CoherenceLine; got {name}={short(given)}. {hint}")
            wanted[name] = _FIELDS[name](name, given)
        kept = [line for line in self.items if all(getattr(line, name) == x for name, x in wanted.items())]
        return self.with_(items=tuple(kept))

    def table(self) -> str:
        """Aligned text, one line per comparison."""
        header = ("document", "verdict", "compared", "numbers", "findings")
        rows = [(x.document, x.verdict, x.compared, shown_numbers(x), ", ".join(x.findings)) for x in self.items]
        return aligned([header, *rows])

    def to_frame(self) -> pd.DataFrame:
        """A pandas data frame, one row per line and one column per field.

        Raises
        ------
        MissingOptional
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingOptional("`to_frame` must find pandas; got ImportError. Install pandas.") from error
        names = [f.name for f in attrs.fields(CoherenceLine)]
        return pd.DataFrame([[getattr(line, name) for name in names] for line in self.items], columns=pd.Index(names))


def shown_numbers(line: CoherenceLine) -> str:
    """The numbers of a line as short text."""
    return ", ".join(f"{name} {number:.4g}" for name, number in line.numbers)
