"""A randomised salvage trial in primary-resistant Merkel cell carcinoma, from one published median.

``python examples/mcc_primary.py`` prints the story; with plan.md behind it, it writes the plan there too.
"""

from __future__ import annotations

import sys
import textwrap

import icibaseline as ici


def section(title: str, *paragraphs: object) -> None:
    """A heading, and text under it, wrapped and indented."""
    print(f"\n{title}\n{'-' * len(title)}")
    for line in "\n".join(str(p) for p in paragraphs).splitlines():
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        print(textwrap.fill(line, 120, subsequent_indent=inner))


# ---- what is known: one median, 44 patients -----------------------------------------------------------
control = ici.baseline("mcc_pfs_primary")
lower, upper = control.prior.interval()
lowest, highest = control.predictive(heterogeneity=ici.HalfNormal(0.25)).interval()
section("What the document prints", *(f'"{fragment}"' for fragment in control.printed))
section("What that says of a control arm", control)
section(
    "What 44 patients leave open",
    f"The median of such patients may lie anywhere from {lower:.1f} to {upper:.1f} months (95 % interval).",
    f"Cohorts differ, too: the control arm of a new trial may have a median from {lowest:.1f} to {highest:.1f} months.",
)

# ---- what may be true, what we will do, how large ---------------------------------------------------
truth = ici.Scenario(control=control, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
design = ici.Randomized(looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025))
plan = ici.sample_size(design, truth, power=0.80)
section("The trial, if the new treatment cuts the hazard of progression or death to 0.6", plan)

# ---- if the effect is not known either --------------------------------------------------------------
unsure = truth.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
average = ici.assurance(plan.design, unsure)
low, _, high = average.power_quantiles
section(
    "The same trial, if 0.6 is only the middle of what is plausible (log hazard ratio with sd 0.3)",
    f"Probability of success, averaged over what is plausible: {average.power:.0%}, not {plan.power:.0%}.",
    f"In one case of ten the power is below {low:.0%}, in one of ten above {high:.1%}.",
    f"The ceiling is {average.ceiling:.1%}, the probability that the treatment is better; no size goes beyond it.",
)
needed = ici.sample_size(design, unsure, assurance=0.80)
section(
    "To succeed with 80 % probability all the same",
    f"{needed.n} patients. The whole cohort of the document, at one referral centre, has 106.",
)

# ---- is the formula right? --------------------------------------------------------------------------
simulated = ici.simulate(plan.design, truth.typical, replicates=10_000, rng=1)
null = ici.simulate(plan.design, truth.null.typical, replicates=10_000, rng=2)
section(
    "The formula against 10,000 trials simulated patient by patient",
    f"power          formula {plan.power:.1%}  simulated {simulated.power:.1%}, give or take {2 * simulated.error:.1%}",
    f"type I error   nominal {design.alpha:.1%}    simulated {null.power:.1%}, give or take {2 * null.error:.1%}",
)

# ---- where the numbers come from -------------------------------------------------------------------
section("Where the numbers come from", ici.sources(plan))
section("Methods", ici.references(plan))
if len(sys.argv) > 1:
    print("\nWritten to", ici.report(plan.with_(simulated=(simulated, null)), sys.argv[1]))
