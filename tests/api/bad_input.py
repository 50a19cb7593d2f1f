"""Values that are wrong somewhere, which of them are legal after all, and what a refusal is.

A value is either legal, by a row of LEGAL, or refused in one sentence: argument, rule, value, hint.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from valid_calls import CALLS

import icibaseline as ici
from icibaseline._values import Value

# Methods that are not tried here.
ELSEWHERE = {
    "between the floors, on what the library made": (
        "aim aimed as_planned cautions check_level course cumulative cuts drift_per_root_event driven entries evaluate "
        "better bracket certainty check end Exact.bounds entered expected_entered expected_entry find floor "
        "paused counted floor_in_words graded honest judge losing largest_ratio least limits look_months transformed "
        "Posterior.bounds Fleming.bounds LeeLiu.bounds ThallSimon.bounds stages "
        "against benchmark_error check_benchmark distance farthest law made mixed step unreachable value worlds "
        "find_region order p_values p_values_of surely "
        "for_null fractions from_normal frozen information_from is_null moments months observe of remaining replicate "
        "idle level resolution runs warn z"
    ),
    "Python's own protocol of a sequence": "count index __getitem__",
    "always refused, by a test of its own": "Dirichlet.cdf",
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


PARAMETER = (
    r"(Exponential|Weibull|LogLogistic|LogNormal|HazardRatio|MedianRatio|ScaledHazard|Conditional|\w+\.after|Enrollment)"
    r"\((median|rate|shape|scale|sigma|value|ratio|delay|months)\)"
)
LEGAL = (
    Legal("zero", r"AfterEnrollment\(follow_up\)|.*\(delay\)|.*\.inflate\(sd\)", "no months, no more spread"),
    Legal("zero", r".*\.from_counts\(events\)|Finding\((at|events)\)|.*\.marginal\(i\)", "counts and months from 0"),
    Legal("zero", r"Finding\(decimals\)|(.*\.after|Conditional)\(months\)|MixtureCure\(cured\)", "from 0"),
    Legal("zero", r"Bias\(sd\)|MedianWithInterval\(floor\)|PValueWithN\(widening\)", "no more spread"),
    Legal("zero", r"Dirichlet\.among\(classes\[0\]\)", "the first class"),
    Legal("text", r"(Mix|mix|Scenario)\(mismatch\)", "any reason"),
    Legal("True", r"Finding\(randomised\)", "a truth value"),
    Legal("zero negative", r"Look\(z\)", "any number"),
    Legal("zero", r"(AfterFollowUp|after_follow_up)\(months\[.*", "just entered"),
    Legal("zero True", r"(AfterFollowUp|after_follow_up)\(events\[.*", "whether it happened"),
    Legal("True", r"(after_trial|AfterTrial)\(ended\)", "a truth value"),
    Legal("True", r"Look\(final\)|Look\.from_data\(final\)", "a truth value"),
    Legal("prior", r"(monitor|Monitoring|[Pp]reposterior)\(prior\)", "a law of the hazard ratio"),
    Legal("zero negative", r"Preposterior\.\w+\(z\)", "any number"),
    Legal("zero", r"Look\(number\)|Look\.from_data\(number\)|.*\.at\(numbers\[.*", "a look that was not planned"),
    Legal("zero", r"Look\(month\)|Look\.from_data\(month\)", "from the start"),
    Legal("zero", r"BivariateNormal\(correlation\)", "independent"),
    Legal("zero", r"RiskDifference\(value\)|Posterior\(delta\)|ResponseScenario\(assessment\)", "none, at once"),
    Legal("prior", r"(Risk|Odds)Ratio\(value\)", "a number that is not known"),
    Legal("zero", r"HonestBenchmark\.success\(rate\)", "nobody responds"),
    Legal("long", r"Honest(Benchmark|Curve)\.power\(n\)", "nine numbers of patients"),
    Legal("zero", r"(ThallSimon|LeeLiu)\((stop_)?delta\)|TwoStage\((weight|r1)\)", "no more; n does not count; none"),
    Legal("zero None", r"MultiStage\(futility\[0\]\)", "nobody; no bound at a look"),
    Legal("None", r"MultiStage\((efficacy\[0\]|futility\[-1\])\)", "no bound at a look"),
    Legal("zero", r"LeeLiu\.predictive_probability\(responses\)", "nobody yet"),
    Legal("NaN", r"(Oper|Standard|StagePlan|ResponsePlan)\w*\((expected_months|months\[.*)\)?", "months are not known"),
    Legal("zero negative inf -inf", r"(Stage|Response)Plan\((efficacy|futility)_bounds\[.*", "no bound at a look"),
    Legal("zero negative", r"(Stage|Response)Plan\(months\[.*", "a result"),
    Legal(
        "zero",
        r"OperatingCharacteristics\((power|power_overruled|error|expected_.*|replicates|seed)\)",
        "a result may be 0",
    ),
    Legal("zero", r"StandardErrors\(expected_.*\)|Averaging\(integration_error\)", "a result may be 0"),
    Legal("zero", r"solve\(equals\)|(.*\.normal|Bias)\(mean\)", "any number"),
    Legal("zero negative", r"(Root|Finding)\((x|value|lower)\)", "any number"),
    Legal("zero negative", r"Averaging\((ceiling|target|power_at_least)\)", "what rounding leaves of 0"),
    Legal("negative", r"(.*\.normal|Bias)\(mean\)", "any number"),
    Legal("inf zero empty square long", r".*\.(?!spent)\w+\((t|h)\)", "every month and every hazard; arrays"),
    Legal("zero empty square long", r".*\.spent\(t\)", "every time; arrays"),
    Legal("empty", r".*\.spent\(alpha\)", "arrays"),
    Legal("zero empty long", r".*\.quantile\(p\)", "every probability; arrays"),
    Legal("inf empty square long", r".*\.restricted_mean\(horizon\)", "the whole mean; arrays"),
    Legal("square", r"BivariateNormal\.[pc]df\(x\)", "the last axis holds the two coordinates"),
    Legal("inf -inf zero negative empty square long", r"(?!Biv|Dir).*\.[pc]df\(x\)", "outside the support too; arrays"),
    Legal("zero empty long", r".*\.rvs\(size\)", "no draws; any shape"),
    Legal("huge", r"OperatingCharacteristics\(seed\)", "a seed may be of any size"),
    Legal("zero empty long huge", r".*\(rng\)", "numpy takes any whole numbers for a seed"),
    Legal(
        "True",
        r"LogRank\(stratified\)|simulate\(progress\)|findings\(p_bound\)|([Bb]aseline|Mix|Pool)\(at_median\)",
        "a choice of two",
    ),
    Legal(
        "True",
        r"PValueWithN\(selected\)|Shares\(unclassified\)|SingleArm\(conservative\)|Fleming\(exact\)",
        "a choice of two",
    ),
    Legal(
        "True",
        r"FarringtonManning\(correction\)|RandomizedResponse\(conservative\)|ResponseScenario\(pauses\)",
        "a choice of two",
    ),
    Legal("zero", r"\w+\.(p_value|interval)\((control|experimental)\[0\]\)", "nobody responds"),
    Legal("long", r"Fixed\.bounds\(information\)|Futility(Z|HazardRatio)\((bound|ratio)\)", "nine looks"),
    Legal("long", r"(?!Given).*\.at\(realised\)|(Fixed|Spending|GivenBounds)\.at\(planned\)", "nine looks, some idle"),
    Legal("zero", r"GivenBounds\.(at|bounds)\((planned|information)\[0\]\)", "a look that sees nothing yet"),
    Legal("zero negative -inf", r"GivenBounds\(futility\[.*", "any bound, or none"),
    Legal("inf", r"GivenBounds\(efficacy\[0\]\)", "a look that does not test"),
    Legal("zero negative", r"GivenBounds\(efficacy\[-1\]\)|TwoStageSurvival\(c1?\)", "any bound"),
    Legal("zero", r"\w+\(benchmark_sd\)", "a benchmark that is known"),
    Legal("prior", r"TwoStageSurvival\(benchmark\)", "a benchmark that is not known"),
    Legal("square", r".*\.(bounds|at)\((information|realised|planned|drift)\)", "two designs"),
    Legal("square", r"Bounds\.under\((drift|spread)\)", "two designs"),
    Legal("square long", r"Bounds\(\w+\)", "two designs, or nine looks"),
    Legal("zero negative", r".*\.(bounds|at|under)\(drift\)|FutilityZ\(bound\)", "any number"),
    Legal(
        "zero negative",
        r"(Cauchy|ExtremeValue2?|Logistic|Normal|Student)Spending\(a\)|HwangShihDeCani\(gamma\)",
        "any number",
    ),
    Legal("zero negative", r"WangTsiatis\(delta\)", "down to -2"),
    Legal("True", r"(\w+\(binding|InformationTime\(capped)\)|.*\.(under|at)\((futility|final)\)", "a choice of two"),
    Legal("long", r"Dirichlet\(a\)|Dirichlet\.from_counts\(counts\)", "nine classes"),
    Legal(
        "empty",
        r"(Documents|Findings|References|Sources)\(items\)|(\w*Scenario|Outcomes)\.at\(nodes\)",
        "there may be none",
    ),
    Legal("empty", r"Coherence\(items\)|check\(findings\)", "nothing to compare"),
    Legal("empty", r"Baseline\((evidence|cited)\)", "findings from no document of the library"),
    Legal("text-array", r"Baseline\(cited\)", "a sequence of texts"),
    Legal("text", r"Baseline\(cited\[.*", "a citation"),
    Legal("None", r"Spending\(efficacy\)", "no efficacy testing before the last look"),
    Legal("prior", PARAMETER + r"|.*\.scaled\(\w+\)|(Scenario|Stratum)\(control\)", "a number that is not known"),
    Legal("prior prior-pair prior-below-0", r"plot\(item\)", "to be drawn"),
    Legal("prior", r"Baseline\(prior\)|[Mm]ix\(parts\[.*", "a prior on the median given by hand"),
    Legal("prior", r"(?!MedianPlus).*\.curve\(prior\)|Bias\.apply\(prior\)", "a prior on the median"),
    Legal("prior prior-pair prior-below-0", r"Alternative\(prior\)", "shown, and not used"),
    Legal("prior-pair", r"MedianPlusLandmark\.curve\(prior\)", "median and shape together"),
    Legal("prior-pair", r"PiecewiseExponential\(hazards\)", "two hazards"),
    Legal("prior-pair square", r"(Weibull|Log\w+)\(joint\)", "median and shape together, or a batch of them"),
    Legal("NaN-array", r".*\(out\)", "an array that is written into"),
    Legal(
        "None",
        r"(Randomized(Response)?|SingleArm)\.sized\(n\)|(\w*Scenario|Outcomes)\.draw\(rng\)",
        "no size yet; no seed",
    ),
    Legal("text", r"(Baseline|Stratum)\((id|name)\)", "a name that the user gives"),
    Legal("text", r"OperatingCharacteristics\(formula\)|Source\((role|shown|status|baseline)\)", "words for reports"),
    Legal("text", r"Finding\((id|document|printed|tumour|population|treatment|supports)\)", "as printed"),
    Legal("text", r"Finding\((origin|comparator|analysis_set|derivation)\)", "as printed"),
    Legal("text", r"Document\((title|citation|doi|url|tumour|digest)\)", "as printed"),
    Legal("text", r"Alternative\(label\)|Bias\(reason\)|[Pp]ool\(mismatch\)", "the user's words"),
    Legal("text", r"CoherenceLine\((document|compared|consequence)\)|Coherence\.where\(compared\)", "words"),
    Legal("text", r"template\(path\)", "a file name"),
    Legal("text-array", r"(References|Source)\((items|documents|printed)\)", "a sequence of texts"),
    Legal(
        "text-array", r"Coherence\(unchecked\)|CoherenceLine\(findings\)|Finding\(read_with\)", "a sequence of texts"
    ),
    # members of a sequence
    Legal(
        "True",
        r".*\.(bounds\(time\[-1|at\(time\[|at\(planned_time\[-1|(bounds|at)\((information|realised|planned)\[0).*",
        "numpy takes it for 1",
    ),
    Legal(
        "zero", r".*\.(bounds|at)\((realised|time|planned_time)\[0\]\)|(Fixed|Spending)\.at\(planned\[0\]\)", "none yet"
    ),
    Legal("zero", r"PiecewiseSpending\(fractions\[0\]\)", "nothing spent so far"),
    Legal("zero negative", r"(Bivariate|Normal)\w+\(means\[.*|solve\(between\[0\]\)", "any number"),
    Legal("zero negative", r"Comparison\.__getitem__\(key\[.*", "places, also from the end"),
    Legal("zero negative inf -inf", r"(Bivariate|Dir)\w+\.[pc]df\(x\[.*", "outside the support too"),
    Legal("True", r"(Bivariate|Dir)\w+\.[pc]df\(x\[.*", "numpy takes it for 1 among numbers"),
    Legal("zero", r"Enrollment\((relative_)?rates\[0\]\)|PiecewiseExponential\(hazards\[.*", "nobody, for a while"),
    Legal("zero", r"Dirichlet\.from_counts\(counts\[.*|Fixed\.bounds\(information\[0\]\)", "none yet"),
    Legal("zero", r"MixtureCure\(joint\[-1\]\)", "nobody is cured"),
    Legal("zero negative", r"(Oper|Planned|Standard|Aver)\w*\((?!efficacy|futility_bounds)\w+\[.*", "a result"),
    Legal("zero negative inf -inf", r"(Oper|Planned)\w*\((efficacy|futility)_bounds\[.*", "no bound at a look"),
    Legal("text", r"Dirichlet(\.from_counts)?\(names\[.*|References\(items\[.*", "the user's words"),
    Legal("text", r"Coherence\(unchecked\[.*|CoherenceLine\(findings\[.*", "words"),
    Legal("text-array", r"Baseline\(evidence\[.*", "an id and a digest"),
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
    skipped = skipped_methods()
    for name, member in inspect.getmembers(cls, callable):
        public = not name.startswith("_") or name == "__getitem__"
        if f"{cls.__name__}.{name}" in CALLS or (
            public and not {name, f"{cls.__name__}.{name}"} & skipped and not isinstance(member, type)
        ):
            yield name


def skipped_methods() -> set[str]:
    return set(" ".join(ELSEWHERE.values()).split())


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
    several = [left.pop(p.name, ()) for p in it.parameters if p.kind is p.VAR_POSITIONAL]
    return it.call(*first, *(each for held in several for each in held), **left)


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
    """What is wrong with the answers to wrong values of one argument; of ``*parts`` there are only members."""
    if any(p.name == name and p.kind is p.VAR_POSITIONAL for p in it.parameters):
        return
    changed = {label: {**call, name: wrong} for label, wrong in wrong_values().items()}
    yield from answers(it, name, f"{it.name}({name})", changed, ("None", "empty") if optional else ())


def judged_members(it: Subject, name: str, call: dict[str, Any], _: bool) -> Iterator[str]:
    """The same for the first and the last member of a sequence."""
    held = call[name]
    for i, place in ((0, "[0]"), (len(held) - 1, "[-1]")) if isinstance(held, tuple) and held else ():
        changed = {label: {**call, name: (*held[:i], wrong, *held[i + 1 :])} for label, wrong in wrong_values().items()}
        yield from answers(it, name, f"{it.name}({name}{place})", changed)


def answers(
    it: Subject, name: str, where: str, changed: dict[str, dict[str, Any]], may_be: tuple[str, ...] = ()
) -> Iterator[str]:
    """Every answer to a spoilt call that is neither legal nor one clear sentence."""
    allowed = legal(where)
    for label, call in changed.items():
        said: object = ""
        try:
            refused = refusal(name, called, it, call)
        except AssertionError as flaw:
            said = flaw
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if (refused is None) != (label in allowed) and label not in may_be:
                said = refused or "accepted, though no row of LEGAL says so"
        if said:
            yield f"{where} = {label}: {said}"
