"""Crossing probabilities and bounds, against adaptive quadrature, mpmath and themselves on finer nodes."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, norm

from icibaseline import InvalidInput
from icibaseline._crossing import both_bounds, efficacy_bounds, exits, futility_bounds, in_chunks, search
from icibaseline.rules import OBrienFleming, Pocock

INF = np.inf
EVEN = {k: np.arange(1, k + 1) / k for k in (1, 2, 3, 5, 10, 20, 50)}
UNEVEN = {
    "close": (0.1, 0.11, 0.12, 1.0),
    "close at the end": (0.5, 0.99, 1.0),
    "very close": (0.3, 0.302, 0.9, 1.0),
    "very early": (0.001, 0.01, 0.1, 1.0),
}
SCHEDULES = [*EVEN.values(), *map(np.array, UNEVEN.values())]


def spend(family, information, alpha=0.025):
    return np.diff(family.spent(information / information[-1], alpha), prepend=0.0)


def by_nested_quadrature(information, lower, upper):
    """Probability of passing `upper` first at the last of up to three looks: one normal step inside another."""
    root = np.sqrt(information)
    steps = np.sqrt(np.diff(information, prepend=0.0))

    def beyond(look, now):
        """Probability of the rest, from a Brownian motion at `now` after `look` looks."""
        if look == len(root) - 1:
            return ndtr((now - upper[look] * root[look]) / steps[look])
        low, high = (
            max(lower[look] * root[look], now - 9 * steps[look]),
            min(upper[look] * root[look], now + 9 * steps[look]),
        )
        if low >= high:
            return 0.0
        return quad(
            lambda x: norm.pdf(x, now, steps[look]) * beyond(look + 1, x),
            low,
            high,
            epsabs=1e-13,
            epsrel=1e-11,
            limit=200,
        )[0]

    return beyond(0, 0.0)


@pytest.mark.parametrize(
    ("information", "lower", "upper"),
    [
        ((0.4, 1.0), (-INF, -INF), (2.5, 2.0)),
        ((0.4, 1.0), (-0.3, -INF), (2.5, 2.0)),
        ((0.9, 1.0), (0.5, -INF), (2.1, 2.0)),
        ((0.2, 0.7, 1.0), (-0.5, 0.6, -INF), (3.5, 2.5, 2.0)),
        ((0.5, 0.55, 1.0), (-1.0, 0.0, -INF), (2.2, 2.3, 2.1)),
        ((0.3, 0.6, 1.0), (-2.3, -2.3, -INF), (2.3, 2.3, 2.3)),
    ],
)
@pytest.mark.parametrize("drift", [0.0, 2.5])
def test_reference_three_looks_by_adaptive_quadrature(information, lower, upper, drift):
    information = np.array(information)
    mean = drift * np.sqrt(information)
    low, high = np.array(lower) - mean, np.array(upper) - mean
    above, below = exits(information, low, high)
    for last in range(1, len(information) + 1):
        cut = slice(None, last)
        assert above[last - 1] == pytest.approx(by_nested_quadrature(information[cut], low[cut], high[cut]), abs=1e-11)
        if np.isfinite(low[last - 1]):
            mirrored = by_nested_quadrature(information[cut], -high[cut], -low[cut])
            assert below[last - 1] == pytest.approx(mirrored, abs=1e-11)


def test_reference_two_looks_by_the_bivariate_normal():
    information, bound = np.array([0.35, 1.0]), 2.178
    law = multivariate_normal([0, 0], [[1, np.sqrt(0.35)], [np.sqrt(0.35), 1]])
    stays = law.cdf([bound, bound], lower_limit=[-bound, -bound])
    above, below = exits(information, np.full(2, -bound), np.full(2, bound))
    assert above.sum() + below.sum() == pytest.approx(1 - stays, abs=1e-12)
    assert_allclose(above, below, rtol=1e-12)


@pytest.mark.parametrize("drift", [0.0, 3.0])
@pytest.mark.parametrize("family", [OBrienFleming(), Pocock()], ids=str)
@pytest.mark.parametrize("information", SCHEDULES, ids=lambda t: f"{len(t)} from {t[0]:g}")
def test_law_finer_nodes_change_nothing(information, family, drift):
    upper = efficacy_bounds(information, spend(family, information))
    centred = upper - drift * np.sqrt(information)
    lower = np.where(upper < INF, -1.0 + np.sqrt(information), -INF) - drift * np.sqrt(information)
    lower = np.minimum(lower, centred)
    for low in (np.full_like(lower, -INF), lower):
        coarse, fine = exits(information, low, centred), exits(information, low, centred, finer=4.0)
        assert_allclose(coarse[0], fine[0], rtol=1e-9, atol=1e-13)
        assert_allclose(coarse[1], fine[1], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("drift", [0.0, 1.5, 6.0])
@pytest.mark.parametrize("family", [OBrienFleming(), Pocock()], ids=str)
@pytest.mark.parametrize("information", SCHEDULES, ids=lambda t: f"{len(t)} from {t[0]:g}")
def test_law_a_lower_bound_far_out_changes_nothing(information, family, drift):
    """With one, all paths above it are followed; without, only those that may still pass an upper bound."""
    told = spend(family, information)
    upper, far = efficacy_bounds(information, told), np.full(len(told), -9.0)
    some = told > 1e-20
    assert_allclose(efficacy_bounds(information, told, far)[some], upper[some], rtol=1e-9)
    centred = upper - drift * np.sqrt(information / information[-1])
    without, within = exits(information, np.full_like(far, -INF), centred), exits(information, far, centred)
    assert_allclose(without[0], within[0], rtol=1e-9, atol=1e-13)
    assert_array_equal(without[1], 0.0)


@pytest.mark.parametrize("family", [OBrienFleming(), Pocock()], ids=str)
@pytest.mark.parametrize("information", SCHEDULES, ids=lambda t: f"{len(t)} from {t[0]:g}")
def test_law_bounds_spend_what_they_are_told_to(information, family):
    told = spend(family, information)
    upper = efficacy_bounds(information, told)
    above, _ = exits(information, np.full_like(upper, -INF), upper, finer=4.0)
    assert_allclose(above, told, rtol=1e-9, atol=1e-13)
    assert above.sum() == pytest.approx(0.025, abs=1e-12)


@pytest.mark.parametrize("looks", [20, 50])
def test_reference_very_small_spends_are_right_in_the_tail(looks):
    """The second bound by mpmath: what passes it without having passed the first."""
    information = EVEN[looks]
    told = spend(OBrienFleming(), information)
    first, second = efficacy_bounds(information, told)[:2]
    assert first > 8
    assert first == pytest.approx(-ndtri(told[0]), abs=1e-12)
    with mpmath.workdps(40):
        b1, b2 = mpmath.mpf(first), mpmath.mpf(second)
        root = mpmath.sqrt(2)
        passed = mpmath.quad(
            lambda z: mpmath.npdf(z) * mpmath.ncdf(z - root * b2), [-8, 0, b2 / root - 1, b2 / root + 1, b1]
        )
    assert float(passed) == pytest.approx(told[1], rel=1e-9)


def test_law_one_look_is_the_fixed_test():
    for alpha in (1e-30, 1e-8, 0.025, 0.4):
        assert efficacy_bounds(np.array([37.0]), np.array([alpha]))[0] == pytest.approx(norm.isf(alpha), rel=1e-14)
    above, below = exits(np.array([37.0]), np.array([-1.0]), np.array([1.5]))
    assert above[0] == pytest.approx(norm.sf(1.5), rel=1e-14)
    assert below[0] == pytest.approx(norm.cdf(-1.0), rel=1e-14)


@given(
    gains=st.lists(st.floats(0.05, 1), min_size=2, max_size=6),
    edges=st.lists(st.tuples(st.floats(-2, 0), st.floats(0.5, 3.5)), min_size=6, max_size=6),
    scale=st.floats(0.01, 1e4),
)
def test_law_reflection_scale_and_total(gains, edges, scale):
    information = np.cumsum(gains)
    lower, upper = np.array(edges[: len(gains)]).T
    above, below = exits(information, lower, upper)
    mirrored = exits(information, -upper, -lower)
    assert_allclose(mirrored[0], below, rtol=1e-10, atol=1e-14)
    assert_allclose(mirrored[1], above, rtol=1e-10, atol=1e-14)
    assert_allclose(exits(scale * information, lower, upper)[0], above, rtol=1e-10)
    assert 0 < (above + below).sum() < 1 + 1e-12


@given(gains=st.lists(st.floats(0.05, 1), min_size=3, max_size=6), skipped=st.data())
def test_law_a_look_that_tests_nothing_is_as_if_it_were_not(gains, skipped):
    information = np.cumsum(gains)
    gone = skipped.draw(st.integers(0, len(gains) - 2))
    upper, lower = np.full(len(gains), 2.2), np.full(len(gains), -0.7)
    upper[gone], lower[gone] = INF, -INF
    above, below = exits(information, lower, upper)
    kept = np.arange(len(gains)) != gone
    direct = exits(information[kept], lower[kept], upper[kept])
    assert_allclose(above[kept], direct[0], rtol=1e-12)
    assert_allclose(below[kept], direct[1], rtol=1e-12)
    assert above[gone] == below[gone] == 0


@given(gains=st.lists(st.floats(0.05, 1), min_size=2, max_size=6), drift=st.floats(0, 4))
def test_law_more_chances_reject_more(gains, drift):
    information = np.cumsum(gains)
    upper = np.full(len(gains), 2.3) - drift * np.sqrt(information / information[-1])
    none = np.full_like(upper, -INF)
    all_looks = exits(information, none, upper)[0].sum()
    last_only = exits(information, none, np.where(np.arange(len(gains)) < len(gains) - 1, INF, upper))[0].sum()
    assert all_looks >= last_only
    assert all_looks <= ndtr(-upper).sum() + 1e-14


def test_law_looks_without_information_are_stepped_over():
    told = np.array([0.0, 0.0, 0.005, 0.0, 0.02])
    bounds = efficacy_bounds(np.array([0.0, 0.2, 0.5, 0.5, 1.0]), told)
    assert_array_equal(np.isinf(bounds), told == 0)
    assert_allclose(bounds[[2, 4]], efficacy_bounds(np.array([0.5, 1.0]), told[[2, 4]]), rtol=1e-13)


def test_law_a_batch_is_its_members():
    rng = np.random.default_rng(1)
    information = np.cumsum(rng.uniform(0.02, 1, (60, 5)), axis=1)
    told = rng.dirichlet(np.ones(5), 60) * 0.05
    told[::7, 1] = 0.0  # some test less
    beta = rng.dirichlet(np.ones(5), 60) * 0.1
    beta[::5, 2] = 0.0
    mean = 2.5 * np.sqrt(information / information[:, -1:])

    def solve(information, told, beta, mean):
        upper = efficacy_bounds(information, told)
        return upper, *futility_bounds(information, beta, upper, mean), *both_bounds(information, told, beta, mean)

    together = in_chunks(solve, information, told, beta, mean)
    upper, lower, _, binding_lower, binding_upper, _ = together
    apart = ((lower < upper) & (binding_lower < binding_upper))[:, :-1].all(axis=1)  # else the trial ends there
    assert apart.sum() > 20
    for row in np.flatnonzero(apart):
        alone = solve(information[row], told[row], beta[row], mean[row])
        for a, b in zip(together, alone, strict=True):
            assert_allclose(a[row], b, rtol=1e-9, atol=1e-11)


def test_law_both_bounds_spend_both_errors():
    information = EVEN[5]
    alpha, beta = spend(OBrienFleming(), information), spend(Pocock(), information, 0.1)
    mean = 3.6 * np.sqrt(information)
    lower, upper, missed = both_bounds(information, alpha, beta, mean)
    assert_allclose(exits(information, lower, upper)[0], alpha, rtol=1e-10)
    low, up = lower - mean, upper - mean
    assert_allclose(exits(information, low, up)[1], [*beta[:-1], missed], rtol=1e-10)


def test_law_a_search_ends_at_the_zero():
    goals = np.array([-1.0, 0.5, 7.0])

    def excess(x):
        return np.where(x > goals + 1, np.nan, np.sinh((x - goals) / 2) + 0.5 * (x - goals))

    assert_allclose(search(excess, goals - np.array([0.0, 2.0, 0.3])), goals, atol=1e-12)


def test_law_chunks_hold_designs_that_need_alike_numbers_of_nodes():
    """One design with looks close together does not make a thousand others as slow."""
    information = np.tile([0.5, 0.8, 1.0], (1000, 1))
    information[::100, 1] = 0.999
    seen = []

    def run(information):
        seen.append(information)
        return (information,)

    (back,) = in_chunks(run, information)
    assert_array_equal(back, information)
    assert all(len(np.unique(part[:, 1])) == 1 for part in seen)
    assert len(seen) < 10


def test_law_looks_that_almost_coincide_are_refused():
    with pytest.raises(InvalidInput, match="`information` must increase clearly"):
        efficacy_bounds(np.array([0.5, 0.5000001, 1.0]), np.array([0.01, 0.01, 0.005]))
