"""
Primary-resistant Merkel cell carcinoma
=======================================

From one published median to a sized, simulated and sourced plan. ``python examples/mcc_primary.py`` prints the
story; with plan.html, plan.md or plan.json behind it, it writes the plan there too.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import icibaseline as ici


def section(title: str, *paragraphs: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    for line in "\n".join(str(p) for p in paragraphs).splitlines():
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        print(textwrap.fill(line, 120, subsequent_indent=inner))


target = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
if target and (target.suffix not in (".html", ".md", ".json") or not target.parent.is_dir()):
    sys.exit(f"The plan goes to a file that ends in .html, .md or .json, in a folder that exists, not to {target}.")

# %%
# What is known: one median, 44 patients.
control = ici.baseline("mcc_pfs_primary")
(lower, upper), (lowest, highest) = control.prior.interval(), control.predictive().interval()
meaning = "4.7 is the median with primary resistance, as the patients of this trial have it; 9.5 that with acquired."
section("What the document prints", *(f'"{fragment}"' for fragment in control.printed), meaning)
section("What that says of a control arm", control, "Each flag: how this cohort may differ from a control arm.")
section(
    "What 44 patients leave open",
    f"The median of such patients may be anywhere from {lower:.1f} to {upper:.1f} months (95 %), which the plan uses.",
    f"Cohorts differ, too: the median of a new trial's control arm may be {lowest:.1f} to {highest:.1f} months.",
)

# %%
# What may be true, what we will do, how large.
truth = ici.Scenario(control=control, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
design = ici.Randomized(looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025))
plan = ici.sample_size(design, truth, power=0.80)
protocol = f"Into the protocol go {plan.n} patients and the {plan.events:.0f} events expected at the analysis."
section("If the new treatment cuts the hazard of progression or death to 0.6 of that on control", protocol, plan)

# %%
# If the effect is not known either.
unsure = truth.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
average = ici.assurance(plan.design, unsure)
section(
    "The same trial, if 0.6 is only the middle of what is plausible (log hazard ratio with sd 0.3)",
    f"Probability of success, averaged over what is plausible: {average.power:.0%}, not {plan.power:.0%}.",
    f"In one case of ten the power is below {average.power_quantiles[0]:.0%}.",
    f"The ceiling is {average.ceiling:.1%}, the probability that the treatment is better; larger trials tend to it.",
)
needed = ici.sample_size(design, unsure, assurance=0.80)
section("To succeed with 80 % probability all the same", f"{needed.n} patients. The whole cohort printed has 106.")

# %%
# Is the formula right?
simulated = ici.simulate(plan.design, truth.typical, replicates=10_000, rng=1)
null = ici.simulate(plan.design, truth.null.typical, replicates=10_000, rng=2)
section(
    "The formula against 10,000 trials simulated patient by patient",
    f"power          formula {plan.power:.1%}  simulated {simulated.power:.1%}, give or take {2 * simulated.error:.1%}",
    f"type I error   nominal {design.alpha:.1%}    simulated {null.power:.1%}, give or take {2 * null.error:.1%}",
)
section("Where the numbers come from (the papers behind the methods: ici.references(plan))", ici.sources(plan))
section("If that is too many patients", "Consider several centres, another endpoint or a larger effect to aim at.")

# %%
# Power and assurance against the number of patients, with the ceiling.
ici.plot(needed, "power")
if target:
    print("\nWritten to", ici.report(plan.with_(simulated=(simulated, null)), target))
