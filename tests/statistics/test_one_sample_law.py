"""The law of one-sample tests of events: adaptive quadrature, closed forms, Fourier inversion and simulation."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
import pytest
from scipy import integrate
from scipy.special import gammaincc
from scipy.stats import binom, norm

import icibaseline as ici
from icibaseline.statistics.one_sample import ExponentialTest, OneArm, OneArmData, OneSampleLogRank
from icibaseline.statistics.one_sample.cohort import Cohort
from icibaseline.statistics.one_sample.conditional import above
from icibaseline.statistics.one_sample.contrasts import CONTRASTS, LogRatio

ERRORS = 3.5


class Case(NamedTuple):
    n: int
    benchmark: ici.Curve
    effect: ici.Effect
    duration: float
    month: float
    follow_up: float | None = None
    dropout: float = 0.0

    @property
    def scenario(self):
        lost = ici.Exponential(rate=self.dropout) if self.dropout else None
        return ici.Scenario(
            control=self.benchmark, effect=self.effect, enrollment=ici.Enrollment(duration=self.duration), dropout=lost
        )

    def arm(self, scenario=None, n=None, **more):
        world, n = (scenario or self.scenario).resolved, n or self.n
        return OneArm(world, self.benchmark, n, world.enrollment.accrual(n), np.array([[self.month]]), **more)


E47, W = ici.Exponential(median=4.7), ici.Weibull(shape=0.7, median=4.7)
STEPS = ici.PiecewiseExponential((0.25, 0.1, 0.05), knots=(3, 9))
HALF, SIX = ici.HazardRatio(0.5), ici.HazardRatio(0.6)
CASES = {
    "exponential": Case(44, E47, SIX, 24, 36),
    "few": Case(18, E47, HALF, 12, 18),
    "weibull": Case(44, W, SIX, 24, 36),
    "steep": Case(25, ici.Weibull(shape=2, median=4.7), HALF, 12, 18),
    "piecewise": Case(44, STEPS, SIX, 24, 36),
    "restricted": Case(30, E47, HALF, 24, 36, follow_up=6),
    "dropout": Case(44, E47, SIX, 24, 36, dropout=0.03),
    "delayed": Case(44, E47, ici.HazardRatio(0.4, delay=2), 24, 36),
    "early": Case(60, E47, SIX, 24, 20),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


# ---- moments of one patient ---------------------------------------------------------------------------


def moment(case, event, power):
    """Mean of D^event H^power, by adaptive quadrature over the follow-up time."""
    curve, bench = case.scenario.resolved.parts[0].experimental, case.benchmark
    end = min(case.month, case.follow_up or np.inf)
    kinks = {case.month - case.duration, *curve.knots, *bench.knots, getattr(case.effect, "delay", 0.0)}
    kinks = sorted({0.0, end, *(k for k in kinks if 0 < k < end)})

    def integrand(t):
        stays = curve.survival(t) * np.exp(-case.dropout * t) * np.clip((case.month - t) / case.duration, 0, 1)
        h = bench.cumulative_hazard(t)
        return stays * (curve.hazard(t) * h**power if event else power * h ** (power - 1) * bench.hazard(t))

    warped = lambda u: integrand(u**4) * 4 * u**3  # noqa: E731  smooth at 0 for a Weibull law
    return sum(
        integrate.quad(warped, low**0.25, high**0.25, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
        for low, high in itertools.pairwise(kinks)
    )


@each_case
def test_reference_moments_of_a_patient_by_adaptive_quadrature(case):
    m = Cohort(case.arm(), case.follow_up).moments
    for power in range(5):
        assert m.event[0, 0, power] == pytest.approx(moment(case, True, power), rel=1e-9)
        if power:
            assert m.total[0, 0, power] == pytest.approx(moment(case, False, power), rel=1e-9)


def test_law_strata_are_mixed():
    """A patient of one of two strata, against the sum over patients of the two weighted by their shares."""
    one, two = CASES["exponential"], CASES["weibull"]._replace(benchmark=E47)
    strata = (
        ici.Stratum("a", share=0.3, control=E47, effect=SIX),
        ici.Stratum("b", share=0.7, control=W, effect=HALF),
    )
    mixed = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=24))
    second = ici.Scenario(control=W, effect=HALF, enrollment=ici.Enrollment(duration=24))
    parts = [Cohort(one.arm()).moments, Cohort(two.arm(second)).moments]
    found = Cohort(one.arm(mixed)).moments
    for name in ("event", "total"):
        expected = 0.3 * getattr(parts[0], name) + 0.7 * getattr(parts[1], name)
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-9)


# ---- tails --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", [*CONTRASTS.values(), LogRatio()], ids=lambda c: c.name)
@pytest.mark.parametrize(("n", "ratio"), [(12, 1.0), (12, 0.4), (30, 0.6), (30, 1.0)])
def test_reference_everybody_followed_to_the_event(contrast, n, ratio):
    """E times the hazard ratio is then a gamma variable of shape n, and O is n: the most skewed that it can be."""
    case = Case(n, E47, ici.HazardRatio(ratio), 1, 2000)
    bound = np.array([[1.645]])
    exact = gammaincc(n, ratio * contrast.threshold(np.array(float(n)), bound))[0, 0]
    assert above(contrast, n, Cohort(case.arm()).moments, bound)[0, 0] == pytest.approx(
        exact, abs=2e-3 if n == 12 else 3e-4
    )


def fourier(case, contrast, bound):
    """P(Z > bound) exactly: the law of E given each number of events, from characteristic functions by quadrature.

    Gil-Pelaez; everybody is followed for `follow_up` months unless an event comes first.
    """
    hazard = case.benchmark.cumulative_hazard(case.follow_up)
    ratio = case.effect.value
    p = -np.expm1(-ratio * hazard)
    t = (np.arange(60_000) + 0.5) * 2e-3 * 4
    with_event = ratio * (1 - np.exp((1j * t - ratio) * hazard)) / (ratio - 1j * t) / p
    total = 0.0
    for d in range(case.n + 1):
        e = contrast.threshold(np.array(float(d)), np.array(bound))
        if d == 0:
            total += binom.pmf(0, case.n, p) * (case.n * hazard > e)
            continue
        phi = with_event**d * np.exp(1j * t * hazard * (case.n - d))
        tail = 0.5 + (np.imag(phi * np.exp(-1j * t * e)) / t).sum() * 8e-3 / np.pi
        total += binom.pmf(d, case.n, p) * np.clip(tail, 0, 1)
    return total


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("contrast", CONTRASTS.values(), ids=CONTRASTS)
def test_reference_restricted_follow_up_by_fourier_inversion(contrast, ratio):
    case = Case(20, E47, ici.HazardRatio(ratio), 12, 18, follow_up=6)
    exact = fourier(case, contrast, 1.645)
    found = above(contrast, case.n, Cohort(case.arm(), 6.0).moments, np.array([[1.645]]))[0, 0]
    assert found == pytest.approx(exact, abs=1e-3)


# ---- simulation that shares the benchmark's curve only ----------------------------------------------------


@functools.cache
def rejections(name, statistic, null, replicates, bound=1.645):
    """Simulated rejections, their standard error and what the formula says."""
    case = CASES[name]
    world = case.scenario.null if null else case.scenario
    curve = world.resolved.parts[0].experimental
    rng, hits = np.random.default_rng([*name.encode(), null]), 0
    for _ in range(replicates // 2000):
        entry = rng.random((2000, case.n)) * case.duration
        failure = np.asarray(curve.quantile(rng.random((2000, case.n))))
        lost = rng.exponential(1 / case.dropout, entry.shape) if case.dropout else np.inf
        limit = np.minimum(case.month - entry, lost)
        time = np.where(entry > case.month, -1.0, np.minimum(failure, limit))
        z, _ = statistic.observe(OneArmData(time, failure <= limit), case.benchmark)
        hits += np.count_nonzero(z > bound)
    rate = hits / replicates
    moments = statistic.moments(case.arm(world))
    mean, spread = moments.fitted(np.array([bound]), np.array([-np.inf]))
    formula = norm.sf((bound - mean) / spread)[0, 0]
    return rate, np.sqrt(rate * (1 - rate) / replicates), formula


TESTS = {
    "average": lambda case: OneSampleLogRank(follow_up=case.follow_up),
    "expected": lambda case: OneSampleLogRank(variance="expected", follow_up=case.follow_up),
    "poisson": lambda case: OneSampleLogRank(variance="poisson", follow_up=case.follow_up),
    "benchmark error": lambda case: OneSampleLogRank(benchmark_sd=0.2, follow_up=case.follow_up),
    "expected, error": lambda case: OneSampleLogRank(variance="expected", benchmark_sd=0.1, follow_up=case.follow_up),
    "poisson, error": lambda case: OneSampleLogRank(variance="poisson", benchmark_sd=0.1, follow_up=case.follow_up),
    "exponential": lambda case: ExponentialTest(follow_up=case.follow_up),
    "exponential, error": lambda case: ExponentialTest(benchmark_sd=0.1, follow_up=case.follow_up),
}


@pytest.mark.parametrize("null", [False, True], ids=["effect", "null"])
@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("name", CASES)
def test_law_conditional_formula_agrees_with_simulation(name, test, null):
    """Within 0.0015 at 18 to 60 patients, power and type I error alike."""
    rate, error, formula = rejections(name, TESTS[test](CASES[name]), null, 20_000)
    assert abs(formula - rate) < ERRORS * error + 0.0015


def test_law_wus_formula_is_off_where_the_conditional_one_is_not():
    """The classical statistic at 44 patients: 0.855 by Wu's formula, 0.883 in truth."""
    case = CASES["exponential"]
    rate, error, conditional = rejections("exponential", OneSampleLogRank(variance="expected"), False, 40_000, 1.96)
    wu = OneSampleLogRank(variance="expected", formula="wu").moments(case.arm())
    formula = norm.sf((1.96 - wu.drift) / wu.spread)[0, 0]
    assert rate - formula > 0.02
    assert abs(conditional - rate) < ERRORS * error + 0.0015


