"""What a single arm is held against: a number, a prior, or a published rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from icibaseline._values import replace_unknowns
from icibaseline.baseline import Baseline, Population
from icibaseline.distributions import Distribution
from icibaseline.errors import InvalidInput, reject
from icibaseline.evidence import loaded_from
from icibaseline.rules import Reference
from icibaseline.rules.counts import History
from icibaseline.scenario import response_rate
from icibaseline.survival import Curve

__all__ = ["a_rate", "analysis_set", "held_apart", "reference_of"]

_QUARTILES = np.array([0.25, 0.5, 0.75])
_AS_PRINTED = 5e-3  # relative difference of a number from one that is printed with three digits


def a_rate(name: str, held: object) -> Any:
    """A benchmark for responses: a rate, a prior on one, or a Baseline that says which patients were counted."""
    if isinstance(held, np.ndarray) and held.ndim:
        hint = "Compare designs, one for each, by compare()."
        reject(name, "one rate, a prior on one or a Baseline of a response rate", held, hint)
    clean = response_rate(name, held)
    if isinstance(clean, Baseline) and analysis_set(clean) is None and _of_the_user(clean):
        raise InvalidInput(
            f"`{name}` must say which patients were counted; got {clean.id!r}, whose finding has no `analysis_set`. "
            'Name it, for example analysis_set="evaluable" or "enrolled": it moves the rate.'
        )
    return clean


def analysis_set(held: object) -> str | None:
    """Which patients a published rate counts, where it says so."""
    return held.findings[0].analysis_set if isinstance(held, Baseline) else None


def held_apart(benchmark: Any, control: Any) -> bool:
    """Whether a scenario's control is something else than the benchmark, not the same number or its prior's median."""
    if benchmark == control:
        return False
    if isinstance(benchmark, Population) and isinstance(control, Population):
        return bool(benchmark.with_(at_median=True) != control.with_(at_median=True))
    if isinstance(benchmark, float) and isinstance(control, Distribution):
        return bool(abs(benchmark - control.typical) > control.sd / 2)  # it may be the count behind the prior
    known, other = _in_numbers(benchmark), _in_numbers(control)
    return not any(np.allclose(a, b, rtol=_AS_PRINTED, atol=0) for a in known for b in other)


def _in_numbers(held: Any) -> list[Any]:
    """What stands for it: a rate, by count and by prior median, or the quartiles of a curve."""
    if isinstance(held, float):
        return [held]
    if isinstance(held, Baseline) and held.quantity == "response rate":
        return [reference_of(held).rate, held.prior.typical]
    if isinstance(held, Distribution):
        return [held.typical]
    curve = held.typical if isinstance(held, Population) else held
    if not isinstance(curve, Curve):
        return []
    return [replace_unknowns(curve, lambda prior: prior.typical).quantile(_QUARTILES)]


def _of_the_user(held: Baseline) -> bool:
    return held.modified or bool(held.not_loaded or loaded_from([held.documents]))


def reference_of(benchmark: Any) -> Reference:
    """The plug-in rate and the law of a benchmark.

    The plug-in of a Baseline is the printed count over its patients; of any other prior its median, and of a count of
    none or all of them too: no trial can be held against a rate of 0 or 1.
    """
    if isinstance(benchmark, float):
        return Reference(benchmark)
    if isinstance(benchmark, Distribution):
        return Reference(benchmark.typical, benchmark)
    law = benchmark.prior
    if benchmark.at_median:
        return Reference(law.typical)
    if benchmark.history is None:
        return Reference(law.typical, law)
    history = History(*benchmark.history)
    return Reference.after(law, history)
