"""The theory face against the data face, for every statistic x look rule x allocation x scenario in the registries.

A new Statistic, Curve or Effect fails `test_law_every_class_is_tried` until it has its line here,
and takes part in everything from then on. Effects shrink with the root of n from n to 4n, so that power stays
where it can be seen; allowances for a formula of power shrink with the information.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import zlib
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import betainc

import icibaseline as ici
from icibaseline._values import walk
from icibaseline.designs.base import Replicates
from icibaseline.designs.simulation import BLOCK, block
from icibaseline.statistics.base import Trial
from icibaseline.statistics.formulas import FORMULAS

N, SIZES = 120, (120, 480)
BLOCKS, AGAIN = 4, 4  # replicates / 256 of a cell, and how many times as many when a cell is looked at again
ERRORS = 3.5

# ---- registries ------------------------------------------------------------------------------------

STATISTICS = {
    "log-rank": lambda shrink: ici.LogRank(),
    "pooled": lambda shrink: ici.LogRank(stratified=False),
    "non-inferiority": lambda shrink: ici.LogRank(null=1.3**shrink),
}
LOOKS = {
    "months": lambda n: ici.AtMonths((14, 36)),
    "after": lambda n: ici.AfterEnrollment((0, 12)),
    "events": lambda n: ici.AtEvents((n // 4, n // 2)),
    "events or month": lambda n: ici.AtEvents((n // 4, n - 1), by=(24, 26)),
}
ALLOCATIONS = (1.0, 2.0, 3.0, 0.5)
LOW, HIGH = ici.Exponential(median=4.7), ici.Exponential(median=11)


def _worlds(n, shrink):
    """Scenarios by name; `shrink` multiplies every log hazard ratio."""
    ratio = ici.HazardRatio(0.6**shrink)
    plain = ici.Scenario(control=LOW, effect=ratio, enrollment=ici.Enrollment(duration=24))
    steps = ici.PiecewiseExponential((0.25, 0.1, 0.05), knots=(3, 9))
    crossing = ici.PiecewiseExponential((0.1475 * 1.3**shrink, 0.1475 * 0.35**shrink), knots=(4,))
    strata = (
        ici.Stratum("low", share=0.6, control=LOW, effect=ratio),
        ici.Stratum("high", share=0.4, control=HIGH, effect=ici.HazardRatio(0.7**shrink)),
    )
    return {
        "exponential": plain,
        "weibull": plain.with_(control=ici.Weibull(shape=0.73, median=4.7)),
        "delayed": plain.with_(effect=ici.HazardRatio(0.5**shrink, delay=3)),
        "piecewise": plain.with_(control=steps),
        "log-logistic": plain.with_(control=ici.LogLogistic(shape=1.3, median=4.7)),
        "log-normal": plain.with_(control=ici.LogNormal(sigma=1.1, median=4.7)),
        "mixture": plain.with_(control=ici.Mixture((0.6, 0.4), (LOW, ici.Weibull(shape=0.73, median=11)))),
        "cure": plain.with_(control=ici.MixtureCure(LOW, cured=0.15)),
        "conditional": plain.with_(control=ici.Conditional(ici.Weibull(shape=0.73, median=4.7), months=1)),
        "scaled": plain.with_(control=ici.ScaledHazard(ici.Weibull(shape=1.4, median=6), 0.8, delay=2)),
        "explicit": plain.with_(effect=ici.ExplicitCurve(crossing)),
        "dropout": plain.with_(dropout=(ici.Exponential(rate=0.01), ici.Exponential(rate=0.04))),
        "strata": ici.Scenario(strata=strata, enrollment=ici.Enrollment(duration=24)),
        "rate": plain.with_(enrollment=ici.Enrollment(rate=n / 24)),
        "rates": plain.with_(enrollment=ici.Enrollment(rates=(n / 48, n / 16), knots=(12,))),
        "ramp": plain.with_(enrollment=ici.Enrollment(duration=24, relative_rates=(1, 2, 4), knots=(6, 12))),
        "null": plain.null,
        "inferior": plain.with_(effect=ici.HazardRatio(1.3**shrink)),
    }


WORLDS = tuple(_worlds(N, 1.0))
# error of a formula's power: at most the first number, and at most the second over the information
ALLOWANCES = {"score": (0.045, 1.6), "second-order": (0.02, 0.6)}
CLOSED_FORMS = ("schoenfeld", "freedman", "lachin-foulkes")  # tested as such in tests/statistics/test_formulas.py


class Cell(NamedTuple):
    statistic: str
    looks: str
    allocation: float
    world: str

    def design(self, n):
        """The planned design and its scenario, with n patients."""
        shrink = (N / n) ** 0.5
        scenario, statistic = _worlds(n, shrink)[self.world], STATISTICS[self.statistic](shrink)
        made = ici.Randomized(n, ratio=self.allocation, statistic=statistic, looks=LOOKS[self.looks](n))
        return made.plan_for(scenario), scenario


CELLS = [
    Cell(*names)
    for names in itertools.product(STATISTICS, LOOKS, ALLOCATIONS, WORLDS)
    if names[0] != "pooled" or names[3] == "strata"  # without strata it is the first one
]

# ---- the theory face, exact where the formula follows a convention -----------------------------------


class Theory(NamedTuple):
    """What simulation should find at each look, (K,) and (K, K)."""

    months: np.ndarray
    events: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def trial_of(design, scenario):
    """The theory face's question, as the planned design asks it."""
    months = design.evaluate(scenario).months
    accrual, driven = scenario.enrollment.accrual(design.n), design.planned.looks.driven(months)
    return Trial(scenario, design.n, design.ratio, accrual, months, driven)


