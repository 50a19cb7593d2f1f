"""Two response rates against gsDesign, rpact, lrstat, R and scipy, and against the table of Farrington and Manning.

The README in two_proportions/ gives origin, definitions and the reason of each tolerance.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

import icibaseline as ici
from icibaseline.designs.goals import Power

TABLE = Path(__file__).parent / "two_proportions" / "binomial2.csv"
GS, RPACT, LR = "gsDesign-3.11.0.9003", "rpact-4.5.0.9315", "lrstat-0.3.3"


@cache
def table():
    with TABLE.open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


def rows(source):
    return [row for row in table() if row["source"] == source]


def difference(row):
    return ici.FarringtonManning(margin=ici.RiskDifference(float(row["margin"])), formula="normal")


POOLED, UNPOOLED = ici.PooledZ(formula="normal"), ici.UnpooledZ(formula="normal")
RATIO = ici.FarringtonManning(margin=ici.RiskRatio(1), formula="normal")
SIZES = {  # source: rows, test, relative tolerance
    f"{GS} nBinomial difference": (420, POOLED, 1e-11),
    f"{GS} nBinomial RR": (420, RATIO, 1e-11),
    f"{GS} nBinomial difference FM": (114, difference, 1e-11),
    f"{RPACT} getSampleSizeRates difference": (420, POOLED, 1e-11),
    f"{RPACT} getSampleSizeRates riskRatio": (420, RATIO, 1e-11),
    f"{RPACT} getSampleSizeRates FM": (114, difference, 1e-11),
    f"{LR} getDesignRiskDiff nullVariance=TRUE": (420, POOLED, 3e-7),
    f"{LR} getDesignRiskDiff nullVariance=FALSE": (420, UNPOOLED, 3e-7),
    f"{LR} getDesignRiskDiff FM nullVariance=TRUE": (114, difference, 3e-7),
    "stats power.prop.test": (140, POOLED, 2e-6),
}
TESTED = {
    f"{GS} testBinomial adj=0 (p1=exp)": 38,
    f"{GS} testBinomial adj=1 (p1=exp)": 38,
    f"{GS} ciBinomial adj=0": 69,
    f"{GS} ciBinomial adj=1": 69,
    f"{LR} mnRiskDiffCI": 23,
    f"{LR} mnRiskRatioCI": 23,
    f"{LR} mnOddsRatioCI": 23,
    "base R enumeration of one-sided Fisher exact (fisher.test/phyper)": 60,
    "stats fisher.test": 23,
    f"{LR} samplesizeRiskDiffExact": 6,
}
LOG, TWO_SIDED = "a Wald test of the logarithm of the ratio is not offered", "two-sided tests are not offered"
SKIPPED = {
    f"{GS} nBinomial OR": (420, LOG),
    f"{LR} getDesignRiskRatio nullVariance=TRUE": (420, LOG),
    f"{LR} getDesignRiskRatio nullVariance=FALSE": (420, LOG),
    f"{LR} getDesignOddsRatio": (420, LOG),
    "closed form: pooled-variance n + Fleiss continuity correction (see README)": (140, "no continuity correction"),
    f"{LR} powerFisherExact (two-sided alpha=.05)": (84, TWO_SIDED),
    f"{LR} samplesizeFisherExact (alpha two-sided=2*alpha)": (30, TWO_SIDED),
    f"{LR} ClopperPearsonCI": (23, "an interval of one arm"),
}


def test_law_every_row_is_used_or_skipped_for_a_reason():
    used = {source: count for source, (count, *_) in SIZES.items()} | TESTED
    assert Counter(row["source"] for row in table()) == used | {s: count for s, (count, _) in SKIPPED.items()}


def quietly(verb, *arguments, **named):
    """Tests that do not keep their level, and sizes at which the approximation is off, are wanted here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        return verb(*arguments, **named)


def exact_size(test, row):
    design = ici.RandomizedResponse(test=test, ratio=float(row["ratio"]), alpha=float(row["alpha"]))
    truth = ici.ResponseScenario(control=float(row["p2_ctrl"]), effect=ici.Rate(float(row["p1_exp"])))
    return design.find(truth, Power(float(row["power"]))).n_exact


