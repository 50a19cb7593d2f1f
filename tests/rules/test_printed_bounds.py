"""Group sequential boundaries against printed tables."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from icibaseline.rules import HwangShihDeCani, KimDeMets, OBrienFleming, Pocock, Spending, WangTsiatis

POCOCK = {  # Jennison and Turnbull (2000), table 2.1; looks 2, 3, 4, 5, 10, 20
    0.01: (2.772, 2.873, 2.939, 2.986, 3.117, 3.225),
    0.05: (2.178, 2.289, 2.361, 2.413, 2.555, 2.672),
    0.10: (1.875, 1.992, 2.067, 2.122, 2.270, 2.392),
}
OBRIEN_FLEMING = {  # table 2.3
    0.01: (2.580, 2.595, 2.609, 2.621, 2.660, 2.695),
    0.05: (1.977, 2.004, 2.024, 2.040, 2.087, 2.126),
    0.10: (1.678, 1.710, 1.733, 1.751, 1.801, 1.842),
}
WANG_TSIATIS = {  # table 2.9, two-sided 5 %; looks 2, 3, 4, 5, 10
    0.10: (1.994, 2.026, 2.050, 2.068, 2.120),
    0.25: (2.038, 2.083, 2.113, 2.136, 2.199),
    0.40: (2.111, 2.186, 2.233, 2.267, 2.355),
}
INFLATION = {  # tables 2.2 and 2.4, two-sided 5 %: (delta, power)
    (0.5, 0.8): (1.110, 1.166, 1.202, 1.229, 1.301, 1.363),
    (0.5, 0.9): (1.100, 1.151, 1.183, 1.207, 1.271, 1.327),
    (0.0, 0.8): (1.008, 1.017, 1.024, 1.028, 1.040, 1.047),
    (0.0, 0.9): (1.007, 1.016, 1.022, 1.026, 1.037, 1.045),
}
LOOKS = (2, 3, 4, 5, 10, 20)


def even(looks):
    return np.arange(1, looks + 1) / looks


@pytest.mark.parametrize(("delta", "table"), [(0.5, POCOCK), (0.0, OBRIEN_FLEMING)])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.10])
def test_published_constants_of_pocock_and_obrien_fleming(delta, table, alpha):
    found = [WangTsiatis(alpha / 2, delta, sided=2).bounds(even(k)).efficacy[-1] for k in LOOKS]
    assert_allclose(found, table[alpha], atol=5.1e-4)


@pytest.mark.parametrize("delta", WANG_TSIATIS)
def test_published_constants_of_wang_and_tsiatis(delta):
    found = [WangTsiatis(0.025, delta, sided=2).bounds(even(k)).efficacy[-1] for k in LOOKS[:5]]
    assert_allclose(found, WANG_TSIATIS[delta], atol=5.1e-4)


@pytest.mark.parametrize(("delta", "power"), INFLATION)
def test_published_inflation_of_the_maximum(delta, power):
    fixed = norm.isf(0.025) + norm.ppf(power)
    found = [WangTsiatis(0.025, delta, sided=2).bounds(even(k)).drift_for(power) ** 2 / fixed**2 for k in LOOKS]
    assert_allclose(found, INFLATION[delta, power], atol=5.1e-4)


def test_published_repeated_tests_at_five_percent():
    """Armitage, McPherson and Rowe (1969)."""
    for looks, error in {2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320}.items():
        z = np.full(looks, norm.isf(0.025))
        bounds = WangTsiatis(0.025, 0.5, sided=2).bounds(even(looks)).with_(efficacy=z, futility=-z)
        null = bounds.under(0.0)
        assert null.reject.sum() + null.stop_futility.sum() == pytest.approx(error, abs=5.1e-4)


@pytest.mark.parametrize(
    ("looks", "rho", "maximum", "expected"), [(3, 1, 111.7, 109.9), (10, 2, 108.1, 106.6), (2, 3, 101.0, 100.7)]
)
def test_published_power_family(looks, rho, maximum, expected):
    """Jennison and Turnbull (2000), two-sided 5 %, power 0.8, in percent of the fixed design."""
    bounds = Spending(0.025, KimDeMets(rho), sided=2).bounds(even(looks))
    inflation = 100 * (bounds.drift_for(0.8) / (norm.isf(0.025) + norm.ppf(0.8))) ** 2
    assert inflation == pytest.approx(maximum, abs=0.051)
    assert inflation * bounds.under(0).expected_information == pytest.approx(expected, abs=0.051)


@pytest.mark.parametrize(
    ("looks", "power", "expected"), [(4, 0.8, (117.5, 108.8, 80.5, 52.2)), (15, 0.9, (126.4, 111.2, 66.4, 35.4))]
)
def test_published_expected_size_of_pocock(looks, power, expected):
    """At 0, 0.5, 1 and 1.5 times the effect, in percent of the fixed design."""
    bounds = WangTsiatis(0.025, 0.5, sided=2).bounds(even(looks))
    drift = bounds.drift_for(power)
    inflation = 100 * (drift / (norm.isf(0.025) + norm.ppf(power))) ** 2
    found = [inflation * bounds.under(f * drift).expected_information for f in (0, 0.5, 1, 1.5)]
    assert_allclose(found, expected, atol=0.051)


@pytest.mark.parametrize(
    ("family", "information", "bounds"),
    [
        (OBrienFleming(), even(2), (2.9626, 1.9686)),
        (OBrienFleming(), even(3), (3.7103, 2.5114, 1.9930)),
        (OBrienFleming(), even(4), (4.3326, 2.9631, 2.3590, 2.0141)),
        (OBrienFleming(), even(5), (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)),
        (OBrienFleming(), (0.5, 0.75, 1.0), (2.9626, 2.3590, 2.0141)),
        (Pocock(), even(5), (2.4380, 2.4268, 2.4102, 2.3966, 2.3860)),
        (HwangShihDeCani(-4), even(3), (3.0107, 2.5465, 1.9992)),
        (HwangShihDeCani(-2), even(3), (2.6775, 2.3854, 2.0637)),
        (KimDeMets(3), even(3), (3.1130, 2.4619, 2.0087)),
    ],
    ids=str,
)
def test_published_spending_bounds(family, information, bounds):
    assert_allclose(Spending(0.025, family).bounds(information).efficacy, bounds, atol=5.1e-5)


def test_published_two_sided_bounds_of_sas():
    """SAS/STAT SEQDESIGN, example 14: two-sided 5 %, four looks."""
    bounds = Spending(0.025, sided=2).bounds((22.26962, 44.53924, 66.80886, 89.07847))
    assert_allclose(bounds.efficacy, (4.33263, 2.96333, 2.35902, 2.01409), atol=2.1e-4)  # four digits are right
    assert_array_equal(bounds.futility, -bounds.efficacy)
