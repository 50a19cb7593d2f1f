"""What holds for every distribution."""

from __future__ import annotations

import json
import pickle
from itertools import pairwise

import numpy as np
import pytest

from icibaseline._values import Uncertain, Value, replace_unknowns, unknowns
from icibaseline.distributions import BetaMixture, BivariateNormal, Dirichlet, Distribution, HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput

LAWS: list[Distribution] = [
    NormalMixture.normal(-1.0, 2.0),
    NormalMixture.lognormal(4.7, 0.24).robust(0.2),
    NormalMixture((0.3, 0.7), (-1.5, 0.4), (0.2, 0.9), "logit"),
    BetaMixture.from_counts(7, 38).robust(0.2),
    BetaMixture(1, 0.5, 0.5),
    HalfNormal(0.25),
]
PAIR = BivariateNormal((0.956, 0.731), (0.092, 0.051), 0.6, scales=("log", "identity"))
SHARES = Dirichlet.from_counts((229, 141, 126), names=("primary", "secondary", "durable"))
EVERY = [*LAWS, PAIR, SHARES, Dirichlet((0.5, 3.0))]
one_number = pytest.mark.parametrize("law", LAWS, ids=repr)
every = pytest.mark.parametrize("law", EVERY, ids=repr)


@every
def test_law_repr_rebuilds(law: Distribution) -> None:
    assert eval(repr(law)) == law


@every
def test_law_dictionary_round_trip_is_exact(law: Distribution) -> None:
    restored = Value.from_dict(json.loads(json.dumps(law.to_dict())))
    assert restored == law
    assert hash(restored) == hash(law)
    assert pickle.loads(pickle.dumps(law)) == law


@every
def test_law_equality_ignores_cached_values(law: Distribution) -> None:
    fresh = pickle.loads(pickle.dumps(law))
    _ = law.mean, law.sd, law.median
    assert fresh == law
    assert hash(fresh) == hash(law)


@every
def test_law_is_an_unknown_that_can_be_replaced(law: Distribution) -> None:
    assert isinstance(law, Uncertain)
    assert unknowns((1.0, law, law)) == (law,)
    assert replace_unknowns((law, 2.0), lambda prior: prior.dimension) == (law.dimension, 2.0)


@every
def test_law_is_frozen(law: Distribution) -> None:
    with pytest.raises(AttributeError):
        law.means = 3  # type: ignore[attr-defined]


@one_number
def test_law_density_integrates_to_the_distribution_function(law: Distribution) -> None:
    from scipy.integrate import quad

    places = law.quantile([0.01, 0.1, 0.5, 0.9, 0.99])
    for low, high in pairwise(places):
        area = quad(law.pdf, low, high, epsabs=1e-13, epsrel=1e-12)[0]
        assert area == pytest.approx(law.cdf(high) - law.cdf(low), abs=1e-11)


@one_number
def test_law_moments_agree_with_the_quantile_function(law: Distribution) -> None:
    from scipy.integrate import quad

    def tail(g: object) -> float:
        cuts = [0, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-3, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12]
        pairs = pairwise(cuts)
        return float(sum(quad(g, a, b, epsabs=1e-11, epsrel=1e-9, limit=200)[0] for a, b in pairs))

    mean = tail(law.quantile)
    assert mean == pytest.approx(law.mean, rel=2e-7)  # 1e-12 of probability is left out at either end
    assert tail(lambda p: (law.quantile(p) - mean) ** 2) == pytest.approx(law.variance, rel=2e-6)
    assert law.sd**2 == pytest.approx(law.variance, rel=1e-14)


@one_number
def test_law_quantile_inverts_the_distribution_function(law: Distribution) -> None:
    p = np.array([1e-12, 1e-9, 1e-4, 0.025, 0.3, 0.5, 0.5000001, 0.8, 0.975, 1 - 1e-5])
    x = law.quantile(p)
    room = law.pdf(x) * np.spacing(x)  # what one digit of x is worth: near 1 a proportion has no more
    assert np.all(np.abs(law.cdf(x) - p) <= 1e-12 * p + room)
    far = 1 - 1e-12
    assert law.cdf(law.quantile(far)) == pytest.approx(far, abs=1.1e-12)


@one_number
def test_law_ends_of_the_support(law: Distribution) -> None:
    low, high = law.quantile(0.0), law.quantile(1.0)
    assert law.cdf(low) == 0
    assert law.cdf(high) == 1
    assert law.cdf([-np.inf, np.inf]) == pytest.approx([0, 1], abs=0)
    assert np.all(np.isin(law.pdf([-np.inf, np.inf]), 0))


