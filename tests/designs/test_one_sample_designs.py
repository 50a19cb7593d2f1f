"""One-sample tests in single arms: theory against simulation for each of them, published numbers, laws."""

from __future__ import annotations

import inspect
import math
import zlib

import numpy as np
import pytest
from scipy.stats import norm

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")
ERRORS = 3.5
BENCHMARK = ici.Exponential(median=4.7)
ENTRY = ici.Enrollment(duration=24)
TRUTH = ici.Scenario(control=BENCHMARK, effect=ici.HazardRatio(0.6), enrollment=ENTRY)

# ---- the two faces of every test -------------------------------------------------------------------------

STATISTICS = {  # and the error that the formula may have on top of that of simulation
    "average": (ici.OneSampleLogRank(), 0.003),
    "expected": (ici.OneSampleLogRank(variance="expected"), 0.003),
    "poisson": (ici.OneSampleLogRank(variance="poisson"), 0.003),
    "restricted": (ici.OneSampleLogRank(follow_up=6), 0.003),
    "benchmark error": (ici.OneSampleLogRank(benchmark_sd=0.15), 0.003),
    "exponential": (ici.ExponentialTest(), 0.003),
    "milestone": (ici.Milestone(6), 0.03),  # everybody is followed to the month: a proportion, whose power jumps
    "mean": (ici.RestrictedMean(9), 0.02),
    "exponential, error": (ici.ExponentialTest(benchmark_sd=0.1), 0.003),
    "milestone, error": (ici.Milestone(6, benchmark_sd=0.1), 0.03),
    "mean, error": (ici.RestrictedMean(9, benchmark_sd=0.1), 0.02),
}
WORLDS = {
    "plain": TRUTH,
    "null": TRUTH.null,
    "weibull": TRUTH.with_(control=ici.Weibull(shape=0.7, median=4.7)),
    "delayed": TRUTH.with_(effect=ici.HazardRatio(0.4, delay=2)),
    "dropout": TRUTH.with_(dropout=ici.Exponential(rate=0.03)),
    "ramp": TRUTH.with_(enrollment=ici.Enrollment(duration=24, relative_rates=(1, 3), knots=(12,))),
    "strata": ici.Scenario(
        strata=(
            ici.Stratum("low", share=0.6, control=BENCHMARK, effect=ici.HazardRatio(0.6)),
            ici.Stratum("high", share=0.4, control=ici.Exponential(median=9), effect=ici.HazardRatio(0.8)),
        ),
        enrollment=ENTRY,
    ),
}
LOOKS = {
    "after": (ici.AfterEnrollment(12), ici.Fixed(0.05)),
    "events": (ici.AtEvents(26), ici.Fixed(0.05)),
    "interim": (ici.AtMonths((18, 36)), ici.GivenBounds((2.6, 1.7), futility=(0.0,), alpha=0.05)),
}
MORE = {"after": 0.0, "events": 0.008, "interim": 0.006}  # hazards that are not proportional; correlation of two looks
CELLS = [
    (s, w, k) for s in STATISTICS for w in WORLDS for k in LOOKS if k == "after" or s in ("average", "exponential")
]


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_law_power_is_as_simulated(cell):
    """Of many comparisons a few exceed 3.5 errors by chance: those are drawn anew, longer."""
    (statistic, allowance), world, (looks, rule) = STATISTICS[cell[0]], WORLDS[cell[1]], LOOKS[cell[2]]
    design = ici.SingleArm(40, benchmark=BENCHMARK, statistic=statistic, looks=looks, rule=rule).plan_for(TRUTH)
    found, free = ici.power(design, world), allowance + MORE[cell[2]]
    for replicates in (6_000, 40_000):
        result = ici.simulate(design, world, replicates=replicates, rng=zlib.crc32(repr(cell).encode()))
        if abs(found.power - result.power) <= ERRORS * result.error + free:
            break
    else:
        pytest.fail(f"formula {found.power:.4f}, simulated {result.power:.4f} (error {result.error:.4f})")
    events = np.abs(np.array(found.events) - result.events)
    assert np.all(events <= ERRORS * np.array(result.errors.events) + (0.6 if cell[2] == "events" else 0.02))


def test_law_every_class_is_tried():
    def concrete(kind):
        found = {c for s in kind.__subclasses__() for c in concrete(s)}
        return found | (set() if inspect.isabstract(kind) else {kind})

    assert concrete(ici.OneSample) == {type(statistic) for statistic, _ in STATISTICS.values()}


