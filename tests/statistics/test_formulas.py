"""The theory face of the log-rank test: moments against quadrature, named formulas against their closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

import icibaseline as ici
from icibaseline.statistics.base import Trial
from icibaseline.statistics.process import covariance

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

ACCRUAL, FOLLOW_UP, N = 24.0, 12.0, 134
END = ACCRUAL + FOLLOW_UP
Z = -ndtri(0.025)
RATIOS, EFFECTS, MEDIANS = st.sampled_from([0.5, 1.0, 2.0, 3.0]), st.floats(0.3, 0.95), st.floats(1, 40)


def world(median=4.7, effect=0.6, **more):
    control = ici.Exponential(median=median)
    enrollment = ici.Enrollment(duration=ACCRUAL)
    return ici.Scenario(control=control, effect=ici.HazardRatio(effect), enrollment=enrollment, **more)


def moments(scenario, ratio=1.0, n=N, months=(END,), **statistic):
    accrual = scenario.enrollment.accrual(n)
    at = np.array([months], dtype=float)
    trial = Trial(scenario.resolved, n, ratio, accrual, at, np.zeros(at.shape, dtype=bool))
    return ici.LogRank(**statistic).moments(trial)


def event_probability(hazard, lost=0.0):
    """Exponential event and dropout, uniform entry."""
    total = hazard + lost
    seen = 1 - (math.exp(-total * FOLLOW_UP) - math.exp(-total * END)) / (total * ACCRUAL)
    return hazard / total * seen


# ---- expected events, score and variance -----------------------------------------------------------------


@given(MEDIANS, EFFECTS, RATIOS, st.floats(0, 0.1))
def test_law_events_of_exponential_arms_have_a_closed_form(median, effect, ratio, lost):
    dropout = ici.Exponential(rate=lost) if lost > 1e-6 else None
    lost = 0.0 if dropout is None else lost
    found = moments(world(median, effect, dropout=dropout), ratio).course.events[0, 0]
    rate = math.log(2) / median
    sizes = N / (1 + ratio), N * ratio / (1 + ratio)
    exact = [m * event_probability(h, lost) for m, h in zip(sizes, (rate, rate * effect), strict=True)]
    assert_allclose(found, exact, rtol=1e-9)


CURVES = {
    "weibull": (ici.Weibull(shape=0.73, median=4.7), ici.Weibull(shape=0.9, median=7.0)),
    "delayed": (ici.Exponential(4.7), ici.Exponential(4.7).scaled(0.5, 3)),
    "crossing": (ici.Exponential(4.7), ici.PiecewiseExponential((0.2, 0.05), knots=(4,))),
}


@pytest.mark.parametrize("null", [1.0, 1.3])
@pytest.mark.parametrize("ratio", [1.0, 3.0])
@pytest.mark.parametrize("curves", CURVES.values(), ids=CURVES)
def test_law_score_and_variance_against_adaptive_quadrature(curves, ratio, null):
    control, experimental = curves
    lost = ici.Exponential(rate=0.02), ici.Exponential(rate=0.05)
    scenario = ici.Scenario(
        control=control, experimental=experimental, dropout=lost, enrollment=ici.Enrollment(duration=ACCRUAL)
    )
    found = moments(scenario, ratio, null=null)

    def densities(t):
        y0 = control.survival(t) * lost[0].survival(t) / (1 + ratio)
        y1 = experimental.survival(t) * lost[1].survival(t) * ratio / (1 + ratio)
        h0, h1, total = control.hazard(t), experimental.hazard(t), y0 + null * y1
        entered = N * min(max(END - t, 0) / ACCRUAL, 1)
        return entered * y0 * y1 * (null * h0 - h1) / total, entered * null * y0 * y1 * (y0 * h0 + y1 * h1) / total**2

    def integral(k):
        def transformed(u):  # t = u^4: the Weibull hazards are infinite at 0
            return densities(u**4)[k] * 4 * u**3 if u > 0 else 0.0

        ends = np.array([0, 3, 4, FOLLOW_UP, END]) ** 0.25
        return sum(quad(transformed, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in itertools.pairwise(ends))

    assert_allclose(found.score[0, 0], integral(0), rtol=1e-8)
    assert_allclose(found.information[0, 0], integral(1), rtol=1e-8)
    assert_allclose(found.drift[0, 0], integral(0) / math.sqrt(integral(1)), rtol=1e-8)


# ---- covariance ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", [1.0, 1.3])
@pytest.mark.parametrize("stratified", [True, False])
def test_law_increments_are_independent_under_the_null(null, stratified):
    """Var U = V to first and to second order, and later increments add to it."""
    strata = (
        ici.Stratum("a", share=0.6, control=ici.Exponential(4.7), effect=ici.HazardRatio(null)),
        ici.Stratum("b", share=0.4, control=ici.Weibull(shape=0.8, median=12), effect=ici.HazardRatio(null)),
    )
    mixed = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=ACCRUAL))
    scenario = mixed if stratified else world(effect=null)
    found = moments(scenario, ratio=2.0, null=null, months=(10, 24, 40), stratified=stratified)
    first = covariance(found.risk, found.comparisons, "score", "score")[0]
    earlier = np.minimum.outer(range(3), range(3))
    assert_allclose(first, found.information[0][earlier], rtol=1e-7)
    assert_allclose(found.covariance[0], (found.information + found.corrections[1])[0][earlier], rtol=1e-7)
    assert_allclose(found.score, 0, atol=1e-9)
    assert_allclose(found.mean, 0, atol=1e-9)


def test_law_the_number_of_events_is_binomial():
    found = moments(world(), ratio=2.0, months=(10, 36))
    matrix = covariance(found.risk, found.comparisons, "events", "events")[0]
    sizes = np.array([N / 3, 2 * N / 3])
    p = found.course.events[0] / sizes
    assert_allclose(np.diag(matrix), (sizes * p * (1 - p)).sum(axis=1), rtol=1e-7)
    assert_allclose(matrix[0, 1], (sizes * p[0] * (1 - p[1])).sum(), rtol=1e-7)


@pytest.mark.parametrize("months", [(10, 36), (24, 25), (30, 40)])
@pytest.mark.parametrize("curves", [CURVES["delayed"], CURVES["crossing"]])
def test_law_covariance_against_a_sum_over_patients(curves, months):
    """A patient who enters in month e adds w(X) if an event is seen and takes away B(X), X the follow-up."""
    ratio, t = 2.0, np.linspace(0, max(months), 1000 * max(months) + 1)
    middle, dt = (t[1:] + t[:-1]) / 2, t[1]
    y = [curve.survival(middle) * share for curve, share in zip(curves, (1 / 3, 2 / 3), strict=True)]
    h = [curve.hazard(middle) for curve in curves]
    p, dead = y[1] / (y[0] + y[1]), y[0] * h[0] + y[1] * h[1]

    def running(density):
        return np.concatenate([[0.0], np.cumsum(density) * dt])

    x, w = np.polynomial.legendre.leggauss(400)
    entry, weight = ACCRUAL * (x + 1) / 2, w / 2
    followed = [np.maximum(month - entry, 0) for month in months]
    total = 0.0
    for arm, size in enumerate((N / 3, 2 * N / 3)):
        takes = running(dead / (y[0] + y[1]) ** 2 * (-y[0] if arm else y[1]))
        adds = (p - arm) - (takes[1:] + takes[:-1]) / 2
        density = curves[arm].survival(middle) * h[arm]
        square, plain, alive = running(density * adds**2), running(density * adds), curves[arm].survival(t)

        def at(values, look, t=t):
            return np.interp(followed[look], t, values)

        means = [weight @ (at(plain, k) - at(alive, k) * at(takes, k)) for k in (0, 1)]
        ended = at(square, 0) - at(takes, 0) * (at(plain, 1) - at(plain, 0))
        product = weight @ (ended + at(alive, 1) * at(takes, 0) * at(takes, 1))
        total += size * (product - means[0] * means[1])
    scenario = world().with_(control=curves[0], effect=None, experimental=curves[1])
    found = moments(scenario, ratio, months=months)
    assert_allclose(covariance(found.risk, found.comparisons, "score", "score")[0][0, 1], total, rtol=2e-5)


@pytest.mark.parametrize("months", [(10, 36), (24, 25)])
def test_law_covariances_are_positive_and_symmetric(months):
    for control, experimental in CURVES.values():
        scenario = world().with_(control=control, effect=None, experimental=experimental)
        matrix = moments(scenario, 3.0, months=months).covariance[0]
        assert_allclose(matrix, matrix.T, rtol=1e-9)
        assert np.linalg.eigvalsh(matrix).min() > 0


# ---- named formulas --------------------------------------------------------------------------------------


def planned(formula, effect=0.6, ratio=1.0, n=N, null=1.0, median=4.7):
    statistic = ici.LogRank(formula=formula, null=null)
    return ici.power(ici.Randomized(n, ratio=ratio, statistic=statistic), world(median, effect))


@given(MEDIANS, EFFECTS, RATIOS, st.sampled_from([1.0, 1.2]))
def test_law_schoenfeld(median, effect, ratio, null):
    found, p = planned("schoenfeld", effect, ratio, null=null, median=median), 1 / (1 + ratio)
    drift = math.log(null / effect) * math.sqrt(p * (1 - p) * found.events[0])
    assert_allclose(found.power, ndtr(drift - Z), rtol=1e-9)


@given(MEDIANS, EFFECTS, RATIOS)
def test_law_freedman(median, effect, ratio):
    found = planned("freedman", effect, ratio, median=median)
    drift = math.sqrt(ratio * found.events[0]) * (1 - effect) / (1 + ratio * effect)
    assert_allclose(found.power, ndtr(drift - Z), rtol=1e-9)


@given(MEDIANS, EFFECTS, RATIOS)
def test_law_lachin_foulkes(median, effect, ratio):
    found = planned("lachin-foulkes", effect, ratio, median=median)
    rates = math.log(2) / median * np.array([1, effect])
    sizes = N / (1 + ratio) * np.array([1, ratio])
    pooled = np.full(2, (rates * sizes).sum() / N)

    def spread(hazards):
        return math.sqrt(sum(1 / (m * event_probability(h)) for m, h in zip(sizes, hazards, strict=True)))

    power = ndtr((-math.log(effect) - Z * spread(pooled)) / spread(rates))
    assert_allclose(found.power, power, rtol=1e-8)


@given(EFFECTS, RATIOS, st.floats(0.3, 0.95))
def test_law_events_required(effect, ratio, power):
    quantile, p = Z + ndtri(power), 1 / (1 + ratio)
    known = {
        "schoenfeld": quantile**2 / (p * (1 - p) * math.log(effect) ** 2),
        "freedman": quantile**2 * (1 + ratio * effect) ** 2 / (ratio * (1 - effect) ** 2),
    }
    for formula, events in known.items():
        unsized = ici.Randomized(ratio=ratio, statistic=ici.LogRank(formula=formula))
        plan = ici.sample_size(unsized, world(effect=effect), power=power)
        assert_allclose(plan.events_required, events, rtol=1e-9)
        exact = ici.power(unsized.with_(n=plan.n_exact), world(effect=effect))
        if plan.n_exact > 2:
            assert_allclose(exact.events[0], events, rtol=1e-7)


@pytest.mark.parametrize("formula", ["schoenfeld", "freedman", "lachin-foulkes", "second-order"])
def test_law_formulas_agree_for_small_effects_and_large_trials(formula):
    """At 1:1 and a hazard ratio near 1 they are one formula; the gap shrinks with the effect."""
    gaps = []
    for shrink in (0.5, 0.125):
        n = 2 * round(67 / shrink**2)
        score, other = (planned(f, effect=0.6**shrink, n=n).power for f in ("score", formula))
        gaps.append(abs(score - other))
    assert gaps[1] < max(gaps[0], 1e-6)
    assert gaps[1] < 0.002


DELAYED = world().with_(effect=ici.HazardRatio(0.6, delay=3))
STRATA = ici.Scenario(
    strata=(
        ici.Stratum("a", share=0.6, control=ici.Exponential(4.7), effect=ici.HazardRatio(0.6)),
        ici.Stratum("b", share=0.4, control=ici.Exponential(12), effect=ici.HazardRatio(0.8)),
    ),
    enrollment=ici.Enrollment(duration=ACCRUAL),
)


@pytest.mark.parametrize(
    ("formula", "scenario", "more"),
    [
        ("schoenfeld", DELAYED, {}),
        ("freedman", DELAYED, {}),
        ("lachin-foulkes", DELAYED, {}),
        ("freedman", STRATA, {}),
        ("schoenfeld", STRATA, {"stratified": False}),
        ("lachin-foulkes", STRATA, {"stratified": False}),
        ("freedman", world(), {"null": 1.3}),
    ],
)
def test_law_a_formula_says_what_it_does_not_cover(formula, scenario, more):
    design = ici.Randomized(N, statistic=ici.LogRank(formula=formula, **more))
    with pytest.raises(ici.NoFormula, match="score"):
        ici.power(design, scenario)


def test_law_schoenfeld_in_strata_weights_by_events():
    design = ici.Randomized(N, statistic=ici.LogRank(formula="schoenfeld"))
    found = ici.power(design, STRATA)
    rates = math.log(2) / np.array([4.7, 12])
    effects, shares = np.array([0.6, 0.8]), np.array([0.6, 0.4])
    events = [
        N * w / 2 * (event_probability(h) + event_probability(h * hr))
        for h, hr, w in zip(rates, effects, shares, strict=True)
    ]
    drift = -(np.log(effects) @ events) / 2 / math.sqrt(sum(events))
    assert_allclose(found.power, ndtr(drift - Z), rtol=1e-9)


# ---- the level of the asymptotic test ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "n", "simulated"),  # by a million trials (docs/methods/null_rejection.csv), errors 0.0002
    [(1, 60, 0.0278), (1, 134, 0.0262), (2, 60, 0.0334), (3, 60, 0.0376), (3, 120, 0.0329), (3, 480, 0.0286)],
)
def test_reference_the_level_of_the_asymptotic_test_is_that_of_a_million_trials(ratio, n, simulated):
    scenario = world(effect=1.0)
    trial = moments(scenario, ratio, n).trial
    assert ici.LogRank().level(trial, 0.025) == pytest.approx(simulated, abs=6e-4)


def test_reference_the_level_with_few_events_of_many_patients():
    """400 patients at 3:1, about 66 events: 0.0291 of 200,000 trials rejected, error 0.0004."""
    trial = moments(world(median=60.0, effect=1.0), 3.0, 400, months=(28.0,)).trial
    assert ici.LogRank().level(trial, 0.025) == pytest.approx(0.0291, abs=0.0012)


@given(RATIOS, st.floats(0.005, 0.1))
def test_law_the_level_of_a_large_trial_is_the_nominal_one_and_the_mirror_is_as_far_below(ratio, alpha):
    large = moments(world(effect=1.0), ratio, 1e7).trial
    assert ici.LogRank().level(large, alpha) == pytest.approx(alpha, rel=5e-3)
    trial, mirror = (moments(world(effect=1.0), r, 4000).trial for r in (3.0, 1 / 3))
    up, down = (ici.LogRank().level(t, alpha) / alpha - 1 for t in (trial, mirror))
    assert up > 0 > down
