"""Routes from findings to priors, against formulas, printed tables and simulated Kaplan-Meier estimates."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad

from icibaseline import evidence
from icibaseline._values import Value
from icibaseline.distributions import BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.records import ROUTES
from icibaseline.priors import (
    Alternative,
    MedianPlusLandmark,
    MedianWithN,
    Route,
    admissible,
    own,
    route_named,
    route_of,
)
from icibaseline.survival import Exponential, Weibull

MELANOMA = Findings(evidence.lookup("mel_pfs_chemo"))


def median(value: float = 4.7, n: int | None = 44, **changes: object) -> Finding:
    fields = {"statistic": "median", "unit": "months", "endpoint": "PFS", "origin": "salvage start"}
    fields |= {"supports": "mine", "route": "median with n only"}
    return Finding(**{**fields, "id": "m", "document": "mine", "printed": "x", "value": value, "n": n, **changes})


def landmark(value: float = 12, at: float = 12, n: int | None = 463, **changes: object) -> Finding:
    return median(value, n, **{"id": "l", "statistic": "landmark", "unit": "percent", "at": at, **changes})


def two(m: float, s: float, at: float, n: int) -> Findings:
    return Findings((median(m, n), landmark(s, at, n, unit="proportion")))


# ---- the Kaplan-Meier estimate, written for the test -------------------------------------------------


def kaplan_meier(event: np.ndarray, censoring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted times and the estimate just after each, one row per sample."""
    seen = np.minimum(event, censoring)
    order = np.argsort(seen, axis=1)
    times = np.take_along_axis(seen, order, axis=1)
    died = np.take_along_axis(event <= censoring, order, axis=1)
    at_risk = np.arange(event.shape[1], 0, -1)
    return times, np.cumprod(np.where(died, 1 - 1 / at_risk, 1.0), axis=1)


def km_median(times: np.ndarray, survival: np.ndarray) -> np.ndarray:
    below = survival <= 0.5 + 1e-12
    first = times[np.arange(len(times)), below.argmax(axis=1)]
    return np.where(below.any(axis=1), first, np.inf)


def km_at(times: np.ndarray, survival: np.ndarray, t: float) -> np.ndarray:
    last = (times <= t).sum(axis=1) - 1
    return survival[np.arange(len(times)), last]


# ---- a median with n only ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "mean", "sd"),
    [
        ("mcc_pfs_primary", 1.548, 0.241),
        ("mcc_pfs_acquired", 2.251, 0.287),
        ("mcc_dss_primary", 2.660, 0.241),
        ("mel_os_chemo", 1.960, 0.074),
    ],
)
def test_published_priors_of_medians(id: str, mean: float, sd: float) -> None:
    found = Findings(evidence.lookup(id))
    prior = route_of(found).prior(found)
    assert isinstance(prior, NormalMixture)
    assert (prior.scale, prior.weights) == ("log", (1.0,))
    assert (prior.means[0], prior.sds[0]) == pytest.approx((mean, sd), abs=5.1e-4)  # printed to three decimals


def test_published_standard_errors_of_other_assumptions() -> None:
    found = Findings(evidence.lookup("mcc_pfs_primary"))
    labels, priors = zip(*((a.label, a.prior) for a in MedianWithN().sensitivity(found)), strict=True)
    assert [p.sds[0] for p in priors] == pytest.approx([1 / 44**0.5, 2 / 44**0.5, 0.2175, 0.164], abs=6e-4)
    assert [label.startswith("rejected") for label in labels] == [False, False, False, True]
    assert all(p.median == pytest.approx(4.7, rel=1e-12) for p in priors)


def test_reference_the_factor_of_an_exponential_curve_is_that_of_large_simulated_samples() -> None:
    rng, n, samples = np.random.default_rng(20), 801, 4_000
    medians = km_median(*kaplan_meier(rng.exponential(size=(samples, n)), np.full((samples, n), np.inf)))
    factor = np.log(medians).std() * math.sqrt(n)
    label, prior = next(
        (a.label, a.prior) for a in MedianWithN().sensitivity(Findings((median(),))) if "1.443" in a.label
    )
    assert "exponential" in label
    assert prior is not None
    assert prior.sds[0] * math.sqrt(44) == pytest.approx(factor, rel=3.5 / math.sqrt(2 * samples))


