"""
Can a single arm beat 7 of 38?
==============================

7 of 38 melanoma patients responded to dacarbazine and then the same checkpoint inhibitor again. The usual trial
against the printed rate, what its type I error really is, what an honest trial costs, and whom 7 of how many is
about.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici

truth = ici.ResponseScenario(
    control=ici.baseline("promit_orr"), effect=ici.Rate(0.35), enrollment=ici.Enrollment(rate=2), assessment=3
)
exact = ici.Exact(alpha=0.05)
naive = ici.sample_size(ici.SingleArm(rule=exact), truth, power=0.8)
print(naive)

# %%
# Type I error by n: at 7/38, averaged over what the control rate may be, and with another such cohort as history.
# More patients measure the new arm better; the 38 stay 38.

print(f"{'n':>5}{'at 7/38':>9}{'averaged':>10}{'another cohort':>16}")
for n in (44, 100, 200, 400):
    found = ici.power(ici.SingleArm(n, rule=exact), truth).honest
    print(f"{n:>5}{found.error:>9.3f}{found.average_error:>10.3f}{found.resampled_error:>16.3f}")

# %%
# Patients for power 0.8, after which no larger number misses it, by the rate that is hoped for.

print(f"{'rate':>6}{'naive':>9}{'honest':>9}")
for rate in (0.30, 0.35, 0.40, 0.45):
    found = ici.power(naive.design, truth.with_(effect=ici.Rate(rate))).honest
    honest = "never" if found.sizes is None else found.sizes.lasting
    print(f"{rate:>6.2f}{found.naive_sizes.lasting:>9}{honest:>9}")

# %%
# Evaluable or enrolled patients: another denominator is another trial.

for name in ("promit_orr", "promit_orr_enrolled"):
    plan = ici.sample_size(ici.SingleArm(rule=exact), truth.with_(control=ici.baseline(name)), power=0.8)
    print(f"{name:<22}{plan.n:>5} patients, success from {plan.design.responses} responses")

# %%
# Beside an honest rule and a trial with a control arm: the probability of success, averaged over what the control
# rate may be, if the treatment brings 35 % and if it is no better than the control.

designs = {
    "naive": naive.design,
    "honest": ici.SingleArm(156, rule=ici.Posterior(0.95)),
    "randomised": ici.RandomizedResponse(106, test=ici.Boschloo(), alpha=0.15),
}
table = ici.compare(designs, {"35 % respond": truth, "no better": truth.null}, by=ici.assurance)
print(table)

# %%
# The same as a picture.

ici.plot(table, "dots")
plt.show()
