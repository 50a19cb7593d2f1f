"""Scenarios: parts, resolution, null and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import icibaseline as ici

CONTROL, EFFECT, ENROLLMENT = ici.Exponential(4.7), ici.HazardRatio(0.6), ici.Enrollment(duration=24)
PRIOR = ici.NormalMixture.lognormal(4.7, 0.3)
PLAIN = ici.Scenario(control=CONTROL, effect=EFFECT, enrollment=ENROLLMENT)


def stratum(name="a", share=1.0, **more):
    return ici.Stratum(name, share=share, **{"control": CONTROL, "effect": EFFECT, **more})


def test_law_four_ways_to_say_the_same():
    """A prior on a median means an exponential curve; one stratum is the whole population."""
    experimental = CONTROL.scaled(0.6)
    ways = [
        PLAIN,
        PLAIN.with_(effect=ici.ExplicitCurve(experimental)),
        PLAIN.with_(effect=None, experimental=experimental),
        PLAIN.with_(effect=experimental),
        ici.Scenario(strata=(stratum(),), enrollment=ENROLLMENT),
    ]
    design = ici.Randomized(134)
    assert_allclose([ici.power(design, s).power for s in ways], ici.power(design, PLAIN).power, rtol=1e-12)
    assert PLAIN.with_(control=PRIOR).typical.control == ici.Exponential(PRIOR.median)
    assert PLAIN.with_(control=PRIOR).resolved.control == ici.Exponential(PRIOR)


def test_law_a_baseline_brings_its_prior():
    control = ici.baseline("mcc_pfs_primary")
    truth = PLAIN.with_(control=control)
    assert truth.unknowns == (control.prior,)
    assert truth.typical.resolved.parts[0].control == control.typical
    assert truth.control is control


def test_law_null_has_equal_arms_draw_by_draw():
    worlds = [
        PLAIN,
        PLAIN.with_(effect=None, experimental=ici.Weibull(shape=2, scale=9)),
        PLAIN.with_(control=PRIOR, effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3), delay=2)),
        ici.Scenario(strata=(stratum("a", 0.5), stratum("b", 0.5, control=PRIOR)), enrollment=ENROLLMENT),
    ]
    times = np.linspace(0, 40, 9)
    for truth in worlds:
        null = truth.null
        drawn = null.draw(5, np.random.default_rng(1)) if null.unknowns else null
        for part in drawn.resolved.parts:
            assert np.array_equal(part.control.survival(times), part.experimental.survival(times))
        assert null.enrollment == truth.enrollment
        assert truth.null == null


def test_law_dropout_is_common_or_by_arm():
    lost = ici.Exponential(rate=0.01)
    assert PLAIN.dropouts == (None, None)
    assert PLAIN.with_(dropout=lost).dropouts == (lost, lost)
    assert PLAIN.with_(dropout=[lost, CONTROL]).dropouts == (lost, CONTROL)


def test_law_strata_are_a_mixture():
    """Events of the population are the shares' sum of what each would give alone."""
    slow = ici.Exponential(14)
    mixed = ici.Scenario(strata=(stratum("a", 0.3), stratum("b", 0.7, control=slow)), enrollment=ENROLLMENT)
    design = ici.Randomized(100)
    parts = [ici.power(design, PLAIN.with_(control=c)).events[0] for c in (CONTROL, slow)]
    assert_allclose(ici.power(design, mixed).events[0], 0.3 * parts[0] + 0.7 * parts[1], rtol=1e-10)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ici.Scenario(effect=EFFECT, enrollment=ENROLLMENT), "control"),
        (lambda: ici.Scenario(control=CONTROL, enrollment=ENROLLMENT), "effect"),
        (lambda: ici.Scenario(control=CONTROL, effect=EFFECT), "enrollment"),
        (lambda: PLAIN.with_(enrollment=24), "enrollment"),
        (lambda: PLAIN.with_(control=4.7), "control"),
        (lambda: PLAIN.with_(control=ici.NormalMixture.normal(4.7, 3)), "control"),
        (lambda: PLAIN.with_(effect=0.6), "effect"),
        (lambda: PLAIN.with_(experimental=CONTROL), "experimental"),
        (lambda: PLAIN.with_(effect=None, experimental=EFFECT), "experimental"),
        (lambda: PLAIN.with_(dropout=0.01), "dropout"),
        (lambda: PLAIN.with_(dropout=(CONTROL,)), "dropout"),
        (lambda: PLAIN.with_(strata=(stratum(),)), "control"),
        (lambda: ici.Scenario(strata=(stratum("a", 0.5),), enrollment=ENROLLMENT), "strata"),
        (lambda: ici.Scenario(strata=(stratum("a", 0.5), stratum("b", 0.50001)), enrollment=ENROLLMENT), "strata"),
        (lambda: ici.Scenario(strata=(stratum("a", 0.5), stratum("a", 0.5)), enrollment=ENROLLMENT), "strata"),
        (lambda: ici.Scenario(strata=(CONTROL,), enrollment=ENROLLMENT), "strata"),
        (lambda: stratum(share=0), "share"),
        (lambda: stratum(share=1.1), "share"),
        (lambda: stratum(name=" "), "name"),
        (lambda: stratum(control=None), "control"),
    ],
)
def test_law_what_cannot_be_is_refused(make, name):
    with pytest.raises(ici.InvalidInput, match=f"^`{name}"):
        make()


def test_law_shares_are_not_renormalised():
    with pytest.raises(ici.InvalidInput, match=r"sum to 1; got 0\.9"):
        ici.Scenario(strata=(stratum("a", 0.4), stratum("b", 0.5)), enrollment=ENROLLMENT)
    thirds = tuple(stratum(name, 1 / 3) for name in "abc")
    assert len(ici.Scenario(strata=thirds, enrollment=ENROLLMENT).parts) == 3
