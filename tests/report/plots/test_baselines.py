"""Pictures of published cohorts: every line against the printed numbers and the formulas of the methods pages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

import icibaseline as ici
from icibaseline.report.plots import describe

CONTROL = ici.baseline("mcc_pfs_primary")  # median 4.7 months of 44 patients
MELANOMA = ici.baseline("mel_pfs_chemo")  # median 2.6 months, 12 % at month 12
ERROR = 1.6 / math.sqrt(44)
Z = stats.norm.ppf(0.975)


def texts(axes):
    return [t.get_text() for t in axes.get_legend().get_texts()]


def line(axes, label):
    return next(x for x in axes.lines if x.get_label() == label)


def next_trial(x):
    """Density of the log median of the next trial: normal given tau, tau half-normal with scale 1/4."""
    given = lambda tau: stats.norm.pdf(math.log(x / 4.7), scale=math.hypot(ERROR, math.sqrt(2) * tau))  # noqa: E731
    return integrate.quad(lambda tau: given(tau) * stats.halfnorm.pdf(tau, scale=0.25), 0, 2.5, epsabs=1e-12)[0]


def test_reference_the_prior_of_the_cohort_and_the_wider_one_of_the_next_trial():
    axes = ici.plot(CONTROL)
    x, y = axes.lines[0].get_data()
    np.testing.assert_allclose(y, stats.norm.pdf(np.log(x / 4.7), scale=ERROR), rtol=1e-9, atol=1e-12)
    x, y = axes.lines[1].get_data()
    np.testing.assert_allclose(y[::40], [next_trial(at) for at in x[::40]], rtol=1e-4)
    low, high = 4.7 * np.exp([-Z * ERROR, Z * ERROR])
    assert texts(axes)[0] == f"prior of the cohort: median 4.7 months, 95 % {low:.3g} to {high:.3g} (shaded)"
    assert (axes.get_xlabel(), axes.get_xscale()) == ("median, months", "log")
    assert axes.get_legend().get_title().get_text() == "mcc_pfs_primary: PFS"
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()


@pytest.mark.parametrize(
    ("item", "label", "laws"),
    [
        (ici.baseline("promit_orr"), "response rate, proportion of patients", 1),
        (ici.baseline("mcc_loghr_pfs", bias=ici.Bias(0.0, reason="none")), "hazard ratio", 2),
        (MELANOMA, "median, months", 2),
        (CONTROL.with_(assessment_every=2.0), "median, months", 3),
        (CONTROL.with_(prior=ici.NormalMixture.normal(5, 0.4)), "median, months", 1),
    ],
)
def test_law_each_quantity_has_its_axis_and_the_laws_that_there_are(item, label, laws):
    axes = ici.plot(item)
    assert (axes.get_xlabel(), len(texts(axes))) == (label, laws)


def test_reference_scans_show_a_longer_median():
    assert texts(ici.plot(CONTROL.with_(assessment_every=2.0)))[2].startswith(
        "as scans every 2 months show it: median 5.68"
    )


def test_reference_the_curve_with_the_band_of_its_prior_and_the_printed_median():
    axes = ici.plot(CONTROL, "curve")
    t, alive = line(axes, "at the prior median").get_data()
    np.testing.assert_allclose(alive, 0.5 ** (t / 4.7), rtol=1e-12)
    (band,) = axes.collections
    edges = band.get_paths()[0].vertices
    for at in t[60::60]:
        low, high = 0.5 ** (at / (4.7 * np.exp([-Z * ERROR, Z * ERROR])))
        found = edges[np.isclose(edges[:, 0], at), 1]
        np.testing.assert_allclose((found.min(), found.max()), (low, high), atol=0.004)
    assert line(axes, "printed median, 4.7 months").get_xydata().tolist() == [[4.7, 0.5]]
    flat = line(axes, "instead: Weibull, shape 0.75")
    np.testing.assert_allclose(flat.get_ydata(), 0.5 ** ((t / 4.7) ** 0.75), rtol=1e-9)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("months from salvage start", "probability of no event, PFS")


def test_reference_a_landmark_is_drawn_and_every_family_passes_through_both_numbers():
    axes = ici.plot(MELANOMA, "curve")
    assert line(axes, "printed landmark, 0.12 at month 12").get_xydata().tolist() == [[12, 0.12]]
    others = [x for x in axes.lines if x.get_label().startswith("instead: ") and "exponential" not in x.get_label()]
    assert len(others) == 4
    for x in others:
        np.testing.assert_allclose(np.interp([2.6, 12], *x.get_data()), (0.5, 0.12), atol=2e-3)
    curves = [x for x in axes.lines if x.get_marker() == "None"]
    assert len({x.get_color() for x in curves}) == len({str(x._dash_pattern) for x in curves}) == 6
    assert "12 months: 0.12" in describe(MELANOMA, "curve")


def test_law_printed_numbers_are_of_the_source_and_not_of_those_who_lived_some_months_without_the_event():
    axes = ici.plot(CONTROL.with_(event_free=3.0, shape=0.7), "curve")
    t, alive = line(axes, "at the prior median").get_data()
    whole = 0.5 ** (((t + 3) / 4.7) ** 0.7)
    np.testing.assert_allclose(alive, whole / whole[0], rtol=1e-9)
    assert not any("printed" in x for x in texts(axes))
    assert axes.get_xlabel() == "months from entry, after 3 without the event from salvage start"


def test_reference_other_families_are_those_of_the_same_patients():
    axes = ici.plot(CONTROL.with_(event_free=3.0), "curve")
    t, alive = line(axes, "instead: Weibull, shape 0.75").get_data()
    whole = 0.5 ** (((t + 3) / 4.7) ** 0.75)
    np.testing.assert_allclose(alive, whole / whole[0], rtol=1e-9)


def test_law_at_its_median_there_is_no_band():
    assert not ici.plot(CONTROL.with_(at_median=True), "curve").collections


def test_published_routes_are_drawn_with_their_standard_errors():
    axes = ici.plot(CONTROL, "routes")
    rows = list(zip(axes.lines[::2], axes.lines[1::2], axes.texts, strict=False))
    errors = [1.6 / math.sqrt(44), 1 / math.sqrt(44), 2 / math.sqrt(44), 1 / math.log(2) / math.sqrt(44)]
    errors.append(1 / math.sqrt(0.85 * 44))  # the rejected one
    for (ends, middle, text), error in zip(rows, errors, strict=True):
        low, high = 4.7 * np.exp([-Z * error, Z * error])
        np.testing.assert_allclose(ends.get_xdata(), (low, high), rtol=1e-9)
        assert text.get_text() == f"4.7  ({low:.3g} to {high:.3g})"
        np.testing.assert_allclose(middle.get_xdata(), [4.7], rtol=1e-9)
    assert axes.lines[0].get_linewidth() > axes.lines[2].get_linewidth()
    assert (rows[-1][0].get_linestyle(), rows[-1][1].get_markerfacecolor()) == (":", "white")
    assert axes.get_yticklabels()[0].get_text() == "taken: median with n only"
    assert axes.get_yticklabels()[-1].get_text().startswith("rejected")


def test_reference_classes_take_the_place_of_routes():
    axes = ici.plot(ici.baseline("hcc_share"))
    assert [t.get_text() for t in axes.get_yticklabels()] == ["primary", "secondary", "durable"]
    assert axes.get_xlabel() == "share, proportion of patients"
    low, high = stats.beta(229.5, 268).ppf([0.025, 0.975])
    assert axes.texts[0].get_text().endswith(f"({low:.3g} to {high:.3g})")


def test_law_the_joint_prior_is_named_by_its_parameters():
    axes = ici.plot(MELANOMA, "joint")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("median, months", "shape of the curve")
    assert "median 2.6, 95 % 2.17 to 3.11; shape of the curve 0.731" in describe(MELANOMA, "joint")
