"""What is public, a valid call of each, values that are wrong somewhere, and what a refusal is.

A value is either legal, by a row of LEGAL, or refused in one sentence: argument, rule, value, hint.
A new public callable needs one valid call in CALLS.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import icibaseline as ici
from icibaseline._values import Value

CURVE, RATIO, ENTRY = ici.Exponential(median=4.7), ici.HazardRatio(0.6), ici.Enrollment(duration=24)
TRUTH = ici.Scenario(control=CURVE, effect=RATIO, enrollment=ENTRY)
WHOLE = ici.Stratum("all", 1, control=CURVE, effect=RATIO)
SIZED = ici.Randomized(n=134)
PLAN = ici.sample_size(ici.Randomized(), TRUTH, power=0.8)
SIMULATED, AVERAGED = ici.simulate(SIZED, TRUTH, replicates=4, rng=1), ici.assurance(SIZED, TRUTH)
FINDING, DOCUMENT = ici.findings(supports="mcc_pfs_primary")[0], ici.documents()[0]


def given(item: Value) -> dict[str, Any]:
    """The arguments that rebuild a value."""
    return dict(item._arguments())


def printed(item: ici.Finding, **changes: Any) -> dict[str, Any]:
    return {**given(item), **changes}


# One valid call, or more where arguments exclude one another; each argument is tried in the first call that gives it.
# ".name" stands for the method of that name of any class.
CALLS: dict[str, list[dict[str, Any]]] = {
    "AfterEnrollment": [{"follow_up": 12}],
    "AtEvents": [{"events": (80, 121), "by": (36, 60)}],
    "AtMonths": [{"at": 36}],
    "Averaging": [given(AVERAGED.averaging)],
    "Baseline": [given(ici.baseline("mcc_pfs_primary"))],
    "BetaMixture": [{"weights": (0.5, 0.5), "a": (1, 2), "b": (3, 4)}],
    "BivariateNormal": [{"means": (1, 0.7), "sds": (0.1, 0.05), "correlation": 0.5, "scales": ("log", "identity")}],
    "Comparison": [given(ici.compare(SIZED, TRUTH))],
    "Document": [given(DOCUMENT)],
    "Documents": [{"items": (DOCUMENT,)}],
    "Enrollment": [
        {"duration": 24, "relative_rates": (1, 2), "knots": (6,)},
        {"rates": (2, 5), "knots": (6,)},
        {"rate": 5},
    ],
    "ExplicitCurve": [{"curve": CURVE}],
    "Exponential": [{"median": 4.7}, {"rate": 0.1}],
    "Finding": [
        printed(FINDING, lower=3.1, upper=6.2, level=0.95, interval_label="CI", comparator="acquired"),
    ],
    "Findings": [{"items": (FINDING,)}],
    "Fixed": [{"alpha": 0.025}],
    "HalfNormal": [{"scale": 0.25}],
    "HazardRatio": [{"value": 0.6, "delay": 3}],
    "LogRank": [
        {"formula": "score", "stratified": True, "reference": "permutation", "permutations": 500},
        {"null": 1.3},
    ],
    "NormalMixture": [{"weights": (0.5, 0.5), "means": (0, 1), "sds": (1, 2), "scale": "log"}],
    "OperatingCharacteristics": [given(SIMULATED)],
    "PiecewiseExponential": [{"hazards": (0.1, 0.2), "knots": (3,)}],
    "Plan": [given(PLAN)],
    "Planned": [given(PLAN.design.planned)],
    "Randomized": [{**given(PLAN.design), "planned": None}, given(PLAN.design)],
    "References": [{"items": ("A paper.",)}],
    "Root": [{"x": 1.0, "value": 2.0, "evaluations": 3}],
    "ScaledHazard": [{"base": CURVE, "ratio": 0.6, "delay": 3}],
    "Scenario": [
        {"control": CURVE, "effect": RATIO, "enrollment": ENTRY, "dropout": (CURVE, CURVE)},
        {"control": CURVE, "experimental": CURVE, "enrollment": ENTRY},
        {"strata": (WHOLE,), "enrollment": ENTRY},
    ],
    "Source": [given(ici.sources(TRUTH)[0])],
    "Sources": [given(ici.sources(TRUTH))],
    "StandardErrors": [given(SIMULATED.errors)],
    "Stratum": [{"name": "all", "share": 1, "control": CURVE, "effect": RATIO}],
    "Weibull": [{"shape": 0.7, "median": 2.6}, {"shape": 0.7, "scale": 2.6}, {"joint": (2.6, 0.7)}],
    "assurance": [{"design": SIZED, "scenario": TRUTH, "target": 0.8}],
    "baseline": [
        {"id": "mcc_pfs_primary", "shape": 0.7, "at_median": True},
        {"tumour": "MCC", "resistance": "primary", "endpoint": "PFS"},
    ],
    "baselines": [{}],
    "compare": [{"designs": (SIZED,), "scenarios": (TRUTH,), "by": ici.power}],
    "documents": [{}],
    "findings": [{"tumour": "MCC", "value": 4.7, "p_bound": False}],
    "power": [{"design": SIZED, "scenario": TRUTH}],
    "references": [{"result": TRUTH}],
    "report": [{"result": PLAN, "path": "plan.md"}],
    "sample_size": [
        {"design": ici.Randomized(), "scenario": TRUTH, "power": 0.8},
        {"design": ici.Randomized(), "scenario": TRUTH, "assurance": 0.8},
    ],
    "simulate": [{"design": SIZED, "scenario": TRUTH, "replicates": 2, "rng": 1, "executor": None, "progress": False}],
    "solve": [{"function": lambda x: x, "equals": 0.5, "between": (0, 1), "tolerance": 1e-9}],
    "sources": [{"result": TRUTH}],
    # methods
    ".accrual": [{"n": 100.0}],
    ".apply": [{"control": CURVE}],
    ".at": [{"nodes": ()}],
    ".bounds": [{"information": (30.0,)}],
    ".cdf": [{"x": 0.5}],
    "BivariateNormal.cdf": [{"x": (0.5, 0.5)}],
    "Comparison.__getitem__": [{"key": (0, 0)}],
    ".cumulative_hazard": [{"t": 3.0}],
    ".density": [{"t": 3.0}],
    ".draw": [{"size": 3, "rng": 1}],
    ".from_counts": [{"events": 3, "n": 10, "prior": (0.5, 0.5)}],
    ".from_interval": [{"lower": 0.4, "upper": 0.8, "level": 0.95, "scale": "log", "estimate": 0.6}],
    ".frozen": [{"enrollment_end": 24.0}],
    ".hazard": [{"t": 3.0}],
    ".inflate": [{"sd": 0.2}],
    ".interval": [{"level": 0.9}],
    ".inverse_cumulative_hazard": [{"h": 0.5}, {"h": np.array([0.5]), "out": np.empty(1)}],
    ".lognormal": [{"median": 0.6, "sd": 0.3}],
    ".marginal": [{"i": 0}],
    ".nodes": [{"points": 8, "rule": "hermite"}],
    ".normal": [{"mean": 0.6, "sd": 0.3}],
    ".pdf": [{"x": 0.5}],
    "BivariateNormal.pdf": [{"x": (0.5, 0.5)}],
    ".plan_for": [{"scenario": TRUTH}],
    ".predictive": [{"heterogeneity": ici.HalfNormal(0.25)}],
    ".quantile": [{"p": 0.5}],
    ".restricted_mean": [{"horizon": 12.0}],
    "BetaMixture.robust": [{"weight": 0.2, "a": 1.0, "b": 1.0}],
    "NormalMixture.robust": [{"weight": 0.2, "center": 0.5, "sd": 1.0}],
    ".rvs": [{"size": 3, "rng": 1}],
    ".scaled": [{"ratio": 0.6, "delay": 3.0}],
    ".sized": [{"n": 100}],
    ".survival": [{"t": 3.0}],
    ".where": [{"statistic": "median", "value": 4.7}],
}

# Methods that are not tried here.
ELSEWHERE = {
    "between the floors, on what the library made": (
        "cautions check_level course cuts drift_per_root_event driven entries evaluate exits from_normal is_null "
        "moments months "
        "observe remaining replicate resolution warn"
    ),
    "Python's own protocol of a sequence": "count index __getitem__",
    "tests of their own below": "with_ from_dict",
}


class Anything:
    """A class that can be called with anything."""

    def __init__(self, *args: object) -> None:
        """Nothing comes of it."""


def wrong_values() -> dict[str, Any]:
    """Every kind of value that is wrong somewhere, made anew: a callable may write into an array."""
    return {
        "NaN": math.nan,
        "inf": math.inf,
        "-inf": -math.inf,
        "zero": 0,
        "negative": -1,
        "huge": 10**400,
        "complex": 1j,
        "True": True,
        "None": None,
        "no-text": "",
        "text": "text",
        "bytes": b"bytes",
        "empty": (),
        "no-items": {},
        "object": object(),
        "class": Anything,
        "square": [[1, 2], [3, 4]],
        "long": (1,) * 9,
        "ragged": [[1], [1, 2]],
        "NaN-array": np.array([math.nan, math.nan]),
        "text-array": np.array(["a", "b"]),
        "prior": ici.NormalMixture.lognormal(0.6, 0.3),
        "prior-pair": ici.BivariateNormal((1, 0.7), (0.1, 0.05), 0.5),
        "prior-below-0": ici.NormalMixture.normal(0, 1),
    }


class Legal(NamedTuple):
    """Values that are not wrong after all: which, for which callable(argument), and why."""

    labels: str
    where: str
    why: str


PARAMETER = r"(Exponential|Weibull|HazardRatio|ScaledHazard|Enrollment)\((median|rate|shape|scale|value|ratio|delay)\)"
LEGAL = (
    Legal("zero", r"AfterEnrollment\(follow_up\)|.*\(delay\)|.*\.inflate\(sd\)", "no months, no more spread"),
    Legal("zero", r".*\.from_counts\(events\)|Finding\((at|events)\)|.*\.marginal\(i\)", "counts and months from 0"),
    Legal("zero", r"BivariateNormal\(correlation\)", "independent"),
    Legal("zero", r"OperatingCharacteristics\((power|error|expected_.*|replicates|seed)\)", "a result may be 0"),
    Legal("zero", r"StandardErrors\(expected_.*\)|Averaging\(integration_error\)", "a result may be 0"),
    Legal("zero", r"solve\(equals\)|.*\.normal\(mean\)", "any number"),
    Legal("zero negative", r"(Root|Finding)\((x|value|lower)\)", "any number"),
    Legal("zero negative", r"Averaging\((ceiling|target|power_at_least)\)", "what rounding leaves of 0"),
    Legal("negative", r".*\.normal\(mean\)", "any number"),
    Legal("inf zero empty square long", r".*\.\w+\((t|h)\)", "every month and every hazard; arrays"),
    Legal("zero empty long", r".*\.quantile\(p\)", "every probability; arrays"),
    Legal("inf empty square long", r".*\.restricted_mean\(horizon\)", "the whole mean; arrays"),
    Legal("square", r"BivariateNormal\.[pc]df\(x\)", "the last axis holds the two coordinates"),
    Legal("inf -inf zero negative empty square long", r"(?!Biv).*\.[pc]df\(x\)", "outside the support too; arrays"),
    Legal("zero empty long", r".*\.rvs\(size\)", "no draws; any shape"),
    Legal("huge", r"OperatingCharacteristics\(seed\)", "a seed may be of any size"),
    Legal("zero empty long huge", r".*\(rng\)", "numpy takes any whole numbers for a seed"),
    Legal(
        "True",
        r"LogRank\(stratified\)|simulate\(progress\)|findings\(p_bound\)|[Bb]aseline\(at_median\)",
        "a choice of two",
    ),
    Legal("long", r"Fixed\.bounds\(information\)", "nine looks"),
    Legal("empty", r"(Documents|Findings|References|Sources)\(items\)|Scenario\.at\(nodes\)", "there may be none"),
    Legal("empty", r"Baseline\(evidence\)", "findings from no document of the library"),
    Legal("prior", PARAMETER + r"|.*\.scaled\(\w+\)|(Scenario|Stratum)\(control\)", "a number that is not known"),
    Legal("prior", r"Baseline\(prior\)", "a prior on the median given by hand"),
    Legal("prior-pair square", r"Weibull\(joint\)", "median and shape together, or a batch of them"),
    Legal("NaN-array", r".*\(out\)", "an array that is written into"),
    Legal("None", r"Randomized\.sized\(n\)|Scenario\.draw\(rng\)", "no size yet; no seed"),
    Legal("*", r"At(Events|Months)\.frozen\(enrollment_end\)", "these looks do not depend on it"),
    Legal("text", r"(Baseline|Stratum)\((id|name)\)", "a name that the user gives"),
    Legal("text", r"OperatingCharacteristics\(formula\)|Source\((role|shown|status|baseline)\)", "words for reports"),
    Legal("text", r"Finding\((id|document|printed|tumour|population|treatment|supports)\)", "as printed"),
    Legal("text", r"Finding\((origin|comparator|analysis_set|derivation)\)", "as printed"),
    Legal("text", r"Document\((title|citation|doi|url|tumour|digest)\)", "as printed"),
    Legal("text-array", r"(References|Source)\((items|documents|printed)\)", "a sequence of texts"),
)


# ---- what there is to call -------------------------------------------------------------------------


class Subject(NamedTuple):
    """Something public that takes arguments."""

    name: str
    call: Callable[..., Any]
    parameters: tuple[inspect.Parameter, ...]
    calls: list[dict[str, Any]]


def value_classes() -> Iterator[type[Value]]:
    for name in ici.__all__:
        item = getattr(ici, name)
        if isinstance(item, type) and issubclass(item, Value) and not inspect.isabstract(item):
            yield item


def known_calls(name: str) -> list[dict[str, Any]]:
    return CALLS.get(name, CALLS.get("." + name.rpartition(".")[2] if "." in name else "", []))


def example(cls: type[Value]) -> Value:
    return cls(**CALLS[cls.__name__][0])


def methods(cls: type[Value]) -> Iterator[str]:
    skipped = " ".join(ELSEWHERE.values()).split()
    for name, member in inspect.getmembers(cls, callable):
        public = not name.startswith("_") or name == "__getitem__"
        if f"{cls.__name__}.{name}" in CALLS or (public and name not in skipped and not isinstance(member, type)):
            yield name


def subjects() -> Iterator[tuple[str, Callable[[], Callable[..., Any]]]]:
    """Names, and how to get at what they name."""
    for name in ici.__all__:
        item = getattr(ici, name)
        if inspect.isfunction(item):
            yield name, lambda item=item: item
    for cls in value_classes():
        yield cls.__name__, lambda cls=cls: cls
        for method in methods(cls):
            yield f"{cls.__name__}.{method}", lambda cls=cls, method=method: getattr(example(cls), method)


SUBJECTS = dict(subjects())


def subject(name: str) -> Subject:
    calls = known_calls(name)
    if name.partition(".")[0] not in CALLS:
        pytest.fail(f"no valid call of {name.partition('.')[0]} is known: add one to CALLS")
    call = SUBJECTS[name]()
    parameters = tuple(inspect.signature(call).parameters.values())
    if parameters and not calls:
        pytest.fail(f"no valid call of {name} is known: add one to CALLS")
    return Subject(name, call, parameters, calls)


def arguments(it: Subject) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Each argument, a valid call that gives it, and whether it may be left out as None or ()."""
    for p in it.parameters:
        if p.kind is p.VAR_KEYWORD:
            named = {p.name for p in it.parameters}
            yield from ((name, call, True) for call in it.calls for name in call if name not in named)
            continue
        call = next((c for c in it.calls if p.name in c), None)
        if call is None:
            pytest.fail(f"no valid call of {it.name} gives `{p.name}`: add one to CALLS")
        yield p.name, call, p.default is None or p.default == ()