@pytest.mark.parametrize("test", ["average", "expected", "benchmark error"])
@pytest.mark.parametrize("effect", [ici.HazardRatio(1.0), HALF], ids=["null", "effect"])
def test_law_a_look_that_events_bring(test, effect):
    """With proportional hazards the formula is exact: the time to the D-th event is gamma in operational time."""
    case, wanted, rng = CASES["exponential"]._replace(effect=effect), 28, np.random.default_rng(9)
    statistic = TESTS[test](case)
    curve, hits, replicates = case.scenario.resolved.parts[0].experimental, 0, 20_000
    for _ in range(replicates // 2000):
        entry = rng.random((2000, case.n)) * case.duration
        end = entry + np.asarray(curve.quantile(rng.random((2000, case.n))))
        cut = np.sort(end, axis=1)[:, wanted - 1 : wanted]
        time = np.where(entry > cut, -1.0, np.minimum(end, cut) - entry)
        z, seen = statistic.observe(OneArmData(time, end <= cut), case.benchmark)
        assert np.all(seen == wanted)
        hits += np.count_nonzero(z > 1.645)
    rate = hits / replicates
    month = ici.solve(lambda m: statistic.course(case._replace(month=m).arm())[0, 0], wanted, between=(2, 200)).x
    moments = statistic.moments(case._replace(month=month).arm(driven=np.array([[True]])))
    assert abs(moments.above(np.array([[1.645]]))[0, 0] - rate) < ERRORS * np.sqrt(rate * (1 - rate) / replicates)


# ---- laws -----------------------------------------------------------------------------------------------


def power(case, statistic=None, bound=1.645, **more):
    moments = (statistic or OneSampleLogRank(follow_up=case.follow_up)).moments(case.arm(**more))
    return moments.above(np.array([[bound]]))[0, 0]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.benchmark is E47])
