"""Looks at patient data: lifelines and statsmodels as witnesses."""

from __future__ import annotations

import numpy as np
import pytest

from icibaseline.errors import InvalidInput
from icibaseline.monitoring import Look

lifelines = pytest.importorskip("lifelines")


def gbsg2():
    from lifelines.datasets import load_gbsg2

    data = load_gbsg2()
    return data, data["time"], data["cens"], data["horTh"] == "yes"


def leukemia():
    from lifelines.datasets import load_leukemia

    data = load_leukemia()
    return data, data["t"], data["status"], data["Rx"] == 0


def lung():
    from lifelines.datasets import load_lung

    data = load_lung()
    return data, data["time"], data["status"], data["sex"] == 2


@pytest.mark.parametrize("load", [gbsg2, leukemia, lung])
@pytest.mark.parametrize("part", [0.3, 0.6, 1.0])
def test_reference_z_is_that_of_lifelines(load, part):
    from lifelines.statistics import logrank_test

    _, time, event, experimental = load()
    cut = np.quantile(time, part)  # as if all had entered on one day
    event = (event == 1) & (time <= cut)
    time = np.minimum(time, cut)
    look = Look.from_data(time, event, experimental)
    found = logrank_test(time[experimental], time[~experimental], event[experimental], event[~experimental])
    assert look.events == event.sum()
    assert look.z**2 == pytest.approx(found.test_statistic, rel=1e-10)
    worse = (
        event[experimental].sum() / time[experimental].sum() > event[~experimental].sum() / time[~experimental].sum()
    )
    assert (look.z < 0) == worse


@pytest.mark.parametrize("column", ["menostat", "tgrade"])
def test_reference_stratified_z_is_that_of_statsmodels(column):
    from statsmodels.duration.survfunc import survdiff

    data, time, event, experimental = gbsg2()
    look = Look.from_data(time, event, experimental, data[column])
    assert look.z**2 == pytest.approx(survdiff(time, event, experimental, strata=data[column])[0], rel=1e-10)


@pytest.mark.parametrize("column", ["menostat", "tgrade"])
def test_law_one_label_is_no_stratification_and_labels_are_only_names(column):
    data, time, event, experimental = gbsg2()
    plain = Look.from_data(time, event, experimental)
    assert Look.from_data(time, event, experimental, ["all"] * len(time)) == plain
    renamed = data[column].map({name: f"{i} x" for i, name in enumerate(data[column].unique())})
    first, second = (Look.from_data(time, event, experimental, labels) for labels in (data[column], renamed))
    assert first == second
    mirrored = Look.from_data(time, event, ~experimental)
    assert mirrored.z == pytest.approx(-plain.z, rel=1e-12)


TIME, EVENT, ARM = [5.0, 3.0, 8.0, 1.0], [1, 1, 0, 1], [1, 0, 1, 0]
BAD = {
    "`time` must be a sequence of follow-up times": (([5.0, np.nan, 8.0, 1.0], EVENT, ARM), {}),
    "each 0 or above; got [5.0, -1.0, 8.0, 1.0]": (([5.0, -1.0, 8.0, 1.0], EVENT, ARM), {}),
    "each 0 or above; got []": (([], [], []), {}),
    "each 0 or above; got 'x'": (("x", EVENT, ARM), {}),
    "`event` must be a sequence with one entry for each of the 4 patients": ((TIME, EVENT[:3], ARM), {}),
    "`event` must be True or False, or 1 or 0, for each patient": ((TIME, [2, 1, 0, 1], ARM), {}),
    "`experimental` must be True or False, or 1 or 0": ((TIME, EVENT, ["a", "b", "a", "b"]), {}),
    "`stratum` must be a label for each patient": ((TIME, EVENT, ARM, ["a", None, "b", "b"]), {}),
    "`event` must hold an event at which both arms are at risk; got 3 events": ((TIME, EVENT, [1, 1, 1, 1]), {}),
    "`null` must be a positive number; got 0": ((TIME, EVENT, ARM), {"null": 0}),
    "`month` must be 0 or a positive number; got -1": ((TIME, EVENT, ARM), {"month": -1}),
    "`final` must be True or False; got 1": ((TIME, EVENT, ARM), {"final": 1}),
}


@pytest.mark.parametrize("sentence", BAD)
def test_regression_bad_data(sentence):
    given, more = BAD[sentence]
    with pytest.raises(InvalidInput) as caught:
        Look.from_data(*given, **more)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("events", "z", "sentence"),
    [
        (0, 1.0, "`events` must be a positive number; got 0."),
        (-3, 1.0, "`events` must be a positive number; got -3."),
        (True, 1.0, "`events` must be a positive number; got True."),
        (60, float("nan"), "`z` must be a finite number; got nan."),
        (60, float("inf"), "`z` must be a finite number; got inf."),
        (60, "1.2", "`z` must be a finite number; got '1.2'."),
    ],
)
def test_regression_bad_looks(events, z, sentence):
    with pytest.raises(InvalidInput) as caught:
        Look(events, z)
    assert sentence in str(caught.value)
