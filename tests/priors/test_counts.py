"""The route from counts to a rate, against printed tables, closed forms of intervals, and enumeration."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st
from scipy.stats import beta, norm

from icibaseline import evidence
from icibaseline.distributions import BetaMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import interval_methods
from icibaseline.priors.counts import Counts


def finding(**changes: Any) -> Finding:
    fields = {"id": "c", "document": "mine", "printed": "x", "statistic": "count", "value": 7, "unit": "patients"}
    fields |= {"n": 38, "events": 7, "endpoint": "ORR", "supports": "mine", "route": "counts"}
    return Finding(**{**fields, **changes})


def percentage(value: float, n: int, decimals: int = 0, **changes: Any) -> Finding:
    named = {"statistic": "percentage", "value": value, "unit": "percent", "n": n, "decimals": decimals}
    return finding(**{**named, "events": None, **changes})


def one(found: Finding, *others: Finding) -> Findings:
    return Findings((found, *others))


def interval(lower: float, upper: float, unit: str = "proportion", **changes: Any) -> Finding:
    named = {"lower": lower, "upper": upper, "interval_unit": unit, "interval_label": "CI", "level": 0.95}
    return finding(**{**named, **changes})


ENROLLED = finding(id="all", n=53, analysis_set="enrolled", supports="other")
COHORT = finding(id="all", value=53, n=53, events=None, population="enrolled", supports=None, route=None, refused="x")


# ---- printed tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "law", "limits"),
    [
        (finding(), (7.5, 31.5), (0.086, 0.328)),
        (finding(n=53), (7.5, 46.5), (0.061, 0.242)),
        (percentage(18, 38), (7.5, 31.5), (0.086, 0.328)),
        (percentage(37, 38, endpoint="DCR"), (14.5, 24.5), None),
        (percentage(12.5, 463, 1), (58.5, 405.5), (0.0975, 0.1577)),
        (percentage(20.7, 463, 1), (96.5, 367.5), None),
        (percentage(10.2, 118, 1), (12.5, 106.5), None),
        (percentage(14.3, 147, 1), (21.5, 126.5), None),
        (percentage(2.8, 71, 1), (2.5, 69.5), None),
        (percentage(25.0, 40, 1), (10.5, 30.5), None),
        (percentage(10.3, 29, 1), (3.5, 26.5), None),
        (finding(value=29, events=29, n=221), (29.5, 192.5), (0.092, 0.180)),
        (finding(value=19, events=19, n=110), (19.5, 91.5), (0.111, 0.251)),
    ],
)
def test_published_rates(found: Finding, law: tuple[float, float], limits: tuple[float, float] | None) -> None:
    prior = Counts().prior(one(found))
    assert prior == BetaMixture((1.0,), (law[0],), (law[1],))
    if limits is not None:
        half = 0.5 * 10.0 ** -max(len(str(x)) - 2 for x in limits)
        assert prior.interval() == pytest.approx(limits, abs=1.01 * half)


@pytest.mark.parametrize(
    ("id", "law"),
    [
        ("mel_orr_chemo", (58.5, 405.5)),
        ("mel_orr_dtic", (12.5, 106.5)),
        ("mel_orr_carbo_pac", (21.5, 126.5)),
        ("mel_orr_tmz", (2.5, 69.5)),
        ("mel_orr_taxane", (10.5, 30.5)),
        ("mel_orr_fotemustine", (3.5, 26.5)),
        ("mel_orr_other", (10.5, 48.5)),
    ],
)
def test_published_rates_of_the_library(id: str, law: tuple[float, float]) -> None:
    found = Findings(evidence.lookup(id))
    assert Counts().prior(found) == BetaMixture((1.0,), (law[0],), (law[1],))
    assert "is the only whole number of" in Counts().explain(found)[0]


def test_published_interval_is_that_of_clopper_and_pearson() -> None:
    assert beta.ppf([0.025, 0.975], [7, 8], [32, 31]) == pytest.approx([0.0774, 0.3433], abs=5e-5)
    found = interval(0.08, 0.34)
    assert Counts().explain(one(found)) == (
        "Jeffreys prior Beta(0.5, 0.5) and 7 of 38 give Beta(7.5, 31.5)",
        "the printed interval is that of Clopper-Pearson",
    )
    assert Counts().flags(one(found)) == ()
    percent = percentage(18, 38, lower=8, upper=34, interval_label="unstated")
    assert Counts().explain(one(percent))[-1].endswith("is that of Clopper-Pearson")
    mixed = percentage(18, 38, 2, lower=0.08, upper=0.34, interval_unit="proportion", interval_label="unstated")
    assert Counts().prior(one(mixed)) == Counts().prior(one(found))  # two digits are those of the interval
    assert Counts().explain(one(mixed))[-1].endswith("is that of Clopper-Pearson")
    (flag,) = Counts().flags(one(interval(0.10, 0.34)))
    assert flag == "no usual interval of 7 of 38 prints as 0.1 to 0.34"
    for silent in (finding(), interval(0.08, 0.34, interval_label="range", level=None), interval(3, 13, "patients")):
        assert len(Counts().explain(one(silent))) == 1
        assert Counts().flags(one(silent)) == ()


def test_published_denominators() -> None:
    for wider, named in ((ENROLLED, "enrolled"), (COHORT, "enrolled")):
        found = one(finding(analysis_set="evaluable"), wider)
        uniform, moved = Counts().sensitivity(found)
        assert (uniform.label, uniform.prior) == ("uniform prior Beta(1, 1)", BetaMixture((1.0,), (8.0,), (32.0,)))
        assert moved.label == f"7 of the 53 patients of {named!r}, the others counted as without the event"
        assert moved.prior == BetaMixture((1.0,), (7.5,), (46.5,))
        assert Counts().flags(found) == (
            "the denominator is the 38 patients of 'evaluable'",
            "of the 53 patients of 'enrolled' the rate is 0.132 instead of 0.184",
        )


# ---- closed forms ------------------------------------------------------------------------------------


def closed_form(name: str, x: int, n: int, level: float) -> tuple[float, float]:
    tail, p = (1 - level) / 2, x / n
    z = norm.isf(tail)
    if name == "Clopper-Pearson":
        return (beta.ppf(tail, x, n - x + 1) if x else 0.0), (beta.isf(tail, x + 1, n - x) if x < n else 1.0)
    if name == "Jeffreys":
        return beta.ppf(tail, x + 0.5, n - x + 0.5), beta.isf(tail, x + 0.5, n - x + 0.5)
    if name == "Wilson":
        middle, half = (p + z**2 / (2 * n)), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


@given(st.integers(10, 300), st.floats(0.15, 0.85), st.sampled_from([0.8, 0.9, 0.95, 0.99]), st.integers(2, 6))
def test_reference_every_interval_is_recognised_as_printed(n: int, share: float, level: float, digits: int) -> None:
    x = round(share * n)
    for name in ("Clopper-Pearson", "Wilson", "Jeffreys", "Wald"):
        lower, upper = closed_form(name, x, n, level)
        if lower <= 0 or upper >= 1:
            continue
        assert name in interval_methods(x, n, round(lower, digits), round(upper, digits), level, digits)
        assert name not in interval_methods(x, n, round(lower, digits), round(upper, digits) + 0.03, level, digits)


def test_reference_six_digits_tell_the_methods_apart() -> None:
    for name in ("Clopper-Pearson", "Wilson", "Jeffreys", "Wald"):
        lower, upper = (round(x, 6) for x in closed_form(name, 7, 38, 0.95))
        assert interval_methods(7, 38, lower, upper, 0.95, 6) == (name,)


# ---- laws --------------------------------------------------------------------------------------------


@given(st.integers(1, 99), st.integers(0, 99), st.sampled_from(["percent", "proportion"]))
def test_law_a_percentage_with_one_digit_gives_back_its_count(n: int, part: int, unit: str) -> None:
    x = part % (n + 1)
    in_unit, digits = (100 * x / n, 1) if unit == "percent" else (x / n, 3)
    found = one(percentage(round(in_unit, digits), n, digits, unit=unit))
    assert Counts().prior(found) == Counts().prior(one(finding(value=x, events=x, n=n)))


@given(st.integers(1, 500), st.integers(0, 500), st.floats(0.1, 3), st.floats(0.1, 3))
def test_law_events_and_their_absence_are_mirrored_and_four_times_as_many_halve_the_spread(
    n: int, part: int, a: float, b: float
) -> None:
    x = part % (n + 1)
    prior = Counts(prior_counts=(a, b)).prior(one(finding(value=x, events=x, n=n)))
    mirrored = Counts(prior_counts=(b, a)).prior(one(finding(value=n - x, events=n - x, n=n)))
    assert prior.quantile(0.1) == pytest.approx(1 - mirrored.quantile(0.9), abs=1e-10)
    assert prior.mean == pytest.approx((x + a) / (n + a + b), rel=1e-12)
    few, many = (
        Counts(prior_counts=(c * a, c * b)).prior(one(finding(value=c * x, events=c * x, n=c * n))) for c in (1, 4)
    )
    size = n + a + b
    assert few.sd / many.sd == pytest.approx(math.sqrt((4 * size + 1) / (size + 1)), rel=1e-9)  # 2 for large n


def test_law_the_order_of_companions_changes_the_order_of_rows_only() -> None:
    fewer = finding(id="few", n=30, supports="other")  # no wider set
    elsewhere = ENROLLED.with_(id="away", document="else")
    others = (ENROLLED, ENROLLED.with_(id="screened", n=70, analysis_set="screened"), fewer, elsewhere)
    there, back = (Counts().sensitivity(one(finding(), *order)) for order in (others, others[::-1]))
    assert len(there) == 3
    assert set(there) == set(back)
    assert Counts().prior(one(finding(), *others)) == Counts().prior(one(finding()))


def test_law_each_prior_shows_the_others() -> None:
    labels = {before: [a.label for a in Counts(prior_counts=before).sensitivity(one(finding()))]
              for before in ((0.5, 0.5), (1, 1), (2, 3))}  # fmt: skip
    assert labels[0.5, 0.5] == ["uniform prior Beta(1, 1)"]
    assert labels[1, 1] == ["Jeffreys prior Beta(0.5, 0.5)"]
    assert labels[2, 3] == ["Jeffreys prior Beta(0.5, 0.5)", "uniform prior Beta(1, 1)"]
    assert Counts(prior_counts=(2, 3)).explain(one(finding()))[0].startswith("prior Beta(2, 3) and 7 of 38")


def test_law_a_count_beside_a_coarse_percentage_is_taken_without_a_claim_that_it_is_the_only_one() -> None:
    found = one(percentage(2, 200, events=4))
    assert Counts().prior(found) == BetaMixture((1.0,), (4.5,), (196.5,))
    assert len(Counts().explain(found)) == 1


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Findings(()), "needs a count with its n"),
        (one(finding(), finding(id="b")), "exactly one count that supports the prior"),
        (one(finding(n=None, events=None)), "c has no n; the number of patients counted is needed"),
        (one(finding(events=None)), "c has no events; how many of the 38"),
        (one(percentage(2, 463)), "2 percent of 463 may be any of 7, 8, 9, 10, 11; the count is needed"),
        (one(percentage(2, 2000)), "may be any of 30, 31, 32, 33, 34, 35 or more; the count"),
        (one(percentage(10, 38)), "no whole number of 38 prints as 10 percent; the denominator is needed"),
        (one(percentage(10, 53)), "no whole number of 53 prints as 10 percent; the denominator is needed"),
        (one(percentage(120, 53)), "no whole number of 53 prints as 120 percent"),
        (one(percentage(18, 38, events=8)), "8 of 38 does not print as 18 percent; counts that do are needed"),
        (one(finding(supports=None, route=None, refused="Too few.")), "c is refused: Too few"),
    ],
)
def test_law_what_is_not_a_count_is_refused(found: Findings, why: str) -> None:
    assert not Counts().supports(found)
    for ask in (Counts().prior, Counts().sensitivity, Counts().explain, Counts().flags):
        with pytest.raises(RefusedFinding, match=rf"^`findings` must suit the route 'counts'; got .*{why}"):
            ask(found)


@pytest.mark.parametrize("bad", [0.5, (0.5,), (0.5, 0), (1, 2, 3), ("1", 1), None, (math.nan, 1)], ids=repr)
def test_law_bad_assumptions_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`prior_counts"):
        Counts(prior_counts=bad)  # type: ignore[arg-type]


def test_law_round_trips() -> None:
    route = Counts(prior_counts=(1, 1))
    assert Counts.from_dict(route.to_dict()) == route
    assert pickle.loads(pickle.dumps(route)) == route
    assert eval(repr(route), {"Counts": Counts}) == route
