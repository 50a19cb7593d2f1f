"""Reports of monitored trials, and sections that any kind of file can be written from."""

from __future__ import annotations

import json
import re

import pytest

import icibaseline as ici
from icibaseline.report.contents import contents
from icibaseline.report.markdown import markdown
from icibaseline.report.sections import Bullets, Code, Numbered, Paragraph, Section
from icibaseline.report.tables import Table

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

LAW = ici.NormalMixture.lognormal(0.6, 0.3)
TRUTH = ici.Scenario(ici.baseline("mcc_pfs_primary"), ici.HazardRatio(LAW), enrollment=ici.Enrollment(duration=24))
DESIGN = ici.Randomized(
    looks=ici.AtInformation((0.4, 0.7, 1.0), final=ici.AfterEnrollment(12)),
    boundary=ici.Spending(0.025, futility=ici.HwangShihDeCani(-2)),
)
PLAN = ici.sample_size(DESIGN, TRUTH, power=0.8)
LOOKS = [ici.Look(55, z=1.3, month=16), ici.Look(90, z=1.5, month=23)]
END = ici.Look(120, z=2.1, month=35, final=True)
HISTORIES = {
    "first look": ici.monitor(PLAN, LOOKS[:1]),
    "on the way": ici.monitor(PLAN, LOOKS),
    "ended": ici.monitor(PLAN, [*LOOKS, END]),
    "another prior": ici.monitor(PLAN, LOOKS, prior=LAW.robust(0.2, center=1.0)),
    "of a design": ici.monitor(PLAN.design, LOOKS),
    "calendar": ici.monitor(
        ici.Randomized(
            150, looks=ici.AtMonths((14, 36)), boundary=ici.Spending(0.025, time=ici.CalendarTime())
        ).plan_for(TRUTH),
        LOOKS[0],
    ),
}


def written(item, folder):
    return ici.report(item, folder / "history.md").read_text("utf-8")


