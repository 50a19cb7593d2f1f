"""Should a trial in primary-resistant Merkel cell carcinoma look at its data half-way?

The same question with one test at the end, with an interim look for efficacy, and with one for efficacy and futility.
"""

from __future__ import annotations

import icibaseline as ici

TRUTH = ici.Scenario(
    control=ici.baseline("mcc_pfs_primary"),
    effect=ici.HazardRatio(0.6),
    enrollment=ici.Enrollment(duration=24),
)
LOOKS = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
BOUNDARIES = {
    "one test": ici.Fixed(0.025),
    "efficacy": ici.Spending(0.025, efficacy=ici.OBrienFleming()),
    "and futility": ici.Spending(0.025, efficacy=ici.OBrienFleming(), futility=ici.HwangShihDeCani(-2)),
}


def main() -> None:
    """Size the three, and show what an early end saves."""
    plans = {
        name: ici.sample_size(ici.Randomized(looks=LOOKS, boundary=boundary), TRUTH, power=0.8)
        for name, boundary in BOUNDARIES.items()
    }
    print(f"{'boundary':14}{'patients':>10}{'months, if it works':>22}{'months, if it does not':>24}")
    for name, plan in plans.items():
        null = ici.power(plan.design, TRUTH.null)
        print(f"{name:14}{plan.n:>10}{plan.characteristics.expected_months:>22.1f}{null.expected_months:>24.1f}")
    print()
    print(plans["and futility"])

    print("\nThe first look comes with 75 events and Z = 0.5, below the futility bound")
    print(ici.monitor(plans["and futility"], ici.Look(75, z=0.5)))


if __name__ == "__main__":
    main()
