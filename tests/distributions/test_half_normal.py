"""The half-normal law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from icibaseline.distributions import HalfNormal
from icibaseline.errors import InvalidInput


@pytest.mark.parametrize("scale", [0.0625, 0.25, 1.0, 30.0])
def test_reference_against_scipy(scale: float) -> None:
    law, truth = HalfNormal(scale), stats.halfnorm(scale=scale)
    x = scale * np.array([-1.0, 0.0, 1e-9, 0.3, 1.0, 4.0, 9.0])
    p = np.array([0.025, 0.3, 0.5, 0.9, 0.975, 1 - 1e-6, 1 - 1e-12])
    np.testing.assert_allclose(law.pdf(x), truth.pdf(x), rtol=1e-13)
    np.testing.assert_allclose(law.cdf(x), truth.cdf(x), rtol=1e-13)
    np.testing.assert_allclose(law.quantile(p), scale * stats.norm.isf((1 - p) / 2), rtol=1e-13)
    np.testing.assert_allclose(law.quantile([1e-300, 1e-9]), scale * math.sqrt(math.pi / 2) * np.array([1e-300, 1e-9]))
    assert (law.quantile(0.0), law.quantile(1.0)) == (0, math.inf)
    assert law.mean == pytest.approx(truth.mean(), rel=1e-14)
    assert law.variance == pytest.approx(truth.var(), rel=1e-13)
    assert law.median == pytest.approx(0.6744897501960817 * scale, rel=1e-14)


@given(scale=st.floats(1e-6, 1e6))
@settings(max_examples=40, deadline=None)
def test_law_nodes_reproduce_the_moments(scale: float) -> None:
    x, weights = HalfNormal(scale).nodes(48)
    assert np.all((x > 0) & (x < 6.5 * scale))
    assert weights @ x == pytest.approx(scale * math.sqrt(2 / math.pi), rel=1e-9)  # 8e-11 lies beyond 6.5 scales
    assert weights @ np.exp(-((x / scale) ** 2) / 2) == pytest.approx(1 / math.sqrt(2), rel=1e-10)


def test_regression_text() -> None:
    assert str(HalfNormal(0.25)) == "half-normal(0.25), median 0.169, 95% 0.00783 to 0.56"


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "1", None, True, (), [0.25]], ids=repr)
def test_law_bad_scales_are_refused(bad: object) -> None:
    with pytest.raises(InvalidInput, match=r"^`scale` must be a positive number; got"):
        HalfNormal(bad)  # type: ignore[arg-type]
