"""Families of curves through a median and a landmark, against printed numbers and simulated Kaplan-Meier estimates."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.integrate import quad
from scipy.special import logit
from scipy.stats import norm

from icibaseline import evidence
from icibaseline._values import replace_unknowns, unknowns
from icibaseline.distributions import BivariateNormal
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.families import FAMILIES, MedianFamily, Points
from icibaseline.priors.median_landmark import MedianPlusLandmark, family_curves
from icibaseline.survival import Curve, Exponential, PiecewiseExponential

MELANOMA = Findings(evidence.lookup("mel_pfs_chemo"))
NAMES = ("Weibull", "cure", "piecewise", "log-logistic", "log-normal")
PRINTED = Points(2.6, 12.0, 0.12, 463)


def two(m: float, s: float, at: float, n: int) -> Findings:
    fields = {"document": "mine", "printed": "x", "n": n, "endpoint": "PFS", "supports": "mine"}
    fields |= {"route": "median plus landmark"}
    return Findings(
        (
            Finding(id="m", statistic="median", value=m, unit="months", **fields),
            Finding(id="l", statistic="landmark", value=s, unit="proportion", at=at, **fields),
        )
    )


def law(found: Findings, family: str, **fields: float) -> BivariateNormal:
    prior = MedianPlusLandmark(family=family, **fields).prior(found)
    assert isinstance(prior, BivariateNormal)
    return prior


# ---- printed numbers ---------------------------------------------------------------------------------


def test_published_survival_and_restricted_means_at_24_months() -> None:
    curves = dict(family_curves(MELANOMA))
    assert list(curves) == ["exponential", *NAMES]
    printed = {"Weibull": 0.030, "cure": 0.099, "piecewise": 0.019, "log-logistic": 0.052, "log-normal": 0.044}
    assert {name: round(float(curves[name].survival(24)), 3) for name in NAMES} == printed
    means = {name: float(curve.restricted_mean(24)) for name, curve in curves.items()}
    assert round(means.pop("exponential"), 2) == 3.74
    assert (round(min(means.values()), 2), round(max(means.values()), 2)) == (4.92, 5.26)
    shown = MedianPlusLandmark().sensitivity(MELANOMA)[1:]
    assert [a.label.split()[0] for a in shown] == ["exponential", *NAMES]
    for a, curve in zip(shown, curves.values(), strict=True):
        assert [number for _, number in a.numbers] == [curve.survival(24), curve.restricted_mean(24)]


def test_published_parameters() -> None:
    cured = FAMILIES["cure"].pair(PRINTED)[1]
    assert round(cured, 3) == 0.098
    assert -math.log((0.5 - cured) / (1 - cured)) / 2.6 == pytest.approx(0.311, abs=5.1e-4)
    assert FAMILIES["piecewise"].pair(PRINTED) == pytest.approx((0.267, 0.152), abs=5.1e-4)


def test_published_forty_four_patients_are_enough() -> None:
    """SE of the shape .151, where 463 patients have .0466; the shape is then on the log scale."""
    prior = law(two(2.6, 0.12, 12, 44), "Weibull", censoring_allowance=1.0)
    assert prior.scales == ("log", "log")
    assert prior.sds[1] * math.exp(prior.means[1]) == pytest.approx(0.151, abs=5.1e-4)
    explained = MedianPlusLandmark().explain(two(2.6, 0.12, 12, 44))
    assert "log scale" in explained[-1]
    assert "log scale" not in " ".join(MedianPlusLandmark().explain(MELANOMA))


# ---- simulation and integrals ------------------------------------------------------------------------


def times(name: str, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Event times of each family through S(2.6) = .5 and S(12) = .12, without the library."""
    u, spread = rng.random(shape), math.log(12 / 2.6)
    if name == "Weibull":
        return 2.6 * (np.log(u) / math.log(0.5)) ** (spread / math.log(math.log(0.12) / math.log(0.5)))
    if name == "log-logistic":
        return 2.6 * (1 / u - 1) ** (spread / math.log(1 / 0.12 - 1))
    if name == "log-normal":
        return 2.6 * np.exp(norm.isf(u) * spread / norm.isf(0.12))
    if name == "cure":
        c = 0.0984270
        rate = -math.log((0.5 - c) / (1 - c)) / 2.6
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(u > c, -np.log((u - c) / (1 - c)) / rate, np.inf)
    early = -np.log(u) * 2.6 / math.log(2)
    return np.where(u > 0.5, early, 2.6 + np.log(0.5 / u) * 9.4 / math.log(0.5 / 0.12))


