"""A median with its confidence interval: the interval says how uncertain the median is."""

from __future__ import annotations

import math
from typing import NamedTuple, final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import implied_shape, symmetric, symmetric_on_log_scale, z_of_level
from icibaseline.priors.base import Alternative, CurveRoute, unusable
from icibaseline.priors.median_n import SHAPES, MedianWithN
from icibaseline.survival import Curve, Exponential, Weibull

__all__ = ["MedianWithInterval"]

_SMALL = 50  # patients below whom Wald intervals of a median are too narrow
_USUAL = (0.6, 1.6)  # implied by the intervals of most curves
_UPWARD = 0.2  # most that simulated log medians are too high where the upper limit is not reached


@final
@value
class MedianWithInterval(CurveRoute):
    r"""The route "median with interval": ``log m ~ N(log median, SE^2)``, SE from the width of the interval.

    Parameters
    ----------
    floor : float
        Below 50 patients, the standard error read from a Wald interval is at least `floor` / sqrt(n); 0 for no floor.
    allowance : float
        Where the upper limit is not reached, the standard error is at least `allowance` / sqrt(n).
    unstated_level : float
        The level of an interval that the document prints without a name.

    Raises
    ------
    InvalidInput
        If `floor` is negative, `allowance` not positive, or `unstated_level` not strictly between 0 and 1.

    Notes
    -----
    With median m, limits L and U and z the normal quantile of (1 + level) / 2,

        SE = (U - L) / (2 z m)        if m is the middle of L and U but for rounding: a Wald interval [1]_,
        SE = log(U / L) / (2 z)       otherwise, as for the limits of Brookmeyer and Crowley [2]_,
        SE = log(m / L) / z           if U is not reached.

    The centre is log m in each case, not the middle of the interval. Rounding can make an interval of Brookmeyer and
    Crowley symmetric; it is then read as a Wald interval, which changes simulated coverage by less than half a point.

    Simulated Wald intervals of exponential samples of 18 to 44 patients cover the true median in 81 to 90 % of samples,
    and with the floor in 93 to 95 %. The width on the log scale covers in 91 to 96 % if the limits were found on the
    scale of log S or log(-log S), but at 18 patients in 88 to 89 % if on that of S. Where the upper limit is not
    reached, the lower half alone covers in 80 to 96 %, and with the allowance in 95 to 99 %.

    A Kaplan-Meier median of n patients with Weibull shape k has the standard error 1 / (k log(2) sqrt(n)); the shape
    that the interval implies, k = 1 / (log(2) sqrt(n) SE), is always reported. Outside 0.6 to 1.6 something else made
    the interval: scans that come together, a group defined by its outcome, heavy censoring, another kind of interval.

    References
    ----------
    .. [1] Collett D. Modelling Survival Data in Medical Research. 3rd ed. Boca Raton: CRC Press; 2015.
    .. [2] Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics 1982;38:29-41.

    Examples
    --------
    >>> import icibaseline as ici
    >>> from icibaseline import priors
    >>> printed = "5.2 (95% CI: 3.6 to 6.8)"
    >>> kind = dict(statistic="median", unit="months", interval_label="CI", level=0.95, supports="mine")
    >>> found = ici.Finding(
    ...     id="m", document="mine", printed=printed, value=5.2, lower=3.6, upper=6.8, n=40,
    ...     route="median with interval", **kind,
    ... )
    >>> route = priors.MedianWithInterval()
    >>> print(route.prior(ici.Findings((found,))))
    lognormal, median 5.2, 95% 3.53 to 7.66
    >>> print(*route.explain(ici.Findings((found,))), sep="\n")
    Wald interval: symmetric about the median
    SE of log median = (6.8 - 3.6)/(2 x 1.960 x 5.2) = 0.157
    raised to the floor 1.25/sqrt(40) = 0.198
    implied Weibull shape = 1/(ln 2 x sqrt(40) x 0.157) = 1.45
    """

    name = "median with interval"
    statistics = ("median",)
    parameters = ("median",)
    assumption = "exponential curve assumed: a median and its interval give no shape"
    citations = ("greenwood1926", "brookmeyer1982", "collett2015")

    floor: float = attrs.field(default=1.25, kw_only=True, converter=as_field(_checks.nonnegative))
    allowance: float = attrs.field(default=1.6, kw_only=True, converter=as_field(_checks.positive))
    unstated_level: float = attrs.field(default=0.95, kw_only=True, converter=as_field(_checks.open_unit))

    def _curve(self, prior: Distribution) -> Curve:
        return Exponential(median=prior)

    def _families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]:
        """Weibull curves through the median: its interval says nothing of the shape."""
        median = float(findings[0].value or 0)
        return tuple((f"Weibull, shape {shape:g}", Weibull(median=median, shape=shape)) for shape in SHAPES)

    def _missing(self, findings: Findings) -> str | None:
        if [f.statistic for f in findings] != ["median"]:
            return "It needs exactly one median."
        (finding,) = findings
        if finding.refused is None and finding.n is None:
            return f"{finding.id} has no n, which the least standard error and the implied shape need."
        return unusable(finding) or _unfit(finding)

    def _prior(self, findings: Findings) -> NormalMixture:
        return self._readings(findings)[0].prior

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        taken, *others = self._readings(findings)
        rows = [Alternative(f"read as {other.label}", prior=other.prior) for other in others]
        if 0 < taken.width < taken.least:
            bare = NormalMixture.lognormal(taken.median, taken.width)
            rows.append(Alternative(f"without the {taken.what} {taken.floor}", prior=bare))
        return (*rows, Alternative("n only, 1.6/sqrt(n)", prior=MedianWithN().prior(findings)))

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        taken = self._readings(findings)[0]
        steps = [f"{taken.label}: {taken.why}", f"SE of log median = {taken.formula} = {taken.width:.3g}"]
        if taken.least:
            done = "raised to" if taken.width < taken.least else "above"
            steps.append(f"{done} the {taken.what} {taken.floor} = {taken.least:.3g}")
        if taken.width:
            shape = f"1/(ln 2 x sqrt({taken.n}) x {taken.width:.3g}) = {taken.shape:.2f}"
            steps.append(f"implied Weibull shape = {shape}")
        return tuple(steps)

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        (finding,) = findings
        taken = self._readings(findings)[0]
        side = "narrower" if taken.shape > _USUAL[1] else "wider"
        lines = (
            (
                f"the interval has no name in print and is read as a {100 * self.unstated_level:g}% "
                "confidence interval",
                finding.interval_label == "unstated",
            ),
            (
                f"the interval is {side} than that of a median of {taken.n} patients: implied Weibull shape "
                f"{taken.shape:.2f}, usual are {_USUAL[0]:g} to {_USUAL[1]:g}",
                not _USUAL[0] <= taken.shape <= _USUAL[1],
            ),
            (
                "medians whose upper limit is not reached tend to be too high, on average by up to about "
                f"{_UPWARD:g} on the log scale",
                finding.upper is None,
            ),
            ("the lower limit is not a positive time", (finding.lower or 0) <= 0),
        )
        return tuple(line for line, holds in lines if holds)

    def _readings(self, findings: Findings) -> tuple[_Reading, ...]:
        """The reading of the interval that is taken, and those that are not."""
        (f,) = findings
        m, n, low = float(f.value or 0), int(f.n or 0), float(f.lower or 0)  # checked: none is missing
        z = z_of_level(self.unstated_level if f.level is None else f.level)
        if f.upper is None:
            return (_open(m, n, low, z, self.allowance),)
        wald = _wald(m, n, (low, f.upper), z, self.floor if n < _SMALL else 0.0)
        if low <= 0:
            return (wald,)
        log = _log_width(m, n, (low, f.upper), z)
        if not symmetric(m, low, f.upper, f.decimals):
            return log, wald
        if symmetric_on_log_scale(m, low, f.upper, f.decimals):
            wald = wald._replace(why=f"{wald.why}, to rounding on the log scale too")
        return wald, log


