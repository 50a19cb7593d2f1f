"""Mixtures of beta laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.integrate import quad

from icibaseline.distributions import BetaMixture
from icibaseline.errors import InvalidInput

P = np.array([1e-12, 1e-6, 0.025, 0.3, 0.5, 0.7, 0.975, 1 - 1e-6])
X = np.array([-0.5, 0.0, 1e-9, 0.05, 0.2, 0.5, 0.9, 1 - 1e-9, 1.0, 1.5])


@st.composite
def mixtures(draw: st.DrawFn) -> BetaMixture:
    k = draw(st.integers(1, 4))
    raw = draw(st.lists(st.floats(0.01, 1), min_size=k, max_size=k))
    size = st.lists(st.floats(0.3, 300), min_size=k, max_size=k)
    return BetaMixture([w / math.fsum(raw) for w in raw], draw(size), draw(size))


@pytest.mark.parametrize(("a", "b"), [(7.5, 31.5), (0.5, 0.5), (1, 1), (2.5, 69.5), (58.5, 405.5)])
def test_reference_one_component_against_scipy(a: float, b: float) -> None:
    law, truth = BetaMixture(1, a, b), stats.beta(a, b)
    np.testing.assert_allclose(law.pdf(X), truth.pdf(X), rtol=1e-11)
    np.testing.assert_allclose(law.cdf(X), truth.cdf(X), rtol=1e-11)
    np.testing.assert_allclose(law.quantile(P), truth.ppf(P), rtol=1e-9)
    assert law.mean == pytest.approx(truth.mean(), rel=1e-14)
    assert law.variance == pytest.approx(truth.var(), rel=1e-13)


def test_reference_mixture_against_scipy() -> None:
    law = BetaMixture((0.7, 0.3), (7.5, 1.0), (31.5, 2.0))
    parts = stats.beta([7.5, 1.0], [31.5, 2.0])
    w = np.array([0.7, 0.3])
    np.testing.assert_allclose(law.pdf(X), parts.pdf(X[:, None]) @ w, rtol=1e-11)
    np.testing.assert_allclose(law.cdf(X), parts.cdf(X[:, None]) @ w, rtol=1e-12)
    mean = quad(lambda x: x * law.pdf(x), 0, 1, epsabs=1e-14)[0]
    assert law.mean == pytest.approx(mean, rel=1e-12)
    variance = quad(lambda x: (x - mean) ** 2 * law.pdf(x), 0, 1, epsabs=1e-14)[0]
    assert law.variance == pytest.approx(variance, rel=1e-11)


def test_published_response_rate_of_seven_in_thirty_eight() -> None:
    """Jeffreys: Beta(7.5, 31.5), and the posterior mean (x + 1/2) / (n + 1)."""
    law = BetaMixture.from_counts(7, 38)
    assert (law.a, law.b) == ((7.5,), (31.5,))
    assert law.mean == pytest.approx(7.5 / 39, rel=1e-15)
    uniform = BetaMixture.from_counts(7, 38, prior=(1, 1))
    assert (uniform.a, uniform.b) == ((8.0,), (32.0,))
    assert BetaMixture.from_counts(0, 5).b == (5.5,)
    assert BetaMixture.from_counts(5, 5).b == (0.5,)


def test_reference_uniform_law_is_the_identity() -> None:
    law = BetaMixture(1, 1, 1)
    p = np.array([0, 1e-300, 1e-12, 0.1, 0.5, 0.9, 1])
    np.testing.assert_allclose(law.quantile(p), p, rtol=1e-13)


def test_reference_far_tail_in_closed_form() -> None:
    """Beta(a, 1) has distribution function x^a."""
    p = np.array([1e-200, 1e-30, 1e-12, 1e-3, 0.5])
    np.testing.assert_allclose(BetaMixture(1, 0.9, 1).quantile(p), p ** (1 / 0.9), rtol=1e-12)
    np.testing.assert_allclose(BetaMixture(1, 200.0, 1).quantile(p), p ** (1 / 200), rtol=1e-12)
    np.testing.assert_allclose(1 - BetaMixture(1, 1, 3.0).quantile(1 - p[2:]), (1 - (1 - p[2:])) ** (1 / 3), rtol=1e-10)


@given(law=mixtures(), p=st.floats(1e-12, 0.5))
@settings(max_examples=150, deadline=None)
def test_law_quantile_inverts_cdf(law: BetaMixture, p: float) -> None:
    x = law.quantile(p)
    room = law.pdf(x) * np.spacing(x) if x < 1 else math.inf  # near 1 a float cannot say more
    assert abs(law.cdf(x) - p) <= 1e-12 * p + room


@given(law=mixtures(), p=st.floats(1e-9, 1 - 1e-9))
@settings(max_examples=100, deadline=None)
def test_law_exchange_of_events_and_non_events(law: BetaMixture, p: float) -> None:
    other = BetaMixture(law.weights, law.b, law.a)
    x = law.quantile(p)
    assert other.cdf(1 - x) == pytest.approx(1 - law.cdf(x), abs=1e-7)
    assert other.mean == pytest.approx(1 - law.mean, abs=1e-14)
    assert other.variance == pytest.approx(law.variance, rel=1e-12)


@given(law=mixtures(), weight=st.floats(0.01, 0.99), x=st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_law_robust_is_the_stated_mixture(law: BetaMixture, weight: float, x: float) -> None:
    robust = law.robust(weight, a=2, b=3)
    vague = 6 * x**2 - 8 * x**3 + 3 * x**4  # Beta(2, 3)
    assert math.fsum(robust.weights) == pytest.approx(1, abs=1e-14)
    assert robust.cdf(x) == pytest.approx((1 - weight) * law.cdf(x) + weight * vague, abs=1e-13)
    assert law.robust().cdf(x) == pytest.approx(0.8 * law.cdf(x) + 0.2 * x, abs=1e-13)


@given(law=mixtures(), points=st.integers(2, 60))
@settings(max_examples=80, deadline=None)
def test_law_nodes_integrate_polynomials_exactly(law: BetaMixture, points: int) -> None:
    x, weights = law.nodes(points)
    w, a, b = np.array(law.weights), np.array(law.a), np.array(law.b)
    assert np.all((x > 0) & (x < 1))
    third = w @ (a / (a + b) * (a + 1) / (a + b + 1) * (a + 2) / (a + b + 2))
    assert weights @ x == pytest.approx(law.mean, rel=1e-12)
    assert weights @ x**3 == pytest.approx(third, rel=1e-11)


def test_reference_nodes_of_a_large_sample_and_of_a_smooth_function() -> None:
    x, weights = BetaMixture.from_counts(2_000, 9_000).nodes(32)  # B(a, b) is far below the smallest float
    assert weights @ x == pytest.approx(2000.5 / 9001, rel=1e-13)
    law = BetaMixture.from_counts(7, 38)
    x, weights = law.nodes(16, rule="hermite")
    truth = quad(lambda u: math.exp(-3 * u) * stats.beta.pdf(u, 7.5, 31.5), 0, 1, epsabs=1e-14)[0]
    assert weights @ np.exp(-3 * x) == pytest.approx(truth, abs=1e-12)


def test_regression_text() -> None:
    assert str(BetaMixture.from_counts(7, 38)) == "beta(7.5, 31.5), median 0.187, 95% 0.0864 to 0.328"
    assert str(BetaMixture.from_counts(7, 38).robust()).splitlines()[2] == (
        "  0.2  beta(1, 1), median 0.5, 95% 0.025 to 0.975"
    )


FINE = {"weights": (0.4, 0.6), "a": (1.0, 2.0), "b": (3.0, 4.0)}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *((name, bad) for name in FINE for bad in (math.nan, math.inf, "1", None, True, (), [])),
        *((name, (bad, 0.6)) for name in FINE for bad in (math.nan, math.inf, -1.0, "a", None)),
        ("weights", (0.4, 0.5)),
        ("a", (0.0, 1.0)),
        ("b", (1.0, 0.0)),
        ("a", (1.0, 2.0, 3.0)),
        ("b", 1.0),
    ],
)
def test_law_bad_parameters_are_refused_by_name(name: str, bad: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        BetaMixture(**{**FINE, name: bad})  # type: ignore[arg-type]
    assert str(refusal.value).startswith(f"`{name}")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        *(
            ("events", lambda bad=bad: BetaMixture.from_counts(bad, 38))
            for bad in (-1, 39, 7.5, math.nan, "7", None, ())
        ),
        *(("n", lambda bad=bad: BetaMixture.from_counts(0, bad)) for bad in (0, -1, 7.5, math.inf, "7", None, ())),
        *(
            ("prior", lambda bad=bad: BetaMixture.from_counts(7, 38, prior=bad))
            for bad in ((0, 1), (1, -1), (1,), (1, 1, 1), (1, math.nan), 1, None, "11", ())
        ),
        *(("weight", lambda bad=bad: BetaMixture(1, 1, 1).robust(bad)) for bad in (0, 1, -1, math.nan, "a", None, ())),
        *(("a", lambda bad=bad: BetaMixture(1, 1, 1).robust(a=bad)) for bad in (0, -1, math.nan, math.inf, "a", None)),
        *(("b", lambda bad=bad: BetaMixture(1, 1, 1).robust(b=bad)) for bad in (0, -1, math.nan, math.inf, "a", None)),
    ],
)
def test_law_bad_arguments_of_methods_are_refused_by_name(name: str, call: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        call()  # type: ignore[operator]
    assert str(refusal.value).startswith(f"`{name}")
