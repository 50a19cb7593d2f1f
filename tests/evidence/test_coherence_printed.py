"""Numbers that a document prints and that are easily passed over: events, counts, endpoints in their order."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from icibaseline.evidence import Finding
from icibaseline.evidence.coherence import check

COMMON = {"document": "made", "printed": "printed", "refused": "made up", "treatment": "T", "population": "P"}
PFS = {"endpoint": "PFS", "origin": "start"}
TWO = {"n": 150, "comparator": "other", "n_comparator": 150, "favours": "group", "read_with": ("a", "b")}


def report(**document):
    return check([Finding(**{**COMMON, "id": id, **fields}) for id, fields in document.items()])


def only(found, compared):
    (line,) = found.where(compared=compared)
    return line


# ---- events of both sides ------------------------------------------------------------------------


def trial(longer, shorter, size=150, **test):
    """Two medians and what compares them."""
    month = {"statistic": "median", "unit": "months", "decimals": 1, "n": size, **PFS}
    medians = {
        "a": {**month, "value": longer, "analysis_set": "experimental"},
        "b": {**month, "value": shorter, "analysis_set": "other"},
    }
    compared = {**TWO, "n": size, "n_comparator": size, "analysis_set": "experimental", **PFS}
    return report(**medians, test={**compared, **test})


def p_value(p, **more):
    return {"statistic": "p value", "p": p, "decimals": 4, **more}


def ratio(value, lower, upper, **more):
    interval = {"lower": lower, "upper": upper, "level": 0.95, "interval_label": "CI", "decimals": 2}
    return {"statistic": "hazard ratio", "unit": "ratio", "value": value, **interval, **more}


def test_published_formula_events_printed_are_those_that_a_p_value_needs():
    found = trial(9.0, 5.0, **p_value(0.0001, events=20))
    line, shape = only(found, "p v medians v n"), only(found, "hazard ratio v medians")
    numbers = dict(line.numbers)
    assert line.verdict == "tense"
    assert (numbers["events printed"], numbers["patients"]) == (20, 300)
    assert "158 to 201 events, and 20 of 300 patients had one: with so many" in line.consequence
    assert "possible" not in line.consequence
    assert shape.consequence.startswith("As 20 of 300 patients had the event")
    # z = 3.8906 of 20 events, half of the patients on either side: HR = exp(-3.8906 x 2 / sqrt(20))
    assert dict(shape.numbers)["least hazard ratio"] == pytest.approx(0.1755, abs=2e-4)
    assert dict(shape.numbers)["most hazard ratio"] == dict(shape.numbers)["least hazard ratio"]


def test_law_events_that_fit_are_coherent_and_named():
    line = only(trial(9.0, 5.0, **p_value(0.0001, events=180)), "p v medians v n")
    assert line.verdict == "coherent"
    assert "180 of 300 patients had one, which is possible" in line.consequence
    unsaid = only(trial(9.0, 5.0, **p_value(0.0001)), "p v medians v n")
    assert "events printed" not in dict(unsaid.numbers)
    assert "158 to 201 events of 300 patients, which is possible" in unsaid.consequence


def test_law_more_events_than_a_p_value_supports():
    line = only(trial(16.0, 4.0, **p_value(0.04, events=280)), "p v medians v n")
    assert line.verdict == "tense"
    assert "and 280 of 300 patients had one: the medians differ more" in line.consequence


@pytest.mark.parametrize("events", [0, 290])
def test_law_events_of_nobody_or_of_more_than_all_are_impossible(events):
    found = trial(9.0, 5.0, size=140, n=300, n_comparator=None, **p_value(0.0001, events=events))
    line = only(found, "p v medians v n")
    assert line.verdict == "impossible"
    assert f"{events} of 280 patients" in line.consequence
    assert len(found.where(compared="hazard ratio v medians")) == 0


def test_law_a_complete_separation_takes_events():
    line = only(trial(40.0, 1.0, size=20, **p_value(1e-7, decimals=8, events=2)), "p v medians v n")
    assert line.verdict == "impossible"  # 2 events of 40 patients: z = 5.2 at most, where 5.3 is printed


def test_published_formula_an_interval_of_a_hazard_ratio_needs_events():
    interval = ratio(0.70, 0.50, 0.98)
    line = only(trial(9.0, 6.3, **interval, events=40), "hazard ratio v n")
    numbers = dict(line.numbers)
    assert (line.verdict, round(numbers["fewest events"], 1), numbers["events printed"]) == ("impossible", 135.7, 40)
    assert "40 of at most 300 patients had one" in line.consequence
    assert only(trial(9.0, 6.3, **interval, events=134), "hazard ratio v n").verdict == "coherent"  # rounded limits
    assert only(trial(9.0, 6.3, **interval), "hazard ratio v n").verdict == "coherent"
    beside = only(trial(9.0, 6.3, **interval, events=140), "hazard ratio v medians")
    assert "within the error of 140 events of 300 patients" in beside.consequence


def test_law_printed_events_are_the_precision_of_a_hazard_ratio_beside_medians():
    bare = {"statistic": "hazard ratio", "unit": "ratio", "value": 1.4, "decimals": 1, "favours": "comparator"}
    verdicts = [only(trial(9.0, 4.5, **bare, events=x), "hazard ratio v medians").verdict for x in (8, 300)]
    assert verdicts == ["coherent", "tense"]


def test_law_events_of_one_median_are_not_those_of_both_sides():
    month = {"statistic": "median", "unit": "months", "decimals": 1, **PFS}
    first = {**month, "value": 9.0, "p": 0.0001, "events": 20, "analysis_set": "experimental", **TWO}
    found = report(a=first, b={**month, "value": 5.0, "n": 150, "analysis_set": "other"})
    assert "events printed" not in dict(only(found, "p v medians v n").numbers)


def test_published_abstract_adjusted_hazard_ratio_beside_a_log_rank_p_value_is_tense():
    both = {**COMMON, "analysis_set": "experimental", "comparator": "other", "n": 60, "n_comparator": 60, **PFS}
    hazard = Finding(id="hr", **{**both, **ratio(0.45, 0.26, 0.78)})
    test = Finding(id="p", **{**both, "statistic": "p value", "p": 0.25})
    line = only(check([hazard, test]), "hazard ratio v p")
    assert line.verdict == "tense"
    assert "adjusted and crude" in line.consequence


# ---- order of endpoints --------------------------------------------------------------------------


def of_endpoint(endpoint, value, **more):
    kind = {"statistic": "median", "unit": "months", "n": 60, "decimals": 1}
    return {**kind, "value": value, "endpoint": endpoint, "origin": "start", **more}


def landmark(endpoint, value, at=12, **more):
    return of_endpoint(endpoint, value, **{"statistic": "landmark", "unit": "percent", "at": at, "decimals": 0, **more})


ORDER = "order of endpoints"
PAIRS = [("PFS", "TTP"), ("PFS", "OS"), ("PFS", "DSS"), ("OS", "DSS")]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (of_endpoint("PFS", 14.0), of_endpoint("OS", 9.0), "impossible"),
        (of_endpoint("OS", 9), of_endpoint("DSS", 6), "impossible"),
        (of_endpoint("PFS", 8), of_endpoint("TTP", 3), "impossible"),
        (landmark("PFS", 55), landmark("OS", 40), "impossible"),
        (of_endpoint("PFS", 9.4), of_endpoint("OS", 9.0), "tense"),
        (of_endpoint("PFS", 9.6), of_endpoint("OS", 9.0), "impossible"),
        (of_endpoint("PFS", 9, decimals=0), of_endpoint("OS", 8.5), "coherent"),  # 9 may be 8.5
        (landmark("PFS", 44), landmark("OS", 40), "tense"),
        (landmark("PFS", 41), landmark("OS", 40), "coherent"),  # 40.5 may be both
        (of_endpoint("PFS", 4.0), of_endpoint("OS", 9.0), "coherent"),
        (of_endpoint("PFS", 30, unit="weeks"), of_endpoint("OS", 0.4, unit="years"), "impossible"),
        (of_endpoint("PFS", 14.0, n=55), of_endpoint("OS", 9.0), "tense"),  # not quite the same patients
        (of_endpoint("PFS", 14.0, n=None), of_endpoint("OS", 9.0), "impossible"),
        (of_endpoint("PFS", 14.0, origin=None), of_endpoint("OS", 9.0, origin=None), "impossible"),
    ],
)
def test_law_no_endpoint_comes_after_one_that_it_precedes(first, second, verdict):
    found = report(a=first, b=second)
    assert only(found, ORDER).verdict == verdict
    assert tuple(only(found, ORDER).findings) == ("a", "b")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (of_endpoint("TTP", 14), of_endpoint("OS", 9)),  # whoever dies without progression is censored
        (of_endpoint("PFS", 14), of_endpoint("PPS", 9)),
        (of_endpoint("PFS", 14, resistance="primary"), of_endpoint("OS", 9, resistance="acquired")),
        (of_endpoint("PFS", 14, origin="first-line start"), of_endpoint("OS", 9)),
        (of_endpoint("PFS", 14, origin=None), of_endpoint("OS", 9)),
        (landmark("PFS", 55, at=6), landmark("OS", 40)),
    ],
)
def test_law_other_patients_months_or_origins_are_not_ordered(first, second):
    assert len(report(a=first, b=second).where(compared=ORDER)) == 0


@given(st.sampled_from(PAIRS), st.floats(0.5, 40), st.floats(1, 3), st.integers(0, 1))
def test_law_an_endpoint_that_precedes_is_never_blamed_in_either_order(pair, least, times, decimals):
    held = [of_endpoint(e, max(round(x, decimals), 0.5), decimals=decimals)
            for e, x in zip(pair, (least, least * times), strict=True)]  # fmt: skip
    assert only(report(a=held[0], b=held[1]), ORDER).verdict == "coherent"
    assert only(report(a=held[1], b=held[0]), ORDER).verdict == "coherent"


# ---- counts --------------------------------------------------------------------------------------

PARTS, OF_PARTS = "parts of response", "rates of parts v whole"


def count(endpoint, value, n=60, **more):
    return {"statistic": "count", "unit": "patients", "value": value, "n": n, "endpoint": endpoint, **more}


def percent(endpoint, value, n=60, **more):
    return {"statistic": "percentage", "unit": "percent", "value": value, "n": n, "endpoint": endpoint, **more}


def verdicts(found, compared):
    return sorted(line.verdict for line in found.where(compared=compared))


def test_law_counts_of_responses_add_up():
    orr, cr, pr = count("ORR", 25), count("CR", 10), count("PR", 20)
    found = report(orr=orr, cr=cr, pr=pr, dcr=count("DCR", 18))
    bad = found.where(compared=PARTS, verdict="impossible")
    assert {("orr", "cr", "pr"), ("dcr", "orr")} <= {line.findings for line in bad}
    assert any("add up to 30 of 60 patients, not 25 of 60" in line.consequence for line in bad)
    assert verdicts(report(orr=orr, cr=cr, pr=count("PR", 15)), PARTS) == ["coherent"]
    assert verdicts(report(orr=orr, cr=count("CR", 30)), PARTS) == ["impossible"]
    assert verdicts(report(dcr=count("DCR", 18), sd=count("SD", 19)), PARTS) == ["impossible"]
    assert verdicts(report(orr=orr, cr=count("CR", 10, n=61)), PARTS) == []


def test_law_counts_and_percentages_of_responses_add_up_to_each_other():
    orr = count("ORR", 25)
    assert verdicts(report(orr=orr, cr=percent("CR", 17), pr=percent("PR", 33)), PARTS) == ["impossible"]
    assert verdicts(report(orr=orr, cr=percent("CR", 17), pr=percent("PR", 25)), PARTS) == ["coherent"]
    twice = report(orr=orr, again=percent("ORR", 42), cr=count("CR", 10), pr=count("PR", 20))
    assert verdicts(twice, PARTS) == ["impossible"]  # once, though two forms of one rate are printed


def test_law_a_count_beside_events_may_be_of_all_who_were_looked_at():
    enrolled = count("ORR", 60, events=25)
    assert verdicts(report(orr=enrolled, cr=count("CR", 10), pr=count("PR", 15)), PARTS) == ["coherent"]
    assert verdicts(report(orr=enrolled, cr=count("CR", 10), pr=count("PR", 20)), PARTS) == ["impossible"]
    nobody = report(orr=count("ORR", 60, events=0), cr=count("CR", 1))
    assert verdicts(nobody, PARTS) == ["impossible"]
    evaluable = count("ORR", 60)  # how many were evaluable, not how many responded
    assert verdicts(report(orr=evaluable, cr=count("CR", 10), pr=count("PR", 20)), PARTS) == []


def test_law_counts_of_parts_add_up_to_that_of_the_whole():
    whole, first = count("ORR", 30, 100, resistance="any"), count("ORR", 20, resistance="primary")
    for x, verdict in ((25, "impossible"), (10, "coherent")):
        found = report(whole=whole, a=first, b=count("ORR", x, 40, resistance="acquired"))
        assert verdicts(found, OF_PARTS) == [verdict]
    mixed = report(
        whole=whole, a=percent("ORR", 33, resistance="primary"), b=count("ORR", 25, 40, resistance="acquired")
    )
    assert verdicts(mixed, OF_PARTS) == ["impossible"]


@pytest.mark.parametrize("size", [60, 70])
def test_law_a_share_gives_the_denominator_of_a_count(size):
    share = {"statistic": "share", "unit": "percent", "value": size, "n": 100, "resistance": "primary"}
    found = report(whole=count("ORR", 30, 100, resistance="any"), a=count("ORR", 20, resistance="primary"), share=share,
                   b=count("ORR", 10, 40, resistance="acquired"))  # fmt: skip
    assert verdicts(found, OF_PARTS) == ["coherent" if size == 60 else "impossible"]


@pytest.mark.parametrize(("value", "events"), [(25, 20), (25.5, None), (61, None)])
def test_law_a_count_is_its_events_or_its_patients(value, events):
    (line,) = report(a=count("ORR", value, events=events)).where(compared="count v percentage v n")
    assert line.verdict == "impossible"


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40), st.booleans())
def test_law_counts_of_one_truth_are_coherent(x, cr, y, printed_twice):
    cr = min(cr, x)
    document = {
        "orr": count("ORR", x, events=x, resistance="primary"),
        "cr": count("CR", cr, events=cr, resistance="primary"),
        "pr": count("PR", x - cr, events=x - cr, resistance="primary"),
        "other": count("ORR", y, 40, events=y, resistance="acquired"),
        "all": count("ORR", x + y, 100, events=x + y, resistance="any"),
    }
    if printed_twice:
        document["again"] = percent("ORR", round(100 * x / 60, 1), decimals=1, resistance="primary")
    found = report(**document)
    assert verdicts(found, PARTS) == verdicts(found, OF_PARTS) == ["coherent"]
    assert found.worst == "coherent"
