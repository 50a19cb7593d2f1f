"""A response: the control rate, the effect on it, enrolment, and when a response is known."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, Floats, IntArray, Uncertain, value
from icibaseline.baseline import Baseline, Population
from icibaseline.distributions import Distribution
from icibaseline.enrollment import Enrollment
from icibaseline.errors import InvalidInput, RefusedFinding, reject
from icibaseline.rates import OddsRatio, Rate, RateEffect, rate
from icibaseline.scenario.base import BaseScenario
from icibaseline.survival import Curve

__all__ = ["Rates", "ResponseScenario", "response_rate"]

_TAIL = 1e-15  # of a prior, which quadrature still reaches
_NODES, _GRID = 64, 2001
_HIGHEST = 1 - 1e-9
_OTHER_OUTCOME = {
    "control": " Survival is the outcome of a Scenario.",
    "benchmark": " Survival is tested by SingleArm(statistic=OneSampleLogRank()) and TwoStageSurvival().",
}
_LONGEST = 36.0  # months until a response is known; more are days
_PATIENTS = 1000  # of a count whose share was written upside down


def response_rate(name: str, held: object) -> Any:
    """A rate, a prior on one, or a Baseline of one."""
    if isinstance(held, Baseline):
        if held.quantity != "response rate":
            found = f"{held.id!r}, a prior of the {held.quantity}"
            other = _OTHER_OUTCOME.get(name, "") if held.quantity == "survival" else ""
            raise RefusedFinding(f"`{name}` must be a Baseline of a response rate; got {found}.{other}")
        return held
    if isinstance(held, (Distribution, np.ndarray)):
        return rate(name, held)
    rule = "a rate strictly between 0 and 1, a prior on one or a Baseline of a response rate"
    hint = 'For example 7/38, BetaMixture.from_counts(7, 38) or baseline("promit_orr").'
    if isinstance(held, Curve):
        hint += _OTHER_OUTCOME.get(name, "")
    clean = _checks.number(name, held, rule, hint)
    if not 0 < clean < 1:
        reject(name, rule, held, _as_rate(clean) or hint)
    return clean


def _as_rate(number: float) -> str:
    """What to write for a count or a percentage."""
    per_cent = _checks.fraction_hint(number)
    upside_down = Fraction(1 / number).limit_denominator(_PATIENTS) if number > 1 else Fraction(0)
    if upside_down and float(f"{number:.6g}") != number and float(1 / upside_down) == number:
        return f"Write {upside_down}: responses over patients."
    if not (per_cent and number.is_integer()):
        return per_cent
    return f"Write {number:g}/n if {number:g} of n patients responded, or {number / 100:g} for {number:g} %."


def _effect(name: str, held: object) -> RateEffect:
    hint = "For example Rate(0.35), RiskDifference(0.1) or OddsRatio(2)."
    return _checks.instance(name, held, RateEffect, "an effect on a rate", hint)  # type: ignore[no-any-return]


def _enrollment(name: str, held: object) -> Enrollment:
    hint = "For example Enrollment(rate=2)."
    return _checks.instance(name, held, Enrollment, "an Enrollment", hint)  # type: ignore[no-any-return]


def _months(name: str, held: object) -> float:
    months = _checks.nonnegative(name, held)
    if months > _LONGEST:
        reject(name, f"a number of months, at most {_LONGEST:g}", held, f"For {months:g} days write {months:g}/30.44.")
    return months


class Rates(NamedTuple):
    """What patients of either arm respond with, each a float or, in a batch, (B,)."""

    control: Floats
    experimental: Floats


@final
@value
class ResponseScenario(BaseScenario):
    """What nature does in a trial whose outcome is a response; every number may be a prior instead.

    Parameters
    ----------
    control : float, Distribution or Baseline
        Control rate: a number, a prior on it, or a published one.
    effect : RateEffect
        What the experimental treatment changes: `Rate`, `RiskDifference`, `RiskRatio` or `OddsRatio`.
    enrollment : Enrollment, optional
        How patients enter. Without it months are not known, and are NaN.
    assessment : float, optional
        Months from a patient's entry until the response is known, at most 36.
    pauses : bool, optional
        Whether enrolment pauses at an interim look until the responses that it counts are known. By default it goes on,
        and patients enter whom the look does not count.

    Raises
    ------
    InvalidInput
        If something is missing, or the effect leads to a rate below 0 or above 1, for numbers or anywhere within the
        priors; the sentence says where, and how likely that is.
    RefusedFinding
        If a Baseline is not that of a response rate.

    Notes
    -----
    Equal priors in two places of one scenario are one unknown: they take the same value together.

    An interim look counts the first patients and takes place when their responses are known. While they are awaited
    others enter, unless enrolment `pauses`; they are treated, and count in `n_by_look` and `expected_n`, but not in the
    look. With `pauses` numbers of patients are those of the published tables, and months grow by `assessment` for each
    look; the months of `enrollment` are then those in which it is open.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35),
    ...                              enrollment=ici.Enrollment(rate=2), assessment=3)
    >>> truth.typical.resolved.rates
    Rates(control=0.187..., experimental=0.35)
    >>> truth.null.effect
    OddsRatio(1.0)
    """

    control: float | FloatArray | Distribution | Baseline = attrs.field(converter=as_field(response_rate))
    effect: RateEffect = attrs.field(converter=as_field(_effect))
    enrollment: Enrollment | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_enrollment))
    )
    assessment: float = attrs.field(default=0.0, kw_only=True, converter=as_field(_months))
    pauses: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))

    def __attrs_post_init__(self) -> None:
        _check_reach(_prior(self.control), self.effect)

    # ---- rates ---------------------------------------------------------------------------------------

    @cached_property
    def rates(self) -> Rates:
        """Control and experimental rate of a scenario without priors, or of a batch.

        Raises
        ------
        InvalidInput
            If it holds a prior.
        """
        control = _prior(self.control)
        if isinstance(control, Uncertain):
            reject("control", "a number to work out rates", self.control, "Take them from scenario.typical.")
        return Rates(control, self.effect.apply(control))

    def look_months(self, n: float, sizes: IntArray) -> FloatArray:
        """Expected month in which the responses of the first ``sizes[k]`` of n patients are known, (B or 1, K).

        NaN without `enrollment`. With `pauses` each look before made it later by the months until responses are known.
        """
        if self.enrollment is None:
            return np.full((1, len(sizes)), np.nan)
        return self.enrollment.expected_entry(n, sizes) + self.assessment + self.paused(len(sizes))

    def paused(self, looks: int) -> FloatArray:
        """Months that enrolment has paused before each of so many looks, (looks,)."""
        return np.asarray(np.arange(looks) * (self.assessment if self.pauses else 0.0))

    def entered(self, n: float, sizes: IntArray) -> FloatArray:
        """Expected patients, of n, who are in when the responses of the first ``sizes[k]`` are known, (B or 1, K).

        Without `enrollment` it is not known how many enter while responses are awaited, and these are the sizes.
        """
        if self.enrollment is None or self.pauses or not self.assessment:
            return np.asarray(sizes, dtype=float)[None]
        return self.enrollment.expected_entered(n, sizes, self.assessment)

    # ---- what every scenario has -----------------------------------------------------------------------

    @cached_property
    def resolved(self) -> ResponseScenario:
        """The same with the prior, or its median, where a baseline stood."""
        return self.with_(control=_prior(self.control)) if isinstance(self.control, Baseline) else self

    @property
    def null(self) -> ResponseScenario:
        """The same with no effect: experimental equals control, draw by draw."""
        return self.with_(effect=OddsRatio(1.0))

    @property
    def populations(self) -> tuple[Population, ...]:
        """The baseline of the control rate, if it is one."""
        return (self.control,) if isinstance(self.control, Population) else ()

    @property
    def effects(self) -> tuple[RateEffect, ...]:
        """The effect."""
        return (self.effect,)

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Each of its parts with the name of its role."""
        outcome = (("control", self.control), ("effect", self.effect))
        if self.enrollment is None:
            return outcome
        known = f"{self.assessment:g} months after entry" if self.assessment else "at entry"
        known += ", enrolment pausing at interim looks" if self.pauses else ""
        return (*outcome, ("enrollment", self.enrollment), ("response known", known))

    @property
    def members(self) -> tuple[ResponseScenario, ...]:
        """Itself."""
        return (self,)

    @property
    def counted(self) -> str:
        """Responses."""
        return "responses"

    def losing(self, share: float) -> tuple[str, str, ResponseScenario]:
        """With patients of either arm whose response is not assessed, and who count as without one."""
        control, experimental = (float(np.asarray(rate)) * (1 - share) for rate in self.typical.resolved.rates)
        fewer = self.with_(control=control, effect=Rate(experimental))
        return "patients not assessed", f"{100 * share:g} %, counted as without response", fewer

    def graded(self, size: float) -> ResponseScenario:
        """With an experimental rate that lies by so much of the way from the typical control rate to 1."""
        control = self.typical.resolved.rates.control
        return self.with_(effect=Rate(min(control + size * (1 - control), _HIGHEST)))

    @property
    def favourable(self) -> str:
        """When an effect favours the experimental arm, in a sentence."""
        return "The experimental rate must be above the rate that it is compared with."

    @property
    def _named(self) -> ResponseScenario:
        return self


