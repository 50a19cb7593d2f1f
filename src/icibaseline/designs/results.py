"""The answers: operating characteristics and a plan."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs.averaging import average, effect_sensitivity
from icibaseline.designs.base import BOUNDS, MONTHS, Design, Evaluation, interim, one_each
from icibaseline.designs.goal import Goal
from icibaseline.designs.goals import GOALS
from icibaseline.designs.spread import Averaging
from icibaseline.errors import reject
from icibaseline.scenario import BaseScenario

__all__ = [
    "OperatingCharacteristics",
    "Plan",
    "StandardErrors",
    "averaged",
    "formula",
    "several",
    "stopping",
    "summarise",
]

_LOOKS = ("reject_by_look", "futility_by_look", "months", "events", "n_by_look")
_USUAL = 0.8  # power
_METHODS = ("formula", "assurance", "simulation")


def _is(kind: type[Value]) -> _checks.Check:
    return lambda name, held: _checks.instance(name, held, kind, f"of the class {kind.__name__}")


def _optional(kind: type[Value]) -> Any:
    return as_field(_checks.optional(_is(kind)))


def several(kind: type[Value]) -> Any:
    """A converter to a tuple of values of a class."""
    return as_field(lambda name, held: _checks.sequence(name, held, _is(kind)))


def _target(name: str, held: object) -> tuple[str, float]:
    rule = "a pair of 'power' or 'assurance' and a probability"
    if not isinstance(held, (tuple, list)) or len(held) != 2:
        reject(name, rule, held)
    return _checks.choice(f"{name}[0]", held[0], GOALS), _checks.open_unit(f"{name}[1]", held[1])


def _seed(name: str, held: Any) -> int:
    if isinstance(held, int) and not isinstance(held, bool) and held > 0:
        return held  # of any size
    return _checks.whole(name, held, least=0)


_SIZE = as_field(_checks.nonnegative)
_KNOWN = as_field(_checks.or_unknown(_checks.nonnegative))
_BY_LOOK = as_field(_checks.numbers_in)
_DESIGN, _SCENARIO = as_field(_is(Design)), as_field(_is(BaseScenario))


@final
@value
class StandardErrors(Value):
    """Monte Carlo standard errors of the fields of the same names in `OperatingCharacteristics`."""

    reject_by_look: tuple[float, ...] = attrs.field(converter=_BY_LOOK)
    futility_by_look: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    months: tuple[float, ...] = attrs.field(kw_only=True, converter=MONTHS)
    events: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    n_by_look: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    expected_n: float = attrs.field(kw_only=True, converter=_SIZE)
    expected_events: float = attrs.field(kw_only=True, converter=_SIZE)
    expected_months: float = attrs.field(kw_only=True, converter=_KNOWN)

    def __attrs_post_init__(self) -> None:
        one_each(self, _LOOKS, "reject_by_look", len(self.reject_by_look))


@final
@value
class OperatingCharacteristics(Value):
    """How a design behaves in a scenario.

    Parameters
    ----------
    power : float
        Probability of rejecting the null hypothesis.
    error : float
        Monte Carlo standard error of `power`; 0 for a formula.
    reject_by_look, futility_by_look : tuple of float
        Probability of rejecting, or stopping for futility, first at each look (not cumulative). Of a two-sided boundary
        the second is that of rejecting in favour of control.
    months, events, n_by_look : tuple of float
        Expected calendar month, events or responses, and patients enrolled at each look, if it takes place. Months are
        NaN where a `ResponseScenario` has no enrolment. Patients are those who have entered, among them those who did
        while the look awaited responses, unless the `ResponseScenario` says that enrolment pauses.
    efficacy_bounds, futility_bounds : tuple of float
        Bounds at each look, on Z or in a trial that counts on responses: the least number that succeeds, the greatest
        that stops the trial. Infinite where nothing is tested.
    expected_n, expected_events, expected_months : float
        Expectations when the trial ends, stopping included.
    method : {"formula", "assurance", "simulation"}
        Where the numbers come from.
    formula : str
        The named method.
    design, scenario : Design, Scenario
        What was asked.
    averaging : Averaging, optional
        Ceiling and distribution of power under the priors; from `assurance`.
    errors : StandardErrors, optional
        Monte Carlo standard errors; from `simulate`.
    replicates : int
        Simulated trials; 0 for a formula.
    seed : int, optional
        Seed of the simulation, if it was a whole number.
    power_overruled : float, optional
        Probability of rejecting if futility bounds are overruled; None if there are none.
    """

    power: float = attrs.field(converter=_SIZE)
    error: float = attrs.field(converter=_SIZE)
    reject_by_look: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    futility_by_look: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    months: tuple[float, ...] = attrs.field(kw_only=True, converter=MONTHS)
    events: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    n_by_look: tuple[float, ...] = attrs.field(kw_only=True, converter=_BY_LOOK)
    efficacy_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)
    futility_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)
    expected_n: float = attrs.field(kw_only=True, converter=_SIZE)
    expected_events: float = attrs.field(kw_only=True, converter=_SIZE)
    expected_months: float = attrs.field(kw_only=True, converter=_KNOWN)
    method: str = attrs.field(kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, _METHODS)))
    formula: str = attrs.field(kw_only=True, converter=as_field(_checks.text))
    design: Design = attrs.field(kw_only=True, converter=_DESIGN)
    scenario: BaseScenario = attrs.field(kw_only=True, converter=_SCENARIO)
    averaging: Averaging | None = attrs.field(default=None, kw_only=True, converter=_optional(Averaging))
    errors: StandardErrors | None = attrs.field(default=None, kw_only=True, converter=_optional(StandardErrors))
    replicates: int = attrs.field(
        default=0, kw_only=True, converter=as_field(lambda n, v: _checks.whole(n, v, least=0))
    )
    seed: int | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_seed)))
    power_overruled: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.nonnegative))
    )

    def __attrs_post_init__(self) -> None:
        one_each(self, (*_LOOKS, "efficacy_bounds", "futility_bounds"), "design.looks", self._looks)

    @property
    def _looks(self) -> int:
        return self.design.planned.count if self.design.planned is not None else len(self.months)

    def to_frame(self) -> Any:
        """One row for each look, as a pandas DataFrame."""
        import pandas as pd

        fields = (
            "months",
            "n_by_look",
            "events",
            "efficacy_bounds",
            "futility_bounds",
            "reject_by_look",
            "futility_by_look",
        )
        return pd.DataFrame({name: getattr(self, name) for name in fields}, index=range(1, len(self.months) + 1))

    @property
    def ceiling(self) -> float | None:
        """Probability under the priors that the alternative is true; None unless averaged."""
        return None if self.averaging is None else self.averaging.ceiling

    @property
    def power_quantiles(self) -> tuple[float, float, float] | None:
        """10, 50 and 90 % quantiles of power under the priors; None unless averaged."""
        return None if self.averaging is None else self.averaging.power_quantiles

    @property
    def power_at_least(self) -> float | None:
        """Probability under the priors that power reaches the target; None unless averaged."""
        return None if self.averaging is None else self.averaging.power_at_least

    @cached_property
    def honest(self) -> Any:
        """What the error of the benchmark does to a single-arm trial, for a power of 0.8; None without a benchmark."""
        return self.design.honest(self.scenario, _USUAL)

    @cached_property
    def sensitivity(self) -> tuple[tuple[float, float, float], ...]:
        """(sd of the log hazard ratio, assurance, ceiling) for effect priors of sd 0.2, 0.3 and 0.4.

        Empty unless averaged over an uncertain hazard ratio.
        """
        return effect_sensitivity(self.design, self.scenario) if self.averaging is not None else ()


def stopping(evaluation: Evaluation) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Patients, events and months when the trial ends, each (B,)."""
    looks = evaluation.reject.shape[1]
    early = interim(looks, evaluation.left)
    stop = np.where(early, evaluation.reject + evaluation.futility, 0.0)
    stop += (1 - stop.sum(axis=1, keepdims=True)) * (np.arange(1, looks + 1) == looks - evaluation.left)
    n, events, months = (np.sum(stop * x, axis=1) for x in (evaluation.n, evaluation.events, evaluation.months))
    return n, events, months


