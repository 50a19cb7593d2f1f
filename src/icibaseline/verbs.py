"""The verbs: size, evaluate, average, simulate, compare. Each takes a design and a scenario."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from icibaseline import _checks
from icibaseline.designs import Comparison, Design, OperatingCharacteristics, Plan
from icibaseline.designs.goal import Goal
from icibaseline.designs.goals import Assurance, Power
from icibaseline.designs.results import averaged, formula
from icibaseline.designs.simulation import run
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import Boundary, CountRule
from icibaseline.scenario import BaseScenario, one_scenario
from icibaseline.statistics import OneSample, Statistic

__all__ = ["assurance", "compare", "power", "sample_size", "simulate"]

_LENIENT = 0.5  # an alpha above it is a mistake


@_checks.callable_by_name
def sample_size(
    design: Design, scenario: BaseScenario, *, power: float | None = None, assurance: float | None = None
) -> Plan:
    """Find the number of patients that reaches a power, or an assurance.

    Parameters
    ----------
    design : Design
        The design; its n must be None.
    scenario : Scenario or ResponseScenario
        What nature does, of the kind that the design asks for; power is for its typical case, assurance averages over
        its priors.
    power, assurance : float
        The target, in (alpha, 1); exactly one of the two.

    Returns
    -------
    Plan
        With `n_exact`, `n`, `events_required`, and the frozen design for the other verbs.

    Raises
    ------
    InvalidInput
        If the design is sized already, not exactly one target is given, the target is not a probability
        above alpha, or the enrolment fixes n.
    NoSolution
        If no n reaches the target; the message names the ceiling or the best n that was seen.
    NoFormula
        If the design's named formula does not cover the scenario.

    Notes
    -----
    Solves ``power(n) = target`` in continuous n and rounds up to the next multiple of the allocation. A boundary that
    spends beta, and is not told how much, spends what the target leaves.
    The ceiling of assurance is the probability under the priors that the drift is positive [1]_.

    References
    ----------
    .. [1] O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. Pharmaceutical Statistics
       2005; 4: 187-201.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> plan = ici.sample_size(ici.Randomized(), truth, power=0.8)
    >>> plan.n, round(plan.n_exact, 3)
    (136, 134.618)
    """
    scenario = _scenario(scenario, _design(design))
    if design.n is not None:
        reject("design.n", "None: sample_size finds it", design.n, "Use design.unsized(), or power() for a given n.")
    if scenario.enrollment is not None and scenario.enrollment.fixed_n is not None:
        reject(
            "enrollment",
            "left with one of duration and rate open",
            scenario.enrollment,
            f"Together they fix n at {scenario.enrollment.fixed_n:g}; use solve() for the other unknown.",
        )
    design.check_sizable()
    goal = _goal(design, power, assurance)
    found = design.find(scenario, goal)
    sized = found.design.plan_for(scenario)
    sized.warn(scenario)
    return Plan(sized, scenario, target=(goal.name, goal.target), n_exact=found.n_exact, events_required=found.events)


@_checks.callable_by_name
def power(design: Design, scenario: BaseScenario) -> OperatingCharacteristics:
    """Operating characteristics by formula, in the typical case of a scenario.

    Parameters
    ----------
    design : Design
        A design with n; if it carries a frozen plan, that plan is executed.
    scenario : Scenario or ResponseScenario
        What nature does; priors are replaced by their medians.

    Returns
    -------
    OperatingCharacteristics
        With method "formula".

    Raises
    ------
    InvalidInput
        If the design has no n.
    NoFormula
        If the design's named formula does not cover the scenario.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> ici.power(ici.Randomized(n=134), truth).power
    0.798193
    """
    scenario = _scenario(scenario, _sized(design))
    result = formula(design, scenario)
    result.design.warn(scenario)
    return result


@_checks.callable_by_name
def assurance(design: Design, scenario: BaseScenario, *, target: float = 0.8) -> OperatingCharacteristics:
    r"""Operating characteristics averaged over every prior in a scenario.

    Parameters
    ----------
    design : Design
        A design with n; its plan is frozen for the typical case and executed under every draw.
    scenario : Scenario or ResponseScenario
        What nature does.
    target : float, optional
        The power of which the probability is reported.

    Returns
    -------
    OperatingCharacteristics
        With method "assurance", and `ceiling`, `power_quantiles`, `power_at_least`, `sensitivity`.

    Raises
    ------
    InvalidInput
        If the design has no n or `target` is no probability.

    Notes
    -----
    :math:`\int P(\text{reject} \mid \theta) \, \pi(\theta) \, d\theta` by deterministic quadrature [1]_:
    Gauss-Legendre along priors on which the drift depends steeply, Gauss-Hermite along the others; above
    three uncertain numbers a scrambled Sobol sequence, whose error is reported.

    References
    ----------
    .. [1] O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. Pharmaceutical Statistics
       2005; 4: 187-201.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7),
    ...                      effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> result = ici.assurance(ici.Randomized(n=134), truth)
    >>> round(result.power, 2), round(result.ceiling, 4)
    (0.67, 0.9557)
    """
    scenario = _scenario(scenario, _sized(design))
    result = averaged(design, scenario, _checks.open_unit("target", target))
    result.design.warn(scenario)
    return result


@_checks.callable_by_name
def simulate(
    design: Design,
    scenario: BaseScenario,
    *,
    replicates: int = 10_000,
    rng: Any = None,
    executor: Any = None,
    progress: bool | None = None,
) -> OperatingCharacteristics:
    """Operating characteristics by patient-level simulation.

    Parameters
    ----------
    design : Design
        A design with n; if it carries a frozen plan, that plan is executed.
    scenario : Scenario or ResponseScenario
        What nature does. Every prior is drawn anew for each trial; `scenario.typical` has none.
    replicates : int, optional
        Simulated trials.
    rng : int, numpy.random.Generator, optional
        Seed or generator.
    executor : concurrent.futures.Executor, optional
        Where the blocks of trials run; the result does not depend on it.
    progress : bool, optional
        Whether to draw a progress bar; by default for runs above two seconds at a terminal.

    Returns
    -------
    OperatingCharacteristics
        With method "simulation", `error` and `errors` (Monte Carlo standard errors).

    Raises
    ------
    InvalidInput
        If the design has no n, n does not divide by the allocation, or an argument is of another kind.

    Notes
    -----
    Trials are simulated in blocks of 256 with one random stream each. Data are cut in calendar time.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> result = ici.simulate(ici.Randomized(n=134), truth, replicates=2000, rng=1)
    >>> abs(result.power - 0.7966) < 4 * result.error
    True
    """
    scenario = _scenario(scenario, _sized(design))
    count = _checks.whole("replicates", replicates, 2)
    shown = _checks.optional(_checks.flag)("progress", progress)
    if executor is not None and (isinstance(executor, type) or not callable(getattr(executor, "map", None))):
        reject("executor", "a concurrent.futures.Executor", executor, "For example ThreadPoolExecutor(2).")
    planned = design if design.planned is not None else design.plan_for(scenario)
    planned.warn(scenario, simulated=True)
    result = run(planned, scenario, count, _checks.generator("rng", rng), executor, shown)
    return result.with_(seed=int(rng)) if isinstance(rng, numbers.Integral) else result


@_checks.callable_by_name
def compare(
    designs: Design | Sequence[Design] | Mapping[str, Design],
    scenarios: BaseScenario | Sequence[BaseScenario] | Mapping[str, BaseScenario],
    *,
    by: Callable[[Design, Any], OperatingCharacteristics] = power,
) -> Comparison:
    """Every design in every scenario.

    Parameters
    ----------
    designs : Design, sequence of Design or dict of them by name
        Designs with n. One without a frozen plan is planned for the first scenario, so that the same
        trial is executed in all of them.
    scenarios : Scenario, sequence of Scenario or dict of them by name
        What nature may do.
    by : callable, optional
        `power`, `assurance`, or any function of a design and a scenario that returns operating
        characteristics, such as ``lambda d, s: ici.simulate(d, s, rng=1)``.

    Returns
    -------
    Comparison
        Indexed by [design, scenario].

    Raises
    ------
    InvalidInput
        If either is empty or of another kind.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> table = ici.compare(ici.Randomized(n=134), [truth, truth.null])
    >>> table.power.round(3)
    array([[0.798, 0.025]])
    """
    design_names, tried = _named("designs", designs, Design, _one_design)
    scenario_names, worlds = _named("scenarios", scenarios, BaseScenario, one_scenario)
    if not callable(by):
        reject("by", "a function of a design and a scenario", by, "For example assurance.")
    own = [[_scenario(world, _sized(design)) for world in worlds] for design in tried]
    frozen = tuple(d if d.planned is not None else d.plan_for(s[0]) for d, s in zip(tried, own, strict=True))
    found = tuple(by(d, world) for d, s in zip(frozen, own, strict=True) for world in s)
    for item in found:
        _checks.instance("by", item, OperatingCharacteristics, "a function that returns operating characteristics")
    return Comparison(frozen, worlds, results=found, names=(design_names, scenario_names))


# ---- checks ------------------------------------------------------------------------------------------


def _named(name: str, given: Any, kind: type, each: _checks.Check) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Names and members of one value, a sequence or a mapping."""
    _no_plan(name, given)
    if isinstance(given, kind):
        given = (given,)
    members = _checks.sequence(name, tuple(given.values()) if isinstance(given, Mapping) else given, each)
    names = given if isinstance(given, Mapping) else range(1, len(members) + 1)
    return tuple(_checks.text(f"{name} name", n) if isinstance(n, str) else str(n) for n in names), members