@pytest.mark.parametrize("source", SIZES)
def test_reference_sizes(source):
    _, test, tolerance = SIZES[source]
    found = [exact_size(test if isinstance(test, ici.ProportionTest) else test(row), row) for row in rows(source)]
    assert_allclose(found, [float(row["n"]) for row in rows(source)], rtol=tolerance)


def arms(row):
    names = ("x2_ctrl", "n2_ctrl", "x1_exp", "n1_exp")
    y, m, x, n = (int(row[name]) for name in names)
    return {"control": (y, m), "experimental": (x, n)}


@pytest.mark.parametrize("adj", [0, 1])
def test_reference_z_of_data(adj):
    found, expected = [], []
    for row in rows(f"{GS} testBinomial adj={adj} (p1=exp)"):
        margin = ici.RiskDifference(float(row["margin"]))
        test = ici.FarringtonManning(margin=margin, correction=bool(adj))
        found.append(test.p_value(**arms(row)))
        expected.append(math.erfc(float(row["z"]) / math.sqrt(2)) / 2)
    assert_allclose(found, expected, rtol=1e-10)


SCALES = {"Difference": ici.RiskDifference(0), "RR": ici.RiskRatio(1), "OR": ici.OddsRatio(1)}


@pytest.mark.parametrize(
    ("source", "correction", "tolerances"),
    [
        (f"{GS} ciBinomial adj=0", False, (1e-4, 1e-3)),
        (f"{GS} ciBinomial adj=1", True, (1e-4, 1e-3)),
        (f"{LR} mnRiskDiffCI", True, (5e-7, 0)),
        (f"{LR} mnRiskRatioCI", True, (0, 2e-6)),
        (f"{LR} mnOddsRatioCI", True, (0, 2e-6)),
    ],
)
def test_reference_intervals(source, correction, tolerances):
    for row in rows(source):
        test = ici.FarringtonManning(margin=SCALES[row["scale"]], correction=correction)
        expected = float(row["ci_low"]), float(row["ci_high"])
        assert_allclose(test.interval(**arms(row)), expected, atol=tolerances[0], rtol=tolerances[1])


def test_reference_fisher_on_data():
    found = [ici.FisherExact().p_value(**arms(row)) for row in rows("stats fisher.test")]
    assert_allclose(found, [float(row["p_greater"]) for row in rows("stats fisher.test")], rtol=1e-10)


def exact_power(test, row, sizes):
    region = test.region(*sizes, float(row["alpha"]))
    control = np.array([float(row["p2_ctrl"])])
    power = region.probability(np.array([float(row["p1_exp"])]), control)
    return float(power[0]), float(region.probability(control, control)[0])


def test_reference_power_and_type_one_error_of_fisher():
    source = "base R enumeration of one-sided Fisher exact (fisher.test/phyper)"
    for row in rows(source):
        found = exact_power(ici.FisherExact(), row, (int(row["n_exp"]), int(row["n_ctrl"])))
        assert_allclose(found, (float(row["power_out"]), float(row["attained_alpha"])), rtol=0, atol=1e-11)


