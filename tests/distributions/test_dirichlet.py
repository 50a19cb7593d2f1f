"""The Dirichlet law."""

from __future__ import annotations

import itertools
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.special import poch

from icibaseline._values import Uncertain, Value, replace_unknowns, unknowns
from icibaseline.distributions import BetaMixture, Dirichlet
from icibaseline.errors import InvalidInput

NAMES = ("primary", "secondary", "durable")
SHARES = Dirichlet.from_counts((229, 141, 126), names=NAMES)
PARAMETERS = [(229.5, 141.5, 126.5), (1.0, 1.0, 1.0), (0.5, 2.5, 0.7, 4.0), (3.0, 0.5), (44.5, 31.5, 31.5)]
DRAWS = 100_000
each = pytest.mark.parametrize("a", PARAMETERS, ids=str)
vectors = st.lists(st.floats(0.3, 300), min_size=2, max_size=5).map(tuple)


def moment(a: tuple[float, ...], powers: tuple[int, ...]) -> float:
    """E prod X_i^n_i = prod (a_i)_(n_i) / (A)_(n), in rising factorials."""
    return float(np.prod(poch(a, powers)) / poch(math.fsum(a), sum(powers)))


def powers_up_to(degree: int, k: int) -> list[tuple[int, ...]]:
    return [n for n in itertools.product(range(degree + 1), repeat=k) if sum(n) <= degree]


def assert_simulated(sample: np.ndarray, truth: np.ndarray | float, errors: float = 3.5) -> None:
    """The mean of independent rows is the truth, within standard errors of the sample."""
    np.testing.assert_array_less(
        np.abs(sample.mean(axis=0) - truth), errors * sample.std(axis=0) / math.sqrt(len(sample))
    )


# ---- density and moments -----------------------------------------------------------------------------


@each
def test_reference_density_and_moments_against_scipy(a: tuple[float, ...]) -> None:
    law, truth = Dirichlet(a), stats.dirichlet(a)
    x = np.random.default_rng(3).dirichlet(np.ones(len(a)), 50)
    np.testing.assert_allclose(law.pdf(x), [truth.pdf(row / row.sum()) for row in x], rtol=1e-9)
    np.testing.assert_allclose(law.mean, truth.mean(), rtol=1e-14)
    np.testing.assert_allclose(law.variance, truth.var(), rtol=1e-13)
    np.testing.assert_allclose(law.sd, np.sqrt(truth.var()), rtol=1e-13)
    np.testing.assert_allclose(law.covariance, truth.cov(), rtol=1e-12)
    np.testing.assert_allclose(law.covariance.sum(axis=0), 0, atol=1e-16)


def test_law_density_of_the_first_shares_integrates_to_one() -> None:
    u, w = np.polynomial.legendre.leggauss(60)
    s, w = (1 + u) / 2, w / 2
    first, second = s[:, None], (1 - s[:, None]) * s  # the triangle as the image of a square
    x = np.stack([first + 0 * second, second, 1 - first - second], axis=-1)
    assert w @ (Dirichlet((3.0, 2.0, 4.5)).pdf(x) * (1 - first)) @ w == pytest.approx(1, abs=1e-9)


def test_law_density_off_the_simplex_is_zero() -> None:
    inside = np.array([0.2, 0.3, 0.5])
    height = SHARES.pdf(inside)
    assert type(height) is float
    assert SHARES.pdf(inside + np.array([0, 0, 5e-10])) == pytest.approx(height, rel=1e-6)
    for off in ([0.2, 0.3, 0.5 + 2e-9], [0.2, 0.3, 0.4], [-0.1, 0.6, 0.5], [math.inf, -math.inf, 1], [math.inf, 0, 1]):
        assert SHARES.pdf(off) == 0
    assert SHARES.pdf(np.full((4, 5, 3), 1 / 3)).shape == (4, 5)


def test_law_density_on_the_edges_is_the_limit_from_inside() -> None:
    uniform = Dirichlet((1.0, 1.0, 1.0))
    assert uniform.pdf([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]]) == pytest.approx(2, rel=1e-14)
    law = Dirichlet((0.5, 3.0, 2.0))
    assert law.pdf([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0], [0, 0, 1], [0, 1, 0]]) == pytest.approx(
        [math.inf, 0, 0, 0, 0]  # at the corners the powers are 1.5 and 0.5
    )
    assert Dirichlet((0.5, 1.2, 2.0)).pdf([0, 0, 1]) == math.inf
    assert Dirichlet((0.5, 1.5, 2.0)).pdf([0, 0, 1]) == pytest.approx(Dirichlet((0.5, 1.5, 2.0)).pdf([1e-12, 1e-12, 1]))


