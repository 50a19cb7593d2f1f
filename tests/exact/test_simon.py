"""Two-stage designs against all designs there are, and against what must hold of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from icibaseline._exact import chances
from icibaseline._exact.measure import condensed
from icibaseline._exact.simon import Aim, Search, TwoStages, admissible, find

AIMS = [
    Aim(p0, p1, None, alpha, power)
    for p0, p1 in (
        (0.05, 0.25),
        (0.05, 0.2),
        (0.1, 0.3),
        (0.2, 0.45),
        (0.3, 0.55),
        (0.5, 0.75),
        (0.7, 0.9),
        (0.8, 0.95),
    )
    for alpha, power in ((0.1, 0.9), (0.05, 0.8), (0.05, 0.9), (0.2, 0.7))
]


def brute_force(aim: Aim, largest: int):
    """For each n every r1, n1 and r: {n: (EN, n1, -r1, -r)} of the best, ties broken in this order."""
    best = {}
    slack = 1e-12
    for n in range(2, largest + 1):
        kept = []
        for n1 in range(1, n):
            x, r = np.arange(n1 + 1), np.arange(n)
            error, power = (
                np.cumsum((binom.pmf(x, n1, p)[:, None] * binom.sf(r - x[:, None], n - n1, p))[::-1], axis=0)[::-1]
                for p in (aim.p0, aim.p1)
            )  # [x, r]: at least x responses at first and more than r in all; r1 = x - 1
            sound = (error <= aim.alpha + slack) & (power >= aim.power - slack)
            least, bound = np.nonzero(sound[1:])
            expected = n1 + binom.sf(least, n1, aim.p0) * (n - n1)
            kept.append(np.stack([expected.round(9), np.full(len(least), n1), -least, -bound]))
        every = np.concatenate(kept, axis=1)
        if every.size:
            best[n] = tuple(every[:, np.lexsort(every[::-1])[0]])
    return best


def designs_by_n(curve: TwoStages):
    """{n: (n1, -r1, -r)} and {n: EN}, as in `brute_force`."""
    rows = {int(n): (int(n1), -int(r1), -int(r)) for r1, n1, r, n, *_ in zip(*curve, strict=True)}
    return rows, {int(n): float(expected) for n, expected in zip(curve.n, curve.expected, strict=True)}


@pytest.mark.parametrize("aim", AIMS, ids=str)
def test_reference_all_designs_of_up_to_40_patients(aim):
    wanted, found = brute_force(aim, 40), Search(aim, 40)
    rows, expected = designs_by_n(found.curve())
    assert rows == {n: tuple(best[1:]) for n, best in wanted.items()}
    assert expected == pytest.approx({n: best[0] for n, best in wanted.items()}, abs=1e-9)
    if not wanted:
        assert found.minimax() is None
        assert found.optimal() is None
        return
    least, optimum = min(wanted), min((best[0], n) for n, best in wanted.items())[1]
    assert designs_by_n(found.minimax())[0] == {least: rows[least]}
    assert designs_by_n(found.optimal())[0] == {optimum: rows[optimum]}


@given(
    st.floats(0.02, 0.9),
    st.floats(0.05, 0.6),
    st.sampled_from((0.01, 0.05, 0.1, 0.2)),
    st.sampled_from((0.6, 0.8, 0.9)),
)
def test_reference_all_designs_of_up_to_16_patients(p0, gain, alpha, power):
    aim = Aim(p0, min(p0 + gain, 0.99), None, alpha, power)
    rows, expected = designs_by_n(Search(aim, 16).curve())
    wanted = brute_force(aim, 16)
    assert rows == {n: tuple(best[1:]) for n, best in wanted.items()}
    assert expected == pytest.approx({n: best[0] for n, best in wanted.items()}, abs=1e-9)


@pytest.mark.parametrize("aim", AIMS, ids=str)
def test_law_what_a_design_promises_is_what_its_looks_give(aim):
    for design in (Search(aim, 120).optimal(), Search(aim, 120).minimax()):
        r1, n1, r, n = (float(part[0]) for part in design[:4])
        sizes = np.array([n1, n], dtype=int)
        success, failure = chances(sizes, (np.inf, r + 1), (r1, r), np.array([aim.p0, aim.p1]))
        error, power = success.sum(axis=1)
        assert error <= aim.alpha + 1e-12
        assert power >= aim.power - 1e-12
        assert failure[0, 0] == pytest.approx(design.stop[0], abs=1e-12)
        assert (success + failure)[0] @ sizes == pytest.approx(design.expected[0], abs=1e-9)


@pytest.mark.parametrize("aim", AIMS, ids=str)
def test_law_no_larger_search_finds_a_better_optimum(aim):
    search = find(aim)
    wider = Search(aim, 3 * search.largest)
    for one, other in ((search.optimal(), wider.optimal()), (search.minimax(), wider.minimax())):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert search.beyond >= search.optimal().expected[0]


@pytest.mark.parametrize("p0", [0.5, 0.4])
def test_law_a_type_i_error_that_equals_its_limit_keeps_it(p0):
    """3 of 5, 4 of 6 errs with probability 7/64 at p0 = 1/2; in floating point a sum may come out above that."""
    error = 6 * p0**5 * (1 - p0) + p0**6
    for alpha, kept in ((error * (1 - 1e-15), True), (error, True), (error * (1 - 1e-9), False)):
        found = Search(Aim(p0, 0.9, None, alpha, 0.7), 6).designs(np.array([6]), np.array([5]))
        assert (len(found.n) == 1 and (found.r1[0], found.r[0]) == (3, 4)) == kept


def test_law_of_equal_designs_the_one_with_fewer_patients_and_a_smaller_first_stage_is_best():
    same = np.array([10.0, 10.0 + 1e-13, 10.0, 12.0])
    designs = TwoStages(
        np.array([1, 2, 3, 4]), np.array([9, 7, 8, 5]), np.zeros(4, int), np.array([20, 18, 18, 17]), same, np.zeros(4)
    )
    assert designs.best.r1.tolist() == [2]


@pytest.mark.parametrize("aim", AIMS, ids=str)
def test_law_admissible_designs_are_those_that_some_weight_prefers(aim):
    curve = find(aim).curve()
    kept, least = admissible(curve)
    weights = np.linspace(0, 1, 2001)[1:-1]
    risk = weights[:, None] * curve.n + (1 - weights[:, None]) * curve.expected
    preferred = set(curve.n[np.argmin(risk, axis=1)].tolist())
    assert preferred <= set(kept.n.tolist())
    assert kept.n[0] == curve.n[0]
    assert kept.expected[-1] == pytest.approx(curve.expected.min())
    for i, n in enumerate(kept.n):  # in the middle of its range of weights each is the best
        q = ((1.0 if i == 0 else least[i - 1]) + least[i]) / 2
        assert q * n + (1 - q) * kept.expected[i] <= (q * curve.n + (1 - q) * curve.expected).min() + 1e-9


def test_law_a_hopeless_aim_has_no_design():
    assert find(Aim(0.3, 0.31, None, 0.05, 0.9)) is None
    assert Search(Aim(0.1, 0.3, None, 0.05, 0.9), 20).minimax() is None


@pytest.mark.parametrize("rates", [(0.2, 0.35, 0.5), (0.05, 0.5, 0.8)])
def test_reference_power_averaged_over_several_rates(rates):
    weights, aim0 = np.array([0.2, 0.5, 0.3]), 0.1
    aim = Aim(aim0, np.array(rates), weights, 0.1, 0.75)
    rows, expected = designs_by_n(Search(aim, 24).curve())
    wanted = {}
    for n in range(2, 25):
        kept = []
        for n1 in range(1, n):
            x, r = np.arange(n1 + 1), np.arange(n)
            chance = [
                np.cumsum((binom.pmf(x, n1, p)[:, None] * binom.sf(r - x[:, None], n - n1, p))[::-1], axis=0)[::-1]
                for p in (aim0, *rates)
            ]
            least, bound = np.nonzero(((chance[0] <= 0.1) & (np.tensordot(weights, chance[1:], 1) >= 0.75))[1:])
            kept += [(n1 + binom.sf(a, n1, aim0) * (n - n1), n1, -a, -b) for a, b in zip(least, bound, strict=True)]
        if kept:
            wanted[n] = min(kept)
    assert wanted
    assert rows == {n: tuple(best[1:]) for n, best in wanted.items()}
    assert expected == pytest.approx({n: best[0] for n, best in wanted.items()}, abs=1e-9)


def test_law_few_nodes_average_polynomials_as_many_do():
    rng = np.random.default_rng(3)
    x, weights = rng.beta(3, 9, 500), rng.random(500)
    nodes, masses = condensed(x, weights, 12)
    assert len(nodes) == 12
    assert masses.min() > 0
    for degree in range(24):
        assert masses @ nodes**degree == pytest.approx(weights @ x**degree, rel=1e-12)
    same = condensed(np.array([0.3, 0.1, 0.3]), np.array([0.2, 0.5, 0.3]), 12)
    assert [part.tolist() for part in same] == [[0.1, 0.3], [0.5, 0.5]]
