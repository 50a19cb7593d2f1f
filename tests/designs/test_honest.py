"""What the error of a benchmark does: printed numbers, beta-binomial sums, resampled histories and limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import betainc

import icibaseline as ici
from icibaseline._exact import Stages
from icibaseline.designs.honest import average_success

PROMIT = ici.baseline("promit_orr")
TRUTH = ici.ResponseScenario(PROMIT, ici.Rate(0.35))
HISTORIES = stats.binom.pmf(np.arange(39), 38, 7 / 38)


def honest(alpha=0.05, rate=0.35, n=None, **more):
    truth = TRUTH.with_(effect=ici.Rate(rate))
    if n is not None:
        return ici.power(ici.SingleArm(n, benchmark=PROMIT, rule=ici.Exact(alpha), **more), truth).honest
    return ici.sample_size(ici.SingleArm(rule=ici.Exact(alpha), **more), truth, power=0.8).honest


# ---- type I error --------------------------------------------------------------------------------------


def test_published_type_one_error_of_the_naive_trial():
    """Nominal 0.0495, averaged 0.145 with a 90 % quantile of 0.44; at alpha 0.025 0.112 on average."""
    found = honest()
    assert (round(found.error, 4), round(found.average_error, 3)) == (0.0495, 0.145)
    assert round(found.error_quantiles[2], 2) == 0.44
    assert round(honest(0.025).average_error, 3) == 0.112


def test_law_the_average_is_beta_binomial_and_what_assurance_finds():
    found = honest()
    assert_allclose(found.average_error, stats.betabinom.sf(12, 44, 7.5, 31.5), rtol=1e-12)
    assert_allclose(found.average_error, ici.assurance(found.design, TRUTH.null).power, rtol=1e-8)
    quantiles = ici.assurance(found.design, TRUTH.null).power_quantiles
    assert_allclose(found.error_quantiles, quantiles, atol=1e-4)
    exact = stats.binom.sf(12, 44, stats.beta(7.5, 31.5).ppf([0.1, 0.5, 0.9]))
    assert_allclose(found.error_quantiles, exact, rtol=1e-8)


def test_law_averages_over_several_looks_and_over_other_laws():
    """A rule with stops is a polynomial in the rate: its average over a beta law is a sum, over another an integral."""
    stages = Stages(np.array([10, 29]), np.array([np.inf, 6]), np.array([1, 5]))
    x1, x2 = np.arange(11)[:, None], np.arange(20)
    for law in (ici.BetaMixture.from_counts(7, 38).robust(), ici.NormalMixture((1,), (-1.4,), (0.4,), scale="logit")):
        nodes = law.nodes(200)
        each = stats.binom.pmf(x1, 10, nodes.x[:, None, None]) * stats.binom.pmf(x2, 19, nodes.x[:, None, None])
        exact = (each * ((x1 > 1) & (x1 + x2 >= 6))).sum(axis=(1, 2)) @ nodes.weights
        assert_allclose(average_success(stages, law), exact, rtol=1e-9)


def test_law_studies_that_differ_make_it_worse():
    """Against draws: log odds of the law, moved by N(0, 2 tau^2) with tau half-normal."""
    found, rng = honest(), np.random.default_rng(1)
    p, tau = rng.beta(7.5, 31.5, 400_000), np.abs(rng.normal(0, 0.25, 400_000))
    moved = 1 / (1 + (1 - p) / p * np.exp(-np.sqrt(2) * tau * rng.normal(size=400_000)))
    drawn = stats.binom.sf(12, 44, moved)
    assert abs(found.error_between_studies() - drawn.mean()) < 4 * drawn.std() / np.sqrt(400_000)
    assert_allclose(found.error_between_studies(ici.HalfNormal(1e-9)), found.average_error, rtol=1e-7)


def test_published_resampled_error_grows_with_n():
    """0.13 with 45 patients, 0.195 with 100."""
    assert round(honest(n=45).resampled_error, 2) == 0.13
    assert round(honest(n=100).resampled_error, 3) == 0.195


def test_law_the_resampled_error_by_enumerating_histories():
    exact = 0.0
    for x, weight in enumerate(HISTORIES):
        p = x / 38 if 0 < x < 38 else stats.beta(x + 0.5, 38.5 - x).median()  # no rate of 0 or 1 can be tested against
        r = next((r for r in range(46) if stats.binom.sf(r - 1, 45, p) <= 0.05), 46)
        exact += weight * stats.binom.sf(r - 1, 45, 7 / 38)
    assert_allclose(honest(n=45).resampled_error, exact, rtol=1e-9)


# ---- the honest rule -------------------------------------------------------------------------------------


def test_published_size_and_floor_of_the_honest_rule():
    """156 patients at c = 0.95, sawtooth-safe, and rates above 0.303; at 0.975 rates above 0.328."""
    found, strict = honest(), honest(0.025)
    assert found.sizes == (135, 156)
    assert (round(found.floor, 3), round(strict.floor, 3)) == (0.303, 0.328)
    assert found.naive_sizes == (44, 50)
    assert_allclose(found.detectable, stats.beta(7.5, 31.5).ppf(0.95) - 7 / 38, rtol=1e-9)


def test_regression_the_size_at_c_0975_is_561():
    """The counts at 560 to 563 are checked in tests/rules: power is 0.79964 at 560 and never below 0.8 after."""
    found = honest(0.025)
    assert found.sizes == (522, 561)
    assert found.power(560) < 0.8 < found.power(561)
    assert np.all(found.power(range(561, 1100)) >= 0.8)


def test_law_the_limit_decides_not_a_search():
    below, above = honest(rate=0.30, n=44), honest(rate=0.31, n=44)
    assert (below.reachable, above.reachable) == (False, True)
    assert below.sizes is None
    assert below.power(50_000) < 0.1 < 0.9 < above.power(50_000)
    assert "no number of patients reaches" in str(ici.power(below.design, TRUTH.with_(effect=ici.Rate(0.30))))


def test_published_resampled_sizes_by_the_normal_approximation():
    """463 (p1 = 0.35) and 67 (0.40) at c = 0.95, infinite and 121 at 0.975; least differences 0.156 and 0.176."""
    found = {(a, p): honest(a, p, n=44) for a in (0.05, 0.025) for p in (0.35, 0.40)}
    assert [round(found[0.05, p].resampled_size_normal) for p in (0.35, 0.40)] == [463, 67]
    assert found[0.025, 0.35].resampled_size_normal == np.inf
    assert round(found[0.025, 0.40].resampled_size_normal) == 121
    assert [round(found[a, 0.35].resampled_detectable, 3) for a in (0.05, 0.025)] == [0.156, 0.176]


def test_law_no_number_of_patients_reaches_a_target_above_the_limit():
    """The rate's limit, a sum over histories, decides; a formula that gives 463 patients all the same is not shown."""
    floors = stats.beta(np.arange(39) + 0.5, 38.5 - np.arange(39)).ppf(0.95)
    for rate in (0.35, 0.36, 0.37):
        found = honest(rate=rate, n=44)
        limit = HISTORIES @ (floors < rate)
        assert (found.resampled_size == np.inf) == (limit < 0.8)
        said = " ".join(str(ici.power(found.design, TRUTH.with_(effect=ici.Rate(rate)))).split())
        assert f"tends to {limit:.3f} as n grows" in said
        assert ("no number of patients reaches 0.8" in said) == (limit < 0.8)
        assert "463" not in said
    assert_allclose(found.resampled_floor, floors[np.argmax(np.cumsum(HISTORIES) >= 0.8)], rtol=1e-12)


