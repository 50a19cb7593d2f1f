"""
Melanoma, where the exponential curve fails
===========================================

A median of 2.6 months and 12 % free of progression at one year contradict an exponential curve. What does the
wrong curve cost a trial?
"""

from __future__ import annotations

import matplotlib.pyplot as plt

import icibaseline as ici


def section(title: str, *lines: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    print(*lines, sep="\n")


# %%
# Two printed numbers, and a curve that contradicts one of them.
control = ici.baseline("mel_pfs_chemo")
median, shape = control.prior.median
exponential, weibull = ici.Exponential(median=median), ici.Weibull(median=median, shape=shape)
section("What the document prints", *(f'"{fragment}"' for fragment in control.printed))
section(
    "What curves through the median say of the first year",
    "                        free of progression at",
    "                        month 3   month 6   month 12",
    *(
        f"{name:<22}" + "".join(f"{curve.survival(month):>10.1%}" for month in (3, 6, 12))
        for name, curve in (("exponential", exponential), (f"Weibull, shape {shape:.2f}", weibull))
    ),
    "The exponential misses the printed 12 %. The Weibull curve goes through both numbers, and falls steeply at first:",
    "many patients progress at once, a few stay free of progression for long.",
)
section("The prior made of both", f"(median in months, shape)  {control.prior}")

# %%
# The same trial, sized by either curve.
wrong = ici.Scenario(control=exponential, effect=ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=12))
right = wrong.with_(control=control)
design = ici.Randomized(looks=ici.AfterEnrollment(6), boundary=ici.Fixed(alpha=0.025))
by_wrong = ici.sample_size(design, wrong, power=0.80)
by_right = ici.sample_size(design, right, power=0.80)
real = ici.power(by_wrong.design, right)
section(
    "A trial of 12 months of enrolment and 6 of follow-up, for a hazard ratio of 0.6 and 80 % power",
    f"sized by the exponential  {by_wrong.n} patients, {by_wrong.events:.0f} events expected",
    f"sized by the Weibull      {by_right.n} patients, {by_right.events:.0f} events expected",
)

# %%
# What the wrong curve costs.
by_events = design.with_(n=by_wrong.n, looks=ici.AtEvents(round(by_wrong.events)))
promised, needed = (ici.power(by_events, scenario).months[0] for scenario in (wrong, right))
simulated = ici.simulate(by_wrong.design, right.typical, replicates=10_000, rng=1)
section(
    f"The trial of {by_wrong.n} patients, if the document is right",
    f"events at month {real.months[0]:.0f}      {real.events[0]:.0f} instead of {by_wrong.events:.0f}",
    f"power                   {real.power:.1%} instead of {by_wrong.power:.1%}",
    f"simulated               {simulated.power:.1%}, give or take {2 * simulated.error:.1%}",
    f"or wait for the events  until month {needed:.0f} instead of month {promised:.0f}",
)
mended = ici.simulate(by_right.design, right, replicates=10_000, rng=2)
section(
    f"The trial of {by_right.n} patients",
    f"power      {by_right.power:.1%}",
    f"assurance  {by_right.assurance:.1%}, over what the document leaves open of median and shape",
    f"simulated  {mended.power:.1%}, give or take {2 * mended.error:.1%}, median and shape drawn anew for each trial",
)
section("Where the numbers come from", ici.sources(by_right))

# %%
# The curve that follows from both numbers, and the band of what they leave open.

ici.plot(control, "curve")
plt.show()
