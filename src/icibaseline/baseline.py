"""A published cohort as the control arm of a trial: findings, the prior made from them, and its curve."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Value, replace_unknowns, value
from icibaseline.distributions import BivariateNormal, Distribution, HalfNormal, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.evidence import Documents, Finding, Findings, check_field, document_digest, documents, lookup
from icibaseline.evidence import findings as all_findings
from icibaseline.evidence.tables import aligned
from icibaseline.priors import Alternative, Route, is_built, route_of
from icibaseline.priors.base import reaches_zero
from icibaseline.survival import Curve, Weibull

__all__ = ["Baseline", "baseline", "baselines"]

_TAU_NODES = 48  # quantiles of the predictive law within 3e-8
_BOTH = math.sqrt(2)  # the old study and the new one differ from their common mean, by tau each
_SCANNED = ("PFS", "TTP")


def _findings(name: str, given: object) -> Findings:
    if isinstance(given, Findings):
        return given
    return Findings(_checks.sequence(name, given, lambda n, x: _checks.instance(n, x, Finding, "a Finding")))


def _prior(name: str, given: object) -> Distribution:
    prior: Distribution = _checks.instance(name, given, Distribution, "a distribution")
    if reaches_zero(prior):
        reject(name, "a prior on positive numbers", given, 'Use a prior with scale="log".')
    return prior


def _digests(name: str, given: object) -> tuple[tuple[str, str], ...]:
    def pair(place: str, item: object) -> tuple[str, ...]:
        return _checks.pair(place, item, _checks.text, "a document's id and its digest")

    return _checks.sequence(name, given, pair, 0)


def _digests_now(made: Baseline) -> tuple[tuple[str, str], ...]:
    return tuple((document.id, document.digest) for document in made.documents)


@final
@value
class Baseline(Value):
    """What published findings say about a control arm; `baseline` makes those of the library.

    Parameters
    ----------
    id : str
        Public id of the prior.
    findings : Findings
        The findings that it rests on, which all name one route.
    prior : Distribution, optional
        Prior of the parameters in the population of the source; without it, what the route gives. It is on the median
        in months, or for the route "median plus landmark" jointly on median and Weibull shape.
    shape : float, optional
        Weibull shape of the curve, in place of an exponential one. Only with a prior on the median alone.
    at_median : bool, optional
        Plug in the prior median instead of the prior, as `Scenario.typical` does.
    evidence : tuple of (str, str), optional
        Id and digest of each document of the library that was used; without it, those of today.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds or the prior does not suit the curve.
    RefusedFinding
        If a finding cannot become a prior, or its route is not yet supported.

    See Also
    --------
    baseline : looks one up.

    Notes
    -----
    The prior describes the patients of the source. The control arm of a new trial also differs from study to study:
    see `predictive`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> control = ici.baseline("mcc_pfs_primary")
    >>> control.route
    'median with n only: SE of log median = 1.6/sqrt(44) = 0.241'
    >>> print(control.typical)
    exponential, median 4.7 months
    >>> print(control.with_(shape=0.75).typical)
    Weibull, median 4.7 months, shape 0.75
    """

    id: str = attrs.field(converter=as_field(_checks.text))
    findings: Findings = attrs.field(kw_only=True, converter=as_field(_findings))
    prior: Distribution = attrs.field(
        default=attrs.Factory(lambda self: self._route.prior(self.findings), takes_self=True),
        kw_only=True,
        converter=as_field(_prior),
    )
    shape: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    at_median: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    evidence: tuple[tuple[str, str], ...] = attrs.field(
        default=attrs.Factory(_digests_now, takes_self=True), kw_only=True, converter=as_field(_digests)
    )

    def __attrs_post_init__(self) -> None:
        self._route.checked(self.findings)
        if self.shape is not None and self.prior.dimension != 1:
            reject("shape", "left out: the prior is on median and shape together", self.shape, "Give `prior` too.")
        needed = ("median",) if self.shape is not None else self._route.parameters
        if self.prior.dimension != len(needed):
            reject("prior", f"a prior on the {' and the '.join(needed)}", self.prior)

    # ---- the curve -------------------------------------------------------------------------------

    @property
    def curve(self) -> Curve:
        """The survival curve, uncertain as the prior is, or the one at its median."""
        return self.typical if self.at_median else self._uncertain

    @property
    def typical(self) -> Curve:
        """The survival curve at the prior median."""
        return replace_unknowns(self._uncertain, lambda prior: prior.typical)

    @property
    def _uncertain(self) -> Curve:
        return self._route.curve(self.prior) if self.shape is None else Weibull(median=self.prior, shape=self.shape)

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
            the median is taken to vary.

        Raises
        ------
        InvalidInput
            If `heterogeneity` is not a `HalfNormal`, or the prior of the median is not normal on the log scale.

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
        if not isinstance(own, NormalMixture) or own.scale != "log":
            reject("prior", "a NormalMixture on the log scale, for `predictive`", own)
        tau, shares = law.nodes(_TAU_NODES)
        parts = (np.outer(own.weights, shares), np.repeat(own.means, _TAU_NODES), np.hypot.outer(own.sds, _BOTH * tau))
        weights, means, sds = (tuple(part.ravel().tolist()) for part in parts)
        return NormalMixture(weights, means, sds, scale="log")

    # ---- where it comes from ---------------------------------------------------------------------

    @cached_property
    def _route(self) -> Route:
        return route_of(self.findings)

    @property
    def route(self) -> str:
        """How the prior was made from the findings."""
        how = f"{self._route.name}: {'; '.join(self._route.explain(self.findings))}"
        return how if self.prior == self._route.prior(self.findings) else f"prior given by hand, not by {how}"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the route."""
        return self._route.citations

    @property
    def sensitivity(self) -> tuple[Alternative, ...]:
        """What the findings would give under other assumptions."""
        return self._route.sensitivity(self.findings)

    @property
    def printed(self) -> tuple[str, ...]:
        """The passages of the documents, as printed."""
        return tuple(dict.fromkeys(f.printed for f in self.findings))

    @property
    def documents(self) -> Documents:
        """The documents of the library that the findings come from."""
        used = {f.document for f in self.findings}
        return Documents(tuple(document for document in documents() if document.id in used))

    @property
    def flags(self) -> tuple[str, ...]:
        """Cautions: those of the findings, those of the route, and the choices of transport that were not made."""
        assumed = self._route.assumption if self.shape is None else f"Weibull shape {self.shape:g} given by hand"
        printed = (flag for f in self.findings for flag in f.flags)
        return tuple(dict.fromkeys((*printed, *self._route.flags(self.findings), assumed, *self._transport())))

    def _transport(self) -> tuple[str, ...]:
        """What a trial that takes this cohort for its control arm takes over unseen."""
        first = self.findings[0]
        sources = " and ".join(dict.fromkeys(str(f.source) for f in self.findings if f.source not in ("paper", None)))
        lines = (
            ("cohort only, no between-study heterogeneity", not self.modified),
            ("the prior is not the one that the findings give", self.modified),
            (f"time origin: {first.origin or 'not stated'}, not randomisation", first.origin != "randomisation"),
            ("eligibility: early events, before a trial could have randomised the patient, are included", True),
            (
                f"assessment schedule not stated: scan intervals lengthen observed {first.endpoint}",
                first.endpoint in _SCANNED,
            ),
            (f"treatment mix: {first.treatment or 'not stated'}, as chosen in the source", True),
            (f"read from the {sources}, not from the paper", bool(sources)),
        )
        return tuple(line for line, holds in lines if holds)

    # ---- against the library ---------------------------------------------------------------------

    @property
    def modified(self) -> bool:
        """Whether the findings or the prior are not those that the library now gives for the id."""
        given = self._given
        return given is None or (self.findings, self.prior) != (given.findings, given.prior)

    @property
    def outdated(self) -> bool:
        """Whether the file of a document has changed since this baseline was made; what is held stays as it was."""
        known = {document.id for document in documents()}
        return any(id not in known or document_digest(id) != digest for id, digest in self.evidence)

    @property
    def _given(self) -> Baseline | None:
        """What the library gives for the id; None if it has no such prior."""
        try:
            return Baseline(self.id, findings=Findings(lookup(self.id)))
        except (InvalidInput, RefusedFinding):
            return None

    def __repr__(self) -> str:
        given = self._given
        if given is None or self.modified or self.evidence != given.evidence:
            return super().__repr__()
        options = [f"shape={self.shape!r}"] if self.shape is not None else []
        options += ["at_median=True"] if self.at_median else []
        return f"baseline({', '.join([repr(self.id).replace(chr(39), chr(34)), *options])})"


