"""The route from a median with its interval, against printed tables, simulated cohorts and lifelines."""

from __future__ import annotations

import math
import pickle
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.median_interval import MedianWithInterval
from icibaseline.priors.median_n import MedianWithN
from icibaseline.survival import Exponential

Z = 1.959964
HCC = ((2.83, 2.56, 3.09, 229), (11.93, 10.45, 13.40, 141), (12.83, 10.36, 15.30, 229), (31.53, 28.09, 34.97, 141))


def median(value: float, lower: float | None, upper: float | None, n: int | None = 229, **changes: Any) -> Findings:
    fields = {"id": "m", "document": "mine", "printed": "x", "statistic": "median", "unit": "months", "n": n}
    fields |= {"supports": "mine", "route": "median with interval", "interval_label": "CI", "level": 0.95}
    fields |= {"value": value, "lower": lower, "upper": upper, **changes}
    if fields["interval_label"] not in ("CI", "credible interval"):
        fields["level"] = None
    return Findings((Finding(**fields),))


def se(found: Findings, route: MedianWithInterval | None = None) -> float:
    prior = (route or MedianWithInterval()).prior(found)
    assert isinstance(prior, NormalMixture)
    assert (prior.scale, prior.means) == ("log", (pytest.approx(math.log(found[0].value or 0), abs=1e-14),))
    return prior.sds[0]


def text(found: Findings) -> str:
    route = MedianWithInterval()
    return "\n".join((*route.explain(found), *route.flags(found)))


NSCLC = median(5.2, 3.6, 6.8, 40)


# ---- printed tables ----------------------------------------------------------------------------------


def test_published_nsclc_interval() -> None:
    natural = (6.8 - 3.6) / (2 * Z)
    assert natural == pytest.approx(0.8163, abs=5e-5)
    assert se(NSCLC, MedianWithInterval(floor=0)) == pytest.approx(natural / 5.2, rel=1e-6)
    assert se(NSCLC, MedianWithInterval(floor=0)) == pytest.approx(0.157, abs=5e-4)
    assert se(NSCLC) == 1.25 / math.sqrt(40)
    assert text(NSCLC).splitlines() == [
        "Wald interval: symmetric about the median",
        "SE of log median = (6.8 - 3.6)/(2 x 1.960 x 5.2) = 0.157",
        "raised to the floor 1.25/sqrt(40) = 0.198",
        "implied Weibull shape = 1/(ln 2 x sqrt(40) x 0.157) = 1.45",
    ]


@pytest.mark.parametrize(
    ("printed", "expected", "shape"),
    list(zip(HCC, (0.0478, 0.0631, 0.0982, 0.0557), ("2.00", "1.93", "0.97", "2.18"), strict=True)),
)
def test_published_hcc_intervals(printed: tuple[float, float, float, int], expected: float, shape: str) -> None:
    found = median(*printed, interval_label="unstated")
    assert se(found) == pytest.approx(expected, abs=5.1e-5)
    assert f"= {shape}\n" in text(found)
    assert "no name in print and is read as a 95% confidence interval" in text(found)
    assert ("narrower than that of a median" in text(found)) == (float(shape) > 1.6)


# ---- simulated cohorts -------------------------------------------------------------------------------


