"""A median and the part still free of the event at a later month: a Weibull curve."""

from __future__ import annotations

import math
from typing import NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import BivariateNormal, Distribution
from icibaseline.errors import reject
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.base import Alternative, CurveRoute, reaches_zero, unusable
from icibaseline.survival import Curve, Exponential, Weibull

__all__ = ["MedianPlusLandmark"]

_HORIZON = 24.0  # months to which other families are compared
_CONTRADICTION = 2.0  # standard errors
_SHARED = (
    *("document", "n", "tumour", "population", "resistance", "treatment", "endpoint", "origin", "analysis_set"),
    "supports",
)
_UNITS = {"percent": 0.01, "proportion": 1.0}


@final
@value
class MedianPlusLandmark(CurveRoute):
    """The route "median plus landmark": a Weibull curve through both, jointly uncertain in log median and shape.

    Parameters
    ----------
    censoring_allowance : float
        Factor, at least 1, by which the standard error of the shape exceeds that without censoring.

    Raises
    ------
    InvalidInput
        If `censoring_allowance` is below 1.

    Notes
    -----
    With median m and S the part still free of the event at L months, the shape is

        k = (log(-log S) - log(log 2)) / A,    A = log(L / m).

    The Kaplan-Meier estimates at m and L have, without censoring before L, the covariance of a binomial process
    [1]_ [2]_: with a = k log(2) / 2,

        Var(log m) = 1 / (4 n a^2),    Cov(log m, S) = S / (2 n a),    Var(S) = S (1 - S) / n.

    The delta method with dk/dlog m = k / A and dk/dS = 1 / (A S log S) gives the joint normal law.

    Censoring between m and L enlarges Var(S) but leaves Var(log m) and both covariances with log m as they are,
    because these accumulate only up to m. The allowance therefore multiplies the standard error of the shape and
    divides the correlation, which keeps the covariance. Its default of 1.1 is the effect of follow-up that is uniform
    between 3 and 27 months on a curve with median 2.6 months and shape 0.73 (1.085), rounded up.

    References
    ----------
    .. [1] Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33. London:
       HMSO; 1926.
    .. [2] Breslow N, Crowley J. A large sample study of the life table and product limit estimates under random
       censorship. Ann Stat 1974;2:437-453.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(supports="mel_pfs_chemo")
    >>> print(priors.MedianPlusLandmark(censoring_allowance=1).prior(found))
    bivariate normal, correlation 0.63
      1  lognormal, median 2.6, 95% 2.17 to 3.11
      2  normal, median 0.731, 95% 0.64 to 0.822
    """

    name = "median plus landmark"
    statistics = ("median", "landmark")
    parameters = ("median", "shape")
    assumption = "Weibull curve assumed: two numbers do not choose the family"
    citations = ("greenwood1926", "breslow1974")

    censoring_allowance: float = attrs.field(
        default=1.1, kw_only=True, converter=as_field(lambda name, given: _at_least_one(name, given))
    )

    def curve(self, prior: Distribution) -> Curve:
        """The Weibull curve whose median and shape the prior describes."""
        return Weibull(joint=prior)

    def _missing(self, findings: Findings) -> str | None:
        if sorted(f.statistic for f in findings) != ["landmark", "median"]:
            return "It needs exactly one median and one landmark."
        reasons = [reason for reason in map(unusable, findings) if reason is not None]
        for name in _SHARED:
            if getattr(findings[0], name) != getattr(findings[1], name):
                reasons.append(f"The median and the landmark differ in `{name}`.")
        reasons = reasons or [reason for reason in (_incoherent(*_pair(findings)),) if reason is not None]
        if not reasons and reaches_zero(self._prior(findings)):
            reasons.append("With so few patients the shape is not known to be positive.")
        return reasons[0] if reasons else None

    def _prior(self, findings: Findings) -> BivariateNormal:
        fit = _fit(findings)
        return BivariateNormal(
            (math.log(fit.median), fit.shape),
            (fit.sd_log_median, fit.sd_shape * self.censoring_allowance),
            fit.correlation / self.censoring_allowance,
            scales=("log", "identity"),
        )

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        fit = _fit(findings)
        families = {
            "exponential curve through the median": Exponential(median=fit.median),
            "Weibull curve through both": Weibull(median=fit.median, shape=fit.shape),
        }
        bare = MedianPlusLandmark(censoring_allowance=1.0)
        return (
            Alternative("delta method without the allowance for censoring", prior=bare._prior(findings)),
            *(Alternative(label, numbers=_numbers(curve)) for label, curve in families.items()),
        )

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        fit, prior = _fit(findings), self._prior(findings)
        ratio = f"[ln(-ln {fit.landmark:g}) - ln ln 2]/ln({fit.at:g}/{fit.median:g})"
        return (
            f"Weibull shape = {ratio} = {fit.shape:.3f}",
            f"delta method with n = {fit.n}: SE of log median = {fit.sd_log_median:.4f}, "
            f"SE of shape = {fit.sd_shape:.4f} x {self.censoring_allowance:g} for censoring = {prior.sds[1]:.4f}, "
            f"correlation {prior.correlation:.3f}",
        )

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        fit = _fit(findings)
        exponential = 0.5 ** (fit.at / fit.median)
        z = (fit.landmark - exponential) / math.sqrt(fit.landmark * (1 - fit.landmark) / fit.n)
        if abs(z) < _CONTRADICTION:
            return ()
        return (
            f"the exponential contradicts the document: S({fit.at:g}) = {fit.landmark:g} is printed and "
            f"{exponential:.3f} follows from the median, z = {z:.1f}",
        )