def _no_plan(name: str, held: object) -> None:
    if isinstance(held, Plan):
        wanted = "scenario" if name.startswith("scenario") else "design"
        raise InvalidInput(f"`{name}` must be a {wanted}; got a Plan of {held.n} patients. Use plan.{wanted}.")


def _one_design(name: str, held: object) -> Design:
    _no_plan(name, held)
    found: Design = _checks.instance(name, held, Design, "a design", _design_hint(held))
    return found


def _design_hint(held: object) -> str:
    """Where what was given for a design belongs."""
    if isinstance(held, BaseScenario):
        return "The design comes first, then the scenario."
    if isinstance(held, (CountRule, OneSample)):
        part = "rule" if isinstance(held, CountRule) else "statistic"
        return f"It goes into one: SingleArm({part}={type(held).__name__}(...))."
    if isinstance(held, (Boundary, Statistic)):
        part = "boundary" if isinstance(held, Boundary) else "statistic"
        return f"It goes into one: Randomized({part}={type(held).__name__}(...))."
    return "For example Randomized(n=134)."


def _design(held: object) -> Design:
    return _one_design("design", held)


def _scenario(held: object, design: Design) -> Any:
    """The scenario of the outcome that the design asks for."""
    _no_plan("scenario", held)
    return one_scenario("scenario", held, design.scenario_kind)


def _sized(held: object) -> Design:
    design = _design(held)
    if design.n is None:
        reject("design.n", "given", None, "sample_size(design, scenario, power=0.8) finds it.")
    return design


def _goal(design: Design, power: float | None, assurance: float | None) -> Goal:
    given = {kind: held for kind, held in ((Power, power), (Assurance, assurance)) if held is not None}
    if len(given) != 1:
        raise InvalidInput(
            f"`power` or `assurance` must be given, and not both; got power={power!r} and assurance={assurance!r}."
        )
    [(kind, held)] = given.items()
    rule = f"above alpha = {design.alpha:g} and below 1"
    target = _checks.number(kind.name, held, rule)
    if not design.alpha < target < 1:
        alike = f"c={1 - design.alpha:.4g} is a rule of that alpha"
        asked = f"{alike}: c is the probability of being better that is asked for, such as 0.95."
        posterior = design.alpha > _LENIENT and hasattr(getattr(design, "rule", None), "c")
        reject(kind.name, rule, held, asked if posterior else _checks.fraction_hint(target))
    return kind(target)