@one_number
def test_law_scalars_in_scalars_out(law: Distribution) -> None:
    for method in (law.pdf, law.cdf, law.quantile):
        assert type(method(0.4)) is float
        assert method([0.4, 0.6]).shape == (2,)
        assert method(np.full((2, 1, 3), 0.4)).shape == (2, 1, 3)
        assert method(np.array([])).shape == (0,)
        assert method(np.full((3,), 0.4))[1] == pytest.approx(method(0.4), rel=1e-14)
    assert all(type(item) is float for item in (law.mean, law.variance, law.sd, law.median, *law.interval()))


@one_number
def test_law_interval_is_equal_tailed(law: Distribution) -> None:
    lower, upper = law.interval(0.8)
    assert law.cdf(lower) == pytest.approx(0.1, abs=1e-12)
    assert law.cdf(upper) == pytest.approx(0.9, abs=1e-12)
    assert law.interval() == law.interval(0.95)
    assert law.typical == law.median == law.quantile(0.5)


@one_number
def test_law_draws_follow_the_distribution_function(law: Distribution) -> None:
    n = 40_000
    u = np.sort(law.cdf(law.rvs(n, rng=20250929)))
    steps = np.arange(1, n + 1) / n
    distance = max(np.max(steps - u), np.max(u - steps + 1 / n))
    assert distance < 1.95 / np.sqrt(n)  # Kolmogorov's 0.1 % point


@every
def test_law_draws_depend_on_the_seed_alone(law: Distribution) -> None:
    extra = (law.dimension,) if law.dimension > 1 else ()
    assert np.shape(law.rvs(rng=1)) == extra
    assert np.shape(law.rvs((2, 3), rng=1)) == (2, 3, *extra)
    assert np.shape(law.rvs(0, rng=1)) == (0, *extra)
    assert np.array_equal(law.rvs(5, rng=1), law.rvs(5, rng=np.random.default_rng(1)))
    assert not np.array_equal(law.rvs(5, rng=1), law.rvs(5, rng=2))


@every
@pytest.mark.parametrize("rule", ["hermite", "legendre"])
@pytest.mark.parametrize("points", [1, 2, 17, 64])
def test_law_node_weights_are_probabilities(law: Distribution, rule: str, points: int) -> None:
    x, weights = law.nodes(points, rule=rule)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert np.all(weights >= 0)
    assert len(x) == len(weights)
    if law.dimension == 1:
        assert np.all(np.diff(x.reshape(-1, points), axis=1) > 0)


def test_law_nodes_cannot_be_spoiled_by_a_caller() -> None:
    law = NormalMixture.normal(0.0, 1.0)
    before = law.nodes(8)
    law.nodes(8).x[:] = 99.0
    law.nodes(8).weights[:] = 99.0
    assert np.array_equal(law.nodes(8).x, before.x)
    assert np.array_equal(law.nodes(8).weights, before.weights)


BAD_PLACES = [np.nan, [0.1, np.nan], "0.5", ["a"], None, True, 1j, [[1.0], [1.0, 2.0]]]


@every
@pytest.mark.parametrize("bad", BAD_PLACES, ids=repr)
def test_law_bad_places_are_refused(law: Distribution, bad: object) -> None:
    for method, name in ((law.pdf, "x"), (law.cdf, "x"), (law.quantile, "p")):
        with pytest.raises(InvalidInput, match=rf"^`{name}` must be a number or an array of numbers, without NaN"):
            method(bad)


@every
@pytest.mark.parametrize("bad", [-1e-9, 1 + 1e-9, np.inf, [0.5, 2.0]], ids=repr)
def test_law_probabilities_outside_the_unit_interval_are_refused(law: Distribution, bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`p` must be between 0 and 1; got"):
        law.quantile(bad)  # type: ignore[arg-type]


@every
@pytest.mark.parametrize(
    ("name", "call"),
    [
        *(
            ("level", lambda law, bad=bad: law.interval(bad))
            for bad in (0, 1, -0.5, 95, np.nan, np.inf, "95", None, ())
        ),
        *(("size", lambda law, bad=bad: law.rvs(bad)) for bad in (-1, 2.5, "3", np.nan, True)),
        ("size[1]", lambda law: law.rvs((2, -1))),
        *(("rng", lambda law, bad=bad: law.rvs(1, rng=bad)) for bad in (-1, 1.5, "seed", True, object())),
        *(("points", lambda law, bad=bad: law.nodes(bad)) for bad in (0, -3, 2.5, np.nan, np.inf, "8", None, ())),
        *(("rule", lambda law, bad=bad: law.nodes(8, rule=bad)) for bad in ("gauss", None, 3, ())),
    ],
)
def test_law_bad_arguments_are_refused_in_one_sentence(law: Distribution, name: str, call: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        call(law)  # type: ignore[operator]
    assert str(refusal.value).startswith(f"`{name}` must be ")
    assert "\n" not in str(refusal.value)
