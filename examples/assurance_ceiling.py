"""
Assurance and its ceiling
=========================

A trial with 80 % power has 80 % probability of success only if the effect is what was assumed. If it is
uncertain, so is the power, and no number of patients can make up for the probability that the treatment does
not work.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici

known = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24)
)
design = ici.Randomized(looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025))
plan = ici.sample_size(design, known, power=0.80)
print(f"{plan.n} patients for a hazard ratio of 0.6")

# %%
# The hazard ratio of 0.6 becomes the middle of what is plausible; its logarithm has a standard deviation s. The
# ceiling is the probability that the hazard ratio is below 1.

print("   s   assurance of the same trial   ceiling   n for assurance 0.8")
for sd in (0.1, 0.2, 0.3, 0.4, 0.7):
    unsure = known.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, sd)))
    average = ici.assurance(plan.design, unsure)
    try:
        needed = str(ici.sample_size(design, unsure, assurance=0.80).n)
    except ici.NoSolution:
        needed = "none: the ceiling is below it"
    print(f"{sd:4.1f}   {average.power:27.3f}   {average.ceiling:7.3f}   {needed}")

# %%
# What the refusal says.

try:
    ici.sample_size(design, known.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.7))), assurance=0.80)
except ici.NoSolution as none:
    print(none)

# %%
# Power does not average out: with s = 0.3 most trials of this size would have almost no chance or be almost
# sure to succeed.

unsure = known.with_(effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)))
low, middle, high = ici.assurance(plan.design, unsure).power_quantiles
print(f"power: below {low:.2f} in 10 %, above {middle:.2f} in half, above {high:.3f} in 10 % of the cases")

# %%
# Power and assurance against n, with the ceiling.

ici.plot(ici.sample_size(design, unsure, power=0.80), "power")
plt.show()
