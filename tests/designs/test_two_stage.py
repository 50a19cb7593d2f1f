"""`TwoStage`, `TwoStageDesigns` and `MultiStage`: searches through the verbs, what is refused, how they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom, binom

import icibaseline as ici

TRUTH = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
COUNTS = ("r1", "n1", "r", "n")


def counts(design: ici.TwoStage) -> tuple[int, ...]:
    return tuple(getattr(design, name) for name in COUNTS)


def sized(scenario: ici.ResponseScenario = TRUTH, target: float = 0.8, **arguments) -> ici.TwoStage:
    return ici.sample_size(ici.TwoStage(**arguments), scenario, power=target).design


# ---- searches ----------------------------------------------------------------------------------------


def test_published_example_of_simon():
    """.1 against .3, errors .05 and .2: 1/10 5/29 optimal, 1/15 5/25 minimax."""
    assert counts(sized()) == (1, 10, 5, 29)
    assert counts(sized(criterion="minimax")) == (1, 15, 5, 25)


def test_law_the_plan_holds_what_was_found():
    plan = ici.sample_size(ici.TwoStage(), TRUTH, power=0.8)
    assert plan.n == plan.n_exact == 29
    assert plan.events_required == pytest.approx(29 * 0.3)
    assert plan.design.benchmark == 0.1
    assert plan.design.planned.sizes == (10, 29)
    assert plan.power == pytest.approx(sum(binom.pmf(x, 10, 0.3) * binom.sf(5 - x, 19, 0.3) for x in range(2, 11)))


def test_law_between_the_extremes_weights_choose_among_the_admissible():
    designs = ici.TwoStageDesigns(ici.TwoStage(), TRUTH, power=0.8)
    for design, (low, high) in zip(designs.admissible, designs.weights, strict=True):
        if high - low > 1e-6:
            assert counts(sized(criterion="admissible", weight=(low + high) / 2)) == counts(design)
    assert counts(sized(criterion="admissible")) in [counts(d) for d in designs.admissible]
    assert counts(designs.minimax) == counts(sized(criterion="minimax"))
    assert counts(designs.optimal) == counts(sized())


def test_law_a_limit_on_n_gives_the_best_design_within():
    designs = ici.TwoStageDesigns(ici.TwoStage(), TRUTH, power=0.8)
    for n_max in (25, 26, 28, 29, 60):
        best = min((e, n) for n, e in zip(designs.n, designs.expected_n, strict=True) if n <= n_max)[1]
        assert sized(n_max=n_max).n == best


def test_law_the_curve_ends_where_it_is_told_to():
    short = ici.TwoStageDesigns(ici.TwoStage(n_max=27), TRUTH, power=0.8)
    assert short.n == (25, 26, 27)
    assert short.optimal.n == 27
    frame = short.to_frame()
    assert frame["admissible"].tolist() == [True, True, True]
    assert frame[["r1", "n1", "r", "n"]].to_numpy().tolist() == [[1, 15, 5, 25], [1, 12, 5, 26], [1, 11, 5, 27]]


@pytest.mark.parametrize("criterion", ["optimal", "minimax"])
def test_reference_assurance_is_averaged_in_the_search(criterion):
    """Experimental rate Beta(9, 21): the average is a sum of beta-binomial probabilities."""
    scenario = ici.ResponseScenario(control=0.1, effect=ici.Rate(ici.BetaMixture(1, 9, 21)))
    plan = ici.sample_size(ici.TwoStage(criterion), scenario, assurance=0.8)

    def assurance(r1: int, n1: int, r: int, n: int) -> float:
        total = 0.0
        for x in range(r1 + 1, n1 + 1):
            later = betabinom.sf(r - x, n - n1, 9 + x, 21 + n1 - x) if r >= x else 1.0
            total += betabinom.pmf(x, n1, 9, 21) * later
        return total

    found = counts(plan.design)
    assert plan.assurance == pytest.approx(assurance(*found), abs=1e-9)
    assert assurance(*found) >= 0.8
    assert (
        sum(
            binom.pmf(x, found[1], 0.1) * binom.sf(found[2] - x, found[3] - found[1], 0.1)
            for x in range(found[0] + 1, found[1] + 1)
        )
        <= 0.05
    )


def test_law_priors_on_both_rates_are_averaged():
    scenario = ici.ResponseScenario(
        control=ici.BetaMixture.from_counts(7, 38), effect=ici.OddsRatio(ici.NormalMixture.lognormal(3, 0.3))
    )
    plan = ici.sample_size(ici.TwoStage(), scenario, assurance=0.8)
    assert 0.8 - 1e-9 <= plan.assurance < 0.81
    assert ici.power(plan.design, scenario.null).power <= 0.05


# ---- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "arguments", "said"),
    [
        (ici.Rate(0.05), {}, "the experimental rate 0.05 is not above 0.1, the benchmark"),
        (
            ici.Rate(0.3),
            {"n_max": 20},
            "at most `n_max` = 20 patients; .* the smallest has r1 = 1, n1 = 15, r = 5, n = 25",
        ),
        (ici.Rate(0.11), {}, "about 5[0-9]{3} patients are needed at a rate of 0.11 even in one stage"),
    ],
)
def test_law_what_cannot_be_reached_says_what_could(effect, arguments, said):
    with pytest.raises(ici.NoSolution, match=said):
        ici.sample_size(ici.TwoStage(**arguments), TRUTH.with_(effect=effect), power=0.8)


def test_law_an_assurance_above_its_ceiling_names_it():
    scenario = TRUTH.with_(effect=ici.Rate(ici.BetaMixture(1, 2, 8)))
    with pytest.raises(ici.NoSolution, match=r"below its ceiling 0.7[0-9]+, the probability under the priors"):
        ici.sample_size(ici.TwoStage(), scenario, assurance=0.9)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"r1": 1, "n1": 10}, "`r1`, `n1`, `r` and `n` must be given together, or left out together; got r1=1, n1=10"),
        ({"r1": 10, "n1": 10, "r": 5, "n": 29}, "`r1` must be below `n1`, which is 10"),
        ({"r1": 1, "n1": 29, "r": 5, "n": 29}, "`n1` must be below `n`, which is 29"),
        ({"r1": 4, "n1": 10, "r": 3, "n": 29}, "`r` must be at least `r1`, which is 4"),
        ({"criterion": "best"}, "`criterion` must be one of 'optimal', 'minimax', 'admissible'"),
        ({"weight": 0.5}, '`criterion` must be "admissible" where a `weight` is given'),
        (
            {"criterion": "admissible", "weight": 20},
            "`weight` must be a number from 0 to 1; got 20. Write 0.2 for 20 %",
        ),
    ],
)
def test_law_counts_that_do_not_fit_are_refused(arguments, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.TwoStage(**arguments)


def test_law_a_sized_design_is_not_searched_again():
    with pytest.raises(ici.InvalidInput, match=r"`design.n` must be None"):
        ici.sample_size(ici.TwoStage(r1=1, n1=10, r=5, n=29), TRUTH, power=0.8)
    with pytest.raises(ici.InvalidInput, match=r"`design.n` must be None: all designs are compared"):
        ici.TwoStageDesigns(ici.TwoStage(r1=1, n1=10, r=5, n=29), TRUTH)


# ---- several looks -----------------------------------------------------------------------------------


def test_law_a_two_stage_design_is_one_of_several_looks():
    one = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
    other = ici.MultiStage((10, 29), efficacy=(None, 6), futility=(1,), benchmark=0.1)
    for scenario in (TRUTH, TRUTH.null):
        a, b = ici.power(one, scenario), ici.power(other, scenario)
        assert (a.power, a.expected_n, a.futility_by_look) == (b.power, b.expected_n, b.futility_by_look)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"efficacy": (7,)}, "`efficacy` must be of length 2, one number for each of the `sizes`"),
        ({"efficacy": (7, None)}, r"`efficacy\[-1\]` must be the number of responses that is a success in the end"),
        ({"efficacy": (16, 9)}, r"`efficacy\[0\]` must be at most the 15 patients of the look; got 16"),
        ({"efficacy": (7, 9), "futility": (7,)}, r"`futility\[0\]` must be below `efficacy\[0\]`, which is 7; got 7"),
        ({"efficacy": (7, 9), "futility": (3, 7)}, r"`futility\[-1\]` must be 8, one less than what succeeds"),
        ({"efficacy": (7, 9), "futility": (1, 2, 3)}, "`futility` must be of length 2 or 1"),
    ],
)
def test_law_bounds_that_do_not_fit_are_refused(arguments, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.MultiStage((15, 25), **arguments)


# ---- how they are shown ------------------------------------------------------------------------------


def test_law_a_design_is_printed_in_counts():
    plan = ici.sample_size(ici.TwoStage(), TRUTH, power=0.8)
    assert "stop if at most 1 of 10, success if at least 6 of 29" in str(plan.design)
    assert "stop if at most 1 of 10, success if at least 6 of 29" in " ".join(str(plan).split())
    unsized = str(ici.TwoStage("admissible", weight=0.25))
    assert unsized.startswith("Simon's two stages, admissible, weight 0.25, responses")
    shown = str(ici.MultiStage((15, 25), efficacy=(7, 9), futility=(3,), benchmark=0.2))
    assert "stop if at most 3 of 15, success if at least 7 of 15, success if at least 9 of 25" in shown


def test_law_the_candidates_are_printed_with_their_roles():
    lines = str(ici.TwoStageDesigns(ici.TwoStage(), TRUTH, power=0.8)).splitlines()
    assert lines[0].startswith("two-stage designs for 0.1 against 0.3, one-sided alpha 0.05, power 0.8")
    roles = [line.split()[6].rstrip(",") for line in lines[2:] if len(line.split()) > 6]
    assert roles == ["minimax", "admissible", "admissible", "optimal"]


def test_law_many_looks_are_not_all_named_in_a_sentence():
    design = ici.SingleArm(n=36, benchmark=0.2, rule=ici.LeeLiu(0.9, 0.001))
    shown = " ".join(str(ici.power(design, ici.ResponseScenario(0.2, ici.Rate(0.4)))).split())
    assert "27 looks from 10 patients on, success in the end if at least" in shown


def test_law_the_benchmarks_error_is_shown_beside_the_design():
    truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
    plan = ici.sample_size(ici.TwoStage(), truth, power=0.8)
    averaged = ici.assurance(plan.design, truth.null).power
    r1, n1, r, n = counts(plan.design)
    wanted = sum(
        betabinom.pmf(x, n1, 7.5, 31.5) * betabinom.sf(r - x, n - n1, 7.5 + x, 31.5 + n1 - x)
        for x in range(r1 + 1, n1 + 1)
    )
    assert averaged == pytest.approx(wanted, abs=1e-9)
    assert f"{wanted:.3g} averaged over what it may be" in " ".join(str(plan).split())
    assert np.isclose(plan.honest.average_error, wanted, atol=1e-9)


def test_law_a_report_holds_the_code_that_made_it(tmp_path):
    truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3), enrollment=ici.Enrollment(rate=2), assessment=3)
    plan = ici.sample_size(ici.TwoStage("minimax"), truth, power=0.8)
    assert plan.design.unsized() == ici.TwoStage("minimax", benchmark=0.1)
    ici.report(plan, tmp_path / "plan.md")
    code = (tmp_path / "plan.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    names = {name: getattr(ici, name) for name in ici.__all__}
    exec(code.replace("from icibaseline import *", ""), names)
    assert names["result"] == plan
    ici.report(plan, tmp_path / "plan.json")
