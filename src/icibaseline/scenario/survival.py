"""Survival: the control curve, the effect on it, enrolment and dropout, in one or several strata."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.baseline import Baseline, Pool, Population, check_alike, shared_patients
from icibaseline.distributions import Distribution
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.scenario.base import BaseScenario
from icibaseline.survival import Curve, Effect, ExplicitCurve, Exponential, HazardRatio, MedianRatio

__all__ = ["Part", "Scenario", "Stratum", "control_outcome"]

Control = Population | Curve | Distribution
_CONTROL_HINT = 'For example baseline("mcc_pfs_primary"), Exponential(median=4.7) or a prior on the median.'
_SHARES = 1e-9
_STRONGEST = 3.0  # log hazard ratio


def control_outcome(name: str, held: object) -> Any:
    """A Baseline that may be a control arm, a population of several, a survival curve or a prior on its median."""
    if isinstance(held, Baseline) and held.not_a_control is not None:
        hint = held.not_a_control
        if held.quantity == "survival":
            hint += " A curve of it may still be given: control=baseline.typical."
        raise RefusedFinding(f"`{name}` must be able to be a control arm; got {held.id!r}. {hint}")
    if held is None or isinstance(held, (Population, Curve)):
        return held
    if isinstance(held, Distribution) and held.dimension == 1:
        if held.quantile(1.0) <= 1:
            reject(name, "a prior on a median in months", held, "This one ends at 1, as a prior on a rate does.")
        return _checks.parameter(_checks.positive)(name, held)
    reject(name, "a Baseline, a survival curve or a prior on the median", held, _CONTROL_HINT)


def _effect(name: str, held: object) -> Any:
    if isinstance(held, Curve):
        return ExplicitCurve(held)
    if held is None or isinstance(held, Effect):
        return held
    if isinstance(held, Baseline):
        if held.quantity != "hazard ratio":
            what = "a survival curve" if held.quantity == "survival" else f"the {held.quantity}"
            reject(name, "a Baseline of a hazard ratio", held.id, f"It is a prior of {what}.")
        if held.compares_patients:
            reject(name, "a Baseline that compares treatments", held.id, "It compares kinds of patients.")
        return held
    hint = "For example HazardRatio(0.6)."
    if isinstance(held, MedianRatio):
        hint = (
            "A ratio of medians is not a hazard ratio; with a Weibull shape it can be made one: .hazard_ratio(shape=1)."
        )
    reject(name, "an effect or an experimental curve", held, hint)


def _dropout(name: str, held: object) -> Any:
    rule, hint = "a curve or a pair (control, experimental) of curves", "For example Exponential(rate=0.01)."
    if held is None or isinstance(held, Curve):
        return held
    if isinstance(held, (tuple, list)) and len(held) == 2 and all(isinstance(c, Curve) for c in held):
        return tuple(held)
    reject(name, rule, held, hint)


def _required(check: Any) -> Any:
    def required_check(name: str, held: object) -> Any:
        if held is None:
            reject(name, "given for every stratum", held)
        return check(name, held)

    return required_check


def _share(name: str, held: object) -> float:
    rule = "a number above 0 and at most 1"
    share = _checks.number(name, held, rule)
    if not 0 < share <= 1:
        reject(name, rule, held, _checks.fraction_hint(share))
    return share


@final
@value
class Stratum(Value):
    """A part of the population with its own control outcome and effect.

    Parameters
    ----------
    name : str
        What the stratum is called in tables.
    share : float
        Fraction of the enrolled patients, above 0; the shares of a scenario sum to 1.
    control : Baseline, Mix, Curve or Distribution
        Control outcome; a distribution is a prior on the median in months (exponential curve).
    effect : Effect, Curve or Baseline
        Effect of the experimental treatment in the stratum, or its curve.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Stratum("primary", share=44 / 75, control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6)).name
    'primary'
    """

    name: str = attrs.field(converter=as_field(_checks.text))
    share: float = attrs.field(converter=as_field(_share))
    control: Control = attrs.field(kw_only=True, converter=as_field(_required(control_outcome)))
    effect: Effect | Curve | Baseline = attrs.field(kw_only=True, converter=as_field(_required(_effect)))


class Part(NamedTuple):
    """One stratum as the statistics see it: curves only."""

    name: str
    share: float
    control: Curve
    experimental: Curve
    effect: Effect


@final
@value
class Scenario(BaseScenario):
    """What nature does in a randomised trial; every number may be a prior instead.

    Parameters
    ----------
    control : Baseline, Mix, Curve or Distribution, optional
        Control outcome; a distribution is a prior on the median in months (exponential curve).
    effect : Effect, Curve or Baseline, optional
        What the experimental treatment changes, its survival curve, or a published hazard ratio.
    enrollment : Enrollment
        How patients enter.
    dropout : Curve or pair of Curve, optional
        Time to loss from follow-up, common or (control, experimental).
    strata : sequence of Stratum, optional
        Instead of `control` and `effect`: parts of the population with their own.
    experimental : Curve, optional
        The experimental curve itself, instead of `effect`.
    mismatch : str, optional
        Why published cohorts of different endpoints, tumours or time origins may stand in one scenario.

    Raises
    ------
    InvalidInput
        If something is missing, given twice, or the shares of the strata do not sum to 1; if published cohorts rest on
        the same patients, or differ in endpoint, tumour or time origin and no `mismatch` says why they may.

    Notes
    -----
    Equal priors in two places of one scenario are one unknown: they take the same value together.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> truth.null.effect
    HazardRatio(1.0)
    """

    control: Control | None = attrs.field(default=None, converter=as_field(control_outcome))
    effect: Effect | Curve | Baseline | None = attrs.field(default=None, converter=as_field(_effect))
    enrollment: Enrollment = attrs.field(kw_only=True)
    dropout: Curve | tuple[Curve, Curve] | None = attrs.field(default=None, kw_only=True, converter=as_field(_dropout))
    strata: tuple[Stratum, ...] = attrs.field(default=(), kw_only=True, converter=lambda s: _strata(s))
    experimental: Curve | None = attrs.field(default=None, kw_only=True)
    mismatch: str | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.text)))

    def __attrs_post_init__(self) -> None:
        _checks.instance(
            "enrollment", self.enrollment, Enrollment, "an Enrollment", "For example Enrollment(duration=24)."
        )
        if self.experimental is not None:
            _checks.instance("experimental", self.experimental, Curve, "a survival curve")
            if self.effect is not None:
                reject("experimental", "left out when `effect` is given", self.experimental, "Give one of the two.")
        if self.strata:
            self._check_strata()
        elif self.control is None:
            reject("control", "given, or `strata`", None, _CONTROL_HINT)
        elif self.effect is None and self.experimental is None:
            reject("effect", "given, or `experimental`, or `strata`", None, "For example HazardRatio(0.6).")
        self._check_patients()

    def _check_patients(self) -> None:
        """Patients of one source may speak once: their numbers are not independent."""
        pooled = [b for p in self.populations if isinstance(p, Pool) for b in p.baselines]
        single = [b for p in self.populations if not isinstance(p, Pool) for b in p.baselines]
        twice = shared_patients(single, pooled=pooled)
        if twice is not None:
            rule = "`scenario` must not use two findings of the same patients as if they were independent"
            hint = "Give one as numbers: control=baseline.typical, or effect=HazardRatio(baseline.typical)."
            raise InvalidInput(f"{rule}; got {' and '.join(b.id for b in twice)}. {hint}")
        unlike = (p for p in self.populations if getattr(p, "mismatch", None) is None)  # the others have said why
        check_alike("mismatch", self.mismatch, [b for p in unlike for b in p.baselines])

    def _check_strata(self) -> None:
        for name in ("control", "effect", "experimental"):
            if getattr(self, name) is not None:
                reject(name, "left out when `strata` are given", getattr(self, name), "Each stratum has its own.")
        names = [s.name for s in self.strata]
        if len(set(names)) < len(names):
            reject("strata", "strata with different names", names)
        total = sum(s.share for s in self.strata)
        if abs(total - 1) > _SHARES:
            reject(
                "strata",
                "strata whose shares sum to 1",
                total,
                "Write shares as fractions, for example 44/75 and 31/75.",
            )

    # ---- parts ---------------------------------------------------------------------------------------

    @property
    def populations(self) -> tuple[Population, ...]:
        """What its controls and effects are taken from: baselines, mixtures and pools."""
        held = (h for s in self.strata or (self,) for h in (s.control, s.effect))
        return tuple(h for h in held if isinstance(h, Population))

    @cached_property
    def resolved(self) -> Scenario:
        """The same scenario with curves and effects where baselines and priors on medians stood."""
        return self._changed(_curve, _effect_of)

    def _changed(self, control: Callable[[Any], Any], effect: Callable[[Any], Any]) -> Scenario:
        if self.strata:
            strata = (s.with_(control=control(s.control), effect=effect(s.effect)) for s in self.strata)
            return self.with_(strata=tuple(strata))
        return self.with_(control=control(self.control), effect=effect(self.effect))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The strata, or the whole population as one part, with their two curves."""
        if self.strata:
            return tuple(_part(s.name, s.share, s.control, s.effect) for s in self.strata)
        effect = self.effect if self.experimental is None else ExplicitCurve(self.experimental)
        return (_part("all", 1.0, self.control, effect),)

    @property
    def dropouts(self) -> tuple[Curve | None, Curve | None]:
        """Dropout of (control, experimental)."""
        return self.dropout if isinstance(self.dropout, tuple) else (self.dropout, self.dropout)

    # ---- what every scenario has -------------------------------------------------------------------

    @property
    def null(self) -> Scenario:
        """The same with no effect: experimental equals control, draw by draw."""
        if self.strata:
            return self.with_(strata=tuple(s.with_(effect=HazardRatio(1.0)) for s in self.strata))
        return self.with_(effect=HazardRatio(1.0), experimental=None)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effect in each stratum."""
        return tuple(part.effect for part in self.parts)

    @property
    def members(self) -> tuple[Scenario, ...]:
        """Itself."""
        return (self,)

    @property
    def counted(self) -> str:
        """Events."""
        return "events"

    def losing(self, share: float) -> tuple[str, str, Scenario] | None:
        """With dropout at a constant rate, which leaves so many to a year's follow-up."""
        if self.dropout is not None:
            return None
        lost = Exponential(rate=-math.log1p(-share) / 12)
        return "dropout", f"{100 * share:g} % a year", self.with_(dropout=lost)

    def graded(self, size: float) -> Scenario:
        """With a hazard ratio of exp(-3 size) everywhere."""
        effect = HazardRatio(math.exp(-_STRONGEST * size))
        if self.strata:
            return self.with_(strata=tuple(s.with_(effect=effect) for s in self.strata))
        return self.with_(effect=effect, experimental=None)

    @property
    def favourable(self) -> str:
        """When an effect favours the experimental arm, in a sentence."""
        return (
            "A hazard ratio is experimental over control, below 1 favours experimental; a delay must end before the "
            "look."
        )

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Each of its parts with the name of its role."""
        strata = (
            (f"{role} of {s.name}", held)
            for s in self.strata
            for role, held in (("share", s.share), ("control", _meant(s.control)), ("effect", s.effect))
        )
        rest = ("effect", "experimental", "enrollment", "dropout")
        parts = (("control", _meant(self.control)), *((role, getattr(self, role)) for role in rest))
        return (*strata, *((role, held) for role, held in parts if held is not None))

    @property
    def _named(self) -> Scenario:
        return self._changed(lambda c: c if isinstance(c, Population) else _curve(c), lambda effect: effect)


def _strata(given: object) -> tuple[Stratum, ...]:
    if isinstance(given, (tuple, list)) and all(isinstance(s, Stratum) for s in given):
        return tuple(given)
    reject("strata", "a sequence of Stratum", given)


def _meant(control: Control | None) -> Population | Curve | None:
    """A control outcome, of which a prior on a median means an exponential curve."""
    return control if control is None or isinstance(control, Population) else _curve(control)


def _curve(control: Control | None) -> Curve:
    if isinstance(control, Population):
        return control.curve
    return control if isinstance(control, Curve) else Exponential(median=control)


def _effect_of(effect: Effect | Curve | Baseline | None) -> Effect | Curve | None:
    if not isinstance(effect, Baseline):
        return effect
    return HazardRatio(effect.prior.typical if effect.at_median else effect.prior)


def _part(name: str, share: float, control: Control | None, effect: Effect | Curve | Baseline | None) -> Part:
    curve, effect = _curve(control), _effect_of(effect)
    change = ExplicitCurve(effect) if isinstance(effect, Curve) else effect
    assert change is not None  # a scenario without effect has an experimental curve, or strata
    return Part(name, share, curve, change.apply(curve), change)