@pytest.mark.parametrize(
    ("censored", "latest", "lowest"),
    # uniform censoring on (0, latest) of an exponential curve with median 1 censors this share
    [(0.15, 9.59, 0.93), (0.30, 4.58, 0.93), (0.50, 2.30, 0.93)],
)
def test_reference_intervals_cover_the_true_median(censored: float, latest: float, lowest: float) -> None:
    rng, n, samples = np.random.default_rng(7), 44, 8_000
    event = rng.exponential(1 / math.log(2), (samples, n))
    censoring = rng.uniform(0, latest, (samples, n))
    assert (event > censoring).mean() == pytest.approx(censored, abs=0.005)
    medians = km_median(*kaplan_meier(event, censoring))
    reported = medians[np.isfinite(medians)]
    half = 1.959964 * MedianWithN().prior(Findings((median(n=n),))).sds[0]  # type: ignore[attr-defined]
    coverage = (np.abs(np.log(reported)) <= half).mean()
    error = math.sqrt(coverage * (1 - coverage) / len(reported))
    assert error < 0.003
    assert lowest + error < coverage < 0.98 - error


def test_reference_under_heavy_early_censoring_the_intervals_cover_less_and_the_docstring_says_so() -> None:
    rng, n, samples = np.random.default_rng(8), 44, 8_000
    event, censoring = rng.exponential(size=(2, samples, n))  # half are censored, many before the median
    medians = km_median(*kaplan_meier(event, censoring))
    reported = medians[np.isfinite(medians)]
    coverage = (np.abs(np.log(reported / math.log(2))) <= 1.959964 * 1.6 / math.sqrt(n)).mean()
    assert 0.90 < coverage < 0.93
    assert "91 to 96 % with half" in (MedianWithN.__doc__ or "")


@given(st.floats(0.1, 100), st.integers(2, 5_000), st.floats(0.05, 20))
def test_law_four_times_the_patients_halve_the_spread_and_the_unit_of_time_does_not_matter(
    m: float, n: int, unit: float
) -> None:
    route = MedianWithN()
    small, large = (route.prior(Findings((median(m, k),))) for k in (n, 4 * n))
    other = route.prior(Findings((median(m * unit, n),)))
    assert isinstance(small, NormalMixture)
    assert isinstance(large, NormalMixture)
    assert isinstance(other, NormalMixture)
    assert large.sds[0] == pytest.approx(small.sds[0] / 2, rel=1e-14)
    assert other.means[0] == pytest.approx(small.means[0] + math.log(unit), abs=1e-12)
    assert other.sds == small.sds


def test_law_the_factor_is_a_field() -> None:
    prior = MedianWithN(factor=2.0).prior(Findings((median(),)))
    assert prior == NormalMixture.lognormal(4.7, 2 / math.sqrt(44))
    assert MedianWithN().explain(Findings((median(),))) == ("SE of log median = 1.6/sqrt(44) = 0.241",)
    assert MedianWithN().curve(prior) == Exponential(median=prior)


# ---- a median plus a landmark ------------------------------------------------------------------------


def test_published_joint_prior_of_the_melanoma_cohort() -> None:
    prior = route_of(MELANOMA).prior(MELANOMA)
    assert isinstance(prior, BivariateNormal)
    assert prior.means == pytest.approx((0.956, 0.7310), abs=5.1e-4)
    assert prior.sds == pytest.approx((0.092, 0.051), abs=5.1e-4)
    assert round(prior.correlation, 1) == 0.6
    assert prior.scales == ("log", "identity")


def test_published_delta_method_without_the_allowance() -> None:
    prior = MedianPlusLandmark(censoring_allowance=1.0).prior(MELANOMA)
    assert isinstance(prior, BivariateNormal)
    assert prior.sds == pytest.approx((0.0917, 0.0466), abs=5.1e-5)
    assert prior.correlation == pytest.approx(0.63, abs=5e-3)
    assert MedianPlusLandmark().sensitivity(MELANOMA)[0].prior == prior


def test_reference_delta_method_against_simulated_kaplan_meier_estimates() -> None:
    rng, n, samples = np.random.default_rng(463), 463, 6_000
    shape = math.log(math.log(0.12) / math.log(0.5)) / math.log(12 / 2.6)
    event = 2.6 * (rng.standard_exponential((samples, n)) / math.log(2)) ** (1 / shape)
    estimate = kaplan_meier(event, np.full((samples, n), np.inf))
    m, s = km_median(*estimate), km_at(*estimate, 12)
    k = np.log(np.log(s) / math.log(0.5)) / np.log(12 / m)
    prior = MedianPlusLandmark(censoring_allowance=1.0).prior(MELANOMA)
    assert isinstance(prior, BivariateNormal)
    spread = 1 / math.sqrt(2 * samples)  # relative Monte Carlo error of a standard deviation, 0.9 %
    assert prior.sds == pytest.approx((np.log(m).std(), k.std()), rel=3.5 * spread)
    simulated = np.corrcoef(np.log(m), k)[0, 1]
    assert prior.correlation == pytest.approx(simulated, abs=3.5 * (1 - simulated**2) / math.sqrt(samples))


