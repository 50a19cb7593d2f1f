"""What interim results would do: closed forms, the law of total probability, and simulated patients as witnesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose
from scipy.special import ndtr
from scipy.stats import norm

import icibaseline as ici

pytestmark = pytest.mark.filterwarnings("ignore::icibaseline.ApproximationWarning")

LAW = ici.NormalMixture.lognormal(0.6, 0.3)
MIXED = ici.NormalMixture((0.7, 0.3), (np.log(0.6), 0.0), (0.2, 0.15), "log")
HSD = ici.HwangShihDeCani(-2)
SCHOENFELD = ici.LogRank(formula="schoenfeld")


def truth(law):
    return ici.Scenario(ici.Exponential(4.7), ici.HazardRatio(law), enrollment=ici.Enrollment(duration=24))


def design(boundary, events=(60, 90, 120), law=LAW, n=160, **more):
    return ici.Randomized(n, looks=ici.AtEvents(events), boundary=boundary, **more).plan_for(truth(law))


def normal(law):
    """(weight, mean, sd) of the effect, minus the log hazard ratio."""
    return [(w, -m, s) for w, m, s in zip(law.weights, law.means, law.sds, strict=True)]


# ---- closed forms ----------------------------------------------------------------------------------


@given(z=st.floats(-1, 3), mean=st.floats(-0.9, 0.2), sd=st.floats(0.05, 1.0), ratio=st.sampled_from([1.0, 2.0]))
def test_reference_a_normal_prior_is_conjugate(z, mean, sd, ratio):
    """And the last score given that of the look is normal: mean S + m g, variance g + g^2 s^2."""
    planned = design(ici.Spending(0.025), events=(60, 120), ratio=ratio, statistic=SCHOENFELD)
    asked = ici.preposterior(planned, prior=ici.NormalMixture((1.0,), (mean,), (sd,), "log"))
    share = ratio / (1 + ratio) ** 2
    now, end = 60 * share, 120 * share
    precision = sd**-2 + now
    m, s = (-mean * sd**-2 + z * np.sqrt(now)) / precision, precision**-0.5
    after = asked.posterior_at(z)
    assert after.link_mean == pytest.approx(-m, rel=1e-9, abs=1e-11)
    assert after.link_sd == pytest.approx(s, rel=1e-10)
    c, gained = planned.planned.efficacy_bounds, end - now
    expected = ndtr((z * np.sqrt(now) + m * gained - c[1] * np.sqrt(end)) / np.sqrt(gained + gained**2 * s**2))
    found = asked.predictive_power_at(z)
    assert found == pytest.approx(1.0 if z >= c[0] else expected, abs=1e-10)


@pytest.mark.parametrize("law", [LAW, MIXED], ids=["normal", "mixture"])
def test_reference_the_results_that_are_asked_about(law):
    planned = design(ici.Spending(0.025, futility=HSD, beta=0.2), statistic=SCHOENFELD)
    asked = ici.preposterior(planned, prior=law)
    assert asked.looks == (1, 1, 1, 2, 2, 2)
    assert asked.results[:3] == ("efficacy bound", "prior-predictive median", "futility bound")
    assert_allclose(asked.z[::3], planned.planned.efficacy_bounds[:2])
    assert_allclose(asked.z[2::3], planned.planned.futility_bounds[:2])
    for k, events in enumerate((60, 90)):
        information = events / 4
        z = asked.z[3 * k + 1]
        below = sum(
            w * norm.cdf(z, m * np.sqrt(information), np.sqrt(1 + s**2 * information)) for w, m, s in normal(law)
        )
        assert below == pytest.approx(0.5, abs=1e-10)
        assert asked.hazard_ratios[3 * k + 1] == pytest.approx(np.exp(-z / np.sqrt(information)), rel=1e-12)
    assert asked.predictive_power[0] == asked.predictive_power[3] == 1.0
    for name in ("posteriors", "probability_better", "predictive_power", "hazard_ratios"):
        assert len(getattr(asked, name)) == 6
    for after, better in zip(asked.posteriors, asked.probability_better, strict=True):
        assert better == after.cdf(1.0)
    frame = asked.to_frame()
    assert list(frame["posterior_median"]) == [after.median for after in asked.posteriors]
    assert list(frame["predictive_power"]) == list(asked.predictive_power)


# ---- total probability -----------------------------------------------------------------------------


@pytest.mark.parametrize("law", [LAW, MIXED], ids=["normal", "mixture"])
@pytest.mark.parametrize(
    "boundary",
    [
        ici.Spending(0.025),
        ici.Spending(0.025, futility=HSD, beta=0.2),
        ici.Spending(0.025, futility=HSD, beta=0.2, binding=True),
        ici.Spending(0.025, ici.Pocock(), sided=2),
    ],
    ids=["efficacy", "futility", "binding", "two-sided"],
)
def test_law_predictive_power_averages_to_the_assurance(law, boundary):
    """Over what the prior predicts for the first look; looks wait for events, and the formula is Schoenfeld's."""
    planned = design(boundary, law=law, statistic=SCHOENFELD)
    asked, information = ici.preposterior(planned, prior=law), 60 / 4
    low, high = planned.planned.futility_bounds[0], planned.planned.efficacy_bounds[0]

    def density(z):
        return sum(
            w * norm.pdf(z, m * np.sqrt(information), np.sqrt(1 + s**2 * information)) for w, m, s in normal(law)
        )

    x, weights = np.polynomial.legendre.leggauss(48)
    start = max(low, -6.0)
    z = start + (high - start) * (x + 1) / 2
    later = weights @ (density(z) * [asked.predictive_power_at(at) for at in z]) * (high - start) / 2
    at_once = sum(
        w * norm.sf(high, m * np.sqrt(information), np.sqrt(1 + s**2 * information)) for w, m, s in normal(law)
    )
    result = ici.assurance(planned, truth(law))
    assert at_once == pytest.approx(result.reject_by_look[0], abs=1e-8)
    assert at_once + later == pytest.approx(result.power, abs=1e-7)


