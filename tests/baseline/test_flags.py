"""What a baseline says of itself: contradictions, changed assumptions, and an effect from a document."""

from __future__ import annotations

import pytest

import icibaseline as ici
from icibaseline.baseline import baseline
from icibaseline.errors import InvalidInput
from icibaseline.priors import Bias, MedianWithN

ENTRY = ici.Enrollment(duration=24)


def test_published_contradictions_of_a_document_are_flags_of_what_rests_on_it() -> None:
    (line,) = [flag for flag in baseline("nsclc_pfs_acquired").flags if flag.startswith("impossible")]
    assert "whole median v its parts" in line
    assert "7 months" in line
    assert any(flag.startswith("tense: median v landmark") for flag in baseline("mel_pfs_chemo").flags)
    assert not any(flag.startswith(("tense", "impossible")) for flag in baseline("mcc_pfs_primary").flags)


def test_law_changed_assumptions_of_a_route_are_said_and_a_route_may_be_named() -> None:
    changed = baseline("mcc_pfs_primary", by=MedianWithN(factor=2.0))
    assert "the route's own assumptions were changed: MedianWithN(factor=2.0)" in changed.flags
    assert baseline("mel_pfs_chemo", by="median with n only") == baseline("mel_pfs_chemo", by=MedianWithN())
    with pytest.raises(InvalidInput, match=r"^`by` must be one of 'median with interval'"):
        baseline("mel_pfs_chemo", by="median with m only")


def test_law_the_spread_of_a_published_effect_is_varied() -> None:
    published = baseline("mcc_ahr_icirt", bias=Bias(0.3, reason="confounding by indication"))
    truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=published, enrollment=ENTRY)
    rows = ici.assurance(ici.Randomized(n=120, looks=ici.AfterEnrollment(12)), truth).sensitivity
    assert [sd for sd, *_ in rows] == [0.2, 0.3, 0.4]
    assert rows[0][1] > rows[1][1] > rows[2][1]
    by_hand = truth.with_(effect=ici.HazardRatio(published.prior))
    again = ici.assurance(ici.Randomized(n=120, looks=ici.AfterEnrollment(12)), by_hand).sensitivity
    assert rows == again


def test_law_no_family_table_for_a_prior_that_is_not_that_of_the_printed_numbers() -> None:
    control = baseline("mel_pfs_chemo")
    assert len(control.families) == 5
    assert control.with_(bias=Bias(0.1, mean=0.5, reason="x")).families == ()
    assert len(control.with_(bias=Bias(0.1, reason="x")).families) == 5
    assert control.with_(prior=control.prior.with_(correlation=0.1)).families == ()
