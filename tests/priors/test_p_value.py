"""A hazard ratio from a p value, against printed tables, closed forms and simulated log-rank tests."""

from __future__ import annotations

import csv
import importlib.util
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from icibaseline import evidence
from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings, companions
from icibaseline.evidence.arithmetic import selection_corrected
from icibaseline.priors.base import Alternative
from icibaseline.priors.p_value import PValueWithN

DOCS = Path(__file__).parents[2] / "docs"
MCC = Findings((*evidence.lookup("mcc_loghr_pfs"), *companions(evidence.lookup("mcc_loghr_pfs"), evidence.findings())))


def finding(**changes: object) -> Finding:
    fields = {"id": "p", "document": "mine", "printed": "x", "endpoint": "PFS", "supports": "mine"}
    return Finding(**{**fields, "route": "p value with n", **changes})


def p_value(p: float = 0.006, n: int | None = 44, other: int | None = 31, **changes: object) -> Finding:
    fields = {"statistic": "p value", "p": p, "n": n, "comparator": "acquired", "n_comparator": other}
    return finding(**{**fields, "resistance": "primary", "favours": "comparator", **changes})


def median(value: float, n: int, resistance: str, **changes: object) -> Finding:
    fields = {"id": resistance, "statistic": "median", "value": value, "unit": "months", "n": n}
    return finding(**{**fields, "resistance": resistance, "route": "median with n only", **changes})


def three(p: float, m: float, m_other: float, n: int = 44, n_other: int = 31, **changes: object) -> Findings:
    held = p_value(p, n, n_other, **changes)
    return Findings((held, median(m, n, "primary"), median(m_other, n_other, "acquired")))


NSCLC = three(0.003, 2.1, 7.0, 18, 22)


def law(found: Findings | Finding, **fields: object) -> NormalMixture:
    held = Findings((found,)) if isinstance(found, Finding) else found
    prior = PValueWithN(**fields).prior(held)  # type: ignore[arg-type]
    assert prior.scale == "log"
    assert prior.weights == (1.0,)
    return prior


# ---- printed numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "mean", "sd"), [(MCC, 0.70, 0.27), (NSCLC, 1.03, 0.39)], ids=["mcc", "nsclc"])
def test_published_priors(found: Findings, mean: float, sd: float) -> None:
    prior = law(found)
    assert round(prior.means[0], 2) == mean
    assert round(prior.sds[0], 2) == sd


@pytest.mark.parametrize(
    ("found", "ratios", "errors"),
    [(MCC, (0.463, 0.497, 0.525), (0.280, 0.254, 0.234)), (NSCLC, (0.324, 0.359, 0.389), (0.380, 0.345, 0.318))],
    ids=["mcc", "nsclc"],
)
def test_published_hazard_ratios_for_known_shares_of_events(
    found: Findings, ratios: tuple[float, ...], errors: tuple[float, ...]
) -> None:
    priors = [law(found, event_share=(f, f), widening=0) for f in (0.7, 0.85, 1.0)]
    assert [1 / p.median for p in priors] == pytest.approx(ratios, abs=5.1e-4)  # acquired over primary
    assert [p.sds[0] for p in priors] == pytest.approx(errors, abs=1.1e-3)  # the rounding of p adds some


@pytest.mark.parametrize(("events", "ratio", "error"), [(25, 0.328, 0.406), (35, 0.389, 0.343), (45, 0.435, 0.303)])
def test_published_hazard_ratios_of_disease_specific_survival(events: int, ratio: float, error: float) -> None:
    found = p_value(0.006, 31, 44, endpoint="DSS", favours="group")
    prior = law(found, event_share=(events / 75, events / 75), widening=0)
    assert prior.median == pytest.approx(ratio, abs=1.1e-3)
    assert prior.sds[0] == pytest.approx(error, abs=1.1e-3)
    if events <= 31:  # a finding's own events
        counted = law(found.with_(events=events), widening=0)
        assert (counted.means[0], counted.sds[0]) == pytest.approx((prior.means[0], prior.sds[0]), rel=1e-12)


