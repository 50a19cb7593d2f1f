"""Cases in which a plausible shortcut gives a wrong answer or a false sentence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

import icibaseline as ici

TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
LOGNORMAL = ici.NormalMixture.lognormal
SCHOENFELD = ici.LogRank(formula="schoenfeld")


@pytest.mark.parametrize("sd", [0.3, 0.55, 0.58])
def test_law_events_for_assurance_solve_the_closed_form(sd):
    """Wide priors need many thousands of events, where the power curve is a step on the scale of the prior."""
    uncertain = TRUTH.with_(effect=ici.HazardRatio(LOGNORMAL(0.6, sd)))
    plan = ici.sample_size(ici.Randomized(statistic=SCHOENFELD), uncertain, assurance=0.8)
    spread = 2 / np.sqrt(plan.events_required)
    assurance = ndtr((-ndtri(0.975) * spread - np.log(0.6)) / np.hypot(spread, sd))
    assert assurance == pytest.approx(0.8, abs=1e-9)


@pytest.mark.filterwarnings("ignore::icibaseline.errors.ApproximationWarning")
def test_regression_power_may_fall_with_n_at_fixed_events():
    strong = TRUTH.with_(effect=ici.HazardRatio(0.3))
    design = ici.Randomized(looks=ici.AtEvents(25, by=60))
    powers = [ici.power(design.with_(n=n), strong).power for n in (34, 64, 512)]
    assert powers == sorted(powers, reverse=True)
    n = ici.sample_size(design, strong, power=0.8357).n_exact
    assert ici.power(design.with_(n=n), strong).power == pytest.approx(0.8357, abs=1e-8)
    with pytest.raises(ici.NoSolution, match=r"the best that was seen is 0\.83\d+, at n = 3\d"):
        ici.sample_size(design, strong, power=0.85)


def test_regression_assurance_may_pass_its_limit():
    """A tiny harm that only a huge trial would see: moderate trials succeed more often than the largest."""
    mix = ici.NormalMixture((0.5, 0.5), (np.log(0.4), np.log(1.03)), (0.05, 0.005), scale="log")
    uncertain = TRUTH.with_(effect=ici.HazardRatio(mix))
    averaged = ici.assurance(ici.Randomized(200), uncertain)
    assert averaged.power > averaged.ceiling == pytest.approx(0.5, abs=1e-6)
    assert ici.sample_size(ici.Randomized(), uncertain, assurance=0.503).assurance >= 0.503


def test_reference_distribution_of_power_where_power_saturates():
    """Against 40,000 draws from each prior by stratified midpoints, evaluated one control median at a time."""
    control, effect = LOGNORMAL(12, 1.0), LOGNORMAL(0.6, 0.1)
    uncertain = TRUTH.with_(control=control, effect=ici.HazardRatio(effect))
    design = ici.Randomized(200).plan_for(uncertain)
    middles = (np.arange(200) + 0.5) / 200
    grid = np.meshgrid(control.quantile(middles), effect.quantile(middles), indexing="ij")
    power = design.evaluate(uncertain.at([g.ravel() for g in grid])).power
    found = ici.assurance(design, uncertain)
    assert found.power == pytest.approx(power.mean(), abs=2e-4)  # of the midpoints
    assert found.power_at_least == pytest.approx(np.mean(power >= 0.8), abs=1.5e-3)
    assert found.power_quantiles == pytest.approx(np.quantile(power, (0.1, 0.5, 0.9)), abs=2e-3)


def test_regression_events_stop_for_years_and_go_on():
    pause = TRUTH.with_(control=ici.PiecewiseExponential((0.1, 0.0, 0.1), knots=(5, 120)))
    assert 120 < ici.power(ici.Randomized(200, looks=ici.AtEvents(150)), pause).months[0] < 200


def test_law_looks_that_may_not_be_reached_are_warned_about():
    lossy = TRUTH.with_(dropout=ici.Exponential(rate=0.1))
    with pytest.warns(ici.ApproximationWarning, match="part of the trials never sees them"):
        ici.power(ici.Randomized(200, looks=ici.AtEvents(103)), lossy)
    with pytest.warns(ici.ApproximationWarning, match="100 patients cannot give 104 events"):
        ici.power(ici.Randomized(100, looks=ici.AtEvents(104, by=84)), TRUTH)


def test_law_the_null_of_a_margin_is_named():
    margin = ici.Randomized(200, statistic=ici.LogRank(null=1.3))
    uncertain = TRUTH.with_(effect=ici.HazardRatio(LOGNORMAL(1, 0.1)))
    assert "that the hazard ratio is below 1.3" in str(ici.assurance(margin, uncertain))
    assert "type I error" in str(ici.power(margin, TRUTH.with_(effect=ici.HazardRatio(1.3))))
    assert "type I error" not in str(ici.power(margin, TRUTH.null))


def test_law_a_permutation_plan_says_whose_power_the_formula_is():
    design = ici.Randomized(200, statistic=ici.LogRank(reference="permutation"))
    assert "of the asymptotic test" in str(ici.power(design, TRUTH))
    with pytest.raises(ici.InvalidInput, match="`permutations` must be at least 199"):
        ici.Randomized(60, statistic=design.statistic.with_(permutations=100), boundary=ici.Fixed(0.005))


def test_law_the_plug_in_keeps_its_sources():
    control = ici.baseline("mcc_pfs_primary")
    typical = TRUTH.with_(control=control).typical
    assert ici.sources(typical)[0].status == "sourced, at its median"
    assert typical.resolved.control == control.typical
    assert ici.sources(typical)[0].printed == control.printed
    changed = ici.sources(TRUTH.with_(control=control.with_(prior=control.predictive())))[0]
    assert changed.status == "sourced, modified"


def test_law_equal_priors_in_two_places_are_named():
    both = ici.HazardRatio(LOGNORMAL(0.6, 0.3))
    strata = [
        ici.Stratum(name, share=0.5, control=ici.Exponential(median=m), effect=both)
        for name, m in zip("ab", (4, 9), strict=True)
    ]
    shared = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=24))
    assert len(shared.unknowns) == 1
    assert "one unknown" in str(ici.assurance(ici.Randomized(200), shared))
    assert "one unknown" not in str(ici.assurance(ici.Randomized(200), TRUTH.with_(effect=both)))


def test_regression_independent_effects_have_no_common_sensitivity():
    strata = [
        ici.Stratum(name, share=0.5, control=TRUTH.control, effect=ici.HazardRatio(LOGNORMAL(0.6, sd)))
        for name, sd in (("a", 0.29), ("b", 0.31))
    ]
    separate = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=24))
    assert ici.assurance(ici.Randomized(200), separate).sensitivity == ()