def estimates(name: str, m: np.ndarray, early: np.ndarray, late: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the two link scales would be if these were printed: median, S at 2.6 months, S at 12 months."""
    spread = np.log(12 / m)
    if name == "piecewise":
        return np.log(-np.log(early) / 2.6), np.log(np.log(early / late) / 9.4)
    second = {
        "Weibull": lambda: np.log(np.log(late) / math.log(0.5)) / spread,
        "log-logistic": lambda: np.log(np.log(1 / late - 1) / spread),
        "log-normal": lambda: np.log(spread / norm.isf(late)),
        "cure": lambda: logit(cured(m, late)),
    }[name]()
    return np.log(m), second


def cured(m: np.ndarray, s: np.ndarray) -> np.ndarray:
    low, high = np.zeros_like(s), s.copy()
    for _ in range(60):
        c = (low + high) / 2
        below = np.log((s - c) / (1 - c)) > 12 / m * np.log((0.5 - c) / (1 - c))
        low, high = np.where(below, c, low), np.where(below, high, c)
    return (low + high) / 2


@pytest.mark.parametrize("name", NAMES)
def test_reference_delta_method_against_simulated_kaplan_meier_estimates(name: str) -> None:
    n, samples = 1_501, 6_000
    rng = np.random.default_rng([1, len(name)])
    event = np.sort(times(name, rng, (samples, n)), axis=1)
    early, late = (event > 2.6).mean(axis=1), (event > 12).mean(axis=1)
    assert (early.mean(), late.mean()) == pytest.approx((0.5, 0.12), abs=2e-3)
    first, second = estimates(name, event[:, n // 2], early, late)
    prior = law(two(2.6, 0.12, 12, n), name, censoring_allowance=1.0)
    spread = 3.5 / math.sqrt(2 * samples)
    assert prior.sds == pytest.approx((first.std(), second.std()), rel=spread + 0.015)  # the delta method is asymptotic
    assert prior.means == pytest.approx((first.mean(), second.mean()), abs=0.01)
    assert prior.correlation == pytest.approx(np.corrcoef(first, second)[0, 1], abs=3.5 / math.sqrt(samples))


@pytest.mark.parametrize("name", NAMES)
def test_reference_density_at_the_median_and_slopes(name: str) -> None:
    family, step = FAMILIES[name], 1e-5
    curve = family.curve(family.pair(PRINTED))
    if not isinstance(family, MedianFamily):
        assert curve.hazard(np.array([1.0, 5.0])) == pytest.approx(family.pair(PRINTED), rel=1e-12)
        return
    second = family.second(PRINTED)
    assert family.fall(PRINTED, second) == pytest.approx(2.6 * float(curve.density(2.6)), rel=1e-9)
    by_median = [family.second(PRINTED._replace(median=2.6 * math.exp(h))) for h in (-step, step)]
    by_survival = [family.second(PRINTED._replace(survival=0.12 + h)) for h in (-step, step)]
    numeric = tuple((after - before) / (2 * step) for before, after in (by_median, by_survival))
    assert family.slopes(PRINTED, second) == pytest.approx(numeric, rel=1e-6)


def test_reference_variances_of_the_two_hazards_by_greenwoods_integrals() -> None:
    prior = law(MELANOMA, "piecewise")
    curve = PiecewiseExponential(tuple(prior.typical), knots=(2.6,))
    parts = (
        quad(lambda t: float(curve.hazard(t) / curve.survival(t)), *ends)[0] / 463 for ends in ((0, 2.6), (2.6, 12))
    )
    levels = (math.log(2), math.log(0.5 / 0.12))
    sds = [math.sqrt(part) / level for part, level in zip(parts, levels, strict=True)]
    assert prior.sds == pytest.approx((sds[0], 1.1 * sds[1]), rel=1e-8)
    assert prior.correlation == 0


# ---- laws --------------------------------------------------------------------------------------------

MEDIANS, PARTS, LATER, UNITS = st.floats(0.5, 10), st.floats(0.05, 0.4), st.floats(1.5, 8), st.floats(0.05, 20)


@given(st.sampled_from(NAMES), MEDIANS, PARTS, LATER, UNITS)
def test_law_every_curve_passes_through_both_numbers_in_any_unit_of_time(
    name: str, m: float, s: float, later: float, unit: float
) -> None:
    n = 1_000_000
    assume(name != "cure" or s > 1.05 * 0.5**later)
    route = MedianPlusLandmark(family=name)
    found, scaled = two(m, s, later * m, n), two(m * unit, s, later * m * unit, n)
    assume(name != "cure" or route.supports(found))
    prior, other = law(found, name), law(scaled, name)
    curve: Curve = replace_unknowns(route.curve(prior), lambda held: held.typical)
    assert unknowns(route.curve(prior)) == (prior,)
    assert curve.survival(np.array([m, later * m])) == pytest.approx([0.5, s], rel=1e-7)
    moved = -math.log(unit) if name == "piecewise" else math.log(unit)
    assert other.means[0] == pytest.approx(prior.means[0] + moved, abs=1e-8)
    second = prior.means[1] + (moved if name == "piecewise" else 0)
    assert (other.means[1], *other.sds, other.correlation) == pytest.approx(
        (second, *prior.sds, prior.correlation), rel=1e-6, abs=1e-7
    )
    assert 2 * np.array(law(two(m, s, later * m, 4 * n), name).sds) == pytest.approx(np.array(prior.sds), rel=1e-9)
    assert route.prior(found[::-1]) == prior


@given(MEDIANS, PARTS, st.floats(1.05, 10), st.integers(20, 5_000))
def test_law_a_cure_model_needs_a_curve_that_falls_slower_than_an_exponential_one(
    m: float, s: float, later: float, n: int
) -> None:
    found, slower = two(m, s, later * m, n), s > 0.5**later
    assume(abs(s / 0.5**later - 1) > 1e-6)
    assert ("cure" in dict(family_curves(found))) == slower
    assert ("no cure curve passes through both" in MedianPlusLandmark().explain(found)) == (not slower)
    assert any(a.label.startswith("cure") for a in MedianPlusLandmark().sensitivity(found)) == slower
    if not slower:
        with pytest.raises(RefusedFinding, match="the cured fraction would not be positive"):
            law(found, "cure")


@pytest.mark.parametrize("name", NAMES)
def test_law_the_allowance_for_censoring_keeps_the_covariance(name: str) -> None:
    bare, allowed = (law(MELANOMA, name, censoring_allowance=c) for c in (1.0, 1.1))
    assert allowed.sds == pytest.approx((bare.sds[0], 1.1 * bare.sds[1]), rel=1e-12)
    assert allowed.covariance[0, 1] == pytest.approx(bare.covariance[0, 1], rel=1e-12)
    assert MedianPlusLandmark(family=name).sensitivity(MELANOMA)[0].prior == bare


@pytest.mark.parametrize("name", NAMES)
def test_law_small_cohorts_are_read_by_every_family_but_the_cure_model(name: str) -> None:
    found, route = two(2.6, 0.12, 12, 12), MedianPlusLandmark(family=name)
    if name == "cure":
        with pytest.raises(RefusedFinding, match=r"so few patients the cured fraction may reach 0\.5"):
            route.prior(found)
        return
    assert law(found, name).scales == ("log", "log")
    assert route.curve(law(found, name)) is not None


@pytest.mark.parametrize("name", NAMES)
def test_law_a_family_says_what_it_is(name: str) -> None:
    route = MedianPlusLandmark(family=name)
    assert route.parameters == FAMILIES[name].parameters
    assert route.assumption == f"{name} curve assumed: two numbers do not choose the family"
    assert [label for label, _ in route.families(MELANOMA)] == ["exponential", *(x for x in NAMES if x != name)]
    assert route.families(MELANOMA)[0] == ("exponential", Exponential(median=2.6))
    assert "1.1 for censoring" in " ".join(route.explain(MELANOMA))
    assert MedianPlusLandmark.from_dict(route.to_dict()) == route
    assert pickle.loads(pickle.dumps(route)) == route
    assert eval(repr(route), {"MedianPlusLandmark": MedianPlusLandmark}) == route


@pytest.mark.parametrize("bad", ["weibull", "exponential", None, 3], ids=repr)
def test_law_other_families_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`family` must be one of 'Weibull', 'cure', 'piecewise', 'log-logistic'"):
        MedianPlusLandmark(family=bad)  # type: ignore[arg-type]


def test_law_curves_of_findings_that_are_no_pair_are_refused() -> None:
    with pytest.raises(RefusedFinding, match="exactly one median and one landmark"):
        family_curves(MELANOMA[:1])
