"""The report of what a trial of responses has shown."""

from __future__ import annotations

import json

import pytest

import icibaseline as ici

SIMON = ici.TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)
ARM = ici.SingleArm(44, benchmark=ici.baseline("promit_orr"), rule=ici.Posterior(0.95))


def sections(result, folder):
    text = ici.report(result, folder / "seen.md").read_text("utf-8")
    return {part.partition("\n")[0]: part for part in text.replace("\n# ", "\n## ").split("\n## ")}


@pytest.mark.parametrize(
    ("responses", "patients", "title", "rows"),
    [
        ((3, 7), None, "# After the trial: success", ["| 1 | 10 | 3 | 1 | - |", "| 2 | 29 | 7 | - | 6 |"]),
        ((3, 6), (10, 33), "# After the trial: no success", ["| 2 | 33 | 6 | - | 7 |"]),
        ((3,), None, "# After look 1: continue", ["| 1 | 10 | 3 | 1 | - |"]),
        ((1,), None, "# After the trial: stop for futility", ["| 1 | 10 | 1 | 1 | - |"]),
    ],
)
def test_law_the_title_is_the_decision_and_the_looks_are_there(responses, patients, title, rows, tmp_path) -> None:
    found = ici.after_trial(SIMON, responses, patients=patients)
    held = sections(found, tmp_path)
    assert next(iter(held)) == title
    for row in rows:
        assert row in held["Looks"]
    for line in str(found).splitlines():
        assert f"- {line}" in held[title]


def test_law_its_code_makes_it_again_and_json_reads_back(tmp_path) -> None:
    for found in (ici.after_trial(SIMON, (3, 8), patients=(10, 33)), ici.after_trial(ARM, 15, patients=43, level=0.8)):
        code = sections(found, tmp_path)["Code"].split("```python\n")[1].split("```")[0]
        space: dict[str, object] = {}
        exec(code, space)
        assert space["result"] == found
        kept = json.loads(ici.report(found, tmp_path / "seen.json").read_text("utf-8"))
        assert ici.AfterTrial.from_dict(kept) == found


def test_law_the_benchmark_is_cited_with_its_fragments(tmp_path) -> None:
    held = sections(ici.after_trial(ARM, 15, patients=43), tmp_path)["Where the numbers come from"]
    assert "**benchmark: promit_orr** (sourced)" in held
    for fragment in ici.baseline("promit_orr").printed:
        assert fragment in held
    assert [s.role for s in ici.sources(ici.after_trial(ARM, 15, patients=43))] == ["benchmark"]


@pytest.mark.parametrize(
    ("found", "papers"),
    [
        (ici.after_trial(SIMON, (3, 7)), ["Jung SH, Kim KM", "Jung SH, Owzar K", "Simon R"]),
        (ici.after_trial(SIMON, (3, 7), patients=(9, 29)), ["Jung SH, Kim", "Jung SH, Owzar", "Koyama T", "Simon R"]),
        (ici.after_trial(ARM, 15), ["Clopper CJ", "Thall PF"]),
    ],
)
def test_law_references_are_those_of_the_methods(found, papers) -> None:
    cited = list(ici.references(found))
    assert len(cited) == len(papers)
    assert all(entry.startswith(paper) for entry, paper in zip(cited, papers, strict=True))


def test_law_a_page_of_it_has_the_picture(tmp_path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    page = ici.report(ici.after_trial(SIMON, (3, 7)), tmp_path / "seen.html").read_text("utf-8")
    assert 'aria-label="Picture: after the trial"' in page
