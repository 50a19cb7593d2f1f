"""Designs in scenarios: what `compare` returns."""

from __future__ import annotations

import operator
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs.base import Design
from icibaseline.designs.overview import Summary, summary_of
from icibaseline.designs.results import OperatingCharacteristics, several
from icibaseline.errors import reject
from icibaseline.scenario import BaseScenario, one_scenario

__all__ = ["Comparison"]


def _counted(held: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(i) for i in range(1, len(held) + 1))


def _names(name: str, held: object) -> tuple[Any, ...]:
    def one(name: str, held: object) -> tuple[Any, ...]:
        names = _checks.sequence(name, held, _checks.text)
        if len(set(names)) < len(names):
            reject(name, "different names", held)
        return names

    return _checks.pair(name, held, one, "names of the designs and names of the scenarios")


@final
@value
class Comparison(Value):
    """Designs in scenarios: what `compare` returns.

    Parameters
    ----------
    designs, scenarios : tuple
        What was compared.
    results : tuple of OperatingCharacteristics
        One for each pair, designs first.
    names : pair of tuple of str, optional
        What designs and scenarios are called; without it, 1, 2 and so on.
    """

    designs: tuple[Design, ...] = attrs.field(converter=several(Design))
    scenarios: tuple[BaseScenario, ...] = attrs.field(converter=several(BaseScenario))
    results: tuple[OperatingCharacteristics, ...] = attrs.field(
        kw_only=True, converter=several(OperatingCharacteristics)
    )

    names: tuple[tuple[str, ...], tuple[str, ...]] = attrs.field(
        default=attrs.Factory(lambda self: (_counted(self.designs), _counted(self.scenarios)), takes_self=True),
        kw_only=True,
        converter=as_field(_names),
    )

    def __attrs_post_init__(self) -> None:
        for named, held in zip(self.names, (self.designs, self.scenarios), strict=True):
            if len(named) != len(held):
                reject("names", f"{len(held)} different names", named)
        pairs = len(self.designs) * len(self.scenarios)
        if len(self.results) != pairs:
            reject("results", f"{pairs}, one for each of the `designs` in each of the `scenarios`", len(self.results))

    def __getitem__(self, key: tuple[int, int]) -> OperatingCharacteristics:
        held = f"{len(self.designs)} design(s) and {len(self.scenarios)} scenario(s)"
        rule = f"[design, scenario], two places counted from 0 among {held}"
        try:
            design, scenario = (operator.index(part) for part in key)
            row, column = range(len(self.designs))[design], range(len(self.scenarios))[scenario]
        except (TypeError, ValueError, IndexError):
            reject("key", rule, key)
        return self.results[row * len(self.scenarios) + column]

    @property
    def power(self) -> FloatArray:
        """Power, shape (designs, scenarios)."""
        flat = np.array([r.power for r in self.results])
        return flat.reshape(len(self.designs), len(self.scenarios))

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each pair: design, scenario, n, events, months, power, error, method."""
        designs, scenarios = self.names
        return [
            {
                "design": designs[i // len(self.scenarios)],
                "scenario": scenarios[i % len(self.scenarios)],
                "n": r.design.n,
                "events": r.events[-1],
                "months": r.months[-1],
                "power": r.power,
                "error": r.error,
                "method": r.method,
            }
            for i, r in enumerate(self.results)
        ]

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """Every design in the first scenario: sizes, errors also averaged, power, assurance, detectable effect."""
        first = self.scenarios[0]
        return tuple(summary_of(d, one_scenario("scenario", first, d.scenario_kind)) for d in self.designs)

    def to_frame(self, table: str = "rows") -> Any:
        """A table as a pandas DataFrame.

        Parameters
        ----------
        table : {"rows", "summaries"}
            A row for each pair of design and scenario, or one for each design with what it takes and can show in the
            first scenario.

        Raises
        ------
        InvalidInput
            If it is another word.
        """
        import pandas as pd

        if _checks.choice("table", table, ("rows", "summaries")) == "rows":
            return pd.DataFrame(self.rows())
        named = [{"design": name} | s._asdict() for name, s in zip(self.names[0], self.summaries, strict=True)]
        return pd.DataFrame(named)
