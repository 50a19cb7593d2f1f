"""The two-stage designs among which one may choose: expected against greatest number of patients."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import chances
from icibaseline._exact.simon import TwoStages, admissible
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs.goals import Power
from icibaseline.designs.simon_sizing import aim_of, search_for
from icibaseline.designs.two_stage import TwoStage
from icibaseline.errors import reject
from icibaseline.scenario import ResponseScenario, one_scenario

__all__ = ["TwoStageDesigns"]

_BEYOND = 5  # sizes that are shown after the optimal one


def _design(name: str, held: object) -> TwoStage:
    hint = "For example TwoStage(alpha=0.05)."
    found: TwoStage = _checks.instance(name, held, TwoStage, "a TwoStage", hint)
    if found.n is not None:
        reject(f"{name}.n", "None: all designs are compared", found.n, "Leave out r1, n1, r and n.")
    return found


def _scenario(name: str, held: object) -> Any:
    return one_scenario(name, held, ResponseScenario)


@final
@value
class TwoStageDesigns(Value):
    """The best two-stage design for every number of patients, and those that are admissible.

    Parameters
    ----------
    design : TwoStage
        With the level, and the benchmark if it is not the control of the scenario; without counts.
    scenario : ResponseScenario
        What nature does; rates are those of its typical case.
    power : float
        Power that every design reaches.

    Raises
    ------
    InvalidInput
        If the design has counts already, or an argument is of another kind.
    NoSolution
        When designs are asked for and none keeps the errors; the message names the smallest that does.

    Notes
    -----
    Tuples have one element for each n that has a design, from the minimax design to five beyond the optimal one, or to
    ``design.n_max``. The design with the least expected number of patients at the benchmark's rate stands for its n.
    On the graph of that number against n the admissible designs lie on the lower convex hull: each makes
    ``q n + (1 - q) EN`` least for the weights q between the pair in `weights` [1]_.

    References
    ----------
    .. [1] Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials.
       Statistics in Medicine 2004; 23: 561-569.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
    >>> designs = ici.TwoStageDesigns(ici.TwoStage(alpha=0.05), truth, power=0.8)
    >>> [(d.r1, d.n1, d.r, d.n) for d in designs.admissible]
    [(1, 15, 5, 25), (1, 12, 5, 26), (1, 11, 5, 27), (1, 10, 5, 29)]
    """

    design: TwoStage = attrs.field(converter=as_field(_design))
    scenario: ResponseScenario = attrs.field(converter=as_field(_scenario))
    power: float = attrs.field(default=0.8, kw_only=True, converter=as_field(_checks.open_unit))

    def __attrs_post_init__(self) -> None:
        if self.power <= self.design.alpha:
            reject("power", f"above alpha, which is {self.design.alpha:g}", self.power)

    @cached_property
    def _against(self) -> TwoStage:
        if self.design.benchmark is not None:
            return self.design
        return self.design.with_(benchmark=self.scenario.control)

    @cached_property
    def _curve(self) -> TwoStages:
        goal = Power(self.power)
        search = search_for(aim_of(self._against, self.scenario, goal), self.design.n_max, goal.name)
        last = search.largest
        if self.design.n_max is None:
            best = search.optimal()
            assert best is not None  # `search_for` has seen to it
            last = min(int(best.n[0]) + _BEYOND, last)
        return search.curve(np.arange(2, last + 1))

    @cached_property
    def _hull(self) -> tuple[TwoStages, FloatArray]:
        return admissible(self._curve)

    @property
    def rates(self) -> tuple[float, float]:
        """The benchmark's rate, and the experimental rate of the typical case."""
        return self._against.reference.rate, float(np.asarray(self.scenario.typical.resolved.rates.experimental))

    # ---- for every n -------------------------------------------------------------------------------------

    @property
    def n(self) -> tuple[int, ...]:
        """Patients in all."""
        return _ints(self._curve.n)

    @property
    def expected_n(self) -> tuple[float, ...]:
        """Expected number of patients at the benchmark's rate."""
        return tuple(float(x) for x in self._curve.expected)

    @property
    def stop_early(self) -> tuple[float, ...]:
        """Probability of stopping after the first stage at the benchmark's rate."""
        return tuple(float(x) for x in self._curve.stop)

    @cached_property
    def _chances(self) -> tuple[tuple[float, float], ...]:
        """Probabilities of success at both rates, of each design."""
        rates = np.array(self.rates)
        found = []
        for r1, n1, r, n in zip(self.r1, self.n1, self.r, self.n, strict=True):
            success, _ = chances((n1, n), (np.inf, r + 1), (r1, r), rates)
            found.append((float(success[0].sum()), float(success[1].sum())))
        return tuple(found)

    @property
    def error(self) -> tuple[float, ...]:
        """Exact type I error at the benchmark's rate."""
        return tuple(error for error, _ in self._chances)

    @property
    def reached(self) -> tuple[float, ...]:
        """Exact power at the experimental rate."""
        return tuple(power for _, power in self._chances)

    @property
    def r1(self) -> tuple[int, ...]:
        """Greatest number of responses that stops the trial after the first stage."""
        return _ints(self._curve.r1)

    @property
    def n1(self) -> tuple[int, ...]:
        """Patients in the first stage."""
        return _ints(self._curve.n1)

    @property
    def r(self) -> tuple[int, ...]:
        """Greatest number of responses that is no success in the end."""
        return _ints(self._curve.r)

    # ---- designs -----------------------------------------------------------------------------------------

    @property
    def admissible(self) -> tuple[TwoStage, ...]:
        """From the minimax to the optimal design."""
        kept, _ = self._hull
        return tuple(
            self._against.with_(r1=r1, n1=n1, r=r, n=n) for r1, n1, r, n in zip(*map(_ints, kept[:4]), strict=True)
        )

    @property
    def weights(self) -> tuple[tuple[float, float], ...]:
        """For each admissible design the weights q of n for which it is the best."""
        _, least = self._hull
        return tuple((float(low), float(high)) for low, high in zip(least, (1.0, *least[:-1]), strict=True))

    @property
    def minimax(self) -> TwoStage:
        """The design with the fewest patients."""
        return self.admissible[0]

    @property
    def optimal(self) -> TwoStage:
        """The design with the least expected number of patients at the benchmark's rate."""
        return self.admissible[-1]

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the choice."""
        return ("simon1989", "jung2004")

    def to_frame(self) -> Any:
        """One row for each n, as a pandas DataFrame."""
        import pandas as pd

        names = ("r1", "n1", "r", "n", "expected_n", "stop_early", "error", "reached")
        frame = pd.DataFrame({name: getattr(self, name) for name in names})
        return frame.assign(admissible=frame["n"].isin([d.n for d in self.admissible]))


def _ints(array: Any) -> tuple[int, ...]:
    return tuple(int(x) for x in array)
