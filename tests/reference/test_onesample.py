"""One arm against a benchmark curve: lrstat, npsurvSS, closed forms, and designs printed by OneArm2stage.

The README in onesample/ gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, poisson

import icibaseline as ici
from icibaseline.statistics.one_sample import OneArm
from icibaseline.statistics.one_sample.contrasts import CONTRASTS

FOLDER = Path(__file__).parent / "onesample"
KM, KM_N = "lrstat-0.3.3 kmpower1s", "lrstat-0.3.3 kmsamplesize1s"
RM, RM_N = "lrstat-0.3.3 rmpower1s", "lrstat-0.3.3 rmsamplesize1s"
WU, MLE = (
    "closed form Wu (2015) one-sample log-rank by R integrate",
    "closed form: z=log(l0/lhat)*sqrt(D)",
)
MLE_EVENTS, RATE = "closed form: D=(za+zb)^2/log(HR)^2", "lrstat-0.3.3 samplesizeOneRateExact"
EVENTS, NP_EVENTS = "lrstat-0.3.3 nevent", "npsurvSS-1.1.0 exp_events"


@cache
def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


def rows(source):
    return [row for row in table("onesample_survival") if row["source"] == source]


def numbers(cell):
    return tuple(float(x) for x in cell.split(";"))


def number_of(row):
    """Patients; the closed form rows leave it to the row of the scenario that has it."""
    same = [r for r in table("onesample_survival") if r["scenario"] == row["scenario"] and r["mode"] == "power"]
    return float(next(r["n"] for r in same if r["n"]))


def scenario(row):
    arm = ici.PiecewiseExponential(numbers(row["lambda_alt"]), numbers(row["hazard_breaks"])[1:])
    lost = float(row["dropout_hazard"])
    return ici.Scenario(
        ici.Exponential(rate=float(row["lambda0"])),
        arm,
        enrollment=ici.Enrollment(duration=float(row["accrual_duration"])),
        dropout=ici.Exponential(rate=lost) if lost else None,
    )


def statistic(row):
    makers = {
        "KM milestone": lambda: ici.Milestone(float(row["tau"]), transform="identity", formula="normal"),
        "RMST": lambda: ici.RestrictedMean(float(row["tau"])),
        "one-sample log-rank (Wu 2015)": lambda: ici.OneSampleLogRank(variance="expected", formula="wu"),
        "exponential MLE log-hazard Wald": lambda: ici.ExponentialTest(formula="events"),
        "events_expected": ici.OneSampleLogRank,
    }
    return makers[row["test"]]()


def design(row, n=None):
    return ici.SingleArm(
        n,
        benchmark=scenario(row).control,
        statistic=statistic(row),
        looks=ici.AfterEnrollment(float(row["followup"])),
        rule=ici.Fixed(alpha=float(row["alpha"])),
    )


def quietly(verb, *arguments, **named):
    """Small designs are wanted here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        return verb(*arguments, **named)


def characteristics(row):
    return quietly(ici.power, design(row, number_of(row)), scenario(row))


def summary(source, errors, expected):
    errors = sorted(errors)
    print(f"{source}: {len(errors)} rows, largest error {errors[-1]:.1e}, median {errors[len(errors) // 2]:.1e}")
    assert len(errors) == expected
    return errors[-1]


@pytest.mark.parametrize(("source", "count"), [(KM, 45), (RM, 45), (WU, 32), (MLE, 32)])
def test_reference_power(source, count):
    errors = [abs(characteristics(row).power - float(row["power_out"])) for row in rows(source)]
    assert summary(source, errors, count) <= 1e-10


@pytest.mark.parametrize(("source", "count"), [(KM_N, 45), (RM_N, 45)])
def test_reference_sample_size(source, count):
    errors = []
    for row in rows(source):
        target = float(row["power_out"])  # what lrstat's n has, within 4e-8 of what was asked for
        try:
            plan = quietly(ici.sample_size, design(row), scenario(row), power=target)
        except ici.NoSolution:  # the alternative is on the wrong side there, and lrstat says so with NA
            assert row["n_out"] in ("", "NA")
            continue
        errors.append(abs(plan.n_exact / float(row["n_out"]) - 1))
    assert summary(source, errors, count) <= 2e-7


@pytest.mark.parametrize(("source", "count", "close"), [(EVENTS, 45, 1e-11), (NP_EVENTS, 45, 1e-5)])
def test_reference_expected_events(source, count, close):
    errors = [abs(characteristics(row).events[0] / float(row["events"]) - 1) for row in rows(source)]
    assert summary(source, errors, count) <= close


def test_reference_events_of_the_exponential_test():
    """Events of the closed form, from the drift for each of them."""
    errors = []
    for row in rows(MLE_EVENTS):
        truth, alpha, power = scenario(row), float(row["alpha"]), float(row["power"])
        arm = truth.resolved
        grown = ici.ExponentialTest(formula="events").moments(
            OneArm(arm, truth.control, 100.0, arm.enrollment.accrual(100.0), np.array([[500.0]]))
        )
        each = grown.drift[0, 0] / math.sqrt(grown.events[0, 0])
        needed = ((norm.isf(alpha) + norm.ppf(power)) / each) ** 2
        errors.append(abs(needed / float(row["events"]) - 1))
    assert summary(MLE_EVENTS, errors, 32) <= 1e-9


