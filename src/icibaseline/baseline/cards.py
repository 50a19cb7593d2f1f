"""How baselines and mixtures are printed."""

from __future__ import annotations

import numpy as np

from icibaseline import _render
from icibaseline.baseline.cohort import Baseline
from icibaseline.baseline.mixed import Mix
from icibaseline.baseline.pooled import Pool
from icibaseline.distributions import Dirichlet, Distribution
from icibaseline.evidence.tables import aligned

__all__: list[str] = []

_USES = {
    "response rate": "the control of a ResponseScenario, or the benchmark of a SingleArm or TwoStage",
    "hazard ratio": "the effect of a Scenario",
    "shares": "the shares of a mix",
}
_COMPARED = "none in a scenario: it compares kinds of patients, not treatments"


def _numbers(item: Baseline, prior: Distribution) -> list[tuple[str, str]]:
    """A line for each coordinate of a prior."""
    names: tuple[str, ...] = prior.names if isinstance(prior, Dirichlet) else item.parameters
    lower, upper = prior.interval()
    middles, lows, highs = (np.atleast_1d(x) for x in (prior.typical, lower, upper))
    names = names[: len(middles)] or tuple(f"share {i + 1}" for i in range(len(middles)))
    unit = {"median": " months"}
    return [
        (f"prior {name}", f"{middle:.3g}{unit.get(name, '')}, 95% {low:.3g} to {high:.3g}")
        for name, middle, low, high in zip(names, middles, lows, highs, strict=True)
    ]


@_render.text.register
def _baseline(item: Baseline) -> str:
    first = item.findings[0]
    group = first.resistance and f"{first.resistance} resistance"
    against = first.comparator and f"against {first.comparator}"
    measured = first.endpoint or item.quantity
    who = ", ".join(x for x in (measured, first.tumour, group, first.treatment, first.analysis_set, against) if x)
    route, *others = item.route.splitlines()
    rows = [
        *_numbers(item, item.prior),
        *([("typical", str(item.typical))] if item.quantity == "survival" else []),
        ("route", route),
        *(("else", other.strip()) for other in others),
        *(("source", citation) for citation in item.cited),
        *(("printed", f'"{fragment}"') for fragment in item.printed),
        *(("flag", flag) for flag in item.flags),
    ]
    if item.quantity != "survival":
        rows.insert(0, ("use", _COMPARED if item.compares_patients else _USES[item.quantity]))
    elif item.not_a_control is not None:
        rows.insert(0, ("no control", item.not_a_control))
    if item.outdated:
        rows.insert(0, ("outdated", "the document's file has changed since this was written"))
    if item.not_loaded:
        rows.insert(0, ("not loaded", f"the document {' and '.join(item.not_loaded)}, so that nothing can be compared"))
    if item.modified:
        rows.insert(0, ("modified", f"not what the library gives for {item.id} now"))
    return f"{item.id}: {who}\n" + aligned([(f"  {name}", content) for name, content in rows])


@_render.text.register
def _mix(item: Mix) -> str:
    rows = [
        *(("part", part.id if isinstance(part, Baseline) else str(part)) for part in item.parts),
        ("shares", _shares(item)),
        ("typical", str(item.typical)),
        ("median", f"{item.typical.median:.3g} months"),
        *(("flag", flag) for flag in item.flags),
    ]
    return "mixture\n" + aligned([(f"  {name}", content) for name, content in rows])


@_render.text.register
def _pool(item: Pool) -> str:
    low, high = item.prior.interval()
    rows = [
        *(("member", f"{member.id}: {'; '.join(str(member.prior).splitlines())}") for member in item.members),
        ("next study", f"median {item.prior.median:.3g} months, 95% {low:.3g} to {high:.3g}"),
        ("tau", f"{item.tau:.2g} on average, prior {item.heterogeneity}"),
        *(("flag", flag) for flag in item.flags),
    ]
    return "pool\n" + aligned([(f"  {name}", content) for name, content in rows])


def _shares(item: Mix) -> str:
    if isinstance(item.shares, Baseline):
        return f"{item.shares.id}: {'; '.join(str(item.shares.prior).splitlines())}"
    if isinstance(item.shares, Distribution):
        return "; ".join(str(item.shares).splitlines())
    return ", ".join(f"{share:.3g}" for share in item.shares)
