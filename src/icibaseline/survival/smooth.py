"""What the exponential and the Weibull curve share.

They keep the arguments that they were given, so that their repr rebuilds them, and yet `median` (and `rate`) answer
with a number whichever argument that was. A class body cannot hold a field and a property of one name, so an abstract
class holds the property and the final class below it the fields.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats
from icibaseline.errors import InvalidInput
from icibaseline.survival.base import Curve, numeric

LOG2 = math.log(2)
POSITIVE = as_field(_checks.optional(_checks.parameter(_checks.positive)))


class SmoothCurve(Curve):
    """A curve without knots that may be described by its median."""

    @abstractmethod
    def _derived_median(self) -> Floats: ...

    @property
    def median(self) -> Floats:
        """Median survival time in months."""
        given = vars(self)["median"]
        return self._derived_median() if given is None else numeric("median", given)

    @property
    def knots(self) -> tuple[float, ...]:
        """No months: the hazard does not jump."""
        return ()

    @property
    def moving_knots(self) -> FloatArray | None:
        """None: the hazard does not jump."""
        return None

    def _arguments(self) -> dict[str, Any]:
        return {f.name: vars(self)[f.name] for f in attrs.fields(type(self))}


def exactly_one(curve: Curve, first: str, second: str) -> None:
    """Refuse a curve that was given both or neither of two arguments."""
    given = [name for name in (first, second) if vars(curve)[name] is not None]
    rule = f"`{first}` or `{second}` must be given to {type(curve).__name__}, and not both"
    if not given:
        raise InvalidInput(f"{rule}; got neither.")
    if len(given) == 2:
        raise InvalidInput(f"{rule}; got both. To change from one to the other, set the other to None.")