@each
def test_reference_quantiles_and_marginals_against_scipy(a: tuple[float, ...]) -> None:
    law, p = Dirichlet(a), np.array([[0.025, 0.5], [0.8, 0.975]])
    truth = [stats.beta(own, sum(a) - own) for own in a]
    np.testing.assert_allclose(law.quantile(p), np.stack([one.ppf(p) for one in truth], axis=-1), rtol=1e-9)
    np.testing.assert_allclose(law.median, [one.median() for one in truth], rtol=1e-9)
    np.testing.assert_allclose(law.interval(0.9), [[one.ppf(q) for one in truth] for q in (0.05, 0.95)], rtol=1e-9)
    for i, one in enumerate(truth):
        assert law.marginal(i).cdf(0.3) == pytest.approx(one.cdf(0.3), rel=1e-11)
    np.testing.assert_array_equal(law.typical, law.mean)
    assert law.typical.sum() == pytest.approx(1, abs=1e-15)


def test_reference_posterior_of_counts() -> None:
    assert SHARES.a == (229.5, 141.5, 126.5)
    merkel = Dirichlet.from_counts((44, 31, 31), names=("primary", "acquired", "unclassified"))
    lower, upper = merkel.among("primary", "acquired").interval()
    assert (lower[0], upper[0]) == pytest.approx(stats.beta(44.5, 31.5).interval(0.95), rel=1e-10)
    assert Dirichlet.from_counts((0, 3), prior=(1, 2)).a == (1.0, 5.0)
    assert Dirichlet.from_counts(np.array([4.0, 3.0]), prior=np.array(1)).a == (5.0, 4.0)


# ---- draws, sticks, nodes -------------------------------------------------------------------------------


@each
def test_law_draws_have_the_stated_moments_and_margins(a: tuple[float, ...]) -> None:
    law = Dirichlet(a)
    x = law.rvs(DRAWS, rng=11)
    assert np.max(np.abs(x.sum(axis=1) - 1)) < 1e-14
    assert_simulated(x, law.mean)
    centred = x - law.mean
    assert_simulated(centred[:, :, None] * centred[:, None, :], law.covariance)
    for i in range(len(a)):
        assert stats.kstest(x[:, i], lambda q, i=i: law.marginal(i).cdf(q)).pvalue > 1e-3


def test_law_draws_depend_on_the_seed_alone() -> None:
    assert SHARES.rvs(rng=1).shape == (3,)
    assert SHARES.rvs((2, 5), rng=1).shape == (2, 5, 3)
    assert SHARES.rvs(0, rng=1).shape == (0, 3)
    assert np.array_equal(SHARES.rvs(5, rng=1), SHARES.rvs(5, rng=np.random.default_rng(1)))
    assert not np.array_equal(SHARES.rvs(5, rng=1), SHARES.rvs(5, rng=2))


@each
def test_reference_sticks_and_normal_numbers_against_scipy_quantiles(a: tuple[float, ...]) -> None:
    law = Dirichlet(a)
    z = np.random.default_rng(5).normal(0, 1.5, (200, len(a)))
    left, found = np.ones(len(z)), []
    for i, stick in enumerate(law.sticks):
        truth = stats.beta(a[i], sum(a[i + 1 :]))
        assert (stick.a, stick.b) == ((a[i],), (pytest.approx(sum(a[i + 1 :]), rel=1e-15),))
        taken = truth.ppf(stats.norm.cdf(z[:, i]))
        found.append(left * taken)
        left = left * (1 - taken)
    x = law.from_normal(z)
    np.testing.assert_allclose(x, np.stack([*found, left], axis=1), rtol=1e-8, atol=1e-15)
    np.testing.assert_allclose(x.sum(axis=1), 1, atol=1e-15)
    other = z.copy()
    other[:, -1] = 7.0
    assert np.array_equal(law.from_normal(other), x)


def test_reference_the_last_share_keeps_its_digits_in_the_far_tail() -> None:
    z = np.array([[8.0, 8.0, 0.0], [-8.0, 8.0, 0.0]])
    x = Dirichlet((2.0, 1.0, 0.5)).from_normal(z)
    first = stats.beta(1.5, 2.0).ppf(stats.norm.sf(z[:, 0]))
    np.testing.assert_allclose(x[:, 2], first * stats.norm.sf(8.0) ** 2, rtol=1e-9)  # Beta(1/2, 1): x = p^2
    assert x[0, 2] < 1e-35


