"""Survival at a milestone."""

from __future__ import annotations

import math
from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, value
from icibaseline.errors import reject
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample.base import Limits, OneArm, OneArmData, OneArmMoments
from icibaseline.statistics.one_sample.curve_test import CurveTest
from icibaseline.statistics.one_sample.kaplan_meier import estimates, hazard_variance
from icibaseline.statistics.one_sample.proportion import Comparison, OnScale, Proportion, Tail
from icibaseline.statistics.one_sample.transforms import TRANSFORMS, Transform
from icibaseline.survival import Curve

__all__ = ["Milestone"]

_INSIDE = 1e-300, 1 - 1e-16  # probabilities with finite slopes
_FEW = 100  # patients
_FORMULAS = ("exact", "second-order", "normal")
_BINOMIAL = "binomial"
_ALL = 1 - 1e-12  # of the patients


@final
@value
class Milestone(CurveTest):
    r"""Kaplan-Meier survival at a month against a benchmark's.

    Parameters
    ----------
    at : float
        The month, from each patient's entry.
    transform : {"binomial", "arcsine", "identity", "log", "log-log", "logit"}, optional
        Scale on which the two probabilities are compared; "binomial", the default, is the exact test of a proportion.
    formula : {"exact", "second-order", "normal"}, optional
        How power is worked out; every result names it. "exact" is so where everybody is followed to the month, and
        "second-order" elsewhere.
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

    The five scales do not hold the level of the test in small trials. "binomial" does where everybody is followed to
    the month: Z is the normal quantile of the binomial probability of as many survivors or more. Elsewhere it takes the
    estimate as a proportion of :math:`m = (1 - \hat S) / (\hat S \hat V)` patients [2]_, whose probability is
    :math:`I_{S_0}(m \hat S, m - m \hat S + 1)`. The benchmark's error is added to it on the arcsine scale.

    The formula "normal" takes Z as normal with its mean at the truth and a standard deviation of 1, or, as s does not
    vary from trial to trial, the root of the first term's share of the variance. "second-order"
    takes :math:`\hat S` as a proportion of :math:`(1 - S) / (S V)` patients, with its skewness, and finds the value of
    :math:`\hat S` at which Z reaches a bound. Everybody followed to the month, the number of survivors is binomial, and
    "exact" sums its law over the counts that reject, whatever the scale. Power then goes up and down with n:
    `sample_size` finds the smallest n that reaches a target or, with ``SingleArm(conservative=True)``, the smallest
    after which none misses it.

    References
    ----------
    .. [1] Nagashima K, Noma H, Sato Y, Gosho M. Sample size calculations for single-arm survival studies using
       transformations of the Kaplan-Meier estimator. Pharmaceutical Statistics 2021; 20: 499-511.
    .. [2] Dorey FJ, Korn EL. Effective sample sizes for confidence intervals for survival probabilities. Statistics in
       Medicine 1987; 6: 679-687.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Milestone(at=6).transform
    'binomial'
    """

    at: float = attrs.field(converter=as_field(_checks.positive))
    transform: str = attrs.field(
        default=_BINOMIAL, kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, (*TRANSFORMS, _BINOMIAL)))
    )
    formula: str = attrs.field(
        default="exact", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, _FORMULAS))
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
        """The transform of that name; of the binomial test, on which the benchmark's error is added."""
        return TRANSFORMS.get(self.transform, TRANSFORMS["arcsine"])

    def against(self, benchmark: Curve) -> Comparison:
        """How the estimate is held against a benchmark."""
        made = Tail if self.transform == _BINOMIAL else OnScale
        return made(self.scale, float(self.value(benchmark)), self.benchmark_error(benchmark))

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
        whole = self._whole(arm) if self.formula == "exact" else np.zeros((1, 1), dtype=bool)
        patients = (1 - alive) / (alive * spread)
        return law._replace(above=Proportion(self.against(arm.benchmark), alive, patients, whole, arm.n).above)

    def _whole(self, arm: OneArm) -> BoolArray:
        """Whether everybody is sure to be followed to the month by a look, (B or 1, K)."""
        entered = np.atleast_2d(arm.accrual.fraction(arm.months - self.at)) >= _ALL
        lost = arm.scenario.dropouts[1]
        if lost is not None:
            entered = entered & (np.reshape(np.asarray(lost.survival(self.at)), (-1, 1)) >= _ALL)
        return entered if arm.driven is None else entered & ~np.asarray(arm.driven)

    @property
    def smooth(self) -> Milestone:
        """With the formula that runs through the middle of the steps."""
        return self.with_(formula="second-order") if self.formula == "exact" else self

    def step(self, scenario: Scenario, n: float) -> float:
        """The largest binomial probability."""
        alive = float(self.mixed(scenario.typical.resolved)[0, 0])
        return 1 / math.sqrt(2 * math.pi * n * alive * (1 - alive))

    # ---- data face -----------------------------------------------------------------------------------

    def observe(self, data: OneArmData, benchmark: Curve) -> tuple[FloatArray, FloatArray]:
        """Z and the inverse of Greenwood's variance, each (R,)."""
        seen = estimates(data.time, data.event, self.at)
        followed = np.count_nonzero(data.time >= 0, axis=1)
        s, v = _off_the_ends(seen.survival, seen.variance, np.maximum(seen.at_risk, 1.0), np.maximum(followed, 1))
        known = (seen.at_risk > 0) | (seen.survival == 0)
        z = self.against(benchmark).z(seen.survival, (1 - s) / (s * v))
        return np.where(known, z, 0.0), np.where(known, 1 / (s**2 * v), 0.0)

    def limits(self, data: OneArmData, benchmark: Curve, bound: float) -> Limits:
        """The Kaplan-Meier estimate with limits of its own, whatever is known of the benchmark."""
        seen = estimates(data.time, data.event, self.at)
        if seen.at_risk[0] == 0 and seen.survival[0] > 0:  # nobody is followed to the month
            return Limits(float(seen.survival[0]), 0.0, 1.0)
        followed = np.count_nonzero(data.time >= 0, axis=1)
        s, v = _off_the_ends(seen.survival, seen.variance, np.maximum(seen.at_risk, 1.0), followed)
        alive = float(seen.survival[0])
        return Limits(alive, *self.against(benchmark).limits(alive, float(((1 - s) / (s * v))[0]), bound))

    # ---- what reports say ----------------------------------------------------------------------------

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return f"{self.measured} is above the benchmark's"

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        named = {"exact": "binomial formula, if all are followed to the month, else second-order formula"}
        return f"{named.get(self.formula, f'{self.formula} formula')} of Kaplan-Meier survival, {self.transform} scale"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        exact = ("dorey1987",) if self.transform == _BINOMIAL else ("nagashima2021",)
        return (*exact, "greenwood1926", *(("danzer2022",) if self.benchmark_sd else ()))

    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""
        if n >= _FEW or self.transform == _BINOMIAL:
            return ()
        return (
            f"With {n:g} patients the test of milestone survival need not hold its level: if all are followed to month "
            f'{self.at:g}, Milestone({self.at:g}, transform="binomial") holds it; else look at simulate().',
        )


def _off_the_ends(
    s: FloatArray, v: FloatArray, at_risk: FloatArray, followed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Survival and variance with half an event where there is none, and half a survivor where nobody survives."""
    low, high = s <= 0, s >= 1
    count = np.where(high, at_risk, followed)
    s = np.where(high, 1 - 0.5 / count, np.where(low, 0.5 / count, s))
    return s, np.where(low | high, (1 - s) / (s * count), v)
