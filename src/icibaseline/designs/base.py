"""What a design is: a formula face, a replicate face, and a plan that is frozen once and executed everywhere."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, IntArray, Value, value
from icibaseline.designs.goal import Goal
from icibaseline.errors import reject
from icibaseline.rules import Executed
from icibaseline.scenario import BaseScenario

__all__ = [
    "BOUNDS",
    "MONTHS",
    "NONE_LEFT",
    "NO_TURNS",
    "Design",
    "Evaluation",
    "FormulaDesign",
    "FrozenPlan",
    "Planned",
    "Replicates",
    "Sized",
    "check_size",
    "first_stops",
    "interim",
    "one_each",
    "patients",
]


def patients(name: str, held: object) -> float:
    """A number of patients; a whole one is an int."""
    n = _checks.positive(name, held)
    return int(n) if n == int(n) else n


def one_each(item: Value, names: tuple[str, ...], of: str, count: int) -> None:
    """Refuse tuples that do not have one number for each look."""
    for name in names:
        if len(getattr(item, name)) != count:
            reject(name, f"of length {count}, one number for each of the `{of}`", getattr(item, name))


def check_size(n: float, scenario: BaseScenario) -> None:
    """Refuse an enrolment that fixes another number of patients."""
    fixed = None if scenario.enrollment is None else scenario.enrollment.fixed_n
    if fixed is not None and abs(fixed - n) > 0.5:
        reject("n", f"the {fixed:g} patients that rate x duration give", n, "Give the rate or the duration alone.")


BOUNDS = as_field(lambda name, held: _checks.sequence(name, held, _checks.not_nan, least=0))


MONTHS = as_field(lambda name, held: _checks.sequence(name, held, _checks.or_unknown(_checks.number), least=0))


class FrozenPlan(Value):
    """Abstract: what `sample_size` or `plan_for` froze. It is carried out unchanged in every scenario."""

    n: float
    months: tuple[float, ...]
    efficacy_bounds: tuple[float, ...]
    futility_bounds: tuple[float, ...]

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of looks."""

    @property
    @abstractmethod
    def overrulable(self) -> bool:
        """Whether an interim look may stop for futility, which could be overruled."""


@final
@value
class Planned(FrozenPlan):
    """The plan of a trial whose looks compare Z with bounds.

    Parameters
    ----------
    n : int
        Patients over both arms.
    looks : Executed
        The look rule as it is carried out.
    months, events, information, drift : tuple of float
        Expected calendar month, events, information and mean of Z at each look, in the scenario planned for.
    efficacy_bounds, futility_bounds : tuple of float
        Bounds on Z at each look; infinite where nothing is tested.
    """

    n: float = attrs.field(converter=as_field(patients))
    looks: Executed = attrs.field(
        kw_only=True, converter=as_field(lambda name, x: _checks.instance(name, x, Executed, "AtMonths or AtEvents"))
    )
    months: tuple[float, ...] = attrs.field(kw_only=True, converter=as_field(_checks.numbers_in))
    events: tuple[float, ...] = attrs.field(kw_only=True, converter=as_field(_checks.numbers_in))
    information: tuple[float, ...] = attrs.field(kw_only=True, converter=as_field(_checks.numbers_in))
    drift: tuple[float, ...] = attrs.field(kw_only=True, converter=as_field(_checks.numbers_in))
    efficacy_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)
    futility_bounds: tuple[float, ...] = attrs.field(kw_only=True, converter=BOUNDS)

    def __attrs_post_init__(self) -> None:
        one_each(
            self,
            ("months", "events", "information", "drift", "efficacy_bounds", "futility_bounds"),
            "looks",
            self.looks.count,
        )

    @property
    def count(self) -> int:
        """Number of looks."""
        return self.looks.count

    @property
    def overrulable(self) -> bool:
        """Whether an interim look may stop for futility: bounds then meet at the last look, two-sided ones never."""
        meet = self.futility_bounds[-1] == self.efficacy_bounds[-1]
        return meet and any(z > -np.inf for z in self.futility_bounds[:-1])


NONE_LEFT: IntArray = np.zeros((1, 1), dtype=np.int64)  # the trial goes on to the last of the planned looks
NO_TURNS: FloatArray = np.zeros((1, 0))  # and does so in every scenario


class Evaluation(NamedTuple):
    """The formula's answer for a batch of scenarios."""

    reject: FloatArray  # (B, K) probability of rejecting first at each look
    futility: FloatArray  # (B, K) probability of stopping for futility first at each look
    months: FloatArray  # (B, K)
    events: FloatArray  # (B, K)
    n: FloatArray  # (B, K)
    drift: FloatArray  # (B,) mean of Z at the last look
    information: FloatArray  # (B, K)
    overruled: FloatArray  # (B, K) probability of rejecting first at each look if futility is overruled
    left: IntArray = NONE_LEFT  # (B, 1) planned looks that do not take place, since the one before them is the end
    turns: FloatArray = NO_TURNS  # (B, J) continuous in the scenario, and from 0 on an interim look is the end

    @property
    def power(self) -> FloatArray:
        """Probability of rejecting, (B,)."""
        total: FloatArray = self.reject.sum(axis=1)
        return total


