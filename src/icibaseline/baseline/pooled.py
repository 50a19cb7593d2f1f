"""Several cohorts as one: a random-effects meta-analysis without simulation."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, replace_unknowns, value
from icibaseline.baseline.base import Population
from icibaseline.baseline.cohort import Baseline
from icibaseline.baseline.patients import shared_patients
from icibaseline.distributions import BivariateNormal, HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput, reject
from icibaseline.survival import Curve, Exponential

__all__ = ["Pool", "pool"]

_TAU_NODES = 48  # quantiles of the predictive law within 3e-8
_ALIKE = ("endpoint", "tumour", "population", "resistance", "treatment", "origin", "assessed_every")
_WIDTHS = (0.25, 0.5)  # half-normal scales for like studies and for unlike ones


def _member(name: str, given: object) -> Baseline:
    found: Baseline = _checks.instance(name, given, Baseline, "a Baseline")
    if found.not_a_control is not None:
        reject(name, "a Baseline that can be a control arm", found.id, found.not_a_control)
    chosen = [x for x in ("assessment_every", "event_free", "shape") if getattr(found, x) is not None]
    if chosen or found.at_median:
        rule = f"a Baseline without `{', '.join(chosen) or 'at_median'}`: a pool is of medians as they were printed"
        reject(name, rule, found.id)
    if found.parameters[0] != "median":
        hint = f"Its prior is on the {' and the '.join(found.parameters)}."
        reject(name, "a Baseline with a prior of the median, to be pooled", found.id, hint)
    own = _prior_of_median(found)
    if not isinstance(own, NormalMixture) or own.scale != "log" or len(own.means) > 1:
        hint = f"Its prior is {found.prior!r}."
        reject(name, "a Baseline with one lognormal prior of the median, to be pooled", found.id, hint)
    return found


def _prior_of_median(item: Baseline) -> Any:
    return item.prior.marginal(0) if isinstance(item.prior, BivariateNormal) else item.prior


def _log_median(item: Baseline) -> tuple[float, float]:
    """Mean and standard deviation of the log median."""
    own = _prior_of_median(item)
    return own.means[0], own.sds[0]


def _heterogeneity(name: str, given: object) -> HalfNormal:
    hint = "For a tau that is known: baseline.prior.inflate(tau)."
    return _checks.instance(name, given, HalfNormal, "a HalfNormal", hint)  # type: ignore[no-any-return]


@final
@value
class Pool(Population):
    """Several cohorts taken as a sample of studies like the next one; `pool` makes one.

    Parameters
    ----------
    members : sequence of Baseline
        Cohorts with different patients.
    heterogeneity : HalfNormal, optional
        Prior of the standard deviation tau of log medians between studies; ``HalfNormal(0.25)`` for studies that are
        alike, ``HalfNormal(0.5)`` for those that `mismatch` explains.
    mismatch : str, optional
        Why cohorts that differ in endpoint, tumour, resistance, treatment or time origin may be pooled.
    at_median : bool, optional
        Plug in the median, as `Scenario.typical` does.

    Raises
    ------
    InvalidInput
        If two members rest on the same patients, or they differ and no `mismatch` says why they may.

    Notes
    -----
    The log median y_h of study h is N(theta_h, s_h^2), theta_h is N(mu, tau^2), mu has a flat prior and tau a
    half-normal one [1]_ [2]_. Given tau, with P = sum 1 / (s_h^2 + tau^2) and the weighted mean m, the next study has

        theta* ~ N(m, 1 / P + tau^2),

    and the likelihood of tau is prod (s_h^2 + tau^2)^(-1/2) exp(-(y_h - m)^2 / (2 (s_h^2 + tau^2))) P^(-1/2). The
    integral over tau by 48 Gauss-Legendre nodes is a mixture of normals; its quantiles are right to 3e-8.

    References
    ----------
    .. [1] Neuenschwander B, Capkun-Niggli G, Branson M, Spiegelhalter DJ. Summarizing historical information on
       controls in clinical trials. Clin Trials 2010;7:5-18.
    .. [2] Friede T, Roever C, Wandel S, Neuenschwander B. Meta-analysis of few small studies in orphan diseases.
       Res Synth Methods 2017;8:79-91.

    Examples
    --------
    >>> import icibaseline as ici
    >>> both = ici.pool(ici.baseline("mcc_pfs_primary"), ici.baseline("nsclc_pfs_primary"),
    ...                 mismatch="another tumour, to show how much the next study may differ")
    >>> print(both.prior.interval())
    (0.81..., 12.9...)
    """

    members: tuple[Baseline, ...] = attrs.field(
        converter=as_field(lambda name, given: _checks.sequence(name, given, _member, 2, "two or more Baselines"))
    )
    heterogeneity: HalfNormal = attrs.field(
        default=attrs.Factory(lambda self: HalfNormal(_WIDTHS[self._differences != ()]), takes_self=True),
        kw_only=True,
        converter=as_field(_heterogeneity),
    )
    mismatch: str | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.text)))
    at_median: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def __attrs_post_init__(self) -> None:
        twice = shared_patients(self.members)
        if twice is not None or len({m.id for m in self.members}) < len(self.members):
            both = [b.id for b in twice or self.members]
            reject("members", "cohorts of different patients; the same patients cannot count twice", both)
        if self._differences and self.mismatch is None:
            rule = "`mismatch` must say why unlike cohorts may be pooled"
            raise InvalidInput(f"{rule}; got nothing, and they differ in {', '.join(self._differences)}.")

    @property
    def _differences(self) -> tuple[str, ...]:
        firsts = [m.findings[0] for m in self.members]
        return tuple(name for name in _ALIKE if len({getattr(f, name) for f in firsts}) > 1)

    # ---- the meta-analysis -----------------------------------------------------------------------

    @cached_property
    def _given_tau(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Nodes of tau, their posterior weights, and mean and variance of mu at each."""
        y, s = map(np.array, zip(*map(_log_median, self.members), strict=True))
        tau, before = self.heterogeneity.nodes(_TAU_NODES)
        spread = s**2 + tau[:, None] ** 2
        precision = (1 / spread).sum(axis=1)
        mean = (y / spread).sum(axis=1) / precision
        fit = (np.log(spread) + (y - mean[:, None]) ** 2 / spread).sum(axis=1) + np.log(precision)
        weights = before * np.exp(-(fit - fit.min()) / 2)
        return tau, weights / weights.sum(), mean, 1 / precision

    @property
    def prior(self) -> NormalMixture:
        """The law of the median in the next study, months."""
        tau, weights, mean, variance = self._given_tau
        return _mixture(weights, mean, np.sqrt(variance + tau**2))

    @property
    def mean(self) -> NormalMixture:
        """The law of the median about which the studies vary, months."""
        _, weights, mean, variance = self._given_tau
        return _mixture(weights, mean, np.sqrt(variance))

    @property
    def tau(self) -> float:
        """Posterior mean of the standard deviation of log medians between studies."""
        tau, weights, _, _ = self._given_tau
        return float(weights @ tau)

    # ---- as a population -------------------------------------------------------------------------

    @property
    def curve(self) -> Curve:
        """The exponential curve of the next study, uncertain as the prior is, or the one at its median."""
        return self.typical if self.at_median else Exponential(median=self.prior)

    @property
    def typical(self) -> Curve:
        """The exponential curve at the prior median."""
        return replace_unknowns(Exponential(median=self.prior), lambda prior: prior.typical)

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """The members."""
        return self.members

    @property
    def flags(self) -> tuple[str, ...]:
        """Those of the members, in what they differ and why that may be."""
        own = [] if not self._differences else [f"pooled though they differ in {', '.join(self._differences)}"]
        own += [] if self.mismatch is None else [f"reason given: {self.mismatch}"]
        own.append("exponential curve assumed for the pooled median")
        return tuple(dict.fromkeys((*own, *(flag for b in self.members for flag in b.flags))))