class _Reading(NamedTuple):
    """What the interval says if it is of one kind."""

    label: str
    why: str
    formula: str
    median: float
    n: int
    width: float  # standard error of the log median, from the limits
    what: str = ""
    factor: float = 0.0  # of the least standard error, times root n

    @property
    def least(self) -> float:
        return self.factor / math.sqrt(self.n)

    @property
    def floor(self) -> str:
        return f"{self.factor:g}/sqrt({self.n})"

    @property
    def prior(self) -> NormalMixture:
        return NormalMixture.lognormal(self.median, max(self.width, self.least))

    @property
    def shape(self) -> float:
        return implied_shape(self.n, self.width) if self.width else math.inf


def _wald(m: float, n: int, limits: tuple[float, float], z: float, floor: float) -> _Reading:
    low, high = limits
    formula = f"({high:g} - {low:g})/(2 x {z:.3f} x {m:g})".replace("- -", "+ ")
    width = (high - low) / (2 * z * m)
    return _Reading("Wald interval", "symmetric about the median", formula, m, n, width, "floor", floor)


def _log_width(m: float, n: int, limits: tuple[float, float], z: float) -> _Reading:
    low, high = limits
    formula = f"ln({high:g}/{low:g})/(2 x {z:.3f})"
    width = math.log(high / low) / (2 * z)
    return _Reading("Brookmeyer-Crowley interval, by its log width", "not symmetric", formula, m, n, width)


def _open(m: float, n: int, low: float, z: float, allowance: float) -> _Reading:
    formula, width = f"ln({m:g}/{low:g})/{z:.3f}", math.log(m / low) / z
    return _Reading("lower half of the interval", "upper limit not reached", formula, m, n, width, "least", allowance)


def _unfit(f: Finding) -> str | None:
    """Why a usable median has no interval that can be read; None if it has one."""
    m, low, high = float(f.value or 0), f.lower, f.upper
    if f.interval_label not in ("CI", "unstated") or f.interval_unit not in (None, "months"):
        printed = "no interval" if f.interval_label is None else f"a {f.interval_label} in {f.interval_unit or f.unit}"
        return f"{f.id} has {printed}; a confidence interval in months is needed."
    if low is None:
        return f"{f.id} has no lower limit, without which nothing bounds the median from below; it is needed."
    if low > m or (high is not None and high < m):
        return f"{f.id} lies outside its interval; a median and limits that belong together are needed."
    if low <= 0 and (high is None or not symmetric(m, low, high, f.decimals)):
        return f"{f.id} has a lower limit that is not positive and no Wald interval; a positive limit is needed."
    return None
