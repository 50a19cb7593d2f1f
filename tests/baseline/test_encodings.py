"""The priors of the library, against the numbers written down from the documents."""

from __future__ import annotations

import pytest

from icibaseline.baseline import baseline
from icibaseline.distributions import BetaMixture, NormalMixture

# Written from the method notes: mean and sd on the log scale, or the parameters of a beta law.
ENCODED = {
    "mcc_pfs_primary": (1.548, 0.241),
    "mcc_pfs_acquired": (2.251, 0.287),
    "mcc_dss_primary": (2.660, 0.241),
    "mel_os_chemo": (1.960, 0.074),
    "nsclc_pfs_primary": (0.742, 0.377),
    "nsclc_pfs_acquired": (1.946, 0.341),
}
COUNTED = {
    "mel_orr_chemo": (58.5, 405.5),
    "mel_orr_dtic": (12.5, 106.5),
    "mel_orr_carbo_pac": (21.5, 126.5),
    "mel_orr_tmz": (2.5, 69.5),
    "mel_orr_taxane": (10.5, 30.5),
    "mel_orr_fotemustine": (3.5, 26.5),
    "mel_orr_other": (10.5, 48.5),
    "promit_orr": (7.5, 31.5),
    "promit_orr_enrolled": (7.5, 46.5),
    "promit_dcr": (14.5, 24.5),
    "mcc_share_primary": (44.5, 31.5),
}


@pytest.mark.parametrize("id", ENCODED)
def test_published_encodings_of_medians(id: str) -> None:
    prior = baseline(id).prior
    assert isinstance(prior, NormalMixture)
    assert (prior.means[0], prior.sds[0]) == pytest.approx(ENCODED[id], abs=5.1e-4)


@pytest.mark.parametrize("id", COUNTED)
def test_published_encodings_of_counts(id: str) -> None:
    assert baseline(id).prior == BetaMixture((1.0,), (COUNTED[id][0],), (COUNTED[id][1],))


@pytest.mark.parametrize(("id", "mean", "sd"), [("mcc_loghr_pfs", 0.70, 0.27), ("nsclc_loghr_pfs", 1.03, 0.39)])
def test_published_encodings_of_hazard_ratios(id: str, mean: float, sd: float) -> None:
    prior = baseline(id).prior
    assert isinstance(prior, NormalMixture)
    assert (prior.means[0], prior.sds[0]) == pytest.approx((mean, sd), abs=5.1e-3)


def test_published_shares_of_the_liver_cohort() -> None:
    assert baseline("hcc_share").prior.a == (229.5, 141.5, 126.5)  # type: ignore[attr-defined]
