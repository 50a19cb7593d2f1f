"""Made-up documents: computed from true curves and counts they are coherent, with one number changed they are not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import beta

from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.coherence import check

COMMON = {"document": "made", "printed": "printed", "refused": "made up", "treatment": "T", "population": "P"}
PFS = {"endpoint": "PFS", "origin": "start"}
CI = {"level": 0.95, "interval_label": "CI"}


def built(document, **more):
    return Findings(tuple(Finding(**{**COMMON, "id": id, **fields}) for id, fields in {**document, **more}.items()))


def median_of(k, weights, medians):
    def alive(t):
        alive_now = sum(w * 0.5 ** ((t / m) ** k) for w, m in zip(weights, medians, strict=True))
        return alive_now / sum(weights) - 0.5

    return medians[0] if medians[0] == medians[1] else brentq(alive, min(medians), max(medians))


def with_interval(value, error, scale, decimals=1):
    if scale == "natural":
        low, high = value * (1 - 1.96 * error), value * (1 + 1.96 * error)
    else:
        low, high = value * math.exp(-1.96 * error), value * math.exp(1.96 * error)
    return {
        "value": round(value, decimals),
        "lower": round(low, decimals),
        "upper": round(high, decimals),
        "decimals": decimals,
        **CI,
    }


def clopper_pearson(x, n):
    low, high = beta.ppf(0.025, x, n - x + 1), beta.ppf(0.975, x + 1, n - x)
    return {"lower": round(100 * low, 1), "upper": round(100 * high, 1), "decimals": 1, **CI}


def of_a_class(name, size, middle, events, k, total, scale):
    """What is printed of one class of resistance."""
    months, percent = {"statistic": "median", "unit": "months"}, {"statistic": "percentage", "unit": "percent"}
    labels, counted = {"resistance": name, "n": size}, {"n": total, "events": size, "resistance": name}
    median = with_interval(middle, 1 / (k * math.log(2) * math.sqrt(size)), scale)
    rate = {
        "value": round(100 * events / size, 1),
        "events": events,
        "endpoint": "ORR",
        **clopper_pearson(events, size),
    }
    yield f"{name}_median", {**months, **median, **labels, **PFS}
    yield f"{name}_orr", {**percent, **rate, **labels}
    yield f"{name}_count", {"statistic": "count", "unit": "patients", "value": size, **counted}
    yield f"{name}_share", {"statistic": "share", "unit": "percent", "value": round(100 * size / total), **counted}


@st.composite
def documents(draw):
    """Two classes of resistance that make up a cohort; everything follows from one shape, two medians and counts."""
    k = draw(st.sampled_from((1.0, 1.0, 0.9, 1.15)))
    n = [draw(st.integers(30, 140)) for _ in range(2)]
    m = draw(st.floats(4, 12))
    hr = draw(st.floats(0.35, 0.75))
    medians = [m, m * hr ** (-1 / k)]
    whole, total = median_of(k, n, medians), sum(n)
    share = draw(st.floats(0.75, 1.0))
    root = math.sqrt(1 / n[0] + 1 / n[1])
    z = -math.log(hr) / root * math.sqrt(share)
    p = 2 * float(ndtr(-z))
    scale = draw(st.sampled_from(("natural", "log")))
    sides = {"resistance": "acquired", "n": n[1], "comparator": "the others", "n_comparator": n[0], "favours": "group"}
    x = [draw(st.integers(2, size - 2)) for size in n]
    complete = draw(st.integers(0, sum(x)))
    classes = zip(("primary", "acquired"), n, medians, x, strict=True)
    made = {key: held for one in classes for key, held in of_a_class(*one, k, total, scale)}
    everyone = {"resistance": "any", "n": total}
    overall = {"statistic": "median", "unit": "months", "value": round(whole, 1), "decimals": 1}
    made["median"] = {**overall, **everyone, **PFS}
    for name, count in (("ORR", sum(x)), ("CR", complete), ("PR", sum(x) - complete)):
        percent = {"statistic": "percentage", "unit": "percent", "value": round(100 * count / total, 1), "decimals": 1}
        made[name.lower()] = {**percent, "endpoint": name, **everyone}
    bound = {"p": 0.001, "p_bound": True} if p < 0.001 else {"p": round(p, 3), "decimals": 3}
    made["p"] = {"statistic": "p value", **bound, **sides, **PFS}
    interval = with_interval(hr, root / math.sqrt(share), "log", 2)
    made["hr"] = {"statistic": "hazard ratio", "unit": "ratio", **interval, **sides, **PFS}
    ratio = round(medians[1] / medians[0], 2)
    made["ratio"] = {"statistic": "ratio of medians", "unit": "ratio", "value": ratio, "decimals": 2, **sides, **PFS}
    if k == 1:
        at = draw(st.sampled_from((3, 6, 12, 24)))
        percent = {"statistic": "landmark", "unit": "percent", "value": round(100 * 0.5 ** (at / m)), "at": at}
        made["landmark"] = {**percent, "resistance": "primary", "n": n[0], **PFS}
    return made


@given(documents())
def test_law_numbers_of_one_truth_are_coherent(document):
    report = check(built(document))
    assert [str(line) for line in report if line.verdict != "coherent"] == []
    assert {line.compared for line in report} >= {
        "median v its interval", "interval v n", "p v medians v n", "whole median v its parts",
        "whole v mixture of parts", "count v percentage v n", "parts of response", "classes v all patients",
        "rates of parts v whole", "ratio of medians v medians", "hazard ratio v medians", "hazard ratio v its interval",
        "hazard ratio v p", "hazard ratio v n", "proportion v its interval", "sizes of one group",
    }  # fmt: skip


def changed(document, id, **fields):
    return {**document, id: {**document[id], **fields}}


def percentage_off(d):
    return changed(d, "primary_orr", value=round(d["primary_orr"]["value"] + 0.7, 1))


def percentage_of_other_patients(d):
    return changed(d, "primary_share", value=d["acquired_share"]["value"] + 7)


def no_whole_number(d):
    return {**d, "dcr": {"statistic": "percentage", "unit": "percent", "value": 10, "n": 38, "endpoint": "DCR"}}


def unknown_denominator(d):
    alone = {"statistic": "percentage", "unit": "percent", "value": 10, "endpoint": "AE", "population": "Q"}
    cohort = {"statistic": "count", "unit": "patients", "value": 53, "n": 53, "population": "Q"}
    evaluable = {**cohort, "value": 38, "events": 38}
    return {**d, "cohort": cohort, "evaluable": evaluable, "ae": alone}


def count_beyond_patients(d):
    return changed(d, "primary_count", value=d["primary_count"]["n"] + 5, events=None)


def whole_above_parts(d):
    return changed(d, "median", value=round(d["acquired_median"]["value"] * 1.3 + 0.2, 1))


def whole_above_parts_of_a_larger_study(d):
    screened = {"statistic": "count", "unit": "patients", "value": 999, "n": 999, "population": "Q"}
    return {**whole_above_parts(d), "screened": screened}


def whole_below_parts(d):
    return changed(d, "median", value=round(d["primary_median"]["value"] * 0.7 - 0.2, 1))


def parts_by_a_p_value(d):
    part = {"statistic": "median", "unit": "months", "resistance": "acquired", **PFS}
    high = d["acquired_median"]["value"]
    first = {**part, "analysis_set": "few lesions", "value": round(0.7 * high, 1)}
    second = {**part, "analysis_set": "many lesions", "value": round(0.2 * high, 1)}
    p = {
        "statistic": "p value",
        "p": 0.001,
        "p_bound": True,
        "resistance": "acquired",
        "analysis_set": "few lesions",
        "comparator": "many lesions",
        "favours": "group",
        **PFS,
    }
    return {**d, "few": first, "many": second, "few_p": p}


def whole_near_one_part(d):
    low = d["primary_median"]["value"]
    far = changed(d, "acquired_median", value=6 * low, lower=4.5 * low, upper=8 * low)
    return changed(far, "median", value=round(5.5 * low, 1))


def p_too_small(d):
    far = changed(
        d,
        "acquired_median",
        value=round(d["primary_median"]["value"] * 1.05 + 0.1, 1),
        lower=None,
        upper=None,
        level=None,
        interval_label=None,
    )
    return changed(far, "p", p=1e-5, p_bound=False, decimals=5)


def p_too_large(d):
    far = changed(
        d,
        "acquired_median",
        value=round(d["primary_median"]["value"] * 6, 1),
        lower=None,
        upper=None,
        level=None,
        interval_label=None,
    )
    return changed(far, "p", p=0.3, p_bound=False, decimals=1)


def medians_exchanged(d):
    bare = {"lower": None, "upper": None, "level": None, "interval_label": None}
    low = d["primary_median"]["value"]
    far = changed(d, "primary_median", value=2 * low, **bare)
    return changed(changed(far, "acquired_median", value=low, **bare), "p", p=0.001, p_bound=True)


def p_of_impossible_separation(d):
    small = {"n": 4, "n_comparator": 5}
    d = changed(d, "p", p=1e-7, p_bound=True, decimals=7, **small)
    return changed(changed(d, "primary_median", n=5), "acquired_median", n=4)


def landmark_above_half(d):
    at = d["primary_median"]["value"] * 2
    mark = {"statistic": "landmark", "unit": "percent", "value": 58, "at": at, "resistance": "primary", "n": 50, **PFS}
    return {**d, "landmark": mark}


def landmark_below_half(d):
    at = d["primary_median"]["value"] / 2
    mark = {"statistic": "landmark", "unit": "percent", "value": 41, "at": at, "resistance": "primary", "n": 50, **PFS}
    return {**d, "landmark": mark}


def not_reached_later(d):
    late = {"statistic": "not reached", "unit": "months", "at": 60, "resistance": "primary", **PFS}
    mark = {"statistic": "landmark", "unit": "percent", "value": 3, "at": 48, "resistance": "primary", "n": 50, **PFS}
    return {**d, "landmark": mark, "late": late}


def landmark_off_exponential(d):
    at = d["primary_median"]["value"] * 5
    mark = {"statistic": "landmark", "unit": "percent", "value": 30, "at": at, "resistance": "primary", "n": 50, **PFS}
    return {**d, "landmark": mark}


def point_outside(d):
    return changed(d, "primary_median", value=round(d["primary_median"]["upper"] + 0.3, 1))


def lower_arm_longer(d):
    value = d["primary_median"]["value"]
    limits = {"lower": round(value / 6, 1), "upper": round(value * 1.05 + 0.1, 1)}
    return changed(d, "primary_median", **limits)


def interval_too_narrow(d):
    value, n = d["primary_median"]["value"], d["primary_median"]["n"]
    error = 1 / (7 * math.log(2) * math.sqrt(n))
    return changed(
        d,
        "primary_median",
        value=10 * value,
        lower=round(10 * value * math.exp(-1.96 * error), 1),
        upper=round(10 * value * math.exp(1.96 * error), 1),
    )


def ratio_interval_shifted(d):
    return changed(d, "hr", upper=round(d["hr"]["upper"] * 2, 2), lower=round(d["hr"]["lower"] * 1.1, 2))


def ratio_outside(d):
    return changed(d, "hr", value=round(d["hr"]["upper"] + 0.05, 2))


def ratio_interval_too_narrow(d):
    return changed(d, "hr", value=0.6, lower=0.59, upper=0.61)


def ratio_and_p(d):
    return changed(changed(d, "hr", value=0.4, lower=0.25, upper=0.64), "p", p=0.4, p_bound=False, decimals=1)


def ratio_and_medians(d):
    return changed(d, "hr", value=1.8, lower=1.3, upper=2.5, favours="comparator")


def wrong_side(d):
    return changed(d, "hr", favours="comparator", value=0.4, lower=0.25, upper=0.64)


def printed_ratio(d):
    return changed(d, "ratio", value=round(d["ratio"]["value"] * 1.3, 2))


def proportion_interval_shifted(d):
    held = d["primary_orr"]
    return changed(d, "primary_orr", lower=max(held["lower"] - 9.3, 0.1), upper=held["upper"] + 11.1)


def proportion_outside(d):
    return changed(d, "primary_orr", lower=99.1, upper=99.9)


def classes_overlap(d):
    bigger = d["primary_count"]["n"] - d["acquired_count"]["value"] + 3
    return changed(d, "primary_count", value=bigger, events=bigger)


def responses_do_not_add_up(d):
    return changed(d, "cr", value=min(d["cr"]["value"] + 6, 99.0))


def rates_do_not_add_up(d):
    total = d["orr"]["n"]
    x = d["primary_orr"]["events"] + d["acquired_orr"]["events"]
    more = x - 3 if x > total / 2 else x + 3
    return changed(d, "orr", value=round(100 * more / total, 1))


def said_otherwise(d):
    again = {**d["median"], "value": d["median"]["value"] + 0.6}
    return {**d, "again": again}


def another_size(d):
    return changed(d, "acquired_orr", n=d["acquired_orr"]["n"] + 9)


PLANTED = [
    (percentage_off, "count v percentage v n", "impossible"),
    (percentage_of_other_patients, "count v percentage v n", "impossible"),
    (no_whole_number, "count v percentage v n", "impossible"),
    (unknown_denominator, "count v percentage v n", "impossible"),
    (count_beyond_patients, "count v percentage v n", "impossible"),
    (whole_above_parts, "whole median v its parts", "impossible"),
    (whole_above_parts_of_a_larger_study, "whole median v its parts", "impossible"),
    (whole_below_parts, "whole median v its parts", "impossible"),
    (parts_by_a_p_value, "whole median v its parts", "impossible"),
    (whole_near_one_part, "whole v mixture of parts", "tense"),
    (p_too_small, "p v medians v n", "tense"),
    (p_too_large, "p v medians v n", "tense"),
    (medians_exchanged, "p v medians v n", "impossible"),
    (p_of_impossible_separation, "p v medians v n", "impossible"),
    (landmark_above_half, "order along one curve", "impossible"),
    (landmark_below_half, "order along one curve", "impossible"),
    (not_reached_later, "order along one curve", "impossible"),
    (landmark_off_exponential, "median v landmark", "tense"),
    (point_outside, "point v its interval", "impossible"),
    (lower_arm_longer, "median v its interval", "tense"),
    (interval_too_narrow, "interval v n", "tense"),
    (ratio_interval_shifted, "hazard ratio v its interval", "tense"),
    (ratio_outside, "point v its interval", "impossible"),
    (ratio_interval_too_narrow, "hazard ratio v n", "impossible"),
    (ratio_and_p, "hazard ratio v p", "tense"),
    (ratio_and_medians, "hazard ratio v medians", "tense"),
    (wrong_side, "hazard ratio v p", "impossible"),
    (printed_ratio, "ratio of medians v medians", "impossible"),
    (proportion_interval_shifted, "proportion v its interval", "tense"),
    (proportion_outside, "proportion v its interval", "impossible"),
    (classes_overlap, "classes v all patients", "impossible"),
    (responses_do_not_add_up, "parts of response", "impossible"),
    (rates_do_not_add_up, "rates of parts v whole", "impossible"),
    (said_otherwise, "printed twice", "impossible"),
    (another_size, "sizes of one group", "tense"),
]


@pytest.mark.parametrize(("plant", "compared", "least"), PLANTED, ids=lambda x: getattr(x, "__name__", None))
@given(document=documents())
def test_law_a_planted_contradiction_is_found_where_it_is(plant, compared, least, document):
    found = {line.verdict for line in check(built(plant(document))).where(compared=compared)}
    assert found & {least, "impossible"}, found


@pytest.mark.parametrize("plant", [plant for plant, *_ in PLANTED], ids=lambda x: x.__name__)
@settings(max_examples=5)
@given(document=documents(), rng=st.randoms(use_true_random=False))
def test_law_opinions_of_whoever_read_the_document_decide_nothing(plant, document, rng):
    planted = built(plant(document))
    doubted = [
        f.with_(
            outcome_defined=i % 2 == 0,  # neighbours differ: what is printed twice, parts, sides
            printed=f"words {rng.random()}",
            refused=f"words {rng.random()}",
            derivation=f"words {rng.random()}",
            flags=("X: the numbers disagree",) if rng.random() < 0.5 else (),
        )
        for i, f in enumerate(sorted(planted, key=lambda f: (f.statistic, f.endpoint or "", f.id)))
    ]
    assert check(doubted) == check(planted)