class _Fit(NamedTuple):
    """The Weibull curve through median and landmark, with standard errors without censoring."""

    median: float
    at: float
    landmark: float
    n: int
    shape: float
    sd_log_median: float
    sd_shape: float
    correlation: float


def _fit(findings: Findings) -> _Fit:
    first, later = _pair(findings)
    m, at, s, n = float(first.value or 0), float(later.at or 0), _proportion(later), int(first.n or 0)
    spread = math.log(at / m)
    k = (math.log(-math.log(s)) - math.log(math.log(2))) / spread
    a = k * math.log(2) / 2
    covariance = np.array([[0.25 / a**2, 0.5 * s / a], [0.5 * s / a, s * (1 - s)]]) / n  # of (log m, S)
    slopes = np.array([[1.0, 0.0], [k / spread, 1 / (spread * s * math.log(s))]])  # of (log m, k)
    joint = slopes @ covariance @ slopes.T
    sd_m, sd_k = np.sqrt(np.diag(joint))
    return _Fit(m, at, s, n, k, float(sd_m), float(sd_k), float(joint[0, 1] / (sd_m * sd_k)))


def _pair(findings: Findings) -> tuple[Finding, Finding]:
    median, landmark = sorted(findings, key=lambda f: f.statistic != "median")
    return median, landmark


def _proportion(landmark: Finding) -> float:
    return float(landmark.value or 0) * _UNITS[str(landmark.unit)]


def _incoherent(median: Finding, landmark: Finding) -> str | None:
    if landmark.unit not in _UNITS:
        return f"{landmark.id} is not a percentage or a proportion."
    if not 0 < _proportion(landmark) < 0.5 or not (landmark.at or 0) > (median.value or 0):
        return f"{landmark.id} must lie after the median, with between 0 and half of the patients free of the event."
    return None


def _numbers(curve: Curve) -> tuple[tuple[str, float], ...]:
    month = f"{_HORIZON:g}"
    return (
        (f"S({month})", float(curve.survival(_HORIZON))),
        (f"mean months without the event to month {month}", float(curve.restricted_mean(_HORIZON))),
    )


def _at_least_one(name: str, given: object) -> float:
    rule = "a number, at least 1"
    clean = _checks.number(name, given, rule)
    if clean < 1:
        reject(name, rule, given)
    return clean
