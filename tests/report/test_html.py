"""The HTML report: one file that needs no other, with every section, picture and number of the plan."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest

import icibaseline as ici
from icibaseline.report.contents import contents
from icibaseline.report.plain import answer, operating_table, protocol, question
from icibaseline.report.plots import describe
from icibaseline.report.sections import Picture
from icibaseline.report.tables import Table

pytest.importorskip("matplotlib").use("Agg")

VOID = {"meta", "br", "path", "use", "rect", "circle", "line"}


@pytest.fixture(scope="module")
def plan():
    truth = ici.Scenario(
        control=ici.baseline("mcc_pfs_primary"),
        effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)),
        enrollment=ici.Enrollment(duration=24),
    )
    looks = ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12))
    boundary = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2))
    made = ici.sample_size(ici.Randomized(looks=looks, boundary=boundary), truth, power=0.8)
    shown = tuple(ici.simulate(made.design, s, replicates=256, rng=7) for s in (truth.typical, truth.null.typical))
    return made.with_(simulated=shown)


@pytest.fixture(scope="module")
def page(plan, tmp_path_factory):
    return ici.report(plan, tmp_path_factory.mktemp("report") / "plan.html").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Tags that are open, ids and what is linked."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.images = [], [], [], []

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        if "id" in held:
            self.ids.append(held["id"])
        self.links += [held[name] for name in ("src", "href", "xlink:href") if name in held]
        if held.get("role") == "img":
            self.images.append(held["aria-label"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def read(page):
    reader = Reader()
    reader.feed(page)
    return reader


def test_law_every_tag_is_closed(read):
    assert read.open == []


def test_law_it_needs_no_other_file(read):
    assert read.links
    assert all(link.startswith("#") for link in read.links)
    assert {link[1:] for link in read.links} <= set(read.ids)


def test_law_no_id_stands_twice(read):
    assert len(read.ids) == len(set(read.ids))


def test_law_every_picture_has_words(plan, page, read):
    views = [part for section in contents(plan) for part in section.parts if isinstance(part, Picture)]
    assert len(read.images) == len(views) >= 7
    assert read.images == [f"Picture: {part.view}" for part in views]
    captions = re.findall("</svg>\\s*<figcaption>(.*?)</figcaption></figure>", page)
    assert [unescape(words) for words in captions] == [describe(part.item, part.view) for part in views]


def test_law_short_tables_are_kept_on_one_page_of_print(plan, page):
    tables = [part for section in contents(plan) for part in section.parts if isinstance(part, Table)]
    assert any(len(table.rows) <= 12 for table in tables)
    assert page.count('<div class="wide short">') == sum(len(table.rows) <= 12 for table in tables)
    assert page.count('<div class="wide') == len(tables)
    assert re.search(r"@media print.*[ ,]\.short \{ break-inside: avoid; \}", page, flags=re.DOTALL)


def test_law_all_sections_are_there(plan, page):
    for section in contents(plan):
        assert f">{section.title}</h{section.level}>" in page


def test_law_markdown_and_html_say_the_same(plan, page, tmp_path):
    text = ici.report(plan, tmp_path / "plan.md").read_text(encoding="utf-8")
    for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE):
        assert f">{heading}<" in page


def test_law_what_the_document_prints_and_its_flags_are_there(page):
    control = ici.baseline("mcc_pfs_primary")
    for told in (*control.printed, *control.flags, *(d.citation for d in control.documents)):
        assert told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


def test_law_words_carry_the_numbers_of_the_plan(plan):
    assert "with a probability of 80 %" in question(plan)
    assert answer(plan).startswith(f"{plan.n} patients. The last analysis is expected {plan.months[-1]:.0f} months")
    said = protocol(plan)
    for number in (f"With {plan.n} patients", f"{100 * plan.power:.3g} %", f"{100 * plan.assurance:.3g} %", "seed 7"):
        assert number in said
    assert f"{100 * plan.characteristics.power_overruled:.3g} % if they are overruled" in said


def test_law_simulations_stand_beside_the_formula(plan):
    null, typical, averaged = operating_table(plan).rows
    assert float(null[2]) == pytest.approx(ici.power(plan.design, plan.scenario.null).power, abs=5e-5)
    assert null[3].startswith(f"{plan.simulated[1].power:.4f}")
    assert typical[2:] == [f"{plan.power:.4f}", typical[3]]
    assert typical[3].startswith(f"{plan.simulated[0].power:.4f} ({plan.simulated[0].error:.4f}")
    assert averaged[2:] == [f"{plan.assurance:.4f}", "not simulated"]


def test_law_other_results_have_reports_too(plan, tmp_path):
    table = ici.compare(plan.design, [plan.scenario.typical, plan.scenario.null.typical])
    history = ici.monitor(plan, ici.Look(70, z=1.0))
    for item in (plan.characteristics, plan.averaged, table, history, plan.simulated[0]):
        text = ici.report(item, tmp_path / "x.html").read_text(encoding="utf-8")
        reader = Reader()
        reader.feed(text)
        assert reader.open == []
        assert reader.images


def test_law_the_same_plan_makes_the_same_file(plan, page, tmp_path):
    assert ici.report(plan, tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_law_without_matplotlib_the_extra_is_named(plan, tmp_path, monkeypatch):
    import sys

    for name in ("matplotlib", *(n for n in sys.modules if n.startswith("matplotlib."))):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ici.MissingOptional, match=r"icibaseline\[plot\]"):
        ici.report(plan, tmp_path / "plan.html")
