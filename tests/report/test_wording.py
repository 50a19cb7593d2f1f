"""What reports say: looks that keep their months, what differs between scenarios, mixtures, pages that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

import icibaseline as ici
from icibaseline.report.computed import PAGES, computed_table
from icibaseline.report.contents import contents
from icibaseline.report.plain import protocol
from icibaseline.report.sensitivity import sensitivity_table
from icibaseline.report.summary import comparison_key, result_headline
from icibaseline.report.wording import headline

METHODS = Path(__file__).parents[2] / "docs"
EFFECT = ici.HazardRatio(0.6)


def truth(control=None, effect=EFFECT, **more):
    held = ici.Exponential(4.7) if control is None else control
    return ici.Scenario(held, effect, enrollment=ici.Enrollment(duration=23.75), **more)


def planned(looks, scenario=None, **more):
    return ici.Randomized(n=136, looks=looks, **more).plan_for(scenario or truth())


LOOKS = [
    (ici.AfterEnrollment(9), "look 9 months after the planned end of enrolment (month 32.8)"),
    (ici.AfterEnrollment((1, 9)), "looks 1 and 9 months after the planned end of enrolment (months 24.8 and 32.8)"),
    (
        ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment(9)),
        "look at 0.5 of the planned information, then look 9 months after the planned end of enrolment (month 32.8)",
    ),
    (
        ici.InTurn((ici.AtMonths(12), ici.AfterEnrollment(9))),
        "look at month 12, then look 9 months after the planned end of enrolment (month 32.8)",
    ),
    (ici.AtMonths(30), "look at month 30"),
]


@pytest.mark.parametrize(("looks", "said"), LOOKS)
def test_law_a_planned_look_says_its_month_and_an_unplanned_one_its_rule(looks, said):
    assert headline(planned(looks)).endswith(f", {said}")
    assert "(month" not in headline(ici.Randomized(n=136, looks=looks))


def test_law_slower_enrolment_leaves_the_look_in_its_month_and_the_table_says_so():
    design, scenario = planned(ici.AfterEnrollment(9)), truth()
    slower = ici.power(design, scenario.with_(enrollment=ici.Enrollment(duration=30)))
    assert slower.months == (32.75,)
    (row,) = (row for row in sensitivity_table(design, scenario).rows if row[0] == "enrolment")
    assert row[-1] == "25 % less and more; the look stays in month 32.8"
    (row,) = (row for row in sensitivity_table(planned(ici.AtMonths(30)), scenario).rows if row[0] == "enrolment")
    assert row[-1] == "25 % less and more"


@pytest.mark.parametrize("first", ["planned", "as planned"])
def test_law_scenarios_are_told_apart_by_what_differs(first):
    scenario = truth(dropout=ici.Exponential(rate=0.01))
    worlds = {
        first: scenario,
        "same": scenario.with_(effect=ici.HazardRatio(0.6)),
        "weaker": scenario.with_(effect=ici.HazardRatio(0.7)),
        "nobody lost": scenario.with_(dropout=None),
    }
    *_, same, weaker, kept = comparison_key(ici.compare(planned(ici.AtMonths(30)), worlds))
    assert same == "scenario same: as planned"
    assert weaker == "scenario weaker: as planned, but with effect hazard ratio 0.7"
    assert kept == "scenario nobody lost: as planned, but without dropout"


def test_law_a_simulation_over_priors_is_assurance():
    scenario = truth(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
    design = planned(ici.AtMonths(30), scenario)
    found = ici.simulate(design, scenario, replicates=256, rng=1)
    assert result_headline(found).startswith(f"n = 136: assurance {found.power:.4f} (Monte Carlo error ")
    assert result_headline(found).endswith("priors drawn for each trial")
    typical = ici.simulate(design, scenario.typical, replicates=256, rng=1)
    assert result_headline(typical).startswith(f"n = 136: power {typical.power:.4f}")


MIXED = ici.mix(ici.baseline("mcc_pfs_primary"), ici.Exponential(9.0), shares=(0.75, 0.25))


def test_law_a_mixture_is_given_by_the_shares_and_medians_of_its_parts():
    plan = ici.sample_size(ici.Randomized(), truth(MIXED), power=0.8)
    assert "(mcc_pfs_primary 75 %, median 4.7 months; part 2 25 %, median 9 months)" in protocol(plan)
    names = [row[0] for row in sensitivity_table(plan.design, plan.scenario).rows]
    assert "control median (mcc_pfs_primary)" in names
    assert "control median (part 2)" in names


def test_law_dropout_is_a_rate_and_the_share_lost_in_a_year():
    """1 - exp(-1.2) = 0.699 and 1 - exp(-0.12) = 0.113."""
    shown = {}
    for rate in (0.1, 0.01):
        (source,) = (s for s in ici.sources(truth(dropout=ici.Exponential(rate=rate))) if s.role == "dropout")
        shown[rate] = source.shown
    assert shown == {0.1: "rate 0.1 per month (70 % lost in a year)", 0.01: "rate 0.01 per month (11 % lost in a year)"}


def test_law_every_page_that_a_report_names_exists():
    for page in PAGES:
        assert (METHODS / f"{page}.rst").is_file(), page


def test_law_a_plan_says_how_its_numbers_were_computed_with_references_that_are_listed():
    rule = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2))
    design = ici.Randomized(looks=ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment(9)), boundary=rule)
    plan = ici.sample_size(design, truth(ici.baseline("mcc_pfs_primary", event_free=1)), power=0.8)
    rows = {row[0]: row for row in computed_table(plan).rows}
    pages = {name: row[2] for name, row in rows.items()}
    assert pages == {
        "patients, power": "methods/logrank",
        "expected events and months": "methods/expected_events",
        "bounds, stopping": "methods/group_sequential",
        "assurance, ceiling": "methods/assurance",
        "prior mcc_pfs_primary": "methods/medians",
        "curve of mcc_pfs_primary in the trial": "methods/transport",
        "next trial's interval, mcc_pfs_primary": "methods/pooling",
    }
    assert rows["patients, power"][1] == "score log-rank formula"
    listed = ici.references(plan)
    cited = {listed[int(i) - 1][:4] for i in rows["bounds, stopping"][3].split(", ")}
    assert cited == {"Armi", "Lan ", "Hwan", "Pamp"}
    titles = [section.title for section in contents(plan)]
    assert titles.index("How the numbers were computed") == titles.index("References") - 1