def test_reference_the_allowance_is_that_of_late_censoring_by_greenwoods_integrals() -> None:
    """Follow-up uniform on 3 to 27 months: variances grow only after the median, so the covariance stays."""
    bare, allowed = (MedianPlusLandmark(censoring_allowance=c).prior(MELANOMA) for c in (1.0, 1.1))
    assert isinstance(bare, BivariateNormal)
    assert isinstance(allowed, BivariateNormal)
    curve = Weibull(median=2.6, shape=bare.means[1])
    watched = lambda t: 1.0 if t < 3 else (27 - t) / 24  # noqa: E731
    rate = lambda t: curve.hazard(t) / (curve.survival(t) * watched(t))  # noqa: E731
    to_median, to_landmark = (
        quad(lambda u: rate(u**2) * 2 * u, 0, math.sqrt(t), points=[1.7320508])[0] for t in (2.6, 12)
    )
    assert to_median == pytest.approx(1.0, rel=1e-8)  # (1 - S) / S: no censoring before the median
    a, spread = bare.means[1] * math.log(2) / 2, math.log(12 / 2.6)
    covariance = np.array([[0.25 / a**2, 0.06 / a], [0.06 / a, 0.12**2 * to_landmark]]) / 463
    slopes = np.array([[1.0, 0.0], [bare.means[1] / spread, 1 / (spread * 0.12 * math.log(0.12))]])
    exact = slopes @ covariance @ slopes.T
    assert bare.sds[1] < math.sqrt(exact[1, 1]) < allowed.sds[1] < 1.02 * math.sqrt(exact[1, 1])
    assert allowed.covariance[0, 1] == pytest.approx(exact[0, 1], rel=1e-8)
    assert allowed.covariance[0, 1] == pytest.approx(bare.covariance[0, 1], rel=1e-12)
    assert allowed.sds[0] == bare.sds[0]


def test_published_numbers_of_other_families() -> None:
    _, exponential, weibull, *_ = MedianPlusLandmark().sensitivity(MELANOMA)
    assert [number for _, number in weibull.numbers] == pytest.approx([0.030, 4.92], abs=5e-3)
    assert exponential.numbers[1][1] == pytest.approx(3.74, abs=5e-3)
    assert exponential.numbers[0][1] == pytest.approx(0.5 ** (24 / 2.6), rel=1e-12)


def test_published_exponential_check() -> None:
    (flag,) = MedianPlusLandmark().flags(MELANOMA)
    assert "the exponential contradicts the document" in flag
    assert flag.endswith("z = 5.2")
    assert MedianPlusLandmark().flags(two(4.0, 0.125, 12, 5_000)) == ()  # an exponential curve itself


@given(st.floats(0.5, 10), st.floats(0.05, 0.4), st.floats(1.5, 8), st.floats(0.05, 20))
def test_law_the_curve_passes_through_both_numbers_in_any_unit_of_time(
    m: float, s: float, later: float, c: float
) -> None:
    n = 100_000
    prior = MedianPlusLandmark().prior(two(m, s, later * m, n))
    scaled = MedianPlusLandmark().prior(two(c * m, s, c * later * m, n))
    curve = Weibull(joint=prior.typical)
    assert curve.survival(m) == pytest.approx(0.5, rel=1e-9)
    assert curve.survival(later * m) == pytest.approx(s, rel=1e-9)
    assert isinstance(prior, BivariateNormal)
    assert isinstance(scaled, BivariateNormal)
    assert scaled.means[0] == pytest.approx(prior.means[0] + math.log(c), abs=1e-9)
    assert (scaled.means[1], *scaled.sds, scaled.correlation) == pytest.approx(
        (prior.means[1], *prior.sds, prior.correlation), rel=1e-9
    )
    fewer = MedianPlusLandmark().prior(two(m, s, later * m, 4 * n))
    assert isinstance(fewer, BivariateNormal)
    assert 2 * np.array(fewer.sds) == pytest.approx(np.array(prior.sds), rel=1e-12)