def test_published_route_by_the_ratio_of_medians_is_shown_as_rejected() -> None:
    for found, ratio, error in ((MCC, 9.5 / 4.7, 0.256), (NSCLC, 7.0 / 2.1, 0.406)):
        *_, last = PValueWithN().sensitivity(found)
        assert last.label.startswith("rejected")
        assert isinstance(last.prior, NormalMixture)
        assert last.prior.median == pytest.approx(ratio, rel=1e-12)
        assert last.prior.sds[0] == pytest.approx(error, abs=5.1e-4)


def test_published_shapes_and_rounding_are_explained() -> None:
    mcc, nsclc = (" ".join(PValueWithN().explain(found)) for found in (MCC, NSCLC))
    assert "z = 2.748 from p = 0.006 (rounded: 2.721 to 2.776" in mcc
    assert mcc.endswith("an indicative shape: 0.92 to 1.09")
    assert nsclc.endswith("an indicative shape: 0.78 to 0.94")


def test_published_no_disagreement_of_medians_and_p() -> None:
    for found in (MCC, NSCLC):
        assert PValueWithN().flags(found) == ("test of the p value not named, log-rank assumed",)


@pytest.mark.parametrize(("z", "corrected"), [(2.748, 1.93), (2.968, 2.46), (2.21, 0.65), (2.20, 0.64)])
def test_published_correction_for_selection(z: float, corrected: float) -> None:
    assert round(selection_corrected(z), 2) == corrected


def test_published_location_if_reported_because_significant() -> None:
    raw, corrected = law(MCC), law(MCC, selected=True)
    assert round(corrected.means[0], 2) == 0.49
    assert corrected.means[0] / raw.means[0] == pytest.approx(0.70, abs=5e-3)
    beside = {a.label: a.prior for a in PValueWithN().sensitivity(MCC)}
    assert beside["if reported because significant"] == corrected
    assert "if reported whatever it was" in {a.label for a in PValueWithN(selected=True).sensitivity(MCC)}


def test_published_bound_of_the_melanoma_cohort_says_what_it_says() -> None:
    found = p_value(0.0001, 58, 405, p_bound=True, endpoint="OS")
    events = 0.8 * 463
    least = math.exp(norm.isf(0.00005) / math.sqrt(events * 58 * 405 / 463**2))
    with pytest.raises(
        RefusedFinding, match=rf"at least 3\.89, .* {events:g} events.* at least {least:.2f} or at most"
    ):
        law(found)


# ---- integrals and simulation ------------------------------------------------------------------------


@pytest.mark.parametrize("widening", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("p", "share"), [(0.006, (0.7, 1.0)), (0.2, (0.3, 0.8)), (0.01, (0.05, 1.0))])
def test_reference_moments_by_closed_forms_over_events_and_quadrature_over_p(
    p: float, share: tuple[float, float], widening: float
) -> None:
    prior = law(p_value(p), event_share=share, widening=widening)
    half = 0.5 * 10.0 ** -len(repr(p).split(".")[1])

    def power_of_z(k: int) -> float:
        return quad(lambda x: norm.isf(x / 2) ** k, p - half, p + half, epsabs=0)[0] / (2 * half)

    def inverse_power_of_v(k: float) -> float:
        a, b = share
        mean = math.log(b / a) if k == 1 else (b ** (1 - k) - a ** (1 - k)) / (1 - k)
        return mean / (b - a) / (44 * 31 / 75) ** k

    mean = power_of_z(1) * inverse_power_of_v(0.5)
    second = sum(  # E{(1 + w d^2)^2 / V + d^2} with d = z / sqrt(V)
        c * power_of_z(k) * inverse_power_of_v(1 + k / 2) for c, k in ((1.0, 0), (2 * widening, 2), (widening**2, 4))
    ) + power_of_z(2) * inverse_power_of_v(1)
    tolerance = 1e-9 if share[0] > 0.1 else 1e-4
    assert prior.means[0] == pytest.approx(mean, rel=tolerance)
    assert prior.sds[0] == pytest.approx(math.sqrt(second - mean**2), rel=tolerance)


