"""A plan says where its patients can hardly be found, and nothing where they can."""

from __future__ import annotations

import json

import pytest

import icibaseline as ici
from icibaseline.cli.run import main

CONTROL = ici.Exponential(median=4.7)


def plan(effect: float, **enrollment: float) -> ici.Plan:
    truth = ici.Scenario(CONTROL, ici.HazardRatio(effect), enrollment=ici.Enrollment(**enrollment))
    return ici.sample_size(ici.Randomized(), truth, power=0.8)


def test_law_a_usual_plan_says_nothing():
    for usual in (plan(0.6, duration=24), plan(0.7, rate=4)):
        assert " a month:" not in str(usual)


def test_law_thousands_of_patients_are_remarked():
    large = plan(0.9, duration=24)
    assert large.n > 1000
    said = f"{large.n:,} patients enter in 24 months, {large.n / 24:,.0f} a month: few trials"
    assert said in " ".join(str(large).split())


def test_law_enrolment_beyond_ten_years_is_remarked():
    slow = plan(0.6, rate=0.5)
    assert slow.n < 1000
    said = f"{slow.n} patients enter in {slow.n / 0.5:.0f} months, 0.5 a month: enrolment takes {slow.n / 6:.0f} years"
    assert said in " ".join(str(slow).split())


@pytest.mark.parametrize(("effect", "notes"), [("0.9", 1), ("0.6", 0)])
def test_law_beside_json_it_is_a_note(capsys, effect, notes):
    assert main(["size", "--control", "4.7", "--effect", effect, "--accrual", "24", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["type"] == "Plan"
    assert err.count("note: ") == err.count("few trials after checkpoint inhibitors") == notes
