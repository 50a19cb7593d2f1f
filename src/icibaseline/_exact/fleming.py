"""Fleming's bounds for several looks at a count of responses."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from icibaseline._exact.binomial import density
from icibaseline._exact.stages import Stages
from icibaseline._values import FloatArray, IntArray

__all__ = ["equal_sizes", "fleming", "with_exact_end", "within"]


def equal_sizes(n: int, looks: int) -> IntArray:
    """Patients at looks that are as far apart as can be, halves up."""
    return np.floor(n * np.arange(1, looks + 1) / looks + 0.5).astype(int)


def fleming(sizes: IntArray, p0: float, alpha: float) -> Stages:
    r"""Looks that stop for success or futility.

    With :math:`z = z_{1-\alpha}`, N patients at the end, n at a look and [x] the whole number nearest to x, a look
    succeeds with at least :math:`[n p_0 + z \sqrt{N p_0 (1 - p_0)}] + 1` responses and is futile with at most
    :math:`[n p_A - z \sqrt{N p_A (1 - p_A)}]`, where :math:`p_A = (\sqrt{N p_0} + z \sqrt{1 - p_0})^2 / (N + z^2)` is
    the rate with which the last look is futile as often as it succeeds under p0 [1]. Earlier bounds that no count
    meets are left out.

    [1] Fleming TR. One-sample multiple testing procedure for phase II clinical trials. Biometrics 1982; 38: 143-151.
    """
    z, total = float(ndtri(1 - alpha)), float(sizes[-1])
    other = (np.sqrt(total * p0) + np.sqrt(1 - p0) * z) ** 2 / (total + z**2)
    efficacy = _nearest(sizes * p0 + z * np.sqrt(total * p0 * (1 - p0))) + 1
    futility = _nearest(sizes * other - z * np.sqrt(total * other * (1 - other)))
    efficacy[:-1] = np.where(efficacy > sizes, np.inf, efficacy)[:-1]
    futility = np.where(futility < 0, -np.inf, futility)
    futility[-1] = efficacy[-1] - 1
    return Stages(sizes, efficacy, futility)


def with_exact_end(stages: Stages, p0: float, alpha: float) -> Stages:
    """The same looks, of which the last succeeds with the fewest responses that keep the type I error within alpha."""
    shares, rates = stages.shares(), np.array([p0])
    earlier = stages.chances(rates, shares)[0][0, :-1].sum()
    end = density(int(stages.sizes[-1]), rates)[0] * shares[-1][0]
    error = earlier + np.append(np.cumsum(end[::-1])[::-1], 0.0)
    kept = error <= alpha
    efficacy, futility = stages.efficacy.copy(), stages.futility.copy()
    efficacy[-1] = np.argmax(kept) if kept.any() else len(error) - 1
    futility[-1] = efficacy[-1] - 1
    return Stages(stages.sizes, efficacy, futility)


def within(stages: Stages, p0: float, alpha: float) -> Stages:
    """The same looks with a type I error within alpha: the last as by `with_exact_end`, and earlier ones if they must.

    An earlier look then succeeds with the fewest responses with which the error spent by then keeps alpha.
    """
    earlier = stages.chances(np.array([p0]))[0][0, :-1]
    for look in np.flatnonzero(np.cumsum(earlier) > alpha):
        sizes, efficacy, futility = (part[: look + 1] for part in stages)
        first = with_exact_end(Stages(sizes, efficacy, futility), p0, alpha).efficacy[look]  # type: ignore[arg-type]
        stages.efficacy[look] = max(first, stages.efficacy[look]) if first <= stages.sizes[look] else np.inf
    return with_exact_end(stages, p0, alpha)


def _nearest(x: FloatArray) -> FloatArray:
    return np.asarray(np.floor(x + 0.5))