def called(it: Subject, arguments: dict[str, Any]) -> Any:
    left = dict(arguments)
    first = [left.pop(p.name) for p in it.parameters if p.kind is p.POSITIONAL_ONLY and p.name in left]
    return it.call(*first, **left)


# ---- what a refusal is -----------------------------------------------------------------------------


def refusal(name: str, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> str | None:
    """The sentence of the error, which must be well made; None if there is no error."""
    try:
        call(*args, **kwargs)
    except ici.IcibaselineError as error:
        caught = error
    else:
        return None
    flaws = [what for what, holds in faults(name, caught) if holds]
    assert not flaws, f"{', '.join(flaws)}: {caught}"
    return str(caught)


def faults(name: str, error: ici.IcibaselineError) -> Iterator[tuple[str, bool]]:
    said = str(error)
    rule = said.partition("; got ")[0]
    yield "does not begin with an argument", not re.match(r"`[^`]+`", said)
    yield "does not name the argument", bool(name) and not re.search(rf"`{name}[`.\[]|\b{name}=", said)
    yield "has no rule", " must " not in rule
    yield "does not show the value", "; got " not in said
    yield "more than a sentence before the value", ". " in rule
    yield "does not end", not said.endswith((".", "?"))
    yield "more than a line", "\n" in said
    yield "too long", len(said) > 700
    yield "speaks of Python", bool(re.search(r"Traceback|\b(Type|Value|Index|Key|Attribute)Error\b", said))
    yield "drags another error along", error.__context__ is not None and not error.__suppress_context__


def legal(where: str) -> set[str]:
    return {label for row in LEGAL if re.fullmatch(row.where, where) for label in labels(row)}


def labels(row: Legal) -> list[str]:
    return list(wrong_values()) if row.labels == "*" else row.labels.split()


def judged(it: Subject, name: str, call: dict[str, Any], optional: bool) -> Iterator[str]:
    """What is wrong with the answers to wrong values of one argument."""
    allowed = legal(f"{it.name}({name})")
    for label in wrong_values():
        said: object = ""
        try:
            refused = refusal(name, called, it, {**call, name: wrong_values()[label]})
        except AssertionError as flaw:
            said = flaw
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if (refused is None) != (label in allowed) and not (optional and label in ("None", "empty")):
                said = refused or "accepted, though no row of LEGAL says so"
        if said:
            yield f"{it.name}({name}={label}): {said}"
