"""How the results that an interim look may have are shown, and what each would do."""

from __future__ import annotations

import html as _html
import textwrap

from icibaseline._render import html, text
from icibaseline.designs import Plan, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.monitoring import Preposterior
from icibaseline.monitoring.prior import effect_prior
from icibaseline.report.tables import Table, as_html, as_text

__all__ = ["asked_before", "interim_tables"]

_WIDTH = 100
_TITLE = "what an interim result would do to the hazard ratio, and to the probability of success if the trial goes on"
_LEGEND = (
    "P(success): of rejecting there or later, averaged over the law of the hazard ratio; after futility, if the trial "
    "goes on all the same"
)


def asked_before(plan: Plan) -> Preposterior | None:
    """Interim results of a sequential plan whose effect has a law; else None."""
    design = plan.design
    if not isinstance(design, Randomized) or design.boundary.one_look or len(plan.months) == 1:
        return None
    prior = effect_prior(plan)
    return None if prior is None else Preposterior(plan, prior=prior)


def interim_tables(plan: Plan) -> list[Table]:
    """The table of a plan, with what is known and expected before the trial; none where there is nothing to ask."""
    asked = asked_before(plan)
    if asked is None:
        return []
    table = _table(asked)
    before = ["-", "before the trial", "-", "-", *_known(asked.prior, asked.null), f"{plan.assurance:.3f}"]
    return [table._replace(rows=[before, *table.rows])]


def _table(item: Preposterior) -> Table:
    head = ["look", "result", "Z", "HR seen", "HR after", "95 % interval", f"P(HR < {item.null:g})", "P(success)"]
    found = zip(
        item.looks, item.results, item.z, item.hazard_ratios, item.posteriors, item.predictive_power, strict=True
    )
    rows = [
        [str(look), name, f"{z:.3f}", f"{ratio:.3f}", *_known(after, item.null), f"{power:.3f}"]
        for look, name, z, ratio, after, power in found
    ]
    return Table(_TITLE, head, rows)


def _known(law: NormalMixture, null: float) -> list[str]:
    low, high = law.interval()
    return [f"{law.median:.3f}", f"{low:.3f} to {high:.3f}", f"{law.cdf(null):.3f}"]


@text.register
def _(item: Preposterior) -> str:
    table = _table(item)
    prior = f"hazard ratio a priori: {str(item.prior).splitlines()[0]}"
    legend = textwrap.fill(_LEGEND, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join([prior, "", table.title, as_text(table.head, table.rows), legend])


@html.register
def _(item: Preposterior) -> str:
    table = _table(item)
    lines = (f"hazard ratio a priori: {str(item.prior).splitlines()[0]}", _LEGEND)
    below = "".join(f"<p>{_html.escape(line)}</p>" for line in lines)
    return as_html(table.head, table.rows, table.title) + below
