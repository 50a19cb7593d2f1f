"""Randomised trials of responses: sizes by trying every n, power by simulation and by integrals of their own."""

from __future__ import annotations

import warnings
from time import perf_counter

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.integrate import quad

import icibaseline as ici

TRUTH = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.5), enrollment=ici.Enrollment(rate=4), assessment=2)
PRIOR = ici.BetaMixture.from_counts(7, 38)
UNSURE = ici.ResponseScenario(control=PRIOR, effect=ici.OddsRatio(3))
LEVEL = ici.RandomizedResponse(alpha=0.1)
TESTS = (ici.PooledZ(), ici.UnpooledZ(), ici.FisherExact(), ici.Boschloo(), ici.Barnard())
WARNED = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")


def by_hand(design, n, rates):
    """Power by summing over the tables whose p-value is at most alpha; rates (control, experimental)."""
    control, experimental = design.sized(n).arm_sizes
    power = 0.0
    for y in range(control + 1):
        p = [design.test.p_value(control=(y, control), experimental=(x, experimental)) for x in range(experimental + 1)]
        inside = np.array(p) <= design.alpha
        own = stats.binom.pmf(np.arange(experimental + 1), experimental, rates[1])
        power += stats.binom.pmf(y, control, rates[0]) * own[inside].sum()
    return power


def quick(design, n, rates):
    """The same by the region."""
    control, experimental = design.sized(n).arm_sizes
    region = design.test.region(experimental, control, design.alpha)
    return float(region.probability(np.array([rates[1]]), np.array([rates[0]]))[0])


# ---- size ----------------------------------------------------------------------------------------------


@WARNED
@pytest.mark.parametrize("ratio", [1, 2, 1 / 2])
@pytest.mark.parametrize("test", TESTS, ids=str)
def test_law_the_size_is_the_smallest_that_has_the_power(test, ratio):
    design = LEVEL.with_(test=test, ratio=ratio)
    plan = ici.sample_size(design, TRUTH, power=0.8)
    assert_allclose(plan.power, by_hand(design, plan.n, (0.2, 0.5)), rtol=0, atol=1e-11)
    assert plan.power >= 0.8
    step = 2 if ratio == 1 else 3
    assert all(quick(design, n, (0.2, 0.5)) < 0.8 for n in range(step, plan.n, step))


@WARNED
@pytest.mark.parametrize(
    ("test", "rates"),
    [
        (ici.PooledZ(), (0.1, 0.2)),
        (ici.UnpooledZ(), (0.1, 0.35)),
        (ici.FisherExact(), (0.3, 0.55)),
        (ici.Boschloo(), (0.3, 0.55)),
        (ici.Barnard(), (0.2, 0.4)),
    ],
    ids=str,
)
def test_law_a_conservative_size_is_not_followed_by_larger_ones_that_fail(test, rates):
    design = ici.RandomizedResponse(test=test, conservative=True, alpha=0.05)
    truth = ici.ResponseScenario(rates[0], ici.Rate(rates[1]))
    lasting = ici.sample_size(design, truth, power=0.8).n
    smallest = ici.sample_size(design.with_(conservative=False), truth, power=0.8).n
    assert smallest <= lasting
    assert lasting == smallest or quick(design, lasting - 2, rates) < 0.8
    assert all(quick(design, n, rates) >= 0.8 for n in range(lasting, 2 * lasting, 2))


def test_regression_power_goes_down_after_the_smallest_size():
    """So that the two rules differ; the powers are sums over scipy's binomial distribution."""
    design = ici.RandomizedResponse(test=ici.FisherExact(), alpha=0.1)
    truth = ici.ResponseScenario(0.3, ici.Rate(0.5))
    smallest, lasting = (ici.sample_size(design.with_(conservative=c), truth, power=0.8).n for c in (False, True))
    assert (smallest, lasting) == (122, 130)
    powers = [by_hand(design, n, (0.3, 0.5)) for n in (120, 122, 128, 130)]
    assert [power >= 0.8 for power in powers] == [False, True, False, True]