def _prior(control: Any) -> Any:
    """The prior, or the number, behind a control rate."""
    if not isinstance(control, Baseline):
        return control
    return control.prior.typical if control.at_median else control.prior


def _check_reach(control: Any, effect: RateEffect) -> None:
    """Refuse an effect that leads out of [0, 1] anywhere within the priors."""
    held = (control, effect.value)
    if not any(isinstance(x, Uncertain) for x in held):
        effect.apply(control)
        return
    corners = np.meshgrid(*(x.quantile([_TAIL, 1 - _TAIL]) if isinstance(x, Uncertain) else x for x in held))
    if not _outside(effect, *corners).any():
        return
    starts = np.linspace(corners[0].min(), corners[0].max(), _GRID)
    size = effect.value.typical if isinstance(effect.value, Uncertain) else effect.value
    outside = starts[_outside(effect, starts, size)]
    where = f" at control rates from {outside.min():.3g} to {outside.max():.3g}," if outside.size else ""
    nodes = [_nodes(x) for x in held]
    beyond = np.outer(*(n.weights for n in nodes))[_outside(effect, *np.meshgrid(*(n.x for n in nodes), indexing="ij"))]
    raise InvalidInput(
        f"`effect` must lead to a rate between 0 and 1 wherever the priors reach; got {effect}, which leads beyond"
        f"{where} with a probability of {float(beyond.sum()):.1g}. Use OddsRatio, which cannot, or a narrower prior."
    )


def _outside(effect: RateEffect, control: Any, size: Any) -> BoolArray:
    made = effect._applied(control, size)
    return np.asarray((made < 0) | (made > 1))


class _Nodes(NamedTuple):
    x: FloatArray
    weights: FloatArray


def _nodes(held: Any) -> _Nodes:
    if isinstance(held, Distribution):
        return _Nodes(*held.nodes(_NODES))
    return _Nodes(np.array([held]), np.ones(1))
