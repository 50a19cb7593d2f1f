"""Survival or responses, one arm or two: what options mean in each trial."""

from __future__ import annotations

import json

import pytest

import icibaseline as ici
from icibaseline.cli.run import made
from icibaseline.cli.trial import trial

ORR = ici.baseline("promit_orr")
PFS = ici.baseline("mcc_pfs_primary")
TWO_YEARS, AT_TWO = ici.Enrollment(duration=24), ici.Enrollment(rate=2)
ONE_CURVE = {"statistic": ici.OneSampleLogRank()}


def described(words, command="size"):
    return trial(made(command).parser().parse_args(words))


@pytest.mark.parametrize(
    ("words", "design", "scenario"),
    [
        (
            ["--design", "SingleArm()", "--control", "promit_orr", "--effect", "0.35", "--rate", "2"],
            ici.SingleArm(),
            ici.ResponseScenario(ORR, ici.Rate(0.35), enrollment=AT_TWO),
        ),
        (
            ["--design", "TwoStage()", "--control", "7/38", "--effect", "OddsRatio(2)"],
            ici.TwoStage(),
            ici.ResponseScenario(7 / 38, ici.OddsRatio(2)),
        ),
        (
            ["--design", "TwoStage()", "--control", "0.1", "--effect", "0.2 + 0.1", "--assessment", "3"],
            ici.TwoStage(),
            ici.ResponseScenario(0.1, ici.Rate(0.2 + 0.1), assessment=3),
        ),
        (
            ["--design", "SingleArm()", "--control", "0.1", "--effect", "BetaMixture(1, 7, 13)"],
            ici.SingleArm(),
            ici.ResponseScenario(0.1, ici.Rate(ici.BetaMixture(1, 7, 13))),
        ),
        (
            ["--statistic", "Boschloo()", "--alpha", "0.1", "--ratio", "2", "--control", "0.1", "--effect", "0.3"],
            ici.RandomizedResponse(test=ici.Boschloo(), alpha=0.1, ratio=2),
            ici.ResponseScenario(0.1, ici.Rate(0.3)),
        ),
        (
            ["--statistic", "OneSampleLogRank()", "--control", "4.7", "--effect", "0.5", "--accrual", "24"],
            ici.SingleArm(**ONE_CURVE),
            ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.5), enrollment=TWO_YEARS),
        ),
        (
            [
                "--statistic",
                "Milestone(6)",
                "--alpha",
                "0.1",
                "--follow-up",
                "6",
                "--control",
                "4.7",
                "--effect",
                "0.5",
                "--accrual",
                "24",
            ],
            ici.SingleArm(statistic=ici.Milestone(6), rule=ici.Fixed(0.1), looks=ici.AfterEnrollment(6)),
            ici.Scenario(control=ici.Exponential(4.7), effect=ici.HazardRatio(0.5), enrollment=TWO_YEARS),
        ),
        (
            [
                "--statistic",
                "LogRank(null=1.2)",
                "--ratio",
                "2",
                "--control",
                "mcc_pfs_primary",
                "--effect",
                "3/5",
                "--accrual",
                "24",
            ],
            ici.Randomized(ratio=2, statistic=ici.LogRank(null=1.2)),
            ici.Scenario(control=PFS, effect=ici.HazardRatio(0.6), enrollment=TWO_YEARS),
        ),
        (
            ["--design", "SingleArm()", "--scenario", "ResponseScenario(baseline(promit_orr), Rate(0.35))"],
            ici.SingleArm(),
            ici.ResponseScenario(ORR, ici.Rate(0.35)),
        ),
    ],
)
def test_law_options_describe_the_trial_that_python_would(words, design, scenario):
    assert described(words) == (design, scenario)


def test_law_a_number_on_a_plan_is_read_as_its_outcome_asks(run, files, plan_json, single_arms):
    (files / "plan.json").write_text(plan_json, encoding="utf-8")
    for words, effect, control in (
        (["simon.json", "--effect", "0.4", "--control", "0.2"], ici.Rate(0.4), 0.2),
        (["plan.json", "--effect", "0.4", "--control", "5"], ici.HazardRatio(0.4), ici.Exponential(5)),
    ):
        _, scenario = described([str(files / words[0]), *words[1:]], "power")
        assert (scenario.effect, scenario.control) == (effect, control)
    code, out, _ = run("power simon.json --effect 0.4 --json")
    simon = single_arms["simon"]
    direct = ici.power(simon.design, simon.scenario.with_(effect=ici.Rate(0.4)))
    assert (code, ici.OperatingCharacteristics.from_dict(json.loads(out))) == (0, direct)


def test_published_simon_s_optimal_design_for_10_and_30_per_cent(run):
    """Simon 1989, table 1: 1/10 and 5/29."""
    code, out, _ = run("size --design 'TwoStage()' --control 0.1 --effect 0.3 --json")
    plan = ici.Plan.from_dict(json.loads(out))
    assert code == 0
    assert (plan.design.r1, plan.design.n1, plan.design.r, plan.design.n) == (1, 10, 5, 29)


def test_law_help_names_what_there_is_for_responses_and_single_arms(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = run("size --help")[1]
    about, examples = said.split("examples:")
    for name in ("ResponseScenario(", "'SingleArm()'", "'TwoStage()'", "OneSampleLogRank()", "Boschloo()"):
        assert name in about
        assert name.strip("'()") in examples


COUNT = "--design 'SingleArm()' --control 0.1 --effect 0.3"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "size --control promit_orr --effect 0.35 --rate 2",
            "For example --design 'SingleArm()' for one arm",
        ),
        ("size --control 4.7 --effect 'Rate(0.3)' --rate 2", "`--effect` must be one for survival, unless the design"),
        (f"size {COUNT} --dropout 0.01", "`--dropout` must be left out where responses are counted"),
        ("size --control 4.7 --effect 0.6 --accrual 24 --assessment 3", "`--assessment` must be left out where surviv"),
        (
            f"size {COUNT.replace('0.3', '30%')}",
            "`--effect` must be a number or a value that stands for one; got",
        ),
        (f"size {COUNT.replace('0.3', '30')}", "`--effect` must be a number strictly between 0 and 1; got 30.0. Write"),
        (f"size {COUNT.replace('0.1', '4.7')}", "`--control` must be a rate strictly between 0 and 1"),
        (f"size {COUNT} --alpha 0.1", "`--alpha` must be left out beside --design; got '0.1'. Put it into the value."),
        ("size --design 'SingleArm()' --control 0.1", "`--effect` must be given, the hoped-for rate, or --scenario."),
        (
            "size --design 7 --control 0.1",
            "`--design` must be a design; got 7. For example 'SingleArm()', 'TwoStage()'",
        ),
        ("size --statistic 'OneSampleLogRank()' --ratio 2", "`--ratio` must be left out in a trial of one arm"),
        ("size --statistic 'Boschloo()' --follow-up 2", "`--follow-up` must be left out where responses are counted"),
    ],
)
def test_law_what_belongs_to_another_trial_is_refused(run, line, said):
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert said in err
