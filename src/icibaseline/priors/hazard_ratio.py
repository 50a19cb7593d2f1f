"""A hazard ratio with its confidence interval."""

from __future__ import annotations

import math
from typing import NamedTuple, final

from scipy.special import ndtr

from icibaseline._values import value
from icibaseline.distributions import NormalMixture
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import rounded_range, selection_corrected, symmetric_on_log_scale, z_of_level
from icibaseline.priors.base import Alternative, Route

__all__ = ["HazardRatioWithInterval"]

_SIGNIFICANT = 1.959964
_BIASES = (0.2, 0.4)  # standard deviations on the log scale, to show what they do


@final
@value
class HazardRatioWithInterval(Route):
    r"""The route "hazard ratio with interval": ``log HR ~ N(log of the estimate, SE^2)``.

    Notes
    -----
    With limits L and U and z the normal quantile of (1 + level) / 2 [1]_ [2]_,

        SE = log(U / L) / (2 z).

    The estimate must be the middle of L and U on the log scale, but for the rounding of the three; otherwise they do
    not belong together and are refused. The same rounding bounds the standard error.

    A ratio that is in print because it was significant is too far from 1. `sensitivity` shows the location that is
    likeliest given that only an absolute z above 1.96 would have been reported [3]_: the mu with
    ``E(Z | |Z| > 1.96; mu) = z``.

    A comparison of patients who were not randomised (flag R) needs an explicit `Bias` before a trial may be planned
    with it.

    References
    ----------
    .. [1] Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published
       literature for survival endpoints. Stat Med 1998;17:2815-2834.
    .. [2] Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary
       time-to-event data into meta-analysis. Trials 2007;8:16.
    .. [3] Zhong H, Prentice RL. Bias-reduced estimators and confidence intervals for odds ratios in genome-wide
       association studies. Biostatistics 2008;9:621-634.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(supports="mcc_ahr_icirt")
    >>> print(priors.HazardRatioWithInterval().prior(found))
    lognormal, median 0.35, 95% 0.137 to 0.892
    >>> print(*priors.HazardRatioWithInterval().explain(found), sep="\n")
    log HR = ln(0.35) = -1.050, middle of the interval exp(-1.030) = 0.357
    SE of log HR = ln(0.91/0.14)/(2 x 1.960) = 0.478, by rounding 0.467 to 0.488
    z = -2.20, two-sided p = 0.028
    """

    name = "hazard ratio with interval"
    statistics = ("hazard ratio",)
    compares = True
    quantity = "hazard ratio"
    parameters = ("hazard ratio",)
    assumption = "proportional hazards assumed, and an estimate that is normal on the log scale"
    citations = ("parmar1998", "tierney2007", "zhong2008")

    def _missing(self, findings: Findings) -> str | None:
        if [f.statistic for f in findings] != ["hazard ratio"]:
            return "It needs exactly one hazard ratio."
        return _unfit(findings[0])

    def _prior(self, findings: Findings) -> NormalMixture:
        fit = _fit(findings[0])
        return _normal(fit.log_ratio, fit.se)

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        fit = _fit(findings[0])
        rows = [
            Alternative(f"{end} SE that the rounding allows", prior=_normal(fit.log_ratio, se))
            for end, se in (("smallest", fit.least), ("largest", fit.most))
            if se > 0
        ]
        if abs(fit.z) > _SIGNIFICANT:
            corrected = selection_corrected(fit.z, _SIGNIFICANT)
            label = f"corrected for selection, if only |z| > 1.96 is reported: z {fit.z:.2f} becomes {corrected:.2f}"
            rows.append(Alternative(label, prior=_normal(corrected * fit.se, fit.se)))
        inflated = (Alternative(f"with a bias N(0, {sd:g}^2)", prior=fit.prior.inflate(sd)) for sd in _BIASES)
        return (*rows, *inflated)

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        (f,) = findings
        fit = _fit(f)
        centre = f"exp({fit.middle:.3f}) = {math.exp(fit.middle):.3g}"
        rounding = f"by rounding {fit.least:.3g} to {fit.most:.3g}"
        return (
            f"log HR = ln({f.value:g}) = {fit.log_ratio:.3f}, middle of the interval {centre}",
            f"SE of log HR = ln({f.upper:g}/{f.lower:g})/(2 x {fit.normal:.3f}) = {fit.se:.3g}, {rounding}",
            f"z = {fit.z:.2f}, two-sided p = {2 * ndtr(-abs(fit.z)):.2g}",
        )

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        fit = _fit(findings[0])
        if abs(fit.z) <= _SIGNIFICANT:
            return ()
        lost = 1 - selection_corrected(fit.z, _SIGNIFICANT) / fit.z
        return (f"significant: if it was reported for that, {lost:.0%} of the log hazard ratio is selection",)


class _Fit(NamedTuple):
    """The normal law of the log hazard ratio, and the standard errors that the rounding allows."""

    log_ratio: float
    se: float
    least: float
    most: float
    middle: float  # of the interval, on the log scale
    normal: float  # quantile of the level

    @property
    def z(self) -> float:
        return self.log_ratio / self.se

    @property
    def prior(self) -> NormalMixture:
        return _normal(self.log_ratio, self.se)


def _fit(f: Finding) -> _Fit:
    ratio, lower, upper = float(f.value or 0), float(f.lower or 0), float(f.upper or 0)  # checked: none is missing
    (a, b), (c, d) = rounded_range(lower, f.decimals), rounded_range(upper, f.decimals)
    z = z_of_level(f.level or 0)
    se, least, most = (math.log(high / low) / (2 * z) for high, low in ((upper, lower), (max(c, b), b), (d, a)))
    return _Fit(math.log(ratio), se, least, most, math.log(lower * upper) / 2, z)


def _normal(mean: float, sd: float) -> NormalMixture:
    return NormalMixture((1.0,), (mean,), (sd,), scale="log")


def _unfit(f: Finding) -> str | None:
    """Why a hazard ratio has no interval that can be read; None if it has one."""
    if f.refused is not None:
        return f"{f.id} is refused: {f.refused}"
    if f.interval_label != "CI" or f.lower is None or f.upper is None:
        return f"{f.id} has no confidence interval with both limits, which is needed."
    if f.value is None or f.unit != "ratio" or f.interval_unit not in (None, "ratio"):
        return f"{f.id} is not a ratio; one with limits that are ratios is needed."
    if f.favours is not None and (f.value < 1) != (f.favours == "group") and f.value != 1:
        return f"{f.id}: a hazard ratio of {f.value:g} does not favour the {f.favours}, as the finding says."
    if rounded_range(min(f.value, f.lower), f.decimals)[0] <= 0:
        return f"{f.id} or its lower limit is 0 but for rounding; more digits are needed."
    if not symmetric_on_log_scale(f.value, f.lower, f.upper, f.decimals):
        middle = f"the middle of {f.lower:g} to {f.upper:g} is {math.sqrt(f.lower * f.upper):.3g} on the log scale"
        return f"{f.id}: interval and point do not belong together, {middle}; those of one model are needed."
    return None