def log_rank(ratio: float, share: float, trials: int, seed: int) -> np.ndarray:
    """z of trials of 44 against 31 exponential patients, positive where the 44 did worse."""
    rng, rates = np.random.default_rng(seed), np.repeat([ratio, 1.0], [44, 31])
    missed = lambda end: 1 - np.mean(-np.expm1(-rates * end) / (rates * end)) - share  # noqa: E731
    end = brentq(missed, 1e-3, 1e4)
    failure, censoring = rng.exponential(1 / rates, (trials, 75)), rng.uniform(0, end, (trials, 75))
    assert (failure <= censoring).mean() == pytest.approx(share, abs=0.01)
    order = np.argsort(np.minimum(failure, censoring), axis=1)
    event, group = np.take_along_axis(failure <= censoring, order, 1), order < 44
    at_risk = np.cumsum(group[:, ::-1], axis=1)[:, ::-1] / np.arange(75, 0, -1)
    return (event * (group - at_risk)).sum(1) / np.sqrt((event * at_risk * (1 - at_risk)).sum(1))


@pytest.mark.parametrize(
    ("ratio", "share", "lowest", "highest"),
    [(1.0, 0.85, 0.94, 0.96), (2.0, 0.85, 0.94, 0.98), (2.0, 0.7, 0.93, 0.96), (2.8, 0.7, 0.91, 0.96)],
)
def test_reference_intervals_cover_the_true_log_hazard_ratio(
    ratio: float, share: float, lowest: float, highest: float
) -> None:
    z = log_rank(ratio, share, 8_000, seed=int(100 * ratio + 10 * share))
    grid = np.linspace(0.005, 6.5, 60)  # the law depends smoothly on |z|
    laws = [law(p_value(2 * norm.sf(x), decimals=400)) for x in grid]
    location, error = (np.interp(np.abs(z), grid, [getattr(x, f)[0] for x in laws]) for f in ("means", "sds"))
    coverage = np.mean(np.abs(np.sign(z) * location - math.log(ratio)) <= 1.959964 * error)
    assert lowest < coverage < highest  # Monte Carlo error 0.0025