def counted(design, trial, k):
    """Mean month and events of the look that comes with the D-th event, or in the month `by`.

    The formula's convention, which it shares with other packages, is the month in which D events are expected. The
    number of events by a month is a sum of two binomial ones, so the mean is an integral over its distribution.
    """
    looks = design.planned.looks
    d, by = looks.events[k], np.inf if looks.by is None else looks.by[k]
    sizes = np.array(trial.arms) * trial.n

    def number(months):  # of the binomial law with the mean and variance of the number of events
        p = design.statistic.course(trial._replace(months=months[None, :])).events[0] / sizes
        mean, variance = (sizes * p).sum(-1), (sizes * p * (1 - p)).sum(-1)
        share = 1 - variance / mean
        return mean / share, share

    near = trial.months[0, k] * np.array([0.99, 1.01])
    totals, shares = number(near)
    spread = np.sqrt(d) * np.diff(near)[0] / np.diff(totals * shares)[0]  # of the month, in excess
    low, high = max(near.mean() - 7 * spread, 1e-3), min(by, near.mean() + 9 * spread)
    x, w = np.polynomial.legendre.leggauss(48)
    total, share = number(low + (high - low) * (x + 1) / 2)
    late = 1 - betainc(d, np.maximum(total - d + 1, 1e-9), share) if low < high else np.zeros(48)
    month = min(low, by) + max(high - low, 0) * (w @ late) / 2
    if by == np.inf:
        return month, d
    total, share = number(np.array([by]))
    steps = np.arange(1, d + 1)
    return month, betainc(steps, np.maximum(total - steps + 1, 1e-9), share).sum()


COUNTED = {ici.AtEvents: counted}  # look rules whose months the formula gives by a convention


def entries_known(design, trial):
    """Moments when patients enter independently of one another."""
    moments = design.statistic.moments(trial)
    exact = COUNTED.get(type(design.planned.looks))
    ends = np.stack([trial.months[0], moments.events[0]], axis=1)
    if exact is not None:
        ends = np.array([exact(design, trial, k) for k in range(len(ends))])
    return Theory(ends[:, 0], ends[:, 1], moments.mean[0], moments.covariance[0])