def test_law_the_order_of_the_two_findings_does_not_matter() -> None:
    assert MedianPlusLandmark().prior(MELANOMA) == MedianPlusLandmark().prior(MELANOMA[::-1])
    assert MedianPlusLandmark().supports(MELANOMA[::-1])


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((), "exactly one median"),
        ((median(), median(id="b")), "exactly one median"),
        ((landmark(),), "exactly one median"),
        ((median(n=None),), "m has no n"),
        ((median(unit="weeks"),), "not a positive number of months"),
        ((median(value=-1),), "not a positive number of months"),
        ((median(supports=None, route=None, refused="Too few."),), "m is refused: Too few"),
    ],
)
def test_law_a_median_that_lacks_something_is_refused(found: tuple[Finding, ...], why: str) -> None:
    route = MedianWithN()
    assert not route.supports(Findings(found))
    for ask in (route.prior, route.sensitivity, route.explain, route.flags):
        with pytest.raises(RefusedFinding, match=rf"^`findings` must suit the route 'median with n only'; got .*{why}"):
            ask(Findings(found))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((median(2.6, 463),), "one median and one landmark"),
        ((median(2.6, 463), landmark(n=460)), "differ in `n`"),
        ((median(2.6, 463), landmark(endpoint="OS")), "differ in `endpoint`"),
        ((median(2.6, 463), landmark(document="other")), "differ in `document`"),
        ((median(2.6, None), landmark(n=None)), "has no n"),
        ((median(2.6, 463), landmark(at=2.0)), "must lie after the median"),
        ((median(2.6, 463), landmark(60)), "must lie after the median"),
        ((median(2.6, 463), landmark(0)), "must lie after the median"),
        ((median(2.6, 463), landmark(unit="months")), "not a percentage or a proportion"),
    ],
)
def test_law_a_pair_that_does_not_belong_together_is_refused(found: tuple[Finding, ...], why: str) -> None:
    route = MedianPlusLandmark()
    assert not route.supports(Findings(found))
    with pytest.raises(RefusedFinding, match=rf"^`findings` must suit the route 'median plus landmark'; got .*{why}"):
        route.prior(Findings(found))


def test_law_every_name_that_findings_may_carry_is_a_route() -> None:
    for name in ROUTES:
        route = route_named(name)
        assert isinstance(route, Route)
        assert route.name == name
        assert route_of(Findings((median(route=name),))) == route
        assert route.citations
        assert not route.supports(Findings(()))


def test_law_findings_without_one_route_are_refused() -> None:
    with pytest.raises(RefusedFinding, match=r"got none"):
        route_of(Findings(()))
    with pytest.raises(RefusedFinding, match=r"got 'm'\. Too few"):
        route_of(Findings((median(supports=None, route=None, refused="Too few."),)))
    mixed = (median(), landmark(route="median plus landmark"))
    with pytest.raises(
        RefusedFinding, match=r"which name several routes: \('median with n only', 'median plus landmark'\)"
    ):
        route_of(Findings(mixed))


def test_law_what_findings_are_read_with_does_not_choose_the_route() -> None:
    beside = median(9.5, 31, id="b", supports="other", route="median with interval")
    found = Findings((median(), beside))
    assert own(found) == Findings((median(),))
    assert route_of(found) == MedianWithN()
    assert MedianWithN().select(found) == Findings((median(),))


def test_law_other_routes_to_the_same_number_are_those_that_the_findings_admit() -> None:
    printed = median(lower=3.5, upper=6.3, level=0.95, interval_label="CI")
    assert [a.label for a in admissible(Findings((printed,)), MedianWithN())] == ["route 'median with interval'"]
    assert [a.label for a in admissible(Findings((printed,)), route_named("median with interval"))] == [
        "route 'median with n only'"
    ]
    assert admissible(Findings((median(),)), MedianWithN()) == ()


@pytest.mark.parametrize("bad", [0, -1, math.nan, "1.6", None, True], ids=repr)
def test_law_bad_assumptions_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`factor` must be a positive number; got"):
        MedianWithN(factor=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^`censoring_allowance` must be a number, at least 1; got"):
        MedianPlusLandmark(censoring_allowance=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"prior": 3}, {"numbers": ((1, 2),)}, {"numbers": (("S", "x"),)}, {"numbers": 3}])
def test_law_bad_alternatives_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Alternative("x", **bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "item",
    [
        MedianWithN(factor=1.5),
        MedianPlusLandmark(censoring_allowance=1.2),
        *MedianWithN().sensitivity(Findings((median(),))),
        *MedianPlusLandmark().sensitivity(MELANOMA),
    ],
    ids=str,
)
def test_law_round_trips(item: Value) -> None:
    assert type(item).from_dict(item.to_dict()) == item
    assert pickle.loads(pickle.dumps(item)) == item
    names = (Alternative, NormalMixture, BivariateNormal, MedianWithN, MedianPlusLandmark)
    assert eval(repr(item), {kind.__name__: kind for kind in names}) == item


def test_regression_text_of_alternatives() -> None:
    assert [str(a) for a in MedianPlusLandmark().sensitivity(MELANOMA)[1:3]] == [
        "exponential curve through the median: S(24) = 0.00166, mean months without the event to month 24 = 3.74",
        "Weibull curve through both: S(24) = 0.0296, mean months without the event to month 24 = 4.92",
    ]
