"""Pictures of curves, mixtures and pools, against survival in closed form."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import numpy as np
from scipy import stats

import icibaseline as ici
from icibaseline.report.plots import curves, describe

PRIMARY, ACQUIRED = ici.baseline("mcc_pfs_primary"), ici.baseline("mcc_pfs_acquired")
POOL = ici.pool(PRIMARY, ici.baseline("nsclc_pfs_primary"), mismatch="another tumour")


def names(axes):
    return [t.get_text() for t in axes.texts]


def test_reference_several_curves_end_in_their_names():
    axes = ici.plot([PRIMARY, ACQUIRED, ici.Weibull(shape=2, median=6)])
    t = axes.lines[0].get_xdata()
    expected = [0.5 ** (t / 4.7), 0.5 ** (t / 9.5), 0.5 ** ((t / 6) ** 2)]
    for line, alive in zip(axes.lines, expected, strict=True):
        np.testing.assert_allclose(line.get_ydata(), alive, rtol=1e-9)
    by_end = {
        "mcc_pfs_primary\nmedian 4.7 months",
        "mcc_pfs_acquired\nmedian 9.5 months",
        "weibull (3)\nmedian 6 months",
    }
    assert set(names(axes)) == by_end
    for label in axes.texts:
        (line,) = (x for x in axes.lines if x.get_label() == label.get_text())
        assert label.get_color() == line.get_color()
        np.testing.assert_allclose(label.xy, (t[-1], line.get_ydata()[-1]))
    assert len({x.get_linestyle() for x in axes.lines}) == 3
    assert len(axes.collections) == 2  # bands of the two that have priors
    assert describe([PRIMARY, ACQUIRED]) == (
        "Survival curves at the prior medians: mcc_pfs_primary, median 4.7 months; mcc_pfs_acquired, median 9.5 months."
    )


def test_law_more_than_three_curves_have_no_bands_and_their_names_do_not_touch():
    axes = ici.plot([PRIMARY] * 7)
    assert not axes.collections
    assert axes.get_title(loc="left") == "at the prior medians"
    axes.figure.canvas.draw()
    pen = axes.figure.canvas.get_renderer()
    boxes = sorted((mpl.text.Text.get_window_extent(t, pen) for t in axes.texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_law_the_endpoint_is_named_if_it_is_that_of_all():
    assert ici.plot([PRIMARY, ACQUIRED]).get_ylabel() == "probability of no event, PFS"
    assert ici.plot([PRIMARY, ici.baseline("mel_os_chemo")]).get_ylabel() == "probability of no event"


def test_reference_priors_of_one_kind_stand_below_one_another():
    axes = ici.plot([ici.baseline("promit_orr"), ici.baseline("mel_orr_chemo")])
    laws = [stats.beta(7.5, 31.5), stats.beta(58.5, 405.5)]
    np.testing.assert_allclose(
        [line.get_xdata() for line in axes.lines[1::2]], [x.ppf([0.025, 0.975]) for x in laws], 1e-6
    )
    assert axes.get_xlabel() == "response rate, proportion of patients"


def test_reference_a_mixture_is_the_sum_of_its_parts_by_their_shares():
    axes = ici.plot(ici.mix(PRIMARY, ACQUIRED, shares=(0.8, 0.2)))
    whole, first, second = axes.lines
    t = whole.get_xdata()
    np.testing.assert_allclose(whole.get_ydata(), 0.8 * 0.5 ** (t / 4.7) + 0.2 * 0.5 ** (t / 9.5), rtol=1e-9)
    np.testing.assert_allclose((first.get_ydata(), second.get_ydata()), (0.5 ** (t / 4.7), 0.5 ** (t / 9.5)), rtol=1e-9)
    assert first.get_label() == "80 % mcc_pfs_primary\nmedian 4.7 months"
    assert len(axes.collections) == 1
    assert len(set(names(axes))) == 3


def test_law_without_priors_no_band_is_claimed():
    axes = ici.plot(ici.mix(ici.Exponential(4.7), ici.Exponential(9.5), shares=(0.8, 0.2)))
    assert (len(axes.collections), axes.get_title(loc="left")) == (0, "at the prior medians")


def test_law_a_pool_is_drawn_with_the_numbers_that_it_states():
    axes = ici.plot(POOL)
    drawn = [line.get_xdata().tolist() for line in axes.lines[::2]]
    stated = [m.prior.interval() for m in POOL.members] + [POOL.mean.interval(), POOL.prior.interval()]
    np.testing.assert_allclose(drawn, stated, rtol=1e-9)
    assert axes.lines[-1].get_xdata()[0] == POOL.prior.median
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels[:2] == ["mcc_pfs_primary", "nsclc_pfs_primary"]
    np.testing.assert_allclose(ici.plot(POOL, "curve").lines[0].get_ydata()[0], 1)


def test_reference_a_band_of_two_independent_priors_holds_95_percent_of_draws():
    curve = ici.Weibull(shape=ici.NormalMixture.lognormal(0.8, 0.2), median=ici.NormalMixture.lognormal(4.7, 0.24))
    t = np.array([1.0, 5.0, 12.0])
    rng = np.random.default_rng(5)
    shape, middle = 0.8 * np.exp(0.2 * rng.standard_normal(200_000)), 4.7 * np.exp(0.24 * rng.standard_normal(200_000))
    draws = 0.5 ** ((t / middle[:, None]) ** shape[:, None])
    np.testing.assert_allclose(curves.band(curve, t), np.quantile(draws, (0.025, 0.975), axis=0), atol=0.006)
    assert curves.band(ici.Exponential(4.7), t) is None


def test_law_a_curve_without_a_median_says_so():
    cured = ici.MixtureCure(ici.Exponential(4.7), cured=0.6)
    axes = ici.plot(cured)
    assert names(axes) == ["median not reached"]
    assert np.isfinite(axes.get_xlim()).all()