@each
def test_law_standard_normal_numbers_give_the_law(a: tuple[float, ...]) -> None:
    law = Dirichlet(a)
    x = law.from_normal(np.random.default_rng(8).standard_normal((DRAWS, len(a))))
    assert_simulated(x, law.mean)
    centred = x - law.mean
    assert_simulated(centred[:, :, None] * centred[:, None, :], law.covariance)


def test_law_sticks_are_what_each_class_takes_of_the_rest() -> None:
    law = Dirichlet((0.5, 2.5, 0.7, 4.0))
    x = law.rvs(DRAWS, rng=21)
    rest = 1 - np.concatenate([np.zeros((DRAWS, 1)), np.cumsum(x, axis=1)[:, :2]], axis=1)
    taken = x[:, :3] / rest
    for i, stick in enumerate(law.sticks):
        assert stats.kstest(taken[:, i], stick.cdf).pvalue > 1e-3
    spread = taken - [stick.mean for stick in law.sticks]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert_simulated(spread[:, i] * spread[:, j], 0.0)


@each
@pytest.mark.parametrize("points", [1, 2, 4])
def test_reference_nodes_are_exact_for_polynomials(a: tuple[float, ...], points: int) -> None:
    x, weights = Dirichlet(a).nodes(points)
    k = len(a)
    assert x.shape == (points ** (k - 1), k)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert np.all(weights > 0)
    assert np.all(x > 0)
    np.testing.assert_allclose(x.sum(axis=1), 1, atol=1e-15)
    for powers in powers_up_to(2 * points - 1, k):
        assert weights @ np.prod(x**powers, axis=1) == pytest.approx(moment(a, powers), rel=1e-11)
    beyond = (2 * points, *[0] * (k - 1))
    assert weights @ np.prod(x**beyond, axis=1) != pytest.approx(moment(a, beyond), rel=1e-11)


def test_reference_nodes_of_a_smooth_function() -> None:
    x, weights = SHARES.nodes(12, rule="hermite")
    found = weights @ np.exp(-2 * x[:, 0] + x[:, 1])
    orders = itertools.product(range(25), repeat=2)
    terms = ((-2) ** i * moment(SHARES.a, (i, j, 0)) / math.factorial(i) / math.factorial(j) for i, j in orders)
    assert found == pytest.approx(math.fsum(terms), rel=1e-12)


# ---- some of the classes ------------------------------------------------------------------------------


def test_law_shares_among_some_classes_do_not_depend_on_the_others() -> None:
    law = Dirichlet((0.5, 2.5, 0.7, 4.0), names=("w", "x", "y", "z"))
    some = law.among("z", "x", 2)
    assert some == Dirichlet((4.0, 2.5, 0.7), names=("z", "x", "y"))
    draws = law.rvs(DRAWS, rng=31)
    kept = draws[:, [3, 1, 2]]
    among = kept / kept.sum(axis=1, keepdims=True)
    assert_simulated(among, some.mean)
    centred = among - some.mean
    assert_simulated(centred[:, :, None] * centred[:, None, :], some.covariance)
    for i in range(3):
        assert stats.kstest(among[:, i], lambda q, i=i: some.marginal(i).cdf(q)).pvalue > 1e-3
    assert_simulated((draws[:, 0] - law.mean[0])[:, None] * centred, 0.0)
    assert law.among(*range(4)) == law.among("w", "x", "y", "z") == law
    assert Dirichlet((1, 2, 3)).among(2, 0) == Dirichlet((3, 1))


def test_law_classes_are_named_or_counted_from_zero() -> None:
    assert SHARES.marginal("durable") == SHARES.marginal(2) == SHARES.marginal(2.0)  # type: ignore[arg-type]
    assert SHARES.marginal(2).a == (126.5,)
    assert SHARES.marginal(2).b == (371.0,)


# ---- laws ---------------------------------------------------------------------------------------------


