"""A batch of curves answers as its members do one by one, in the shape that the batch rule says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from icibaseline._values import replace_unknowns, unknowns
from icibaseline.distributions import BetaMixture, BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput
from icibaseline.survival import (
    Conditional,
    Curve,
    Exponential,
    LogLogistic,
    LogNormal,
    Mixture,
    MixtureCure,
    PiecewiseExponential,
    ScaledHazard,
    Weibull,
)

B = 3
M, K, R, D = np.array([2.6, 4.7, 9.0]), np.array([0.6, 1.0, 1.7]), np.array([0.5, 0.9, 1.6]), np.array([0.0, 3.0, 5.5])
P = np.array([[0.1, 0.05, 0.2], [0.0, 0.3, 0.1], [0.2, 0.0, 0.01]])
W, C = np.array([[0.2, 0.3, 0.5], [0.0, 0.4, 0.6], [0.9, 0.1, 0.0]]), np.array([0.0, 0.1, 0.4])
FIXED = (Exponential(2), PiecewiseExponential((0.1, 0.3), (5,)))


def mixed(weights: np.ndarray, *curves: Curve) -> Mixture | Curve:
    """One member; a part of weight 0 is left out."""
    kept = [(float(w), curve) for w, curve in zip(weights, curves, strict=True) if w > 0]
    return Mixture(*zip(*kept, strict=True)) if len(kept) > 1 else kept[0][1]


BATCHES: dict[str, tuple[Curve, list[Curve]]] = {
    "exponential": (Exponential(median=M), [Exponential(median=m) for m in M]),
    "rate": (Exponential(rate=R), [Exponential(rate=r) for r in R]),
    "weibull": (Weibull(shape=K, median=M), [Weibull(shape=k, median=m) for k, m in zip(K, M, strict=True)]),
    "weibull, one shape": (Weibull(shape=0.7, scale=M), [Weibull(shape=0.7, scale=m) for m in M]),
    "weibull, one median": (Weibull(shape=K, median=4), [Weibull(shape=k, median=4) for k in K]),
    "joint": (Weibull(joint=np.column_stack([M, K])), [Weibull(joint=(m, k)) for m, k in zip(M, K, strict=True)]),
    "piecewise": (PiecewiseExponential(P, knots=(2, 6)), [PiecewiseExponential(tuple(p), knots=(2, 6)) for p in P]),
    "ratio": (Exponential(median=5).scaled(R, 3), [Exponential(median=5).scaled(r, 3) for r in R]),
    "delay": (Weibull(shape=0.7, median=5).scaled(0.6, D), [Weibull(shape=0.7, median=5).scaled(0.6, d) for d in D]),
    "base": (Exponential(median=M).scaled(0.6, 3), [Exponential(median=m).scaled(0.6, 3) for m in M]),
    "all": (
        Weibull(shape=K, median=M).scaled(R, D),
        [Weibull(shape=k, median=m).scaled(r, d) for k, m, r, d in zip(K, M, R, D, strict=True)],
    ),
    "piecewise and delay": (
        PiecewiseExponential(P, knots=(2, 6)).scaled(0.6, D),
        [PiecewiseExponential(tuple(p), knots=(2, 6)).scaled(0.6, d) for p, d in zip(P, D, strict=True)],
    ),
    "twice": (
        Exponential(median=5).scaled(R, D).scaled(0.7, D + 1),
        [Exponential(median=5).scaled(r, d).scaled(0.7, d + 1) for r, d in zip(R, D, strict=True)],
    ),
    "log-logistic": (
        LogLogistic(shape=K, median=M),
        [LogLogistic(shape=k, median=m) for k, m in zip(K, M, strict=True)],
    ),
    "log-normal": (
        LogNormal(joint=np.column_stack([M, K])),
        [LogNormal(joint=(m, k)) for m, k in zip(M, K, strict=True)],
    ),
    "first weight": (Mixture(W[:, 0], FIXED), [mixed([w, 1 - w], *FIXED) for w in W[:, 0]]),
    "weights": (
        Mixture(W, (*FIXED, LogLogistic(shape=2, median=9))),
        [mixed(w, *FIXED, LogLogistic(shape=2, median=9)) for w in W],
    ),
    "parts": (
        Mixture(W, (Exponential(M), Exponential(5).scaled(0.6, D), FIXED[1])),
        [mixed(w, Exponential(m), Exponential(5).scaled(0.6, d), FIXED[1]) for w, m, d in zip(W, M, D, strict=True)],
    ),
    "some cured": (
        Mixture((0.3, 0.7), (PiecewiseExponential(P, (2, 6)), MixtureCure(Exponential(M), cured=0.2))),
        [
            Mixture((0.3, 0.7), (PiecewiseExponential(tuple(p), (2, 6)), MixtureCure(Exponential(m), cured=0.2)))
            for p, m in zip(P, M, strict=True)
        ],
    ),
    "cured": (
        MixtureCure(Weibull(shape=0.7, median=5), cured=C),
        [MixtureCure(Weibull(shape=0.7, median=5), cured=c) for c in C],
    ),
    "cure base": (
        MixtureCure(Exponential(M).scaled(R, D), cured=0.1),
        [MixtureCure(Exponential(m).scaled(r, d), cured=0.1) for m, r, d in zip(M, R, D, strict=True)],
    ),
    "cure joint": (
        MixtureCure(joint=np.column_stack([M, C])),
        [MixtureCure(joint=(m, c)) for m, c in zip(M, C, strict=True)],
    ),
    "later": (
        Conditional(PiecewiseExponential((0.1, 0.05, 0.2), (2, 6)), months=D),
        [Conditional(PiecewiseExponential((0.1, 0.05, 0.2), (2, 6)), months=d) for d in D],
    ),
    "later base": (
        Conditional(Weibull(shape=K, median=M).scaled(R, D), months=4.0),
        [
            Conditional(Weibull(shape=k, median=m).scaled(r, d), months=4.0)
            for k, m, r, d in zip(K, M, R, D, strict=True)
        ],
    ),
    "later both": (
        Conditional(Weibull(shape=K, median=M), months=D).scaled(0.6, 2),
        [Conditional(Weibull(shape=k, median=m), months=d).scaled(0.6, 2) for k, m, d in zip(K, M, D, strict=True)],
    ),
}
METHODS = [
    "hazard",
    "cumulative_hazard",
    "survival",
    "density",
    "quantile",
    "inverse_cumulative_hazard",
    "restricted_mean",
]
X = np.array([0.01, 0.2, 0.5, 0.9, 1.0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", BATCHES)
def test_law_batch_is_its_members(name: str, method: str) -> None:
    batch, members = BATCHES[name]
    assert batch.batch == B
    for factor in (1.0,) if method == "quantile" else (1.0, 9.7):
        x = X * factor
        expected = np.array([getattr(c, method)(x) for c in members])
        answer = getattr(batch, method)
        np.testing.assert_allclose(answer(x), expected, rtol=1e-11)
        np.testing.assert_allclose(answer(x[1]), expected[:, 1], rtol=1e-11)  # one time: (B,)
        np.testing.assert_allclose(answer(x[None]), expected, rtol=1e-11)  # the batch axis of length 1
        own = np.stack([x, x[::-1], x]).reshape(B, 1, -1)  # its own times for each curve
        each = np.array([getattr(c, method)(t) for c, t in zip(members, own, strict=True)])
        np.testing.assert_allclose(answer(own), each, rtol=1e-11)


@pytest.mark.parametrize("name", BATCHES)
def test_law_batch_properties(name: str) -> None:
    batch, members = BATCHES[name]
    np.testing.assert_allclose(batch.median, [c.median for c in members], rtol=1e-13)
    np.testing.assert_allclose(
        batch.restricted_mean(math.inf), [c.restricted_mean(math.inf) for c in members], rtol=1e-10
    )
    assert batch.origin_power == min(c.origin_power for c in members)
    for i, member in enumerate(members):
        own = [] if batch.moving_knots is None else [k for k in batch.moving_knots[i].tolist() if k > 0]
        assert sorted({*batch.knots, *own}) == sorted({*member.knots, *batch.knots})
    out = np.empty((B, 2, 4))
    h = np.random.default_rng(1).standard_exponential(out.shape)
    expected = [c.inverse_cumulative_hazard(x) for c, x in zip(members, h, strict=True)]
    assert batch.inverse_cumulative_hazard(h, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-13)


@pytest.mark.parametrize("name", BATCHES)
def test_law_batch_round_trip(name: str) -> None:
    batch, _ = BATCHES[name]
    assert type(batch).from_dict(batch.to_dict()) == batch
    assert hash(type(batch).from_dict(batch.to_dict())) == hash(batch)
    assert "\n" not in str(batch)


def test_law_unbatched_keeps_the_shape_of_time() -> None:
    for curve in (Exponential(median=4), Weibull(joint=np.array([2.6, 0.7])), PiecewiseExponential((0.1,))):
        assert curve.batch is None
        assert isinstance(curve.survival(3), float)
        assert isinstance(curve.scaled(0.5, 2).restricted_mean(np.float64(3)), float)
        assert np.shape(curve.survival([])) == (0,)
        assert np.shape(curve.scaled(0.5, 2).restricted_mean(np.ones((2, 3)))) == (2, 3)


def test_regression_times_of_another_batch_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"`t` must be of shape \(3, \.\.\.\)"):
        Exponential(median=M).survival(np.ones((2, 5)))
    with pytest.raises(InvalidInput, match="batch"):
        ScaledHazard(Exponential(median=M), np.array([0.5, 0.6]))
    with pytest.raises(InvalidInput, match="batch"):
        Weibull(shape=K[:2], median=M)


# ---- priors ----------------------------------------------------------------------------------------

PRIOR = NormalMixture.lognormal(4.7, 0.3)
PAIR = BivariateNormal((math.log(2.6), 0.731), (0.09, 0.047), 0.6, scales=("log", "identity"))
SHARE = BetaMixture.from_counts(44, 75)
CURED = BivariateNormal((math.log(2.6), -2.2), (0.09, 0.2), -0.3, scales=("log", "logit"))
UNCERTAIN = [
    (Exponential(median=PRIOR), "median"),
    (Exponential(rate=PRIOR), "rate"),
    (Weibull(shape=PRIOR, median=3), "shape"),
    (Weibull(shape=2, median=PRIOR), "median"),
    (Weibull(shape=2, scale=PRIOR), "scale"),
    (Weibull(joint=PAIR), "joint"),
    (Exponential(median=3).scaled(PRIOR), "ratio"),
    (Exponential(median=3).scaled(0.6, PRIOR), "delay"),
    (Exponential(median=PRIOR).scaled(0.6, 3), "median"),
    (LogLogistic(shape=2, median=PRIOR), "median"),
    (LogLogistic(joint=PAIR), "joint"),
    (LogNormal(sigma=PRIOR, median=3), "sigma"),
    (PiecewiseExponential(PAIR, knots=(3,)), "hazards"),
    (Mixture(SHARE, (Exponential(3), Exponential(9))), "weights"),
    (Mixture(0.4, (Exponential(3), Exponential(PRIOR))), "median"),
    (MixtureCure(Exponential(3), cured=SHARE), "cured"),
    (MixtureCure(Exponential(PRIOR), cured=0.1), "median"),
    (MixtureCure(joint=CURED), "joint"),
    (Conditional(Exponential(3), months=PRIOR), "months"),
    (Exponential(PRIOR).after(1), "median"),
]


@pytest.mark.parametrize(("curve", "name"), UNCERTAIN, ids=lambda x: x if isinstance(x, str) else "")
def test_law_a_prior_is_kept_and_not_evaluated(curve: Curve, name: str) -> None:
    for ask in (
        lambda: curve.survival(3),
        lambda: curve.hazard(3),
        lambda: curve.quantile(0.3),
        lambda: curve.restricted_mean(3),
    ):
        with pytest.raises(InvalidInput, match=f"`{name}` must be a number to evaluate the curve; got "):
            ask()
    assert curve.batch is None
    assert type(curve).from_dict(curve.to_dict()) == curve
    assert "uncertain" in str(curve)


REPLACED = [
    (Exponential(median=PRIOR).scaled(0.5), 4.7 / 0.5),
    (Weibull(joint=PAIR), 2.6),
    (LogLogistic(joint=PAIR), 2.6),
    (LogNormal(joint=PAIR), 2.6),
    (PiecewiseExponential(PAIR, knots=(3,)), math.log(2) / 2.6),
    (Mixture(SHARE, (Exponential(PRIOR), Exponential(9))), None),
    (MixtureCure(Exponential(PRIOR), cured=SHARE), math.inf),
    (MixtureCure(joint=CURED), 2.6),
    (Conditional(Exponential(3), months=PRIOR), 3),
]


@pytest.mark.parametrize(("curve", "median"), REPLACED, ids=lambda x: str(x) if isinstance(x, Curve) else "")
def test_law_priors_are_replaced_by_batches_and_medians(curve: Curve, median: float | None) -> None:
    priors = unknowns(curve)
    draws = {id(prior): np.asarray(prior.rvs(4, rng=1)) for prior in priors}
    batch = replace_unknowns(curve, lambda prior: draws[id(prior)])
    assert batch.batch == 4
    for i in range(4):
        member = replace_unknowns(curve, lambda prior, i=i: draws[id(prior)][i])
        assert member.batch is None
        np.testing.assert_allclose(np.asarray(batch.survival(X * 9))[i], member.survival(X * 9), rtol=1e-13)
    typical = replace_unknowns(curve, lambda prior: prior.typical)
    assert typical.batch is None
    assert median is None or typical.median == pytest.approx(median, rel=1e-12)