def test_law_poisson_entries_change_little():
    """Enrolment at a rate: the formula takes a steady stream."""
    world = TRUTH.with_(enrollment=ici.Enrollment(rate=40 / 24))
    design = ici.SingleArm(40, benchmark=BENCHMARK, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05))
    result = ici.simulate(design, world, replicates=20_000, rng=3)
    assert abs(ici.power(design, world).power - result.power) < ERRORS * result.error + 0.006


# ---- the error of the benchmark ----------------------------------------------------------------------------


def law(sd):
    """No effect, and a benchmark median that is known to a standard error of its log."""
    return ici.Scenario(control=ici.NormalMixture.lognormal(4.7, sd), effect=ici.HazardRatio(1.0), enrollment=ENTRY)


@pytest.mark.parametrize(("sd", "error"), [(0.164, 0.087), (0.2175, 0.125)])
def test_published_error_against_a_published_median(sd, error):
    """40 events at a nominal 0.025: 1 - Phi(z / sqrt(1 + D s^2)), by averaging over the benchmark's error."""
    design = ici.SingleArm(
        60,
        benchmark=BENCHMARK,
        statistic=ici.ExponentialTest(formula="events"),
        looks=ici.AtEvents(40),
        rule=ici.Fixed(0.025),
    ).plan_for(TRUTH)
    found = ici.assurance(design, law(sd)).power
    assert found == pytest.approx(norm.sf(1.959964 / math.sqrt(1 + 40 * sd**2)), abs=1e-6)
    assert round(found, 3) == error


def test_law_the_real_test_has_that_error_too():
    """The log-rank test itself, by simulation that draws the benchmark's error anew for each trial."""
    looks = ici.AtEvents(40)
    design = ici.SingleArm(
        60, benchmark=BENCHMARK, statistic=ici.OneSampleLogRank(), looks=looks, rule=ici.Fixed(0.025)
    )
    result = ici.simulate(design.plan_for(TRUTH), law(0.2175), replicates=20_000, rng=5)
    assert abs(result.power - 0.125) < ERRORS * result.error + 0.002
    counted = design.with_(statistic=ici.OneSampleLogRank(benchmark_sd=0.2175)).plan_for(TRUTH)
    held = ici.simulate(counted, law(0.2175), replicates=20_000, rng=6)
    assert abs(held.power - 0.025) < ERRORS * held.error + 0.002


def events_needed(sd):
    """Events for power 0.8 at hazard ratio 0.6 and a one-sided 0.025, by the closed form; n grows with them."""
    design = ici.SingleArm(
        benchmark=BENCHMARK,
        statistic=ici.ExponentialTest(formula="events", benchmark_sd=sd),
        looks=ici.AfterEnrollment(400),  # everybody is followed to the event
        rule=ici.Fixed(0.025),
    )
    return ici.sample_size(design, TRUTH, power=0.8).n_exact


@pytest.mark.parametrize(("sd", "events"), [(0.0, 30), (0.2175, 189)])
def test_published_events_for_a_hazard_ratio(sd, events):
    assert round(events_needed(sd)) == events


def test_published_no_number_of_events():
    """With a between-study standard deviation of 0.25 the hazard ratio must be below 0.523."""
    sd = math.hypot(0.2175, 0.25)
    with pytest.raises(ici.NoSolution, match=r"however many patients, .* = 0\.522 for the test to show it"):
        events_needed(sd)
    assert math.exp(-1.959964 * sd) == pytest.approx(0.523, abs=1e-3)


def test_law_a_counted_error_keeps_the_level_on_average():
    """Averaged over the benchmark's law the type I error is the nominal one, the better the larger n."""
    for n, close in ((20, 3e-3), (44, 2.5e-3), (200, 1e-3)):
        design = ici.SingleArm(
            n, benchmark=BENCHMARK, statistic=ici.OneSampleLogRank(benchmark_sd=0.2412), rule=ici.Fixed(0.025)
        )
        assert ici.assurance(design.plan_for(TRUTH), law(0.2412)).power == pytest.approx(0.025, abs=close)
    naive = ici.SingleArm(200, benchmark=BENCHMARK, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.025))
    assert ici.assurance(naive.plan_for(TRUTH), law(0.2412)).power > 0.25


# ---- laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATISTICS)
def test_law_sized_design_has_the_power_and_no_smaller_one_has(name):
    design = ici.SingleArm(benchmark=BENCHMARK, statistic=STATISTICS[name][0], rule=ici.Fixed(0.05))
    plan = ici.sample_size(design, TRUTH, power=0.8)
    assert plan.power >= 0.8 > ici.power(design.with_(n=plan.n - 1), TRUTH).power
    stronger = ici.sample_size(design, TRUTH.with_(effect=ici.HazardRatio(0.5)), power=0.8)
    assert stronger.n_exact < plan.n_exact