@given(a=st.floats(0.3, 300), b=st.floats(0.3, 300), x=st.floats(0.01, 0.99), z=st.floats(-6, 6))
@settings(max_examples=60, deadline=None)
def test_law_two_classes_are_a_beta_law(a: float, b: float, x: float, z: float) -> None:
    law, beta = Dirichlet((a, b)), BetaMixture((1.0,), (a,), (b,))
    mirrored = BetaMixture((1.0,), (b,), (a,))
    assert law.sticks == (beta,)
    assert (law.marginal(0), law.marginal(1)) == (beta, mirrored)
    assert law.pdf([x, 1 - x]) == pytest.approx(beta.pdf(x), rel=1e-11)
    for part in ("mean", "variance", "sd", "median"):
        np.testing.assert_allclose(getattr(law, part), [getattr(beta, part), getattr(mirrored, part)], rtol=1e-14)
    np.testing.assert_array_equal(law.quantile(x), [beta.quantile(x), mirrored.quantile(x)])
    assert [end[0] for end in law.interval(0.8)] == list(beta.interval(0.8))
    variance = beta.variance
    np.testing.assert_allclose(law.covariance, [[variance, -variance], [-variance, variance]], rtol=1e-12)
    pair, single = law.nodes(7), beta.nodes(7)
    np.testing.assert_array_equal(pair.x[:, 0], single.x)
    np.testing.assert_allclose(pair.weights, single.weights, rtol=1e-14)
    np.testing.assert_allclose(law.from_normal(np.array([[z, 0.0]]))[:, 0], beta.from_normal(np.array([[z]])), rtol=0)


