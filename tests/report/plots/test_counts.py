"""Pictures of the counts that end a trial: marks are what the rules ask for, and what was seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

import icibaseline as ici
from icibaseline.report.plots import describe

BARE = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
SIMON = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
SUCCESS, STOP = "success if at least this number", "stop if at most this number"


def drawn(axes):
    return {line.get_label(): np.column_stack(line.get_data()).tolist() for line in axes.lines}


def test_published_simons_optimal_design():
    """Simon 1989, 0.1 against 0.3: 1/10, 5/29."""
    plan = ici.sample_size(ici.TwoStage(benchmark=0.1), BARE, power=0.8)
    axes = ici.plot(plan, "boundaries")
    held = drawn(axes)
    assert held[STOP] == [[10, 1]]
    assert held[SUCCESS] == [[29, 6]]
    assert held["expected at the benchmark's rate, 0.1"] == [[0, 0], [29, pytest.approx(2.9)]]
    assert held["expected with the effect, 0.3"] == [[0, 0], [29, pytest.approx(8.7)]]
    assert {"1", "6"} <= {text.get_text() for text in axes.texts}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("patients whose response is known", "responses")
    assert describe(plan, "boundaries") == (
        "Counts of responses that end the trial: after 10 patients stop if at most 1; "
        "after 29 patients success if at least 6."
    )


def test_reference_a_rule_on_the_posterior_stops_where_beta_tails_say():
    design = ici.SingleArm(40, rule=ici.ThallSimon(c=0.95, stop=0.05, early=0.99, every=5), benchmark=0.2)
    design = design.plan_for(ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4)))
    held = drawn(ici.plot(design, "boundaries"))

    def better(x, n):
        return beta.sf(0.2, 0.5 + x, 0.5 + n - x)

    for n, least in held[SUCCESS]:
        asked = 0.95 if n == 40 else 0.99
        assert better(least, n) >= asked > better(least - 1, n)
    for n, most in held[STOP]:
        assert better(most, n) < 0.05 <= better(most + 1, n)
    assert [n for n, _ in held[SUCCESS]] == [10, 15, 20, 25, 30, 35, 40]
    assert held[STOP][-1][0] == 35


def test_law_one_look_and_unplanned_designs_have_no_such_picture():
    with pytest.raises(ici.InvalidInput, match="`view` must be one of"):
        ici.plot(ici.sample_size(ici.SingleArm(), BARE, power=0.8), "boundaries")
    with pytest.raises(ici.InvalidInput, match="`item` must be something"):
        ici.plot(ici.TwoStage())


def test_law_reports_of_such_plans_have_it(tmp_path):
    plan = ici.sample_size(ici.SingleArm(rule=ici.Fleming(looks=3)), BARE, power=0.8)
    assert describe(plan, "boundaries") in ici.report(plan, tmp_path / "plan.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("found", "seen", "asked"),
    [
        (ici.after_trial(SIMON, (3, 7)), [[0, 0], [10, 3], [29, 7]], [29, 6]),
        (ici.after_trial(SIMON, (3, 8), patients=(10, 33)), [[0, 0], [10, 3], [33, 8]], [33, 7]),
        (ici.after_trial(SIMON, (3, 7), patients=(9, 29)), [[0, 0], [9, 3], [29, 7]], [29, 7]),
        (ici.after_trial(SIMON, (3,)), [[0, 0], [10, 3]], [29, 6]),
    ],
)
def test_law_after_a_trial_what_was_seen_stands_beside_what_was_asked(found, seen, asked):
    """The counts that are needed are those of the page on methods, "After the trial"."""
    held = drawn(ici.plot(found))
    assert held["seen"] == seen
    assert held[SUCCESS] == [asked]
    assert describe(found).endswith(f"Seen: {'; '.join(f'{x} of {n}' for n, x in seen[1:])}.")


@pytest.mark.parametrize(
    "item",
    [
        ici.after_trial(SIMON, (3, 8), patients=(10, 33)),
        ici.SingleArm(60, rule=ici.ThallSimon(c=0.95, stop=0.1, early=0.99, every=5), benchmark=0.2).plan_for(BARE),
        ici.SingleArm(40, rule=ici.LeeLiu(c=0.95), benchmark=0.2).plan_for(BARE),
    ],
)
def test_law_nothing_runs_into_anything(item, laid_out):
    axes = ici.plot(item, None if isinstance(item, ici.AfterTrial) else "boundaries")
    assert laid_out(axes) == []
    assert axes.figure.texts[-1].get_text().startswith("Source: ")
