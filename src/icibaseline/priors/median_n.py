"""A median without an interval: its spread follows from the number of patients."""

from __future__ import annotations

import math
from typing import final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.evidence import Findings
from icibaseline.priors.base import Alternative, CurveRoute, unusable
from icibaseline.survival import Curve, Exponential, Weibull

__all__ = ["MedianWithN"]

SHAPES = (0.75, 1.3)  # between which the curves of published salvage cohorts mostly lie
_NARROW, _WIDE = 1.0, 2.0
_EVENT_SHARE = 0.85  # of the patients, in the line that shows what counting events would claim


@final
@value
class MedianWithN(CurveRoute):
    """The route "median with n only": ``log m ~ N(log median, (factor / sqrt(n))^2)``.

    Parameters
    ----------
    factor : float
        Standard error of the log median times sqrt(n).

    Raises
    ------
    InvalidInput
        If `factor` is not positive.

    Notes
    -----
    A published median is the Kaplan-Meier estimate. Its asymptotic variance is Var(S(m)) / f(m)^2 by Greenwood's
    formula [1]_ [2]_, so that with a Weibull shape k and no censoring before the median

        SE(log m) = 1 / (k log(2) sqrt(n)),

    which is 1.443 / sqrt(n) for the exponential curve. The default of 1.6 allows 10 % for censoring and for small
    samples: simulated intervals of exponential samples of 18 to 44 patients then cover 94 to 97 % with 15 to 30 % of
    the patients censored, and 91 to 96 % with half of them censored. A shape from 0.72 to 1.44 moves the factor through
    the band from 2.0 to 1.0 that `sensitivity` shows. One over the root of the number of events is the standard error
    of another estimator, the exponential maximum likelihood one, and too small for a Kaplan-Meier median.

    References
    ----------
    .. [1] Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33. London:
       HMSO; 1926.
    .. [2] Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics 1982;38:29-41.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(supports="mcc_pfs_primary")
    >>> print(priors.MedianWithN().prior(found))
    lognormal, median 4.7, 95% 2.93 to 7.54
    """

    name = "median with n only"
    statistics = ("median",)
    parameters = ("median",)
    assumption = "exponential curve assumed: a median alone gives no shape"
    citations = ("greenwood1926", "brookmeyer1982")

    factor: float = attrs.field(default=1.6, kw_only=True, converter=as_field(_checks.positive))

    def _curve(self, prior: Distribution) -> Curve:
        return Exponential(median=prior)

    def _families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]:
        """Weibull curves through the median: it says nothing of the shape."""
        median, _ = _read(findings)
        return tuple((f"Weibull, shape {shape:g}", Weibull(median=median, shape=shape)) for shape in SHAPES)

    def _missing(self, findings: Findings) -> str | None:
        if [f.statistic for f in findings] != ["median"]:
            return "It needs exactly one median."
        return unusable(findings[0])

    def _prior(self, findings: Findings) -> NormalMixture:
        median, n = _read(findings)
        return NormalMixture.lognormal(median, self.factor / math.sqrt(n))

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        factors = {
            f"narrow end of the band, {_NARROW:g}/sqrt(n)": _NARROW,
            f"wide end of the band, {_WIDE:g}/sqrt(n)": _WIDE,
            "exponential curve without censoring, 1.443/sqrt(n)": 1 / math.log(2),
            f"rejected, 1/sqrt(events) with events = {_EVENT_SHARE:g} n": 1 / math.sqrt(_EVENT_SHARE),
        }
        return tuple(
            Alternative(label, prior=MedianWithN(factor=factor)._prior(findings)) for label, factor in factors.items()
        )

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        _, n = _read(findings)
        return (f"SE of log median = {self.factor:g}/sqrt({n}) = {self.factor / math.sqrt(n):.3f}",)

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        return ("no interval is printed with the median",)


def _read(findings: Findings) -> tuple[float, int]:
    (finding,) = findings
    return float(finding.value or 0), int(finding.n or 0)  # checked: neither is missing
