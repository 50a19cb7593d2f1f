"""What trials of one arm have shown, and two-stage designs in a list: as the library says it, from files of data."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

import icibaseline as ici

MONTHS, EVENTS = [3.1, 5.0, 7.0, 9.5, 14.0, 20.0], [True, True, True, False, True, False]
STAGES = "'TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)'"
DESIGN = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)


@pytest.mark.parametrize(
    ("counts", "direct"),
    [
        ("3 8", ici.after_trial(DESIGN, (3, 8))),
        ("3/10 8/29", ici.after_trial(DESIGN, (3, 8), patients=(10, 29))),
        ("3/10 8/27", ici.after_trial(DESIGN, (3, 8), patients=(10, 27))),
        ("1/12 --ended", ici.after_trial(DESIGN, 1, patients=12, ended=True)),
        ("1 --level 0.95", ici.after_trial(DESIGN, 1, level=0.95)),
        ("4", ici.after_trial(DESIGN, 4)),
    ],
)
def test_law_counts_say_what_the_library_says(run, counts, direct):
    code, out, _ = run(f"after trial {STAGES} {counts}")
    assert (code, out) == (0, f"{direct}\n")
    said = json.loads(run(f"after trial {STAGES} {counts} --json")[1])
    assert ici.AfterTrial.from_dict(said["value"]) == direct
    assert (said["decision"], said["p_value"], said["estimate"]) == (direct.decision, direct.p_value, direct.estimate)
    assert said["interval"] == (None if direct.interval is None else list(direct.interval))


def test_law_a_plan_in_a_file_is_a_design_too(run, files, single_arms):
    said = json.loads(run("after trial simon.json 3 8 --json")[1])
    assert ici.AfterTrial.from_dict(said["value"]).design == single_arms["simon"].design
    assert run("after trial simon.json 3 8")[1] == run(f"after trial {STAGES} 3 8")[1]


COMMAS = "months,events\n" + "".join(f"{m},{int(e)}\n" for m, e in zip(MONTHS, EVENTS, strict=True))
TABS = "\ufeffid\tEvent\tMonth\n" + "".join(
    f"{k}\t{str(e).upper()}\t{m}\n\n" for k, (m, e) in enumerate(zip(MONTHS, EVENTS, strict=True))
)
SEMICOLONS = "Months;Events\n" + "".join(f"{m};{'yes' if e else 'no'}\n" for m, e in zip(MONTHS, EVENTS, strict=True))
ROWS = [{"month": m, "event": int(e)} for m, e in zip(MONTHS, EVENTS, strict=True)]


@pytest.mark.parametrize(
    "text", [COMMAS, TABS, SEMICOLONS, json.dumps({"months": MONTHS, "events": EVENTS}), json.dumps(ROWS)]
)
def test_law_follow_up_is_read_from_tables_and_json(run, files, single_arms, text):
    (files / "six").write_text(text, encoding="utf-8")
    direct = ici.after_follow_up(single_arms["curve"], MONTHS, EVENTS)
    code, out, _ = run("after follow-up curve.json six")
    assert (code, out) == (0, f"{direct}\n")
    said = json.loads(run("after follow-up curve.json six --json")[1])
    assert ici.AfterFollowUp.from_dict(said["value"]) == direct
    assert said["estimate"] == direct.estimate._asdict()
    assert (said["decision"], said["p_value"], said["observed"]) == (direct.decision, direct.p_value, 4)


def test_law_each_look_has_a_file(run, files):
    truth = ici.Scenario(
        control=ici.Exponential(4.7), effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=12)
    )
    plan = ici.sample_size(ici.TwoStageSurvival(), truth, power=0.8)
    (files / "two.json").write_text(json.dumps(plan.to_dict()), encoding="utf-8")
    looks = [([1.0, 2.0, 6.0], [1, 0, 0]), ([1.0, 8.0, 20.0, 30.0], [1, 1, 0, 0])]
    for name, (months, events) in zip("ab", looks, strict=True):
        (files / f"{name}.json").write_text(json.dumps({"months": months, "events": events}), encoding="utf-8")
    direct = ici.after_follow_up(plan, [m for m, _ in looks], [e for _, e in looks])
    assert run("after follow-up two.json a.json b.json")[1] == f"{direct}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "`six` must be a file with months of some patients; got 'none'."),
        ("months,events\n", "`six` must be a file with months of some patients"),
        ("a,b\n1,1\n", "`six` must be a table with the columns months and events; got 'a,b'."),
        ("months,events\n\n1,1\nx,1\n", "`six, line 4` must be a number of months; got 'x'."),
        ("months;events\n4,7;1\n", "`six, line 2` must be a number of months; got '4,7'. With a decimal point."),
        ("months,events\n4\n", "`six, line 2` must be 1 for an event or 0 for none; got ''."),
        ("months,events\n4,2\n", "got '2'."),
        ("months,events\n-4,1\n", "must be 0 or a positive number; got -4.0."),
        ("months,events\n4,1,1\n-1,0\n", "must be 0 or a positive number; got -1.0."),
        ("{", "`six` must be JSON with months and events"),
        ('{"months": [1]}', "`six` must be JSON with months and events"),
        ('{"months": 1, "events": 1}', "`six` must be JSON with months and events"),
        ("[1, 2]", "`six` must be JSON with months and events"),
        ('{"months": [1, 2], "events": [1]}', "`events` must be one for each of the 2 patients"),
        ('{"months": ["x"], "events": [1]}', "must be"),
    ],
)
def test_law_data_that_cannot_be_read_are_refused_in_one_sentence(run, files, text, said):
    (files / "six").write_text(text, encoding="utf-8")
    code, out, err = run("after follow-up curve.json six")
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("after", "the command must be one of after trial, after follow-up"),
        ("after trial simon.json 3/10 8", "`count` must be given with the patients of each look, or of none"),
        ("after trial simon.json x", "must be a whole number, at least 0; got 'x'."),
        ("after trial curve.json 3", "must be a plan or design of one arm that counts responses"),
        ("after trial nowhere.json 3", "`file` must be a file that can be read; got 'nowhere.json'."),
        ("after trial 'Rate(0.3)' 3", "must be a plan or design of one arm that counts responses"),
        ("after follow-up simon.json patients.csv", "whose survival is held against a curve"),
        ("after follow-up curve.json patients.csv patients.csv", "as many looks as are planned, 1"),
        ("after follow-up - -", "`file` must be the standard input once"),
    ],
)
def test_law_what_does_not_fit_the_plan_is_refused(run, files, line, said):
    code, _, err = run(line)
    assert code == 2
    assert said in err


ADMISSIBLE = "admissible --control 0.1 --effect 0.3"


def test_published_admissible_designs(run):
    """Jung and others 2004: between the minimax design 1/15, 5/25 and the optimal one 1/10, 5/29 of Simon 1989."""
    rows = json.loads(run(f"{ADMISSIBLE} --json")[1])["designs"]
    kept = [(row["r1"], row["n1"], row["r"], row["n"]) for row in rows if row["weights"]]
    assert kept == [(1, 15, 5, 25), (1, 12, 5, 26), (1, 11, 5, 27), (1, 10, 5, 29)]
    assert [round(row["expected_n"], 2) for row in rows if row["weights"]][::3] == [19.51, 15.01]
    ends = [row["weights"] for row in rows if row["weights"]]
    assert (ends[0][1], ends[-1][0]) == (1, 0)
    assert all(above[0] == below[1] for above, below in pairwise(ends))


def test_law_the_list_is_that_of_the_library(run):
    truth = ici.ResponseScenario(0.1, ici.Rate(0.3))
    for more, design, power in (
        ("", ici.TwoStage(), 0.8),
        ("--alpha 0.1 --power 0.9", ici.TwoStage(alpha=0.1), 0.9),
        ("--design 'TwoStage(benchmark=0.12, n_max=40)'", ici.TwoStage(benchmark=0.12, n_max=40), 0.8),
    ):
        direct = ici.TwoStageDesigns(design, truth, power=power)
        assert run(f"{ADMISSIBLE} {more}")[1] == f"{direct}\n"
        assert ici.TwoStageDesigns.from_dict(json.loads(run(f"{ADMISSIBLE} {more} --json")[1])["value"]) == direct


def test_law_the_list_can_be_drawn(run, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    code, _, err = run(f"{ADMISSIBLE} --json | plot - designs.png")
    assert code == 0, err
    assert (tmp_path / "designs.png").stat().st_size > 1000


def test_law_one_level_is_enough(run):
    code, _, err = run(f"{ADMISSIBLE} --alpha 0.1 --design 'TwoStage()'")
    assert code == 2
    assert "`--alpha` must be left out beside --design" in err
