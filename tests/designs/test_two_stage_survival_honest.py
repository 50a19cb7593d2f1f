"""Two stages of survival: the error of the benchmark, sizes for assurance, the admissible designs."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")
ERRORS = 3.5
PRINTED = ici.Weibull(shape=0.5, scale=3 / math.log(1 / 0.6) ** 2)  # S(3) = 0.6
TRUTH = ici.Scenario(control=PRINTED, effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(rate=5))
UNCERTAIN = TRUTH.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.5, 0.2)))

# ---- the error of the benchmark -----------------------------------------------------------------------

SD = 0.2
PRIOR = ici.NormalMixture.lognormal(4.7, SD)
STRONG = ici.Scenario(control=PRIOR, effect=ici.HazardRatio(0.45), enrollment=ici.Enrollment(rate=1.5))
NAIVE = ici.TwoStageSurvival(alpha=0.05, benchmark=PRIOR, looks=ici.AfterEnrollment(6))
HONEST = NAIVE.with_(statistic=ici.OneSampleLogRank(benchmark_sd=SD))


@functools.cache
def sized(design, world=STRONG, **target):
    return ici.sample_size(design, world, **(target or {"power": 0.8}))


def test_law_the_average_error_of_the_honest_design_is_alpha():
    """By the quadrature of `assurance`, which knows nothing of the search; of the usual design it is far above."""
    found = sized(HONEST)
    averaged = ici.assurance(found.design, STRONG.null)
    assert averaged.power == pytest.approx(0.05, abs=2e-5)
    assert found.power == pytest.approx(0.8, abs=1e-6)
    assert found.n > sized(NAIVE).n
    assert ici.assurance(sized(NAIVE).design, STRONG.null).power > 0.08


def test_law_a_moved_look_of_the_honest_design_keeps_alpha_on_average():
    design = sized(HONEST).design
    moved = design.moved(STRONG, interim=1.5 * design.interim)
    assert ici.assurance(moved, STRONG.null).power == pytest.approx(0.05, abs=2e-5)
    late = design.with_(interim=moved.interim, planned=None).plan_for(STRONG)
    assert abs(ici.assurance(late, STRONG.null).power - 0.05) > 1e-4


def test_law_it_is_so_for_simulated_trials_whose_benchmark_is_drawn():
    """The control curve of each trial comes from the law of the benchmark; patients from that curve."""
    plan = sized(HONEST)
    fixed = STRONG.with_(enrollment=ici.Enrollment(duration=plan.n / 1.5))
    null = ici.simulate(plan.design, fixed.null, replicates=40_000, rng=11)
    assert abs(null.power - 0.05) < ERRORS * null.error + 0.002
    averaged = ici.assurance(plan.design, fixed.null)
    assert abs(null.expected_n - averaged.expected_n) < ERRORS * null.errors.expected_n + 0.1
    truth = ici.simulate(plan.design, fixed.typical, replicates=20_000, rng=12)
    assert abs(truth.power - 0.8) < ERRORS * truth.error + 0.004


def test_law_the_average_law_of_two_looks_is_that_of_two_normal_numbers():
    """Closed form: log(E / O) is -s u + e, Var(e) = 1 / D, so that Z correlates by the root of the information ratio,
    with information 1 / (s^2 + 1 / D); scipy's bivariate normal law of that against the average over worlds."""
    plan = sized(HONEST)
    fixed = STRONG.with_(enrollment=ici.Enrollment(duration=plan.n / 1.5))
    null = ici.power(plan.design, fixed.typical.null)
    information = 1 / (SD**2 + 1 / np.array(null.events))
    rho = math.sqrt(information[0] / information[1])
    bounds = [plan.design.c1, plan.design.c]
    closed = multivariate_normal.cdf([-b for b in bounds], cov=[[1, rho], [rho, 1]])
    assert closed == pytest.approx(0.05, abs=0.004)  # normal tails at few events
    wrong = math.sqrt(null.events[0] / null.events[1])  # as if the benchmark had no error
    assert rho > wrong + 0.02


