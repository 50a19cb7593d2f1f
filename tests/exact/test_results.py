"""Inference after a trial with several looks: against its whole sample space, and what must hold of it."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.stats import binom

from icibaseline._exact import Stages
from icibaseline._exact.attained import attained, stood_for
from icibaseline._exact.results import OffPlan, Seen

SIMON = [(1, 10, 5, 29), (0, 9, 2, 17), (5, 15, 18, 46), (8, 37, 22, 83), (3, 13, 12, 43), (0, 1, 1, 3)]
FLEMING = Stages(np.array([15, 25]), np.array([7.0, 9.0]), np.array([3.0, 8.0]))
THREE = Stages(np.array([8, 15, 22]), np.array([6.0, np.inf, 11.0]), np.array([-np.inf, 4.0, 10.0]))


def two(r1: int, n1: int, r: int, n: int) -> Stages:
    return Stages(np.array([n1, n]), np.array([np.inf, r + 1.0]), np.array([float(r1), float(r)]))


PLANS = [*(two(*d) for d in SIMON), FLEMING, THREE]


@st.composite
def simon_designs(draw):
    n1, n2 = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    r1 = draw(st.integers(0, n1 - 1))
    return two(r1, n1, draw(st.integers(r1, n1 + n2 - 1)), n1 + n2)


def outcomes(stages: Stages) -> list[tuple[int, int]]:
    """(look, count) of every way to end, the least extreme first."""
    shares = stages.shares()
    every = [
        (look, int(s)) for look, share in enumerate(shares) for s in np.flatnonzero(stages.stops(look) & (share[0] > 0))
    ]

    def place(end):
        look, s = end
        if look == len(shares) - 1:
            return (0, 0, s)
        return (1, -look, s) if s >= stages.efficacy[look] else (-1, look, s)

    return sorted(every, key=place)


def masses(stages: Stages, p: float) -> np.ndarray:
    """Probabilities of `outcomes`, by sums over the counts at every look."""
    alive, before, found = np.ones(1), 0, {}
    for look, size in enumerate(stages.sizes):
        alive = np.convolve(alive, binom.pmf(np.arange(size - before + 1), size - before, p))
        found.update({(look, s): w for s, w in enumerate(alive)})
        s = np.arange(len(alive))
        alive, before = np.where((s > stages.futility[look]) & (s < stages.efficacy[look]), alive, 0.0), size
    return np.array([found[end] for end in outcomes(stages)])


@pytest.mark.parametrize("stages", PLANS, ids=lambda s: f"{s.sizes.tolist()}{s.futility.tolist()}")
def test_reference_p_values_sum_over_the_whole_sample_space(stages):
    for p in (0.1, 0.37):
        ordered = outcomes(stages)
        chance = masses(stages, p)
        assert chance.sum() == pytest.approx(1, abs=1e-12)
        for i, end in enumerate(ordered):
            seen = Seen(stages, *end)
            assert seen.at_least(np.array([p]))[0] == pytest.approx(chance[i:].sum(), abs=1e-12)
            assert seen.at_most(np.array([p]))[0] == pytest.approx(chance[: i + 1].sum(), abs=1e-12)


@pytest.mark.parametrize("stages", PLANS, ids=lambda s: f"{s.sizes.tolist()}{s.futility.tolist()}")
def test_law_the_estimate_is_unbiased_at_any_rate(stages):
    estimates = [Seen(stages, *end).unbiased for end in outcomes(stages)]
    for p in (0.0, 0.03, 0.1, 0.3, 0.61, 0.95, 1.0):
        mean = masses(stages, p) @ estimates
        assert mean == pytest.approx(p, abs=1e-12)


@given(simon_designs())
def test_reference_the_estimate_is_that_of_jung_and_kim(stages):
    (n1, n), r1 = (int(x) for x in stages.sizes), int(stages.futility[0])
    for look, s in outcomes(stages):
        x = range(max(r1 + 1, s - (n - n1)), min(s, n1) + 1)
        ways = [(comb(n1 - 1, i - 1) if i else 0, comb(n1, i), comb(n - n1, s - i)) for i in x]
        wanted = s / n1 if look == 0 else sum(a * c for a, _, c in ways) / sum(b * c for _, b, c in ways)
        assert Seen(stages, look, s).unbiased == pytest.approx(wanted, rel=1e-12)


@given(simon_designs(), st.floats(0.02, 0.98))
def test_law_small_p_values_are_no_more_likely_than_they_say(stages, p0):
    ordered = outcomes(stages)
    chance = masses(stages, p0)
    p_values = np.array([Seen(stages, *end).at_least(np.array([p0]))[0] for end in ordered])
    for level in p_values:
        assert chance[p_values <= level].sum() <= level + 1e-12


@given(simon_designs(), st.floats(0.02, 0.98), st.sampled_from((0.5, 0.8, 0.95)))
def test_law_intervals_cover_and_agree_with_tests(stages, p, level):
    tail, covered, rate = (1 - level) / 2, 0.0, np.array([p])
    for end, chance in zip(outcomes(stages), masses(stages, p), strict=True):
        seen = Seen(stages, *end)
        lower, upper = seen.interval(level)
        assert 0 <= lower < upper <= 1
        above, below = seen.at_least(rate)[0], seen.at_most(rate)[0]
        if abs(above - tail) > 1e-12 and abs(below - tail) > 1e-12:
            assert (lower < p) == (above > tail)
            assert (p < upper) == (below > tail)
        assert lower <= seen.median_unbiased <= upper
        covered += chance * (lower <= p <= upper)
    assert covered >= level - 1e-12


@pytest.mark.parametrize("stages", PLANS, ids=lambda s: f"{s.sizes.tolist()}{s.futility.tolist()}")
def test_law_more_extreme_results_have_higher_limits_and_estimates(stages):
    ends = [Seen(stages, *end) for end in outcomes(stages)]
    rows = np.array([(*e.interval(0.9), e.median_unbiased) for e in ends])
    assert (np.diff(rows, axis=0) >= -1e-12).all()
    assert rows[0, 0] == rows[0, 2] == 0.0
    assert rows[-1, 1] == rows[-1, 2] == 1.0


def test_reference_one_stage_has_the_interval_of_clopper_and_pearson():
    from scipy.stats import binomtest

    for n, x in ((38, 7), (20, 0), (20, 20), (53, 7)):
        seen = Seen(Stages(np.array([n]), np.array([9.0]), np.array([8.0])), 0, x)
        wanted = binomtest(x, n).proportion_ci(0.95, method="exact")
        assert seen.interval(0.95) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
        assert seen.unbiased == pytest.approx(x / n)


# ---- another last stage than planned -----------------------------------------------------------------


@pytest.mark.parametrize(
    "stages", [*PLANS[:5], FLEMING, THREE], ids=lambda s: f"{s.sizes.tolist()}{s.futility.tolist()}"
)
def test_law_with_the_planned_size_nothing_changes(stages):
    before, last = stages.sizes[-2], stages.sizes[-1] - stages.sizes[-2]
    rates = np.array([0.05, 0.1, 0.2, 0.35, 0.5])
    for x1 in np.flatnonzero(~stages.stops(len(stages.sizes) - 2) & (stages.shares()[-2][0] > 0)):
        for x2 in range(0, last + 1, 2):
            other, same = OffPlan(stages, int(x1), int(last), x2), Seen(stages, len(stages.sizes) - 1, int(x1) + x2)
            np.testing.assert_allclose(other.at_least(rates), same.at_least(rates), atol=1e-9)
            np.testing.assert_allclose(other.at_most(rates), same.at_most(rates), atol=1e-9)
            assert other.unbiased == pytest.approx(same.unbiased)
    assert before > 0


def koyama_chen(r1, n1, r, n, x1, patients, x2, p0):
    """Whether to reject by Koyama and Chen (2008), equation by equation: the conditional p value against the error."""
    return binom.sf(x2 - 1, patients, p0) <= binom.sf(r - x1, n - n1, p0)


@pytest.mark.parametrize(("design", "p0"), [((1, 10, 5, 29), 0.1), ((5, 15, 18, 46), 0.3), ((0, 9, 2, 17), 0.05)])
@pytest.mark.parametrize("change", [-5, -1, 2, 11])
def test_published_decisions_are_those_of_koyama_and_chen(design, p0, change):
    (r1, n1, _, n), stages = design, two(*design)
    size, patients = stages.chances(np.array([p0]))[0].sum(), n - n1 + change
    for x1 in range(r1 + 1, n1 + 1):
        for x2 in range(patients + 1):
            p_value = OffPlan(stages, x1, patients, x2).at_least(np.array([p0]))[0]
            assert (p_value <= size * (1 + 1e-9)) == koyama_chen(*design, x1, patients, x2, p0)


@given(simon_designs(), st.floats(0.05, 0.6), st.data())
def test_law_a_size_chosen_after_the_first_stage_keeps_the_level(stages, p0, data):
    """Any rule for the size of the second stage, from the responses of the first."""
    n1, r1 = int(stages.sizes[0]), int(stages.futility[0])
    chance, p_values = [], []
    for x1 in range(n1 + 1):
        first = binom.pmf(x1, n1, p0)
        if x1 <= r1:
            chance.append(first)
            p_values.append(Seen(stages, 0, x1).at_least(np.array([p0]))[0])
            continue
        patients = data.draw(st.integers(1, 30))
        for x2 in range(patients + 1):
            chance.append(first * binom.pmf(x2, patients, p0))
            p_values.append(OffPlan(stages, x1, patients, x2).at_least(np.array([p0]))[0])
    chance, p_values = np.array(chance), np.array(p_values)
    for level in (*p_values, 0.01, 0.05, 0.1, 0.3):
        assert chance[p_values <= level].sum() <= level + 1e-10


@pytest.mark.parametrize("design", SIMON[:4])
def test_law_p_values_off_the_plan_rise_with_the_rate(design):
    """Also near 1, where many tests of the plan have the same error after rounding."""
    (r1, n1, _, n), rates = design, np.linspace(0, 1, 1001)
    for patients in (1, (n - n1) // 2, n - n1 + 1, 2 * (n - n1)):
        for x1 in {r1 + 1, (r1 + n1) // 2, n1}:
            for x2 in range(0, patients + 1, 5):
                seen = OffPlan(two(*design), x1, patients, x2)
                assert (np.diff(seen.at_least(rates)) >= -1e-12).all()
                assert (np.diff(seen.at_most(rates)) <= 1e-12).all()


@pytest.mark.parametrize("patients", [12, 30])
def test_law_intervals_off_the_plan_cover(patients):
    stages, rng = two(1, 10, 5, 29), (0.05, 0.1, 0.22, 0.4, 0.8)
    found = {}
    for x1 in range(11):
        for x2 in range(patients + 1 if x1 > 1 else 1):
            seen = OffPlan(stages, x1, patients, x2) if x1 > 1 else Seen(stages, 0, x1)
            found[x1, x2] = (*seen.interval(0.9), seen.median_unbiased)
    assert all(low <= middle <= high for low, high, middle in found.values())
    for p in rng:
        covered = sum(
            binom.pmf(x1, 10, p) * (binom.pmf(x2, patients, p) if x1 > 1 else 1)
            for (x1, x2), (low, high, _) in found.items()
            if low <= p <= high
        )
        assert covered >= 0.9


# ---- another first look than planned -----------------------------------------------------------------


@pytest.mark.parametrize("stages", PLANS[:-1], ids=lambda s: f"{s.sizes.tolist()}{s.futility.tolist()}")
@pytest.mark.parametrize("p0", [0.05, 0.1, 0.2, 0.3])
def test_law_a_first_look_at_another_size_keeps_the_errors_of_the_plan(stages, p0):
    rates, planned = np.array([p0]), stages.chances(np.array([p0]))
    for size in range(1, int(stages.sizes[1])):
        changed = attained(stages, p0, (size,), (0,))
        success, failure = changed.chances(rates)
        assert success.sum() <= planned[0].sum() + 1e-11
        assert success[0, 0] <= planned[0][0, 0] + 1e-11
        assert failure[0, 0] <= planned[1][0, 0] + 1e-11
        tighter = changed._replace(efficacy=changed.efficacy - [0, 1])  # one response fewer would be too few
        assert tighter.chances(rates)[0].sum() > planned[0].sum()
        if size == stages.sizes[0]:
            assert all(np.array_equal(a, b) for a, b in zip(changed, stages, strict=True))


@given(simon_designs(), st.floats(0.05, 0.6))
def test_law_the_planned_first_look_is_left_as_it_is(stages, p0):
    error = stages.chances(np.array([p0]))[0].sum()
    assume(error > 1e-9)
    same = attained(stages, p0, (int(stages.sizes[0]),), (0,))
    assert same.futility[0] == stages.futility[0]
    assert same.chances(np.array([p0]))[0].sum() == pytest.approx(error, abs=2e-12)


# ---- looks at other sizes than planned ---------------------------------------------------------------

FOUR = Stages(np.array([6, 12, 18, 24]), np.array([5.0, 7.0, np.inf, 10.0]), np.array([0.0, 2.0, 4.0, 9.0]))


@st.composite
def looks_off_the_plan(draw):
    """A plan, its looks at other sizes and the planned ones they stand for, the last one included."""
    stages = draw(st.sampled_from([FLEMING, THREE, FOUR]))
    planned = [int(n) for n in stages.sizes]
    taken = draw(st.lists(st.integers(1, planned[-1] - 1), min_size=1, max_size=len(planned) - 1, unique=True))
    sizes = [*sorted(taken), draw(st.integers(planned[-1], planned[-1] + 6))]
    places = stood_for(planned, sizes)
    assume(places[-2] < len(planned) - 1)
    return stages, sizes, places


@given(looks_off_the_plan(), st.floats(0.05, 0.5))
def test_law_looks_off_the_plan_spend_no_more_than_it_does(given_, p0):
    stages, sizes, places = given_
    rates = np.array([p0])
    planned, changed = stages.chances(rates), attained(stages, p0, sizes, places)
    found = changed.chances(rates)
    assert len(changed.sizes) == len(sizes)
    assert [int(n) for n in changed.sizes[:-1]] == sizes[:-1]
    for look, place in enumerate(places[:-1]):
        for kind in (0, 1):
            assert found[kind][0, : look + 1].sum() <= planned[kind][0, : place + 1].sum() + 1e-11
    assert found[0].sum() <= planned[0].sum() + 1e-11
    # each bound is the outermost that does so: one response more or less would be too much
    alive, before = np.ones(1), 0
    spent = [0.0, 0.0]
    for look, (n, place) in enumerate(zip(sizes[:-1], places, strict=False)):
        alive = np.convolve(alive, binom.pmf(np.arange(n - before + 1), n - before, p0))
        s, can = np.arange(n + 1), np.flatnonzero(alive > 0)
        low, high = max(changed.futility[look], can[0] - 1), min(changed.efficacy[look], can[-1] + 1)
        more = alive[s <= low + 1].sum(), alive[s >= high - 1].sum()
        if not (sizes[: look + 1] == stages.sizes[: look + 1].tolist() and places[look] == look):
            assert spent[1] + more[0] > planned[1][0, : place + 1].sum() or low == -np.inf
            assert spent[0] + more[1] > planned[0][0, : place + 1].sum()
        spent = [spent[0] + alive[s >= high].sum(), spent[1] + alive[s <= low].sum()]
        alive, before = np.where((s > low) & (s < high), alive, 0.0), n


@given(looks_off_the_plan(), st.floats(0.05, 0.5))
def test_law_estimates_of_looks_off_the_plan_are_unbiased_and_intervals_cover(given_, p0):
    stages, sizes, places = given_
    changed = attained(stages, p0, sizes, places)
    changed = changed._replace(sizes=np.array(sizes))  # the last size too, had it been planned
    ends = [Seen(changed, *end) for end in outcomes(changed)]
    estimates, limits = [e.unbiased for e in ends], [e.interval(0.9) for e in ends]
    for p in (0.0, 0.07, p0, 0.33, 0.61, 0.95, 1.0):
        chance = masses(changed, p)
        assert chance @ estimates == pytest.approx(p, abs=1e-12)
        assert sum(w for w, (low, high) in zip(chance, limits, strict=True) if low <= p <= high) >= 0.9 - 1e-12


@given(looks_off_the_plan(), st.floats(0.05, 0.5), st.randoms(use_true_random=False))
def test_law_a_last_size_chosen_from_the_responses_keeps_the_level_after_several_looks(given_, p0, chosen):
    """Looks came when they came; the last size follows from the responses seen by then, in any way."""
    stages, sizes, places = given_
    changed = attained(stages, p0, sizes, places)
    chance, p_values = [], []
    alive, before = np.ones(1), 0
    for look, n in enumerate(sizes[:-1]):
        alive = np.convolve(alive, binom.pmf(np.arange(n - before + 1), n - before, p0))
        for s in np.flatnonzero(changed.stops(look)):
            if alive[s] > 0:
                chance.append(alive[s])
                p_values.append(Seen(changed, look, int(s)).at_least(np.array([p0]))[0])
        alive, before = np.where(changed.stops(look), 0.0, alive), n
    for s in np.flatnonzero(alive > 0):
        patients = chosen.randint(1, 14)
        for x in range(patients + 1):
            chance.append(alive[s] * binom.pmf(x, patients, p0))
            p_values.append(OffPlan(changed, int(s), patients, x).at_least(np.array([p0]))[0])
    chance, p_values = np.array(chance), np.array(p_values)
    assert chance.sum() == pytest.approx(1, abs=1e-12)
    for level in (*p_values, 0.01, 0.05, 0.1, 0.3):
        assert chance[p_values <= level].sum() <= level + 1e-10


def test_law_looks_as_planned_are_left_as_they_are():
    for stages in PLANS:
        sizes = [int(n) for n in stages.sizes]
        assert attained(stages, 0.2, sizes, range(len(sizes))) is stages
        longer = attained(stages, 0.2, [*sizes[:-1], sizes[-1] + 3], range(len(sizes)))
        assert all(np.array_equal(a, b) for a, b in zip(longer, stages, strict=True))
