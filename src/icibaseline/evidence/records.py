"""One published number as it was printed, with what it may and may not become."""

# Annotations are kept as types, not text: the loader hands the classes to cattrs.

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias, final

import attrs

from icibaseline._checks import (
    as_field,
    choice,
    flag,
    nonnegative,
    number,
    open_unit,
    optional,
    positive,
    sequence,
    text,
    whole,
)
from icibaseline._values import Value, value
from icibaseline.errors import reject

__all__ = [
    "ENDPOINTS",
    "FLAGS",
    "INTERVALS",
    "RESISTANCE",
    "ROUTES",
    "SOURCES",
    "STATISTICS",
    "UNITS",
    "Finding",
]

STATISTICS: Final = (
    "median",
    "landmark",
    "not reached",
    "hazard ratio",
    "ratio of medians",
    "p value",
    "count",
    "percentage",
    "share",
    "follow-up",
    "description",
)
TIMES: Final = ("months", "weeks", "years", "days")
UNITS: Final = (*TIMES, "patients", "percent", "proportion", "ratio", "mg/m2", "doses", "lesions", "centres")
INTERVALS: Final = ("CI", "credible interval", "range", "IQR", "unstated")
RESISTANCE: Final = ("primary", "acquired", "secondary", "durable", "neither", "mixed", "any")
ENDPOINTS: Final = ("PFS", "OS", "DSS", "TTP", "PPS", "ORR", "CR", "PR", "SD", "DCR", "AE")
SOURCES: Final = ("paper", "abstract", "digest")
ROUTES: Final = (
    "median with interval",
    "median with n only",
    "median plus landmark",
    "counts",
    "p value with n",
    "hazard ratio with interval",
    "not reached with horizon",
    "share",
)
FLAGS: Final = {
    "E": "endpoint is not the usual one",
    "D": "definition of resistance differs between sources",
    "O": "time origin is not randomisation",
    "R": "not randomised",
    "I": "immortal time, or a group defined by its outcome",
    "S": "selected denominator",
    "P": "p value only, test unnamed",
    "X": "the document disagrees with itself",
}
MOST_WORDS: Final = 20


