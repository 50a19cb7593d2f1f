"""The route from a hazard ratio with its interval, and allowances for bias."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from icibaseline import evidence
from icibaseline.distributions import BetaMixture, BivariateNormal, Distribution, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding, UnknownArgument
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import selection_corrected
from icibaseline.priors.bias import Bias
from icibaseline.priors.hazard_ratio import HazardRatioWithInterval

ROUTE = HazardRatioWithInterval()
MCC = Findings(evidence.lookup("mcc_ahr_icirt"))


def ratio(value: float = 0.35, lower: float | None = 0.14, upper: float | None = 0.91, **changes: Any) -> Findings:
    fields = {"id": "h", "document": "mine", "printed": "x", "statistic": "hazard ratio", "unit": "ratio"}
    fields |= {"value": value, "lower": lower, "upper": upper, "interval_label": "CI", "level": 0.95}
    return Findings((Finding(**{**fields, "supports": "mine", "route": ROUTE.name, **changes}),))


def normal(found: Findings) -> tuple[float, float]:
    prior = ROUTE.prior(found)
    assert isinstance(prior, NormalMixture)
    assert (prior.weights, prior.scale) == ((1.0,), "log")
    return prior.means[0], prior.sds[0]


def rows(found: Findings) -> dict[str, NormalMixture]:
    made = {a.label.split(",")[0]: a.prior for a in ROUTE.sensitivity(found)}
    assert all(isinstance(prior, NormalMixture) for prior in made.values())
    return made  # type: ignore[return-value]


# ---- printed tables ----------------------------------------------------------------------------------


def test_published_adjusted_hazard_ratio() -> None:
    assert normal(MCC) == pytest.approx((-1.050, 0.4775), abs=5.1e-4)
    assert ROUTE.explain(MCC) == (
        "log HR = ln(0.35) = -1.050, middle of the interval exp(-1.030) = 0.357",
        "SE of log HR = ln(0.91/0.14)/(2 x 1.960) = 0.478, by rounding 0.467 to 0.488",
        "z = -2.20, two-sided p = 0.028",
    )
    found = rows(MCC)
    assert [found[f"{end} SE that the rounding allows"].link_sd for end in ("smallest", "largest")] == pytest.approx(
        [0.467, 0.488], abs=5.1e-4
    )
    corrected = found["corrected for selection"]
    assert corrected.means[0] / corrected.sds[0] == pytest.approx(-0.64, abs=5.1e-3)
    assert any("z -2.20 becomes -0.64" in a.label for a in ROUTE.sensitivity(MCC))
    assert corrected.sds == ROUTE.prior(MCC).sds  # type: ignore[attr-defined]
    assert "71% of the log hazard ratio is selection" in ROUTE.flags(MCC)[0]
    assert found["with a bias N(0"].link_sd == pytest.approx(math.hypot(normal(MCC)[1], 0.4))


@pytest.mark.parametrize(("z", "expected"), [(2.748, 1.93), (2.97, 2.46), (2.21, 0.65), (2.20, 0.64)])
def test_published_corrections_for_selection_maximise_the_conditional_likelihood(z: float, expected: float) -> None:
    def surprise(mu: float) -> float:
        return float(-norm.logpdf(z, mu) + np.log(norm.sf(1.959964, mu) + norm.cdf(-1.959964, mu)))

    best = minimize_scalar(surprise, bounds=(-1, 5), method="bounded", options={"xatol": 1e-10}).x
    assert selection_corrected(z) == pytest.approx(best, abs=1e-6)
    assert best == pytest.approx(expected, abs=5.1e-3)


def test_published_cohorts_that_were_not_randomised_need_a_bias() -> None:
    assert "not said to be randomised" in str(ROUTE.needs_bias(MCC))
    assert "not said to be randomised" in str(ROUTE.needs_bias(ratio()))  # nothing is said, so it is not
    assert ROUTE.needs_bias(Findings((ratio()[0].with_(randomised=True),))) is None


# ---- laws --------------------------------------------------------------------------------------------

_HR = st.floats(-1.5, 1.5)
_SE = st.floats(0.08, 0.8)


def printed(log_hr: float, se: float, digits: int, level: float = 0.95) -> tuple[float, float, float]:
    z = norm.ppf((1 + level) / 2)
    value, lower, upper = (round(math.exp(x), digits) for x in (log_hr, log_hr - z * se, log_hr + z * se))
    assume(0 < lower < upper)
    return value, lower, upper


@given(_HR, _SE, st.sampled_from([0.8, 0.9, 0.95, 0.99]), st.integers(2, 5))
def test_law_what_was_printed_is_recovered_within_its_rounding(
    log_hr: float, se: float, level: float, digits: int
) -> None:
    found = ratio(*printed(log_hr, se, digits, level), level=level, decimals=digits)
    mean, sd = normal(found)
    half = 0.5 * 10.0**-digits
    assert abs(math.exp(mean) - math.exp(log_hr)) <= half * (1 + 1e-9)
    ends = [0.0, *(a.prior.link_sd for a in ROUTE.sensitivity(found) if "rounding" in a.label)]  # type: ignore[union-attr]
    assert ends[-2] <= sd <= ends[-1]
    assert ends[-2] <= se * (1 + 1e-9) <= ends[-1] * (1 + 2e-9)


@given(_HR, _SE, st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_law_the_same_limits_at_another_level_have_another_standard_error(
    log_hr: float, se: float, level: float, other: float
) -> None:
    limits = printed(log_hr, se, 8)
    one, two = (normal(ratio(*limits, level=x, decimals=8))[1] for x in (level, other))
    assert one * norm.ppf((1 + level) / 2) == pytest.approx(two * norm.ppf((1 + other) / 2), rel=1e-9)


@given(_HR, _SE)
def test_law_exchanging_the_groups_changes_the_sign_and_four_times_the_events_halve_the_error(
    log_hr: float, se: float
) -> None:
    there, back, larger = (
        ratio(*printed(x, s, 8), decimals=8) for x, s in ((log_hr, se), (-log_hr, se), (log_hr, se / 2))
    )
    assert normal(back) == pytest.approx((-normal(there)[0], normal(there)[1]), abs=3e-6)
    assert normal(larger)[1] == pytest.approx(normal(there)[1] / 2, abs=3e-6)
    significant = abs(normal(there)[0] / normal(there)[1]) > 1.959964
    assert any("selection" in a.label for a in ROUTE.sensitivity(there)) == significant == bool(ROUTE.flags(there))


def test_law_an_interval_whose_width_is_rounding_has_no_smallest_error() -> None:
    found = ratio(0.9, 0.9, 1.0)
    assert "by rounding 0 to 0.0" in ROUTE.explain(found)[1]
    assert "smallest SE that the rounding allows" not in rows(found)


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Findings(()), "exactly one hazard ratio"),
        (Findings((*ratio(), ratio()[0].with_(id="b"))), "exactly one hazard ratio"),
        (ratio(0.40), "interval and point do not belong together, the middle of 0.14 to 0.91 is 0.357 on the log"),
        (ratio(0.33), "do not belong together"),
        (ratio(lower=None), "no confidence interval with both limits, which is needed"),
        (ratio(upper=None), "no confidence interval with both limits"),
        (ratio(lower=None, upper=None, interval_label=None, level=None), "no confidence interval with both"),
        (ratio(interval_label="unstated", level=None), "no confidence interval"),
        (ratio(interval_label="credible interval"), "no confidence interval"),
        (ratio(unit="percent"), "not a ratio"),
        (ratio(interval_unit="percent"), "not a ratio"),
        (ratio(0.1, 0.0, 0.9), "0 but for rounding; more digits are needed"),
        (ratio(-0.4), "0 but for rounding"),
        (ratio(decimals=0), "0 but for rounding"),
        (ratio(supports=None, route=None, refused="Too few."), "h is refused: Too few"),
    ],
)
def test_law_a_hazard_ratio_without_a_readable_interval_is_refused(found: Findings, why: str) -> None:
    assert not ROUTE.supports(found)
    for ask in (ROUTE.prior, ROUTE.sensitivity, ROUTE.explain, ROUTE.flags):
        with pytest.raises(
            RefusedFinding, match=rf"^`findings` must suit the route 'hazard ratio with interval'; got .*{why}"
        ):
            ask(found)


def test_law_rounding_decides_what_belongs_together() -> None:
    assert all(ROUTE.supports(ratio(value)) for value in (0.35, 0.36))
    assert not ROUTE.supports(ratio(0.35, decimals=3))


# ---- bias --------------------------------------------------------------------------------------------


@given(_HR, _SE, st.floats(0, 2), st.floats(-1, 1), st.floats(-0.95, 0.95))
def test_law_a_bias_is_an_independent_normal_error_on_the_log_scale(
    mean: float, sd: float, spread: float, shift: float, correlation: float
) -> None:
    bias = Bias(spread, shift, reason="x")
    mixed = bias.apply(NormalMixture((0.3, 0.7), (mean, mean + 1), (sd, 2 * sd), scale="log"))
    assert isinstance(mixed, NormalMixture)
    assert mixed.weights == (0.3, 0.7)
    assert mixed.means == pytest.approx((mean + shift, mean + 1 + shift))
    assert np.square(mixed.sds) == pytest.approx([sd**2 + spread**2, 4 * sd**2 + spread**2])
    before = BivariateNormal((mean, 1.0), (sd, 0.1), correlation, scales=("log", "identity"))
    after = bias.apply(before)
    assert isinstance(after, BivariateNormal)
    assert after.covariance - before.covariance == pytest.approx(np.diag([spread**2, 0.0]), abs=1e-12)
    assert np.array(after.means) - before.means == pytest.approx([shift, 0.0])
    assert after.scales == before.scales


def test_law_two_biases_add_and_none_changes_nothing() -> None:
    prior = NormalMixture.lognormal(0.35, 0.478)
    both = Bias(0.4, 0.2, reason="x").apply(Bias(0.3, -0.1, reason="y").apply(prior))
    once = Bias(0.5, 0.1, reason="z").apply(prior)
    assert isinstance(both, NormalMixture)
    assert isinstance(once, NormalMixture)
    assert (*both.means, *both.sds) == pytest.approx((*once.means, *once.sds), rel=1e-12)
    assert Bias(0, reason="known to be none").apply(prior) == prior


@pytest.mark.parametrize(("allowed", "exponent"), [(0.0625, 0.92), (0.125, 0.75), (0.25, 0.43), (0.5, 0.16)])
def test_published_bias_is_a_power_prior(allowed: float, exponent: float) -> None:
    prior = NormalMixture.lognormal(4.7, 0.2175)
    wider = Bias(allowed, reason="x").apply(prior)
    assert isinstance(wider, NormalMixture)
    assert (prior.sds[0] / wider.sds[0]) ** 2 == pytest.approx(exponent, abs=5.1e-3)


@pytest.mark.parametrize(
    "prior",
    [
        NormalMixture.normal(0.5, 0.1),
        NormalMixture((1.0,), (0.0,), (1.0,), scale="logit"),
        BetaMixture.from_counts(7, 38),
        BivariateNormal((1.0, 1.0), (0.1, 0.1), 0.5, scales=("identity", "log")),
    ],
    ids=str,
)
def test_law_a_prior_without_a_log_scale_takes_no_bias(prior: Distribution) -> None:
    with pytest.raises(InvalidInput, match=r"^`prior` must be a NormalMixture or the first coordinate of a Bivariate"):
        Bias(0.2, reason="x").apply(prior)


@pytest.mark.parametrize(
    ("given_", "error"),
    [
        ({"sd": -0.1, "reason": "x"}, "`sd` must be 0 or a positive number"),
        ({"sd": math.nan, "reason": "x"}, "`sd` must be"),
        ({"sd": 0.2, "mean": math.inf, "reason": "x"}, "`mean` must be a finite number"),
        ({"sd": 0.2, "reason": " "}, "`reason` must be a non-empty string"),
        ({"sd": 0.2, "reason": None}, "`reason` must be a non-empty string"),
    ],
)
def test_law_bad_biases_are_refused(given_: dict[str, Any], error: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{error}"):
        Bias(**given_)


def test_law_a_bias_has_a_reason() -> None:
    with pytest.raises(UnknownArgument, match=r"^`reason` must be given to Bias"):
        Bias(0.2)  # type: ignore[call-arg]


def test_law_round_trips() -> None:
    for item in (ROUTE, Bias(0.2, 0.1, reason="it's so")):
        assert type(item).from_dict(item.to_dict()) == item
        assert pickle.loads(pickle.dumps(item)) == item
        assert eval(repr(item), {"HazardRatioWithInterval": HazardRatioWithInterval, "Bias": Bias}) == item
    assert str(Bias(0.2, reason="chosen")) == "bias N(0, 0.2^2) on the log scale: chosen"
