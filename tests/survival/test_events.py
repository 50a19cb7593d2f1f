"""Expected events under every kind of curve, as the designs integrate them, against adaptive quadrature."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

import icibaseline as ici
from icibaseline.survival import (
    Conditional,
    Curve,
    Exponential,
    LogLogistic,
    LogNormal,
    Mixture,
    MixtureCure,
    PiecewiseExponential,
    Weibull,
)

N, ENROLLED = 150, 24.0
STEPS = PiecewiseExponential((0.3, 0.05, 0.12), (1.5, 9))
CURVES = [
    Mixture((0.8, 0.2), (Exponential(4.7), Exponential(9.5))),
    Mixture((0.3, 0.7), (Exponential(0.1), Exponential(50))),
    Mixture((0.5, 0.5), (Exponential(4.7), Weibull(shape=2.5, median=9.5))),
    Mixture((0.5, 0.5), (Weibull(shape=0.4, median=4.7), Weibull(shape=0.73, median=9.5))),
    Mixture((0.5, 0.5), (STEPS, MixtureCure(Exponential(4), cured=0.2))),
    MixtureCure(Weibull(shape=0.73, median=4.7), cured=0.3),
    MixtureCure(joint=(2.6, 0.098)),
    LogLogistic(shape=0.7, median=4.7),
    LogLogistic(shape=4, median=4.7),
    LogNormal(sigma=0.3, median=4.7),
    LogNormal(sigma=1, median=4.7),
    LogNormal(sigma=2.5, median=4.7),
    Conditional(STEPS, months=1),
    *(Conditional(Weibull(shape=0.4, median=4.7), months=m) for m in (1e-6, 0.01, 1, 6)),
    Conditional(LogNormal(sigma=1, median=4.7), months=0.01),
]


def events(curve: Curve, month: float) -> float:
    """N times the probability of entry and event by a month: entry is uniform, t = a + u^8 smooths what is singular."""
    marks = sorted({0.0, month, max(month - ENROLLED, 0.0), *(k for k in curve.knots if k < month)})
    marks = sorted({*marks, *(x for x in (1e-4, 1e-2, 0.1, 1.0) if x < month)})

    def density(u: float, a: float) -> float:
        t = a + u**8
        return min((month - t) / ENROLLED, 1.0) * curve.density(t) * 8 * u**7 if u > 0 else 0.0

    parts = [
        quad(density, 0, (b - a) ** 0.125, (a,), epsabs=1e-13, epsrel=1e-11, limit=200)[0] for a, b in pairwise(marks)
    ]
    return N * math.fsum(parts)


@pytest.mark.parametrize("curve", CURVES, ids=str)
@pytest.mark.parametrize("month", [5.0, 36.0])
def test_reference_expected_events(curve: Curve, month: float) -> None:
    truth = ici.Scenario(control=curve, effect=ici.HazardRatio(1.0), enrollment=ici.Enrollment(duration=ENROLLED))
    found = ici.power(ici.Randomized(N, looks=ici.AtMonths(month)), truth).expected_events
    assert found == pytest.approx(events(curve, month), rel=1e-9)


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_law_the_formula_needs_few_nodes(curve: Curve) -> None:
    """What the power of time at the origin is for: without it panels of 512 nodes do not suffice."""
    from icibaseline.statistics import LogRank

    truth = ici.Scenario(control=curve, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=ENROLLED))
    design = ici.Randomized(N, looks=ici.AtMonths(36.0)).plan_for(truth)
    assert LogRank().resolution(design._trial(truth, N, design.planned.looks)) <= 64
    assert np.isfinite(curve.origin_power)
