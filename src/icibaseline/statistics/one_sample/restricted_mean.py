"""Restricted mean survival time against a benchmark's."""

from __future__ import annotations

import math
from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._quadrature import make_grid, origin_power
from icibaseline._values import FloatArray, value
from icibaseline.errors import reject
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample.base import Limits, OneArm, OneArmData, OneArmMoments
from icibaseline.statistics.one_sample.curve_test import CurveTest
from icibaseline.statistics.one_sample.kaplan_meier import estimates, restricted_mean_variance
from icibaseline.survival import Curve

__all__ = ["RestrictedMean"]

_FEW = 100  # patients
_NODES = 64


@final
@value
class RestrictedMean(CurveTest):
    r"""Mean months without the event up to a horizon, against a benchmark's.

    Parameters
    ----------
    horizon : float
        Months from each patient's entry.
    follow_up : float, optional
        Months after which a patient's follow-up ends, not before `horizon`; None follows everybody to the look.
    benchmark_sd : float, optional
        Standard error of the log of the benchmark's cumulative hazard; 0 takes the benchmark as known.

    Raises
    ------
    InvalidInput
        If `horizon` is not positive, or follow-up ends before it.

    Notes
    -----
    Z is the difference between the area under the Kaplan-Meier curve and that under the benchmark, over its standard
    error, with variance

    .. math:: \sum_{t_i \le L} \Bigl(\int_{t_i}^{L} \hat S\Bigr)^2 \frac{1}{Y_i (Y_i - 1)} + s^2 \Bigl(\int_0^L S_0
        \Lambda_0\Bigr)^2,

    :math:`Y_i` at risk at an event and s the benchmark's standard error. A trial without an event before the horizon is
    taken to have half a one, among those that it follows to the horizon and at their entry, which is the worst that it
    may be: with m of them, a mean of :math:`L (1 - 1 / 2m)` with a variance of :math:`L^2 (1 - 1 / 2m) / 2m^2`. One
    that follows nobody to the horizon has Z = 0. Power takes Z as normal with a standard deviation of 1, or, as s does
    not vary from trial to trial, the root of the first term's share of the variance.

    References
    ----------
    .. [1] Karrison T. Restricted mean life with adjustment for covariates. Journal of the American Statistical
       Association 1987; 82: 1169-1176.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.RestrictedMean(horizon=12).horizon
    12.0
    """

    horizon: float = attrs.field(converter=as_field(_checks.positive))
    follow_up: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    benchmark_sd: float = attrs.field(default=0.0, kw_only=True, converter=as_field(_checks.nonnegative))

    def __attrs_post_init__(self) -> None:
        if self.follow_up is not None and self.follow_up < self.horizon:
            reject("follow_up", f"at least the horizon of {self.horizon:g} months", self.follow_up)

    @property
    def end(self) -> float:
        """The horizon."""
        return self.horizon

    @property
    def measured(self) -> str:
        """What the number is, in words."""
        return f"mean up to month {self.horizon:g}"

    def value(self, curve: Curve) -> FloatArray:
        """Restricted mean."""
        return np.asarray(curve.restricted_mean(self.horizon))

    def transformed(self, number: FloatArray) -> FloatArray:
        """The mean itself, in months."""
        return number

    def benchmark_error(self, benchmark: Curve) -> float:
        """Standard error of the benchmark's restricted mean."""
        knots = [k for k in benchmark.knots if k < self.horizon]
        grid = make_grid(np.array([[0.0, *knots, self.horizon]]), _NODES, origin_power(benchmark.origin_power))
        h = np.asarray(benchmark.cumulative_hazard(grid.t))
        return float((h * np.exp(-h) * grid.w).sum() * self.benchmark_sd)

    def unreachable(self, bound: float) -> str:
        """Why no number of patients passes a bound on Z."""
        return (
            f"The benchmark is known to a standard error of {self.benchmark_sd:.4g} on the log scale of the cumulative "
            f"hazard only: however many patients, the restricted mean must differ from it by more than {bound:.4g} of "
            "its standard errors for the test to show it."
        )

    def moments(self, arm: OneArm) -> OneArmMoments:
        """The law of Z under a scenario."""
        variance = restricted_mean_variance(arm, self.horizon)
        return self.law(arm, variance, 1 / variance)

    @property
    def smooth(self) -> RestrictedMean:
        """Itself."""
        return self

    def step(self, scenario: Scenario, n: float) -> float:
        """0."""
        return 0.0

    def observe(self, data: OneArmData, benchmark: Curve) -> tuple[FloatArray, FloatArray]:
        """Z and the inverse of the variance of the restricted mean, each (R,)."""
        seen = estimates(data.time, data.event, self.horizon)
        none = (seen.mean_variance == 0) & (seen.at_risk > 0)
        half = 0.5 / np.maximum(seen.at_risk, 1.0)  # of an event, where there is none
        mean = np.where(none, self.horizon * (1 - half), seen.mean)
        variance = np.where(none, 2 * self.horizon**2 * half**2 * (1 - half), seen.mean_variance)
        known = ((seen.at_risk > 0) | (seen.survival == 0)) & (variance > 0)
        variance = np.where(known, variance, 1.0)
        z = (mean - self.value(benchmark)) / np.sqrt(variance + self.benchmark_error(benchmark) ** 2)
        return np.where(known, z, 0.0), np.where(known, 1 / variance, 0.0)

    def limits(self, data: OneArmData, benchmark: Curve, bound: float) -> Limits:
        """The area under the Kaplan-Meier curve with limits of its own, whatever is known of the benchmark."""
        seen = estimates(data.time, data.event, self.horizon)
        known = (seen.at_risk[0] > 0 or seen.survival[0] == 0) and seen.mean_variance[0] > 0
        mean, away = float(seen.mean[0]), bound * math.sqrt(float(seen.mean_variance[0])) if known else self.horizon
        return Limits(mean, max(mean - away, 0.0), min(mean + away, self.horizon))

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return f"the {self.measured} is above the benchmark's"

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return "normal formula of the restricted mean"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        return ("karrison1987", *(("danzer2022",) if self.benchmark_sd else ()))

    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""
        if n >= _FEW:
            return ()
        return (f"With {n:g} patients the test of the restricted mean need not hold its level; look at simulate().",)
