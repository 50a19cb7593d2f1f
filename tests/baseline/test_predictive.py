"""The prior of the next trial: published intervals, adaptive quadrature and limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from icibaseline.baseline import Baseline, baseline
from icibaseline.distributions import BivariateNormal, HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput

NARROW = NormalMixture.lognormal(4.7, 0.2175)


def mcc(**changes: object) -> Baseline:
    return baseline("mcc_pfs_primary").with_(**changes)


@pytest.mark.parametrize(
    ("sd", "scale", "lower", "upper", "half"),
    [
        (0.2175, 0.25, 2.00, 11.04, 5.1e-3),
        (0.2175, 0.5, 0.96, 22.90, 5.1e-3),
        (1.6 / math.sqrt(44), 0.25, 1.96, 11.3, 5.1e-2),
        (0.2175, 1.0, 0.21, 105, 0.5),
    ],
)
def test_published_intervals_of_the_next_trial(
    sd: float, scale: float, lower: float, upper: float, half: float
) -> None:
    low, high = mcc(prior=NormalMixture.lognormal(4.7, sd)).predictive(HalfNormal(scale)).interval()
    assert low == pytest.approx(lower, abs=5.1e-3)
    assert high == pytest.approx(upper, abs=half)


@pytest.mark.parametrize("scale", [0.1, 0.25, 0.5])
def test_reference_the_next_trial_against_adaptive_quadrature(scale: float) -> None:
    """The source's mean is integrated out step by step: mu given tau from the source, then the new study given mu."""

    def below(x: float) -> float:
        def given_tau(tau: float) -> float:
            from_source = math.hypot(0.2175, tau)
            new = lambda mu: norm.pdf(mu, 0, from_source) * norm.cdf((x - mu) / tau)  # noqa: E731
            return quad(new, -12 * from_source, 12 * from_source, epsabs=1e-11, limit=200, points=[0.0, x])[0]

        density = halfnorm(scale=scale).pdf
        return quad(lambda t: density(t) * given_tau(t), 1e-7, 8 * scale, epsabs=1e-9, limit=200)[0]

    law = mcc(prior=NormalMixture.lognormal(1.0, 0.2175)).predictive(HalfNormal(scale))
    assert math.log(law.quantile(0.975)) == pytest.approx(-math.log(law.quantile(0.025)), rel=1e-9)
    x = math.log(law.quantile(0.975))
    assert below(x) == pytest.approx(0.975, abs=1e-6)


@given(st.floats(0.02, 1.0), st.floats(0.02, 1.0), st.floats(0.01, 100))
def test_law_the_next_trial_is_less_certain_and_keeps_the_median(sd: float, scale: float, unit: float) -> None:
    control = mcc(prior=NormalMixture.lognormal(4.7, sd))
    law = control.predictive(HalfNormal(scale))
    assert law.median == pytest.approx(4.7, rel=1e-9)
    assert law.link_sd == pytest.approx(math.sqrt(sd**2 + 2 * scale**2), rel=1e-8)  # E tau^2 = scale^2
    assert law.interval()[0] < control.prior.interval()[0] < control.prior.interval()[1] < law.interval()[1]
    other = control.with_(prior=NormalMixture.lognormal(4.7 * unit, sd)).predictive(HalfNormal(scale))
    assert other.quantile(0.1) == pytest.approx(unit * law.quantile(0.1), rel=1e-9)


def test_law_without_heterogeneity_the_next_trial_is_the_source() -> None:
    control = mcc()
    gaps = [control.predictive(HalfNormal(s)).quantile(0.9) - control.prior.quantile(0.9) for s in (0.1, 0.01, 1e-3)]
    assert gaps[0] > 50 * gaps[1] > 50 * 50 * gaps[2] > 0  # of second order
    assert control.predictive() == control.predictive(HalfNormal(0.25))


def test_law_the_next_trial_of_a_mixture_is_the_mixture_of_next_trials() -> None:
    robust = NARROW.robust(0.2, center=8.0)
    law = mcc(prior=robust).predictive(HalfNormal(0.3))
    parts = [
        mcc(prior=NormalMixture.lognormal(m, s)).predictive(HalfNormal(0.3)) for m, s in ((4.7, 0.2175), (8.0, 1.0))
    ]
    assert law.cdf(6.0) == pytest.approx(0.8 * parts[0].cdf(6.0) + 0.2 * parts[1].cdf(6.0), rel=1e-12)


def test_law_the_next_trial_of_a_joint_prior_is_that_of_its_median() -> None:
    control = baseline("mel_pfs_chemo")
    assert isinstance(control.prior, BivariateNormal)
    alone = mcc(prior=control.prior.marginal(0))
    assert control.predictive(HalfNormal(0.4)) == alone.predictive(HalfNormal(0.4))


@pytest.mark.parametrize("bad", [0.25, NARROW, "HalfNormal", ()], ids=repr)
def test_law_heterogeneity_is_a_half_normal(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`heterogeneity` must be a HalfNormal; got"):
        mcc().predictive(bad)  # type: ignore[arg-type]


def test_law_the_next_trial_needs_a_prior_on_the_log_scale() -> None:
    with pytest.raises(InvalidInput, match=r"^`prior` must be a NormalMixture on the log scale"):
        mcc(prior=NormalMixture.normal(4.7, 0.3)).predictive()


@pytest.mark.parametrize("id", ["promit_orr", "hcc_share"])
def test_law_what_is_no_median_or_ratio_has_no_next_trial(id: str) -> None:
    with pytest.raises(InvalidInput, match="a prior of the median or of a hazard ratio"):
        baseline(id).predictive()
    with pytest.raises(InvalidInput, match="a prior of the median or of a hazard ratio"):
        baseline("mel_pfs_chemo", family="piecewise").predictive()


def test_law_a_hazard_ratio_varies_between_studies_too() -> None:
    ratio = baseline("mcc_loghr_pfs")
    law = ratio.predictive(HalfNormal(0.5))
    assert law.median == pytest.approx(ratio.prior.median, rel=1e-9)
    assert law.link_sd == pytest.approx(math.sqrt(ratio.prior.link_sd**2 + 2 * 0.5**2), rel=1e-8)  # type: ignore[attr-defined]