def test_reference_exact_test_of_a_rate():
    """With a known exposure the Poisson contrast is lrstat's exact test: the greatest count that rejects, and its n."""
    errors = []
    for row in rows(RATE):
        n, exposure = int(row["n_out"]), float(row["exposure"])
        rate0, rate1, alpha = float(row["lambda0"]), float(row["lambda_alt"]), float(row["alpha"])
        counts = np.arange(400.0)
        limits = CONTRASTS["poisson"].threshold(counts, np.full(400, norm.isf(alpha)))
        greatest = [int(np.count_nonzero(limits <= rate0 * m * exposure)) - 1 for m in (n - 1, n)]
        assert greatest[1] == int(row["r"])
        errors.append(abs(poisson.cdf(greatest[1], rate1 * n * exposure) - float(row["power_out"])))
        errors.append(abs(poisson.cdf(greatest[1], rate0 * n * exposure) - float(row["attained_alpha"])))
        assert poisson.cdf(greatest[0], rate1 * (n - 1) * exposure) < float(row["power"])
    assert summary(RATE, errors, 24) <= 1e-9


def test_reference_every_row_is_used():
    held = Counter(row["source"] for row in table("onesample_survival"))
    used = dict.fromkeys((KM, KM_N, RM, RM_N, EVENTS, NP_EVENTS), 45) | dict.fromkeys((WU, MLE, MLE_EVENTS), 32)
    assert held == used | {RATE: 12}
    assert len(table("two_stage")) == 11


# ---- two-stage designs that were printed ----------------------------------------------------------------


def benchmark(row):
    shape, alive, at = float(row["shape"]), float(row["S0"]), float(row["x0"])
    return {
        "weibull": lambda: ici.Weibull(shape=shape, scale=at / (-math.log(alive)) ** (1 / shape)),
        "log-normal": lambda: ici.LogNormal(sigma=shape, median=at / math.exp(shape * norm.isf(alive))),
        "log-logistic": lambda: ici.LogLogistic(shape=shape, median=at / ((1 - alive) / alive) ** (1 / shape)),
    }[row["family"]]()


def both(first, second, rho):
    return multivariate_normal.cdf([-first, -second], cov=[[1, rho], [rho, 1]], abseps=1e-9, releps=1e-9)


class Printed:
    """A printed design, and the law of Z at its two looks."""

    def __init__(self, row, formula):
        self.n, self.alpha = int(row["n"]), float(row["alpha"])
        self.c1, self.c, self.t1 = float(row["c1"]), float(row["c"]), float(row["t1"])
        length, last = self.n / float(row["rate"]), float(row["follow_up"])
        self.n1 = self.n * self.t1 / length
        held = last if row["restricted"] == "1" else None
        test = ici.OneSampleLogRank(variance="expected", formula=formula, follow_up=held)
        curve = benchmark(row)
        truth = ici.Scenario(
            control=curve, effect=ici.HazardRatio(float(row["hr"])), enrollment=ici.Enrollment(duration=length)
        )
        months = np.array([[self.t1, length + last]])
        self.null, self.alternative = (
            test.moments(OneArm(w.resolved, curve, self.n, w.enrollment.accrual(self.n), months))
            for w in (truth.null, truth)
        )

    def passes(self, moments, c):
        """Probability of passing both bounds."""
        x = (np.array([self.c1, c]) - moments.drift[0]) / moments.spread[0]
        return both(*x, math.sqrt(moments.information[0, 0] / moments.information[0, 1]))


@pytest.mark.parametrize("row", table("two_stage"), ids=lambda r: f"{r['family']}-{r['n']}-{r['t1']}")
def test_published_two_stage_designs_of_onearm2stage(row):
    """Bound at the end, power, early stopping and expected n of every printed design, by its own formula."""
    printed = Printed(row, "wu2020")
    c = ici.solve(lambda c: printed.passes(printed.null, c), printed.alpha, between=(0, 3)).x
    assert c == pytest.approx(printed.c, abs=4e-4)
    assert printed.passes(printed.alternative, c) == pytest.approx(1 - float(row["beta"]), abs=2e-4)
    stop = norm.cdf(printed.c1)
    assert stop == pytest.approx(float(row["PS"]), abs=1e-4)
    assert stop * printed.n1 + (1 - stop) * printed.n == pytest.approx(float(row["ES"]), abs=1e-3)


@pytest.mark.parametrize("row", table("two_stage"), ids=lambda r: f"{r['family']}-{r['n']}-{r['t1']}")
def test_published_two_stage_designs_have_more_power_than_printed(row):
    """With all patients in the mean at the interim look, as "wu" takes it and simulation finds."""
    printed = Printed(row, "wu")
    gain = printed.passes(printed.alternative, printed.c) - (1 - float(row["beta"]))
    assert 0.002 < gain < 0.03


def test_published_single_stage_size():
    """Wu 2015 for the Weibull example of OneArm2stage: 44.72, so 45."""
    row = table("two_stage")[0]
    curve = benchmark(row)
    truth = ici.Scenario(control=curve, effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(rate=5))
    plan = quietly(
        ici.sample_size,
        ici.SingleArm(
            benchmark=curve,
            statistic=ici.OneSampleLogRank(variance="expected", formula="wu"),
            looks=ici.AfterEnrollment(1),
            rule=ici.Fixed(0.05),
        ),
        truth,
        power=0.85,
    )
    assert plan.n == 45
    assert plan.n_exact == pytest.approx(44.724265, abs=1e-5)
