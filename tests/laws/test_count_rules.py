"""Rules and designs that count responses: the counts by theory against the data face, on every result there can be.

A new CountRule or CountDesign fails `test_law_every_class_is_tried` until it has its line here.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy.stats import binom

import icibaseline as ici
from icibaseline.designs.simulation import run
from icibaseline.rules import Reference

LAW = ici.BetaMixture(1, 7.5, 31.5)
REFERENCES = {
    "number": Reference(0.2),
    "beta": Reference(7 / 38, LAW),
    "mixture": Reference(0.2, LAW.robust(0.2)),
    "logit": Reference(0.2, ici.NormalMixture(1.0, -1.4, 0.35, scale="logit")),
}
MIXED = ici.BetaMixture((0.4, 0.6), (0.5, 3), (0.5, 9))
RULES = {
    "exact": ici.Exact(0.05),
    "count": ici.Exact(r=13),
    "posterior": ici.Posterior(0.95, delta=0.05),
    "fleming": ici.Fleming(0.05, looks=3),
    "fleming as printed": ici.Fleming(0.05, looks=4, exact=False),
    "thall-simon": ici.ThallSimon(0.95, 0.05, first=5, every=3),
    "thall-simon, both sides": ici.ThallSimon(0.95, 0.1, early=0.99, stop_delta=0.1, prior=MIXED, looks=(12, 20)),
    "lee-liu": ici.LeeLiu(0.9, 0.01, first=8, every=2),
    "lee-liu, both sides": ici.LeeLiu(0.9, 0.05, early=0.95, delta=0.05, prior=MIXED, looks=(10, 25)),
}
DESIGNS = {
    "two stages": ici.TwoStage(r1=4, n1=20, r=13, n=49),
    "three looks": ici.MultiStage((8, 15, 22), efficacy=(6, None, 11), futility=(None, 4)),
    "two looks": ici.MultiStage((15, 25), efficacy=(7, 9), futility=(3, 8)),
}


def leaves(base: type) -> set[str]:
    public = (getattr(ici, name) for name in ici.__all__)
    return {
        item.__name__
        for item in public
        if inspect.isclass(item) and issubclass(item, base) and not inspect.isabstract(item)
    }


def test_law_every_class_is_tried():
    assert {type(rule).__name__ for rule in RULES.values()} == leaves(ici.CountRule)
    assert {type(design).__name__ for design in DESIGNS.values()} == leaves(ici.CountDesign)


def agrees(stages, judge) -> None:
    """Bounds and judgement say the same of every count at every look."""
    for k, n in enumerate(stages.sizes):
        counts = np.arange(n + 1)
        responses = np.minimum(counts[:, None], stages.sizes)  # only column k matters
        success, futile = judge(responses, stages.sizes)
        np.testing.assert_array_equal(success[:, k], counts >= stages.efficacy[k])
        if k < len(stages.sizes) - 1:
            np.testing.assert_array_equal(futile[:, k], counts <= stages.futility[k])
    assert stages.futility[-1] == min(stages.efficacy[-1], stages.sizes[-1] + 1) - 1


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("rule", RULES)
def test_law_counts_by_theory_are_what_the_rule_says_of_data(rule, reference):
    held, against = RULES[rule], REFERENCES[reference]
    if rule == "posterior" and against.law is None:
        pytest.skip("asks for a law")
    for n in (26, 44):
        agrees(held.bounds(n, against), lambda x, sizes: held.judge(x, sizes, against))


@pytest.mark.parametrize("design", DESIGNS)
def test_law_counts_of_a_design_are_what_it_says_of_data(design):
    held = DESIGNS[design]
    agrees(held.stages(Reference(0.2)), lambda x, sizes: held.judge(x, sizes, Reference(0.2)))


TRIALS = 256 * 40
WORLDS = {
    "alternative": ici.ResponseScenario(0.2, ici.Rate(0.38), enrollment=ici.Enrollment(rate=2), assessment=3),
    "null": ici.ResponseScenario(LAW, ici.Rate(0.3)).null,
    "uncertain": ici.ResponseScenario(LAW, ici.OddsRatio(ici.NormalMixture.lognormal(2, 0.3))),
}
SINGLE = {
    name: ici.SingleArm(n=44, benchmark=LAW if name == "posterior" else 0.2, rule=rule) for name, rule in RULES.items()
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("design", {**SINGLE, **DESIGNS})
def test_law_simulated_trials_agree_with_exact_probabilities(design, world):
    held, scenario = {**SINGLE, **DESIGNS}[design], WORLDS[world]
    planned = (held if held.benchmark is not None else held.with_(benchmark=0.2)).plan_for(scenario)
    exact = ici.assurance(planned, scenario)
    seen = run(planned, scenario, TRIALS, np.random.default_rng(5), None, False)
    for name in ("reject_by_look", "futility_by_look", "events", "n_by_look", "months"):
        wanted, got = np.array(getattr(exact, name)), np.array(getattr(seen, name))
        error = np.maximum(np.array(getattr(seen.errors, name)), 1e-12)
        if name.endswith("by_look") and name != "n_by_look":
            error = np.maximum(error, np.sqrt(np.maximum(wanted * (1 - wanted), 1e-4) / TRIALS))
        both = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.isnan(got), ~both)
        assert (np.abs(got - wanted)[both] <= 4.2 * error[both] + 1e-9).all(), name
    assert abs(seen.expected_n - exact.expected_n) <= 4.2 * seen.errors.expected_n + 1e-9


def by_paths(stages, rate: float) -> float:
    """Power by carrying the law of the count from look to look."""
    alive, before, power = np.ones(1), 0, 0.0
    for n, most, least in zip(stages.sizes, stages.futility, stages.efficacy, strict=True):
        alive = np.convolve(alive, binom.pmf(np.arange(n - before + 1), n - before, rate))
        s = np.arange(len(alive))
        power += alive[s >= least].sum()
        alive, before = np.where((s > most) & (s < least), alive, 0.0), n
    return float(power)


@pytest.mark.parametrize("reference", REFERENCES.values(), ids=REFERENCES)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_law_power_lies_within_its_bracket(rule, reference):
    if isinstance(rule, ici.Posterior) and reference.law is None:
        return
    sizes, rates = np.arange(26, 60, 3) if rule.sizable else np.array([44]), np.array([0.1, 0.2, 0.35, 0.6])
    low, high = rule.bracket(sizes, reference, rates)
    for j, n in enumerate(sizes):
        stages = rule.bounds(int(n), reference)
        power = [by_paths(stages, p) for p in rates]
        assert (low[:, j] <= np.array(power) + 1e-10).all()
        assert (high[:, j] >= np.array(power) - 1e-10).all()


@pytest.mark.parametrize("looks", [2, 3, 5])
@pytest.mark.parametrize("alpha", [0.01, 0.025, 0.1])
def test_law_exact_bounds_of_fleming_keep_alpha_wherever_the_last_one_cannot_alone(looks, alpha):
    raised = 0
    for p0 in (0.02, 0.05, 0.2, 0.5, 0.9):
        for n in range(looks, 50):
            rule = ici.Fleming(alpha, looks=looks)
            exact, printed = (r.bounds(n, Reference(p0)) for r in (rule, rule.with_(exact=False)))
            assert by_paths(exact, p0) <= alpha * (1 + 1e-9)
            fewer = exact._replace(efficacy=exact.efficacy - (np.arange(looks) == looks - 1))
            assert by_paths(fewer, p0) > alpha or exact.efficacy[-1] == 0
            assert (exact.efficacy[:-1] >= printed.efficacy[:-1]).all()
            if (exact.efficacy[:-1] > printed.efficacy[:-1]).any():
                raised += 1
                agrees(exact, lambda x, n, rule=rule, p0=p0: rule.judge(x, n, Reference(p0)))
    assert raised or alpha > 0.01


SEVERAL = {
    "fleming": ici.Fleming(0.05, looks=3),
    "fleming as printed": ici.Fleming(0.1, looks=2, exact=False),
    "thall-simon": ici.ThallSimon(0.95, stop=0.05, first=10, every=10),
    "thall-simon, both sides": ici.ThallSimon(0.9, stop=0.05, early=0.99, looks=(12, 24)),
    "lee-liu": ici.LeeLiu(0.95, 0.02, looks=(10, 20)),
}


@pytest.mark.parametrize("rates", [(0.2, 0.4), (0.05, 0.2), (0.5, 0.72)])
@pytest.mark.parametrize("rule", SEVERAL.values(), ids=SEVERAL)
def test_law_both_sizes_of_several_looks_by_trying_every_n(rule, rates):
    def power(n):
        try:
            return by_paths(rule.bounds(n, Reference(rates[0])), rates[1])
        except ici.InvalidInput:
            return 0.0

    reached = np.array([power(n) >= 0.8 for n in range(1, 91)])
    design, truth = ici.SingleArm(rule=rule, n_max=90), ici.ResponseScenario(rates[0], ici.Rate(rates[1]))
    assert ici.sample_size(design, truth, power=0.8).n == np.argmax(reached) + 1
    lasting = ici.sample_size(design.with_(conservative=True), truth, power=0.8).n
    assert lasting == np.flatnonzero(~reached)[-1] + 2
    below = design.with_(conservative=True, n_max=int(lasting) - 1)
    with pytest.raises(ici.NoSolution, match=f"n = {lasting} is the smallest that might be"):
        ici.sample_size(below, truth, power=0.8)
