"""Spending functions: laws that all keep, points they go through, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose
from scipy.stats import beta, cauchy, gumbel_l, gumbel_r, logistic, norm, t as student

import icibaseline as ici
from icibaseline import InvalidInput
from icibaseline._values import Value
from icibaseline.rules import (
    BetaSpending,
    CauchySpending,
    ExponentialSpending,
    ExtremeValue2Spending,
    ExtremeValueSpending,
    HwangShihDeCani,
    KimDeMets,
    LogisticSpending,
    NormalSpending,
    OBrienFleming,
    PiecewiseSpending,
    Pocock,
    StudentSpending,
)

FAMILIES = [
    OBrienFleming(),
    OBrienFleming(2.5),
    Pocock(),
    HwangShihDeCani(-40),
    HwangShihDeCani(-4),
    HwangShihDeCani(0),
    HwangShihDeCani(40),
    KimDeMets(0.3),
    KimDeMets(3),
    ExponentialSpending(0.75),
    LogisticSpending(-0.9, 1.2),
    NormalSpending(-1, 2),
    CauchySpending(0.5, 1.2),
    ExtremeValueSpending(-0.5, 1.2),
    ExtremeValueSpending(-800, 200),
    ExtremeValue2Spending(0.4, 0.8),
    ExtremeValue2Spending(800, 200),
    StudentSpending(-0.5, 1.2, 2.5),
    StudentSpending(0, 1, 1000),
    BetaSpending(2, 0.5),
    PiecewiseSpending((0.3, 0.6), (0.05, 0.3)),
    PiecewiseSpending((0.5,), (0.0,)),
]
TWO_PARAMETERS = [
    LogisticSpending,
    NormalSpending,
    CauchySpending,
    ExtremeValueSpending,
    ExtremeValue2Spending,
    BetaSpending,
]
ON_QUANTILES = {
    LogisticSpending: logistic,
    NormalSpending: norm,
    CauchySpending: cauchy,
    ExtremeValueSpending: gumbel_r,
    ExtremeValue2Spending: gumbel_l,
}


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@given(times=st.lists(st.floats(0, 1.5), min_size=2, max_size=8).map(sorted), alpha=st.floats(1e-4, 0.5))
def test_law_spending_rises_from_nothing_to_all(family, times, alpha):
    spent = family.spent(times, alpha)
    assert np.all(np.diff(spent) >= -1e-15)
    assert np.all((spent >= 0) & (spent <= alpha * (1 + 1e-12)))
    assert family.spent(0, alpha) == 0
    assert family.spent(1, alpha) == family.spent(1.3, alpha) == alpha
    assert_allclose([family.spent(t, alpha) for t in times], spent, rtol=1e-14)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_law_a_family_is_a_value(family):
    assert eval(repr(family)) == family
    assert Value.from_dict(family.to_dict()) == family
    assert family.spent(np.full((2, 3), 0.5), 0.025).shape == (2, 3)
    assert family.spent(0.5, np.array([0.02, 0.03])).shape == (2,)


def test_reference_formulas():
    t, alpha = np.array([0.01, 0.2, 0.5, 0.9]), 0.025
    assert_allclose(OBrienFleming().spent(t, alpha), 2 * norm.sf(norm.isf(alpha / 2) / np.sqrt(t)), rtol=1e-12)
    assert_allclose(Pocock().spent(t, alpha), alpha * np.log(1 + (np.e - 1) * t), rtol=1e-13)
    assert_allclose(HwangShihDeCani(-4).spent(t, alpha), alpha * (1 - np.exp(4 * t)) / (1 - np.exp(4)), rtol=1e-13)
    assert_allclose(HwangShihDeCani(1e-9).spent(t, alpha), alpha * t, rtol=1e-8)
    assert_allclose(KimDeMets(3).spent(t, alpha), alpha * t**3, rtol=1e-14)
    assert_allclose(ExponentialSpending(0.75).spent(t, alpha), alpha ** (t**-0.75), rtol=1e-13)
    for family, law in ON_QUANTILES.items():
        assert_allclose(family(-0.4, 1.3).spent(t, alpha), alpha * law.cdf(-0.4 + 1.3 * law.ppf(t)), rtol=1e-10)
    law = student(2.5)
    assert_allclose(
        StudentSpending(-0.4, 1.3, 2.5).spent(t, alpha), alpha * law.cdf(-0.4 + 1.3 * law.ppf(t)), rtol=1e-9
    )
    assert_allclose(BetaSpending(2, 0.7).spent(t, alpha), alpha * beta.cdf(t, 2, 0.7), rtol=1e-12)


def test_law_spending_below_the_smallest_probability_is_right():
    assert OBrienFleming().spent(0.05, 0.025) == pytest.approx(2 * norm.sf(norm.isf(0.0125) / np.sqrt(0.05)), rel=1e-12)
    assert OBrienFleming().spent(1e-6, 0.025) == 0  # below what a float can hold


@pytest.mark.parametrize("family", TWO_PARAMETERS)
@given(
    t=st.tuples(st.floats(0.05, 0.45), st.floats(0.55, 0.95)),
    spent=st.tuples(st.floats(0.02, 0.4), st.floats(0.5, 0.95)),
)
def test_law_a_family_goes_through_its_two_points(family, t, spent):
    made = family.through((t[0], spent[0]), (t[1], spent[1]))
    assert_allclose(made.spent(t, 0.025), 0.025 * np.array(spent), rtol=1e-8)


@given(
    t=st.tuples(st.floats(0.05, 0.45), st.floats(0.55, 0.95)),
    spent=st.tuples(st.floats(0.02, 0.4), st.floats(0.5, 0.95)),
    df=st.floats(1, 100),
)
def test_law_a_student_family_goes_through_its_two_points(t, spent, df):
    made = StudentSpending.through((t[0], spent[0]), (t[1], spent[1]), df=df)
    assert_allclose(made.spent(t, 0.025), 0.025 * np.array(spent), rtol=1e-8)
    assert made.df == df


def test_law_student_lies_between_cauchy_and_normal():
    t = np.linspace(0.05, 0.95, 19)
    assert_allclose(StudentSpending(-1, 2, 1).spent(t, 0.025), CauchySpending(-1, 2).spent(t, 0.025), rtol=1e-9)
    assert_allclose(StudentSpending(-1, 2, 1e9).spent(t, 0.025), NormalSpending(-1, 2).spent(t, 0.025), rtol=1e-7)


def test_law_the_two_extreme_value_families_mirror_each_other():
    """F(x) of the one is 1 - F(-x) of the other."""
    t = np.linspace(0.05, 0.95, 19)
    mirrored = 1 - ExtremeValue2Spending(0.3, 1.7).spent(1 - t, 0.025) / 0.025
    assert_allclose(ExtremeValueSpending(-0.3, 1.7).spent(t, 0.025) / 0.025, mirrored, rtol=1e-9)


@pytest.mark.parametrize("family", TWO_PARAMETERS)
@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ((0.5, 0.1), (0.4, 0.2), "second"),
        ((0.2, 0.5), (0.4, 0.5), "second"),
        ((0.0, 0.5), (0.4, 0.6), "first"),
        ((0.2, 0.5), (0.4, 1.0), "second"),
        ((0.2, 0.5, 0.6), (0.4, 0.7), "first"),
    ],
)
def test_law_points_that_do_not_rise_are_refused(family, first, second, name):
    with pytest.raises(InvalidInput, match=f"`{name}[`\\[]"):
        family.through(first, second)


def test_law_a_piecewise_line_goes_through_its_points():
    family = PiecewiseSpending((0.25, 0.5, 0.75), (0.1, 0.1, 0.6))
    assert_allclose(family.spent([0.25, 0.5, 0.75], 0.02), [0.002, 0.002, 0.012], rtol=1e-14)
    assert_allclose(family.spent([0.125, 0.4, 0.875], 0.02), [0.001, 0.002, 0.016], rtol=1e-14)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: HwangShihDeCani(41), "gamma"),
        (lambda: HwangShihDeCani("4"), "gamma"),
        (lambda: KimDeMets(0), "rho"),
        (lambda: OBrienFleming(-1), "rho"),
        (lambda: ExponentialSpending(0), "nu"),
        (lambda: NormalSpending(0, 0), "b"),
        (lambda: BetaSpending(-1, 1), "a"),
        (lambda: ExtremeValueSpending(0, 0), "b"),
        (lambda: ExtremeValue2Spending("0", 1), "a"),
        (lambda: StudentSpending(0, 1, 0.9), "df"),
        (lambda: StudentSpending.through((0.2, 0.1), (0.6, 0.5), df=np.nan), "df"),
        (lambda: PiecewiseSpending((0.5, 0.4), (0.1, 0.2)), "t"),
        (lambda: PiecewiseSpending((0.5, 1.0), (0.1, 0.2)), "t"),
        (lambda: PiecewiseSpending((0.5,), (0.1, 0.2)), "fractions"),
        (lambda: PiecewiseSpending((0.4, 0.5), (0.2, 0.1)), "fractions"),
        (lambda: PiecewiseSpending((0.5,), (1.2,)), "fractions"),
        (lambda: Pocock().spent(-0.1, 0.025), "t"),
        (lambda: Pocock().spent(np.nan, 0.025), "t"),
        (lambda: Pocock().spent([0.1, np.nan], 0.025), "t"),
        (lambda: Pocock().spent("0.1", 0.025), "t"),
        (lambda: Pocock().spent(np.array(["0.1"]), 0.025), "t"),
        (lambda: Pocock().spent(0.5, 1.0), "alpha"),
        (lambda: Pocock().spent(0.5, 0), "alpha"),
    ],
)
def test_law_what_cannot_be_is_refused(make, name):
    with pytest.raises(InvalidInput, match=f"`{name}[`\\[]"):
        make()


def test_reference_without_efficacy_the_last_look_has_all_of_alpha():
    """Its bound is then the normal quantile: 1.959964 for 0.025."""
    rule = ici.Spending(0.025, None, futility=ici.HwangShihDeCani(-2), beta=0.2)
    found = rule.bounds((0.5, 1.0))
    assert found.efficacy[0] == np.inf
    assert found.efficacy[1] == pytest.approx(1.959963985, abs=1e-8)
    assert np.isfinite(found.futility[0])
    same = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2), beta=0.2, efficacy_looks=(2,)).bounds((0.5, 1.0))
    assert found.futility == pytest.approx(same.futility, abs=1e-10)
    assert str(rule).startswith("no efficacy testing before the last look, one-sided alpha 0.025, non-binding futility")
    assert "O'Brien" not in str(rule)
    with pytest.raises(ici.InvalidInput, match="`efficacy_looks` must be None where `efficacy` is None"):
        ici.Spending(0.025, None, efficacy_looks=(1, 2))


@pytest.mark.parametrize("function", [OBrienFleming(8.0), ExponentialSpending(50.0), KimDeMets(50.0)], ids=str)
def test_law_steep_families_spend_nothing_at_the_start_without_a_warning(function):
    assert function.spent(0.0, 0.025) == 0.0
    assert function.spent(1e-200, 0.025) == 0.0
    assert function.spent(1.0, 0.025) == 0.025
