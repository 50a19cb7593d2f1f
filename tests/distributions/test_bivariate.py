"""The bivariate normal law on link scales."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from icibaseline.distributions import BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput

JOINT = BivariateNormal((0.956, 0.731), (0.092, 0.051), 0.6, scales=("log", "identity"))


@pytest.mark.parametrize("rho", [-0.99, -0.3, 0.0, 0.6, 0.999])
def test_reference_against_scipy_on_the_identity_scales(rho: float) -> None:
    law = BivariateNormal((1.0, -2.0), (0.5, 3.0), rho)
    truth = stats.multivariate_normal([1.0, -2.0], law.covariance)
    x = np.array([1.0, -2.0]) + np.random.default_rng(4).normal(0, 1.5, (60, 2)) * [0.5, 3.0]
    x[:6, 0], x[4:9, 1] = 1.0, -2.0  # Owen's formula divides by the standardised coordinates
    np.testing.assert_allclose(law.cdf(x), truth.cdf(x), atol=2e-13)
    np.testing.assert_allclose(law.pdf(x), truth.pdf(x), rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(law.covariance, [[0.25, 1.5 * rho], [1.5 * rho, 9.0]], rtol=1e-15)


def test_reference_orthant_probability_in_closed_form() -> None:
    for rho in (-0.9, -0.5, 0.0, 0.5, 0.9):
        law = BivariateNormal((0.0, 0.0), (1.0, 2.0), rho)
        assert law.cdf((0.0, 0.0)) == pytest.approx(0.25 + math.asin(rho) / (2 * math.pi), abs=1e-15)


def test_reference_density_integrates_to_one_on_the_natural_scales() -> None:
    law = BivariateNormal((0.2, -0.4), (0.3, 0.5), -0.4, scales=("log", "logit"))
    u, w = np.polynomial.legendre.leggauss(80)
    first = 1e-6 + (6 - 1e-6) * (1 + u) / 2
    second = (1 + u) / 2
    grid = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)
    assert 1.5 * w @ law.pdf(grid) @ w == pytest.approx(1, abs=1e-6)


def test_law_marginals() -> None:
    first, second = JOINT.marginal(0), JOINT.marginal(1)
    assert first == NormalMixture(1, 0.956, 0.092, "log")
    assert second == NormalMixture.normal(0.731, 0.051)
    far = [math.inf, math.inf]
    for x in (2.2, 2.6, 3.1):
        assert JOINT.cdf([x, math.inf]) == pytest.approx(first.cdf(x), abs=1e-15)
    assert JOINT.cdf([math.inf, 0.7]) == pytest.approx(second.cdf(0.7), abs=1e-15)
    assert (JOINT.cdf(far), JOINT.cdf([-1.0, 0.7]), JOINT.pdf([-1.0, 0.7]), JOINT.pdf(far)) == (1, 0, 0, 0)
    for whole, part in (
        (JOINT.mean, "mean"),
        (JOINT.variance, "variance"),
        (JOINT.sd, "sd"),
        (JOINT.typical, "median"),
    ):
        np.testing.assert_allclose(whole, [getattr(first, part), getattr(second, part)], rtol=1e-15)
    lower, upper = JOINT.interval(0.9)
    assert (lower[0], upper[0]) == first.interval(0.9)
    assert (lower[1], upper[1]) == second.interval(0.9)


def test_law_shapes() -> None:
    assert type(JOINT.pdf((2.6, 0.7))) is float
    assert type(JOINT.cdf((2.6, 0.7))) is float
    assert JOINT.cdf(np.full((4, 3, 2), 0.7)).shape == (4, 3)
    assert JOINT.quantile(0.5).shape == (2,)
    assert JOINT.quantile(np.full((4, 3), 0.5)).shape == (4, 3, 2)
    assert JOINT.dimension == 2


def test_law_draws_have_the_stated_covariance() -> None:
    x = JOINT.rvs(200_000, rng=7)
    link = np.stack([np.log(x[:, 0]), x[:, 1]])
    sample = np.cov(link)
    np.testing.assert_allclose(sample, JOINT.covariance, rtol=0.02)
    np.testing.assert_allclose(link.mean(axis=1), JOINT.means, atol=4 * 0.092 / math.sqrt(200_000))
    quadrant = np.mean(np.all(x < JOINT.typical, axis=1))
    assert quadrant == pytest.approx(JOINT.cdf(JOINT.typical), abs=4 * 0.5 / math.sqrt(200_000))


@given(
    means=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    sds=st.tuples(st.floats(0.05, 0.6), st.floats(0.05, 0.6)),
    rho=st.floats(-0.95, 0.95),
    rule=st.sampled_from([("hermite", 24), ("legendre", 48)]),
)
@settings(max_examples=40, deadline=None)
def test_law_nodes_reproduce_the_lognormal_cross_moment(
    means: tuple[float, float], sds: tuple[float, float], rho: float, rule: tuple[str, int]
) -> None:
    law = BivariateNormal(means, sds, rho, scales=("log", "log"))
    x, weights = law.nodes(rule[1], rule=rule[0])
    assert x.shape == (rule[1] ** 2, 2)
    product = math.exp(sum(means) + (sds[0] ** 2 + sds[1] ** 2) / 2 + rho * sds[0] * sds[1])
    assert weights @ x.prod(axis=1) == pytest.approx(product, rel=1e-10)
    np.testing.assert_allclose(weights @ x, law.mean, rtol=1e-11)
    np.testing.assert_allclose(weights @ np.log(x), means, atol=1e-12)


@given(p=st.floats(0, 1), q=st.floats(0, 1), rho=st.floats(-0.99, 0.99))
@settings(max_examples=100, deadline=None)
def test_law_cdf_stays_within_the_frechet_bounds(p: float, q: float, rho: float) -> None:
    law = BivariateNormal((0.0, 1.0), (1.0, 2.0), rho, scales=("identity", "log"))
    joint = law.cdf([law.marginal(0).quantile(p), law.marginal(1).quantile(q)])
    assert max(0.0, p + q - 1) - 1e-14 <= joint <= min(p, q) + 1e-14


def test_regression_text() -> None:
    assert str(JOINT).splitlines() == [
        "bivariate normal, correlation 0.6",
        "  1  lognormal, median 2.6, 95% 2.17 to 3.12",
        "  2  normal, median 0.731, 95% 0.631 to 0.831",
    ]


FINE = {"means": (0.0, 0.0), "sds": (1.0, 1.0), "correlation": 0.5, "scales": ("log", "identity")}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *((name, bad) for name in ("means", "sds", "scales") for bad in (1.0, None, "ab", (), (1.0,), (1.0, 1.0, 1.0))),
        *((name, (bad, 1.0)) for name in ("means", "sds") for bad in (math.nan, math.inf, "a", None, True)),
        ("sds", (0.0, 1.0)),
        ("sds", (1.0, -1.0)),
        *(("correlation", bad) for bad in (-1, 1, 2.0, math.nan, math.inf, "a", None, (), True)),
        ("scales", ("log", "ln")),
        ("scales", ("log", 1)),
    ],
)
def test_law_bad_parameters_are_refused_by_name(name: str, bad: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        BivariateNormal(**{**FINE, name: bad})  # type: ignore[arg-type]
    assert str(refusal.value).startswith(f"`{name}")


@pytest.mark.parametrize("bad", [-1, 2, 0.5, "0", None, True, (), math.nan], ids=repr)
def test_law_bad_coordinates_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`i` must be"):
        JOINT.marginal(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [1.0, [1.0], [1.0, 2.0, 3.0], np.ones((2, 3))], ids=repr)
def test_law_places_must_be_pairs(bad: object) -> None:
    for method in (JOINT.pdf, JOINT.cdf):
        with pytest.raises(InvalidInput, match=r"^`x` must be an array whose last axis has length 2"):
            method(bad)  # type: ignore[arg-type]