def theory(design, scenario, trial):
    """The same for Poisson entries too: given the month that would be the next one's, they are independent.

    In operational time that month follows a gamma law, so a Gauss-Laguerre rule of three nodes averages over it; the
    formula itself takes a steady stream, n / rate months long.
    """
    enrollment, n = scenario.enrollment, design.n
    if enrollment.duration is not None:
        return entries_known(design, trial)
    k = np.arange(1, 3)  # three-term recurrence of the generalised Laguerre polynomials
    side = np.sqrt(k * (k + n))
    nodes, vectors = np.linalg.eigh(np.diag(2 * np.arange(3) + 1.0 + n) + np.diag(side, 1) + np.diag(side, -1))
    weights, parts = vectors[0] ** 2, []
    for g in nodes:
        steady = {"relative_rates": enrollment.rates, "knots": enrollment.knots} if enrollment.rates else {}
        known = ici.Enrollment(duration=enrollment.accrual(g).duration, **steady)
        parts.append(entries_known(design, trial_of(design, scenario.with_(enrollment=known))))
    months, events, mean, inner = (np.tensordot(weights, np.stack(x), 1) for x in zip(*parts, strict=True))
    between = sum(w * np.outer(p.mean - mean, p.mean - mean) for w, p in zip(weights, parts, strict=True))
    return Theory(months, events, mean, inner + between)


# ---- the data face -----------------------------------------------------------------------------------