def test_law_no_honest_design_on_a_grid_expects_fewer():
    """Months and c1 of a grid at the best n: c by a root finder on the error that `assurance` averages."""
    plan = sized(HONEST)
    n, best = plan.n, ici.assurance(plan.design, STRONG.null).expected_n
    seen = []
    for month, shift in itertools.product((0.85, 1.15), (-0.1, 0.0, 0.1)):
        made = {"n": n, "interim": plan.design.interim * month, "c1": plan.design.c1 + shift}

        def error(c, made=made):
            return ici.assurance(HONEST.with_(**made, c=c).plan_for(STRONG), STRONG.null).power

        c = ici.solve(error, 0.05, between=(0.5, 2.5), tolerance=1e-5).x
        design = HONEST.with_(**made, c=c)
        if ici.power(design, STRONG).power >= 0.8:
            seen.append(ici.assurance(design, STRONG.null).expected_n)
    assert seen
    assert best < min(seen) + 0.02


def test_law_the_honest_answer_of_the_usual_design():
    honest = sized(NAIVE).honest
    assert honest.sd == pytest.approx(SD, rel=1e-6)
    assert honest.error == pytest.approx(0.05, abs=1e-5)
    assert honest.average_error == pytest.approx(ici.assurance(sized(NAIVE).design, STRONG.null).power, abs=1e-12)
    assert honest.error_quantiles[0] < honest.error_quantiles[1] < honest.error_quantiles[2]
    assert honest.size == sized(HONEST).n
    assert honest.largest_ratio == pytest.approx(math.exp(-1.6448536 * SD), rel=1e-6)
    curve = honest.power([10, 20, 40, 80])
    assert np.all(np.diff(curve) > 0)
    assert honest.power(honest.size) >= 0.8  # without the interim look, which costs power
    assert f"takes {honest.size} patients" in " ".join(str(sized(NAIVE)).split())


def test_law_beyond_the_reach_of_the_benchmark_the_limit_is_named():
    weak = STRONG.with_(effect=ici.HazardRatio(0.75))
    with pytest.raises(ici.NoSolution, match=r"must lie below exp\(-1.645 x 0.2\) = 0.72"):
        ici.sample_size(HONEST, weak, power=0.8)
    found = ici.power(sized(NAIVE).design, weak).honest
    assert found.size is None
    assert "must lie below exp(-1.645 x 0.2) = 0.72" in found.reason


def test_law_an_error_of_nothing_changes_nothing():
    tiny = NAIVE.with_(statistic=ici.OneSampleLogRank(benchmark_sd=1e-6))
    one, other = sized(NAIVE).design, sized(tiny).design
    assert (one.n, other.n) == (other.n, one.n)
    assert other.interim == pytest.approx(one.interim, rel=1e-3)
    assert [other.c1, other.c] == pytest.approx([one.c1, one.c], abs=2e-3)


# ---- assurance ------------------------------------------------------------------------------------------

UNSURE = STRONG.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.45, 0.25)))


def test_law_sized_for_assurance_it_has_that_assurance_and_that_error():
    plan = sized(NAIVE, UNSURE, assurance=0.7)
    assert plan.assurance == pytest.approx(0.7, abs=2e-6)
    assert ici.power(plan.design, UNSURE.null).power == pytest.approx(0.05, abs=1e-5)
    fixed = UNSURE.with_(enrollment=ici.Enrollment(duration=plan.n / 1.5))
    result = ici.simulate(plan.design, fixed, replicates=20_000, rng=5)  # draws both priors anew for each trial
    assert abs(result.power - 0.7) < ERRORS * result.error + 0.004
    alone = ici.SingleArm(benchmark=PRIOR, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05), looks=NAIVE.looks)
    assert plan.n >= ici.sample_size(alone, UNSURE, assurance=0.7).n - 1  # an interim look costs patients at most


