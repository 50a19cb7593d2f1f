"""Counts at several looks, against every order in which patients may respond."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, strategies as st

from icibaseline._exact import Stages, chances
from icibaseline._exact.binomial import densities, density, upper_tails

RATES = (Fraction(0), Fraction(1, 10), Fraction(3, 10), Fraction(1, 2), Fraction(9, 10), Fraction(1))


@st.composite
def designs(draw, largest=11):
    """Looks at some sizes with bounds that leave room between them, or none at a look."""
    sizes = sorted(draw(st.sets(st.integers(1, largest), min_size=1, max_size=4)))
    efficacy, futility = [], []
    for n in sizes[:-1]:
        low = draw(st.one_of(st.just(-np.inf), st.integers(0, n)))
        high = draw(st.one_of(st.just(np.inf), st.integers(int(max(low, -1)) + 1, n + 1)))
        futility.append(low)
        efficacy.append(high)
    last = draw(st.integers(0, sizes[-1] + 1))
    return Stages(np.array(sizes), np.array([*efficacy, last], float), np.array([*futility, last - 1], float))


def ends(stages: Stages):
    """(look, count, success, first response) of every order of all patients, with what it weighs at each rate."""
    for order in itertools.product((0, 1), repeat=int(stages.sizes[-1])):
        for look, n in enumerate(stages.sizes):
            count = sum(order[:n])
            if count >= stages.efficacy[look] or count <= stages.futility[look] or look == len(stages.sizes) - 1:
                yield look, count, count >= stages.efficacy[look], order[0], sum(order)
                break


def exact(stages: Stages):
    """Probabilities of success and of the rest at each look, (B, K), as fractions."""
    total, looks = int(stages.sizes[-1]), len(stages.sizes)
    found = [[[Fraction(0)] * looks for _ in RATES] for _ in range(2)]
    for look, _, success, _, responses in ends(stages):
        for i, p in enumerate(RATES):
            found[0 if success else 1][i][look] += p**responses * (1 - p) ** (total - responses)
    return np.array(found, dtype=float)


@given(designs())
def test_reference_chances_are_those_of_all_orders(stages):
    got = chances(*stages, np.array(RATES, dtype=float))
    np.testing.assert_allclose(got, exact(stages), atol=2e-15)


@given(designs(largest=9))
def test_reference_shares_count_the_orders_that_come_to_a_look(stages):
    for share, size, before in zip(stages.shares(), stages.sizes, range(len(stages.sizes)), strict=True):
        tally = np.zeros((2, size + 1))
        for order in itertools.product((0, 1), repeat=int(size)):
            seen = [sum(order[:n]) for n in stages.sizes[:before]]
            gone_on = all(f < s < e for s, e, f in zip(seen, stages.efficacy, stages.futility, strict=False))
            tally[0, sum(order)] += gone_on
            tally[1, sum(order)] += gone_on and order[0]
        ways = np.array([comb(int(size), s) for s in range(size + 1)])
        np.testing.assert_allclose(share, tally / ways, atol=1e-14)


@given(designs(largest=60), st.floats(0, 1))
def test_law_something_happens_once(stages, p):
    success, failure = stages.chances(np.array([p]))
    assert success.min() >= 0
    assert failure.min() >= 0
    assert success.sum() + failure.sum() == pytest.approx(1, abs=1e-12)
    assert stages.sizes[0] - 1e-9 <= stages.expected_n(np.array([p]))[0] <= stages.sizes[-1] + 1e-9


@given(designs(largest=60), st.floats(0, 1), st.floats(0, 1))
def test_law_success_grows_with_the_rate(stages, p, q):
    success, _ = stages.chances(np.array([min(p, q), max(p, q)]))
    low, high = success.sum(axis=1)
    assert high >= low - 1e-12


def test_law_one_rate_in_a_batch_is_that_rate_alone():
    stages = Stages(np.array([15, 25]), np.array([7.0, 9.0]), np.array([3.0, 8.0]))
    many = stages.chances(np.linspace(0, 1, 7))
    one = stages.chances(np.array([0.5]))
    for batch, alone in zip(many, one, strict=True):
        np.testing.assert_array_equal(batch[3], alone[0])


def test_reference_many_looks_agree_with_a_walk_over_counts():
    """A look after each of 100 patients: counts that go on, patient by patient, at one rate."""
    sizes, p = np.arange(1, 101), 0.23
    futility = np.floor(sizes * 0.12) - 1.0
    efficacy = np.ceil(sizes * 0.4) + 3.0
    futility[-1] = efficacy[-1] - 1
    alive, success, failure = np.zeros(102), [], []
    alive[0] = 1
    for n in range(100):
        alive = alive * (1 - p) + np.roll(alive, 1) * p
        counts = np.arange(102)
        up, down = counts >= efficacy[n], counts <= futility[n]
        success.append(alive[up].sum())
        failure.append(alive[down].sum())
        alive = np.where(up | down, 0.0, alive)
    got = chances(sizes, efficacy, futility, np.array([p]))
    np.testing.assert_allclose(got[0][0], success, atol=1e-14)
    np.testing.assert_allclose(got[1][0], failure, atol=1e-14)


@pytest.mark.parametrize("p", [0.0, 1e-9, 0.184, 0.5, 1.0])
def test_reference_binomial_tables_are_those_of_scipy(p):
    from scipy.stats import binom

    table = densities(150, p)
    n, x = np.meshgrid(np.arange(151), np.arange(151), indexing="ij")
    np.testing.assert_allclose(table, binom.pmf(x, n, p), rtol=1e-11, atol=1e-280)
    np.testing.assert_allclose(upper_tails(table)[:, :-1], binom.sf(x - 1, n, p), rtol=1e-11, atol=1e-280)
    np.testing.assert_allclose(density(150, np.array([p]))[0], table[150], rtol=1e-11, atol=1e-280)
