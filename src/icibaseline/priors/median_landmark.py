"""A median and the part still free of the event at a later month: a curve of two parameters."""

from __future__ import annotations

import math
from typing import final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import BivariateNormal, Distribution
from icibaseline.errors import reject
from icibaseline.evidence import Finding, Findings
from icibaseline.priors.base import Alternative, CurveRoute, unusable
from icibaseline.priors.families import FAMILIES, Family, Points
from icibaseline.survival import Curve, Exponential

__all__ = ["MedianPlusLandmark", "family_curves"]

_BARE = "exponential"
_HORIZON = 24.0  # months to which other families are compared
_CONTRADICTION = 2.0  # standard errors
_TAIL = 1e-16  # as `reaches_zero`
_SHARED = (
    *("document", "n", "tumour", "population", "resistance", "treatment", "endpoint", "origin", "analysis_set"),
    "supports",
)
_UNITS = {"percent": 0.01, "proportion": 1.0}


@final
@value
class MedianPlusLandmark(CurveRoute):
    """The route "median plus landmark": a curve through both, jointly uncertain in log median and a second parameter.

    Parameters
    ----------
    family : {"Weibull", "cure", "piecewise", "log-logistic", "log-normal"}
        Family of the curve. "cure" has a constant hazard in those who are not cured, "piecewise" one hazard to the
        printed median and another after it.
    censoring_allowance : float
        Factor, at least 1, by which the standard error of the second parameter exceeds that without censoring.

    Raises
    ------
    InvalidInput
        If `family` is none of these or `censoring_allowance` is below 1.

    Notes
    -----
    With median m and S the part still free of the event at L months, A = log(L / m), the second parameter is

    - Weibull: shape k = (log(-log S) - log(log 2)) / A;
    - log-logistic: shape k = log(1 / S - 1) / A;
    - log-normal: sigma = A / z with z the normal quantile of 1 - S;
    - cure: the fraction c at which c + (1 - c) ((1/2 - c) / (1 - c))^(L / m) is S. It is positive only if S is above
      that of the exponential curve, else the family is refused;
    - piecewise: not median and a second parameter, but the hazards log(2) / m and log(1 / (2 S)) / (L - m).

    The Kaplan-Meier estimates at m and L have, without censoring before L, the covariance of a binomial process
    [1]_ [2]_: with a = m f(m), the density f being that of the family, for example a = k log(2) / 2 for Weibull,

        Var(log m) = 1 / (4 n a^2),    Cov(log m, S) = S / (2 n a),    Var(S) = S (1 - S) / n.

    The delta method, with dk/dlog m = k / A and dk/dS = 1 / (A S log S) for Weibull, gives the joint normal law. Its
    second coordinate is on the log scale, or for a cured fraction on the logit scale. A Weibull shape is on its own
    scale, unless so few patients leave open whether it is positive; then it is on the log scale too. Of the piecewise
    curve the two cumulative hazards are independent, with variances 1 / n to the median and (1 / S - 2) / n after it.

    Censoring between m and L enlarges Var(S) but leaves Var(log m) and both covariances with log m as they are,
    because these accumulate only up to m. The allowance therefore multiplies the second standard error and
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
    citations = ("greenwood1926", "breslow1974")

    family: str = attrs.field(
        default="Weibull", kw_only=True, converter=as_field(lambda name, given: _checks.choice(name, given, FAMILIES))
    )
    censoring_allowance: float = attrs.field(
        default=1.1, kw_only=True, converter=as_field(lambda name, given: _at_least_one(name, given))
    )

    @property
    def parameters(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the prior is on, in the order of its coordinates."""
        return self._family.parameters

    @property
    def assumption(self) -> str:  # type: ignore[override]
        """That two numbers do not choose the family."""
        return f"{self.family} curve assumed: two numbers do not choose the family"

    @property
    def _family(self) -> Family:
        return FAMILIES[self.family]

    def _curve(self, prior: Distribution) -> Curve:
        """A piecewise one changes at log(2) over its first hazard."""
        return self._family.curve(prior)

    def _families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]:
        """The exponential curve through the median first."""
        curves = _curves(_points(findings))
        return tuple((name, curve) for name, curve in curves.items() if name != self.family)

    def _missing(self, findings: Findings) -> str | None:
        if sorted(f.statistic for f in findings) != ["landmark", "median"]:
            return "It needs exactly one median and one landmark."
        reasons = [reason for reason in map(unusable, findings) if reason is not None]
        for name in _SHARED:
            if getattr(findings[0], name) != getattr(findings[1], name):
                reasons.append(f"The median and the landmark differ in `{name}`.")
        reasons = reasons or [reason for reason in (_incoherent(*_pair(findings)),) if reason is not None]
        return reasons[0] if reasons else self._unfit(_points(findings))

    def _unfit(self, points: Points) -> str | None:
        """Why the family is not for these two numbers."""
        misfit = self._family.misfit(points)
        if misfit is not None:
            return misfit
        if self._family.prior(points, self.censoring_allowance).quantile(1 - _TAIL)[1] >= self._family.most:
            return f"With so few patients the {self.parameters[1]} may reach {self._family.most:g}: there is no median."
        return None

    def _prior(self, findings: Findings) -> BivariateNormal:
        return self._family.prior(_points(findings), self.censoring_allowance)

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        bare = self.with_(censoring_allowance=1.0)
        return (
            Alternative("delta method without the allowance for censoring", prior=bare._prior(findings)),
            *(
                Alternative(
                    f"{name} curve through {'the median' if name == _BARE else 'both'}", numbers=_numbers(curve)
                )
                for name, curve in _curves(_points(findings)).items()
            ),
        )

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        points = _points(findings)
        left_out = [
            f"no {family.name} curve passes through both" for family in FAMILIES.values() if family.misfit(points)
        ]
        return (*self._family.explain(points, self.censoring_allowance), *left_out)

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        points = _points(findings)
        s, exponential = points.survival, 0.5 ** (points.at / points.median)
        z = (s - exponential) / math.sqrt(s * (1 - s) / points.n)
        if abs(z) < _CONTRADICTION:
            return ()
        return (
            f"the exponential contradicts the document: S({points.at:g}) = {s:g} is printed and "
            f"{exponential:.3f} follows from the median, z = {z:.1f}",
        )


def family_curves(findings: Findings) -> tuple[tuple[str, Curve], ...]:
    """A curve of every family that passes through a median and a landmark, after the exponential through the median.

    Parameters
    ----------
    findings : Findings
        One median and one landmark of the same patients.

    Returns
    -------
    tuple of (str, Curve)
        Name of the family and curve, without uncertainty.

    Raises
    ------
    RefusedFinding
        If the findings are not such a pair; the sentence says why.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> for name, curve in priors.family_curves(evidence.findings(supports="mel_pfs_chemo")):
    ...     print(name, round(curve.survival(24), 3))
    exponential 0.002
    Weibull 0.03
    cure 0.099
    piecewise 0.019
    log-logistic 0.052
    log-normal 0.044
    """
    return tuple(_curves(_points(MedianPlusLandmark().checked(findings))).items())


def _curves(points: Points) -> dict[str, Curve]:
    fitting = (family for family in FAMILIES.values() if family.misfit(points) is None)
    return {
        _BARE: Exponential(median=points.median),
        **{family.name: family.curve(family.pair(points)) for family in fitting},
    }


def _points(findings: Findings) -> Points:
    median, landmark = _pair(findings)
    return Points(float(median.value or 0), float(landmark.at or 0), _proportion(landmark), int(median.n or 0))


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
