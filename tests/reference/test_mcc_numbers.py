"""The randomised trial in primary-resistant Merkel cell carcinoma, recomputed from closed forms and integrals.

Control median 4.7 months, hazard ratio 0.6, one-sided 0.025, power 0.8, 1:1, 24 months of uniform enrolment and
12 more of follow-up. Each number is checked twice: to full precision against the computation here, and against its
value as it is quoted.
"""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

import icibaseline as ici

PRIMARY, ACQUIRED, RATIO, ENROLMENT, MONTHS = 4.7, 9.5, 0.6, 24.0, 36.0
ALPHA, POWER, N = 0.025, 0.8, 134
Z = ndtri(1 - ALPHA)
QUANTILE = Z + ndtri(POWER)
BENEFIT = -math.log(RATIO)
SHARES = (44 / 75, 31 / 75)
EXACT = {"rel": 1e-9}


# ---- by hand -----------------------------------------------------------------------------------------


def integral(density, *breaks):
    pieces = zip((0.0, *breaks), (*breaks, MONTHS), strict=True)
    return sum(quad(density, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in pieces)


def entered(t):
    """Probability of having entered at least t months before the look."""
    return min((MONTHS - t) / ENROLMENT, 1.0)


def died(median, ratio=1.0):
    """Probability of an event by the look, uniform enrolment, in closed form."""
    rate = math.log(2) / median * ratio
    return 1 - (math.exp(-rate * (MONTHS - ENROLMENT)) - math.exp(-rate * MONTHS)) / (rate * ENROLMENT)


def per_patient(ratio=RATIO, median=PRIMARY):
    """Events per patient."""
    return (died(median) + died(median, ratio)) / 2


def schoenfeld(events, benefit=BENEFIT):
    return ndtr(benefit * math.sqrt(events) / 2 - Z)


def score(strata):
    """Score and information per patient of one comparison of (share, control median) with hazard ratio 0.6."""

    def parts(t):
        rates = [math.log(2) / median for _, median in strata]
        y0 = [share / 2 * math.exp(-rate * t) for (share, _), rate in zip(strata, rates, strict=True)]
        y1 = [share / 2 * math.exp(-RATIO * rate * t) for (share, _), rate in zip(strata, rates, strict=True)]
        n0 = sum(y * rate for y, rate in zip(y0, rates, strict=True))
        n1 = sum(y * RATIO * rate for y, rate in zip(y1, rates, strict=True))
        p = sum(y1) / (sum(y0) + sum(y1))
        return entered(t) * (p * n0 - (1 - p) * n1), entered(t) * p * (1 - p) * (n0 + n1)

    return tuple(integral(lambda t, j=j: parts(t)[j], MONTHS - ENROLMENT) for j in (0, 1))


def average(power_at, sd):
    """Mean of a function of the log hazard ratio, normal around log 0.6."""
    density = lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # noqa: E731
    return quad(lambda x: density(x) * power_at(math.log(RATIO) + sd * x), -9, 9, epsabs=0, epsrel=1e-11, limit=200)[0]


# ---- by the library ----------------------------------------------------------------------------------


def design(formula="score", n=None, **more):
    return ici.Randomized(n, statistic=ici.LogRank(formula=formula), **more)


def truth(effect=RATIO):
    return ici.Scenario(
        ici.Exponential(median=PRIMARY), ici.HazardRatio(effect), enrollment=ici.Enrollment(duration=ENROLMENT)
    )


def uncertain(sd):
    return truth(ici.NormalMixture.lognormal(RATIO, sd))


def mixed():
    strata = [
        ici.Stratum(name, share, control=ici.baseline(f"mcc_pfs_{name}"), effect=ici.HazardRatio(RATIO))
        for name, share in zip(("primary", "acquired"), SHARES, strict=True)
    ]
    return ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=ENROLMENT))


def within_noise(result, value, its_error):
    return abs(result.power - value) <= 3.5 * math.hypot(result.error, its_error)


# ---- one population ----------------------------------------------------------------------------------


def test_reference_schoenfeld_sample_size():
    plan = ici.sample_size(design("schoenfeld"), truth(), power=POWER)
    events = (2 * QUANTILE / BENEFIT) ** 2
    assert plan.events_required == pytest.approx(events, **EXACT)
    assert plan.n_exact == pytest.approx(events / per_patient(), **EXACT)
    assert (round(plan.events_required, 3), round(plan.n_exact, 3), plan.n) == (120.316, 132.953, 134)