def baseline(
    id: str | None = None, /, *, shape: float | None = None, at_median: bool = False, **where: Any
) -> Baseline:
    """A baseline of the library, by its id or by a description.

    Parameters
    ----------
    id : str, optional
        Public id, such as "mcc_pfs_primary".
    shape : float, optional
        Weibull shape of the curve, in place of an exponential one.
    at_median : bool, optional
        Plug in the prior median instead of the prior.
    **where
        Instead of `id`: names and values of fields of `Finding`, such as ``tumour="MCC"``, ``endpoint="PFS"``,
        ``resistance="primary"``. They must select exactly one baseline.

    Returns
    -------
    Baseline
        Its prior, curve, route, flags and sources.

    Raises
    ------
    InvalidInput
        If both or neither of the two ways are used, the id is unknown, or the description selects more than one
        baseline; the sentence lists them.
    UnknownArgument
        If a name is not a field of `Finding`.
    RefusedFinding
        If what is selected cannot become a prior, or by a route that is not yet supported; the sentence says why.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.baseline(tumour="MCC", endpoint="PFS", resistance="primary")
    baseline("mcc_pfs_primary")
    """
    for name, wanted in where.items():
        check_field(name, wanted, others=("shape", "at_median"))
    if id is None and not where:
        reject("id", "given, or a description", None, f"The ids are {', '.join(_built_ids(all_findings()))}.")
    if id is not None and where:
        reject("id", "left out beside a description", id, "Give one of the two.")
    chosen = _selected(where) if id is None else _checks.text("id", id)
    return Baseline(chosen, findings=Findings(lookup(chosen)), shape=shape, at_median=at_median)