def test_law_the_resampled_size_by_every_history_and_count():
    found, grid = honest(rate=0.4, n=44), (np.arange(500) + 0.5) / 500
    controls = [stats.beta(x + 0.5, 38.5 - x).ppf(grid) for x in range(39)]

    def exact(n):
        x, power = np.arange(n + 1), 0.0
        for weight, control in zip(HISTORIES, controls, strict=True):
            better = betainc(n + 0.5 - x[:, None], x[:, None] + 0.5, 1 - control).mean(axis=1)
            power += weight * stats.binom.pmf(x, n, 0.4) @ (better >= 0.95)
        return power

    size = found.resampled_size
    assert_allclose(found.resampled_power(size), exact(size), atol=2e-3)
    assert found.resampled_power(size) >= 0.8
    assert all(found.resampled_power(n) < 0.8 for n in range(70, size))


@pytest.mark.parametrize("responses", [0, 12])
def test_law_a_count_of_none_or_all_is_held_at_the_median(responses):
    """No trial can be held against a rate of 0 or 1: the plug-in is the median, and no cohort is drawn at it."""
    printed = ici.Finding(
        id="m", document="d", printed=f"{responses} of 12 responded", statistic="count", unit="patients",
        value=responses, events=responses, n=12, endpoint="ORR", supports="made", route="counts",
        analysis_set="evaluable",
    )  # fmt: skip
    held = ici.Baseline("made", findings=[printed])
    plan = ici.power(ici.SingleArm(44, benchmark=held), ici.ResponseScenario(held, ici.Rate(0.25)))
    median = stats.beta(responses + 0.5, 12.5 - responses).median()
    r = next(r for r in range(46) if stats.binom.sf(r - 1, 44, median) <= 0.05)
    found = plan.honest
    assert_allclose(found.reference.rate, median, rtol=1e-10)
    assert (plan.design.responses or 45) == r
    assert_allclose(found.error, stats.binom.sf(r - 1, 44, median), rtol=1e-9)
    drawn = (found.resampled_error, found.resampled_size, found.resampled_limit, found.resampled_floor)
    assert drawn == (None,) * 4
    said = " ".join(str(plan).split())
    assert f"{responses} of 12 is no rate to hold a trial against" in said
    assert f"the median of what the rate may be, {median:.3g}, is taken" in said
    assert "which gives no rate to draw one at" in said
    with pytest.raises(ici.InvalidInput, match="some responders and some others"):
        found.resampled_power(44)


