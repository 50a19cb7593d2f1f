"""The route from counts of several classes to their shares."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from icibaseline import evidence
from icibaseline.distributions import BetaMixture, Dirichlet
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.shares import Shares

CLASSES = ("primary", "secondary", "durable", "neither")


def finding(
    resistance: str | None = "primary", events: int | None = 44, n: int | None = 106, **changes: Any
) -> Finding:
    fields = {
        "id": f"id_{resistance or 'unsorted'}",
        "document": "mine",
        "printed": "x",
        "statistic": "count",
        "unit": "patients",
    }
    fields |= {"value": events or 1, "events": events, "n": n, "resistance": resistance}
    return Finding(**{**fields, "supports": "mine", "route": "share", **changes})


def group(counts: tuple[int, ...], n: int) -> Findings:
    return Findings(tuple(finding(name, x, n) for name, x in zip(CLASSES, counts, strict=False)))


# ---- printed tables ----------------------------------------------------------------------------------


def test_published_share_of_primary_resistance() -> None:
    found = Findings(evidence.lookup("mcc_share_primary"))
    prior = Shares().prior(found)
    assert prior == BetaMixture((1.0,), (44.5,), (31.5,))
    assert prior.interval() == pytest.approx((0.474, 0.693), abs=5.1e-4)
    uniform, whole = Shares().sensitivity(found)
    assert uniform.prior == BetaMixture((1.0,), (45.0,), (32.0,))
    assert whole.label == "with the 31 others as one more class"
    assert whole.prior == Dirichlet((44.5, 31.5, 31.5), names=("primary", "acquired", "unclassified"))
    assert Shares().flags(found) == ("31 of the 106 patients are in none of the classes: left out",)
    (said,) = Shares().explain(found)
    assert said.endswith("give Beta(44.5, 31.5) on the share of primary among the two")


def test_published_shares_of_three_classes() -> None:
    found = group((229, 141, 126), 496)
    assert Shares().prior(found) == Dirichlet((229.5, 141.5, 126.5), names=CLASSES[:3])
    assert [a.label for a in Shares().sensitivity(found)] == ["uniform prior, 1 for each class"]
    assert Shares().flags(found) == ()
    assert "primary 229, secondary 141, durable 126, and 0.5 for each" in Shares().explain(found)[0]


# ---- laws --------------------------------------------------------------------------------------------

_COUNTS = st.lists(st.integers(0, 400), min_size=2, max_size=4).map(tuple).filter(any)


@given(_COUNTS, st.integers(0, 200), st.floats(0.1, 3))
def test_law_means_are_counts_over_their_sum_and_the_rest_changes_no_ratio(
    counts: tuple[int, ...], rest: int, count: float
) -> None:
    found, route = group(counts, sum(counts) + rest), Shares(prior_count=count)
    prior = route.prior(found)
    means = np.array([prior.mean, 1 - prior.mean]) if isinstance(prior, BetaMixture) else prior.mean
    expected = (np.array(counts) + count) / (sum(counts) + len(counts) * count)
    assert means == pytest.approx(expected, rel=1e-12)
    widened = [a.prior for a in route.sensitivity(found) if "one more class" in a.label]
    assert len(widened) == len(route.flags(found)) == (1 if rest else 0)
    for whole in widened:
        assert isinstance(whole, Dirichlet)
        assert whole.among(*range(len(counts))).a == pytest.approx(tuple(x + count for x in counts))
        assert whole.a[-1] == pytest.approx(rest + count)


def test_law_the_order_of_findings_is_the_order_of_shares() -> None:
    found = group((229, 141, 126), 500)
    for order in itertools.permutations(range(3)):
        prior = Shares().prior(Findings(tuple(found[i] for i in order)))
        assert isinstance(prior, Dirichlet)
        assert dict(zip(prior.names, prior.a, strict=True)) == {"primary": 229.5, "secondary": 141.5, "durable": 126.5}
    first, second = (Shares().prior(group((44, 31), 106)[::step]) for step in (1, -1))
    assert first.quantile(0.1) == pytest.approx(1 - second.quantile(0.9), rel=1e-9)


def test_law_four_times_the_patients_halve_the_spread() -> None:
    few, many = (Shares(prior_count=0.5 * c).prior(group((4400 * c, 3100 * c), 10_600 * c)) for c in (1, 4))
    assert few.sd == pytest.approx(2 * many.sd, rel=1e-4)


def test_law_classes_may_be_treatments_and_companions_are_no_classes() -> None:
    arms = [
        finding("primary", x, 100, id=name.replace(" ", ""), treatment=name) for name, x in (("a b", 30), ("c", 60))
    ]
    stranger = finding("durable", 99, 100, supports="other")
    refused = finding("durable", 99, 100, supports=None, route=None, refused="No.")
    found = Findings((*arms, stranger, refused))
    assert Shares().prior(found) == BetaMixture((1.0,), (30.5,), (60.5,))
    assert "a b 30, c 60" in Shares().explain(found)[0]
    assert Shares().flags(found) == ("10 of the 100 patients are in none of the classes: left out",)


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((), "counts of two or more classes"),
        ((finding(),), "counts of two or more classes"),
        ((finding(), finding("acquired", 31, supports="other")), "counts of two or more classes"),
        ((finding(), finding("acquired", 31, 107)), "differ in `n`; the classes of one group"),
        ((finding(), finding("acquired", 31, document="other")), "differ in `document`"),
        ((finding(), finding("primary", 31, id="b")), "do not differ in resistance or treatment throughout; a label"),
        ((finding(), finding(None, 31)), "do not differ in resistance or treatment throughout"),
        ((finding(), finding("acquired", 63)), "add up to 107 of 106 patients; classes that do not overlap"),
        ((finding(), finding("acquired", None)), "id_acquired has no count with its n"),
        ((finding("primary", None, None), finding("acquired", None, None)), "id_primary has no count with its n"),
        (
            tuple(finding(x, 31, supports=None, route=None, refused="No.") for x in ("primary", "acquired")),
            "id_primary is refused: No",
        ),
    ],
)
def test_law_what_are_not_classes_of_one_group_is_refused(found: tuple[Finding, ...], why: str) -> None:
    route = Shares()
    assert not route.supports(Findings(found))
    for ask in (route.prior, route.sensitivity, route.explain, route.flags):
        with pytest.raises(RefusedFinding, match=rf"^`findings` must suit the route 'share'; got .*{why}"):
            ask(Findings(found))


@pytest.mark.parametrize("bad", [0, -1, math.nan, "1", None, True], ids=repr)
def test_law_bad_assumptions_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`prior_count` must be a positive number; got"):
        Shares(prior_count=bad)  # type: ignore[arg-type]


def test_law_round_trips() -> None:
    route = Shares(prior_count=1)
    assert Shares.from_dict(route.to_dict()) == route
    assert pickle.loads(pickle.dumps(route)) == route
    assert eval(repr(route), {"Shares": Shares}) == route


def test_law_the_unclassified_may_be_a_class_of_their_own() -> None:
    found = Findings(evidence.lookup("mcc_share_primary"))
    whole = Shares(unclassified=True)
    prior = whole.prior(found)
    assert isinstance(prior, Dirichlet)
    assert (prior.a, prior.names) == ((44.5, 31.5, 31.5), ("primary", "acquired", "unclassified"))
    assert whole.flags(found) == ("31 of the 106 patients are in none of the classes: taken as a class of their own",)
    assert prior.among("primary", "acquired").marginal(0).mean == pytest.approx(Shares().prior(found).mean, rel=1e-12)
    assert whole.sensitivity(found)[-1].prior == Shares().prior(found)
    assert Shares().sensitivity(found)[-1].prior == prior
    nobody = Findings(evidence.lookup("hcc_share"))
    with pytest.raises(RefusedFinding, match="nobody is unclassified"):
        whole.prior(nobody)