def flat(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("name", HISTORIES)
def test_law_the_code_of_a_report_gives_the_same_history(name, tmp_path):
    item = HISTORIES[name]
    code = written(item, tmp_path).split("```python\n")[1].split("```")[0]
    space: dict[str, object] = {}
    exec(code, space)
    assert space["result"] == item


@pytest.mark.parametrize("name", HISTORIES)
def test_law_a_report_as_json_is_the_history(name, tmp_path):
    path = ici.report(HISTORIES[name], tmp_path / "history.json")
    assert ici.Monitoring.from_dict(json.loads(path.read_text("utf-8"))) == HISTORIES[name]


@pytest.mark.parametrize("name", HISTORIES)
def test_law_everything_that_is_known_is_in_every_face(name, tmp_path):
    item = HISTORIES[name]
    shown = (flat(str(item)), flat(item._repr_html_()), flat(written(item, tmp_path)))
    for text in shown:
        for k, look in enumerate(item.looks):
            assert item.decisions[k] in text
            assert f"{look.z:.3f}" in text
            assert f"{item.efficacy_bounds[k]:.3f}" in text
            assert f"{item.repeated_intervals[k][0]:.3f} to {item.repeated_intervals[k][1]:.3f}" in text
            if item.conditional_power[k] == item.conditional_power[k]:
                assert f"{item.conditional_power[k]:.3f}" in text
        if item.ended:
            low, high = item.interval
            assert f"{item.hazard_ratio:.3f} (median unbiased), 95 % interval {low:.3f} to {high:.3f}" in text
            assert f"one-sided p {item.p_value:.4g}" in text
        if item.prior is not None:
            assert f"below 1 with probability {item.probability_better[-1]:.3f}" in text
        for remark in item.remarks:
            assert remark in text
    (head,) = (line for line in str(item).splitlines() if line.startswith("look  "))
    assert (" time " in head) == (name == "calendar")


def test_law_a_report_says_where_the_plan_comes_from_and_what_it_is(tmp_path):
    text = written(HISTORIES["ended"], tmp_path)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    assert titles == [
        "Monitoring: reject after look 3",
        "Looks",
        "Plan",
        "Where the numbers come from",
        "What to know about the evidence",
        "References",
        "Code",
    ]
    assert "With 120 events, of 130.3 planned for the end, Z is 2.100, and the hazard ratio is estimated at" in text
    for z, month in zip(PLAN.design.planned.efficacy_bounds, PLAN.months, strict=True):
        assert f"| {month:.1f} |" in text
        assert f"| {z:.3f} |" in text
    assert "printed: “" in text
    for paper in ("Jennison C", "Fairbanks K", "Tsiatis AA", "Lan KKG, Wittes J", "Spiegelhalter DJ", "Pampallona"):
        assert paper in text
    bare = written(HISTORIES["of a design"], tmp_path)
    assert "Where the numbers come from" not in bare
    assert "Spiegelhalter" not in bare
    assert [len(ici.sources(HISTORIES[name])) for name in ("ended", "of a design")] == [3, 0]
    assert "calendar versus information time" in written(HISTORIES["calendar"], tmp_path)
    assert "spent in calendar time" in flat(str(HISTORIES["calendar"].design))


# ---- plans with priors -------------------------------------------------------------------------------


def test_law_a_plan_shows_averages_beside_the_typical_case(tmp_path):
    averaged = PLAN.averaged
    for text in (str(PLAN), PLAN._repr_html_(), ici.report(PLAN, tmp_path / "plan.md").read_text("utf-8")):
        assert "prior average: P(reject here)" in text
        for here in (*averaged.reject_by_look, *averaged.futility_by_look):
            assert f"{here:.4f}" in text
        for size in (averaged.expected_n, averaged.expected_events, averaged.expected_months):
            assert f"{size:.1f}" in text
        assert f"{averaged.power_overruled:.4f}" in text
        for power in ici.preposterior(PLAN).predictive_power:
            assert f"{power:.3f}" in text
        assert "before the trial" in text
    assert "Spiegelhalter" in text
    without = ici.sample_size(DESIGN, TRUTH.typical, power=0.8)
    assert "prior average" not in str(without)
    assert "interim result" not in str(without)
    uncertain_control = ici.sample_size(DESIGN, TRUTH.with_(effect=ici.HazardRatio(0.6)), power=0.8)
    assert "prior average" in str(uncertain_control)
    assert "interim result" not in str(uncertain_control)


def test_law_a_plan_with_one_test_has_neither():
    plan = ici.sample_size(ici.Randomized(), TRUTH, power=0.8)
    assert "prior average" not in str(plan)
    assert "interim result" not in str(plan)


# ---- sections --------------------------------------------------------------------------------------


def test_law_markdown_of_every_part():
    parts = [
        Paragraph("said"),
        Paragraph("said", label="who"),
        Bullets(["a", "b"]),
        Numbered(["c", "d"]),
        Code("x = 1"),
        Table("", ["h"], [["1"]]),
        Table("named", ["h"], [["1"]]),
    ]
    assert markdown([Section("top", parts[:2], 1), Section("below", parts[2:])]) == (
        "# top\n\nsaid\n\n**who** said\n\n## below\n\n- a\n- b\n\n1. c\n2. d\n\n```python\nx = 1\n```\n\n"
        "| h |\n| --- |\n| 1 |\n\n*named*\n\n| h |\n| --- |\n| 1 |\n"
    )
    with pytest.raises(TypeError):
        markdown([Section("top", [3])])


def test_law_every_result_that_can_be_reported_has_sections():
    results = (
        PLAN,
        ici.power(PLAN.design, TRUTH.typical),
        ici.compare(PLAN.design, TRUTH.typical),
        HISTORIES["ended"],
    )
    for result in results:
        sections = contents(result)
        assert sections[0].level == 1
        assert [section.title for section in sections[-2:]] == ["References", "Code"]
        assert all(section.parts for section in sections)