def test_reference_exact_unconditional_sizes():
    for row in rows(f"{LR} samplesizeRiskDiffExact"):
        n = int(row["n"])
        sizes = (n + 1) // 2, n // 2  # it gives the odd patient to the experimental arm
        power, _ = exact_power(ici.Barnard(), row, sizes)
        assert_allclose(power, float(row["power_out"]), rtol=0, atol=1e-11)
        worst = ici.Barnard().worst(*sizes, alpha=float(row["alpha"]))
        assert_allclose(worst.value, float(row["attained_alpha"]), rtol=0, atol=1.1e-10)
        # and it is the smallest n of either allocation of the odd patient that has the power
        smaller = exact_power(ici.Barnard(), row, (n // 2, (n - 1) // 2))[0]
        assert smaller < float(row["power"])


# ---- printed tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("margin", "rates", "ratio", "power", "printed"),
    [  # Farrington and Manning 1990, Table 1, one-sided 5 %; patients (experimental, control)
        (ici.RiskDifference(0.2), (0.4, 0.05), 1, 0.8, (79.845, 79.845)),
        (ici.RiskDifference(-0.2), (0.1, 0.1), 3 / 2, 0.9, (62.88, 41.92)),
        (ici.RiskDifference(0.1), (0.25, 0.05), 2 / 3, 0.9, (173.22, 259.83)),
        (ici.RiskRatio(2), (0.25, 0.05), 2 / 3, 0.9, (133.93, 200.89)),
    ],
)
def test_published_sizes_of_farrington_and_manning(margin, rates, ratio, power, printed):
    test = ici.FarringtonManning(margin=margin, formula="normal")
    design = ici.RandomizedResponse(test=test, ratio=ratio, alpha=0.05)
    truth = ici.ResponseScenario(control=rates[1], effect=ici.Rate(rates[0]))
    n = design.find(truth, Power(power)).n_exact
    assert_allclose((n * ratio / (1 + ratio), n / (1 + ratio)), printed, atol=0.0051)


def test_published_intervals_of_miettinen_and_nurminen():
    difference = ici.FarringtonManning(correction=True).interval(control=(0, 20), experimental=(0, 10))
    assert_allclose(difference, (-0.1658, 0.2844), atol=5e-5)
    test = ici.FarringtonManning(margin=ici.RiskRatio(1), correction=True)
    assert_allclose(test.interval(control=(20, 20), experimental=(10, 10)), (0.7156, 1.1987), atol=5e-5)


@pytest.mark.parametrize(
    ("alpha", "power", "events"),
    [
        (0.1, 0.9, (381.8, 232.1, 159.8, 83.9)),
        (0.1, 0.8, (262.0, 159.3, 109.7, 57.6)),
        (0.2, 0.9, (262.0, 159.3, 109.7, 57.6)),
        (0.2, 0.8, (164.6, 100.1, 68.9, 36.2)),
    ],
)
def test_published_events_of_randomised_phase_two_screening(alpha, power, events):
    """Rubinstein et al. 2005: hazard ratios 1.3, 1.4, 1.5 and 1.75 in favour of the experimental arm."""
    statistic = ici.LogRank(formula="schoenfeld")
    design = ici.Randomized(statistic=statistic, boundary=ici.Fixed(alpha=alpha))
    for ratio, expected in zip((1.3, 1.4, 1.5, 1.75), events, strict=True):
        truth = ici.Scenario(
            ici.Exponential(median=4.7), ici.HazardRatio(1 / ratio), enrollment=ici.Enrollment(duration=24)
        )
        plan = quietly(ici.sample_size, design, truth, power=power)
        assert_allclose(plan.events_required, expected, atol=0.051)


# ---- other implementations -------------------------------------------------------------------------------


def tables(count, most):
    rng = np.random.default_rng(7)
    for _ in range(count):
        n, m = (int(k) for k in rng.integers(2, most, 2))
        yield {"control": (int(rng.integers(m + 1)), m), "experimental": (int(rng.integers(n + 1)), n)}


def test_reference_p_values_of_boschloo_in_scipy():
    for arms in tables(12, 25):
        (y, m), (x, n) = arms["control"], arms["experimental"]
        theirs = stats.boschloo_exact([[x, y], [n - x, m - y]], alternative="greater", n=32).pvalue
        assert_allclose(ici.Boschloo().p_value(**arms), theirs, rtol=0, atol=1e-10 if theirs < 0.5 else 1e-5)


def pooled_z(x, n, y, m):
    """Z of the pooled test times its modulus, as a fraction, so that ties are ties."""
    above, below = x * m - y * n, (x + y) * (n + m - x - y)
    return Fraction(above * abs(above), below) if above else Fraction(0)


def on_a_grid(extreme, n, m):
    """The largest probability of tables over 2001 common rates."""
    rates = np.linspace(0, 1, 2001)
    own, other = (stats.binom.pmf(np.arange(size + 1)[:, None], size, rates) for size in (n, m))
    return float(np.sum(extreme.astype(float).T @ own * other, axis=0).max())


def test_reference_p_values_of_barnard_in_whole_numbers():
    for arms in tables(60, 40):
        (y, m), (x, n) = arms["control"], arms["experimental"]
        seen = pooled_z(x, n, y, m)
        extreme = np.array([[pooled_z(a, n, b, m) >= seen for b in range(m + 1)] for a in range(n + 1)])
        assert 0 <= ici.Barnard().p_value(**arms) - on_a_grid(extreme, n, m) + 1e-10 < 2e-5


def test_regression_barnard_counts_ties_that_scipy_loses():
    """scipy 1.17 has 0.2206 here: rounding parts tables with the same Z. In whole numbers it is 0.23668."""
    theirs = stats.barnard_exact([[35, 16], [3, 3]], alternative="greater").pvalue
    ours = ici.Barnard().p_value(control=(16, 19), experimental=(35, 38))
    assert_allclose(ours, 0.236676, atol=1e-6)
    assert theirs <= ours + 1e-9


def test_reference_score_intervals_of_statsmodels():
    """Where it has an answer: for differences its root finder mostly fails."""
    for arms in tables(30, 60):
        (y, m), (x, n) = arms["control"], arms["experimental"]
        if not (0 < x < n and 0 < y < m):
            continue
        for compare, margin in (("ratio", ici.RiskRatio(1)), ("odds-ratio", ici.OddsRatio(1))):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                theirs = confint_proportions_2indep(x, n, y, m, "score", compare, correction=True)
            ours = ici.FarringtonManning(margin=margin, correction=True).interval(**arms)
            assert_allclose(ours, theirs, rtol=1e-6)


# ---- power and size by enumeration -------------------------------------------------------------------


def largest(rejected, n, m):
    """The largest probability of some tables at a common rate, on a fine grid."""
    rates = np.linspace(1e-4, 1 - 1e-4, 4001)
    own, other = (stats.binom.pmf(np.arange(k + 1), k, rates[:, None]) for k in (n, m))
    return float(((own @ rejected) * other).sum(axis=1).max())


def tables_that_reject(n, m, alpha, margin):
    """The tables on which each test rejects, by its definition."""
    x, y = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    p, q, both = x / n, y / m, (x + y) / (n + m)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.nan_to_num((p - q) / np.sqrt(both * (1 - both) * (1 / n + 1 / m)))
        unpooled = np.nan_to_num((p - q) / np.sqrt(p * (1 - p) / n + q * (1 - q) / m), posinf=np.inf, neginf=-np.inf)
        rates = np.linspace(max(0, -margin), min(1, 1 - margin), 20001)[1:-1]
        likely = stats.binom.logpmf(x[..., None], n, rates + margin) + stats.binom.logpmf(y[..., None], m, rates)
        best = rates[np.argmax(likely, axis=-1)]
        spread = np.sqrt((best + margin) * (1 - best - margin) / n + best * (1 - best) / m)
    z = stats.norm.isf(alpha)
    fisher = stats.hypergeom.sf(x - 1, n + m, n, x + y)
    found = {
        "pooled": (ici.PooledZ(), pooled >= z),
        "unpooled": (ici.UnpooledZ(), unpooled >= z),
        "score": (ici.FarringtonManning(margin=ici.RiskDifference(margin)), (p - q - margin) / spread >= z),
        "fisher": (ici.FisherExact(), fisher <= alpha),
    }
    for name, test, order in (("boschloo", ici.Boschloo(), -fisher), ("barnard", ici.Barnard(), pooled)):
        rejected = np.zeros(order.shape, dtype=bool)
        for cut in np.unique(order.round(10))[::-1]:
            tried = order >= cut - 1e-9
            if largest(tried, n, m) > alpha:
                break
            rejected = tried
        found[name] = (test, rejected)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_reference_power_and_size_by_enumeration(seed, compared):
    rng = np.random.default_rng(seed)
    n, m = (int(k) for k in rng.integers(6, 20, 2))
    alpha, q, margin = float(rng.choice([0.025, 0.05, 0.1])), rng.uniform(0.1, 0.5), float(rng.choice([-0.15, 0.1]))
    p = q + rng.uniform(0.05, 0.4)
    differences = []
    for test, rejected in tables_that_reject(n, m, alpha, margin).values():
        region = test.region(n, m, alpha)
        for rates in ((p, q), (q, q)):
            own, other = (stats.binom.pmf(np.arange(k + 1), k, r) for k, r in zip((n, m), rates, strict=True))
            found = region.probability(*(np.array([r]) for r in rates))[0]
            differences.append(abs(float(found) - float(own @ rejected @ other)))
    largest_difference = max(differences)
    held = {"cases": len(differences), "largest": largest_difference, "allowed": 1e-12, "unit": "absolute"}
    compared("power and size of six tests of two rates", "scipy, table by table", **held)
    assert largest_difference < 1e-12