def _mixture(weights: FloatArray, means: FloatArray, sds: FloatArray) -> NormalMixture:
    shares, centres, spreads = (tuple(part.tolist()) for part in (weights, means, sds))
    return NormalMixture(shares, centres, spreads, scale="log")


@_checks.callable_by_name
def pool(*members: Baseline, heterogeneity: HalfNormal | None = None, mismatch: str | None = None) -> Pool:
    """Several cohorts as a sample of studies like the next one.

    Parameters
    ----------
    *members : Baseline
        Two or more cohorts with different patients.
    heterogeneity : HalfNormal, optional
        Prior of the standard deviation of log medians between studies; ``HalfNormal(0.25)`` if the cohorts are alike,
        else ``HalfNormal(0.5)``.
    mismatch : str, optional
        Why cohorts that differ in endpoint, tumour, resistance, treatment or time origin may be pooled.

    Returns
    -------
    Pool
        Its `prior` is the law of the median in the next study; to be used as `control` of a scenario.

    Raises
    ------
    InvalidInput
        As `Pool`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.pool(ici.baseline("mcc_pfs_primary"), ici.baseline("mcc_dss_primary"))
    Traceback (most recent call last):
    icibaseline.errors.InvalidInput: `members` must be cohorts of different patients; the same patients cannot...
    """
    if heterogeneity is None:
        return Pool(members, mismatch=mismatch)
    return Pool(members, heterogeneity=heterogeneity, mismatch=mismatch)
