"""A median that was not reached, against printed numbers, quadrature and simulated Kaplan-Meier estimates."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from icibaseline import evidence
from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings, companions
from icibaseline.priors.base import Alternative
from icibaseline.priors.median_n import MedianWithN
from icibaseline.priors.not_reached import NotReached
from icibaseline.priors.p_value import PValueWithN
from icibaseline.survival import Exponential, Weibull

HELD = evidence.lookup("mcc_dss_acquired")
MCC = NotReached().select(Findings((*HELD, *companions(HELD, evidence.findings()))))
PLAIN = NotReached(  # no allowances: 20 to 55 events, as they are without an effect, exponential standard error
    effect=PValueWithN(event_share=(20 / 75, 55 / 75), widening=0),
    comparator=MedianWithN(factor=1 / math.log(2)),
    at_risk=20 / 31,
)


def finding(id: str, statistic: str, **changes: object) -> Finding:
    fields = {"id": id, "document": "mine", "printed": "x", "statistic": statistic, "endpoint": "DSS"}
    return Finding(**{**fields, "supports": "mine", "route": "not reached with horizon", **changes})


def not_reached(at: float | None = 36, n: int | None = 31, **changes: object) -> Finding:
    return finding("nr", "not reached", **{"unit": "months", "at": at, "n": n, "resistance": "acquired", **changes})


def p_value(p: float = 0.006, n: int | None = 31, other: int | None = 44, **changes: object) -> Finding:
    fields = {"p": p, "n": n, "comparator": "primary", "n_comparator": other, "favours": "group"}
    return finding("p", "p value", **{**fields, "resistance": "acquired", **changes})


def median(value: float = 14.3, n: int | None = 44, **changes: object) -> Finding:
    fields = {"value": value, "unit": "months", "n": n, "resistance": "primary", "supports": "other"}
    return finding("m", "median", **{**fields, "route": "median with n only", **changes})


def three(m: float = 14.3, at: float = 36, p: float = 0.006, n: int = 31, other: int = 44) -> Findings:
    return Findings((not_reached(at, n), p_value(p, n, other), median(m, other)))


def law(found: Findings, route: NotReached | None = None) -> NormalMixture:
    prior = (route or NotReached()).prior(found)
    assert prior.scale == "log"
    assert prior.weights == (1.0,)
    return prior


# ---- printed numbers ---------------------------------------------------------------------------------


def test_published_p_value_and_comparator_without_the_horizon() -> None:
    """36.0 months, 16.3 to 88.4, as a mixture over the number of events."""
    share, weights = np.polynomial.legendre.leggauss(64)
    v = (37.5 + 17.5 * share) * 31 * 44 / 75**2
    mixture = NormalMixture(
        tuple(weights / 2),
        tuple(math.log(14.3) + norm.isf(0.003) / np.sqrt(v)),
        tuple(np.sqrt(1 / v + 1.4427**2 / 44)),
        scale="log",
    )
    assert (mixture.median, *mixture.interval()) == pytest.approx((36.0, 16.3, 88.4), rel=0.007)
    alone = PLAIN.sensitivity(MCC)[0]
    assert "without the horizon" in alone.label
    assert isinstance(alone.prior, NormalMixture)
    assert (alone.prior.means[0], alone.prior.sds[0]) == pytest.approx((mixture.link_mean, mixture.link_sd), abs=5e-4)


def test_published_prior_with_the_horizon() -> None:
    """N(3.87, .34^2), median 46.9, 26.5 to 101: the printed numbers are those of a grid that ends near 165 months."""
    prior = law(MCC, PLAIN)
    assert (prior.means[0], prior.sds[0]) == pytest.approx((3.875, 0.346), abs=1e-3)
    log_m = np.linspace(math.log(2), math.log(165), 20_001)
    m, tail = np.exp(log_m), 0.0
    share, weights = np.polynomial.legendre.leggauss(32)
    for x, w in zip(share, weights, strict=True):
        v = (37.5 + 17.5 * x) * 31 * 44 / 75**2
        tail = tail + w * norm.pdf(log_m, math.log(14.3) + 2.7478 / v**0.5, math.sqrt(1 / v + 1.4427**2 / 44))
    alive = 0.5 ** (36 / m)
    density = tail * norm.cdf((alive - 0.5) / np.sqrt(alive * (1 - alive) / 20))
    density = density / density.sum()
    mean = density @ log_m
    assert (mean, math.sqrt(density @ (log_m - mean) ** 2)) == pytest.approx((3.87, 0.34), abs=5.1e-3)
    cumulative = np.cumsum(density)
    assert [m[np.searchsorted(cumulative, q)] for q in (0.5, 0.025, 0.975)] == pytest.approx(
        (46.9, 26.5, 101), rel=5e-3
    )


def test_published_default_has_the_printed_location_and_is_a_little_wider() -> None:
    prior = law(MCC)
    assert round(prior.means[0], 2) == 3.87
    assert 0.34 < prior.sds[0] < 0.36
    assert prior == law(three())


# ---- quadrature and simulation -----------------------------------------------------------------------


@pytest.mark.parametrize("route", [NotReached(), PLAIN, NotReached(at_risk=1.0)], ids=["default", "plain", "all"])
def test_reference_moments_by_quadrature(route: NotReached) -> None:
    comparator = route.comparator.factor / math.sqrt(44)
    low, high = route.effect.event_share or (0.3, 0.8)

    def density(log_m: float, share: float) -> float:
        root = math.sqrt(share * 31 * 44 / 75)
        effect = norm.isf(0.003) / root
        sd = math.hypot((1 + route.effect.widening * effect**2) / root, comparator)
        alive = 0.5 ** (36 / math.exp(log_m))
        chance = norm.cdf((alive - 0.5) / math.sqrt(alive * (1 - alive) / (route.at_risk * 31)))
        return float(norm.pdf(log_m, math.log(14.3) + effect, sd) * chance)

    def moment(k: int) -> float:
        inner = lambda share: quad(lambda x: x**k * density(x, share), 1, 8, epsabs=1e-9, limit=100)[0]  # noqa: E731
        x, w = np.polynomial.legendre.leggauss(12)
        nodes = (low + high) / 2 + (high - low) / 2 * x
        return float(sum(wi * inner(s) for wi, s in zip(w, nodes, strict=True)) / 2)

    total, first, second = (moment(k) for k in range(3))
    prior = law(three(), route)
    mean = first / total
    assert prior.means[0] == pytest.approx(mean, abs=3e-4)  # the rounding of p, left out here, adds so little
    assert prior.sds[0] == pytest.approx(math.sqrt(second / total - mean**2), abs=3e-4)
    assert f"probability {total:.2f}" in " ".join(route.explain(three()))


def kaplan_meier_above_half(m: float, samples: int) -> tuple[float, float]:
    """How often the estimate of 31 patients is above one half at 36 months, and its variance there."""
    rng = np.random.default_rng(int(m))
    event, censoring = rng.exponential(m / math.log(2), (samples, 31)), rng.uniform(3, 60, (samples, 31))
    seen = np.minimum(event, censoring)
    order = np.argsort(seen, axis=1)
    died = np.take_along_axis((event <= censoring) & (event <= 36), order, 1)
    survival = np.prod(np.where(died, 1 - 1 / np.arange(31, 0, -1), 1.0), axis=1)
    return float((survival > 0.5 + 1e-12).mean()), float(survival.var())


@pytest.mark.parametrize(("m", "formula", "printed"), [(24, 0.085, 0.091), (36, 0.5, 0.508), (48, 0.806, 0.805)])
def test_published_probability_of_not_reaching_the_median(m: float, formula: float, printed: float) -> None:
    """With n_eff of 20 among 31, printed beside a simulation, which follow-up of 3 to 60 months reproduces."""
    simulated, variance = kaplan_meier_above_half(m, 40_000)
    assert simulated == pytest.approx(printed, abs=0.008)
    alive = 0.5 ** (36 / m)
    n_eff = NotReached().at_risk * 31
    assert norm.cdf((alive - 0.5) / math.sqrt(alive * (1 - alive) / n_eff)) == pytest.approx(formula, abs=1.5e-3)
    assert alive * (1 - alive) / variance == pytest.approx(n_eff, rel=0.11)


def test_reference_default_share_at_risk_is_that_of_greenwoods_variance() -> None:
    """Follow-up uniform on 3 to 60 months, horizon 36, at medians near the horizon."""
    for m in (30, 36, 48):
        rate, alive = math.log(2) / m, 0.5 ** (36 / m)
        summed = quad(lambda t: rate * math.exp(rate * t) / min(1, (60 - t) / 57), 0, 36, points=[3])[0]  # noqa: B023
        assert (1 - alive) / alive / summed == pytest.approx(NotReached().at_risk, abs=0.05)


def test_reference_the_lognormal_law_is_as_close_as_explained() -> None:
    for route in (NotReached(), PLAIN):
        prior, said = law(MCC, route), float(route.explain(MCC)[-1].split("within ")[1])
        log_m = np.linspace(math.log(3), math.log(1500), 3_001)
        m = np.exp(log_m)
        share, weights = np.polynomial.legendre.leggauss(32)
        low, high = route.effect.event_share or (0.3, 0.8)
        density = np.zeros_like(m)
        for x, w in zip((low + high) / 2 + (high - low) / 2 * share, weights, strict=True):
            root = math.sqrt(x * 31 * 44 / 75)
            effect = norm.isf(0.003) / root
            sd = math.hypot((1 + route.effect.widening * effect**2) / root, route.comparator.factor / 44**0.5)
            density += w * norm.pdf(log_m, math.log(14.3) + effect, sd)
        alive = 0.5 ** (36 / m)
        density *= norm.cdf((alive - 0.5) / np.sqrt(alive * (1 - alive) / (31 * route.at_risk)))
        exact = np.cumsum(density) / density.sum()
        assert said < 0.04
        assert np.max(np.abs(exact - prior.cdf(m))) == pytest.approx(said, abs=2e-3)


# ---- laws --------------------------------------------------------------------------------------------

MONTHS = st.floats(4, 40)


@settings(max_examples=25, deadline=None)
@given(MONTHS, st.floats(0.2, 3), st.integers(1, 40).map(lambda k: k / 1000), st.floats(0.1, 10))
def test_law_the_unit_of_time_does_not_matter(m: float, later: float, p: float, unit: float) -> None:
    one, two = law(three(m, later * m, p)), law(three(m * unit, later * m * unit, p))
    assert two.means[0] == pytest.approx(one.means[0] + math.log(unit), abs=1e-8)
    assert two.sds[0] == pytest.approx(one.sds[0], rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(MONTHS, st.integers(20, 300), st.integers(20, 300))
def test_law_the_two_ways_to_write_a_comparison_are_one(m: float, n: int, other: int) -> None:
    found = three(m, 30, 0.02, n, other)
    turned = p_value(0.02, other, n, comparator="acquired", favours="comparator", resistance="primary")
    swapped = law(Findings((found[0], turned, found[2])))
    assert (swapped.means[0], swapped.sds[0]) == pytest.approx((law(found).means[0], law(found).sds[0]), rel=1e-9)
    for order in ((2, 1, 0), (1, 0, 2)):
        assert law(Findings(tuple(found[i] for i in order))) == law(found)


@settings(max_examples=25, deadline=None)
@given(MONTHS, st.integers(20, 200), st.floats(0.1, 1.5), st.floats(1.05, 2))
def test_law_a_later_horizon_and_a_smaller_p_mean_a_longer_median_and_more_patients_a_narrower_prior(
    m: float, n: int, first: float, later: float
) -> None:
    at = first * m
    early, late = (law(three(m, t, 0.02, n, n)) for t in (at, at * later))
    assert late.means[0] > early.means[0] - 1e-9
    assert law(three(m, at, 0.01, n, n)).means[0] > early.means[0]
    assert law(three(m, at, 0.02, 4 * n, 4 * n)).sds[0] < early.sds[0]


def test_law_an_early_horizon_adds_nothing() -> None:
    found = three(14.3, 0.5)
    bare = NotReached().sensitivity(found)[0].prior
    assert isinstance(bare, NormalMixture)
    assert (law(found).means[0], law(found).sds[0]) == pytest.approx((bare.means[0], bare.sds[0]), rel=1e-6)


def test_law_curves_and_what_is_said() -> None:
    route, prior = NotReached(), law(MCC)
    assert route.curve(prior) == Exponential(median=prior)
    assert dict(route.families(MCC)) == {
        f"Weibull, shape {k:g}": Weibull(median=prior.median, shape=k) for k in (0.75, 1.3)
    }
    assert NotReached.not_a_control is not None
    assert "not the control arm" in NotReached.not_a_control
    labels = [a.label for a in route.sensitivity(MCC)]
    assert len(set(labels)) == len(labels)
    assert "if reported because significant" in labels
    assert any("bounded on one side" in flag for flag in route.flags(MCC))
    assert not any("contradict" in flag for flag in route.flags(MCC))
    assert any("contradict" in flag for flag in route.flags(three(2.0, 36, 0.2)))
    steps = route.explain(MCC)
    assert steps[0] == "comparator: SE of log median = 1.6/sqrt(44) = 0.241"
    assert "0.65 x 31 = 20.1 patients at risk" in steps[-2] or "0.65 x 31 = 20.2 patients at risk" in steps[-2]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((), "exactly one median that was not reached"),
        ((p_value(), median()), "exactly one median that was not reached"),
        ((not_reached(), not_reached(), p_value(), median()), "exactly one median that was not reached"),
        ((not_reached(supports=None, route=None, refused="No follow-up."),), "nr is refused: No follow-up"),
        ((not_reached(at=None), p_value(), median()), "nr has no horizon"),
        ((not_reached(n=None), p_value(), median()), "nr has no n"),
        ((not_reached(),), "may be any longer one. It also needs exactly one p value against a comparator"),
        ((not_reached(), p_value()), "and the median of that comparator"),
        ((not_reached(), median()), "exactly one p value"),
        ((not_reached(), p_value(), median(), median()), "the median of that comparator"),
        ((not_reached(), p_value(p_bound=True), median()), "p is a bound: p below 0.006"),
        ((not_reached(), p_value(favours=None), median()), "p has no favours"),
        ((not_reached(), p_value(), median(n=None)), "m has no n"),
        ((not_reached(), p_value(), median(unit="weeks")), "m is not a positive number of months"),
        ((not_reached(), p_value(), median(endpoint="OS")), "differ in document, endpoint or origin"),
        ((not_reached(), p_value(), median(document="other")), "differ in document, endpoint or origin"),
        ((not_reached(), p_value(), median(resistance="acquired")), "p does not compare the groups of nr and m"),
        ((not_reached(), p_value(resistance="mixed"), median()), "p does not compare the groups of nr and m"),
        ((not_reached(at=5_000), p_value(), median()), "leave no room for a median that long"),
    ],
)
def test_law_what_is_lacking_is_said(found: tuple[Finding, ...], why: str) -> None:
    route = NotReached()
    assert not route.supports(Findings(found))
    for ask in (route.prior, route.sensitivity, route.explain, route.flags, route.families):
        rule = r"^`findings` must suit the route 'not reached with horizon'; got"
        with pytest.raises(RefusedFinding, match=rf"{rule} .*{why}"):
            ask(Findings(found))


@pytest.mark.parametrize("bad", [0, -0.1, 1.1, math.nan, "0.65", None, True], ids=repr)
def test_law_bad_assumptions_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`at_risk` must be a share of the patients"):
        NotReached(at_risk=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^`effect` must be a PValueWithN"):
        NotReached(effect=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^`comparator` must be a MedianWithN"):
        NotReached(comparator=bad)  # type: ignore[arg-type]


def test_law_round_trips() -> None:
    assert NotReached.from_dict(PLAIN.to_dict()) == PLAIN
    assert pickle.loads(pickle.dumps(PLAIN)) == PLAIN
    names = {"NotReached": NotReached, "PValueWithN": PValueWithN, "MedianWithN": MedianWithN}
    assert eval(repr(PLAIN), names) == PLAIN
    for item in NotReached().sensitivity(MCC):
        assert Alternative.from_dict(item.to_dict()) == item
