"""Response scenarios: rates, null, typical case, months, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

LAW = ici.BetaMixture.from_counts(7, 38)
TRUTH = ici.ResponseScenario(LAW, ici.OddsRatio(2), enrollment=ici.Enrollment(rate=2), assessment=3)


def test_law_a_baseline_brings_its_prior_and_keeps_its_name():
    named = TRUTH.with_(control=ici.baseline("promit_orr"))
    assert named.unknowns == (LAW,)
    assert named.typical.control == ici.baseline("promit_orr", at_median=True)
    assert_allclose(named.typical.resolved.rates.control, stats.beta(7.5, 31.5).median(), rtol=1e-9)
    assert named.resolved == TRUTH


def test_law_null_has_equal_rates_draw_by_draw():
    for effect in (ici.Rate(0.35), ici.Rate(LAW), ici.RiskRatio(ici.NormalMixture.lognormal(1.2, 0.05))):
        null = TRUTH.with_(effect=effect, control=ici.BetaMixture.from_counts(30, 200)).null
        drawn = null.draw(50, np.random.default_rng(1))
        assert np.array_equal(*drawn.rates)
        assert null.null == null


def test_law_equal_priors_are_one_unknown():
    both = TRUTH.with_(effect=ici.Rate(LAW))
    assert both.unknowns == (LAW,)
    assert np.array_equal(*both.draw(5, np.random.default_rng(1)).rates)


def test_law_a_batch_is_its_members():
    control = np.array([0.1, 0.2, 0.4])
    batch = TRUTH.at([control])
    each = [TRUTH.at([np.array([c])]).rates.experimental[0] for c in control]
    assert_allclose(batch.rates.experimental, each, rtol=1e-15)


def test_law_months_are_entry_and_assessment():
    sizes = np.array([10, 44])
    assert_allclose(TRUTH.look_months(44, sizes), [[5 + 3, 22 + 3]])
    assert np.isnan(TRUTH.with_(enrollment=None).look_months(44, sizes)).all()
    spread = TRUTH.with_(enrollment=ici.Enrollment(duration=24), assessment=0)
    assert_allclose(spread.look_months(44, sizes), [[24 * 10 / 45, 24 * 44 / 45]])  # ordered uniform numbers


@pytest.mark.parametrize("effect", [ici.RiskDifference(0.4), ici.RiskRatio(3), ici.RiskDifference(-0.05)])
def test_law_a_prior_that_leads_beyond_1_is_refused_with_the_probability(effect):
    with pytest.raises(ici.InvalidInput, match="with a probability of") as caught:
        ici.ResponseScenario(LAW, effect)
    said = float(str(caught.value).split("probability of ")[1].split(". ")[0])
    law = stats.beta(7.5, 31.5)
    exact = {0.4: law.sf(0.6), 3: law.sf(1 / 3), -0.05: law.cdf(0.05)}[effect.value]
    assert said == pytest.approx(exact, rel=0.6)  # one digit, from nodes of the prior
    assert "OddsRatio" in str(caught.value)


def test_law_a_prior_that_stays_inside_is_accepted():
    assert ici.ResponseScenario(LAW, ici.RiskDifference(0.01)).unknowns == (LAW,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (18.4, "strictly between 0 and 1"),
        (7, "Write 7/n if 7 of n patients responded, or 0.07 for 7 %"),
        (ici.NormalMixture.lognormal(0.2, 0.3), "a prior that stays there"),
        (ici.Exponential(4.7), "BetaMixture.from_counts"),
    ],
)
def test_law_a_control_that_is_no_rate_is_refused(wrong, said):
    with pytest.raises(ici.InvalidInput, match="`control` must be") as caught:
        ici.ResponseScenario(wrong, ici.Rate(0.35))
    assert said in str(caught.value)


def test_law_a_baseline_of_another_quantity_is_refused():
    with pytest.raises(ici.RefusedFinding, match="a prior of the survival"):
        ici.ResponseScenario(ici.baseline("mcc_pfs_primary"), ici.Rate(0.35))
    with pytest.raises(ici.InvalidInput, match="an effect on a rate"):
        ici.ResponseScenario(0.2, ici.HazardRatio(0.6))
