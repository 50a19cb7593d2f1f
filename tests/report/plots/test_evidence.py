"""The chart of a coherence report: ratios by hand from the printed numbers, and never at odds with the verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import icibaseline as ici
from icibaseline.report.plots import describe
from icibaseline.report.plots.readings import reading

LIBRARY = ici.check(ici.documents())


def one(document, compared, finding=None):
    found = ici.check(ici.findings(document=document)).where(compared=compared)
    return reading(next(x for x in found if finding is None or finding in x.findings))


def test_published_a_landmark_beside_the_exponential_curve_of_its_median():
    made = one("melanoma_chemo", "median v landmark")
    assert made.ratios == pytest.approx((0.5 ** (12 / 2.6) / 0.12,) * 2)
    reach = 2.5 * math.sqrt(0.12 * 0.88 / 463) / 0.12
    assert made.tolerated == pytest.approx((1 - reach, 1 + reach))


def test_published_the_patients_that_an_interval_is_worth():
    made = one("hcc", "interval v n", "hcc_os_secondary_median")  # 31.53, 28.09 to 34.97, of 141 patients
    error = (34.97 - 28.09) / (2 * stats.norm.ppf(0.975) * 31.53)
    assert made.ratios[0] == pytest.approx((math.log(2) * error) ** -2 / 141)
    widest = math.exp(0.85 * 141 ** (-1 / 3))
    assert made.tolerated == pytest.approx(((0.6 / widest) ** 2, (1.6 * widest) ** 2))


@pytest.mark.parametrize(
    ("document", "compared", "finding", "reported", "implied"),
    [
        ("nsclc_rechallenge", "whole median v its parts", None, 7.0, (1.1, 5.4)),
        ("promit", "count v percentage v n", "promit_ae_percent", 10.0, (100 * 4 / 38,) * 2),
        ("promit", "count v percentage v n", "promit_orr_count", 18.0, (100 * 7 / 38,) * 2),
        ("promit", "proportion v its interval", None, 7 / 38, (0.08, 0.34)),
        ("hcc", "classes v all patients", "hcc_primary_percent", 100.0, (46.2 + 28.4 + 25.4,) * 2),
        ("nsclc_rechallenge", "classes v all patients", "nsclc_primary_count", 40.0, (40.0, 40.0)),
        ("mcc", "hazard ratio v n", None, 106.0, (4 * (2 * 1.959964 / math.log(0.91 / 0.14)) ** 2,) * 2),
        ("mcc", "printed twice", "mcc_advanced_summary", 0.3, (0.4, 0.4)),
        ("melanoma_chemo", "order along one curve", None, 0.5, (0.12, 0.12)),
        ("melanoma_chemo", "point v its interval", None, 7.9, (0.0, 108.0)),
    ],
)
def test_published_reported_and_implied_numbers(document, compared, finding, reported, implied):
    made = one(document, compared, finding)
    assert made.reported == pytest.approx(reported)
    assert (made.low, made.high) == pytest.approx(implied, rel=2e-3)


def test_reference_the_events_that_a_p_value_implies_are_at_most_the_patients():
    z, ratio = stats.norm.isf(0.006 / 2), math.log(9.5 / 4.7)
    events = (z / ratio) ** 2 * 75**2 / (44 * 31)
    made = one("mcc", "p v medians v n")
    assert made.ratios == pytest.approx((events / 75,) * 2, rel=2e-3)
    assert (made.tolerated, made.said) == ((0, 1), f"implied {events:.3g}, at most 75")


def test_law_every_line_of_the_library_is_drawn_and_what_is_tolerated_agrees_with_its_verdict():
    for line in LIBRARY:
        made = reading(line)
        assert made is not None, line
        (low, high), tolerated = made.ratios, made.tolerated or (1.0, 1.0)
        within = low <= tolerated[1] * (1 + 1e-9) and high >= tolerated[0] * (1 - 1e-9)
        if made.tolerated is not None:
            assert within == (line.verdict == "coherent"), line
        elif line.verdict != "coherent":
            assert not within, line


def test_law_the_worst_stand_first_and_coherent_ones_of_a_kind_in_one_row():
    axes = ici.plot(ici.check(ici.findings(document="melanoma_chemo")))
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels[:4] == [
        "tense",
        "median v landmark\nmel_pfs_median, mel_pfs_1y",
        "mixture v landmark\nmel_pfs_median, mel_pfs_responders, mel_pfs_1y",
        "coherent",
    ]
    assert [t.get_fontweight() for t in axes.get_yticklabels()[:4]] == ["bold", "normal", "normal", "bold"]
    assert "count v percentage v n\n16 comparisons" in labels
    places = axes.get_yticks()
    assert (np.diff(places) > 0).all()
    assert axes.get_ylim()[0] > places[-1] > places[0] > axes.get_ylim()[1] == 0
    assert axes.texts[0].get_text() == "reported 0.12, implied 0.0408"
    assert axes.get_xscale() == "log"


def test_law_verdicts_are_told_apart_by_marker_and_by_colour():
    axes = ici.plot(LIBRARY)
    drawn = {(x.get_marker(), x.get_color()) for x in axes.lines if len(x.get_xdata()) == 1}
    assert {marker for marker, _ in drawn} == {"X", "^", "o"}
    assert len({colour for _, colour in drawn}) == 3


def test_law_words_give_the_verdicts_and_the_numbers_of_the_worst():
    said = describe(LIBRARY)
    tally = [len(LIBRARY.where(verdict=x)) for x in ("impossible", "tense", "coherent")]
    assert said.startswith(f"Numbers held against one another: {tally[0]} impossible, {tally[1]} tense, {tally[2]}")
    assert "promit: count v percentage v n: promit_ae_percent: reported 10, implied 10.5" in said


def test_law_a_line_without_a_pair_of_numbers_is_a_row_without_a_mark():
    odd = LIBRARY[0].with_(numbers=(("something new", 3.0),), compared="a new comparison")
    axes = ici.plot(ici.Coherence((odd,)))
    assert reading(odd) is None
    assert axes.texts[0].get_text() == "no ratio: see the line"


@pytest.mark.parametrize(
    ("numbers", "ratios"),
    [
        ({"PFS months": 8.0, "OS months": 6.0}, (8 / 6,) * 2),
        ({"hazard ratio": 0.5, "ratio of medians": 1.6, "shape": 1.47}, (1.25, 1.25)),
        ({"z of the interval": 2.0, "z of p": 2.5, "error": 0.2}, (0.8, 0.8)),
        ({"count": 60.0, "n": 50.0}, (1.2, 1.2)),
        ({"events printed": 20.0, "events implied": 30.0, "patients": 75.0}, (1.5, 1.5)),
        ({"parts": 6.0, "patients": 463.0, "counts added": 58.0, "count of the whole": 60.0}, (58 / 60,) * 2),
        ({"least": 0.0, "most": 0.4}, None),
    ],
)
def test_law_comparisons_that_the_library_lacks_are_read_too(numbers, ratios):
    made = reading(LIBRARY[0].with_(numbers=tuple(numbers.items())))
    assert (None if made is None else made.ratios) == (None if ratios is None else pytest.approx(ratios))
