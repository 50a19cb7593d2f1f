"""A median that was not reached by a horizon, with a p value against a comparator whose median is known."""

from __future__ import annotations

import math
from typing import NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtr

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.errors import reject
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.relations import is_comparator, same_group, same_quantity
from icibaseline.priors.base import Alternative, CurveRoute
from icibaseline.priors.median_n import SHAPES, MedianWithN
from icibaseline.priors.p_value import PValueWithN
from icibaseline.survival import Curve, Exponential, Weibull

__all__ = ["NotReached"]

_AT_RISK = (0.4, 1.0)  # shown beside the one taken
_POINTS = 1001  # of the grid in log m
_REACH = 9.0  # standard errors to which it goes
_CONTRADICTION = 0.025
_IMPOSSIBLE = 1e-9


def _at_risk(name: str, given: object) -> float:
    rule = "a share of the patients above 0, up to 1"
    clean = _checks.number(name, given, rule)
    if not 0 < clean <= 1:
        reject(name, rule, given)
    return clean


def _effect(name: str, given: object) -> PValueWithN:
    return _checks.instance(name, given, PValueWithN, "a PValueWithN")  # type: ignore[no-any-return]


def _comparator(name: str, given: object) -> MedianWithN:
    return _checks.instance(name, given, MedianWithN, "a MedianWithN")  # type: ignore[no-any-return]


