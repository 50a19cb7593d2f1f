"""Group sequential boundaries: laws, printed tables, and looks that turn out otherwise than planned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from icibaseline import InvalidInput
from icibaseline._values import Value
from icibaseline.rules import (
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityPValue,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    OBrienFleming,
    PiecewiseSpending,
    Pocock,
    Spending,
    WangTsiatis,
)

THIRDS = np.arange(1, 4) / 3
BETA = Spending(0.025, futility=HwangShihDeCani(-2), beta=0.1)
BINDING = BETA.with_(binding=True)
BOUNDARIES = [
    Spending(),
    Spending(0.05, Pocock(), sided=2),
    BETA,
    BINDING,
    Spending(0.025, KimDeMets(2), futility=FutilityZ(0.2), binding=True),
    Spending(0.025, futility=FutilityConditionalPower(0.1), binding=True),
    WangTsiatis(0.025, 0.25),
    WangTsiatis(0.025, 0.5, sided=2),
    WangTsiatis(0.025, 0.0, futility=FutilityPValue(0.5), binding=True),
    HaybittlePeto(),
    HaybittlePeto(0.025, z=3.5, sided=2),
]
schedules = st.lists(st.floats(0.1, 1.0), min_size=1, max_size=6).map(np.cumsum)


# ---- laws ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@given(information=schedules)
def test_law_alpha_is_spent_in_all(boundary, information):
    try:
        bounds = boundary.bounds(information)
    except InvalidInput:  # a high futility bound in a short trial
        assume(False)
    obeyed = getattr(boundary, "binding", False)
    null = bounds.under(0.0, futility=obeyed or getattr(boundary, "sided", 1) == 2)
    assert null.power == pytest.approx(boundary.alpha, abs=1e-10)
    if getattr(boundary, "sided", 1) == 2:
        assert_allclose(null.stop_futility, null.reject, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("alpha", [1e-4, 0.025, 0.3])
def test_law_one_look_is_the_fixed_design(boundary, alpha):
    bounds = boundary.with_(alpha=alpha).bounds((7.0,))
    assert bounds.efficacy[0] == pytest.approx(norm.isf(alpha), abs=1e-12)
    assert bounds.under(2.0).power == pytest.approx(norm.sf(norm.isf(alpha) - 2), abs=1e-12)
    if boundary in (BETA, BINDING):
        assert bounds.drift == pytest.approx(norm.isf(alpha) + norm.isf(0.1), abs=1e-12)


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_a_boundary_is_a_value(boundary):
    assert Value.from_dict(boundary.to_dict()) == boundary
    assert eval(repr(boundary)) == boundary


@pytest.mark.parametrize("boundary", [b for b in BOUNDARIES if b != BOUNDARIES[5]], ids=str)
def test_law_a_batch_is_its_members(boundary):
    rng = np.random.default_rng(3)
    information = np.cumsum(rng.uniform(0.3, 1.0, (40, 4)), axis=1)
    together = boundary.bounds(information)
    for row, alone in enumerate(map(boundary.bounds, information)):
        assert_allclose(together.efficacy[row], alone.efficacy, rtol=1e-10)
        assert_allclose(together.futility[row], alone.futility, rtol=1e-9, atol=1e-10)
        assert_allclose(together.reject[row], alone.reject, rtol=1e-8, atol=1e-12)


@given(information=schedules, power=st.floats(0.6, 0.97))
@pytest.mark.parametrize("binding", [False, True])
def test_law_the_drift_gives_the_power_and_beta_is_spent(information, power, binding):
    boundary = BETA.with_(binding=binding, beta=1 - power)
    bounds = boundary.bounds(information)
    assert bounds.power == pytest.approx(power, abs=1e-9)
    time = information / information[-1]
    spent = np.diff(HwangShihDeCani(-2).spent(time, 1 - power), prepend=0.0)
    assert_allclose(bounds.stop_futility, spent, atol=1e-9)
    assert bounds.futility[-1] == bounds.efficacy[-1]
    # the same from the other end: the drift known, and beta not
    again = boundary.with_(beta=None).bounds(information, float(bounds.drift))
    assert_allclose(again.futility, bounds.futility, atol=1e-8)
    assert again.power == pytest.approx(power, abs=1e-9)


FAMILIES = st.one_of(
    st.just(OBrienFleming()),
    st.just(Pocock()),
    st.floats(-8, 3).map(HwangShihDeCani),
    st.floats(0.5, 4).map(KimDeMets),
)


@given(
    information=st.lists(st.floats(0.02, 1.0), min_size=1, max_size=11).map(np.cumsum),
    alpha=st.floats(0.001, 0.2),
    beta=st.floats(0.02, 0.5),
    efficacy=FAMILIES,
    futility=FAMILIES,
    binding=st.booleans(),
)
def test_law_whatever_is_spent_level_and_power_are_right(information, alpha, beta, efficacy, futility, binding):
    boundary = Spending(alpha, efficacy, futility=futility, binding=binding, beta=beta)
    try:
        bounds = boundary.bounds(information)
    except InvalidInput:  # beta spent so early that the bounds meet
        assume(False)
    assert bounds.power == pytest.approx(1 - beta, abs=1e-9)
    assert bounds.under(0.0, futility=binding).power == pytest.approx(alpha, abs=1e-10)
    assert np.all(bounds.futility[:-1] < bounds.efficacy[:-1])


HARD = {  # on the way to these solutions, more is to be spent at some look than is left
    (0.11, 0.9, 0.6, 0.27, 0.32, 0.98, 0.52): Spending(
        0.04, HwangShihDeCani(-3.8), futility=Pocock(), binding=True, beta=0.24
    ),
    (0.03, 0.4, 0.87, 0.39, 0.1, 0.36, 0.82, 0.81, 0.14): Spending(
        0.12, KimDeMets(3.2), futility=OBrienFleming(), binding=True, beta=0.55
    ),
    (
        0.93,
        0.5,
        0.9,
        0.06,
        0.91,
        0.2,
        0.85,
        0.33,
        0.64,
        0.46,
        0.84,
        0.16,
        0.43,
        0.57,
        0.87,
        0.57,
        0.78,
        0.17,
        0.22,
        0.11,
    ): Spending(0.02, Pocock(), futility=KimDeMets(3.6), beta=0.4),
}


@pytest.mark.parametrize("gains", HARD, ids=len)
def test_regression_a_search_through_drifts_that_leave_nothing(gains):
    boundary = HARD[gains]
    bounds = boundary.bounds(np.cumsum(gains))
    assert bounds.power == pytest.approx(1 - boundary.beta, abs=1e-10)
    assert bounds.under(0.0, futility=boundary.binding).power == pytest.approx(boundary.alpha, abs=1e-10)


@given(information=schedules, power=st.floats(0.1, 0.99))
def test_law_drift_for_a_power(information, power):
    bounds = Spending(0.025, Pocock()).bounds(information)
    drift = bounds.drift_for(power)
    assert bounds.under(drift).power == pytest.approx(power, abs=1e-10)
    assert drift >= norm.isf(0.025) + norm.ppf(power) - 1e-9  # no test does with less


@given(information=schedules, extra=st.floats(0.05, 0.95), drift=st.floats(0.5, 4.0))
def test_law_one_more_look_costs_power_and_needs_higher_later_bounds(information, extra, drift):
    assume(np.min(np.abs(information - extra * information[-1])) > 0.02)
    more = np.sort([*information, extra * information[-1]])
    few, many = (Spending(0.025, Pocock()).bounds(x) for x in (information, more))
    assert many.under(drift).power < few.under(drift).power + 1e-12
    assert many.efficacy[-1] > few.efficacy[-1] - 1e-12


@given(information=schedules)
def test_law_early_looks_do_not_know_of_later_ones(information):
    whole = Spending(0.025, Pocock()).at(information, information)
    for looks in range(1, len(information)):
        part = Spending(0.025, Pocock()).at(information[:looks], information)
        assert_allclose(part.efficacy, whole.efficacy[:looks], rtol=1e-11)


@given(information=schedules)
def test_law_futility_obeyed_or_not(information):
    bounds = BETA.bounds(information)
    ignored = bounds.under(bounds.drift, futility=False)
    assert ignored.power >= bounds.power - 1e-13
    assert bounds.under(0.0).power <= 0.025 + 1e-12
    assert bounds.under(0.0, futility=False).power == pytest.approx(0.025, abs=1e-10)
    assert_array_equal(ignored.stop_futility, 0)
    binding = BINDING.bounds(information)
    assert np.all(binding.efficacy <= bounds.efficacy + 1e-9)


def test_law_expected_information():
    bounds = Spending(0.025, Pocock(), futility=FutilityZ(0.0)).bounds((10.0, 20.0, 40.0), drift=2.0)
    ends = (bounds.reject + bounds.stop_futility)[:2]
    by_hand = 10 * ends[0] + 20 * ends[1] + 40 * (1 - ends.sum())
    assert bounds.expected_information == pytest.approx(by_hand, rel=1e-14)
    assert (bounds.reject + bounds.stop_futility).sum() == pytest.approx(1, abs=1e-12)


# ---- looks that test one thing only ----------------------------------------------------------------


def test_law_a_look_without_efficacy_leaves_its_alpha_to_the_next():
    bounds = Spending(0.025, Pocock(), efficacy_looks=(2, 3)).bounds(THIRDS)
    spent = Pocock().spent(THIRDS, 0.025)
    assert bounds.efficacy[0] == np.inf
    assert_allclose(bounds.reject, [0.0, spent[1], spent[2] - spent[1]], rtol=1e-11)


@pytest.mark.parametrize("binding", [False, True])
def test_law_looks_for_futility_only_and_for_efficacy_only(binding):
    boundary = BETA.with_(binding=binding, efficacy_looks=(2, 3), futility_looks=(1,))
    bounds = boundary.bounds(THIRDS)
    assert bounds.efficacy[0] == np.inf
    assert bounds.futility[1] == -np.inf
    assert bounds.stop_futility[0] == pytest.approx(HwangShihDeCani(-2).spent(1 / 3, 0.1), rel=1e-9)
    assert bounds.power == pytest.approx(0.9, abs=1e-9)
    assert bounds.under(0, futility=binding).power == pytest.approx(0.025, abs=1e-11)


# ---- futility on other scales ----------------------------------------------------------------------


def test_law_futility_scales_say_the_same_in_their_own_terms():
    information = np.array([20.0, 30.0, 50.0])

    def bounds(rule):
        return Spending(0.025, futility=rule).bounds(information)

    by_ratio = bounds(FutilityHazardRatio((0.95, 0.85)))
    assert_allclose(by_ratio.futility[:2], -np.log([0.95, 0.85]) * np.sqrt([20, 30]))
    assert_allclose(bounds(FutilityZ(tuple(by_ratio.futility[:2]))).stop_futility, by_ratio.stop_futility)
    by_p = bounds(FutilityPValue(tuple(norm.sf(by_ratio.futility[:2]))))
    assert_allclose(by_p.futility, by_ratio.futility, rtol=1e-12)
    assert_allclose(bounds(FutilityHazardRatio(1.2, null=1.3)).futility[:2], np.log(1.3 / 1.2) * np.sqrt([20, 30]))


@pytest.mark.parametrize("ratio", [None, 0.6])
@pytest.mark.parametrize("binding", [False, True])
def test_law_conditional_power_at_the_bound_is_what_was_asked(ratio, binding):
    information = np.array([20.0, 30.0, 50.0])
    rule = FutilityConditionalPower((0.1, 0.2), hazard_ratio=ratio)
    bounds = Spending(0.025, futility=rule, binding=binding).bounds(information)
    for look, asked in ((0, 0.1), (1, 0.2)):
        z, now, end = bounds.futility[look], information[look], information[-1]
        effect = z / np.sqrt(now) if ratio is None else -np.log(ratio)  # log hazard ratio from here on
        last_mean = (z * np.sqrt(now) + effect * (end - now)) / np.sqrt(end)
        power = norm.sf(bounds.efficacy[-1], last_mean, np.sqrt((end - now) / end))
        assert power == pytest.approx(asked, rel=1e-9)
    assert bounds.under(0, futility=binding).power == pytest.approx(0.025, abs=1e-11)


# ---- looks that turn out otherwise than planned ----------------------------------------------------


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_looks_as_planned_have_the_planned_bounds(boundary):
    planned = 50 * THIRDS
    plan = boundary.bounds(planned)
    seen = boundary.at(planned, planned)
    assert_allclose(seen.efficacy, plan.efficacy, rtol=1e-12)
    assert_allclose(seen.futility, plan.futility, rtol=1e-11)
    nearly = boundary.at(planned * (1 + 1e-9), planned)
    assert_allclose(nearly.efficacy, plan.efficacy, atol=1e-7)
    assert_allclose(nearly.futility, plan.futility, atol=1e-7)


@pytest.mark.parametrize("end", [90.0, 120.0, 150.0])
@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_law_the_final_look_spends_all_that_is_left(boundary, end):
    realised = (30.0, 75.0, end)
    bounds = boundary.at(realised, 120 * THIRDS)
    sided, obeyed = getattr(boundary, "sided", 1), getattr(boundary, "binding", False)
    assert bounds.under(0.0, futility=obeyed or sided == 2).power == pytest.approx(boundary.alpha, abs=1e-10)
    assert_array_equal(bounds.information, realised)


def test_law_alpha_is_spent_on_realised_over_planned_information():
    bounds = Spending(0.025, Pocock()).at((30, 70), (40, 80, 120))
    assert_allclose(bounds.reject.cumsum(), Pocock().spent(np.array([30, 70]) / 120, 0.025), rtol=1e-11)
    beta = BETA.at((30, 70), (40, 80, 120))
    assert_allclose(beta.stop_futility.cumsum(), HwangShihDeCani(-2).spent(np.array([30, 70]) / 120, 0.1), rtol=1e-8)
    assert beta.mean[-1] == pytest.approx(BETA.bounds(THIRDS).drift * np.sqrt(70 / 120), rel=1e-9)
    assert_allclose(BETA.at((30, 70), (40, 80, 120), drift=float(BETA.bounds(THIRDS).drift)).futility, beta.futility)


def test_law_a_look_that_overruns_the_plan_spends_everything():
    bounds = Spending(0.025, Pocock()).at((60, 125, 140), (40, 80, 100, 120))
    assert bounds.reject[:2].sum() == pytest.approx(0.025, abs=1e-12)
    assert bounds.efficacy[2] == np.inf
    assert Spending().at((60,), (40, 80, 120), final=True).efficacy[0] == pytest.approx(norm.isf(0.025))


def test_law_calendar_time_can_take_the_place_of_information():
    bounds = Spending(0.025, Pocock()).at((30, 70), (40, 80, 120), time=(0.5, 0.9))
    assert_allclose(bounds.reject.cumsum(), Pocock().spent([0.5, 0.9], 0.025), rtol=1e-11)
    smaller = np.minimum(np.array([30, 70]) / 120, (0.2, 0.9))
    bounds = Spending(0.025, Pocock()).at((30, 70), (40, 80, 120), time=smaller)
    assert_allclose(bounds.reject.cumsum(), Pocock().spent(smaller, 0.025), rtol=1e-11)


@pytest.mark.parametrize("boundary", [Spending(), BETA, BINDING, WangTsiatis(0.025, 0.5), HaybittlePeto()], ids=str)
def test_law_looks_without_information_test_nothing(boundary):
    bounds = boundary.at((0.0, 50.0, 50.0, 120.0), (30, 60, 90, 120))
    tests = np.isfinite(bounds.efficacy)
    assert tests.tolist() in ([False, True, False, True], [False, False, True, True])  # of two at once, one
    assert_array_equal(bounds.futility[~tests], -np.inf)
    without = boundary.at((50.0, 120.0), (30, 60, 90, 120), final=True)
    assert_allclose(bounds.efficacy[tests], without.efficacy, rtol=1e-11)
    assert_allclose(bounds.futility[tests], without.futility, rtol=1e-8)


def test_law_a_batch_of_realised_looks_is_its_members():
    rng = np.random.default_rng(5)
    realised = np.cumsum(rng.uniform(10, 60, (30, 3)), axis=1)
    realised[::6, 1] = realised[::6, 0]
    for boundary in (Spending(), BETA, BINDING, WangTsiatis(0.025, 0.25), HaybittlePeto()):
        together = boundary.at(realised, (40, 80, 120))
        for row, alone in enumerate(boundary.at(r, (40, 80, 120)) for r in realised):
            assert_allclose(together.efficacy[row], alone.efficacy, rtol=1e-9)
            assert_allclose(together.futility[row], alone.futility, rtol=1e-8, atol=1e-9)


def test_law_the_power_aimed_at_is_the_beta_left_open():
    open_beta = BETA.with_(beta=None)
    assert open_beta.aimed(0.9).beta == pytest.approx(0.1)
    assert BETA.aimed(0.8) == BETA
    assert Spending().aimed(0.8) == Spending()


# ---- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Spending(0.5), "`alpha` must be"),
        (lambda: Spending(0.025, 0.5), "`efficacy` must be None, or a spending function"),
        (lambda: Spending(futility=0.5), "`futility` must be"),
        (lambda: Spending(binding=True), "`binding` must be"),
        (lambda: Spending(beta=0.2), "`beta` must be"),
        (lambda: BETA.with_(beta=0.98), "`beta` must be"),
        (lambda: BETA.with_(sided=2), "`futility` must be"),
        (lambda: Spending(sided=3), "`sided` must be"),
        (lambda: Spending(efficacy_looks=(0, 1)), "`efficacy_looks"),
        (lambda: Spending(efficacy_looks=(2, 1)), "`efficacy_looks` must be"),
        (lambda: Spending(futility_looks=(1,)), "`futility_looks` must be"),
        (lambda: WangTsiatis(0.025, 0.7), "`delta` must be"),
        (lambda: WangTsiatis(0.025, 0.5, futility=Pocock()), "`futility` must be"),
        (lambda: HaybittlePeto(0.025, z=-1), "`z` must be"),
        (lambda: HaybittlePeto(0.001, z=1.5).bounds(THIRDS), "`z` must be high enough"),
        (lambda: Spending(efficacy_looks=(1, 2)).bounds(THIRDS), "`efficacy_looks` must be"),
        (lambda: Spending(efficacy_looks=(3, 7)).bounds(THIRDS), "`efficacy_looks` must be"),
        (lambda: Spending().bounds((0.5, 0.5, 1.0)), "`information` must be increasing"),
        (lambda: BETA.bounds((0.5, 0.5, 1.0)), "`information` must be increasing"),
        (lambda: Spending().bounds((0.5, 0.4, 1.0)), "`information` must be"),
        (lambda: BETA.with_(beta=None).bounds(THIRDS), "`beta` must be given"),
        (lambda: Spending(futility=FutilityZ(3.0)).bounds(THIRDS), "`futility` must stay below"),
        (lambda: Spending(futility=FutilityZ((0.0,))).bounds(THIRDS), "`bound` must be"),
        (lambda: BETA.with_(futility=PiecewiseSpending((0.5,), (1.0,))).bounds(THIRDS), "`futility` must leave"),
        (lambda: Spending(futility=FutilityZ(2.0), binding=True).bounds(THIRDS), "`futility` must leave enough"),
        (lambda: Spending().at((30, 20), THIRDS), "`realised` must be"),
        (lambda: Spending().at((0.3,), (1.0, 0.5)), "`planned` must be"),
        (lambda: Spending().at((0.3, 0.5), THIRDS, time=(0.3, 1.2)), "`time` must be"),
        (lambda: Spending().at((0.3, 0.5), THIRDS, time=(0.3, 0.2)), "`time` must be"),
        (lambda: Spending().at((0.3, 0.5), THIRDS, time=(0.3,)), "`time` must be"),
        (lambda: Spending().at((0.3, 0.5), THIRDS, final="yes"), "`final` must be"),
        (lambda: FutilityPValue(1.5), "`p` must be"),
        (lambda: FutilityHazardRatio(0), "`ratio` must be"),
        (lambda: FutilityConditionalPower((0.1, 2)), "`power\\[1\\]` must be"),
        (lambda: Spending().bounds(THIRDS).drift_for(1.2), "`power` must be"),
        (lambda: Spending().bounds(THIRDS).under(1.0, futility=1), "`futility` must be"),
        (lambda: Spending().bounds(THIRDS).under("1"), "`drift` must be"),
    ],
)
def test_law_what_cannot_be_is_refused_in_a_sentence(make, said):
    with pytest.raises(InvalidInput, match=f"^{said}"):
        make()
