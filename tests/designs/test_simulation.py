"""Simulation: the same for every executor, honest about its error, and right against independent code."""

from __future__ import annotations

import tracemalloc
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import chi2

import icibaseline as ici
from icibaseline.designs.patients import draw_patients
from icibaseline.designs.simulation import BLOCK, block

quiet = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
UNCERTAIN = TRUTH.with_(
    control=ici.NormalMixture.lognormal(4.7, 0.3), effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3))
)
DESIGN = ici.Randomized(134, looks=ici.AfterEnrollment((0, 12)))
SMALL = ici.Randomized(60, ratio=3)


def answers(result):
    """Everything that was counted."""
    return result.power, result.error, result.events, result.months, result.n_by_look, result.errors


# ---- executors, seeds, progress ------------------------------------------------------------------------


def dask_executor():
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None)
    return cluster, Client(cluster)


@pytest.fixture(params=["threads", "processes", "dask"])
def executor(request):
    if request.param != "dask":
        with {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}[request.param](2) as pool:
            yield pool
        return
    cluster, client = dask_executor()
    with cluster, client, client.get_executor() as pool:
        yield pool


@pytest.mark.parametrize("scenario", [TRUTH, UNCERTAIN], ids=["certain", "uncertain"])
def test_law_no_executor_changes_a_bit(executor, scenario):
    """9001 replicates: three tasks and an incomplete block."""
    alone = ici.simulate(DESIGN, scenario, replicates=9001, rng=7)
    assert ici.simulate(DESIGN, scenario, replicates=9001, rng=7, executor=executor) == alone


@quiet
def test_law_permutations_do_not_depend_on_the_executor():
    design = SMALL.with_(statistic=ici.LogRank(reference="permutation", permutations=99))
    alone = ici.simulate(design, TRUTH, replicates=4500, rng=7)
    with ThreadPoolExecutor(2) as pool:
        assert ici.simulate(design, TRUTH, replicates=4500, rng=7, executor=pool) == alone


@pytest.mark.parametrize("replicates", [2, 255, 256, 257, 5000])
def test_law_a_seed_means_one_result(replicates):
    one, same, generator, other = (
        answers(ici.simulate(DESIGN, TRUTH, replicates=replicates, rng=rng))
        for rng in (3, 3, np.random.default_rng(3), 4)
    )
    assert one == same == generator
    assert one != other


def test_law_a_generator_moves_on():
    rng = np.random.default_rng(3)
    first, second = (answers(ici.simulate(DESIGN, TRUTH, replicates=300, rng=rng)) for _ in range(2))
    assert first != second
    assert answers(ici.simulate(DESIGN, TRUTH, replicates=300)) != first


@pytest.mark.parametrize("bad", ["seed", 1.5, -1, object()])
def test_law_what_is_no_source_of_random_numbers_is_refused(bad):
    with pytest.raises(ici.InvalidInput, match="`rng` must be"):
        ici.simulate(DESIGN, TRUTH, replicates=10, rng=bad)


def test_law_an_executor_can_map():
    with pytest.raises(ici.InvalidInput, match="`executor` must be"):
        ici.simulate(DESIGN, TRUTH, replicates=10, executor="threads")