def test_reference_widening_is_that_of_cox_against_the_log_rank_variance() -> None:
    """In large trials the slope of E(z / sqrt V) and its spread give the standard error for log HR."""
    steps, n = (0.9, 1.1), 2_000
    rng, found = np.random.default_rng(11), []
    for d in steps:
        time = rng.exponential(size=(1_500, n))
        time[:, : n // 2] /= math.exp(d)
        group = np.argsort(time, axis=1) < n // 2
        at_risk = np.cumsum(group[:, ::-1], axis=1)[:, ::-1] / np.arange(n, 0, -1)
        found.append((group - at_risk).sum(1) / np.sqrt((at_risk * (1 - at_risk)).sum(1)) / math.sqrt(n / 4))
    slope = (found[1].mean() - found[0].mean()) / (steps[1] - steps[0])
    spread = math.sqrt((found[0].var() + found[1].var()) / 2 * n / 4)
    one = law(p_value(2 * norm.sf(math.sqrt(100)), n=200, other=200, decimals=400), event_share=(1, 1))
    assert one.means[0] == pytest.approx(1, rel=1e-9)
    assert one.sds[0] * 10 == pytest.approx(spread / slope, abs=0.05)


def test_reference_correction_is_the_conditional_maximum() -> None:
    for z in (1.97, 2.2, 2.75, 4.0, -3.0):
        mu = np.linspace(-6, 6, 240_001)
        log = norm.logpdf(z - mu) - np.log(norm.sf(1.959964 - mu) + norm.cdf(-1.959964 - mu))
        assert selection_corrected(z) == pytest.approx(mu[log.argmax()], abs=1e-4)
    assert selection_corrected(12.0) == pytest.approx(12.0, rel=1e-12)
    assert selection_corrected(2.2, critical=1.0) > selection_corrected(2.2)


def test_regression_the_table_of_coverages_is_current() -> None:
    spec = importlib.util.spec_from_file_location("p_value_coverage", DOCS / "scripts" / "p_value_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with (DOCS / "methods" / "p_value_coverage.csv").open(encoding="utf-8", newline="") as file:
        head, *table = csv.reader(file)
    assert tuple(head) == script.HEAD
    assert [(float(r[0]), float(r[1].rstrip(" %")) / 100) for r in table] == list(script.SETTINGS)
    for setting, row in list(zip(script.SETTINGS, table, strict=True))[::5]:
        for now, printed in zip(script.row(*setting, 4_000)[2:7], row[2:7], strict=True):
            assert float(now) == pytest.approx(float(printed), abs=2.2)


# ---- laws --------------------------------------------------------------------------------------------

P = st.integers(1, 98).map(lambda k: k / 100)
N = st.integers(8, 2_000)


@given(P, N, N, st.floats(0, 0.5))
def test_law_exchange_of_the_groups_turns_the_hazard_ratio_over(p: float, n: int, other: int, widening: float) -> None:
    one = law(p_value(p, n, other), widening=widening)
    two = law(p_value(p, other, n, favours="group"), widening=widening)
    assert two.means[0] == pytest.approx(-one.means[0], rel=1e-12)
    assert two.sds[0] == pytest.approx(one.sds[0], rel=1e-12)
    assert one.means[0] > 0


@given(P, N, N)
def test_law_four_times_the_patients_halve_both_and_more_events_narrow(p: float, n: int, other: int) -> None:
    small, large = law(p_value(p, n, other), widening=0), law(p_value(p, 4 * n, 4 * other), widening=0)
    assert (2 * large.means[0], 2 * large.sds[0]) == pytest.approx((small.means[0], small.sds[0]), rel=1e-12)
    few, many = (law(p_value(p, n, other, events=k)) for k in (n // 2, n))
    assert many.sds[0] < few.sds[0]
    assert law(p_value(p, n, other)).sds[0] >= small.sds[0]


@given(st.integers(1, 49).map(lambda k: k / 1000), N, N)
def test_law_selection_moves_towards_no_difference_and_a_smaller_p_away(p: float, n: int, other: int) -> None:
    raw, corrected = law(p_value(p, n, other)), law(p_value(p, n, other), selected=True)
    assert 0 < corrected.means[0] < raw.means[0]
    smaller = law(p_value(p / 2, n, other, decimals=4), selected=True)
    assert smaller.means[0] > corrected.means[0]


@given(st.floats(1.1, 20), st.floats(1.1, 20), st.floats(0.05, 30))
def test_law_order_and_unit_of_time_do_not_matter(m: float, m_other: float, unit: float) -> None:
    route, found = PValueWithN(), three(0.006, m, m_other)
    assert route.prior(found) == route.prior(found[::-1]) == route.prior(Findings((found[0],)))
    scaled = three(0.006, m * unit, m_other * unit)
    assert len(route.sensitivity(found)) == len(route.sensitivity(scaled)) == len(route.sensitivity(found[::-1]))
    for one, two in zip(route.sensitivity(found), route.sensitivity(scaled), strict=True):
        assert one.label == two.label
        assert isinstance(one.prior, NormalMixture)
        assert isinstance(two.prior, NormalMixture)
        assert (two.prior.means[0], two.prior.sds[0]) == pytest.approx(
            (one.prior.means[0], one.prior.sds[0]), rel=1e-6, abs=1e-9
        )
    assert route.flags(found) == route.flags(found[::-1])


def test_law_rounding_widens_and_its_ends_are_shown() -> None:
    exact, coarse = law(p_value(0.03, decimals=8)), law(p_value(0.03, decimals=2))
    assert coarse.sds[0] > exact.sds[0]
    shown = {a.label: a.prior for a in PValueWithN().sensitivity(Findings((p_value(0.03),)))}
    ends = [shown[f"p = {p}, which rounds to 0.03"] for p in (0.025, 0.035)]
    assert all(isinstance(end, NormalMixture) for end in ends)
    assert ends[0].median > coarse.median > ends[1].median  # type: ignore[union-attr]
    added = 100 * (coarse.sds[0] / exact.sds[0] - 1)
    assert f"which adds {added:.1f} % to the SE" in PValueWithN().explain(Findings((p_value(0.03),)))[0]


def test_law_p_near_one_says_that_there_is_no_difference() -> None:
    prior = law(p_value(0.99))
    assert 0 < prior.means[0] < 0.01
    assert prior.sds[0] > 0.25
    assert law(p_value(0.99, decimals=1)).means[0] < 0.05  # rounded, p may print as 1
    shown = PValueWithN().sensitivity(Findings((p_value(0.99, decimals=1),)))
    assert not any("rounds" in a.label and "1.0" in a.label for a in shown)
    assert not any("significant" in a.label for a in shown)


def test_law_known_events_leave_nothing_to_assume() -> None:
    found = Findings((p_value(events=40),))
    assert not any("events in" in a.label for a in PValueWithN().sensitivity(found))
    assert "D = 40 events" in " ".join(PValueWithN().explain(found))
    assert law(p_value(events=40)) == law(p_value(events=40), event_share=(0.1, 0.2))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (three(0.006, 4.7, 5.0), "median ratio and p disagree"),  # too many events would be needed
        (three(0.3, 2.0, 14.0), "median ratio and p disagree"),  # too few
        (three(0.006, 5.0, 5.0), "median ratio and p disagree"),
        (three(0.006, 9.5, 4.7), "the medians contradict that the comparator did better"),
    ],
)
def test_law_medians_that_do_not_agree_are_flagged(found: Findings, said: str) -> None:
    assert any(said in flag for flag in PValueWithN().flags(found))
    assert PValueWithN().explain(found)
    assert PValueWithN().sensitivity(found)


def test_law_medians_that_cannot_be_used_are_left_out() -> None:
    held = p_value()
    for other in (
        (median(4.7, 44, "primary"),),
        (median(4.7, 44, "primary"), median(9.5, 31, "acquired", unit="weeks")),
        (median(4.7, 44, "primary"), median(9.5, 31, "acquired", supports=None, route=None, refused="No.")),
        (median(4.7, 44, "primary"), median(9.5, 31, "acquired", endpoint="OS")),
    ):
        assert not any("rejected" in a.label for a in PValueWithN().sensitivity(Findings((held, *other))))


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((), "exactly one p value"),
        ((p_value(), p_value(id="q")), "exactly one p value"),
        ((median(4.7, 44, "primary"),), "exactly one p value"),
        ((p_value(supports=None, route=None, refused="Too few."),), "p is refused: Too few"),
        ((p_value(n=None),), "p has no n,"),
        ((p_value(other=None),), "p has no n_comparator,"),
        ((p_value(favours=None),), "p has no favours,"),
        ((p_value(endpoint="ORR"),), "no `event_share` is known for its endpoint ORR"),
        ((p_value(endpoint=None),), "no `event_share` is known for its endpoint None"),
        ((p_value(events=0),), "must have events"),
        ((p_value(p=0.001, p_bound=True),), r"a bound: p below 0\.001 says that \|z\| is at least 3\.29"),
        ((p_value(p=0.001, p_bound=True, n=None),), r"at least 3\.29, not how large it is"),
        ((p_value(p=0.004, decimals=2),), r"a bound: p below 0\.009"),
    ],
)
def test_law_a_p_value_that_lacks_something_is_refused(found: tuple[Finding, ...], why: str) -> None:
    route = PValueWithN()
    assert not route.supports(Findings(found))
    for ask in (route.prior, route.sensitivity, route.explain, route.flags):
        with pytest.raises(RefusedFinding, match=rf"^`findings` must suit the route 'p value with n'; got .*{why}"):
            ask(Findings(found))


