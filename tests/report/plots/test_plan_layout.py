"""Every picture of plans, results, comparisons, boundaries and monitored trials: nothing cut off, nothing on top."""

from __future__ import annotations

import warnings
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest

import icibaseline as ici
from icibaseline.report.plots import describe
from icibaseline.report.plots.base import VIEWS, views_of

LOGNORMAL = ici.NormalMixture.lognormal
MINE = {"plans", "spreads", "characteristics", "comparisons", "boundaries", "spending", "stopping", "monitoring"}
MINE |= {"benchmarks", "two_stage", "two_stage_survival"}
THIRDS = ici.AtInformation((1 / 3, 2 / 3, 1.0), final=ici.AfterEnrollment(12))
BOTH = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2))
STRATA = tuple(
    ici.Stratum(name, share=share, control=ici.baseline(f"mcc_pfs_{name}"), effect=ici.HazardRatio(LOGNORMAL(0.6, sd)))
    for name, share, sd in (("primary", 0.6, 0.3), ("acquired", 0.4, 0.25))
)


def world(**changes):
    given = {"control": ici.baseline("mcc_pfs_primary"), "effect": ici.HazardRatio(0.6)}
    return ici.Scenario(**(given | {"enrollment": ici.Enrollment(duration=24)} | changes))


def sized(scenario, looks=None, boundary=None, **target):
    design = ici.Randomized(looks=looks or ici.AfterEnrollment(12), boundary=boundary or ici.Fixed())
    return ici.sample_size(design, scenario, **(target or {"power": 0.8}))


UNSURE = world(effect=ici.HazardRatio(LOGNORMAL(0.6, 0.3)))
CERTAIN = world(control=ici.Exponential(4.7))


def simulated(design, scenario):
    return ici.simulate(design, scenario, replicates=300, rng=1)


@cache
def interim():
    return sized(world(), THIRDS, BOTH)


@cache
def two_sided():
    return sized(CERTAIN, THIRDS, ici.Spending(0.025, sided=2))


def with_simulation():
    plan = sized(UNSURE)
    return plan.with_(simulated=(simulated(plan.design, CERTAIN), simulated(plan.design, CERTAIN.null)))


def compared():
    worlds = {"planned": CERTAIN, "no effect": CERTAIN.null, "a longer name of a scenario": CERTAIN}
    return ici.compare({"fixed": sized(UNSURE).design, "with two interim looks": interim().design}, worlds)


RESPONSES = ici.ResponseScenario(
    control=ici.baseline("promit_orr"), effect=ici.Rate(0.35), enrollment=ici.Enrollment(rate=2), assessment=3
)
BARE = ici.ResponseScenario(control=0.1, effect=ici.Rate(0.3))
LEE_LIU = ici.SingleArm(36, benchmark=0.2, rule=ici.LeeLiu(0.9, stop=0.001, prior=ici.BetaMixture(1, 0.2, 0.8)))
STAGES = ici.MultiStage((15, 25), efficacy=(7, 9), futility=(3,), benchmark=0.2)
ONE_ARM = ici.SingleArm(statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05))
HALVED = world(effect=ici.HazardRatio(0.5))
BETTER = ici.Scenario(ici.Exponential(4.7), effect=ici.HazardRatio(0.5), enrollment=ici.Enrollment(duration=24))


def found(design, scenario):
    return ici.sample_size(design, scenario, power=0.8)


def two_kinds():
    designs = (found(ici.SingleArm(), RESPONSES).design, found(ici.TwoStage(), RESPONSES).design)
    return ici.compare(dict(zip(("one stage", "two stages"), designs, strict=True)), [RESPONSES, RESPONSES.null])