def test_law_a_typed_count_has_no_level_for_the_honest_rule_to_take():
    found = ici.power(ici.SingleArm(44, benchmark=PROMIT, rule=ici.Exact(r=5)), TRUTH)
    assert found.honest.posterior == ici.Posterior(0.95)
    assert found.honest.sizes == (135, 156)
    assert "honest rule, at 0.95 as a count that was typed has no level" in " ".join(str(found).split())


def test_law_resampled_power_tends_to_the_probability_of_a_history_that_allows_it():
    found = honest(n=44)
    floors = stats.beta(np.arange(39) + 0.5, 38.5 - np.arange(39)).ppf(0.95)
    assert_allclose(found.resampled_limit, HISTORIES @ (floors < 0.35), rtol=1e-9)
    gaps = [abs(found.resampled_power(n) - found.resampled_limit) for n in (200, 5000, 100_000)]
    assert gaps[2] < 0.01 < gaps[0]


def test_law_a_bare_number_has_no_known_error():
    found = ici.power(ici.SingleArm(44, benchmark=7 / 38), TRUTH.with_(control=7 / 38)).honest
    assert not found.known
    unknown = (found.average_error, found.error_quantiles, found.resampled_error, found.floor, found.detectable)
    assert unknown == (None,) * 5
    assert (found.reachable, found.sizes, found.resampled_size, found.resampled_limit) == (None,) * 4
    assert round(found.error, 4) == 0.0495
    with pytest.raises(ici.InvalidInput, match="Its error is not known"):
        found.power(44)
    with pytest.raises(ici.InvalidInput, match="a Baseline of a printed count"):
        found.resampled_power(44)


def test_law_a_prior_without_a_count_is_not_resampled():
    found = ici.power(ici.SingleArm(44, benchmark=PROMIT.prior), TRUTH).honest
    assert found.known
    assert_allclose(found.average_error, stats.betabinom.sf(13, 44, 7.5, 31.5), rtol=1e-12)
    assert (found.resampled_error, found.resampled_size, found.resampled_limit) == (None, None, None)


def test_law_a_randomised_trial_has_no_benchmark():
    survival = ici.Scenario(
        control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
    )
    assert ici.power(ici.Randomized(134), survival).honest is None


# ---- a benchmark without a law, and rules with a margin --------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "above"),
    [
        (ici.Fleming(0.05, looks=3, exact=False), True),
        (ici.ThallSimon(0.9, first=10, every=5), False),
        (ici.LeeLiu(0.9, stop=0.01), False),
        (ici.Exact(0.05), False),
    ],
    ids=["fleming", "thall-simon", "lee-liu", "exact"],
)
def test_law_the_error_at_a_bare_rate_is_printed(rule, above):
    """By paths: every trial at the rate, of 45 patients, as the plan's counts judge it."""
    truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    result = ici.power(ici.SingleArm(45, benchmark=0.2, rule=rule), truth)
    plan = result.design.planned
    alive, success, seen = {0: 1.0}, 0.0, 0
    for size, most, least in zip(plan.sizes, plan.futility_bounds, plan.efficacy_bounds, strict=True):
        step, after = size - seen, {}
        for x, share in alive.items():
            for y in range(step + 1):
                after[x + y] = after.get(x + y, 0.0) + share * stats.binom.pmf(y, step, 0.2)
        success += sum(share for x, share in after.items() if x >= least)
        alive, seen = {x: share for x, share in after.items() if most < x < least}, size
    said = " ".join(str(result).split())
    assert f"type I error: {success:.3g} if the control rate is 0.2" in said
    assert (", above the nominal 0.05" in said) == above == (success > result.design.alpha)


