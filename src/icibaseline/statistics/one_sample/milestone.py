"""Survival at a milestone."""

from __future__ import annotations

import math
from typing import final

import attrs
import numpy as np
from scipy.special import ndtr

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.errors import reject
from icibaseline.statistics.one_sample.base import OneArm, OneArmData, OneArmMoments
from icibaseline.statistics.one_sample.curve_test import CurveTest
from icibaseline.statistics.one_sample.kaplan_meier import estimates, hazard_variance
from icibaseline.statistics.one_sample.transforms import TRANSFORMS, Transform
from icibaseline.survival import Curve

__all__ = ["Milestone"]

_INSIDE = 1e-300, 1 - 1e-16  # probabilities with finite slopes
_FEW = 100  # patients
_ROUNDS = 100
_FORMULAS = ("second-order", "normal")
_EDGE = 1e-9


@final
@value
class Milestone(CurveTest):
    r"""Kaplan-Meier survival at a month against a benchmark's.

    Parameters
    ----------
    at : float
        The month, from each patient's entry.
    transform : {"arcsine", "identity", "log", "log-log", "logit"}, optional
        Scale on which the two probabilities are compared.
    formula : {"second-order", "normal"}, optional
        How power is approximated; every result names it.
    follow_up : float, optional
        Months after which a patient's follow-up ends, not before `at`; None follows everybody to the look.
    benchmark_sd : float, optional
        Standard error of the log of the benchmark's cumulative hazard; 0 takes the benchmark as known.

    Raises
    ------
    InvalidInput
        If `at` is not positive, a name is unknown, or follow-up ends before `at`.

    Notes
    -----
    With :math:`\hat S` the Kaplan-Meier estimate, :math:`\hat V` Greenwood's variance of its log, g the transform [1]_

    .. math:: Z = \frac{g(\hat S) - g(S_0)}{\sqrt{g'(\hat S)^2 \hat S^2 \hat V + (g'(S_0) S_0 \log S_0)^2 s^2}},

    s the benchmark's standard error. A trial without an event by the month is taken to have half a one, one that nobody
    survives half a survivor, and one that follows nobody to it has Z = 0.

    The formula "normal" takes Z as normal with its mean at the truth and a standard deviation of 1, or, as s does not
    vary from trial to trial, the root of the first term's share of the variance. "second-order"
    takes :math:`\hat S` as a proportion of :math:`(1 - S) / (S V)` patients, with its skewness, and finds the value of
    :math:`\hat S` at which Z reaches a bound. Everybody followed to the month, :math:`\hat S` is a proportion in fact;
    its power then jumps from n to n, and the formula runs through the middle.

    References
    ----------
    .. [1] Nagashima K, Noma H, Sato Y, Gosho M. Sample size calculations for single-arm survival studies using
       transformations of the Kaplan-Meier estimator. Pharmaceutical Statistics 2021; 20: 499-511.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Milestone(at=6).transform
    'arcsine'
    """

    at: float = attrs.field(converter=as_field(_checks.positive))
    transform: str = attrs.field(
        default="arcsine", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, TRANSFORMS))
    )
    formula: str = attrs.field(
        default="second-order", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, _FORMULAS))
    )
    follow_up: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    benchmark_sd: float = attrs.field(default=0.0, kw_only=True, converter=as_field(_checks.nonnegative))

    def __attrs_post_init__(self) -> None:
        if self.follow_up is not None and self.follow_up < self.at:
            reject("follow_up", f"at least the {self.at:g} months to the milestone", self.follow_up)

    # ---- what is tested ------------------------------------------------------------------------------

    @property
    def end(self) -> float:
        """The month."""
        return self.at

    @property
    def measured(self) -> str:
        """What the number is, in words."""
        return f"survival at month {self.at:g}"

    @property
    def scale(self) -> Transform:
        """The transform of that name."""
        return TRANSFORMS[self.transform]

    def value(self, curve: Curve) -> FloatArray:
        """Survival at the month."""
        return np.asarray(curve.survival(self.at))

    def transformed(self, number: FloatArray) -> FloatArray:
        """The transformed probability."""
        return self.scale.of(number)

    def benchmark_error(self, benchmark: Curve) -> float:
        """Standard error of the benchmark's transformed probability."""
        s = np.clip(self.value(benchmark), *_INSIDE)
        return float(abs(self.scale.slope(s) * s * np.log(s)) * self.benchmark_sd)

    def unreachable(self, bound: float) -> str:
        """Why no number of patients passes a bound on Z."""
        return (
            f"The benchmark is known to a standard error of {self.benchmark_sd:.4g} on the log scale of the cumulative "
            f"hazard only: however many patients, survival at month {self.at:g} must differ from it by more than "
            f"{bound:.4g} of its standard errors for the test to show it."
        )

    # ---- theory face ---------------------------------------------------------------------------------

    def moments(self, arm: OneArm) -> OneArmMoments:
        """The law of Z under a scenario."""
        alive, spread = self.mixed(arm.scenario), hazard_variance(arm, self.at)
        own = (self.scale.slope(alive) * alive) ** 2 * spread
        law = self.law(arm, own, 1 / (alive**2 * spread))
        if self.formula == "normal":
            return law
        return law._replace(above=_Proportion(self, arm.benchmark, alive, spread).above)

    # ---- data face -----------------------------------------------------------------------------------

    def observe(self, data: OneArmData, benchmark: Curve) -> tuple[FloatArray, FloatArray]:
        """Z and the inverse of Greenwood's variance, each (R,)."""
        seen = estimates(data.time, data.event, self.at)
        followed = np.count_nonzero(data.time >= 0, axis=1)
        s, v = _off_the_ends(seen.survival, seen.variance, np.maximum(seen.at_risk, 1.0), np.maximum(followed, 1))
        variance = (self.scale.slope(s) * s) ** 2 * v + self.benchmark_error(benchmark) ** 2
        z = (self.scale.of(s) - self.scale.of(self.value(benchmark))) / np.sqrt(variance)
        known = (seen.at_risk > 0) | (seen.survival == 0)
        return np.where(known, z, 0.0), np.where(known, 1 / (s**2 * v), 0.0)

    # ---- what reports say ----------------------------------------------------------------------------

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return f"{self.measured} is above the benchmark's"

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return f"{self.formula} formula of Kaplan-Meier survival, {self.transform} scale"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        return ("nagashima2021", "greenwood1926", *(("danzer2022",) if self.benchmark_sd else ()))

    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""
        if n >= _FEW:
            return ()
        return (
            f"With {n:g} patients the test of milestone survival need not hold its level: if all are followed to month "
            f"{self.at:g} it tests a proportion, and Exact on ResponseScenario holds it; else look at simulate().",
        )


