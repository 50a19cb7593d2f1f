"""Simon's two-stage design of one arm that counts responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._exact.simon import Search, TwoStages, admissible
from icibaseline._values import IntArray, value
from icibaseline.designs.base import Sized
from icibaseline.designs.counts import CountDesign
from icibaseline.designs.goal import Goal
from icibaseline.designs.references import a_rate
from icibaseline.designs.simon_sizing import aim_of, search_for
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import Judged, Reference
from icibaseline.rules.counts import countable
from icibaseline.scenario import ResponseScenario

__all__ = ["TwoStage"]


def _optimal(search: Search, weight: float) -> TwoStages | None:
    return search.optimal()


def _minimax(search: Search, weight: float) -> TwoStages | None:
    return search.minimax()


def _admissible(search: Search, weight: float) -> TwoStages | None:
    curve = search.curve()
    if not len(curve.n):
        return None
    kept, _ = admissible(curve)
    return kept.at([int(np.argmin(weight * kept.n + (1 - weight) * kept.expected))])


_CRITERIA: dict[str, Callable[[Search, float], TwoStages | None]] = {
    "optimal": _optimal,
    "minimax": _minimax,
    "admissible": _admissible,
}


def _share(name: str, held: object) -> float:
    rule = "a number from 0 to 1"
    clean = _checks.number(name, held, rule)
    if not 0 <= clean <= 1:
        reject(name, rule, held, _checks.fraction_hint(clean))
    return clean


def _count(least: int) -> Any:
    return as_field(_checks.optional(lambda name, held: _checks.whole(name, held, least)))


@final
@value
class TwoStage(CountDesign):
    r"""A trial of one arm in two stages, which stops after the first if there are too few responses.

    Parameters
    ----------
    criterion : {"optimal", "minimax", "admissible"}
        What `sample_size` looks for: the least expected number of patients if the experimental rate is the benchmark's;
        the least number in all, and of those designs that with the least expected number; or a compromise.
    alpha : float, optional
        One-sided level that the type I error at the benchmark's rate must keep.
    weight : float, optional
        For "admissible", q in ``q n + (1 - q) EN``, which is made least; 1/2 by default.
    benchmark : float, Distribution or Baseline, optional
        What the arm is held against; None takes the control of the scenario.
    r1, n1, r, n : int, optional
        The design itself, instead of a search: stop if at most r1 of the first n1 patients respond, success if more
        than r of all n do.
    n_max : int, optional
        The largest n that is considered. By default the search goes on until no larger design can be better.
    planned : StagePlan, optional
        The frozen plan; `sample_size` and `plan_for` fill it in.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, some of the four counts are missing, or they contradict one another.

    Notes
    -----
    With X binomial among the first n1 and Y among the other patients, the trial succeeds with probability

    .. math:: P(X > r_1,\; X + Y > r),

    and the expected number of patients is :math:`n_1 + (1 - PET)(n - n_1)`, :math:`PET = P(X \le r_1)` [1]_. Of the
    designs that keep alpha and the power, "optimal" and "minimax" are Simon's; a design is admissible if it makes
    :math:`q n + (1 - q) EN` least for some q [2]_. Probabilities that equal their limit keep it. Of designs with the
    same r1, n1 and n that with the greatest r, and so the least error, is taken; of designs equal in the criterion
    that with the smaller n, then n1. Nothing is approximated, and without `n_max` no better design of any size exists.

    With priors and a target of assurance, power is averaged over them in the search.

    References
    ----------
    .. [1] Simon R. Optimal two-stage designs for phase II clinical trials. Controlled Clinical Trials 1989; 10: 1-10.
    .. [2] Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials.
       Statistics in Medicine 2004; 23: 561-569.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
    >>> design = ici.sample_size(ici.TwoStage(criterion="optimal", alpha=0.05), truth, power=0.8).design
    >>> design.r1, design.n1, design.r, design.n
    (1, 10, 5, 29)
    >>> result = ici.power(design, truth.null)
    >>> round(result.power, 4), round(result.expected_n, 2), round(result.futility_by_look[0], 3)
    (0.0471, 15.01, 0.736)
    """

    _found = ("r1", "n1", "r", "n")

    _stated = ("criterion", "alpha")

    criterion: str = attrs.field(
        default="optimal", converter=as_field(lambda name, held: _checks.choice(name, held, _CRITERIA))
    )
    alpha: float = attrs.field(default=0.05, kw_only=True, converter=as_field(_checks.open_unit))
    weight: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_share)))
    benchmark: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(a_rate)))
    r1: int | None = attrs.field(default=None, kw_only=True, converter=_count(0))
    n1: int | None = attrs.field(default=None, kw_only=True, converter=_count(1))
    r: int | None = attrs.field(default=None, kw_only=True, converter=_count(0))
    n: int | None = attrs.field(default=None, kw_only=True, converter=_count(2))
    n_max: int | None = attrs.field(default=None, kw_only=True, converter=_count(2))
    planned: StagePlan | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.weight is not None and self.criterion != "admissible":
            reject("criterion", '"admissible" where a `weight` is given', self.criterion)
        self._check_counts()
        if self.planned is not None:
            _checks.instance("planned", self.planned, StagePlan, "made by plan_for or sample_size")
            if self.planned.n != self.n:
                reject("planned", f"a plan for the same n, which is {self.n}", self.planned.n, "Leave it to plan_for.")

    def _check_counts(self) -> None:
        given = {name: held for name in self._found if (held := getattr(self, name)) is not None}
        if not given:
            return
        if len(given) < len(self._found):
            rule = "`r1`, `n1`, `r` and `n` must be given together, or left out together"
            raise InvalidInput(f"{rule}; got {', '.join(f'{name}={held}' for name, held in given.items())}.")
        r1, n1, r, n = self.r1, self.n1, self.r, self.n
        countable("n", n or 0, 2)
        assert r1 is not None and n1 is not None and r is not None and n is not None  # noqa: PT018
        for name, held, below, limit in (("n1", n1, "n", n), ("r1", r1, "n1", n1), ("r", r, "n", n)):
            if held >= limit:
                reject(name, f"below `{below}`, which is {limit}", held)
        if r < r1:
            reject("r", f"at least `r1`, which is {r1}: r counts the responses of both stages", r)

    # ---- what every trial that counts responses knows -----------------------------------------------------

    def stages(self, reference: Reference) -> Stages:
        """Two looks: futile with at most r1, success with more than r."""
        if self.n is None or self.n1 is None or self.r is None or self.r1 is None:
            reject("n", "given with r1, n1 and r", None, "sample_size(design, scenario, power=0.8) finds them.")
        sizes, bounds = np.array([self.n1, self.n]), np.array([self.r1, self.r], dtype=float)
        return Stages(sizes, np.array([np.inf, self.r + 1.0]), bounds)

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """More than r responses in the end are a success; the first stage stops at r1."""
        goes_on, shown = responses[:, 0] > (self.r1 or 0), responses[:, 1] > (self.r or 0)
        never = np.zeros(len(responses), dtype=bool)
        return Judged(np.stack([never, shown], axis=1), np.stack([~goes_on, ~shown], axis=1))

    def floor(self, reference: Reference) -> float:
        """The benchmark's rate."""
        return reference.rate

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return ("simon1989", "jung2004") if self.criterion == "admissible" else ("simon1989",)

    # ---- search ------------------------------------------------------------------------------------------

    def check_sizable(self) -> None:
        """Any design without counts can be sized."""

    def find(self, scenario: ResponseScenario, goal: Goal) -> Sized:
        """The best design that keeps alpha and reaches a goal."""
        design = self.with_(benchmark=scenario.control) if self.benchmark is None else self
        aim = aim_of(design, scenario, goal)
        search = search_for(aim, self.n_max, goal.name)
        best = _CRITERIA[self.criterion](search, 0.5 if self.weight is None else self.weight)
        assert best is not None  # `search_for` has seen to it
        r1, n1, r, n = (int(part[0]) for part in best[:4])
        return Sized(design.with_(r1=r1, n1=n1, r=r, n=n), float(n), n * aim.mean)
