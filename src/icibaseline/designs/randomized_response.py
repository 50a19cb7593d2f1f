"""The randomised two-arm design whose outcome is a response."""

from __future__ import annotations

from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, value
from icibaseline.designs.allocation import allocation_ratio, arms_of, parts_of
from icibaseline.designs.base import Evaluation, FormulaDesign, Replicates, Sized, check_size, patients
from icibaseline.designs.goal import Goal
from icibaseline.designs.honest_level import HonestLevel, rates_of
from icibaseline.designs.response_plan import ResponsePlan
from icibaseline.designs.response_sizing import AtRates, OverPriors, Question, lasting_size, smallest_size
from icibaseline.designs.sizing import size_by_formula
from icibaseline.errors import InvalidInput, caution, reject
from icibaseline.rules.boundary import level
from icibaseline.scenario import ResponseScenario, one_scenario
from icibaseline.statistics.proportions import Boschloo, Counts2, ProportionTest

__all__ = ["RandomizedResponse"]

_FAR = 38.0  # the normal quantile of the smallest number
_INFLATED, _ABOVE = 1.2, 0.01  # times alpha, or above it: a type I error that calls for a warning
_OFF = 0.02  # of a power: an error of the normal approximation that calls for one


@final
@value
class RandomizedResponse(FormulaDesign):
    """A randomised trial of an experimental arm against a control arm whose outcome is a response.

    Parameters
    ----------
    n : int, optional
        Patients over both arms; None leaves the size to `sample_size`.
    ratio : float, optional
        Experimental patients per control patient, a ratio of small whole numbers.
    test : ProportionTest, optional
        `Boschloo`, the default, which keeps alpha whatever the rates are, `Barnard` or `FisherExact`, which do too, or
        `PooledZ`, `UnpooledZ` or `FarringtonManning`, which do not but are quicker: Boschloo's size takes some
        two seconds at 900 patients and some twenty at 2,200.
    alpha : float, optional
        One-sided level, in (0, 0.5).
    conservative : bool, optional
        Whether `sample_size` takes the smallest n from which on every larger one reaches the target too, not the
        smallest n that reaches it.
    planned : ResponsePlan, optional
        The frozen plan; `sample_size` and `plan_for` fill it in.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, or n does not divide by the ratio where it must.

    Notes
    -----
    Size and power are sums of the exact probabilities of the tables on which the test rejects, except with
    ``formula="normal"``. Power rises and falls with n, and so does the type I error; results show it at the control
    rate and at the worst one.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.35))
    >>> plan = ici.sample_size(ici.RandomizedResponse(test=ici.Boschloo(), alpha=0.1), truth, power=0.8)
    >>> plan.n, plan.power
    (54, 0.8026)
    >>> round(plan.honest.error, 4), round(plan.honest.worst.value, 4)
    (0.065, 0.0966)
    """

    _stated = ("alpha",)

    n: float | None = attrs.field(default=None, converter=as_field(_checks.optional(patients)))
    ratio: float = attrs.field(default=1.0, kw_only=True, converter=as_field(allocation_ratio))
    test: ProportionTest = attrs.field(factory=Boschloo, kw_only=True)
    alpha: float = attrs.field(default=0.025, kw_only=True, converter=as_field(level))
    conservative: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    planned: ResponsePlan | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _checks.instance("test", self.test, ProportionTest, "a test of two rates", "For example Boschloo().")
        if self.conservative and self.test.normal:
            reject("conservative", "False with the normal approximation", True, "Its power rises with n.")
        if self.planned is not None:
            _checks.instance("planned", self.planned, ResponsePlan, "made by plan_for or sample_size")
            if self.planned.n != self.n:
                reject("planned", f"a plan for the same n, which is {self.n}", self.planned.n, "Leave it to plan_for.")

    # ---- size ------------------------------------------------------------------------------------------

    def size_step(self) -> int:
        """Patients come in multiples of this number, so that the ratio is met."""
        parts = parts_of(self.ratio)
        return parts.numerator + parts.denominator

    @property
    def arm_sizes(self) -> tuple[int, int]:
        """Patients in (control, experimental).

        Raises
        ------
        InvalidInput
            If n is missing or does not divide by the ratio.
        """
        return arms_of(self.n, self.ratio)

    def sized(self, n: float) -> RandomizedResponse:
        """The design with n patients, unplanned."""
        return self.with_(n=n, planned=None)

    def aimed(self, target: float) -> RandomizedResponse:
        """The same: nothing in it depends on the target."""
        return self

    def check_sizable(self) -> None:
        """More patients always help."""

    def find(self, scenario: ResponseScenario, goal: Goal) -> Sized:
        """The size that reaches a power in the typical case, or an assurance over the priors."""
        twin = self.with_(test=self.test.approximation, conservative=False)
        about = size_by_formula(twin, scenario, goal)
        if self.test.normal:
            return about
        rates = rates_of(scenario.typical.resolved)
        asked = goal, self.test, self.ratio, self.alpha, about.n_exact
        question: Question = (
            OverPriors(*asked, average=lambda n: goal.reached(self.sized(n), scenario)[0])
            if goal.world(scenario).unknowns
            else AtRates(*asked, rates=rates)
        )
        n = lasting_size(question) if self.conservative else smallest_size(question)
        return Sized(self.sized(n), float(n), n * self._responses(rates))

    def _responses(self, rates: tuple[FloatArray, FloatArray]) -> float:
        """Expected responses per patient."""
        return float((self.ratio * rates[0][0] + rates[1][0]) / (1 + self.ratio))

    # ---- plan ------------------------------------------------------------------------------------------

    @property
    def scenario_kind(self) -> type[ResponseScenario]:
        """Responses."""
        return ResponseScenario

    def plan_for(self, scenario: ResponseScenario) -> RandomizedResponse:
        """The design with its plan frozen under the typical case of `scenario`.

        Raises
        ------
        InvalidInput
            If n is not given, or does not divide by the ratio where the exact distribution is asked for.
        """
        if self.n is None:
            reject(
                "n",
                "given before a design can be evaluated",
                None,
                "sample_size(design, scenario, power=0.8) finds it.",
            )
        check_size(self.n, one_scenario("scenario", scenario, ResponseScenario))
        months = scenario.typical.resolved.look_months(self.n, np.array([self.n]))
        bound = (float(ndtri(1 - self.alpha)),)
        plan = ResponsePlan(self.n, months=(float(months[0, 0]),), efficacy_bounds=bound, futility_bounds=bound)
        return self.with_(planned=plan)

    def as_planned(self, scenario: ResponseScenario) -> Evaluation:
        """The formula in the typical case of the very scenario that the design is planned for."""
        return self.plan_for(scenario).evaluate(scenario.typical.resolved)

    def _executed(self) -> ResponsePlan:
        if self.planned is None:
            raise InvalidInput(
                "`design` must be planned to be evaluated; got one without a plan. Use design.plan_for(scenario)."
            )
        return self.planned

    # ---- faces -----------------------------------------------------------------------------------------

    def evaluate(self, scenario: ResponseScenario) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them."""
        n = self._executed().n
        check_size(n, scenario)
        experimental, control = rates_of(scenario)
        control_n = n / (1 + self.ratio)
        expected = Counts2((n - control_n) * experimental, n - control_n, control_n * control, control_n)
        drift, spread = self.test.moments(expected)
        if self.test.normal:
            power = ndtr((drift - ndtri(1 - self.alpha)) / spread)
        else:
            sizes = self.arm_sizes
            power = self.test.region(sizes[1], sizes[0], self.alpha).probability(experimental, control)
        months = scenario.look_months(n, np.array([n]))
        rows = max(len(experimental), len(months))

        def column(x: Any) -> FloatArray:
            return np.broadcast_to(np.reshape(np.asarray(x, dtype=float), (-1, 1)), (rows, 1))

        return Evaluation(
            column(power),
            futility=column(0.0),
            months=column(months),
            events=column(expected.experimental + expected.control),
            n=column(n),
            drift=np.broadcast_to(drift, (rows,)),
            information=column(n * self.ratio / (1 + self.ratio) ** 2),
            overruled=column(power),
        )

    def replicate(self, scenario: ResponseScenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials, patient by patient."""
        n, (n_control, n_experimental) = int(self._executed().n), self.arm_sizes
        check_size(n, scenario)
        experimental, control = rates_of(scenario)
        x = np.count_nonzero(rng.random((rows, n_experimental)) < experimental[:, None], axis=1)
        y = np.count_nonzero(rng.random((rows, n_control)) < control[:, None], axis=1)
        seen = Counts2(x, n_experimental, y, n_control)
        if scenario.enrollment is None:
            months = np.full(rows, np.nan)
        else:
            months = scenario.enrollment.entries((rows, n), rng).max(axis=1) + scenario.assessment
        if self.test.normal:
            above = (self.test.p_values_of(seen) <= self.alpha)[:, None]
        else:  # the tables whose p-value is at most alpha
            above = self.test.region(n_experimental, n_control, self.alpha).contains(x, y)[:, None]
        return Replicates(
            above,
            futility=np.zeros_like(above),
            months=months[:, None],
            events=(x + y)[:, None].astype(float),
            n=np.full((rows, 1), float(n)),
            score=np.clip(self.test.measure.score(seen), -_FAR, _FAR)[:, None],
            information=np.full((rows, 1), n * self.ratio / (1 + self.ratio) ** 2),
            overruled=above,
        )

    # ---- what reports say ------------------------------------------------------------------------------

    def drift_per_root_event(self, scenario: ResponseScenario) -> None:
        """Power takes more than the number of responses."""

    def is_null(self, scenario: ResponseScenario) -> bool:
        """Whether the experimental rate is not above the margin, whatever the control rate is."""
        effect = scenario.effect
        if not isinstance(effect.value, float):
            return False
        experimental, control = rates_of(scenario.typical.resolved)
        return bool(experimental[0] <= self.test.measure.experimental(control)[0] + 1e-12)

    @property
    def alternative(self) -> str:
        """What the design shows when it rejects, in words."""
        return self.test.alternative

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return self.test.formula_name

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return self.test.citations

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """Nothing: all that it rests on is in the scenario."""
        return ()

    def honest(self, scenario: ResponseScenario, target: float) -> HonestLevel | None:
        """The exact type I error; None if n does not divide by the ratio."""
        planned = self if self.planned is not None else self.plan_for(scenario)
        return None if planned.n is None or planned.n % self.size_step() else HonestLevel(planned, scenario)

    def warn(self, scenario: ResponseScenario, *, simulated: bool = False) -> None:
        """Warn where the test does not hold its level, or the normal approximation is off."""
        level = None if self.planned is None else self.honest(scenario, 0.5)
        if level is None:
            return
        if level.worst.value > min(_INFLATED * self.alpha, self.alpha + _ABOVE):
            caution(
                f"The type I error of {self.test.name} at n = {self.n:g} is {level.worst.value:.4f} at a control rate "
                f"of {level.worst.rate:.3f}, where {self.alpha:g} is asked for. Boschloo() and Barnard() keep it."
            )
        if level.exact_power is not None and not simulated:
            found = float(self.evaluate(scenario.typical.resolved).power[0])
            if abs(found - level.exact_power) > _OFF:
                caution(
                    f"The normal approximation gives power {found:.4f} at n = {self.n:g}; the exact power is "
                    f'{level.exact_power:.4f}. Use formula="exact".'
                )