def simulated(design, scenario, blocks, seed):
    streams = np.random.SeedSequence(seed).spawn(blocks)
    parts = [block(design, scenario.resolved, BLOCK, np.random.default_rng(s)) for s in streams]
    return Replicates(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def deviations(expected, replicates):
    """Simulated minus expected, in standard errors, by name; NaN where both are the same constant."""
    centred = replicates.score - replicates.score.mean(axis=0)
    looks = replicates.score.shape[1]
    pairs = [(j, k) for j in range(looks) for k in range(j, looks)]
    products = np.stack([centred[:, j] * centred[:, k] for j, k in pairs], axis=1) * (1 + 1 / len(centred))
    found = {
        "months": (replicates.months, expected.months),
        "events": (replicates.events, expected.events),
        "score": (replicates.score, expected.mean),
        "variance": (products, np.array([expected.covariance[pair] for pair in pairs])),
    }
    return {name: _in_errors(*each) for name, each in found.items()}


def _in_errors(x, expected):
    gap, error = x.mean(axis=0) - expected, x.std(axis=0, ddof=1) / np.sqrt(len(x))
    least = 1e-6 * np.maximum(np.abs(expected), 1)  # where simulation finds a constant, or hardly anything else
    return np.where((error < least) & (np.abs(gap) < least), np.nan, gap / np.maximum(error, least))


@functools.cache
def compared(cell, n, blocks, attempt):
    """Deviations of the moments, and by formula: power, its simulated value, standard error and allowance."""
    design, scenario = cell.design(n)
    replicates = simulated(design, scenario, blocks, zlib.crc32(repr((cell, n, attempt)).encode()))
    scenario, last = scenario.resolved, len(design.planned.months) - 1
    trial = trial_of(design, scenario)
    moments = design.statistic.moments(trial)
    rate, size = replicates.reject.any(axis=1).mean(), len(replicates.score)
    error = np.sqrt(max(rate * (1 - rate), 1 / size) / size)  # a rate of 0 or 1 has an error too
    powers = {}
    for formula, (most, per_information) in ALLOWANCES.items():
        power = FORMULAS[formula].exceeds(moments, last, design.planned.efficacy_bounds[last])[0]
        powers[formula] = power - rate, error, min(most, per_information / moments.information[0, last])
    return deviations(theory(design, scenario, trial), replicates), powers


def excess(cell, n, blocks, attempt):
    """What lies beyond the allowed number of standard errors."""
    moments, powers = compared(cell, n, blocks, attempt)
    beyond = {name: z for name, z in moments.items() if np.nanmax(np.abs(z), initial=0) > ERRORS}
    return beyond | {name: p for name, p in powers.items() if abs(p[0]) > ERRORS * p[1] + p[2]}


# ---- laws ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("cell", CELLS, ids=lambda c: "-".join(map(str, c)))
def test_law_theory_and_data_agree(cell, n):
    """Of thousands of deviations a few exceed 3.5 errors by chance: those are drawn anew, four times as long."""
    seen = excess(cell, n, BLOCKS, 0)
    again = excess(cell, n, BLOCKS * AGAIN, 1) if seen else {}
    assert {name: again[name] for name in seen.keys() & again.keys()} == {}


@pytest.mark.parametrize("quantity", ["months", "events", "score", "variance"])
@pytest.mark.parametrize("factor", Cell._fields)
def test_law_no_bias_adds_up(factor, quantity):
    """Over all cells with one level of a factor, at 4n, where the formula's neglected terms are smallest."""
    for level in {getattr(cell, factor) for cell in CELLS}:
        z = [compared(c, SIZES[1], BLOCKS, 0)[0][quantity] for c in CELLS if getattr(c, factor) == level]
        known = [np.nanmean(x) for x in z if not np.isnan(x).all()]  # looks of one trial are not independent
        if known:
            assert abs(np.sum(known)) < ERRORS * np.sqrt(len(known)), (level, np.mean(known))


@pytest.mark.parametrize("n", [120, 480, 1920])
def test_law_conventions_are_within_an_event_of_the_mean(n):
    """The month in which D events are expected, and a steady stream for Poisson entries, whatever the size."""
    design, scenario = Cell("log-rank", "events", 1.0, "exponential").design(n)
    trial = trial_of(design, scenario)
    months = theory(design, scenario, trial).months
    there = trial._replace(months=months[None, :])
    assert np.all(np.abs(design.statistic.course(there).events[0].sum(-1) - design.planned.events) < 1)
    for world in ("rate", "rates"):
        design, scenario = Cell("log-rank", "after", 1.0, world).design(n)
        assert np.all(np.abs(theory(design, scenario, trial_of(design, scenario)).events - design.planned.events) < 1)


def test_law_a_look_that_events_or_the_calendar_may_bring():
    """The count is due in the very month of `by`: each comes first in half of the trials.

    The formula takes the earlier of the two means, and so a little more information than the trials have: it warns.
    """
    scenario = _worlds(N, 1.0)["exponential"]
    by = ici.power(ici.Randomized(480, looks=ici.AtEvents(240)), scenario).months
    design = ici.Randomized(480, looks=ici.AtEvents(240, by=by)).plan_for(scenario)
    replicates = simulated(design, scenario, 80, 7)
    assert 0.4 < np.mean(replicates.months == by) < 0.6
    z = deviations(theory(design, scenario, trial_of(design, scenario)), replicates)
    assert np.all(np.abs([z["months"], z["events"]]) < ERRORS)
    with pytest.warns(ici.ApproximationWarning, match="optimistic"):
        assert 0 < ici.power(design, scenario).power - replicates.reject.mean() < 0.02


@pytest.mark.parametrize("looks", [ici.AtEvents((240, 480)), ici.AtMonths((14, 36))])
def test_law_variance_under_a_strong_effect(looks):
    """At a count of events the score varies less than in a month, since the count does not vary."""
    scenario = _worlds(N, 2.0)["exponential"]
    design = ici.Randomized(960, looks=looks).plan_for(scenario)
    z = deviations(theory(design, scenario, trial_of(design, scenario)), simulated(design, scenario, 60, 11))
    assert np.all(np.abs([*z["score"], *z["variance"]]) < ERRORS)


def test_law_every_class_is_tried():
    tried = set()
    for cell in (c for c in CELLS if c.allocation == 1):
        design, scenario = cell.design(N)
        tried |= {type(held) for _, held in itertools.chain(walk(design), walk(scenario.resolved))}
        tried |= {type(LOOKS[cell.looks](N))}
        tried |= {type(c) for part in scenario.resolved.parts for c in (part.control, part.experimental)}
    for kind in (ici.Statistic, ici.Curve, ici.Effect):  # looks and boundaries: test_stopping.py
        missing = {c.__name__ for c in concrete(kind)} - {c.__name__ for c in tried}
        assert not missing, f"{missing} must have a line in a registry"
    assert set(FORMULAS) == {*ALLOWANCES, *CLOSED_FORMS}


def concrete(kind):
    """The library's subclasses that can be made."""
    found = {c for s in kind.__subclasses__() for c in concrete(s)}
    own = kind.__module__.startswith("icibaseline") and not inspect.isabstract(kind) and kind.__name__[0] != "_"
    return found | ({kind} if own else set())