def identifier(name: str, given: object) -> str:
    """The id of a document, a finding or a prior."""
    rule = "lower-case letters, digits and underscores, starting with a letter"
    if not isinstance(given, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", given):
        reject(name, rule, given)
    return given


def _fragment(name: str, given: object) -> str:
    clean = text(name, given)
    if len(clean.split()) > MOST_WORDS:
        reject(name, f"at most {MOST_WORDS} words", given, "Keep the shortest passage that carries the number.")
    return clean


def _flag(name: str, given: object) -> str:
    clean = text(name, given)
    code, colon, sentence = clean.partition(": ")
    if code not in FLAGS or not colon or not sentence:
        reject(name, f"a code among {', '.join(FLAGS)}, a colon and a sentence", given, "For example 'R: one centre'.")
    return clean


def flags(name: str, given: object) -> tuple[str, ...]:
    """Flags, each a closed code with its sentence."""
    return sequence(name, given, _flag, least=0)


def _decimals(finding: "Finding") -> int:
    """Digits after the point that the shortest writing of the numbers needs."""
    held = (finding.value, finding.lower, finding.upper) if finding.value is not None else (finding.p,)
    return max((digits_after_point(repr(x).removesuffix(".0")) for x in held if x is not None), default=0)


def digits_after_point(written: str) -> int:
    """How many digits stand after the point of a number: 1 in "25.0", 3 in "6e-3", 0 in "1e2"."""
    exponent = Decimal(written).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _among(options: tuple[str, ...]) -> Any:
    return as_field(optional(lambda name, given: choice(name, given, options)))


_TEXT = as_field(optional(text))
_NUMBER = as_field(optional(number))
_PATIENTS = as_field(optional(whole))

_Rule: TypeAlias = "tuple[str, str, Callable[[Finding], bool]]"
_NO_VALUE = ("not reached", "p value")
_WITH_LEVEL = ("CI", "credible interval")

# What must hold between fields: (field to name, its rule, whether a finding keeps it).
_RULES: tuple[_Rule, ...] = (
    ("value", "given", lambda f: f.value is not None or f.statistic in _NO_VALUE),
    ("value", "None for 'not reached' and p values", lambda f: f.value is None or f.statistic not in _NO_VALUE),
    ("unit", "given for everything but a p value", lambda f: (f.unit is None) == (f.statistic == "p value")),
    ("p", "given for a p value", lambda f: f.p is not None or f.statistic != "p value"),
    ("p_bound", "False without a p value, `p`", lambda f: f.p is not None or not f.p_bound),
    ("at", "given for a landmark", lambda f: f.at is not None or f.statistic != "landmark"),
    ("upper", "above `lower`", lambda f: f.lower is None or f.upper is None or f.lower < f.upper),
    (
        "interval_label",
        "given exactly with an interval, `lower` to `upper`",
        lambda f: (f.interval_label is None) == (f.lower is None and f.upper is None),
    ),
    (
        "level",
        "given exactly with an `interval_label` that has one, 'CI' or 'credible interval'",
        lambda f: (f.level is None) == (f.interval_label not in _WITH_LEVEL),
    ),
    ("interval_unit", "None without an interval", lambda f: f.interval_unit is None or f.interval_label is not None),
    (
        "events",
        "at most the patients, `n` and in a comparison `n_comparator`",
        lambda f: f.events is None or (f.n is not None and f.events <= f.n + (f.n_comparator or 0)),
    ),
    ("n_comparator", "None without a `comparator`", lambda f: f.n_comparator is None or f.comparator is not None),
    ("favours", "None without a `comparator`", lambda f: f.favours is None or f.comparator is not None),
    ("supports", "None where `refused` says why not", lambda f: f.supports is None or f.refused is None),
    (
        "refused",
        "given, or else `supports` with its `route`",
        lambda f: f.supports is not None or f.refused is not None,
    ),
    ("route", "given exactly with `supports`", lambda f: (f.route is None) == (f.supports is None)),
    (
        "supports",
        "None for a group defined by its outcome (`outcome_defined`)",
        lambda f: f.supports is None or not f.outcome_defined,
    ),
)


@final
@value
class Finding(Value):
    """A number from a document, as printed, with its meaning and its use.

    Exactly one of `supports` and `refused` is given: a finding either supports a prior, by a
    named route, or says why it cannot and what would be needed.

    Parameters
    ----------
    id : str
        Name of the finding, unique in the library.
    document : str
        Id of the document that printed it.
    printed : str
        The passage that carries the number, letter by letter, at most 20 words.
    statistic : str
        What was reported, one of `STATISTICS`. A "share" describes who the patients are, a
        "percentage" what happened to them; a "landmark" is the part still free of the event at `at`.
    value : float, optional
        The number as printed, in `unit`; None for "not reached" and for a p value.
    unit : str, optional
        Unit of `value`, and of `lower` and `upper` without an `interval_unit`, one of `UNITS`; None for a p value only.
    lower, upper : float, optional
        The interval printed with the number; `interval_label` says which kind. A limit that is not
        reached is left out.
    level : float, optional
        Level of a confidence or credible interval, between 0 and 1.
    interval_label : str, optional
        One of `INTERVALS`; "unstated" where the document prints brackets without a name.
    interval_unit : str, optional
        Unit of `lower` and `upper` where it is not that of `value`, such as "proportion" beside a count of patients.
    at : float, optional
        Landmark time or horizon, months.
    n : int, optional
        Patients in the group.
    events : int, optional
        Patients of those `n` with the property or the outcome; in a comparison, of both groups together.
    p : float, optional
        Two-sided p value; with `p_bound` the document prints "less than" it.
    p_bound : bool
        Whether `p` is an upper bound.
    decimals : int, optional
        Digits printed after the point, which say how far `value`, `lower` and `upper`, or without a value `p`, are
        rounded. Without it, as many as those numbers need; a file gives it by the way its numbers are written.
    comparator : str, optional
        The other group of a comparison; a hazard ratio is that of the group over the comparator.
    n_comparator : int, optional
        Patients in the comparator.
    randomised : bool
        Whether the two sides of a comparison were randomised.
    favours : str, optional
        Which side did better, "group" or "comparator"; a p value alone does not say.
    read_with : tuple of str
        Ids of findings of the same document that this one is read together with, such as the medians that a p value
        compares. They may support priors of their own.
    tumour, population, treatment : str, optional
        Whose number it is.
    resistance : str, optional
        One of `RESISTANCE`: "mixed" where the parts are known, "any" where nobody was sorted.
    endpoint : str, optional
        One of `ENDPOINTS`.
    origin : str, optional
        Where time starts.
    assessed_every : float, optional
        Months between two scans, where the document says so.
    analysis_set : str, optional
        The patients counted, where they are not all of the document's.
    outcome_defined : bool
        Whether the group is defined by what happened to it later. Such a finding is refused.
    source : str, optional
        Where the passage stands, one of `SOURCES`.
    flags : tuple of str
        Cautions, each a code of `FLAGS`, a colon and a sentence.
    derivation : str, optional
        How numbers that are not printed, such as counts, follow from those that are.
    supports : str, optional
        Public id of the prior that it supports.
    route : str, optional
        Name of the route from this finding to that prior, one of `ROUTES`.
    refused : str, optional
        Why it supports none, and what would be needed.

    Raises
    ------
    InvalidInput
        If a field is outside its vocabulary or two fields contradict each other.

    Examples
    --------
    >>> import icibaseline as ici
    >>> (finding,) = ici.findings(supports="mcc_pfs_primary")
    >>> finding.value, finding.unit, finding.n
    (4.7, 'months', 44)
    >>> finding.printed
    'acquired versus primary resistance (9.5 vs 4.7 months; p=0.006)'
    """

    id: str = attrs.field(converter=as_field(identifier), kw_only=True)
    document: str = attrs.field(converter=as_field(identifier), kw_only=True)
    printed: str = attrs.field(converter=as_field(_fragment), kw_only=True)
    statistic: str = attrs.field(converter=as_field(lambda name, x: choice(name, x, STATISTICS)), kw_only=True)
    value: float | None = attrs.field(default=None, converter=_NUMBER, kw_only=True)
    unit: str | None = attrs.field(default=None, converter=_among(UNITS), kw_only=True)
    lower: float | None = attrs.field(default=None, converter=_NUMBER, kw_only=True)
    upper: float | None = attrs.field(default=None, converter=_NUMBER, kw_only=True)
    level: float | None = attrs.field(default=None, converter=as_field(optional(open_unit)), kw_only=True)
    interval_label: str | None = attrs.field(default=None, converter=_among(INTERVALS), kw_only=True)
    interval_unit: str | None = attrs.field(default=None, converter=_among(UNITS), kw_only=True)
    at: float | None = attrs.field(default=None, converter=as_field(optional(nonnegative)), kw_only=True)
    n: int | None = attrs.field(default=None, converter=_PATIENTS, kw_only=True)
    events: int | None = attrs.field(
        default=None, converter=as_field(optional(lambda name, x: whole(name, x, least=0))), kw_only=True
    )
    p: float | None = attrs.field(default=None, converter=as_field(optional(open_unit)), kw_only=True)
    decimals: int = attrs.field(
        default=attrs.Factory(lambda self: _decimals(self), takes_self=True),
        converter=as_field(lambda name, x: whole(name, x, least=0)),
        kw_only=True,
    )
    p_bound: bool = attrs.field(default=False, converter=as_field(flag), kw_only=True)
    comparator: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    n_comparator: int | None = attrs.field(default=None, converter=_PATIENTS, kw_only=True)
    randomised: bool = attrs.field(default=False, converter=as_field(flag), kw_only=True)
    favours: str | None = attrs.field(default=None, converter=_among(("group", "comparator")), kw_only=True)
    read_with: tuple[str, ...] = attrs.field(
        default=(), converter=as_field(lambda name, x: sequence(name, x, identifier, least=0)), kw_only=True
    )
    tumour: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    population: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    resistance: str | None = attrs.field(default=None, converter=_among(RESISTANCE), kw_only=True)
    treatment: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    endpoint: str | None = attrs.field(default=None, converter=_among(ENDPOINTS), kw_only=True)
    origin: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    assessed_every: float | None = attrs.field(default=None, converter=as_field(optional(positive)), kw_only=True)
    analysis_set: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    outcome_defined: bool = attrs.field(default=False, converter=as_field(flag), kw_only=True)
    source: str | None = attrs.field(default=None, converter=_among(SOURCES), kw_only=True)
    flags: tuple[str, ...] = attrs.field(default=(), converter=as_field(flags), kw_only=True)
    derivation: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)
    supports: str | None = attrs.field(default=None, converter=as_field(optional(identifier)), kw_only=True)
    route: str | None = attrs.field(default=None, converter=_among(ROUTES), kw_only=True)
    refused: str | None = attrs.field(default=None, converter=_TEXT, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name, rule, keeps in _RULES:
            if not keeps(self):
                reject(name, rule, getattr(self, name))
