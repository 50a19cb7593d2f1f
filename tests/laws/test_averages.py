"""Laws of averages over priors, against closed forms and integrals that share nothing with the library."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

Z, N, EVENTS, ACCRUAL, FOLLOW_UP = -ndtri(0.025), 134, 121, 24.0, 12.0
SCHOENFELD = ici.LogRank(formula="schoenfeld")
AT_EVENTS = ici.Randomized(1000, statistic=SCHOENFELD, looks=ici.AtEvents(EVENTS))
CALENDAR = ici.Randomized(N, statistic=SCHOENFELD, looks=ici.AfterEnrollment(FOLLOW_UP))


def ratio(sd, median=0.6):
    return ici.NormalMixture.lognormal(median, sd)


def world(effect, control=4.7, **more):
    control = ici.Exponential(median=control) if isinstance(control, float) else control
    enrollment = ici.Enrollment(duration=ACCRUAL)
    return ici.Scenario(control=control, effect=ici.HazardRatio(effect), enrollment=enrollment, **more)


def margin(log_median, log_ratio, n=N):
    """Mean of Z minus its bound at the calendar look: exponential arms, uniform entry, from the definition."""
    rate = math.log(2) * np.exp(-log_median)
    events = 0.0
    for hazard in (rate, rate * np.exp(log_ratio)):
        missed = (np.exp(-hazard * FOLLOW_UP) - np.exp(-hazard * (ACCRUAL + FOLLOW_UP))) / (hazard * ACCRUAL)
        events = events + n / 2 * (1 - missed)
    return -log_ratio * np.sqrt(events) / 2 - Z


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


# ---- closed forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sd", [0.01, 0.1, 0.3, 0.6, 1.0, 1.5])
@pytest.mark.parametrize("design", [AT_EVENTS, AT_EVENTS.with_(n=N)])
def test_law_assurance_at_events_has_a_closed_form(sd, design):
    """Z is normal with mean -log(ratio) / sigma, sigma = 2 / sqrt(121); kappa = sd / sigma is up to 8."""
    result, sigma, mean = ici.assurance(design, world(ratio(sd))), 2 / math.sqrt(EVENTS), math.log(0.6)
    assert_allclose(result.power, ndtr((-Z * sigma - mean) / math.hypot(sigma, sd)), rtol=0, atol=1e-8)
    assert_allclose(result.ceiling, ndtr(-mean / sd), rtol=0, atol=1e-5)
    for p, found in zip((0.1, 0.5, 0.9), result.power_quantiles, strict=True):
        assert_allclose(found, ndtr((-mean + sd * ndtri(p)) / sigma - Z), rtol=0, atol=1e-4)
    reached = (-mean - sigma * (Z + ndtri(0.8))) / sd
    assert_allclose(result.power_at_least, ndtr(reached), rtol=0, atol=1e-4)


def test_law_assurance_at_kappa_9():
    sd, design = 1.5, AT_EVENTS.with_(looks=ici.AtEvents(144))  # sigma = 1 / 6
    exact = ndtr((-Z / 6 - math.log(0.6)) / math.hypot(1 / 6, sd))
    assert_allclose(ici.assurance(design, world(ratio(sd))).power, exact, rtol=0, atol=1e-8)


@pytest.mark.parametrize("design", [AT_EVENTS, CALENDAR, CALENDAR.with_(statistic=ici.LogRank())])
def test_law_a_narrow_prior_is_a_number(design):
    control = ici.NormalMixture.lognormal(4.7, 1e-6)
    narrow, certain = world(ratio(1e-6), control), world(0.6)
    assert_allclose(ici.assurance(design, narrow).power, ici.power(design, certain).power, rtol=1e-9)
    result = ici.assurance(design, narrow)
    assert_allclose(result.power_quantiles, result.power, rtol=1e-4)


@pytest.mark.parametrize("design", [AT_EVENTS, CALENDAR, CALENDAR.with_(statistic=ici.LogRank())])
def test_law_a_mixture_is_the_weighted_sum_of_its_parts(design):
    mixture = ici.NormalMixture((0.7, 0.3), (math.log(0.6), 0.0), (0.2, 0.5), scale="log")
    parts = [ici.NormalMixture.lognormal(0.6, 0.2), ici.NormalMixture.lognormal(1.0, 0.5)]
    planned = design.plan_for(world(mixture))
    whole, *each = (ici.assurance(planned, world(prior)) for prior in (mixture, *parts))
    for name in ("power", "ceiling", "power_at_least", "expected_events", "expected_months"):
        value, known = getattr(whole, name), [getattr(part, name) for part in each]
        assert_allclose(value, 0.7 * known[0] + 0.3 * known[1], rtol=1e-6 if name[0] in "c" else 1e-5)
    assert_allclose(whole.power, 0.7 * each[0].power + 0.3 * each[1].power, rtol=0, atol=1e-8)


# ---- integrals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spread", "sd"), [(0.3, 0.3), (0.5, 0.9)])
def test_law_two_priors_against_adaptive_quadrature(spread, sd):
    scenario = world(ratio(sd), ici.NormalMixture.lognormal(4.7, spread))
    result = ici.assurance(CALENDAR, scenario)

    def inner(u):
        control = math.log(4.7) + spread * u
        steep = ndtri(0.5)
        found = quad(
            lambda v: ndtr(margin(control, math.log(0.6) + sd * v)) * density(v),
            -8.5,
            8.5,
            epsabs=1e-12,
            epsrel=1e-11,
            limit=200,
            points=[steep],
        )
        return found[0] * density(u)

    exact = quad(inner, -8.5, 8.5, epsabs=1e-11, epsrel=1e-10)[0]
    assert_allclose(result.power, exact, rtol=0, atol=1e-8)
    assert_allclose(result.ceiling, ndtr(-math.log(0.6) / sd), rtol=0, atol=1e-5)


def test_law_distribution_of_power_against_adaptive_quadrature():
    """Power exceeds q where the log ratio lies below a root, for each control median."""
    spread, sd = 0.5, 0.4
    result = ici.assurance(CALENDAR, world(ratio(sd), ici.NormalMixture.lognormal(4.7, spread)), target=0.7)

    def below(power):
        def given(u):
            control, level = math.log(4.7) + spread * u, ndtri(power)
            v = brentq(lambda v: margin(control, math.log(0.6) + sd * v) - level, -20, 20)
            return ndtr(-v) * density(u)

        return quad(given, -6, 6, epsabs=1e-9)[0]

    assert_allclose(result.power_at_least, 1 - below(0.7), rtol=0, atol=1e-5)
    for p, found in zip((0.1, 0.5, 0.9), result.power_quantiles, strict=True):
        assert below(found - 1e-4) < p < below(min(found + 1e-4, 1 - 1e-9))


def test_law_four_unknowns_are_within_the_printed_error():
    """Two strata with two priors each, Schoenfeld's formula; the reference is a tensor rule of 32^4 nodes."""
    medians, spreads, sds, shares = (4.7, 9.0), (0.3, 0.4), (0.3, 0.5), (0.6, 0.4)
    strata = tuple(
        ici.Stratum(name, share=w, control=ici.NormalMixture.lognormal(m, s), effect=ici.HazardRatio(ratio(sd, hr)))
        for name, w, m, s, sd, hr in zip("ab", shares, medians, spreads, sds, (0.6, 0.7), strict=True)
    )
    scenario = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=ACCRUAL))
    assert len(scenario.unknowns) == 4
    result = ici.assurance(CALENDAR, scenario)
    x, w = np.polynomial.legendre.leggauss(32)
    x, w = 7 * x, w * np.exp(-24.5 * x**2)
    w = w / w.sum()
    benefit = events = 0.0
    axes = np.meshgrid(x, x, x, x, indexing="ij", sparse=True)
    for k, (hr, share) in enumerate(zip((0.6, 0.7), shares, strict=True)):
        theta = math.log(hr) + sds[k] * axes[2 * k + 1]
        rate = math.log(2) / medians[k] * np.exp(-spreads[k] * axes[2 * k])
        for hazard in (rate, rate * np.exp(theta)):
            missed = (np.exp(-hazard * FOLLOW_UP) - np.exp(-hazard * (ACCRUAL + FOLLOW_UP))) / (hazard * ACCRUAL)
            events, benefit = events + share * (1 - missed) / 2, benefit - theta * share * (1 - missed) / 2
    power = ndtr(benefit * math.sqrt(N) / 2 / np.sqrt(events) - Z)
    exact = np.einsum("ijkl,i,j,k,l", power, w, w, w, w)
    error = result.averaging.integration_error
    assert 0 < error < 1e-3
    assert abs(result.power - exact) < 4 * error


