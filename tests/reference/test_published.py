"""Tabulated events that a log-rank trial needs, one-sided alpha, 1:1.

Schoenfeld 1983 and Freedman 1982: values of their formulas as they are commonly tabulated, to a hundredth of an event.
Rubinstein et al., J Clin Oncol 2005; 23: 7199-7206: the table of screening trials, rounded to whole events as printed;
its hazard ratios are control over experimental.
"""

from __future__ import annotations

import math
import warnings

import pytest

import icibaseline as ici

# hazard ratio: events for power 0.8 and 0.9 at one-sided 0.025, to the printed hundredth
SCHOENFELD = {
    0.5: (65.35, 87.48),
    0.6: (120.32, 161.07),
    2 / 3: (190.97, 255.65),
    0.7: (246.79, 330.38),
    0.75: (379.35, 507.84),
    0.8: (630.52, 844.09),
}
FREEDMAN = {0.5: (70.64, 94.57), 0.7: (252.04, 337.41), 0.75: (384.60, 514.86)}

# Randomised phase II screening (Rubinstein et al. 2005): (alpha, beta), control/experimental hazard: events
SCREENING = {
    (0.1, 0.1): {1.3: 382, 1.4: 232, 1.5: 160, 1.75: 84},
    (0.1, 0.2): {1.3: 262, 1.4: 159, 1.5: 110, 1.75: 58},
    (0.2, 0.1): {1.3: 262, 1.4: 159, 1.5: 110, 1.75: 58},
    (0.2, 0.2): {1.3: 165, 1.4: 100, 1.5: 69, 1.75: 36},
}
SCREENED = [(*errors, ratio, events) for errors, row in SCREENING.items() for ratio, events in row.items()]


def events(formula, ratio, power, alpha=0.025):
    design = ici.Randomized(statistic=ici.LogRank(formula=formula), boundary=ici.Fixed(alpha=alpha))
    truth = ici.Scenario(ici.Exponential(median=6), ici.HazardRatio(ratio), enrollment=ici.Enrollment(duration=24))
    with warnings.catch_warnings():  # the smallest trials have fewer than 100 patients
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        return ici.sample_size(design, truth, power=power).events_required


@pytest.mark.parametrize("ratio", SCHOENFELD)
def test_published_schoenfeld_events(ratio):
    found = [events("schoenfeld", ratio, power) for power in (0.8, 0.9)]
    assert found == pytest.approx(SCHOENFELD[ratio], abs=0.005)


@pytest.mark.parametrize("ratio", FREEDMAN)
def test_published_freedman_events(ratio):
    found = [events("freedman", ratio, power) for power in (0.8, 0.9)]
    assert found == pytest.approx(FREEDMAN[ratio], abs=0.005)


@pytest.mark.parametrize(("alpha", "beta", "ratio", "printed"), SCREENED)
def test_published_screening_trial_events(alpha, beta, ratio, printed):
    assert round(events("schoenfeld", 1 / ratio, 1 - beta, alpha)) == printed


def test_reference_lifelines_documented_example():
    """lifelines divides Freedman's events by given event probabilities, .25 and .35, and prints 421 in each arm."""
    lifelines = pytest.importorskip("lifelines.statistics")
    assert lifelines.sample_size_necessary_under_cph(0.8, 1.0, 0.25, 0.35, 0.7) == (421, 421)
    assert math.ceil(events("freedman", 0.7, 0.8) / (0.25 + 0.35)) == 421
