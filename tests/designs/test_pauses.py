"""Patients who enter while a look awaits responses, and enrolment that pauses: counts, months, what plans say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import icibaseline as ici

ENROLLMENT = ici.Enrollment(rate=4)
AT_ENTRY = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3), enrollment=ENROLLMENT)
GOES_ON = AT_ENTRY.with_(assessment=4)
PAUSES = GOES_ON.with_(pauses=True)
SIMON = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
DESIGNS = {
    "Simon": SIMON,
    "Fleming": ici.SingleArm(30, benchmark=0.1, rule=ici.Fleming(looks=3)),
    "stages": ici.MultiStage(sizes=(8, 17, 25), efficacy=(4, 5, 6), futility=(None, 2, 5), benchmark=0.1),
}


def flat(item):
    return " ".join(str(item).split())


def test_published_the_expected_number_is_simons_where_nobody_enters_in_between():
    """Simon 1989, .1 against .3: EN 15.0, PET 0.74."""
    for world in (AT_ENTRY, PAUSES, GOES_ON.with_(enrollment=None), AT_ENTRY.with_(enrollment=None)):
        found = ici.power(SIMON, world.null)
        assert_allclose(found.expected_n, 10 + 19 * stats.binom.sf(1, 10, 0.1), rtol=1e-12)
        assert (round(found.expected_n, 1), found.n_by_look) == (15.0, (10, 29))


def test_reference_patients_who_enter_while_responses_are_awaited_are_treated():
    """16 more enter in four months at four a month, of the 19 that are left: a Poisson number cut at 19."""
    found = ici.power(SIMON, GOES_ON.null)
    more = np.minimum(np.arange(200), 19) @ stats.poisson.pmf(np.arange(200), 16)
    assert_allclose(found.n_by_look, (10 + more, 29), rtol=1e-10)
    stops = stats.binom.cdf(1, 10, 0.1)
    assert_allclose(found.expected_n, stops * (10 + more) + (1 - stops) * 29, rtol=1e-10)
    assert found.expected_n > 26
    assert_allclose(found.months, (10 / 4 + 4, 29 / 4 + 4))
    assert found.power == ici.power(SIMON, AT_ENTRY.null).power


def test_law_every_look_before_makes_a_pause():
    for design in DESIGNS.values():
        on, paused = ici.power(design, GOES_ON), ici.power(design, PAUSES)
        assert_allclose(np.subtract(paused.months, on.months), 4.0 * np.arange(len(on.months)))
        assert paused.expected_n < on.expected_n
        assert paused.power == on.power


@pytest.mark.parametrize("world", [GOES_ON, PAUSES, GOES_ON.with_(enrollment=ici.Enrollment(duration=9))])
@pytest.mark.parametrize("name", DESIGNS)
def test_law_simulated_patients_agree(name, world):
    exact, seen = ici.power(DESIGNS[name], world), ici.simulate(DESIGNS[name], world, replicates=6000, rng=3)
    for field in ("n_by_look", "months"):
        gap = np.abs(np.subtract(getattr(seen, field), getattr(exact, field)))
        assert np.all(gap <= 4.2 * np.array(getattr(seen.errors, field)) + 1e-9), field
    assert abs(seen.expected_n - exact.expected_n) <= 4.2 * seen.errors.expected_n + 1e-9
    assert abs(seen.expected_months - exact.expected_months) <= 4.2 * seen.errors.expected_months + 1e-9


def test_law_a_prior_on_the_pace_of_enrolment_averages_the_numbers():
    pace = ici.NormalMixture.lognormal(4, 0.3)
    world = GOES_ON.with_(enrollment=ici.Enrollment(rate=pace)).null
    nodes = pace.nodes(64)
    each = [ici.power(SIMON, world.with_(enrollment=ici.Enrollment(rate=float(x)))).expected_n for x in nodes.x]
    assert_allclose(ici.assurance(SIMON, world).expected_n, nodes.weights @ each, rtol=1e-5)


def test_law_a_comparison_counts_them_too():
    row = ici.compare([SIMON], [GOES_ON]).summaries[0]
    assert row.expected_n_null == ici.power(SIMON, GOES_ON.null).expected_n
    assert row.expected_n_null > ici.compare([SIMON], [PAUSES]).summaries[0].expected_n_null + 10


def test_law_a_plan_says_how_many_have_entered_and_what_the_published_number_is():
    plan = ici.sample_size(ici.TwoStage(), GOES_ON, power=0.8)
    said = flat(plan)
    assert "Simon's optimal design: r1/n1 = 1/10, r/n = 5/29" in said
    assert "at the benchmark's rate of 0.1, 15.01 patients are expected (EN)" in said
    assert "stops early with probability 0.736 (PET); at 0.3, 26.16 and 0.149" in said
    assert "25.4 have entered by the first look, and 26.4 patients are expected at 0.1 and 28.5 at 0.3" in said
    assert "at a response rate of 0.3 look month patients entered" in said
    assert "at a response rate of 0.1 look" in flat(ici.power(plan.design, GOES_ON.null))
    assert "15.01 patients are expected (EN)" in flat(ici.power(plan.design, GOES_ON.null))
    assert str(plan).count("stop if at most 1 of 10") == 1


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (PAUSES, "enrolment pauses for 4 months at each interim look; months include the pauses"),
        (GOES_ON.with_(enrollment=None), "without enrolment they are not known"),
    ],
)
def test_law_other_ways_to_wait_are_said(world, said):
    shown = flat(ici.power(SIMON, world))
    assert said in shown
    assert "entered" not in shown


def test_law_nothing_is_said_of_waiting_where_responses_are_known_at_entry():
    shown = flat(ici.power(SIMON, AT_ENTRY))
    assert not any(word in shown for word in ("awaited", "entered", "pauses"))
    assert "EN" not in flat(ici.power(ici.SingleArm(30, benchmark=0.1), GOES_ON))


def test_law_months_are_not_days():
    assert ici.ResponseScenario(0.1, ici.Rate(0.3), assessment=36).assessment == 36
    with pytest.raises(ici.InvalidInput, match=r"For 90 days write 90/30.44"):
        ici.ResponseScenario(0.1, ici.Rate(0.3), assessment=90)
    with pytest.raises(ici.InvalidInput, match="`pauses` must be True or False"):
        ici.ResponseScenario(0.1, ici.Rate(0.3), pauses=1)
    with pytest.raises(ici.UnknownArgument, match=r"at most 0 arguments by position.*Name the others: duration, rate"):
        ici.Enrollment(1.5)


def test_law_code_says_what_a_default_decides():
    assert repr(ici.TwoStage(benchmark=0.1)) == "TwoStage('optimal', alpha=0.05, benchmark=0.1)"
    assert "alpha=0.025" in repr(ici.RandomizedResponse(100))
    assert "criterion='optimal', alpha=0.05" in repr(ici.TwoStageSurvival())


def test_law_a_picture_names_the_patients_whom_a_look_counts():
    assert "10 patients" in str(_texts(ici.power(SIMON, GOES_ON)))


def _texts(result):
    from matplotlib import pyplot as plt

    try:
        return [text.get_text() for text in ici.plot(result, "looks").figure.findobj(lambda a: hasattr(a, "get_text"))]
    finally:
        plt.close("all")
