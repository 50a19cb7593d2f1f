"""The two-stage designs of survival among which one may choose: expected against greatest number of patients."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact.simon import TwoStages, admissible
from icibaseline._values import Value, value
from icibaseline.designs.goals import Power
from icibaseline.designs.two_stage_search import Errors, Stages, curve
from icibaseline.designs.two_stage_survival import TwoStageSurvival
from icibaseline.designs.two_stage_worlds import Mixture
from icibaseline.errors import reject
from icibaseline.scenario import Scenario, one_scenario

__all__ = ["TwoStageSurvivalDesigns"]

_BEYOND = 5  # sizes that are shown after the optimal one


def _design(name: str, held: object) -> TwoStageSurvival:
    hint = "For example TwoStageSurvival(alpha=0.05)."
    found: TwoStageSurvival = _checks.instance(name, held, TwoStageSurvival, "a TwoStageSurvival", hint)
    if found.n is not None:
        reject(f"{name}.n", "None: all designs are compared", found.n, "Leave out n, interim, c1 and c.")
    return found


def _scenario(name: str, held: object) -> Any:
    return one_scenario(name, held, Scenario)


@final
@value
class TwoStageSurvivalDesigns(Value):
    """The best two-stage design of survival for every number of patients, and those that are admissible.

    Parameters
    ----------
    design : TwoStageSurvival
        With the level, the test and the looks; without n, interim, c1 and c.
    scenario : Scenario
        What nature does, in its typical case.
    power : float
        Power that every design has.

    Raises
    ------
    InvalidInput
        If the design has its numbers already, or an argument is of another kind.
    NoSolution
        When designs are asked for and no number of patients has the power.

    Notes
    -----
    Tuples have one element for each n, from the minimax design to five beyond the optimal one. On the graph of the
    expected number of patients against n the admissible designs lie on the lower convex hull: each makes
    ``q n + (1 - q) EN`` least for the weights q between the pair in `weights` [1]_.

    References
    ----------
    .. [1] Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials.
       Statistics in Medicine 2004; 23: 561-569.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.5),
    ...                      enrollment=ici.Enrollment(rate=1.5))
    >>> designs = ici.TwoStageSurvivalDesigns(ici.TwoStageSurvival(looks=ici.AfterEnrollment(6)), truth)
    >>> [(n, round(expected, 1)) for n, expected in zip(designs.n, designs.expected_n)][:3]
    [(19, 16.0), (20, 15.8), (21, 15.8)]
    >>> [design.n for design in designs.admissible]
    [19, 20]
    """

    design: TwoStageSurvival = attrs.field(converter=as_field(_design))
    scenario: Scenario = attrs.field(converter=as_field(_scenario))
    power: float = attrs.field(default=0.8, kw_only=True, converter=as_field(_checks.open_unit))

    def __attrs_post_init__(self) -> None:
        if self.power <= self.design.alpha:
            reject("power", f"above alpha, which is {self.design.alpha:g}", self.power)

    @cached_property
    def _against(self) -> TwoStageSurvival:
        return self.design.against(self.scenario)

    @cached_property
    def _stages(self) -> list[Stages]:
        design = self._against
        design.one_look.find(self.scenario, Power(self.power))  # or it says why no number of patients is enough
        worlds = design.worlds(self.scenario, Mixture.of(self.scenario.typical))
        return curve(worlds, Errors(design.alpha, self.power), _BEYOND)

    @cached_property
    def _hull(self) -> tuple[list[Stages], tuple[float, ...]]:
        """Admissible designs, and for each the least weight for which it is the best."""
        some = np.zeros(len(self._stages), dtype=np.int64)
        n, expected, stop = (np.array(x) for x in (self.n, self.expected_n, self.stop_early))
        kept, least = admissible(TwoStages(some, some, some, n, expected, stop))
        held = {stages.n: stages for stages in self._stages}
        return [held[int(size)] for size in kept.n], tuple(float(q) for q in least)

    # ---- for every n -------------------------------------------------------------------------------------

    @property
    def n(self) -> tuple[int, ...]:
        """Patients in all."""
        return tuple(stages.n for stages in self._stages)

    @property
    def expected_n(self) -> tuple[float, ...]:
        """Expected number of patients without an effect."""
        return tuple(stages.expected_n for stages in self._stages)

    @property
    def stop_early(self) -> tuple[float, ...]:
        """Probability of stopping at the interim look without an effect."""
        return tuple(stages.stop for stages in self._stages)

    @property
    def n1(self) -> tuple[float, ...]:
        """Patients expected by the interim look."""
        return tuple(stages.n1 for stages in self._stages)

    @property
    def interim(self) -> tuple[float, ...]:
        """Month of the interim look."""
        return tuple(stages.interim for stages in self._stages)

    @property
    def c1(self) -> tuple[float, ...]:
        """Z below which the trial stops at the interim look."""
        return tuple(stages.c1 for stages in self._stages)

    @property
    def c(self) -> tuple[float, ...]:
        """Z above which the test rejects at the end."""
        return tuple(stages.c for stages in self._stages)

    # ---- designs -----------------------------------------------------------------------------------------

    @property
    def admissible(self) -> tuple[TwoStageSurvival, ...]:
        """From the minimax to the optimal design."""
        return tuple(self._against.made(stages) for stages in self._hull[0])

    @property
    def weights(self) -> tuple[tuple[float, float], ...]:
        """For each admissible design the weights q of n for which it is the best."""
        least = self._hull[1]
        return tuple(zip(least, (1.0, *least[:-1]), strict=True))

    @property
    def minimax(self) -> TwoStageSurvival:
        """The design with the fewest patients."""
        return self.admissible[0]

    @property
    def optimal(self) -> TwoStageSurvival:
        """The design with the least expected number of patients without an effect."""
        return self.admissible[-1]

    def to_frame(self) -> Any:
        """One row for each n, as a pandas DataFrame."""
        import pandas as pd

        names = ("n", "n1", "interim", "c1", "c", "expected_n", "stop_early")
        frame = pd.DataFrame({name: getattr(self, name) for name in names})
        return frame.assign(admissible=frame["n"].isin([d.n for d in self.admissible]))
