"""A trial of one arm whose looks and counts are typed by hand."""

from __future__ import annotations

from typing import Any, NoReturn, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._values import IntArray, value
from icibaseline.designs.base import Sized, one_each
from icibaseline.designs.counts import CountDesign
from icibaseline.designs.goal import Goal
from icibaseline.designs.references import a_rate
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules import Judged, Reference
from icibaseline.rules.counts import countable
from icibaseline.scenario import ResponseScenario

__all__ = ["MultiStage"]


def _sizes(name: str, held: object) -> tuple[int, ...]:
    return _checks.increasing(name, held, _checks.whole)


def _counts(least: int) -> Any:
    def one(name: str, held: object) -> int:
        return _checks.whole(name, held, 0)

    return as_field(lambda name, held: _checks.sequence(name, held, _checks.optional(one), least))


@final
@value
class MultiStage(CountDesign):
    """A trial of one arm with any looks at the number of responses.

    Parameters
    ----------
    sizes : sequence of int, length K
        Patients at each look, the last one with all of them.
    efficacy : sequence of int or None, length K
        Least number of responses that is a success at each look; None where a look cannot succeed. The last is given.
    futility : sequence of int or None, length K or K - 1, optional
        Greatest number that stops the trial at each look; None where a look cannot stop it. At the last look it is one
        less than `efficacy` and may be left out. By default no look stops for futility.
    benchmark : float, Distribution or Baseline, optional
        What the arm is held against; None takes the control of the scenario.
    alpha : float, optional
        One-sided level that reports show beside the type I error.
    planned : StagePlan, optional
        The frozen plan; `plan_for` fills it in.

    Raises
    ------
    InvalidInput
        If lengths differ, sizes do not rise, or a count is not possible where it stands.

    Notes
    -----
    Given how many patients of all respond, every order of them is equally likely. The share of the orders that comes to
    a look without stopping, times the binomial probability, is summed; nothing is approximated [1]_.

    References
    ----------
    .. [1] Schultz JR, Nichol FR, Elfring GL, Weed SD. Multiple-stage procedures for drug screening. Biometrics 1973;
       29: 293-300.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.MultiStage((15, 25), efficacy=(7, 9), futility=(3,), benchmark=0.2)
    >>> result = ici.power(design, ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4)))
    >>> round(result.power, 3), round(result.expected_n, 1)
    (0.724, 20.2)
    """

    sizes: tuple[int, ...] = attrs.field(converter=as_field(_sizes))
    efficacy: tuple[int | None, ...] = attrs.field(kw_only=True, converter=_counts(1))
    futility: tuple[int | None, ...] = attrs.field(default=(), kw_only=True, converter=_counts(0))
    benchmark: Any = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(a_rate)))
    alpha: float = attrs.field(default=0.05, kw_only=True, converter=as_field(_checks.open_unit))
    planned: StagePlan | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        looks = len(self.sizes)
        countable("sizes", self.sizes[-1], looks)
        one_each(self, ("efficacy",), "sizes", looks)
        if self.futility and len(self.futility) not in (looks, looks - 1):
            reject("futility", f"of length {looks} or {looks - 1}, one number for each of the `sizes`", self.futility)
        if self.efficacy[-1] is None:
            reject("efficacy[-1]", "the number of responses that is a success in the end", None)
        for k, (n, most) in enumerate(zip(self.sizes, self.efficacy, strict=True)):
            if most is not None and most > n:
                reject(f"efficacy[{k}]", f"at most the {n} patients of the look", most)
            least, limit = self._stop(k), n + 1 if most is None else most
            if least is not None and least >= limit:
                rule = f"below {limit}" if most is None else f"below `efficacy[{k}]`, which is {most}"
                reject(f"futility[{k}]", rule, least)
        last = self.futility[looks - 1] if len(self.futility) == looks else None
        if last is not None and last != self.efficacy[-1] - 1:
            reject("futility[-1]", f"{self.efficacy[-1] - 1}, one less than what succeeds, or left out", last)
        if self.planned is not None:
            _checks.instance("planned", self.planned, StagePlan, "made by plan_for")
            if self.planned.sizes != self.sizes:
                reject("planned", "a plan for the same sizes", self.planned.sizes, "Leave it to plan_for.")

    def _stop(self, look: int) -> int | None:
        return self.futility[look] if look < len(self.futility) else None

    @property
    def n(self) -> int:  # type: ignore[override]
        """Patients in all."""
        return self.sizes[-1]

    def stages(self, reference: Reference) -> Stages:
        """The looks as they were given."""
        looks = range(len(self.sizes))
        efficacy = [np.inf if count is None else float(count) for count in self.efficacy]
        futility = [-np.inf if (count := self._stop(k)) is None else float(count) for k in looks]
        return Stages(np.array(self.sizes), np.array(efficacy), np.array([*futility[:-1], efficacy[-1] - 1]))

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """The counts against those that were given."""
        success, futile = np.zeros(responses.shape, dtype=bool), np.zeros(responses.shape, dtype=bool)
        for k, least in enumerate(self.efficacy):
            most = self._stop(k)
            if least is not None:
                success[:, k] = responses[:, k] >= least
            if most is not None:
                futile[:, k] = responses[:, k] <= most
        futile[:, -1] = ~success[:, -1]
        return Judged(success, futile)

    def floor(self, reference: Reference) -> float:
        """The benchmark's rate."""
        return reference.rate

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the design."""
        return ("schultz1973",)

    def check_sizable(self) -> None:
        """Counts belong to their numbers of patients."""
        self._fixed()

    def find(self, scenario: ResponseScenario, goal: Goal) -> Sized:
        """There is nothing to be found."""
        self._fixed()

    def _fixed(self) -> NoReturn:
        raise InvalidInput(f"`design` must be one whose size can be searched; got {self!r}. Use power().")
