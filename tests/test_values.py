"""Frozen values: priors found and replaced inside, arguments checked, equality."""

from __future__ import annotations

import numpy as np
import pytest

import icibaseline as ici
from icibaseline._values import decode, encode, replace, replace_unknowns, unknowns, walk

MEDIAN, RATIO = ici.NormalMixture.lognormal(4.7, 0.3), ici.NormalMixture.lognormal(0.6, 0.2)
JOINT = ici.BivariateNormal((1.5, -0.3), (0.2, 0.3), 0.5, ("log", "log"))


def scenario(control=MEDIAN, effect=RATIO, dropout=None):
    return ici.Scenario(
        control=control, effect=ici.HazardRatio(effect), enrollment=ici.Enrollment(duration=24), dropout=dropout
    )


# ---- walking ---------------------------------------------------------------------------------------


def test_law_walk_names_every_place():
    found = dict(walk(scenario(dropout=(ici.Exponential(rate=0.01), ici.Exponential(rate=0.02)))))
    assert found["control"] is MEDIAN
    assert found["effect.value"] is RATIO
    assert found["enrollment.duration"] == 24
    assert found["dropout[1].rate"] == 0.02
    assert next(iter(walk(MEDIAN))) == ("", MEDIAN)


def test_law_unknowns_are_distinct_and_in_order():
    assert unknowns(scenario()) == (MEDIAN, RATIO)
    assert unknowns(scenario(effect=0.6)) == (MEDIAN,)
    assert unknowns(scenario(control=ici.Exponential(4.7), effect=0.6)) == ()
    again = ici.NormalMixture.lognormal(4.7, 0.3)  # equal, though another object
    assert unknowns(scenario(dropout=ici.Exponential(again))) == (MEDIAN, RATIO)
    assert unknowns(scenario(control=ici.Weibull(joint=JOINT))) == (JOINT, RATIO)
    assert unknowns((RATIO, (MEDIAN, 3, "text"), None)) == (RATIO, MEDIAN)


# ---- replacing -------------------------------------------------------------------------------------


def test_law_replacing_by_the_same_shares_everything():
    held = scenario()
    assert replace_unknowns(held, lambda prior: prior) is held
    assert replace(held, ici.Weibull, lambda part: None) is held


def test_law_replacing_leaves_the_rest_alone():
    held = scenario(control=ici.Exponential(MEDIAN))
    made = replace_unknowns(held, lambda prior: 0.5)
    assert (made.control.median, made.effect.value) == (0.5, 0.5)
    assert made.enrollment is held.enrollment
    assert unknowns(held) == (MEDIAN, RATIO)


def test_law_typical_puts_medians():
    typical = scenario().typical
    assert typical == scenario(control=ici.Exponential(MEDIAN.median), effect=RATIO.median)
    curve = scenario(control=ici.Weibull(joint=JOINT)).typical.control
    assert curve.median == pytest.approx(np.exp(1.5))
    assert curve.survival(3.0) == pytest.approx(
        ici.Weibull(shape=float(np.exp(-0.3)), median=float(np.exp(1.5))).survival(3.0)
    )


def test_law_priors_are_found_in_mixtures_and_behind_curves():
    shares = ici.Dirichlet((44.5, 31.5, 31.5))
    parts = (
        ici.Exponential(MEDIAN),
        ici.MixtureCure(joint=ici.BivariateNormal((1, -2), (0.1, 0.2), 0, ("log", "logit"))),
    )
    mixed = ici.Mixture(shares, (*parts, ici.Conditional(ici.LogNormal(sigma=1, median=9), months=RATIO)))
    held = scenario(control=mixed, effect=0.6)
    assert unknowns(held) == (shares, MEDIAN, parts[1].joint, RATIO)
    typical = held.typical.control
    assert typical.weights == pytest.approx(shares.typical, rel=1e-12)
    assert typical.curves[0] == ici.Exponential(MEDIAN.median)
    assert typical.curves[2].months == RATIO.median
    drawn = held.draw(5, np.random.default_rng(1)).control
    assert drawn.batch == 5
    assert drawn.weights.shape == (5, 3)
    assert drawn.weights.sum(axis=1) == pytest.approx(np.ones(5), rel=1e-12)
    assert drawn.survival(np.array([0.0, 6.0])).shape == (5, 2)