def test_reference_schoenfeld_power():
    result = ici.power(design("schoenfeld", N), truth())
    assert result.events[0] == pytest.approx(N * per_patient(), **EXACT)
    assert result.power == pytest.approx(schoenfeld(N * per_patient()), **EXACT)
    assert (round(result.events[0], 2), round(result.power, 4)) == (121.26, 0.8031)


def test_reference_score_sample_size_and_power():
    u, v = score([(1.0, PRIMARY)])
    plan, result = ici.sample_size(design(), truth(), power=POWER), ici.power(design(n=N), truth())
    assert plan.n_exact == pytest.approx(QUANTILE**2 * v / u**2, **EXACT)
    assert result.power == pytest.approx(ndtr(u / math.sqrt(v) * math.sqrt(N) - Z), **EXACT)
    assert (round(plan.n_exact, 3), plan.n, round(result.power, 4)) == (134.618, 136, 0.7982)


def test_reference_simulated_power():
    """400,000 trials of another simulation gave 0.7966 with error 0.0006."""
    assert within_noise(ici.simulate(design(n=N), truth(), replicates=200_000, rng=1), 0.7966, 0.0006)


# ---- an uncertain effect -----------------------------------------------------------------------------


def closed_assurance(events, sd):
    """Schoenfeld's power at a number of events, averaged: a normal probability."""
    return ndtr((BENEFIT * math.sqrt(events) / 2 - Z) / math.sqrt(1 + events * sd**2 / 4))


def at_events(events, sd, n=N):
    return ici.assurance(design("schoenfeld", n, looks=ici.AtEvents(events)), uncertain(sd))


def test_reference_assurance_at_121_events():
    result = at_events(121, 0.3)
    assert result.power == pytest.approx(closed_assurance(121, 0.3), abs=1e-7)
    assert result.ceiling == pytest.approx(ndtr(BENEFIT / 0.3), **EXACT)
    assert round(closed_assurance(121, 0.3), 4) == 0.6702
    assert (round(result.power, 4), round(result.ceiling, 4)) == (0.6702, 0.9557)


@pytest.mark.parametrize(("sd", "quoted"), [(0.1, 131.6), (0.2, 171.8), (0.3, 270.4)])
def test_reference_events_for_assurance(sd, quoted):
    by_hand = ici.solve(lambda d: closed_assurance(d, sd), equals=POWER, between=(100, 400)).x
    found = ici.solve(lambda d: at_events(d, sd, 1000).power, equals=POWER, between=(100, 400), tolerance=1e-8).x
    assert found == pytest.approx(by_hand, rel=1e-6)
    assert round(found, 1) == quoted


def test_reference_no_events_give_assurance_from_sd_0_607_on():
    limit = BENEFIT / ndtri(POWER)
    assert math.ceil(1000 * limit) / 1000 == 0.607
    for sd in (0.607, limit + 1e-6):
        with pytest.raises(ici.NoSolution, match="ceiling"):
            ici.sample_size(design("schoenfeld"), uncertain(sd), assurance=POWER)
    plan = ici.sample_size(design("schoenfeld"), uncertain(0.4), assurance=POWER)
    assert ici.assurance(plan.design, uncertain(0.4)).power >= POWER


def test_reference_assurance_of_a_calendar_look():
    by_hand = average(lambda log: schoenfeld(N * per_patient(math.exp(log)), -log), 0.3)
    result = ici.assurance(design("schoenfeld", N), uncertain(0.3))
    assert result.power == pytest.approx(by_hand, abs=1e-7)
    assert round(by_hand, 4) == 0.6717
    assert round(result.power, 4) == 0.6717


# ---- two populations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("stratified", "quoted"), [(False, 0.700), (True, 0.764)])
def test_reference_mixed_trial_by_score_formula(stratified, quoted):
    strata = list(zip(SHARES, (PRIMARY, ACQUIRED), strict=True))
    parts = [score([s]) for s in strata] if stratified else [score(strata)]
    u, v = (sum(p[j] for p in parts) for j in (0, 1))
    sized = ici.Randomized(N, statistic=ici.LogRank(stratified=stratified))
    result = ici.power(sized, mixed())
    assert result.power == pytest.approx(ndtr(u / math.sqrt(v) * math.sqrt(N) - Z), **EXACT)
    assert round(result.power, 3) == quoted


@pytest.mark.parametrize(("stratified", "quoted", "error"), [(False, 0.6996, 0.001), (True, 0.7535, 0.001)])
def test_reference_mixed_trial_by_simulation(stratified, quoted, error):
    sized = ici.Randomized(N, statistic=ici.LogRank(stratified=stratified))
    assert within_noise(ici.simulate(sized, mixed().typical, replicates=100_000, rng=2), quoted, error)
