"""Histories of monitored trials: laws over looks as they come, and what is refused."""

from __future__ import annotations

import json
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri

import icibaseline.monitoring as monitoring
from icibaseline.designs import Randomized
from icibaseline.distributions import BetaMixture, NormalMixture
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, UnknownArgument
from icibaseline.monitoring import Look, Monitoring, monitor
from icibaseline.rules import (
    AfterEnrollment,
    AtEvents,
    AtInformation,
    AtMonths,
    Fixed,
    FutilityHazardRatio,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    OBrienFleming,
    Pocock,
    Spending,
    WangTsiatis,
)
from icibaseline.scenario import Scenario
from icibaseline.statistics import LogRank
from icibaseline.survival import Exponential, HazardRatio
from icibaseline.verbs import sample_size

SCHOENFELD = LogRank(formula="schoenfeld")  # Z is proportional to the log hazard ratio
TRUTH = Scenario(control=Exponential(median=4.7), effect=HazardRatio(0.6), enrollment=Enrollment(duration=24))
EVENTS = (40.0, 80.0, 120.0)
FUTILE = Spending(0.025, futility=HwangShihDeCani(-2), beta=0.2)


def planned(boundary, events=EVENTS, truth=TRUTH, **more):
    return Randomized(n=150, looks=AtEvents(events), boundary=boundary, **more).plan_for(truth)


PLAIN, WITH_FUTILITY = planned(Spending(0.025)), planned(FUTILE)
BINDING = planned(FUTILE.with_(binding=True))
ALL = {
    "spending": PLAIN,
    "pocock": planned(Spending(0.025, Pocock())),
    "futility": WITH_FUTILITY,
    "binding": BINDING,
    "futility on the hazard ratio": planned(Spending(0.025, futility=FutilityHazardRatio(1.0))),
    "haybittle-peto": planned(HaybittlePeto(0.025)),
    "wang-tsiatis": planned(WangTsiatis(0.025, 0.2)),
    "two-sided": planned(Spending(0.025, sided=2)),
    "fixed": planned(Fixed(0.025)),
    "one look": planned(Spending(0.025), events=(120.0,)),
}


def looks(events, z):
    return [Look(e, x) for e, x in zip(events, z, strict=True)]


# ---- one look --------------------------------------------------------------------------------------


@pytest.mark.parametrize("boundary", [Spending(0.025), Fixed(0.025), WangTsiatis(0.025, 0.5), HaybittlePeto(0.025)])
@pytest.mark.parametrize("z", [-1.0, 1.9, 2.4])
def test_law_a_trial_with_one_look_is_the_fixed_one(boundary, z):
    item = monitor(planned(boundary, events=(121.0,), ratio=2, statistic=SCHOENFELD), Look(121, z))
    information = 121 * 2 / 9
    assert item.decision == ("reject" if z > 1.96 else "do not reject")
    assert item.p_value == pytest.approx(ndtr(-z), abs=1e-14)
    assert item.hazard_ratio == pytest.approx(np.exp(-z / np.sqrt(information)), rel=1e-12)
    limits = np.exp((-z + np.array([-1, 1]) * -ndtri(0.025)) / np.sqrt(information))
    assert_allclose(item.interval, limits, rtol=1e-12)
    assert_allclose(item.repeated_intervals[0], limits, rtol=1e-12)
    assert np.isnan(item.conditional_power[0])


def test_law_a_margin_moves_every_hazard_ratio():
    design = planned(Spending(0.025), statistic=LogRank(formula="schoenfeld", null=1.3))
    item = monitor(design, looks(EVENTS, (0.5, 1.0, 2.2)))
    plain = monitor(planned(Spending(0.025), statistic=SCHOENFELD), looks(EVENTS, (0.5, 1.0, 2.2)))
    assert_allclose(item.hazard_ratios, 1.3 * np.array(plain.hazard_ratios), rtol=1e-13)
    assert_allclose([*item.interval, item.hazard_ratio], 1.3 * np.array([*plain.interval, plain.hazard_ratio]))
    assert item.p_value == plain.p_value
    assert item.conditional_power_at(1.3, 1) == pytest.approx(plain.conditional_power_at(1.0, 1), abs=1e-14)