def test_law_a_wide_prior_is_averaged_as_finely_as_by_assurance():
    """A robust prior, whose vague part the nodes of the search alone are too few for."""
    effect = ici.NormalMixture.lognormal(0.4, 0.2).robust(0.3, sd=1.0)
    wide = STRONG.typical.with_(effect=ici.HazardRatio(effect))
    assert sized(NAIVE, wide, assurance=0.75).assurance == pytest.approx(0.75, abs=2e-6)


def test_law_without_priors_assurance_is_power():
    known = STRONG.typical
    assert sized(NAIVE, known, assurance=0.8).design == sized(NAIVE, known, power=0.8).design


def test_law_the_ceiling_is_named():
    """P(hazard ratio below 1) for the arm as the prior has it; the control's prior moves it against the benchmark."""
    spread = math.hypot(0.25, SD)
    ceiling = norm.cdf(-math.log(0.45) / spread)
    with pytest.raises(ici.NoSolution, match=f"must be below its ceiling {ceiling:.4g}"):
        ici.sample_size(NAIVE, UNSURE, assurance=ceiling + 0.001)


# ---- admissible designs ---------------------------------------------------------------------------------


def test_law_admissible_designs_lie_on_the_lower_convex_hull():
    from scipy.spatial import ConvexHull

    designs = ici.TwoStageSurvivalDesigns(NAIVE, STRONG.with_(effect=ici.HazardRatio(0.6)), power=0.8)
    points = np.column_stack([designs.n, designs.expected_n])
    hull = ConvexHull(points)
    best = int(np.argmin(designs.expected_n))
    lower = [k for k in hull.vertices if k <= best and _below(points, k)]
    assert sorted(points[lower, 0]) == [d.n for d in designs.admissible]
    assert (designs.minimax.n, designs.optimal.n) == (designs.n[0], designs.n[best])
    for design, (low, high) in zip(designs.admissible, designs.weights, strict=True):
        for q in (low + 1e-9, (low + high) / 2, high - 1e-9):
            cost = q * points[:, 0] + (1 - q) * points[:, 1]
            assert points[np.argmin(cost), 0] == design.n


def _below(points, k):
    """No segment between two other points passes below point k."""
    x, y = points[k]
    left, right = points[points[:, 0] < x], points[points[:, 0] > x]
    return all(y <= a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]) for a, b in itertools.product(left, right))


def test_law_criteria_are_the_ends_of_the_admissible_set():
    truth = STRONG.with_(effect=ici.HazardRatio(0.6))
    designs = ici.TwoStageSurvivalDesigns(NAIVE, truth, power=0.8)
    for criterion, expected in (("optimal", designs.optimal), ("minimax", designs.minimax)):
        found = ici.sample_size(NAIVE.with_(criterion=criterion), truth, power=0.8).design
        assert found.n == expected.n
        assert found.c1 == pytest.approx(expected.c1, abs=2e-3)
    for design, (low, high) in zip(designs.admissible, designs.weights, strict=True):
        between = NAIVE.with_(criterion="admissible", weight=(low + high) / 2)
        assert ici.sample_size(between, truth, power=0.8).n == design.n
    with pytest.raises(ici.InvalidInput, match='"admissible" where a `weight` is given'):
        NAIVE.with_(weight=0.3)


def test_law_the_picture_shows_every_size():
    designs = ici.TwoStageSurvivalDesigns(NAIVE, STRONG, power=0.8)
    axes = ici.plot(designs)
    drawn = {line.get_label(): line.get_xydata() for line in axes.lines}
    assert drawn["optimal"][0] == pytest.approx([designs.optimal.n, min(designs.expected_n)])
    assert len(drawn["admissible"]) + len(drawn["best of its n"]) == len(designs.n)
    axes.figure.clear()
