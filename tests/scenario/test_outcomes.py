"""One question asked of two outcomes: each design takes its own, and `compare` puts them beside one another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

ENTRY = ici.Enrollment(rate=2)
SURVIVAL = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"),
    effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.2)),
    enrollment=ENTRY,
)
RESPONSE = ici.ResponseScenario(ici.baseline("promit_orr"), ici.Rate(0.35), enrollment=ENTRY, assessment=3)
BOTH = ici.Outcomes(SURVIVAL, RESPONSE)
DESIGNS = {
    "exact": ici.SingleArm(44),
    "honest": ici.SingleArm(156, rule=ici.Posterior(0.95)),
    "log-rank": ici.SingleArm(32, statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05)),
    "randomised": ici.Randomized(134),
}


def test_law_every_verb_takes_the_outcome_that_the_design_asks_for():
    for name, own in (("exact", RESPONSE), ("log-rank", SURVIVAL), ("randomised", SURVIVAL)):
        design = DESIGNS[name]
        assert ici.power(design, BOTH) == ici.power(design, own)
        assert ici.assurance(design, BOTH) == ici.assurance(design, own)
        assert ici.simulate(design, BOTH, replicates=300, rng=1) == ici.simulate(design, own, replicates=300, rng=1)
        assert design.plan_for(BOTH) == design.plan_for(own)
    assert ici.sample_size(ici.SingleArm(), BOTH, power=0.8) == ici.sample_size(ici.SingleArm(), RESPONSE, power=0.8)


def test_law_null_typical_and_unknowns_are_those_of_the_parts():
    assert ici.Outcomes(SURVIVAL.null, RESPONSE.null) == BOTH.null
    assert BOTH.typical.survival == SURVIVAL.typical
    assert BOTH.typical.response == RESPONSE.typical
    assert BOTH.unknowns == (*SURVIVAL.unknowns, *RESPONSE.unknowns)
    assert [b.id for b in BOTH.baselines] == ["mcc_pfs_primary", "promit_orr"]
    assert [s.baseline for s in ici.sources(BOTH) if s.baseline] == ["mcc_pfs_primary", "promit_orr"]
    drawn = BOTH.draw(4, np.random.default_rng(1))
    assert drawn.survival.parts[0].control.median.shape == drawn.response.rates.control.shape == (4,)


def test_law_one_table_for_trials_of_either_outcome():
    table = ici.compare(DESIGNS, {"truth": BOTH, "null": BOTH.null})
    found = dict(zip(DESIGNS, table.summaries, strict=True))
    exact, honest = found["exact"], found["honest"]
    assert_allclose(
        [exact.power, exact.average_error], [stats.binom.sf(12, 44, 0.35), stats.betabinom.sf(12, 44, 7.5, 31.5)]
    )
    assert (exact.expected_n, exact.expected_months, exact.nominal_error) == (44, 25, 0.05)
    assert exact.error == table.results[1].power
    assert honest.average_error < 0.05 < exact.average_error
    assert found["randomised"].average_error == pytest.approx(0.025, abs=1e-3)
    assert found["log-rank"].average_error == ici.assurance(table.designs[2], SURVIVAL.null).power
    assert found["log-rank"].assurance == ici.assurance(table.designs[2], SURVIVAL).power < found["log-rank"].power
    shown = str(table)
    assert "effect for power 0.8" in shown
    assert "log-rank" in shown


def test_law_the_table_says_at_which_control_its_type_one_errors_are():
    """Two stages against 7/38 keep 0.05 there, and pass it at the control's median of 0.187."""
    simon = ici.sample_size(ici.TwoStage(alpha=0.05), RESPONSE, power=0.8).design
    table = ici.compare({"simon": simon}, RESPONSE)
    typical = ici.power(simon, RESPONSE.null.typical).power
    assert table.summaries[0].error == typical
    assert ici.power(simon, RESPONSE.with_(control=7 / 38).null).power < 0.05 < typical
    said = " ".join(str(table).split())
    assert "type I errors are at the scenario's typical control, not at the benchmark of a design" in said


def test_law_the_detectable_effect_has_that_power():
    table = ici.compare(DESIGNS, BOTH)
    rates = [float(found.detectable.removeprefix("rate ")) for found in table.summaries[:2]]
    assert_allclose(stats.binom.sf([12, 49], [44, 156], rates), 0.8, atol=2e-3)
    ratio = float(table.summaries[3].detectable.removeprefix("hazard ratio "))
    truth = SURVIVAL.with_(effect=ici.HazardRatio(ratio))
    assert_allclose(ici.power(table.designs[3], truth).power, 0.8, atol=2e-4)


def test_law_randomised_trials_alone_keep_their_table():
    assert "effect for power" not in str(ici.compare([ici.Randomized(134), ici.Randomized(200)], SURVIVAL))


def test_law_months_stay_out_where_nobody_enrols():
    table = ici.compare(ici.SingleArm(44), RESPONSE.with_(enrollment=None))
    assert math.isnan(table.summaries[0].expected_months)
    assert "nan" not in str(table)
    assert "nan" not in table._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"response": RESPONSE.with_(enrollment=ici.Enrollment(rate=3))}, "enrols as `survival` does"),
        ({"response": SURVIVAL}, "`response` must be a ResponseScenario"),
        ({"survival": RESPONSE}, "`survival` must be a Scenario"),
    ],
)
def test_law_outcomes_of_other_patients_are_refused(arguments, said):
    with pytest.raises(ici.InvalidInput, match=said):
        BOTH.with_(**arguments)
