"""
Primary and acquired resistance in one trial
============================================

Who is enrolled decides what the control arm's median is, from 4.7 to 9.5 months, and with it the number of
events. A test that does not tell the two apart loses power although the hazard ratio is the same in both.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici


def section(title: str, *lines: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    print(*lines, sep="\n")


# %%
# Two medians of one cohort, and who is in neither group.
primary, acquired = ici.baseline("mcc_pfs_primary"), ici.baseline("mcc_pfs_acquired")
share = ici.baseline("mcc_share_primary")
classes = ici.baseline("mcc_share_primary", by=ici.Shares(unclassified=True))
section("What the document prints", *(f'"{fragment}"' for fragment in dict.fromkeys(primary.printed + share.printed)))
section(
    "Of 106 patients, 75 are in one of two classes",
    f"primary  median {primary.typical.median:.1f} months, {primary.findings[0].n} patients",
    f"acquired median {acquired.typical.median:.1f} months, {acquired.findings[0].n} patients",
    f"share of primary among the two: {share.prior}",
    *(flag for flag in share.flags if "none of the classes" in flag),
)

# %%
# The benchmark is a choice.
vague = ici.NormalMixture.lognormal(6.7, 0.5)
populations = {
    "primary only": primary,
    "80 % primary": ici.mix(primary, acquired, shares=(0.8, 0.2)),
    "as in the cohort": ici.mix(primary, acquired, shares=share),
    "with the unclassified": ici.mix(primary, acquired, vague, shares=classes),
    "acquired only": acquired,
}
medians = (f"{name:<22} {held.typical.median:5.2f} months" for name, held in populations.items())
section("The median of the control arm, by who is enrolled", *medians)

# %%
# The trial: hazard ratio 0.6 in every patient, yet not in the whole.
enrollment, effect = ici.Enrollment(duration=24), ici.HazardRatio(0.6)
design = ici.Randomized(134, looks=ici.AfterEnrollment(12))
lines = []
for name, held in populations.items():
    found = ici.power(design, ici.Scenario(control=held, effect=effect, enrollment=enrollment))
    lines.append(f"{name:<22} power {found.power:.3f}, {found.events[-1]:.0f} events")
section("134 patients, the hazard ratio of the whole population being 0.6", *lines)

strata = tuple(
    ici.Stratum(name, share=part, control=held, effect=effect)
    for name, part, held in (("primary", 44 / 75, primary), ("acquired", 31 / 75, acquired))
)
truth = ici.Scenario(strata=strata, enrollment=enrollment).typical
pooled = design.with_(statistic=ici.LogRank(stratified=False))
tests = {"not told apart": pooled, "stratified test": design}
lines = []
for name, chosen in tests.items():
    formula, simulated = ici.power(chosen, truth), ici.simulate(chosen, truth, replicates=10_000, rng=1)
    lines.append(f"{name:<22} formula {formula.power:.3f}, simulated {simulated.power:.3f}")
section("134 patients, the hazard ratio being 0.6 in each class: those at high risk leave first", *lines)
section(
    "Where the numbers come from",
    ici.sources(ici.Scenario(control=populations["as in the cohort"], effect=effect, enrollment=enrollment)),
)

# %%
# The control arm's curve, by who is enrolled.

ici.plot([primary, populations["as in the cohort"], acquired])
plt.show()
