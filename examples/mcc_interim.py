"""
A trial that may stop early
===========================

Should a trial in primary-resistant Merkel cell carcinoma look at its data half-way? The same question with one
test at the end, with an interim look for efficacy, and with one for efficacy and futility; then what a first
look says.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici

truth = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"),
    effect=ici.HazardRatio(0.6),
    enrollment=ici.Enrollment(duration=24),
)
looks = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
boundaries = {
    "one test": ici.Fixed(0.025),
    "efficacy": ici.Spending(0.025, efficacy=ici.OBrienFleming()),
    "and futility": ici.Spending(0.025, efficacy=ici.OBrienFleming(), futility=ici.HwangShihDeCani(-2)),
}

# %%
# The price of looking, in patients, and what it saves, in months.

plans = {
    name: ici.sample_size(ici.Randomized(looks=looks, boundary=boundary), truth, power=0.8)
    for name, boundary in boundaries.items()
}
print(f"{'boundary':14}{'patients':>10}{'months, if it works':>22}{'months, if it does not':>24}")
for name, plan in plans.items():
    null = ici.power(plan.design, truth.null)
    print(f"{name:14}{plan.n:>10}{plan.characteristics.expected_months:>22.1f}{null.expected_months:>24.1f}")

# %%
# The plan with both.

plan = plans["and futility"]
print(plan)

# %%
# The first look comes with 75 events and Z = 0.5, below the futility bound.

print(ici.monitor(plan, ici.Look(75, z=0.5)))

# %%
# The bounds on Z.

ici.plot(plan, "boundaries")
plt.show()
