"""Laws of power by formula: monotone, free of units, symmetric in the arms, alpha under the null."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose

import icibaseline as ici
from icibaseline.statistics.base import TrialData

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

RATIOS = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])
MEDIANS = st.floats(1.0, 60.0)
EFFECTS = st.floats(0.3, 0.9)
# formulas of power whose mean of Z is a multiple of the root of events; "second-order" is not monotone by construction
FORMULAS = st.sampled_from(["score", "schoenfeld", "freedman", "lachin-foulkes"])


def world(median=4.7, ratio=0.6, duration=24.0, **more):
    return ici.Scenario(
        control=ici.Exponential(median=median),
        effect=ici.HazardRatio(ratio),
        enrollment=ici.Enrollment(duration=duration),
        **more,
    )


def power(n, scenario, follow_up=12.0, ratio=1.0, **statistic):
    design = ici.Randomized(n, ratio=ratio, statistic=ici.LogRank(**statistic), looks=ici.AfterEnrollment(follow_up))
    return ici.power(design, scenario).power


# ---- monotone --------------------------------------------------------------------------------------


@given(MEDIANS, EFFECTS, RATIOS, FORMULAS, st.floats(20, 2000), st.floats(1.01, 3))
def test_law_power_grows_with_n(median, effect, ratio, formula, n, times):
    scenario = world(median, effect)
    low, high = (power(m, scenario, ratio=ratio, formula=formula) for m in (n, times * n))
    assert low < high or high > 1 - 1e-12


@given(MEDIANS, EFFECTS, RATIOS, st.sampled_from(["score", "schoenfeld"]), st.floats(1.01, 1.6))
def test_law_power_grows_with_the_effect(median, effect, ratio, formula, times):
    """At a fixed number of events; in a fixed month a stronger effect also delays events."""
    looks, statistic = ici.AtEvents(60), ici.LogRank(formula=formula)
    design = ici.Randomized(300, ratio=ratio, looks=looks, statistic=statistic)
    weak, strong = (ici.power(design, world(median, r)).power for r in (effect, effect / times))
    assert weak < strong or strong > 1 - 1e-12


@given(MEDIANS, EFFECTS, RATIOS, FORMULAS, st.floats(1.0, 60), st.floats(0.5, 30))
def test_law_power_grows_with_follow_up(median, effect, ratio, formula, follow_up, more):
    scenario = world(median, effect)
    first, later = (power(100, scenario, f, ratio=ratio, formula=formula) for f in (follow_up, follow_up + more))
    assert first <= later + 1e-12


@given(EFFECTS, RATIOS, st.floats(0.05, 0.97))
def test_law_sample_size_reaches_its_target_and_no_smaller_one_does(effect, ratio, target):
    scenario, unsized = world(ratio=effect), ici.Randomized(ratio=ratio)
    plan = ici.sample_size(unsized, scenario, power=target)
    step = unsized.size_step()
    assert plan.n % step == 0
    assert plan.n - step < plan.n_exact * (1 + 1e-9)
    assert plan.n_exact <= plan.n * (1 + 1e-9)
    exact = ici.power(unsized.with_(n=plan.n_exact), scenario).power
    assert exact == pytest.approx(target, abs=1e-8) or (plan.n_exact == 2 and exact > target)  # one for each arm
    assert plan.power >= target - 1e-8


# ---- units and arms --------------------------------------------------------------------------------


def in_unit(c):
    """A scenario and looks with every month multiplied by c."""
    steps = ici.PiecewiseExponential((0.2 / c, 0.1 / c, 0.05 / c), knots=(3 * c, 9 * c))
    cured = ici.MixtureCure(joint=(5 * c, 0.1))
    parts = ici.Mixture((0.6, 0.4), (ici.LogNormal(sigma=1.1, median=5 * c), cured))
    late = ici.Conditional(ici.LogLogistic(shape=1.3, median=6 * c), months=2 * c)
    strata = (
        ici.Stratum(
            "a", share=0.3, control=ici.Weibull(shape=0.73, median=4 * c), effect=ici.HazardRatio(0.5, delay=2 * c)
        ),
        ici.Stratum("b", share=0.3, control=steps, effect=ici.HazardRatio(0.7)),
        ici.Stratum("c", share=0.2, control=parts, effect=ici.HazardRatio(0.6)),
        ici.Stratum("d", share=0.2, control=late, effect=ici.HazardRatio(0.6, delay=c)),
    )
    scenario = ici.Scenario(
        strata=strata,
        dropout=(ici.Exponential(rate=0.01 / c), ici.Weibull(shape=1.3, scale=50 * c)),
        enrollment=ici.Enrollment(rates=(2 / c, 5 / c), knots=(6 * c,)),
    )
    return scenario, 12 * c


@pytest.mark.parametrize("c", [0.01, 0.03285, 7.0, 30.4375, 1000.0])
@pytest.mark.parametrize("formula", ["score", "second-order"])
def test_law_the_unit_of_time_changes_nothing(c, formula):
    sizes = []
    for unit in (1.0, c):
        scenario, follow_up = in_unit(unit)
        design = ici.Randomized(ratio=2, statistic=ici.LogRank(formula=formula), looks=ici.AfterEnrollment(follow_up))
        plan = ici.sample_size(design, scenario, power=0.8)
        sizes.append((plan.n_exact, plan.events, plan.months[0] / unit))
    assert_allclose(sizes[0], sizes[1], rtol=1e-8)


@given(MEDIANS, EFFECTS, RATIOS, st.floats(0.0, 6.0), st.sampled_from(["score", "second-order"]))
def test_law_exchange_of_arms_turns_the_drift(median, effect, ratio, delay, formula):
    control = ici.Exponential(median=median)
    experimental = control.scaled(effect, delay)
    plain = {"enrollment": ici.Enrollment(duration=24)}
    lost = (ici.Exponential(rate=0.01), ici.Exponential(rate=0.03))
    drifts = []
    for arms, r, dropout in (((control, experimental), ratio, lost), ((experimental, control), 1 / ratio, lost[::-1])):
        scenario = ici.Scenario(control=arms[0], experimental=arms[1], dropout=dropout, **plain)
        design = ici.Randomized(120, ratio=r, statistic=ici.LogRank(formula=formula)).plan_for(scenario)
        drifts.append(design.evaluate(scenario.resolved).drift[0])
    assert_allclose(drifts[0], -drifts[1], rtol=1e-9, atol=1e-12)


@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_law_exchange_of_arms_turns_the_score(seed, stratified, tied):
    rng = np.random.default_rng(seed)
    time = rng.exponential(5, (3, 40))
    time = np.round(time) if tied else time
    event, arm, stratum = rng.random((3, 40)) < 0.7, rng.random(40) < 0.6, rng.integers(0, 2, (3, 40))
    one, other = (
        ici.LogRank(stratified=stratified).observe(TrialData(time, event, a, stratum), 1.96, rng) for a in (arm, ~arm)
    )
    assert_allclose(one.score, -other.score, rtol=1e-12, atol=1e-12)
    assert_allclose(one.information, other.information, rtol=1e-12, atol=1e-12)
    assert not np.any(one.above & other.above)


# ---- null and typical ------------------------------------------------------------------------------

UNCERTAIN = ici.NormalMixture.lognormal(4.7, 0.3)
WORLDS = [
    world(),
    world(dropout=ici.Exponential(rate=0.05)),
    world().with_(effect=ici.HazardRatio(0.5, delay=4)),
    world().with_(effect=None, experimental=ici.PiecewiseExponential((0.2, 0.01), knots=(4,))),
    in_unit(1.0)[0],
    world().with_(control=UNCERTAIN, effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.4))),
    world().with_(
        control=ici.mix(
            ici.baseline("mcc_pfs_primary", shape=0.8),
            ici.LogNormal(sigma=1.1, median=9.5),
            shares=ici.baseline("mcc_share_primary"),
            event_free=1,
        )
    ),
    world().with_(control=ici.baseline("mel_pfs_chemo", family="cure"), effect=ici.HazardRatio(0.5, delay=4)),
    world().with_(
        control=ici.Conditional(ici.LogLogistic(shape=1.3, median=6), months=2),
        effect=ici.baseline("mcc_ahr_icirt", bias=ici.Bias(0.2, reason="confounding")),
    ),
]


@pytest.mark.parametrize("alpha", [0.005, 0.025, 0.3])
@pytest.mark.parametrize("looks", [ici.AfterEnrollment((0, 12)), ici.AtMonths(20), ici.AtEvents(25)])
@pytest.mark.parametrize("scenario", WORLDS)
def test_law_power_under_the_null_is_alpha(scenario, looks, alpha):
    design = ici.Randomized(120, ratio=2, looks=looks, boundary=ici.Fixed(alpha)).plan_for(scenario)
    assert_allclose(ici.power(design, scenario.null).power, alpha, rtol=1e-9)
    assert_allclose(ici.assurance(design, scenario.null).power, alpha, rtol=1e-9)


def test_law_null_margin_gives_alpha_at_the_margin():
    design = ici.Randomized(200, statistic=ici.LogRank(null=1.3), looks=ici.AtEvents(120))
    assert_allclose(ici.power(design, world(ratio=1.3)).power, 0.025, rtol=1e-9)


@pytest.mark.parametrize("scenario", WORLDS)
def test_law_typical_is_certain_and_its_own_typical(scenario):
    typical = scenario.typical
    assert not typical.unknowns
    assert typical.typical is typical
    assert (typical is scenario) == (not scenario.unknowns)
    assert scenario.null.null == scenario.null
    design = ici.Randomized(120).plan_for(scenario)
    assert ici.power(design, scenario).power == ici.power(design, typical).power
    assert_allclose(ici.assurance(design, typical).power, ici.power(design, typical).power, rtol=1e-12)
