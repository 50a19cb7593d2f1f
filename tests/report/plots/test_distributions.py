"""Pictures of priors, against scipy's own laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from scipy import stats

import icibaseline as ici
from icibaseline.report.plots import describe
from icibaseline.report.plots.style import SOFT

LOGNORMAL = stats.lognorm(s=0.3, scale=4.7)


def curve(axes, k=0):
    """Places and densities of a line, without the mark of a median."""
    return axes.lines[k].get_xdata(), axes.lines[k].get_ydata()


def shaded(axes):
    """First and last place of what is shaded."""
    (area,) = (c for c in axes.collections if to_rgba(SOFT) in map(tuple, c.get_facecolor()))
    x = area.get_paths()[0].vertices[:, 0]
    return x.min(), x.max()


def test_reference_a_prior_on_the_log_scale_is_drawn_per_unit_of_its_log():
    axes = ici.plot(ici.NormalMixture.lognormal(4.7, 0.3))
    x, y = curve(axes)
    np.testing.assert_allclose(y, LOGNORMAL.pdf(x) * x, rtol=1e-9)
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose(np.trapezoid(y, np.log(x)), 0.998, atol=1e-4)  # all but the tails that are left out
    np.testing.assert_allclose(shaded(axes), LOGNORMAL.ppf([0.025, 0.975]), rtol=1e-9)
    assert axes.get_legend().get_texts()[0].get_text() == "prior: median 4.7, 95 % 2.61 to 8.46 (shaded)"
    (mark,) = (c for c in axes.collections if len(c.get_paths()[0]) == 2)
    np.testing.assert_allclose(mark.get_paths()[0].vertices, [(4.7, 0), (4.7, 1 / 0.3 / math.sqrt(2 * math.pi))])


@pytest.mark.parametrize(
    ("prior", "law"),
    [
        (ici.BetaMixture.from_counts(7, 38), stats.beta(7.5, 31.5)),
        (ici.HalfNormal(0.25), stats.halfnorm(scale=0.25)),
        (ici.NormalMixture.normal(1, 2), stats.norm(1, 2)),
    ],
)
def test_reference_other_priors_are_drawn_on_their_own_scale(prior, law):
    axes = ici.plot(prior)
    x, y = curve(axes)
    np.testing.assert_allclose(y, law.pdf(x), rtol=1e-9)
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("linear", "value", "density")
    low, middle, high = law.ppf([0.025, 0.5, 0.975])
    np.testing.assert_allclose(shaded(axes), (low, high), rtol=1e-6)
    assert describe(prior) == f"Density of a prior with median {middle:.3g}, 95 % {low:.3g} to {high:.3g}."


def test_law_a_density_without_bound_is_cut_off_where_its_interval_ends():
    axes = ici.plot(ici.BetaMixture(1.0, 0.5, 0.5))
    low = stats.beta(0.5, 0.5).ppf(0.025)
    np.testing.assert_allclose(axes.get_ylim(), (0, 1.06 * stats.beta(0.5, 0.5).pdf(low)), rtol=1e-6)


def test_reference_contours_hold_half_and_95_percent_of_a_joint_prior():
    means, sds, rho = np.array([0.956, 0.731]), np.array([0.092, 0.051]), 0.6
    joint = ici.BivariateNormal(tuple(means), tuple(sds), rho, scales=("log", "identity"))
    axes = ici.plot(joint)
    within = np.linalg.inv([[1, rho], [rho, 1]])
    for line, part in zip(axes.lines[:2], (0.95, 0.5), strict=True):
        z = (np.stack([np.log(line.get_xdata()), line.get_ydata()], axis=1) - means) / sds
        np.testing.assert_allclose(np.einsum("ij,jk,ik->i", z, within, z), stats.chi2(2).ppf(part), rtol=1e-9)
        assert line.get_label() == f"{100 * part:.0f} % of the prior"
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
    (x,), (y,) = axes.lines[2].get_data()
    assert (round(x, 3), y) == (2.601, 0.731)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert "second number 0.731, 95 % 0.631 to 0.831" in axes.get_legend().get_texts()[2].get_text()


def test_reference_shares_are_drawn_with_their_own_beta_laws():
    axes = ici.plot(ici.Dirichlet.from_counts((229, 141, 126), names=("primary", "secondary", "durable")))
    rows = [stats.beta(a, 497.5 - a) for a in (229.5, 141.5, 126.5)]
    drawn = [line.get_xdata() for line in axes.lines[1::2]]  # after the mark at 0, each row and its median
    np.testing.assert_allclose(drawn, [law.ppf([0.025, 0.975]) for law in rows], rtol=1e-6)
    np.testing.assert_allclose([line.get_xdata()[0] for line in axes.lines[2::2]], [law.ppf(0.5) for law in rows], 1e-6)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["primary", "secondary", "durable"]
    assert axes.texts[0].get_text() == "0.461  (0.418 to 0.505)"