def test_law_equal_priors_are_one_unknown():
    shared = ici.NormalMixture.lognormal(4.7, 0.5)
    strata = tuple(ici.Stratum(name, share=0.5, control=shared, effect=ici.HazardRatio(0.6)) for name in ("a", "b"))
    both = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=ACCRUAL))
    pooled = ici.Randomized(N, statistic=ici.LogRank(stratified=False))
    alone = ici.assurance(pooled, world(0.6, shared))
    assert len(both.unknowns) == 1
    assert_allclose(ici.assurance(pooled, both).power, alone.power, rtol=1e-10)


# ---- what else is averaged -----------------------------------------------------------------------------


def test_law_months_and_events_are_averaged_too():
    spread, design = 0.4, CALENDAR.with_(looks=ici.AtEvents(80))
    control = ici.NormalMixture.lognormal(4.7, spread)
    planned = design.plan_for(world(0.6, control))
    result = ici.assurance(planned, world(0.6, control))

    def month(u):
        return ici.power(planned, world(0.6, float(4.7 * np.exp(spread * u)))).months[0]

    u = np.linspace(-6, 6, 121)  # a trapezoid sum: where enrolment ends, the month is not a smooth function of u
    weights = np.exp(-u * u / 2)
    assert_allclose(result.months, weights @ [month(x) for x in u] / weights.sum(), rtol=1e-4)
    assert_allclose(result.events, 80, rtol=1e-9)


def test_law_a_bivariate_prior_is_integrated_like_two():
    """A correlation of 0 makes the pair (median, shape) two independent numbers."""
    joint = ici.BivariateNormal((math.log(4.7), math.log(0.9)), (0.3, 0.15), 0.0, ("log", "log"))
    scenario = ici.Scenario(
        control=ici.Weibull(joint=joint),
        effect=ici.HazardRatio(0.6),
        enrollment=ici.Enrollment(duration=ACCRUAL),
    )
    design = ici.Randomized(N).plan_for(scenario)
    x, w = np.polynomial.hermite_e.hermegauss(14)
    w = w / w.sum()
    total = 0.0
    for (i, u), (j, v) in itertools.product(enumerate(x), enumerate(x)):
        curve = ici.Weibull(shape=float(0.9 * np.exp(0.15 * v)), median=float(4.7 * np.exp(0.3 * u)))
        total += w[i] * w[j] * ici.power(design, scenario.with_(control=curve)).power
    assert_allclose(ici.assurance(design, scenario).power, total, rtol=0, atol=1e-8)