@cache
def script() -> ModuleType:
    """The simulation behind the published table of coverage; it does not use the library."""
    path = Path(__file__).parents[2] / "docs" / "scripts" / "route_coverage.py"
    spec = spec_from_file_location("route_coverage", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_simulated_limits_are_those_of_lifelines() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    rng = np.random.default_rng(4)
    times = np.sort(rng.exponential(size=(20, 31)), axis=1)
    event = rng.random((20, 31)) < 0.8
    made = script().printed(times, event)
    for row in range(20):
        fit = KaplanMeierFitter().fit(times[row], event[row])
        lower, upper = median_survival_times(fit.confidence_interval_).to_numpy()[0]
        assert made.median[row] == pytest.approx(fit.median_survival_time_, rel=1e-12)
        assert made.lower[2, row] == pytest.approx(lower, rel=1e-12)
        assert np.nan_to_num(made.upper[2, row], nan=np.inf) == pytest.approx(upper, rel=1e-12)


def test_reference_wald_limits_of_eighteen_patients_worked_by_hand() -> None:
    """Weeks to discontinuation of a device, used in textbooks: S(75) = .5594, S(97) = .3729, SE of S(93) = .1452."""
    times = [10, 13, 18, 19, 23, 30, 36, 38, 54, 56, 59, 75, 93, 97, 104, 107, 107.1, 107.2]
    happened = [10, 19, 30, 36, 59, 75, 93, 97, 107]
    made = script().printed(np.array([times]), np.isin(times, happened)[None])
    assert made.median[0] == 93
    assert made.wald[0] == pytest.approx(0.1452 / ((0.5594 - 0.3729) / (97 - 75)), rel=1e-3)


def reports(n: int, censored: float, scale: str) -> list[tuple[float, float, float | None, int]]:
    """Medians of 10 months with their limits as printed: one digit after the point, open ones left out."""
    made = script().block(n, script().latest(censored), np.random.default_rng([n, 3]))
    if scale == "Wald":
        lower, upper = made.median - Z * made.wald, made.median + Z * made.wald
    else:
        place = script().SCALES.index(scale)
        lower, upper = made.lower[place], made.upper[place]
    rows = np.round(10 * np.stack([made.median, lower, upper], axis=1), 1)[np.isfinite(made.median)]
    return [(m, a, None if np.isnan(b) else b, n) for m, a, b in rows.tolist() if not np.isnan(a) and a != b]


def coverage(found: list[Findings], route: MedianWithInterval) -> tuple[float, float]:
    """How often 95 % intervals of the route hold 10 months, and its Monte Carlo error."""
    rate = float(np.mean([abs(math.log((f[0].value or 0) / 10)) <= Z * se(f, route) for f in found]))
    return rate, math.sqrt(rate * (1 - rate) / len(found))


@pytest.mark.parametrize(("n", "bare", "floored"), [(18, (0.80, 0.85), (0.92, 0.95)), (44, (0.85, 0.90), (0.92, 0.96))])
def test_reference_wald_intervals_cover_with_the_floor(
    n: int, bare: tuple[float, float], floored: tuple[float, float]
) -> None:
    found = [median(*report, decimals=1) for report in reports(n, 0.15, "Wald")]
    read = [MedianWithInterval().explain(f)[0].startswith("Wald") for f in found[:200]]
    assert all(read)
    for route, (low, high) in ((MedianWithInterval(floor=0), bare), (MedianWithInterval(), floored)):
        rate, error = coverage(found, route)
        assert low - 2 * error < rate < high + 2 * error


@pytest.mark.parametrize("n", [44, 141])
def test_reference_brookmeyer_crowley_intervals_cover_also_where_rounding_makes_them_symmetric(n: int) -> None:
    found = [median(*report, decimals=1) for report in reports(n, 0.15, "log(-log)")]
    rate, error = coverage(found, MedianWithInterval())
    assert 0.93 - 2 * error < rate < 0.96 + 2 * error
    widths = [math.log((f[0].upper or 0) / (f[0].lower or 1)) / (2 * Z) for f in found]
    logs = [abs(math.log((f[0].value or 0) / 10)) for f in found]
    assert rate == pytest.approx(np.mean([x <= Z * width for x, width in zip(logs, widths, strict=True)]), abs=0.008)
    same = [abs(se(f) / width - 1) < 1e-6 for f, width in zip(found, widths, strict=True)]
    assert 0.8 < np.mean(same) < 0.95  # the others happen to be symmetric


def test_reference_open_intervals_cover_and_their_medians_are_too_high() -> None:
    printed = [report for report in reports(18, 0.4, "log(-log)") if report[2] is None]
    found = [median(*report, decimals=1) for report in printed]
    assert len(found) > 500
    rate, error = coverage(found, MedianWithInterval())
    assert 0.96 - 2 * error < rate < 0.99 + 2 * error
    assert 0.1 < np.mean([math.log(m / 10) for m, *_ in printed]) < 0.2
    assert "upper limit is not reached tend to be too high, on average by up to about 0.2" in text(found[0])


# ---- laws --------------------------------------------------------------------------------------------

_CENTS = st.integers(100, 3_000)
_N = st.integers(2, 2_000)


@given(_CENTS, st.floats(0.05, 0.9), st.floats(0.1, 2), _N, st.integers(1, 20))
def test_law_the_unit_of_time_does_not_matter(cents: int, below: float, above: float, n: int, c: int) -> None:
    limits = cents - round(below * cents), cents + max(1, round(above * cents))
    small, large = (
        median(unit * cents / 100, unit * limits[0] / 100, unit * limits[1] / 100, n, decimals=2) for unit in (1, c)
    )
    readings = [MedianWithInterval().explain(f)[0].split(" ")[0] for f in (small, large)]
    if readings[0] == readings[1]:  # a coarser rounding can hide that an interval is not symmetric
        assert se(large) == pytest.approx(se(small), rel=1e-12)
    else:
        assert readings == ["Wald", "Brookmeyer-Crowley"]


@given(_CENTS, st.floats(0.05, 0.9), _N, st.floats(0.5, 0.999))
def test_law_the_width_is_measured_in_normal_quantiles_of_the_level(
    cents: int, below: float, n: int, level: float
) -> None:
    from scipy.stats import norm

    m, half = cents / 100, max(1, round(below * cents)) / 100
    bare = MedianWithInterval(floor=0)
    z = norm.ppf((1 + level) / 2)
    wald = median(m, m - half, m + half, n, level=level, decimals=2)
    assert z * se(wald, bare) == pytest.approx(half / m, rel=1e-9)
    skew = median(m, m - half, m + 2 * half + 0.05, n, level=level, decimals=2)
    assert 2 * z * se(skew, bare) == pytest.approx(math.log((m + 2 * half + 0.05) / (m - half)), rel=1e-9)
    unstated = median(m, m - half, m + half, n, interval_label="unstated", decimals=2)
    assert se(unstated, bare.with_(unstated_level=level)) == pytest.approx(se(wald, bare), rel=1e-12)


@given(_CENTS, st.integers(2, 12), st.floats(0.1, 3), st.floats(0.1, 3))
def test_law_least_standard_errors_halve_with_four_times_the_patients(
    cents: int, n: int, floor: float, allowance: float
) -> None:
    m, route = cents / 100, MedianWithInterval(floor=floor, allowance=allowance)
    for limits in ((m - 0.01, m + 0.01), (m, None)):
        few, many = (se(median(m, *limits, size, decimals=2), route) for size in (n, 4 * n))
        assert 2 * many == pytest.approx(few, rel=1e-12) or many > floor / math.sqrt(4 * n)
        assert few >= (allowance if limits[1] is None else floor) / math.sqrt(n)
    shapes = [
        float(text(median(m, m * 0.7, m * 1.5, size, decimals=6)).split(") = ")[-1].split("\n")[0])
        for size in (100, 400)
    ]
    assert shapes[1] == pytest.approx(shapes[0] / 2, abs=0.011)


def test_law_the_floor_ends_at_fifty_patients_and_is_of_wald_intervals() -> None:
    assert se(median(10, 9.9, 10.1, 49)) == 1.25 / 7
    assert se(median(10, 9.9, 10.1, 50)) == pytest.approx(0.1 / 10 / Z, rel=1e-6)
    assert se(median(10, 3, None, 40)) == pytest.approx(math.log(10 / 3) / Z, rel=1e-6)  # above its least
    assert se(median(10, 9, 13, 40, decimals=1)) == pytest.approx(math.log(13 / 9) / (2 * Z), rel=1e-6)


def test_law_the_centre_is_the_printed_median_and_the_curve_is_through_it() -> None:
    found = median(10, 9, 13)
    prior = MedianWithInterval().prior(found)
    assert prior.median == pytest.approx(10, rel=1e-14)
    assert MedianWithInterval().curve(prior) == Exponential(median=prior)
    for _, curve in MedianWithInterval().families(found):
        assert curve.survival(10) == pytest.approx(0.5, rel=1e-12)


def test_law_other_readings_are_shown() -> None:
    rows = {a.label: a.prior for a in MedianWithInterval().sensitivity(NSCLC)}
    log, bare, alone = rows.values()
    assert list(rows) == [
        "read as Brookmeyer-Crowley interval, by its log width",
        "without the floor 1.25/sqrt(40)",
        "n only, 1.6/sqrt(n)",
    ]
    assert isinstance(log, NormalMixture)
    assert (log.median, log.link_sd) == pytest.approx((5.2, math.log(6.8 / 3.6) / (2 * Z)), rel=1e-6)
    assert bare == MedianWithInterval(floor=0).prior(NSCLC)
    assert alone == MedianWithN().prior(NSCLC)
    skew = MedianWithInterval().sensitivity(median(5.2, 3.6, 9.8, 40))
    assert [a.label for a in skew] == ["read as Wald interval", "n only, 1.6/sqrt(n)"]
    assert isinstance(skew[0].prior, NormalMixture)
    assert skew[0].prior.link_sd == pytest.approx((9.8 - 3.6) / (2 * Z * 5.2), rel=1e-6)
    opened = MedianWithInterval().sensitivity(median(5.2, 3.6, None, 40))
    assert [a.label for a in opened] == ["without the least 1.6/sqrt(40)", "n only, 1.6/sqrt(n)"]
    assert not any("events" in a.label for a in (*skew, *opened))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (median(5.2, 5.1, 5.3), "symmetric about the median, to rounding on the log scale too"),
        (median(5.2, -0.4, 10.8), "the lower limit is not a positive time"),
        (median(5.2, -0.4, 10.8), "(10.8 + 0.4)/"),
        (median(5.2, 1, 20), "wider than that of a median of 229 patients: implied Weibull shape 0.12"),
        (median(5.2, 3.6, 9.8, 40), "implied Weibull shape = 1/(ln 2 x sqrt(40) x 0.255) = 0.89"),
        (median(5.2, 3.6, None, 40), "upper limit not reached"),
        (median(5.2, 5.2, None, 40), "raised to the least 1.6/sqrt(40)"),
    ],
)
def test_law_what_is_unusual_is_said(found: Findings, said: str) -> None:
    assert said in text(found)
    assert all(a.prior is not None for a in MedianWithInterval().sensitivity(found))


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Findings(()), "exactly one median"),
        (Findings((*NSCLC, NSCLC[0].with_(id="b"))), "exactly one median"),
        (median(5.2, 3.6, 6.8, None), "m has no n, which the least standard error"),
        (median(5.2, 3.6, 6.8, unit="weeks"), "not a positive number of months"),
        (median(5.2, 3.6, 6.8, interval_unit="weeks"), "a CI in weeks; a confidence interval in months is needed"),
        (median(5.2, 3.6, 6.8, interval_label="range"), "m has a range in months"),
        (median(5.2, 3.6, 6.8, interval_label="IQR"), "m has a IQR"),
        (median(5.2, 3.6, 6.8, interval_label="credible interval"), "m has a credible interval"),
        (median(5.2, None, None, interval_label=None), "m has no interval"),
        (median(5.2, None, 6.8), "no lower limit"),
        (median(5.2, 5.3, 6.8), "lies outside its interval"),
        (median(5.2, 3.6, 5.1), "lies outside its interval"),
        (median(5.2, 5.3, None), "lies outside its interval"),
        (median(5.2, 0, 20), "not positive and no Wald interval"),
        (median(5.2, 0, None), "not positive and no Wald interval"),
        (median(5.2, 3.6, 6.8, supports=None, route=None, refused="Too few."), "m is refused: Too few"),
        (median(5.2, 3.6, 6.8, None, supports=None, route=None, refused="Too few."), "m is refused: Too few"),
    ],
)
def test_law_a_median_without_a_readable_interval_is_refused(found: Findings, why: str) -> None:
    route = MedianWithInterval()
    assert not route.supports(found)
    for ask in (route.prior, route.sensitivity, route.explain, route.flags, route.families):
        with pytest.raises(
            RefusedFinding, match=rf"^`findings` must suit the route 'median with interval'; got .*{why}"
        ):
            ask(found)


@pytest.mark.parametrize("bad", [-1, math.nan, "1.6", None, True], ids=repr)
def test_law_bad_assumptions_are_refused(bad: object) -> None:
    for name in ("floor", "allowance", "unstated_level"):
        with pytest.raises(InvalidInput, match=rf"^`{name}` must be .*; got"):
            MedianWithInterval(**{name: bad})  # type: ignore[arg-type]


def test_law_round_trips() -> None:
    route = MedianWithInterval(floor=0, allowance=1.8, unstated_level=0.9)
    assert MedianWithInterval.from_dict(route.to_dict()) == route
    assert pickle.loads(pickle.dumps(route)) == route
    assert eval(repr(route), {"MedianWithInterval": MedianWithInterval}) == route