# ---- looks as they come ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_law_looks_as_planned_have_the_planned_bounds(name):
    design = ALL[name]
    item = monitor(design, looks(design.planned.events, np.linspace(1.0, 1.4, len(design.planned.events))))
    assert_allclose(item.efficacy_bounds, design.planned.efficacy_bounds, rtol=1e-9)
    assert_allclose(item.futility_bounds, design.planned.futility_bounds, rtol=1e-6)
    assert_allclose(item.information_fractions, np.array(item.events) / design.planned.events[-1], rtol=1e-14)


@settings(max_examples=15)
@given(
    gains=st.lists(st.integers(4, 70), min_size=3, max_size=3),
    name=st.sampled_from(["spending", "pocock", "haybittle-peto", "wang-tsiatis"]),
)
def test_law_the_level_is_alpha_whatever_the_looks_were(gains, name):
    events = np.cumsum(gains).astype(float)
    if events[1] >= 120:
        events[1] = 119.0
        events[0] = min(events[0], 60.0)
        events[2] = max(events[2], 130.0)
    item = monitor(ALL[name], looks(events, (0.0, 0.0, 0.0)))
    assert float(item._bounds[-1].under(0.0).power) == pytest.approx(0.025, abs=1e-9)
    assert item.p_value == pytest.approx(item._stop.p_value(np.asarray(0.0)))


def test_law_a_trial_that_runs_under_or_over_spends_what_is_left():
    before = OBrienFleming().spent(60 / 120, 0.025)
    for last in (105, 120, 141):
        item = monitor(PLAIN, [Look(60, 1.0), Look(last, 2.0, final=True)])
        assert_allclose(np.cumsum(item._bounds[-1].under(0.0).reject), [before, 0.025], rtol=1e-9)
        assert item.ended
    assert monitor(PLAIN, looks((60, 141), (1.0, 2.0))).ended  # all the planned events make a look final
    assert not monitor(PLAIN, looks((60, 105), (1.0, 2.0))).ended


def test_law_a_skipped_look_leaves_its_error_to_the_next():
    item = monitor(PLAIN, looks((80, 120), (1.0, 2.0)))
    assert ndtr(-item.efficacy_bounds[0]) == pytest.approx(OBrienFleming().spent(80 / 120, 0.025), rel=1e-12)
    assert item.decisions == ("continue", "reject")


@pytest.mark.parametrize("name", ALL)
def test_law_a_look_without_new_events_changes_nothing(name):
    design = ALL[name]
    if len(design.planned.events) == 1:
        return
    item = monitor(design, looks((70, 70, 118), (1.0, 1.0, 2.1)))
    without = monitor(design, [Look(70, 1.0), Look(118, 2.1, final=True)])
    tests = [k for k in (0, 1) if np.isfinite(item.efficacy_bounds[k])]
    assert len(tests) == (0 if name == "fixed" else 1)
    assert item.decisions[-1] == without.decisions[-1]
    assert item.p_value == pytest.approx(without.p_value, abs=1e-9)
    assert_allclose([*item.interval, item.hazard_ratio], [*without.interval, without.hazard_ratio], rtol=1e-7)


@pytest.mark.parametrize("name", sorted(set(ALL) - {"one look"}))
def test_law_no_new_events_at_the_end(name):
    """The last look spends what is left all the same: its Z is that of the look before, and its bound is lower."""
    item = monitor(ALL[name], looks((60, 110, 110), (1.2, 1.9, 1.9)))
    without = monitor(ALL[name], [Look(60, 1.2), Look(110, 1.9, final=True)])
    assert item.decisions == ("continue", "continue", "do not reject")
    assert item.efficacy_bounds[2] == pytest.approx(without.efficacy_bounds[1], rel=1e-9)
    assert item.efficacy_bounds[2] < item.efficacy_bounds[1]
    assert item.p_value == pytest.approx(without.p_value, abs=1e-9)
    assert_allclose(item.repeated_intervals[2], without.repeated_intervals[1], rtol=1e-9)


