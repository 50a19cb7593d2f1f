"""Counts recovered from percentages, by enumeration: the only whole numbers, and totals that add up."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest

from icibaseline import evidence


def prints_as(part, whole, percent):
    """Whether part/whole prints as this percentage, by either rule for ties."""
    exact = Decimal(100 * part) / Decimal(whole)
    places = Decimal(1).scaleb(Decimal(percent).as_tuple().exponent)
    return any(exact.quantize(places, rule) == Decimal(percent) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("id", "percent", "count"),
    [("mel_orr", "12.5", 58), ("mel_cr", "0.4", 2), ("mel_pr", "12.1", 56), ("mel_sd", "20.7", 96)],
)
def test_published_response_counts_are_the_only_whole_numbers(id, percent, count):
    (finding,) = evidence.findings(id=id)
    assert [x for x in range(464) if prints_as(x, 463, percent)] == [count]
    assert (finding.value, finding.events, finding.n) == (float(percent), count, 463)
    assert finding.derivation


REGIMENS = {  # regimen: (share of 463 as printed, response rate as printed, responders, patients)
    "carbo_pac": ("32", "14.3", 21, 147),
    "dtic": ("25", "10.2", 12, 118),
    "tmz": ("15", "2.8", 2, 71),
    "taxane": ("9", "25.0", 10, 40),
    "fotemustine": ("6", "10.3", 3, 29),
    "other": ("13", "17.2", 10, 58),
}


@pytest.mark.parametrize("regimen", REGIMENS)
def test_published_regimen_counts_are_the_only_pair(regimen):
    share, rate, events, n = REGIMENS[regimen]
    sizes = [size for size in range(1, 464) if prints_as(size, 463, share)]
    pairs = [(x, size) for size in sizes for x in range(size + 1) if prints_as(x, size, rate)]
    assert pairs == [(events, n)], "unique by itself, before the totals are looked at"
    (response,) = evidence.lookup(f"mel_orr_{regimen}")
    (mix,) = evidence.findings(id=f"mel_share_{regimen}")
    assert (response.value, response.events, response.n) == (float(rate), events, n)
    assert (mix.value, mix.events, mix.n) == (float(share), n, 463)
    assert f"{events}/{n}" in response.derivation


def test_published_regimens_add_up_to_the_cohort():
    found = [evidence.lookup(f"mel_orr_{regimen}")[0] for regimen in REGIMENS]
    assert (sum(f.events for f in found), sum(f.n for f in found)) == (58, 463)
    responses = [evidence.findings(id=id)[0].events for id in ("mel_cr", "mel_pr", "mel_orr")]
    assert responses[0] + responses[1] == responses[2]


def test_published_other_rounded_shares_leave_the_count_open():
    for percent, id in (("60", "mel_men"), ("15", "mel_braf"), ("86", "mel_m1c"), ("29", "mel_brain")):
        assert len([x for x in range(464) if prints_as(x, 463, percent)]) > 1
        assert evidence.findings(id=id)[0].events is None


# printed: percentage, of how many patients, count, and the findings that carry both
ONLY_COUNTS = [
    ("18", 38, 7, ["promit_orr_percent", "promit_orr_count"]),
    ("37", 38, 14, ["promit_dcr_percent"]),
    ("45", 40, 18, ["nsclc_primary_percent", "nsclc_primary_count"]),
    ("55", 40, 22, ["nsclc_acquired_percent", "nsclc_acquired_count"]),
    ("46.2", 496, 229, ["hcc_primary_percent", "hcc_primary_count"]),
    ("28.4", 496, 141, ["hcc_secondary_percent", "hcc_secondary_count"]),
    ("25.4", 496, 126, ["hcc_durable_percent", "hcc_durable_count"]),
]


@pytest.mark.parametrize(("percent", "n", "count", "ids"), ONLY_COUNTS)
def test_published_counts_are_the_only_whole_numbers(percent, n, count, ids):
    assert [x for x in range(n + 1) if prints_as(x, n, percent)] == [count]
    for id in ids:
        (f,) = evidence.findings(id=id)
        assert (f.events, f.n) == (count, n)
        assert (f.value, f.unit) == ((float(percent), "percent") if id.endswith("_percent") else (count, "patients"))


def test_published_promit_responses_are_of_the_evaluable_patients():
    for percent in ("18", "37"):
        assert not [x for x in range(54) if prints_as(x, 53, percent)], "no whole number of those enrolled prints so"
    (evaluable,), (enrolled,) = evidence.lookup("promit_orr"), evidence.lookup("promit_orr_enrolled")
    (disease_control,) = evidence.lookup("promit_dcr")
    assert (evaluable.analysis_set, enrolled.analysis_set) == ("evaluable", "enrolled")
    assert disease_control.analysis_set == "evaluable"
    assert (evaluable.events, evaluable.n, enrolled.events, enrolled.n) == (7, 38, 7, 53)
    assert evaluable.read_with == (enrolled.id,)
    (counted,) = evidence.findings(id="promit_evaluable")
    assert (counted.events, counted.n) == (evaluable.n, enrolled.n)
    assert f"{counted.n - counted.events} who were not evaluable" in enrolled.derivation


def test_published_promit_adverse_events_have_no_known_denominator():
    fitting = [n for n in range(38, 54) if any(prints_as(x, n, "10") for x in range(n + 1))]
    assert fitting == [39, 40, 41, 42, 48, 49, 50, 51, 52], "neither the 38 evaluable nor the 53 enrolled"
    (f,) = evidence.findings(id="promit_ae_percent")
    assert (f.value, f.unit, f.n, f.events, f.supports) == (10, "percent", None, None, None)
    assert any(flag.startswith("X: ") for flag in f.flags)
    assert "39 to 42 and of 48 to 52" in f.refused


def test_law_a_count_is_of_its_events_or_of_all_its_patients():
    for f in evidence.findings():
        if f.statistic == "count":
            assert f.unit == "patients"
            assert f.value in (f.events, f.n)
        if f.events is not None and f.unit == "percent":
            assert prints_as(f.events, f.n, f"{f.value:.{f.decimals}f}")


def test_published_groups_add_up():
    primary, acquired = evidence.lookup("mcc_share_primary")
    assert (primary.events, acquired.events, primary.n) == (44, 31, 106)
    assert prints_as(44, 106, "42")
    assert prints_as(31, 106, "29")
    responders, others = (evidence.findings(id=f"mel_os_{g}")[0].n for g in ("responders", "nonresponders"))
    assert responders + others == 463
    shares = evidence.lookup("hcc_share")
    assert [f.resistance for f in shares] == ["primary", "secondary", "durable"]
    assert [f.events for f in shares] == [229, 141, 126]
    assert sum(f.events for f in shares) == 496 == shares[0].n
    lung = [evidence.findings(id=f"nsclc_{group}")[0] for group in ("primary_count", "acquired_count", "cohort")]
    assert lung[0].events + lung[1].events == lung[2].n == 40
    assert [evidence.lookup(f"nsclc_pfs_{group}")[0].n for group in ("primary", "acquired")] == [18, 22]


def test_reference_interval_of_the_promit_response_is_that_of_clopper_and_pearson():
    from scipy.stats import binomtest

    (f,) = evidence.lookup("promit_orr")
    exact = binomtest(f.events, f.n).proportion_ci(f.level, "exact")
    assert (round(exact.low, 2), round(exact.high, 2)) == (f.lower, f.upper)
    assert [round(x, 2) for x in binomtest(7, 53).proportion_ci(0.95, "exact")] != [f.lower, f.upper]