def test_law_posteriors_average_to_the_prior():
    planned, information = design(ici.Spending(0.025), statistic=SCHOENFELD), 60 / 4
    asked = ici.preposterior(planned, prior=MIXED)
    grid = np.linspace(-8, 12, 2001)
    density = sum(
        w * norm.pdf(grid, m * np.sqrt(information), np.sqrt(1 + s**2 * information)) for w, m, s in normal(MIXED)
    )
    for ratio in (0.5, 0.8, 1.0):
        after = np.array([asked.posterior_at(z).cdf(ratio) for z in grid[::10]])
        averaged = np.sum(after * density[::10]) * (grid[10] - grid[0])
        assert averaged == pytest.approx(MIXED.cdf(ratio), abs=1e-9)


# ---- simulated patients ----------------------------------------------------------------------------


def test_law_simulated_trials_end_as_predicted():
    """400 patients, events as planned: in bins of Z at the look, the true effects and the successes are as told."""
    planned = design(ici.Spending(0.025, futility=ici.FutilityZ(0.0)), events=(130, 260), n=400)
    asked = ici.preposterior(planned, prior=LAW)
    rng = np.random.default_rng(3)
    effects, z, success = [], [], []
    for _ in range(24):
        ratios = LAW.rvs(256, rng=rng)
        trials = planned.replicate(truth(LAW).at([ratios]), 256, rng)
        effects.append(np.log(ratios))
        z.append(trials.score[:, 0] / np.sqrt(trials.information[:, 0]))
        success.append(trials.overruled.any(axis=1))  # futility overruled: what going on would give
    effects, z, success = map(np.concatenate, (effects, z, success))
    bounds = planned.planned.efficacy_bounds
    for low, high in ((-1.0, 0.8), (0.8, 1.6), (1.6, 2.2), (2.2, bounds[0]), (bounds[0], 6.0)):
        inside = (z > low) & (z < high)
        assert inside.sum() > 300
        told = [asked.posterior_at(x) for x in z[inside]]
        misses = effects[inside] - [after.link_mean for after in told]
        assert abs(misses.mean()) < 3.5 * misses.std() / np.sqrt(inside.sum()) + 0.012
        power = np.array([asked.predictive_power_at(x) for x in z[inside]])
        gap = success[inside] - power
        assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(inside.sum()) + 0.012