@settings(max_examples=25)
@given(name=st.sampled_from(sorted(set(ALL) - {"one look"})), z=st.lists(st.floats(-1, 4), min_size=3, max_size=3))
def test_law_repeated_intervals_contain_the_null_until_it_is_rejected(name, z):
    taken = []
    for e, x in zip(EVENTS, z, strict=True):
        taken.append(Look(e, x))
        item = monitor(ALL[name], taken)
        low, high = item.repeated_intervals[-1]
        assert low <= item.hazard_ratios[-1] <= high
        if item.decision == "reject":
            assert high < 1 or name == "binding"
        else:
            assert high > 1
        if item.ended:
            break
    assert item.ended
    if name == "binding":
        return  # its p value is of the binding bounds
    if item.decision in ("reject", "do not reject"):
        assert (item.p_value <= 0.025) == (item.decision == "reject")
        assert (item.interval[1] <= 1) == (item.decision == "reject")


def test_law_futility_may_be_overruled_where_it_does_not_bind():
    stopped = monitor(WITH_FUTILITY, looks((40, 80), (0.5, 0.3)))
    assert stopped.decision == "stop for futility"
    assert stopped.ended
    assert stopped.conditional_power[-1] > 0  # what going on would be worth
    on = monitor(WITH_FUTILITY, looks(EVENTS, (0.5, 0.3, 2.2)))
    assert on.decisions == ("continue", "futility overruled", "reject")
    ignored = monitor(PLAIN, looks(EVENTS, (0.5, 0.3, 2.2)))
    assert on.p_value == pytest.approx(ignored.p_value, abs=1e-13)
    with pytest.raises(InvalidInput, match=r"got look 3 after look 2, where futility, which is binding"):
        monitor(BINDING, looks(EVENTS, (0.5, 0.3, 2.2)))


def test_law_two_sided_bounds_reject_on_either_side():
    item = monitor(ALL["two-sided"], looks((40, 80), (-1.0, -3.0)))
    assert item.decisions == ("continue", "reject for control")
    mirrored = monitor(ALL["two-sided"], looks((40, 80), (1.0, 3.0)))
    assert item.p_value == pytest.approx(1 - mirrored.p_value, abs=1e-12)
    assert_allclose(item.interval, 1 / np.array(mirrored.interval[::-1]), rtol=1e-9)
    assert "the control arm is better" in str(item)


# ---- what may still come ---------------------------------------------------------------------------


def test_law_conditional_power_of_the_planned_effect_is_that_of_its_hazard_ratio():
    """Where drift is that of a constant ratio by Schoenfeld's formula."""
    design = planned(Spending(0.025), statistic=LogRank(formula="schoenfeld"))
    item = monitor(design, looks((44, 77), (1.0, 1.2)))
    for k in (1, 2):
        assert item.conditional_power[k - 1] == pytest.approx(item.conditional_power_at(0.6, k), abs=1e-9)
        trend = item.conditional_power_at(item.hazard_ratios[k - 1], k)
        assert item.conditional_power_trend[k - 1] == pytest.approx(trend, abs=1e-12)


def test_law_a_delayed_effect_leaves_more_to_come():
    late = TRUTH.with_(effect=HazardRatio(0.5, delay=4.0))
    item = monitor(planned(Spending(0.025), truth=late), Look(40, 0.6))
    drift, information = np.array(item.design.planned.drift), np.array(EVENTS) / 4
    average = drift[-1] / np.sqrt(information[-1])
    assert item.conditional_power[0] > item.conditional_power_at(float(np.exp(-average))) + 0.02


