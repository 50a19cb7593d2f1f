"""The single-arm design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._values import Value, value
from icibaseline.designs.base import Evaluation, FrozenPlan, Replicates, Sized, patients
from icibaseline.designs.goal import Goal
from icibaseline.designs.single_arm.conduct import ArmDesign, Conduct
from icibaseline.designs.single_arm.responses import Responses
from icibaseline.designs.single_arm.survival import Survival
from icibaseline.errors import caution, reject
from icibaseline.rules import Boundary, CountRule, Exact, Fixed, Looks, Reference
from icibaseline.scenario import BaseScenario, one_scenario
from icibaseline.statistics.one_sample import OneSample

__all__ = ["SingleArm"]

_RESPONSES, _SURVIVAL = Responses(), Survival()


def _a(kind: type[Value] | tuple[type[Value], ...], what: str, hint: str) -> Any:
    return as_field(_checks.optional(lambda name, held: _checks.instance(name, held, kind, what, hint)))


def _benchmark() -> Any:
    """A converter that knows what is tested; that field comes before."""

    def convert(held: Any, design: Any) -> Any:
        return None if held is None else design._conduct.benchmark("benchmark", held)

    return attrs.Converter(convert, takes_self=True)


@final
@value
class SingleArm(ArmDesign):
    """A trial of one arm against a benchmark: of responses against a rate, or of survival against a curve.

    Parameters
    ----------
    n : int, optional
        Patients; None leaves the size to `sample_size`.
    benchmark : float, Distribution, Baseline or Curve, optional
        What the arm is held against. For responses a rate, a prior on one or a Baseline of one, whose printed count
        is then the rate; for survival a curve, a prior on its median or a Baseline of survival, whose curve at the
        prior median it is. None takes the control of the scenario that the design is planned for.
    statistic : OneSample, optional
        What is tested. None counts responses.
    rule : CountRule or Boundary, optional
        What decides: for responses ``Exact(alpha=0.05)``, the default, ``Exact(r=13)`` or ``Posterior(0.95)``;
        for survival a boundary such as ``Fixed(alpha=0.05)``, the default there.
    looks : Looks, optional
        When survival is looked at, `AfterEnrollment(12)` by default. Responses are counted when all are known, or
        when the rule says.
    conservative : bool, optional
        Whether `sample_size` finds the smallest n after which no larger one misses the target, and not the smallest n
        that reaches it: power by counts goes up and down with n, as does that of `Milestone` where all are followed.
        For `Exact` and `Posterior` that is proved for every larger n; for rules with several looks every n up to
        `n_max` is tried, and nothing is said of larger ones.
    n_max : int, optional
        The largest number of patients that `sample_size` considers for responses. To try so many takes long for a
        conservative size with a look after each patient.
    planned : FrozenPlan, optional
        The frozen plan; `sample_size` and `plan_for` fill it in.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, the parts do not suit one another, or a Baseline made by the user does not
        say which patients were counted.
    RefusedFinding
        If a Baseline is not that of the outcome.

    Notes
    -----
    The benchmark belongs to the design: it is what the protocol says. What the control rate really is belongs to the
    scenario, so that ``assurance(design, scenario.null).power`` is the type I error averaged over what is not known
    of it.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.SingleArm(n=44, benchmark=7 / 38, rule=ici.Exact(alpha=0.05))
    >>> design.responses
    13
    >>> truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
    >>> round(ici.power(design, truth).power, 3), round(ici.assurance(design, truth.null).power, 3)
    (0.82, 0.145)
    """

    _elsewhere: ClassVar[Mapping[str, str]] = {
        "alpha": " The level belongs to the rule: rule=Exact(alpha=0.05), for survival rule=Fixed(alpha=0.05)."
    }

    n: float | None = attrs.field(default=None, converter=as_field(_checks.optional(patients)))
    statistic: OneSample | None = attrs.field(
        default=None,
        kw_only=True,
        converter=_a(OneSample, "a one-sample test", "For example OneSampleLogRank(). None counts responses."),
    )
    benchmark: Any = attrs.field(default=None, kw_only=True, converter=_benchmark())
    rule: CountRule | Boundary = attrs.field(
        default=attrs.Factory(lambda self: Exact() if self.statistic is None else Fixed(0.05), takes_self=True),
        kw_only=True,
    )
    looks: Looks | None = attrs.field(
        default=None, kw_only=True, converter=_a(Looks, "a look rule", "For example AfterEnrollment(12).")
    )
    conservative: bool = attrs.field(default=False, kw_only=True, converter=as_field(_checks.flag))
    n_max: int = attrs.field(default=2000, kw_only=True, converter=as_field(_checks.whole))
    planned: FrozenPlan | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        self._conduct.check(self)
        if self.planned is not None:
            _checks.instance("planned", self.planned, self._conduct.plan_kind, "made by plan_for or sample_size")
            if self.planned.n != self.n:
                reject("planned", f"a plan for the same n, which is {self.n}", self.planned.n, "Leave it to plan_for.")

    @property
    def _conduct(self) -> Conduct:
        return _RESPONSES if self.statistic is None else _SURVIVAL

    @property
    def arm(self) -> SingleArm:
        """The trial as it is carried out: itself."""
        return self

    @property
    def responses(self) -> int | None:
        """The least number of responses of n that is a success; None where none is, or survival is tested.

        Raises
        ------
        InvalidInput
            If n or the benchmark is missing.
        """
        return _RESPONSES.least(self) if self.statistic is None else None

    @property
    def reference(self) -> Reference:
        """Of a trial of responses, the rate and the law that it is held against."""
        return _RESPONSES.reference(self)

    def stages(self, reference: Reference) -> Stages:
        """Of a trial of responses, its looks against a rate, and the counts that succeed or stop at them."""
        return _RESPONSES.stages(self, reference)

    def plan_for(self, scenario: BaseScenario) -> SingleArm:
        """The design with its plan frozen for a scenario, whose control is the benchmark if none was given.

        Raises
        ------
        InvalidInput
            If n is not given, or the benchmark does not suit the design.
        """
        scenario = one_scenario("scenario", scenario, self.scenario_kind)
        if self.n is None:
            hint = "sample_size(design, scenario, power=0.8) finds it."
            reject("n", "given before a design can be evaluated", None, hint)
        design = self._against(scenario)
        return design.with_(planned=self._conduct.plan(design, scenario))

    def _against(self, scenario: BaseScenario) -> SingleArm:
        if self.benchmark is not None:
            return self
        return self.with_(benchmark=self._conduct.default_benchmark(scenario))

    @property
    def one_look(self) -> SingleArm:
        """The design itself: what its power without an interim look is asked of."""
        return self

    def as_planned(self, scenario: BaseScenario) -> Evaluation:
        """The formula in the typical case of the very scenario that the design is planned for."""
        return self.plan_for(scenario).evaluate(scenario.typical.resolved)

    def size_step(self) -> int:
        """One patient at a time."""
        return 1

    def sized(self, n: float) -> SingleArm:
        """The design with n patients, unplanned."""
        return self.with_(n=n, planned=None)

    def aimed(self, target: float) -> SingleArm:
        """The design as it stands in a trial that is sized for a probability of rejecting."""
        return self.with_(rule=self.rule.aimed(target)) if isinstance(self.rule, Boundary) else self

    def drift_per_root_event(self, scenario: BaseScenario) -> None:
        """None: power takes more than the number of events."""

    # ---- every method that follows is that of the outcome --------------------------------------------------

    @property
    def scenario_kind(self) -> type[BaseScenario]:
        """A response, or survival."""
        return self._conduct.scenario_kind

    def evaluate(self, scenario: BaseScenario) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them."""
        return self._conduct.evaluate(self, scenario)

    def replicate(self, scenario: BaseScenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials, executed by the frozen plan."""
        return self._conduct.replicate(self, scenario, rows, rng)

    def find(self, scenario: BaseScenario, goal: Goal) -> Sized:
        """The size that reaches a power in the typical case, or an assurance over the priors."""
        return self._conduct.find(self._against(scenario), scenario, goal)

    def check_sizable(self) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power."""
        self._conduct.check_sizable(self)

    def is_null(self, scenario: BaseScenario) -> bool:
        """Whether experimental equals control in the scenario."""
        return self._conduct.is_null(self, scenario)

    def honest(self, scenario: BaseScenario, target: float) -> Value | None:
        """What the error of the benchmark does to the design."""
        return self._conduct.honest(self, scenario, target)

    @property
    def alpha(self) -> float:
        """One-sided type I error that the design is built for, or has at the benchmark."""
        return self._conduct.alpha(self)

    @property
    def alternative(self) -> str:
        """What the design shows when it rejects, in words."""
        return self._conduct.alternative(self)

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return self._conduct.formula_name(self)

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return self._conduct.citations(self)

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """The benchmark."""
        return () if self.benchmark is None else (("benchmark", self.benchmark),)

    def warn(self, scenario: BaseScenario, *, simulated: bool = False) -> None:
        """Warn where the test is known not to hold its level, or the formula to be off."""
        if self.planned is not None:
            for remark in self._conduct.cautions(self, scenario, simulated):
                caution(remark)
