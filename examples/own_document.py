"""
A document of your own
======================

A made-up abstract becomes a file, is checked, and becomes a prior; the same trial is sized by every route that
its numbers admit, and once more with another shape of the curve, which moves it more than the choice of the
route.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import icibaseline as ici

ABSTRACT = "Median PFS was 3.8 months (95% CI 2.9 to 5.1) in 61 patients; at 12 months 14% were free of progression."
FILE = """
document = {id = "drug_b", title = "B", citation = "Made up.", year = 2024, source = "abstract", n = 61, tumour = "any"}
flags = {R = "one arm, not randomised"}
[defaults]
supports = "drug_b_pfs"
route = "median with interval"
treatment = "drug B"
endpoint = "PFS"
origin = "first dose"
n = 61
flags = ["R"]
[[finding]]
id = "drug_b_pfs_median"
printed = "Median PFS was 3.8 months (95% CI 2.9 to 5.1) in 61 patients"
statistic = "median"
value = 3.8
lower = 2.9
upper = 5.1
interval_label = "CI"
level = 0.95
unit = "months"
[[finding]]
id = "drug_b_pfs_12"
printed = "at 12 months 14% were free of progression"
statistic = "landmark"
value = 14
unit = "percent"
at = 12
"""


def section(title: str, *lines: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    print(*lines, sep="\n")


# %%
# A file, and the article that its fragments must stand in.
kept = tempfile.TemporaryDirectory()
folder = Path(kept.name)
file, article = folder / "drug_b.toml", folder / "abstract.txt"
file.write_text(FILE, encoding="utf-8")
article.write_text(ABSTRACT, encoding="utf-8")
document = ici.load(file, text=article)
section("What the file says", document.findings.table())
section("Whether its numbers agree", ici.check(document))

# %%
# A prior, and what the other routes would have made of the same numbers.
control = ici.baseline("drug_b_pfs")
section("The prior, its route, and the others", control.prior, control.route)
section("What the trial would take over unseen", *control.flags)

# %%
# The same trial, by three ways to read the abstract.
ways = {
    "median with interval": control,
    "median with n only": ici.baseline("drug_b_pfs", by=ici.MedianWithN()),
    "median plus landmark": ici.baseline("drug_b_pfs", by=ici.MedianPlusLandmark()),
    "a falling hazard": ici.baseline("drug_b_pfs", shape=0.75),
}
enrollment, effect = ici.Enrollment(duration=18), ici.HazardRatio(0.6)
truths = {name: ici.Scenario(control=held, effect=effect, enrollment=enrollment) for name, held in ways.items()}
design = ici.Randomized(looks=ici.AfterEnrollment(6))
plans = {name: ici.sample_size(design, truth, power=0.8) for name, truth in truths.items()}
rows = (f"{name:<24}{plan.n} patients, assurance {plan.assurance:.3f}" for name, plan in plans.items())
section("A trial of 18 months of enrolment and 6 of follow-up, hazard ratio 0.6, power 80 %", *rows)
section("Where the numbers come from", ici.sources(plans["median with interval"]))
kept.cleanup()
