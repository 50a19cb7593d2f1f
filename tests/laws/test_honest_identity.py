"""Success with P(better | data) >= c, and a flat prior on the experimental arm: its average error is 1 - c.

Averaged over the control's law, with experimental = control. Exactly so for normal data with known variances, and for
counts with a randomised boundary; for counts without one as n grows.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

import icibaseline as ici
from icibaseline.rules.counts import Reference
from icibaseline.statistics.one_sample.contrasts import Inflated, LogRatio

LAW = ici.BetaMixture.from_counts(7, 38)
FLAT = ici.BetaMixture((1,), (1,), (1,))
AGAINST = Reference(LAW.median, LAW)


@pytest.mark.parametrize("n", [1, 20, 156, 900])
def test_law_with_a_flat_prior_the_posterior_probability_is_a_beta_binomial_sum(n):
    """P(Beta(1 + x, 1 + n - x) > p) = P(Bin(n + 1, p) <= x): a beta-binomial law of n + 1 patients."""
    x = np.unique(np.linspace(0, n, 40).astype(int))
    found = ici.Posterior(prior=FLAT).better(x, np.full(len(x), n), AGAINST)
    assert_allclose(found, stats.betabinom.cdf(x, n + 1, 7.5, 31.5), rtol=0, atol=1e-11)


@pytest.mark.parametrize("c", [0.6, 0.8, 0.95, 0.975])
@pytest.mark.parametrize("n", [7, 44, 156])
def test_law_for_counts_with_a_randomised_boundary_the_average_error_is_1_minus_c(n, c):
    """One more patient decides between two counts, and at equality a coin whose chance is where c lies between them."""
    rule, sizes = ici.Posterior(c, prior=FLAT), np.array([n])
    r = int(rule.least(sizes, AGAINST)[0])
    below, at = (float(rule.better(np.array([x]), sizes, AGAINST)[0]) for x in (r - 1, r))
    coin = (at - c) / (at - below)
    seen = stats.betabinom(n + 1, 7.5, 31.5)  # responses of the n patients and one more, under control = experimental
    assert 0 <= coin <= 1
    assert_allclose(seen.sf(r) + coin * seen.pmf(r), 1 - c, rtol=0, atol=1e-9)


@pytest.mark.parametrize("c", [0.8, 0.95])
def test_law_for_counts_it_is_approached_as_n_grows(c):
    truth, gaps = ici.ResponseScenario(LAW, ici.Rate(0.35)), []
    for n in (100, 400, 1600):
        design = ici.SingleArm(n, benchmark=LAW, rule=ici.Posterior(c, prior=FLAT))
        found = ici.power(design, truth).honest
        count = stats.betabinom.pmf(found.design.responses, n, 7.5, 31.5)
        gaps.append(abs(found.average_error - (1 - c)))
        assert gaps[-1] <= count + 2 / n  # within one count of it
    assert gaps[-1] < 0.003


@pytest.mark.parametrize(("events", "sd", "c"), [(27, 0.241, 0.975), (176, 0.2175, 0.95), (40, 0.5, 0.8)])
def test_law_for_normal_data_the_average_error_is_1_minus_c(events, sd, c):
    """The honest test of survival, given D events: log(E / O) ~ N(eta, 1 / D), eta ~ N(0, sd^2) under control."""
    count = np.array([float(events)])
    bound = np.log(Inflated(LogRatio(), sd).threshold(count, np.array([ndtri(c)])) / count)[0]

    def error(z):
        return ndtr((sd * z - bound) * np.sqrt(events)) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    average = sum(quad(error, a, b, epsabs=1e-13)[0] for a, b in ((-12, 0), (0, bound / sd), (bound / sd, 12)))
    assert_allclose(average, 1 - c, rtol=0, atol=1e-9)
