"""A published cohort: findings, the prior made from them, and what it means for a trial."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import replace_unknowns, value
from icibaseline.baseline import fields
from icibaseline.baseline.base import Population
from icibaseline.baseline.predictive import next_study
from icibaseline.baseline.transport import seen_by_scans
from icibaseline.baseline.wording import disputed, not_made
from icibaseline.distributions import BivariateNormal, Distribution, HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.evidence import (
    Documents,
    Findings,
    companions,
    compares_classes,
    document_digest,
    documents,
    findings as all_findings,
    lookup,
)
from icibaseline.priors import Alternative, Bias, Counts, CurveRoute, Route, admissible, biased, route_of
from icibaseline.survival import Curve, Weibull

__all__ = ["Baseline", "behind"]


def behind(id: str) -> Findings:
    """The findings of the library behind a prior: those that support it, and those that they are read with."""
    supporting = lookup(id)
    return Findings((*supporting, *companions(supporting, all_findings())))


def _digests_now(made: Baseline) -> tuple[tuple[str, str], ...]:
    return tuple((document.id, document.digest) for document in made.documents)


def _cited_now(made: Baseline) -> tuple[str, ...]:
    return tuple(document.citation for document in made.documents)


_POSITIVE = as_field(_checks.optional(_checks.positive))


@final
@value
class Baseline(Population):
    """What published findings say about a group of patients; `baseline` makes those of the library.

    Parameters
    ----------
    id : str
        Public id of the prior.
    findings : Findings
        The findings that it rests on, which all name one route, and after them those that they are read with.
    by : Route, optional
        The route with assumptions of one's own, or another one; without it, the one that the findings name.
    bias : Bias, optional
        Allowance for what the findings may be off by; a comparison that was not randomised must have one.
    prior : Distribution, optional
        Prior of the parameters in the population of the source; without it, what the route gives, with the allowance
        for bias. It is on the median in months, jointly on the median and another number, on a response rate, a hazard
        ratio or shares: see `parameters`.
    shape : float, optional
        Weibull shape of the curve, in place of an exponential one. Only with a prior on the median alone.
    assessment_every : float, optional
        Months between two scans of the trial. Progression is seen at the next scan, so that the median that the trial
        will observe is longer: see `observed`.
    event_free : float, optional
        Months that a patient must have lived without the event after the source's time origin to enter the trial.
    at_median : bool, optional
        Plug in the prior median instead of the prior, as `Scenario.typical` does.
    evidence : tuple of (str, str), optional
        Id and digest of each document that was used; without it, those of today.
    cited : tuple of str, optional
        Citations of these documents, which are kept where a document is not loaded; without it, those of today.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds or the prior does not suit the curve.
    RefusedFinding
        If a finding cannot become a prior, or lacks what the route needs.

    See Also
    --------
    baseline : looks one up.
    mix : a population of several.

    Notes
    -----
    The prior describes the patients of the source. The control arm of a new trial also differs from study to study:
    see `predictive`. `curve` is that of the trial's patients: with ``event_free`` a, survival is S(t + a) / S(a). Scans
    delay what is seen by half an interval on average and leave the curve as it is.

    Examples
    --------
    >>> import icibaseline as ici
    >>> control = ici.baseline("mcc_pfs_primary")
    >>> print(control.route.splitlines()[0])
    median with n only: SE of log median = 1.6/sqrt(44) = 0.241
    >>> print(control.typical)
    exponential, median 4.7 months
    >>> print(control.with_(shape=0.75).typical)
    Weibull, median 4.7 months, shape 0.75
    """

    id: str = attrs.field(converter=as_field(_checks.text))
    findings: Findings = attrs.field(kw_only=True, converter=as_field(fields.findings))
    by: Route | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(fields.route)))
    bias: Bias | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(fields.bias)))
    prior: Distribution = attrs.field(
        default=attrs.Factory(lambda self: self._computed, takes_self=True),
        kw_only=True,
        converter=as_field(fields.prior),
    )
    shape: float | None = attrs.field(default=None, kw_only=True, converter=_POSITIVE)
    assessment_every: float | None = attrs.field(default=None, kw_only=True, converter=_POSITIVE)
    event_free: float | None = attrs.field(default=None, kw_only=True, converter=_POSITIVE)
    at_median: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    evidence: tuple[tuple[str, str], ...] = attrs.field(
        default=attrs.Factory(_digests_now, takes_self=True), kw_only=True, converter=as_field(fields.digests)
    )
    cited: tuple[str, ...] = attrs.field(
        default=attrs.Factory(_cited_now, takes_self=True), kw_only=True, converter=as_field(fields.citations)
    )

    def __attrs_post_init__(self) -> None:
        self._computed  # noqa: B018  findings and bias must suit the route
        if self.shape is not None and self.prior.dimension != 1:
            reject("shape", "left out: the prior is on median and shape together", self.shape, "Give `prior` too.")
        needed = ("median",) if self.shape is not None else self.parameters
        if self.prior.dimension != len(needed) and self.quantity != "shares":  # of which there may be any number
            reject("prior", f"a prior on the {' and the '.join(needed)}", self.prior)
        if self._route.needs_bias(self._read) and self.bias is None:
            rule = "`bias` must be given for a comparison that was not randomised"
            raise RefusedFinding(f"{rule}; got {self.id!r} without it. {self._route.needs_bias(self._read)}")
        for name in ("shape", "assessment_every", "event_free"):
            if getattr(self, name) is not None and not isinstance(self._route, CurveRoute):
                reject(name, f"left out for a prior of the {self.quantity}", getattr(self, name))
        if self.assessment_every is not None and self.parameters[0] != "median":
            reject("assessment_every", "left out for a prior that is not on the median", self.assessment_every)

    @property
    def _derived(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("prior",) if self.as_found else ()

    # ---- the prior -------------------------------------------------------------------------------

    @cached_property
    def _route(self) -> Route:
        return self.by or route_of(self.findings)

    @property
    def _read(self) -> Findings:
        return self._route.select(self.findings)

    @cached_property
    def _computed(self) -> Distribution:
        return biased(self._route.prior(self._read), self.bias, self.parameters[0])

    @property
    def as_found(self) -> bool:
        """Whether the prior is the one that the findings give, and not one given by hand."""
        return self.prior == self._computed

    @property
    def quantity(self) -> str:
        """What kind of number the prior is on: "survival", "response rate", "hazard ratio" or "shares"."""
        return self._route.quantity

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the prior is on, in the order of its coordinates."""
        return self._route.parameters

    @property
    def history(self) -> tuple[int, int, tuple[float, float]] | None:
        """Responses, patients and the beta parameters before them that make the prior; None if of other things."""
        if not isinstance(self._route, Counts) or not self.as_found or self.bias is not None:
            return None
        return (*self._route.counted(self._read), self._route.prior_counts)

    # ---- the curve -------------------------------------------------------------------------------

    @property
    def curve(self) -> Curve:
        """The survival curve of the trial's patients, uncertain as the prior is, or the one at its median.

        Raises
        ------
        RefusedFinding
            If the prior is not that of a survival curve.
        """
        made = self._uncertain
        return replace_unknowns(made, lambda prior: prior.typical) if self.at_median else made

    @property
    def typical(self) -> Any:
        """The survival curve at the prior median; without a curve, the rate, ratio or shares."""
        if not isinstance(self._route, CurveRoute):
            return self.prior.typical
        return replace_unknowns(self._uncertain, lambda prior: prior.typical)

    @property
    def _uncertain(self) -> Curve:
        if not isinstance(self._route, CurveRoute):
            rule = "`baseline` must be that of a survival outcome to have a curve"
            raise RefusedFinding(f"{rule}; got {self.id!r}, a prior of the {self.quantity}.")
        prior = self.prior
        made = self._route.curve(prior) if self.shape is None else Weibull(median=prior, shape=self.shape)
        return made if self.event_free is None else made.after(self.event_free)

    @property
    def observed(self) -> Distribution:
        """The prior of the median that the trial's scans will show; `prior` itself without `assessment_every`."""
        if self.assessment_every is None:
            return self.prior
        return seen_by_scans(self.prior, self.assessment_every, self.assessed_every)

    @property
    def assessed_every(self) -> float | None:
        """Months between two scans of the source, where it says so."""
        return next((f.assessed_every for f in self._read if f.assessed_every is not None), None)

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """Itself."""
        return (self,)

    @property
    def not_a_control(self) -> str | None:
        """Why no trial may take it for its control arm; None if it may."""
        if isinstance(self._route, CurveRoute):
            return self._route.not_a_control
        use = " It may be the control of a ResponseScenario." if self.quantity == "response rate" else ""
        return f"It is a prior of the {self.quantity}, not of a survival curve.{use}"

    @property
    def compares_patients(self) -> bool:
        """Whether it compares patients of two classes of resistance, and not two treatments."""
        return any(compares_classes(f, self.findings) for f in self._read)

    def predictive(self, heterogeneity: HalfNormal | None = None) -> NormalMixture:
        """The prior of the median in the control arm of the next trial.

        Parameters
        ----------
        heterogeneity : HalfNormal, optional
            Prior of the standard deviation tau of log medians between studies; ``HalfNormal(0.25)`` by default, for
            the same tumour and endpoint. Across tumours, 0.5.

        Returns
        -------
        NormalMixture
            Median in months. Of a joint prior on median and shape, the law of the median alone: between studies only
            the median is taken to vary. Of a hazard ratio, the ratio in the next study.

        Raises
        ------
        InvalidInput
            If `heterogeneity` is not a `HalfNormal`, or the prior is not normal on the log scale.

        Notes
        -----
        The studies' log medians are N(mu, tau^2) with mu unknown (a flat prior). One source teaches nothing about tau,
        and given tau the source and the next trial differ by N(0, 2 tau^2), so that a prior N(m, s^2) becomes
        N(m, s^2 + 2 tau^2) [1]_ [2]_. The integral over tau by 48 Gauss-Legendre nodes is itself a mixture of normals;
        its quantiles are right to 3e-8.

        References
        ----------
        .. [1] Neuenschwander B, Capkun-Niggli G, Branson M, Spiegelhalter DJ. Summarizing historical information on
           controls in clinical trials. Clin Trials 2010;7:5-18.
        .. [2] Friede T, Roever C, Wandel S, Neuenschwander B. Meta-analysis of few small studies in orphan diseases.
           Res Synth Methods 2017;8:79-91.

        Examples
        --------
        >>> import icibaseline as ici
        >>> lower, upper = ici.baseline("mcc_pfs_primary").predictive(ici.HalfNormal(0.25)).interval()
        >>> round(lower, 2), round(upper, 1)
        (1.96, 11.3)
        """
        law = HalfNormal(0.25) if heterogeneity is None else heterogeneity
        hint = "For a known tau: baseline.prior.inflate(2**0.5 * tau)."
        _checks.instance("heterogeneity", law, HalfNormal, "a HalfNormal", hint)
        own = self.prior.marginal(0) if isinstance(self.prior, BivariateNormal) else self.prior
        if self.parameters[0] not in ("median", "hazard ratio"):
            reject("prior", "a prior of the median or of a hazard ratio, for `predictive`", own)
        if not isinstance(own, NormalMixture) or own.scale != "log":
            reject("prior", "a NormalMixture on the log scale, for `predictive`", own)
        return next_study(own, law)

    # ---- where it comes from ---------------------------------------------------------------------

    @property
    def route(self) -> str:
        """How the prior was made from the findings; below it, what the other ways would have given.

        The first line names the route and its steps. Every further line is one of `alternatives`.
        """
        how = f"{self._route.name}: {'; '.join(self._route.explain(self._read))}"
        if not self.as_found:
            how = f"prior given by hand, not by {how}"
        return "\n".join([how, *(f"  {other}" for other in self.alternatives)])

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """What every other route that the findings admit would have given, and this route under other assumptions."""
        others = admissible(self.findings, self._route)
        known = [other.prior for other in others]
        return (*others, *(other for other in self.sensitivity if other.prior is None or other.prior not in known))

    @property
    def sensitivity(self) -> tuple[Alternative, ...]:
        """What the route would give under other assumptions."""
        return self._route.sensitivity(self._read)

    @property
    def families(self) -> tuple[tuple[str, Curve], ...]:
        """Other survival curves through the same numbers, by the name of their family.

        None where there is no choice, or where the prior is not that of the printed numbers: given by hand, or with a
        bias that has a mean.
        """
        if not isinstance(self._route, CurveRoute) or not self.as_found or (self.bias is not None and self.bias.mean):
            return ()
        return self._route.families(self._read)

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the route."""
        return self._route.citations

    @property
    def printed(self) -> tuple[str, ...]:
        """The passages of the documents, as printed."""
        return tuple(dict.fromkeys(f.printed for f in self.findings))

    @property
    def documents(self) -> Documents:
        """The documents that the findings come from, as far as they are known now."""
        used = {f.document for f in self.findings}
        return Documents(tuple(document for document in documents() if document.id in used))

    @property
    def flags(self) -> tuple[str, ...]:
        """Cautions: those of the findings, those of the route, and the choices of transport that were not made."""
        assumed = self._route.assumption if self.shape is None else f"Weibull shape {self.shape:g} given by hand"
        printed = (flag for f in self._read for flag in f.flags)
        return tuple(
            dict.fromkeys((*printed, *self._route.flags(self._read), assumed, *not_made(self), *disputed(self)))
        )

    # ---- against the library ---------------------------------------------------------------------

    @property
    def not_loaded(self) -> tuple[str, ...]:
        """Ids of the documents that are neither in the library nor loaded now, so that nothing can be compared."""
        known = {document.id for document in documents()}
        return tuple(id for id, _ in self.evidence if id not in known)

    @property
    def modified(self) -> bool:
        """Whether findings or prior are not those that the library now gives; if not loaded, the prior only."""
        if self.not_loaded:
            return not self.as_found
        given = self._given
        return given is None or (self.findings, self.prior) != (given.findings, given.prior)

    @property
    def outdated(self) -> bool:
        """Whether the file of a document has changed since this baseline was made; what is held stays as it was."""
        absent = self.not_loaded
        return any(document_digest(id) != digest for id, digest in self.evidence if id not in absent)

    @property
    def _given(self) -> Baseline | None:
        """What the library gives for the id by the same route; None if it has no such prior."""
        try:
            return Baseline(self.id, findings=behind(self.id), by=self.by, bias=self.bias)
        except (InvalidInput, RefusedFinding):
            return None

    def __repr__(self) -> str:
        if self.modified or (self.documents if self.not_loaded else self.outdated):
            return super().__repr__()
        named = ("by", "bias", "shape", "assessment_every", "event_free")
        options = [f"{name}={getattr(self, name)!r}" for name in named if getattr(self, name) is not None]
        options += ["at_median=True"] if self.at_median else []
        return f"baseline({', '.join([repr(self.id).replace(chr(39), chr(34)), *options])})"
