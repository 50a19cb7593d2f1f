"""Designs of several kinds in one table, from files and as they are typed."""

from __future__ import annotations

import json

import pytest

import icibaseline as ici

TRUTH = ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=24))
RATES = ici.ResponseScenario(0.1, ici.Rate(0.3))
BOTH = ici.Outcomes(TRUTH, RATES)


@pytest.fixture
def three(files):
    """Files of a count, one arm against a curve, and a randomised trial; and their plans."""
    randomised = ici.sample_size(ici.Randomized(), TRUTH, power=0.95)
    (files / "rct.json").write_text(json.dumps(randomised.to_dict()), encoding="utf-8")
    names = ("simon.json", "curve.json", "rct.json")
    held = {name: ici.Plan.from_dict(json.loads((files / name).read_text("utf-8"))) for name in names}
    return {name: plan.design for name, plan in held.items()}


def table(run, line):
    code, out, err = run(f"{line} --json")
    assert code == 0, err
    return ici.Comparison.from_dict(json.loads(out))


def test_law_plans_of_both_outcomes_stand_in_the_table_of_the_library(run, three):
    found = table(run, "compare simon.json curve.json rct.json")
    assert found == ici.compare(three, {"planned": BOTH, "null": BOTH.null})
    said = run("compare simon.json curve.json rct.json")[1]
    assert all(name in said for name in ("type I error", "averaged", "effect for power 0.8", *three))


def test_law_an_effect_changes_the_outcome_that_it_is_on(run, three):
    typed = ["Rate(0.4)", "HazardRatio(0.7)", "HazardRatio(0.7), Rate(0.25)"]
    line = " ".join(f"'{text}'" for text in typed)
    found = table(run, f"compare simon.json curve.json rct.json --effects {line} --controls 0.15 6 promit_orr")
    half, seven = ici.HazardRatio(0.5), ici.HazardRatio(0.7)
    effects = [(half, ici.Rate(0.4)), (seven, ici.Rate(0.3)), (seven, ici.Rate(0.25))]
    told = [(s.survival.effect, s.response.effect) for s in found.scenarios[2:5]]
    assert told == effects
    assert found.names[1][2:5] == tuple(f"effect {text}" for text in typed)
    assert [s.response.control for s in found.scenarios[5:]] == [0.15, 0.1, ici.baseline("promit_orr")]
    assert [s.survival.control for s in found.scenarios[5:]] == [ici.Exponential(m) for m in (4.7, 6, 4.7)]


def test_law_all_patients_may_be_made_to_enter_alike(run, three, files):
    timed = ici.sample_size(ici.SingleArm(), RATES.with_(enrollment=ici.Enrollment(rate=2)), power=0.8)
    (files / "timed.json").write_text(json.dumps(timed.to_dict()), encoding="utf-8")
    code, _, err = run("compare timed.json rct.json")
    assert code == 2
    assert "`--rate` or `--accrual` must be given for plans whose patients do not enter alike" in err
    entry = ici.Enrollment(rate=5)
    direct = ici.Outcomes(TRUTH.with_(enrollment=entry), RATES.with_(enrollment=entry))
    found = table(run, "compare timed.json rct.json --rate 5")
    assert found.scenarios == (direct, direct.null)
    assert [found[i, 0].months[-1] for i in (0, 1)] == pytest.approx([timed.n / 5, three["rct.json"].n / 5 + 12])
    assert found[0, 0].power == timed.power
    assert run("compare timed.json rct.json --rate 5")[2].count("planned for another scenario") == 0


def test_law_designs_and_scenarios_may_be_typed(run, three):
    typed = (
        "--design 'SingleArm(44)' --design 'Randomized(134)' --scenario 'ResponseScenario(7/38, Rate(0.35))' "
        "--scenario 'Scenario(Exponential(4.7), HazardRatio(0.6), enrollment=Enrollment(duration=24))'"
    )
    world = ici.Outcomes(TRUTH.with_(effect=ici.HazardRatio(0.6)), ici.ResponseScenario(7 / 38, ici.Rate(0.35)))
    designs = {"SingleArm(44)": ici.SingleArm(44), "Randomized(134)": ici.Randomized(134)}
    assert table(run, f"compare {typed}") == ici.compare(designs, {"planned": world, "null": world.null})
    whole = f"--scenario '{world!r}'"
    assert table(run, f"compare --design 'SingleArm(44)' --design 'Randomized(134)' {whole}") == table(
        run, f"compare {typed}"
    )
    beside = table(run, "compare simon.json --design 'SingleArm(44)' --effects 0.4")
    assert beside.names == (("simon.json", "SingleArm(44)"), ("planned", "null", "effect 0.4"))
    assert beside.scenarios == (RATES, RATES.null, RATES.with_(effect=ici.Rate(0.4)))


def test_law_a_plan_for_another_scenario_is_noted(run, three, files):
    other = ici.sample_size(ici.Randomized(), TRUTH.with_(effect=ici.HazardRatio(0.6)), power=0.8)
    (files / "other.json").write_text(json.dumps(other.to_dict()), encoding="utf-8")
    _, _, err = run("compare rct.json other.json")
    assert "note: other.json was planned for another scenario than that of the table." in err
    assert "rct.json was" not in err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("compare simon.json rct.json --effects 0.4", "`--effects` must be one that says on which of the two outcomes"),
        ("compare simon.json rct.json --effects 'NormalMixture.lognormal(0.6, 0.3)'", "'HazardRatio(0.5), Rate(0.4)'"),
        ("compare --design 'SingleArm()' --scenario 'ResponseScenario(0.1, Rate(0.3))'", "`--design` must be one with"),
        ("compare --design 'SingleArm(44)'", "`--scenario` must be given with a ResponseScenario, which a design asks"),
        ("compare --design 'LogRank()'", "`--design` must be a design; got LogRank(). For example 'SingleArm(44)'"),
        ("compare simon.json --scenario 'Rate(0.3)'", "`--scenario` must be a scenario; got Rate(0.3)."),
        ("compare simon.json --seed 1", "`--seed` must be left out unless --by is simulate"),
    ],
)
def test_law_what_is_not_clear_is_refused(run, three, line, said):
    code, _, err = run(line)
    assert code == 2
    assert said in err
