"""What someone who types the obvious but wrong thing is told, and where warnings point."""

from __future__ import annotations

import warnings

import pytest

import icibaseline as ici

RESPONSE = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
SURVIVAL = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
SIMON = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ici.SingleArm(44, rule=ici.Exact(13)), "Exact(r=13) is the rule of at least 13 responses."),
        (lambda: ici.SingleArm(44, rule=ici.Exact(5)), "Write 0.05 for 5 %"),
        (lambda: ici.SingleArm(alpha=0.05), "The level belongs to the rule: rule=Exact(alpha=0.05), for survival"),
        (lambda: ici.SingleArm(benchmark=7), "Write 7/n if 7 of n patients responded, or 0.07 for 7 %."),
        (lambda: ici.ResponseScenario(7, ici.Rate(0.3)), "Write 7/n if 7 of n patients responded, or 0.07 for 7 %."),
        (lambda: ici.sample_size(ici.Fleming(looks=3), RESPONSE, power=0.8), "SingleArm(rule=Fleming(...))"),
        (lambda: ici.power(ici.OneSampleLogRank(), SURVIVAL), "SingleArm(statistic=OneSampleLogRank(...))"),
        (lambda: ici.power(ici.LogRank(), SURVIVAL), "Randomized(statistic=LogRank(...))"),
        (lambda: ici.power(ici.Fixed(0.05), SURVIVAL), "Randomized(boundary=Fixed(...))"),
        (lambda: ici.sample_size(RESPONSE, SIMON, power=0.8), "The design comes first, then the scenario."),
        (lambda: ici.sample_size(ici.SingleArm(), SURVIVAL, power=0.8), "statistic=OneSampleLogRank()"),
        (lambda: ici.power(ici.Randomized(100), RESPONSE), "RandomizedResponse count responses"),
        (lambda: ici.SingleArm(benchmark=SURVIVAL.control), "SingleArm(statistic=OneSampleLogRank())"),
        (lambda: ici.SingleArm(benchmark=ici.Exponential(4.7)), "SingleArm(statistic=OneSampleLogRank())"),
        (lambda: ici.ResponseScenario(SURVIVAL.control, ici.Rate(0.3)), "Survival is the outcome of a Scenario."),
        (
            lambda: ici.sample_size(
                ici.SingleArm(benchmark=ici.BetaMixture(1, 4, 36), rule=ici.Posterior(0.05)), RESPONSE, power=0.8
            ),
            "c=0.05 is a rule of that alpha: c is the probability of being better",
        ),
    ],
)
def test_law_the_obvious_mistake_is_met_with_what_was_meant(call, said):
    with pytest.raises(ici.IcibaselineError) as caught:
        call()
    assert said in str(caught.value)


def test_law_a_percentage_with_digits_is_no_count():
    for wrong in (lambda: ici.Exact(2.5), lambda: ici.SingleArm(benchmark=18.4)):
        with pytest.raises(ici.InvalidInput, match=r"Write 0.025 for 2.5 %|Write 0.184 for 18.4 %") as caught:
            wrong()
        assert "responses" not in str(caught.value)
        assert "patients responded" not in str(caught.value)


def test_law_one_total_of_a_trial_with_two_looks_is_met_with_how_to_give_both():
    said = " ".join(str(ici.after_trial(SIMON, 8, patients=27)).split())
    assert "looks are planned after 10 and 29 patients, and this is look 1 of 2" in said
    assert "responses=(first, 8), patients=(10, 27)" in said
    assert "\n" not in str(ici.after_trial(SIMON, 3))
    assert "is look" not in str(ici.after_trial(SIMON, (3, 8), patients=(10, 27)))


LIBERAL = ici.RandomizedResponse(48, test=ici.PooledZ(), alpha=0.2)


def by_hand(design, scenario):
    return ici.power(design, scenario)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ici.power(LIBERAL, RESPONSE),
        lambda: ici.assurance(LIBERAL, RESPONSE),
        lambda: ici.simulate(LIBERAL, RESPONSE, replicates=10, rng=1),
        lambda: ici.compare([LIBERAL], [RESPONSE]),
        lambda: ici.compare([LIBERAL], [RESPONSE], by=by_hand),
        lambda: ici.sample_size(LIBERAL.unsized(), RESPONSE, power=0.8),
        lambda: ici.MedianRatio(1.4).hazard_ratio(shape=1.2),
    ],
)
def test_law_a_warning_points_at_the_line_of_the_user(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    found = [w for w in caught if issubclass(w.category, ici.ApproximationWarning)]
    assert found
    assert {w.filename for w in found} == {__file__}
