"""The report of two-stage designs among which one may choose."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from scipy.stats import binom

import icibaseline as ici

TRUTH = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
DESIGNS = ici.TwoStageDesigns(ici.TwoStage(alpha=0.05), TRUTH, power=0.8)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return {kind: ici.report(DESIGNS, folder / f"designs.{kind}").read_text("utf-8") for kind in ("md", "html", "json")}


def success(r1, n1, r, n, p):
    """Probability of success by a sum over the first stage."""
    x = np.arange(r1 + 1, n1 + 1)
    return float(binom.pmf(x, n1, p) @ binom.sf(r - x, n - n1, p))


def test_reference_every_row_of_the_table_is_a_sum_over_the_first_stage(written):
    rows = re.findall(
        r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", written["md"], re.M
    )
    assert len(rows) == len(DESIGNS.n)
    for *counts, expected, stop, error, power in rows:
        r1, n1, r, n = map(int, counts)
        pet = binom.cdf(r1, n1, 7 / 38)
        assert float(stop) == pytest.approx(pet, abs=5.1e-4)
        assert float(expected) == pytest.approx(n1 + (1 - pet) * (n - n1), abs=5.1e-3)
        assert float(error) == pytest.approx(success(r1, n1, r, n, 7 / 38), abs=5.1e-5)
        assert float(power) == pytest.approx(success(r1, n1, r, n, 0.35), abs=5.1e-5)
        assert float(error) <= 0.05
        assert float(power) >= 0.8


def test_law_question_criterion_sources_and_papers_are_there(written):
    for said in (
        "# Two-stage designs: 0.1842 against 0.35",
        "of at least 80 % if it is 0.35 and of at most 5 % if it is 0.1842?",
        "fewest expected: stop if at most 4 of 20 respond, success if more than 13 of 49 do",
        "fewest in all: stop if at most 3 of 19 respond, success if more than 12 of 44 do",
        "makes q n + (1 - q) EN least",
        "promit_orr",
        "7 of 38 patients achieving a partial response",
        "Simon R. Optimal two-stage designs",
        "Jung SH, Lee T, Kim K, George SL. Admissible",
    ):
        assert said in written["md"]
        assert said.removeprefix("# ") in written["html"]


def test_law_the_error_of_the_benchmark_is_said_unasked(written):
    found = DESIGNS.optimal.plan_for(TRUTH).honest(TRUTH, 0.8)
    assert f"{found.average_error:.3g} averaged over what it may be" in written["md"].split("References")[0]


def test_law_the_page_has_the_picture_and_its_words(written):
    assert written["html"].count("<svg role") >= 2  # the designs, and the baseline
    assert "Admissible (r1/n1, then r/n): minimax: 3/19, 12/44" in written["html"]


def test_law_json_and_code_give_the_designs_again(written):
    assert ici.TwoStageDesigns.from_dict(json.loads(written["json"])) == DESIGNS
    code = re.search(r"```python\n(.*?)```", written["md"], re.S)[1]
    space = {}
    exec(code, space)
    assert space["result"] == DESIGNS
