"""Expected events, score and information against adaptive quadrature of their integrals, written out anew."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.integrate import quad

import icibaseline as ici

LOOKS = (3.0, 17.0, 24.0, 41.5)  # enrolment ends at 24: two looks before it
N, CLOSE = 150, 1e-12


class Law(NamedTuple):
    """A survival law as the library knows it, and by hand."""

    curve: ici.Curve
    hazard: object
    cumulative: object
    knots: tuple[float, ...] = ()


def weibull(shape, median):
    scale = median / math.log(2) ** (1 / shape)
    return Law(
        ici.Weibull(shape=shape, median=median),
        lambda t: shape / scale * (t / scale) ** (shape - 1),
        lambda t: (t / scale) ** shape,
    )


def exponential(median):
    rate = math.log(2) / median
    return Law(ici.Exponential(median=median), lambda t: rate, lambda t: rate * t)


def piecewise(hazards, knots):
    ends = (*knots, math.inf)
    starts = (0.0, *knots)
    return Law(
        ici.PiecewiseExponential(hazards, knots),
        lambda t: next(h for h, end in zip(hazards, ends, strict=True) if t < end),
        lambda t: sum(h * min(max(t - a, 0), b - a) for h, a, b in zip(hazards, starts, ends, strict=True)),
        knots,
    )


def after(law, ratio, delay):
    """The law with its hazard multiplied from a delay on."""
    return Law(
        law.curve.scaled(ratio, delay),
        lambda t: law.hazard(t) * (ratio if t >= delay else 1),
        lambda t: law.cumulative(t) if t < delay else ratio * law.cumulative(t) + (1 - ratio) * law.cumulative(delay),
        (*law.knots, delay) if delay else law.knots,
    )


UNIFORM = (ici.Enrollment(duration=24), (24.0,), (1.0,))
STEPS = (ici.Enrollment(duration=24, relative_rates=(1, 0, 3), knots=(6, 8)), (6.0, 8.0, 24.0), (1.0, 0.0, 3.0))


class Case(NamedTuple):
    """Strata of (share, control, experimental), and the rest of a trial."""

    strata: tuple[tuple[float, Law, Law], ...]
    lost: tuple[float, float] = (0.0, 0.0)
    enrollment: tuple[object, ...] = UNIFORM
    ratio: float = 1.0
    null: float = 1.0


def one(control, experimental, **more):
    return Case(((1.0, control, experimental),), **more)


PIECES = piecewise((0.3, 0.05, 0.12), (1.5, 9.0))
CASES = {
    "exponential": one(exponential(4.7), after(exponential(4.7), 0.6, 0)),
    "non-inferiority": one(exponential(4.7), after(exponential(4.7), 1.1, 0), null=1.3),
    **{f"Weibull {k}": one(weibull(k, 4.7), after(weibull(k, 4.7), 0.6, 0)) for k in (0.4, 0.73, 1.3, 2.5)},
    "Weibull against exponential": one(weibull(0.73, 3.0), exponential(6.0), ratio=2),
    "piecewise": one(PIECES, after(PIECES, 0.6, 0), ratio=3),
    "crossing": one(PIECES, piecewise((0.1, 0.2), (4.0,))),
    "delayed": one(exponential(4.7), after(exponential(4.7), 0.5, 3.0)),
    "delayed Weibull": one(weibull(1.3, 4.7), after(weibull(1.3, 4.7), 0.5, 3.0), lost=(0.02, 0.02)),
    "Weibull 2.5 with dropout": one(weibull(2.5, 4.7), exponential(6.0), lost=(0.05, 0.01)),
    "dropout by arm": one(exponential(4.7), after(exponential(4.7), 0.6, 0), lost=(0.01, 0.07)),
    "stepwise enrolment": one(weibull(0.73, 4.7), after(weibull(0.73, 4.7), 0.6, 0), enrollment=STEPS),
    "strata": Case(
        ((0.6, exponential(3.0), after(exponential(3.0), 0.6, 0)), (0.4, PIECES, after(PIECES, 0.8, 2.0))),
        lost=(0.01, 0.03),
        enrollment=STEPS,
        ratio=2,
        null=1.2,
    ),
}


def fraction(months, ends, rates):
    """Fraction enrolled by a month."""
    starts = (0.0, *ends[:-1])
    counts = [r * min(max(months - a, 0), b - a) for r, a, b in zip(rates, starts, ends, strict=True)]
    return sum(counts) / sum(r * (b - a) for r, a, b in zip(rates, starts, ends, strict=True))


def integral(density, breaks):
    """Adaptive quadrature between breaks; t = a + u^8 takes away what is singular at the lower end."""
    total = 0.0
    for a, b in itertools.pairwise(breaks):
        found, _ = quad(
            lambda u, a=a: density(a + u**8) * 8 * u**7, 0, (b - a) ** 0.125, epsabs=1e-15, epsrel=1e-12, limit=200
        )
        total += found
    return total


def expected(case, month):
    """Control and experimental events, score and information by a month."""
    _, ends, rates = case.enrollment
    arms = (1 / (1 + case.ratio), case.ratio / (1 + case.ratio))
    totals = np.zeros(4)
    for share, *laws in case.strata:

        def parts(t, laws=laws, share=share):
            y = [
                share * p * math.exp(-law.cumulative(t) - lost * t)
                for p, law, lost in zip(arms, laws, case.lost, strict=True)
            ]
            d = [at_risk * law.hazard(t) for at_risk, law in zip(y, laws, strict=True)]
            p = case.null * y[1] / (y[0] + case.null * y[1])
            return fraction(month - t, ends, rates), (d[0], d[1], p * d[0] - (1 - p) * d[1], p * (1 - p) * sum(d))

        kinks = {0.0, month, *(month - e for e in ends), *(k for law in laws for k in law.knots)}
        breaks = sorted(k for k in kinks if 0 <= k <= month)
        for j in range(4):
            totals[j] += N * integral(lambda t, j=j, f=parts: f(t)[0] * f(t)[1][j], breaks)
    return totals


def moments(case):
    strata = [
        ici.Stratum(str(k), share, control=control.curve, effect=experimental.curve)
        for k, (share, control, experimental) in enumerate(case.strata)
    ]
    dropout = tuple(ici.Exponential(rate=rate) for rate in case.lost) if any(case.lost) else None
    truth = ici.Scenario(strata=strata, enrollment=case.enrollment[0], dropout=dropout)
    statistic = ici.LogRank(null=case.null)
    design = ici.Randomized(N, ratio=case.ratio, looks=ici.AtMonths(LOOKS), statistic=statistic).plan_for(truth)
    return statistic.moments(design._trial(truth, N, design.planned.looks))


@pytest.mark.parametrize("name", CASES)
def test_reference_moments_by_adaptive_quadrature(name, compared):
    case, m = CASES[name], moments(CASES[name])
    errors = []
    for k, month in enumerate(LOOKS):
        found = np.array([*m.course.events[0, k], m.score[0, k], m.information[0, k]])
        truth = expected(case, month)
        size = np.abs(truth)
        size[2] = max(size[2], size[3])  # a score may vanish
        errors.append(np.abs(found - truth) / size)
    what, cases = f"events, score, information: {name}", 4 * len(errors)
    compared(what, "adaptive quadrature", cases=cases, largest=np.max(errors), allowed=CLOSE)
    assert np.max(errors) <= CLOSE


def test_law_the_quadrature_knows_closed_forms():
    """Events of exponential patients under uniform enrolment, and a law whose hazard is singular at 0."""
    rate, arm = math.log(2) / 4.7, N / 2
    closed = [
        arm * (min(m, 24) / 24 - (math.exp(-rate * max(m - 24, 0)) - math.exp(-rate * m)) / (24 * rate)) for m in LOOKS
    ]
    assert [expected(CASES["exponential"], m)[0] for m in LOOKS] == pytest.approx(closed, rel=1e-12)
    law = weibull(0.4, 4.7)
    dead = integral(lambda t: law.hazard(t) * math.exp(-law.cumulative(t)), (0.0, 5.0, 10.0))
    assert dead == pytest.approx(-math.expm1(-law.cumulative(10.0)), rel=1e-12)