TWELFTHS = ici.AtInformation(tuple(np.arange(1, 13) / 12), final=ici.AfterEnrollment(12))
CLOSE = ici.Randomized(n=400, looks=ici.AtMonths((10, 11, 12, 30, 31)), boundary=ici.Spending())
EXPLICIT = ici.Scenario(ici.Weibull(shape=0.8, median=5), ici.Exponential(9), enrollment=ici.Enrollment(rate=8))
RATES = ici.Enrollment(rates=(2, 5), knots=(6,))
MAKERS = {
    "certain": lambda: sized(CERTAIN),
    "uncertain": lambda: sized(UNSURE),
    "assurance": lambda: sized(UNSURE, assurance=0.8),
    "ceiling at the target": lambda: sized(world(effect=ici.HazardRatio(LOGNORMAL(0.6, 0.4))), power=0.9),
    "simulated": with_simulation,
    "by events": lambda: sized(UNSURE, ici.AtEvents(125, by=70)),
    "strata": lambda: sized(ici.Scenario(strata=STRATA, enrollment=RATES)),
    "explicit": lambda: sized(EXPLICIT),
    "with interim looks": interim,
    "unsure, interim": lambda: sized(UNSURE, ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)), BOTH),
    "twelve looks": lambda: sized(CERTAIN, TWELFTHS, BOTH),
    "classical": lambda: sized(CERTAIN, THIRDS, ici.WangTsiatis(0.025, delta=0.5)),
    "two-sided": two_sided,
    "by month": lambda: sized(CERTAIN, THIRDS, BOTH.with_(time=ici.CalendarTime())),
    "some looks": lambda: sized(CERTAIN, THIRDS, BOTH.with_(efficacy_looks=(2, 3), futility_looks=(1, 2))),
    "design": lambda: interim().design,
    "looks close together": lambda: CLOSE.plan_for(CERTAIN),
    "boundary": lambda: BOTH.with_(beta=0.2),
    "bounds": lambda: BOTH.with_(beta=0.1).bounds(np.linspace(0.05, 1, 20)),
    "bounds without futility": lambda: ici.Spending().bounds((0.5, 1.0)),
    "power": lambda: ici.power(interim().design, CERTAIN),
    "null": lambda: ici.power(interim().design, CERTAIN.null),
    "averaged": lambda: ici.assurance(interim().design, UNSURE),
    "comparison": compared,
    "simulations": lambda: ici.compare([interim().design] * 3, [CERTAIN, CERTAIN.null], by=simulated),
    "errors": lambda: ici.compare(interim().design, CERTAIN.null, by=simulated),
    "first look": lambda: ici.monitor(interim(), ici.Look(50, z=1.4)),
    "overruled": lambda: ici.monitor(interim(), [ici.Look(50, z=-0.6), ici.Look(90, z=0.2)]),
    "rejected": lambda: ici.monitor(interim(), [ici.Look(50, z=1.4), ici.Look(90, z=2.9)]),
    "ended": lambda: ici.monitor(interim(), [ici.Look(50, z=1.4), ici.Look(90, z=2.3), ici.Look(140, z=1.8)]),
    "one arm": lambda: found(ici.SingleArm(), RESPONSES),
    "one arm, honest": lambda: found(ici.SingleArm(rule=ici.Posterior(0.95), conservative=True), RESPONSES),
    "one arm, bare rate": lambda: found(ici.SingleArm(), BARE),
    "one arm, averaged in the null": lambda: ici.assurance(made("one arm").design, RESPONSES.null),
    "two stages": lambda: found(ici.TwoStage(), RESPONSES),
    "two stages, bare rate": lambda: found(ici.TwoStage(), BARE),
    "two stages, simulated": lambda: simulated(made("two stages").design, RESPONSES),
    "many looks at responses": lambda: ici.power(LEE_LIU, BARE.with_(control=0.2, effect=ici.Rate(0.4))),
    "typed stages": lambda: ici.power(STAGES, BARE.with_(control=0.2, effect=ici.Rate(0.4))),
    "randomised responses": lambda: found(ici.RandomizedResponse(), RESPONSES),
    "exact test": lambda: found(ici.RandomizedResponse(test=ici.FisherExact(), alpha=0.1), BARE),
    "one arm, survival": lambda: found(ONE_ARM, HALVED),
    "one arm, known curve": lambda: found(ONE_ARM, BETTER),
    "two stages, survival": lambda: found(ici.TwoStageSurvival(), HALVED),
    "responses compared": two_kinds,
    "designs": lambda: ici.TwoStageDesigns(ici.TwoStage(), BARE),
    "designs, flat": lambda: ici.TwoStageDesigns(ici.TwoStage(), RESPONSES),
    "designs, large": lambda: ici.TwoStageDesigns(ici.TwoStage(benchmark=0.4), BARE.with_(effect=ici.Rate(0.55))),
    "designs, survival": lambda: ici.TwoStageSurvivalDesigns(ici.TwoStageSurvival(), HALVED),
    "two-sided, monitored": lambda: ici.monitor(two_sided(), ici.Look(40, z=-1.2)),
}