def test_law_exact_sizes_for_an_assurance():
    design = LEVEL.with_(test=ici.Boschloo())
    plan = ici.sample_size(design, UNSURE, assurance=0.7)
    reached = [ici.assurance(design.sized(n), UNSURE).power for n in (plan.n - 4, plan.n - 2, plan.n)]
    assert max(reached[:2]) < 0.7 <= reached[2]
    lasting = ici.sample_size(design.with_(conservative=True), UNSURE, assurance=0.7)
    assert lasting.n >= plan.n


@WARNED
@pytest.mark.parametrize("test", [ici.PooledZ(formula="normal"), ici.UnpooledZ(formula="normal")], ids=str)
def test_law_the_normal_approximation_rises_with_n(test):
    powers = [ici.power(LEVEL.sized(n).with_(test=test), TRUTH).power for n in range(60, 200, 2)]
    assert np.all(np.diff(powers) > 0)


@WARNED
@pytest.mark.parametrize("formula", ["normal", "exact"])
def test_law_failures_are_responses_with_the_arms_exchanged(formula):
    """20 % against 50 % responses at 2:1 is 50 % against 80 % failures of the other arm at 1:2."""
    test = ici.PooledZ(formula=formula)
    one = ici.sample_size(LEVEL.with_(test=test, ratio=2), TRUTH, power=0.8)
    other = ici.ResponseScenario(control=1 - 0.5, effect=ici.Rate(1 - 0.2))
    assert_allclose(ici.sample_size(LEVEL.with_(test=test, ratio=1 / 2), other, power=0.8).n_exact, one.n_exact)


def test_law_no_size_is_found_where_the_effect_is_unfavourable():
    for test in (ici.Boschloo(), ici.PooledZ(formula="normal")):
        with pytest.raises(ici.NoSolution, match="favour"):
            ici.sample_size(LEVEL.with_(test=test), TRUTH.with_(effect=ici.Rate(0.1)), power=0.8)
    effect = ici.OddsRatio(ici.NormalMixture.lognormal(1.2, 0.5))
    with pytest.raises(ici.NoSolution, match="ceiling"):
        ici.sample_size(LEVEL.with_(test=ici.Boschloo()), UNSURE.with_(effect=effect), assurance=0.9)


# ---- two faces -----------------------------------------------------------------------------------------

MARGIN = ici.RiskDifference(-0.2)
SIMULATED = [
    (ici.PooledZ(), 1, TRUTH),
    (ici.UnpooledZ(), 2, TRUTH),
    (ici.FarringtonManning(margin=MARGIN), 1, TRUTH.null),
    (ici.FarringtonManning(margin=ici.OddsRatio(0.5)), 1, TRUTH.null),
    (ici.FisherExact(), 1 / 2, TRUTH),
    (ici.Boschloo(), 1, TRUTH),
    (ici.Boschloo(), 1, TRUTH.null),
    (ici.Barnard(margin=ici.RiskRatio(0.8)), 1, TRUTH.null),
    (ici.Barnard(), 1, UNSURE),
]


@WARNED
@pytest.mark.parametrize(("test", "ratio", "truth"), SIMULATED, ids=str)
def test_law_simulated_trials_agree_with_the_formula(test, ratio, truth):
    design = ici.RandomizedResponse(n=60, test=test, ratio=ratio, alpha=0.1)
    found = ici.simulate(design, truth, replicates=6000, rng=3)
    expected = ici.assurance(design, truth) if truth.unknowns else ici.power(design, truth)
    assert abs(found.power - expected.power) < 3.5 * found.error
    assert found.errors is not None
    assert abs(found.events[0] - expected.events[0]) < 3.5 * found.errors.events[0]


def test_law_the_look_comes_when_the_last_response_is_known():
    """Sixty entries of a Poisson process at four a month, and two months: 17 on average."""
    design = ici.RandomizedResponse(n=60, test=ici.Boschloo(), alpha=0.1)
    assert ici.power(design, TRUTH).months == (17.0,)
    found = ici.simulate(design, TRUTH, replicates=2000, rng=1)
    assert abs(found.months[0] - 17) < 4 * np.sqrt(60) / 4 / np.sqrt(2000)
    assert np.isnan(ici.power(design, TRUTH.with_(enrollment=None)).months[0])


