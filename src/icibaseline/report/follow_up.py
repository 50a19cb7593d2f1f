"""How the follow-up of a single arm is shown."""

from __future__ import annotations

import math

from icibaseline._render import text
from icibaseline.designs import TwoStageSurvival
from icibaseline.monitoring import AfterFollowUp

__all__: list[str] = []

_SMALLEST = 0.0001  # p value that is printed


@text.register
def _(item: AfterFollowUp) -> str:
    several = len(item.months) > 1
    ordered = ", results ordered by stage" if several else ""
    known = "" if item.test.benchmark_sd else " as if its curve were known"
    lines = [_decided(item), _followed(item)]
    if item.p_value is not None:
        lines.append(f"one-sided p {_p(item.p_value)} against the benchmark{known}{ordered}")
    if item.honest_p_value is not None and not item.test.benchmark_sd:
        lines.append(
            f"one-sided p {_p(item.honest_p_value)} with the error of the benchmark, a standard error of "
            f"{item.benchmark_sd:.3g} of the log of its cumulative hazard"
        )
    limits = item.estimate
    lines.append(
        f"{item.measured} {limits.value:.3g}, {100 * item.confidence:g} % interval {limits.lower:.3g} to "
        f"{limits.upper:.3g}" + ("; earlier looks are not accounted for" if several else "")
    )
    if item.p_value is not None and (item.p_value <= item.design.alpha) != (item.decision == "success"):
        lines.append(
            "the decision and the p value disagree: the bounds are those of the plan, and the looks saw other "
            "information than planned"
            + ("; design.moved(scenario, interim=month) finds them for another month" if _movable(item) else "")
        )
    return "\n".join(lines)


def _movable(item: AfterFollowUp) -> bool:
    return isinstance(item.design, TwoStageSurvival)


def _p(value: float) -> str:
    return f"= {value:.4f}" if value >= _SMALLEST else f"below {_SMALLEST:g}"


def _decided(item: AfterFollowUp) -> str:
    asked = [] if math.isinf(item.bound) else [f"above {item.bound:.4g} is a success"]
    if item.decision in {"continue", "stop for futility"} and not math.isinf(item.futility_bound):
        asked.append(f"below {item.futility_bound:.4g} stops the trial")
    looks = item.design.planned.count
    place = f" (look {item.taken[-1]} of {looks})" if looks > 1 else ""
    return f"{item.decision}{place}: Z = {item.z[-1]:.4g}; {', '.join(asked) or 'no bound is tested here'}"


def _followed(item: AfterFollowUp) -> str:
    planned = item.design.planned
    at_end = item.taken[-1] == planned.count
    other = f"; {planned.n:g} patients were planned" if at_end and item.patients != planned.n else ""
    return f"{item.patients} patients, {item.observed} events; {item.expected:.1f} expected by the benchmark{other}"
