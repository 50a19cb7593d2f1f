"""Where the numbers of a picture come from, in short."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

import icibaseline as ici
from icibaseline.report.plots.base import Several
from icibaseline.report.plots.sourced import _short, source_of

CONTROL = ici.baseline("mcc_pfs_primary")
TRUTH = ici.Scenario(CONTROL, ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
MCC = "Real-world outcomes of patients receiving salvage therapies for immune checkpoint …, 2025 (mcc)"


@pytest.mark.parametrize(
    ("citation", "short"),
    [
        (
            "Goldinger SM, Buder-Bakhaya K, Lo SN, et al. Chemotherapy after failure. Eur J Cancer 2021.",
            "Goldinger et al. 2021",
        ),
        ("Xu, M., Hao, Y., Shi, Z. et al. Efficacy. J Cancer 149 (2023). doi", "Xu et al. 2023"),
        ("Freedman LS. Tables of the number of patients. Stat Med 1982;1:121-129.", "Freedman 1982"),
        ("van Houwelingen HC, Putter H. Dynamic prediction. 2011.", "van Houwelingen et al. 2011"),
        ("O'Brien PC, Fleming TR. A multiple testing procedure. Biometrics 1979;35:549-556.", "O'Brien et al. 1979"),
        ("Outcomes of resistance in liver cancer.", "Outcomes of resistance in liver cancer."),
    ],
)
def test_published_citations_are_shortened_to_first_author_and_year(citation, short):
    assert _short(citation) == short


def test_law_documents_are_named_and_what_is_assumed_is_said():
    assert source_of(CONTROL) == MCC
    assert source_of(TRUTH) == f"control: {MCC}; effect and enrollment: assumed, no source"
    assert source_of(ici.power(ici.Randomized(n=134), TRUTH)) == source_of(TRUTH)
    assert source_of(ici.Exponential(4.7)) == source_of(ici.HalfNormal(1)) == "assumed, no source"
    by_hand = CONTROL.with_(prior=ici.NormalMixture.lognormal(5, 0.3))
    assert source_of(by_hand) == f"{MCC}, modified"
    mixed = ici.mix(CONTROL, ici.Exponential(9.5), shares=(0.8, 0.2))
    assert source_of(mixed) == f"{MCC}, part 2 assumed, shares assumed"


def test_law_several_name_each_document_once():
    others = Several((CONTROL, ici.baseline("mcc_pfs_acquired"), ici.Exponential(3.0)))
    assert source_of(others) == f"{MCC}; assumed, no source"


def test_law_a_report_names_the_documents_that_it_compares():
    assert source_of(ici.check(ici.findings(document="promit"))) == "Haferkamp et al. 2026 (promit)"
    assert source_of(ici.check(ici.documents())).count("; ") == 4
    unknown = ici.check(ici.findings(document="promit"))[0].with_(document="elsewhere")
    assert source_of(ici.Coherence((unknown,))) == "document elsewhere"


def test_law_a_long_line_takes_several_rows_that_stay_under_the_axis():
    axes = ici.plot(ici.pool(CONTROL, ici.baseline("nsclc_pfs_primary"), mismatch="another tumour"))
    text = axes.figure.get_supxlabel()
    assert text.startswith("Source: ")
    assert "\n" in text
    assert max(map(len, text.splitlines())) <= 17 * axes.figure.get_figwidth()
    axes.figure.canvas.draw()
    pen = axes.figure.canvas.get_renderer()
    (source,) = axes.figure.texts
    assert source.get_window_extent(pen).y1 < axes.xaxis.label.get_window_extent(pen).y0
    plt.close("all")