def test_reference_assurance_by_quadrature():
    design = ici.RandomizedResponse(n=60, test=ici.Boschloo(), alpha=0.1)
    region = design.test.region(30, 30, 0.1)

    def integrand(p, odds):
        experimental = odds * p / (1 - p + odds * p)
        return stats.beta.pdf(p, 7.5, 31.5) * region.probability(np.array([experimental]), np.array([p]))[0]

    for truth, odds in ((UNSURE, 3), (UNSURE.null, 1)):
        expected = quad(integrand, 0, 1, args=(odds,), epsabs=1e-10, limit=200)[0]
        assert_allclose(ici.assurance(design, truth).power, expected, rtol=0, atol=1e-7)
    level = ici.power(design, UNSURE).honest
    assert_allclose(level.average_error, expected, rtol=0, atol=1e-7)


# ---- the level that it really has ----------------------------------------------------------------------


@WARNED
@pytest.mark.parametrize("test", [*TESTS, ici.FarringtonManning(margin=MARGIN)], ids=str)
def test_law_results_show_the_exact_type_one_error(test):
    design = ici.RandomizedResponse(n=42, ratio=2, test=test, alpha=0.1)
    level = ici.power(design, TRUTH).honest
    margin = test.margin.value if hasattr(test, "margin") else 0.0
    assert_allclose(level.error, max(0.0, by_hand(design, 42, (0.2, 0.2 + margin))), rtol=0, atol=1e-11)
    assert level.error <= level.worst.value + 1e-10
    assert level.average_error is None
    assert level.exact_power is None
    assert f"{level.worst.value:.4f} at most" in str(ici.power(design, TRUTH))


def test_law_the_normal_approximation_is_shown_beside_the_exact_power():
    design = ici.RandomizedResponse(n=100, test=ici.PooledZ(formula="normal"), alpha=0.025)
    truth = ici.ResponseScenario(0.2, ici.Rate(0.48))
    result = ici.power(design, truth)
    assert_allclose(result.honest.exact_power, quick(design, 100, (0.2, 0.48)), rtol=1e-12)
    assert f"exact power {result.honest.exact_power:.4f}" in str(result)


def test_law_the_default_keeps_its_level():
    assert ici.RandomizedResponse().test == ici.Boschloo()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan = ici.sample_size(ici.RandomizedResponse(alpha=0.15), TRUTH, power=0.8)
    assert plan.honest.worst.value <= 0.15


def test_law_an_error_one_point_above_a_lenient_level_warns():
    """.1618 where .15 is asked for is a factor of 1.08, and still one false success in a hundred more."""
    lenient = ici.RandomizedResponse(100, test=ici.PooledZ(), alpha=0.15)
    with pytest.warns(ici.ApproximationWarning, match=r"at n = 100 is 0\.16"):
        found = ici.power(lenient, TRUTH)
    assert 0.16 < found.honest.worst.value < 1.2 * 0.15


def test_law_what_does_not_keep_its_level_warns():
    with pytest.warns(ici.ApproximationWarning, match=r"unpooled variance at n = 40 is 0\.04"):
        ici.power(ici.RandomizedResponse(n=40, test=ici.UnpooledZ()), TRUTH)
    rare = ici.ResponseScenario(0.05, ici.Rate(0.3))
    with pytest.warns(ici.ApproximationWarning, match=r"normal approximation gives power"):
        ici.power(ici.RandomizedResponse(n=40, test=ici.PooledZ(formula="normal")), rare)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ici.power(ici.RandomizedResponse(n=40, test=ici.Boschloo()), TRUTH)


# ---- non-inferiority, and what is a null hypothesis ------------------------------------------------------


def test_law_the_null_hypothesis_is_the_margin():
    design = ici.RandomizedResponse(n=200, test=ici.Barnard(margin=MARGIN), alpha=0.025)
    equal = ici.ResponseScenario(0.6, ici.OddsRatio(1))
    assert not design.is_null(equal)
    assert design.is_null(ici.ResponseScenario(0.6, MARGIN))
    assert design.is_null(ici.ResponseScenario(0.6, ici.Rate(0.3)))
    assert ici.power(design, equal).power > 0.8
    assert "type I error (nominal 0.025)" in str(ici.power(design, ici.ResponseScenario(0.6, MARGIN)))
    assert not LEVEL.is_null(UNSURE)
    assert LEVEL.is_null(UNSURE.null)
    assert not LEVEL.is_null(UNSURE.with_(effect=ici.OddsRatio(ici.NormalMixture.lognormal(0.9, 0.3))))
    assert design.alternative == "the difference of response rates is above -0.2"