@final
@value
class NotReached(CurveRoute):
    """The route "not reached with horizon": the median of a group in which fewer than half had the event.

    Parameters
    ----------
    at_risk : float
        Patients who tell of the curve at the horizon, as a share of the group: the binomial sample that would give the
        Kaplan-Meier estimate there the same variance.
    effect : PValueWithN
        How the p value is read.
    comparator : MedianWithN
        How the comparator's median is read.

    Raises
    ------
    InvalidInput
        If `at_risk` is not a share, or the other two are not such routes.

    Notes
    -----
    For exponential curves log m = log m_c - log HR. The comparator's median m_c and the hazard ratio each have the
    prior of their own route, and are taken as independent. That the group's estimate had not fallen to one half by T
    months has, by its normal approximation with Greenwood's variance [1]_, the probability

        P(not reached | m) = Phi{(S - 1/2) / sqrt(S (1 - S) / n_eff)},    S = 2^(-T/m),    n_eff = at_risk n.

    Prior times probability, on a grid of log m, is replaced by the lognormal law with the same mean and variance of
    log m; `explain` says by how much the two distribution functions differ.

    The default of 0.65 is that of follow-up uniform between 3 and 60 months at a horizon of 36 months. With 31 patients
    it gives .085, .500 and .806 at medians of 24, 36 and 48 months, and simulated Kaplan-Meier estimates .092, .506 and
    .805.

    Two things are counted as independent that are not. The p value already uses the events of the group, which makes
    the prior narrower than it should be; the comparator's median and the hazard ratio err together, which makes it
    wider.

    References
    ----------
    .. [1] Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33. London:
       HMSO; 1926.

    Examples
    --------
    >>> import icibaseline as ici
    >>> print(ici.baseline("mcc_dss_acquired").prior)
    lognormal, median 47.8, 95% 23.9 to 95.6
    """

    name = "not reached with horizon"
    statistics = ("not reached", "p value")
    beside = ("median",)
    parameters = ("median",)
    assumption = "exponential curves assumed, also beyond the horizon"
    citations = ("greenwood1926", "schoenfeld1981", "parmar1998")
    not_a_control = (
        "A median that was not reached is bounded on one side only: it may describe a scenario, but not the control "
        "arm of a trial."
    )

    at_risk: float = attrs.field(default=0.65, kw_only=True, converter=as_field(_at_risk))
    effect: PValueWithN = attrs.field(factory=PValueWithN, kw_only=True, converter=as_field(_effect))
    comparator: MedianWithN = attrs.field(factory=MedianWithN, kw_only=True, converter=as_field(_comparator))

    def _curve(self, prior: Distribution) -> Curve:
        return Exponential(median=prior)

    def _families(self, findings: Findings) -> tuple[tuple[str, Curve], ...]:
        """Weibull curves of the same median: nothing is known of the shape."""
        median = self._prior(findings).median
        return tuple((f"Weibull, shape {shape:g}", Weibull(median=median, shape=shape)) for shape in SHAPES)

    def _missing(self, findings: Findings) -> str | None:
        kinds = sorted(f.statistic for f in findings)
        if kinds.count("not reached") != 1:
            return "It needs exactly one median that was not reached."
        own = next(f for f in findings if f.statistic == "not reached")
        if own.refused is not None:
            return f"{own.id} is refused: {own.refused}"
        if own.at is None or own.at <= 0:
            return f"{own.id} has no horizon, `at`: a median that was not reached by an unknown month says nothing."
        if own.n is None:
            return f"{own.id} has no n."
        if kinds != ["median", "not reached", "p value"]:
            return (
                "A median that was not reached may be any longer one. It also needs exactly one p value against a "
                "comparator, and the median of that comparator."
            )
        return self._unfit(_read(findings))

    def _unfit(self, read: _Read) -> str | None:
        """Why the three findings cannot be used together."""
        for route, finding in ((self.effect, read.p), (self.comparator, read.median)):
            missing = route._missing(Findings((finding,)))
            if missing is not None:
                return missing
        if not all(same_quantity(read.own, f) for f in (read.p, read.median)):
            return "The three findings differ in document, endpoint or origin."
        if not read.side:
            return f"{read.p.id} does not compare the groups of {read.own.id} and {read.median.id}."
        if read.own.n != (read.p.n if read.side < 0 else read.p.n_comparator):
            return f"{read.own.id} and {read.p.id} differ in the number of patients, n."
        if self._law(read).probability < _IMPOSSIBLE:
            return f"{read.p.id} and {read.median.id} leave no room for a median that long."
        return None

    def _prior(self, findings: Findings) -> NormalMixture:
        return self._law(_read(findings)).prior

    def _before(self, read: _Read) -> NormalMixture:
        """The median as the p value and the comparator give it."""
        ratio = self.effect._spread(Findings((read.p,)))
        comparator = self.comparator._prior(Findings((read.median,)))
        means = comparator.means[0] + read.side * np.array(ratio.means)
        sds = np.hypot(ratio.sds, comparator.sds[0])
        return NormalMixture(ratio.weights, tuple(means.tolist()), tuple(sds.tolist()), scale="log")

    def _law(self, read: _Read) -> _Law:
        before = self._before(read)
        low, high = np.array(before.means) - _REACH * np.array(before.sds), before.means + _REACH * np.array(before.sds)
        log_m = np.linspace(low.min(), high.max(), _POINTS)
        m = np.exp(log_m)
        density = before.pdf(m) * m
        chance = _chance(m, float(read.own.at or 0), self.at_risk * int(read.own.n or 0))
        probability = float(np.trapezoid(density * chance, log_m))
        if probability < _IMPOSSIBLE:
            return _Law(before, probability, math.nan)
        after = density * chance / (density * chance).sum()
        mean = float(after @ log_m)
        sd = math.sqrt(float(after @ (log_m - mean) ** 2))
        prior = NormalMixture((1.0,), (mean,), (sd,), scale="log")
        cumulative = np.cumsum(after) - after / 2
        return _Law(prior, probability, float(np.max(np.abs(cumulative - prior.cdf(m)))))

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        read = _read(findings)
        others = (
            *(
                (f"{share:g} of the patients at risk at the horizon", self.with_(at_risk=share), read)
                for share in _AT_RISK
            ),
            *(
                (label, self.with_(effect=effect), read._replace(p=p))
                for label, effect, p in self.effect._others(read.p)
            ),
        )
        before = self._before(read)
        bare = NormalMixture((1.0,), (before.link_mean,), (before.link_sd,), scale="log")
        return (
            Alternative("p value and comparator alone, without the horizon", prior=bare),
            *(Alternative(label, prior=route._law(found).prior) for label, route, found in others),
        )

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        read, law = _read(findings), self._law(_read(findings))
        before = self._before(read)
        n = int(read.own.n or 0)
        return (
            *(f"comparator: {step}" for step in self.comparator._explain(Findings((read.median,)))),
            *(f"hazard ratio: {step}" for step in self.effect._explain(Findings((read.p,)))),
            f"together: median {before.median:.1f} months, SE of its log {before.link_sd:.3f}",
            f"not reached by month {read.own.at:g}, {self.at_risk:g} x {n} = {self.at_risk * n:.1f} patients at risk, "
            f"which had probability {law.probability:.2f}",
            f"lognormal with the same mean {law.prior.link_mean:.3f} and SD {law.prior.link_sd:.3f} of the log: "
            f"distribution functions within {law.distance:.3f}",
        )

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        read = _read(findings)
        probability = self._law(read).probability
        lines = (
            ("the median was not reached: bounded on one side only", True),
            ("the p value and the median not reached are of the same patients, and counted as independent", True),
            (
                f"p and the comparator's median contradict a median beyond month {read.own.at:g} "
                f"(probability {probability:.1g})",
                probability < _CONTRADICTION,
            ),
        )
        return (*(line for line, holds in lines if holds), *self.effect._flags(Findings((read.p,))))


class _Read(NamedTuple):
    """The three findings, and the side of the comparison that the unreached median is on."""

    own: Finding
    p: Finding
    median: Finding
    side: float  # log m = log m_c + side log HR; 0 if the labels do not tell


class _Law(NamedTuple):
    """The prior, the probability of what was seen before it was, and the largest error of the lognormal law."""

    prior: NormalMixture
    probability: float
    distance: float


def _read(findings: Findings) -> _Read:
    own, p, median = (next(f for f in findings if f.statistic == kind) for kind in ("not reached", "p value", "median"))
    first, second = same_group(own, p), same_group(median, p)
    other = is_comparator(median if first else own, p)  # a third group is no comparator
    return _Read(own, p, median, (float(second) - float(first)) * other)


def _chance(m: FloatArray, horizon: float, n_eff: float) -> FloatArray:
    """Probability that the estimate is still above one half."""
    alive, dead = np.exp2(-horizon / m), -np.expm1(-horizon / m * math.log(2))
    with np.errstate(divide="ignore"):
        return np.asarray(ndtr((alive - 0.5) / np.sqrt(alive * dead / n_eff)))