@pytest.mark.parametrize("rule", [ici.ThallSimon, ici.LeeLiu])
def test_law_the_honest_rule_keeps_margin_and_prior(rule):
    """Its floor is the 0.8 quantile of the control rate plus the margin."""
    prior = ici.BetaMixture(1, 1, 2)
    held = rule(0.8, stop=0.1, delta=0.1, prior=prior, looks=(12, 24))
    result = ici.power(ici.SingleArm(36, benchmark=PROMIT, rule=held), TRUTH)
    found = result.honest
    assert found.posterior == ici.Posterior(0.8, prior=prior, delta=0.1)
    floor = stats.beta(7.5, 31.5).ppf(0.8) + 0.1
    assert_allclose(found.floor, floor, rtol=1e-8)
    assert_allclose(found.floor, held.floor(found.reference), rtol=1e-12)
    assert f"it can only show rates above {floor:.3g}" in " ".join(str(result).split())


def test_law_the_naive_test_and_the_resampled_history_count_the_margin():
    """The normal approximation by hand: the difference beyond the margin."""
    truth = TRUTH.with_(effect=ici.Rate(0.6))
    design = ici.SingleArm(60, benchmark=PROMIT, rule=ici.ThallSimon(0.95, stop=0.05, delta=0.1, first=20, every=20))
    found, p0, p1 = ici.power(design, truth).honest, 7 / 38, 0.6
    z = stats.norm.ppf(0.95) + stats.norm.ppf(0.8)
    assert_allclose(found.resampled_detectable, 0.1 + z * np.sqrt(p0 * (1 - p0) / 38), rtol=1e-10)
    left = ((p1 - p0 - 0.1) / z) ** 2 - p0 * (1 - p0) / 38
    assert_allclose(found.resampled_size_normal, p1 * (1 - p1) / left, rtol=1e-10)

    def power(n):
        least = next(r for r in range(n + 2) if stats.binom.sf(r - 1, n, p0 + 0.1) <= 0.05)
        return stats.binom.sf(least - 1, n, p1)

    assert found.naive_sizes.smallest == next(n for n in range(1, 100) if power(n) >= 0.8)


# ---- a scenario whose control is something else ---------------------------------------------------------

ENROLLED = ici.baseline("promit_orr_enrolled")
MERKEL = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
LOG_RANK = ici.SingleArm(26, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05))


def flat(item):
    return " ".join(str(item).split())


def test_reference_the_error_in_the_scenario_stands_beside_that_at_another_benchmark():
    plan = ici.sample_size(ici.SingleArm(benchmark=ENROLLED), TRUTH, power=0.8)
    n, r = plan.n, plan.design.responses
    median = stats.beta(7.5, 31.5).median()
    found = plan.honest
    assert found.apart
    assert_allclose(found.scenario_error, stats.binom.sf(r - 1, n, median), rtol=1e-9)
    assert_allclose(found.scenario_average_error, stats.betabinom.sf(r - 1, n, 7.5, 31.5), rtol=1e-9)
    assert_allclose(found.scenario_error, ici.power(plan.design, TRUTH.null).power, rtol=1e-9)
    said = flat(plan)
    assert "the scenario's control is not the benchmark, but 7 of 38 = 0.184 (promit_orr, evaluable patients)" in said
    assert "in the scenario the type I error is 0.172, 0.235 averaged over what it may be" in said
    assert "They count different patients, enrolled and evaluable" in said


def test_law_so_it_does_for_survival():
    design = LOG_RANK.with_(benchmark=ici.Exponential(median=3.5))
    found = ici.power(design, MERKEL)
    assert_allclose(found.honest.scenario_error, ici.power(found.design, MERKEL.null).power)
    assert_allclose(found.honest.scenario_average_error, ici.assurance(found.design, MERKEL.null).power)
    assert found.honest.scenario_error > 4 * found.honest.error
    assert "the scenario's control is not the benchmark, but mcc_pfs_primary (exponential, median 4.7" in flat(found)
    parts = [ici.Stratum(x, share=0.5, control=ici.Exponential(5), effect=ici.HazardRatio(0.6)) for x in "ab"]
    mixed = ici.Scenario(strata=parts, enrollment=ici.Enrollment(duration=24))
    assert "the scenario's control is not the benchmark, but that of the strata" in flat(ici.power(design, mixed))


