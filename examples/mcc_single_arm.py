"""
Merkel cell carcinoma without a control arm?
============================================

Four ways to ask whether a treatment halves the hazard of progression after a checkpoint inhibitor: one arm against
the published median, one arm with the median's own error counted, one arm in two stages, and two arms.
"""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt

import icibaseline as ici

published = ici.baseline("mcc_pfs_primary")
truth = ici.Scenario(control=published, effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(rate=1.5))
alpha, later = 0.025, ici.AfterEnrollment(12)
usual = ici.SingleArm(benchmark=published, statistic=ici.OneSampleLogRank(), looks=later, rule=ici.Fixed(alpha=alpha))
error = published.prior.link_sd  # of the log median, and so of the log of the hazard
designs = {
    "usual test": usual,
    "error counted": usual.with_(statistic=ici.OneSampleLogRank(benchmark_sd=error)),
    "two stages": ici.TwoStageSurvival(benchmark=published, alpha=alpha, looks=later),
    "two arms": ici.Randomized(looks=later, boundary=ici.Fixed(alpha=alpha)),
}

# %%
# Each is sized for 80 % power if the published median is right. Then: patients on average if the treatment does
# nothing, the type I error if the median is right and averaged over what it may be, and assurance.

print(f"{'design':15}{'patients':>10}{'if it does nothing':>20}{'type I error':>14}{'averaged':>10}{'assurance':>11}")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ici.ApproximationWarning)  # all of these trials are small
    for name, design in designs.items():
        plan = ici.sample_size(design, truth, power=0.8)
        null, averaged = ici.power(plan.design, truth.typical.null), ici.assurance(plan.design, truth.null)
        errors = f"{null.power:>14.3f}{averaged.power:>10.3f}"
        print(f"{name:15}{plan.n:>10}{null.expected_n:>20.1f}{errors}{plan.assurance:>11.2f}")

# %%
# The usual test's plan says the same of itself.

plan = ici.sample_size(usual, truth, power=0.8)
print(plan)

# %%
# How often the usual test succeeds, and where the hazard of patients without an effect may lie, the published median
# being an estimate.

ici.plot(plan, "benchmark")
plt.show()
