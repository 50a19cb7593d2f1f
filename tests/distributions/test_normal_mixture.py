"""Mixtures of normal laws on link scales."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit, logit

from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, UnknownArgument

P = np.array([1e-12, 1e-6, 0.025, 0.3, 0.5, 0.7, 0.975, 1 - 1e-6, 1 - 1e-12])


@st.composite
def mixtures(draw: st.DrawFn, scales: tuple[str, ...] = ("identity", "log", "logit")) -> NormalMixture:
    k = draw(st.integers(1, 5))
    raw = draw(st.lists(st.floats(0.01, 1), min_size=k, max_size=k))
    means = draw(st.lists(st.floats(-3, 3), min_size=k, max_size=k))
    sds = draw(st.lists(st.floats(0.05, 2), min_size=k, max_size=k))
    return NormalMixture([w / math.fsum(raw) for w in raw], means, sds, draw(st.sampled_from(scales)))


# ---- one component: the printed laws ---------------------------------------------------------------


def test_reference_normal_against_scipy() -> None:
    law, truth = NormalMixture.normal(-1.3, 2.5), stats.norm(-1.3, 2.5)
    x = np.linspace(-15, 15, 61)
    np.testing.assert_allclose(law.pdf(x), truth.pdf(x), rtol=1e-13)
    np.testing.assert_allclose(law.cdf(x), truth.cdf(x), rtol=1e-13)
    np.testing.assert_allclose(law.quantile(P), truth.ppf(P), rtol=1e-13)
    assert (law.mean, law.variance, law.sd) == (-1.3, 6.25, 2.5)
    assert (law.link_mean, law.link_sd) == (-1.3, 2.5)


def test_reference_lognormal_against_scipy() -> None:
    law, truth = NormalMixture.lognormal(4.7, 0.37), stats.lognorm(0.37, scale=4.7)
    x = np.concatenate([[-1.0, 0.0], np.geomspace(1e-3, 1e3, 50)])
    np.testing.assert_allclose(law.pdf(x), truth.pdf(x), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(law.cdf(x), truth.cdf(x), rtol=1e-12)
    np.testing.assert_allclose(law.quantile(P), truth.ppf(P), rtol=1e-12)
    assert law.mean == pytest.approx(truth.mean(), rel=1e-14)
    assert law.variance == pytest.approx(truth.var(), rel=1e-13)
    assert law.median == pytest.approx(4.7, rel=1e-15)


def test_reference_logit_normal_against_the_transformed_normal() -> None:
    law = NormalMixture(1, -0.8, 0.6, "logit")
    x = np.array([-0.1, 0.0, 1e-9, 0.05, 0.3, 0.5, 0.9, 1 - 1e-9, 1.0, 1.2])
    inside = (x > 0) & (x < 1)
    y = x[inside]
    z = logit(y)
    np.testing.assert_allclose(law.pdf(x)[inside], stats.norm.pdf(z, -0.8, 0.6) / (y * (1 - y)), rtol=1e-12)
    np.testing.assert_allclose(law.cdf(x)[inside], stats.norm.cdf(z, -0.8, 0.6), rtol=1e-12)
    assert np.all(law.pdf(x)[~inside] == 0)
    assert law.cdf(x)[~inside].tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(law.quantile(P), expit(stats.norm.ppf(P, -0.8, 0.6)), rtol=1e-13)


@pytest.mark.parametrize("sd", [0.01, 0.3, 1.0, 3.9, 4.1, 9.0, 40.0])
@pytest.mark.parametrize("mean", [-5.0, -0.7, 0.0, 3.0])
def test_reference_logit_moments_against_adaptive_quadrature(mean: float, sd: float) -> None:
    law = NormalMixture(1, mean, sd, "logit")
    steps = (np.array([-40, -10, -3, 0, 3, 10, 40]) - mean) / sd
    cuts = np.unique(np.clip([-12, -3, 0, 3, 12, *steps], -12, 12))

    def expect(g: object) -> float:
        pairs = pairwise(cuts)
        return float(sum(quad(g, a, b, epsabs=1e-15, epsrel=1e-13)[0] for a, b in pairs))

    first = expect(lambda z: expit(mean + sd * z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi))
    second = expect(lambda z: (expit(mean + sd * z) - first) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi))
    assert law.mean == pytest.approx(first, rel=1e-12)
    assert law.variance == pytest.approx(second, rel=1e-11)


# ---- mixtures --------------------------------------------------------------------------------------


def test_reference_mixture_quantiles_against_a_root_finder() -> None:
    from scipy.optimize import brentq

    w, m, s = (0.653, 0.347), (1.548, 1.548), (0.367, 1.148)
    law = NormalMixture(w, m, s, "log")

    def cdf(z: float) -> float:
        return sum(wk * stats.norm.cdf(z, mk, sk) for wk, mk, sk in zip(w, m, s, strict=True))

    def root(p: float) -> float:
        return float(brentq(lambda z: math.log(cdf(z) / p), -20, 20, xtol=1e-14, rtol=1e-14))

    for p in (1e-12, 1e-5, 0.025, 0.2, 0.5):
        assert math.log(law.quantile(p)) == pytest.approx(root(p), abs=1e-12)
        upper = 1 - p
        assert math.log(law.quantile(upper)) == pytest.approx(2 * 1.548 - root(1 - upper), abs=1e-12)  # by symmetry


def test_reference_lognormal_mixture_moments_in_closed_form() -> None:
    w, m, s = np.array([0.2, 0.5, 0.3]), np.array([0.0, 1.0, 1.5]), np.array([0.3, 0.2, 1.1])
    law = NormalMixture(w, m, s, "log")
    mean = w @ np.exp(m + s**2 / 2)
    assert law.mean == pytest.approx(mean, rel=1e-14)
    assert law.variance == pytest.approx(w @ np.exp(2 * m + 2 * s**2) - mean**2, rel=1e-13)
    assert law.link_mean == pytest.approx(w @ m, rel=1e-15)
    assert law.link_sd == pytest.approx(math.sqrt(w @ (s**2 + m**2) - (w @ m) ** 2), rel=1e-14)


def test_reference_far_apart_components() -> None:
    law = NormalMixture((0.5, 0.5), (-100.0, 100.0), (1.0, 1e-3))
    assert law.quantile(0.25) == pytest.approx(-100, abs=1e-12)
    assert law.quantile(0.75) == pytest.approx(100, abs=1e-12)
    assert law.cdf(law.median) == pytest.approx(0.5, abs=1e-15)
    assert law.median == pytest.approx(0.0, abs=1e-9)  # the middle of the gap


def test_law_a_component_without_weight_changes_nothing() -> None:
    plain, padded = NormalMixture(1, 1.5, 0.3, "log"), NormalMixture((1, 0), (1.5, 700), (0.3, 40), "log")
    assert np.array_equal(plain.quantile(P), padded.quantile(P))
    assert (plain.mean, plain.variance, plain.link_sd) == (padded.mean, padded.variance, padded.link_sd)


def test_law_infinite_moments_are_said_to_be_infinite() -> None:
    law = NormalMixture(1, 0.0, 60.0, "log")
    assert (law.mean, law.variance, law.sd) == (math.inf, math.inf, math.inf)
    assert law.median == 1


@given(law=mixtures(), p=st.floats(1e-12, 0.9999))
@settings(max_examples=150, deadline=None)
def test_law_quantile_inverts_cdf(law: NormalMixture, p: float) -> None:
    assert law.cdf(law.quantile(p)) == pytest.approx(p, rel=1e-12)


@given(law=mixtures(), p=st.lists(st.floats(0, 1), min_size=2, max_size=8))
@settings(max_examples=100, deadline=None)
def test_law_cdf_and_quantile_are_monotone(law: NormalMixture, p: list[float]) -> None:
    x = law.quantile(np.sort(p))
    assert np.all(x[1:] >= x[:-1] - 1e-12 * np.abs(np.where(np.isfinite(x[1:]), x[1:], 0)))
    assert np.all(np.diff(law.cdf(np.sort(x))) >= -1e-15)


@given(law=mixtures(), sd=st.floats(0, 3))
@settings(max_examples=100, deadline=None)
def test_law_inflate_adds_its_variance(law: NormalMixture, sd: float) -> None:
    wider = law.inflate(sd)
    assert wider.link_sd**2 == pytest.approx(law.link_sd**2 + sd**2, rel=1e-13)
    assert (wider.weights, wider.means, wider.scale) == (law.weights, law.means, law.scale)
    assert law.inflate(0) == law


@given(law=mixtures(), weight=st.floats(0.01, 0.99), x=st.floats(0.01, 0.99))
@settings(max_examples=100, deadline=None)
def test_law_robust_is_the_stated_mixture(law: NormalMixture, weight: float, x: float) -> None:
    robust = law.robust(weight, center=0.4, sd=1.5)
    vague = NormalMixture.from_interval(0.3, 0.5, scale=law.scale, estimate=0.4).with_(sds=1.5)
    assert math.fsum(robust.weights) == pytest.approx(1, abs=1e-14)
    assert robust.cdf(x) == pytest.approx((1 - weight) * law.cdf(x) + weight * vague.cdf(x), abs=1e-14)


@given(law=mixtures())
@settings(max_examples=50, deadline=None)
def test_law_robust_keeps_the_median_by_default(law: NormalMixture) -> None:
    assert law.robust().median == pytest.approx(law.median, rel=1e-10, abs=1e-10)
    assert law.robust().sds[-1] == 1.0
    assert law.robust().weights[-1] == 0.2


@given(law=mixtures(("identity", "logit")), rule=st.sampled_from(["hermite", "legendre"]))
@settings(max_examples=60, deadline=None)
def test_law_nodes_reproduce_the_moments(law: NormalMixture, rule: str) -> None:
    law = law.with_(sds=np.minimum(law.sds, 1.0))  # Gauss-Hermite is for functions that are smooth over one sd
    x, weights = law.nodes(64, rule=rule)
    assert weights @ x == pytest.approx(law.mean, rel=1e-11, abs=1e-12)
    assert weights @ (x - law.mean) ** 2 == pytest.approx(law.variance, rel=1e-9)


@pytest.mark.parametrize(("rule", "points"), [("hermite", 24), ("legendre", 48)])
def test_reference_nodes_of_a_prior_on_a_hazard_ratio(rule: str, points: int) -> None:
    law = NormalMixture.lognormal(0.6, 0.3)
    x, weights = law.nodes(points, rule=rule)
    assert weights @ x == pytest.approx(0.6 * math.exp(0.045), abs=1e-12)
    assert weights @ x**2 == pytest.approx(0.36 * math.exp(0.18), abs=1e-12)
    assert weights @ np.log(x) == pytest.approx(math.log(0.6), abs=1e-12)


def test_reference_legendre_nodes_carry_a_steep_power_curve() -> None:
    sd, information = (
        0.4775,
        1358 / 4,
    )  # kappa = 8.8: closed form Phi((-1.96 - d0 r) / sqrt(1 + s^2 r^2)), r = sqrt(information)
    root = math.sqrt(information)
    truth = stats.norm.cdf((-stats.norm.isf(0.025) - math.log(0.6) * root) / math.hypot(1, sd * root))
    law = NormalMixture.lognormal(0.6, sd)
    x, weights = law.nodes(192, rule="legendre")
    power = stats.norm.cdf(-stats.norm.isf(0.025) - np.log(x) * root)
    assert weights @ power == pytest.approx(truth, abs=1e-8)


# ---- constructors ----------------------------------------------------------------------------------


def test_published_interval_of_a_hazard_ratio() -> None:
    """HR 0.35 (95% CI 0.14 to 0.91): the standard error is ln(U / L) / (2 z) = 0.4775."""
    law = NormalMixture.from_interval(0.14, 0.91, estimate=0.35)
    assert law.sds[0] == pytest.approx(0.4775, abs=5e-5)
    assert law.median == pytest.approx(0.35, rel=1e-14)
    assert NormalMixture.from_interval(0.14, 0.91).median == pytest.approx(math.sqrt(0.14 * 0.91), rel=1e-14)


@given(law=mixtures(), level=st.floats(0.5, 0.999))
@settings(max_examples=60, deadline=None)
def test_law_from_interval_returns_to_the_law(law: NormalMixture, level: float) -> None:
    single = law.with_(weights=1, means=law.means[0], sds=law.sds[0])
    lower, upper = single.interval(level)
    again = NormalMixture.from_interval(lower, upper, level=level, scale=law.scale)
    assert again.means[0] == pytest.approx(single.means[0], abs=1e-9)
    assert again.sds[0] == pytest.approx(single.sds[0], rel=1e-9)
    kept = NormalMixture.from_interval(lower, upper, level=level, scale=law.scale, estimate=single.median)
    assert kept.means[0] == pytest.approx(single.means[0], abs=1e-9)


def test_law_scalars_sequences_and_arrays_are_the_same_mixture() -> None:
    law = NormalMixture((1.0,), (math.log(0.6),), (0.3,), "log")
    assert NormalMixture(1, math.log(0.6), 0.3, scale="log") == law
    assert NormalMixture(np.array(1.0), np.array([math.log(0.6)]), [0.3], "log") == law
    assert NormalMixture(weights=1, means=math.log(0.6), sds=0.3, scale="log") == law
    assert NormalMixture.lognormal(median=0.6, sd=0.3) == law
    assert NormalMixture(1, 0, 1).scale == "identity"


def test_law_weights_are_kept_as_given() -> None:
    thirds = (0.3333333333, 0.3333333333, 0.3333333334)
    assert NormalMixture(thirds, (0, 1, 2), (1, 1, 1)).weights == thirds
    off = (0.5, 0.5 - 8e-10)
    law = NormalMixture(off, (0.0, 0.0), (1.0, 1.0))
    assert law.weights == off
    assert law.cdf(np.inf) == pytest.approx(1, abs=1e-15)
    assert law.quantile(1 - 1e-12) == pytest.approx(stats.norm.ppf(1 - 1e-12), rel=1e-12)


def test_regression_text() -> None:
    assert str(NormalMixture.lognormal(0.6, 0.3)) == "lognormal, median 0.6, 95% 0.333 to 1.08"
    assert str(NormalMixture.normal(0, 1)) == "normal, median 0, 95% -1.96 to 1.96"
    lines = str(NormalMixture.lognormal(4.7, 0.24).robust()).splitlines()
    assert lines[1:] == ["  0.8  median 4.7, 95% 2.94 to 7.52", "  0.2  median 4.7, 95% 0.662 to 33.4"]
    many = str(NormalMixture(np.full(48, 1 / 48), np.zeros(48), np.ones(48))).splitlines()
    assert len(many) == 8
    assert many[-1] == "  and 42 more"


# ---- refusals --------------------------------------------------------------------------------------

FINE = {"weights": (0.4, 0.6), "means": (0.0, 1.0), "sds": (1.0, 2.0), "scale": "log"}
INTERVAL = {"lower": 0.4, "upper": 0.8, "level": 0.95, "scale": "log", "estimate": 0.6}
NO_NUMBER = [math.nan, math.inf, "1", None, True, [], ()]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *((name, bad) for name in ("weights", "means", "sds") for bad in [*NO_NUMBER, {"a": 1}, 1j]),
        *((name, (bad, 0.6)) for name in ("weights", "means", "sds") for bad in (math.nan, math.inf, "a", None, False)),
        ("weights", (-0.4, 1.4)),
        ("weights", (0.4, 0.5)),
        ("weights", (0.0, 0.0)),
        ("weights", (0.4, 0.6 + 2e-9)),
        ("weights", (4.0, 6.0)),
        ("weights", np.full((2, 2), 0.25)),
        ("sds", (0.0, 1.0)),
        ("sds", (1.0, -1.0)),
        ("means", (1.0, 2.0, 3.0)),
        ("means", 1.0),
        ("sds", (1.0, 2.0, 3.0)),
        ("means", (NormalMixture(1, 0, 1), 1.0)),
        *(("scale", bad) for bad in ("ln", "", None, 1, ("log",))),
    ],
)
def test_law_bad_parameters_are_refused_by_name(name: str, bad: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        NormalMixture(**{**FINE, name: bad})  # type: ignore[arg-type]
    assert str(refusal.value).startswith(f"`{name}")
    assert " must be " in str(refusal.value)


def test_law_weights_are_not_rescaled_and_the_error_says_so() -> None:
    with pytest.raises(
        InvalidInput, match=r"`weights` must be numbers that sum to 1; got \(0.4, 0.5\). They sum to 0.9"
    ):
        NormalMixture((0.4, 0.5), (0, 1), (1, 1))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *((name, bad) for name in ("lower", "upper", "estimate") for bad in (math.nan, math.inf, 0, -1, "1", [], True)),
        ("lower", None),
        ("upper", 0.4),
        ("upper", 0.1),
        ("estimate", 0.2),
        ("estimate", 0.9),
        *(("level", bad) for bad in (0, 1, 95, -0.1, math.nan, math.inf, "95%", None, ())),
        *(("scale", bad) for bad in ("ln", None, 0, ())),
    ],
)
def test_law_bad_intervals_are_refused_by_name(name: str, bad: object) -> None:
    arguments = {**INTERVAL, name: bad}
    with pytest.raises(InvalidInput, match=rf"^`{name}` must be"):
        NormalMixture.from_interval(arguments.pop("lower"), arguments.pop("upper"), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        *(
            ("weight", lambda law, bad=bad: law.robust(bad))
            for bad in (0, 1, -0.1, 2, math.nan, math.inf, "a", None, ())
        ),
        *(("center", lambda law, bad=bad: law.robust(center=bad)) for bad in (0, -1, math.nan, math.inf, "a", ())),
        *(("sd", lambda law, bad=bad: law.robust(sd=bad)) for bad in (0, -1, math.nan, math.inf, "a", None, ())),
        *(("sd", lambda law, bad=bad: law.inflate(bad)) for bad in (-1, math.nan, math.inf, "a", None, ())),
        *(("median", lambda law, bad=bad: law.lognormal(bad, 1)) for bad in (0, -1, math.nan, math.inf, "a", None, ())),
        *(("mean", lambda law, bad=bad: law.normal(bad, 1)) for bad in (math.nan, math.inf, "a", None, ())),
        *(("sd", lambda law, bad=bad: law.normal(0, bad)) for bad in (0, -1, math.nan, math.inf, "a", None)),
    ],
)
def test_law_bad_arguments_of_methods_are_refused_by_name(name: str, call: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        call(NormalMixture.lognormal(4.7, 0.3))  # type: ignore[operator]
    assert f"`{name}" in str(refusal.value)


def test_law_a_wrong_argument_name_is_an_error() -> None:
    with pytest.raises(UnknownArgument, match="Did you mean `sds`"):
        NormalMixture(1, 0, sd=1)  # type: ignore[call-arg]