def summarise(
    evaluation: Evaluation, weights: FloatArray, design: Design, scenario: BaseScenario, **more: Any
) -> OperatingCharacteristics:
    """Operating characteristics averaged with `weights` (B,) over a batch."""

    def mean(x: FloatArray) -> tuple[float, ...]:
        return tuple(float(v) for v in weights @ x)

    ends = [float(weights @ x) for x in stopping(evaluation)]
    planned = design.planned
    overruled = float(weights @ evaluation.overruled.sum(axis=1)) if stops_early(design) else None
    return OperatingCharacteristics(
        float(weights @ evaluation.power),
        0.0,
        reject_by_look=mean(evaluation.reject),
        futility_by_look=mean(evaluation.futility),
        months=mean(evaluation.months),
        events=mean(evaluation.events),
        n_by_look=mean(evaluation.n),
        efficacy_bounds=planned.efficacy_bounds if planned else (),
        futility_bounds=planned.futility_bounds if planned else (),
        expected_n=ends[0],
        expected_events=ends[1],
        expected_months=ends[2],
        formula=design.formula_name,
        design=design,
        scenario=scenario,
        power_overruled=overruled,
        **more,
    )


def stops_early(design: Design) -> bool:
    """Whether an interim look may stop for futility, which could be overruled."""
    return design.planned is not None and design.planned.overrulable


