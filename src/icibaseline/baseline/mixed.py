"""A population of several kinds of patients, with the share of each."""

from __future__ import annotations

from typing import Any, TypeAlias, final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Uncertain, replace_unknowns, value
from icibaseline.baseline.base import Population
from icibaseline.baseline.cohort import Baseline
from icibaseline.baseline.patients import check_alike
from icibaseline.distributions import Distribution
from icibaseline.errors import InvalidInput, reject
from icibaseline.survival import Curve, Exponential, Mixture

__all__ = ["Mix", "mix"]

Part: TypeAlias = "Baseline | Curve | Distribution"
Shares: TypeAlias = "tuple[float, ...] | Distribution | Baseline"

_NUMBERS = "two or more numbers that sum to 1, a prior on them or a Baseline of shares"
_SEVERAL = "two or more parts: Baselines, survival curves or priors on a median"


def _part(name: str, given: object) -> Part:
    if isinstance(given, Baseline):
        if given.not_a_control is not None:
            reject(name, "a Baseline that can be a control arm", given.id, given.not_a_control)
        if given.event_free is not None:
            hint = "Give `event_free` to the mixture: those who live longer without the event become a larger part."
            reject(name, "a Baseline without `event_free`", given.id, hint)
        return given
    if isinstance(given, Curve):
        return given
    if isinstance(given, Distribution):
        if given.dimension == 1 and given.quantile(1.0) <= 1:
            reject(name, "a prior on a median in months", given, "This one ends at 1, as a prior on a rate does.")
        return _checks.parameter(_checks.positive)(name, given)  # type: ignore[no-any-return]
    reject(name, "a Baseline, a survival curve or a prior on a median", given)


def _parts(name: str, given: object) -> tuple[Part, ...]:
    return _checks.sequence(name, given, _part, 2, _SEVERAL)


def _shares(name: str, given: object) -> Shares:
    if isinstance(given, Baseline):
        if given.quantity != "shares":
            reject(name, "a Baseline of shares", given.id, 'For example baseline("mcc_share_primary").')
        return given
    if isinstance(given, Distribution):
        return given
    return _checks.sequence(name, given, _checks.positive, 2, _NUMBERS)