def test_law_before_much_is_known_conditional_power_is_power():
    """To all digits where Z has variance 1, as in the formula of Schoenfeld; nearly so by risk sets."""
    for design, close in ((planned(Spending(0.025), statistic=SCHOENFELD), 1e-6), (PLAIN, 2e-3)):
        plan, item = design.planned, monitor(design, Look(1e-6, 0.0))
        later = Spending(0.025).bounds(np.array(plan.events[1:]) / 4, drift=np.array(plan.drift[1:]))
        assert item.conditional_power[0] == pytest.approx(float(later.power), abs=close)


def test_law_the_prior_of_the_scenario_is_the_default_one():
    prior = NormalMixture.lognormal(0.6, 0.3)
    at = AtInformation((0.5, 1.0), final=AfterEnrollment(12))
    design = Randomized(statistic=SCHOENFELD, looks=at, boundary=Spending(0.025))
    plan = sample_size(design, TRUTH.with_(effect=HazardRatio(prior)), power=0.8)
    item = monitor(plan, Look(60, 1.2))
    assert item.prior == prior
    assert item == monitor(plan.design, Look(60, 1.2), prior=prior).with_(plan=plan)
    precision = 0.3**-2 + 15
    mean = (np.log(0.6) * 0.3**-2 - 1.2 * np.sqrt(15)) / precision
    assert item.posterior.link_mean == pytest.approx(mean, rel=1e-12)
    assert item.posterior.link_sd == pytest.approx(precision**-0.5, rel=1e-12)
    assert item.probability_better[0] == pytest.approx(ndtr(-mean * np.sqrt(precision)), rel=1e-12)
    assert monitor(plan.with_(scenario=TRUTH), Look(60, 1.2)).predictive_power == ()
    delayed = plan.with_(scenario=TRUTH.with_(effect=HazardRatio(prior, delay=2.0)))
    assert monitor(delayed, Look(60, 1.2)).prior is None
    low, high = sorted((item.conditional_power_at(0.4), item.conditional_power_at(1.0)))
    assert low < item.predictive_power[0] < high


# ---- the value -------------------------------------------------------------------------------------

FULL = monitor(
    WITH_FUTILITY, [Look(42, 0.2, month=14.0), Look(80, 1.3, month=20)], prior=NormalMixture.lognormal(0.7, 0.3)
)


@pytest.mark.parametrize(
    "item", [FULL, Look(60, 1.5, null=1.3), Look(60, 1.5, month=3, final=True)], ids=["history", "a", "b"]
)
def test_law_round_trips(item):
    assert type(item).from_dict(json.loads(json.dumps(item.to_dict()))) == item
    assert pickle.loads(pickle.dumps(item)) == item
    names = {**vars(__import__("icibaseline.rules", fromlist=["x"])), **vars(monitoring)}
    names |= {k: v for k, v in globals().items() if k[0].isupper()} | vars(
        __import__("icibaseline.designs", fromlist=["x"])
    )
    assert eval(repr(item), names) == item
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        item.z = 3.0


def test_law_everything_has_one_entry_for_each_look():
    frame = FULL.to_frame()
    assert list(frame.index) == [1, 2]
    for name in frame.columns:
        if not name.startswith("repeated"):
            assert list(frame[name]) == list(getattr(FULL, name))
    assert list(zip(frame["repeated_lower"], frame["repeated_upper"], strict=True)) == list(FULL.repeated_intervals)


def test_law_it_prints_a_headline_and_an_aligned_line_for_each_look():
    shown = str(FULL).splitlines()
    assert shown[0] == "after look 2 of 3 planned: continue"
    start = shown.index("") + 1
    head, first, second = shown[start : start + 3]
    end = head.index("decision")
    assert first[end:] == second[end:] == "continue"
    assert first.split()[:3] == ["1", "14.0", "42"]
    for column in ("reject", "futile", "CP plan", "PP"):
        assert column in head
    final = monitor(PLAIN, looks(EVENTS, (0.0, 1.0, 2.1)))
    assert "median unbiased" in str(final)
    assert "median unbiased" not in str(FULL)
    assert "decision" in FULL._repr_html_()


