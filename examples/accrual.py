"""
Solving for accrual in a rare disease
=====================================

In a rare disease the number of patients is not the question: the centres bring as many as they see. What can be
asked is how many a month a trial needs, how long it takes, and what it can detect.
"""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt

import icibaseline as ici

# Below 100 patients each call warns that the log-rank test may miss its level: looked at once, at the end.
warnings.simplefilter("ignore", ici.ApproximationWarning)

control = ici.baseline("mcc_pfs_primary")
design = ici.Randomized(looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025))


def scenario(rate: float, ratio: float = 0.6) -> ici.Scenario:
    return ici.Scenario(control=control, effect=ici.HazardRatio(ratio), enrollment=ici.Enrollment(rate=rate))


# %%
# At three patients a month: how many, and how long?
plan = ici.sample_size(design, scenario(3), power=0.80)
print(f"{plan.n} patients, enrolled over {plan.n / 3:.0f} months; the answer comes at month {plan.months[-1]:.0f}")

# %%
# The trial must be over within three years, twelve months of follow-up included. How many patients a month does
# that take?

months, follow_up = 36, 12


def power_at(rate: float) -> float:
    return ici.power(design.with_(n=rate * (months - follow_up)), scenario(rate)).power


rate = ici.solve(power_at, equals=0.80, between=(1, 20)).x
print(f"{rate:.2f} a month, {rate * (months - follow_up):.0f} patients in all")

# %%
# Three a month is all there is. What can be detected in three years, with 80 % power?

patients = 3 * (months - follow_up)
detectable = ici.solve(
    lambda ratio: ici.power(design.with_(n=patients), scenario(3, ratio)).power, equals=0.80, between=(0.2, 0.9)
).x
print(
    f"with {patients} patients a hazard ratio of {detectable:.2f}: a median of {4.7 / detectable:.1f} months, not 4.7"
)

# %%
# Is less follow-up, and so more patients within the same three years, better?

for follow_up in (3, 6, 9, 12, 18):
    trial = design.with_(n=2 * round(3 * (months - follow_up) / 2), looks=ici.AfterEnrollment(follow_up))
    found = ici.power(trial, scenario(3))
    print(
        f"{follow_up:>2} months of follow-up: {trial.n} patients, {found.events[0]:.0f} events, power {found.power:.3f}"
    )

# %%
# Does the test keep its level in so small a trial? It was built for 0.025.

small = design.with_(n=patients).plan_for(scenario(3))
null = ici.simulate(small, scenario(3).null.typical, replicates=20_000, rng=1)
print(f"type I error with {patients} patients: {null.power:.4f}, give or take {2 * null.error:.4f}")

# %%
# The trial at three a month, as it would run.

ici.plot(plan, "timeline")
plt.show()
