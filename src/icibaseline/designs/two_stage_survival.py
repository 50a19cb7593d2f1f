"""Two stages of one arm, whose survival is held against a curve."""

from __future__ import annotations

from typing import Any, cast, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.designs.averaging import assurance_only
from icibaseline.designs.base import Design, Evaluation, Planned, Replicates, Sized, patients
from icibaseline.designs.goal import Goal
from icibaseline.designs.honest_curve import HonestCurve
from icibaseline.designs.single_arm import SingleArm
from icibaseline.designs.single_arm.survival import curve_of
from icibaseline.designs.two_stage_search import (
    Errors,
    Stages,
    Worlds,
    at_month,
    best_of,
    end_bound,
    search,
    single_power,
)
from icibaseline.designs.two_stage_worlds import Mixture, Question, worlds_of
from icibaseline.errors import reject
from icibaseline.rules import AfterEnrollment, AtMonths, Fixed, GivenBounds
from icibaseline.rules.boundary import level
from icibaseline.scenario import Scenario, one_scenario
from icibaseline.statistics.one_sample import OneSample, OneSampleLogRank

__all__ = ["TwoStageSurvival"]

_CRITERIA = {"optimal": 0.0, "minimax": 1.0, "admissible": 0.5}  # weight of all patients against the expected ones
_ROUNDS, _MET = 6, 1e-6  # of the search where quadrature in it is coarser than that of assurance
_FOUND = ("n", "interim", "c1", "c")
_NUMBER = as_field(_checks.optional(_checks.number))


def _statistic(name: str, held: object) -> OneSample:
    clean: OneSample = _checks.instance(name, held, OneSample, "a one-sample test", "For example OneSampleLogRank().")
    return clean


def _looks(name: str, held: object) -> AfterEnrollment:
    rule, hint = "one look after enrolment, at the end", "For example AfterEnrollment(12). The interim look is found."
    clean: AfterEnrollment = _checks.instance(name, held, AfterEnrollment, rule, hint)
    if clean.count != 1:
        reject(name, rule, held, hint)
    return clean


def _share(name: str, held: object) -> float:
    """A number from 0 to 1."""
    rule = "a number from 0 to 1"
    clean = _checks.number(name, held, rule)
    if not 0 <= clean <= 1:
        reject(name, rule, held)
    return clean


def _plan(name: str, held: object) -> Planned:
    clean: Planned = _checks.instance(name, held, Planned, "made by plan_for or sample_size")
    return clean


