"""Effects on a response rate: closed forms, laws, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose

import icibaseline as ici

RATES = st.floats(0.001, 0.999)
SIZES = st.floats(0.01, 100)


def odds(p):
    return p / (1 - p)


@given(control=RATES, size=SIZES)
def test_law_an_odds_ratio_multiplies_the_odds_and_stays_between_0_and_1(control, size):
    made = ici.OddsRatio(size).apply(control)
    assert 0 < made < 1
    assert_allclose(odds(made) / odds(control), size, rtol=1e-9)


@given(control=RATES)
def test_law_no_effect_is_the_control_rate_to_the_last_bit(control):
    nothing = (ici.OddsRatio(1), ici.RiskRatio(1), ici.RiskDifference(0), ici.Rate(control))
    assert [effect.apply(control) for effect in nothing] == [control] * 4
    assert all(effect.null == ici.OddsRatio(1.0) for effect in nothing)


def test_law_a_batch_is_its_members():
    control, sizes = np.array([0.1, 0.2, 0.3]), np.array([0.5, 1.0, 2.0])
    for kind in (ici.OddsRatio, ici.RiskRatio):
        each = [kind(float(s)).apply(float(c)) for c, s in zip(control, sizes, strict=True)]
        assert_allclose(kind(sizes).apply(control), each, rtol=1e-15)
    assert_allclose(ici.Rate(0.35).apply(control), 0.35)
    assert_allclose(ici.RiskDifference(0.1).apply(control), control + 0.1, rtol=1e-15)


@pytest.mark.parametrize(
    ("effect", "control", "said"),
    [
        (ici.RiskDifference(0.9), 0.2, "risk difference 0.9 leads to 1.1"),
        (ici.RiskDifference(-0.3), 0.2, "leads to -0.1"),
        (ici.RiskRatio(6), 0.2, "risk ratio 6 leads to 1.2"),
    ],
)
def test_law_a_rate_beyond_0_or_1_is_refused_and_the_way_out_named(effect, control, said):
    with pytest.raises(ici.InvalidInput, match=said) as caught:
        effect.apply(control)
    assert "OddsRatio(2)" in str(caught.value)


def test_law_a_batch_says_which_member_is_beyond():
    with pytest.raises(ici.InvalidInput, match=r"got 0\.8, from which"):
        ici.RiskDifference(0.3).apply(np.array([0.1, 0.8]))


@pytest.mark.parametrize("wrong", [0, 1, 35, "0.3", ici.NormalMixture.normal(0.3, 0.1), None])
def test_law_a_rate_is_strictly_between_0_and_1(wrong):
    with pytest.raises(ici.InvalidInput, match="`value` must be"):
        ici.Rate(wrong)


def test_law_priors_on_rates_may_reach_the_ends_but_not_leave():
    jeffreys = ici.BetaMixture((1,), (0.5,), (0.5,))
    assert ici.Rate(jeffreys).value == jeffreys
    assert ici.Rate(ici.NormalMixture((1,), (-1,), (3,), scale="logit"))
    with pytest.raises(ici.InvalidInput, match="logit"):
        ici.Rate(ici.NormalMixture.lognormal(0.3, 0.1))
