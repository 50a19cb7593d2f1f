"""The plan under other curves through the same published numbers."""

from __future__ import annotations

import pytest

import icibaseline as ici
from icibaseline.report.families import family_tables

DESIGN, ENTRY = ici.Randomized(), ici.Enrollment(duration=24)


def plan_for(control: object) -> ici.Plan:
    truth = ici.Scenario(control=control, effect=ici.HazardRatio(0.6), enrollment=ENTRY)
    return ici.sample_size(DESIGN, truth, power=0.8)


def test_law_every_family_of_the_landmark_route_is_in_every_printed_plan(tmp_path) -> None:
    plan = plan_for(ici.baseline("mel_pfs_chemo"))
    (table,) = family_tables(plan)
    names = [row[0] for row in table.rows]
    assert names[0] == "Weibull, median 2.6 months, shape 0.731 (planned)"
    assert names[1:] == ["exponential", "cure", "piecewise", "log-logistic", "log-normal"]
    markdown = ici.report(plan, tmp_path / "plan.md").read_text("utf-8")
    for name in names:
        assert name in str(plan)
        assert name in markdown
        assert name in plan._repr_html_()


@pytest.mark.parametrize("family", ["cure", "log-logistic", "log-normal", "exponential", "piecewise"])
def test_law_a_row_is_the_power_of_the_same_trial_planned_on_that_family(family: str) -> None:
    plan = plan_for(ici.baseline("mel_pfs_chemo"))
    (table,) = family_tables(plan)
    (row,) = (row for row in table.rows if row[0] == family)
    truth = plan.scenario.with_(control=ici.baseline("mel_pfs_chemo", family=family, at_median=True))
    direct = ici.power(plan.design, truth)
    assert float(row[-1]) == pytest.approx(direct.power, abs=5.1e-5)
    assert float(row[2]) == pytest.approx(direct.events[-1], abs=0.051)
    assert float(row[1]) == pytest.approx(0.041 if family == "exponential" else 0.12, abs=5.1e-4)


def test_published_the_events_of_a_fixed_month_depend_on_the_shape_of_the_curve() -> None:
    """121 events need 134 patients with an exponential curve, 150 at shape 0.73 and 126 at 1.3 (method notes, 4.2)."""
    needed = {}
    for shape in (None, 0.73, 1.3):
        control = ici.baseline("mcc_pfs_primary", at_median=True, shape=shape)
        found = ici.power(ici.Randomized(n=1000), ici.Scenario(control, ici.HazardRatio(0.6), enrollment=ENTRY))
        needed[shape] = 120.3157 / found.events[-1] * 1000
    assert needed == pytest.approx({None: 133, 0.73: 149, 1.3: 125}, abs=1.5)
    (table,) = family_tables(plan_for(ici.baseline("mcc_pfs_primary")))
    events = [float(row[2]) for row in table.rows]
    assert [row[0] for row in table.rows][1:] == ["Weibull, shape 0.75", "Weibull, shape 1.3"]
    assert events[1] < events[0] < events[2]


def test_law_strata_have_a_table_each_and_assumed_curves_none() -> None:
    truth = ici.Scenario(
        strata=(
            ici.Stratum("a", share=0.5, control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6)),
            ici.Stratum("b", share=0.5, control=ici.Exponential(median=9.5), effect=ici.HazardRatio(0.6)),
        ),
        enrollment=ENTRY,
    )
    plan = ici.sample_size(DESIGN, truth, power=0.8)
    (table,) = family_tables(plan)
    assert "control curve of a is assumed" in table.title
    assert float(table.rows[0][-1]) == pytest.approx(plan.power, abs=5.1e-5)
    assert family_tables(plan_for(ici.Exponential(median=4.7))) == []


def test_law_the_curves_are_those_of_patients_who_can_enter() -> None:
    plan = plan_for(ici.baseline("mel_pfs_chemo", event_free=1.0))
    (table,) = family_tables(plan)
    assert float(table.rows[0][-1]) == pytest.approx(plan.power, abs=5.1e-5)
    weibull = ici.baseline("mel_pfs_chemo").typical
    assert float(table.rows[0][1]) == pytest.approx(weibull.survival(13.0) / weibull.survival(1.0), abs=5.1e-4)


def test_law_a_report_says_how_to_load_a_document_of_ones_own(tmp_path, monkeypatch) -> None:
    from icibaseline.evidence import library

    monkeypatch.setattr(library, "_loaded", {})
    ici.load(ici.template(tmp_path / "my.toml"))
    plan = plan_for(ici.baseline("salvage_trial_pfs"))
    code = ici.report(plan, tmp_path / "plan.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    assert "load('my.toml')" in code
    monkeypatch.chdir(tmp_path)
    library._loaded.clear()
    space: dict[str, object] = {}
    exec(code, space)
    assert space["result"] == plan
    library._loaded.clear()
    library._gathered.cache_clear()
