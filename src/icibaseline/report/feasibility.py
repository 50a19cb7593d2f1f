"""Whether the patients of a plan can be found: a remark where they hardly can."""

from __future__ import annotations

from icibaseline.designs import Plan

__all__ = ["feasibility"]

_PATIENTS = 1000  # beyond those of any cohort that resists checkpoint inhibitors
_MONTHS = 120.0


def feasibility(plan: Plan) -> list[str]:
    """A sentence if the plan needs patients by the thousand, or more than ten years to enrol them; else nothing."""
    enrollment = plan.scenario.typical.enrollment
    months = 0.0 if enrollment is None else float(enrollment.accrual(plan.n).duration)
    said = f"{plan.n:,} patients" + (
        f" enter in {months:.0f} months, {_rate(plan.n / months)} a month" if months else ""
    )
    fewer = "a larger effect or a lower power needs fewer"
    if months > _MONTHS:
        return [f"{said}: enrolment takes {months / 12:.0f} years; a higher rate shortens it, and {fewer}"]
    return [f"{said}: few trials after checkpoint inhibitors find so many; {fewer}"] if plan.n > _PATIENTS else []


def _rate(patients: float) -> str:
    return f"{patients:,.0f}" if patients >= 10 else f"{patients:.2g}"
