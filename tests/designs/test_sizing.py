"""The search for n: what it works out, and that it averages as results do."""

from __future__ import annotations

import re

import pytest

import icibaseline as ici
from icibaseline.designs.averaging import assurance_only
from icibaseline.designs.goals import Assurance, Power
from icibaseline.designs.sizing import Search, exact_n

BELIEF = ici.Scenario(
    ici.Exponential(ici.NormalMixture.lognormal(4.7, 0.24)),
    ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)),
    enrollment=ici.Enrollment(duration=24),
)
TWO_LOOKS = ici.Randomized(
    looks=ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)), boundary=ici.Spending(0.025)
)
GOALS = [
    (Power, ici.Randomized(), 0.8),
    (Power, TWO_LOOKS, 0.8),
    (Assurance, ici.Randomized(), 0.7),
    (Assurance, TWO_LOOKS, 0.7),
]


@pytest.mark.parametrize(("goal", "design", "target"), GOALS)
def test_law_no_number_of_patients_is_worked_out_twice(goal, design, target, monkeypatch):
    tried, reached = [], Search.reached

    def counted(self, n):
        tried.append(n)
        return reached(self, n)

    monkeypatch.setattr(Search, "reached", counted)
    made = Search(design, BELIEF, goal(target))
    n = exact_n(made)
    assert len(tried) == len(set(tried)) <= 12
    assert made.reached(n)[0] == pytest.approx(target, abs=1e-10)


@pytest.mark.parametrize("sd", [0.25, 0.35, 0.7])
@pytest.mark.parametrize("looks", [ici.AfterEnrollment(12), ici.AtMonths((18, 36)), ici.AtEvents((60, 121))])
def test_law_the_search_averages_as_results_do(looks, sd):
    """With fewer nodes, since it wants no distribution of power."""
    belief = BELIEF.with_(control=ici.Exponential(ici.NormalMixture.lognormal(4.7, sd)))
    design = ici.Randomized(400, looks=looks, boundary=ici.Spending(0.025)).plan_for(belief)
    power, ceiling = assurance_only(design, belief)
    result = ici.assurance(design, belief)
    assert power == pytest.approx(result.power, abs=1e-8)
    assert ceiling == pytest.approx(result.ceiling, abs=1e-8)


def test_law_a_futility_bound_that_forbids_success_is_named_and_n_is_one_that_can_be_run():
    truth = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
    looks = ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment(9))
    design = ici.Randomized(ratio=2, looks=looks, boundary=ici.Spending(0.025, futility=ici.FutilityHazardRatio(0.5)))
    with pytest.raises(ici.NoSolution) as refused:
        ici.sample_size(design, truth, power=0.8)
    assert "the futility bound (the hazard ratio is above 0.5) stops" in str(refused.value)
    assert "More events" not in str(refused.value)
    assert int(re.search(r"at n = (\d+)", str(refused.value))[1]) % 3 == 0
    early = design.with_(boundary=ici.Fixed(), looks=ici.AtEvents(40, by=48))
    with pytest.raises(ici.NoSolution, match="events are needed: look later"):
        ici.sample_size(early, truth, power=0.8)


CERTAIN = ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(0.6), enrollment=ici.Enrollment(rate=5))
RESPONSES = ici.ResponseScenario(0.1, ici.Rate(0.3))
EVERY = {
    "randomised": (ici.Randomized(), CERTAIN),
    "one arm": (ici.SingleArm(), RESPONSES),
    "one arm, every size after it": (ici.SingleArm(conservative=True), RESPONSES),
    "several looks": (ici.SingleArm(rule=ici.Fleming(0.05, looks=2)), RESPONSES),
    "two stages": (ici.TwoStage(), RESPONSES),
    "one arm, survival": (ici.SingleArm(statistic=ici.OneSampleLogRank()), CERTAIN),
    "two stages, survival": (ici.TwoStageSurvival(looks=ici.AfterEnrollment(6)), CERTAIN),
    "two rates": (ici.RandomizedResponse(test=ici.Boschloo(), alpha=0.1), RESPONSES),
}


@pytest.mark.parametrize(("design", "scenario"), EVERY.values(), ids=EVERY)
def test_law_where_nothing_is_uncertain_an_assurance_is_a_power(design, scenario):
    power, assurance = (ici.sample_size(design, scenario, **{goal: 0.8}) for goal in ("power", "assurance"))
    assert power.design == assurance.design
    assert power.n_exact == pytest.approx(assurance.n_exact, rel=1e-9)
    assert (power.goal, assurance.goal) == (Power(0.8), Assurance(0.8))


SEARCHED = {name: pair for name, pair in EVERY.items() if name != "two stages, survival"}  # it has a search of its own


@pytest.mark.parametrize("goal", ["power", "assurance"])
@pytest.mark.parametrize(("design", "scenario"), SEARCHED.values(), ids=SEARCHED)
def test_law_every_design_says_that_an_effect_on_the_wrong_side_is_hopeless(design, scenario, goal):
    worse = scenario.with_(effect=ici.Rate(0.05) if scenario is RESPONSES else ici.HazardRatio(1.3))
    with pytest.raises(ici.NoSolution, match=f"`{goal}` must be reachable; got 0.8"):
        ici.sample_size(design, worse, **{goal: 0.8})