class Replicates(NamedTuple):
    """Simulated trials, one row each."""

    reject: BoolArray  # (R, K) rejected first at this look
    futility: BoolArray  # (R, K) stopped for futility first at this look
    months: FloatArray  # (R, K)
    events: FloatArray  # (R, K)
    n: FloatArray  # (R, K)
    score: FloatArray  # (R, K) the statistic
    information: FloatArray  # (R, K) its estimated variance
    overruled: BoolArray  # (R, K) rejected first at this look if futility is overruled
    left: IntArray = NONE_LEFT  # (R, 1) planned looks that do not take place


def interim(looks: int, left: IntArray = NONE_LEFT) -> BoolArray:
    """Whether a look comes before the end of the trial, (B, K)."""
    return np.asarray(np.arange(1, looks + 1) < looks - left)


def first_stops(
    above: BoolArray, below: BoolArray, left: IntArray = NONE_LEFT, sided: int = 1
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Where trials (R, K) reject first, stop for futility first, and reject first if futility is overruled.

    The trial ends with `left` looks to come. Two-sided, the second is where they reject in favour of control.
    """
    first = (above | below) & (np.cumsum(above | below, axis=1) == 1)
    futile = first & below & ~above
    if sided == 1:
        futile &= interim(above.shape[1], left)  # at the end, it is all that does not reject
    return first & above, futile, above & (np.cumsum(above, axis=1) == 1)


class Sized(NamedTuple):
    """A size that was found."""

    design: Design  # with its n, not yet planned
    n_exact: float  # the continuous solution, or n itself where there is none
    events: float  # that it needs


class Design(Value):
    """What we will do. A design without n is unsized; a planned one carries its frozen plan."""

    _derived = ("planned",)
    _found: ClassVar[tuple[str, ...]] = ("n",)  # arguments that `sample_size` finds

    n: float | None
    planned: FrozenPlan | None

    def unsized(self) -> Self:
        """The design without what `sample_size` finds."""
        return self.with_(**dict.fromkeys(self._found))

    @property
    @abstractmethod
    def scenario_kind(self) -> type[BaseScenario]:
        """The kind of scenario that it can be tried in."""

    @abstractmethod
    def plan_for(self, scenario: Any) -> Self:
        """The design with its plan frozen under the typical case of a scenario; n must be given."""

    @abstractmethod
    def evaluate(self, scenario: Any) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them; the design must be planned."""

    @abstractmethod
    def replicate(self, scenario: Any, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials; the scenario is resolved, or a batch with one element for each row."""

    @abstractmethod
    def find(self, scenario: Any, goal: Goal) -> Sized:
        """The size that reaches a power in the typical case, or an assurance over the priors."""

    @abstractmethod
    def check_sizable(self) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power."""

    @abstractmethod
    def is_null(self, scenario: Any) -> bool:
        """Whether the null hypothesis of the design's test holds in the scenario."""

    if TYPE_CHECKING:  # a field in some designs, which a property here would stand in the way of

        @property
        def alpha(self) -> float:
            """One-sided type I error that the design is built for."""

    @property
    @abstractmethod
    def alternative(self) -> str:
        """What the design shows when it rejects, in words."""

    @property
    @abstractmethod
    def formula_name(self) -> str:
        """The formula as reports name it."""

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""

    @property
    @abstractmethod
    def roles(self) -> tuple[tuple[str, Any], ...]:
        """What it rests on besides the scenario, each with the name of its role, for reports."""

    @abstractmethod
    def honest(self, scenario: Any, target: float) -> Value | None:
        """What the error of its benchmark does to it, at a target of power; None if it has none."""

    @abstractmethod
    def warn(self, scenario: Any, *, simulated: bool = False) -> None:
        """Warn where the design's test is known not to hold its level, or its formula to be off."""


class FormulaDesign(Design):
    """A design whose power is a smooth function of n, which may be fractional while a size is searched."""

    @abstractmethod
    def as_planned(self, scenario: Any) -> Evaluation:
        """The formula in the very scenario that the design is planned for, in its typical case; n must be given."""

    @abstractmethod
    def size_step(self) -> int:
        """Patients come in multiples of this number."""

    @abstractmethod
    def sized(self, n: float) -> Self:
        """The design with n patients, unplanned; n may be fractional while a size is searched."""

    @abstractmethod
    def aimed(self, target: float) -> Self:
        """The design as it stands in a trial that is sized for a power."""

    @abstractmethod
    def drift_per_root_event(self, scenario: Any) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where power takes more than that number."""