def test_law_progress_goes_to_stderr_and_changes_nothing(capsys):
    silent = ici.simulate(DESIGN, TRUTH, replicates=9001, rng=7)
    never = ici.simulate(DESIGN, TRUTH, replicates=9001, rng=7, progress=False)
    assert capsys.readouterr() == ("", "")
    shown = ici.simulate(DESIGN, TRUTH, replicates=9001, rng=7, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "100 %" in err
    assert err.endswith("\n")
    assert shown == silent == never


def test_law_memory_does_not_grow_with_replicates():
    peaks = []
    for replicates in (500, 2_000, 20_000):  # the first one makes the buffers
        tracemalloc.start()
        ici.simulate(DESIGN, TRUTH, replicates=replicates, rng=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2 * peaks[1]


# ---- what it finds ---------------------------------------------------------------------------------


def test_regression_power_at_134_patients():
    """0.7966 with error 0.0006 at 400,000 replicates."""
    result = ici.simulate(DESIGN.with_(looks=ici.AfterEnrollment(12)), TRUTH, replicates=100_000, rng=1)
    assert abs(result.power - 0.7966) < 4 * np.hypot(result.error, 0.0006)
    assert result.error == pytest.approx(np.sqrt(0.7966 * 0.2034 / 100_000), rel=0.02)
    assert result.replicates == 100_000


@pytest.mark.parametrize(("stratified", "known"), [(True, 0.7535), (False, 0.6996)])
def test_regression_mixed_population(stratified, known):
    """0.7535 stratified and 0.6996 not, each with an error of 0.001."""
    mixed = ici.Scenario(
        strata=(
            ici.Stratum("primary", share=44 / 75, control=TRUTH.control, effect=TRUTH.effect),
            ici.Stratum(
                "acquired", share=31 / 75, control=ici.baseline("mcc_pfs_acquired").typical, effect=TRUTH.effect
            ),
        ),
        enrollment=TRUTH.enrollment,
    )
    design = ici.Randomized(134, statistic=ici.LogRank(stratified=stratified))
    result = ici.simulate(design, mixed, replicates=40_000, rng=2)
    assert abs(result.power - known) < 4 * np.hypot(result.error, 0.001)


def by_hand(control, experimental, trials, rng, hazard, ratio=1.0, accrual=24.0, end=36.0):
    """Z of the log-rank test on trials drawn and analysed by plain loops over patients in order of time."""
    found = []
    arm = np.repeat([0, 1], [control, experimental])
    for _ in range(trials):
        seen = end - rng.uniform(0, accrual, arm.size)
        life = rng.exponential(1 / (hazard * np.where(arm, ratio, 1.0)))
        time, event = np.minimum(seen, life), life <= seen
        order = np.argsort(time)
        labels, event = arm[order], event[order]
        share = labels[::-1].cumsum()[::-1] / np.arange(arm.size, 0, -1)
        found.append((share - labels)[event].sum() / np.sqrt((share * (1 - share))[event].sum()))
    return np.array(found)


@quiet
def test_law_null_rejection_at_three_to_one():
    """The asymptotic test rejects in 3.6 % where 2.5 % are promised; independent code finds the same."""
    result = ici.simulate(SMALL, TRUTH.null, replicates=40_000, rng=5)
    z = by_hand(15, 45, 10_000, np.random.default_rng(8), np.log(2) / 4.7)
    independent = np.mean(z >= 1.959964)
    error = np.sqrt(independent * (1 - independent) / len(z))
    assert abs(result.power - independent) < 3.5 * np.hypot(result.error, error)
    assert abs(result.power - 0.0365) < 4 * result.error
    assert result.power > 0.025 + 8 * result.error


@quiet
def test_law_power_against_independent_code():
    result = ici.simulate(SMALL, TRUTH, replicates=20_000, rng=6)
    z = by_hand(15, 45, 5_000, np.random.default_rng(9), np.log(2) / 4.7, ratio=0.6)
    error = np.sqrt(result.power * (1 - result.power) * (1 / 20_000 + 1 / len(z)))
    assert abs(result.power - np.mean(z >= 1.959964)) < 3.5 * error


def test_law_permutation_holds_the_level():
    """Trials of one block share their permutations, so the error is taken between blocks."""
    statistic = ici.LogRank(reference="permutation", permutations=999)
    design = SMALL.with_(statistic=statistic).plan_for(TRUTH)
    streams = np.random.SeedSequence(4).spawn(40)
    rates = [block(design, TRUTH.null, BLOCK, np.random.default_rng(s)).reject.mean() for s in streams]
    assert np.mean(rates) < 0.025 + 3.5 * np.std(rates, ddof=1) / np.sqrt(len(rates))
    assert np.mean(rates) > 0.025 - 3.5 * np.std(rates, ddof=1) / np.sqrt(len(rates))


def test_law_permutation_holds_the_level_within_strata():
    mixed = ici.Scenario(
        strata=(
            ici.Stratum("a", share=0.6, control=ici.Exponential(4.7), effect=ici.HazardRatio(1.0)),
            ici.Stratum("b", share=0.4, control=ici.Exponential(14), effect=ici.HazardRatio(1.0)),
        ),
        enrollment=TRUTH.enrollment,
    )
    design = ici.Randomized(48, ratio=3, statistic=ici.LogRank(reference="permutation", permutations=199))
    design = design.plan_for(mixed)
    streams = np.random.SeedSequence(5).spawn(40)
    rates = [block(design, mixed, BLOCK, np.random.default_rng(s)).reject.mean() for s in streams]
    assert abs(np.mean(rates) - 0.025) < 3.5 * np.std(rates, ddof=1) / np.sqrt(len(rates))


@pytest.mark.parametrize(
    ("design", "warned"),
    [
        (ici.Randomized(98), 3),
        (ici.Randomized(100), 0),
        (ici.Randomized(300, ratio=2), 3),
        (ici.Randomized(300, ratio=0.5), 0),
        (SMALL.with_(statistic=ici.LogRank(reference="permutation", permutations=99)), 2),  # the formulas, not the test
    ],
)
def test_law_small_and_unequal_trials_are_warned_about(design, warned):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ici.simulate(design, TRUTH, replicates=2)
        ici.power(design, TRUTH)
        ici.assurance(design, TRUTH)
    assert [w.category for w in seen] == [ici.ApproximationWarning] * warned
    assert all(w.filename == __file__ for w in seen)


# ---- looks and errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("enrollment", [ici.Enrollment(duration=24), ici.Enrollment(rate=6)])
def test_law_a_look_at_events_has_exactly_those(enrollment):
    design = DESIGN.with_(looks=ici.AtEvents((40, 100)))
    result = ici.simulate(design, TRUTH.with_(enrollment=enrollment), replicates=3000, rng=1)
    assert result.events == (40, 100)
    assert result.errors.events == (0, 0)
    assert min(result.errors.months) > 0


def test_law_a_look_by_a_month_is_not_later():
    planned = DESIGN.with_(looks=ici.AtEvents((40, 100), by=(17, 25))).plan_for(TRUTH)
    found = block(planned, TRUTH, 2000, np.random.default_rng(1))
    assert np.all(found.months <= [17, 25])
    assert np.all((found.events == [40, 100]) | (found.months == [17, 25]))
    assert np.all(found.events <= [40, 100])


def test_law_a_cut_shows_what_has_happened():
    """Patient by patient: not entered, event seen, lost before, or followed until the cut."""
    lost = TRUTH.with_(dropout=(ici.Exponential(rate=0.1), ici.Exponential(rate=0.05)))
    patients = draw_patients(lost, (15, 45), 40, np.random.default_rng(1))
    cuts = np.linspace(6, 40, 40)
    data, events, entered = patients.at(cuts)
    assert data.experimental.tolist() == [False] * 15 + [True] * 45
    for row, cut in enumerate(cuts):
        for i, entry in enumerate(patients.entry[row]):
            followed, ends = patients.follow_up[row, i], entry + patients.follow_up[row, i]
            assert data.event[row, i] == (np.isfinite(patients.event_months[row, i]) and ends <= cut)
            assert (data.time[row, i] < 0) == (entry > cut)
            assert entry > cut or data.time[row, i] == min(followed, cut - entry)
        assert (events[row], entered[row]) == (data.event[row].sum(), (patients.entry[row] <= cut).sum())
    assert 0 < np.isinf(patients.event_months[:, 15:]).mean() < np.isinf(patients.event_months[:, :15]).mean()


def test_law_monte_carlo_errors_are_right():
    """Variance over 200 runs against the variance that the runs print."""
    runs = [ici.simulate(DESIGN, TRUTH, replicates=300, rng=rng) for rng in range(200)]
    low, high = chi2.ppf([0.0005, 0.9995], len(runs) - 1) / (len(runs) - 1)
    printed = [
        [(r.power, r.error) for r in runs],
        [(r.events[0], r.errors.events[0]) for r in runs],
        [(r.expected_events, r.errors.expected_events) for r in runs],
    ]
    for pairs in printed:
        values, errors = np.array(pairs).T
        assert low < np.var(values, ddof=1) / np.mean(errors**2) < high


def test_law_priors_are_drawn_for_each_trial():
    """Months and events as averaged, rejection as averaged but for the formula's own error."""
    design = ici.Randomized(134, statistic=ici.LogRank(formula="second-order"), looks=ici.AfterEnrollment((0, 12)))
    averaged, simulated = ici.assurance(design, UNCERTAIN), ici.simulate(design, UNCERTAIN, replicates=40_000, rng=3)
    assert abs(simulated.power - averaged.power) < 3.5 * simulated.error + 0.002
    gap = np.abs(np.subtract(simulated.events, averaged.events))
    assert np.all(gap < 3.5 * np.array(simulated.errors.events))
    typical = ici.simulate(design, UNCERTAIN.typical, replicates=40_000, rng=3)
    assert abs(simulated.power - typical.power) > 10 * simulated.error


def test_law_type_one_error_under_priors():
    planned = DESIGN.plan_for(UNCERTAIN)
    result = ici.simulate(planned, UNCERTAIN.null, replicates=40_000, rng=3)
    assert abs(result.power - 0.025) < 3.5 * result.error + 0.001