def _off_the_ends(
    s: FloatArray, v: FloatArray, at_risk: FloatArray, followed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Survival and variance with half an event where there is none, and half a survivor where nobody survives."""
    low, high = s <= 0, s >= 1
    count = np.where(high, at_risk, followed)
    s = np.where(high, 1 - 0.5 / count, np.where(low, 0.5 / count, s))
    return s, np.where(low | high, (1 - s) / (s * count), v)


class _Proportion:
    """Kaplan-Meier survival as a proportion of so many patients as give its variance."""

    def __init__(self, test: Milestone, benchmark: Curve, alive: FloatArray, variance: FloatArray) -> None:
        self.scale, self.alive = test.scale, alive
        self.start, self.error = test.scale.of(test.value(benchmark)), test.benchmark_error(benchmark)
        self.patients = (1 - alive) / (alive * variance)

    def above(self, bound: FloatArray) -> FloatArray:
        """P(Z > bound), (B, K), by Edgeworth's series to the second order."""
        p, n = self.alive, self.patients
        sd = np.sqrt(p * (1 - p) / n)
        x = (self._reached(np.atleast_2d(bound)) - p) / sd
        skew, excess = (1 - 2 * p) / (n * sd), (1 - 6 * p * (1 - p)) / (n * p * (1 - p))
        series = skew / 6 * (x**2 - 1) + excess / 24 * (x**3 - 3 * x) + skew**2 / 72 * (x**5 - 10 * x**3 + 15 * x)
        density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return np.asarray(np.clip(ndtr(-x) + density * series, 0.0, 1.0))

    def _reached(self, bound: FloatArray) -> FloatArray:
        """The estimate at which Z is the bound."""
        bound = np.where(np.isfinite(bound), bound, 0.0)
        s = np.broadcast_to(self.scale.back(self.start), np.broadcast_shapes(bound.shape, self.patients.shape))
        for _ in range(_ROUNDS):
            spread = np.sqrt(self.scale.slope(s) ** 2 * s * (1 - s) / self.patients + self.error**2)
            s = np.clip(self.scale.back(self.start + bound * spread), _EDGE, 1 - _EDGE)
        return s
