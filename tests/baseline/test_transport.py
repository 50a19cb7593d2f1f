"""From the cohort to the trial: scans, months before randomisation, allowances, and the lines that say so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from icibaseline.baseline import baseline
from icibaseline.baseline.transport import observed_median, seen_by_scans
from icibaseline.distributions import BetaMixture, BivariateNormal, NormalMixture
from icibaseline.errors import InvalidInput, RefusedFinding
from icibaseline.evidence import Findings
from icibaseline.priors import Bias, MedianWithN
from icibaseline.survival import Weibull

WEEKS = 7 / (365.25 / 12)  # months


@pytest.mark.parametrize(
    ("true", "weeks", "seen"), [(4.7, 6, 5.5), (4.7, 9, 6.2), (4.7, 12, 5.5), (2.1, 12, 2.8), (5.5, 12, 5.52)]
)
def test_published_medians_that_scans_show(true: float, weeks: float, seen: float) -> None:
    assert observed_median(true, weeks * WEEKS) == pytest.approx(seen, abs=0.05)


def test_reference_scans_show_the_simulated_kaplan_meier_median() -> None:
    every, rng = 9 * WEEKS, np.random.default_rng(9)
    times = rng.exponential(4.7 / math.log(2), (400, 2_001))
    seen = np.median(np.ceil(times / every) * every, axis=1)
    assert np.median(seen) == pytest.approx(observed_median(4.7, every), rel=1e-12)


@pytest.mark.parametrize("every", [0.5, 1.5, 2.76])
def test_reference_the_prior_that_scans_show_has_the_simulated_mean(every: float) -> None:
    prior, rng = NormalMixture.lognormal(4.7, 0.241), np.random.default_rng(3)
    seen = seen_by_scans(prior, every)
    logs = np.log(np.ceil(prior.rvs(200_000, rng=rng) / every) * every)
    assert isinstance(seen, NormalMixture)
    assert seen.means[0] == pytest.approx(logs.mean(), abs=4 * logs.std() / math.sqrt(len(logs)))
    assert seen.sds[0] == pytest.approx(max(0.241, logs.std()), abs=0.002)


def test_reference_a_source_with_scans_of_its_own_is_moved_by_both_schedules() -> None:
    printed, rng = NormalMixture.lognormal(5.5, 0.2), np.random.default_rng(4)
    seen = seen_by_scans(printed, 2.76, source_every=1.84)
    true = printed.rvs(400_000, rng=rng) - 1.84 * rng.random(400_000)
    logs = np.log(np.ceil(true / 2.76) * 2.76)
    assert isinstance(seen, NormalMixture)
    assert seen.means[0] == pytest.approx(logs.mean(), abs=2e-3)
    assert seen.sds[0] == pytest.approx(max(0.2, logs.std()), abs=2e-3)


@pytest.mark.parametrize("intervals", [0.5, 0.76, 1.0, 1.01, 2.0, 5.0])
def test_law_the_same_schedule_changes_nothing_however_short_the_median(intervals: float) -> None:
    prior = NormalMixture.lognormal(2.76 * intervals, 0.3)
    assert seen_by_scans(prior, 2.76, source_every=2.76) == prior


@given(st.floats(0.3, 50), st.floats(0.02, 0.8), st.floats(0.05, 6), st.floats(0.1, 10))
def test_law_scans_lengthen_by_less_than_one_interval_in_any_unit(
    m: float, sd: float, every: float, unit: float
) -> None:
    prior = NormalMixture.lognormal(m, sd)
    seen = seen_by_scans(prior, every)
    assert prior.median < seen.median * (1 + 1e-12)
    assert math.log(seen.median) < math.log(m) + every * math.exp(sd**2 / 2) / m + 1e-9  # E log(1 + w/m) < w E(1/m)
    assert seen.link_sd >= prior.link_sd * (1 - 1e-12)
    other = seen_by_scans(NormalMixture.lognormal(m * unit, sd), every * unit)
    assert other.median == pytest.approx(unit * seen.median, rel=1e-3)  # a median at a scan may round either way


def test_law_what_is_added_vanishes_as_scans_become_frequent() -> None:
    prior = NormalMixture.lognormal(4.7, 0.2)
    gaps = [seen_by_scans(prior, every).median - 4.7 for every in (1.0, 0.1, 0.01)]
    assert gaps == pytest.approx([0.5, 0.05, 0.005], rel=0.05)
    assert seen_by_scans(prior, 1e-9).median == pytest.approx(4.7, rel=1e-6)


def test_law_a_mixture_and_a_joint_prior_are_shifted_part_by_part() -> None:
    mixed = NormalMixture((0.5, 0.5), (1.0, 2.0), (0.2, 0.3), scale="log")
    seen = seen_by_scans(mixed, 1.5)
    parts = [seen_by_scans(NormalMixture((1.0,), (m,), (s,), scale="log"), 1.5) for m, s in ((1.0, 0.2), (2.0, 0.3))]
    assert seen == NormalMixture(
        (0.5, 0.5), (parts[0].means[0], parts[1].means[0]), (parts[0].sds[0], parts[1].sds[0]), scale="log"
    )
    joint = BivariateNormal((1.0, 0.73), (0.1, 0.05), 0.6, scales=("log", "identity"))
    moved = seen_by_scans(joint, 1.5)
    assert isinstance(moved, BivariateNormal)
    assert moved.marginal(0) == seen_by_scans(joint.marginal(0), 1.5)
    assert moved.covariance[0, 1] == pytest.approx(joint.covariance[0, 1], rel=1e-12)
    with pytest.raises(InvalidInput, match="normal on the log scale"):
        seen_by_scans(BetaMixture.from_counts(7, 38), 1.5)


def test_law_scans_change_what_is_observed_and_not_the_curve() -> None:
    bare, scanned = baseline("mcc_pfs_primary"), baseline("mcc_pfs_primary", assessment_every=9 * WEEKS)
    assert scanned.prior == bare.prior == bare.observed
    assert scanned.curve == bare.curve
    assert scanned.observed == seen_by_scans(bare.prior, 9 * WEEKS)
    assert not scanned.modified
    (line,) = (flag for flag in scanned.flags if flag.startswith("assessment"))
    assert "a true median of 4.7 months is observed as 6.21" in line
    assert "a look sees what had happened about 1.03 months before" in line
    assert repr(scanned) == f'baseline("mcc_pfs_primary", assessment_every={9 * WEEKS!r})'
    far = baseline("nsclc_pfs_primary", assessment_every=9)
    assert any("scans are further apart than the median" in flag for flag in far.flags)


def test_reference_events_of_a_scanned_trial_are_those_half_an_interval_earlier() -> None:
    """Why the curve is left alone: a delay of half an interval is a look half an interval earlier."""
    every, look, rng = 12 * WEEKS, 36.0, np.random.default_rng(12)
    entry, time = rng.uniform(0, 24, 400_000), rng.exponential(4.7 / math.log(2), 400_000)
    seen = (entry + np.ceil(time / every) * every <= look).mean()
    earlier = (entry + time <= look - every / 2).mean()
    stretched = (entry + time * seen_by_scans(NormalMixture.lognormal(4.7, 0.01), every).median / 4.7 <= look).mean()
    assert seen == pytest.approx(earlier, abs=0.004)
    assert abs(stretched - seen) > 0.01


def test_law_a_source_with_the_same_schedule_is_observed_as_it_was_printed() -> None:
    (old,) = baseline("mcc_pfs_primary").findings
    known = baseline("mcc_pfs_primary").with_(findings=Findings((old.with_(assessed_every=2.0),)))
    again = known.with_(assessment_every=2.0)
    assert again.observed == again.prior
    assert any("every 2 months in the source" in flag for flag in again.flags)
    assert any("assessment schedule every 2 months" in flag for flag in known.flags)


def test_published_patients_who_live_a_month_without_the_event_have_a_longer_median() -> None:
    control = baseline("mcc_pfs_primary", shape=0.73, event_free=1.0)
    assert control.typical.median == pytest.approx(5.9, abs=0.05)
    whole = Weibull(median=4.7, shape=0.73)
    assert control.typical.survival(7.0) == pytest.approx(whole.survival(8.0) / whole.survival(1.0), rel=1e-12)
    assert "eligibility: patients without the event for 1 month after salvage start" in control.flags
    assert baseline("mcc_pfs_primary", event_free=3).typical.median == pytest.approx(4.7, rel=1e-12)  # no memory


def test_law_each_choice_not_made_is_a_line_and_each_made_replaces_it() -> None:
    bare = baseline("mcc_pfs_primary").flags
    made = baseline(
        "mcc_pfs_primary", assessment_every=2, event_free=1, bias=Bias(0.2, reason="patients chose their treatment")
    ).flags
    for start in ("time origin: ", "eligibility: early events", "assessment schedule not stated", "treatment mix: "):
        assert any(flag.startswith(start) for flag in bare)
    assert not any(flag.startswith(("eligibility: early", "assessment schedule not stated")) for flag in made)
    assert any("patients chose their treatment" in flag for flag in made)


def test_law_an_allowance_for_bias_widens_the_prior_and_is_no_modification() -> None:
    control = baseline("mcc_pfs_primary", bias=Bias(0.3, mean=-0.1, reason="trial patients are fitter"))
    assert isinstance(control.prior, NormalMixture)
    assert control.prior.means[0] == pytest.approx(math.log(4.7) - 0.1, rel=1e-12)
    assert control.prior.sds[0] == pytest.approx(math.hypot(1.6 / math.sqrt(44), 0.3), rel=1e-12)
    assert not control.modified
    assert not control.with_(shape=0.8).modified
    narrower = control.with_(by=MedianWithN(factor=1.0))
    assert narrower.prior.sds[0] == pytest.approx(math.hypot(1 / math.sqrt(44), 0.3), rel=1e-12)  # type: ignore[attr-defined]
    by_hand = control.with_(prior=NormalMixture.lognormal(5.0, 0.2))
    assert by_hand.with_(bias=None).prior == by_hand.prior
    assert by_hand.modified


@pytest.mark.parametrize("name", ["assessment_every", "event_free", "shape"])
@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "2", True])
def test_law_wrong_choices_are_refused(name: str, bad: object) -> None:
    with pytest.raises(InvalidInput, match=f"^`{name}` must be a positive number"):
        baseline("mcc_pfs_primary", **{name: bad})  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=f"^`{name}` must be left out for a prior of the response rate"):
        baseline("promit_orr", **{name: 1.0})  # type: ignore[arg-type]


def test_law_what_is_no_curve_has_none() -> None:
    with pytest.raises(RefusedFinding, match="got 'promit_orr', a prior of the response rate"):
        baseline("promit_orr").curve  # noqa: B018
