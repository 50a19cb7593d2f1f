"""
What the scan schedule does to a benchmark
==========================================

Progression is found at the next scan. A median of 4.7 months in patients who are scanned whenever their doctor
thinks fit is not the median of a trial that scans every nine weeks, though the disease is the same.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici

WEEKS_PER_MONTH = 4.345

control = ici.baseline("mcc_pfs_primary")
print(f'The document prints "{control.printed[0]}" and does not say when patients were scanned.')

# %%
# The median that a trial would observe, if 4.7 months were exactly true and averaged over what 44 patients
# leave open.

schedules = {}
print("scans every   4.7 months are observed as   over the prior: median, 95 % interval")
for weeks in (3, 6, 9, 12):
    trial = schedules[weeks] = ici.baseline("mcc_pfs_primary", assessment_every=weeks / WEEKS_PER_MONTH)
    seen = -(-4.7 // (weeks / WEEKS_PER_MONTH)) * weeks / WEEKS_PER_MONTH  # the next scan
    low, high = trial.observed.interval()
    print(f"{weeks:>5} weeks   {seen:>26.2f}   {trial.observed.median:>22.2f}, {low:.1f} to {high:.1f}")

# %%
# A single-arm trial with scans every nine weeks that held its median against 4.7 months would find its patients
# to do better with no effect at all. The hazard ratio that such a comparison would invent, were the curves
# exponential:

print(f"{4.7 / schedules[9].observed.median:.2f}")

# %%
# In a randomised trial both arms are scanned alike, so the schedule only moves the events a little: a look sees
# what had happened about half an interval before. The plan says so among its choices.

truth = ici.Scenario(control=schedules[9], effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
later = 9 / WEEKS_PER_MONTH / 2
for follow_up in (12, 12 - later):
    design = ici.Randomized(n=136, looks=ici.AfterEnrollment(follow_up))
    found = ici.power(design, truth)
    print(f"events up to month {found.months[0]:.1f}: {found.events[0]:.1f}, power {found.power:.3f}")
print(*(flag for flag in schedules[9].flags if "assessment" in flag))

# %%
# The prior of the median in truth, and that of the median which scans every nine weeks would show.

axes = ici.plot(control)
scanned = schedules[9].observed
x = [scanned.quantile(p / 200) for p in range(1, 200)]
axes.plot(x, [scanned.pdf(value) for value in x], color="#d55e00", ls="-.", label="observed, scans every 9 weeks")
axes.legend()
plt.show()
