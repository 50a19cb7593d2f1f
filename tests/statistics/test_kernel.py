"""The batched log-rank kernel: R packages, statsmodels and lifelines, exact rational arithmetic, and laws."""

from __future__ import annotations

import csv
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from icibaseline.errors import InvalidInput
from icibaseline.statistics._kernel import Workspace, logrank
from icibaseline.statistics._permutation import permutation_pvalues

REFERENCE = Path(__file__).parents[1] / "reference" / "logrank"
DATA = sorted(path.stem for path in (REFERENCE / "data").glob("*.csv"))
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def patients(name):
    with (REFERENCE / "data" / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    labels = sorted({row["strata"] for row in rows})
    return (
        np.array([[float(row["time"]) for row in rows]]),
        np.array([[row["event"] == "1" for row in rows]]),
        np.array([row["arm"] == "1" for row in rows]),
        np.array([labels.index(row["strata"]) for row in rows]),
    )


def by_hand(time, event, arm, null=1):
    """One row in exact rational arithmetic, straight from the definition."""
    score = variance = Fraction(0)
    time, event, arm = (np.asarray(part).tolist() for part in (time, event, arm))  # Python numbers do not overflow
    null, rows = Fraction(null), list(zip(time, event, arm, strict=True))
    for now in {t for t, e, _ in rows if e and t >= 0}:
        y1, y0 = (sum(t >= now and a == label for t, _, a in rows) for label in (1, 0))
        d1, d0 = (sum(t == now and e and a == label for t, e, a in rows) for label in (1, 0))
        p, d, y = null * y1 / (y0 + null * y1), d1 + d0, y1 + y0
        score += d * p - d1
        variance += d * p * (1 - p) * Fraction(y - d, max(y - 1, 1))
    return float(score), float(variance)


@st.composite
def trials(draw, tied=None, rows=5):
    """Time, event and arm of a few trials: continuous, rounded, or with times that differ in the last bits only."""
    r, n = draw(st.integers(1, rows)), draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["continuous", "rounded", "bits"])) if tied is None else ("rounded" if tied else "")
    time = rng.exponential(draw(st.sampled_from([1e-3, 3.0, 1e5])), (r, n))
    if kind == "rounded":
        time = rng.integers(0, 8, (r, n)).astype(float)
    if kind == "bits":
        time = 1 + rng.integers(0, 9, (r, n)) * 2.0**-52
    return time, rng.random((r, n)) < draw(st.sampled_from([0.0, 0.5, 1.0])), rng.random((r, n)) < 0.6


def strata_like(time, seed):
    return np.random.default_rng(seed).integers(0, 3, time.shape)


# ---- reference and published values ----------------------------------------------------------------


