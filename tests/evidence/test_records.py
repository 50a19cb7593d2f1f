"""A finding cannot contradict itself."""

from __future__ import annotations

import attrs
import pytest

from icibaseline.errors import InvalidInput, UnknownArgument
from icibaseline.evidence import Finding

MEDIAN = Finding(
    id="x",
    document="d",
    printed="4 months",
    statistic="median",
    value=4,
    unit="months",
    n=20,
    supports="prior",
    route="median with n only",
)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("value", {"value": None}),
        ("value", {"statistic": "p value", "p": 0.01, "unit": None}),
        ("value", {"statistic": "not reached"}),
        ("unit", {"unit": None}),
        ("p", {"statistic": "p value", "value": None, "unit": None}),
        ("p", {"p": 1.5}),
        ("p_bound", {"p_bound": True}),
        ("at", {"statistic": "landmark"}),
        ("at", {"at": -1}),
        ("interval_label", {"lower": 1}),
        ("interval_label", {"upper": 9}),
        ("upper", {"lower": 3, "upper": 1, "interval_label": "range"}),
        ("interval_label", {"lower": 1, "upper": 3}),
        ("interval_label", {"interval_label": "range"}),
        ("interval_label", {"lower": 1, "upper": 3, "interval_label": "95% CI"}),
        ("interval_unit", {"interval_unit": "proportion"}),
        ("interval_unit", {"lower": 1, "upper": 3, "interval_label": "range", "interval_unit": "moons"}),
        ("level", {"lower": 1, "upper": 3, "interval_label": "CI"}),
        ("level", {"lower": 1, "upper": 3, "interval_label": "credible interval"}),
        ("level", {"level": 0.95}),
        ("level", {"lower": 1, "upper": 3, "interval_label": "range", "level": 0.95}),
        ("level", {"lower": 1, "upper": 3, "interval_label": "IQR", "level": 0.5}),
        ("level", {"lower": 1, "upper": 3, "interval_label": "unstated", "level": 0.95}),
        ("decimals", {"decimals": -1}),
        ("decimals", {"decimals": 1.5}),
        ("assessed_every", {"assessed_every": 0}),
        ("read_with", {"read_with": "other"}),
        ("read_with[1]", {"read_with": ("other", "Other")}),
        ("n", {"n": 0}),
        ("events", {"events": 21}),
        ("events", {"events": 3, "n": None}),
        ("n_comparator", {"n_comparator": 10}),
        ("favours", {"favours": "group"}),
        ("favours", {"comparator": "others", "favours": "neither"}),
        ("supports", {"refused": "No. Needed: more."}),
        ("supports", {"outcome_defined": True}),
        ("outcome_defined", {"outcome_defined": 1}),
        ("refused", {"supports": None, "route": None}),
        ("route", {"route": None}),
        ("route", {"route": "by guess"}),
        ("route", {"supports": None, "refused": "No. Needed: more."}),
        ("resistance", {"resistance": "none"}),
        ("endpoint", {"endpoint": "pfs"}),
        ("source", {"source": "blog"}),
        ("flags[0]", {"flags": ("Q: what",)}),
        ("flags[0]", {"flags": ("R",)}),
        ("flags", {"flags": "R: one centre"}),
        ("printed", {"printed": " "}),
        ("tumour", {"tumour": ""}),
    ],
)
def test_law_contradictions_are_rejected_by_name(name, changes):
    with pytest.raises(InvalidInput) as error:
        MEDIAN.with_(**changes)
    assert str(error.value).startswith(f"`{name}` must be ")


@pytest.mark.parametrize(
    "changes",
    [
        {"lower": 1, "interval_label": "CI", "level": 0.95},
        {"upper": 9, "interval_label": "unstated"},
        {"lower": 1, "upper": 9, "interval_label": "credible interval", "level": 0.9},
        {"lower": 0.1, "upper": 0.4, "interval_label": "range", "interval_unit": "proportion"},
        {"read_with": ("other",), "assessed_every": 1.5},
    ],
)
def test_law_a_limit_may_be_missing_and_an_interval_may_have_its_own_unit(changes):
    made = MEDIAN.with_(**changes)
    for name, given in changes.items():
        assert getattr(made, name) == given


@pytest.mark.parametrize(
    ("decimals", "changes"),
    [
        (0, {"value": 4}),
        (1, {"value": 4.7}),
        (2, {"value": 4, "lower": 2.25, "upper": 6.5, "interval_label": "range"}),
        (3, {"statistic": "p value", "value": None, "unit": None, "p": 0.006}),
        (5, {"statistic": "p value", "value": None, "unit": None, "p": 1e-5}),
        (1, {"value": 4.7, "p": 0.006}),
        (0, {"statistic": "not reached", "value": None}),
        (2, {"value": 4.7, "decimals": 2}),
    ],
)
def test_law_decimals_are_those_that_the_numbers_need_unless_given(decimals, changes):
    fields = {name: held for name, held in MEDIAN._arguments().items() if name != "decimals"}
    assert Finding(**{**fields, **changes}).decimals == decimals


def test_law_a_finding_is_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        MEDIAN.value = 5.0


def test_law_a_wrong_name_is_rejected():
    with pytest.raises(UnknownArgument, match="Did you mean `printed`"):
        MEDIAN.with_(print="x")


def test_law_the_card_shows_what_a_reader_needs():
    p = MEDIAN.with_(
        statistic="p value", value=None, unit=None, p=0.05, p_bound=True, comparator="others", n_comparator=9
    )
    card = str(p.with_(favours="group", flags=("P: test unnamed",), source="paper"))
    for shown in (
        '"4 months" (paper)',
        "p value < 0.05",
        "others, n=9",
        "favours the group",
        "P: test unnamed",
        "prior",
    ):
        assert shown in card
    refused = str(
        MEDIAN.with_(
            supports=None,
            route=None,
            refused="No. Needed: more.",
            lower=1,
            upper=9,
            at=3,
            events=2,
            interval_label="range",
        )
    )
    for shown in ("(range 1 to 9)", "at 3 months", "2 of 20 patients", "No. Needed: more."):
        assert shown in refused