ONLY = {  # where the other pictures would be those of another item
    "ceiling at the target": ("power",),
    "by events": ("timeline", "spread of events", "spread of months"),
    "strata": ("power", "timeline", "sensitivity"),
    "unsure, interim": ("power", "spread of power", "spread of events"),
    "twelve looks": ("timeline", "boundaries", "p value bounds", "spending", "stopping", "looks"),
    "classical": ("boundaries", "spending", "stopping"),
    "two-sided": ("boundaries", "hazard ratio bounds", "stopping"),
    "by month": ("spending",),
    "some looks": ("boundaries", "spending"),
    "looks close together": ("boundaries", "hazard ratio bounds", "spending"),
    "one arm, survival": ("power", "benchmark", "looks"),
    "two stages, survival": ("benchmark", "looks"),
    "randomised responses": ("power", "type I error", "looks", "spread of responses"),
}


@cache
def made(name):
    with warnings.catch_warnings():  # of small trials, and of looks whose month is uncertain
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        return MAKERS[name]()


def mine(item):
    return [name for name, v in views_of(item).items() if type(v).__module__.split(".")[-1] in MINE]


@pytest.mark.parametrize("name", MAKERS)
def test_law_every_picture_keeps_inside_its_figure_has_its_axes_named_and_its_source_said(name, laid_out):
    item, faults = made(name), {}
    for view in ONLY.get(name, mine(item)):
        axes = ici.plot(item, view)
        faults[view] = laid_out(axes)
        assert axes.get_xlabel()
        assert axes.get_ylabel() or any(label.get_text() for label in axes.get_yticklabels())  # rows have names
        assert axes.figure.get_supxlabel().startswith("Source: ")
        assert axes.figure.get_label() == describe(item, view)
        plt.close("all")
    assert faults
    assert {view: found for view, found in faults.items() if found} == {}


def test_law_every_kind_of_picture_is_tried():
    tried = {(view, type(v)) for name in MAKERS for view, v in views_of(made(name)).items()}
    kinds = {(v.name, type(v)) for v in VIEWS if type(v).__module__.split(".")[-1] in MINE}
    assert kinds - tried == set()


def test_law_defaults():
    first = {name: next(iter(views_of(made(name)))) for name in MAKERS}
    assert first["certain"] == first["with interim looks"] == "power"
    assert first["power"] == first["averaged"] == "looks"
    assert first["design"] == first["bounds"] == "boundaries"
    assert first["comparison"] == "dots"
    assert first["first look"] == "monitoring"
    assert first["boundary"] == "spending"
    assert first["one arm"] == "power"
    assert list(views_of(made("one arm")))[1] == "benchmark"
    assert first["two stages"] == first["typed stages"] == "benchmark"
    assert first["designs"] == "admissible"
    assert list(views_of(made("two stages")))[-1] == "sensitivity"


def test_law_what_a_value_has_not_is_not_among_its_pictures():
    def views(name):
        return set(views_of(made(name)))

    assert {"boundaries", "stopping", "spread of power"} & views("certain") == set()
    assert "spread of power" in views("uncertain")
    assert "spread of power" in views("averaged")
    assert "spread of power" not in views("power")
    assert "hazard ratio bounds" not in views("bounds")
    assert views("one arm") == {"power", "benchmark", "looks", "sensitivity"}
    assert {"spread of events", "timeline"} & views("randomised responses") == set()
    assert "spread of months" not in views("two stages, bare rate")  # no enrolment
    assert {"benchmark", "type I error"} & views("certain") == set()
    assert "spread of power" in views("one arm, averaged in the null")
    batch = ici.Spending().bounds(np.array([[0.5, 1.0], [0.4, 1.0]]))
    assert views_of(batch) == views_of(ici.Randomized()) == views_of(ici.Fixed()) == {}