def test_law_no_correction_where_p_is_not_small() -> None:
    with pytest.raises(RefusedFinding, match=r"was not reported for a p below 0\.05: its p is 0\.2"):
        law(p_value(0.2), selected=True)
    shown = PValueWithN().sensitivity(Findings((p_value(0.2),)))
    assert not any("significant" in a.label for a in shown)


@pytest.mark.parametrize("bad", [(0.7,), (0.8, 0.7), (0, 0.5), (0.5, 1.1), 0.7, "0.7", (None, 1)], ids=repr)
def test_law_bad_shares_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`event_share"):
        PValueWithN(event_share=bad)  # type: ignore[arg-type]


def test_law_bad_assumptions_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^`widening` must be 0 or a positive number"):
        PValueWithN(widening=-0.1)
    with pytest.raises(InvalidInput, match=r"^`selected` must be True or False"):
        PValueWithN(selected=1)  # type: ignore[arg-type]


def test_law_round_trips() -> None:
    route = PValueWithN(event_share=(0.5, 0.9), widening=0.2, selected=True)
    assert PValueWithN.from_dict(route.to_dict()) == route
    assert pickle.loads(pickle.dumps(route)) == route
    assert eval(repr(route), {"PValueWithN": PValueWithN}) == route
    for item in PValueWithN().sensitivity(MCC):
        assert Alternative.from_dict(item.to_dict()) == item