def formula(design: Design, scenario: BaseScenario) -> OperatingCharacteristics:
    """The formula's answer for the typical case of a scenario."""
    planned = design if design.planned is not None else design.plan_for(scenario)
    evaluation = planned.evaluate(scenario.typical.resolved)
    return summarise(evaluation, np.ones(1), planned, scenario, method="formula")


def averaged(design: Design, scenario: BaseScenario, target: float) -> OperatingCharacteristics:
    """Operating characteristics averaged over every prior in a scenario."""
    planned = design if design.planned is not None else design.plan_for(scenario)
    evaluation, weights, extra = average(planned, scenario, target)
    return summarise(evaluation, weights, planned, scenario, method="assurance", averaging=extra)


def _characteristics(name: str, held: object) -> tuple[OperatingCharacteristics, ...]:
    def one(name: str, held: object) -> Any:
        return _checks.instance(name, held, OperatingCharacteristics, "operating characteristics")

    return _checks.sequence(name, held, one, least=0)


@final
@value
class Plan(Value):
    """A sized trial: what `sample_size` returns.

    Parameters
    ----------
    design : Design
        The design with its n and its frozen plan.
    scenario : Scenario
        The scenario for which it was sized.
    target : (str, float)
        ("power" | "assurance", value).
    n_exact : float
        Continuous solution.
    events_required : float
        Events that the formula needs at a look fixed by events; where the formula needs the calendar too,
        the events expected at `n_exact`.
    simulated : tuple of OperatingCharacteristics, optional
        Simulations to show beside the formula: ``plan.with_(simulated=(simulate(...), ...))``.
    """

    design: Design = attrs.field(converter=_DESIGN)
    scenario: BaseScenario = attrs.field(converter=_SCENARIO)
    target: tuple[str, float] = attrs.field(kw_only=True, converter=as_field(_target))
    n_exact: float = attrs.field(kw_only=True, converter=as_field(_checks.positive))
    events_required: float = attrs.field(kw_only=True, converter=as_field(_checks.positive))
    simulated: tuple[OperatingCharacteristics, ...] = attrs.field(
        default=(), kw_only=True, converter=as_field(_characteristics)
    )

    @property
    def goal(self) -> Goal:
        """What n was searched for."""
        return GOALS[self.target[0]](self.target[1])

    @property
    def n(self) -> int:
        """Patients over both arms: the next multiple of the allocation at or above `n_exact`."""
        return int(self.design.n or 0)

    @cached_property
    def characteristics(self) -> OperatingCharacteristics:
        """The formula's answer at n in the typical case."""
        return formula(self.design, self.scenario)

    @property
    def events(self) -> float:
        """Events expected at the final look at n in the typical case."""
        return self.characteristics.events[-1]

    @property
    def months(self) -> tuple[float, ...]:
        """Expected calendar month of each look."""
        return self.characteristics.months

    @property
    def power(self) -> float:
        """Power at n in the typical case."""
        return self.characteristics.power

    def to_frame(self) -> Any:
        """One row for each look, as a pandas DataFrame."""
        return self.characteristics.to_frame()

    @cached_property
    def averaged(self) -> OperatingCharacteristics:
        """The characteristics at n averaged over every prior in the scenario."""
        return averaged(self.design, self.scenario, target=self.target[1])

    @cached_property
    def honest(self) -> Any:
        """What the error of the benchmark does to a single-arm trial; None for a trial without a benchmark."""
        return self.design.honest(self.scenario, self.target[1])

    @property
    def assurance(self) -> float:
        """Power at n averaged over every prior; equal to `power` when nothing is uncertain."""
        return self.averaged.power if self.scenario.unknowns else self.power