def test_law_nothing_is_said_of_the_end_before_it():
    assert (FULL.ended, FULL.p_value, FULL.hazard_ratio, FULL.interval) == (False, None, None, None)


# ---- bad input -------------------------------------------------------------------------------------

NULL = "`looks[1].null` must be the hazard ratio that the design tests, 1; got 0.9."
BAD = {
    NULL: [Look(40, 1.0, null=1.0), Look(80, 1.0, null=0.9)],
    "`looks` must have events that never fall; got 60 at look 2 after 80 at look 1.": looks((80, 60), (1, 1)),
    "`looks` must be no more than the 3 that are planned; got 4.": looks((10, 20, 30, 40), (0, 0, 0, 0)),
    "got look 2 after look 1, which has all of the planned events; give it final=False if": looks((121, 130), (1, 1)),
    "got look 2 after look 1, which is marked final.": [Look(40, 1, final=True), Look(80, 1)],
    "got look 2 after look 1, where the decision was to reject.": looks((40, 80), (5, 1)),
    "`looks` must be in the order of their months; got (12.0, 9.0).": [Look(40, 1, month=12), Look(80, 1, month=9)],
    "`looks` must be a look, or a sequence of looks that is not empty; got [].": [],
    "`looks[0]` must be a look; got 3.": [3],
    "`looks` must be a look, or a sequence of looks that is not empty; got 7.": 7,
}


@pytest.mark.parametrize("sentence", BAD)
def test_regression_looks_that_do_not_fit(sentence):
    with pytest.raises(InvalidInput) as caught:
        monitor(PLAIN, BAD[sentence])
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "plan", [Randomized(), Randomized(n=134), Randomized(n=134, looks=AtMonths((12, 24))), TRUTH, None], ids=str
)
def test_regression_plans_that_are_none(plan):
    with pytest.raises(InvalidInput, match=r"`plan` must be a plan from sample_size, or a design from plan_for"):
        monitor(plan, Look(40, 1.0))


@pytest.mark.parametrize("prior", [0.7, BetaMixture.from_counts(3, 10), NormalMixture.normal(0.7, 0.1)], ids=str)
def test_regression_priors_that_are_no_law_of_a_ratio(prior):
    with pytest.raises(InvalidInput, match=r"`prior` must be None or a NormalMixture with scale=\"log\"; got"):
        monitor(PLAIN, Look(40, 1.0), prior=prior)


def test_regression_arguments_of_conditional_power():
    with pytest.raises(InvalidInput, match=r"`look` must be the number of a look, of which there are 2; got 3"):
        FULL.conditional_power_at(0.7, 3)
    with pytest.raises(InvalidInput, match=r"`hazard_ratio` must be a positive number; got 0"):
        FULL.conditional_power_at(0)


def test_regression_a_futility_rule_on_z_at_a_look_that_did_not_grow():
    design = planned(Spending(0.025, futility=FutilityZ(0.0)))
    item = monitor(design, looks((40, 40), (-0.5, -0.5)))
    assert item.futility_bounds == (0.0, -np.inf)
    assert item.decisions == ("futility overruled", "continue")
    assert isinstance(item, Monitoring)


def test_regression_a_wrong_call_is_refused_in_the_words_of_the_library():
    plan, look = planned(FUTILE), Look(events=50, z=1.0)
    with pytest.raises(UnknownArgument, match=r"`look` must be an argument of monitor.* Did you mean `looks`"):
        monitor(plan, look=look)
    with pytest.raises(UnknownArgument, match="`looks` must be given to monitor; got nothing"):
        monitor(plan)
    with pytest.raises(UnknownArgument, match="`monitor` must be given at most 2 arguments by position"):
        monitor(plan, look, None)