# ---- plans -----------------------------------------------------------------------------------------

LOOKS = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
SEQUENTIAL = ici.Randomized(looks=LOOKS, boundary=ici.Spending(0.025, futility=HSD))
PLAN = ici.sample_size(SEQUENTIAL, truth(LAW), power=0.8)


def test_law_the_prior_of_the_scenario_is_the_default_one():
    assert ici.preposterior(PLAN) == ici.preposterior(PLAN, prior=LAW)
    assert ici.preposterior(PLAN).prior == LAW
    same = ici.preposterior(PLAN.design, prior=LAW)
    assert same.predictive_power == ici.preposterior(PLAN).predictive_power


def test_law_it_agrees_with_monitor_at_looks_as_planned():
    asked = ici.preposterior(PLAN)
    for z, after, power in zip(asked.z[1:], asked.posteriors[1:], asked.predictive_power[1:], strict=True):
        seen = ici.monitor(PLAN, ici.Look(PLAN.design.planned.events[0], z=z))
        assert_allclose(seen.posterior.means, after.means, rtol=1e-12)
        assert seen.predictive_power[0] == pytest.approx(power, abs=1e-9)


def test_law_two_sided_and_margin():
    margin = ici.LogRank(formula="schoenfeld", null=1.2)
    planned = design(ici.Spending(0.025, sided=2), statistic=margin)
    asked = ici.preposterior(planned, prior=LAW)
    assert asked.results[:3] == ("efficacy bound", "prior-predictive median", "bound for control")
    assert asked.predictive_power[2] == 0.0
    assert asked.hazard_ratios[0] == pytest.approx(1.2 * np.exp(-asked.z[0] / np.sqrt(15)), rel=1e-12)
    assert asked.probability_better[1] == asked.posteriors[1].cdf(1.2)


def test_law_it_prints_one_line_for_each_result():
    shown = str(ici.preposterior(PLAN)).splitlines()
    start = next(i for i, line in enumerate(shown) if line.startswith("look  result"))
    assert [line.split("  ")[0].strip() + line[4:28].rstrip() for line in shown[start + 1 : start + 4]] != []
    assert "futility bound" in shown[start + 3]
    assert "<table>" in ici.preposterior(PLAN)._repr_html_()


ONE = ici.sample_size(ici.Randomized(), truth(LAW), power=0.8)
DELAYED = truth(LAW).with_(effect=ici.HazardRatio(0.6, delay=2))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ici.preposterior(ONE), "`plan` must be a plan with an interim look; got Plan"),
        (lambda: ici.preposterior(SEQUENTIAL), "`plan` must be a plan from sample_size, or a design from plan_for"),
        (lambda: ici.preposterior(3), "`plan` must be a plan from sample_size, or a design from plan_for"),
        (lambda: ici.preposterior(PLAN.design), '`prior` must be a NormalMixture with scale="log"; got None. For'),
        (
            lambda: ici.preposterior(PLAN.with_(scenario=DELAYED)),
            "`prior` must be given, since the plan's effect, hazard ratio 0.6 from month 2, is no law of a hazard",
        ),
        (
            lambda: ici.preposterior(PLAN, prior=0.7),
            '`prior` must be a NormalMixture with scale="log"; got 0.7',
        ),
        (lambda: ici.preposterior(PLAN).posterior_at(float("nan")), "`z` must be a finite number; got nan"),
        (lambda: ici.preposterior(PLAN).predictive_power_at("1"), "`z` must be a finite number; got '1'"),
        (
            lambda: ici.preposterior(PLAN).predictive_power_at(1.0, 2),
            "`look` must be the number of an interim look, of which there are 1; got 2",
        ),
        (lambda: ici.preposterior(PLAN).posterior_at(1.0, 0), "`look` must be a whole number, at least 1; got 0"),
    ],
)
def test_regression_what_cannot_be_asked(make, said):
    with pytest.raises(ici.InvalidInput) as caught:
        make()
    assert str(caught.value).startswith(said), str(caught.value)
