"""Laws of inference after several looks: closed forms, quadrature and simulated canonical paths as witnesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, norm

from icibaseline.distributions import NormalMixture
from icibaseline.monitoring.inference import Ahead, Stop, planned_score, posterior, repeated_interval
from icibaseline.rules import FutilityZ, HaybittlePeto, HwangShihDeCani, Pocock, Spending, WangTsiatis

ALPHA = 0.025
schedules = st.lists(st.floats(0.1, 1.0), min_size=1, max_size=5).map(np.cumsum)
boundaries = st.sampled_from(
    [Spending(ALPHA), Spending(ALPHA, Pocock()), WangTsiatis(ALPHA, 0.25), HaybittlePeto(ALPHA)]
)
BINDING = Spending(ALPHA, Pocock(), futility=HwangShihDeCani(-2), binding=True, beta=0.2)


def stop(bounds, looks, z, obeyed=False):
    lower = bounds.futility[:looks] if obeyed else np.full(looks, -np.inf)
    return Stop(np.asarray(bounds.information[:looks]), bounds.efficacy[:looks], lower, z)


def p_of(stopped, effect=0.0):
    return float(stopped.p_value(np.asarray(effect)))


# ---- stagewise ordering ----------------------------------------------------------------------------


@given(z=st.floats(-6, 6), information=st.floats(0.1, 1e3))
def test_law_one_look_is_the_fixed_sample(z, information):
    one = Stop(np.array([information]), np.array([1.96]), np.array([-np.inf]), z)
    assert p_of(one) == pytest.approx(ndtr(-z), rel=1e-12)
    root = np.sqrt(information)
    expected = (z + ndtri([0.025, 0.5, 0.975])) / root
    assert_allclose(one.effects(np.array([0.025, 0.5, 0.975])) * root, expected * root, rtol=0, atol=1e-12)


@given(information=schedules, boundary=boundaries)
def test_law_p_on_the_boundary_is_the_error_spent(information, boundary):
    bounds = boundary.bounds(information)
    spent = np.cumsum(bounds.under(0.0).reject)
    for k, c in enumerate(bounds.efficacy):
        assert p_of(stop(bounds, k + 1, c)) == pytest.approx(spent[k], abs=1e-12)
    assert p_of(stop(bounds, len(information), bounds.efficacy[-1])) == pytest.approx(ALPHA, abs=1e-11)


def test_law_p_on_the_boundary_is_alpha_where_futility_binds():
    bounds = BINDING.bounds((1.0, 2.0, 3.0))
    assert p_of(stop(bounds, 3, bounds.efficacy[-1], obeyed=True)) == pytest.approx(ALPHA, abs=1e-11)
    assert p_of(stop(bounds, 3, bounds.efficacy[-1])) > ALPHA + 1e-4


@given(
    z=st.floats(-2, 4),
    effect=st.floats(-2, 2),
    first=st.floats(0.1, 0.9),
    lower=st.one_of(st.just(-np.inf), st.floats(-1, 1)),
)
def test_reference_p_of_two_looks_by_quadrature(z, effect, first, lower):
    c, end = 2.2, 3.0
    information = np.array([first * end, end])
    two = Stop(information, np.array([c, 2.0]), np.array([lower, -np.inf]), z)
    mean = effect * np.sqrt(information)

    def density(x):
        later = (z * np.sqrt(end) - x * np.sqrt(information[0]) - effect * (end - information[0])) / np.sqrt(
            end - information[0]
        )
        return norm.pdf(x - mean[0]) * ndtr(-later)

    start = max(lower, mean[0] - 9)
    inside = quad(density, start, c, epsabs=1e-13, epsrel=1e-11, limit=200)[0] if start < c else 0.0
    assert p_of(two, effect) == pytest.approx(ndtr(mean[0] - c) + inside, abs=1e-10)


@given(information=schedules, boundary=boundaries, z=st.floats(-3, 4), p=st.floats(0.001, 0.999))
def test_law_effects_invert_p_and_rise_with_it(information, boundary, z, p):
    bounds = boundary.bounds(information)
    ended = stop(bounds, len(information), z)
    found = ended.effects(np.array([p / 2, p]))
    assert_allclose(ended.p_value(found), [p / 2, p], rtol=1e-10)
    assert found[0] < found[1]


@pytest.mark.parametrize("z", [-12.0, -6.0, 11.0, 25.0])
def test_law_effects_are_found_after_any_z(z):
    bounds = Spending(ALPHA).bounds((19.0, 27.0, 30.0))
    found = stop(bounds, 2, z).effects(np.array([0.025, 0.5, 0.975]))
    assert np.all(np.diff(found) > 0)
    assert_allclose(stop(bounds, 2, z).p_value(found), [0.025, 0.5, 0.975], rtol=1e-9)


@given(information=schedules, boundary=boundaries, z=st.floats(-3, 4), unit=st.floats(0.1, 100))
def test_law_effects_have_the_unit_of_the_root_of_information(information, boundary, z, unit):
    bounds, scaled = boundary.bounds(information), boundary.bounds(information * unit)
    looks = len(information)
    found = stop(bounds, looks, z).effects(np.array([0.1, 0.5]))
    assert_allclose(stop(scaled, looks, z).effects(np.array([0.1, 0.5])) * np.sqrt(unit), found, rtol=1e-8, atol=1e-9)


def paths(information, effect, count, rng):
    gained = np.diff(information, prepend=0.0)
    score = np.cumsum(effect * gained + np.sqrt(gained) * rng.standard_normal((count, len(gained))), axis=1)
    return score / np.sqrt(information)


@pytest.mark.parametrize("effect", [-0.5, 0.0, 0.9, 2.0])
@pytest.mark.parametrize("boundary", [Spending(ALPHA, Pocock()), BINDING], ids=["efficacy", "binding"])
def test_law_estimate_is_median_unbiased_and_intervals_cover(boundary, effect):
    information, count = np.array([1.0, 2.2, 3.0]), 2500
    bounds = boundary.bounds(information)
    z = paths(information, effect, count, np.random.default_rng(7))
    crossed = (z >= bounds.efficacy) | (z <= bounds.futility)
    crossed[:, -1] = True
    at = crossed.argmax(axis=1)
    p = np.array([p_of(stop(bounds, k + 1, z[i, k], obeyed=True), effect) for i, k in enumerate(at)])
    for level in (0.025, 0.2, 0.5, 0.8, 0.975):  # the effect is below the estimate of level q where p is below q
        share = np.mean(p <= level)
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / count), (level, share)
    few = range(60)
    below = [effect <= float(stop(bounds, at[i] + 1, z[i, at[i]], True).effects(np.asarray(0.5))) for i in few]
    assert below == [bool(p[i] <= 0.5) for i in few]


def test_law_p_holds_where_futility_that_does_not_bind_is_obeyed_and_where_it_is_not():
    bounds = Spending(ALPHA, Pocock(), futility=FutilityZ(0.4)).bounds((1.0, 2.0, 3.0))
    z = paths(bounds.information, 0.0, 60_000, np.random.default_rng(11))
    rejected = z >= bounds.efficacy
    for obeyed in (True, False):
        crossed = rejected | ((z <= bounds.futility) & obeyed)
        crossed[:, -1] = True
        at = crossed.argmax(axis=1)
        share = np.mean(rejected[np.arange(len(at)), at])
        assert share < ALPHA + 3.5 * np.sqrt(ALPHA / len(z))
    # a p value at a futile stop is one of a trial that goes on
    assert p_of(stop(bounds, 2, 0.4)) > ndtr(-0.4)


# ---- repeated intervals ----------------------------------------------------------------------------


@given(information=schedules, boundary=boundaries, effect=st.floats(-2, 2))
def test_law_repeated_intervals_hold_at_all_looks_at_once(information, boundary, effect):
    bounds = boundary.bounds(information)
    mean = effect * np.sqrt(information)
    # the lower limit passes the effect at some look where Z less its mean passes the bound
    found = bounds.under(0.0).power
    shifted = type(bounds).of(bounds.information, bounds.efficacy + mean, np.full(len(mean), -np.inf), mean).power
    assert found == pytest.approx(ALPHA, abs=1e-10)
    assert shifted == pytest.approx(ALPHA, abs=1e-10)
    for i, c, m in zip(information, bounds.efficacy, mean, strict=True):
        low, _ = repeated_interval(i, c, m + c)
        assert low == pytest.approx(effect, abs=1e-9)


def test_law_bounds_that_lean_on_binding_futility_would_not_hold():
    bounds = BINDING.bounds((1.0, 2.0, 3.0))
    assert bounds.under(0.0).power == pytest.approx(ALPHA, abs=1e-10)
    assert bounds.under(0.0, futility=False).power > ALPHA + 1e-4


# ---- conditional and predictive power --------------------------------------------------------------

BOUNDS = Spending(ALPHA, futility=FutilityZ((0.0, 0.5))).bounds((10.0, 20.0, 30.0))


@given(z=st.floats(-2, 3), effect=st.floats(-1, 1))
def test_reference_conditional_power_of_one_look_to_come(z, effect):
    """Lan and Wittes (1988): 1 - Phi((c - B - D (1 - t)) / sqrt(1 - t))."""
    ahead = Ahead.of(BOUNDS, 2, z)
    t, drift = 20 / 30, effect * np.sqrt(30.0)
    expected = 1 - ndtr((BOUNDS.efficacy[-1] - z * np.sqrt(t) - drift * (1 - t)) / np.sqrt(1 - t))
    assert float(ahead.power_at(np.asarray(effect))) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("z", "effect"), [(0.3, 0.2), (1.5, 0.6), (2.5, -0.2)])
def test_reference_conditional_power_of_two_looks_to_come(z, effect):
    ahead = Ahead.of(BOUNDS, 1, z)
    later = BOUNDS.information[1:]
    mean = (z * np.sqrt(10.0) + effect * (later - 10)) / np.sqrt(later)  # of Z given the first look
    cov = (np.minimum.outer(later, later) - 10) / np.sqrt(np.outer(later, later))
    joint = multivariate_normal(mean, cov)
    c, low = BOUNDS.efficacy[1:], BOUNDS.futility[1]
    at_once = norm.sf(c[0], mean[0], np.sqrt(cov[0, 0]))

    def below(x):
        return norm.cdf(x, mean[0], np.sqrt(cov[0, 0])) - joint.cdf([x, c[1]])  # and above the last bound

    expected = at_once + below(c[0]) - below(low)
    assert float(ahead.power_at(np.asarray(effect))) == pytest.approx(expected, abs=1e-7)


def test_law_conditional_power_averages_to_power():
    """Over Z at the first look, by quadrature."""
    effect = 0.5
    bounds = BOUNDS.under(effect * np.sqrt(30.0))

    def integrand(z):
        ahead = Ahead.of(bounds, 1, z)
        return norm.pdf(z - effect * np.sqrt(10.0)) * float(ahead.power_at(np.asarray(effect)))

    later = quad(integrand, bounds.futility[0], bounds.efficacy[0], epsabs=1e-11)[0]
    assert bounds.reject[0] + later == pytest.approx(float(bounds.power), abs=1e-9)


PRIOR = NormalMixture((0.7, 0.3), (-0.5, 0.1), (0.2, 0.6), "log")


@pytest.mark.parametrize("estimate", [-0.9, 0.0, 0.4])
def test_reference_posterior_by_quadrature(estimate):
    found = posterior(PRIOR, estimate, 12.0)

    def density(x):
        return sum(w * norm.pdf(x, m, s) for w, m, s in zip(PRIOR.weights, PRIOR.means, PRIOR.sds, strict=True)) * (
            norm.pdf(estimate, x, np.sqrt(1 / 12.0))
        )

    whole = quad(density, -6, 6, points=[estimate], epsabs=1e-13)[0]
    for x in (-1.0, -0.3, 0.0, 0.5):
        part = quad(density, -6, x, points=[min(estimate, x)], epsabs=1e-13)[0]
        assert float(found.cdf(np.exp(x))) == pytest.approx(part / whole, abs=1e-9)


def test_law_two_looks_update_as_one():
    once = posterior(PRIOR, -0.4, 30.0)
    # 10 with estimate -0.1 and 20 more with the estimate that makes up the rest
    twice = posterior(posterior(PRIOR, -0.1, 10.0), (-0.4 * 30 + 0.1 * 10) / 20, 20.0)
    for name in ("weights", "means", "sds"):
        assert_allclose(getattr(once, name), getattr(twice, name), rtol=1e-12)


@given(z=st.floats(-2, 3), mean=st.floats(-1, 1), sd=st.floats(0.05, 2))
def test_reference_predictive_power_of_one_look_to_come(z, mean, sd):
    """A normal law of the effect: 1 - Phi((c' - mean g) / sqrt(1 + sd^2 g)), with g the information to come."""
    ahead = Ahead.of(BOUNDS, 2, z)
    law = NormalMixture((1.0,), (mean,), (sd,), "log")
    expected = ndtr((-mean * np.sqrt(10.0) - ahead.efficacy[-1]) / np.sqrt(1 + 10 * sd**2))
    assert ahead.predictive(law, 1.0) == pytest.approx(expected, abs=1e-11)


@given(z=st.floats(-1, 2.5), ratio=st.floats(0.4, 1.3))
def test_law_predictive_power_becomes_conditional_power_as_the_prior_narrows(z, ratio):
    ahead = Ahead.of(BOUNDS, 1, z)
    exact = float(ahead.power_at(-np.log(np.asarray(ratio))))
    gaps = []
    for sd in (1e-2, 1e-4):
        law = posterior(NormalMixture.lognormal(ratio, sd), -z / np.sqrt(10.0), 10.0)
        gaps.append(abs(ahead.predictive(law, 1.0) - exact))
    assert gaps[1] < 1e-6
    assert gaps[1] <= gaps[0] + 1e-9


def test_law_planned_score_is_a_line_where_the_effect_is_constant():
    information = np.array([5.0, 12.0, 20.0])
    at = np.array([0.0, 3.0, 12.0, 26.0])
    assert_allclose(planned_score(at, information, 0.4 * np.sqrt(information)), 0.4 * at, rtol=1e-14)
    late = planned_score(at, information, np.array([0.0, 0.2, 1.0]))
    assert late[1] == 0.0
    assert late[2] == pytest.approx(0.2 * np.sqrt(12.0))


@given(information=schedules, z=st.floats(-1, 2))
def test_law_more_effect_gives_more_conditional_power(information, z):
    assume(len(information) > 1)
    bounds = Spending(ALPHA).bounds(information)
    ahead = Ahead.of(bounds, 1, z)
    assert np.all(np.diff(ahead.power_at(np.linspace(-1, 3, 9))) > -1e-12)
