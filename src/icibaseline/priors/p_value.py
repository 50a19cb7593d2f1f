"""A p value with the numbers of patients of two groups: a prior of their hazard ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.distributions import NormalMixture
from icibaseline.distributions.base import legendre_nodes
from icibaseline.errors import reject
from icibaseline.evidence import Finding, Findings
from icibaseline.evidence.arithmetic import (
    events_implied,
    information,
    rounded_range,
    selection_corrected,
    two_sided_z,
)
from icibaseline.evidence.relations import sides
from icibaseline.priors.base import Alternative, Route

__all__ = ["PValueWithN"]

EVENT_SHARES = {"PFS": (0.7, 1.0), "TTP": (0.7, 1.0), "OS": (0.3, 0.8), "DSS": (0.3, 0.8), "PPS": (0.3, 0.8)}
_SHARE_NODES, _P_NODES = 32, 6
_EXACT = 400  # digits after the point: more than any float has
_SIGNIFICANT = 0.05
_LEAST_SHARE = 0.3  # of the patients: fewer events would leave medians that nobody prints


def _share(name: str, given: object) -> tuple[float, float]:
    rule = "two shares of the patients above 0 and up to 1, the second not below the first"
    low, high = _checks.pair(name, given, _checks.number, rule)
    if not 0 < low <= high <= 1:
        reject(name, rule, given, "For example (0.7, 1.0).")
    return low, high


@final
@value
class PValueWithN(Route):
    """The route "p value with n": the hazard ratio of the group over the comparator from a two-sided p value.

    Parameters
    ----------
    event_share : tuple of (float, float), optional
        Between which shares of all patients of the two groups the number of events lies, where it is not printed. By
        default 0.7 to 1 for PFS and TTP, 0.3 to 0.8 for OS, DSS and PPS.
    widening : float
        The standard error is multiplied by ``1 + widening (log HR)^2``; 0 leaves it as it is without an effect.
    selected : bool
        Take the comparison as one that was reported because p was below 0.05.

    Raises
    ------
    InvalidInput
        If `event_share` is not two increasing shares, `widening` is negative or `selected` not a truth value.

    Notes
    -----
    With D events among N patients in groups of n1 and n2, the log-rank statistic has nearly the mean sqrt(V) log HR and
    variance 1, V = D n1 n2 / N^2 [1]_ [2]_ [3]_. So z, of which p tells the size and `favours` the side, gives

        log HR ~ N(z / sqrt(V), 1 / V).

    D is seldom printed: D = f N with f uniform on `event_share`, and p is uniform on the numbers that print like it.
    The prior of log HR is normal, with mean E(z / sqrt(V)) and variance E(1 / V) + Var(z / sqrt(V)) over both, by
    Gauss-Legendre quadrature (32 by 6 nodes). A finding's own `events`, of both groups together, are taken where given.

    Away from HR 1 the log-rank statistic grows more slowly than sqrt(V) log HR, as the risk sets shift: a given z
    leaves more room for log HR than 1 / sqrt(V). In simulated trials the standard error of Cox's model exceeds
    1 / sqrt(V) by 3 to 10 % at HR 2 and 6 to 17 % at HR 2.8, by group sizes and censoring; 1 + 0.1 (log HR)^2 lies in
    between. Over all simulated trials of 44 against 31 patients with HR 1 to 2.8 and events in 0.7 to 1 of them,
    intervals then cover the true log HR in 94 to 98 %. But a p below 0.001 is mostly printed as a bound, and refused.
    Of the trials with p of 0.001 or more they cover 94 to 98 % for HR 1 to 2, and at HR 2.8 only 86, 90 and 93 % with
    events in 0.7, 0.85 and all of the patients. Selection by a printable p pulls large effects towards HR 1: p = 0.001
    is read as HR 2.3 there, a larger p as less. With events in 0.55, outside the range assumed, they cover 91 % at HR 2
    and 77 % at HR 2.8 (92 and 86 % of all trials). Nothing corrects for this.

    ``selected=True`` replaces z by the mean that is likeliest given that only p below 0.05 would have been reported,
    as for odds ratios in genome-wide studies [4]_. It moves the location only. Of trials with p below 0.05,
    those below 0.001 included, the intervals then cover 69 to 98 %, too low where the effect is large; without the
    correction they cover 13 to 15 % where there is none.

    References
    ----------
    .. [1] Schoenfeld D. The asymptotic properties of nonparametric tests for comparing survival distributions.
       Biometrika 1981;68:316-319.
    .. [2] Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published
       literature for survival endpoints. Stat Med 1998;17:2815-2834.
    .. [3] Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary
       time-to-event data into meta-analysis. Trials 2007;8:16.
    .. [4] Zhong H, Prentice RL. Bias-reduced estimators and confidence intervals for odds ratios in genome-wide
       association studies. Biostatistics 2008;9:621-634.

    Examples
    --------
    >>> from icibaseline import evidence, priors
    >>> found = evidence.findings(supports="mcc_loghr_pfs")
    >>> print(priors.PValueWithN().prior(found))
    lognormal, median 2.02, 95% 1.19 to 3.43
    """

    name = "p value with n"
    statistics = ("p value",)
    beside = ("median",)
    compares = True
    quantity = "hazard ratio"
    parameters = ("hazard ratio",)
    assumption = "log-rank test and proportional hazards assumed: a p value names neither"
    citations = ("schoenfeld1981", "parmar1998", "tierney2007", "zhong2008")

    event_share: tuple[float, float] | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_share))
    )
    widening: float = attrs.field(default=0.1, kw_only=True, converter=as_field(_checks.nonnegative))
    selected: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def _missing(self, findings: Findings) -> str | None:
        if [f.statistic for f in findings if f.statistic not in self.beside] != ["p value"]:
            return "It needs exactly one p value."
        return next(self._lacking(_comparison(findings)), None)

    def _lacking(self, f: Finding) -> Iterator[str]:
        """Everything for which a p value cannot be used, the gravest first."""
        if f.refused is not None:
            yield f"{f.id} is refused: {f.refused}"
        if f.p_bound or (f.p is not None and rounded_range(f.p, f.decimals)[0] <= 0):
            yield self._bound(f)
        for name in ("n", "n_comparator", "favours"):
            if getattr(f, name) is None:
                yield f"{f.id} has no {name}, without which p says nothing of the size or the side of the difference."
        if f.events is None and self._range(f) is None:
            yield f"{f.id} has no number of events, and no `event_share` is known for its endpoint {f.endpoint}."
        if f.events is not None and not 0 < f.events <= (f.n or 0) + (f.n_comparator or 0):
            yield f"{f.id} must have events, and not more than patients in both groups."
        if self.selected and rounded_range(f.p or 0, f.decimals)[1] > _SIGNIFICANT:
            yield f"{f.id} was not reported for a p below {_SIGNIFICANT:g}: its p is {f.p:g}."

    def _bound(self, f: Finding) -> str:
        """What a p value says that is only known to lie below a number."""
        most = float(f.p or 0) if f.p_bound else rounded_range(f.p or 0, f.decimals)[1]
        z, share = two_sided_z(most), self._range(f)
        said = f"{f.id} is a bound: p below {most:g} says that |z| is at least {z:.2f}"
        if f.n is None or f.n_comparator is None or share is None:
            return f"{said}, not how large it is."
        events = f.events or share[1] * (f.n + f.n_comparator)
        least = math.exp(z / math.sqrt(information(events, f.n, f.n_comparator)))
        return (
            f"{said}, and with {events:g} events, the most that are assumed, that the estimated hazard ratio is at "
            f"least {least:.2f} or at most {1 / least:.2f}; not how far beyond."
        )

    def _prior(self, findings: Findings) -> NormalMixture:
        spread = self._spread(findings)
        return NormalMixture((1.0,), (spread.link_mean,), (spread.link_sd,), scale="log")

    def _spread(self, findings: Findings) -> NormalMixture:
        """The prior before it is taken as one normal law: a component for each node of the quadrature."""
        f = _comparison(findings)
        z, z_weights = self._z(f)
        v, v_weights = self._information(f)
        side = 1.0 if f.favours == "comparator" else -1.0
        means = side * np.divide.outer(z, np.sqrt(v))
        sds = (1 + self.widening * means**2) / np.sqrt(v)
        weights = np.outer(z_weights, v_weights)
        flat = [tuple(part.ravel().tolist()) for part in (weights, means, sds)]
        return NormalMixture(flat[0], flat[1], flat[2], scale="log")

    def _z(self, f: Finding) -> tuple[FloatArray, FloatArray]:
        low, high = rounded_range(f.p or 0, f.decimals)
        p, weights = _uniform(low, min(high, 1.0), _P_NODES)  # no p is above 1
        z = [two_sided_z(x) for x in p]
        return np.array([selection_corrected(x) for x in z] if self.selected else z), weights

    def _information(self, f: Finding) -> tuple[FloatArray, FloatArray]:
        n, n_comparator = int(f.n or 0), int(f.n_comparator or 0)
        if f.events is not None:
            return np.array([information(f.events, n, n_comparator)]), np.ones(1)
        share, weights = _uniform(*(self._range(f) or (1.0, 1.0)), _SHARE_NODES)
        return np.array([information(x * (n + n_comparator), n, n_comparator) for x in share]), weights

    def _range(self, f: Finding) -> tuple[float, float] | None:
        return self.event_share or EVENT_SHARES.get(str(f.endpoint))

    def _sensitivity(self, findings: Findings) -> tuple[Alternative, ...]:
        f = _comparison(findings)
        made = [Alternative(label, prior=route._prior(Findings((g,)))) for label, route, g in self._others(f)]
        logs = _medians(f, findings)
        if logs is not None and logs.ratio and logs.z:
            prior = NormalMixture((1.0,), (logs.ratio,), (abs(logs.ratio) / logs.z,), scale="log")
            made.append(Alternative("rejected: ratio of medians read as hazard ratio, SE = |log ratio|/z", prior=prior))
        return tuple(made)

    def _others(self, f: Finding) -> Iterator[tuple[str, PValueWithN, Finding]]:
        """The same by other assumptions, or with another p that prints alike."""
        for share in self._shares(f):
            yield f"events in {share:g} of the patients", self.with_(event_share=(share, share)), f
        for p in rounded_range(float(f.p or 0), f.decimals):
            if p < 1:
                yield f"p = {p:g}, which rounds to {f.p:g}", self, f.with_(p=p, decimals=_EXACT)
        other = self.with_(selected=not self.selected)
        if next(other._lacking(f), None) is None:
            yield "if reported because significant" if other.selected else "if reported whatever it was", other, f

    def _shares(self, f: Finding) -> tuple[float, ...]:
        """The least, the middle and the largest share of events that is assumed; none if their number is known."""
        low, high = self._range(f) or (1.0, 1.0)
        return () if f.events is not None else tuple(dict.fromkeys((low, (low + high) / 2, high)))

    def _explain(self, findings: Findings) -> tuple[str, ...]:
        f, spread = _comparison(findings), self._spread(findings)
        z, patients = two_sided_z(float(f.p or 0)), int(f.n or 0) + int(f.n_comparator or 0)
        low, high = self._range(f) or (1.0, 1.0)
        events = f"{f.events}" if f.events is not None else f"{low:g} to {high:g} x {patients}"
        corrected = f"; {selection_corrected(z):.3f} is likeliest if only p below {_SIGNIFICANT:g} is reported"
        return (
            f"z = {z:.3f} from p = {f.p:g}{self._rounding(f, findings)}{corrected if self.selected else ''}",
            f"log hazard ratio = z/sqrt(V), V = D {f.n} {f.n_comparator}/{patients}^2, D = {events} events: "
            f"{spread.link_mean:.3f}",
            f"SE = 1/sqrt(V) x {1 + self.widening * spread.link_mean**2:.3f}, wider as Cox's is away from 1, with the "
            f"spread over D and the rounding of p: {spread.link_sd:.3f}",
            *self._shape(f, findings),
        )

    def _rounding(self, f: Finding, findings: Findings) -> str:
        low, high = rounded_range(float(f.p or 0), f.decimals)
        exact = self._spread(Findings((f.with_(decimals=_EXACT),)))
        more = self._spread(findings).link_sd / exact.link_sd - 1
        zs = f"{two_sided_z(min(high, 1.0)):.3f} to {two_sided_z(low):.3f}"
        return f" (rounded: {zs}, which adds {100 * more:.1f} % to the SE)"

    def _shape(self, f: Finding, findings: Findings) -> Iterator[str]:
        logs = _medians(f, findings)
        if logs is not None and logs.ratio:
            routes = [self.with_(event_share=(share, share)) for share in self._shares(f)] or [self]
            ends = sorted(route._spread(findings).link_mean / logs.ratio for route in routes)
            yield f"log hazard ratio over log ratio of medians, an indicative shape: {ends[0]:.2f} to {ends[-1]:.2f}"

    def _flags(self, findings: Findings) -> tuple[str, ...]:
        f = _comparison(findings)
        return ("test of the p value not named, log-rank assumed", *_disagreement(f, _medians(f, findings)))


class _Medians(NamedTuple):
    """What the medians of both sides say beside z."""

    ratio: float  # log of comparator over group, which is log HR for exponential curves
    z: float


def _comparison(findings: Findings) -> Finding:
    return next(f for f in findings if f.statistic == "p value")


def _medians(f: Finding, findings: Findings) -> _Medians | None:
    both = sides(f, findings)
    if both is None or any(m.refused is not None or (m.value or 0) <= 0 for m in both) or both[0].unit != both[1].unit:
        return None
    group, comparator = (float(m.value or 0) for m in both)
    return _Medians(math.log(comparator / group), two_sided_z(float(f.p or 0)))


def _disagreement(f: Finding, medians: _Medians | None) -> Iterator[str]:
    if medians is None:
        return
    if medians.ratio * (1 if f.favours == "comparator" else -1) < 0:
        yield f"the medians contradict that the {f.favours} did better"
    patients = int(f.n or 0) + int(f.n_comparator or 0)
    implied = (
        events_implied(medians.z, medians.ratio, int(f.n or 0), int(f.n_comparator or 0)) if medians.ratio else math.inf
    )
    if not _LEAST_SHARE * patients <= implied <= patients:
        yield (
            f"median ratio and p disagree: non-proportional hazards, another test, or a subgroup "
            f"({implied:.0f} events implied of {patients} patients)"
        )


def _uniform(low: float, high: float, points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a uniform law; one node if it is a single number."""
    if low == high:
        return np.array([low]), np.ones(1)
    x, weights = legendre_nodes(points)
    return (low + high) / 2 + (high - low) / 2 * x, weights
