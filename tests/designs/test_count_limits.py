"""Single arms that count responses: large trials, and what is no benchmark."""

from __future__ import annotations

import re
from time import perf_counter

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

PROMIT = ici.baseline("promit_orr")
TRUTH = ici.ResponseScenario(PROMIT, ici.Rate(0.35))


def test_law_large_trials_are_quick_and_exact():
    start = perf_counter()
    found = ici.power(ici.SingleArm(300_000, benchmark=0.3), ici.ResponseScenario(0.3, ici.Rate(0.302)))
    r = stats.binom.isf(0.05, 300_000, 0.3) + 1
    assert_allclose(found.power, stats.binom.sf(r - 1, 300_000, 0.302), rtol=1e-9)
    str(ici.power(ici.SingleArm(30_000, benchmark=PROMIT), TRUTH))
    assert perf_counter() - start < 3


@pytest.mark.parametrize("rate", [0.301, 0.305, 0.31, 0.32])
def test_law_a_size_beyond_the_limit_is_refused_at_once(rate):
    start = perf_counter()
    with pytest.raises(ici.NoSolution, match="`n_max` = 2000 patients"):
        ici.sample_size(ici.SingleArm(), ici.ResponseScenario(0.3, ici.Rate(rate)), power=0.8)
    assert perf_counter() - start < 3


def test_law_a_posterior_near_its_floor_names_a_number_that_is_enough():
    truth = ici.ResponseScenario(PROMIT, ici.Rate(0.305))
    with pytest.raises(ici.NoSolution, match=r"n = \d+ reaches it") as caught:
        ici.sample_size(ici.SingleArm(rule=ici.Posterior(0.95)), truth, power=0.8)
    n = int(re.search(r"n = (\d+) reaches it", str(caught.value))[1])
    design = ici.SingleArm(n, benchmark=PROMIT, rule=ici.Posterior(0.95))
    assert ici.power(design, truth).power >= 0.8
    assert ici.power(design.with_(n=int(0.9 * n)), truth).power < 0.8


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda: ici.SingleArm(10**9, benchmark=0.3), "1,000,000"),
        (lambda: ici.SingleArm(benchmark=0.3, n_max=10**9), "1,000,000"),
        (lambda: ici.SingleArm(10**5, benchmark=0.3, rule=ici.LeeLiu()), "5,000"),
        (lambda: ici.TwoStage(r1=1, n1=10, r=5, n=10**6, benchmark=0.3), "5,000"),
        (lambda: ici.MultiStage((10, 10**6), efficacy=(None, 8), benchmark=0.3), "5,000"),
    ],
)
def test_law_more_patients_than_can_be_counted_are_refused(make, most):
    with pytest.raises(ici.InvalidInput, match=f"must be at most {most} patients where responses are counted"):
        make()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (np.array([0.1, 0.2]), "must be one rate, a prior on one or a Baseline of a response rate; got .0.1 0.2."),
        (38 / 7, "Write 7/38: responses over patients"),
        (18.4, "Write 0.184 for 18.4 %"),
    ],
)
def test_law_what_is_no_benchmark_is_refused_with_what_to_write(held, said):
    with pytest.raises(ici.InvalidInput, match=said):
        ici.SingleArm(44, benchmark=held)


def test_law_designs_that_always_succeed_and_that_never_do_are_told_apart():
    designs = {name: ici.SingleArm(n, benchmark=p0) for name, n, p0 in (("a", 44, 0.1), ("b", 44, 0.3), ("c", 4, 0.5))}
    found = ici.compare(designs, ici.ResponseScenario(0.3, ici.Rate(0.5)))
    always, some, never = (each.detectable for each in found.summaries)
    assert (always, never) == ("any", "none")
    assert some.startswith("rate 0.4")