@pytest.mark.parametrize(
    ("benchmark", "control", "apart"),
    [
        (None, PROMIT, False),
        (PROMIT, PROMIT.with_(at_median=True), False),
        (PROMIT, 7 / 38, False),
        (0.184, PROMIT, False),  # as it is printed
        (7 / 38, ici.BetaMixture.from_counts(7, 38), False),
        (0.1, 0.1, False),
        (0.1, 0.2, True),
        (0.1, ici.BetaMixture.from_counts(7, 38), True),
        (PROMIT, 0.25, True),
        (PROMIT, ENROLLED, True),
        (PROMIT, PROMIT.with_(prior=ici.BetaMixture(1, 9, 31)), True),
    ],
)
def test_law_only_what_differs_is_said_to(benchmark, control, apart):
    found = ici.power(ici.SingleArm(44, benchmark=benchmark), TRUTH.with_(control=control))
    assert found.honest.apart == apart
    assert ("is not the benchmark" in flat(found)) == apart


@pytest.mark.parametrize(
    ("benchmark", "apart"),
    [
        (None, False),
        (ici.Exponential(median=4.7), False),
        (ici.NormalMixture.lognormal(4.7, 0.3), False),
        (ici.Weibull(median=4.7, shape=1.4), True),
        (ici.Exponential(median=4.5), True),
    ],
)
def test_law_a_curve_is_another_if_its_quartiles_are(benchmark, apart):
    assert ici.power(LOG_RANK.with_(benchmark=benchmark), MERKEL).honest.apart == apart


def test_law_where_futility_may_be_overruled_the_error_then_stands_beside_the_power():
    """More than 5 of 29, the first stage ignored."""
    truth = ici.ResponseScenario(0.1, ici.Rate(0.3))
    found = ici.power(ici.TwoStage(r1=1, n1=10, r=5, n=29), truth)
    error, power = stats.binom.sf(5, 29, [0.1, 0.3])
    assert_allclose((found.honest.error_overruled, found.power_overruled), (error, power))
    assert error > 0.05
    assert f"{power:.4f} if they are overruled, when the type I error at the benchmark is {error:.4f}" in flat(found)
    assert f"and {error:.4f} if they are overruled exact" not in flat(found)
    null = flat(ici.power(found.design, truth.null))
    assert "when the type I error" not in null
    assert f"{error:.4f} if they are overruled" in null
    assert ici.power(ici.SingleArm(29, benchmark=0.1), truth).honest.error_overruled is None


def test_law_the_advice_to_someone_with_a_bare_rate_does_not_change_the_trial():
    truth = ici.ResponseScenario(7 / 38, ici.Rate(0.35))
    plan = ici.sample_size(ici.SingleArm(), truth, power=0.8)
    said = flat(plan)
    assert "Keep benchmark=7/38 in the design and give the scenario a control" in said
    followed = truth.with_(control=ici.BetaMixture.from_counts(7, 38))
    again = ici.sample_size(ici.SingleArm(benchmark=7 / 38), followed, power=0.8)
    assert (again.n, again.design.responses) == (plan.n, plan.design.responses) == (44, 13)
    assert again.honest.known
    other = flat(ici.power(ici.SingleArm(30), ici.ResponseScenario(0.1, ici.Rate(0.3))))
    assert "Keep benchmark=0.1 in the design" in other
    assert "38" not in other


def test_law_a_plan_does_not_print_quantiles_of_a_power_that_does_not_vary():
    fixed = flat(ici.sample_size(ici.SingleArm(), TRUTH, power=0.8))
    assert "power under the priors" not in fixed
    assert "the experimental rate stays at 0.35 whatever the control rate is" in fixed
    moving = flat(ici.sample_size(ici.SingleArm(), TRUTH.with_(effect=ici.OddsRatio(2.4)), power=0.8))
    assert "power under the priors: 10 %" in moving
    assert "the experimental rate stays" not in moving
    known = flat(ici.power(ici.SingleArm(44), TRUTH.with_(control=0.2)))
    assert "the experimental rate stays" not in known
