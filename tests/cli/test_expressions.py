"""Values written as in Python are read, and nothing else is run."""

from __future__ import annotations

import pytest

import icibaseline as ici
from icibaseline.cli.expressions import read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7/38", 7 / 38),
        ("-(1 + 2) * 3", -9),
        ("(80, 121)", (80, 121)),
        ("Weibull(shape=0.73, median=2.6)", ici.Weibull(shape=0.73, median=2.6)),
        ("NormalMixture.lognormal(0.6, 0.3)", ici.NormalMixture.lognormal(0.6, 0.3)),
        ('baseline("mcc_pfs_primary").typical', ici.baseline("mcc_pfs_primary").typical),
        ("HazardRatio(0.6, delay=3)", ici.HazardRatio(0.6, delay=3)),
    ],
)
def test_law_what_python_would_make(text, value):
    assert read("x", text) == value


def test_law_a_repr_is_read_back():
    design = ici.Randomized(
        ratio=2, boundary=ici.Spending(0.025, efficacy=ici.OBrienFleming()), looks=ici.AtEvents((80, 121))
    )
    assert read("x", repr(design)) == design


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "x = 1",
        "open('a')",
        "__import__('os')",
        "Exponential.__init__",
        "Exponential(4.7).__class__",
        "[x for x in (1, 2)]",
        "lambda: 1",
        "report",
        "load('x.toml')",
        "1/0",
        "2 ** 9999999",
        "f'{1}'",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_law_anything_else_is_one_sentence(text):
    with pytest.raises(ici.InvalidInput, match="must be"):
        read("x", text)
