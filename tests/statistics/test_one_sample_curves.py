"""Milestone survival and the restricted mean: Kaplan-Meier by lifelines, closed forms, simulation, laws."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import binom, norm

import icibaseline as ici
from icibaseline.statistics.one_sample import Milestone, OneArm, OneArmData, RestrictedMean
from icibaseline.statistics.one_sample.kaplan_meier import estimates, hazard_variance, restricted_mean_variance
from icibaseline.statistics.one_sample.transforms import TRANSFORMS

ERRORS = 3.5
E47 = ici.Exponential(median=4.7)
SCALES = tuple(TRANSFORMS)


def world(effect=0.6, duration=24.0, dropout=0.0, control=E47):
    lost = ici.Exponential(rate=dropout) if dropout else None
    return ici.Scenario(
        control=control, effect=ici.HazardRatio(effect), enrollment=ici.Enrollment(duration=duration), dropout=lost
    )


def arm(scenario, n, month, benchmark=E47, **more):
    held = scenario.resolved
    return OneArm(held, benchmark, n, held.enrollment.accrual(n), np.array([[month]]), **more)


# ---- the curve on data ----------------------------------------------------------------------------------


def trials(rows=12, n=30, seed=4):
    rng = np.random.default_rng(seed)
    entry, event = rng.random((rows, n)) * 20, rng.exponential(8.0, (rows, n))
    limit = 16.0 - entry
    return np.where(limit < 0, -1.0, np.minimum(event, limit)), event <= limit


@pytest.mark.filterwarnings("ignore")  # of lifelines, about pandas
@pytest.mark.parametrize("at", [2.0, 6.0, 11.0])
def test_reference_kaplan_meier_by_lifelines(at):
    lifelines = pytest.importorskip("lifelines")
    from lifelines.utils import restricted_mean_survival_time

    time, event = trials()
    found = estimates(time, event, at)
    for row in range(len(time)):
        kept = time[row] >= 0
        fit = lifelines.KaplanMeierFitter().fit(time[row, kept], event[row, kept])
        assert found.survival[row] == pytest.approx(fit.predict(at), rel=1e-12)
        assert found.at_risk[row] == np.count_nonzero(time[row] >= at)
        mean = restricted_mean_survival_time(fit, t=at)
        assert found.mean[row] == pytest.approx(mean, rel=1e-9)


def test_reference_variances_of_a_worked_example():
    """Times 1, 2+, 3, 5, 8+ (+ censored): by hand up to month 6."""
    time, event = np.array([[1.0, 2.0, 3.0, 5.0, 8.0]]), np.array([[True, False, True, True, False]])
    found = estimates(time, event, 6.0)
    assert found.survival[0] == pytest.approx(4 / 5 * 2 / 3 * 1 / 2)
    assert found.variance[0] == pytest.approx(1 / 20 + 1 / 6 + 1 / 2)
    areas = (0.8 * 2 + 0.8 * 2 / 3 * 2 + 0.8 / 3, 0.8 * 2 / 3 * 2 + 0.8 / 3, 0.8 / 3)  # from months 1, 3 and 5 on
    assert found.mean[0] == pytest.approx(1 + areas[0])
    assert found.mean_variance[0] == pytest.approx(areas[0] ** 2 / 20 + areas[1] ** 2 / 6 + areas[2] ** 2 / 2)


# ---- the curve in theory ----------------------------------------------------------------------------------


def test_law_complete_follow_up_is_a_proportion():
    """Variance (1 - S) / (n S) of log S, and that of a mean of independent restricted times."""
    s = float(E47.survival(0.6 * 6))
    assert hazard_variance(arm(world(), 44, 36.0), 6.0)[0, 0] == pytest.approx((1 - s) / s / 44, rel=1e-10)
    rate = 0.6 * np.log(2) / 4.7
    mean, square = (1 - np.exp(-6 * rate)) / rate, 2 / rate**2 * (1 - np.exp(-6 * rate) * (1 + 6 * rate))
    found = restricted_mean_variance(arm(world(), 44, 36.0), 6.0)[0, 0]
    assert found == pytest.approx((square - mean**2) / 44, rel=1e-10)


def test_law_a_look_before_the_milestone_is_refused():
    with pytest.raises(ici.InvalidInput, match="later than month 6"):
        Milestone(6).moments(arm(world(), 44, 5.0))


@pytest.mark.parametrize("scale", SCALES)
def test_law_transforms_are_inverted_and_differentiated(scale):
    transform, s = TRANSFORMS[scale], np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(transform.back(transform.of(s)), s, rtol=1e-12)
    step = 1e-6
    slope = (transform.of(s + step) - transform.of(s - step)) / (2 * step)
    np.testing.assert_allclose(transform.slope(s), slope, rtol=1e-5)


# ---- power ----------------------------------------------------------------------------------------------


@functools.cache
def simulated(statistic, n, month, setting, benchmark=E47, replicates=40_000):
    """Rejections at a bound of 1.645, and their standard error, by simulation that shares the statistic only."""
    effect, duration, dropout = setting
    rng, hits = np.random.default_rng([n, int(month), int(100 * effect)]), 0
    curve = world(effect, control=benchmark).resolved.parts[0].experimental
    for _ in range(replicates // 2000):
        entry, failure = rng.random((2000, n)) * duration, np.asarray(curve.quantile(rng.random((2000, n))))
        lost = rng.exponential(1 / dropout, entry.shape) if dropout else np.inf
        limit = np.minimum(month - entry, lost)
        time = np.where(entry > month, -1.0, np.minimum(failure, limit))
        z, _ = statistic.observe(OneArmData(time, failure <= limit), benchmark)
        hits += np.count_nonzero(z > 1.645)
    rate = hits / replicates
    return rate, np.sqrt(max(rate * (1 - rate), 1e-4) / replicates)


def formula(statistic, n, month, setting, benchmark=E47):
    moments = statistic.moments(arm(world(*setting, control=benchmark), n, month, benchmark))
    mean, spread = moments.fitted(np.array([1.645]), np.array([-np.inf]))
    return norm.sf((1.645 - mean) / spread)[0, 0]


SETTINGS = [(60, 20.0, (1.0, 18.0, 0.0)), (60, 20.0, (0.7, 18.0, 0.0)), (44, 36.0, (0.5, 24.0, 0.02))]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("n", "month", "setting"), SETTINGS)
def test_law_second_order_formula_of_milestone_survival(scale, n, month, setting):
    """Within 0.008 where the number followed to the month varies; the worst is dropout before it."""
    rate, error = simulated(Milestone(6, transform=scale), n, month, setting)
    assert abs(formula(Milestone(6, transform=scale), n, month, setting) - rate) < ERRORS * error + 0.008


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("effect", [1.0, 0.5])
def test_law_second_order_formula_where_few_survive(scale, effect):
    """17 % of the benchmark do, so that the estimate is skewed: type I errors from 0.03 to 0.07."""
    test = Milestone(12, transform=scale)
    rate, error = simulated(test, 44, 30.0, (effect, 24.0, 0.0))
    assert abs(formula(test, 44, 30.0, (effect, 24.0, 0.0)) - rate) < ERRORS * error + 0.003


def test_law_normal_formula_of_milestone_survival_is_worse():
    """Over all scales and settings."""
    gaps = {"second-order": [], "normal": []}
    for scale in SCALES:
        for n, month, setting in SETTINGS:
            rate, _ = simulated(Milestone(6, transform=scale), n, month, setting)
            for name, held in gaps.items():
                statistic = Milestone(6, transform=scale, formula=name)
                held.append(abs(formula(statistic, n, month, setting) - rate))
    assert max(gaps["second-order"]) < 0.012
    assert max(gaps["normal"]) > 0.03


def test_law_complete_follow_up_is_an_exact_test_of_a_proportion():
    """The simulated test rejects as the binomial law says; the formula runs through the middle of its steps."""
    test = Milestone(6, transform="arcsine")
    s0, s1 = float(E47.survival(6)), float(E47.survival(0.5 * 6))
    gaps = []
    for n in (40, 41, 42, 43, 44, 45, 46, 47, 48):
        counts = np.arange(n + 1)
        s = np.clip(counts / n, 0.5 / n, 1 - 0.5 / n)
        passes = (np.arcsin(np.sqrt(s)) - np.arcsin(np.sqrt(s0))) * 2 * np.sqrt(n) > 1.645
        exact = binom.pmf(counts, n, s1)[passes].sum()
        if n == 44:
            rate, error = simulated(test, n, 36.0, (0.5, 24.0, 0.0))
            assert abs(rate - exact) < ERRORS * error
        gaps.append(formula(test, n, 36.0, (0.5, 24.0, 0.0)) - exact)
    assert abs(np.mean(gaps)) < 0.01
    assert max(np.abs(gaps)) < 0.05


def test_law_power_of_the_restricted_mean():
    """The normal formula at 200 patients, and dropout."""
    setting = (0.7, 24.0, 0.01)
    rate, error = simulated(RestrictedMean(12), 200, 36.0, setting, replicates=20_000)
    assert abs(formula(RestrictedMean(12), 200, 36.0, setting) - rate) < ERRORS * error + 0.015


ERROR = 0.2412
WITH_ERROR = {
    **{scale: Milestone(6, transform=scale, benchmark_sd=ERROR) for scale in SCALES},
    "normal": Milestone(6, formula="normal", benchmark_sd=ERROR),
    "mean": RestrictedMean(12, benchmark_sd=ERROR),
    "small": RestrictedMean(12, benchmark_sd=0.05),
}


@pytest.mark.parametrize("statistic", WITH_ERROR.values(), ids=WITH_ERROR)
@pytest.mark.parametrize(("n", "effect"), [(400, 1.0), (400, 0.7), (400, 0.6), (1000, 0.65), (1000, 0.55)])
def test_law_power_with_the_benchmarks_error_in_the_test(statistic, n, effect):
    """That error does not vary from trial to trial; a law of Z with a standard deviation of 1 is off by 0.1 to 0.3.

    Everybody is followed to the month: one of 400 patients more is up to 0.02 of power.
    """
    setting = (effect, 24.0, 0.0)
    rate, error = simulated(statistic, n, 36.0, setting, replicates=4000)
    assert abs(formula(statistic, n, 36.0, setting) - rate) < ERRORS * error + 0.02


@pytest.mark.parametrize("benchmark", [E47, ici.Weibull(shape=0.7, median=4.7)], ids=["exponential", "weibull"])
@pytest.mark.parametrize("name", WITH_ERROR)
def test_law_the_largest_ratio_parts_power_that_tends_to_none_and_to_one(name, benchmark):
    statistic = WITH_ERROR[name]
    limit = statistic.largest_ratio(1.645, benchmark)
    assert 0.4 < limit < 0.95
    for ratio, power in ((0.99 * limit, 1.0), (1.01 * limit, 0.0)):
        far = statistic.farthest(arm(world(ratio, control=benchmark), 100, 36.0, benchmark))[0, 0]
        assert (far > 1.645) == (power > 0.5)
        assert formula(statistic, 1e8, 36.0, (ratio, 24.0, 0.0), benchmark) == pytest.approx(power, abs=1e-6)


def test_reference_largest_ratios_in_closed_form():
    """Survival of the benchmark to month 6 is s: the limit is the theta with g(s^theta) = g(s) + z sd of g(s)."""
    s, z = float(E47.survival(6)), 1.959964
    error = ERROR * s * abs(np.log(s))
    shown = {
        "identity": s + z * error,
        "log": s * np.exp(z * error / s),
        "logit": 1 / (1 + (1 - s) / s * np.exp(-z * error / s / (1 - s))),
        "arcsine": np.sin(np.arcsin(np.sqrt(s)) + z * error / 2 / np.sqrt(s * (1 - s))) ** 2,
    }
    for scale, value in shown.items():
        assert WITH_ERROR[scale].largest_ratio(z, E47) == pytest.approx(np.log(value) / np.log(s), rel=1e-7)
    assert WITH_ERROR["log-log"].largest_ratio(z, E47) == pytest.approx(np.exp(-z * ERROR), rel=1e-7)
    assert WITH_ERROR["arcsine"].largest_ratio(z, E47) == pytest.approx(0.601, abs=1e-3)
    assert WITH_ERROR["mean"].largest_ratio(z, E47) == pytest.approx(0.614, abs=1e-3)
    for test in (ici.OneSampleLogRank(benchmark_sd=ERROR), ici.ExponentialTest(benchmark_sd=ERROR)):
        assert test.largest_ratio(z, E47) == pytest.approx(0.623, abs=1e-3)
    assert Milestone(6, transform="identity", benchmark_sd=3.0).largest_ratio(z, E47) == 0


@pytest.mark.parametrize("statistic", [Milestone(6), RestrictedMean(6)], ids=["milestone", "mean"])
def test_law_a_benchmark_with_an_error_bounds_z(statistic):
    """However many patients, the mean of Z tends to `farthest`, and without an error it grows with the root of n."""
    held = statistic.with_(benchmark_sd=0.2175)
    drift = [held.moments(arm(world(), n, 36.0)).drift[0, 0] for n in (100, 10_000, 10_000_000)]
    far = held.farthest(arm(world(), 100, 36.0))[0, 0]
    assert drift[0] < drift[1] < drift[2] < far
    assert drift[2] == pytest.approx(far, rel=1e-3)
    assert statistic.farthest(arm(world(), 100, 36.0))[0, 0] == np.inf
    assert statistic.farthest(arm(world().null, 100, 36.0))[0, 0] == 0
    plain = [statistic.moments(arm(world(), n, 36.0)).drift[0, 0] for n in (100, 400)]
    assert plain[1] / plain[0] == pytest.approx(2, rel=1e-10)


def test_law_error_of_the_benchmark_is_a_derivative():
    """Of the transformed survival, and of the restricted mean, by the log of the cumulative hazard."""
    step, bench = 1e-5, ici.Weibull(shape=0.7, median=4.7)
    up, down = (bench.scaled(np.exp(x)) for x in (step, -step))
    for scale in SCALES:
        test = Milestone(6, transform=scale, benchmark_sd=1.0)
        slope = (test.scale.of(test.value(up)) - test.scale.of(test.value(down))) / (2 * step)
        assert test.benchmark_error(bench) == pytest.approx(abs(float(slope)), rel=1e-6)
    mean = RestrictedMean(6, benchmark_sd=1.0)
    slope = (up.restricted_mean(6.0) - down.restricted_mean(6.0)) / (2 * step)
    assert mean.benchmark_error(bench) == pytest.approx(abs(slope), rel=1e-6)


def test_law_trials_at_the_ends_of_the_scale():
    """No event, no survivor, nobody followed to the month: the first is in favour, the others are not."""
    benchmark, n = E47, 20
    full, none = np.full((1, n), 8.0), np.zeros((1, n), dtype=bool)
    for scale in SCALES:
        test = Milestone(6, transform=scale)
        assert test.observe(OneArmData(full, none), benchmark)[0][0] > 0
        assert test.observe(OneArmData(full - 4, ~none), benchmark)[0][0] < 0
        assert test.observe(OneArmData(full - 4, none), benchmark)[0][0] == 0
    assert RestrictedMean(6).observe(OneArmData(full - 4, none), benchmark)[0][0] == 0


def test_law_a_mean_without_an_event_has_half_a_one_at_entry():
    """10 of 10 event-free to month 12: 11.4 months with a standard error of 12 sqrt(0.05 x 0.95 / 10)."""
    test, free = RestrictedMean(12), np.zeros((1, 10), dtype=bool)
    z = test.observe(OneArmData(np.full((1, 10), 12.0), free), E47)[0][0]
    expected = 4.7 / np.log(2) * (1 - 2 ** (-12 / 4.7))
    assert z == pytest.approx((11.4 - expected) / (12 * np.sqrt(0.05 * 0.95 / 10)), rel=1e-12)
    at_once, early = np.full((1, 10), 12.0), free.copy()
    at_once[0, 0], early[0, 0] = 1e-6, True
    assert test.observe(OneArmData(at_once, early), E47)[0][0] < z
    last = np.full((1, 10), 12.0)
    assert test.observe(OneArmData(last, early), E47)[0][0] == z  # an event at the horizon takes nothing
    few = [test.observe(OneArmData(np.full((1, m), 12.0), free[:, :m]), E47)[0][0] for m in range(1, 11)]
    assert np.all(np.diff(few) > 0)


def test_law_power_of_the_mean_does_not_fall_where_most_trials_have_no_event():
    """At a hazard ratio of 0.1 half of the trials of 8 are event-free to month 6, P = 2^(-0.1 x 6 x 8 / 4.7)."""
    design = ici.SingleArm(8, statistic=RestrictedMean(6), looks=ici.AfterEnrollment(7), benchmark=E47)
    power = []
    for ratio in (0.5, 0.25, 0.1, 0.02):
        truth = ici.Scenario(E47, ici.HazardRatio(ratio), enrollment=ici.Enrollment(duration=12))
        with pytest.warns(ici.ApproximationWarning):
            power.append(ici.simulate(design, truth, replicates=4000, rng=1).power)
    assert power == sorted(power)
    assert power[-1] > 0.99
