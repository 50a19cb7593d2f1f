"""
Lung cancer, rechallenge: what 40 patients can and cannot carry
===============================================================

A small cohort was treated again with an immune checkpoint inhibitor after progression. Two medians and a hazard
ratio are printed of it. Which of them can size a trial, and how far does the answer move with what the small
numbers leave open?
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici

# %%
# The two groups did very differently on the same treatment.

primary, acquired = ici.baseline("nsclc_pfs_primary"), ici.baseline("nsclc_pfs_acquired")
for item in (primary, acquired):
    low, high = item.prior.interval()
    print(f"{item.id}: {item.prior.median:.1f} months, 95 % interval {low:.1f} to {high:.1f}")
    print(f'    printed: "{item.printed[0]}"')

# %%
# The hazard ratio that is printed compares kinds of patients, not treatments. The library refuses it as an
# effect and says why.

compared = ici.baseline("nsclc_loghr_pfs")
try:
    ici.Scenario(control=primary, effect=compared, enrollment=ici.Enrollment(duration=24))
except ici.InvalidInput as refused:
    print(refused)

# %%
# So the effect is an assumption. A trial in acquired resistance, rechallenge as the control arm, six patients a
# month:

truth = ici.Scenario(control=acquired, effect=ici.HazardRatio(0.65), enrollment=ici.Enrollment(rate=6))
design = ici.Randomized(looks=ici.AfterEnrollment(12), boundary=ici.Fixed(alpha=0.025))
plan = ici.sample_size(design, truth, power=0.80)
print(plan)

# %%
# The same trial if the control arm's median lies at either end of what the cohort leaves open, and if the next
# trial's patients differ from this cohort as cohorts do.

low, high = acquired.prior.interval(0.8)
cases = {
    "median as printed": truth,
    f"median {low:.1f} months": truth.with_(control=ici.Exponential(median=low)),
    f"median {high:.1f} months": truth.with_(control=ici.Exponential(median=high)),
    "any median of the cohort's prior": truth,
    "any median of a next trial": truth.with_(control=acquired.with_(prior=acquired.predictive())),
}
for name, scenario in cases.items():
    answer = (ici.assurance if name.startswith("any") else ici.power)(plan.design, scenario)
    print(f"{name:<34} power {answer.power:.3f}, {answer.events[-1]:.0f} events at month {answer.months[-1]:.0f}")

# %%
# Both groups, with the band of each prior.

ici.plot([primary, acquired])
plt.show()
