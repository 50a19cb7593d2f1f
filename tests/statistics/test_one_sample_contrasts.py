"""Z of observed and expected events, and the threshold on E that is its inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import norm, poisson

from icibaseline.statistics.one_sample.contrasts import CONTRASTS, Inflated, LogRatio

PLAIN = [*CONTRASTS.values(), LogRatio()]
ALL = [*PLAIN, *(Inflated(c, 0.3) for c in PLAIN)]
names = lambda c: c.name if c in PLAIN else f"inflated {c.plain.name}"  # noqa: E731
counts, bounds = st.integers(0, 200), st.floats(-3.5, 4.5)


def one(method, *numbers):
    return float(method(*(np.array([float(x)]) for x in numbers))[0])


@pytest.mark.parametrize("contrast", ALL, ids=names)
@given(observed=counts, bound=bounds)
def test_law_threshold_is_where_z_is_the_bound(contrast, observed, bound):
    e = one(contrast.threshold, observed, bound)
    if not 1e-9 < e < 1e9:  # every E passes, or none does
        return
    assert one(contrast.z, observed, e) == pytest.approx(bound, abs=2e-8)


@pytest.mark.parametrize("contrast", ALL, ids=names)
@given(observed=counts, bound=bounds, expected=st.floats(1e-3, 400))
def test_law_passing_the_threshold_is_passing_the_bound(contrast, observed, bound, expected):
    e, z = one(contrast.threshold, observed, bound), one(contrast.z, observed, expected)
    if abs(z - bound) < 1e-6 or (contrast.z(np.zeros(1), np.ones(1))[0] == 0 and observed == 0):
        return
    assert (expected > e) == (z > bound)


@pytest.mark.parametrize("contrast", ALL, ids=names)
@given(observed=st.integers(1, 200), expected=st.floats(0.05, 400), more=st.floats(1.01, 3))
def test_law_z_grows_with_the_expected_events(contrast, observed, expected, more):
    z = one(contrast.z, observed, expected)
    assert one(contrast.z, observed, expected * more) > z or abs(z) > 8


def test_published_statistic_of_a_worked_example():
    """OneArm2stage 1.1.5, vignette: O = 11, E = 19.4704 give Z = 1.9196."""
    assert round(one(CONTRASTS["expected"].z, 11, 19.4704), 4) == 1.9196


@pytest.mark.parametrize(("observed", "expected"), [(0, 3.0), (4, 9.2), (11, 11.0), (30, 21.5)])
def test_reference_poisson_z_is_the_quantile_of_scipys_tail(observed, expected):
    z = one(CONTRASTS["poisson"].z, observed, expected)
    assert norm.sf(z) == pytest.approx(poisson.cdf(observed, expected), rel=1e-12)


@given(observed=st.integers(1, 200), expected=st.floats(0.05, 400), sd=st.floats(0.01, 2))
def test_law_inflated_log_ratio_adds_two_variances(observed, expected, sd):
    """log(E / O) over the root of 1 / O + sd^2."""
    z = one(Inflated(LogRatio(), sd).z, observed, expected)
    assert z == pytest.approx(np.log(expected / observed) / np.sqrt(1 / observed + sd**2), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("contrast", PLAIN, ids=lambda c: c.name)
def test_law_inflated_z_is_bounded_by_the_analytic_limit(contrast):
    """However many events, Z tends to log(E / O) / sd."""
    many, close = (1e7, 1e-5) if contrast.name != "poisson" else (4e3, 1e-2)  # a normal quantile ends at 37
    z = one(Inflated(contrast, 0.2175).z, 0.6 * many, many)
    assert z == pytest.approx(np.log(1 / 0.6) / 0.2175, rel=close)


@pytest.mark.parametrize("contrast", [c for c in ALL if "poisson" not in names(c)], ids=names)
def test_law_slopes_are_derivatives_at_equality(contrast):
    """Where E = O every contrast has the same first order law; the named formulas rest on it.

    That of whole numbers of events has no derivative; its formulas take those of the average.
    """
    at, step = 40.0, 1e-5
    by_observed, by_expected = (float(x[0]) for x in contrast.slopes(np.array([at]), np.array([at])))
    by = (one(contrast.z, at, at + step) - one(contrast.z, at, at - step)) / (2 * step)
    assert by_expected == pytest.approx(by, rel=1e-6)
    assert by_observed == pytest.approx(-by, rel=1e-6)


@pytest.mark.parametrize("contrast", ALL, ids=names)
def test_law_nothing_observed_where_nothing_is_expected_is_no_evidence(contrast):
    assert one(contrast.z, 0, 0) == 0