def test_law_unit_of_time_does_not_matter(name):
    case, weeks = CASES[name], 30.4375 / 7
    delay = getattr(case.effect, "delay", 0.0)
    longer = Case(
        case.n,
        ici.Exponential(median=4.7 * weeks),
        ici.HazardRatio(case.effect.value, delay=delay * weeks),
        case.duration * weeks,
        case.month * weeks,
        follow_up=case.follow_up and case.follow_up * weeks,
        dropout=case.dropout / weeks,
    )
    assert power(longer) == pytest.approx(power(case), abs=1e-10)


@each_case
def test_law_power_grows_with_n(case):
    sizes = [power(case, n=n) for n in (case.n, case.n + 0.5, case.n + 1, 2 * case.n, 8 * case.n, 100 * case.n)]
    assert np.all(np.diff(sizes) > -1e-12)
    assert sizes[-1] > 0.999


def test_law_power_grows_with_the_effect():
    powers = [power(CASES["exponential"]._replace(effect=ici.HazardRatio(r))) for r in (1.2, 1.0, 0.8, 0.6, 0.4)]
    assert np.all(np.diff(powers) > 0)


def test_law_many_patients_are_summed_over_as_well_as_few():
    """Above 120 patients events are summed in steps; a batch sums every scenario as if alone."""
    case = CASES["few"]
    exact, approximate = (power(case, n=n, bound=4.0) for n in (120, 121))
    assert 0 < approximate - exact < 0.01
    medians = np.array([3.0, 4.7, 9.0])
    world = ici.Scenario(control=ici.Exponential(medians), effect=HALF, enrollment=ici.Enrollment(duration=12))
    together = OneSampleLogRank().moments(case.arm(world)).above(np.array([[1.645]]))[:, 0]
    alone = [
        power(
            case, scenario=ici.Scenario(control=ici.Exponential(m), effect=HALF, enrollment=ici.Enrollment(duration=12))
        )
        for m in medians
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-9)


def test_law_asymptotic_and_conditional_formulas_meet_as_n_grows():
    gaps = []
    for n in (50, 200, 800, 3200):
        case = CASES["exponential"]._replace(n=n, effect=ici.HazardRatio(0.6 ** (44 / n) ** 0.5))
        wu = OneSampleLogRank(formula="wu").moments(case.arm())
        gaps.append(abs(power(case) - norm.sf((1.645 - wu.drift) / wu.spread)[0, 0]))
    assert np.all(np.diff(gaps) < 0)
    assert gaps[-1] < 2e-3


def test_law_drift_is_zero_where_the_arm_is_the_benchmark():
    """Exactly, whatever the tails: its sign decides whether power tends to 1."""
    for case in CASES.values():
        moments = OneSampleLogRank(follow_up=case.follow_up).moments(case.arm(case.scenario.null))
        assert abs(moments.drift[0, 0]) < 1e-9


def test_law_two_bounds_are_both_met():
    moments = OneSampleLogRank().moments(CASES["exponential"].arm())
    mean, spread = moments.fitted(np.array([2.2]), np.array([0.3]))
    for bound in (2.2, 0.3):
        assert norm.sf((bound - mean) / spread)[0, 0] == pytest.approx(moments.above(np.array([[bound]]))[0, 0])
