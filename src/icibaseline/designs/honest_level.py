"""What the level of a test of two rates really is."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs.base import Design
from icibaseline.designs.response_plan import ResponsePlan
from icibaseline.distributions import Distribution
from icibaseline.errors import reject
from icibaseline.scenario import ResponseScenario
from icibaseline.statistics.proportions import Worst

__all__ = ["HonestLevel", "rates_of"]

_NODES = 128
_QUANTILES = (0.1, 0.5, 0.9)


def rates_of(scenario: ResponseScenario) -> tuple[FloatArray, FloatArray]:
    """Rates (experimental, control) of a resolved scenario or a batch, each (B,)."""
    found = scenario.rates
    experimental, control = np.broadcast_arrays(np.atleast_1d(found.experimental), np.atleast_1d(found.control))
    return experimental.astype(float), control.astype(float)


def _design(name: str, held: object) -> Any:
    if not isinstance(held, Design) or not isinstance(held.planned, ResponsePlan):
        reject(name, "a planned RandomizedResponse", held, "For example plan.design.")
    return held


@final
@value
class HonestLevel(Value):
    """The exact type I error of a randomised trial of responses, beside the one that is asked for.

    Every number is worked out when it is asked for.

    Parameters
    ----------
    design : RandomizedResponse
        A planned design whose n divides by its ratio.
    scenario : ResponseScenario
        What nature does; here only the control rate is used.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Notes
    -----
    The experimental rate lies on the margin of the test; without one it equals the control rate.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.35))
    >>> plan = ici.sample_size(ici.RandomizedResponse(test=ici.FisherExact(), alpha=0.1), truth, power=0.8)
    >>> level = plan.honest
    >>> level.nominal, round(level.error, 3), round(level.worst.value, 3)
    (0.1, 0.049, 0.069)
    """

    design: Any = attrs.field(converter=as_field(_design))
    scenario: ResponseScenario = attrs.field(
        converter=as_field(lambda name, held: _checks.instance(name, held, ResponseScenario, "a ResponseScenario"))
    )

    @property
    def citations(self) -> tuple[str, ...]:
        """Nothing beyond the test."""
        return ()

    @property
    def nominal(self) -> float:
        """The level that is asked for."""
        return float(self.design.alpha)

    @cached_property
    def worst(self) -> Worst:
        """The largest type I error over all control rates, its error, and the control rate at which it is reached."""
        control, experimental = self.design.arm_sizes
        found: Worst = self.design.test.worst(experimental, control, self.nominal)
        return found

    @property
    def control(self) -> float:
        """The control rate in the typical case."""
        return float(rates_of(self.scenario.typical.resolved)[1][0])

    @property
    def error(self) -> float:
        """Type I error at the control rate of the typical case."""
        return float(self._errors(np.array([self.control]))[0])

    @property
    def average_error(self) -> float | None:
        """Type I error averaged over the prior on the control rate; None if there is none."""
        law = self.scenario.resolved.control
        if not isinstance(law, Distribution):
            return None
        nodes = law.nodes(_NODES)
        return float(nodes.weights @ self._errors(nodes.x))

    @property
    def exact_power(self) -> float | None:
        """Exact power in the typical case, where the design has its normal approximation; None elsewhere."""
        if not self.design.test.normal:
            return None
        return float(self._region.probability(*rates_of(self.scenario.typical.resolved))[0])

    @property
    def _region(self) -> Any:
        control, experimental = self.design.arm_sizes
        return self.design.test.region(experimental, control, self.nominal)

    def _errors(self, control: FloatArray) -> FloatArray:
        found: FloatArray = self._region.probability(self.design.test.measure.experimental(control), control)
        return found