def test_law_a_population_keeps_its_sources_when_its_medians_are_plugged_in():
    primary, acquired = (ici.baseline(f"mcc_pfs_{name}") for name in ("primary", "acquired"))
    mixed = ici.mix(primary, acquired, shares=ici.baseline("mcc_share_primary"))
    held = scenario(control=mixed, effect=0.6)
    assert held.unknowns == (mixed.shares.prior, primary.prior, acquired.prior)
    assert held.typical.control == mixed.with_(at_median=True)
    assert held.typical.unknowns == ()
    assert held.typical.baselines == held.baselines == (primary, acquired, mixed.shares)
    assert ici.power(ici.Randomized(134), held).power == ici.power(ici.Randomized(134), held.typical).power


def test_law_equal_priors_take_one_value():
    held = scenario(dropout=ici.Exponential(MEDIAN))
    batch = held.at([np.array([3.0, 5.0]), np.array([0.6, 0.7])])
    assert np.array_equal(batch.control.median, batch.dropout.median)
    drawn = held.draw(7, np.random.default_rng(1))
    assert np.array_equal(drawn.control.median, drawn.dropout.median)
    assert drawn.control.batch == 7


@pytest.mark.parametrize(
    "nodes", [[], [np.ones(3)], [np.ones(3), np.ones(4)], [np.ones((3, 2)), np.ones(3)], [np.ones(3)] * 3]
)
def test_law_a_batch_needs_one_array_for_each_unknown(nodes):
    with pytest.raises(ici.InvalidInput, match="`nodes` must be"):
        scenario().at(nodes)


# ---- equality and arguments ------------------------------------------------------------------------


def test_law_equality_is_by_content_and_class():
    assert ici.Exponential(4.7) == ici.Exponential(median=4.7)
    assert ici.Exponential(4.7) != ici.Exponential(4.7 + 1e-12)
    assert ici.Exponential(4.7) != 4.7
    assert ici.HazardRatio(1.0) != ici.ExplicitCurve(ici.Exponential(1.0))
    assert ici.Exponential(np.array([1.0, 2.0])) == ici.Exponential(np.array([1.0, 2.0]))
    assert ici.Exponential(np.array([1.0, 2.0])) != ici.Exponential(np.array([1.0]))
    assert len({scenario(), scenario(), scenario(effect=0.6)}) == 2


def test_law_cached_values_do_not_count():
    fresh, used = scenario(), scenario()
    _ = used.typical, used.unknowns, used.resolved
    assert fresh == used
    assert hash(fresh) == hash(used)
    assert fresh.to_dict() == used.to_dict()


def test_law_nothing_given_can_be_changed_from_outside():
    medians = np.array([1.0, 2.0])
    curve = ici.Exponential(medians)
    medians[0] = 9
    assert curve.median[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        curve.median[0] = 9
    strata = [ici.Stratum("a", share=1, control=ici.Exponential(4), effect=ici.HazardRatio(0.6))]
    held = ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=24))
    strata.append(strata[0])
    assert len(held.strata) == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ici.HazardRatio(0.6, dealy=3), "Did you mean `delay`"),
        (lambda: ici.HazardRatio(), "`value` must be given to HazardRatio"),
        (lambda: ici.HazardRatio(0.6, 3), "at most 1 arguments by position"),
        (lambda: ici.HazardRatio(0.6, value=0.5), "by position and by name"),
        (lambda: ici.HazardRatio(0.6).with_(hr=0.5), "`hr` must be an argument"),
        (lambda: ici.Fixed().with_(), None),
    ],
)
def test_law_arguments_are_named_in_one_sentence(make, said):
    if said is None:
        assert make() == ici.Fixed()
        return
    with pytest.raises(ici.UnknownArgument) as error:
        make()
    assert said in str(error.value)
    assert isinstance(error.value, TypeError)


# ---- dictionaries ----------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.1 + 0.2, 1e-320, np.pi, np.inf, -np.inf, 5, True, None, "text", (1.5, (2, "a"))])
def test_law_numbers_survive_exactly(x):
    assert decode(encode(x)) == x
    assert type(decode(encode(x))) is type(x)


def test_law_nan_and_arrays_survive():
    assert np.isnan(decode(encode(np.nan)))
    batch = np.array([[0.1, np.inf], [np.nan, 3]])
    assert np.array_equal(decode(encode(batch)), batch, equal_nan=True)


def test_law_what_json_cannot_hold_is_refused():
    with pytest.raises(ici.InvalidInput, match="JSON"):
        encode({1, 2})