# ---- plans ---------------------------------------------------------------------------------------------


@WARNED
def test_law_a_plan_says_what_it_is():
    plan = ici.sample_size(LEVEL.with_(test=ici.Boschloo(), ratio=2, conservative=True), TRUTH, power=0.8)
    control, experimental = plan.design.arm_sizes
    assert experimental == 2 * control
    shown = str(plan)
    assert f"{plan.n} patients, {experimental} experimental and {control} control, for power 0.8" in shown
    assert "as every larger number does" in shown
    assert "2:1 (experimental:control), responses, Boschloo's test, one-sided alpha 0.1" in shown
    normal = ici.sample_size(LEVEL.with_(test=ici.PooledZ(formula="normal")), TRUTH, power=0.8)
    assert f"(exactly {normal.n_exact:.2f})" in str(normal)


def test_law_a_fractional_size_has_a_normal_approximation_only():
    assert ici.power(LEVEL.with_(n=61.5, test=ici.PooledZ(formula="normal")), TRUTH).honest is None
    with pytest.raises(ici.InvalidInput, match="multiple of 2"):
        ici.power(LEVEL.with_(n=61), TRUTH)


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ("`test` must be a test of two rates", lambda: ici.RandomizedResponse(test=ici.LogRank())),
        ("`alpha` must be a number above 0 and below 0.5", lambda: ici.RandomizedResponse(alpha=0.9)),
        ("`ratio` must be a ratio of whole numbers", lambda: ici.RandomizedResponse(ratio=0.3141)),
        (
            "`conservative` must be False with the normal approximation",
            lambda: ici.RandomizedResponse(test=ici.PooledZ(formula="normal"), conservative=True),
        ),
        (
            "`planned` must be a plan for the same n",
            lambda: LEVEL.sized(60).with_(planned=LEVEL.sized(62).plan_for(TRUTH).planned),
        ),
        ("`n` must be given", lambda: LEVEL.plan_for(TRUTH)),
        ("`design` must be planned", lambda: LEVEL.sized(60).evaluate(TRUTH)),
        (
            "`n` must be the 48 patients",
            lambda: ici.power(LEVEL.sized(60), TRUTH.with_(enrollment=ici.Enrollment(duration=12, rate=4))),
        ),
        ("a ResponseScenario", lambda: LEVEL.sized(60).plan_for(ici.Exponential(median=4))),
        ("`design` must be a planned RandomizedResponse", lambda: ici.HonestLevel(LEVEL, TRUTH)),
    ],
)
def test_law_bad_input_is_named(said, call):
    with pytest.raises(ici.InvalidInput) as caught:
        call()
    assert said in str(caught.value)


# ---- large trials ----------------------------------------------------------------------------------------


def test_law_boschloo_is_tolerable_in_large_trials():
    """The size at some 900 patients takes seconds, and 10,000 simulated trials less than one after the first."""
    start = perf_counter()
    plan = ici.sample_size(ici.RandomizedResponse(), ici.ResponseScenario(0.2, ici.Rate(0.28)), power=0.8)
    assert perf_counter() - start < 5
    assert 850 < plan.n < 950
    small = ici.RandomizedResponse(178)
    start = perf_counter()
    found = ici.simulate(small, TRUTH, replicates=10_000, rng=1)
    assert perf_counter() - start < 1.5
    assert abs(found.power - ici.power(small, TRUTH).power) < 4 * found.error


@pytest.mark.parametrize("sizes", [(40, 40), (60, 30), (23, 41)])
@pytest.mark.parametrize("test", [ici.Boschloo(), ici.Barnard(), ici.Barnard(margin=ici.RiskDifference(-0.1))])
def test_law_no_table_more_can_be_rejected(sizes, test):
    """The region is that of every table whose p-value, worked out on its own, is at most alpha."""
    region = test.region(*sizes, 0.025)
    for y in range(0, sizes[1] + 1, 5):
        least = int(region.least[y])
        for x, inside in ((least, True), (least - 1, False)):
            if 0 <= x <= sizes[0]:
                assert (test.p_value(control=(y, sizes[1]), experimental=(x, sizes[0])) <= 0.025 + 1e-9) == inside
