"""A line as a shell would run it, and plans that lines read."""

from __future__ import annotations

import io
import json
import shlex
import sys

import pytest

import icibaseline as ici
from icibaseline.cli.run import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs a line of commands as a shell would: pipes, and > to a file in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run_line(line: str) -> tuple[int, str, str]:
        text, code, err = "", 0, ""
        for part in line.split(" | "):
            words, _, file = part.partition(" > ")
            monkeypatch.setattr(sys, "stdin", io.StringIO(text))
            code = main(shlex.split(words.removeprefix("icibaseline ")))
            text, err = capsys.readouterr()
            if file:
                (tmp_path / file).write_text(text, encoding="utf-8")
        return code, text, err

    return run_line


@pytest.fixture(scope="session")
def plan_json():
    truth = ici.Scenario(ici.baseline("mcc_pfs_primary"), ici.HazardRatio(0.6), enrollment=ici.Enrollment(duration=24))
    return json.dumps(ici.sample_size(ici.Randomized(), truth, power=0.8).to_dict())


@pytest.fixture(scope="session")
def single_arms():
    """Simon's optimal design for 0.1 against 0.3, and one arm against a curve."""
    response = ici.ResponseScenario(0.1, ici.Rate(0.3))
    survival = ici.Scenario(
        control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=24)
    )
    curve = ici.SingleArm(statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05))
    return {
        "simon": ici.sample_size(ici.TwoStage(), response, power=0.8),
        "curve": ici.sample_size(curve, survival, power=0.8),
    }


@pytest.fixture
def files(single_arms, tmp_path):
    """Their plans in files, and the follow-up of three patients."""
    for name, plan in single_arms.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(plan.to_dict()), encoding="utf-8")
    (tmp_path / "patients.csv").write_text("months,events\n3.1,1\n5,1\n9.5,0\n", encoding="utf-8")
    return tmp_path