@given(a=vectors, seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_law_a_permutation_of_the_classes_permutes(a: tuple[float, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(a))
    law, other = Dirichlet(a), Dirichlet([a[i] for i in order])
    for part in ("mean", "variance", "sd", "median", "typical"):
        np.testing.assert_allclose(getattr(other, part), getattr(law, part)[order], rtol=1e-11)
    np.testing.assert_allclose(other.covariance, law.covariance[np.ix_(order, order)], rtol=1e-11)
    x = rng.dirichlet(np.ones(len(a)), 4)
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(np.log(other.pdf(x[:, order]) + 1e-280), np.log(law.pdf(x) + 1e-280), rtol=1e-8)
    mine, theirs = law.nodes(3), other.nodes(3)
    squares = mine.weights @ mine.x**4
    np.testing.assert_allclose(theirs.weights @ theirs.x**4, squares[order], rtol=1e-10)
    assert law.among(*(int(i) for i in order)) == other


@pytest.mark.parametrize("law", [SHARES, Dirichlet((0.5, 1)), Dirichlet((1, 2, 3, 4))], ids=repr)
def test_law_is_a_value_and_an_unknown(law: Dirichlet) -> None:
    assert eval(repr(law)) == law
    restored = Value.from_dict(json.loads(json.dumps(law.to_dict())))
    assert restored == law
    assert hash(restored) == hash(law)
    _ = law.sticks, law.mean
    assert pickle.loads(pickle.dumps(law)) == law
    assert isinstance(law, Uncertain)
    assert law.dimension == len(law.a)
    assert law.components() == ((1.0, law),)
    assert unknowns((1.0, law, law)) == (law,)
    assert replace_unknowns((law, 2.0), lambda prior: prior.dimension) == (len(law.a), 2.0)
    assert law.with_(names=()) == Dirichlet(law.a)
    assert Dirichlet(np.array(law.a), names=list(law.names)) == law
    with pytest.raises(AttributeError):
        law.a = (1.0, 2.0)  # type: ignore[misc]


def test_regression_text() -> None:
    assert str(SHARES).splitlines() == [
        "Dirichlet(229.5, 141.5, 126.5)",
        "  primary    mean 0.461, 95% 0.418 to 0.505",
        "  secondary  mean 0.284, 95% 0.246 to 0.325",
        "  durable    mean 0.254, 95% 0.217 to 0.293",
    ]
    lines = str(Dirichlet((1,) * 9)).splitlines()
    assert lines[0] == "Dirichlet(1, 1, 1, 1, 1, 1, ...)"
    assert lines[1] == "  1  mean 0.111, 95% 0.00316 to 0.369"
    assert lines[7:] == ["  and 3 more"]
    assert str(Dirichlet((1,) * 7)).endswith("\n  and 1 more")
    assert "..." not in str(Dirichlet((1,) * 6))


# ---- bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rule", "call"),
    [
        *(
            ("a[1]", "a positive number", lambda bad=bad: Dirichlet((1.0, bad)))
            for bad in (math.nan, math.inf, 0, -1, "1", None, True, 10**400, [1.0])
        ),
        *(
            ("a", "a sequence of at least two positive numbers", lambda bad=bad: Dirichlet(bad))
            for bad in (1.0, None, "12", (), (1.0,), {1: 2, 2: 3}, np.array(1.0))
        ),
        ("a", "numbers with a finite sum", lambda: Dirichlet((1e308, 1e308))),
        *(
            ("names", "as long as `a`, which has 2", lambda bad=bad: Dirichlet((1, 2), names=bad))
            for bad in (("x",), ("x", "y", "z"))
        ),
        ("names", "names that differ", lambda: Dirichlet((1, 2), names=("x", "x"))),
        ("names", "a sequence", lambda: Dirichlet((1, 2), names="xy")),
        ("names", "a sequence", lambda: Dirichlet((1, 2), names=None)),
        *(
            ("names[1]", "a non-empty string", lambda bad=bad: Dirichlet((1, 2), names=("x", bad)))
            for bad in ("", " ", 1, None)
        ),
        *(
            ("counts[0]", "a whole number, at least 0", lambda bad=bad: Dirichlet.from_counts((bad, 3)))
            for bad in (-1, 2.5, math.nan, math.inf, "2", None, True)
        ),
        *(
            ("counts", "a sequence of at least two whole numbers", lambda bad=bad: Dirichlet.from_counts(bad))
            for bad in (3, "34", (3,), (), None)
        ),
        *(
            ("prior", "a positive number", lambda bad=bad: Dirichlet.from_counts((1, 2), prior=bad))
            for bad in (0, -1, math.nan, math.inf, True)
        ),
        *(
            ("prior", "a number or a sequence of numbers", lambda bad=bad: Dirichlet.from_counts((1, 2), prior=bad))
            for bad in ("1", None)
        ),
        *(
            ("prior", "a positive number, or one for each", lambda bad=bad: Dirichlet.from_counts((1, 2), prior=bad))
            for bad in ((1,), (1, 1, 1), np.ones(1))
        ),
        ("prior[1]", "a positive number", lambda: Dirichlet.from_counts((1, 2), prior=(1, 0))),
        ("names", "a sequence", lambda: Dirichlet.from_counts((1, 2), names="xy")),
        *(
            ("x", "an array whose last axis has length 3", lambda bad=bad, of=of: of(bad))
            for bad in (1.0, [1.0], [0.5, 0.5], np.ones((3, 2)), np.ones((3, 0)))
            for of in (SHARES.pdf, SHARES.cdf)
        ),
        *(
            ("x", "a number or an array of numbers, without NaN", lambda bad=bad, of=of: of(bad))
            for bad in ([0.5, 0.5, math.nan], "0.5", None, ["a", "b", "c"], [[1.0], [1.0, 2.0]])
            for of in (SHARES.pdf, SHARES.cdf)
        ),
        ("cdf", "asked of one share", lambda: SHARES.cdf([0.5, 0.25, 0.25])),
        ("p", "between 0 and 1", lambda: SHARES.quantile(1.5)),
        ("p", "a number or an array of numbers, without NaN", lambda: SHARES.quantile(math.nan)),
        *(
            ("z", "an array of shape (B, 3)", lambda bad=bad: SHARES.from_normal(bad))
            for bad in (0.0, np.zeros(3), np.zeros((4, 2)), np.zeros((4, 4)), np.zeros((1, 4, 3)))
        ),
        ("z", "a number or an array of numbers, without NaN", lambda: SHARES.from_normal(np.full((2, 3), math.nan))),
        *(
            ("i", "a whole number from 0 to 2 or the name of a class", lambda bad=bad: SHARES.marginal(bad))
            for bad in (-1, 3, 0.5, None, True, (), math.nan)
        ),
        ("i", "one of 'primary', 'secondary', 'durable'", lambda: SHARES.marginal("other")),
        ("i", "a whole number from 0 to 1", lambda: Dirichlet((1, 2)).marginal("0")),
        *(
            ("classes", "at least two classes, each given once", lambda bad=bad: SHARES.among(*bad))
            for bad in ((), (0,), (0, 0), (0, "primary"))
        ),
        ("classes[1]", "a whole number from 0 to 2", lambda: SHARES.among(0, 3)),
        ("classes[0]", "one of", lambda: SHARES.among("other", 0)),
        ("points", "at most 3162 for 3 shares", lambda: SHARES.nodes(3163)),
        *(("points", "a whole number, at least 1", lambda bad=bad: SHARES.nodes(bad)) for bad in (0, 2.5, "8", None)),
        ("rule", "one of", lambda: SHARES.nodes(8, rule="gauss")),
        ("level", "a number strictly between 0 and 1", lambda: SHARES.interval(95)),
        *(("size", "a whole number", lambda bad=bad: SHARES.rvs(bad)) for bad in (-1, "3")),
    ],
)
def test_law_bad_input_is_refused_in_one_sentence(name: str, rule: str, call: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        call()  # type: ignore[operator]
    said = str(refusal.value)
    assert said.startswith(f"`{name}` must be {rule}")
    assert "; got " in said
    assert "\n" not in said
