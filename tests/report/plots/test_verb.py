"""The verb `plot`: which picture, on which axes, with which words, and what it leaves behind."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import icibaseline as ici
from icibaseline.report.plots import describe
from icibaseline.report.plots.base import VIEWS, Several, views_of

CONTROL = ici.baseline("mcc_pfs_primary")
JOINT = ici.BivariateNormal((1, 0.7), (0.1, 0.05), 0.5, scales=("log", "identity"))
POOL = ici.pool(CONTROL, ici.baseline("nsclc_pfs_primary"), mismatch="another tumour")
NEITHER = ici.NormalMixture.lognormal(6.7, 0.5)
ITEMS = {
    "lognormal": ici.NormalMixture.lognormal(4.7, 0.3),
    "mixture": ici.NormalMixture.lognormal(4.7, 0.3).robust(0.2),
    "normal": ici.NormalMixture.normal(0, 1),
    "logit": ici.NormalMixture(1.0, -1.0, 0.8, scale="logit"),
    "rate": ici.BetaMixture.from_counts(7, 38),
    "steep rate": ici.BetaMixture(1.0, 0.5, 0.5),
    "half-normal": ici.HalfNormal(0.25),
    "two numbers": JOINT,
    "shares": ici.Dirichlet((3, 2, 5)),
    "median": CONTROL,
    "carried over": CONTROL.with_(assessment_every=2.0, event_free=1.0),
    "at its median": CONTROL.with_(at_median=True),
    "by hand": CONTROL.with_(prior=ici.NormalMixture.normal(5, 0.4)),
    "median and shape": ici.baseline("mel_pfs_chemo"),
    "not reached": ici.baseline("mcc_dss_acquired"),
    "ratio": ici.baseline("mcc_loghr_pfs", bias=ici.Bias(0.0, reason="none")),
    "counts": ici.baseline("promit_orr"),
    "classes": ici.baseline("hcc_share"),
    "one share": ici.baseline("mcc_share_primary"),
    "mixture of cohorts": ici.mix(CONTROL, ici.baseline("mcc_pfs_acquired"), shares=ici.BetaMixture(1.0, 8.0, 2.0)),
    "mixture later": ici.mix(CONTROL, ici.Exponential(9.0), NEITHER, shares=(0.5, 0.3, 0.2), event_free=1.0),
    "pool": POOL,
    "curve": ici.Weibull(shape=0.8, median=4.7),
    "uncertain curve": ici.Exponential(median=ici.NormalMixture.lognormal(4.7, 0.3)),
    "no median": ici.MixtureCure(ici.Exponential(4.7), cured=0.6),
    "list": [CONTROL, POOL, ici.Exponential(9.0)],
    "list of many": [ici.baseline(id) for id in ("mcc_pfs_primary", "mcc_pfs_acquired", "nsclc_pfs_primary")] + [POOL],
    "list of rates": (ici.baseline("mel_orr_chemo"), ici.baseline("promit_orr")),
    "report": ici.check(ici.documents()),
    "empty report": ici.check([]),
}


def held(item):
    return Several(item) if isinstance(item, list) or type(item) is tuple else item


PICTURES = [(name, view) for name, item in ITEMS.items() for view in views_of(held(item))]


@pytest.mark.parametrize(("name", "view"), PICTURES)
def test_law_every_picture_keeps_inside_its_figure_has_its_axis_named_and_its_source_said(name, view, laid_out):
    axes = ici.plot(ITEMS[name], view)
    assert laid_out(axes) == []
    assert axes.get_xlabel()
    assert axes.figure.get_supxlabel().startswith("Source: ")
    assert axes.figure.get_label() == describe(ITEMS[name], view)


def test_law_every_kind_of_picture_of_evidence_is_tried():
    mine = ("distributions", "baselines", "populations", "evidence")
    kinds = {v for v in VIEWS if type(v).__module__.split(".")[-1] in mine}
    assert kinds - {views_of(held(ITEMS[name]))[view] for name, view in PICTURES} == set()


def test_law_the_default_is_the_first_and_names_are_refused_with_a_list():
    assert ici.plot(CONTROL).get_ylabel() == ici.plot(CONTROL, "prior").get_ylabel() == "density, per unit of its log"
    with pytest.raises(ici.InvalidInput, match=r"`view` must be one of 'prior', 'curve', 'routes'; got 'forest'"):
        ici.plot(CONTROL, "forest")
    with pytest.raises(ici.InvalidInput, match=r"`item` must be something that there is a picture of: .*Baseline"):
        ici.plot(3)
    with pytest.raises(ici.InvalidInput, match="`item` must be"):
        ici.plot([CONTROL, 3])
    with pytest.raises(ici.InvalidInput, match="`ax` must be axes of matplotlib"):
        ici.plot(CONTROL, ax=plt.figure())


def test_law_given_axes_are_drawn_on_with_the_source_below_them(laid_out):
    figure, both = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    assert ici.plot(CONTROL, "curve", ax=both[0]) is both[0]
    ici.plot(CONTROL, ax=both[1])
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()
    pen = figure.canvas.get_renderer()
    for axes in both:
        (source,) = (t for t in axes.texts if t.get_text().startswith("Source: "))
        assert source.get_window_extent(pen).y1 < axes.xaxis.label.get_window_extent(pen).y0
        assert source.get_window_extent(pen).y0 >= 0
    assert both[0].texts[-1].get_window_extent(pen).x1 < both[1].texts[-1].get_window_extent(pen).x0


def test_law_settings_of_matplotlib_stay_as_they_were():
    with mpl.rc_context({"font.size": 33, "axes.spines.top": True}):
        before = dict(mpl.rcParams)
        ici.plot(CONTROL)
        assert dict(mpl.rcParams) == before


def test_law_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ici.MissingOptional, match=r"icibaseline\[plot\]"):
        ici.plot(CONTROL)
    assert describe(CONTROL).startswith("mcc_pfs_primary")


def test_law_matplotlib_is_loaded_when_something_is_drawn():
    code = "import sys, icibaseline; icibaseline.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