@final
@value
class TwoStageSurvival(Design):
    r"""A trial of one arm in two stages: the first may stop it for futility, the second tests survival against a curve.

    Parameters
    ----------
    n : int, optional
        Patients over both stages.
    criterion : {"optimal", "minimax", "admissible"}, optional
        What `sample_size` finds among the designs that hold alpha and have the power: the fewest expected patients
        without an effect, or the fewest patients in all, and among those the fewest expected ones, or between.
    alpha : float, optional
        One-sided type I error.
    weight : float, optional
        Of an admissible design, how much the greatest number of patients counts against the expected one: from 0, which
        is optimal, to 1, minimax; 0.5 by default.
    benchmark : Curve, Distribution or Baseline, optional
        What the arm is held against; None takes the control of the scenario.
    statistic : OneSample, optional
        What is tested. If it counts the error of its benchmark, alpha is the type I error averaged over that error.
    looks : AfterEnrollment, optional
        When the last look takes place.
    interim : float, optional
        Month of the interim look. Enrolment goes on while it is prepared.
    c1 : float, optional
        The trial stops at the interim look if Z is below it.
    c : float, optional
        The test rejects if Z is above it at the end.
    planned : Planned, optional
        The frozen plan; `sample_size` and `plan_for` fill it in.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, or some of n, interim, c1 and c are given and some not.

    Notes
    -----
    With :math:`Z_1, Z_2` the statistic at the two looks, c follows from c1 by
    :math:`P(Z_1 \ge c_1, Z_2 \ge c) = \alpha` as the benchmark, and c1 is the greatest that keeps the power [1]_ [2]_.
    The month of the interim look is searched for from the one in which the benchmark expects two events to the end of
    enrolment. The expected number of patients is :math:`n_1 + P(Z_1 \ge c_1) (n - n_1)` with :math:`n_1` enrolled by
    the interim look.

    A design is admissible if it makes :math:`q n + (1 - q) EN` least for some weight q; see `TwoStageSurvivalDesigns`.

    With ``benchmark_sd=s`` the error of the benchmark, the same at both looks, is a normal number u: the arm that does
    as the benchmark has :math:`e^{s u}` times its hazard, and c keeps
    :math:`\int P_u(Z_1 \ge c_1, Z_2 \ge c) \varphi(u) \, du = \alpha`. Averaged so, Z at two looks correlates by
    the root of the ratio of :math:`1 / (s^2 + 1 / D)`, with D events. The expected number of patients is averaged too.

    c keeps alpha for the month of the interim look that was planned. If the look takes place in another one, c stays as
    it is, and the level is another; `moved` finds the c that keeps alpha.

    Sized for assurance, power is averaged over the priors of the scenario; the limit of what can be reached is that of
    the test without an interim look.

    Published designs, and the program OneArm2stage, understate the power at the interim look; see
    ``OneSampleLogRank(formula="wu2020")``, with which they are found again. The default needs fewer patients.

    References
    ----------
    .. [1] Kwak M, Jung SH. Phase II clinical trials with time-to-event endpoints: optimal two-stage designs with
       one-sample log-rank test. Statistics in Medicine 2014; 33: 2004-2016.
    .. [2] Wu J, Chen L, Wei J, Weiss H, Chauhan A. Two-stage phase II survival trial design. Pharmaceutical Statistics
       2020; 19: 214-229.

    Examples
    --------
    >>> import icibaseline as ici
    >>> control = ici.Exponential(median=4.7)
    >>> truth = ici.Scenario(control=control, effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(rate=1.5))
    >>> plan = ici.sample_size(ici.TwoStageSurvival(looks=ici.AfterEnrollment(6)), truth, power=0.8)
    >>> plan.n, round(plan.design.interim, 1), round(plan.design.c1, 2), round(plan.design.c, 2)
    (20, 7.2, -0.10, 1.61)
    """

    n: float | None = attrs.field(default=None, converter=as_field(_checks.optional(patients)))
    _found = ("n", "interim", "c1", "c")
    _stated = ("criterion", "alpha")

    criterion: str = attrs.field(
        default="optimal", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, _CRITERIA))
    )
    alpha: float = attrs.field(default=0.05, kw_only=True, converter=as_field(level))
    weight: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_share)))
    benchmark: Any = attrs.field(default=None, kw_only=True)
    statistic: OneSample = attrs.field(factory=OneSampleLogRank, kw_only=True, converter=as_field(_statistic))
    looks: AfterEnrollment = attrs.field(factory=lambda: AfterEnrollment(12), kw_only=True, converter=as_field(_looks))
    interim: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    c1: float | None = attrs.field(default=None, kw_only=True, converter=_NUMBER)
    c: float | None = attrs.field(default=None, kw_only=True, converter=_NUMBER)
    planned: Planned | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_plan)))

    def __attrs_post_init__(self) -> None:
        if self.weight is not None and self.criterion != "admissible":
            reject("criterion", '"admissible" where a `weight` is given', self.criterion)
        given = [name for name in _FOUND if getattr(self, name) is not None]
        if given and len(given) < len(_FOUND):
            missing = next(name for name in _FOUND if name not in given)
            reject(missing, f"given with {', '.join(given)}", None, "sample_size finds all of them.")
        self._arm  # noqa: B018  checks benchmark, plan and whether they suit the statistic

    # ---- plan ----------------------------------------------------------------------------------------------

    @property
    def after(self) -> float:
        """Months between the end of enrolment and the last look."""
        return cast("tuple[float, ...]", self.looks.follow_up)[0]

    @property
    def _arm(self) -> SingleArm:
        """The same, as far as it is known."""
        low, high = (0.0, -float(ndtri(self.alpha))) if self.c is None or self.c1 is None else (self.c1, self.c)
        return SingleArm(
            self.n,
            statistic=self.statistic,
            benchmark=self.benchmark,
            rule=GivenBounds((np.inf, high), futility=(low,), alpha=self.alpha),
            looks=self.looks if self.planned is None else self.planned.looks,
            planned=self.planned,
        )

    @property
    def arm(self) -> SingleArm:
        """The trial as it is carried out: one arm with given bounds."""
        return self._arm

    def plan_for(self, scenario: Scenario) -> TwoStageSurvival:
        """The design with its plan frozen under the typical case of a scenario; n, interim, c1 and c must be given."""
        one_scenario("scenario", scenario, Scenario)
        if self.n is None or self.interim is None:
            reject("n", "given, with interim, c1 and c", None, "sample_size(design, scenario, power=0.8) finds them.")
        typical = scenario.typical.resolved
        last = float(typical.enrollment.accrual(self.n).duration) + self.after
        if not self.interim < last:
            reject("interim", f"before the last look in month {last:g}", self.interim)
        arm = self._arm.with_(looks=AtMonths((self.interim, last))).plan_for(scenario)
        return self.with_(planned=arm.planned, benchmark=arm.benchmark)

    def moved(self, scenario: Scenario, *, interim: float) -> TwoStageSurvival:
        """The planned design with its interim look in another month, and c solved again so that alpha is kept.

        Parameters
        ----------
        scenario : Scenario
            What is known of enrolment by now is of account, and the control if the design has no benchmark.
        interim : float
            Month of the interim look. It must not have been chosen in sight of results.

        Returns
        -------
        TwoStageSurvival
            With the same n and c1.

        Raises
        ------
        InvalidInput
            If the design has no n, interim, c1 and c, the month is not before the last look, or so few trials pass c1
            there without an effect that no c is needed.

        Examples
        --------
        >>> import icibaseline as ici
        >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.5),
        ...                      enrollment=ici.Enrollment(duration=24))
        >>> design = ici.TwoStageSurvival(30, interim=12, c1=0.3, c=1.6)
        >>> [round(design.moved(truth, interim=month).c, 2) for month in (12, 24)]
        [1.52, 1.63]
        """
        month = _checks.positive("interim", interim)
        known = self.against(one_scenario("scenario", scenario, Scenario)).with_(interim=month, planned=None)
        made = known.plan_for(scenario)  # or it says what is missing
        assert self.n is not None  # it was planned
        assert self.c1 is not None
        worlds = known.worlds(scenario, Mixture.of(scenario.typical))
        return made.with_(c=end_bound(worlds, self.n, month, self.c1, self.alpha), planned=None).plan_for(scenario)

    def find(self, scenario: Scenario, goal: Goal) -> Sized:
        """The design that the criterion asks for, in the typical case or over the priors, as the goal has it."""
        if self.statistic.earliest > 0:  # the search begins where few events are expected
            rule = "a log-rank or exponential test where n, interim, c1 and c are to be found"
            hint = "Give them, or count survivors of the month as responses: TwoStage with a ResponseScenario."
            reject("statistic", rule, self.statistic, hint)
        design, target = self.against(scenario), goal.target
        alone = design.one_look.find(scenario, goal)  # or it says why no number of patients is enough
        world = goal.world(scenario)
        truth = Mixture.of(cast("Scenario", world))
        worlds, aim = design.worlds(scenario, truth), target
        if len(truth.weights) > 1:  # the nodes are fewer than those of `assurance`
            aim = single_power(worlds, alone.n_exact, self.alpha)
        found = search(worlds, Errors(self.alpha, aim), self.importance)
        for _ in range(_ROUNDS):
            made = design.made(found).plan_for(scenario)
            seen = assurance_only(made, world)[0]
            if abs(seen - target) < _MET:
                break
            aim = float(ndtr(ndtri(aim) + ndtri(target) - ndtri(seen)))
            found = _near(worlds, found, Errors(self.alpha, aim))
        assert made.planned is not None  # just made
        return Sized(design.made(found), float(found.n), made.planned.events[-1])

    @property
    def importance(self) -> float:
        """Weight of the number of all patients against that of the expected ones."""
        return _CRITERIA[self.criterion] if self.weight is None else self.weight

    @property
    def one_look(self) -> SingleArm:
        """The test without an interim look and without n: what no two stages can do better than."""
        rule = Fixed(self.alpha)
        return SingleArm(statistic=self.statistic, benchmark=self.benchmark, rule=rule, looks=self.looks)

    def against(self, scenario: Scenario) -> TwoStageSurvival:
        """The design with the control of a scenario as its benchmark, if it has none of its own."""
        return self if self.benchmark is not None else self.with_(benchmark=_control(scenario))

    def worlds(self, scenario: Scenario, truth: Mixture) -> Worlds:
        """What a search asks, with the benchmark and the typical case of a scenario."""
        question = Question(self.statistic, curve_of(self.benchmark), self.after)
        return worlds_of(question, scenario.typical.resolved, truth)

    def made(self, found: Stages) -> TwoStageSurvival:
        """The design with what a search found."""
        return self.with_(n=found.n, interim=found.interim, c1=found.c1, c=found.c)

    def check_sizable(self) -> None:
        """The last look comes after enrolment, so that n decides the power."""

    # ---- all else is what the arm does ---------------------------------------------------------------------

    @property
    def scenario_kind(self) -> type[Scenario]:
        """Survival."""
        return Scenario

    def evaluate(self, scenario: Scenario) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them."""
        return self._arm.evaluate(scenario)

    def replicate(self, scenario: Scenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials, executed by the frozen plan."""
        return self._arm.replicate(scenario, rows, rng)

    def is_null(self, scenario: Scenario) -> bool:
        """Whether the arm survives as the benchmark does."""
        return self._arm.is_null(scenario)

    def honest(self, scenario: Scenario, target: float) -> Value | None:
        """What the error of the benchmark does to the design."""
        return HonestCurve(self, scenario, target=target)

    @property
    def alternative(self) -> str:
        """What the design shows when it rejects."""
        return self.statistic.alternative

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return self.statistic.formula_name

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return (*self.statistic.citations, "kwak2014", "wu2020")

    @property
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """The benchmark."""
        return () if self.benchmark is None else (("benchmark", self.benchmark),)

    def warn(self, scenario: Scenario, *, simulated: bool = False) -> None:
        """Warn where the test is known not to hold its level, or the formula to be off."""
        self._arm.warn(scenario, simulated=simulated)


def _control(scenario: Scenario) -> Any:
    if scenario.strata:
        reject("benchmark", "given for a scenario with strata", None, "For example benchmark=mix(...).")
    return scenario.control


def _near(worlds: Worlds, found: Stages, errors: Errors) -> Stages:
    """The design with the same month of the interim look; with more patients where these do not have the power."""
    same = at_month(worlds, found.n, found.interim, errors)
    n = found.n
    while same is None:
        n += 1
        same = best_of(worlds, n, errors)
    return same