@final
@value
class Mix(Population):
    """A population of several parts that a trial does not tell apart; `mix` makes one.

    Parameters
    ----------
    parts : sequence of Baseline, Curve or Distribution
        Two or more; a distribution is a prior on the median in months (exponential curve).
    shares : sequence of float, Distribution or Baseline
        Share of each part, in the order of `parts`: numbers that sum to 1, a prior (of the first of two shares, or a
        `Dirichlet`), or a Baseline of shares.
    event_free : float, optional
        Months that a patient must have lived without the event to enter the trial; the shares are those before.
    mismatch : str, optional
        Why parts of different endpoints, tumours or time origins may be mixed.
    at_median : bool, optional
        Plug in the medians of all priors, as `Scenario.typical` does.

    Raises
    ------
    InvalidInput
        If the shares do not suit the parts: their number, their sum, or the class of resistance that a Baseline says;
        if parts differ in endpoint, tumour or time origin and no `mismatch` says why they may.

    Notes
    -----
    S(t) is the sum of share times S(t) of the part. A mixture of proportional hazards is not one: the patients with
    the larger hazard leave first.

    Examples
    --------
    >>> import icibaseline as ici
    >>> primary, acquired = ici.baseline("mcc_pfs_primary"), ici.baseline("mcc_pfs_acquired")
    >>> round(ici.mix(primary, acquired, shares=(0.8, 0.2)).typical.median, 2)
    5.33
    """

    parts: tuple[Part, ...] = attrs.field(converter=as_field(_parts))
    shares: Shares = attrs.field(kw_only=True, converter=as_field(_shares))
    event_free: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    mismatch: str | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.text)))
    at_median: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def __attrs_post_init__(self) -> None:
        check_alike("mismatch", self.mismatch, self.baselines)
        if isinstance(self.shares, Baseline):
            self._check_classes(self.shares)
        try:
            self._uncertain  # noqa: B018  the weights must suit the curves
        except InvalidInput as error:  # which names the arguments of the curve
            said = str(error).replace("`weights`", "`shares`", 1).replace("`curves`", "`parts`", 1)
            raise InvalidInput(said) from None

    def _check_classes(self, shares: Baseline) -> None:
        """The parts must be the classes whose shares are given, in their order."""
        said = [f.resistance for f in shares.findings]
        for part, wanted in zip(self.parts, said, strict=False):
            held = part.findings[0].resistance if isinstance(part, Baseline) else wanted
            if held != wanted:
                reject("parts", f"in the order of the shares, {' then '.join(map(str, said))}", held)

    @property
    def _uncertain(self) -> Curve:
        weights: Any = self.shares
        if isinstance(self.shares, Baseline):
            weights = self.shares.typical if self.shares.at_median else self.shares.prior
        whole = Mixture(weights, tuple(map(_curve, self.parts)))
        return whole if self.event_free is None else whole.after(self.event_free)

    @property
    def curve(self) -> Curve:
        """The survival curve of the whole population, uncertain as the priors are, or the one at their medians."""
        return self.typical if self.at_median else self._uncertain

    @property
    def typical(self) -> Curve:
        """The survival curve at the prior medians."""
        return replace_unknowns(self._uncertain, lambda prior: prior.typical)

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """The cohorts of the parts, and that of the shares."""
        return tuple(held for held in (*self.parts, self.shares) if isinstance(held, Baseline))

    @property
    def flags(self) -> tuple[str, ...]:
        """What is assumed of the mixture, and the flags of its parts, under their ids where they differ."""
        own = [f"part {i} of the mixture is assumed, no source" for i in self.assumed]
        own += [] if isinstance(self.shares, Baseline) else ["the shares of the parts are assumed, no source"]
        if self.event_free is not None:
            own.append(f"eligibility: patients without the event for {self.event_free:g} months; the shares are before")
        own += [] if self.mismatch is None else [f"unlike parts are mixed; reason given: {self.mismatch}"]
        held = self.baselines
        common = [flag for flag in held[0].flags if all(flag in b.flags for b in held)] if held else []
        each = (f"{b.id}: {flag}" for b in held for flag in b.flags if flag not in common)
        return (*own, *common, *each)

    @property
    def names(self) -> tuple[str, ...]:
        """What the parts are called: their ids, or part 1 and so on where they were typed by hand."""
        parts = enumerate(self.parts, 1)
        return tuple(part.id if isinstance(part, Baseline) else f"part {i}" for i, part in parts)

    @property
    def assumed(self) -> tuple[int, ...]:
        """Numbers of the parts, the first being 1, that were typed by hand."""
        return tuple(i for i, part in enumerate(self.parts, 1) if not isinstance(part, Baseline))


def _curve(part: Part) -> Curve:
    if isinstance(part, Baseline):
        return part.curve
    return Exponential(median=part) if isinstance(part, Uncertain) else part


@_checks.callable_by_name
def mix(*parts: Part, shares: Shares, event_free: float | None = None, mismatch: str | None = None) -> Mix:
    """A population of several parts, such as patients with primary and with acquired resistance.

    Parameters
    ----------
    *parts : Baseline, Curve or Distribution
        Two or more; a distribution is a prior on the median in months.
    shares : sequence of float, Distribution or Baseline
        Share of each part. It is a choice of the trial; a published share is that of another cohort.
    event_free : float, optional
        Months that a patient must have lived without the event to enter the trial; the shares are those before.
    mismatch : str, optional
        Why parts of different endpoints, tumours or time origins may be mixed.

    Returns
    -------
    Mix
        To be used as `control` of a scenario or a stratum.

    Raises
    ------
    InvalidInput
        As `Mix`.

    Examples
    --------
    Patients of the Merkel cell cohort who are in neither class, with a vague median, as a third part:

    >>> import icibaseline as ici
    >>> shares = ici.baseline("mcc_share_primary", by=ici.Shares(unclassified=True))
    >>> neither = ici.NormalMixture.lognormal(6.7, 0.5)
    >>> whole = ici.mix(ici.baseline("mcc_pfs_primary"), ici.baseline("mcc_pfs_acquired"), neither, shares=shares)
    >>> round(whole.typical.median, 1)
    6.3
    """
    return Mix(parts, shares=shares, event_free=event_free, mismatch=mismatch)
