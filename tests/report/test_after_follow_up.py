"""Report and picture of what a single-arm survival trial has shown."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

import icibaseline as ici

MONTHS = (0.7, 1.9, 3.2, 4.4, 5.1, 6.0, 7.7, 9.3, 12.5, 14.0, 18.2, 22.8)
EVENTS = (1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0)
PUBLISHED = ici.baseline("mcc_pfs_primary")
TRUTH = ici.Scenario(control=PUBLISHED, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
ONE = ici.SingleArm(12, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(alpha=0.05)).plan_for(TRUTH)
TWO = ici.TwoStageSurvival(12, interim=12, c1=-2.0, c=1.6).plan_for(TRUTH)
FOUND = (
    ici.after_follow_up(ONE, MONTHS, EVENTS, level=0.8),
    ici.after_follow_up(TWO, [MONTHS[:8]], [EVENTS[:8]]),
    ici.after_follow_up(TWO, [MONTHS[:8], MONTHS], [EVENTS[:8], EVENTS]),
)


@pytest.mark.parametrize("found", FOUND, ids=["one look", "first of two", "both"])
def test_law_a_report_says_what_was_found_and_its_code_makes_it_again(found, tmp_path) -> None:
    text = ici.report(found, tmp_path / "seen.md").read_text("utf-8")
    when = "look 1" if found.decision == "continue" else "the trial"
    assert text.startswith(f"# After {when}: {found.decision}\n")
    assert all(f"- {line}" in text for line in str(found).splitlines())
    assert all(fragment in text for fragment in PUBLISHED.printed)
    space: dict[str, object] = {}
    exec(text.split("```python\n")[1].split("```")[0], space)
    assert space["result"] == found
    kept = json.loads(ici.report(found, tmp_path / "seen.json").read_text("utf-8"))
    assert ici.AfterFollowUp.from_dict(kept) == found
    assert [s.role for s in ici.sources(found)] == ["benchmark"]


def test_law_papers_are_those_of_what_was_done() -> None:
    papers = [[entry.partition(".")[0].split()[0] for entry in ici.references(found)] for found in FOUND]
    assert "Danzer" in papers[0]
    assert "Kwak" not in papers[0]
    assert {"Danzer", "Kwak"} <= set(papers[2])


def test_reference_the_picture_is_the_product_limit_and_the_benchmark() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = ici.plot(FOUND[0])
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    arm = lines["arm, Kaplan-Meier, 95 % limits"]
    alive = 1.0
    for month, event, at_risk in zip(MONTHS, EVENTS, range(12, 0, -1), strict=True):
        alive *= 1 - event / at_risk
        assert_allclose(arm[arm[:, 0] == month][-1, 1], alive, rtol=1e-12)
    benchmark = lines["benchmark, 95 % of where it may be"]
    assert_allclose(benchmark[:, 1], 2 ** (-benchmark[:, 0] / 4.7), rtol=1e-12)
    at_risk = [label.get_text().split("\n") for label in axes.get_xticklabels()]
    assert at_risk[0] == ["0", "12"]
    assert all(int(n) == np.count_nonzero(np.array(MONTHS) >= float(t)) for t, n in at_risk)
    axes.figure.clear()


def test_law_a_page_has_the_picture(tmp_path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    page = ici.report(FOUND[0], tmp_path / "seen.html").read_text("utf-8")
    assert 'aria-label="Picture: arm and benchmark"' in page