def baselines() -> tuple[Baseline, ...]:
    """Every baseline of the library whose route is built.

    Returns
    -------
    tuple of Baseline
        In the order of the documents.

    Examples
    --------
    >>> import icibaseline as ici
    >>> [b.id for b in ici.baselines()][:2]
    ['mcc_pfs_acquired', 'mcc_pfs_primary']
    """
    return tuple(baseline(id) for id in _built_ids(all_findings()))


def _selected(where: dict[str, Any]) -> str:
    """The one id that a description selects."""
    said = ", ".join(f"{name}={wanted!r}" for name, wanted in where.items())
    chosen = all_findings(**where)
    built = _built_ids(chosen)
    if len(built) == 1:
        return built[0]
    if built:
        raise InvalidInput(f"`where` must select one baseline; got {said}, which selects {', '.join(built)}.")
    rule = "`where` must select a baseline"
    waiting = tuple(dict.fromkeys(f"{f.supports} (route {f.route!r})" for f in chosen if f.supports is not None))
    if waiting:
        raise RefusedFinding(f"{rule}; got {said}. The route is not yet supported: {', '.join(waiting)}.")
    reasons = " ".join(f"{f.id}: {f.refused}" for f in chosen) or "No finding fits it."
    raise RefusedFinding(f"{rule}; got {said}. {reasons}")


def _built_ids(chosen: Findings) -> tuple[str, ...]:
    """Ids of priors that these findings support by a route that is built."""
    ids = dict.fromkeys(f.supports for f in chosen if f.supports is not None)
    return tuple(id for id in ids if is_built(Findings(lookup(id))))


@_render.text.register
def _card(item: Baseline) -> str:
    first = item.findings[0]
    group = first.resistance and f"{first.resistance} resistance"
    who = ", ".join(x for x in (first.endpoint, first.tumour, group, first.treatment) if x)
    lower, upper = item.prior.interval()
    names = item._route.parameters[: item.prior.dimension]
    middles, lows, highs = (np.atleast_1d(x) for x in (item.prior.median, lower, upper))
    rows = [
        *(
            (f"prior {name}", f"{middle:.3g}{' months' if name == 'median' else ''}, 95% {low:.3g} to {high:.3g}")
            for name, middle, low, high in zip(names, middles, lows, highs, strict=True)
        ),
        ("typical", str(item.typical)),
        ("route", item.route),
        *(("source", document.citation) for document in item.documents),
        *(("printed", f'"{fragment}"') for fragment in item.printed),
        *(("flag", flag) for flag in item.flags),
    ]
    if item.outdated:
        rows.insert(0, ("outdated", "the document's file has changed since this was written"))
    if item.modified:
        rows.insert(0, ("modified", f"not what the library gives for {item.id} now"))
    return f"{item.id}: {who}\n" + aligned([(f"  {name}", content) for name, content in rows])
