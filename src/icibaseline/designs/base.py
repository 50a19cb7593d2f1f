"""What a design is: a formula face, a replicate face, and a plan that is frozen once and executed everywhere."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple, Self, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, Value, value
from icibaseline.errors import reject
from icibaseline.rules import Executed
from icibaseline.scenario import Scenario

__all__ = ["BOUNDS", "Design", "Evaluation", "Planned", "Replicates", "one_each", "patients"]


def patients(name: str, held: object) -> float:
    """A number of patients; a whole one is an int."""
    n = _checks.positive(name, held)
    return int(n) if n == int(n) else n


def one_each(item: Value, names: tuple[str, ...], of: str, count: int) -> None:
    """Refuse tuples that do not have one number for each look."""
    for name in names:
        if len(getattr(item, name)) != count:
            reject(name, f"of length {count}, one number for each of the `{of}`", getattr(item, name))


BOUNDS = as_field(lambda name, held: _checks.sequence(name, held, _checks.not_nan, least=0))


@final
@value
class Planned(Value):
    """What `sample_size` or `plan_for` froze: it is carried out unchanged in every scenario.

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


class Design(Value):
    """What we will do. A design without n is unsized; a planned one carries its frozen plan."""

    _derived = ("planned",)

    n: float | None
    planned: Planned | None

    @abstractmethod
    def plan_for(self, scenario: Scenario) -> Self:
        """The design with its plan frozen under the typical case of a scenario; n must be given."""

    @abstractmethod
    def as_planned(self, scenario: Scenario) -> Evaluation:
        """The formula in the very scenario that the design is planned for, in its typical case; n must be given."""

    @abstractmethod
    def evaluate(self, scenario: Scenario) -> Evaluation:
        """The formula, for a resolved scenario or a batch of them; the design must be planned."""

    @abstractmethod
    def replicate(self, scenario: Scenario, rows: int, rng: np.random.Generator) -> Replicates:
        """Simulated trials; the scenario is resolved, or a batch with one element for each row."""

    @abstractmethod
    def size_step(self) -> int:
        """Patients come in multiples of this number."""

    @abstractmethod
    def sized(self, n: float) -> Self:
        """The design with n patients, unplanned; n may be fractional while a size is searched."""

    @abstractmethod
    def aimed(self, target: float) -> Self:
        """The design as it stands in a trial that is sized for a probability of rejecting."""

    @abstractmethod
    def drift_per_root_event(self, scenario: Scenario) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where power takes more than that number."""

    @abstractmethod
    def is_null(self, scenario: Scenario) -> bool:
        """Whether the null hypothesis of the design's test holds in the scenario."""

    @abstractmethod
    def check_sizable(self) -> None:
        """Raise `InvalidInput` if the number of patients cannot decide the power."""

    @property
    @abstractmethod
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

    @abstractmethod
    def warn(self, scenario: Scenario, *, simulated: bool = False) -> None:
        """Warn where the design's test is known not to hold its level, or its formula to be off."""
