"""Pooled cohorts: the published examples, nested quadrature, and what may not be pooled."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from icibaseline.baseline import Pool, baseline, pool
from icibaseline.distributions import HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput
from icibaseline.survival import Exponential

WHY = "to show how much the next study may differ"
KM = 1 / math.log(2)  # standard error of the log median of an exponential curve, times sqrt(n)
MCC = baseline("mcc_pfs_primary").with_(prior=NormalMixture.lognormal(4.7, KM / math.sqrt(44)))
LUNG = baseline("nsclc_pfs_primary").with_(prior=NormalMixture.lognormal(2.1, KM / math.sqrt(18)))
SKIN = baseline("mel_pfs_chemo")


def test_published_three_tumours() -> None:
    three = pool(MCC, LUNG, SKIN, heterogeneity=HalfNormal(0.5), mismatch=WHY)
    low, high = three.prior.interval()
    assert (low, three.prior.median, high) == pytest.approx((0.97, 2.95, 9.23), abs=5.1e-3)
    assert three.tau == pytest.approx(0.37, abs=0.06)


def nested(x: float, y: np.ndarray, s: np.ndarray, scale: float) -> float:
    """P(theta* < x) with mu integrated by the trapezoidal rule inside an adaptive integral over tau."""

    def weight(tau: float) -> tuple[float, float]:
        reach = 9 * float(np.hypot(s, tau).max())
        mu, step = np.linspace(y.min() - reach, y.max() + reach, 12_001, retstep=True)
        like = step * norm.pdf(y[:, None], mu, np.hypot(s, tau)[:, None]).prod(axis=0)
        return float(like.sum()), float(like @ norm.cdf((x - mu) / tau))

    density = halfnorm(scale=scale).pdf
    total = quad(lambda t: density(t) * weight(t)[0], 1e-6, 7 * scale, limit=100)[0]
    return quad(lambda t: density(t) * weight(t)[1], 1e-6, 7 * scale, limit=100)[0] / total


def test_reference_against_nested_quadrature() -> None:
    both = pool(MCC, LUNG, heterogeneity=HalfNormal(0.5), mismatch=WHY)
    y = np.log([4.7, 2.1])
    s = KM / np.sqrt([44, 18])
    for p in (0.025, 0.5, 0.9):
        assert nested(math.log(both.prior.quantile(p)), y, s, 0.5) == pytest.approx(p, abs=1e-6)


def test_law_two_studies_of_one_median_say_more_than_one_and_without_heterogeneity_are_the_weighted_mean() -> None:
    same = LUNG.with_(prior=MCC.prior)
    both = pool(MCC, same, heterogeneity=HalfNormal(1e-6), mismatch=WHY)
    assert both.prior.link_sd == pytest.approx(MCC.prior.link_sd / math.sqrt(2), rel=1e-6)  # type: ignore[attr-defined]
    assert both.prior.median == pytest.approx(4.7, rel=1e-9)
    wide = pool(MCC, same, heterogeneity=HalfNormal(0.5), mismatch=WHY)
    assert wide.prior.link_sd > both.prior.link_sd
    assert wide.mean.link_sd < wide.prior.link_sd


@given(st.floats(0.1, 10), st.floats(0.05, 1.0))
def test_law_order_and_unit_of_time_do_not_matter(unit: float, scale: float) -> None:
    width = HalfNormal(scale)
    both = pool(MCC, LUNG, heterogeneity=width, mismatch=WHY)
    other = pool(LUNG, MCC, heterogeneity=width, mismatch=WHY)
    assert other.prior.quantile(0.2) == pytest.approx(both.prior.quantile(0.2), rel=1e-9)
    scaled = [b.with_(prior=NormalMixture((1.0,), (b.prior.means[0] + math.log(unit),), b.prior.sds, scale="log"))
              for b in (MCC, LUNG)]  # fmt: skip
    moved = pool(*scaled, heterogeneity=width, mismatch=WHY)
    assert moved.prior.quantile(0.2) == pytest.approx(unit * both.prior.quantile(0.2), rel=1e-9)


def test_law_it_is_a_control_with_sources_and_round_trips() -> None:
    both = pool(baseline("mcc_pfs_primary"), baseline("nsclc_pfs_primary"), mismatch=WHY)
    assert both.heterogeneity == HalfNormal(0.5)
    assert both.curve == Exponential(median=both.prior)
    assert both.with_(at_median=True).curve == both.typical
    assert [b.id for b in both.baselines] == ["mcc_pfs_primary", "nsclc_pfs_primary"]
    assert f"reason given: {WHY}" in both.flags
    assert any(flag.startswith("pooled though they differ in tumour, population, treatment") for flag in both.flags)
    assert Pool.from_dict(json.loads(json.dumps(both.to_dict()))) == both
    assert pickle.loads(pickle.dumps(both)) == both
    assert str(both).startswith("pool\n  member")
    assert "next study" in str(both)


@pytest.mark.parametrize(
    ("members", "options", "sentence"),
    [
        (("mcc_pfs_primary", "mcc_dss_primary"), {"mismatch": WHY}, "different patients"),
        (("mel_pfs_chemo", "mel_os_chemo"), {"mismatch": WHY}, "different patients"),
        (("mcc_pfs_primary", "mcc_pfs_primary"), {}, "different patients"),
        (("mcc_pfs_primary", "mcc_pfs_acquired"), {}, "`mismatch` must say why .* they differ in resistance"),
        (("mcc_pfs_primary", "nsclc_pfs_primary"), {}, "they differ in tumour, population, treatment"),
        (("mcc_pfs_primary", "promit_orr"), {"mismatch": WHY}, "a Baseline that can be a control arm"),
        (("mcc_pfs_primary", "mcc_dss_acquired"), {"mismatch": WHY}, "a Baseline that can be a control arm"),
        (("mcc_pfs_primary",), {}, "`members` must be"),
        (("mcc_pfs_primary", "nsclc_pfs_primary"), {"mismatch": ""}, "`mismatch` must be a non-empty string"),
        (("mcc_pfs_primary", "nsclc_pfs_primary"), {"mismatch": WHY, "heterogeneity": 0.5}, "must be a HalfNormal"),
    ],
)
def test_law_what_may_not_be_pooled_is_refused(members: tuple, options: dict, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        pool(*map(baseline, members), **options)


@pytest.mark.parametrize("option", [{"assessment_every": 2}, {"event_free": 1}, {"shape": 0.7}, {"at_median": True}])
def test_law_what_a_pool_would_ignore_is_refused(option: dict) -> None:
    with pytest.raises(InvalidInput, match="a pool is of medians as they were printed"):
        pool(baseline("mcc_pfs_primary", **option), baseline("nsclc_pfs_primary"), mismatch=WHY)