def test_reference_r_packages():
    """Every copied row is used; 12 digits are printed, so 1e-11 relative (1e-10 for a z or chi2 near 0)."""
    with (REFERENCE / "analysis.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        time, event, arm, stratum = patients(row["dataset"])
        (u,), (v,) = logrank(time, event, arm, stratum=stratum if "stratified" in row["quantity"] else None)
        sign = -1 if row["source"].startswith(("lrstat", "nphRCT")) else 1
        known = {"chi2": u**2 / v, "value": sign * u / v**0.5, "variance": v, "estimate": -u, "se": v**0.5}
        checked = [name for name in known if row[name]]
        assert checked, row
        for name in checked:
            assert known[name] == pytest.approx(float(row[name]), rel=1e-10, abs=1e-11), (name, row)
        if row["obs"]:
            observed, expected = (float(row[name].split(";")[1]) for name in ("obs", "exp"))
            assert (event[0] & arm).sum() == observed
            assert u == pytest.approx(expected - observed, rel=1e-10)
    print(f"{len(rows)} rows used, 0 skipped")
    assert len(rows) == 71


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("stratified", [False, True])
def test_reference_statsmodels_on_published_data(name, stratified):
    from statsmodels.duration.survfunc import survdiff

    time, event, arm, stratum = patients(name)
    chi2, _ = survdiff(time[0], event[0], arm, strata=stratum if stratified else None)
    score, variance = logrank(time, event, arm, stratum=stratum if stratified else None)
    assert_allclose(abs(score) / np.sqrt(variance), np.sqrt(chi2), **EXACT)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("stratified", [False, True])
def test_reference_statsmodels_on_random_data(tied, stratified):
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.default_rng(11)
    time, event, arm = rng.exponential(5, (40, 60)), rng.random((40, 60)) < 0.6, rng.random((40, 60)) < 0.6
    time = np.ceil(time) if tied else time
    stratum = strata_like(time, 12) if stratified else None
    score, variance = logrank(time, event, arm, stratum=stratum)
    chi2 = [survdiff(time[r], event[r], arm[r], strata=stratum[r] if stratified else None)[0] for r in range(40)]
    assert_allclose(abs(score) / np.sqrt(variance), np.sqrt(chi2), **EXACT)


@pytest.mark.parametrize("name", ["aml", "ovarian", "sim_ties", "veteran"])
def test_reference_lifelines(name):
    from lifelines.statistics import logrank_test

    time, event, arm, _ = patients(name)
    score, variance = logrank(time, event, arm)
    known = logrank_test(time[0][arm], time[0][~arm], event[0][arm], event[0][~arm]).test_statistic
    assert_allclose(score**2 / variance, known, rtol=1e-11)


@pytest.mark.parametrize("null", [0.8, 1.3])
def test_reference_cox_score_at_another_null(null):
    """Without ties, score and variance are first and second derivative of Cox's partial likelihood at log(null)."""
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(4)
    time, event, arm = rng.exponential(5, (1, 60)), rng.random((1, 60)) < 0.7, rng.random(60) < 0.5
    model = PHReg(time[0], arm[:, np.newaxis].astype(float), event[0].astype(int), ties="breslow")
    score, variance = logrank(time, event, arm, null=null)
    beta = np.array([np.log(null)])
    assert_allclose(score, -model.score(beta), rtol=1e-10)
    assert_allclose(variance, -model.hessian(beta)[0], rtol=1e-10)


@given(trials(), st.sampled_from([1, Fraction(13, 10), Fraction(1, 2)]))
def test_reference_rational_arithmetic(trial, null):
    time, event, arm = trial
    known = [by_hand(*row, null) for row in zip(time, event, arm, strict=True)]
    assert_allclose(np.transpose(logrank(time, event, arm, null=float(null))), known, **EXACT)


# ---- laws ------------------------------------------------------------------------------------------


@given(trials())
def test_law_exchange_of_arms(trial):
    time, event, arm = trial
    score, variance = logrank(time, event, arm)
    other, same = logrank(time, event, ~arm)
    assert_allclose(other, -score, **EXACT)
    assert_allclose(same, variance, **EXACT)


@given(trials(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_law_unit_of_time(trial, unit):
    time, event, arm = trial
    assert_array_equal(logrank(unit * time, event, arm), logrank(time, event, arm))


@given(trials(tied=False))
def test_law_only_the_order_of_times_counts(trial):
    time, event, arm = trial
    rank = np.argsort(np.argsort(time, axis=1), axis=1).astype(float)
    assert_array_equal(logrank(rank, event, arm), logrank(time, event, arm))


@given(trials(), st.randoms(use_true_random=False))
def test_law_order_of_patients(trial, random):
    order = random.sample(range(trial[0].shape[1]), trial[0].shape[1])
    assert_allclose(logrank(*(part[:, order] for part in trial)), logrank(*trial), **EXACT)


@given(trials(), st.integers(1, 3))
def test_law_a_row_depends_on_itself_alone(trial, block):
    """To the last bit: alone, repeated, in another block, in a used workspace of another size, by shared arms."""
    time, event, arm = trial
    known = np.transpose(logrank(time, event, arm))
    used = Workspace(block, time.shape[1] + 3)
    logrank(np.full((block, time.shape[1] + 3), 7.0), np.ones((block, time.shape[1] + 3), bool), arm[0, :1].repeat(
        time.shape[1] + 3))  # fmt: skip
    twice = logrank(*(np.concatenate([part, part]) for part in trial), workspace=used)
    assert_array_equal(np.transpose(twice), np.concatenate([known, known]))
    for r, row in enumerate(known):
        assert_array_equal(np.ravel(logrank(time[r : r + 1], event[r : r + 1], arm[r], workspace=used)), row)


@given(trials(), st.integers(0, 99))
def test_law_stratified_is_the_sum_over_strata(trial, seed):
    time, event, arm = trial
    stratum = strata_like(time, seed)
    shared = stratum[0]
    by_trial = sum(np.array(logrank(np.where(stratum == s, time, -1), event, arm)) for s in range(3))
    by_column = sum(
        np.array(logrank(time[:, shared == s], event[:, shared == s], arm[:, shared == s])) for s in set(shared)
    )
    assert_allclose(logrank(time, event, arm, stratum=stratum), by_trial, **EXACT)
    assert_allclose(logrank(time, event, arm, stratum=shared), by_column, **EXACT)
    assert_allclose(logrank(time, event, arm, stratum=np.tile(shared, (len(time), 1))), by_column, **EXACT)


@given(trials())
def test_law_one_stratum_is_none(trial):
    alike = np.zeros(trial[0].shape[1], int)
    assert_array_equal(logrank(*trial, stratum=alike), logrank(*trial))
    assert_array_equal(logrank(*trial, stratum=np.zeros(trial[0].shape, int)), logrank(*trial))


@given(trials(), st.integers(0, 99), st.sampled_from([1.0, 1.3]))
def test_law_excluded_patients_are_not_there(trial, seed, null):
    """With an event or not, and whatever the negative time."""
    time, event, arm = trial
    rng = np.random.default_rng(seed)
    outside = rng.random(time.shape[1]) < 0.4
    before = np.where(
        rng.random(time.shape) < 0.3, rng.choice([1.0, 1e-300, np.inf], time.shape), 1 + rng.random(time.shape)
    )
    masked = np.where(outside, -before, time)
    inside = [part[:, ~outside] for part in trial]
    known = logrank(*inside, null=null) if inside[0].size else np.zeros((2, len(time)))
    assert_allclose(logrank(masked, event, arm, null=null), known, **EXACT)


def test_law_nothing_to_compare_gives_exact_zeros():
    time, arm = np.random.default_rng(1).exponential(size=(3, 49)), np.arange(49) % 2 == 0
    for null in (1.0, 1.3):
        assert_array_equal(logrank(time, np.zeros((3, 49), bool), arm, null=null), np.zeros((2, 3)))  # no event
        for alone in (np.ones(49, bool), np.zeros(49, bool)):  # one arm
            assert_array_equal(logrank(time, np.ones((3, 49), bool), alone, null=null), np.zeros((2, 3)))
    assert_array_equal(logrank(-np.ones((3, 49)), np.ones((3, 49), bool), arm), np.zeros((2, 3)))
    assert_array_equal(logrank(np.ones((3, 1)), np.ones((3, 1), bool), [True]), np.zeros((2, 3)))
    assert logrank(np.empty((0, 49)), np.empty((0, 49), bool), arm)[0].shape == (0,)


@pytest.mark.parametrize("zero", [0.0, -0.0, 5e-324])
def test_law_events_at_time_zero(zero):
    time, event, arm = [zero, 3.0, 2.0, 5.0], [True, True, False, True], [True, False, True, False]
    known = by_hand(time, event, arm)
    assert_allclose(np.ravel(logrank([time], [event], arm)), known, **EXACT)
    assert_allclose(np.ravel(logrank([[*time, -1.0]], [[*event, True]], [*arm, True])), known, **EXACT)
    tie = [zero, 0.0, 2.0, 5.0]
    assert_allclose(np.ravel(logrank([tie], [event], arm)), by_hand(tie, event, arm), **EXACT)


@pytest.mark.parametrize("events", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_law_times_that_differ_in_the_last_bits_are_different(events, bits):
    time, event, arm = [1.0, 1 + bits * 2.0**-52, 3.0, 0.5], [*events, True, True], [True, True, False, False]
    assert_allclose(np.ravel(logrank([time], [event], arm)), by_hand(time, event, arm), **EXACT)


def test_law_infinite_follow_up_is_at_risk_throughout():
    time, event, arm = [1.0, np.inf, 2.0, np.inf], [True, False, True, False], [True, False, False, True]
    assert_allclose(np.ravel(logrank([time], [event], arm)), by_hand(time, event, arm), **EXACT)


def test_law_expected_value_and_variance_of_the_score():
    """Under the null the score has mean 0 and variance E[V]; 3.5 standard errors, 20,000 trials."""
    rng = np.random.default_rng(20)
    time, event = rng.exponential(size=(20_000, 40)), rng.random((20_000, 40)) < 0.7
    score, variance = logrank(time, event, np.arange(40) % 4 > 0)
    assert abs(score.mean()) < 3.5 * score.std() / 20_000**0.5
    assert abs((score**2 - variance).mean()) < 3.5 * (score**2 - variance).std() / 20_000**0.5


# ---- permutation -----------------------------------------------------------------------------------


def enumerated(time, event, arm, stratum):
    """Exact p value over every assignment of the labels within strata."""
    n, exact, observed = len(time), 0, np.divide(*by_strata(time, event, arm, stratum))
    groups = [np.flatnonzero(stratum == s) for s in sorted(set(stratum))]
    choices = [itertools.combinations(group, int(arm[group].sum())) for group in groups]
    every = list(itertools.product(*choices))
    for chosen in every:
        label = np.isin(np.arange(n), list(itertools.chain(*chosen)))
        exact += np.divide(*by_strata(time, event, label, stratum)) >= observed - 1e-12
    return exact / len(every)


def by_strata(time, event, arm, stratum):
    parts = [by_hand(time[stratum == s], event[stratum == s], arm[stratum == s]) for s in set(stratum)]
    score, variance = np.sum(parts, axis=0)
    return score, np.sqrt(variance) if variance > 0 else np.inf


@pytest.mark.parametrize("case", ["plain", "ties", "censored", "strata", "unequal"])
def test_reference_permutation_enumerated(case):
    """Within 4 Monte Carlo standard errors of the exact p value."""
    rng, n, draws = np.random.default_rng(len(case)), {"strata": 9}.get(case, 6), 20_000
    time = rng.integers(1, 4, n).astype(float) if case == "ties" else rng.exponential(size=n)
    event = rng.random(n) < (0.6 if case in ("censored", "ties") else 1)
    arm = np.arange(n) % 3 > 0 if case == "unequal" else np.arange(n) % 2 > 0
    stratum = np.arange(n) // 4 if case == "strata" else np.zeros(n, int)
    exact = enumerated(time, event, arm, stratum)
    given_strata = stratum if case == "strata" else None
    (p,) = permutation_pvalues([time], [event], arm, permutations=draws, rng=3, stratum=given_strata)
    assert 0 < exact < 1
    assert abs(p - exact) < 4 * np.sqrt(exact * (1 - exact) / draws) + 1 / draws


def test_law_permutation_holds_its_level():
    """3:1, n = 24: P(p <= alpha) = alpha exactly under the null, here within 3.5 standard errors.

    Sharing 399 permutations over a block of 256 trials adds at most alpha (1 - alpha) / (399 blocks) of variance.
    """
    rng, blocks, arm = np.random.default_rng(7), 16, np.arange(24) % 4 > 0
    p = []
    for _ in range(blocks):
        time, censored = rng.exponential(1, (256, 24)), rng.exponential(3, (256, 24))
        p.append(permutation_pvalues(np.minimum(time, censored), time < censored, arm, permutations=399, rng=rng))
    for alpha in (0.025, 0.1, 0.5):
        error = np.sqrt(alpha * (1 - alpha) * (1 / (256 * blocks) + 1 / (399 * blocks)))
        assert abs(np.mean(np.concatenate(p) <= alpha) - alpha) < 3.5 * error


@given(trials(), st.integers(0, 99))
def test_law_permutation_ignores_the_excluded_and_the_unit(trial, seed):
    time, event, arm = trial
    n = time.shape[1]
    stratum = np.random.default_rng(seed).integers(0, 2, n)
    p = permutation_pvalues(time, event, arm, permutations=30, rng=seed, stratum=stratum)
    assert_array_equal(permutation_pvalues(8 * time, event, arm, permutations=30, rng=seed, stratum=stratum), p)
    padded = [
        np.pad(part, ((0, 0), (0, 2)), constant_values=value) for part, value in zip(trial, (-1, 1, 1), strict=True)
    ]
    grown = np.append(stratum, stratum[:1].repeat(2))
    assert_array_equal(permutation_pvalues(*padded, permutations=30, rng=seed, stratum=grown), p)


def test_law_permutation_of_trials_of_different_sizes():
    """Trials that differ in patients per arm get permutations of their own size: a tiny one cannot reach a small p."""
    time, event = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, -1, -1, -1, -1]]), np.ones((2, 8), bool)
    arm = np.array([[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0, 1, 1]], bool)
    p = permutation_pvalues(time, event, arm, permutations=4_000, rng=1)
    exact = np.array([1 / 70, 1 / 4])
    assert np.all(abs(p - exact) < 4 * np.sqrt(exact / 4_000))


def test_law_permutation_counts_the_observed_assignment():
    time, arm = np.arange(40.0), np.arange(40) >= 20  # one assignment in 1.4e11 is as favourable
    assert_array_equal(permutation_pvalues([time], np.ones((1, 40), bool), arm, permutations=19, rng=1), [1 / 20])
    assert permutation_pvalues([time], np.ones((1, 40), bool), ~arm, permutations=19, rng=1) == 1


def test_law_permutation_without_information_is_one():
    p = permutation_pvalues([[1.0, 2.0, 3.0]], [[False] * 3], [True, False, True], permutations=19, rng=1)
    assert_array_equal(p, [1.0])


# ---- errors ----------------------------------------------------------------------------------------


GOOD = {"time": np.ones((2, 3)), "event": np.ones((2, 3), bool), "experimental": np.array([True, False, True])}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"time": np.ones(3)}, "`time` must be of shape"),
        ({"time": np.ones((2, 0))}, "`time` must be of shape"),
        ({"time": np.full((2, 3), np.nan)}, "`time` must be a number"),
        ({"time": np.array([[1, 2, 3], [1, -np.float64("nan"), -1]])}, "`time` must be a number"),
        ({"event": np.ones((2, 3))}, "`event` must be boolean"),
        ({"event": np.ones((2, 4), bool)}, "`event` must be boolean"),
        ({"experimental": np.ones(3)}, "`experimental` must be boolean"),
        ({"experimental": np.ones(2, bool)}, "`experimental` must be boolean"),
        ({"stratum": np.zeros(2, int)}, "`stratum` must be integer"),
        ({"stratum": np.zeros(3)}, "`stratum` must be integer"),
        ({"stratum": [0, 1, -1]}, "`stratum` must be 0, 1, 2 and so on"),
        ({"null": 0}, "`null` must be a positive number"),
        ({"workspace": Workspace(2, 2)}, "`workspace` must be for at least 3 patients"),
    ],
)
def test_law_wrong_input_is_refused(change, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        logrank(**(GOOD | change))


def test_law_permutation_needs_exchangeable_labels():
    with pytest.raises(InvalidInput, match="`null` must be 1 for a permutation test"):
        permutation_pvalues(**GOOD, permutations=10, rng=1, null=1.3)
    with pytest.raises(InvalidInput, match="`permutations` must be a whole number"):
        permutation_pvalues(**GOOD, permutations=0, rng=1)


def test_law_workspace_is_bounded():
    with pytest.raises(InvalidInput, match="`rows` must be at most 256"):
        Workspace(257, 10)
    with pytest.raises(InvalidInput, match="`patients` must be a whole number"):
        Workspace(1, 0)
